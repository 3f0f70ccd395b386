"""The support matrix as people see it: scope across, impact upwards, each cell in words."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from resilience.assessments.models import Placement
from resilience.core import words
from resilience.programmes.models import MatrixCell, MatrixScore, MatrixVersion, RatingMeaning


@dataclass(frozen=True)
class Rating:
    """A priority rating in the words of its matrix: a short name, and the sentence it begins."""

    code: str
    meaning: str

    @property
    def name(self) -> str:
        """What stands before the colon of the meaning; the product's own words where it has none."""
        lead, colon, _ = self.meaning.partition(":")
        return lead if colon and len(lead) <= 40 else words.RATINGS[self.code].capitalize()


@dataclass
class Square:
    """One cell of the board, with the placements in it, to which a page adds what it says of them."""

    cell: MatrixCell
    rating: Rating
    scope: MatrixScore
    impact: MatrixScore
    placements: list[Any] = field(default_factory=list)

    @property
    def said(self) -> str:
        """The cell for someone who cannot see where it stands."""
        return (
            f"Scope {self.scope.score}, {self.scope.name.lower()}; "
            f"impact {self.impact.score}, {self.impact.name.lower()}"
        )


@dataclass
class Board:
    """``rows`` from the highest impact down, each with its squares from the lowest scope up."""

    matrix: MatrixVersion
    scopes: list[MatrixScore]
    rows: list[tuple[MatrixScore, list[Square]]]
    ratings: list[Rating]

    def square(self, cell_id: int) -> Square:
        """The square of a cell. Raises KeyError for a cell of another matrix."""
        return {square.cell.pk: square for _, squares in self.rows for square in squares}[cell_id]


def board(matrix: MatrixVersion, placements: Iterable[Placement] = ()) -> Board:
    """The board of one matrix with these placements (each with its ``cell``) in its cells; three queries."""
    meanings = dict(matrix.meanings.values_list("rating", "meaning"))
    ratings = {code: Rating(code, meanings.get(code, "")) for code in words.RATINGS}
    scores = {(score.axis, score.score): score for score in matrix.scores.all()}
    cells = {(cell.scope, cell.impact): cell for cell in matrix.cells.all()}
    there: dict[int, list[Placement]] = defaultdict(list)
    for placement in placements:
        there[placement.cell_id].append(placement)
    rows = []
    for impact in range(5, 0, -1):
        squares = [
            Square(
                cells[scope, impact],
                ratings[cells[scope, impact].rating],
                scores["scope", scope],
                scores["impact", impact],
                there[cells[scope, impact].pk],
            )
            for scope in range(1, 6)
        ]
        rows.append((scores["impact", impact], squares))
    return Board(matrix, [scores["scope", scope] for scope in range(1, 6)], rows, list(ratings.values()))


def rating_of(placement: Placement) -> Rating:
    """The rating of one placement, in the words of its matrix."""
    cell = placement.cell
    meaning = cell.matrix.meanings.filter(rating=cell.rating).values_list("meaning", flat=True).first()
    return Rating(cell.rating, meaning or "")


def with_ratings(rows: list[Any]) -> None:
    """Give each placement its rating in the words of its matrix."""
    meanings = RatingMeaning.objects.filter(matrix__in={row.cell.matrix_id for row in rows})
    said = {(each.matrix_id, each.rating): each.meaning for each in meanings}
    for row in rows:
        row.rating = Rating(row.cell.rating, said.get((row.cell.matrix_id, row.cell.rating), ""))

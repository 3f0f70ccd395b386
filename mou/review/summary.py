"""What the complete reviews of a selection say together: rating before and after, and which support worked."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from mou.models import Review, ReviewOutcome
from mou.review.page import LESS, MORE, SAME, change
from resilience.core import words

Outcome = ReviewOutcome.Outcome


@dataclass
class Tally:
    """Complete reviews counted together."""

    name: str
    reviews: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    recommended: list[int] = field(default_factory=list)

    def add(self, review: Review) -> None:
        """Count one."""
        self.reviews += 1
        self.outcomes.update(each.outcome for each in review.outcomes.all() if each.outcome)
        self.changes[change(review.before, review.after)] += 1
        if feedback := getattr(review, "feedback", None):
            self.recommended.append(feedback.recommend)

    @property
    def achieved(self) -> int:
        return self.outcomes[Outcome.ACHIEVED]

    @property
    def partly(self) -> int:
        return self.outcomes[Outcome.PARTLY]

    @property
    def judged(self) -> int:
        return sum(self.outcomes.values())

    @property
    def less_need(self) -> int:
        return self.changes[LESS]

    @property
    def same_need(self) -> int:
        return self.changes[SAME]

    @property
    def more_need(self) -> int:
        return self.changes[MORE]

    @property
    def recommend(self) -> str:
        """The mean of the practices' answers, such as "4.3 of 5"; "–" where none answered."""
        if not self.recommended:
            return "–"
        return f"{sum(self.recommended) / len(self.recommended):.1f} of 5"


@dataclass(frozen=True)
class Move:
    """So many practices that went from one rating to another."""

    before: str
    after: str
    count: int


@dataclass(frozen=True)
class Summary:
    """All together, by category of support, and the ratings before and after."""

    total: Tally
    categories: list[Tally]
    moves: list[Move]


def summarise(reviews: Iterable[Review]) -> Summary:
    """Of complete reviews, fetched with their outcomes, feedback, placements and categories. A review counts in each
    of its categories."""
    total = Tally("All")
    categories: dict[int, Tally] = {}
    moves: Counter[tuple[str, str]] = Counter()
    for review in reviews:
        total.add(review)
        for item in review.referral.granted:  # type: ignore[attr-defined]
            categories.setdefault(item.pk, Tally(item.name)).add(review)
        if review.before and review.after:
            moves[review.before.cell.rating, review.after.cell.rating] += 1
    order = list(words.RATINGS)
    return Summary(
        total,
        sorted(categories.values(), key=lambda each: (-each.reviews, each.name)),
        [
            Move(before, after, count)
            for (before, after), count in sorted(
                moves.items(), key=lambda move: (order.index(move[0][0]), order.index(move[0][1]))
            )
        ],
    )

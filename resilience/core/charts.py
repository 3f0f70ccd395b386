"""Lines over time as a drawing the page can hold: places worked out here, drawn by ``{% line_chart chart %}``.

    chart = LineChart(
        title="Paid by month", description="£2,000 is paid of £5,000.",
        periods=["Apr", "May"],                                   # the spaces between the boundaries
        lines=[Series("Paid", [0, 1_000_00, 2_000_00])],          # one value a boundary, in pence; None is not drawn
        points=[Point("First target", at=1.5, value=2_500_00)],
    )

Lines differ by dash and marker as well as colour; points are numbered, and named under the drawing. The same
figures must stand in a table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count

from resilience.core.words import money

_WIDTH, _HEIGHT = 680, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 20, 22, 40
_NEAR = 26
_ids = count(1)


@dataclass(frozen=True)
class Series:
    """A line: its name, and its value at each boundary between periods."""

    name: str
    values: Sequence[int | None]


@dataclass(frozen=True)
class Point:
    """A target: ``at`` counts periods from the left edge (1.5 is the middle of the second)."""

    name: str
    at: float
    value: int


@dataclass(frozen=True)
class Tick:
    """A label at its place on an axis; ``is_minor`` ones give way on a narrow screen."""

    text: str
    at: str
    is_minor: bool = False


@dataclass(frozen=True)
class Drawn:
    """A line as drawn: its look (1 to 4), its path and where its markers stand."""

    name: str
    look: int
    path: str
    markers: list[tuple[str, str]]


@dataclass(frozen=True)
class Flag:
    """One mark for the points that fall on one place."""

    text: str
    x: str
    y: str
    text_y: str


def short_money(pence: int) -> str:
    """Pence for an axis: "£1.5m", "£250k", "£2,500"."""
    pounds = pence / 100
    for size, letter in ((1_000_000, "m"), (1_000, "k")):
        if pounds >= size and pounds * 10 % size == 0:
            return f"£{pounds / size:g}{letter}"
    return money(pence)


def _step(highest: int) -> int:
    """The distance of the lines of the grid: 1, 2, 2.5 or 5 times a power of ten pounds, four or five to the top."""
    size = 100
    while True:
        for factor in (10, 20, 25, 50):
            if size * factor // 10 * 5 >= highest:
                return size * factor // 10
        size *= 10


@dataclass
class LineChart:
    """See the module's docstring."""

    title: str
    description: str
    periods: Sequence[str]
    lines: Sequence[Series]
    points: Sequence[Point] = ()
    number: int = field(default_factory=lambda: next(_ids))

    width, height = _WIDTH, _HEIGHT
    left, right, top, bottom = _LEFT, _WIDTH - _RIGHT, _TOP, _HEIGHT - _BOTTOM
    label_y = _HEIGHT - 12

    @cached_property
    def _top_value(self) -> int:
        values = [value for line in self.lines for value in line.values if value is not None]
        highest = max([*values, *(point.value for point in self.points), 1_00])
        step = _step(highest)
        return -(-highest // step) * step

    @cached_property
    def _lowest(self) -> int:
        """0, or below it where a line is."""
        values = [value for line in self.lines for value in line.values if value is not None]
        step = _step(self._top_value)
        return min(0, min([*values, 0]) // step * step)

    def _x(self, at: float) -> float:
        inside = min(max(at, 0), len(self.periods))
        return self.left + (self.right - self.left) * inside / max(len(self.periods), 1)

    def _y(self, value: int) -> float:
        scale = (self.bottom - self.top) / (self._top_value - self._lowest)
        return self.bottom - (value - self._lowest) * scale

    @property
    def levels(self) -> list[Tick]:
        """The lines of the grid, from the lowest."""
        step = _step(self._top_value)
        values = range(self._lowest, self._top_value + 1, step)
        return [Tick(short_money(value), f"{self._y(value):.1f}") for value in values]

    @property
    def names(self) -> list[Tick]:
        """The periods under the middle of their space; on a narrow screen every third."""
        return [
            Tick(text, f"{self._x(number + 0.5):.1f}", is_minor=len(self.periods) > 4 and number % 3 != 0)
            for number, text in enumerate(self.periods)
        ]

    @property
    def drawn(self) -> list[Drawn]:
        """The lines that have a value, in their order; a line goes on after a gap."""
        found = []
        for look, line in enumerate(self.lines, 1):
            places = [
                (number, f"{self._x(number):.1f}", f"{self._y(value):.1f}")
                for number, value in enumerate(line.values)
                if value is not None
            ]
            path, before = "", None
            for number, x, y in places:
                path += f"{'L' if before == number - 1 else 'M'}{x} {y} "
                before = number
            if places:
                found.append(Drawn(line.name, look, path.strip(), [(x, y) for _, x, y in places]))
        return found

    @property
    def flags(self) -> list[Flag]:
        """The points by number; those too near to be told apart share one mark."""
        placed: list[tuple[float, float, list[int]]] = []
        for number, point in enumerate(self.points, 1):
            x, y = self._x(point.at), self._y(point.value)
            near = next(
                (each for each in placed if abs(each[0] - x) < _NEAR and abs(each[1] - y) < _NEAR), None
            )
            if near:
                near[2].append(number)
            else:
                placed.append((x, y, [number]))
        return [
            Flag(", ".join(map(str, numbers)), f"{x:.1f}", f"{y:.1f}", f"{y + 24 if y < 40 else y - 11:.1f}")
            for x, y, numbers in placed
        ]

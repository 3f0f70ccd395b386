"""The forecast to the year's end, its months, its drawing, and the drawdown table."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from funding.models import EvidenceEntry, Kind, StageOpening
from funding.standing.bars import all_marks, next_marks
from funding.standing.chart import chart_of
from funding.standing.drawdown import drawdown
from funding.standing.forecast import forecast
from funding.standing.months import month_of, months_between
from resilience.core.calendar import today
from resilience.core.charts import LineChart, Point, Series, short_money
from tests import factories as make
from tests.funding.standing_world import MoneyWorld, make_world

pytestmark = pytest.mark.django_db
NOW = month_of(today())


@pytest.fixture
def world() -> MoneyWorld:
    """£100 allocated; £60 committed to one practice, of which £20 is payable and £10 of that paid."""
    world = make_world()
    world.year.stages.all().delete()
    world.stages = []
    days = (today() - world.year.starts_on).days
    world.add(Kind.ALLOCATE, 100_00)
    world.add(Kind.COMMIT, 60_00, days=days - 62)
    return world


def found(world: MoneyWorld):
    return forecast(world.year, world.of_year())


def stage(world: MoneyWorld, position: int, per_cent: int, **fields):
    return world.year.stages.create(
        position=position,
        name=f"Stage {position}",
        per_cent=per_cent,
        opens=fields.pop("opens", "progress"),
        **fields,
    )


def month_expected(world: MoneyWorld) -> dict[dt.date, int | None]:
    return {each.month: each.expected for each in found(world).months}


class TestTheForecast:
    def test_is_paid_and_payable_and_all_that_is_committed_without_a_date(self, world):
        stage(world, 1, 100)
        world.add(Kind.MAKE_PAYABLE, 20_00, days=30)
        world.add(Kind.PAY, 10_00, days=60)
        result = found(world)
        assert (result.figures.paid, result.figures.payable, result.expected) == (10_00, 10_00, 40_00)
        assert (result.total, result.later, result.unspent) == (60_00, 0, 40_00)
        expected = month_expected(world)
        assert expected[NOW] == 20_00
        assert expected[month_of(world.year.ends_on)] == 60_00
        assert max(expected) == month_of(world.year.ends_on)

    def test_a_stage_that_opens_after_the_year_counts_for_nothing(self, world):
        stage(world, 1, 75)
        stage(world, 2, 25, opens="date", opens_on=world.year.ends_on + dt.timedelta(days=1))
        result = found(world)
        assert (result.total, result.later) == (45_00, 15_00)

    def test_a_stage_with_a_date_counts_in_its_month_or_in_this_one(self, world):
        soon = NOW + dt.timedelta(days=70)
        stage(world, 1, 25, opens="date", opens_on=today() - dt.timedelta(days=40))
        stage(world, 2, 25, opens="evidence", due_on=soon)
        stage(world, 3, 50)
        expected = month_expected(world)
        assert expected[NOW] == 15_00
        assert expected[month_of(soon)] == 30_00
        assert expected[month_of(world.year.ends_on)] == 60_00

    def test_a_stage_that_is_open_is_not_expected_again(self, world):
        world.stages = [
            stage(world, 1, 25, opens="date", opens_on=world.year.ends_on + dt.timedelta(days=1)),
            stage(world, 2, 75),
        ]
        world.add(Kind.MAKE_PAYABLE, 15_00, commitment=0)
        result = found(world)
        assert (result.total, result.later) == (60_00, 0)

    def test_once_the_year_has_ended_only_what_is_payable_is_still_to_come(self, world):
        stage(world, 1, 100)
        world.add(Kind.MAKE_PAYABLE, 20_00)
        world.year.starts_on -= dt.timedelta(days=400)
        world.year.ends_on = today() - dt.timedelta(days=1)
        result = found(world)
        assert (result.total, result.later, result.expected) == (20_00, 40_00, 0)
        assert all(each.paid is not None for each in result.months)

    def test_months_are_sums_since_the_start(self, world):
        world.add(Kind.PAID_BEFORE, 5_00, days=-40)
        months = found(world).months
        assert months[0].month == month_of(world.year.starts_on - dt.timedelta(days=40))
        assert months[0].paid == 5_00
        by_month = {each.month: each for each in months}
        committed = by_month[month_of(today() - dt.timedelta(days=62))]
        assert committed.promised == by_month[NOW].promised == 65_00
        assert by_month[NOW].expected is not None
        assert [each.month for each in months] == months_between(months[0].month, months[-1].month)
        assert all(each.promised is None for each in months if each.month > NOW)

    def test_the_page_states_it(self, client, world):
        stage(world, 1, 100)
        client.force_login(world.person)
        text = client.get(reverse("funding:by_month"), {"year": world.year.pk}).content.decode()
        assert "Forecast to" in text
        assert "£60 of £100" in text
        assert "Money that is not committed counts for nothing" in text


class TestTheMarks:
    def test_the_next_of_each_measure_and_what_is_missing(self, world):
        for days, measure, target in (
            (-3, "committed", 50),
            (30, "spent", 75),
            (40, "committed", 100),
            (90, "spent", 100),
            (50, "agreed", 100),
        ):
            world.year.milestones.create(
                name=f"{measure} {days}", measure=measure, target=target,
                due_at=timezone.now() + dt.timedelta(days=days),
            )  # fmt: skip
        figures = found(world).figures
        marks = next_marks(world.year, figures)
        assert [mark.milestone.name for mark in marks] == ["spent 30", "committed 40"]
        assert [(mark.target, mark.reached, mark.missing) for mark in marks] == [
            (75_00, 0, 75_00),
            (100_00, 60_00, 40_00),
        ]
        assert len(all_marks(world.year, figures)) == 4
        assert [point.value for point in chart_of(found(world), all_marks(world.year, figures)).points] == [
            50_00,
            75_00,
            100_00,
            100_00,
        ]


class TestTheDrawing:
    def chart(self, *values: int | None, points=()) -> LineChart:
        return LineChart("T", "D", ["Apr", "May"], [Series("Paid", values)], points)

    def test_lines_stand_where_their_values_are(self):
        drawn = self.chart(0, 50_00, 100_00).drawn[0]
        (x0, y0), (x1, y1), (x2, y2) = [(float(x), float(y)) for x, y in drawn.markers]
        assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
        assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2)
        assert drawn.path.startswith("M")
        assert drawn.path.count("L") == 2

    def test_a_gap_is_not_drawn_over(self):
        assert self.chart(0, None, 100_00).drawn[0].path.count("M") == 2
        assert not self.chart(None, None, None).drawn

    def test_below_nothing_there_is_room(self):
        chart = self.chart(0, -30_00, 100_00)
        assert all(float(y) <= chart.bottom for _, y in chart.drawn[0].markers)
        assert chart.levels[0].text.startswith("-")

    def test_points_on_one_place_share_a_mark_and_none_is_outside(self):
        points = [Point("A", 1, 50_00), Point("B", 1.05, 50_00), Point("C", 9, 100_00)]
        flags = self.chart(0, 0, 100_00, points=points).flags
        assert [flag.text for flag in flags] == ["1, 2", "3"]
        assert float(flags[1].x) <= LineChart.right

    @pytest.mark.parametrize("highest", [1, 99, 100_00, 228_750_50, 40_000_000_00])
    def test_the_grid_has_a_handful_of_round_lines_up_to_the_highest(self, highest):
        levels = self.chart(0, 0, highest).levels
        assert 2 <= len(levels) <= 7
        assert len({level.text for level in levels}) == len(levels)

    def test_short_money(self):
        assert [short_money(pence) for pence in (0, 2_500_00, 250_000_00, 1_500_000_00, 12_50)] == [
            "£0", "£2.5k", "£250k", "£1.5m", "£12.50",
        ]  # fmt: skip

    def test_the_page_holds_it_with_a_title_and_words(self, client, world):
        client.force_login(world.person)
        page = client.get(reverse("funding:by_month"), {"year": world.year.pk})
        text = page.content.decode()
        number = page.context["chart"].number
        assert f'role="img" aria-labelledby="chart-{number}-title chart-{number}-words"' in text
        assert "£60 is promised and £0 is paid of £100" in text
        assert "style=" not in text


class TestTheDrawdown:
    def test_counts_those_who_are_in_and_the_money_of_each_stage(self):
        world = make_world()
        check, plan = world.stages
        north, north_2, south, *_ = world.practices
        by = make.make_person()
        EvidenceEntry.objects.create(stage=check, practice=north, kind="handed_in", made_by=by)
        EvidenceEntry.objects.create(stage=check, practice=south, kind="declined", made_by=by)
        EvidenceEntry.objects.create(stage=check, practice=north_2, kind="chased", made_by=by)
        StageOpening.objects.create(
            stage=plan, referral=world.commitments[0].referral, why="Agreed", opened_by=by
        )
        world.add(Kind.ALLOCATE, 100_00, allocation=0)
        world.add(Kind.COMMIT, 50_00, commitment=0)
        world.add(Kind.MAKE_PAYABLE, 10_00, commitment=0)  # the first stage's
        world.add(Kind.PAY, 4_00, commitment=0)
        world.add(Kind.COMMIT, 20_00, commitment=1)
        world.add(Kind.MAKE_PAYABLE, 15_00, commitment=1)  # the second stage's
        table = drawdown(world.year, world.of_year())
        labels = [heading.label for heading in table.headings]
        assert labels == [
            "CCG", "Practices", "Health check: in", "Action plan: in", "Health check: drawn",
            "Action plan: drawn", "Committed, not drawn", "Uncommitted", "Budget",
        ]  # fmt: skip
        values = {line.label: [cell.value for cell in line.cells] for line in [*table.lines, *table.feet]}
        assert values[world.ccgs[0].name] == [2, 1, 1, 10_00, 15_00, 45_00, 30_00, 100_00]
        assert values[world.ccgs[1].name] == [2, 0, 0, 0, 0, 0, 0, 0]
        assert values["Total"] == [4, 1, 1, 10_00, 15_00, 45_00, 30_00, 100_00]

    def test_money_drawn_without_a_stage_has_a_column_and_all_add_up_to_the_budget(self):
        world = make_world()
        world.add(Kind.ALLOCATE, 100_00)
        world.add(Kind.PAID_BEFORE, 7_00)
        world.add(Kind.COMMIT, 50_00)
        world.add(Kind.MAKE_PAYABLE, 10_00)
        world.add(Kind.CLAW_BACK, 1_00)
        table = drawdown(world.year, world.of_year())
        assert "No stage: drawn" in [heading.label for heading in table.headings]
        for line in [*table.lines, *table.feet]:
            *parts, budget = [cell.value for cell in line.cells][3:]
            assert sum(parts) == budget

    def test_stages_of_one_name_are_told_apart(self):
        world = make_world()
        world.year.stages.create(position=3, name="Health check", amount=1, opens="evidence")
        labels = [each.label for each in drawdown(world.year, world.of_year()).headings]
        assert len(set(labels)) == len(labels)

"""Who may set up programmes, and what makes their parts fit together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Model

from practices.models import Organisation
from practices.scopes import Scope, reaches
from resilience.core.access import Denied, P
from resilience.core.calendar import today
from resilience.core.words import day, moment, plural
from resilience.programmes.catalogue import CriterionContent, MatrixContent
from resilience.programmes.letters import (
    ACKNOWLEDGEMENT_WORDS,
    DECISION_WORDS,
    SUBJECT_WORDS,
    unknown_words,
)
from resilience.programmes.models import (
    ExcludedSpend,
    MatrixCell,
    MenuItem,
    Milestone,
    PaymentStage,
    Programme,
    ProgrammeYear,
)

OWNERS = (
    Organisation.Kind.REGION,
    Organisation.Kind.LOCAL_OFFICE,
    Organisation.Kind.CCG,
    Organisation.Kind.ICB,
)
"""Kinds of organisation that have commissioners below them, or are one."""

REFERRALS = "referrals.referral"
"""The cases of a year; rooms to the left are named, never imported."""

_LETTERS = {
    "acknowledgement_subject": SUBJECT_WORDS,
    "acknowledgement_body": ACKNOWLEDGEMENT_WORDS,
    "decision_subject": SUBJECT_WORDS,
    "decision_body": DECISION_WORDS,
}


# --- who ---------------------------------------------------------------------------------------


def check_can_manage(user: Any, programme: Programme) -> None:
    """An administrator over the organisation that owns the programme."""
    if not reaches(user, P.MANAGE_PROGRAMMES, Scope(organisation=programme.owner)):
        raise Denied(f"Your role does not let you change a programme of {programme.owner}.")


def check_can_own(user: Any, owner: Organisation) -> None:
    """May ``user`` set up a programme for ``owner``, and can it have one?"""
    if owner.kind not in OWNERS:
        raise Denied("A programme belongs to a region, a local office or a commissioner: choose one.")
    if owner.closed_on and owner.closed_on <= today():
        raise Denied(f"{owner} closed on {day(owner.closed_on)}: choose an organisation that is open.")
    if not reaches(user, P.MANAGE_PROGRAMMES, Scope(organisation=owner)):
        raise Denied(f"Your role does not let you set up a programme for {owner}.")


def check_can_publish(user: Any) -> None:
    """Criteria and matrices are published for everyone; a year uses a version only when its own people choose it."""
    if not user.may(P.MANAGE_PROGRAMMES):
        raise Denied("Your role does not let you publish criteria or matrices.")


# --- what is in use ----------------------------------------------------------------------------


def in_use(row: Model, by_model: str = "") -> bool:
    """Does a record of another room (or of ``by_model`` alone) point at ``row``?"""
    return any_in_use([row], by_model)


def any_in_use(rows: Sequence[Model], by_model: str = "") -> bool:
    """The same of several rows of one model, in as many queries as for one."""
    for relation in _relations_of(rows[0]) if rows else ():
        options = relation.related_model._meta
        if options.app_label == rows[0]._meta.app_label or (by_model and options.label_lower != by_model):
            continue
        if relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": rows}).exists():
            return True
    return False


def _relations_of(row: Model) -> Iterator[Any]:
    """Foreign keys of all models to this one; those made without a way back ("+") are hidden, and count."""
    for relation in row._meta.get_fields(include_hidden=True):
        if (relation.one_to_many or relation.one_to_one) and not relation.concrete:
            yield relation


def check_can_rename_item(user: Any, item: MenuItem) -> None:
    """What a referral, a decision or an agreement names keeps its name."""
    check_can_manage(user, item.year.programme)
    if in_use(item):
        raise Denied(
            "Practices have already asked for this support under this name, so the name stays. "
            "Stop offering it, and add a new row with the new name."
        )


def check_can_remove_item(user: Any, item: MenuItem) -> None:
    check_can_manage(user, item.year.programme)
    if in_use(item):
        raise Denied(
            "Practices have already asked for this support, so it stays on record. Stop offering it."
        )


def check_can_remove(user: Any, row: Milestone | ExcludedSpend) -> None:
    check_can_manage(user, row.year.programme)
    if in_use(row):
        raise Denied("This is already on record in a case or a return, so it stays.")


def check_can_change_stages(user: Any, year: ProgrammeYear) -> None:
    """Stages stay as they are once money became payable under one of them, or it is a health check."""
    check_can_manage(user, year.programme)
    if any_in_use(list(year.stages.all())):
        raise Denied(
            "Money has become payable or evidence was handed in under these stages, or one of them is a health check, "
            "so they stay as they are. Take off a health check that nobody has filled in, or change them in the next "
            "year."
        )


def check_can_change_assessed(user: Any, year: ProgrammeYear) -> None:
    """All practices of a year are treated alike, from the first referral on."""
    check_can_manage(user, year.programme)
    if in_use(year, REFERRALS):
        raise Denied(
            "Practices have begun referrals in this year, and all of them must be treated alike: "
            "whether they are assessed can change in the next year."
        )


# --- what fits together: a sentence for each field that does not ------------------------------


def year_problems(
    values: Mapping[str, Any], programme: Programme, year: ProgrammeYear | None = None
) -> dict[str, str]:
    """What is wrong with a year of these values, by field; a field that is not given is not looked at."""
    return dict(_year_problems(values, programme, year))


def _year_problems(
    values: Mapping[str, Any], programme: Programme, year: ProgrammeYear | None
) -> Iterator[tuple[str, str]]:
    given = values.get
    if name := given("name"):
        others = programme.years.filter(name__iexact=name)
        if year:
            others = others.exclude(pk=year.pk)
        if others.exists():
            yield "name", f"{programme} already has a year named {name}"
    if given("starts_on") and given("ends_on") and values["ends_on"] <= values["starts_on"]:
        yield "ends_on", f"The year must end after it starts on {day(values['starts_on'])}"
    if given("starts_on") and given("ends_on") and given("slippage_from"):
        yield from _slippage_problems(values)
    if given("opens_at") and given("closes_at") and values["closes_at"] <= values["opens_at"]:
        yield "closes_at", f"Self-referrals must close after they open, {moment(values['opens_at'])}"
    yield from _clock_problems(values)
    if given("is_assessed"):
        if "criteria_set" in values and not values["criteria_set"]:
            yield "criteria_set", "Choose the criteria: a year that is assessed needs them"
        if "matrix" in values and not values["matrix"]:
            yield "matrix", "Choose the matrix: a year that is assessed needs one"
    for field, known in _LETTERS.items():
        if unknown := unknown_words(given(field) or "", known):
            yield field, f"The service cannot fill in {', '.join(unknown)} here"


def _slippage_problems(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not values["starts_on"] <= values["slippage_from"] <= values["ends_on"]:
        yield "slippage_from", "Slippage must begin within the year"


def _clock_problems(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    acknowledge, decide, soon = (
        values.get(field) for field in ("acknowledge_within", "decide_within", "due_soon_within")
    )
    if acknowledge is not None and acknowledge < 1:
        yield "acknowledge_within", "Allow at least 1 working day"
    if acknowledge is None:
        return
    if decide is not None and decide < acknowledge:
        yield (
            "decide_within",
            f"Both clocks start at receipt: allow at least the {plural(acknowledge, 'working day')} "
            "of the acknowledgement",
        )
    if soon is not None and soon >= acknowledge:
        yield (
            "due_soon_within",
            f"This must be less than the {plural(acknowledge, 'working day')} of the acknowledgement, "
            "or every referral would be due soon on the day it arrives",
        )


class StageProblem(NamedTuple):
    """``row`` and ``field`` say where; both empty: of all stages together."""

    row: int | None
    field: str | None
    sentence: str


def stage_problems(stages: Sequence[Mapping[str, Any]]) -> list[StageProblem]:
    """What is wrong with these payment stages: each a share or a sum, the shares 100% together."""
    return list(_stage_problems(stages))


def _stage_problems(stages: Sequence[Mapping[str, Any]]) -> Iterator[StageProblem]:
    opens = PaymentStage.Opens
    if not stages:
        yield StageProblem(None, None, "Set at least one stage: without one, no money can be paid")
    for row, stage in enumerate(stages):
        share, amount = stage["per_cent"], stage["amount"]
        if (share is None) == (amount is None):
            yield StageProblem(row, "per_cent", "Enter a share or a fixed sum, and not both")
        elif share is not None and not 0 < share <= 100:
            yield StageProblem(row, "per_cent", "The share must be more than 0% and at most 100%")
        elif amount is not None and amount <= 0:
            yield StageProblem(row, "amount", "The sum must be more than £0")
        if stage["opens"] == opens.DATE and not stage["opens_on"]:
            yield StageProblem(row, "opens_on", "Enter the date on which it opens")
        if stage["opens"] == opens.MOU_SIGNED and stage["pays_before_mou"]:
            yield StageProblem(
                row,
                "pays_before_mou",
                "A stage that opens when both sides have signed cannot pay before they do",
            )
    shares = [stage["per_cent"] for stage in stages if stage["per_cent"] is not None]
    total = sum(shares, Decimal(0))
    if shares and total != 100:
        yield StageProblem(None, None, f"The shares must make 100% together; now they make {total:f}%")


def milestone_problems(values: Mapping[str, Any]) -> dict[str, str]:
    """A figure has a target and a target a figure; per cents end at 100."""
    measure, target = values.get("measure"), values.get("target")
    if measure and not target:
        return {"target": "Enter the figure to be reached"}
    if target and not measure:
        return {"measure": "Choose what the target counts"}
    if target and measure != Milestone.Measure.CASE_STUDIES and target > 100:
        return {"target": "A per cent is at most 100"}
    return {}


_PRIORITY = tuple(MatrixCell.Rating.values)
"""Support first to no case for support, as the ratings are declared."""


def matrix_problems(content: MatrixContent) -> dict[tuple[int, int], str]:
    """Cells, by (scope, impact), where more need or more effect would lower the priority."""
    cells = content.cells
    found = {}
    for (scope, impact), rating in cells.items():
        for before in ((scope - 1, impact), (scope, impact - 1)):
            if before in cells and _PRIORITY.index(rating) > _PRIORITY.index(cells[before]):
                found[scope, impact] = (
                    f"Scope {scope}, impact {impact} is rated {rating}, lower than scope {before[0]}, "
                    f"impact {before[1]} ({cells[before]}): more need or more effect never lowers the priority"
                )
    return found


def check_criteria(criteria: Iterable[CriterionContent]) -> None:
    """At least one criterion, and none twice in a domain."""
    seen = set()
    for each in criteria:
        key = (each.domain.casefold(), each.name.casefold())
        if key in seen:
            raise Denied(f"“{each.name}” stands twice under {each.domain}.")
        seen.add(key)
    if not seen:
        raise Denied("Write at least one criterion.")


def check_fits(problems: Mapping[Any, str]) -> None:
    """Raise Denied with every sentence of ``problems``; forms show them beside the fields first."""
    if problems:
        raise Denied(". ".join(problems.values()) + ".")

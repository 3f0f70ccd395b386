"""What an administrator does to programmes and their years."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, models, transaction

from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.programmes import catalogue, rules
from resilience.programmes.catalogue import CriterionContent, MatrixContent
from resilience.programmes.copying import MORE, PARTS, later, year_after
from resilience.programmes.models import (
    CriteriaSet,
    ExcludedSpend,
    MatrixVersion,
    MenuItem,
    Milestone,
    PaymentStage,
    Programme,
    ProgrammeYear,
)

STAGE_FIELDS = ("name", "per_cent", "amount", "opens", "opens_on", "due_on", "pays_before_mou")


def _save(row: models.Model, taken: str) -> None:
    """Save, and turn a name that was taken meanwhile into ``taken``."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Denied(taken) from None


def _facts(row: models.Model, fields: Sequence[str]) -> dict[str, Any]:
    """Values of these fields for the trail: identifiers, numbers, dates, choices; no words a person typed."""
    found = {}
    for field in (field for field in row._meta.concrete_fields if field.name in fields):
        if not isinstance(field, (models.CharField, models.TextField)) or field.choices:
            found[field.name] = getattr(row, field.attname)
    return found


def _change(row: models.Model, typed: Mapping[str, Any]) -> list[str]:
    changed = [field for field, value in typed.items() if getattr(row, field) != value]
    for field in changed:
        setattr(row, field, typed[field])
    return changed


# --- programmes --------------------------------------------------------------------------------


@action("Set up a programme")
def add_programme(
    *, by: Any, name: str, owner: Organisation, purpose: str = "", is_open: bool = True
) -> Programme:
    """Raises Denied where the owner cannot have one, or when the name is taken."""
    rules.check_can_own(by, owner)
    programme = Programme(name=name, owner=owner, purpose=purpose, is_open=is_open)
    _save(programme, f"There is another programme named {name}.")
    record(by=by, on=programme, owner=owner.pk, is_open=is_open)
    return programme


@action("Changed a programme")
def change_programme(
    *, by: Any, programme: Programme, name: str, owner: Organisation, purpose: str, is_open: bool
) -> Programme:
    """A programme that is not open takes no self-referrals; those it has go on. Its owner stays once it has any."""
    programme = lock(programme)
    rules.check_can_manage(by, programme)
    if owner != programme.owner:
        rules.check_can_own(by, owner)
        if any(rules.in_use(year) for year in programme.years.all()):
            raise Denied(
                f"Practices and money of {programme.owner} are already in this programme, so it stays theirs."
            )
    typed = {"name": name, "owner": owner, "purpose": purpose, "is_open": is_open}
    changed = _change(programme, typed)
    _save(programme, f"There is another programme named {name}.")
    record(by=by, on=programme, changed=changed, owner=owner.pk, is_open=is_open)
    return programme


# --- years -------------------------------------------------------------------------------------


@action("Set up a programme year")
def add_year(*, by: Any, programme: Programme, **values: Any) -> ProgrammeYear:
    """``values``: the fields of ProgrammeYear. Raises Denied, in sentences, where they do not fit together."""
    programme = lock(programme)
    rules.check_can_manage(by, programme)
    year = ProgrammeYear(programme=programme, **values)
    rules.check_fits(rules.year_problems(_values(year), programme))
    year.save()
    record(by=by, on=year, **_facts(year, tuple(_values(year))))
    return year


@action("Changed a programme year")
def change_year(*, by: Any, year: ProgrammeYear, **values: Any) -> ProgrammeYear:
    """``values``: any of its fields but the programme. Dates already promised to practices do not move."""
    year = lock(year)
    rules.check_can_manage(by, year.programme)
    if values.get("is_assessed", year.is_assessed) != year.is_assessed:
        rules.check_can_change_assessed(by, year)
    before = _facts(year, tuple(values))
    changed = _change(year, values)
    rules.check_fits(rules.year_problems(_values(year), year.programme, year))
    year.save()
    after = _facts(year, changed)
    record(by=by, on=year, changed=changed, before={field: before[field] for field in after}, after=after)
    return year


def _values(year: ProgrammeYear) -> dict[str, Any]:
    fields = (field.name for field in year._meta.concrete_fields)
    return {name: getattr(year, name) for name in fields if name not in ("id", "programme")}


@action("Copied a programme year")
def copy_year(*, by: Any, year: ProgrammeYear, name: str = "") -> ProgrammeYear:
    """The year after ``year``: all its rows, each date a year later. ``name`` defaults to the next year's.

    What other rooms keep of a year is copied with it: ``copying.MORE``.
    """
    year = lock(year)
    rules.check_can_manage(by, year.programme)
    copied = later(year, programme=year.programme, name=name or year_after(year.name))
    rules.check_fits(rules.year_problems(_values(copied), year.programme))
    copied.save()
    for model in PARTS:
        model._default_manager.bulk_create(
            later(row, year=copied) for row in model._default_manager.filter(year=year)
        )
    for copy in MORE:
        copy(by, year, copied)
    record(by=by, on=copied, copied_from=year.pk)
    return copied


# --- the menu ----------------------------------------------------------------------------------


@action("Added a category of support")
def add_item(
    *, by: Any, year: ProgrammeYear, name: str, is_contribution_theme: bool = True, is_offered: bool = True
) -> MenuItem:
    """The last of the menu."""
    year = lock(year)
    rules.check_can_manage(by, year.programme)
    _check_name_free(year.menu.all(), name)
    last = year.menu.aggregate(models.Max("position"))["position__max"] or 0
    item = MenuItem.objects.create(
        year=year,
        position=last + 1,
        name=name,
        is_contribution_theme=is_contribution_theme,
        is_offered=is_offered,
    )
    record(by=by, on=item, year=year.pk, is_contribution_theme=is_contribution_theme, is_offered=is_offered)
    return item


def _check_name_free(rows: models.QuerySet, name: str) -> None:
    if rows.filter(name__iexact=name).exists():
        raise Denied(f"“{name}” is there already.")


@action("Changed a category of support")
def change_item(
    *, by: Any, item: MenuItem, name: str, is_contribution_theme: bool, is_offered: bool
) -> MenuItem:
    """What is in use keeps its name; it may stop being offered at any time."""
    lock(item.year)
    item = lock(item)
    rules.check_can_manage(by, item.year.programme)
    if name != item.name:
        rules.check_can_rename_item(by, item)
        _check_name_free(item.year.menu.exclude(pk=item.pk), name)
    typed = {"name": name, "is_contribution_theme": is_contribution_theme, "is_offered": is_offered}
    changed = _change(item, typed)
    item.save()
    record(by=by, on=item, changed=changed, **_facts(item, changed))
    return item


@action("Moved a category of support")
def move_item(*, by: Any, item: MenuItem, up: bool) -> MenuItem:
    """Change places with the one above (or below); the first stays first."""
    year = lock(item.year)
    rules.check_can_manage(by, year.programme)
    menu = list(year.menu.all())
    at = [each.pk for each in menu].index(item.pk)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(menu):
        raise Denied(f"“{item.name}” already stands {'first' if up else 'last'}.")
    mine, theirs = menu[at], menu[other]
    mine_at, theirs_at = mine.position, theirs.position
    for row, position in ((mine, menu[-1].position + 1), (theirs, mine_at), (mine, theirs_at)):
        row.position = position
        row.save(update_fields=["position"])
    record(by=by, on=mine, position=theirs_at)
    return mine


@action("Took out a category of support")
def remove_item(*, by: Any, item: MenuItem) -> None:
    """Only while nobody has asked for it."""
    item = lock(item)
    rules.check_can_remove_item(by, item)
    _remove(by, item)


def _remove(by: Any, row: MenuItem | Milestone | ExcludedSpend) -> None:
    record(by=by, on=row, year=row.year_id)
    try:
        with transaction.atomic():
            row.delete()
    except IntegrityError:
        raise Denied("Somebody has used this meanwhile, so it stays on record.") from None


# --- milestones, excluded spend, payment stages ------------------------------------------------


@action("Added a milestone")
def add_milestone(*, by: Any, year: ProgrammeYear, **values: Any) -> Milestone:
    """``values``: name, due_at, measure, target. Raises Denied for a figure without a target."""
    rules.check_can_manage(by, year.programme)
    rules.check_fits(rules.milestone_problems(values))
    milestone = Milestone.objects.create(year=year, **values)
    record(by=by, on=milestone, year=year.pk, **_facts(milestone, tuple(values)))
    return milestone


@action("Changed a milestone")
def change_milestone(*, by: Any, milestone: Milestone, **values: Any) -> Milestone:
    """``values``: name, due_at, measure, target."""
    milestone = lock(milestone)
    rules.check_can_manage(by, milestone.year.programme)
    rules.check_fits(rules.milestone_problems(values))
    changed = _change(milestone, values)
    milestone.save()
    record(by=by, on=milestone, changed=changed, **_facts(milestone, changed))
    return milestone


@action("Took out a milestone")
def remove_milestone(*, by: Any, milestone: Milestone) -> None:
    milestone = lock(milestone)
    rules.check_can_remove(by, milestone)
    _remove(by, milestone)


@action("Added a kind of spend that is not supported")
def add_excluded(*, by: Any, year: ProgrammeYear, name: str, reason: str) -> ExcludedSpend:
    """``reason`` is what a practice reads."""
    rules.check_can_manage(by, year.programme)
    _check_name_free(year.excluded_spend.all(), name)
    excluded = ExcludedSpend(year=year, name=name, reason=reason)
    _save(excluded, f"“{name}” is there already.")
    record(by=by, on=excluded, year=year.pk)
    return excluded


@action("Changed a kind of spend that is not supported")
def change_excluded(*, by: Any, excluded: ExcludedSpend, name: str, reason: str) -> ExcludedSpend:
    excluded = lock(excluded)
    rules.check_can_manage(by, excluded.year.programme)
    _check_name_free(excluded.year.excluded_spend.exclude(pk=excluded.pk), name)
    changed = _change(excluded, {"name": name, "reason": reason})
    _save(excluded, f"“{name}” is there already.")
    record(by=by, on=excluded, changed=changed)
    return excluded


@action("Took out a kind of spend that is not supported")
def remove_excluded(*, by: Any, excluded: ExcludedSpend) -> None:
    excluded = lock(excluded)
    rules.check_can_remove(by, excluded)
    _remove(by, excluded)


@action("Set the payment stages")
def set_stages(*, by: Any, year: ProgrammeYear, stages: Sequence[Mapping[str, Any]]) -> list[PaymentStage]:
    """All stages of the year anew, in this order, each with STAGE_FIELDS; sums are pence.

    Raises Denied once money became payable under one, and where shares do not make 100%.
    """
    year = lock(year)
    rules.check_can_change_stages(by, year)
    problems = rules.stage_problems(stages)
    if problems:
        raise Denied(". ".join(problem.sentence for problem in problems) + ".")
    try:
        with transaction.atomic():
            year.stages.all().delete()
    except IntegrityError:
        raise Denied(
            "Money became payable under these stages, or evidence was handed in, meanwhile: they stay."
        ) from None
    made = PaymentStage.objects.bulk_create(
        PaymentStage(year=year, position=position, **{field: stage[field] for field in STAGE_FIELDS})
        for position, stage in enumerate(stages, start=1)
    )
    record(by=by, on=year, stages=[_facts(stage, STAGE_FIELDS) for stage in made])
    return made


@action("Set the deadlines of the payment stages")
def set_deadlines(
    *, by: Any, year: ProgrammeYear, deadlines: Mapping[int, dt.date | None]
) -> list[PaymentStage]:
    """By stage id. A deadline may move at any time, also of stages that are in use; answers those that moved."""
    year = lock(year)
    rules.check_can_manage(by, year.programme)
    moved = [stage for stage in year.stages.filter(pk__in=deadlines) if stage.due_on != deadlines[stage.pk]]
    for stage in moved:
        stage.due_on = deadlines[stage.pk]
        stage.save(update_fields=["due_on"])
    record(by=by, on=year, due_on={stage.pk: stage.due_on for stage in moved})
    return moved


# --- criteria and matrices ---------------------------------------------------------------------


@action("Published a matrix")
def publish_matrix(*, by: Any, name: str, content: MatrixContent) -> MatrixVersion:
    """The next version under ``name``. Raises Denied for one that rates more need lower, or says nothing new."""
    rules.check_can_publish(by)
    rules.check_fits(rules.matrix_problems(content))
    last = MatrixVersion.objects.filter(name=name).first()
    if last and MatrixContent.of(last) == content:
        raise Denied(f"Nothing differs from {last}.")
    try:
        with transaction.atomic():
            matrix = catalogue.publish_matrix(name, last.version + 1 if last else 1, content)
    except IntegrityError:
        raise Denied("Somebody published a version at the same moment. Look at it first.") from None
    record(by=by, on=matrix, version=matrix.version)
    return matrix


@action("Published criteria")
def publish_criteria(*, by: Any, name: str, criteria: Sequence[CriterionContent]) -> CriteriaSet:
    """The next version under ``name``, numbered as they come. Raises Denied for none, and for nothing new."""
    rules.check_can_publish(by)
    rules.check_criteria(criteria)
    last = CriteriaSet.objects.filter(name=name).first()
    if last and [CriterionContent.of(each) for each in last.criteria.all()] == list(criteria):
        raise Denied(f"Nothing differs from {last}.")
    try:
        with transaction.atomic():
            criteria_set = catalogue.publish_criteria(name, last.version + 1 if last else 1, criteria)
    except IntegrityError:
        raise Denied("Somebody published a version at the same moment. Look at it first.") from None
    record(by=by, on=criteria_set, version=criteria_set.version, criteria=len(criteria))
    return criteria_set

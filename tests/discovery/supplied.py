"""What delivery by a supplier adds to the world of the discovery tests; names are hostile where it grows."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from mou.models import RoundAnswer, SupplierCase
from mou.suppliers import sheets
from resilience.core.access import Role
from resilience.core.models import StoredFile


def delivered_in(corner: Any, referral: Any, file: StoredFile, name: str = "x") -> dict[str, Any]:
    """The case in the care of the corner's supplier, with each kind of row that its delivery has."""
    sheets.set_up(referral.year)
    by, practice = corner.people[Role.SUPPLIER_USER], referral.lead_practice
    care, _ = practice.supplier_assignments.get_or_create(
        supplier=corner.supplier, ended_on=None, defaults={"started_on": dt.date(2018, 1, 1)}
    )
    case = SupplierCase.objects.create(
        referral=referral, practice=practice, supplier=corner.supplier, care=care, opened_care=True,
        change_manager=by, manager_name=name, manager_email=by.email,
        assigned_by=corner.people[Role.PROGRAMME_OFFICER],
    )  # fmt: skip
    due = dt.date(2018, 5, 1)
    deliverables = [
        case.deliverables.create(kind=kind, due_on=due) for kind in referral.year.deliverable_kinds.all()
    ]
    review, plan = deliverables[1], deliverables[3]
    part = plan.deliverableparts.create(
        section="finance", words=name, outcome=name, owner=name, horizon="now", due_on=due
    )
    review.deliverableparts.create(section="workforce", words=name)
    theme = referral.year.need_themes.first()
    review.needtags.create(section="workforce", theme=theme)
    review.state = "handed_in"
    review.save()
    handed_in = review.deliverablerounds.create(number=1, note=name, file=file, handed_in_by=by)
    plan.deliverabledates.create(before=due, due_on=due, why=name, set_by=by)
    item = referral.year.commitment_items.first()
    case.commitmentticks.create(item=item, ticked_by=corner.people[Role.PRACTICE_USER])
    visit = case.suppliervisits.create(planned_on=due, booked_by=by)
    figure = case.supplierfigures.create(
        label=name, value=name, period=name, source=name, is_confidential=False, gathered_by=by
    )
    case.supplierconsents.create(what="show", given_by=corner.people[Role.PRACTICE_USER])
    return {
        "supplier_case": case.pk,
        "deliverable": plan.pk,
        "deliverable_part": part.pk,
        "deliverable_round": handed_in.pk,
        "supplier_visit": visit.pk,
        "supplier_figure": figure.pk,
        "commitment_item": item.pk,
        "deliverable_kind": review.kind_id,
        "need_theme": theme.pk,
    }


def grow_delivery(corner: Any, n: int, name: str, file: Callable[[Any], StoredFile]) -> None:
    """More in the one assignment of the corner, and more that its year asks for."""
    case = SupplierCase.objects.get(pk=corner.things["supplier_case"])
    year, by = corner.things["year_row"], corner.people[Role.SUPPLIER_USER]
    year.deliverable_kinds.create(position=100 + n, name=name, working_days=n)
    item = year.commitment_items.create(position=100 + n, name=name)
    case.commitmentticks.create(item=item, ticked_by=corner.people[Role.PRACTICE_USER])
    theme = year.need_themes.create(position=100 + n, name=name)
    now, day = timezone.now(), dt.date(2018, 6, 1)
    for deliverable in case.deliverables.all():
        deliverable.deliverableparts.create(section="finance", words=name, horizon="now", due_on=day)
        deliverable.needtags.create(section="workload", theme=theme)
        deliverable.deliverabledates.create(before=day, due_on=day, why=name, set_by=by)
        last = deliverable.deliverablerounds.count()
        made = deliverable.deliverablerounds.create(
            number=last + 1, note=name, file=file(by), handed_in_by=by
        )
        RoundAnswer.objects.create(round=made, accepts=False, words=name, answered_by=by)
    case.suppliervisits.create(
        planned_on=day, booked_by=by, cancelled_at=now, cancelled_by=by, cancelled_reason=name
    )
    case.supplierfigures.create(
        label=name,
        value=name,
        period=name,
        source=name,
        is_confidential=False,
        gathered_by=by,
    )

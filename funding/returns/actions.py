"""The making of a return: once, by finance, kept as it was sent."""

from typing import Any

from django.db.models import Max
from django.utils import timezone

from funding.models import NationalReturn
from funding.returns import files, rules
from funding.returns.facts import facts_of, from_json
from practices.models import Organisation
from resilience.core.access import Denied
from resilience.core.acts import action, lock
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.programmes.models import Milestone


@action("Made a return")
def make_return(
    *, by: Any, milestone: Milestone, commissioner: Organisation, key: str, note: str = ""
) -> NationalReturn:
    """Make and keep the return of an organisation and all below it that is due at a milestone.

    Made again for the same milestone it has a new number and names the one it replaces, which stays.
    ``key`` given again is the same return. Raises Denied.
    """
    year = lock(milestone.year)
    rules.check_can_make_return(by, milestone, commissioner)
    done = NationalReturn.objects.filter(key=key).first()
    if done is None:
        earlier = NationalReturn.objects.filter(year=year, commissioner=commissioner)
        number = (earlier.aggregate(last=Max("number"))["last"] or 0) + 1
        last = earlier.order_by("-number").first()
        facts, now = facts_of(milestone, commissioner), timezone.now()
        content = files.workbook(
            facts, number=number, made_at=now, note=note, last=from_json(last.facts) if last else None
        )
        file = StoredFile.keep(
            name=files.name_of(facts, number), content_type=files.XLSX, content=content, by=by
        )
        done = NationalReturn.objects.create(
            year=year,
            commissioner=commissioner,
            milestone=milestone,
            due_at=milestone.due_at,
            number=number,
            replaces=earlier.filter(milestone=milestone).order_by("-number").first(),
            note=note,
            facts=facts.as_json(),
            workbook=file,
            key=key,
            made_at=now,
            made_by=by,
        )
    elif (done.milestone_id, done.commissioner_id) != (milestone.pk, commissioner.pk):
        raise Denied("This page was already used to make a return. Open it again.")
    record(by=by, on=done, why=note, number=done.number, workbook=done.workbook.sha256, late=done.is_late)
    return done

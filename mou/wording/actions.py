"""Publishing a wording of the MoU."""

from typing import Any

from mou.models import Section, Template
from mou.plan import plans
from mou.wording import Wording, check_wording, rules
from resilience.core.acts import action, lock
from resilience.core.trail import record
from resilience.programmes.models import ProgrammeYear

# --- the wording -------------------------------------------------------------------------------


@action("Published a wording of the MoU")
def publish_wording(*, by: Any, year: ProgrammeYear, wording: Wording) -> Template:
    """Publish ``wording`` as the next version for ``year``; MoUs sent from now on use it.

    Raises Denied for a wording that could not be filled in.
    """
    year = lock(year)
    rules.check_can_publish(by, year)
    check_wording(wording)
    latest = plans.current_template(year, has_supplier=wording.has_supplier)
    template = Template.objects.create(
        year=year,
        version=latest.version + 1 if latest else 1,
        title=wording.title.strip(),
        plan_layout=wording.plan_layout,
        has_contributions=wording.has_contributions,
        support_sources=wording.support_sources,
        has_supplier=wording.has_supplier,
        notice_months=wording.notice_months,
        notice_months_failure=wording.notice_months_failure,
        may_extend=wording.may_extend,
        published_by=by,
    )
    Section.objects.bulk_create(
        Section(template=template, number=number, heading=heading.strip(), clauses=clauses.strip())
        for number, (heading, clauses) in enumerate(wording.sections, start=1)
    )
    record(by=by, on=template, year=year.pk, version=template.version)
    return template

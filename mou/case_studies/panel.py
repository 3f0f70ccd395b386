"""The case study on the Delivery tab of its case."""

from django.http import HttpRequest

from mou.case_studies import page, rules, texts
from mou.case_studies.states import WHILE_SUPPORTED
from mou.delivery.panels import Panel
from resilience.core.access import why_not
from resilience.referrals.models import Referral


def case_study_panel(request: HttpRequest, referral: Referral) -> Panel | None:
    """Where the case study stands, for those who may read it: once the case is supported, or where there is one."""
    if why_not(rules.check_can_read, request.user, referral):
        return None
    study = texts.study_of(referral)
    if study is None and referral.state not in WHILE_SUPPORTED:
        return None
    return Panel(
        "Case study",
        "mou/case_studies/panel.html",
        {
            "study": study,
            "state": study.get_state_display() if study else "",
            "colour": page.COLOURS[study.state] if study else "",
            "promised": page.is_promised(referral),
            "href": page.address(referral),
        },
    )

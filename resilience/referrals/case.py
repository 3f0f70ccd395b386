"""The case page: one header and one row of tabs over the pages that the rooms own.

Rooms to the left are named by URL and by act; nothing of theirs is imported.
"""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.timezone import localdate as _day_of

from resilience.core.access import P, allows, why_not
from resilience.core.calendar import working_days_between
from resilience.core.words import day, plural, working_days_left
from resilience.referrals.dividing import family
from resilience.referrals.models import Referral
from resilience.referrals.moves import check_act
from resilience.referrals.states import State

S = State


@dataclass(frozen=True)
class Tab:
    """A tab of the case page, the permission it needs, and whether it is the office's alone."""

    text: str
    url: str
    permission: str
    is_office: bool = False


TABS = (
    Tab("Summary", "referrals:case", P.VIEW_REFERRALS, is_office=True),
    Tab("Referral", "referrals:form", P.VIEW_REFERRALS),
    Tab("Messages", "referrals:messages", P.VIEW_REFERRALS),
    Tab("Assessment", "assessments:case", P.VIEW_INTERNAL),
    Tab("Decision", "decisions:case", P.VIEW_INTERNAL),
    Tab("Money", "funding:case", P.VIEW_MONEY),
    Tab("Plan", "mou:plan", P.VIEW_MOU),
    Tab("MoU", "mou:case", P.VIEW_MOU),
    Tab("Delivery", "mou:delivery", P.VIEW_MOU),
    Tab("Timeline", "referrals:timeline", P.VIEW_INTERNAL),
)

NEXT_ACTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    S.RECEIVED: (("referrals.acknowledge", "Acknowledge", "referrals:acknowledge"),),
    S.ACKNOWLEDGED: (
        ("assessments.start", "Start the assessment", "assessments:case"),
        ("decisions.support", "Decide", "decisions:decide"),
    ),
    S.UNDER_ASSESSMENT: (("assessments.place", "Place on the matrix", "assessments:place"),),
    S.PLACED: (("decisions.support", "Decide", "decisions:decide"),),
    S.DEFERRED: (("decisions.support", "Decide", "decisions:decide"),),
    S.SUPPORTED: (("funding.commit", "Commit money", "funding:commit"),),
    S.COMMITTED: (("", "Go on to the plan and the MoU", "mou:case"),),
}
"""For each state: the act that comes next ("" where several may), its words and its page."""


def next_act(user: Any, referral: Referral, tab: str = "") -> dict[str, str] | None:
    """The main act of the case page: ``text``, ``href`` and, if it cannot be done, ``disabled_reason``.

    None on the act's own page (``tab``) and where nothing comes next.
    """
    choices = NEXT_ACTS.get(referral.state, ())
    if referral.state == S.ACKNOWLEDGED and not referral.year.is_assessed:
        choices = choices[1:]
    if not choices:
        return None
    act, text, url = choices[0]
    if url == tab:
        return None
    answer = {"text": text, "href": reverse(url, kwargs={"referral": referral.pk})}
    if act and (reason := why_not(check_act, user, referral, act)):
        answer["disabled_reason"] = reason
    return answer


def find(request: HttpRequest, pk: int, permission: str | None = None) -> Referral:
    """The referral with everything the header says, or 404 outside the person's scope."""
    rows = Referral.objects.visible_to(request.user, permission).select_related(
        "year__programme", "lead_practice", "commissioner", "assigned_to", "divided_from"
    )
    try:
        return rows.get(pk=pk)
    except Referral.DoesNotExist:
        raise Http404 from None


def clock_sentence(referral: Referral) -> str:
    """The acknowledgement clock in words: received, due, done; nothing for a draft."""
    if referral.received_on is None or referral.acknowledge_by is None:
        return ""
    received = f"Received {day(referral.received_on)}"
    if referral.acknowledged_at is None:
        if referral.state == S.WITHDRAWN:
            return f"{received}, withdrawn before it was acknowledged."
        due = day(referral.acknowledge_by)
        return f"{received}. Acknowledge by {due}: {working_days_left(referral.acknowledge_by)}."
    taken = working_days_between(referral.received_on, _day_of(referral.acknowledged_at))
    allowed = plural(referral.year.acknowledge_within, "working day")
    return f"{received}, acknowledged in {taken} of {allowed}."


def page(request: HttpRequest, referral: Referral, tab: str) -> dict[str, Any]:
    """Context for templates that extend ``case/base.html``; ``tab`` is the tab's URL name."""
    names = list(referral.practices.all())
    others = len(names) - 1
    title = names[0].name if names else referral.lead_practice.name
    if others > 0:
        title += f" and {others} other{'s' if others > 1 else ''}"
    is_office = allows(request.user, P.VIEW_INTERNAL, referral)
    return {
        "referral": referral,
        "case": {
            "title": title,
            "reference": referral.reference,
            "state": referral.get_state_display(),
            "state_code": referral.state,
            "rating": current_rating(referral) if is_office else "",
            "clock": clock_sentence(referral),
            "officer": referral.assigned_to,
            "family": family(request.user, referral),
            "next_act": next_act(request.user, referral, tab) if is_office else None,
            "tabs": [
                {
                    "text": each.text,
                    "href": reverse(each.url, kwargs={"referral": referral.pk}),
                    "current": each.url == tab,
                }
                for each in TABS
                if allows(request.user, each.permission, referral) and (is_office or not each.is_office)
            ],
        },
    }


def current_rating(referral: Referral) -> str:
    """The rating of the placement that stands, or "". Read by name: placements live in a room to the left."""
    placement = referral.placements.filter(is_current=True).select_related("cell").first()
    return placement.cell.rating if placement else ""

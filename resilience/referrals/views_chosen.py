"""Acts on several chosen referrals: first what would happen to each, then each as an act of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from resilience.core.access import Denied, P, requires
from resilience.core.words import plural
from resilience.referrals import office_actions as actions
from resilience.referrals import office_rules as rules
from resilience.referrals.letters import acknowledgement
from resilience.referrals.models import Referral
from resilience.referrals.office_forms import AssignForm
from resilience.referrals.officers import colleagues
from resilience.referrals.states import State

MOST = 100


@dataclass(frozen=True)
class Refused:
    """A referral that did not go with the others, and why."""

    referral: Referral
    why: str


def _back(request: HttpRequest) -> str:
    """The worklist as it was filtered; never another host."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if wanted and ours else reverse("referrals:worklist")


def _chosen(request: HttpRequest) -> list[Referral]:
    ids = {int(each) for each in request.POST.getlist("chosen")[:MOST] if each.isascii() and each.isdigit()}
    rows = Referral.objects.visible_to(request.user, P.WORK_REFERRALS).exclude(state=State.DRAFT)
    return list(
        rows.filter(pk__in=[each for each in ids if each < 2**63])
        .select_related("year", "lead_practice", "commissioner", "acknowledged_by", "assigned_to")
        .prefetch_related("practices")
        .order_by("reference")
    )


def _sort_out(
    referrals: list[Referral], act: Callable[[Referral], Any]
) -> tuple[list[Referral], list[Refused]]:
    went, refused = [], []
    for referral in referrals:
        try:
            act(referral)
        except Denied as denied:
            refused.append(Refused(referral, str(denied)))
        else:
            went.append(referral)
    return went, refused


@requires(P.WORK_REFERRALS)
def chosen(request: HttpRequest) -> HttpResponse:
    """What the worklist's ticked rows are sent to: a page that says what would happen, then what did."""
    if request.method != "POST":
        return redirect("referrals:worklist")
    referrals = _chosen(request)
    if not referrals:
        messages.info(request, "Tick at least one referral first.")
        return redirect(_back(request))
    if request.POST.get("act") == "assign":
        return _assign(request, referrals)
    return _acknowledge(request, referrals)


def _page(
    request: HttpRequest, template: str, title: str, able: list[Referral], refused: list[Refused], **more: Any
) -> HttpResponse:
    context = {
        "title": title,
        "back": _back(request),
        "able": able,
        "refused": refused,
        "next": _back(request),
    }
    return render(request, f"referrals/office/{template}.html", context | more)


def _acknowledge(request: HttpRequest, referrals: list[Referral]) -> HttpResponse:
    person: Any = request.user
    if "confirmed" not in request.POST:
        able, refused = _sort_out(referrals, lambda each: rules.check_can_acknowledge_unread(person, each))
        letters = [(each, acknowledgement(each, person)) for each in able]
        title = f"Acknowledge {plural(len(able), 'referral')}"
        return _page(request, "chosen_acknowledge", title, able, refused, letters=letters)

    def act(referral: Referral) -> None:
        # A second click on the same page: what this person has just sent has gone.
        if referral.acknowledged_by_id == person.pk and referral.state == State.ACKNOWLEDGED:
            return
        rules.check_can_acknowledge_unread(person, referral)
        letter = acknowledgement(referral, person)
        actions.acknowledge(by=person, referral=referral, subject=letter.subject, body=letter.body)

    went, refused = _sort_out(referrals, act)
    return _page(
        request,
        "chosen_done",
        f"{plural(len(went), 'referral')} acknowledged",
        went,
        refused,
        did="Acknowledged",
    )


def _assign(request: HttpRequest, referrals: list[Referral]) -> HttpResponse:
    person: Any = request.user
    confirmed = "confirmed" in request.POST
    form = AssignForm(
        request.POST if confirmed else None, people=colleagues(person), initial={"officer": person.pk}
    )
    if confirmed and form.is_valid():
        officer = form.cleaned_data["officer"]

        def act(referral: Referral) -> None:
            if referral.assigned_to != officer:
                actions.assign(by=person, referral=referral, officer=officer)

        went, refused = _sort_out(referrals, act)
        title = f"{plural(len(went), 'referral')} assigned to {officer or 'nobody'}"
        return _page(request, "chosen_done", title, went, refused, did="Assigned")
    able, refused = _sort_out(referrals, lambda each: rules.check_can_assign(person, each))
    return _page(
        request, "chosen_assign", f"Assign {plural(len(able), 'referral')}", able, refused, form=form
    )

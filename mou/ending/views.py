"""Giving and withdrawing notice, and recording that an MoU ended."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from mou.agreement.page import caption, case_url, find
from mou.ending import actions, rules
from mou.ending.forms import DeliveredForm, FailureForm, NoticeForm, WithdrawNoticeForm
from mou.ending.letters import about_money, about_suppliers
from mou.models import Agreement
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import Form, add_denied
from resilience.core.words import day

A = Agreement.State
_BOTH = (P.SIGN_FOR_PRACTICE, P.SIGN_FOR_COMMISSIONER)


def _act(
    request: HttpRequest,
    agreement: Agreement,
    form: Form | None,
    rule: str,
    run: Callable[..., Any],
    done: str,
    **page: Any,
) -> HttpResponse:
    """Show what will happen, or why it cannot; on the second request do it and go back to the tab."""
    back = case_url(agreement.referral_id)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            run(by=request.user, agreement=agreement, **(form.cleaned_data if form else {}))
        except Denied as denied:
            if form is not None:
                add_denied(form, denied)
            rule = str(denied)
        else:
            messages.success(request, done)
            return redirect(back)
    denied_here = rule if form is None or request.method == "GET" else ""
    if denied_here:
        page["sentences"] = []
    return render(
        request,
        "confirm.html",
        {
            **page,
            "caption": caption(agreement),
            "form": form,
            "denied": denied_here,
            "variant": "warning",
            "back": back,
        },
    )


@requires(*_BOTH)
@require_http_methods(["GET", "POST"])
def give_notice(request: HttpRequest, agreement: int) -> HttpResponse:
    """Either side ends the MoU by the notice of its clause."""
    found = find(request, agreement)
    on = rules.runs_out(found)
    return _act(
        request,
        found,
        NoticeForm(request.POST or None),
        why_not(rules.check_can_give_notice, request.user, found),
        actions.give_notice,
        f"Notice is given. The MoU ends on {day(on)}. Both sides were told by email.",
        title="Give notice to end this Memorandum of Understanding",
        sentences=[
            f"If you give notice today, it ends on {day(on)} and is in force until then. "
            "You can withdraw the notice before that day.",
            "When it ends, what is committed and not payable by then is released. What is payable is still paid.",
            about_money(found.referral),
        ],
        confirm="Give notice",
    )


@requires(P.SIGN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def give_notice_of_failure(request: HttpRequest, agreement: int) -> HttpResponse:
    """The commissioner's shorter notice, after talking with the LMC."""
    found = find(request, agreement)
    on = rules.runs_out(found, rules.Ground.FAILURE)
    return _act(
        request,
        found,
        FailureForm(request.POST or None),
        why_not(rules.check_can_give_notice_of_failure, request.user, found),
        actions.give_notice_of_failure,
        f"Notice is given. The MoU ends on {day(on)}. Both sides were told by email.",
        title="Give notice for failure to cooperate",
        sentences=[
            "The commissioner may end this Memorandum of Understanding at shorter notice where, acting reasonably "
            "and having talked with the Local Medical Committee, it finds that the practice failed to cooperate.",
            f"If you give notice today, it ends on {day(on)}.",
            about_money(found.referral),
        ],
        confirm="Give notice",
    )


@requires(*_BOTH)
@require_http_methods(["GET", "POST"])
def withdraw_notice(request: HttpRequest, agreement: int) -> HttpResponse:
    """The side that gave notice takes it back."""
    found = find(request, agreement)
    return _act(
        request,
        found,
        WithdrawNoticeForm(request.POST or None),
        why_not(rules.check_can_withdraw_notice, request.user, found),
        actions.withdraw_notice,
        "The notice is withdrawn. The MoU goes on. Both sides were told by email.",
        title="Withdraw the notice",
        sentences=["The Memorandum of Understanding goes on as it stood before notice was given."],
        confirm="Withdraw the notice",
    )


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def terminate(request: HttpRequest, agreement: int) -> HttpResponse:
    """The notice has run out, and the service has not ended it yet."""
    found = find(request, agreement)
    return _act(
        request,
        found,
        None,
        why_not(rules.check_can_terminate, request.user, found),
        actions.terminate,
        "The MoU has ended. Both sides were told by email.",
        title="Record that the notice has run out",
        sentences=[
            "The Memorandum of Understanding ends, and what is committed and not payable is released.",
            about_money(found.referral),
            *about_suppliers(found.referral),
        ],
        confirm="End it",
    )


@requires(P.PLAN_FOR_COMMISSIONER)
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, agreement: int) -> HttpResponse:
    """The plan is delivered, or the end date has passed and the service has not ended it yet."""
    found = find(request, agreement)
    last = rules.end_date(found)
    is_past = rules.is_past_its_end(found)
    form = None if is_past else DeliveredForm(request.POST or None)
    notice = rules.standing_notice(found)
    if is_past:
        when = f"Its last day was {day(last)}."
    elif notice:
        when = f"By the notice that was given it ends on {day(notice.ends_on)}. It ends today instead."
    else:
        when = f"Its last day is {day(last)}. It ends today instead."
    return _act(
        request,
        found,
        form,
        why_not(rules.check_can_end, request.user, found, is_delivered=True),
        actions.end,
        "The MoU has ended. Both sides were told by email.",
        title="End this Memorandum of Understanding",
        sentences=[
            when,
            about_money(found.referral),
            "What is committed and not payable stays until its stage opens or the commissioner releases it.",
            *about_suppliers(found.referral),
        ],
        confirm="End it",
    )

"""The Decision tab, and the page on which a decision is made."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from resilience.assessments.models import Placement
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.decisions import actions, rules
from resilience.decisions.brief import brief, decisions_on
from resilience.decisions.forms import DecisionForm, LetterForm
from resilience.decisions.letters import decision_letter
from resilience.decisions.models import Decision
from resilience.decisions.money import money_left
from resilience.referrals import case as cases
from resilience.referrals.models import Referral


def _context(request: HttpRequest, referral: Referral) -> dict[str, Any]:
    """The case page; its next act, where it is to decide, asks this room's own rule, and leads to no page it is on."""
    found = cases.page(request, referral, "decisions:case")
    act = found["case"]["next_act"]
    if act and act["href"] == request.path:
        found["case"]["next_act"] = None
    elif (
        act
        and act["href"] == reverse("decisions:decide", kwargs={"referral": referral.pk})
        and (refused := why_not(rules.check_can_decide, request.user, referral))
    ):
        act["disabled_reason"] = refused
    return found


@require_GET
@requires(P.VIEW_INTERNAL)
def case(request: HttpRequest, referral: int) -> HttpResponse:
    """Every decision made, with its reason, who, when, and the letter as it was sent."""
    found = cases.find(request, referral, P.VIEW_INTERNAL)
    return render(
        request, "decisions/case.html", {**_context(request, found), "decisions": decisions_on(found)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.DECIDE)
def decide(request: HttpRequest, referral: int) -> HttpResponse:
    """Fill in, read the letter as the practice will, confirm. ``step`` says which: preview, change, confirm."""
    found = cases.find(request, referral, P.VIEW_INTERNAL)
    standing = (
        Placement.objects.visible_to(request.user)
        .filter(referral=found, is_current=True)
        .values_list("pk", flat=True)
        .first()
    )
    initial = {"placement": standing, "categories": [each.item_id for each in found.wanted.all()]}
    step = request.POST.get("step", "") if request.method == "POST" else ""
    form = DecisionForm(
        request.POST if request.method == "POST" else None, referral=found, standing=standing, initial=initial
    )
    refused = why_not(rules.check_can_decide, request.user, found)
    if step in ("preview", "confirm") and form.is_valid():
        if refused:
            add_denied(form, Denied(refused))
        else:
            return _letter(request, found, form, is_confirmed=step == "confirm")
    if "placement" in form.errors:
        # What is shown again shows the placement that stands, so the next sending has seen it.
        shown: Any = form.data
        form.data = shown | {"placement": standing}
    if step == "change":
        form = DecisionForm(referral=found, standing=standing, initial=_as_typed(request, standing))
    return render(
        request,
        "decisions/decide.html",
        {
            **_context(request, found),
            "brief": brief(request.user, found),
            "form": form if not refused or form.is_bound else None,
            "why_not": refused,
        },
    )


def _as_typed(request: HttpRequest, standing: int | None) -> dict[str, Any]:
    return {
        "outcome": request.POST.get("outcome"),
        "categories": request.POST.getlist("categories"),
        "amount": request.POST.get("amount"),
        "reason": request.POST.get("reason"),
        "placement": standing,
    }


def _letter(
    request: HttpRequest, referral: Referral, form: DecisionForm, *, is_confirmed: bool
) -> HttpResponse:
    said = form.cleaned_data
    made = decision_letter(
        referral,
        outcome=said["outcome"],
        reason=said["reason"],
        amount=said["amount"],
        categories=said["categories"],
        officer=request.user,
    )
    letter = LetterForm(request.POST) if is_confirmed else LetterForm(initial={"letter": made.body})
    if is_confirmed and letter.is_valid():
        try:
            _decide(request, referral, said, letter.cleaned_data["letter"])
        except Denied as denied:
            add_denied(letter, denied)
        else:
            messages.success(
                request, "The decision is on record, and the letter is on its way to the practice."
            )
            return redirect("decisions:case", referral=referral.pk)
    left = money_left(referral)
    return render(
        request,
        "decisions/letter.html",
        {
            **_context(request, referral),
            "form": letter,
            "decision": form,
            "said": said,
            "outcome": Decision.Outcome(said["outcome"]).label,
            "letter": made,
            "left": left,
            "after": left.after(said["amount"]) if left else None,
            "parts": [(part.name, part.after(said["amount"])) for part in left.parts] if left else [],
        },
    )


def _decide(request: HttpRequest, referral: Referral, said: dict[str, Any], letter: str) -> None:
    common = {"by": request.user, "referral": referral, "reason": said["reason"], "letter": letter}
    if said["outcome"] == Decision.Outcome.SUPPORTED:
        actions.support(**common, amount=said["amount"], categories=said["categories"])
    elif said["outcome"] == Decision.Outcome.NOT_SUPPORTED:
        actions.refuse(**common)
    else:
        actions.defer(**common)

"""The review of a case: written by the office, with the practice placed again, and the practice's own view."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from mou.models import PracticeFeedback, Review, ReviewOutcome
from mou.review import actions, page, rules
from mou.review.forms import FeedbackForm, WriteForm
from resilience.assessments.board import board
from resilience.assessments.forms import PlaceForm
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.referrals import case
from resilience.referrals.models import Referral


def _back(referral: Referral) -> dict[str, str]:
    return {
        "back": reverse("mou:delivery", kwargs={"referral": referral.pk}),
        "back_text": "Back to delivery",
        "caption": f"{referral.lead_practice.name}, {referral.reference}",
    }


@requires(P.VIEW_INTERNAL)
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, referral: int) -> HttpResponse:
    """The review; POST starts it, saves it, or saves and completes it (``act``)."""
    found = case.find(request, referral, P.VIEW_INTERNAL)
    row = (
        Review.objects.visible_to(request.user)
        .filter(referral=found)
        .select_related("started_by", "completed_by", "feedback__given_by")
        .first()
    )
    if row is None:
        return _start(request, found)
    row.referral = found
    return _write(request, row)


def _start(request: HttpRequest, referral: Referral) -> HttpResponse:
    here = request.path
    if request.method == "POST":
        try:
            actions.start_review(by=request.user, referral=referral)
        except Denied as denied:
            messages.error(request, str(denied))
        else:
            messages.success(request, "The review is started. The practice is asked what helped.")
        return redirect(here)
    context = {
        "title": "Review at the end",
        "sentences": [
            "When support ends: did it work, what does the practice say of it, and where would it be placed now?",
            "Starting it asks the practice, by email, what helped and what did not.",
        ],
        "denied": why_not(rules.check_can_start, request.user, referral, None),
        "confirm": "Start the review",
        **_back(referral),
    }
    return render(request, "confirm.html", context)


def _outcomes(request: HttpRequest, row: Review) -> list[ReviewOutcome]:
    outcomes = ReviewOutcome.objects.visible_to(request.user).filter(review=row)
    return list(outcomes.select_related("objective", "action"))


def _write(request: HttpRequest, row: Review) -> HttpResponse:
    refused = why_not(rules.check_can_write, request.user, row)
    outcomes = _outcomes(request, row)
    given: dict[str, Any] = {
        "review": row,
        "rows": rules.rows_to_judge(row.referral),
        "outcomes": page.outcomes_by_key(outcomes),
    }
    form = None if refused else WriteForm(**given)
    if request.method == "POST":
        form = WriteForm(request.POST, **given)
        if form.is_valid():
            try:
                return _save(request, row, form)
            except Denied as denied:
                add_denied(form, denied)
    sides = page.sides(row)
    context = {
        "title": "Review at the end",
        **_back(row.referral),
        "review": row,
        "refused": refused,
        "form": form,
        "keep": f"review-{row.pk}",
        "outcomes": outcomes,
        "sides": sides,
        "change": page.change(*(side.placement for side in sides)) if sides else "",
        "may_place": not why_not(rules.check_can_place, request.user, row),
        "missing": [] if row.completed_at else rules.missing(row),
        "feedback": getattr(row, "feedback", None),
    }
    return render(request, "mou/review/review.html", context)


def _save(request: HttpRequest, row: Review, form: WriteForm) -> HttpResponse:
    """Keep what was said, then complete if that was asked; what was saved stays when completing is refused."""
    actions.save_review(by=request.user, review=row, **form.said)
    if request.POST.get("act") != "complete":
        messages.success(request, "The review is saved. You can leave it and come back.")
        return redirect(request.path)
    try:
        actions.complete_review(by=request.user, review=row)
    except Denied as denied:
        messages.info(request, f"The review is saved, but not complete. {denied}")
    else:
        messages.success(request, "The review is complete.")
    return redirect(request.path)


@requires(P.ASSESS)
@require_http_methods(["GET", "HEAD", "POST"])
def place_after(request: HttpRequest, review: int) -> HttpResponse:
    """Choose a cell of the matrix it was placed on before, and justify both scores."""
    rows = Review.objects.visible_to(request.user, P.ASSESS).select_related("before__cell__matrix")
    row = get_object_or_404(rows, pk=review)
    row.referral = case.find(request, row.referral_id, P.ASSESS)
    back = reverse("mou:review", kwargs={"referral": row.referral_id})
    refused = why_not(rules.check_can_place, request.user, row)
    if row.before is None:
        messages.info(request, refused)
        return redirect(back)
    matrix = row.before.cell.matrix
    form = None if refused else PlaceForm(matrix=matrix)
    if request.method == "POST":
        form = PlaceForm(request.POST, matrix=matrix)
        if form.is_valid():
            said = dict(form.cleaned_data)
            cell = said.pop("cell")
            try:
                actions.place_after(by=request.user, review=row, scope=cell.scope, impact=cell.impact, **said)
            except Denied as denied:
                add_denied(form, denied)
            else:
                messages.success(request, "The practice is placed again.")
                return redirect(back)
    chosen = str((form["cell"].value() if form else "") or "")
    context = {
        "title": "Place the practice again",
        **_back(row.referral),
        "back": back,
        "back_text": "Back to the review",
        "before": page.sides(row)[0],
        "refused": refused,
        "form": form,
        "board": board(matrix),
        "chosen": int(chosen) if chosen.isascii() and chosen.isdigit() else None,
        "keep": f"place-after-{row.pk}",
    }
    return render(request, "mou/review/place.html", context)


@requires(P.PLAN_FOR_PRACTICE)
@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: HttpRequest, referral: int) -> HttpResponse:
    """The practice says what helped, what did not, and whether it would recommend it."""
    found = case.find(request, referral, P.PLAN_FOR_PRACTICE)
    row = rules.review_of(found)
    if row is not None:
        row.referral = found
    refused = why_not(rules.check_can_give_feedback, request.user, found, row)
    form = FeedbackForm(request.POST if request.method == "POST" else None)
    form.keep = f"feedback-{found.pk}"
    if row is not None and form.is_bound and form.is_valid():
        try:
            actions.give_feedback(by=request.user, review=row, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "Thank you. We read it, and learn from it.")
            return redirect("mou:delivery", referral=found.pk)
    context = {
        "title": "What helped, and what did not?",
        **_back(found),
        "refused": refused if not form.is_bound or row is None else "",
        "form": form,
        "given": own_feedback(found) if refused else None,
    }
    return render(request, "mou/review/feedback.html", context)


def own_feedback(referral: Referral) -> PracticeFeedback | None:
    """What the practice itself said, for its own page."""
    row = rules.review_of(referral)
    return getattr(row, "feedback", None) if row else None

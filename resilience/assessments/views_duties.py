"""Safety escalations, and the interests that bar their holder."""

from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from resilience.assessments import actions, rules
from resilience.assessments.filters import EscalationFilters
from resilience.assessments.forms import DeclareForm, EndInterestForm, EscalateForm, TakeForm
from resilience.assessments.models import Interest, SafetyEscalation
from resilience.assessments.views import context
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.referrals import case as cases
from resilience.referrals.moves import check_act


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_INTERNAL)
def escalate(request: HttpRequest, referral: int) -> HttpResponse:
    """Say that patients may be unsafe, from any point of a case."""
    found = cases.find(request, referral, P.VIEW_INTERNAL)
    refused = why_not(check_act, request.user, found, "assessments.escalate")
    form = None if refused else EscalateForm()
    if request.method == "POST":
        form = EscalateForm(request.POST)
        if form.is_valid():
            try:
                raised = actions.escalate(by=request.user, referral=found, **form.cleaned_data)
            except Denied as denied:
                add_denied(form, denied)
            else:
                messages.success(
                    request, "The safety escalation is raised, and the programme's contact is told."
                )
                return redirect("assessments:escalation", escalation=raised.pk)
    return render(
        request,
        "assessments/escalate.html",
        {**context(request, found, ""), "form": form, "why_not": refused},
    )


ESCALATION_COLUMNS = [
    Column("Referral", "referral.reference", heading=True,
           link=lambda row: reverse("assessments:escalation", kwargs={"escalation": row.pk})),
    Column("Practice", "referral.lead_practice.name"),
    Column("CCG", "referral.commissioner.name", sort="referral__commissioner__name"),
    Column("Why", "why"),
    Column("Raised", "raised_at", kind="moment", sort="raised_at"),
    Column("Raised by", "raised_by.name"),
    Column("State", lambda row: "Taken" if row.taken_at else "Nobody has taken it",
           show=lambda row: tag("Taken", "green") if row.taken_at else tag("Nobody has taken it", "yellow")),
    Column("Taken", "taken_at", kind="moment", sort="taken_at"),
    Column("Taken by", "taken_by.name"),
]  # fmt: skip


@require_GET
@requires(P.VIEW_INTERNAL)
def escalations(request: HttpRequest) -> HttpResponse:
    """Every safety escalation in scope; those that nobody has taken first."""
    rows = SafetyEscalation.objects.visible_to(request.user).select_related(
        "referral__lead_practice", "referral__commissioner", "raised_by", "taken_by"
    )
    return ListPage(
        request,
        rows.order_by(F("taken_at").desc(nulls_first=True), "-raised_at"),
        name="assessments:escalations",
        title="Safety escalations",
        noun="safety escalation",
        columns=ESCALATION_COLUMNS,
        filters=EscalationFilters,
        empty="Nobody has said that patients may be unsafe.",
    ).response()


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_INTERNAL)
def escalation(request: HttpRequest, escalation: int) -> HttpResponse:
    """Who raised it, why, who took it and when; take it."""
    rows = SafetyEscalation.objects.visible_to(request.user).select_related("raised_by", "taken_by")
    found = rows.filter(pk=escalation).first()
    if found is None:
        raise Http404
    found.referral = cases.find(request, found.referral_id, P.VIEW_INTERNAL)
    refused = why_not(rules.check_can_take, request.user, found)
    form = None if refused else TakeForm()
    if request.method == "POST":
        form = TakeForm(request.POST)
        if form.is_valid():
            try:
                actions.take_escalation(by=request.user, escalation=found, **form.cleaned_data)
            except Denied as denied:
                add_denied(form, denied)
            else:
                messages.success(request, "You have taken this escalation.")
                return redirect("assessments:escalation", escalation=found.pk)
    return render(
        request,
        "assessments/escalation.html",
        {**context(request, found.referral, ""), "escalation": found, "form": form, "why_not": refused},
    )


def _end_link(row: Any) -> str | None:
    return reverse("assessments:end_interest", kwargs={"interest": row.pk}) if row.may_end else None


@require_GET
@requires(P.VIEW_INTERNAL)
def interests(request: HttpRequest) -> HttpResponse:
    """A person's own interests; for approvers and observers, those of everyone over the practices in scope."""

    def who_may_end(rows: list[Any]) -> None:
        approved = Interest.objects.visible_to(request.user, P.DECIDE).filter(pk__in=[row.pk for row in rows])
        decides = set(approved.values_list("pk", flat=True))
        for row in rows:
            row.may_end = not row.ended_on and (row.person_id == request.user.pk or row.pk in decides)

    columns = [
        Column("Person", "person.name", heading=True, sort="person__name"),
        Column("Practice", "practice.name", sort="practice__name"),
        Column("Code", "practice.ods_code", sort="practice__ods_code"),
        Column("Nature", "nature"),
        Column("Since", "started_on", kind="date", sort="started_on"),
        Column("Until", "ended_on", kind="date", sort="ended_on"),
        Column("Declared", "declared_at", kind="date", sort="declared_at"),
        Column("Act", lambda row: "" if row.ended_on else "End", export=False, link=_end_link),
    ]
    return ListPage(
        request,
        Interest.objects.visible_to(request.user).select_related("person", "practice"),
        name="assessments:interests",
        title="Declared interests",
        noun="interest",
        columns=columns,
        default_sort="-declared",
        prepare=who_may_end,
        actions=[{"text": "Declare an interest", "href": reverse("assessments:declare")}],
        empty="If you, your family or your friends have a stake in a practice, declare it here.",
    ).response()


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_INTERNAL)
def declare(request: HttpRequest) -> HttpResponse:
    """A person declares an interest of their own in a practice they work with."""
    asked = {"practice": request.GET.get("practice", "")[:10]}
    form = DeclareForm(request.POST if request.method == "POST" else None, user=request.user, initial=asked)
    if form.is_valid():
        try:
            interest = actions.declare_interest(by=request.user, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(
                request,
                f"Your interest in {interest.practice.name} is declared. While it lasts you cannot assess "
                "the practice or decide on it.",
            )
            return redirect("assessments:interests")
    return render(
        request,
        "form.html",
        {
            "title": "Declare an interest",
            "form": form,
            "intro": "Declare a stake that you, your family or your friends have in a practice. It is on record "
            "with the date, and a colleague will deal with the practice while it lasts.",
            "back": reverse("assessments:interests"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW_INTERNAL)
def end_interest(request: HttpRequest, interest: int) -> HttpResponse:
    """Say from which day an interest no longer holds."""
    rows = Interest.objects.visible_to(request.user).select_related("practice", "person")
    found = rows.filter(pk=interest).first()
    if found is None:
        raise Http404
    refused = why_not(rules.check_can_end_interest, request.user, found)
    form = EndInterestForm(request.POST if request.method == "POST" else None, interest=found)
    if form.is_valid() or (request.method == "POST" and refused):
        try:
            actions.end_interest(by=request.user, interest=found, ended_on=form.cleaned_data.get("ended_on"))
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"The interest in {found.practice.name} has its last day on record.")
            return redirect("assessments:interests")
    return render(
        request,
        "assessments/end_interest.html",
        {
            "title": f"End the interest in {found.practice.name}",
            "interest": found,
            "form": form,
            "why_not": refused,
            "back": reverse("assessments:interests"),
        },
    )

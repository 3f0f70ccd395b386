"""The plan's pages: its parts as a task list, a simple page for each row, and its agreement."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from mou import people
from mou.agreement.forms import WhyForm
from mou.groups import page as groups
from mou.models import Contribution, Objective, PlanAction, SupportService
from mou.plan import actions, page, plans, rules
from mou.plan.forms import (
    AgreeForm,
    ContributionForm,
    EndingForm,
    LeadsForm,
    ObjectiveForm,
    PlanActionForm,
    SupportServiceForm,
)
from mou.plan.states import PlanState, plan_state
from mou.projects import page as project_page
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.referrals import case
from resilience.referrals.models import Referral
from resilience.referrals.states import State

_DRAFTERS = (P.PLAN_FOR_PRACTICE, P.PLAN_FOR_COMMISSIONER)
_COLOURS: dict[str, str] = {
    PlanState.DRAFTING: "white",
    PlanState.PRACTICE_AGREED: "blue",
    PlanState.COMMISSIONER_AGREED: "blue",
    PlanState.AGREED: "green",
}


@dataclass(frozen=True)
class Kind:
    """A kind of row: its words, its form, and the name it has in addresses."""

    model: Any
    form: Any
    kwarg: str
    section: str
    one: str

    @property
    def to_add(self) -> str:
        """“Add an action”."""
        return f"Add {'an' if self.one[0] in 'aeiou' else 'a'} {self.one}"

    def to_edit(self, row: Any) -> str:
        """The title of its form: “Change the action”, or “Add an action” where there is no row yet."""
        return f"Change the {self.one}" if row else self.to_add


KINDS = {
    each.kwarg: each
    for each in (
        Kind(Objective, ObjectiveForm, "objective", "objectives", "objective"),
        Kind(PlanAction, PlanActionForm, "plan_action", "actions", "action"),
        Kind(SupportService, SupportServiceForm, "support_service", "services", "support service"),
        Kind(Contribution, ContributionForm, "contribution", "contributions", "contribution"),
    )
}


def _plan_url(referral: Any, section: str = "") -> str:
    return reverse("mou:plan", kwargs={"referral": referral}) + (f"#{section}" if section else "")


def _caption(referral: Referral) -> str:
    """Whose plan it is."""
    return f"{referral.lead_practice.name}, {referral.reference}"


# --- the page ----------------------------------------------------------------------------------


def _show(request: HttpRequest, referral: Referral, form: AgreeForm | None = None) -> HttpResponse:
    plan = plans.plan_of(referral)
    user = request.user
    context: dict[str, Any] = {
        **case.page(request, referral, "mou:plan"),
        "plan": plan,
        "group_choice": groups.choice(user, referral),
        "is_divided": referral.state == State.DIVIDED,
        "form": form,
        "state": PlanState(plan_state(plan)).label,
        "colour": _COLOURS.get(plan_state(plan), "grey"),
    }
    if plan is None:
        context["why_not_start"] = why_not(rules.check_can_draft, user, referral, None, "mou.start_plan")
        return render(request, "mou/plan.html", context)
    layout = plans.layout_of(referral.year)
    gaps = [] if plan.agreed_at else list(plans.gaps(plan, layout))
    can_draft = not why_not(rules.check_can_draft, user, referral, plan)
    sides = (
        ("practice", P.PLAN_FOR_PRACTICE, people.is_for_practice, rules.check_can_agree_for_practice),
        (
            "commissioner",
            P.APPROVE_PLAN,
            people.is_for_office,
            rules.check_can_agree_for_commissioner,
        ),
    )
    names = {"practice": referral.lead_practice.name, "commissioner": str(referral.commissioner)}
    context |= {
        "can_draft": can_draft,
        "projects": project_page.rows_of(plan),
        "gaps": gaps,
        "sections": page.sections(plan, layout, gaps),
        "tasks": page.tasks(plan, layout, gaps),
        "agreed_by": page.agreements(plan, referral),
        "takes_back": page.takes_back(plan) if can_draft else "",
        "can_reopen": not why_not(rules.check_can_reopen, user, referral, plan),
        "fingerprint": plans.fingerprint(plan),
        "agree": [
            {
                "action": reverse(f"mou:agree_for_{side}", kwargs={"referral": referral.pk}),
                "text": f"Agree the plan for {names[side]}",
                "why_not": why_not(rule, user, referral, plan),
                "id": f"why-not-{side}",
            }
            for side, permission, is_theirs, rule in sides
            if is_theirs(user, referral, permission) and not plan.agreed_at and not context["is_divided"]
        ],
    }
    return render(request, "mou/plan.html", context)


@requires(P.VIEW_MOU)
def plan(request: HttpRequest, referral: int) -> HttpResponse:
    """The Plan tab."""
    return _show(request, case.find(request, referral, P.VIEW_MOU))


@requires(*_DRAFTERS)
@require_POST
def start_plan(request: HttpRequest, referral: int) -> HttpResponse:
    found = case.find(request, referral, P.VIEW_MOU)
    if plans.plan_of(found) is None:
        actions.start_plan(by=request.user, referral=found)
    return redirect(_plan_url(found.pk))


# --- agreeing and reopening --------------------------------------------------------------------


def _agree(request: HttpRequest, pk: int, act: Any) -> HttpResponse:
    referral = case.find(request, pk, P.VIEW_MOU)
    form = AgreeForm(request.POST)
    if form.is_valid():
        try:
            act(by=request.user, referral=referral, fingerprint=form.cleaned_data["fingerprint"])
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "You have agreed the improvement plan.")
            return redirect(_plan_url(referral.pk))
    return _show(request, referral, form)


@requires(P.PLAN_FOR_PRACTICE)
@require_POST
def agree_for_practice(request: HttpRequest, referral: int) -> HttpResponse:
    return _agree(request, referral, actions.agree_for_practice)


@requires(P.APPROVE_PLAN)
@require_POST
def agree_for_commissioner(request: HttpRequest, referral: int) -> HttpResponse:
    return _agree(request, referral, actions.agree_for_commissioner)


@requires(*_DRAFTERS)
@require_http_methods(["GET", "POST"])
def reopen_plan(request: HttpRequest, referral: int) -> HttpResponse:
    """Back to drafting, with a reason."""
    found = case.find(request, referral, P.VIEW_MOU)
    denied = why_not(rules.check_can_reopen, request.user, found, plans.plan_of(found))
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.reopen_plan(by=request.user, referral=found, why=form.cleaned_data["why"])
        except Denied as refused:
            add_denied(form, refused)
        else:
            messages.success(request, "The plan is open for changes. Both sides must agree it again.")
            return redirect(_plan_url(found.pk))
    return render(
        request,
        "confirm.html",
        {
            "title": "Reopen the improvement plan",
            "caption": _caption(found),
            "sentences": [
                "Both sides have agreed this plan. To change it, say why. "
                "Both must agree it again before the MoU can be sent.",
            ],
            "form": form,
            "denied": denied if request.method == "GET" else "",
            "confirm": "Reopen the plan",
            "variant": "secondary",
            "back": _plan_url(found.pk),
        },
    )


# --- the leads and the ending ------------------------------------------------------------------


def _part(
    request: HttpRequest, pk: int, form_class: Any, fields: tuple[str, ...], title: str, template: str
) -> HttpResponse:
    referral = case.find(request, pk, P.VIEW_MOU)
    found = plans.plan_of(referral)
    rules.check_can_draft(request.user, referral, found, "mou.save_plan_part")
    form = form_class(request.POST or None, initial={name: getattr(found, name) for name in fields})
    form.keep = f"{form_class.__name__}-{referral.pk}"
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_plan_part(by=request.user, referral=referral, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            return redirect(_plan_url(referral.pk))
    context = {
        "title": title,
        "caption": _caption(referral),
        "form": form,
        "back": _plan_url(referral.pk),
        "intro": page.takes_back(found),
    }
    return render(request, template, context)


@requires(*_DRAFTERS)
@require_http_methods(["GET", "POST"])
def plan_leads(request: HttpRequest, referral: int) -> HttpResponse:
    return _part(request, referral, LeadsForm, plans.LEADS_FIELDS, "The three leads", "mou/leads.html")


@requires(*_DRAFTERS)
@require_http_methods(["GET", "POST"])
def plan_ending(request: HttpRequest, referral: int) -> HttpResponse:
    title = "Exit strategy and end date"
    return _part(request, referral, EndingForm, plans.ENDING_FIELDS, title, "form.html")


# --- rows --------------------------------------------------------------------------------------


def _find_row(request: HttpRequest, kind: Kind, pk: int) -> tuple[Referral, Any]:
    """A row in the person's reach with its referral, or 404."""
    rows = kind.model.objects.visible_to(request.user, P.VIEW_MOU).select_related("plan")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return case.find(request, row.plan.referral_id, P.VIEW_MOU), row


def _edit(request: HttpRequest, kind: Kind, referral: Referral, row: Any) -> HttpResponse:
    found = plans.plan_of(referral)
    rules.check_can_draft(request.user, referral, found)
    form = kind.form(request.POST or None, instance=row)
    form.keep = f"{kind.kwarg}-{referral.pk}-{row.pk if row else 'new'}"
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_row(
                by=request.user, referral=referral, kind=kind.model, row=row, **form.cleaned_data
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            return redirect(_plan_url(referral.pk, kind.section))
    title = row.theme if isinstance(row, Contribution) else kind.to_edit(row)
    return render(
        request,
        "form.html",
        {
            "title": title,
            "caption": _caption(referral),
            "form": form,
            "back": _plan_url(referral.pk, kind.section),
            "intro": page.takes_back(found),
        },
    )


def add(kind: Kind) -> Any:
    """The page that adds a row of this kind."""

    @requires(*_DRAFTERS)
    @require_http_methods(["GET", "POST"])
    def add_row(request: HttpRequest, referral: int) -> HttpResponse:
        return _edit(request, kind, case.find(request, referral, P.VIEW_MOU), None)

    return add_row


def change(kind: Kind) -> Any:
    """The page that changes a row of this kind."""

    @requires(*_DRAFTERS)
    @require_http_methods(["GET", "POST"])
    def change_row(request: HttpRequest, **kwargs: int) -> HttpResponse:
        return _edit(request, kind, *_find_row(request, kind, kwargs[kind.kwarg]))

    return change_row


def remove(kind: Kind) -> Any:
    """The page that asks before a row of this kind is taken out."""

    @requires(*_DRAFTERS)
    @require_http_methods(["GET", "POST"])
    def remove_row(request: HttpRequest, **kwargs: int) -> HttpResponse:
        referral, row = _find_row(request, kind, kwargs[kind.kwarg])
        found = plans.plan_of(referral)
        denied = why_not(rules.check_can_draft, request.user, referral, found, "mou.remove_row")
        if request.method == "POST":
            try:
                actions.remove_row(by=request.user, referral=referral, kind=kind.model, row=row)
            except Denied as refused:
                denied = str(refused)
            else:
                messages.success(request, f"The {kind.one} was taken out of the plan.")
                return redirect(_plan_url(referral.pk, kind.section))
        return render(
            request,
            "confirm.html",
            {
                "title": f"Take this {kind.one} out of the plan?",
                "caption": _caption(referral),
                "sentences": [str(row), *filter(None, [page.takes_back(found)])],
                "denied": denied,
                "confirm": f"Take out the {kind.one}",
                "variant": "warning",
                "back": _plan_url(referral.pk, kind.section),
            },
        )

    return remove_row

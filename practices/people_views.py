"""Pages on people: who they are, their roles, invitations, and who asks to work for a practice."""

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from practices import actions, rules
from practices.models import Invitation, LinkRequest, Person, RoleHolding
from practices.people_forms import (
    AnswerLinkForm,
    EndRoleForm,
    GrantForm,
    InviteForm,
    PeopleFilters,
    PersonForm,
)
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, ask_together, requires, why_not
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage


def summary(*rows: tuple[str, Any]) -> list[dict[str, Any]]:
    """Rows of a summary list; what is empty is left out."""
    return [{"key": {"text": key}, "value": {"text": str(value)}} for key, value in rows if value]


def _tabs(request: SignedInRequest, current: str) -> list[dict[str, Any]]:
    waiting = LinkRequest.objects.visible_to(request.user).filter(answered_at__isnull=True).count()
    tabs: list[tuple[str, str, int | None]] = [
        ("people:list", "People", None),
        ("people:invitations", "Invitations", None),
    ]
    if request.user.may(P.CONFIRM_LINKS):
        tabs.append(("people:links", "Requests to work for a practice", waiting))
    return [
        {"text": text, "href": reverse(name), "current": name == current, "count": count}
        for name, text, count in tabs
    ]


def _invite_button() -> list[dict[str, Any]]:
    return [{"text": "Invite someone", "href": reverse("people:invite")}]


@requires(P.MANAGE_PEOPLE, P.CONFIRM_LINKS)
def people_list(request: SignedInRequest) -> HttpResponse:
    """Everyone in reach, with the roles in reach."""
    held: dict[int, list[str]] = defaultdict(list)

    def prepare(rows: list[Person]) -> None:
        visible = RoleHolding.objects.visible_to(request.user).in_force()
        for holding in visible.filter(person__in=rows).select_related("practice", "organisation"):
            held[holding.person_id].append(str(holding))

    return ListPage(
        request,
        Person.objects.visible_to(request.user),
        name="people:list",
        title="People",
        noun="person,people",
        columns=[
            Column(
                "Name",
                "name",
                link=lambda person: reverse("people:person", kwargs={"person": person.pk}),
                sort="name",
                heading=True,
            ),
            Column("Email", "email", sort="email"),
            Column("Job", "job_title", sort="job_title"),
            Column("Roles", lambda person: "; ".join(held[person.pk]) or "None"),
            Column("Last signed in", "last_login", kind="date", sort="last_login"),
            Column("May sign in", lambda person: "Yes" if person.is_active else "No", sort="is_active"),
        ],
        filters=PeopleFilters,
        default_sort="name",
        prepare=prepare,
        tabs=_tabs(request, "people:list"),
        actions=_invite_button(),
        empty="Nobody has a role where you manage people yet. Invite the first.",
    ).response()


@requires(P.MANAGE_PEOPLE, P.CONFIRM_LINKS)
def invitations(request: SignedInRequest) -> HttpResponse:
    """Every invitation in reach, the latest first."""
    return ListPage(
        request,
        Invitation.objects.visible_to(request.user).select_related("practice", "organisation", "invited_by"),
        name="people:invitations",
        title="Invitations",
        noun="invitation",
        columns=[
            Column(
                "Name",
                "name",
                link=lambda offer: reverse("people:sent_invitation", kwargs={"invitation": offer.pk}),
                sort="name",
                heading=True,
            ),
            Column("Email", "email", sort="email"),
            Column("Role", "get_role_display", sort="role"),
            Column("Over", "scope_name"),
            Column("Invited", "invited_at", kind="date", sort="invited_at"),
            Column("By", "invited_by.name"),
            Column("State", lambda offer: offer.state.capitalize()),
        ],
        default_sort="-invited",
        tabs=_tabs(request, "people:invitations"),
        actions=_invite_button(),
        empty="You have invited nobody yet.",
    ).response()


@requires(P.MANAGE_PEOPLE, P.CONFIRM_LINKS)
def person_page(request: SignedInRequest, person: int) -> HttpResponse:
    """Details, roles now and earlier, invitations; of all these only what is in reach."""
    shown = get_object_or_404(Person.objects.visible_to(request.user), pk=person)
    held = RoleHolding.objects.visible_to(request.user).filter(person=shown)
    held = held.select_related("practice", "organisation", "granted_by", "ended_by")
    places = [each.practice for each in held if each.practice]
    for permission in (P.MANAGE_PEOPLE, P.CONFIRM_LINKS):
        ask_together(request.user, permission, places)
    held_now = [each for each in held if not each.ended_at]
    now = [
        {"role": each, "end_denied": why_not(rules.check_can_end_role, request.user, each)}
        for each in held_now
    ]
    offers = Invitation.objects.visible_to(request.user).filter(email=shown.email)
    return render(
        request,
        "people/person.html",
        {
            "title": shown.name,
            "person": shown,
            "back": reverse("people:list"),
            "back_text": "People",
            "details": summary(
                ("Email", shown.email),
                ("Job", shown.job_title),
                ("Telephone", shown.phone),
                ("May sign in", "Yes" if shown.is_active else "No"),
            ),
            "now": now,
            "approves_invoices": request.user.may(P.MANAGE_PEOPLE)
            and any(P.APPROVE_INVOICES in each.permissions for each in held_now),
            "earlier": [each for each in held if each.ended_at],
            "invitations": offers.select_related("practice", "organisation"),
            "change_denied": why_not(rules.check_can_change_person, request.user, shown),
        },
    )


@requires(P.MANAGE_PEOPLE)
def change_person(request: SignedInRequest, person: int) -> HttpResponse:
    shown = get_object_or_404(Person.objects.visible_to(request.user), pk=person)
    initial = {field: getattr(shown, field) for field in ("name", "job_title", "phone")}
    initial["is_active"] = "yes" if shown.is_active else "no"
    form = PersonForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_person(by=request.user, person=shown, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The details are saved.")
            return redirect("people:person", person=shown.pk)
    return _form(request, form, f"Change {shown.name}", back=_page_of(shown))


def _page_of(person: Person) -> str:
    return reverse("people:person", kwargs={"person": person.pk})


def _form(request: SignedInRequest, form: Any, title: str, **context: Any) -> HttpResponse:
    return render(request, "form.html", {"form": form, "title": title, **context})


@requires(P.MANAGE_PEOPLE, P.CONFIRM_LINKS)
def invite(request: SignedInRequest) -> HttpResponse:
    """Offer a role by email; ?practice=CODE fills in the practice."""
    initial = {"practice": request.GET.get("practice", "")} if request.method == "GET" else {}
    if initial.get("practice"):
        initial |= {"over": "practice", "role": "practice_user"}
    form = InviteForm(request.POST or None, by=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            actions.invite(
                by=request.user,
                email=typed["email"],
                name=typed["name"],
                role=typed["role"],
                scope=form.scope,
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"We have sent {typed['name']} an invitation. It lasts 14 days.")
            return redirect("people:invitations")
    return _form(request, form, "Invite someone", back=reverse("people:list"))


@requires(P.MANAGE_PEOPLE, P.CONFIRM_LINKS)
def sent_invitation(request: SignedInRequest, invitation: int) -> HttpResponse:
    """One invitation: send it again, or cancel it."""
    offers = Invitation.objects.visible_to(request.user).select_related(
        "practice", "organisation", "invited_by"
    )
    offer = get_object_or_404(offers, pk=invitation)
    denied_because = why_not(rules.check_can_manage_invitation, request.user, offer)
    if request.method == "POST":
        act = actions.cancel_invitation if request.POST.get("act") == "cancel" else actions.resend_invitation
        try:
            act(by=request.user, invitation=offer)
        except Denied as denied:
            denied_because = str(denied)
        else:
            done = "cancelled" if act is actions.cancel_invitation else "sent again"
            messages.success(request, f"The invitation of {offer.name} is {done}.")
            return redirect("people:invitations")
    return render(
        request,
        "people/sent_invitation.html",
        {
            "title": f"Invitation of {offer.name}",
            "offer": offer,
            "denied": denied_because,
            "back": reverse("people:invitations"),
            "details": summary(
                ("Email", offer.email),
                ("Role", offer.get_role_display()),
                ("Over", offer.scope_name),
                ("Invited by", offer.invited_by.name),
                ("State", offer.state.capitalize()),
            ),
        },
    )


@requires(P.MANAGE_PEOPLE, P.CONFIRM_LINKS)
def grant_role(request: SignedInRequest, person: int) -> HttpResponse:
    shown = get_object_or_404(Person.objects.visible_to(request.user), pk=person)
    form = GrantForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            actions.grant_role(
                by=request.user, person=shown, role=typed["role"], scope=form.scope, why=typed["why"]
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"{shown.name} has the role now, and an email that says so.")
            return redirect("people:person", person=shown.pk)
    return _form(request, form, f"Give {shown.name} a role", back=_page_of(shown))


@requires(P.MANAGE_PEOPLE, P.CONFIRM_LINKS)
def end_role(request: SignedInRequest, holding: int) -> HttpResponse:
    held = RoleHolding.objects.visible_to(request.user).select_related("person", "practice", "organisation")
    ended = get_object_or_404(held, pk=holding)
    form = EndRoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_role(by=request.user, holding=ended, why=form.cleaned_data["why"])
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The role has ended. It stays on record.")
            if ended.person_id == request.user.pk:
                return redirect("people:me")
            return redirect("people:person", person=ended.person_id)
    intro = f"{ended.person.name} is {ended}. From now on they are not; the role stays on record."
    return _form(
        request, form, f"End a role of {ended.person.name}", back=_page_of(ended.person), intro=intro
    )


@requires(P.CONFIRM_LINKS)
def links(request: SignedInRequest) -> HttpResponse:
    """Who asks to work for a practice and waits for an answer, the longest wait first."""
    return ListPage(
        request,
        LinkRequest.objects.visible_to(request.user)
        .filter(answered_at__isnull=True)
        .select_related("person", "practice"),
        name="people:links",
        title="Requests to work for a practice",
        noun="request",
        columns=[
            Column(
                "Name",
                "person.name",
                link=lambda asked: reverse("people:link_request", kwargs={"link_request": asked.pk}),
                sort="person__name",
                heading=True,
            ),
            Column("Email", "person.email", sort="person__email"),
            Column("Practice", lambda asked: str(asked.practice), sort="practice__name"),
            Column("Their role there", "role_at_practice"),
            Column("Asked", "asked_at", kind="date", sort="asked_at"),
        ],
        default_sort="asked",
        tabs=_tabs(request, "people:links"),
        empty="Nobody waits for an answer.",
    ).response()


@requires(P.CONFIRM_LINKS)
def link_request(request: SignedInRequest, link_request: int) -> HttpResponse:
    """Confirm or refuse one request."""
    asked = get_object_or_404(
        LinkRequest.objects.visible_to(request.user).select_related("person", "practice"), pk=link_request
    )
    form = AnswerLinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        confirm = form.cleaned_data["answer"] == "confirm"
        try:
            actions.answer_link(
                by=request.user, link_request=asked, confirm=confirm, reason=form.cleaned_data["reason"]
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"{asked.person.name} has your answer by email.")
            return redirect("people:links")
    return render(
        request,
        "people/link_request.html",
        {
            "title": f"Does {asked.person.name} work at {asked.practice.name}?",
            "form": form,
            "back": reverse("people:links"),
            "denied": why_not(rules.check_can_answer_link, request.user, asked),
            "details": summary(
                ("Name", asked.person.name),
                ("Email", asked.person.email),
                ("Job", asked.person.job_title),
                ("Practice", asked.practice),
                ("Address", asked.practice.address.replace("\n", ", ")),
                ("Telephone of the practice", asked.practice.phone),
                ("What they say they do there", asked.role_at_practice),
            ),
        },
    )

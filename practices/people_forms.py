"""Forms about people, their roles and the organisations. They validate and never write."""

from typing import Any

import django_filters
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from practices.finder import find, open_practices
from practices.models import Organisation, Person, Practice, RoleHolding
from practices.scopes import AREAS, Scope, grantable_roles
from practices.signin_forms import PASSWORD_HELP
from resilience.core.access import P, Role
from resilience.core.forms import Form
from resilience.core.tables import Filters

PRACTICE, ORGANISATION, EVERYTHING = "practice", "organisation", "everything"
PHONE = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})


class PracticeField(forms.CharField):
    """A practice by its code, or by as much of its name as tells it apart. Needs no script."""

    among: QuerySet[Practice]

    def clean(self, value: Any) -> Practice | None:
        typed = super().clean(value)
        if not typed:
            return None
        found = list(find(typed, self.among)[:6])
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(f"No practice you look after matches “{typed}”. Check the code or the name")
        names = ", ".join(str(practice) for practice in found[:5])
        more = " and more" if len(found) > 5 else ""
        raise ValidationError(f"“{typed}” fits {names}{more}. Enter the code of the one you mean")


class PracticesField(forms.CharField):
    """Several practices by code, one a line."""

    among: QuerySet[Practice]

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 5}), max_length=20_000, **options)

    def clean(self, value: Any) -> list[Practice]:
        codes = list(dict.fromkeys(super().clean(value).upper().replace(",", " ").split()))
        found = {practice.ods_code: practice for practice in self.among.filter(ods_code__in=codes)}
        if unknown := [code for code in codes if code not in found]:
            raise ValidationError(f"No practice you look after has the code {', '.join(unknown)}")
        return [found[code] for code in codes]


class OrganisationField(forms.ModelChoiceField):
    def label_from_instance(self, organisation: Organisation) -> str:
        return f"{organisation.name} ({organisation.get_kind_display()})"


class ScopeForm(Form):
    """A role and what it is held over, within the reach of who gives it."""

    role = forms.ChoiceField(label="Role", widget=forms.RadioSelect)
    over = forms.ChoiceField(label="What is the role over?", widget=forms.RadioSelect)
    practice = PracticeField(
        label="Practice", required=False, max_length=200, help_text="Its code, or its name or part of it"
    )
    organisation = OrganisationField(
        label="Organisation",
        required=False,
        queryset=Organisation.objects.none(),
        help_text="The role covers every practice below it",
    )
    reveals = {"over": {PRACTICE: ["practice"], ORGANISATION: ["organisation"]}}
    looks = {"practice": {"width": "20"}}

    def __init__(self, *args: Any, by: Person, **options: Any) -> None:
        super().__init__(*args, **options)
        roles = [(role.value, role.label) for role in grantable_roles(by)]
        self.field("role", forms.ChoiceField).choices = roles
        self.field("practice", PracticeField).among = Practice.objects.visible_to(by, P.CONFIRM_LINKS)
        over = [(PRACTICE, "A practice")]
        if by.may(P.MANAGE_PEOPLE):
            over.append((ORGANISATION, "An organisation"))
            self.field("organisation", OrganisationField).queryset = Organisation.objects.visible_to(
                by, P.MANAGE_PEOPLE
            ).filter(Q(kind__in=AREAS) | Q(kind=Organisation.Kind.SUPPLIER))
        if by.reach(P.MANAGE_PEOPLE).everything:
            over.append((EVERYTHING, "Everything"))
        self.field("over", forms.ChoiceField).choices = over
        for name, choices in (("role", roles), ("over", over)):
            if len(choices) == 1:
                self.initial.setdefault(name, choices[0][0])

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        over = typed.get("over")
        if over in (PRACTICE, ORGANISATION) and over not in self.errors and not typed.get(over):
            self.add_error(over, f"Choose the {over}")
        for name in {PRACTICE, ORGANISATION} - {over}:
            typed[name] = None
            self.errors.pop(name, None)
        return typed

    @property
    def scope(self) -> Scope:
        """What was chosen; only when the form is valid."""
        return Scope(self.cleaned_data["practice"], self.cleaned_data["organisation"])


class InviteForm(ScopeForm):
    name = forms.CharField(label="Full name", max_length=120)
    email = forms.EmailField(label="Email address", max_length=254)
    field_order = ("name", "email", "role", "over")
    submit = "Send the invitation"


class GrantForm(ScopeForm):
    why = forms.CharField(label="Why", max_length=400, required=False, help_text="Kept with the role")
    submit = "Give the role"


class WhyForm(Form):
    why = forms.CharField(label="Why", max_length=400)


class EndRoleForm(WhyForm):
    submit, submit_variant = "End the role", "warning"


class PersonForm(Form):
    name = forms.CharField(label="Full name", max_length=120)
    job_title = forms.CharField(label="Job title", max_length=120, required=False)
    phone = forms.CharField(label="Telephone", max_length=30, required=False, widget=PHONE)
    is_active = forms.TypedChoiceField(
        label="May this person sign in?",
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    why = forms.CharField(
        label="Why, if that changes", max_length=400, required=False, help_text="Kept on the record"
    )
    submit = "Save"
    looks = {"is_active": {"inline": True}}


class MyDetailsForm(Form):
    name = forms.CharField(label="Full name", max_length=120)
    job_title = forms.CharField(label="Job title", max_length=120, required=False)
    phone = forms.CharField(label="Telephone", max_length=30, required=False, widget=PHONE)
    submit = "Save"


class FindPracticeForm(Form):
    q = forms.CharField(label="Name, code or postcode of the practice", max_length=100)
    method, submit, once = "get", "Find", False

    def found(self) -> list[Practice]:
        """At most 21: more than 20 says that the search is too wide."""
        return list(find(self.cleaned_data["q"], open_practices())[:21])


class LinkForm(Form):
    role_at_practice = forms.CharField(
        label="What do you do there?", max_length=120, help_text="For example, practice manager or GP partner"
    )
    submit = "Ask to work for this practice"


class AnswerLinkForm(Form):
    answer = forms.ChoiceField(
        label="Does this person work there?",
        choices=[("confirm", "Yes: they may act for the practice"), ("refuse", "No, or I cannot tell")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Why not", required=False, max_length=400, help_text="The person is told this"
    )
    reveals = {"answer": {"refuse": ["reason"]}}
    submit = "Send the answer"

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("answer") == "refuse" and not typed.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "Say why not: the person is told")
        return typed


class AcceptForm(Form):
    """A new person's own account."""

    name = forms.CharField(label="Your full name", max_length=120)
    job_title = forms.CharField(label="Your job title", max_length=120)
    password1 = forms.CharField(
        label="Choose a password",
        strip=False,
        help_text=PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label="The password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    submit = "Accept the invitation"

    def __init__(self, *args: Any, email: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.email = email

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        chosen, again = typed.get("password1"), typed.get("password2")
        if chosen:
            try:
                validate_password(chosen, Person(email=self.email, name=typed.get("name", "")))
            except ValidationError as weak:
                self.add_error("password1", weak)
            if again and again != chosen:
                self.add_error("password2", "The two passwords differ: type the same one twice")
        return typed


class PeopleFilters(Filters):
    q = django_filters.CharFilter(label="Name, email or job", method="search")
    role = django_filters.ChoiceFilter(label="Role", choices=Role.choices, method="with_role")
    organisation = django_filters.CharFilter(label="Practice or organisation", method="at")
    active = django_filters.ChoiceFilter(
        label="May sign in", choices=[("yes", "Yes"), ("no", "No")], method="may_sign_in"
    )

    def search(self, people: QuerySet, name: str, typed: str) -> QuerySet:
        for word in typed.split():
            people = people.filter(
                Q(name__icontains=word) | Q(email__icontains=word) | Q(job_title__icontains=word)
            )
        return people

    def _holding(self, **look_up: Any) -> QuerySet:
        held = RoleHolding.objects.visible_to(self.request.user).in_force()
        return held.filter(**look_up).values("person")

    def with_role(self, people: QuerySet, name: str, role: str) -> QuerySet:
        return people.filter(pk__in=self._holding(role=role))

    def at(self, people: QuerySet, name: str, typed: str) -> QuerySet:
        typed = typed.strip()
        return people.filter(
            Q(pk__in=self._holding(practice__name__icontains=typed))
            | Q(pk__in=self._holding(practice__ods_code__iexact=typed))
            | Q(pk__in=self._holding(organisation__name__icontains=typed))
        )

    def may_sign_in(self, people: QuerySet, name: str, answer: str) -> QuerySet:
        return people.filter(is_active=answer == "yes")

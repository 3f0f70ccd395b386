"""The form that divides a group: a contact and an amount for each practice, and the reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from mou.groups.actions import Own
from practices.models import RoleHolding
from resilience.core.access import Denied, Role
from resilience.core.forms import Form, PoundsField, text_box
from resilience.core.words import money
from resilience.decisions.carrying import check_shares
from resilience.referrals.dividing import Contact
from resilience.referrals.forms import PHONE
from resilience.referrals.models import Referral, ReferralPractice


@dataclass(frozen=True)
class PracticeFields:
    """One practice of the group with its boxes."""

    place: ReferralPractice
    boxes: list[BoundField]


class DivideForm(Form):
    """Every practice of the group at once."""

    submit = None

    def __init__(
        self, *args: Any, group: Referral, places: Iterable[ReferralPractice], granted: int, **options: Any
    ) -> None:
        self.group, self.places, self.granted = group, list(places), granted
        super().__init__(*args, **options)
        contacts = contacts_of(group, self.places)
        for place in self.places:
            self._add(place, contacts.get(place.practice_id, Contact("", "", "")))
        self.fields["why"] = forms.CharField(
            label="Why does each practice have a case of its own?",
            help_text="It stays on the record of each case, where the practice can read it.",
            max_length=2_000,
            widget=text_box(3),
            error_messages={"required": "Say why each practice has a case of its own"},
        )
        self._dress("why", self.fields["why"])

    def _add(self, place: ReferralPractice, contact: Contact) -> None:
        pk, name = place.practice_id, place.name
        phone = forms.TextInput(attrs={"type": "tel"})
        added: dict[str, forms.Field] = {
            f"name_{pk}": forms.CharField(
                label=f"Name of the contact at {name}",
                max_length=120,
                initial=contact.name,
                error_messages={"required": f"Enter the name of the contact at {name}"},
            ),
            f"email_{pk}": forms.EmailField(
                label=f"Email address of the contact at {name}",
                max_length=254,
                initial=contact.email,
                error_messages={"required": f"Enter the email address of the contact at {name}"},
            ),
            f"phone_{pk}": forms.CharField(
                label=f"Telephone number of the contact at {name}",
                max_length=30,
                validators=[PHONE],
                widget=phone,
                initial=contact.phone,
                required=False,
            ),
            f"amount_{pk}": PoundsField(
                label=f"Amount for {name}",
                help_text=f"Of the {money(self.granted)} that was granted to the group",
                min_pence=1,
                error_messages={"required": f"Enter the amount for {name}"},
            ),
        }
        self.looks = {**self.looks, f"phone_{pk}": {"width": "20"}}
        for key, field in added.items():
            self.fields[key] = field
            self._dress(key, field)

    def rows(self) -> list[PracticeFields]:
        """The boxes, practice by practice."""
        parts = ("name", "email", "phone", "amount")
        return [
            PracticeFields(each, [self[f"{part}_{each.practice_id}"] for part in parts])
            for each in self.places
        ]

    def clean(self) -> Any:
        data = super().clean()
        names = [f"amount_{place.practice_id}" for place in self.places]
        if not any(name in self.errors for name in names):
            try:
                check_shares(self.group, {pk: own.pence for pk, own in self.practices.items()})
            except Denied as denied:
                self.add_error(names[-1], str(denied).rstrip("."))
        return data

    @property
    def practices(self) -> dict[int, Own]:
        """What was said of each practice, by its id."""
        said = self.cleaned_data
        return {
            pk: Own(
                Contact(said.get(f"name_{pk}", ""), said.get(f"email_{pk}", ""), said.get(f"phone_{pk}", "")),
                said[f"amount_{pk}"],
            )
            for pk in (place.practice_id for place in self.places)
        }


def contacts_of(group: Referral, places: Iterable[ReferralPractice]) -> dict[int, Contact]:
    """Whom to write to at each practice, as far as known: the group's contact for the one that leads, else the person
    who has acted for the practice longest."""
    held = RoleHolding.objects.in_force().filter(
        role=Role.PRACTICE_USER,
        practice__in=[place.practice_id for place in places],
        person__is_active=True,
    )
    found: dict[int, Contact] = {}
    for holding in held.select_related("person"):
        person = holding.person
        found.setdefault(holding.practice_id or 0, Contact(person.name, person.email, person.phone))
    found[group.lead_practice_id] = Contact(group.contact_name, group.contact_email, group.contact_phone)
    return found

"""What is typed about delivery by a supplier. Forms validate and never write."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from mou.models import Deliverable, DeliverableKind, DeliverablePart, NeedTheme
from mou.suppliers import sheets
from practices.models import Organisation, Person, Practice, RoleHolding
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.core.forms import DateField, Form, ThingsField, WordLimit, text_box
from resilience.referrals.forms import FilesField
from resilience.referrals.uploads import KINDS, CheckedFile

SUPPLIERS = Organisation.objects.filter(kind=Organisation.Kind.SUPPLIER, closed_on=None)
SOMEBODY_NEW = "new"


class ManagerForm(Form):
    """Who is the change manager: one of the supplier's people, or somebody to be invited."""

    submit = "Name the change manager"
    manager = forms.ChoiceField(label="Who is the change manager?")
    name = forms.CharField(label="Their name", max_length=120, required=False)
    email = forms.EmailField(
        label="Their email address",
        required=False,
        help_text="They are sent an invitation to sign in for the supplier",
    )

    def __init__(self, *args: Any, suppliers: QuerySet[Organisation], **options: Any) -> None:
        super().__init__(*args, **options)
        holdings = (
            RoleHolding.objects.in_force()
            .filter(organisation__in=suppliers, role=Role.SUPPLIER_USER, person__is_active=True)
            .select_related("person", "organisation")
            .order_by("person__name", "pk")
        )
        self.people: dict[str, tuple[Person, int]] = {}
        choices = [("", "Choose one")]
        for held in holdings:
            self.people[str(held.pk)] = (held.person, held.organisation_id or 0)
            choices.append((str(held.pk), f"{held.person.name}, {held.organisation}"))
        choices.append((SOMEBODY_NEW, "Somebody new: invite them"))
        self.field("manager", forms.ChoiceField).choices = choices

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        supplier = said.get("supplier")
        if said.get("manager") == SOMEBODY_NEW:
            for name, words in (("name", "Enter their name"), ("email", "Enter their email address")):
                if not said.get(name) and name not in self.errors:
                    self.add_error(name, words)
        elif said.get("manager"):
            person, works_for = self.people[said["manager"]]
            if supplier and works_for != supplier.pk:
                self.add_error("manager", f"{person.name} does not work for {supplier.name}")
        return said

    @property
    def values(self) -> dict[str, Any]:
        """What the act takes: a person, or a name and an address."""
        said = self.cleaned_data
        if said["manager"] == SOMEBODY_NEW:
            return {"change_manager": None, "name": said["name"], "email": said["email"]}
        return {"change_manager": self.people[said["manager"]][0]}


class AssignForm(ManagerForm):
    """The supplier and its change manager; of a group, for which of its practices."""

    submit = "Assign"
    practices = ThingsField(
        label="For which practices?", queryset=Practice.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    supplier = forms.ModelChoiceField(label="Supplier", queryset=SUPPLIERS)

    field_order = ("practices", "supplier", "manager", "name", "email")

    def __init__(self, *args: Any, practices: QuerySet[Practice] | None = None, **options: Any) -> None:
        super().__init__(*args, suppliers=SUPPLIERS.all(), **options)
        if practices is None:
            del self.fields["practices"]
        else:
            self.field("practices", ThingsField).queryset = practices


class ReassignForm(ManagerForm):
    """Another supplier, and why."""

    submit = "Assign to another supplier"
    keep = "supplier-reassign"
    supplier = forms.ModelChoiceField(label="Supplier", queryset=SUPPLIERS)
    why = forms.CharField(
        label="Why does the assignment end?",
        max_length=2000,
        widget=text_box(3),
        help_text="Both sides read it in an email",
    )

    field_order = ("supplier", "manager", "name", "email", "why")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, suppliers=SUPPLIERS.all(), **options)


class EndForm(Form):
    submit = "End the assignment"
    submit_variant = "warning"
    keep = "supplier-end"
    why = forms.CharField(
        label="Why does the assignment end?",
        max_length=2000,
        widget=text_box(3),
        help_text="Both sides read it in an email",
    )


class VisitForm(Form):
    submit = "Book the visit"
    on = DateField(label="When is the visit?", help_text="The practice is told by email")


class VisitMadeForm(Form):
    submit = "Record the visit"
    keep = "supplier-visit"
    made_on = DateField(label="When was it made?")
    note = forms.CharField(
        label="What is worth noting?",
        required=False,
        max_length=2000,
        widget=text_box(4),
        validators=[WordLimit(200)],
        help_text="The practice and the programme’s officer read it",
    )


class CancelVisitForm(Form):
    submit = "Cancel the visit"
    submit_variant = "warning"
    keep = "supplier-visit-cancel"
    why = forms.CharField(
        label="Why is it cancelled?", max_length=500, widget=text_box(3), help_text="The practice reads it"
    )


class FigureForm(Form):
    submit = "Add the figure"
    label = forms.CharField(label="What is it?", max_length=120, help_text="Such as: appointments a week")
    value = forms.CharField(label="Figure", max_length=80)
    period = forms.CharField(label="Period", max_length=40, help_text="Such as: June 2018")
    source = forms.CharField(label="Source", max_length=120, help_text="Such as: the practice’s own system")
    is_confidential = forms.BooleanField(
        label="It is covered by our confidentiality agreement with the practice",
        required=False,
        help_text="The commissioner does not see it unless the practice consents",
    )


# --- deliverables ---------------------------------------------------------------------------------


def _box(label: str, rows: int = 6) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=10_000, widget=text_box(rows), validators=[WordLimit(800)]
    )


class SectionsForm(Form):
    """A box for each section; of a diagnostic review, the needs found and what is confidential beside it."""

    submit = "Save"
    keep = "supplier-sections"

    def __init__(
        self,
        *args: Any,
        deliverable: Deliverable,
        parts: Iterable[DeliverablePart] = (),
        tagged: Iterable[tuple[str, int]] = (),
        themes: QuerySet[NeedTheme],
        **options: Any,
    ) -> None:
        self.form = deliverable.kind.form
        super().__init__(*args, **options)
        known = {part.section: part for part in parts}
        for section, heading in sheets.SECTIONS[self.form]:
            part = known.get(section)
            self._add(f"words_{section}", _box(heading), part.words if part else "")
            if self.form == DeliverableKind.Form.DIAGNOSTIC:
                needs = ThingsField(
                    label=f"{heading}: needs found",
                    queryset=themes,
                    required=False,
                    widget=forms.CheckboxSelectMultiple,
                )
                self._add(f"needs_{section}", needs, [theme for of, theme in tagged if of == section])
            secret = forms.BooleanField(
                label=f"{heading.rstrip('?')}: covered by our confidentiality agreement", required=False
            )
            self._add(f"secret_{section}", secret, bool(part and part.is_confidential))

    def _add(self, name: str, field: forms.Field, initial: Any) -> None:
        self.fields[name] = field
        self.initial.setdefault(name, initial)
        self._dress(name, field)

    @property
    def values(self) -> dict[str, Any]:
        """What the act takes, by section."""
        said = self.cleaned_data
        sections = [section for section, _ in sheets.SECTIONS[self.form]]
        return {
            "words": {section: said[f"words_{section}"] for section in sections},
            "themes": {section: list(said.get(f"needs_{section}") or ()) for section in sections},
            "confidential": [section for section in sections if said[f"secret_{section}"]],
        }


class OptionForm(Form):
    submit = "Save the option"
    words = _box("What is the option?", 4)
    outcome = _box("What would it bring?", 3)
    is_recommended = forms.BooleanField(label="We recommend it", required=False)
    is_confidential = forms.BooleanField(label="Covered by our confidentiality agreement", required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["words"].required = True


class PlanRowForm(Form):
    """An action of the improvement plan."""

    submit = "Save the action"
    looks = {"section": {"fieldset": {"legend": {"size": "s"}}}}
    section = forms.ChoiceField(label="What is it about?", choices=sheets.HEADINGS, widget=forms.RadioSelect)
    words = _box("What will be done?", 4)
    outcome = _box("What will be different, and how will we know?", 3)
    owner = forms.CharField(label="Who does it?", max_length=120)
    horizon = forms.ChoiceField(
        label="How soon?", choices=DeliverablePart.Horizon.choices, widget=forms.RadioSelect
    )
    due_on = DateField(label="By when?")
    is_confidential = forms.BooleanField(label="Covered by our confidentiality agreement", required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("words", "outcome"):
            self.fields[name].required = True

    def clean_due_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["due_on"]
        if day <= today():
            raise ValidationError("The date must be in the future")
        return day


class HandInForm(Form):
    """What is written here, a file, or both."""

    submit = "Hand it in"
    keep = "supplier-hand-in"
    note = forms.CharField(
        label="A note to the officer",
        required=False,
        max_length=2000,
        widget=text_box(3),
    )
    file = FilesField(label="File", required=False, many=False, help_text=f"{KINDS}. 10 MB at most.")
    is_confidential = forms.BooleanField(
        label="The note and the file are covered by our confidentiality agreement with the practice",
        required=False,
        help_text="The commissioner does not see them unless the practice consents",
    )

    @property
    def one_file(self) -> CheckedFile | None:
        found = self.cleaned_data["file"]
        return found[0] if found else None


class AnswerForm(Form):
    """Accepted, or what is missing."""

    submit = "Send the answer"
    keep = "supplier-answer"
    read = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=9999)
    accepts = forms.ChoiceField(
        label="Is it what was agreed?",
        choices=[("yes", "Yes, accept it"), ("no", "No, ask for it again")],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label="What do you want to say?",
        required=False,
        max_length=2000,
        widget=text_box(4),
        help_text="The supplier reads it. Say what is missing if you ask for it again",
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("accepts") == "no" and not said.get("words", "").strip() and "words" not in self.errors:
            self.add_error("words", "Say what is missing")
        return said


class DateForm(Form):
    submit = "Give it this date"
    due_on = DateField(label="When is it due?")
    why = forms.CharField(
        label="Why does the date change?",
        max_length=2000,
        widget=text_box(3),
        help_text="The supplier and the practice read it",
    )


# --- what a programme year asks for -----------------------------------------------------------------


class KindForm(Form):
    """Something that suppliers hand in."""

    name = forms.CharField(max_length=120)
    form = forms.ChoiceField(
        label="How is it written here?", choices=DeliverableKind.Form.choices, widget=forms.RadioSelect
    )
    working_days = forms.IntegerField(
        label="Working days from the assignment until it is due", min_value=0, max_value=500
    )
    opens_invoice = forms.BooleanField(label="The supplier can invoice once this is accepted", required=False)


class NameForm(Form):
    """A commitment of practices, or a need that several may share."""

    name = forms.CharField(max_length=120)

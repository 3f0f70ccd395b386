"""Forms about organisations, localities and suppliers. They validate and never write."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from practices.models import Organisation, Person, Practice
from practices.models.register import ODS_CODE
from practices.people_forms import OrganisationField, PracticesField
from resilience.core.access import P
from resilience.core.calendar import today
from resilience.core.forms import Form
from resilience.core.tables import Filters


class OrganisationForm(Form):
    """A new organisation, or (``organisation`` given) all but the kind of one there is."""

    kind = forms.ChoiceField(label="Kind", choices=Organisation.Kind.choices)
    code = forms.CharField(
        label="Code",
        max_length=10,
        validators=[ODS_CODE],
        help_text="Capital letters and digits, such as 15D",
    )
    name = forms.CharField(label="Name", max_length=200)
    parent = OrganisationField(
        label="Stands below",
        queryset=Organisation.objects.none(),
        required=False,
        help_text="A locality below its commissioner, a commissioner below its local office",
    )
    address = forms.CharField(
        label="Address", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )
    closed_on = forms.DateField(label="Closed on", required=False)
    successor = OrganisationField(
        label="Whose work is now done by", queryset=Organisation.objects.none(), required=False
    )
    submit = "Save"
    looks = {"code": {"width": "10"}}

    def __init__(
        self, *args: Any, by: Person, organisation: Organisation | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        mine = Organisation.objects.visible_to(by)
        supplier = Organisation.Kind.SUPPLIER
        parents = mine.exclude(kind__in=(Organisation.Kind.LOCALITY, supplier, Organisation.Kind.OTHER))
        if organisation is None:
            del self.fields["closed_on"], self.fields["successor"]
            self.field("parent", OrganisationField).queryset = parents
            return
        del self.fields["kind"]
        # Where it stands now stays a choice, also above what this administrator looks after.
        self.field("parent", OrganisationField).queryset = Organisation.objects.filter(
            Q(pk__in=parents) | Q(pk=organisation.parent_id)
        ).exclude(pk=organisation.pk)
        self.field("successor", OrganisationField).queryset = Organisation.objects.filter(
            kind__in=Organisation.COMMISSIONERS if organisation.is_commissioner else [organisation.kind]
        ).exclude(pk=organisation.pk)


class MoveForm(Form):
    practices = PracticesField(label="Codes of the practices", help_text="One a line")
    on = forms.DateField(label="From which day", initial=today)
    submit = "Move them here"

    def __init__(self, *args: Any, by: Person, **options: Any) -> None:
        super().__init__(*args, **options)
        self.field("practices", PracticesField).among = Practice.objects.visible_to(
            by, P.MANAGE_ORGANISATIONS
        )


class AssignForm(MoveForm):
    submit = "Assign them"


class EndAssignmentForm(Form):
    ended_on = forms.DateField(
        label="From which day do they no longer see it?",
        initial=today,
    )
    submit, submit_variant = "End the assignment", "warning"


class OrganisationFilters(Filters):
    q = django_filters.CharFilter(label="Name or code", method="search")
    kind = django_filters.ChoiceFilter(label="Kind", choices=Organisation.Kind.choices)
    open = django_filters.ChoiceFilter(
        label="Open", choices=[("yes", "Open"), ("no", "Closed")], method="is_open"
    )

    def search(self, rows: QuerySet, name: str, typed: str) -> QuerySet:
        return rows.filter(Q(name__icontains=typed.strip()) | Q(code__iexact=typed.strip()))

    def is_open(self, rows: QuerySet, name: str, answer: str) -> QuerySet:
        closed = Q(closed_on__lte=today())
        return rows.exclude(closed) if answer == "yes" else rows.filter(closed)

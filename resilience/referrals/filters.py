"""The worklist's rows: what is known of each, the tabs they fall under, and the filters over them."""

from typing import Any

import django_filters
from django.db.models import Case, Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, When
from django.forms import HiddenInput
from django.http import HttpRequest

from practices.models import Organisation
from resilience.core import words
from resilience.core.access import P
from resilience.core.calendar import add_working_days, today
from resilience.core.tables import Filters
from resilience.programmes.models import MenuItem, ProgrammeYear
from resilience.referrals.models import Message, Referral, ReferralCategory, ReferralPractice
from resilience.referrals.officers import colleagues
from resilience.referrals.states import BEFORE_DECISION, CLOSED, OPEN, State

S = State
SOON = 3
"""Working days ahead that the worklist's "due soon" looks."""

_QUESTIONS = Message.objects.filter(referral=OuterRef("pk"), kind=Message.Kind.QUESTION, answer__isnull=True)
_LAST_SAID = (
    Message.objects.filter(referral=OuterRef("pk"), is_internal=False).order_by("-id").values("kind")[:1]
)
_DUE = Case(
    When(state=S.RECEIVED, then=F("acknowledge_by")),
    When(state__in=sorted(BEFORE_DECISION), then=F("decide_by")),
)
_RATING_RANK = Case(*(When(rating=code, then=rank) for rank, code in enumerate(words.RATINGS)))

_TO_ASSESS = Q(state=S.UNDER_ASSESSMENT) | Q(state=S.ACKNOWLEDGED, year__is_assessed=True)
_TO_DECIDE = Q(state__in=[S.PLACED, S.DEFERRED]) | Q(state=S.ACKNOWLEDGED, year__is_assessed=False)

TABS: dict[str, tuple[str, Q]] = {
    "all": ("All open", Q(state__in=sorted(OPEN))),
    "to_acknowledge": ("To acknowledge", Q(state=S.RECEIVED)),
    "awaiting": ("Awaiting practice", Q(state__in=sorted(OPEN), awaiting=True)),
    "to_assess": ("To assess", _TO_ASSESS),
    "to_decide": ("To decide", _TO_DECIDE),
    "to_commit": ("To commit", Q(state=S.SUPPORTED)),
    "agreement": ("Agreement", Q(state=S.COMMITTED)),
    "signed": ("Signed", Q(state=S.AGREED)),
    "closed": ("Closed", Q(state__in=sorted(CLOSED))),
}
"""Key in the address → its words and which referrals stand under it."""


def worklist_rows(user: Any) -> QuerySet:
    """Every referral that ``user`` may work from, with what the worklist says of it.

    Adds ``awaiting`` (a question without an answer), ``last_said`` (kind of the last message that the practice
    can read), ``due`` (of the acknowledgement, then of the decision) and ``rating`` (of the current placement).
    """
    # Placements live in a room to the left of this one: they are reached by name.
    return (
        Referral.objects.visible_to(user, P.VIEW_WORKLIST)
        .exclude(state=S.DRAFT)
        .annotate(
            awaiting=Exists(_QUESTIONS),
            last_said=Subquery(_LAST_SAID),
            due=_DUE,
            placement=FilteredRelation("placements", condition=Q(placements__is_current=True)),
        )
        .annotate(rating=F("placement__cell__rating"))
        .annotate(rating_rank=_RATING_RANK)
        .select_related("year__programme", "lead_practice__locality", "commissioner", "assigned_to")
        .prefetch_related("practices", "wanted__item")
    )


def due_query(choice: str) -> Q:
    """Rows overdue, due today, or due within ``SOON`` working days, today included."""
    now = today()
    return {
        "overdue": Q(due__lt=now),
        "today": Q(due=now),
        "soon": Q(due__gte=now, due__lte=add_working_days(now, SOON)),
    }[choice]


def _seen(request: HttpRequest) -> QuerySet[Referral]:
    return Referral.objects.visible_to(request.user, P.VIEW_WORKLIST).exclude(state=S.DRAFT)


def _commissioners(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_seen(request).order_by().values("commissioner"))


def _localities(request: HttpRequest) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=_seen(request).order_by().values("lead_practice__locality"))


def _years(request: HttpRequest) -> QuerySet[ProgrammeYear]:
    return ProgrammeYear.objects.filter(pk__in=_seen(request).order_by().values("year")).select_related(
        "programme"
    )


class WorklistFilters(Filters):
    """What the worklist can be narrowed by. An address with these can be sent to a colleague."""

    tab = django_filters.ChoiceFilter(
        choices=[(key, text) for key, (text, _) in TABS.items()], method="keep_all", widget=HiddenInput
    )
    q = django_filters.CharFilter(label="Practice, code or reference", method="find")
    ccg = django_filters.ModelChoiceFilter(label="CCG", field_name="commissioner", queryset=_commissioners)
    locality = django_filters.ModelChoiceFilter(
        label="Locality", field_name="lead_practice__locality", queryset=_localities
    )
    year = django_filters.ModelChoiceFilter(label="Programme year", queryset=_years)
    category = django_filters.ChoiceFilter(label="Category", method="want", choices=[])
    rating = django_filters.ChoiceFilter(
        label="Rating",
        method="rated",
        choices=[*((code, words.rating(code)) for code in words.RATINGS), ("none", "Not placed yet")],
    )
    due = django_filters.ChoiceFilter(
        label="Due",
        method="falls_due",
        choices=[("overdue", "Overdue"), ("today", "Due today"), ("soon", f"Due in {SOON} working days")],
    )
    assigned = django_filters.ChoiceFilter(label="Assigned to", method="with_officer", choices=[])
    messages = django_filters.ChoiceFilter(
        label="Messages",
        method="said",
        choices=[("awaiting", "Awaiting the practice"), ("replied", "The practice has answered")],
    )
    received_from = django_filters.DateFilter(
        label="Received from", field_name="received_on", lookup_expr="gte"
    )
    received_to = django_filters.DateFilter(label="Received to", field_name="received_on", lookup_expr="lte")

    class Meta:
        model = Referral
        fields: list[str] = []

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people = [(str(person.pk), person.name) for person in colleagues(self.request.user)]
        self.filters["assigned"].extra["choices"] = [("me", "Me"), ("nobody", "Nobody"), *people]
        names = (
            MenuItem.objects.filter(year__in=_years(self.request))
            .order_by("position", "name")
            .values_list("name", flat=True)
        )
        self.filters["category"].extra["choices"] = [(name, name) for name in dict.fromkeys(names)]

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Everything but the tab first: the tabs count that."""
        self.under_every_tab = super().filter_queryset(queryset)
        return self.under_every_tab.filter(TABS[self.tab_now][1])

    @property
    def tab_now(self) -> str:
        return self.form.cleaned_data.get("tab") or "all"

    def counts(self) -> dict[str, int]:
        """How many stand under each tab as filtered, and "overdue" of those to acknowledge. One query."""
        _ = self.qs
        wanted = {key: query for key, (_, query) in TABS.items()}
        wanted["overdue"] = TABS["to_acknowledge"][1] & due_query("overdue")
        # An aggregate may not bear the name of an annotation that it counts by.
        found = self.under_every_tab.order_by().aggregate(
            **{f"under_{key}": Count("pk", filter=query) for key, query in wanted.items()}
        )
        return {key: found[f"under_{key}"] for key in wanted}

    def keep_all(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows

    def find(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        named = ReferralPractice.objects.filter(referral=OuterRef("pk")).filter(
            Q(name__icontains=value) | Q(ods_code__istartswith=value)
        )
        return rows.filter(Q(reference__icontains=value) | Exists(named))

    def want(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(Exists(ReferralCategory.objects.filter(referral=OuterRef("pk"), item__name=value)))

    def rated(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(rating__isnull=True) if value == "none" else rows.filter(rating=value)

    def falls_due(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(due_query(value))

    def with_officer(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        if value == "nobody":
            return rows.filter(assigned_to__isnull=True)
        return rows.filter(assigned_to=self.request.user.pk if value == "me" else value)

    def said(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        if value == "awaiting":
            return rows.filter(awaiting=True)
        return rows.filter(awaiting=False, last_said=Message.Kind.ANSWER)

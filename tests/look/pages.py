"""A few pages that use every pattern, for the tests in a browser."""

import datetime as dt

import django_filters
from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import include, path

from practices.models import Person
from resilience.core.access import signed_in
from resilience.core.forms import Form, PoundsField, WordLimit
from resilience.core.tables import Column, Filters, ListPage
from resilience.core.templatetags.nhsuk import rating_tag

SENT: list[dict] = []


class AskForm(Form):
    submit = "Send"
    keep = "ask"
    reveals = {"group": {"yes": ["names"]}}

    practice = forms.CharField(
        label="Practice", widget=forms.TextInput(attrs={"data-practice-search": "/practices.json"})
    )
    issues = forms.CharField(label="Issues", widget=forms.Textarea, validators=[WordLimit(5)])
    received = forms.DateField(label="Date received", required=False)
    amount = PoundsField(label="Amount", required=False)
    group = forms.ChoiceField(
        label="Is it for a group?",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect,
        required=False,
    )
    names = forms.CharField(label="Which", required=False)
    support = forms.MultipleChoiceField(
        label="Support",
        choices=[("1", "Coaching"), ("2", "Advice")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    priority = forms.ChoiceField(label="Priority", choices=[("", "---------"), ("1", "High")], required=False)
    letter = forms.FileField(label="Letter", required=False)


class PersonFilters(Filters):
    q = django_filters.CharFilter(label="Name", field_name="name", lookup_expr="icontains")
    joined = django_filters.DateFilter(label="Joined from", field_name="joined_at", lookup_expr="date__gte")
    active = django_filters.BooleanFilter(label="Active", field_name="is_active")


COLUMNS = [
    Column("Email", "email", link=lambda row: f"/people/{row.pk}/", sort="email", heading=True),
    Column("Name", "name", sort="name"),
    Column("Joined", "joined_at", kind="date"),
    Column("Cost", "pk", kind="money"),
    Column("Rating", lambda row: "A/G", show=lambda row: rating_tag("A/G")),
]


@signed_in
def ask(request: HttpRequest) -> HttpResponse:
    form = AskForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        SENT.append(form.cleaned_data)
        return redirect("done")
    return render(request, "form.html", {"title": "Ask for help", "form": form, "back": "/"})


@signed_in
def done(request: HttpRequest) -> HttpResponse:
    context = {"title": "Sent", "reference": "2018-0042", "next_steps": ["We answer by 5 October 2018."]}
    return render(request, "panel.html", context)


@signed_in
def people(request: HttpRequest) -> HttpResponse:
    return ListPage(
        request,
        Person.objects.all(),
        name="people",
        title="People we know",
        noun="person,people",
        columns=COLUMNS,
        filters=PersonFilters,
        default_sort="email",
        tabs=[
            {"text": "All", "href": "/list/", "current": True, "count": 3},
            {"text": "Late", "href": "/list/?q=x"},
        ],
        actions=[{"text": "Add one", "href": "/ask/"}],
        bulk={"action": "/ask/", "acts": [{"name": "assign", "text": "Assign"}]},
    ).response()


@signed_in
def case(request: HttpRequest) -> HttpResponse:
    moment = dt.datetime(2018, 9, 3, 12, 5, tzinfo=dt.UTC)
    context = {
        "title": "Harbour Street Surgery and 2 others",
        "reference": "2018-0042",
        "state": "Under assessment",
        "rating": "A/G",
        "clock": "Received 3 September 2018, acknowledged in 6 of 10 working days.",
        "next_act": {
            "text": "Place on the matrix",
            "href": "/",
            "disabled_reason": "Two findings are missing.",
        },
        "tabs": [
            {"text": name, "href": "/case/", "current": name == "Timeline"}
            for name in ("Summary", "Timeline")
        ],
    }
    stages = [
        {"text": "Sent", "state": "done", "sentence": "3 September 2018"},
        {"text": "Acknowledged", "state": "now", "sentence": "Promised by 17 September 2018"},
        {"text": "Assessed", "state": "", "sentence": ""},
    ]
    entries = [{"what": "Referral sent", "at": moment, "who": "Sam Patel", "why": "Two partners retire."}]
    breadcrumb = [{"text": "Referrals", "href": "/list/"}]
    return render(
        request,
        "look_case.html",
        {
            "case": context,
            "stages": stages,
            "entries": entries,
            "breadcrumb": breadcrumb,
            "codes": ["G", "A/G", "A", "A/R", "R", "B"],
        },
    )


@signed_in
def practices(request: HttpRequest) -> JsonResponse:
    found = [
        {"value": "Y00001", "text": "Harbour <b>Street</b>", "hint": "8,001 patients"},
        {"value": "Y00002", "text": "Harbour Road"},
    ]
    return JsonResponse(found if "har" in request.GET.get("q", "").lower() else [], safe=False)


@signed_in
def only_post(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=405, headers={"Allow": "POST"})


urlpatterns = [
    path("ask/", ask, name="ask"),
    path("done/", done, name="done"),
    path("list/", people),
    path("case/", case),
    path("practices.json", practices),
    path("only-post/", only_post),
    path("", include("resilience.urls")),
]

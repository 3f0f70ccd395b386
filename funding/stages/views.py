"""The stages of a programme year: what became payable, what waits and for what; and progress accepted."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from funding.models import Commitment
from funding.sections import sections
from funding.stages import actions, rules, words
from funding.stages.evidence import ASKED
from funding.stages.filters import PAYABLE, WAITS, filters_of
from funding.stages.forms import ProgressForm
from funding.stages.of_case import of_case
from funding.stages.reported import reports_awaited
from funding.stages.scope import stages_of, years_of
from funding.stages.standing import Standing, standings
from funding.views_case import case_context
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.programmes.models import PaymentStage, ProgrammeYear
from resilience.referrals import case as cases


@dataclass
class OfYear:
    """One stage of a year, summed over the commitments in scope; pence."""

    stage: PaymentStage
    rows: list[Standing] = field(default_factory=list)

    @property
    def share(self) -> str:
        return words.share(self.stage)

    @property
    def opens(self) -> str:
        return words.opens(self.stage)

    @property
    def asks(self) -> bool:
        return self.stage.opens in ASKED

    @property
    def payable(self) -> int:
        return sum(each.unpaid for each in self.rows)

    @property
    def payable_count(self) -> int:
        return sum(1 for each in self.rows if each.unpaid)

    @property
    def paid(self) -> int:
        return sum(each.paid for each in self.rows)

    @property
    def waits(self) -> int:
        return sum(each.worth for each in self.rows if each.made is None)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """What the waiting commitments wait for, the most frequent first."""
        found: dict[str, int] = defaultdict(int)
        for each in self.rows:
            if each.made is None and each.worth:
                for reason in each.missing:
                    found[reason.in_general or reason.text] += 1
        return sorted(found.items(), key=lambda item: -item[1])

    def href(self, **query: str) -> str:
        address = reverse("funding:stage", kwargs={"stage": self.stage.pk})
        return f"{address}?state={query['state']}" if query else address

    @property
    def payable_href(self) -> str:
        return self.href(state=PAYABLE)

    @property
    def waits_href(self) -> str:
        return self.href(state=WAITS)


def _of_year(request: HttpRequest, year: ProgrammeYear) -> list[OfYear]:
    rows = {stage.pk: OfYear(stage) for stage in year.stages.all()}
    commitments = Commitment.objects.visible_to(request.user).filter(referral__year=year)
    for found in standings(commitments).values():
        for each in found:
            rows[each.stage.pk].rows.append(each)
    return list(rows.values())


@require_GET
@requires(P.VIEW_MONEY)
def stages(request: SignedInRequest) -> HttpResponse:
    """Each stage of a programme year: paid, payable and not paid, waiting."""
    years = list(years_of(request.user))
    wanted = request.GET.get("year", "")
    year = next((each for each in years if str(each.pk) == wanted), years[0] if years else None)
    tabs = [
        {"text": str(each), "href": f"{reverse('funding:stages')}?year={each.pk}", "current": each == year}
        for each in years
    ]
    context = {
        **sections(request),
        "title": "Stages",
        "caption": str(year or ""),
        "tabs": tabs,
        "rows": _of_year(request, year) if year else [],
    }
    return render(request, "funding/stages/stages.html", context)


def _of(row: Any) -> Standing:
    found: Standing = row.standing
    return found


def _made_at(row: Any) -> dt.datetime | None:
    made = _of(row).made
    return made.made_at if made else None


def _prepare(request: HttpRequest, stage: PaymentStage) -> Any:
    def prepare(rows: list[Any]) -> None:
        found = standings(rows, request.user)
        for row in rows:
            row.standing = next(each for each in found[row.pk] if each.stage == stage)

    return prepare


def _case_link(row: Commitment) -> str:
    return reverse("funding:case", kwargs={"referral": row.referral_id})


def _practice_link(row: Commitment) -> str:
    return reverse("funding:statement", kwargs={"ods_code": row.practice.ods_code})


def _missing_link(row: Commitment) -> str | None:
    standing = _of(row)
    if not standing.waits_for:
        return None
    return next((each.href for each in standing.missing if each.href), None)


COLUMNS = (
    Column("Referral", "referral.reference", link=_case_link, sort="referral__reference", heading=True),
    Column("Practice", "practice.name", link=_practice_link, sort="practice__name"),
    Column("CCG", "referral.commissioner.name", sort="referral__commissioner__name"),
    Column("Category of support", "item.name"),
    Column("Commitment number", "pk", kind="number", on_screen=False),
    Column("Amount of the stage", lambda row: _of(row).worth, kind="money"),
    Column("State", lambda row: _of(row).state),
    Column("Became payable", _made_at, kind="date"),
    Column("Payable now", lambda row: _of(row).unpaid, kind="money"),
    Column("Paid", lambda row: _of(row).paid, kind="money"),
    Column("Waits for", lambda row: _of(row).waits_for, link=_missing_link),
)


@require_GET
@requires(P.VIEW_MONEY)
def stage(request: SignedInRequest, stage: int) -> HttpResponse:
    """One stage: every commitment, what of it became payable and is not paid, what waits and for what."""
    found = get_object_or_404(stages_of(request.user), pk=stage)
    page = ListPage(
        request,
        Commitment.objects.visible_to(request.user)
        .filter(referral__year=found.year_id)
        .select_related("referral__commissioner", "practice", "item"),
        name="funding:stage",
        title=found.name,
        noun="commitment",
        columns=COLUMNS,
        filters=filters_of(found),
        default_sort="referral",
        prepare=_prepare(request, found),
        empty="A commitment appears here once money is committed to a referral of this year.",
    )
    return page.response(
        "funding/stages/stage.html",
        **sections(request),
        caption=str(found.year),
        stage=found,
        share=words.share(found),
        opens=words.opens(found),
        asks=found.opens in ASKED,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.WORK_REFERRALS)
def accept_progress(request: SignedInRequest, referral: int, stage: int) -> HttpResponse:
    """Accept the progress that a stage of a referral waits for, with what was shown; its report's page has its own."""
    found = cases.find(request, referral, P.WORK_REFERRALS)
    progress = found.year.stages.filter(pk=stage).first()
    if progress is None:
        raise Http404
    if report := reports_awaited([found.pk]).get((progress.pk, found.pk)):
        messages.info(request, report.text)
        return redirect(report.href)
    refused = why_not(rules.check_can_accept_progress, request.user, found, progress)
    form = ProgressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.accept_progress(
                by=request.user, referral=found, stage=progress, why=form.cleaned_data["why"]
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"Progress is accepted for “{progress.name}”.")
            return redirect("funding:case", referral=found.pk)
    context = {
        **case_context(request, found),
        "stage": progress,
        "share": words.share(progress),
        "rows": of_case(request, [each.pk for each in found.commitments.all()], only=progress),
        "form": form if form.is_bound or not refused else None,
        "why_not": refused,
    }
    return render(request, "funding/stages/progress.html", context)

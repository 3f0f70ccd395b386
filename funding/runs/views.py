"""What is ready to pay, making a run, the list of runs, and a run's own page with its files."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from funding.models import PaymentRun, RunLine
from funding.runs import actions, ready, rules
from funding.runs.filters import RunFilters
from funding.runs.forms import ReturnForm, RunForm, TakeOutForm
from funding.runs.states import RESULT_COLOURS, RUN_COLOURS
from funding.sections import sections
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.downloads import download
from resilience.core.forms import Form, add_denied
from resilience.core.models import StoredFile
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.core.words import money

R = RunLine.Result


def with_sums(runs: QuerySet[PaymentRun]) -> QuerySet[PaymentRun]:
    """Each with its payments: how many and pence in all, waiting and paid."""
    kept = ~Q(lines__result=R.TAKEN_OUT)
    return runs.annotate(
        count=Count("lines", filter=kept),
        pence=Sum("lines__pence", filter=kept),
        waiting=Count("lines", filter=Q(lines__result=R.WAITING)),
        paid=Sum("lines__pence", filter=Q(lines__result=R.PAID)),
    )


def run_address(run: PaymentRun) -> str:
    return reverse("funding:run", kwargs={"run": run.pk})


@require_GET
@requires(P.VIEW_MONEY)
def runs(request: SignedInRequest) -> HttpResponse:
    """Every payment run in scope."""
    may_pay = request.user.may(P.PAY)
    acts = [{"text": "Make a payment run", "href": reverse("funding:ready_to_pay")}] if may_pay else []
    if may_pay:
        upload = reverse("funding:upload_payments")
        acts.append({"text": "Upload payments made", "href": upload, "variant": "secondary"})
    return ListPage(
        request,
        with_sums(PaymentRun.objects.visible_to(request.user)).select_related(
            "commissioner", "made_by", "exported_by"
        ),
        name="funding:runs",
        title="Payment runs",
        noun="payment run",
        columns=[
            Column("Run", "reference", link=run_address, sort="id", heading=True),
            Column("Paid by", "commissioner.name", sort="commissioner__name"),
            Column("State", "get_state_display", show=_state_tag, sort="state"),
            Column("Payments", "count", kind="number", sort="count"),
            Column("Amount", lambda row: row.pence or 0, kind="money", sort="pence"),
            Column("Waiting", "waiting", kind="number", sort="waiting"),
            Column("Paid", lambda row: row.paid or 0, kind="money", sort="paid"),
            Column("Made", "made_at", kind="date", sort="made_at"),
            Column("Exported", "exported_at", kind="date", sort="exported_at"),
            Column("Made by", "made_by.name", on_screen=False),
            Column("Exported by", "exported_by.name", on_screen=False),
        ],
        filters=RunFilters,
        default_sort="-run",
        actions=acts,
        empty="A run appears here once finance has put payments together to be paid.",
    ).response(**sections(request))


def _state_tag(run: PaymentRun) -> Any:
    return tag(run.get_state_display(), RUN_COLOURS[run.state])


@require_GET
@requires(P.PAY)
def ready_to_pay(request: SignedInRequest) -> HttpResponse:
    """What is ready to pay for each commissioner in scope, with the way to its run."""
    payers = list(rules.payers(request.user))
    found = ready.of_commissioners(payers)
    rows = [
        {
            "commissioner": payer,
            "count": len(payments := ready.payable_now(found[payer.pk])),
            "refused": len(found[payer.pk]) - len(payments),
            "pence": ready.total(payments),
            "href": reverse("funding:make_run", kwargs={"organisation": payer.pk}),
        }
        for payer in payers
        if found[payer.pk]
    ]
    context = {
        "title": "Ready to pay",
        "rows": rows,
        "back": reverse("funding:runs"),
        "back_text": "Payment runs",
    }
    return render(request, "funding/runs/ready.html", {**sections(request), **context})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.PAY)
def make_run(request: SignedInRequest, organisation: int) -> HttpResponse:
    """Everything ready to pay for one commissioner, all ticked, with the sum of what is ticked."""
    payer = get_object_or_404(rules.payers(request.user), pk=organisation)
    everything = ready.of_commissioner(payer)
    rows = ready.payable_now(everything)
    posted = request.method == "POST"
    form = RunForm(request.POST if posted else None, rows=rows)
    if posted and request.POST.get("step") != "sum" and form.is_valid():
        try:
            run = actions.make_run(by=request.user, commissioner=payer, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(
                request, f"Payment run {run.reference} is made. Export it for the finance system."
            )
            return redirect("funding:run", run=run.pk)
    ticked = [each for each in rows if each.key in form.ticked]
    return render(
        request,
        "funding/runs/make.html",
        {
            **sections(request),
            "title": "Make a payment run",
            "caption": payer.name,
            "form": form,
            "rows": [(each, each.key in form.ticked) for each in rows],
            "refused": [each for each in everything if each.refused],
            "count": len(ticked),
            "sum": ready.total(ticked),
            "back": reverse("funding:ready_to_pay"),
            "back_text": "Ready to pay",
        },
    )


def find_run(request: SignedInRequest, pk: int) -> PaymentRun:
    """The run, in the person's scope. Raises Http404."""
    seen = PaymentRun.objects.visible_to(request.user)
    return get_object_or_404(with_sums(seen).select_related("commissioner", "made_by", "exported_by"), pk=pk)


@require_GET
@requires(P.VIEW_MONEY)
def run(request: SignedInRequest, run: int) -> HttpResponse:
    """Its payments with what became of each, its files, and the next act."""
    found = find_run(request, run)
    lines = list(
        RunLine.objects.visible_to(request.user)
        .filter(run=found)
        .select_related("invoice", "commitment__referral", "commitment__item", "settled_by")
    )
    may_pay = request.user.may(P.PAY)
    return render(
        request,
        "funding/runs/run.html",
        {
            **sections(request),
            "title": f"Payment run {found.reference}",
            "caption": found.commissioner.name,
            "run": found,
            "colour": RUN_COLOURS[found.state],
            "lines": [(line, RESULT_COLOURS[line.result]) for line in lines],
            "may_pay": may_pay,
            "export_refused": why_not(rules.check_can_export_run, request.user, found) if may_pay else "",
            "back": reverse("funding:runs"),
            "back_text": "Payment runs",
        },
    )


@require_POST
@requires(P.PAY)
def export_run(request: SignedInRequest, run: int) -> HttpResponse:
    """Make the files for the finance system."""
    found = find_run(request, run)
    try:
        exported = actions.export_run(by=request.user, run=found)
    except Denied as denied:
        messages.error(request, str(denied))
    else:
        messages.success(request, f"Run {exported.reference} is exported. Download its file below.")
    return redirect("funding:run", run=found.pk)


def _file(
    request: SignedInRequest, run: int, which: Callable[[PaymentRun], StoredFile | None]
) -> HttpResponse:
    seen = PaymentRun.objects.visible_to(request.user).select_related("csv", "workbook")
    file = which(get_object_or_404(seen, pk=run))
    if file is None:
        raise Http404
    return download(file.name, file.content_type, bytes(file.content))


@require_GET
@requires(P.VIEW_MONEY)
def run_csv(request: SignedInRequest, run: int) -> HttpResponse:
    """The file that the finance system takes, as it was exported."""
    return _file(request, run, lambda found: found.csv)


@require_GET
@requires(P.VIEW_MONEY)
def run_workbook(request: SignedInRequest, run: int) -> HttpResponse:
    """The same as a workbook."""
    return _file(request, run, lambda found: found.workbook)


def _act_on_line(
    request: SignedInRequest,
    pk: int,
    rule: Callable[..., None],
    form_class: type[Form],
    act: Callable[..., Any],
    *,
    title: str,
    done: str,
) -> HttpResponse:
    """A page with one form about one payment of a run."""
    seen = RunLine.objects.visible_to(request.user).select_related(
        "run__commissioner", "invoice", "commitment"
    )
    line = get_object_or_404(seen, pk=pk)
    refused = why_not(rule, request.user, line)
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            act(by=request.user, line=line, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, done)
            return redirect("funding:run", run=line.run_id)
    return render(
        request,
        "funding/runs/act.html",
        {
            **sections(request),
            "title": title,
            "caption": f"{line.reference}: {line.payee_name}, {money(line.pence)}",
            "line": line,
            "form": form if form.is_bound or not refused else None,
            "why_not": refused,
            "back": run_address(line.run),
            "back_text": f"Payment run {line.run.reference}",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.PAY)
def take_out_of_run(request: SignedInRequest, run_line: int) -> HttpResponse:
    """Take a payment out before it is paid, with the reason."""
    return _act_on_line(
        request,
        run_line,
        rules.check_can_take_out,
        TakeOutForm,
        actions.take_out_of_run,
        title="Take a payment out of the run",
        done="It is out of the run, and ready for another.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.PAY)
def return_payment(request: SignedInRequest, run_line: int) -> HttpResponse:
    """Record that the bank sent a payment back."""
    return _act_on_line(
        request,
        run_line,
        rules.check_can_return,
        ReturnForm,
        actions.return_payment,
        title="Record that a payment came back",
        done="The payment came back: its money is payable again.",
    )

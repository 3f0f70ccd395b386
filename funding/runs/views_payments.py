"""Payments made, the files in which finance says so, and what did not match."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from funding import ledger
from funding.models import Allocation, PaymentRow, PaymentsUpload, Transfer
from funding.runs import findings, reconciling, rules
from funding.runs.actions import CSV, XLSX
from funding.runs.filters import PAYMENT_KINDS, PaymentFilters, UnmatchedFilters
from funding.runs.forms import ConfirmForm, PaymentsFileForm, SettleRowForm
from funding.runs.reconciling import Judged
from funding.sections import sections
from practices.models import Organisation
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires, why_not
from resilience.core.downloads import download
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag
from resilience.core.uploaded import Problem, Table, Unreadable, read_table
from resilience.core.words import money, plural


def _line(row: Transfer) -> Any:
    of_line = getattr(row, "of_line", None)
    return of_line.line if of_line else None


def _payee(row: Transfer) -> str:
    if line := _line(row):
        return line.payee_name
    payee = row.practice or (row.commitment and (row.commitment.supplier or row.commitment.practice))
    return payee.name if payee else ""


def _practice(row: Transfer) -> Any:
    return row.practice or (row.commitment and row.commitment.practice) or None


def _run_link(row: Transfer) -> str | None:
    line = _line(row)
    return reverse("funding:run", kwargs={"run": line.run_id}) if line else None


def _invoice_link(row: Transfer) -> str | None:
    line = _line(row)
    return reverse("funding:invoice", kwargs={"invoice": line.invoice_id}) if line and line.invoice else None


def _case_link(row: Transfer) -> str | None:
    return (
        reverse("funding:case", kwargs={"referral": row.commitment.referral_id}) if row.commitment else None
    )


COLUMNS = [
    Column("Paid on", "happened_on", kind="date", sort="happened_on"),
    Column("Payee", _payee, heading=True),
    Column("Amount", "signed", kind="money", sort="signed"),
    Column("Kind", lambda row: row.get_kind_display(), sort="kind"),
    Column("Reference", "why"),
    Column("Run", lambda row: line.run.reference if (line := _line(row)) else None, link=_run_link),
    Column("Line reference", lambda row: line.reference if (line := _line(row)) else None, on_screen=False),
    Column(
        "Invoice",
        lambda row: line.invoice.number if (line := _line(row)) and line.invoice else None,
        link=_invoice_link,
    ),
    Column("Referral", "commitment.referral.reference", link=_case_link),
    Column("For practice", lambda row: getattr(_practice(row), "name", None), on_screen=False),
    Column("Practice code", lambda row: getattr(_practice(row), "ods_code", None), on_screen=False),
    Column("CCG", "allocation.commissioner.name", sort="allocation__commissioner__name"),
    Column("Category of spend", "allocation.category.name", on_screen=False),
    Column("Route", lambda row: row.commitment and row.commitment.get_route_display(), on_screen=False),
    Column("Cost centre", "commitment.cost_centre", on_screen=False),
    Column("Programme year", lambda row: str(row.allocation.year), on_screen=False),
    Column("Recorded", "made_at", kind="moment", sort="made_at", on_screen=False),
    Column("Recorded by", "made_by.name", on_screen=False),
]


@require_GET
@requires(P.VIEW_MONEY)
def payments(request: SignedInRequest) -> HttpResponse:
    """Every payment, and every one that came back, with what they sum to."""
    page = ListPage(
        request,
        Transfer.objects.visible_to(request.user)
        .filter(kind__in=PAYMENT_KINDS)
        .annotate(signed=ledger.SIGNED)
        .select_related(
            "allocation__commissioner",
            "allocation__category",
            "allocation__year__programme",
            "practice",
            "commitment__practice",
            "commitment__supplier",
            "commitment__referral",
            "made_by",
            "of_line__line__run",
            "of_line__line__invoice",
        ),
        name="funding:payments",
        title="Payments",
        noun="payment",
        columns=COLUMNS,
        filters=PaymentFilters,
        default_sort="-paid-on",
        actions=[
            {"text": "Upload payments made", "href": reverse("funding:upload_payments")},
            {
                "text": "Payments that do not reconcile",
                "href": reverse("funding:unmatched_payments"),
                "variant": "secondary",
            },
        ]
        if request.user.may(P.PAY)
        else [],
        empty="A payment appears here once its day and reference are recorded.",
    )
    seen = Allocation.objects.visible_to(request.user)
    paid, back = ledger.through(page.rows_asked, ledger.Part.PAID, seen)
    sums = {"paid": paid, "came_back": back, "net": paid - back}
    return page.response("funding/runs/payments.html", **sums, **sections(request))


def payers_with_runs(user: Any) -> list[Organisation]:
    """Whose payments this person may upload: of those they pay for, the topmost with an exported run at or below."""
    payers = {each.pk: each for each in rules.payers(user)}
    exported = set(
        rules.exported_runs(user).filter(commissioner__in=payers).values_list("commissioner", flat=True)
    )
    found = {pk: each for pk, each in payers.items() if reconciling.below(each) & exported}
    under = {pk for each in found.values() for pk in reconciling.below(each) - {each.pk}}
    return [each for pk, each in found.items() if pk not in under]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.PAY)
def upload_payments(request: SignedInRequest) -> HttpResponse:
    """A file of what was paid: read, kept, and shown with what matches before anything is recorded."""
    organisations = payers_with_runs(request.user)
    posted = request.method == "POST"
    form = PaymentsFileForm(
        request.POST if posted else None, request.FILES if posted else None, organisations=organisations
    )
    problems: list[Problem] = []
    if organisations and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            table = _read(file)
        except Unreadable as reason:
            form.add_error("file", str(reason))
        else:
            problems = table.problems
            if problems:
                count = plural(table.problem_count, "thing")
                form.add_error("file", f"{table.name}: {count} in it cannot be read. Nothing was kept.")
            else:
                file.seek(0)
                content = file.read()
                try:
                    upload = reconciling.upload_payments(
                        by=request.user,
                        organisation=form.cleaned_data.get("organisation") or organisations[0],
                        name=table.name,
                        content=content,
                        content_type=XLSX if content.startswith(b"PK") else CSV,
                        rows=table.rows,
                    )
                except Denied as denied:
                    add_denied(form, denied)
                else:
                    return redirect("funding:payments_upload", payments_upload=upload.pk)
    uploads = PaymentsUpload.objects.visible_to(request.user, P.PAY)
    return render(
        request,
        "funding/runs/upload.html",
        {
            **sections(request),
            "title": "Upload payments made",
            "form": form if organisations else None,
            "problems": problems,
            "uploads": uploads.select_related("file", "organisation", "uploaded_by").defer("file__content")[
                :20
            ],
            "back": reverse("funding:payments"),
            "back_text": "Payments",
        },
    )


def _read(file: Any) -> Table:
    return read_table(file, reconciling.WANTED)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.PAY)
def payments_upload(request: SignedInRequest, payments_upload: int) -> HttpResponse:
    """What of a file matches and what does not: to be confirmed, or as it was recorded."""
    seen = PaymentsUpload.objects.visible_to(request.user, P.PAY)
    upload = get_object_or_404(
        seen.select_related("organisation", "file", "uploaded_by", "confirmed_by").defer("file__content"),
        pk=payments_upload,
    )
    rows = list(
        PaymentRow.objects.visible_to(request.user, P.PAY)
        .filter(upload=upload)
        .select_related("line__run", "settled_by")
    )
    if upload.confirmed_at:
        judged = [Judged(row, row.finding or "", row.line) for row in rows]
    else:
        judged = reconciling.judge(request.user, upload, rows)
    matched = [each for each in judged if each.matches]
    wrong = [each for each in judged if not each.is_in_order]
    pence = reconciling.matched_sum(judged)
    form = None
    if not upload.confirmed_at:
        what = (
            f"Record {plural(len(matched), 'payment')} of {money(pence)}"
            if matched
            else "Keep what does not match"
        )
        form = ConfirmForm(
            request.POST if request.method == "POST" else None,
            submit=what,
            initial={"shown": reconciling.as_shown(judged)},
        )
    if form and form.is_valid():
        try:
            reconciling.record_payments(by=request.user, upload=upload, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"{plural(len(matched), 'payment')} recorded.")
            return redirect("funding:payments_upload", payments_upload=upload.pk)
    earlier = PaymentsUpload.objects.visible_to(request.user, P.PAY).filter(
        file__sha256=upload.file.sha256, confirmed_at__isnull=False, pk__lt=upload.pk
    )
    return render(
        request,
        "funding/runs/uploaded.html",
        {
            **sections(request),
            "title": "Payments made",
            "caption": upload.file.name,
            "upload": upload,
            "earlier": earlier.first(),
            "form": form,
            "pence": pence,
            "matched": matched,
            "already": [each for each in judged if each.is_in_order and not each.matches],
            "wrong": wrong,
            "back": reverse("funding:upload_payments"),
            "back_text": "Upload payments made",
        },
    )


@require_GET
@requires(P.PAY)
def payments_file(request: SignedInRequest, payments_upload: int) -> HttpResponse:
    """The file as it was uploaded."""
    seen = PaymentsUpload.objects.visible_to(request.user, P.PAY).select_related("file")
    file = get_object_or_404(seen, pk=payments_upload).file
    return download(file.name, file.content_type, bytes(file.content))


def _said(row: PaymentRow) -> str:
    return findings.words(row, row.finding or "", row.line)


def _standing(row: PaymentRow) -> Any:
    return tag("Settled", "grey") if row.settled_at else tag("To settle", "red")


@require_GET
@requires(P.PAY)
def unmatched_payments(request: SignedInRequest) -> HttpResponse:
    """Payments of confirmed files that no line of a run matches, and how each was settled."""
    return ListPage(
        request,
        PaymentRow.objects.visible_to(request.user, P.PAY)
        .unmatched()
        .select_related("upload__file", "upload__organisation", "line__run", "settled_by")
        .defer("upload__file__content"),
        name="funding:unmatched_payments",
        title="Payments that do not reconcile",
        noun="payment",
        columns=[
            Column("Line reference", lambda row: row.reference or "none", link=_settle_link, heading=True),
            Column("Amount", "pence", kind="money", sort="pence"),
            Column("Paid on", "paid_on", kind="date", sort="paid_on"),
            Column("Payment reference", "payment_reference"),
            Column("What is wrong", "get_finding_display", sort="finding"),
            Column("In words", _said),
            Column("Standing", lambda row: "Settled" if row.settled_at else "To settle", show=_standing),
            Column("File", "upload.file.name", link=_upload_link),
            Column("Row", "number", kind="number", on_screen=False),
            Column("Uploaded", "upload.uploaded_at", kind="date", sort="upload__uploaded_at"),
            Column("How it was settled", "why", on_screen=False),
            Column("Settled by", "settled_by.name", on_screen=False),
            Column("Settled on", "settled_at", kind="date", on_screen=False),
        ],
        filters=UnmatchedFilters,
        default_sort="-uploaded",
        empty="What a file of payments holds and no payment run matches appears here, until it is settled.",
    ).response(**sections(request))


def _settle_link(row: PaymentRow) -> str:
    return reverse("funding:settle_payment_row", kwargs={"payment_row": row.pk})


def _upload_link(row: PaymentRow) -> str:
    return reverse("funding:payments_upload", kwargs={"payments_upload": row.upload_id})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.PAY)
def settle_payment_row(request: SignedInRequest, payment_row: int) -> HttpResponse:
    """Say why a payment that did not match needs nothing more."""
    seen = PaymentRow.objects.visible_to(request.user, P.PAY).select_related(
        "upload__file", "line__run", "settled_by"
    )
    row = get_object_or_404(seen.defer("upload__file__content"), pk=payment_row)
    refused = why_not(rules.check_can_settle, request.user, row)
    form = SettleRowForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            reconciling.settle_payment_row(by=request.user, row=row, **form.cleaned_data)
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, "The payment is settled.")
            return redirect(f"{reverse('funding:unmatched_payments')}?standing=open")
    return render(
        request,
        "funding/runs/settle.html",
        {
            **sections(request),
            "title": "Settle a payment that does not match",
            "caption": f"Row {row.number} of {row.upload.file.name}",
            "row": row,
            "said": _said(row) if row.finding else "",
            "form": form if form.is_bound or not refused else None,
            "why_not": refused,
            "back": reverse("funding:unmatched_payments"),
            "back_text": "Payments that do not reconcile",
        },
    )

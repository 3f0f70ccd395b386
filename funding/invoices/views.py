"""The list of invoices, an invoice's own page with its file, and raising one."""

from typing import Any

from django.contrib import messages
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from funding.invoices import actions, claims, page
from funding.invoices.claims import Payee
from funding.invoices.filters import InvoiceFilters
from funding.invoices.forms import InvoiceForm, PayeeForm, address_of
from funding.invoices.rules import to_approve
from funding.models import Invoice, InvoiceLine, InvoiceStep
from funding.sections import sections
from practices.models import Organisation, Practice
from practices.requests import SignedInRequest
from resilience.core.access import Denied, P, requires
from resilience.core.calendar import today
from resilience.core.downloads import download
from resilience.core.forms import add_denied
from resilience.core.tables import Column, ListPage
from resilience.core.templatetags.nhsuk import tag

S = Invoice.State


def _tabs(request: SignedInRequest) -> list[dict[str, Any]]:
    here = reverse("funding:invoices")
    seen = Invoice.objects.visible_to(request.user)
    tabs: list[tuple[str, str, int]] = [("All", "", seen.count())]
    if request.user.may(P.APPROVE_INVOICES):
        tabs.append(("To approve", "mine=approve", to_approve(request.user).count()))
    asked = "Queried" if request.user.may(P.VIEW_MONEY) else "With a question for you"
    tabs.append((asked, f"state={S.QUERIED}", seen.filter(state=S.QUERIED).count()))
    query = request.GET.urlencode()
    return [
        {
            "text": text,
            "href": f"{here}?{own}" if own else here,
            "current": query == own,
            "count": count,
        }
        for text, own, count in tabs
    ]


@require_GET
@requires(P.VIEW_MONEY, P.RAISE_INVOICES)
def invoices(request: SignedInRequest) -> HttpResponse:
    """Every invoice in scope: the office's by commissioner, a payee's own."""
    about: dict[int, tuple[str, str]] = {}

    def prepare(rows: list[Invoice]) -> None:
        found: dict[int, tuple[dict[str, None], dict[str, None]]] = {}
        lines = InvoiceLine.objects.visible_to(request.user).filter(invoice__in=rows)
        for line in lines.select_related(
            "commitment__allocation__year__programme", "commitment__referral", "commitment__practice"
        ):
            years, cases = found.setdefault(line.invoice_id, ({}, {}))
            years[str(line.commitment.allocation.year)] = None
            cases[line.commitment.referral.reference or ""] = None
        about.update({pk: (", ".join(years), ", ".join(cases)) for pk, (years, cases) in found.items()})

    rows = Invoice.objects.visible_to(request.user).with_total()
    may_raise = request.user.may(P.RAISE_INVOICES)
    return ListPage(
        request,
        rows.annotate(payee_name=Coalesce("practice__name", "supplier__name")).select_related(
            "practice", "supplier", "commissioner", "approved_by"
        ),
        name="funding:invoices",
        title="Invoices",
        noun="invoice",
        columns=[
            Column(
                "Number",
                "number",
                link=lambda row: reverse("funding:invoice", kwargs={"invoice": row.pk}),
                sort="number_key",
                heading=True,
            ),
            Column("Payee", "payee_name", sort="payee_name"),
            Column("Amount", "total", kind="money", sort="total"),
            Column(
                "State",
                lambda row: row.get_state_display(),
                show=lambda row: tag(row.get_state_display(), page.COLOURS[row.state]),
                sort="state",
            ),
            Column("Received", "raised_at", kind="date", sort="raised_at"),
            Column(
                "Days waiting",
                lambda row: None if row.state in Invoice.SETTLED else (today() - row.raised_at.date()).days,
                kind="number",
            ),
            Column("CCG", "commissioner.name", sort="commissioner__name"),
            Column("Date of invoice", "invoice_date", kind="date", sort="invoice_date", on_screen=False),
            Column("Programme year", lambda row: about.get(row.pk, ("", ""))[0]),
            Column("Referrals", lambda row: about.get(row.pk, ("", ""))[1], on_screen=False),
            Column("State since", "state_since", kind="date", sort="state_since", on_screen=False),
            Column("Approved by", "approved_by.name", on_screen=False),
        ],
        filters=InvoiceFilters,
        default_sort="-received",
        prepare=prepare,
        tabs=_tabs(request),
        actions=[{"text": "Raise an invoice", "href": reverse("funding:raise_invoice")}] if may_raise else (),
        empty="An invoice appears here once a practice or a supplier has sent it.",
    ).response(**sections(request))


@require_GET
@requires(P.VIEW_MONEY, P.RAISE_INVOICES)
def invoice(request: SignedInRequest, invoice: int) -> HttpResponse:
    """What is asked for, the file, everything that happened, and what the person may do about it."""
    found = page.find(request, invoice)
    return render(request, "funding/invoices/invoice.html", page.context(request, found))


@require_GET
@requires(P.VIEW_MONEY, P.RAISE_INVOICES)
def invoice_file(request: SignedInRequest, invoice: int, invoice_step: int) -> HttpResponse:
    """A file that came with a step of an invoice in scope, also after another took its place."""
    steps = InvoiceStep.objects.visible_to(request.user).filter(invoice=invoice, file__isnull=False)
    file = get_object_or_404(steps.select_related("file"), pk=invoice_step).file
    if file is None:
        raise Http404
    return download(file.name, file.content_type, bytes(file.content))


# --- raised ------------------------------------------------------------------------------------


def _page_for(payee: Payee) -> str:
    if isinstance(payee, Practice):
        return reverse("funding:raise_for_practice", kwargs={"ods_code": payee.ods_code})
    return reverse("funding:raise_for_supplier", kwargs={"supplier": payee.pk})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.RAISE_INVOICES)
def raise_invoice(request: SignedInRequest) -> HttpResponse:
    """For whom: a payee with one practice or supplier goes straight on; the office chooses who it owes."""
    own = claims.payees_of(request.user)
    owed = claims.payees_of_office(request.user)
    payees = [(payee, 0) for payee in own if payee not in dict(owed)] + owed
    if len(own) == 1 and len(payees) == 1:
        return redirect(_page_for(own[0]))
    form = PayeeForm(request.POST if request.method == "POST" else None, payees=payees) if payees else None
    if form and form.is_valid():
        chosen = {address_of(payee): payee for payee, _ in payees}[form.cleaned_data["payee"]]
        return redirect(_page_for(chosen))
    return render(
        request,
        "funding/invoices/choose.html",
        {
            **sections(request),
            "title": "Raise an invoice",
            "form": form,
            "back": reverse("funding:invoices"),
            "back_text": "Invoices",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.RAISE_INVOICES)
def raise_for_practice(request: SignedInRequest, ods_code: str) -> HttpResponse:
    """An invoice of a practice, from what is payable to it."""
    return _raise(request, get_object_or_404(Practice.objects.visible_to(request.user), ods_code=ods_code))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.RAISE_INVOICES)
def raise_for_supplier(request: SignedInRequest, supplier: int) -> HttpResponse:
    """An invoice of a supplier, from what is payable to it."""
    return _raise(request, get_object_or_404(Organisation, pk=supplier, kind=Organisation.Kind.SUPPLIER))


def _raise(request: SignedInRequest, payee: Payee) -> HttpResponse:
    commitments = claims.invoiceable(request.user, payee)
    own = claims.is_own(request.user, payee)
    if not (commitments or own):
        raise Http404
    if key := request.POST.get("key"):
        sent = Invoice.objects.visible_to(request.user).filter(key=key, raised_by=request.user).first()
        if sent:
            return redirect("funding:invoice", invoice=sent.pk)
    asked = claims.claims(commitments)
    is_post = request.method == "POST"
    form = InvoiceForm(request.POST if is_post else None, request.FILES if is_post else None, claims=asked)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            made = actions.raise_invoice(
                by=request.user,
                payee=payee,
                number=typed["number"],
                invoice_date=typed["invoice_date"],
                lines=form.lines,
                file=typed["file"][0],
                key=typed["key"],
            )
        except Denied as denied:
            add_denied(form, denied)
        else:
            messages.success(request, f"Invoice {made.number} is sent to {made.commissioner.name}.")
            return redirect("funding:invoice", invoice=made.pk)
    return render(
        request,
        "funding/invoices/raise.html",
        {
            **sections(request),
            "title": "Raise an invoice",
            "caption": payee.name,
            "own": own,
            "form": form if form.is_bound or form.claims else None,
            "waiting": [claim for claim in asked if claim.missing and not is_settled(claim)],
            "back": reverse("funding:invoices"),
            "back_text": "Invoices",
        },
    )


def is_settled(claim: claims.Claim) -> bool:
    """All that was promised is paid or released: nothing to wait for."""
    return not (claim.figures.committed or claim.figures.payable)

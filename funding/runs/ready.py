"""What is ready to pay: approved invoices, and money payable to practices that nothing claims."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from funding import ledger
from funding.invoices import claims
from funding.models import Commitment, Invoice, InvoiceLine
from practices.models import Organisation, Practice

RELATED = (
    "practice",
    "supplier",
    "item",
    "referral",
    "allocation__commissioner",
    "allocation__category",
    "allocation__year__programme",
)


@dataclass(frozen=True)
class Ready:
    """One payment that a run may take: of an invoice as a whole, or of a commitment; and why not (empty: it may)."""

    payee: Practice | Organisation
    pence: int
    parts: tuple[tuple[Commitment, int], ...]
    invoice: Invoice | None = None
    refused: str = ""

    @property
    def commitment(self) -> Commitment | None:
        """What it pays, where there is no invoice."""
        return None if self.invoice else self.parts[0][0]

    @property
    def key(self) -> str:
        """What it pays and how much, as a page names it: another amount is another key."""
        of = f"invoice-{self.invoice.pk}" if self.invoice else f"commitment-{self.parts[0][0].pk}"
        return f"{of}-{self.pence}"

    @property
    def payee_code(self) -> str:
        return self.payee.ods_code if isinstance(self.payee, Practice) else self.payee.code

    @property
    def words(self) -> str:
        """What it is for."""
        return "; ".join(dict.fromkeys(f"{each.item.name}: {each.purpose}" for each, _ in self.parts))

    @property
    def routes(self) -> str:
        return ", ".join(dict.fromkeys(each.get_route_display() for each, _ in self.parts))


def of_commissioners(commissioners: Iterable[Organisation]) -> dict[int, list[Ready]]:
    """What is ready to pay by commissioner id: invoices, the longest approved first; then the rest.

    In as many queries as for one. An invoice whose money is no longer payable is among them, refused.
    """
    ids = [each.pk for each in commissioners]
    found: dict[int, list[Ready]] = {pk: [] for pk in ids}
    invoices = list(
        Invoice.objects.filter(state=Invoice.State.APPROVED, commissioner__in=ids)
        .with_total()
        .select_related("practice", "supplier")
        .order_by("approved_at", "pk")
    )
    direct = list(
        ledger.with_payable(
            Commitment.objects.filter(allocation__commissioner__in=ids, route__in=claims.PAYS_PRACTICE)
        ).select_related(*RELATED)
    )
    lines: dict[int, list[InvoiceLine]] = defaultdict(list)
    rows = InvoiceLine.objects.filter(invoice__in=invoices)
    for line in rows.select_related(*(f"commitment__{each}" for each in RELATED)):
        lines[line.invoice_id].append(line)
    asked = {each.pk: each for each in direct}
    asked.update({line.commitment_id: line.commitment for each in lines.values() for line in each})
    figures = ledger.of_commitments(asked.values())
    in_runs = claims.in_runs(asked.values())
    claimed = claims.claimed(asked.values())
    free = {pk: figures[pk].payable - in_runs[pk] for pk in asked}
    for invoice in invoices:
        short = any(line.pence > free[line.commitment_id] for line in lines[invoice.pk])
        if not short:
            for line in lines[invoice.pk]:
                free[line.commitment_id] -= line.pence
        found[invoice.commissioner_id].append(
            Ready(
                invoice.payee,
                invoice.total,
                tuple((line.commitment, line.pence) for line in lines[invoice.pk]),
                invoice,
                "Its money is no longer payable: reject it, and ask for one of the right amount."
                if short
                else "",
            )
        )
    for each in direct:
        left = figures[each.pk].payable - claimed[each.pk]
        if left > 0:
            found[each.allocation.commissioner_id].append(Ready(each.practice, left, ((each, left),)))
    return found


def of_commissioner(commissioner: Organisation) -> list[Ready]:
    """The same for one."""
    return of_commissioners([commissioner])[commissioner.pk]


def payable_now(rows: Iterable[Ready]) -> list[Ready]:
    """Those that a run may take."""
    return [each for each in rows if not each.refused]


def total(rows: Iterable[Ready]) -> int:
    """Pence."""
    return sum(each.pence for each in rows)

"""What may be invoiced or paid: what is payable of a commitment, less what invoices and payment runs claim of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Sum

from funding import ledger
from funding.models import Commitment, Invoice, InvoiceLine, Kind, LineTransfer, RunLine, Transfer
from funding.models.invoices import own_practices, own_suppliers
from funding.mou_status import in_mou
from funding.supplier_progress import held_back
from practices.models import Organisation, Practice
from resilience.core.access import P, Reach
from resilience.core.words import money
from resilience.programmes.models import PaymentStage
from resilience.referrals.models import Referral

Payee = Practice | Organisation

Route = Commitment.Route
PAYS_PRACTICE = (Route.DIRECT, Route.SECTION_96, Route.BACKFILL)
"""Routes whose money a practice asks for; a supplier asks for its own, and nobody for the local team's."""


def is_own(user: Any, payee: Payee) -> bool:
    """Does ``user`` work for the payee?"""
    return payee.pk in (own_practices(user) if isinstance(payee, Practice) else own_suppliers(user))


def _of(payee: Payee) -> QuerySet[Commitment]:
    if isinstance(payee, Practice):
        return Commitment.objects.filter(practice=payee, route__in=PAYS_PRACTICE)
    return Commitment.objects.filter(supplier=payee)


def _for_office(user: Any) -> QuerySet[Commitment]:
    """Commitments of referrals to the commissioners for whom ``user`` raises invoices on behalf of payees."""
    held = user.reach(P.RAISE_INVOICES)
    office = Reach(held.everything, held.commissioners, held.localities)
    return Commitment.objects.filter(referral__in=Referral.objects.all().within(office))


def invoiceable(user: Any, payee: Payee) -> list[Commitment]:
    """The commitments that pay ``payee`` and that ``user`` may put on an invoice, oldest first."""
    rows = _of(payee) if is_own(user, payee) else _of(payee) & _for_office(user)
    return list(
        rows.select_related(
            "practice", "item", "supplier", "referral", "allocation__commissioner", "allocation__year"
        )
    )


def payees_of_office(user: Any) -> list[tuple[Payee, int]]:
    """Whom the office owes something that is not invoiced yet, with the pence, by name."""
    rows = _for_office(user).exclude(route=Route.LOCAL_TEAM)
    sums: dict[Payee, int] = {}
    for each in claims(list(rows.select_related("practice", "supplier", "allocation"))):
        payee = each.commitment.supplier or each.commitment.practice
        sums[payee] = sums.get(payee, 0) + each.left
    return sorted(((payee, pence) for payee, pence in sums.items() if pence), key=lambda row: row[0].name)


def payees_of(user: Any) -> list[Payee]:
    """The practices and suppliers that ``user`` works for, by name."""
    practices = Practice.objects.filter(pk__in=own_practices(user))
    suppliers = Organisation.objects.filter(pk__in=own_suppliers(user))
    return [*practices, *suppliers]


def claimed(commitments: Iterable[Commitment], states: Iterable[str] | None = None) -> dict[int, int]:
    """Pence of each commitment that are asked for already, by id: the one definition of it. Two queries.

    They are on live invoices (or on those in ``states``), or in a payment run without an invoice and not paid yet.
    """
    invoices = Invoice.objects.live() if states is None else Invoice.objects.filter(state__in=states)
    ids = [each.pk for each in commitments]
    asked = InvoiceLine.objects.filter(commitment__in=ids, invoice__in=invoices)
    in_runs = RunLine.objects.filter(commitment__in=ids, result=RunLine.Result.WAITING)
    sums = dict.fromkeys(ids, 0)
    for rows in (asked, in_runs):
        for pk, pence in rows.order_by().values_list("commitment").annotate(sum=Sum("pence")):
            sums[pk] += pence
    return sums


def in_runs(commitments: Iterable[Commitment]) -> dict[int, int]:
    """Pence of each commitment that are in a payment run, on an invoice or without, and not paid yet; by id."""
    return claimed(commitments, (Invoice.State.IN_RUN,))


def paid_by_runs(commitments: Iterable[Commitment]) -> dict[int, int]:
    """Pence of each commitment that payment runs paid and that did not come back, by id."""
    sums = {each.pk: 0 for each in commitments}
    rows = LineTransfer.objects.filter(transfer__commitment__in=sums).order_by()
    sides = rows.values_list("transfer__commitment", "transfer__kind").annotate(pence=Sum("transfer__amount"))
    for pk, kind, pence in sides:
        sums[pk] += pence if kind == Kind.PAY else -pence
    return sums


@dataclass(frozen=True)
class Claim:
    """A commitment as a payee may ask for it: pence still to be asked for and, if none, what is missing."""

    commitment: Commitment
    figures: ledger.Figures
    claimed: int
    waits_for: tuple[PaymentStage, ...]
    held: str = ""
    """What a supplier must deliver first, in a sentence."""
    is_named: bool = True
    """The MoU that was signed promises it; also while none is."""

    @property
    def left(self) -> int:
        """Pence payable, on no live invoice and in no payment run; none while it is held back."""
        return 0 if self.held else max(self.figures.payable - self.claimed, 0)

    @property
    def missing(self) -> str:
        """Why nothing is left to ask for, in words; empty where something is."""
        if self.left:
            return ""
        said = []
        if self.held and (self.figures.payable or self.figures.committed):
            said.append(self.held.rstrip("."))
        elif self.figures.payable:
            asked = "other invoices or a payment run ask for all of it"
            said.append(f"{money(self.figures.payable)} is payable, and {asked}")
        if self.figures.committed:
            opens = ", then ".join(dict.fromkeys(each.get_opens_display() for each in self.waits_for))
            when = f" {opens}" if opens else " once a payment stage opens"
            when += (
                "" if self.is_named else ", and both sides have signed a variation of the MoU that names it"
            )
            said.append(f"{money(self.figures.committed)} is promised and becomes payable{when}")
        if not said:
            return "All of it is paid." if self.figures.paid else "Nothing is promised any more."
        return ". ".join(said) + "."


def claims(commitments: list[Commitment]) -> list[Claim]:
    """Each commitment with what is left to ask for, in as many queries as for one."""
    figures, asked = ledger.of_commitments(commitments), claimed(commitments)
    held = held_back(commitments)
    mous = in_mou({each.referral_id for each in commitments})
    opened: dict[int, set[int | None]] = {}
    transfers = Transfer.objects.filter(kind=Kind.MAKE_PAYABLE, commitment__in=commitments).order_by()
    for commitment, opening in transfers.values_list("commitment", "stage"):
        opened.setdefault(commitment, set()).add(opening)
    stages: dict[int, list[PaymentStage]] = {}
    for stage in PaymentStage.objects.filter(year__in={each.allocation.year_id for each in commitments}):
        stages.setdefault(stage.year_id, []).append(stage)
    return [
        Claim(
            each,
            figures[each.pk],
            asked[each.pk],
            tuple(
                stage
                for stage in stages.get(each.allocation.year_id, [])
                if stage.pk not in opened.get(each.pk, ())
            ),
            held.get(each.pk, ""),
            not mous[each.referral_id].is_signed or each.pk in mous[each.referral_id].named,
        )
        for each in commitments
    ]

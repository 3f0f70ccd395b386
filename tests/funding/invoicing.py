"""A small world for the tests of invoices: a CCG, a practice, a supplier, and money payable to both."""

import datetime as dt
import itertools
import uuid
from typing import Any

from django.db import transaction

from funding import transfers
from funding.invoices import actions
from funding.models import Allocation, ApprovalLimit, Commitment, Invoice, Kind
from practices.models import Person
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.referrals.states import State
from resilience.referrals.uploads import CheckedFile
from tests import factories as make

PDF = CheckedFile("invoice.pdf", "application/pdf", b"%PDF-1.4\n%%EOF")
_numbers = itertools.count(1)


class World:
    """``payable`` pence stand ready on each of two commitments: one direct, one by the supplier."""

    def __init__(self, payable: int = 1_000_00) -> None:
        self.ccg = make.make_ccg()
        self.practice = make.make_practice(self.ccg)
        self.supplier = make.make_organisation("supplier")
        self.year = make.make_year(owner=self.ccg.parent)
        self.manager = make.make_person(Role.PRACTICE_USER, self.practice)
        self.change_manager = make.make_person(Role.SUPPLIER_USER, self.supplier)
        self.finance = make.make_person(Role.FINANCE_LEAD, self.ccg)
        self.referral = make.make_referral(self.practice, self.year, State.AGREED, by=self.manager)
        self.direct = self.commitment(payable)
        self.by_supplier = self.commitment(payable, route="supplier", supplier=self.supplier)

    @transaction.atomic
    def commitment(self, payable: int, *, promised: int | None = None, **fields: Any) -> Commitment:
        """A commitment of ``promised`` pence (as many as are payable, or 1), of which ``payable`` are payable."""
        practice = fields.pop("practice", self.practice)
        referral = fields.pop("referral", self.referral)
        allocation, _ = Allocation.objects.get_or_create(
            year=referral.year, commissioner=referral.commissioner, category=None
        )
        found = Commitment.objects.create(
            allocation=allocation,
            referral=referral,
            practice=practice,
            item=referral.year.menu.first(),
            purpose="Recruitment support",
            committed_by=self.finance,
            **fields,
        )
        given: dict[str, Any] = {"by": self.finance, "why": "x"}
        amount = promised or payable or 1
        transfers.transfer(Kind.ALLOCATE, allocation, amount, key=uuid.uuid4().hex, **given)
        transfers.transfer_of(Kind.COMMIT, found, amount, key=uuid.uuid4().hex, **given)
        if payable:
            stage = referral.year.stages.get()
            key = uuid.uuid4().hex
            transfers.transfer_of(Kind.MAKE_PAYABLE, found, payable, key=key, stage=stage, **given)
        return found

    def person(self, role: str, limit: int | None = None) -> Person:
        """Someone in ``role`` whose scope holds this world, with an approval limit."""
        over: Any = {Role.PRACTICE_USER: self.practice, Role.SUPPLIER_USER: self.supplier}.get(
            Role(role), self.ccg
        )
        found = make.make_person(role, over)
        if limit is not None:
            limit_to(found, limit)
        return found

    def invoice(self, pence: int = 100_00, by: Person | None = None, **changes: Any) -> Invoice:
        """An invoice of the practice for the direct commitment, unless ``changes`` say otherwise."""
        return actions.raise_invoice(
            **{
                "by": by or self.manager,
                "payee": self.practice,
                "number": f"N {next(_numbers)}",
                "invoice_date": today(),
                "lines": {self.direct: pence},
                "file": PDF,
                "key": uuid.uuid4().hex,
            }
            | changes
        )


def limit_to(person: Person, pence: int, starts_on: dt.date | None = None) -> ApprovalLimit:
    return ApprovalLimit.objects.create(
        person=person,
        pence=pence,
        starts_on=starts_on or today(),
        why="Scheme of delegation",
        set_by=make.make_person(),
    )


def bring_to(invoice: Invoice, state: str) -> Invoice:
    """The invoice's row as it would be in ``state``; written directly, without the acts that lead there."""
    someone = {"at": invoice.raised_at, "by": make.make_person()}
    approved = {f"approved_{key}": value for key, value in someone.items()}
    first = {f"first_approved_{key}": value for key, value in someone.items()}
    more: dict[str, Any] = {}
    if state == Invoice.State.NEEDS_SECOND:
        more = first
    elif state in (Invoice.State.APPROVED, Invoice.State.IN_RUN, Invoice.State.PAID):
        more = approved
    if state == Invoice.State.QUERIED:
        actions.query_invoice(
            by=make.make_person(Role.APPROVER, invoice.commissioner), invoice=invoice, question="Which?"
        )
    else:
        Invoice.objects.filter(pk=invoice.pk).update(state=state, **more)
    return Invoice.objects.get(pk=invoice.pk)

"""Invoices of practices and of the supplier, in every state up to approval, and who may approve how much."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from funding import actions as funding
from funding import ledger, rules
from funding.invoices import actions as invoices
from funding.invoices import claims
from funding.models import Commitment, Invoice
from practices.models import Organisation, Person, Practice
from resilience.core.calendar import today
from resilience.demo.past import Chronicle, working_days_ago
from resilience.demo.people import People
from resilience.demo.places import Places
from resilience.demo.stories import PAGE, Story
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.uploads import check_file

Route = Commitment.Route
Part = tuple[str, int, str]
"""A commitment of a story: its route, pence, and what it is for."""

LIMITS = {"approver": 2_500_00, "second_approver": 2_500_00, "finance": 25_000_00}
"""Pence that each may approve alone: an invoice of £3,050 needs the approver and finance."""


@dataclass
class PaidByParts(Story):
    """A case whose money goes several ways."""

    supplier: Organisation | None = None
    parts: tuple[Part, ...] = field(default=())

    def commit(self) -> None:
        referral = self.referral
        allocations = rules.allocations_for(referral)
        figures = ledger.of_allocations(allocations)
        roomiest = max(allocations, key=lambda each: figures[each.pk].uncommitted)
        for route, pence, purpose in self.parts:
            funding.commit(
                by=_again(self.people.finance),
                referral=referral,
                allocation=roomiest,
                item=referral.wanted.all()[0].item,
                amount=pence,
                purpose=purpose,
                route=route,
                supplier=self.supplier if route == Route.SUPPLIER else None,
                key=uuid.uuid4().hex,
            )


def _again(person: Person) -> Person:
    """The same person, knowing the roles they hold by now."""
    return Person.objects.get(pk=person.pk)


@dataclass
class Told:
    """One invoice, told step by step on the days it names (working days ago)."""

    chronicle: Chronicle
    people: People
    story: Story
    payee: Practice | Organisation
    sender: Person
    number: str
    pence: int
    days_ago: int

    def tell(self, *steps: tuple[int, str, str]) -> None:
        """Raised, then each of ``steps``: working days ago, the act, and its words."""
        self.chronicle.tell(working_days_ago(self.days_ago), self.send, hour=11)
        for minute, (days, act, words) in enumerate(steps):
            self.chronicle.tell(
                working_days_ago(days),
                partial(getattr(self, act), words),
                hour=15,
                minute=minute,
            )

    @property
    def invoice(self) -> Invoice:
        return Invoice.objects.filter(key=self.key).get()

    @property
    def key(self) -> str:
        return f"demonstration-{self.payee.pk}-{self.number}-{self.days_ago}"

    def send(self) -> None:
        by = _again(self.sender)
        rows = claims.claims(claims.invoiceable(by, self.payee))
        of_case = [row for row in rows if row.commitment.referral_id == self.story.referral_pk and row.left]
        claim = next(row for row in of_case if row.left >= self.pence)
        invoices.raise_invoice(
            by=by,
            payee=self.payee,
            number=self.number,
            invoice_date=today() - dt.timedelta(days=1),
            lines={claim.commitment: self.pence},
            file=_file(self.number),
            key=self.key,
        )

    def query(self, words: str) -> None:
        invoices.query_invoice(by=_again(self.people.finance), invoice=self.invoice, question=words)

    def answer(self, words: str) -> None:
        file = _file(f"{self.number}-corrected")
        invoices.answer_query(by=_again(self.sender), invoice=self.invoice, answer=words, file=file)

    def approve_first(self, words: str) -> None:
        invoices.approve_invoice_first(by=_again(self.people.approver), invoice=self.invoice)

    def approve(self, words: str) -> None:
        invoices.approve_invoice(by=_again(self.people.finance), invoice=self.invoice)

    def reject(self, words: str) -> None:
        invoices.reject_invoice(by=_again(self.people.finance), invoice=self.invoice, reason=words)


def _file(name: str) -> Any:
    return check_file(SimpleUploadedFile(f"invoice-{name.replace('/', '-')}.pdf", PAGE))


def _set_limit(people: People, person: Person, pence: int) -> None:
    invoices.set_approval_limit(
        by=_again(people.admin),
        person=_again(person),
        pence=pence,
        starts_on=today(),
        why="Scheme of delegation",
    )


def tell_invoices(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    """Three signed cases whose money goes to practice and supplier, and the invoices that ask for it."""
    home, south, east = (
        places.practices[ccg.name][index] for ccg, index in zip(places.ccgs, (0, 27, 27), strict=True)
    )
    supplier = Person.objects.get(email="supplier@example.nhs.uk")

    def case(practice: Practice, number: int, days: int, *parts: Part) -> PaidByParts:
        story = PaidByParts(
            chronicle,
            people,
            year,
            practice,
            working_days_ago(days),
            number,
            "sign",
            cell=(4, 5),
            pence=sum(pence for _, pence, _ in parts),
            supplier=places.supplier,
            parts=parts,
        )
        story.tell()
        return story

    at_home = case(home, 150, 78, (Route.DIRECT, 1_200_00, "Cover while the practice manager trains"))
    # Signed after the first payment run, which pays what is payable without an invoice too.
    later = case(
        home,
        153,
        48,
        (Route.BACKFILL, 1_200_00, "Backfill for the partners at the workshops"),
        (Route.SECTION_96, 3_600_00, "Locum sessions until the second partner starts"),
    )
    in_south = case(
        south,
        151,
        74,
        (Route.SUPPLIER, 3_050_00, "Diagnostic review and improvement plan"),
        (Route.BACKFILL, 1_250_00, "Backfill for the partners at the workshops"),
    )
    in_east = case(
        east,
        152,
        70,
        (Route.SUPPLIER, 3_050_00, "Diagnostic review and improvement plan"),
        (Route.SUPPLIER, 950_50, "Coaching for the new partners"),
    )
    for email, pence in LIMITS.items():
        person = getattr(people, email)
        chronicle.tell(
            working_days_ago(40),
            partial(_set_limit, people, person, pence),
        )

    def told(story: Story, payee: Practice | Organisation, number: str, pence: int, days: int) -> Told:
        sender = supplier if isinstance(payee, Organisation) else people.manager_of(payee)
        return Told(chronicle, people, story, payee, sender, number, pence, days)

    told(at_home, home, "HS/101", 1_200_00, 30).tell((27, "approve", ""))
    told(later, home, "HS/102", 1_800_00, 9).tell(
        (6, "query", "The invoice says 12 sessions. The agreement has 10. Which is right?")
    )
    told(later, home, "HS/103", 600_00, 8).tell(
        (7, "reject", "This is for April. The agreement pays from May. Please send it again without April.")
    )
    told(later, home, "HS/103", 450_00, 2).tell()
    told(in_south, south, "27", 1_250_00, 12).tell(
        (10, "query", "Which partner attended on the second day?"),
        (4, "answer", "Both did. The corrected invoice names them."),
        (3, "approve", ""),
    )
    told(in_south, places.supplier, "DCS-2041", 3_050_00, 11).tell((5, "approve_first", ""))
    told(in_east, places.supplier, "DCS-2042", 3_050_00, 15).tell(
        (13, "approve_first", ""), (12, "approve", "")
    )
    told(in_east, places.supplier, "DCS-2043", 400_00, 8).tell()

"""Delivery by the supplier: one practice near its plan, the home practice at its review, one that went elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from mou.models import CommitmentItem, Deliverable, NeedTheme, SupplierCase
from mou.suppliers import actions, deliveries
from practices.models import Person, Practice
from resilience.core.calendar import add_working_days, today
from resilience.demo.past import Chronicle, working_days_ago
from resilience.demo.people import People
from resilience.demo.places import Places
from resilience.demo.stories import PAGE
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.models import Referral
from resilience.referrals.uploads import check_file

DEV = "supplier@example.nhs.uk"
READINESS = {
    "who": "All four partners, the practice manager and the lead nurse.",
    "why": "Two partners retire within a year, and reception cannot keep up with the telephone.",
    "helps": "The partners agree on what is wrong. They have no time to put it right.",
    "ready": "Ready, once a salaried GP covers two sessions a week.",
}
REVIEW = {
    "leadership": "Decisions wait for a partners’ meeting that is held once a quarter.",
    "workforce": "Three of nine reception staff left in a year. Nobody plans who follows the nurses.",
    "workload": "Two in five appointments could be met by somebody other than a GP.",
    "business": "Claims are made late, and two rooms stand empty.",
}


@dataclass
class Delivery:
    """One practice in the supplier's care, told step by step."""

    chronicle: Chronicle
    places: Places
    people: People
    year: ProgrammeYear
    practice: Practice

    def tell(self, days: int, act: Callable[..., Any], hour: int = 13, **given: Any) -> None:
        self.chronicle.tell(working_days_ago(days), partial(act, **given), hour=hour)

    @property
    def case(self) -> SupplierCase:
        rows = SupplierCase.objects.filter(practice=self.practice, referral__year=self.year)
        return rows.select_related("referral__year", "practice", "supplier").latest("pk")

    def deliverable(self, form: str) -> Deliverable:
        rows = Deliverable.objects.filter(supplier_case=self.case, kind__form=form)
        return rows.select_related("kind", "supplier_case__referral").get()

    @property
    def dev(self) -> Person:
        return Person.objects.get(email=DEV)

    @property
    def officer(self) -> Person:
        return Person.objects.get(pk=self.people.officer.pk)

    @property
    def manager(self) -> Person:
        return self.people.manager_of(self.practice)

    # --- what happens ---------------------------------------------------------------------------

    def assign(self) -> None:
        granted = ("supported", "committed", "agreed")
        rows = Referral.objects.filter(lead_practice=self.practice, year=self.year, state__in=granted)
        referral = rows.latest("received_on", "pk")
        actions.assign_case(
            by=self.officer,
            referral=referral,
            practices=[self.practice],
            supplier=self.places.supplier,
            change_manager=self.dev,
        )

    def write(self, form: str, **more: Any) -> None:
        deliveries.write_sections(by=self.dev, deliverable=self.deliverable(form), **more)

    def review(self) -> None:
        themes = list(NeedTheme.objects.filter(year=self.year))
        self.write(
            "diagnostic",
            words=REVIEW,
            themes={"workforce": themes[1:3], "workload": [themes[0], themes[5]], "leadership": [themes[4]]},
            confidential=["leadership"],
        )

    def add(self, form: str, **values: Any) -> None:
        deliveries.save_deliverable_row(by=self.dev, deliverable=self.deliverable(form), **values)

    def hand_in(self, form: str, note: str = "") -> None:
        file = None
        if not note:
            file = check_file(SimpleUploadedFile(f"{form}.pdf", PAGE, content_type="application/pdf"))
        deliveries.hand_in_deliverable(
            by=self.dev, deliverable=self.deliverable(form), note=note, file=file, is_confidential=not note
        )

    def answer(self, form: str, words: str, accepts: bool = True) -> None:
        act = deliveries.accept_deliverable if accepts else deliveries.ask_deliverable_again
        deliverable = self.deliverable(form)
        read = deliverable.deliverablerounds.count()
        act(by=self.officer, deliverable=deliverable, read=read, words=words)

    def date(self, form: str) -> None:
        deliveries.change_deliverable_date(
            by=self.officer,
            deliverable=self.deliverable(form),
            due_on=add_working_days(today(), 30),
            why="The practice manager was away for a fortnight.",
        )

    def visit(self, cancelled: str = "") -> None:
        visit = actions.book_visit(by=self.dev, case=self.case, on=today())
        if cancelled:
            actions.cancel_visit(by=self.dev, visit=visit, why=cancelled)
        else:
            note = "Met all partners and the reception team. The telephone is the first thing to change."
            actions.record_visit(by=self.dev, visit=visit, made_on=today(), note=note)

    def book(self) -> None:
        actions.book_visit(by=self.dev, case=self.case, on=add_working_days(today(), 4))

    def figures(self) -> None:
        for label, value, secret in (
            ("Calls on a Monday", "412", False),
            ("Days lost to illness", "63", True),
        ):
            actions.add_figure(
                by=self.dev,
                case=self.case,
                label=label,
                value=value,
                period="Last quarter",
                source="The practice’s own records",
                is_confidential=secret,
            )

    def commit(self, most: int) -> None:
        for item in CommitmentItem.objects.filter(year=self.year)[:most]:
            actions.tick_commitment(by=self.manager, case=self.case, item=item)

    def consent(self, what: str) -> None:
        actions.give_consent(by=self.manager, case=self.case, what=what)

    def end(self) -> None:
        actions.end_case(
            by=self.officer,
            case=self.case,
            why="The practice will merge, and the merger has its own support.",
        )


def tell_suppliers(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    """The home practice waits for its options; another's plan waits for the officer; a third was ended."""
    north, south, _ = (places.practices[ccg.name] for ccg in places.ccgs)

    def delivery(practice: Practice) -> Delivery:
        return Delivery(chronicle, places, people, year, practice)

    home = delivery(north[0])
    home.tell(15, home.assign, hour=17)
    home.tell(14, home.visit, cancelled="Half of the practice was ill.")
    home.tell(12, home.visit)
    home.tell(12, home.commit, hour=15, most=4)
    home.tell(11, home.write, form="readiness", words=READINESS)
    home.tell(11, home.hand_in, hour=14, form="readiness", note="The conversation went well.")
    home.tell(9, home.answer, form="readiness", words="Thank you, this is clear.")
    home.tell(8, home.figures)
    home.tell(8, home.consent, hour=15, what="benchmark")
    home.tell(3, home.review)
    home.tell(2, home.hand_in, form="diagnostic", note="Leadership is covered by our agreement.")
    home.tell(1, home.date, form="options")
    home.tell(0, home.book, hour=8)

    near = delivery(south[17])
    near.tell(22, near.assign, hour=17)
    near.tell(20, near.visit)
    near.tell(20, near.commit, hour=15, most=7)
    near.tell(19, near.hand_in, form="readiness")
    near.tell(18, near.answer, form="readiness", words="")
    near.tell(14, near.review)
    near.tell(14, near.hand_in, hour=14, form="diagnostic", note="As agreed on the telephone.")
    near.tell(12, near.answer, form="diagnostic", words="")
    option: dict[str, Any] = {
        "words": "One reception team for three sites",
        "outcome": "Calls answered in five minutes",
    }
    near.tell(10, near.add, form="options", is_recommended=True, **option)
    near.tell(10, near.hand_in, hour=14, form="options", note="One option stands out.")
    near.tell(9, near.answer, form="options", words="Please say what each option costs.", accepts=False)
    near.tell(7, near.hand_in, form="options", note="With the costs.")
    near.tell(6, near.answer, form="options", words="")
    for section, words, horizon, weeks in (
        ("workload", "Answer the telephone in one team for three sites", "now", 6),
        ("workforce", "Recruit a clinical pharmacist for two days a week", "medium", 26),
        ("models", "Share home visits with the practices next door", "long", 52),
    ):
        near.tell(
            4,
            near.add,
            form="plan",
            section=section,
            words=words,
            outcome="Patients wait less, and staff stay",
            owner="The practice manager",
            horizon=horizon,
            due_on=add_working_days(today(), weeks * 5),
        )
    near.tell(3, near.hand_in, form="plan", note="The plan as the partners agreed it.")

    gone = delivery(north[16])
    gone.tell(13, gone.assign, hour=17)
    gone.tell(5, gone.end)

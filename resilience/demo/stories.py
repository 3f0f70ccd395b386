"""The cases: each is told step by step, and stops where its state is wanted."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from funding import actions as funding
from funding import rules
from funding.commitments import pools
from mou.agreement import actions as mou
from mou.models import Agreement, Contribution, Objective, Plan, PlanAction, SupportService
from mou.plan import actions as plan_actions
from mou.plan import plans
from practices.models import Person, Practice
from resilience.assessments import actions as assessments
from resilience.core.calendar import add_working_days, today
from resilience.decisions import actions as decisions
from resilience.decisions.letters import decision_letter
from resilience.demo import words
from resilience.demo.past import Chronicle
from resilience.demo.people import People
from resilience.programmes.models import ProgrammeYear
from resilience.referrals import actions as referrals
from resilience.referrals import letters, office_actions
from resilience.referrals.models import Referral
from resilience.referrals.uploads import check_file

STEPS = (
    "send", "acknowledge", "assess", "place", "support", "commit", "plan", "send_mou", "practice_signs", "sign",
)  # fmt: skip
"""A story goes through these in order, and stops after the one it is told until."""

Tell = Callable[[], object]


@dataclass
class Story:
    """One practice's case. ``received`` is the day it was sent; every step has its working day after that."""

    chronicle: Chronicle
    people: People
    year: ProgrammeYear
    practice: Practice
    received: dt.date
    number: int
    until: str = "send"
    cell: tuple[int, int] = (4, 4)
    pence: int = 4_000_00
    others: tuple[Practice, ...] = ()
    ending: str = ""
    by_email: bool = False
    paid_by: dict[str, Any] = field(default_factory=dict)
    referral_pk: int = 0

    def tell(self) -> "Story":
        """Put every step of the story into the chronicle."""
        for index, step in enumerate(STEPS[: STEPS.index(self.until) + 1]):
            if step in ("assess", "place") and not self.year.is_assessed:
                continue
            day = add_working_days(self.received, self.days(index))
            self.chronicle.tell(
                min(day, today()), getattr(self, step), hour=9 + self.number % 7, minute=index
            )
        if self.ending:
            day = add_working_days(self.received, self.days(STEPS.index(self.until)) + 1)
            self.chronicle.tell(min(day, today()), getattr(self, self.ending), hour=16, minute=30)
        return self

    @staticmethod
    def days(index: int) -> int:
        """Working days from receipt to a step."""
        return (0, 3, 6, 9, 14, 16, 21, 24, 27, 30)[index]

    @property
    def referral(self) -> Referral:
        return Referral.objects.get(pk=self.referral_pk)

    def one_of(self, choices: tuple[Any, ...]) -> Any:
        return choices[self.number % len(choices)]

    @property
    def officer(self) -> Person:
        return Person.objects.get(pk=self.people.officers[self.practice.commissioner_id].pk)

    @property
    def lead_officer(self) -> Person:
        return Person.objects.get(pk=self.people.officer.pk)

    @property
    def approver(self) -> Person:
        return Person.objects.get(pk=self.people.approver.pk)

    @property
    def manager(self) -> Person:
        return self.people.manager_of(self.practice)

    # --- the practice refers itself ---------------------------------------------------------

    def draft(self) -> Referral:
        """The form filled in and not sent."""
        manager = self.manager
        referral = referrals.start(by=manager, practice=self.practice, year=self.year)
        self.referral_pk = referral.pk
        for part, answers in self.answers(manager).items():
            referrals.save_part(by=manager, referral=self.referral, part=part, answers=answers)
        for other in self.others:
            referrals.add_practice(by=manager, referral=self.referral, practice=other)
        return self.referral

    def answers(self, manager: Person) -> dict[str, dict[str, Any]]:
        menu = list(self.year.menu.filter(is_offered=True))
        parts: dict[str, dict[str, Any]] = {
            "contact": {
                "contact_name": manager.name,
                "contact_email": manager.email,
                "contact_phone": self.practice.phone,
            },
            "practices": {"is_group": bool(self.others)},
            "support": {
                "commissioner_supports": self.one_of(("yes", "unknown", "yes", "no")),
                "categories": [menu[self.number % len(menu)].pk, menu[(self.number + 2) % len(menu)].pk],
                "past": self.past_support(),
            },
            "case": {
                "issues": self.one_of(words.ISSUES),
                "support_wanted": self.one_of(words.WANTED),
            },
        }
        return parts

    def past_support(self) -> dict[str, dict[str, Any]]:
        if not self.year.asks_past_support:
            return {}
        had = self.number % 5 == 0
        last = f"{self.received.year - 2}/{(self.received.year - 1) % 100:02d}"
        return {
            "rcgp": {"had": False, "years": ""},
            "vulnerable": {"had": self.number % 7 == 0, "years": ""},
            "this": {"had": had, "years": last if had else ""},
        }

    def send(self) -> None:
        if self.by_email:
            scan = SimpleUploadedFile("referral-form.pdf", PAGE, content_type="application/pdf")
            entered = referrals.enter(
                by=self.lead_officer,
                practice=self.practice,
                year=self.year,
                others=self.others,
                answers=self.answers(self.manager),
                received_on=self.received,
                channel="email",
                original=check_file(scan),
                knows_it_is_late=True,
                knows_of_open=True,
            )
            self.referral_pk = entered.pk
            return
        self.draft()
        referrals.submit(by=self.manager, referral=self.referral, knows_of_open=True)

    def withdraw(self) -> None:
        referrals.withdraw(
            by=self.manager, referral=self.referral, reason="We filled the vacancy and no longer need help."
        )

    # --- the office -------------------------------------------------------------------------

    def acknowledge(self) -> None:
        office_actions.assign(by=self.lead_officer, referral=self.referral, officer=self.officer)
        letter = letters.acknowledgement(self.referral, self.officer)
        office_actions.acknowledge(
            by=self.officer, referral=self.referral, subject=letter.subject, body=letter.body
        )

    def ask(self) -> None:
        office_actions.ask(by=self.officer, referral=self.referral, text=words.QUESTION)

    def ask_and_answer(self) -> None:
        question = office_actions.ask(by=self.officer, referral=self.referral, text=words.QUESTION)
        referrals.answer(by=self.manager, question=question, text=words.ANSWER)
        office_actions.note(by=self.officer, referral=self.referral, text=words.NOTE)

    def assess(self) -> None:
        assessment = assessments.start(by=self.officer, referral=self.referral)
        criteria = list(assessment.criteria_set.criteria.all())
        if self.until == "assess":
            criteria = criteria[:9]
        found = {each: self.finding(each.number) for each in criteria}
        assessments.save_findings(by=self.officer, assessment=assessment, findings=found)
        office_actions.state_support(
            by=self.officer,
            referral=self.referral,
            statement="We know this practice well and support its request.",
            priority=self.one_of(("high", "medium", "low")),
        )

    def finding(self, number: int) -> dict[str, str]:
        """More concern where the case was placed higher, spread differently from case to case."""
        weight = sum(self.cell) + (number * 7 + self.number * number * number) % 9
        concern = "high" if weight > 14 else "some" if weight > 9 else "none"
        if number == 6 and concern == "none":
            concern = "some"
        return {
            "concern": concern,
            "evidence": words.EVIDENCE[concern],
            "source": "Published figures" if concern != "none" else "",
        }

    def place(self) -> None:
        scope, impact = self.cell
        assessments.complete(by=self.officer, assessment=self.referral.assessment)
        assessments.place(
            by=self.officer,
            referral=self.referral,
            scope=scope,
            impact=impact,
            scope_justification=words.SCOPE[scope - 1],
            impact_justification=words.IMPACT[impact - 1],
        )

    def review(self) -> None:
        scope, impact = self.cell
        assessments.review(
            by=Person.objects.get(pk=self.people.second_officer.pk),
            referral=self.referral,
            scope=min(5, scope + 1),
            impact=impact,
            scope_justification=words.SCOPE[min(5, scope + 1) - 1],
            impact_justification=words.IMPACT[impact - 1],
            reason="The nurse has resigned since: the need is greater than it was.",
        )

    def escalate(self) -> None:
        assessments.escalate(
            by=self.officer,
            referral=self.referral,
            why="Repeat prescriptions are issued by staff without a prescriber’s review.",
        )

    # --- the decision and the money ---------------------------------------------------------

    def decide(self, act: Callable[..., Any], outcome: str, reason: str, **more: Any) -> None:
        referral, by = self.referral, self.approver
        letter = decision_letter(
            referral,
            outcome=outcome,
            reason=reason,
            amount=more.get("amount", 0),
            categories=more.get("categories", ()),
            officer=by,
        )
        act(by=by, referral=referral, reason=reason, letter=letter.body, **more)

    def support(self) -> None:
        self.decide(
            decisions.support,
            "supported",
            "The need is clear and support would make a real difference to patients.",
            amount=self.pence,
            categories=[wanted.item for wanted in self.referral.wanted.all()],
        )

    def refuse(self) -> None:
        self.decide(
            decisions.refuse,
            "not_supported",
            "The pressures are real but should pass without funded support.",
        )

    def defer(self) -> None:
        self.decide(decisions.defer, "deferred", "We wait for the CQC report, which is due this month.")

    def commit(self) -> None:
        allocations = tuple(rules.allocations_for(self.referral))
        given = {
            "by": Person.objects.get(pk=self.people.finance.pk),
            "referral": self.referral,
            "allocation": self.one_of(allocations),
            "item": self.referral.wanted.all()[0].item,
            "purpose": "Support as decided",
            "key": uuid.uuid4().hex,
            **self.paid_by,
        }
        if self.others:
            funding.commit_pooled(shares=pools.by_list_size(self.referral, self.pence), **given)
        else:
            funding.commit(amount=self.pence, **given)

    # --- the plan and the MoU ---------------------------------------------------------------

    def plan(self) -> None:
        by, end = self.officer, today() + dt.timedelta(days=150)
        plan_actions.start_plan(by=by, referral=self.referral)
        layout = plans.layout_of(self.year)
        if layout.has_objectives:
            for heading, objective, measure in words.OBJECTIVES:
                plan_actions.save_row(
                    by=by,
                    referral=self.referral,
                    kind=Objective,
                    heading=heading,
                    objective=objective,
                    measure=measure,
                    due_on=end - dt.timedelta(days=30),
                )
        plan_actions.save_row(
            by=by,
            referral=self.referral,
            kind=PlanAction,
            deliverable="A recruitment plan",
            action="Write it with the federation and advertise",
            owner=self.manager.name,
            resources="Four days of an HR adviser",
            outcomes="Two posts filled",
            monitoring="Monthly call with the locality lead",
            due_on=end - dt.timedelta(days=60),
        )
        plan_actions.save_row(
            by=by,
            referral=self.referral,
            kind=SupportService,
            service="HR and recruitment advice",
            provider="Downs Commissioning Support",
        )
        self.fill_contributions(by)
        plan_actions.save_plan_part(
            by=by,
            referral=self.referral,
            exit_strategy=words.EXIT,
            ends_on=end,
            practice_lead_role="Practice manager",
            strategic_lead=self.people.approver.name,
            strategic_lead_role=self.people.approver.job_title,
            strategic_lead_email=self.people.approver.email,
        )
        if self.until != "plan":
            self.agree()

    def fill_contributions(self, by: Person) -> None:
        wanted = {each.item_id for each in self.referral.wanted.all()}
        for row in Contribution.objects.filter(plan__referral=self.referral):
            is_wanted = row.item_id in wanted
            plan_actions.save_row(
                by=by,
                referral=self.referral,
                kind=Contribution,
                row=row,
                theme=row.theme,
                service="As in the plan" if is_wanted else "",
                commissioner_contribution="Support services as in appendix 1" if is_wanted else "",
                practice_contribution="Staff time, and a named lead" if is_wanted else "",
                not_applicable=not is_wanted,
            )

    def agree(self) -> None:
        def mark() -> str:
            return plans.fingerprint(Plan.objects.get(referral=self.referral))

        plan_actions.agree_for_practice(by=self.manager, referral=self.referral, fingerprint=mark())
        plan_actions.agree_for_commissioner(by=self.approver, referral=self.referral, fingerprint=mark())

    def practice_agrees(self) -> None:
        mark = plans.fingerprint(Plan.objects.get(referral=self.referral))
        plan_actions.agree_for_practice(by=self.manager, referral=self.referral, fingerprint=mark)

    def send_mou(self) -> None:
        # The stories are told from the past on: what still waits for a signature today must not be too late for it.
        sign_by = timezone.localdate() + dt.timedelta(days=180)
        mou.send(by=self.officer, referral=self.referral, sign_by=sign_by)

    @property
    def agreement(self) -> Agreement:
        """The MoU as sent last."""
        return Agreement.objects.filter(referral=self.referral).latest("sent_at", "pk")

    def _signs(self, act: Callable[..., Any], by: Person) -> None:
        agreement = self.agreement
        act(
            by=by,
            agreement=agreement,
            typed_name=by.name,
            role=by.job_title,
            agreed=True,
            document_sha256=agreement.document.sha256,
            evidence=mou.Evidence(sign_in_method="password"),
        )

    def practice_signs(self) -> None:
        self._signs(mou.sign_for_practice, self.manager)

    def sign(self) -> None:
        self._signs(mou.sign_for_commissioner, self.approver)
        mou.seal_now(self.agreement)


PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \n"
    b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n164\n%%EOF\n"
)

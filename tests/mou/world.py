"""A case ready for its plan or its MoU, for the tests of this room: everyone, the money, a complete plan."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from funding import actions as funding
from mou import wording
from mou.agreement import actions
from mou.models import Agreement, Contribution, Objective, PlanAction, SupportService, Template
from mou.plan import actions as plan_actions
from mou.plan import plans
from mou.wording.actions import publish_wording
from mou.wording.words import AppendixText, SectionText, Wording
from practices.models import Person
from resilience.core.access import Role
from resilience.core.calendar import today
from resilience.decisions.models import Decision, DecisionCategory
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests.factories import (
    make_ccg,
    make_local_office,
    make_organisation,
    make_person,
    make_practice,
    make_referral,
    make_year,
)


@dataclass
class World:
    office: Any
    ccg: Any
    practice: Any
    year: Any
    referral: Referral
    manager: Any
    officer: Any
    approver: Any
    finance: Any
    administrator: Any
    supplier: Any = None
    partner: Any = None


def add_supplier(world: World) -> Any:
    """An operational partner with the practice in its care (``world.supplier``), and who signs for it (``partner``)."""
    world.supplier = make_organisation("supplier", world.office, name="Steady Practice Support", code="SPS01")
    world.supplier.assignments.create(practice=world.practice, started_on=today() - dt.timedelta(days=9))
    wording.publish(world.year, "national-three", world.administrator)
    world.partner = make_person(
        Role.SUPPLIER_USER, world.supplier, name="Pat Partner", job_title="Change manager"
    )
    return world.supplier


def make_world(
    kind: str = "national", *, others: int = 0, state: str = State.SUPPORTED, **fields: Any
) -> World:
    """A supported referral, with wording published, an allocation of £10,000 and £2,000 granted."""
    office = make_local_office(name="Northvale local office")
    ccg = make_ccg(office, name="Northvale CCG", address="1 Quay Road\nNorthvale")
    practice = make_practice(ccg, name=fields.pop("practice_name", "Harbour Street Surgery"))
    year = make_year(office)
    world = World(
        office=office,
        ccg=ccg,
        practice=practice,
        year=year,
        referral=make_referral(
            practice, year, state, others=tuple(make_practice(ccg) for _ in range(others)), **fields
        ),
        manager=make_person(Role.PRACTICE_USER, practice, name="Dr Siân O’Brien", job_title="GP partner"),
        officer=make_person(Role.PROGRAMME_OFFICER, ccg, name="Olu Officer"),
        approver=make_person(Role.APPROVER, ccg, name="Amara Bello", job_title="Associate director"),
        finance=make_person(Role.FINANCE_LEAD, office, name="Fin Lead"),
        administrator=make_person(Role.ADMINISTRATOR, office, name="Ada Administrator"),
    )
    wording.publish(year, kind, world.administrator)
    item = year.menu.first()
    decision = Decision.objects.create(
        referral=world.referral,
        outcome=Decision.Outcome.SUPPORTED,
        reason="Clear need.",
        amount=200_000,
        letter="We support you.",
        decided_by=world.approver,
    )
    DecisionCategory.objects.create(decision=decision, item=item)
    funding.set_allocation(
        by=world.finance,
        year=year,
        commissioner=ccg,
        amount=1_000_000,
        why="Year start",
        key=f"set-{year.pk}",
    )
    return world


def wording_of_clauses(*sections: str, **fields: Any) -> Wording:
    """A wording of sections of these clauses; where none of them has it, the last says where each side signs."""
    texts = [
        SectionText(f"Section of test {number}", clauses) for number, clauses in enumerate(sections, start=1)
    ]
    if not any("{signatories}" in each.clauses for each in texts):
        texts.append(SectionText("Signatories", "{signatories}"))
    appendices = (AppendixText("objectives", "Plan"), AppendixText("contributions", "Contributions"))
    return Wording(**{"title": "MoU", "sections": tuple(texts), "appendices": appendices} | fields)


def publish_clauses(world: World, *sections: str, **fields: Any) -> Template:
    """Publish a wording of sections of these clauses."""
    return publish_wording(
        by=world.administrator, year=world.year, wording=wording_of_clauses(*sections, **fields)
    )


def more(world: World, count: int) -> list[World]:
    """Further supported cases of the same office, each with its practice and somebody who signs for it."""
    found = []
    for n in range(count):
        practice = make_practice(world.ccg, name=f"Street {n} Surgery")
        referral = make_referral(practice, world.year, State.SUPPORTED)
        decision = Decision.objects.create(
            referral=referral, outcome="supported", reason="Need.", amount=50_000, letter="Yes.",
            decided_by=world.approver,
        )  # fmt: skip
        DecisionCategory.objects.create(decision=decision, item=world.year.menu.first())
        manager = make_person(Role.PRACTICE_USER, practice)
        found.append(replace(world, practice=practice, referral=referral, manager=manager))
    return found


def make_ready(worlds: list[World]) -> None:
    """Plans agreed, £500 committed to each."""
    for each in worlds:
        agree_plan(each)
        commit_money(each, 50_000)


def fill_plan(world: World, **ending: Any) -> Any:
    """Start the plan and fill it in, completely."""
    referral, by = world.referral, world.manager
    soon = today() + dt.timedelta(days=60)
    plan = plan_actions.start_plan(by=by, referral=referral)
    plan_actions.save_row(
        by=by, referral=referral, kind=Objective, heading="stability", objective="Two GPs recruited",
        measure="Contracts signed", due_on=soon,
    )  # fmt: skip
    plan_actions.save_row(
        by=by, referral=referral, kind=PlanAction, deliverable="Recruitment plan", action="Write and run it",
        owner="Siân O’Brien", resources="Two days", outcomes="Two GPs", monitoring="Monthly", due_on=soon,
    )  # fmt: skip
    plan_actions.save_row(
        by=by, referral=referral, kind=SupportService, service="Recruitment advice", provider="Northvale team"
    )
    for row in Contribution.objects.filter(plan=plan):
        plan_actions.save_row(by=by, referral=referral, kind=Contribution, row=row, not_applicable=True)
    said = {"": "Leader", "_role": "Lead", "_email": "lead@example.nhs.uk", "_phone": "01632 960001"}
    leads = {f"{lead}{part}": said[part] for lead in plans.LEADS for part in plans.LEAD_PARTS}
    plan_actions.save_plan_part(by=by, referral=referral, **leads)
    return plan_actions.save_plan_part(
        by=by,
        referral=referral,
        **{
            "exit_strategy": "The practice carries on with its own staff.",
            "ends_on": today() + dt.timedelta(days=120),
            "has_case_study": True,
        }
        | ending,
    )


def agree_plan(world: World, **ending: Any) -> Any:
    """A complete plan, agreed by both sides."""
    plan = fill_plan(world, **ending)
    mark = plans.fingerprint(plan)
    plan_actions.agree_for_practice(by=world.manager, referral=world.referral, fingerprint=mark)
    return plan_actions.agree_for_commissioner(by=world.approver, referral=world.referral, fingerprint=mark)


def commit_money(world: World, amount: int = 200_000, key: str = "commit") -> Any:
    made = funding.commit(
        by=world.officer, referral=world.referral, item=world.year.menu.first(), amount=amount,
        purpose="Recruitment advice", key=f"{key}-{world.referral.pk}",
    )  # fmt: skip
    world.referral.refresh_from_db()
    return made


def send_mou(world: World, **ending: Any) -> Agreement:
    """Plan agreed, money committed, MoU sent; to the supplier too, where the world has one."""
    agree_plan(world, **ending)
    commit_money(world)
    return actions.send(by=world.officer, referral=world.referral, supplier=world.supplier)


def signing(agreement: Agreement, person: Any, **other: Any) -> dict[str, Any]:
    """What the signing page hands to the act."""
    return {
        "by": person, "agreement": agreement, "typed_name": person.name, "role": person.job_title or "Lead",
        "agreed": True, "document_sha256": agreement.document.sha256, "evidence": actions.Evidence(),
    } | other  # fmt: skip


def sign_both(world: World, agreement: Agreement) -> Agreement:
    """Signed by every side, in order."""
    actions.sign_for_practice(**signing(agreement, world.manager))
    if agreement.supplier_id:
        actions.sign_for_supplier(**signing(agreement, world.partner))
    return actions.sign_for_commissioner(**signing(agreement, world.approver))


def past_its_last_day(agreement: Agreement) -> Agreement:
    """As if the last day to sign had been yesterday."""
    Agreement.objects.filter(pk=agreement.pk).update(sign_by=today() - dt.timedelta(days=1))
    return Agreement.objects.get(pk=agreement.pk)


def everyone(world: World) -> Iterator[tuple[Role, bool, Person]]:
    """Someone of every role over the world's place, and over another: role, whether in scope, who."""
    elsewhere = make_practice(make_ccg())
    for role in Role:
        if role == Role.PRACTICE_USER:
            places = world.practice, elsewhere
        else:
            places = world.ccg, elsewhere.commissioner
        for place in places:
            yield role, place is places[0], make_person(role, place)

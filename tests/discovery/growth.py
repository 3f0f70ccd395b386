"""A corner of the world with more of everything, for tests of what grows with the rows; names are hostile."""

import datetime as dt
import itertools
from typing import Any

from django.utils import timezone

from funding.models import (
    Allocation,
    Bid,
    Commitment,
    EvidenceEntry,
    FundsReceived,
    LineTransfer,
    MoneyImport,
    Move,
    Transfer,
)
from mou.models import (
    Agreement,
    BulkCase,
    Plan,
)
from practices.models import (
    Indicator,
    Invitation,
    LinkRequest,
    ListSize,
    Organisation,
    PracticeChange,
    SupplierAssignment,
)
from resilience.assessments.models import Assessment, ContinuingSupport, Finding, Interest, SafetyEscalation
from resilience.assessments.models import Placement as PlacementRow
from resilience.core.access import Role
from resilience.core.acts import action
from resilience.core.models import StoredFile
from resilience.core.trail import record
from resilience.decisions.models import Decision, DecisionCategory
from resilience.programmes import catalogue
from resilience.programmes.models import CriteriaSet, MatrixCell, MatrixVersion, PaymentStage
from resilience.referrals.models import Attachment, Referral
from resilience.referrals.states import State
from tests import factories as make
from tests.discovery.changed import dispute_in, grow_changes
from tests.discovery.checks import grow_health_checks, grow_projects
from tests.discovery.progressed import grow_progress, grow_review
from tests.discovery.supplied import delivered_in, grow_delivery
from tests.discovery.world import (
    Corner,
    bulk_in,
    invoice_in,
    make_bid,
    paid_in,
    promise_to_supplier,
    reported_in,
    study_in,
)

HOSTILE = ("=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2", "\t=1")
_times = itertools.count(1)
_numbers = itertools.count(1)

BEFORE_PLACED = {State.DRAFT, State.RECEIVED, State.ACKNOWLEDGED, State.UNDER_ASSESSMENT, State.WITHDRAWN}
GRANTED = {State.SUPPORTED, State.COMMITTED, State.AGREED}


@action("Happened in a test")
def occur(*, by: Any, on: Referral, internal: bool) -> None:
    """Something on the trail of a case."""
    record(by=by, on=on, why=HOSTILE[0], internal=internal)


def _name(n: int) -> str:
    return f"{HOSTILE[n % len(HOSTILE)]} {n}"


def _file(by: Any) -> StoredFile:
    return StoredFile.keep(name=_name(0), content_type="application/pdf", content=b"%PDF-1.4", by=by)


def grow(corner: Corner) -> None:
    """One more of everything that a page of this corner lists, in every state that it can be in."""
    n = next(_times)
    organisations = _organisations(corner, n)
    people = _people(corner, n, organisations)
    _programmes(corner, n)
    for state in State.values:
        practice = make.make_practice(corner.ccg, locality=corner.locality, name=_name(n))
        referral = make.make_referral(
            practice,
            corner.things["year_row"],
            state,
            by=people[0],
            others=(make.make_practice(corner.ccg, name=_name(n)),) if state != State.DRAFT else (),
            issues=HOSTILE[0],
            **({} if state == State.DRAFT else {"assigned_to": people[1]}),
        )
        if state != State.DRAFT:
            _case(corner, referral, people, n)
    _own_practice(corner, people, n)
    grow_health_checks(corner, people[0], _file(people[0]), _name(n), n)
    grow_projects(corner, people[0], _name(n))
    _own_case(corner, Referral.objects.get(pk=corner.things["referral"]), people, n)
    reported_in(corner, corner.things["year_row"], _file(people[1]), n + 1, _name(n))
    grow_delivery(corner, n, _name(n), _file)
    grow_changes(corner, people, n, _name(n))


def _organisations(corner: Corner, n: int) -> list[Organisation]:
    found = [
        make.make_organisation(kind, corner.office, name=_name(n)) for kind in ("ccg", "icb", "supplier")
    ]
    found.append(make.make_organisation("locality", corner.ccg, name=_name(n)))
    make.make_practice(found[0], name=_name(n))
    year = corner.things["year_row"]
    allocation = Allocation.objects.create(year=year, commissioner=found[0])
    _transfer(corner, allocation, "allocate", "source", "uncommitted", 100 + n)
    by = corner.people[Role.FINANCE_LEAD]
    FundsReceived.objects.create(
        transfer=allocation.transfers.get(),
        received_on=dt.date(2018, 1, 1),
        reference=_name(n),
        confirmed_by=by,
    )
    category = year.spend_categories.create(position=100 + n, name=_name(n), indicative_share=1)
    own = Allocation.objects.create(year=year, commissioner=corner.ccg, category=category)
    _transfer(corner, own, "allocate", "source", "uncommitted", 100 + n)
    file = _file(by)
    MoneyImport.objects.create(kind="budgets", year=year, file=file, sha256=file.sha256, kept_by=by)
    Move.objects.create(
        source=corner.things["allocation_row"],
        target=allocation,
        amount=100 + n,
        why=_name(n),
        key=f"grown-{n}-{allocation.pk}",
        asked_by=by if n % 2 else make.make_person(),
    )
    SupplierAssignment.objects.create(
        supplier=corner.supplier,
        practice=make.make_practice(corner.ccg, locality=corner.locality, name=_name(n)),
        started_on=dt.date(2018, 1, 1),
    )
    return found


def _transfer(corner: Corner, allocation: Allocation, *route: Any, commitment: Any = None) -> None:
    kind, debit, credit, amount = route
    Transfer.objects.create(
        allocation=allocation, commitment=commitment, kind=kind, debit=debit, credit=credit, amount=amount,
        why=HOSTILE[1], key=f"grow-{next(_numbers)}", made_by=corner.people[Role.FINANCE_LEAD],
    )  # fmt: skip


def _people(corner: Corner, n: int, organisations: list[Organisation]) -> list[Any]:
    manager = make.make_person(Role.PRACTICE_USER, corner.practice, name=_name(n), job_title=HOSTILE[0])
    officer = make.make_person(Role.PROGRAMME_OFFICER, corner.ccg, name=_name(n), job_title=HOSTILE[1])
    newcomer = make.make_person(name=_name(n))
    for role, person in corner.people.items():
        if role not in (Role.PRACTICE_USER, Role.SUPPLIER_USER):
            Interest.objects.create(
                person=person,
                practice=make.make_practice(corner.ccg, name=_name(n)),
                nature=HOSTILE[0],
                started_on=dt.date(2018, 1, 1),
                declared_by=person,
            )
    make.grant(manager, Role.PRACTICE_USER, make.make_practice(corner.ccg))
    make.grant(corner.people[Role.PRACTICE_USER], Role.PRACTICE_USER, make.make_practice(corner.ccg))
    for practice, organisation, role in (
        (corner.practice, None, Role.PRACTICE_USER),
        (None, corner.ccg, Role.OBSERVER),
    ):
        Invitation.objects.create(
            email=f"grow{next(_numbers)}@example.nhs.uk",
            name=_name(n),
            role=role,
            practice=practice,
            organisation=organisation,
            token_hash=f"grow-{next(_numbers)}",
            invited_by=officer,
            expires_at=timezone.now() + dt.timedelta(days=3),
        )
    LinkRequest.objects.create(person=newcomer, practice=corner.practice, role_at_practice=HOSTILE[2])
    return [manager, officer, make.make_person(Role.APPROVER, corner.ccg, name=_name(n))]


def _programmes(corner: Corner, n: int) -> None:
    year = corner.things["year_row"]
    later = timezone.now() + dt.timedelta(days=30)
    now = timezone.now()
    CriteriaSet.objects.create(name=_name(n), version=n, published_at=now)
    MatrixVersion.objects.create(name=_name(n), version=n, published_at=now)
    other = make.make_year(owner=corner.office)
    other.programme.name = _name(n)
    other.programme.save()
    other.pk, other.name, other.programme = None, f"Year {n}", year.programme
    other.save()
    position = 100 + n
    year.menu.create(position=position, name=_name(n))
    year.stages.create(
        position=position, name=_name(n), amount=1, opens="evidence", due_on=dt.date(2018, 1, 1)
    )
    year.milestones.create(name=_name(n), due_at=later, measure="committed", target=50)
    year.excluded_spend.create(name=_name(n), reason=HOSTILE[0])
    make.make_template(year, position, title=_name(n))


def _case(corner: Corner, referral: Referral, people: list[Any], n: int) -> None:
    """What the office has on a referral, as far as its state says there is something."""
    manager, officer, approver = people
    year = referral.year
    _talk(referral, manager, officer)
    SafetyEscalation.objects.create(referral=referral, why=HOSTILE[0], raised_by=officer)
    occur(by=officer, on=referral, internal=True)
    make_bid(referral, manager, _name(n))
    _taken_back(referral, manager, n)
    if referral.state in BEFORE_PLACED:
        return
    assessment = Assessment.objects.create(
        referral=referral,
        criteria_set=year.criteria_set,
        started_by=officer,
        completed_at=timezone.now(),
        completed_by=officer,
    )
    Finding.objects.bulk_create(
        Finding(assessment=assessment, criterion=each, concern="some", evidence=HOSTILE[0], found_by=officer)
        for each in year.criteria_set.criteria.all()
    )
    PlacementRow.objects.create(
        referral=referral,
        cell=MatrixCell.objects.get(matrix=year.matrix, scope=1 + n % 5, impact=1 + n % 3),
        scope_justification=HOSTILE[0],
        impact_justification=HOSTILE[1],
        placed_by=officer,
    )
    if referral.state not in GRANTED:
        return
    BulkCase.objects.create(
        bulk_id=corner.things["bulk"], referral=referral, state="failed", why_failed=_name(n)
    )
    decision = Decision.objects.create(
        referral=referral, outcome="supported", reason="x", amount=500, letter="x", decided_by=approver
    )
    DecisionCategory.objects.create(decision=decision, item=year.menu.first())
    if referral.state != State.SUPPORTED:
        _commitment(corner, referral, officer, 10)
    if referral.state == State.COMMITTED:
        agreed = timezone.now()
        make.make_person(Role.PRACTICE_USER, referral.lead_practice, name=_name(n))
        Plan.objects.create(
            referral=referral, ends_on=dt.date(2030, 1, 1), agreed_at=agreed, practice_agreed_at=agreed,
            practice_agreed_by=manager, commissioner_agreed_at=agreed, commissioner_agreed_by=approver,
        )  # fmt: skip
    if referral.state == State.AGREED:
        grow_review(referral, people, n, _name(n))
        agreement = Agreement.objects.create(
            referral=referral, template=corner.things["template_row"], html="x", document=_file(officer),
            sent_by=officer, state="signed", signed_at=timezone.now(),
        )  # fmt: skip
        dispute_in(agreement, manager, _name(n))
        study_in(corner, referral, _file(officer), _name(n))
        delivered_in(corner, referral, _file(officer), _name(n))
    elif referral.state == State.COMMITTED:
        study_in(corner, referral, _file(officer), _name(n), state="asked")


def _commitment(corner: Corner, referral: Referral, by: Any, pence: int) -> None:
    allocation = corner.things["allocation_row"]
    commitment = Commitment.objects.create(
        allocation=allocation, referral=referral, practice=referral.lead_practice,
        item=referral.year.menu.first(), purpose=HOSTILE[0],
        committed_by=by,
    )  # fmt: skip
    _transfer(corner, allocation, "commit", "uncommitted", "committed", pence, commitment=commitment)
    _transfer(corner, allocation, "make_payable", "committed", "payable", pence - 1, commitment=commitment)
    _transfer(corner, allocation, "pay", "payable", "paid", pence - 2, commitment=commitment)
    paid = {
        "result": "paid",
        "paid_on": dt.date(2018, 1, 1),
        "payment_reference": HOSTILE[0],
        "settled_at": timezone.now(),
        "settled_by": by,
    }
    made = paid_in(corner, commitment, _file(by), _name(pence), **paid)
    transfer = commitment.transfers.get(kind="pay")
    LineTransfer.objects.create(line_id=made["run_line"], transfer=transfer)


def _taken_back(referral: Referral, by: Any, n: int) -> None:
    """A bid that its practice took back: a referral may have any number."""
    bid = Bid.objects.create(
        referral=referral,
        key=f"grow-{next(_numbers)}",
        sent_by=by,
        withdrawn_at=timezone.now(),
        withdrawn_by=by,
    )
    for position in range(1, 1 + n):
        bid.lines.create(position=position, item=referral.year.menu.first(), what=_name(n), amount=n)


def _talk(referral: Referral, manager: Any, officer: Any) -> None:
    question = referral.messages.create(
        kind="question", is_internal=False, text=HOSTILE[0], written_by=officer
    )
    answer = referral.messages.create(
        kind="answer", is_internal=False, text=HOSTILE[1], written_by=manager, answers=question
    )
    referral.messages.create(kind="question", is_internal=False, text="How many?", written_by=officer)
    note = referral.messages.create(kind="note", is_internal=True, text=HOSTILE[2], written_by=officer)
    for message in (answer, note, None):
        Attachment.objects.create(
            referral=referral, message=message, file=_file(manager), attached_by=manager
        )


def _own_practice(corner: Corner, people: list[Any], n: int) -> None:
    """More about the one practice of the corner: its past, its figures, its referrals."""
    manager, officer, _ = people
    practice = corner.practice
    day = dt.date(2010, 1, 1) + dt.timedelta(days=n)
    ListSize.objects.create(practice=practice, on=day, patients=9000 + n, source=HOSTILE[0])
    Indicator.objects.create(
        practice=practice, key="cqc_overall", label="CQC", value=HOSTILE[3], period=f"{n}", source="CQC"
    )
    PracticeChange.objects.create(practice=practice, field="name", before="x", after=_name(n), source="x")
    practice.memberships.create(
        organisation=make.make_ccg(corner.office), joined_on=day, left_on=day + dt.timedelta(days=1)
    )
    practice.supplier_assignments.create(
        supplier=make.make_organisation("supplier", corner.office), started_on=day
    )
    for state in (State.DRAFT, State.RECEIVED, State.COMMITTED):
        referral = make.make_referral(
            practice,
            corner.things["year_row"],
            state,
            by=corner.people[Role.PRACTICE_USER],
        )
        if state != State.DRAFT:
            _talk(referral, manager, officer)
    asked = PaymentStage.objects.get(pk=corner.things["stage"])
    for kind in ("chased", "declined", "taken_back"):
        EvidenceEntry.objects.create(
            stage=asked, practice=practice, kind=kind, words=HOSTILE[0], made_by=officer
        )
    EvidenceEntry.objects.create(
        stage=asked, practice=make.make_practice(corner.ccg), kind="declined", words=_name(n), made_by=officer
    )
    draft = Referral.objects.get(pk=corner.things["draft"])
    other = make.make_practice(corner.ccg)
    draft.practices.create(
        practice=other, ods_code=other.ods_code, name=_name(n), commissioner_name="x", list_size=1
    )
    Attachment.objects.create(referral=draft, file=_file(manager), attached_by=manager)


def _own_case(corner: Corner, referral: Referral, people: list[Any], n: int) -> None:
    """More on the one case of the corner, on every tab of it."""
    manager, officer, approver = people
    bulk_in(corner.people[Role.PROGRAMME_OFFICER], referral, _name(n))
    _talk(referral, manager, officer)
    _taken_back(referral, manager, n)
    for internal in (False, True):
        occur(by=officer, on=referral, internal=internal)
    SafetyEscalation.objects.create(referral=referral, why=HOSTILE[0], raised_by=officer)
    Interest.objects.create(
        person=approver, practice=corner.practice, nature=HOSTILE[0], started_on=dt.date(2018, 1, 1),
        declared_by=approver,
    )  # fmt: skip
    assessment, _ = Assessment.objects.get_or_create(
        referral=referral, defaults={"criteria_set": referral.year.criteria_set, "started_by": officer}
    )
    for criterion in assessment.criteria_set.criteria.all():
        Finding.objects.create(
            assessment=assessment, criterion=criterion, concern="high", evidence=_name(n), found_by=officer
        )
    ContinuingSupport.objects.create(
        referral=referral, delivered="yes", achieved="yes", longer_commitment="no", waste_if_stopped="no",
        still_backed="yes", comment=HOSTILE[0], answered_by=officer,
    )  # fmt: skip
    earlier = referral.placements.filter(is_current=True).first()
    if earlier:
        earlier.is_current = False
        earlier.save()
    PlacementRow.objects.create(
        referral=referral, cell=MatrixCell.objects.filter(matrix=referral.year.matrix).first(), replaces=earlier,
        review_reason="x" if earlier else "", scope_justification=HOSTILE[0], impact_justification="y",
        placed_by=officer,
    )  # fmt: skip
    Decision.objects.create(
        referral=referral, outcome="deferred", reason=HOSTILE[0], letter="x", decided_by=approver
    )
    _commitment(corner, referral, officer, 20)
    commitment = referral.commitments.order_by("pk").last()
    invoice_in(corner, corner.practice, commitment, _file(manager), _name(n))
    to_supplier = promise_to_supplier(corner, commitment)
    invoice_in(corner, corner.supplier, to_supplier, _file(manager), _name(n))
    plan = referral.plan
    soon = dt.date(2030, 1, 1)
    plan.objectives.create(heading="stability", objective=_name(n), measure="y", due_on=soon)
    plan.actions.create(deliverable=_name(n), action="x", owner="x", outcomes="x", due_on=soon)
    plan.services.create(service=_name(n), provider="y")
    plan.contributions.create(theme=_name(n))
    grow_progress(referral, people, n, _name(n), _file)
    agreement = Agreement.objects.create(
        referral=referral, template=corner.things["template_row"], html="x", document=_file(officer),
        sent_by=officer, state="withdrawn", stopped_at=timezone.now(), stopped_by=officer,
        stopped_reason=HOSTILE[0],
    )  # fmt: skip
    draft = referral.drafts.create(
        number=2 + n, template=corner.things["template_row"], html="<p>MoU</p>", made_by=officer
    )
    draft.comments.create(kind="change", text=HOSTILE[0], written_by=manager)
    agreement.delegations.create(side="practice", person=manager, why=HOSTILE[0], delegated_by=manager)
    agreement.signatures.create(
        side="practice", person=manager, typed_name="X", role="x", organisation="x", organisation_code="X",
        authority="x", consent_text="x", consent_sha256="0", document_sha256="0", html_sha256="0",
        trail_sequence=1, trail_hash="0",
    )  # fmt: skip


def make_catalogue() -> None:
    """Criteria and a matrix that are there before anything is counted."""
    _ = CriteriaSet.objects.first() or catalogue.publish_criteria()
    _ = MatrixVersion.objects.first() or catalogue.publish_matrix()

"""One small world for the discovery tests: an own and a foreign object for every name an address may hold."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from funding.models import (
    Allocation,
    Bid,
    Commitment,
    EvidenceEntry,
    FinanceReport,
    Invoice,
    MoneyImport,
    Move,
    NationalReturn,
    PaymentRun,
    PaymentsUpload,
    Transfer,
)
from funding.reports.figures import report_of
from funding.returns.facts import facts_of
from mou.case_studies.publishing import content_of, render
from mou.models import (
    Agreement,
    BulkIssue,
    CaseStudy,
    CaseStudyConsent,
    Draft,
    HealthCheckStage,
    Plan,
    PublishedStudy,
    Review,
    Template,
)
from practices.models import DataImport, Invitation, LinkRequest, Organisation, Person, Practice
from resilience.assessments.models import Interest, SafetyEscalation
from resilience.core.access import Role
from resilience.core.models import StoredFile
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.states import State
from tests import factories as make
from tests.discovery.changed import vary
from tests.discovery.checks import health_check_in, project_in, questionnaire_of
from tests.discovery.progressed import reporting_in
from tests.discovery.supplied import delivered_in


@dataclass
class Corner:
    """A local office with a CCG, a practice, a supplier, a programme year and a case in every state."""

    office: Organisation
    ccg: Organisation
    locality: Organisation
    supplier: Organisation
    practice: Practice
    people: dict[str, Person] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)


def make_corner() -> Corner:
    office = make.make_local_office()
    ccg = make.make_ccg(office)
    locality = make.make_organisation("locality", ccg)
    supplier = make.make_organisation("supplier", office)
    practice = make.make_practice(ccg, locality=locality)
    practice.supplier_assignments.create(supplier=supplier, started_on=dt.date(2018, 1, 1))
    corner = Corner(office, ccg, locality, supplier, practice)
    scopes = {Role.PRACTICE_USER: practice, Role.SUPPLIER_USER: supplier}
    for role in Role.values:
        corner.people[role] = make.make_person(
            role, scopes.get(Role(role), ccg if role != Role.ADMINISTRATOR else office)
        )
    corner.things["year"] = make.make_year(owner=office)
    return corner


def referral_in(corner: Corner, state: str = State.COMMITTED, **fields: Any) -> Any:
    return make.make_referral(
        corner.practice, corner.things["year"], state, by=corner.people[Role.PRACTICE_USER], **fields
    )


def make_draft(year: ProgrammeYear) -> Template:
    """A wording that is being written."""
    draft = Template.objects.create(year=year, title="MoU")
    draft.sections.create(number=1, heading="Parties", clauses="Between {commissioner_name} and us. #us")
    draft.appendices.create(position=1, kind="objectives", title="Plan")
    return draft


def make_bid(referral: Any, by: Any, what: str = "Training") -> Bid:
    """A bid of one line for the practice that leads, which waits for its answer."""
    bid = Bid.objects.create(referral=referral, key=f"bid of {referral.pk}", sent_by=by)
    bid.lines.create(
        position=1,
        practice=referral.lead_practice,
        item=referral.year.menu.first(),
        what=what,
        amount=5_00,
    )
    return bid


def invoice_in(corner: Corner, payee: Any, commitment: Commitment, file: StoredFile, number: str) -> Invoice:
    """An invoice of the corner's practice or supplier, with its file."""
    is_practice = payee == corner.practice
    by = corner.people[Role.PRACTICE_USER if is_practice else Role.SUPPLIER_USER]
    invoice = Invoice.objects.create(
        **{"practice" if is_practice else "supplier": payee},
        commissioner=corner.ccg,
        number=number,
        number_key=number,
        invoice_date=dt.date(2018, 1, 1),
        key=f"{payee.pk} {number} {is_practice}",
        raised_by=by,
    )
    invoice.lines.create(commitment=commitment, pence=1_00)
    invoice.steps.create(act="funding.raise_invoice", after="received", file=file, made_by=by)
    return invoice


def promise_to_supplier(corner: Corner, commitment: Commitment) -> Commitment:
    """A commitment like this one, by the corner's supplier."""
    return Commitment.objects.create(
        allocation=commitment.allocation,
        referral=commitment.referral,
        practice=commitment.practice,
        item=commitment.item,
        purpose="x",
        route="supplier",
        supplier=corner.supplier,
        committed_by=commitment.committed_by,
    )


def reported_in(
    corner: Corner, year: ProgrammeYear, file: StoredFile, number: int = 1, name: str = "x"
) -> dict[str, Any]:
    """A budget line, a finance report that was issued, and a return that was made and is due."""
    finance = corner.people[Role.FINANCE_LEAD]
    month = year.starts_on.replace(day=1)
    line = corner.ccg.budget_lines.create(year=year, group="x", name=name, position=number)
    revision = line.revisions.create(why=name, key=f"budget-{line.pk}", set_by=finance)
    revision.months.create(month=month, pence=100)
    line.narratives.create(month=month, words=name, written_by=finance)
    line.figures.create(month=month, kind="actual", pence=number, why=name, typed_by=finance)
    due_at = timezone.now() + dt.timedelta(days=3)
    milestone = year.milestones.create(name=name, due_at=due_at, is_return=True)
    made = {"year": year, "commissioner": corner.ccg, "key": f"made-{line.pk}"}
    report = FinanceReport.objects.create(
        **made,
        month=month,
        unit="pounds",
        committee=name,
        facts=report_of(year, corner.ccg, month).facts(),
        workbook=file,
        document=file,
        issued_by=finance,
    )
    sent = NationalReturn.objects.create(
        **made,
        milestone=milestone,
        due_at=due_at,
        number=number,
        note=name,
        facts=facts_of(milestone, corner.ccg).as_json(),
        workbook=file,
        made_by=finance,
    )
    return {
        "milestone": milestone.pk,
        "budget_line": line.pk,
        "finance_report": report.pk,
        "national_return": sent.pk,
    }


def study_in(
    corner: Corner, referral: Any, file: StoredFile, words: str = "x", state: str = "published"
) -> CaseStudy:
    """A case study with a text and, of one that is published, a copy and the consent to it."""
    manager = corner.people[Role.PRACTICE_USER]
    study = CaseStudy.objects.create(referral=referral, started_by=manager)
    said = dict.fromkeys(("title", "problem", "done", "went_well", "went_badly", "results"), words)
    text = study.texts.create(number=1, is_of_practice=True, written_by=manager, **said)
    text.ticked.create(item=referral.year.menu.first())
    if state == "published":
        consent = CaseStudyConsent.objects.create(
            study=study, text=text, is_named=True, sha256="0", statement=words, given_by=manager
        )
        content = content_of(referral, text, is_named=True)
        copy = PublishedStudy.objects.create(
            study=study,
            number=1,
            consent=consent,
            year=referral.year,
            place=corner.office,
            is_named=True,
            title=words,
            content=content,
            html=render(content),
            document=file,
            published_by=corner.people[Role.APPROVER],
        )
        copy.categories.add(referral.year.menu.first())
        study.consent = consent
    study.state, study.asked_at, study.asked_by = state, timezone.now(), corner.people[Role.PROGRAMME_OFFICER]
    study.save()
    return study


def paid_in(
    corner: Corner, commitment: Commitment, file: StoredFile, name: str = "x", **paid: Any
) -> dict[str, Any]:
    """A payment run that was exported, a line of it, and a file of payments with a row that does not match."""
    finance, now = corner.people[Role.FINANCE_LEAD], timezone.now()
    run = PaymentRun.objects.create(
        commissioner=corner.ccg,
        state="exported",
        key=f"run of {commitment.pk} {name}"[:64],
        made_by=finance,
        exported_at=now,
        exported_by=finance,
        csv=file,
        workbook=file,
    )
    line = run.lines.create(
        reference=f"{run.reference}-001",
        commitment=commitment,
        payee_code=corner.practice.ods_code,
        payee_name=name,
        pence=1,
        **paid,
    )
    upload = PaymentsUpload.objects.create(
        organisation=corner.ccg,
        file=file,
        uploaded_by=finance,
        confirmed_at=now,
        confirmed_by=finance,
    )
    row = upload.rows.create(
        number=2,
        reference=name,
        pence=1,
        paid_on=dt.date(2018, 1, 1),
        payment_reference=name,
        finding="unknown",
    )
    return {"run": run.pk, "run_line": line.pk, "payments_upload": upload.pk, "payment_row": row.pk}


def bulk_in(by: Any, referral: Any, why: str = "x") -> BulkIssue:
    """An order of MoUs that is finished; its one case was not sent."""
    bulk = BulkIssue.objects.create(begun_by=by, finished_at=timezone.now())
    bulk.cases.create(referral=referral, state="failed", why_failed=why)
    return bulk


def make_things(corner: Corner) -> dict[str, Any]:
    """Own objects by the name an address gives them. A name that is missing here fails the test that asks."""
    manager, officer = corner.people[Role.PRACTICE_USER], corner.people[Role.PROGRAMME_OFFICER]
    referral = referral_in(corner, State.COMMITTED)
    draft = referral_in(corner, State.DRAFT)
    year = corner.things["year"]
    file = StoredFile.keep(name="rota.pdf", content_type="application/pdf", content=b"%PDF-1.4", by=manager)
    plan = Plan.objects.create(referral=referral)
    template = make.make_template(year)
    mou_draft = Draft.objects.create(
        referral=referral, number=1, template=template, html="<p>MoU</p>", made_by=officer
    )
    Draft.objects.create(referral=referral, number=2, template=template, html="<p>MoU</p>", made_by=officer)
    agreement = Agreement.objects.create(
        referral=referral,
        template=template,
        supplier=corner.supplier,
        html="<p>MoU</p>",
        document=file,
        sent_by=officer,
    )
    sealed = Agreement.objects.create(
        referral=referral_in(corner, State.AGREED),
        template=template,
        supplier=corner.supplier,
        html="<p>MoU</p>",
        document=file,
        sent_by=officer,
        state="signed",
        signed_at=timezone.now(),
        sealed=file,
        sealed_at=timezone.now(),
    )
    study_in(corner, referral, file, state="asked")
    after = vary(corner, sealed)
    allocation = Allocation.objects.create(year=year, commissioner=corner.ccg)
    later = timezone.now() + dt.timedelta(days=3)
    newcomer = make.make_person()
    stage = year.stages.create(
        position=50, name="Health check", amount=1_00, opens="evidence", due_on=later.date()
    )
    evidence = EvidenceEntry.objects.create(
        stage=stage, practice=corner.practice, kind="handed_in", file=file, made_by=manager
    )
    questionnaire = questionnaire_of(f"Health check {stage.pk}", by=officer)
    HealthCheckStage.objects.create(stage=stage, questionnaire=questionnaire, chosen_by=officer)
    check = health_check_in(stage, corner.practice, questionnaire, manager, copy=file)
    project = project_in(corner, year, corner.locality, "x")
    data_import = DataImport.objects.create(kind="register")
    commitment = Commitment.objects.create(
        allocation=allocation,
        referral=referral,
        practice=referral.lead_practice,
        item=year.menu.first(),
        purpose="x",
        committed_by=officer,
    )
    invoice = invoice_in(corner, corner.practice, commitment, file, "17")
    delivered = delivered_in(corner, referral, file)
    promise_to_supplier(corner, commitment)
    received = Transfer.objects.create(
        allocation=allocation,
        kind="allocate",
        debit="source",
        credit="uncommitted",
        amount=1_00,
        why="x",
        key=f"allocate-{allocation.pk}",
    )
    move = Move.objects.create(
        source=allocation,
        target=Allocation.objects.create(year=year, commissioner=corner.office),
        amount=1_00,
        why="x",
        key=f"asked-{allocation.pk}",
        asked_by=make.make_person(),
    )
    return {
        "referral": referral.pk,
        "draft": draft.pk,
        "allocation": allocation.pk,
        "transfer": received.pk,
        "move": move.pk,
        "part": "case",
        "ods_code": corner.practice.ods_code,
        "data_import": data_import.pk,
        "money_import": MoneyImport.objects.create(
            kind="allocations",
            year=year,
            file=file,
            sha256=file.sha256,
            kept_by=corner.people[Role.FINANCE_LEAD],
        ).pk,
        "organisation": corner.ccg.pk,
        "assignment": corner.practice.supplier_assignments.get().pk,
        "person": manager.pk,
        "holding": manager.holdings.get().pk,
        "invitation": Invitation.objects.create(
            email=f"new{corner.ccg.pk}@example.nhs.uk",
            name="New",
            role=Role.PRACTICE_USER,
            practice=corner.practice,
            token_hash=f"{corner.ccg.pk}",
            invited_by=officer,
            expires_at=later,
        ).pk,
        "link_request": LinkRequest.objects.create(
            person=newcomer, practice=corner.practice, role_at_practice="Nurse"
        ).pk,
        "message": referral.messages.create(
            kind="question", is_internal=False, text="How many?", written_by=officer
        ).pk,
        "attachment": referral.attachments.create(file=file, attached_by=manager).pk,
        "objective": plan.objectives.create(
            heading="stability", objective="x", measure="y", due_on=later.date()
        ).pk,
        "plan_action": plan.actions.create(
            deliverable="x", action="x", owner="x", outcomes="x", due_on=later.date()
        ).pk,
        "support_service": plan.services.create(service="x", provider="y").pk,
        "contribution": plan.contributions.create(theme="x").pk,
        "agreement": agreement.pk,
        "bulk": bulk_in(officer, referral).pk,
        "sealed": sealed.pk,
        **after,
        "template": template.pk,
        "study_part": "story",
        "published_study": study_in(corner, sealed.referral, file).published.get().pk,
        "wording": make_draft(year).pk,
        "section_number": 1,
        "signature": sealed.signatures.create(
            side="practice",
            typed_name="X",
            role="x",
            organisation="x",
            organisation_code="X",
            authority="x",
            consent_text="x",
            consent_sha256="0",
            document_sha256="0",
            html_sha256="0",
            trail_sequence=1,
            trail_hash="0",
            scan=file,
            signed_on=dt.date(2018, 1, 1),
            recorded_at=timezone.now(),
            recorded_by=officer,
        ).pk,
        "mou_draft": referral.drafts.get(number=2).pk,
        "draft_comment": mou_draft.comments.create(
            kind="change", clause="clause-1-1", text="x", written_by=manager
        ).pk,
        "escalation": SafetyEscalation.objects.create(referral=referral, why="x", raised_by=officer).pk,
        "interest": Interest.objects.create(
            person=officer,
            practice=corner.practice,
            nature="x",
            started_on=dt.date(2018, 1, 1),
            declared_by=officer,
        ).pk,
        "commitment": commitment.pk,
        "supplier": corner.supplier.pk,
        "invoice": invoice.pk,
        "invoice_step": invoice.steps.get().pk,
        **delivered,
        **paid_in(corner, commitment, file),
        "bid": make_bid(referral, manager).pk,
        "year": year.pk,
        "programme": year.programme_id,
        "item": year.menu.first().pk,
        "stage": stage.pk,
        "evidence_entry": evidence.pk,
        **reported_in(corner, year, file),
        "questionnaire": questionnaire.pk,
        "section": "workforce",
        "question": "number",
        "health_check": check.pk,
        **reporting_in(corner, referral, file, later.date()),
        "review": Review.objects.create(referral=referral, started_by=officer).pk,
        "project": project.pk,
        "excluded": year.excluded_spend.create(name="IT", reason="x").pk,
        "matrix": year.matrix_id,
        "criteria_set": year.criteria_set_id,
    }

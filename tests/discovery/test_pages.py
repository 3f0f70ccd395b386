"""Every page that the product's own links lead to, as every role, over the whole demonstration.

What a page answers is the same on both databases, so there it is walked over on both; the browser looks at
one page of each shape, and does so on SQLite.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import lxml.html
import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from funding.models import EvidenceEntry, Transfer
from mou.case_studies import actions as study_actions
from mou.models import Agreement, CaseStudy, Contribution, Plan, ProgressReport, Proposal, Review
from mou.plan import actions as plan_actions
from mou.plan import plans
from practices.models import Organisation, Person, Practice
from resilience.demo import SIGN_INS, loading
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.models import Attachment, Message, Referral
from resilience.referrals.states import State
from tests.discovery import crawl as walk
from tests.discovery.crawl import Visit
from tests.discovery.urls import addresses
from tests.discovery.window import window

pytestmark = pytest.mark.django_db

STRANGER = "Stranger"
ASKED = "Practice user with a question to answer"
REPORTS = "Practice user with a report to hand in"
ENDS = "Practice user whose support ends"
WHO = {STRANGER: "", **dict(SIGN_INS), ASKED: "", REPORTS: "", ENDS: ""}
NOWHERE = "/nowhere/"

ONLY_AFTER = {
    "practices:find": "asked by the search as you type",
    "practices:import_preview": "after a file is sent",
    "practices:import_discard": "a button on that preview",
    "save_view": "a form on every list",
    "delete_view": "a form beside a saved view",
    "begin_export": "a button on a long list",
    "export": "after that button",
    "export_file": "when that file is made",
    "export_again": "a button beside that file",
    "stay_signed_in": "asked by the dialog before a session ends",
    "people:invitation": "from an email",
    "funding:raise_budget_line": "a button beside each budget line",
    "funding:make_workbook": "a button on the page of workbooks",
    "funding:export_run": "a button on a payment run",
    "funding:money_import": "after a file is sent",
    "funding:money_import_file": "on that preview",
    "funding:discard_money_import": "a button on that preview",
    "programmes:categories": "a link on a year until money is allocated in it",
    "programmes:move_item": "a button beside each category",
    "referrals:chosen": "a button under the worklist",
    "funding:evidence_chosen": "a button under the practices of a stage",
    "mou:agree_draft": "a button on a draft",
    "mou:answer_comment": "a button on a draft",
    "mou:ask_lmc": "while a dispute is with the strategic lead",
    "mou:assign_chosen": "a button under the cases to assign",
    "mou:bulk": "after that button",
    "mou:change_deliverable_date": "a button beside a deliverable",
    "mou:change_deliverable_row": "beside a row of a plan that a supplier writes",
    "mou:comment_on_draft": "a button on a draft",
    "mou:compare_drafts": "a form on a draft that follows another",
    "mou:consent": "a button on a supplier’s case",
    "mou:correct_health_check": "after a health check is handed in",
    "mou:draft_arrange": "a button on a wording that is drafted",
    "mou:draft_publish": "a button on a wording that is drafted",
    "mou:hand_in_health_check": "once a health check is complete: walked in test_health_check",
    "mou:health_check_original": "after one is entered for the practice: walked in test_entering",
    "mou:health_check_copy": "after a health check is handed in",
    "mou:issue_chosen": "a button under the MoUs that are ready",
    "mou:remove_commitment_item": "a button on the page of suppliers’ settings",
    "mou:remove_deliverable_kind": "a button on the page of suppliers’ settings",
    "mou:remove_deliverable_row": "a button beside that row",
    "mou:remove_need_theme": "a button on the page of suppliers’ settings",
    "mou:remove_project": "while a project’s plan is drafted",
    "mou:round_file": "beside a deliverable that was handed in as a file",
    "mou:scan": "after a signature on paper",
    "mou:set_up_suppliers": "a button on the page of suppliers’ settings",
    "mou:share_request": "a button on a supplier’s case",
    "mou:take_over_plan": "a button on an accepted plan",
    "mou:terminate": "on the day that notice runs out",
    "mou:tick_commitment": "a button on a supplier’s case",
    "mou:withdraw_figure": "a button beside a figure",
    "mou:withdraw_notice": "a button while notice stands",
    "mou:write_sections": "a button on a deliverable that is written here",
    "mou:start_plan": "a button on the Plan tab",
    "mou:agree_for_practice": "a button on the Plan tab",
    "mou:agree_for_commissioner": "a button on the Plan tab",
    "mou:send": "a button on the preview",
    "mou:start_case_study": "a button on the page of a case study that is not started",
    "mou:remove_progress_file": "a button beside a file that is not handed in",
}
ONLY_AFTER |= dict.fromkeys(
    (
        "mou:send_variation",
        "mou:vary_extend",
        "mou:vary_out_contribution",
    ),
    "while a change of an MoU is drafted: walked in test_after_signature",
)
"""Addresses that no link leads to, and why that is right."""


@pytest.fixture(scope="module")
def faults_of() -> Iterator[Callable[[Visit], list[str]] | None]:
    """What the browser finds wrong with a page. PostgreSQL's pages are SQLite's: there it looks at none."""
    if connection.vendor != "sqlite":
        yield None
    else:
        with window() as faults_of:
            yield faults_of


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The demonstration, for this module only: it is rolled back at its end."""
    with django_db_blocker.unblock(), transaction.atomic():
        loading.load()
        _go_on()
        yield
        transaction.set_rollback(True)


def _go_on() -> None:
    """Two plans go a step on, to a state that the demonstration passes over."""
    half_agreed = Plan.objects.exclude(practice_agreed_at=None).filter(agreed_at=None).earliest("pk")
    approver = Person.objects.get(email=WHO["Approver"])
    mark = plans.fingerprint(half_agreed)
    plan_actions.agree_for_commissioner(by=approver, referral=half_agreed.referral, fingerprint=mark)
    drafted = (
        Plan.objects.filter(practice_agreed_at=None, agreed_at=None, contributions__isnull=False)
        .distinct()
        .earliest("pk")
    )
    officer = Person.objects.get(email=WHO["Programme officer"])
    plan_actions.save_row(
        by=officer, referral=drafted.referral, kind=Contribution, theme="Winter", not_applicable=True
    )
    _write_case_study()


def _write_case_study() -> None:
    """The practice user has written one, and says in it where they work."""
    manager = Person.objects.get(email=WHO["Practice user"])
    practice = Practice.objects.get(holdings__person=manager)
    mine = Referral.objects.filter(lead_practice=practice, case_study=None, state=State.COMMITTED).earliest(
        "pk"
    )
    study_actions.start_case_study(by=manager, referral=mine)
    said = dict.fromkeys(
        ("title", "problem", "done", "went_well", "went_badly", "results"), practice.name.split()[0]
    )
    study_actions.save_case_study(by=manager, referral=mine, seen=1, **said)


def _states() -> dict[int, str]:
    """referral → how far it has come, its plan and its MoU included."""
    states = dict(Referral.objects.values_list("pk", "state"))
    for plan in Plan.objects.all():
        states[plan.referral_id] += " agreed" if plan.agreed_at else " planned"
    for agreement in Agreement.objects.order_by("pk"):
        states[agreement.referral_id] += f" {agreement.state}"
    for proposal in Proposal.objects.filter(dropped_at=None, agreement=None).select_related("mou"):
        states[proposal.mou.referral_id] += " a change drafted"
    for study in CaseStudy.objects.all():
        states[study.referral_id] += f" {study.state}"
    return states


def _starts() -> dict[str, list[str]]:
    """Where each role begins besides its home: what is reached by a form, a button or an email."""
    home = Practice.objects.get(holdings__person__email=WHO["Practice user"])
    mine = Referral.objects.filter(lead_practice=home)
    supplier = Organisation.objects.get(kind=Organisation.Kind.SUPPLIER)
    signed = Agreement.objects.filter(state=Agreement.State.SIGNED).first()
    with_files = Attachment.objects.filter(message=None).first()
    handed_in = EvidenceEntry.objects.exclude(file=None).select_related("practice").first()
    paid = Transfer.objects.filter(kind="pay").exclude(commitment=None).latest("pk")
    approver = Person.objects.get(email=WHO["Approver"])
    return {
        STRANGER: [reverse("mou:check_document"), reverse("account_signup"), NOWHERE],
        "Practice user": [
            reverse("referrals:done", args=[mine.exclude(received_at=None).earliest("pk").pk]),
            reverse("referrals:group", args=[mine.filter(received_at=None).earliest("pk").pk]),
        ],
        "Programme officer": [
            reverse("search"),
            reverse("search") + "?q=Harbour",
            reverse("search") + "?q=nobody",
            reverse("referrals:form", args=[with_files.referral_id]),
            reverse("funding:practice_evidence", args=[handed_in.stage_id, handed_in.practice.ods_code]),
        ],
        "Finance lead": [reverse("funding:case", args=[paid.commitment.referral_id])],
        "Approver": [reverse("mou:signed", args=[signed.pk])],
        "Administrator": [
            reverse("people:organisation", args=[supplier.pk]),
            reverse("people:person", args=[approver.pk]),
            reverse("programmes:stages", args=[ProgrammeYear.objects.first().pk]),
        ],
    }


def _client(role: str) -> Client:
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    if role == ASKED:
        question = Message.objects.filter(kind=Message.Kind.QUESTION, answer=None).first()
        client.force_login(question.referral.submitted_by)
    elif role == REPORTS:
        report = ProgressReport.objects.filter(state=ProgressReport.State.DUE).first()
        client.force_login(report.referral.submitted_by)
    elif role == ENDS:
        client.force_login(Review.objects.get(feedback=None).referral.submitted_by)
    elif role != STRANGER:
        client.force_login(Person.objects.get(email=WHO[role]))
    return client


@pytest.fixture(scope="module")
def walks(demo) -> Callable[[str], list[Visit]]:
    """role → everything that role comes across; walked once."""
    states, starts = _states(), _starts()
    done: dict[str, list[Visit]] = {}

    def state_of(named: dict[str, Any]) -> str:
        return states.get(named.get("referral", 0), named.get("part", ""))

    def walk_as(role: str) -> list[Visit]:
        if role not in done:
            done[role] = walk.crawl(_client(role), state_of, (reverse("home"), *starts.get(role, ())))
        return done[role]

    return walk_as


def referral_of(path: str) -> int:
    """Which referral the address names; 0 for none."""
    try:
        return resolve(path).kwargs.get("referral", 0)
    except Resolver404:
        return 0


def nothing(wrong: list[str]) -> None:
    """Fails with all that is wrong, a line each."""
    if wrong:
        pytest.fail("\n".join(dict.fromkeys(wrong)), pytrace=False)


def _pages(visits: list[Visit]) -> list[Visit]:
    return [each for each in visits if each.tree is not None]


def _structure(page: Visit) -> Iterator[str]:
    """What is wrong with a page as it arrives, before any script runs."""
    # A document shown word for word as it was sent keeps the heading it has.
    heads = len(page.tree.xpath("//h1[not(ancestor::article)]"))
    if heads != 1:
        yield f"{heads} headings of level 1"
    if page.tree.find(".//main") is None:
        yield "no main"
    if not page.title:
        yield "no title"
    if page.tree.get("lang") is None:
        yield "no language"
    ids = {each.get("id") for each in page.tree.iterfind(".//*[@id]")}
    for anchor in page.tree.iterfind(".//a[@href]"):
        target = anchor.get("href")
        if target.startswith("#") and target[1:] not in ids:
            yield f"{target} leads nowhere"
    if page.tree.xpath("//*[@style] | //style | //script[not(@src)]"):
        yield "inline style or script"


@pytest.mark.parametrize("role", WHO)
def test_every_link_leads_to_a_page(walks, role):
    visits = walks(role)
    wrong = [
        f"{each.status} {each.address}, offered by {each.found_on}"
        for each in visits
        if each.status != 200 and each.address != NOWHERE
    ]
    wrong += [f"{each.address}: {fault}" for each in _pages(visits) for fault in _structure(each)]
    named = defaultdict(set)
    for each in _pages(visits):
        # Two people, or two rows of a plan, may share a name: not two kinds of page, nor two referrals.
        if "?" not in each.address:
            named[each.title].add((each.name, referral_of(each.path)))
    wrong += [
        f"“{title}” is the title of {sorted(pages)}" for title, pages in named.items() if len(pages) > 1
    ]
    nothing(wrong)


def test_every_address_is_come_across(walks):
    seen = {each.name for role in WHO for each in walks(role)}
    ours = {each.name for each in addresses()}

    nothing([f"{name}: no link leads there" for name in sorted(ours - seen - set(ONLY_AFTER))])
    nothing([f"{name}: a link leads there after all" for name in sorted(set(ONLY_AFTER) & seen)])


# --- in the browser -------------------------------------------------------------------------------


SHAPES = 2
"""How many shapes of one kind of page the browser looks at: as different as they come, and within minutes."""
_looked_at: dict[str, set[str]] = defaultdict(set)


def _new_shapes(pages: list[Visit]) -> Iterator[Visit]:
    """Pages built of other parts than any of their kind that was looked at before."""
    for each in pages:
        kind, shape = f"{each.name} {each.status} {each.title.startswith('Error: ')}", each.shape()
        if shape not in _looked_at[kind] and len(_looked_at[kind]) < SHAPES:
            _looked_at[kind].add(shape)
            yield each


def _seen(faults_of: Callable[[Visit], list[str]] | None, pages: list[Visit]) -> list[str]:
    """Faults of the pages whose shape is new."""
    if faults_of is None:
        return []
    return [f"{page.address}: {fault}" for page in _new_shapes(pages) for fault in faults_of(page)]


BAD = """<!DOCTYPE html><html lang="en"><head><title>Bad</title><script src="https://elsewhere.example/x.js"></script>
</head><body><main><h1>Bad</h1><h1>Worse</h1><a href="#away">Away</a><img src="/static/images/favicon.svg" width="900">
</main></body></html>"""


def test_what_is_wrong_is_noticed(faults_of):
    """The control of the tests around it: a page with one fault of each kind."""
    bad = Visit("/", "home", "", 200, {"Content-Type": "text/html"}, BAD, lxml.html.document_fromstring(BAD))

    assert list(_structure(bad)) == ["2 headings of level 1", "#away leads nowhere"]
    if faults_of:
        found = " ".join(faults_of(bad))
        for fault in ("image-alt", "px wide on a phone", "asks https://elsewhere.example/x.js"):
            assert fault in found


@pytest.mark.parametrize("role", WHO)
def test_every_page_is_sound_in_the_browser(walks, faults_of, role):
    nothing(_seen(faults_of, _pages(walks(role))))


# --- forms sent as they are not meant ----------------------------------------------------------------

TYPED = "Kept <as> it was & typed"


def _error_page(answer: Visit) -> Iterator[str]:
    """What is wrong with a page that refuses a form."""
    yield from _structure(answer)
    summary = answer.tree.find_class("nhsuk-error-summary")
    if not summary:
        yield "is refused without an error summary"
        return
    if not answer.title.startswith("Error: "):
        yield f"has the title “{answer.title}”"
    if not answer.tree.xpath("//*[contains(@class, 'nhsuk-error-summary')]//li"):
        yield "has an empty error summary"


@pytest.mark.parametrize("role", [role for role in WHO if role != STRANGER])
def test_every_form_sent_empty(walks, faults_of, role):
    client = _client(role)
    tried, wrong, refused = set(), [], []
    for page in _pages(walks(role)):
        for form in walk.forms(page):
            if form.kind in tried:
                continue
            tried.add(form.kind)
            for typed in ({}, {form.texts[0]: TYPED} if form.texts else None):
                if typed is None:
                    continue
                answer = walk.send(client, form, typed)
                where = f"{page.address} sends to {form.action}"
                if answer.status >= 500 or answer.status in (400, 404):
                    wrong.append(f"{where}: {answer.status}")
                elif answer.tree is not None and answer.status == 200:
                    wrong += [f"{where}: {fault}" for fault in _error_page(answer)]
                    if (
                        typed
                        and TYPED not in answer.tree.xpath("string()")
                        and not any(each.get("value") == TYPED for each in answer.tree.iter("input"))
                    ):
                        wrong.append(f"{where}: what was typed in {form.texts[0]} is gone")
                    refused.append(answer)
    wrong += [f"refused: {fault}" for fault in _seen(faults_of, refused)]

    nothing(wrong)

"""What happens to an MoU beside its signature: drafted, declined, passed on, varied, disputed, ended early."""

from collections.abc import Callable
from functools import partial

from mou.agreement import actions, delegating, paper, stopping
from mou.changes import actions as changes
from mou.disputes import actions as disputes
from mou.drafts import actions as drafts
from mou.drafts.reading import anchors_of
from mou.ending import actions as ending
from mou.models import Agreement, DraftComment, PlanAction
from practices.models import Person, Practice
from resilience.core.calendar import today
from resilience.demo.past import Chronicle, working_days_ago
from resilience.demo.people import People
from resilience.demo.places import Places
from resilience.demo.stories import PAGE
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.models import Referral
from resilience.referrals.uploads import CheckedFile

ASKED = "Please say that the HR adviser comes to us. We cannot leave reception for a day."
COMMENTED = "Who speaks for the practice while I am on leave in August?"
ANSWERED = "Anyone you name to us by email. The plan names the lead, and the lead may name a deputy."
TOO_SOON = "One of our partners retires in March. The new partner should see the plan before we sign for her."
ON_LEAVE = "I am away until the 12th, and the practice waits for its first payment."
MORE = "The adviser stays two days longer, and helps with the interviews."
WHY_MORE = "Nine people applied, more than the practice can interview by itself."
LATER = "We look at how it goes every two weeks, by telephone."
WHY_LATER = "Once a month was too seldom to see in time that the locum cover would not come."
LATE_HELP = "The locum cover that clause 5 promises for March has not come, and we paid for it ourselves."
SAID = "Spoke with the practice manager: she sends the invoices, and we look at who booked the locums."
LEAVES = "The practice merges with its neighbour in the spring, which has help of its own."
DELIVERED = "The review found every objective achieved, and the practice needs no further help."


def tell_agreements(
    chronicle: Chronicle, places: Places, people: People, years: dict[str, ProgrammeYear]
) -> None:
    """A case each, among those that are told already."""
    north, south, east = (places.practices[ccg.name] for ccg in places.ccgs)
    national, local = years["national"], years["local"]

    def tell(days: int, act: Callable[..., object], *given: object, hour: int = 14) -> None:
        chronicle.tell(working_days_ago(days), partial(act, people, *given), hour=hour)

    tell(4, _draft, east[19], national, hour=10)
    tell(3, _comment, east[19], national, hour=11)
    tell(2, _answer, east[19], national, hour=15)
    tell(6, _decline, north[26], local)
    tell(1, _pass_on, south[17], national)
    tell(25, _ask_for_more, east[17], national, hour=10)
    tell(24, _send_it, east[17], national, hour=11)
    tell(22, _sign_it, east[17], national, hour=15)
    tell(3, _draft_a_change, north[18], national)
    tell(10, _dispute, north[18], national)
    tell(10, _give_notice, south[26], local)
    # The last of the day: its case study is written by then.
    chronicle.tell(today(), partial(_end, people, south[18], national), hour=19)


def _case(practice: Practice, year: ProgrammeYear) -> Referral:
    mine = Referral.objects.filter(lead_practice=practice, year=year)
    return mine.exclude(state="withdrawn").latest("received_on", "pk")


def _mou(practice: Practice, year: ProgrammeYear) -> Agreement:
    rows = Agreement.objects.filter(referral=_case(practice, year), kind=Agreement.Kind.MOU)
    return rows.select_related("referral", "document").latest("sent_at", "pk")


def _fresh(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


# --- before the signature -----------------------------------------------------------------------


def _draft(people: People, practice: Practice, year: ProgrammeYear) -> None:
    drafts.make_draft(by=_fresh(people.officer), referral=_case(practice, year))


def _comment(people: People, practice: Practice, year: ProgrammeYear) -> None:
    draft, by = _case(practice, year).drafts.get(), people.manager_of(practice)
    first, second, *_ = anchors_of(draft.html)
    comment, change = DraftComment.Kind.COMMENT, DraftComment.Kind.CHANGE
    drafts.comment_on_draft(by=by, draft=draft, clause=first, kind=comment, text=COMMENTED)
    drafts.comment_on_draft(by=by, draft=draft, clause=second, kind=change, text=ASKED)


def _answer(people: People, practice: Practice, year: ProgrammeYear) -> None:
    comment = DraftComment.objects.get(draft__referral=_case(practice, year), kind=DraftComment.Kind.COMMENT)
    answered = DraftComment.Answer.ANSWERED
    drafts.answer_comment(by=_fresh(people.officer), comment=comment, answer=answered, text=ANSWERED)


def _decline(people: People, practice: Practice, year: ProgrammeYear) -> None:
    stopping.decline(by=people.manager_of(practice), agreement=_mou(practice, year), why=TOO_SOON)


def _pass_on(people: People, practice: Practice, year: ProgrammeYear) -> None:
    given = {"person": _fresh(people.second_approver), "why": ON_LEAVE}
    delegating.delegate(by=_fresh(people.approver), agreement=_mou(practice, year), **given)


# --- after the signature ------------------------------------------------------------------------


def _ask_for_more(people: People, practice: Practice, year: ProgrammeYear) -> None:
    by, mou = people.manager_of(practice), _mou(practice, year)
    changes.propose(by=by, mou=mou, what=MORE, why=WHY_MORE)


def _send_it(people: People, practice: Practice, year: ProgrammeYear) -> None:
    by, proposal = _fresh(people.officer), _mou(practice, year).proposals.get()
    row = PlanAction.objects.filter(plan__referral=proposal.mou.referral).earliest("pk")
    changes.change_row(
        by=by,
        proposal=proposal,
        rows="PlanAction",
        row=row.pk,
        resources="Six days of an HR adviser",
        action="Write it with the federation, advertise, and interview with the adviser",
    )
    changes.send_variation(by=by, proposal=proposal)


def _sign_it(people: People, practice: Practice, year: ProgrammeYear) -> None:
    """The practice on paper, the commissioner on screen."""
    variation, officer, by = (
        _mou(practice, year).variations.get(),
        _fresh(people.officer),
        _fresh(people.approver),
    )
    manager = people.manager_of(practice)
    paper.record_paper_signature(
        by=officer,
        agreement=variation,
        scan=CheckedFile("variation-signed.pdf", "application/pdf", PAGE),
        signed_by=manager.name,
        role=manager.job_title,
        signed_on=today(),
        received_by=officer.name,
        confirmed=variation.document.sha256[: paper.MARK],
    )
    variation.refresh_from_db()
    actions.sign_for_commissioner(
        by=by,
        agreement=variation,
        typed_name=by.name,
        role=by.job_title,
        agreed=True,
        document_sha256=variation.document.sha256,
        evidence=actions.Evidence(sign_in_method="password"),
    )
    actions.seal_now(variation)


def _draft_a_change(people: People, practice: Practice, year: ProgrammeYear) -> None:
    """Asked for by the practice and drafted by the officer; not sent yet."""
    mou, officer = _mou(practice, year), _fresh(people.officer)
    proposal = changes.propose(by=people.manager_of(practice), mou=mou, what=LATER, why=WHY_LATER)
    row = PlanAction.objects.filter(plan__referral=mou.referral).earliest("pk")
    changes.change_row(
        by=officer,
        proposal=proposal,
        rows="PlanAction",
        row=row.pk,
        monitoring="Every two weeks, by telephone",
    )


def _dispute(people: People, practice: Practice, year: ProgrammeYear) -> None:
    by = people.manager_of(practice)
    made = disputes.raise_dispute(
        by=by, agreement=_mou(practice, year), about="Locum cover in March", words=LATE_HELP
    )
    disputes.say_in_dispute(by=_fresh(people.officer), dispute=made, words=SAID)


def _give_notice(people: People, practice: Practice, year: ProgrammeYear) -> None:
    ending.give_notice(by=people.manager_of(practice), agreement=_mou(practice, year), why=LEAVES)


def _end(people: People, practice: Practice, year: ProgrammeYear) -> None:
    ending.end(by=_fresh(people.officer), agreement=_mou(practice, year), delivered=DELIVERED)

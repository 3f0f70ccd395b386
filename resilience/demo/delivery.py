"""What was promised, followed: reports late, handed in and accepted; one case reviewed when its plan was delivered."""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile

from mou.delivery import actions, dates
from mou.models import ProgressReport, Review
from mou.plan.in_force import rows_in_force
from mou.review import actions as reviews
from mou.review import rules
from practices.models import Person, Practice
from resilience.core.calendar import today
from resilience.demo.past import Chronicle, working_days_ago
from resilience.demo.people import People
from resilience.demo.places import Places
from resilience.demo.stories import PAGE
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.models import Referral
from resilience.referrals.states import SIGNED
from resilience.referrals.uploads import check_file

WORDS = "Both posts are filled, and nine calls in ten are answered within three minutes since last month."
HELPED = "The HR adviser. She wrote the advertisement with us and sat in on the interviews."
DID_NOT = "The forms at the start. We wrote the same thing three times."


def tell_delivery(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    """Three practices whose MoU is signed: one reported, accepted and reviewed, one late, one to be read."""
    north, south, east = (places.practices[ccg.name] for ccg in places.ccgs)
    officer = Person.objects.get(pk=people.officer.pk)

    def case(practice: Practice) -> Referral:
        return Referral.objects.get(lead_practice=practice, year=year, state__in=sorted(SIGNED))

    def report(practice: Practice) -> ProgressReport:
        reports = ProgressReport.objects.filter(referral=case(practice)).select_related("referral")
        return reports.earliest("due_on")

    def set_date(practice: Practice, due_on: dt.date) -> None:
        actions.set_reports(by=officer, referral=case(practice), dates=[dates.Due(due_on)])

    def hand_in(practice: Practice) -> None:
        file = check_file(SimpleUploadedFile("rota.pdf", PAGE, content_type="application/pdf"))
        actions.hand_in_report(
            by=people.manager_of(practice),
            report=report(practice),
            said=dict.fromkeys(rows_in_force(case(practice)), ("done", "")),
            words=WORDS,
            files=[file],
        )

    def accept(practice: Practice) -> None:
        actions.accept_report(by=officer, report=report(practice), words="Clear, thank you.")

    def say_late(practice: Practice) -> None:
        actions.record_progress(
            by=people.manager_of(practice),
            referral=case(practice),
            row=rows_in_force(case(practice))[0],
            standing="late",
            words="Nobody applied. We advertise again with the federation.",
        )

    def start_review(practice: Practice) -> Review:
        return reviews.start_review(by=officer, referral=case(practice))

    def review(practice: Practice) -> None:
        referral, row = case(practice), start_review(practice)
        reviews.save_review(
            by=officer,
            review=row,
            judged=dict.fromkeys(rules.rows_to_judge(referral), ("achieved", "A manager is in post.")),
            comment="Bring in the HR adviser before the first advertisement.",
            delivered="yes",
            achieved="yes",
            longer_commitment="no",
            waste_if_stopped="no",
            still_backed="yes",
        )
        reviews.place_after(
            by=officer,
            review=row,
            scope=2,
            impact=3,
            scope_justification="Both posts are filled and nothing new is expected.",
            impact_justification="Support would still help staff a little.",
        )
        reviews.give_feedback(
            by=people.manager_of(practice), review=row, helped=HELPED, did_not_help=DID_NOT, recommend=5
        )
        reviews.complete_review(by=officer, review=row)

    first, second, third = working_days_ago(5), working_days_ago(3), today() + dt.timedelta(days=2)
    # Delivered and reviewed.
    chronicle.tell(working_days_ago(20), lambda: set_date(south[18], first), hour=9)
    chronicle.tell(working_days_ago(8), lambda: hand_in(south[18]), hour=12)
    chronicle.tell(working_days_ago(6), lambda: accept(south[18]), hour=12)
    chronicle.tell(working_days_ago(2), lambda: review(south[18]), hour=12)
    # Late.
    chronicle.tell(working_days_ago(22), lambda: set_date(north[18], second), hour=9)
    chronicle.tell(working_days_ago(9), lambda: say_late(north[18]), hour=12)
    # Handed in, to be read; all is done, so the review is started and the practice asked what helped.
    chronicle.tell(working_days_ago(15), lambda: set_date(east[17], third), hour=9)
    chronicle.tell(working_days_ago(1), lambda: hand_in(east[17]), hour=12)
    chronicle.tell(working_days_ago(1), lambda: start_review(east[17]), hour=15)

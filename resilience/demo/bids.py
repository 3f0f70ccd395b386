"""Bids of the local scheme: waiting for a decision, to go through, gone through, taken back."""

import datetime as dt
import uuid
from typing import Any

from funding.bids import actions
from funding.bids.rules import Asked, Said
from funding.models import Bid, Commitment
from practices.models import Person, Practice
from resilience.demo.past import Chronicle, working_days_ago
from resilience.demo.people import People
from resilience.demo.places import Places
from resilience.demo.stories import Story
from resilience.programmes.models import ProgrammeYear

HR = (
    "Two days of HR training for the practice manager and her deputy",
    "Training in HR and finance",
    1_200_00,
)
AGENCY = ("A recruitment agency to find a practice nurse", "Planning", 900_00)
AWAY = ("An away half-day with the whole team, to plan the year", "Staff wellbeing", 640_50)
WEBSITE = ("A new website, with forms that patients can fill in", "Website", 850_00)
TOGETHER = (
    "A facilitator for six meetings with our neighbours",
    "Collaborative work with other practices",
    2_400_00,
)


def tell_bids(chronicle: Chronicle, places: Places, people: People, year: ProgrammeYear) -> None:
    """Five practices of the local scheme and what became of their bids."""
    north, south, east = (places.practices[ccg.name] for ccg in places.ccgs)

    def supported(practice: Practice, number: int, days: int, until: str = "support", **more: Any) -> Story:
        story = Story(
            chronicle, people, year, practice, working_days_ago(days), number, until, pence=4_500_00, **more
        )
        return story.tell()

    undecided = supported(south[36], 131, 8, "acknowledge")
    send(chronicle, undecided, 3, HR, WEBSITE)
    waits = supported(east[36], 132, 24)
    send(chronicle, waits, 5, HR, AGENCY, AWAY)
    group = supported(north[36], 133, 26, others=(north[37], north[0]))
    send(chronicle, group, 6, AWAY, TOGETHER)
    again = supported(south[37], 134, 28)
    send(chronicle, again, 6, WEBSITE)
    chronicle.tell(working_days_ago(5), lambda: actions.withdraw_bid(by=again.manager, bid=bid_of(again)))
    gone_through = supported(north[39], 135, 34, others=(north[0],))
    send(chronicle, gone_through, 12, HR, AGENCY, TOGETHER, WEBSITE)
    chronicle.tell(working_days_ago(4), lambda: settle(gone_through, places))


def send(chronicle: Chronicle, story: Story, days: int, *lines: tuple[str, str, int]) -> None:
    """The practice sends these lines that many working days ago; what is done together is pooled."""
    day: dt.date = working_days_ago(days)

    def act() -> None:
        menu = {item.name: item for item in story.year.menu.all()}
        is_group = bool(story.others)
        asked = [
            Asked(
                what,
                menu.get(name) or next(iter(menu.values())),
                pence,
                None if is_group and (what, name, pence) == TOGETHER else story.practice,
            )
            for what, name, pence in lines
        ]
        actions.send_bid(by=story.manager, referral=story.referral, lines=asked, key=uuid.uuid4().hex)

    chronicle.tell(day, act, hour=15)


def bid_of(story: Story) -> Bid:
    """The bid that was sent last on the story's referral."""
    return Bid.objects.filter(referral=story.referral_pk).latest("pk")


def settle(story: Story, places: Places) -> None:
    """In full, an excluded kind, in part, and not: by a supplier who does it for them."""
    bid = bid_of(story)
    by = Person.objects.get(pk=story.people.finance.pk)
    granted = story.referral.decisions.get().categories.all()[0].item
    excluded = story.year.excluded_spend.get(name="Recruitment agencies")
    hr, agency, together, website = bid.lines.all()
    actions.settle_bid(
        by=by,
        bid=bid,
        said={
            hr.pk: Said("in_full", hr.amount, item=granted),
            agency.pk: Said("not_supported", reason=excluded.reason, excluded=excluded),
            together.pk: Said("in_part", 1_600_01, "Four meetings are enough to start with.", item=granted),
            website.pk: Said("not_supported", reason="Your federation offers this free of charge. Ask them."),
        },
        route=Commitment.Route.SUPPLIER,
        supplier=places.supplier,
        cost_centre="E99A04",
    )

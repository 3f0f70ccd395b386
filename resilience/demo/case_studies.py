"""Case studies in the demonstration: published with and without a name, to be published, to be consented to, begun."""

from collections.abc import Mapping

from mou.case_studies import actions, publishing, texts
from practices.models import Person
from resilience.core.calendar import today
from resilience.demo.past import Chronicle
from resilience.demo.people import People
from resilience.programmes.models import ProgrammeYear
from resilience.referrals.models import Referral
from resilience.referrals.states import State

_ROTA = {
    "title": "One rota instead of five habits",
    "problem": "Each partner had a way of working of their own. Nobody knew on a Monday who was in on Thursday, and "
    "patients waited four weeks for a routine appointment.",
    "done": "A change manager sat with the partners for four afternoons. They wrote one rota, agreed who covers whom, "
    "and gave the reception team the right to fill it.",
    "went_well": "Reception had been asked for the first time, and knew most of the answers.",
    "went_badly": "We began in December. Winter pressure cost us six weeks, and one partner never used the rota.",
    "results": "The wait for a routine appointment fell to nine days. No receptionist has left since.",
    "quotation": "I had not known that it could be this quiet on a Monday.",
    "quoted_as": "A receptionist",
}
_PHONES = {
    "title": "Calls answered, by the people who know",
    "problem": "Telephones rang for half an hour each morning. Complaints had doubled in a year.",
    "done": "Advice on the telephone system, and two days of training in active signposting for the whole team.",
    "went_well": "Signposting was easier to learn than we feared, and patients took to it within weeks.",
    "went_badly": "The first supplier of the telephone system could not do what it had promised. We lost two months.",
    "results": "Nine calls in ten are answered within three minutes, from four in ten.",
}
_BEGUN = {"title": "Two practices, one pharmacist"}


def tell_case_studies(chronicle: Chronicle, people: People, year: ProgrammeYear) -> None:
    """Told last and today: they are written about what is signed by then."""
    chronicle.tell(today(), lambda: _all(people, year), hour=18)


def _all(people: People, year: ProgrammeYear) -> None:
    signed = Referral.objects.filter(year=year, state=State.AGREED, case_study__isnull=True)
    mine = signed.filter(lead_practice=people.practice.holdings.get().practice_id)
    others = signed.exclude(pk__in=mine.values("pk")).order_by("pk")
    told = [*others[:4], *mine.order_by("pk")[:2]]
    stories = (
        (_ROTA, "named"),
        (_PHONES, "unnamed"),
        (_BEGUN, "begun"),
        (_ROTA, "consented"),
        (_PHONES, "asked"),
        (_ROTA, "named"),
    )
    for referral, (said, last) in zip(told, stories, strict=False):
        _one(people, referral, said, last)


def _one(people: People, referral: Referral, said: Mapping[str, str], last: str) -> None:
    manager = people.manager_of(referral.lead_practice)
    officer, approver = (Person.objects.get(pk=each.pk) for each in (people.officer, people.approver))
    of = {"referral": referral}
    study = actions.start_case_study(by=manager, **of)
    actions.save_case_study(by=manager, seen=1, **{"problem": "", **said}, **of)
    if last == "begun":
        return
    actions.hand_in_case_study(by=manager, **of)
    if last == "unnamed":
        actions.opt_out_of_being_named(by=manager, **of)
    actions.ask_for_consent(by=officer, **of)
    if last == "asked":
        return
    is_named = last != "unnamed"
    shown = publishing.content_of(referral, texts.latest(study), is_named=is_named)
    given = {"sha256": texts.digest(shown), **of}
    actions.consent_to_case_study(by=manager, is_named=is_named, agreed=True, **given)
    if last != "consented":
        actions.publish_case_study(by=approver, **given)

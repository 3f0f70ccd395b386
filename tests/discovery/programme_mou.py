"""The acts of the MoU, from the day it is sent until it is over, beside what the dictionary knows of it."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from mou.agreement import actions as agreements
from mou.agreement import stopping
from mou.drafts import actions as drafts
from mou.ending import actions as ending
from resilience.core.calendar import add_months, today
from tests.discovery import programme_changes
from tests.discovery.programme_acts import APPROVER, OFFICER, PRACTICE, Case, Someone, Try, moved
from tests.mou.world import signing as signing_page

STOPPED = {"withdrawn", "declined", "expired"}
OUT = {"sent", "practice_signed"}
IN_FORCE = {"signed", "notice"}
SIGN_WITHIN = dt.timedelta(days=28)
LASTS = dt.timedelta(days=120)
"""From the day the plan is filled in until its MoU ends."""


@contextmanager
def on(day: dt.date) -> Iterator[None]:
    """Today is ``day``, for what stops and ends an MoU."""
    with ExitStack() as stack:
        for module in (
            "agreement.rules",
            "agreement.stopping",
            "ending.rules",
            "ending.actions",
            "ending.due",
        ):
            stack.enter_context(patch(f"mou.{module}.today", lambda: day))
        yield


def send(case: Case, who: Someone, draw: Any) -> Try:
    def learn(made: Any) -> None:
        known = {"agreement": made, "document": made.document.sha256, "shown": case.promised()}
        moved(case, case.state, mou="sent", signed_by={}, **known)

    return Try(
        OFFICER in who.roles
        and case.state == "committed"
        and case.plan == {"practice", "office"}
        and case.mou in {"", *STOPPED},
        lambda by: agreements.send(
            by=by, referral=case.row, draft=drafts.make_draft(by=by, referral=case.row)
        ),
        learn,
    )


def _sign(case: Case, who: Someone, side: str, may: bool, act: Any, learn: Any) -> Try | None:
    if case.agreement is None:
        return None
    return Try(
        may
        and who.person.pk not in case.signed_by.values()
        and case.state == "committed"
        and case.shown == case.promised(),
        lambda by: act(**signing_page(case.agreement, by)),
        lambda _: (case.signed_by.update({side: who.person.pk}), learn()),
    )


def sign_for_practice(case: Case, who: Someone, draw: Any) -> Try | None:
    may = PRACTICE in who.roles and case.mou == "sent"
    return _sign(
        case,
        who,
        "practice",
        may,
        agreements.sign_for_practice,
        lambda: moved(case, case.state, mou="practice_signed"),
    )


def sign_for_office(case: Case, who: Someone, draw: Any) -> Try | None:
    def learn() -> None:
        moved(case, "agreed", mou="signed", in_writing=case.promised())
        for each in case.money.values():
            each["payable"], each["committed"] = each["committed"], 0

    may = APPROVER in who.roles and case.mou == "practice_signed" and case.practice.pk not in who.interests
    return _sign(case, who, "office", may, agreements.sign_for_commissioner, learn)


def withdraw_agreement(case: Case, who: Someone, draw: Any) -> Try | None:
    if case.agreement is None:
        return None
    return Try(
        OFFICER in who.roles and case.mou in {"sent", "practice_signed"},
        lambda by: stopping.withdraw_agreement(by=by, agreement=case.agreement, why="A wrong date"),
        lambda _: moved(case, case.state, mou="withdrawn"),
    )


def decline(case: Case, who: Someone, draw: Any) -> Try | None:
    """Whoever could sign next; who signed for the one side does not decline for the other."""
    if case.agreement is None:
        return None
    may = {"sent": _for_practice, "practice_signed": _for_office}.get(case.mou, _nobody)
    return Try(
        may(case, who) and who.person.pk not in case.signed_by.values(),
        lambda by: stopping.decline(by=by, agreement=case.agreement, why="The address is wrong"),
        lambda _: moved(case, case.state, mou="declined"),
    )


def _nobody(case: Case, who: Someone) -> bool:
    return False


def _for_practice(case: Case, who: Someone) -> bool:
    return PRACTICE in who.roles


def _for_office(case: Case, who: Someone) -> bool:
    return APPROVER in who.roles and case.practice.pk not in who.interests


def _ends(case: Case, who: Someone) -> bool:
    return OFFICER in who.roles and case.practice.pk not in who.interests


def runs_out(case: Case) -> dt.date:
    """The day on which the MoU is over, were notice given today as it was."""
    return add_months(today(), case.notice[2] if case.notice else 0)


def _give(
    case: Case, who: Someone, side: str, months: int, may: bool, act: Callable[[Any], Any]
) -> Try | None:
    """A second click of the same person is harmless."""
    if case.agreement is None:
        return None
    given = (who.person.pk, side, months)
    is_repeat = case.mou == "notice" and case.notice == given
    return Try(
        is_repeat or (may and case.mou == "signed"),
        act,
        lambda _: moved(case, case.state, mou="notice", notice=given),
    )


def give_notice(case: Case, who: Someone, draw: Any) -> Try | None:
    """Either side; who may sign for both gives it for the practice."""
    side = "practice" if PRACTICE in who.roles else "office"
    may = _for_practice(case, who) or _for_office(case, who)
    return _give(
        case,
        who,
        side,
        3,
        may,
        lambda by: ending.give_notice(by=by, agreement=case.agreement, why="We merge"),
    )


def give_notice_of_failure(case: Case, who: Someone, draw: Any) -> Try | None:
    said = {"why": "No answer", "talked_on": today(), "talked_with": "Dr Chair"}
    return _give(
        case,
        who,
        "office",
        1,
        _for_office(case, who),
        lambda by: ending.give_notice_of_failure(by=by, agreement=case.agreement, **said),
    )


def withdraw_notice(case: Case, who: Someone, draw: Any) -> Try | None:
    """The side that gave it, until the day it runs out."""
    if case.agreement is None:
        return None
    is_ours = _for_practice if case.notice and case.notice[1] == "practice" else _for_office
    day = draw.day(today(), runs_out(case) - dt.timedelta(days=1), runs_out(case))

    def do(by: Any) -> Any:
        with on(day):
            return ending.withdraw_notice(by=by, agreement=case.agreement, why="We stay")

    return Try(
        case.mou == "notice" and is_ours(case, who) and day < runs_out(case),
        do,
        lambda _: moved(case, case.state, mou="signed", notice=None),
    )


def over(case: Case, how: str) -> None:
    """The MoU is over; after notice, what was committed and not payable goes back."""
    moved(case, "ended", mou=how, notice=None)
    programme_changes.stop(case)
    for each in case.money.values() if how == "terminated" else ():
        each["committed"] = 0


def terminate(case: Case, who: Someone, draw: Any) -> Try | None:
    """An officer, from the day that the notice runs out."""
    if case.agreement is None:
        return None
    day = draw.day(runs_out(case), runs_out(case) - dt.timedelta(days=1))

    def do(by: Any) -> Any:
        with on(day):
            return ending.terminate(by=by, agreement=case.agreement)

    return Try(
        _ends(case, who) and case.mou == "notice" and day >= runs_out(case),
        do,
        lambda _: over(case, "terminated"),
    )


def end(case: Case, who: Someone, draw: Any) -> Try | None:
    """An officer: today when the plan is delivered, else once its last day has passed."""
    if case.agreement is None:
        return None
    last = today() + LASTS
    day = draw.day(last + dt.timedelta(days=1), last, today())
    delivered = draw.words("Both GPs have started", "")

    def do(by: Any) -> Any:
        with on(day):
            return ending.end(by=by, agreement=case.agreement, delivered=delivered)

    return Try(
        _ends(case, who) and case.mou in IN_FORCE and (bool(delivered) or day > last),
        do,
        lambda _: over(case, "ended"),
    )


def nights() -> list[dt.date]:
    """Days on which something is just due, or not yet."""
    due = [today() + SIGN_WITHIN + dt.timedelta(days=1), *(add_months(today(), each) for each in (1, 3))]
    due.append(today() + LASTS + dt.timedelta(days=1))
    return [today(), *(day - dt.timedelta(days=before) for day in due for before in (0, 1))]


def learn_of_the_night(case: Case, day: dt.date) -> None:
    """What the service does by itself, were it ``day``: what is past its last day is stopped or over."""
    if case.varied in OUT and day > today() + SIGN_WITHIN:
        moved(case, case.state, varied="")
    if case.mou in OUT and day > today() + SIGN_WITHIN:
        moved(case, case.state, mou="expired")
    elif case.mou == "notice" and day >= runs_out(case):
        over(case, "terminated")
    elif case.mou in IN_FORCE and day > today() + LASTS:
        over(case, "ended")

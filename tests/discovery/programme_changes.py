"""Money that is added to a signed MoU by a variation, beside what the dictionary knows of it."""

import itertools
from typing import Any

from mou.agreement import actions as agreements
from mou.agreement import stopping
from mou.changes import actions as changes
from tests.discovery.programme_acts import APPROVER, OFFICER, PRACTICE, Case, Someone, Try, moved
from tests.mou.world import signing as signing_page

_numbers = itertools.count(1)


def _drafts(case: Case, who: Someone) -> bool:
    return OFFICER in who.roles and case.practice.pk not in who.interests


def propose(case: Case, who: Someone, draw: Any) -> Try | None:
    """Either side, of an MoU in force, one at a time."""
    if case.agreement is None:
        return None
    what = f"More money ({next(_numbers)})"
    return Try(
        (PRACTICE in who.roles or _drafts(case, who)) and case.mou == "signed" and case.proposal is None,
        lambda by: changes.propose(by=by, mou=case.agreement, what=what, why="A third GP"),
        lambda made: moved(case, case.state, proposal=made),
    )


def send_variation(case: Case, who: Someone, draw: Any) -> Try | None:
    """What it states is what is committed; with no other change there must be one of it."""
    if case.proposal is None:
        return None

    def learn(made: Any) -> None:
        known = {"variation": made, "shown": case.promised()}
        moved(case, case.state, varied="sent", varied_by={}, **known)

    return Try(
        _drafts(case, who)
        and case.mou == "signed"
        and case.varied == ""
        and case.promised() != case.in_writing,
        lambda by: changes.send_variation(
            by=by, proposal=type(case.proposal).objects.get(pk=case.proposal.pk)
        ),
        learn,
    )


def _sign(case: Case, who: Someone, side: str, may: bool, act: Any, learn: Any) -> Try | None:
    if case.variation is None:
        return None
    return Try(
        may
        and who.person.pk not in case.varied_by.values()
        and case.mou == "signed"
        and case.shown == case.promised(),
        lambda by: act(**signing_page(case.variation, by)),
        lambda _: (case.varied_by.update({side: who.person.pk}), learn()),
    )


def sign_variation_for_practice(case: Case, who: Someone, draw: Any) -> Try | None:
    may = PRACTICE in who.roles and case.varied == "sent"
    act = agreements.sign_for_practice
    return _sign(case, who, "practice", may, act, lambda: moved(case, case.state, varied="practice_signed"))


def sign_variation_for_office(case: Case, who: Someone, draw: Any) -> Try | None:
    def learn() -> None:
        stop(case)
        case.in_writing = case.promised()
        for each in case.money.values():
            each["payable"] += each["committed"]
            each["committed"] = 0

    may = APPROVER in who.roles and case.varied == "practice_signed" and case.practice.pk not in who.interests
    return _sign(case, who, "office", may, agreements.sign_for_commissioner, learn)


def withdraw_variation(case: Case, who: Someone, draw: Any) -> Try | None:
    if case.variation is None:
        return None
    return Try(
        OFFICER in who.roles and case.varied in {"sent", "practice_signed"},
        lambda by: stopping.withdraw_agreement(by=by, agreement=case.variation, why="A wrong sum"),
        lambda _: moved(case, case.state, varied=""),
    )


def stop(case: Case) -> None:
    """It is signed, or over with its MoU: another may be asked for."""
    moved(case, case.state, proposal=None, variation=None, varied="")


ACTS = [
    propose, send_variation, sign_variation_for_practice, sign_variation_for_office, withdraw_variation,
]  # fmt: skip

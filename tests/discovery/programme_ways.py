"""Which acts are tried: all of them, those that tempt in a state, and those that bring a case on."""

from typing import Any

from tests.discovery import programme_changes
from tests.discovery.programme_acts import (
    Case,
    acknowledge,
    agree_for_office,
    agree_for_practice,
    answer,
    ask,
    assess,
    begin,
    commit,
    complete,
    defer,
    pay,
    place,
    plan,
    refuse,
    release,
    review,
    save,
    submit,
    support,
    withdraw,
)
from tests.discovery.programme_mou import (
    STOPPED,
    decline,
    end,
    give_notice,
    give_notice_of_failure,
    send,
    sign_for_office,
    sign_for_practice,
    terminate,
    withdraw_agreement,
    withdraw_notice,
)

ALL = [
    save, submit, acknowledge, ask, answer, begin, assess, complete, place, review, support, refuse, defer,
    commit, release, pay, plan, agree_for_practice, agree_for_office, send, sign_for_practice, sign_for_office,
    withdraw_agreement, withdraw, decline, give_notice, give_notice_of_failure, withdraw_notice, terminate, end,
    *programme_changes.ACTS,
]  # fmt: skip


TEMPTING = {
    "draft": [save, submit, withdraw],
    "received": [acknowledge, save, submit, ask, answer, withdraw],
    "acknowledged": [begin, ask, answer, support, withdraw],
    "under_assessment": [assess, complete, place, withdraw],
    "placed": [support, review, assess, defer, refuse, withdraw],
    "deferred": [support, review, assess, defer, refuse, withdraw],
    "supported": [commit, plan, agree_for_practice, agree_for_office, send, withdraw],
    "committed": [
        agree_for_practice, agree_for_office, sign_for_practice, sign_for_office, commit, release, plan, send,
        withdraw_agreement, pay, withdraw, decline, give_notice, terminate, end,
    ],
    "agreed": [
        pay, release, commit, withdraw_agreement, withdraw, decline, give_notice, give_notice_of_failure,
        withdraw_notice, terminate, end, *programme_changes.ACTS,
    ],
    "ended": [pay, release, commit, ask, send, sign_for_office, give_notice, withdraw_notice, terminate, end, withdraw],
}  # fmt: skip
"""What somebody is likely to try in each state, rightly or not."""


def natural(case: Case) -> list[Any]:
    """The acts that bring a case on from where it is, the likeliest first."""
    if case.state == "under_assessment":
        return [place if case.is_complete else complete if case.is_judged else assess]
    if case.state == "committed":
        if case.plan is None:
            return [plan]
        if missing := {"practice", "office"} - case.plan:
            return [agree_for_practice if "practice" in missing else agree_for_office]
        ways = {
            "": send,
            **dict.fromkeys(STOPPED, send),
            "sent": sign_for_practice,
            "practice_signed": sign_for_office,
        }
        return [ways[case.mou]]
    return {
        "draft": [submit], "received": [acknowledge], "acknowledged": [begin], "placed": [support],
        "deferred": [support], "supported": [commit], "agreed": [pay],
    }.get(case.state, [])  # fmt: skip

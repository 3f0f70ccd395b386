"""The small table of the case study: which state may follow which, by which act, for whom."""

from dataclasses import dataclass

from mou.models import CaseStudy
from resilience.core.access import Denied, P
from resilience.referrals.states import SIGNED, State

S = CaseStudy.State
NONE = ""

WHILE_SUPPORTED: frozenset[str] = frozenset({State.SUPPORTED, State.COMMITTED}) | SIGNED
"""The states of the referral in which its case study is written: most are when all is done."""

PRACTICE = (P.PLAN_FOR_PRACTICE,)
OFFICER = (P.PLAN_FOR_COMMISSIONER,)
EITHER = (*PRACTICE, *OFFICER)
PUBLISHER = (P.PLAN_FOR_COMMISSIONER, P.APPROVE_PLAN)


@dataclass(frozen=True)
class StudyAct:
    """A row of the table: any one of the ``permissions`` lets a person do it; ``moves`` says from where to where."""

    name: str
    label: str
    permissions: tuple[str, ...]
    moves: dict[str, str]


STUDY_ACTS: dict[str, StudyAct] = {
    act.name: act
    for act in (
        StudyAct("mou.start_case_study", "Start the case study", EITHER, {NONE: S.WRITING}),
        StudyAct(
            "mou.save_case_study",
            "Change the case study",
            EITHER,
            dict.fromkeys((S.WRITING, S.ASKED, S.CONSENTED, S.TAKEN_DOWN), S.WRITING),
        ),
        StudyAct(
            "mou.hand_in_case_study",
            "Tell the office that it is ready",
            PRACTICE,
            {S.WRITING: S.WRITING},
        ),
        StudyAct(
            "mou.keep_words",
            "Keep words in the text",
            OFFICER,
            {S.WRITING: S.WRITING, S.TAKEN_DOWN: S.TAKEN_DOWN},
        ),
        StudyAct(
            "mou.ask_for_consent",
            "Ask the practice for consent",
            OFFICER,
            {S.WRITING: S.ASKED, S.TAKEN_DOWN: S.ASKED},
        ),
        StudyAct("mou.ask_for_changes", "Ask for changes", PRACTICE, {S.ASKED: S.WRITING}),
        StudyAct("mou.consent_to_case_study", "Consent", PRACTICE, {S.ASKED: S.CONSENTED}),
        StudyAct(
            "mou.opt_out_of_being_named",
            "Opt out of being named",
            EITHER,
            {
                S.WRITING: S.WRITING,
                S.ASKED: S.WRITING,
                S.CONSENTED: S.WRITING,
                S.PUBLISHED: S.TAKEN_DOWN,
                S.TAKEN_DOWN: S.TAKEN_DOWN,
            },
        ),
        StudyAct(
            "mou.withdraw_consent",
            "Take back the consent",
            PRACTICE,
            {S.CONSENTED: S.WRITING, S.PUBLISHED: S.TAKEN_DOWN},
        ),
        StudyAct("mou.send_back_case_study", "Send it back", PUBLISHER, {S.CONSENTED: S.WRITING}),
        StudyAct("mou.publish_case_study", "Publish", PUBLISHER, {S.CONSENTED: S.PUBLISHED}),
        StudyAct("mou.take_down_case_study", "Withdraw it", PUBLISHER, {S.PUBLISHED: S.TAKEN_DOWN}),
    )
}


def check_study_state(act: str, study: CaseStudy | None) -> None:
    """Raise Denied, in words, unless the table allows ``act`` on the study as it stands."""
    state = study.state if study else NONE
    if state in STUDY_ACTS[act].moves:
        return
    if study is None:
        raise Denied("Nobody has started this case study yet.")
    if act == "mou.start_case_study":
        raise Denied("This case study is started already.")
    if act == "mou.save_case_study":
        raise Denied("This case study is published. Withdraw it first, then change it.")
    if act == "mou.publish_case_study" and state != S.PUBLISHED:
        raise Denied("The practice has not consented to this text.")
    label = STUDY_ACTS[act].label
    raise Denied(f"“{label}” is not possible now: this case study is “{S(state).label}”.")

"""Who may write, ask for, give and take back consent, opt out, publish and withdraw a case study."""

from typing import Any

from mou.case_studies import texts
from mou.case_studies.giveaways import unsettled
from mou.case_studies.states import STUDY_ACTS, WHILE_SUPPORTED, check_study_state
from mou.models import CaseStudy, CaseStudyText, Naming
from mou.people import check_leads, holders, is_for_practice
from resilience.assessments.rules import check_has_no_interest
from resilience.core.access import Denied, P, allows
from resilience.core.words import plural, within
from resilience.referrals.models import Referral
from resilience.referrals.states import State

S = CaseStudy.State


class TellsTooMuch(Denied):
    """The text tells what the copy must not."""


def may(user: Any, referral: Referral, act: str) -> bool:
    """Does a role of ``user`` let them do ``act`` on this case, whatever its state?"""
    return any(
        is_for_practice(user, referral, permission)
        if permission == P.PLAN_FOR_PRACTICE
        else allows(user, permission, referral)
        for permission in STUDY_ACTS[act].permissions
    )


def _check_act(user: Any, referral: Referral, study: CaseStudy | None, act: str) -> None:
    if not may(user, referral, act):
        permissions = STUDY_ACTS[act].permissions
        if permissions[0] == P.PLAN_FOR_PRACTICE:
            check_leads(user, P.PLAN_FOR_PRACTICE, referral)
        raise Denied(f"Your role does not let you {P(permissions[0]).label} here.")
    check_study_state(act, study)


def check_can_read(user: Any, referral: Referral) -> None:
    """A practice of the case, or the office: not a supplier, who may read it once it is published."""
    if not allows(user, P.PLAN_FOR_PRACTICE, referral) and not allows(user, P.VIEW_INTERNAL, referral):
        raise Denied("Case studies are for the practice and the office until they are published.")


def check_can_write(
    user: Any, referral: Referral, study: CaseStudy | None, act: str = "mou.save_case_study"
) -> None:
    """Either side, once the case is supported; not while a copy is published."""
    _check_act(user, referral, study, act)
    if referral.state not in WHILE_SUPPORTED:
        raise Denied(
            "A case study is written of support that was granted: "
            f"this referral is “{State(referral.state).label}”."
        )


def _check_complete(text: CaseStudyText) -> None:
    if gap := next(texts.gaps(text), None):
        raise Denied(f"The case study is not complete: {within(gap.text)}.")


def check_can_hand_in(user: Any, referral: Referral, study: CaseStudy | None) -> None:
    """Someone of the practice, once it is complete."""
    _check_act(user, referral, study, "mou.hand_in_case_study")
    assert study is not None  # nosec B101 # the table has just said so
    _check_complete(texts.latest(study))


def check_can_keep(user: Any, referral: Referral, study: CaseStudy | None) -> None:
    """An officer of the case."""
    _check_act(user, referral, study, "mou.keep_words")


def check_tells_nothing(study: CaseStudy, text: CaseStudyText, *, is_named: bool) -> None:
    """Nothing is left in the text that the copy must not tell."""
    if left := unsettled(study, text, is_named=is_named):
        whom = "one of the other practices" if is_named else "the practice"
        raise TellsTooMuch(
            f"The text gives {whom} away in {plural(len(left), 'place')}, first “{left[0].words}”. "
            "Change the words, or keep those that may stay and say why."
        )


def check_can_ask(user: Any, referral: Referral, study: CaseStudy | None) -> None:
    """An officer, once it is complete, tells nothing that it must not, and somebody there can consent."""
    _check_act(user, referral, study, "mou.ask_for_consent")
    assert study is not None  # nosec B101 # the table has just said so
    text = texts.latest(study)
    _check_complete(text)
    check_tells_nothing(study, text, is_named=study.naming != Naming.UNNAMED)
    if not holders(P.SIGN_FOR_PRACTICE, referral):
        raise Denied(
            f"Nobody at {referral.lead_practice.name} can sign in to consent yet. Invite someone first."
        )


def check_can_ask_for_changes(user: Any, referral: Referral, study: CaseStudy | None) -> None:
    """Someone of the practice, while it is asked for its consent."""
    _check_act(user, referral, study, "mou.ask_for_changes")


def check_can_consent(user: Any, referral: Referral, study: CaseStudy | None) -> None:
    """Someone of the practice that leads, while it is asked."""
    _check_act(user, referral, study, "mou.consent_to_case_study")


def check_can_withdraw_consent(user: Any, referral: Referral, study: CaseStudy | None) -> None:
    """Someone of the practice, at any time."""
    _check_act(user, referral, study, "mou.withdraw_consent")


def check_can_opt_out(user: Any, referral: Referral, study: CaseStudy | None) -> None:
    """The practice, or an officer whom it told, at any time."""
    _check_act(user, referral, study, "mou.opt_out_of_being_named")
    if study is not None and study.naming == Naming.UNNAMED:
        raise Denied("This case study does not name the practice already.")


def _writers(study: CaseStudy) -> set[int]:
    return set(CaseStudyText.objects.filter(study=study).values_list("written_by", flat=True))


def check_can_send_back(user: Any, referral: Referral, study: CaseStudy | None) -> None:
    """Whoever may publish."""
    _check_act(user, referral, study, "mou.send_back_case_study")


def check_can_publish(user: Any, referral: Referral, study: CaseStudy | None) -> None:
    """An officer or approver without an interest, who neither wrote any of it nor gave the consent."""
    _check_act(user, referral, study, "mou.publish_case_study")
    assert study is not None  # nosec B101 # the table has just said so
    check_has_no_interest(user, referral)
    if study.consent and study.consent.given_by_id == user.pk:
        raise Denied("You consented to this case study for the practice. Someone else must publish it.")
    if user.pk in _writers(study):
        raise Denied("You wrote part of this case study. Someone else must publish it.")


def check_can_take_down(user: Any, referral: Referral, study: CaseStudy | None) -> None:
    """Whoever may publish."""
    _check_act(user, referral, study, "mou.take_down_case_study")

"""The emails about case studies: what happened, what to do, and where. They go to the two sides of the case alone."""

from django.urls import reverse

from mou.models import CaseStudy
from mou.people import holders
from mou.post import emails, office, practice, send
from resilience.core.access import P
from resilience.core.outbox import link
from resilience.core.words import day, moment
from resilience.programmes.models import Milestone
from resilience.referrals.models import Referral


def study_link(referral: Referral) -> str:
    return link(reverse("mou:case_study", kwargs={"referral": referral.pk}))


def _tell(people: list[str], study: CaseStudy, subject: str, *paragraphs: str) -> None:
    send(people, study.referral, subject, *paragraphs, study_link(study.referral))


def handed_in(study: CaseStudy) -> None:
    name = study.referral.lead_practice.name
    _tell(
        office(study.referral),
        study,
        f"{name} has written its case study",
        f"{name} says that its case study is ready. Read it, edit it where it helps the reader, and ask the "
        "practice for its consent.",
    )


def asked(study: CaseStudy) -> None:
    _tell(
        practice(study.referral),
        study,
        "May we publish this case study?",
        "The case study of your support is ready for you to read. We publish it only with your consent to "
        "exactly these words, and only with your practice’s name if you say so.",
        "You can consent, ask for changes, or say that your practice must not be named. You need to sign in.",
    )


def consented(study: CaseStudy) -> None:
    referral = study.referral
    approvers = emails(holders(P.APPROVE_PLAN, referral))
    _tell(
        [*office(referral), *approvers],
        study,
        f"{referral.lead_practice.name} consents to its case study",
        f"{referral.lead_practice.name} consents to its case study. Someone who wrote none of it can publish it.",
    )


def changes_wanted(study: CaseStudy, why: str) -> None:
    name = study.referral.lead_practice.name
    _tell(
        office(study.referral),
        study,
        f"{name} asks for changes to its case study",
        f"{name} asks for changes before it consents:",
        why,
    )


def sent_back(study: CaseStudy, why: str) -> None:
    _tell(
        [*office(study.referral), *practice(study.referral)],
        study,
        "A case study was sent back",
        "The case study was not published. It was sent back, for this reason:",
        why,
        "When it is changed, the practice is asked for its consent again.",
    )


def opted_out(study: CaseStudy, *, was_published: bool) -> None:
    happened = (
        "The published copy named the practice, and was withdrawn at once."
        if was_published
        else "Nothing was published."
    )
    _tell(
        [*office(study.referral), *practice(study.referral)],
        study,
        "A practice is not to be named in its case study",
        f"{study.referral.lead_practice.name} is not to be named in its case study. {happened}",
        "The text is checked for words that would give the practice away, and the practice is asked for its "
        "consent before anything is published.",
    )


def consent_withdrawn(study: CaseStudy, *, was_published: bool) -> None:
    happened = "It was withdrawn from publication at once." if was_published else "It is not published."
    _tell(
        [*office(study.referral), *practice(study.referral)],
        study,
        "The consent to a case study was taken back",
        f"{study.referral.lead_practice.name} took back its consent to the case study. {happened}",
    )


def published(study: CaseStudy) -> None:
    _tell(
        practice(study.referral),
        study,
        "Your case study is published",
        "Your case study is published. Thank you: others can now learn from it.",
        "You can take your consent back at any time, and it is withdrawn at once.",
    )


def taken_down(study: CaseStudy, why: str) -> None:
    _tell(
        [*office(study.referral), *practice(study.referral)],
        study,
        "Your case study was withdrawn",
        "The case study was withdrawn from publication, for this reason:",
        why,
    )


def promised(referral: Referral, milestone: Milestone, study: CaseStudy | None) -> None:
    """Both sides are reminded of what the plan promised, and of where it stands."""
    stands = study.get_state_display() if study else "Not started"
    send(
        [*practice(referral), *office(referral)],
        referral,
        f"The case study of {referral.lead_practice.name} is due by {day(milestone.due_at)}",
        f"The improvement plan of {referral.lead_practice.name} promises a case study. The programme counts those "
        f"that are published by {moment(milestone.due_at)}.",
        f"Where it stands: {stands}.",
        "It says in a few hundred words what the problem was, what was done, what went well and what did not. "
        "The practice can choose not to be named.",
        study_link(referral),
    )

"""The emails about changes of an MoU: what is asked for, what was dropped, and where to read it."""

from mou.models import Proposal
from mou.people import is_for_practice
from mou.post import mou_link, office, practice, readers, send


def asked(proposal: Proposal) -> None:
    """Tell the other side; and the officer, who drafts it."""
    referral = proposal.mou.referral
    name = referral.lead_practice.name
    by_practice = is_for_practice(proposal.asked_by, referral)
    who = name if by_practice else str(referral.commissioner)
    send(
        [*office(referral), *([] if by_practice else practice(referral))],
        referral,
        f"A change of the Memorandum of Understanding of {name} is asked for",
        f"{who} asks for a change of the Memorandum of Understanding:",
        proposal.what,
        "The reason:",
        proposal.why,
        "Nothing changes until all sides have signed it. The commissioner drafts it next.",
        mou_link(referral),
    )


def dropped(proposal: Proposal) -> None:
    """Tell both sides that the MoU stays as it is."""
    referral = proposal.mou.referral
    send(
        [*office(referral), *practice(referral), *readers([proposal.asked_by], referral)],
        referral,
        f"The change of the Memorandum of Understanding of {referral.lead_practice.name} was dropped",
        "This change will not be made, and the Memorandum of Understanding stays as it is:",
        proposal.what,
        "The reason:",
        proposal.dropped_why,
        mou_link(referral),
    )

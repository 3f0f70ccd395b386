"""Whether a stage is open for a commitment, and if not, what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from funding.models import Commitment, EvidenceEntry, StageOpening
from funding.mou_status import in_mou
from funding.stages.reported import reports_awaited
from funding.supplier_progress import held_back
from resilience.core.access import P
from resilience.core.calendar import today
from resilience.core.words import day
from resilience.programmes.models import PaymentStage
from resilience.referrals.states import SIGNED, State

Opens = PaymentStage.Opens

RECORDED = frozenset({Opens.PLAN_AGREED, Opens.PROGRESS})
"""What a row of StageOpening says; the rest is read from the referral, the evidence and the calendar."""

NOT_NAMED = "This money is not in the MoU yet. It pays once both sides have signed a variation that names it."
NEVER_NAMED = "This money was not in the MoU when it ended, so it is not paid."


@dataclass(frozen=True)
class Missing:
    """One thing that must happen first: a sentence and, for who may go there, a link."""

    text: str
    href: str = ""
    link: str = ""
    in_general: str = ""
    """The same without naming the practice, where the text does."""


class Gate:
    """Answers for these commitments, and those of the same practices; links are for ``user``.

    Three queries, and those of what suppliers deliver and of what MoUs promise.
    """

    def __init__(self, commitments: Iterable[Commitment], user: Any = None) -> None:
        rows = list(commitments)
        self.user = user
        referrals = {each.referral_id for each in rows}
        self.openings = set(
            StageOpening.objects.filter(referral__in=referrals).values_list("stage_id", "referral_id")
        )
        self.reports = reports_awaited(referrals)
        self.held_back = held_back(rows)
        self.in_mou = in_mou(referrals)
        self.handed_in = set(
            EvidenceEntry.objects.filter(
                practice__in={each.practice_id for each in rows}, kind=EvidenceEntry.Kind.HANDED_IN
            ).values_list("stage_id", "practice_id")
        )

    def missing(self, stage: PaymentStage, commitment: Commitment) -> list[Missing]:
        """What must happen before this stage of this commitment is payable; nothing when it is open."""
        referral = commitment.referral
        held = self.held_back.get(commitment.pk)
        is_signed = referral.state in SIGNED
        recorded = (stage.pk, referral.pk) in self.openings
        found = []
        if stage.opens == Opens.EVIDENCE and (stage.pk, commitment.practice_id) not in self.handed_in:
            found.append(
                self._missing(
                    f"{commitment.practice.name} has not handed in “{stage.name}” yet.",
                    "Hand it in, or see where it stands",
                    "funding:practice_evidence",
                    (P.REFER, P.WORK_REFERRALS, P.VIEW_MONEY),
                    in_general="The evidence is not handed in yet.",
                    stage=stage.pk,
                    ods_code=commitment.practice.ods_code,
                )
            )
        if stage.opens == Opens.PLAN_AGREED and not recorded and not is_signed:
            found.append(
                self._missing(
                    "Both sides must agree the improvement plan first.",
                    "Go to the plan",
                    "mou:plan",
                    (P.VIEW_MOU,),
                    referral=referral.pk,
                )
            )
        if held:
            found.append(Missing(held, in_general="What the supplier delivers must be accepted first."))
        # Of money whose delivery is followed, what is delivered is the progress.
        if stage.opens == Opens.PROGRESS and not recorded and held is None:
            found.append(self._progress(stage, referral.pk))
        if stage.opens == Opens.DATE and stage.opens_on and stage.opens_on > today():
            found.append(Missing(f"It opens on {day(stage.opens_on)}."))
        if not is_signed and not stage.pays_before_mou:
            found.append(
                self._missing(
                    "This stage pays once both sides have signed the MoU.",
                    "Go to the MoU",
                    "mou:case",
                    (P.VIEW_MOU,),
                    referral=referral.pk,
                )
            )
        elif not stage.pays_before_mou and commitment.pk not in self.in_mou[referral.pk].named:
            found.append(
                self._missing(
                    NOT_NAMED if referral.state != State.ENDED else NEVER_NAMED,
                    "Go to the MoU",
                    "mou:case",
                    (P.VIEW_MOU,),
                    referral=referral.pk,
                )
            )
        return found

    def _progress(self, stage: PaymentStage, referral: int) -> Missing:
        if report := self.reports.get((stage.pk, referral)):
            may_see = self.user is not None and self.user.may(P.VIEW_MOU)
            return Missing(report.text, *((report.href, report.link) if may_see else ()))
        return self._missing(
            "The progress of the practice must be accepted first.",
            "Accept the progress",
            "funding:accept_progress",
            (P.WORK_REFERRALS,),
            referral=referral,
            stage=stage.pk,
        )

    def _missing(
        self,
        text: str,
        link: str,
        url: str,
        permissions: tuple[str, ...],
        in_general: str = "",
        **kwargs: Any,
    ) -> Missing:
        if self.user is None or not any(self.user.may(each) for each in permissions):
            return Missing(text, in_general=in_general)
        return Missing(text, reverse(url, kwargs=kwargs), link, in_general)


def missing(stage: PaymentStage, commitment: Commitment) -> str:
    """The same for one stage and one commitment, in sentences; empty when it is open."""
    return " ".join(each.text for each in Gate([commitment]).missing(stage, commitment))

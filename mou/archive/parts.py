"""What the archive of a whole case holds: each topic adds its part, and says which models it covers.

A part is a function of the referral and of the person who asks; it reads rows by ``visible_to(viewer)``, so that it
gives nobody more than the pages do. It answers None where it has nothing for this person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mou.archive import of_changes, of_delivery, of_money, of_mou, of_referral, of_suppliers, of_trail
from mou.archive.pages import Part
from resilience.referrals.models import Referral


@dataclass(frozen=True)
class Adds:
    """What a topic adds, and the models that are in it, by label."""

    part: Callable[[Referral, Any], Part | None]
    models: frozenset[str]


PARTS: list[Adds] = [
    Adds(
        of_referral.referral,
        frozenset(
            {
                "referrals.Referral",
                "referrals.ReferralPractice",
                "referrals.ReferralCategory",
                "referrals.PastSupport",
                "referrals.Attachment",
            }
        ),
    ),
    Adds(of_referral.messages, frozenset({"referrals.Message"})),
    Adds(
        of_referral.assessment,
        frozenset(
            {
                "assessments.Assessment",
                "assessments.Finding",
                "assessments.Placement",
                "assessments.ContinuingSupport",
                "assessments.SafetyEscalation",
            }
        ),
    ),
    Adds(of_referral.decision, frozenset({"decisions.Decision", "decisions.DecisionCategory"})),
    Adds(
        of_money.money,
        frozenset(
            {
                "funding.Commitment",
                "funding.Transfer",
                "funding.StageOpening",
                "funding.EvidenceEntry",
                "funding.Invoice",
                "funding.InvoiceLine",
            }
        ),
    ),
    Adds(of_money.bids, frozenset({"funding.Bid", "funding.BidLine", "funding.BidOutcome"})),
    Adds(
        of_mou.plan,
        frozenset({"mou.Plan", "mou.Objective", "mou.PlanAction", "mou.SupportService", "mou.Contribution"}),
    ),
    Adds(of_mou.drafts, frozenset({"mou.Draft", "mou.DraftComment"})),
    Adds(
        of_mou.agreements,
        frozenset({"mou.Agreement", "mou.Signature", "mou.Delegation", "mou.Notice", "mou.Ending"}),
    ),
    Adds(
        of_delivery.health_checks,
        frozenset({"mou.HealthCheck", "mou.HealthCheckAnswer", "mou.HealthCheckCorrection"}),
    ),
    Adds(
        of_delivery.progress,
        frozenset({"mou.ProgressReport", "mou.ReportStep", "mou.ProgressEntry", "mou.ProgressFile"}),
    ),
    Adds(of_delivery.review, frozenset({"mou.Review", "mou.ReviewOutcome", "mou.PracticeFeedback"})),
    Adds(
        of_changes.changes,
        frozenset({"mou.Proposal", "mou.ProposedChange", "mou.Dispute", "mou.DisputeStep"}),
    ),
    Adds(
        of_suppliers.suppliers,
        frozenset(
            {
                "mou.SupplierCase",
                "mou.SupplierVisit",
                "mou.CommitmentTick",
                "mou.Deliverable",
                "mou.DeliverableRound",
                "mou.RoundAnswer",
                "mou.DeliverablePart",
            }
        ),
    ),
    Adds(
        of_delivery.case_study,
        frozenset({"mou.CaseStudy", "mou.CaseStudyText", "mou.CaseStudyConsent", "mou.PublishedStudy"}),
    ),
    Adds(of_trail.trail, frozenset({"core.TrailEntry", "core.TrailReason"})),
]
"""In the order of the index."""

NOT_IN_IT: dict[str, str] = {
    "mou.SupplierFigure": "gathered by a supplier, often under a confidentiality agreement: its data pack is the file",
    "mou.SupplierConsent": "that it was given or taken back stands on the trail",
    "mou.DeliverableDate": "each new date stands on the trail, with its reason",
    "mou.NeedTag": "the supplier's marks for its report on themes, which names no practice",
    "mou.KeptWords": "the editor's checks of single words: what was published is there as it was",
    "referrals.Reminder": "that a reminder was sent stands on the trail",
    "mou.BulkCase": "that the MoU was issued stands on the trail; with which others is no fact of the case",
}
"""Models of a case that no part holds, and why."""

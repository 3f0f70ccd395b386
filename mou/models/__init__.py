"""The improvement plan, the wordings of the MoU, the agreement, its signatures."""

from mou.models.agreement import Agreement, Delegation, Signature
from mou.models.bulk import BulkCase, BulkIssue
from mou.models.case_studies import (
    CaseStudy,
    CaseStudyCategory,
    CaseStudyConsent,
    CaseStudyText,
    KeptWords,
    Naming,
    PublishedStudy,
)
from mou.models.changes import Proposal, ProposedChange
from mou.models.deliverables import (
    Deliverable,
    DeliverableDate,
    DeliverablePart,
    DeliverableRound,
    NeedTag,
    RoundAnswer,
)
from mou.models.delivery import (
    ProgressEntry,
    ProgressFile,
    ProgressReport,
    ReportSchedule,
    ReportStep,
)
from mou.models.disputes import Dispute, DisputeStep
from mou.models.drafts import Draft, DraftComment
from mou.models.ending import Ending, Notice
from mou.models.health_checks import (
    HealthCheck,
    HealthCheckAnswer,
    HealthCheckCorrection,
    HealthCheckStage,
    Question,
    Questionnaire,
    QuestionnaireSection,
)
from mou.models.plan import Contribution, Objective, Plan, PlanAction, SupportService
from mou.models.projects import (
    HighImpactAction,
    Horizon,
    Project,
    ProjectAction,
    ProjectPractice,
    ProjectProgress,
    ProjectRequirement,
)
from mou.models.reminders import SentReminder
from mou.models.review import PracticeFeedback, Review, ReviewOutcome
from mou.models.suppliers import (
    CommitmentItem,
    CommitmentTick,
    DeliverableKind,
    NeedTheme,
    SupplierCase,
    SupplierConsent,
    SupplierFigure,
    SupplierVisit,
)
from mou.models.wording import Appendix, Section, Template

__all__ = [
    "Agreement",
    "Appendix",
    "BulkCase",
    "BulkIssue",
    "CaseStudy",
    "CaseStudyCategory",
    "CaseStudyConsent",
    "CaseStudyText",
    "CommitmentItem",
    "CommitmentTick",
    "Contribution",
    "Delegation",
    "Deliverable",
    "DeliverableDate",
    "DeliverableKind",
    "DeliverablePart",
    "DeliverableRound",
    "Dispute",
    "DisputeStep",
    "Draft",
    "DraftComment",
    "Ending",
    "HealthCheck",
    "HealthCheckAnswer",
    "HealthCheckCorrection",
    "HealthCheckStage",
    "HighImpactAction",
    "Horizon",
    "KeptWords",
    "Naming",
    "NeedTag",
    "NeedTheme",
    "Notice",
    "Objective",
    "Plan",
    "PlanAction",
    "PracticeFeedback",
    "ProgressEntry",
    "ProgressFile",
    "ProgressReport",
    "Project",
    "ProjectAction",
    "ProjectPractice",
    "ProjectProgress",
    "ProjectRequirement",
    "Proposal",
    "ProposedChange",
    "PublishedStudy",
    "Question",
    "Questionnaire",
    "QuestionnaireSection",
    "ReportSchedule",
    "ReportStep",
    "Review",
    "ReviewOutcome",
    "RoundAnswer",
    "Section",
    "SentReminder",
    "Signature",
    "SupplierCase",
    "SupplierConsent",
    "SupplierFigure",
    "SupplierVisit",
    "SupportService",
    "Template",
]

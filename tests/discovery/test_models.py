"""Every model declares how it is reached, and its columns come in pairs."""

import pytest
from django.apps import apps
from django.db import models

from resilience.core.access import ScopedQuerySet

OURS = [
    model
    for model in apps.get_models()
    if model.__module__.split(".")[0] in ("resilience", "practices", "funding", "mou")
]

REACHED_OTHERWISE = {
    "TrailEntry": "shown through the timeline of a case in scope",
    "TrailReason": "words of a trail entry",
    "StoredFile": "reached from the record that points at it",
    "SavedView": "a person's own",
    "Export": "a person's own",
    "Attempt": "counts attempts to sign in",
    "Organisation": "public: who commissions what",
    "Person": "reached by who manages people, through their holdings",
    "RoleHolding": "reached through its person",
    "Invitation": "reached by who may grant what it offers",
    "MatrixVersion": "published for all",
    "MatrixCell": "published for all",
    "MatrixScore": "published for all",
    "RatingMeaning": "published for all",
    "CriteriaSet": "published for all",
    "Criterion": "published for all",
    "Programme": "published for all",
    "ProgrammeYear": "published for all",
    "MenuItem": "published for all",
    "Milestone": "published for all",
    "PaymentStage": "published for all",
    "ExcludedSpend": "published for all",
    "SpendCategory": "published for all",
    "ApprovalLimit": "reached through its person",
    "NarrativeThreshold": "a setting of the programme year, published for all",
    "ReportSchedule": "a setting of the programme year, published for all",
    "YearClosing": "a fact of the programme year, published for all",
    "BulkIssue": "a person's own",
    "Template": "published for all",
    "DeliverableKind": "a setting of the programme year, published for all",
    "CommitmentItem": "a setting of the programme year, published for all",
    "NeedTheme": "a setting of the programme year, published for all",
    "Section": "published for all",
    "Appendix": "published for all",
    "Questionnaire": "published for all",
    "QuestionnaireSection": "published for all",
    "Question": "published for all",
    "HealthCheckStage": "a setting of a payment stage, published for all",
    "HighImpactAction": "published for all",
    "ProjectRequirement": "a setting of the programme year, published for all",
    "ReferenceNumber": "a counter",
    "Reminder": "never shown",
    "SentReminder": "never shown",
    "CaseStudyCategory": "part of a text, reached from it",
    "ReferralCategory": "part of a referral, reached from it",
    "PastSupport": "part of a referral, reached from it",
    "DecisionCategory": "part of a decision, reached from it",
}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_is_scoped_or_says_why_not(model):
    scoped = isinstance(model._default_manager.all(), ScopedQuerySet)
    assert scoped != (model.__name__ in REACHED_OTHERWISE)
    if scoped:
        assert hasattr(model, "view_permission")
        assert (
            hasattr(model, "scoped_by")
            or hasattr(model, "scope")
            or "within" in vars(type(model.objects.all()))
        )


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_what_was_done_at_a_moment_was_done_by_someone(model):
    """``x_by`` never comes without ``x_at`` (or ``x_on``); and where both may be empty, a constraint pairs them."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    for name, field in fields.items():
        if not name.endswith("_by") or not isinstance(field, models.ForeignKey):
            continue
        stem = name.removesuffix("_by")
        moment = fields.get(f"{stem}_at") or fields.get(f"{stem}_on") or fields.get("received_at")
        assert moment is not None, f"{model.__name__}.{name} says who and not when"
        if field.null and moment.null and moment.name == f"{stem}_at":
            constraints = " ".join(str(each.deconstruct()) for each in model._meta.constraints)
            assert name in constraints, f"{model.__name__}.{name} and {moment.name} may come apart"

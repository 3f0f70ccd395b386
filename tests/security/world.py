"""The demonstration with an attack in everything a person typed, and marks on what some must never read."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import CharField, F, Field, Model, Q, TextField, Value
from django.db.models.functions import Concat, Substr

from funding.models import PaymentRun
from mou.case_studies.texts import PARTS
from mou.models import BulkIssue, Draft, Template
from practices.models import Organisation, Practice, RoleHolding, SupplierAssignment
from resilience.assessments.models import ContinuingSupport, Finding, Interest, Placement, SafetyEscalation
from resilience.core import integrity
from resilience.core.access import P
from resilience.core.models import SavedView, TrailReason
from resilience.programmes.models import ExcludedSpend, MatrixVersion, MenuItem, PaymentStage, ProgrammeYear
from resilience.referrals.models import Message, Referral
from tests.discovery.urls import Address

ATTACK = "=<q7 onx=1>\"'><script>q7()</script><img src=x onerror=q7()>{{7*7191}}{% load x %}"
OFFICE_MARK = "Zofficeonlyz"
"""In what the office keeps to itself."""
DRAFT_MARK = "Zdraftonlyz"
"""In what a practice has not sent yet."""

OURS = ("practices", "programmes", "referrals", "assessments", "decisions", "funding", "mou", "core")
NOT_TYPED = {
    "reference", "ods_code", "code", "postcode", "organisation_code", "password", "token_hash", "key", "hash",
    "previous_hash", "reason_digest", "digest", "salt", "act", "subject_type", "content_type", "sha256",
    "content_digest", "consent_sha256", "document_sha256", "html_sha256", "trail_hash", "page", "query", "field",
    "years", "html", "section", "about", "kind", "rows", "clause",
}  # fmt: skip
"""Texts that the service makes or checks to the letter. An MoU's html is made anew from what was typed."""
INTERNAL: dict[type[Model], dict[str, Q]] = {
    Message: {"text": Q(is_internal=True), "subject": Q(is_internal=True)},
    Finding: {"evidence": Q(), "source": Q()},
    Placement: {"scope_justification": Q(), "impact_justification": Q(), "review_reason": Q()},
    ContinuingSupport: {"comment": Q()},
    SafetyEscalation: {"why": Q(), "taken_note": Q()},
    Interest: {"nature": Q()},
    Referral: {"commissioner_statement": ~Q(state="draft")},
    TrailReason: {"words": Q(entry__is_internal=True)},
}
UNSENT: dict[type[Model], dict[str, Q]] = {
    Referral: {name: Q(state="draft") for name in ("contact_name", "issues", "support_wanted")},
}


def typed_fields(model: type[Model]) -> list[Field]:
    """The fields of ``model`` that hold words somebody typed."""
    return [
        each
        for each in model._meta.concrete_fields
        if type(each) in (CharField, TextField) and not each.choices and each.name not in NOT_TYPED
    ]


def _put(model: type[Model], name: str, mark: str, where: Q) -> int:
    """Puts the mark, the attack and the row's own number where a person typed something; cut to what fits."""
    rows = model._default_manager.filter(where).exclude(**{name: ""})
    attack: Any = Concat(Value(ATTACK[:1] + mark), F("pk"), Value(" " + ATTACK[1:]), output_field=TextField())
    longest = model._meta.get_field(name).max_length
    if longest and longest < 120:  # a short text: the tag alone
        attack = Concat(Value("=<q7 onx=1>" + mark), F("pk"), output_field=TextField())
        attack = Substr(attack, 1, longest)
    try:
        with transaction.atomic():
            return model._default_manager.filter(where).update(**{name: attack})
    except IntegrityError:  # a text that goes with something else stays empty without it
        return rows.update(**{name: attack})


def poison() -> list[str]:
    """Attacks everything typed that is not empty. The names of the fields that held nothing to attack."""
    integrity.drop_triggers()
    empty = []
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        for each in typed_fields(model):
            if not _put(model, each.name, "", Q()):
                empty.append(f"{model.__name__}.{each.name}")
    for marks, mark in ((INTERNAL, OFFICE_MARK), (UNSENT, DRAFT_MARK)):
        for model, fields in marks.items():
            for name, where in fields.items():
                _put(model, name, mark, where)
    return empty


# --- what an address may name, for a person ----------------------------------------------------


def _referrals(person: Any) -> list[Referral]:
    """One in each state, the person's own where they have any."""
    by_state: dict[str, Referral] = {}
    for each in Referral.objects.visible_to(person).order_by("pk"):
        by_state.setdefault(each.state, each)
    order = ("draft", "placed", "committed", "agreed", "supported", "under_assessment", "acknowledged")
    return sorted(by_state.values(), key=lambda each: order.index(each.state) if each.state in order else 99)


_OTHERWISE: dict[str, type[Model]] = {
    "assignment": SupplierAssignment, "holding": RoleHolding, "escalation": SafetyEscalation,
    "year": ProgrammeYear, "item": MenuItem, "stage": PaymentStage, "excluded": ExcludedSpend,
    "matrix": MatrixVersion, "supplier": Organisation, "pk": SavedView, "run": PaymentRun, "wording": Template,
    "bulk": BulkIssue, "mou_draft": Draft,
}  # fmt: skip
"""What an address calls otherwise than its model."""
_BY_PERMISSION: dict[str, str] = {"assignment": P.MANAGE_ORGANISATIONS}


def _model(name: str) -> type[Model]:
    """The model that an address means: ``finance_report`` is FinanceReport."""
    if name in _OTHERWISE:
        return _OTHERWISE[name]
    wanted = name.replace("_", "")
    ours = [
        each for each in apps.get_models() if each._meta.app_label in OURS
    ]  # an email has attachments too
    [found] = [each for each in ours if each.__name__.lower() == wanted]
    return found


_PARTS = ("contact", "practices", "support", "case", "files")


def things(person: Any, name: str, most: int) -> list[Any]:
    """Up to ``most`` values that an address may hold under ``name`` and that the person may see."""
    if name == "part":
        return list(_PARTS)
    if name == "study_part":
        return list(PARTS)
    if name == "token":
        return ["unknown"]
    if name == "section_number":
        return [1]
    if name == "referral":
        return [each.pk for each in _referrals(person)[:most]]
    if name == "ods_code":
        return list(Practice.objects.visible_to(person).values_list("ods_code", flat=True)[:1])
    model, permission = _model(name), _BY_PERMISSION.get(name)
    manager: Any = model._default_manager
    rows = manager.visible_to(person, permission) if hasattr(manager.all(), "visible_to") else manager.all()
    return list(rows.order_by("pk").values_list("pk", flat=True)[:most])


def paths(person: Any, address: Address, most: int = 4) -> Iterator[str]:
    """The address filled in with things of the person's own."""
    filled: list[dict[str, Any]] = [{}]
    for name in address.arguments:
        filled = [given | {name: value} for given in filled for value in things(person, name, most)]
    for given in filled[: most + 1]:
        yield address.fill(given)

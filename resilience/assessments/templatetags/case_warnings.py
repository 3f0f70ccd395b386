"""What everyone of the office must know on every page of a case: interests, and safety."""

from typing import Any

from django import template
from django.template.context import Context

from resilience.assessments.models import SafetyEscalation
from resilience.assessments.rules import interests_in_force
from resilience.core.access import P, allows
from resilience.referrals.models import Referral
from resilience.referrals.states import ACTS

register = template.Library()


@register.inclusion_tag("assessments/case_warnings.html", takes_context=True)
def case_warnings(context: Context, referral: Referral) -> dict[str, Any]:
    """Interests in force, open escalations, and the way to raise one; nothing for a practice."""
    user = context["user"]
    if not allows(user, P.VIEW_INTERNAL, referral):
        return {"is_office": False}
    interests = list(interests_in_force(referral))
    return {
        "is_office": True,
        "referral": referral,
        "own": [interest for interest in interests if interest.person_id == user.pk],
        "others": [interest for interest in interests if interest.person_id != user.pk],
        "escalations": list(
            SafetyEscalation.objects.visible_to(user)
            .filter(referral=referral, taken_at__isnull=True)
            .select_related("raised_by")
        ),
        "may_escalate": referral.state in ACTS["assessments.escalate"].moves,
    }

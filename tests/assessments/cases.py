"""Referrals brought as far as assessment, placement and decision, by the acts themselves."""

from typing import Any

from practices.models import Person
from resilience.assessments import actions
from resilience.assessments.models import Assessment, Placement
from resilience.core.access import Role
from resilience.decisions import actions as decisions
from resilience.decisions.models import Decision
from resilience.referrals.models import Referral
from resilience.referrals.states import State
from tests import factories as make


def officer() -> Person:
    return make.make_person(Role.PROGRAMME_OFFICER)


def approver() -> Person:
    return make.make_person(Role.APPROVER)


def started(referral: Referral | None = None, by: Person | None = None) -> Assessment:
    referral = referral or make.make_referral(state=State.ACKNOWLEDGED)
    return actions.start(by=by or officer(), referral=referral)


def findings(assessment: Assessment, concerns: dict[int, str] | None = None, default: str = "none") -> Any:
    """Every criterion at ``default``, but for ``concerns`` by number."""
    return {
        criterion: {
            "concern": (concerns or {}).get(criterion.number, default),
            "evidence": f"Evidence {criterion.number}",
            "source": "Visit",
        }
        for criterion in assessment.criteria_set.criteria.all()
    }


def assessed(
    referral: Referral | None = None, by: Person | None = None, concerns: dict[int, str] | None = None
) -> Assessment:
    by = by or officer()
    assessment = started(referral, by)
    actions.save_findings(by=by, assessment=assessment, findings=findings(assessment, concerns))
    return actions.complete(by=by, assessment=assessment)


def placed(
    referral: Referral | None = None,
    by: Person | None = None,
    scope: int = 4,
    impact: int = 4,
    concerns: dict[int, str] | None = None,
) -> Placement:
    by = by or officer()
    assessment = assessed(referral, by, concerns)
    return actions.place(
        by=by,
        referral=assessment.referral,
        scope=scope,
        impact=impact,
        scope_justification="Two partners leave.",
        impact_justification="A merger would secure 8,000 patients.",
    )


def supported(referral: Referral | None = None, pence: int = 5_000_00) -> Decision:
    placement = placed(referral)
    return decisions.support(
        by=approver(),
        referral=placement.referral,
        reason="In need.",
        amount=pence,
        categories=[placement.referral.year.menu.first()],
        letter="Dear Pat",
    )

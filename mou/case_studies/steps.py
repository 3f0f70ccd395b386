"""What a practice is asked next about its case study."""

from collections.abc import Iterable

from django.urls import reverse

from mou.models import CaseStudy
from resilience.referrals.following import Step
from resilience.referrals.models import Referral


def consent_steps(referrals: Iterable[Referral]) -> dict[int, Step]:
    """The case studies that wait for its consent, by referral id. One query."""
    rows = CaseStudy.objects.filter(
        referral__in=[row.pk for row in referrals], state=CaseStudy.State.ASKED
    ).values_list("referral", flat=True)
    return {
        referral: Step(
            "May we publish the case study of your support? You choose whether it names your practice.",
            "Read the case study",
            reverse("mou:consent_to_case_study", kwargs={"referral": referral}),
        )
        for referral in rows
    }

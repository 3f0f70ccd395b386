"""What other rooms are told of reports: which one a payment stage waits for."""

from collections.abc import Iterable, Mapping

from django.urls import reverse

from funding.stages.reported import Report
from mou.models import ProgressReport
from resilience.core.words import day

S = ProgressReport.State
_TEXTS: dict[str, str] = {
    S.DUE: "The progress report due on {} must be handed in and accepted first.",
    S.ASKED_AGAIN: "The progress report, asked for again by {}, must be handed in and accepted first.",
    S.HANDED_IN: "The progress report due on {} is handed in, and must be accepted first.",
}


def reports_of_stages(referrals: Iterable[int]) -> Mapping[tuple[int, int], Report]:
    """The report that is not accepted yet, by (stage id, referral id). One query."""
    rows = ProgressReport.objects.filter(
        referral__in=list(referrals), stage__isnull=False, state__in=list(_TEXTS)
    ).values_list("pk", "stage", "referral", "state", "due_on")
    return {
        (stage, referral): Report(
            _TEXTS[state].format(day(due_on)),
            reverse("mou:progress_report", kwargs={"progress_report": pk}),
            "Go to the report",
        )
        for pk, stage, referral, state, due_on in rows
    }

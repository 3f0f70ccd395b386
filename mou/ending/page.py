"""What the MoU tab says of notice and of the end, and the acts that this person may do or why not."""

from functools import partial
from typing import Any

from django.urls import reverse

from mou.ending import rules
from mou.ending.letters import about_money, giver
from mou.models import Agreement, Ending, Notice
from mou.plan import plans
from resilience.core.access import P, allows, why_not
from resilience.core.words import day

A = Agreement.State
ACTS = (
    ("give_notice", "Give notice to end it", rules.check_can_give_notice),
    (
        "give_notice_of_failure",
        "Give shorter notice, for failure to cooperate",
        rules.check_can_give_notice_of_failure,
    ),
    ("withdraw_notice", "Withdraw the notice", rules.check_can_withdraw_notice),
    ("terminate", "Record that the notice has run out", rules.check_can_terminate),
    ("end", "Record that the plan is delivered, and end it", partial(rules.check_can_end, is_delivered=True)),
)


def part(user: Any, agreement: Agreement) -> dict[str, Any]:
    """For ``mou/ending/part.html``; of an MoU that was signed."""
    ending = Ending.objects.filter(agreement=agreement).first()
    notice = None if ending else rules.standing_notice(agreement)
    plan = plans.plan_of(agreement.referral)
    return {
        "sentences": list(_sentences(agreement, notice, ending)),
        "reasons": [each for each in (notice.why if notice else "", ending.why if ending else "") if each],
        "exit_strategy": plan.exit_strategy if plan else "",
        "money": about_money(agreement.referral, _released(ending)) if notice or ending else "",
        "withdrawn": Notice.objects.filter(agreement=agreement, withdrawn_at__isnull=False).select_related(
            "withdrawn_by"
        ),
        **acts(user, agreement),
    }


def _released(ending: Ending | None) -> int | None:
    """Pence that went back when notice ended it; None for an end that releases nothing."""
    return sum(ending.released.values()) if ending and ending.how == Ending.How.NOTICE else None


def _sentences(agreement: Agreement, notice: Notice | None, ending: Ending | None) -> Any:
    if ending is not None:
        yield f"It ended on {day(ending.ended_on)}. {ending.get_how_display()}."
        for case in ending.supplier_cases.select_related("practice", "supplier").order_by("practice__name"):
            yield f"With it ended the support of {case.practice.name} by {case.supplier.name}."
        return
    if notice is not None:
        yield f"{giver(notice)} gave notice on {day(notice.given_on)}. It ends on {day(notice.ends_on)}."
        if notice.lmc_talked_on:
            yield (
                f"{notice.get_ground_display()}. Talked about with the Local Medical Committee "
                f"({notice.lmc_talked_with}) on {day(notice.lmc_talked_on)}."
            )
        return
    yield f"It is in force until {day(rules.end_date(agreement))}, or until the plan is delivered."


def acts(user: Any, agreement: Agreement) -> dict[str, Any]:
    """Links to what this person may do, and why not what their role could do at another time."""
    side = rules.side_of(user, agreement)
    is_officer = allows(user, P.PLAN_FOR_COMMISSIONER, agreement.referral)
    concerned = {
        "give_notice": bool(side) and agreement.state == A.SIGNED,
        "give_notice_of_failure": side == "commissioner" and agreement.state == A.SIGNED,
        "withdraw_notice": bool(side) and agreement.state == A.NOTICE,
        "terminate": is_officer and agreement.state == A.NOTICE,
        "end": is_officer and agreement.state in (A.SIGNED, A.NOTICE),
    }
    links, reasons = [], []
    for name, text, rule in ACTS:
        if not concerned[name]:
            continue
        said = why_not(rule, user, agreement)
        if said:
            reasons.append({"text": text, "why": said})
        else:
            links.append({"text": text, "href": reverse(f"mou:{name}", kwargs={"agreement": agreement.pk})})
    return {"acts": links, "acts_not": reasons}

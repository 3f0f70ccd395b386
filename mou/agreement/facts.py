"""What an MoU says of its case: parties, money, leads and plan, whatever the wording."""

from dataclasses import dataclass
from typing import Any

from funding.models import Commitment
from mou.agreement.rules import money_of
from mou.models import Contribution, Objective, Plan, PlanAction, SupportService
from mou.plan import plans
from practices.models import Organisation
from resilience.core.words import day, money
from resilience.referrals.models import Referral


@dataclass(frozen=True)
class Party:
    """One side of the MoU, or a practice of it, as named in section 1."""

    side: str
    name: str
    code: str
    address: list[str]


@dataclass(frozen=True)
class Support:
    category: str
    purpose: str
    practice: str
    route: str
    pence: int
    commitment: int = 0


@dataclass(frozen=True)
class PlanRows:
    """The plan and its rows; a sample that is on no record fills them just as well."""

    plan: Plan
    objectives: list[Objective]
    actions: list[PlanAction]
    services: list[SupportService]
    contributions: list[Contribution]


@dataclass(frozen=True)
class Facts:
    """Everything that the wording may ask for."""

    parties: list[Party]
    is_group: bool
    supplier: str
    support: list[Support]
    leads: list[dict[str, Any]]
    values: dict[str, str]
    rows: PlanRows


def listed(names: list[str]) -> str:
    """ "A, B and C"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def address_of(lines: str, *more: str) -> list[str]:
    return [line.strip() for line in (*lines.splitlines(), *more) if line.strip()]


def parties_of(referral: Referral, supplier: Organisation | None = None) -> list[Party]:
    """The commissioner, the practice that leads, the others, then the supplier where one signs."""
    commissioner = referral.commissioner or Organisation(name="", code="")
    parties = [_organisation("The commissioner", commissioner)]
    members = list(referral.practices.select_related("practice"))
    for member in members:
        side = "The practice"
        if len(members) > 1:
            side = "The practice that leads the group" if member.is_lead else "Practice of the group"
        address = address_of(member.practice.address, member.practice.postcode)
        parties.append(Party(side, member.name, member.ods_code, address))
    if supplier:
        parties.append(_organisation("The supplier, as operational partner", supplier))
    return parties


def _organisation(side: str, organisation: Organisation) -> Party:
    return Party(side, organisation.name, organisation.code, address_of(organisation.address))


def _route(commitment: Commitment) -> str:
    """How the money reaches the support, and by whom."""
    route = commitment.get_route_display()
    return f"{route}: {commitment.supplier.name}" if commitment.supplier else route


def _support(referral: Referral) -> list[Support]:
    promised = money_of(referral)
    names = dict(referral.practices.values_list("practice", "name"))
    return [
        Support(
            commitment.item.name,
            commitment.purpose,
            names.get(commitment.practice_id, commitment.practice.name),
            _route(commitment),
            promised[str(commitment.pk)],
            commitment.pk,
        )
        for commitment in referral.commitments.select_related("item", "practice", "supplier").order_by(
            "item__position", "pk"
        )
        if str(commitment.pk) in promised
    ]


def leads_of(plan: Plan, parties: list[Party]) -> list[dict[str, Any]]:
    """The three leads; each is found at the address of their side."""
    commissioner, practice = parties[0], parties[1] if parties[1:] else parties[0]
    return [
        {
            "title": plans.LEAD_TITLES[lead],
            "address": (practice if lead == "practice_lead" else commissioner).address,
        }
        | {(part.strip("_") or "name"): getattr(plan, lead + part) for part in plans.LEAD_PARTS}
        for lead in plans.LEADS
    ]


def of_money(support: list[Support]) -> dict[str, str]:
    """The fields that tell of the money."""
    return {
        "categories": listed(list(dict.fromkeys(each.category for each in support))),
        "money_total": money(sum(each.pence for each in support)),
    }


def of_plan(plan: Plan) -> dict[str, Any]:
    """The fields that the plan fills in."""
    return {
        "exit_strategy": plan.exit_strategy,
        "ends_on": day(plan.ends_on),
        **{lead: getattr(plan, lead) for lead in plans.LEADS},
    }


def facts_of(referral: Referral, plan: Plan, supplier: Organisation | None = None) -> Facts:
    """What this case puts into its MoU; ``supplier`` is a party to it where one is given."""
    parties, support = parties_of(referral, supplier), _support(referral)
    practices = [each for each in parties[1:] if not supplier or each is not parties[-1]]
    year = referral.year
    values = {
        "practice_names": listed([f"{each.name} ({each.code})" for each in practices]),
        "practice_name": next((each.name for each in practices), referral.lead_practice.name),
        "commissioner_name": parties[0].name,
        "supplier_name": supplier.name if supplier else "",
        "office_name": year.programme.owner.name,
        "programme_name": year.programme.name,
        "programme_year": year.name,
        "reference": referral.reference or "",
        **of_money(support),
        **of_plan(plan),
    }
    rows = PlanRows(
        plan,
        list(plan.objectives.all()),
        list(plan.actions.all()),
        list(plan.services.all()),
        list(Contribution.objects.filter(plan=plan)),
    )
    return Facts(
        parties, len(practices) > 1, values["supplier_name"], support, leads_of(plan, parties), values, rows
    )

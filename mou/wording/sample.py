"""A case that does not exist, to show how a wording reads to whoever may see no case. It is on no record."""

import datetime as dt

from mou.agreement.facts import Facts, Party, PlanRows, Support, leads_of, listed, of_money, of_plan
from mou.models import Contribution, Objective, Plan, PlanAction, SupportService, Template
from resilience.core.calendar import today

_PARTIES = (
    Party("The commissioner", "Example CCG", "00X", ["1 Example Square", "Exampleton", "EX1 1AA"]),
    Party("The practice", "Example Surgery", "X00001", ["2 Example Road", "Exampleton", "EX1 2AA"]),
)
_SUPPLIER = Party(
    "The supplier, as operational partner", "Example Change Partners", "8XX", ["3 Example Yard", "EX1 3AA"]
)


def sample_facts(template: Template) -> Facts:
    """What the example puts into a wording of this year and form."""
    year = template.year
    parties = [*_PARTIES, _SUPPLIER] if template.has_supplier else list(_PARTIES)
    route = f"Paid to a supplier: {_SUPPLIER.name}" if template.has_supplier else "Paid to the practice"
    support = [Support("Example category of support", "Help with rotas", "Example Surgery", route, 200_000)]
    rows = _rows(today())
    values = {
        "practice_names": listed([f"{each.name} ({each.code})" for each in parties[1:2]]),
        "practice_name": parties[1].name,
        "commissioner_name": parties[0].name,
        "supplier_name": _SUPPLIER.name if template.has_supplier else "",
        "office_name": year.programme.owner.name,
        "programme_name": year.programme.name,
        "programme_year": year.name,
        "reference": "EXAMPLE-0001",
        **of_money(support),
        **of_plan(rows.plan),
    }
    return Facts(parties, False, values["supplier_name"], support, leads_of(rows.plan, parties), values, rows)


def _rows(start: dt.date) -> PlanRows:
    soon, end = start + dt.timedelta(days=90), start + dt.timedelta(days=180)
    plan = Plan(
        exit_strategy="The practice keeps the new rota going with its own staff.",
        ends_on=end,
        has_case_study=True,
    )
    for lead, name in (
        ("practice_lead", "Pat Example"),
        ("operational_lead", "Olu Example"),
        ("strategic_lead", "Sam Example"),
    ):
        setattr(plan, lead, name)
        setattr(plan, f"{lead}_email", "example@example.nhs.uk")
        setattr(plan, f"{lead}_phone", "01632 960000")
    objective = Objective(
        heading=Objective.Heading.STABILITY,
        objective="Fill the two vacant posts",
        measure="Contracts signed",
        due_on=soon,
    )
    action = PlanAction(
        deliverable="A recruitment plan",
        action="Write it and run it",
        owner="Pat Example",
        resources="Two days",
        outcomes="Two new GPs",
        monitoring="Monthly",
        due_on=soon,
    )
    return PlanRows(
        plan,
        [objective],
        [action],
        [SupportService(service="Advice on recruitment", provider="Example team")],
        [
            Contribution(
                theme="Example category of support",
                commissioner_contribution="Advice",
                practice_contribution="Time of its staff",
            )
        ],
    )

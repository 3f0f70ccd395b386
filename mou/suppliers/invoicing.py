"""Why a supplier's money waits: what must be accepted before it can be invoiced. Told down to the room of money."""

from funding.models import Commitment
from mou.models import Deliverable, SupplierCase
from resilience.core.words import day

D = Deliverable.State
_WAITS = "it is handed in and waits for the officer’s answer"


def held_back(commitments: list[Commitment]) -> dict[int, str]:
    """By commitment id, of those whose practice is or was in the supplier's care for the case: what is missing, or "".

    Two queries.
    """
    cases: dict[tuple[int, int, int], SupplierCase] = {}
    rows = SupplierCase.objects.filter(
        referral__in={each.referral_id for each in commitments},
        supplier__in={each.supplier_id for each in commitments},
    )
    for case in rows.select_related("practice").order_by("pk"):
        cases[case.referral_id, case.practice_id, case.supplier_id] = case
    missing: dict[int, str] = {}
    waiting = Deliverable.objects.filter(supplier_case__in=cases.values(), kind__opens_invoice=True)
    for deliverable in waiting.select_related("kind").order_by("-kind__position"):
        case_id = deliverable.supplier_case_id
        missing.setdefault(case_id, "")
        if deliverable.state != D.ACCEPTED:
            missing[case_id] = _where_it_stands(deliverable)
    found = {}
    for each in commitments:
        held = cases.get((each.referral_id, each.practice_id, each.supplier_id or 0))
        if held is not None and held.pk in missing:
            said = missing[held.pk]
            found[each.pk] = f"For {held.practice.name}, {_end(held, said)}" if said else ""
    return found


def _where_it_stands(deliverable: Deliverable) -> str:
    standing = {
        D.DUE: f"it is due on {day(deliverable.due_on)}",
        D.HANDED_IN: _WAITS,
        D.ASKED_AGAIN: "the officer has asked for it again",
    }[D(deliverable.state)]
    return f"“{deliverable.kind.name}” must be accepted first: {standing}."


def _end(case: SupplierCase, said: str) -> str:
    name = said.partition("” ")[0]
    is_open = case.is_open or (case.ended_with_id is not None and said.endswith(f"{_WAITS}."))
    return said if is_open else f"{name}” was not accepted before the assignment ended."

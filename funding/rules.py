"""Who may move money, when, and how much."""

from collections.abc import Iterable
from typing import Any

from funding import ledger
from funding.commitments.rules import suppliers_for
from funding.invoices import claims
from funding.models import Allocation, Commitment
from funding.mou_status import InMou, in_mou
from funding.transfers import check_is_open
from practices.models import Organisation, Practice
from resilience.core import access
from resilience.core.access import Denied, P
from resilience.core.words import money
from resilience.decisions.models import Decision
from resilience.decisions.money import MoneyLeft, Part
from resilience.programmes.models import MenuItem, ProgrammeYear, SpendCategory
from resilience.referrals.models import Referral
from resilience.referrals.moves import check_act
from resilience.referrals.states import SIGNED, State, allowed_from


def commissioners_of(user: Any, year: ProgrammeYear) -> list[Organisation]:
    """The programme's owner and the commissioners below it for which ``user`` may set an allocation, by name."""
    return commissioners_by_year(user, [year])[year.pk]


def commissioners_by_year(user: Any, years: Iterable[ProgrammeYear]) -> dict[int, list[Organisation]]:
    """The same for several years, by id, in as many queries as for one."""
    rows = Organisation.objects.visible_to(user, P.SET_ALLOCATIONS).filter(
        kind__in=(Organisation.Kind.LOCAL_OFFICE, *Organisation.COMMISSIONERS), closed_on__isnull=True
    )
    parents = dict(Organisation.objects.values_list("pk", "parent_id"))

    def is_below(pk: int | None, owner: int) -> bool:
        while pk is not None and pk != owner:
            pk = parents.get(pk)
        return pk is not None

    return {year.pk: [each for each in rows if is_below(each.pk, year.programme.owner_id)] for year in years}


def check_can_set_allocation(user: Any, year: ProgrammeYear, commissioner: Organisation) -> None:
    """A finance lead whose scope holds the commissioner, for the programme's owner or a commissioner below it."""
    reach = user.reach(P.SET_ALLOCATIONS)
    if not (reach.everything or commissioner.pk in reach.commissioners):
        raise Denied(f"Your role does not let you set allocations for {commissioner.name}.")
    node: Organisation | None = commissioner
    while node is not None and node.pk != year.programme.owner_id:
        node = node.parent
    if node is None:
        raise Denied(f"{commissioner.name} is not part of {year}.")


def check_category(year: ProgrammeYear, category: SpendCategory | None) -> None:
    """A year with categories of spend has no money without one, and knows no other year's."""
    if category is None and year.spend_categories.exists():
        raise Denied("Choose the category of spend.")
    if category is not None and category.year_id != year.pk:
        raise Denied(f"“{category.name}” is not a category of spend of {year}.")


def check_can_take(allocation: Allocation, amount: int) -> None:
    """The cap: what is taken never passes what is left. Ask it with the allocation locked."""
    check_is_open(allocation)
    left = ledger.of_allocation(allocation).uncommitted
    if amount > left:
        raise Denied(
            f"{money(amount)} is more than is left: {allocation.name} has {money(left)} "
            f"uncommitted in {allocation.year}. Enter {money(left)} or less, or ask finance for more."
        )


def allocations_for(referral: Referral) -> list[Allocation]:
    """The allocations that may pay for a referral: its year's and its commissioner's at receipt, a category each."""
    return list(
        Allocation.objects.select_related("commissioner", "category", "year__programme").filter(
            year=referral.year_id, commissioner=referral.commissioner_id
        )
    )


def choose_allocation(referral: Referral, chosen: Allocation | None) -> Allocation:
    """The one that was chosen, or the only one there is. Raises Denied otherwise."""
    possible = allocations_for(referral)
    if chosen is None and len(possible) == 1:
        return possible[0]
    if chosen is None:
        raise Denied("Choose the category of spend that pays for this.")
    if chosen not in possible:
        raise Denied(f"{chosen} does not pay for referrals of {referral.commissioner} in {referral.year}.")
    return chosen


def granted(referral: Referral) -> Decision | None:
    """The decision to support, whose amount caps the commitments."""
    return Decision.objects.filter(referral=referral, outcome=Decision.Outcome.SUPPORTED).first()


def still_to_commit(referral: Referral) -> int:
    """Pence granted by the decision and not yet committed."""
    decision = granted(referral)
    if decision is None:
        return 0
    promised = sum(figures.promised for figures in ledger.of_commitments(referral.commitments.all()).values())
    return decision.amount - promised


def money_left(referral: Referral) -> MoneyLeft | None:
    """What a decision needs to know of the allocation that would pay for ``referral``."""
    allocations = allocations_for(referral)
    if not allocations:
        return None
    by_allocation = ledger.of_allocations(allocations)
    figures = ledger.total(by_allocation.values())
    others = list(
        Decision.objects.filter(
            outcome=Decision.Outcome.SUPPORTED,
            referral__year=referral.year_id,
            referral__commissioner=referral.commissioner_id,
            referral__state__in=(State.SUPPORTED, State.COMMITTED),
        ).exclude(referral=referral)
    )
    commitments = Commitment.objects.filter(referral__in=[each.referral_id for each in others])
    owner = dict(commitments.values_list("pk", "referral_id"))
    promised: dict[int, int] = {}
    for pk, each in ledger.of_commitments(commitments).items():
        promised[owner[pk]] = promised.get(owner[pk], 0) + each.promised
    granted = sum(max(each.amount - promised.get(each.referral_id, 0), 0) for each in others)
    parts = [
        Part(each.category.name, by_allocation[each.pk].allocated, by_allocation[each.pk].uncommitted)
        for each in allocations
        if each.category
    ]
    return MoneyLeft(
        allocations[0].commissioner.name, figures.allocated, figures.uncommitted, granted, tuple(parts)
    )


def check_can_commit(user: Any, referral: Referral) -> None:
    """Officer or finance lead, on a supported referral, while part of what was granted is uncommitted.

    Once the MoU is signed, while it is in force and under no notice.
    """
    check_act(user, referral, "funding.commit")
    if why := in_mou([referral.pk])[referral.pk].why_no_more:
        raise Denied(why)
    possible = allocations_for(referral)
    if not possible:
        raise Denied(f"{referral.commissioner} has no allocation in {referral.year}. Ask finance to set one.")
    check_is_open(possible[0])
    if still_to_commit(referral) <= 0:
        raise Denied("All that the decision granted is committed.")


def check_can_commit_this(referral: Referral, allocation: Allocation, item: MenuItem, amount: int) -> None:
    """The decision's category and amount, then the allocation's cap. Ask it with both locked."""
    decision = granted(referral)
    if decision is None or not decision.categories.filter(item=item).exists():
        raise Denied(f"The decision did not grant “{item.name}”. Choose a category that it granted.")
    left = still_to_commit(referral)
    if amount > left:
        raise Denied(f"{money(amount)} is more than the decision leaves to commit: {money(left)}.")
    check_can_take(allocation, amount)


def check_can_receive(
    referral: Referral, practice: Practice, route: str, supplier: Organisation | None
) -> None:
    """Money goes to a practice of the referral; by a supplier only where that is the route, and then by one."""
    if not referral.practices.filter(practice=practice).exists():
        raise Denied(f"{practice.name} is not part of this referral.")
    if (route == Commitment.Route.SUPPLIER) != (supplier is not None):
        raise Denied(
            "Choose the supplier." if supplier is None else "A supplier is named on the supplier route only."
        )
    if supplier is not None and supplier not in suppliers_for(referral):
        raise Denied(f"{supplier.name} is not an open supplier for {referral.commissioner}: choose another.")


def check_can_release(
    user: Any,
    commitment: Commitment,
    figures: ledger.Figures | None = None,
    promised: InMou | None = None,
) -> None:
    """What is committed and not yet payable may go back to the allocation, unless an MoU in force promises it."""
    access.check(user, P.COMMIT, commitment)
    referral = commitment.referral
    if referral.state not in allowed_from("funding.release"):
        raise Denied("Money is released while it is committed, or once the MoU has ended.")
    promised = promised or in_mou([referral.pk])[referral.pk]
    if referral.state == State.AGREED and commitment.pk in promised.named:
        raise Denied(
            "The signed MoU promises this money to the practice. To release it, the MoU must end first."
        )
    if (figures or ledger.of_commitment(commitment)).committed <= 0:
        raise Denied("Nothing of this commitment is left to release.")


def check_can_pay(
    user: Any, commitment: Commitment, figures: ledger.Figures | None = None, claimed: int | None = None
) -> None:
    """Finance pays by hand what is payable, and no more: what invoices or payment runs claim is paid by a run."""
    access.check(user, P.PAY, commitment)
    figures = figures or ledger.of_commitment(commitment)
    payable = figures.payable
    if payable <= 0 and figures.paid and not figures.committed:
        raise Denied("All of this commitment is paid.")
    if payable <= 0:
        first = (
            "its stages say what they wait for"
            if commitment.referral.state in SIGNED
            else "the MoU must be signed by both sides first"
        )
        raise Denied(f"Nothing of this commitment is payable yet: {first}.")
    if claimed is None:
        claimed = claims.claimed([commitment])[commitment.pk]
    if claimed >= payable:
        raise Denied(f"All that is payable ({money(payable)}) is on invoices or in a payment run.")


def check_can_pay_this(commitment: Commitment, amount: int, *, is_claimed: bool) -> None:
    """Within what is payable and, unless a payment run claims the amount itself, not claimed. Ask it locked."""
    payable = ledger.of_commitment(commitment).payable
    if amount > payable:
        raise Denied(f"{money(amount)} is more than is payable: {money(payable)}.")
    claimed = 0 if is_claimed else claims.claimed([commitment])[commitment.pk]
    if amount > payable - claimed:
        raise Denied(
            f"{money(amount)} is more than can be paid by hand: {money(max(payable - claimed, 0))}. "
            f"{money(claimed)} of the {money(payable)} payable is on invoices or in a payment run."
        )


def check_can_take_back(
    user: Any, commitment: Commitment, account: str = "paid", figures: ledger.Figures | None = None
) -> None:
    """Withholding, reversing and clawing back are finance's, as paying is; there must be something to take."""
    access.check(user, P.PAY, commitment)
    if getattr(figures or ledger.of_commitment(commitment), account) <= 0:
        raise Denied(f"Nothing of this commitment is {account}.")


def check_can_reverse(user: Any, commitment: Commitment) -> None:
    """What was paid by hand: what a payment run paid comes back by its line."""
    check_can_take_back(user, commitment, "paid")
    if claims.paid_by_runs([commitment])[commitment.pk] >= ledger.of_commitment(commitment).paid:
        raise Denied("A payment run paid this. Record on the payment below that it came back.")


def check_can_withhold(
    user: Any, commitment: Commitment, figures: ledger.Figures | None = None, in_runs: int | None = None
) -> None:
    """What is payable and in no payment run."""
    check_can_take_back(user, commitment, "payable", figures)
    payable = (figures or ledger.of_commitment(commitment)).payable
    if in_runs is None:
        in_runs = claims.in_runs([commitment])[commitment.pk]
    if in_runs >= payable:
        raise Denied("All that is payable is in a payment run. Take it out of the run first.")

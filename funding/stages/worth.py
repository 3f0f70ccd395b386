"""What each payment stage is worth to each commitment of a referral, in whole pence. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from funding.models import Commitment
from resilience.programmes.models import PaymentStage

Amounts = dict[tuple[int, int], int]
"""Pence by (stage id, commitment id)."""


def worth(
    stages: Sequence[PaymentStage],
    commitments: Sequence[Commitment],
    promised: Mapping[int, int],
    made: Mapping[tuple[int, int], int] | None = None,
) -> Amounts:
    """The pence of every stage for every commitment of one referral.

    ``promised`` is what each commitment is worth in all; ``made`` what already became payable, which stays. A fixed
    sum counts once for each practice and fills its commitments in their order; shares are of what is then left of a
    commitment, and the last takes the odd penny. The sum of a commitment never passes what it promised.
    """
    already = dict(made or {})
    stages = sorted(stages, key=lambda stage: stage.position)
    commitments = sorted(commitments, key=lambda each: each.pk)
    left = {each.pk: promised[each.pk] for each in commitments}
    for (_, pk), pence in already.items():
        if pk in left:
            left[pk] -= pence
    amounts = _fixed(stages, commitments, already, left)
    for commitment in commitments:
        amounts |= _shares(stages, commitment, promised[commitment.pk], amounts, already, left)
    return amounts


def stage_amounts(stages: Sequence[PaymentStage], total: int) -> dict[int, int]:
    """The same by stage id, for one commitment of ``total`` pence and nothing payable yet."""
    alone = Commitment(pk=0)
    return {stage: pence for (stage, _), pence in worth(stages, [alone], {0: total}).items()}


def _fixed(
    stages: Sequence[PaymentStage],
    commitments: Sequence[Commitment],
    made: Amounts,
    left: dict[int, int],
) -> Amounts:
    amounts: Amounts = {}
    for stage in stages:
        if stage.amount is None:
            continue
        to_give = {each.practice_id: stage.amount for each in commitments}
        for each in commitments:
            to_give[each.practice_id] -= made.get((stage.pk, each.pk), 0)
        for each in commitments:
            key = (stage.pk, each.pk)
            if key in made:
                amounts[key] = made[key]
                continue
            amounts[key] = max(0, min(to_give[each.practice_id], left[each.pk]))
            to_give[each.practice_id] -= amounts[key]
            left[each.pk] -= amounts[key]
    return amounts


def _shares(
    stages: Sequence[PaymentStage],
    commitment: Commitment,
    promised: int,
    fixed: Amounts,
    made: Amounts,
    left: dict[int, int],
) -> Amounts:
    pk = commitment.pk
    shares = [stage for stage in stages if stage.per_cent is not None]
    shared = promised - sum(pence for (_, of), pence in fixed.items() if of == pk)
    amounts: Amounts = {}
    for stage in shares:
        key = (stage.pk, pk)
        if key in made:
            amounts[key] = made[key]
            continue
        share = int(shared * Decimal(stage.per_cent or 0) / 100)
        amounts[key] = max(0, min(share, left[pk]))
        left[pk] -= amounts[key]
    is_whole = sum(Decimal(stage.per_cent or 0) for stage in shares) >= 100
    if shares and is_whole and left[pk] > 0 and (shares[-1].pk, pk) not in made:
        amounts[shares[-1].pk, pk] += left[pk]
        left[pk] = 0
    return amounts

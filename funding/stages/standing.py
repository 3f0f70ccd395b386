"""Where each stage of each commitment stands: its worth, what became payable and was paid, what it waits for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from funding import ledger
from funding.models import Commitment, Kind, Transfer
from funding.stages.gate import Gate, Missing
from funding.stages.worth import worth
from resilience.programmes.models import PaymentStage
from resilience.referrals.states import State

RUNNING = (State.COMMITTED, State.AGREED, State.ENDED)
"""States of a referral in which money may become payable."""


@dataclass(frozen=True)
class Standing:
    """One stage of one commitment, in pence. ``paid`` fills the stages in the order they became payable."""

    stage: PaymentStage
    commitment: Commitment
    worth: int
    made: Transfer | None
    paid: int
    unpaid: int
    missing: list[Missing]

    @property
    def withheld(self) -> int:
        """Became payable and was withheld since."""
        return self.worth - self.paid - self.unpaid if self.made else 0

    @property
    def is_due(self) -> bool:
        """Open, worth something, and not made payable yet."""
        return self.made is None and self.worth > 0 and not self.missing

    @property
    def waits_for(self) -> str:
        """What is missing, in sentences; nothing once it became payable or where it is worth nothing."""
        if self.made is not None or not self.worth:
            return ""
        return " ".join(each.text for each in self.missing)

    @property
    def state(self) -> str:
        """In words."""
        if self.made is None:
            if not self.worth:
                return "Nothing of this stage"
            return "Waits" if self.missing else "Open"
        if self.unpaid:
            return "Payable" if not self.paid else "Paid in part"
        return "Paid" if self.paid else "Withheld"


def standings(commitments: Iterable[Commitment], user: Any = None) -> dict[int, list[Standing]]:
    """Every stage of the year for each commitment, by its id; links in what is missing are for ``user``.

    The same number of queries, however many commitments.
    """
    asked = [each.pk for each in commitments]
    referrals = Commitment.objects.filter(pk__in=asked).values("referral")
    rows = list(
        Commitment.objects.filter(referral__in=referrals)
        .select_related("referral", "practice")
        .order_by("pk")
    )
    stages: dict[int, list[PaymentStage]] = defaultdict(list)
    for stage in PaymentStage.objects.filter(year__in={each.referral.year_id for each in rows}):
        stages[stage.year_id].append(stage)
    transfers = Transfer.objects.filter(commitment__in=rows)
    kinds = ledger.by_kind(transfers, "commitment")
    figures = ledger.of_commitments(rows)
    made: dict[tuple[int, int], Transfer] = {}
    for transfer in transfers.filter(kind=Kind.MAKE_PAYABLE, stage__isnull=False).order_by("id"):
        key = (transfer.stage_id or 0, transfer.commitment_id or 0)
        if key in made:  # one that was opened in parts is one, at its first day
            made[key].amount += transfer.amount
        else:
            made[key] = transfer
    gate = Gate(rows, user)
    of_referral: dict[int, list[Commitment]] = defaultdict(list)
    for each in rows:
        of_referral[each.referral_id].append(each)
    wanted = set(asked)
    found: dict[int, list[Standing]] = {}
    for together in of_referral.values():
        promised = {
            each.pk: ledger.ever_promised(kinds[each.pk]) if each.pk in kinds else 0 for each in together
        }
        ids = set(promised)
        opened = {key: transfer.amount for key, transfer in made.items() if key[1] in ids}
        amounts = worth(stages[together[0].referral.year_id], together, promised, opened)
        for each in together:
            if each.pk in wanted:
                paid = kinds[each.pk][Kind.PAY] - kinds[each.pk][Kind.REVERSE] if each.pk in kinds else 0
                found[each.pk] = _of_one(
                    each, stages[each.referral.year_id], amounts, made, gate, paid, figures[each.pk].payable
                )
    return found


def _of_one(
    commitment: Commitment,
    stages: list[PaymentStage],
    amounts: dict[tuple[int, int], int],
    made: dict[tuple[int, int], Transfer],
    gate: Gate,
    paid: int,
    payable: int,
) -> list[Standing]:
    shares: dict[int, tuple[int, int]] = {}
    mine = {stage.pk: made[stage.pk, commitment.pk] for stage in stages if (stage.pk, commitment.pk) in made}
    for stage_pk, transfer in sorted(mine.items(), key=lambda item: item[1].pk):
        was_paid = min(transfer.amount, paid)
        unpaid = min(transfer.amount - was_paid, payable)
        shares[stage_pk] = (was_paid, unpaid)
        paid, payable = paid - was_paid, payable - unpaid
    return [
        Standing(
            stage,
            commitment,
            amounts[stage.pk, commitment.pk],
            mine.get(stage.pk),
            *shares.get(stage.pk, (0, 0)),
            gate.missing(stage, commitment),
        )
        for stage in stages
    ]


def _sum(of: QuerySet[Transfer], **filters: Any) -> Coalesce:
    sums = of.order_by().values("commitment").annotate(pence=Sum("amount", **filters)).values("pence")
    return Coalesce(Subquery(sums), 0)


def unpaid(transfers: QuerySet[Transfer]) -> QuerySet[Transfer]:
    """Of what became payable by a stage: the entries of which some is payable still. Agrees with ``Standing``."""
    same = Transfer.objects.filter(commitment=OuterRef("commitment"))
    return (
        transfers.filter(kind=Kind.MAKE_PAYABLE, stage__isnull=False)
        .annotate(
            before=_sum(same.filter(kind=Kind.MAKE_PAYABLE, stage__isnull=False, pk__lt=OuterRef("pk"))),
            was_paid=_sum(same, filter=Q(kind=Kind.PAY)),
            was_reversed=_sum(same, filter=Q(kind=Kind.REVERSE)),
            came=_sum(same, filter=Q(credit="payable")),
            went=_sum(same, filter=Q(debit="payable")),
        )
        .annotate(
            net_paid=F("was_paid") - F("was_reversed"),
            payable_now=F("came") - F("went"),
        )
        .filter(
            Q(payable_now__gt=0),
            Q(net_paid__lt=F("before") + F("amount")),
            Q(payable_now__gt=F("before") - F("net_paid")),
        )
    )


def became_payable(stage: PaymentStage) -> Exists:
    """Of a commitment: money became payable under ``stage``."""
    return Exists(Transfer.objects.filter(commitment=OuterRef("pk"), stage=stage, kind=Kind.MAKE_PAYABLE))


def still_to_pay(stage: PaymentStage) -> Exists:
    """Of a commitment: some of what became payable under ``stage`` is not paid."""
    return Exists(unpaid(Transfer.objects.filter(commitment=OuterRef("pk"), stage=stage)))


def still_payable(commitments: QuerySet[Commitment]) -> dict[PaymentStage, int]:
    """Stages of which some is payable still → how many of these commitments. Two queries."""
    rows = unpaid(Transfer.objects.filter(commitment__in=commitments)).order_by()
    found = dict(rows.values_list("stage").annotate(count=Count("commitment", distinct=True)))
    stages = PaymentStage.objects.filter(pk__in=found).select_related("year__programme")
    return {stage: found[stage.pk] for stage in stages.order_by("-year__starts_on", "position")}

"""The emails about the end of an MoU: what happened, what follows for the money, and where to read it."""

from funding import ledger
from mou.agreement.letters import tell
from mou.models import Ending, Notice, SupplierCase
from mou.people import holders
from mou.plan import plans
from mou.post import emails
from resilience.core.access import P
from resilience.core.words import day, money
from resilience.referrals.models import Referral

Side = Notice.Side


def giver(notice: Notice) -> str:
    """The side that gave notice, by name."""
    referral = notice.agreement.referral
    return referral.lead_practice.name if notice.side == Side.PRACTICE else str(referral.commissioner)


def about_money(referral: Referral, released: int | None = None) -> str:
    """Where the money of a case stands, in sentences; ``released`` is what went back just now, if it is known."""
    sums = ledger.total(ledger.of_commitments(referral.commitments.all()).values())
    said = [f"{money(sums.paid)} was paid and stays with you."] if sums.paid else ["Nothing was paid."]
    if sums.payable:
        said.append(f"{money(sums.payable)} is payable: it can still be invoiced and will be paid.")
    if released is not None:
        said.append(f"{money(released)} that was committed and not payable yet was released.")
    elif sums.committed:
        said.append(f"{money(sums.committed)} is committed and not payable yet.")
    return " ".join(said)


def about_suppliers(referral: Referral) -> list[str]:
    """Which practices are with a supplier until the MoU ends, a sentence each."""
    cases = SupplierCase.objects.filter(referral=referral).open().select_related("practice", "supplier")
    return [
        f"With it ends the support of {case.practice.name} by {case.supplier.name}. The supplier is told by email."
        for case in cases.order_by("practice__name")
    ]


def notice_given(notice: Notice) -> None:
    """Tell both sides until when the MoU runs, why where a reason was given, and what follows for the money."""
    agreement = notice.agreement
    referral = agreement.referral
    name = referral.lead_practice.name
    said = []
    if notice.lmc_talked_on:
        said.append(
            f"Notice is given because the practice failed to cooperate. It was talked about with the Local Medical "
            f"Committee ({notice.lmc_talked_with}) on {day(notice.lmc_talked_on)}. The reason:"
        )
    if notice.why:
        said.append(notice.why)
    said.append(
        f"{giver(notice)} may withdraw the notice before that day. "
        "When the MoU ends, what is committed and not payable by then is released. What is payable is still paid."
    )
    tell(
        agreement,
        f"Notice to end the Memorandum of Understanding of {name}",
        f"{giver(notice)} gave notice on {day(notice.given_on)} to end the Memorandum of Understanding between "
        f"{referral.commissioner} and {name}. It ends on {day(notice.ends_on)}, and is in force until then.",
        of_case=[*said, about_money(referral)],
        also=emails(holders(P.SIGN_FOR_COMMISSIONER, referral)),
    )


def notice_withdrawn(notice: Notice) -> None:
    """Tell both sides that the MoU goes on."""
    agreement = notice.agreement
    referral = agreement.referral
    name = referral.lead_practice.name
    tell(
        agreement,
        f"The notice to end the Memorandum of Understanding of {name} was withdrawn",
        f"{giver(notice)} withdrew the notice that it gave on {day(notice.given_on)}. The Memorandum of "
        "Understanding goes on as it stood.",
        of_case=["The reason:", notice.withdrawn_why],
        also=emails(holders(P.SIGN_FOR_COMMISSIONER, referral)),
    )


def terminated(ending: Ending, notice: Notice) -> None:
    """Tell both sides, and finance, what was released and what is still paid."""
    agreement = ending.agreement
    referral = agreement.referral
    name = referral.lead_practice.name
    tell(
        agreement,
        f"The Memorandum of Understanding of {name} has ended",
        f"The Memorandum of Understanding between {referral.commissioner} and {name} ended on "
        f"{day(ending.ended_on)}, after the notice that {giver(notice)} gave on {day(notice.given_on)}.",
        of_case=[about_money(referral, sum(ending.released.values()))],
        also=emails(holders(P.SET_ALLOCATIONS, referral)),
    )


def ended(ending: Ending) -> None:
    """Tell both sides, and finance, that it ended as agreed, what comes after it, and what money is left."""
    agreement = ending.agreement
    referral = agreement.referral
    name = referral.lead_practice.name
    plan = plans.plan_of(referral)
    how = "when its plan was delivered" if ending.how == Ending.How.DELIVERED else "on the date agreed"
    said = []
    if ending.why:
        said.append(ending.why)
    if plan and plan.exit_strategy:
        said.append(f"What happens now (exit strategy): {plan.exit_strategy}")
    said.append(about_money(referral))
    if ledger.total(ledger.of_commitments(referral.commitments.all()).values()).committed:
        said.append(
            "What is committed and not payable stays until its stage opens or the commissioner releases it."
        )
    tell(
        agreement,
        f"The Memorandum of Understanding of {name} has ended",
        f"The Memorandum of Understanding between {referral.commissioner} and {name} ended on "
        f"{day(ending.ended_on)}, {how}.",
        of_case=said,
        also=emails(holders(P.SET_ALLOCATIONS, referral)),
    )

"""A stage in words."""

from resilience.core.words import day, money
from resilience.programmes.models import PaymentStage


def share(stage: PaymentStage) -> str:
    """ "£1,000" or "33.33%"."""
    return f"{stage.per_cent.normalize():f}%" if stage.per_cent is not None else money(stage.amount)


def opens(stage: PaymentStage) -> str:
    """What opens it, its date, and whether it waits for the MoU."""
    found = f"on {day(stage.opens_on)}" if stage.opens_on else stage.get_opens_display()
    if stage.due_on:
        found += f", due by {day(stage.due_on)}"
    return f"{found}; also before the MoU is signed" if stage.pays_before_mou else found

"""What the page of a programme year shows: each part in words, and whether it may be changed."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import timezone

from resilience.core.access import why_not
from resilience.core.words import day as said_day
from resilience.core.words import moment, money, plural
from resilience.programmes import rules, spending
from resilience.programmes.models import Milestone, PaymentStage, ProgrammeYear


def parts_of(user: Any, year: ProgrammeYear) -> dict[str, Any]:
    """Context of the year's page."""
    menu = list(year.menu.all())
    return {
        "dates": _rows(
            ("Year", f"{said_day(year.starts_on)} to {said_day(year.ends_on)}"),
            ("Self-referrals open", _opening(year)),
            ("Self-referrals close", moment(year.closes_at)),
        ),
        "clocks": _rows(
            ("Acknowledge within", plural(year.acknowledge_within, "working day")),
            ("Decide within", plural(year.decide_within, "working day")),
            ("Remind", f"{plural(year.due_soon_within, 'working day')} before it is due"),
        ),
        "contact": _rows(
            ("Contact", year.contact_name),
            ("Email", year.contact_email),
            ("Telephone", year.contact_phone or "None"),
        ),
        "questions": _rows(
            ("Groups", "Practices may refer themselves as a group" if year.allows_groups else "One practice"),
            ("Support had before", "Asked" if year.asks_past_support else "Not asked"),
            ("Bids", "Practices bid, line by line" if year.takes_bids else "None"),
        ),
        "judging": _rows(
            (
                "Before a decision",
                "Assessed and placed on the matrix" if year.is_assessed else "No assessment, no matrix",
            ),
            ("Criteria", year.criteria_set or "None"),
            ("Matrix", year.matrix or "None"),
        ),
        "letters": _rows(("First letter", year.acknowledgement_subject), ("Decision", year.decision_subject)),
        "menu": [
            {"row": item, "is_first": at == 0, "is_last": at == len(menu) - 1} for at, item in enumerate(menu)
        ],
        "milestones": [{"row": each, "figure": _figure(each)} for each in year.milestones.all()],
        "stages": [{"row": each, "share": _share(each), "opens": _opens(each)} for each in year.stages.all()],
        "stages_denied": why_not(rules.check_can_change_stages, user, year),
        "categories": [
            {"name": each.name, "share": f"{said_share(each.indicative_share)}%"}
            for each in year.spend_categories.all()
        ],
        "categories_denied": why_not(spending.check_can_change_categories, user, year),
        "slippage": _rows(
            (
                "Slippage",
                f"Uncommitted money may move from {said_day(year.slippage_from)}"
                if year.slippage_from
                else "None",
            )
        ),
        "excluded": year.excluded_spend.all(),
    }


def _rows(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"key": {"text": key}, "value": {"text": str(value)}} for key, value in pairs]


def _opening(year: ProgrammeYear) -> str:
    """A year that opens as its day begins needs no time of day."""
    at = timezone.localtime(year.opens_at)
    return said_day(at) if at.time() == dt.time() else moment(at)


def _figure(milestone: Milestone) -> str:
    """ "75% of the allocation paid", "4 case studies sent"; nothing without a figure."""
    if not milestone.measure:
        return ""
    words = milestone.get_measure_display()
    return f"{milestone.target}{words.replace('per cent', '%') if 'per cent' in words else f' {words}'}"


def said_share(per_cent: Decimal) -> str:
    """ "100", "33.33": no noughts at the end."""
    return f"{per_cent.normalize():f}"


def _share(stage: PaymentStage) -> str:
    return f"{said_share(stage.per_cent)}%" if stage.per_cent is not None else money(stage.amount)


def _opens(stage: PaymentStage) -> str:
    opens = said_day(stage.opens_on) if stage.opens_on else stage.get_opens_display()
    if stage.due_on:
        opens += f", by {said_day(stage.due_on)}"
    return f"{opens}, also before the MoU is signed" if stage.pays_before_mou else opens

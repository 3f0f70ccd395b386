"""How the product says money, dates, days left and numbers: one wording for screen, email, sheet and PDF."""

import datetime as dt

from django.utils import timezone

from resilience.core.calendar import today, working_days_between

RATINGS = {
    "G": "support first",
    "A/G": "high priority",
    "A": "medium priority",
    "A/R": "low priority",
    "R": "little to gain",
    "B": "no case for support",
}


def money(pence: int | None) -> str:
    """Pence as "£2,000", "£2,000.50" or "-£20"; nothing for None. Raises TypeError for anything not whole pence."""
    if pence is None or pence == "":
        return ""
    if not isinstance(pence, int) or isinstance(pence, bool):
        raise TypeError("money is whole pence")
    pounds, rest = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}£{pounds:,}" + (f".{rest:02}" if rest else "")


def _date(value: dt.date | dt.datetime) -> dt.date:
    """A moment becomes its date in England."""
    if isinstance(value, dt.datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value


def day(value: dt.date | dt.datetime | None) -> str:
    """ "5 October 2018"; nothing for None."""
    if not value:
        return ""
    value = _date(value)
    return f"{value.day} {value:%B %Y}"


def shortday(value: dt.date | dt.datetime | None) -> str:
    """ "3 Sep", and "3 Sep 2017" in another year than this; nothing for None."""
    if not value:
        return ""
    value = _date(value)
    year = "" if value.year == today().year else f" {value.year}"
    return f"{value.day} {value:%b}{year}"


def moment(value: dt.datetime | None) -> str:
    """ "5 October 2018, 4:05pm" in England's time; nothing for None."""
    if not value:
        return ""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{day(local)}, {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def within(sentence: str) -> str:
    """How it goes on after other words: "start the plan" of "Start the plan"."""
    return sentence[:1].lower() + sentence[1:]


def plural(count: int, word: str = "") -> str:
    """ "1 referral", "1,204 referrals"; give both words for an odd plural: "inquiry,inquiries"."""
    one, _, many = word.partition(",")
    chosen = one if count == 1 else many or f"{one}s"
    return f"{count:,} {chosen}" if word else f"{count:,}"


def working_days_left(due: dt.date | dt.datetime | None) -> str:
    """ "3 working days left", "due today", "2 working days overdue", counted in England's working days."""
    if not due:
        return ""
    due, now = _date(due), today()
    if due == now:
        return "due today"
    days = working_days_between(now, due)
    if due > now:
        return f"{plural(days, 'working day')} left" if days else "due before the next working day"
    return f"{plural(-days, 'working day')} overdue" if days else "overdue"


def percent(part: float | None, whole: float | None = None) -> str:
    """A fraction, or a part of a whole, as "45%". Never says 0% or 100% of what is not quite so."""
    if part is None or (whole is not None and not whole):
        return "–"
    fraction = part / whole if whole is not None else part
    hundredths = round(fraction * 100)
    if hundredths == 100 and fraction < 1:
        return "over 99%"
    if hundredths == 0 and fraction > 0:
        return "under 1%"
    return f"{hundredths}%"


def rating(code: str | None, words: str = "") -> str:
    """A priority rating with its meaning, "A/G: high priority"; ``words`` are the matrix version's own."""
    if not code:
        return ""
    return f"{code}: {words or RATINGS[code]}"

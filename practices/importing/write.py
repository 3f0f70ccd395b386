"""A plan, written in a handful of statements. Called inside the act's transaction."""

from itertools import groupby

from django.db import connection
from django.utils import timezone

from practices.importing.bulk import put
from practices.importing.plan import OrganisationRow, Plan, PracticeRow
from practices.models import ListSize, Membership, Organisation, Practice, PracticeChange

_Ids = dict[tuple[str, str], int]


def write(plan: Plan, source: str) -> None:
    """Write every row of ``plan``; ``source`` names the files, for the changes' record."""
    organisations = _write_organisations(plan.organisations)
    commissioners = {code: pk for (kind, code), pk in organisations.items() if kind == Organisation.Kind.CCG}
    localities = {
        code: pk for (kind, code), pk in organisations.items() if kind == Organisation.Kind.LOCALITY
    }
    put(
        Practice,
        PracticeRow._fields,
        [(*row[:8], commissioners.get(row[8]), localities.get(row[9]), *row[10:]) for row in plan.practices],
        over=["ods_code"],
    )
    practices = dict(Practice.objects.order_by().values_list("ods_code", "pk"))
    fields = ("practice", "organisation", "is_locality", "joined_on", "left_on")
    held, fresh = [], []
    for pk, code, organisation, is_locality, joined, left in plan.memberships:
        belongs_to = (localities if is_locality else commissioners)[organisation]
        row = (practices[code], belongs_to, is_locality, joined, left)
        if pk:
            held.append((pk, *row))
        else:
            fresh.append(row)
    put(Membership, ("id", *fields), held, over=["id"])
    put(Membership, fields, fresh)
    put(
        ListSize,
        ("practice", "on", "patients", "source"),
        [(practices[row.code], row.on, row.patients, row.source) for row in plan.list_sizes],
        over=["practice", "on"],
    )
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    put(
        PracticeChange,
        ("practice", "field", "before", "after", "source", "recorded_at"),
        [
            (practices[code], field, before, after, source[:120], now)
            for code, field, before, after in plan.changes
        ],
    )


def _write_organisations(rows: list[OrganisationRow]) -> _Ids:
    """Ids by (kind, code), commissioners of either kind under "ccg"; parents come before their children."""
    ids: _Ids = {}
    for pk, kind, code in Organisation.objects.order_by("pk").values_list("pk", "kind", "code"):
        ids[Organisation.Kind.CCG if kind in Organisation.COMMISSIONERS else kind, code] = pk
    for _, level in groupby(rows, key=lambda row: row.kind):
        changed: list[Organisation] = []
        fresh: list[Organisation] = []
        for row in level:
            parent = ids[row.parent] if row.parent else None
            made = Organisation(
                pk=row.pk, kind=row.kind, code=row.code, name=row.name, parent_id=parent,
                address=row.address, closed_on=row.closed_on,
            )  # fmt: skip
            (changed if row.pk else fresh).append(made)
        Organisation.objects.bulk_update(changed, ["name", "parent", "address", "closed_on"], batch_size=200)
        for made in Organisation.objects.bulk_create(fresh):
            ids[made.kind, made.code] = made.pk
    return ids

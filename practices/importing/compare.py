"""Published files against what is on record: the plan of what an import would write."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Max

from practices.importing import columns, records
from practices.importing.columns import REGISTER_KINDS, Recognised, recognise
from practices.importing.organisations import Organisations
from practices.importing.plan import (
    ChangeRow,
    Line,
    LineKind,
    ListSizeRow,
    MembershipRow,
    Plan,
    PracticeRow,
)
from practices.importing.records import PracticeRecord
from practices.importing.unpack import Unreadable
from practices.models import ListSize, Membership, Organisation, Practice
from resilience.core.calendar import today
from resilience.core.words import day, plural

Kind = Organisation.Kind
Status = Practice.Status
PATIENTS_SOURCE = "Registered patients"
_LISTED = (Status.ACTIVE, Status.WITHOUT_PATIENTS)
_ONE_DAY = dt.timedelta(days=1)
_COMPARED = ("name", "address", "postcode", "phone", "status", "opened_on", "closed_on")
_IN_WORDS = {"phone": "telephone", "opened_on": "opened", "closed_on": "closed"}
# Names of their own day first: today's list of commissioners has overwritten the old ones.
_READ_IN_ORDER = (
    columns.PAYMENTS,
    columns.LOCALITIES,
    columns.COMMISSIONERS,
    columns.REGISTER,
    columns.LIST_SIZES,
)


def plan_import(files: Iterable[tuple[str, bytes]]) -> Plan:
    """The plan for files (name, content) imported together.

    Raises Unreadable when one cannot be taken, two are of one kind, or the register is older than ours.
    """
    found = [recognise(name, content, REGISTER_KINDS) for name, content in files]
    if not found:
        raise Unreadable("No file was given.")
    comparison = Comparison()
    for kind in _READ_IN_ORDER:
        same = [file for file in found if file.kind is kind]
        if len(same) > 1 and kind is not columns.LIST_SIZES:
            raise Unreadable(
                f"{same[0].name} and {same[1].name} are both {kind.words}: import them one after the other."
            )
        for file in same:
            getattr(comparison, f"_read_{kind.key}")(file)
    return comparison.finish()


def _text(value: object) -> str:
    if isinstance(value, dt.date):
        return day(value)
    return ", ".join(str(value or "").splitlines())


class Comparison:
    """What is on record, changed step by step as the files are read; the difference is the plan."""

    def __init__(self) -> None:
        self.plan = Plan()
        self.rejected = records.RejectedRows()
        self.organisations = Organisations()
        self._load()
        self.after = dict(self.before)
        self.in_register: set[str] = set()
        self.other_settings: set[str] = set()
        self.locality_rows: tuple[str, list[records.LocalityRecord]] = ("", [])
        self.list_size_files: list[Recognised] = []

    def _load(self) -> None:
        codes = self.organisations.codes
        self.before: dict[str, PracticeRow] = {}
        fields = [*PracticeRow._fields[:8], "commissioner_id", "locality_id", "list_size", "list_size_on"]
        for row in Practice.objects.order_by().values_list(*fields).iterator(chunk_size=5000):
            commissioner, locality = (codes[pk] if pk else "" for pk in row[8:10])
            self.before[row[0]] = PracticeRow._make([*row[:8], commissioner, locality, *row[10:]])
        self.current: dict[tuple[str, bool], MembershipRow] = {}
        members = Membership.objects.order_by().values_list(
            "pk", "practice__ods_code", "organisation_id", "is_locality", "joined_on", "left_on"
        )
        for pk, code, organisation, is_locality, joined, left in members.iterator(chunk_size=5000):
            row = MembershipRow(pk, code, codes[organisation], is_locality, joined, left)
            held = self.current.get((code, is_locality))
            if held is None or (held.left_on and (left is None or row.since > held.since)):
                self.current[code, is_locality] = row

    # The ODS register.

    def _read_register(self, file: Recognised) -> None:
        earlier = later = 0
        for record in records.practices(file, self.rejected, set(self.before)):
            self.plan.counts["read"] += 1
            if record is None:
                self.plan.counts["not_practices"] += 1
                continue
            if record.code in self.before:
                held = self._latest_on_record(record.code)
                earlier += record.latest < held
                later += record.latest > held
            self._take(record)
        if earlier > later:
            raise Unreadable(
                f"{file.name} is older than the register on record: it would take {plural(earlier, 'practice')} back "
                "to an earlier day. Import releases in the order they were published."
            )

    def _latest_on_record(self, code: str) -> dt.date:
        row, member = self.before[code], self.current.get((code, False))
        days = [row.opened_on, row.closed_on, *((member.joined_on, member.left_on) if member else ())]
        return max(filter(None, days), default=dt.date.min)

    def _take(self, record: PracticeRecord) -> None:
        self.in_register.add(record.code)
        if not record.is_gp:
            self.other_settings.add(record.code)
        held = self.before.get(record.code)
        self.after[record.code] = PracticeRow(
            record.code, record.name, record.address, record.postcode, record.phone, record.status,
            record.opened_on, record.closed_on, record.commissioner or (held.commissioner if held else ""),
            *(held[9:] if held else ()),
        )  # fmt: skip
        if record.commissioner:
            if record.is_gp:
                self.organisations.place(record.commissioner, record.office, record.region)
            self._join(record)

    def _join(self, record: PracticeRecord) -> None:
        held = self.current.get((record.code, False))
        if held and held.organisation == record.commissioner:
            joined = record.joined_on or held.joined_on
            if held.joined_on and joined != held.joined_on:
                self._change(record.code, "joined_commissioner_on", held.joined_on, joined)
            if (joined, record.left_on) != (held.joined_on, held.left_on):
                self.plan.memberships.append(held._replace(joined_on=joined, left_on=record.left_on))
            return
        joined = record.joined_on
        if held:
            joined = joined or today()
            if held.left_on is None:
                last = max(held.joined_on or dt.date.min, joined - _ONE_DAY)
                self.plan.memberships.append(held._replace(left_on=last))
            left, entered = map(self.organisations.named, (held.organisation, record.commissioner))
            self._line(LineKind.MOVED, record.code, f"from {left} to {entered} on {day(joined)}")
        self.plan.memberships.append(
            MembershipRow(None, record.code, record.commissioner, False, joined, record.left_on)
        )

    # Names of organisations.

    def _read_payments(self, file: Recognised) -> None:
        self.organisations.take_names(file, file.rows)

    def _read_commissioners(self, file: Recognised) -> None:
        self.organisations.take_details(records.commissioners(file, self.rejected))

    # Localities.

    def _read_localities(self, file: Recognised) -> None:
        rows = list(file.rows)
        self.organisations.take_names(file, rows)
        file.rows = iter(rows)
        self.locality_rows = file.name, list(records.localities(file, self.rejected))

    def _place_in_localities(self) -> None:
        (name, found), older = self.locality_rows, 0
        for record in found:
            self.plan.counts["read"] += 1
            if record.code not in self.after:
                self._not_on_record(name, record.row, record.code)
                continue
            held = self.current.get((record.code, True))
            now = held.organisation if held and held.left_on is None else ""
            if record.locality == now:
                continue
            if held and record.on < held.since:
                older += 1
                continue
            if held and now:
                last = max(held.joined_on or dt.date.min, record.on - _ONE_DAY)
                self.plan.memberships.append(held._replace(left_on=last))
            if record.locality:
                self.plan.memberships.append(
                    MembershipRow(None, record.code, record.locality, True, record.on, None)
                )
                self.organisations.place_locality(record, self.after[record.code].commissioner)
            self.after[record.code] = self.after[record.code]._replace(locality=record.locality)
            words = self.organisations.named(record.locality, Kind.LOCALITY) if record.locality else "none"
            if now:
                words = f"from {self.organisations.named(now, Kind.LOCALITY)} to {words}"
            self._line(LineKind.LOCALITY, record.code, f"{words}, from {day(record.on)}")
        if older:
            self.plan.notes.append(
                f"{name} is older than the locality on record of {plural(older, 'practice')}: "
                "those were left as they are."
            )

    # List sizes.

    def _read_list_sizes(self, file: Recognised) -> None:
        self.list_size_files.append(file)

    def _take_list_sizes(self, file: Recognised) -> None:
        found = list(records.list_sizes(file, self.rejected))
        days = {record.on for record in found}
        held = {
            (code, on): patients
            for code, on, patients in ListSize.objects.filter(on__in=days)
            .order_by()
            .values_list("practice__ods_code", "on", "patients")
        }
        for record in found:
            self.plan.counts["read"] += 1
            if record.code not in self.after:
                self._not_on_record(file.name, record.row, record.code)
                continue
            self._extract[record.code] = max(record.on, self._extract.get(record.code, record.on))
            self._sizes[record.code, record.on] = record.patients
            row = self.after[record.code]
            if row.list_size_on is None or record.on >= row.list_size_on:
                self.after[record.code] = row._replace(list_size=record.patients, list_size_on=record.on)
            if held.get((record.code, record.on)) == record.patients:
                continue
            source = f"{PATIENTS_SOURCE}, {day(record.on)}"
            self.plan.list_sizes.append(ListSizeRow(record.code, record.on, record.patients, source))
            before = f"{row.list_size:,} → " if row.list_size is not None else ""
            self._line(LineKind.LIST_SIZE, record.code, f"{before}{record.patients:,} on {day(record.on)}")

    def _load_extracts(self) -> None:
        """The last extract each practice is in, and who had nobody in it."""
        ours = ListSize.objects.filter(source__startswith=PATIENTS_SOURCE).order_by()
        self._extract = dict(ours.values_list("practice__ods_code").annotate(Max("on")))
        self._sizes = dict.fromkeys(ours.filter(patients=0).values_list("practice__ods_code", "on"), 0)

    def _tell_who_has_patients(self) -> None:
        """An active practice missing from the last extract that covers its commissioner has no patients."""
        covered: dict[str, dt.date] = {}
        for code, on in self._extract.items():
            commissioner = self.after[code].commissioner
            covered[commissioner] = max(on, covered.get(commissioner, on))
        for code, row in self.after.items():
            if row.status not in _LISTED:
                continue
            extract = covered.get(row.commissioner)
            mine = self._extract.get(code)
            if extract and mine == extract:
                has_patients = bool(self._sizes.get((code, mine), 1))
            elif extract and not (row.opened_on and row.opened_on > extract):
                has_patients = False
            elif code in self.in_register:
                has_patients = code not in self.other_settings
            else:
                continue
            status = Status.ACTIVE if has_patients else Status.WITHOUT_PATIENTS
            if status != row.status:
                self.after[code] = row._replace(status=status)

    # The difference.

    def finish(self) -> Plan:
        self._load_extracts()
        for file in self.list_size_files:
            self._take_list_sizes(file)
        self._place_in_localities()
        self._tell_who_has_patients()
        for code, row in self.after.items():
            self._compare(code, self.before.get(code), row)
        needed = {row.commissioner for row in self.plan.practices if row.commissioner}
        self.plan.organisations = self.organisations.finish(needed)
        self.plan.lines += self.organisations.lines
        self.plan.notes += self.organisations.notes
        self.plan.rejected = list(self.rejected)
        return self.plan

    def _compare(self, code: str, before: PracticeRow | None, after: PracticeRow) -> None:
        if before == after:
            self.plan.counts["unchanged"] += 1
            return
        self.plan.practices.append(after)
        if before is None:
            words = Status(after.status).label
            if after.commissioner:
                words += f", {self.organisations.named(after.commissioner)}"
            self._line(LineKind.NEW, code, words)
            return
        said = []
        for name in _COMPARED:
            was, now = getattr(before, name), getattr(after, name)
            if was == now:
                continue
            if name == "status":
                was, now = Status(was).label, Status(now).label
            self._change(code, name, was, now)
            said.append(f"{_IN_WORDS.get(name, name)}: {_text(was) or 'none'} → {_text(now) or 'none'}")
        if not said:
            return
        statuses = {before.status, after.status}
        if after.status == Status.CLOSED and before.status != Status.CLOSED:
            self._line(LineKind.CLOSED, code, f"closed on {day(after.closed_on)}; {'; '.join(said)}")
        elif statuses == set(_LISTED) and len(said) == 1:
            self._line(LineKind.PATIENTS, code, said[0])
        else:
            self._line(LineKind.CHANGED, code, "; ".join(said))

    def _change(self, code: str, name: str, before: object, after: object) -> None:
        self.plan.changes.append(ChangeRow(code, name, _text(before)[:400], _text(after)[:400]))

    def _line(self, kind: LineKind, code: str, words: str) -> None:
        self.plan.lines.append(Line(kind, code, self.after[code].name, words))

    def _not_on_record(self, file: str, row: int, code: str) -> None:
        self.rejected.append(records.Rejected(file, row, f"{code} is not a practice on record"))

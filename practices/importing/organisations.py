"""Regions, offices, commissioners and localities that an import needs, names or places."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from practices.importing.columns import Recognised
from practices.importing.plan import Line, LineKind, OrganisationRow
from practices.importing.records import CommissionerRecord, LocalityRecord, names
from practices.models import Organisation
from resilience.core.words import day, plural

Kind = Organisation.Kind
_LEVELS = (Kind.REGION, Kind.LOCAL_OFFICE, Kind.CCG, Kind.ICB, Kind.LOCALITY)


class Organisations:
    """Made when a practice needs them; named only while they have no name but their code; and put under
    another only while they are under none: what an administrator set stays.

    Keys are (kind, code); a commissioner of either kind has the kind "ccg" in its key.
    """

    def __init__(self) -> None:
        self.codes: dict[int, str] = {}
        self.held: dict[tuple[str, str], OrganisationRow] = {}
        self.touched: set[tuple[str, str]] = set()
        self.lines: list[Line] = []
        self.notes: list[str] = []
        self._names: dict[tuple[str, str], str] = {}
        self._details: dict[str, CommissionerRecord] = {}
        self._offices: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._regions: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._localities: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._load()

    def _load(self) -> None:
        keys: dict[int, tuple[str, str]] = {}
        fields = ("pk", "kind", "code", "name", "parent_id", "address", "closed_on")
        rows = list(Organisation.objects.order_by("pk").values_list(*fields))
        for pk, kind, code, *_ in rows:
            keys[pk] = (Kind.CCG if kind in Organisation.COMMISSIONERS else kind, code)
            self.codes[pk] = code
        for pk, kind, code, name, parent, address, closed in rows:
            row = OrganisationRow(pk, kind, code, name, keys.get(parent), address, closed)
            self.held[keys[pk]] = row

    def named(self, code: str, kind: str = Kind.CCG) -> str:
        """Name and code, as the import will leave them."""
        held = self.held.get((kind, code))
        name = held.name if held and held.name != code else self._names.get((kind, code), "")
        return f"{name} ({code})" if name else code

    def take_names(self, file: Recognised, rows: Iterable[tuple[int, list[str]]]) -> None:
        """Names from a file with headings; the first one given for a code stands."""
        for _, row in rows:
            for kind, code, name in names(file, row):
                self._names.setdefault((kind, code), name)

    def take_details(self, found: Iterable[CommissionerRecord]) -> None:
        """Names, addresses and closing days from the list of commissioners."""
        for record in found:
            self._names.setdefault((Kind.CCG, record.code), record.name)
            self._details[record.code] = record

    def place(self, commissioner: str, office: str, region: str) -> None:
        """A row of the register says where its commissioner belongs; the most rows decide."""
        self._offices[commissioner][office] += 1
        self._regions[office][region] += 1

    def place_locality(self, record: LocalityRecord, commissioner: str) -> None:
        """A practice of ``commissioner`` is in this locality; the commissioner the file names goes first."""
        self._names.setdefault((Kind.LOCALITY, record.locality), record.locality_name)
        in_file = record.commissioner if (Kind.CCG, record.commissioner) in self.held else ""
        self._localities[record.locality][in_file or commissioner] += 1

    def finish(self, commissioners: set[str]) -> list[OrganisationRow]:
        """Every organisation to write, those above before those below."""
        for code in sorted(commissioners):
            self._hold(Kind.CCG, code)
        for code, offices in sorted(self._offices.items()):
            self._place_commissioner(code, offices.most_common(1)[0][0])
        for code, parents in sorted(self._localities.items()):
            self._hold(Kind.LOCALITY, code)
            if parent := parents.most_common(1)[0][0]:
                self._adopt((Kind.LOCALITY, code), (Kind.CCG, parent))
        self._name_the_nameless()
        unused = sum((Kind.CCG, code) not in self.held for code in self._details)
        if unused:
            self.notes.append(f"{plural(unused, 'commissioner')} without a practice on record: left out.")
        rows = [self.held[key] for key in self.touched]
        return sorted(rows, key=lambda row: (_LEVELS.index(Kind(row.kind)), row.code))

    def _place_commissioner(self, code: str, office: str) -> None:
        if office and self._adopt((Kind.CCG, code), (Kind.LOCAL_OFFICE, office)):
            region = self._regions[office].most_common(1)[0][0]
            if region:
                self._adopt((Kind.LOCAL_OFFICE, office), (Kind.REGION, region))

    def _hold(self, kind: str, code: str) -> OrganisationRow:
        key = (kind, code)
        if key not in self.held:
            self.held[key] = OrganisationRow(None, kind, code, self._names.get(key, code))
            self.touched.add(key)
            self._line(self.held[key], "new")
        return self.held[key]

    def _adopt(self, child: tuple[str, str], parent: tuple[str, str]) -> bool:
        """Is the child under the parent now? One that has another parent stays where it was put."""
        row = self._hold(*child)
        if row.parent is None:
            above = self._hold(*parent)
            self.held[child] = row._replace(parent=parent)
            if child not in self.touched:
                self._line(row, f"belongs to {above.name}")
            self.touched.add(child)
            return True
        return row.parent == parent

    def _name_the_nameless(self) -> None:
        for key, row in list(self.held.items()):
            changed, name = row, self._names.get(key)
            if name and row.name == row.code and name != row.code:
                changed = changed._replace(name=name)
                self._line(changed, "named; it had only its code")
            if key[0] == Kind.CCG and (detail := self._details.get(row.code)):
                if detail.closed_on and not row.closed_on:
                    changed = changed._replace(closed_on=detail.closed_on)
                    if row.pk:
                        self._line(changed, f"closed on {day(detail.closed_on)}")
                if not row.address and detail.address:
                    changed = changed._replace(address=detail.address)
            if changed != row:
                self.held[key] = changed
                self.touched.add(key)

    def _line(self, row: OrganisationRow, words: str) -> None:
        self.lines.append(Line(LineKind.ORGANISATION, row.code, row.name, f"{Kind(row.kind).label}: {words}"))

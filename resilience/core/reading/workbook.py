"""An .xlsx workbook as rows of cells, read straight from its XML.

Why not openpyxl: a page of someone's money wants the digits as the file holds them, hidden rows, and in one
pass the formula that has no result; it must stand workbooks of other makers whose styles are not to the letter;
and it must start at once and stop early. Nothing is allocated by what a file says of its size.
"""

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from xml.parsers import expat

from resilience.core.reading.cells import Cell
from resilience.core.reading.lines import LONGEST_CELL, TALLEST, Book, Line, Sheet, check_size, too_many_cells
from resilience.core.reading.unpack import BROKEN, Unreadable, open_zip

_PIECE = 256 * 1024
_MOST_MARKS = 2_400_000  # of "<": four make a cell with a value, and each takes time
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_PERCENT_FORMATS = frozenset([9, 10])


def open_book(name: str, content: bytes) -> Book:
    """The sheets of a workbook, unread. Raises Unreadable, now or while a sheet is read."""
    return _Package(name, open_zip(name, content)).book()


def _what_else(members: Iterable[str]) -> str:
    """What a packed file is that is no workbook, and what to do: words for a sentence."""
    for folder, words in (
        ("xl/workbook.bin", "is a binary workbook (.xlsb): save it as .xlsx"),
        ("word/", "is a Word document: choose a spreadsheet"),
        ("ppt/", "is a presentation: choose a spreadsheet"),
        ("meta-inf/manifest.xml", "is an OpenDocument file: save it as .xlsx"),
        ("index/", "is a Numbers or Pages file: export it as .xlsx"),
    ):
        if any(member.startswith(folder) for member in members):
            return words
    return "is not a spreadsheet: choose an .xlsx or a .csv file"


class _Package:
    """The parts of a workbook and how they point to each other."""

    def __init__(self, name: str, archive: zipfile.ZipFile) -> None:
        self.name = name
        self.archive = archive
        self.members = {member.filename.lstrip("/").lower(): member for member in archive.infolist()}
        self.strings: list[str] = []
        self.looks: list[str] = []
        self.marks = 0

    def damaged(self) -> Unreadable:
        return Unreadable(f"{self.name} is damaged: open it in Excel, save it again as .xlsx, and use that.")

    def parse(self, path: str, reader: "_Reader") -> Iterator[None]:
        """Feed a part to ``reader``, pausing after each piece."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self.refuse_declarations
        parser.CharacterDataHandler = reader.characters

        def first(name: str, attributes: dict[str, str]) -> None:
            """Some makers write each name with the prefix of the root: it goes; a part mostly has none."""
            prefix, colon, _ = name.rpartition(":")
            start, end, prefix = reader.start, reader.end, prefix + colon
            if prefix:
                parser.StartElementHandler = lambda name, given: start(name.removeprefix(prefix), given)
                parser.EndElementHandler = lambda name: end(name.removeprefix(prefix))
            else:
                parser.StartElementHandler, parser.EndElementHandler = start, end
            start(name.removeprefix(prefix), attributes)

        parser.StartElementHandler = first
        try:
            with self.archive.open(self.members[path.lower()]) as part:
                while piece := part.read(_PIECE):
                    self.marks += piece.count(b"<")
                    if self.marks > _MOST_MARKS:
                        raise Unreadable(too_many_cells(self.name))
                    parser.Parse(piece, False)
                    yield
                parser.Parse(b"", True)
                yield
        except (Unreadable, MemoryError):
            raise
        except expat.ExpatError as error:
            if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
                raise MemoryError from None
            raise self.damaged() from None
        except (*BROKEN, KeyError, IndexError):
            raise self.damaged() from None

    def read(self, path: str, reader: "_Reader") -> None:
        for _ in self.parse(path, reader):
            pass

    def refuse_declarations(self, *_: object) -> None:
        raise Unreadable(
            f"{self.name} declares XML entities, which no spreadsheet needs: save it again in Excel, and use that."
        )

    def related(self, path: str) -> dict[str, tuple[str, str]]:
        """Where a part points: (kind, path) by id."""
        folder, file = posixpath.split(path)
        found = _Elements("Relationship")
        relations = posixpath.join(folder, "_rels", f"{file}.rels")
        if relations.lower() in self.members:
            self.read(relations, found)
        return {
            each.get("Id", ""): (
                each.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, each.get("Target", "")))[1:],
            )
            for _, each in found.found
            if each.get("TargetMode") != "External"
        }

    def book(self) -> Book:
        main = [path for kind, path in self.related("").values() if kind == "officeDocument"]
        if len(main) != 1 or main[0].lower() not in self.members or main[0].endswith(".bin"):
            raise Unreadable(f"{self.name} {_what_else(self.members)}.")
        found = _Elements("sheet", "workbookPr")
        self.read(main[0], found)
        if not any(name == "sheet" for name, _ in found.found):
            raise Unreadable(f"{self.name} {_what_else(self.members)}.")
        related = self.related(main[0])
        for kind, path in related.values():
            if kind == "styles" and path.lower() in self.members:
                self.looks = self.read_looks(path)
            elif kind == "sharedStrings" and path.lower() in self.members:
                strings = _Strings(self.name)
                self.read(path, strings)
                self.strings = strings.found
        since_1904 = any(
            name == "workbookPr" and each.get("date1904") in ("1", "true", "on") for name, each in found.found
        )
        sheets = []
        for name, each in found.found:
            kind, path = related.get(each.get("id", ""), ("", ""))
            if name == "sheet" and kind == "worksheet":
                sheets.append(
                    Sheet(
                        each.get("name", ""), each.get("state", "visible") != "visible", self.lines_of(path)
                    )
                )
        return Book(sheets, since_1904)

    def read_looks(self, path: str) -> list[str]:
        """What a number shown in each style is: number, date or percent."""
        found = _Looks()
        self.read(path, found)
        return [found.kind(number) for number in found.styles]

    def lines_of(self, path: str) -> Callable[[], Iterator[Line]]:
        def lines() -> Iterator[Line]:
            reader = _Lines(self)
            for _ in self.parse(path, reader):
                yield from reader.done
                reader.done.clear()

        return lines


class _Reader:
    """Handlers of one kind of part; names come without the prefix of the root."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def characters(self, text: str) -> None: ...


class _Elements(_Reader):
    """The attributes of all elements of some names."""

    def __init__(self, *wanted: str) -> None:
        self.wanted = wanted
        self.found: list[tuple[str, dict[str, str]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in self.wanted:
            plain = {key.rpartition(":")[2]: value for key, value in attributes.items()}
            self.found.append((name, plain))


class _Looks(_Reader):
    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.styles: list[str] = []
        self.inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self.codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self.inside = True
        elif name == "xf" and self.inside:
            self.styles.append(attributes.get("numFmtId", "0"))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self.inside = False

    def kind(self, number: str) -> str:
        if number in self.codes:
            code = re.sub(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', "", self.codes[number].lower())
            if re.search("[dmyhs]", code.replace("general", "")):
                return "date"
            return "percent" if "%" in code else "number"
        if not number.isdecimal():
            return "number"
        built_in = int(number)
        return (
            "date" if built_in in _DATE_FORMATS else "percent" if built_in in _PERCENT_FORMATS else "number"
        )


class _Text(_Reader):
    """Collects the text of what is open."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.pieces: list[str] | None = None

    def characters(self, text: str) -> None:
        if self.pieces is not None:
            self.pieces.append(text)

    def taken(self) -> str:
        pieces, self.pieces = self.pieces or (), None
        text = pieces[0] if len(pieces) == 1 else "".join(pieces)
        if len(text) > LONGEST_CELL:
            raise Unreadable(
                f"{self.file} has a cell with more than {LONGEST_CELL:,} characters: shorten it, and use that."
            )
        return text


class _Strings(_Text):
    """The texts that cells share. Text in runs is one text; how it is pronounced is left out."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        self.found: list[str] = []
        self.parts: list[str] = []
        self.aside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self.parts = []
        elif name == "rPh":
            self.aside = True
        elif name == "t" and not self.aside:
            self.pieces = []

    def end(self, name: str) -> None:
        if name == "t" and not self.aside:
            self.parts.append(self.taken())
        elif name == "rPh":
            self.aside = False
        elif name == "si":
            self.found.append(_unescaped("".join(self.parts)))


def _unescaped(text: str) -> str:
    """Excel writes a control as _x000D_: white space in its place."""
    return re.sub(r"_x00[01][0-9A-Fa-f]_", " ", text) if "_x00" in text else text


class _Lines(_Text):
    """The rows of a sheet, those with something in them."""

    def __init__(self, package: _Package) -> None:
        super().__init__(package.name)
        self.package = package
        self.done: list[Line] = []
        self.full = 0
        self.number = 0
        self.hidden = False
        self.cells: dict[int, Cell] = {}
        self.letters: dict[str, int] = {}
        self.column = -1
        self.cell: dict[str, str] = {}
        self.is_formula = self.aside = False
        self.value: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self.cell = attributes
            self.is_formula = False
            self.value = None
        elif name == "v":
            self.pieces = []
        elif name == "row":
            given = attributes.get("r")
            number = self.number + 1 if given is None else int(given)
            if not self.number < number <= TALLEST:
                raise self.package.damaged()
            self.number, self.column = number, -1
            self.hidden = "hidden" in attributes and attributes["hidden"] in ("1", "true")
        elif name == "f":
            self.is_formula = True
        elif name == "t" and not self.aside and self.cell.get("t") == "inlineStr":
            self.pieces = []
        elif name == "rPh":
            self.aside = True

    def end(self, name: str) -> None:
        if name == "v":
            self.value = self.taken()
        elif name == "c":
            reference = self.cell.get("r")
            self.column = self.column + 1 if reference is None else self.column_of(reference)
            if self.value or self.is_formula:
                self.keep(self.value or "", self.cell.get("t", "n"))
        elif name == "row":
            if self.cells:
                self.full += 1
                check_size(self.file, self.full, max(self.cells))
                self.done.append(Line(self.number, self.cells, self.hidden))
                self.cells = {}
        elif name == "t" and self.pieces is not None:
            self.value = (self.value or "") + self.taken()
        elif name == "rPh":
            self.aside = False

    def keep(self, value: str, kind: str) -> None:
        if not value.strip():
            # A formula may well give an empty text; a number it always has, once it was worked out.
            if self.is_formula and kind != "str":
                self.cells[self.column] = Cell("formula", "")
        elif kind == "n":
            style = self.cell.get("s", "")
            looks = self.package.looks
            known = style.isdecimal() and int(style) < len(looks)
            self.cells[self.column] = Cell(looks[int(style)] if known else "number", value.strip())
        elif kind == "s":
            text = self.package.strings[int(value) if value.isdecimal() else len(self.package.strings)]
            if text.strip():
                self.cells[self.column] = Cell("text", text)
        elif kind in ("str", "inlineStr"):
            self.cells[self.column] = Cell("text", _unescaped(value))
        elif kind == "b":
            self.cells[self.column] = Cell("truth", "TRUE" if value == "1" else "FALSE")
        elif kind == "e":
            self.cells[self.column] = Cell("error", value)
        elif kind == "d":
            self.cells[self.column] = Cell("date", value)
        else:
            raise self.package.damaged()

    def column_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        column = self.letters.get(letters)
        if column is None:
            if not re.fullmatch("[A-Z]{1,3}", letters):
                raise self.package.damaged()
            column = -1
            for letter in letters:
                column = (column + 1) * 26 + ord(letter) - ord("A")
            self.letters[letters] = column
        return column

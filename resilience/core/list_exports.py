"""A long list as a file, made in the background: the list's own view is asked again, for that person, at that time.

The page of the list signs what it shows (address, filters, sort), so that only a list that was offered is made.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import IO, Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils.text import slugify

from resilience.core import exports
from resilience.core.access import Denied
from resilience.core.calendar import today
from resilience.core.downloads import download
from resilience.core.forms import Form
from resilience.core.spreadsheets import MOST_ROWS, Heading, Sheet, write_csv, write_workbook

KINDS = {"xlsx": "Excel", "csv": "CSV"}
LONG = 2_000
"""A list of more rows is exported in the background: about a second's work for the widest of them."""
_CHUNK = 500
_SALT = "a list to export"


class ExportForm(Form):
    """Which list to make a file of: only what the list itself has signed."""

    order = forms.CharField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(choices=list(KINDS.items()), widget=forms.HiddenInput)


class Making:
    """Stands on a request that a worker makes: the list writes itself here, instead of answering with a page."""

    def __init__(self, progress: exports.Progress, output: IO[bytes]) -> None:
        self.progress, self.output = progress, output
        self.made: tuple[str, str] | None = None


def order(*, path: str, query: str, what: str) -> str:
    """What a form must send to have this list made."""
    return signing.dumps({"path": path, "query": query, "what": what}, salt=_SALT, compress=True)


def begin(*, by: Any, order: str, kind: str) -> Any:
    """Have the list of a signed ``order`` made as a file. Raises Denied when it is none of ours."""
    try:
        asked = signing.loads(order, salt=_SALT)
    except signing.BadSignature:
        raise Denied("Go back to the list, and export it again.") from None
    arguments = {"path": asked["path"], "query": asked["query"], "kind": kind}
    return exports.begin(by=by, maker=list_file, arguments=arguments, what=f"{asked['what']}, {KINDS[kind]}")


@exports.maker
def list_file(
    person: Any, arguments: dict[str, Any], progress: exports.Progress, output: IO[bytes]
) -> tuple[str, str]:
    """Every row of a list: its view's own access, scope and filters decide, as if the person opened it now."""
    match = resolve(arguments["path"])
    making = Making(progress, output)
    request: Any = HttpRequest()
    request.method = "GET"
    request.path = request.path_info = arguments["path"]
    request.GET = QueryDict(arguments["query"], mutable=True)
    request.GET["export"] = arguments["kind"]
    request.META["HTTP_HOST"] = urlsplit(settings.PUBLIC_URL).netloc
    request.user, request.session, request.resolver_match = person, {}, match
    request.making = making
    match.func(request, *match.args, **match.kwargs)
    if making.made is None:
        raise Denied("This list is not there for you any more.")
    return making.made


class ExportedList:
    """The part of a ListPage that writes it as a file: at once, or in the background when it is long."""

    request: HttpRequest
    query: QueryDict
    title: str
    columns: Sequence[Any]
    prepare: Callable[[list[Any]], None] | None
    rows_asked: Any
    total: Any
    count: Any
    address: Callable[..., str]

    def chunks(self) -> Iterator[list[Any]]:
        """Every row that the filters let through, some hundreds at a time."""
        rows = iter(self.rows_asked.iterator(chunk_size=_CHUNK))
        while chunk := list(islice(rows, _CHUNK)):
            if self.prepare:
                self.prepare(chunk)
            yield chunk

    def _values(self, columns: Sequence[Any], progress: exports.Progress) -> Iterator[list[Any]]:
        done = 0
        for chunk in self.chunks():
            for row in chunk:
                yield [column.of(row) for column in columns]
            progress(done := done + len(chunk), self.total)

    def write(
        self, kind: str, output: IO[bytes], progress: exports.Progress = lambda done, total: None
    ) -> tuple[str, str]:
        """Every row that the filters let through, on all pages, as .xlsx or .csv; the file's name and content type."""
        columns = [column for column in self.columns if column.export]
        headings = [Heading(column.label, column.kind) for column in columns]
        values = self._values(columns, progress)
        name = f"{slugify(self.title)}-{today():%Y-%m-%d}.{kind}"
        if kind == "csv":
            write_csv(output, headings, values)
            return name, exports.CSV
        if self.total >= MOST_ROWS:
            raise Denied(
                f"An Excel sheet holds {MOST_ROWS - 1:,} rows. Use filters, or take the list as CSV."
            )
        write_workbook(output, [Sheet(self.title, headings, values)])
        return name, exports.XLSX

    def export(self, kind: str) -> HttpResponse:
        """The file, at once."""
        output = io.BytesIO()
        name, content_type = self.write(kind, output)
        return download(name, content_type, output.getvalue())

    # Long lists are made in the background

    @property
    def is_long(self) -> bool:
        return self.total > LONG

    @property
    def order(self) -> str:
        """What the form that has this list made must send."""
        return order(
            path=self.request.path, query=self._exported_query, what=f"{self.title}, {self.total:,} rows"
        )

    @property
    def _exported_query(self) -> str:
        """The filters and the sort."""
        query = self.query.copy()
        for key in ("page", "size", "export"):
            query.pop(key, None)
        return query.urlencode()

    def as_file(self) -> HttpResponse | None:
        """What ``?export=`` asks for: the file, or for a long list the button that makes it; None without it."""
        kind = self.query.get("export", "")
        if kind not in KINDS:
            return None
        if making := getattr(self.request, "making", None):
            making.made = self.write(kind, making.output, making.progress)
            return HttpResponse()
        return self._ask_for_file(kind) if self.is_long else self.export(kind)

    def _ask_for_file(self, kind: str) -> HttpResponse:
        """A long list's ``?export=`` was followed, perhaps from an email: what makes a file is a button."""
        context = {
            "title": f"Export {self.count}",
            "back": self.address(),
            "back_text": self.title,
            "sentences": [
                "A list this long takes a while to put in a file. You can leave, and come back for it."
            ],
            "confirm": "Make the file",
            "action": reverse("begin_export"),
            "form": ExportForm(initial={"order": self.order, "kind": kind}),
        }
        return render(self.request, "confirm.html", context)

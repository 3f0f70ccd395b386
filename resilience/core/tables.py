"""Every list of the product: filters as chips, sort, pages, export of exactly this, saved views.

    class ReferralFilters(Filters):
        state = django_filters.ChoiceFilter(label="State", choices=State.choices)
        received_from = django_filters.DateFilter(label="Received from", field_name="received_on", lookup_expr="gte")

    COLUMNS = [
        Column("Reference", "reference", link=lambda row: reverse("referral", args=[row.pk]), sort="reference"),
        Column("Received", "received_on", kind="date", sort="received_on"),
        Column("Amount", "amount_pence", kind="money", sort="amount_pence"),
        Column("State", lambda row: row.get_state_display(), show=lambda row: tag(row.get_state_display(), "blue")),
    ]

    @requires(P.VIEW_WORKLIST)
    def worklist(request):
        page = ListPage(
            request, Referral.objects.visible_to(request.user).select_related("practice"),
            name="worklist", title="Referrals", noun="referral", columns=COLUMNS, filters=ReferralFilters,
            default_sort="-received", tabs=[{"text", "href", "current", "count"}],
            actions=[{"text", "href", "variant"}], bulk={"action": url, "acts": [{"name", "text"}]},
        )
        return page.response()                   # list.html; ?export=xlsx|csv answers with the file,
                                                 # or has a long one made in the background

``value`` is an attribute path ("practice.name") or a function of the row: what is exported, by ``kind``
(text, number, money in pence, date, moment, percent). ``show`` (text, or html marked safe) is what the screen
shows instead. ``sort`` is what ``order_by`` takes (a name, or several); its key in the address is the label's slug.
``prepare(rows)`` runs once per page or chunk, to fetch what rows need together. ``filters`` never refuses:
what it cannot understand is said and ignored. Rows need an ``id`` and keep their order by it where equal.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import django_filters
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from resilience.core import words
from resilience.core.forms import FilterForm
from resilience.core.list_exports import ExportedList
from resilience.core.models import SavedView

SIZES = (25, 50, 100)
_OWN = ("sort", "page", "size", "export")
_SAID: dict[str, Callable[[Any], str]] = {
    "money": words.money,
    "date": words.day,
    "moment": words.moment,
    "percent": words.percent,
    "number": lambda value: f"{value:,}",
}


class Filters(django_filters.FilterSet):
    """A FilterSet whose form is drawn in NHS.UK style."""

    def get_form_class(self) -> type:
        fields = {name: filter_.field for name, filter_ in self.filters.items()}
        return type(f"{type(self).__name__}Form", (FilterForm,), fields)


@dataclass(frozen=True)
class Column:
    """One column of a list: see the module's docstring."""

    label: str
    value: str | Callable[[Any], Any]
    kind: str = "text"
    show: Callable[[Any], Any] | None = None
    link: Callable[[Any], str | None] | None = None
    sort: str | Sequence[str] | None = None
    export: bool = True
    on_screen: bool = True
    heading: bool = False

    @property
    def key(self) -> str:
        """The column's name in an address."""
        return slugify(self.label)

    @property
    def is_number(self) -> bool:
        return self.kind in ("money", "number", "percent")

    def of(self, row: Any) -> Any:
        """The plain value; None where a step of the path is missing."""
        if callable(self.value):
            return self.value(row)
        found = row
        for step in self.value.split("."):
            found = getattr(found, step, None)
            if callable(found):
                found = found()
        return found

    def cell(self, row: Any) -> SafeString:
        """What the screen shows, escaped."""
        value = self.show(row) if self.show else self.of(row)
        if value is None or value == "":
            said: Any = ""
        elif self.show is None and self.kind in _SAID and not isinstance(value, str):
            said = _SAID[self.kind](value)
        else:
            said = value
        href = self.link(row) if self.link and said != "" else None
        return format_html('<a href="{}">{}</a>', href, said) if href else conditional_escape(said)


@dataclass
class Header:
    label: str
    href: str | None
    direction: str | None
    is_number: bool


@dataclass
class Row:
    thing: Any
    cells: list[tuple[Column, SafeString]] = field(default_factory=list)


class ListPage(ExportedList):
    """A list as one page of it, and as a file of all of it. Runs the same number of queries for 1 row or 100."""

    def __init__(
        self,
        request: HttpRequest,
        queryset: QuerySet,
        *,
        name: str,
        title: str,
        noun: str,
        columns: Sequence[Column],
        filters: type[django_filters.FilterSet] | None = None,
        default_sort: str = "",
        prepare: Callable[[list[Any]], None] | None = None,
        tabs: Sequence[dict[str, Any]] = (),
        actions: Sequence[dict[str, Any]] = (),
        bulk: dict[str, Any] | None = None,
        empty: str = "",
        exports: bool = True,
    ) -> None:
        self.request = request
        self.name, self.title, self.noun = name, title, noun
        self.columns = columns
        self.default_sort = default_sort
        self.prepare = prepare
        self.tabs, self.actions, self.bulk = tabs, actions, bulk
        self.empty = empty
        self.exports = exports
        self.query = request.GET.copy()
        self.filterset = filters(request.GET, queryset=queryset, request=request) if filters else None
        self._queryset = queryset

    # What is in the list

    @cached_property
    def rows_asked(self) -> QuerySet:
        """Every row that the filters let through, in order."""
        found = self.filterset.qs if self.filterset else self._queryset
        column = next((one for one in self.columns if one.sort and one.key == self.sort.lstrip("-")), None)
        if column is None:
            return found.order_by(*found.query.order_by, "pk")
        names = [column.sort] if isinstance(column.sort, str) else list(column.sort or ())
        backwards = self.sort.startswith("-")
        order = []
        for name in names:
            expression = F(name.lstrip("-"))
            down = backwards != name.startswith("-")
            order.append(expression.desc(nulls_last=True) if down else expression.asc(nulls_last=True))
        return found.order_by(*order, "pk")

    @cached_property
    def sort(self) -> str:
        """The sort in use: the key of a column, with "-" for backwards; only what a column offers."""
        asked = self.query.get("sort", "")
        offered = {column.key for column in self.columns if column.sort}
        return asked if asked.lstrip("-") in offered else self.default_sort

    @cached_property
    def size(self) -> int:
        """Rows a page: 25, 50 or 100."""
        asked = self.query.get("size", "")
        return int(asked) if asked in map(str, SIZES) else SIZES[0]

    @cached_property
    def page(self) -> Any:
        return Paginator(self.rows_asked, self.size).get_page(self.query.get("page"))

    @property
    def total(self) -> int:
        return self.page.paginator.count

    @property
    def count(self) -> str:
        """ "37 referrals"."""
        return words.plural(self.total, self.noun)

    @cached_property
    def rows(self) -> list[Row]:
        things = list(self.page.object_list)
        if self.prepare:
            self.prepare(things)
        shown = [column for column in self.columns if column.on_screen]
        return [Row(thing, [(column, column.cell(thing)) for column in shown]) for thing in things]

    # How it is steered

    def address(self, without: Sequence[str] = (), **changed: Any) -> str:
        """This list's address with some parameters other than now; the page starts again."""
        query = self.query.copy()
        for key in ("export", "page", *without):
            query.pop(key, None)
        for key, value in changed.items():
            query[key] = str(value)
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    @property
    def headers(self) -> list[Header]:
        headers = []
        for column in self.columns:
            if not column.on_screen:
                continue
            href = direction = None
            if column.sort:
                current = self.sort.lstrip("-") == column.key
                if current:
                    direction = "descending" if self.sort.startswith("-") else "ascending"
                href = self.address(sort=f"-{column.key}" if direction == "ascending" else column.key)
            headers.append(Header(column.label, href, direction, column.is_number))
        return headers

    @property
    def sizes(self) -> tuple[int, ...]:
        return SIZES

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a filter form must carry along: the sort and the size of the page."""
        return [(key, str(self.query[key])) for key in ("sort", "size") if key in self.query]

    @property
    def kept_filters(self) -> list[tuple[str, str]]:
        """What the form of the page's size must carry along: the filters and the sort."""
        skipped = ("size", "page", "export")
        return [
            (key, value)
            for key in self.query
            if key not in skipped
            for value in map(str, self.query.getlist(key))
        ]

    @property
    def form(self) -> Any:
        return self.filterset.form if self.filterset else None

    @cached_property
    def ignored(self) -> list[str]:
        """What the filters could not understand, said in words."""
        if self.form is None or not self.form.errors:
            return []
        return [
            f"{self.form.fields[name].label}: {' '.join(messages)}"
            for name, messages in self.form.errors.items()
        ]

    @cached_property
    def chips(self) -> list[dict[str, str]]:
        """The filters in use, each with the address of the list without it."""
        if self.form is None or not self.form.is_bound:
            return []
        _ = self.form.errors
        chips: list[dict[str, str]] = []
        for name, value in getattr(self.form, "cleaned_data", {}).items():
            bound = self.form[name]
            if (
                bound.field.widget.is_hidden
                or value is None
                or value in ("", [], ())
                or self._is_empty(value)
            ):
                continue
            chips += self._chips_of(bound, value)
        return chips

    @staticmethod
    def _is_empty(value: Any) -> bool:
        return isinstance(value, QuerySet) and not value

    def _chips_of(self, bound: Any, value: Any) -> Iterator[dict[str, str]]:
        label = bound.label
        keys = [key for key in self.query if key == bound.html_name or key.startswith(f"{bound.html_name}_")]
        others = {name for name in self.form.fields if name != bound.name}
        keys = [key for key in keys if key == bound.html_name or key not in others]
        if isinstance(value, (list, tuple, QuerySet)):
            for one in value:
                raw = str(getattr(one, "pk", one))
                left = [item for item in self.query.getlist(bound.html_name) if item != raw]
                yield {
                    "text": f"{label}: {self._said(bound, one)}",
                    "href": self._address_with(bound.html_name, left),
                }
        else:
            yield {"text": f"{label}: {self._said(bound, value)}", "href": self.address(without=keys)}

    def _address_with(self, name: str, values: list[str]) -> str:
        query: QueryDict = self.query.copy()
        for key in ("export", "page"):
            query.pop(key, None)
        query.setlist(name, values)
        return f"{self.request.path}?{query.urlencode()}" if query.urlencode() else self.request.path

    @staticmethod
    def _said(bound: Any, value: Any) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        if hasattr(value, "strftime"):
            return words.day(value)
        if not hasattr(value, "pk"):
            for key, label in getattr(bound.field, "choices", ()):
                if isinstance(label, (list, tuple)):
                    label = dict(label).get(value)
                    key = value if label else None
                if str(key) == str(value) and label:
                    return str(label)
        return str(value)

    @property
    def cleared(self) -> str:
        """The list without any filter."""
        names = [key for key in self.query if key not in _OWN]
        return self.address(without=names)

    @cached_property
    def pagination(self) -> dict[str, Any] | None:
        """Parameters of the NHS.UK pagination; None for a single page."""
        paginator = self.page.paginator
        if paginator.num_pages < 2:
            return None
        items: list[dict[str, Any]] = []
        for number in paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1):
            if isinstance(number, int):
                href = self.address(page=number)
                items.append({"number": number, "href": href, "current": number == self.page.number})
            else:
                items.append({"ellipsis": True})
        found: dict[str, Any] = {"items": items}
        if self.page.has_previous():
            found["previous"] = {"href": self.address(page=self.page.previous_page_number())}
        if self.page.has_next():
            found["next"] = {"href": self.address(page=self.page.next_page_number())}
        return found

    @cached_property
    def saved_views(self) -> list[dict[str, Any]]:
        """The person's own views of this list."""
        views = SavedView.objects.filter(person=self.request.user.pk, page=self.name)
        now = self.saved_query
        return [
            {
                "id": view.pk,
                "text": view.name,
                "href": f"{self.request.path}?{view.query}",
                "current": view.query == now,
            }
            for view in views
        ]

    @property
    def saved_query(self) -> str:
        """What a saved view keeps: filters, sort and size, not the page."""
        query = self.query.copy()
        for key in ("page", "export"):
            query.pop(key, None)
        return query.urlencode()

    # What it answers (``ExportedList`` writes the files)

    def response(self, template: str = "list.html", **context: Any) -> HttpResponse:
        """The page, or the file that ``?export=`` asks for."""
        if self.exports and (file := self.as_file()):
            return file
        return render(self.request, template, {"title": self.title, "list": self, **context})

"""Addresses of programmes, their years, and what practices are judged by."""

from django.urls import URLPattern, path

from resilience.programmes import publishing_views, row_views, spending_views, views

app_name = "programmes"


def _rows() -> list[URLPattern]:
    """A page to add, to change and to take out each kind of row of a year."""
    found = []
    for kwarg, kind in row_views.KINDS.items():
        one = f"{kwarg}/<int:{kwarg}>/"
        found += [
            path(f"years/<int:year>/add-{kwarg}/", row_views.add(kind), name=f"add_{kwarg}"),
            path(one, row_views.change(kind), name=f"change_{kwarg}"),
            path(f"{one}remove/", row_views.remove(kind), name=f"remove_{kwarg}"),
        ]
    return found


urlpatterns = [
    path("", views.programmes, name="list"),
    path("add/", views.add_programme, name="add_programme"),
    path("<int:programme>/", views.programme_page, name="programme"),
    path("<int:programme>/change/", views.change_programme, name="change_programme"),
    path("<int:programme>/add-year/", views.add_year, name="add_year"),
    path("years/<int:year>/", views.year_page, name="year"),
    path("years/<int:year>/copy/", views.copy_year, name="copy_year"),
    path("years/<int:year>/dates/", views.change_dates, name="dates"),
    path("years/<int:year>/clocks/", views.change_clocks, name="clocks"),
    path("years/<int:year>/contact/", views.change_contact, name="contact"),
    path("years/<int:year>/letters/", views.change_letters, name="letters"),
    path("years/<int:year>/questions/", views.change_questions, name="questions"),
    path("years/<int:year>/judging/", views.change_judging, name="judging"),
    path("years/<int:year>/stages/", views.stages, name="stages"),
    path("years/<int:year>/categories/", spending_views.categories, name="categories"),
    path("years/<int:year>/slippage/", spending_views.change_slippage, name="slippage"),
    *_rows(),
    path("item/<int:item>/move/", row_views.move_item, name="move_item"),
    path("criteria/", publishing_views.criteria_sets, name="criteria_sets"),
    path("criteria/new/", publishing_views.publish_criteria, name="new_criteria"),
    path("criteria/<int:criteria_set>/", publishing_views.criteria_page, name="criteria_set"),
    path(
        "criteria/<int:criteria_set>/new-version/", publishing_views.publish_criteria, name="publish_criteria"
    ),
    path("matrices/", publishing_views.matrices, name="matrices"),
    path("matrices/new/", publishing_views.publish_matrix, name="new_matrix"),
    path("matrices/<int:matrix>/", publishing_views.matrix_page, name="matrix"),
    path("matrices/<int:matrix>/new-version/", publishing_views.publish_matrix, name="publish_matrix"),
]

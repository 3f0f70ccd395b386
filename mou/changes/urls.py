"""Addresses of changes of an MoU."""

from django.urls import URLPattern, path

from mou.agreement.page import AFTER_SIGNATURE
from mou.changes import row_views, views
from mou.changes.page import part
from mou.plan.views import KINDS


def _rows() -> list[URLPattern]:
    """A page to add, to change and to take out each kind of row of the plan, by a variation."""
    found = []
    for kwarg, kind in KINDS.items():
        place = kwarg.replace("_", "-")
        one = f"variations/{place}/<int:{kwarg}>/"
        found += [
            path(f"variations/<int:proposal>/add-{place}/", row_views.add(kind), name=f"vary_add_{kwarg}"),
            path(one, row_views.change(kind), name=f"vary_{kwarg}"),
            path(f"{one}take-out/", row_views.take_out(kind), name=f"vary_out_{kwarg}"),
        ]
    return found


AFTER_SIGNATURE["changes"] = part

urlpatterns = [
    path("mou/<int:agreement>/change/", views.propose, name="propose"),
    path("mou/<int:agreement>/consolidated/", views.consolidated, name="consolidated"),
    path("mou/<int:agreement>/consolidated.pdf", views.consolidated_pdf, name="consolidated_pdf"),
    path("variations/<int:proposal>/", views.proposal, name="proposal"),
    path("variations/<int:proposal>/why/", views.say_why, name="say_why"),
    path("variations/<int:proposal>/extend/", views.extend, name="vary_extend"),
    path("variations/<int:proposal>/ending/", views.ending, name="vary_ending"),
    path("variations/<int:proposal>/leads/", views.leads, name="vary_leads"),
    path("variations/<int:proposal>/clause/", views.clause, name="vary_clause"),
    path("variations/<int:proposal>/preview/", views.preview, name="preview_variation"),
    path("variations/<int:proposal>/send/", views.send, name="send_variation"),
    path("variations/<int:proposal>/drop/", views.drop, name="drop_proposal"),
    path("variations/change/<int:proposed_change>/undo/", views.undo, name="undo_change"),
    *_rows(),
]

"""The wording of the MoU: what a template may say, and the wordings of our own."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mou.models import Template
    from mou.wording.words import Wording
    from resilience.programmes.models import ProgrammeYear

STANDARD = {
    "national": "The national wording: seventeen sections, plan and contributions, three months’ notice",
    "local": "The local wording: CCG and practice, action-plan table, one month’s notice, a fixed end",
    "national-three": "The national wording of three parties: a supplier signs as well",
}
"""The wordings that come with the service, and what each is."""


def standard(kind: str) -> "Wording":
    """Our own wording of that kind. Raises KeyError for a kind that ``STANDARD`` does not name."""
    from mou.wording import local, national, national_three

    shipped = {
        "national": national.WORDING,
        "local": local.WORDING,
        "national-three": national_three.WORDING,
    }
    return shipped[kind].tidy()


def publish(year: "ProgrammeYear", kind: str, by: Any) -> "Template":
    """Publish our own wording of that kind for ``year``. Raises Denied, KeyError."""
    from mou.wording.actions import publish_wording  # the act stands on this module

    return publish_wording(by=by, year=year, wording=standard(kind))

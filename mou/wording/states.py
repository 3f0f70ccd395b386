"""The small table of a wording: a draft that changes until it is published, and never after."""

from django.db import models

from mou.models import Template
from resilience.core.access import Denied, P
from resilience.referrals.states import Act


class WordingState(models.TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"


S = WordingState
NONE = ""
"""Before it is started, and after a draft was discarded."""

WORDING_ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act("mou.start_draft", "Start a draft", P.MANAGE_PROGRAMMES, {NONE: S.DRAFT}),
        Act("mou.change_draft", "Change the draft", P.MANAGE_PROGRAMMES, {S.DRAFT: S.DRAFT}),
        Act("mou.discard_draft", "Discard the draft", P.MANAGE_PROGRAMMES, {S.DRAFT: NONE}),
        Act("mou.publish_draft", "Publish the draft", P.MANAGE_PROGRAMMES, {S.DRAFT: S.PUBLISHED}),
    )
}


def wording_state(template: Template) -> str:
    return S.DRAFT if template.is_draft else S.PUBLISHED


def check_wording_state(act: str, template: Template) -> None:
    """Raise Denied unless the table allows ``act`` on this wording."""
    if wording_state(template) not in WORDING_ACTS[act].moves:
        raise Denied(
            f"Version {template.version} is published: it never changes. Start a draft from it to change the wording."
        )

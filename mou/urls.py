"""Addresses of this room, a list a topic."""

from itertools import chain

from mou.agreement import urls as agreement
from mou.archive import urls as archive
from mou.bulk import urls as bulk
from mou.case_studies import urls as case_studies
from mou.changes import urls as changes
from mou.delivery import urls as delivery
from mou.disputes import urls as disputes
from mou.drafts import urls as drafts
from mou.ending import urls as ending
from mou.groups import urls as groups
from mou.health_checks import urls as health_checks
from mou.plan import urls as plan
from mou.projects import urls as projects
from mou.register import urls as register
from mou.review import urls as review
from mou.suppliers import urls as suppliers
from mou.wording import urls as wording

app_name = "mou"

_TOPICS = (
    groups,
    plan,
    drafts,
    agreement,
    bulk,
    archive,
    changes,
    ending,
    disputes,
    register,
    delivery,
    health_checks,
    projects,
    suppliers,
    review,
    case_studies,
    wording,
)

urlpatterns = list(chain.from_iterable(topic.urlpatterns for topic in _TOPICS))

"""Addresses of the plan."""

from django.urls import URLPattern, path

from mou.plan import views


def _rows() -> list[URLPattern]:
    """A page to add, to change and to take out each kind of row of a plan."""
    found = []
    for kwarg, kind in views.KINDS.items():
        place, one = kwarg.replace("_", "-"), f"plan/{kwarg.replace('_', '-')}/<int:{kwarg}>/"
        found += [
            path(f"referrals/<int:referral>/plan/add-{place}/", views.add(kind), name=f"add_{kwarg}"),
            path(one, views.change(kind), name=f"change_{kwarg}"),
            path(f"{one}remove/", views.remove(kind), name=f"remove_{kwarg}"),
        ]
    return found


urlpatterns = [
    path("referrals/<int:referral>/plan/", views.plan, name="plan"),
    path("referrals/<int:referral>/plan/start/", views.start_plan, name="start_plan"),
    path("referrals/<int:referral>/plan/leads/", views.plan_leads, name="plan_leads"),
    path("referrals/<int:referral>/plan/ending/", views.plan_ending, name="plan_ending"),
    path("referrals/<int:referral>/plan/reopen/", views.reopen_plan, name="reopen_plan"),
    path(
        "referrals/<int:referral>/plan/agree-for-practice/",
        views.agree_for_practice,
        name="agree_for_practice",
    ),
    path(
        "referrals/<int:referral>/plan/agree-for-commissioner/",
        views.agree_for_commissioner,
        name="agree_for_commissioner",
    ),
    *_rows(),
]

"""Addresses of the plan, the MoU, its wording and the public check."""

from django.urls import URLPattern, path

from mou import views, views_plan, views_wording

app_name = "mou"


def _rows() -> list[URLPattern]:
    """A page to add, to change and to take out each kind of row of a plan."""
    found = []
    for kwarg, kind in views_plan.KINDS.items():
        place, one = kwarg.replace("_", "-"), f"plan/{kwarg.replace('_', '-')}/<int:{kwarg}>/"
        found += [
            path(f"referrals/<int:referral>/plan/add-{place}/", views_plan.add(kind), name=f"add_{kwarg}"),
            path(one, views_plan.change(kind), name=f"change_{kwarg}"),
            path(f"{one}remove/", views_plan.remove(kind), name=f"remove_{kwarg}"),
        ]
    return found


urlpatterns = [
    path("referrals/<int:referral>/plan/", views_plan.plan, name="plan"),
    path("referrals/<int:referral>/plan/start/", views_plan.start_plan, name="start_plan"),
    path("referrals/<int:referral>/plan/leads/", views_plan.plan_leads, name="plan_leads"),
    path("referrals/<int:referral>/plan/ending/", views_plan.plan_ending, name="plan_ending"),
    path("referrals/<int:referral>/plan/reopen/", views_plan.reopen_plan, name="reopen_plan"),
    path(
        "referrals/<int:referral>/plan/agree-for-practice/",
        views_plan.agree_for_practice,
        name="agree_for_practice",
    ),
    path(
        "referrals/<int:referral>/plan/agree-for-commissioner/",
        views_plan.agree_for_commissioner,
        name="agree_for_commissioner",
    ),
    *_rows(),
    path("referrals/<int:referral>/mou/", views.mou_case, name="case"),
    path("referrals/<int:referral>/mou/preview/", views.preview, name="preview"),
    path("referrals/<int:referral>/mou/preview.pdf", views.preview_pdf, name="preview_pdf"),
    path("referrals/<int:referral>/mou/send/", views.send, name="send"),
    path("mou/<int:agreement>/", views.read, name="read"),
    path("mou/<int:agreement>/document.pdf", views.document, name="document"),
    path("mou/<int:agreement>/sealed.pdf", views.sealed, name="sealed"),
    path("mou/<int:agreement>/sign/", views.sign, name="sign"),
    path("mou/<int:agreement>/signed/", views.signed, name="signed"),
    path("mou/<int:agreement>/withdraw/", views.withdraw, name="withdraw"),
    path("mou/wording/<int:year>/", views_wording.templates, name="templates"),
    path("mou/wording/<int:year>/new/", views_wording.new_version, name="new_version"),
    path("mou/wording/version/<int:template>/", views_wording.template, name="template"),
    path("check-a-document/", views.check_document, name="check_document"),
]

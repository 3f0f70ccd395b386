"""Addresses of delivery by suppliers."""

from django.urls import URLPattern, path

from mou.suppliers import views_cases, views_deliverables, views_delivery, views_settings


def _settings() -> list[URLPattern]:
    found = []
    for kwarg, kind in views_settings.KINDS.items():
        place, one = kwarg.replace("_", "-"), f"suppliers/{kwarg.replace('_', '-')}/<int:{kwarg}>/"
        found += [
            path(f"suppliers/years/<int:year>/add-{place}/", views_settings.add(kind), name=f"add_{kwarg}"),
            path(one, views_settings.change(kind), name=f"change_{kwarg}"),
            path(f"{one}remove/", views_settings.remove(kind), name=f"remove_{kwarg}"),
        ]
    return found


ONE = "suppliers/assignments/<int:supplier_case>/"
DELIVERABLE = "suppliers/deliverables/<int:deliverable>/"

urlpatterns = [
    path("suppliers/assignments/", views_cases.supplier_cases, name="supplier_cases"),
    path("suppliers/assign/", views_cases.to_assign, name="to_assign"),
    path("suppliers/assign/chosen/", views_cases.assign_chosen, name="assign_chosen"),
    path("referrals/<int:referral>/supplier/", views_cases.assign_case, name="assign_case"),
    path(ONE, views_cases.supplier_case, name="supplier_case"),
    path(f"{ONE}reassign/", views_cases.reassign_case, name="reassign_case"),
    path(f"{ONE}end/", views_cases.end_case, name="end_case"),
    path(f"{ONE}change-manager/", views_cases.name_change_manager, name="name_change_manager"),
    path(f"{ONE}share/", views_cases.share_request, name="share_request"),
    path(f"{ONE}visit/", views_delivery.book_visit, name="book_visit"),
    path("suppliers/visits/<int:supplier_visit>/", views_delivery.record_visit, name="record_visit"),
    path("suppliers/visits/<int:supplier_visit>/cancel/", views_delivery.cancel_visit, name="cancel_visit"),
    path("suppliers/visits/", views_delivery.supplier_visits, name="supplier_visits"),
    path(f"{ONE}data-pack/", views_delivery.data_pack, name="data_pack"),
    path(f"{ONE}figure/", views_delivery.add_figure, name="add_figure"),
    path(
        "suppliers/figures/<int:supplier_figure>/withdraw/",
        views_delivery.withdraw_figure,
        name="withdraw_figure",
    ),
    path(f"{ONE}commitments/<int:commitment_item>/", views_delivery.tick_commitment, name="tick_commitment"),
    path(f"{ONE}consent/", views_delivery.consent, name="consent"),
    path(f"{ONE}take-over/", views_delivery.take_over_plan, name="take_over_plan"),
    path("suppliers/needs/", views_delivery.shared_needs, name="shared_needs"),
    path(DELIVERABLE, views_deliverables.deliverable, name="deliverable"),
    path(f"{DELIVERABLE}write/", views_deliverables.write_sections, name="write_sections"),
    path(f"{DELIVERABLE}add/", views_deliverables.add_deliverable_row, name="add_deliverable_row"),
    path(
        "suppliers/rows/<int:deliverable_part>/",
        views_deliverables.change_deliverable_row,
        name="change_deliverable_row",
    ),
    path(
        "suppliers/rows/<int:deliverable_part>/remove/",
        views_deliverables.remove_deliverable_row,
        name="remove_deliverable_row",
    ),
    path(f"{DELIVERABLE}hand-in/", views_deliverables.hand_in_deliverable, name="hand_in_deliverable"),
    path(f"{DELIVERABLE}answer/", views_deliverables.answer_deliverable, name="answer_deliverable"),
    path(f"{DELIVERABLE}date/", views_deliverables.change_deliverable_date, name="change_deliverable_date"),
    path("suppliers/files/<int:deliverable_round>/", views_deliverables.round_file, name="round_file"),
    path("suppliers/years/<int:year>/", views_settings.supplier_settings, name="supplier_settings"),
    path("suppliers/years/<int:year>/set-up/", views_settings.set_up_suppliers, name="set_up_suppliers"),
    *_settings(),
]

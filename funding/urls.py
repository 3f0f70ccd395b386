"""Addresses of allocations, the ledger and the money of a case."""

from django.urls import path

from funding import views, views_case

app_name = "funding"

urlpatterns = [
    path("money/", views.money, name="money"),
    path("money/ledger/", views.entries, name="ledger"),
    path("money/years/<int:year>/allocation/", views.set_allocation, name="set_allocation"),
    path("referrals/<int:referral>/money/", views_case.case, name="case"),
    path("referrals/<int:referral>/commit/", views_case.commit, name="commit"),
    path("commitments/<int:commitment>/release/", views_case.release, name="release"),
    path("commitments/<int:commitment>/pay/", views_case.pay, name="pay"),
]

"""Addresses of allocations, the ledger and the money of a case."""

from django.urls import path

from funding import views, views_case
from funding.bids import views as bids
from funding.commitments import views as commitments

app_name = "funding"

urlpatterns = [
    path("money/", views.money, name="money"),
    path("money/ledger/", views.entries, name="ledger"),
    path("money/years/<int:year>/allocation/", views.set_allocation, name="set_allocation"),
    path("referrals/<int:referral>/money/", views_case.case, name="case"),
    path("referrals/<int:referral>/commit/", commitments.commit, name="commit"),
    path("commitments/", commitments.commitments, name="commitments"),
    path("commitments/<int:commitment>/release/", views_case.release, name="release"),
    path("commitments/<int:commitment>/pay/", views_case.pay, name="pay"),
    path("referrals/<int:referral>/bid/", bids.write_bid, name="write_bid"),
    path("bids/", bids.bids, name="bids"),
    path("bids/<int:bid>/", bids.bid, name="bid"),
    path("bids/<int:bid>/go-through/", bids.settle_bid, name="settle_bid"),
    path("bids/<int:bid>/take-back/", bids.withdraw_bid, name="withdraw_bid"),
]

"""Addresses of allocations, the ledger and the money of a case."""

from django.urls import path

from funding import views, views_case
from funding.bids import views as bids
from funding.commitments import views as commitments
from funding.invoices import views as invoices
from funding.invoices import views_acts as invoice_acts

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
    path("money/invoices/", invoices.invoices, name="invoices"),
    path("money/invoices/raise/", invoices.raise_invoice, name="raise_invoice"),
    path(
        "money/invoices/raise/practice/<str:ods_code>/",
        invoices.raise_for_practice,
        name="raise_for_practice",
    ),
    path(
        "money/invoices/raise/supplier/<int:supplier>/",
        invoices.raise_for_supplier,
        name="raise_for_supplier",
    ),
    path("money/invoices/<int:invoice>/", invoices.invoice, name="invoice"),
    path(
        "money/invoices/<int:invoice>/files/<int:invoice_step>/",
        invoices.invoice_file,
        name="invoice_file",
    ),
    path("money/invoices/<int:invoice>/approve/", invoice_acts.approve_invoice, name="approve_invoice"),
    path("money/invoices/<int:invoice>/query/", invoice_acts.query_invoice, name="query_invoice"),
    path("money/invoices/<int:invoice>/answer/", invoice_acts.answer_query, name="answer_query"),
    path("money/invoices/<int:invoice>/reject/", invoice_acts.reject_invoice, name="reject_invoice"),
    path("money/approval-limits/<int:person>/", invoice_acts.approval_limit, name="approval_limit"),
    path("bids/", bids.bids, name="bids"),
    path("bids/<int:bid>/", bids.bid, name="bid"),
    path("bids/<int:bid>/go-through/", bids.settle_bid, name="settle_bid"),
    path("bids/<int:bid>/take-back/", bids.withdraw_bid, name="withdraw_bid"),
]

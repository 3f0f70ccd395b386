"""Addresses of allocations, the ledger and the money of a case."""

from django.urls import path

from funding import views, views_case
from funding.allocations import views as allocations
from funding.bids import views as bids
from funding.closing import views as closing
from funding.commitments import views as commitments
from funding.imports import views as imports
from funding.invoices import views as invoices
from funding.invoices import views_acts as invoice_acts
from funding.moves import views as moves
from funding.reports import report_views as reports
from funding.reports import views as budgets
from funding.reports import workbook_views as workbooks
from funding.returns import views as returns
from funding.runs import views as runs
from funding.runs import views_payments as payments
from funding.stages import views as stages
from funding.stages import views_evidence as evidence
from funding.stages import views_statement as statements
from funding.standing import views as standing

app_name = "funding"

urlpatterns = [
    path("money/", views.money, name="money"),
    path("money/ledger/", views.entries, name="ledger"),
    path("money/months/", standing.by_month, name="by_month"),
    path("money/drawdown/", standing.drawdown_table, name="drawdown"),
    path("money/years/<int:year>/allocation/", views.set_allocation, name="set_allocation"),
    path("money/allocations/", allocations.allocations, name="allocations"),
    path("money/allocations/<int:allocation>/share-out/", allocations.share_out, name="share_out"),
    path("money/years/<int:year>/allocations/", allocations.set_by_category, name="set_by_category"),
    path("money/years/<int:year>/categories/", allocations.categories, name="categories"),
    path("money/years/<int:year>/move/", moves.ask_move, name="ask_move"),
    path("money/years/<int:year>/close/", closing.close_year, name="close_year"),
    path("money/funds-received/", allocations.funds, name="funds"),
    path("money/funds-received/<int:transfer>/", allocations.confirm_funds, name="confirm_funds"),
    path("money/imports/", imports.money_imports, name="money_imports"),
    path("money/imports/new/", imports.import_money, name="import_money"),
    path("money/imports/<int:money_import>/", imports.money_import, name="money_import"),
    path("money/imports/<int:money_import>/file/", imports.money_import_file, name="money_import_file"),
    path(
        "money/imports/<int:money_import>/discard/", imports.discard_money_import, name="discard_money_import"
    ),
    path("money/moves/", moves.moves, name="moves"),
    path("money/moves/<int:move>/", moves.move, name="move"),
    path("referrals/<int:referral>/money/", views_case.case, name="case"),
    path("referrals/<int:referral>/commit/", commitments.commit, name="commit"),
    path("commitments/", commitments.commitments, name="commitments"),
    path("commitments/<int:commitment>/release/", views_case.release, name="release"),
    path("commitments/<int:commitment>/pay/", views_case.pay, name="pay"),
    path("commitments/<int:commitment>/withhold/", views_case.withhold, name="withhold"),
    path("commitments/<int:commitment>/came-back/", views_case.reverse_payment, name="reverse_payment"),
    path("commitments/<int:commitment>/claw-back/", views_case.claw_back, name="claw_back"),
    path("money/runs/", runs.runs, name="runs"),
    path("money/runs/ready/", runs.ready_to_pay, name="ready_to_pay"),
    path("money/runs/make/<int:organisation>/", runs.make_run, name="make_run"),
    path("money/runs/<int:run>/", runs.run, name="run"),
    path("money/runs/<int:run>/export/", runs.export_run, name="export_run"),
    path("money/runs/<int:run>/csv/", runs.run_csv, name="run_csv"),
    path("money/runs/<int:run>/workbook/", runs.run_workbook, name="run_workbook"),
    path("money/runs/lines/<int:run_line>/take-out/", runs.take_out_of_run, name="take_out_of_run"),
    path("money/runs/lines/<int:run_line>/came-back/", runs.return_payment, name="return_payment"),
    path("money/payments/", payments.payments, name="payments"),
    path("money/payments/upload/", payments.upload_payments, name="upload_payments"),
    path("money/payments/uploads/<int:payments_upload>/", payments.payments_upload, name="payments_upload"),
    path("money/payments/uploads/<int:payments_upload>/file/", payments.payments_file, name="payments_file"),
    path("money/payments/unmatched/", payments.unmatched_payments, name="unmatched_payments"),
    path(
        "money/payments/unmatched/<int:payment_row>/",
        payments.settle_payment_row,
        name="settle_payment_row",
    ),
    path("money/stages/", stages.stages, name="stages"),
    path("money/stages/<int:stage>/", stages.stage, name="stage"),
    path("money/stages/<int:stage>/practices/", evidence.practices, name="evidence"),
    path("money/stages/<int:stage>/chosen/", evidence.chosen, name="evidence_chosen"),
    path(
        "money/stages/<int:stage>/practices/<str:ods_code>/",
        evidence.practice,
        name="practice_evidence",
    ),
    path("money/evidence/<int:evidence_entry>/file/", evidence.file, name="evidence_file"),
    path(
        "referrals/<int:referral>/stages/<int:stage>/accept/",
        stages.accept_progress,
        name="accept_progress",
    ),
    path("practices/<str:ods_code>/money/", statements.of_practice, name="statement"),
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
    path("money/budgets/", budgets.budget, name="budget"),
    path("money/years/<int:year>/budgets/add/", budgets.add_budget_line, name="add_budget_line"),
    path(
        "money/years/<int:year>/narratives/",
        budgets.set_narrative_threshold,
        name="set_narrative_threshold",
    ),
    path("money/budgets/<int:budget_line>/", budgets.set_line_budget, name="set_line_budget"),
    path("money/budgets/<int:budget_line>/change/", budgets.change_budget_line, name="change_budget_line"),
    path("money/budgets/<int:budget_line>/up/", budgets.raise_budget_line, name="raise_budget_line"),
    path("money/budgets/<int:budget_line>/month/", budgets.explain_line, name="explain_line"),
    path("money/report/", reports.finance_report, name="finance_report"),
    path("money/years/<int:year>/report/issue/", reports.issue_finance_report, name="issue_finance_report"),
    path("money/report/issued/", reports.issued_reports, name="issued_reports"),
    path("money/report/issued/<int:finance_report>/", reports.issued_report, name="issued_report"),
    path(
        "money/report/issued/<int:finance_report>/workbook/",
        reports.issued_workbook,
        name="issued_workbook",
    ),
    path(
        "money/report/issued/<int:finance_report>/document/",
        reports.issued_document,
        name="issued_document",
    ),
    path("money/returns/", returns.returns, name="returns"),
    path("money/returns/due/<int:milestone>/", returns.make_return, name="make_return"),
    path("money/returns/<int:national_return>/", returns.national_return, name="national_return"),
    path("money/returns/<int:national_return>/workbook/", returns.return_workbook, name="return_workbook"),
    path("money/returns/<int:national_return>/changes/", returns.return_changes, name="return_changes"),
    path("money/workbooks/", workbooks.workbooks, name="workbooks"),
    path("money/years/<int:year>/workbook/", workbooks.make_workbook, name="make_workbook"),
]

"""Addresses of delivery."""

from django.urls import path

from mou.delivery import views, views_dates, views_list, views_progress, views_report

urlpatterns = [
    path("referrals/<int:referral>/delivery/", views.delivery, name="delivery"),
    path("referrals/<int:referral>/delivery/dates/", views_dates.report_dates, name="report_dates"),
    path("years/<int:year>/reports/", views_dates.report_schedule, name="report_schedule"),
    path(
        "plan/objective/<int:objective>/progress/",
        views_progress.objective_progress,
        name="objective_progress",
    ),
    path(
        "plan/plan-action/<int:plan_action>/progress/", views_progress.action_progress, name="action_progress"
    ),
    path("progress-files/<int:progress_file>/", views_progress.progress_file, name="progress_file"),
    path(
        "progress-files/<int:progress_file>/remove/",
        views_progress.remove_progress_file,
        name="remove_progress_file",
    ),
    path("reports/", views_list.progress_reports, name="progress_reports"),
    path("reports/<int:progress_report>/", views_report.progress_report, name="progress_report"),
    path("reports/<int:progress_report>/fill/", views_report.fill_report, name="fill_report"),
    path("reports/<int:progress_report>/enter/", views_report.enter_report, name="enter_report"),
    path("reports/<int:progress_report>/ask-again/", views_report.ask_report_again, name="ask_report_again"),
    path("reports/<int:progress_report>/new-date/", views_report.move_report, name="move_report"),
    path("reports/<int:progress_report>/not-needed/", views_report.excuse_report, name="excuse_report"),
]

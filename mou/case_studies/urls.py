"""Addresses of case studies."""

from django.urls import path

from mou.case_studies import views, views_lists

_CASE = "referrals/<int:referral>/case-study/"

urlpatterns = [
    path(_CASE, views.case_study, name="case_study"),
    path(f"{_CASE}start/", views.start_case_study, name="start_case_study"),
    path(f"{_CASE}write/<slug:study_part>/", views.write_case_study, name="write_case_study"),
    path(f"{_CASE}words/", views.keep_words, name="keep_words"),
    path(f"{_CASE}ready/", views.hand_in_case_study, name="hand_in_case_study"),
    path(f"{_CASE}ask/", views.ask_for_consent, name="ask_for_consent"),
    path(f"{_CASE}changes/", views.ask_for_changes, name="ask_for_changes"),
    path(f"{_CASE}consent/", views.consent_to_case_study, name="consent_to_case_study"),
    path(f"{_CASE}opt-out/", views.opt_out_of_being_named, name="opt_out_of_being_named"),
    path(f"{_CASE}withdraw-consent/", views.withdraw_consent, name="withdraw_consent"),
    path(f"{_CASE}send-back/", views.send_back_case_study, name="send_back_case_study"),
    path(f"{_CASE}publish/", views.publish_case_study, name="publish_case_study"),
    path(f"{_CASE}withdraw/", views.take_down_case_study, name="take_down_case_study"),
    path("case-studies/", views_lists.published_studies, name="published_studies"),
    path("case-studies/<int:published_study>/", views_lists.published_study, name="published_study"),
    path(
        "case-studies/<int:published_study>/case-study.pdf",
        views_lists.published_study_pdf,
        name="published_study_pdf",
    ),
    path("case-studies/of-our-cases/", views_lists.case_studies, name="case_studies"),
    path("case-studies/progress/", views_lists.case_study_progress, name="case_study_progress"),
    path(
        "case-studies/progress/<int:year>/return.xlsx",
        views_lists.case_study_return,
        name="case_study_return",
    ),
]

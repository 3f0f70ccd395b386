"""Addresses of the health check."""

from django.urls import path

from mou.health_checks import views, views_entering, views_office, views_questionnaires

urlpatterns = [
    path("health-checks/<int:stage>/themes/", views_office.themes, name="health_check_themes"),
    path("health-checks/<int:stage>/setting/", views_questionnaires.stage, name="health_check_stage"),
    path("health-checks/<int:stage>/<str:ods_code>/", views.health_check, name="health_check"),
    path("health-checks/<int:stage>/<str:ods_code>/hand-in/", views.hand_in, name="hand_in_health_check"),
    path("health-checks/<int:stage>/<str:ods_code>/enter/", views_entering.enter, name="enter_health_check"),
    path(
        "health-checks/<int:stage>/<str:ods_code>/original/",
        views_entering.original,
        name="health_check_original",
    ),
    path("health-checks/<int:stage>/<str:ods_code>/copy/", views.copy, name="health_check_copy"),
    path(
        "health-checks/<int:stage>/<str:ods_code>/sections/<slug:section>/",
        views.section,
        name="health_check_section",
    ),
    path(
        "health-checks/<int:stage>/<str:ods_code>/correct/<slug:question>/",
        views.correct,
        name="correct_health_check",
    ),
    path("questionnaires/", views_questionnaires.questionnaires, name="questionnaires"),
    path("questionnaires/publish/", views_questionnaires.publish, name="new_questionnaire"),
    path("questionnaires/<int:questionnaire>/", views_questionnaires.questionnaire, name="questionnaire"),
    path(
        "questionnaires/<int:questionnaire>/publish/",
        views_questionnaires.publish,
        name="publish_questionnaire",
    ),
]

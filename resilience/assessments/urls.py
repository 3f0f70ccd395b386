"""Addresses of assessment, the matrix, escalations and interests."""

from django.urls import path

from resilience.assessments import views, views_duties, views_matrix

app_name = "assessments"

urlpatterns = [
    path("referrals/<int:referral>/assessment/", views.case, name="case"),
    path("referrals/<int:referral>/continuing-support/", views.continuing, name="continuing"),
    path("referrals/<int:referral>/placement/", views_matrix.place, name="place"),
    path("referrals/<int:referral>/safety-escalation/", views_duties.escalate, name="escalate"),
    path("safety-escalations/", views_duties.escalations, name="escalations"),
    path("safety-escalations/<int:escalation>/", views_duties.escalation, name="escalation"),
    path("matrix/", views_matrix.matrix, name="matrix"),
    path("interests/", views_duties.interests, name="interests"),
    path("interests/declare/", views_duties.declare, name="declare"),
    path("interests/<int:interest>/end/", views_duties.end_interest, name="end_interest"),
]

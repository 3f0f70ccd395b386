"""Addresses of decisions."""

from django.urls import path

from resilience.decisions import views

app_name = "decisions"

urlpatterns = [
    path("referrals/<int:referral>/decision/", views.case, name="case"),
    path("referrals/<int:referral>/decide/", views.decide, name="decide"),
]

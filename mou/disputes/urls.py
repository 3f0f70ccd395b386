"""Addresses of disputes."""

from django.urls import path

from mou.agreement.page import AFTER_SIGNATURE
from mou.disputes import views
from mou.disputes.page import part

AFTER_SIGNATURE["disputes"] = part

urlpatterns = [
    path("mou/<int:agreement>/dispute/", views.raise_dispute, name="raise_dispute"),
    path("disputes/<int:dispute>/", views.dispute, name="dispute"),
    path("disputes/<int:dispute>/said/", views.said, name="say_in_dispute"),
    path("disputes/<int:dispute>/note/", views.note, name="note_in_dispute"),
    path("disputes/<int:dispute>/escalate/", views.escalate, name="escalate_dispute"),
    path("disputes/<int:dispute>/lmc/", views.lmc, name="ask_lmc"),
    path("disputes/<int:dispute>/settle/", views.settle, name="settle_dispute"),
]

"""Addresses of notice and of the end."""

from django.urls import path

from mou.agreement.page import AFTER_SIGNATURE
from mou.ending import views
from mou.ending.page import part

AFTER_SIGNATURE["ending"] = part

urlpatterns = [
    path("mou/<int:agreement>/notice/", views.give_notice, name="give_notice"),
    path(
        "mou/<int:agreement>/notice-of-failure/", views.give_notice_of_failure, name="give_notice_of_failure"
    ),
    path("mou/<int:agreement>/notice/withdraw/", views.withdraw_notice, name="withdraw_notice"),
    path("mou/<int:agreement>/terminate/", views.terminate, name="terminate"),
    path("mou/<int:agreement>/end/", views.end, name="end"),
]

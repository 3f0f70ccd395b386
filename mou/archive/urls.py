"""The address of the whole case."""

from django.urls import path

from mou.archive import views

urlpatterns = [
    path("referrals/<int:referral>/whole-case/", views.whole_case, name="whole_case"),
]

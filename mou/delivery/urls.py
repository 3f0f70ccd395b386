"""Addresses of delivery."""

from django.urls import path

from mou.delivery import views

urlpatterns = [
    path("referrals/<int:referral>/delivery/", views.delivery, name="delivery"),
]

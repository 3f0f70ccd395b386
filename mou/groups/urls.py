"""Addresses of dividing a group."""

from django.urls import path

from mou.groups import views

urlpatterns = [path("referrals/<int:referral>/divide/", views.divide, name="divide")]

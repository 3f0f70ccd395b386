"""Addresses of the register."""

from django.urls import path

from mou.register import views

urlpatterns = [
    path("mous/", views.register, name="register"),
]

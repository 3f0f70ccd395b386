"""Addresses of the small things every page needs."""

from django.urls import path

from resilience.core import views

urlpatterns = [
    path("views/save/", views.save_view, name="save_view"),
    path("views/<int:pk>/delete/", views.delete_view, name="delete_view"),
    path("stay-signed-in/", views.stay_signed_in, name="stay_signed_in"),
]

"""Addresses of the small things every page needs."""

from django.urls import path

from resilience.core import export_views, views

urlpatterns = [
    path("views/save/", views.save_view, name="save_view"),
    path("views/<int:pk>/delete/", views.delete_view, name="delete_view"),
    path("files/", export_views.export_list, name="exports"),
    path("files/begin/", export_views.begin_export, name="begin_export"),
    path("files/<int:pk>/", export_views.export_page, name="export"),
    path("files/<int:pk>/file/", export_views.export_file, name="export_file"),
    path("files/<int:pk>/again/", export_views.export_again, name="export_again"),
    path("stay-signed-in/", views.stay_signed_in, name="stay_signed_in"),
]

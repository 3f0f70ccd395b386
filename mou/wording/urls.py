"""Addresses of the wording."""

from django.urls import path

from mou.wording import views

urlpatterns = [
    path("mou/wording/<int:year>/", views.templates, name="templates"),
    path("mou/wording/<int:year>/new/", views.new_version, name="new_version"),
    path("mou/wording/version/<int:template>/", views.template, name="template"),
]

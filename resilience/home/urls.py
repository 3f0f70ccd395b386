"""The first page and the search."""

from django.urls import path

from resilience.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
]

"""Addresses of projects."""

from django.urls import path

from mou.projects import views

urlpatterns = [
    path("projects/", views.tracker, name="projects"),
    path("projects/clusters/", views.clusters, name="clusters"),
    path("projects/clusters/<int:organisation>/add/", views.add_to_cluster, name="add_cluster_project"),
    path("projects/years/<int:year>/", views.requirement, name="project_requirement"),
    path("projects/<int:project>/", views.project, name="project"),
    path("projects/<int:project>/change/", views.change, name="change_project"),
    path("projects/<int:project>/remove/", views.remove, name="remove_project"),
    path("referrals/<int:referral>/plan/add-project/", views.add_to_plan, name="add_project"),
]

"""Addresses of MoUs issued together."""

from django.urls import path

from mou.bulk import views

urlpatterns = [
    path("mous/issue/", views.ready_to_issue, name="ready_to_issue"),
    path("mous/issue/chosen/", views.issue_chosen, name="issue_chosen"),
    path("mous/issued-together/", views.bulks, name="bulks"),
    path("mous/issued-together/<int:bulk>/", views.bulk, name="bulk"),
]

"""Addresses of people, their own pages, and organisations."""

from django.urls import path

from practices import my_views, organisation_views, people_views

app_name = "people"
urlpatterns = [
    path("", people_views.people_list, name="list"),
    path("me/", my_views.me, name="me"),
    path("hat/", my_views.hat, name="hat"),
    path("practice/", my_views.link, name="link"),
    path("invite/", people_views.invite, name="invite"),
    path("invitation/<str:token>/", my_views.invitation, name="invitation"),
    path("invitations/", people_views.invitations, name="invitations"),
    path("invitations/<int:invitation>/", people_views.sent_invitation, name="sent_invitation"),
    path("requests/", people_views.links, name="links"),
    path("requests/<int:link_request>/", people_views.link_request, name="link_request"),
    path("<int:person>/", people_views.person_page, name="person"),
    path("<int:person>/change/", people_views.change_person, name="change"),
    path("<int:person>/role/", people_views.grant_role, name="grant_role"),
    path("roles/<int:holding>/end/", people_views.end_role, name="end_role"),
    path("organisations/", organisation_views.organisations, name="organisations"),
    path("organisations/add/", organisation_views.add_organisation, name="add_organisation"),
    path("organisations/<int:organisation>/", organisation_views.organisation_page, name="organisation"),
    path(
        "organisations/<int:organisation>/change/",
        organisation_views.change_organisation,
        name="change_organisation",
    ),
    path(
        "organisations/<int:organisation>/practices/",
        organisation_views.move_practices,
        name="move_practices",
    ),
    path(
        "organisations/<int:organisation>/assign/",
        organisation_views.assign_practices,
        name="assign_practices",
    ),
    path("assignments/<int:assignment>/end/", organisation_views.end_assignment, name="end_assignment"),
]

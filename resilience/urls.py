"""Composition of every room's addresses."""

from django.urls import include, path

urlpatterns = [
    path("practices/", include("practices.register_urls")),
    path("", include("resilience.home.urls")),
    path("", include("resilience.core.urls")),
    path("account/", include("practices.signin_urls")),
    path("people/", include("practices.people_urls")),
    path("referrals/", include("resilience.referrals.urls")),
    path("programmes/", include("resilience.programmes.urls")),
    path("", include("mou.urls")),
    path("", include("resilience.assessments.urls")),
    path("", include("resilience.decisions.urls")),
    path("", include("funding.urls")),
]

"""Addresses of the referrals room, both sides."""

from resilience.referrals import office_urls, practice_urls

app_name = "referrals"
urlpatterns = [*practice_urls.urlpatterns, *office_urls.urlpatterns]

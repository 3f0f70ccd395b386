from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "resilience.referrals"
    label = "referrals"

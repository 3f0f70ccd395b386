from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "resilience.referrals"
    label = "referrals"

    def ready(self) -> None:
        from practices import pages
        from resilience.referrals.of_practice import referrals_of

        pages.SECTIONS.append(referrals_of)

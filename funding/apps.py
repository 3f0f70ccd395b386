from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"

    def ready(self) -> None:
        """What only this room knows is shown in others: money left, and what a practice is asked and was paid."""
        from funding.rules import money_left
        from funding.stages.pages import money_of_referral, statement_of
        from practices import pages
        from resilience.decisions.money import register
        from resilience.referrals import following

        register(money_left)
        pages.SECTIONS.append(statement_of)
        following.SECTIONS.append(money_of_referral)

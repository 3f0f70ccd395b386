from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"

    def ready(self) -> None:
        """Decisions are made with the money left in view; only this room knows it."""
        from funding.rules import money_left
        from resilience.decisions.money import register

        register(money_left)

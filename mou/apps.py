from django.apps import AppConfig


class MouConfig(AppConfig):
    name = "mou"

    def ready(self) -> None:
        """Returns say how far each MoU is; only this room knows it."""
        from funding.mou_status import register
        from mou.agreement.states import status_of

        register(status_of)

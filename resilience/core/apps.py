from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CoreConfig(AppConfig):
    name = "resilience.core"
    label = "core"

    def ready(self) -> None:
        from resilience.core import integrity

        pre_migrate.connect(integrity.before_migrate, dispatch_uid="integrity")
        post_migrate.connect(integrity.after_migrate, dispatch_uid="integrity")

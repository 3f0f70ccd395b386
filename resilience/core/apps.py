import gc

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CoreConfig(AppConfig):
    name = "resilience.core"
    label = "core"

    def ready(self) -> None:
        from resilience.core import integrity

        pre_migrate.connect(integrity.before_migrate, dispatch_uid="integrity")
        post_migrate.connect(integrity.after_migrate, dispatch_uid="integrity")
        pre_migrate.connect(spare_what_is_loaded, dispatch_uid="garbage")
        post_migrate.connect(spare_nothing, dispatch_uid="garbage")


def spare_what_is_loaded(**_) -> None:
    """A migrate makes and drops so many models that collecting garbage is a third of its work: what was there
    before it is not looked through each time.
    """
    gc.freeze()


def spare_nothing(**_) -> None:
    gc.unfreeze()

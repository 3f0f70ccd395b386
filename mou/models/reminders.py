"""Which reminders were sent."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from resilience.core.integrity import AppendOnly


class SentReminder(models.Model):
    """A reminder that was sent: for which row, why, and for which date. Once each."""

    integrity = AppendOnly()

    about = models.CharField(max_length=60, help_text="the label of the model")
    about_id = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=40)
    due_on = models.DateField()
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["about", "about_id", "kind", "due_on"], name="mou_reminder_sent_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.about} {self.about_id}"

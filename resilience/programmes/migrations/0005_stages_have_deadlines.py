from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("programmes", "0004_milestones_that_are_returns")]

    operations = [
        migrations.AddField(
            model_name="paymentstage",
            name="due_on",
            field=models.DateField(
                blank=True, help_text="practices are asked for it by this day", null=True
            ),
        ),
    ]

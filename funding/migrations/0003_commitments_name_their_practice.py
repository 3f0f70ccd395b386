import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from the filling before it: PostgreSQL alters no table whose new rows it has yet to check."""

    dependencies = [
        ('funding', '0002_allocations_in_depth'),
        ('practices', '0003_data_import'),
    ]

    operations = [
        migrations.AlterField(
            model_name='commitment',
            name='practice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commitments', to='practices.practice'),
        ),
    ]

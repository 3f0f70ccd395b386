"""Drawings: ``{% load charts %}{% line_chart chart %}``; the chart is a resilience.core.charts.LineChart."""

from django import template

from resilience.core.charts import LineChart

register = template.Library()


@register.inclusion_tag("includes/line_chart.html")
def line_chart(chart: LineChart) -> dict[str, LineChart]:
    """The chart with its key. Put its table beside or below it."""
    return {"chart": chart}

"""What every page shows around its content."""

from typing import Any

from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: the person's hat and the one row of navigation."""
    return {"navigation": []}

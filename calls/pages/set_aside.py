"""What was set aside lately, for the admins who have a page open: a delivery that is not understood is told at once."""

from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls.admin.site import may_run
from calls.models import Delivery

LATELY = timedelta(hours=24)
MOST_COUNTED = 1_000


def set_aside_lately(now: datetime) -> int:
    """How many deliveries of the last 24 hours are set aside; MOST_COUNTED where there are as many or more."""
    latest = Delivery.objects.quarantined().order_by("-id").values_list("received_at", flat=True)[:MOST_COUNTED]
    return sum(received_at > now - LATELY for received_at in latest)


@require_safe
@login_required
def set_aside(request: HttpRequest) -> HttpResponse:
    """{count}: for admins."""
    if not may_run(request):
        raise PermissionDenied
    return JsonResponse({"count": set_aside_lately(timezone.now())}, headers={"Cache-Control": "no-store"})

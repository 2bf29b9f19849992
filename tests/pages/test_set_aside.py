"""Admins are told how many deliveries were set aside in the last 24 hours; nobody else is."""

from datetime import timedelta

from django.utils import timezone

from calls.models import Delivery


def test_those_of_the_last_day_count_and_only_for_admins(client, admin_person, sales_supervisor, source):
    now = timezone.now()
    for hours in (1, 2, 30):
        at = now - timedelta(hours=hours)
        Delivery.objects.create(source=source, received_at=at, method="POST", body=b"{", result="quarantined")
    client.force_login(admin_person)
    assert client.get("/set-aside/").json() == {"count": 2}
    assert "<span data-count>2</span>" in client.get("/").content.decode()
    client.force_login(sales_supervisor)
    assert client.get("/set-aside/").status_code == 403
    assert "set-aside-pill" not in client.get("/").content.decode()

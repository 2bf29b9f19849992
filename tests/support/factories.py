"""Calls made for tests: each write takes the next number from the head, as a commit does."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from calls.models import Call, CallGroup, Head, Source


def next_seq(count: int = 1) -> int:
    """Take the next `count` numbers; the last of them is given."""
    head = Head.objects.get_or_create(id=1)[0]
    head.seq += count
    head.save(update_fields=["seq"])
    return head.seq


def a_source(name: str = "Callerdesk") -> Source:
    return Source.objects.get_or_create(name=name)[0]


@transaction.atomic
def make_call(group: CallGroup | None = None, state: str = "ringing", ago: float = 10, **columns: Any) -> Call:
    """A call that began `ago` seconds ago; an ended one was answered unless said otherwise."""
    now = timezone.now()
    began: datetime = now - timedelta(seconds=ago)
    given: dict[str, Any] = {
        "source": columns.pop("source", None) or a_source(),
        "direction": "incoming",
        "customer_number": "+919000000101",
        "customer_key": "c0ffee0000000101",
        "virtual_number": "+911140000001",
        "agent_number": "+919000000201",
        "began_at": began,
        "started_at": began,
        "heard_at": now,
    }
    if state == "ended":
        given |= {"outcome": "answered", "ended_at": now}
    given |= columns
    seq = next_seq()
    given.setdefault("ref", f"1894680000.{seq}")
    return Call.objects.create(group=group, state=state, seq=seq, **given)


@transaction.atomic
def change_call(call: Call, **columns: Any) -> Call:
    for name, value in columns.items():
        setattr(call, name, value)
    call.seq = next_seq()
    call.save()
    return call


def end_call(call: Call, outcome: str = "answered", **columns: Any) -> Call:
    return change_call(
        call,
        **({"state": "ended", "outcome": outcome, "ended_at": timezone.now(), "heard_at": timezone.now()} | columns),
    )

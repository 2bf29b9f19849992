"""The words of the attention band: why a line stands there. What is in braces is filled in by the browser."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ATTENTION: Mapping[str, str | Promise] = {
    "waiting.warn": _("long wait"),
    "waiting.alarm": _("too long"),
    "returning.warn": _("calls again"),
    "ring.warn": _("long ring"),
    "ring.alarm": _("too long"),
    "talk.warn": _("long talk"),
    "talk.alarm": _("very long"),
    "lost.warn": _("lost track"),
    "silence.alarm": _("silence"),
    "waits": _("for more than {seconds} s"),
    "group": _("{waiting} waiting, {late} too long"),
    "group_long": _("{waiting} waiting, {late} for long"),
    "chance": _("{n} of 10 give up within {seconds} s"),
    "expected": _("about {n} give up within {seconds} s"),
    "lost_once": _("was lost at {time}"),
    "lost_often": _("was lost {n} times, last at {time}"),
    "often": _("{nth} call within 24 h"),
    "returning": _("{n} called before"),
    "rings_at": _("rings at {agent} for {time}"),
    "rings": _("rings for {time}"),
    "ring": _("nobody picks up"),
    "talk": _("talks to {agent}"),
    "talk_nobody": _("still talks"),
    "lost": _("{n} calls: nothing heard of them for too long"),
    "silence": _("no delivery, for longer than is usual now: calls may be missing"),
    "silence_of": _("no delivery of {source}, for longer than is usual now: its calls are missing"),
    "over": _("over"),
    "no_group": _("No group"),
}

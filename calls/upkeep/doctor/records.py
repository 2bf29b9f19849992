"""What the records say: who may see, which sources deliver, and what was set aside."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count
from django.utils import timezone

from calls.display import figure_words, wording
from calls.display.clock_words import clock_sentence
from calls.figures.reading import MOST_CHANGES_ADDED
from calls.health.clocks import WrongClock, wrong_clocks
from calls.health.doubles import doubled_sources
from calls.health.last_heard import last_heard
from calls.health.shares import unusual_shares
from calls.models import Delivery, Source
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import lag

from .finding import Finding

SILENT_AFTER = timedelta(hours=24)


def people() -> Iterator[Finding]:
    admins = User.objects.filter(is_active=True, is_superuser=True).count()
    lost = User.objects.filter(is_active=True, is_superuser=False, access=None).count()
    if not admins:
        yield Finding(False, "nobody is an administrator", "Run `manage adduser NAME --role admin`.")
    else:
        yield Finding(True, f"{admins} administrator{'' if admins == 1 else 's'}")
    if lost:
        yield Finding(None, f"{lost} people may sign in but see nothing", "Give them a role with `manage adduser`.")


def sources() -> Iterator[Finding]:
    heard = last_heard()
    for source in Source.objects.all():
        yield heard_from(source, heard.get(source.pk))
        if not source.tokens.active().exists():
            advice = f"Run `manage rotatetoken {source.name!r}`."
            yield Finding(False, f"source {source.name} has no working token", advice)
    if not heard and not Source.objects.exists():
        yield Finding(False, "there is no source", "Run `manage createsource NAME`.")


def heard_from(source: Source, at: Any) -> Finding:
    name = f"source {source.name}{'' if source.enabled else ' (switched off)'}"
    if at is None:
        return Finding(None, f"{name} never delivered", "Give its webhook address to the provider.")
    told = f"{name} delivered last at {at:%Y-%m-%d %H:%M} UTC"
    if timezone.now() - at > SILENT_AFTER and source.enabled and not source.synthetic:
        return Finding(None, told, "If calls were made since, look whether the provider switched the webhook off.")
    return Finding(True, told)


def quarantine() -> Iterator[Finding]:
    reasons = Delivery.objects.quarantined().values_list("reason").annotate(Count("id")).order_by("reason")
    for reason, count in reasons:
        yield Finding(
            None,
            f"{count} deliver{'y' if count == 1 else 'ies'} set aside ({reason}): {wording.set_aside(reason).sentence}",
            str(wording.set_aside(reason).advice) or "`manage replay --quarantined` reads them again.",
        )
    if not reasons:
        yield Finding(True, "nothing is set aside")


def doubles() -> Iterator[Finding]:
    for pair in doubled_sources(timezone.now()):
        yield Finding(
            False,
            f"sources {pair.source.name} and {pair.other.name} deliver the same calls ({pair.shared} lately)",
            "Each stands on the board twice. Take the webhook out of one account, or switch one source off.",
        )


def figures() -> Iterator[Finding]:
    for kind in PROJECTIONS.values():
        behind, row = lag(kind)
        if row and behind > MOST_CHANGES_ADDED:
            yield Finding(
                None,
                f"figures are {behind:,} changes behind: they are told as of an earlier moment",
                "They catch up while the server runs. `manage projections` says how far they are.",
            )
        else:
            yield Finding(True, f"figures are up to date ({behind:,} changes behind)")


def zones() -> Iterator[Finding]:
    for found in wrong_clocks(timezone.now()):
        yield Finding(
            False,
            clock_sentence(found.source.name, found.seconds_ahead),
            f"Set the zone of its zone-less times on the source's page in Set-up. {_consequence(found)}",
        )


def _consequence(found: WrongClock) -> str:
    if found.of_reports:
        return "Its calls stand at the times that its reports say, unless it only sends them so late."
    return "Its calls run from when they came."


def shares() -> Iterator[Finding]:
    for found in unusual_shares(timezone.now()):
        what = f"{found.odd} of {found.looked_at} {figure_words.UNUSUAL[found.kind]}; usual is {found.usual:.1%}"
        yield Finding(None, what, "See the deliveries in the admin: did the provider change something?")

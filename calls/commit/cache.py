"""The tables that every delivery needs, kept in memory: tokens, sources, the directory. No delivery costs a look-up."""

import hmac
import ipaddress
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from calls.commit.live_cache import LiveCache
from calls.models import Agent, GroupSpelling, Head, Source, SourceToken, VirtualNumber
from calls.models.source import digest
from calls.providers.adapter import Habits
from calls.rules.roles import Directory

REFRESH_SECONDS = 5.0
HURRIED_SECONDS = 1.0
"""An unknown token may have been made a moment ago: tables older than this are read again for it."""
LOOKUPS_PER_SECOND = 10
"""Younger ones are not, but so many unknown tokens are looked up alone: a flood of them must cost nothing."""


@dataclass(frozen=True, slots=True)
class CachedSource:
    """The columns of a source that the intake needs."""

    id: int
    name: str
    provider: str
    habits: Habits
    enabled: bool
    synthetic: bool
    require_https: bool
    accept_put: bool
    answer_body: str
    new_calls_per_minute: int
    live_calls_limit: int
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] | None

    @classmethod
    def of(cls, source: Source) -> "CachedSource":
        return cls(
            id=source.pk,
            name=source.name,
            provider=source.provider,
            habits=Habits(source.time_zone, source.region, source.outgoing_source_is_agent),
            enabled=source.enabled,
            synthetic=source.synthetic,
            require_https=source.require_https,
            accept_put=source.accept_put,
            answer_body=source.answer_body,
            new_calls_per_minute=source.new_calls_per_minute,
            live_calls_limit=source.live_calls_limit,
            # A list of which nothing can be read admits nobody, rather than everybody.
            networks=tuple(_networks(source.allowed_networks)) if source.allowed_networks.strip() else None,
        )

    def admits(self, address: str) -> bool:
        """Whether deliveries may come from this address."""
        if self.networks is None:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.networks)


def _networks(text: str) -> Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for line in text.split():
        try:
            yield ipaddress.ip_network(line, strict=False)
        except ValueError:
            continue


@dataclass(slots=True)
class CachedToken:
    """An active token and what it opens."""

    id: int
    digest: str
    source: CachedSource
    expires_at: datetime | None


@dataclass(slots=True)
class CachedDirectory:
    """One source's numbers. `agents` and `lines` are ours by match key; `refused` ones are not to be learned."""

    agents: dict[str, str] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    names: dict[str, tuple[datetime | None, str]] = field(default_factory=dict)

    view: Directory = field(init=False)

    def __post_init__(self) -> None:
        """Give the rules a view of the same two tables: it changes when the directory learns a number."""
        self.view = Directory(self.agents, self.lines)


class Cache:
    """Tokens, sources and directories, read anew every few seconds, or when `forget` asks for it."""

    def __init__(self) -> None:
        self.tokens: dict[str, CachedToken] = {}
        self._proven: dict[str, CachedToken] = {}
        self.sources: dict[int, CachedSource] = {}
        self.directories: dict[int, CachedDirectory] = {}
        self.groups: dict[str, int] = {}
        self.used: dict[int, datetime] = {}
        self.pseudonym_key = b""
        self.live_cache = LiveCache()
        self._read_at = float("-inf")
        self._lock = threading.Lock()
        self._lookup_lock = threading.Lock()
        self._looked_up: set[str] = set()
        self._lookups_left, self._lookups_counted_at = LOOKUPS_PER_SECOND, float("-inf")

    @property
    def age(self) -> float:
        """Seconds since the last reading."""
        return time.monotonic() - self._read_at

    def forget(self) -> None:
        self._read_at = self._lookups_counted_at = float("-inf")
        self.live_cache.forget()

    def refresh(self, older_than: float = REFRESH_SECONDS) -> None:
        """Read everything again, unless that was done within `older_than` seconds. Raises database errors."""
        with self._lock:
            if self.age < older_than:
                return
            self.sources = {source.pk: CachedSource.of(source) for source in Source.objects.all()}
            self.tokens = {
                row.digest: CachedToken(row.pk, row.digest, self.sources[row.source_id], row.expires_at)
                for row in SourceToken.objects.active()
                if row.source_id in self.sources
            }
            self._proven = {}
            self.groups = dict(GroupSpelling.objects.values_list("key", "group_id"))
            self.directories = self._directories()
            self.pseudonym_key = bytes.fromhex(Head.objects.get_or_create(id=1)[0].pseudonym_key)
            self._read_at = time.monotonic()

    def _directories(self) -> dict[int, CachedDirectory]:
        found = {source: CachedDirectory() for source in self.sources}
        columns = ("source_id", "number_key", "ours", "group__name")
        for source, key, ours, group in VirtualNumber.objects.values_list(*columns):
            found[source].lines.update({key: group or ""} if ours else {})
            found[source].refused.update(() if ours else {("line", key)})
        agents = Agent.objects.values_list(*columns, "named_at", "learned_name")
        for source, key, ours, group, named_at, name in agents:
            found[source].agents.update({key: group or ""} if ours else {})
            found[source].refused.update(() if ours else {("agent", key)})
            found[source].names[key] = (named_at, name)
        return found

    def token(self, secret: str) -> CachedToken | None:
        """The active token with this secret, from memory alone."""
        found = self._proven.get(secret) or self._prove(secret)
        if found is None:
            return None
        now = datetime.now(UTC)
        if found.expires_at and found.expires_at <= now:
            return None
        self.used[found.id] = now
        return found

    def _prove(self, secret: str) -> CachedToken | None:
        wanted = digest(secret)
        found = self.tokens.get(wanted)
        if found is None or not hmac.compare_digest(found.digest, wanted):
            return None
        self._proven[secret] = found
        return found

    def may_look_up(self, secret: str) -> bool:
        """Whether a token that is unknown here is worth a `look_up`, which has to follow."""
        allowed = self.age >= HURRIED_SECONDS or secret in self._looked_up or self._takes_one()
        if allowed:
            self._looked_up.add(secret)
        return allowed

    def _takes_one(self) -> bool:
        now = time.monotonic()
        if now - self._lookups_counted_at >= 1:
            self._lookups_left, self._lookups_counted_at = LOOKUPS_PER_SECOND, now
        self._lookups_left -= 1
        return self._lookups_left >= 0

    def look_up(self, secret: str) -> None:
        """Learn a token that was made a moment ago, if it is one. Raises database errors."""
        try:
            with self._lookup_lock:  # Who comes with the same token meanwhile finds it known.
                if self.token(secret) is None and (self.age >= HURRIED_SECONDS or _is_active(secret)):
                    self.refresh(older_than=0)
        finally:
            self._looked_up.discard(secret)

    def note_use(self) -> None:
        """Write down when tokens were last used."""
        used, self.used = self.used, {}
        for token, at in used.items():
            SourceToken.objects.filter(pk=token).update(last_used_at=at)


def _is_active(secret: str) -> bool:
    return SourceToken.objects.active().filter(digest=digest(secret)).exists()


cache = Cache()

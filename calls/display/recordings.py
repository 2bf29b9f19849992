"""Recordings: which of the links that a provider sends may be shown to people. Nothing here is ever fetched."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

LONGEST = 2_048
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")
_PLAIN = re.compile(r"https://([a-z0-9.-]+)/[A-Za-z0-9/._~-]*\Z")
_SPOKEN = re.compile(r"[!-~]+\Z")
_PATH_SAFE = "/%:!$&'()*+,;=~-._"
_QUERY_SAFE = _PATH_SAFE + "?@"


def hosts_of(text: str) -> frozenset[str]:
    """Read a list of host names, one a line, as `Source.recording_hosts` holds it."""
    return frozenset(line.strip().lower() for line in text.splitlines() if line.strip())


def is_host_name(text: str) -> bool:
    """Whether this can stand in the list: a name of at least two parts, in small letters, and no address."""
    return _HOST.match(text) is not None


def allowed_link(url: str | None, hosts: Iterable[str]) -> str | None:
    """Give the link, spelt anew, where it may be shown: https at a host of the list, or None.

    The host must be a name of the list to the letter: no user name before it, no port but 443, no address, no
    look-alike in other scripts. Whatever two readers of a URL could read differently (backslashes, blanks,
    control characters, anything that is not plain ASCII) is refused rather than repaired.
    """
    if not url:
        return None
    hosts = hosts if isinstance(hosts, frozenset) else frozenset(host.lower() for host in hosts)
    if len(url) <= LONGEST and (plain := _PLAIN.match(url)):
        # The usual link: there is nothing in it that could be read, or spelt, in two ways.
        return url if plain[1] in hosts and is_host_name(plain[1]) else None
    return _checked(url, hosts)


@lru_cache(maxsize=4_096)
def _checked(url: str, hosts: frozenset[str]) -> str | None:
    if len(url) > LONGEST or not _SPOKEN.match(url) or "\\" in url or not url.lower().startswith("https://"):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if "@" in parts.netloc or (":" in parts.netloc and port != 443) or host not in hosts or not is_host_name(host):
        return None
    path, query = quote(parts.path, safe=_PATH_SAFE), quote(parts.query, safe=_QUERY_SAFE)
    link = urlunsplit(("https", host, path, query, ""))
    return link if len(link) <= LONGEST else None

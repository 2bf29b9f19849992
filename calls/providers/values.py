"""Values as providers write them: moments without a zone, lengths, amounts, and words for nobody."""

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from calls.phones import cleaned, is_rounded, normalise
from calls.rules.facts import MOST_ALSO_SAID

NOBODY = frozenset({"", "0", "--", "-", "none", "null", "nil", "n/a", "na", "not assigned", "notassigned", "undefined"})
_ZERO_DATES = ("0000-00-00", "0001-01-01", "1970-01-01 00:00:00")
_USUAL = re.compile(
    r"(\d{4}-\d\d-\d\d)\s*[ Tn]\s*(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\s*(Z|[+-]\d\d:?\d\d)?\Z", re.IGNORECASE | re.ASCII
)
_OTHER = (
    "%d-%m-%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%d-%m-%Y %I:%M:%S %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %H:%M",
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?\Z", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d\d)\Z", re.ASCII)
_WHOLE = re.compile(r"(\d{1,7})(?:\.\d*)?\Z", re.ASCII)
_AMOUNT = re.compile(r"\d{1,7}(?:\.\d{1,3})?\Z", re.ASCII)
_LONGEST = 7 * 86_400
_CODE = re.compile(r"0*(\d{1,6})(?:\.0*)?\Z", re.ASCII)
_LONGEST_CODE = 20
_LONGEST_ID = 100
# What a field is called that holds a key to something: its value is for nobody's eyes.
_SECRET = re.compile(
    r"token|secret|passw|passcode|passphrase|apikey|authcode|authkey|authori[sz]|signature|credential"
    r"|\Aotp|otp\Z|\Apin\Z|\Acvv\Z"
)
_KEYS = re.compile(r"[0-9*#,\-]{1,32}\Z", re.ASCII)
_LONGEST_SAID = 200


_PHONE = re.compile(r"\+?\d[\d ()./-]{5,20}\d\Z")
_WORD_OF_A_CALL = re.compile(r"call|phone|mobile|dial|agent|customer|from|msisdn|did|cdr|duration|ring|record")
_WORD_OF_TIME = re.compile(r"time|stamp|date|start|end|epoch")


def looks_like_a_call(fields: dict[str, str]) -> bool:
    """Whether fields that no adapter knows may well be those of a call.

    A call has a phone number and a word of a call's among its keys, or two keys with such words. What a test button
    or a ping sends has neither.
    """
    of_a_call = [value for key, value in fields.items() if or_nobody(value) and _WORD_OF_A_CALL.search(key)]
    numbers = [key for key, value in fields.items() if _PHONE.match(value) and not _WORD_OF_TIME.search(key)]
    return len(of_a_call) >= 2 or bool(of_a_call and numbers)


class Unreadable(ValueError):
    """A value that is there but means nothing: the field stays empty, and the call says so."""


def or_nobody(text: str) -> str:
    """The text, or "" where it is one of the words that mean nobody or nothing."""
    return "" if not text or text.casefold() in NOBODY else text


def opaque_id(text: str) -> str:
    """An id as it came; placeholders are none. One that is too long keeps its start and a digest of the whole."""
    text = or_nobody(text)
    if len(text) <= _LONGEST_ID:
        return text
    return text[: _LONGEST_ID - 25] + "-" + hashlib.sha256(text.encode()).hexdigest()[:24]


@lru_cache(maxsize=8_192)
def number(text: str, region: str) -> str:
    """The number in its one spelling, at most 64 characters of it; "" for nobody.

    Raises Unreadable for a number whose last digits a spreadsheet rounded away.
    """
    text = or_nobody(cleaned(text))
    if is_rounded(text):
        raise Unreadable(text)
    return normalise(text, region)[:64] if text else ""


@lru_cache(maxsize=4_096)
def moment(text: str, zone: str) -> datetime | None:
    """The UTC moment; zone-less times are the provider's, in `zone`. None for blank and zero dates.

    Raises Unreadable for anything else that is no date between 2000 and 2100.
    """
    if not or_nobody(text) or text.startswith(_ZERO_DATES):
        return None
    try:
        found = _parse(text, zone)
        if 2000 <= found.year < 2100:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Unreadable(text)


def _parse(text: str, zone: str) -> datetime:
    usual = _USUAL.match(text)
    if usual:
        day, clock, fraction, offset = usual.groups()
        spelled = f"{day} {clock}" + (f".{fraction:0<6}" if fraction else "") + (offset or "").upper()
        found = datetime.fromisoformat(spelled)
        return found if offset else found.replace(tzinfo=zone_of(zone))
    if _EPOCH.match(text):
        return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC)
    for form in _OTHER:
        try:
            return datetime.strptime(" ".join(text.split()), form).replace(tzinfo=zone_of(zone))
        except ValueError:
            continue
    raise Unreadable(text)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def seconds(text: str) -> int | None:
    """Whole seconds, from seconds or H:MM:SS. Raises Unreadable for negative, endless or other text."""
    if not text:
        return None
    if whole := _WHOLE.match(text):
        length = int(whole[1])
    elif clock := _CLOCK.match(text):
        hours, minutes, rest = (int(part or 0) for part in clock.groups())
        length = int(timedelta(hours=hours, minutes=minutes, seconds=rest).total_seconds())
    else:
        raise Unreadable(text)
    if length > _LONGEST:
        raise Unreadable(text)
    return length


def amount(text: str) -> str:
    """A decimal amount as written, or "". Raises Unreadable for anything that is not one."""
    if text and not _AMOUNT.match(text):
        raise Unreadable(text)
    return text


def code(text: str) -> str:
    """A cause code as text, without leading zeros and what a spreadsheet adds; "0" stays, and says "none known"."""
    found = _CODE.match(text)
    if found:
        return found[1]
    return "" if text.casefold() in NOBODY else text[:_LONGEST_CODE]


def also_said(
    others: dict[str, str], spelled: Mapping[str, str], pressed: Collection[str]
) -> tuple[tuple[tuple[str, str], ...], bool]:
    """The values that have no field of ours, by name, and whether that is all of them, and whole.

    Where there are too many, those that `spelled` knows are kept first. It gives the names they are listed under. In
    them a zero says nothing, unless the field is one of keys that were `pressed`. Secrets are left out.
    """
    said = []
    for name, text in others.items():
        zero_counts = name in pressed or name not in spelled
        if (text.casefold() in NOBODY and not (text == "0" and zero_counts)) or _is_secret(name, text):
            continue
        said.append((name not in spelled, spelled.get(name, name), text))
    said.sort()
    kept = tuple(sorted([(name, text[:_LONGEST_SAID]) for _, name, text in said[:MOST_ALSO_SAID]]))
    return kept, len(said) <= MOST_ALSO_SAID and max([len(text) for *_, text in said], default=0) <= _LONGEST_SAID


def _is_secret(name: str, text: str) -> bool:
    """Whether a value may be a secret: by the name of its field. A plain `key` holds keys that were pressed, or one."""
    return _SECRET.search(name) is not None or (name == "key" and not _KEYS.match(text))

"""Log lines: JSON for machines, plain for a terminal; without secrets, queries, full numbers or control characters."""

import logging.config
import re
import sys
from typing import Any

import structlog
import structlog.typing
from django.http import HttpRequest

from calls.display.masking import mask_text
from calls.phones_in_text import without_half_a_number

from .log_limits import OfStrangers

_HOOK = re.compile(r"(/(?:hook(?:s/|-)|wall/))[^\s/?\"'<>]+", re.IGNORECASE)
# A path is taken whole, with a query or without: nothing is tried again from each of its slashes.
_QUERY = re.compile(r"(/[^\s?\"']*+)(?:(\?)[^\s\"'<>]+)?")
_AUTHORIZATION = re.compile(r"\b(Bearer|Basic|x-webhook-token)([\s:=]+)[^\s,;\"']+", re.IGNORECASE)
_ADDRESS_SECRET = re.compile(r"(://[^\s:/@]*):[^\s@/]+@")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# The quiet fields: numbers of ours that count rows and processes, never telephones.
_COUNTS = re.compile(r"(^|_)(id|ids|seq|pid|count|bytes|ms|port|line|lineno)$")
LONGEST = 4_000
UNKNOWN = "/..."
"""What is logged in place of a path that leads nowhere."""

EventDict = structlog.typing.EventDict


def configure(settings: dict[str, str]) -> None:
    """Set up every logger (Django's LOGGING_CONFIG): {"level": "INFO", "format": "auto", "json" or "plain"}."""
    plain = settings["format"] == "plain" or (settings["format"] == "auto" and sys.stderr.isatty())
    logging.config.dictConfig(description(settings["level"], plain))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def description(level: str, plain: bool) -> dict[str, Any]:
    inherit: dict[str, Any] = {"handlers": [], "propagate": True, "level": "NOTSET"}
    noisy = {"propagate": True, "level": "DEBUG" if level == "DEBUG" else "WARNING"}
    # It tells of every connection lent, and twice a second of an outage that feed and intake tell of once.
    chatty = {"propagate": True, "level": "DEBUG" if level == "DEBUG" else "ERROR"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter, "plain": plain}},
        "filters": {"strangers": {"()": OfStrangers}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["strangers"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": inherit,
            "django.server": inherit,
            # Access logs would be lines of secrets and numbers: the proxy's job, without queries.
            "uvicorn.access": {"handlers": [], "propagate": False, "level": "CRITICAL"},
            "uvicorn.error": noisy,
            "daphne": noisy,
            "asyncio": noisy,
            "axes": noisy,
            "psycopg.pool": chatty,
        },
    }


def formatter(plain: bool) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[extras],
        processors=[
            level_and_logger,
            structlog.processors.format_exc_info,
            discreet,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            plain_line if plain else structlog.processors.JSONRenderer(),
        ],
    )


_add_extras = structlog.stdlib.ExtraAdder()


def extras(logger: Any, method: str, event: EventDict) -> EventDict:
    """What a line of the standard library brings along, but for objects that would be printed as they are."""
    _add_extras(logger, method, event)
    if isinstance(request := event.get("request"), HttpRequest):
        event["event"] = by_route(event["event"], request)
    return {key: value for key, value in event.items() if key not in ("request", "color_message", "taskName")}


def by_route(message: str, request: HttpRequest) -> str:
    """The message with the route in place of the path: that of a mistyped webhook address holds its token."""
    reason, path, _ = message.partition(": /")
    route = f"/{request.resolver_match.route}" if request.resolver_match else UNKNOWN
    return f"{reason}: {route}" if path else message


def level_and_logger(_logger: Any, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event.pop("_record")
    event.pop("_from_structlog")
    return {"level": record.levelname.lower(), "logger": record.name, **event}


def discreet(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Every text of a line without secrets and full numbers, and not longer than a line may be."""
    return {without_secrets(str(key)): clean(str(key), value) for key, value in event.items()}


def clean(key: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if _COUNTS.search(key) or abs(value) < 1_000_000 else without_secrets(str(value))
    if isinstance(value, dict):
        return {clean("", str(name)): clean(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(key, inner) for inner in value]
    return without_secrets(value if isinstance(value, str) else str(value))[:LONGEST]


def without_secrets(text: str) -> str:
    """Text from anywhere, safe to log. It is cut first: cleaning must not cost more than the line is worth."""
    text = _HOOK.sub(r"\1***", cut(text))
    text = _QUERY.sub(lambda found: f"{found[1]}?***" if found[2] else found[0], text)
    text = _AUTHORIZATION.sub(r"\1\2***", text)
    text = _ADDRESS_SECRET.sub(r"\1:***@", text)
    return mask_text(text) or ""


def cut(text: str) -> str:
    """At most `LONGEST` characters. The word or number at the cut is left out: half a secret is not known for one."""
    if len(text) <= LONGEST:
        return text
    words = text[:LONGEST].rsplit(None, 1)
    return (without_half_a_number(words[0]) if len(words) == 2 else "") + " …"


def plain_line(_logger: Any, _method: str, event: EventDict) -> str:
    """One line for people; the lines of an error follow, each behind a bar that no message can forge."""
    time, level, logger = event.pop("timestamp"), event.pop("level"), event.pop("logger")
    error = str(event.pop("exception", ""))
    message = escaped(str(event.pop("event", "")))
    rest = "".join(f" {escaped(key)}={escaped(str(value))}" for key, value in event.items())
    line = f"{time[11:19]} {level:<8} {logger}: {message}{rest}"
    return "".join([line, *(f"\n    | {escaped(part)}" for part in error.splitlines())])


def escaped(text: str) -> str:
    return _CONTROL.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)

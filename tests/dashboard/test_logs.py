"""No log line holds a secret, a full phone number, a query string, or a line that somebody forged."""

import io
import json
import logging

import pytest
import structlog
from django.conf import settings
from django.test import Client

from dashboard import logs
from tests.support.spellings import IN_ADDRESSES, LOCAL, NO_NUMBERS, SPELLINGS, UNUSUAL_DIGITS
from tests.support.spellings import digits as any_digits

NUMBERS = [
    "+919000000101",
    "919000000101",
    "9000000101",
    "+91 90000 00101",
    "90000 00101",
    "+1 (202) 555-0143",
    "202-555-0143",
]
TOKEN = "canary-Zq3vN8xW2bK7"
FORGERIES = ["a\nb", "a\r\nb", "a\x1b[31mb", "a\x00b", "a\u2028b", "a\x85b", "a\u202eb"]


def digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


@pytest.fixture(params=["json", "plain"])
def written(request):
    """What the handler of all loggers writes, in both forms."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter(plain=request.param == "plain"))
    root = logging.getLogger()
    before, root.handlers, level = root.handlers, [handler], root.level
    root.setLevel("DEBUG")
    yield stream.getvalue
    root.handlers = before
    root.setLevel(level)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_masked_wherever_it_stands(written, number):
    log = logging.getLogger("calls.anything")
    log.warning(f"from {number} to nowhere")
    log.warning("from %s", number)
    log.warning("a call", extra={"customer": number, "nested": {"deep": [number]}, number: "as a name"})
    structlog.get_logger("calls.structured").warning("a call", customer=number)
    try:
        raise ValueError(f"cannot read {number}")
    except ValueError:
        log.exception("failed")
    assert "failed" in written()
    assert digits(number)[-7:] not in digits(written().replace("\\u", " "))
    assert number not in written()


@pytest.mark.parametrize(
    "secret",
    [
        f"/hooks/{TOKEN}",
        f"/hook-{TOKEN}/",
        f"https://calls.example.com/hooks/{TOKEN}?a=b",
        f"/anything?token={TOKEN}&x=y",
        f"Authorization: Bearer {TOKEN}",
        f"X-Webhook-Token: {TOKEN}",
        f"Basic {TOKEN}",
        f"postgres://callboard:{TOKEN}@db.example.com/callboard",
    ],
)
def test_a_secret_is_in_no_line(written, secret):
    logging.getLogger("django.request").error("Not Found: %s", secret)
    structlog.get_logger("calls").info("asked", path=secret)
    assert "Not Found" in written()
    assert TOKEN not in written()


@pytest.mark.parametrize("forgery", FORGERIES)
def test_one_message_is_one_line(written, forgery):
    logging.getLogger("calls").warning("said %s", forgery, extra={"field": forgery})
    assert len(written().splitlines()) == 1
    assert not any(sign in written() for sign in ("\x1b", "\x00", "\r", "\u2028", "\x85", "\u202e"))


def test_no_line_of_an_error_can_pass_for_another_message():
    record = logging.LogRecord("calls", logging.ERROR, "", 0, "failed", (), None)
    try:
        raise ValueError("x\n00:00:00 error    forged: line")
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    first, *rest = logs.formatter(plain=True).format(record).splitlines()
    assert "failed" in first
    assert rest
    assert all(line.startswith("    | ") for line in rest)


@pytest.mark.parametrize("number", [*SPELLINGS, *UNUSUAL_DIGITS, *IN_ADDRESSES])
@pytest.mark.parametrize("around", ["{}", "from {} to nowhere", "/nowhere/{}", "https://calls.example.com/x/{}/y"])
def test_no_line_holds_a_number_in_any_spelling(around, number):
    line = logs.clean("event", around.format(number))
    assert not any(LOCAL[at : at + 5] in any_digits(line) for at in range(5))


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_dates_times_and_hosts_stay_readable(text):
    assert logs.clean("event", f"said {text} so") == f"said {text} so"


@pytest.mark.parametrize("number", SPELLINGS)
def test_half_a_number_at_the_cut_is_left_out(number):
    for shown in range(len(number) + 1):
        line = logs.clean("event", "x " * ((logs.LONGEST - shown) // 2) + number + " y" * 100)
        assert LOCAL[:5] not in any_digits(line)


def test_ids_and_counts_stay_readable(written):
    structlog.get_logger("calls").info("stored", delivery_id=12345678, seq=98765432, pid=1234567)
    assert "12345678" in written()
    assert "98765432" in written()


def test_a_line_has_an_end(written):
    logging.getLogger("calls").warning("x" * 100_000)
    assert len(written()) < 5_000


@pytest.mark.parametrize(
    "secret", [f"Bearer {TOKEN}", f"postgres://user:{TOKEN}@db/x", "+91 90000 00101", "90000 00101"]
)
def test_what_the_cut_goes_through_is_left_out(secret):
    for shown in range(len(secret) + 1):
        line = logs.clean("event", "x " * ((logs.LONGEST - shown) // 2) + secret + " y" * 100)
        assert not any(part in line for part in (TOKEN[:4], "90000"))


def test_json_lines_say_when_where_and_how_bad():
    record = logging.LogRecord("calls.intake.queue", logging.WARNING, "", 0, "slow", (), None)
    line = json.loads(logs.formatter(plain=False).format(record))
    assert line["event"] == "slow"
    assert line["level"] == "warning"
    assert line["logger"] == "calls.intake.queue"
    assert line["timestamp"].endswith("Z")


def test_every_logger_ends_in_the_one_handler():
    described = logs.description(settings.LOGGING["level"], plain=False)
    assert described["loggers"]["django.server"]["handlers"] == []
    assert described["loggers"]["uvicorn.access"]["propagate"] is False
    assert [name for name, logger in described["loggers"].items() if logger.get("handlers")] == []


def test_a_page_that_is_not_there_is_logged_without_what_was_asked(written, db):
    Client().get(f"/nowhere/9000000101?token={TOKEN}")
    assert "Not Found" in written()
    assert TOKEN not in written()
    assert "9000000101" not in written()


@pytest.mark.parametrize(
    "address",
    [
        *(f"/hook/{TOKEN}", f"/webhook/{TOKEN}", f"/webhooks/{TOKEN}", f"/{TOKEN}", f"/hooks{TOKEN}", f"/hook_{TOKEN}"),
        *(f"/callback/{TOKEN}", f"/hooks;{TOKEN}", f"/accounts/login/{TOKEN}", f"/api/{TOKEN}", f"/admin/{TOKEN}/"),
        *(
            f"/é\n/{TOKEN}",
            f"/hooks/{TOKEN}",
            f"/hook-{TOKEN}",
            f"/hooks/{TOKEN}/more",
            f"//hooks/{TOKEN}",
            f"/HOOKS/{TOKEN}",
        ),
    ],
)
def test_a_mistyped_webhook_address_writes_no_token(written, db, address):
    Client().post(address, {"a": "b"}, content_type="application/json")
    assert TOKEN not in written()


def test_a_refused_page_is_logged_by_its_route(written, db):
    Client().post("/api/calls/")
    assert "/api/calls/" in written()
    assert "/..." not in written()

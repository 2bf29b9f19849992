"""Nobody outside can write a traceback into the log, nor fill it."""

import io
import json
import logging

import pytest
from django.test import Client
from structlog import get_logger

from dashboard import logs
from dashboard.log_limits import LINES_A_MINUTE, OfStrangers
from dashboard.origins import own_page


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lines(clock):
    """The lines that the handler of all loggers writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter(plain=False))
    handler.addFilter(OfStrangers(clock))
    root = logging.getLogger()
    before, root.handlers = root.handlers, [handler]
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers = before


BAD_MULTIPART = {"content_type": "multipart/form-data", "data": b"x"}
REQUESTS = {
    "foreign host": lambda client: client.get("/", headers={"host": "evil.example"}),
    "bad multipart": lambda client: client.post("/accounts/login/", **BAD_MULTIPART),
    "too many fields": lambda client: client.post(
        "/accounts/login/", "a&" * 5_000, "application/x-www-form-urlencoded"
    ),
    "autocomplete of nothing": lambda client: client.get("/admin/autocomplete/?app_label=x&model_name=y&field_name=z"),
    "autocomplete of a password": lambda client: client.get(
        "/admin/autocomplete/?app_label=auth&model_name=user&field_name=password&term=a"
    ),
    "no page": lambda client: client.get("/nowhere"),
    "no token": lambda client: client.post("/accounts/logout/"),
}


@pytest.mark.parametrize("asked", REQUESTS)
def test_a_refused_request_is_one_line_and_few_a_minute(lines, clock, admin_person, asked):
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(admin_person)
    answers = {REQUESTS[asked](client).status_code for _ in range(LINES_A_MINUTE + 5)}
    assert all(400 <= status < 500 for status in answers)
    assert len(lines()) == LINES_A_MINUTE
    assert not any("exception" in line or "Traceback" in str(line) for line in lines())

    clock.now += 60
    REQUESTS[asked](client)
    assert lines()[-1]["left_out_before_count"] == 5


def test_foreign_pages_that_open_sockets_are_few_lines(lines):
    for _ in range(100):
        get_logger("callboard.origins").warning("socket refused", origin="https://evil.example")
    assert own_page({"headers": [(b"origin", b"https://evil.example")], "type": "websocket"}) is False
    assert len(lines()) == LINES_A_MINUTE


def test_kinds_do_not_hide_each_other_and_errors_of_ours_are_whole(lines):
    for _ in range(100):
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    for _ in range(20):
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            logging.getLogger("django.request").exception("Internal Server Error: %s", "/", extra={"status_code": 500})
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    assert sum("exception" in line for line in lines()) == 40
    assert len(lines()) == 40 + LINES_A_MINUTE


def test_every_handler_has_the_limit():
    described = logs.description("INFO", plain=False)
    assert all("strangers" in handler["filters"] for handler in described["handlers"].values())
    assert described["filters"]["strangers"]["()"] is OfStrangers

"""Who may try to sign in and how often: strangers are held up, people are not."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from calls.models import FailedSignIns
from calls.people import sign_in
from calls.people.sign_in import BY_NAME, BY_NETWORK, HASHED_AT_ONCE, client_address, network_of
from calls.upkeep.pruning import prune
from tests.conftest import person

pytestmark = pytest.mark.slow

SIGN_IN = "/accounts/login/"
HERE = "203.0.113.7"


def try_to(name: str, password: str, address: str = HERE):
    return Client(REMOTE_ADDR=address).post(SIGN_IN, {"username": name, "password": password}).status_code


def tried(name: str, password: str, address: str) -> str:
    """The page that answers."""
    return Client(REMOTE_ADDR=address).post(SIGN_IN, {"username": name, "password": password}).content.decode()


@pytest.fixture
def asha(db):
    return person("asha", "viewer")


def test_one_name_from_many_addresses_is_tried_a_few_times_an_hour(asha):
    tried = [try_to("asha", "wrong", f"198.51.{number}.1") for number in range(30)]
    assert tried == [200] * BY_NAME.failures + [429] * (30 - BY_NAME.failures)
    with time_machine.travel(timezone.now() + BY_NAME.within + timedelta(seconds=1), tick=False):
        assert try_to("asha", "asha", "198.51.100.1") == 302


@pytest.mark.parametrize(("kind", "minutes"), [("here", 15), ("name", 60), ("network", 15)])
def test_whoever_is_held_up_is_told_until_when(asha, kind, minutes):
    now = datetime(2026, 11, 26, 12, 28, 30, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        for number in range(BY_NETWORK.failures + 1):
            name = f"nobody{number}" if kind == "network" else "asha"
            page = tried(name, "wrong", f"198.51.{number}.1" if kind == "name" else HERE)
    until = {15: "18:14 IST", 60: "18:59 IST"}[minutes]
    assert f"until <b>{until}</b>" in page


def test_strangers_do_not_shut_out_a_person_where_they_signed_in_before(asha):
    assert try_to("asha", "asha") == 302
    for number in range(30):
        try_to("asha", "wrong", f"198.51.{number}.1")
    assert try_to("asha", "asha", "192.0.2.1") == 429
    assert try_to("asha", "asha") == 302
    with time_machine.travel(timezone.now() + timedelta(minutes=20), tick=False):
        assert try_to("asha", "wrong") == 200  # and by name and address it counts as ever


def test_many_names_from_one_network_are_tried_a_few_times(asha):
    tried = [try_to(f"nobody{number}", "wrong", f"203.0.113.{number}") for number in range(40)]
    assert tried == [200] * BY_NETWORK.failures + [429] * (40 - BY_NETWORK.failures)
    assert try_to("asha", "asha", "203.0.114.1") == 302  # another network
    with time_machine.travel(timezone.now() + BY_NETWORK.within + timedelta(seconds=1), tick=False):
        assert try_to("asha", "asha") == 302


def test_whoever_is_held_up_takes_no_slot_and_no_connection(asha, all_slots, django_assert_num_queries):
    for _ in range(HASHED_AT_ONCE):
        sign_in._slots.release()
    for number in range(BY_NETWORK.failures + 1):
        try_to(f"nobody{number}", "wrong")
    for _ in range(HASHED_AT_ONCE):
        sign_in._slots.acquire()
    with django_assert_num_queries(0):
        assert try_to("asha", "asha") == 429
    assert try_to("asha", "asha", "203.0.114.1") == 503


def test_all_addresses_of_one_network_of_ipv6_are_one(asha):
    tried = [try_to("asha", "wrong", f"2001:db8:0:1::{number:x}") for number in range(1, 11)]
    assert tried.count(200) < 5
    assert try_to("asha", "asha", "2001:db8:0:2::1") == 302


@pytest.mark.parametrize(("address", "counts_as", "network"), [
    ("203.0.113.7", "203.0.113.7", "203.0.113.0/24"),
    ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.0/24"),
    ("2001:db8::1:2:3:4", "2001:db8::", "2001:db8::/64"),
    ("fe80::1%eth0", "fe80::", "fe80::/64"),
    ("", "0.0.0.0", "0.0.0.0/24"),
    ("unix:", "0.0.0.0", "0.0.0.0/24"),
])  # fmt: skip
def test_where_somebody_asks_from(rf, address, counts_as, network):
    assert client_address(rf.get("/", REMOTE_ADDR=address)) == counts_as
    assert network_of(counts_as) == network


def test_an_office_that_mistypes_is_not_shut_out(db):
    for number in range(30):
        person(f"clerk{number}", "viewer")
        assert try_to(f"clerk{number}", "wrong", f"203.0.113.{number}") == 200
        assert try_to(f"clerk{number}", f"clerk{number}", f"203.0.113.{number}") == 302


def test_a_valid_account_does_not_pay_for_tries_at_others(asha):
    for number in range(BY_NETWORK.failures):
        try_to(f"nobody{number}", "wrong")
        try_to("asha", "asha")
    assert try_to("nobody", "wrong") == 429


def test_made_up_names_leave_few_rows_and_none_for_ever(asha):
    for number in range(200):
        try_to(f"nobody{number}", "wrong")
    assert FailedSignIns.objects.count() <= BY_NETWORK.failures + 2
    assert AccessAttempt.objects.count() <= BY_NETWORK.failures
    assert not FailedSignIns.objects.filter(key__contains="nobody").exists()
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        list(prune(None, None))
        assert (FailedSignIns.objects.count(), AccessAttempt.objects.count()) == (0, 0)


def test_old_tries_go_without_prune_too(asha):
    for number in range(10):
        try_to(f"nobody{number}", "wrong", f"198.51.{number}.1")
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        try_to("nobody", "wrong")
        assert FailedSignIns.objects.count() == 2


def test_a_try_without_name_or_password_is_none(asha):
    for _ in range(30):
        assert try_to("", "wrong") == try_to("asha", "") == 200
    assert not FailedSignIns.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_while_a_password_is_checked(monkeypatch):
    person("asha", "viewer")
    held = []
    monkeypatch.setattr(User, "check_password", lambda self, text: held.append(connection.connection) or True)
    monkeypatch.setattr(User, "set_password", lambda self, text: held.append(connection.connection))
    assert try_to("asha", "any") == 302
    assert try_to("nobody", "any") == 200
    assert held == [None, None]


@pytest.fixture
def all_slots():
    """Others have their passwords checked."""
    for _ in range(HASHED_AT_ONCE):
        assert sign_in._slots.acquire(blocking=False)
    yield
    for _ in range(HASHED_AT_ONCE):
        sign_in._slots.release()


def test_the_rest_are_asked_at_once_to_come_again(asha, all_slots, django_assert_num_queries):
    client = Client()
    with django_assert_num_queries(0):
        answer = client.post(SIGN_IN, {"username": "asha", "password": "asha"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert client.get(SIGN_IN).status_code == 200  # the page itself costs little
    client.force_login(asha)
    assert client.post("/accounts/password_change/", {"old_password": "asha"}).status_code == 503


def test_a_slot_is_given_back_whatever_comes_of_it(asha, monkeypatch):
    def stumble(*_):
        raise RuntimeError

    monkeypatch.setattr(User, "check_password", stumble)
    for _ in range(HASHED_AT_ONCE + 1):
        answer = Client(raise_request_exception=False).post(SIGN_IN, {"username": "asha", "password": "asha"})
        assert answer.status_code == 500


@pytest.mark.django_db(transaction=True)
def test_those_who_try_at_once_count_too():
    """As many threads as there are slots: the limit is not passed by being quick."""
    person("asha", "viewer")
    tried, start = [], threading.Barrier(8)

    def tries(number):
        start.wait()
        for each in range(4):
            try:
                tried.append(try_to("asha", "wrong", f"198.{number}.{each}.1"))
            finally:
                connection.close()

    threads = [threading.Thread(target=tries, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tried.count(200) <= BY_NAME.failures
    assert set(tried) <= {200, 429, 503}

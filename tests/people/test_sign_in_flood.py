"""Forty connections of nobody who try to sign in: deliveries, pages and boards of others go on, on real servers."""

import http.client
import json
import threading
import time
from collections import Counter

import pytest

from tests.support.sites import site
from tests.support.strangers import watched

pytestmark = pytest.mark.slow

STRANGERS, SECONDS = 40, 8
SIGN_IN = "/accounts/login/"


def flood(port, number, over, answers):
    """Try names that nobody has, each time from another network, as fast as it is answered."""
    tries = 0
    while not over.is_set():
        tries += 1
        address = f"127.{number + 1}.{tries % 250}.1"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(address, 0))
        try:
            connection.request("GET", SIGN_IN)
            page = connection.getresponse()
            body = page.read().decode()
            cookie = page.headers["Set-Cookie"].split(";")[0]
            token = body.split('csrfmiddlewaretoken" value="')[1].split('"')[0]
            said = f"csrfmiddlewaretoken={token}&username=nobody{number}.{tries}&password=wrong"
            form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
            connection.request("POST", SIGN_IN, said, form)
            answer = connection.getresponse()
            answer.read()
            answers[answer.status] += 1
        except (OSError, http.client.HTTPException) as problem:
            answers[type(problem).__name__] += 1
        finally:
            connection.close()


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.needs_postgres)])
def test_others_do_not_notice(store, request, tmp_path):
    environment = {"DATABASE_URL": request.getfixturevalue("postgres_url")} if store == "postgres" else {}
    with site(tmp_path, **environment) as server, watched(server.port, server.process.pid, server.token) as watch:
        over, answers, pages = threading.Event(), Counter(), Counter()
        strangers = [
            threading.Thread(target=flood, args=(server.port, number, over, answers)) for number in range(STRANGERS)
        ]
        for stranger in strangers:
            stranger.start()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            pages[server.get("/api/calls/", Cookie=server.cookie)[0]] += 1
            time.sleep(0.2)
        over.set()
        for stranger in strangers:
            stranger.join()
        watch.stop()
        assert set(answers) <= {200, 429, 503}, answers
        assert answers[503] > 0 and answers[200] > 0
        assert set(pages) == {200}, pages
        assert set(watch.answers) == {200}, watch.answers
        assert watch.slowest < 1.5
        assert "Traceback" not in server.output
        print(json.dumps({"sign-ins": answers, "pages": pages, "deliveries": watch.answers, "slowest": watch.slowest}))

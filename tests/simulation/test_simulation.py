"""Made-up traffic is the same for the same seed, possible for people, and readable; its command sends it."""

import itertools
import threading
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO

import pytest
from django.core.management import call_command

from calls.intake.decoding import decode
from calls.models import Source
from calls.models.source import digest
from calls.simulation import Request, Sender, Traffic, encode
from calls.simulation.dice import SITE, busyness

pytestmark = pytest.mark.slow

START = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
STAMP = "%Y-%m-%d %H:%M:%S"


@cache
def arriving(minutes, **wanted):
    """What arrives in these minutes, and the traffic that it came from."""
    traffic = Traffic(START, **{"seed": 7, **wanted})
    until = START + timedelta(minutes=minutes)
    return list(itertools.takewhile(lambda delivery: delivery.at < until, traffic.deliveries())), traffic


def by_call(deliveries):
    calls = defaultdict(list)
    for delivery in deliveries:
        calls[delivery.ref].append(delivery)
    return calls


def said(delivery):
    request = encode(delivery.fields, delivery.shape)
    return decode(request.method, request.query, request.body)


def test_the_same_seed_makes_the_same_traffic():
    mishaps = {"lost": 0.1, "duplicates": 0.1, "reorder": 0.1, "calls_per_minute": 10}

    assert arriving(20, **mishaps)[0] == arriving.__wrapped__(20, **mishaps)[0]
    assert arriving(20, **mishaps)[0] != arriving(20, **{**mishaps, "seed": 8})[0]


def test_a_later_run_with_the_same_seed_makes_other_calls():
    later = Traffic(START + timedelta(seconds=150), seed=7)

    refs = {delivery.ref for delivery in itertools.islice(later.deliveries(), 500)}

    assert not refs & set(by_call(arriving(30)[0]))


def test_deliveries_come_in_order_of_time():
    deliveries, _ = arriving(30, calls_per_minute=20, reorder=0.2, duplicates=0.2)

    assert deliveries == sorted(deliveries, key=lambda delivery: delivery.at)


def test_the_first_calls_are_under_way_within_two_seconds():
    deliveries, _ = arriving(2 / 60, live=12, calls_per_minute=6)

    assert len(by_call(deliveries)) >= 12
    assert {delivery.fields["Status"] for delivery in deliveries} >= {"Transfer to agent", "Picked"}
    starts = [datetime.strptime(each.fields["StartTime"], STAMP) for each in deliveries if "StartTime" in each.fields]
    assert min(starts) > START.astimezone(SITE).replace(tzinfo=None) - timedelta(seconds=75)


@pytest.mark.parametrize("wanted", [{"live": 12, "calls_per_minute": 20}, {"live": 60}, {"live": 12, "speed": 20}])
def test_an_agent_is_never_on_two_calls_at_once(wanted):
    calls = by_call(arriving(40 / wanted.get("speed", 1), **wanted)[0])

    taken = defaultdict(list)
    for call in calls.values():
        live = [each for each in call if not each.is_report and each.fields.get("StartTime")]
        ends = {each.is_report: each.at for each in call}.get(True, START + timedelta(days=1))
        for each, following in itertools.zip_longest(live, live[1:]):
            taken[agent_of(each)].append((each.at, following.at if following else ends, each.ref))

    assert len(taken) >= 20
    for spans in taken.values():
        for one, other in itertools.pairwise(sorted(spans)):
            assert one[2] == other[2] or one[1] <= other[0]


def agent_of(delivery):
    outgoing = delivery.fields["Direction"] == "WEBOBD"
    return delivery.fields["SourceNumber" if outgoing else "DialWhomNumber"][-10:]


@pytest.mark.parametrize("live", [12, 200])
def test_so_many_calls_are_live_as_were_asked_for(live):
    deliveries, traffic = arriving(20, live=live)

    calls = by_call(deliveries).values()
    spans = [(call[0].at, call[-1].at if call[-1].is_report else None) for call in calls if not call[0].is_report]
    assert traffic.live_now == live
    for minute in range(1, 20):
        # The middle of a delivery's way is a moment too: some have ended and their successors are not heard of yet.
        at = START + timedelta(minutes=minute)
        assert (
            live * 0.96 - 1 <= sum(begin <= at and (end is None or at < end) for begin, end in spans) <= live * 1.04 + 1
        )


def test_no_live_calls_and_no_rate_are_no_traffic():
    assert list(Traffic(START, live=0).deliveries()) == []


def test_every_delivery_can_be_read_in_its_shape():
    deliveries, _ = arriving(120, calls_per_minute=20)

    for delivery in deliveries:
        read = said(delivery)
        assert read.flags == ()
        assert read.fields["direction"] == delivery.fields["Direction"]
    assert {delivery.shape for delivery in deliveries} == {"json", "form", "get"}


def test_the_day_has_all_kinds_of_ends():
    reports = [delivery.fields for delivery in arriving(120, calls_per_minute=20)[0] if delivery.is_report]
    words = Counter(fields["Status"] or fields["callstatus"] for fields in reports)

    for word in (
        "ANSWER",
        "AbandonedCall",
        "CANCEL (0)",
        "NO ANSWER (0-Agent)",
        " No Answer",
        "BUSY (17)",
        "CONGESTION",
    ):
        assert words[word]
    for word in ("Not connected", "AgentEngaged (0-Agent)", "Cancel-Agent", "Cancel-Customer"):
        assert words[word]
    assert 0.5 < words["ANSWER"] / len(reports) < 0.8
    assert len({fields["receiver_name"] for fields in reports}) > 20


def test_a_report_agrees_with_itself_and_is_not_from_the_future():
    for delivery in arriving(120, calls_per_minute=20)[0]:
        if delivery.is_report:
            fields = delivery.fields
            start, end = (datetime.strptime(fields[name], STAMP) for name in ("StartTime", "EndTime"))
            assert int(fields["CallDuration"]) == (end - start).total_seconds()
            assert 0 <= int(fields["TalkDuration"]) <= int(fields["CallDuration"])
            assert end <= delivery.at.astimezone(SITE).replace(tzinfo=None)


def test_without_mishaps_every_call_ends_with_its_one_report():
    calls = by_call(arriving(120, calls_per_minute=20)[0])

    over = [call for call in calls.values() if call[0].at < START + timedelta(minutes=50)]

    assert over
    assert all([each.is_report for each in call].count(True) == 1 and call[-1].is_report for call in over)


def test_a_lost_report_never_comes():
    calls = by_call(arriving(120, calls_per_minute=20, lost=0.2)[0])

    over = [call for call in calls.values() if call[0].at < START + timedelta(minutes=50)]
    unended = [call for call in over if not any(each.is_report for each in call)]

    assert 0.1 < len(unended) / len(over) < 0.3


def test_duplicates_say_again_what_was_said_and_late_ones_are_overtaken():
    twice = arriving(60, duplicates=1.0)[0]
    late = arriving(60, reorder=0.3)[0]

    repeats = Counter(
        (each.ref, each.is_report, each.fields["Status"], each.fields["DialWhomNumber"]) for each in twice
    )
    assert sum(count >= 2 for count in repeats.values()) > 0.7 * len(repeats)
    assert any(call[-1].is_report is False and any(each.is_report for each in call) for call in by_call(late).values())


def test_some_callers_call_again():
    calls = by_call(arriving(120, calls_per_minute=20)[0]).values()

    callers = [call[-1].fields["SourceNumber"] for call in calls if call[-1].fields["Direction"] == "IVR"]

    assert len(set(callers)) < 0.85 * len(callers)


def test_no_customer_is_on_two_calls_at_once():
    spans = defaultdict(list)
    for call in by_call(arriving(120, calls_per_minute=20)[0]).values():
        fields = call[-1].fields
        customer = fields["SourceNumber" if fields["Direction"] == "IVR" else "DialWhomNumber"][-10:]
        spans[customer].append((call[0].at, call[-1].at))
    spans.pop("anonymous"[-10:])

    for calls in spans.values():
        for one, other in itertools.pairwise(sorted(calls)):
            assert one[1] <= other[0] + timedelta(seconds=1)


def test_the_older_shape_is_as_documented():
    fields = next(
        each.fields for each in arriving(120, calls_per_minute=20)[0] if each.shape == "get" and each.is_report
    )

    read = decode("GET", encode(fields, "get").query, b"").fields

    assert "type" not in read
    assert read["destinationnumber"] == fields["DestinationNumber"][1:]
    assert read["endtime"] == fields["EndTime"].replace(" ", "n")


def test_the_day_is_busy_before_and_after_lunch_and_never_dead():
    hours = {hour: busyness(datetime(2026, 11, 23, hour, 30, tzinfo=SITE)) for hour in range(24)}

    assert min(hours.values()) > 0.1
    assert max(hours.values()) <= 1
    assert min(hours[10], hours[11], hours[12], hours[15], hours[16]) > 0.7
    assert hours[13] < hours[12]
    assert hours[13] < hours[15]
    assert hours[3] < 0.2


class Webhook(ThreadingHTTPServer):
    """A server that keeps what it is sent, and answers what it is told to."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Keeper)
        self.requests, self.answers = [], []
        self.came = threading.Condition()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hooks/s3cret"

    def wait_for(self, count):
        with self.came:
            return self.came.wait_for(lambda: len(self.requests) >= count, timeout=10)


class Keeper(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def keep(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.came:
            status = self.server.answers.pop(0) if self.server.answers else 200
            self.server.requests.append((self.command, self.path, body, status))
            self.server.came.notify_all()
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = keep

    def log_message(self, *_):
        pass


@pytest.fixture
def webhook():
    with Webhook() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def test_the_command_sends_what_can_be_read(webhook):
    said_aloud = StringIO()

    call_command("simulate", url=webhook.url, seed=1, duration=1.5, stdout=said_aloud)

    assert len(webhook.requests) >= 12
    for method, path, body, _ in webhook.requests:
        assert path.startswith("/hooks/s3cret")
        assert decode(method, path.partition("?")[2], body).fields["direction"] in ("IVR", "WEBOBD")
    assert "0 refused, 0 given up" in said_aloud.getvalue()
    assert "s3cret" not in said_aloud.getvalue()


@pytest.mark.django_db
def test_without_a_url_the_command_makes_its_own_synthetic_source(webhook):
    base = webhook.url.removesuffix("/hooks/s3cret")

    call_command("simulate", base_url=base, live=2, duration=1, stdout=StringIO())

    source = Source.objects.get(name="Simulation")
    token = webhook.requests[0][1].split("/")[2].partition("?")[0]
    assert source.synthetic
    assert source.tokens.filter(digest=digest(token)).exists()


def test_what_was_not_taken_is_sent_again(webhook):
    webhook.answers = [503, 404]

    with Sender(webhook.url) as sender:
        sender.send("a", Request("POST", body=b"a=1"))
        assert webhook.wait_for(3)

    assert [(body, status) for _, _, body, status in webhook.requests] == [(b"a=1", 503), (b"a=1", 404), (b"a=1", 200)]


def test_what_was_refused_is_not_sent_again(webhook):
    webhook.answers = [401]

    with Sender(webhook.url) as sender:
        sender.send("a", Request("POST", body=b"a=1"))
        sender.send("a", Request("GET", query="a=2"))
        assert webhook.wait_for(2)

    assert [(path, status) for _, path, _, status in webhook.requests] == [
        ("/hooks/s3cret", 401),
        ("/hooks/s3cret?a=2", 200),
    ]


def test_a_server_that_restarts_loses_nothing():
    first = Webhook()
    port = first.server_port
    first.server_close()

    with Sender(f"http://127.0.0.1:{port}/hook") as sender:
        sender.send("a", Request("POST", body=b"a=1"))
        while not sender.tally.trouble:
            sender.stopping.wait(0.01)
        Webhook.allow_reuse_address = True
        second = Webhook.__new__(Webhook)
        ThreadingHTTPServer.__init__(second, ("127.0.0.1", port), Keeper)
        second.requests, second.answers, second.came = [], [], threading.Condition()
        with second:
            threading.Thread(target=second.serve_forever, args=(0.01,), daemon=True).start()
            assert second.wait_for(1)
            second.shutdown()


def test_a_sender_that_is_told_to_stop_stops_while_nobody_answers():
    unused = Webhook()
    unused.server_close()

    with Sender(unused.url) as sender:
        for number in range(20):
            sender.send(str(number), Request("POST", body=b"a=1"))

    assert not any(thread.is_alive() for thread in sender._threads)

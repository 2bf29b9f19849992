"""The benchmark: its short form takes every path once and fails on a broken one, never on a slow machine."""

import array
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import asking, behind, page, report, stores
from bench.behind import Watch
from bench.cases import Case, Size
from bench.fetching import timed
from bench.goals import GOALS, MISSED, REACHED, UNKNOWN, Goal
from bench.load import Load, LoadFailed, Target, measure
from bench.load.board import Watched
from bench.load.figures import figures_of
from bench.load.posting import mixed
from bench.machine import Usage
from bench.product import forget_installations, run_there, taken_over
from bench.suites import LONG, SHORTENED, SUITES, common, figures, projections
from calls.figures.asking import BY, DAILY
from tests.support.running import ROOT

SHORT_SUITES = [name for name in SUITES if name not in LONG or name in SHORTENED]
CASE = Case("a case", dict)
WHOLE = {"acked": 4, "not_200": {}, "fewest_frames": 2, "lost": 0, "acked_per_s": 0.001}
HALF = Goal("half of the other", "ingest", "cpu_ms", "one", "other", at_most=0.5)


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)


# Its paths are whole


@pytest.fixture(scope="module")
def all_suites() -> subprocess.CompletedProcess[str]:
    """The short form of all at once: they share the installations that they measure."""
    return bench(*SHORT_SUITES, "--short")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("suite", SHORT_SUITES)
def test_the_short_form_of_each_suite_takes_every_path(all_suites, suite):
    broken = [line for line in all_suites.stderr.splitlines() if line.startswith(f"BROKEN: {suite} ")]
    assert broken == [], all_suites.stderr[-3000:]
    assert f"## {suite}" in all_suites.stdout, all_suites.stderr[-3000:]
    assert "failed" not in all_suites.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_short_form_ends_well(all_suites):
    assert all_suites.returncode == 0, all_suites.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_soak_runs_as_long_as_it_is_told():
    done = bench("soak", "--short", "--minutes", "0.02")

    assert done.returncode == 0, done.stderr[-3000:]


def test_an_unknown_suite_is_refused_with_the_names_of_those_there_are():
    done = bench("speed")

    assert done.returncode == 2
    assert "ingest" in done.stderr


# What is broken, and what is merely slow


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"not_200": {500: 1}}, "not answered 200"),
        ({"acked": 0}, "nothing was acknowledged"),
        ({"fewest_frames": 0}, "no frame"),
        ({"lost": 1}, "never reached a board"),
    ],
)
def test_a_broken_path_is_told(figures, says):
    assert says in report.broken(CASE, WHOLE | figures)


def test_a_slow_path_is_not_broken():
    assert report.broken(CASE, WHOLE) == ""


def test_the_textbook_peer_may_lose_what_the_product_may_not():
    assert report.broken(Case("tutorial", dict, may_lose=True), WHOLE | {"lost": 12}) == ""


class Answering(BaseHTTPRequestHandler):
    """Answers each POST with the next status of its server."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answering() -> Iterator[ThreadingHTTPServer]:
    """A webhook; set its `statuses`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def sent_to(server: ThreadingHTTPServer, load: Load) -> dict:
    return measure(load, Target(f"http://127.0.0.1:{server.server_port}/hook"), {})


def test_a_delivery_that_is_refused_is_counted_with_its_status(answering):
    answering.statuses = [500, 200]

    found = sent_to(answering, Load(calls=2, connections=1))

    assert (found["sent"], found["acked"], found["not_200"]) == (8, 7, {500: 1})


def test_a_delivery_that_is_turned_away_is_sent_again(answering):
    answering.statuses = [503, 503, 200]

    found = sent_to(answering, Load(calls=1, connections=1, retries=2))

    assert (found["sent"], found["acked"]) == (4, 4)


def test_a_server_that_refuses_boards_is_no_measurement(answering):
    target = Target(f"http://127.0.0.1:{answering.server_port}/hook", f"ws://127.0.0.1:{answering.server_port}/ws")

    with pytest.raises(LoadFailed, match="boards"):
        measure(Load(boards=1), target, {})


def test_only_this_machine_is_ever_loaded():
    with pytest.raises(LoadFailed, match="Loopback"):
        Target("http://192.0.2.1/hook")


# Its figures


def test_a_call_keeps_the_order_of_its_stages():
    deliveries = mixed(calls=50, active=12)

    assert sorted(deliveries) == [(call, stage) for call in range(50) for stage in range(4)]
    assert all([stage for call, stage in deliveries if call == each] == [0, 1, 2, 3] for each in range(50))


def test_the_time_to_the_screen_ends_with_the_first_frame_that_can_show_a_delivery():
    sent = [(7.0, 0.0, 10.0, 10.01, 200.0), (7.0, 1.0, 11.0, 11.01, 200.0)]
    shown = array.array("d", [7, 9.9, 7, 10.2, 7, 11.1]).tobytes()

    found = figures_of(sent, [Watched(3, 300, True, shown)], expects_pictures=True)

    assert (found["screen_p50_ms"], found["lost"]) == (pytest.approx(200), 0)


def test_a_last_state_that_no_frame_showed_is_lost():
    sent = [(7.0, 3.0, 10.0, 10.01, 200.0)]
    before = array.array("d", [7, 9.9]).tobytes()

    assert figures_of(sent, [Watched(1, 100, True, before)], expects_pictures=True)["lost"] == 1


@pytest.mark.parametrize(("live", "lost"), [(frozenset(), 0), (frozenset({7}), 1)])
def test_a_whole_picture_without_a_call_says_that_it_is_over(live, lost):
    sent = [(7.0, 3.0, 10.0, 10.01, 200.0)]
    board = Watched(1, 100, True, b"", wholes=(11.0,), live=live)

    assert figures_of(sent, [board], expects_pictures=True)["lost"] == lost


def reading(second: float, busy: float, paints: int) -> page.Reading:
    return page.Reading(second, busy, busy / 2, 0, 0, paints, paints, rows=40)


def test_the_pages_shares_are_told_without_its_beginning_and_with_its_worst_minute():
    stretches = [
        (reading(0, 0, 0), reading(60, 50, 240)),
        (reading(60, 50, 240), reading(120, 56, 480)),
        (reading(121, 57, 480), reading(181, 75, 600)),
    ]
    seen = page.Seen(stretches, [page.Swept(4, 1000, 60)] * 3, off=0, complaints=[])

    found = page.figures_of(seen, settle=60, every=60)

    assert (found["busy"], found["busy_worst"], found["cpu"]) == (20, 30, 10)
    assert (found["paints_per_s"], found["most_paints_per_s"]) == (3, 4)


def test_a_page_that_grows_is_told():
    heaps = [page.Swept(4 if minute < 15 else 8, 1000, 60) for minute in range(30)]
    seen = page.Seen([(reading(0, 0, 0), reading(60, 6, 240))], heaps, off=0, complaints=[])

    found = page.figures_of(seen, settle=0, every=10)

    assert (found["heap_growth"], found["nodes_growth"]) == (2, 1)


def test_without_a_browser_the_page_is_left_out_with_a_word_why(monkeypatch):
    monkeypatch.setattr(page, "why_no_page", lambda: "there is no Chromium (TEST_CHROMIUM)")

    assert [case.why_not for case in SUITES["browser"].cases(Size())] == ["there is no Chromium (TEST_CHROMIUM)"]


# Its goals


def test_a_goal_is_a_ratio_to_its_yardstick():
    assert HALF.verdict({"one": {"cpu_ms": 1}, "other": {"cpu_ms": 2}}) == REACHED
    assert HALF.verdict({"one": {"cpu_ms": 1.1}, "other": {"cpu_ms": 2}}) == MISSED
    assert HALF.verdict({"one": {"cpu_ms": 1}}) == UNKNOWN


@pytest.fixture
def every_case(monkeypatch):
    """As on a machine with all peers: asking would install Node's, which takes minutes."""
    monkeypatch.setattr(common, "why_no_node", lambda install: "")
    common.node_is_missing.cache_clear()
    yield
    common.node_is_missing.cache_clear()


def test_every_goal_names_a_suite_a_figure_and_cases_that_there_are(every_case):
    for goal in GOALS:
        suite = SUITES[goal.suite]
        cases = {case.name for case in suite.cases(Size())}
        assert goal.figure in suite.columns, goal
        assert {name for name in (goal.of, goal.beside, goal.less) if name} <= cases, goal


def test_every_line_stands_beside_a_line_of_its_own_table(every_case):
    for suite in SUITES.values():
        names = [case.name for case in suite.cases(Size())]
        assert len(names) == len(set(names))
        assert {case.beside for case in suite.cases(Size())} <= {"", *names}


def test_a_lost_state_is_not_averaged_away():
    assert report.medians({"one": [{"lost": 0}, {"lost": 0}, {"lost": 3}]})["one"]["lost"] == 3


def test_a_watch_tells_how_old_the_oldest_change_is_that_was_not_taken_in():
    watch = Watch("")
    for at, latest, position in ((0, 5, 5), (1, 8, 5), (2, 9, 5), (3, 9, 8), (4, 9, 9)):
        watch._note(at, (latest, position, 1))

    assert watch.behind == [0, 0, 1, 1, 0]
    assert watch.lag()["behind_most_ms"] == 1_000


BEHIND = "CREATE TABLE calls_head (seq); CREATE TABLE calls_projection (name, position, generation, signature);"
COUNTED = "CREATE TABLE calls_countedcall (id INTEGER PRIMARY KEY, generation);"


@pytest.fixture
def remade(tmp_path) -> str:
    """The URL of a database whose projection is in its second generation, with all of 300 calls that share numbers."""
    url = f"sqlite:///{tmp_path / 'database'}"
    with closing(sqlite3.connect(tmp_path / "database")) as file, file:
        file.executescript(BEHIND + COUNTED)
        file.execute("INSERT INTO calls_head VALUES (3)")
        file.execute("INSERT INTO calls_projection VALUES ('rollups', 3, 2, 'one')")
        file.executemany("INSERT INTO calls_countedcall VALUES (?, ?)", [(call, 2 - call % 2) for call in range(600)])
    return url


def test_a_watch_counts_the_calls_that_were_taken_in_since_all_was_made_anew(remade):
    watch = Watch(remade, old=1)
    for at, state in ((0, (99, 99, 1)), (1, (99, 40, 2)), (2, (110, 60, 2)), (3, (120, 100, 2)), (9, (150, 150, 2))):
        watch._note(at, state)
    watch.stop()
    watch.run()

    assert watch.has_caught_up
    assert watch.catching_up() == {"caught": 300, "caught_per_s": 100, "caught_s": 3}


def test_a_watch_that_ends_before_all_is_caught_up_tells_the_rate_and_no_end(remade):
    watch = Watch(remade, old=1)
    for at, state in ((0, (99, 99, 1)), (1, (99, 40, 2)), (10, (110, 60, 2))):
        watch._note(at, state)
    watch.stop()
    watch.run()

    assert watch.catching_up() == {"caught": 300, "caught_per_s": 30}


def test_to_ask_for_all_anew_tells_the_generation_before(remade):
    assert behind.ask_for_all_anew(remade) == 2
    with stores.connected(remade) as connection:
        assert connection.execute("SELECT signature FROM calls_projection").fetchone() == ("",)


def test_rounds_of_a_load_are_told_together_and_what_one_lost_is_not_forgotten():
    quiet = {"acked_per_s": 100, "cpu_ms": 1, "post_p99_ms": 10, "acked": 40, "fewest_frames": 9, "lost": 0}
    rounds = [{**quiet, "not_200": {}}, {**quiet, "post_p99_ms": 90, "lost": 2, "not_200": {503: 1}}] * 2

    found = projections.together([*rounds, {**quiet, "not_200": {}}])

    assert (found["post_p99_ms"], found["worst_p99_ms"]) == (10, 90)
    assert (found["acked"], found["lost"], found["not_200"]) == (200, 4, {503: 2})


# Figures


def test_every_split_of_long_spans_is_measured_within_business_hours_too():
    measured = set(figures.readings(figures.SPLITS))

    assert measured == {(by, hours) for by in ("", *BY) if by != "quarter" for hours in ("", figures.BUSINESS)} - {
        (by, figures.BUSINESS) for by in DAILY
    }


@pytest.mark.parametrize("newest", [date(2026, 1, 1) + timedelta(day) for day in range(0, 365, 13)])
def test_spans_end_on_one_working_day_near_the_newest_and_are_not_aligned_to_months(newest):
    spans = asking.spans_until(newest)

    assert [(last - first).days + 1 for first, last in spans] == [1, 30, 59, 365]
    (last,) = {last for _, last in spans}
    assert timedelta(0) <= newest - last <= timedelta(7)
    assert last.weekday() != 6
    assert all(first.day != 1 for first, _ in spans)
    assert (last + timedelta(1)).day != 1


def test_the_first_time_is_told_apart_from_those_after_it():
    waits, seconds = iter([0.05, 0, 0, 0]), iter([10.0, 10.3])

    found = timed(lambda: threading.Event().wait(next(waits)), lambda: next(seconds), times=3)

    assert found.first_ms >= 50 > found.ms
    assert found.cpu_ms == 100


def test_the_processors_time_is_told_without_the_look_at_the_databases(monkeypatch):
    clock = iter([1.0, 4.0, 4.5, 6.5])  # A look takes 3 s, the deed 0.5 s, another look 2 s.
    monkeypatch.setattr(asking.time, "process_time", lambda: next(clock))
    monkeypatch.setattr(stores, "usage_of_store", lambda url: Usage(cpu_seconds=7))
    cpu = asking.Processor("")

    before = cpu.seconds()

    assert cpu.seconds() - before == 0.5


# A history that is there already


@pytest.mark.parametrize(
    ("databases", "says"),
    [
        (["sqlite:////nowhere/callboard.sqlite3"], "there is no file /nowhere/callboard.sqlite3"),
        (["postgres://a@127.0.0.1/one", "postgresql://a@127.0.0.1/two"], "at most"),
    ],
)
def test_databases_that_cannot_be_taken_are_refused(databases, says):
    done = bench("history", *(part for url in databases for part in ("--database", url)))

    assert done.returncode == 2
    assert says in done.stderr


def test_the_longest_history_is_the_one_that_is_there():
    size = Size(calls=(10, 200), databases=("sqlite:////there",))

    assert common.aged("sqlite", 200, size.calls, size).there == "sqlite:////there"
    assert common.aged("sqlite", 10, size.calls, size).there == ""
    assert "names none" in common.why_no_history("postgres", size) or common.why_no_postgres()


@pytest.fixture
def a_history(tmp_path) -> Iterator[str]:
    """The URL of a database with some hundred made-up calls."""
    url = f"sqlite:///{tmp_path / 'callboard.sqlite3'}"
    run_there(["manage.py", "migrate", "-v", "0"], tmp_path, url)
    run_there(["manage.py", "seed", "--calls", "200", "--days", "10"], tmp_path, url)
    yield url
    forget_installations()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_database_with_made_up_calls_is_taken_over_again_and_again_and_stays(a_history):
    first = taken_over(a_history)
    forget_installations()
    again = taken_over(a_history)

    assert first.token != again.token
    with stores.connected(a_history) as connection:
        assert connection.execute("SELECT count(*) FROM calls_source WHERE name = 'Bench'").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM calls_call").fetchone()[0] > 100


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_database_with_real_calls_is_left_as_it_is(a_history):
    with stores.connected(a_history) as connection:
        connection.execute("UPDATE calls_source SET synthetic = 0, name = 'Office'")

    with pytest.raises(RuntimeError, match="The calls of Office are not made up"):
        taken_over(a_history)

    with stores.connected(a_history) as connection:
        assert connection.execute("SELECT count(*) FROM auth_user").fetchone() == (0,)

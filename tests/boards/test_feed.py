"""What a board was shown, with every change since, is what a fresh look would show: for every kind of change and
everybody in the cast."""

import random
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import time_machine
from django.utils import timezone

from calls.boards.audience import Audience
from calls.boards.site import SiteState
from calls.database.columns import read_calls
from calls.database.numbering import Changes
from calls.display.rows import encode
from calls.live import queries, today_by_group
from calls.live.first_page import snapshot_for
from calls.live.following import Following, step_here
from calls.live.loading import load_picture
from calls.live.news import news_in, read_news
from calls.live.selection import Selection
from calls.models import Access, Agent, Call, CallGroup, Head, VirtualNumber
from calls.models.access import scope_of
from tests.support.boards import Shown, whole
from tests.support.factories import change_call, end_call, make_call
from tests.support.quick import slow

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 1, 15, 12, tzinfo=UTC)


class Watch:
    """The cast at their boards, with the step of `Following` and the frames of `Audience`, one step at a time."""

    def __init__(self, people):
        self.scopes = {user: scope_of(user) for user in people if scope_of(user)}
        self.frames = []
        self.following = Following(self, timezone.now)
        self.step()

    @property
    def picture(self):
        return self.following.picture

    def step(self, names_too=True):
        step_here(self.following.step(names_too))

    def rebuild(self, picture):
        self.audiences = {user: Audience(scope, picture) for user, scope in self.scopes.items()}
        self.shown = {user: fresh(audience) for user, audience in self.audiences.items()}

    def show(self, changes, now):
        for user, audience in self.audiences.items():
            frame = audience.frame(changes, now)
            if frame is not None:
                self.frames.append((user, orjson.loads(frame.message["text"])))
                self.shown[user].apply(frame)

    def frames_for(self, user):
        return [frame for viewer, frame in self.frames if viewer == user]

    def hold(self):
        """Everybody's board equals a snapshot of memory, and one of the database."""
        for user, audience in self.audiences.items():
            assert self.shown[user].same_as(fresh(audience))
            assert self.shown[user].same_as(from_database(user))
            assert self.shown[user].regressions == 0
            self.shown[user].apply(audience.heartbeat(timezone.now(), SiteState()))


def fresh(audience):
    shown = Shown()
    for part in whole(audience):
        shown.apply(part)
    assert shown.whole
    return shown


def from_database(user):
    return Shown().apply(snapshot_for(user, live=None, ended=queries.SHOWN_ENDED))


@pytest.fixture
def cast(sales_supervisor, support_supervisor, masked_viewer, admin_person, outsider):
    return [sales_supervisor, support_supervisor, masked_viewer, admin_person, outsider]


@pytest.fixture
def calls(sales, support):
    """A few calls of each kind."""
    return {
        "ringing": make_call(sales),
        "talking": make_call(sales, state="talking"),
        "elsewhere": make_call(support),
        "nobodys": make_call(None, direction="outgoing", state="dialing"),
        "ended": make_call(sales, state="ended"),
        "missed": make_call(support, state="ended", outcome="missed"),
    }


def appears(calls, groups):
    make_call(groups["Sales"])


def appears_ended(calls, groups):
    make_call(groups["Sales"], state="ended", outcome="abandoned")


def comes_and_ends_at_once(calls, groups):
    end_call(make_call(groups["Support"]), "missed")


def is_answered(calls, groups):
    change_call(calls["ringing"], state="talking", answered_at=timezone.now())


def ends(calls, groups):
    end_call(calls["talking"])


def ends_at_an_odd_time(calls, groups):
    end_call(calls["talking"], ended_at=timezone.now() - timedelta(hours=2))


def ended_before_yesterday(calls, groups):
    end_call(calls["talking"], ended_at=timezone.now() - timedelta(hours=30))


def outgoing_ends(calls, groups):
    end_call(calls["nobodys"], "customer_missed")


def is_taken_back(calls, groups):
    change_call(calls["ended"], state="ringing", ended_at=None, outcome=None)


def report_corrects(calls, groups):
    end_call(calls["missed"], "answered", ended_at=timezone.now() - timedelta(minutes=1))


def moves_to_another_group(calls, groups):
    change_call(calls["ringing"], group=groups["Support"])


def moves_out_of_all_groups(calls, groups):
    change_call(calls["ringing"], group=None)


def ended_moves_to_another_group(calls, groups):
    change_call(calls["ended"], group=groups["Support"])


def moves_while_it_ends(calls, groups):
    end_call(calls["talking"], group=groups["Support"])


def turns_out_to_be_another(calls, groups):
    change_call(calls["ringing"], merged_into=calls["talking"])


def ended_turns_out_to_be_another(calls, groups):
    change_call(calls["ended"], merged_into=calls["talking"])


def everything_at_once(calls, groups):
    for action in (moves_to_another_group, ends, ended_turns_out_to_be_another, outgoing_ends, appears):
        action(calls, groups)


def group_is_renamed(calls, groups):
    CallGroup.objects.filter(name="Sales").update(name="Sales 9000000199")


def agent_gets_a_name(calls, groups):
    Agent.objects.create(source=calls["ringing"].source, number="x", number_key="+919000000201", name="Asha 9000000199")


def line_gets_a_name(calls, groups):
    VirtualNumber.objects.create(source=calls["ringing"].source, number="x", number_key="+911140000001", label="Help")


def new_group_appears(calls, groups):
    make_call(CallGroup.objects.create(name="Fresh"))


def nothing_visible(calls, groups):
    Head.objects.filter(id=1).update(seq=Head.objects.get().seq + 3)


KINDS = [
    appears,
    appears_ended,
    comes_and_ends_at_once,
    is_answered,
    ends,
    ends_at_an_odd_time,
    ended_before_yesterday,
    outgoing_ends,
    is_taken_back,
    report_corrects,
    moves_to_another_group,
    moves_out_of_all_groups,
    ended_moves_to_another_group,
    moves_while_it_ends,
    turns_out_to_be_another,
    ended_turns_out_to_be_another,
    everything_at_once,
    group_is_renamed,
    agent_gets_a_name,
    line_gets_a_name,
    new_group_appears,
    nothing_visible,
]


@pytest.mark.parametrize("change", KINDS, ids=lambda kind: kind.__name__)
def test_what_was_shown_and_the_changes_make_the_next_snapshot(change, cast, calls, sales, support):
    watch = Watch(cast)
    change(calls, {"Sales": sales, "Support": support})
    watch.step()
    watch.hold()


@pytest.mark.parametrize(
    "later",
    [timedelta(seconds=170), timedelta(seconds=200), timedelta(hours=3), timedelta(hours=23), timedelta(hours=25)],
    ids=str,
)
def test_time_alone_changes_boards_too(later, cast, calls):
    """Calls get lost, lost ones and completed ones leave after a day, and a day begins."""
    watch = Watch(cast)
    with time_machine.travel(timezone.now() + later):
        watch.step()
        watch.hold()


def test_a_lost_call_that_is_heard_of_again_is_live_again(admin_person, calls):
    watch = Watch([admin_person])
    with time_machine.travel(timezone.now() + timedelta(seconds=200)):
        watch.step()
        assert watch.shown[admin_person].totals["lost_track"] == 3
        change_call(calls["ringing"], heard_at=timezone.now())
        watch.step()
        assert watch.shown[admin_person].totals["lost_track"] == 2
        watch.hold()


@pytest.mark.parametrize(
    ("states", "seconds"),
    [
        (["ringing", "ringing"], 180),  # heard of before it was lost: the silence counts from then
        (["ringing", "talking"], 7200),
        (["talking", "ringing"], 180),
        (["ringing", "talking", "ringing"], 180),
    ],
)
def test_a_call_is_lost_when_its_latest_state_says_so(states, seconds, admin_person):
    first, *rest = states
    call = make_call(state=first)
    watch = Watch([admin_person])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for state in rest:
            clock.shift(100)
            change_call(call, state=state, heard_at=timezone.now())
            watch.step()
            watch.hold()
        for shift, lost in ((seconds - 1, 0), (1, 1)):
            clock.shift(shift)
            watch.step()
            assert watch.shown[admin_person].totals["lost_track"] == lost
            watch.hold()


def test_calls_that_get_lost_together_are_all_counted(few_completed, admin_person, sales):
    """Also when the deadlines are sorted out meanwhile: most are of calls that ended."""
    picture = load_picture(timezone.now())
    template = read_calls(Call.objects.filter(id=make_call(sales).id))[0]
    start = template.heard_at
    soon, later = start - timedelta(seconds=5), start + timedelta(seconds=60)
    live = [template._replace(id=n, seq=n, heard_at=soon) for n in range(10, 30)]
    brief = [template._replace(id=n, seq=n) for n in range(100, 500)]
    picture.take(live + brief, start)
    picture.take([call._replace(seq=call.seq + 1_000, state="ended", ended_at=later) for call in brief], later)
    picture.pass_time(start + timedelta(seconds=178))
    assert Selection(scope_of(admin_person), picture).totals()["lost_track"] == len(live)


def test_old_traffic_that_is_replayed_is_never_counted_as_live(admin_person):
    watch = Watch([admin_person])
    old = timezone.now() - timedelta(days=9)
    make_call(began_at=old, started_at=old)
    watch.step()
    assert watch.shown[admin_person].totals["live"] == 0 and watch.shown[admin_person].totals["lost_track"] == 1
    watch.hold()


def test_the_longest_waiting_is_the_oldest_that_still_waits(admin_person):
    oldest, middle = make_call(ago=90), make_call(ago=60)
    watch = Watch([admin_person])
    for call in (oldest, middle):
        change_call(call, state="talking")
        watch.step()
        watch.hold()
    assert watch.shown[admin_person].totals["longest_waiting_since"] is None
    change_call(middle, state="ringing")
    watch.step()
    watch.hold()


@pytest.fixture
def few_completed(monkeypatch):
    """As if the board showed three completed calls, and five of each group were kept."""
    for module in ("groups", "loading", "picture", "queries", "selection"):
        for name, count in (("SHOWN_ENDED", 3), ("KEPT_ENDED", 5)):
            monkeypatch.setattr(f"calls.live.{module}.{name}", count, raising=False)


def test_the_oldest_completed_makes_room_for_a_new_one(few_completed, cast, sales):
    for _ in range(3):
        make_call(sales, state="ended")
    watch = Watch(cast)
    make_call(sales, state="ended")
    watch.step()
    assert [len(frame["gone"]) for frame in watch.frames_for(cast[0])] == [1]
    watch.hold()


def test_a_completed_call_that_ends_anew_after_many_others_is_there_once(few_completed, cast, sales):
    """All in one look: when its turn comes there are more completed calls than are kept."""
    first, *_ = (make_call(sales, state="ended") for _ in range(3))
    watch = Watch(cast)
    for _ in range(6):
        make_call(sales, state="ended")
    end_call(first)
    watch.step()
    watch.hold()
    end_call(make_call(sales))
    watch.step()
    watch.hold()


def test_one_that_leaves_the_completed_has_a_successor(few_completed, cast, sales, support):
    """Even when more leave than are kept in memory, and the database has to be asked."""
    completed = [make_call(sales, state="ended") for _ in range(12)]
    watch = Watch(cast)
    for call in reversed(completed[3:]):
        change_call(call, group=support)
        watch.step()
        watch.hold()


def test_a_late_report_of_an_older_call_does_not_take_the_place_of_a_younger_one(few_completed, cast, sales, support):
    completed = [make_call(sales, state="ended") for _ in range(4)]
    late = make_call(sales)
    watch = Watch(cast)
    change_call(completed[-1], group=support)
    end_call(late, ended_at=timezone.now() - timedelta(hours=1))
    watch.step()
    watch.hold()


def test_a_call_that_is_read_again_as_it_was_does_not_go_back(admin_person, calls):
    watch = Watch([admin_person])
    before = read_calls(Call.objects.filter(id=calls["ringing"].id))
    change_call(calls["ringing"], state="talking")
    watch.step()
    watch.show(watch.picture.take(before, timezone.now()), timezone.now())
    watch.hold()


def test_the_wait_counts_from_the_start_that_was_told_last(admin_person):
    call = make_call(ago=50)
    watch = Watch([admin_person])
    change_call(call, began_at=timezone.now() - timedelta(seconds=20))
    watch.step()
    watch.hold()


@pytest.mark.parametrize("seed", [0, *slow(*range(1, 5))])
def test_random_steps_keep_every_board_equal_to_the_truth(few_completed, cast, sales, support, seed):
    dice = random.Random(seed)
    watch = Watch(cast)
    known = [make_call(dice.choice([sales, support, None])) for _ in range(4)]
    with time_machine.travel(timezone.now()) as clock:
        for _ in range(20):
            random_step(dice, known, [sales, support, None], clock)
            if dice.random() < 0.7:
                watch.step()
                watch.hold()


def random_step(dice, known, groups, clock):
    call = dice.choice(known)
    what = dice.randrange(8)
    if what == 0:
        known.append(make_call(dice.choice(groups), state=dice.choice(["ivr", "ringing", "talking", "ended"])))
    elif what == 1:
        state = dice.choice(["ringing", "talking"])
        change_call(call, state=state, ended_at=None, outcome=None, heard_at=timezone.now())
    elif what in (2, 3):
        at = timezone.now() - timedelta(seconds=dice.randrange(2_000))
        end_call(call, dice.choice(["answered", "missed", "ivr_only"]), ended_at=at)
    elif what == 4:
        change_call(call, group=dice.choice(groups))
    elif what == 5:
        change_call(call, direction=dice.choice(["incoming", "outgoing"]))
    elif what == 6:
        other = dice.choice(known)
        change_call(call, merged_into=None if other is call or call.merged_into_id else other)
    else:
        clock.shift(dice.choice([1, 100, 1_000, 40_000]))


# What is sent


def test_a_change_outside_ones_groups_is_not_mentioned(cast, calls, support):
    sales_supervisor, support_supervisor = cast[:2]
    watch = Watch(cast)
    end_call(calls["elsewhere"])
    watch.step()
    assert watch.frames_for(sales_supervisor) == []
    assert len(watch.frames_for(support_supervisor)) == 1


def heartbeat(watch, user):
    """What a heartbeat says to somebody, but for the hour."""
    fields = orjson.loads(watch.audiences[user].heartbeat(NOON, SiteState()).message["text"])
    assert fields.pop("now")
    return fields


def test_heartbeats_tell_nothing_of_calls_outside_ones_groups(cast, calls, sales, support):
    """Not how often they change, not when: two supervisors of one group each, and traffic of one of them."""
    sales_supervisor, support_supervisor, _, admin_person, _ = cast
    watch = Watch(cast)
    before = {user: heartbeat(watch, user) for user in watch.audiences}
    for _ in range(3):
        end_call(make_call(sales))
        change_call(calls["ringing"], state="talking", heard_at=timezone.now())
        change_call(calls["nobodys"], state="talking", heard_at=timezone.now())
        watch.step()
    assert heartbeat(watch, support_supervisor) == before[support_supervisor]
    for user in (sales_supervisor, admin_person):
        after = heartbeat(watch, user)
        assert after["seq"] > before[user]["seq"] and after["heard_at"] > before[user]["heard_at"]
    watch.hold()


def test_what_comes_from_another_group_and_goes_to_one_is_told_to_both(cast, calls, support):
    sales_supervisor, support_supervisor = cast[:2]
    watch = Watch(cast)
    before = heartbeat(watch, sales_supervisor)["seq"]
    change_call(calls["ringing"], group=support)
    watch.step()
    seq = heartbeat(watch, support_supervisor)["seq"]
    assert heartbeat(watch, sales_supervisor)["seq"] == seq > before
    watch.hold()


def test_a_process_that_starts_now_knows_the_numbers_of_a_scope_from_its_calls(cast, calls, sales):
    """Boards that come to it from another process get a snapshot, at the number of their latest call here."""
    sales_supervisor, support_supervisor = cast[:2]
    make_call(sales)
    watch = Watch(cast)
    rows = {user: watch.shown[user].rows.values() for user in (sales_supervisor, support_supervisor)}
    for user in rows:
        assert watch.shown[user].seq == heartbeat(watch, user)["seq"] == max(row["seq"] for row in rows[user])
        assert from_database(user).seq == watch.shown[user].seq
    assert watch.shown[support_supervisor].seq < watch.shown[sales_supervisor].seq <= watch.picture.seq


def test_when_a_group_was_last_heard_of_is_known_after_a_start_however_long_ago(cast, support):
    long_ago = timezone.now() - timedelta(days=9)
    make_call(support, state="ended", ago=9 * 86_400, heard_at=long_ago)
    watch = Watch(cast)
    sales_supervisor, support_supervisor, _, admin_person, _ = cast
    assert heartbeat(watch, sales_supervisor)["heard_at"] is None
    said = {heartbeat(watch, user)["heard_at"] for user in (support_supervisor, admin_person)}
    assert said == {orjson.loads(encode(long_ago))}


def test_many_changes_of_one_tick_make_one_frame_with_the_last_of_each(cast, calls):
    watch = Watch(cast)
    for state in ("talking", "ringing", "talking"):
        change_call(calls["ringing"], state=state)
    watch.step()
    (frame,) = watch.frames_for(cast[0])
    assert [call["state"] for call in frame["calls"]] == ["talking"]


def test_totals_are_sent_when_they_changed_and_only_then(cast, calls):
    watch = Watch(cast)
    change_call(calls["ringing"], reason="busy")
    watch.step()
    change_call(calls["ringing"], state="talking")
    watch.step()
    assert ["totals" in frame for frame in watch.frames_for(cast[0])] == [False, True]


def test_one_that_came_and_left_between_two_looks_is_not_mentioned(cast, sales, calls):
    watch = Watch(cast)
    change_call(make_call(sales), merged_into=calls["ringing"])
    watch.step()
    assert watch.frames == []


def test_a_renamed_row_is_sent_again_with_its_old_number(cast, calls):
    watch = Watch(cast)
    agent_gets_a_name(calls, {})
    watch.step()
    (frame,) = watch.frames_for(cast[0])
    known = {call["id"]: call for call in frame["calls"]}
    assert known[calls["ringing"].id]["seq"] == calls["ringing"].seq
    assert known[calls["ringing"].id]["agent_name"] == "Asha 9000000199"


@pytest.mark.parametrize("hidden", ["Sales 9000000199", "Asha 9000000199"])
def test_nothing_sent_to_a_masked_viewer_holds_a_full_number(hidden, cast, calls, masked_viewer, sales_supervisor):
    watch = Watch(cast)
    group_is_renamed(calls, {})
    agent_gets_a_name(calls, {})
    watch.step()
    assert hidden in str(watch.frames_for(sales_supervisor))
    assert "9000000" not in str(watch.frames_for(masked_viewer))


def test_another_epoch_or_numbers_that_went_back_end_the_picture(calls):
    picture = load_picture(timezone.now())
    Head.objects.update(seq=picture.seq - 1)
    assert read_news(picture, False) is None
    Head.objects.update(seq=picture.seq, epoch="restored")
    assert read_news(picture, False) is None


def test_a_large_snapshot_comes_in_parts_the_urgent_first(admin_person):
    waiting = make_call(ago=500)
    for _ in range(260):
        make_call(state="talking")
    latest = [make_call(state="ended") for _ in range(40)][-1]
    parts = [
        orjson.loads(part.message["text"])
        for part in whole(Audience(scope_of(admin_person), load_picture(timezone.now())))
    ]
    first = [call["id"] for call in parts[0]["calls"]]
    assert first[0] == waiting.id and latest.id in first and len(first) == 200
    assert [(part["part"], part["parts"]) for part in parts] == [(n + 1, len(parts)) for n in range(len(parts))]
    assert sum(len(part["calls"]) for part in parts) == 301
    assert all(len(orjson.dumps(part)) < 64 * 1024 for part in parts[1:])


def test_a_change_costs_the_same_however_many_calls_are_live(admin_person, sales):
    """By counting, not by the clock: the sums of 3,000 calls are not looked through for one change."""
    picture = load_picture(timezone.now())
    template = read_calls(Call.objects.filter(id=make_call(sales).id))[0]
    many = [template._replace(id=n, seq=n) for n in range(10, 3_010)]
    picture.take(many, timezone.now())
    audience = Audience(scope_of(admin_person), picture)
    looked = []
    for group in picture.groups.values():
        group.live = Counted(group.live, looked)
    changes = picture.take([template._replace(id=20, seq=5_000, state="talking")], timezone.now())
    assert audience.frame(changes, timezone.now()) is not None
    assert len(looked) < 20


def test_todays_figures_are_counted_again_for_groups_that_changed_only(admin_person, sales, monkeypatch):
    picture = load_picture(timezone.now())
    template = read_calls(Call.objects.filter(id=make_call(sales).id))[0]
    ended = template._replace(state="ended", outcome="missed", ended_at=timezone.now(), began_at=timezone.now())
    picture.take([ended._replace(id=n, seq=n, group_id=n) for n in range(1_000, 3_000)], timezone.now())
    audience = Audience(scope_of(admin_person), picture)
    named = []
    name_of = today_by_group.group_name
    monkeypatch.setattr(today_by_group, "group_name", lambda *asked: named.append(asked[0]) or name_of(*asked))
    changes = picture.take([ended._replace(id=9_000, seq=9_000, group_id=1_500)], timezone.now())
    frame = orjson.loads(audience.frame(changes, timezone.now()).message["text"])
    assert frame["groups_today"] == {"1500": {"missed_today": 2}} and named == [1_500]


class Counted(dict):
    def __init__(self, content, looked):
        super().__init__(content)
        self.looked = looked

    def __iter__(self):
        self.looked.extend(range(len(self)))
        return super().__iter__()

    def values(self):
        self.looked.extend(range(len(self)))
        return super().values()


def test_a_change_of_rights_is_another_view(sales_supervisor, support):
    before = scope_of(sales_supervisor)
    Access.objects.get(user=sales_supervisor).groups.add(support)
    assert scope_of(sales_supervisor) != before


# What commits of this process say


def commit_of(calls, first, last, epoch=None):
    return Changes(epoch or Head.objects.get().epoch, first, last, calls)


@pytest.fixture
def four_changes(sales):
    """A picture, and four changes of three calls since, as commits would say them."""
    calls = [make_call(sales, state="ringing") for _ in range(3)]
    picture = load_picture(timezone.now())
    for call in (*calls, calls[0]):
        change_call(call, state="talking")
    return picture, read_calls(Call.objects.order_by("seq"))


def test_what_commits_say_without_a_gap_is_not_read(four_changes, django_assert_num_queries):
    picture, calls = four_changes
    first = picture.seq + 1
    commits = [commit_of(calls[1:2], first - 1, first - 1), commit_of(calls[:2], first, first + 2)]
    commits.append(commit_of(calls[2:], first + 3, first + 3))
    with django_assert_num_queries(0):
        found = news_in(commits, picture)

    assert sorted(found.calls) == sorted(read_news(picture, False).calls)


def test_what_commits_do_not_say_is_read(four_changes):
    picture, calls = four_changes
    first = picture.seq + 1

    assert news_in([commit_of(calls, first + 1, first + 3)], picture) is None, "one is missing before"
    assert news_in([commit_of(calls, first, first + 1), commit_of(calls, first + 3, first + 3)], picture) is None
    assert news_in([commit_of(None, first, first + 3)], picture) is None, "merged away"
    assert news_in([commit_of(calls, first, first + 3, "another epoch")], picture) is None
    unknown = [call._replace(group_id=10**9) for call in calls]
    assert news_in([commit_of(unknown, first, first + 3)], picture) is None, "a group without a name"


def test_what_a_commit_says_late_is_left_out(four_changes):
    picture, calls = four_changes
    picture.take(calls, timezone.now())

    assert news_in([commit_of(calls[:1], picture.seq, picture.seq)], picture).calls == []

"""Which call a delivery belongs to follows from what deliveries say, not from when they came."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.commit.cache import cache
from calls.commit.transaction import commit
from calls.models import Call, CallAlias, Delivery, Head
from calls.upkeep.replaying import forget_all_calls, replay
from calls.words import Result
from tests.support.provider import INDIA, Provider

NOON = datetime(2026, 11, 20, 12, tzinfo=INDIA)
NEAR_HOURS = 6


@pytest.fixture
def provider(source, source_token):
    return Provider(source, source_token)


def says(sid="", uid="", camp="", at=0.0, word="Picked", **more):
    """An outgoing delivery that carries these ids; `at` is its StartTime in hours after noon."""
    ids = {"CallSid": sid, "Uniqueid": uid, "campid": camp}
    start = "" if at is None else f"{NOON + timedelta(hours=at):%Y-%m-%d %H:%M:%S}"
    fields = {"type": "live_call", "Direction": "WEBOBD", "Status": word, "StartTime": start}
    numbers = {"SourceNumber": "8000000201", "DialWhomNumber": "9000000101", "DestinationNumber": "08000000302"}
    return fields | numbers | ids | more


def reports(sid="", uid="", camp="", at=0.0, word="ANSWER", **more):
    return says(sid, uid, camp, at, word, type="call_report", TalkDuration="5", CallDuration="9", **more)


def grouped():
    """Which deliveries stand together: (ref, their labels) of each call."""
    calls = {call.pk: (call.ref, []) for call in Call.objects.standing()}
    for delivery in Delivery.objects.filter(result="applied").order_by("id"):
        calls[delivery.call_id][1].append(label_of(delivery))
    return sorted((ref, sorted(labels)) for ref, labels in calls.values())


def label_of(delivery):
    return bytes(delivery.body).decode().partition('"label": "')[2].partition('"')[0]


def labelled(deliveries):
    return [{**fields, "label": str(i)} for i, fields in enumerate(deliveries)]


def forget_calls():
    for of in (Delivery, CallAlias, Call):
        of.objects.all()._raw_delete("default")


def by_sets(deliveries):
    """The rule, told without any order: an oracle that shares no code with matching."""
    strong = {}
    for fields in deliveries:
        if sid := fields["CallSid"]:
            strong.setdefault(sid, []).append(fields)
    calls = {}
    for fields in deliveries:
        calls.setdefault(_call_of(fields, strong), set()).add(fields["label"])
    return sorted(sorted(each) for each in calls.values())


def _call_of(fields, strong):
    if sid := fields["CallSid"]:
        return sid
    if uid := fields["Uniqueid"]:
        naming = sorted(sid for sid, said in strong.items() if any(each["Uniqueid"] == uid for each in said))
        return uid if uid in strong else naming[0] if naming else ("lone uid", uid)
    start = datetime.fromisoformat(fields["StartTime"])
    distances = [
        (abs(datetime.fromisoformat(each["StartTime"]) - start), sid)
        for sid, said in strong.items()
        for each in said
        if each["campid"] == fields["campid"] and each["StartTime"]
    ]
    near = [found for found in distances if found[0] <= timedelta(hours=NEAR_HOURS)]
    return min(near)[1] if near else ("lone campid", fields["campid"], start)


def in_every_way(provider, deliveries):
    """The groups after each order of the deliveries: one by one, all at once, and the two mixed."""
    deliveries = labelled(deliveries)
    for order in permutations(deliveries):
        for alone in range(len(order)):
            for each in order[:alone]:
                provider.says(each)
            provider.says_at_once(order[alone:])
            yield grouped()
            forget_calls()


SCENES = {
    "a live event with only a campid joins the report that has both": (
        [says(camp="7001"), reports(sid="S1", camp="7001")],
        {"S1": {"0", "1"}},
    ),
    "a report with only a campid joins the live event that has both": (
        [says(sid="S1", camp="7001"), reports(camp="7001")],
        {"S1": {"0", "1"}},
    ),
    "a report of the day after with the same campid is another call": (
        [says(camp="7001"), says(sid="S1", camp="7001"), reports(camp="7001", at=24)],
        {"S1": {"0", "1"}, "7001": {"2"}},
    ),
    "a campid that is used again belongs to the call whose start is nearer": (
        [says(sid="S1", camp="7001"), says(sid="S2", camp="7001", at=4), reports(camp="7001", at=1.5)],
        {"S1": {"0", "2"}, "S2": {"1"}},
    ),
    "of two calls with one campid the nearer takes what has only the campid": (
        [says(sid="S1", camp="7001"), says(sid="S2", camp="7001", at=4), reports(camp="7001", at=3)],
        {"S1": {"0"}, "S2": {"1", "2"}},
    ),
    "what lies between two calls at the same distance goes to the lower id": (
        [says(sid="S1", camp="7001"), says(sid="S2", camp="7001", at=4), reports(camp="7001", at=2)],
        {"S1": {"0", "2"}, "S2": {"1"}},
    ),
    "six hours are near": ([says(sid="S1", camp="7001"), reports(camp="7001", at=6)], {"S1": {"0", "1"}}),
    "a second more is not": (
        [says(sid="S1", camp="7001"), reports(camp="7001", at=6 + 1 / 3600)],
        {"S1": {"0"}, "7001": {"1"}},
    ),
    "two calls with only a campid and the same start are one": (
        [says(camp="7001"), reports(camp="7001")],
        {"7001": {"0", "1"}},
    ),
    "a Uniqueid alone finds the call with that CallSid": ([says(sid="S1"), reports(uid="S1")], {"S1": {"0", "1"}}),
    "a Uniqueid that is not the CallSid finds the call that named both": (
        [says(sid="S1", uid="U1"), reports(uid="U1")],
        {"S1": {"0", "1"}},
    ),
    "a Uniqueid that is a CallSid after all goes there": (
        [says(sid="S1", uid="U1"), reports(uid="U1"), says(sid="U1", word="Transferring Call to Agent")],
        {"S1": {"0"}, "U1": {"1", "2"}},
    ),
    "a Uniqueid that two calls named goes to the lower of them": (
        [says(sid="S1", uid="U1"), says(sid="S2", uid="U1"), reports(uid="U1")],
        {"S1": {"0", "2"}, "S2": {"1"}},
    ),
    "two CallSids are two calls, whatever else they share": (
        [says(sid="S1", uid="U1", camp="7001"), says(sid="S2", uid="U1", camp="7001")],
        {"S1": {"0"}, "S2": {"1"}},
    ),
    "a Uniqueid alone is a call of its own": ([says(uid="U1"), reports(uid="U1")], {"U1": {"0", "1"}}),
    "a Uniqueid outranks a campid": (
        [says(sid="S1", camp="7001"), says(sid="S2", camp="7002"), reports(uid="S2", camp="7001")],
        {"S1": {"0"}, "S2": {"1", "2"}},
    ),
    "what has a Uniqueid stays with it when its campid turns up elsewhere": (
        [says(sid="S1", camp="7001"), reports(uid="S1", camp="7001", at=5), says(sid="S2", camp="7001", at=5)],
        {"S1": {"0", "1"}, "S2": {"2"}},
    ),
    "one call that tells two starts is near to both": (
        [says(sid="S1", camp="7001"), says(sid="S1", camp="7001", at=-7), reports(camp="7001", at=5)],
        {"S1": {"0", "1", "2"}},
    ),
}


@pytest.mark.parametrize("scene", SCENES)
def test_ids_say_which_call_in_every_order(provider, scene):
    deliveries, expected = SCENES[scene]

    for found in in_every_way(provider, deliveries):
        assert found == sorted((ref, sorted(labels)) for ref, labels in expected.items())


@pytest.mark.parametrize("scene", SCENES)
def test_the_scenes_agree_with_the_rule(scene):
    deliveries, expected = SCENES[scene]

    assert by_sets(labelled(deliveries)) == sorted(sorted(each) for each in expected.values())


IDS = st.builds(
    says,
    sid=st.sampled_from(["", "", "S1", "S2", "U1"]),
    uid=st.sampled_from(["", "", "", "U1", "S1"]),
    camp=st.sampled_from(["", "7001", "7001", "7002"]),
    at=st.sampled_from([0, 0, 2.5, 5, 7, 12]),
).filter(lambda fields: fields["CallSid"] or fields["Uniqueid"] or fields["campid"])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(IDS, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_any_ids_in_any_order_and_any_batches_follow_the_rule(provider, deliveries, rng):
    forget_calls()
    deliveries = labelled(deliveries)
    expected = by_sets(deliveries)
    rng.shuffle(deliveries)
    while deliveries:
        size = rng.randint(1, len(deliveries))
        provider.says_at_once(deliveries[:size])
        deliveries = deliveries[size:]

    assert sorted(labels for _, labels in grouped()) == expected


# What becomes of the rows


def test_a_lone_call_that_gets_its_callsid_stays_the_same_row(provider):
    provider.says(says(camp="7001"))
    before = Call.objects.get()

    provider.says(reports(sid="S1", camp="7001"))

    after = Call.objects.get()
    assert (after.pk, after.ref, after.state) == (before.pk, "S1", "ended")
    assert after.seq == before.seq + 1
    assert set(CallAlias.objects.values_list("kind", "value")) == {("sid", "S1"), ("campid", "7001")}


def test_a_lone_call_that_turns_out_to_be_a_standing_one_leaves_a_tombstone_with_a_number(provider):
    """Two rows become one: boards are told by its number that the other is gone."""
    provider.says(says(sid="S1"))
    provider.says(says(camp="7001"))
    standing, lone = Call.objects.order_by("pk")
    head = Head.objects.get().seq

    provider.says(reports(sid="S1", camp="7001"))

    standing.refresh_from_db()
    lone.refresh_from_db()
    assert (standing.merged_into_id, lone.merged_into_id) == (None, standing.pk)
    assert sorted([standing.seq, lone.seq]) == [head + 1, head + 2]
    assert set(Delivery.objects.values_list("call_id", flat=True)) == {standing.pk}
    assert list(Call.objects.standing()) == [standing]


def test_what_comes_after_a_merge_goes_to_the_call_that_stands(provider):
    for each in (says(sid="S1"), says(camp="7001"), reports(sid="S1", camp="7001")):
        provider.says(each)

    late = provider.says(reports(camp="7001", coins="3"))
    again = provider.says(says(camp="7001"))

    assert Call.objects.standing().get().ref == "S1"
    assert {late.call, again.call} == {Call.objects.standing().get().pk}


def test_a_delivery_that_moves_to_a_nearer_call_changes_both(provider):
    provider.says(says(sid="S1", camp="7001", word="Transferring Call to Agent"))
    provider.says(reports(camp="7001", at=4))
    assert Call.objects.get(ref="S1").state == "ended"
    head = Head.objects.get().seq

    provider.says(says(sid="S2", camp="7001", at=4))

    first, second = Call.objects.order_by("ref")
    assert (first.state, second.state) == ("ringing", "ended")
    assert sorted([first.seq, second.seq]) == [head + 1, head + 2]


def test_repeats_follow_what_they_repeat(provider):
    provider.says(says(sid="S1", camp="7001"))
    provider.says(reports(camp="7001", at=4))
    provider.says(reports(camp="7001", at=4))

    provider.says(says(sid="S2", camp="7001", at=4))

    assert Delivery.objects.get(result="duplicate").call.ref == "S2"


def test_ids_of_one_source_mean_nothing_at_another(provider, source):
    other = type(source).objects.create(name="Another")
    provider.says(says(sid="S1", camp="7001"))

    token = other.new_token()
    cache.forget()
    Provider(other, token).says(reports(sid="S1", camp="7001"))

    assert sorted(Call.objects.values_list("source__name", "state")) == [
        ("Another", "ended"),
        ("Callerdesk", "talking"),
    ]


def test_an_incoming_campid_joins_nothing(provider):
    provider.says(says(sid="S1", camp="7001", Direction="IVR"))
    provider.says(reports(sid="S2", camp="7001", Direction="IVR"))

    assert dict(Call.objects.values_list("ref", "state")) == {"S1": "talking", "S2": "ended"}
    assert set(Call.objects.values_list("campaign_id", flat=True)) == {"7001"}, "it is kept all the same"
    assert not CallAlias.objects.filter(kind="campid").exists()
    provider.says(reports(camp="7001", uid="", SourceNumber="8000000202"))
    assert Call.objects.standing().count() == 3, "nor does it draw in an outgoing delivery"


def test_a_call_without_any_id_is_known_by_its_numbers_and_start(provider):
    provider.says(says(Direction="IVR", word="Transfer to agent"))
    provider.says(reports(Direction="IVR"))
    provider.says(reports(Direction="IVR", at=1))

    assert sorted(Call.objects.values_list("state", "flags")) == [("ended", ["no_call_id"]), ("ended", ["no_call_id"])]


def test_a_call_that_nothing_is_left_of_can_be_heard_of_again(provider):
    """A replay under changed rules may take all deliveries from a call; its id must not lead to a grave."""
    first = provider.says(says(sid="S1"))
    call = Call.objects.get()
    again = replace(first, event=None, result=Result.QUARANTINED, reason="unknown_word", call=None, replayed=True)
    commit([again], cache, again=[call.pk])
    call.refresh_from_db()
    assert call.merged_into_id == call.pk

    provider.says(reports(sid="S1"))

    assert Call.objects.standing().get().state == "ended"


def test_a_replay_makes_as_many_calls_as_there_were(provider, source, monkeypatch):
    for i in range(5):
        provider.says(says(sid=f"S{i}"))
    source.new_calls_per_minute = 1
    source.save()
    cache.forget()
    forget_all_calls()

    replay(Delivery.objects.all(), cache, apply=True)

    assert Call.objects.standing().count() == 5


def test_a_number_that_becomes_known_is_looked_for_wherever_roles_were_assumed(provider):
    """Also on a call that is incoming only because another of its deliveries told the direction."""
    provider.says(reports(sid="S1", Direction="", SourceNumber="9000000101", DialWhomNumber="8000000202"))
    provider.says(says(sid="S1", Direction="IVR", DialWhomNumber="8000000203"))
    assert Call.objects.get().roles_assumed

    teaches = {"Direction": "IVR", "SourceNumber": "9000000109", "DialWhomNumber": "8000000202"}
    provider.says(says(sid="S2", **teaches))

    call = Call.objects.get(ref="S1")
    assert (call.agent_number, call.customer_number) == ("+918000000202", "+919000000101")
    assert not call.roles_assumed

"""The adapter: every word, value and shape of CallerDesk's that is documented or was seen, in our terms."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.providers import PROVIDERS, callerdesk_words
from calls.providers.adapter import Arrival, Habits
from calls.providers.callerdesk import read
from calls.providers.callerdesk_words import SPELLINGS
from calls.rules.events import CallEvent, Kind, Verdict
from calls.rules.facts import MOST_ALSO_SAID
from calls.words import Direction, Result, State

ARRIVAL = Arrival(datetime(2026, 11, 20, 12, tzinfo=UTC), "key")
INCOMING = {"sourcenumber": "9000000101", "destinationnumber": "01200000301", "dialwhomnumber": "8000000201"}
INCOMING |= {"callsid": "1894680000.10", "direction": "IVR", "starttime": "2026-11-20 17:30:00"}
OUTGOING = INCOMING | {"direction": "WEBOBD", "sourcenumber": "8000000201", "dialwhomnumber": "9000000101"}


def reading(fields, **habits):
    return read({name: value for name, value in fields.items() if value is not None}, Habits(**habits), ARRIVAL)


def live(_of=INCOMING, **said) -> CallEvent:
    return reading({**_of, "type": "live_call", "status": "Picked", **said}).event


def report(_of=INCOMING, **said) -> CallEvent:
    return reading({**_of, "type": "call_report", "status": "ANSWER", **said}).event


def test_it_is_registered():
    assert PROVIDERS["callerdesk"].read is read


# --- words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "callstatus", "verdict", "cause"),
    [
        ("ANSWER", "ANSWER (16)", Verdict.ANSWERED, None),
        ("NO ANSWER", "CANCEL (0)", Verdict.CANCELLED, Verdict.CANCELLED),
        ("NO ANSWER", "NO ANSWER (0-Agent)", Verdict.NO_ANSWER, Verdict.NO_ANSWER),
        ("NO ANSWER", "BUSY (17)", Verdict.BUSY, Verdict.BUSY),
        ("NO ANSWER", "CONGESTION", Verdict.CONGESTION, Verdict.CONGESTION),
        ("NO ANSWER", "Unavailable (19)", Verdict.UNREACHABLE, Verdict.UNREACHABLE),
        ("NO ANSWER", "CHANUNAVAIL", Verdict.AGENT_OFFLINE, Verdict.AGENT_OFFLINE),
        ("NO ANSWER", "Not connected", Verdict.NOT_CONNECTED, Verdict.NOT_CONNECTED),
        ("NO ANSWER", "AgentEngaged (0-Agent)", Verdict.AGENT_ENGAGED, Verdict.AGENT_ENGAGED),
        ("NO ANSWER", "AgentonRing (0-Agent)", Verdict.AGENT_RINGING, Verdict.AGENT_RINGING),
        ("NO ANSWER", "AbandonedCall", Verdict.ABANDONED, Verdict.ABANDONED),
    ],
)
def test_the_incoming_table_in_either_order_of_its_columns(status, callstatus, verdict, cause):
    for said in ({"status": status, "callstatus": callstatus}, {"status": callstatus, "callstatus": status}):
        assert report(**said).verdict is verdict
    for only in ({"status": callstatus}, {"status": "", "callstatus": f" {callstatus}"}):
        assert (report(**only).verdict, report(**only).cause) == (verdict, cause)


@pytest.mark.parametrize(
    ("status", "callstatus", "verdict", "cause", "ended_by"),
    [
        ("ANSWER", "Answer (16-Agent)", Verdict.ANSWERED, None, "agent"),
        ("ANSWER", "ANSWER (16-customer)", Verdict.ANSWERED, None, "customer"),
        ("ANSWER", "ANSWER (16)", Verdict.ANSWERED, None, ""),
        ("Cancel-Agent", "NOANSWER (0-agent)", Verdict.AGENT_LEG, Verdict.NO_ANSWER, ""),
        ("Cancel-Customer", "NOANSWER (0-customer)", Verdict.CUSTOMER_LEG, Verdict.NO_ANSWER, ""),
        ("Cancel-Agent", "Busy (17-agent)", Verdict.AGENT_LEG, Verdict.BUSY, ""),
        ("Cancel-Customer", "Busy (17-customer)", Verdict.CUSTOMER_LEG, Verdict.BUSY, ""),
        ("Cancel-Agent", "Congestion (1-agent)", Verdict.AGENT_LEG, Verdict.CONGESTION, ""),
        ("Cancel-Customer", "Congestion (1-customer)", Verdict.CUSTOMER_LEG, Verdict.CONGESTION, ""),
        ("Cancel-Agent", "Unavailable (19-agent)", Verdict.AGENT_LEG, Verdict.UNREACHABLE, ""),
        ("Cancel-Customer", "Unavailable (19-customer)", Verdict.CUSTOMER_LEG, Verdict.UNREACHABLE, ""),
    ],
)
def test_the_outgoing_table_in_either_order_of_its_columns(status, callstatus, verdict, cause, ended_by):
    ways = [{"status": status, "callstatus": callstatus}, {"status": callstatus, "callstatus": status}]
    ways += [{"status": status, "hangupcause": callstatus.replace(" ", "")}, {"status": callstatus}]
    for said in ways:
        event = report(OUTGOING, **said)
        assert (event.verdict, event.cause, event.ended_by) == (verdict, cause, ended_by)


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("ANSWER", Verdict.ANSWERED),
        ("Answered", Verdict.ANSWERED),
        ("Leg A Answer", Verdict.ANSWERED),
        ("Leg B Answer", Verdict.ANSWERED),
        ("NOANSWER", Verdict.NO_ANSWER),
        ("no-answer", Verdict.NO_ANSWER),
        ("CANCEL", Verdict.CANCELLED),
        ("cancel-Customer", Verdict.CUSTOMER_LEG),
        ("cancel-Agent", Verdict.AGENT_LEG),
        ("abandonment", Verdict.ABANDONED),
        ("abandoned", Verdict.ABANDONED),
        ("Agent engaged", Verdict.AGENT_ENGAGED),
        ("INVALIDARGS", Verdict.BAD_DIAL),
        ("Agent-Unregistered", Verdict.AGENT_OFFLINE),
        ("UN-AVAIL", Verdict.UNREACHABLE),
        ("MISSED", Verdict.NO_ANSWER),
        ("FAILED", Verdict.BAD_DIAL),
        ("busy", Verdict.BUSY),
        ("NOT ANSWERED YET", Verdict.UNMAPPED),
        ("N/A", None),
        ("0", None),
        ("", None),
    ],
)
def test_words_are_looked_up_whole(word, verdict):
    assert report(status=word).verdict is verdict
    assert report(status=word).word == word


def test_both_words_are_kept_as_written():
    assert report(status="NO ANSWER", callstatus="BUSY (17)").word == "NO ANSWER / BUSY (17)"
    assert report(status="ANSWER", callstatus="ANSWER").word == "ANSWER"
    assert len(report(status="x" * 500).word) == 200


def test_the_coarse_result_helps_only_where_the_words_say_nothing():
    assert report(status="", callresult="No Answer").verdict is Verdict.NO_ANSWER
    assert report(status="", callresult="Click-to-call").verdict is None
    assert report(status="BUSY", callresult="Answered").verdict is Verdict.BUSY


@pytest.mark.parametrize("field", ["status", "callstatus", "callresult"])
def test_a_voicemail_is_noted_and_the_rest_of_the_report_decides(field):
    event = report(**{"status": "NO ANSWER", field: "Voice Mail"})

    assert (event.voicemail, event.verdict) == (True, None if field == "status" else Verdict.NO_ANSWER)


@pytest.mark.parametrize(
    ("word", "incoming", "outgoing"),
    [
        ("Transfer to agent", State.RINGING, State.RINGING),
        ("Transferring Call to Agent", State.RINGING, State.RINGING),
        ("Picked", State.TALKING, State.TALKING),
        ("ANSWER", State.TALKING, State.TALKING),
        ("Leg A Answer", State.IVR, State.RINGING),
        ("Leg B Answer", State.TALKING, State.TALKING),
        ("transferring", State.RINGING, State.RINGING),
        ("ringing", State.RINGING, State.RINGING),
        ("progress", State.DIALING, State.DIALING),
        ("queued", State.IVR, State.IVR),
        ("dialing", State.DIALING, State.DIALING),
        ("connecting", State.DIALING, State.DIALING),
        ("ivr_menu", State.IVR, State.IVR),
        ("call_init", State.IVR, State.IVR),
        ("", State.IVR, State.DIALING),
        ("N/A", State.IVR, State.DIALING),
    ],
)
def test_live_words(word, incoming, outgoing):
    assert (live(status=word).phase, live(status=word).verdict) == (incoming, None)
    assert (live(OUTGOING, status=word).phase, live(OUTGOING, status=word).verdict) == (outgoing, None)


def test_the_further_of_two_live_words_counts():
    assert live(status="N/A", callstatus="Transfer to agent").phase is State.RINGING
    assert live(status="Picked", callstatus="ringing").phase is State.TALKING
    assert live(status="ringing", callstatus="Picked").phase is State.TALKING


@pytest.mark.parametrize("word", ["CANCEL (0)", "BUSY (17)", "AbandonedCall", "NO ANSWER", "Agent engaged"])
def test_a_terminal_word_in_a_live_event_closes_an_attempt(word):
    assert live(status=word).closes_attempt
    assert live(status=word).phase is None


def test_an_unknown_live_word_is_quarantined_and_an_unknown_word_in_a_report_is_not():
    found = reading({**INCOMING, "type": "live_call", "status": "Playing Hold Music"})

    assert (found.event, found.result, found.reason) == (None, Result.QUARANTINED, "unknown_word")
    assert report(status="Something New").verdict is Verdict.UNMAPPED


# --- kinds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["live_call", "Live Call", "LIVECALL", "live"])
def test_words_for_live_events(word):
    assert live(type=word, endtime="2026-11-20 17:31:00").kind is Kind.LIVE


@pytest.mark.parametrize("word", ["call_report", "Call Report", "CALLREPORT", "report"])
def test_words_for_reports(word):
    assert report(type=word).kind is Kind.REPORT


@pytest.mark.parametrize(
    "said",
    [
        {"endtime": "2026-11-20 17:31:00"},
        {"callduration": "9"},
        {"talkduration": "0"},
        {"legapickedtime": "2026-11-20 17:30:02"},
        {"legbstarttime": "2026-11-20 17:30:02"},
        {"legbpickedtime": "2026-11-20 17:30:02"},
        {"callrecordingurl": "https://records.example/1.mp3"},
    ],
)
def test_without_a_type_only_a_report_has_ends_lengths_legs_and_recordings(said):
    assert report(type=None, **said).kind is Kind.REPORT


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"endtime": ""},
        {"endtime": "0000-00-00 00:00:00"},
        {"legbstarttime": "0"},
        {"legapickedtime": "null", "callrecordingurl": "--"},
        {"coins": "2", "receivername": "Asha"},
    ],
)
def test_placeholders_do_not_make_a_report(said):
    assert reading({**INCOMING, "status": "Picked", **said}).event.kind is Kind.LIVE


@pytest.mark.parametrize(
    ("fields", "result", "reason"),
    [
        ({"type": "add_member"}, Result.IGNORED, "not_a_call_event"),
        ({"type": "add_member", "receivername": "Asha"}, Result.IGNORED, "not_a_call_event"),
        ({"type": "add_member", "callgroup": "Sales", "membernum": "9000000101"}, Result.IGNORED, "not_a_call_event"),
        ({"type": "call_recording", "callsid": "1"}, Result.QUARANTINED, "unknown_type"),
        ({"type": "call_recording", "sourcenumber": "9000000101"}, Result.QUARANTINED, "unknown_type"),
        ({"a": "1", "key": "5"}, Result.IGNORED, "no_call_fields"),
        ({}, Result.IGNORED, "no_call_fields"),
        ({"event": "ping", "timestamp": "1764230000"}, Result.IGNORED, "no_call_fields"),
        ({"message": "Webhook test", "id": "9000000101"}, Result.IGNORED, "no_call_fields"),
        ({"phone": "9000000101", "seconds": "75"}, Result.QUARANTINED, "unknown_fields"),
        ({"callerid": "0", "callstart": "1764230000", "ringtime": "5"}, Result.QUARANTINED, "unknown_fields"),
        ({"callinguserid": "x7", "customerphone": "+91 90000 00101"}, Result.QUARANTINED, "unknown_fields"),
        ({"from": "+919000000101", "to": "+918000000201", "state": "up"}, Result.QUARANTINED, "unknown_fields"),
        ({"type": "hangup", "endtime": "2026-11-20 17:30:00"}, Result.QUARANTINED, "unknown_type"),
        ({"type": "hangup", "phone": "9000000101"}, Result.QUARANTINED, "unknown_type"),
        ({**OUTGOING, "type": "live_call", "status": "", "callsid": "", "starttime": ""}, Result.IGNORED, "pre_dial"),
        ({**INCOMING, "type": "call_report", "callsid": "", "starttime": ""}, Result.QUARANTINED, "no_call_id"),
        ({"type": "call_report", "starttime": "2026-11-20 17:30:00"}, Result.QUARANTINED, "no_call_id"),
        ({**OUTGOING, "callsid": "", "campid": "7001", "starttime": ""}, Result.QUARANTINED, "no_start_time"),
    ],
)
def test_what_is_no_event_has_a_named_reason(fields, result, reason):
    found = reading(fields)

    assert (found.event, found.result, found.reason) == (None, result, reason)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "live_call", "sourcenumber": "99xxxxx", "starttime": "yyyy-mm-dd hh:mm:ss", "callsid": "16.960xxxx"},
        {"type": "call_report", "starttime": "YYYY-MM-DD HH:MM:SS", "endtime": "YYYY-MM-DD HH:MM:SS", "callsid": "1"},
        {"type": "call_report", "endtime": "dd/mm/yyyy", "callsid": "1"},
        {"sourcenumber": "99xxxxx", "destinationnumber": "0120xxxx", "dialwhomnumber": "", "callsid": "1"},
        {"sourcenumber": "+91XXXXXXXX", "destinationnumber": "+91120XXXX", "callsid": "1", "status": "ANSWER"},
    ],
)
def test_the_sample_of_the_providers_page_is_no_call(fields):
    assert (reading(fields).result, reading(fields).reason) == (Result.IGNORED, "provider_sample")


def test_masked_numbers_of_a_call_are_no_sample():
    said = {**INCOMING, "sourcenumber": "98765xxxxx", "dialwhomnumber": "80000xxxxx", "status": "Picked"}

    assert reading(said).event.customer


@pytest.mark.parametrize("field", ["callsid", "sourcenumber", "dialwhomnumber", "destinationnumber", "status", "type"])
def test_a_broken_character_in_what_tells_calls_apart_sets_the_delivery_aside(field):
    found = reading({**INCOMING, "status": "Picked", field: "1\ufffd2"})

    assert (found.event, found.result, found.reason) == (None, Result.QUARANTINED, "broken_characters")


@pytest.mark.parametrize("field", ["receivername", "callgroup"])
def test_a_broken_character_in_a_name_is_shown_and_flagged(field):
    event = report(**{field: "Jos\ufffd Test"})

    assert "Jos\ufffd Test" in (event.agent_name, event.group)
    assert event.flags == ("broken_characters",)


def test_a_broken_character_in_a_length_or_an_end_costs_that_field_alone():
    event = report(talkduration="6\ufffd", endtime="2026-11-20 17:3\ufffd:15", coins="\ufffd")

    assert (event.talk_seconds, event.ended_at, event.coins) == (None, None, "")
    assert event.flags == ("unreadable_coins", "unreadable_ended_at", "unreadable_talk_seconds")


# --- fields ---------------------------------------------------------------------------------------------


def test_every_field_of_a_report():
    event = report(
        callduration="75", coins="2", endtime="2026-11-20 17:31:15", talkduration="60", callgroup="Sales",
        callrecordingurl="https://callrecords.callerdesk.io/1.mp3", receivername="Asha Test", errorcode="16",
        legapickedtime="2026-11-20 17:30:01", legbstarttime="2026-11-20 17:30:05", legbpickedtime="2026-11-20 17:30:15",
        uniqueid="1894680000.11", campid="",
    )  # fmt: skip

    assert event == CallEvent(
        kind=Kind.REPORT, content_key="key", received_at=ARRIVAL.received_at, call_id="1894680000.10",
        alternate_id="1894680000.11", direction=Direction.INCOMING, phase=State.ENDED, verdict=Verdict.ANSWERED,
        word="ANSWER", customer="+919000000101", agent="+918000000201", line="+911200000301", roles_known=True,
        group="Sales", agent_name="Asha Test", started_at=utc(12, 0), ended_at=utc(12, 1, 15),
        leg_a_picked_at=utc(12, 0, 1), leg_b_started_at=utc(12, 0, 5), leg_b_picked_at=utc(12, 0, 15),
        talk_seconds=60, duration_seconds=75, coins="2", recording_url="https://callrecords.callerdesk.io/1.mp3",
        error_code="16", also_said=(("Uniqueid", "1894680000.11"),),
    )  # fmt: skip


def utc(hour, minute, second=0):
    return datetime(2026, 11, 20, hour, minute, second, tzinfo=UTC)


def test_a_live_event_has_nothing_of_a_report():
    event = live(endtime="2026-11-20 17:31:15", talkduration="9", coins="2", receivername="Asha", callduration="9")

    assert (event.ended_at, event.talk_seconds, event.duration_seconds) == (None, None, None)
    assert (event.coins, event.agent_name, event.recording_url) == ("", "", "")
    assert dict(event.also_said) == {
        "ended_at": "2026-11-20 17:31:15",
        "talk_seconds": "9",
        "duration_seconds": "9",
        "coins": "2",
        "agent_name": "Asha",
    }


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_first_spelling_that_is_filled_wins(name):
    first, *others = SPELLINGS[name]
    for other in others:
        assert read_as(name, {other: "5"}) == read_as(name, {first: "5"}) == read_as(name, {first: "", other: "5"})
        both = read_as(name, {first: "5", other: "6"})
        assert replace(both, also_said=()) == replace(read_as(name, {first: "5"}), also_said=())
        assert (other, "6") in both.also_said, "what another spelling says is not lost"


def read_as(name, fields):
    """The event of a report whose own field of this name is taken away, and these given."""
    rest = {key: value for key, value in INCOMING.items() if key not in SPELLINGS[name]}
    return reading({"type": "call_report", "status": "ANSWER", **rest, **fields}).event


@pytest.mark.parametrize("text", ["0", "--", "-", "none", "None", "null", "NULL", "n/a", "Not Assigned", "undefined"])
def test_placeholders_mean_nobody_and_nothing(text):
    event = report(receivername=text, dialwhomnumber=text, callgroup=text, callrecordingurl=text, uniqueid=text)

    assert (event.agent_name, event.agent, event.group, event.recording_url, event.alternate_id) == ("", "", "", "", "")
    assert report(OUTGOING, campid=text).campaign_id == ""
    assert reading({**INCOMING, "callsid": text, "uniqueid": "7", "status": "Picked"}).event.call_id == ""


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20 17:30:05",
        "2026-11-20  17:30:05",
        "2026-11-20T17:30:05",
        "2026-11-20n17:30:05",
        "2026-11-20 17:30:05.000",
        "2026-11-20T12:00:05Z",
        "2026-11-20T12:00:05+00:00",
        "2026-11-20 17:30:05+0530",
        "2026-11-20 17:30:05 +05:30",
        "20-11-2026 17:30:05",
        "20/11/2026 17:30:05",
        "2026/11/20 17:30:05",
        "20-11-2026 05:30:05 PM",
        "20/11/2026 05:30:05 pm",
        "2026-11-20 05:30:05 PM",
        "1795176005",
        "1795176005000",
    ],
)
def test_times_as_they_are_written(text):
    assert report(endtime=text).ended_at == utc(12, 0, 5)
    assert report(endtime=text).flags == ()


def test_a_time_without_a_zone_is_the_sources():
    fields = {**INCOMING, "type": "call_report", "endtime": "2026-11-20 17:30:05"}

    assert reading(fields, time_zone="UTC").event.ended_at == utc(17, 30, 5)


@pytest.mark.parametrize("text", ["", "0", "0000-00-00 00:00:00", "0000-00-00", "0001-01-01 00:00:00", "null", "--"])
def test_times_that_never_were(text):
    event = report(legbpickedtime=text, legapickedtime=text, endtime=text)

    assert (event.leg_b_picked_at, event.leg_a_picked_at, event.ended_at, event.flags) == (None, None, None, ())


@pytest.mark.parametrize(
    "text",
    ["soon", "2026-13-45 99:00:00", "99999-01-01 00:00:00", "1999-01-01 00:00:00", "2100-01-01 00:00:00", "12345",
     "2026-11-20 17:30:05+99:00", "٢٠٢٦-١١-٢٠ ١٧:٣٠:٠٥", "2026-02-30 00:00:00", "9999999999999"],
)  # fmt: skip
def test_times_that_cannot_be_read_are_flagged(text):
    assert (report(endtime=text).ended_at, report(endtime=text).flags) == (None, ("unreadable_ended_at",))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("75", 75),
        ("0", 0),
        ("", None),
        ("75.0", 75),
        ("75.9", 75),
        ("00:01:15", 75),
        ("1:15", 75),
        ("100:00:00", 360_000),
    ],
)
def test_lengths(text, seconds):
    event = report(talkduration=text, callduration=text)

    assert (event.talk_seconds, event.duration_seconds, event.flags) == (seconds, seconds, ())


@pytest.mark.parametrize("text", ["-5", "a while", "1e3", "9999999", "99999999999999999999", "٧٥", "1:2:3:4", "604801"])
def test_lengths_that_cannot_be_read_are_flagged(text):
    event = report(talkduration=text, callduration=text)

    assert (event.talk_seconds, event.duration_seconds) == (None, None)
    assert event.flags == ("unreadable_duration_seconds", "unreadable_talk_seconds")


@pytest.mark.parametrize("text", ["1", "1.5", "0", "0.125", "9999999.999", ""])
def test_coins_are_decimal_and_kept_as_written(text):
    assert (report(coins=text).coins, report(coins=text).flags) == (text, ())


@pytest.mark.parametrize("text", ["-1", "1,5", "free", "1.2345", "1e5", "NaN", "٢"])
def test_coins_that_cannot_be_read_are_flagged(text):
    assert (report(coins=text).coins, report(coins=text).flags) == ("", ("unreadable_coins",))


@pytest.mark.parametrize(
    "text", ["9000000101", "09000000101", "919000000101", "+919000000101", "91 90000 00101", "90000-00101"]
)
def test_a_number_has_one_spelling(text):
    assert live(sourcenumber=text).customer == "+919000000101"


@pytest.mark.parametrize("text", ["90XXXXXX01", "90******01", "anonymous", "201", "sip:asha@example.org"])
def test_what_is_no_whole_number_stays_as_it_is(text):
    assert live(sourcenumber=text).customer == text


def test_a_number_fits_its_column():
    assert len(live(sourcenumber="y" * 500).customer) == 64


@pytest.mark.parametrize(
    ("word", "direction"),
    [("IVR", Direction.INCOMING), ("ivr", Direction.INCOMING), ("inbound", Direction.INCOMING),
     ("WEBOBD", Direction.OUTGOING), ("Web-OBD", Direction.OUTGOING), ("outbound", Direction.OUTGOING)],
)  # fmt: skip
def test_words_for_directions(word, direction):
    assert (live(direction=word).direction, live(direction=word).flags) == (direction, ())


def test_an_unknown_direction_picks_no_side_silently():
    assert (live(direction="SIDEWAYS").direction, live(direction="SIDEWAYS").flags) == (
        Direction.UNKNOWN,
        ("unknown_direction",),
    )
    assert (live(direction="").direction, live(direction="").flags) == (Direction.UNKNOWN, ())
    assert not live(direction="").roles_known


def test_positions_are_certain_only_on_incoming_calls():
    assert live().roles_known
    assert not live(OUTGOING).roles_known
    assert (live(OUTGOING).agent, live(OUTGOING).customer) == ("+918000000201", "+919000000101")
    swapped = reading({**OUTGOING, "type": "live_call", "status": "Picked"}, outgoing_source_is_agent=False).event
    assert (swapped.agent, swapped.customer) == ("+919000000101", "+918000000201")


def test_a_campid_is_kept_on_all_calls_and_joins_outgoing_ones_only():
    events = [live(OUTGOING, campid="7001"), live(campid="7001"), live(direction="", campid="7001")]
    assert [(event.campaign_id, event.joining_id) for event in events] == [("7001", "7001"), ("7001", ""), ("7001", "")]
    assert [live(OUTGOING, campid=none).campaign_id for none in ("", "0", "--")] == ["", "", ""]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("16", "16"), ("017", "17"), ("19.0", "19"), ("0", "0"), ("00", "0"), ("127", "127")),
        *(("", ""), ("--", ""), ("null", ""), ("SIP 486", "SIP 486"), ("x" * 40, "x" * 20), ("1234567", "1234567")),
    ],
)
def test_an_error_code_is_text_in_one_spelling(text, code):
    assert report(errorcode=text).error_code == code


# --- what has no field ------------------------------------------------------------------------------------


def said_of(**said):
    return dict(report(**said).also_said)


@pytest.mark.parametrize(
    ("said", "listed"),
    [
        ({"keypress": "0"}, {"key_press": "0"}),
        ({"key": "1#"}, {"key": "1#"}),
        ({"hangupcause": "ANSWER(16-customer)"}, {"hangup_cause": "ANSWER(16-customer)"}),
        ({"callresult": "Click-to-call"}, {"callresult": "Click-to-call"}),
        ({"cpartynumber": "9000000108", "cpartyrecording": "https://a.example/c.mp3"},
         {"cparty_number": "9000000108", "cparty_recording": "https://a.example/c.mp3"}),
        ({"agentemail": "asha@example.com", "accountid": "77", "groupid": "5"},
         {"agent_email": "asha@example.com", "account_id": "77", "group_id": "5"}),
        ({"accountid": "0", "cpartynumber": "--", "groupid": "null", "agentemail": ""}, {}),
        ({"branch": "Pune", "retries": "0", "note": "N/A"}, {"branch": "Pune", "retries": "0"}),
        ({"uniqueid": "1894680000.10"}, {}),
        ({"uniqueid": "1894680000.99"}, {"Uniqueid": "1894680000.99"}),
    ],
)  # fmt: skip
def test_what_has_no_field_is_listed_under_the_providers_name(said, listed):
    assert said_of(**said) == listed


@pytest.mark.parametrize(
    "said",
    [
        {"token": "abc"},
        {"xwebhooktoken": "abc"},
        {"apikey": "abc"},
        {"password": "abc"},
        {"authcode": "123"},
        {"clientsecret": "abc"},
        {"signature": "abc"},
        {"key": "k3y-of-some-panel"},
        {"otp": "4711"},
        {"voiceotp": "4711"},
        {"pin": "4711"},
        {"passcode": "4711"},
    ],
)
def test_secrets_are_listed_nowhere(said):
    assert said_of(**said) == {}


@pytest.mark.parametrize("name", ["pincode", "pinned", "monkey", "keyword", "shipping", "author"])
def test_a_name_that_only_resembles_one_is_listed(name):
    assert said_of(**{name: "411001"}) == {name: "411001"}


def test_what_is_listed_is_bounded_and_known_names_come_first():
    many = {f"field{number:03}": str(number) for number in range(180)}
    event = report(**many, keypress="4", zzz="x" * 4_000)
    assert len(event.also_said) == MOST_ALSO_SAID and event.flags == ("more_said",)
    assert "key_press" in dict(event.also_said) and "field000" in dict(event.also_said)
    cut = report(zzz="x" * 4_000)
    assert (dict(cut.also_said), cut.flags) == ({"zzz": "x" * 200}, ("more_said",))
    assert report(zzz="x" * 200).flags == ()


def test_the_order_of_fields_does_not_matter():
    said = {f"field{number}": str(number) for number in range(40)}
    assert report(**said) == report(**dict(reversed(said.items())))


# --- the marks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["FIELDS", "OTHERS", "DIRECTIONS", "VERDICTS", "PHASES"])
def test_every_word_is_marked_once_as_documented_or_as_seen(table):
    documented, seen = ({*spelled(getattr(callerdesk_words, f"{mark}_{table}"))} for mark in ("DOCUMENTED", "SEEN"))
    assert documented and seen and not documented & seen
    whole = callerdesk_words.SPELLINGS if table == "FIELDS" else getattr(callerdesk_words, table)
    assert {*spelled(whole)} == documented | seen, "and what the adapter reads is both"


def spelled(table):
    return [each for name, value in table.items() for each in (value if isinstance(value, tuple) else (name,))]


@pytest.mark.parametrize("cause", ["ANSWER (16-customer)", "ANSWER (16-custo", "ANSWER((16-customer)", "ANSWER (16"])
def test_a_bracket_is_no_part_of_the_word_also_where_it_was_cut(cause):
    assert report(status=cause).verdict is Verdict.ANSWERED


@pytest.mark.parametrize("name", ["callsid", "uniqueid"])
def test_long_ids_fit_their_column_and_stay_apart(name):
    first, second = (live(**{name: "9" * 500 + end}) for end in "12")
    ids = {getattr(event, "call_id" if name == "callsid" else "alternate_id") for event in (first, second)}

    assert len(ids) == 2
    assert {len(each) for each in ids} == {100}


def test_an_id_is_opaque_text():
    assert live(callsid="1894680000.10").call_id == "1894680000.10"
    assert live(callsid="8400002").call_id == "8400002"


# --- no id ----------------------------------------------------------------------------------------------


def without_id(_of=INCOMING, **said):
    return reading({**_of, "callsid": "", **said}).event


def test_without_any_id_one_is_made_of_the_numbers_and_the_start():
    event = without_id(type="live_call", status="Picked")

    assert event.call_id.startswith("no-id-")
    assert event.flags == ("no_call_id",)
    assert event.call_id == without_id(type="call_report", status="ANSWER", sourcenumber="+91 90000 00101").call_id
    assert event.call_id == without_id(type="live_call", status="Picked", dialwhomnumber="8000000202").call_id
    assert event.call_id != without_id(type="live_call", status="Picked", starttime="2026-11-20 17:30:01").call_id
    assert event.call_id != without_id(type="live_call", status="Picked", sourcenumber="9000000102").call_id


def test_on_outgoing_calls_a_made_id_does_not_depend_on_who_is_who():
    swapped = {"sourcenumber": OUTGOING["dialwhomnumber"], "dialwhomnumber": OUTGOING["sourcenumber"]}

    assert without_id(OUTGOING, status="Picked").call_id == without_id(OUTGOING, status="Picked", **swapped).call_id


# --- anything -------------------------------------------------------------------------------------------

KEYS = sorted({spelling for spellings in SPELLINGS.values() for spelling in spellings} | {"key", "errorcode", "x"})
REAL = [
    "live_call",
    "call_report",
    "IVR",
    "WEBOBD",
    "ANSWER",
    "Picked",
    "BUSY (17-agent)",
    "(",
    ")(",
    "0",
    "9000000101",
]
REAL += ["2026-11-20 17:30:00", "0000-00-00 00:00:00", "00:01:15", "-1", "1e9", "9" * 400, "+", "٢٠", "ß", "İ", "𝟗"]
VALUES = st.one_of(st.sampled_from(REAL), st.text(max_size=40), st.from_regex(r"\d{1,40}", fullmatch=True))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=14))
def test_no_text_makes_it_fail(fields):
    found = reading(fields)

    if found.event is None:
        assert found.reason
        assert found.result in (Result.IGNORED, Result.QUARANTINED)
    else:
        assert found.event.call_id or found.event.alternate_id or found.event.campaign_id
        limits = {"call_id": 100, "alternate_id": 100, "campaign_id": 100, "customer": 64, "agent": 64}
        limits |= {"line": 64, "word": 200, "group": 120, "agent_name": 120}
        assert all(len(getattr(found.event, name)) <= most for name, most in limits.items())


def test_a_caller_who_hides_their_number_is_nobody_we_know_and_never_an_agent():
    event = live(sourcenumber="+266696687", dialwhomnumber="+266696687")

    assert (event.customer, event.agent) == ("anonymous", "")


def test_a_number_that_a_spreadsheet_rounded_is_left_empty_and_flagged():
    event = live(sourcenumber="9.19E+11")

    assert (event.customer, event.flags) == ("", ("unreadable_number",))

"""What the webhook answers to what: is the caller ours? are the bytes stored? then 200, whatever the bytes are.

Each group of cases is a row of the table in docs/webhooks.md, through every door: Django's view, ASGI, both servers.
"""

import asyncio
import base64
import gzip
import itertools
import json
import random
import sqlite3
import time
import zlib
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone

from calls.commit import limits
from calls.commit import transaction as committing
from calls.commit.cache import LOOKUPS_PER_SECOND, CachedSource, cache
from calls.intake import asgi_door as webhooks
from calls.intake import interpreting
from calls.intake import queue as taking
from calls.intake.counts import counts
from calls.models import Call, Delivery, Head, Source, SourceToken
from tests.support.doors import (
    IntakeInThisThread,
    asgi_door,
    daphne_in_this_thread,
    django_door,
    in_this_thread,
    through_daphne,
    through_the_writer,
    through_uvicorn,
    uvicorn_in_this_thread,
)
from tests.support.payloads import BOUNDARY, Request, multipart
from tests.support.provider import Provider, india
from tests.support.quick import slow

NOW = timezone.now()
CANARY = "canary9000000101"
serial = itertools.count(1)


DOORS = {"django": django_door, "asgi": in_this_thread, "uvicorn": uvicorn_in_this_thread,
         "daphne": daphne_in_this_thread}  # fmt: skip


@pytest.fixture(params=["django", "asgi", *slow("uvicorn", "daphne")])
def door(request, monkeypatch, db):
    """Any door, storing in this thread."""
    monkeypatch.setattr(webhooks, "intake", IntakeInThisThread())
    return DOORS[request.param]


@pytest.fixture
def path(source_token):
    return f"/hooks/{source_token}"


def learn():
    """As every process does by itself every few seconds."""
    cache.forget()
    cache.refresh()


@pytest.fixture
def change(source):
    """Set something of the source, as an administrator would."""

    def changed(**settings):
        for name, value in settings.items():
            setattr(source, name, value)
        source.save()
        learn()

    return changed


def call_fields(**said):
    """A report of a call of its own, unless said otherwise."""
    fields = {"type": "call_report", "CallSid": f"answers.{next(serial)}", "Direction": "IVR", "Status": "ANSWER"}
    numbers = {"SourceNumber": "9000000101", "DestinationNumber": "01200000301", "DialWhomNumber": "8000000201"}
    times = {"StartTime": india(NOW - timedelta(seconds=60)), "EndTime": india(NOW), "TalkDuration": "45"}
    return {name: value for name, value in (fields | numbers | times | said).items() if value is not None}


def live_fields(**said):
    return call_fields(**{"type": "live_call", "Status": "Picked", "EndTime": None, "TalkDuration": None} | said)


def as_get(fields):
    return Request("GET", urlencode(fields), b"", "")


def as_json(fields):
    return Request("POST", "", json.dumps(fields).encode(), "application/json")


def as_form(fields):
    return Request("POST", "", urlencode(fields).encode(), "application/x-www-form-urlencoded")


def as_multipart(fields):
    return Request("POST", "", multipart(fields), f"multipart/form-data; boundary={BOUNDARY}")


ENCODINGS = [as_get, as_json, as_form, as_multipart]
encoded = pytest.mark.parametrize("encode", ENCODINGS, ids=["GET", "JSON", "form", "multipart"])


def post(body, content_type="application/json", query=""):
    return Request("POST", query, body if isinstance(body, bytes) else body.encode(), content_type)


def check(answered, result, reason=""):
    """A 200 of the promised shape; gives the stored row, whose result and reason are these."""
    assert answered.status == 200
    assert set(answered.said) == {"ok", "id", "result"}
    assert (answered.said["ok"], answered.said["result"]) == (True, result)
    well_formed(answered)
    row = Delivery.objects.get(pk=answered.said["id"])
    assert (row.result, row.reason) == (result, reason)
    return row


def well_formed(answered):
    assert len(answered.body) < 200
    assert b"canary" not in answered.body
    assert answered.headers["cache-control"] == "no-store"
    assert answered.headers["content-type"] == "application/json"
    assert "set-cookie" not in answered.headers
    assert "location" not in answered.headers


def refused(answered, status, error):
    assert (answered.status, answered.said) == (status, {"ok": False, "error": error})
    well_formed(answered)
    assert not Delivery.objects.exists()


def still_works(door, path):
    """Nothing is poisoned: the next valid delivery is applied."""
    check(door(path, as_json(call_fields())), "applied")


def changes():
    head = Head.objects.first()
    return head.seq if head else 0


# 1-4: what calls are made of


@encoded
@pytest.mark.parametrize("fields", [live_fields, call_fields])
def test_a_valid_delivery_is_applied(door, path, encode, fields):
    request = encode(said := fields())

    row = check(door(path, request), "applied")

    assert (bytes(row.body), row.query, row.method, row.body_size) == (
        request.body,
        request.query,
        request.method,
        len(request.body),
    )
    assert row.call.ref == said["CallSid"]
    assert row.call.state == ("talking" if fields is live_fields else "ended")


@encoded
def test_the_same_again_is_a_duplicate_in_any_encoding(door, path, encode):
    said = call_fields()
    first = check(door(path, as_json(said)), "applied")
    before = changes()

    for again in (encode(said), encode(dict(reversed(said.items()))), encode(said | {"campid": ""})):
        assert check(door(path, again), "duplicate").call_id == first.call_id

    assert changes() == before
    still_works(door, path)


@encoded
def test_a_late_event_of_an_ended_call_is_applied_and_reopens_nothing(door, path, encode):
    check(door(path, encode(call_fields(CallSid="late.1"))), "applied")
    before = Call.objects.values("state", "outcome", "ended_at", "answered_at", "talk_seconds", "agent_number").get()

    for word in ("Picked", "Transfer to agent", "BUSY"):
        check(door(path, encode(live_fields(CallSid="late.1", Status=word))), "applied")

    assert Call.objects.values(*before).get() == before


def test_a_report_of_an_unknown_call_makes_an_ended_one(door, path):
    check(door(path, as_json(call_fields(CallSid="alone.1"))), "applied")

    assert Call.objects.values_list("ref", "state", "outcome").get() == ("alone.1", "ended", "answered")


# 5-6: words and fields we do not know


@encoded
@pytest.mark.parametrize(
    ("fields", "result", "reason"),
    [
        ({"type": "call_transcript", "CallSid": CANARY}, "quarantined", "unknown_type"),
        ({"type": "add_member", "receiver_name": CANARY}, "ignored", "not_a_call_event"),
        ({"hello": CANARY}, "ignored", "no_call_fields"),
        (live_fields(Status="Playing Hold Music"), "quarantined", "unknown_word"),
    ],
)
def test_what_we_do_not_know_changes_nothing_and_is_kept(door, path, encode, fields, result, reason):
    row = check(door(path, request := encode(fields)), result, reason)

    assert (bytes(row.body), row.query, row.call) == (request.body, request.query, None)
    assert not Call.objects.exists()
    assert changes() == 0
    still_works(door, path)


@encoded
def test_an_unknown_word_in_a_report_still_ends_the_call_and_is_flagged(door, path, encode):
    row = check(door(path, encode(call_fields(Status="Something New", TalkDuration="0"))), "applied")

    assert (row.call.state, row.call.outcome, row.call.flags) == ("ended", "unknown", ["unmapped_word"])
    assert row.call.provider_status == "Something New"


@encoded
def test_extra_fields_are_kept_and_change_nothing(door, path, encode):
    row = check(door(path, encode(call_fields(cparty_number="1", brand_new_field=CANARY, key="1234"))), "applied")

    assert CANARY in row.query + bytes(row.body).decode()
    assert row.call.flags == []


# 7-8: no id, no fields


@encoded
def test_without_an_id_numbers_and_start_make_one(door, path, encode):
    row = check(door(path, encode(call_fields(CallSid=""))), "applied")

    assert row.call.ref.startswith("no-id-")
    assert row.call.flags == ["no_call_id"]


@encoded
@pytest.mark.parametrize(
    ("fields", "result", "reason"),
    [
        (call_fields(CallSid=None, StartTime=None), "quarantined", "no_call_id"),
        (live_fields(CallSid="0", StartTime="", Direction="WEBOBD", Status=""), "ignored", "pre_dial"),
        (live_fields(CallSid=None, StartTime="", Direction="WEBOBD", campid="7001"), "quarantined", "no_start_time"),
    ],
)
def test_without_an_id_and_a_start_nothing_can_be_said(door, path, encode, fields, result, reason):
    check(door(path, encode(fields)), result, reason)

    assert not Call.objects.exists()
    still_works(door, path)


PINGS = {
    "bare GET": Request("GET", "", b"", ""),
    "empty POST": Request("POST", "", b"", ""),
    "empty POST with a type": Request("POST", "", b"", "application/json"),
    "empty object": post("{}"),
    "blanks": post(" \r\n "),
    "glued query without call data": Request("GET", "key=SECRET?a=1", b"", ""),
}


@pytest.mark.parametrize("name", [name for name in PINGS if "glued" not in name])
def test_a_request_that_says_nothing_is_a_ping(door, path, name):
    answered = door(path, PINGS[name])

    assert (answered.status, answered.said) == (200, {"ok": True, "id": None, "result": "ignored"})
    well_formed(answered)
    assert not Delivery.objects.exists()
    still_works(door, path)


def test_a_glued_query_without_call_data_is_ignored(door, path):
    check(door(path, PINGS["glued query without call data"]), "ignored", "no_call_fields")


# 9: malformed


BROKEN = {
    "cut off": (b'{"CallSid": "1", "Sta', "broken_json"),
    "two objects": (b'{"a":1}{"b":2}', "broken_json"),
    "NaN": (b'{"CallSid": NaN}', "broken_json"),
    "Infinity": (b'{"CallSid": -Infinity}', "broken_json"),
    "an id that is not UTF-8": (b'{"CallSid": "\xff\xfe\xfa"}', "broken_characters"),
    "half a surrogate pair in an id": (b'{"CallSid": "\\ud800"}', "broken_characters"),
    "NUL in an id": (b'{"CallSid": "1\\u00002"}', "broken_characters"),
    "raw NUL in an id": (b'{"CallSid": "1\x003"}', "broken_characters"),
    "a number that is not UTF-8": (b'{"CallSid": "1", "SourceNumber": "90000\xff1"}', "broken_characters"),
    "a status that is not UTF-8": (b'{"CallSid": "1", "Status": "ANS\xffWER"}', "broken_characters"),
    "30,000 deep": (b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "too_deep"),
    "21 deep": (b'{"a":' + b"[" * 20 + b"]" * 20 + b"}", "too_deep"),
    "list": (b'["a", "b"]', "not_an_object"),
    "empty list": (b"[]", "not_an_object"),
    "scalar": (b"42", "not_an_object"),
    "null": (b"null", "not_an_object"),
    "text": (b'"hello"', "no_fields_found"),
    "HTML": (b"<html><body>hello</body></html>", "no_fields_found"),
    "noise": (random.Random(1).randbytes(400), "broken_characters"),
    "UTF-16 of nothing": (b"\xff\xfe\x00", "no_fields_found"),
    "multipart without an end": (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', "broken_multipart"),
    "201 fields": (json.dumps({f"f{i}": i for i in range(201)}).encode(), "too_many_fields"),
    "64 KB and one": (b'{"CallSid": "' + b"1" * 65_524 + b'"}', "too_large"),
    "1 MB": (b"x" * 1_048_576, "too_large"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_quarantined_with_its_bytes(door, path, name):
    body, reason = BROKEN[name]

    row = check(door(path, post(body)), "quarantined", reason)

    assert bytes(row.body) == body[:65_536]
    assert (row.body_size, row.event, row.call) == (len(body), "", None)
    assert check(door(path, post(body, "application/x-www-form-urlencoded")), "duplicate").call is None
    assert changes() == 0
    still_works(door, path)


def test_two_large_bodies_that_differ_past_what_is_kept_are_two(door, path):
    for end in (b"1", b"2"):
        check(door(path, post(b"x" * 100_000 + end)), "quarantined", "too_large")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("CallSid=%FF%FE&Status=x", "broken_characters"),
        ("CallSid=1%00", "broken_characters"),
        ("CallSid", "no_fields_found"),
    ],
)
def test_a_query_that_cannot_be_read_is_quarantined(door, path, query, reason):
    answered = door(path, Request("GET", query, b"", ""))

    if reason == "no_fields_found":
        assert answered.status == 200
    else:
        assert check(answered, "quarantined", reason).query == query
    still_works(door, path)


def test_a_number_of_5000_digits_is_text(door, path):
    body = json.dumps(call_fields(CallSid=0)).replace('"CallSid": 0', '"CallSid": ' + "9" * 5000)

    row = check(door(path, post(body)), "applied")

    assert len(row.call.ref) == 100
    still_works(door, path)


# several calls in one request


def as_form_array(calls):
    return as_form({f"calls[{at}][{name}]": value for at, said in enumerate(calls) for name, value in said.items()})


@pytest.mark.parametrize("encode", [as_json, lambda calls: as_json({"calls": calls}), as_form_array])
def test_several_calls_of_one_request_are_deliveries_of_their_own(door, path, encode):
    known, new, odd = call_fields(), call_fields(), live_fields(Status="Playing Hold Music")
    check(door(path, as_json(known)), "applied")

    answered = door(path, request := encode([new, known, odd]))

    assert answered.said == {"ok": True, "id": answered.said["id"], "result": "applied", "calls": 3}
    first, *parts = Delivery.objects.exclude(call__ref=known["CallSid"], result="applied").order_by("id")
    assert (str(first.pk), bytes(first.body), first.part_of) == (answered.said["id"], request.body, None)
    assert (first.result, first.call.ref) == ("applied", new["CallSid"])
    assert [(row.part_of_id, row.part, bytes(row.body)) for row in parts] == [(first.pk, 1, b""), (first.pk, 2, b"")]
    assert [(row.result, row.reason) for row in parts] == [("duplicate", ""), ("quarantined", "unknown_word")]
    assert parts[0].call.ref == known["CallSid"]
    assert Call.objects.count() == 2
    still_works(door, path)


def test_several_calls_through_the_writer(path, source, transactional_db):
    calls = [call_fields() for _ in range(3)]

    assert through_the_writer(path, as_json(calls)).said["calls"] == 3
    assert set(Call.objects.values_list("ref", flat=True)) == {said["CallSid"] for said in calls}


def test_a_call_that_fails_costs_none_of_those_it_came_with(door, path, monkeypatch):
    calls = [call_fields() for _ in range(3)]
    whole = committing.commit

    def failing(batch, *rest):
        if any(each.event and each.event.call_id == calls[1]["CallSid"] for each in batch):
            raise RuntimeError("a fault of ours")
        return whole(batch, *rest)

    monkeypatch.setattr(taking, "commit", failing)
    door(path, as_json(calls))

    first, *parts = Delivery.objects.order_by("id")
    assert [row.result for row in (first, *parts)] == ["applied", "quarantined", "applied"]
    assert [row.part_of_id for row in parts] == [first.pk, first.pk]


# 10-13: labels, wrappings


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "image/png", "application/json; charset=klingon", "?/?;;",
     "multipart/form-data"],
)  # fmt: skip
@pytest.mark.parametrize("encode", ENCODINGS[1:], ids=["JSON", "form", "multipart"])
def test_bytes_decide_and_not_the_label(door, path, encode, content_type):
    request = encode(call_fields())

    check(door(path, post(request.body, content_type)), "applied")


def test_a_byte_order_mark_is_no_harm(door, path):
    for codec in ("utf-8-sig", "utf-16"):
        check(door(path, post(json.dumps(call_fields()).encode(codec))), "applied")


@pytest.mark.parametrize("accept", ["text/html", "image/*", "application/xml", ";;;", "*/*"])
def test_the_answer_is_json_whatever_is_asked_for(door, path, accept):
    check(door(path, as_json(call_fields()), accept=accept), "applied")


@pytest.mark.parametrize("chunks", [1, 2, 7, 1000])
def test_a_body_in_chunks_without_a_length_is_the_same(path, monkeypatch, source, chunks):
    monkeypatch.setattr(webhooks, "intake", IntakeInThisThread())

    check(in_this_thread(path, as_json(call_fields()), chunks=chunks), "applied")


def test_compressed_bodies_are_undone(door, path):
    plain = json.dumps(call_fields()).encode()
    row = check(door(path, post(gzip.compress(plain)), content_encoding="gzip"), "applied")
    assert gzip.decompress(bytes(row.body)) == plain
    check(door(path, post(zlib.compress(json.dumps(call_fields()).encode())), content_encoding="deflate"), "applied")
    check(door(path, post(json.dumps(call_fields())), content_encoding="gzip"), "applied")


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (gzip.compress(b"x" * 1_000_000), "gzip", "compressed_too_large"),
        (gzip.compress(b'{"a":1}')[:-4], "gzip", "bad_encoding"),
        (b"\x1f\x8b" + b"junk", "gzip", "bad_encoding"),
        (b'{"CallSid":"1"}', "br", "bad_encoding"),
    ],
)
def test_what_cannot_be_uncompressed_is_quarantined(door, path, body, encoding, reason):
    assert bytes(check(door(path, post(body), content_encoding=encoding), "quarantined", reason).body) == body
    still_works(door, path)


# 14-18: odd content


def test_a_post_may_say_it_in_the_query(door, path):
    said = call_fields()
    row = check(door(path, Request("POST", urlencode(said), b"", "")), "applied")
    assert row.call.ref == said["CallSid"]


def test_the_body_beats_the_query(door, path):
    row = check(door(path, post(json.dumps(call_fields(CallSid="body.1")), query="CallSid=query.1&coins=3")), "applied")

    assert (row.call.ref, str(row.call.coins)) == ("body.1", "3.000")


ODD = {
    "EndTime": ["0000-13-45", "99999-01-01 00:00:00", "soon", {"a": 1}, [1, 2], True],
    "CallDuration": ["-5", "99999999999", "1e999", {"a": 1}, True],
    "TalkDuration": ["-1", "much"],
    "coins": ["-1", "1,5", "NaN", [1]],
    "LegB_Picked_time": ["later"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ODD.items() for value in values])
def test_a_value_that_cannot_be_read_is_empty_and_flagged(door, path, name, value):
    row = check(door(path, as_json(call_fields(**{name: value}))), "applied")

    assert any(flag.startswith("unreadable_") for flag in row.call.flags)
    assert row.call.state == "ended"
    still_works(door, path)


@pytest.mark.parametrize("number", ["hello", "", "+", "99999999999999999999999999", "<script>", "=1+1"])
def test_a_number_that_is_none_is_kept_as_text(door, path, number):
    row = check(door(path, as_json(call_fields(SourceNumber=number))), "applied")

    assert (row.call.customer_number or "") == number


def test_an_extension_in_other_digits_is_kept_in_ours(door, path):
    row = check(door(path, as_json(call_fields(SourceNumber="٩٠٠"))), "applied")

    assert row.call.customer_number == "900"


def test_a_long_text_is_cut_and_kept_whole(door, path):
    row = check(door(path, as_json(call_fields(receiver_name="n" * 5_000))), "applied")

    assert len(row.call.agent_name) == 120
    assert b"n" * 5_000 in bytes(row.body)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://evil.example/1.mp3", "//x", "not a url"])
def test_a_recording_that_may_not_be_linked_is_kept_as_sent(door, path, url):
    row = check(door(path, as_json(call_fields(CallRecordingUrl=url))), "applied")

    assert row.call.recording_url == url


def test_of_repeated_keys_the_first_filled_one_wins(door, path):
    said = call_fields(CallSid=None)
    row = check(
        door(path, Request("GET", f"CallSid=&CallSid=first&CallSid=second&{urlencode(said)}", b"", "")), "applied"
    )

    assert row.call.ref == "first"


MULTIPART_THAT_IS_NONE = [
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=another",
    "multipart/form-data; boundary=" + "x" * 300,
    'multipart/form-data; boundary="é"',
    "MULTIPART/FORM-DATA; charset=nonsense",
    "multipart/mixed; boundary=a",
    "multipart/form-data, application/json",
]


@pytest.mark.parametrize("content_type", MULTIPART_THAT_IS_NONE)
@pytest.mark.parametrize("encode", [as_json, as_form, as_multipart], ids=["JSON", "form", "multipart"])
def test_what_calls_itself_multipart_is_read_as_what_it_is(door, path, encode, content_type):
    body = encode(call_fields()).body
    check(door(path, post(body, content_type)), "applied")


@pytest.mark.parametrize("content_type", MULTIPART_THAT_IS_NONE)
@pytest.mark.parametrize(
    "body", [b"", b"{}", b"--", b"--another--", b"--another\r\n\r\n--another--\r\n", b"\xff" * 200]
)
def test_nothing_that_calls_itself_multipart_is_refused(door, path, body, content_type):
    refused(door("/hooks/" + "unknown" * 5, post(body, content_type)), 404, "not_found")
    assert door(path, post(body, content_type)).status == 200


def test_bytes_that_should_have_been_escaped_are_read_as_utf8(door, path):
    said = urlencode(call_fields(CallSid="raw.1"))
    row = check(door(path, Request("GET", f"{said}&receiver_name=आशा", b"", "")), "applied")

    assert row.call.agent_name == "आशा"


# 20-25: what HTTP allows


def test_over_a_megabyte_is_too_large(door, path):
    refused(door(path, post(b"x" * 1_048_577)), 413, "too_large")
    still_works(door, path)


def test_over_16_kb_a_url_is_too_long(door, path):
    refused(door(path, Request("GET", "a=" + "x" * 16_384, b"", "")), 414, "too_long")
    still_works(door, path)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_looking_writes_nothing(door, path, method):
    answered = door(path, Request(method, urlencode(call_fields()), b"", ""))

    assert (answered.status, answered.body) == (200, b"")
    assert not Delivery.objects.exists()
    assert not Call.objects.exists()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_are_not_allowed(door, path, method):
    answered = door(path, Request(method, "", b"", ""))

    refused(answered, 405, "method")
    assert answered.headers["allow"] == "GET, POST, HEAD, OPTIONS"


def test_put_is_post_where_the_source_says_so(door, path, change):
    change(accept_put=True)
    request = as_json(call_fields())

    assert check(door(path, Request("PUT", "", request.body, "application/json")), "applied").method == "PUT"
    assert "PUT" in door(path, Request("DELETE", "", b"", "")).headers["allow"]


@pytest.mark.parametrize("shape", ["/hooks/{}", "/hooks/{}/", "/hook-{}", "/hook-{}/"])
@encoded
def test_all_shapes_of_the_address(door, source_token, shape, encode):
    check(door(shape.format(source_token), encode(call_fields())), "applied")


def test_plain_http_is_refused_where_the_source_wants_https(door, path, change):
    change(require_https=True)
    refused(door(path, as_json(call_fields())), 403, "tls")

    check(door(path, as_json(call_fields()), secure=True), "applied")


# 26-28: who is ours


@pytest.mark.parametrize("wrong", ["/hooks/wrong", "/hook-wrong", "/hooks/", "/hooks", "/hooks/" + quote("x\0é%")])
def test_an_unknown_token_in_the_path_is_not_found(door, source, wrong):
    answered = door(wrong, as_json(call_fields()))

    assert (answered.status, answered.said["error"]) in [(404, "not_found"), (401, "auth")]
    assert (answered.status == 401) == (wrong in ("/hooks/", "/hooks"))
    assert not Delivery.objects.exists()


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_a_refusal_is_counted_once(door, source, monkeypatch):
    monkeypatch.setattr(cache, "_read_at", cache._read_at - 60)  # so that it is looked for twice
    before = counts.errors["not_found"]

    assert door("/hooks/wrong", as_json(call_fields())).status == 404

    assert counts.errors["not_found"] == before + 1


def test_the_token_may_stand_in_a_header(door, source_token):
    for headers in (
        {"authorization": f"Bearer {source_token}"},
        {"authorization": f"bearer  {source_token}"},
        {"authorization": basic("anybody", source_token)},
        {"x_webhook_token": source_token},
    ):
        check(door("/hooks/", as_json(call_fields()), **headers), "applied")
        check(door("/hooks", as_json(call_fields()), **headers), "applied")


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer wrong"},
        {"authorization": basic("wrong", "wrong")},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic \xe9\xe9"},
        {"authorization": "Digest x"},
        {"authorization": "Basic"},
        {"x_webhook_token": "wrong"},
        {"x_webhook_token": "\xe9\xff"},
        {},
    ],
)
def test_a_wrong_token_in_a_header_is_unauthorised(door, source_token, headers):
    refused(door("/hooks/", as_json(call_fields()), **headers), 401, "auth")
    still_works(door, f"/hooks/{source_token}")


def test_the_path_outranks_the_headers(door, source_token):
    refused(door("/hooks/wrong", as_json(call_fields()), x_webhook_token=source_token), 404, "not_found")


def test_two_tokens_work_while_they_are_rotated_and_a_third_ends_the_oldest(door, source):
    first, second = source.new_token(), source.new_token()
    cache.forget()
    for token in (first, second):
        check(door(f"/hooks/{token}", as_json(call_fields())), "applied")

    third = source.new_token()
    learn()

    assert door(f"/hooks/{first}", as_json(call_fields())).status == 404
    for token in (second, third):
        check(door(f"/hooks/{token}", as_json(call_fields())), "applied")


def test_a_token_works_from_the_moment_it_is_made(door, source):
    learn()  # The tables are as new as can be.
    made = [source.new_token() for _ in range(2)]
    for token in made:
        still_works(door, f"/hooks/{token}")


def test_a_flood_of_unknown_tokens_costs_a_few_look_ups_a_second(door, django_assert_num_queries, monkeypatch):
    learn()
    now = time.monotonic()
    monkeypatch.setattr("calls.commit.cache.time", SimpleNamespace(monotonic=lambda: now))
    with django_assert_num_queries(LOOKUPS_PER_SECOND):
        said = as_json(call_fields())
        answers = [door(f"/hooks/unknown-{number}", said) for number in range(20 * LOOKUPS_PER_SECOND)]
    for answered in answers:
        refused(answered, 404, "not_found")


def test_who_comes_with_a_new_token_at_the_same_moment_costs_one_look_up(source, monkeypatch):
    """All of a provider's connections, at the first second of a source."""
    monkeypatch.setattr(webhooks, "intake", IntakeInThisThread())
    learn()
    looked_up = []
    monkeypatch.setattr("calls.commit.cache._is_active", lambda secret: not looked_up.append(secret))
    token = source.new_token()

    async def all_at_once():
        said = as_json(call_fields())
        return await asyncio.gather(*(asgi_door(f"/hooks/{token}", said) for _ in range(40)))

    assert {answered.status for answered in async_to_sync(all_at_once)()} == {200}
    assert looked_up == [token]


def test_a_token_that_expires_is_refused_from_that_moment(door, path):
    SourceToken.objects.update(expires_at=timezone.now() + timedelta(seconds=60))
    check(door(path, as_json(call_fields())), "applied")
    ended = timezone.now()
    SourceToken.objects.update(expires_at=ended)
    for token in cache.tokens.values():
        token.expires_at = ended

    assert door(path, as_json(call_fields())).status == 404


def test_a_token_notes_its_use(door, path):
    still_works(door, path)
    cache.note_use()

    assert SourceToken.objects.get().last_used_at


def test_only_listed_networks_may_deliver(door, path, change):
    change(allowed_networks="203.0.113.0/24\n2001:db8::/32")
    refused(door(path, as_json(call_fields())), 403, "address")

    change(allowed_networks="203.0.113.0/24\n127.0.0.0/8")
    check(door(path, as_json(call_fields())), "applied")


def test_a_wrong_host_is_refused(door, path):
    answered = door(path, as_json(call_fields()), host="evil.example")

    assert answered.status == 400
    assert not Delivery.objects.exists()


# 31-40: states of the house


def test_a_source_that_is_switched_off_keeps_what_comes_and_changes_nothing(door, path, change):
    change(enabled=False)
    said = call_fields()

    row = check(door(path, as_json(said)), "ignored", "source_disabled")
    assert json.loads(bytes(row.body)) == said
    assert not Call.objects.exists()

    change(enabled=True)
    check(door(path, as_json(said)), "applied")


def test_a_full_queue_turns_away_before_the_body_is_read(path, source, monkeypatch):
    full = IntakeInThisThread()
    full.is_full = True
    monkeypatch.setattr(webhooks, "intake", full)

    answered = in_this_thread(path, Request("POST", "", None, ""))

    refused(answered, 503, "busy")
    assert answered.headers["retry-after"] == "5"


def test_a_fault_of_the_adapter_keeps_the_bytes(door, path, monkeypatch):
    def faulty(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(interpreting.PROVIDERS["callerdesk"], "read", faulty)
    said = call_fields()
    check(door(path, as_json(said)), "quarantined", "failed")

    monkeypatch.undo()
    monkeypatch.setattr(webhooks, "intake", IntakeInThisThread())
    check(door(path, as_json(said)), "applied")


def test_a_fault_of_the_rules_keeps_the_bytes(door, path, monkeypatch):
    def faulty(*_):
        raise RuntimeError("a bug")

    with monkeypatch.context() as broken:
        broken.setattr(committing, "derive", faulty)
        check(door(path, as_json(call_fields())), "quarantined", "failed")
    still_works(door, path)


def test_a_broadcast_that_fails_costs_nobody_an_answer(door, path, monkeypatch, caplog):
    def dead(changes):
        raise ConnectionError("no channel layer")

    monkeypatch.setattr(taking, "after_commit", [dead])
    still_works(door, path)
    failures = {type(record.exc_info[1]) for record in caplog.records if record.exc_info}
    assert failures == {ConnectionError}


def test_a_sender_who_leaves_halfway_has_said_nothing(path, source, monkeypatch):
    monkeypatch.setattr(webhooks, "intake", IntakeInThisThread())

    assert in_this_thread(path, Request("POST", "", None, "application/json")).status == 0

    assert not Delivery.objects.exists()
    still_works(in_this_thread, path)


def test_very_old_reports_make_ended_calls(door, path):
    said = call_fields(StartTime="2001-01-01 10:00:00", EndTime="2001-01-01 10:01:00")

    assert check(door(path, as_json(said)), "applied").call.state == "ended"


@pytest.fixture
def pass_seconds(monkeypatch):
    """The limits' clock stands still but for what is passed."""
    now = time.monotonic()

    def passed(seconds):
        nonlocal now
        now += seconds

    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    return passed


def rings(**given):
    """A new call, as it rings."""
    return live_fields(Status="Transfer to agent", StartTime=india(timezone.now()), **given)


def test_too_many_live_calls_are_quarantined_until_some_have_ended(door, path, change, pass_seconds):
    change(live_calls_limit=2)
    first, second = rings(), rings()
    for said in (first, second):
        check(door(path, as_json(said)), "applied")
    refused = rings()
    check(door(path, as_json(refused)), "quarantined", "too_many_live_calls")
    check(door(path, as_json(first | {"Status": "Picked"})), "applied")
    report = call_fields(type="call_report", CallSid=first["CallSid"], Status="ANSWER")
    check(door(path, as_json(report)), "applied")
    pass_seconds(limits.RECOUNT_NEAR_LIMIT_SECONDS)
    check(door(path, as_json(rings())), "applied")
    pass_seconds(limits.RECOUNT_NEAR_LIMIT_SECONDS)
    check(door(path, as_json(rings())), "quarantined", "too_many_live_calls")
    # What was refused by circumstance is no duplicate when it comes again.
    check(door(path, as_json(refused)), "quarantined", "too_many_live_calls")


def test_calls_with_lost_track_take_nobodys_place_until_they_are_very_many(door, path, change, pass_seconds):
    """A provider that sends no reports leaves each call behind as lost: that must not stop the next one."""
    change(live_calls_limit=1)
    for _ in range(1 + limits.LOST_PER_LIVE):
        check(door(path, as_json(rings())), "applied")
        Call.objects.live().update(heard_at=timezone.now() - timedelta(hours=1))
        pass_seconds(limits.RECOUNT_NEAR_LIMIT_SECONDS)
    check(door(path, as_json(rings())), "quarantined", "too_many_live_calls")
    Call.objects.live().update(heard_at=timezone.now() - timedelta(hours=25))
    pass_seconds(limits.RECOUNT_NEAR_LIMIT_SECONDS)
    check(door(path, as_json(rings())), "applied")


def test_live_calls_are_counted_for_a_small_part_of_the_time(source, pass_seconds, monkeypatch):
    """However many they are: here each count takes two seconds."""
    counts = []
    live = Call.objects.live

    def slowly():
        counts.append(1)
        pass_seconds(2)
        return live()

    monkeypatch.setattr(Call.objects, "live", slowly)
    source.live_calls_limit = 0
    for _ in range(100):
        assert limits.live_calls.too_many(CachedSource.of(source))
        pass_seconds(1)
    assert len(counts) == 3


def test_a_source_has_limits_unless_somebody_raises_them():
    assert (Source().new_calls_per_minute, Source().live_calls_limit) == (2_000, 5_000)


def test_too_many_new_calls_a_minute_are_quarantined(door, path, change, pass_seconds):
    change(new_calls_per_minute=2)
    first, second = call_fields(), call_fields()

    for said in (first, second):
        check(door(path, as_json(said)), "applied")
    check(door(path, as_json(call_fields())), "quarantined", "too_many_new_calls")
    check(door(path, as_json(first | {"coins": "3"})), "applied")


def test_a_source_may_ask_for_an_answer_of_its_own(door, path, change):
    change(answer_body="<Response/>")

    answered = door(path, as_json(call_fields()))

    assert (answered.status, answered.body) == (200, b"<Response/>")
    assert Delivery.objects.get().result == "applied"


@pytest.mark.parametrize("length", ["²", "-1", "abc", "99999999999999999999", "9" * 5_000], ids=len)
def test_a_length_that_is_none_is_no_fault_of_ours(path, source, monkeypatch, length):
    monkeypatch.setattr(webhooks, "intake", IntakeInThisThread())
    answered = in_this_thread(path, as_json(call_fields()), content_length=length)

    assert answered.status == (413 if length.startswith("9") else 200)


# The writer in earnest


@pytest.mark.django_db(transaction=True)
def test_the_writer_answers_the_same(path):
    """All that is broken, pings and every encoding, through the queue and its thread."""
    for name, (body, reason) in BROKEN.items():
        answered = through_the_writer(path, post(body))
        assert check(answered, "quarantined", reason), name
    for encode in ENCODINGS:
        said = call_fields()
        check(through_the_writer(path, encode(said)), "applied")
        check(through_the_writer(path, encode(said)), "duplicate")
    for ping in PINGS.values():
        assert through_the_writer(path, ping).status == 200
    assert Call.objects.count() == len(ENCODINGS)


@pytest.fixture
def locked_elsewhere(transactional_db):
    """A stranger (a backup, say) holds the database for themselves."""
    if connection.vendor != "sqlite":
        pytest.skip("one writer at a time is SQLite's")
    stranger = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    yield lambda: stranger.execute("BEGIN EXCLUSIVE"), lambda: stranger.execute("ROLLBACK")
    stranger.close()


@pytest.mark.parametrize("through", [django_door, through_the_writer, through_uvicorn, through_daphne])
def test_a_locked_database_is_said_within_a_second_and_a_half(locked_elsewhere, path, through):
    lock, unlock = locked_elsewhere
    cache.refresh()
    lock()
    began = time.monotonic()
    answered = through(path, as_json(call_fields(CallSid="locked.1")))
    took = time.monotonic() - began
    unlock()

    refused(answered, 503, "storage")
    assert answered.headers["retry-after"] == "5"
    assert took < 1.5
    assert not Call.objects.exists()
    still_works(through, path)


def test_all_who_wait_for_a_locked_database_are_answered_in_time(locked_elsewhere, path):
    """Those who come while the writer waits are not made to wait for two rounds of its patience; none is lost after."""
    lock, unlock = locked_elsewhere
    cache.refresh()

    async def timed(i, delay):
        await asyncio.sleep(delay)
        began = time.monotonic()
        answered = await asgi_door(path, as_json(call_fields(CallSid=f"waits.{i}")))
        return answered.status, time.monotonic() - began

    async def burst():
        return await asyncio.gather(*(timed(i, i * 0.15) for i in range(8)))

    lock()
    answers = asyncio.run(burst())
    unlock()

    assert {status for status, _ in answers} == {503}
    assert max(took for _, took in answers) < 1.5
    still_works(through_the_writer, path)


def test_what_was_odd_about_the_bytes_is_kept_with_the_delivery(source, source_token):
    """Rows 14, 16 and 18: applied all the same, and flagged."""
    report = {"CallSid": "odd.1", "Direction": "IVR", "Status": "ANSWER", "SourceNumber": "9000000101"}
    body = json.dumps(report | {"receiver_name": "x" * 5000}).encode()
    Provider(source, source_token).says(Request("POST", "Status=BUSY", body, "application/json"))

    delivery = Delivery.objects.get()
    assert (delivery.result, delivery.flags.split()) == ("applied", ["cut", "query_conflict"])

"""Any bytes become text fields, or a named reason why not; never anything else."""

import gzip
import json
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from operator import attrgetter
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.intake.decoding import Decoded, Undecodable, decode
from tests.support import payloads
from tests.support.growth import is_linear

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PAYLOADS = payloads.load(NOW)
CALL = {"CallSid": "1894680000.10", "Status": " No Answer", "receiver_name": "आशा टेस्ट"}
SAYS = {"callsid": "1894680000.10", "status": "No Answer", "receivername": "आशा टेस्ट"}
JSON = json.dumps(CALL, ensure_ascii=False)
FORM = urlencode(CALL)


def deflate(data: bytes, window: int = -15) -> bytes:
    squeeze = zlib.compressobj(wbits=window)
    return squeeze.compress(data) + squeeze.flush()


SHAPES = {
    "json": JSON.encode(),
    "json, escaped": json.dumps(CALL).encode(),
    "json, pretty": json.dumps(CALL, indent=2).encode() + b"\n",
    "json after a byte order mark": b"\xef\xbb\xbf" + JSON.encode(),
    "json in utf-16, little end first": b"\xff\xfe" + JSON.encode("utf-16-le"),
    "json in utf-16, big end first": b"\xfe\xff" + JSON.encode("utf-16-be"),
    "json in a json string": json.dumps(JSON).encode(),
    "json in a json string in a json string": json.dumps(json.dumps(JSON)).encode(),
    "form in a json string": json.dumps(FORM).encode(),
    "json in the only form field": b"whatever=" + JSON.encode(),
    "json in a form field named data": b"data=" + JSON.encode() + b"&data=",
    "json in a json field named payload": json.dumps({"payload": CALL}).encode(),
    "json text in a json field named payload": json.dumps({"payload": JSON}).encode(),
    "json in a multipart field": payloads.multipart({"payload": JSON}),
    "a list of one object": f"[{JSON}]".encode(),
    "form": FORM.encode(),
    "form that is not escaped": "CallSid=1894680000.10&Status= No Answer&receiver_name=आशा टेस्ट".encode(),
    "multipart": payloads.multipart(CALL),
    "multipart with bare line feeds": payloads.multipart(CALL).replace(b"\r\n", b"\n"),
    "json with a number": JSON.replace('"1894680000.10"', "1894680000.10").encode(),
}
COMPRESSED = {
    "gzip": (gzip.compress(JSON.encode()), "gzip"),
    "gzip that no header tells": (gzip.compress(JSON.encode()), ""),
    "plain under a gzip header": (JSON.encode(), "gzip"),
    "identity": (JSON.encode(), "identity"),
    "deflate as the standard says": (zlib.compress(JSON.encode()), "Deflate"),
    "deflate as others do it": (deflate(JSON.encode()), "deflate"),
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
def test_every_shape_says_the_same(body):
    said = decode("POST", "", body)

    assert {name: said.fields[name] for name in SAYS} == SAYS
    assert set(said.flags) <= {"repeated_keys"}


@pytest.mark.parametrize(("body", "encoding"), COMPRESSED.values(), ids=COMPRESSED)
def test_compression_is_undone(body, encoding):
    assert decode("POST", "", body, encoding).fields == SAYS


@pytest.mark.parametrize(
    "payload", [each for each in PAYLOADS.values() if each.name != "json-broken"], ids=attrgetter("name")
)
def test_a_payload_says_the_same_in_every_encoding(payload):
    requests = list(payloads.encodings(payload))

    said = [decode(request.method, request.query, request.body) for request in requests]

    assert all(each == said[0] for each in said)
    fields = payloads.fields_of(payload)
    if fields:
        assert len(requests) == 4
        assert len(said[0].fields) == len(fields)


@pytest.mark.parametrize(
    ("reason", "body", "encoding"),
    [
        ("too_large", b"a=" + b"x" * 65_535, ""),
        ("too_deep", b'{"a":' + b"[" * 30_000, ""),
        ("too_deep", b'{"a":' + b"[" * 20 + b"]" * 20 + b"}", ""),
        ("too_deep", json.dumps({"data": '{"a":' + "[" * 20 + "]" * 20 + "}"}).encode(), ""),
        ("too_many_fields", json.dumps({f"k{n}": n for n in range(201)}).encode(), ""),
        ("too_many_fields", b"&".join(b"k%d=1" % n for n in range(201)), ""),
        ("too_many_calls", json.dumps([{"a": n} for n in range(101)]).encode(), ""),
        ("no_fields_found", b"\xff\xfe{", ""),
        ("broken_json", b'{"type":"call_report","Status":"ANS', ""),
        ("broken_json", b'{"a": 1} and more', ""),
        ("broken_json", b'{"a": NaN}', ""),
        ("broken_json", b'{"a": -Infinity}', ""),
        ("broken_json", b"data={broken", ""),
        ("not_an_object", b"[]", ""),
        ("not_an_object", b'[{"a": 1}, 2]', ""),
        ("not_an_object", b"[[1]]", ""),
        ("not_an_object", json.dumps(json.dumps(json.dumps(JSON))).encode(), ""),
        ("not_an_object", b"null", ""),
        ("not_an_object", b"-12.5e3", ""),
        ("not_an_object", b"true", ""),
        ("broken_multipart", payloads.multipart(CALL)[:-20], ""),
        ("broken_multipart", payloads.multipart(CALL).replace(b"name=", b"nom="), ""),
        ("compressed_too_large", gzip.compress(b"x" * 65_537), "gzip"),
        ("compressed_too_large", gzip.compress(b"a=" + b"x" * 5_000), "gzip"),
        ("bad_encoding", gzip.compress(JSON.encode())[:-9], "gzip"),
        ("bad_encoding", gzip.compress(JSON.encode()) + b"more", "gzip"),
        ("bad_encoding", JSON.encode(), "deflate"),
        ("bad_encoding", JSON.encode(), "br"),
        ("no_fields_found", b"hello", ""),
        ("no_fields_found", b'<call sid="1"/>', ""),
        ("no_fields_found", b'"hello"', ""),
    ],
)
def test_what_cannot_be_read_has_a_named_reason(reason, body, encoding):
    with pytest.raises(Undecodable) as refusal:
        decode("POST", "", body, encoding)

    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "Jos\xe9", "b": "1"}',
        b'{"a": "Jos\\u0000", "b": "1"}',
        b'{"a": "Jos\0", "b": "1"}',
        b'{"a": "Jos\\ud83d", "b": "1"}',
        b"a=Jos%E9&b=1",
        b"a=Jos%00&b=1",
        b"a=Jos\xe9&b=1",
        b"a=Jos\0&b=1",
        payloads.multipart({"a": "Josx", "b": "1"}).replace(b"Josx", b"Jos\xe9"),
        '{"a": "Jos'.encode("utf-16") + b"\x3d\xd8" + '", "b": "1"}'.encode("utf-16-le"),
    ],
)
def test_what_is_no_character_is_replaced_and_flagged(body):
    assert decode("POST", "", body) == Decoded({"a": "Jos\ufffd", "b": "1"}, ("broken_characters",))


def test_a_letter_of_another_script_that_was_cut_in_half_is_replaced():
    name = "आशा".encode()[:-1]

    said = decode("POST", "", b'{"receiver_name": "%b", "CallSid": "1"}' % name)

    assert said == Decoded({"receivername": "आश\ufffd", "callsid": "1"}, ("broken_characters",))


def test_a_replacement_that_the_sender_wrote_is_flagged_too():
    assert decode("POST", "", '{"a": "\ufffd", "b": "1"}'.encode()).flags == ("broken_characters",)


def test_utf16_without_a_mark_is_known_by_its_zeros():
    for name in ("utf-16-le", "utf-16-be"):
        assert decode("POST", "", JSON.encode(name)).fields == SAYS


@pytest.mark.parametrize("query", ["a=%ff&b=1", "a=\udcff&b=1"])
def test_a_query_that_is_not_utf8_is_read_but_for_the_character(query):
    assert decode("GET", query, b"") == Decoded({"a": "\ufffd", "b": "1"}, ("broken_characters",))


# --- an "&" that was not encoded -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "group"),
    [
        ("Sales & Support", "Sales & Support"),
        ("Sales&Support", "Sales&Support"),
        ("R&D&Q", "R&D&Q"),
        ("A & B %2B C", "A & B + C"),
        ("R&amp;D", "R&D"),
        ("Sales & campid", "Sales"),
        ("Sales&campid", "Sales"),
        ("बिक्री & सेवा", "बिक्री & सेवा"),
    ],
)
def test_a_piece_without_an_equals_sign_belongs_to_the_value_before_it(written, group):
    said = decode("GET", f"CallSid=1&call_group={written}&receiver_name=Asha", b"", known={"campid"})

    assert {name: said.fields.get(name) for name in ("callsid", "callgroup", "receivername")} == {
        "callsid": "1",
        "callgroup": group,
        "receivername": "Asha",
    }
    assert ("unencoded_ampersand" in said.flags) == (group != "Sales")


def test_separators_that_were_escaped_for_html_separate():
    assert decode("GET", "CallSid=1&amp;Status=Picked", b"").fields == {"callsid": "1", "status": "Picked"}


# --- wrapped shapes, and several calls ------------------------------------------------------------------------

KNOWN = frozenset({"callsid", "status", "receivername", "type"})
INNER = {"CallSid": "1", "Status": "Picked", "receiver_name": "Asha"}
TEXT_OF_INNER = json.dumps(INNER)
WRAPPED = {
    "a form array": b"data[CallSid]=1&data[Status]=Picked&data[receiver_name]=Asha",
    "a form array two deep": b"a[b][CallSid]=1&a[b][Status]=Picked&a[b][receiver_name]=Asha",
    "a list in a form": b"calls[0][CallSid]=1&calls[0][Status]=Picked&calls[0][receiver_name]=Asha",
    "dots in a form": b"data.CallSid=1&data.Status=Picked&data.receiver_name=Asha",
    "an object under an unknown name": json.dumps({"event": "x", "stuff": INNER}).encode(),
    "an object beside other fields": json.dumps({"id": 7, "sent": "now", "payload": INNER}).encode(),
    "a list of one": json.dumps({"event": "x", "calls": [INNER]}).encode(),
    "a list in a list": json.dumps({"event": "x", "calls": [[INNER]]}).encode(),
    "three levels": json.dumps({"a": {"b": {"c": INNER}}}).encode(),
    "text in an object": json.dumps({"event": "x", "message": TEXT_OF_INNER}).encode(),
    "text in text": json.dumps({"event": "x", "message": json.dumps({"more": TEXT_OF_INNER})}).encode(),
    "text in a form, beside others": urlencode({"event": "x", "push_report": TEXT_OF_INNER}).encode(),
    "text in a form, alone": urlencode({"push_report": TEXT_OF_INNER}).encode(),
    "a form in a form, alone": urlencode({"push_report": urlencode(INNER)}).encode(),
    "text in a multipart form": payloads.multipart({"event": "x", "push_report": TEXT_OF_INNER}),
}


@pytest.mark.parametrize("body", WRAPPED.values(), ids=WRAPPED)
def test_a_call_is_found_in_what_it_is_wrapped_in(body):
    for known in (KNOWN, None) if b"." not in body else (KNOWN,):
        said = decode("POST", "", body, known=known)

        assert {name: said.fields[name] for name in ("callsid", "status", "receivername")} == {
            "callsid": "1",
            "status": "Picked",
            "receivername": "Asha",
        }
        assert said.others == ()


def test_what_stands_around_a_call_is_kept():
    said = decode("POST", "", json.dumps({"type": "call_report", "id": 7, "call": INNER}).encode(), known=KNOWN)

    assert said.fields == {"callsid": "1", "status": "Picked", "receivername": "Asha", "type": "call_report", "id": "7"}


def test_an_object_that_says_less_than_what_stands_around_it_is_a_value():
    said = decode("POST", "", json.dumps({**INNER, "agent": {"Status": "free"}}).encode(), known=KNOWN)

    assert said.fields["status"] == "Picked"
    assert said.fields["agent"] == '{"Status":"free"}'


def test_a_dot_in_a_known_key_is_punctuation():
    assert decode("POST", "", b"Call.Sid=1&a=2", known=KNOWN).fields == {"callsid": "1", "a": "2"}


SEVERAL = {
    "a list": json.dumps([INNER, {**INNER, "CallSid": "2"}]).encode(),
    "a list under a name": json.dumps({"n": 2, "calls": [INNER, {**INNER, "CallSid": "2"}]}).encode(),
    "a form array": b"c[0][CallSid]=1&c[0][Status]=Picked&c[1][CallSid]=2&c[1][Status]=Picked",
    "objects under names": json.dumps({"first": INNER, "second": {**INNER, "CallSid": "2"}}).encode(),
    "a list as text": urlencode({"calls": json.dumps([INNER, {**INNER, "CallSid": "2"}])}).encode(),
}


@pytest.mark.parametrize("body", SEVERAL.values(), ids=SEVERAL)
def test_several_calls_of_one_request_are_told_apart(body):
    for method, query, posted in (("POST", "", body), ("GET", body.decode(), b"")):
        if method == "GET" and body[:1] in b"[{":
            continue
        said = decode(method, query, posted, known=KNOWN)

        assert [call["callsid"] for call in (said.fields, *said.others)] == ["1", "2"]


@pytest.mark.parametrize("body", [b"", b" \r\n", b"{}", b"[{}]", b'""', b"\xef\xbb\xbf", b"\xff\xfe"])
def test_nothing_said_is_no_fields(body):
    assert decode("POST", "", body) == Decoded({})


def test_values_become_text():
    body = b'{"a": true, "b": false, "c": null, "d": 1e5, "e": 0.10, "f": -0, "g": {"x": [1.50, "\\"", null]}, "h": {}}'

    assert decode("POST", "", body).fields == {
        "a": "true",
        "b": "false",
        "c": "",
        "d": "1e5",
        "e": "0.10",
        "f": "-0",
        "g": '{"x":[1.50,"\\"",null]}',
        "h": "{}",
    }


def test_an_integer_of_5000_digits_is_text_that_is_cut():
    said = decode("POST", "", b'{"a": %s}' % (b"9" * 5_000))

    assert said == Decoded({"a": "9" * 4_096}, ("cut",))


def test_a_long_key_is_cut_too():
    assert decode("POST", "", b"k" * 100 + b"=1") == Decoded({"k" * 64: "1"}, ("cut",))


def test_the_first_value_that_is_not_empty_wins_and_is_flagged():
    expected = Decoded({"dialwhomnumber": "1"}, ("repeated_keys",))

    assert decode("POST", "", b'{"DialWhomNumber": "", "Dial Whom Number": "1", "Dial_Whom_Number": 2}') == expected
    assert decode("POST", "", b'{"DialWhomNumber": 1, "DialWhomNumber": 2}') == expected
    assert decode("POST", "", b"DialWhomNumber=&Dial+Whom+Number=1&dialwhomnumber=2") == expected


def test_the_body_beats_the_query():
    said = decode("POST", "a=query&b=2&c=3", b'{"a": "body", "b": "", "d": 4}')

    assert said == Decoded({"a": "body", "b": "2", "c": "3", "d": "4"}, ("query_conflict",))


def test_agreeing_body_and_query_are_no_conflict():
    assert decode("POST", "a=1&b=", b"a=1&b=2") == Decoded({"a": "1", "b": "2"})


def test_a_get_with_a_query_has_no_body():
    assert decode("GET", "a=1", b"{junk") == Decoded({"a": "1"})


def test_other_control_characters_become_spaces_and_are_flagged():
    expected = Decoded({"a": "x  y z"}, ("control_characters",))

    assert decode("POST", "", b"a=x%0D%0Ay%1Bz") == expected
    assert decode("POST", "", b'{"a": "x\r\ny\x1bz"}') == expected


def test_a_field_without_a_name_is_dropped_and_flagged():
    assert decode("POST", "", b"=1&--=2&a=3") == Decoded({"a": "3"}, ("nameless_field",))


def test_a_plus_that_was_not_encoded_is_a_space_and_an_encoded_one_is_not():
    assert decode("GET", "a=+9190&b=%2B9190&c=1%262%3D3&%61%3Db=4", b"").fields == {
        "a": "9190",
        "b": "+9190",
        "c": "1&2=3",
        "ab": "4",
    }


def test_a_percent_that_escapes_nothing_stays():
    assert decode("GET", "a=100%&b=%zz&c=%2541", b"").fields == {"a": "100%", "b": "%zz", "c": "%41"}


def test_an_escaped_separator_separates_nothing():
    assert decode("GET", "a%3Db=1&c%26d=2%3d", b"").fields == {"ab": "1", "cd": "2="}
    assert decode("GET", "a%3Db=1", b"").fields == {"ab": "1"}
    assert decode("GET", "a%3db=1", b"").fields == {"ab": "1"}


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("key=SECRET?a=1", {"a": "1"}),
        ("key=SECRET&v=2?a=1&b=2", {"a": "1", "b": "2"}),
        ("?a=1", {"a": "1"}),
        ("key=SECRET?url=https://x/?file=a&b=2", {"url": "https://x/?file=a", "b": "2"}),
        ("a=1&url=https://x/get?file=a&b=2", {"a": "1", "url": "https://x/get?file=a", "b": "2"}),
        ("a=1&name=Who?&b=2", {"a": "1", "name": "Who?", "b": "2"}),
        ("key=--&a=1", {"key": "--", "a": "1"}),
    ],
)
def test_a_second_query_is_read_and_what_stands_before_it_is_dropped(query, fields):
    assert decode("GET", query, b"").fields == fields


def test_the_glued_payload_loses_its_secret_and_keeps_its_first_field():
    said = decode("GET", PAYLOADS["get-question-mark-glued-to-key"].body, b"")

    assert said.fields["sourcenumber"] == "9000000103"
    assert "SECRET" not in str(said)


def test_a_recording_url_that_was_not_encoded_swallows_no_other_field():
    said = decode("GET", PAYLOADS["get-unencoded-recording-url"].body, b"")

    assert said.fields["callrecordingurl"] == "https://callrecords.callerdesk.io/get?file=a"
    assert said.fields["callsid"] == "1894680000.1003"


def test_a_field_with_json_in_it_is_a_value_where_others_stand_beside_it():
    assert decode("POST", "", b'a=1&b={"c":2}').fields == {"a": "1", "b": '{"c":2}'}


# Each by its length, so that a long one can be held against one of half the length.
HOSTILE = {
    "brackets": lambda size: b"[" * size,
    "brackets in an object": lambda size: b'{"a":' + b"[" * size,
    "closing brackets": lambda size: b"[1" + b"]" * (size // 2) + b"[" * (size // 2),
    "empty lists": lambda size: b'{"a":[' + b"[]," * (size // 3) + b"1]}",
    "quotes": lambda size: b'"' + b'\\"' * (size // 2),
    "backslashes": lambda size: b'{"a":[[[[[[[[[[[[[[[[[[[[[[' + b'"' + b"\\" * size,
    "separators": lambda size: b"&=" * (size // 2),
    "escapes": lambda size: b"%41" * (size // 3) + b"=",
    "question marks": lambda size: b"a=" + b"?" * size,
    "boundaries": lambda size: b"--a\r\nContent-Disposition: form-data\r\n" * (size // 38),
    "blanks": lambda size: b" " * size,
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_the_time_a_hostile_body_takes_grows_with_its_length_only(hostile):
    def read(body):
        for method, query in (("POST", ""), ("GET", body.decode())):
            with suppress(Undecodable):
                decode(method, query, body)

    assert is_linear(read, hostile, 64_000)


PIECES = st.sampled_from(
    [
        *(b'{"a":', b"[", b"]", b"}", b'"', b"\\", b"\\u0000", b"\\ud800", b"NaN", b"1", b"1e9", b"true", b","),
        *(b"=", b"&", b"?", b"%", b"%00", b"%e0", b"+", b"://", b"data=", b"a", b" ", b"\xe0\xa4\x86", b"\0"),
        *(b"--x\r\n", b'Content-Disposition: form-data; name="a"\r\n\r\n', b"--x--"),
        *(b"\xff\xfe", b"\xef\xbb\xbf", b"\x1f\x8b\x08"),
    ]
)
BODIES = st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=30).map(b"".join))


@settings(max_examples=300, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT"]),
    query=BODIES,
    body=st.one_of(BODIES, BODIES.map(gzip.compress), BODIES.map(deflate)),
    encoding=st.sampled_from(["", "gzip", "deflate", "br"]),
)
def test_whatever_comes_is_decoded_or_refused_by_name(method, query, body, encoding):
    try:
        said = decode(method, query.decode(errors="surrogateescape"), body, encoding)
    except Undecodable as refusal:
        assert refusal.reason in Undecodable.__doc__
        return

    for name, value in said.fields.items():
        assert name.isalnum()
        assert value == value.strip()
        value.encode()
        assert "\0" not in value
        assert len(value) <= 4_096
    assert all(flag in Decoded.__doc__ for flag in said.flags)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]{3,12}", fullmatch=True), TEXT, min_size=2, max_size=10))
def test_any_fields_say_the_same_in_every_encoding(fields):
    payload = payloads.Payload("any", "POST", "", fields, "")

    said = [decode(request.method, request.query, request.body) for request in payloads.encodings(payload)]

    assert [each.fields for each in said] == [{name: value.strip() for name, value in fields.items()}] * 4


# --- the usual delivery is read by a way of its own, which must not be told from the other -----------------------


def by_the_long_way(query, body):
    """Any Content-Encoding leads there, and so do blanks where no body is."""
    return said_or_refused("POST", query, body or b" ", "identity")


def said_or_refused(*request):
    try:
        said = decode(*request)
    except Undecodable as refusal:
        return refusal.reason
    return list(said.fields.items()), said.flags


@pytest.mark.parametrize("said", [CALL, {**CALL, "CallRecordingUrl": "https://x/y?a=b&c=d", "note": "1+1=2 (50%)"}])
def test_the_usual_delivery_goes_the_short_way(said, monkeypatch):
    monkeypatch.setattr("calls.intake.decoding._fields", None)

    for body in (json.dumps(said).encode(), json.dumps(said, ensure_ascii=False).encode(), urlencode(said).encode()):
        assert len(decode("POST", "", body).fields) == len(said)
    assert len(decode("GET", urlencode(said), b"").fields) == len(said)


ALMOST_USUAL = {
    "all is usual": CALL,
    "letters of other scripts in a key": {**CALL, "निम्न": "1"},
    "a key that folds to nothing": {**CALL, "--": "1"},
    "a key that is too long": {**CALL, "k" * 65: "1"},
    "a key that came before, in another spelling": {**CALL, "call_sid": "2"},
    "a value that is too long": {**CALL, "a": "x" * 4_097},
    "values that are too long together": {**CALL, "a": "x" * 4_000, "b": "y" * 4_000},
    "a blank value": {**CALL, "a": " \u00a0\u3000"},
    "a quote": {**CALL, "a": 'Asha "A" Test'},
    "a backslash before the last quote": {**CALL, "a": "\\"},
    "backslashes": {**CALL, "a": "\\n\\u0041"},
    "separators": {**CALL, "a": "b=c&d=e+f%41"},
    "a control character": {**CALL, "a": "x\x1by", "b": "x\x85y"},
    "NUL": {**CALL, "a": "\0"},
    "a separator of lines": {**CALL, "a": "x\u2028y"},
    "a field that wraps others": {**CALL, "data": '{"a": "1", "b": "2"}'},
    "one field": {"a": '{"b": "1", "c": "2"}'},
    "no field": {},
    "200 fields": {f"k{n}": "1" for n in range(200)},
    "201 fields": {f"k{n}": "1" for n in range(201)},
    "a key that starts with no letter": {"-a": "1", "b": "2"},
}
WRITTEN = {
    "json": json.dumps,
    "json, not escaped": lambda said: json.dumps(said, ensure_ascii=False),
    "json with escaped slashes": lambda said: json.dumps(said).replace("/", "\\/"),
    "form": urlencode,
    "form that is not escaped": lambda said: "&".join(f"{k}={v}" for k, v in said.items()),
}


@pytest.mark.parametrize("said", ALMOST_USUAL.values(), ids=ALMOST_USUAL)
@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
def test_what_is_almost_usual_says_the_same_by_either_way(said, write):
    body = write(said).encode()

    assert said_or_refused("POST", "", body) == by_the_long_way("", body)
    assert said_or_refused("GET", body.decode(), b"") == by_the_long_way(body.decode(), b"")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "1", "a": "2"}', b'{"a": "1", "a": "1", "b": ""}', b'{"a": "1", "A": ""}', b'{"a": "1", "b": 0.10}',
        b'{"a": "1", "b": null}', b'{"a": "1", "b": "\\ud800"}', b'{"a": "1", "b": "\\u0022"}',
        b'{"a": "1", "b": ["2"]}', b'{"a": "1", "b": "2"},', b'{"a": "1", "b": "2"}{', b'{"a": "1", "b": "2",}',
        b'{"a": "1" "b": "2"}',
        b'\xef\xbb\xbf{"a": "1", "b": "2"}', b'{"a": "1", "b": "\xff"}', b' {"a": "1", "b": "2"}\n', b'["a", "b"]',
        b"a=1&&b=2", b"a=1&b", b"a=1&b=2=3", b"a=1&b=2&", b"a&b", b"a=1&b=%zz", b"a=1&b=%4", b"a=1&b=%",
        b"a=1&b=%u0041", b"a=1&b=%ff", b"a=1&b=%c3%a9", b"a=1&%c3%a9=2", b"a=1&%e9=2", b"a=1&b=%c2%85", b"a=%26&b=%3D",
        b"a%3D=1&b=2", b"a=1&b=2\n", b"a=+1+&b=%2B", b'a=1&b="', b"a=1&b=\\", b'a":"1","b=2', b"a?b=1&c=2",
        b"a=1&b=2?c=3&d=4", b"a=1&a=1", b"data={}&b=2",
    ],
)  # fmt: skip
def test_odd_writing_says_the_same_by_either_way(body):
    query = body.decode(errors="surrogateescape")

    assert said_or_refused("POST", "", body) == by_the_long_way("", body)
    assert said_or_refused("GET", query, b"") == by_the_long_way(query, b"")


@settings(max_examples=300, deadline=None)
@given(
    said=st.dictionaries(
        st.one_of(st.sampled_from([*CALL, "call_sid", "data", "a", ""]), st.text(max_size=5)),
        st.one_of(st.text(st.characters(max_codepoint=255), max_size=8), st.text(max_size=8)),
        max_size=6,
    ),
    write=st.sampled_from([*WRITTEN.values()]),
    more=BODIES,
    place=st.integers(0, 200),
)
def test_any_delivery_says_the_same_by_either_way(said, write, more, place):
    body = write(said).encode(errors="replace")
    changed = body[:place] + more + body[place:]

    for each in (body, changed):
        query = each.decode(errors="surrogateescape")
        assert said_or_refused("POST", "", each) == by_the_long_way("", each)
        assert said_or_refused("GET", query, b"") == by_the_long_way(query, b"")


def test_the_payloads_of_a_call_move_together_to_just_before_now():
    answered = PAYLOADS["in-answered-3-report"].body

    assert answered["StartTime"] == "2026-11-22 14:58:00"
    assert answered["EndTime"] == "2026-11-22 14:59:15"
    assert PAYLOADS["in-answered-1-live-transfer"].body["StartTime"] == answered["StartTime"]
    assert PAYLOADS["late-report-next-day"].body["EndTime"] == "2026-11-22 15:00:00"
    assert "StartTime=2026-11-22n14:56:30" in PAYLOADS["in-report-get-n-timestamps"].body
    assert "2030-01-15" not in "".join(payload.text for payload in PAYLOADS.values())


def test_payloads_of_one_call_are_one_sequence():
    names = [[payload.name for payload in sequence] for sequence in payloads.sequences(NOW).values()]

    assert ["out-live-campid-only", "out-report-campid-and-sid"] in names
    assert ["live-never-ended", "late-report-next-day"] in names
    assert ["post-then-get-retry-twin-1-post", "post-then-get-retry-twin-2-get"] in names

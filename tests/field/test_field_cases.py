"""What really arrives: cases from the field, posted to the webhook, and looked at through the API.

`cases.json` is a list of `{name, why, deliveries, expect}`; `further.py` has more of the same, in fewer words.
`source_options` are options of `createsource`. A delivery is `{method, content_type, body}`; `wait` is the seconds that
pass after it. `@T(n)@` in a body is the moment n seconds from the beginning of the case, in the source's zone.
`expect` says what must hold after the last delivery:

- `calls`: by the provider's id, what the call's row shows. A plain value must be equal; `{"not": v}`, `{"in": [...]}`,
  `{"nonempty": true}` mean what they say; `{"at": n}` is the moment n seconds from now, within six; `{"not_after": n}`
  no later than that. `attempts`: states of `ring_attempts` by number, the latest of each. `any_of`: one will do.
- `results`: what each delivery was answered. `count`: how many calls have this id.
- `steps`: `{after, calls}`: what held after so many deliveries.
- `later`: `{ref, field, than_after}`: the moment in this field is later than it was after so many deliveries.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from calls.models import Source
from tests.field.further import FURTHER
from tests.support.payloads import Request
from tests.support.provider import through_django

CASES = [*json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8")), *FURTHER]
NOT_YET: set[str] = set()
"""Cases that are still read wrongly. Whoever mends one takes its name out: one that passes in here fails."""

MOMENT = re.compile(r"@T\((-?\d+)\)@")
WITHIN = timedelta(seconds=6)
OPTIONS = {"--time-zone": "time_zone", "--region": "region"}


@dataclass
class Seen:
    """The calls by their ids after each delivery, and what each was answered."""

    rows: list[dict[str, list[dict[str, Any]]]] = field(default_factory=list)
    results: list[str] = field(default_factory=list)


def play(case: dict[str, Any], client: Any) -> Seen:
    """Post the deliveries of a case, and look at all calls after each."""
    options = case.get("source_options", [])
    details = {OPTIONS[name]: value for name, value in zip(options[::2], options[1::2], strict=True)}
    source = Source.objects.create(name="Field", **details)
    token, begins, seen = source.new_token(), timezone.now(), Seen()
    with time_machine.travel(begins) as clock:
        for delivery in case["deliveries"]:
            _, answer = through_django(token, asked(delivery, begins.astimezone(ZoneInfo(source.time_zone))))
            seen.results.append(answer.get("result", ""))
            rows: dict[str, list[dict[str, Any]]] = {}
            for row in client.get("/api/calls/?limit=100").json()["calls"]:
                rows.setdefault(row["ref"], []).append(row)
            seen.rows.append(rows)
            clock.shift(delivery.get("wait", 0))
    return seen


def asked(delivery: dict[str, Any], begins: datetime) -> Request:
    """The request of a delivery, with the moments filled in."""
    body = delivery["body"] if isinstance(delivery["body"], str) else json.dumps(delivery["body"])
    text = MOMENT.sub(lambda found: f"{begins + timedelta(seconds=int(found[1])):%Y-%m-%d %H:%M:%S}", body)
    if delivery["method"] == "GET":
        return Request("GET", text, b"", "")
    return Request(delivery["method"], "", text.encode(), delivery["content_type"])


def meets(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether the row of a call shows what is wanted of it."""
    return all(_holds(row, name, value) for name, value in wanted.items())


def _holds(row: dict[str, Any], name: str, wanted: Any) -> bool:
    if name == "any_of":
        return any(meets(row, each) for each in wanted)
    if name == "attempts":
        states = {attempt["agent_number"]: attempt["state"] for attempt in row["ring_attempts"]}
        return all(_is(states.get(number), state) for number, state in wanted.items())
    return _is(row[name], wanted)


def _is(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(value == wanted)
    [(how, than)] = wanted.items()
    if how == "not":
        return bool(value != than)
    if how == "in":
        return value in than
    if how == "nonempty":
        return bool(value) is than
    moment, now = datetime.fromisoformat(value), timezone.now() + timedelta(seconds=than)
    return abs(moment - now) <= WITHIN if how == "at" else moment <= now


def check(case: dict[str, Any], seen: Seen) -> None:
    expected, last = case["expect"], seen.rows[-1]
    for step in [*expected.get("steps", []), {"after": len(seen.rows), "calls": expected.get("calls", {})}]:
        for ref, wanted in step["calls"].items():
            assert ref in seen.rows[step["after"] - 1], (ref, seen.results)
            [row] = seen.rows[step["after"] - 1][ref]
            assert meets(row, wanted), {name: row.get(name, row) for name in wanted} | {"flags": row["flags"]}
    for result, wanted in zip(seen.results, expected.get("results", seen.results), strict=True):
        assert _is(result, wanted)
    for ref, count in expected.get("count", {}).items():
        assert len(last.get(ref, [])) == count
    if later := expected.get("later"):
        [before], [after] = seen.rows[later["than_after"] - 1][later["ref"]], last[later["ref"]]
        assert after[later["field"]] > before[later["field"]]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_really_arrives_is_read_right(case, client, admin_person, request):
    if case["name"] in NOT_YET:
        request.node.add_marker(pytest.mark.xfail(strict=True, reason="not built yet", raises=AssertionError))
    client.force_login(admin_person)

    check(case, play(case, client))


def test_names_that_are_waited_for_are_those_of_cases():
    assert {case["name"] for case in CASES} >= NOT_YET

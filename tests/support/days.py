"""Days made up for the figures: calls as columns, from a few offsets in seconds."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from calls.database.columns import Columns

MORNING = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
NOTHING = dict.fromkeys(Columns._fields)


def column_call(number, outcome=None, *, group=1, at=0, picked=None, rings=None, answered=None, ends=None, **columns):
    """A call that began `at` seconds after the morning; the other moments are seconds after its begin."""
    began = MORNING + timedelta(seconds=at)

    def moment(offset):
        return None if offset is None else began + timedelta(seconds=offset)

    until = answered if outcome == "answered" else ends
    wait = None if picked is None or until is None else until - picked
    given = NOTHING | {
        "id": number,
        "ref": f"c{number}",
        "source_id": 1,
        "direction": "incoming",
        "state": "ended",
        "provisional": False,
        "outcome": outcome,
        "group_id": group,
        "agent_number": "+918000000201",
        "virtual_number": "+911200000301",
        "ring_attempts": [],
        "began_at": began,
        "started_at": began,
        "ringing_at": moment(rings),
        "answered_at": moment(answered),
        "leg_a_picked_at": moment(picked),
        "ended_at": moment(ends),
        "wait_seconds": wait if outcome != "ivr_only" else None,
        "talk_seconds": None if answered is None or ends is None else ends - answered,
        "flags": [],
        "heard_at": moment(ends or 0),
        "seq": number,
    }
    return Columns(**given | columns)


def random_day(seed, calls=150, groups=(1, 2, 3, None)):
    """Ended calls of one day, with what real days have: gaps, waits at the limits, unknown times, all outcomes."""
    rng = random.Random(seed)
    outcomes = ["answered"] * 6 + ["abandoned"] * 3 + ["missed", "missed", "failed", "unknown", "ivr_only"]
    return [_random_call(rng, number, rng.choice(outcomes), rng.choice(groups)) for number in range(1, calls + 1)]


def _random_call(rng, number, outcome, group):
    picked = rng.choice([None, 0, 1, 2])
    rings = rng.choice([None, 3, 5])
    until = 5 + rng.choice([0, 1, 2, 3, 4, 5, 14, 15, 16, 17, 18, 19, 20, 21, 30, 31, 200])
    given = {"answered": until, "ends": until + rng.randint(0, 400)} if outcome == "answered" else {"ends": until}
    flags = ["end_time_assumed"] if rng.random() < 0.05 else []
    direction = rng.choice(["incoming"] * 6 + ["outgoing", "internal", "unknown"])
    if direction != "incoming":
        outcome = rng.choice(["answered", "customer_missed", "agent_missed", "failed", "unknown"])
        picked = None
    return column_call(
        number,
        outcome,
        group=group,
        at=rng.randrange(86_400),
        picked=None if flags and outcome != "answered" else picked,
        rings=rings,
        direction=direction,
        flags=flags,
        reason=rng.choice([None, "hung_up", "all_busy"]),
        coins=rng.choice([None, Decimal("0.125"), Decimal("1.5")]),
        agent_number=rng.choice([None, "+918000000201", "+918000000202"]),
        virtual_number=rng.choice(["+911200000301", "+911200000302"]),
        **given,
    )

"""Further cases of the kinds in `cases.json`, in the same form, said in fewer words."""

import json
from typing import Any

A, B, C = "8000000201", "8000000202", "8000000203"
_AGENT = {number: f"+91{number}" for number in (A, B, C)}


def live(ref: str, word: str, agent: str = A, wait: float = 0, start: int = -30, **more: str) -> dict[str, Any]:
    body = {"type": "live_call", "SourceNumber": "9000000101", "DestinationNumber": "01200000301"}
    body |= {"DialWhomNumber": agent, "Status": word, "StartTime": f"@T({start})@", "CallSid": ref}
    return _post(body | {"Direction": "IVR", "call_group": "Sales"} | more, wait)


def report(
    ref: str, word: str = "ANSWER", agent: str = A, begins: int = -120, ends: int = -45, talk: int = 60, **more: str
) -> dict[str, Any]:
    body = {"type": "call_report", "SourceNumber": "9000000101", "DestinationNumber": "01200000301"}
    body |= {"DialWhomNumber": agent, "Status": word, "CallSid": ref, "Direction": "IVR", "call_group": "Sales"}
    body |= {"StartTime": f"@T({begins})@", "EndTime": f"@T({ends})@", "CallDuration": str(ends - begins)}
    body |= {"TalkDuration": str(talk), "LegA_Picked_time": f"@T({begins + 1})@", "coins": "2"}
    body |= {"LegB_Picked_time": f"@T({ends - talk})@" if talk else ""}
    return _post(body | more, 0)


def _post(body: dict[str, str], wait: float) -> dict[str, Any]:
    return {"method": "POST", "content_type": "application/json", "body": json.dumps(body), "wait": wait}


RINGS, PICKS, STOPS, GONE = "Transfer to agent", "Picked", "NO ANSWER", "CANCEL"
RINGING, TALKING, ENDED = {"state": "ringing"}, {"state": "talking", "outcome": None}, {"state": "ended"}
FLAGGED = {"flags": {"nonempty": True}}
NO_FLAGS = {"flags": {"nonempty": False}}

# name: (deliveries, what the calls show)
_CASES: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    # a phone rings again
    "rings-again-at-once": (
        [live("f1", RINGS, wait=20), live("f1", STOPS, wait=0.5), live("f1", RINGS)],
        {"f1": RINGING | {"attempts": {_AGENT[A]: "ringing"}}},
    ),
    "rings-again-much-later": (
        [live("f2", RINGS, wait=25), live("f2", STOPS, wait=120), live("f2", RINGS)],
        {"f2": RINGING},
    ),
    "rings-three-times-then-out": (
        [live("f3", RINGS, wait=30), live("f3", RINGS, wait=30), live("f3", RINGS, wait=30), live("f3", STOPS)],
        {"f3": ENDED | {"provisional": True}},
    ),
    "end-overtakes-its-ring-by-a-second": (
        [live("f4", STOPS, wait=1), live("f4", RINGS)],
        {"f4": ENDED | {"provisional": True}},
    ),
    "ring-out-overtakes-the-pick-up": (
        [live("f5", RINGS, wait=10), live("f5", STOPS, wait=1), live("f5", PICKS)],
        {"f5": TALKING},
    ),
    "ring-out-heard-long-after-the-pick-up": (
        [live("f6", PICKS, wait=40), live("f6", STOPS)],
        {"f6": TALKING},
    ),
    "busy-then-another-phone": (
        [live("f7", RINGS, wait=5), live("f7", "BUSY", wait=0.1), live("f7", RINGS, B)],
        {"f7": RINGING | {"agent_number": _AGENT[B], "attempts": {_AGENT[A]: "busy", _AGENT[B]: "ringing"}}},
    ),
    # hand-overs
    "chain-of-three": (
        [live("f10", PICKS, A, 40), live("f10", PICKS, B, 30), live("f10", PICKS, C)],
        {
            "f10": TALKING
            | {"agent_number": _AGENT[C], "attempts": {_AGENT[A]: "talked", _AGENT[B]: "talked", _AGENT[C]: "talking"}}
        },
    ),
    "a-part-for-each-agent": (
        [
            live("f11", PICKS, A, 40),
            live("f11", PICKS, B, 40),
            report("f11", agent=A, begins=-100, ends=-60, talk=30),
            report("f11", agent=B, begins=-60, ends=-10, talk=45),
        ],
        {"f11": {"outcome": "answered", "talk_seconds": 75, "duration_seconds": 90, "agent_number": _AGENT[B]}},
    ),
    "the-first-part-leaves-the-call-live": (
        [live("f12", PICKS, A, 40), live("f12", RINGS, B, 5), live("f12", PICKS, B), report("f12", agent=A, ends=0)],
        {"f12": TALKING | {"agent_number": _AGENT[B]}},
    ),
    "the-report-names-the-first": (
        [live("f13", PICKS, A, 40), live("f13", PICKS, B, 60), report("f13", agent=A, begins=-30, ends=95, talk=100)],
        {"f13": {"outcome": "answered", "attempts": {_AGENT[B]: "talked"}}},
    ),
    # a report of another
    "missed-report-before-the-pick-up": (
        [live("f20", RINGS, A), live("f20", RINGS, B), report("f20", STOPS, A, talk=0), live("f20", PICKS, B)],
        {"f20": TALKING | {"agent_number": _AGENT[B]} | FLAGGED},
    ),
    "missed-report-then-an-end": (
        [
            live("f21", PICKS, B),
            report("f21", STOPS, A, talk=0, ends=-1),
            live("f21", RINGS, A, 60),
            live("f21", GONE, B),
        ],
        {"f21": {"outcome": "answered"} | FLAGGED},
    ),
    "missed-report-then-the-right-one": (
        [live("f22", PICKS, B), report("f22", STOPS, A, talk=0), report("f22", agent=B)],
        {"f22": ENDED | {"outcome": "answered", "agent_number": _AGENT[B]}},
    ),
    # contradictions
    "nobody-and-no-legs": (
        [report("f30", agent="", talk=0, LegA_Picked_time="")],
        {"f30": {"outcome": {"not": "answered"}} | FLAGGED},
    ),
    "nobody-on-a-call-that-we-make": (
        [report("f31", agent="9000000111", talk=0, Direction="WEBOBD", SourceNumber=A)],
        {"f31": {"outcome": {"not": "answered"}} | FLAGGED},
    ),
    "answered-without-pick-up": ([report("f32", talk=0, LegB_Start_time="@T(-100)@")], {"f32": FLAGGED}),
    "picked-up-and-reported-missed": (
        [live("f33", PICKS), report("f33", STOPS, talk=0)],
        {"f33": {"outcome": "missed", "attempts": {_AGENT[A]: "talked"}} | FLAGGED},
    ),
    "a-whole-answered-call-has-no-flags": (
        [live("f34", RINGS, wait=9), live("f34", PICKS), report("f34", receiver_name="Asha")],
        {"f34": {"outcome": "answered", "talk_seconds": 60} | NO_FLAGS},
    ),
    "a-correction-of-the-agent": (
        [report("f35", receiver_name="Asha"), report("f35", agent=B, receiver_name="Ravi")],
        {"f35": {"agent_number": _AGENT[B], "agent_name": "Ravi"} | FLAGGED},
    ),
    # clocks
    "one-hour-ahead": ([live("f40", RINGS, start=3_600)], {"f40": {"began_at": {"not_after": 5}} | FLAGGED}),
    "one-hour-behind": ([live("f41", PICKS, start=-3_601)], {"f41": {"began_at": {"at": 0}} | FLAGGED}),
    "a-report-ahead": (
        [report("f42", begins=19_680, ends=19_755)],
        {"f42": {"began_at": {"not_after": 5}, "ended_at": {"at": 0}, "talk_seconds": 60} | FLAGGED},
    ),
    "a-minute-off-is-no-wrong-clock": ([live("f43", RINGS, start=50)], {"f43": NO_FLAGS}),
    # an agent in two live calls
    "agent-hung-up-unheard": (
        [live("f50", PICKS, wait=60), live("f51", PICKS, wait=60), report("f51", begins=-10, ends=110)],
        {"f50": TALKING | NO_FLAGS, "f51": ENDED},
    ),
    "agent-is-only-rung": ([live("f52", PICKS), live("f53", RINGS)], {"f52": TALKING | NO_FLAGS}),
    "agent-calls-out": (
        [live("f54", PICKS), live("f55", PICKS, "9000000111", Direction="WEBOBD", SourceNumber=A)],
        {"f54": FLAGGED},
    ),
    # who is who on calls that we make
    "customer-where-the-line-stands": (
        [
            report("f60"),
            report("f61", agent=A, Direction="WEBOBD", SourceNumber="01200000301", DestinationNumber="9000000111"),
        ],
        {"f61": {"customer_number": "+919000000111", "agent_number": _AGENT[A], "virtual_number": "+911200000301"}},
    ),
    "customer-where-the-line-stands-and-the-agent-twice": (
        [report("f62"), report("f63", agent=A, Direction="WEBOBD", SourceNumber=A, DestinationNumber="9000000111")],
        {"f63": {"direction": "outgoing", "customer_number": "+919000000111", "agent_number": _AGENT[A]}},
    ),
    "reverse-where-the-customer-missed": (
        [
            report("f64"),
            report("f65", STOPS, A, talk=0, Direction="WEBOBD", SourceNumber="9000000111", LegA_Picked_time=""),
        ],
        {"f65": {"customer_number": "+919000000111", "outcome": "customer_missed"}},
    ),
}
FURTHER = [
    {"name": name, "why": "", "deliveries": deliveries, "expect": {"calls": calls}}
    for name, (deliveries, calls) in _CASES.items()
]

"""What deliveries say: complete lives of calls, three live events and then a report, in a provider's words.

Each life is a function of the run, the call's number and the stage, so that posters and boards need not talk.
"""

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

STAGES = 4
INDIA = 19_800
"""Seconds by which the provider's zone-less times are ahead of UTC."""
RUN_DIGITS = 24
AGENTS, LINES = 2_000, 300
"""More agents than calls are live at once: one who talks in several makes the older ones doubted."""
REF = re.compile(rb"CA[0-9a-f]{32}")

Words = Callable[[str, int, int], dict[str, Any]]


def ref(run: str, call: int) -> str:
    """The provider's id of a call: tells the run and the call's number."""
    return f"CA{run}{call:08x}"


def generic(run: str, call: int, stage: int) -> dict[str, Any]:
    """The words that the peers understand."""
    said = {
        "CallSid": ref(run, call),
        "AccountSid": "AC0123456789abcdef0123456789abcdef",
        "ApiVersion": "2010-04-01",
        "From": f"+1415{call % 10**7:07d}",
        "To": f"+1800555{call % LINES:04d}",
        "CallerName": f"Caller {call}",
        "Direction": "inbound" if call % 3 else "outbound",
        "CallStatus": ("initiated", "ringing", "in-progress", "completed")[stage],
        "SequenceNumber": stage,
        "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
        "Agent": f"agent-{call % AGENTS}",
        "Queue": ("sales", "support", "billing", "retention")[call % 4],
        "FromCity": "SAN FRANCISCO",
        "FromState": "CA",
        "FromCountry": "US",
        "ToCity": "BERLIN",
        "ToState": "BE",
        "ToCountry": "DE",
        "CallbackSource": "call-progress-events",
    }
    if stage == STAGES - 1:
        said |= {
            "CallDuration": 30 + call % 600,
            "Price": "-0.0085",
            "RecordingUrl": f"https://recordings.example/{call}.mp3",
            "Disposition": "answered",
        }
    return said


def agents() -> list[str]:
    """The numbers of ours that ring, in CallerDesk's words."""
    return [f"80000{agent:05d}" for agent in range(1, AGENTS + 2)]


def lines() -> list[str]:
    """The numbers of ours that are called."""
    return [f"0120{line:07d}" for line in range(LINES)]


def callerdesk(run: str, call: int, stage: int) -> dict[str, Any]:
    """The same in CallerDesk's: an agent rings, another rings and picks up, the report follows."""
    first, second = (f"80000{call % AGENTS + agent:05d}" for agent in (1, 2))
    said = {
        "type": "live_call",
        "SourceNumber": f"90{call % 10**8:08d}",
        "DestinationNumber": f"0120{call % LINES:07d}",
        "DialWhomNumber": first if stage == 0 else second,
        "Status": "Picked" if stage == 2 else "Transfer to agent",
        "StartTime": _india(-9),
        "CallSid": ref(run, call),
        "Direction": "IVR",
        "call_group": ("Sales", "Support", "Billing", "Retention")[call % 4],
    }
    if stage == STAGES - 1:
        said |= {
            "type": "call_report",
            "Status": "ANSWER",
            "EndTime": _india(0),
            "CallDuration": "9",
            "TalkDuration": "4",
            "coins": "1",
            "campid": "",
            "CallRecordingUrl": f"https://callrecords.callerdesk.io/incoming/{call}.mp3",
            "receiver_name": f"Agent {call % AGENTS + 2}",
            "error_code": "16",
            "LegA_Picked_time": _india(-8),
            "LegB_Start_time": _india(-7),
            "LegB_Picked_time": _india(-4),
            "key_press": "",
            "hangup_cause": "ANSWER(16-customer)",
        }
    return said


def _india(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + INDIA + seconds))


def as_json(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode()


def as_form(said: dict[str, Any]) -> bytes:
    return urlencode(said).encode()


SHAPES: dict[str, Words] = {"generic": generic, "callerdesk": callerdesk}
FORMATS = {"json": (as_json, "application/json"), "form": (as_form, "application/x-www-form-urlencoded")}

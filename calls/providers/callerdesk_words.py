"""CallerDesk's own words: its fields, directions and status words, in ours.

`DOCUMENTED` tables hold what the provider's pages say. `SEEN` tables hold what only public integrations send or expect;
nothing in them was captured from a live account here. The first real capture outranks both.
"""

import re
from collections.abc import Mapping

from calls.rules.events import Verdict
from calls.words import Direction, State

# Fields, folded: lower case, letters and digits only.

DOCUMENTED_FIELDS: Mapping[str, tuple[str, ...]] = {
    "source": ("sourcenumber",),
    "destination": ("destinationnumber",),
    "dialled": ("dialwhomnumber",),
    "status": ("status",),
    "call_id": ("callsid",),
    "alternate_id": ("uniqueid",),  # in the sample for outgoing calls, in no table
    "campaign_id": ("campid",),
    "direction": ("direction",),
    "group": ("callgroup",),
    "agent_name": ("receivername",),
    "started_at": ("starttime",),
    "ended_at": ("endtime",),
    "leg_a_picked_at": ("legapickedtime",),
    "leg_b_started_at": ("legbstarttime",),
    "leg_b_picked_at": ("legbpickedtime",),
    "talk_seconds": ("talkduration",),
    "duration_seconds": ("callduration",),
    "coins": ("coins",),
    "recording_url": ("callrecordingurl",),
    "error_code": ("errorcode",),
    "hangup_cause": ("hangupcause",),  # in the sample for outgoing calls, in no table
    "type": ("type",),  # in the sample of a report, in no table
}
SEEN_FIELDS: Mapping[str, tuple[str, ...]] = {
    "source": ("callingpartya", "customernumber"),
    "destination": ("destinationnumbe", "did"),
    "dialled": ("callingpartyb",),
    "callstatus": ("callstatus",),
    "callresult": ("callresult",),  # certain in the list of reports that can be asked for, not in webhooks
    "call_id": ("callid",),
    "direction": ("calldirection", "flowtype"),
    "group": ("groupname",),
    "recording_url": ("recordingurl", "voicerecordurl", "fileurl"),
}
SPELLINGS = {
    name: (*DOCUMENTED_FIELDS.get(name, ()), *SEEN_FIELDS.get(name, ()))
    for name in dict.fromkeys((*DOCUMENTED_FIELDS, *SEEN_FIELDS))
}
"""Every spelling of a field that is read; the first that is filled wins."""

DOCUMENTED_OTHERS: Mapping[str, str] = {
    "keypress": "key_press",
    "hangupcause": "hangup_cause",
    "uniqueid": "Uniqueid",
}
SEEN_OTHERS: Mapping[str, str] = {
    "accountid": "account_id",
    "agentemail": "agent_email",
    "callresult": "callresult",
    "cpartynumber": "cparty_number",
    "cpartyrecording": "cparty_recording",
    "groupid": "group_id",
    "key": "key",
}
OTHERS = {**DOCUMENTED_OTHERS, **SEEN_OTHERS}
"""Fields that are known to come and have no field of a call: how they are spelled where a call lists them."""
PRESSED = frozenset({"key", "keypress"})
"""Those of them in which a zero is a key that was pressed. In the others the provider writes 0 for nothing."""

# Directions, folded as the fields are.

DOCUMENTED_DIRECTIONS = {"ivr": Direction.INCOMING, "webobd": Direction.OUTGOING}
SEEN_DIRECTIONS = {
    "inbound": Direction.INCOMING,
    "incoming": Direction.INCOMING,
    "outbound": Direction.OUTGOING,
    "outgoing": Direction.OUTGOING,
}
DIRECTIONS = DOCUMENTED_DIRECTIONS | SEEN_DIRECTIONS

# Status words, folded: bracketed cause dropped, letters and digits only, upper case.

DOCUMENTED_VERDICTS = {
    "ANSWER": Verdict.ANSWERED,
    "ANSWERED": Verdict.ANSWERED,
    "ABANDONEDCALL": Verdict.ABANDONED,
    "ABANDONED": Verdict.ABANDONED,
    "ABANDONMENT": Verdict.ABANDONED,
    "CANCEL": Verdict.CANCELLED,
    "NOANSWER": Verdict.NO_ANSWER,
    "BUSY": Verdict.BUSY,
    "AGENTENGAGED": Verdict.AGENT_ENGAGED,
    "AGENTONRING": Verdict.AGENT_RINGING,
    "CONGESTION": Verdict.CONGESTION,
    "UNAVAILABLE": Verdict.UNREACHABLE,
    "CHANUNAVAIL": Verdict.AGENT_OFFLINE,
    "NOTCONNECTED": Verdict.NOT_CONNECTED,
    "CANCELAGENT": Verdict.AGENT_LEG,
    "CANCELCUSTOMER": Verdict.CUSTOMER_LEG,
}
SEEN_VERDICTS = {
    "LEGAANSWER": Verdict.ANSWERED,
    "LEGBANSWER": Verdict.ANSWERED,
    "CANCELLED": Verdict.CANCELLED,
    "MISSED": Verdict.NO_ANSWER,
    "UNAVAIL": Verdict.UNREACHABLE,
    "AGENTUNREGISTERED": Verdict.AGENT_OFFLINE,
    "INVALIDARGS": Verdict.BAD_DIAL,
    "FAILED": Verdict.BAD_DIAL,
}
VERDICTS = DOCUMENTED_VERDICTS | SEEN_VERDICTS

DOCUMENTED_PHASES = {
    "TRANSFERTOAGENT": State.RINGING,
    "PICKED": State.TALKING,
    "ANSWER": State.TALKING,
    "ANSWERED": State.TALKING,
}
SEEN_PHASES = {
    # Despite its words: on click-to-call the agent has picked up and the customer rings.
    "TRANSFERRINGCALLTOAGENT": State.RINGING,
    "TRANSFERRING": State.RINGING,
    "RINGING": State.RINGING,
    "LEGBANSWER": State.TALKING,
    "LEGAANSWER": State.RINGING,
    "DIALING": State.DIALING,
    "CONNECTING": State.DIALING,
    "PROGRESS": State.DIALING,
    "QUEUED": State.IVR,
    "CALLINIT": State.IVR,
    "IVR": State.IVR,
}
PHASES = DOCUMENTED_PHASES | SEEN_PHASES

# The sample on the provider's page has the letters of a pattern for its times, and x for the end of its numbers.
_PATTERN_OF_TIME = re.compile(r"y{2,4}[-/. ]?m{1,2}[-/. ]?d{1,2}\b|d{1,2}[-/. ]?m{1,2}[-/. ]?y{2,4}\b", re.IGNORECASE)
_SAMPLE_NUMBER = re.compile(r"\+?[0-9]{1,8}[xX]{3,}\Z")


def is_sample(said: Mapping[str, str]) -> bool:
    """Whether this is the sample of the provider's documentation, as a test button sends it."""
    time, line = said["started_at"] or said["ended_at"], said["destination"]
    if time[:1].isalpha() and _PATTERN_OF_TIME.match(time):
        return True
    if not line.endswith(("x", "X")):
        return False
    # A customer's number may be masked like this, a line's own never is.
    others = [said[name] for name in ("source", "dialled") if said[name]]
    return bool(_SAMPLE_NUMBER.match(line) and all(map(_SAMPLE_NUMBER.match, others)))

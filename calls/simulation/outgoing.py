"""How a click-to-call goes: the agent's phone first, then the customer's."""

from datetime import datetime

from .cast import Agent, Line
from .dice import Dice
from .scripts import ANSWERED, Ids, Moments, Said, Script, lasting, live, recording, stamp, whole_seconds

CANCEL_AGENT = "Cancel-Agent"
CANCEL_CUSTOMER = "Cancel-Customer"
# The word and the cause a call ends with, and how many of a hundred do.
ENDS = {
    (ANSWERED, "ANSWER(16-customer)"): 40,
    (ANSWERED, "Answer(16-agent)"): 24,
    (CANCEL_CUSTOMER, "NOANSWER(0-customer)"): 18,
    (CANCEL_CUSTOMER, "Busy(17-customer)"): 7,
    (CANCEL_CUSTOMER, "Unavailable(19-customer)"): 3,
    (CANCEL_AGENT, "NOANSWER(0-agent)"): 6,
    (CANCEL_AGENT, "Congestion(1-agent)"): 2,
}
NEVER = "0000-00-00 00:00:00"


def outgoing(dice: Dice, begins: datetime, ids: Ids, customer: str, line: Line, agent: Agent) -> Script:
    """An agent calls a customer. At `begins` the agent picks up and the customer's phone is dialled."""
    start = begins - lasting(dice.seconds(7, 0.5, 2, 25))
    word, cause = dice.one_of(ENDS)
    script = Script(ids.outgoing_sid(start), customer, line.shape)
    said = {
        "SourceNumber": f"0{agent.number}",
        "DestinationNumber": line.number,
        "DialWhomNumber": f"0{customer}",
        "Status": "",
        "StartTime": stamp(start),
        "CallSid": script.ref,
        "Direction": "WEBOBD",
        # Often not said; the directory knows the agent's group.
        "call_group": agent.group if dice.chance(0.6) else "",
        "campid": ids.campid(start),
    }
    at, picked = begins, None
    if word != CANCEL_AGENT:
        if dice.chance(0.3):
            script.says.append(Said(at, _pre_dial(agent, line)))
        script.says.append(Said(at, live(said, "Transferring Call to Agent")))
        at += lasting(dice.seconds(12 if word == ANSWERED else 22, 0.4, 3, 45))
    if word == ANSWERED:
        picked = at
        script.says.append(Said(at, live(said, "Picked")))
        at += lasting(dice.seconds(95, 0.9, 6, 1_500))
    script.busy[agent.number] = at
    dialled = begins if word != CANCEL_AGENT else None
    moments = Moments(start, at, dialled, dialled, picked)
    script.says.append(Said(at, _report(said, word, cause, agent, moments), is_report=True))
    return script


def _pre_dial(agent: Agent, line: Line) -> dict[str, str]:
    """Seen in real traffic: an early event that names no call yet."""
    numbers = {"SourceNumber": agent.number, "DestinationNumber": line.number, "DialWhomNumber": ""}
    return live({**numbers, "Direction": "WEBOBD"}, "")


def _report(said: dict[str, str], word: str, cause: str, agent: Agent, moments: Moments) -> dict[str, str]:
    answered = word == ANSWERED
    length = whole_seconds(moments.start, moments.end)
    return {
        "type": "call_report",
        **said,
        "Status": word,
        **moments.fields(NEVER),
        "coins": str(2 * (1 + length // 60)) if answered else "0",
        "CallRecordingUrl": recording("outgoing", said["CallSid"], moments.start, "wav") if answered else "",
        "receiver_name": agent.name,
        "error_code": "0",
        "key_press": "",
        "hangup_cause": cause,
        "Uniqueid": said["CallSid"],
    }

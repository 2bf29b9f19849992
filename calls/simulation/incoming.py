"""How an incoming call goes: through the menu, from agent to agent, to an end."""

from collections.abc import Sequence
from datetime import datetime

from .cast import GROUPS, Agent, Line
from .days import ABANDONED, CANCELLED, ENGAGED, IVR_ONLY, RANG_OUT, Day
from .dice import Dice
from .scripts import ANSWERED, Ids, Moments, Said, Script, lasting, live, recording, stamp, whole_seconds

MOST_RUNG = 3


def incoming(
    dice: Dice, day: Day, begins: datetime, ids: Ids, customer: str, line: Line, agents: Sequence[Agent]
) -> Script:
    """A customer calls a group, of which these agents are free. At `begins` the first of them rings."""
    start = begins - lasting(dice.seconds(day.menu_seconds, 0.5, min(3, day.menu_seconds / 2), 40))
    word = _end(dice, day, agents)
    script = Script(ids.incoming_sid(start), customer, line.shape)
    said = {
        "SourceNumber": customer,
        "DestinationNumber": line.number,
        "DialWhomNumber": "",
        "Status": "",
        "StartTime": stamp(start),
        "CallSid": script.ref,
        "Direction": "IVR",
        "call_group": agents[0].group if agents else line.group,
    }
    hunted = agents[: dice.one_of(day.hunts.get(word, {1: 1}))]
    at = ringing = begins
    for agent in hunted:
        ringing = at
        script.says.append(Said(at, live({**said, "DialWhomNumber": agent.number}, "Transfer to agent")))
        at += lasting(_ring(dice, day, word, is_last=agent is hunted[-1]))
        script.busy[agent.number] = at
    picked = at if word == ANSWERED else None
    if picked:
        script.says.append(Said(at, live({**said, "DialWhomNumber": hunted[-1].number}, "Picked")))
    at += lasting(_rest(dice, word))
    if hunted:
        # Of a caller who waits on we hear nothing more: to us the last phone rings until the end.
        script.busy[hunted[-1].number] = at
    reached = hunted[-1] if hunted and word != ABANDONED else None
    moments = Moments(start, at, start + lasting(1 / dice.speed), ringing if hunted else None, picked)
    script.says.append(Said(at, _report(said, word, reached, moments, line), is_report=True))
    return script


def _end(dice: Dice, day: Day, agents: Sequence[Agent]) -> str:
    word = dice.one_of(day.ends)
    if agents or word == IVR_ONLY:
        return word
    return ENGAGED


def _ring(dice: Dice, day: Day, word: str, *, is_last: bool) -> float:
    if not is_last or word in (RANG_OUT, ABANDONED):
        return dice.between(16, 26)
    if word == ANSWERED:
        return dice.seconds(day.ring_seconds, 0.6, 2, 25)
    if word == CANCELLED:
        return dice.seconds(11, 0.6, 2, 30)
    return dice.seconds(3, 0.4, 1, 8)


def _rest(dice: Dice, word: str) -> float:
    """From the last ring to the end: the talk, the music that a caller gave up in, or what the machine takes."""
    if word == ANSWERED:
        return dice.seconds(130, 0.85, 8, 1_800)
    if word == ABANDONED:
        return dice.seconds(18, 0.7, 3, 150)
    if word in (ENGAGED, IVR_ONLY):
        return dice.seconds(8, 0.6, 1, 45)
    return dice.between(0.5, 2)


def _report(said: dict[str, str], word: str, reached: Agent | None, moments: Moments, line: Line) -> dict[str, str]:
    answered = word == ANSWERED
    length = whole_seconds(moments.start, moments.end)
    fields = {
        "type": "call_report",
        **said,
        "DialWhomNumber": reached.number if reached else "",
        "Status": word,
        **moments.fields(never=""),
        "coins": str(2 * (1 + length // 60)) if answered else "1",
        "CallRecordingUrl": recording("incoming", said["CallSid"], moments.start, "mp3") if answered else "",
        "campid": "",
        "receiver_name": reached.name if reached and answered else "0",
        "error_code": "16" if answered else "0",
        "key_press": "" if word == IVR_ONLY else str(1 + list(GROUPS).index(said["call_group"])),
    }
    return {**fields, **_reseller(fields, answered)} if line.shape == "form" else fields


def _reseller(fields: dict[str, str], answered: bool) -> dict[str, str]:
    """How a reseller's panel reports: more fields, and of missed calls only the second status word."""
    word = "No Answer" if fields["Status"] == RANG_OUT else fields["Status"]
    return {
        "Status": fields["Status"] if answered else "",
        "callstatus": "ANSWER(16)" if answered else f" {word}",
        "DialWhomNumber": fields["DialWhomNumber"] or "0",
        "campid": "0",
        "coins": fields["coins"] if answered else "1.5",
        "Uniqueid": fields["CallSid"],
        "hangup_cause": "ANSWER(16-customer)" if answered else "(0)",
        "account_id": "simulated-account",
        "group_id": str(70 + list(GROUPS).index(fields["call_group"])),
        "agent_email": "",
        "cparty_number": "",
        "cparty_recording": "",
    }

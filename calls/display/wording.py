"""The words that people read, each written once: for the board, the panel, the admin and the command line.

A code (`ivr_only`, `too_deep`) is what the database, the API and the log hold; here is what a person reads for it.
All texts go through `gettext_lazy`, so that a translation is a catalogue and no change of code. The browser is handed
the same words as one block of JSON (`browser_words`), which `static/js/shared/words.js` reads.

To add a flag or a reason, add one line to its table below: a test names every code that has none.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from calls.display.attention_words import ATTENTION
from calls.display.causes import CAUSES
from calls.display.clock_words import CLOCKS
from calls.words import Act, Direction, Outcome, Result, State

Text = Any
"""A text, or the promise of one in the reader's language; `str()` makes it a text."""

UNKNOWN = "–"
"""What stands where nothing is known."""

STATES: Mapping[str, Text] = {
    State.IVR: _("In menu"),
    State.DIALING: _("Dialling"),
    State.RINGING: _("Ringing"),
    State.TALKING: _("Talking"),
    State.ENDED: _("Ended"),
}
WAITING = _("Waiting")
LOST = _("Lost track")
DOUBTED = _("In doubt")
PROVISIONAL = _("report awaited")
ROLES_ASSUMED = _("It was assumed who is the customer and who is the agent")

OUTCOMES: Mapping[str, Text] = {
    Outcome.ANSWERED: _("Answered"),
    Outcome.ABANDONED: _("Abandoned"),
    Outcome.MISSED: _("Missed"),
    Outcome.FAILED: _("Failed"),
    Outcome.IVR_ONLY: _("Menu only"),
    Outcome.AGENT_MISSED: _("Agent missed"),
    Outcome.CUSTOMER_MISSED: _("No answer"),
    Outcome.UNKNOWN: _("Unknown"),
}
LOOKS: Mapping[str, str] = {
    **{str(outcome): str(outcome) for outcome in Outcome},
    Outcome.IVR_ONLY: "ivr",
    Outcome.AGENT_MISSED: "missed",
    # Nobody of ours let a customer wait: it wears no colour of alarm.
    Outcome.CUSTOMER_MISSED: "no-answer",
}
"""Which icon, and which colour, an outcome wears."""

DIRECTIONS: Mapping[str, Text] = {
    Direction.INCOMING: _("Incoming"),
    Direction.OUTGOING: _("Outgoing"),
    Direction.INTERNAL: _("Internal"),
    Direction.UNKNOWN: _("Direction unknown"),
}

ACTS: Mapping[str, Text] = {
    Act.NUMBER_SEARCHED: _("Searched for a number"),
    Act.RECORDING_READ: _("Was given a recording's link"),
    Act.RAW_READ: _("Read a delivery as it came"),
    Act.REPLAYED: _("Read deliveries again"),
    Act.RIGHTS_CHANGED: _("Changed rights"),
    Act.ADDRESS_MADE: _("Made a webhook address"),
    Act.SIGNED_IN: _("Signed in"),
}
"""What the audit keeps."""

REASONS: Mapping[str, Text] = {
    "all_busy": _("hung up while waiting"),
    "hung_up": _("ended before anybody answered"),
    "rang_out": _("rang, and nobody picked up"),
    "busy": _("busy"),
    "agent_engaged": _("the agent was on another call"),
    "agent_ringing": _("the agent was being rung already"),
    "congestion": _("the network was congested"),
    "unreachable": _("could not be reached"),
    "agent_offline": _("the agent's phone was offline"),
    "bad_dial": _("the number could not be dialled"),
    "not_forwarded": _("ended in the menu"),
    "voicemail": _("left a voice mail"),
    "agent_hung_up": _("the agent hung up"),
    "customer_hung_up": _("the customer hung up"),
}
"""Why a call, or one ring of it, ended as it did."""

ATTEMPTS: Mapping[str, Text] = {
    **REASONS,
    "ringing": _("ringing"),
    "talking": _("picked up"),
    "talked": _("talked"),
    "not_taken": _("rang, not picked up"),
    "closed": _("stopped ringing"),
}
"""How the ring of one phone went."""

KINDS: Mapping[str, Text] = {"live": _("Live event"), "report": _("Report"), "": _("Delivery")}

RESULTS: Mapping[str, Text] = {
    Result.APPLIED: _("Applied"),
    Result.DUPLICATE: _("Repeat"),
    Result.IGNORED: _("Ignored"),
    Result.QUARANTINED: _("Set aside"),
}

FLAGS: Mapping[str, Text] = {
    "synthetic": _("Made up by the simulator"),
    "group_inferred": _("The group was taken from the directory"),
    "end_time_assumed": _("The provider named no end: it was worked out"),
    "times_disagree": _("The provider's times contradict each other"),
    "talk_without_answer": _("There was talk, but no moment of answer"),
    "reports_disagree": _("Two reports contradict each other"),
    "report_corrected": _("A later report of the same end corrected this one: the later one counts"),
    "report_of_another": _("A report came that names another agent than the one who talks: theirs is awaited"),
    "live_disagrees": _("The report contradicts what was heard during the call"),
    "answered_by_nobody": _("The provider says answered, but nobody was dialled and nobody talked: not counted so"),
    "answer_without_pickup": _("The provider says answered, but names no pick-up and no talk"),
    "handed_over": _("Handed from one agent to another: the talk of all is added up"),
    "agent_elsewhere": _("The agent has picked up another call since: this one may be over"),
    "customer_first": _("The customer was dialled first, the agent second"),
    "clock_ahead": _("The provider's times lie in the future: it counts from when it was heard of"),
    "clock_behind": _("The provider's times lie hours back: it counts from when it was heard of"),
    "unmapped_word": _("The provider used a word that is not known here"),
    "unknown_direction": _("The provider did not say which way the call went"),
    "no_call_id": _("The provider gave no id: one was made from the numbers and the time"),
    "broken_characters": _("Bytes that are no character were replaced"),
    "control_characters": _("Control characters were replaced by blanks"),
    "cut": _("A value or a name was too long and was cut"),
    "nameless_field": _("A field without a name was left out"),
    "query_conflict": _("Address and body said different things: the body counted"),
    "more_said": _("The provider said more than the call lists: see its deliveries"),
    "repeated_keys": _("A field came twice: the first value counted"),
    "unencoded_ampersand": _("An & that was not encoded was put back into its value"),
}
"""What was odd about a call, or about the bytes of a delivery."""

FIELDS: Mapping[str, Text] = {
    "state": _("State"),
    "direction": _("Direction"),
    "provisional": _("Report awaited"),
    "outcome": _("Outcome"),
    "reason": _("Reason"),
    "provider_status": _("Provider's words"),
    "customer_number": _("Customer"),
    "virtual_number": _("Line"),
    "agent_number": _("Agent's number"),
    "agent_name": _("Agent"),
    "group": _("Group"),
    "roles_assumed": _("Roles assumed"),
    "ring_attempts": _("Phones that rang"),
    "began_at": _("Began"),
    "started_at": _("Started, says the provider"),
    "ringing_at": _("First ring"),
    "answered_at": _("Answered"),
    "ended_at": _("Ended"),
    "wait_seconds": _("Waited"),
    "talk_seconds": _("Talked"),
    "duration_seconds": _("In all"),
    "coins": _("Coins"),
    "recording_url": _("Recording"),
    "campaign_id": _("Campaign"),
    "error_code": _("Error code"),
    "leg_a_picked_at": _("First leg picked up"),
    "leg_b_started_at": _("Second leg dialled"),
    "leg_b_picked_at": _("Second leg picked up"),
    "also_said": _("Also said"),
    "number": _("A number"),
    "source": _("Source"),
    "ref": _("Provider's id"),
    "flags": _("Good to know"),
}
"""What a field of a call is called."""


class SetAside(NamedTuple):
    """Why a delivery was ignored or set aside, as a sentence, and what to do about it ("" where nothing is to do)."""

    sentence: Text
    advice: Text = ""


_LOOK = _("Look at its bytes and tell whoever maintains Callboard: a rule is missing.")
_MANGLED = _("Look at its bytes. If the provider sends many such, ask them; a proxy in between may do it too.")

SET_ASIDE: Mapping[str, SetAside] = {
    "no_call_fields": SetAside(_("It has none of the fields of a call: a test button sends such.")),
    "provider_sample": SetAside(
        _("It is the sample of the provider's own documentation, as a test button sends it: the connection works.")
    ),
    "not_a_call_event": SetAside(_("It is about something else than a call.")),
    "pre_dial": SetAside(_("It came before the call had an id or a start; the next one has both.")),
    "source_disabled": SetAside(
        _("The source was switched off when it came."), _("Switch the source on, then read these again.")
    ),
    "unknown_fields": SetAside(
        _("It looks like a call, but none of its fields has a name that is known here."),
        _("Is it the right provider, and the right event of it? If so, tell whoever maintains Callboard."),
    ),
    "too_many_calls": SetAside(_("It holds more than 100 calls."), _MANGLED),
    "unknown_type": SetAside(_("Its type is not known here, but it names a call."), _LOOK),
    "unknown_word": SetAside(
        _("A live event says a status that is not known here, and nothing is guessed."),
        _("Tell whoever maintains Callboard the word; the report of the call still counts."),
    ),
    "unknown_provider": SetAside(
        _("The provider of its source has no adapter here."), _("Choose a provider for the source, then read it again.")
    ),
    "no_longer_found": SetAside(_("Read again, its request holds fewer calls than before: this one is not in it.")),
    "no_call_id": SetAside(_("The report has no id, and no numbers and start to make one from."), _LOOK),
    "no_start_time": SetAside(_("It names only a campaign, which is of use with a start time, and has none."), _LOOK),
    "too_many_new_calls": SetAside(
        _("The source began more new calls in a minute than its limit allows."),
        _("If the traffic was real, raise the limit of the source and read these again."),
    ),
    "too_many_live_calls": SetAside(
        _("The source had as many live calls as its limit allows."),
        _("See that its reports of ended calls come. If so many calls are real, raise its limit and read these again."),
    ),
    "too_many_events": SetAside(
        _("One call got more than 500 different deliveries."), _("Ask the provider why it repeats itself.")
    ),
    "failed": SetAside(
        _("A fault of Callboard's own stopped it."), _("See the log, update Callboard, then read it again.")
    ),
    "too_large": SetAside(_("It is larger than 64 KB; the first 64 KB are kept."), _MANGLED),
    "too_deep": SetAside(_("Its JSON has more than 20 levels."), _MANGLED),
    "too_many_fields": SetAside(_("It has more than 200 fields."), _MANGLED),
    "broken_characters": SetAside(
        _("An id, a number or a status word in it has bytes that are no character, and nothing is guessed."), _MANGLED
    ),
    # Reasons of deliveries that came before such characters were replaced.
    "not_utf8": SetAside(_("Its text is not UTF-8."), _("Read it again: what can be read of it is read today.")),
    "control_characters": SetAside(
        _("It holds characters that no database stores."), _("Read it again: what can be read of it is read today.")
    ),
    "broken_json": SetAside(_("It begins as JSON and is not valid JSON."), _MANGLED),
    "not_an_object": SetAside(_("It is JSON, but not one object with named fields."), _MANGLED),
    "broken_multipart": SetAside(_("It is a form in parts whose parts cannot be told from each other."), _MANGLED),
    "compressed_too_large": SetAside(_("Unpacked it is larger than 64 KB, or 20 times what was sent."), _MANGLED),
    "bad_encoding": SetAside(_("Its compression is not known here, or is not what its header says."), _MANGLED),
    "no_fields_found": SetAside(_("It is text without any field."), _MANGLED),
}

_UNREADABLE = _("{field} could not be read")


def state_word(state: str) -> str:
    return _of(STATES, state)


def outcome_word(outcome: str | None) -> str:
    return _of(OUTCOMES, outcome or Outcome.UNKNOWN)


def direction_word(direction: str) -> str:
    return _of(DIRECTIONS, direction)


def reason_word(reason: str | None) -> str:
    """Why a call ended as it did, within a sentence; a provider's own word as it came."""
    return _of(REASONS, reason, small=True)


def attempt_word(state: str | None) -> str:
    return _of(ATTEMPTS, state, small=True)


def result_word(result: str) -> str:
    return _of(RESULTS, result)


def kind_word(kind: str | None) -> str:
    return str(KINDS.get(kind or "", KINDS[""]))


def field_word(field: str) -> str:
    return _of(FIELDS, field)


def flag_word(flag: str) -> str:
    if unreadable := re.match(r"unreadable_(.+)", flag):
        return str(_UNREADABLE).format(field=field_word(unreadable[1]))
    return _of(FLAGS, flag)


def set_aside(reason: str) -> SetAside:
    """The sentence and the advice for the reason of an ignored or quarantined delivery."""
    return SET_ASIDE.get(reason) or SetAside(_plain(reason))


def pairs(words: Mapping[str, Text]) -> list[tuple[str, Text]]:
    """A table as choices of a form or a filter: (code, text)."""
    return [(str(code), text) for code, text in words.items()]


def _of(words: Mapping[str, Text], code: str | None, *, small: bool = False) -> str:
    """The word for a code. One that nobody foresaw is shown as it is: with blanks, and a capital unless `small`."""
    if not code:
        return UNKNOWN
    if code in words:
        return str(words[code])
    return code.replace("_", " ") if small else _plain(code)


def _plain(code: str) -> str:
    text = code.replace("_", " ")
    return text[:1].upper() + text[1:]


def browser_words() -> dict[str, Any]:
    """All of it as plain JSON for `static/js/shared/words.js`, in the reader's language."""
    tables = {
        "states": STATES,
        "outcomes": OUTCOMES,
        "looks": LOOKS,
        "directions": DIRECTIONS,
        "reasons": REASONS,
        "attempts": ATTEMPTS,
        "kinds": KINDS,
        "results": RESULTS,
        "flags": FLAGS,
        "fields": FIELDS,
        "causes": CAUSES,
        "clocks": CLOCKS,
        "attention": ATTENTION,
    }
    told: dict[str, Any] = {
        name: {str(code): str(text) for code, text in table.items()} for name, table in tables.items()
    }
    told["set_aside"] = {code: [str(text) for text in each] for code, each in SET_ASIDE.items()}
    single = {
        "waiting": WAITING,
        "lost": LOST,
        "doubted": DOUBTED,
        "provisional": PROVISIONAL,
        "roles_assumed": ROLES_ASSUMED,
    }
    return told | {name: str(text) for name, text in (single | {"unreadable": _UNREADABLE}).items()}

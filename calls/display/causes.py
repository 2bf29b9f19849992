"""Telephony's cause codes in words: why a connection ended, as the exchange says it.

The codes are those of ITU-T Recommendation Q.850 (05/2018, table 1), which telephone exchanges and Asterisk share. The
words are ours and short; the provider's word for the call decides its outcome, a code only adds to it.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

CAUSES: Mapping[str, Any] = {
    "0": _("no cause named"),  # not of Q.850: where exchange and provider had none to tell
    "1": _("number not in use"),
    "2": _("no route to the network on the way"),
    "3": _("no route to the number"),
    "4": _("special information tone"),
    "5": _("misdialled prefix"),
    "6": _("channel not acceptable"),
    "7": _("handed to a channel that is open"),
    "8": _("cut off by a call that goes first"),
    "9": _("cut off by a call that goes first, line kept"),
    "14": _("number moved to another network"),
    "16": _("normal: somebody hung up"),
    "17": _("busy"),
    "18": _("no response from the phone"),
    "19": _("no answer: the phone rang"),
    "20": _("phone switched off or out of reach"),
    "21": _("call rejected"),
    "22": _("number changed"),
    "23": _("redirected to another number"),
    "24": _("rejected by a service of the number"),
    "25": _("exchange routing error"),
    "26": _("answered elsewhere"),
    "27": _("destination out of order"),
    "28": _("number incomplete or misspelt"),
    "29": _("service refused"),
    "30": _("answer to a question about the state"),
    "31": _("normal, nothing more is known"),
    "34": _("congestion: no line free"),
    "38": _("network out of order"),
    "39": _("permanent connection out of service"),
    "40": _("permanent connection in service"),
    "41": _("temporary failure of the network"),
    "42": _("congestion in the exchange"),
    "43": _("access information discarded"),
    "44": _("wanted line or channel not available"),
    "46": _("call that goes first was blocked"),
    "47": _("resource not available"),
    "49": _("quality of service not available"),
    "50": _("service not subscribed to"),
    "53": _("outgoing calls barred in the closed group"),
    "55": _("incoming calls barred in the closed group"),
    "57": _("kind of connection not allowed"),
    "58": _("kind of connection not available now"),
    "62": _("access information and class of the subscriber differ"),
    "63": _("service or option not available"),
    "65": _("kind of connection not supported"),
    "66": _("kind of channel not supported"),
    "69": _("service not supported"),
    "70": _("only restricted digital connections"),
    "79": _("service or option not supported"),
    "81": _("unknown call reference"),
    "82": _("channel does not exist"),
    "83": _("another call is suspended"),
    "84": _("identity of the call in use"),
    "85": _("no call is suspended"),
    "86": _("call was over already"),
    "87": _("not a member of the closed group"),
    "88": _("destination of another kind"),
    "90": _("closed group does not exist"),
    "91": _("network on the way not valid"),
    "95": _("message not valid"),
    "96": _("message incomplete"),
    "97": _("unknown kind of message"),
    "98": _("message does not fit the state of the call"),
    "99": _("unknown part of a message"),
    "100": _("part of a message not valid"),
    "101": _("message does not fit the call now"),
    "102": _("a timer ran out"),
    "103": _("unknown parameter, passed on"),
    "110": _("message with an unknown parameter"),
    "111": _("protocol error"),
    "127": _("another network, nothing more is known"),
}


def cause_word(code: str | None) -> str | None:
    """What a cause code means, within a sentence; None for one that the table does not have."""
    word = CAUSES.get(code or "")
    return None if word is None else str(word)


def code_with_cause(code: str) -> str:
    """A code as people read it: "17 · busy"."""
    word = cause_word(code)
    return f"{code} · {word}" if word else code

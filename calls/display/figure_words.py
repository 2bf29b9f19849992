"""The words of figures: what a call counts as, where its wait begins, and what a share is a share of."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from calls.display.wording import Text

CLOCKS: Mapping[str, Text] = {"p": _("After the pick-up"), "w": _("Whole call"), "r": _("Ringing")}
"""Where a caller's wait begins."""

CLOCK_STARTS: Mapping[str, Text] = {
    "w": _("From the start of the call, greeting and menu included"),
    "p": _("From when the platform picked up, less the menu allowance of the group"),
    "r": _("From when the phone of the recorded agent began to ring"),
}
"""The same as a sentence."""

ALLOWED = _("{seconds} s of menu taken off")
PICKUP_NOT_TOLD = _("pick-up not told: from the start")
WAIT_UNKNOWN: Mapping[str, Text] = {
    "menu_only": _("ended in the menu"),
    "lost_track": _("lost track of it"),
    "no_answer": _("moment of the answer not told"),
    "no_end": _("moment of the end not told"),
    "no_start": _("start not told"),
    "no_ring": _("no ring told"),
    "contradictory": _("its times contradict each other"),
}
"""Why nobody knows how long a caller waited on a clock."""

WAITED = _("How long the caller waited")
COUNTS_AS = _("Counts as")
THE_ONE = _("this one counts")
THRESHOLD = _("threshold {seconds} s")
SHORT_LIMIT = _("given up below {seconds} s")
"""What a wait was held against."""

MARKS: Mapping[str, Text] = {
    "answered_in_time": _("Answered in time"),
    "answered_late": _("Answered late"),
    "answered_untimed": _("Answered, wait unknown"),
    "abandoned_short": _("Short abandon"),
    "abandoned_in_time": _("Abandoned within the threshold"),
    "abandoned_late": _("Abandoned after the threshold"),
    "abandoned_untimed": _("Abandoned, wait unknown"),
    "missed": _("Missed"),
    "failed": _("Failed"),
    "unknown": _("Unknown end"),
    "ivr_only": _("Ended in the menu"),
    "talking_in_time": _("Talking, answered in time"),
    "talking_late": _("Talking, answered late"),
    "waiting_in_time": _("Waiting, within the threshold"),
    "waiting_past": _("Waiting, past the threshold"),
    "lost_track": _("Lost track"),
    "connected": _("Customer reached"),
    "customer_missed": _("Customer did not answer"),
    "agent_missed": _("Agent did not answer"),
    "outgoing_failed": _("Outgoing, failed"),
    "outgoing_unknown": _("Outgoing, unknown end"),
    "outgoing_live": _("Outgoing, still live"),
    "other": _("Internal, or direction unknown"),
}
"""What a call counts as in the figures."""

NOW_MARKS: Mapping[str, Text] = {
    "ivr_waiting": _("Waiting, in menu"),
    "dialing_waiting": _("Waiting, dialling"),
    "ringing_waiting": _("Waiting, ringing"),
    "ivr_other": _("In menu, and no customer waits"),
    "dialing_other": _("Dialling, and no customer waits"),
    "ringing_other": _("Ringing, and no customer waits"),
    "talking": _("Talking"),
    "lost_track": _("Lost track"),
}
"""What a live call counts as in the figures of now."""

MENU_CALLS: Mapping[bool, Text] = {False: _("not offered"), True: _("abandoned")}
"""What calls that ended in the menu count as, by whether their group says that they were offered."""
MARK_NOTES: Mapping[str, Text] = {"menu": _("{mark}, in the menu"), "unclear": _("{mark}, side unclear")}
"""What a call counts as, and what is to be said of it besides."""


def mark_words(mark: str, note: str) -> Text:
    """What one call counts as, with one of `MARK_NOTES`, or "" for none."""
    return str(MARK_NOTES[note]).format(mark=MARKS[mark]) if note else MARKS[mark]


GOAL_LEVELS: Mapping[str, Text] = {
    "none": _("no calls yet"),
    "few": _("few calls"),
    "fine": _("on goal"),
    "warn": _("below goal"),
    "alarm": _("far below goal"),
}
"""How a service level stands to its goal."""

UNUSUAL: Mapping[str, Text] = {
    "quarantined": _("of the latest deliveries were set aside"),
    "flagged": _("of the latest deliveries had something odd about their bytes"),
    "contradictory": _("of the latest calls contradict themselves"),
}
"""What a share above the usual is a share of, behind "12 of 80"."""

"""A whole made-up call: what the provider says of it and when. Also what both directions spell alike."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .dice import SITE

ANSWERED = "ANSWER"
# Reserved for examples (RFC 2606): nobody is asked for recordings that do not exist.
RECORDING_HOST = "recordings.example"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing the provider says: when, in which fields."""

    at: datetime
    fields: dict[str, str]
    is_report: bool = False


@dataclass(slots=True)
class Script:
    """A whole call. `says` ends with its report; `busy` tells until when each agent's phone is taken."""

    ref: str
    customer: str
    shape: str
    says: list[Said] = field(default_factory=list)
    busy: dict[str, datetime] = field(default_factory=dict)

    @property
    def ends_at(self) -> datetime:
        return self.says[-1].at

    @property
    def is_seen_live(self) -> bool:
        return len(self.says) > 1


@dataclass(frozen=True, slots=True)
class Ids:
    """What a call is called. Its start is part of it, so that a later run makes other calls."""

    number: int

    def incoming_sid(self, start: datetime) -> str:
        return f"{int(start.timestamp())}.{self.number}"

    def outgoing_sid(self, start: datetime) -> str:
        return f"{int(start.timestamp())}{self.number:06d}"

    def campid(self, start: datetime) -> str:
        return f"{int(start.timestamp()) % 10_000_000}{self.number:05d}"


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments of a call's legs; None for what never happened."""

    start: datetime
    end: datetime
    leg_a_picked: datetime | None = None
    leg_b_start: datetime | None = None
    leg_b_picked: datetime | None = None

    def fields(self, never: str) -> dict[str, str]:
        """The fields that a report gives them, lengths in whole seconds between the whole seconds it shows."""
        talk = whole_seconds(self.leg_b_picked, self.end) if self.leg_b_picked else 0
        return {
            "StartTime": stamp(self.start),
            "EndTime": stamp(self.end),
            "CallDuration": str(whole_seconds(self.start, self.end)),
            "TalkDuration": str(talk),
            "LegA_Picked_time": stamp(self.leg_a_picked) if self.leg_a_picked else never,
            "LegB_Start_time": stamp(self.leg_b_start) if self.leg_b_start else never,
            "LegB_Picked_time": stamp(self.leg_b_picked) if self.leg_b_picked else never,
        }


def live(said: dict[str, str], word: str) -> dict[str, str]:
    return {"type": "live_call", **said, "Status": word}


def recording(kind: str, ref: str, start: datetime, ending: str) -> str:
    return f"https://{RECORDING_HOST}/{kind}/{start.astimezone(SITE):%m_%Y}/{ref}.{ending}"


def stamp(moment: datetime) -> str:
    """A moment as the provider writes it: the site's clock, no zone."""
    return f"{moment.astimezone(SITE):%Y-%m-%d %H:%M:%S}"


def whole_seconds(start: datetime, end: datetime) -> int:
    return int(end.timestamp()) - int(start.timestamp())


def lasting(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)

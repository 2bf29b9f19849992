"""A made-up delivery as the request that a provider's panel would send."""

import json
from dataclasses import dataclass
from urllib.parse import quote, urlencode

TIMES = ("StartTime", "EndTime", "LegA_Picked_time", "LegB_Start_time", "LegB_Picked_time")
# The older shape has no more than these.
GET_FIELDS = (
    *("SourceNumber", "DestinationNumber", "DialWhomNumber", "CallDuration", "coins", "Status", "StartTime"),
    *("EndTime", "CallSid", "CallRecordingUrl", "Direction", "campid", "TalkDuration", "call_group", "receiver_name"),
    *("LegA_Picked_time", "LegB_Start_time", "LegB_Picked_time"),
)


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request without its URL. `query` has no question mark."""

    method: str
    query: str = ""
    body: bytes = b""
    content_type: str = ""


def encode(fields: dict[str, str], shape: str) -> Request:
    """Spell fields as json, form or get: the last as the provider's documentation has it, an older panel's way."""
    if shape == "json":
        return Request("POST", body=json.dumps(fields).encode(), content_type="application/json")
    if shape == "form":
        return Request("POST", body=urlencode(fields).encode(), content_type="application/x-www-form-urlencoded")
    return Request("GET", query=urlencode(_older(fields), quote_via=quote))


def _older(fields: dict[str, str]) -> dict[str, str]:
    """No type, the letter n inside times, and virtual numbers without their first 0."""
    older = {name: fields[name] for name in GET_FIELDS if name in fields}
    older.update({name: older[name].replace(" ", "n") for name in TIMES if name in older})
    older["DestinationNumber"] = older["DestinationNumber"].removeprefix("0")
    return older

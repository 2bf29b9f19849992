"""How many calls waited for how many whole seconds. Pure.

The counts of all seconds stand in one whole number, with 32 bits for each second, as digits stand in a decimal. So two
of them are added in one step, all seconds at once, and those of thousands of spans within milliseconds. Waits of a
quarter of an hour and more stand apart: they are few, and a lane for a wait of days would make the number long.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from struct import Struct

LANE_BITS = 32
_LANE_BYTES = LANE_BITS // 8
LANES = 900
"""A wait that is shorter than so many seconds has a lane."""
_ALL_ONES = (1 << LANE_BITS) - 1
_MOST_IN_BYTE, _MOST_IN_TOP_BYTE = 255, 127
"""A lane that was made less than nothing has borrowed from the next one, and its top bit is set."""


class Waits:
    """Calls by whole second of their wait: in `lanes`, and the long waits by their seconds.

    Counts may be taken out before they are added: only what is left in the end must not be negative. It holds for
    less than two thousand million calls.
    """

    __slots__ = ("lanes", "long")

    def __init__(self, lanes: int = 0, long: Mapping[int, int] | None = None) -> None:
        self.lanes = lanes
        self.long: dict[int, int] = dict(long) if long else {}

    def __iadd__(self, more: "Waits") -> "Waits":
        self.lanes += more.lanes
        for wait, count in more.long.items():
            self.long[wait] = self.long.get(wait, 0) + count
        return self

    def total(self) -> int:
        return _total(self.lanes) + sum(self.long.values())

    def until(self, last: int) -> int:
        """How many calls waited for so many seconds or less."""
        if last < 0:
            return 0
        return _total(self.lanes & _below(last + 1)) + sum(count for wait, count in self.long.items() if wait <= last)

    def less(self, allowance: int) -> "Waits":
        """The same calls with so many seconds less each, none below 0."""
        if not allowance:
            return self
        at_once = _total(self.lanes & _below(allowance))
        long: Counter[int] = Counter()
        for wait, count in self.long.items():
            long[max(0, wait - allowance)] += count
        return Waits((self.lanes >> LANE_BITS * allowance) + at_once, long)

    def by_second(self) -> dict[int, int]:
        """The count of each second that has one, the shortest wait first."""
        found = {wait: count for wait, count in enumerate(_seconds(self.lanes)) if count}
        if self.long:
            found = dict(sorted((Counter(found) + Counter(self.long)).items()))
        return found

    def seconds(self) -> int:
        """The waits of all calls together."""
        return sum(wait * count for wait, count in self.by_second().items())

    def quantile(self, share: float) -> int | None:
        """The shortest wait that at least this share of the calls did not exceed (nearest rank)."""
        left = self.total() * share
        for wait, count in self.by_second().items():
            left -= count
            if left <= 1e-9:
                return wait
        return None


def _total(lanes: int) -> int:
    """The sum of all lanes: what a cross sum is to a decimal, of which nine leaves the same rest."""
    return lanes % _ALL_ONES


@lru_cache(maxsize=2_048)
def _below(wait: int) -> int:
    """Covers the lanes of shorter waits."""
    return (1 << LANE_BITS * wait) - 1


def _seconds(lanes: int) -> memoryview:
    width = -(-lanes.bit_length() // LANE_BITS)
    return memoryview(lanes.to_bytes(_LANE_BYTES * width, "little")).cast("I")


# --- as they are stored -----------------------------------------------------------------------------------------


class Packing:
    """Writes the lanes of some named counts as bytes, and reads them: one byte for each second while counts are small.

    At first stand the widths, in seconds and in the order of the names. Then come the lowest bytes of all lanes; then,
    if one lane needs it, their second bytes, and so on. No calls are no bytes.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._widths = Struct(f"<{len(self.names)}H")

    def pack(self, lanes: Mapping[str, int]) -> bytes:
        """Raises OverflowError where more calls were taken out of a second than there were."""
        numbers = [lanes.get(name, 0) for name in self.names]
        widths = [-(-number.bit_length() // LANE_BITS) for number in numbers]
        if not any(widths):
            return b""
        wide = b"".join(
            number.to_bytes(_LANE_BYTES * width, "little") for number, width in zip(numbers, widths, strict=True)
        )
        planes = [wide[place::_LANE_BYTES] for place in range(_LANE_BYTES)]
        if max(planes[-1]) > _MOST_IN_TOP_BYTE:
            raise OverflowError("A lane is below nothing.")
        while not any(planes[-1]):
            planes.pop()
        return self._widths.pack(*widths) + b"".join(planes)

    def patched(self, packed: bytes, changes: Iterable[tuple[str, int, int]]) -> bytes | None:
        """The same with some counts changed, by name and second; None where a byte for each second is not enough.

        It takes a third of the time of reading all lanes and writing them again.
        """
        widths = self._widths.unpack_from(packed) if packed else (0,) * len(self.names)
        at = self._widths.size
        if packed and len(packed) != at + sum(widths):
            return None
        lanes = {}
        for name, width in zip(self.names, widths, strict=True):
            lanes[name] = bytearray(packed[at : at + width])
            at += width
        for name, second, count in changes:
            lane = lanes[name]
            if second >= len(lane):
                lane.extend(bytes(second + 1 - len(lane)))
            total = lane[second] + count
            if not 0 <= total <= _MOST_IN_BYTE:
                return None
            lane[second] = total
        return self._widths.pack(*map(len, lanes.values())) + b"".join(lanes.values())

    def add(self, packed: bytes, to: dict[str, int]) -> None:
        """Add what is packed to these lanes by name."""
        if not packed:
            return
        widths, head = self._widths.unpack_from(packed), self._widths.size
        size = sum(widths)
        wide = bytearray(_LANE_BYTES * size)
        for place, start in enumerate(range(head, len(packed), size)):
            wide[place::_LANE_BYTES] = packed[start : start + size]
        end = 0
        for name, width in zip(self.names, widths, strict=True):
            if width:
                at, end = end, end + _LANE_BYTES * width
                to[name] = to.get(name, 0) + int.from_bytes(wide[at:end], "little")

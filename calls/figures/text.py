"""Figures as people read them."""

from calls.figures.definitions import FEW, Unit, Value

NOTHING = "–"


def text_of(value: Value) -> str:
    """A figure in words: a share over few calls is told as counts, one over none is a dash."""
    if value.unit is Unit.CALLS:
        return f"{int(value.numerator):,}"
    amount = value.amount
    if amount is None:
        return NOTHING
    if value.unit is Unit.SHARE:
        if value.denominator < FEW:
            return f"{int(value.numerator)} of {int(value.denominator)}"
        return f"{100 * amount:.1f} %"
    if value.unit is Unit.PERCENT:
        return f"{100 * amount:.1f} %"
    if value.unit is Unit.NUMBER:
        return f"{amount:,.1f}"
    return length(amount) if value.unit is Unit.SECONDS else f"{amount:,.2f}"


def length(seconds: float) -> str:
    """0:42, 12:05, 1:02:03; to the nearest second."""
    whole = int(seconds + 0.5)
    minutes, rest = divmod(whole, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"

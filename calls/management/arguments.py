"""What commands take for a number, a share or a moment."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import datetime
from typing import Any


def _number(kind: Callable[[str], Any], most: float, name: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        number = kind(text)
        if not 0 <= number <= most:
            raise ArgumentTypeError(f"must be from 0 to {most:g}")
        return number

    read.__name__ = name
    return read


count = _number(int, 10**9, "whole number")
amount = _number(float, 10**9, "number")
share = _number(float, 1, "share")
moment = datetime.fromisoformat

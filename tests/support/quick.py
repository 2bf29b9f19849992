"""What the quick run leaves out of a test that is run with many values."""

from typing import Any

import pytest


def slow(*values: Any) -> list[Any]:
    """These values of a parameter, left out of `python3 run.py test --quick`."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]

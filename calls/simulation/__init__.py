"""Made-up telephone traffic in the provider's own words: the same seed and start make the same deliveries."""

from . import story
from .days import DAYS, USUAL, Day
from .encoding import Request, encode
from .sender import Sender
from .traffic import Delivery, Traffic

__all__ = ["DAYS", "USUAL", "Day", "Delivery", "Request", "Sender", "Traffic", "encode", "story"]

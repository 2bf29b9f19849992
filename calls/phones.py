"""Phone numbers: one spelling for each, and a key to compare them by."""

import re
from functools import lru_cache

import phonenumbers

# Letters would be read as a keypad ("90XXXXXX01" is a masked number, not a vanity one).
_DIALABLE = re.compile(r"\+?[\d\s().\-/]+\Z")
# India's numbers of ten digits, however the country is said: all are possible, and this is all that is to be known.
_INDIAN = re.compile(r"(?:\+?91|0)?([1-9][0-9]{9})\Z")
_DIGIT = re.compile(r"\d")


def normalise(raw: str, region: str) -> str:
    """Give the E.164 spelling where the text is a number possible in `region`, else the text itself.

    Withheld ("anonymous"), masked ("90XXXXXX01") and SIP extensions ("201") come back as they are.
    """
    text = raw.strip()
    if region == "IN" and (indian := _INDIAN.match(text)):
        return f"+91{indian[1]}"  # As phonenumbers has it, which takes a hundred times as long.
    if not _DIALABLE.match(text):
        return text
    try:
        number = phonenumbers.parse(text, region)
        if not phonenumbers.is_possible_number(number) and not text.startswith("+"):
            # "91 90000 00101": the country code without its plus.
            number = phonenumbers.parse("+" + text.lstrip("0"), region)
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        pass
    return text


@lru_cache(maxsize=8_192)  # ours come again and again, and customers for as long as they call
def match_key(number: str) -> str:
    """Say what two spellings of one number share: the last ten digits.

    A number that hides digits, or is too short to have ten, is only equal to itself.
    """
    if _DIALABLE.match(number):
        digits = "".join(_DIGIT.findall(number))
        if len(digits) >= 10:
            return digits[-10:]
    return number.casefold()


def digits_reversed(number: str | None) -> str:
    """The digits from last to first: what "ends in 0101" is looked up by."""
    bare = number.removeprefix("+") if number else ""
    if bare.isascii() and bare.isdigit():
        return bare[::-1]
    return "".join(_DIGIT.findall(number or ""))[::-1]

"""Phone numbers: one spelling for each, a key to compare them by, and what only looks like one."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

import phonenumbers

from calls.spellings import spelling_key

WITHHELD = "anonymous"
"""What stands for a caller who hides their number, however the network says it."""

# A text of these words alone, "number", "caller" and their like aside, stands for a hidden number: "No Caller ID",
# "sip:anonymous@anonymous.invalid". The letters O and P are what exchanges send for "out of area" and "private".
_WITHHELD_WORDS = frozenset({
    "anonymous", "private", "restricted", "withheld", "unknown", "unavailable", "blocked", "hidden", "suppressed",
    "undisclosed", "clir", "payphone", "coinphone", "no", "not", "available", "provided", "known", "disclosed", "out",
    "of", "area", "o", "p",
})  # fmt: skip
_ASIDE = frozenset({
    "number", "caller", "callers", "call", "calling", "id", "callerid", "cli", "name", "party", "user", "subscriber",
    "sip", "sips", "tel", "invalid",
})  # fmt: skip
# The same words typed on a keypad (266696687 spells ANONYMOUS), which is how they reach those who pass on digits only:
# the forms that Twilio's documentation lists. Others put zeros or India's code before them, as before any number.
_WITHHELD_KEYPAD = frozenset(
    {"266696687", "7378742833", "2562533", "8566696", "8656696", "86282452253", "7748283", "7748483"}
)
_WORD = re.compile(r"[^\W\d_]+")
_ALL_HIDDEN = re.compile(r"[+\s]*[x*•#][x*•#\s\-]{3,}\Z")

# India's numbers of ten digits, however often the country and the trunk's zero are said before them: all ten digits
# that begin with none are possible, and this is all that is to be known.
_INDIAN = re.compile(r"(?:\+(?:0|91)+?|(?:0|91)*?)([1-9][0-9]{9})\Z")
_SEPARATORS = re.compile(r"[\s().\-/_]+")
_DIGITS = re.compile(r"\+?[0-9]{1,40}\Z")
_TRUNK_ZERO = re.compile(r"\(0\)")
_SCHEME = re.compile(r"(?:tel|callto|phone):(?://)?", re.IGNORECASE)
_SIP = re.compile(r"sips?:(\+?[0-9]{7,15})@", re.IGNORECASE)
_PARAMETERS = re.compile(r"(?:;(?s:.*)|,?\s?ext(?:n|ension)?\.?\s?[0-9]{1,6})\Z", re.IGNORECASE)
_FLOAT = re.compile(r"(\+?[0-9]{4,20})\.0+\Z")
_EXPONENT = re.compile(r"([0-9])(?:[.,]([0-9]{1,20}))?[eE]\+?([0-9]{1,2})\Z")
_SUM = re.compile(r"[0-9]+\s*\+\s*[0-9]")
_HIDDEN = re.compile(r"\+?(?=.*[Xx*•#])(?=.*[0-9])[0-9Xx*•#\s\-]+\Z")
_DIGIT = re.compile(r"\d")
_MOST_ZEROS = 3
"""More zeros at the end of a number that a spreadsheet wrote with an exponent: its last digits were rounded away."""
_CODES = {str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}
_CODES_OF_ONE = frozenset(code for code in _CODES if len(code) == 1)
_CODES_OF_TWO = frozenset(code for code in _CODES if len(code) == 2)


def normalise(raw: str, region: str) -> str:
    """Give the E.164 spelling where the text is a number possible in `region` (ISO 3166, two letters).

    Otherwise: `WITHHELD` for the stand-ins of a hidden number, and the cleaned text itself for masked numbers
    ("90XXXXXX01"), extensions ("201") and SIP addresses. A number that is valid only with a plus in front is not
    given the country of the source.
    """
    text = raw.strip()
    if region == "IN" and (indian := _INDIAN.match(text)):
        # As phonenumbers has it, which takes a hundred times as long.
        return WITHHELD if indian[1] in _WITHHELD_KEYPAD else f"+91{indian[1]}"
    text = cleaned(text)
    if is_withheld(text):
        return WITHHELD
    compact = _compact(text)
    if not _DIGITS.match(compact):
        return text
    if region == "IN" and (indian := _INDIAN.match(compact)):
        return f"+91{indian[1]}"
    return _e164(compact, region) or compact


def cleaned(text: str) -> str:
    """The text without invisible marks, with plain blanks and ASCII digits: as a person believes to see it."""
    if not text.isascii():
        text = "".join(map(_plain_character, text))
    return " ".join(text.split())


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character == "\u2212":
        return "-"
    if category == "Cf":
        return ""
    if category in ("Zs", "Zl", "Zp", "Cc"):
        return " "
    return {"＋": "+", "（": "(", "）": ")", "．": "."}.get(character, character)


def is_withheld(text: str) -> bool:
    """Whether a text stands for a caller who hides their number: words, their keypad form, zeros or masks only."""
    word = text.casefold().partition(";")[0].strip("<>\"' +")
    if any(map(str.isdigit, word)):
        digits = word.lstrip("0")
        return word == "-1" or (not digits and len(word) > 1) or _on_keypad(digits)
    words = set(_WORD.findall(word)) - _ASIDE
    return (bool(words) and words <= _WITHHELD_WORDS) or _ALL_HIDDEN.match(word) is not None


def _on_keypad(digits: str) -> bool:
    return digits in _WITHHELD_KEYPAD or digits.removeprefix("91") in _WITHHELD_KEYPAD


def _compact(text: str) -> str:
    """The digits of a number, with one plus in front where there was any; or a text that is no number."""
    if "%" in text:
        text = " ".join(unquote(text).split())
    text = text.strip("'\"=")
    if sip := _SIP.match(text):
        return sip[1]
    text = _PARAMETERS.sub("", _SCHEME.sub("", text, count=1))
    if found := _FLOAT.match(text):
        text = found[1]
    elif (found := _EXPONENT.match(text)) and (whole := _from_exponent(*found.groups())):
        text = whole
    if _SUM.match(text):
        return text  # "1+1" adds two numbers, and is none.
    if "+" in text:
        text = "+" + _TRUNK_ZERO.sub("", text).replace("+", "")
    return _SEPARATORS.sub("", text)


def _from_exponent(first: str, rest: str | None, power: str) -> str | None:
    """The number that a spreadsheet wrote as 9.000000101E+09, unless its last digits are lost."""
    digits, zeros = first + (rest or "").rstrip("0"), int(power) - len((rest or "").rstrip("0"))
    return digits + "0" * zeros if 0 <= zeros <= _MOST_ZEROS else None


def _e164(compact: str, region: str) -> str | None:
    """The first candidate that is valid; if none is, the first that is possible."""
    parsed = [found for text, where in _candidates(compact, region) if (found := _parse(text, where))]
    for accepted in (phonenumbers.is_valid_number, phonenumbers.is_possible_number):
        for number in parsed:
            if accepted(number):
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def _candidates(compact: str, region: str) -> list[tuple[str, str | None]]:
    """How digits may be meant, likeliest first: (text, region)."""
    bare = compact.lstrip("+0")
    abroad: list[tuple[str, str | None]] = [("+" + bare, None)]
    if twice := re.match(r"([1-9][0-9]{0,2})0{0,2}\1", bare):  # "+91 91 90000 00101"
        abroad.append(("+" + bare[len(twice[0]) - len(twice[1]) :], None))
    if compact.startswith("+"):
        return abroad
    at_home: tuple[str, str | None] = (compact, region)
    # Ten digits are a number at home, more may be one abroad whose plus got lost.
    return [at_home, *abroad] if len(bare) <= 10 else [*_at_home_if_valid(at_home), *abroad]


def _at_home_if_valid(candidate: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    number = _parse(*candidate)
    return [candidate] if number and phonenumbers.is_valid_number(number) else []


def _parse(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def is_possible(number: str) -> bool:
    """Whether a number with its country code can be a telephone's: it has as many digits as there may be."""
    parsed = _parse(number, None)
    return parsed is not None and phonenumbers.is_possible_number(parsed)


def is_rounded(text: str) -> bool:
    """Whether a spreadsheet's exponent lost the last digits of a number (9.19E+11): it is nobody's number."""
    found = _EXPONENT.match(cleaned(text).strip("'\"= "))
    return found is not None and _from_exponent(*found.groups()) is None


def is_masked(number: str) -> bool:
    """Whether digits of a number are hidden ("90XXXXXX01")."""
    return _HIDDEN.match(number) is not None


def may_be(masked: str, number: str) -> bool:
    """Whether a masked number can be this full one: the digits that it shows are the same, from the end on."""
    shown, digits = re.sub(r"[\s+\-]", "", masked).lstrip("0"), number.removeprefix("+")
    pairs = zip(reversed(shown), reversed(digits), strict=False)
    return is_masked(masked) and 4 < len(shown) <= len(digits) + 1 and all(a in (b, *"Xx*•#") for a, b in pairs)


@lru_cache(maxsize=8_192)  # ours come again and again, and customers for as long as they call
def match_key(number: str) -> str:
    """Say what equal numbers share: the whole E.164 number, or the key of a text (a name typed by hand, an extension).

    Numbers with the same last digits under different country codes are different people's.
    """
    return number if number[:1] == "+" else spelling_key(number)[:64]


def country_code(number: str) -> str:
    """The country code of an international number (E.164, or the same with hidden digits), or ""."""
    digits = number.removeprefix("+")
    if digits == number:
        return ""
    size = 1 if digits[:1] in _CODES_OF_ONE else 2 if digits[:2] in _CODES_OF_TWO else 3
    return digits[:size] if digits[:size].isdigit() else ""


def digits_reversed(number: str | None) -> str:
    """The digits from last to first: what "ends in 0101" is looked up by."""
    bare = number.removeprefix("+") if number else ""
    if bare.isascii() and bare.isdigit():
        return bare[::-1]
    return "".join(_DIGIT.findall(number or ""))[::-1]

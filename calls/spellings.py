"""Names typed by hand: how one is shown, and what all its spellings have in common."""

import html
import re
import unicodedata
from functools import lru_cache

LONGEST_KEY = 200
_ESCAPE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_MOST_ESCAPES = 3
"""How often a name may have been escaped on its way: `R&amp;amp;D` was, twice."""
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Signs that are letters or pictures to Unicode, and show as nothing."""
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02bc\u02b9\u2032\u00b4`"), "'")


def tidied(name: str) -> str:
    """The name as it is shown: no HTML escapes, no invisible marks, plain single blanks; letters as they came."""
    for _ in range(_MOST_ESCAPES):
        if (plain := _ESCAPE.sub(lambda found: html.unescape(found[0]), name)) == name:
            break
        name = plain
    # The joiners stay: scripts of India and Iran, and emoji, write other signs with them.
    return " ".join("".join(_shown(sign) for sign in name).split()).strip("\u200c\u200d")


@lru_cache(maxsize=4_096)
def spelling_key(name: str) -> str:
    """What all spellings of one name share: "" for a name of blanks and invisible marks only.

    Spellings differ in case, blanks, invisible marks, HTML escapes, the form of Unicode, kinds of dashes and
    apostrophes. Turkish letters i with and without a dot are one, since their capitals are mixed up by most programs.
    """
    folded = tidied(name)
    for _ in range(2):  # Folding the case may leave signs that the form of Unicode would join, and the reverse.
        folded = unicodedata.normalize("NFKC", folded).casefold()
    folded = folded.replace("i\u0307", "i").replace("\u0131", "i").translate(_APOSTROPHES)
    return " ".join("".join(_compared(sign) for sign in folded).split())[:LONGEST_KEY].rstrip()


def _shown(sign: str) -> str:
    if sign.isspace() or sign in _BLANK_LETTERS or unicodedata.category(sign) == "Cc":
        return " "
    return "" if unicodedata.category(sign) == "Cf" and sign not in "\u200c\u200d" else sign


def _compared(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Pd" or sign == "\u2212":
        return "-"
    if category == "Cf" or sign == "\u034f" or "\ufe00" <= sign <= "\ufe0f":
        return ""
    return " " if sign.isspace() or sign in _BLANK_LETTERS or category == "Cc" else sign

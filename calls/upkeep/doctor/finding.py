"""What an examination finds: one line, and what to do where it is not well."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: how it is, and what to do where it is not well. `well` None: worth knowing, no problem."""

    well: bool | None
    what: str
    advice: str = ""

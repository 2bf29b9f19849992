"""Sessions in Django's table. A disk that is full is not a session that was deleted, which Django makes of it."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError

from .unavailable import is_unavailable


class SessionStore(db.SessionStore):
    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            if is_unavailable(error.__context__):
                raise error.__context__ from None  # type: ignore[misc]
            raise

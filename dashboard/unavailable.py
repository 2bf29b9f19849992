"""What is answered while the database or the disk cannot serve: 503 and one line, wherever it was noticed.

Django asks this handler for every error that nothing else took: of a view, of a template, of another middleware.
"""

import errno
import logging
import sys

from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.utils import InternalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.views.defaults import server_error

log = logging.getLogger("callboard.pages")

RETRY_AFTER_SECONDS = 5
SHORT_OF = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE}


def is_unavailable(problem: BaseException | None) -> bool:
    """Whether this is the state of database or disk, and no fault of a page."""
    if isinstance(problem, OSError):
        return problem.errno in SHORT_OF
    # A damaged database says no more than DatabaseError; the other kinds of it are faults of ours.
    return isinstance(problem, OperationalError | InterfaceError | InternalError) or type(problem) is DatabaseError


def error_page(request: HttpRequest) -> HttpResponse:
    """Django's handler500: the error is the one that is being handled."""
    problem = sys.exc_info()[1]
    if not is_unavailable(problem):
        return server_error(request)
    route = request.resolver_match.route if request.resolver_match else "..."
    log.error("page unavailable: /%s: %s: %s", route, type(problem).__name__, problem)
    answer = _answer(request)
    answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    # Django would log the error once more, with all its lines; this is how its own code says that it need not.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def _answer(request: HttpRequest) -> HttpResponse:
    """Nothing here may ask the database: not even who is signed in."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "The database cannot be reached. Try again in a moment."}, status=503)
    return HttpResponse(get_template("503.html").render(), status=503)

"""`/api/calls/`: the calls that the asker may see, a page at a time or one with its story."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from calls.database.columns import columns_of
from calls.display.causes import cause_word
from calls.display.explanation import plain, story
from calls.display.masking import masked_said, masked_set_by
from calls.display.recordings import allowed_link, hosts_of
from calls.display.rows import read_names
from calls.figures.call_waits import told as waits_told
from calls.figures.group_rules import Rules
from calls.history import search as history
from calls.models import Call
from calls.models.access import Scope, scope_of
from calls.people import audit
from calls.words import Act

from .filters import CallQuery

KEYS = ("began_at", "id")


class SeesCalls(BasePermission):
    """Signed in, and entitled to see some calls. The scope found is kept on the view."""

    message = "You are not entitled to see any calls."

    def has_permission(self, request: Request, view: "CallsView") -> bool:
        if scope := scope_of(request.user):
            view.viewer = scope
        return scope is not None


class CallsView(APIView):
    """What both views share: who may ask, and that answers are kept nowhere."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [SeesCalls]
    renderer_classes = [JSONRenderer]
    http_method_names = ["get", "head"]
    viewer: Scope

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class CallList(CallsView):
    """The calls, latest first: `calls` (rows as in docs/events.md) and `next`, the cursor of the page after."""

    def get(self, request: Request) -> Response:
        query = CallQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        self.keep_searches(request, query)
        calls = query.narrow(Call.objects.visible_to(request.user), masked=self.viewer.masked)
        asked = query.validated_data
        try:
            page = history.page(calls, KEYS, asked["limit"], asked.get("cursor", ""))
        except ValueError:
            raise ValidationError({"cursor": ["Not a cursor that an answer gave."]}) from None
        return Response({"calls": rows(page.rows, self.viewer), "next": page.older})

    def keep_searches(self, request: Request, query: CallQuery) -> None:
        """Keep the numbers that are asked for. Refuses a masked person who asks for too many."""
        for number in query.numbers():
            try:
                audit.record_search(audit.person(request._request), number, masked=self.viewer.masked)
            except audit.TooManySearches as too_many:
                raise Throttled(
                    too_many.wait_seconds, f"You may search for {audit.SEARCHES_A_MINUTE} numbers a minute."
                ) from None


class CallDetail(CallsView):
    """One call: its row with `recording_url`, `also_said` and `waits`, its `story`, and which delivery set each field.

    The id of a call that turned out to be another one is answered with that one, under its own id.
    """

    def get(self, request: Request, call: int) -> Response:
        calls = Call.objects.visible_to(request.user).select_related("source")
        found = calls.filter(id=call).first() or calls.filter(merged__id=call).first()
        if found is None:
            raise Http404
        masked, said = self.viewer.masked, found.also_said or {}
        link = None if masked else allowed_link(found.recording_url, hosts_of(found.source.recording_hosts))
        if link:
            audit.record_look(audit.person(request._request), Act.RECORDING_READ, f"call {found.pk}")
        return Response(
            {
                "call": {
                    **rows([found], self.viewer)[0],
                    "recording_url": link,
                    "also_said": masked_said(said) if masked else said,
                    "waits": waits_told(columns_of(found), Rules().of(found.group_id), timezone.now()),
                },
                "story": story(found, masked=masked),
                "set_by": masked_set_by(found.set_by) if masked else found.set_by,
            }
        )


def rows(calls: list[Call], viewer: Scope) -> list[dict[str, Any]]:
    """The calls as rows of docs/events.md, in plain JSON types, with the words for their error codes."""
    names = read_names()
    shown = (history.row_of(call, names, masked=viewer.masked) for call in calls)
    return [
        {name: plain(value) for name, value in row.items()} | {"error_cause": cause_word(row["error_code"])}
        for row in shown
    ]

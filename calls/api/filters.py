"""What a list of calls can be asked for: every parameter checked, none ignored."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from calls.days import is_possible
from calls.history import search as history
from calls.models import CallGroup
from calls.models.call import CallQuerySet
from calls.words import Direction, Outcome, State

LONGEST = 120
LARGEST_PAGE = 200


class Moment(serializers.DateTimeField):
    """A moment of 1970 to 2099; one without a zone is in the site's."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = super().to_internal_value(value)
        except OverflowError:  # The first day there is, in a zone that is ahead of UTC.
            moment = None
        if moment is None or not is_possible(moment):
            raise serializers.ValidationError("Choose a moment between 1970 and 2099.")
        return moment


class CallQuery(serializers.Serializer):
    """The parameters of `GET /api/calls/`. Unknown ones are refused: a misspelt filter would give everything."""

    state = serializers.ChoiceField([*map(str, State), "live"], required=False)
    direction = serializers.ChoiceField([*map(str, Direction)], required=False)
    outcome = serializers.ChoiceField([*map(str, Outcome)], required=False)
    error_code = serializers.CharField(max_length=20, required=False, help_text="As `error_code` of a row.")
    campaign_id = serializers.CharField(max_length=100, required=False, help_text="As `campaign_id` of a row.")
    group = serializers.CharField(
        max_length=LONGEST, required=False, help_text="Name of the call group, in any spelling."
    )
    agent = serializers.CharField(max_length=64, required=False, help_text="The agent's number, in any spelling.")
    since = Moment(required=False, help_text="Began at this moment or later (ISO 8601, with zone).")
    until = Moment(required=False, help_text="Began before this moment.")
    number = serializers.CharField(max_length=64, required=False, help_text="A number, or its last digits.")
    cursor = serializers.CharField(max_length=64, required=False, help_text="As `next` gave it.")
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=50)

    def validate(self, attrs: dict) -> dict:
        if unknown := sorted(set(self.initial_data) - set(self.fields)):
            raise serializers.ValidationError({name: ["There is no such parameter."] for name in unknown})
        return attrs

    def numbers(self) -> list[str]:
        """The numbers that are asked for. The digits that masked people are shown of a customer's are none."""
        asked = self.validated_data
        wanted = [asked["number"]] if "number" in asked and not history.is_shown_ending(asked["number"]) else []
        return [text for text in (*wanted, asked.get("agent", "")) if history.asks_for_number(text)]

    def narrow(self, calls: CallQuerySet, *, masked: bool) -> QuerySet:
        """The calls that were asked for, of those given."""
        asked = self.validated_data
        if asked.get("state") == "live":
            calls = calls.live()
        columns = {"direction": "direction", "outcome": "outcome"}
        columns |= {"error_code": "error_code", "campaign_id": "campaign_id"}
        columns |= {"since": "began_at__gte", "until": "began_at__lt"}
        columns |= {} if asked.get("state") == "live" else {"state": "state"}
        calls = calls.filter(**{column: asked[name] for name, column in columns.items() if name in asked})
        if "group" in asked:
            calls = calls.filter(
                group__in=list(CallGroup.objects.meant_by(asked["group"]).values_list("id", flat=True))
            )
        if "agent" in asked:
            calls = history.by_agent(calls, asked["agent"])
        return history.by_number(calls, asked["number"], masked=masked) if "number" in asked else calls

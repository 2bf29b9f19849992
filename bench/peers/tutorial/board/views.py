"""The webhook: stored in one transaction, then told to the group."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Call, Event, RawDelivery


class HookSerializer(serializers.Serializer):
    CallSid = serializers.CharField(max_length=40)
    CallStatus = serializers.CharField(max_length=20)
    SequenceNumber = serializers.IntegerField(default=0)
    Direction = serializers.CharField(max_length=20)
    From = serializers.CharField(max_length=32)
    To = serializers.CharField(max_length=32)
    CallerName = serializers.CharField(max_length=80, required=False, default="")
    Agent = serializers.CharField(max_length=80, required=False, default="")
    Queue = serializers.CharField(max_length=80, required=False, default="")
    CallDuration = serializers.IntegerField(required=False, default=None, allow_null=True)
    Price = serializers.CharField(max_length=20, required=False, default=None, allow_null=True)
    RecordingUrl = serializers.CharField(max_length=200, required=False, default=None, allow_null=True)


class CallSerializer(serializers.ModelSerializer):
    class Meta:
        model = Call
        fields = "__all__"


class Hook(APIView):
    authentication_classes = []
    permission_classes = []

    def post(self, request):
        body = request._request.body.decode()
        s = HookSerializer(data=request.data)
        s.is_valid(raise_exception=True)
        d = s.validated_data
        with transaction.atomic():
            raw = RawDelivery.objects.create(content_type=request.content_type, body=body)
            call, _ = Call.objects.update_or_create(sid=d["CallSid"], defaults=dict(
                status=d["CallStatus"], seq=d["SequenceNumber"], direction=d["Direction"], from_number=d["From"],
                to_number=d["To"], caller_name=d["CallerName"], agent=d["Agent"], queue=d["Queue"],
                duration=d["CallDuration"], price=d["Price"], recording_url=d["RecordingUrl"]))
            Event.objects.create(call=call, delivery=raw, status=call.status, seq=call.seq)
        async_to_sync(get_channel_layer().group_send)("board", {"type": "call.update", "call": CallSerializer(call).data})
        return Response({"ok": True})

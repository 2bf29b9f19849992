"""The suites by name. Those that take hours are measured only when they are named."""

from bench.suites import boards, history, ingest, latency, limits, live, soak

SUITES = {each.SUITE.name: each.SUITE for each in (ingest, latency, live, boards, limits, history, soak)}
LONG = ("history", "soak")

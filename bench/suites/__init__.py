"""The suites by name. Those that take hours are measured only when they are named."""

from bench.suites import boards, browser, figures, history, ingest, latency, limits, live, projections, soak

SUITES = {
    each.SUITE.name: each.SUITE
    for each in (ingest, latency, live, boards, limits, projections, history, figures, soak, browser)
}
LONG = ("history", "figures", "soak", "browser")
SHORTENED = ("history", "figures", "browser")
"""Long suites that have a short form."""

"""The load tool: sends complete lives of calls to a webhook and watches boards, over loopback only."""

from bench.load.measure import Load, LoadFailed, Target, measure

__all__ = ["Load", "LoadFailed", "Target", "measure"]

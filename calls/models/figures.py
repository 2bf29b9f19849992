"""What figures are read from: sums of ended calls by span of time, and how each group is counted."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from .directory import CallGroup


class Projection(models.Model):
    """Something that is made from calls behind the traffic, and how far it has come.

    `version` counts what was written to it: who reads it in several steps sees by it that nothing came between.
    """

    name = models.CharField(primary_key=True, max_length=32)
    epoch = models.CharField(max_length=16, blank=True, help_text="The epoch of the numbers that it has followed.")
    signature = models.CharField(max_length=80, blank=True, help_text="What it was made by: another one makes it anew.")
    generation = models.PositiveIntegerField(default=0, help_text="How often it was made anew.")
    position = models.BigIntegerField(default=0, help_text="All changes of calls up to this number are in it.")
    version = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"


class FigureCell(models.Model):
    """The sums of the calls that began in one span of time, of one source, direction and group.

    Cells of generation 0 hold calls that were pruned since: nothing can make them anew, so nothing empties them.
    """

    id = models.BigAutoField(primary_key=True)
    generation = models.PositiveIntegerField()
    split = models.CharField(max_length=1, blank=True, help_text='"a" by agent, "l" by line, "" by neither.')
    span = models.CharField(
        max_length=1, help_text="q quarter of an hour, h hour, d day, m month, w hour of the week of a month."
    )
    start = models.IntegerField(help_text="The number of the span: see calls/figures/spans.py.")
    source_id = models.BigIntegerField()
    direction = models.CharField(max_length=8)
    group_id = models.BigIntegerField(help_text="0: no group.")
    who = models.CharField(max_length=64, blank=True, help_text="The agent's number, or the line's.")
    counts = models.TextField(help_text="Counts by name (JSON): see calls/figures/sums.py.")
    lanes = models.BinaryField(default=b"", help_text="Waits by the second: see calls/figures/waits.py.")
    spread = models.BooleanField(default=True, help_text="Whether the cells of longer spans hold its sums as well.")

    class Meta:
        indexes = [
            models.Index(fields=["split", "start"], condition=models.Q(spread=False), name="figure_cell_not_spread"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["generation", "split", "span", "start", "source_id", "direction", "group_id", "who"],
                name="figure_cell",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.span}{self.start} {self.split}{self.who}"


class CountedCall(models.Model):
    """What one call has added to the cells, so that it can be taken out again when the call changes."""

    id = models.BigIntegerField(primary_key=True, help_text="The id of the call.")
    generation = models.PositiveIntegerField()
    part = models.TextField(help_text="Its `Part` (JSON).")

    def __str__(self) -> str:
        return f"Counted call {self.pk}"


class FigureSettings(models.Model):
    """How the calls of a group are counted. The row without a group is for all groups that have none of their own."""

    group = models.OneToOneField(
        CallGroup, null=True, blank=True, on_delete=models.CASCADE, related_name="figure_settings"
    )
    threshold = models.PositiveSmallIntegerField(
        "threshold (s)", default=20, help_text="A call answered within so many seconds was answered in time.",
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
    )  # fmt: skip
    short = models.PositiveSmallIntegerField(
        "short abandon below (s)", default=5, help_text="Who hangs up sooner than this is no lost caller.",
        validators=[MaxValueValidator(600)],
    )  # fmt: skip
    goal = models.PositiveSmallIntegerField(
        "goal (%)", default=80, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    clock = models.CharField(
        max_length=1,
        default="p",
        choices=[("p", "After the pick-up"), ("w", "Whole call"), ("r", "Ringing")],
        help_text="Where a caller's wait begins.",
    )
    ivr_allowance = models.PositiveSmallIntegerField(
        "menu allowance (s)", default=0, help_text="Time in the menu that is no wait (clock after the pick-up only).",
        validators=[MaxValueValidator(600)],
    )  # fmt: skip
    formula = models.CharField(
        max_length=1,
        default="6",
        choices=[
            ("1", "Abandoned in time help"),
            ("2", "Of answered calls only"),
            ("3", "All abandoned count"),
            ("4", "Abandoned in time left out"),
            ("5", "Short abandons help"),
            ("6", "Short abandons left out"),
        ],
        help_text="How the service level is reckoned.",
    )
    hours = models.CharField(
        "business hours", max_length=200, blank=True,
        help_text="Such as Mon-Fri 09:30-13:00 14:00-18:30; Sat 10:00-14:00, in the site's time zone. Empty: always "
        "open. Figures can be asked for within them.",
    )  # fmt: skip
    promise = models.PositiveIntegerField(
        "promise to call back (min)", default=60,
        help_text="Within so many minutes a lost caller is to be called back.",
        validators=[MinValueValidator(1), MaxValueValidator(10_080)],
    )  # fmt: skip
    menu_offered = models.BooleanField(
        "calls that end in the menu count as offered", default=False,
        help_text="Such a call is then an abandoned one, and a short abandon where its wait was short enough.",
    )  # fmt: skip

    class Meta:
        verbose_name_plural = "figure settings"
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=models.Q(group=None), name="figure_settings_default"),
        ]

    def __str__(self) -> str:
        return f"Figures of {self.group or 'all other groups'}"

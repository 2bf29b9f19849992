"""The row by which a process finds out whether the database takes writes."""

from django.db import models


class Readiness(models.Model):
    """The one row that is written and read when somebody asks whether the database does its work."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    written = models.CharField(max_length=32)

    class Meta:
        verbose_name_plural = "readiness"

    def __str__(self) -> str:
        return self.written

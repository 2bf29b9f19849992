"""Failed sign-ins, counted where the pair of name and address does not say enough: by name, and by network."""

from django.db import models


class FailedSignIns(models.Model):
    """How many tries failed since then, of one name or of one network. `key` is a digest: no name is kept here."""

    key = models.CharField(max_length=80, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "failed sign-ins"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.failures} since {self.since:%Y-%m-%d %H:%M}"

"""The numbers of changes: taken from one locked row, so that they become visible in their order."""

from typing import NamedTuple

from django.db import connection

from calls.database.columns import Columns
from calls.models import Head

CHANNEL = "callboard"
"""The channel of PostgreSQL on which every commit that changed something tells its epoch and its latest number."""


class Changes(NamedTuple):
    """The visible changes of one commit: the numbers that it took, their epoch, and the calls as a board reads them.

    `calls` is None when a call was merged into another: its row is not here, so the changes must be read.
    """

    epoch: str
    first: int
    last: int
    calls: list[Columns] | None


def take_numbers(count: int) -> tuple[int, str]:
    """Take the next numbers. Returns the first of them, and their epoch.

    The head row stays locked until the transaction ends. On PostgreSQL the commit itself tells the other processes
    (NOTIFY), so no crash can come between the commit and the message.
    """
    if not count:
        return 0, ""
    with connection.cursor() as cursor:
        cursor.execute('UPDATE "calls_head" SET seq = seq + %s WHERE id = 1 RETURNING seq, epoch', [count])
        row = cursor.fetchone()
        if row is None:
            Head.objects.get_or_create(id=1)
            return take_numbers(count)
        seq, epoch = row
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{epoch} {seq}"])
    return int(seq) - count + 1, epoch

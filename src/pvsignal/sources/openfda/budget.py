"""How many requests openFDA allows, kept by the client and over processes.

openFDA counts per key or, without one, per IP address: 240 a minute in both cases,
1,000 a day without and 120,000 with a key (open.fda.gov, "Authentication").
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from pyrate_limiter import Decision, Duration, Rate, RateItem, SQLiteBucket

from pvsignal.errors import SourceError

# A full minute is waited for, a full day is not.
LONGEST_WAIT_MS = 2 * 60 * 1000


class BudgetSpent(SourceError):
    """The allowance of 24 hours is used up; a later run may go on."""


@dataclass(frozen=True)
class Allowance:
    """Requests that openFDA allows in any minute and in any 24 hours."""

    per_minute: int = 240
    per_day: int = 1_000


WITHOUT_KEY = Allowance()
WITH_KEY = Allowance(per_day=120_000)


class Budget:
    """Requests made with or without a key by all processes that share a file.

    Parameters
    ----------
    file
        SQLite file with the times of the requests of the last 24 hours; made if absent.
        It holds no key.
    allowance
        What openFDA allows.
    name
        ``with_key`` or ``without_key``: the two are counted apart.
    clock, sleep
        Seconds since 1970, and how to wait.
    """

    def __init__(
        self,
        file: Path,
        allowance: Allowance,
        *,
        name: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._file, self._allowance, self._name = file, allowance, name
        self._clock, self._sleep = clock, sleep
        file.parent.mkdir(parents=True, exist_ok=True)
        rates = [
            Rate(allowance.per_minute, Duration.MINUTE),
            Rate(allowance.per_day, Duration.DAY),
        ]
        try:
            self._bucket = SQLiteBucket.init_from_file(
                rates, table=name, db_path=str(file), use_file_lock=True
            )
        except sqlite3.Error as error:
            raise _broken(file, error) from error

    def spend(self) -> None:
        """Count one request; wait where the minute is full.

        Raises
        ------
        BudgetSpent
            Where the allowance of 24 hours is used up.
        SourceError
            If the file cannot be used.
        """
        while (wait_ms := self._wait_ms()) is not None:
            if wait_ms > LONGEST_WAIT_MS:
                again = datetime.fromtimestamp(self._clock() + wait_ms / 1000, UTC)
                raise BudgetSpent(
                    f"the {self._allowance.per_day:,} requests that openFDA allows in "
                    f"24 hours {self._name.replace('_', ' ')} are used up; go on after "
                    f"{again:%Y-%m-%d %H:%M} UTC{self._advice}",
                    transient=True,
                )
            self._sleep(max(wait_ms, 1) / 1000)

    def close(self) -> None:
        """Close the file."""
        self._bucket.close()  # type: ignore[no-untyped-call]

    @property
    def _advice(self) -> str:
        return (
            ", or set PVSIGNAL_OPENFDA_API_KEY" if self._name == "without_key" else ""
        )

    def _wait_ms(self) -> int | None:
        """None where the request is counted, else the wait until it would be."""
        now = round(self._clock() * 1000)
        try:
            # One lock over both steps: another process may spend between them.
            with self._bucket.lock:
                self._bucket.leak(now)
                item = RateItem(self._name, now)
                decision = cast(Decision, self._bucket.put_decision(item))
        except sqlite3.Error as error:
            raise _broken(self._file, error) from error
        return None if decision.allowed else decision.retry_after_ms or 0


def _broken(file: Path, error: Exception) -> SourceError:
    return SourceError(
        f"{file}, which counts the requests to openFDA, cannot be used ({error}); "
        "remove it"
    )

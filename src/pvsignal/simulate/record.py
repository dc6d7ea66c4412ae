"""Writes the truth tables, cohort by cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from pvsignal.quarter import QuarterSpan
from pvsignal.simulate.attrition import attrition, row_fates
from pvsignal.simulate.defects import Note
from pvsignal.simulate.fates import Fates
from pvsignal.simulate.plants import Truth
from pvsignal.simulate.scenes import expected_ratios
from pvsignal.simulate.versions import Sightings
from pvsignal.simulate.write import Written

_OF_ARCHIVE = {
    "signals": (
        "drug",
        "event",
        "ratio",
        "from_quarter",
        "n_planted",
        "n_exposed",
        "n_expected",
        "members",
    ),
    "implied": ("drug", "event", "because"),
    "traps": ("trap", "drug", "event", "n_reports", "explanation"),
    "masking": ("ingredient", "event", "n_reports", "drug"),
    "scenes": ("scene", "drug", "event", "from_quarter", "verdict", "explanation"),
}
_OF_COHORT = {
    "cases": ("kind", "caseid", "drug", "event", "expected"),
    "duplicates": ("kind", "caseid", "other_caseid", "is_duplicate", "explanation"),
}
_TOTALS = ("expected_ratios", "counts", "versions", "defects")
_FATES = ("reports", "exposures", "outcomes", "attrition", "row_fates")


class Record:
    """Truth of an archive as its cohorts are written.

    Parameters
    ----------
    folder
        Where the tables go; tables of an earlier archive are removed.
    span
        Quarters of the archive.
    """

    def __init__(self, folder: Path, span: QuarterSpan) -> None:
        self.folder = folder
        self.span = span
        folder.mkdir(exist_ok=True)
        for name in (*_OF_ARCHIVE, *_OF_COHORT, *_TOTALS, *_FATES):
            self._file(name).unlink(missing_ok=True)
        self._accounts: list[Mapping[str, Mapping[str, int]]] = []
        self._notes: list[Note] = []
        self._versions = _no_versions(span)

    def add(
        self, truth: Truth, sightings: Sightings, written: Sequence[Written]
    ) -> None:
        """Write the cases of a cohort and clear them in the truth."""
        truth.cases.extend(
            {"kind": odd.defect, "caseid": odd.caseid, "expected": odd.fate}
            for one in written
            for odd in one.odd
            if odd.fate
        )
        for name, columns in _OF_COHORT.items():
            rows = getattr(truth, name)
            self._append(name, pd.DataFrame(rows, columns=list(columns)))
            rows.clear()
        self._accounts += [one.accounts for one in written]
        self._notes += [note for one in written for note in one.notes]
        self._versions += _versions(self.span, sightings)

    def add_fates(self, fates: Fates) -> None:
        """Write what becomes of each report of an archive of one cohort.

        The figures are those if just the planted duplicates are found.
        """
        for name in ("reports", "exposures", "outcomes"):
            self._append(name, getattr(fates, name))
        self._append("attrition", attrition(fates, fates.duplicates))
        self._append("row_fates", row_fates(fates, fates.duplicates))

    def finish(self, truth: Truth) -> None:
        """Write the tables that all cohorts add up to."""
        for name, columns in _OF_ARCHIVE.items():
            self._append(name, pd.DataFrame(getattr(truth, name), columns=[*columns]))
        ratios = expected_ratios(truth.expected, truth.signals)
        self._append("expected_ratios", ratios)
        self._append("counts", _counts(self.span, self._accounts))
        self._append("versions", self._versions.reset_index())
        if self._notes:
            notes = pd.DataFrame([asdict(note) for note in self._notes])
            self._append("defects", notes)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.csv"

    def _append(self, name: str, table: pd.DataFrame) -> None:
        is_new = not self._file(name).exists()
        table.to_csv(
            self._file(name), mode="a", header=is_new, index=False, lineterminator="\n"
        )


def _counts(
    span: QuarterSpan, accounts: Sequence[Mapping[str, Mapping[str, int]]]
) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"quarter": str(quarter), "member": member} | dict(account)
            for quarter, members in zip(span, accounts, strict=True)
            for member, account in members.items()
        ]
    )


def _no_versions(span: QuarterSpan) -> pd.DataFrame:
    quarters = pd.Index([str(quarter) for quarter in span], name="quarter")
    columns = ["n_first", "n_later", "n_deletion_lines"]
    return pd.DataFrame(0, index=quarters, columns=columns)


def _versions(span: QuarterSpan, sightings: Sightings) -> pd.DataFrame:
    """Rows and lines that a cohort has in each quarter."""
    rows, n = sightings.rows, len(span)
    first = rows["version"] == 1
    table = _no_versions(span)
    table["n_first"] = np.bincount(rows.loc[first, "quarter"], minlength=n)
    table["n_later"] = np.bincount(rows.loc[~first, "quarter"], minlength=n)
    table["n_deletion_lines"] = np.bincount(sightings.deletions["quarter"], minlength=n)
    return table

"""How often simulated archives without any signal are flagged, as the report quotes it.

The figures ship with pvsignal: ``pvsignal evaluate --null-archives`` writes them.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from pvsignal.analysis import Analysis
from pvsignal.report import words

FILE: Final = Path(__file__).with_name("null_archives.csv")

# Quoted of each comparator; the other rules stand in docs/validation.md.
_QUOTED: Final = "ror"
_TOGETHER: Final = "robust"


@dataclass(frozen=True)
class NullArchives:
    """What one rule flags in one comparator where nothing is planted.

    Attributes
    ----------
    analysis, analysis_sha256
        Name of the analysis that was run, and hash of its file.
    rule, comparator
        As in docs/validation.md.
    n_archives, n_reports, n_quarters
        Archives, and the size of each.
    n_pairs
        Pairs scored, mean of the archives.
    share_flagged, share_low, share_high
        Share of them that is flagged at the latest quarter, with its 95 % interval over
        the archives; the limits are None where the archives do not tell.
    newly_flagged
        Pairs newly flagged a quarter, None where the rule has no history.
    """

    analysis: str
    analysis_sha256: str
    rule: str
    comparator: str
    n_archives: int
    n_reports: int
    n_quarters: int
    n_pairs: float
    share_flagged: float
    share_low: float | None
    share_high: float | None
    newly_flagged: float | None


def write_null_archives(file: Path, rows: Sequence[NullArchives]) -> None:
    """Write the figures as CSV; empty is None."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(
            opened, [one.name for one in fields(NullArchives)], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(
            {
                name: f"{value:.6g}" if isinstance(value, float) else value
                for name, value in asdict(row).items()
            }
            for row in rows
        )


def read_null_archives(file: Path = FILE) -> tuple[NullArchives, ...]:
    """Figures that ship with pvsignal, or of another file."""
    with file.open(encoding="utf-8", newline="") as opened:
        return tuple(
            NullArchives(
                analysis=row["analysis"],
                analysis_sha256=row["analysis_sha256"],
                rule=row["rule"],
                comparator=row["comparator"],
                n_archives=int(row["n_archives"]),
                n_reports=int(row["n_reports"]),
                n_quarters=int(row["n_quarters"]),
                n_pairs=float(row["n_pairs"]),
                share_flagged=float(row["share_flagged"]),
                share_low=_number(row["share_low"]),
                share_high=_number(row["share_high"]),
                newly_flagged=_number(row["newly_flagged"]),
            )
            for row in csv.DictReader(opened)
        )


def _number(text: str) -> float | None:
    return float(text) if text else None


def null_archives_words(rows: Sequence[NullArchives], analysis: Analysis) -> str:
    """What chance alone flags, in words; empty for an analysis not evaluated.

    The shares are small because most pairs of a small archive cannot be flagged at all,
    and the words say so: they bound nothing in an archive of true size.
    """
    own = [row for row in rows if row.analysis_sha256 == analysis.sha256]
    quoted = [row for row in own if row.rule == _QUOTED]
    if not quoted:
        return ""
    shares = words.joined(
        [
            f"{_share(row)} of {words.count(round(row.n_pairs))} pairs in "
            f"{row.comparator}"
            for row in quoted
        ]
    )
    together = "".join(
        f"; {_share(row)} are robust" for row in own if row.rule == _TOGETHER
    )
    return (
        f"in {quoted[0].n_archives} simulated archives without any signal "
        f"({words.count(quoted[0].n_reports)} reports in {quoted[0].n_quarters} "
        "quarters, groups of events only, before labels and checks) the ROR flags "
        f"{shares}{together}. Most of these pairs have too few reports to be flagged "
        "at all: more are to be expected in a larger archive, where reports are not "
        "independent of each other either"
    )


def _share(row: NullArchives) -> str:
    text = f"{100 * row.share_flagged:.1f} %"
    if row.share_low is None or row.share_high is None:
        return f"{text} (no interval: the archives are alike)"
    return f"{text} ({100 * row.share_low:.1f} to {100 * row.share_high:.1f})"

"""Archives in the FDA's exact layout, made of invented reports with a known truth.

The public function is `simulate`. Names of substances and preferred terms are real,
everything else is invented, and each archive says so in a member ``SIMULATED.txt``.

The share of reports with a neoplasm is the same with every therapy and without one,
so a pair that is not planted has a reporting ratio of 1 and is flagged by chance only.
With 40,000 reports over 14 years some 1,650 pairs of a scored drug or class and a group
have a ratio of 1; of these about 16 in A, 11 in B and 4 in C are expected to have
``a >= 3`` and a lower limit of the reporting odds ratio above 1 (binomial tail of each
pair). Classes share members, so their number varies more than that: 3 to 30 in A.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from pvsignal.errors import UsageError
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate.attrition import attrition, row_fates
from pvsignal.simulate.columns import build_tables
from pvsignal.simulate.copies import COPIES_OF_TRAP, Copies, n_copies, plant_copies
from pvsignal.simulate.defects import DEFECTS, choose_defects
from pvsignal.simulate.fates import Fates, plan_fates
from pvsignal.simulate.plants import (
    DUPLICATED,
    Truth,
    cap_traps,
    hides_nothing,
    litigated_reports,
    no_reports,
    plant_masked,
    plant_signals,
    special_reports,
)
from pvsignal.simulate.reports import (
    Reports,
    concat,
    draw_base,
    draw_quarters,
)
from pvsignal.simulate.scenes import (
    SCENES,
    Setting,
    choose_scenes,
    expected_ratios,
    note_planted,
    play_scenes,
)
from pvsignal.simulate.spoil import Defective
from pvsignal.simulate.versions import Sightings, draw_sightings
from pvsignal.simulate.vocabulary import Ints, Vocabulary, load_vocabulary
from pvsignal.simulate.write import Written, write_archive, write_defective_archive

MIN_REPORTS = 500

__all__ = [
    "DEFECTS",
    "MIN_REPORTS",
    "SCENES",
    "Simulated",
    "choose_defects",
    "choose_scenes",
    "simulate",
]


@dataclass(frozen=True)
class Simulated:
    """What `simulate` wrote.

    Attributes
    ----------
    archives
        Zips in quarter order.
    truth
        Folder of the truth tables.
    n_reports
        Number of cases over the whole span.
    """

    archives: tuple[Path, ...]
    truth: Path
    n_reports: int


def simulate(
    folder: Path,
    *,
    span: QuarterSpan,
    n_reports: int,
    seed: int,
    defects: Sequence[str] = (),
    scenes: Sequence[str] = (),
    with_fates: bool = True,
    planted: bool = True,
    progress: Progress | None = None,
) -> Simulated:
    """Write archives of every quarter of the span, and what is true in them.

    The same arguments give the same bytes, whenever and wherever they are used.

    Parameters
    ----------
    folder
        Where ``aers_ascii_2012q1.zip`` and so on are written, and ``truth/``.
    span
        Quarters to write, 2004q1 at the earliest.
    n_reports
        Cases over the whole span, spread like the rows of the real quarters. Rows of
        DEMO are about a fifth more, because cases have later versions.
    seed
        Seed of everything drawn.
    defects
        Names of `DEFECTS` to write, each wherever it can stand and has room. Signals,
        traps and the other reports are those of an archive without defects.
    scenes
        Names of `SCENES` to play beside the signals and traps.
    with_fates
        Whether the files from ``attrition.csv`` on are written. They hold all rows of
        current reports at once: 4.4 GB for a million reports, 1.6 GB without.
    planted
        False for a null archive: no signal, no trap and no case planned for its fate,
        so that every pair has a reporting ratio of 1. Litigated reports, copies, later
        versions and deletions are there as ever.
    progress
        Listener, told of each archive written.

    Returns
    -------
    Simulated
        ``truth`` holds one table per file:

        ``signals.csv``
            drug, event, ratio, from_quarter: pairs that must be flagged; further
            n_planted, n_exposed, members (of a class). The ratio is that of the
            reports received from that quarter on.
        ``implied.csv``
            drug, event, because: pairs that may be flagged as a consequence. So may
            every class with a planted member, and every supergroup of a planted event.
        ``traps.csv``
            trap, drug, event, explanation: pairs that must not be flagged in any
            comparator, though a count without rules would flag them.
        ``masking.csv``
            ingredient, event, n_reports, drug: litigated reports; where a drug is
            named, its signal shows in A only without them.
        ``expected_ratios.csv``
            scene (``planted`` for the signals), drug, event, from_quarter, comparator
            (A without litigated reports, or B), true_ratio, expected_ratio: the crude
            reporting ratio over all quarters that the plan implies. Further the counts
            that it is made of: n_exposed, n_planted (reports of the pair; of a signal,
            those added), expected_a, n_background, expected_c.
        ``scenes.csv``
            scene, drug, event, from_quarter, verdict, explanation: pairs (or an event,
            or just a kind of case) with the verdict that a scene demands.
        ``cases.csv``
            kind, caseid, drug, event, expected: cases with a known fate.
        ``duplicates.csv``
            kind, caseid, other_caseid, is_duplicate, explanation: pairs of cases that
            are one event of one patient, and near misses that are not.
        ``counts.csv``
            quarter, member (table or deletion list), rows that must be staged; with
            defects also lines, splits, joins, blank and rejected of the member.
        ``versions.csv``
            quarter, n_first, n_later, n_deletion_lines, those of odd reports and of
            lists with repeats left out.
        ``attrition.csv``
            part, step, kind, unit, n, rests_on: every figure of ``api.attrition`` as of
            the last quarter. Where ``rests_on`` is ``duplicates``, n is right if
            exactly the planted ones are found; else whatever is found.
        ``row_fates.csv``
            quarter, fate, n_rows, rests_on: every figure of ``api.row_fates``.
        ``reports.csv``, ``exposures.csv``, ``outcomes.csv``
            each row of DEMO, each therapy and each term of an event of a report with
            its fate, from which `attrition.attrition` gives the figures for any set of
            duplicates: see `fates.Fates`.
        ``defects.csv``
            with defects only: defect, quarter, member, line (0: the member as a whole),
            n_splits, n_joins, n_blank, n_rejected, expected. Odd reports with a fate
            are in ``cases.csv`` under the name of their defect.

    Raises
    ------
    UsageError
        If the span begins before 2004q1 or the number of reports is below 500.
    """
    _check(span, n_reports)
    scenes = choose_scenes(",".join(scenes)) if scenes else ()
    listener = progress or NoProgress()
    vocabulary, truth = load_vocabulary(), Truth()
    reports, copies = _draw_reports(
        vocabulary,
        span,
        n_reports,
        seed,
        truth=truth,
        scenes=scenes,
        planted=planted,
    )
    sightings = draw_sightings(_stream(seed, "versions"), reports, span, truth)
    tables = build_tables(
        _stream(seed, "columns"), vocabulary, reports, copies, sightings, span
    )
    folder.mkdir(parents=True, exist_ok=True)
    write = write_archive
    if defects:
        plain = _plain_cases(vocabulary, reports, sightings, truth)
        write = partial(
            write_defective_archive, defective=Defective(tuple(defects), seed, plain)
        )
    listener.start("simulating archives", len(span))
    written = []
    for position, quarter in enumerate(span):
        written.append(
            write(
                folder,
                quarter,
                position=position,
                tables=tables,
                deletions=sightings.deletions,
            )
        )
        listener.advance(1)
    listener.finish()
    _write_truth(folder / "truth", truth, span, sightings, written)
    if with_fates:
        odd = {
            position: [report.rows for report in one.odd]
            for position, one in enumerate(written)
        }
        fates = plan_fates(span, sightings, tables, odd, truth.duplicates)
        _write_attrition(folder / "truth", fates)
    return Simulated(
        tuple(one.path for one in written), folder / "truth", len(reports.cases)
    )


def _check(span: QuarterSpan, n_reports: int) -> None:
    if span.first < Quarter(2004, 1):
        raise UsageError(
            f"the FDA's archive begins with 2004q1; --quarters {span} begins earlier"
        )
    if n_reports < MIN_REPORTS:
        raise UsageError(
            f"--reports {n_reports} is too few to simulate; give {MIN_REPORTS} or more"
        )


def _stream(seed: int, name: str) -> np.random.Generator:
    """Source of randomness of one stage, apart from those of the others."""
    return np.random.default_rng([seed, *name.encode("ascii")])


def _draw_reports(
    vocabulary: Vocabulary,
    span: QuarterSpan,
    n_reports: int,
    seed: int,
    *,
    truth: Truth,
    scenes: Sequence[str] = (),
    planted: bool,
) -> tuple[Reports, Copies]:
    """Background reports and plants, ``n_reports`` in all."""
    special = no_reports(vocabulary)
    if planted:
        special = special_reports(
            _stream(seed, "special"), vocabulary, span, n_reports=n_reports, truth=truth
        )
    litigated = litigated_reports(
        _stream(seed, "litigated"), vocabulary, span, n_reports=n_reports, truth=truth
    )
    rng = _stream(seed, "base")
    n_planted = len(special.cases) + len(litigated.cases) + n_copies(n_reports)
    n_trap = COPIES_OF_TRAP * sum(row["kind"] == DUPLICATED for row in truth.cases)
    n_base = n_reports - n_planted - n_trap
    quarters = draw_quarters(rng, span, n_base)
    base = draw_base(rng, vocabulary, quarters, span.first.ordinal)
    reports = concat([special, litigated, base])
    if planted:
        rng = _stream(seed, "plants")
        reports = cap_traps(rng, vocabulary, reports, truth)
        reports = plant_masked(rng, vocabulary, reports, truth=truth)
        reports = plant_signals(rng, vocabulary, reports, span, truth=truth)
    else:
        hides_nothing(truth)
    setting = Setting(vocabulary, span, truth)
    reports = play_scenes(scenes, reports, setting, stream=partial(_stream, seed))
    note_planted(setting, reports)
    return plant_copies(
        _stream(seed, "copies"),
        vocabulary,
        reports,
        span,
        n_reports=n_reports,
        truth=truth,
    )


def _plain_cases(
    vocabulary: Vocabulary, reports: Reports, sightings: Sightings, truth: Truth
) -> Ints:
    """Numbers of cases without therapy, neoplasm or known fate."""
    cases, products = reports.cases, vocabulary.products
    is_plain = ~(cases["special"] | cases["oncology"]).to_numpy()
    is_plain &= cases["therapy"].to_numpy() < 0
    is_therapy = (products["ingredient"] != "").to_numpy()
    drugs, events = reports.drugs, reports.events
    is_plain[drugs["case"].to_numpy()[is_therapy[drugs["product"].to_numpy()]]] = False
    is_plain[events.loc[events["neoplasm"] >= 0, "case"].to_numpy()] = False
    numbers: Ints = sightings.caseid[is_plain]
    return np.setdiff1d(numbers, [int(str(case["caseid"])) for case in truth.cases])


_TRUTH_COLUMNS = {
    "signals": (
        "drug",
        "event",
        "ratio",
        "from_quarter",
        "n_planted",
        "n_exposed",
        "members",
    ),
    "implied": ("drug", "event", "because"),
    "traps": ("trap", "drug", "event", "n_reports", "explanation"),
    "masking": ("ingredient", "event", "n_reports", "drug"),
    "cases": ("kind", "caseid", "drug", "event", "expected"),
    "duplicates": ("kind", "caseid", "other_caseid", "is_duplicate", "explanation"),
    "scenes": ("scene", "drug", "event", "from_quarter", "verdict", "explanation"),
}


def _write_truth(
    folder: Path,
    truth: Truth,
    span: QuarterSpan,
    sightings: Sightings,
    written: Sequence[Written],
) -> None:
    folder.mkdir(exist_ok=True)
    truth.cases.extend(
        {"kind": odd.defect, "caseid": odd.caseid, "expected": odd.fate}
        for one in written
        for odd in one.odd
        if odd.fate
    )
    for name, columns in _TRUTH_COLUMNS.items():
        rows = getattr(truth, name)
        _write(folder, name, pd.DataFrame(rows, columns=list(columns)))
    _write(folder, "expected_ratios", expected_ratios(truth.expected, truth.signals))
    _write(folder, "counts", _counts(span, [one.accounts for one in written]))
    _write(folder, "versions", _versions(span, sightings))
    notes = [asdict(note) for one in written for note in one.notes]
    (folder / "defects.csv").unlink(missing_ok=True)
    if notes:
        _write(folder, "defects", pd.DataFrame(notes))


def _write_attrition(folder: Path, fates: Fates) -> None:
    """Each report's fate, and the figures if just the planted duplicates are found."""
    for name in ("reports", "exposures", "outcomes"):
        _write(folder, name, getattr(fates, name))
    _write(folder, "attrition", attrition(fates, fates.duplicates))
    _write(folder, "row_fates", row_fates(fates, fates.duplicates))


def _write(folder: Path, name: str, table: pd.DataFrame) -> None:
    table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


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


def _versions(span: QuarterSpan, sightings: Sightings) -> pd.DataFrame:
    rows, n = sightings.rows, len(span)
    first = rows["version"] == 1
    return pd.DataFrame(
        {
            "quarter": [str(quarter) for quarter in span],
            "n_first": np.bincount(rows.loc[first, "quarter"], minlength=n),
            "n_later": np.bincount(rows.loc[~first, "quarter"], minlength=n),
            "n_deletion_lines": np.bincount(
                sightings.deletions["quarter"], minlength=n
            ),
        }
    )

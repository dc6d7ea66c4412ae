"""Archives in the FDA's exact layout, made of invented reports with a known truth.

The public function is `simulate`. Names of substances and preferred terms are real,
everything else is invented, and each archive says so in a member ``SIMULATED.txt``.

The share of reports with a neoplasm is the same with every therapy and without one,
so a pair that is not planted has a reporting ratio of 1 and is flagged by chance only.
Scenes, where asked for, make other ratios: see ``expected_ratios.csv``.
With 40,000 reports over 14 years some 1,650 pairs of a scored drug or class and a group
have a ratio of 1; of these about 16 in A, 11 in B and 4 in C are expected to have
``a >= 3`` and a lower limit of the reporting odds ratio above 1 (binomial tail of each
pair). Classes share members, so their number varies more than that: 3 to 30 in A.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from pvsignal.errors import UsageError
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate.aside import Aside
from pvsignal.simulate.cohorts import MOST_IN_COHORT, Cohort, plan_cohorts
from pvsignal.simulate.columns import Table, build_tables
from pvsignal.simulate.copies import COPIES_OF_TRAP, Copies, n_copies, plant_copies
from pvsignal.simulate.defects import DEFECTS, choose_defects
from pvsignal.simulate.fates import Fates, plan_fates
from pvsignal.simulate.plants import (
    DUPLICATED,
    Truth,
    cap_traps,
    litigated_reports,
    no_reports,
    note_masked,
    note_masking,
    note_signals,
    note_traps,
    plant_masked,
    plant_signals,
    special_reports,
)
from pvsignal.simulate.record import Record
from pvsignal.simulate.reports import (
    MS_SHARE,
    Reports,
    concat,
    draw_base,
    quarter_weights,
)
from pvsignal.simulate.scenes import (
    SCENES,
    Setting,
    choose_scenes,
    note_planted,
    play_scenes,
)
from pvsignal.simulate.spoil import Defective
from pvsignal.simulate.versions import Identifiers, Sightings, draw_sightings
from pvsignal.simulate.vocabulary import Ints, Vocabulary, load_vocabulary
from pvsignal.simulate.write import (
    Written,
    set_aside,
    write_archive,
    write_defective_archive,
)

MIN_REPORTS = 500

# Quarters that are written side by side: text and packing leave the interpreter.
_AT_ONCE = 2

__all__ = [
    "DEFECTS",
    "MIN_REPORTS",
    "MS_SHARE",
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
    has_fates
        Whether ``truth`` says what becomes of every report.
    """

    archives: tuple[Path, ...]
    truth: Path
    n_reports: int
    has_fates: bool


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
    drawn_ratios: Sequence[float] = (),
    ms_share: float = MS_SHARE,
    most_in_cohort: int = MOST_IN_COHORT,
    progress: Progress | None = None,
) -> Simulated:
    """Write archives of every quarter of the span, and what is true in them.

    The same arguments give the same bytes, whenever and wherever they are used.

    Many cases are drawn in cohorts: those first reported in a run of quarters, with all
    that is ever published of them. Their lines of later quarters wait on disk, beside
    the archives, until their quarter is written. So memory does not grow with the span.

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
        Whether the files from ``attrition.csv`` on are written, if the span is one
        cohort. They hold all rows of current reports at once: 4.4 GB for a million
        reports, 1.6 GB without. Several cohorts are written without them.
    planted
        False for a null archive: no signal, no trap and no case planned for its fate,
        so that every pair has a reporting ratio of 1. Litigated reports, copies, later
        versions and deletions are there as ever.
    drawn_ratios
        Ratios of the planned signals, dealt to them in turn. Their numbers are drawn
        then, as chance gives them, and some are too few to be found; without, each is
        as large as makes a clear signal.
    ms_share
        Share of the background reports with an MS therapy. The real archive has about
        0.03; more make small archives tell more.
    most_in_cohort
        Cases that are drawn at once; a quarter that alone has more is drawn whole.
    progress
        Listener, told of each archive written.

    Returns
    -------
    Simulated
        ``truth`` holds one table per file:

        ``signals.csv``
            drug, event, ratio, from_quarter: pairs that must be flagged; further
            n_planted, n_exposed, n_expected (reports with a ratio of 1), members (of a
            class). The ratio is that of the reports received from that quarter on: what
            the planted number comes to, or one of ``drawn_ratios``.
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
        If the span begins before 2004q1, the number of reports is below 500 or too
        large for the numbers of a quarter, the share of MS therapies is not between 0
        and 1, a ratio to be drawn is below 1, or a cohort is to have fewer than 500
        cases.
    """
    _check(span, n_reports, ms_share, most_in_cohort)
    if any(ratio < 1 for ratio in drawn_ratios):
        raise UsageError("reports cannot be added to a pair for a ratio below 1")
    chosen = choose_scenes(",".join(scenes)) if scenes else ()
    plan = _Plan(
        span,
        n_reports,
        seed,
        planted,
        ms_share,
        tuple(defects),
        scenes=chosen,
        ratios=tuple(drawn_ratios),
    )
    cohorts = plan_cohorts(span, n_reports, most_in_cohort)
    has_fates = with_fates and len(cohorts) == 1
    identifiers, truth = Identifiers.of(span, n_reports), _planned_truth(plan)
    folder.mkdir(parents=True, exist_ok=True)
    record = Record(folder / "truth", span)
    listener = progress or NoProgress()
    listener.start("simulating archives", len(span))
    archives: list[Path] = []
    with TemporaryDirectory(dir=folder, prefix="later_quarters_") as later:
        press = _Press(plan, folder, Aside(Path(later)), listener)
        for cohort in cohorts:
            drawn = _draw_cohort(plan, cohort, identifiers, truth)
            written = press.print(cohort, drawn, truth)
            if has_fates:
                record.add_fates(_fates(plan, drawn, written, truth))
            record.add(truth, drawn.sightings, written)
            archives += [one.path for one in written]
            # The next cohort is not drawn beside this one.
            del drawn
    listener.finish()
    note_masked(truth)
    note_signals(load_vocabulary(), span, truth, plan.ratios)
    record.finish(truth)
    return Simulated(tuple(archives), folder / "truth", n_reports, has_fates)


@dataclass(frozen=True)
class _Plan:
    """What was asked for; ``n_reports`` is that of the whole span."""

    span: QuarterSpan
    n_reports: int
    seed: int
    planted: bool = True
    ms_share: float = MS_SHARE
    defects: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()
    ratios: tuple[float, ...] = ()

    def stream(self, name: str, cohort: Cohort) -> np.random.Generator:
        """Source of randomness of one stage of a cohort, apart from all others."""
        letters = name.encode("ascii")
        # Above all letters; the first cohort has the name alone.
        number = (256 + cohort.number,) if cohort.number else ()
        return np.random.default_rng([self.seed, *letters, *number])


@dataclass(frozen=True)
class _Drawn:
    """A cohort with all rows that are ever published of it."""

    reports: Reports
    sightings: Sightings
    tables: Mapping[str, Table]


def _check(
    span: QuarterSpan, n_reports: int, ms_share: float, most_in_cohort: int
) -> None:
    if span.first < Quarter(2004, 1):
        raise UsageError(
            f"the FDA's archive begins with 2004q1; --quarters {span} begins earlier"
        )
    if n_reports < MIN_REPORTS:
        raise UsageError(
            f"--reports {n_reports} is too few to simulate; give {MIN_REPORTS} or more"
        )
    if not 0 < ms_share < 1:
        raise UsageError(f"--ms-share {ms_share} is not between 0 and 1")
    if most_in_cohort < MIN_REPORTS:
        raise UsageError(
            f"a cohort of {most_in_cohort} cases is too small to plant in; "
            f"give {MIN_REPORTS} or more"
        )


# --- drawing a cohort ---------------------------------------------------------------


def _planned_truth(plan: _Plan) -> Truth:
    """Truth that is known before anything is drawn."""
    truth = Truth()
    if plan.planted:
        note_traps(plan.span, plan.n_reports, truth)
    note_masking(plan.span, plan.n_reports, truth)
    return truth


def _draw_cohort(
    plan: _Plan, cohort: Cohort, identifiers: Identifiers, truth: Truth
) -> _Drawn:
    vocabulary, span = load_vocabulary(), plan.span
    reports, copies = _draw_reports(plan, vocabulary, cohort, truth)
    sightings = draw_sightings(
        plan.stream("versions", cohort),
        reports,
        span,
        cohort,
        identifiers=identifiers,
        truth=truth,
    )
    tables = build_tables(
        plan.stream("columns", cohort), vocabulary, reports, copies, sightings, span
    )
    identifiers.drug_seq += len(tables["drug"].quarter)
    return _Drawn(reports, sightings, tables)


def _draw_reports(
    plan: _Plan, vocabulary: Vocabulary, cohort: Cohort, truth: Truth
) -> tuple[Reports, Copies]:
    """Background reports and plants: as many as the cohort has to have."""
    span, n_reports = plan.span, plan.n_reports
    special = no_reports(vocabulary)
    if plan.planted:
        special = special_reports(
            plan.stream("special", cohort),
            vocabulary,
            span,
            cohort,
            n_reports=n_reports,
            truth=truth,
        )
    litigated = litigated_reports(
        plan.stream("litigated", cohort),
        vocabulary,
        span,
        cohort,
        n_reports=n_reports,
        truth=truth,
    )
    n_planted = len(special.cases) + len(litigated.cases)
    n_planted += n_copies(n_reports, span, cohort)
    n_trap = COPIES_OF_TRAP * sum(row["kind"] == DUPLICATED for row in truth.cases)
    weights = quarter_weights(span)
    n_base = cohort.part(n_reports, weights) - n_planted - n_trap
    rng = plan.stream("base", cohort)
    base = draw_base(
        rng,
        vocabulary,
        cohort.draw_quarters(rng, n_base, weights),
        span.first.ordinal,
        ms_share=plan.ms_share,
    )
    reports = concat([special, litigated, base])
    if plan.planted:
        rng = plan.stream("plants", cohort)
        reports = cap_traps(rng, vocabulary, reports, truth)
        reports = plant_masked(
            rng, vocabulary, reports, span, n_reports=n_reports, truth=truth
        )
        reports = plant_signals(
            rng, vocabulary, reports, span, cohort, truth=truth, ratios=plan.ratios
        )
    setting = Setting(vocabulary, span, truth)
    reports = play_scenes(
        plan.scenes, reports, setting, stream=lambda name: plan.stream(name, cohort)
    )
    note_planted(setting, reports)
    return plant_copies(
        plan.stream("copies", cohort),
        vocabulary,
        reports,
        span,
        cohort,
        n_reports=n_reports,
        truth=truth,
    )


# --- writing a cohort ---------------------------------------------------------------


class _Press:
    """Writes the quarters of a cohort and sets the lines of later ones aside."""

    def __init__(
        self, plan: _Plan, folder: Path, aside: Aside, listener: Progress
    ) -> None:
        self.plan = plan
        self.folder = folder
        self.aside = aside
        self.listener = listener
        self.deletions = pd.DataFrame({"quarter": [], "caseid": []}).astype("int64")

    def print(self, cohort: Cohort, drawn: _Drawn, truth: Truth) -> list[Written]:
        """Archives of the cohort's own quarters."""
        quarters = list(self.plan.span)
        lines = pd.concat([self.deletions, drawn.sightings.deletions])
        self.deletions = lines.sort_values(["quarter", "caseid"], ignore_index=True)
        write: Callable[..., Written] = write_archive
        if self.plan.defects:
            plain = _plain_cases(load_vocabulary(), drawn, truth)
            defective = Defective(self.plan.defects, self.plan.seed, plain)
            write = partial(write_defective_archive, defective=defective)
        write_quarter = partial(
            write, self.folder, tables=drawn.tables, aside=self.aside
        )
        written = []
        # Each quarter has lines and files of its own.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for made in pool.map(
                lambda position: write_quarter(
                    quarters[position], position=position, deletions=self.deletions
                ),
                range(cohort.begin, cohort.end),
            ):
                written.append(made)
                self.listener.advance(1)
            for _ in pool.map(
                lambda position: set_aside(
                    self.aside,
                    quarters[position],
                    position=position,
                    tables=drawn.tables,
                ),
                range(cohort.end, len(quarters)),
            ):
                pass
        return written


def _plain_cases(vocabulary: Vocabulary, drawn: _Drawn, truth: Truth) -> Ints:
    """Numbers of cases without therapy, neoplasm or known fate."""
    reports = drawn.reports
    cases, products = reports.cases, vocabulary.products
    is_plain = ~(cases["special"] | cases["oncology"]).to_numpy()
    is_plain &= cases["therapy"].to_numpy() < 0
    is_therapy = (products["ingredient"] != "").to_numpy()
    drugs, events = reports.drugs, reports.events
    is_plain[drugs["case"].to_numpy()[is_therapy[drugs["product"].to_numpy()]]] = False
    is_plain[events.loc[events["neoplasm"] >= 0, "case"].to_numpy()] = False
    numbers: Ints = drawn.sightings.caseid[is_plain]
    return np.setdiff1d(numbers, [int(str(case["caseid"])) for case in truth.cases])


def _fates(
    plan: _Plan, drawn: _Drawn, written: Sequence[Written], truth: Truth
) -> Fates:
    """What becomes of everything in an archive of one cohort."""
    odd = {
        position: [report.rows for report in one.odd]
        for position, one in enumerate(written)
    }
    return plan_fates(plan.span, drawn.sightings, drawn.tables, odd, truth.duplicates)

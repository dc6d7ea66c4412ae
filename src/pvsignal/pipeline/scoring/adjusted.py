"""Statistics adjusted for what reports state: year, reporter, age, sex, region.

Counts come from ``counts.covariate_margin``, of the primary variant at the latest
quarter. Those of one drug in one comparator are few of all events and combinations of
covariates, and are kept as a list; a stratification gives each combination its stratum,
within which the list is summed. A sex is part of the stratification, in which reports
of the others have no stratum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.errors import ModelError
from pvsignal.stats import (
    Ratio,
    adjusted_ror_of_events,
    breslow_day,
    information_component,
    mantel_haenszel_prr,
    mantel_haenszel_ror,
    ror,
    stratified_expected,
)
from pvsignal.stats.adjusted import COVARIATES, COVARIATES_WITHOUT_REPORTER

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Values = dict[str, Floats]
Columns = dict[str, npt.NDArray[Any]]

# Sexes whose reports count, by the sex of the event.
SEXES: Final[Mapping[str, tuple[str, ...]]] = {
    "all": ("female", "male", "unknown"),
    "female": ("female",),
    "male": ("male",),
}

# A marker is looked at beside its event; it has no model of its own.
MODELLED: Final = ("group", "supergroup")
MIN_REPORTS: Final = 3

NOT_MODELLED: Final = "no model for events of this level"
NOT_FLAGGED: Final = "flagged in no comparator, nor above 1 by age and sex"
TOO_FEW: Final = "fewer than 3 reports of drug and event"
UNDETERMINED: Final = "drug cannot be told from the covariates"
UNDETERMINED_WITH_REPORTER: Final = "with reporter: drug cannot be told from them"
SEPARATED: Final = "zero or infinite: limit of the profile likelihood"

_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("as_of", "comparator", "drug_level")),
        *((name, pa.string()) for name in ("drug", "event_level", "event", "sex")),
        *((name, pa.int64()) for name in ("a", "n_drug", "n_event", "n")),
        *((name, pa.float64()) for name in ("expected", "ror", "ror_low", "ror_high")),
        *((name, pa.float64()) for name in ("expected_year", "ic_year")),
        *((name, pa.float64()) for name in ("ic025_year", "ic975_year")),
        *((name, pa.float64()) for name in ("prr_mh", "prr_mh_low", "prr_mh_high")),
        *((name, pa.float64()) for name in ("ror_mh", "ror_mh_low", "ror_mh_high")),
        *((name, pa.int64()) for name in ("n_strata", "a_mh")),
        *((f"ror_age_sex{limit}", pa.float64()) for limit in ("", "_low", "_high")),
        *((name, pa.int64()) for name in ("n_strata_age_sex", "a_age_sex")),
        ("p_homogeneity", pa.float64()),
        *(
            (f"{name}{limit}", pa.float64())
            for name in (
                "ror_age_sex_with_unknown",
                "ror_adjusted",
                "ror_adjusted_reporter",
            )
            for limit in ("", "_low", "_high")
        ),
        ("adjusted_note", pa.string()),
    ]
)

_EVENTS = """
select
    event.event_level,
    event.event,
    event.litigation_set,
    coalesce(event_sex.sex, 'all') as sex
from cohort.event as event
left join codelists.event_sex as event_sex
    on event.event_level = event_sex.event_level and event.event = event_sex.event
where event.event_level <> 'pt'
order by event.event_level, event.event
"""

_COVARIATES = """
select distinct
    covariate_no,
    cast(received_year as varchar) as year,
    reporter,
    sex,
    age_band,
    region
from cohort.stratum_covariate
order by covariate_no
"""

_PAIRS = """
select
    cell.comparator,
    cell.drug_level,
    cell.drug,
    cell.event_level,
    cell.event,
    held_quarter.quarter as as_of
from counts.cell as cell
inner join cases.held_quarter as held_quarter
    on cell.quarter_no = held_quarter.quarter_no
where
    cell.variant = 'primary'
    and cell.event_level <> 'pt'
    and cell.quarter_no = (
        select max(latest.quarter_no) from cases.held_quarter as latest
    )
order by cell.comparator, cell.drug, cell.event_level, cell.event
"""

_FLAGGED = """
select distinct drug, event
from signals.statistic
where
    variant = 'primary'
    and is_latest
    and event_level <> 'pt'
    and (sdr_ror or sdr_ic)
"""

_KEYS = """
select
    comparator,
    drug,
    measure,
    cast(
        row_number() over (order by comparator, drug, measure) - 1 as integer
    ) as key_no
from (select distinct comparator, drug, measure from counts.covariate_margin)
order by key_no
"""

# A margin is of a litigation set or of an event; what is neither is not asked for.
_MARGINS = """
select
    margin_key.key_no,
    margin_row.row_no,
    margin_combination.combination_no,
    cast(margin.n_reports as double) as n_reports
from counts.covariate_margin as margin
inner join margin_key
    on
        margin.comparator = margin_key.comparator
        and margin.drug = margin_key.drug
        and margin.measure = margin_key.measure
inner join margin_row
    on
        margin.measure = margin_row.measure
        and case when margin.measure in ('n', 'n_drug') then margin.litigation_set
            else margin.event end = margin_row.name
left join margin_combination
    on margin.covariate_no = margin_combination.covariate_no
order by margin_key.key_no
"""


def score_adjusted(con: warehouse.Connection) -> None:
    """Store the adjusted statistics of every pair as ``signals.adjusted``.

    One row per comparator, drug and event of the primary variant at the latest quarter,
    preferred terms apart. What the data do not determine is NULL.
    """
    events = warehouse.query_frame(con, _EVENTS)
    strata = _Strata(warehouse.query_frame(con, _COVARIATES))
    pairs = warehouse.query_frame(con, _PAIRS)
    flagged = _flagged(con)
    margins = _MarginTable(con, events, strata)
    populations: dict[str, _Margins] = {}
    made: list[Columns] = []
    for key in pairs[["comparator", "drug"]].drop_duplicates().itertuples(index=False):
        comparator, drug = str(key.comparator), str(key.drug)
        # In C each drug has a population of its own; A and B serve all drugs.
        owner = drug if comparator == "C" else ""
        if owner or comparator not in populations:
            populations[comparator] = margins.of(comparator, owner, ("n", "n_event"))
        counts = _Counts(
            margins.of(comparator, drug, ("n_drug", "a")), populations[comparator]
        )
        has_flag = np.array([(drug, event) in flagged for event in events["event"]])
        for columns in _statistics(counts, events, strata=strata, has_flag=has_flag):
            size = len(columns["event"])
            key_columns = {"comparator": comparator, "drug": drug}
            made.append(columns | {x: np.full(size, y) for x, y in key_columns.items()})
    # Without a pair the columns are those of the schema all the same.
    table = (
        pairs.merge(
            _frame(made), on=["comparator", "drug", "event_level", "event"]
        ).reindex(columns=_SCHEMA.names)
        if made
        else pairs.reindex(columns=_SCHEMA.names)
    )
    years = [name for name in _SCHEMA.names if name.endswith("_year")]
    table[years] = table[years].where(table["comparator"] == "A")
    warehouse.load_arrow(
        con,
        "signals.adjusted",
        pa.Table.from_pandas(table, schema=_SCHEMA, preserve_index=False),
    )


def _frame(parts: list[Columns]) -> pd.DataFrame:
    """Columns one below another; a part that lacks one has NaN there."""
    names = list(dict.fromkeys(name for part in parts for name in part))
    return pd.DataFrame(
        {
            name: np.concatenate(
                [part.get(name, np.full(len(part["event"]), np.nan)) for part in parts]
            )
            for name in names
        }
    )


def _flagged(con: warehouse.Connection) -> set[tuple[str, str]]:
    """Pairs of drug and event that the ROR or the IC flags in any comparator."""
    table = warehouse.query_frame(con, _FLAGGED)
    return set(zip(table["drug"], table["event"], strict=True))


@dataclass(frozen=True, eq=False)
class _Stratification:
    """Stratum of each combination of covariates, -1 for none, and their number."""

    stratum: Ints
    n_strata: int


class _Strata:
    """Combinations of covariates, and the stratum that each is in.

    Attributes
    ----------
    levels
        One row a combination: ``covariate_no``, ``year``, ``reporter``, ``sex``,
        ``age_band``, ``region``.
    """

    def __init__(self, levels: pd.DataFrame) -> None:
        self.levels = levels
        self._made: dict[tuple[tuple[str, ...], tuple[str, ...]], _Stratification] = {}

    def of_sexes(self, sexes: tuple[str, ...]) -> Flags:
        """Combinations of one of these sexes."""
        return self.levels["sex"].isin(sexes).to_numpy(np.bool_)

    def each(self, sexes: tuple[str, ...]) -> _Stratification:
        """Each combination by itself, those of other sexes left out."""
        return self.by(("covariate_no",), sexes)

    def by(
        self, covariates: tuple[str, ...], sexes: tuple[str, ...]
    ) -> _Stratification:
        """Combinations of equal covariates together; other sexes are in no stratum."""
        if (covariates, sexes) not in self._made:
            is_in = self.of_sexes(sexes)
            stratum = np.full(len(self.levels), -1, dtype=np.int64)
            stratum[is_in] = 0
            if covariates:
                groups = self.levels[is_in].groupby(
                    list(covariates), sort=True, dropna=False
                )
                stratum[is_in] = groups.ngroup()
            self._made[covariates, sexes] = _Stratification(
                stratum, int(stratum.max(initial=0)) + 1
            )
        return self._made[covariates, sexes]


@dataclass(frozen=True)
class _Listed:
    """Reports by row and combination of covariates; what is not listed is 0."""

    n_rows: int
    row: Ints
    combination: Ints
    n_reports: Floats

    def by(self, strata: _Stratification) -> Floats:
        """Reports by row and stratum."""
        stratum = strata.stratum[self.combination]
        is_in = stratum >= 0
        place = self.row[is_in] * strata.n_strata + stratum[is_in]
        summed: Floats = np.bincount(
            place,
            weights=self.n_reports[is_in],
            minlength=self.n_rows * strata.n_strata,
        ).astype(np.float64, copy=False)
        return summed.reshape(self.n_rows, strata.n_strata)


@dataclass(frozen=True)
class _Margins:
    """Reports of a group, in all and with each event, by combination of covariates.

    Attributes
    ----------
    reports
        Reports of a litigation set, a row each: of the first all, of the others those
        that leave.
    with_event
        Reports with each event.
    set_of
        Row of the set of each event.
    """

    reports: _Listed
    with_event: _Listed
    set_of: Ints
    _made: dict[_Stratification, tuple[Floats, Floats]] = field(default_factory=dict)

    def of_events(self, rows: Ints, by: _Stratification) -> Floats:
        """Reports that count for events, by stratum."""
        return self._stratified(by)[0][self.set_of[rows]]

    def with_events(self, rows: Ints, by: _Stratification) -> Floats:
        """Reports with events, by stratum."""
        return self._stratified(by)[1][rows]

    def _stratified(self, by: _Stratification) -> tuple[Floats, Floats]:
        if by not in self._made:
            reports = self.reports.by(by)
            reports[1:] = reports[0] - reports[1:]
            self._made[by] = reports, self.with_event.by(by)
        return self._made[by]


class _MarginTable:
    """``counts.covariate_margin`` by numbers: of key, of row, of combination."""

    def __init__(
        self, con: warehouse.Connection, events: pd.DataFrame, strata: _Strata
    ) -> None:
        keys = warehouse.query_frame(con, _KEYS)
        # The first set is that of no litigated report.
        sets = pd.Index(["", *sorted(set(events["litigation_set"]) - {""})])
        self._n_sets, self._n_events = len(sets), len(events)
        self._set_of = sets.get_indexer(pd.Index(events["litigation_set"]))
        names = {
            **dict.fromkeys(("n", "n_drug"), tuple(sets)),
            **dict.fromkeys(("n_event", "a"), tuple(events["event"])),
        }
        rows = pd.DataFrame(
            [
                (measure, name, row_no)
                for measure, known in names.items()
                for row_no, name in enumerate(known)
            ],
            columns=["measure", "name", "row_no"],
        )
        combinations = strata.levels[["covariate_no"]].assign(
            combination_no=np.arange(len(strata.levels))
        )
        frames = {
            "margin_key": keys,
            "margin_row": rows,
            "margin_combination": combinations,
        }
        for name, frame in frames.items():
            con.register(name, frame)
        table = warehouse.query_arrow(con, _MARGINS)
        for name in frames:
            con.unregister(name)
        if table["combination_no"].null_count:
            raise ModelError(
                "counts.covariate_margin has covariates that cohort.stratum_covariate "
                "has not; run 'pvsignal build' again"
            )
        self._row: Ints = table["row_no"].to_numpy().astype(np.int64)
        self._combination: Ints = table["combination_no"].to_numpy().astype(np.int64)
        self._n_reports: Floats = table["n_reports"].to_numpy()
        of_key = table["key_no"].to_numpy()
        starts = np.searchsorted(of_key, np.arange(len(keys) + 1))
        self._found: dict[tuple[str, str, str], slice] = {
            key: slice(starts[number], starts[number + 1])
            for number, key in enumerate(
                zip(keys["comparator"], keys["drug"], keys["measure"], strict=True)
            )
        }

    def of(self, comparator: str, drug: str, measures: tuple[str, str]) -> _Margins:
        """Margins of a comparator and drug; measures of all reports and of events."""
        whole, of_event = (
            self._found.get((comparator, drug, measure), slice(0))
            for measure in measures
        )
        return _Margins(
            self._listed(whole, self._n_sets),
            self._listed(of_event, self._n_events),
            self._set_of,
        )

    def _listed(self, found: slice, n_rows: int) -> _Listed:
        return _Listed(
            n_rows, self._row[found], self._combination[found], self._n_reports[found]
        )


@dataclass(frozen=True)
class _Counts:
    """Margins of a drug and of the population that it is compared in."""

    drug: _Margins
    population: _Margins

    def cells(
        self, rows: Ints, by: _Stratification
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Cells a, b, c, d of events, shape (events, strata)."""
        a = self.drug.with_events(rows, by)
        n_drug = self.drug.of_events(rows, by)
        n_event = self.population.with_events(rows, by)
        n = self.population.of_events(rows, by)
        return a, n_drug - a, n_event - a, n - n_drug - n_event + a


def _statistics(
    counts: _Counts, events: pd.DataFrame, *, strata: _Strata, has_flag: Flags
) -> Iterator[Columns]:
    """Statistics of one drug in one comparator, a row an event, sex by sex."""
    for sex, sexes in SEXES.items():
        rows = np.flatnonzero((events["sex"] == sex).to_numpy())
        if not rows.size:
            continue
        values = _crude(counts.cells(rows, strata.by((), sexes)))
        values |= _by_year(counts.cells(rows, strata.by(("year",), sexes)))
        values |= _mantel_haenszel(
            counts.cells(rows, strata.by(("year", "reporter"), sexes))
        )
        values |= _by_age_and_sex(
            counts.cells(rows, strata.by(("age_band", "sex"), sexes))
        )
        if sex != "all":
            widened = strata.by(("age_band", "sex"), (*sexes, "unknown"))
            ratio = mantel_haenszel_ror(*counts.cells(rows, widened))
            values |= _limits("ror_age_sex_with_unknown", ratio)
        levels = events["event_level"].to_numpy()[rows]
        models, notes = _models(
            counts,
            rows,
            strata=strata,
            sexes=sexes,
            reasons=_reasons(
                values["a"],
                levels,
                has_flag[rows] | (values["ror_age_sex_low"] > 1),
            ),
        )
        names = {
            name: events[name].to_numpy()[rows]
            for name in ("event_level", "event", "sex")
        }
        yield {**names, **values, **models, "adjusted_note": notes}


def _crude(cells: tuple[Floats, Floats, Floats, Floats]) -> Values:
    a, b, c, d = (cell[:, 0] for cell in cells)
    expected = stratified_expected(
        (a + b)[:, None], (a + c)[:, None], (a + b + c + d)[:, None]
    )
    n = a + b + c + d
    return {
        "a": a,
        "n_drug": a + b,
        "n_event": a + c,
        "n": n,
        "expected": np.where(n > 0, expected, np.nan),
        **_limits("ror", ror(a, b, c, d)),
    }


def _by_year(cells: tuple[Floats, Floats, Floats, Floats]) -> Values:
    """Information component with the expected count summed over years of receipt."""
    a, b, c, d = cells
    expected = stratified_expected(a + b, a + c, a + b + c + d)
    ic = information_component(a.sum(axis=1), expected)
    return {
        "expected_year": expected,
        "ic_year": ic.ic,
        "ic025_year": ic.ic025,
        "ic975_year": ic.ic975,
    }


def _mantel_haenszel(cells: tuple[Floats, Floats, Floats, Floats]) -> Values:
    """Ratios over year and reporter, with what informs them."""
    compares = _compares(cells)
    return {
        **_limits("prr_mh", mantel_haenszel_prr(*cells)),
        **_limits("ror_mh", mantel_haenszel_ror(*cells)),
        "n_strata": compares.sum(axis=1),
        "a_mh": np.where(compares, cells[0], 0).sum(axis=1),
    }


def _by_age_and_sex(cells: tuple[Floats, Floats, Floats, Floats]) -> Values:
    """Odds ratio over age and sex, and whether it is the same in all strata."""
    compares = _compares(cells)
    return {
        **_limits("ror_age_sex", mantel_haenszel_ror(*cells)),
        "n_strata_age_sex": compares.sum(axis=1),
        "a_age_sex": np.where(compares, cells[0], 0).sum(axis=1),
        "p_homogeneity": breslow_day(*cells).p_value,
    }


def _compares(cells: tuple[Floats, Floats, Floats, Floats]) -> Flags:
    """Strata with and without the drug, and with and without the event."""
    a, b, c, d = cells
    return (a + b > 0) & (c + d > 0) & (a + c > 0) & (b + d > 0)


def _limits(name: str, ratio: Ratio) -> Values:
    return {name: ratio.point, f"{name}_low": ratio.low, f"{name}_high": ratio.high}


def _reasons(
    a: Floats, levels: npt.NDArray[np.object_], has_flag: Flags
) -> npt.NDArray[np.object_]:
    """Why a pair gets no model; None where it gets one."""
    reasons = np.full(a.size, None, dtype=object)
    reasons[a < MIN_REPORTS] = TOO_FEW
    reasons[~has_flag] = NOT_FLAGGED
    reasons[~np.isin(levels.astype(str), MODELLED)] = NOT_MODELLED
    return reasons


def _models(
    counts: _Counts,
    rows: Ints,
    *,
    strata: _Strata,
    sexes: tuple[str, ...],
    reasons: npt.NDArray[np.object_],
) -> tuple[Values, npt.NDArray[np.object_]]:
    """Odds ratios of the logistic models, and why there is none or a limit only."""
    names = {
        "ror_adjusted": COVARIATES_WITHOUT_REPORTER,
        "ror_adjusted_reporter": COVARIATES,
    }
    values = {
        f"{name}{limit}": np.full(rows.size, np.nan)
        for name in names
        for limit in ("", "_low", "_high")
    }
    notes = reasons.copy()
    fitted = np.flatnonzero([reason is None for reason in reasons])
    if not fitted.size:
        return values, notes
    is_in = strata.of_sexes(sexes)
    a, b, c, d = counts.cells(rows[fitted], strata.each(sexes))
    found = {
        name: adjusted_ror_of_events(
            strata.levels[is_in],
            a + b,
            a + b + c + d,
            a=a,
            n_event=a + c,
            covariates=covariates,
        )
        for name, covariates in names.items()
    }
    for name, ratio in found.items():
        for column, part in _limits(name, ratio).items():
            values[column][fitted] = part
    plain, reporter = found["ror_adjusted"], found["ror_adjusted_reporter"]
    notes[fitted[plain.is_exact | reporter.is_exact]] = SEPARATED
    notes[fitted[np.isnan(reporter.point)]] = UNDETERMINED_WITH_REPORTER
    notes[fitted[np.isnan(plain.point)]] = UNDETERMINED
    return values, notes

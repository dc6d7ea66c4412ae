"""Statistics adjusted for what reports state: year, reporter, age, sex, region.

Counts come from ``counts.covariate_margin``, of the primary variant at the latest
quarter. Those of one drug in one comparator are sparse matrices of events by
combinations of covariates, and a stratification is a matrix of combinations by strata:
what is stratified is the product of the two. A sex is part of the stratification, in
which reports of the others have no stratum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.sparse import csr_array

from pvsignal import warehouse
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
Flags = npt.NDArray[np.bool_]
Values = dict[str, Floats]

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

_MARGIN = """
select event, litigation_set, covariate_no, n_reports
from counts.covariate_margin
where measure = ? and comparator = ? and drug = ?
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
    populations: dict[str, _Margins] = {}
    parts = [pairs]
    for key, of_drug in pairs.groupby(["comparator", "drug"], sort=True):
        comparator, drug = map(str, key)
        # In C each drug has a population of its own; A and B serve all drugs.
        owner = drug if comparator == "C" else ""
        if owner or comparator not in populations:
            populations[comparator] = _margins(
                con, ("n", "n_event"), (comparator, owner), events=events, strata=strata
            )
        counts = _Counts(
            _margins(
                con, ("n_drug", "a"), (comparator, drug), events=events, strata=strata
            ),
            populations[comparator],
        )
        has_flag = np.array([(drug, event) in flagged for event in events["event"]])
        made = _statistics(counts, events, strata=strata, has_flag=has_flag)
        parts.append(of_drug.merge(made, on=["event_level", "event"]))
    # Without a pair the columns are those of the schema all the same.
    table = pd.concat(parts[1:] or parts).reindex(columns=_SCHEMA.names)
    years = [name for name in _SCHEMA.names if name.endswith("_year")]
    table[years] = table[years].where(table["comparator"] == "A")
    warehouse.load_arrow(
        con,
        "signals.adjusted",
        pa.Table.from_pandas(table, schema=_SCHEMA, preserve_index=False),
    )


def _flagged(con: warehouse.Connection) -> set[tuple[str, str]]:
    """Pairs of drug and event that the ROR or the IC flags in any comparator."""
    table = warehouse.query_frame(con, _FLAGGED)
    return set(zip(table["drug"], table["event"], strict=True))


class _Strata:
    """Combinations of covariates, and the stratum that each is in.

    Attributes
    ----------
    levels
        One row a combination: ``covariate_no``, ``year``, ``reporter``, ``sex``,
        ``age_band``, ``region``.
    place
        Place of each ``covariate_no``.
    """

    def __init__(self, levels: pd.DataFrame) -> None:
        self.levels = levels
        self.place = pd.Index(levels["covariate_no"])
        self._made: dict[tuple[tuple[str, ...], tuple[str, ...]], csr_array] = {}

    def of_sexes(self, sexes: tuple[str, ...]) -> Flags:
        """Combinations of one of these sexes."""
        return self.levels["sex"].isin(sexes).to_numpy(np.bool_)

    def each(self, sexes: tuple[str, ...]) -> csr_array:
        """Matrix of combinations by themselves, those of other sexes left out."""
        found = np.flatnonzero(self.of_sexes(sexes))
        places = (found, np.arange(found.size))
        shape = (len(self.levels), found.size)
        return csr_array((np.ones(found.size), places), shape=shape)

    def by(self, covariates: tuple[str, ...], sexes: tuple[str, ...]) -> csr_array:
        """Matrix of combinations by strata; other sexes are in no stratum."""
        if (covariates, sexes) not in self._made:
            stratum = np.zeros(len(self.levels), dtype=np.int64)
            if covariates:
                groups = self.levels.groupby(list(covariates), sort=True)
                stratum = np.asarray(groups.ngroup(), dtype=np.int64)
            places = (np.arange(len(self.levels)), stratum)
            shape = (len(self.levels), int(stratum.max(initial=0)) + 1)
            self._made[covariates, sexes] = csr_array(
                (self.of_sexes(sexes).astype(np.float64), places), shape=shape
            )
        return self._made[covariates, sexes]


@dataclass(frozen=True)
class _Margins:
    """Reports of a group, in all and with each event, by combination of covariates.

    Attributes
    ----------
    reports
        Reports that count for each litigation set, shape (sets, combinations).
    set_of
        Place of the set of each event.
    with_event
        Reports with each event, shape (events, combinations).
    """

    reports: csr_array
    set_of: npt.NDArray[np.int64]
    with_event: csr_array

    def of_events(self, rows: npt.NDArray[np.int64], by: csr_array) -> Floats:
        """Reports that count for events, by stratum."""
        return np.asarray((self.reports @ by).todense())[self.set_of[rows]]

    def with_events(self, rows: npt.NDArray[np.int64], by: csr_array) -> Floats:
        """Reports with events, by stratum."""
        return np.asarray((self.with_event[rows] @ by).todense())


def _margins(
    con: warehouse.Connection,
    measures: tuple[str, str],
    key: tuple[str, str],
    *,
    events: pd.DataFrame,
    strata: _Strata,
) -> _Margins:
    """Margins of a comparator and drug; measures of all reports and of events."""
    whole, of_event = (
        warehouse.query_frame(con, _MARGIN, [measure, *key]) for measure in measures
    )
    # The first set is that of no litigated report.
    sets = pd.Index(["", *sorted(set(events["litigation_set"]) - {""})])
    found = _matrix(
        whole, sets.get_indexer(pd.Index(whole["litigation_set"])), len(sets), strata
    )
    leaves = found.copy()
    leaves.data[: leaves.indptr[1]] = 0.0
    stays = csr_array(np.ones((len(sets), 1))) @ found[[0]] - leaves
    return _Margins(
        csr_array(stays),
        sets.get_indexer(pd.Index(events["litigation_set"])),
        _matrix(
            of_event,
            pd.Index(events["event"]).get_indexer(pd.Index(of_event["event"])),
            len(events),
            strata,
        ),
    )


def _matrix(
    margin: pd.DataFrame, rows: npt.NDArray[np.int64], n_rows: int, strata: _Strata
) -> csr_array:
    """Reports by row and combination; what has no row in the table is 0."""
    is_wanted = rows >= 0
    columns = strata.place.get_indexer(pd.Index(margin["covariate_no"]))
    values = margin["n_reports"].to_numpy(np.float64)
    return csr_array(
        (values[is_wanted], (rows[is_wanted], columns[is_wanted])),
        shape=(n_rows, len(strata.levels)),
    )


@dataclass(frozen=True)
class _Counts:
    """Margins of a drug and of the population that it is compared in."""

    drug: _Margins
    population: _Margins

    def cells(
        self, rows: npt.NDArray[np.int64], by: csr_array
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Cells a, b, c, d of events, shape (events, strata)."""
        a = self.drug.with_events(rows, by)
        n_drug = self.drug.of_events(rows, by)
        n_event = self.population.with_events(rows, by)
        n = self.population.of_events(rows, by)
        return a, n_drug - a, n_event - a, n - n_drug - n_event + a


def _statistics(
    counts: _Counts, events: pd.DataFrame, *, strata: _Strata, has_flag: Flags
) -> pd.DataFrame:
    """Statistics of one drug in one comparator, a row an event, sex by sex."""
    parts = []
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
        parts.append(
            pd.DataFrame({**names, **values, **models, "adjusted_note": notes})
        )
    return pd.concat(parts, ignore_index=True)


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
    rows: npt.NDArray[np.int64],
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

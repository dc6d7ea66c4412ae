"""The grid of specifications of every pair on the board, at the latest quarter.

Counts come from ``signals.grid_margin`` as a sparse matrix: a row is a margin of a pair
(a, n_drug, n_event or n), a column is what a specification can choose by and what can
be stratified. A set of specifications is a second matrix, of columns by selections and
strata; the product of the two is the cells of all pairs in all specifications.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.sparse import csr_array

from pvsignal import warehouse
from pvsignal.analysis import PRIMARY, Analysis
from pvsignal.pipeline.scoring.adjusted import SEXES
from pvsignal.pipeline.scoring.columns import defined
from pvsignal.pipeline.variants import EVENT_USES, role_set
from pvsignal.signals import grid, rules
from pvsignal.signals.grid import Flip, Specification
from pvsignal.stats import mantel_haenszel_ror, ror, stratified_expected

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Arrays = dict[str, npt.NDArray[Any]]

# What is stratified by: columns of signals.grid_stratum.
STRATA: Final[Mapping[str, tuple[str, ...]]] = {
    "crude": (),
    "age_sex": ("age_band", "sex"),
    "year": ("received_year",),
}

# Event uses in the order of their number in a column; no_event stands for margins.
_USES: Final = ("no_event", "counted", "treated", "left_out")

# Columns of one combination of traits: the uses, litigated or not.
_COLUMNS: Final = 2 * len(_USES)

_PAIRS: Final = """
select drug, event, litigation_set, sex
from signals.grid_pair
order by drug, event
"""

_TRAITS: Final = """
select distinct
    trait_no,
    received_year,
    sex,
    age_band,
    is_suspected_duplicate,
    reporter = 'professional' as is_professional
from signals.grid_stratum
order by trait_no
"""

_MARGIN: Final = """
select measure, drug, event, event_use, litigation_set, trait_no, n_reports
from signals.grid_margin
where comparator = $comparator and role_set in ('', $role_set)
"""

_COMPARED: Final = """
select drug from cohort.variant_reference where variant = 'primary'
"""

_VARIANTS: Final = """
select
    variant.variant,
    statistic.comparator,
    statistic.drug,
    statistic.event,
    statistic.sdr_ror,
    statistic.evaluable,
    statistic.n
from signals.statistic as statistic
inner join signals.grid_pair as pair
    on statistic.drug = pair.drug and statistic.event = pair.event
inner join analysis.variant as variant
    on statistic.variant = variant.variant
where statistic.is_latest and statistic.variant <> 'primary'
order by statistic.drug, statistic.event, variant.place, statistic.comparator
"""

_PAIR: Final = ("drug", "event")

_SPECIFICATION: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("drug", "event", *grid.AXES)),
        *((name, pa.int64()) for name in ("a", "a_compared")),
        ("expected", pa.float64()),
        ("n", pa.int64()),
        *((name, pa.float64()) for name in ("ror", "ror_low", "ror_high")),
        *((name, pa.bool_()) for name in ("is_positive", "is_counted")),
        ("why_not_counted", pa.string()),
    ]
)

_SUMMARY: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("drug", "event")),
        *((name, pa.int64()) for name in ("n_counted", "n_positive")),
        ("share_positive", pa.float64()),
        ("primary_counted_in", pa.string()),
        ("primary_positive_in", pa.string()),
        *(
            (f"{end}{figure}", kind)
            for end in ("worst", "best")
            for figure, kind in (
                ("", pa.string()),
                ("_a", pa.int64()),
                ("_ror", pa.float64()),
                ("_ror_low", pa.float64()),
                ("_ror_high", pa.float64()),
            )
        ),
        ("flips", pa.string()),
    ]
)

_CHOICE: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("drug", "event", "axis", "value")),
        *((name, pa.int64()) for name in ("n_counted", "n_positive")),
        ("share_positive", pa.float64()),
    ]
)

_FLIP: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("drug", "event", "comparator", "choice")),
        ("is_positive", pa.bool_()),
    ]
)


def judge_grid(con: warehouse.Connection, analysis: Analysis) -> int:
    """Store every specification of every pair on the board, and what they come to.

    Makes ``signals.grid`` (a row a pair and specification), ``signals.grid_summary`` (a
    row a pair), ``signals.grid_choice`` (a row a pair, axis and value) and
    ``signals.grid_flip`` (a row a choice that turns the primary flag of a comparator).

    Returns
    -------
    int
        Number of pairs.
    """
    warehouse.run_models(con, ["grid"], values={})
    pairs = warehouse.query_frame(con, _PAIRS)
    every = grid.specifications(analysis)
    results = _results(con, analysis, pairs)
    primaries: dict[str, int] = {
        comparator: every.index(grid.primary_specification(analysis, comparator))
        for comparator in analysis.grid.comparator
    }
    flips = _flips(
        con, analysis, pairs, every=every, results=results, primaries=primaries
    )
    for name, table in {
        "grid": _specification_table(pairs, every, results),
        "grid_summary": _summary_table(
            pairs, every, results=results, primaries=primaries, flips=flips
        ),
        "grid_choice": _choice_table(pairs, every, results),
        "grid_flip": _flip_table(pairs, flips),
    }.items():
        warehouse.load_arrow(con, f"signals.{name}", table)
    return len(pairs)


@dataclass(frozen=True)
class _Results:
    """Figures of every pair in every specification, shape (pairs, specifications).

    Attributes
    ----------
    exists
        False where the drug has no such comparator.
    a, n
        Reports with drug and event, and of the population, of the strata's sex.
    a_compared
        Reports of `a` in strata that compare.
    c
        Reports with the event without the drug.
    expected
        Sum over the strata of the count if drug and event were independent in each.
    ror, low, high
        Crude or Mantel-Haenszel odds ratio with its 95 % limits; NaN where no stratum
        compares.
    is_positive
        At least as many compared reports as a flag asks for, and a lower limit above
        its threshold.
    reason
        Why it is in no share; None where it is.
    """

    exists: Flags
    a: Floats
    a_compared: Floats
    n: Floats
    expected: Floats
    ror: Floats
    low: Floats
    high: Floats
    is_positive: Flags
    reason: npt.NDArray[np.object_]

    @property
    def is_counted(self) -> Flags:
        """Specifications that enter the shares."""
        return self.exists & pd.isna(self.reason)


def _results(
    con: warehouse.Connection, analysis: Analysis, pairs: pd.DataFrame
) -> _Results:
    """Results of all specifications, in the order of `grid.specifications`."""
    traits = warehouse.query_frame(con, _TRAITS)
    schemes = _schemes(analysis, pairs, traits)
    compared = set(warehouse.query_frame(con, _COMPARED)["drug"])
    has_reference = pairs["drug"].isin(compared).to_numpy(np.bool_)
    # One after another comparators and roles, the first two axes.
    parts: dict[str, list[npt.NDArray[Any]]] = {}
    for comparator in analysis.grid.comparator:
        exists = has_reference if comparator == "C" else np.ones(len(pairs), np.bool_)
        for roles in analysis.grid_roles:
            margins = _margins(
                con,
                pairs,
                traits,
                comparator=comparator,
                role_set=role_set(roles),
            )
            found = _judged(_figures(margins, schemes), analysis, comparator)
            n_specifications = found["a"].shape[1]
            found["exists"] = np.repeat(exists[:, np.newaxis], n_specifications, axis=1)
            for name, values in found.items():
                parts.setdefault(name, []).append(values)
    arrays = {name: np.concatenate(values, axis=1) for name, values in parts.items()}
    return _Results(**arrays)


def _judged(found: dict[str, Floats], analysis: Analysis, comparator: str) -> Arrays:
    """Figures with the flag, and with the reason why they enter no share."""
    c, compares = found.pop("c"), found.pop("compares") > 0
    whole = found["a_compared"].astype(np.int64)
    evaluable = rules.evaluable(
        np.full(whole.shape, comparator == "A"),
        whole,
        c=c.astype(np.int64),
        expected=found["expected"],
        limits=analysis.evaluable,
    )
    return {
        **found,
        "is_positive": rules.sdr_ror(whole, found["low"], limits=analysis.thresholds),
        "reason": grid.why_not_counted(
            found["n"], evaluable, compares, min_reports=analysis.grid.min_reports
        ),
    }


@dataclass(frozen=True)
class _Selection:
    """Choice of reports and events that does not change roles or strata."""

    reporter: str
    duplicates: str
    litigated: str
    indication_rule: str


def _selections(analysis: Analysis) -> list[_Selection]:
    """Selections in the order of the specifications."""
    found = (
        _Selection(s.reporter, s.duplicates, s.litigated, s.indication_rule)
        for s in grid.specifications(analysis)
    )
    return list(dict.fromkeys(found))


def _strata(
    traits: pd.DataFrame, covariates: Sequence[str], *, sexes: Sequence[str]
) -> Counts:
    """Stratum of each combination of traits; -1 for those of another sex."""
    stratum = np.zeros(len(traits), dtype=np.int64)
    if covariates and len(traits):
        groups = traits.groupby(list(covariates), sort=True)
        stratum = np.asarray(groups.ngroup(), dtype=np.int64)
    return np.where(traits["sex"].isin(sexes), stratum, -1)


@dataclass(frozen=True)
class _Scheme:
    """Selections by strata, for the pairs that are stratified alike.

    Attributes
    ----------
    rows
        Places of the pairs.
    chosen
        Matrix of columns by selections and strata: what a report adds to each.
    shape
        Number of selections and of strata.
    is_crude
        Whether there is one stratum of all reports.
    """

    rows: Counts
    chosen: csr_array
    shape: tuple[int, int]
    is_crude: bool


def _schemes(
    analysis: Analysis, pairs: pd.DataFrame, traits: pd.DataFrame
) -> list[list[_Scheme]]:
    """Schemes of each adjustment; those of one adjustment hold every pair once."""
    selections = _selections(analysis)
    found = []
    for adjustment in analysis.grid.adjustment:
        # The crude value is that of the variant: reports of all sexes.
        is_crude = adjustment == "crude"
        of_adjustment = []
        for sex, sexes in {"all": SEXES["all"]}.items() if is_crude else SEXES.items():
            is_in = (pairs["sex"] == sex).to_numpy(np.bool_) | is_crude
            stratum = _strata(traits, STRATA[adjustment], sexes=sexes)
            n_strata = int(stratum.max(initial=0)) + 1
            of_adjustment.append(
                _Scheme(
                    rows=np.flatnonzero(is_in),
                    chosen=_chosen(traits, selections, stratum),
                    shape=(len(selections), n_strata),
                    is_crude=is_crude,
                )
            )
        found.append(of_adjustment)
    return found


def _chosen(
    traits: pd.DataFrame, selections: Sequence[_Selection], stratum: Counts
) -> csr_array:
    """Matrix of columns by selections and strata.

    Reports of an event that are litigated add nothing where litigated ones are left
    out; those of a margin are in it already, and leave there.
    """
    n_strata = int(stratum.max(initial=0)) + 1
    n_columns = len(traits) * _COLUMNS
    number = np.arange(n_columns)
    is_litigated = number % 2 == 1
    use = number // 2 % len(_USES)
    trait = number // _COLUMNS
    is_margin = use == _USES.index("no_event")
    is_duplicate, is_professional = (
        traits[name].to_numpy(np.bool_)[trait]
        for name in ("is_suspected_duplicate", "is_professional")
    )
    places, values = [], []
    for position, selection in enumerate(selections):
        uses = [_USES.index(one) for one in EVENT_USES[selection.indication_rule]]
        weight = np.where(np.isin(use, uses) & (stratum[trait] >= 0), 1.0, 0.0)
        if selection.duplicates == "left_out":
            weight[is_duplicate] = 0.0
        if selection.reporter == "professional":
            weight[~is_professional] = 0.0
        if selection.litigated == "left_out":
            weight[is_litigated & ~is_margin] = 0.0
            weight[is_litigated & is_margin] *= -1.0
        else:
            weight[is_litigated & is_margin] = 0.0
        found = np.flatnonzero(weight)
        places.append((found, position * n_strata + stratum[trait[found]]))
        values.append(weight[found])
    rows, columns = (np.concatenate(axis) for axis in zip(*places, strict=True))
    return csr_array(
        (np.concatenate(values), (rows, columns)),
        shape=(n_columns, len(selections) * n_strata),
    )


@dataclass(frozen=True)
class _Margin:
    """One margin of the pairs: distinct rows, and the row of each pair."""

    rows: csr_array
    of_pair: Counts

    def counted(self, scheme: _Scheme) -> Floats:
        """Reports by pair, selection and stratum."""
        wanted, place = np.unique(self.of_pair[scheme.rows], return_inverse=True)
        dense = np.asarray((self.rows[wanted] @ scheme.chosen).todense())
        found: Floats = dense[place].reshape(scheme.rows.size, *scheme.shape)
        return found


@dataclass(frozen=True)
class _Margins:
    """Margins of all pairs in a comparator and a set of roles.

    A column of a margin is a combination of traits by the use of the event by whether
    the report is litigated for it.
    """

    a: _Margin
    n_drug: _Margin
    n_drug_litigated: _Margin
    n_event: _Margin
    n: _Margin
    n_litigated: _Margin
    has_litigated: Flags

    def cells(self, scheme: _Scheme) -> tuple[Floats, Floats, Floats, Floats]:
        """Cells a, b, c, d of the scheme's pairs, shape (pairs, selections, strata)."""
        leaves = self.has_litigated[scheme.rows][:, np.newaxis, np.newaxis]
        a, n_event = self.a.counted(scheme), self.n_event.counted(scheme)
        n_drug = self.n_drug.counted(scheme)
        n_drug += np.where(leaves, self.n_drug_litigated.counted(scheme), 0.0)
        n = self.n.counted(scheme)
        n += np.where(leaves, self.n_litigated.counted(scheme), 0.0)
        return a, n_drug - a, n_event - a, n - n_drug - n_event + a


def _margins(
    con: warehouse.Connection,
    pairs: pd.DataFrame,
    traits: pd.DataFrame,
    *,
    comparator: str,
    role_set: str,
) -> _Margins:
    """Margins of the pairs, from ``signals.grid_margin``."""
    table = warehouse.query_frame(
        con, _MARGIN, {"comparator": comparator, "role_set": role_set}
    )
    trait = pd.Index(traits["trait_no"]).get_indexer(pd.Index(table["trait_no"]))
    use = pd.Index(_USES).get_indexer(pd.Index(table["event_use"]))
    is_litigated = (table["litigation_set"] != "").to_numpy(np.int64)
    table["column"] = trait * _COLUMNS + use * 2 + is_litigated
    n_columns = len(traits) * _COLUMNS
    nothing = pd.Series("", index=pairs.index)
    # In C each drug has a population of its own; A and B serve all drugs.
    owner = pairs["drug"] if comparator == "C" else nothing

    def margin(measure: str, key: str, drugs: pd.Series, values: pd.Series) -> _Margin:
        part = table[table["measure"] == measure]
        wanted = pd.MultiIndex.from_arrays([drugs, values])
        distinct = wanted.unique()
        row = distinct.get_indexer(pd.MultiIndex.from_frame(part[["drug", key]]))
        counts = part["n_reports"].to_numpy(np.float64)
        columns = part["column"].to_numpy(np.int64)
        is_in = row >= 0
        return _Margin(
            csr_array(
                (counts[is_in], (row[is_in], columns[is_in])),
                shape=(len(distinct), n_columns),
            ),
            np.asarray(distinct.get_indexer(wanted), dtype=np.int64),
        )

    return _Margins(
        a=margin("a", "event", pairs["drug"], pairs["event"]),
        n_drug=margin("n_drug", "litigation_set", pairs["drug"], nothing),
        n_drug_litigated=margin(
            "n_drug", "litigation_set", pairs["drug"], pairs["litigation_set"]
        ),
        n_event=margin("n_event", "event", owner, pairs["event"]),
        n=margin("n", "litigation_set", owner, nothing),
        n_litigated=margin("n", "litigation_set", owner, pairs["litigation_set"]),
        has_litigated=(pairs["litigation_set"] != "").to_numpy(np.bool_),
    )


def _figures(
    margins: _Margins, schemes: Sequence[Sequence[_Scheme]]
) -> dict[str, Floats]:
    """Figures of all pairs by selection and adjustment, the last changes first."""
    by_adjustment = []
    for of_adjustment in schemes:
        parts = [
            _statistics(margins.cells(scheme), is_crude=scheme.is_crude)
            for scheme in of_adjustment
        ]
        order = np.argsort(np.concatenate([scheme.rows for scheme in of_adjustment]))
        by_adjustment.append(
            {
                name: np.concatenate([part[name] for part in parts])[order]
                for name in parts[0]
            }
        )
    found = {
        name: np.stack([part[name] for part in by_adjustment], axis=2)
        for name in by_adjustment[0]
    }
    return {
        name: values.reshape(values.shape[0], values.shape[1] * values.shape[2])
        for name, values in found.items()
    }


def _statistics(
    cells: tuple[Floats, Floats, Floats, Floats], *, is_crude: bool
) -> dict[str, Floats]:
    """Figures of cells of shape (pairs, selections, strata), by pair and selection."""
    a, b, c, d = cells
    shape = a.shape[:2]
    flat = tuple(cell.reshape(-1, cell.shape[2]) for cell in cells)
    # One table has the same odds ratio either way; the crude one is that of a variant.
    if is_crude:
        ratio = ror(*(cell[:, 0] for cell in flat))
    else:
        ratio = mantel_haenszel_ror(*flat)
    n = a + b + c + d
    compares = (a + b > 0) & (c + d > 0) & (a + c > 0) & (b + d > 0)
    return {
        "a": a.sum(axis=2),
        "a_compared": np.where(compares, a, 0.0).sum(axis=2),
        "c": c.sum(axis=2),
        "compares": compares.any(axis=2).astype(np.float64),
        "n": n.sum(axis=2),
        "expected": stratified_expected(*map(_flat, (a + b, a + c, n))).reshape(shape),
        "ror": ratio.point.reshape(shape),
        "low": ratio.low.reshape(shape),
        "high": ratio.high.reshape(shape),
    }


def _flat(cell: Floats) -> Floats:
    return cell.reshape(-1, cell.shape[2])


def _flips(
    con: warehouse.Connection,
    analysis: Analysis,
    pairs: pd.DataFrame,
    *,
    every: Sequence[Specification],
    results: _Results,
    primaries: Mapping[str, int],
) -> dict[int, list[Flip]]:
    """Choices that turn the primary flag of a comparator, by the place of the pair.

    Both the primary and the other count must be large enough to be counted: a flag that
    goes because too few reports are left is no contradiction.
    """
    place = {specification: i for i, specification in enumerate(every)}
    counted, positive = results.is_counted, results.is_positive
    found: dict[int, list[Flip]] = {}
    singles = []
    for specification, j in place.items():
        i = primaries[specification.comparator]
        changed = grid.changed_axes(every[i], specification)
        if len(changed) == 1:
            words = grid.choice_in_words(changed[0], getattr(specification, changed[0]))
            singles.append((words, specification.comparator, i, j))
    for words, comparator, i, j in singles:
        turned = counted[:, i] & counted[:, j] & (positive[:, i] != positive[:, j])
        for p in np.flatnonzero(turned).tolist():
            flip = Flip(comparator, words, bool(positive[p, j]))
            found.setdefault(p, []).append(flip)

    in_grid = {
        (variant.name, comparator)
        for variant in analysis.variants
        for comparator in variant.comparators
        if variant.name != PRIMARY
        and grid.specification_of(variant, analysis, comparator) in place
    }
    names = zip(pairs["drug"], pairs["event"], strict=True)
    rows = {key: p for p, key in enumerate(names)}
    for row in warehouse.query_rows(con, _VARIANTS):
        comparator = row["comparator"]
        if comparator not in primaries or (row["variant"], comparator) in in_grid:
            continue
        p, i = rows[row["drug"], row["event"]], primaries[comparator]
        is_large = row["evaluable"] and row["n"] >= analysis.grid.min_reports
        if counted[p, i] and is_large and row["sdr_ror"] != positive[p, i]:
            flip = Flip(comparator, f"variant {row['variant']}", row["sdr_ror"])
            found.setdefault(p, []).append(flip)
    return found


def _specification_table(
    pairs: pd.DataFrame, every: Sequence[Specification], results: _Results
) -> pa.Table:
    """Rows of ``signals.grid``."""
    p, s = np.nonzero(results.exists)
    axes = zip(grid.AXES, zip(*map(astuple, every), strict=True), strict=True)
    whole = {"a": results.a, "a_compared": results.a_compared, "n": results.n}
    ratio = {
        "expected": results.expected,
        "ror": results.ror,
        "ror_low": results.low,
        "ror_high": results.high,
    }
    columns = {
        **{name: pa.array(pairs[name], pa.string()).take(p) for name in _PAIR},
        **{name: pa.array(values, pa.string()).take(s) for name, values in axes},
        **{name: pa.array(v[p, s].astype(np.int64)) for name, v in whole.items()},
        **{name: defined(values[p, s]) for name, values in ratio.items()},
        "is_positive": pa.array(results.is_positive[p, s]),
        "is_counted": pa.array(results.is_counted[p, s]),
        "why_not_counted": pa.array(results.reason[p, s], pa.string()),
    }
    return pa.table(columns).select(_SPECIFICATION.names).cast(_SPECIFICATION)


def _summary_table(
    pairs: pd.DataFrame,
    every: Sequence[Specification],
    *,
    results: _Results,
    primaries: Mapping[str, int],
    flips: Mapping[int, Sequence[Flip]],
) -> pa.Table:
    """Rows of ``signals.grid_summary``."""
    counted = results.is_counted
    n_counted = counted.sum(axis=1)
    n_positive = (counted & results.is_positive).sum(axis=1)
    is_any = n_counted > 0
    columns: dict[str, pa.Array] = {
        **{name: pa.array(pairs[name], pa.string()) for name in _PAIR},
        "n_counted": pa.array(n_counted),
        "n_positive": pa.array(n_positive),
        "share_positive": _share(n_positive, n_counted),
    }
    columns["primary_counted_in"] = _comparators(counted, primaries)
    columns["primary_positive_in"] = _comparators(
        counted & results.is_positive, primaries
    )
    texts = np.array([str(one) for one in every], dtype=object)
    for end, places in {
        "worst": np.where(counted, results.low, np.inf).argmin(axis=1),
        "best": np.where(counted, results.low, -np.inf).argmax(axis=1),
    }.items():
        at = (np.arange(len(pairs)), places)
        columns[end] = pa.array(texts[places], pa.string(), mask=~is_any)
        columns[f"{end}_a"] = pa.array(results.a[at].astype(np.int64), mask=~is_any)
        for figure, values in {
            "ror": results.ror,
            "ror_low": results.low,
            "ror_high": results.high,
        }.items():
            columns[f"{end}_{figure}"] = defined(values[at], is_any)
    columns["flips"] = pa.array(
        [grid.flips_in_words(flips.get(p, ())) for p in range(len(pairs))], pa.string()
    )
    return pa.table(columns).select(_SUMMARY.names).cast(_SUMMARY)


def _share(n_positive: Counts, n_counted: Counts) -> pa.Array:
    """Share of what is counted; NULL where nothing is."""
    share = n_positive / np.maximum(n_counted, 1)
    return defined(share, n_counted > 0)


def _comparators(flags: Flags, primaries: Mapping[str, int]) -> pa.Array:
    """Comparators whose primary specification has a flag, such as ``A+C``."""
    texts = [
        "+".join(name for name, place in primaries.items() if row[place]) or None
        for row in flags
    ]
    return pa.array(texts, pa.string())


def _choice_table(
    pairs: pd.DataFrame, every: Sequence[Specification], results: _Results
) -> pa.Table:
    """Rows of ``signals.grid_choice``: each value of each axis, all others varied."""
    choices = list(
        dict.fromkeys((axis, getattr(one, axis)) for axis in grid.AXES for one in every)
    )
    has_choice = np.array(
        [[getattr(one, axis) == value for axis, value in choices] for one in every]
    ).astype(np.int64)
    counted = results.is_counted
    n_counted = (counted.astype(np.int64) @ has_choice).ravel()
    n_positive = ((counted & results.is_positive).astype(np.int64) @ has_choice).ravel()
    p = np.repeat(np.arange(len(pairs)), len(choices))
    columns = {
        **{name: pa.array(pairs[name], pa.string()).take(p) for name in _PAIR},
        "axis": pa.array([axis for axis, _ in choices] * len(pairs), pa.string()),
        "value": pa.array([value for _, value in choices] * len(pairs), pa.string()),
        "n_counted": pa.array(n_counted),
        "n_positive": pa.array(n_positive),
        "share_positive": _share(n_positive, n_counted),
    }
    return pa.table(columns).cast(_CHOICE)


def _flip_table(pairs: pd.DataFrame, flips: Mapping[int, Sequence[Flip]]) -> pa.Table:
    """Rows of ``signals.grid_flip``."""
    names = list(zip(pairs["drug"], pairs["event"], strict=True))
    return pa.Table.from_pylist(
        [
            {"drug": names[p][0], "event": names[p][1], **vars(flip)}
            for p in sorted(flips)
            for flip in flips[p]
        ],
        schema=_FLIP,
    )

"""Adjusted statistics of a whole run, worked out again from its reports one by one."""

from __future__ import annotations

import math
from typing import Any

import duckdb
import pytest

from pvsignal import warehouse
from pvsignal.stats import (
    adjusted_ror,
    reports_of_sex,
    reports_of_sex_or_unknown,
)
from pvsignal.stats.adjusted import COVARIATES, COVARIATES_WITHOUT_REPORTER
from tests.pipeline.conftest import Published


@pytest.fixture(scope="module")
def con(published: Published) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(published.result.database), read_only=True)


def _reports(published: Published, comparator: str, drug: str, event: str) -> Any:
    """Reports that count now, one a row, with the flags of drug and event."""
    with warehouse.connect(published.settings.warehouse_path) as con:
        frame = warehouse.query_frame(
            con,
            """
            select
                trait.sex, trait.age_band, trait.region, trait.reporter,
                cast(trait.received_year as varchar) as year,
                exists (
                    select 1 from counts.exposed_member as e
                    where e.comparator = $comparator and e.drug = $drug
                    and e.known_until is null
                    and (e.quarter_no, e.primaryid) = (m.quarter_no, m.primaryid)
                ) as is_exposed,
                exists (
                    select 1 from cohort.outcome as o
                    where o.event = $event
                    and (o.quarter_no, o.primaryid) = (m.quarter_no, m.primaryid)
                ) as has_event
            from counts.population_member as m
            join cohort.report_trait as trait using (quarter_no, primaryid, caseid)
            where m.comparator = $comparator and m.drug = $owner
            and m.known_until is null
            and not exists (
                select 1 from cohort.litigated_report as l
                join cohort.event as event using (litigation_set)
                where event.event = $event
                and (l.quarter_no, l.primaryid) = (m.quarter_no, m.primaryid)
            )
            """,
            {
                "comparator": comparator,
                "drug": drug,
                "event": event,
                "owner": drug if comparator == "C" else "",
            },
        )
    codes = {"female": "F", "male": "M", "unknown": None}
    return frame.assign(
        sex=frame["sex"].map(codes), n=1, n_event=frame["has_event"].astype(int)
    )


def _strata(reports: Any, by: list[str]) -> list[tuple[int, int, int, int]]:
    """a, b, c, d of each stratum."""
    found = []
    for _, part in reports.fillna({"sex": "none"}).groupby(by):
        exposed, event = part["is_exposed"], part["has_event"]
        found.append(
            (
                int((exposed & event).sum()),
                int((exposed & ~event).sum()),
                int((~exposed & event).sum()),
                int((~exposed & ~event).sum()),
            )
        )
    return found


def _ror(strata: list[tuple[int, int, int, int]]) -> float | None:
    over = sum(a * d / (a + b + c + d) for a, b, c, d in strata)
    under = sum(b * c / (a + b + c + d) for a, b, c, d in strata)
    if not under:
        return math.inf if over else None
    return over / under


def _prr(strata: list[tuple[int, int, int, int]]) -> float | None:
    over = sum(a * (c + d) / (a + b + c + d) for a, b, c, d in strata)
    under = sum(c * (a + b) / (a + b + c + d) for a, b, c, d in strata)
    if not under:
        return math.inf if over else None
    return over / under


# Groups, a supergroup, a class; events of both sexes, of women and of men.
PAIRS = [
    ("fingolimod", "skin_bcc"),
    ("fingolimod", "any_malignancy"),
    ("ocrelizumab", "breast"),
    ("class:s1p_modulator", "all_nmsc"),
    ("natalizumab", "colorectal"),
    ("fingolimod", "prostate"),
]


@pytest.mark.parametrize("comparator", ["A", "B", "C"])
@pytest.mark.parametrize(("drug", "event"), PAIRS)
def test_a_row_is_what_its_reports_say(
    published: Published,
    con: duckdb.DuckDBPyConnection,
    comparator: str,
    drug: str,
    event: str,
) -> None:
    row = warehouse.query_rows(
        con,
        "select * from api.adjusted where comparator = ? and drug = ? and event = ?",
        [comparator, drug, event],
    )[0]
    every = _reports(published, comparator, drug, event)
    code = {"all": "", "female": "F", "male": "M"}[row["sex"]]
    reports = reports_of_sex(every, code) if code else every
    n, both = len(reports), int((reports["is_exposed"] & reports["has_event"]).sum())
    assert (row["n"], row["a"]) == (n, both)
    assert row["n_drug"] == reports["is_exposed"].sum()
    assert row["n_event"] == reports["has_event"].sum()

    by_year = _strata(reports, ["year"])
    if comparator == "A":
        expected = sum((a + b) * (a + c) / (a + b + c + d) for a, b, c, d in by_year)
        assert row["expected_year"] == pytest.approx(expected)
    mantel_haenszel = _strata(reports, ["year", "reporter"])
    assert row["ror_mh"] == pytest.approx(_ror(mantel_haenszel))
    assert row["prr_mh"] == pytest.approx(_prr(mantel_haenszel))
    by_age = _strata(reports, ["age_band", "sex"])
    assert row["ror_age_sex"] == pytest.approx(_ror(by_age))
    if code:
        widened = reports_of_sex_or_unknown(every, code)
        found = _ror(_strata(widened, ["age_band", "sex"]))
        assert row["ror_age_sex_with_unknown"] == pytest.approx(found)


def test_a_model_is_the_one_of_its_reports_alone(
    published: Published, con: duckdb.DuckDBPyConnection
) -> None:
    # Of each comparator and sex the pairs with the most reports.
    rows = warehouse.query_rows(
        con,
        "select * from api.adjusted where ror_adjusted is not null qualify"
        " row_number() over (partition by comparator, sex order by a desc, drug,"
        " event) <= case sex when 'all' then 2 else 1 end",
    )
    assert {row["comparator"] for row in rows} == {"A", "B", "C"}
    for row in rows:
        every = _reports(published, row["comparator"], row["drug"], row["event"])
        code = {"all": "", "female": "F", "male": "M"}[row["sex"]]
        reports = reports_of_sex(every, code) if code else every
        for name, covariates in {
            "ror_adjusted": COVARIATES_WITHOUT_REPORTER,
            "ror_adjusted_reporter": COVARIATES,
        }.items():
            model = adjusted_ror(reports, covariates=covariates)
            found = (row[name], row[f"{name}_low"], row[f"{name}_high"])
            expected = (model.point, model.low, model.high)
            assert found == pytest.approx(expected, rel=1e-5), row["event"]


def test_every_pair_of_the_primary_variant_has_a_row_and_its_counts(
    con: duckdb.DuckDBPyConnection,
) -> None:
    ((n_pairs, n_rows, n_other),) = con.execute(
        "select count(*), count(adjusted.a), count(*) filter (where sex = 'all' and"
        " (s.a, s.n_drug, s.n_event, s.n) <>"
        " (adjusted.a, adjusted.n_drug, adjusted.n_event, adjusted.n))"
        " from api.signals as s left join api.adjusted as adjusted"
        " using (comparator, drug_level, drug, event_level, event, as_of)"
        " where s.variant = 'primary' and s.event_level <> 'pt'"
    ).fetchall()
    assert n_pairs == n_rows > 10_000
    assert n_other == 0


def test_one_sex_is_never_more_than_all(con: duckdb.DuckDBPyConnection) -> None:
    ((n_pairs, n_other),) = con.execute(
        "select count(*), count(*) filter (where adjusted.a > s.a or"
        " adjusted.n_drug > s.n_drug or adjusted.n_event > s.n_event"
        " or adjusted.n >= s.n) from api.signals as s join api.adjusted as adjusted"
        " using (comparator, drug, event_level, event)"
        " where s.variant = 'primary' and adjusted.sex <> 'all'"
    ).fetchall()
    assert n_pairs > 1_000
    assert n_other == 0


def test_every_model_has_a_reason_or_a_value(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "select adjusted_note is null, ror_adjusted is null, count(*)"
        " from api.adjusted group by all"
    ).fetchall()
    found = {(has_none, is_null): n for has_none, is_null, n in rows}
    assert (True, True) not in found
    assert found[True, False] >= 10


def test_no_number_is_nan(con: duckdb.DuckDBPyConnection) -> None:
    frame = con.execute("describe api.adjusted").fetchall()
    doubles = [name for name, kind, *_ in frame if kind == "DOUBLE"]
    checks = " or ".join(f"isnan({name})" for name in doubles)
    assert len(doubles) > 20
    ((n,),) = con.execute(
        f"select count(*) from api.adjusted where {checks}"
    ).fetchall()
    assert n == 0

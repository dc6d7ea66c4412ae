"""A planted interaction and planted onsets, from archives to the views."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pvsignal import pipeline, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.settings import Settings
from tests.archives import write_archive
from tests.pipeline.conftest import Published

NATALIZUMAB = ("TYSABRI", "NATALIZUMAB")
OCRELIZUMAB = ("OCREVUS", "OCRELIZUMAB")
MORE = ("MOREACT", "MOREACTIN")
SUM = ("SUMMAND", "SUMMANDIN")
ASPIRIN = ("ASPIRIN", "ASPIRIN")

# Drugs of the reports, how many, how many of them with melanoma. Natalizumab and MORE
# have it together far more often than each alone, ocrelizumab and SUM as often as the
# excesses of both add up to: some 7 of 100.
PLANTED = (
    ((ASPIRIN,), 1000, 10),
    ((NATALIZUMAB,), 200, 12),
    ((OCRELIZUMAB,), 200, 12),
    ((MORE,), 200, 10),
    ((SUM,), 200, 10),
    ((NATALIZUMAB, MORE), 50, 20),
    ((OCRELIZUMAB, SUM), 100, 8),
)
EVENT = "melanoma_cutaneous"


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[warehouse.Connection]:
    folder = tmp_path_factory.mktemp("planted")
    write_archive(folder, "2019q1", _tables())
    where = Settings(data_dir=folder / "data", mirror=str(folder))
    pipeline.land(where)
    staged = pipeline.stage(where)
    inputs = pipeline.identify(where, load_analysis(), staged=staged)
    pipeline.score(where, pipeline.build(where, inputs))
    with warehouse.connect(where.warehouse_path) as con:
        for view in ("signals", "onset", "interactions"):
            warehouse.run_model(con, warehouse.read_model(f"5_api/{view}"))
        yield con


def _tables() -> dict[str, list[dict[str, object]]]:
    tables: dict[str, list[dict[str, object]]] = {
        name: [] for name in ("demo", "drug", "reac", "indi", "ther")
    }
    number = 10_000_000
    for drugs, n_reports, n_events in PLANTED:
        for place in range(n_reports):
            number += 1
            key = {"primaryid": f"{number}1", "caseid": number}
            has_event = place < n_events
            tables["demo"].append(
                {
                    **key,
                    "caseversion": 1,
                    "fda_dt": "20190115",
                    # Without a day, so that no report looks like a copy of another.
                    "event_dt": "2018" if has_event and len(drugs) > 1 else "",
                }
            )
            term = "Malignant melanoma" if has_event else "Headache"
            tables["reac"].append({**key, "pt": term})
            for seq, (name, substance) in enumerate(drugs, start=1):
                tables["drug"].append(
                    {
                        **key,
                        "drug_seq": seq,
                        "role_cod": "PS" if seq == 1 else "SS",
                        "drugname": name,
                        "prod_ai": substance,
                    }
                )
                tables["ther"].append(
                    {**key, "dsg_drug_seq": seq, "start_dt": "20170101"}
                )
            tables["indi"].append(
                {**key, "indi_drug_seq": 1, "indi_pt": "Multiple sclerosis"}
            )
    return tables


def test_the_planted_pair_is_flagged_and_the_sum_of_two_excesses_is_not(
    con: warehouse.Connection,
) -> None:
    found = con.execute(
        "select drug, substance, n111, n11, n101, n10, n011, n01, n001, n00, "
        "round(expected, 2), sdr_omega, is_therapy from api.interactions "
        "where event = ? order by drug",
        [EVENT],
    ).fetchall()
    assert found == [
        (
            *("natalizumab", "moreactin", 20, 50, 12, 200, 10, 200, 40, 1500),
            *(4.09, True, False),
        ),
        (
            *("ocrelizumab", "summandin", 8, 100, 12, 200, 10, 200, 52, 1450),
            *(7.34, False, False),
        ),
    ]


def test_the_strata_add_up_to_the_signals_of_the_same_file(
    con: warehouse.Connection,
) -> None:
    ((n_rows, n_other),) = con.execute(
        "select count(*), count(*) filter (where s.a <> i.n111 + i.n101 "
        "or s.n_drug <> i.n11 + i.n10 "
        "or s.n_event <> i.n111 + i.n101 + i.n011 + i.n001 "
        "or s.n <> i.n11 + i.n10 + i.n01 + i.n00 or i.as_of <> s.as_of) "
        "from api.interactions as i left join api.signals as s on s.variant = 'primary' "
        "and s.comparator = 'A' and (s.drug, s.event_level, s.event) "
        "= (i.drug, i.event_level, i.event)"
    ).fetchall()
    assert n_rows >= 4
    assert n_other == 0


def test_planted_onsets_come_back_with_their_precision(
    con: warehouse.Connection,
) -> None:
    (found,) = con.execute(
        "select a, n_dated, n_exact, n_before_start, n_not_dated, median_low_days, "
        "median_high_days, share_under_180, n_shape from api.onset "
        "where drug = 'natalizumab' and event = ?",
        [EVENT],
    ).fetchall()
    # 20 reports of two drugs have an event of 2018: 365 to 729 days from 2017-01-01.
    assert found == (32, 20, 0, 0, 12, 365, 729, 0, 0)


def test_every_pair_with_a_report_has_its_onsets_and_no_report_is_lost(
    published: Published,
) -> None:
    with duckdb.connect(str(published.result.database), read_only=True) as con:
        ((n_pairs, n_lost, n_dated),) = con.execute(
            "select count(*), count(*) filter (where s.a is distinct from "
            "o.n_dated + o.n_before_start + o.n_not_dated), sum(o.n_dated) "
            "from api.signals as s left join api.onset as o "
            "using (drug, event_level, event) "
            "where s.variant = 'primary' and s.comparator = 'A' and s.a > 0"
        ).fetchall()
        assert con.execute("select count(*) from api.interactions").fetchall()
    assert n_pairs > 200
    assert n_dated > 100
    assert n_lost == 0

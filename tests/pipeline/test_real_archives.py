"""Small pieces of the FDA's real archives load in full and lead to source rows."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pvsignal import pipeline
from pvsignal.analysis import load_analysis
from pvsignal.settings import Settings

SHARED = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not (SHARED / "faers").is_dir(),
    reason="the folder ../shared/data/faers with real archives is absent",
)


@pytest.fixture(scope="module")
def database(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("real"), mirror=str(SHARED / "faers")
    )
    result = pipeline.run(settings, load_analysis())
    with duckdb.connect(str(result.database), read_only=True) as con:
        yield con


def _documented() -> dict[tuple[str, str], int]:
    """Rows per quarter and table as the README of the shared data states them."""
    counts = {}
    for line in (SHARED / "README.md").read_text("utf-8").splitlines():
        found = re.match(
            r"\| \w+_ascii_(\d{4})[qQ](\d)\.zip \| ([\d,]+) \| (.+?) \|", line
        )
        if not found or "tables not joined" in line:
            continue
        quarter = f"{found[1]}q{found[2]}"
        counts[quarter, "demo"] = int(found[3].replace(",", ""))
        tables = ("drug", "reac", "ther", "indi", "outc", "rpsr", "deleted")
        for table, cell in zip(tables, found[4].split("/"), strict=True):
            if cell.strip() != "-":
                counts[quarter, table] = int(cell.strip().replace(",", ""))
    return counts


def test_every_row_of_the_real_archives_is_staged(
    database: duckdb.DuckDBPyConnection,
) -> None:
    rows = database.execute(
        "select quarter, table_name, staged, rejected from api.quarters"
    ).fetchall()
    assert all(rejected == 0 for *_, rejected in rows)
    found = {(quarter, table): staged for quarter, table, staged, _ in rows}
    documented = _documented()
    assert len(documented) >= 28
    assert {key: found.get(key) for key in documented} == documented
    transition = {t: n for (q, t), n in found.items() if q == "2012q4"}
    assert transition == dict.fromkeys(
        ("drug", "reac", "ther", "indi", "outc", "rpsr"), 10
    ) | {"demo": 9}


def test_tamoxifen_for_the_incident_breast_cancer_keeps_the_real_case(
    database: duckdb.DuckDBPyConnection,
) -> None:
    rows = database.execute(
        "select term, included, is_treated_event from api.case_events "
        "where primaryid = 120968074 and event_class = 'neoplasm'"
    ).fetchall()
    assert rows == [("BREAST CANCER STAGE I", True, True)]
    listed = database.execute(
        "select caseid from api.case_listing('interferon beta-1a', 'breast')"
    ).fetchall()
    assert (12096807,) in listed


def test_a_recurrence_beside_a_metastatic_term_drops_the_real_case(
    database: duckdb.DuckDBPyConnection,
) -> None:
    rows = database.execute(
        "select term, reason from api.excluded_cases where caseid = 12481337 "
        "and drug = 'interferon beta-1a' and event = 'breast' order by term"
    ).fetchall()
    assert rows == [
        ("BREAST CANCER METASTATIC", "outcome: recurrence"),
        (
            "BREAST CANCER RECURRENT",
            "outcome: secondary, recurrence or progression term",
        ),
    ]


def test_each_case_with_an_ms_therapy_and_a_neoplasm_leads_to_its_lines(
    database: duckdb.DuckDBPyConnection,
) -> None:
    cases = database.execute(
        "select distinct e.caseid from api.case_events as e "
        "join api.case_drugs as d using (caseid) "
        "where e.event_class = 'neoplasm' and d.is_admitted"
    ).fetchall()
    assert len(cases) >= 7
    for (caseid,) in cases:
        tables = database.execute(
            "select distinct table_name from api.source_rows(?) "
            "where length(archive_sha256) = 64",
            [caseid],
        ).fetchall()
        assert {"DEMO", "DRUG", "REAC"} <= {table for (table,) in tables}


def test_a_named_line_of_the_archive_is_the_row_of_the_case(
    database: duckdb.DuckDBPyConnection,
) -> None:
    import zipfile

    archive, member, line = database.execute(
        "select archive, member, line from api.source_rows(12096807) "
        "where table_name = 'DEMO'"
    ).fetchall()[0]
    with zipfile.ZipFile(SHARED / "faers" / archive) as zipped:
        text = zipped.read(member).decode("latin-1").splitlines()
    fields = next(csv.reader([text[line - 1]], delimiter="$", quoting=csv.QUOTE_NONE))
    assert fields[:2] == ["120968074", "12096807"]


def test_few_real_reports_are_linked_and_none_with_its_own_case(
    database: duckdb.DuckDBPyConnection,
) -> None:
    links = database.execute(
        "select caseid, linked_caseid, match_weight, drugs_level from api.duplicates"
    ).fetchall()
    (n_reports,) = database.execute(
        "select n from api.attrition where step = 'current reports'"
    ).fetchall()[0]
    left_out = {caseid for caseid, *_ in links}
    assert 0 < len(left_out) < 0.03 * n_reports
    assert all(caseid > linked for caseid, linked, *_ in links)


GOLDEN = Path(__file__).parents[1] / "goldens" / "ms_neoplasm_cases.csv"


def _golden() -> dict[int, dict[str, str]]:
    lines = GOLDEN.read_text("utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {int(row["primaryid"]): row for row in rows}


def _found(database: duckdb.DuckDBPyConnection) -> dict[int, dict[str, str]]:
    """What the pipeline says of each report that names an MS therapy."""
    rows = database.execute(
        """
        with term as (
            select caseid, primaryid,
                case when not included then reason
                    when is_secondary then 'secondary'
                    when is_incident and is_treated_event then 'treated_event'
                    when is_incident then 'incident'
                    when behaviour = 'in_situ_premalignant' then 'in_situ'
                    else behaviour
                end as outcome,
                case when included and not is_secondary then group_id || case behaviour
                    when 'malignant' then ''
                    when 'in_situ_premalignant' then ':in_situ'
                    else ':' || behaviour end
                end as event
            from api.case_events where event_class = 'neoplasm'
        ),
        outcome as (
            select caseid, string_agg(distinct outcome, '|' order by outcome) as words,
                string_agg(distinct event, '|' order by event) as groups
            from term group by caseid
        ),
        exposure as (
            select caseid, primaryid, string_agg(
                distinct product_status, '|' order by product_status) as words
            from api.case_drugs where therapy is not null
            group by caseid, primaryid
        )
        select e.primaryid, coalesce(o.groups, ''), coalesce(o.words, 'no_neoplasm'),
            e.words, exists (
                select 1 from counts.pair_case as m
                where m.caseid = e.caseid and m.event_level = 'group'
            )
        from exposure as e left join outcome as o using (caseid)
        """
    ).fetchall()
    return {
        primaryid: {
            "decision": "counted" if is_counted else "left_out",
            "groups": groups,
            "outcome": outcome,
            "exposure": exposure,
        }
        for primaryid, groups, outcome, exposure, is_counted in rows
    }


def test_each_real_case_is_in_or_out_for_the_reason_that_was_decided_by_hand(
    database: duckdb.DuckDBPyConnection,
) -> None:
    golden, found = _golden(), _found(database)
    with_neoplasm = {
        key for key, row in found.items() if row["outcome"] != "no_neoplasm"
    }
    by_hand = {key for key, row in golden.items() if row["outcome"] != "no_neoplasm"}
    assert with_neoplasm == by_hand
    columns = ("decision", "groups", "outcome", "exposure")
    differing = [
        (key, column, row[column], found[key][column])
        for key, row in golden.items()
        for column in columns
        if row[column] != found[key][column]
    ]
    assert differing == []
    assert all(row["reasoning"] for row in golden.values())


def test_each_real_case_that_counts_does_so_for_the_groups_decided_by_hand(
    database: duckdb.DuckDBPyConnection,
) -> None:
    counted = database.execute(
        "select c.primaryid, string_agg(distinct m.event, '|' order by m.event) "
        "from counts.pair_case as m inner join api.cases as c using (caseid) "
        "where m.event_level = 'group' "
        "and m.drug_level = 'substance' group by c.primaryid"
    ).fetchall()
    assert dict(counted) == {
        key: row["groups"]
        for key, row in _golden().items()
        if row["decision"] == "counted"
    }
    assert {120968074} <= dict(counted).keys()
    assert 124813377 not in dict(counted)


def test_leads_and_benign_terms_of_real_cases_count_as_markers_with_their_reports(
    database: duckdb.DuckDBPyConnection,
) -> None:
    pairs = database.execute(
        "select drug, event, a from api.signals where event_level = 'marker' "
        "and variant = 'primary' and comparator = 'A' and drug_level = 'substance' and a > 0"
    ).fetchall()
    # A naevus with an infusion for MS, a lesion of the nervous system with interferon.
    assert ("alemtuzumab", "marker:skin_bcc:benign", 1) in pairs
    assert ("interferon beta-1a", "marker:cns_glioma:lead", 1) in pairs
    for drug, event, a in pairs:
        listed = database.execute(
            "select neoplasm_terms from api.case_listing(?, ?)", [drug, event]
        ).fetchall()
        assert len(listed) == a
        assert all(terms for (terms,) in listed)

"""Simulated archives: their layout, their consistency and their truth."""

import csv
import hashlib
import io
import re
import zipfile
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pvsignal.codelists import load_codelists
from pvsignal.codelists.matching import match_names
from pvsignal.codelists.terms import classify_terms, normalise_term
from pvsignal.errors import UsageError
from pvsignal.layout import TABLES, era_of_quarter, header
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate import Simulated, _draw_reports, _Plan, simulate
from pvsignal.simulate.cohorts import Cohort
from pvsignal.simulate.copies import DUPLICATES, NEAR_MISSES
from pvsignal.simulate.fates import Fates
from pvsignal.simulate.plants import Truth
from pvsignal.simulate.reports import draw_base, quarter_weights
from pvsignal.simulate.verdicts import Meanings, days_of, product_status
from pvsignal.simulate.vocabulary import MS_INDICATIONS, load_vocabulary, read_table
from pvsignal.simulate.write import list_name, member_name
from pvsignal.sources.stage import stage_archive

CHILDREN = ("drug", "reac", "outc", "rpsr", "ther", "indi")
SEQUENCES = {"ther": "dsg_drug_seq", "indi": "indi_drug_seq"}


def simulated(folder: Path, span: str, n_reports: int, seed: int = 1) -> Simulated:
    return simulate(
        folder, span=QuarterSpan.parse(span), n_reports=n_reports, seed=seed
    )


@pytest.fixture(scope="module")
def bridge(tmp_path_factory) -> Simulated:
    return simulated(tmp_path_factory.mktemp("bridge"), "2011q3..2013q2", 20_000)


@pytest.fixture(scope="module")
def lists(tmp_path_factory) -> Simulated:
    return simulated(tmp_path_factory.mktemp("lists"), "2018q4..2019q2", 20_000)


@pytest.fixture(scope="module")
def recent(tmp_path_factory) -> Simulated:
    """A span long enough for every kind of plant."""
    return simulated(tmp_path_factory.mktemp("recent"), "2018q1..2023q4", 20_000)


def quarter_of(archive: Path) -> Quarter:
    return Quarter.parse(archive.stem.rpartition("_")[2])


def content(archive: Path, member: str) -> bytes:
    with zipfile.ZipFile(archive) as opened:
        return opened.read(member)


def raw_lines(archive: Path, table: str) -> list[str]:
    text = content(archive, member_name(table, quarter_of(archive)))
    return text.decode("latin-1").replace("\r\n", "\n").splitlines()


@cache
def frame(archive: Path, table: str) -> pd.DataFrame:
    """One table under its canonical keys, by position."""
    quarter = quarter_of(archive)
    names = header(table, era_of_quarter(quarter))
    return pd.read_csv(
        io.BytesIO(content(archive, member_name(table, quarter))),
        sep="$",
        names=list(names),
        skiprows=1,
        dtype=str,
        encoding="latin-1",
        quoting=csv.QUOTE_NONE,
        index_col=False,
        keep_default_na=False,
        usecols=range(len(names)),
    )


def archive_of(made: Simulated, quarter: str) -> Path:
    return next(path for path in made.archives if path.stem.endswith(quarter))


def truth(made: Simulated, name: str) -> pd.DataFrame:
    return pd.read_csv(made.truth / f"{name}.csv", keep_default_na=False)


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.*"))
    }


# --- repeatability ------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    simulated(tmp_path / "one", "2018q4..2019q2", 1_000, seed=7)
    simulated(tmp_path / "two", "2018q4..2019q2", 1_000, seed=7)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_gives_other_reports(tmp_path):
    simulated(tmp_path / "one", "2018q4..2019q1", 1_000, seed=7)
    simulated(tmp_path / "two", "2018q4..2019q1", 1_000, seed=8)
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert one.keys() == two.keys()
    assert one["faers_ascii_2018q4.zip"] != two["faers_ascii_2018q4.zip"]


def test_a_span_before_the_first_extract_is_refused(tmp_path):
    with pytest.raises(UsageError, match="2004q1"):
        simulated(tmp_path, "2003q4..2004q2", 1_000)


def test_too_few_reports_are_refused(tmp_path):
    with pytest.raises(UsageError, match="too few"):
        simulated(tmp_path, "2018q4", 10)


# --- layout -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "quarter", ["2004q2", "2012q1", "2012q4", "2014q1", "2018q1", "2022q4", "2026q2"]
)
def test_headers_equal_the_layout_of_the_era(tmp_path, quarter):
    made = simulated(tmp_path, quarter, 500)
    era = era_of_quarter(Quarter.parse(quarter))
    for table in TABLES:
        first = raw_lines(made.archives[0], table)[0].removeprefix("ï»¿")
        cells = [cell.strip().lower() for cell in first.split("$")]
        assert tuple(cells) == header(table, era)
        is_legacy = era in ("a", "b")
        assert first == (first.upper() if is_legacy else first.lower())


def test_the_transition_quarter_has_its_own_dialect(bridge):
    archive = archive_of(bridge, "2012q4")
    assert archive.name == "faers_ascii_2012q4.zip"
    assert content(archive, "ascii/drug12q4.txt").startswith(b"\xef\xbb\xbfprimaryid$")
    assert b"$ rept_dt$" in content(archive, "ascii/demo12q4.txt")
    assert b"$lot_nbr$" in content(archive, "ascii/drug12q4.txt")
    assert b"$outc_code\r\n" in content(archive, "ascii/outc12q4.txt")


def test_legacy_data_lines_end_in_one_dollar_more_except_in_indi(bridge):
    archive = archive_of(bridge, "2012q1")
    assert archive.name == "aers_ascii_2012q1.zip"
    for table in TABLES:
        first, *lines = raw_lines(archive, table)
        extra = 0 if table == "indi" else 1
        assert {line.count("$") for line in lines} == {first.count("$") + extra}
        assert all(line.endswith("$") for line in lines) or table == "indi"


def test_faers_data_lines_have_as_many_fields_as_the_header(bridge, lists):
    for archive in (archive_of(bridge, "2013q1"), archive_of(lists, "2019q1")):
        for table in TABLES:
            first, *lines = raw_lines(archive, table)
            assert {line.count("$") for line in lines} == {first.count("$")}


def test_lines_end_in_crlf_but_in_2017q4(tmp_path):
    made = simulated(tmp_path, "2017q3..2017q4", 500)
    for archive, is_crlf in zip(made.archives, (True, False), strict=True):
        text = content(archive, member_name("demo", quarter_of(archive)))
        assert text.count(b"\r\n") == (text.count(b"\n") if is_crlf else 0)


def test_deletion_lists_begin_in_2019q1_with_a_line_of_one_blank(lists):
    names = {
        quarter: zipfile.ZipFile(archive_of(lists, quarter)).namelist()
        for quarter in ("2018q4", "2019q1", "2019q2")
    }
    found = {
        quarter: [name for name in all_ if "delet" in name.lower()]
        for quarter, all_ in names.items()
    }
    assert found == {
        "2018q4": [],
        "2019q1": ["deleted/ADR19Q1DeletedCases.txt", "deleted/AllDeletedCases.txt"],
        "2019q2": ["deleted/ADR19Q2DeletedCases.txt"],
    }
    lines = content(archive_of(lists, "2019q2"), found["2019q2"][0]).split(b"\n")
    assert lines[0] == b" "
    assert lines[-1] == b""
    assert all(re.fullmatch(rb"\d+", line) for line in lines[1:-1])


@pytest.mark.parametrize(
    ("quarter", "name"),
    [
        ("2020q1", "DELETED/ADR20Q1DeletedCases.txt"),
        ("2020q3", "Deleted/ADR20Q3DeletedCases.txt"),
        ("2021q3", "Deleted/21Q3DeletedCases.txt"),
        ("2021q4", "Deleted/DELETE21Q4.txt"),
    ],
)
def test_deletion_lists_change_their_name_as_the_fda_did(quarter, name):
    assert list_name(Quarter.parse(quarter)) == name


def test_every_archive_says_that_it_is_simulated(bridge, lists):
    for archive in (*bridge.archives, *lists.archives):
        assert content(archive, "SIMULATED.txt").startswith(b"SIMULATED DATA")


# --- consistency --------------------------------------------------------------------


def test_children_have_parents_and_reports_have_drugs_and_events(bridge, lists):
    for archive in (*bridge.archives, *lists.archives):
        demo = frame(archive, "demo")
        key = demo.columns[0]
        assert demo[key].is_unique
        for table in CHILDREN:
            assert set(frame(archive, table)[key]) <= set(demo[key])
        for table in ("drug", "reac"):
            assert set(frame(archive, table)[key]) == set(demo[key])


def pairs_of(table: pd.DataFrame, one: str, other: str) -> set[tuple[str, str]]:
    return set(zip(table[one], table[other], strict=True))


def test_therapies_and_indications_belong_to_a_drug_row(bridge):
    archive = archive_of(bridge, "2012q1")
    drugs = pairs_of(frame(archive, "drug"), "isr", "drug_seq")
    for table in ("ther", "indi"):
        assert pairs_of(frame(archive, table), "isr", "drug_seq") <= drugs
    archive = archive_of(bridge, "2013q2")
    drugs = pairs_of(frame(archive, "drug"), "primaryid", "drug_seq")
    for table in ("ther", "indi"):
        rows = frame(archive, table)
        assert pairs_of(rows, "primaryid", SEQUENCES[table]) <= drugs


def test_primaryid_is_caseid_and_version_and_legacy_sequences_are_unique(bridge):
    demo = frame(archive_of(bridge, "2013q2"), "demo")
    assert (demo["caseid"] + demo["caseversion"] == demo["primaryid"]).all()
    legacy = pd.concat(
        frame(archive_of(bridge, quarter), "drug") for quarter in ("2012q1", "2012q2")
    )
    assert legacy["drug_seq"].is_unique


def test_dates_are_possible_and_received_in_their_quarter(bridge):
    for archive in bridge.archives:
        demo = frame(archive, "demo")
        received = pd.to_datetime(demo["fda_dt"], format="%Y%m%d")
        quarter = quarter_of(archive)
        assert received.between(
            pd.Timestamp(quarter.first_day), pd.Timestamp(quarter.last_day)
        ).all()
        # Legacy dates are imputed to the day; copies known to the month alone are not.
        lengths = set(demo["event_dt"].str.len())
        if quarter < Quarter(2012, 4):
            assert {0, 8} <= lengths <= {0, 6, 8}
        else:
            assert lengths == {0, 4, 6, 8}


def test_some_cases_go_on_from_legacy_into_faers(bridge):
    legacy = set(frame(archive_of(bridge, "2012q2"), "demo")["case"])
    later = frame(archive_of(bridge, "2013q1"), "demo")
    both = later[later["caseid"].isin(legacy)]
    assert len(both) > 0
    assert (both["caseversion"].astype(int) > 1).all()
    cases = truth(bridge, "cases")
    assert len(cases[cases["kind"] == "bridged"]) > 0


def test_later_versions_are_about_a_sixth_of_all_rows(recent):
    versions = truth(recent, "versions")
    n_first, n_later = versions["n_first"].sum(), versions["n_later"].sum()
    assert n_first == recent.n_reports == 20_000
    assert 0.14 < n_later / (n_first + n_later) < 0.20


def test_simulated_archives_stage_without_rejects_and_with_the_true_counts(
    bridge, lists, tmp_path
):
    for made in (bridge, lists):
        counts = truth(made, "counts").set_index(["quarter", "member"])["rows"]
        for archive in made.archives:
            quarter = quarter_of(archive)
            digest = hashlib.sha256(archive.read_bytes()).hexdigest()
            done = stage_archive(
                archive, quarter, sha256=digest, staged_dir=tmp_path / "staged"
            )
            rows = pq.read_table(done.path / "accounting.parquet").to_pylist()
            assert (
                sum(row["rejected"] + row["splits"] + row["joins"] for row in rows) == 0
            )
            found = {
                row["table_name"] if row["table_name"] in TABLES else row["member"]: (
                    row["staged"]
                )
                for row in rows
            }
            assert found == counts[str(quarter)].to_dict()


# --- names --------------------------------------------------------------------------


def test_neoplasm_terms_belong_to_the_group_they_stand_for():
    vocabulary = load_vocabulary()
    table = read_table("neoplasms")
    pairs = [
        (normalise_term(pt), group)
        for group, pts in zip(table["group_id"], table["pts"], strict=True)
        for pt in pts.split("|")
    ]
    found = classify_terms([term for term, _ in pairs], load_codelists())
    found = found.set_index("term")
    for term, group in pairs:
        group_id, _, behaviour = group.partition(":")
        row = found.loc[term]
        assert (row["group_id"], row["behaviour"]) == (
            group_id,
            behaviour or "malignant",
        )
        assert not row["is_secondary"]
    assert len(vocabulary.neoplasms) == len(table)


def test_background_events_are_no_neoplasms():
    terms = [normalise_term(pt) for pt in read_table("events")["pt"]]
    terms += [
        normalise_term(pt)
        for cell in read_table("ms_products")["typical_pts"]
        for pt in cell.split("|")
    ]
    found = classify_terms(sorted(set(terms)), load_codelists())
    assert found.loc[found["event_class"] == "neoplasm", "term"].tolist() == []


def test_ms_products_are_recognised_as_their_therapy_and_launched_when_approved():
    lists = load_codelists()
    table = read_table("ms_products")
    hits = match_names(list(load_vocabulary().products["drugname"].unique()), lists)
    matched = hits[(hits["list"] == "therapies") & (hits["why"] == "match")]
    pairs = set(zip(matched["entry"], matched["text"], strict=True))
    approved = lists["therapies"].table.set_index("ingredient")["us_approval"]
    for row in table.itertuples():
        for name in f"{row.brands}|{row.generics}".strip("|").split("|"):
            assert (row.ingredient, name) in pairs
        stated = re.match(r"\d{4}-\d{2}", approved[row.ingredient])
        if stated:
            assert row.launch == stated[0]


def test_meanings_of_terms_are_those_of_the_code_lists():
    vocabulary, meanings = load_vocabulary(), Meanings()
    terms = sorted({normalise_term(term) for term in vocabulary.terms})
    found = classify_terms(terms, load_codelists()).set_index("term")
    for term, row in found.iterrows():
        kinds = (
            ("incident", row["is_incident"]),
            ("recurrence", row["is_recurrence"]),
            ("progression", row["is_secondary"]),
        )
        event = next((kind for kind, is_it in kinds if is_it), "other")
        assert meanings.event.get(term, "") == (event if row["event_list"] else "")
        if row["event_list"]:
            assert meanings.group[term] == row["group_id"]
    given = [vocabulary.terms[number] for number in vocabulary.indications]
    planned = read_table("planned_reports")["drugs"].str.split(";").explode()
    given += [name for name in planned.str.split(":").str[2] if name]
    for term in {normalise_term(name) for name in (*given, *MS_INDICATIONS)}:
        row = found.loc[term]
        meaning = meanings.of_indication(term)
        assert (meaning == "disease") == (row["ms_flag"] == "include"), term
        assert (meaning == "oncology") == row["is_oncology_indication"], term
        assert (meaning == "unspecific") == (row["ms_flag"] == "uncertain"), term
        if meaning in ("listed", "other"):
            assert (meaning == "listed") == row["is_other_disease"], term


def test_scored_therapies_are_those_of_the_code_lists():
    lists = load_codelists()
    names = set(load_vocabulary().products["drugname"])
    hits = match_names(sorted(names), lists)
    hits = hits[(hits["list"] == "therapies") & (hits["why"] == "match")]
    therapies = lists["therapies"].table.set_index("ingredient")
    hits = hits[hits["entry"].map(therapies["scored"]) == "Y"]
    table = read_table("therapy_products").set_index("drugname")
    table = table[table.index.isin(names)]
    assert table["therapy"].to_dict() == dict(
        zip(hits["text"], hits["entry"], strict=True)
    )
    is_only_one = table["therapy"].map(therapies["product_rule"]) == "any_product"
    assert (is_only_one == (table["product"] == "only one")).all()


def test_litigated_products_are_those_of_the_code_lists():
    lists = load_codelists()
    listed = lists["litigated_drugs"].table
    listed = listed[
        (listed["included"] == "Y")
        & listed["certainty"].isin(["high", "medium"])
        & listed["event_groups"].str.split("|").map(lambda e: "any_malignancy" in e)
    ]
    hits = match_names(sorted(load_vocabulary().products["drugname"]), lists)
    hits = hits[(hits["list"] == "litigated_drugs") & (hits["why"] == "match")]
    found = hits.merge(listed, left_on="entry", right_on="ingredient")
    years = found[["text", "year_from", "year_to"]].astype(str)
    table = read_table("litigated_products")[["drugname", "year_from", "year_to"]]
    assert set(years.itertuples(index=False, name=None)) == set(
        table.astype(str).itertuples(index=False, name=None)
    )


def test_the_fates_of_planned_traps_are_those_that_the_plan_states(recent):
    fates = Fates.read(recent.truth)
    planned = truth(recent, "cases")
    n = 0
    for row in planned.itertuples():
        word = str(row.expected).rpartition(" ")[2]
        if row.kind in ("oncology_brand", "other_indication", "product_unspecified"):
            own = fates.exposures
            own = own[(own["caseid"] == row.caseid) & (own["therapy"] == row.drug)]
            assert own["status"].tolist() == [word]
            assert not own["is_exposed"].any()
        elif row.kind in ("indication", "recurrence"):
            own = fates.outcomes
            own = own[(own["caseid"] == row.caseid) & (own["group_id"] == row.event)]
            assert word in own["reason"].tolist()
            assert not (own["event"].eq("incident") & own["reason"].eq("")).any()
        elif row.kind == "deleted":
            own = fates.reports[fates.reports["caseid"] == row.caseid]
            assert "counted" not in own["fate"].tolist()
            assert "deleted" in own["fate"].tolist()
        else:
            continue
        n += 1
    assert n >= 60


@pytest.mark.parametrize(
    ("product", "brand", "indications", "is_disease", "status"),
    [
        ("only one", "", ["oncology"], False, "any_product"),
        ("one of several", "other", ["disease"], True, "other_brand"),
        ("one of several", "disease", ["oncology"], True, "oncology_indication"),
        ("one of several", "disease", ["listed"], False, "disease_brand"),
        ("one of several", "usual", ["unspecific"], False, "conditional_brand"),
        ("one of several", "usual", ["listed"], True, "other_indication"),
        ("one of several", "usual", ["other"], True, "case_indication"),
        ("one of several", "", ["disease"], True, "record_indication"),
        ("one of several", "", [], True, "case_indication"),
        ("one of several", "", ["other"], False, "other_indication"),
        ("one of several", "", [], False, "product_unspecified"),
    ],
)
def test_status_that_is_planned_for_a_record(
    product, brand, indications, is_disease, status
):
    found = product_status(product, brand, indications, is_disease=is_disease)
    assert found == status


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("", None),
        ("20160229", (date(2016, 2, 29), date(2016, 2, 29))),
        ("201602", (date(2016, 2, 1), date(2016, 2, 29))),
        ("201612", (date(2016, 12, 1), date(2016, 12, 31))),
        ("2016", (date(2016, 1, 1), date(2016, 12, 31))),
    ],
)
def test_days_that_a_date_of_the_plan_can_mean(text, days):
    assert days_of(text) == days


def test_reports_are_spread_like_the_real_quarters():
    weights = quarter_weights(QuarterSpan.parse("2024q1..2024q4"))
    assert np.allclose(
        weights, np.array([406184, 397119, 405513, 410849]) / 1_619_665, atol=1e-9
    )


def test_quarters_not_yet_published_get_the_recent_mean():
    weights = quarter_weights(QuarterSpan.parse("2026q2..2027q1"))
    assert weights[1] == weights[2] == weights[3] > 0


# --- truth --------------------------------------------------------------------------


@cache
def current_pairs(made: Simulated) -> pd.DataFrame:
    """Suspect drug names and PTs of all first versions, by caseid."""
    parts = []
    for archive in made.archives:
        drug, reac = frame(archive, "drug"), frame(archive, "reac")
        drug = drug[drug["role_cod"].isin(["PS", "SS"])]
        first = drug["primaryid"] == drug["caseid"] + "1"
        drug = drug.loc[first, ["primaryid", "caseid", "drugname"]].drop_duplicates()
        parts.append(
            drug.merge(reac[["primaryid", "pt"]], on="primaryid").assign(
                quarter=str(quarter_of(archive))
            )
        )
    return pd.concat(parts, ignore_index=True)


def test_planted_signals_are_in_the_files_as_often_as_stated(recent):
    signals, pairs = truth(recent, "signals"), current_pairs(recent)
    products, groups = read_table("ms_products"), read_table("neoplasms")
    assert len(signals) >= 5
    for row in signals.itertuples():
        members = products[products["ingredient"].isin(row.members.split("|"))]
        names = set("|".join(members["brands"] + "|" + members["generics"]).split("|"))
        pts = set(groups.set_index("group_id")["pts"][row.event].split("|"))
        found = pairs[
            pairs["drugname"].isin(names)
            & pairs["pt"].isin(pts)
            & (pairs["quarter"] >= row.from_quarter)
        ]
        assert found["caseid"].nunique() >= row.n_planted
        assert row.n_planted >= 12
        assert row.ratio > 3


def test_drawn_signals_are_as_many_as_their_ratio_says_on_average(tmp_path):
    span = QuarterSpan.parse("2018q1..2021q4")
    made = simulate(
        tmp_path,
        span=span,
        n_reports=12_000,
        seed=3,
        with_fates=False,
        ms_share=0.5,
        drawn_ratios=(2.0, 10.0),
    )
    signals = truth(made, "signals")
    order = read_table("planned_signals")[["drug", "event"]]
    planned = order.assign(dealt=np.resize([2.0, 10.0], len(order)))
    found = signals.merge(planned)
    assert len(found) == len(signals) > 5
    assert (found["ratio"] == found["dealt"]).all()
    rates = read_table("neoplasms").set_index("group_id")["rate"]
    expected = found["n_exposed"] * found["event"].map(rates)
    assert np.allclose(found["n_expected"], expected, atol=5e-4)
    # No number is raised to that of a clear signal.
    assert found["n_planted"].min() < 12
    added = (expected * (found["ratio"] - 1)).sum()
    assert abs(found["n_planted"].sum() - added) < 4 * np.sqrt(added)


def test_a_ratio_that_would_take_reports_away_is_refused(tmp_path):
    with pytest.raises(UsageError, match="below 1"):
        simulate(
            tmp_path,
            span=QuarterSpan.parse("2018q1..2018q4"),
            n_reports=600,
            seed=1,
            drawn_ratios=(2.0, 0.5),
        )


def test_a_signal_with_a_late_onset_is_not_there_before(recent):
    signals = truth(recent, "signals").set_index(["drug", "event"])
    late = signals.loc[("dimethyl fumarate", "kidney")]
    assert late["from_quarter"] == "2021q1"
    pairs = current_pairs(recent)
    before = pairs[
        pairs["drugname"].isin(["TECFIDERA", "DIMETHYL FUMARATE"])
        & pairs["pt"].isin(["Renal cancer", "Renal cell carcinoma"])
        & (pairs["quarter"] < "2021q1")
    ]
    assert before["caseid"].nunique() < 3


def test_a_null_archive_has_neither_signals_nor_traps_and_all_else(tmp_path):
    span = QuarterSpan.parse("2018q1..2021q4")
    null = simulate(tmp_path, span=span, n_reports=6_000, seed=1, planted=False)
    for name in ("signals", "implied", "traps"):
        assert truth(null, name).empty
    of_versions = {"deleted", "deleted_resent", "late_lower_version"}
    assert set(truth(null, "cases")["kind"]) == of_versions
    assert truth(null, "masking")["n_reports"].sum() > 0
    assert (truth(null, "masking")["drug"] == "").all()
    assert truth(null, "duplicates")["is_duplicate"].any()
    assert null.n_reports == 6_000


def test_every_therapy_of_a_null_archive_has_the_same_share_of_neoplasms():
    span = QuarterSpan.parse("2018q1..2021q4")
    vocabulary, truth_ = load_vocabulary(), Truth()
    plan, all_of_it = _Plan(span, 60_000, seed=1, planted=False), Cohort(0, 0, 16)
    reports, _ = _draw_reports(plan, vocabulary, all_of_it, truth_)
    has_neoplasm = np.zeros(len(reports.cases), dtype=bool)
    has_neoplasm[reports.events.loc[reports.events["neoplasm"] >= 0, "case"]] = True
    rate = vocabulary.neoplasms["rate"].sum()
    therapy = reports.cases["therapy"]
    by_therapy = pd.Series(has_neoplasm).groupby(therapy).agg(["sum", "size"])
    by_therapy = by_therapy[by_therapy.index >= 0]
    z = (by_therapy["sum"] - rate * by_therapy["size"]) / np.sqrt(
        rate * (1 - rate) * by_therapy["size"]
    )
    assert len(z) > 10
    assert z.abs().max() < 4


def test_every_kind_of_trap_is_planted_once_per_pair(recent):
    traps = truth(recent, "traps")
    assert set(traps["trap"]) == {
        "oncology_brand",
        "indication",
        "recurrence",
        "false_friend",
        "duplicated",
    }
    assert not traps.duplicated(["drug", "event"]).any()
    signals = truth(recent, "signals")
    planted = set(zip(signals["drug"], signals["event"], strict=True))
    assert not planted & set(zip(traps["drug"], traps["event"], strict=True))


def test_litigated_reports_come_from_lawyers_in_2019_to_2022(recent):
    masking = truth(recent, "masking")
    assert masking["n_reports"].sum() >= 200
    years = set()
    n_lawyers = 0
    for archive in recent.archives:
        drug, demo = frame(archive, "drug"), frame(archive, "demo")
        zantac = drug[(drug["drugname"] == "ZANTAC") & (drug["role_cod"] == "PS")]
        sent = demo[demo["primaryid"].isin(zantac["primaryid"])]
        lawyers = sent[(sent["occp_cod"] == "LW") & (sent["i_f_code"] == "I")]
        n_lawyers += len(lawyers)
        years |= {quarter_of(archive).year for _ in range(min(1, len(lawyers)))}
    assert n_lawyers >= masking["n_reports"].sum()
    assert {2021, 2022} <= years


def test_a_deleted_case_stays_away_unless_it_is_sent_again(recent):
    cases = truth(recent, "cases")
    seen = {
        str(quarter_of(archive)): set(frame(archive, "demo")["caseid"])
        for archive in recent.archives
    }
    kinds = cases[cases["kind"].isin(["deleted", "deleted_resent"])]
    assert set(kinds["kind"]) == {"deleted", "deleted_resent"}
    for row in kinds.itertuples():
        quarters = re.findall(r"\d{4}q\d", row.expected)
        later = {q for q, ids in seen.items() if str(row.caseid) in ids}
        listed = content(
            archive_of(recent, quarters[0]), list_name(Quarter.parse(quarters[0]))
        )
        assert str(row.caseid).encode() in listed.split()
        assert {q for q in later if q > quarters[0]} == set(quarters[1:])


def test_lists_hold_ids_that_match_no_case(recent):
    known = {case for a in recent.archives for case in frame(a, "demo")["caseid"]}
    listed = {
        line.decode()
        for archive in recent.archives
        if quarter_of(archive) >= Quarter(2019, 1)
        for line in content(archive, list_name(quarter_of(archive))).split()
    }
    assert listed - known
    assert listed & known


def test_a_treated_event_stands_beside_tamoxifen_for_the_new_cancer(recent):
    cases = truth(recent, "cases")
    treated = cases[cases["kind"] == "treated_event"]
    assert len(treated) == 6
    drugs = pd.concat(frame(archive, "drug") for archive in recent.archives)
    own = drugs[drugs["caseid"].isin(treated["caseid"].astype(str))]
    roles = own[own["drugname"] == "TAMOXIFEN"].groupby("caseid")["role_cod"].first()
    assert set(roles) == {"SS", "C"}
    assert len(roles) == 6


def test_a_dropped_event_is_gone_from_the_stated_quarter_on(recent):
    cases = truth(recent, "cases")
    dropped = cases[cases["kind"] == "event_dropped"]
    assert len(dropped) > 0
    pts = set("|".join(read_table("neoplasms")["pts"]).split("|"))
    for row in dropped.itertuples():
        changed = re.search(r"\d{4}q\d", row.expected)[0]
        named = {}
        for archive in recent.archives:
            reac = frame(archive, "reac")
            own = set(reac.loc[reac["caseid"] == str(row.caseid), "pt"])
            if own:
                named[str(quarter_of(archive))] = bool(own & pts)
        assert len(named) == 2
        assert named.pop(changed) is False
        assert list(named.values()) == [True]


def test_a_lower_version_sometimes_arrives_after_a_higher_one(recent):
    cases = truth(recent, "cases")
    late = cases.loc[cases["kind"] == "late_lower_version", "caseid"].astype(str)
    order: dict[str, list[int]] = {case: [] for case in late}
    for archive in recent.archives:
        demo = frame(archive, "demo")
        for case, version in zip(demo["caseid"], demo["caseversion"], strict=True):
            if case in order:
                order[case].append(int(version))
    assert len(order) > 0
    assert all(versions != sorted(versions) for versions in order.values())


def test_neoplasms_are_as_frequent_with_ms_therapies_as_without():
    rng, vocabulary = np.random.default_rng(5), load_vocabulary()
    span = QuarterSpan.parse("2012q1..2025q4")
    everything = Cohort(0, 0, len(span))
    quarters = everything.draw_quarters(rng, 100_000, quarter_weights(span))
    drawn = draw_base(rng, vocabulary, quarters, span.first.ordinal)
    is_ms = drawn.cases["therapy"].to_numpy() >= 0
    has_event = np.zeros(len(is_ms), dtype=bool)
    has_event[drawn.events.loc[drawn.events["neoplasm"] >= 0, "case"]] = True
    rate = float(vocabulary.neoplasms["rate"].sum())
    for part in (is_ms, ~is_ms):
        spread = np.sqrt(rate * (1 - rate) / part.sum())
        assert abs(has_event[part].mean() - rate) < 3.5 * spread


# --- duplicates ---------------------------------------------------------------------


def first_version(made: Simulated, caseid: int, table: str) -> pd.DataFrame:
    """Rows of a case in the first quarter that holds it."""
    for archive in made.archives:
        rows = frame(archive, table)
        own = rows[rows["caseid"] == str(caseid)]
        if len(own):
            return own[own["primaryid"] == own["primaryid"].iloc[0]]
    raise AssertionError(f"case {caseid} is in no archive")


def planted_pairs(made: Simulated, kind: str) -> list[tuple[int, int]]:
    table = truth(made, "duplicates")
    rows = table[table["kind"] == kind]
    return list(zip(rows["caseid"], rows["other_caseid"], strict=True))[:10]


def test_every_kind_of_duplicate_and_of_near_miss_is_planted(recent):
    table = truth(recent, "duplicates")
    assert set(table.loc[table["is_duplicate"], "kind"]) == set(DUPLICATES)
    assert set(table.loc[~table["is_duplicate"], "kind"]) == set(NEAR_MISSES)
    assert (table["caseid"] != table["other_caseid"]).all()


def test_an_exact_copy_is_the_same_report_of_another_company(recent):
    for one, other in planted_pairs(recent, "exact"):
        first, second = (first_version(recent, x, "demo").iloc[0] for x in (one, other))
        assert first["event_dt"] == second["event_dt"] != ""
        assert first["sex"] == second["sex"]
        assert first["mfr_num"] != second["mfr_num"] or first["mfr_num"] == ""
        drugs = (first_version(recent, x, "drug") for x in (one, other))
        first_drugs, second_drugs = (set(rows["drugname"]) for rows in drugs)
        assert first_drugs == second_drugs


def test_a_dropped_drug_and_a_dropped_term_are_one_less(recent):
    for kind, table, column in (
        ("drug_dropped", "drug", "drugname"),
        ("term_dropped", "reac", "pt"),
    ):
        for one, other in planted_pairs(recent, kind):
            whole = set(first_version(recent, one, table)[column])
            assert set(first_version(recent, other, table)[column]) < whole


def test_the_patients_of_one_article_differ_in_age_and_those_of_a_duplicate_do_not(
    recent,
):
    for kind, is_same in (("article", True), ("same_article", False)):
        for one, other in planted_pairs(recent, kind):
            first, second = (
                first_version(recent, x, "demo").iloc[0] for x in (one, other)
            )
            letters = [re.sub(r"\W", "", x["lit_ref"]).upper() for x in (first, second)]
            assert letters[0] == letters[1] != ""
            if first["age_cod"] == second["age_cod"] == "YR":
                assert (first["age"] == second["age"]) == is_same


def test_the_duplicated_trap_is_one_report_under_seven_cases(recent):
    cases = truth(recent, "cases")
    (real,) = cases.loc[cases["kind"] == "duplicated", "caseid"]
    table = truth(recent, "duplicates")
    assert (table["caseid"] == real).sum() == 6

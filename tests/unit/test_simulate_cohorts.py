"""Archives that are drawn cohort by cohort: the same structure, the same truth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.errors import UsageError
from pvsignal.layout import TABLES
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate import (
    MS_SHARE,
    Simulated,
    _draw_reports,
    _Plan,
    _planned_truth,
    choose_defects,
    simulate,
)
from pvsignal.simulate import versions as simulated_versions
from pvsignal.simulate.cohorts import Cohort, plan_cohorts
from pvsignal.simulate.plants import DUPLICATED, Truth, exposed, note_masked
from pvsignal.simulate.reports import Reports, quarter_weights
from pvsignal.simulate.versions import (
    FAERS_ORDINAL,
    FIRST_ISR,
    FIRST_ORDINAL,
    LATER_VERSIONS,
    SKIPPED_VERSIONS,
    Identifiers,
    Numbers,
    _draw_deletions,
    _primaryids,
)
from pvsignal.simulate.vocabulary import load_vocabulary, read_table
from pvsignal.simulate.write import list_name
from tests.staging import rows_of, staged_archive
from tests.unit.test_simulate import (
    CHILDREN,
    SEQUENCES,
    content,
    digests,
    frame,
    quarter_of,
    truth,
)

SPAN = QuarterSpan.parse("2012q1..2020q4")
N_REPORTS, MOST = 16_000, 2_000
LEGACY_NAMES = {"isr": "primaryid", "case": "caseid", "i_f_cod": "i_f_code"}


def simulated(folder: Path, **changes) -> Simulated:
    wanted = {"span": SPAN, "n_reports": N_REPORTS, "seed": 1, "most_in_cohort": MOST}
    return simulate(folder, **(wanted | changes))


@pytest.fixture(scope="module")
def several(tmp_path_factory) -> Simulated:
    return simulated(tmp_path_factory.mktemp("several"))


@pytest.fixture(scope="module")
def demo(several) -> pd.DataFrame:
    """DEMO of the whole span, keys under their FAERS names."""
    parts = [
        frame(archive, "demo")
        .rename(columns=LEGACY_NAMES)
        .assign(quarter=quarter_of(archive).ordinal)
        for archive in several.archives
    ]
    whole = pd.concat(parts, ignore_index=True)
    # Numbers grow with the version, and those of FAERS are above those of legacy.
    number = whole["primaryid"].astype("int64")
    first = number.groupby(whole["caseid"]).transform("min")
    return whole.assign(is_first=number == first)


@pytest.fixture(scope="module")
def pairs(several, demo) -> pd.DataFrame:
    """Suspect drug names and PTs of each case when it was first reported."""
    first = set(demo.loc[demo["is_first"], "primaryid"])
    parts = []
    for archive in several.archives:
        drug, reac = (
            frame(archive, table).rename(columns=LEGACY_NAMES)
            for table in ("drug", "reac")
        )
        drug = drug[drug["role_cod"].isin(["PS", "SS"])]
        drug = drug.loc[drug["primaryid"].isin(first), ["primaryid", "drugname"]]
        both = drug.drop_duplicates().merge(reac[["primaryid", "pt"]], on="primaryid")
        parts.append(both.assign(quarter=str(quarter_of(archive))))
    found = pd.concat(parts, ignore_index=True)
    return found.assign(pt=found["pt"].str.upper())


# --- cohorts ------------------------------------------------------------------------


@given(
    n_reports=st.integers(500, 30_000_000),
    most=st.integers(1_000, 2_000_000),
    n_quarters=st.integers(1, 90),
)
def test_cohorts_follow_each_other_and_their_parts_add_up(n_reports, most, n_quarters):
    last = Quarter.from_ordinal(FIRST_ORDINAL + n_quarters - 1)
    span = QuarterSpan(Quarter(2004, 1), last)
    weights = quarter_weights(span)
    cohorts = plan_cohorts(span, n_reports, most)
    assert [cohort.begin for cohort in cohorts[1:]] == [c.end for c in cohorts[:-1]]
    assert (cohorts[0].begin, cohorts[-1].end) == (0, len(span))
    parts = [cohort.part(n_reports, weights) for cohort in cohorts]
    assert sum(parts) == n_reports
    for cohort, part in zip(cohorts, parts, strict=True):
        assert part <= most + 1 or cohort.end == cohort.begin + 1


def test_few_enough_cases_are_one_cohort(tmp_path):
    span = QuarterSpan.parse("2018q4..2019q2")
    assert len(plan_cohorts(span, 1_000, 1_000)) == 1
    for name, most in (("all", 1_000), ("default", 1_000_000)):
        simulated(tmp_path / name, span=span, n_reports=1_000, most_in_cohort=most)
    assert digests(tmp_path / "all") == digests(tmp_path / "default")


def test_cohorts_too_small_to_plant_in_are_refused(tmp_path):
    with pytest.raises(UsageError, match="cohort of 499"):
        simulated(tmp_path, most_in_cohort=499)


# --- identifiers --------------------------------------------------------------------


@given(
    st.lists(
        st.lists(st.integers(0, 5), min_size=1, max_size=40), min_size=1, max_size=6
    )
)
def test_no_number_is_given_twice_and_numbers_grow_with_the_quarter(cohorts):
    """Cohort k owns quarter k; its rows lie there and up to five quarters later."""
    numbers = Numbers(FIRST_ISR, 400)
    rng = np.random.default_rng(1)
    drawn = []
    for k, delays in enumerate(cohorts):
        ordinal = FIRST_ORDINAL + k + np.array(delays)
        given_ = numbers.draw(rng, ordinal, FIRST_ORDINAL + k + 1)
        drawn += zip(ordinal.tolist(), given_.tolist(), strict=True)
    assert len({number for _, number in drawn}) == len(drawn)
    by_number = [quarter for quarter, _ in sorted(drawn, key=lambda row: row[1])]
    assert by_number == sorted(by_number)


def test_more_rows_than_a_quarter_has_numbers_are_refused():
    numbers = Numbers(FIRST_ISR, 10)
    rng = np.random.default_rng(1)
    numbers.draw(rng, np.full(8, FIRST_ORDINAL + 1), FIRST_ORDINAL + 1)
    with pytest.raises(UsageError, match="more than the 10 that have numbers"):
        numbers.draw(rng, np.full(3, FIRST_ORDINAL + 1), FIRST_ORDINAL + 2)


def test_identifiers_of_the_whole_archive_have_room_and_few_digits():
    span = QuarterSpan.parse("2004q1..2026q2")
    n_reports = 20_700_000
    found = Identifiers.of(span, n_reports)
    fullest = quarter_weights(span).max() * n_reports
    n_legacy, n_quarters = FAERS_ORDINAL - FIRST_ORDINAL, len(span)
    assert found.caseids.per_quarter > 1.4 * fullest
    assert found.isrs.base + n_legacy * found.isrs.per_quarter < 10**8
    assert found.caseids.base + n_quarters * found.caseids.per_quarter < 10**8
    with pytest.raises(UsageError, match="fewer --reports"):
        Identifiers.of(QuarterSpan.parse("2024q1"), 2_000_000)


def test_every_case_is_first_reported_once(several, demo):
    assert demo["caseid"].nunique() == several.n_reports == N_REPORTS
    initial = demo[demo["i_f_code"] == "I"]
    assert initial["caseid"].is_unique
    assert initial["is_first"].all()
    # Of the others an extract holds a later version first.
    assert 0.77 < len(initial) / N_REPORTS < 0.87


def test_primaryids_are_unique_over_cohorts_and_grow_with_quarter_and_version(demo):
    assert demo["primaryid"].is_unique
    legacy = demo[demo["quarter"] < FAERS_ORDINAL].astype({"primaryid": "int64"})
    assert (legacy["primaryid"] < 10**8).all()
    spans = legacy.groupby("quarter")["primaryid"].agg(["min", "max"])
    assert (spans["min"].to_numpy()[1:] > spans["max"].to_numpy()[:-1]).all()
    faers = demo[demo["quarter"] >= FAERS_ORDINAL]
    assert (faers["caseid"] + faers["caseversion"] == faers["primaryid"]).all()


def test_isrs_of_a_case_in_one_legacy_quarter_grow_with_its_version():
    """As many as three versions, whatever numbers were drawn for them."""
    n_cases, n_versions = 500, 3
    rows = pd.DataFrame(
        {
            "case": np.repeat(np.arange(n_cases), n_versions),
            "caseversion": np.tile(np.arange(1, n_versions + 1), n_cases),
            "quarter": 0,
        }
    )
    numbers = _primaryids(
        np.random.default_rng(1),
        rows,
        np.arange(n_cases),
        FIRST_ORDINAL,
        FIRST_ORDINAL + 1,
        Numbers(FIRST_ISR, 10_000),
    )
    assert len(np.unique(numbers)) == len(rows)
    assert (np.diff(numbers.reshape(n_cases, n_versions), axis=1) > 0).all()
    assert not (np.diff(numbers) > 0).all()


def test_the_highest_version_of_a_case_has_one_digit():
    """A primaryid is the caseid and the version: two digits would be another case's."""
    skipped, sent_again = len(SKIPPED_VERSIONS) - 1, 1
    assert skipped + 1 + len(LATER_VERSIONS) + sent_again <= 9


def test_first_seen_later_versions_began_in_the_quarter_that_shows_them(demo):
    """An extract holds the latest version alone; legacy has no initial date."""
    seen = demo[demo["is_first"] & (demo["quarter"] >= FAERS_ORDINAL)]
    initial, received = (
        pd.to_datetime(seen[column], format="%Y%m%d")
        for column in ("init_fda_dt", "fda_dt")
    )
    is_later = seen["caseversion"].astype(int) > 1
    assert (initial == received)[~is_later].all()
    assert (initial <= received).all()
    assert (initial.dt.year * 4 + (initial.dt.month - 1) // 3 == seen["quarter"]).all()
    assert (initial < received)[is_later].mean() > 0.95


def test_control_numbers_are_shared_only_where_that_is_planted(tmp_path):
    """Serials of six digits were shared by chance in a quarter of this size."""
    span = QuarterSpan.parse("2020q1")
    made = simulate(tmp_path, span=span, n_reports=14_000, seed=3, with_fates=False)
    (archive,) = made.archives
    numbers = frame(archive, "demo").query("mfr_num != ''")
    shared = numbers.drop_duplicates(["mfr_num", "caseid"]).groupby("mfr_num")["caseid"]
    found = {frozenset(cases.astype(int)) for _, cases in shared if len(cases) > 1}
    planted = truth(made, "duplicates").query("kind == 'same_number'")
    pairs = zip(planted["caseid"], planted["other_caseid"], strict=True)
    assert len(planted) > 0
    assert found == {frozenset(pair) for pair in pairs}


def test_legacy_drug_numbers_are_unique_over_cohorts(several):
    legacy = [path for path in several.archives if path.name.startswith("aers")]
    numbers = pd.concat(frame(archive, "drug")["drug_seq"] for archive in legacy)
    assert len(legacy) == 3
    assert numbers.is_unique
    assert (numbers.str.len() == 10).all()


# --- rows of later quarters ---------------------------------------------------------


def test_children_stand_beside_their_report_in_every_quarter(several):
    for archive in several.archives:
        demo = frame(archive, "demo")
        key = demo.columns[0]
        assert len(demo) > 0
        for table in CHILDREN:
            assert set(frame(archive, table)[key]) <= set(demo[key])
        for table in ("drug", "reac"):
            assert set(frame(archive, table)[key]) == set(demo[key])
        for table, sequence in SEQUENCES.items():
            rows, drugs = frame(archive, table), frame(archive, "drug")
            sequence = sequence if key == "primaryid" else "drug_seq"
            wanted = set(zip(rows[key], rows[sequence], strict=True))
            assert wanted <= set(zip(drugs[key], drugs["drug_seq"], strict=True))


def test_versions_of_a_cohort_reach_the_quarters_of_later_ones(several, demo):
    cohorts = plan_cohorts(SPAN, N_REPORTS, MOST)
    assert len(cohorts) >= 8
    cohort_of = np.repeat(
        [cohort.number for cohort in cohorts], [c.end - c.begin for c in cohorts]
    )
    number = cohort_of[demo["quarter"] - SPAN.first.ordinal]
    first = demo["caseid"].map(
        dict(
            zip(demo["caseid"][demo["is_first"]], number[demo["is_first"]], strict=True)
        )
    )
    by_case = pd.DataFrame({"caseid": demo["caseid"], "cohort": number})
    n_cohorts = by_case.groupby("caseid")["cohort"].nunique()
    assert first.notna().all()
    assert (n_cohorts > 1).mean() > 0.05
    versions = truth(several, "versions")
    assert versions["n_first"].sum() == N_REPORTS
    assert 0.14 < versions["n_later"].sum() / len(demo) < 0.20
    assert versions[["n_first", "n_later"]].sum(axis=1).tolist() == (
        demo["quarter"].value_counts().sort_index().tolist()
    )


def test_cases_of_all_cohorts_are_deleted_as_the_truth_says(several, demo):
    cases = truth(several, "cases")
    gone = cases[cases["kind"] == "deleted"]
    since = demo.groupby("caseid")["quarter"].agg(["min", "max"])
    assert (since.loc[gone["caseid"].astype(str), "min"] < FAERS_ORDINAL).any()
    for row in gone.itertuples():
        quarter = Quarter.parse(row.expected.rpartition(" ")[2])
        archive = several.archives[quarter.ordinal - SPAN.first.ordinal]
        listed = content(archive, list_name(quarter)).split()
        assert str(row.caseid).encode() in listed
        assert since.loc[str(row.caseid), "max"] <= quarter.ordinal


def test_cases_sent_again_are_on_no_list_since_their_return(monkeypatch):
    """A repeated line of the next quarter would delete what came back in it."""
    monkeypatch.setattr(simulated_versions, "DELETED_SHARE", 1.0)
    monkeypatch.setattr(simulated_versions, "RESENT_SHARE", 0.9)
    span, n = QuarterSpan.parse("2019q1..2020q4"), 3_000
    cases = pd.DataFrame({"quarter": np.zeros(n, dtype=int), "special": False})
    reports = Reports(cases, pd.DataFrame(), pd.DataFrame())
    rows = pd.DataFrame({"case": np.arange(n), "version": 1, "quarter": 0})
    known = Truth()
    rows, lines = _draw_deletions(
        np.random.default_rng(1),
        reports,
        rows,
        np.arange(n),
        span,
        Cohort(0, 0, len(span)),
        truth=known,
    )
    returned = rows[rows["version"] == 2].set_index("case")["quarter"]
    listed = lines[lines["caseid"].isin(returned.index)].groupby("caseid")["quarter"]
    is_next = returned - listed.min() == 1
    repeated = listed.size() > 1
    assert is_next.sum() > 500
    assert repeated.sum() > 20
    assert (listed.max() < returned).all()
    said = [row for row in known.cases if row["kind"] == "deleted_resent"]
    assert len(said) == len(returned)


def test_nothing_waits_beside_the_archives_at_the_end(several):
    names = {path.name for path in several.truth.parent.iterdir()}
    assert names == {*(path.name for path in several.archives), "truth"}


@pytest.mark.parametrize("defects", ["", "all"])
def test_staging_finds_the_counts_of_the_truth(tmp_path, defects):
    made = simulated(
        tmp_path,
        span=QuarterSpan.parse("2012q2..2013q1"),
        n_reports=2_000,
        most_in_cohort=500,
        defects=choose_defects(defects) if defects else (),
    )
    counts = truth(made, "counts").set_index(["quarter", "member"])["rows"]
    n_by_quarter = []
    for archive in made.archives:
        done = staged_archive(archive, tmp_path / "staged")
        rows = rows_of(done, "accounting")
        found = {
            row["table_name"]: row["staged"]
            for row in rows
            if row["table_name"] in TABLES
        }
        assert found == counts[str(done.quarter)].to_dict()
        n_by_quarter.append(found["demo"])
    if not defects:
        versions = truth(made, "versions")
        assert (versions["n_first"] + versions["n_later"]).tolist() == n_by_quarter


# --- truth --------------------------------------------------------------------------


def test_several_cohorts_give_the_same_bytes_again(tmp_path, several):
    simulated(tmp_path / "again")
    assert digests(tmp_path / "again") == digests(several.truth.parent)


def test_reporting_ratios_of_planted_signals_are_those_in_the_files(several, pairs):
    signals = truth(several, "signals")
    products, groups = read_table("ms_products"), read_table("neoplasms")
    rates = groups.set_index("group_id")["rate"].astype(float)
    assert len(signals) >= 5
    for row in signals.itertuples():
        members = products[products["ingredient"].isin(row.members.split("|"))]
        names = set("|".join(members["brands"] + "|" + members["generics"]).split("|"))
        pts = groups.set_index("group_id")["pts"][row.event].upper().split("|")
        named = pairs[
            pairs["drugname"].isin(names) & (pairs["quarter"] >= row.from_quarter)
        ]
        # Copies of exposed cases are exposed too.
        n_exposed = named["primaryid"].nunique()
        assert row.n_exposed <= n_exposed <= 1.1 * row.n_exposed + 5
        expected = rates[row.event] * row.n_exposed
        n_found = named.loc[named["pt"].isin(pts), "primaryid"].nunique()
        surplus = n_found - row.n_planted - expected
        assert -expected - 0.5 <= surplus <= 4 * np.sqrt(expected) + 4
        assert row.ratio == pytest.approx(1 + row.n_planted / expected, abs=0.006)
        assert row.n_planted >= 12


def test_planted_signals_are_spread_over_the_cohorts(pairs):
    own = pairs[pairs["drugname"].isin(["TYSABRI", "NATALIZUMAB"])]
    lymphomas = read_table("neoplasms").set_index("group_id")["pts"]["lymphoma_cns"]
    own = own[own["pt"].isin(lymphomas.upper().split("|"))]
    assert own["quarter"].str[:4].nunique() >= 6


def drawn_pairs(vocabulary, reports, drug: str, event: str) -> int:
    """Cases drawn with a drug as a suspect and a neoplasm of an event."""
    names = vocabulary.neoplasms["event"]
    is_it = names == event
    if event == "any_malignancy":
        is_it = ~names.str.contains(":")
    cases = exposed(vocabulary, reports, [drug])
    events = reports.events[reports.events["case"].isin(cases)]
    return int(events["neoplasm"].isin(np.flatnonzero(is_it)).sum())


def lower_limit(a: int, n_drug: int, c: float, n: int) -> float:
    """Lower 95 % limit of the ratio of a signal in an archive of so many reports."""
    b, d = n_drug, n - c
    log_ratio = np.log(a * d / (b * c))
    return np.exp(log_ratio - 1.96 * np.sqrt(1 / a + 1 / b + 1 / c + 1 / d))


def test_traps_and_the_masked_signal_are_as_planned_over_all_cohorts():
    span, n_reports = QuarterSpan.parse("2015q1..2022q4"), 40_000
    plan = _Plan(span, n_reports, seed=5)
    vocabulary, planned = load_vocabulary(), _planned_truth(plan)
    rates = vocabulary.neoplasms.set_index("event")["rate"]
    plain = rates[~rates.index.str.contains(":")].sum()
    cohorts = plan_cohorts(span, n_reports, 5_000)
    pairs = [(str(trap["drug"]), str(trap["event"])) for trap in planned.traps]
    n = dict.fromkeys([*pairs, ("natalizumab", "colorectal")], 0)
    n_exposed = dict.fromkeys(n, 0)
    for cohort in cohorts:
        reports, _ = _draw_reports(plan, vocabulary, cohort, planned)
        planned.cases.clear()
        for drug, event in n:
            n[drug, event] += drawn_pairs(vocabulary, reports, drug, event)
            n_exposed[drug, event] += len(exposed(vocabulary, reports, [drug]))
    assert len(cohorts) >= 8
    assert len(pairs) >= 12
    for trap, pair in zip(planned.traps, pairs, strict=True):
        rate = plain if pair[1] == "any_malignancy" else rates[pair[1]]
        most = 0 if trap["trap"] == DUPLICATED else max(2, 0.7 * rate * n_exposed[pair])
        assert n[pair] <= most, pair
    note_masked(planned)
    (colorectal,) = (r for r in planned.masking if r["event"] == "colorectal")
    assert colorectal["drug"] == "natalizumab"
    a, b = n["natalizumab", "colorectal"], n_exposed["natalizumab", "colorectal"]
    c = rates["colorectal"] * n_reports
    # One report fewer would not do; with so few it changes the limit by a third.
    assert lower_limit(a, b, c, n_reports) > 1.25
    assert lower_limit(a - 1, b, c, n_reports) < 1.35


def test_truth_of_several_cohorts_has_every_kind_of_case_and_of_duplicate(several):
    one = {"oncology_brand", "recurrence", "bridged", "deleted", "deleted_resent"}
    cases = truth(several, "cases")
    assert one | {"event_dropped", "late_lower_version"} <= set(cases["kind"])
    assert (cases["kind"] == "treated_event").sum() == 6
    traps = truth(several, "traps")
    planned = cases[cases["kind"].isin(traps["trap"])]
    assert len(planned) == traps["n_reports"].sum()
    # 12 % of the litigation lies before 2021.
    masking = truth(several, "masking")
    assert masking["n_reports"].sum() == round(0.012 * 0.12 * N_REPORTS)
    duplicates = truth(several, "duplicates")
    assert {"exact", "article", "twin", "batch"} <= set(duplicates["kind"])
    known = set(cases["caseid"]) | set(duplicates["caseid"])
    assert all(caseid >= 4_000_000 for caseid in known)


def test_several_cohorts_are_written_without_fates(tmp_path):
    span = QuarterSpan.parse("2018q4..2019q2")
    whole = simulated(tmp_path, span=span, n_reports=1_000)
    assert whole.has_fates
    assert (whole.truth / "attrition.csv").exists()
    cut = simulated(tmp_path, span=span, n_reports=1_000, most_in_cohort=500)
    assert not cut.has_fates
    for name in ("attrition", "row_fates", "reports", "exposures", "outcomes"):
        assert not (cut.truth / f"{name}.csv").exists()


# --- share of MS therapies ----------------------------------------------------------


@pytest.mark.parametrize("share", [0.03, MS_SHARE, 0.5])
def test_share_of_reports_with_an_ms_therapy_is_as_asked(share):
    span = QuarterSpan.parse("2018q1..2021q4")
    plan = _Plan(span, 20_000, seed=1, planted=False, ms_share=share)
    (cohort,) = plan_cohorts(span, 20_000, 20_000)
    reports, _ = _draw_reports(plan, load_vocabulary(), cohort, _planned_truth(plan))
    found = (reports.cases["therapy"] >= 0).mean()
    assert found == pytest.approx(share, rel=0.08)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_is_none_is_refused(tmp_path, share):
    with pytest.raises(UsageError, match="--ms-share"):
        simulated(tmp_path, ms_share=share)

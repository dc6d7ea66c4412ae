"""Scenes: what is drawn is what their truth says, and it misleads as it says."""

import csv
import io
import itertools
import zipfile

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pvsignal.codelists import load_codelists
from pvsignal.errors import UsageError
from pvsignal.layout import era_of_quarter, header
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate import (
    SCENES,
    Simulated,
    _draw_reports,
    _Plan,
    _planned_truth,
    choose_scenes,
    simulate,
)
from pvsignal.simulate.cohorts import MOST_IN_COHORT, plan_cohorts
from pvsignal.simulate.columns import draw_ages, draw_sexes, names_therapy
from pvsignal.simulate.plants import MASKED_EVENT, note_signals
from pvsignal.simulate.reports import SS
from pvsignal.simulate.scenes import confounders, effects, sources
from pvsignal.simulate.scenes.ratios import PLANTED, expected_ratios
from pvsignal.simulate.truth import compare_with_truth
from pvsignal.simulate.vocabulary import load_vocabulary, read_table
from pvsignal.simulate.write import member_name

SPAN = QuarterSpan.parse("2014q1..2023q4")
VOCABULARY = load_vocabulary()
EVERY_THERAPY = (
    confounders.INDICATION_EVENT,
    confounders.AGE_EVENT,
    confounders.SEX_EVENT,
    confounders.TIME_EVENT,
    effects.CLASS_EVENT,
    effects.CONSTANT_EVENT,
)
PAIRS = (
    (sources.BURST_DRUG, sources.BURST_EVENT),
    (sources.SENDER_DRUG, sources.SENDER_EVENT),
    (sources.ARTICLE_DRUG, sources.ARTICLE_EVENT),
    (effects.CONSTANT_DRUG, effects.CONSTANT_EVENT),
    (confounders.AGE_DRUG, confounders.AGE_EVENT),
    (confounders.SEX_DRUG, confounders.SEX_EVENT),
)


def drawn(span, n_reports, seed, scenes):
    """Truth, reports and copies of an archive of one cohort."""
    plan = _Plan(span, n_reports, seed, scenes=scenes)
    (cohort,) = plan_cohorts(span, n_reports, MOST_IN_COHORT)
    truth = _planned_truth(plan)
    reports, copies = _draw_reports(plan, VOCABULARY, cohort, truth)
    note_signals(VOCABULARY, span, truth)
    return truth, reports, copies


class Played:
    """Reports with all scenes in them, and what is true of them."""

    def __init__(self, scenes=tuple(SCENES), n_reports=40_000, seed=11):
        self.truth, self.reports, self.copies = drawn(SPAN, n_reports, seed, scenes)
        self.expected = expected_ratios(self.truth.expected, self.truth.signals)

    def row(self, scene, drug, comparator):
        table = self.expected
        found = table[
            (table["scene"] == scene)
            & (table["drug"] == drug)
            & (table["comparator"] == comparator)
        ]
        assert len(found) == 1
        return found.iloc[0]

    def cases_with(self, event):
        """Numbers of the cases that report a term of the group, copies left out."""
        terms = read_table("neoplasms").set_index("group_id")["pts"][event].split("|")
        names = pd.Series(VOCABULARY.terms)[self.reports.events["term"]].to_numpy()
        found = self.reports.events["case"].to_numpy()[np.isin(names, terms)]
        return np.setdiff1d(np.unique(found), np.flatnonzero(self.copies.is_copy))

    def cases_of(self, drug, last_role=SS):
        """Numbers of the cases that suspect the therapy, copies left out."""
        drugs = self.reports.drugs
        ingredient = VOCABULARY.products["ingredient"].to_numpy()[drugs["product"]]
        rows = (ingredient == drug) & (drugs["role"].to_numpy() <= last_role)
        found = np.unique(drugs["case"].to_numpy()[rows])
        return np.setdiff1d(found, np.flatnonzero(self.copies.is_copy))


@pytest.fixture(scope="module")
def played():
    return Played()


def within_poisson(count, expected):
    """Whether chance gives such a count once in ten thousand times or more often."""
    low = stats.poisson.cdf(count, expected)
    high = stats.poisson.sf(count - 1, expected)
    return min(low, high) > 5e-5


# --- which scenes -------------------------------------------------------------------


def test_an_unknown_scene_is_refused():
    with pytest.raises(UsageError, match=r"names no scene \(fog\)"):
        choose_scenes("class_effect,fog")


def test_an_unknown_scene_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UsageError, match="fog"):
        simulate(tmp_path / "sim", span=SPAN, n_reports=500, seed=1, scenes=("fog",))
    assert not (tmp_path / "sim").exists()


def test_all_scenes_are_chosen_at_once():
    assert choose_scenes("all") == tuple(SCENES)


# --- the truth is that of the reports -----------------------------------------------


def test_reports_of_every_pair_are_as_many_as_expected(played):
    """Over some 250 pairs one in ten thousand would be far out by chance alone."""
    table = played.expected[played.expected["scene"] != PLANTED]
    assert len(table) > 200
    far = [
        row
        for row in table.to_dict("records")
        if not within_poisson(row["n_planted"], row["expected_a"])
    ]
    assert far == []


@pytest.mark.parametrize("event", EVERY_THERAPY)
def test_reports_of_the_event_are_as_many_as_expected(played, event):
    pair = played.expected[
        (played.expected["event"] == event) & (played.expected["comparator"] == "A")
    ].iloc[0]
    expected = pair["expected_a"] + pair["expected_c"]
    assert within_poisson(len(played.cases_with(event)), expected)


@pytest.mark.parametrize(("drug", "event"), PAIRS)
def test_reports_of_a_pair_are_those_counted_by_names(played, drug, event):
    both = np.intersect1d(played.cases_with(event), played.cases_of(drug))
    pair = played.expected[
        (played.expected["drug"] == drug)
        & (played.expected["event"] == event)
        & (played.expected["comparator"] == "A")
    ].iloc[0]
    # A generic name without an indication is no exposure by the product rule.
    assert 0 <= len(both) - pair["n_planted"] <= 1 + 0.06 * len(both)


def test_ratios_of_planted_signals_in_both_comparators_come_near_the_true_one(played):
    """Where the signal begins with the first report and no other has its event."""
    for drug in ("ocrelizumab", "alemtuzumab", "cladribine", "siponimod"):
        for comparator in ("A", "B"):
            row = played.row(PLANTED, drug, comparator)
            assert row["expected_ratio"] == pytest.approx(row["true_ratio"], rel=0.1)


def test_rows_of_parts_add_up_and_signals_have_their_own_true_ratio():
    row = {
        "drug": "d",
        "event": "e",
        "from_quarter": "2020q1",
        "comparator": "A",
        "n_background": 1_000,
        "expected_c": 5.0,
    }
    one = {"n_exposed": 100, "n_planted": 4, "expected_a": 3.0}
    other = {"n_exposed": 300, "n_planted": 7, "expected_a": 5.0}
    parts = [
        row | counts | scene
        for counts in (one, other)
        for scene in ({"scene": "s", "true_ratio": 1.0}, {"scene": PLANTED})
    ]
    signal = {"drug": "d", "event": "e", "ratio": 4.0, "from_quarter": "2021q3"}
    confounded, planted = expected_ratios(parts, [signal]).to_dict("records")
    for made in (confounded, planted):
        assert made["n_exposed"] == 400
        assert made["n_planted"] == 11
        assert made["n_background"] == 2_000
        assert made["expected_ratio"] == pytest.approx((8 / 400) / (10 / 2_000))
    assert (confounded["true_ratio"], confounded["from_quarter"]) == (1.0, "2020q1")
    assert (planted["true_ratio"], planted["from_quarter"]) == (4.0, "2021q3")


def test_a_planned_signal_that_was_not_planted_has_no_expected_ratio():
    row = dict.fromkeys(("drug", "event", "from_quarter", "comparator"), "x")
    counts = dict.fromkeys(
        ("n_exposed", "n_planted", "expected_a", "n_background", "expected_c"), 1
    )
    assert expected_ratios([row | counts | {"scene": PLANTED}], []).empty


# --- confounders --------------------------------------------------------------------


@pytest.mark.parametrize("drug", ["natalizumab", "fingolimod", "glatiramer acetate"])
def test_indication_confounds_in_a_and_not_in_b(played, drug):
    assert played.row("confounded_indication", drug, "A")["expected_ratio"] > 4
    in_b = played.row("confounded_indication", drug, "B")["expected_ratio"]
    assert in_b == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("scene", "drug", "in_a", "in_b"),
    [
        ("confounded_age", confounders.AGE_DRUG, 1.7, 3.5),
        ("confounded_sex", confounders.SEX_DRUG, 1.7, 2.3),
        ("confounded_time", "ofatumumab", 1.9, 1.9),
    ],
)
def test_age_sex_and_time_confound_crude_ratios(played, scene, drug, in_a, in_b):
    assert played.row(scene, drug, "A")["expected_ratio"] > in_a
    assert played.row(scene, drug, "B")["expected_ratio"] > in_b
    assert played.row(scene, drug, "A")["true_ratio"] == 1


def mantel_haenszel(strata, exposed, event):
    """Ratio of shares over strata, and the standard error of its logarithm."""
    cells = pd.DataFrame({"s": strata, "x": exposed, "e": event})
    count = cells.groupby(["s", "x"])["e"].agg(["sum", "count"]).unstack(fill_value=0)
    a, c = count["sum"][True], count["sum"][False]
    n1, n0 = count["count"][True], count["count"][False]
    n = n1 + n0
    top, bottom = a * n0 / n, c * n1 / n
    variance = (n1 * n0 * (a + c) - a * c * n) / n**2
    return top.sum() / bottom.sum(), np.sqrt(
        variance.sum() / (top.sum() * bottom.sum())
    )


def traits(played):
    """Age band, sex and year of every case, as the archive will state them."""
    rng = np.random.default_rng(1)
    ages = draw_ages(rng, VOCABULARY, played.reports)
    bands = np.searchsorted([18, 30, 40, 50, 60, 70], ages, side="right")
    sexes = draw_sexes(rng, VOCABULARY, played.reports, SPAN.first.ordinal)
    years = (played.reports.cases["quarter"].to_numpy() + SPAN.first.ordinal) // 4
    return {
        confounders.AGE_EVENT: bands,
        confounders.SEX_EVENT: sexes,
        confounders.TIME_EVENT: years,
    }


@pytest.mark.parametrize("event", [confounders.AGE_EVENT, confounders.SEX_EVENT])
def test_within_strata_ms_reports_have_the_events_of_all_others(played, event):
    """Crude, the young women with MS seem to have fewer."""
    n = len(played.reports.cases)
    has = np.isin(np.arange(n), played.cases_with(event))
    is_ms = names_therapy(VOCABULARY, played.reports)
    lawyer = played.reports.cases["lawyer"].to_numpy()
    open_ = ~played.copies.is_copy & ~(lawyer & ~is_ms)
    strata = traits(played)[event]
    crude, _ = mantel_haenszel(np.zeros(open_.sum()), is_ms[open_], has[open_])
    ratio, error = mantel_haenszel(strata[open_], is_ms[open_], has[open_])
    assert crude < 1
    assert abs(np.log(ratio)) < 3.3 * error


@pytest.mark.parametrize(
    ("event", "drugs"),
    [
        (confounders.AGE_EVENT, [confounders.AGE_DRUG]),
        (confounders.SEX_EVENT, [confounders.SEX_DRUG]),
        (
            confounders.TIME_EVENT,
            ["siponimod", "ozanimod", "ponesimod", "cladribine", "ofatumumab"],
        ),
    ],
)
def test_within_strata_the_therapy_has_the_events_of_all_others(played, event, drugs):
    n = len(played.reports.cases)
    has = np.isin(np.arange(n), played.cases_with(event))
    exposed = np.isin(
        np.arange(n), np.concatenate([played.cases_of(drug) for drug in drugs])
    )
    lawyer = played.reports.cases["lawyer"].to_numpy()
    is_ms = names_therapy(VOCABULARY, played.reports)
    open_ = ~played.copies.is_copy & ~(lawyer & ~is_ms)
    strata = traits(played)[event]
    ratio, error = mantel_haenszel(strata[open_], exposed[open_], has[open_])
    assert abs(np.log(ratio)) < 3.3 * error


def test_women_are_few_with_one_therapy_and_their_cancers_no_more_frequent():
    scene = Played(scenes=("confounded_sex",), seed=5)
    sexes = draw_sexes(
        np.random.default_rng(1), VOCABULARY, scene.reports, SPAN.first.ordinal
    )
    of_drug = np.isin(np.arange(len(sexes)), scene.cases_of(confounders.SEX_DRUG))
    of_drug &= ~scene.reports.cases["special"].to_numpy()
    women = sexes == 0
    assert (sexes[of_drug] == 1).mean() == pytest.approx(0.9, abs=0.05)
    groups = read_table("neoplasms")
    cancers = np.unique(
        np.concatenate(
            [scene.cases_with(one) for one in groups[groups["sex"] == "F"]["group_id"]]
        )
    )
    has = np.isin(np.arange(len(sexes)), cancers)
    expected = has[women & ~of_drug].mean() * (women & of_drug).sum()
    assert within_poisson(has[women & of_drug].sum(), expected)


# --- effects ------------------------------------------------------------------------


def test_a_class_effect_shows_in_a_and_is_masked_in_b(played):
    for drug in ("natalizumab", "fingolimod", "dimethyl fumarate"):
        in_a = played.row("class_effect", drug, "A")
        in_b = played.row("class_effect", drug, "B")
        assert in_a["true_ratio"] == in_b["true_ratio"] == effects.CLASS_RATIO
        assert in_a["expected_ratio"] > 4
        assert 1 < in_b["expected_ratio"] < 1.8


def test_therapies_without_the_class_effect_seem_to_have_fewer_in_b(played):
    row = played.row("class_effect", "interferon beta-1a", "B")
    assert row["true_ratio"] == 1
    assert row["expected_ratio"] < 0.4


def test_members_of_the_classes_are_those_of_the_code_list():
    table = load_codelists()["therapy_classes"].table.set_index("class_id")
    for name, members in (
        ("high_efficacy", effects.HIGH_EFFICACY),
        ("oral_reference", effects.ORAL_REFERENCE),
    ):
        assert tuple(table["members"][name].split("|")) == members


def test_a_constant_ratio_is_that_of_early_and_of_late_reports(played):
    has = played.cases_with(effects.CONSTANT_EVENT)
    exposed = played.cases_of(effects.CONSTANT_DRUG)
    quarter = played.reports.cases["quarter"].to_numpy()
    for early in (True, False):
        mine = exposed[(quarter[exposed] < 20) == early]
        rate = effects.CONSTANT_RATE * effects.CONSTANT_RATIO
        assert within_poisson(len(np.intersect1d(mine, has)), rate * len(mine))


def test_a_term_gives_way_to_another_and_the_group_stays_level():
    drifted = Played(scenes=("term_drift",), n_reports=20_000, seed=3)
    plain = Played(scenes=(), n_reports=20_000, seed=3)
    names = pd.Series(VOCABULARY.terms)[drifted.reports.events["term"]].to_numpy()
    quarter = drifted.reports.cases["quarter"].to_numpy()
    of_term = {
        term: quarter[drifted.reports.events["case"].to_numpy()[names == term]]
        for term in (effects.DRIFT_OLD, effects.DRIFT_NEW)
    }
    assert len(of_term[effects.DRIFT_OLD]) > 0
    # A copy of an older case comes some quarters later, with its old words.
    assert of_term[effects.DRIFT_OLD].max() < len(SPAN) / 2 + 3
    both = [one.cases_with(effects.DRIFT_EVENT).tolist() for one in (drifted, plain)]
    assert both[0] == both[1]


def test_treated_cancers_name_the_drug_that_treats_them_and_are_to_be_kept(played):
    kept = [case for case in played.truth.cases if case["kind"] == "treated_event"]
    assert len(kept) > 25
    drugs = played.reports.drugs
    names = VOCABULARY.products["drugname"].to_numpy()[drugs["product"]]
    for case in kept:
        product, indication = effects.TREATMENTS[str(case["event"])]
        mine = (drugs["case"] == case["case"]) & (names == product)
        assert (drugs.loc[mine, "role"] > 0).all()
        terms = [VOCABULARY.terms[term] for term in drugs.loc[mine, "indication"]]
        assert terms == [indication]
        assert case["case"] in played.cases_with(case["event"])
        assert case["case"] in played.cases_of(case["drug"])


# --- sources ------------------------------------------------------------------------


def test_a_burst_stands_in_two_quarters_and_comes_from_few_professionals(played):
    cases = np.intersect1d(
        played.cases_with(sources.BURST_EVENT), played.cases_of(sources.BURST_DRUG)
    )
    begin = sources.BURST_FROM.ordinal - SPAN.first.ordinal
    mine = played.reports.cases.loc[cases]
    burst = mine[mine["special"]]
    assert len(burst) >= 12
    assert set(burst["quarter"]) == {begin, begin + 1}
    professional = ~burst["lawyer"] & (burst["reporter"] == sources.PHYSICIAN)
    assert 0 < professional.mean() < 0.4


def test_the_burst_follows_a_date_of_notoriety():
    dates = load_codelists()["notoriety_dates"].table
    mine = dates[dates["ingredient"] == sources.BURST_DRUG]["date"]
    before = [date for date in mine if date[:7] < "2015-01"]
    quarter = Quarter(int(max(before)[:4]), (int(max(before)[5:7]) + 2) // 3)
    assert quarter.ordinal == sources.BURST_FROM.ordinal - 1


def test_a_span_without_the_date_has_no_burst():
    span = QuarterSpan.parse("2018q1..2020q4")
    truth, *_ = drawn(span, 5_000, 1, ("notoriety_burst",))
    assert truth.scenes == []
    assert {row["scene"] for row in truth.expected} <= {PLANTED}


# --- pairs keep clear of one another ------------------------------------------------


def test_no_scene_uses_an_event_of_a_signal_a_trap_or_a_litigation():
    planned = read_table("planned_reports")
    taken = {
        *read_table("planned_signals")["event"],
        *planned.loc[planned["event"] != "", "event"],
        MASKED_EVENT,
    }
    used = [*EVERY_THERAPY, *(event for _, event in PAIRS[:3]), effects.DRIFT_EVENT]
    assert taken.isdisjoint(used)
    assert len(set(used)) == len(used)


def test_no_pair_of_a_scene_that_may_be_flagged_is_a_negative_control():
    table = load_codelists()["negative_controls"].table
    negative = table[table["control_type"] == "negative"]
    controls = set(zip(negative["ingredient"], negative["event"], strict=True))
    members = (*effects.HIGH_EFFICACY, *effects.ORAL_REFERENCE)
    raised = {
        *PAIRS,
        *itertools.product(members, [effects.CLASS_EVENT]),
        *itertools.product(
            VOCABULARY.therapies["ingredient"], [confounders.INDICATION_EVENT]
        ),
        *itertools.product(
            VOCABULARY.therapies["ingredient"], [confounders.TIME_EVENT]
        ),
    }
    assert raised.isdisjoint(controls)


def test_therapies_with_a_trap_on_any_malignancy_are_left_alone(played):
    plain = Played(scenes=())
    for drug in ("corticotropin", "peginterferon beta-1a"):
        cases = played.cases_of(drug, last_role=3)
        assert cases.tolist() == plain.cases_of(drug, last_role=3).tolist()
        counts = [
            int(
                one.reports.events["neoplasm"][one.reports.events["case"].isin(cases)]
                .ge(0)
                .sum()
            )
            for one in (played, plain)
        ]
        assert counts[0] == counts[1]
        assert drug not in set(played.expected["drug"])


# --- archives -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def archives(tmp_path_factory) -> Simulated:
    return simulate(
        tmp_path_factory.mktemp("scenes"),
        span=QuarterSpan.parse("2014q3..2017q2"),
        n_reports=6_000,
        seed=2,
        scenes=tuple(SCENES),
        with_fates=False,
    )


def test_archives_with_scenes_hold_the_reports_asked_for(archives):
    assert archives.n_reports == 6_000
    scenes = pd.read_csv(archives.truth / "scenes.csv", keep_default_na=False)
    assert len(scenes) == 6
    expected = pd.read_csv(archives.truth / "expected_ratios.csv")
    assert set(expected["comparator"]) == {"A", "B"}
    assert {PLANTED, "confounded_age", "class_effect"} <= set(expected["scene"])


def frame(made, quarter, table):
    """One table of one archive, text as written."""
    quarter = Quarter.parse(quarter)
    archive = next(path for path in made.archives if str(quarter) in path.name)
    names = header(table, era_of_quarter(quarter))
    with zipfile.ZipFile(archive) as opened:
        text = opened.read(member_name(table, quarter))
    return pd.read_csv(
        io.BytesIO(text),
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


def reports_of_pair(made, quarter, brands, terms):
    """First versions in this quarter that name the brand and the term."""
    drug, reac = frame(made, quarter, "drug"), frame(made, quarter, "reac")
    demo = frame(made, quarter, "demo")
    both = set(drug.loc[drug["drugname"].isin(brands), "primaryid"])
    both &= set(reac.loc[reac["pt"].isin(terms), "primaryid"])
    return demo[demo["primaryid"].isin(both) & (demo["caseversion"] == "1")]


def test_the_cluster_of_one_sender_comes_from_one_company_country_and_quarter(archives):
    scenes = pd.read_csv(archives.truth / "scenes.csv", keep_default_na=False)
    quarter = scenes.set_index("scene")["from_quarter"]["single_sender"]
    found = reports_of_pair(
        archives, quarter, ["TYSABRI", "NATALIZUMAB"], ["Hodgkin's disease"]
    )
    assert len(found) >= 5
    assert found["mfr_sndr"].nunique() == 1
    assert set(found["occr_country"]) <= {"DE", ""}
    assert found["age"].nunique() > 1


def test_the_five_cases_of_an_article_cite_it(archives):
    scenes = pd.read_csv(archives.truth / "scenes.csv", keep_default_na=False)
    quarter = scenes.set_index("scene")["from_quarter"]["one_article"]
    found = reports_of_pair(
        archives,
        quarter,
        ["BETASERON", "EXTAVIA", "INTERFERON BETA-1B"],
        ["Leukaemia", "Acute leukaemia"],
    )
    cited = found["lit_ref"].str.upper().str.replace(r"[^A-Z0-9]", "", regex=True)
    assert len(found) == sources.ARTICLE_CASES
    assert set(cited) == {cited.iloc[0]}
    assert "SIMULATED" in cited.iloc[0]


def test_the_burst_is_of_consumers_and_lawyers(archives):
    found = reports_of_pair(
        archives, "2015q1", ["TECFIDERA", "DIMETHYL FUMARATE"], ["Skin cancer"]
    )
    assert {"CN", "LW"} <= set(found["occp_cod"]) <= {"CN", "LW", "MD"}
    assert set(found.loc[found["occp_cod"] == "LW", "reporter_country"]) <= {
        "US",
        "COUNTRY NOT SPECIFIED",
    }


def test_patients_of_the_therapy_of_the_old_are_old_and_their_age_is_stated(archives):
    quarter = "2016q2"
    demo = frame(archives, quarter, "demo")
    drug = frame(archives, quarter, "drug")
    is_old = drug["drugname"].isin(["COPAXONE", "GLATOPA", "GLATIRAMER ACETATE"])
    mine = demo[demo["primaryid"].isin(drug.loc[is_old, "primaryid"])]
    assert len(mine) >= 3
    assert (mine["age"] != "").all()
    years = mine.loc[mine["age_cod"] == "YR", "age"].astype(int)
    assert years.mean() > 62


def test_the_same_scenes_give_the_same_archives(tmp_path):
    for name in ("one", "two"):
        simulate(
            tmp_path / name,
            span=QuarterSpan.parse("2014q4..2015q2"),
            n_reports=1_500,
            seed=4,
            scenes=tuple(SCENES),
            with_fates=False,
        )
    one, two = (
        [path.read_bytes() for path in sorted((tmp_path / name).rglob("*.*"))]
        for name in ("one", "two")
    )
    assert one == two


def test_flags_that_a_scene_explains_are_no_chance(archives):
    """A confounded pair, its class and its supergroup are implied; another is not."""
    flags = pd.DataFrame(
        {
            "drug": ["fingolimod", "class:s1p_modulator", "fingolimod", "fingolimod"],
            "event": ["cns_glioma", "cns_glioma", "any_malignancy", "testis"],
            "comparator": "A",
            "sdr_screen": True,
        }
    )
    compared = compare_with_truth(archives.truth, flags)
    assert compared.n_implied == 3
    assert compared.n_other == 1


def test_scenes_of_several_cohorts_are_those_of_one_archive(tmp_path):
    made = simulate(
        tmp_path,
        span=QuarterSpan.parse("2014q3..2016q4"),
        n_reports=12_000,
        seed=6,
        scenes=tuple(SCENES),
        most_in_cohort=4_000,
    )
    assert not made.has_fates
    scenes = pd.read_csv(made.truth / "scenes.csv", keep_default_na=False)
    assert len(scenes) == scenes["scene"].nunique() == 6
    table = pd.read_csv(made.truth / "expected_ratios.csv")
    assert not table.duplicated(["scene", "drug", "event", "comparator"]).any()
    drawn = table[table["scene"] != PLANTED]
    far = [
        row
        for row in drawn.to_dict("records")
        if not within_poisson(row["n_planted"], row["expected_a"])
    ]
    assert far == []
    in_a = drawn[drawn["comparator"] == "A"]
    # All reports but the litigated and the copies, in every pair.
    n = in_a["n_exposed"] + in_a["n_background"]
    assert n.nunique() == 1
    assert 11_000 < n.iloc[0] < 12_000
    cases = pd.read_csv(made.truth / "cases.csv", keep_default_na=False)
    assert cases.loc[cases["kind"] == "treated_event", "caseid"].is_unique

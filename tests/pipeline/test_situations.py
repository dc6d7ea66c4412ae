"""Situations that the definition of an emerging signal is there for, end to end.

One history of five years holds them all: each situation has a pair of its own over the
same background of reports, in which nothing changes. From archives to published views.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from pvsignal import pipeline, warehouse
from pvsignal.analysis import Analysis, load_analysis
from pvsignal.codelists.loading import DATA_DIR
from pvsignal.pipeline.building import load_labelling
from pvsignal.pipeline.judging import judge
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
from tests.histories import (
    Product,
    Report,
    cases,
    every,
    follow_up,
    numbered,
    quarters,
    write_history,
    write_lists,
)
from tests.judged import assert_judged_as_then
from tests.pipeline.test_crossing import assert_states_are_those_of_the_definition

SPAN = quarters("2014q1", "2018q4")

ASPIRIN = Product("ASPIRIN", "ASPIRIN", "Pain")
AVONEX = Product("AVONEX", "INTERFERON BETA-1A")
OCREVUS = Product("OCREVUS", "OCRELIZUMAB")
GILENYA = Product("GILENYA", "FINGOLIMOD HYDROCHLORIDE")
TYSABRI = Product("TYSABRI", "NATALIZUMAB")
MAVENCLAD = Product("MAVENCLAD", "CLADRIBINE")

# Group of the code lists to a term of it.
TERMS = {
    "lung": "Lung neoplasm malignant",
    "kidney": "Clear cell renal cell carcinoma",
    "colorectal": "Adenocarcinoma of colon",
    "liver": "Hepatic cancer",
    "pancreas": "Adenocarcinoma pancreas",
    "larynx": "Laryngeal cancer",
    "hodgkin_lymphoma": "Hodgkin's disease",
    "cns_glioma": "Astrocytoma malignant",
    "thyroid": "Papillary thyroid cancer",
    "leukaemia_cml": "Chronic myeloid leukaemia",
    "stomach": "Gastric cancer",
}
# A sentinel event, which needs no statistic.
AML = "Acute myeloid leukaemia"
# Most reports of cladribine come through one sender.
HOLDER = ("HOLDER", "HOLDER", "HOLDER", "BETA")

LISTS = {
    "label_dates": (
        "ingredient,event,jurisdiction,scope,date_from,date_precision,certainty,note\n"
        "cladribine,thyroid,US,specific,2016-07-01,day,high,invented\n"
    ),
    "notoriety_dates": (
        "ingredient,date,what,source,certainty\n"
        "fingolimod,2016-05-20,an invented letter,invented,high\n"
    ),
}


# Wide classes hold the same reports again, and make the run longer.
WIDE = {
    *("high_efficacy", "trafficking", "cell_depletion_any", "genotoxic"),
    *("lymphocyte_depletion", "anti_cd20_wide", "s1p_selective", "cytotoxic"),
}
LISTS["therapy_classes"] = "".join(
    line
    for line in (DATA_DIR / "therapy_classes.csv").read_text("utf-8").splitlines(True)
    if line.partition(",")[0] not in WIDE
)


def background() -> list[Report]:
    """What does not change: every event each second or fourth quarter."""
    return [
        *every(SPAN, ASPIRIN, 200, terms=dict.fromkeys(TERMS.values(), 4)),
        *every(SPAN, AVONEX, 120, terms=dict.fromkeys(TERMS.values(), 2)),
        *every(SPAN, OCREVUS, 40),
        *every(SPAN, GILENYA, 40),
        *every(SPAN, TYSABRI, 40),
        *every(SPAN, MAVENCLAD, 40, senders=HOLDER),
    ]


def constant() -> list[Report]:
    return cases(SPAN, OCREVUS, TERMS["lung"])


def after_a_letter() -> list[Report]:
    burst = quarters("2016q3", "2017q2")
    return [
        *cases(burst, GILENYA, TERMS["kidney"], n=2),
        *cases(quarters("2014q4", "2016q2"), GILENYA, TERMS["colorectal"]),
        *cases(burst, GILENYA, TERMS["colorectal"], n=2),
    ]


def one_article() -> list[Report]:
    five = cases(
        quarters("2016q1", "2016q1"),
        TYSABRI,
        TERMS["liver"],
        n=5,
        article="Doe J. Five patients with hepatic cancer. J Invented 2016; 1:1-9",
    )
    return [*five, *cases(quarters("2016q2", "2016q3"), TYSABRI, TERMS["liver"])]


def one_source() -> list[Report]:
    year = quarters("2016q1", "2016q4")
    omega = ("OMEGA", "OMEGA", "OMEGA", "BETA")
    return [
        *cases(year, TYSABRI, TERMS["pancreas"], n=2, senders=omega),
        *cases(
            quarters("2016q2", "2016q2"),
            TYSABRI,
            TERMS["larynx"],
            n=6,
            countries=("JP",),
        ),
        *cases(quarters("2016q3", "2016q4"), TYSABRI, TERMS["larynx"]),
        *cases(
            year,
            TYSABRI,
            TERMS["hodgkin_lymphoma"],
            n=2,
            countries=("US",),
            senders=("ALPHA",),
        ),
        *cases(year, MAVENCLAD, TERMS["cns_glioma"], n=2, senders=HOLDER),
    ]


def a_label() -> list[Report]:
    return cases(
        quarters("2015q1", "2016q4"), MAVENCLAD, TERMS["thyroid"], senders=HOLDER
    )


def one_quarter_only() -> list[Report]:
    crossing = numbered(
        cases(quarters("2018q2", "2018q2"), MAVENCLAD, TERMS["leukaemia_cml"], n=7),
        90_000_001,
    )
    (other,) = numbered(
        cases(
            quarters("2016q4", "2016q4"),
            MAVENCLAD,
            TERMS["stomach"],
            countries=("DE",),
            senders=("BETA",),
        ),
        90_000_101,
    )
    return [
        *crossing,
        *(replace(follow_up(c, "2018q3"), term="Headache") for c in crossing[:4]),
        *cases(
            quarters("2016q1", "2016q3"),
            MAVENCLAD,
            TERMS["stomach"],
            n=2,
            countries=("US",),
            senders=("HOLDER",),
        ),
        other,
        replace(follow_up(other, "2017q1"), country="US", sender="HOLDER"),
    ]


def sentinel() -> list[Report]:
    """A case of a physician, and two of consumers of which one is confirmed later."""
    three = numbered(
        cases(quarters("2016q1", "2016q3"), TYSABRI, AML, reporters=("MD", "CN", "CN")),
        90_000_201,
    )
    withdrawn, _, confirmed = three
    return [
        *three,
        replace(follow_up(withdrawn, "2017q2"), term="Headache"),
        replace(follow_up(confirmed, "2016q4"), reporter="HP"),
    ]


REPORTS = [
    *background(),
    *constant(),
    *after_a_letter(),
    *one_article(),
    *one_source(),
    *a_label(),
    *one_quarter_only(),
    *sentinel(),
]


def analysis(lists: Path) -> Analysis:
    """The shipped analysis with lists of the test's own, without variants."""
    shipped = load_analysis()
    return shipped.model_copy(
        update={
            "codelists": shipped.codelists.model_copy(update={"folder": lists}),
            "variants": shipped.variants[:1],
            "reference_members": (),
        }
    )


# Signals are new, emerging, explained by a label or an artefact in this quarter, and a
# later one changes a case that counts in it.
CUT = "2016q4"
Cut = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class World:
    """The history as it was published."""

    settings: Settings
    analysis: Analysis
    database: Path
    con: duckdb.DuckDBPyConnection

    def states(self, drug: str, event: str) -> dict[str, str]:
        """Quarter to the state that is shown, from the first on the board on."""
        return self._over_quarters("state", drug, event)

    def evidence_states(self, drug: str, event: str) -> dict[str, str]:
        return self._over_quarters("evidence_state", drug, event)

    def failing(self, drug: str, event: str) -> dict[str, str]:
        """Quarter to the checks that fail; quarters without any are absent."""
        found = self._over_quarters("failing_checks", drug, event)
        return {quarter: names for quarter, names in found.items() if names}

    def words(self, drug: str, event: str, quarter: str, check: str) -> str:
        ((words,),) = self.con.execute(
            "select words from api.pair_checks where drug = ? and event = ? "
            "and quarter = ? and check_id = ?",
            [drug, event, quarter, check],
        ).fetchall()
        return str(words)

    def _over_quarters(self, column: str, drug: str, event: str) -> dict[str, str]:
        rows = self.con.execute(
            f"select quarter, {column} from api.states where drug = ? and event = ? "
            "order by quarter",
            [drug, event],
        ).fetchall()
        assert rows, f"{drug} and {event} were never on the board"
        return dict(rows)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("situations")
    write_history(folder, SPAN, REPORTS)
    asked = analysis(write_lists(folder / "lists", LISTS))
    settings = Settings(data_dir=folder / "data", mirror=str(folder))
    database = pipeline.run(settings, asked).database
    with duckdb.connect(str(database), read_only=True) as con:
        yield World(settings, asked, database, con)


def test_the_states_of_the_history_are_those_of_the_definition(world: World) -> None:
    met = assert_states_are_those_of_the_definition(
        world.database, world.settings.warehouse_path
    )
    assert set(met) == {
        *("none", "new", "emerging", "monitored", "persistent_unlabelled", "resolved")
    }


@pytest.fixture(scope="module")
def cut(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cut]:
    """The same history, of which nothing is known after `CUT`."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("cut") / "data", mirror=world.settings.mirror
    )
    pipeline.land(settings)
    staged = pipeline.stage(settings)
    inputs = pipeline.identify(
        settings, world.analysis, staged=staged, as_of=Quarter.parse(CUT)
    )
    pipeline.assess(
        settings, pipeline.score(settings, pipeline.build(settings, inputs))
    )
    with warehouse.connect(settings.warehouse_path) as con:
        for view in ("states", "pair_checks", "classes", "verdicts"):
            warehouse.run_model(con, warehouse.read_model(f"5_api/{view}"))
        yield con


def test_a_run_that_ends_earlier_judged_what_the_history_shows_of_its_end(
    world: World, cut: Cut
) -> None:
    assert_judged_as_then(world.con, cut, CUT)
    # A follow-up of the next quarter takes this crossing back.
    ((state,),) = cut.execute(
        "select state from api.verdicts where drug = 'cladribine' and event = 'stomach'"
    ).fetchall()
    assert state == "new"


def test_a_case_of_a_professional_opens_a_lead_and_keeps_it(
    world: World, cut: Cut
) -> None:
    ask = "select caseid, {}, still_counts from {} where event = 'leukaemia_aml' order by 1"
    leads = world.con.execute(ask.format("opened", "api.leads")).fetchall()
    assert leads == [(90_000_201, "2016q1", False), (90_000_203, "2016q4", True)]
    then = cut.execute(ask.format("quarter", "counts.lead")).fetchall()
    assert then == [(90_000_201, "2016q1", True), (90_000_203, "2016q4", True)]


# --- A constant ratio


def test_a_constant_ratio_is_never_rising(world: World) -> None:
    rows = world.con.execute(
        "select comparator, as_of, ratio, is_rising from api.contrasts "
        "where drug = 'ocrelizumab' and event = 'lung'"
    ).fetchall()
    assert {comparator for comparator, *_ in rows} == {"A", "B", "C"}
    assert len({as_of for _, as_of, *_ in rows}) == len(SPAN) - 8
    for comparator, as_of, ratio, is_rising in rows:
        assert not is_rising, (comparator, as_of)
        # Before and recent are whole years then; other series differ a little.
        if as_of.endswith("q4"):
            assert ratio == pytest.approx(1, abs=0.05), (comparator, as_of)


def test_the_cumulative_limit_of_a_constant_ratio_grows_nevertheless(
    world: World,
) -> None:
    rows = world.con.execute(
        "select ic025_year from api.year_history "
        "where drug = 'ocrelizumab' and event = 'lung' order by as_of"
    ).fetchall()
    limits = [limit for (limit,) in rows]
    assert len(limits) == len(SPAN)
    # Every fourth quarter brings a case of every series: a step of a year is even.
    years = limits[::4]
    assert all(later > earlier for earlier, later in pairwise(years))
    assert years[0] < 0 < years[-1]


def test_a_constant_ratio_emerges_once_and_grows_old(world: World) -> None:
    states = list(world.evidence_states("ocrelizumab", "lung").values())
    assert [*dict.fromkeys(states)] == [
        *("none", "new", "emerging", "persistent_unlabelled")
    ]
    # q0 is the quarter of `new`; eight quarters later it is still emerging.
    assert states.count("emerging") == 8


# --- A burst after a date of notoriety


def test_a_burst_after_a_letter_is_explained_and_never_emerging(world: World) -> None:
    states = world.states("fingolimod", "kidney")
    assert set(states.values()) == {"none", "explained", "monitored"}
    assert world.evidence_states("fingolimod", "kidney")["2017q2"] == "emerging"
    assert states["2017q2"] == "explained"
    assert set(world.failing("fingolimod", "kidney").values()) == {"notoriety"}
    assert "an invented letter" in world.words(
        "fingolimod", "kidney", "2017q2", "notoriety"
    )


def test_the_same_burst_with_a_crossing_before_the_letter_is_emerging(
    world: World,
) -> None:
    states = world.states("fingolimod", "colorectal")
    after = ["2016q3", "2016q4", "2017q1", "2017q2"]
    assert [states[quarter] for quarter in after] == ["emerging"] * 4
    assert not world.failing("fingolimod", "colorectal")
    ((first,),) = world.con.execute(
        "select distinct first_crossing from api.states where drug = 'fingolimod' "
        "and event = 'colorectal' and first_crossing is not null"
    ).fetchall()
    assert first < "2016q2"


# --- One source


def test_one_article_with_five_case_rows_is_not_emerging(world: World) -> None:
    evidence = world.evidence_states("natalizumab", "liver")
    states = world.states("natalizumab", "liver")
    assert evidence["2016q1"] == "new"
    assert [evidence[q] for q in ("2016q2", "2016q3")] == ["emerging"] * 2
    assert {states[q] for q in ("2016q1", "2016q2", "2016q3")} == {"flagged_artefact"}
    assert "emerging" not in states.values()
    assert "one article holds 5 of 7" in world.words(
        "natalizumab", "liver", "2016q3", "concentration"
    )


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("pancreas", "sender OMEGA holds 6 of 8 reports"),
        ("larynx", "country and quarter JP 2016q2 holds 6 of 8 reports"),
    ],
)
def test_a_cluster_of_which_one_source_holds_most_is_an_artefact(
    world: World, event: str, words: str
) -> None:
    states = world.states("natalizumab", event)
    assert world.evidence_states("natalizumab", event)["2016q4"] == "emerging"
    assert states["2016q4"] == "flagged_artefact"
    assert not {"new", "emerging"} & set(states.values())
    assert words in world.words("natalizumab", event, "2016q4", "concentration")


def test_the_usual_sender_of_a_drug_makes_no_artefact(world: World) -> None:
    states = world.states("cladribine", "cns_glioma")
    assert states["2016q4"] == "emerging"
    words = world.words("cladribine", "cns_glioma", "2016q4", "concentration")
    assert words.startswith("sender HOLDER holds 6 of 8 reports, and 7")
    assert words.endswith("its usual sender")


def test_one_country_with_one_sender_never_crosses(world: World) -> None:
    rows = world.con.execute(
        "select quarter, a, n_countries, n_senders, is_eligible, crosses, state "
        "from api.states where drug = 'natalizumab' and event = 'hodgkin_lymphoma'"
    ).fetchall()
    assert max(a for _, a, *_ in rows) == 8
    for quarter, _, *sources, is_eligible, crosses, state in rows:
        assert sources == [1, 1], quarter
        assert not is_eligible and not crosses, quarter
        assert state == "none", quarter
    # It is not for want of a limit: A, B and C all flag it.
    flagged = world.con.execute(
        "select distinct comparator from api.signal_history where sdr_ror "
        "and drug = 'natalizumab' and event = 'hodgkin_lymphoma'"
    ).fetchall()
    assert {comparator for (comparator,) in flagged} == {"A", "B", "C"}


# --- Labels


def test_a_label_ends_an_emerging_signal_from_its_quarter_on(world: World) -> None:
    states = world.states("cladribine", "thyroid")
    assert [states[q] for q in ("2016q1", "2016q2")] == ["emerging"] * 2
    after = {state for quarter, state in states.items() if quarter >= "2016q3"}
    assert after == {"labelled_specific"}


def test_without_the_label_the_history_is_emerging_and_with_it_again_it_is_not(
    world: World, tmp_path: Path
) -> None:
    header = LISTS["label_dates"].partition("\n")[0] + "\n"
    unlabelled = analysis(
        write_lists(tmp_path / "lists", LISTS | {"label_dates": header})
    )
    copy = tmp_path / "warehouse.duckdb"
    shutil.copy(world.settings.warehouse_path, copy)
    staged = pipeline.staged_before(world.settings)
    with warehouse.connect(copy) as con:
        found = {
            name: _judged(con, world.settings, asked, staged=staged)
            for name, asked in (("out", unlabelled), ("in", world.analysis))
        }
    key = ("cladribine", "thyroid")
    without = {q: s for (*pair, q), s in found["out"].items() if tuple(pair) == key}
    quarters_after = ["2016q3", "2016q4", "2017q1"]
    assert [without[q] for q in quarters_after] == ["emerging"] * 3
    assert without == world.evidence_states(*key)
    published = world.con.execute("select drug, event, quarter, state from api.states")
    assert found["in"] == {tuple(row): s for *row, s in published.fetchall()}


def _judged(
    con: warehouse.Connection,
    settings: Settings,
    asked: Analysis,
    *,
    staged: pipeline.Staged,
) -> dict[tuple[str, str, str], str]:
    """States of the same warehouse under the code lists of an analysis."""
    inputs = pipeline.identify(settings, asked, staged=staged)
    load_labelling(con, inputs.lists)
    judge(con, inputs)
    rows = con.execute("select drug, event, quarter, state from signals.pair_state")
    return {(drug, event, quarter): s for drug, event, quarter, s in rows.fetchall()}


# --- What does not last


def test_a_signal_that_follow_ups_take_back_ends_as_monitored(world: World) -> None:
    assert world.states("cladribine", "leukaemia_cml") == {
        "2018q2": "new",
        "2018q3": "monitored",
        "2018q4": "monitored",
    }


def test_a_signal_whose_second_source_was_none_stays_monitored(world: World) -> None:
    states = world.states("cladribine", "stomach")
    assert states["2016q3"] == "none"
    assert states["2016q4"] == "new"
    after = [state for quarter, state in states.items() if quarter > "2016q4"]
    assert after == ["monitored"] * 8
    counts = world.con.execute(
        "select distinct a, n_countries, n_senders from api.states "
        "where drug = 'cladribine' and event = 'stomach' and quarter > '2016q4'"
    ).fetchall()
    assert counts == [(7, 1, 1)]

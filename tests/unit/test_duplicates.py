"""The linkage model, and what it says of pairs of reports, situation by situation."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from pvsignal.analysis import Checks, load_analysis
from pvsignal.duplicates import LinkageModel, clusters, load_model
from pvsignal.errors import CheckFailed, CodelistError
from pvsignal.pipeline.inputs import require_kept_links
from pvsignal.settings import Settings
from tests.archives import write_archive
from tests.linkage import linked

ID_OR_SET = {"substance_set", "name_set", "term_set", "control_number", "literature"}


@pytest.fixture(scope="module")
def model() -> LinkageModel:
    return load_model()


# --- the file


def test_every_blocking_rule_holds_a_set_or_an_id(model):
    for rule in model.blocking:
        assert ID_OR_SET & set(rule.columns), rule.name


def test_the_answers_of_a_comparison_share_out_all_pairs(model):
    for comparison in model.comparison:
        assert sum(x.m for x in comparison.level) == pytest.approx(1, abs=0.01)
        assert sum(x.u for x in comparison.level) == pytest.approx(1, abs=0.01)
        labels = [level.label for level in comparison.level]
        assert len(set(labels)) == len(labels)


def test_agreement_weighs_for_and_disagreement_against(model):
    for comparison in model.comparison:
        assert comparison.level[0].weight > 0, comparison.name
        if comparison.name != "control_number":
            assert comparison.level[-1].weight < 0, comparison.name


def test_no_single_field_and_no_id_alone_makes_a_link(model):
    best = [max(x.weight for x in one.level) for one in model.comparison]
    assert model.prior_weight + max(best) < model.decision.threshold_match_weight
    ids = {"control_number", "literature"}
    alone = sum(
        comparison.level[0].weight
        for comparison in model.comparison
        if comparison.name in ids
    )
    assert model.prior_weight + alone < model.decision.threshold_match_weight


def test_pairs_are_kept_below_the_threshold_and_never_above_it_only(model):
    decision = model.decision
    assert decision.kept_match_weight < decision.threshold_match_weight
    content = model.model_dump()
    content["decision"]["kept_match_weight"] = decision.threshold_match_weight + 1
    with pytest.raises(ValidationError, match="kept_match_weight lies above"):
        LinkageModel.model_validate(content)


@pytest.mark.parametrize("weight", [-2.5, 2.5])
def test_a_looser_threshold_whose_pairs_are_not_kept_is_refused(weight):
    analysis = load_analysis()
    require_kept_links(analysis)
    other = analysis.model_copy(update={"checks": Checks(looser_match_weight=weight)})
    with pytest.raises(CodelistError, match="kept from -2 bits on and suspected from"):
        require_kept_links(other)


def test_no_term_frequencies_are_used(model):
    text = str(model.settings())
    assert "tf_" not in text
    assert "term_frequency" not in text


def test_a_model_that_leaves_an_answer_open_is_refused(tmp_path):
    file = tmp_path / "model.toml"
    text = (
        Path(__file__).parents[2] / "src/pvsignal/duplicates/model.toml"
    ).read_text()
    file.write_text(text.replace('sql = "else", m = 0.40', 'sql = "false", m = 0.40'))
    with pytest.raises(CodelistError, match="literature must end with a level 'else'"):
        load_model(file)


# --- clusters


def test_a_cluster_holds_no_more_than_its_most_and_keeps_the_strongest_links():
    chain = [(n, n + 1, 10.0 - n) for n in range(1, 8)]
    found = clusters(chain, most=3)
    sizes = [len(list(same)) for _, same in itertools.groupby(sorted(found.values()))]
    assert max(sizes) == 3
    assert found[1] == found[2] == found[3] == 1
    assert set(found) == set(range(1, 9))


def test_clusters_do_not_depend_on_the_order_of_the_links():
    links = [(1, 2, 5.0), (3, 2, 5.0), (3, 4, 5.0), (9, 4, 4.0), (9, 8, 5.0)]
    for order in itertools.permutations(links):
        assert clusters(order, most=4) == clusters(links, most=4)


# --- pairs of reports, one archive for all of them

PERSON = {
    "event_dt": "20240217",
    "age": "44",
    "age_cod": "YR",
    "sex": "F",
    "occr_country": "DE",
    "rept_cod": "EXP",
}
NOBODY = {"rept_cod": "EXP"}
ARTICLE = "Author A, Author B. Three patients with a rash. J Invent Med 2024;7:1-3"

# Situation: changes of the first and of the second report, each of two drugs and terms.
SITUATIONS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "copy": (PERSON, PERSON),
    "nothing known": (NOBODY, NOBODY),
    "other age and sex": (PERSON, PERSON | {"age": "71", "sex": "M"}),
    "a day off": (PERSON, PERSON | {"event_dt": "20240219"}),
    "no day": (PERSON, PERSON | {"event_dt": "202402"}),
    "no date": (PERSON, PERSON | {"event_dt": ""}),
    "no age": (PERSON, PERSON | {"age": "", "age_cod": ""}),
    "one number": (
        PERSON | {"mfr_num": "DE-ACME-2024-77001"},
        PERSON | {"mfr_num": "de acme 2024 77001", "event_dt": "", "terms": ["ONE"]},
    ),
    "one number, another person": (
        NOBODY | {"mfr_num": "DE-ACME-2024-88001", "age": "20", "age_cod": "YR"},
        PERSON | {"mfr_num": "DE-ACME-2024-88001", "terms": ["X"], "drugs": ["Y"]},
    ),
    "number of a direct report": (
        NOBODY | {"mfr_num": "DE-ACME-2024-99001", "sex": "F"},
        NOBODY | {"mfr_num": "DE-ACME-2024-99001", "sex": "F", "rept_cod": "DIR"},
    ),
    "one article, one patient": (
        PERSON | {"lit_ref": ARTICLE, "event_dt": ""},
        PERSON | {"lit_ref": ARTICLE.upper(), "event_dt": "", "terms": ["ONE"]},
    ),
    "one article, two patients": (
        PERSON | {"lit_ref": ARTICLE + "1", "event_dt": ""},
        PERSON | {"lit_ref": ARTICLE + "1", "event_dt": "", "age": "61", "sex": "M"},
    ),
    "drug dropped": (PERSON, PERSON | {"drugs": ["ONE"]}),
    "same day and reactions, other drugs": (PERSON, PERSON | {"drugs": ["Q", "R"]}),
    "one case": (PERSON, PERSON | {"caseid": "first"}),
}


def _tables() -> dict[str, list[dict[str, object]]]:
    """Names of drugs and terms are those of the situation: others do not mix in."""
    tables: dict[str, list[dict[str, object]]] = {"demo": [], "drug": [], "reac": []}
    for number, (name, pair) in enumerate(SITUATIONS.items()):
        for place, report in enumerate(pair):
            caseid = 10_000_000 + 10 * number + place
            version = 1
            if report.get("caseid") == "first":
                caseid, version = caseid - place, 2
            key = {"primaryid": caseid * 10 + version, "caseid": caseid}
            own = {x: y for x, y in report.items() if x not in ("drugs", "terms")}
            tables["demo"].append(
                {**own, **key, "caseversion": version, "fda_dt": "20240301"}
            )
            for drug in report.get("drugs", ["ONE", "TWO"]):
                tables["drug"].append(
                    {
                        **key,
                        "drug_seq": 1,
                        "role_cod": "PS",
                        "drugname": f"{drug} {name}",
                    }
                )
            for term in report.get("terms", ["ONE", "TWO"]):
                tables["reac"].append({**key, "pt": f"{term} {name}"})
    return tables


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    mirror = tmp_path_factory.mktemp("situations")
    write_archive(mirror, "2024q1", _tables())
    return mirror


@pytest.fixture(scope="module")
def links(archive, tmp_path_factory) -> pd.DataFrame:
    data_dir = tmp_path_factory.mktemp("linked") / "data"
    found = linked(Settings(data_dir=data_dir, mirror=str(archive)))
    return pq.read_table(found.files[0]).to_pandas()


def _of(links: pd.DataFrame, name: str) -> dict[str, Any] | None:
    number = list(SITUATIONS).index(name)
    rows = links[links["kept_caseid"] == 10_000_000 + 10 * number]
    return rows.to_dict("records")[0] if len(rows) else None


@pytest.mark.parametrize(
    "name",
    [
        "copy",
        "a day off",
        "no day",
        "no age",
        "one number",
        "one article, one patient",
        "drug dropped",
    ],
)
def test_one_event_of_one_patient_is_linked(links, name):
    found = _of(links, name)
    assert found is not None
    assert found["caseid"] == found["kept_caseid"] + 1


@pytest.mark.parametrize(
    "name",
    [
        "nothing known",
        "other age and sex",
        "one number, another person",
        "number of a direct report",
        "one article, two patients",
        "same day and reactions, other drugs",
        "one case",
    ],
)
def test_what_is_another_patient_or_cannot_be_told_is_not_linked(links, name):
    assert _of(links, name) is None


def test_what_is_missing_on_one_side_weighs_nothing(links):
    found = _of(links, "no age")
    assert (found["age_level"], found["age_weight"]) == ("unknown", 0.0)
    assert (found["literature_level"], found["literature_weight"]) == ("unknown", 0.0)


def test_the_weights_of_the_fields_and_the_prior_sum_to_the_match_weight(links, model):
    weights = [name for name in links.columns if name.endswith("_weight")]
    fields = links[[name for name in weights if name != "match_weight"]].sum(axis=1)
    assert (fields + model.prior_weight - links["match_weight"]).abs().max() < 0.01


def test_the_answers_are_shown_in_words(links):
    found = _of(links, "a day off")
    assert found["event_date_level"] == "within 7 days"
    assert found["drugs_level"] == "same drugs, 2 or 3"
    assert found["country_level"] == "same country"


def test_null_never_blocks_with_null(archive, tmp_path):
    """Reports of which nothing is known but the sets are not even compared."""
    settings = Settings(data_dir=tmp_path / "data", mirror=str(archive))
    n_pairs = linked(settings).n_pairs
    # The two versions of "one case" agree in everything too.
    assert n_pairs["same article, same person"] == 1
    assert n_pairs["same control number"] == 2
    assert n_pairs["same day, same substances"] == sum(
        all(x.get("event_dt") == "20240217" and "drugs" not in x for x in pair)
        for pair in SITUATIONS.values()
    )


def test_too_many_pairs_are_refused_before_anything_is_compared(
    archive, tmp_path, model
):
    decision = model.decision.model_copy(update={"max_pairs": 10})
    settings = Settings(data_dir=tmp_path / "data", mirror=str(archive))
    with pytest.raises(CheckFailed, match="same day, same reactions") as refused:
        linked(settings, model.model_copy(update={"decision": decision}))
    assert {row["rule"] for row in refused.value.rows} == {
        rule.name for rule in model.blocking
    }
    assert not list((tmp_path / "data" / "duplicates").rglob("links.parquet"))

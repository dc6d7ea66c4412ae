"""The invented tail of substances, spellings and terms: long, repeatable, harmless."""

import numpy as np
import pandas as pd
import pytest

from pvsignal.codelists import load_codelists
from pvsignal.codelists.matching import match_names
from pvsignal.codelists.terms import classify_terms, normalise_term
from pvsignal.simulate.invented import (
    DRUG_SHARE,
    N_COMBINATIONS,
    N_SUBSTANCES,
    N_TERMS,
    REACTION_SHARE,
    invented_substances,
    invented_terms,
)
from pvsignal.simulate.spelling import PATTERNS, verbatim
from pvsignal.simulate.vocabulary import load_vocabulary, read_table


@pytest.fixture(scope="module")
def substances() -> pd.DataFrame:
    return invented_substances(["Pain", "Asthma"], named=100.0)


@pytest.fixture(scope="module")
def terms() -> pd.DataFrame:
    return invented_terms(named=100.0)


def names_of(substances: pd.DataFrame) -> list[str]:
    return [name for cell in substances["names"] for name in cell.split("|")]


def test_the_tail_is_the_same_each_time(substances, terms):
    again = invented_substances(["Pain", "Asthma"], named=100.0)
    pd.testing.assert_frame_equal(substances, again)
    pd.testing.assert_frame_equal(terms, invented_terms(named=100.0))


def test_every_invented_name_stands_for_one_thing(substances, terms):
    assert len(substances) == N_SUBSTANCES + N_COMBINATIONS
    assert substances["prod_ai"].is_unique
    assert substances["prod_ai"].str.contains("\\", regex=False).sum() == N_COMBINATIONS
    names = names_of(substances)
    assert len(names) == len(set(names))
    assert not set(names) & set(read_table("substances")["prod_ai"])
    assert len(terms) == terms["pt"].nunique() == N_TERMS
    assert not set(terms["pt"]) & set(read_table("events")["pt"])


def test_weights_fall_with_the_rank_and_are_a_share_of_all(substances, terms):
    for table, share in ((substances, DRUG_SHARE), (terms, REACTION_SHARE)):
        weight = table["weight"].to_numpy()
        assert (np.diff(weight) < 0).all()
        assert weight.sum() / (weight.sum() + 100.0) == pytest.approx(share)


def test_no_invented_substance_is_more_frequent_than_the_usual_ones():
    table = load_vocabulary().substances
    named = len(read_table("substances"))
    assert table["weight"][named:].max() < table["weight"][:named].max()


def test_invented_names_mean_nothing_to_the_code_lists(substances, terms):
    lists = load_codelists()
    texts = sorted({*names_of(substances), *substances["prod_ai"]})
    assert match_names(texts, lists).empty
    found = classify_terms([normalise_term(term) for term in terms["pt"]], lists)
    is_known = (found["event_class"] == "neoplasm") | (found["event_list"] != "")
    is_known |= found["ms_flag"].isin(["include", "uncertain"])
    is_known |= found["is_oncology_indication"] | found["is_other_disease"]
    assert found.loc[is_known, "term"].tolist() == []


def test_a_spelling_means_what_the_name_and_its_substance_mean():
    products = load_vocabulary().products
    products = products[products["is_respelt"]]
    products = pd.concat([products[:200], products[-100:]])
    spelt = pd.DataFrame(
        [
            (verbatim(name, ingredient, draw), name, ingredient)
            for name, ingredient in zip(
                products["drugname"], products["prod_ai"], strict=True
            )
            for draw in range(3 * len(PATTERNS))
        ],
        columns=["text", "drugname", "prod_ai"],
    )
    every = sorted(set(spelt.to_numpy().ravel()))
    hits = match_names(every, load_codelists())
    meant = hits[hits["why"].isin(["match", "disease_brand", "conditional_brand"])]
    meaning = meant.groupby("text").apply(
        lambda rows: frozenset(zip(rows["list"], rows["entry"], strict=True))
    )
    for text, *plain in spelt.itertuples(index=False, name=None):
        own = meaning.get(text, frozenset())
        assert own <= frozenset().union(*(meaning.get(p, frozenset()) for p in plain))


def test_names_that_a_rule_rests_on_are_not_respelt():
    products = load_vocabulary().products.set_index("drugname")
    for name in ("TYSABRI", "LEMTRADA", "METHOTREXATE", "TAMOXIFEN", "CIALIS"):
        assert not np.any(products.loc[name, "is_respelt"]), name
    assert np.any(products.loc["ASPIRIN", "is_respelt"])


def test_the_same_draw_gives_the_same_spelling_and_others_give_many():
    draws = range(2_000)
    texts = [verbatim("VENTOLIN", "ALBUTEROL", draw) for draw in draws]
    assert texts == [verbatim("VENTOLIN", "ALBUTEROL", draw) for draw in draws]
    assert len(set(texts)) > 300
    assert all(text.strip() for text in texts)


def test_a_short_name_can_be_misspelt():
    for draw in range(10 * len(PATTERNS)):
        assert verbatim("ZN", "ZINC", draw)

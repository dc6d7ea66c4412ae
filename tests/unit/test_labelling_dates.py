"""Dated wording of labels and dates of notoriety: what a row of the lists means."""

import datetime as dt
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pvsignal.analysis import load_analysis
from pvsignal.codelists import (
    Codelists,
    drug_members,
    event_catalogue,
    label_covers,
    label_dates,
    load_codelists,
    notoriety_dates,
    notoriety_drugs,
    supergroup_members,
)
from pvsignal.codelists.loading import DATA_DIR
from pvsignal.errors import CodelistError

JAK = load_analysis(Path("jak_inhibitors"))


@pytest.fixture(scope="module")
def lists() -> Codelists:
    return load_codelists()


@pytest.fixture(scope="module")
def labels(lists: Codelists) -> pd.DataFrame:
    return label_dates(lists)


@pytest.fixture(scope="module")
def covers(lists: Codelists, labels: pd.DataFrame) -> pd.DataFrame:
    named = labels[["label_no", "ingredient", "listed_name", "jurisdiction"]]
    return label_covers(lists).merge(named, on="label_no")


@pytest.fixture(scope="module")
def dates(lists: Codelists) -> pd.DataFrame:
    return notoriety_dates(lists)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the lists that a test may break."""
    return Path(shutil.copytree(DATA_DIR, tmp_path / "data"))


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8", newline="\n")


def row(labels: pd.DataFrame, drug: str, name: str, place: str) -> dict[str, object]:
    (found,) = labels[
        (labels["ingredient"] == drug)
        & (labels["listed_name"] == name)
        & (labels["jurisdiction"] == place)
    ].to_dict("records")
    return {str(key): value for key, value in found.items()}


def test_malignancies_at_large_are_broad_wording_though_the_row_says_specific(
    labels: pd.DataFrame,
) -> None:
    found = row(labels, "alemtuzumab", "any_malignancy", "US")
    assert (found["scope"], found["wording"]) == ("specific", "broad")
    at_large = labels[labels["listed_name"] == "any_malignancy"]
    assert set(at_large["wording"]) == {"broad", "contraindication"}


def test_a_date_is_shown_as_exactly_as_it_is_known(labels: pd.DataFrame) -> None:
    month = row(labels, "fingolimod", "skin_bcc", "US")
    assert (month["date_text"], month["known_from_quarter"]) == ("2016-02", "2016q1")
    assert month["known_from_date"] == dt.date(2016, 2, 29)
    year = row(labels, "fingolimod", "lymphoma_cns", "US")
    assert (year["date_text"], year["known_from_quarter"]) == ("2012", "2012q4")


def test_a_name_means_the_event_that_is_counted(
    lists: Codelists, labels: pd.DataFrame
) -> None:
    found = row(labels, "alemtuzumab", "lymphoproliferative_ptld", "US")
    assert found["event"] == "lymphoproliferative_ptld:uncertain"
    # A benign neoplasm of the skin, not a dysplastic naevus.
    found = row(labels, "glatiramer acetate", "skin_benign", "EU")
    assert found["event"] == "skin_benign:benign"
    assert set(labels["event"]) <= set(event_catalogue(lists)["event"])


def test_a_listing_without_a_date_is_kept_apart(labels: pd.DataFrame) -> None:
    undated = labels[labels["wording"] == "undated"]
    pairs = set(undated[["ingredient", "event"]].itertuples(index=False, name=None))
    assert ("mycophenolate", "skin_scc") in pairs
    assert ("mycophenolate", "skin_unspecified") not in pairs
    assert undated["known_from_date"].isna().all()
    dated = labels[labels["wording"] != "undated"]
    assert dated["known_from_date"].notna().all()


def test_broad_wording_covers_malignant_groups_and_supergroups_only(
    lists: Codelists, covers: pd.DataFrame
) -> None:
    own = covers[(covers["ingredient"] == "cladribine") & (covers["cover"] == "broad")]
    found = set(own["event"])
    catalogue = event_catalogue(lists)
    groups = catalogue[catalogue["event_level"] == "group"]
    malignant = set(groups.loc[groups["behaviour"] == "malignant", "event"])
    assert malignant <= found
    assert not found & (set(groups["event"]) - malignant)
    assert {"any_malignancy", "all_nmsc", "all_secondary_or_progression"} <= found
    assert (
        not {
            *("all_benign", "all_premalignant", "all_uncertain_behaviour"),
            *("all_cns_any_behaviour", "all_hpv_precancer", "all_lymphoproliferative"),
        }
        & found
    )


def test_another_behaviour_of_a_named_group_is_another_form(
    covers: pd.DataFrame,
) -> None:
    own = covers[
        (covers["ingredient"] == "fingolimod")
        & (covers["listed_name"] == "skin_scc")
        & (covers["jurisdiction"] == "EU")
    ]
    assert set(zip(own["event"], own["cover"], strict=True)) == {
        ("skin_scc", "names"),
        ("skin_scc:in_situ", "other_form"),
        ("skin_scc:uncertain", "other_form"),
        *((f"all_{x}", "part") for x in ("nmsc", "skin_cancer_all")),
        *(
            (f"all_{x}", "part")
            for x in ("skin_cancer_wide", "immunosuppression_related")
        ),
        ("any_malignancy", "part"),
        ("any_malignancy_incl_secondary", "part"),
    }


def test_groups_of_a_supergroup_share_a_term_with_it(lists: Codelists) -> None:
    members = supergroup_members(lists)
    groups = members.groupby("supergroup")["event"].agg(set)
    assert groups["all_nmsc"] == {"skin_bcc", "skin_scc", "skin_unspecified"}
    assert "melanoma_cutaneous:in_situ" in groups["all_melanoma_incl_in_situ"]
    # Recurrences and metastases are in no group.
    malignant = {e for e in groups.get("all_secondary_or_progression", set())}
    assert not malignant


def test_dates_may_be_a_month_or_a_year(dates: pd.DataFrame) -> None:
    by_text = dates.drop_duplicates("date_text").set_index("date_text")
    month = by_text.loc["2024-06"]
    assert month["first_day"] == dt.date(2024, 6, 1)
    assert month["last_day"] == dt.date(2024, 6, 30)
    assert month["window_last_day"] == dt.date(2025, 6, 30)
    year = by_text.loc["2022"]
    assert (year["first_day"], year["last_day"]) == (
        dt.date(2022, 1, 1),
        dt.date(2022, 12, 31),
    )
    assert (by_text["first_day"] <= by_text["last_day"]).all()


def test_dates_of_the_background_and_of_the_database_concern_no_therapy(
    lists: Codelists, dates: pd.DataFrame
) -> None:
    kinds = dates.set_index("date_no")["kind"]
    assert set(kinds) == {"substance", "background", "database"}
    concerned = notoriety_drugs(lists)
    assert set(kinds[concerned["date_no"]]) == {"substance"}
    by_drug = concerned.groupby("drug")["date_no"].agg(set)
    own = dates.loc[dates["ingredient"] == "fingolimod", "date_no"]
    assert by_drug["fingolimod"] == set(own)
    assert by_drug["class:s1p_modulator"] > set(own)


def test_a_date_of_a_class_concerns_its_members_and_their_classes() -> None:
    lists = load_codelists(analysis=JAK)
    dates = notoriety_dates(lists)
    of_class = set(dates.loc[dates["kind"] == "class", "date_no"])
    assert of_class
    by_drug = notoriety_drugs(lists).groupby("drug")["date_no"].agg(set)
    members = drug_members(lists)
    jak = set(members.loc[members["drug"] == "class:jak_inhibitor", "therapy"])
    for drug in (*jak, "class:jak_inhibitor", "class:jak1_selective"):
        assert of_class <= by_drug[drug], drug
    # The class of the date is that of tablets.
    assert not of_class & by_drug["class:jak_topical"]


def test_wording_of_the_own_lists_stands_for_counted_events() -> None:
    lists = load_codelists(analysis=JAK)
    found = row(label_dates(lists), "tofacitinib", "mace", "US")
    assert (found["event_level"], found["event"]) == ("supergroup", "all_mace")
    covers = label_covers(lists)
    own = covers[covers["label_no"] == found["label_no"]].set_index("event")["cover"]
    assert own["all_mace"] == "names"
    assert own["myocardial_infarction"] == "holds"


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("label_dates", "2015-12-18,day", "2015-13-18,day", "'2015-13-18' is no date"),
        ("label_dates", "2015-12-18,day", "2015-12-18,", "must both be given"),
        ("label_dates", "skin_bcc,EU,specific,2015", "skin_bcc,UK,specific,2015", "UK"),
        ("label_dates", "siponimod,skin_scc,US", "siponimod,skin_sck,US", "no known"),
        (
            *("label_dates", "ublituximab,any_malignancy", "ublituximab,metastasis"),
            "stands for no group or supergroup that is counted",
        ),
        ("label_dates", "ublituximab,any", "ublitoximab,any", "no known ingredient"),
        ("notoriety_dates", "2024-06,", "2024-6,", "'2024-6' is no date"),
        ("notoriety_dates", "2015-08-04", "2015-08-32", "'2015-08-32' is no date"),
        ("notoriety_dates", "ublituximab,", "ublitoximab,", "is no therapy"),
        ("notoriety_dates", "(database)", "(data)", "is no therapy"),
        ("notoriety_dates", "(background) CAR T-cell products", "(background)", "no"),
    ],
)
def test_a_slip_is_refused_with_its_place(
    folder: Path, name: str, old: str, new: str, words: str
) -> None:
    replace(folder / f"{name}.csv", old, new)
    with pytest.raises(CodelistError, match=f"{name}.csv line") as caught:
        load_codelists(folder)
    assert words in str(caught.value)


def test_a_class_that_counts_for_novelty_must_exist(lists: Codelists) -> None:
    analysis = load_analysis()
    known = set(lists["therapy_classes"].table["class_id"])
    assert set(analysis.novelty.classes) <= known
    changed = analysis.novelty.model_copy(update={"classes": ("s1p_modulators",)})
    with pytest.raises(CodelistError, match="s1p_modulators"):
        load_codelists(analysis=analysis.model_copy(update={"novelty": changed}))

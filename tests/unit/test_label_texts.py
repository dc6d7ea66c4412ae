"""Invented sentences of labels: which events they name, and what the list differs in."""

import datetime as dt

import pandas as pd
import pytest

from pvsignal.codelists import (
    Codelists,
    event_words,
    label_differences,
    label_texts,
    load_codelists,
)

LISTS = load_codelists()
WORDS = event_words(LISTS)


@pytest.mark.parametrize(
    ("sentence", "events"),
    [
        ("Basal cell carcinoma (BCC) was reported.", {"skin_bcc"}),
        ("Basal Cell Carcinomas and melanomas occurred.", {"skin_bcc", "all_melanoma"}),
        ("Cases of Kaposi’s sarcoma were seen.", {"kaposi_sarcoma"}),
        ("Hepatosplenic T-cell lymphoma was fatal.", {"lymphoma_t_nk"}),
        ("Lymphoma has occurred.", {"all_lymphoma"}),
        ("Acute myeloid leukemia (AML) was observed.", {"leukaemia_aml"}),
        ("Esophageal carcinoma; <b>breast</b> cancer.", {"oesophagus", "breast"}),
        ("Squamous cell carcinoma of the skin.", {"skin_scc"}),
        ("Malignancies may occur.", set()),
        ("Breast milk of patients with lung disease.", set()),
    ],
)
def test_a_sentence_names_the_events_of_its_wording(
    sentence: str, events: set[str]
) -> None:
    assert set(WORDS.found_in(sentence)) - {"malignancy_unspecified"} == events


def test_the_longest_wording_decides() -> None:
    # "Lymphoma" and "sarcoma" inside a longer name are not named apart.
    assert WORDS.found_in("Hodgkin lymphoma") == ("hodgkin_lymphoma",)
    assert "all_sarcoma" not in WORDS.found_in("Kaposi's sarcoma")


LABELS = pd.DataFrame(
    [
        ("ozanimod", "s1", "ZEPOSIA"),
        ("ofatumumab", "s2", "ARZERRA"),
        ("ofatumumab", "s3", "KESIMPTA"),
        ("teriflunomide", "s4", "AUBAGIO"),
    ],
    columns=["therapy", "set_id", "brand_name"],
)


def texts(*said: tuple[str, str, str, str], lists: Codelists = LISTS) -> pd.DataFrame:
    rows = [
        {
            "therapy": therapy,
            "set_id": set_id,
            "version": "1",
            "effective_date": dt.date(2026, 1, 1),
            "section": section,
            "sentence_no": number,
            "words": "cancer",
            "sentence": sentence,
        }
        for number, (therapy, set_id, section, sentence) in enumerate(said, start=1)
    ]
    return label_texts(LABELS, pd.DataFrame(rows), lists, read_date="2026-09-01")


def differences(*said: tuple[str, str, str, str]) -> set[tuple[str, str, str]]:
    found = label_differences(texts(*said), LABELS, LISTS)
    columns = ["ingredient", "event", "difference"]
    return set(found[columns].itertuples(index=False, name=None))


WARNS = "warnings_and_cautions"
# What label_dates has for the US: melanoma, basal and squamous cell carcinoma.
OZANIMOD = (
    ("ozanimod", "s1", WARNS, "Melanoma and basal cell carcinoma."),
    ("ozanimod", "s1", WARNS, "Squamous cell carcinoma of the skin."),
)


def test_text_and_list_that_agree_make_no_difference() -> None:
    assert differences(*OZANIMOD) == set()


def test_an_event_that_only_the_text_names_is_told_with_its_sentence() -> None:
    said = (*OZANIMOD, ("ozanimod", "s1", WARNS, "Renal cell carcinoma was reported."))
    found = label_differences(texts(*said), LABELS, LISTS)
    (row,) = found.to_dict("records")
    assert (row["event"], row["difference"]) == ("kidney", "text only")
    assert (row["n_labels"], row["n_sentences"]) == (1, 1)
    assert row["first_sentence"] == "Renal cell carcinoma was reported."


def test_an_event_that_only_the_list_names_is_told_with_its_date() -> None:
    found = label_differences(texts(*OZANIMOD[:1]), LABELS, LISTS)
    (row,) = found.to_dict("records")
    assert (row["event"], row["difference"]) == ("skin_scc", "list only")
    assert (row["listed_since"], row["n_sentences"]) == ("2024-06", 0)


def test_a_contraindication_names_nothing() -> None:
    said = ("teriflunomide", "s4", "contraindications", "Active breast cancer.")
    assert not {x for x in differences(*OZANIMOD, said) if x[0] == "teriflunomide"}


def test_the_label_of_another_product_is_kept_and_not_compared() -> None:
    said = ("ofatumumab", "s2", WARNS, "Breast cancer was reported.")
    both = (*OZANIMOD, said)
    assert texts(*both).set_index("set_id")["is_other_product"].to_dict() == {
        "s1": False,
        "s2": True,
    }
    assert differences(*both) == set()
    own = ("ofatumumab", "s3", WARNS, "Breast cancer was reported.")
    assert differences(*both, own) == {("ofatumumab", "breast", "text only")}


def test_a_supergroup_and_its_groups_stand_for_each_other() -> None:
    said = ("ozanimod", "s1", WARNS, "Skin cancers were reported.")
    assert not {x for x in differences(said) if x[2] == "text only"}
    assert not {x for x in differences(said) if x[1] == "skin_scc"}


def test_therapies_without_a_label_in_openfda_are_not_compared() -> None:
    assert not {x for x in differences(*OZANIMOD) if x[0] == "fingolimod"}

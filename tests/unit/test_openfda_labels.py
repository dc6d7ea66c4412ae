"""Invented labels in openFDA's shape: whose they are, which is the latest, what counts."""

import datetime as dt
import json

import pyarrow.parquet as pq
import pytest

from pvsignal import codelists
from pvsignal.errors import SourceError
from pvsignal.sources.http import HttpOptions
from pvsignal.sources.openfda.client import open_client
from pvsignal.sources.openfda.labels import land_labels, mentions, sentences
from tests.openfda_server import OpenFda, failure, running

NOW = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)
HTTP = HttpOptions(timeout_seconds=5, tries=2, wait_seconds=0)
HTML = '<table><tr onclick="alert(1)"><td>Melanoma</td></tr></table>'


def label(number, brand, generic, effective="20260101", version="1", **sections):
    block = {
        "brand_name": [brand],
        "generic_name": [generic],
        "substance_name": [generic],
        "manufacturer_name": ["Maker"],
    }
    return {
        "id": f"id-{number}",
        "set_id": f"set-{number}",
        "version": version,
        "effective_time": effective,
        "openfda": block,
    } | {name: [text] for name, text in sections.items()}


@pytest.fixture(scope="module")
def lists():
    return codelists.load_codelists()


@pytest.fixture
def fda(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(OpenFda()) as play:
        yield play


@pytest.fixture
def land(fda, tmp_path, lists):
    def landed(*labels):
        fda.records["drug/label"] = list(labels)
        with open_client(
            fda.url,
            key=None,
            budget_file=tmp_path / "requests.sqlite",
            http=HTTP,
            sleep=lambda seconds: None,
        ) as client:
            return land_labels(client, lists, folder=tmp_path / "labels", retrieved=NOW)

    return landed


def table(landed, name):
    return pq.read_table(landed.path / f"{name}.parquet").to_pylist()


def test_sentences_on_malignancy_are_stored_with_the_date_of_the_label(land):
    landed = land(
        label(
            1,
            "MAVENCLAD",
            "CLADRIBINE",
            effective="20240305",
            version="7",
            boxed_warning="WARNING: MALIGNANCIES. It may increase the risk. Ask first.",
            adverse_reactions="Headache (25 %). Melanoma and tumors occurred, see 5.1.",
        )
    )
    rows = table(landed, "mention")
    assert [(r["section"], r["sentence_no"], r["words"]) for r in rows] == [
        ("boxed_warning", 1, "malignancy"),
        ("adverse_reactions", 2, "melanoma|tumour"),
    ]
    assert rows[1]["sentence"] == "Melanoma and tumors occurred, see 5.1."
    expected = {
        "therapy": "cladribine",
        "set_id": "set-1",
        "label_id": "id-1",
        "version": "7",
        "effective_time": "20240305",
        "effective_date": dt.date(2024, 3, 5),
        "source": "openfda",
    }
    assert {name: rows[0][name] for name in expected} == expected


def test_the_latest_label_of_a_product_is_kept_and_generics_are_many(land):
    old = label(1, "GILENYA", "FINGOLIMOD", "20200101", "30", warnings="Lymphoma.")
    new = label(1, "GILENYA", "FINGOLIMOD", "20250101", "4", warnings="Melanoma.")
    newest = label(1, "GILENYA", "FINGOLIMOD", "20250101", "12", warnings="Sarcoma.")
    generic = label(2, "FINGOLIMOD", "FINGOLIMOD HYDROCHLORIDE", warnings="Cancer.")
    landed = land(newest | {"id": "c"}, old | {"id": "a"}, new | {"id": "b"}, generic)
    kept = {r["set_id"]: r for r in table(landed, "label")}
    assert {k: (r["therapy"], r["version"]) for k, r in kept.items()} == {
        "set-1": ("fingolimod", "12"),
        "set-2": ("fingolimod", "1"),
    }
    assert [r["words"] for r in table(landed, "mention")] == ["sarcoma", "cancer"]
    assert (landed.n_labels, landed.n_older) == (2, 2)


def test_a_label_without_a_mention_is_kept_too(land):
    landed = land(label(1, "AUBAGIO", "TERIFLUNOMIDE", warnings="Liver injury."))
    assert [r["n_mentions"] for r in table(landed, "label")] == [0]
    assert table(landed, "mention") == []


def test_a_label_of_another_substance_is_left_out_and_counted(land):
    landed = land(
        label(1, "FIRDAPSE", "AMIFAMPRIDINE", warnings="Cancer."),
        label(2, "OTHER", "PHOSPHATE", warnings="Cancer. ACTH")
        | {"openfda": {"brand_name": ["ACTH STIMULATION CORTICORELIN"]}},
    )
    assert (landed.n_labels, landed.n_unnamed) == (0, 1)


def test_markup_in_a_text_stays_text(land):
    landed = land(label(1, "OCREVUS", "OCRELIZUMAB", warnings_and_cautions=HTML))
    assert [r["sentence"] for r in table(landed, "mention")] == [HTML]


def test_indications_and_tests_on_animals_are_no_section_that_counts(lists):
    words = codelists.label_words(lists)
    one = {
        "indications_and_usage": ["Hairy cell leukemia."],
        "carcinogenesis_and_mutagenesis_and_impairment_of_fertility": ["Tumors."],
        "precautions": "Skin cancer.",
    }
    assert [m.section for m in mentions(one, words)] == ["precautions"]


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Tumor necrosis factor blockers.", ()),
        ("Tumour necrosis factor blockers and tumours.", ("tumour",)),
        ("Malignant hyperthermia and neuroleptic malignant syndrome.", ()),
        ("Other antineoplastic drugs.", ()),
        ("It was carcinogenic in mice.", ()),
        ("Benign polyps and adenomas.", ()),
        ("BASAL CELL CARCINOMA and leukemia", ("carcinoma", "leukaemia")),
        (
            "Post-transplant lymphoproliferative disorder (PTLD)",
            ("lymphoproliferative",),
        ),
        ("Rhabdomyolysis, angioma, fibromyalgia.", ()),
    ],
)
def test_words_of_malignancy_and_their_false_friends(lists, sentence, found):
    assert codelists.label_words(lists).found_in(sentence) == found


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("", 0),
        ("One. Two! Three? 4 of them.", 4),
        ("Section 5.1 says e.g. this.", 1),
        ("List: • one • two", 3),
        ("[see Warnings (5.3)]. [see 6.1]", 2),
    ],
)
def test_sentences_end_at_stops_and_bullets(text, n):
    assert len(sentences(text)) == n


def test_the_manifest_says_what_was_asked(land, fda):
    landed = land(label(1, "OCREVUS", "OCRELIZUMAB"))
    manifest = json.loads((landed.path / "manifest.json").read_bytes())
    assert manifest["source"] == "openFDA drug/label"
    assert manifest["last_updated"] == "2026-04-28"
    assert manifest["n_labels"] == 1
    assert len(manifest["queries"]) == len(fda.asked)
    assert all("skip" not in fda.params(place) for place in range(len(fda.asked)))


def test_a_failure_on_the_way_leaves_nothing(land, fda, tmp_path):
    fda.script = [fda.serve, failure(400, "BAD_REQUEST", "no")]
    with pytest.raises(SourceError):
        land(label(1, "OCREVUS", "OCRELIZUMAB"))
    assert not (tmp_path / "labels").exists()


def test_no_label_is_an_empty_result(land):
    landed = land()
    assert (landed.n_labels, landed.last_updated) == (0, "")
    assert table(landed, "label") == []

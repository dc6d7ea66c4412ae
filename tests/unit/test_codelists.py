"""Code lists: what may stand in them, and what they say about terms and events."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pvsignal.codelists import (
    Codelists,
    classify_terms,
    codelists_hash,
    control_pairs,
    event_catalogue,
    events_of_terms,
    litigated_events,
    load_codelists,
    normalise_term,
)
from pvsignal.codelists.loading import DATA_DIR
from pvsignal.codelists.terms import BEHAVIOUR_SUFFIX, _Rules
from pvsignal.errors import CodelistError


@pytest.fixture(scope="module")
def lists() -> Codelists:
    return load_codelists()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the lists that a test may break."""
    return Path(shutil.copytree(DATA_DIR, tmp_path / "data"))


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8", newline="\n")


def classified(lists: Codelists, *terms: str) -> pd.DataFrame:
    return classify_terms(terms, lists).set_index("term")


def events(lists: Codelists, term: str) -> set[tuple[str, str]]:
    found = events_of_terms(classify_terms([term], lists), lists)
    return set(found[["event_level", "event"]].itertuples(index=False, name=None))


# What may stand in a list


def test_shipped_lists_load_and_each_has_a_card(lists: Codelists) -> None:
    files = {file.stem for file in DATA_DIR.iterdir()}
    assert set(lists.files) == files
    assert all(item.card["title"] for item in lists.values())


def test_every_cell_is_text_and_empty_cells_are_empty_strings(
    lists: Codelists,
) -> None:
    for item in lists.values():
        assert not item.table.isna().any().any(), item.name
        assert all(isinstance(value, str) for value in item.table.to_numpy().flat)


def test_hash_follows_the_table_and_not_the_card(
    folder: Path, lists: Codelists
) -> None:
    before = codelists_hash(lists)
    assert re.fullmatch("[0-9a-f]{12}", before)
    replace(folder / "reporters.toml", 'version = "1.0"', 'version = "1.1"')
    assert codelists_hash(load_codelists(folder)) == before
    replace(folder / "reporters.csv", "Nurse", "Registered nurse")
    assert codelists_hash(load_codelists(folder)) != before


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("reporters.csv", "HP,", "CN,", r"reporters\.csv line 3 .*repeats the row"),
        ("reporters.csv", "HP,", "ZZ,", r"reporters\.csv line 4 .*out of order"),
        ("reporters.csv", "Consumer,N", "Consumer,maybe", r"'maybe' is none of N, Y"),
        ("reporters.csv", "occp_cod,", "code,", "columns code, label"),
        ("reporters.csv", "\n", "\r\n", "must end in LF"),
        ("reporters.toml", "title =", "name =", "key 'title' is absent"),
        ("reporters.toml", "2026-11-23", '"today"', "'changed' must be a date"),
        ("reporters.toml", "title =", "title", "no valid TOML"),
        ("antineoplastics.csv", r"\bzytiga", r"(\bzytiga", "no valid pattern"),
        ("antineoplastics.csv", r"|\bzytiga", "|", "matches every string"),
        ("therapy_classes.csv", "siponimod|", "siponimood|", "'siponimood' is no"),
        ("litigated_drugs.csv", "|uterus|", "|uterrus|", "'uterrus' is no known"),
        ("negative_controls.csv", ",breast,group", ",brest,group", "'brest' is no"),
        ("neoplasm_groups.csv", "thyroid,benign", "thyroid,bening", "'benign' in"),
    ],
)
def test_broken_list_names_file_row_and_remedy(
    folder: Path, file: str, old: str, new: str, message: str
) -> None:
    replace(folder / file, old, new)
    with pytest.raises(CodelistError, match=message):
        load_codelists(folder)


def test_list_without_card_is_refused(folder: Path) -> None:
    (folder / "reporters.toml").unlink()
    with pytest.raises(CodelistError, match=r"reporters\.toml is absent"):
        load_codelists(folder)


def test_absent_and_unknown_lists_are_refused(folder: Path) -> None:
    shutil.copy(folder / "reporters.csv", folder / "reporter.csv")
    with pytest.raises(CodelistError, match="'reporter' is unknown"):
        load_codelists(folder)
    (folder / "reporter.csv").unlink()
    (folder / "reporters.csv").unlink()
    with pytest.raises(CodelistError, match="'reporters' is absent"):
        load_codelists(folder)


def test_event_name_used_at_two_levels_is_refused(folder: Path) -> None:
    row = "all_breast,malignant,Odd,odd,,0,0,Y,,high\n"
    replace(folder / "neoplasm_groups.csv", "anal,benign", row + "anal,benign")
    with pytest.raises(CodelistError, match="'all_breast' exists twice"):
        load_codelists(folder)


# Agreement inside and between the lists


def test_scored_drugs_are_all_but_non_ms_and_transplant_conditioning(
    lists: Codelists,
) -> None:
    table = lists["therapies"].table
    left_out = table["category"].str.startswith("NOT MS")
    left_out |= table["category"] == "AHSCT conditioning"
    assert (table["scored"] == "N").tolist() == left_out.tolist()


def test_product_rule_covers_the_substances_of_other_diseases(
    lists: Codelists,
) -> None:
    table = lists["therapies"].table.set_index("ingredient")
    for ingredient in [
        "alemtuzumab",
        "ofatumumab",
        "cladribine",
        "daclizumab",
        "mitoxantrone",
        "cyclophosphamide",
        "methotrexate",
        "azathioprine",
        "mycophenolate",
        "rituximab",
        "ozanimod",
        "natalizumab",
        "corticotropin",
    ]:
        assert table.loc[ingredient, "product_rule"] == "disease_product", ingredient
    by_indication = table["brand_confusion_rule"].str.contains("MS only by INDI")
    assert (table["product_rule"][by_indication] == "disease_product").all()
    other_brands = table["other_brands"] != ""
    assert (table["product_rule"][other_brands] == "disease_product").all()
    assert (table["product_reason"] != "").all()
    assert table.loc["ocrelizumab", "product_rule"] == "any_product"


def test_only_the_named_rows_have_ms_brands(lists: Codelists) -> None:
    table = lists["therapies"].table
    core = table["in_core_dmt_set"].str.startswith("Y")
    core |= table["category"] == "symptomatic"
    assert not (table["disease_brand_regex"].ne("") & ~core).any()
    conditional = table["ingredient"][table["conditional_brand_regex"] != ""]
    assert conditional.tolist() == ["natalizumab", "ozanimod"]


def test_rules_and_list_agree_for_every_listed_term(lists: Codelists) -> None:
    table = lists["neoplasm_pts"].table
    rules = _Rules(lists["neoplasm_rules"].table)
    staged = lists["neoplasm_rules"].table.set_index("kind").loc["staged", "pattern"]
    for row in table.to_dict("records"):
        event = rules.classify(normalise_term(row["pt"]))
        assert event.event_class == row["event_class"], row["pt"]
        assert event.not_event_reason == row["not_event_reason"], row["pt"]
        assert event.group_id == row["group_id"], row["pt"]
        assert event.behaviour == row["behaviour"], row["pt"]
        secondary = row["secondary_or_progression"] == "1"
        if row["pt"] != "Lymphangiosis carcinomatosa":
            assert event.is_secondary == secondary, row["pt"]
        assert event.is_incident == (row["incident_malignancy"] != "N"), row["pt"]
        if row["event_class"] == "neoplasm":
            stage = bool(re.search(staged, row["pt"], re.IGNORECASE))
            assert stage == (row["has_stage"] == "1"), row["pt"]


def test_listed_terms_carry_at_least_the_supergroups_of_their_group(
    lists: Codelists,
) -> None:
    groups = lists["neoplasm_groups"].table
    of_group = {
        (row["group_id"], row["behaviour"]): set(row["supergroups"].split("|"))
        for row in groups.to_dict("records")
    }
    table = lists["neoplasm_pts"].table
    table = table[table["event_class"] == "neoplasm"]
    for row in table[table["secondary_or_progression"] == "0"].to_dict("records"):
        names = set(row["supergroups"].split("|"))
        assert of_group[row["group_id"], row["behaviour"]] <= names, row["pt"]


def test_counts_of_groups_and_supergroups_are_those_of_the_terms(
    lists: Codelists,
) -> None:
    table = lists["neoplasm_pts"].table
    counts = table[table["event_class"] == "neoplasm"]
    groups = lists["neoplasm_groups"].table
    for row in groups[groups["group_id"] != "not_event"].to_dict("records"):
        rows = counts[counts["group_id"] == row["group_id"]]
        n_pts = int((rows["behaviour"] == row["behaviour"]).sum())
        assert n_pts == int(row["n_pts"]), row["group_id"]
    for row in lists["neoplasm_supergroups"].table.to_dict("records"):
        members = counts["supergroups"].str.split("|")
        n_pts = sum(row["supergroup"] in names for names in members)
        assert n_pts == int(row["n_pts"]), row["supergroup"]


def test_sensitivity_only_litigation_rows_are_not_included(lists: Codelists) -> None:
    table = lists["litigated_drugs"].table
    only = table["reason"].str.contains("sensitivity only")
    assert (table["included"] == "N").tolist() == only.tolist()
    assert only.any()


def test_litigated_years_run_forward(lists: Codelists) -> None:
    table = lists["litigated_drugs"].table
    assert (table["year_from"].astype(int) <= table["year_to"].astype(int)).all()


def test_dates_of_notoriety_name_a_therapy_or_the_background(
    lists: Codelists,
) -> None:
    known = set(lists["therapies"].table["ingredient"])
    names = set(lists["notoriety_dates"].table["ingredient"])
    assert all(name in known or name.startswith("(") for name in names)


def test_namibia_is_a_country_and_not_missing(lists: Codelists) -> None:
    table = lists["countries"].table.set_index("text")
    assert table.loc["NA", "name"] == "Namibia"
    assert table.loc["NAMIBIA", "iso2"] == "NA"


@pytest.mark.parametrize(
    ("text", "iso2"),
    [
        ("KOREA, REPUBLIC OF", "KR"),
        ("UNITED STATES", "US"),
        ("VIET NAM", "VN"),
        ("SERBIA AND MONTENEGRO", "CS"),
        ("RUSSIAN FEDERATION", "RU"),
        ("TAIWAN, PROVINCE OF CHINA", "TW"),
        ("CZECH REPUBLIC", "CZ"),
        ("EU", "EU"),
        ("UK", "GB"),
    ],
)
def test_country_text_has_its_code(lists: Codelists, text: str, iso2: str) -> None:
    table = lists["countries"].table.set_index("text")
    assert table.loc[text, "iso2"] == iso2
    assert table.loc[text, "included"] == "Y"
    assert table.loc[text, "region"]


def test_unspecified_country_is_kept_in_the_list_as_no_country(
    lists: Codelists,
) -> None:
    table = lists["countries"].table.set_index("text")
    assert table.loc["COUNTRY NOT SPECIFIED", "included"] == "N"
    assert table.loc["COUNTRY NOT SPECIFIED", "iso2"] == ""


def test_lawyers_and_consumers_are_no_professionals(lists: Codelists) -> None:
    table = lists["reporters"].table
    assert table["occp_cod"].tolist() == ["CN", "HP", "LW", "MD", "OT", "PH", "RN"]
    lay = table["occp_cod"][table["is_professional"] == "N"]
    assert lay.tolist() == ["CN", "LW"]


# Terms


def test_upper_case_caret_and_blanks_are_normalised() -> None:
    assert normalise_term("  hodgkin^s   Disease ") == "HODGKIN'S DISEASE"


def test_each_term_is_one_row_however_often_it_is_given(lists: Codelists) -> None:
    assert classify_terms(["MELANOMA", "MELANOMA", "RASH"], lists).shape[0] == 2
    assert classify_terms([], lists).empty


def test_incident_metastatic_and_recurrent_forms_are_told_apart(
    lists: Codelists,
) -> None:
    found = classified(
        lists,
        "BREAST CANCER",
        "BREAST CANCER METASTATIC",
        "BREAST CANCER RECURRENT",
        "METASTASES TO BREAST",
        "BREAST CANCER IN SITU",
        "BREAST NEOPLASM",
    )
    assert found["is_incident"][found["is_incident"]].index.tolist() == [
        "BREAST CANCER",
        "BREAST CANCER METASTATIC",
    ]
    assert found.loc["BREAST CANCER RECURRENT", "is_recurrence"]
    assert found.loc["METASTASES TO BREAST", "is_secondary"]
    assert not found.loc["METASTASES TO BREAST", "is_recurrence"]
    assert found.loc["METASTASES TO BREAST", "group_id"] == "metastasis"


def test_false_friends_are_no_events(lists: Codelists) -> None:
    terms = [
        "NEUROLEPTIC MALIGNANT SYNDROME",
        "HYPERTHERMIA MALIGNANT",
        "TUMOUR LYSIS SYNDROME",
        "LEUKAEMOID REACTION",
        "CALCIFICATION METASTATIC",
    ]
    found = classified(lists, *terms)
    assert set(found["event_class"]) == {"not_event"}
    assert (found["not_event_reason"] != "").all()
    assert not found["is_oncology_indication"].any()


def test_every_listed_term_means_what_its_row_says_in_any_spelling(
    lists: Codelists,
) -> None:
    table = lists["neoplasm_pts"].table
    # As the FDA writes terms: in sentence case, in capitals, with ^ for an apostrophe.
    for spelled in (str, str.upper, lambda pt: f" {pt.replace(chr(39), '^')}  "):
        found = classified(lists, *(normalise_term(spelled(pt)) for pt in table["pt"]))
        assert len(found) == len(table)
        for row in table.to_dict("records"):
            term = found.loc[normalise_term(row["pt"])]
            assert term["listed"]
            assert term["rule"] == "list"
            assert term["event_class"] == row["event_class"]
            assert term["group_id"] == row["group_id"]
            assert term["behaviour"] == row["behaviour"]
            assert term["is_incident"] == (row["incident_malignancy"] != "N")
            assert term["is_secondary"] == (row["secondary_or_progression"] == "1")


def test_all_503_false_friends_and_other_terms_that_are_no_event_stay_out(
    lists: Codelists,
) -> None:
    table = lists["neoplasm_pts"].table
    out = table[table["event_class"] == "not_event"]
    assert (out["not_event_reason"] == "false_friend").sum() == 503
    assert len(out) == 874
    terms = classify_terms([normalise_term(pt) for pt in out["pt"]], lists)
    assert set(terms["event_class"]) == {"not_event"}
    assert (
        not terms["is_oncology_indication"][terms["rule"] == "list"]
        .where(terms["not_event_reason"] == "false_friend", False)
        .any()
    )
    assert events_of_terms(terms, lists).empty


def test_unknown_term_goes_through_the_rules(lists: Codelists) -> None:
    found = classified(lists, "HER2 LOW BREAST CANCER", "NOVEL RASH")
    new = found.loc["HER2 LOW BREAST CANCER"]
    assert not new["listed"]
    assert (new["group_id"], new["behaviour"]) == ("breast", "malignant")
    assert new["rule"] == "group:breast"
    assert found.loc["NOVEL RASH", "event_class"] == ""


def test_unknown_metastatic_form_counts_as_its_site_unless_it_recurs(
    lists: Codelists,
) -> None:
    found = classified(
        lists,
        "HER2 LOW BREAST CANCER METASTATIC",
        "HER2 LOW BREAST CANCER METASTATIC RECURRENT",
    )
    assert found["is_incident"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("term", "flag"),
    [
        ("MULTIPLE SCLEROSIS", "include"),
        ("MALIGNANT MULTIPLE SCLEROSIS", "include"),
        ("SECONDARY PROGRESSIVE MULTIPLE SCLEROSIS WITH RELAPSES", "include"),
        ("NEUROMYELITIS OPTICA SPECTRUM DISORDER", "exclude"),
        ("AMYOTROPHIC LATERAL SCLEROSIS", "exclude"),
        ("SYSTEMIC SCLEROSIS", "exclude"),
        ("PRODUCT USED FOR UNKNOWN INDICATION", "uncertain"),
        ("DEMYELINATION", "uncertain"),
        ("RRMS", "uncertain"),
        ("HYPERTENSION", ""),
    ],
)
def test_ms_indication_flag(lists: Codelists, term: str, flag: str) -> None:
    assert classified(lists, term).loc[term, "ms_flag"] == flag


def test_malignant_multiple_sclerosis_is_neither_oncology_nor_other_disease(
    lists: Codelists,
) -> None:
    row = classified(lists, "MALIGNANT MULTIPLE SCLEROSIS").iloc[0]
    assert not row["is_oncology_indication"]
    assert not row["is_other_disease"]


@pytest.mark.parametrize(
    ("term", "is_oncology", "is_other"),
    [
        ("CHEMOTHERAPY", True, False),
        ("CHRONIC LYMPHOCYTIC LEUKAEMIA", True, True),
        ("HAIRY CELL LEUKAEMIA", True, True),
        ("MULTIPLE MYELOMA", True, False),
        ("BONE MARROW CONDITIONING REGIMEN", False, True),
        ("RENAL TRANSPLANT", False, True),
        ("RHEUMATOID ARTHRITIS", False, True),
        ("CROHN'S DISEASE", False, True),
        ("UTERINE LEIOMYOMA", False, False),
        ("CANCER PAIN", False, False),
        ("CHEMOTHERAPY TOXICITY ATTENUATION", False, False),
        ("BLASTOMYCOSIS", False, False),
        ("DEVICE RELATED INFECTION", False, False),
        ("MULTIPLE SCLEROSIS", False, False),
    ],
)
def test_oncology_and_other_disease_indications(
    lists: Codelists, term: str, is_oncology: bool, is_other: bool
) -> None:
    row = classified(lists, term).loc[term]
    assert row["is_oncology_indication"] == is_oncology
    assert row["is_other_disease"] == is_other


# Events


def test_incident_term_is_in_its_group_and_prefixed_supergroups(
    lists: Codelists,
) -> None:
    found = events(lists, "BREAST CANCER")
    assert ("pt", "BREAST CANCER") in found
    assert ("group", "breast") in found
    assert ("supergroup", "all_breast") in found
    assert ("supergroup", "any_malignancy") in found


def test_recurrent_term_is_in_no_group(lists: Codelists) -> None:
    assert events(lists, "BREAST CANCER RECURRENT") == {
        ("pt", "BREAST CANCER RECURRENT"),
        ("supergroup", "any_malignancy_incl_secondary"),
        ("supergroup", "all_secondary_or_progression"),
    }


def test_lymphangiosis_is_malignant_not_incident_and_in_no_group(
    lists: Codelists,
) -> None:
    # The only malignant listed term that is neither incident nor marked secondary.
    table = lists["neoplasm_pts"].table
    odd = table[
        (table["behaviour"] == "malignant")
        & (table["incident_malignancy"] == "N")
        & (table["secondary_or_progression"] == "0")
    ]
    assert odd["pt"].tolist() == ["Lymphangiosis carcinomatosa"]
    levels = {level for level, _ in events(lists, "LYMPHANGIOSIS CARCINOMATOSA")}
    assert levels == {"pt", "supergroup"}


@pytest.mark.parametrize(
    ("term", "event"),
    [
        ("CERVICAL DYSPLASIA", "cervix_hpv:in_situ"),
        ("MENINGIOMA", "cns_meningioma:uncertain"),
        ("MELANOCYTIC NAEVUS", "skin_benign:benign"),
        ("POST TRANSPLANT LYMPHOPROLIFERATIVE DISORDER", "lymphoproliferative_ptld"),
    ],
)
def test_other_behaviours_are_events_of_their_own(
    lists: Codelists, term: str, event: str
) -> None:
    groups = {name for level, name in events(lists, term) if level == "group"}
    expected = event if ":" in event else f"{event}:uncertain"
    assert groups == {expected}


def test_new_secondary_term_is_in_the_progression_supergroups(
    lists: Codelists,
) -> None:
    assert events(lists, "HER2 LOW BREAST CANCER RECURRENT") == {
        ("pt", "HER2 LOW BREAST CANCER RECURRENT"),
        ("supergroup", "any_malignancy_incl_secondary"),
        ("supergroup", "all_secondary_or_progression"),
    }


def test_new_term_of_a_behaviour_its_group_lacks_is_in_supergroups_alone(
    lists: Codelists,
) -> None:
    assert events(lists, "RENAL CARCINOMA IN SITU") == {
        ("pt", "RENAL CARCINOMA IN SITU"),
        ("supergroup", "all_premalignant"),
    }


def test_every_group_and_supergroup_event_of_a_listed_term_is_in_the_catalogue(
    lists: Codelists,
) -> None:
    terms = [normalise_term(pt) for pt in lists["neoplasm_pts"].table["pt"]]
    found = events_of_terms(classify_terms(terms, lists), lists)
    found = found[found["event_level"] != "pt"]
    catalogue = event_catalogue(lists)
    keys = ["event_level", "event"]
    used = set(found[keys].itertuples(index=False, name=None))
    assert used == set(catalogue[keys].itertuples(index=False, name=None))
    assert not catalogue.duplicated(keys).any()


def test_metastasis_is_no_group_event(lists: Codelists) -> None:
    catalogue = event_catalogue(lists)
    assert "metastasis" not in set(catalogue["event"])
    assert "all_secondary_or_progression" in set(catalogue["event"])
    assert set(catalogue["behaviour"]) == {*BEHAVIOUR_SUFFIX, ""}


# Litigated drugs


def litigated(
    lists: Codelists, ingredient: str, *certainty: str
) -> set[tuple[int, int, str, str]]:
    found = litigated_events(lists, certainty or ("high", "medium"))
    found = found[found["ingredient"] == ingredient].drop(columns="ingredient")
    return set(found.itertuples(index=False, name=None))


def test_litigated_name_means_group_terms_and_supergroup(lists: Codelists) -> None:
    found = litigated(lists, "estradiol")
    assert {
        (2004, 2013, "group", "breast"),
        (2004, 2013, "group", "breast:benign"),
        (2004, 2013, "group", "breast:in_situ"),
        (2004, 2013, "group", "breast:uncertain"),
        (2004, 2013, "group_pts", "breast"),
        (2004, 2013, "supergroup", "all_breast"),
        (2004, 2013, "supergroup", "all_gynaecological"),
    } <= found
    assert (2004, 2013, "supergroup", "any_malignancy") not in found


def test_litigated_metastasis_means_the_progression_supergroup(
    lists: Codelists,
) -> None:
    found = litigated(lists, "zoledronic acid")
    assert (2005, 2014, "supergroup", "all_secondary_or_progression") in found
    assert (2005, 2014, "group_pts", "metastasis") in found
    assert (2005, 2014, "group", "metastasis") not in found


def test_drug_litigated_twice_keeps_the_years_of_each(lists: Codelists) -> None:
    found = litigated(lists, "medroxyprogesterone")
    assert {row[:2] for row in found if "meningioma" in row[3]} == {(2024, 2026)}
    assert {row[:2] for row in found if row[3] == "breast"} == {(2004, 2013)}


def test_certainty_and_sensitivity_rows_decide_who_leaves(lists: Codelists) -> None:
    assert not litigated(lists, "nizatidine")
    assert litigated(lists, "nizatidine", "low")
    assert not litigated(lists, "adalimumab")
    assert not litigated(lists, "voriconazole", "high", "medium", "low")


def test_every_litigated_group_event_is_in_the_catalogue(lists: Codelists) -> None:
    found = litigated_events(lists, ("high", "medium", "low"))
    known = set(event_catalogue(lists)["event"])
    named = found[found["event_level"] != "group_pts"]["event"]
    assert set(named) <= known


def test_a_control_has_the_name_under_which_its_event_is_counted(
    lists: Codelists,
) -> None:
    controls = control_pairs(lists)
    assert len(controls) == len(lists["negative_controls"].table)
    found = set(
        zip(*(controls[name] for name in ("drug", "event_level", "event")), strict=True)
    )
    assert ("fingolimod", "group", "skin_bcc") in found
    assert ("alemtuzumab", "group", "lymphoproliferative_ptld:uncertain") in found
    assert ("cladribine", "supergroup", "any_malignancy") in found
    assert ("interferon beta-1a", "pt", "INGUINAL HERNIA") in found
    catalogue = event_catalogue(lists)
    known = set(zip(catalogue["event_level"], catalogue["event"], strict=True))
    counted = controls[controls["event_level"] != "pt"]
    named = set(zip(counted["event_level"], counted["event"], strict=True))
    assert named <= known

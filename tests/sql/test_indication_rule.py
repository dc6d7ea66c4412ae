"""When a neoplasm term is no new event: one situation a test."""

from dataclasses import dataclass

from tests.sql.tables import run

BREAST = "BREAST CANCER"
TERMS = {
    BREAST: "breast | false | false | true",
    "BREAST CANCER METASTATIC": "breast | false | false | true",
    "BREAST CANCER RECURRENT": "breast | true | true | false",
    "METASTASES TO BONE": "metastasis | true | false | false",
    "LYMPHOMA": "lymphoma_nhl_other | false | false | true",
}
INFARCTION = "MYOCARDIAL INFARCTION"
INDICATIONS = {
    "breast": ("BREAST CANCER FEMALE", "breast", "false", "true"),
    "cll": ("CHRONIC LYMPHOCYTIC LEUKAEMIA", "leukaemia_cll", "false", "true"),
    "ms": ("MULTIPLE SCLEROSIS", "-", "true", "false"),
    "infarction": (INFARCTION, "myocardial_infarction", "false", "false"),
}


@dataclass(frozen=True)
class Drug:
    """One drug of the report: role, what for, start (date, precision), cytostatic."""

    role: str
    given_for: str | None = None
    start: tuple[str, str] | None = None
    is_antineoplastic: bool = False


def _verdicts(
    terms: list[str], drugs: list[Drug], event: str = "-", *, rule: str = "full"
) -> dict[str, tuple[str, str, str]]:
    meanings = {
        **{term: f"{meaning} | neoplasms" for term, meaning in TERMS.items()},
        INFARCTION: "myocardial_infarction | - | - | - | cardiovascular",
    }
    rows = [f"1 | 11 | {term} | {meanings[term]} | {rule} | {event}" for term in terms]
    records = [
        f"1 | 11 | {seq} | {drug.role} | {'CYTOSTATIC' if drug.is_antineoplastic else 'OTHER'} | -"
        for seq, drug in enumerate(drugs, start=1)
    ]
    starts = [
        f"1 | 11 | {seq} | {drug.start[0]} | {drug.start[1]}"
        for seq, drug in enumerate(drugs, start=1)
        if drug.start
    ]
    reasons = [
        f"1 | 11 | {seq} | " + " | ".join(INDICATIONS[drug.given_for])
        for seq, drug in enumerate(drugs, start=1)
        if drug.given_for
    ]
    key = "quarter_no:int | primaryid:int"
    found = run(
        "3_cohort/outcome_verdict",
        {
            "cohort.event_reaction": f"{key} | term | group_id | is_secondary:bool | "
            "is_recurrence:bool | is_incident:bool | event_list | indication_rule | "
            "event_first_day:date\n" + "\n".join(rows),
            "staged.drug": f"{key} | drug_seq:int | role_cod | drugname | prod_ai\n"
            + "\n".join(records),
            "staged.ther": f"{key} | dsg_drug_seq:int | start_date:date | "
            "start_date_precision\n" + "\n".join(starts),
            "cohort.indication": f"{key} | drug_seq:int | term | group_id | is_ms:bool | "
            "is_oncology:bool\n" + "\n".join(reasons),
            "codelists.name_match": "list | text | why\n"
            "antineoplastics | CYTOSTATIC | match",
        },
        before=("3_cohort/event_record", "3_cohort/same_indication"),
        columns="term is_included reason is_treated_event",
    )
    return {row[0]: row[1:] for row in found}


KEPT = ("true", "-", "false")
TREATED = ("true", "-", "true")


def test_an_incident_cancer_without_any_indication_stays() -> None:
    assert _verdicts([BREAST], [Drug("PS", "ms")])[BREAST] == KEPT


def test_undated_tamoxifen_for_the_incident_cancer_does_not_delete_it() -> None:
    drugs = [Drug("PS", "ms"), Drug("C", "breast", is_antineoplastic=True)]
    assert _verdicts([BREAST], drugs, event="2020-05-01")[BREAST] == TREATED


def test_treatment_that_started_after_the_event_does_not_delete_it() -> None:
    drugs = [Drug("PS", "ms"), Drug("SS", "breast", ("2020-06-01", "day"), True)]
    assert _verdicts([BREAST], drugs, event="2020-05-01")[BREAST] == TREATED


def test_treatment_that_started_before_the_event_is_an_earlier_cancer() -> None:
    drugs = [Drug("PS", "ms"), Drug("C", "breast", ("2019-01-01", "year"), True)]
    verdict = _verdicts([BREAST], drugs, event="2020-05-01")[BREAST]
    assert verdict == ("false", "indication", "false")


def test_a_start_known_by_year_only_is_not_certainly_before_an_event_in_it() -> None:
    drugs = [Drug("PS", "ms"), Drug("C", "breast", ("2020-01-01", "year"), True)]
    assert _verdicts([BREAST], drugs, event="2020-05-01")[BREAST] == TREATED


def test_the_primary_suspect_given_for_the_cancer_makes_it_no_event() -> None:
    drugs = [Drug("PS", "breast"), Drug("SS", "ms")]
    assert _verdicts([BREAST], drugs)[BREAST] == ("false", "indication", "false")


def test_without_event_date_the_start_of_the_other_suspects_decides() -> None:
    before = [
        Drug("PS", "ms", ("2018-01-01", "day")),
        Drug("C", "breast", ("2017-06-01", "month")),
    ]
    after = [
        Drug("PS", "ms", ("2017-06-15", "day")),
        Drug("C", "breast", ("2017-06-01", "month")),
    ]
    assert _verdicts([BREAST], before)[BREAST] == ("false", "indication", "false")
    assert _verdicts([BREAST], after)[BREAST] == TREATED


def test_another_cancer_as_indication_leaves_the_event() -> None:
    drugs = [Drug("PS", "ms"), Drug("C", "cll", ("2001-01-01", "day"))]
    assert _verdicts([BREAST], drugs, event="2020-05-01")[BREAST] == KEPT


def test_a_report_about_cancer_treatment_alone_holds_no_incident_event() -> None:
    drugs = [Drug("PS", "cll", is_antineoplastic=True), Drug("C")]
    verdict = _verdicts(["LYMPHOMA"], drugs)["LYMPHOMA"]
    assert verdict == ("false", "antineoplastic_treatment", "false")


def test_a_suspect_that_treats_no_cancer_keeps_the_event() -> None:
    drugs = [Drug("PS", "cll", is_antineoplastic=True), Drug("SS")]
    assert _verdicts(["LYMPHOMA"], drugs)["LYMPHOMA"] == KEPT


def test_suspects_with_an_ms_indication_do_not_count_against_it() -> None:
    drugs = [Drug("PS", "cll", is_antineoplastic=True), Drug("SS", "ms")]
    verdict = _verdicts(["LYMPHOMA"], drugs)["LYMPHOMA"]
    assert verdict == ("false", "antineoplastic_treatment", "false")


def test_a_recurrence_beside_a_metastatic_term_is_no_incident_cancer() -> None:
    terms = ["BREAST CANCER METASTATIC", "BREAST CANCER RECURRENT"]
    verdicts = _verdicts(terms, [Drug("PS", "ms")])
    assert verdicts["BREAST CANCER METASTATIC"] == ("false", "recurrence", "false")
    assert verdicts["BREAST CANCER RECURRENT"] == KEPT


def test_a_metastasis_of_unknown_origin_does_not_make_a_cancer_recurrent() -> None:
    verdicts = _verdicts([BREAST, "METASTASES TO BONE"], [Drug("PS", "ms")])
    assert verdicts[BREAST] == KEPT


# Events that can happen twice: the rule primary_suspect


ASPIRIN = Drug("C", "infarction", ("2015-01-01", "day"))


def test_an_infarction_for_which_aspirin_was_given_before_is_a_new_event() -> None:
    verdicts = _verdicts(
        [INFARCTION],
        [Drug("PS"), ASPIRIN],
        event="2020-05-01",
        rule="primary_suspect",
    )
    assert verdicts[INFARCTION] == TREATED


def test_an_infarction_for_which_the_primary_suspect_was_given_is_none() -> None:
    drugs = [Drug("PS", "infarction"), Drug("SS")]
    verdict = _verdicts([INFARCTION], drugs, rule="primary_suspect")[INFARCTION]
    assert verdict == ("false", "indication", "false")


def test_the_full_rule_looks_at_every_drug_that_started_before() -> None:
    verdicts = _verdicts([INFARCTION], [Drug("PS"), ASPIRIN], event="2020-05-01")
    assert verdicts[INFARCTION] == ("false", "indication", "false")


def test_without_a_rule_the_reason_for_a_drug_is_an_event_too() -> None:
    drugs = [Drug("PS", "infarction"), Drug("SS")]
    assert _verdicts([INFARCTION], drugs, rule="off")[INFARCTION] == TREATED


def test_the_treatment_of_a_cancer_says_nothing_of_an_infarction() -> None:
    drugs = [Drug("PS", "cll", is_antineoplastic=True), Drug("C")]
    assert _verdicts([INFARCTION], drugs)[INFARCTION] == KEPT

"""The slow reference itself, tried on situations that can be counted by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests import reference
from tests.reference import Cells, Lists, Litigated, Term, Version

MALIGNANCY = ("supergroup", "any_malignancy")
BREAST = ("group", "breast")
SECONDARY = ("supergroup", "all_secondary_or_progression")

OCRELIZUMAB = ("substance", "ocrelizumab")
ALEMTUZUMAB = ("substance", "alemtuzumab")
AVONEX = ("substance", "interferon beta-1a")
COPAXONE = ("substance", "glatiramer acetate")
PLATFORM = ("class", "class:platform")


def whys(**therapies: str) -> dict[str, frozenset[str]]:
    return {
        name.replace("_", " "): frozenset(words.split())
        for name, words in therapies.items()
    }


INTERFERON = {"interferon beta-1a": frozenset({"match", "disease_brand"})}

LISTS = Lists(
    names={
        "LEMTRADA": whys(alemtuzumab="match disease_brand"),
        "CAMPATH": whys(alemtuzumab="match other_brand"),
        "ALEMTUZUMAB": whys(alemtuzumab="match"),
        "OCREVUS": whys(ocrelizumab="match disease_brand"),
        "AVONEX": INTERFERON,
        "COPAXONE": whys(glatiramer_acetate="match disease_brand"),
        "TYSABRI": whys(natalizumab="match conditional_brand"),
        "AMIFAMPRIDINE": whys(dalfampridine="match exclude_other"),
        "OFATUMUMAB": whys(ofatumumab="match"),
    },
    routes={
        "Subcutaneous": whys(ofatumumab="disease_route"),
        "Intravenous drip": whys(ofatumumab="other_route"),
    },
    product_rule={
        "alemtuzumab": "disease_product",
        "ocrelizumab": "any_product",
        "interferon beta-1a": "any_product",
        "glatiramer acetate": "any_product",
        "natalizumab": "disease_product",
        "dalfampridine": "any_product",
        "ofatumumab": "disease_product",
    },
    scored=frozenset(
        {
            "alemtuzumab",
            "ocrelizumab",
            "interferon beta-1a",
            "glatiramer acetate",
            "natalizumab",
            "dalfampridine",
            "ofatumumab",
        }
    ),
    reference=frozenset({"interferon beta-1a", "glatiramer acetate"}),
    classes={
        "class:platform": frozenset({"interferon beta-1a", "glatiramer acetate"}),
        "class:anti_cd20": frozenset({"ocrelizumab", "ofatumumab"}),
    },
    terms={
        "BREAST CANCER": Term(
            "neoplasm", "breast", is_incident=True, is_oncology_indication=True
        ),
        "BREAST CANCER METASTATIC": Term(
            "neoplasm", "breast", is_incident=True, is_oncology_indication=True
        ),
        "BREAST CANCER RECURRENT": Term(
            "neoplasm", "breast", is_recurrence=True, is_oncology_indication=True
        ),
        "METASTASES TO BONE": Term(
            "neoplasm", "metastasis", is_oncology_indication=True
        ),
        "NEUROLEPTIC MALIGNANT SYNDROME": Term("not_event"),
        "MULTIPLE SCLEROSIS": Term(ms_flag="include"),
        "PRODUCT USED FOR UNKNOWN INDICATION": Term(ms_flag="uncertain"),
        "CROHN'S DISEASE": Term(is_other_disease=True),
    },
    events={
        "BREAST CANCER": frozenset({("pt", "BREAST CANCER"), BREAST, MALIGNANCY}),
        "BREAST CANCER METASTATIC": frozenset(
            {("pt", "BREAST CANCER METASTATIC"), BREAST, MALIGNANCY}
        ),
        "BREAST CANCER RECURRENT": frozenset(
            {("pt", "BREAST CANCER RECURRENT"), SECONDARY}
        ),
        "METASTASES TO BONE": frozenset({("pt", "METASTASES TO BONE"), SECONDARY}),
    },
    grid=(BREAST, MALIGNANCY, SECONDARY),
    antineoplastic=frozenset({"TAMOXIFEN", "RITUXIMAB"}),
    litigated_names={"ZANTAC": frozenset({"ranitidine"})},
    litigated=(
        Litigated("ranitidine", 2019, 2026, "group", "breast"),
        Litigated("ranitidine", 2019, 2026, "group_pts", "breast"),
    ),
)


class Data:
    """Rows written one report at a time."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("demo", "drug", "reac", "ther", "indi", "deleted")
        }

    def report(
        self,
        quarter: str,
        caseid: int,
        *,
        version: int = 1,
        received: dt.date | None = None,
        event: str | None = None,
        drugs: tuple[str, ...] = (),
        reactions: str = "Headache",
        era: str = "d",
        primaryid: int | None = None,
    ) -> Data:
        """Add a report; a drug is ``role name | indication | start | route``."""
        key = {
            "quarter": quarter,
            "primaryid": primaryid or caseid * 10 + version,
        }
        event_date, event_precision = day(event)
        self.tables["demo"].append(
            {
                **key,
                "caseid": caseid,
                "caseversion_no": None if era in "ab" else version,
                "era": era,
                "line": len(self.tables["demo"]) + 2,
                "init_fda_date": received,
                "fda_date": None,
                "event_date": event_date,
                "event_date_precision": event_precision,
            }
        )
        for seq, text in enumerate(drugs, start=1):
            name, *more = (part.strip() for part in text.split("|"))
            role, name = name.split(" ", 1)
            indication, start, route = [*more, "", "", ""][:3]
            self.tables["drug"].append(
                {
                    **key,
                    "drug_seq": seq,
                    "role_cod": role,
                    "drugname": name,
                    "prod_ai": None,
                    "route": route or None,
                }
            )
            if indication:
                self.tables["indi"].append(
                    {**key, "indi_drug_seq": seq, "indi_pt": indication}
                )
            if start:
                date, precision = day(start)
                self.tables["ther"].append(
                    {
                        **key,
                        "dsg_drug_seq": seq,
                        "start_date": date,
                        "start_date_precision": precision,
                    }
                )
        for term in reactions.split(","):
            self.tables["reac"].append({**key, "pt": term.strip()})
        return self

    def deleted(self, quarter: str, caseid: int) -> Data:
        self.tables["deleted"].append({"quarter": quarter, "caseid": caseid})
        return self

    def intervals(self) -> dict[tuple[str, int], tuple[str | None, str | None]]:
        return {
            (v.quarter, v.primaryid): (v.known_until, v.until_reason)
            for v in reference.versions(self.tables)
        }

    def only(self, as_of: str = "2026q2") -> reference.Report:
        (found,) = reference.reports(self.tables, LISTS, as_of)
        return found

    def verdicts(self) -> dict[str, tuple[str | None, bool]]:
        return {
            outcome.term: (outcome.reason, outcome.is_treated_event)
            for outcome in self.only().outcomes
        }

    def statuses(self) -> list[str]:
        return [
            row[-1] for row in reference.product_statuses(self.tables, LISTS, "2026q2")
        ]

    def cells(self, as_of: str = "2026q2") -> Any:
        return reference.cells(self.tables, LISTS, as_of)


def day(text: str | None) -> tuple[dt.date | None, str | None]:
    """Date written as ``2019``, ``2019-05`` or ``2019-05-07``."""
    if not text:
        return None, None
    parts = [int(part) for part in text.split("-")]
    precision = ("year", "month", "day")[len(parts) - 1]
    return dt.date(*[*parts, 1, 1][:3]), precision


# Case versions


def test_later_version_supersedes_the_earlier_from_its_quarter_on():
    data = Data().report("2019q1", 1).report("2019q3", 1, version=2)
    assert data.intervals() == {
        ("2019q1", 11): ("2019q3", "superseded"),
        ("2019q3", 12): (None, None),
    }
    first, second = reference.versions(data.tables)
    assert first.is_current("2019q2")
    assert not first.is_current("2019q3")
    assert second.is_current("2019q3")


def test_lower_version_in_a_later_quarter_never_becomes_current():
    data = Data().report("2019q1", 1, version=3).report("2019q2", 1, version=2)
    assert data.intervals() == {
        ("2019q1", 13): (None, None),
        ("2019q2", 12): ("2019q2", "older than the version held"),
    }


def test_same_version_sent_again_becomes_current():
    data = Data().report("2019q1", 1).report("2019q2", 1)
    assert data.intervals() == {
        ("2019q1", 11): ("2019q2", "superseded"),
        ("2019q2", 11): (None, None),
    }


def test_two_versions_in_one_quarter_leave_the_higher():
    data = Data().report("2019q1", 1, version=2).report("2019q1", 1, version=1)
    assert data.intervals() == {
        ("2019q1", 11): ("2019q1", "lower version in the same quarter"),
        ("2019q1", 12): (None, None),
    }


def test_equal_rank_in_one_quarter_goes_to_the_last_line():
    data = Data().report("2019q1", 1, primaryid=70).report("2019q1", 1, primaryid=60)
    assert data.intervals()["2019q1", 60] == (None, None)


def test_first_faers_version_supersedes_any_legacy_number():
    data = Data().report("2012q3", 1, era="b", primaryid=8_000_000)
    data.report("2012q4", 1, era="c0")
    assert data.intervals()["2012q3", 8_000_000] == ("2012q4", "superseded")


def test_deleted_then_republished_case_is_current():
    data = Data().report("2019q1", 1, version=5).deleted("2019q2", 1)
    data.report("2019q3", 1, version=2)
    assert data.intervals() == {
        ("2019q1", 15): ("2019q2", "deleted"),
        ("2019q3", 12): (None, None),
    }
    assert [
        v.primaryid for v in reference.versions(data.tables) if v.is_current("2019q2")
    ] == []


def test_case_deleted_in_the_quarter_it_is_sent_has_an_empty_interval():
    data = Data().report("2019q1", 1).deleted("2019q1", 1)
    assert data.intervals() == {("2019q1", 11): ("2019q1", "deleted")}
    assert not reference.reports(data.tables, LISTS, "2019q1")


def test_new_version_in_the_quarter_of_the_deletion_supersedes_and_is_deleted():
    data = Data().report("2019q1", 1).report("2019q2", 1, version=2)
    data.deleted("2019q2", 1)
    assert data.intervals() == {
        ("2019q1", 11): ("2019q2", "superseded"),
        ("2019q2", 12): ("2019q2", "deleted"),
    }


def test_open_version_is_one_without_an_end():
    assert Version("2019q1", 11, 1, "2019q1", None, None).is_current("2026q2")


def test_later_quarters_do_not_change_what_was_known():
    data = Data().report("2019q1", 1, drugs=("PS OCREVUS",), reactions="Breast cancer")
    before = data.cells("2019q2")
    data.report("2019q3", 1, version=2, drugs=("PS AVONEX",)).deleted("2019q4", 1)
    assert data.cells("2019q2") == before


def test_receipt_is_that_of_the_earliest_sighting_and_fixed():
    data = Data().report("2019q2", 1, received=dt.date(2018, 12, 30))
    data.report("2019q3", 1, version=2, received=dt.date(2019, 8, 1))
    data.report("2020q1", 2)
    assert reference.received(data.tables) == {
        1: dt.date(2018, 12, 30),
        2: dt.date(2020, 1, 1),
    }


# Population and exposure


def test_report_without_a_named_drug_or_a_reaction_is_no_member():
    data = Data().report("2019q1", 1, drugs=("PS OCREVUS",))
    data.tables["drug"][0]["drugname"] = None
    assert not reference.reports(data.tables, LISTS, "2019q1")


def test_row_without_a_case_number_is_no_report():
    data = Data().report("2019q1", 1, drugs=("PS OCREVUS",))
    data.tables["demo"][0]["caseid"] = None
    assert not reference.reports(data.tables, LISTS, "2019q1")


def test_campath_is_not_lemtrada_though_the_patient_has_ms():
    drugs = ("PS CAMPATH | Multiple sclerosis",)
    data = Data().report("2019q1", 1, drugs=drugs)
    assert data.statuses() == ["other_brand"]
    assert data.only().exposures == frozenset()
    assert data.only().is_ms


def test_ms_indication_on_another_drug_admits_a_bare_substance():
    drugs = ("PS ALEMTUZUMAB", "C OTHER | Multiple sclerosis")
    assert Data().report("2019q1", 1, drugs=drugs).statuses() == ["case_indication"]


def test_bare_substance_without_indication_is_unspecified():
    data = Data().report("2019q1", 1, drugs=("PS ALEMTUZUMAB",))
    assert data.statuses() == ["product_unspecified"]
    assert not data.only().is_ms


def test_oncology_indication_on_the_record_beats_an_ms_brand():
    data = Data().report("2019q1", 1, drugs=("PS LEMTRADA | Breast cancer",))
    assert data.statuses() == ["oncology_indication"]


def test_natalizumab_by_brand_needs_an_indication_that_is_not_another_disease():
    crohn = Data().report("2019q1", 1, drugs=("PS TYSABRI | Crohn^s  disease ",))
    assert crohn.statuses() == ["other_indication"]
    unknown = "PS TYSABRI | Product used for unknown indication"
    data = Data().report("2019q1", 1, drugs=(unknown,))
    assert data.statuses() == ["conditional_brand"]
    assert not data.only().is_ms


def test_route_tells_the_ms_product_of_ofatumumab():
    sc = Data().report("2019q1", 1, drugs=("PS OFATUMUMAB | | | Subcutaneous",))
    assert sc.statuses() == ["disease_route"]
    iv = Data().report("2019q1", 1, drugs=("PS OFATUMUMAB | | | Intravenous drip",))
    assert iv.statuses() == ["other_route"]


def test_other_substance_inside_the_name_is_no_hit():
    assert not Data().report("2019q1", 1, drugs=("PS AMIFAMPRIDINE",)).statuses()


def test_concomitant_drug_is_no_exposure_but_its_brand_tells_of_ms():
    report = Data().report("2019q1", 1, drugs=("C OCREVUS",)).only()
    assert not report.exposures
    assert report.is_ms


def test_class_is_exposed_by_any_member():
    report = Data().report("2019q1", 1, drugs=("SS OCREVUS",)).only()
    assert report.exposures == {OCRELIZUMAB, ("class", "class:anti_cd20")}


# Indication rule


def test_tamoxifen_for_the_incident_breast_cancer_stays_as_treated_event():
    drugs = ("PS OCREVUS | Multiple sclerosis | 2018", "C TAMOXIFEN | Breast cancer")
    data = Data().report(
        "2019q1", 1, event="2019-02", drugs=drugs, reactions="Breast cancer"
    )
    assert data.verdicts() == {"BREAST CANCER": (None, True)}
    assert BREAST in data.only().events


def test_tamoxifen_started_before_the_event_drops_it():
    drugs = ("PS OCREVUS", "C TAMOXIFEN | Breast cancer | 2018")
    data = Data().report(
        "2019q1", 1, event="2019-01", drugs=drugs, reactions="Breast cancer"
    )
    assert data.verdicts() == {"BREAST CANCER": ("indication", False)}


def test_start_in_the_year_of_the_event_is_not_certainly_before():
    drugs = ("PS OCREVUS", "C TAMOXIFEN | Breast cancer | 2019")
    data = Data().report(
        "2019q1", 1, event="2019-12-31", drugs=drugs, reactions="Breast cancer"
    )
    assert data.verdicts() == {"BREAST CANCER": (None, True)}


def test_without_event_date_the_first_start_of_other_suspects_counts():
    drugs = (
        "PS OCREVUS | Multiple sclerosis | 2019-03",
        "C TAMOXIFEN | Breast cancer | 2019-02",
    )
    data = Data().report("2019q1", 1, drugs=drugs, reactions="Breast cancer")
    assert data.verdicts() == {"BREAST CANCER": ("indication", False)}
    undated = ("PS OCREVUS | Multiple sclerosis", drugs[1])
    data = Data().report("2019q1", 1, drugs=undated, reactions="Breast cancer")
    assert data.verdicts() == {"BREAST CANCER": (None, True)}


def test_term_of_the_group_as_indication_of_the_primary_suspect_drops_it():
    drugs = ("PS OCREVUS | Breast cancer metastatic",)
    data = Data().report("2019q1", 1, drugs=drugs, reactions="Breast cancer, Headache")
    assert data.verdicts() == {"BREAST CANCER": ("indication", False)}


def test_cancer_treatment_alone_drops_every_neoplasm():
    drugs = ("PS RITUXIMAB | Breast cancer", "SS TAMOXIFEN | Breast cancer")
    data = Data().report("2019q1", 1, drugs=drugs, reactions="Metastases to bone")
    assert data.verdicts() == {
        "METASTASES TO BONE": ("antineoplastic_treatment", False)
    }


def test_ms_therapy_beside_a_cancer_treatment_does_not_keep_the_event():
    drugs = ("PS RITUXIMAB | Breast cancer", "SS OCREVUS | Multiple sclerosis")
    data = Data().report("2019q1", 1, drugs=drugs, reactions="Metastases to bone")
    assert data.verdicts() == {
        "METASTASES TO BONE": ("antineoplastic_treatment", False)
    }


def test_cancer_treatment_as_secondary_suspect_must_start_before():
    drugs = ("PS OCREVUS | Multiple sclerosis", "SS RITUXIMAB | Breast cancer | 2018")
    data = Data().report(
        "2019q1", 1, event="2018-05", drugs=drugs, reactions="Metastases to bone"
    )
    assert data.verdicts() == {"METASTASES TO BONE": (None, False)}
    data = Data().report(
        "2019q1", 1, event="2019-01", drugs=drugs, reactions="Metastases to bone"
    )
    assert data.verdicts() == {
        "METASTASES TO BONE": ("antineoplastic_treatment", False)
    }


def test_suspect_that_is_no_cancer_treatment_keeps_the_event():
    drugs = ("PS RITUXIMAB | Breast cancer", "SS ZANTAC")
    data = Data().report("2019q1", 1, drugs=drugs, reactions="Metastases to bone")
    assert data.verdicts() == {"METASTASES TO BONE": (None, False)}


def test_recurrence_beside_metastatic_is_dropped():
    data = Data().report(
        "2019q1",
        1,
        drugs=("PS OCREVUS",),
        reactions="Breast cancer recurrent, Breast cancer metastatic",
    )
    assert data.verdicts() == {
        "BREAST CANCER METASTATIC": ("recurrence", False),
        "BREAST CANCER RECURRENT": (None, False),
    }
    assert data.only().events == {("pt", "BREAST CANCER RECURRENT"), SECONDARY}


def test_neuroleptic_malignant_syndrome_has_no_verdict():
    data = Data().report(
        "2019q1",
        1,
        drugs=("PS OCREVUS",),
        reactions="Neuroleptic malignant syndrome",
    )
    assert data.verdicts() == {}


# Cells


def four_reports() -> Data:
    """One report for each cell of ocrelizumab and breast cancer."""
    received = dt.date(2019, 1, 15)
    data = Data()
    for caseid, (drug, reaction) in enumerate(
        [
            ("PS OCREVUS", "Breast cancer"),
            ("PS OCREVUS", "Headache"),
            ("PS AVONEX", "Breast cancer"),
            ("PS ASPIRIN", "Headache"),
        ],
        start=1,
    ):
        data.report(
            "2019q1", caseid, received=received, drugs=(drug,), reactions=reaction
        )
    return data


def test_cells_are_distinct_reports_of_each_comparator():
    found = four_reports().cells()
    assert found["A", OCRELIZUMAB, BREAST] == Cells(a=1, n_drug=2, n_event=2, n=4)
    assert found["B", OCRELIZUMAB, BREAST] == Cells(a=1, n_drug=2, n_event=2, n=3)
    assert found["C", OCRELIZUMAB, BREAST] == Cells(a=1, n_drug=2, n_event=2, n=3)
    assert found["A", OCRELIZUMAB, SECONDARY] == Cells(0, 2, 0, 4)


def test_preferred_terms_have_rows_only_where_the_pair_was_reported():
    found = four_reports().cells()
    pt = ("pt", "BREAST CANCER")
    assert found["A", OCRELIZUMAB, pt].a == 1
    assert ("A", ALEMTUZUMAB, pt) not in found
    assert ("A", OCRELIZUMAB, ("pt", "METASTASES TO BONE")) not in found


def test_repeated_rows_count_once():
    data = four_reports()
    expected = data.cells()
    for table in ("drug", "reac"):
        data.tables[table] += [dict(row) for row in data.tables[table]]
    assert data.cells() == expected


def test_litigated_report_leaves_all_four_cells():
    data = four_reports().report(
        "2020q1", 9, drugs=("PS OCREVUS", "SS ZANTAC"), reactions="Breast cancer"
    )
    found = data.cells()
    for comparator, n in (("A", 4), ("B", 3), ("C", 3)):
        for event in (BREAST, ("pt", "BREAST CANCER")):
            assert found[comparator, OCRELIZUMAB, event] == Cells(1, 2, 2, n)
        # The supergroup is not listed for the ingredient: the report stays.
        assert found[comparator, OCRELIZUMAB, MALIGNANCY] == Cells(2, 3, 3, n + 1)


def test_litigated_drug_received_before_its_years_stays():
    data = four_reports().report(
        "2019q1",
        9,
        received=dt.date(2018, 12, 31),
        drugs=("PS OCREVUS", "SS ZANTAC"),
        reactions="Breast cancer",
    )
    assert data.cells()["A", OCRELIZUMAB, BREAST] == Cells(2, 3, 3, 5)


def test_litigated_drug_as_concomitant_stays():
    data = four_reports().report(
        "2020q1", 9, drugs=("PS OCREVUS", "C ZANTAC"), reactions="Breast cancer"
    )
    assert data.cells()["A", OCRELIZUMAB, BREAST] == Cells(2, 3, 3, 5)


def test_c_excludes_the_drug_from_its_own_reference():
    data = four_reports().report(
        "2019q1", 5, received=dt.date(2019, 1, 20), drugs=("PS COPAXONE",)
    )
    found = data.cells()
    # Interferon against glatiramer alone; ocrelizumab is in nobody's reference. The
    # report of interferon came first, so both are in the window.
    assert found["C", AVONEX, BREAST] == Cells(a=1, n_drug=1, n_event=1, n=2)
    assert found["C", OCRELIZUMAB, BREAST] == Cells(a=1, n_drug=2, n_event=2, n=4)
    assert ("C", PLATFORM, BREAST) not in found
    assert ("A", PLATFORM, BREAST) in found


def test_c_starts_with_the_first_receipt_of_the_drug():
    data = four_reports()
    data.report("2019q1", 5, received=dt.date(2019, 1, 14), drugs=("PS AVONEX",))
    # Received earlier, but its drug is known only in a later quarter.
    data.report("2019q2", 6, received=dt.date(2017, 1, 1), drugs=("PS OCREVUS",))
    found = data.cells()
    assert found["C", OCRELIZUMAB, BREAST] == Cells(a=1, n_drug=2, n_event=2, n=3)
    assert found["A", OCRELIZUMAB, BREAST] == Cells(a=1, n_drug=3, n_event=2, n=6)


def test_c_without_reports_of_the_reference_has_zero_c_and_d():
    data = Data().report("2019q1", 1, drugs=("PS OCREVUS",), reactions="Breast cancer")
    assert data.cells()["C", OCRELIZUMAB, BREAST] == Cells(1, 1, 1, 1)


def test_report_with_both_belongs_to_the_drug_not_the_reference():
    data = four_reports().report(
        "2019q1",
        5,
        received=dt.date(2019, 2, 1),
        drugs=("PS OCREVUS", "SS AVONEX"),
        reactions="Breast cancer",
    )
    assert data.cells()["C", OCRELIZUMAB, BREAST] == Cells(2, 3, 3, 4)


def test_drug_keeps_its_rows_after_its_last_report_is_gone():
    data = four_reports().deleted("2019q3", 1).deleted("2019q3", 2)
    assert data.cells("2019q3")["A", OCRELIZUMAB, BREAST] == Cells(0, 0, 1, 2)
    assert not any(drug == ALEMTUZUMAB for _, drug, _ in data.cells("2019q3"))

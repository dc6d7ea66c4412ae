"""The layout tables against the headers that the FDA's files have."""

import pytest

from pvsignal import layout
from pvsignal.errors import LayoutError
from pvsignal.quarter import Quarter

DEMO_A = (
    "ISR CASE I_F_COD FOLL_SEQ IMAGE EVENT_DT MFR_DT FDA_DT REPT_COD MFR_NUM MFR_SNDR "
    "AGE AGE_COD GNDR_COD E_SUB WT WT_COD REPT_DT OCCP_COD DEATH_DT TO_MFR CONFID"
)
DEMO_C = (
    "primaryid caseid caseversion i_f_code event_dt mfr_dt init_fda_dt fda_dt rept_cod "
    "mfr_num mfr_sndr age age_cod gndr_cod e_sub wt wt_cod rept_dt to_mfr occp_cod "
    "reporter_country occr_country"
)
DEMO_D = (
    "primaryid caseid caseversion i_f_code event_dt mfr_dt init_fda_dt fda_dt rept_cod "
    "auth_num mfr_num mfr_sndr lit_ref age age_cod age_grp sex e_sub wt wt_cod rept_dt "
    "to_mfr occp_cod reporter_country occr_country"
)
DRUG_A = (
    "ISR DRUG_SEQ ROLE_COD DRUGNAME VAL_VBM ROUTE DOSE_VBM DECHAL RECHAL LOT_NUM "
    "EXP_DT NDA_NUM"
)
DRUG_C = (
    "primaryid caseid drug_seq role_cod drugname val_vbm route dose_vbm cum_dose_chr "
    "cum_dose_unit dechal rechal lot_num exp_dt nda_num dose_amt dose_unit dose_form "
    "dose_freq"
)
THER_A = "ISR DRUG_SEQ START_DT END_DT DUR DUR_COD"
THER_C = "primaryid caseid dsg_drug_seq start_dt end_dt dur dur_cod"
HEADERS = [
    ("demo", "a", DEMO_A),
    ("demo", "b", DEMO_A + " REPORTER_COUNTRY"),
    ("demo", "c0", DEMO_C),
    ("demo", "c", DEMO_C),
    ("demo", "d", DEMO_D),
    ("drug", "a", DRUG_A),
    ("drug", "b", DRUG_A),
    ("drug", "c0", DRUG_C.replace("lot_num", "lot_nbr")),
    ("drug", "c", DRUG_C),
    ("drug", "d", DRUG_C.replace("drugname", "drugname prod_ai")),
    ("reac", "a", "ISR PT"),
    ("reac", "b", "ISR PT"),
    ("reac", "c0", "primaryid caseid pt"),
    ("reac", "c", "primaryid caseid pt"),
    ("reac", "d", "primaryid caseid pt drug_rec_act"),
    ("outc", "a", "ISR OUTC_COD"),
    ("outc", "b", "ISR OUTC_COD"),
    ("outc", "c0", "primaryid caseid outc_code"),
    ("outc", "c", "primaryid caseid outc_cod"),
    ("outc", "d", "primaryid caseid outc_cod"),
    ("rpsr", "a", "ISR RPSR_COD"),
    ("rpsr", "b", "ISR RPSR_COD"),
    ("rpsr", "c0", "primaryid caseid rpsr_cod"),
    ("rpsr", "c", "primaryid caseid rpsr_cod"),
    ("rpsr", "d", "primaryid caseid rpsr_cod"),
    ("ther", "a", THER_A),
    ("ther", "b", THER_A),
    ("ther", "c0", THER_C),
    ("ther", "c", THER_C),
    ("ther", "d", THER_C),
    ("indi", "a", "ISR DRUG_SEQ INDI_PT"),
    ("indi", "b", "ISR DRUG_SEQ INDI_PT"),
    ("indi", "c0", "primaryid caseid indi_drug_seq indi_pt"),
    ("indi", "c", "primaryid caseid indi_drug_seq indi_pt"),
    ("indi", "d", "primaryid caseid indi_drug_seq indi_pt"),
]


@pytest.mark.parametrize(("table", "era", "header"), HEADERS)
def test_header_of_each_table_and_era_is_the_fdas(table, era, header):
    assert layout.header(table, era) == tuple(header.lower().split())


def test_every_table_and_era_is_covered_above():
    assert {pair[:2] for pair in HEADERS} == {
        (table, era) for table in layout.TABLES for era in ("a", "b", "c0", "c", "d")
    }


@pytest.mark.parametrize(
    ("first", "last", "era"),
    [
        ("2004q1", "2005q2", "a"),
        ("2005q3", "2012q3", "b"),
        ("2012q4", "2012q4", "c0"),
        ("2013q1", "2014q2", "c"),
        ("2014q3", "2026q2", "d"),
    ],
)
def test_eras_begin_and_end_where_the_files_change(first, last, era):
    assert layout.era_of_quarter(Quarter.parse(first)) == era
    assert layout.era_of_quarter(Quarter.parse(last)) == era


def test_quarter_before_the_first_file_has_no_era():
    with pytest.raises(LayoutError, match="2003q4 is before the first file"):
        layout.era_of_quarter(Quarter(2003, 4))


def test_header_that_several_eras_share_is_told_as_the_first_of_them():
    assert layout.era_of_header("demo", layout.header("demo", "d")) == "d"
    assert layout.era_of_header("rpsr", layout.header("rpsr", "d")) == "c0"
    assert layout.eras_of_header("rpsr", layout.header("rpsr", "d")) == ("c0", "c", "d")


def test_unknown_header_has_no_era():
    assert layout.era_of_header("reac", ("primaryid", "caseid", "term")) is None


def test_unknown_table_is_refused_with_the_known_ones():
    with pytest.raises(LayoutError, match="'demos' is no table; there are demo, drug"):
        layout.columns("demos")


@pytest.mark.parametrize("table", layout.TABLES)
def test_no_column_of_any_era_is_left_out_of_the_canonical_ones(table):
    names = [column.name for column in layout.columns(table)]
    assert len(set(names)) == len(names)
    assert names[0] == "primaryid"
    for era in ("a", "b", "c0", "c", "d"):
        placed = layout.canonical(table, era)
        assert list(placed) == list(range(len(layout.header(table, era))))
        assert {column.name for column in placed.values()} <= set(names)


def test_unit_columns_exist_beside_what_they_measure():
    for table in layout.TABLES:
        names = {column.name for column in layout.columns(table)}
        for column in layout.columns(table):
            needs_unit = column.type in ("age", "weight", "duration")
            assert (column.unit_column is not None) == needs_unit
            assert column.unit_column is None or column.unit_column in names


def test_derived_column_follows_its_raw_text():
    names = layout.staged_schema("demo").names
    assert names[:4] == ["quarter", "quarter_no", "line", "primaryid"]
    at = names.index("event_dt")
    assert names[at : at + 3] == ["event_dt", "event_date", "event_date_precision"]
    assert names[names.index("age") + 1] == "age_years"
    assert names[names.index("caseversion") + 1] == "caseversion_no"


def test_legacy_drug_record_begins_with_isr_sequence_and_role():
    fields = (b"7475791", b"1016572490", b"SS")
    forms = layout.record_start("drug", "b")
    assert [bool(f.fullmatch(t)) for f, t in zip(forms, fields, strict=True)] == [
        True,
        True,
        True,
    ]


def test_correction_belongs_to_one_file():
    (known,) = layout.corrections("demo", Quarter(2012, 1))
    assert (known.primaryid, known.text) == ("8129732", "JP-CUBIST-$E2B0000000182")
    assert layout.corrections("demo", Quarter(2012, 2)) == ()
    assert layout.corrections("drug", Quarter(2012, 1)) == ()

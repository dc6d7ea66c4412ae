"""The report on an invented published file: the real views over hand-made tables."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
import math
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from pvsignal.analysis import Analysis, load_analysis
from pvsignal.duplicates import load_model
from pvsignal.progress import NoProgress
from pvsignal.report import write_report
from pvsignal.report.content import (
    AttritionStep,
    BoardRow,
    Estimate,
    Pair,
    RowFate,
)
from pvsignal.report.crossing import failing_terms
from pvsignal.report.html import attrition_flow, fate_table
from pvsignal.report.judged import ClassCheck, GridSummary, YearIc
from pvsignal.report.states import flip_words
from pvsignal.report.words import limits, partial_date, ratio
from pvsignal.signals.rules import agreement
from pvsignal.stats import (
    MgpsPrior,
    chi2,
    chi2_yates,
    detectable_ratio,
    expected,
    information_component,
    prr,
    ror,
)
from pvsignal.warehouse import API, connect_memory, load_frame, read_model, run_model

ANALYSIS = load_analysis()
HOSTILE = "<script>alert('x')</script>"

GROUPS = {"breast": "Breast", "melanoma": "Melanoma of skin", "skin_bcc": "Basal cell"}
SUPERGROUPS = {"any_malignancy": "Any malignancy"}
LABELS = GROUPS | {"skin_benign:benign": "Skin, benign"} | SUPERGROUPS
SUBSTANCES = ("ocrelizumab", "fingolimod", "natalizumab")

# a, b, c, d of the latest quarter. The states they are made for:
ROBUST = {"A": (30, 970, 2000, 400_000), "B": (30, 900, 60, 9000), "C": None}
ONLY_A = {
    "A": (25, 2000, 2000, 400_000),
    "B": (25, 2000, 100, 9000),
    "C": (24, 2000, 40, 3000),
}
INFINITE = {
    "A": (4, 900, 30, 400_000),
    "B": (4, 900, 0, 9000),
    "C": (4, 900, 0, 3000),
}
SILENT = {
    "A": (2, 900, 2000, 400_000),
    "B": (0, 900, 40, 9000),
    "C": (0, 0, 40, 3000),
}
Cells = dict[str, tuple[int, int, int, int] | None]
Pairs = dict[tuple[str, str], Cells]

PAIRS: Pairs = {
    ("ocrelizumab", "breast"): ROBUST,
    ("ocrelizumab", "any_malignancy"): ONLY_A,
    ("fingolimod", "skin_bcc"): INFINITE,
    ("fingolimod", "melanoma"): SILENT,
    ("natalizumab", "breast"): SILENT,
    ("class:s1p_modulator", "skin_bcc"): ROBUST,
}


def statistics(pairs: Pairs, quarters: Sequence[str]) -> pd.DataFrame:
    """Cumulative cells that grow evenly to those of the latest quarter."""
    rows = [
        {
            "variant": "primary",
            "comparator": comparator,
            "drug_level": "class" if drug.startswith("class:") else "substance",
            "drug": drug,
            "event_level": "supergroup" if event in SUPERGROUPS else "group",
            "event": event,
            "quarter": quarter,
            "is_latest": quarter == quarters[-1],
        }
        | {
            name: cell * step // len(quarters)
            for name, cell in zip("abcd", cells, strict=True)
        }
        for (drug, event), populations in pairs.items()
        for comparator, cells in populations.items()
        if cells is not None
        for step, quarter in enumerate(quarters, 1)
    ]
    primary = pd.DataFrame(rows)
    duplicates = primary[primary["is_latest"]].assign(
        variant="with_duplicates", a=lambda x: x["a"] + (x["event"] == "breast") * 2
    )
    return with_statistics(pd.concat([primary, duplicates], ignore_index=True))


PRIOR = MgpsPrior(0.6, 0.2, 1.6, 2.1, 0.1)


def _where(known: np.ndarray, flags: pd.Series) -> pd.Series:
    """Flags where they are known, missing elsewhere."""
    return flags.astype("boolean").where(known)


def with_statistics(table: pd.DataFrame) -> pd.DataFrame:
    cells = [table[name].to_numpy() for name in "abcd"]
    a, b, c, d = cells
    odds, proportions, yates = ror(*cells), prr(*cells), chi2_yates(*cells)
    table = table.assign(n=a + b + c + d, n_drug=a + b, n_event=a + c)
    table["expected"] = expected(*cells)
    for name, found in (("prr", proportions), ("ror", odds)):
        table[name] = found.point
        table[f"{name}_low"] = found.low
        table[f"{name}_high"] = found.high
    scores = PRIOR.score(a, table["expected"])
    has_ebgm = ((table["comparator"] == "A") & (a >= 1)).to_numpy()
    for name in ("ebgm", "eb05", "eb95"):
        table[name] = np.where(has_ebgm, scores[name], np.nan)
    limits, can = ANALYSIS.thresholds, ANALYSIS.evaluable
    small = (a < can.a_min_reports) & (table["expected"] < can.a_min_expected)
    enough = (table["expected"] >= can.bc_min_expected) & (
        c >= can.bc_min_reference_cases
    )
    reported = a >= limits.min_reports
    by_ror = reported & (odds.low > limits.ror_low_min)
    component = information_component(a, table["expected"])
    return table.assign(
        is_exact=odds.is_exact,
        chi2_yates=yates,
        sdr_evans=reported
        & (proportions.point >= limits.prr_min)
        & (yates >= limits.chi2_min),
        sdr_ror=by_ror,
        ic=component.ic,
        ic025=component.ic025,
        ic975=component.ic975,
        chi2=chi2(*cells),
        prior_as_of=np.where(has_ebgm, "2024q4", None),
        prior_borrowed=_where(has_ebgm, table["drug_level"] == "class"),
        sdr_eb05=_where(has_ebgm, reported & (table["eb05"] >= limits.eb05_min)),
        sdr_ic=component.ic025 > 0,
        sdr_screen=by_ror | (component.ic025 > 0),
        detectable_ratio=detectable_ratio(table["expected"]),
        evaluable=np.where(table["comparator"] == "A", ~small, enough),
    )


PAIR = ["drug_level", "drug", "event_level", "event"]


def _latest(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["is_latest"] & (table["variant"] == "primary")]


def verdicts(table: pd.DataFrame, *, has_holes: bool) -> pd.DataFrame:
    found = agreement(_latest(table))
    crossed = found["flagged_in"].str.contains("A+", regex=False) & (not has_holes)
    return found.assign(
        event_label=[LABELS.get(event, event) for event in found["event"]],
        first_crossing=np.where(crossed, "2023q4", None),
        state=np.where(crossed, "emerging", "none")
        if not has_holes
        else "not computed",
        evidence_state=np.where(crossed, "emerging", "none"),
        novelty=np.where(found["on_board"], "unlabelled", None),
        novelty_us=np.where(found["on_board"], "labelled_specific", None),
        novelty_eu=np.where(found["on_board"], "unlabelled", None),
        novelty_words=np.where(found["on_board"], "no label names it", None),
        failing_checks=None,
        is_eligible=True,
        n_countries=3,
        n_senders=2,
        n_professional=2,
    )


class Cases:
    """Case tables that hold as many reports for a pair as its ``a`` says."""

    def __init__(self, table: pd.DataFrame, *, name: str, seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.numbers = itertools.count(10_000_001)
        self.name = name
        self.members: list[tuple[object, ...]] = []
        self.cases: list[tuple[object, ...]] = []
        self.drugs: list[tuple[object, ...]] = []
        self.events: list[tuple[object, ...]] = []
        self.indications: list[tuple[object, ...]] = []
        latest = _latest(table)
        for row in latest[latest["comparator"] == "A"].itertuples():
            pair = latest[(latest["drug"] == row.drug) & (latest["event"] == row.event)]
            counts = dict(zip(pair["comparator"], pair["a"], strict=True))
            for number in range(row.a):
                caseid = next(self.numbers)
                self._add_case(caseid)
                self._add_children(caseid, row.drug, event=row.event)
                self.members += [
                    (
                        *(x, row.drug_level, row.drug),
                        *(row.event_level, row.event, caseid),
                    )
                    for x, a in counts.items()
                    if number < a
                ]

    def _add_case(self, caseid: int) -> None:
        pick = self.random.choice
        day = dt.date(2023, 1, 1) + dt.timedelta(self.random.randrange(600))
        fatal = self.random.random() < 0.1
        self.cases.append(
            (
                *(caseid, caseid * 10 + 1, "2024q4", "faers", 1, day, day),
                day - dt.timedelta(40),
                *(pick(["day", "month", "year"]), "20230101"),
                *(pick([None, 44.4, 61.0]), pick(["F", "F", "M", None])),
                *(pick(["US", "DE", None]), "US", pick(["MD", "CN", None]), True),
                *("EXP", "INVENTED", "INV-1", None),
                *(fatal or pick([True, False]), fatal, "DE|HO" if fatal else None),
                *("indication", False, None, *self._cluster(caseid), True, None),
            )
        )

    def _cluster(self, caseid: int) -> tuple[int | None, int | None]:
        """Every tenth report has two suspected duplicates."""
        return (caseid, 3) if caseid % 10 == 0 else (None, None)

    def _add_children(self, caseid: int, drug: str, *, event: str) -> None:
        therapy = "fingolimod" if drug.startswith("class:") else drug
        key = caseid, caseid * 10 + 1
        start = dt.date(2021, 5, self.random.randrange(1, 28)), "day", None, None
        admitted = therapy, "record_indication", True, "drugname", therapy
        named = "PS", therapy.upper(), None, "ORAL", "1 MG"
        self.drugs += [
            (*key, 1, 1, *named, *start, "Y", None, *admitted),
            (*key, 2, 2, "SS", self.name, *(None,) * 14),
        ]
        base, _, behaviour = event.partition(":")
        group = base if event not in SUPERGROUPS else "melanoma"
        term = f"{group.upper()} TERM {self.random.randrange(3)}"
        self.events.append(
            (
                *(*key, 1, term.title(), term, "neoplasm", None, group),
                *(behaviour or "malignant", False, not behaviour, "list", True, None),
                self.random.random() < 0.1,
            )
        )
        self.indications.append(
            (*key, 1, 1, "Multiple sclerosis", "include", False, None)
        )


PRIVATE = {
    "analysis.variant": "variant text, place int, title text, selection text,"
    " role_set text, indication_rule text, is_aligned boolean, reference text",
    "analysis.variant_comparator": "variant text, comparator text",
    "analysis.selection": "selection text, population text, role_set text,"
    " indication_rule text, counts_litigated boolean",
    "counts.review_member": "comparator text, drug_level text, drug text,"
    " event_level text, event text, caseid bigint",
    "counts.review_case": "caseid bigint, primaryid bigint, quarter text,"
    " source_era text, caseversion int, received_date date, fda_date date,"
    " event_date date, event_date_precision text, event_date_text text,"
    " age_years double, sex text, country text, country_text text, reporter text,"
    " is_professional boolean, report_type text, sender text,"
    " sender_case_number text, literature text, is_serious boolean,"
    " is_fatal boolean, outcomes text, ms_basis text, is_suspected_duplicate boolean,"
    " duplicate_of bigint, duplicate_cluster bigint, duplicate_cluster_size int,"
    " included boolean, reason text",
    "counts.review_drug": "caseid bigint, primaryid bigint, drug_seq bigint,"
    " line int, role text, drugname text, prod_ai text, route text, dose text,"
    " start_date date, start_date_precision text, end_date date,"
    " end_date_precision text, dechal text, rechal text, therapy text,"
    " product_status text, is_admitted boolean, matched_on text, matched_pattern text",
    "counts.exposure_window": "caseid bigint, therapy text, roles text,"
    " is_admitted boolean, start_date date, start_date_precision text, end_date date,"
    " end_date_precision text, event_date date, event_date_precision text,"
    " relation text, onset_days bigint, days_since_end bigint, sequence_no bigint,"
    " n_dated_therapies bigint, window_text text",
    "counts.review_event": "caseid bigint, primaryid bigint, line int, pt text,"
    " term text, event_class text, not_event_reason text, group_id text,"
    " behaviour text, is_secondary boolean, is_incident boolean, matched_rule text,"
    " included boolean, reason text, is_treated_event boolean",
    "counts.review_indication": "caseid bigint, primaryid bigint, line int,"
    " drug_seq bigint, indication text, ms_flag text, is_oncology boolean,"
    " neoplasm_group text",
    "counts.review_version": "caseid bigint, quarter_no smallint, primaryid bigint,"
    " version_state text",
    "counts.review_source_row": "caseid bigint, quarter_no smallint, primaryid bigint,"
    " table_name text, line int",
    "counts.pair_profile": "comparator text, drug_level text, drug text,"
    " event_level text, event text, a_new bigint, a_hcp bigint, a_serious bigint,"
    " a_fatal bigint, a_countries bigint",
    "counts.contributor": "event_level text, event text, litigation_set text,"
    " substance text, n_both bigint, n_substance bigint, n_event bigint, n bigint,"
    " masking_ratio double, place bigint",
    "signals.adjusted": "as_of text, comparator text, drug_level text, drug text,"
    " event_level text, event text, sex text, a bigint, n_drug bigint, n_event bigint,"
    " n bigint, expected double, ror double, ror_low double, ror_high double,"
    " expected_year double, ic_year double, ic025_year double, ic975_year double,"
    " prr_mh double, prr_mh_low double, prr_mh_high double, ror_mh double,"
    " ror_mh_low double, ror_mh_high double, n_strata bigint, a_mh bigint,"
    " ror_age_sex double, ror_age_sex_low double, ror_age_sex_high double,"
    " n_strata_age_sex bigint, a_age_sex bigint, p_homogeneity double,"
    " ror_age_sex_with_unknown double, ror_age_sex_with_unknown_low double,"
    " ror_age_sex_with_unknown_high double, ror_adjusted double,"
    " ror_adjusted_low double, ror_adjusted_high double, ror_adjusted_reporter double,"
    " ror_adjusted_reporter_low double, ror_adjusted_reporter_high double,"
    " adjusted_note text",
    "signals.masked_statistic": "drug_level text, drug text, event_level text,"
    " event text, contributor text, n_both bigint, n_substance bigint,"
    " masking_ratio double, a_without bigint, b_without bigint, c_without bigint,"
    " d_without bigint, prr_without double, ror_without double,"
    " ror_low_without double, ror_high_without double, is_exact_without boolean",
    "signals.grid": "drug text, event text, comparator text, roles text, reporter text,"
    " duplicates text, litigated text, indication_rule text, adjustment text,"
    " a bigint, a_compared bigint, expected double, n bigint, ror double,"
    " ror_low double, ror_high double, is_positive boolean, is_counted boolean,"
    " why_not_counted text",
    "signals.grid_summary": "drug text, event text, n_counted bigint,"
    " n_positive bigint, share_positive double, primary_counted_in text,"
    " primary_positive_in text, worst text, worst_a bigint, worst_ror double,"
    " worst_ror_low double, worst_ror_high double, best text, best_a bigint,"
    " best_ror double, best_ror_low double, best_ror_high double, flips text",
    "signals.grid_choice": "drug text, event text, axis text, value text,"
    " n_counted bigint, n_positive bigint, share_positive double",
    "signals.grid_flip": "drug text, event text, comparator text, choice text,"
    " is_positive boolean",
    "signals.stimulation": "drug text, event text, trait text, value text, place bigint, a bigint,"
    " share_of_a double, n_other bigint, share_of_other double, expected"
    " double, p_burst double, is_burst boolean, a_a_without bigint,"
    " ror_a_without double, ror_low_a_without double, ic_a_without double,"
    " ic025_a_without double, a_b_without bigint, ror_b_without double,"
    " ror_low_b_without double, ic_b_without double, ic025_b_without double,"
    " a_c_without bigint, ror_c_without double, ror_low_c_without double,"
    " ic_c_without double, ic025_c_without double, flagged_in text,"
    " flagged_in_without text, holds_without boolean",
    "signals.onset": "drug_level text, drug text, event_level text, event text,"
    " a bigint, n_dated bigint, n_exact bigint, n_before_start bigint,"
    " n_not_dated bigint, q1_low_days double, q1_high_days double,"
    " median_low_days double, median_high_days double, q3_low_days double,"
    " q3_high_days double, n_under_90 bigint, n_uncertain_90 bigint,"
    " share_under_90 double, share_under_90_low double, share_under_90_high double,"
    " n_under_180 bigint, n_uncertain_180 bigint, share_under_180 double,"
    " share_under_180_low double, share_under_180_high double, n_shape bigint,"
    " shape double, shape_low double, shape_high double, scale_days double",
    "signals.interaction": "drug text, substance text, event_level text, event text,"
    " n_combinations bigint, n111 bigint, n11 bigint, is_therapy boolean, n101 bigint,"
    " n10 bigint, n011 bigint, n01 bigint, n001 bigint, n00 bigint, expected double,"
    " omega double, omega025 double, omega975 double, sdr_omega boolean",
    "signals.multiplicity": "comparator text, drug_level text, drug text, event_level text, event"
    " text, quarter text, m bigint, p_greater double, p_mid double, q_bh"
    " double, pi0_storey double, q_storey double, pi0_lbe double, q_lbe"
    " double, fdr_ebgm double, p_raw double, p_calibrated double,"
    " p_raw_greater double, p_calibrated_greater double, p_lrt double",
    "signals.drug_test": "comparator text, drug_level text, drug text, quarter text, n_drug"
    " bigint, n_events bigint, event text, a bigint, expected double, llr"
    " double, p_lrt double, n_flagged bigint, flagged_events text,"
    " n_simulations bigint, m bigint, q_bh double",
    "signals.control": "comparator text, control_type text, drug text, event_level text, event"
    " text, label_date text, reason text, certainty text, quarter text, a"
    " bigint, b bigint, c bigint, d bigint, expected double, ror double,"
    " ror_low double, ror_high double, is_exact boolean, sdr_ror boolean,"
    " evaluable boolean, sdr_ic boolean, is_judged boolean, is_used boolean,"
    " why_not_used text",
    "signals.empirical_null": "comparator text, quarter text, n_negative bigint, n_negative_counted"
    " bigint, n_negative_judged bigint, n_negative_used bigint, mean_log_ror"
    " double, spread_log_ror double,"
    " mean_log_ror_chance double, ror_null_low double, ror_null_high"
    " double, share_used_above_1 double, share_used_above_null double,"
    " n_positive bigint, n_positive_counted bigint, n_positive_judged bigint,"
    " n_negative_sdr_ror bigint, share_negative_sdr_ror double,"
    " share_low_negative_sdr_ror double, share_high_negative_sdr_ror double,"
    " n_negative_sdr_ic bigint, share_negative_sdr_ic double,"
    " share_low_negative_sdr_ic double, share_high_negative_sdr_ic double,"
    " n_positive_sdr_ror bigint, share_positive_sdr_ror double,"
    " share_low_positive_sdr_ror double, share_high_positive_sdr_ror double,"
    " n_positive_sdr_ic bigint, share_positive_sdr_ic double,"
    " share_low_positive_sdr_ic double, share_high_positive_sdr_ic double,"
    " note text",
    "signals.year_stratified": "drug_level text, drug text, event_level text,"
    " event text, quarter_no smallint, quarter text, a bigint, expected_year double,"
    " ic_year double, ic025_year double, ic975_year double",
    "signals.contrast": "comparator text, drug_level text, drug text,"
    " event_level text, event text, quarter_no smallint, quarter text,"
    " a_recent bigint, b_recent bigint, c_recent bigint, d_recent bigint,"
    " a_before bigint, b_before bigint, c_before bigint, d_before bigint,"
    " ratio double, ratio_low double, ratio_high double, is_exact boolean,"
    " p_rising double, is_rising boolean",
    "signals.surveillance": "drug_level text, drug text, event_level text,"
    " event text, quarter text, first_quarter text, looks_used bigint,"
    " plan_ended boolean, cases bigint, expected double, llr double,"
    " cases_needed bigint, critical_value double, error_spent double,"
    " sdr_maxsprt boolean, first_flag text, n_retracted bigint",
    "signals.surveillance_look": "drug_level text, drug text, event_level text,"
    " event text, quarter_no smallint, quarter text, looks_used bigint,"
    " cases bigint, expected double, llr double, critical_value double,"
    " cases_needed bigint, error_spent double, sdr_maxsprt boolean",
    "signals.prior": "event_level text, status text, prior_as_of text, n_pairs bigint,"
    " is_at_edge boolean, likelihood text, alpha1 double, beta1 double, alpha2 double,"
    " beta2 double, p double, nll double, gradient_norm double, n_starts int,"
    " n_starts_agreeing int",
    "signals.pair_statistic": "is_scored boolean, substance_no int, event_no int,"
    " a bigint, prr double, prr_low double, prr_high double, ror double,"
    " ror_low double, ror_high double, is_exact boolean, chi2_yates double, ic double,"
    " ic025 double, ic975 double, ebgm double, eb05 double, eb95 double",
    "counts.crude_substance": "substance_no int, substance text, n_drug bigint",
    "counts.crude_event": "event_no int, event_level text, event text, n_event bigint,"
    " n bigint",
    "counts.excluded_case": "drug text, event text, term text, caseid bigint,"
    " primaryid bigint, quarter_no smallint, reason text",
    "counts.duplicate": "caseid bigint, linked_caseid bigint, primaryid bigint,"
    " linked_primaryid bigint, quarter text, linked_quarter text, match_weight double, "
    + "".join(
        f"{one.name}_level text, {one.name}_weight double, "
        for one in load_model().comparison
    )
    + "cluster bigint, cluster_size int, is_linked_left_out boolean",
    "counts.attrition": "step_no bigint, part text, step text, kind text, unit text,"
    " n bigint",
    "counts.row_fate": "quarter text, quarter_no smallint, fate text, n_rows bigint",
    "counts.litigated_year": "ingredient text, received_year int, n_reports bigint,"
    " is_removed boolean",
    "counts.unmatched_name": "drugname text, prod_ai text, n_records bigint",
    "counts.name_share": "quarter text, quarter_no smallint, method text,"
    " n_records bigint, share double",
    "cohort.own_substance": "drug text, substance text",
    "cohort.name_substance": "drugname text, prod_ai text, method text,"
    " ingredient_text text, modal_share double, n_records bigint, substance text",
    "counts.review_term": "term text, event_class text, not_event_reason text,"
    " group_id text, behaviour text, is_secondary boolean, is_incident boolean,"
    " rule text, first_quarter text, n_reports bigint, n_with_ms_therapy bigint",
    "counts.quarter": "quarter text, table_name text, member text, era text,"
    " physical_lines bigint, header_lines bigint, blank_lines bigint, splits bigint,"
    " joins bigint, staged bigint, rejected bigint, known_rows bigint,"
    " known_from text, known_reason text,"
    " n_orphans bigint, n_without_drug bigint, n_without_reaction bigint,"
    " archive text, archive_sha256 text, archive_url text, quarter_no smallint",
    "counts.reject": "quarter text, table_name text, member text, line int,"
    " reason text, bytes blob",
    "source.check_result": "name text, severity text, effect text, title text,"
    " n_rows bigint",
    "source.check_row": "name text, row_no bigint, quarter text, figures text",
    "codelists.event_term": "event_level text, event text, term text",
    "codelists.list": "list text, title text, version text, changed text,"
    " certainty text, source text, n_rows bigint, sha256 text",
    "signals.run": "run text, inputs text, as_of text, origin text, analysis text,"
    " analysis_sha256 text, codelists_sha256 text, meddra_sha256 text,"
    " staging_version text, linkage_version text,"
    " pvsignal_version text, n_quarters_held int, n_quarters_span int,"
    " first_quarter text, last_quarter text, started text",
    "signals.ledger": "seq bigint, kind text, run text, as_of text, body text,"
    " previous_hash text, hash text",
    "codelists.drug_member": "drug_level text, drug text, label text, therapy text",
    "codelists.label_cover": "label_no int, event text, cover text",
    "codelists.label_date": "label_no int, ingredient text, event_level text, event text,"
    " event_label text, listed_name text, jurisdiction text, scope text,"
    " wording text, known_from_date date, date_precision text, date_text"
    " text, known_from_no int, known_from_quarter text, certainty text, note"
    " text",
    "codelists.label_difference": "ingredient text, event_level text, event text, event_label text,"
    " difference text, n_labels int, n_sentences int, first_sentence text,"
    " listed_since text, read_date text",
    "codelists.label_text": "ingredient text, brand_name text, set_id text, version text,"
    " label_date date, read_date text, section text, sentence_no int,"
    " sentence text, words text, events text, is_other_product boolean",
    "codelists.notoriety_date": "date_no int, kind text, ingredient text, first_day date, last_day"
    " date, date_text text, window_last_day date, first_no int, last_no int,"
    " quarter text, what text, source text, certainty text",
    "codelists.notoriety_drug": "drug text, date_no int",
    "codelists.therapy_class": "drug text, label text, members text, mechanism text, rationale text,"
    " certainty text",
    "counts.lead": "drug text, event_level text, event text, caseid bigint, quarter_no"
    " smallint, quarter text, still_counts boolean",
    "signals.change": "drug_level text, drug text, event_level text, event text, comparator"
    " text, cell text, before bigint, now bigint, new_cases bigint,"
    " follow_ups bigint, deletions bigint, duplicates bigint, background"
    " bigint, archives bigint, vocabulary bigint, code_lists bigint,"
    " is_mixed boolean, counted_before boolean, counted_now boolean,"
    " flagged_before boolean, flagged_now boolean, on_board_before boolean,"
    " on_board_now boolean",
    "signals.change_run": "from_run text, from_as_of text, to_as_of text, is_computed boolean,"
    " differs text, n_cells_revised bigint, note text",
    "signals.changed_case": "drug_level text, drug text, event_level text, event text, caseid"
    " bigint, reason text, is_mixed boolean, comparator text, change text",
    "signals.class_check": "drug text, event_level text, event text, quarter_no smallint, quarter"
    " text, is_latest boolean, crosses boolean, n_members bigint,"
    " largest_member text, a bigint, n_drug bigint, a_without bigint,"
    " n_drug_without bigint, ic025_year double, ic025_year_without double,"
    " ror_low_b double, ror_low_without_b double, ror_low_c double,"
    " ror_low_without_c double, crosses_without boolean, holds boolean",
    "signals.error_budget": "quarter_no smallint, quarter text, permutations bigint, expected_new"
    " double, standard_error double, new_low bigint, new_high bigint,"
    " expected_emerging double, observed_new bigint, observed_emerging"
    " bigint, share_kept double",
    "signals.pair_chance": "drug_level text, drug text, event_level text, event text, permutations"
    " bigint, a bigint, mean_a double, p_permutation double,"
    " share_ever_crossing double, share_crossing double, p_crossing double",
    "signals.pair_check": "drug text, event text, quarter_no smallint, check_id text, outcome"
    " text, value double, of_n bigint, words text, quarter text",
    "signals.pair_state": "drug text, event text, quarter_no smallint, a bigint, n_drug bigint,"
    " by_a boolean, by_b boolean, by_c boolean, evaluable_b boolean,"
    " evaluable_c boolean, is_screened boolean, n_entered bigint,"
    " n_countries bigint, n_senders bigint, n_professional bigint,"
    " is_eligible boolean, crosses boolean, is_provisional boolean,"
    " evidence_state text, first_crossing_no bigint, novelty text,"
    " novelty_us text, novelty_eu text, novelty_words text, failing_checks"
    " text, state text, first_crossing text, quarter text",
    "signals.review": "drug text, event text, decision text, decided_by text,"
    " decided_on text, reason text, as_of text, a_then bigint, state_then text, status text,"
    " why_reopened text, seq bigint",
}


def fill(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[object]) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))  # type: ignore[arg-type]
        con.executemany(f"insert into {table} values ({marks})", rows)


def publish(
    con: duckdb.DuckDBPyConnection,
    *,
    pairs: Pairs = PAIRS,
    origin: str = "simulated",
    name: str = "ASPIRIN",
    started: str = "2026-11-23T10:00:00Z",
    quarters: Sequence[str] = ("2023q3", "2023q4", "2024q1", "2024q2"),
    n_span: int | None = None,
    has_label_texts: bool = True,
) -> None:
    """Invented private tables and the real views and macros of ``sql/5_api``."""
    for table, columns in PRIVATE.items():
        con.execute(f"create schema if not exists {table.split('.')[0]}")
        con.execute(f"create table {table} ({columns})")
    table = statistics(pairs, quarters)
    n_span = n_span or len(quarters)
    load_frame(con, "signals.statistic", table)
    load_frame(
        con, "signals.verdict", verdicts(table, has_holes=n_span > len(quarters))
    )
    cases = Cases(table, name=name)
    fill(con, "counts.review_member", cases.members)
    fill(con, "counts.review_case", cases.cases)
    fill(con, "counts.review_drug", cases.drugs)
    fill(con, "counts.review_event", cases.events)
    run_model(con, read_model("4_counts/listed_case"))
    fill(con, "counts.review_indication", cases.indications)
    con.execute(
        "insert into codelists.event_term select distinct m.event_level, m.event, e.term"
        " from counts.review_member as m join counts.review_event as e using (caseid)"
        " where e.included"
    )
    run_model(con, read_model("4_counts/pair_case"))
    con.execute(
        "insert into counts.pair_profile select comparator, drug_level, drug,"
        " event_level, event, a // 4, a // 2, a // 2, a // 10, least(a, 5)"
        " from signals.statistic where is_latest and variant = 'primary'"
    )
    con.execute(
        "insert into analysis.variant values ('primary', 0, 'as the analysis says',"
        " 's', 'PS+SS', 'standard', false, 'platform_reference'), ('with_duplicates',"
        " 1, 'suspected duplicates are counted', 'd', 'PS+SS', 'standard', false,"
        " 'platform_reference')"
    )
    con.execute(
        "insert into analysis.variant_comparator select variant, unnest(['A','B','C'])"
        " from analysis.variant"
    )
    con.execute(
        "insert into analysis.selection values ('s', 'is_suspected_duplicate = no',"
        " 'PS+SS', 'standard', false), ('d', 'all', 'PS+SS', 'standard', false)"
    )
    con.execute(
        "insert into signals.masked_statistic select drug_level, drug, event_level,"
        " event, 'ranitidine', 40, 900, 1.25, a, b, greatest(c - 40, 0), d, prr, ror,"
        " ror_low, 'inf', false from signals.statistic where is_latest and variant ="
        " 'primary' and comparator = 'A' and event_level in ('group', 'supergroup')"
    )
    _judged(con, quarters)
    if has_label_texts:
        _label_texts(con)
    excluded = ("ocrelizumab", "breast", "BREAST CANCER", 9_000_001, 90_000_011, 8099)
    fill(
        con,
        "counts.excluded_case",
        [(*excluded, "outcome: indication"), (*excluded, "product: other_form")],
    )
    fill(
        con,
        "counts.attrition",
        [
            (1, "cases", "DEMO rows staged", "left", "rows", 1_234_567),
            (2, "cases", "withdrawn by the FDA", "removed", "versions", 12),
        ],
    )
    fill(
        con,
        "counts.litigated_year",
        [
            ("ranitidine", 2020, 512, True),
            ("ranitidine", 2018, 3, False),
            ("talc", None, 0, False),
        ],
    )
    fill(con, "counts.unmatched_name", [(name, None, 31), ("NEW BRAND", None, 2)])
    fill(con, "counts.quarter", list(accounting(quarters)))
    fill(
        con,
        "counts.reject",
        [("2024q1", "drug", "DRUG24Q1.txt", 17, "12 fields instead of 20", b"1$2\xff")],
    )
    fill(
        con,
        "source.check_result",
        [
            ("blank_terms", "block", "passed", "no terms; land again", 0),
            ("blank_shares", "note", "note", "a jump of blanks", 5),
        ],
    )
    fill(
        con,
        "source.check_row",
        [
            ("blank_shares", place, quarter, figures(quarter, name))
            for place, quarter in enumerate(quarters, 1)
        ],
    )
    fill(
        con,
        "codelists.list",
        [
            (
                "ms_therapies",
                "MS therapies",
                "1",
                "2026-11-23",
                "high",
                "own",
                60,
                "b" * 64,
            )
        ],
    )
    stamp = (origin, "ms_malignancy", "c" * 64, "d" * 12, None, "e" * 12)
    span = (len(quarters), n_span, quarters[0], quarters[-1], started)
    fill(
        con,
        "signals.run",
        [("a" * 12, "f" * 12, quarters[-1], *stamp, "9" * 12, "0.1.0", *span)],
    )
    for path in API:
        run_model(con, read_model(path))


def _judged(con: duckdb.DuckDBPyConnection, quarters: Sequence[str]) -> None:
    """What a run concludes of one pair, and of the board."""
    pair = ("ocrelizumab", "breast")
    insert_named(
        con,
        "signals.pair_state",
        [
            {"drug": pair[0], "event": pair[1], "quarter": quarter, "state": state}
            | {"evidence_state": state, "is_screened": True}
            for quarter, state in zip(
                quarters, ["none", "new", "emerging", "emerging"], strict=False
            )
        ],
    )
    insert_named(
        con,
        "signals.pair_check",
        [
            {"drug": pair[0], "event": pair[1], "quarter": quarters[-1]}
            | {"check_id": check, "outcome": outcome, "words": words}
            for check, outcome, words in (
                ("concentration", "passes", "no sender holds most"),
                ("notoriety", "fails", "5 of 8 cases came after a letter"),
                ("markers", "not applicable", "no marker of the organ"),
            )
        ],
    )
    insert_named(
        con,
        "signals.grid_summary",
        [
            {"drug": pair[0], "event": pair[1], "n_counted": 20, "n_positive": 14}
            | {"worst": "B: role PS only", "worst_a": 9, "worst_ror": 1.1}
            | {"primary_counted_in": "A"}
        ],
    )
    insert_named(
        con,
        "signals.year_stratified",
        [
            {"drug": pair[0], "event_level": level, "event": event, "ic025_year": low}
            | {"quarter": quarters[-1]}
            for level, event, low in (
                ("group", pair[1], 0.4),
                ("supergroup", "any_malignancy", -0.2),
            )
        ],
    )
    class_ = "class:s1p_modulator"
    insert_named(
        con,
        "codelists.therapy_class",
        [{"drug": class_, "label": "S1P", "members": "fingolimod, siponimod"}],
    )
    insert_named(
        con,
        "signals.class_check",
        [
            {"drug": class_, "event_level": "group", "event": "skin_bcc"}
            | {"quarter": quarters[-1], "is_latest": True, "crosses": True}
            | {"n_members": 1, "largest_member": "fingolimod", "a": 30}
            | {"n_drug": 1000, "a_without": 2, "n_drug_without": 90}
            | {"ic025_year": 1.1, "ic025_year_without": -0.3, "ror_low_b": 2.0}
            | {"crosses_without": False, "holds": False}
        ],
    )
    insert_named(
        con,
        "signals.grid",
        [
            {"drug": pair[0], "event": pair[1], "comparator": comparator}
            | {"roles": role, "is_counted": why is None, "why_not_counted": why}
            for comparator, role, why in (
                ("A", "PS", None),
                ("B", "PS", "population too small"),
                ("B", "PS+SS", "population too small"),
                ("B", "any", "not evaluable"),
            )
        ],
    )
    insert_named(
        con,
        "signals.change",
        [
            {"drug_level": "substance", "drug": pair[0], "event_level": "group"}
            | {"event": pair[1], "comparator": "A", "cell": "a", "before": 25}
            | {"now": 30, "new_cases": 6, "follow_ups": 0, "deletions": -1}
            | {"duplicates": 0, "background": 0, "archives": 0, "vocabulary": 0}
            | {"code_lists": 0, "is_mixed": False}
        ],
    )
    insert_named(
        con,
        "signals.change_run",
        [
            {"from_run": "0" * 12, "from_as_of": quarters[0], "is_computed": True}
            | {"to_as_of": quarters[-1]}
        ],
    )
    insert_named(
        con,
        "signals.error_budget",
        [
            {"quarter": quarter, "permutations": 200, "expected_new": 0.4}
            | {"expected_emerging": 1.5, "observed_new": 1, "share_kept": 0.02}
            | {"observed_emerging": 4}
            for quarter in quarters[-2:]
        ],
    )
    insert_named(
        con,
        "signals.empirical_null",
        [
            {"comparator": "A", "n_negative": 30, "n_negative_judged": 22}
            | {"n_negative_used": 20, "n_negative_sdr_ror": 2, "n_negative_sdr_ic": 1}
            | {"share_negative_sdr_ror": 2 / 22, "share_low_negative_sdr_ror": 0.025}
            | {"share_high_negative_sdr_ror": 0.278, "n_positive": 9}
            | {"n_positive_judged": 8, "n_positive_sdr_ror": 6}
        ],
    )
    insert_named(
        con,
        "signals.stimulation",
        [
            {"drug": pair[0], "event": pair[1], "trait": "country", "value": "US"}
            | {"place": 1, "a": 20, "share_of_a": 0.7, "holds_without": True}
        ],
    )
    insert_named(
        con,
        "signals.review",
        [
            {"seq": 7, "drug": pair[0], "event": pair[1], "decision": "monitor"}
            | {"reason": "seen at the meeting", "decided_by": "A. Reviewer"}
            | {"decided_on": "2024-05-01", "as_of": quarters[0], "a_then": 11}
            | {"state_then": "new", "status": "reopened"}
            | {"why_reopened": "19 further cases"}
        ],
    )
    insert_named(
        con,
        "counts.lead",
        [
            {"drug": "fingolimod", "event": "melanoma", "caseid": caseid}
            | {"quarter": quarter, "still_counts": True}
            for caseid, quarter in ((1, quarters[-1]), (2, quarters[0]))
        ],
    )
    insert_named(
        con,
        "codelists.drug_member",
        [{"drug_level": "substance", "drug": pair[0], "therapy": pair[0]}],
    )
    insert_named(
        con,
        "codelists.label_date",
        [
            {"label_no": 1, "ingredient": pair[0], "event": pair[1]}
            | {"jurisdiction": "US", "known_from_quarter": quarters[0]}
            | {"known_from_date": dt.date(2023, 7, 1), "date_text": "2023-07"}
        ],
    )
    insert_named(
        con,
        "codelists.label_cover",
        [{"label_no": 1, "event": pair[1], "cover": "names"}],
    )
    insert_named(
        con,
        "codelists.notoriety_date",
        [
            {"date_no": 1, "kind": "substance", "ingredient": pair[0]}
            | {"quarter": quarters[0], "first_day": dt.date(2023, 8, 1)}
            | {"date_text": "2023-08", "what": "letter to doctors"}
        ],
    )
    insert_named(con, "codelists.notoriety_drug", [{"drug": pair[0], "date_no": 1}])
    body = {"drug": pair[0], "event": pair[1], "from": "new", "to": "emerging"}
    body["reason"] = "still crosses, and a further case came in"
    insert_named(
        con,
        "signals.ledger",
        [
            {"seq": 1, "kind": "state", "run": "a" * 12, "as_of": quarters[-1]}
            | {"body": json.dumps(body)}
        ],
    )


def _label_texts(con: duckdb.DuckDBPyConnection) -> None:
    """Sentences of labels, and where they differ from the dated list."""
    sentences = (
        ("ocrelizumab", "set-a", "BRAND A", "breast|all_breast", 3),
        ("ocrelizumab", "set-b", "BRAND B", "breast|all_breast", 2),
        ("ocrelizumab", "set-a", "BRAND A", None, 3),
        ("fingolimod", "set-c", "BRAND C", "skin_bcc", 1),
    )
    said = {
        "breast|all_breast": "Breast tumours were reported <more> often.",
        "skin_bcc": "Basal cell tumours were reported.",
    }
    read = {"read_date": "2024-05-02", "section": "adverse_reactions"}
    insert_named(
        con,
        "codelists.label_text",
        [
            {"ingredient": ingredient, "set_id": set_id, "brand_name": brand}
            | {"events": events, "label_date": dt.date(2024, month, 1)}
            | {"sentence": said.get(events or "", "Melanoma was reported.")}
            | {"sentence_no": place, "is_other_product": False}
            | read
            for place, (ingredient, set_id, brand, events, month) in enumerate(
                sentences, 1
            )
        ],
    )
    insert_named(
        con,
        "codelists.label_difference",
        [
            {"ingredient": "ocrelizumab", "event": "breast", "difference": "list only"}
            | {"listed_since": "2023-07", "read_date": "2024-05-02"},
            {"ingredient": "fingolimod", "event": "skin_bcc", "n_labels": 1}
            | {"difference": "text only", "read_date": "2024-05-02"}
            | {"n_sentences": 2, "first_sentence": said["skin_bcc"]},
        ],
    )


def insert_named(
    con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[dict[str, object]]
) -> None:
    """Insert rows by the names of their columns; the others are NULL."""
    for row in rows:
        names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        con.execute(
            f"insert into {table} ({names}) values ({marks})", list(row.values())
        )


def figures(quarter: str, value: str) -> str:
    row = {"quarter": quarter, "table_name": "demo", "n_rows": 1234, "value": value}
    return json.dumps(row)


def accounting(quarters: Sequence[str]) -> Iterator[tuple[object, ...]]:
    for quarter, table in itertools.product(quarters, ("demo", "drug", "reac")):
        member = f"{table.upper()}{quarter[2:].upper()}.txt"
        archive = f"faers_ascii_{quarter}.zip"
        yield (
            *(quarter, table, member, "d", 1001, 1, 0, 0, 0, 1000, 0),
            *(1000, "shipped", None, None if table == "demo" else 7),
            *((2, 3) if table == "demo" else (None, None)),
            *(archive, "9" * 64, f"https://example.invalid/{archive}", None),
        )


def report(folder: Path, *, analysis: Analysis = ANALYSIS, **options: object) -> str:
    with connect_memory() as con:
        publish(con, **options)  # type: ignore[arg-type]
        page = write_report(con, folder, analysis=analysis, progress=NoProgress())
    return page.read_text("utf-8")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("report")
    return report(folder, name=HOSTILE), folder


class Page(HTMLParser):
    """Headers, references, identifiers and visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headers: list[dict[str, str | None]] = []
        self.references: list[str] = []
        self.identifiers: list[str] = []
        self.policies: list[str] = []
        self.scripts = 0
        self.tables: list[int] = []
        self.images: list[dict[str, str | None]] = []
        self._words: list[str] = []
        self._hidden = 0
        self.feed(text)
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self._hidden += tag in ("style", "script")
        self.scripts += tag == "script"
        if tag == "th":
            self.headers.append(found)
            self.tables[-1] += 1
        if tag == "table":
            self.tables.append(0)
        if tag == "svg":
            self.images.append(found)
        if "http-equiv" in found:
            self.policies.append(found["content"] or "")
        self.identifiers += [found["id"] or ""] if "id" in found else []
        self.references += [
            value or ""
            for name, value in attrs
            if name in ("src", "href", "xlink:href", "action", "data", "srcset")
        ]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._words.append(data)


def test_the_same_input_gives_the_same_bytes_whatever_the_clock(
    simulated: tuple[str, Path], tmp_path: Path
) -> None:
    text, folder = simulated
    again = report(tmp_path, name=HOSTILE, started="2031-01-01T00:00:00Z")
    assert again == text
    files = sorted((folder / "tables").iterdir())
    assert {f.name: f.read_bytes() for f in files} == {
        f.name: f.read_bytes() for f in sorted((tmp_path / "tables").iterdir())
    }


def test_markup_in_a_drug_name_is_shown_and_not_run(
    simulated: tuple[str, Path],
) -> None:
    text, _ = simulated
    page = Page(text)
    assert HOSTILE not in text
    assert HOSTILE in page.text
    assert page.scripts == 1
    assert "script-src 'sha256-" in page.policies[0]


def test_page_refers_to_nothing_outside(simulated: tuple[str, Path]) -> None:
    text, folder = simulated
    page = Page(text)
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert "@import" not in text
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", text)
    for reference in page.references:
        if reference.startswith("#"):
            assert reference[1:] in page.identifiers
        else:
            assert (folder / reference).is_file()


def test_identifiers_are_unique(simulated: tuple[str, Path]) -> None:
    page = Page(simulated[0])
    assert len(page.identifiers) == len(set(page.identifiers))


def test_every_table_has_headers_with_a_scope(simulated: tuple[str, Path]) -> None:
    page = Page(simulated[0])
    assert page.tables and all(page.tables)
    assert {header.get("scope") for header in page.headers} <= {
        "col",
        "row",
        "rowgroup",
    }


def test_every_drawing_has_a_label_and_a_summary(simulated: tuple[str, Path]) -> None:
    text, _ = simulated
    page = Page(text)
    assert len(page.images) == 1 + 2 * 4  # the board, and two for each of its pairs
    assert all(image["role"] == "img" and image["aria-label"] for image in page.images)
    assert text.count("<figcaption>") == len(page.images)


def test_simulated_data_are_labelled_in_title_at_the_top_and_in_each_section(
    simulated: tuple[str, Path],
) -> None:
    text, _ = simulated
    assert "<title>SIMULATED DATA: " in text
    assert text.index("Simulated data. Every report") < text.index("<h1>")
    sections = re.split(r"<section |<article ", text)[1:]
    assert len(sections) == 8 + 4
    assert all("SIMULATED DATA" in section for section in sections)


@pytest.mark.parametrize("origin", ["mirror", "fda"])
def test_real_data_are_labelled_by_their_origin(origin: str, tmp_path: Path) -> None:
    text = report(tmp_path, origin=origin)
    assert "SIMULATED" not in text
    assert f"Origin {origin}." in text


def test_limits_stand_before_the_board_and_any_number(
    simulated: tuple[str, Path],
) -> None:
    text, _ = simulated
    limits_at = text.index("What this page cannot say")
    assert limits_at < text.index("Signal board</h2>")
    assert limits_at < text.index("pairs scored")
    statement = text[limits_at : text.index('id="board"')]
    for words in (
        "no denominators",
        "incidence",
        "cause",
        "no reassurance",
        "Not evaluable",
        "Suspected duplicates are left out",
        "vocabulary is today's",
        "contradict each other",
        "crude",
        "quarters",
    ):
        assert words in statement


def test_words_that_promise_too_much_are_not_used(
    simulated: tuple[str, Path],
) -> None:
    text, _ = simulated
    before, _, rest = text.partition("What this page cannot say")
    _, _, after = rest.partition('id="board"')
    for part in (before, after):
        shown = Page(part).text.lower()
        assert not re.search(
            r"\b(risks?|incidence( of)?|caus(e|ed|es|al|ing)|rates?|safer?)\b",
            shown.replace("not a finding of safety", ""),
        )


def test_nothing_on_the_board_is_said_with_what_it_means(tmp_path: Path) -> None:
    text = report(tmp_path, pairs={("fingolimod", "melanoma"): SILENT})
    assert "Nothing is on the board" in text
    assert "not a finding of safety" in text
    assert "<article" not in text


def test_checks_with_a_note_stand_with_their_first_rows(
    simulated: tuple[str, Path],
) -> None:
    shown = Page(simulated[0]).text
    assert "1 check passed, 1 left a note, none blocked" in shown
    assert "blank shares a jump of blanks 5 2023q3: demo, rows 1,234" in shown
    assert "and 1 more" in shown
    assert "origin is simulated" in shown


def test_infinite_ratios_and_unknown_ones_are_written_as_signs(
    simulated: tuple[str, Path],
) -> None:
    shown = Page(simulated[0]).text
    assert "∞" in shown
    assert not re.search(r"\b(inf|nan|None|null)\b", shown)
    assert ratio(math.inf) == "∞"
    assert ratio(None) == ratio(math.nan) == "–"
    assert limits(None, math.nan) == ""


def test_partial_dates_are_shown_as_exactly_as_they_were_stated() -> None:
    day = dt.date(2019, 3, 1)
    assert [partial_date(day, p) for p in ("year", "month", "day")] == [
        "2019",
        "2019-03",
        "2019-03-01",
    ]
    assert partial_date(None) == "–"


def test_a_flag_without_reference_cases_is_marked_as_not_evaluable(
    simulated: tuple[str, Path],
) -> None:
    assert "flagged, few to compare with" in simulated[0].split("<tbody>", 1)[1]


def test_agreement_of_a_comparator_too_small_to_judge_is_told_apart(
    simulated: tuple[str, Path],
) -> None:
    infinite, robust = (
        simulated[0].split(f'id="pair-{name}"')[1].split("</article>")[0]
        for name in ("fingolimod--skin_bcc", "ocrelizumab--breast")
    )
    assert "the agreement is provisional" in infinite
    assert "the pair is robust" in robust


def test_the_board_is_ordered_by_state(simulated: tuple[str, Path]) -> None:
    text, _ = simulated
    board = text.split('id="board-table"')[1]
    emerging, others = board.index("Emerging ("), board.index("Flagged only (")
    assert emerging < board.index("#pair-ocrelizumab--breast") < others
    assert others < board.index("#pair-ocrelizumab--any_malignancy")


def _none(kind: type[Any], **known: Any) -> Any:
    """Record with the fields given and None elsewhere."""
    return kind(**dict.fromkeys(kind.__dataclass_fields__) | known)


def article(text: str, anchor: str) -> str:
    return text.split(f'id="pair-{anchor}"')[1].split("</article>")[0]


def test_a_pair_is_read_from_verdict_to_decisions(simulated: tuple[str, Path]) -> None:
    pair = article(simulated[0], "ocrelizumab--breast")
    places = [
        pair.index(text)
        for text in (
            "<strong>Emerging</strong>",
            "<h4>For</h4>",
            "<h4>Against</h4>",
            "<h4>Could not be looked at</h4>",
            "Does it survive other choices?",
            "Labels and dates of notoriety",
            "Reports behind a in comparator A",
            "Reports left out, with the reason",
            "<h4>Decisions</h4>",
        )
    ]
    assert places == sorted(places)


def test_checks_stand_as_reasons_on_their_side(simulated: tuple[str, Path]) -> None:
    pair = article(simulated[0], "ocrelizumab--breast")
    supporting, rest = pair.split("<h4>Against</h4>")
    against, open_ = rest.split("<h4>Could not be looked at</h4>")
    assert "no sender holds most" in supporting.split("<h4>For</h4>")[1]
    assert "5 of 8 cases came after a letter" in against
    assert "no marker of the organ" in open_


def test_a_pair_shows_its_states_changes_marks_and_decisions(
    simulated: tuple[str, Path],
) -> None:
    pair = article(simulated[0], "ocrelizumab--breast")
    assert "2023q4 new; 2024q1 to 2024q2 emerging" in pair
    assert "25 in the run before, 30 now: new cases +6, deletions -1" in pair
    assert "label US: names it (breast)" in pair
    assert "letter to doctors" in pair
    assert "seen at the meeting" in pair
    assert "reopened" in pair


def test_the_grid_says_what_is_counted_and_which_comparator_was_not_asked(
    simulated: tuple[str, Path],
) -> None:
    pair = Page(article(simulated[0], "ocrelizumab--breast")).text
    line = "14 of 20 counted specifications of the grid are positive"
    assert f"{line}; 3 could not be counted" in pair
    assert (
        "3 specifications are not counted: 2 in B, population too small; "
        "1 in B, not evaluable."
    ) in pair
    assert "No counted choice turns the flag of A. B could not be asked" in pair
    assert "members of the reference among them, stand below" in pair
    assert "No single choice" not in pair


def _quiet(**known: Any) -> Pair:
    """Pair in the state none that would cross but for what is given."""
    in_a = _none(Estimate, comparator="A", a=9, n_drug=400, evaluable=True)
    in_b = _none(
        Estimate, comparator="B", a=9, ror_low=1.4, sdr_ror=True, evaluable=True
    )
    facts: dict[str, Any] = {"state": "none", "is_eligible": True}
    facts |= {"n_countries": 3, "n_senders": 2, "n_professional": 1}
    facts["estimates"] = (in_a, in_b)
    own = {name: value for name, value in known.items() if name in facts}
    rest = {name: value for name, value in known.items() if name not in facts}
    row = _none(BoardRow, **(facts | own))
    return _none(Pair, row=row, **({"year": YearIc(0.2)} | rest))


def _of_class(**known: Any) -> ClassCheck:
    facts: dict[str, Any] = {"crosses": True, "n_members": 3, "holds": False}
    facts |= {"largest_member": "fingolimod", "members": "fingolimod, siponimod"}
    facts |= {"a": 20, "n_drug": 500, "a_without": 4, "n_drug_without": 90}
    facts |= {"ic025_year": 1.1, "crosses_without": False}
    return _none(ClassCheck, **(facts | known))


def _b(*, sdr_ror: bool, evaluable: bool) -> Estimate:
    low = 1.4 if sdr_ror else 0.9
    return _none(
        Estimate, comparator="B", a=9, ror_low=low, sdr_ror=sdr_ror, evaluable=evaluable
    )


def test_a_pair_that_gives_every_term_has_no_failing_one() -> None:
    assert failing_terms(_quiet(), ANALYSIS) == ()


def test_a_pair_in_another_state_is_not_asked() -> None:
    pair = _quiet(state="provisional_only", year=YearIc(-1.0))
    assert failing_terms(pair, ANALYSIS) == ()


_IN_A = _none(Estimate, comparator="A", a=9, n_drug=77, evaluable=True)
_IN_B = _b(sdr_ror=True, evaluable=True)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (
            {"is_eligible": False, "estimates": (_IN_A, _IN_B)},
            "not eligible: 77 reports of the drug, 100 are asked for",
        ),
        (
            {"is_eligible": False, "n_professional": 0},
            "not eligible: 0 reports of a health professional, 1 asked for",
        ),
        (
            {"is_eligible": False, "n_countries": 1, "n_senders": 1},
            "not eligible: 1 country and 1 sender, 2 countries or 2 senders are asked "
            "for",
        ),
        (
            {"year": YearIc(-0.05)},
            "A does not give its part: IC025 by year of receipt -0.05, to be above 0",
        ),
        (
            {"year": YearIc(-0.001)},
            "A does not give its part: IC025 by year of receipt -0.0010, to be above 0",
        ),
        (
            {"year": None},
            "A does not give its part: IC025 by year of receipt –, to be above 0",
        ),
        (
            {"estimates": (_IN_A, _b(sdr_ror=True, evaluable=False))},
            "neither B nor C can judge the pair (there is no comparator C)",
        ),
        (
            {"estimates": (_IN_A, _b(sdr_ror=False, evaluable=True))},
            "neither B nor C flags by the ROR where it can judge the pair (lower limit "
            "above 1 with 3 reports): B: lower limit 0.90 with 9 reports (there is no "
            "comparator C)",
        ),
        (
            {
                "estimates": (
                    _IN_A,
                    _b(sdr_ror=False, evaluable=True),
                    replace(_b(sdr_ror=True, evaluable=False), comparator="C"),
                )
            },
            "neither B nor C flags by the ROR where it can judge the pair (lower limit "
            "above 1 with 3 reports): B: lower limit 0.90 with 9 reports; C: lower "
            "limit 1.40 with 9 reports, cannot judge",
        ),
        (
            {"of_class": _of_class(n_members=1, n_drug_without=0)},
            "the class crosses by statistics, but one member alone brings it: "
            "fingolimod is the only one with 3 reports; without fingolimod no report "
            "of the class is left",
        ),
        (
            {"of_class": _of_class(ic025_year_without=-0.12)},
            "the class crosses by statistics, but without fingolimod it does not cross "
            "(IC025 -0.12)",
        ),
        (
            {
                "of_class": _of_class(
                    ic025_year_without=0.3, ror_low_without_b=0.81, a_without=1
                )
            },
            "the class crosses by statistics, but without fingolimod it does not cross "
            "(lower limit of the ROR 0.81 in B and – in C, 1 report left)",
        ),
    ],
)
def test_a_pair_that_does_not_cross_is_told_the_term_that_fails(
    known: dict[str, Any], said: str
) -> None:
    assert failing_terms(_quiet(**known), ANALYSIS) == (said,)


def test_terms_of_the_class_are_left_out_where_the_class_does_not_cross() -> None:
    pair = _quiet(year=YearIc(-0.4), of_class=_of_class(crosses=False, n_members=1))
    assert len(failing_terms(pair, ANALYSIS)) == 1


def test_every_quiet_pair_of_the_page_says_why_it_does_not_cross(
    simulated: tuple[str, Path],
) -> None:
    text = simulated[0]
    only_a = Page(article(text, "ocrelizumab--any_malignancy")).text
    against = only_a.split("Against")[1]
    assert "does not cross: A does not give its part: IC025 by year" in against
    assert "does not cross" not in Page(article(text, "ocrelizumab--breast")).text


def test_a_class_stands_with_and_without_its_largest_member(
    simulated: tuple[str, Path],
) -> None:
    text = simulated[0]
    assert "The class or one member?" not in article(text, "ocrelizumab--breast")
    shown = Page(article(text, "class.s1p_modulator--skin_bcc")).text
    assert (
        "Members scored: fingolimod, siponimod; 1 of them has 3 reports of the event "
        "of their own, most fingolimod."
    ) in shown
    assert "Reports with the event 30 2" in shown
    assert "IC025 in A, by year of receipt 1.10 -0.30" in shown


def test_the_definition_of_a_crossing_names_who_must_judge_and_the_class(
    simulated: tuple[str, Path],
) -> None:
    shown = Page(simulated[0]).text
    assert "in one that can judge the pair ( E ≥ 1 and c ≥ 3 )" in shown
    assert "A class also needs 2 members with 3 reports" in shown


@pytest.mark.parametrize(
    ("counted_in", "flips", "said"),
    [
        (
            "A+B",
            None,
            "The primary specification is counted in A and B. No counted choice turns "
            "the flag of A or B. C could not be asked: that is no sign that its flag "
            "holds.",
        ),
        (
            "A+B+C",
            "role PS only turns C off",
            "The primary specification is counted in A, B and C. Single choices that "
            "turn a flag: role PS only turns C off.",
        ),
        (
            None,
            None,
            "A, B and C could not be asked: that is no sign that their flags hold.",
        ),
    ],
)
def test_a_comparator_that_was_not_asked_is_never_called_stable(
    counted_in: str | None, flips: str | None, said: str
) -> None:
    estimates = tuple(_none(Estimate, comparator=x) for x in "ABC")
    grid = _none(GridSummary, primary_counted_in=counted_in, flips=flips)
    pair = _none(Pair, row=_none(BoardRow, estimates=estimates), grid=grid)
    assert flip_words(pair) == said


def test_what_changed_comes_first_on_the_board(simulated: tuple[str, Path]) -> None:
    board = simulated[0].split('id="board"')[1]
    changed = board.index("What changed since the last run")
    assert changed < board.index("pairs scored")
    assert "still crosses, and a further case came in" in board
    assert "Compared with run <code>" in board


def test_the_board_says_what_chance_alone_would_bring(
    simulated: tuple[str, Path],
) -> None:
    text = Page(simulated[0]).text
    assert "0.40 newly emerging pairs a quarter (mean of the last 2" in text
    assert "within the 1 that the analysis allows for newly emerging ones" in text
    assert "the same rules find 1.00 a quarter in the reports as they are" in text
    assert (
        "Standing as emerging at 2024q2, for which there is no target: 1.50 by chance, "
        "4 in the reports as they are; 2% of the reports"
    ) in text


def test_a_label_of_the_class_may_name_a_part_of_the_event(
    simulated: tuple[str, Path],
) -> None:
    said = "a label of a member of its class names the event, or a part of it"
    assert said in Page(simulated[0]).text


def test_the_negative_controls_stand_with_their_target(
    simulated: tuple[str, Path],
) -> None:
    text = Page(simulated[0]).text
    target = "target is at most 5 %: missed in A (2 of 22 = 9.1 %)."
    assert f"2 of 22 in A flag by the ROR. The {target}" in text
    assert f"Negative controls that flag by the ROR: the {target}" in text


def test_sources_say_how_many_values_were_looked_at(
    simulated: tuple[str, Path],
) -> None:
    pair = Page(article(simulated[0], "ocrelizumab--breast")).text
    assert "every flag holds without any one that was looked at" in pair
    assert "the three values that most cases have are looked at" in pair
    assert "every value without which" not in pair


def test_labels_are_told_apart_by_jurisdiction(simulated: tuple[str, Path]) -> None:
    pair = Page(article(simulated[0], "ocrelizumab--breast")).text
    assert "By labels, US: labelled; EU: not labelled." in pair


def test_sentences_of_labels_that_name_the_event_stand_with_their_dates(
    simulated: tuple[str, Path],
) -> None:
    pair = Page(article(simulated[0], "ocrelizumab--breast")).text
    assert "What US labels say today (1 sentence)" in pair
    assert (
        "ocrelizumab BRAND A and 1 other label 2024-03-01 2024-05-02 adverse reactions "
        "Breast tumours were reported <more> often."
    ) in pair
    assert "Melanoma was reported." not in pair
    class_ = Page(article(simulated[0], "class.s1p_modulator--skin_bcc")).text
    assert "Basal cell tumours were reported." in class_


def test_a_pair_that_no_sentence_names_says_so(simulated: tuple[str, Path]) -> None:
    pair = Page(article(simulated[0], "ocrelizumab--any_malignancy")).text
    assert "No sentence of a US label that is held names this event" in pair
    assert "What US labels say today" not in pair


def test_text_and_dated_list_that_differ_stand_with_both_sides(
    simulated: tuple[str, Path],
) -> None:
    text = simulated[0]
    assert (
        "Ocrelizumab: the dated list names it (since 2023-07), no sentence of a US "
        "label read on 2024-05-02 does"
    ) in Page(article(text, "ocrelizumab--breast")).text
    assert (
        "Fingolimod: a text names it, the dated list does not (2 sentences of 1 US "
        "label read on 2024-05-02): “Basal cell tumours were reported.”"
    ) in Page(article(text, "fingolimod--skin_bcc")).text
    assert "Text and dated list differ" not in article(
        text, "ocrelizumab--any_malignancy"
    )


def test_without_label_texts_the_page_says_that_none_is_held(tmp_path: Path) -> None:
    text = report(tmp_path, has_label_texts=False)
    pair = Page(article(text, "ocrelizumab--breast")).text
    assert "No label text is held" in pair
    assert "No sentence of a US label" not in pair


def test_leads_stand_apart_from_the_board(simulated: tuple[str, Path]) -> None:
    text = simulated[0]
    assert text.index('id="board-table"') < text.index("Leads: cases of sentinel")
    assert "(2, 1 new)" in text


def test_pairs_of_groups_without_a_flag_are_not_on_the_board(
    simulated: tuple[str, Path],
) -> None:
    text, folder = simulated
    assert "pair-natalizumab--breast" not in text
    with (folder / "tables" / "board.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["drug"], row["event"]) for row in rows} == {
        ("ocrelizumab", "breast"),
        ("ocrelizumab", "any_malignancy"),
        ("fingolimod", "skin_bcc"),
        ("class:s1p_modulator", "skin_bcc"),
    }


def test_every_report_behind_a_count_stands_in_the_case_table(
    simulated: tuple[str, Path],
) -> None:
    _, folder = simulated
    listing = pd.read_csv(folder / "tables" / "case_listing.csv")
    counts = listing.groupby(["drug", "event"])["caseid"].nunique().to_dict()
    assert counts[("ocrelizumab", "breast")] == 30
    assert counts[("fingolimod", "skin_bcc")] == 4


def test_a_stands_with_and_without_suspected_duplicates_in_each_comparator(
    simulated: tuple[str, Path],
) -> None:
    page = simulated[0]
    assert "With suspected duplicates a is 32" in page
    assert "2 reports of the pair are left out" in page
    assert "No suspected duplicate among its reports." in page


def test_each_pair_says_what_masks_its_event(
    simulated: tuple[str, Path],
) -> None:
    assert "Masking: ranitidine holds 40 of the" in simulated[0]
    assert "(masking ratio 1.25)" in simulated[0]


def test_each_pair_says_which_other_choices_change_its_flags(
    simulated: tuple[str, Path],
) -> None:
    assert "No flag changes in 1 other choice." in simulated[0]
    assert "suspected duplicates are counted" in simulated[0]


def test_the_case_table_names_the_cluster_of_a_report(
    simulated: tuple[str, Path],
) -> None:
    assert re.search(r"cluster 100000\d0<small>3 cases", simulated[0])


def test_clock_time_of_the_run_is_nowhere(simulated: tuple[str, Path]) -> None:
    text, folder = simulated
    written = "".join(
        file.read_text("utf-8") for file in (folder / "tables").glob("*.csv")
    )
    assert "10:00:00" not in text + written


def test_holes_between_quarters_are_said_and_crossings_not_computed(
    tmp_path: Path,
) -> None:
    text = report(tmp_path, quarters=("2020q1", "2022q3", "2024q2"), n_span=18)
    assert "Only 3 of the 18 quarters" in text
    assert "not computed: quarters are missing" in text


def test_what_null_archives_flag_stands_on_the_board_of_the_evaluated_analysis(
    tmp_path: Path,
) -> None:
    page = report(tmp_path)
    assert "Flagged where nothing is planted" in page
    assert "simulated archives without any signal" in page


def test_a_long_board_says_which_pairs_have_no_section(tmp_path: Path) -> None:
    pairs: Pairs = {
        (f"substance{number}", "breast"): {"A": (5, 50, 200, 40_000 + number)}
        for number in range(302)
    }
    text = report(tmp_path, pairs=pairs, quarters=("2024q1",))
    assert text.count("<article") == 300
    assert "The first 300 of 302 pairs" in text


def test_attrition_stands_in_columns_of_what_is_left_and_what_went() -> None:
    steps = [
        AttritionStep(1, "cases", "DEMO rows staged", "left", "rows", 10),
        AttritionStep(2, "cases", "superseded", "removed", "versions", 3),
        AttritionStep(3, "outcome", "benign terms", "no incident event", "terms", 2),
        AttritionStep(4, "outcome", "treated events", "shown", "terms", 1),
    ]
    parts = attrition_flow(steps)
    assert [part.title for part in parts] == ["From rows to cases", "Outcome"]
    assert [[step.css for step in part.steps] for part in parts] == [
        ["left", "went"],
        ["went", "shown"],
    ]


def test_fates_of_each_quarter_add_up_to_its_rows_the_most_frequent_first() -> None:
    table = fate_table(
        [
            RowFate("2024q1", "deleted", 1),
            RowFate("2024q1", "counted", 5),
            RowFate("2024q2", "counted", 4),
        ]
    )
    assert table.names == ("counted", "deleted")
    assert [(row.quarter, row.n_rows, row.counts) for row in table.rows] == [
        ("2024q1", 6, (5, 1)),
        ("2024q2", 4, (4, 0)),
    ]
    assert fate_table([]).rows == ()

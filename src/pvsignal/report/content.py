"""Everything a report shows, read from the published file once and frozen.

Reads the views and macros of the schema ``api`` and nothing else. The clock time of a
run (``api.runs.started``) is left out: equal inputs give equal pages.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import duckdb

from pvsignal.report import words
from pvsignal.report.judged import (
    Budget,
    Change,
    ChangeRun,
    Check,
    ClassCheck,
    GridChoice,
    GridGap,
    GridSummary,
    LabelDifference,
    LabelText,
    Lead,
    Mark,
    Review,
    Source,
    StateChange,
    StateStep,
    YearIc,
)
from pvsignal.report.words import NOTHING
from pvsignal.warehouse import query_rows

MAX_DETAILED_PAIRS: Final = 300
MAX_LISTED_CASES: Final = 100
MAX_LISTED_EXCLUDED: Final = 50
MAX_UNMATCHED_NAMES: Final = 25
MAX_LISTED_LEADS: Final = 50
MAX_CHECK_ROWS: Final = 4
COMPARATORS: Final = ("A", "B", "C")

Row = TypeVar("Row")


@dataclass(frozen=True)
class RunStamp:
    """Identity of the run behind the page (``api.runs`` without its clock time)."""

    run: str
    inputs: str
    as_of: str
    origin: str
    analysis: str
    analysis_sha256: str
    codelists_sha256: str
    staging_version: str
    pvsignal_version: str
    n_quarters_held: int
    n_quarters_span: int
    first_quarter: str
    last_quarter: str

    @property
    def has_holes(self) -> bool:
        """Whether a quarter between the first and the last is not held."""
        return self.n_quarters_held < self.n_quarters_span


@dataclass(frozen=True)
class ComparatorScope:
    """How many pairs above PT level a comparator scored, could judge and flags."""

    comparator: str
    n_pairs: int
    n_evaluable: int
    n_flagged: int


@dataclass(frozen=True)
class Scope:
    """How many pairs above PT level there are in all."""

    n_pairs: int
    n_evaluable: int
    comparators: tuple[ComparatorScope, ...]


@dataclass(frozen=True)
class Estimate:
    """One pair in one comparator: cells and statistics as in ``api.signals``."""

    comparator: str
    drug: str
    event: str
    a: int
    b: int
    c: int
    d: int
    n: int
    n_drug: int
    n_event: int
    expected: float | None
    prr: float | None
    prr_low: float | None
    prr_high: float | None
    ror: float | None
    ror_low: float | None
    ror_high: float | None
    is_exact: bool | None
    chi2_yates: float | None
    ic: float | None
    ic025: float | None
    ic975: float | None
    ebgm: float | None
    eb05: float | None
    eb95: float | None
    prior_as_of: str | None
    prior_borrowed: bool | None
    sdr_evans: bool
    sdr_ror: bool
    sdr_ic: bool
    sdr_screen: bool
    evaluable: bool
    detectable_ratio: float | None
    a_new: int
    a_hcp: int
    a_serious: int
    a_fatal: int
    a_countries: int
    a_with_duplicates: int | None
    ror_low_with_duplicates: float | None
    sdr_screen_with_duplicates: bool | None

    @property
    def n_duplicates(self) -> int:
        """Reports of the pair that are left out as suspected duplicates."""
        return 0 if self.a_with_duplicates is None else self.a_with_duplicates - self.a

    @property
    def mark(self) -> str:
        """State of the pair, one of the keys of `words.FLAG_WORDS`.

        With c = 0 a pair can flag although the comparator is too small to judge it.
        """
        if self.sdr_screen:
            return "flagged" if self.evaluable else "flagged, thin"
        return "not flagged" if self.evaluable else "not evaluable"

    @property
    def flagged_by(self) -> tuple[str, ...]:
        """Statistics whose lower limit flags the pair: ROR, IC or both."""
        return ("ROR",) * self.sdr_ror + ("IC",) * self.sdr_ic

    @property
    def has_interval(self) -> bool:
        """Whether both limits are known and the upper one is above 0."""
        return (
            self.ror_low is not None
            and self.ror_high is not None
            and not math.isnan(self.ror_low + self.ror_high)
            and self.ror_high > 0
        )


@dataclass(frozen=True)
class BoardRow:
    """One pair of the board with its verdict and its estimates."""

    drug_level: str
    drug: str
    event_level: str
    event: str
    event_label: str
    flagged_in: str
    not_evaluable_in: str
    robust: bool
    agreement: str
    state: str
    evidence_state: str
    first_crossing: str | None
    novelty: str | None
    novelty_us: str | None
    novelty_eu: str | None
    novelty_words: str | None
    failing_checks: str | None
    is_eligible: bool | None
    n_countries: int | None
    n_senders: int | None
    n_professional: int | None
    rising_in: str
    estimates: tuple[Estimate, ...]

    def of(self, comparator: str) -> Estimate | None:
        """Estimate in a comparator, None where it has no population."""
        found = [e for e in self.estimates if e.comparator == comparator]
        return found[0] if found else None

    def mark(self, comparator: str) -> str:
        """State in a comparator: one of the keys of `words.FLAG_WORDS`."""
        estimate = self.of(comparator)
        return estimate.mark if estimate else "no population"

    @property
    def anchor(self) -> str:
        """Identifier of the pair's section, stable from run to run."""
        name = f"{self.drug}--{self.event}"
        return "pair-" + "".join(c if c.isalnum() or c in "-_" else "." for c in name)

    @property
    def drug_words(self) -> str:
        """Drug as shown: classes without their prefix."""
        return self.drug.removeprefix("class:").replace("_", " ")

    @property
    def words(self) -> str:
        """Drug and event in words."""
        return f"{self.drug_words} and {self.event_label}"


@dataclass(frozen=True)
class HistoryPoint:
    """One comparator of one pair as of one quarter."""

    comparator: str
    as_of: str
    a: int
    expected: float | None
    ror: float | None
    ror_low: float | None
    ror_high: float | None
    sdr_screen: bool


@dataclass(frozen=True)
class VariantPoint:
    """One comparator of one pair in one variant, at as_of."""

    variant: str
    title: str
    comparator: str
    a: int
    expected: float | None
    ror: float | None
    ror_low: float | None
    ror_high: float | None
    sdr_screen: bool
    evaluable: bool


@dataclass(frozen=True)
class Masking:
    """A pair in comparator A with and without the event's top contributor."""

    contributor: str
    masking_ratio: float
    n_both: int
    n_event: int
    a_without: int
    ror: float | None
    ror_low: float | None
    ror_high: float | None
    ror_without: float | None
    ror_low_without: float | None
    ror_high_without: float | None


@dataclass(frozen=True)
class Adjusted:
    """One comparator of one pair adjusted for what reports state (``api.adjusted``)."""

    comparator: str
    sex: str
    ror: float | None
    ror_low: float | None
    ror_high: float | None
    expected_year: float | None
    ic_year: float | None
    ic025_year: float | None
    ic975_year: float | None
    ror_mh: float | None
    ror_mh_low: float | None
    ror_mh_high: float | None
    ror_age_sex: float | None
    ror_age_sex_low: float | None
    ror_age_sex_high: float | None
    p_homogeneity: float | None
    ror_adjusted: float | None
    ror_adjusted_low: float | None
    ror_adjusted_high: float | None
    ror_adjusted_reporter: float | None
    ror_adjusted_reporter_low: float | None
    ror_adjusted_reporter_high: float | None
    adjusted_note: str | None


@dataclass(frozen=True)
class AppearsAdjusted:
    """A pair that no crude limit flags and that is above 1 when adjusted."""

    drug: str
    event: str
    event_label: str
    comparator: str
    sex: str
    a: int
    ror: float | None
    ror_low: float | None
    ror_high: float | None
    ror_age_sex: float | None
    ror_age_sex_low: float | None
    ror_age_sex_high: float | None
    ror_adjusted: float | None
    ror_adjusted_low: float | None
    ror_adjusted_high: float | None


@dataclass(frozen=True)
class Multiplicity:
    """One comparator of one pair among all that were tested (``api.multiplicity``)."""

    comparator: str
    m: int
    p_mid: float | None
    q_bh: float | None
    fdr_ebgm: float | None
    p_raw_greater: float | None
    p_calibrated_greater: float | None


@dataclass(frozen=True)
class Contrast:
    """The last eight quarters of a pair against the time before, at as_of."""

    comparator: str
    a_recent: int
    a_before: int
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    is_rising: bool


@dataclass(frozen=True)
class Surveillance:
    """Sequential test of a pair in comparator A at its last look."""

    first_quarter: str
    as_of: str
    looks_used: int
    plan_ended: bool
    cases: int
    expected: float
    cases_needed: int
    sdr_maxsprt: bool
    first_flag: str | None
    n_retracted: int


@dataclass(frozen=True)
class Onset:
    """Days from start to event, as the reports behind a state them."""

    n_dated: int
    n_exact: int
    n_before_start: int
    n_not_dated: int
    median_low_days: float | None
    median_high_days: float | None
    n_under_90: int
    n_uncertain_90: int
    share_under_90: float | None
    share_under_90_low: float | None
    share_under_90_high: float | None
    n_shape: int
    shape: float | None
    shape_low: float | None
    shape_high: float | None


@dataclass(frozen=True)
class Interaction:
    """Another suspect on reports of the pair with more events than both explain."""

    substance: str
    is_therapy: bool
    n111: int
    expected: float
    omega: float
    omega025: float
    omega975: float
    n_alone: int


@dataclass(frozen=True)
class TermCount:
    """Preferred term and the number of the pair's reports that hold it."""

    term: str
    n_reports: int


@dataclass(frozen=True)
class CaseLine:
    """One report behind ``a`` of comparator A."""

    caseid: int
    primaryid: int
    quarter: str
    received_date: dt.date | None
    event_date: dt.date | None
    event_date_precision: str | None
    onset_days: int | None
    age_years: float | None
    sex: str | None
    country: str | None
    reporter: str | None
    outcomes: str | None
    is_serious: bool
    is_fatal: bool
    neoplasm_terms: str | None
    ms_therapies: str | None
    therapy_sequence: str | None
    indications: str | None
    dechal: str | None
    rechal: str | None
    other_suspects: str | None
    is_treated_event: bool
    in_b: bool
    in_c: bool
    duplicate_cluster: int | None
    duplicate_cluster_size: int | None


@dataclass(frozen=True)
class ReasonCount:
    """Reason and how many reports left for it."""

    reason: str
    n_reports: int


@dataclass(frozen=True)
class ExcludedCase:
    """One report that names drug and event but does not count, and why."""

    caseid: int
    primaryid: int
    term: str
    reason: str


@dataclass(frozen=True)
class Pair:
    """All that a detail section shows of one pair."""

    row: BoardRow
    history: tuple[HistoryPoint, ...]
    variants: tuple[VariantPoint, ...]
    masking: Masking | None
    year: YearIc | None
    of_class: ClassCheck | None
    adjusted: tuple[Adjusted, ...]
    multiplicity: tuple[Multiplicity, ...]
    contrasts: tuple[Contrast, ...]
    surveillance: Surveillance | None
    onset: Onset | None
    interactions: tuple[Interaction, ...]
    checks: tuple[Check, ...]
    states: tuple[StateStep, ...]
    grid: GridSummary | None
    grid_choices: tuple[GridChoice, ...]
    grid_gaps: tuple[GridGap, ...]
    sources: tuple[Source, ...]
    changes: tuple[Change, ...]
    reviews: tuple[Review, ...]
    marks: tuple[Mark, ...]
    label_texts: tuple[LabelText, ...]
    label_differences: tuple[LabelDifference, ...]
    terms: tuple[TermCount, ...]
    cases: tuple[CaseLine, ...]
    n_cases: int
    excluded_reasons: tuple[ReasonCount, ...]
    excluded: tuple[ExcludedCase, ...]
    n_excluded: int


@dataclass(frozen=True)
class HeatCell:
    """Drug and group of events in comparator A."""

    drug: str
    event: str
    event_label: str
    a: int
    expected: float | None
    ror: float | None
    sdr_screen: bool
    evaluable: bool


@dataclass(frozen=True)
class ControlPerformance:
    """What the control pairs show in one comparator."""

    comparator: str
    n_negative: int
    n_negative_judged: int
    n_negative_used: int
    mean_log_ror: float | None
    spread_log_ror: float | None
    mean_log_ror_chance: float | None
    ror_null_low: float | None
    ror_null_high: float | None
    n_positive: int
    n_positive_judged: int
    n_negative_sdr_ror: int
    share_negative_sdr_ror: float | None
    share_low_negative_sdr_ror: float | None
    share_high_negative_sdr_ror: float | None
    n_negative_sdr_ic: int
    share_negative_sdr_ic: float | None
    n_positive_sdr_ror: int
    share_positive_sdr_ror: float | None
    note: str | None


@dataclass(frozen=True)
class DrugTest:
    """Whether any group of a drug stands out in one comparator."""

    comparator: str
    drug_level: str
    drug: str
    event: str | None
    a: int | None
    expected: float | None
    p_lrt: float | None
    q_bh: float | None
    n_flagged: int | None
    m: int | None


@dataclass(frozen=True)
class Prior:
    """Prior of EBGM of one event level."""

    event_level: str
    status: str
    is_at_edge: bool | None
    prior_as_of: str | None
    likelihood: str | None
    alpha1: float | None
    beta1: float | None
    alpha2: float | None
    beta2: float | None
    p: float | None
    nll: float | None
    n_starts: int | None
    n_starts_agreeing: int | None
    n_pairs: int | None


@dataclass(frozen=True)
class AttritionStep:
    """One step of ``api.attrition``."""

    step_no: int
    part: str
    step: str
    kind: str
    unit: str
    n: int


@dataclass(frozen=True)
class RowFate:
    """How many DEMO rows of a quarter had one fate."""

    quarter: str
    fate: str
    n_rows: int


@dataclass(frozen=True)
class LitigatedYear:
    """Reports of one litigated ingredient in one year of receipt."""

    ingredient: str
    received_year: int | None
    n_reports: int
    is_removed: bool


@dataclass(frozen=True)
class UnmatchedName:
    """Name on a record with an indication of the list that matches no therapy."""

    drugname: str | None
    prod_ai: str | None
    n_records: int


@dataclass(frozen=True)
class MemberCount:
    """Accounting of one member of one archive."""

    quarter: str
    table_name: str
    member: str
    physical_lines: int
    splits: int
    joins: int
    staged: int
    rejected: int
    n_orphans: int | None
    n_without_drug: int | None
    n_without_reaction: int | None
    archive: str
    archive_sha256: str


@dataclass(frozen=True)
class RejectCount:
    """Rows that could not be read, by table and reason."""

    quarter: str
    table_name: str
    reason: str
    n_rows: int


@dataclass(frozen=True)
class CheckLine:
    """One check of the run and its first rows, each as column to value."""

    name: str
    effect: str
    title: str
    n_rows: int
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class CodelistLine:
    """One code list in use."""

    list: str
    title: str | None
    version: str | None
    changed: str | None
    certainty: str | None
    n_rows: int
    sha256: str


@dataclass(frozen=True)
class Content:
    """The whole report before it becomes a page."""

    run: RunStamp
    scope: Scope
    board: tuple[BoardRow, ...]
    pairs: tuple[Pair, ...]
    heat: tuple[HeatCell, ...]
    appearing: tuple[AppearsAdjusted, ...]
    leads: tuple[Lead, ...]
    n_leads: int
    state_changes: tuple[StateChange, ...]
    change_run: ChangeRun | None
    budget: tuple[Budget, ...]
    n_label_texts: int
    controls: tuple[ControlPerformance, ...]
    drug_tests: tuple[DrugTest, ...]
    priors: tuple[Prior, ...]
    attrition: tuple[AttritionStep, ...]
    fates: tuple[RowFate, ...]
    litigated: tuple[LitigatedYear, ...]
    unmatched: tuple[UnmatchedName, ...]
    n_unmatched: int
    members: tuple[MemberCount, ...]
    rejects: tuple[RejectCount, ...]
    checks: tuple[CheckLine, ...]
    codelists: tuple[CodelistLine, ...]


def read_content(con: duckdb.DuckDBPyConnection, roles: Sequence[str]) -> Content:
    """Everything the report shows.

    Parameters
    ----------
    con
        Open connection to a published file; only read.
    roles
        Roles of the analysis in which a drug counts as exposure.

    Returns
    -------
    Content
        Board and pairs ordered by state (`words.STATE_WORDS`), inside it robust first,
        then by the lower limit of the reporting odds ratio in A, highest first.
    """
    board = _board(con)
    return Content(
        run=_records(con, RunStamp, "select {} from api.runs")[0],
        scope=_scope(con),
        board=board,
        pairs=_pairs(con, board[:MAX_DETAILED_PAIRS], roles=roles),
        heat=_records(con, HeatCell, _HEAT),
        appearing=_records(con, AppearsAdjusted, _APPEARING),
        leads=_records(con, Lead, _LEADS),
        n_leads=_count(con, "select count(*) as n from api.leads"),
        state_changes=_state_changes(con),
        change_run=next(
            iter(_records(con, ChangeRun, "select {} from api.change_run")), None
        ),
        budget=_records(con, Budget, "select {} from api.error_budget order by as_of"),
        n_label_texts=_count(con, "select count(*) as n from api.label_texts"),
        controls=_records(
            con,
            ControlPerformance,
            "select {} from api.control_performance order by comparator",
        ),
        drug_tests=_records(
            con,
            DrugTest,
            "select {} from api.drug_tests order by p_lrt, drug, comparator",
        ),
        priors=_records(con, Prior, "select {} from api.priors order by event_level"),
        attrition=_records(
            con, AttritionStep, "select {} from api.attrition order by step_no"
        ),
        fates=_records(
            con, RowFate, "select {} from api.row_fates order by quarter, fate"
        ),
        litigated=_records(
            con,
            LitigatedYear,
            "select {} from api.litigated order by ingredient, received_year",
        ),
        unmatched=_records(con, UnmatchedName, _UNMATCHED),
        n_unmatched=_count(con, "select count(*) as n from api.unmatched_names"),
        members=_records(
            con,
            MemberCount,
            "select {} from api.quarters order by quarter, table_name, member",
        ),
        rejects=_records(con, RejectCount, _REJECTS),
        checks=_checks(con),
        codelists=_records(con, CodelistLine, _CODELISTS),
    )


_HEAT: Final = """
with label as (
    select distinct event, event_label from api.verdicts where event_level = 'group'
)
select s.drug, s.event, coalesce(label.event_label, s.event) as event_label,
    s.a, s.expected, s.ror, s.sdr_screen, s.evaluable
from api.signals as s
left join label on s.event = label.event
where s.variant = 'primary' and s.comparator = 'A' and s.drug_level = 'substance'
    and s.event_level = 'group' and not contains(s.event, ':')
order by s.event, s.drug
"""

_APPEARING: Final = """
with adjusted as (
    select x.*, coalesce(v.event_label, v.event) as event_label
    from api.adjusted as x
    inner join api.verdicts as v using (drug, event)
    where not v.on_board and x.event_level = v.event_level and x.a >= 3
        and x.ror_age_sex_low > 1 and x.ror_adjusted_low > 1
)
select {} from adjusted order by drug, event, comparator
"""

_LEADS: Final = f"""
select {{}} from api.leads
order by opened desc, drug, event, caseid
limit {MAX_LISTED_LEADS}
"""

_UNMATCHED: Final = f"""
select {{}} from api.unmatched_names
order by n_records desc, drugname nulls last, prod_ai nulls last
limit {MAX_UNMATCHED_NAMES}
"""

_REJECTS: Final = """
select quarter, table_name, reason, count(*) as n_rows
from api.rejects group by all order by all
"""

_CHECK_ROWS: Final = f"""
select name, figures from api.check_rows
where row_no <= {MAX_CHECK_ROWS} order by name, row_no
"""

_CODELISTS: Final = """
select list, title, version, changed::varchar as changed, certainty, n_rows, sha256
from api.codelists order by list
"""

_SCOPE: Final = """
select comparator, count(*) as n_pairs,
    count(*) filter (where evaluable) as n_evaluable,
    count(*) filter (where sdr_screen) as n_flagged
from api.signals where variant = 'primary' and event_level in ('group', 'supergroup')
group by comparator order by comparator
"""

_BOARD: Final = """
with rising as (
    select c.drug, c.event, string_agg(c.comparator, '+' order by c.comparator)
        as comparators
    from api.contrasts as c
    where c.is_rising and c.event_level in ('group', 'supergroup')
        and c.as_of = (select run.as_of from api.runs as run)
    group by c.drug, c.event
)
select v.drug_level, v.drug, v.event_level, v.event,
    coalesce(v.event_label, v.event) as event_label, v.flagged_in, v.not_evaluable_in,
    v.robust, v.agreement, v.state, v.evidence_state, v.first_crossing, v.novelty,
    v.novelty_us, v.novelty_eu, v.novelty_words, v.failing_checks, v.is_eligible,
    v.n_countries, v.n_senders, v.n_professional,
    coalesce(rising.comparators, '') as rising_in
from api.verdicts as v
left join rising on rising.drug = v.drug and rising.event = v.event
left join api.signals as s
    on s.variant = 'primary' and s.comparator = 'A'
    and s.drug = v.drug and s.event = v.event and s.event_level = v.event_level
where v.on_board
order by v.robust desc, s.ror_low desc nulls last,
    v.drug, v.event
"""

_ESTIMATES: Final = """
select {} from api.signals as s
inner join api.verdicts as v using (drug, event)
left join api.signals as w
    on w.variant = 'with_duplicates' and w.comparator = s.comparator
    and w.drug = s.drug and w.event_level = s.event_level and w.event = s.event
where v.on_board and s.variant = 'primary' and s.event_level = v.event_level
order by s.comparator
"""

# A pair of equally long lists becomes one row a pair.
_PAIR: Final = "select unnest($drugs) as drug, unnest($events) as event"

_HISTORY: Final = f"""
with pair as ({_PAIR})
select h.drug, h.event, h.comparator, h.as_of, h.a, h.expected, h.ror, h.ror_low,
    h.ror_high, h.sdr_screen
from api.signal_history as h
inner join pair using (drug, event)
where h.event_level in ('group', 'supergroup')
order by all
"""

_VARIANTS: Final = f"""
with pair as ({_PAIR})
select s.drug, s.event, s.variant, v.title, s.comparator, s.a, s.expected, s.ror,
    s.ror_low, s.ror_high, s.sdr_screen, s.evaluable
from api.signals as s
inner join pair using (drug, event)
inner join api.variants as v using (variant, comparator)
where s.event_level in ('group', 'supergroup')
order by s.drug, s.event, s.variant <> 'primary', v.place, s.comparator
"""

_MASKING: Final = f"""
with pair as ({_PAIR})
select m.drug, m.event, m.contributor, m.masking_ratio, m.n_both, m.a + m.c as n_event,
    m.a_without, m.ror, m.ror_low, m.ror_high, m.ror_without, m.ror_low_without,
    m.ror_high_without
from api.masked_pairs as m
inner join pair using (drug, event)
"""

_MARKS: Final = f"""
with pair as ({_PAIR})
select pair.drug, pair.event, m.mark, m.quarter, m.date_text, m.ingredient,
    m.jurisdiction, m.said, m.what, m.certainty
from api.marks as m
inner join pair on m.drug = pair.drug and (m.event is null or m.event = pair.event)
order by pair.drug, pair.event, m.first_day, m.mark, m.ingredient, m.jurisdiction,
    m.said, m.what
"""

# Labels of one substance share their sentences: each stands once.
_LABEL_TEXTS: Final = """
select t.ingredient, t.section, t.sentence, t.is_other_product, t.events,
    count(distinct t.set_id) as n_labels,
    min(t.brand_name) as brand_name,
    max(t.label_date) as label_date,
    max(t.read_date) as read_date
from api.label_texts as t
where t.events is not null
group by all
order by t.ingredient, t.is_other_product, n_labels desc, t.section, t.sentence
"""

_LABEL_DIFFERENCES: Final = """
select {}, event from api.label_differences order by ingredient, event
"""

_GRID_GAPS: Final = f"""
with pair as ({_PAIR})
select g.drug, g.event, g.comparator, g.why_not_counted, count(*) as n
from api.grid as g
inner join pair using (drug, event)
where not g.is_counted
group by all
order by g.drug, g.event, n desc, g.comparator, g.why_not_counted
"""

# What else is known of each pair; the grain of a view decides between one and many.
_BESIDE: Final[Mapping[str, tuple[type[Any], str, str]]] = {
    "year": (YearIc, "year_history", "event_level"),
    "of_class": (ClassCheck, "classes", "event_level"),
    "adjusted": (Adjusted, "adjusted", "comparator"),
    "multiplicity": (Multiplicity, "multiplicity", "comparator"),
    "contrasts": (Contrast, "contrasts", "comparator"),
    "surveillance": (Surveillance, "surveillance", "event_level"),
    "onset": (Onset, "onset", "event_level"),
    "interactions": (Interaction, "interactions", "omega025 desc, substance"),
    "checks": (Check, "pair_checks", "check_id"),
    "states": (StateStep, "states", "quarter"),
    "grid": (GridSummary, "grid_summary", "event"),
    "grid_choices": (GridChoice, "grid_choices", "axis, value"),
    "sources": (Source, "stimulation", "trait, place"),
    "changes": (Change, "changes", "comparator, cell"),
    "reviews": (Review, "reviews", "seq"),
}

_BESIDE_QUERY: Final = f"""
with pair as ({_PAIR})
select v.drug, v.event, {{fields}}
from api.{{view}} as v
inner join pair using (drug, event)
where {{wanted}}
order by v.drug, v.event, {{order}}
"""

_OF_LEVEL: Final = "v.event_level in ('group', 'supergroup')"
_NOW: Final = "(select run.as_of from api.runs as run)"

# Rows that are wanted where it is not all of the event levels of the board.
_BESIDE_WANTED: Final = {
    "year": f"{_OF_LEVEL} and v.as_of = {_NOW}",
    "of_class": f"{_OF_LEVEL} and v.is_latest",
    "contrasts": f"{_OF_LEVEL} and v.as_of = {_NOW}",
    "interactions": f"{_OF_LEVEL} and v.sdr_omega",
    "checks": f"v.quarter = {_NOW}",
    "states": "true",
    "grid": "true",
    "grid_choices": "v.n_counted > 0",
    "sources": "v.place = 1 or v.is_burst or v.holds_without = false",
    "changes": _OF_LEVEL,
    "reviews": "true",
}

_LISTED: Final = f"""
with pair as ({_PAIR}),
listed as (
    select listing.*
    from api.pair_cases as listing
    inner join pair using (drug, event)
)
"""

_CASES: Final = f"""
{_LISTED}
select listed.*, count(*) over (partition by listed.drug, listed.event) as n_cases
from listed
qualify row_number() over (
    partition by listed.drug, listed.event
    order by listed.received_date desc nulls last, listed.caseid desc
) <= {MAX_LISTED_CASES}
order by listed.drug, listed.event, listed.received_date desc nulls last,
    listed.caseid desc
"""

_TERMS: Final = f"""
{_LISTED}
select listed.drug, listed.event, e.term, count(distinct e.caseid) as n_reports
from listed
inner join api.case_events as e on listed.caseid = e.caseid and e.included
where contains(', ' || listed.neoplasm_terms || ', ', ', ' || e.term || ', ')
group by all
order by listed.drug, listed.event, n_reports desc, e.term
"""

_CASE_HEADER: Final = """
select caseid, event_date_precision, outcomes
from api.cases where caseid in (select unnest($caseids))
"""

_THERAPY: Final = """
with chosen as (select distinct unnest($caseids) as caseid)
select d.caseid, d.therapy,
    string_agg(distinct i.indication, '; ' order by i.indication) as indications,
    string_agg(distinct d.dechal, ', ' order by d.dechal) as dechal,
    string_agg(distinct d.rechal, ', ' order by d.rechal) as rechal,
    min(case when d.start_date_precision = 'day' then d.start_date end) as start_date
from api.case_drugs as d
inner join chosen on d.caseid = chosen.caseid
left join api.case_indications as i
    on d.caseid = i.caseid and d.drug_seq = i.drug_seq
where d.is_admitted and d.role in (select unnest($roles))
group by all
order by d.caseid, d.therapy
"""

_EXCLUDED_REASONS: Final = f"""
with pair as ({_PAIR})
select x.drug, x.event, x.reason, count(distinct x.caseid) as n_reports
from api.excluded_cases as x
inner join pair using (drug, event)
group by all
order by x.drug, x.event, n_reports desc, x.reason
"""

_EXCLUDED: Final = f"""
with pair as ({_PAIR})
select x.drug, x.event, x.caseid, x.primaryid, x.term, x.reason,
    count(*) over (partition by x.drug, x.event) as n_excluded
from api.excluded_cases as x
inner join pair using (drug, event)
qualify row_number() over (
    partition by x.drug, x.event order by x.reason, x.caseid desc, x.term
) <= {MAX_LISTED_EXCLUDED}
order by x.drug, x.event, x.reason, x.caseid desc, x.term
"""


def _records(
    con: duckdb.DuckDBPyConnection, kind: type[Row], sql: str
) -> tuple[Row, ...]:
    """Rows as objects; ``{}`` in the query stands for the fields of ``kind``."""
    fields: Sequence[str] = list(getattr(kind, "__dataclass_fields__", {}))
    return tuple(kind(**row) for row in query_rows(con, sql.format(", ".join(fields))))


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(query_rows(con, sql)[0]["n"])


_STATE_RECORDS: Final = """
select ledger.body, ledger.as_of, verdict.event_label
from api.ledger as ledger
inner join api.runs as run on ledger.run = run.run
left join api.verdicts as verdict
    on verdict.drug = json_extract_string(ledger.body, '$.drug')
    and verdict.event = json_extract_string(ledger.body, '$.event')
where ledger.kind = 'state'
order by ledger.seq
"""


def _state_changes(con: duckdb.DuckDBPyConnection) -> tuple[StateChange, ...]:
    """Changes of state that this run wrote into the ledger, those of the board first.

    A run that did not move the ledger has none.
    """
    rows = [
        (json.loads(row["body"]), row["as_of"], row["event_label"])
        for row in query_rows(con, _STATE_RECORDS)
    ]
    place = {state: no for no, state in enumerate(words.STATE_WORDS)}
    changes = [
        StateChange(
            drug=body["drug"],
            event=body["event"],
            event_label=label or body["event"],
            as_of=as_of,
            before=body["from"],
            now=body["to"],
            reason=body.get("reason"),
        )
        for body, as_of, label in rows
    ]
    return tuple(sorted(changes, key=lambda one: place[one.now]))


def _checks(con: duckdb.DuckDBPyConnection) -> tuple[CheckLine, ...]:
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in query_rows(con, _CHECK_ROWS):
        rows.setdefault(row["name"], []).append(json.loads(row["figures"]))
    found = query_rows(
        con, "select name, effect, title, n_rows from api.checks order by name"
    )
    return tuple(
        CheckLine(**one, rows=tuple(rows.get(one["name"], ()))) for one in found
    )


def _scope(con: duckdb.DuckDBPyConnection) -> Scope:
    found = query_rows(
        con,
        """
        select count(*) as n_pairs, count(*) filter (where evaluable) as n_evaluable
        from (
            select drug, event_level, event, bool_or(evaluable) as evaluable
            from api.signals
            where variant = 'primary' and event_level in ('group', 'supergroup')
            group by all
        )
        """,
    )[0]
    return Scope(**found, comparators=_records(con, ComparatorScope, _SCOPE))


def _board(con: duckdb.DuckDBPyConnection) -> tuple[BoardRow, ...]:
    suffix = "_with_duplicates"
    fields = [
        f"w.{name.removesuffix(suffix)} as {name}"
        if name.endswith(suffix)
        else f"s.{name}"
        for name in Estimate.__dataclass_fields__
    ]
    estimates: dict[tuple[str, str], list[Estimate]] = {}
    for row in query_rows(con, _ESTIMATES.format(", ".join(fields))):
        estimates.setdefault((row["drug"], row["event"]), []).append(Estimate(**row))
    rows = (
        BoardRow(**row, estimates=tuple(estimates.get((row["drug"], row["event"]), ())))
        for row in query_rows(con, _BOARD)
    )
    place = {state: no for no, state in enumerate(words.STATE_WORDS)}
    return tuple(sorted(rows, key=lambda row: place[row.state]))


Keyed = dict[tuple[str, str], list[dict[str, Any]]]


def _by_pair(rows: Sequence[dict[str, Any]]) -> Keyed:
    """Rows without drug and event, by drug and event, in their order."""
    grouped: Keyed = {}
    for row in rows:
        key = (row.pop("drug"), row.pop("event"))
        grouped.setdefault(key, []).append(row)
    return grouped


def _beside(
    con: duckdb.DuckDBPyConnection, name: str, keys: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], list[Any]]:
    """Rows of one view of `_BESIDE` as objects, by pair."""
    kind, view, order = _BESIDE[name]
    fields = ", ".join(f"v.{field}" for field in kind.__dataclass_fields__)
    rows = query_rows(
        con,
        _BESIDE_QUERY.format(
            fields=fields,
            view=view,
            order=order,
            wanted=_BESIDE_WANTED.get(name, _OF_LEVEL),
        ),
        keys,
    )
    return {
        pair: [kind(**row) for row in found] for pair, found in _by_pair(rows).items()
    }


@dataclass(frozen=True)
class _Labels:
    """Label texts and differences of all therapies, as rows."""

    texts: Sequence[dict[str, Any]]
    differences: Sequence[dict[str, Any]]

    def texts_of(self, therapies: Sequence[str], event: str) -> tuple[LabelText, ...]:
        """Sentences in labels of the therapies that name the event."""
        return tuple(
            LabelText(**{name: x[name] for name in LabelText.__dataclass_fields__})
            for x in self.texts
            if x["ingredient"] in therapies and event in x["events"].split("|")
        )

    def differences_of(
        self, therapies: Sequence[str], event: str
    ) -> tuple[LabelDifference, ...]:
        """Where text and list of a therapy differ on the event."""
        return tuple(
            LabelDifference(
                **{name: x[name] for name in LabelDifference.__dataclass_fields__}
            )
            for x in self.differences
            if x["ingredient"] in therapies and x["event"] == event
        )


def _labels(con: duckdb.DuckDBPyConnection) -> _Labels:
    names = ", ".join(LabelDifference.__dataclass_fields__)
    return _Labels(
        query_rows(con, _LABEL_TEXTS),
        query_rows(con, _LABEL_DIFFERENCES.format(names)),
    )


def _pairs(
    con: duckdb.DuckDBPyConnection, rows: Sequence[BoardRow], *, roles: Sequence[str]
) -> tuple[Pair, ...]:
    if not rows:
        return ()
    keys = {"drugs": [r.drug for r in rows], "events": [r.event for r in rows]}
    history = _by_pair(query_rows(con, _HISTORY, keys))
    variants = _by_pair(query_rows(con, _VARIANTS, keys))
    masking = _by_pair(query_rows(con, _MASKING, keys))
    beside = {name: _beside(con, name, keys) for name in _BESIDE}
    gaps = _by_pair(query_rows(con, _GRID_GAPS, keys))
    marks = _by_pair(query_rows(con, _MARKS, keys))
    labels = _labels(con)
    terms = _by_pair(query_rows(con, _TERMS, keys))
    cases = _by_pair(query_rows(con, _CASES, keys))
    reasons = _by_pair(query_rows(con, _EXCLUDED_REASONS, keys))
    excluded = _by_pair(query_rows(con, _EXCLUDED, keys))
    more = _case_details(
        con,
        sorted({case["caseid"] for found in cases.values() for case in found}),
        roles=roles,
    )

    def pair(row: BoardRow) -> Pair:
        key = (row.drug, row.event)
        listed, left_out = cases.get(key, []), excluded.get(key, [])
        of_class = next(iter(beside["of_class"].get(key, ())), None)
        therapies = of_class.members.split(", ") if of_class else [row.drug]
        return Pair(
            row=row,
            history=tuple(HistoryPoint(**x) for x in history.get(key, [])),
            variants=tuple(VariantPoint(**x) for x in variants.get(key, [])),
            masking=next((Masking(**x) for x in masking.get(key, [])), None),
            year=next(iter(beside["year"].get(key, ())), None),
            of_class=of_class,
            adjusted=tuple(beside["adjusted"].get(key, ())),
            multiplicity=tuple(beside["multiplicity"].get(key, ())),
            contrasts=tuple(beside["contrasts"].get(key, ())),
            surveillance=next(iter(beside["surveillance"].get(key, ())), None),
            onset=next(iter(beside["onset"].get(key, ())), None),
            interactions=tuple(beside["interactions"].get(key, ())),
            checks=tuple(beside["checks"].get(key, ())),
            states=tuple(beside["states"].get(key, ())),
            grid=next(iter(beside["grid"].get(key, ())), None),
            grid_choices=tuple(beside["grid_choices"].get(key, ())),
            grid_gaps=tuple(GridGap(**x) for x in gaps.get(key, [])),
            sources=tuple(beside["sources"].get(key, ())),
            changes=tuple(beside["changes"].get(key, ())),
            reviews=tuple(beside["reviews"].get(key, ())),
            marks=tuple(Mark(**x) for x in marks.get(key, [])),
            label_texts=labels.texts_of(therapies, row.event),
            label_differences=labels.differences_of(therapies, row.event),
            terms=tuple(TermCount(**x) for x in terms.get(key, [])),
            cases=tuple(_case_line(case, row, more) for case in listed),
            n_cases=listed[0]["n_cases"] if listed else 0,
            excluded_reasons=tuple(ReasonCount(**x) for x in reasons.get(key, [])),
            excluded=tuple(
                ExcludedCase(
                    caseid=x["caseid"],
                    primaryid=x["primaryid"],
                    term=x["term"],
                    reason=x["reason"],
                )
                for x in left_out
            ),
            n_excluded=left_out[0]["n_excluded"] if left_out else 0,
        )

    return tuple(pair(row) for row in rows)


@dataclass(frozen=True)
class _CaseDetails:
    header: dict[int, dict[str, Any]]
    therapies: dict[int, list[dict[str, Any]]]


def _case_details(
    con: duckdb.DuckDBPyConnection, caseids: Sequence[int], *, roles: Sequence[str]
) -> _CaseDetails:
    header = query_rows(con, _CASE_HEADER, {"caseids": list(caseids)})
    wanted = {"caseids": list(caseids), "roles": list(roles)}
    therapies: dict[int, list[dict[str, Any]]] = {}
    for row in query_rows(con, _THERAPY, wanted):
        therapies.setdefault(row["caseid"], []).append(row)
    return _CaseDetails({row["caseid"]: row for row in header}, therapies)


def _case_line(case: dict[str, Any], row: BoardRow, more: _CaseDetails) -> CaseLine:
    """Join a listed case with the details of the pair's drug.

    The members of a class are not in the schema ``api``: for a class the details are
    those of all suspect therapies of the list on the report.
    """
    header = more.header.get(case["caseid"], {})
    records = [
        record
        for record in more.therapies.get(case["caseid"], [])
        if row.drug_level == "class" or record["therapy"] == row.drug
    ]
    starts = [r["start_date"] for r in records if r["start_date"] is not None]
    is_day = case["event_date_precision"] == "day"
    dated = case["event_date"] is not None and is_day and starts
    own = {
        name: case[name]
        for name in CaseLine.__dataclass_fields__
        if name in case and name not in ("dechal", "rechal")
    }
    return CaseLine(
        **own,
        onset_days=(case["event_date"] - min(starts)).days if dated else None,
        outcomes=header.get("outcomes"),
        indications=_together(records, "indications"),
        dechal=_together(records, "dechal"),
        rechal=_together(records, "rechal"),
    )


def _together(records: Sequence[dict[str, Any]], column: str) -> str:
    found = sorted({record[column] for record in records if record[column]})
    return "; ".join(found) or NOTHING

"""What a run concludes of a pair and of the board, as the report holds it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One check of a pair at as_of (``api.pair_checks``)."""

    check_id: str
    outcome: str
    words: str


@dataclass(frozen=True)
class YearIc:
    """Part of A of a crossing at as_of (``api.year_history``), of both sexes."""

    ic025_year: float | None


@dataclass(frozen=True)
class ClassCheck:
    """Whether a class crosses by more than one member (``api.classes``), at as_of."""

    members: str
    crosses: bool
    n_members: int
    largest_member: str
    a: int
    n_drug: int
    a_without: int
    n_drug_without: int
    ic025_year: float | None
    ic025_year_without: float | None
    ror_low_b: float | None
    ror_low_without_b: float | None
    ror_low_c: float | None
    ror_low_without_c: float | None
    crosses_without: bool
    holds: bool


@dataclass(frozen=True)
class StateStep:
    """State of a pair as of one quarter (``api.states``)."""

    quarter: str
    state: str
    evidence_state: str


@dataclass(frozen=True)
class Mark:
    """Date on a pair's timeline: wording of a label, or notoriety (``api.marks``)."""

    mark: str
    quarter: str
    date_text: str
    ingredient: str | None
    jurisdiction: str | None
    said: str
    what: str
    certainty: str | None


@dataclass(frozen=True)
class LabelText:
    """Sentence of US labels that names the event of a pair (``api.label_texts``)."""

    ingredient: str
    section: str
    sentence: str
    is_other_product: bool | None
    n_labels: int
    brand_name: str | None
    label_date: dt.date | None
    read_date: str | None


@dataclass(frozen=True)
class LabelDifference:
    """Where label texts and the dated list differ (``api.label_differences``)."""

    ingredient: str
    difference: str
    n_labels: int | None
    n_sentences: int | None
    first_sentence: str | None
    listed_since: str | None
    read_date: str | None


@dataclass(frozen=True)
class GridSummary:
    """What the grid leaves of a pair (``api.grid_summary``)."""

    n_counted: int
    n_positive: int
    primary_counted_in: str | None
    primary_positive_in: str | None
    worst: str | None
    worst_a: int | None
    worst_ror: float | None
    worst_ror_low: float | None
    worst_ror_high: float | None
    best: str | None
    best_a: int | None
    best_ror: float | None
    best_ror_low: float | None
    best_ror_high: float | None
    flips: str | None


@dataclass(frozen=True)
class GridGap:
    """Specifications of a comparator that are not counted, and why (``api.grid``)."""

    comparator: str
    why_not_counted: str
    n: int


@dataclass(frozen=True)
class GridChoice:
    """Specifications with one choice, all others varied (``api.grid_choices``)."""

    axis: str
    value: str
    n_counted: int
    n_positive: int


@dataclass(frozen=True)
class Source:
    """What bundles cases of a pair, and the verdict without (``api.stimulation``)."""

    trait: str
    value: str
    a: int
    share_of_a: float
    share_of_other: float | None
    is_burst: bool | None
    ror_a_without: float | None
    ror_low_a_without: float | None
    flagged_in: str | None
    flagged_in_without: str | None
    holds_without: bool | None


@dataclass(frozen=True)
class Change:
    """Why one cell of a pair changed since the previous run (``api.changes``)."""

    comparator: str
    cell: str
    before: int
    now: int
    new_cases: int
    follow_ups: int
    deletions: int
    duplicates: int
    background: int
    archives: int
    vocabulary: int
    code_lists: int
    is_mixed: bool


@dataclass(frozen=True)
class Review:
    """Decision of a person on a pair (``api.reviews``)."""

    seq: int
    decision: str
    reason: str
    decided_by: str
    decided_on: dt.date | str
    as_of: str
    a_then: int | None
    state_then: str | None
    status: str
    why_reopened: str | None


@dataclass(frozen=True)
class Lead:
    """Case of a sentinel event by a health professional (``api.leads``)."""

    drug: str
    event: str
    event_label: str | None
    caseid: int
    opened: str
    is_new: bool
    still_counts: bool
    age_years: float | None
    sex: str | None
    country: str | None
    reporter: str | None
    is_fatal: bool | None
    novelty: str | None


@dataclass(frozen=True)
class StateChange:
    """State of a pair that this run recorded as changed."""

    drug: str
    event: str
    event_label: str
    as_of: str
    before: str
    now: str
    reason: str | None


@dataclass(frozen=True)
class ChangeRun:
    """Run that this one is compared with (``api.change_run``)."""

    from_run: str | None
    from_as_of: str | None
    to_as_of: str
    is_computed: bool
    differs: str | None
    n_cells_revised: int | None
    note: str | None


@dataclass(frozen=True)
class Budget:
    """Pairs that chance alone would call emerging (``api.error_budget``)."""

    as_of: str
    permutations: int
    expected_new: float
    standard_error: float | None
    new_low: float | None
    new_high: float | None
    expected_emerging: float
    observed_new: int | None
    observed_emerging: int | None
    share_kept: float | None

"""Plants known truth: signals, traps, litigation and cases with a known fate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate.cohorts import Cohort
from pvsignal.simulate.reports import (
    EVER,
    ROLES,
    SS,
    START_AFTER,
    START_ANY,
    START_BEFORE,
    START_NONE,
    TRAITS,
    C,
    Reports,
    neoplasm_rows,
    quarter_weights,
)
from pvsignal.simulate.vocabulary import (
    MS_INDICATIONS,
    Floats,
    Ints,
    Vocabulary,
    read_table,
)

# One report, sent by several companies: many reports unless duplicates are found.
DUPLICATED = "duplicated"
TRAPS = ("oncology_brand", "indication", "recurrence", "false_friend", DUPLICATED)
# The next version, so many quarters later, no longer names the neoplasm.
DROPPED, DROPPED_AFTER = "event_dropped", 2
MIN_SIGNAL_REPORTS = 12
MIN_QUARTERS_AFTER_ONSET = 8
EXPOSED_PER_PLANT = 3
TREATED_EVENTS = 6

MASKED_DRUG, MASKED_EVENT, LITIGATED = "natalizumab", "colorectal", "ranitidine"
LITIGATED_SHARE = 0.012
LITIGATED_YEARS = (2019, 2022)
# Masses of suits were filed in 2021 and 2022; the first reports came in late 2019.
LITIGATED_WEIGHTS = {2019: 0.03, 2020: 0.09, 2021: 0.40, 2022: 0.48}
LITIGATED_EVENTS = {
    "colorectal": ("Colorectal cancer", "Colorectal cancer stage III"),
    "bladder_urothelial": ("Bladder cancer", "Bladder cancer stage II"),
    "stomach": ("Gastric cancer",),
    "kidney": ("Renal cancer",),
    "oesophagus": ("Oesophageal carcinoma",),
}
LITIGATED_EVENT_SHARES = (0.45, 0.25, 0.12, 0.10, 0.08)

_STARTS = {
    "any": START_ANY,
    "none": START_NONE,
    "before": START_BEFORE,
    "after": START_AFTER,
}


@dataclass
class Account:
    """What a planted pair has come to in the cohorts drawn so far.

    A cohort plants what is then missing, so that the pair is as planned at the end of
    each cohort.

    Attributes
    ----------
    n_cases
        Cases of any kind.
    n_exposed
        Cases that name the drug as a suspect.
    n_events
        Those of them with the event that were planted, or that were left standing.
    is_as_planned
        Whether the last cohort made it what it must be.
    """

    n_cases: int = 0
    n_exposed: int = 0
    n_events: int = 0
    is_as_planned: bool = False


@dataclass
class Truth:
    """What was planted, row by row.

    Attributes
    ----------
    signals, implied, traps, masking
        Rows of the whole archive.
    cases, duplicates
        Rows of the cohort at hand, to be written and cleared before the next one is
        drawn. ``case`` becomes ``caseid`` once cases have one, and ``other``
        ``other_caseid``.
    accounts
        Running totals by kind of plant, drug and event.
    """

    signals: list[dict[str, object]] = field(default_factory=list)
    implied: list[dict[str, object]] = field(default_factory=list)
    traps: list[dict[str, object]] = field(default_factory=list)
    masking: list[dict[str, object]] = field(default_factory=list)
    cases: list[dict[str, object]] = field(default_factory=list)
    duplicates: list[dict[str, object]] = field(default_factory=list)
    scenes: list[dict[str, object]] = field(default_factory=list)
    expected: list[dict[str, object]] = field(default_factory=list)
    accounts: defaultdict[tuple[str, str, str], Account] = field(
        default_factory=lambda: defaultdict(Account)
    )


# --- reports written for a purpose -------------------------------------------------


def note_traps(span: QuarterSpan, n_reports: int, truth: Truth) -> None:
    """Write down the traps that `special_reports` will set, and what they imply."""
    for row, count in _planned_reports(span, n_reports):
        if row["kind"] in TRAPS:
            _note_trap(truth, row, count)
        if row["kind"] in ("recurrence", "false_friend"):
            truth.implied.append(
                {
                    "drug": row["drug"],
                    "event": "all_secondary_or_progression",
                    "because": row["kind"],
                }
            )


def special_reports(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    span: QuarterSpan,
    cohort: Cohort,
    *,
    n_reports: int,
    truth: Truth,
) -> Reports:
    """Trap reports and cases with a known fate, their truth appended to ``truth``.

    They must be the first part that ``reports.concat`` is given: the truth holds
    their case numbers. ``n_reports`` is the number of cases over the whole span.
    """
    builder = _Builder(vocabulary)
    for row, count in _planned_reports(span, n_reports):
        weights = _special_weights(span, row)
        own = cohort.part(count, weights)
        for quarter in cohort.draw_quarters(rng, own, weights):
            truth.cases.append(
                {
                    "kind": row["kind"],
                    "case": builder.add(rng, row, int(quarter)),
                    "drug": row["drug"],
                    "event": row["event"],
                    "expected": _expected(span, row, int(quarter)),
                }
            )
    return builder.build()


def no_reports(vocabulary: Vocabulary) -> Reports:
    """Nothing, in the place of `special_reports` of a null archive."""
    return _Builder(vocabulary).build()


def _planned_reports(
    span: QuarterSpan, n_reports: int
) -> Iterator[tuple[Mapping[Hashable, Any], int]]:
    """Rows of the plan that can be planted, with the number of reports of each."""
    unit = max(min(12.0, n_reports / 400), n_reports * 0.0003)
    for row in read_table("planned_reports").to_dict("records"):
        if _can_be_planted(span, str(row["from"]), str(row["kind"])):
            yield row, max(1, round(float(row["share"]) * unit))


def _special_weights(span: QuarterSpan, row: Mapping[Hashable, Any]) -> Floats:
    """Quarters between a plan's beginning and the end that leaves room for its fate."""
    ordinals = np.array([quarter.ordinal for quarter in span])
    end = span.last.ordinal - (DROPPED_AFTER if row["kind"] == DROPPED else 0)
    open_ = (ordinals >= Quarter.parse(row["from"]).ordinal) & (ordinals <= end)
    weights: Floats = quarter_weights(span) * open_
    return weights


def _expected(span: QuarterSpan, row: Mapping[Hashable, Any], quarter: int) -> str:
    if row["kind"] != DROPPED:
        return str(row["expected"])
    return f"no event from {list(span)[quarter + DROPPED_AFTER]}"


def _note_trap(truth: Truth, row: Mapping[Hashable, Any], count: int) -> None:
    """Write a trap down, once for several ways into the same pair."""
    pair = {"trap": row["kind"], "drug": row["drug"], "event": row["event"]}
    for trap in truth.traps:
        if pair.items() <= trap.items():
            trap["n_reports"] = int(str(trap["n_reports"])) + count
            return
    truth.traps.append({**pair, "n_reports": count, "explanation": row["explanation"]})


def _can_be_planted(span: QuarterSpan, begin: str, kind: str) -> bool:
    room = 4 if kind in TRAPS or kind == DROPPED else 1
    if kind == DROPPED and len(span) <= room:
        return False
    return Quarter.parse(begin).ordinal + room <= span.last.ordinal


def note_masking(span: QuarterSpan, n_reports: int, truth: Truth) -> None:
    """Write down the events that are litigated in the span, their numbers to come."""
    if _n_litigated(span, n_reports) < 1:
        return
    for name in LITIGATED_EVENTS:
        truth.masking.append(
            {"ingredient": LITIGATED, "event": name, "n_reports": 0, "drug": ""}
        )


def litigated_reports(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    span: QuarterSpan,
    cohort: Cohort,
    *,
    n_reports: int,
    truth: Truth,
) -> Reports:
    """Write reports of lawyers on ranitidine and a cancer, in 2019 to 2022.

    A span that does not touch those years gets none. The number is cut to the part
    of the litigation that lies inside the span. ``n_reports`` is the number of cases
    over the whole span.
    """
    builder = _Builder(vocabulary)
    weights = _litigated_weights(span)
    total = _n_litigated(span, n_reports)
    count = cohort.part(total, weights) if total else 0
    quarters = cohort.draw_quarters(rng, count, weights)
    names = list(LITIGATED_EVENTS)
    chosen = rng.choice(len(names), size=count, p=LITIGATED_EVENT_SHARES)
    for quarter, number in zip(quarters, chosen, strict=True):
        row: dict[Hashable, Any] = {
            "drugs": "ZANTAC:PS:Gastrooesophageal reflux disease:any",
            "reactions": "|".join(
                f"{pt}+{also}"
                for pt in LITIGATED_EVENTS[names[number]]
                for also in ("Economic problem", "Emotional distress", "Injury")
            ),
            "sex": "",
        }
        builder.add(rng, row, int(quarter), lawyer=True)
    for number, event in enumerate(truth.masking):
        n_before = int(str(event["n_reports"]))
        event["n_reports"] = n_before + int((chosen == number).sum())
    return builder.build()


def _litigated_weights(span: QuarterSpan) -> Floats:
    """Part of the litigation in each quarter; 1 over all its years."""
    return np.array([LITIGATED_WEIGHTS.get(q.year, 0.0) / 4 for q in span])


def _n_litigated(span: QuarterSpan, n_reports: int) -> int:
    return round(n_reports * LITIGATED_SHARE * float(_litigated_weights(span).sum()))


_CASE_TYPES: dict[str, Any] = {
    "quarter": "int64",
    "therapy": "int64",
    "n_therapies": "int64",
    "oncology": bool,
    "special": bool,
    "dated": bool,
    "lawyer": bool,
    "sex": "str",
}


class _Builder:
    """Collects reports one by one and gives them as tables."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.cases: list[dict[str, object]] = []
        self.drugs: list[tuple[int, int, int, int, int]] = []
        self.events: list[tuple[int, int, int]] = []

    def add(
        self,
        rng: np.random.Generator,
        row: Mapping[Hashable, Any],
        quarter: int,
        *,
        lawyer: bool = False,
    ) -> int:
        """Add one report after a row of the plan; return its case number."""
        case = len(self.cases)
        starts = []
        for drug in str(row["drugs"]).split(";"):
            name, role, indication, start = drug.split(":")
            starts.append(start)
            self.drugs.append(
                (
                    case,
                    ROLES.index(role),
                    self.vocabulary.product(name),
                    self.vocabulary.term(indication) if indication else -1,
                    _STARTS[start],
                )
            )
        choices = str(row["reactions"]).split("|")
        dropped = row.get("kind") == DROPPED
        for number, pt in enumerate(choices[rng.integers(len(choices))].split("+")):
            last = 1 if dropped and number == 0 else EVER
            self.events.append((case, self.vocabulary.term(pt), last))
        self.cases.append(
            {
                "quarter": quarter,
                "therapy": -1,
                "n_therapies": 0,
                "oncology": False,
                "special": True,
                "dated": "before" in starts or "after" in starts,
                "lawyer": lawyer,
                "sex": str(row["sex"]),
            }
        )
        return case

    def build(self) -> Reports:
        """Return the reports added, cases numbered from zero."""
        cases = pd.DataFrame(self.cases, columns=list(_CASE_TYPES)).astype(_CASE_TYPES)
        cases = cases.assign(**TRAITS)
        drugs = pd.DataFrame(
            self.drugs, columns=["case", "role", "product", "indication", "start"]
        ).astype("int64")
        events = pd.DataFrame(
            self.events, columns=["case", "term", "last_version"]
        ).astype("int64")
        return Reports(cases, drugs, events.assign(neoplasm=-1))


# --- changes to background reports -------------------------------------------------


def exposed(vocabulary: Vocabulary, reports: Reports, members: Sequence[str]) -> Ints:
    """Cases that name a product of these MS therapies as a suspect."""
    ingredient = vocabulary.products["ingredient"].to_numpy()
    named = np.isin(ingredient, list(members))[reports.drugs["product"].to_numpy()]
    suspect = reports.drugs["role"].to_numpy() <= SS
    return np.unique(reports.drugs["case"].to_numpy()[named & suspect])


def cap_traps(
    rng: np.random.Generator, vocabulary: Vocabulary, reports: Reports, truth: Truth
) -> Reports:
    """Background neoplasms of trap pairs thinned below what could be flagged.

    By chance alone a pair of ratio 1 is flagged now and then; a trap pair must not
    be, so that a flag on it always means that its rule failed. At most 0.7 of the
    expected number is left over the cohorts so far, or two.
    """
    drop: list[Ints] = []
    rates = vocabulary.neoplasms["rate"].to_numpy()
    for trap in truth.traps:
        drug, event = str(trap["drug"]), str(trap["event"])
        groups = _groups_of(vocabulary, event)
        cases = exposed(vocabulary, reports, [drug])
        account = truth.accounts["trap", drug, event]
        account.n_exposed += len(cases)
        allowed = max(2, int(0.7 * (account.n_exposed * rates[groups].sum())))
        # The one report of a duplicated trap is real: no other may stand beside it.
        allowed = 0 if trap["trap"] == DUPLICATED else allowed
        rows = rng.permutation(_event_rows(reports, cases, groups))
        n_left = min(len(rows), allowed - account.n_events)
        account.n_events += n_left
        drop.append(rows[n_left:])
    gone = np.unique(np.concatenate(drop)) if drop else np.empty(0, dtype=np.int64)
    events = reports.events.drop(index=pd.Index(gone)).reset_index(drop=True)
    return Reports(reports.cases, reports.drugs, events)


def _groups_of(vocabulary: Vocabulary, event: str) -> Ints:
    names = vocabulary.neoplasms["event"]
    if event == "any_malignancy":
        return np.flatnonzero(~names.str.contains(":").to_numpy())
    return np.array([vocabulary.neoplasm(event)])


def _event_rows(reports: Reports, cases: Ints, groups: Ints) -> Ints:
    """Rows of the events of these cases that are of these groups."""
    return np.flatnonzero(
        np.isin(reports.events["neoplasm"].to_numpy(), groups)
        & np.isin(reports.events["case"].to_numpy(), cases)
    )


@dataclass(frozen=True)
class _Candidates:
    """Cases that may get a planted neoplasm, and how many are exposed at all."""

    cases: Ints
    n_exposed: int


def _candidates(
    vocabulary: Vocabulary, reports: Reports, members: Sequence[str], onset: int
) -> _Candidates:
    cases = reports.cases
    found = exposed(vocabulary, reports, members)
    found = found[cases["quarter"].to_numpy()[found] >= onset]
    admitted = surely_admitted(vocabulary, reports)
    taken = reports.events.loc[reports.events["neoplasm"] >= 0, "case"].to_numpy()
    free = (
        (cases["n_therapies"].to_numpy()[found] == 1)
        & ~cases["special"].to_numpy()[found]
        & ~np.isin(found, taken)
        & np.isin(found, admitted)
    )
    return _Candidates(found[free], len(found))


def surely_admitted(vocabulary: Vocabulary, reports: Reports) -> Ints:
    """Cases whose MS therapy has a brand name or an MS indication.

    A generic name alone does not tell natalizumab for MS from that for Crohn's
    disease, and the product rule sets such a report aside.
    """
    is_brand = vocabulary.products["is_brand"].to_numpy()
    terms = [vocabulary.term(name) for name in MS_INDICATIONS]
    clear = is_brand[reports.drugs["product"].to_numpy()] | np.isin(
        reports.drugs["indication"].to_numpy(), terms
    )
    return np.unique(reports.drugs["case"].to_numpy()[clear])


def plant_signals(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    reports: Reports,
    span: QuarterSpan,
    cohort: Cohort,
    *,
    truth: Truth,
    ratios: Sequence[float] = (),
) -> Reports:
    """Neoplasms added to the reports of a therapy.

    A pair is left out where the span leaves less than eight quarters after its onset.
    As many are added as make a clear signal (`_clear_number`) or, with ``ratios``, as
    chance gives of reports with that ratio (`_drawn_number`).
    """
    for signal in _planned_signals(vocabulary, span, ratios):
        account = truth.accounts["signal", signal.drug, signal.event]
        candidates = _candidates(vocabulary, reports, signal.members, signal.onset)
        account.n_exposed += candidates.n_exposed
        if ratios:
            n_planted = _drawn_number(rng, signal, candidates)
        else:
            n_planted = _clear_number(signal, candidates, span, cohort, account)
        if n_planted < 1:
            continue
        chosen = np.sort(rng.choice(candidates.cases, n_planted, replace=False))
        reports = add_neoplasm(rng, vocabulary, reports, chosen, signal.group)
        n_untreated = TREATED_EVENTS - account.n_events
        if signal.drug == "ocrelizumab" and n_untreated > 0:
            reports = treat(
                vocabulary,
                reports,
                chosen[:n_untreated],
                truth,
                drug="ocrelizumab",
                event="breast",
                product="TAMOXIFEN",
                indication="Breast cancer",
            )
        account.n_events += n_planted
    return reports


def _clear_number(
    signal: _Signal,
    candidates: _Candidates,
    span: QuarterSpan,
    cohort: Cohort,
    account: Account,
) -> int:
    """Reports that make a clear signal: ``(ratio - 1) x expected``, 12 at least.

    Both are those of the whole span up to the end of the cohort. None where fewer than
    three exposed reports of the cohort stand behind each: the next cohort gets them.
    """
    after_onset = quarter_weights(span) * (np.arange(len(span)) >= signal.onset)
    least = MIN_SIGNAL_REPORTS * cohort.share_received(after_onset)
    wanted = (signal.ratio - 1) * signal.rate * account.n_exposed
    n = max(round(least), round(wanted)) - account.n_events
    return n if len(candidates.cases) >= EXPOSED_PER_PLANT * n else 0


def _drawn_number(
    rng: np.random.Generator, signal: _Signal, candidates: _Candidates
) -> int:
    """Reports to add for a ratio: Poisson, mean ``(ratio - 1) x expected``."""
    mean = (signal.ratio - 1) * signal.rate * candidates.n_exposed
    return min(int(rng.poisson(mean)), len(candidates.cases))


def note_signals(
    vocabulary: Vocabulary,
    span: QuarterSpan,
    truth: Truth,
    ratios: Sequence[float] = (),
) -> None:
    """Write down the signals that the cohorts came to, and what they imply.

    A pair of which fewer than 12 reports could be planted is no clear signal; it may be
    flagged. Of ``ratios`` a number was drawn, and the ratio is that which was asked
    for, however few there are.
    """
    for signal in _planned_signals(vocabulary, span, ratios):
        account = truth.accounts["signal", signal.drug, signal.event]
        n_planted, expected = account.n_events, signal.rate * account.n_exposed
        pair = {"drug": signal.drug, "event": signal.event}
        if not ratios and n_planted < MIN_SIGNAL_REPORTS:
            if n_planted:
                truth.implied.append({**pair, "because": "too few planted"})
            continue
        if expected == 0:
            continue
        ratio = signal.ratio if ratios else (n_planted + expected) / expected
        onset = Quarter.from_ordinal(span.first.ordinal + signal.onset)
        truth.signals.append(
            {
                **pair,
                "ratio": round(ratio, 2),
                "from_quarter": str(onset),
                "n_planted": n_planted,
                "n_exposed": account.n_exposed,
                "n_expected": round(expected, 3),
                "members": "|".join(signal.members),
            }
        )
        truth.implied.extend(
            {"drug": member, "event": signal.event, "because": signal.drug}
            for member in signal.members
            if member != signal.drug
        )


@dataclass(frozen=True)
class _Signal:
    """A row of the plan that the span leaves room for; ``onset`` is a position."""

    drug: str
    event: str
    members: Sequence[str]
    ratio: float
    onset: int
    group: int
    rate: float


def _planned_signals(
    vocabulary: Vocabulary, span: QuarterSpan, ratios: Sequence[float] = ()
) -> Iterator[_Signal]:
    rates = vocabulary.neoplasms["rate"].to_numpy()
    for number, row in enumerate(read_table("planned_signals").to_dict("records")):
        members = str(row["members"]).split("|")
        group = vocabulary.neoplasm(str(row["event"]))
        onset = _onset(vocabulary, span, members, int(row["delay_quarters"]))
        if onset is not None:
            yield _Signal(
                str(row["drug"]),
                str(row["event"]),
                members,
                ratios[number % len(ratios)] if ratios else float(row["ratio"]),
                onset,
                group,
                float(rates[group]),
            )


def _onset(
    vocabulary: Vocabulary, span: QuarterSpan, members: Sequence[str], delay: int
) -> int | None:
    """Position of the first quarter with planted reports; None without room."""
    launches = vocabulary.therapies["launch"].to_numpy()
    launch = min(int(launches[vocabulary.therapy(member)]) for member in members)
    latest = span.last.ordinal - MIN_QUARTERS_AFTER_ONSET + 1
    if launch > latest:
        return None
    begin = max(launch, span.first.ordinal)
    onset = begin + delay if begin + delay <= latest else begin
    return onset - span.first.ordinal


def add_neoplasm(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    reports: Reports,
    cases: Ints,
    group: int,
) -> Reports:
    """Reports of which these cases report a neoplasm of the group; they are special."""
    rows = neoplasm_rows(
        rng, vocabulary, cases, np.full(len(cases), group, dtype=np.int64)
    ).assign(last_version=EVER)
    changed = reports.cases.copy()
    changed.loc[cases, "special"] = True
    return Reports(
        changed,
        reports.drugs,
        pd.concat([reports.events, rows], ignore_index=True),
    )


def treat(
    vocabulary: Vocabulary,
    reports: Reports,
    cases: Ints,
    truth: Truth,
    *,
    drug: str,
    event: str,
    product: str,
    indication: str,
) -> Reports:
    """Treat new cancers with another drug: concomitant or SS, undated or later.

    Parameters
    ----------
    vocabulary, reports
        Names and reports.
    cases
        Reports of the drug with the event.
    truth
        Gets one case each, which the rules must keep.
    drug, event
        Therapy and group of the truth.
    product, indication
        Name of the drug that treats the cancer, and what it is given for.
    """
    number = np.arange(len(cases))
    rows = pd.DataFrame(
        {
            "case": cases,
            "role": np.where(number % 3 == 0, SS, C),
            "product": vocabulary.product(product),
            "indication": vocabulary.term(indication),
            "start": np.where(number % 2 == 0, START_NONE, START_AFTER),
        }
    )
    changed = reports.cases.copy()
    changed.loc[cases, "dated"] = True
    truth.cases.extend(
        {
            "kind": "treated_event",
            "case": int(case),
            "drug": drug,
            "event": event,
            "expected": "included is_treated_event",
        }
        for case in cases
    )
    return Reports(
        changed, pd.concat([reports.drugs, rows], ignore_index=True), reports.events
    )


def plant_masked(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    reports: Reports,
    span: QuarterSpan,
    *,
    n_reports: int,
    truth: Truth,
) -> Reports:
    """Plant a signal of A that only shows once the litigated reports are taken out.

    The number of reports over the cohorts so far is the smallest whose lower limit is
    clearly above 1 in A without the litigated reports. Nothing is planted where the
    litigated reports of the whole span are too few to hide it.
    """
    if not truth.masking:
        return reports
    group = vocabulary.neoplasm(MASKED_EVENT)
    rate = float(vocabulary.neoplasms["rate"].iloc[group])
    account = truth.accounts["masked", MASKED_DRUG, MASKED_EVENT]
    candidates = _candidates(vocabulary, reports, [MASKED_DRUG], 0)
    account.n_cases += len(reports.cases)
    account.n_exposed += candidates.n_exposed
    n, n_exposed = account.n_cases, account.n_exposed
    share = LITIGATED_EVENT_SHARES[list(LITIGATED_EVENTS).index(MASKED_EVENT)]
    hidden = round(_n_litigated(span, n_reports) * share)
    most = account.n_events + len(candidates.cases) // EXPOSED_PER_PLANT
    counts = np.arange(4, min(max(5, most), n_exposed))
    clear = counts[_lower_limit(counts, n_exposed, rate * n, n) >= 1.35]
    masked = _lower_limit(clear[:1], n_exposed, rate * n + hidden, n) < 0.85
    everyone = exposed(vocabulary, reports, [MASKED_DRUG])
    own = _event_rows(reports, everyone, np.array([group]))
    account.is_as_planned = len(clear) > 0 and bool(masked[0])
    if not account.is_as_planned:
        account.n_events += len(own)
        return reports
    reports = Reports(
        reports.cases,
        reports.drugs,
        reports.events.drop(index=pd.Index(own)).reset_index(drop=True),
    )
    pair: dict[str, object] = {
        "drug": MASKED_DRUG,
        "event": MASKED_EVENT,
        "because": "masking",
    }
    if pair not in truth.implied:
        truth.implied.append(pair)
    n_planted = max(0, int(clear[0]) - account.n_events)
    chosen = np.sort(rng.choice(candidates.cases, n_planted, replace=False))
    account.n_events += n_planted
    return add_neoplasm(rng, vocabulary, reports, chosen, group)


def note_masked(truth: Truth) -> None:
    """Write down whether the litigated reports hide the signal planted beneath them."""
    is_masked = truth.accounts["masked", MASKED_DRUG, MASKED_EVENT].is_as_planned
    for row in truth.masking:
        is_it = is_masked and row["event"] == MASKED_EVENT
        row["drug"] = MASKED_DRUG if is_it else ""


def _lower_limit(a: Ints, n_drug: int, c: float, n: int) -> Floats:
    """Lower 95 % limit of the reporting odds ratio, cells rounded to need."""
    b, d = n_drug - a, n - n_drug - c
    log_ror = np.log(a * d / (b * c))
    return np.asarray(np.exp(log_ror - 1.96 * np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)))

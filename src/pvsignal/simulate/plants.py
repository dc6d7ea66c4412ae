"""Plants known truth: signals, traps, litigation and cases with a known fate."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pvsignal.quarter import Quarter, QuarterSpan
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
class Truth:
    """What was planted, row by row; ``case`` becomes ``caseid`` once cases have one.

    So does ``other`` become ``other_caseid``.
    """

    signals: list[dict[str, object]] = field(default_factory=list)
    implied: list[dict[str, object]] = field(default_factory=list)
    traps: list[dict[str, object]] = field(default_factory=list)
    masking: list[dict[str, object]] = field(default_factory=list)
    cases: list[dict[str, object]] = field(default_factory=list)
    duplicates: list[dict[str, object]] = field(default_factory=list)
    scenes: list[dict[str, object]] = field(default_factory=list)
    expected: list[dict[str, object]] = field(default_factory=list)


# --- reports written for a purpose -------------------------------------------------


def special_reports(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    span: QuarterSpan,
    *,
    n_reports: int,
    truth: Truth,
) -> Reports:
    """Trap reports and cases with a known fate, their truth appended to ``truth``.

    They must be the first part that ``reports.concat`` is given: the truth holds
    their case numbers.
    """
    builder = _Builder(vocabulary)
    unit = max(min(12.0, n_reports / 400), n_reports * 0.0003)
    for row in read_table("planned_reports").to_dict("records"):
        if not _can_be_planted(span, str(row["from"]), str(row["kind"])):
            continue
        count = max(1, round(float(row["share"]) * unit))
        for quarter in _special_quarters(rng, span, row, count):
            truth.cases.append(
                {
                    "kind": row["kind"],
                    "case": builder.add(rng, row, int(quarter)),
                    "drug": row["drug"],
                    "event": row["event"],
                    "expected": _expected(span, row, int(quarter)),
                }
            )
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
    return builder.build()


def no_reports(vocabulary: Vocabulary) -> Reports:
    """Nothing, in the place of `special_reports` of a null archive."""
    return _Builder(vocabulary).build()


def _special_quarters(
    rng: np.random.Generator, span: QuarterSpan, row: Mapping[Hashable, Any], count: int
) -> Ints:
    """Quarters between a plan's beginning and the end that leaves room for its fate."""
    ordinals = np.array([quarter.ordinal for quarter in span])
    end = span.last.ordinal - (DROPPED_AFTER if row["kind"] == DROPPED else 0)
    open_ = (ordinals >= Quarter.parse(row["from"]).ordinal) & (ordinals <= end)
    weights = quarter_weights(span) * open_
    return np.sort(rng.choice(len(span), size=count, p=weights / weights.sum()))


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


def litigated_reports(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    span: QuarterSpan,
    *,
    n_reports: int,
    truth: Truth,
) -> Reports:
    """Write reports of lawyers on ranitidine and a cancer, in 2019 to 2022.

    A span that does not touch those years gets none. The number is cut to the part
    of the litigation that lies inside the span.
    """
    years = np.array([quarter.year for quarter in span])
    weights = np.array([LITIGATED_WEIGHTS.get(int(year), 0.0) / 4 for year in years])
    builder = _Builder(vocabulary)
    count = round(n_reports * LITIGATED_SHARE * weights.sum())
    if count < 1:
        return builder.build()
    quarters = np.sort(rng.choice(len(span), size=count, p=weights / weights.sum()))
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
    for number, name in enumerate(names):
        truth.masking.append(
            {
                "ingredient": LITIGATED,
                "event": name,
                "n_reports": int((chosen == number).sum()),
                "drug": MASKED_DRUG if name == MASKED_EVENT else "",
            }
        )
    return builder.build()


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
    be, so that a flag on it always means that its rule failed.
    """
    drop: list[Ints] = []
    for trap in truth.traps:
        groups = _groups_of(vocabulary, str(trap["event"]))
        cases = exposed(vocabulary, reports, [str(trap["drug"])])
        # The one report of a duplicated trap is real: no other may stand beside it.
        most = 0 if trap["trap"] == DUPLICATED else None
        drop.append(_surplus(rng, vocabulary, reports, cases, groups, most=most))
    gone = np.unique(np.concatenate(drop)) if drop else np.empty(0, dtype=np.int64)
    events = reports.events.drop(index=pd.Index(gone)).reset_index(drop=True)
    return Reports(reports.cases, reports.drugs, events)


def _groups_of(vocabulary: Vocabulary, event: str) -> Ints:
    names = vocabulary.neoplasms["event"]
    if event == "any_malignancy":
        return np.flatnonzero(~names.str.contains(":").to_numpy())
    return np.array([vocabulary.neoplasm(event)])


def _surplus(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    reports: Reports,
    cases: Ints,
    groups: Ints,
    *,
    most: int | None = None,
) -> Ints:
    """Event rows of these cases and groups beyond 0.7 of the expected number."""
    expected = len(cases) * vocabulary.neoplasms["rate"].to_numpy()[groups].sum()
    allowed = max(2, int(0.7 * expected)) if most is None else most
    rows = np.flatnonzero(
        np.isin(reports.events["neoplasm"].to_numpy(), groups)
        & np.isin(reports.events["case"].to_numpy(), cases)
    )
    return rng.permutation(rows)[allowed:]


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
    *,
    truth: Truth,
) -> Reports:
    """Neoplasms added to the reports of a therapy, as many as make a clear signal.

    The number is fixed, not drawn: ``(ratio - 1) x expected``, at least 12. A pair is
    left out where the span leaves less than eight quarters after its onset or where
    fewer than three exposed reports stand behind each planted one.
    """
    for row in read_table("planned_signals").to_dict("records"):
        members = str(row["members"]).split("|")
        group = vocabulary.neoplasm(str(row["event"]))
        rate = float(vocabulary.neoplasms["rate"].iloc[group])
        onset = _onset(vocabulary, span, members, int(row["delay_quarters"]))
        if onset is None:
            continue
        candidates = _candidates(vocabulary, reports, members, onset)
        expected = rate * candidates.n_exposed
        n_planted = max(MIN_SIGNAL_REPORTS, round((float(row["ratio"]) - 1) * expected))
        if len(candidates.cases) < EXPOSED_PER_PLANT * n_planted:
            continue
        chosen = np.sort(rng.choice(candidates.cases, n_planted, replace=False))
        reports = add_neoplasm(rng, vocabulary, reports, chosen, group)
        truth.signals.append(
            {
                "drug": row["drug"],
                "event": row["event"],
                "ratio": round((n_planted + expected) / expected, 2),
                "from_quarter": str(Quarter.from_ordinal(span.first.ordinal + onset)),
                "n_planted": n_planted,
                "n_exposed": candidates.n_exposed,
                "members": row["members"],
            }
        )
        truth.implied.extend(
            {"drug": member, "event": row["event"], "because": row["drug"]}
            for member in members
            if member != row["drug"]
        )
        if row["drug"] == "ocrelizumab":
            reports = treat(
                vocabulary,
                reports,
                chosen[:TREATED_EVENTS],
                truth,
                drug="ocrelizumab",
                event="breast",
                product="TAMOXIFEN",
                indication="Breast cancer",
            )
    return reports


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
    *,
    truth: Truth,
) -> Reports:
    """Plant a signal of A that only shows once the litigated reports are taken out.

    The number of reports is the smallest whose lower limit is clearly above 1 in A
    without the litigated reports. The row is dropped from the truth where the
    litigated reports are too few to hide it.
    """
    rows = [row for row in truth.masking if row["drug"] == MASKED_DRUG]
    if not rows:
        return reports
    group = vocabulary.neoplasm(MASKED_EVENT)
    rate = float(vocabulary.neoplasms["rate"].iloc[group])
    candidates = _candidates(vocabulary, reports, [MASKED_DRUG], 0)
    n = len(reports.cases)
    hidden = int(str(rows[0]["n_reports"]))
    counts = np.arange(4, max(5, len(candidates.cases) // EXPOSED_PER_PLANT))
    clear = counts[_lower_limit(counts, candidates.n_exposed, rate * n, n) >= 1.35]
    masked = _lower_limit(clear[:1], candidates.n_exposed, rate * n + hidden, n) < 0.85
    if len(clear) == 0 or not masked[0]:
        rows[0]["drug"] = ""
        return reports
    everyone = exposed(vocabulary, reports, [MASKED_DRUG])
    own = np.flatnonzero(
        (reports.events["neoplasm"].to_numpy() == group)
        & np.isin(reports.events["case"].to_numpy(), everyone)
    )
    reports = Reports(
        reports.cases,
        reports.drugs,
        reports.events.drop(index=pd.Index(own)).reset_index(drop=True),
    )
    chosen = np.sort(rng.choice(candidates.cases, int(clear[0]), replace=False))
    truth.implied.append(
        {"drug": MASKED_DRUG, "event": MASKED_EVENT, "because": "masking"}
    )
    return add_neoplasm(rng, vocabulary, reports, chosen, group)


def hides_nothing(truth: Truth) -> None:
    """Say that the litigated reports hide no signal: none is planted."""
    for row in truth.masking:
        row["drug"] = ""


def _lower_limit(a: Ints, n_drug: int, c: float, n: int) -> Floats:
    """Lower 95 % limit of the reporting odds ratio, cells rounded to need."""
    b, d = n_drug - a, n - n_drug - c
    log_ror = np.log(a * d / (b * c))
    return np.asarray(np.exp(log_ror - 1.96 * np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)))

"""The page: content in, one self-contained HTML text out."""

from __future__ import annotations

import base64
import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pvsignal.analysis import NEOPLASMS, Analysis
from pvsignal.quarter import Quarter
from pvsignal.report import words
from pvsignal.report.beside import (
    controls_words,
    drug_test_rows,
    held_lines,
    held_words,
    interaction_words,
    onset_words,
    surveillance_words,
    target_words,
)
from pvsignal.report.content import (
    COMPARATORS,
    MAX_DETAILED_PAIRS,
    AttritionStep,
    BoardRow,
    Content,
    Estimate,
    HeatCell,
    HistoryPoint,
    LitigatedYear,
    MemberCount,
    Pair,
    RowFate,
    VariantPoint,
)
from pvsignal.report.crossing import class_lines, class_words
from pvsignal.report.null_archives import null_archives_words, read_null_archives
from pvsignal.report.states import (
    LABEL_WORDS,
    board_groups,
    board_notes,
    budget_words,
    change_parts,
    difference_words,
    episodes,
    flip_words,
    gap_words,
    grid_axes,
    jurisdiction_words,
    reasons,
    source_words,
    state_title,
)
from pvsignal.report.tables import WrittenTable
from pvsignal.signals.classes import MIN_MEMBERS

TEMPLATES: Final = Path(__file__).with_name("templates")

ORIGIN_WORDS: Final = {
    "simulated": "Simulated data. Every report, drug count and signal on this page is "
    "invented by a program. Nothing here describes a real medicine or a real person.",
    "mirror": "Data of a local mirror of the FDA's archives. The SHA-256 of every "
    "archive stands in the section on data.",
    "fda": "Data of the FDA's public archives (FAERS). The SHA-256 of every archive "
    "stands in the section on data.",
}


@dataclass(frozen=True)
class Charts:
    """Drawings of the page, by name; pairs by their anchor."""

    overview: str | None
    n_in_overview: int
    forest: Mapping[str, str]
    timeline: Mapping[str, str]


@dataclass(frozen=True)
class HeatMap:
    """Counts of comparator A: rows are groups of events, columns are drugs."""

    drugs: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell | None, ...]], ...]
    n_empty_drugs: int
    n_empty_groups: int


@dataclass(frozen=True)
class LitigatedTable:
    """Ingredients by year, and the ingredients that match no report."""

    years: tuple[int, ...]
    rows: tuple[tuple[str, int, tuple[LitigatedYear | None, ...]], ...]
    without_reports: tuple[str, ...]


@dataclass(frozen=True)
class QuarterRow:
    """Staged rows of one quarter by table, and what was repaired or rejected."""

    quarter: str
    staged: tuple[int, ...]
    splits: int
    joins: int
    rejected: int
    n_orphans: int
    n_childless: int
    archive: str
    archive_sha256: str


@dataclass(frozen=True)
class HistoryRow:
    """One quarter of a pair's history, comparators side by side."""

    as_of: str
    points: tuple[HistoryPoint | None, ...]


@dataclass(frozen=True)
class VariantRow:
    """One variant of a pair, comparators side by side; None where nothing differs."""

    variant: str
    title: str
    points: tuple[VariantPoint | None, ...]
    changes: bool


def render(
    content: Content,
    charts: Charts,
    *,
    analysis: Analysis,
    tables: Sequence[WrittenTable],
) -> str:
    """HTML of the report.

    Parameters
    ----------
    content
        All data of the page.
    charts
        SVG drawings, already escaped.
    analysis
        Title and thresholds.
    tables
        CSV files that were written beside the page.

    Returns
    -------
    str
        One page without any reference to the outside. Text from the data is escaped.
    """
    script = _source("report.js")
    page = _environment(analysis).get_template("index.html.j2")
    return page.render(
        content=content,
        run=content.run,
        charts=charts,
        analysis=analysis,
        event_sets=event_sets(analysis),
        tables=tables,
        groups=board_groups(content.board),
        detailed={pair.row.anchor for pair in content.pairs},
        max_detailed=MAX_DETAILED_PAIRS,
        max_overview=charts.n_in_overview,
        heat=heat_map(content.heat),
        drug_tests=drug_test_rows(content.drug_tests),
        attrition_flow=attrition_flow(content.attrition),
        fates=fate_table(content.fates),
        litigated=litigated_table(content.litigated),
        noted=[check for check in content.checks if check.n_rows],
        passed=[check.name for check in content.checks if not check.n_rows],
        table_names=_table_names(content.members),
        quarter_rows=quarter_rows(content.members),
        origin_words=ORIGIN_WORDS.get(content.run.origin, content.run.origin),
        style=Markup(_source("report.css")),
        script=Markup(script),
        script_hash=_script_hash(script),
    )


def _source(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def _script_hash(script: str) -> str:
    """Hash that the page's content policy admits; no other script may run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _environment(analysis: Analysis) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=words.count,
        ratio=words.ratio,
        plural=words.plural,
        svg=Markup,
        sort_value=sort_value,
        lower_first=lambda text: text[:1].lower() + text[1:],
        sentence_case=lambda text: text[:1].upper() + text[1:],
        dash=lambda text: words.NOTHING if text in (None, "") else text,
    )
    environment.globals.update(
        COMPARATORS=COMPARATORS,
        COMPARATOR_WORDS=comparator_words(analysis),
        WORDS=analysis.words,
        FLAG_WORDS=words.FLAG_WORDS,
        interval=words.interval,
        limits=words.limits,
        partial_date=words.partial_date,
        sentence=sentence,
        could_not_judge=could_not_judge,
        duplicates_words=duplicates_words,
        forest_summary=forest_summary,
        timeline_summary=timeline_summary,
        crossing_words=crossing_words,
        board_notes=board_notes,
        state_title=state_title,
        budget_words=budget_words,
        null_archives=null_archives_words(read_null_archives(), analysis),
        change_parts=change_parts,
        episodes=episodes,
        difference_words=difference_words,
        jurisdiction_words=jurisdiction_words,
        flip_words=flip_words,
        gap_words=gap_words,
        grid_axes=grid_axes,
        reasons=partial(reasons, analysis=analysis),
        class_lines=class_lines,
        class_words=partial(class_words, analysis=analysis),
        source_words=source_words,
        MIN_MEMBERS=MIN_MEMBERS,
        STATE_WORDS=words.STATE_WORDS,
        LABEL_WORDS=LABEL_WORDS,
        history_rows=history_rows,
        variant_rows=variant_rows,
        variants_words=variants_words,
        held_lines=held_lines,
        held_words=held_words,
        surveillance_words=surveillance_words,
        onset_words=onset_words,
        interaction_words=interaction_words,
        controls_words=controls_words,
        target_words=target_words,
        probability=words.probability,
        check_row_words=check_row_words,
        heat_class=heat_class,
    )
    return environment


def comparator_words(analysis: Analysis) -> dict[str, str]:
    """Names of the comparators' populations in headings."""
    return {
        "A": "whole database",
        "B": analysis.words.population_b,
        "C": "active comparator",
    }


def event_sets(analysis: Analysis) -> list[tuple[str, str]]:
    """Sets of events of the analysis, and when a term of them is no event."""
    return [
        (
            name.replace("_", " ").capitalize(),
            _NEOPLASM_RULE_WORDS
            if name == NEOPLASMS and choice.indication_rule == "full"
            else _RULE_WORDS[choice.indication_rule],
        )
        for name, choice in analysis.events.items()
    ]


_NEOPLASM_RULE_WORDS: Final = (
    "a neoplasm that is the reason for a drug of the report, or that is being treated "
    "by every suspect, or recurs, is not an incident event. A treated event is kept "
    "and marked where a drug of the report treats the same neoplasm but does not come "
    "before it."
)

_RULE_WORDS: Final = {
    "full": "a term is no event where it, or its group, is what the primary suspect or "
    "an earlier drug of the report was given for.",
    "primary_suspect": "a term is no event where it, or its group, is what the primary "
    "suspect was given for. Where another drug of the report was given for it, the "
    "event is kept and marked as treated: such an event can happen again.",
    "off": "every reported term counts, also where a drug of the report was given for "
    "it; such an event is marked as treated.",
}


def sort_value(value: float | None) -> str:
    """Give the number a table column sorts by; nothing known sorts lowest."""
    if value is None or math.isnan(value):
        return "-1"
    return "1e308" if math.isinf(value) else repr(value)


def crossing_words(row: BoardRow) -> str:
    """First crossing that the state of a pair counts from, or why there is none."""
    if row.state == "not computed":
        return "not computed: quarters are missing"
    return row.first_crossing or "none"


def sentence(row: BoardRow, as_of: str) -> str:
    """Say in plain words what the statistics of a pair mean."""
    a = row.of("A")
    parts = []
    if a:
        parts.append(
            f"As of {as_of}, {words.plural(a.a, 'report')} in comparator A "
            f"{'names' if a.a == 1 else 'name'} {row.drug_words} as a suspect drug "
            f"together with an event of “{row.event_label}”; "
            f"{words.ratio(a.expected)} would be expected if the two were reported "
            "independently of each other."
        )
    flagged = [e.comparator for e in row.estimates if e.sdr_screen]
    parts.append(
        "There is a signal of disproportionate reporting in "
        f"{words.joined(flagged)}{_not_flagged(row)}."
    )
    parts.append(_agreement_words(row))
    return " ".join(parts)


def _agreement_words(row: BoardRow) -> str:
    if row.agreement == "robust":
        agreeing = [c for c in ("B", "C") if row.mark(c) == "flagged"]
        return (
            f"A and {words.joined(agreeing)}, which can judge the pair, agree: "
            "the pair is robust."
        )
    if row.agreement == "provisional":
        thin = [c for c in ("B", "C") if row.mark(c) == "flagged, thin"]
        return (
            f"A and {words.joined(thin)} agree, but {words.joined(thin)} "
            f"{'has' if len(thin) == 1 else 'have'} too few reports to judge the pair: "
            "the agreement is provisional."
        )
    against = [c for c in COMPARATORS if row.mark(c) == "not flagged"]
    if against:
        return (
            f"{words.joined(against)} could judge the pair and "
            f"{'does' if len(against) == 1 else 'do'} not flag it: the comparators "
            "contradict each other; look first at what separates their populations."
        )
    return (
        f"{words.joined(_not_judging(row))} could not judge the pair: nothing confirms "
        "the flag, and nothing contradicts it."
    )


def _not_judging(row: BoardRow) -> list[str]:
    return [c for c in COMPARATORS if row.mark(c) in ("not evaluable", "no population")]


def could_not_judge(row: BoardRow) -> str:
    """Say of a flag that stands alone that no other comparator could judge the pair."""
    alone = row.agreement.startswith("only")
    if not alone or any(row.mark(c) == "not flagged" for c in COMPARATORS):
        return ""
    return f"{words.joined(_not_judging(row))} could not judge"


def duplicates_words(estimate: Estimate) -> str:
    """Say what a is with the suspected duplicates, and whether a flag hangs on it.

    Empty where the analysis has no variant that counts them.
    """
    if estimate.a_with_duplicates is None:
        return ""
    if not estimate.n_duplicates:
        return "No suspected duplicate among its reports."
    flag = ""
    if estimate.sdr_screen_with_duplicates != estimate.sdr_screen:
        flag = ", flagged" if estimate.sdr_screen_with_duplicates else ", not flagged"
    low = words.ratio(estimate.ror_low_with_duplicates)
    return (
        f"With suspected duplicates a is {words.count(estimate.a_with_duplicates)} "
        f"(lower limit of the ROR {low}{flag})"
        f"; {words.plural(estimate.n_duplicates, 'report')} of the pair "
        f"{'is' if estimate.n_duplicates == 1 else 'are'} left out."
    )


def _not_flagged(row: BoardRow) -> str:
    silent = [c for c in COMPARATORS if row.mark(c) == "not flagged"]
    blind = [c for c in COMPARATORS if row.mark(c) == "not evaluable"]
    absent = [c for c in COMPARATORS if row.mark(c) == "no population"]
    texts = [
        f"not in {words.joined(silent)}" if silent else "",
        f"{words.joined(blind)} not evaluable" if blind else "",
        f"no comparator {words.joined(absent)}" if absent else "",
    ]
    return "".join(f"; {text}" for text in texts if text)


def forest_summary(row: BoardRow) -> str:
    """Forest plot in words."""
    texts = [
        f"{e.comparator}: {words.interval(e.ror, e.ror_low, e.ror_high)}, "
        f"{words.FLAG_WORDS[e.mark][1]}"
        for e in row.estimates
    ]
    return "Reporting odds ratio with 95 % limits. " + "; ".join(texts) + "."


def timeline_summary(pair: Pair) -> str:
    """Timeline in words: first and last quarter of comparator A."""
    points = [point for point in pair.history if point.comparator == "A"]
    if not points:
        return "No history in comparator A."
    first, last = points[0], points[-1]
    crossing = (
        f" The first crossing is {pair.row.first_crossing}."
        if pair.row.first_crossing
        else ""
    )
    before = (
        f"{words.plural(first.a, 'report')} as of {first.as_of}, "
        f"{words.count(last.a)} as of {last.as_of}; ROR at the end"
        if len(points) > 1
        else f"{words.plural(last.a, 'report')} as of {last.as_of}, the only quarter "
        "held; ROR"
    )
    return (
        f"Comparator A, cumulative: {before} "
        f"{words.interval(last.ror, last.ror_low, last.ror_high)}.{crossing}"
    )


def history_rows(history: Iterable[HistoryPoint]) -> list[HistoryRow]:
    """History with the comparators side by side, latest quarter first.

    Starts with the first quarter that has a report.
    """
    held = {(point.as_of, point.comparator): point for point in history}
    # Counts only ever grow but for withdrawn cases: a quarter without a report stays
    # where an earlier one has some.
    reported = [Quarter.parse(as_of) for (as_of, _), point in held.items() if point.a]
    first = min(reported, default=None)
    quarters = sorted(
        {x for x, _ in held if first is not None and Quarter.parse(x) >= first},
        key=Quarter.parse,
        reverse=True,
    )
    return [
        HistoryRow(q, tuple(held.get((q, comparator)) for comparator in COMPARATORS))
        for q in quarters
    ]


def variant_rows(points: Iterable[VariantPoint]) -> list[VariantRow]:
    """Variants in the order of the analysis file, the primary one first."""
    by_variant: dict[str, dict[str, VariantPoint]] = {}
    for point in points:
        by_variant.setdefault(point.variant, {})[point.comparator] = point
    primary = by_variant.get("primary", {})
    return [
        VariantRow(
            name,
            next(iter(found.values())).title,
            tuple(found.get(comparator) for comparator in COMPARATORS),
            any(
                point.sdr_screen != primary[comparator].sdr_screen
                for comparator, point in found.items()
                if comparator in primary
            ),
        )
        for name, found in by_variant.items()
    ]


def variants_words(rows: Sequence[VariantRow]) -> str:
    """Say how many of the other choices change a flag, and which."""
    others = [row for row in rows if row.variant != "primary"]
    changing = [row.title for row in others if row.changes]
    if not changing:
        return f"No flag changes in {words.plural(len(others), 'other choice')}."
    named = "; ".join(changing[:6])
    more = f"; and {len(changing) - 6} more" if len(changing) > 6 else ""
    verb = "changes" if len(changing) == 1 else "change"
    return (
        f"{len(changing)} of {len(others)} other choices {verb} a flag: {named}{more}."
    )


def heat_map(cells: Sequence[HeatCell]) -> HeatMap:
    """Lay out the counts without the drugs and groups that have no report."""
    by_place = {(cell.event_label, cell.drug): cell for cell in cells}
    groups, drugs = (
        sorted({place[side] for place in by_place}, key=str.casefold) for side in (0, 1)
    )
    shown_groups = [g for g in groups if any(c.a for c in cells if c.event_label == g)]
    shown_drugs = [d for d in drugs if any(c.a for c in cells if c.drug == d)]
    return HeatMap(
        drugs=tuple(shown_drugs),
        rows=tuple(
            (group, tuple(by_place.get((group, drug)) for drug in shown_drugs))
            for group in shown_groups
        ),
        n_empty_drugs=len(drugs) - len(shown_drugs),
        n_empty_groups=len(groups) - len(shown_groups),
    )


def heat_class(cell: HeatCell) -> str:
    """Style of a heat-map cell; each state also has a sign of its own."""
    if cell.sdr_screen:
        return "hot"
    if not cell.evaluable:
        return "blind"
    above = cell.expected is not None and cell.a > cell.expected and cell.a > 0
    return "warm" if above else "cool"


FLOW_TITLES: Final = {
    "cases": "From rows to cases",
    "population": "From cases to populations",
    "exposure": "Exposure",
    "outcome": "Outcome",
    "both": "Both",
}
_FLOW_CSS: Final = {"left": "left", "shown": "shown"}


@dataclass(frozen=True)
class FlowStep:
    """A box of the attrition flow: what is left, or what went."""

    step: str
    unit: str
    n: int
    css: str


@dataclass(frozen=True)
class FlowPart:
    """A column of the attrition flow."""

    title: str
    steps: tuple[FlowStep, ...]


def attrition_flow(steps: Sequence[AttritionStep]) -> tuple[FlowPart, ...]:
    """Attrition as columns of boxes, one a part, in the order of the steps."""
    return tuple(
        FlowPart(
            FLOW_TITLES.get(part, part),
            tuple(
                FlowStep(step.step, step.unit, step.n, _FLOW_CSS.get(step.kind, "went"))
                for step in of_part
            ),
        )
        for part, of_part in groupby(steps, key=lambda step: step.part)
    )


@dataclass(frozen=True)
class FateRow:
    """Rows of a quarter, in all and by fate."""

    quarter: str
    n_rows: int
    counts: tuple[int, ...]


@dataclass(frozen=True)
class FateTable:
    """Fates of the DEMO rows, quarter by fate."""

    names: tuple[str, ...]
    rows: tuple[FateRow, ...]


def fate_table(fates: Sequence[RowFate]) -> FateTable:
    """Fates as quarter by fate, the most frequent fate first."""
    totals = Counter[str]()
    by_quarter: dict[str, Counter[str]] = {}
    for one in fates:
        totals[one.fate] += one.n_rows
        by_quarter.setdefault(one.quarter, Counter())[one.fate] += one.n_rows
    names = tuple(sorted(totals, key=lambda name: (-totals[name], name)))
    return FateTable(
        names,
        tuple(
            FateRow(quarter, found.total(), tuple(found[name] for name in names))
            for quarter, found in by_quarter.items()
        ),
    )


def litigated_table(lines: Sequence[LitigatedYear]) -> LitigatedTable:
    """Litigated reports as ingredient by year."""
    years = sorted({x.received_year for x in lines if x.received_year is not None})
    found: dict[str, dict[int, LitigatedYear]] = {}
    for line in lines:
        if line.received_year is not None:
            found.setdefault(line.ingredient, {})[line.received_year] = line
    return LitigatedTable(
        years=tuple(years),
        rows=tuple(
            (
                ingredient,
                sum(line.n_reports for line in by_year.values()),
                tuple(by_year.get(year) for year in years),
            )
            for ingredient, by_year in found.items()
        ),
        without_reports=tuple(
            sorted({x.ingredient for x in lines} - set(found), key=str.casefold)
        ),
    )


def check_row_words(row: Mapping[str, object]) -> str:
    """Row of a check in words: the quarter, then each figure with its name.

    Examples
    --------
    >>> check_row_words({"quarter": "2012q4", "table_name": "reac", "n_orphans": 9})
    '2012q4: reac, orphans 9'
    """
    names = {"table_name", "column_name", "archive", "value", "why"}
    parts = [
        str(value)
        if name in names
        else f"{name.removeprefix('n_').replace('_', ' ')} {_figure(value)}"
        for name, value in row.items()
        if name != "quarter"
    ]
    figures = ", ".join(parts)
    return f"{row['quarter']}: {figures}" if "quarter" in row else figures


def _figure(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return words.count(value)
    return words.NOTHING if value is None else str(value)


def _table_names(members: Sequence[MemberCount]) -> list[str]:
    order = ["demo", "drug", "reac", "ther", "indi", "outc", "rpsr", "deleted"]
    return sorted(
        {member.table_name for member in members},
        key=lambda name: (order.index(name) if name in order else len(order), name),
    )


def quarter_rows(members: Sequence[MemberCount]) -> list[QuarterRow]:
    """Accounting with one line a quarter, in quarter order."""
    names = _table_names(members)
    quarters: dict[str, list[MemberCount]] = {}
    for member in members:
        quarters.setdefault(member.quarter, []).append(member)
    return [
        QuarterRow(
            quarter=quarter,
            staged=tuple(
                sum(m.staged for m in found if m.table_name == name) for name in names
            ),
            splits=sum(m.splits for m in found),
            joins=sum(m.joins for m in found),
            rejected=sum(m.rejected for m in found),
            n_orphans=sum(m.n_orphans or 0 for m in found),
            n_childless=sum(
                (m.n_without_drug or 0) + (m.n_without_reaction or 0) for m in found
            ),
            archive=found[0].archive,
            archive_sha256=found[0].archive_sha256,
        )
        for quarter, found in sorted(quarters.items())
    ]

"""Static charts of the report: Altair specifications, ready to be drawn.

The charts stand inside an HTML page with their data in a table beside them. Each kind
of chart is built by Altair and compiled to Vega once; a drawing only puts in its data
and the ends of its axes, which are parameters of the chart.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import altair as alt
import vl_convert

from pvsignal.quarter import Quarter
from pvsignal.report.content import BoardRow, Estimate, HistoryPoint
from pvsignal.report.drawing import Drawing
from pvsignal.report.judged import Mark
from pvsignal.report.words import interval

# Okabe and Ito's colours: told apart by people with any common colour blindness.
COLOURS: Final = {"A": "#0072B2", "B": "#D55E00", "C": "#007A5A"}
SHAPES: Final = {"A": "circle", "B": "square", "C": "diamond"}
DASHES: Final[dict[str, list[int]]] = {"A": [1, 0], "B": [6, 3], "C": [2, 2]}
TICKS: Final = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    *(2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0),
)
_DECADES: Final = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)

_INK: Final = "#1d2730"
_GREY: Final = "#55606b"
_LINE: Final = "#dfe4e9"
_ROR: Final = "Reporting odds ratio (log scale)"


@dataclass(frozen=True)
class LogSpan:
    """Drawn part of a logarithmic axis; what lies outside becomes an arrow.

    Attributes
    ----------
    low, high
        Ends of the axis, both among `TICKS`.
    """

    low: float
    high: float

    @property
    def ticks(self) -> list[float]:
        """Labelled values of the axis: whole decades where it is long."""
        labelled = TICKS if self.high / self.low <= 100 else _DECADES
        return [tick for tick in labelled if self.low <= tick <= self.high]

    def clip(self, value: float | None, missing: float) -> float:
        """Value inside the span; ``missing`` where there is none."""
        if value is None or math.isnan(value):
            return missing
        return min(max(value, self.low), self.high)

    def holds(self, value: float | None) -> bool:
        """Whether a value can be drawn where it is."""
        return value is not None and self.low <= value <= self.high


def log_span(values: Sequence[float | None]) -> LogSpan:
    """Smallest span of ticks around 1 that holds the finite, positive values."""
    finite = [v for v in values if v is not None and math.isfinite(v) and v > 0]
    low = min([0.5, *finite])
    high = max([2.0, *finite])
    return LogSpan(
        max((tick for tick in TICKS if tick <= low), default=TICKS[0]),
        min((tick for tick in TICKS if tick >= high), default=TICKS[-1]),
    )


Records = list[dict[str, Any]]
Vega = dict[str, Any]


def _drawing(
    chart: Vega,
    data: Mapping[str, Records],
    *,
    axes: Mapping[str, Any],
    name: str,
    label: str,
) -> Drawing:
    """Fill the data and the ends of the axes into a compiled chart, by their names."""
    filled = {
        **chart,
        "data": [
            {**source, "values": data[source["name"]]}
            if source["name"] in data
            else source
            for source in chart["data"]
        ],
        "signals": [
            {**signal, "value": axes[signal["name"]]}
            if signal["name"] in axes
            else signal
            for signal in chart["signals"]
        ],
    }
    # JSON knows no NaN and no infinity; neither is drawn.
    return Drawing(json.dumps(_finite(filled)), name, label)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _compiled(
    chart: alt.LayerChart | alt.VConcatChart | alt.FacetChart, axes: Sequence[str]
) -> Vega:
    """Vega specification of a chart in the report's style."""
    styled = (
        chart.configure(font="sans-serif", aria=False, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
            titleColor=_GREY,
            labelColor=_INK,
            gridColor=_LINE,
            domainColor="#8a949e",
            tickColor="#8a949e",
        )
    )
    parameters = [{"name": name, "value": 1} for name in axes]
    vega: Vega = vl_convert.vegalite_to_vega(
        styled.to_dict(validate=False) | {"params": parameters}
    )
    return vega


def _named(name: str) -> alt.Chart:
    return alt.Chart(alt.NamedData(name=name))


_LOG_AXIS: Final = ("low", "high", "ticks")


def _log_scale() -> alt.Scale:
    ends = [alt.ExprRef("low"), alt.ExprRef("high")]
    return alt.Scale(type="log", domain=ends, nice=False)


def _log_axes(span: LogSpan) -> dict[str, Any]:
    return {"low": span.low, "high": span.high, "ticks": span.ticks}


def _forest_record(estimate: Estimate, span: LogSpan, *, row: str) -> dict[str, Any]:
    point_inside = span.holds(estimate.ror)
    return {
        "row": row,
        "comparator": estimate.comparator,
        "ror": estimate.ror if point_inside else None,
        "low": span.clip(estimate.ror_low, span.low),
        "high": span.clip(estimate.ror_high, span.high),
        "drawn": estimate.has_interval,
        "left": estimate.has_interval and not span.holds(estimate.ror_low),
        "right": estimate.has_interval and not span.holds(estimate.ror_high),
        "evaluable": estimate.evaluable,
        "text": interval(estimate.ror, estimate.ror_low, estimate.ror_high),
    }


def _forest_layers(base: alt.Chart) -> list[alt.Chart]:
    """Interval, arrows and point of each record; hollow and dashed if not evaluable."""
    base = base.encode(color=_colour())
    axis = alt.Axis(values=alt.ExprRef("ticks"), format="~g", title=_ROR)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=_log_scale(), axis=axis)

    rules = [
        base.mark_rule(strokeWidth=1.6, strokeDash=dash)
        .encode(x=x("low"), x2="high:Q")
        .transform_filter(f"datum.drawn && datum.evaluable == {condition}")
        for condition, dash in (("true", [1, 0]), ("false", [3, 3]))
    ]
    arrows = [
        base.mark_point(shape=f"triangle-{side}", filled=True, size=45, opacity=1)
        .encode(x=x(end))
        .transform_filter(f"datum.{side}")
        for side, end in (("left", "low"), ("right", "high"))
    ]
    points = [
        base.mark_point(size=62, strokeWidth=1.6, opacity=1, **fill)
        .encode(x=x("ror"), shape=_shape())
        .transform_filter(f"isValid(datum.ror) && datum.evaluable == {condition}")
        for condition, fill in (
            ("true", {"filled": True}),
            ("false", {"fill": "white"}),
        )
    ]
    return [*rules, *arrows, *points]


def _colour() -> alt.Color:
    return alt.Color(
        "comparator:N",
        legend=None,
        scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
    )


def _shape() -> alt.Shape:
    return alt.Shape(
        "comparator:N",
        legend=None,
        scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values())),
    )


def _forest_data(records: Records) -> dict[str, Records]:
    return {"estimates": records, "one": [{"one": 1}]}


def forest(row: BoardRow, *, name: str) -> Drawing:
    """Forest plot of the reporting odds ratio of one pair in A, B and C."""
    span = log_span([v for e in row.estimates for v in (e.ror, e.ror_low, e.ror_high)])
    records = [_forest_record(e, span, row=e.comparator) for e in row.estimates]
    texts = {record["row"]: record["text"] for record in records}
    return _drawing(
        _forest_chart(),
        _forest_data(records)
        | {"texts": [{"row": c, "text": texts.get(c, "no comparator")} for c in "ABC"]},
        axes=_log_axes(span),
        name=name,
        label=f"Forest plot of {row.words}",
    )


@cache
def _forest_chart() -> Vega:
    axis = alt.Axis(
        title=None,
        grid=False,
        ticks=False,
        domain=False,
        labelFontWeight="bold",
        labelFontSize=12,
        labelPadding=8,
    )
    y = alt.Y("row:N", scale=alt.Scale(domain=["A", "B", "C"]), axis=axis)
    return _compiled(
        alt.layer(
            _reference_line().encode(x="one:Q"),
            *_forest_layers(_named("estimates").encode(y=y)),
            _named("texts")
            .mark_text(align="left", fontSize=11, color=_INK, x=228)
            .encode(y=y, text="text:N"),
        ).properties(
            width=215,
            height=102,
            padding={"left": 26, "right": 150, "top": 8, "bottom": 40},
            autosize="none",
        ),
        _LOG_AXIS,
    )


def overview(rows: Sequence[BoardRow], *, name: str) -> Drawing:
    """Forest plot of several pairs, the comparators one below the other."""
    span = log_span(
        [v for row in rows for e in row.estimates for v in (e.ror, e.ror_low)]
    )
    records = [
        _forest_record(estimate, span, row=f"{number:03d}")
        for number, row in enumerate(rows)
        for estimate in row.estimates
    ]
    names = [
        {"row": f"{number:03d}", "words": row.words} for number, row in enumerate(rows)
    ]
    return _drawing(
        _overview_chart(len(rows)),
        _forest_data(records) | {"pairs": names},
        axes=_log_axes(span),
        name=name,
        label=f"Forest plot of {len(rows)} pairs of the board, comparators A, B and C",
    )


def _overview_chart(n_rows: int) -> Vega:
    # The upper part of each band is left to the name of the pair.
    y = alt.Y("row:N", axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    within = alt.Scale(domain=["name", "A", "B", "C"], paddingInner=0.1)
    estimates = _named("estimates").encode(
        y=y, yOffset=alt.YOffset("comparator:N", scale=within)
    )
    place: dict[str, Any] = {
        "align": "left",
        "x": 0,
        "yOffset": -18,
        "fontSize": 11.5,
        "limit": 405,
    }
    names = _named("pairs").encode(y=y, text="words:N")
    return _compiled(
        alt.layer(
            _reference_line().encode(x="one:Q"),
            *_forest_layers(estimates),
            names.mark_text(**place, stroke="white", strokeWidth=4),
            names.mark_text(**place, color=_INK, fontWeight="bold"),
        ).properties(
            width=400,
            height=56 * n_rows,
            padding={"left": 8, "right": 14, "top": 6, "bottom": 40},
            autosize="none",
        ),
        _LOG_AXIS,
    )


def _reference_line() -> alt.Chart:
    line: alt.Chart = _named("one").mark_rule(color=_INK, strokeWidth=1)
    return line


def _position(quarter: str) -> float:
    """Place of a quarter on a yearly axis: 2024q3 is 2024.5."""
    return Quarter.parse(quarter).ordinal / 4


def _with_gaps(points: Sequence[HistoryPoint]) -> Records:
    """Lay out one comparator; a quarter not held breaks the line.

    A point without a neighbour would vanish from a line and is marked ``alone``.
    """
    held = {Quarter.parse(point.as_of).ordinal: point for point in points}
    records: Records = []
    for ordinal in range(min(held), max(held) + 1) if held else ():
        point = held.get(ordinal)
        records.append(
            {
                "x": ordinal / 4,
                "a": point.a if point else None,
                "ror": point.ror if point else None,
                "low": point.ror_low if point else None,
                "high": point.ror_high if point else None,
                "alone": ordinal - 1 not in held and ordinal + 1 not in held,
            }
        )
    return records


def _drawable(record: dict[str, Any], span: LogSpan) -> dict[str, Any]:
    ror = record["ror"]
    known = ror is not None and math.isfinite(ror) and ror > 0
    return record | {
        "ror": span.clip(ror, span.low) if known else None,
        "low": span.clip(record["low"], span.low) if known else None,
        "high": span.clip(record["high"], span.high) if known else None,
    }


def _timeline_records(history: Sequence[HistoryPoint], span: LogSpan) -> Records:
    return [
        _drawable(record, span) | {"comparator": comparator}
        for comparator in COLOURS
        for record in _with_gaps(
            [point for point in history if point.comparator == comparator]
        )
    ]


def timeline(
    row: BoardRow,
    history: Sequence[HistoryPoint],
    marks: Sequence[Mark],
    *,
    name: str,
) -> Drawing:
    """Cumulative reports and reporting odds ratio of one pair by quarter.

    The first crossing is a vertical line through both panels; wording of labels (L) and
    dates of notoriety (N) are thin ones. Lines break where a quarter is not held.
    """
    span = log_span([point.ror for point in history if point.a > 0])
    records = _timeline_records(history, span)
    places = [record["x"] for record in records]
    first = min(places)
    last = max(*places, first + 0.5)
    crossing: Records = (
        [
            {
                "x": _position(row.first_crossing),
                "text": f"first crossing {row.first_crossing}",
            }
        ]
        if row.first_crossing
        else []
    )
    return _drawing(
        _timeline_chart(),
        {
            "history": records,
            "one": [{"one": 1}],
            "crossing": crossing,
            "mark": _mark_records(marks, first=first, last=last),
        },
        axes=_log_axes(span)
        | {"first": first, "last": last, "years": _years(first, last)},
        name=name,
        label=f"Reports and ratio over time of {row.words}",
    )


def _mark_records(marks: Sequence[Mark], *, first: float, last: float) -> Records:
    """One line a quarter and kind, within the quarters that are drawn."""
    places = {(_position(one.quarter), one.mark) for one in marks}
    return [
        {"x": x, "kind": kind, "letter": kind[0].upper()}
        for x, kind in sorted(places)
        if first <= x <= last
    ]


_MARK_COLOURS: Final = alt.Scale(
    domain=["label", "notoriety"], range=["#7a3b8f", "#a15c00"]
)


@cache
def _timeline_chart() -> Vega:
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[alt.ExprRef("first"), alt.ExprRef("last")], nice=False),
        axis=alt.Axis(values=alt.ExprRef("years"), format="d", title=None, grid=False),
    )
    dash = alt.StrokeDash(
        "comparator:N",
        legend=None,
        scale=alt.Scale(domain=list(DASHES), range=list(DASHES.values())),
    )
    counts_y = alt.Y(
        "a:Q", axis=alt.Axis(title="Reports (a)", tickCount=4, format="~s", **_SIDE)
    )
    ticks = alt.Axis(
        title="ROR, log", values=alt.ExprRef("ticks"), format="~g", **_SIDE
    )
    ror_y = alt.Y("ror:Q", scale=_log_scale(), axis=ticks)
    lines = _named("history").encode(x=x, color=_colour(), strokeDash=dash)
    limits = _named("history").encode(
        x=x, y=alt.Y("low:Q", scale=_log_scale(), axis=ticks), y2="high:Q"
    )
    crossed = _named("crossing").encode(x=x)
    rule = crossed.mark_rule(color=_INK, strokeDash=[4, 2], strokeWidth=1.2)
    marked = _named("mark").encode(x=x)
    marks = marked.mark_rule(strokeWidth=1, opacity=0.55).encode(
        color=alt.Color("kind:N", legend=None, scale=_MARK_COLOURS)
    )
    counts = alt.layer(
        lines.mark_line(interpolate="step-after", strokeWidth=1.8).encode(y=counts_y),
        _lone(x, counts_y),
        marks,
        marked.mark_text(y=6, dx=5, fontSize=9, color=_INK).encode(text="letter:N"),
        rule,
        crossed.mark_text(y=-8, fontSize=11, color=_INK).encode(text="text:N"),
    ).resolve_scale(color="independent")
    ratios = alt.layer(
        limits.mark_area(opacity=0.16, color=COLOURS["A"]).transform_filter(
            "datum.comparator == 'A'"
        ),
        _reference_line().encode(y="one:Q"),
        lines.mark_line(strokeWidth=1.8).encode(y=ror_y),
        _lone(x, ror_y),
        marks,
        rule,
    ).resolve_scale(color="independent")
    return _compiled(
        alt.vconcat(
            counts.properties(width=300, height=92),
            ratios.properties(width=300, height=118),
            spacing=26,
        ).properties(padding={"left": 8, "right": 14, "top": 16, "bottom": 4}),
        (*_LOG_AXIS, "first", "last", "years"),
    )


_SIDE: Final[dict[str, Any]] = {
    "minExtent": 34,
    "maxExtent": 34,
    "titlePadding": 4,
    "titleX": -36,
}


def _lone(x: alt.X, y: alt.Y) -> alt.Chart:
    points: alt.Chart = (
        _named("history")
        .mark_point(filled=True, size=24, opacity=1)
        .encode(x=x, y=y, color=_colour(), shape=_shape())
        .transform_filter("datum.alone")
    )
    return points


def _years(first: float, last: float) -> list[int]:
    start, end = math.ceil(first), math.floor(last)
    step = max(1, math.ceil((end - start + 1) / 7))
    return list(range(start, end + 1, step))

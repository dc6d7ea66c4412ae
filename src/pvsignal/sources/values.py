"""Typed values of the FDA's texts.

Each rule is a function of one text (and its unit). Columns repeat their values
thousands of times, so a rule is applied once per distinct text and spread over the
rows through dictionary encoding.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

DAY, MONTH, YEAR = "day", "month", "year"
YEARS_KNOWN = range(1900, 2101)
KEY_DIGITS_MAX = 18
AGE_YEARS_MAX = 122.0
WT_KG_MAX = 635.0

_DIGITS = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)\s*")
_CASEVERSION = re.compile(r"[0-9]{1,9}")

# A year has 365.25 days and 52.18 weeks.
_YEARS_OF_AGE = {
    "DEC": 10.0,
    "YR": 1.0,
    "MON": 1 / 12,
    "WK": 1 / 52.18,
    "DY": 1 / 365.25,
    "HR": 1 / 8766,
    "MIN": 1 / (8766 * 60),
    "SEC": 1 / (8766 * 3600),
}
_KG_OF_WEIGHT = {"KG": 1.0, "KGS": 1.0, "LBS": 0.45359237, "GMS": 1 / 1000}
# THER writes DAY where DEMO writes DY.
_DAYS_OF_DURATION = {
    "YR": 365.25,
    "MON": 30.4375,
    "WK": 7.0,
    "DAY": 1.0,
    "HR": 1 / 24,
    "MIN": 1 / 1440,
    "SEC": 1 / 86400,
}


def date_of(text: str) -> tuple[dt.date, str] | None:
    """First day of the period that a date text states, and its precision.

    Parameters
    ----------
    text
        ``YYYY``, ``YYYYMM`` or ``YYYYMMDD``.

    Returns
    -------
    tuple of (date, precision) or None
        Precision is ``day``, ``month`` or ``year``. None for any other text, a day
        that the calendar lacks, and years outside 1900 to 2100 (the FDA's files hold
        0001 to 9199).

    Examples
    --------
    >>> date_of("201503")
    (datetime.date(2015, 3, 1), 'month')
    >>> date_of("20150231") is None
    True
    """
    precision = {4: YEAR, 6: MONTH, 8: DAY}.get(len(text))
    if precision is None or not _DIGITS.fullmatch(text):
        return None
    year, month, day = int(text[:4]), int(text[4:6] or 1), int(text[6:] or 1)
    if year not in YEARS_KNOWN:
        return None
    try:
        return dt.date(year, month, day), precision
    except ValueError:
        return None


def decimal_of(text: str) -> float | None:
    """Return the number that a text is, None where it is more or less than a number.

    Examples
    --------
    >>> decimal_of(".5"), decimal_of("163/6"), decimal_of("nan")
    (0.5, None, None)
    """
    return float(text) if _DECIMAL.fullmatch(text) else None


def caseversion_of(text: str) -> int | None:
    """Return a case version as a number, None where it is none of up to 9 digits."""
    return int(text) if _CASEVERSION.fullmatch(text) else None


def age_years_of(amount: str, unit: str | None) -> float | None:
    """Age in years.

    Returns
    -------
    float or None
        None where the amount is no number, the unit is missing or unknown, or the age
        lies outside 0 to 122 years.

    Examples
    --------
    >>> age_years_of("7", "DEC"), age_years_of("7", None)
    (70.0, None)
    """
    years = _converted(amount, unit, factors=_YEARS_OF_AGE)
    return years if years is not None and 0 <= years <= AGE_YEARS_MAX else None


def wt_kg_of(amount: str, unit: str | None) -> float | None:
    """Weight in kg.

    Returns
    -------
    float or None
        None where the amount is no number, the unit is missing or unknown, or the
        weight is not above 0 and at most 635 kg.
    """
    kg = _converted(amount, unit, factors=_KG_OF_WEIGHT)
    return kg if kg is not None and 0 < kg <= WT_KG_MAX else None


def dur_days_of(amount: str, unit: str | None) -> float | None:
    """Duration in days.

    Returns
    -------
    float or None
        None where the amount is no number or below 0, or the unit is missing or
        unknown.
    """
    days = _converted(amount, unit, factors=_DAYS_OF_DURATION)
    return days if days is not None and days >= 0 else None


def _converted(
    amount: str, unit: str | None, *, factors: dict[str, float]
) -> float | None:
    factor = factors.get((unit or "").strip().upper())
    number = decimal_of(amount)
    return None if factor is None or number is None else number * factor


# ------------------------------------------------------------------ whole columns


def keys_of(texts: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Numbers of a column of keys.

    Returns
    -------
    tuple of (int64 numbers, boolean refused)
        Refused is what is not 1 to 18 digits without a leading 0, the blank included.
    """
    is_number = _is_counting_number(texts)
    return _integers(texts, is_number), pc.invert(is_number)


def cases_of(texts: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Like `keys_of`, but a blank is NULL and not refused."""
    is_number = _is_counting_number(texts)
    return _integers(texts, is_number), pc.invert(pc.or_(is_number, _is_blank(texts)))


def sequences_of(texts: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Like `cases_of`, and 0 is a number."""
    is_zero = pc.fill_null(pc.equal(texts, "0"), False)
    is_number = pc.or_(_is_counting_number(texts), is_zero)
    return _integers(texts, is_number), pc.invert(pc.or_(is_number, _is_blank(texts)))


def _is_counting_number(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Where a text is 1 to 18 digits without a leading 0; NULL is none."""
    is_digits = pc.ascii_is_decimal(texts)
    is_short = pc.less_equal(pc.binary_length(texts), KEY_DIGITS_MAX)
    is_plain = pc.invert(pc.starts_with(texts, "0"))
    return pc.fill_null(pc.and_(is_digits, pc.and_(is_short, is_plain)), False)


def _is_blank(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(texts), ""), True)


def _integers(texts: pa.ChunkedArray, is_number: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(is_number, texts, None).cast(pa.int64())


def dates_of(texts: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Date (first day) and precision of each text, as by `date_of`."""
    encoded = texts.combine_chunks().dictionary_encode()
    found = [date_of(text) for text in encoded.dictionary.to_pylist()]
    dates = pa.array([one and one[0] for one in found], pa.date32())
    precisions = pa.array([one and one[1] for one in found], pa.string())
    return dates.take(encoded.indices), precisions.take(encoded.indices)


def each_of(
    texts: pa.ChunkedArray,
    rule: Callable[[str], float | None],
    *,
    type: pa.DataType,
) -> pa.Array:
    """Value of each text by a rule that is applied once per distinct text."""
    encoded = texts.combine_chunks().dictionary_encode()
    values = [rule(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(values, type).take(encoded.indices)


def each_with_unit(
    amounts: pa.ChunkedArray,
    units: pa.ChunkedArray,
    *,
    rule: Callable[[str, str | None], float | None],
) -> pa.Array:
    """Value of each (amount, unit) by a rule applied once per distinct pair."""
    amount = amounts.combine_chunks().dictionary_encode()
    unit = units.combine_chunks().dictionary_encode()
    amount_texts = [*amount.dictionary.to_pylist(), None]
    unit_texts = [*unit.dictionary.to_pylist(), None]
    pairs = _codes(amount) * len(unit_texts) + _codes(unit)
    distinct, place = np.unique(pairs, return_inverse=True)
    values = [
        None
        if (text := amount_texts[pair // len(unit_texts)]) is None
        else rule(text, unit_texts[pair % len(unit_texts)])
        for pair in distinct.tolist()
    ]
    return pa.array(values, pa.float64()).take(pa.array(place))


def _codes(encoded: pa.DictionaryArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Give the dictionary codes, with one more code for NULL."""
    filled = encoded.indices.cast(pa.int64()).fill_null(len(encoded.dictionary))
    codes: np.ndarray[tuple[int], np.dtype[np.int64]] = filled.to_numpy()
    return codes

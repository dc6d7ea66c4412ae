import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.errors import UsageError
from pvsignal.quarter import Quarter, QuarterSpan

ordinals = st.integers(min_value=1900 * 4, max_value=2100 * 4)


@given(ordinals)
def test_text_and_ordinal_lead_back_to_the_quarter(ordinal: int) -> None:
    quarter = Quarter.from_ordinal(ordinal)
    assert quarter.ordinal == ordinal
    assert Quarter.parse(str(quarter)) == quarter
    assert quarter.next().ordinal == ordinal + 1
    assert quarter.last_day + dt.timedelta(days=1) == quarter.next().first_day


def test_a_span_holds_both_ends() -> None:
    span = QuarterSpan.parse("2012q3..2013q1")
    assert [str(q) for q in span] == ["2012q3", "2012q4", "2013q1"]
    assert len(span) == 3
    assert Quarter(2013, 1) in span
    assert Quarter(2013, 2) not in span


@pytest.mark.parametrize("text", ["2012", "2012q5", "q1 2012", "2013q1..2012q4", ""])
def test_what_is_no_span_is_refused_with_the_form_to_use(text: str) -> None:
    with pytest.raises(UsageError):
        QuarterSpan.parse(text)

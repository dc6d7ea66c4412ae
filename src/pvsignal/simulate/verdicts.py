"""What the product rule and the indication rule must say, as the plan means it.

Kept apart from the SQL and the code lists: what a term means stands in the table
``meanings`` of the simulator, what a product is for in ``therapy_products``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pvsignal.simulate.vocabulary import read_table

# Every status, in the order in which a report with several shows one; is it admitted?
STATUSES = {
    "any_product": True,
    "other_brand": False,
    "other_form": False,
    "other_route": False,
    "oncology_indication": False,
    "disease_brand": True,
    "disease_route": True,
    "conditional_brand": True,
    "record_indication": True,
    "case_indication": True,
    "other_indication": False,
    "product_unspecified": False,
}
SUSPECTS = ("PS", "SS")

# --- the product rule ----------------------------------------------------------------


def product_status(
    product: str, brand: str, indications: Collection[str], *, is_disease: bool
) -> str:
    """Status that the product rule must give a record, as it was planned.

    Parameters
    ----------
    product
        ``only one`` where the substance is sold for the disease alone, else
        ``one of several``.
    brand
        ``disease`` for it alone, ``usual`` for it among others, ``other`` for another
        disease, empty for a name without a meaning.
    indications
        Meanings of the record's indications: ``disease``, ``oncology``, ``listed``
        (another disease of the list), ``unspecific``, ``other``.
    is_disease
        The disease is an indication of any drug of the report.

    Examples
    --------
    >>> product_status("one of several", "other", ["oncology"], is_disease=False)
    'other_brand'
    """
    given = set(indications)
    of_something_else = given & {"oncology", "listed", "other"}
    if product == "only one":
        return "any_product"
    if brand == "other":
        return "other_brand"
    if "oncology" in given:
        return "oncology_indication"
    if brand == "disease":
        return "disease_brand"
    if brand == "usual" and not of_something_else:
        return "conditional_brand"
    if "disease" in given:
        return "record_indication"
    if is_disease and "listed" not in given:
        return "case_indication"
    return "other_indication" if of_something_else else "product_unspecified"


# --- the indication rule -------------------------------------------------------------


@dataclass(frozen=True)
class Drug:
    """A drug of a report, as the indication rule looks at it.

    Attributes
    ----------
    role
        PS, SS, C or I.
    indications
        Terms it was given for, in capitals.
    start
        First and last day that its start can mean, None where it is unknown.
    """

    role: str
    indications: tuple[str, ...]
    start: tuple[date, date] | None


def days_of(text: str) -> tuple[date, date] | None:
    """First and last day that a date of 8, 6 or 4 digits can mean.

    Examples
    --------
    >>> days_of("201602")
    (datetime.date(2016, 2, 1), datetime.date(2016, 2, 29))
    """
    if not text:
        return None
    year = int(text[:4])
    if len(text) == 4:
        return date(year, 1, 1), date(year, 12, 31)
    month = int(text[4:6])
    if len(text) == 6:
        after = date(year + month // 12, month % 12 + 1, 1)
        return date(year, month, 1), after - timedelta(days=1)
    day = date(year, month, int(text[6:]))
    return day, day


class Meanings:
    """What the simulator's terms mean, by the term in capitals."""

    def __init__(self) -> None:
        table = read_table("meanings")
        terms = table["term"].str.upper()
        self.indication = dict(zip(terms, table["indication"], strict=True))
        is_event = table["event"] != ""
        self.event = dict(zip(terms[is_event], table["event"][is_event], strict=True))
        self.group = dict(
            zip(terms[is_event], table["group_id"][is_event], strict=True)
        )

    def of_indication(self, term: str) -> str:
        """Meaning of an indication; one that the table lacks is another reason."""
        return self.indication.get(term) or "other"

    def verdicts(
        self, terms: Collection[str], drugs: Sequence[Drug], event: date | None
    ) -> Iterator[tuple[str, str, bool]]:
        """Term, reason why it is no event (or empty), and is it a treated event.

        Parameters
        ----------
        terms
            Terms of events in the report.
        drugs
            Its drugs.
        event
            First day that the event date can mean, None where it is unknown.
        """
        recurred = {self.group[t] for t in terms if self.event[t] == "recurrence"}
        is_treated = self._is_treated(drugs, event)
        for term in sorted(terms):
            same = [drug for drug in drugs if self._is_for(drug, term)]
            others = [drug for drug in drugs if drug not in same]
            before = event or _earliest(others)
            if any(d.role == "PS" or _is_before(d, before) for d in same):
                reason = "indication"
            elif is_treated:
                reason = "antineoplastic_treatment"
            elif self.event[term] == "incident" and self.group[term] in recurred:
                reason = "recurrence"
            else:
                reason = ""
            yield term, reason, bool(same) and not reason

    def _is_for(self, drug: Drug, term: str) -> bool:
        """Whether a drug was given for the disease that is reported."""
        return any(
            given == term or self.group.get(given) == self.group[term]
            for given in drug.indications
        )

    def _is_treated(self, drugs: Sequence[Drug], event: date | None) -> bool:
        """Whether a cancer was under treatment before, and little else is suspected.

        Oncology indications are drawn for antineoplastics only.
        """
        suspects = [drug for drug in drugs if drug.role in SUSPECTS]
        treating = [drug for drug in suspects if "oncology" in self._reasons(drug)]
        rest = [drug for drug in suspects if drug not in treating]
        before = event or _earliest(rest)
        return any(d.role == "PS" or _is_before(d, before) for d in treating) and all(
            "disease" in self._reasons(drug) for drug in rest
        )

    def _reasons(self, drug: Drug) -> set[str]:
        return {self.of_indication(term) for term in drug.indications}


def _earliest(drugs: Sequence[Drug]) -> date | None:
    starts = [d.start[0] for d in drugs if d.role in SUSPECTS and d.start]
    return min(starts, default=None)


def _is_before(drug: Drug, day: date | None) -> bool:
    return day is not None and drug.start is not None and drug.start[1] < day

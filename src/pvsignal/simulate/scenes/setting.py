"""What every scene is played with, and who takes part in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate.plants import Truth
from pvsignal.simulate.reports import SS, Reports
from pvsignal.simulate.vocabulary import (
    MS_INDICATIONS,
    Floats,
    Ints,
    Vocabulary,
    read_table,
)

Flags = npt.NDArray[np.bool_]
EVERY_MALIGNANCY = "any_malignancy"
COMPARATORS = ("A", "B")


@dataclass(frozen=True)
class Setting:
    """Names, the whole span of the archives, and the truth that a scene adds to."""

    vocabulary: Vocabulary
    span: QuarterSpan
    truth: Truth

    def position(self, quarter: Quarter) -> int:
        """Place of a quarter in the span, outside of it too."""
        return quarter.ordinal - self.span.first.ordinal

    def quarter(self, position: int) -> Quarter:
        """Quarter at a place in the span."""
        return Quarter.from_ordinal(self.span.first.ordinal + position)

    def begin(self, members: Sequence[str]) -> Quarter:
        """First quarter of the span in which one of these therapies is sold."""
        launches = self.vocabulary.therapies["launch"].to_numpy()
        launch = min(int(launches[self.vocabulary.therapy(name)]) for name in members)
        return Quarter.from_ordinal(max(launch, self.span.first.ordinal))

    def demand(
        self,
        scene: str,
        verdict: str,
        explanation: str,
        *,
        drug: str = "",
        event: str = "",
        begin: Quarter,
    ) -> None:
        """Write down, once, what a run must make of a scene."""
        row: dict[str, object] = {
            "scene": scene,
            "drug": drug,
            "event": event,
            "from_quarter": str(begin),
            "verdict": verdict,
            "explanation": explanation,
        }
        if row not in self.truth.scenes:
            self.truth.scenes.append(row)

    def years(self, reports: Reports) -> Ints:
        """Year in which each case was first received."""
        ordinals = reports.cases["quarter"].to_numpy() + self.span.first.ordinal
        years: Ints = ordinals // 4
        return years


def marked(n: int, cases: Ints) -> Flags:
    """Flags of ``n`` cases, set for these."""
    flags = np.zeros(n, dtype=np.bool_)
    flags[cases] = True
    return flags


def with_event(reports: Reports, group: int) -> Flags:
    """Whether each case reports a neoplasm of the group."""
    of_group = reports.events["neoplasm"].to_numpy() == group
    return marked(len(reports.cases), reports.events["case"].to_numpy()[of_group])


def naming(
    setting: Setting, reports: Reports, members: Iterable[str], last_role: int = 99
) -> Flags:
    """Whether each case names one of these therapies in a role up to the last."""
    drugs = reports.drugs
    ingredient = setting.vocabulary.products["ingredient"]
    of_product = ingredient.isin(list(members)).to_numpy()
    rows = of_product[drugs["product"].to_numpy()]
    rows &= drugs["role"].to_numpy() <= last_role
    return marked(len(reports.cases), drugs["case"].to_numpy()[rows])


def is_planned(reports: Reports) -> Flags:
    """Reports written one by one for a purpose, which no scene may change."""
    cases = reports.cases
    planned: Flags = (cases["special"] & (cases["therapy"] < 0)).to_numpy()
    return planned


def spared_drugs(setting: Setting) -> frozenset[str]:
    """Therapies with which any malignancy is a trap: scenes leave their reports alone.

    Such a pair must not be flagged; a scene that adds neoplasms to its reports would
    make it one that is.
    """
    traps = setting.truth.traps
    return frozenset(
        str(trap["drug"]) for trap in traps if trap["event"] == EVERY_MALIGNANCY
    )


@dataclass(frozen=True)
class Populations:
    """Reports of the comparators, and who of them is exposed by the product rule.

    Attributes
    ----------
    of
        Comparator to its reports: A all but litigated ones, B those with an MS
        indication or a brand for MS alone.
    is_admitted
        Reports whose MS therapies the product rule admits.
    """

    of: dict[str, Flags]
    is_admitted: Flags

    @classmethod
    def read(cls, setting: Setting, reports: Reports) -> Populations:
        """Populations of these reports."""
        vocabulary, drugs, cases = setting.vocabulary, reports.drugs, reports.cases
        n = len(cases)
        known = read_table("therapy_products").set_index("drugname")
        known = known.reindex(vocabulary.products["drugname"]).fillna("")
        is_disease_brand = (known["brand"] == "disease").to_numpy()
        is_clear = is_disease_brand | (known["brand"] == "usual").to_numpy()
        is_clear |= (known["product"] == "only one").to_numpy()
        product, case = drugs["product"].to_numpy(), drugs["case"].to_numpy()
        terms = [vocabulary.term(name) for name in MS_INDICATIONS]
        is_stated = marked(n, case[np.isin(drugs["indication"].to_numpy(), terms)])
        is_litigated = is_planned(reports) & cases["lawyer"].to_numpy()
        return cls(
            {
                "A": ~is_litigated,
                "B": is_stated | marked(n, case[is_disease_brand[product]]),
            },
            is_stated | marked(n, case[is_clear[product]]),
        )

    def exposed(
        self, setting: Setting, reports: Reports, members: Iterable[str]
    ) -> Flags:
        """Reports with one of these therapies as a suspect that is admitted."""
        return naming(setting, reports, members, SS) & self.is_admitted


def base_probability(setting: Setting, reports: Reports, event: str) -> Floats:
    """Probability of a group's event in each report that ``draw_base`` drew."""
    table = setting.vocabulary.neoplasms
    rate = float(table["rate"].iloc[setting.vocabulary.neoplasm(event)])
    return evened(reports, np.full(len(reports.cases), rate))


def evened(reports: Reports, rate: Floats, strata: Ints | None = None) -> Floats:
    """Probabilities that give every stratum its rate though some reports have none.

    Reports of oncology drugs get no neoplasm, because the indication rule would remove
    it; the other reports without an MS therapy get as many more, so that reports with
    and without a therapy differ in nothing but the rate asked for.

    Parameters
    ----------
    reports
        Reports.
    rate
        Probability that each report shall have, one per case.
    strata
        Stratum of each case, small numbers from 0 on; one for all where left out.
    """
    cases = reports.cases
    strata = np.zeros(len(cases), dtype=np.int64) if strata is None else strata
    planned = is_planned(reports)
    other = (cases["therapy"] < 0).to_numpy() & ~planned
    can = other & ~cases["oncology"].to_numpy()
    n_other = np.bincount(strata[other], minlength=int(strata.max(initial=0)) + 1)
    n_can = np.bincount(strata[can], minlength=len(n_other))
    more = (n_other / np.maximum(n_can, 1))[strata]
    even = np.where(can, rate * more, np.where(other | planned, 0.0, rate))
    return np.minimum(even, 0.5)

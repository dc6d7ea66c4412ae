"""Names that simulated reports are made of, with their relative frequencies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pvsignal.quarter import Quarter
from pvsignal.simulate.invented import invented_substances, invented_terms

DATA = Path(__file__).with_name("data")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MS_INDICATIONS = (
    "Multiple sclerosis",
    "Relapsing-remitting multiple sclerosis",
    "Secondary progressive multiple sclerosis",
    "Primary progressive multiple sclerosis",
)
MS_INDICATION_SHARES = (0.62, 0.28, 0.06, 0.04)
UNKNOWN_INDICATION = "Product used for unknown indication"
MS_PTS = (
    "Multiple sclerosis relapse",
    "Fatigue",
    "Gait disturbance",
    "Fall",
    "Muscle spasms",
    "Balance disorder",
    "Hypoaesthesia",
    "Urinary tract infection",
)


def read_table(name: str) -> pd.DataFrame:
    """Table of names that ships with the simulator, text as written."""
    return pd.read_csv(DATA / f"{name}.csv", keep_default_na=False)


@dataclass(frozen=True)
class Vocabulary:
    """All names as tables; reports hold row numbers of them.

    Attributes
    ----------
    products
        One row per product name: drugname, prod_ai, route, dose, kind (``ms``,
        ``background``, ``oncology``, ``trap``), ingredient and is_brand (MS therapies
        only), population (row of ``populations`` of its first indication), is_respelt
        (reporters may write it in their own way: no rule rests on the name).
    therapies
        One row per MS therapy: ingredient, launch and withdrawn as quarter ordinals,
        weight, indication_share, first_product, n_brands, n_generics.
    substances
        One row per other substance: kind, weight, year it came, first_product,
        n_products, first_indication, n_indications (into ``indications``).
    indications
        Term numbers of the substances' indications, one substance after another.
    populations
        One row per group of patients: women (share), mean_age, sd_age (years); the
        first is that of any other.
    population_of_term
        Row of ``populations`` of each term as an indication.
    events
        Term numbers and weights of the non-neoplasm preferred terms.
    typical
        Term numbers of the preferred terms typical of each MS therapy.
    neoplasms
        One row per neoplasm group: event, rate per report, sex, first_pt, n_pts.
    neoplasm_terms
        Term numbers of the neoplasm PTs, one group after another.
    terms
        Preferred terms, of reactions and indications alike, in sentence case.
    """

    products: pd.DataFrame
    therapies: pd.DataFrame
    substances: pd.DataFrame
    indications: Ints
    populations: pd.DataFrame
    population_of_term: Ints
    events: pd.DataFrame
    typical: tuple[Ints, ...]
    neoplasms: pd.DataFrame
    neoplasm_terms: Ints
    terms: tuple[str, ...]

    def term(self, text: str) -> int:
        """Return the number of a preferred term."""
        return self._term_numbers[text]

    def product(self, drugname: str) -> int:
        """Return the number of the last product of this name."""
        return self._product_numbers[drugname]

    def therapy(self, ingredient: str) -> int:
        """Return the row of an MS therapy."""
        return self._therapy_numbers[ingredient]

    def neoplasm(self, event: str) -> int:
        """Return the row of a neoplasm group."""
        return self._neoplasm_numbers[event]

    @cached_property
    def _term_numbers(self) -> dict[str, int]:
        return _numbers(self.terms)

    @cached_property
    def _product_numbers(self) -> dict[str, int]:
        return _numbers(self.products["drugname"])

    @cached_property
    def _therapy_numbers(self) -> dict[str, int]:
        return _numbers(self.therapies["ingredient"])

    @cached_property
    def _neoplasm_numbers(self) -> dict[str, int]:
        return _numbers(self.neoplasms["event"])


def _numbers(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _ordinal(month: str) -> int:
    """Quarter ordinal of ``2017-03``."""
    year, number = month.split("-")
    return Quarter(int(year), (int(number) + 2) // 3).ordinal


def _split(cells: pd.Series[str]) -> list[list[str]]:
    return [[name for name in cell.split("|") if name] for cell in cells]


def _starts(parts: list[list[str]]) -> tuple[Ints, Ints]:
    """Return where each list starts when all stand one after another, and lengths."""
    lengths = np.array([len(part) for part in parts], dtype=np.int64)
    return np.cumsum(lengths) - lengths, lengths


class _Terms:
    """Numbers handed out to terms in the order of their first use."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def codes(self, texts: list[str]) -> Ints:
        return np.array(
            [self.numbers.setdefault(text, len(self.numbers)) for text in texts],
            dtype=np.int64,
        )


def _ms_products(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    brands, generics = _split(table["brands"]), _split(table["generics"])
    names = [brand + generic for brand, generic in zip(brands, generics, strict=True)]
    first, n_names = _starts(names)
    rows = np.repeat(np.arange(len(table)), n_names)
    products = pd.DataFrame(
        {
            "drugname": [name for part in names for name in part],
            **{
                column: table[column].to_numpy()[rows]
                for column in ("prod_ai", "route", "dose", "ingredient")
            },
            "kind": "ms",
            "is_brand": [
                number < len(brand)
                for brand, part in zip(brands, names, strict=True)
                for number in range(len(part))
            ],
        }
    )
    therapies = pd.DataFrame(
        {
            "ingredient": table["ingredient"],
            "launch": [_ordinal(month) for month in table["launch"]],
            "withdrawn": [
                _ordinal(month) if month else 2**31 for month in table["withdrawn"]
            ],
            "weight": table["weight"].astype(float),
            "indication_share": table["indication_share"].astype(float),
            "first_product": first,
            "n_brands": [len(brand) for brand in brands],
            "n_generics": [len(generic) for generic in generics],
        }
    )
    return products, therapies


def _other_products(table: pd.DataFrame, offset: int) -> tuple[pd.DataFrame, Any]:
    names = _split(table["names"])
    first, n_names = _starts(names)
    rows = np.repeat(np.arange(len(table)), n_names)
    products = pd.DataFrame(
        {
            "drugname": [name for part in names for name in part],
            "prod_ai": table["prod_ai"].to_numpy()[rows],
            "route": table["route"].to_numpy()[rows],
            "dose": "UNK",
            "ingredient": "",
            "is_brand": False,
            "kind": table["kind"].to_numpy()[rows],
        }
    )
    return products, (first + offset, n_names)


def _substances() -> pd.DataFrame:
    """Substances that have a name, and the invented tail."""
    table = read_table("substances")
    plain = table["kind"] == "background"
    indications = [i for part in _split(table["indications"][plain]) for i in part]
    named = float(table["weight"].astype(float).sum())
    tail = invented_substances(indications, named=named)
    return pd.concat([table, tail], ignore_index=True)


def _events() -> pd.DataFrame:
    """Reactions that have a name, and the invented tail."""
    table = read_table("events")
    tail = invented_terms(named=float(table["weight"].astype(float).sum()))
    return pd.concat([table, tail], ignore_index=True)


def _respelt(products: pd.DataFrame) -> Flags:
    """Whether a product may be misspelt: the truth of no planted rule needs it."""
    needed = pd.concat(
        [
            read_table(name)["drugname"]
            for name in ("therapy_products", "litigated_products")
        ]
    )
    free = (products["kind"] == "background") & ~products["drugname"].isin(needed)
    return free.to_numpy()


def _populations() -> tuple[pd.DataFrame, dict[str, int]]:
    """Groups of patients, and the group that an indication means."""
    table = read_table("populations")
    of_term = {
        term: number
        for number, part in enumerate(_split(table["terms"]))
        for term in part
    }
    columns = {
        name: table[name].astype(float) for name in ("women", "mean_age", "sd_age")
    }
    return pd.DataFrame(columns), of_term


@cache
def load_vocabulary() -> Vocabulary:
    """Vocabulary that ships with the simulator."""
    terms = _Terms()
    populations, population_of = _populations()
    ms_table, other_table = read_table("ms_products"), _substances()
    event_table, neoplasm_table = _events(), read_table("neoplasms")
    terms.codes([*MS_INDICATIONS, UNKNOWN_INDICATION, *MS_PTS])
    ms_products, therapies = _ms_products(ms_table)
    other_products, (first, n_names) = _other_products(other_table, len(ms_products))
    indications = _split(other_table["indications"])
    first_indication, n_indications = _starts(indications)
    neoplasm_pts = _split(neoplasm_table["pts"])
    first_pt, n_pts = _starts(neoplasm_pts)
    for special in _split(read_table("special_terms")["term"]):
        terms.codes(special)
    products = pd.concat([ms_products, other_products], ignore_index=True)
    main = [MS_INDICATIONS[0]] * len(ms_products)
    main += [
        (part or [""])[0]
        for part, n in zip(indications, n_names, strict=True)
        for _ in range(n)
    ]
    products["is_respelt"] = _respelt(products)
    products["population"] = [population_of.get(term, 0) for term in main]
    return Vocabulary(
        products=products,
        therapies=therapies,
        substances=pd.DataFrame(
            {
                "kind": other_table["kind"],
                "weight": other_table["weight"].astype(float),
                "year": other_table["from"].astype(int),
                "first_product": first,
                "n_products": n_names,
                "first_indication": first_indication,
                "n_indications": n_indications,
            }
        ),
        indications=terms.codes([term for part in indications for term in part]),
        populations=populations,
        events=pd.DataFrame(
            {
                "term": terms.codes(list(event_table["pt"])),
                "weight": event_table["weight"].astype(float),
            }
        ),
        typical=tuple(
            terms.codes([*pts, *MS_PTS]) for pts in _split(ms_table["typical_pts"])
        ),
        neoplasms=pd.DataFrame(
            {
                "event": neoplasm_table["group_id"],
                "rate": neoplasm_table["rate"].astype(float),
                "sex": neoplasm_table["sex"],
                "first_pt": first_pt,
                "n_pts": n_pts,
            }
        ),
        neoplasm_terms=terms.codes([pt for part in neoplasm_pts for pt in part]),
        population_of_term=np.array([population_of.get(t, 0) for t in terms.numbers]),
        terms=tuple(terms.numbers),
    )

"""Draws reports: who took what, and what was reported.

The neoplasm probability of a report is the same whatever it names, so that every
drug-neoplasm pair has a reporting ratio of 1 until ``plants`` changes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate.shares import (
    FAERS_ORDINAL,
    drugs_per_report,
    rows_per_report,
)
from pvsignal.simulate.vocabulary import (
    MS_INDICATION_SHARES,
    MS_INDICATIONS,
    UNKNOWN_INDICATION,
    Flags,
    Floats,
    Ints,
    Vocabulary,
    read_table,
)

ROLES = ("PS", "SS", "C", "I")
PS, SS, C, I = range(4)  # noqa: E741 - the FDA's own letters
REPORTERS = ("CN", "MD")
CONSUMER, PHYSICIAN = range(2)
EVER = 99  # last version of an event that no later version drops

MS_SHARE = 0.10
BRAND_SHARE = 0.88
RAMP_QUARTERS = 4
# Further drugs of FAERS reports that are the first one once more, under another number.
SAME_DRUG_SHARE = 0.25
STATED_OF_OWN = 0.9
START_ANY, START_NONE, START_BEFORE, START_AFTER = range(4)
# What a scene may settle of a case; this value leaves it to be drawn like all others'.
TRAITS: dict[str, float | int | bool] = {
    "age": np.nan,
    "is_known": False,
    "reporter": -1,
    "country": -1,
    "sender": -1,
    "article": -1,
}


@dataclass(frozen=True)
class Reports:
    """Cases with their drugs and events; ``case`` numbers rows of ``cases``.

    Attributes
    ----------
    cases
        quarter (position in the span), therapy (row of the MS therapies, -1 none),
        n_therapies, oncology, special (made by a plant), dated (event date must be
        a full day), lawyer, sex (``F``, ``M``, ``U`` for unknown, or empty where it may
        be drawn), and the `TRAITS`: age in years, is_known (age and sex are stated),
        reporter (number in `REPORTERS`), country (row of its table), sender and article
        (number of a case whose sender or article a case shares).
    drugs
        case, role, product, indication (-1 none, else a term), start (one of the
        ``START_`` rules).
    events
        case, term, neoplasm (row of the neoplasm groups, -1 none), last_version.
    """

    cases: pd.DataFrame
    drugs: pd.DataFrame
    events: pd.DataFrame


def quarter_weights(span: QuarterSpan) -> Floats:
    """Share of the reports in each quarter, after the DEMO rows of the archive.

    Quarters beyond the counted ones get the mean of the last four.
    """
    table = read_table("quarter_weights")
    known = dict(zip(table["quarter"], table["weight"].astype(float), strict=True))
    late = float(table["weight"].astype(float).tail(4).mean())
    weights: Floats = np.array([known.get(str(quarter), late) for quarter in span])
    share: Floats = weights / weights.sum()
    return share


def draw_base(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    quarters: Ints,
    first: int,
    *,
    ms_share: float = MS_SHARE,
) -> Reports:
    """Draw reports without any plant.

    Parameters
    ----------
    rng
        Source of randomness.
    vocabulary
        Names and frequencies.
    quarters
        Position in the span of each case.
    first
        Ordinal of the span's first quarter.
    ms_share
        Share of the reports with an MS therapy.
    """
    is_ms = rng.random(len(quarters)) < ms_share
    therapy = np.where(is_ms, _draw_therapies(rng, vocabulary, quarters + first), -1)
    substance = _draw_substances(rng, vocabulary, (quarters + first) // 4)
    kinds = vocabulary.substances["kind"].to_numpy() == "oncology"
    oncology = (therapy < 0) & kinds[substance]
    cases = pd.DataFrame(
        {
            "quarter": quarters,
            "therapy": therapy,
            "n_therapies": (therapy >= 0).astype(np.int64),
            "oncology": oncology,
            "special": False,
            "dated": False,
            "lawyer": False,
            "sex": "",
            **TRAITS,
        }
    )
    drugs, n_therapies = _draw_drugs(rng, vocabulary, cases, substance, first)
    cases["n_therapies"] = n_therapies
    events = _draw_events(rng, vocabulary, cases, drugs, first)
    return Reports(cases, drugs, events)


def concat(parts: list[Reports]) -> Reports:
    """Put the reports of several sources together, cases numbered anew."""
    offsets = np.cumsum([0, *(len(part.cases) for part in parts)])
    return Reports(
        pd.concat([part.cases for part in parts], ignore_index=True),
        *(
            pd.concat(
                [
                    getattr(part, name).assign(
                        case=lambda rows, o=offset: rows.case + o
                    )
                    for part, offset in zip(parts, offsets, strict=False)
                ],
                ignore_index=True,
            )
            for name in ("drugs", "events")
        ),
    )


def _pick(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Row numbers drawn in proportion to weights."""
    cumulated = np.cumsum(weights)
    drawn: Ints = np.searchsorted(
        cumulated, rng.random(size) * cumulated[-1], side="right"
    )
    return drawn


def _draw_therapies(
    rng: np.random.Generator, vocabulary: Vocabulary, ordinals: Ints
) -> Ints:
    """MS therapy on the market in each case's quarter; use grows for a year."""
    table = vocabulary.therapies
    launch, withdrawn = table["launch"].to_numpy(), table["withdrawn"].to_numpy()
    drawn = np.empty(len(ordinals), dtype=np.int64)
    for ordinal in np.unique(ordinals):
        ramp = np.clip((ordinal - launch + 1) / RAMP_QUARTERS, 0.0, 1.0)
        weights = table["weight"].to_numpy() * ramp * (ordinal <= withdrawn)
        here = ordinals == ordinal
        drawn[here] = _pick(rng, weights, int(here.sum()))
    return drawn


def _draw_substances(
    rng: np.random.Generator, vocabulary: Vocabulary, years: Ints
) -> Ints:
    table = vocabulary.substances
    drawn = np.empty(len(years), dtype=np.int64)
    for year in np.unique(years):
        weights = table["weight"].to_numpy() * (table["year"].to_numpy() <= year)
        here = years == year
        drawn[here] = _pick(rng, weights, int(here.sum()))
    return drawn


def _draw_background(
    rng: np.random.Generator, vocabulary: Vocabulary, years: Ints
) -> Ints:
    """Substances that are no oncology drugs, for co-medication."""
    table = vocabulary.substances
    drawn = np.empty(len(years), dtype=np.int64)
    plain = table["kind"].to_numpy() == "background"
    for year in np.unique(years):
        weights = table["weight"].to_numpy() * plain * (table["year"] <= year)
        here = years == year
        drawn[here] = _pick(rng, np.asarray(weights), int(here.sum()))
    return drawn


def therapy_rows(
    rng: np.random.Generator, vocabulary: Vocabulary, case: Ints, therapy: Ints
) -> pd.DataFrame:
    """Drug rows of MS therapies: brand or generic name, MS indication or none."""
    table = vocabulary.therapies.iloc[therapy]
    n_brands = table["n_brands"].to_numpy()
    n_generics = table["n_generics"].to_numpy()
    generic = (rng.random(len(case)) > BRAND_SHARE) & (n_generics > 0)
    within = np.where(
        generic,
        n_brands + (rng.random(len(case)) * n_generics).astype(int),
        (rng.random(len(case)) * n_brands).astype(int),
    )
    stated = rng.random(len(case)) < table["indication_share"].to_numpy()
    terms = np.array([vocabulary.term(name) for name in MS_INDICATIONS])
    named = terms[_pick(rng, np.array(MS_INDICATION_SHARES), len(case))]
    blank = np.where(
        rng.random(len(case)) < 0.6, vocabulary.term(UNKNOWN_INDICATION), -1
    )
    return pd.DataFrame(
        {
            "case": case,
            "product": table["first_product"].to_numpy() + within,
            "indication": np.where(stated, named, blank),
        }
    )


def _substance_rows(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    case: Ints,
    substance: Ints,
    *,
    stated: _Stated,
) -> pd.DataFrame:
    table = vocabulary.substances.iloc[substance]
    within = (rng.random(len(case)) * table["n_products"].to_numpy()).astype(int)
    which = (rng.random(len(case)) * table["n_indications"].to_numpy()).astype(int)
    own = vocabulary.indications[table["first_indication"].to_numpy() + which]
    is_oncology = table["kind"].to_numpy() == "oncology"
    any_, unknown = stated.any_[case], stated.unknown[case]
    share = np.where(is_oncology, 0.8, any_ * (1 - unknown))
    share_unknown = np.where(is_oncology, 0.2, any_ * unknown)
    chance = rng.random(len(case))
    return pd.DataFrame(
        {
            "case": case,
            "product": table["first_product"].to_numpy() + within,
            "indication": np.where(
                chance < share,
                own,
                np.where(
                    chance < share + share_unknown,
                    vocabulary.term(UNKNOWN_INDICATION),
                    -1,
                ),
            ),
        }
    )


def _draw_drugs(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    cases: pd.DataFrame,
    substance: Ints,
    first: int,
) -> tuple[pd.DataFrame, Ints]:
    """Drug rows of every case, and the number of MS therapies in each."""
    n = len(cases)
    ordinal = cases["quarter"].to_numpy() + first
    therapy = cases["therapy"].to_numpy()
    is_ms = therapy >= 0
    ms, other = np.flatnonzero(is_ms), np.flatnonzero(~is_ms)
    stated = _stated_shares(ordinal, is_ms | cases["oncology"].to_numpy())

    chance = rng.random(n)
    ms_role = np.where(chance < 0.92, PS, np.where(chance < 0.97, SS, C))[ms]
    main = therapy_rows(rng, vocabulary, ms, therapy[ms]).assign(role=ms_role)
    primary = _substance_rows(
        rng, vocabulary, other, substance[other], stated=stated
    ).assign(role=PS)
    named_first = pd.concat([main, primary]).sort_values("case", ignore_index=True)
    # A report whose MS therapy is no primary suspect needs another one.
    displaced = ms[ms_role != PS]
    instead = _substance_rows(
        rng,
        vocabulary,
        displaced,
        _draw_background(rng, vocabulary, ordinal[displaced] // 4),
        stated=stated,
    ).assign(role=PS)

    second = ms[rng.random(len(ms)) < 0.10]
    drawn = _draw_therapies(rng, vocabulary, ordinal[second])
    second, drawn = second[drawn != therapy[second]], drawn[drawn != therapy[second]]
    switched = therapy_rows(rng, vocabulary, second, drawn).assign(
        role=np.where(rng.random(len(second)) < 0.3, SS, C)
    )
    n_therapies = (therapy >= 0).astype(np.int64)
    n_therapies[second] += 1

    more = np.repeat(
        np.arange(n), _draw_more(rng, drugs_per_report(ordinal) - 1, MORE_DRUGS)
    )
    is_faers = ordinal >= FAERS_ORDINAL
    again = is_faers[more] & (rng.random(len(more)) < SAME_DRUG_SHARE)
    repeated = named_first.iloc[more[again]]
    repeated = repeated.assign(role=repeated["role"].replace(PS, SS))
    co_case = more[~again]
    beside = _substance_rows(
        rng,
        vocabulary,
        co_case,
        _draw_background(rng, vocabulary, ordinal[co_case] // 4),
        stated=stated,
    ).assign(role=_draw_roles(rng, is_ms, is_faers, co_case))
    drugs = pd.concat(
        [main, primary, instead, switched, repeated, beside], ignore_index=True
    )
    drugs["start"] = START_ANY
    return drugs, n_therapies


@dataclass(frozen=True)
class _Skewed:
    """Numbers of further drugs or reactions: often none, now and then very many.

    Attributes
    ----------
    none
        Share of reports with none.
    spread
        Standard deviation of the logarithm of the others.
    most
        Largest number.
    """

    none: float
    spread: float
    most: int


# Half of the reports name one drug, one of 20 million names 171; a third has one PT.
MORE_DRUGS = _Skewed(0.52, 0.85, 170)
MORE_EVENTS = _Skewed(0.32, 0.80, 117)


def _draw_more(rng: np.random.Generator, mean: Floats, shape: _Skewed) -> Ints:
    """Numbers with these means: zero, or one and more of a lognormal."""
    beyond = np.maximum(mean / (1 - shape.none) - 1, 0.0)
    scale = beyond * np.exp(-(shape.spread**2) / 2)
    drawn = scale * np.exp(shape.spread * rng.standard_normal(len(mean)))
    # Rounding at random keeps the mean.
    number = 1 + (drawn + rng.random(len(mean))).astype(np.int64)
    number[rng.random(len(mean)) < shape.none] = 0
    return np.asarray(np.minimum(number, shape.most))


def _draw_roles(
    rng: np.random.Generator, is_ms: Flags, is_faers: Flags, case: Ints
) -> Ints:
    """Roles of the further drugs: in a fifth of the reports all are suspects.

    In 2022q4 48 % of the further drugs were suspects, in 2004q1 a fifth; with an MS
    therapy few are (chosen), so that its reports stay its own.
    """
    n = len(is_ms)
    all_, some = np.where(is_faers, 0.22, 0.08), np.where(is_faers, 0.25, 0.63)
    all_, some = np.where(is_ms, 0.02, all_), np.where(is_ms, 0.20, some)
    chance = rng.random(n)
    inside = np.where(is_faers, 0.46, 0.25)
    share = np.where(chance < all_, 1.0, np.where(chance < all_ + some, inside, 0.0))
    role = np.where(rng.random(len(case)) < share[case], SS, C)
    interacting = (role == C) & is_faers[case] & (rng.random(len(case)) < 0.014)
    return np.where(interacting, I, role)


def _stated_shares(ordinal: Ints, has_own: Flags) -> _Stated:
    """How often the drugs of each case have an indication.

    Rows of INDI follow the archive. Drugs whose indication a rule needs, MS therapies
    and oncology drugs, have theirs as often as ever; the others make up the rest.
    """
    own = float(has_own.mean()) if len(has_own) else 0.0
    rest = rows_per_report("indi", ordinal) - own * STATED_OF_OWN
    any_ = np.clip(rest / (drugs_per_report(ordinal) - own), 0.0, 0.98)
    quarters = [FAERS_ORDINAL - 1, FAERS_ORDINAL, Quarter(2022, 4).ordinal]
    unknown = np.interp(ordinal, quarters, [0.05, 0.25, 0.40])
    return _Stated(any_, unknown)


@dataclass(frozen=True)
class _Stated:
    """Share of a case's drugs with an indication, and of these that is unknown."""

    any_: Floats
    unknown: Floats


def _draw_events(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    cases: pd.DataFrame,
    drugs: pd.DataFrame,
    first: int,
) -> pd.DataFrame:
    mean = rows_per_report("reac", cases["quarter"].to_numpy() + first)
    n = len(cases)
    case = np.repeat(np.arange(n), 1 + _draw_more(rng, mean - 1, MORE_EVENTS))
    pool = vocabulary.events["term"].to_numpy()
    term = pool[_pick(rng, vocabulary.events["weight"].to_numpy(), len(case))]
    therapy = cases["therapy"].to_numpy()[case]
    typical = (therapy >= 0) & (rng.random(len(case)) < 0.35)
    for number, terms in enumerate(vocabulary.typical):
        here = np.flatnonzero(typical & (therapy == number))
        term[here] = terms[(rng.random(len(here)) * len(terms)).astype(int)]
    plain = pd.DataFrame({"case": case, "term": term, "neoplasm": -1})
    parts = [
        plain.drop_duplicates(["case", "term"]),
        _draw_neoplasms(rng, vocabulary, cases),
        _draw_progression(rng, vocabulary, cases, drugs),
    ]
    events = pd.concat(parts, ignore_index=True)
    events["last_version"] = EVER
    return events.drop_duplicates(["case", "term"]).reset_index(drop=True)


def _draw_neoplasms(
    rng: np.random.Generator, vocabulary: Vocabulary, cases: pd.DataFrame
) -> pd.DataFrame:
    """Background neoplasms, as frequent with MS therapies as without.

    Reports of oncology drugs get none, because the indication rule would remove them;
    the other reports without an MS therapy get as many more, so that the share over
    the whole database equals that of the MS reports.
    """
    rates = vocabulary.neoplasms["rate"].to_numpy()
    oncology = cases["oncology"].to_numpy()
    other = cases["therapy"].to_numpy() < 0
    more = other.sum() / max(1, (other & ~oncology).sum())
    rate = np.where(oncology, 0.0, np.where(other, more, 1.0)) * rates.sum()
    case = np.flatnonzero(rng.random(len(cases)) < rate)
    return neoplasm_rows(rng, vocabulary, case, _pick(rng, rates, len(case)))


def neoplasm_rows(
    rng: np.random.Generator, vocabulary: Vocabulary, case: Ints, group: Ints
) -> pd.DataFrame:
    """Event rows that name one PT of a neoplasm group."""
    table = vocabulary.neoplasms.iloc[group]
    # The first PT of a group is the usual one.
    within = rng.random(len(case)) ** 2 * table["n_pts"].to_numpy()
    term = vocabulary.neoplasm_terms[
        table["first_pt"].to_numpy() + within.astype(np.int64)
    ]
    return pd.DataFrame({"case": case, "term": term, "neoplasm": group})


def _draw_progression(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    cases: pd.DataFrame,
    drugs: pd.DataFrame,
) -> pd.DataFrame:
    """Reactions of oncology reports that only restate the disease treated."""
    kind = vocabulary.products["kind"].to_numpy()[drugs["product"].to_numpy()]
    indication = drugs["indication"].to_numpy()
    named = indication != vocabulary.term(UNKNOWN_INDICATION)
    treated = drugs[
        (kind == "oncology") & (drugs["role"] == PS) & (indication >= 0) & named
    ]
    chance = rng.random(len(treated))
    again = treated[chance < 0.12]
    worse = treated[(chance >= 0.12) & (chance < 0.2)]
    progression = vocabulary.term("Malignant neoplasm progression")
    return pd.concat(
        [
            pd.DataFrame({"case": again["case"], "term": again["indication"]}),
            pd.DataFrame({"case": worse["case"], "term": progression}),
        ],
        ignore_index=True,
    ).assign(neoplasm=-1)


def sexes_of_neoplasms(vocabulary: Vocabulary, reports: Reports) -> pd.Series[str]:
    """Sex that the neoplasms of a case demand, empty where they demand none.

    The sex follows the event, not the event the sex: so breast cancer is no more
    often reported with a therapy that more women take.
    """
    events = reports.events[reports.events["neoplasm"] >= 0]
    sex = vocabulary.neoplasms["sex"].to_numpy()[events["neoplasm"].to_numpy()]
    wanted = reports.cases["sex"].copy()
    wanted.iloc[events["case"].to_numpy()[sex != ""]] = sex[sex != ""]
    return wanted

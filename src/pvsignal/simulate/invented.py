"""Invented substances and preferred terms: the long tail that real quarters have.

They are made by rule from syllables that no real name is made of, the same ones each
time, and end in nothing that a pattern of the code lists knows
(``test_invented_names_mean_nothing_to_the_code_lists``). With 1 M reports over all
quarters some 6,600 of 6,900 substances and 14,000 of 17,000 preferred terms are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

N_SUBSTANCES, N_COMBINATIONS, N_TERMS = 6_000, 600, 16_500
# Share of all drugs and of all reactions that the tail makes up; weights fall with the
# rank as (rank + RANK_OFFSET) ** -EXPONENT. Chosen so that numbers of different names
# grow as in samples of 100 to 1,000 reports and in the whole archive.
DRUG_SHARE, REACTION_SHARE = 0.45, 0.40
EXPONENT = 2.0
DRUG_OFFSET, REACTION_OFFSET = 100, 150
_SEED = 20_260_701


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.upper().split())


_ONSETS = _parts(
    "zor vel qua mip tru lex dro fen gav hul jax kem lun myr nex pov rud sev tib vun "
    "wex yil zam bri cly dov fry glu hep kri lyr nuv pla ste tav urm vro zil bov cad"
)
_MIDDLES = _parts("ba de fi ga ji ko lu me no pi ra so tu va we xi yo ze bru dra")
_ENDS = _parts(
    "dipate ferol gaxine kalone lozide moxate nolide pexole quidine rotil sodrine "
    "tazide vuline xamide zepane bendrol"
)
_BRAND_ENDS = _parts("ex or is ia on ax um yl ent ova")
_ROUTES = ("Oral",) * 7 + (
    "Subcutaneous",
    "Intravenous (not otherwise specified)",
    "Topical",
)
_TERM_FORMS = (
    "{0}al disorder",
    "{0}al pain",
    "{0}al discomfort",
    "{0}al dysfunction",
    "{0}al swelling",
    "{0}itis",
    "{0}osis",
    "{0}opathy",
    "{0} infection",
    "{0} injury",
    "Blood {1}ate increased",
    "Blood {1}ate decreased",
    "{0} test abnormal",
    "{0}al ulcer",
)


def tail_weights(
    n: int, *, offset: int, share: float, named: float
) -> npt.NDArray[np.float64]:
    """Weights of ``n`` ranks that are a share of themselves and of the named ones.

    Parameters
    ----------
    n
        Number of ranks.
    offset
        Added to each rank.
    share
        Part of the sum of all weights, below 1.
    named
        Sum of the weights of what has a name already.
    """
    weights = (np.arange(1.0, n + 1) + offset) ** -EXPONENT
    return np.asarray(weights * (named * share / (1 - share) / weights.sum()))


def invented_substances(indications: Sequence[str], *, named: float) -> pd.DataFrame:
    """Substances in the form of ``substances.csv``, the frequent ones first.

    Parameters
    ----------
    indications
        What they may be for.
    named
        Sum of the weights of the other substances.
    """
    rng = np.random.default_rng(_SEED)
    stems = iter(_stems(rng))
    single = [next(stems) + end for end in rng.choice(_ENDS, N_SUBSTANCES)]
    pairs = rng.choice(single, size=(N_COMBINATIONS, 2), replace=False)
    generic = np.array([*single, *("\\".join(sorted(pair)) for pair in pairs.tolist())])
    generic = rng.permutation(generic)
    n = len(generic)
    # The substance is a name of its own; with it go up to three brands.
    names = [
        "|".join(
            [one, *(next(stems) + end for end in rng.choice(_BRAND_ENDS, n_brands))]
        )
        for one, n_brands in zip(generic, rng.integers(0, 4, n), strict=True)
    ]
    return pd.DataFrame(
        {
            "prod_ai": generic,
            "names": names,
            "route": rng.choice(_ROUTES, n),
            "indications": rng.choice(indications, n),
            "weight": tail_weights(
                n, offset=DRUG_OFFSET, share=DRUG_SHARE, named=named
            ),
            # A quarter of them came in the years of the archive.
            "from": np.maximum(rng.integers(1930, 2026, n), 1990),
            "kind": "background",
        }
    )


def invented_terms(*, named: float) -> pd.DataFrame:
    """Preferred terms in the form of ``events.csv``, the frequent ones first.

    Parameters
    ----------
    named
        Sum of the weights of the other terms.
    """
    rng = np.random.default_rng([_SEED, 1])
    # Few words in many forms, as organs and laboratory values are.
    words = _stems(rng)[: N_TERMS * 5 // (4 * len(_TERM_FORMS))]
    every = [
        form.format(word.capitalize(), word.lower())
        for word in words
        for form in _TERM_FORMS
    ]
    terms = rng.permutation(every)[:N_TERMS]
    weight = tail_weights(
        len(terms), offset=REACTION_OFFSET, share=REACTION_SHARE, named=named
    )
    return pd.DataFrame({"pt": terms, "weight": weight})


def _stems(rng: np.random.Generator) -> list[str]:
    """All words of three syllables, in random order."""
    every = ["".join(parts) for parts in product(_ONSETS, _MIDDLES, _ONSETS)]
    return [str(word) for word in rng.permutation(every)]

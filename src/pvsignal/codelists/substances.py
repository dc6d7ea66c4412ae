"""What substance a drug name or an ingredient text of the FDA names.

Each distinct text is read once: cleaned, told from placeholders, and parted into its
ingredients without their salts. Which ingredients a name without ``prod_ai`` has is
counted in SQL, by the ``prod_ai`` that the same name has elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from pvsignal.codelists.schema import Codelists

_BLANKS = re.compile(r"\s+")
_BRACKETS = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
# 5MG, 0.5 %, 100 MG/ML, 10,000 IU: a strength says nothing of the substance.
_STRENGTH = re.compile(
    r"(?<![A-Z0-9-])\d[\d.,]*\s*"
    r"(?:MCG|UG|MG|KG|G|ML|L|IU|MIU|UNITS?|U|MEQ|MMOL|%|PERCENT)"
    r"(?:\s*/\s*(?:\d[\d.,]*\s*)?(?:MCG|UG|MG|G|ML|L|HR|H|DOSE|ACTUATION|KG|M2))?"
    r"(?![A-Z0-9])"
)
_FORMS = re.compile(
    r"\b(?:TABLETS?|TABS?|CAPSULES?|CAPS?|INJECTIONS?|INJ|SOLUTIONS?|SUSPENSIONS?|"
    r"CREAMS?|OINTMENTS?|GELS?|PATCH(?:ES)?|SYRUPS?|DROPS?|INHALERS?|POWDERS?|"
    r"SUPPOSITOR(?:Y|IES)|PENS?|PREFILLED SYRINGES?|SYRINGES?|VIALS?|INFUSIONS?|"
    r"FILM[- ]COATED|EXTENDED[- ]RELEASE|DELAYED[- ]RELEASE|FOR INJECTION|ORAL|NOS)\b"
)
# Codes of the WHO Drug Dictionary stand behind names of the legacy era.
_WHO_CODE = re.compile(r"/\d{8}/")
_EDGES = " .,;:*/+-&'\"`"
_PARTS = re.compile(r"\\| OR ")


def clean_name(text: str) -> str:
    r"""Give a name as it is compared: capitals, single blanks, no marks at its ends.

    Examples
    --------
    >>> clean_name(" Prednisone. "), clean_name("St. John^s  wort")
    ('PREDNISONE', "ST. JOHN'S WORT")
    """
    return _BLANKS.sub(" ", text.replace("^", "'")).upper().strip(_EDGES)


def bare_name(clean: str) -> str:
    """Give a clean name without codes, brackets, strengths and dosage forms.

    The name itself where nothing would be left.

    Examples
    --------
    >>> bare_name("METHOTREXATE (UNKNOWN) TABLETS 2.5 MG")
    'METHOTREXATE'
    >>> bare_name("INTERFERON BETA-1A 44 UG/0.5 ML")
    'INTERFERON BETA-1A'
    >>> bare_name("VITAMIN D /00107901/")
    'VITAMIN D'
    """
    text = _BRACKETS.sub(" ", _WHO_CODE.sub(" ", clean))
    text = _FORMS.sub(" ", _STRENGTH.sub(" ", text))
    return _BLANKS.sub(" ", text).strip(_EDGES) or clean


@dataclass(frozen=True)
class SaltPolicy:
    """Words that are left out at the end of an ingredient.

    Attributes
    ----------
    salts
        Words such as TARTRATE and SODIUM.
    stems
        Words that name no substance alone, such as DIMETHYL.
    """

    salts: frozenset[str]
    stems: frozenset[str]

    def substance_of(self, ingredient: str) -> str:
        """Give an ingredient without its salt, in lower case.

        Salt words go from the end as long as a substance is left: sodium chloride,
        calcium carbonate and dimethyl fumarate stay whole.

        Examples
        --------
        >>> policy = SaltPolicy(frozenset({"SODIUM", "CHLORIDE", "FUMARATE"}),
        ...                     frozenset({"DIMETHYL"}))
        >>> policy.substance_of("VALPROATE SODIUM")
        'valproate'
        >>> policy.substance_of("SODIUM CHLORIDE")
        'sodium chloride'
        >>> policy.substance_of("DIMETHYL FUMARATE")
        'dimethyl fumarate'
        """
        words = ingredient.split()
        kept = list(words)
        while len(kept) > 1 and kept[-1] in self.salts:
            kept.pop()
        names_none = self.salts | self.stems
        if all(word in names_none for word in kept):
            kept = words
        return " ".join(kept).lower()


def salt_policy(lists: Codelists) -> SaltPolicy:
    """Salt policy of the code list ``salts``."""
    table = lists["salts"].table
    table = table[table["included"] == "Y"]
    return SaltPolicy(
        frozenset(table.loc[table["kind"] == "salt", "word"]),
        frozenset(table.loc[table["kind"] == "stem", "word"]),
    )


def clean_names(names: Sequence[str], lists: Codelists) -> pd.DataFrame:
    """Clean and bare form of distinct drug names.

    Parameters
    ----------
    names
        Distinct texts as reported.
    lists
        Code lists; ``placeholder_names`` tells what names no drug.

    Returns
    -------
    DataFrame
        ``text``, ``clean``, ``bare``, ``own`` (the bare name as a substance),
        ``is_placeholder``; one row a text.
    """
    policy, is_placeholder = salt_policy(lists), _placeholder_test(lists)
    rows = []
    for text in names:
        clean = clean_name(text)
        bare = bare_name(clean)
        parts = [bare_name(clean_name(part)) for part in _PARTS.split(clean)]
        names_none = is_placeholder(bare) or all(map(is_placeholder, parts))
        rows.append((text, clean, bare, policy.substance_of(bare), names_none))
    return pd.DataFrame(
        rows, columns=["text", "clean", "bare", "own", "is_placeholder"]
    )


def ingredients(texts: Sequence[str], lists: Codelists) -> pd.DataFrame:
    r"""Substances of distinct ``prod_ai`` texts.

    A combination ``A\B`` gives a row for each part, a substance beside its own salt
    (``ZOLPIDEM\ZOLPIDEM TARTRATE``) one. A placeholder gives none.

    Returns
    -------
    DataFrame
        ``prod_ai`` as it stands, ``substance`` in lower case.
    """
    policy, is_placeholder = salt_policy(lists), _placeholder_test(lists)
    rows = [
        (text, substance)
        for text in texts
        for substance in _substances(text, policy, is_placeholder)
    ]
    return pd.DataFrame(rows, columns=["prod_ai", "substance"])


def _substances(
    text: str, policy: SaltPolicy, is_placeholder: _PlaceholderTest
) -> Iterable[str]:
    parts = (clean_name(part) for part in _PARTS.split(text.upper()))
    found = {policy.substance_of(p) for p in parts if p and not is_placeholder(p)}
    return sorted(found)


@dataclass(frozen=True)
class _PlaceholderTest:
    """Tells whether a clean name names no drug."""

    names: frozenset[str]
    pattern: re.Pattern[str]

    def __call__(self, clean: str) -> bool:
        return (
            not clean
            or clean in self.names
            or self.pattern.fullmatch(clean) is not None
        )


def _placeholder_test(lists: Codelists) -> _PlaceholderTest:
    table = lists["placeholder_names"].table
    table = table[table["included"] == "Y"]
    patterns = table.loc[table["kind"] == "regex", "name"]
    return _PlaceholderTest(
        frozenset(table.loc[table["kind"] == "term", "name"]),
        re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)"),
    )

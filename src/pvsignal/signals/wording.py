"""Words that a page or a review comment must not use.

Spontaneous reports show how often a drug and an event are reported together. They have
no denominator of people treated, so they carry no risk, no rate and no incidence, and
they do not show what brought an event about. Wording that claims any of these is
refused; a sentence that denies it ("no measure of risk") is not.

References
----------
READUS-PV statement (Fusaroli et al. 2024), items 13 and 14: disproportionality is
hypothesis-generating, without inference on causality or incidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_RISK: Final = "say 'signal of disproportionate reporting': reports have no denominator"
_CAUSE: Final = (
    "say 'reported with': a report does not show what brought an event about"
)
_SAFETY: Final = "say 'reported less than expected': it is no evidence of protection"

REFUSED: Final = (
    (r"\brisks?\b(?! management| minimi[sz]ation)", _RISK),
    (r"\brisky\b|\bhazards?\b|\bhazardous\b", _RISK),
    (r"\bincidences?\b|\bincident rates?\b|\bprevalence\b", _RISK),
    (r"\b(?:event|attack|reporting|occurrence) rates?\b|\brates? of\b", _RISK),
    (r"\b(?:likelihood|probability|odds|chance) of (?:developing|getting)\b", _RISK),
    (r"\bmore likely to (?:develop|get)\b", _RISK),
    (r"\bcaus(?:e|es|ed|ing|al|ality|ation|ative)\b", _CAUSE),
    (r"\binduc(?:e|es|ed|ing|tion)\b|\w-induced\b", _CAUSE),
    (r"\b(?:due|owing|attributable|secondary) to\b", _CAUSE),
    (r"\b(?:lead|leads|led|leading) to\b|\bresult(?:s|ed|ing)? in\b", _CAUSE),
    (r"\btrigger(?:s|ed|ing)?\b|\bbrings? about\b|\bprovok(?:e|es|ed|ing)\b", _CAUSE),
    (r"\bcarcinogen\w*|\boncogenic\b", _CAUSE),
    (r"\bprotect(?:s|ed|ing|ive|ion)?\b|\bprevent(?:s|ed|ing|ive)\b", _SAFETY),
    (r"\b(?:is|are|was|were|proven|seems?|appears?) (?:un)?safe\b|\bsafer\b", _SAFETY),
    (r"\bharm(?:s|ed|ful|less)?\b", _SAFETY),
)

# A sentence may name such a word to deny it; the denial stands before the word.
_DENIAL: Final = re.compile(
    r"\b(?:not|no|never|nor|neither|cannot|can't|without|nothing|none|n't)\b", re.I
)
# What follows "but", ", so", a semicolon or a colon is a claim of its own.
_CLAUSE: Final = re.compile(
    r"(?<=[.!?;:])\s+|,?\s\bbut\b\s|,\s(?:so|hence|thus|therefore|yet)\s|\n{2,}"
)
_PATTERNS: Final = tuple((re.compile(p, re.I), advice) for p, advice in REFUSED)


@dataclass(frozen=True)
class Refusal:
    """Word that is refused, where it stands and what to say instead."""

    word: str
    clause: str
    advice: str

    def __str__(self) -> str:
        """One line for a person."""
        return f"“{self.word}” in “{self.clause}”: {self.advice}"


def refusals(text: str) -> tuple[Refusal, ...]:
    """Words of a text that claim a risk, an incidence, a cause or a protection.

    Parameters
    ----------
    text
        Plain text, sentences ended as usual.

    Returns
    -------
    tuple of Refusal
        In the order of the text; empty where nothing is refused.

    Examples
    --------
    >>> [x.word for x in refusals("The drug increases the risk of melanoma.")]
    ['risk']
    >>> refusals("This is no measure of risk.")
    ()
    """
    found = []
    for clause in filter(None, (c.strip() for c in _CLAUSE.split(text))):
        for pattern, advice in _PATTERNS:
            for match in pattern.finditer(clause):
                if not _DENIAL.search(clause[: match.start()]):
                    found.append((match.start(), Refusal(match[0], clause, advice)))
    return tuple(refusal for _, refusal in found)


_MARKUP: Final = re.compile(
    r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<(?:style|script)\b.*?</(?:style|script)>", re.S
)
_BLOCK: Final = re.compile(
    r"</?(?:p|li|td|th|h\d|dt|dd|summary|figcaption|div)\b[^>]*>"
)
_TAG: Final = re.compile(r"<[^>]+>", re.S)


def text_of_template(source: str) -> str:
    """Words of a Jinja template: without its code and tags, blocks kept apart."""
    text = _MARKUP.sub(" ", source)
    text = _TAG.sub(" ", _BLOCK.sub("\n\n", text))
    return re.sub(r"[ \t]+", " ", text)

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

_TUMOUR: Final = (
    r"(?:cancers?|tumou?rs?|neoplasms?|malignanc(?:y|ies)|melanomas?|lymphomas?"
    r"|carcinomas?|leuka?emias?|sarcomas?)"
)
_OFTEN: Final = (
    r"(?:(?:twice|half|\S+ times) as|more|less) (?:often|frequently|commonly)"
)

REFUSED: Final = (
    (r"\brisks?\b(?! management| minimi[sz]ation)", _RISK),
    (r"\brisky\b|\bhazards?\b|\bhazardous\b", _RISK),
    (r"\bincidences?\b|\bincident rates?\b|\bprevalence\b", _RISK),
    (r"\b(?:event|attack|reporting|occurrence) rates?\b|\brates? of\b", _RISK),
    (rf"\b{_TUMOUR} rates?\b|\brates? (?:is|are|was|were) (?:high|low)er\b", _RISK),
    (r"\b(?:likelihood|probability|odds|chance) of (?:developing|getting)\b", _RISK),
    (r"\b(?:more|less) likely to (?:develop|get)\b", _RISK),
    (rf"\b{_TUMOUR}(?: is| are)? (?:more|less) (?:likely|probable)\b", _RISK),
    (rf"\bget(?:s|ting)? (?:\w+ )?{_TUMOUR}\b", _RISK),
    (rf"\b(?:develop|suffer)(?:s|ing)?\b(?: \S+){{0,4}} {_OFTEN}\b", _RISK),
    (r"\bcaus(?:e|es|ed|ing|al|ality|ation|ative)\b", _CAUSE),
    (r"\binduc(?:e|es|ed|ing|tion)\b|\w-induced\b", _CAUSE),
    (r"\b(?:due|owing|attributable|secondary) to\b", _CAUSE),
    (r"\b(?:lead|leads|led|leading) to\b|\bresult(?:s|ed|ing)? in\b", _CAUSE),
    (r"\btrigger(?:s|ed|ing)?\b|\bbrings? about\b|\bprovok(?:e|es|ed|ing)\b", _CAUSE),
    (r"\bcarcinogen\w*|\boncogenic\b|\bkill(?:s|ed|ing)?\b", _CAUSE),
    (r"\bresponsible for\b", _CAUSE),
    (
        r"\bma(?:kes?|de|king)\b(?: \S+){1,4} (?:more|less) (?:likely|probable)\b",
        _CAUSE,
    ),
    (
        r"\b(?:doubl|tripl|increas|rais|promot|reduc|decreas|halv)(?:es?|ed|ing)\b"
        rf" (?:\w+ ){{0,2}}{_TUMOUR}\b(?! (?:report|case|count|term)s?\b)",
        _CAUSE,
    ),
    (r"\bprotect(?:s|ed|ing|ive|ion)?\b|\bprevent(?:s|ed|ing|ive)\b", _SAFETY),
    (r"\b(?:un)?safe(?:r|st)?\b(?! side\b)", _SAFETY),
    (r"\bharm(?:s|ed|ful|less)?\b", _SAFETY),
)

# A sentence may name such a word to deny it; the denial stands before the word.
_DENIAL: Final = re.compile(
    r"\b(?:not|no|never|nor|neither|cannot|nothing|none|\w+n['’]t)\b"
    # "Without" speaks of what comes next, not of the rest of the sentence.
    r"|\bwithout\b(?: \S+){0,6}$",
    re.I,
)
# What looks like a denial and affirms, or speaks of something else than the word.
_NO_DENIAL: Final = re.compile(
    r"\b(?:no|without|beyond)(?: an?y?| the)?(?: \w+)? (?:doubts?|question|denying)\b"
    r"|\b(?:no|without) (?:wonder|surprise|secret|matter|exception|fail)\b"
    r"|\b(?:not|never)(?: \w+ly)?"
    r" (?:only|just|merely|simply|solely|alone|least|without|fail(?:s|ed)?)\b"
    r"|\bnot(?: \w+)? (?:new|surprising|disputed|contested|doubted|unknown|unlikely)\b"
    r"|\b(?:no|none|nobody|nothing|no one)(?: \w+)? (?:other|else)\b|\bnone other\b"
    r"|\b(?:cannot|can not|can['’]t)(?: be)? (?:ruled? out|exclude|deny"
    r"|denied|doubt|dispute|ignore|dismiss)(?:d|ed)?\b",
    re.I,
)
# "The drug, not the disease, causes": what is denied ends at the second comma, unless
# that begins a list of such words ("not risk, incidence or cause").
_ASIDE: Final = re.compile(r",\s(?:not|never)\s[^,]*,|^(?:not|without)\s[^,]*,", re.I)
# From here on the sentence speaks of something else than what it denied. A list of
# things denied ("the incidence, the strength or the cause") goes on.
_SCOPE_END: Final = re.compile(
    r"\b(?:although|though|whereas|while|because|despite)\b"
    r"|(?:,|\band)\s(?:it|they|he|she|we|(?:the|an?|this|these|those|its) \w+)\b"
    r"(?!.*\b(?:n?or\b|and(?: the| an?)?\s*$))",
    re.I | re.S,
)
# "No drug causes more cancer" claims that this one does.
_SUPERLATIVE: Final = re.compile(r"\s(?:\w+\s){0,2}?(?:more|so|as|worse)\b", re.I)
_SUBJECT: Final = re.compile(r"\b(?:nothing|none|no \w+)\s(?:ever\s)?$", re.I)
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
    for clause in filter(None, (" ".join(c.split()) for c in _CLAUSE.split(text))):
        for pattern, advice in _PATTERNS:
            for match in pattern.finditer(clause):
                if not _is_denied(clause, match):
                    found.append((match.start(), Refusal(match[0], clause, advice)))
    return tuple(refusal for _, refusal in found)


def _unless_it_names_one(aside: re.Match[str]) -> str:
    return aside[0] if any(p.search(aside[0]) for p, _ in _PATTERNS) else " "


def _is_denied(clause: str, word: re.Match[str]) -> bool:
    """Whether a denial in front of a word governs it."""
    before = _NO_DENIAL.sub(" ", clause[: word.start()])
    before = _ASIDE.sub(_unless_it_names_one, before)
    if _SUBJECT.search(before) and _SUPERLATIVE.match(clause, word.end()):
        return False
    return bool(_DENIAL.search(_SCOPE_END.split(before)[-1].rstrip()))


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

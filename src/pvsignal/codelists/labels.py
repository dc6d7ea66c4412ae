"""Words by which the text of a label speaks of malignancy."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pvsignal.codelists.matching import match_names
from pvsignal.codelists.schema import Codelists


@dataclass(frozen=True)
class LabelWords:
    """Included words of ``label_words``; each with what is no mention of it."""

    patterns: tuple[tuple[str, re.Pattern[str], re.Pattern[str] | None], ...]

    def found_in(self, sentence: str) -> tuple[str, ...]:
        """Words that a sentence holds, sorted; empty where it speaks of none."""
        return tuple(
            word
            for word, pattern, unless in self.patterns
            if pattern.search(unless.sub(" ", sentence) if unless else sentence)
        )


def label_words(lists: Codelists) -> LabelWords:
    """Words to look for in labels, without regard to case."""
    table = lists["label_words"].table
    included = table[table["included"] == "Y"].sort_values("word")
    return LabelWords(
        tuple(
            (
                word,
                re.compile(pattern, re.IGNORECASE),
                re.compile(unless, re.IGNORECASE) if unless else None,
            )
            for word, pattern, unless in zip(
                included["word"], included["pattern"], included["unless"], strict=True
            )
        )
    )


def therapies_named(texts: list[str], lists: Codelists) -> dict[str, frozenset[str]]:
    """Scored therapies that each text names, by the patterns for drug names.

    Parameters
    ----------
    texts
        Names such as those of a label, repeats allowed.
    lists
        All code lists.

    Returns
    -------
    dict of text to set of ingredients
        Texts that name none are absent; another substance (``exclude_other``) is none.
    """
    therapies = lists["therapies"].table
    scored = set(therapies.loc[therapies["scored"] == "Y", "ingredient"])
    hits = match_names(texts, lists)
    hits = hits[(hits["list"] == "therapies") & hits["entry"].isin(scored)]
    why: dict[tuple[str, str], set[str]] = {}
    for text, entry, reason in zip(
        hits["text"], hits["entry"], hits["why"], strict=True
    ):
        why.setdefault((text, entry), set()).add(reason)
    named: dict[str, frozenset[str]] = {}
    for (text, entry), reasons in why.items():
        if "match" in reasons and "exclude_other" not in reasons:
            named[text] = named.get(text, frozenset()) | {entry}
    return named

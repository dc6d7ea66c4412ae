"""Which events the sentences of US labels name, and where the dated list differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from pvsignal.codelists.labelling_dates import label_dates, supergroup_members
from pvsignal.codelists.labels import label_words
from pvsignal.codelists.matching import match_names
from pvsignal.codelists.schema import Codelists
from pvsignal.codelists.terms import classify_terms, event_catalogue, events_of_terms

TEXT_COLUMNS: Final = (
    *("ingredient", "brand_name", "set_id", "version", "label_date", "read_date"),
    *("section", "sentence_no", "sentence", "words", "events", "is_other_product"),
)
DIFFERENCE_COLUMNS: Final = (
    *("ingredient", "event_level", "event", "event_label", "difference"),
    *("n_labels", "n_sentences", "first_sentence", "listed_since", "read_date"),
)

# Whom not to treat; it tells nothing of what was seen.
_NO_LISTING: Final = frozenset({"contraindications"})
# Wording without a site stands in every label that names a cancer.
_WITHOUT_A_SITE: Final = "all_unspecified"

_TOKEN: Final = re.compile(r"[a-z0-9]+(?:'s)?")
_ARTICLES: Final = frozenset({"a", "an", "the"})
_MARKUP: Final = re.compile(r"<[^>]+>")
# Labels of the US are written in American, terms in British spelling.
_SPELLINGS: Final = (
    *(("aem", "em"), ("oesoph", "esoph"), ("tumour", "tumor"), ("phaeo", "pheo")),
    *(("gynaec", "gynec"), ("\N{RIGHT SINGLE QUOTATION MARK}", "'")),
)

Phrase = tuple[str, ...]
# Ingredient, event, difference, sentences, date of the list.
_Difference = tuple[str, str, str, list[Mapping[str, object]], str | None]


@dataclass(frozen=True)
class EventWords:
    """Phrases that name an event, by their first word, the longest first."""

    phrases: Mapping[str, tuple[tuple[Phrase, str], ...]]

    def found_in(self, sentence: str) -> tuple[str, ...]:
        """Events that a sentence names, sorted; of overlapping phrases the longest.

        A sentence that denies an event names it too.
        """
        words = _tokens(sentence)
        found: set[str] = set()
        place = 0
        while place < len(words):
            for phrase, event in self.phrases.get(words[place], ()):
                if words[place : place + len(phrase)] == phrase:
                    found.add(event)
                    place += len(phrase) - 1
                    break
            place += 1
        return tuple(sorted(found))


def event_words(lists: Codelists) -> EventWords:
    """Phrases of the neoplasm lists: labels of events and preferred terms.

    A term stands for the incident group that it is in. A phrase of several meanings
    (``Lymphoma``) means the supergroup of several groups, then the group called so,
    then the group of the term.
    """
    named: dict[Phrase, str] = {}
    for phrase, event in _phrases(lists):
        if phrase:
            named.setdefault(phrase, event)
    by_first: dict[str, list[tuple[Phrase, str]]] = {}
    for phrase in sorted(named, key=lambda p: (-len(p), p)):
        by_first.setdefault(phrase[0], []).append((phrase, named[phrase]))
    return EventWords({first: tuple(found) for first, found in by_first.items()})


def _phrases(lists: Codelists) -> Iterator[tuple[Phrase, str]]:
    catalogue = event_catalogue(lists)
    words = label_words(lists)
    of_one = supergroup_members(lists).groupby("supergroup")["event"].count() == 1
    malignant = catalogue[
        catalogue["behaviour"].isin(["", "malignant"])
        & ~catalogue["event"].isin(of_one.index[of_one])
    ]
    for level in ("supergroup", "group"):
        rows = malignant[malignant["event_level"] == level]
        for label, event in zip(rows["label"], rows["event"], strict=True):
            short = label.partition("(")[0]
            if words.found_in(short) and not re.search(r"[,/]", short):
                yield _tokens(short), event
    pts = lists["neoplasm_pts"].table
    events = events_of_terms(classify_terms(map(str.upper, pts["pt"]), lists), lists)
    groups = events[(events["event_level"] == "group")]
    for event, term in zip(groups["event"], groups["term"], strict=True):
        yield _tokens(term), event


def _tokens(text: str) -> Phrase:
    """Words in small letters and American spelling, without plural and genitive."""
    plain = _MARKUP.sub(" ", text).lower()
    for british, american in _SPELLINGS:
        plain = plain.replace(british, american)
    words = (word for word in _TOKEN.findall(plain) if word not in _ARTICLES)
    return tuple(map(_singular, words))


def _singular(word: str) -> str:
    word = word.removesuffix("'s")
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and re.search(r"[^siu]s$", word) else word


def label_texts(
    labels: pd.DataFrame, mentions: pd.DataFrame, lists: Codelists, *, read_date: str
) -> pd.DataFrame:
    """Sentences on malignancy in the labels of the scored therapies.

    Parameters
    ----------
    labels, mentions
        Tables of `pvsignal.sources.openfda.labels.land_labels`.
    lists
        All code lists.
    read_date
        Day on which openFDA was asked.

    Returns
    -------
    pandas.DataFrame
        `TEXT_COLUMNS`; ``events``: those that the sentence names, joined by ``|``;
        ``is_other_product``: the brand is one of the substance for another disease
        (Arzerra), whose label is not that of the therapy.
    """
    therapies = lists["therapies"].table
    scored = set(therapies.loc[therapies["scored"] == "Y", "ingredient"])
    key = ["therapy", "set_id"]
    rows = mentions[mentions["therapy"].isin(scored)].merge(
        labels[[*key, "brand_name"]], on=key, how="left"
    )
    words = event_words(lists)
    named = {text: "|".join(words.found_in(text)) for text in rows["sentence"].unique()}
    others = _other_products(labels, lists)
    rows = rows.assign(
        ingredient=rows["therapy"],
        label_date=rows["effective_date"],
        read_date=read_date,
        events=rows["sentence"].map(named),
        is_other_product=[
            pair in others
            for pair in zip(rows["therapy"], rows["brand_name"], strict=True)
        ],
    )
    return rows[list(TEXT_COLUMNS)]


def _other_products(labels: pd.DataFrame, lists: Codelists) -> set[tuple[str, str]]:
    """Therapy and brand of labels of the same substance for another disease."""
    brands = sorted(set(labels["brand_name"].dropna()))
    hits = match_names(brands, lists)
    hits = hits[(hits["list"] == "therapies") & (hits["why"] == "other_brand")]
    return set(zip(hits["entry"], hits["text"], strict=True))


def label_differences(
    texts: pd.DataFrame, labels: pd.DataFrame, lists: Codelists
) -> pd.DataFrame:
    """Where the text of US labels and the dated list name different events.

    Parameters
    ----------
    texts
        Result of `label_texts`.
    labels
        All labels that were read, those without a sentence on malignancy included.
    lists
        All code lists.

    Returns
    -------
    pandas.DataFrame
        `DIFFERENCE_COLUMNS`; ``difference``: ``text only`` or ``list only``. A
        supergroup and its groups stand for each other. Wording without a site and
        malignancies at large are not compared, contraindications and labels of other
        products not read. A difference is for a person to look at; nothing follows it.
    """
    named, at_large = _listed(lists)
    members = supergroup_members(lists)
    kin: dict[str, set[str]] = {}
    for above, group in zip(members["supergroup"], members["event"], strict=True):
        kin.setdefault(above, set()).add(group)
        kin.setdefault(group, set()).add(above)
    without_site = kin.get(_WITHOUT_A_SITE, set()) | {_WITHOUT_A_SITE}
    others = _other_products(labels, lists)
    own = labels[
        [
            pair not in others
            for pair in zip(labels["therapy"], labels["brand_name"], strict=True)
        ]
    ]
    therapies = set(lists["therapies"].table["ingredient"])
    found = _named_by_text(texts)
    rows: list[_Difference] = []
    for ingredient in sorted(set(own["therapy"]) & therapies):
        said = found.get(ingredient, {})
        listed = named.get(ingredient, {})
        for event in sorted(said):
            is_known = {event, *kin.get(event, ())} & set(listed)
            if not is_known and event not in without_site | at_large:
                rows.append((ingredient, event, "text only", said[event], None))
        for event, since in sorted(listed.items()):
            if not {event, *kin.get(event, ())} & set(said):
                rows.append((ingredient, event, "list only", [], since))
    return _difference_frame(rows, lists)


def _named_by_text(
    texts: pd.DataFrame,
) -> Mapping[str, Mapping[str, list[Mapping[str, object]]]]:
    """Sentences by therapy and event, of the sections and products that count."""
    counted = texts[
        ~texts["section"].isin(_NO_LISTING) & ~texts["is_other_product"].astype(bool)
    ]
    found: dict[str, dict[str, list[Mapping[str, object]]]] = {}
    for row in counted.to_dict("records"):
        cells = {str(key): value for key, value in row.items()}
        for event in filter(None, str(row["events"]).split("|")):
            of_drug = found.setdefault(str(row["ingredient"]), {})
            of_drug.setdefault(event, []).append(cells)
    return found


def _listed(lists: Codelists) -> tuple[Mapping[str, Mapping[str, str]], set[str]]:
    """US rows that name an event, by ingredient; and events that are malignancies."""
    rows = label_dates(lists)
    rows = rows[(rows["jurisdiction"] == "US") & (rows["wording"] == "specific")]
    named: dict[str, dict[str, str]] = {}
    for ingredient, event, since in zip(
        rows["ingredient"], rows["event"], rows["date_text"], strict=True
    ):
        named.setdefault(ingredient, {}).setdefault(event, since)
    events = event_catalogue(lists)["event"]
    return named, set(events[events.str.startswith("any_malignancy")])


def _difference_frame(rows: list[_Difference], lists: Codelists) -> pd.DataFrame:
    catalogue = event_catalogue(lists).set_index("event")
    frame = pd.DataFrame(
        [
            {
                "ingredient": ingredient,
                "event_level": catalogue["event_level"].get(event),
                "event": event,
                "event_label": catalogue["label"].get(event),
                "difference": difference,
                "n_labels": len({row["set_id"] for row in sentences}),
                "n_sentences": len(sentences),
                "first_sentence": sentences[0]["sentence"] if sentences else None,
                "listed_since": since,
                "read_date": None,
            }
            for ingredient, event, difference, sentences, since in rows
        ],
        columns=list(DIFFERENCE_COLUMNS),
    )
    return frame.astype(object)

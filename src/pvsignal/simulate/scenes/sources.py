"""Many reports for another reason than the drug: publicity, one sender, one article.

Reports of the background are rewritten: they name the therapy as primary suspect and
the neoplasm, so that their number stays what was asked for.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pvsignal.quarter import Quarter
from pvsignal.simulate.columns import names_therapy
from pvsignal.simulate.plants import add_neoplasm
from pvsignal.simulate.reports import (
    CONSUMER,
    PHYSICIAN,
    PS,
    START_ANY,
    C,
    Reports,
    therapy_rows,
)
from pvsignal.simulate.scenes.ratios import note_pairs
from pvsignal.simulate.scenes.setting import (
    Setting,
    base_probability,
    marked,
)
from pvsignal.simulate.vocabulary import MS_INDICATIONS, Ints, read_table

BURST_DRUG, BURST_EVENT = "dimethyl fumarate", "skin_unspecified"
# A letter of late November 2014 (notoriety_dates): the two quarters after it.
BURST_FROM, BURST_QUARTERS, BURST_SHARE = Quarter(2015, 1), 2, 0.01
BURST_LAWYERS, BURST_CONSUMERS = 0.30, 0.45

SENDER_DRUG, SENDER_EVENT, SENDER_COUNTRY = "natalizumab", "hodgkin_lymphoma", "DE"
SENDER_FROM, SENDER_SHARE = 0.6, 0.012
OTHERS_QUARTERS, OTHERS_SHARE = 4, 0.001

ARTICLE_DRUG, ARTICLE_EVENT = "interferon beta-1b", "leukaemia_other"
ARTICLE_FROM, ARTICLE_CASES = 0.5, 5


def notoriety_burst(
    rng: np.random.Generator, reports: Reports, setting: Setting
) -> Reports:
    """After a letter to the public consumers and lawyers report one pair in a mass.

    One report in a hundred of two quarters is of this kind; some are of physicians.
    """
    begin = setting.position(BURST_FROM)
    quarters = np.arange(begin, begin + BURST_QUARTERS)
    if not 0 <= begin < len(setting.span):
        return reports
    cases = _share(rng, reports, setting, quarters, BURST_SHARE)
    chance = rng.random(len(cases))
    lawyer = chance < BURST_LAWYERS
    consumer = ~lawyer & (chance < BURST_LAWYERS + BURST_CONSUMERS)
    changed = reports.cases.copy()
    changed.loc[cases, "lawyer"] = lawyer
    changed.loc[cases, "reporter"] = np.where(consumer, CONSUMER, PHYSICIAN)
    reports = Reports(changed, reports.drugs, reports.events)
    return _rewritten(
        rng,
        reports,
        setting,
        cases,
        scene="notoriety_burst",
        drug=BURST_DRUG,
        event=BURST_EVENT,
        begin=begin,
        verdict="not emerging",
        explanation="consumers and lawyers report it after a letter to the public",
    )


def single_sender(
    rng: np.random.Generator, reports: Reports, setting: Setting
) -> Reports:
    """One company sends many cases of a pair from one country in one quarter.

    A few of the next year come from elsewhere, or the pair would not be eligible.
    """
    begin = int(SENDER_FROM * len(setting.span))
    cases = _share(rng, reports, setting, np.array([begin]), SENDER_SHARE)
    later = np.arange(begin + 1, begin + 1 + OTHERS_QUARTERS)
    others = _share(rng, reports, setting, later, OTHERS_SHARE)
    countries = list(read_table("countries")["code"])
    changed = reports.cases.copy()
    changed.loc[cases, "sender"] = int(cases[0]) if len(cases) else -1
    changed.loc[cases, "country"] = countries.index(SENDER_COUNTRY)
    changed.loc[np.concatenate([cases, others]), "reporter"] = PHYSICIAN
    reports = Reports(changed, reports.drugs, reports.events)
    return _rewritten(
        rng,
        reports,
        setting,
        np.concatenate([cases, others]),
        scene="single_sender",
        drug=SENDER_DRUG,
        event=SENDER_EVENT,
        begin=begin,
        verdict="flagged_artefact",
        explanation="most cases come from one sender, one country, one quarter",
    )


def one_article(
    rng: np.random.Generator, reports: Reports, setting: Setting
) -> Reports:
    """One article on five patients stands behind five cases of a pair."""
    begin = int(ARTICLE_FROM * len(setting.span))
    plain = _plain(reports, setting, np.array([begin]))
    n = ARTICLE_CASES if len(plain) >= ARTICLE_CASES else 0
    cases = np.sort(rng.choice(plain, n, replace=False))
    changed = reports.cases.copy()
    changed.loc[cases, "article"] = int(cases[0]) if n else -1
    changed.loc[cases, "reporter"] = PHYSICIAN
    reports = Reports(changed, reports.drugs, reports.events)
    return _rewritten(
        rng,
        reports,
        setting,
        cases,
        scene="one_article",
        drug=ARTICLE_DRUG,
        event=ARTICLE_EVENT,
        begin=begin,
        verdict="flagged_artefact",
        explanation="five cases are the patients of one article",
    )


def _plain(reports: Reports, setting: Setting, quarters: Ints) -> Ints:
    """Reports of these quarters without a therapy, a neoplasm or a purpose."""
    cases = reports.cases
    n = len(cases)
    events = reports.events
    neoplasm = events.loc[events["neoplasm"] >= 0, "case"].to_numpy()
    taken = marked(n, neoplasm) | names_therapy(setting.vocabulary, reports)
    taken |= (cases["special"] | cases["oncology"]).to_numpy()
    return np.flatnonzero(np.isin(cases["quarter"].to_numpy(), quarters) & ~taken)


def _share(
    rng: np.random.Generator,
    reports: Reports,
    setting: Setting,
    quarters: Ints,
    share: float,
) -> Ints:
    """As many plain reports of these quarters as this share of all their reports."""
    n = int(np.isin(reports.cases["quarter"].to_numpy(), quarters).sum())
    plain = _plain(reports, setting, quarters)
    return np.sort(rng.choice(plain, min(round(share * n), len(plain)), replace=False))


def _rewritten(
    rng: np.random.Generator,
    reports: Reports,
    setting: Setting,
    cases: Ints,
    *,
    scene: str,
    drug: str,
    event: str,
    begin: int,
    verdict: str,
    explanation: str,
) -> Reports:
    """Reports of which these name the therapy as primary suspect, and the neoplasm.

    The pair is written down without such reports too: they may be in another part of
    the archive, whose background this part belongs to.
    """
    vocabulary = setting.vocabulary
    probability = base_probability(setting, reports, event)
    if len(cases):
        reports = _exposed(rng, reports, setting, cases, drug)
        group = vocabulary.neoplasm(event)
        reports = add_neoplasm(rng, vocabulary, reports, cases, group)
        probability[cases] = 1.0
        setting.demand(
            scene,
            verdict,
            explanation,
            drug=drug,
            event=event,
            begin=setting.quarter(begin),
        )
    note_pairs(
        setting,
        reports,
        scene,
        event,
        probability=probability,
        members={drug: [drug]},
        true_ratios={},
    )
    return reports


def _exposed(
    rng: np.random.Generator,
    reports: Reports,
    setting: Setting,
    cases: Ints,
    drug: str,
) -> Reports:
    """Reports of which these name the therapy in the place of their primary suspect."""
    vocabulary = setting.vocabulary
    therapy = vocabulary.therapy(drug)
    drugs = reports.drugs
    mine = np.isin(drugs["case"].to_numpy(), cases)
    before = drugs.assign(role=drugs["role"].mask(mine & (drugs["role"] == PS), C))
    rows = therapy_rows(
        rng, vocabulary, cases, np.full(len(cases), therapy, dtype=np.int64)
    )
    rows = rows.assign(
        role=PS, start=START_ANY, indication=vocabulary.term(MS_INDICATIONS[0])
    )
    changed = reports.cases.copy()
    changed.loc[cases, "therapy"] = therapy
    changed.loc[cases, "n_therapies"] = 1
    return Reports(
        changed, pd.concat([before, rows], ignore_index=True), reports.events
    )

"""Confounders: the true ratio is 1, a crude one is wrong by a known factor."""

from __future__ import annotations

import numpy as np

from pvsignal.simulate.columns import draw_ages, draw_sexes, names_therapy
from pvsignal.simulate.reports import Reports
from pvsignal.simulate.scenes.rates import redraw
from pvsignal.simulate.scenes.setting import Flags, Setting, is_planned, naming

INDICATION_EVENT, INDICATION_RATE, INDICATION_TIMES = "cns_glioma", 0.003, 8.0

AGE_DRUG, AGE_EVENT, AGE_RATE = "glatiramer acetate", "myelodysplastic", 0.008
AGE_MEAN, AGE_SPREAD = 72.0, 8.0
# Steps at the limits of the bands of the analysis, so that a band has one rate.
AGE_LIMITS = (40.0, 50.0, 60.0, 70.0)
AGE_TIMES = (1.0, 2.0, 5.0, 12.0, 25.0)
AGE_TIMES_USUAL = 9.4  # mean over reports without an MS therapy

SEX_DRUG, SEX_EVENT, SEX_RATE = "teriflunomide", "liver", 0.010
SEX_MALE_SHARE, SEX_TIMES, SEX_TIMES_USUAL = 0.90, 12.0, 5.7

TIME_EVENT, TIME_RATE, TIME_YEAR = "head_neck", 0.03, 2022
TIME_GROWTH, TIME_MOST = 1.8, 0.06


def by_indication(
    rng: np.random.Generator, reports: Reports, setting: Setting
) -> Reports:
    """Gliomas are reported eight times as often with MS, whatever the therapy.

    Scans of the head find them. In A every therapy looks as if it did it, in B and C
    none does.
    """
    is_ms = names_therapy(setting.vocabulary, reports)
    return redraw(
        rng,
        reports,
        setting,
        scene="confounded_indication",
        event=INDICATION_EVENT,
        rate=INDICATION_RATE * np.where(is_ms, INDICATION_TIMES, 1.0),
    )


def by_age(rng: np.random.Generator, reports: Reports, setting: Setting) -> Reports:
    """Myelodysplastic syndromes rise with age; patients of one old therapy are old.

    The age of its patients is always stated, so that adjusting for age is right: where
    it is missing no adjustment can be.
    """
    vocabulary = setting.vocabulary
    old = naming(setting, reports, [AGE_DRUG]) & ~is_planned(reports)
    drawn = np.clip(rng.normal(AGE_MEAN, AGE_SPREAD, len(old)), 20.0, 96.0)
    cases = reports.cases.assign(
        age=np.where(old, drawn, reports.cases["age"]),
        is_known=reports.cases["is_known"].to_numpy() | old,
    )
    reports = Reports(cases, reports.drugs, reports.events)
    ages = draw_ages(rng, vocabulary, reports)
    reports = Reports(cases.assign(age=ages), reports.drugs, reports.events)
    band = np.searchsorted(AGE_LIMITS, ages, side="right")
    return redraw(
        rng,
        reports,
        setting,
        scene="confounded_age",
        event=AGE_EVENT,
        rate=AGE_RATE * np.array(AGE_TIMES)[band] / AGE_TIMES_USUAL,
        strata=band,
    )


def by_sex(rng: np.random.Generator, reports: Reports, setting: Setting) -> Reports:
    """Liver cancers are reported more with men, who mostly take one of the therapies.

    Cancers of women are thinned with it, so that they are no more frequent among the
    few women who take it.
    """
    vocabulary, first = setting.vocabulary, setting.span.first.ordinal
    taken = naming(setting, reports, [SEX_DRUG]) & ~is_planned(reports)
    usual = draw_sexes(rng, vocabulary, reports, first)[
        names_therapy(vocabulary, reports) & ~taken
    ]
    women = (1.0 - SEX_MALE_SHARE) / max(1.0 - SEX_MALE_SHARE, np.mean(usual == 0))
    reports = _thinned_cancers_of_women(rng, reports, setting, taken, women)
    of_drug = np.where(rng.random(len(taken)) < SEX_MALE_SHARE, "M", "F")
    cases = reports.cases.assign(sex=np.where(taken, of_drug, reports.cases["sex"]))
    reports = Reports(cases, reports.drugs, reports.events)
    sexes = draw_sexes(rng, vocabulary, reports, first)
    named = np.array(["U", "F", "M"], dtype=object)[sexes + 1]
    reports = Reports(cases.assign(sex=named), reports.drugs, reports.events)
    times = np.array([(1.0 + SEX_TIMES) / 2, 1.0, SEX_TIMES])[sexes + 1]
    return redraw(
        rng,
        reports,
        setting,
        scene="confounded_sex",
        event=SEX_EVENT,
        rate=SEX_RATE * times / SEX_TIMES_USUAL,
        strata=sexes + 1,
    )


def _thinned_cancers_of_women(
    rng: np.random.Generator,
    reports: Reports,
    setting: Setting,
    taken: Flags,
    share: float,
) -> Reports:
    """Reports that keep this share of the neoplasms of women where ``taken`` is set."""
    events = reports.events
    neoplasm = events["neoplasm"].to_numpy()
    of_women = (setting.vocabulary.neoplasms["sex"] == "F").to_numpy()
    gone = (neoplasm >= 0) & of_women[neoplasm] & taken[events["case"].to_numpy()]
    gone &= rng.random(len(events)) > share
    return Reports(reports.cases, reports.drugs, events[~gone].reset_index(drop=True))


def by_time(rng: np.random.Generator, reports: Reports, setting: Setting) -> Reports:
    """Cancers of head and neck are reported more year by year, whatever the drug.

    A therapy that came late has only late reports: its crude ratio over all years is
    too large, that of each year is right.
    """
    years = setting.years(reports)
    rate = np.minimum(TIME_RATE * TIME_GROWTH ** (years - float(TIME_YEAR)), TIME_MOST)
    return redraw(
        rng,
        reports,
        setting,
        scene="confounded_time",
        event=TIME_EVENT,
        rate=rate,
        strata=years - years.min(initial=3000),
    )

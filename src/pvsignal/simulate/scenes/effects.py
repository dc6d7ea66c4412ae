"""True effects that a comparator may miss, and changes that are no effect."""

from __future__ import annotations

import numpy as np

from pvsignal.simulate.plants import surely_admitted, treat
from pvsignal.simulate.reports import SS, Reports
from pvsignal.simulate.scenes.rates import redraw
from pvsignal.simulate.scenes.setting import (
    Setting,
    is_planned,
    marked,
    naming,
    with_event,
)

HIGH_EFFICACY = (
    "natalizumab",
    "fingolimod",
    "siponimod",
    "ozanimod",
    "ponesimod",
    "alemtuzumab",
    "cladribine",
    "ocrelizumab",
    "ofatumumab",
    "ublituximab",
)
ORAL_REFERENCE = (
    "teriflunomide",
    "dimethyl fumarate",
    "diroximel fumarate",
    "monomethyl fumarate",
)
CLASS_EVENT, CLASS_RATE, CLASS_RATIO = "lymphoma_nhl_other", 0.002, 6.0

CONSTANT_DRUG, CONSTANT_EVENT = "natalizumab", "malignancy_unspecified"
CONSTANT_RATE, CONSTANT_RATIO = 0.004, 3.0

DRIFT_EVENT, DRIFT_FROM = "uterus", 0.5
DRIFT_OLD, DRIFT_NEW = "Uterine cancer", "Endometrial cancer"

TREATED_SHARE = 0.5
# Group to the drug that treats it and what that is given for.
TREATMENTS = {
    "breast": ("TAMOXIFEN", "Breast cancer"),
    "prostate": ("XTANDI", "Prostate cancer"),
    "kidney": ("SUTENT", "Renal cell carcinoma"),
    "lung": ("OPDIVO", "Non-small cell lung cancer"),
    "melanoma_cutaneous": ("OPDIVO", "Malignant melanoma"),
}


def class_effect(
    rng: np.random.Generator, reports: Reports, setting: Setting
) -> Reports:
    """Lymphomas are reported six times as often with most of the therapies.

    In A each member shows it. In B the members stand in each other's background, which
    leaves little of the ratio; only a class as a whole shows it there.
    """
    members = (*HIGH_EFFICACY, *ORAL_REFERENCE)
    exposed = naming(setting, reports, members, SS)
    classes = {
        "class:high_efficacy": HIGH_EFFICACY,
        "class:oral_reference": ORAL_REFERENCE,
    }
    return redraw(
        rng,
        reports,
        setting,
        scene="class_effect",
        event=CLASS_EVENT,
        rate=CLASS_RATE * np.where(exposed, CLASS_RATIO, 1.0),
        true_ratios=dict.fromkeys((*members, *classes), CLASS_RATIO),
        classes=classes,
    )


def constant_ratio(
    rng: np.random.Generator, reports: Reports, setting: Setting
) -> Reports:
    """One pair has a ratio of three from its first report on: it never rises."""
    exposed = naming(setting, reports, [CONSTANT_DRUG], SS)
    setting.demand(
        "constant_ratio",
        "never rising",
        "three times as often from the first report on; one look in twenty says rising "
        "by chance alone",
        drug=CONSTANT_DRUG,
        event=CONSTANT_EVENT,
        begin=setting.begin([CONSTANT_DRUG]),
    )
    return redraw(
        rng,
        reports,
        setting,
        scene="constant_ratio",
        event=CONSTANT_EVENT,
        rate=CONSTANT_RATE * np.where(exposed, CONSTANT_RATIO, 1.0),
        true_ratios={CONSTANT_DRUG: CONSTANT_RATIO},
    )


def term_drift(rng: np.random.Generator, reports: Reports, setting: Setting) -> Reports:
    """A term gives way to another of its group from the middle of the span on.

    Cases received before keep the old one in all their versions.
    """
    vocabulary = setting.vocabulary
    begin = int(DRIFT_FROM * len(setting.span))
    old, new = vocabulary.term(DRIFT_OLD), vocabulary.term(DRIFT_NEW)
    events = reports.events
    late = reports.cases["quarter"].to_numpy()[events["case"].to_numpy()] >= begin
    term = events["term"].mask(late & (events["term"] == old), new)
    events = events.assign(term=term).drop_duplicates(["case", "term"])
    setting.demand(
        "term_drift",
        "level",
        f"{DRIFT_OLD} is reported as {DRIFT_NEW} from then on",
        event=DRIFT_EVENT,
        begin=setting.quarter(begin),
    )
    return Reports(reports.cases, reports.drugs, events.reset_index(drop=True))


def treated_cancer(
    rng: np.random.Generator, reports: Reports, setting: Setting
) -> Reports:
    """Half of the new cancers with a therapy are treated, by another drug they name."""
    vocabulary, truth = setting.vocabulary, setting.truth
    n = len(reports.cases)
    known = [int(str(case["case"])) for case in truth.cases]
    # The main therapy stands for the report: it must be a suspect, and admitted.
    alone = (reports.cases["n_therapies"] == 1).to_numpy()
    free = marked(n, surely_admitted(vocabulary, reports)) & alone
    free &= ~is_planned(reports) & ~marked(n, np.array(known, dtype=np.int64))
    free &= rng.random(n) < TREATED_SHARE
    therapy = reports.cases["therapy"].to_numpy()
    for number, drug in enumerate(vocabulary.therapies["ingredient"]):
        own = free & (therapy == number) & naming(setting, reports, [drug], SS)
        for event, (product, indication) in TREATMENTS.items():
            cases = np.flatnonzero(
                own & with_event(reports, vocabulary.neoplasm(event))
            )
            reports = treat(
                vocabulary,
                reports,
                cases,
                truth,
                drug=str(drug),
                event=event,
                product=product,
                indication=indication,
            )
            # A report of two cancers is treated for the first.
            own[cases] = False
    setting.demand(
        "treated_cancer",
        "kept",
        "cases of the kind treated_event in cases.csv",
        begin=setting.span.first,
    )
    return reports

"""Situations that the definition of an emerging signal is there for, end to end.

One history of five years holds them all: each situation has a pair of its own over the
same background of reports, in which nothing changes. From archives to published views.
"""

from __future__ import annotations

from pathlib import Path

from pvsignal.analysis import Analysis, load_analysis
from pvsignal.codelists.loading import DATA_DIR
from tests.histories import (
    Product,
    Report,
    cases,
    every,
    follow_up,
    numbered,
    quarters,
)

SPAN = quarters("2014q1", "2018q4")

ASPIRIN = Product("ASPIRIN", "ASPIRIN", "Pain")
AVONEX = Product("AVONEX", "INTERFERON BETA-1A")
OCREVUS = Product("OCREVUS", "OCRELIZUMAB")
GILENYA = Product("GILENYA", "FINGOLIMOD HYDROCHLORIDE")
TYSABRI = Product("TYSABRI", "NATALIZUMAB")
MAVENCLAD = Product("MAVENCLAD", "CLADRIBINE")

# Group of the code lists to a term of it.
TERMS = {
    "lung": "Lung neoplasm malignant",
    "kidney": "Clear cell renal cell carcinoma",
    "colorectal": "Adenocarcinoma of colon",
    "liver": "Hepatic cancer",
    "pancreas": "Adenocarcinoma pancreas",
    "larynx": "Laryngeal cancer",
    "hodgkin_lymphoma": "Hodgkin's disease",
    "cns_glioma": "Astrocytoma malignant",
    "thyroid": "Papillary thyroid cancer",
    "leukaemia_cml": "Chronic myeloid leukaemia",
    "stomach": "Gastric cancer",
}
# Most reports of cladribine come through one sender.
HOLDER = ("HOLDER", "HOLDER", "HOLDER", "BETA")

LISTS = {
    "label_dates": (
        "ingredient,event,jurisdiction,scope,date_from,date_precision,certainty,note\n"
        "cladribine,thyroid,US,specific,2016-07-01,day,high,invented\n"
    ),
    "notoriety_dates": (
        "ingredient,date,what,source,certainty\n"
        "fingolimod,2016-05-20,an invented letter,invented,high\n"
    ),
}


# Wide classes hold the same reports again, and make the run longer.
WIDE = {
    *("high_efficacy", "trafficking", "cell_depletion_any", "genotoxic"),
    *("lymphocyte_depletion", "anti_cd20_wide", "s1p_selective", "cytotoxic"),
}
LISTS["therapy_classes"] = "".join(
    line
    for line in (DATA_DIR / "therapy_classes.csv").read_text("utf-8").splitlines(True)
    if line.partition(",")[0] not in WIDE
)


def background() -> list[Report]:
    """What does not change: every event each second or fourth quarter."""
    return [
        *every(SPAN, ASPIRIN, 200, terms=dict.fromkeys(TERMS.values(), 4)),
        *every(SPAN, AVONEX, 120, terms=dict.fromkeys(TERMS.values(), 2)),
        *every(SPAN, OCREVUS, 40),
        *every(SPAN, GILENYA, 40),
        *every(SPAN, TYSABRI, 40),
        *every(SPAN, MAVENCLAD, 40, senders=HOLDER),
    ]


def constant() -> list[Report]:
    return cases(SPAN, OCREVUS, TERMS["lung"])


def after_a_letter() -> list[Report]:
    burst = quarters("2016q3", "2017q2")
    return [
        *cases(burst, GILENYA, TERMS["kidney"], n=2),
        *cases(quarters("2014q4", "2016q2"), GILENYA, TERMS["colorectal"]),
        *cases(burst, GILENYA, TERMS["colorectal"], n=2),
    ]


def one_article() -> list[Report]:
    five = cases(
        quarters("2016q1", "2016q1"),
        TYSABRI,
        TERMS["liver"],
        n=5,
        article="Doe J. Five patients with hepatic cancer. J Invented 2016; 1:1-9",
    )
    return [*five, *cases(quarters("2016q2", "2016q3"), TYSABRI, TERMS["liver"])]


def one_source() -> list[Report]:
    year = quarters("2016q1", "2016q4")
    omega = ("OMEGA", "OMEGA", "OMEGA", "BETA")
    return [
        *cases(year, TYSABRI, TERMS["pancreas"], n=2, senders=omega),
        *cases(
            quarters("2016q2", "2016q2"),
            TYSABRI,
            TERMS["larynx"],
            n=6,
            countries=("JP",),
        ),
        *cases(quarters("2016q3", "2016q4"), TYSABRI, TERMS["larynx"]),
        *cases(
            year,
            TYSABRI,
            TERMS["hodgkin_lymphoma"],
            n=2,
            countries=("US",),
            senders=("ALPHA",),
        ),
        *cases(year, MAVENCLAD, TERMS["cns_glioma"], n=2, senders=HOLDER),
    ]


def a_label() -> list[Report]:
    return cases(
        quarters("2015q1", "2016q4"), MAVENCLAD, TERMS["thyroid"], senders=HOLDER
    )


def one_quarter_only() -> list[Report]:
    crossing = numbered(
        cases(quarters("2018q2", "2018q2"), MAVENCLAD, TERMS["leukaemia_cml"], n=7),
        90_000_001,
    )
    (other,) = numbered(
        cases(
            quarters("2016q4", "2016q4"),
            MAVENCLAD,
            TERMS["stomach"],
            countries=("DE",),
            senders=("BETA",),
        ),
        90_000_101,
    )
    return [
        *crossing,
        *(follow_up(case, "2018q3", term="Headache") for case in crossing[:4]),
        *cases(
            quarters("2016q1", "2016q3"),
            MAVENCLAD,
            TERMS["stomach"],
            n=2,
            countries=("US",),
            senders=("HOLDER",),
        ),
        other,
        follow_up(other, "2017q1", country="US", sender="HOLDER"),
    ]


REPORTS = [
    *background(),
    *constant(),
    *after_a_letter(),
    *one_article(),
    *one_source(),
    *a_label(),
    *one_quarter_only(),
]


def analysis(lists: Path) -> Analysis:
    """The shipped analysis with lists of the test's own, without variants."""
    shipped = load_analysis()
    return shipped.model_copy(
        update={
            "codelists": shipped.codelists.model_copy(update={"folder": lists}),
            "variants": shipped.variants[:1],
            "reference_members": (),
        }
    )

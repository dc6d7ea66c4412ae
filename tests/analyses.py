"""An invented analysis with lists of its own, written to a folder for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CARD = """title = "An invented list"
scope = "For tests."
source = "invented"
search_method = "invented"
reviewer = "nobody"
version = "1.0"
changed = 2026-01-31
certainty = "low"
"""

ANALYSIS = """name = "foxglove"
title = "Falls reported with foxglove"
reference_class = "herbs"

[words]
therapy = "a garden drug"
therapies = "garden drugs"
indication = "a weak heart"
population_b = "people with a weak heart"

[codelists]
folder = "lists"
therapies = "garden_drugs"
classes = "garden_classes"
indications = "weak_heart"

[events.falls]
terms = "fall_terms"
groups = "fall_groups"
indication_rule = "primary_suspect"
"""

LISTS = {
    "garden_drugs": (
        "ingredient,scored,product_rule,product_reason,match_regex\n"
        "foxglove,Y,any_product,sold for the heart alone,\\bfoxglove\n"
        "hawthorn,R,any_product,compared with only,\\bhawthorn\n"
        'mistletoe,N,any_product,"looked at: a parasite, no question of ours",\\bmistletoe\n'
    ),
    "garden_classes": (
        "class_id,label,members\n"
        "digitalis,Digitalis,foxglove\n"
        "herbs,Reference: herbs,hawthorn\n"
    ),
    "weak_heart": "term,kind,flag\n^weak heart,regex,include\n",
    "fall_terms": (
        "pt,group_id,included,reason\n"
        "Fall,fall,Y,\n"
        "Fallen arches,,N,feet that are flat\n"
        "Slip,slip,Y,\n"
    ),
    "fall_groups": (
        "event,level,label,members,included,reason\n"
        "any_fall,supergroup,Any fall,fall|slip,Y,\n"
        "fall,group,Fall,,Y,\n"
        "slip,group,Slip,,Y,\n"
    ),
}


# Few of the drugs and terms that simulated archives hold: a run takes seconds.
FEW = """name = "few"
title = "Few events with few therapies"
reference_class = "old"

[words]
therapy = "a therapy"
therapies = "therapies"
indication = "multiple sclerosis"
population_b = "people with multiple sclerosis"

[codelists]
folder = "lists"
therapies = "few_drugs"
classes = "few_classes"
indications = "sclerosis"

[events.tumours]
terms = "tumour_terms"
groups = "tumour_groups"
indication_rule = "primary_suspect"
"""
FEW_LISTS = {
    "few_drugs": (
        "ingredient,scored,product_rule,product_reason,match_regex\n"
        "fingolimod,Y,any_product,sold for sclerosis alone,\\bfingolimod|\\bgilenya\n"
        "glatiramer,R,any_product,compared with only,\\bglatiramer|\\bcopaxone\n"
        "interferon,Y,any_product,sold for sclerosis alone,\\binterferon beta|\\bavonex|\\brebif\n"
        "natalizumab,Y,any_product,sold for sclerosis above all,\\bnatalizumab|\\btysabri\n"
        "ocrelizumab,Y,any_product,sold for sclerosis alone,\\bocrelizumab|\\bocrevus\n"
    ),
    "few_classes": (
        "class_id,label,members\n"
        "antibodies,Antibodies,natalizumab|ocrelizumab\n"
        "modulators,Modulators,fingolimod\n"
        "old,Reference: old therapies,glatiramer\n"
    ),
    "sclerosis": "term,kind,flag\n^multiple sclerosis,regex,include\n",
    "tumour_terms": (
        "pt,group_id,included,reason\n"
        "Basal cell carcinoma,skin,Y,\n"
        "Bladder cancer,other,Y,\n"
        "Breast cancer,breast,Y,\n"
        "Colon cancer,other,Y,\n"
        "Invasive ductal breast carcinoma,breast,Y,\n"
        "Lung neoplasm malignant,other,Y,\n"
        "Malignant melanoma,skin,Y,\n"
        "Prostate cancer,other,Y,\n"
        "Squamous cell carcinoma of skin,skin,Y,\n"
    ),
    "tumour_groups": (
        "event,level,label,members,included,reason\n"
        "any_tumour,supergroup,Any tumour,breast|other|skin,Y,\n"
        "breast,group,Breast,,Y,\n"
        "other,group,Other,,Y,\n"
        "skin,group,Skin,,Y,\n"
    ),
}


def write_analysis(
    folder: Path, lists: Mapping[str, str] = LISTS, analysis: str = ANALYSIS
) -> Path:
    """Write the analysis file and its lists with their cards; its path."""
    place = folder / "lists"
    place.mkdir(parents=True)
    for name, text in lists.items():
        (place / f"{name}.csv").write_text(text, "utf-8", newline="\n")
        (place / f"{name}.toml").write_text(CARD, "utf-8")
    file = folder / "analysis.toml"
    file.write_text(analysis, "utf-8")
    return file

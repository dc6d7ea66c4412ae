"""Matching of drug names and routes: the pitfalls of real names."""

import io
import random
import re
import zipfile
from pathlib import Path

import pytest

from pvsignal.codelists import Codelists, load_codelists, match_names, match_routes
from pvsignal.codelists.matching import _name_patterns, _without_look_around
from pvsignal.errors import CodelistError

ARCHIVES = Path(__file__).parents[2].parent / "shared" / "data" / "faers"


@pytest.fixture(scope="module")
def lists() -> Codelists:
    return load_codelists()


def hits(lists: Codelists, name: str, list_: str) -> set[tuple[str, str]]:
    found = match_names([name], lists)
    found = found[found["list"] == list_]
    return set(found[["entry", "why"]].itertuples(index=False, name=None))


def therapy(lists: Codelists, name: str) -> set[str]:
    """Therapies a name alone would be taken for."""
    found = hits(lists, name, "therapies")
    matched = {entry for entry, why in found if why == "match"}
    return matched - {entry for entry, why in found if why == "exclude_other"}


def whys(lists: Codelists, name: str, entry: str) -> set[str]:
    return {why for e, why in hits(lists, name, "therapies") if e == entry}


def one_by_one(lists: Codelists, names: list[str]) -> set[tuple[str, ...]]:
    """Answer of the patterns alone, without any shortcut."""
    found = set()
    for p in _name_patterns(lists):
        search = re.compile(p.pattern, re.IGNORECASE).search
        unless = re.compile(p.unless or r"(?!)", re.IGNORECASE).search
        for name in names:
            if search(name) and not unless(name):
                found.add((p.list, p.entry, "name", name, p.why, p.pattern))
    return found


def as_rows(lists: Codelists, names: list[str]) -> set[tuple[str, ...]]:
    return set(match_names(names, lists).itertuples(index=False, name=None))


# MS therapies


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("FAMPRIDINE", {"dalfampridine"}),
        ("AMIFAMPRIDINE", set()),
        ("AMIFAMPRIDINE PHOSPHATE", set()),
        ("3,4-DIAMINOPYRIDINE", set()),
        ("INTERFERON BETA-1A", {"interferon beta-1a"}),
        ("PEGINTERFERON BETA-1A", {"peginterferon beta-1a"}),
        ("PEGINTERFERON ALFA-2A", set()),
        ("INTERFERON BETA", {"interferon beta NOS"}),
        ("INTERFERON BETA-1B", {"interferon beta-1b"}),
        ("INTERFERON GAMMA-1B", set()),
        ("LEFLUNOMIDE", set()),
        ("TERIFLUNOMIDE", {"teriflunomide"}),
        ("SIPONIMOD FUMARIC ACID", {"siponimod"}),
        ("DIROXIMEL FUMARATE", {"diroximel fumarate"}),
        ("MONOMETHYL FUMARATE", {"monomethyl fumarate"}),
        ("FERROUS FUMARATE", set()),
        ("OCREVUS ZUNOVO", {"ocrelizumab"}),
        ("HYALURONIDASE (HUMAN RECOMBINANT)\\OCRELIZUMAB", {"ocrelizumab"}),
        ("UBLITUXIMAB\\UMBRALISIB", set()),
        ("LAPINE T-LYMPHOCYTE IMMUNE GLOBULIN", {"antithymocyte globulin"}),
        ("NA", set()),
        ("NA SODIUM", set()),
        ("", set()),
    ],
)
def test_name_is_taken_for_the_right_therapy(
    lists: Codelists, name: str, entries: set[str]
) -> None:
    assert therapy(lists, name) == entries


def test_lemtrada_and_campath_are_two_products_of_one_substance(
    lists: Codelists,
) -> None:
    assert whys(lists, "LEMTRADA", "alemtuzumab") == {"match", "disease_brand"}
    assert whys(lists, "CAMPATH", "alemtuzumab") == {"match", "other_brand"}
    assert whys(lists, "MabCampath", "alemtuzumab") == {"match", "other_brand"}
    assert whys(lists, "ALEMTUZUMAB", "alemtuzumab") == {"match"}


def test_arzerra_is_known_by_its_brand_though_prod_ai_says_ofatumumab(
    lists: Codelists,
) -> None:
    assert whys(lists, "ARZERRA", "ofatumumab") == {"match", "other_brand"}
    assert whys(lists, "OFATUMUMAB", "ofatumumab") == {"match"}
    assert whys(lists, "KESIMPTA SENSOREADY", "ofatumumab") == {
        "match",
        "disease_brand",
    }
    form = whys(lists, "OFATUMUMAB SOLUTION FOR INFUSION", "ofatumumab")
    assert form == {"match", "exclude_form"}


def test_fumaderm_is_known_by_brand_and_by_its_ethyl_esters(lists: Codelists) -> None:
    entry = "dimethyl fumarate"
    for name in (
        "FUMADERM",
        "CALCIUM MONOETHYLFUMARATE\\DIMETHYL FUMARATE\\MAGNESIUM",
        "DIMETHYL FUMARATE\\ETHYL FUMARATE",
    ):
        assert whys(lists, name, entry) == {"match", "other_brand"}, name
    assert whys(lists, "DIMETHYL FUMARATE", entry) == {"match"}
    assert whys(lists, "TECFIDERA", entry) == {"match", "disease_brand"}


def test_brands_for_two_diseases_are_conditional(lists: Codelists) -> None:
    assert "conditional_brand" in whys(lists, "TYSABRI", "natalizumab")
    assert "conditional_brand" in whys(lists, "ZEPOSIA STARTER KIT", "ozanimod")
    assert "disease_brand" not in whys(lists, "TYSABRI", "natalizumab")


def test_novantrone_is_no_ms_brand(lists: Codelists) -> None:
    assert whys(lists, "NOVANTRONE", "mitoxantrone") == {"match"}


def test_rituxan_with_an_ms_indication_can_count(lists: Codelists) -> None:
    # MS by indication alone: no brand of rituximab decides for or against.
    assert whys(lists, "RITUXAN", "rituximab") == {"match"}


def test_brand_is_found_inside_longer_text_but_not_inside_a_word(
    lists: Codelists,
) -> None:
    assert "disease_brand" in whys(
        lists, "AVONEX(INTERFERON BETA-1A)", "interferon beta-1a"
    )
    assert not whys(lists, "XAVONEXIN", "interferon beta-1a")


def test_every_name_in_a_row_matches_that_row(lists: Codelists) -> None:
    table = lists["therapies"].table
    columns = [
        "faers_prod_ai",
        "faers_drugname_variants",
        "misspellings",
        "disease_brands",
        "other_brands",
        "code_names",
    ]
    own = {
        (row["ingredient"], name)
        for row in table.to_dict("records")
        for column in columns
        for name in row[column].split("|")
        if name
    }
    found = match_names(sorted({name for _, name in own}), lists)
    found = found[found["list"] == "therapies"]
    keys = ["entry", "text", "why"]
    rows = set(found[keys].itertuples(index=False, name=None))
    assert not {pair for pair in own if (*pair, "match") not in rows}
    assert not {pair for pair in own if (*pair, "exclude_other") in rows}


def test_brand_columns_and_brand_patterns_agree(lists: Codelists) -> None:
    rows = lists["therapies"].table.to_dict("records")
    columns = ("disease_brands", "other_brands")
    brands = {name for row in rows for c in columns for name in row[c].split("|")}
    found = match_names(sorted(brands), lists)
    keys = ["entry", "text", "why"]
    hit = set(found[keys].itertuples(index=False, name=None))
    for row in rows:
        entry = row["ingredient"]
        ms = {name for e, name, why in hit if e == entry and why == "disease_brand"}
        ms |= {n for e, n, why in hit if e == entry and why == "conditional_brand"}
        other = {n for e, n, why in hit if e == entry and why == "other_brand"}
        own = set(row["disease_brands"].split("|")) - {""}
        others = set(row["other_brands"].split("|")) - {""}
        if row["disease_brand_regex"] or row["conditional_brand_regex"]:
            assert own <= ms, entry
        if row["other_brand_regex"]:
            assert others - {"Novantrone"} <= other, entry
        assert not others & ms, entry
        assert not own & other, entry


# Antineoplastics and litigated drugs


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("NOLVADEX", "tamoxifen"),
        ("5-FU", "fluorouracil"),
        ("PEGASPARGASE", "asparaginase"),
        ("HERCEPTIN", "trastuzumab"),
        ("ADO-TRASTUZUMAB EMTANSINE", "ado-trastuzumab emtansine"),
        ("MTX", "methotrexate"),
        ("LEMTRADA", "alemtuzumab"),
        ("CYTARABINE\\DAUNORUBICIN", "daunorubicin"),
        ("LUPRON DEPOT", "leuprorelin"),
        ("CATEQUENTINIB", "anlotinib"),
        ("SOMENEWTINIB", "kinase inhibitor, other"),
        ("INTERFERON ALFA-2B", "interferon alfa"),
    ],
)
def test_antineoplastic_is_found(lists: Codelists, name: str, entry: str) -> None:
    assert (entry, "match") in hits(lists, name, "antineoplastics")


@pytest.mark.parametrize(
    "name",
    [
        "TOFACITINIB",
        "BARICITINIB",
        "ZOLEDRONIC ACID",
        "LEUCOVORIN CALCIUM",
        "EYLEA",
        "BCG VACCINE",
        "PEGINTERFERON ALFA-2A",
        "OFEV",
        "RETIN-A CREAM (TRETINOIN)",
        "TELMISARTAN",
        "PREDNISONE",
        "NA",
    ],
)
def test_other_drug_is_no_antineoplastic(lists: Codelists, name: str) -> None:
    assert hits(lists, name, "antineoplastics") == set()


def test_list_of_antineoplastics_is_thorough(lists: Codelists) -> None:
    assert (lists["antineoplastics"].table["included"] == "Y").sum() > 250


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("ZANTAC", {"ranitidine"}),
        ("RANITIDINE HYDROCHLORIDE.", {"ranitidine"}),
        ("ESOMEPRAZOLE MAGNESIUM", {"esomeprazole"}),
        ("OMEPRAZOLE", {"omeprazole"}),
        ("DEXLANSOPRAZOLE", {"dexlansoprazole"}),
        ("SACUBITRIL\\VALSARTAN", set()),
        ("DIOVAN", {"valsartan"}),
        ("STERILE TALC POWDER", set()),
        ("BABY POWDER (TALC)", {"talc"}),
        ("PROGRAF (TACROLIMUS)", set()),
        ("TACROLIMUS", set()),
        ("PROTOPIC", {"tacrolimus"}),
        ("ESTROGENS, ESTERIFIED", set()),
        ("ESTROGENS, CONJUGATED", {"conjugated estrogens"}),
        ("ETHINYLOESTRADIOL\\NORETHINDRONE", set()),
        ("ETHINYL ESTRADIOL\\LEVONORGESTREL", set()),
        ("ESTRADIOL\\NORETHINDRONE ACETATE", {"estradiol", "norethisterone"}),
        ("DEPO-PROVERA", {"medroxyprogesterone"}),
        (
            "PREMPRO",
            {
                "conjugated estrogens",
                "conjugated estrogens\\medroxyprogesterone",
                "medroxyprogesterone",
            },
        ),
        ("ZOMETA", {"zoledronic acid"}),
        ("AREDIA", {"pamidronic acid"}),
        ("BYETTA", {"exenatide"}),
        ("OZEMPIC", {"semaglutide"}),
        ("EPOETIN BETA", set()),
        ("NA", set()),
    ],
)
def test_litigated_drug_is_found(
    lists: Codelists, name: str, entries: set[str]
) -> None:
    assert {entry for entry, _ in hits(lists, name, "litigated_drugs")} == entries


# Routes


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (
            "Subcutaneous",
            {("ofatumumab", "disease_route"), ("cladribine", "other_route")},
        ),
        ("Oral", {("cladribine", "disease_route")}),
        ("ORAL", {("cladribine", "disease_route")}),
        ("Oral use", {("cladribine", "disease_route")}),
        (
            "Intravenous (not otherwise specified)",
            {("ofatumumab", "other_route"), ("cladribine", "other_route")},
        ),
        ("Unknown", set()),
        ("Oropharingeal", set()),
    ],
)
def test_route_tells_the_product(
    lists: Codelists, route: str, expected: set[tuple[str, str]]
) -> None:
    found = match_routes([route], lists)
    pairs = set(found[["entry", "why"]].itertuples(index=False, name=None))
    assert pairs == expected


# The shortcut


def test_names_are_reported_as_given_once_each(lists: Codelists) -> None:
    found = match_names([" avonex ", " avonex "], lists)
    assert set(found["text"]) == {" avonex "}
    assert not found.duplicated(["list", "entry", "text", "why"]).any()
    assert set(found["field"]) == {"name"}


def test_nothing_in_gives_an_empty_table(lists: Codelists) -> None:
    columns = ["list", "entry", "field", "text", "why", "pattern"]
    assert match_names([], lists).columns.tolist() == columns
    assert match_names([], lists).empty
    assert match_routes([], lists).empty


def test_shortcut_finds_what_each_pattern_alone_finds(lists: Codelists) -> None:
    rng = random.Random(20261123)
    seeds = [
        name
        for column in ("faers_prod_ai", "faers_drugname_variants", "misspellings")
        for cell in lists["therapies"].table[column]
        for name in cell.split("|")
        if name
    ]
    seeds += list(lists["antineoplastics"].table["ingredient"])
    names = []
    for _ in range(400):
        name = rng.choice(seeds)
        if rng.random() < 0.5:
            name += rng.choice(["\\", " ", "é", "ß", "\n", "1A", " INFUSION"])
            name += rng.choice(seeds)
        if rng.random() < 0.3:
            cut = rng.randrange(len(name))
            name = name[:cut] + rng.choice("AEIOUX- ") + name[cut + 1 :]
        names.append(rng.choice([name.upper(), name.lower(), name.title()]))
    assert as_rows(lists, names) == one_by_one(lists, names)


@pytest.mark.parametrize(
    ("pattern", "wide"),
    [
        (r"(?<!peg)(?<!x (y) )interferon\b", "interferon"),
        (r"^ifn(?! gamma)$|a\.b", r"^ifn|a\.b"),
        (r"[(]?x[$]", "[(]?x[$]"),
    ],
)
def test_look_around_is_left_out_of_the_wide_pattern(pattern: str, wide: str) -> None:
    assert _without_look_around(pattern) == wide


@pytest.mark.parametrize("pattern", [r"a\s+b", r"\w+mab", r"(a)\1", r"a(?=b"])
def test_pattern_that_the_engines_read_differently_is_refused(pattern: str) -> None:
    with pytest.raises(CodelistError):
        _without_look_around(pattern)


def archive_names() -> list[str]:
    """Distinct names of the real archives beside the checkout."""
    names: set[str] = set()
    for path in sorted(ARCHIVES.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            member = next(
                name
                for name in archive.namelist()
                if re.search(r"drug\d\dq\d\.txt$", name, re.IGNORECASE)
            )
            text = io.TextIOWrapper(archive.open(member), "latin-1", newline="")
            header, *lines = text.read().splitlines()
        titles = [title.strip().lower() for title in header.split("$")]
        wanted = [i for i, t in enumerate(titles) if t in {"drugname", "prod_ai"}]
        for line in lines:
            values = line.split("$")
            names |= {values[i] for i in wanted if i < len(values) and values[i]}
    return sorted(names)


@pytest.mark.skipif(
    not ARCHIVES.is_dir(), reason="no real archives beside the checkout"
)
def test_real_names_match_as_each_pattern_alone_says(lists: Codelists) -> None:
    names = archive_names()
    assert len(names) > 1000
    assert as_rows(lists, names) == one_by_one(lists, names)
    assert {"CAMPATH", "NA"}.isdisjoint(
        match_names(names, lists).query("why == 'disease_brand'")["text"]
    )

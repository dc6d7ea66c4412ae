"""A MedDRA folder: what is read of it, and what is refused. All of it is invented."""

from pathlib import Path

import pytest

from pvsignal.errors import CodelistError
from pvsignal.settings import Settings
from pvsignal.sources.meddra import Dictionary, read_dictionary
from tests.meddra_folder import GROWTHS, LUMPS, SOC, SPOTS, write_meddra

SMQ = "malignanc|tumours"
BROAD = "smq:Malignancies of the invented kind:broad"
NARROW = "smq:Malignancies of the invented kind:narrow"


def events(dictionary: Dictionary, *terms: str) -> dict[str, set[str]]:
    found = dictionary.groupings(soc_pattern="^neoplasms", smq_pattern=SMQ)
    members: dict[str, set[str]] = {term: set() for term in terms}
    for event, term in dictionary.members(found, terms):
        members[term].add(event)
    return members


@pytest.fixture
def dictionary(tmp_path: Path) -> Dictionary:
    return read_dictionary(write_meddra(tmp_path))


def test_a_term_is_in_the_groupings_of_its_primary_path_alone(
    dictionary: Dictionary,
) -> None:
    found = events(dictionary, "BASAL CELL CARCINOMA")["BASAL CELL CARCINOMA"]
    assert {f"hlt:{SPOTS}", f"hlgt:{GROWTHS}", f"soc:{SOC}"} <= found
    assert not any("Elsewhere" in event for event in found)


def test_groupings_of_other_socs_are_no_events(dictionary: Dictionary) -> None:
    found = dictionary.groupings(soc_pattern="^neoplasms", smq_pattern=SMQ)
    names = {grouping.event for grouping in found if grouping.kind != "smq"}
    bladders = "hlt:Invented bladders"
    assert names == {
        *(f"hlt:{SPOTS}", f"hlt:{LUMPS}", bladders, f"hlgt:{GROWTHS}", f"soc:{SOC}")
    }


def test_a_stale_term_is_found_among_the_lowest_level_terms(
    dictionary: Dictionary,
) -> None:
    found = events(dictionary, "BREAST MALIGNANCY QUONDAM", "RODENT QUIBBLE")
    assert f"hlt:{LUMPS}" in found["BREAST MALIGNANCY QUONDAM"]
    assert f"hlt:{SPOTS}" in found["RODENT QUIBBLE"]


def test_a_term_that_the_dictionary_lacks_is_in_no_event(
    dictionary: Dictionary,
) -> None:
    assert events(dictionary, "UNHEARD OF")["UNHEARD OF"] == set()


def test_narrow_is_scope_two_and_broad_holds_it(dictionary: Dictionary) -> None:
    found = events(dictionary, "BREAST CANCER", "SKIN LESION")
    assert {NARROW, BROAD} <= found["BREAST CANCER"]
    assert found["SKIN LESION"] == {BROAD, "smq:Invented skin tumours:broad"}


def test_a_child_smq_counts_with_its_parent_and_a_cycle_ends(
    dictionary: Dictionary,
) -> None:
    found = events(dictionary, "BASAL CELL CARCINOMA")["BASAL CELL CARCINOMA"]
    assert {NARROW, BROAD, "smq:Invented skin tumours:narrow"} <= found


def test_inactive_terms_and_smqs_are_left_out(dictionary: Dictionary) -> None:
    assert events(dictionary, "ZORBIC GLOOM")["ZORBIC GLOOM"] == set()
    found = dictionary.groupings(soc_pattern="^neoplasms", smq_pattern=SMQ)
    assert not any("yesteryear" in grouping.name for grouping in found)


def test_a_lowest_level_term_of_an_smq_is_that_term_alone(
    dictionary: Dictionary,
) -> None:
    found = events(dictionary, "SPOTTED ZORB", "MELANOCYTIC NAEVUS")
    assert "smq:Invented skin tumours:broad" in found["SPOTTED ZORB"]
    assert "smq:Invented skin tumours:broad" not in found["MELANOCYTIC NAEVUS"]


def test_smqs_can_be_named_instead_with_or_without_their_mark(
    dictionary: Dictionary,
) -> None:
    found = dictionary.groupings(
        soc_pattern="^neoplasms",
        smq_pattern=SMQ,
        smq_names=["NEUROLEPTIC QUIBBLES", "Invented skin tumours (SMQ)"],
    )
    assert {grouping.name for grouping in found if grouping.kind == "smq"} == {
        f"{name}:{scope}"
        for name in ("Neuroleptic quibbles", "Invented skin tumours")
        for scope in ("narrow", "broad")
    }


def test_the_shipped_pattern_leaves_out_neuroleptic_malignant_syndrome(
    tmp_path: Path,
) -> None:
    from pvsignal.analysis import load_analysis

    folder = write_meddra(
        tmp_path,
        more={
            "smq_list.asc": [
                f"8000001{n}${name} (SMQ)$1$$$$$A$N"
                for n, name in enumerate(
                    (
                        *("Neuroleptic malignant syndrome", "Tumour lysis syndrome"),
                        *("Skin malignant tumours", "Myelodysplastic syndrome"),
                        *("Malignancy related conditions", "Blood premalignant things"),
                    )
                )
            ]
        },
    )
    wanted = load_analysis().meddra
    found = read_dictionary(folder).groupings(
        soc_pattern=wanted.soc_pattern, smq_pattern=wanted.smq_pattern
    )
    names = {g.name.removesuffix(":broad") for g in found if g.name.endswith("broad")}
    assert names == {
        *("Malignancies of the invented kind", "Invented skin tumours"),
        *("Skin malignant tumours", "Myelodysplastic syndrome"),
        *("Malignancy related conditions", "Blood premalignant things"),
    }


@pytest.mark.parametrize("end", ["$\r\n", "$\n", "\n", "$$$\r\n", "$new$\n"])
def test_line_ends_closing_delimiters_and_more_columns_do_not_matter(
    tmp_path: Path, dictionary: Dictionary, end: str
) -> None:
    other = read_dictionary(write_meddra(tmp_path / "other", end=end))
    assert (other.pts, other.llts, other.paths, other.smqs) == (
        *(dictionary.pts, dictionary.llts, dictionary.paths, dictionary.smqs),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_accents_arrive_whatever_the_encoding(tmp_path: Path, encoding: str) -> None:
    more = {"llt.asc": ["90000099$Zörb's naïve spot$90000001" + "$" * 7 + "Y$"]}
    folder = write_meddra(tmp_path, encoding=encoding, more=more)
    found = events(read_dictionary(folder), "ZÖRB'S NAÏVE SPOT")
    assert f"hlt:{SPOTS}" in found["ZÖRB'S NAÏVE SPOT"]


def test_the_folder_itself_or_the_one_above_and_any_letter_case_will_do(
    tmp_path: Path, dictionary: Dictionary
) -> None:
    inside = tmp_path / "MedAscii"
    (inside / "pt.asc").rename(inside / "PT.ASC")
    assert read_dictionary(inside).sha256 == read_dictionary(tmp_path).sha256
    assert read_dictionary(inside).sha256 == dictionary.sha256


def test_the_hash_follows_the_content(tmp_path: Path, dictionary: Dictionary) -> None:
    other = write_meddra(tmp_path / "other", more={"pt.asc": ["90000100$New$$93"]})
    assert read_dictionary(other).sha256 != dictionary.sha256


PT, LLT = "90000001", "90000011"


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("pt.asc", "90000100$Short", r"pt\.asc line 7 has 2 columns, not 4"),
        ("llt.asc", f"90000100$Short${PT}", r"llt\.asc line 10 has 3 columns, not 10"),
        ("mdhier.asc", f"{PT}$1$1$1$a$b$c$d", r"line 8 has 8 columns, not 12"),
        ("smq_list.asc", "80000009$Short$1", r"line 5 has 3 columns, not 8"),
        ("pt.asc", "primaryid$caseid$x$y$z", "'primaryid' is no code"),
        ("llt.asc", "90000100$X$90000999" + "$" * 7 + "Y", "preferred term 90000999"),
        ("mdhier.asc", "90000999$1$1$1$a$b$c$d$e$$1$Y", "preferred term 90000999"),
        ("smq_content.asc", f"80000999${PT}$4$2$A$0$A", "the SMQ 80000999"),
        ("smq_content.asc", "80000001$80000999$0$0$A$0$A", "the SMQ 80000999"),
        ("smq_content.asc", "80000001$90000999$4$2$A$0$A", "preferred term 90000999"),
        ("smq_content.asc", "80000001$90000999$5$2$A$0$A", "lowest level term 9000"),
        ("smq_content.asc", f"80000001${PT}$4$7$A$0$A", "level '4' with scope '7'"),
        ("smq_content.asc", f"80000001${PT}$3$2$A$0$A", "level '3' with scope '2'"),
    ],
)
def test_a_broken_folder_names_file_line_and_remedy_in_one_line(
    tmp_path: Path, file: str, line: str, message: str
) -> None:
    folder = write_meddra(tmp_path, more={file: [line]})
    with pytest.raises(CodelistError, match=message) as error:
        read_dictionary(folder)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 5


def test_a_reference_of_an_inactive_row_is_let_be(tmp_path: Path) -> None:
    more = {"smq_content.asc": ["80000001$90000999$4$2$A$0$I"]}
    assert read_dictionary(write_meddra(tmp_path, more=more)).smqs


@pytest.mark.parametrize("missing", ["pt.asc", "smq_content.asc"])
def test_a_folder_without_a_file_is_no_meddra_folder(
    tmp_path: Path, missing: str
) -> None:
    (write_meddra(tmp_path) / "MedAscii" / missing).unlink()
    with pytest.raises(CodelistError, match=r"is no MedDRA folder.*--meddra"):
        read_dictionary(tmp_path)
    with pytest.raises(CodelistError, match="is no MedDRA folder"):
        read_dictionary(tmp_path / "absent")


def test_a_pattern_or_name_that_finds_nothing_is_told(dictionary: Dictionary) -> None:
    with pytest.raises(CodelistError, match=r"no SOC .* soc_pattern"):
        dictionary.groupings(soc_pattern="^heart", smq_pattern=SMQ)
    with pytest.raises(CodelistError, match=r"no active SMQ .* smq_pattern"):
        dictionary.groupings(soc_pattern="^neoplasms", smq_pattern="yesteryear")
    with pytest.raises(CodelistError, match=r"no active SMQ 'Absent'; .*meddra_smqs"):
        dictionary.groupings(
            soc_pattern="^neoplasms", smq_pattern=SMQ, smq_names=["Absent"]
        )


def test_folder_and_smqs_can_stand_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PVSIGNAL_MEDDRA", str(tmp_path))
    monkeypatch.setenv("PVSIGNAL_MEDDRA_SMQS", '["One", "Two"]')
    settings = Settings.read()
    assert settings.meddra == tmp_path
    assert settings.meddra_smqs == ("One", "Two")
    assert Settings.read(meddra=tmp_path / "given").meddra == tmp_path / "given"

"""Defects on demand: what is written, what the truth says, what staging makes of it."""

import hashlib
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from pvsignal.errors import UsageError
from pvsignal.layout import TABLES
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate import DEFECTS, Simulated, choose_defects, simulate
from pvsignal.simulate.write import list_name, member_name
from tests.staging import rows_of, staged_archive

SPANS = ("2004q1..2004q2", "2011q4..2012q1", "2012q3..2012q4", "2024q3..2024q4")
MOVEMENTS = ("splits", "joins", "blank", "rejected")


def simulated(folder: Path, span: str, defects: str, n_reports: int = 500) -> Simulated:
    return simulate(
        folder,
        span=QuarterSpan.parse(span),
        n_reports=n_reports,
        seed=2,
        defects=choose_defects(defects) if defects else (),
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Simulated]:
    """Two quarters of each era with all defects."""
    return {
        span: simulated(tmp_path_factory.mktemp("made"), span, "all") for span in SPANS
    }


@pytest.fixture(scope="module")
def staged(made, tmp_path_factory) -> dict[str, dict[str, list[dict]]]:
    """Staged rows by quarter and table."""
    folder = tmp_path_factory.mktemp("staged")
    return {
        str(done.quarter): {
            table: rows_of(done, table) for table in (*TABLES, "deleted", "accounting")
        }
        for one in made.values()
        for done in (staged_archive(archive, folder) for archive in one.archives)
    }


def truth(one: Simulated, name: str) -> pd.DataFrame:
    return pd.read_csv(one.truth / f"{name}.csv", keep_default_na=False)


def content(one: Simulated) -> dict[str, bytes]:
    """All members of all archives."""
    found = {}
    for path in one.archives:
        with zipfile.ZipFile(path) as archive:
            found |= {f"{path.name}/{n}": archive.read(n) for n in archive.namelist()}
    return found


# ---------------------------------------------------------------------------- choice


def test_all_or_some_defects_are_chosen_by_name():
    assert choose_defects("all") == tuple(DEFECTS)
    assert choose_defects("glued_two, null_case") == ("glued_two", "null_case")


@pytest.mark.parametrize("text", ["glued", "glued_two,nul_case", ",", " "])
def test_unknown_defect_is_refused_with_those_there_are(text):
    with pytest.raises(UsageError, match=r"there are all, glued_two, .*list_repeats"):
        choose_defects(text)


def test_without_defects_the_truth_is_as_before(tmp_path):
    one = simulated(tmp_path, "2024q4", "")
    assert list(truth(one, "counts").columns) == ["quarter", "member", "rows"]
    assert not (one.truth / "defects.csv").exists()


def test_truth_of_an_earlier_simulation_with_defects_does_not_stay(tmp_path):
    assert (simulated(tmp_path, "2024q4", "all").truth / "defects.csv").exists()
    assert not (simulated(tmp_path, "2024q4", "").truth / "defects.csv").exists()


def test_the_same_seed_gives_the_same_bytes_with_defects(tmp_path):
    digests = []
    for name in ("one", "two"):
        one = simulated(tmp_path / name, "2012q3..2012q4", "all")
        files = [*one.archives, *sorted(one.truth.iterdir())]
        digests.append([hashlib.sha256(p.read_bytes()).hexdigest() for p in files])
    assert digests[0] == digests[1]


def test_one_defect_changes_its_member_and_no_other(tmp_path):
    sound = content(simulated(tmp_path / "sound", "2012q1", ""))
    odd = content(simulated(tmp_path / "odd", "2012q1", "delimiter_in_value"))
    changed = {name for name in sound if sound[name] != odd[name]}
    assert sound.keys() == odd.keys()
    assert changed == {"aers_ascii_2012q1.zip/ascii/DEMO12Q1.TXT"}


def test_a_defect_that_cannot_stand_in_a_quarter_is_not_written(tmp_path):
    sound = content(simulated(tmp_path / "sound", "2013q1", ""))
    names = "null_case,cp1252_byte,new_role,known_delimiter,list_start"
    assert content(simulated(tmp_path / "odd", "2013q1", names)) == sound


def test_what_was_planted_is_the_same_with_defects(tmp_path):
    sound = simulated(tmp_path / "sound", "2018q1..2020q4", "", 4_000)
    odd = simulated(tmp_path / "odd", "2018q1..2020q4", "all", 4_000)
    for name in ("signals", "implied", "traps", "masking", "versions"):
        assert truth(sound, name).equals(truth(odd, name)), name
    cases = truth(odd, "cases")
    assert cases[~cases["kind"].isin(DEFECTS)].to_dict("records") == truth(
        sound, "cases"
    ).to_dict("records")


# ----------------------------------------------------------------------------- lines


@pytest.mark.parametrize("span", SPANS)
def test_staging_counts_in_each_member_what_the_truth_states(made, staged, span):
    counts = truth(made[span], "counts").set_index(["quarter", "member"])
    found = {
        (
            quarter,
            row["table_name"] if row["table_name"] in TABLES else row["member"],
        ): [
            row["staged"],
            row["physical_lines"],
            row["splits"],
            row["joins"],
            row["blank_lines"],
            row["rejected"],
        ]
        for quarter in map(str, QuarterSpan.parse(span))
        for row in staged[quarter]["accounting"]
    }
    columns = ["rows", "lines", *MOVEMENTS]
    assert found == {key: list(row) for key, row in counts[columns].T.items()}


def test_each_movement_is_that_of_its_defects(made):
    for one in made.values():
        defects = truth(one, "defects")
        for name, column in (
            ("glued_two", "n_splits"),
            ("broken_in_value", "n_joins"),
            ("broken_before_delimiter", "n_joins"),
            ("delimiter_in_value", "n_rejected"),
            ("unrepairable", "n_rejected"),
        ):
            own = defects[defects["defect"] == name]
            assert len(own) > 0
            assert set(own[column]) == {1}
        assert set(defects.loc[defects["defect"] == "glued_three", "n_splits"]) == {2}


def test_no_member_comes_near_the_limit_of_rejects(made):
    for one in made.values():
        assert truth(one, "counts")["rejected"].max() <= 2


# --------------------------------------------------------------------------- content

SHOWN = {
    "known_delimiter": lambda row: row["mfr_num"] == "JP-CUBIST-$E2B0000000182",
    "cp1252_byte": lambda row: row["drugname"] == "CHILDREN\x92S SYRUP",
    "utf8_text": lambda row: row["drugname"] == "SOLUCIÓN “NOS” – 葛根湯",
    "substituted_sign": lambda row: row["indi_pt"] in ("Parkinson^s disease", "N?VUS"),
    "quotes": lambda row: row["drugname"] in ('"VITAMINS" (NOS)', '"OPEN', "O'X #1"),
    "unnamed_drug": lambda row: row["drugname"] is None and row["prod_ai"] is None,
    "text_in_number": lambda row: row["dose_amount"] is None and row["exp_dt"],
    "odd_duration": lambda row: row["dur"] and row["dur_days"] is None,
    "odd_date": lambda row: (
        row["event_dt"] == "19000101" or (row["event_dt"] and not row["event_date"])
    ),
    "odd_age": lambda row: row["age"] and row["age_years"] is None,
    "odd_weight": lambda row: row["wt"] and row["wt_kg"] is None,
    "odd_country": lambda row: (
        row["reporter_country"]
        in ("NA", "EU", "COUNTRY NOT SPECIFIED", "EUROPEAN UNION", "NAMIBIA")
    ),
    "odd_follow_up": lambda row: row["foll_seq"] in (None, "#", "#1", "C-", "1A"),
    "new_role": lambda row: row["role_cod"] == "DN",
    "unknown_role": lambda row: row["role_cod"] == "XX",
    "null_case": lambda row: row["caseid"] is None,
    "no_primary_suspect": lambda row: row["role_cod"] in ("SS", "C"),
    "primary_suspects": lambda row: row["role_cod"] == "PS",
}


@pytest.mark.parametrize("name", SHOWN)
def test_odd_value_arrives_on_the_line_that_the_truth_names(made, staged, name):
    n_shown = 0
    for one in made.values():
        defects = truth(one, "defects")
        for note in defects[defects["defect"] == name].itertuples():
            table = DEFECTS[name].tables[0]
            assert note.member == member_name(table, Quarter.parse(note.quarter))
            (row,) = (r for r in staged[note.quarter][table] if r["line"] == note.line)
            assert SHOWN[name](row), row
            n_shown += 1
    n_possible = sum(
        DEFECTS[name].fits(quarter)
        for span in SPANS
        for quarter in QuarterSpan.parse(span)
    )
    assert n_shown == n_possible


def report(staged, quarter: str, table: str, column: str, value: int) -> list[dict]:
    return [row for row in staged[quarter][table] if row[column] == value]


def fates(made, kind: str) -> list[int]:
    cases = pd.concat(truth(one, "cases") for one in made.values())
    found = cases.loc[cases["kind"] == kind, "caseid"].astype(int).tolist()
    assert found
    return found


def demo_rows(staged, caseid: int) -> list[dict]:
    return [r for q in staged for r in report(staged, q, "demo", "caseid", caseid)]


def test_repeated_rows_are_staged_twice_and_the_last_one_is_the_later_line(
    made, staged
):
    for caseid in fates(made, "repeated_row"):
        first, last = demo_rows(staged, caseid)
        assert first | {"line": 0} == last | {"line": 0}
    for caseid in fates(made, "repeated_primaryid"):
        rows = demo_rows(staged, caseid)
        assert [row["age_years"] for row in rows] == [40, 60]
        assert rows[0]["primaryid"] == rows[1]["primaryid"]
        assert rows[0]["line"] < rows[1]["line"]


def test_recurring_primaryid_stood_in_the_quarter_before_under_another_case(
    made, staged
):
    for caseid in fates(made, "recurring_primaryid"):
        (row,) = demo_rows(staged, caseid)
        before = str(Quarter.from_ordinal(row["quarter_no"] - 1))
        (other,) = report(staged, before, "demo", "primaryid", row["primaryid"])
        assert other["caseid"] != caseid
        own = report(staged, row["quarter"], "drug", "primaryid", row["primaryid"])
        assert len(own) == 1


@pytest.mark.parametrize(
    ("kind", "absent", "present"),
    [("no_drug", "drug", "reac"), ("no_reaction", "reac", "drug")],
)
def test_report_lacks_its_drugs_or_its_reactions(made, staged, kind, absent, present):
    for caseid in fates(made, kind):
        (row,) = demo_rows(staged, caseid)
        key = ("primaryid", row["primaryid"])
        assert report(staged, row["quarter"], absent, *key) == []
        assert len(report(staged, row["quarter"], present, *key)) == 1


def test_orphan_rows_are_staged_without_a_report(staged):
    for tables in staged.values():
        known = {row["primaryid"] for row in tables["demo"]}
        for table, n_orphans in (("drug", 1), ("reac", 1), ("outc", 0), ("indi", 0)):
            orphans = [r for r in tables[table] if r["primaryid"] not in known]
            assert len(orphans) == n_orphans, table


# --------------------------------------------------------------------------- members


def test_stray_members_and_deeper_copies_stand_in_the_archives(made):
    names = set(content(made["2024q3..2024q4"]))
    archive = "faers_ascii_2024q4.zip"
    for member in (
        "ASCII/Thumbs.db",
        "ASCII/DEMO24Q4.pdf",
        "__MACOSX/ASCII/._REAC24Q4.txt",
        "old/ASCII/DEMO24Q4.txt",
    ):
        assert f"{archive}/{member}" in names
    legacy = set(content(made["2004q1..2004q2"]))
    assert "aers_ascii_2004q1.zip/ascii/STAT04Q1.TXT" in legacy


def test_deletion_lists_begin_in_each_way_and_repeat_cases(tmp_path):
    one = simulated(tmp_path, "2019q1..2024q4", "list_start,list_repeats", 1_000)
    defects = truth(one, "defects")
    starts = defects[defects["defect"] == "list_start"]
    assert set(starts["expected"]) == {
        "first line blank",
        "first line one space",
        "first line a case",
    }
    lists = {
        str(quarter): content(one)[f"faers_ascii_{quarter}.zip/{list_name(quarter)}"]
        for quarter in QuarterSpan.parse("2019q1..2024q4")
    }
    repeats = defects[defects["defect"] == "list_repeats"]
    assert set(repeats["expected"]) == {
        "a case listed above",
        "a case of the list before",
    }
    for note in repeats[~repeats["member"].str.contains("All")].itertuples():
        lines = lists[note.quarter].split(b"\n")
        before = str(Quarter.from_ordinal(Quarter.parse(note.quarter).ordinal - 1))
        is_own = note.expected == "a case listed above"
        listed = lines[: note.line - 1] if is_own else lists[before].split(b"\n")
        assert lines[note.line - 1] in listed
    counts = truth(one, "counts").set_index(["quarter", "member"])["rows"]
    for quarter, text in lists.items():
        name = list_name(Quarter.parse(quarter))
        assert counts[quarter, name] == len(text.split())


@pytest.mark.parametrize(
    ("name", "wanted"), [("line_feeds", {b"\n"}), ("mixed_line_ends", {b"\n", b"\r\n"})]
)
def test_members_end_their_lines_as_asked(tmp_path, name, wanted):
    one = simulated(tmp_path, "2018q3..2018q4", name)
    defects = truth(one, "defects")
    members = content(one)
    assert set(defects["defect"]) == {name}
    for note in defects.itertuples():
        (data,) = (
            data
            for path, data in members.items()
            if path.endswith(note.member) and note.quarter in path
        )
        body = data.split(b"\n", 1)[1]
        if body.count(b"\n") > 20:
            ends = {b"\r\n" if x.endswith(b"\r") else b"\n" for x in body.split(b"\n")}
            assert ends == wanted

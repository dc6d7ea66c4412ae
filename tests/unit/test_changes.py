"""What differs between two runs, and when they are not compared at all."""

from dataclasses import replace

import pytest

from pvsignal.quarter import Quarter
from pvsignal.signals.changes import RunInputs, differences, not_comparable

Q1, Q2, Q3, Q4 = (Quarter(2019, n).ordinal for n in (1, 2, 3, 4))
BEFORE = RunInputs(
    run="r1",
    as_of=Quarter(2019, 3),
    origin="mirror",
    analysis="ms_malignancy",
    analysis_sha256="a1",
    codelists_sha256="c1",
    staging_version="s1",
    linkage_version="d1",
    pvsignal_version="0.1",
    meddra_sha256="",
    archives={Q2: "x2", Q3: "x3"},
    lists={"terms": "t1", "names": "n1"},
)
NOW = replace(
    BEFORE, run="", as_of=Quarter(2019, 4), archives={**BEFORE.archives, Q4: "x4"}
)


def test_a_further_quarter_is_new_evidence_and_no_difference() -> None:
    found = differences(BEFORE, NOW)
    assert (found.reasons, found.archives, found.words) == ((), (), ())


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        (
            {"codelists_sha256": "c2", "lists": {"terms": "t2", "labels": "l1"}},
            "code_lists",
            (
                "code list labels added",
                "code list names removed",
                "code list terms changed",
            ),
        ),
        ({"analysis_sha256": "a2"}, "code_lists", ("analysis file",)),
        ({"pvsignal_version": "0.2"}, "vocabulary", ("program 0.1 -> 0.2",)),
        ({"staging_version": "s2"}, "vocabulary", ("reader of archives s1 -> s2",)),
        (
            {"linkage_version": "d2"},
            "vocabulary",
            ("search for suspected duplicates d1 -> d2",),
        ),
        (
            {"archives": {Q1: "x1", Q3: "y3", Q4: "x4"}},
            "archives",
            (
                "archive of 2019q1 added",
                "archive of 2019q2 removed",
                "archive of 2019q3 re-issued",
            ),
        ),
    ],
)
def test_what_differs_is_named(change, reason, words) -> None:
    found = differences(BEFORE, replace(NOW, **change))
    assert found.reasons == (reason,)
    assert found.words == words


def test_quarters_whose_archive_differs_are_those_up_to_the_previous_one() -> None:
    now = replace(NOW, archives={Q2: "x2", Q3: "y3", Q4: "x4"})
    assert differences(BEFORE, now).archives == (Q3,)


def test_code_lists_come_before_the_program_and_the_program_before_archives() -> None:
    now = replace(
        NOW,
        codelists_sha256="c2",
        pvsignal_version="0.2",
        archives={Q3: "x3", Q4: "x4"},
    )
    assert differences(BEFORE, now).reasons == ("code_lists", "vocabulary", "archives")


def test_a_meddra_folder_is_named_and_moves_no_group() -> None:
    found = differences(BEFORE, replace(NOW, meddra_sha256="m1"))
    assert found.reasons == ()
    assert found.words == ("MedDRA folder (moves no group or supergroup)",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"origin": "simulated"}, "origin mirror, this one of origin simulated"),
        ({"analysis": "jak_inhibitors"}, "analysis ms_malignancy"),
        ({"as_of": Quarter(2019, 2)}, "as of 2019q3, later than 2019q2"),
        ({"archives": {Q4: "x4"}}, "no quarter up to 2019q3 is held any more"),
    ],
)
def test_runs_that_are_not_compared_say_why(change, words) -> None:
    assert words in str(not_comparable(BEFORE, replace(NOW, **change)))


def test_runs_of_the_same_quarter_are_compared() -> None:
    assert not_comparable(BEFORE, replace(BEFORE, codelists_sha256="c2")) is None
    assert not_comparable(BEFORE, NOW) is None

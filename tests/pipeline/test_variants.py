"""What the variants of a whole run count, beside what the cases of the pairs say."""

import duckdb
import pytest

from pvsignal.analysis import load_analysis
from tests.pipeline.conftest import Published


@pytest.fixture(scope="module")
def con(published: Published) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(published.result.database), read_only=True)


@pytest.mark.parametrize(
    ("variant", "profile"), [("hcp", "a_hcp"), ("serious", "a_serious")]
)
def test_a_trait_of_reports_is_that_of_the_cases_of_the_pair(
    con: duckdb.DuckDBPyConnection, variant: str, profile: str
) -> None:
    ((n_pairs, n_reports, n_other),) = con.execute(
        f"select count(*), sum(p.{profile}), count(*) filter (where p.{profile} <> v.a)"
        " from api.signals as p join api.signals as v"
        " using (comparator, drug, event_level, event)"
        f" where p.variant = 'primary' and v.variant = '{variant}'"
    ).fetchall()
    assert n_pairs > 1_000 and n_reports > 100
    assert n_other == 0


@pytest.mark.parametrize(
    ("variants", "condition"),
    [
        (("us", "europe", "elsewhere"), "country is not null"),
        (("female", "male"), "sex is not null"),
        (("age_under_40", "age_40_59", "age_60_up"), "age_years is not null"),
    ],
)
def test_the_variants_of_a_trait_add_up_to_the_cases_that_state_it(
    con: duckdb.DuckDBPyConnection, variants: tuple[str, ...], condition: str
) -> None:
    found = con.execute(
        "select drug, event, cast(sum(a) as bigint) from api.signals where comparator ="
        f" 'A' and variant in {variants} and drug in ('fingolimod', 'ocrelizumab')"
        " and event in ('any_malignancy', 'breast', 'skin_bcc') group by all"
    ).fetchall()
    assert len(found) == 6
    for drug, event, n in found:
        ((listed,),) = con.execute(
            f"select count(*) from api.case_listing(?, ?) where {condition}",
            [drug, event],
        ).fetchall()
        assert n == listed, (drug, event)


def test_every_variant_of_the_analysis_is_named_and_has_its_comparators(
    con: duckdb.DuckDBPyConnection,
) -> None:
    pairs = "select distinct variant, comparator from api."
    shown = set(con.execute(f"{pairs}variants").fetchall())
    assert shown == set(con.execute(f"{pairs}signals").fetchall())
    assert {v.name for v in load_analysis().variants} <= {name for name, _ in shown}
    assert ("reference_only:teriflunomide", "C") in shown
    assert ("reference_only:teriflunomide", "A") not in shown

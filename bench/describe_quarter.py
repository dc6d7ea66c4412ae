"""What quarters look like, in figures: ``python -m bench.describe_quarter ZIP ...``.

`describe` reads archives in the FDA's layout, simulated or real. As a program it prints
the figures of the archives it is given. ``--page docs/validation.md`` simulates the
quarters of ``tests/goldens/real_quarters.csv`` and writes both figures into the page.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pvsignal.layout import TABLES
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate import simulate
from pvsignal.sources.stage import stage_archive

REAL = Path(__file__).parent.parent / "tests" / "goldens" / "real_quarters.csv"
BEGIN, END = "<!-- real quarters -->", "<!-- end of real quarters -->"
SEED = 3
# Quarters before the one described, so that it holds later versions of their cases.
BEFORE = 3
N_REPORTS = 40_000
WHOLE = "2004q1..2026q2"

BLANK = {
    "demo": (
        "event_dt age sex wt age_grp mfr_num lit_ref auth_num occr_country occp_cod "
        "to_mfr"
    ),
    "drug": "prod_ai route dechal rechal lot_num nda_num exp_dt",
}
CODES = {"demo": "rept_cod occp_cod i_f_code reporter_country", "drug": "role_cod"}

Tables = Mapping[str, pd.DataFrame]


def read_archives(archives: Sequence[Path]) -> dict[str, pd.DataFrame]:
    """Rows of the seven tables of some archives, blank cells missing."""
    parts: dict[str, list[pd.DataFrame]] = {table: [] for table in TABLES}
    with tempfile.TemporaryDirectory() as folder:
        for archive in archives:
            staged = stage_archive(
                archive,
                Quarter.parse(archive.stem.rpartition("_")[2].lower()),
                sha256=hashlib.sha256(archive.read_bytes()).hexdigest(),
                staged_dir=Path(folder),
            )
            for table, rows in parts.items():
                rows.append(pd.read_parquet(staged.path / f"{table}.parquet"))
    return {table: pd.concat(rows) for table, rows in parts.items()}


def describe(tables: Tables) -> dict[str, float]:
    """Figures of some quarters.

    Parameters
    ----------
    tables
        Rows of `read_archives`.

    Returns
    -------
    dict
        ``rows x``: rows of a table per row of DEMO; ``blank x``: share of blank cells;
        ``column code``: share of a code; ``event date ...``: digits of the event date
        and where full ones heap; ``drugs ...`` and ``reactions ...`` of a report;
        ``version n``; ``women`` among known sexes; ``age`` in years; ``distinct x``.
    """
    demo, drug, reac = tables["demo"], tables["drug"], tables["reac"]
    n = len(demo)
    found = {f"rows {t}": len(rows) / n for t, rows in tables.items() if t != "demo"}
    for table, columns in BLANK.items():
        for column in columns.split():
            found[f"blank {column}"] = float(tables[table][column].isna().mean())
    for table, columns in CODES.items():
        for column in columns.split():
            counts = tables[table][column].value_counts() / len(tables[table])
            found |= {f"{column} {code}": float(s) for code, s in counts.items()}
    found |= {
        f"reports with outcome {code}": float(count / n)
        for code, count in tables["outc"]["outc_cod"].value_counts().items()
    }
    found["route Unknown"] = float((drug["route"].str.upper() == "UNKNOWN").mean())
    found["val_vbm 2"] = float((drug["val_vbm"] == "2").mean())
    return (
        found | _dates(demo) | _numbers(tables) | _patients(demo) | _names(drug, reac)
    )


def _dates(demo: pd.DataFrame) -> dict[str, float]:
    text = demo["event_dt"].fillna("")
    full = text[text.str.len() == 8]
    digits = text.str.len().value_counts() / len(text)
    return {
        **{f"event date of {k} digits": float(digits.get(k, 0.0)) for k in (8, 6, 4)},
        "full event dates on 1 January": float(full.str.endswith("0101").mean()),
        "full event dates on the first of a month": float(
            full.str.endswith("01").mean()
        ),
    }


def _numbers(tables: Tables) -> dict[str, float]:
    """Drugs and reactions of a report; numbers of drugs are those of DRUG_SEQ."""
    key = ["quarter_no", "primaryid"]
    drug = tables["drug"]
    records = drug.drop_duplicates([*key, "drug_seq"]).groupby(key).size()
    named = drug.drop_duplicates([*key, "drugname"]).groupby(key).size()
    terms = tables["reac"].groupby(key).size()
    found = {"different drug names, mean": float(named.mean())}
    for name, numbers in (("drugs", records), ("reactions", terms)):
        found |= {
            f"{name}, mean": float(numbers.mean()),
            f"{name}, median": float(numbers.median()),
            f"{name}, 90 %": float(numbers.quantile(0.9)),
            f"{name}, 99 %": float(numbers.quantile(0.99)),
            f"{name}, most": float(numbers.max()),
            f"{name}, one": float((numbers == 1).mean()),
        }
    return found


def _patients(demo: pd.DataFrame) -> dict[str, float]:
    known = demo["sex"].isin(["F", "M"])
    version = demo["caseversion_no"].fillna(1)
    return {
        "women": float((demo.loc[known, "sex"] == "F").mean()),
        "age, mean": float(demo["age_years"].mean()),
        "age, standard deviation": float(demo["age_years"].std()),
        **{f"version {k}": float((version == k).mean()) for k in (1, 2, 3)},
    }


def _names(drug: pd.DataFrame, reac: pd.DataFrame) -> dict[str, float]:
    return {
        "distinct drugname": float(drug["drugname"].str.upper().nunique()),
        "distinct prod_ai": float(drug["prod_ai"].str.upper().nunique()),
        "distinct pt": float(reac["pt"].str.upper().nunique()),
    }


def simulated(quarter: str, n_reports: int = N_REPORTS) -> dict[str, float]:
    """Figures of a simulated quarter, or of a simulated archive of ``WHOLE``.

    Parameters
    ----------
    quarter
        One quarter, or the span ``WHOLE``.
    n_reports
        Reports of the span simulated: the quarter, with `BEFORE` ones before it.
    """
    span = QuarterSpan.parse(quarter)
    if span.first == span.last:
        begin = max(span.first.ordinal - BEFORE, Quarter(2004, 1).ordinal)
        span = QuarterSpan(Quarter.from_ordinal(begin), span.last)
    with tempfile.TemporaryDirectory() as folder:
        made = simulate(
            Path(folder), span=span, n_reports=n_reports, seed=SEED, with_fates=False
        )
        archives = made.archives if quarter == WHOLE else made.archives[-1:]
        return describe(read_archives(archives))


def beside(real: pd.DataFrame, n_reports: int = N_REPORTS) -> pd.DataFrame:
    """Rows of ``REAL`` with what simulated quarters have; a figure not seen is 0.

    ``real`` is NaN where no count is known; ``tolerance`` is NaN where a real figure is
    shown beside the simulated one but does not describe the same reports.
    """
    figures = {q: simulated(q, n_reports) for q in real["quarter"].unique()}
    found = [
        figures[quarter].get(figure, 0.0)
        for quarter, figure in zip(real["quarter"], real["figure"], strict=True)
    ]
    return real.assign(simulated=found)


def outside(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of `beside` that are compared and further off than their tolerance."""
    return table[(table["simulated"] - table["real"]).abs() > table["tolerance"]]


def _shown(value: float, missing: str = "") -> str:
    if np.isnan(value):
        return missing
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _markdown(table: pd.DataFrame) -> str:
    lines = ["| quarter | figure | real | simulated | tolerance | source |"]
    lines.append("|---|---|--:|--:|--:|---|")
    lines += [
        f"| {row.quarter} | {row.figure} | {_shown(row.real, 'not known')} "
        f"| {_shown(row.simulated)} | {_shown(row.tolerance, 'not compared')} "
        f"| {row.source} |"
        for row in table.itertuples()
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archives", nargs="*", type=Path)
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    if given.archives:
        for name, value in describe(read_archives(given.archives)).items():
            sys.stdout.write(f"{name:45} {value:.4g}\n")
        return
    table = beside(pd.read_csv(REAL))
    shown = _markdown(table)
    if given.page:
        before, _, rest = given.page.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        given.page.write_text(f"{before}{BEGIN}\n\n{shown}\n\n{END}{after}")
    else:
        sys.stdout.write(shown + "\n")
    n = int(table["tolerance"].notna().sum())
    sys.stdout.write(f"{len(outside(table))} of {n} outside their tolerance\n")


if __name__ == "__main__":
    main()

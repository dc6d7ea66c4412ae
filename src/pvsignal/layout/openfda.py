"""Codes of openFDA records in the words of the FDA's quarterly files.

``openfda_codes.csv`` has a row per field and code. Not part of ``layout_hash``: nothing
that is staged from an archive depends on it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

# Role of a suspect drug that openFDA does not tell apart into PS and SS.
SUSPECT_ROLE = "S"

_FILE = Path(__file__).with_name("openfda_codes.csv")


@cache
def _codes() -> Mapping[str, Mapping[str, str]]:
    fields: dict[str, dict[str, str]] = {}
    with _FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            fields.setdefault(row["field"], {})[row["code"]] = row["faers"]
    return fields


def faers_code(field: str, code: str | None) -> str | None:
    """Code of the quarterly files for a code of openFDA.

    Parameters
    ----------
    field
        Field of openFDA; ``dose_unit`` for the units of a dose.
    code
        Its value.

    Returns
    -------
    str or None
        None where there is no value, or where the files have no such code
        (``fulfillexpeditecriteria`` 2); a value that no code list of openFDA holds is
        returned as it is.

    Examples
    --------
    >>> faers_code("drugcharacterization", "1"), faers_code("patientsex", "2")
    ('S', 'F')
    """
    if code is None:
        return None
    return _codes()[field].get(code, code) or None

"""An invented dictionary in the shape of MedAscii: invented codes and groupings.

Terms are invented too, but for the few that must meet a report: those are strings that
the FDA publishes, in groupings that no dictionary has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

SOC, OTHER_SOC = "Neoplasms and other invented things", "Invented skin matters"
SPOTS, LUMPS = "Spots of the invented kind", "Lumps of the invented kind"
GROWTHS = "All invented growths"

# Code: name, then hlt, hlgt and soc of its primary path.
PTS: Mapping[str, tuple[str, str, str, str]] = {
    "90000001": ("Basal cell carcinoma", SPOTS, GROWTHS, SOC),
    "90000002": ("Melanocytic naevus", SPOTS, GROWTHS, SOC),
    "90000003": ("Breast cancer", LUMPS, GROWTHS, SOC),
    "90000004": ("Skin lesion", "Invented looks of skin", "Invented skin", OTHER_SOC),
    "90000005": ("Zorbic gloom", "Invented moods", "Invented minds", OTHER_SOC),
    "90000006": ("Bladder cancer", "Invented bladders", GROWTHS, SOC),
}
# Code, name, pt, current. Each preferred term is its own lowest level term, too.
LLTS: Sequence[tuple[str, str, str, str]] = (
    ("90000011", "Rodent quibble", "90000001", "Y"),
    ("90000012", "Breast malignancy quondam", "90000003", "N"),
    ("90000013", "Spotted zorb", "90000002", "Y"),
)
# Code, name, status.
SMQS: Sequence[tuple[str, str, str]] = (
    ("80000001", "Malignancies of the invented kind (SMQ)", "A"),
    ("80000002", "Invented skin tumours (SMQ)", "A"),
    ("80000003", "Tumours of yesteryear (SMQ)", "I"),
    ("80000004", "Neuroleptic quibbles (SMQ)", "A"),
)
# SMQ, term, level, scope, status.
CONTENT: Sequence[tuple[str, str, str, str, str]] = (
    ("80000001", "90000003", "4", "2", "A"),
    ("80000001", "80000002", "0", "0", "A"),
    ("80000001", "80000003", "0", "0", "A"),
    ("80000002", "90000001", "4", "2", "A"),
    ("80000002", "90000004", "4", "1", "A"),
    ("80000002", "90000013", "5", "1", "A"),
    ("80000002", "90000005", "4", "2", "I"),
    # It names its parent: a cycle.
    ("80000002", "80000001", "0", "0", "A"),
    ("80000003", "90000005", "4", "2", "A"),
    ("80000004", "90000005", "4", "2", "A"),
)


def write_meddra(
    folder: Path,
    *,
    end: str = "$\r\n",
    encoding: str = "utf-8",
    more: Mapping[str, Sequence[str]] | None = None,
) -> Path:
    """Write the dictionary as ``folder/MedAscii`` and return ``folder``.

    Parameters
    ----------
    folder
        Where.
    end
        What ends a line, the closing delimiter included.
    encoding
        Of all files.
    more
        Lines to add to a file, without their end.
    """
    lines = {name: list(rows) for name, rows in _lines().items()}
    for name, rows in (more or {}).items():
        lines[name] += rows
    place = folder / "MedAscii"
    place.mkdir(parents=True)
    for name, rows in lines.items():
        text = "".join(row + end for row in rows)
        (place / name).write_bytes(text.encode(encoding))
    return folder


def _lines() -> dict[str, list[str]]:
    own = [(code, pt[0], code, "Y") for code, pt in PTS.items()]
    hierarchy = []
    for number, (code, (name, hlt, hlgt, soc)) in enumerate(PTS.items()):
        row = [code, "91", "92", "93", name, hlt, hlgt, soc, "Inv", "", "93"]
        hierarchy.append("$".join([*row, "Y"]))
        if number == 0:
            # The same term on a path that is not its primary one.
            row[5:8] = ["Elsewhere", "Elsewhere above", OTHER_SOC]
            hierarchy.append("$".join([*row, "N"]))
    return {
        "pt.asc": [f"{code}${pt[0]}$$93" + "$" * 7 for code, pt in PTS.items()],
        "llt.asc": [
            f"{code}${name}${pt}" + "$" * 7 + f"{current}$"
            for code, name, pt, current in (*own, *LLTS)
        ],
        "mdhier.asc": hierarchy,
        "smq_list.asc": [
            f"{code}${name}$1$What it is$$$99.0${status}$N"
            for code, name, status in SMQS
        ],
        "smq_content.asc": [
            f"{smq}${term}${level}${scope}$A$0${status}$9.0$9.0"
            for smq, term, level, scope, status in CONTENT
        ],
    }

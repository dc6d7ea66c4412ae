"""A user's own licensed MedDRA, read from its MedAscii folder.

Files have no header, ``$`` between fields and one ``$`` at the end. They are read by
position: columns beyond those of the format are let be. Codes and hierarchy stay in
memory; what leaves this module are names of groupings and the terms below them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from pvsignal.codelists import normalise_term
from pvsignal.errors import CodelistError

# File to the columns of its format; the last of them must be there.
FILES: Final[Mapping[str, int]] = {
    "llt.asc": 10,
    "mdhier.asc": 12,
    "pt.asc": 4,
    "smq_content.asc": 7,
    "smq_list.asc": 8,
}

_CODE = re.compile(r"\d+")
_PT, _LLT, _CHILD = "4", "5", "0"
_SCOPES: Final[Mapping[str, str]] = {"1": "broad", "2": "narrow"}


@dataclass(frozen=True)
class Grouping:
    """A grouping of the dictionary with the terms below it.

    Attributes
    ----------
    kind
        ``hlt``, ``hlgt``, ``soc`` or ``smq``.
    name
        As the dictionary has it; of an SMQ with ``:narrow`` or ``:broad``.
    pts
        Codes of the preferred terms below it.
    llts
        Codes of lowest level terms that an SMQ names itself.
    """

    kind: str
    name: str
    pts: frozenset[str]
    llts: frozenset[str] = frozenset()

    @property
    def event(self) -> str:
        """Name of the event."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True)
class PrimaryPath:
    """Groupings above a preferred term on its primary path, by name."""

    hlt: str
    hlgt: str
    soc: str


@dataclass(frozen=True)
class Smq:
    """An active SMQ: its own active terms by scope, and its children."""

    name: str
    narrow: frozenset[str]
    broad: frozenset[str]
    narrow_llts: frozenset[str]
    broad_llts: frozenset[str]
    children: frozenset[str]


@dataclass(frozen=True)
class Dictionary:
    """What pvsignal reads of a MedDRA folder.

    Attributes
    ----------
    sha256
        Hash of the files that are read.
    pts
        Code to normalised name of each preferred term.
    llts
        Normalised name of each lowest level term to its code and preferred term.
    paths
        Preferred term to its primary path.
    smqs
        Code to active SMQ.
    """

    sha256: str
    pts: Mapping[str, str]
    llts: Mapping[str, tuple[str, str]]
    paths: Mapping[str, PrimaryPath]
    smqs: Mapping[str, Smq]

    def groupings(
        self, *, soc_pattern: str, smq_pattern: str, smq_names: Iterable[str] = ()
    ) -> tuple[Grouping, ...]:
        """Groupings of the hierarchy below some SOCs, and some SMQs, by event name.

        Parameters
        ----------
        soc_pattern, smq_pattern
            Patterns of names, searched without regard to case.
        smq_names
            Names of SMQs in place of ``smq_pattern``.

        Raises
        ------
        CodelistError
            If a pattern or a name finds nothing.
        """
        found = [*self._hierarchy(soc_pattern)]
        for code in self._chosen(smq_pattern, tuple(smq_names)):
            found += self._searches(code)
        return tuple(sorted(found, key=lambda grouping: grouping.event))

    def _hierarchy(self, soc_pattern: str) -> Iterator[Grouping]:
        wanted = re.compile(soc_pattern, re.IGNORECASE)
        below: dict[tuple[str, str], set[str]] = {}
        for pt, path in self.paths.items():
            if not wanted.search(path.soc):
                continue
            for kind in ("hlt", "hlgt", "soc"):
                below.setdefault((kind, getattr(path, kind)), set()).add(pt)
        if not below:
            raise CodelistError(
                f"no SOC of the MedDRA folder matches '{soc_pattern}'; correct "
                "soc_pattern under [meddra] in the analysis file"
            )
        for (kind, name), pts in below.items():
            yield Grouping(kind, name, frozenset(pts))

    def _chosen(self, pattern: str, names: tuple[str, ...]) -> list[str]:
        by_name = {_plain(smq.name): code for code, smq in self.smqs.items()}
        if names:
            for name in names:
                if _plain(name) not in by_name:
                    raise CodelistError(
                        f"the MedDRA folder holds no active SMQ '{name}'; correct "
                        "meddra_smqs in the settings"
                    )
            return [by_name[_plain(name)] for name in names]
        wanted = re.compile(pattern, re.IGNORECASE)
        found = [code for code, smq in self.smqs.items() if wanted.search(smq.name)]
        if not found:
            raise CodelistError(
                f"no active SMQ of the MedDRA folder matches '{pattern}'; correct "
                "smq_pattern under [meddra] in the analysis file"
            )
        return found

    def _searches(self, code: str) -> Iterator[Grouping]:
        """Narrow and broad search of an SMQ; broad holds narrow."""
        family = [self.smqs[member] for member in self._family(code)]
        name = self.smqs[code].name
        narrow = frozenset[str]().union(*(smq.narrow for smq in family))
        broad = narrow.union(*(smq.broad for smq in family))
        narrow_llts = frozenset[str]().union(*(smq.narrow_llts for smq in family))
        broad_llts = narrow_llts.union(*(smq.broad_llts for smq in family))
        yield Grouping("smq", f"{name}:narrow", narrow, narrow_llts)
        yield Grouping("smq", f"{name}:broad", broad, broad_llts)

    def _family(self, code: str) -> set[str]:
        """The SMQ and all below it; one that names itself is met once."""
        met: set[str] = set()
        ahead = [code]
        while ahead:
            member = ahead.pop()
            if member not in met:
                met.add(member)
                ahead += self.smqs[member].children
        return met

    def members(
        self, groupings: Iterable[Grouping], terms: Iterable[str]
    ) -> list[tuple[str, str]]:
        """Event and term of each normalised term that is below a grouping; sorted.

        A term is looked up among the preferred terms, then among the lowest level
        terms: what the FDA coded with an older version may have become one.
        """
        known = {term: codes for term in terms if (codes := self._codes_of(term))}
        return sorted(
            (grouping.event, term)
            for grouping in groupings
            for term, (pt, llt) in known.items()
            if pt in grouping.pts or llt in grouping.llts
        )

    def _codes_of(self, term: str) -> tuple[str, str] | None:
        """Preferred term and lowest level term that a term means."""
        llt, pt_of_llt = self.llts.get(term, ("", ""))
        pt = self._pt_of_name.get(term, pt_of_llt)
        return (pt, llt) if pt else None

    @cached_property
    def _pt_of_name(self) -> Mapping[str, str]:
        return {name: code for code, name in self.pts.items()}


def _shown(name: str) -> str:
    """Name of an SMQ without the mark that releases put behind it."""
    return re.sub(r"\s*\(SMQ\)\s*$", "", name, flags=re.IGNORECASE)


def _plain(name: str) -> str:
    return normalise_term(_shown(name))


def read_dictionary(folder: Path) -> Dictionary:
    """Read a MedDRA folder: ``MedAscii`` itself, or the folder that holds it.

    Raises
    ------
    CodelistError
        If the folder is none of MedDRA's, a line has too few columns or a code that is
        none, or a file names a term or SMQ that the folder does not hold.
    """
    files = _find(folder)
    contents = {name: path.read_bytes() for name, path in files.items()}
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(f"{name} {hashlib.sha256(contents[name]).hexdigest()}\n".encode())
    rows = {name: list(_rows(files[name], contents[name])) for name in FILES}
    pts = {row[0]: normalise_term(row[1]) for _, row in rows["pt.asc"]}
    llts = _llts(rows["llt.asc"], pts, files["llt.asc"])
    return Dictionary(
        sha256=digest.hexdigest(),
        pts=pts,
        llts={name: (code, pt) for name, (code, pt) in llts.items()},
        paths=_paths(rows["mdhier.asc"], pts, files["mdhier.asc"]),
        smqs=_smqs(
            rows["smq_list.asc"],
            rows["smq_content.asc"],
            pts=pts,
            llts={row[0] for _, row in rows["llt.asc"]},
            file=files["smq_content.asc"],
        ),
    )


_Rows = list[tuple[int, list[str]]]


def _find(folder: Path) -> dict[str, Path]:
    """Path of each file, whatever the letter case of the names."""
    for place in (folder, folder / "MedAscii", folder / "medascii"):
        held = (
            {path.name.lower(): path for path in place.iterdir() if path.is_file()}
            if place.is_dir()
            else {}
        )
        if set(FILES) <= set(held):
            return {name: held[name] for name in FILES}
    raise CodelistError(
        f"{folder} is no MedDRA folder: it or its MedAscii must hold "
        f"{', '.join(FILES)}; give another with --meddra, or leave it out"
    )


def _rows(path: Path, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each line that is not blank."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    least = FILES[path.name.lower()]
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split("$")]
        # The closing delimiter leaves one empty field; more columns are let be.
        n_columns = len(fields) - (fields[-1] == "")
        if n_columns < least:
            raise CodelistError(
                f"{path} line {number} has {n_columns} columns, not {least} or more; "
                "is it a file of MedDRA's MedAscii?"
            )
        if not _CODE.fullmatch(fields[0]):
            raise CodelistError(
                f"{path} line {number}: '{fields[0][:40]}' is no code; is it a file of "
                "MedDRA's MedAscii?"
            )
        yield number, fields


def _broken(file: Path, number: int, what: str, code: str) -> CodelistError:
    return CodelistError(
        f"{file} line {number} names {what} {code} that the MedDRA folder does not "
        "hold; take all files from one release"
    )


def _llts(
    rows: _Rows, pts: Mapping[str, str], file: Path
) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    # Of lowest level terms with one name the current one counts, then the lowest code.
    for number, row in sorted(rows, key=lambda r: (r[1][9] != "Y", int(r[1][0]))):
        if row[2] not in pts:
            raise _broken(file, number, "the preferred term", row[2])
        found.setdefault(normalise_term(row[1]), (row[0], row[2]))
    return found


def _paths(rows: _Rows, pts: Mapping[str, str], file: Path) -> dict[str, PrimaryPath]:
    found: dict[str, PrimaryPath] = {}
    for number, row in rows:
        if row[0] not in pts:
            raise _broken(file, number, "the preferred term", row[0])
        if row[11] == "Y":
            found[row[0]] = PrimaryPath(hlt=row[5], hlgt=row[6], soc=row[7])
    return found


def _smqs(
    listed: _Rows,
    content: _Rows,
    *,
    pts: Mapping[str, str],
    llts: set[str],
    file: Path,
) -> dict[str, Smq]:
    names = {row[0]: row[1] for _, row in listed}
    active = {row[0] for _, row in listed if row[7] == "A"}
    terms: dict[tuple[str, str, str], set[str]] = {}
    children: dict[str, set[str]] = {}
    known: Mapping[str, tuple[str, Iterable[str]]] = {
        _PT: ("the preferred term", pts),
        _LLT: ("the lowest level term", llts),
        _CHILD: ("the SMQ", names),
    }
    for number, row in content:
        smq, code, level, scope, status = *row[:4], row[6]
        if smq not in names:
            raise _broken(file, number, "the SMQ", smq)
        if smq not in active or status != "A":
            continue
        if level not in known or (level != _CHILD and scope not in _SCOPES):
            raise CodelistError(
                f"{file} line {number}: level '{level}' with scope '{scope}' is "
                "unknown; is it a file of MedDRA's MedAscii?"
            )
        what, held = known[level]
        if code not in held:
            raise _broken(file, number, what, code)
        if level == _CHILD:
            if code in active:
                children.setdefault(smq, set()).add(code)
        else:
            terms.setdefault((smq, level, _SCOPES[scope]), set()).add(code)

    def own(smq: str, level: str, scope: str) -> frozenset[str]:
        return frozenset(terms.get((smq, level, scope), ()))

    return {
        smq: Smq(
            name=_shown(names[smq]),
            narrow=own(smq, _PT, "narrow"),
            broad=own(smq, _PT, "broad"),
            narrow_llts=own(smq, _LLT, "narrow"),
            broad_llts=own(smq, _LLT, "broad"),
            children=frozenset(children.get(smq, ())),
        )
        for smq in sorted(active)
    }

"""Drawings as SVG: Vega specifications in, SVG texts out, on two processors.

A page holds hundreds of drawings and vl-convert draws one at a time. Half of a long
list is therefore drawn by a helper, a Python process that imports vl-convert alone. It
is no pool of `multiprocessing`: that would import the caller's main module once more.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Final

import vl_convert

from pvsignal.progress import Progress

MIN_SHARED: Final = 40

_HELPER: Final = """
import json, sys, vl_convert
for line in sys.stdin:
    svg = vl_convert.vega_to_svg(line, allowed_base_urls=[])
    sys.stdout.write(json.dumps(svg) + "\\n")
"""

_NAMESPACE = re.compile(r'\sxmlns(?::xlink)?="[^"]*"')
_CLIP = re.compile(r'(id="|url\(#)clip(\d+)')


@dataclass(frozen=True)
class Drawing:
    """A drawing before it is drawn.

    Attributes
    ----------
    vega
        Vega specification as JSON.
    name
        Unique in the page; prefixes the identifiers inside the SVG.
    label
        What a screen reader says instead of the drawing.
    """

    vega: str
    name: str
    label: str


def draw(drawings: Sequence[Drawing], progress: Progress) -> list[str]:
    """SVG of each drawing for inclusion in HTML, in their order.

    Short lists are drawn in this process; what the helper could not draw too. Which
    process draws does not change a byte.
    """
    n_given = len(drawings) // 2 if _worth_sharing(len(drawings)) else 0
    n_own = len(drawings) - n_given
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as returned:
        helper = _start(drawings[n_own:], given, returned) if n_given else None
        try:
            own = _draw_here(drawings[:n_own], progress)
            drawn = _collect(helper, returned) if helper else []
        finally:
            if helper and helper.poll() is None:
                helper.kill()
                helper.wait()
    progress.advance(len(drawn))
    rest = _draw_here(drawings[n_own + len(drawn) :], progress)
    return [
        finish(svg, drawing)
        for svg, drawing in zip([*own, *drawn, *rest], drawings, strict=True)
    ]


def _worth_sharing(n_drawings: int) -> bool:
    return n_drawings >= MIN_SHARED and (os.cpu_count() or 1) > 1


def _draw_here(drawings: Sequence[Drawing], progress: Progress) -> list[str]:
    svgs = []
    for drawing in drawings:
        svgs.append(vl_convert.vega_to_svg(drawing.vega, allowed_base_urls=[]))
        progress.advance(1)
    return svgs


def _start(
    drawings: Sequence[Drawing], given: IO[bytes], returned: IO[bytes]
) -> subprocess.Popen[bytes] | None:
    """Start the helper; files instead of pipes, so that neither side waits."""
    given.writelines(drawing.vega.encode() + b"\n" for drawing in drawings)
    given.seek(0)
    try:
        return subprocess.Popen(
            [sys.executable, "-X", "utf8", "-P", "-c", _HELPER],
            stdin=given,
            stdout=returned,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None


def _collect(helper: subprocess.Popen[bytes], returned: IO[bytes]) -> list[str]:
    """Return what the helper has drawn, nothing if it failed."""
    if helper.wait() != 0:
        return []
    returned.seek(0)
    return [json.loads(line) for line in returned]


def finish(svg: str, drawing: Drawing) -> str:
    """Make the identifiers of an SVG unique in the page and label it."""
    numbers: dict[str, int] = {}
    svg = _CLIP.sub(
        lambda found: (
            f"{found[1]}{drawing.name}-{numbers.setdefault(found[2], len(numbers))}"
        ),
        _NAMESPACE.sub("", svg),
    )
    label = html.escape(drawing.label)
    return svg.replace(
        "<svg", f'<svg role="img" aria-label="{label}" font-family="sans-serif"', 1
    )

"""A process killed at any point of land and stage leaves nothing that is half done.

The trials run in one process of their own that forks a child for each: the child lands
and stages, and is killed, at random times or at each of its file operations in turn.
After every kill the parent looks at what is there; then the next child goes on from it.

    python -m tests.pipeline.test_killed MIRROR FOLDER folder|server
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pvsignal import pipeline, simulate
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings
from pvsignal.sources.manifest import read_manifest

N_RANDOM = 60
SPAN = QuarterSpan.parse("2018q4..2019q1")
ROOT = Path(__file__).parents[2]
CHANGES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link"}


# ------------------------------------------------------------------- the child's work


def land_and_stage(mirror: str, data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir, mirror=mirror, threads=2)
    with pipeline.hold(settings):
        pipeline.land(settings)
        pipeline.stage(settings)


def die_at(operation: int, data_dir: Path) -> None:
    """Kill this process before its n-th change of a file in the data directory."""
    count = 0

    def heard(event: str, args: tuple[object, ...]) -> None:
        nonlocal count
        if event in CHANGES and str(args[0]).startswith(str(data_dir)):
            count += 1
            if count == operation:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heard)


def in_a_child(mirror: str, data_dir: Path, *, operation: int = 0) -> int:
    """Process id of a child that lands and stages."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        if operation:
            die_at(operation, data_dir)
        land_and_stage(mirror, data_dir)
        status = 0
    finally:
        os._exit(status)


def was_killed(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert killed or os.waitstatus_to_exitcode(status) == 0, "a run failed after a kill"
    return killed


# ------------------------------------------------------------------ what is left there


def contents(data_dir: Path) -> dict[str, str]:
    """Path to hash of every file that a later step may read."""
    hashes = {}
    for path in sorted(data_dir.rglob("*")):
        inside = path.relative_to(data_dir)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            hashes[str(inside)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashes


def without_times(data_dir: Path, hashes: dict[str, str]) -> dict[str, str]:
    """The same, the manifest of landing by its archives instead of its bytes."""
    archives = [archive.sha256 for archive in read_manifest(data_dir).values()]
    manifest = {"landing/manifest.json": " ".join(archives)}
    return hashes | (manifest if "landing/manifest.json" in hashes else {})


def require_whole(data_dir: Path, whole: dict[str, str]) -> None:
    """Everything that is there is as a run leaves it that nobody disturbs."""
    found = contents(data_dir)
    manifests = {name for name in found if name.endswith("manifest.json")}
    wrong = {
        name: digest
        for name, digest in found.items()
        if name not in manifests and whole.get(name) != digest
    }
    assert not wrong, f"half done: {sorted(wrong)}"
    for name in manifests:
        json.loads((data_dir / name).read_bytes())
    for archive in read_manifest(data_dir).values():
        data = (data_dir / archive.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == archive.sha256
    staged = [name for name in found if name.endswith(".parquet")]
    for folder in {Path(name).parent for name in staged}:
        files = {name for name in staged if Path(name).parent == folder}
        assert files == {n for n in whole if Path(n).parent == folder}, "not all tables"


# ----------------------------------------------------------------------- the trials


def trials(mirror: str, folder: Path, *, at_operations: bool) -> dict[str, int]:
    """Kill at every file operation if wanted, then at random times; count the kills."""
    reference = folder / "reference"
    begun = time.monotonic()
    assert not was_killed(in_a_child(mirror, reference))
    seconds = time.monotonic() - begun
    whole = contents(reference)
    complete = without_times(reference, whole)
    kills = {"at operations": 0, "at random": 0}
    operation = 0
    while at_operations:
        operation += 1
        data_dir = folder / f"operation-{operation}"
        if not was_killed(in_a_child(mirror, data_dir, operation=operation)):
            break
        kills["at operations"] += 1
        require_whole(data_dir, whole)
        assert not was_killed(in_a_child(mirror, data_dir))
        assert without_times(data_dir, contents(data_dir)) == complete
    rng = random.Random(5)
    names = itertools.count()
    data_dir = folder / f"random-{next(names)}"
    while kills["at random"] < N_RANDOM:
        child = in_a_child(mirror, data_dir)
        time.sleep(rng.uniform(0, 1.1 * seconds))
        os.kill(child, signal.SIGKILL)
        if was_killed(child):
            kills["at random"] += 1
            require_whole(data_dir, whole)
        else:
            assert without_times(data_dir, contents(data_dir)) == complete
            # A folder that is complete leaves the next child nothing to be killed at.
            data_dir = folder / f"random-{next(names)}"
    assert not was_killed(in_a_child(mirror, data_dir))
    assert without_times(data_dir, contents(data_dir)) == complete
    left = [path for path in data_dir.rglob("*") if path.name.startswith(".")]
    assert not left, f"left behind: {left}"
    return kills


@pytest.fixture(scope="module")
def archives(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("archives")
    simulate.simulate(folder, span=SPAN, n_reports=600, seed=3)
    return folder


@pytest.fixture
def address(archives):
    """The same archives behind a server."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(archives))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("kind", ["folder", "server"])
def test_process_killed_at_any_point_leaves_nothing_half_done(
    kind, archives, address, tmp_path
):
    # In turn at each operation takes long; one quarter has them all.
    one = tmp_path / "mirror"
    one.mkdir()
    shutil.copy(archives / "faers_ascii_2019q1.zip", one)
    mirror = str(one) if kind == "folder" else address
    command = [sys.executable, "-m", "tests.pipeline.test_killed", mirror, tmp_path]
    done = subprocess.run(
        [*command, kind],
        cwd=ROOT,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    kills = json.loads(done.stdout)
    assert kills["at random"] >= 50
    assert kills["at operations"] >= (50 if kind == "folder" else 0)


if __name__ == "__main__":
    in_turn = sys.argv[3] == "folder"
    kills = trials(sys.argv[1], Path(sys.argv[2]), at_operations=in_turn)
    sys.stdout.write(json.dumps(kills))

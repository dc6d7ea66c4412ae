"""The Prefect flow does what the command does. The one module that starts Prefect."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import flows  # noqa: F401  (settings of Prefect, before Prefect is imported)
from pvsignal import pipeline, simulate
from pvsignal.analysis import load_analysis
from pvsignal.errors import LayoutError, SourceError
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings
from tests.archives import write_archive
from tests.openfda_server import OpenFda, running

ROOT = Path(__file__).parents[2]
OLD_CASE = {"primaryid": 150000011, "caseid": 15000001, "init_fda_dt": "20251101"}


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    os.environ.pop("PREFECT_API_URL", None)
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archives")
    span = QuarterSpan.parse("2019q1..2019q2")
    simulate.simulate(folder, span=span, n_reports=800, seed=3)
    return folder


def test_the_flow_publishes_the_run_that_the_command_publishes(
    archives: Path, tmp_path: Path
) -> None:
    from flows.refresh import refresh

    by_flow = refresh(data_dir=tmp_path / "flow", mirror=str(archives))
    by_command = pipeline.run(
        Settings(data_dir=tmp_path / "command", mirror=str(archives)), load_analysis()
    )
    assert by_flow.is_new
    assert by_flow.run == by_command.run
    assert by_flow.report.read_bytes() == by_command.report.read_bytes()
    again = refresh(data_dir=tmp_path / "flow", mirror=str(archives))
    assert not again.is_new


def test_only_transient_failures_of_the_source_are_retried() -> None:
    from prefect.states import Failed

    from flows.refresh import is_transient

    def failed(error: Exception) -> object:
        return Failed(data=error)

    assert is_transient(None, None, failed(SourceError("cut", transient=True)))
    assert not is_transient(None, None, failed(SourceError("404")))
    assert not is_transient(None, None, failed(LayoutError("header")))


def test_each_deployment_names_a_flow_that_exists_and_its_parameters() -> None:
    from flows.refresh import refresh
    from flows.watch import watch

    text = (ROOT / "prefect.yaml").read_text("utf-8")
    deployments = yaml.safe_load(text)["deployments"]
    for deployment, flow in zip(deployments, (refresh, watch), strict=True):
        file, _, name = deployment["entrypoint"].partition(":")
        assert (ROOT / file).is_file()
        assert name == flow.fn.__name__
        assert set(deployment["parameters"]) <= set(flow.parameters.properties)
        assert deployment["schedules"][0]["active"]
        assert deployment["concurrency_limit"]["limit"] == 1


def test_the_watch_flow_writes_what_the_command_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.watch import watch

    folder = tmp_path / "archives"
    folder.mkdir()
    write_archive(folder, "2025q4", {"demo": [OLD_CASE]})
    settings = Settings(data_dir=tmp_path / "data", mirror=str(folder))
    pipeline.land(settings)
    pipeline.stage(settings)
    report = {
        "safetyreportid": "30000001",
        "receivedate": "20260301",
        "patient": {"drug": [{"medicinalproduct": "OCREVUS"}]},
    }
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    records: dict[str, list[dict[str, object]]] = {
        "drug/event": [report],
        "drug/label": [],
    }
    with running(OpenFda(records=records)) as fda:
        monkeypatch.setenv("PVSIGNAL_OPENFDA_URL", fda.url)
        watched = watch(data_dir=settings.data_dir)
    assert watched.covered_days == 60
    assert watched.file.is_file()
    assert watched.rows[0].observed == 1

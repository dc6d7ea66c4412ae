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

ROOT = Path(__file__).parents[2]


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


def test_the_deployment_names_a_flow_that_exists_and_its_parameters() -> None:
    from flows.refresh import refresh

    text = (ROOT / "prefect.yaml").read_text("utf-8")
    (deployment,) = yaml.safe_load(text)["deployments"]
    file, _, name = deployment["entrypoint"].partition(":")
    assert (ROOT / file).is_file()
    assert name == refresh.fn.__name__
    assert set(deployment["parameters"]) <= set(refresh.parameters.properties)
    assert deployment["schedules"][0]["active"]

"""What the US labels of the therapies say of malignancy, as openFDA holds them."""

from __future__ import annotations

from pvsignal import codelists
from pvsignal.pipeline.intake import Clock, utc_now
from pvsignal.pipeline.watching import opened
from pvsignal.settings import Settings
from pvsignal.sources.openfda.labels import LandedLabels, land_labels


def read_labels(settings: Settings, *, now: Clock = utc_now) -> LandedLabels:
    """Store the sentences on malignancy of the latest labels as Parquet.

    Raises
    ------
    SourceError
        As the client of openFDA.
    """
    with opened(settings) as client:
        return land_labels(
            client,
            codelists.load_codelists(),
            folder=settings.openfda_dir / "labels",
            retrieved=now(),
        )

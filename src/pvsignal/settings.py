"""Where things are: folders, addresses and limits of one installation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pvsignal.errors import UsageError

LISTING_URL = "https://fis.fda.gov/extensions/FPD-QDE-FAERS/FPD-QDE-FAERS.html"


class Settings(BaseSettings):
    """Settings from ``pvsignal.toml`` and ``PVSIGNAL_*``, the environment first.

    Attributes
    ----------
    data_dir
        Folder of everything that is landed, staged, built and published.
    analysis
        TOML file of the analysis; None for the one that ships with pvsignal.
    mirror
        Folder or URL with archives under the FDA's own names; None for the FDA.
    listing_url
        The FDA's page that lists the quarterly extracts.
    http_timeout_seconds, http_tries, http_wait_seconds
        Time without a byte that counts as cut, tries per file, first wait.
    threads, memory_limit
        Limits given to DuckDB, ``memory_limit`` as DuckDB writes it (``8GB``).
    """

    model_config = SettingsConfigDict(
        env_prefix="PVSIGNAL_",
        toml_file="pvsignal.toml",
        extra="forbid",
        frozen=True,
    )

    data_dir: Path = Path("data")
    analysis: Path | None = None
    mirror: str | None = None
    listing_url: str = LISTING_URL
    http_timeout_seconds: float = 60.0
    http_tries: int = 5
    http_wait_seconds: float = 2.0
    threads: int | None = None
    memory_limit: str | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of the sources: arguments, environment, file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @classmethod
    def read(
        cls, *, data_dir: Path | None = None, mirror: str | None = None
    ) -> Settings:
        """Return the settings with what is given on top.

        Raises
        ------
        UsageError
            If the file or the environment holds an unknown key or a bad value.
        """
        given: dict[str, Any] = {"data_dir": data_dir, "mirror": mirror}
        try:
            return cls(**{key: value for key, value in given.items() if value})
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            raise UsageError(
                f"setting '{key}' in pvsignal.toml or PVSIGNAL_*: {first['msg']}"
            ) from error

    @property
    def staged_dir(self) -> Path:
        """Parquet by quarter."""
        return self.data_dir / "staged"

    @property
    def warehouse_path(self) -> Path:
        """The disposable warehouse."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def lock_path(self) -> Path:
        """One run at a time holds this file."""
        return self.data_dir / "run.lock"

    def ledger_path(self, analysis_name: str) -> Path:
        """Append-only record of an analysis."""
        return self.data_dir / "ledger" / f"{analysis_name}.jsonl"

    def published_dir(self, analysis_name: str) -> Path:
        """Published DuckDB files of an analysis."""
        return self.data_dir / "published" / analysis_name

    def reports_dir(self, analysis_name: str) -> Path:
        """Reports of an analysis, one folder a run."""
        return self.data_dir / "reports" / analysis_name

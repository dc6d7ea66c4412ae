"""Where things are: folders, addresses and limits of one installation."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from pvsignal.errors import UsageError

LISTING_URL = "https://fis.fda.gov/extensions/FPD-QDE-FAERS/FPD-QDE-FAERS.html"
ARCHIVE_URL = "https://fis.fda.gov/content/Exports/"
OPENFDA_URL = "https://api.fda.gov"
TOML_FILE = "pvsignal.toml"

_MEMORY = re.compile(r"(\d+(?:\.\d+)?) ?(?:([KMGT])i?B|%)", re.IGNORECASE)


def _memory(text: str) -> str:
    found = _MEMORY.fullmatch(text.strip())
    amount = float(found[1]) if found else 0.0
    is_share = bool(found) and text.strip().endswith("%")
    if amount <= 0 or (is_share and amount > 100):
        raise ValueError(f"'{text}' is no amount of memory; write it as 8GB or 80%")
    return text.strip()


def _default_memory() -> str:
    """6 GB, or DuckDB's own share of the memory on a smaller machine."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return "6GB" if 0.8 * total >= 6e9 else "80%"


def _api_key(key: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", key.get_secret_value()):
        raise ValueError("a key holds letters, digits, - and _ only")
    return key


class Settings(BaseSettings):
    """Settings from ``pvsignal.toml`` and ``PVSIGNAL_*``, the environment first.

    Attributes
    ----------
    data_dir
        Folder of everything that is landed, staged, built and published.
    analysis
        TOML file of the analysis, or the name of one that ships with pvsignal; None for
        ``ms_malignancy``.
    mirror
        Folder or URL with archives under the FDA's own names; None for the FDA.
    meddra
        A user's own licensed MedDRA folder (MedAscii); None without one.
    meddra_smqs
        Names of SMQs in place of those that the analysis chooses by pattern.
    listing_url
        The FDA's page that lists the quarterly extracts.
    archive_url
        Folder of the archives, tried where the page fails.
    http_timeout_seconds, http_tries, http_wait_seconds
        Time without a byte that counts as cut, tries per file, first wait.
    openfda_url
        Address of the openFDA API.
    openfda_api_key
        Key of the openFDA API, a secret; without one 1,000 requests a day are allowed.
    threads, memory_limit
        Limits given to DuckDB, ``memory_limit`` as DuckDB writes it (``8GB``
        or ``80%``): 6 GB, or 80 % of the memory where that is less. What does not
        fit goes to disk; the whole archive takes 9 GB with it (docs/performance.md).
        Priors and scores of many pairs are computed on all processors.
    """

    model_config = SettingsConfigDict(
        env_prefix="PVSIGNAL_",
        toml_file=TOML_FILE,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Path("data")
    analysis: Path | None = None
    mirror: str | None = None
    meddra: Path | None = None
    meddra_smqs: tuple[str, ...] = ()
    listing_url: str = LISTING_URL
    archive_url: str = ARCHIVE_URL
    http_timeout_seconds: float = Field(60.0, gt=0)
    http_tries: int = Field(5, ge=1)
    http_wait_seconds: float = Field(2.0, ge=0)
    openfda_url: str = OPENFDA_URL
    openfda_api_key: Annotated[SecretStr, AfterValidator(_api_key)] | None = None
    threads: int | None = Field(None, ge=1)
    memory_limit: Annotated[str, AfterValidator(_memory)] = Field(
        default_factory=_default_memory
    )

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
        cls,
        *,
        data_dir: Path | None = None,
        mirror: str | None = None,
        meddra: Path | None = None,
    ) -> Settings:
        """Return the settings with what is given on top.

        Raises
        ------
        UsageError
            If the file is no TOML, if it or the environment holds an unknown key or a
            bad value, or if the data directory is a file.
        """
        given: dict[str, Any] = {
            "data_dir": data_dir,
            "mirror": mirror,
            "meddra": meddra,
        }
        try:
            settings = cls(**{key: value for key, value in given.items() if value})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{Path(TOML_FILE).resolve()} is no valid TOML: {error}; correct or "
                "remove it"
            ) from error
        except SettingsError as error:
            raise UsageError(f"{TOML_FILE} or PVSIGNAL_*: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            reason = first["msg"].removeprefix("Value error, ")
            raise UsageError(
                f"setting '{key}' in {TOML_FILE} or PVSIGNAL_*: {reason}; correct or "
                "remove it"
            ) from error
        if settings.data_dir.exists() and not settings.data_dir.is_dir():
            raise UsageError(
                f"the data directory {settings.data_dir} is a file; give a folder with "
                "--data-dir"
            )
        return settings

    @property
    def staged_dir(self) -> Path:
        """Parquet by quarter."""
        return self.data_dir / "staged"

    @property
    def openfda_dir(self) -> Path:
        """What openFDA answered, apart from everything that is landed."""
        return self.data_dir / "openfda"

    @property
    def duplicates_dir(self) -> Path:
        """Links of suspected duplicates by quarter; may be deleted at any time."""
        return self.data_dir / "duplicates"

    @property
    def warehouse_path(self) -> Path:
        """The disposable warehouse."""
        return self.data_dir / "warehouse.duckdb"

    @property
    def known_counts_path(self) -> Path:
        """Counts that an operator states beside the shipped ones; may be absent."""
        return self.data_dir / "known_counts.csv"

    @property
    def blocked_path(self) -> Path:
        """Names the checks that blocked the last build; absent where none did."""
        return self.data_dir / "blocked.json"

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

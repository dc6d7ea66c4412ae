"""What is asked: the analysis file, checked, frozen and hashed."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pvsignal.errors import CodelistError

DEFAULT_FILE = Path(__file__).with_name("ms_malignancy.toml")

PRIMARY = "primary"

Role = Literal["PS", "SS", "C", "I"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Thresholds(_Frozen):
    """Thresholds of the screening rules (README, "Flags")."""

    min_reports: int = Field(3, ge=1)
    prr_min: float = 2.0
    chi2_min: float = 4.0
    ror_low_min: float = 1.0


class Evaluable(_Frozen):
    """When a pair can be judged at all in a comparator."""

    a_min_reports: int = 3
    a_min_expected: float = 0.5
    bc_min_expected: float = 1.0
    bc_min_reference_cases: int = 3


class Variant(_Frozen):
    """One way to choose the reports that count; changes one thing against primary.

    Attributes
    ----------
    name
        Value of the column ``variant``.
    suspected_duplicates
        Whether reports that are suspected duplicates are left out or counted.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    suspected_duplicates: Literal["left_out", "counted"] = "left_out"

    @property
    def is_every_quarter(self) -> bool:
        """Whether the variant is counted at every quarter, not at the latest only."""
        return self.name == PRIMARY


class MeddraEvents(_Frozen):
    """Groupings of a user's own MedDRA that become events, by patterns of names."""

    soc_pattern: str = "^neoplasms"
    smq_pattern: str = (
        "malignanc|malignant.*tumour|tumours|premalignant|myelodysplastic|neoplasm"
    )

    @field_validator("*")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"'{pattern}' is no valid pattern ({error})") from error
        return pattern


class Analysis(_Frozen):
    """One analysis: the question, its roles, reference and thresholds."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    roles: tuple[Role, ...] = ("PS", "SS")
    reference_class: str = "platform_reference"
    litigated_certainty: tuple[Literal["high", "medium", "low"], ...] = (
        "high",
        "medium",
    )
    thresholds: Thresholds = Thresholds()
    evaluable: Evaluable = Evaluable()
    meddra: MeddraEvents = MeddraEvents()
    variants: tuple[Variant, ...] = (Variant(name=PRIMARY),)

    @field_validator("variants")
    @classmethod
    def _primary_is_one_of_them(
        cls, variants: tuple[Variant, ...]
    ) -> tuple[Variant, ...]:
        names = [variant.name for variant in variants]
        if Variant(name=PRIMARY) not in variants or len(set(names)) < len(names):
            raise ValueError("one variant must be primary, and each name stand once")
        return variants

    @property
    def sha256(self) -> str:
        """Hash of the content, whatever the order and layout of the file."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def load_analysis(file: Path | None = None) -> Analysis:
    """Analysis of a TOML file, by default the one that ships with pvsignal.

    Raises
    ------
    CodelistError
        If the file is absent, is no TOML, lacks a key or holds an unknown one.
    """
    path = file or DEFAULT_FILE
    try:
        return Analysis.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise CodelistError(f"no analysis file at {path}; give --analysis") from error
    except tomllib.TOMLDecodeError as error:
        raise CodelistError(f"{path} is no valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise CodelistError(
            f"analysis file {path}: key '{key}': {first['msg']}; correct or remove it"
        ) from error

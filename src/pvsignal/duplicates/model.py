"""The linkage model: what is compared, what each agreement weighs, where the cut is."""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

import splink
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pvsignal import warehouse
from pvsignal.errors import CodelistError

MODEL_FILE: Final = Path(__file__).with_name("model.toml")

# What the links of a quarter depend on beside the model and the staged rows.
_CODE: Final = ("model.py", "linking.py")


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(_Frozen):
    """One answer of a comparison and how often it is given.

    Attributes
    ----------
    label
        The answer in words.
    sql
        Condition on the sightings ``l`` and ``r``; ``else`` for the last level.
    m, u
        Probability of the answer for two reports of one event, and for two others.
    """

    label: str
    sql: str
    m: float = Field(gt=0, lt=1)
    u: float = Field(gt=0, lt=1)
    note: str = ""

    @property
    def weight(self) -> float:
        """Evidence of the answer in bits, log2(m / u)."""
        return math.log2(self.m / self.u)


class Comparison(_Frozen):
    """A field that is compared; unknown on either side weighs nothing."""

    name: str = Field(pattern=r"^[a-z_]+$")
    is_null: str
    level: tuple[Level, ...] = Field(min_length=2)


class BlockingRule(_Frozen):
    """Columns that must all agree, none of them NULL, for a pair to be compared."""

    name: str
    columns: tuple[str, ...] = Field(min_length=1)


class Decision(_Frozen):
    """Prior, threshold and limits.

    Attributes
    ----------
    threshold_match_weight
        Weight in bits from which on a pair is a link that makes a suspected duplicate.
    kept_match_weight
        Weight from which on a pair is kept for checks with a looser threshold.
    """

    probability_two_random_records_match: float = Field(gt=0, lt=1)
    threshold_match_weight: float
    kept_match_weight: float
    max_pairs: int = Field(gt=0)
    max_cluster: int = Field(gt=1)

    @model_validator(mode="after")
    def _keeps_all_links(self) -> Decision:
        if self.kept_match_weight > self.threshold_match_weight:
            raise ValueError("kept_match_weight lies above threshold_match_weight")
        return self


class LinkageModel(_Frozen):
    """The model as shipped."""

    card: dict[str, str]
    decision: Decision
    blocking: tuple[BlockingRule, ...]
    comparison: tuple[Comparison, ...]

    @property
    def prior_weight(self) -> float:
        """Weight of a pair of which nothing is known, in bits."""
        p = self.decision.probability_two_random_records_match
        return math.log2(p / (1 - p))

    def settings(self) -> dict[str, Any]:
        """Give the model as Splink reads it.

        A pair is of two cases, and is compared if the later of its two sightings is
        new: the other pairs stand in the links of the quarters before.
        """
        # Splink puts the lower sighting_id left, and that is the earlier quarter.
        between_cases = "l.caseid <> r.caseid and r.is_new"
        return {
            "link_type": "dedupe_only",
            "unique_id_column_name": "sighting_id",
            "probability_two_random_records_match": (
                self.decision.probability_two_random_records_match
            ),
            "blocking_rules_to_generate_predictions": [
                {"blocking_rule": f"{_all_equal(rule.columns)} and {between_cases}"}
                for rule in self.blocking
            ],
            "comparisons": [_splink_comparison(one) for one in self.comparison],
            "retain_matching_columns": True,  # with them the answer of each comparison
            "retain_intermediate_calculation_columns": True,
            "additional_columns_to_retain": ["quarter_no", "primaryid", "caseid"],
        }


def _all_equal(columns: tuple[str, ...]) -> str:
    return " and ".join(f"l.{column} = r.{column}" for column in columns)


def _paired(sql: str) -> str:
    """Condition on ``l.age`` and ``r.age`` in Splink's words: ``age_l``, ``age_r``."""
    return re.sub(r"\b([lr])\.(\w+)", r"\2_\1", sql)


def _splink_comparison(comparison: Comparison) -> dict[str, Any]:
    unknown = {
        "sql_condition": _paired(comparison.is_null),
        "label_for_charts": "unknown",
        "is_null_level": True,
    }
    return {
        "output_column_name": comparison.name,
        "comparison_levels": [
            unknown,
            *(
                {
                    "sql_condition": (
                        "ELSE" if level.sql == "else" else _paired(level.sql)
                    ),
                    "label_for_charts": level.label,
                    "m_probability": level.m,
                    "u_probability": level.u,
                }
                for level in comparison.level
            ),
        ],
    }


def load_model(file: Path = MODEL_FILE) -> LinkageModel:
    """Model of a TOML file, by default the one that ships with pvsignal.

    Raises
    ------
    CodelistError
        If the file lacks a key, holds an unknown one, or a comparison does not end
        with ``else``.
    """
    try:
        model = LinkageModel.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise CodelistError(f"{file} is no linkage model: {error}") from error
    for comparison in model.comparison:
        if comparison.level[-1].sql != "else":
            raise CodelistError(
                f"{file}: comparison {comparison.name} must end with a level 'else'"
            )
    return model


@cache
def linkage_version() -> str:
    """12 hex digits that change with the model, the code that links, and Splink."""
    digest = hashlib.sha256(MODEL_FILE.read_bytes())
    for name in _CODE:
        digest.update(name.encode())
        digest.update(Path(__file__).with_name(name).read_bytes())
    for path in warehouse.LINKAGE:
        digest.update(warehouse.read_model(path).select.encode())
    digest.update(splink.__version__.encode())
    return digest.hexdigest()[:12]

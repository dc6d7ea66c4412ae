"""What is asked: the analysis file, checked, frozen and hashed."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from pvsignal.errors import CodelistError

SHIPPED_DIR = Path(__file__).with_name("analyses")
DEFAULT_FILE = SHIPPED_DIR / "ms_malignancy" / "analysis.toml"

NEOPLASMS = "neoplasms"

PRIMARY = "primary"

Role = Literal["PS", "SS", "C", "I"]
ReviewPart = Literal["indication", "event"]
Sex = Literal["female", "male", "unknown"]
AgeBand = Literal["0-17", "18-29", "30-39", "40-49", "50-59", "60-69", "70+", "unknown"]
IndicationRule = Literal["full", "primary_suspect", "off"]
ListName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Thresholds(_Frozen):
    """Thresholds of the screening rules (README, "Flags")."""

    min_reports: int = Field(3, ge=1)
    prr_min: float = 2.0
    chi2_min: float = 4.0
    ror_low_min: float = 1.0
    ic025_min: float = 0.0
    eb05_min: float = 2.0


class Evaluable(_Frozen):
    """When a pair can be judged at all in a comparator."""

    a_min_reports: int = 3
    a_min_expected: float = 0.5
    bc_min_expected: float = 1.0
    bc_min_reference_cases: int = 3


class Surveillance(_Frozen):
    """Plan of the sequential test, fixed before the first look (docs/statistics.md).

    Attributes
    ----------
    looks
        Quarterly looks from the first quarter of a drug on; then the test ends.
    alpha
        Probability of ever flagging a pair that has its expected count.
    min_cases
        Fewest cases to be flagged.
    """

    looks: int = Field(40, ge=1)
    alpha: float = Field(0.05, gt=0, lt=0.5)
    min_cases: int = Field(3, ge=1)


class Emerging(_Frozen):
    """What a pair must have to be eligible, and what no single source may hold.

    Attributes
    ----------
    min_countries, min_senders
        One of the two must be reached by the reports of the pair.
    min_professional
        Reports of the pair from health professionals.
    min_drug_reports
        Reports of the drug.
    max_share
        Share of the pair's reports that one source may hold, at most.
    sentinel_events
        Names of events, as in the code lists, that need no statistic: each case of a
        health professional opens a lead.
    """

    min_countries: int = Field(2, ge=1)
    min_senders: int = Field(2, ge=1)
    min_professional: int = Field(1, ge=0)
    min_drug_reports: int = Field(100, ge=1)
    max_share: float = Field(0.5, gt=0, lt=1)
    sentinel_events: tuple[str, ...] = ()


class Novelty(_Frozen):
    """What makes an event known (docs/signals.md, "Novelty").

    Attributes
    ----------
    classes
        Classes of one mechanism: the label of a member speaks for the others.
    """

    classes: tuple[str, ...] = ()


class Budget(_Frozen):
    """Permutations that give the number of pairs expected to emerge by chance.

    Attributes
    ----------
    permutations
        How many; a share below one in their number cannot be seen.
    seed
        Seed of all of them: the same seed gives the same numbers.
    at_most
        Newly emerging pairs that chance may be expected to give in a quarter.
    """

    permutations: int = Field(200, ge=200)
    seed: int = Field(20150701, ge=0)
    at_most: float = Field(1.0, gt=0)


class Review(_Frozen):
    """How much the evidence grows before a decision is open again (docs/signals.md).

    Attributes
    ----------
    reopen_share
        Further cases, as a share of those at the decision, at least.
    reopen_cases
        Further cases, at least; both must hold.
    """

    reopen_share: float = Field(0.5, ge=0)
    reopen_cases: int = Field(3, ge=1)


class Checks(_Frozen):
    """Limits of the checks of a crossing (docs/signals.md).

    Attributes
    ----------
    looser_match_weight
        Weight in bits from which on reports count as duplicates in the check with a
        looser threshold; no less than the links that are kept.
    """

    looser_match_weight: float = 0.0


class ReportChoice(_Frozen):
    """Traits that the reports of a variant must have; a trait not named is free.

    What a report does not say is a value of its own, ``unknown``.
    """

    reporter: tuple[Literal["professional", "consumer", "unknown"], ...] = ()
    sex: tuple[Sex, ...] = ()
    age_band: tuple[AgeBand, ...] = ()
    region: tuple[Literal["us", "europe", "elsewhere", "unknown"], ...] = ()
    seriousness: tuple[Literal["serious", "not_serious"], ...] = ()
    received_year: tuple[int, ...] = ()
    therapies: tuple[Literal["none", "one", "several"], ...] = ()


class Variant(_Frozen):
    """One way to count; changes one thing against the primary one (docs/variants.md).

    Attributes
    ----------
    name
        Value of the column ``variant``.
    title
        What is changed, in words.
    roles
        Roles in which a drug counts; None for those of the analysis.
    reports
        Traits that the reports of all four cells must have.
    suspected_duplicates, litigated
        Whether suspected duplicates and litigated reports are left out or counted.
    indication_rule
        ``standard``; ``narrow`` leaves treated events out too; ``off`` counts every
        reported term.
    since_first_report
        Whether A and B hold only reports received since the drug's first one.
    reference
        Class that is the reference of C; None for that of the analysis.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = ""
    roles: tuple[Role, ...] | None = Field(None, min_length=1)
    reports: ReportChoice = ReportChoice()
    suspected_duplicates: Literal["left_out", "counted"] = "left_out"
    litigated: Literal["left_out", "counted"] = "left_out"
    indication_rule: Literal["standard", "narrow", "off"] = "standard"
    since_first_report: bool = False
    reference: str | None = None

    @property
    def comparators(self) -> tuple[str, ...]:
        """Comparators in which it is counted; the primary one in all."""
        return ("A", "B", "C") if self.name == PRIMARY else self.differs_in

    @property
    def differs_in(self) -> tuple[str, ...]:
        """Comparators in which the variant differs from the primary one."""
        of_all = {"roles", "reports", "suspected_duplicates", "litigated"}
        changed = set(self.model_dump(exclude_defaults=True))
        in_all = bool(changed & (of_all | {"indication_rule"}))
        in_ab = ("A", "B") if in_all or self.since_first_report else ()
        return (*in_ab, "C") if in_all or self.reference else in_ab


class Grid(_Frozen):
    """Ways to count that are laid out in full: every combination of what is listed.

    Attributes
    ----------
    comparator, reporter, duplicates, litigated, indication_rule
        Values of each axis, as in a variant; the primary one is among them.
    roles
        Sets of roles; None for those of the analysis alone.
    adjustment
        ``crude``; Mantel-Haenszel over age band and sex, or over the year of receipt.
    min_reports
        Smallest population of a specification that is counted in a share.
    """

    comparator: tuple[Literal["A", "B", "C"], ...] = ("A", "B", "C")
    roles: tuple[tuple[Role, ...], ...] | None = None
    reporter: tuple[Literal["all", "professional"], ...] = ("all", "professional")
    duplicates: tuple[Literal["left_out", "counted"], ...] = ("left_out", "counted")
    litigated: tuple[Literal["left_out", "counted"], ...] = ("left_out", "counted")
    indication_rule: tuple[Literal["standard", "narrow", "off"], ...] = (
        "standard",
        "narrow",
        "off",
    )
    adjustment: tuple[Literal["crude", "age_sex", "year"], ...] = (
        "crude",
        "age_sex",
        "year",
    )
    min_reports: int = Field(5000, ge=0)

    @model_validator(mode="after")
    def _axes_hold_the_primary_value_and_no_value_twice(self) -> Grid:
        axes: Mapping[str, tuple[tuple[str, ...], str | None]] = {
            "comparator": (self.comparator, None),
            "reporter": (self.reporter, "all"),
            "duplicates": (self.duplicates, "left_out"),
            "litigated": (self.litigated, "left_out"),
            "indication_rule": (self.indication_rule, "standard"),
            "adjustment": (self.adjustment, "crude"),
        }
        for name, (values, primary) in axes.items():
            if not values or len(set(values)) < len(values):
                raise ValueError(f"{name} must list at least one value, none twice")
            if primary and primary not in values:
                raise ValueError(f"{name} must list '{primary}', the primary choice")
        return self


class ListChoice(_Frozen):
    """Which code list plays which part; a name is the stem of a CSV file and its card.

    Attributes
    ----------
    folder
        Folder of the analysis' own lists; a list there goes before the shipped one of
        the same name. In the file it is relative to the file; None for shipped lists.
    therapies, classes, indications
        Drugs that are scored or compared with, pools of them, and who is in B.
    litigated
        Lists of drugs whose stimulated reports leave; taken together.
    """

    folder: Path | None = None
    therapies: ListName = "ms_therapies"
    classes: ListName = "therapy_classes"
    indications: ListName = "ms_indication_terms"
    litigated: tuple[ListName, ...] = ("litigated_drugs",)


class EventChoice(_Frozen):
    """One set of events: a list of terms and, if given, one of groups.

    Attributes
    ----------
    terms, groups
        Names of the lists; both None for the neoplasm lists.
    indication_rule
        When a term that is also an indication is no event (docs/cohort.md): ``full``
        as for neoplasms, ``primary_suspect`` only where the primary suspect was given
        for it, ``off`` never.
    """

    terms: ListName | None = None
    groups: ListName | None = None
    indication_rule: IndicationRule = "primary_suspect"


DEFAULT_EVENTS: Mapping[str, EventChoice] = {
    NEOPLASMS: EventChoice(indication_rule="full")
}


class Words(_Frozen):
    """How the report names what the lists hold.

    Attributes
    ----------
    therapy, therapies
        A drug of the list of therapies, with its article, and all of them.
    indication
        An indication of the list of indications, with its article.
    population_b
        Comparator B in a heading.
    event_group
        A group of terms.
    """

    therapy: str = "a therapy of the list"
    therapies: str = "therapies of the list"
    indication: str = "an indication of the list"
    population_b: str = "people with the same disease"
    event_group: str = "event group"


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
    """One analysis: the question, its lists, roles, reference and thresholds."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    words: Words = Words()
    codelists: ListChoice = ListChoice()
    events: Mapping[ListName, EventChoice] = Field(DEFAULT_EVENTS, min_length=1)
    headline_events: tuple[str, ...] | None = None
    roles: tuple[Role, ...] = ("PS", "SS")
    reference_class: str = "platform_reference"
    reference_members: tuple[Literal["alone", "left_out"], ...] = ()
    litigated_certainty: tuple[Literal["high", "medium", "low"], ...] = (
        "high",
        "medium",
    )
    review_set: tuple[ReviewPart, ...] = ("indication", "event")
    thresholds: Thresholds = Thresholds()
    evaluable: Evaluable = Evaluable()
    surveillance: Surveillance = Surveillance()
    emerging: Emerging = Emerging()
    novelty: Novelty = Novelty()
    budget: Budget = Budget()
    review: Review = Review()
    checks: Checks = Checks()
    meddra: MeddraEvents = MeddraEvents()
    variants: tuple[Variant, ...] = (Variant(name=PRIMARY),)
    grid: Grid = Grid()

    @field_validator("variants")
    @classmethod
    def _primary_is_one_of_them(
        cls, variants: tuple[Variant, ...]
    ) -> tuple[Variant, ...]:
        names = [variant.name for variant in variants]
        unchanged = [variant.name for variant in variants if not variant.differs_in]
        if unchanged != [PRIMARY] or len(set(names)) < len(names):
            raise ValueError(
                "one variant must be primary and change nothing, each other one must"
                " change something, and each name stand once"
            )
        return variants

    @field_validator("variants")
    @classmethod
    def _duplicates_mean_duplicates(
        cls, variants: tuple[Variant, ...]
    ) -> tuple[Variant, ...]:
        # A blocking check and the report go by this name.
        name = "with_duplicates"
        wanted = Variant(name=name, suspected_duplicates="counted")
        for variant in variants:
            if (
                variant.name == name
                and variant.model_copy(update={"title": ""}) != wanted
            ):
                raise ValueError(f"{name} must count suspected duplicates, no more")
        return variants

    @field_validator("events")
    @classmethod
    def _each_set_has_terms(
        cls, events: Mapping[str, EventChoice]
    ) -> Mapping[str, EventChoice]:
        for name, choice in events.items():
            if name == NEOPLASMS and (choice.terms or choice.groups):
                raise ValueError(
                    f"{NEOPLASMS} stands for the shipped lists and takes no terms or"
                    " groups; give your own list another name"
                )
            if name != NEOPLASMS and not choice.terms:
                raise ValueError(f"{name} names no list of terms")
        return events

    @model_validator(mode="after")
    def _variants_change_something(self) -> Analysis:
        for variant in self.variants:
            if variant.roles and set(variant.roles) == set(self.roles):
                raise ValueError(f"variant {variant.name} has the analysis' own roles")
            if variant.reference == self.reference_class:
                raise ValueError(
                    f"variant {variant.name} has the analysis' own reference"
                )
        return self

    @model_validator(mode="after")
    def _grid_has_the_roles_of_the_analysis(self) -> Analysis:
        sets = [frozenset(roles) for roles in self.grid_roles]
        if not all(sets) or len(set(sets)) < len(sets):
            raise ValueError("grid.roles must list sets of roles, none empty or twice")
        if frozenset(self.roles) not in sets:
            raise ValueError("grid.roles must list the analysis' own roles")
        return self

    @property
    def grid_roles(self) -> tuple[tuple[Role, ...], ...]:
        """Sets of roles of the grid."""
        return (self.roles,) if self.grid.roles is None else self.grid.roles

    @property
    def headlines(self) -> tuple[str, ...]:
        """Events that the attrition counts; any malignancy unless others are named."""
        if self.headline_events is not None:
            return self.headline_events
        return ("any_malignancy",) if NEOPLASMS in self.events else ()

    @property
    def sha256(self) -> str:
        """Hash of the content, whatever the order, layout and place of the file."""
        content = self.model_dump(mode="json", exclude={"codelists": {"folder"}})
        text = json.dumps(content, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def shipped_analyses() -> Mapping[str, Path]:
    """Names of the analyses that ship with pvsignal, and their files."""
    return {
        file.parent.name: file for file in sorted(SHIPPED_DIR.glob("*/analysis.toml"))
    }


def load_analysis(choice: Path | None = None) -> Analysis:
    """Analysis of a TOML file or of the name of a shipped one.

    Parameters
    ----------
    choice
        The file, or a name of `shipped_analyses`; None for ``ms_malignancy``.

    Raises
    ------
    CodelistError
        If the file is absent, is no TOML, lacks a key or holds an unknown one.
    """
    path = _file_of(choice) if choice else DEFAULT_FILE
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return Analysis.model_validate(_with_place(content, path.parent))
    except OSError as error:
        raise CodelistError(
            f"no analysis file at {path}; give --analysis a file or one of"
            f" {', '.join(shipped_analyses())}"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise CodelistError(f"{path} is no valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise CodelistError(
            f"analysis file {path}: key '{key}': {message}; correct or remove it"
        ) from error


def _file_of(choice: Path) -> Path:
    """File of a choice; a file of that name goes before a shipped analysis."""
    shipped = shipped_analyses().get(str(choice))
    return shipped if shipped and not choice.is_file() else choice


def _with_place(content: dict[str, Any], place: Path) -> dict[str, Any]:
    """Content with the folder of lists as seen from here, not from the file."""
    lists = content.get("codelists")
    if isinstance(lists, dict) and isinstance(lists.get("folder"), str):
        return content | {"codelists": lists | {"folder": place / lists["folder"]}}
    return content

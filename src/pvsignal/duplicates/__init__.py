"""Suspected duplicates between cases: links of sightings under a fixed, shipped model.

The policy stands in docs/duplicates.md. A link depends on its two sightings only, so
the links of a quarter are computed once and kept; they may be deleted at any time.
"""

from pvsignal.duplicates.clusters import clusters
from pvsignal.duplicates.linking import (
    LINK_SCHEMA,
    LOOSER_LINK_SCHEMA,
    Linked,
    link_quarters,
)
from pvsignal.duplicates.model import (
    BlockingRule,
    Comparison,
    Level,
    LinkageModel,
    linkage_version,
    load_model,
)

__all__ = [
    "LINK_SCHEMA",
    "LOOSER_LINK_SCHEMA",
    "BlockingRule",
    "Comparison",
    "Level",
    "LinkageModel",
    "Linked",
    "clusters",
    "link_quarters",
    "linkage_version",
    "load_model",
]

"""Links become clusters, for display and review only."""

from __future__ import annotations

from collections.abc import Iterable

Edge = tuple[int, int, float]


def clusters(links: Iterable[Edge], *, most: int) -> dict[int, int]:
    """Case to the smallest case number of its cluster, for every case with a link.

    Links join from the strongest on, as long as the cluster holds no more than
    ``most`` cases: one wrong link must not chain hundreds of reports together.

    Parameters
    ----------
    links
        Two case numbers and the match weight; their order does not matter.
    most
        Most cases of a cluster.

    Examples
    --------
    >>> clusters([(3, 2, 9.0), (2, 1, 8.0), (7, 6, 4.0)], most=50)
    {1: 1, 2: 1, 3: 1, 6: 6, 7: 6}
    """
    parent: dict[int, int] = {}
    size: dict[int, int] = {}

    def root(case: int) -> int:
        while parent[case] != case:
            parent[case] = parent[parent[case]]
            case = parent[case]
        return case

    ordered = sorted(
        (-weight, min(one, other), max(one, other)) for one, other, weight in links
    )
    for _, one, other in ordered:
        for case in (one, other):
            parent.setdefault(case, case)
            size.setdefault(case, 1)
        low, high = sorted((root(one), root(other)))
        if low != high and size[low] + size[high] <= most:
            parent[high] = low
            size[low] += size[high]
    return {case: root(case) for case in sorted(parent)}

"""Where nothing is to be found, next to nothing emerges (bench/bench_signals.py: more)."""

from __future__ import annotations

from pathlib import Path

from pvsignal import pipeline, simulate, warehouse
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings
from tests.histories import write_lists
from tests.pipeline.test_situations import LISTS, analysis

NULL_SPAN = QuarterSpan.parse("2014q1..2015q4")
NULL_SEEDS = (1, 2, 3)

NEWLY_EMERGING = """
select count(*) from (
    select state, lag(state, 1, 'none')
        over (partition by drug, event order by quarter_no) as before
    from signals.pair_state
)
where state = 'emerging' and before <> 'emerging'
"""


def test_where_nothing_is_planted_at_most_one_pair_a_quarter_emerges(
    tmp_path: Path,
) -> None:
    asked = analysis(
        write_lists(tmp_path / "lists", {"therapy_classes": LISTS["therapy_classes"]})
    )
    n_new, n_could_cross = 0, 0
    for seed in NULL_SEEDS:
        folder = tmp_path / str(seed)
        simulate.simulate(
            folder,
            span=NULL_SPAN,
            n_reports=12_000,
            seed=seed,
            with_fates=False,
            planted=False,
        )
        settings = Settings(data_dir=folder / "data", mirror=str(folder))
        pipeline.land(settings)
        staged = pipeline.stage(settings)
        inputs = pipeline.identify(settings, asked, staged=staged)
        built = pipeline.build(settings, inputs)
        pipeline.assess(settings, pipeline.score(settings, built))
        with warehouse.connect(settings.warehouse_path) as con:
            ((n,),) = con.execute(NEWLY_EMERGING).fetchall()
            n_new += n
            ((n,),) = con.execute(
                "select count(*) from signals.pair_state where is_eligible"
            ).fetchall()
            n_could_cross += n
    assert n_could_cross > 50
    assert n_new / (len(NULL_SEEDS) * len(list(NULL_SPAN))) <= 1

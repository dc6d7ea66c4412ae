-- Kind: view
-- Title: The append-only record of the analysis, hash-chained
-- Grain: seq
-- Reads: signals.ledger
-- Columns:
--   seq: place in the ledger
--   kind: run (a run that moved the ledger), state (a pair is shown in another state), review (a decision of a person)
--   run: run that wrote the record
--   as_of: quarter up to which the record counts: of a state the quarter it came about in, else that of the run
--   body: the record as JSON
--   previous_hash: hash of the record before
--   hash: hash of this record
select
    ledger.seq,
    ledger.kind,
    ledger.run,
    ledger.as_of,
    ledger.body,
    ledger.previous_hash,
    ledger.hash
from signals.ledger as ledger

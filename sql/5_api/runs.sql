-- Kind: view
-- Title: The run that made this file
-- Grain: run
-- Reads: signals.run
-- Columns:
--   run: identity of the run: inputs and ledger head
--   inputs: identity of the inputs
--   as_of: quarter up to which evidence counts
--   origin: fda, mirror or simulated
--   analysis: name of the analysis
--   analysis_sha256: hash of the analysis
--   codelists_sha256: hash of the code lists
--   meddra_sha256: hash of the user's own MedDRA folder, NULL where none was used
--   staging_version: version of the reader of archives
--   linkage_version: version of the search for suspected duplicates
--   pvsignal_version: version of the program
--   n_quarters_held: quarters held
--   n_quarters_span: quarters from the first to the last held
--   first_quarter: first held quarter
--   last_quarter: last held quarter
--   started: clock time of the run, not part of its identity
select
    run.run,
    run.inputs,
    run.as_of,
    run.origin,
    run.analysis,
    run.analysis_sha256,
    run.codelists_sha256,
    run.meddra_sha256,
    run.staging_version,
    run.linkage_version,
    run.pvsignal_version,
    run.n_quarters_held,
    run.n_quarters_span,
    run.first_quarter,
    run.last_quarter,
    run.started
from signals.run as run

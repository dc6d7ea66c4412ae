-- Kind: view
-- Title: Where every physical line went, what the gates counted, and the archive it came from
-- Grain: (quarter, member)
-- Reads: counts.quarter
-- Columns:
--   quarter: quarter of the archive
--   table_name: DEMO, DRUG, ... in lower case, or deleted
--   member: file in the archive
--   era: layout era of the header
--   physical_lines: lines of the file
--   header_lines: header lines
--   blank_lines: blank lines
--   splits: records that were cut out of glued lines
--   joins: lines that were joined to the one before
--   staged: rows staged
--   rejected: rows that could not be read
--   known_rows: rows of the table as counted on the FDA's archive; NULL where not counted
--   known_from: shipped, or operator where the data directory's known_counts.csv states the count
--   known_reason: the operator's reason
--   n_orphans: rows whose report is not in DEMO of the quarter; NULL for demo and deleted
--   n_without_drug: reports without a row in DRUG; at demo only
--   n_without_reaction: reports without a row in REAC; at demo only
--   archive: archive as published
--   archive_sha256: SHA-256 of the archive
--   archive_url: where it was taken from
select
    quarter.quarter,
    quarter.table_name,
    quarter.member,
    quarter.era,
    quarter.physical_lines,
    quarter.header_lines,
    quarter.blank_lines,
    quarter.splits,
    quarter.joins,
    quarter.staged,
    quarter.rejected,
    quarter.known_rows,
    quarter.known_from,
    quarter.known_reason,
    quarter.n_orphans,
    quarter.n_without_drug,
    quarter.n_without_reaction,
    quarter.archive,
    quarter.archive_sha256,
    quarter.archive_url
from counts.quarter as quarter

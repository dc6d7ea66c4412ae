-- Kind: view
-- Title: Code lists in use
-- Grain: list
-- Reads: codelists.list
-- Columns:
--   list: name
--   title: what it holds
--   version: version
--   changed: date of the last change
--   certainty: how sure it is
--   source: where it comes from
--   n_rows: rows
--   sha256: hash of the file
select
    list.list,
    list.title,
    list.version,
    list.changed,
    list.certainty,
    list.source,
    list.n_rows,
    list.sha256
from codelists.list as list

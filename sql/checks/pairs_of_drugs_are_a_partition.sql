-- Severity: block
-- Title: a stratum of a drug and a co-suspect is negative or holds more reports with the event than reports
select
    counted.drug,
    counted.substance,
    counted.event_level,
    counted.event,
    counted.n111,
    counted.n11,
    counted.n101,
    counted.n10,
    counted.n011,
    counted.n01,
    counted.n001,
    counted.n00
from counts.co_suspect_count as counted
where
    counted.n111 not between 0 and counted.n11
    or counted.n101 not between 0 and counted.n10
    or counted.n011 not between 0 and counted.n01
    or counted.n001 not between 0 and counted.n00

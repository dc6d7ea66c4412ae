-- Kind: view
-- Title: Whether a class crosses by more than one member, for its pairs on the board at each held quarter
-- Grain: (drug, event, as_of); primary variant, groups and supergroups, pairs with sdr_screen in A, B or C only
-- Reads: signals.class_check, codelists.therapy_class
-- Source: docs/signals.md, "Classes"; evidence as known at each quarter, members are today's
-- Columns:
--   drug: class:<id>
--   class_label: the class in words
--   members: its scored members, as the list of classes has them today
--   rationale: why they are one class, as the list of classes says
--   certainty: how certain the list is of that: high, medium or low
--   event_level: group or supergroup
--   event: name of the event
--   as_of: quarter up to which evidence counts
--   is_latest: the quarter of the file
--   crosses: by its statistics, whatever its members: ic025_year > 0 in A, ror_low > 1 in B or C, which can judge it
--   n_members: members with three own reports of the event in A
--   largest_member: member with most own reports of the event in A, of several the first by name
--   a: reports of the class with the event in A
--   n_drug: reports of the class in A
--   a_without: a less the reports that name no member but the largest
--   n_drug_without: n_drug less these reports; they leave all four cells
--   ic025_year: lower 95 % limit of the IC in A, expected count by year of receipt, as in api.year_history
--   ic025_year_without: the same without these reports; NULL where no report of the class is left
--   ror_low_b: lower 95 % limit of the ROR in B, as in api.signal_history
--   ror_low_without_b: the same without these reports; NULL where a margin is zero or B cannot judge the pair
--   ror_low_c: lower 95 % limit of the ROR in C, as in api.signal_history
--   ror_low_without_c: the same without these reports; NULL where a margin is zero, or C is absent or cannot judge it
--   crosses_without: the class crosses without these reports
--   holds: crosses, by two members at least and without its largest one: the class, and not one member, is on the board
select
    class_check.drug,
    therapy_class.label as class_label,
    therapy_class.members,
    therapy_class.rationale,
    therapy_class.certainty,
    class_check.event_level,
    class_check.event,
    class_check.quarter as as_of,
    class_check.is_latest,
    class_check.crosses,
    class_check.n_members,
    class_check.largest_member,
    class_check.a,
    class_check.n_drug,
    class_check.a_without,
    class_check.n_drug_without,
    class_check.ic025_year,
    class_check.ic025_year_without,
    class_check.ror_low_b,
    class_check.ror_low_without_b,
    class_check.ror_low_c,
    class_check.ror_low_without_c,
    class_check.crosses_without,
    class_check.holds
from signals.class_check as class_check
inner join codelists.therapy_class as therapy_class
    on class_check.drug = therapy_class.drug

-- Kind: table
-- Title: Rows of each value of a coded column, and why the value is reported; NULL where it is in order
-- Grain: (quarter_no, table_name, column_name, value)
-- Reads: staged.code_value, cases.held_quarter, gates.code
-- Source: FDA ASC_NTS and codes seen in the archive, layout/faers_codes.csv; values compare as they stand
select
    held.quarter,
    held.quarter_no,
    code_value.table_name,
    code_value.column_name,
    code_value.value,
    code_value.n_rows,
    cast(
        sum(code_value.n_rows) over (
            partition by code_value.quarter_no, code_value.table_name, code_value.column_name
        ) as bigint
    ) as n_filled,
    code.code is not null as is_documented,
    case
        when code.code is null then 'not documented'
        when held.quarter_no < code.first_quarter_no then concat('documented from ', code.first_quarter, ' on only')
        when held.quarter_no > code.last_quarter_no then concat('documented up to ', code.last_quarter, ' only')
        else code.watch
    end as why
from staged.code_value as code_value
inner join cases.held_quarter as held
    on code_value.quarter_no = held.quarter_no
left join gates.code as code
    on
        code_value.table_name = code.table_name
        and code_value.column_name = code.column_name
        and code_value.value = code.code

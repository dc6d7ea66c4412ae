-- Kind: scalar(p_date, p_precision)
-- Title: Last day that a partial date can mean; p_date is the first day of the stated period
select
    case
        when p_precision = 'year' then make_date(year(p_date), 12, 31)
        when p_precision = 'month' then last_day(p_date)
        else p_date
    end

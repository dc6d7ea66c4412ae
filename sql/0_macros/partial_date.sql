-- Kind: scalar(p_date, p_precision)
-- Title: A date as text, as exact as it is known: 2019, 2019-03 or 2019-03-14
select
    case
        when p_precision = 'year' then strftime(p_date, '%Y')
        when p_precision = 'month' then strftime(p_date, '%Y-%m')
        else strftime(p_date, '%Y-%m-%d')
    end

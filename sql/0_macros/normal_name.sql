-- Kind: scalar(p_text)
-- Title: A drug name as it is compared: upper case, one blank, no closing stop, blank is none
-- Source: names with a trailing period (PREDNISONE.) stand in a quarter of a million rows
select nullif(rtrim(upper(trim(regexp_replace(p_text, '\s+', ' ', 'g'))), '. '), '')

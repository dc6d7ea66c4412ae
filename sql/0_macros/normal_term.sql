-- Kind: scalar(p_text)
-- Title: A MedDRA term as it is compared: upper case, one blank, FDA's ^ as an apostrophe, blank is none
-- Source: letter case differs between the eras; the FDA writes ^ for an apostrophe (Parkinson^s disease)
select nullif(upper(trim(regexp_replace(replace(p_text, '^', ''''), '\s+', ' ', 'g'))), '')

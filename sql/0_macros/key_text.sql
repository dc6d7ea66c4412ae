-- Kind: scalar(p_text)
-- Title: Letters and digits of a number or a citation in upper case: what is left when senders punctuate otherwise
select upper(regexp_replace(p_text, '[^A-Za-z0-9]', '', 'g'))

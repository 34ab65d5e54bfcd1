-- Each row that leaves a place lets the next one of its user in, in the same transaction: a worker that dies leaks none.
CREATE OR REPLACE FUNCTION darkroom_admit_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM darkroom_admit(coalesce(OLD.user_id, ''), OLD.user_cap);
  RETURN NULL;
END
$$;

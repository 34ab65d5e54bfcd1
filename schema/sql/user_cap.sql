-- A user's cap, by limits of their own or those for everybody; NULL for none.
CREATE OR REPLACE FUNCTION darkroom_user_cap(who text) RETURNS integer LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF who = '' THEN
    RETURN (SELECT l.in_flight FROM darkroom_limits_of('') AS l);
  END IF;
  RETURN (SELECT l.in_flight FROM user_limits AS l WHERE l.user_id IN (who, '*') ORDER BY l.user_id = '*' LIMIT 1);
END
$$;

-- Whether a user's submissions are counted by the minute.
CREATE OR REPLACE FUNCTION darkroom_has_rate(who text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM darkroom_limits_of(who) AS l WHERE l.per_minute IS NOT NULL);
END
$$;

-- Locks the lanes of several providers for their claims in this statement, and says them again with how many to claim at each.
-- All first and in one order, before anything else that a claim locks: or of two claimers each might hold what the other
-- waits for. In plpgsql, so nothing is said before everything is locked.
CREATE OR REPLACE FUNCTION darkroom_hold_lanes(providers text[], numbers integer[])
RETURNS TABLE (of_provider text, most integer) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM lanes WHERE provider = ANY (providers) AND model_id = '' ORDER BY provider FOR UPDATE;
  RETURN QUERY SELECT * FROM unnest(providers, numbers);
END
$$;

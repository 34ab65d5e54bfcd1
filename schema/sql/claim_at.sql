-- One claim at each of several providers, in one round trip and one commit: `most` rows of each.
CREATE OR REPLACE FUNCTION darkroom_claim_at(providers text[], most integer[], lease double precision)
RETURNS SETOF image_generations LANGUAGE plpgsql AS $$
BEGIN
  -- All lanes first and in one order, before anything else that a claim locks: or of two claimers each might hold what the
  -- other waits for.
  PERFORM FROM lanes WHERE provider = ANY (providers) AND model_id = '' ORDER BY provider FOR UPDATE;
  FOR nth IN 1..cardinality(providers) LOOP
    RETURN QUERY SELECT * FROM darkroom_claim(providers[nth], most[nth], lease);
  END LOOP;
END
$$;

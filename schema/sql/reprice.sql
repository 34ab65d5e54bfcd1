-- Gives those of the wanted whose price nobody knew the one that the operator has entered since. Only what has ended or waits
-- by SQL: what is in line or under way keeps what it was accepted with.
CREATE OR REPLACE FUNCTION darkroom_reprice(wanted uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE image_generations AS g SET price = jsonb_build_object(p.per, p.usd),
    estimated_cost = p.usd * g.num_outputs * CASE p.per WHEN 'second' THEN CAST(p.usual_seconds AS numeric) ELSE 1 END
  FROM model_prices AS p
  WHERE g.id = ANY (wanted) AND g.status IN ('failed', 'cancelled', 'pending') AND g.price IS NULL
    AND p.version = g.model_version;
END
$$;

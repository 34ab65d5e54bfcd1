-- What a provider on a generation's way is asked for it, and what that costs. One row of NULLs where it stands on none.
CREATE OR REPLACE FUNCTION darkroom_stop(of_generation uuid, of_provider text)
RETURNS TABLE (model text, input jsonb, price jsonb, estimated_cost numeric) LANGUAGE sql STABLE AS $$
  SELECT s.model, s.input, s.price, s.estimated_cost
  FROM (SELECT 1) AS one LEFT JOIN (
    SELECT stop.* FROM routes AS r CROSS JOIN LATERAL jsonb_to_recordset(r.stops)
      AS stop(provider text, model text, input jsonb, price jsonb, estimated_cost numeric)
    WHERE r.generation_id = of_generation) AS s ON s.provider = of_provider
$$;

-- A row's route to a provider: what is asked there and what it costs. One row of NULLs where it has none.
CREATE OR REPLACE FUNCTION darkroom_route(routes jsonb, of_provider text)
RETURNS TABLE (model text, input jsonb, price jsonb, estimated_cost numeric) LANGUAGE sql IMMUTABLE AS $$
  SELECT r.model, r.input, r.price, r.estimated_cost
  FROM (SELECT 1) AS one LEFT JOIN jsonb_to_recordset(routes)
    AS r(provider text, model text, input jsonb, price jsonb, estimated_cost numeric) ON r.provider = of_provider
$$;

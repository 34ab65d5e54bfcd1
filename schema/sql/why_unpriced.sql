-- Why a generation that nobody knows the price of is not bought on a budget, and what the operator has to do.
CREATE OR REPLACE FUNCTION darkroom_why_unpriced(of_generation uuid, at_provider text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (
    SELECT CASE WHEN g.model_version IS NULL
      THEN format('payment required: model_id: nobody knows what %s costs at %s, and a budget pays known prices only',
        g.model_id, at_provider)
      ELSE format('payment required: model_version: nobody knows what %s costs, and a budget pays known prices only; the '
        'operator enters it with `darkroom models add %s --usd <price>`', g.model_version, g.model_version) END
    FROM image_generations AS g WHERE g.id = of_generation);
END
$$;

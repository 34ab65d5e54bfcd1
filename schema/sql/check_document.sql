-- Refuses a JSON document that could not be shown again as it was given, naming the field and the limit. The limits are
-- those of schema/input_limits (a test compares them): bytes as JSON, levels of objects and arrays, and numbers that are
-- neither 64-bit integers nor what a double keeps.
CREATE OR REPLACE FUNCTION darkroom_check_document(field text, given jsonb, most_bytes integer, most_levels integer)
RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF octet_length(given::text) > most_bytes THEN
    RAISE EXCEPTION '%: must be at most % bytes', field, most_bytes USING ERRCODE = 'invalid_parameter_value';
  ELSIF jsonb_path_exists(given,
      format('strict $.**{%s to last} ? (@.type() == "object" || @.type() == "array")', most_levels)::jsonpath) THEN
    RAISE EXCEPTION '%: must be nested at most % levels deep', field, most_levels USING ERRCODE = 'invalid_parameter_value';
  ELSIF EXISTS (
    SELECT FROM jsonb_path_query(given, 'strict $.** ? (@.type() == "number")') AS one(number)
    CROSS JOIN LATERAL (SELECT CAST(one.number AS numeric) AS exactly) AS n
    WHERE NOT CASE
      WHEN abs(n.exactly) > 1.7976931348623157e308 OR (n.exactly <> 0 AND abs(n.exactly) < 4.9406564584124654e-324) THEN false
      WHEN trunc(n.exactly) = n.exactly AND n.exactly BETWEEN -9223372036854775808 AND 18446744073709551615 THEN true
      -- As text it has the digits that a double needs; cast at once it would have fifteen.
      ELSE CAST(CAST(CAST(n.exactly AS double precision) AS text) AS numeric) = n.exactly END)
  THEN
    RAISE EXCEPTION '%: has a number that neither a double nor a 64-bit integer keeps; send it as text', field
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
END
$$;

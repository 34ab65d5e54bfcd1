-- Why a row is bought elsewhere than where it stands in line; for its owner, in the timeline.
CREATE OR REPLACE FUNCTION darkroom_why_elsewhere(of_provider text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT format('bought elsewhere, as %s %s', l.provider, CASE
    WHEN NOT l.served THEN 'is not set up any more'
    WHEN l.failures >= 5 THEN 'is down: ' || coalesce(l.trouble, 'it gave no reason')
    ELSE 'is paused' END)
  FROM lanes AS l WHERE l.provider = of_provider AND l.model_id = ''
$$;

--
-- result.sql
--		The one table.
--
\pset tuples_only off
\pset format aligned
\pset footer off
\pset null ''
SELECT subject, measure,
	CASE WHEN value IS NULL THEN '?' WHEN abs(value) >= 100 THEN round(value)::text ELSE round(value, 2)::text END AS value,
	unit, target, CASE WHEN met THEN 'met' WHEN NOT met THEN 'missed' END AS verdict
FROM bench.result ORDER BY subject, no;

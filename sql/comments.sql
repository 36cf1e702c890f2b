--
-- Everything a user can name says what it is for.
--

-- Functions and procedures; what begins with an underscore is our own affair.
SELECT p.oid::regprocedure AS without_comment
FROM pg_proc p
WHERE p.pronamespace = 'sla'::regnamespace AND p.proname NOT LIKE '\_%'
  AND obj_description(p.oid, 'pg_proc') IS NULL
ORDER BY p.oid::regprocedure::text COLLATE "C";

-- Tables and views.
SELECT c.oid::regclass AS without_comment
FROM pg_class c
WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname NOT LIKE '\_%'
  AND obj_description(c.oid, 'pg_class') IS NULL
ORDER BY c.relname;

-- Columns.
SELECT c.oid::regclass AS table_or_view, string_agg(a.attname, ', ' ORDER BY a.attnum) AS without_comment
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname NOT LIKE '\_%'
  AND col_description(c.oid, a.attnum) IS NULL
GROUP BY c.oid, c.relname
ORDER BY c.relname;

-- Comments are sentences, not placeholders.
SELECT d.objoid::regclass AS thin, d.objsubid, d.description
FROM pg_description d
JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
WHERE c.relnamespace = 'sla'::regnamespace AND length(d.description) < 10
ORDER BY 1, 2;

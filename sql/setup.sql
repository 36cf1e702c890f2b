--
-- Installing: CREATE EXTENSION, setup(), setup() again.
--
\set VERBOSITY terse
CREATE EXTENSION sla_ext;

-- Functions only: tables belong to whoever runs setup().
SELECT count(*) AS tables
FROM pg_depend d JOIN pg_class c ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';
SELECT sla.load_preset('trading_company');

SELECT sla.setup();
SELECT sla.setup();
SELECT version, installed_at <= now() AS installed FROM sla.schema_version;
INSERT INTO sla.schema_version (version) VALUES (1);

-- The settings of the caller are left alone.
SHOW search_path;
SHOW client_min_messages;

-- Rows survive the extension; setup() finds them again.
CREATE TABLE remembered AS SELECT * FROM sla.schema_version;
SET client_min_messages = warning;
DROP EXTENSION sla_ext CASCADE;
RESET client_min_messages;
CREATE EXTENSION sla_ext;
SELECT sla.setup();
SELECT count(*) AS unchanged FROM sla.schema_version JOIN remembered USING (version, installed_at);
DROP TABLE remembered;

-- Tables of a newer version are not touched.
BEGIN;
UPDATE sla.schema_version SET version = 1000;
SELECT sla.setup();
ROLLBACK;

-- An older version is brought up to date.
BEGIN;
UPDATE sla.schema_version SET version = 0, installed_at = '2000-01-01';
SELECT sla.setup();
SELECT version, installed_at > '2000-01-02' AS renewed FROM sla.schema_version;
ROLLBACK;

-- Only who may create in the schema can run it.
CREATE ROLE regress_sla_setup;
GRANT USAGE ON SCHEMA sla TO regress_sla_setup;
SET ROLE regress_sla_setup;
SELECT sla.setup();
RESET ROLE;
REVOKE USAGE ON SCHEMA sla FROM regress_sla_setup;
DROP ROLE regress_sla_setup;

-- The clock can be set by a superuser, to a point in time and not to a word.
SET sla.now = '2024-05-06 07:08:09+00';
SELECT sla.now() = '2024-05-06 07:08:09+00' AS judged_by_the_setting;
SET sla.now = 'tomorrow';
RESET sla.now;
SELECT sla.now() - clock_timestamp() BETWEEN interval '-1 minute' AND '0' AS judged_by_the_clock;

-- Every member says what it is for.
SELECT p.oid::regprocedure AS without_comment
FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'sla_ext')
	AND obj_description(p.oid, 'pg_proc') IS NULL
ORDER BY 1;
SELECT c.oid::regclass AS without_comment, a.attname
FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
	AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)
ORDER BY 1, a.attnum;
SELECT sla._cache_loads('calendar') >= 0 AS counted;
SELECT sla._cache_loads('unknown');

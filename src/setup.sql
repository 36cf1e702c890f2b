--
-- setup.sql
--		The frame of sla.setup(); the Makefile puts every part's DDL in its middle.
--

CREATE FUNCTION sla.setup() RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $setup$
BEGIN
	-- One at a time: IF NOT EXISTS alone does not stand two that begin together.
	PERFORM pg_advisory_xact_lock(hashtextextended('sla.setup', 0));
	-- Whoever is at work finishes first: a writer takes sla.ticket before all else, a sweep the lock of sweep.c.
	PERFORM pg_advisory_xact_lock(7564385, 1);
	IF to_regclass('sla.ticket') IS NOT NULL THEN
		LOCK TABLE sla.ticket IN EXCLUSIVE MODE;
	END IF;

-- ddl:

	INSERT INTO sla.schema_version (version) VALUES (@SCHEMA_VERSION@)
	ON CONFLICT ((true)) DO UPDATE SET version = excluded.version, installed_at = excluded.installed_at
	WHERE schema_version.version <> excluded.version;

	RETURN 'sla_ext @EXTVERSION@: tables, views and triggers are in place (schema version @SCHEMA_VERSION@)';
END
$setup$;

COMMENT ON FUNCTION sla.setup() IS
'Makes, or brings up to date, the tables, views and triggers of sla_ext in schema sla. They belong to the caller and not to the extension, so that they are dumped and restored like any other table. May be run again at any time; a second call waits for the first.';

--
-- core.sql
--		What all parts share: the clock, the cache, the version of the tables.
--

CREATE FUNCTION sla.now() RETURNS timestamptz
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'sla_now_sql';

COMMENT ON FUNCTION sla.now() IS
'The instant by which every rule is judged: the current time, or the setting sla.now where a superuser has set it for a test or a replay.';

CREATE FUNCTION sla.config_changed() RETURNS trigger
LANGUAGE C
AS 'MODULE_PATHNAME', 'sla_config_changed';

COMMENT ON FUNCTION sla.config_changed() IS
'Trigger on the configuration tables, per statement and where logical replication applies a change per row: every session reads them anew once the change commits, the changing session at once.';

CREATE FUNCTION sla._cache_loads(kind text) RETURNS bigint
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME', 'sla_cache_loads';

COMMENT ON FUNCTION sla._cache_loads(text) IS
'How often this session has read one kind of configuration (calendar, policies or people) from its tables. For tests.';

-- setup:

	CREATE TABLE IF NOT EXISTS sla.schema_version (
		version integer NOT NULL,
		installed_at timestamptz NOT NULL DEFAULT now()
	);
	CREATE UNIQUE INDEX IF NOT EXISTS schema_version_one_row ON sla.schema_version ((true));
	-- Without it, no publication of all tables would let the row change.  Only once: it locks out readers.
	IF (SELECT relreplident FROM pg_class WHERE oid = 'sla.schema_version'::regclass) = 'd' THEN
		ALTER TABLE sla.schema_version REPLICA IDENTITY FULL;
	END IF;
	COMMENT ON TABLE sla.schema_version IS
	'One row: the version of the tables, views and triggers that sla.setup() has made in this database.';
	COMMENT ON COLUMN sla.schema_version.version IS
	'Number of the layout; the library knows which one it needs.';
	COMMENT ON COLUMN sla.schema_version.installed_at IS
	'When sla.setup() brought the database to this version.';
	IF EXISTS (SELECT FROM sla.schema_version WHERE version > @SCHEMA_VERSION@) THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = format('the tables of sla_ext are of a newer version (%s) than the extension knows (%s)',
				(SELECT version FROM sla.schema_version), @SCHEMA_VERSION@),
			HINT = 'Install the newer extension and run ALTER EXTENSION sla_ext UPDATE.';
	END IF;

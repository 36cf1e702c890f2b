-- The sweep: what follows when time passes and nobody acts.

CREATE FUNCTION sla.sweep(
  as_of      timestamptz DEFAULT NULL,
  max_clocks integer DEFAULT 10000,
  OUT swept         bigint,
  OUT warnings      bigint,
  OUT breaches      bigint,
  OUT escalations   bigint,
  OUT notifications bigint,
  OUT penalties     bigint,
  OUT duties        bigint,
  OUT more          boolean,
  OUT busy          boolean
) RETURNS record
LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET plan_cache_mode = force_generic_plan
AS 'MODULE_PATHNAME', 'sla_sweep';

COMMENT ON FUNCTION sla.sweep(timestamptz, integer) IS
'Finds the deadlines that have passed as of an instant (default: now) and writes what follows: breaches, next intervals of repeating promises, escalations, notifications, penalty candidates; and warnings of deadlines that come near. Also assesses the figures of periods that have ended (sla.assess()). One call is one transaction''s work, at most max_clocks (1 to 100000) of each. Returns how many clocks it looked at (swept), warnings and other escalations it raised, breaches and notifications it wrote, penalty and reward rows it made or changed, duties it opened; more: call again to go on; busy: another sweep is at work, nothing was done. May run late, twice or never without any verdict changing. Fails for an as_of later than now or a wrong max_clocks (22023), under REPEATABLE READ or SERIALIZABLE (25000) and on a standby (25006). (W-1 to W-4)';
REVOKE EXECUTE ON FUNCTION sla.sweep(timestamptz, integer) FROM PUBLIC;

CREATE PROCEDURE sla.sweep_all(as_of timestamptz DEFAULT NULL, max_clocks integer DEFAULT 10000)
LANGUAGE plpgsql
AS $$
DECLARE
  result record;
BEGIN
  LOOP
    -- Whatever the session's default: a sweep has to see what others commit meanwhile.
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SELECT s.more, s.busy INTO result FROM sla.sweep(as_of, max_clocks) AS s;
    COMMIT;
    EXIT WHEN result.busy OR NOT result.more;
  END LOOP;
END
$$;

COMMENT ON PROCEDURE sla.sweep_all(timestamptz, integer) IS
'Sweeps until nothing is left, a transaction per batch of max_clocks, so that nobody waits for more than one batch. Ends at once if another sweep is at work. Cannot be called inside a transaction (2D000).';
REVOKE EXECUTE ON PROCEDURE sla.sweep_all(timestamptz, integer) FROM PUBLIC;

CREATE FUNCTION sla._check_schedule(schedule text, cron_version text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  trimmed CONSTANT text := btrim(schedule);
  fields  CONSTANT integer := cardinality(regexp_split_to_array(trimmed, '\s+'));
  seconds CONSTANT boolean := trimmed ~ '^\d+ +seconds?$';
BEGIN
  IF coalesce(trimmed, '') = '' THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'a schedule must be given',
      HINT = 'For every minute write ''* * * * *''.';
  ELSIF seconds AND string_to_array(split_part(cron_version, '-', 1), '.')::integer[] < '{1,5}' THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('pg_cron %s cannot run a job every few seconds', cron_version),
      HINT = 'Its shortest schedule is ''* * * * *'', every minute; seconds need pg_cron 1.5. A miss is dated by its deadline, not by the sweep.';
  ELSIF NOT seconds AND trimmed !~ '^@[a-z]+$' AND fields <> 5 THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('a schedule has five fields, and "%s" has %s', trimmed, fields),
      HINT = 'They are minute, hour, day of month, month and day of week; pg_cron has no field for seconds.';
  END IF;
  RETURN trimmed;
END
$$;

COMMENT ON FUNCTION sla._check_schedule(text, text) IS
'Returns a schedule that a version of pg_cron understands as it is meant, else fails (22023): pg_cron 1.4 takes six fields for five without a word.';

CREATE FUNCTION sla.schedule(schedule text DEFAULT '* * * * *') RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  here CONSTANT text := current_database();
  home CONSTANT text := current_setting('cron.database_name', true);
  cron text := (SELECT extversion FROM pg_extension WHERE extname = 'pg_cron');
  job  bigint;
BEGIN
  schedule := sla._check_schedule(schedule, coalesce(cron, '1.5'));
  IF cron IS NOT NULL THEN
    EXECUTE 'SELECT cron.schedule(''sla_sweep'', $1, ''CALL sla.sweep_all()'')' INTO job USING schedule;
    RETURN job;
  ELSIF home = here THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = 'the extension pg_cron is not installed in this database',
      HINT = 'Run CREATE EXTENSION pg_cron; and then SELECT sla.schedule() again.';
  ELSIF home IS NOT NULL THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('pg_cron lives in database "%s", and jobs are scheduled there', home),
      HINT = format('In database "%s" run: SELECT cron.schedule_in_database(''sla_sweep'', %L, ''CALL sla.sweep_all()'', %L)',
        home, schedule, here);
  END IF;
  RAISE feature_not_supported USING
    MESSAGE = 'pg_cron is not available on this server',
    HINT = format('Have the system run the sweep, for example by this line of a crontab: %s psql -X -q -d %s -c ''CALL sla.sweep_all()''',
      CASE WHEN schedule ~ 'second' THEN '* * * * *' ELSE schedule END, '''' || replace(here, '''', '''\''''') || '''');
END
$$;

COMMENT ON FUNCTION sla.schedule(text) IS
'Schedules CALL sla.sweep_all() as the pg_cron job "sla_sweep" and returns the job''s number; called again it changes the schedule. Fails with the exact line to run instead where pg_cron lives in another database (55000) or is not available (0A000), and for a schedule that pg_cron would misunderstand (22023). (W-5)';
REVOKE EXECUTE ON FUNCTION sla.schedule(text) FROM PUBLIC;

CREATE FUNCTION sla.unschedule() RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known boolean := false;
BEGIN
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
    EXECUTE 'SELECT cron.unschedule(j.jobid) FROM cron.job j WHERE j.jobname = ''sla_sweep'' AND j.username = current_user'
    INTO known;
  END IF;
  RETURN coalesce(known, false);
END
$$;

COMMENT ON FUNCTION sla.unschedule() IS
'Ends the job that sla.schedule() made under the same user. True if there was one.';
REVOKE EXECUTE ON FUNCTION sla.unschedule() FROM PUBLIC;

-- setup:

CREATE TABLE IF NOT EXISTS sla.sweep_state (
  only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  low_water      timestamptz,
  next_low_water timestamptz,
  next_xid       xid8,
  resume_at      timestamptz,
  runs           bigint NOT NULL DEFAULT 0,
  assess_at      timestamptz,
  last_run_at    timestamptz NOT NULL,
  last_as_of     timestamptz NOT NULL,
  next_duty_at   timestamptz,
  duty_rows      bigint
);

COMMENT ON TABLE sla.sweep_state IS
'One row, written by every run of sla.sweep(): when it last ran, and from where the next one has to look. May be emptied at any time; the next run then looks at everything.';
COMMENT ON COLUMN sla.sweep_state.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN sla.sweep_state.low_water IS 'Every deadline before it has its consequences; null: nothing is known. Only saves work: every tenth run ignores it.';
COMMENT ON COLUMN sla.sweep_state.next_low_water IS 'Where low_water moves once the transactions in progress then have ended.';
COMMENT ON COLUMN sla.sweep_state.next_xid IS 'They have, once no transaction below this number is in progress.';
COMMENT ON COLUMN sla.sweep_state.resume_at IS 'The deadline at which the last run stopped because of max_clocks; null if it reached the end.';
COMMENT ON COLUMN sla.sweep_state.runs IS 'How many runs there have been.';
COMMENT ON COLUMN sla.sweep_state.assess_at IS 'Until then no run looks for periods whose figures are to be assessed; null: the next run does.';
COMMENT ON COLUMN sla.sweep_state.last_run_at IS 'When the last one began.';
COMMENT ON COLUMN sla.sweep_state.last_as_of IS 'As of when it judged.';
COMMENT ON COLUMN sla.sweep_state.next_duty_at IS 'Before it no duty is to be opened and no source to be read; every tenth run, and one after a change of policies or duties, ignores it.';
COMMENT ON COLUMN sla.sweep_state.duty_rows IS 'Tells whether a row of sla.policy or sla.duty has changed since.';

CREATE TABLE IF NOT EXISTS sla.sweep_log (
  sweep_no      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  as_of         timestamptz NOT NULL,
  started_at    timestamptz NOT NULL,
  finished_at   timestamptz NOT NULL,
  low_water     timestamptz,
  swept         bigint NOT NULL,
  warnings      bigint NOT NULL,
  breaches      bigint NOT NULL,
  escalations   bigint NOT NULL,
  notifications bigint NOT NULL,
  penalties     bigint NOT NULL,
  duties        bigint NOT NULL,
  more          boolean NOT NULL
);

COMMENT ON TABLE sla.sweep_log IS
'The last thousand runs of sla.sweep() that found something to do.';
COMMENT ON COLUMN sla.sweep_log.sweep_no IS 'Number of the run.';
COMMENT ON COLUMN sla.sweep_log.as_of IS 'As of when it judged.';
COMMENT ON COLUMN sla.sweep_log.started_at IS 'When it began.';
COMMENT ON COLUMN sla.sweep_log.finished_at IS 'When it was done, before its commit.';
COMMENT ON COLUMN sla.sweep_log.low_water IS 'The deadline from which it looked; null: from the first.';
COMMENT ON COLUMN sla.sweep_log.swept IS 'Clocks it looked at.';
COMMENT ON COLUMN sla.sweep_log.warnings IS 'Warnings it raised.';
COMMENT ON COLUMN sla.sweep_log.breaches IS 'Breaches it wrote.';
COMMENT ON COLUMN sla.sweep_log.escalations IS 'Escalations it raised, without warnings.';
COMMENT ON COLUMN sla.sweep_log.notifications IS 'Notifications it wrote.';
COMMENT ON COLUMN sla.sweep_log.penalties IS 'Penalty and reward rows it made or changed.';
COMMENT ON COLUMN sla.sweep_log.duties IS 'Duties it opened.';
COMMENT ON COLUMN sla.sweep_log.more IS 'Whether it stopped because of max_clocks.';

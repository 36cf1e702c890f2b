-- What would follow: another version on real history, another calendar on running clocks;
-- and the configuration as statements, so that it can be kept under version control.

CREATE FUNCTION sla._simulated(policy text, version integer, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (what text, ticket_id bigint, target text, cycle integer, seq integer, milestone text,
               binding boolean, state text, due_at timestamptz, stopped_at timestamptz, department text)
LANGUAGE C STABLE STRICT ROWS 100000 -- or the planner goes through all of them once per ticket
AS 'MODULE_PATHNAME', 'sla_simulated';

COMMENT ON FUNCTION sla._simulated(text, integer, timestamptz, timestamptz) IS
'The tickets of a policy received from from_at until before to_at, folded under one of its versions: a row per ticket, per clock (state as in sla.clock_state, as of now) and per miss (state = its kind). Timers are left out. Writes nothing.';
REVOKE EXECUTE ON FUNCTION sla._simulated(text, integer, timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION sla._simulation(policy text, version integer, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (month_start date, milestone text, basis text, department text,
               met_count bigint, breached_count bigint, miss_count bigint,
               simulated_met_count bigint, simulated_breached_count bigint, simulated_miss_count bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  zone text;
BEGIN
  SELECT p.time_zone INTO zone FROM sla.policy AS p
  WHERE p.policy = _simulation.policy AND p.version = _simulation.version;

  RETURN QUERY
  WITH simulated AS MATERIALIZED (
    SELECT s.* FROM sla._simulated(_simulation.policy, _simulation.version, from_at, to_at) AS s
  ), ticket AS MATERIALIZED (
    SELECT s.ticket_id, f.department FROM simulated AS s
    JOIN sla.ticket_facts AS f ON f.ticket_id = s.ticket_id
    WHERE s.what = 'ticket'
  ), verdict AS (
    -- Today's.
    SELECT c.verdict_month_start AS month_start, c.milestone::text AS milestone, c.basis::text AS basis,
           c.department::text AS department, c.met_count AS met, c.breached_count AS breached, 0 AS missed,
           0 AS simulated_met, 0 AS simulated_breached, 0 AS simulated_missed
    FROM sla.clock_facts AS c
    JOIN ticket AS t ON t.ticket_id = c.ticket_id
    WHERE c.decided_at IS NOT NULL
    UNION ALL
    SELECT b.month_start, b.milestone, b.basis, b.department, 0, 0, 1, 0, 0, 0
    FROM sla.breach_list AS b
    JOIN ticket AS t ON t.ticket_id = b.ticket_id
    WHERE NOT b.is_void AND b.kind <> 'process_violation'
    UNION ALL
    -- The other version's.  A person's word about a deadline holds where that deadline is the same.
    SELECT date_trunc('month', (CASE WHEN v.override = 'met' THEN coalesce(s.stopped_at, s.due_at)
                                     ELSE least(s.due_at, s.stopped_at) END) AT TIME ZONE zone)::date,
           s.milestone, b.basis,
           -- What a person has called met is no miss, and nobody's but the department's that had it at its start.
           coalesce(CASE WHEN v.override IS NULL THEN s.department ELSE k.department END, t.department),
           0, 0, 0, (v.state = 'met')::int, (v.state = 'breached')::int, 0
    FROM simulated AS s
    JOIN ticket AS t ON t.ticket_id = s.ticket_id
    CROSS JOIN LATERAL (SELECT CASE WHEN s.binding THEN 'binding' ELSE 'advisory' END AS basis) AS b
    LEFT JOIN sla.judged_deadlines AS k
      ON k.ticket_id = s.ticket_id AND k.target = s.target AND k.cycle = s.cycle AND k.seq = s.seq
         AND k.due_at = s.due_at AND k.kind IS NULL
    CROSS JOIN LATERAL (SELECT k.override, coalesce(k.override, s.state) AS state) AS v
    WHERE s.what = 'clock'
      AND (v.state = 'met' OR v.state = 'breached' AND NOT EXISTS (
        SELECT FROM sla.judged_deadlines AS m
        WHERE m.ticket_id = s.ticket_id AND m.target = s.target AND m.cycle = s.cycle
          AND m.due_at = s.due_at AND m.kind IN ('late', 'missed_interval')))
    UNION ALL
    SELECT date_trunc('month', s.due_at AT TIME ZONE zone)::date, s.milestone,
           CASE WHEN s.binding THEN 'binding' ELSE 'advisory' END, coalesce(s.department, t.department),
           0, 0, 0, 0, 0, 1
    FROM simulated AS s
    JOIN ticket AS t ON t.ticket_id = s.ticket_id
    WHERE s.what = 'breach'
      AND NOT EXISTS (
        SELECT FROM sla.judged_deadlines AS m
        WHERE m.ticket_id = s.ticket_id AND m.target = s.target AND m.cycle = s.cycle
          AND m.due_at = s.due_at AND m.kind = s.state)
  )
  SELECT v.month_start, v.milestone, v.basis, v.department, sum(v.met), sum(v.breached), sum(v.missed),
         sum(v.simulated_met), sum(v.simulated_breached), sum(v.simulated_missed)
  FROM verdict AS v
  GROUP BY v.month_start, v.milestone, v.basis, v.department;
END
$$;

COMMENT ON FUNCTION sla._simulation(text, integer, timestamptz, timestamptz) IS
'The figures of sla.simulate() for a version that is published.';
REVOKE EXECUTE ON FUNCTION sla._simulation(text, integer, timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION sla.simulate(
  policy  text,
  version integer,
  from_at timestamptz DEFAULT '-infinity',
  to_at   timestamptz DEFAULT 'infinity'
) RETURNS TABLE (
  month_start               date,
  milestone                 text,
  basis                     text,
  department                text,
  met_count                 bigint,
  breached_count            bigint,
  compliance_rate           numeric,
  miss_count                bigint,
  simulated_met_count       bigint,
  simulated_breached_count  bigint,
  simulated_compliance_rate numeric,
  simulated_miss_count      bigint
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = error
AS $$
#variable_conflict use_column
DECLARE
  found_status text;
  figures jsonb;
BEGIN
  IF num_nulls(policy, version, from_at, to_at) > 0 THEN
    RAISE null_value_not_allowed USING
      MESSAGE = 'policy, version and period of a simulation must not be null',
      HINT = 'Leave out from_at and to_at for all of history.';
  END IF;
  SELECT p.status INTO found_status FROM sla.policy AS p
  WHERE p.policy = simulate.policy AND p.version = simulate.version;
  IF NOT FOUND THEN
    PERFORM sla._refuse(format('policy "%s" has no version %s', policy, version),
      'sla.policy lists the versions; sla.revise_policy() makes a draft.');
  END IF;

  IF found_status = 'draft' THEN
    -- A draft is published for as long as it takes to look, and that is undone.
    BEGIN
      PERFORM sla.publish_policy(policy, version, greatest(sla.now(), (
        SELECT max(p.effective_from) + interval '1 second' FROM sla.policy AS p
        WHERE p.policy = simulate.policy AND p.status <> 'draft')));
      SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') INTO figures
      FROM sla._simulation(policy, version, from_at, to_at) AS s;
      RAISE EXCEPTION USING ERRCODE = 'SLA00';
    EXCEPTION WHEN SQLSTATE 'SLA00' THEN
      NULL;
    END;
  ELSE
    SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') INTO figures
    FROM sla._simulation(policy, version, from_at, to_at) AS s;
  END IF;

  RETURN QUERY
  SELECT f.month_start, f.milestone, f.basis, f.department, f.met_count, f.breached_count,
         round(f.met_count::numeric / nullif(f.met_count + f.breached_count, 0), 4), f.miss_count,
         f.simulated_met_count, f.simulated_breached_count,
         round(f.simulated_met_count::numeric
               / nullif(f.simulated_met_count + f.simulated_breached_count, 0), 4),
         f.simulated_miss_count
  FROM jsonb_to_recordset(figures) AS f (
    month_start date, milestone text, basis text, department text,
    met_count bigint, breached_count bigint, miss_count bigint,
    simulated_met_count bigint, simulated_breached_count bigint, simulated_miss_count bigint)
  ORDER BY f.month_start, f.milestone, f.basis, f.department;
END
$$;

COMMENT ON FUNCTION sla.simulate(text, integer, timestamptz, timestamptz) IS
'What another version of a policy, also a draft, would have said about the tickets received from from_at until before to_at, beside what is on record: per local month of the verdict, milestone, basis and department the clocks met and breached, their rate (0 to 1), and the misses (with missing starts). Every event counts as it was recorded, with what it implied then and what was filled in at reception; timers run anew; conditions, targets, pauses, the window for late records and today''s calendars are the other version''s; a person''s word about a deadline holds where that deadline is the same. Under the version a ticket already has, its verdicts are exactly those on record. Nothing is left behind. Running clocks are never moved by a new version: a ticket keeps its version for life (D1-64). Fails for an unknown version (22023), nulls (22004) and a draft that could not be published (as sla.publish_policy()).';
REVOKE EXECUTE ON FUNCTION sla.simulate(text, integer, timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION sla.recalculate(dry_run boolean DEFAULT true)
RETURNS TABLE (ticket_id bigint, target text, cycle integer, seq integer, calendar text,
               due_before timestamptz, due_after timestamptz, applied boolean)
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'sla_recalculate';

COMMENT ON FUNCTION sla.recalculate(boolean) IS
'After a change of calendar rows: the running clocks whose deadline no longer follows from their calendar, before and after. With dry_run (the default) it only tells; with false it moves them, ticket by ticket under the ticket''s lock, and "applied" says which. What has been judged stays as it was, and so does a deadline that would have passed already: nobody can keep a promise in the past (rule E-12). Dates that a ticket carries do not follow a calendar.';
REVOKE EXECUTE ON FUNCTION sla.recalculate(boolean) FROM PUBLIC;

CREATE FUNCTION sla._dump_rows(relation regclass, filter text, without text[] DEFAULT '{}') RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  pairs text;
  keys  text;
BEGIN
  -- One statement text per table, with a place for every column that a row fills.
  SELECT string_agg(format('(%s, %L, x.%I::pg_catalog.text)', a.attnum, quote_ident(a.attname), a.attname), ', ' ORDER BY a.attnum)
  INTO pairs
  FROM pg_attribute AS a
  WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    AND a.attname <> ALL (without);
  SELECT string_agg(format('x.%I', a.attname), ', ' ORDER BY k.position) INTO keys
  FROM pg_constraint AS c
  CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k (attnum, position)
  JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
  WHERE c.conrelid = relation AND c.contype = 'p';

  RETURN QUERY EXECUTE format(
    'SELECT pg_catalog.format(''INSERT INTO %1$s (%%s) VALUES (%%s);'', v.names, v.literals)
     FROM %1$s AS x
     CROSS JOIN LATERAL (
       SELECT pg_catalog.string_agg(p.name, '', '' ORDER BY p.no) AS names,
              pg_catalog.string_agg(pg_catalog.quote_literal(p.value), '', '' ORDER BY p.no) AS literals
       FROM (VALUES %2$s) AS p (no, name, value)
       WHERE p.value IS NOT NULL
     ) AS v
     WHERE %3$s ORDER BY %4$s', relation, pairs, filter, coalesce(keys, '1'));
END
$$;

COMMENT ON FUNCTION sla._dump_rows(regclass, text, text[]) IS
'The rows of a table as INSERT statements, in the order of the key; empty columns are left out.';
REVOKE EXECUTE ON FUNCTION sla._dump_rows(regclass, text, text[]) FROM PUBLIC;

CREATE FUNCTION sla.dump_config() RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET intervalstyle = 'postgres'
SET timezone = 'UTC'
AS $$
DECLARE
  version record;
  part    regclass;
  table_name text;
BEGIN
  FOREACH table_name IN ARRAY ARRAY['calendar', 'calendar_hours', 'calendar_day', 'department', 'employee', 'kpi_target'] LOOP
    CONTINUE WHEN to_regclass('sla.' || table_name) IS NULL;
    RETURN NEXT format('-- %s', table_name);
    RETURN QUERY SELECT r FROM sla._dump_rows(('sla.' || table_name)::regclass, 'true') AS r;
  END LOOP;

  FOR version IN SELECT p.policy, p.version, p.status, p.effective_from, p.effective_to
      FROM sla.policy AS p ORDER BY p.policy, p.version LOOP
    RETURN NEXT format('-- policy %s version %s', version.policy, version.version);
    RETURN QUERY SELECT r FROM sla._dump_rows('sla.policy',
      format('x.policy = %L AND x.version = %s', version.policy, version.version),
      '{status,effective_from,effective_to,published_at}') AS r;
    FOR part IN SELECT c.conrelid::regclass FROM pg_constraint AS c
        WHERE c.contype = 'f' AND c.confrelid = 'sla.policy'::regclass ORDER BY c.conrelid::regclass::text LOOP
      RETURN QUERY SELECT r FROM sla._dump_rows(part,
        format('x.policy = %L AND x.version = %s', version.policy, version.version)) AS r;
    END LOOP;
    IF version.status <> 'draft' THEN
      RETURN NEXT format('SELECT sla.publish_policy(%L, %s, %L);', version.policy, version.version, version.effective_from);
      -- One that no other follows, and that was ended by hand.
      IF version.effective_to IS NOT NULL AND NOT EXISTS (SELECT FROM sla.policy AS n
          WHERE n.policy = version.policy AND n.version > version.version AND n.status <> 'draft') THEN
        RETURN NEXT format('UPDATE sla.policy SET effective_to = %L WHERE policy = %L AND version = %s;',
          version.effective_to, version.policy, version.version);
      END IF;
    END IF;
  END LOOP;

  RETURN NEXT '-- attachment';
  RETURN QUERY
  SELECT format('SELECT sla.attach(%L, key => %L, policy => %L, columns => %L, events => %L, time_zone => %L, on_error => %L, fire => %L, name => %L);',
           coalesce(sla._table_of('attached_' || a.attachment)::text, a.source), a.key, a.policy, a.columns, a.events, a.time_zone,
           a.on_error, a.fire, a.attachment)
  FROM sla.attachment AS a ORDER BY a.attachment;
END
$$;

COMMENT ON FUNCTION sla.dump_config() IS
'The statements that make every calendar, department, employee, aim and policy version with all its rows anew in an empty installation, and attach the tables that are attached (by the names that their columns had then), one per row, in an order in which they can be run: for keeping the configuration under version control. Fill a file with psql -X -A -t -c "SELECT * FROM sla.dump_config()". Tickets and what followed from them are no configuration.';
REVOKE EXECUTE ON FUNCTION sla.dump_config() FROM PUBLIC;

-- setup:

CREATE OR REPLACE VIEW sla.judged_deadlines AS
SELECT c.ticket_id, c.target, c.cycle, c.seq, c.due_at, NULL::text AS kind, c.override, c.department
FROM sla.clock AS c
WHERE c.override IS NOT NULL
UNION ALL
SELECT b.ticket_id, b.target, b.cycle, b.seq, b.due_at, b.kind::text, NULL, b.department
FROM sla.breach AS b
WHERE b.voided_by <> 'sla_ext';

COMMENT ON VIEW sla.judged_deadlines IS
'Grain: one deadline that a person has judged: a clock with an override, or a breach that somebody has voided. What sla.simulate() leaves to people.';
COMMENT ON COLUMN sla.judged_deadlines.ticket_id IS 'The ticket.';
COMMENT ON COLUMN sla.judged_deadlines.target IS 'The promise.';
COMMENT ON COLUMN sla.judged_deadlines.cycle IS 'Cycle of the ticket.';
COMMENT ON COLUMN sla.judged_deadlines.seq IS 'Number of the clock in its cycle.';
COMMENT ON COLUMN sla.judged_deadlines.due_at IS 'The deadline.';
COMMENT ON COLUMN sla.judged_deadlines.kind IS 'Kind of the voided breach; empty for a clock.';
COMMENT ON COLUMN sla.judged_deadlines.override IS 'Of a clock: met or cancelled.';
COMMENT ON COLUMN sla.judged_deadlines.department IS 'Department it is booked on.';

--
-- retention.sql
--		How long records are kept, and what is left of them afterwards.
--
-- A closed ticket is archived, an event like any other, and when the years have passed
-- that its policy keeps records for, it is purged: the ticket, all that hangs on it and
-- the contact data go, figures without any person or ticket stay.  sla.retention_due
-- (report.sql) says which tickets are due, and what keeps one that is.
--

CREATE FUNCTION sla.set_legal_hold(ticket_id bigint, hold boolean, reason text, decided_by text) RETURNS boolean
  LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'sla_set_legal_hold';
COMMENT ON FUNCTION sla.set_legal_hold(bigint, boolean, text, text) IS
  'Puts a ticket on legal hold, so that it is not purged however old it is, or takes it off. Recorded as the event changed with the reason as its note. True if that was news. Errors: 22004 something is missing; 22023 unknown ticket. (D1-41)';
REVOKE EXECUTE ON FUNCTION sla.set_legal_hold(bigint, boolean, text, text) FROM PUBLIC;

CREATE FUNCTION sla._check_retention(before timestamptz, max_tickets integer, writes boolean) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT coalesce(before <= sla.now(), false) THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('"before" (%s) has not come yet', before),
      HINT = 'Leave it out to mean now.';
  ELSIF NOT coalesce(max_tickets > 0, false) THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'max_tickets must be positive',
      HINT = 'It is how many tickets one call takes at most.';
  ELSIF writes AND current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
    RAISE invalid_transaction_state USING
      MESSAGE = format('tickets are not archived or purged under %s', upper(current_setting('transaction_isolation'))),
      HINT = 'Use BEGIN ISOLATION LEVEL READ COMMITTED.';
  END IF;
END
$$;

COMMENT ON FUNCTION sla._check_retention(timestamptz, integer, boolean) IS
'Checks the arguments of sla.archive() and sla.purge(), and that the transaction sees what others have committed meanwhile.';

-- Archive

CREATE FUNCTION sla._archive_tickets(tickets bigint[], actor text) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  ticket bigint;
  archived integer := 0;
BEGIN
  -- One savepoint for all of them; one each only where that fails.
  BEGIN
    PERFORM sla.record(t.ticket_id, 'archived', actor => actor) FROM unnest(tickets) AS t(ticket_id);
    RETURN cardinality(tickets);
  EXCEPTION
    WHEN object_not_in_prerequisite_state OR insufficient_privilege OR check_violation OR raise_exception THEN
      NULL;
  END;
  FOREACH ticket IN ARRAY tickets LOOP
    BEGIN
      PERFORM sla.record(ticket, 'archived', actor => actor);
      archived := archived + 1;
    EXCEPTION
      WHEN object_not_in_prerequisite_state OR insufficient_privilege OR check_violation OR raise_exception THEN
        INSERT INTO sla.finding (ticket_id, code, object, message, found_at)
        VALUES (ticket, 'archive_refused', 'sla.archive', SQLERRM, sla.now())
        ON CONFLICT DO NOTHING;
    END;
  END LOOP;
  RETURN archived;
END
$$;

COMMENT ON FUNCTION sla._archive_tickets(bigint[], text) IS
'Records the event archived for some tickets and returns for how many. One that an event rule refuses becomes a finding.';

CREATE FUNCTION sla._archive(before timestamptz, max_tickets integer, actor text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  until timestamptz := coalesce(before, sla.now());
  chunk bigint[];
  archived bigint := 0;
  after_at timestamptz := '-infinity';
  after_id bigint := 0;
BEGIN
  PERFORM sla._check_retention(until, max_tickets, true);
  LOOP
    -- By keyset, past those that somebody else is at work on.
    WITH batch AS (
      SELECT t.ticket_id, t.closed_at
      FROM sla.ticket AS t
      WHERE t.closed_at IS NOT NULL AND t.archived_at IS NULL
        AND t.closed_at < until
        AND (t.closed_at, t.ticket_id) > (after_at, after_id)
        AND NOT EXISTS (SELECT FROM sla.finding AS f WHERE f.ticket_id = t.ticket_id AND f.code = 'archive_refused')
      ORDER BY t.closed_at, t.ticket_id
      LIMIT least(500, max_tickets - archived)
      FOR NO KEY UPDATE SKIP LOCKED
    )
    SELECT array_agg(b.ticket_id ORDER BY b.closed_at, b.ticket_id), (array_agg(b.closed_at ORDER BY b.closed_at DESC, b.ticket_id DESC))[1]
    INTO chunk, after_at
    FROM batch AS b;
    EXIT WHEN chunk IS NULL;
    after_id := chunk[cardinality(chunk)];
    -- What was committed before the row was locked is seen only by another statement.
    SELECT array_agg(t.ticket_id ORDER BY t.ticket_id) INTO chunk
    FROM sla.ticket AS t
    WHERE t.ticket_id = ANY (chunk) AND t.closed_at < until AND t.archived_at IS NULL;
    IF chunk IS NOT NULL THEN
      archived := archived + sla._archive_tickets(chunk, actor);
    END IF;
    EXIT WHEN archived >= max_tickets;
  END LOOP;
  RETURN archived;
END
$$;

COMMENT ON FUNCTION sla._archive(timestamptz, integer, text) IS
'What sla.archive() does in the name of the tables'' owner.';

CREATE FUNCTION sla.archive(before timestamptz DEFAULT NULL, max_tickets integer DEFAULT 10000) RETURNS bigint
  LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'sla_archive';
COMMENT ON FUNCTION sla.archive(timestamptz, integer) IS
  'Archives tickets that were closed, or withdrawn, before a time (default: now) and are not archived yet, the oldest first and at most max_tickets of them: records the event archived, from which archived_at follows. Returns how many; call it again until it returns 0. A ticket that somebody is at work on is left to the next call; one for which an event rule refuses archived becomes a row of sla.health (archive_refused) and is left out until that row of sla.finding is deleted. Errors: 22023 a time to come, or max_tickets not positive; 25000 under REPEATABLE READ or SERIALIZABLE. (D1-40, D5-18, D7-28, D15-08, D24-22)';
REVOKE EXECUTE ON FUNCTION sla.archive(timestamptz, integer) FROM PUBLIC;

CREATE PROCEDURE sla.archive_all(before timestamptz DEFAULT NULL, max_tickets integer DEFAULT 5000)
LANGUAGE plpgsql
AS $$
DECLARE
  until CONSTANT timestamptz := coalesce(before, sla.now());
BEGIN
  WHILE sla.archive(until, max_tickets) OPERATOR(pg_catalog.>) 0 LOOP
    COMMIT;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE sla.archive_all(timestamptz, integer) IS
  'Archives until nothing is left, in one transaction per batch: what a schedule calls at the beginning of the month, with the beginning of the month (D7-28). Stopped half-way it goes on where it was. Errors: 2D000 called inside a transaction; otherwise as sla.archive().';
REVOKE EXECUTE ON PROCEDURE sla.archive_all(timestamptz, integer) FROM PUBLIC;

-- Purge

CREATE FUNCTION sla._purgeable(tickets bigint[]) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  rest bigint[] := coalesce(tickets, '{}');
  fewer bigint[];
BEGIN
  LOOP
    SELECT coalesce(array_agg(t.ticket_id ORDER BY t.ticket_id), '{}') INTO fewer
    FROM unnest(rest) AS t(ticket_id)
    WHERE NOT EXISTS (SELECT FROM sla.ticket AS c WHERE c.parent_ticket = t.ticket_id AND c.ticket_id <> ALL (rest))
      AND NOT EXISTS (SELECT FROM sla.ticket AS c WHERE c.repeat_of = t.ticket_id AND c.ticket_id <> ALL (rest))
      AND NOT EXISTS (SELECT FROM sla.penalty AS y WHERE y.duty_ticket = t.ticket_id AND y.ticket_id <> ALL (rest));
    EXIT WHEN cardinality(fewer) = cardinality(rest);
    rest := fewer;
  END LOOP;
  RETURN rest;
END
$$;

COMMENT ON FUNCTION sla._purgeable(bigint[]) IS
'Of some tickets, those to which none but these refer.';

CREATE FUNCTION sla._choose_purge(until timestamptz, max_tickets integer, among bigint[] DEFAULT NULL) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- Nothing closed later can be due; it spares a look at the tickets of years.
  latest CONSTANT timestamptz := until + interval '2 days'
    - make_interval(years => (SELECT min(p.retention_years) FROM sla.policy AS p));
  chosen bigint[];
  referred bigint[] := '{}';
BEGIN
  SELECT coalesce(array_agg(d.ticket_id), '{}') INTO chosen
  FROM (
    SELECT r.ticket_id
    FROM sla.retention_due AS r
    WHERE r.closed_at <= latest AND r.purge_after <= until AND r.kept_by IS NULL
      AND (among IS NULL OR r.ticket_id = ANY (among))
    ORDER BY r.closed_at
    LIMIT max_tickets
  ) AS d;
  IF cardinality(chosen) < max_tickets THEN
    SELECT coalesce(array_agg(d.ticket_id), '{}') INTO referred
    FROM (
      SELECT r.ticket_id
      FROM sla.retention_due AS r
      WHERE r.closed_at <= latest AND r.purge_after <= until AND r.kept_by = 'referred'
        AND (among IS NULL OR r.ticket_id = ANY (among))
      ORDER BY r.closed_at
      LIMIT max_tickets - cardinality(chosen)
    ) AS d;
  END IF;
  IF referred = '{}' THEN
    RETURN chosen;
  END IF;
  RETURN sla._purgeable(chosen || referred);
END
$$;

COMMENT ON FUNCTION sla._choose_purge(timestamptz, integer, bigint[]) IS
'The tickets to purge next, of all or only of some: due, kept by nothing, and referred to by none but these.';

CREATE FUNCTION sla._keep_figures(tickets bigint[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO sla.purged_ticket_facts
    (month_start, resolved_month_start, closed_month_start, policy, policy_version, duty, type, category, urgency, priority, channel,
     tier, department, product, fault_code, root_cause, cycle, rating, response_minutes, resolution_minutes,
     is_response_on_time, is_resolution_on_time, is_archived, is_repeat, is_complete, effort_minutes,
     due_month_start, is_filed, is_late)
  SELECT f.month_start, f.resolved_month_start,
         date_trunc('month', f.closed_at AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'))::date,
         f.policy, f.policy_version, f.duty, f.type, f.category, f.urgency, f.priority, f.channel, f.tier, f.department,
         f.product, f.fault_code, f.root_cause, f.cycle, f.rating, f.response_minutes, f.resolution_minutes,
         f.is_response_on_time, f.is_resolution_on_time, t.archived_at IS NOT NULL,
         f.repeat_of_ticket_id IS NOT NULL, f.is_complete, f.effort_minutes,
         y.month_start, y.is_filed, y.is_late
  FROM sla.ticket_facts AS f
  JOIN sla.ticket AS t ON t.ticket_id = f.ticket_id
  LEFT JOIN sla.policy AS p ON p.policy = f.policy AND p.version = f.policy_version
  LEFT JOIN sla.duty_facts AS y ON y.ticket_id = f.ticket_id AND y.ticket_id = ANY (tickets) AND y.is_scheduled
  WHERE f.ticket_id = ANY (tickets)
  ORDER BY f.month_start, f.policy, f.type, f.urgency, f.channel, f.department;

  INSERT INTO sla.purged_rating_facts
    (month_start, policy, type, urgency, channel, tier, department, rating, is_satisfied, is_dissatisfied,
     attitude, ability, efficiency)
  SELECT r.month_start, r.policy, r.type, r.urgency, r.channel, r.tier, r.department, r.rating, r.is_satisfied, r.is_dissatisfied,
         r.attitude, r.ability, r.efficiency
  FROM sla.rating_facts AS r
  WHERE r.ticket_id = ANY (tickets)
  ORDER BY r.month_start, r.policy, r.type, r.rating;

  INSERT INTO sla.purged_counts AS c (month_start, measure, policy, name, kind, basis, department, count)
  SELECT b.month_start, 'breach', b.policy, b.milestone, b.kind, b.basis, b.department, count(*)
  FROM sla.breach_list AS b
  WHERE b.ticket_id = ANY (tickets) AND NOT b.is_void
  GROUP BY b.month_start, b.policy, b.milestone, b.kind, b.basis, b.department
  UNION ALL
  SELECT y.decided_month_start, 'offence', y.policy, y.ladder, y.action, 'binding', y.department, count(*)
  FROM sla.penalty_register AS y
  WHERE y.ticket_id = ANY (tickets) AND y.is_effective AND y.party NOT IN ('carrier', 'team')
  GROUP BY y.decided_month_start, y.policy, y.ladder, y.action, y.department
  UNION ALL
  SELECT date_trunc('month', w.decided_at AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'))::date, 'reward',
         w.policy, w.reward, w.kind, NULL, CASE w.scope WHEN 'team' THEN w.subject ELSE e.department END, count(*)
  FROM sla.reward AS w
  LEFT JOIN sla.policy AS p ON p.policy = w.policy AND p.version = w.policy_version
  LEFT JOIN sla.employee AS e ON e.employee = w.subject
  WHERE w.ticket_id = ANY (tickets) AND w.status = 'confirmed' AND w.scope <> 'customer'
  GROUP BY 1, w.policy, w.reward, w.kind, 7
  ON CONFLICT (month_start, measure, policy, name, kind, basis, department)
  DO UPDATE SET count = c.count + excluded.count;

  INSERT INTO sla.compliance_rollup AS c
    (month_start, source, policy, milestone, basis, urgency, department, employee, met_count, breached_count)
  SELECT k.verdict_month_start, 'purged', k.policy, k.milestone, k.basis, k.urgency, k.department, NULL,
         sum(k.met_count), sum(1 - k.met_count)
  FROM sla.clock_facts AS k
  WHERE k.ticket_id = ANY (tickets) AND k.decided_at IS NOT NULL
  GROUP BY k.verdict_month_start, k.policy, k.milestone, k.basis, k.urgency, k.department
  ON CONFLICT (month_start, source, department, policy, milestone, basis, urgency, employee)
  DO UPDATE SET met_count = c.met_count + excluded.met_count, breached_count = c.breached_count + excluded.breached_count;

  -- Months that are folded already name people; they are folded anew.
  INSERT INTO sla.rollup_mark (ticket_id, month_start)
  SELECT 0, k.verdict_month_start
  FROM sla.clock_facts AS k
  WHERE k.ticket_id = ANY (tickets) AND k.decided_at IS NOT NULL
  GROUP BY k.verdict_month_start;
END
$$;

COMMENT ON FUNCTION sla._keep_figures(bigint[]) IS
'Adds up what the statistics will need of tickets that are about to be purged, without naming a ticket or a person.';

CREATE FUNCTION sla._forget_subjects(tickets bigint[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- What was withdrawn may be opened again and need not be known.
  DELETE FROM sla.duty_run AS k WHERE k.ticket_id = ANY (tickets) AND k.withdrawn_at IS NOT NULL;
  UPDATE sla.duty_run AS k SET subject_key = sla._forgotten_subject(k.policy, k.duty, k.period, k.subject_key)
  WHERE k.ticket_id = ANY (tickets) AND k.subject_key <> '';
END
$$;

COMMENT ON FUNCTION sla._forget_subjects(bigint[]) IS
'Takes the subjects, which may be customers, out of sla.duty_run for tickets that are about to be purged, so that their periods still are not opened again.';

CREATE FUNCTION sla._purge(before timestamptz, dry_run boolean, max_tickets integer, role_name text)
RETURNS TABLE (object text, row_count bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
  instant CONSTANT timestamptz := sla.now();
  until CONSTANT timestamptz := coalesce(before, instant);
  tickets bigint[];
  step record;
BEGIN
  PERFORM sla._check_retention(until, max_tickets, NOT coalesce(dry_run, true));
  tickets := sla._choose_purge(until, max_tickets);
  IF NOT coalesce(dry_run, true) THEN
    -- Locked first, as every writer does, and then judged by what is there now (E-4).
    SELECT coalesce(array_agg(l.ticket_id), '{}') INTO tickets
    FROM (
      SELECT t.ticket_id FROM sla.ticket AS t
      WHERE t.ticket_id = ANY (tickets) ORDER BY t.ticket_id
      FOR UPDATE SKIP LOCKED
    ) AS l;
    -- Also where somebody waits with a ticket that is to refer to one of these.
    tickets := sla._purgeable(sla._choose_purge(until, max_tickets, tickets));
    PERFORM sla._keep_figures(tickets);
    PERFORM sla._forget_subjects(tickets);
  END IF;

  FOR step IN
    SELECT s.name, s.deletes
    FROM (VALUES
      ('contact', true), ('notification', true), ('escalation', true), ('penalty', true), ('reward', true), ('breach', true),
      ('clock', true), ('finding', true), ('event', true), ('cost_line', false), ('ticket', true)
    ) AS s (name, deletes)
  LOOP
    object := step.name;
    IF coalesce(dry_run, true) THEN
      EXECUTE format('SELECT count(*) FROM sla.%I AS x WHERE x.ticket_id = ANY ($1)', step.name)
      INTO row_count USING tickets;
    ELSIF step.deletes THEN
      EXECUTE format('DELETE FROM sla.%I AS x WHERE x.ticket_id = ANY ($1)', step.name) USING tickets;
      GET DIAGNOSTICS row_count = ROW_COUNT;
    ELSE
      -- What was spent was spent; on whose case is forgotten.
      UPDATE sla.cost_line AS x SET ticket_id = NULL, employee = NULL, note = NULL WHERE x.ticket_id = ANY (tickets);
      GET DIAGNOSTICS row_count = ROW_COUNT;
    END IF;
    RETURN NEXT;
  END LOOP;

  -- sla.duty_run keeps digests and sla.attached_row numbers: what has been a ticket does not become one again.
  object := 'access_log';
  IF coalesce(dry_run, true) THEN
    SELECT count(*) INTO row_count FROM sla.access_log AS l
    WHERE l.accessed_at < instant - interval '1 year'
      AND (l.ticket_id = ANY (tickets) OR NOT EXISTS (SELECT FROM sla.ticket AS t WHERE t.ticket_id = l.ticket_id));
  ELSE
    DELETE FROM sla.access_log AS l
    WHERE l.accessed_at < instant - interval '1 year'
      AND NOT EXISTS (SELECT FROM sla.ticket AS t WHERE t.ticket_id = l.ticket_id);
    GET DIAGNOSTICS row_count = ROW_COUNT;
    INSERT INTO sla.purge_log (purged_at, purged_by, purged_before, ticket_count, access_count)
    VALUES (instant, role_name, until, cardinality(tickets), row_count);
  END IF;
  RETURN NEXT;
END
$$;

COMMENT ON FUNCTION sla._purge(timestamptz, boolean, integer, text) IS
'What sla.purge() does in the name of the tables'' owner.';

CREATE FUNCTION sla.purge(before timestamptz DEFAULT NULL, dry_run boolean DEFAULT true, max_tickets integer DEFAULT 10000)
  RETURNS TABLE (object text, row_count bigint)
  LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'sla_purge';
COMMENT ON FUNCTION sla.purge(timestamptz, boolean, integer) IS
  'Deletes closed tickets whose retention has ended at a time (default: now), the oldest first and at most max_tickets of them, with everything that hangs on them, and tells how many rows of which table; with dry_run, which is the default, it only tells. One call is one transaction''s work; call it again until the row "ticket" tells less than max_tickets. Never purged: what sla.retention_due.kept_by names (legal hold, a penalty that is not settled or still counts, another ticket that refers to it), tickets of a policy without retention_years, and tickets without a policy. A ticket that somebody is at work on is left to the next call. Figures stay, without ticket or person: sla.purged_ticket_facts, sla.purged_rating_facts, sla.purged_counts, sla.compliance_rollup; of sla.cost_line only the reference goes, of sla.duty_run only the subject. Of sla.access_log it deletes what is older than a year and whose ticket is gone. It leaves a row in sla.purge_log. Errors: 22023 a time to come, or max_tickets not positive; 25000 under REPEATABLE READ or SERIALIZABLE. (D1-41, D7-29, D15-08, D24-22, C-13)';
REVOKE EXECUTE ON FUNCTION sla.purge(timestamptz, boolean, integer) FROM PUBLIC;

-- setup:

CREATE INDEX IF NOT EXISTS ticket_closed ON sla.ticket (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS ticket_unarchived ON sla.ticket (closed_at, ticket_id)
  WHERE closed_at IS NOT NULL AND archived_at IS NULL;
CREATE INDEX IF NOT EXISTS ticket_parent ON sla.ticket (parent_ticket) WHERE parent_ticket IS NOT NULL;
CREATE INDEX IF NOT EXISTS ticket_repeat ON sla.ticket (repeat_of) WHERE repeat_of IS NOT NULL;
CREATE INDEX IF NOT EXISTS penalty_duty_ticket ON sla.penalty (duty_ticket) WHERE duty_ticket IS NOT NULL;

CREATE TABLE IF NOT EXISTS sla.purge_log (
  purge_no      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  purged_at     timestamptz NOT NULL,
  purged_by     text COLLATE "C" NOT NULL,
  purged_before timestamptz NOT NULL,
  ticket_count  bigint NOT NULL,
  access_count  bigint NOT NULL
);

COMMENT ON TABLE sla.purge_log IS 'One row per purge that was not a dry run; kept for ever. (D1-41)';
COMMENT ON COLUMN sla.purge_log.purge_no IS 'Number of the purge.';
COMMENT ON COLUMN sla.purge_log.purged_at IS 'When it was done.';
COMMENT ON COLUMN sla.purge_log.purged_by IS 'Role that called sla.purge().';
COMMENT ON COLUMN sla.purge_log.purged_before IS 'Up to when retention had to have ended.';
COMMENT ON COLUMN sla.purge_log.ticket_count IS 'How many tickets were deleted.';
COMMENT ON COLUMN sla.purge_log.access_count IS 'How many rows of the access log were deleted.';

CREATE TABLE IF NOT EXISTS sla.purged_ticket_facts (
  month_start           date NOT NULL,
  resolved_month_start  date,
  closed_month_start    date NOT NULL,
  policy                varchar(64) NOT NULL,
  policy_version        integer NOT NULL,
  duty                  varchar(64),
  type                  varchar(64),
  category              varchar(64),
  urgency               varchar(64),
  priority              varchar(64),
  channel               varchar(64),
  tier                  varchar(64),
  department            varchar(64),
  product               varchar(64),
  fault_code            varchar(64),
  root_cause            varchar(64),
  cycle                 integer NOT NULL,
  rating                integer,
  response_minutes      float8,
  resolution_minutes    float8,
  is_response_on_time   boolean,
  is_resolution_on_time boolean,
  is_archived           boolean NOT NULL,
  is_repeat             boolean NOT NULL,
  is_complete           boolean NOT NULL,
  effort_minutes        float8,
  due_month_start       date,
  is_filed              boolean,
  is_late               boolean
);
CREATE INDEX IF NOT EXISTS purged_ticket_facts_month ON sla.purged_ticket_facts USING brin (month_start);

COMMENT ON TABLE sla.purged_ticket_facts IS
'Grain: one purged ticket, of which nothing is left but this: no number, no customer, no employee, no text, no time but the month. The monthly views count it on. (D1-41)';
COMMENT ON COLUMN sla.purged_ticket_facts.month_start IS 'First day of the local month of its reception.';
COMMENT ON COLUMN sla.purged_ticket_facts.resolved_month_start IS 'First day of the local month in which it was resolved.';
COMMENT ON COLUMN sla.purged_ticket_facts.closed_month_start IS 'First day of the local month in which it was closed.';
COMMENT ON COLUMN sla.purged_ticket_facts.policy IS 'Its policy.';
COMMENT ON COLUMN sla.purged_ticket_facts.policy_version IS 'Version of the policy.';
COMMENT ON COLUMN sla.purged_ticket_facts.duty IS 'The duty, if it was one.';
COMMENT ON COLUMN sla.purged_ticket_facts.type IS 'Kind of case.';
COMMENT ON COLUMN sla.purged_ticket_facts.category IS 'Category within the type.';
COMMENT ON COLUMN sla.purged_ticket_facts.urgency IS 'Urgency of the case.';
COMMENT ON COLUMN sla.purged_ticket_facts.priority IS 'Priority of the case.';
COMMENT ON COLUMN sla.purged_ticket_facts.channel IS 'How it came in.';
COMMENT ON COLUMN sla.purged_ticket_facts.tier IS 'Tier of the customer.';
COMMENT ON COLUMN sla.purged_ticket_facts.department IS 'Department that handled it.';
COMMENT ON COLUMN sla.purged_ticket_facts.product IS 'Product concerned.';
COMMENT ON COLUMN sla.purged_ticket_facts.fault_code IS 'Code of the fault.';
COMMENT ON COLUMN sla.purged_ticket_facts.root_cause IS 'Root cause found.';
COMMENT ON COLUMN sla.purged_ticket_facts.cycle IS '1, and one more for each reopening.';
COMMENT ON COLUMN sla.purged_ticket_facts.rating IS 'Last rating.';
COMMENT ON COLUMN sla.purged_ticket_facts.response_minutes IS 'Elapsed minutes from received to the first answer.';
COMMENT ON COLUMN sla.purged_ticket_facts.resolution_minutes IS 'Elapsed minutes from received to resolved in the last cycle.';
COMMENT ON COLUMN sla.purged_ticket_facts.is_response_on_time IS 'Whether the first response was within target; null without verdict.';
COMMENT ON COLUMN sla.purged_ticket_facts.is_resolution_on_time IS 'Whether the resolution was within target; null without verdict.';
COMMENT ON COLUMN sla.purged_ticket_facts.is_archived IS 'Whether it had been archived before.';
COMMENT ON COLUMN sla.purged_ticket_facts.is_repeat IS 'Whether it was entered as the repetition of an earlier ticket.';
COMMENT ON COLUMN sla.purged_ticket_facts.is_complete IS 'Whether every field that a case must have was given.';
COMMENT ON COLUMN sla.purged_ticket_facts.effort_minutes IS 'Minutes of work that its events logged; null: none.';
COMMENT ON COLUMN sla.purged_ticket_facts.due_month_start IS 'Of a duty of sla.duty: first day of the month of its last local day in time; null: it was none.';
COMMENT ON COLUMN sla.purged_ticket_facts.is_filed IS 'Of such a duty: whether it was done, in time or late.';
COMMENT ON COLUMN sla.purged_ticket_facts.is_late IS 'Of such a duty: whether its deadline was missed; a void miss is none.';

CREATE TABLE IF NOT EXISTS sla.purged_rating_facts (
  month_start     date NOT NULL,
  policy          varchar(64),
  type            varchar(64),
  urgency         varchar(64),
  channel         varchar(64),
  tier            varchar(64),
  department      varchar(64),
  rating          integer,
  is_satisfied    boolean,
  is_dissatisfied boolean,
  attitude        integer,
  ability         integer,
  efficiency      integer
);
CREATE INDEX IF NOT EXISTS purged_rating_facts_month ON sla.purged_rating_facts USING brin (month_start);

COMMENT ON TABLE sla.purged_rating_facts IS
'Grain: one rating of a purged ticket, without the ticket, the customer or the employee. (D1-41)';
COMMENT ON COLUMN sla.purged_rating_facts.month_start IS 'First day of the local month of the rating.';
COMMENT ON COLUMN sla.purged_rating_facts.policy IS 'Policy of the ticket.';
COMMENT ON COLUMN sla.purged_rating_facts.type IS 'Kind of case.';
COMMENT ON COLUMN sla.purged_rating_facts.urgency IS 'Urgency of the case.';
COMMENT ON COLUMN sla.purged_rating_facts.channel IS 'How the case came in.';
COMMENT ON COLUMN sla.purged_rating_facts.tier IS 'Tier of the customer.';
COMMENT ON COLUMN sla.purged_rating_facts.department IS 'Department that handled it.';
COMMENT ON COLUMN sla.purged_rating_facts.rating IS 'Score given.';
COMMENT ON COLUMN sla.purged_rating_facts.is_satisfied IS 'Whether it was four fifths of the scale or more.';
COMMENT ON COLUMN sla.purged_rating_facts.is_dissatisfied IS 'Whether it was at or below the policy''s unsatisfied_max_rating.';
COMMENT ON COLUMN sla.purged_rating_facts.attitude IS 'Score given for attitude.';
COMMENT ON COLUMN sla.purged_rating_facts.ability IS 'Score given for ability.';
COMMENT ON COLUMN sla.purged_rating_facts.efficiency IS 'Score given for efficiency.';

CREATE TABLE IF NOT EXISTS sla.purged_counts (
  count_no    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  month_start date NOT NULL,
  measure     text COLLATE "C" NOT NULL CHECK (measure IN ('breach', 'offence', 'reward')),
  policy      varchar(64),
  name        varchar(64),
  kind        varchar(64),
  basis       varchar(16),
  department  varchar(64),
  count       bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT (month_start, measure, policy, name, kind, basis, department)
);

COMMENT ON TABLE sla.purged_counts IS
'Grain: month, measure, policy, name, kind, basis, department. How many breaches and confirmed offences purged tickets had. (D1-41)';
COMMENT ON COLUMN sla.purged_counts.count_no IS 'Number of the row.';
COMMENT ON COLUMN sla.purged_counts.month_start IS 'First day of the local month: of the deadline of a breach, of the decision of an offence.';
COMMENT ON COLUMN sla.purged_counts.measure IS 'breach (not void), offence (a penalty in force) or reward (a confirmed one).';
COMMENT ON COLUMN sla.purged_counts.policy IS 'The policy.';
COMMENT ON COLUMN sla.purged_counts.name IS 'Of a breach the milestone, of an offence the ladder, of a reward its name.';
COMMENT ON COLUMN sla.purged_counts.kind IS 'Of a breach its kind, of an offence the action, of a reward what it is.';
COMMENT ON COLUMN sla.purged_counts.basis IS 'binding or advisory; null for a reward.';
COMMENT ON COLUMN sla.purged_counts.department IS 'Of a breach the ticket''s department then, of an offence the employee''s.';
COMMENT ON COLUMN sla.purged_counts.count IS 'How many there were.';

CREATE OR REPLACE VIEW sla.archive_index AS
SELECT
  a.month_start,
  a.policy, a.type, a.tier, a.product, a.category,
  count(*)::int AS item_count,
  sum(a.archived)::int AS archived_count,
  sum(a.purged)::int AS purged_count,
  max(a.archived_on) AS last_archived_on
FROM (
  SELECT date_trunc('month', t.closed_at AT TIME ZONE z.time_zone)::date AS month_start,
         t.policy::varchar(64) AS policy, t.type::varchar(64) AS type, t.customer_tier::varchar(64) AS tier,
         t.product::varchar(64) AS product, t.category::varchar(64) AS category,
         (t.archived_at IS NOT NULL)::int AS archived, 0 AS purged,
         (t.archived_at AT TIME ZONE z.time_zone)::date AS archived_on
  FROM sla.ticket AS t
  LEFT JOIN sla.policy AS p ON p.policy = t.policy AND p.version = t.policy_version
  CROSS JOIN LATERAL (SELECT coalesce(p.time_zone, 'Asia/Shanghai') AS time_zone) AS z
  WHERE t.closed_at IS NOT NULL
  UNION ALL
  SELECT g.closed_month_start, g.policy, g.type, g.tier, g.product, g.category, g.is_archived::int, 1, NULL
  FROM sla.purged_ticket_facts AS g
) AS a
GROUP BY a.month_start, a.policy, a.type, a.tier, a.product, a.category;

COMMENT ON VIEW sla.archive_index IS
'R-37 (clauses D1-40, D5-18, D7-28, D15-08, D24-22), by month of closing. Grain: month, policy, type, tier (customer type), product, category. What there is to archive, what of it is archived, and what of it has been purged since.';
COMMENT ON COLUMN sla.archive_index.month_start IS 'First day of the local month in which the items were closed.';
COMMENT ON COLUMN sla.archive_index.policy IS 'Their policy.';
COMMENT ON COLUMN sla.archive_index.type IS 'Kind of case; duty for reports, meetings and the like.';
COMMENT ON COLUMN sla.archive_index.tier IS 'Tier of the customer.';
COMMENT ON COLUMN sla.archive_index.product IS 'Product concerned.';
COMMENT ON COLUMN sla.archive_index.category IS 'Category within the type.';
COMMENT ON COLUMN sla.archive_index.item_count IS 'Closed items, archived or not.';
COMMENT ON COLUMN sla.archive_index.archived_count IS 'Of these: archived.';
COMMENT ON COLUMN sla.archive_index.purged_count IS 'Of these: deleted after their retention had ended.';
COMMENT ON COLUMN sla.archive_index.last_archived_on IS 'Local date on which the last of those still kept was archived.';

CREATE OR REPLACE VIEW sla.archive_index_yearly AS
SELECT
  date_trunc('year', i.month_start::timestamp)::date AS year_start,
  i.policy, i.type, i.tier, i.product, i.category,
  count(DISTINCT i.month_start)::int AS month_count,
  sum(i.item_count)::int AS item_count,
  sum(i.archived_count)::int AS archived_count,
  sum(i.purged_count)::int AS purged_count,
  max(i.last_archived_on) AS last_archived_on
FROM sla.archive_index AS i
GROUP BY date_trunc('year', i.month_start::timestamp), i.policy, i.type, i.tier, i.product, i.category;

COMMENT ON VIEW sla.archive_index_yearly IS
'R-37 and R-30 (clause D7-29), by year of closing: the monthly archive indexes put together. Grain: year, policy, type, tier, product, category. Binding the paper is not for a database.';
COMMENT ON COLUMN sla.archive_index_yearly.year_start IS 'First day of the local year in which the items were closed.';
COMMENT ON COLUMN sla.archive_index_yearly.policy IS 'Their policy.';
COMMENT ON COLUMN sla.archive_index_yearly.type IS 'Kind of case.';
COMMENT ON COLUMN sla.archive_index_yearly.tier IS 'Tier of the customer.';
COMMENT ON COLUMN sla.archive_index_yearly.product IS 'Product concerned.';
COMMENT ON COLUMN sla.archive_index_yearly.category IS 'Category within the type.';
COMMENT ON COLUMN sla.archive_index_yearly.month_count IS 'In how many months of the year there are any.';
COMMENT ON COLUMN sla.archive_index_yearly.item_count IS 'Closed items, archived or not.';
COMMENT ON COLUMN sla.archive_index_yearly.archived_count IS 'Of these: archived.';
COMMENT ON COLUMN sla.archive_index_yearly.purged_count IS 'Of these: deleted after their retention had ended.';
COMMENT ON COLUMN sla.archive_index_yearly.last_archived_on IS 'Local date on which the last of those still kept was archived.';

--
-- duty.sql
--		What is due without any customer's asking: reports, meetings, visits, archives.
--
-- A duty is a ticket like any other, of type "duty", so that it is breached,
-- escalated, explained and reported by the same machinery (rule E-16).  Its targets
-- name the duty; the date is the ticket's due_at.  The sweep opens it, by a calendar
-- rule or because a row of a view says so; what its target waits for closes it.
--
-- How it stays exact however late the sweep comes: a period is opened as of its
-- beginning, under the version that held then, and its deadline counts as known since
-- then.  sla.duty_run remembers what was opened.  By a calendar rule only periods are
-- opened that begin after the last one that was, so that nobody is blamed for a past in
-- which a subject was not there yet, or the duty was switched off.  Of a run whose ticket
-- has been purged only a digest of the subject is left, with which a source is compared.
--

CREATE FUNCTION sla._check_duty(d record, owner text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF d.every <= interval '0' THEN
		PERFORM sla._refuse(format('%s recurs every %s', owner, d.every), 'every must be positive.');
	ELSIF sla._has_months(d.every) AND (extract(day FROM d.every) <> 0
		OR extract(hour FROM d.every) <> 0 OR extract(minute FROM d.every) <> 0 OR extract(second FROM d.every) <> 0) THEN
		PERFORM sla._refuse(format('%s recurs every %s', owner, d.every),
			'A period is a number of months or years, or of days and hours, not both.');
	ELSIF d.every < interval '1 hour' THEN
		PERFORM sla._refuse(format('%s recurs every %s', owner, d.every),
			'The shortest period is an hour. What is due more often on one ticket is a target with every.');
	ELSIF d.every IS NOT NULL AND d.due_after IS NULL THEN
		PERFORM sla._refuse(format('%s has no due_after', owner),
			'due_after is the time from the beginning of a period to its deadline.');
	ELSIF d.shift <> 'none' AND d.calendar IS NULL THEN
		PERFORM sla._refuse(format('%s shifts to a working day of no calendar', owner),
			'Name the calendar of the working days in calendar.');
	ELSIF NOT EXISTS (SELECT FROM sla.target t WHERE t.policy = d.policy AND t.version = d.version
			AND t.duty = d.duty) THEN
		PERFORM sla._refuse(format('%s has no target', owner),
			'Insert a row into sla.target that names it in duty, with due_column due_at and, in stops_on, the event that fulfils it.');
	END IF;
	PERFORM sla._check_calendar(owner, d.calendar);
END
$$;

COMMENT ON FUNCTION sla._check_duty(record, text) IS
'Refuses a duty whose columns do not make periods and deadlines, or that no target watches.';

CREATE FUNCTION sla._check_duties(policy text, version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	d record;
	missing text;
BEGIN
	FOR d IN SELECT * FROM sla.duty d WHERE d.policy = _check_duties.policy
			AND d.version = _check_duties.version ORDER BY d.duty LOOP
		PERFORM sla._check_duty(d, format('duty "%s"', d.duty));
	END LOOP;
	SELECT t.target INTO missing FROM sla.target t
	WHERE t.policy = _check_duties.policy AND t.version = _check_duties.version AND t.duty IS NOT NULL
		AND NOT EXISTS (SELECT FROM sla.duty d WHERE d.policy = t.policy AND d.version = t.version
			AND d.duty = t.duty)
		AND NOT EXISTS (SELECT FROM sla.penalty_rule r WHERE r.policy = t.policy AND r.version = t.version
			AND r.duty = t.duty)
		AND t.duty <> 'assessment'
	ORDER BY t.target LIMIT 1;
	IF FOUND THEN
		PERFORM sla._refuse(format('target "%s" is for a duty that the version does not define', missing),
			'Insert the duty into sla.duty, or correct sla.target.duty.');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_duties(text, integer) IS
'Checks the duties of a version, and that every target that names a duty names one that can arise: a row of sla.duty, the document of a penalty rule, or "assessment", the case file of a period''s figures.';

CREATE FUNCTION sla.duty_activated() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NEW.active_since IS NOT DISTINCT FROM OLD.active_since
		AND EXISTS (SELECT FROM sla.policy p WHERE p.policy = NEW.policy AND p.version = NEW.version
			AND p.status <> 'draft') THEN
		NEW.active_since := sla.now();
	END IF;
	RETURN NEW;
END
$$;

COMMENT ON FUNCTION sla.duty_activated() IS
'Trigger on sla.duty: where a duty of a published version is set active, notes since when, unless the statement says so itself.';

--
-- Periods and deadlines
--

CREATE FUNCTION sla._period_starts(every interval, anchor timestamp, time_zone text, from_at timestamptz,
	to_at timestamptz) RETURNS SETOF timestamp
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	months CONSTANT numeric := extract(year FROM every) * 12 + extract(month FROM every);
	length CONSTANT numeric := CASE months WHEN 0 THEN extract(epoch FROM every) ELSE months END;
	-- How many periods after the anchor; some more on either side, as the clocks on the wall jump.
	first integer;
	last integer;
BEGIN
	SELECT floor(min(n.periods)) - 30, ceil(max(n.periods)) + 30 INTO first, last
	FROM unnest(ARRAY[from_at AT TIME ZONE time_zone, to_at AT TIME ZONE time_zone]) AS b(bound)
	CROSS JOIN LATERAL (
		SELECT CASE months WHEN 0 THEN extract(epoch FROM b.bound - anchor)
			ELSE (extract(year FROM b.bound) - extract(year FROM anchor)) * 12
				+ extract(month FROM b.bound) - extract(month FROM anchor) END / length AS periods
	) AS n;
	RETURN QUERY
	SELECT s.start
	FROM generate_series(first, last) AS n
	CROSS JOIN LATERAL (SELECT anchor + n * every AS start) AS s
	WHERE s.start AT TIME ZONE time_zone >= from_at AND s.start AT TIME ZONE time_zone < to_at
	ORDER BY s.start;
END
$$;

COMMENT ON FUNCTION sla._period_starts(interval, timestamp, text, timestamptz, timestamptz) IS
'The local times at which periods begin within [from_at, to_at): the anchor, and every so often before and after it. Each is counted from the anchor, so that one that begins on the 31st does so again after February.';

CREATE FUNCTION sla._duty_due(start timestamp, due_after interval, shift text, calendar text, time_zone text)
RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	due CONSTANT timestamp := start + due_after;
	-- 24:00 of the 4th is on the 4th.
	day CONSTANT date := (due - interval '1 microsecond')::date;
	morning CONSTANT timestamptz := day::timestamp AT TIME ZONE time_zone;
	evening CONSTANT timestamptz := (day + 1)::timestamp AT TIME ZONE time_zone;
	working timestamptz;
BEGIN
	IF shift = 'next' THEN
		working := sla.next_open(morning, calendar);
	ELSIF shift = 'previous' THEN
		SELECT max(least(p.closes_at, evening)) - interval '1 microsecond' INTO working
		FROM sla.open_periods(morning - interval '366 days', evening, calendar) AS p;
	END IF;
	IF shift <> 'none' AND working IS NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('calendar "%s" has no working day in the year before %s', calendar, day),
			HINT = 'Enter its hours, or set shift to none in a new version.';
	END IF;
	RETURN (due + make_interval(days => coalesce((working AT TIME ZONE time_zone)::date - day, 0)))
		AT TIME ZONE time_zone;
END
$$;

COMMENT ON FUNCTION sla._duty_due(timestamp, interval, text, text, text) IS
'The deadline of a period that begins at a local time: so much later by the calendar and the clock on the wall, and moved by whole days to the next or previous working day where its own day is none (K-15).';

CREATE FUNCTION sla._duty_versions() RETURNS TABLE (policy text, version integer, duty text,
	time_zone text, holds_from timestamptz, holds_until timestamptz, object text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT d.policy, d.version, d.duty, p.time_zone, h.holds_from, h.holds_until,
		format('%s/%s/duty %s', d.policy, d.version, d.duty)
	FROM sla.duty AS d
	JOIN sla.policy AS p ON p.policy = d.policy AND p.version = d.version
	CROSS JOIN LATERAL (
		SELECT greatest(CASE p.effective_from WHEN '-infinity' THEN p.published_at ELSE p.effective_from END,
				d.active_since) AS holds_from,
			coalesce(p.effective_to, 'infinity') AS holds_until
	) AS h
	WHERE p.status <> 'draft' AND d.active AND h.holds_from < h.holds_until;
END
$$;

COMMENT ON FUNCTION sla._duty_versions() IS
'The active duties of all published versions, and from when until when periods begin under each: while the version is in force, and since the duty is active.';

--
-- Opening
--

CREATE FUNCTION sla._note_duty(code text, object text, ticket_id bigint, message text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO sla.finding AS f (code, object, ticket_id, message, found_at)
	VALUES (_note_duty.code, _note_duty.object, _note_duty.ticket_id, _note_duty.message, sla.now())
	ON CONFLICT (ticket_id, code, object) DO UPDATE SET message = excluded.message
	WHERE f.message <> excluded.message;
END
$$;

COMMENT ON FUNCTION sla._note_duty(text, text, bigint, text) IS
'Notes for sla.health what is wrong with a duty; ticket 0 means the duty itself.';

CREATE FUNCTION sla._duty_failed(state text, message text, code text, object text, ticket_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- Deadlocks, locks and another sweep's row say nothing about the duty: the next run tries again.
	IF left(state, 2) IN ('53', '57', '58', 'XX') THEN
		RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message;
	ELSIF left(state, 2) <> '40' AND state NOT IN ('55P03', '23505') THEN
		PERFORM sla._note_duty(code, object, ticket_id, message);
	END IF;
END
$$;

COMMENT ON FUNCTION sla._duty_failed(text, text, text, text, bigint) IS
'Decides about an error met with a duty: trouble of the server is raised again, what may be gone the next time is passed over, everything else is noted for sla.health.';

CREATE FUNCTION sla._open_periods_of(d record, as_of timestamptz, room bigint, OUT tickets bigint[], OUT more boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	subjects CONSTANT text[] := CASE d.subjects WHEN '{}' THEN '{""}' ELSE d.subjects END;
	-- The tickets of one period are opened together, since the next call begins after it.
	periods CONSTANT bigint := greatest(room / cardinality(subjects), 1);
	last timestamptz;
	starts timestamp[];
BEGIN
	-- What a later version has opened says nothing about what could not be opened under this one.
	SELECT max(k.starts_at) INTO last FROM sla.duty_run AS k
	WHERE k.policy = d.policy AND k.duty = d.duty AND k.starts_at < d.holds_until;
	SELECT array_agg(p.start) INTO starts FROM (
		SELECT s.start
		FROM sla._period_starts(d.every, d.anchor, d.time_zone,
			greatest(d.holds_from, last + interval '1 microsecond'),
			least(d.holds_until, as_of + interval '1 microsecond')) AS s(start)
		LIMIT periods
	) AS p;
	more := coalesce(cardinality(starts) = periods, false);
	WITH opened AS (
		INSERT INTO sla.ticket AS t (type, policy, duty, subject_key, period, subject, department, owner, assignee,
			received_at, due_at)
		SELECT 'duty', d.policy, d.duty, k.subject, n.period,
			coalesce(d.title, d.title_zh, d.duty), d.department, d.owner, d.assignee, p.start AT TIME ZONE d.time_zone,
			sla._duty_due(p.start, d.due_after, d.shift, d.calendar, d.time_zone)
		FROM unnest(starts) AS p(start)
		CROSS JOIN (SELECT DISTINCT s.subject COLLATE "C" AS subject FROM unnest(subjects) AS s(subject)) AS k
		CROSS JOIN LATERAL (SELECT to_char(p.start, CASE WHEN p.start = date_trunc('day', p.start)
			THEN 'YYYY-MM-DD' ELSE 'YYYY-MM-DD HH24:MI:SS' END) AS period) AS n
		-- A source, or another time zone, may have opened the period of that name under an earlier version.
		WHERE NOT EXISTS (SELECT FROM sla.duty_run AS r WHERE r.policy = d.policy AND r.duty = d.duty
			AND r.subject_key = k.subject AND r.period = n.period AND r.starts_at <= last)
		ORDER BY p.start, k.subject
		RETURNING t.ticket_id, t.subject_key, t.period, t.received_at
	), noted AS (
		INSERT INTO sla.duty_run AS k (policy, duty, subject_key, period, ticket_id, starts_at, opened_at)
		SELECT d.policy, d.duty, o.subject_key, o.period, o.ticket_id, o.received_at, sla.now()
		FROM opened AS o
		RETURNING k.ticket_id
	)
	SELECT array_agg(n.ticket_id ORDER BY n.ticket_id) INTO tickets FROM noted AS n;
END
$$;

COMMENT ON FUNCTION sla._open_periods_of(record, timestamptz, bigint) IS
'Opens the periods of one duty''s calendar rule, in order, that have begun since the last one that was opened: a ticket for each subject. About room tickets at most, then more; the subjects of one period stay together.';

CREATE FUNCTION sla._forgotten_subject(policy text, duty text, period text, subject text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN 'sha256:' || encode(sha256(convert_to(jsonb_build_array(policy, duty, period, subject)::text, 'UTF8')), 'hex');
END
$$;

COMMENT ON FUNCTION sla._forgotten_subject(text, text, text, text) IS
'What sla.duty_run has in place of a subject whose ticket has been purged: enough to know the same subject, duty and period again, and too little to read the subject or to find its other periods.';

--
-- Sources
--

CREATE FUNCTION sla._source_relation(source text) RETURNS regclass
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	parts CONSTANT text[] := parse_ident(source);
	relation CONSTANT regclass := CASE cardinality(parts) WHEN 2
		THEN to_regclass(format('%I.%I', parts[1], parts[2])) END;
	tables_owner CONSTANT oid := (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'sla.ticket'::regclass);
	missing text;
BEGIN
	IF cardinality(parts) <> 2 THEN
		RAISE undefined_table USING MESSAGE = format('source "%s" does not name its schema', source);
	ELSIF relation IS NULL THEN
		RAISE undefined_table USING MESSAGE = format('source "%s" does not exist', source);
	ELSIF NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = relation AND c.relowner = tables_owner) THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('source "%s" does not belong to the owner of the tables, in whose name it would be read', source);
	ELSIF NOT EXISTS (
			SELECT FROM pg_class AS c
			JOIN pg_namespace AS n ON n.oid = c.relnamespace
			JOIN pg_database AS b ON b.datname = current_database()
			JOIN pg_roles AS r ON r.oid = CASE n.nspowner WHEN 'pg_database_owner'::regrole THEN b.datdba ELSE n.nspowner END
			WHERE c.oid = relation AND (r.rolsuper OR r.oid = tables_owner)) THEN
		-- Whoever owns a schema can put something else in the place of what is there.
		RAISE insufficient_privilege USING
			MESSAGE = format('the schema of source "%s" belongs neither to the owner of the tables nor to a superuser', source);
	END IF;
	SELECT string_agg(format('"%s"', m.name), ', ' ORDER BY m.name) INTO missing
	FROM unnest('{due_at,period,subject}'::name[]) AS m(name)
	WHERE NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = m.name
		AND a.attnum > 0 AND NOT a.attisdropped);
	IF missing IS NOT NULL THEN
		RAISE undefined_column USING MESSAGE = format('source "%s" lacks column %s', source, missing);
	END IF;
	RETURN relation;
END
$$;

COMMENT ON FUNCTION sla._source_relation(text) IS
'The relation that a duty''s source names, if the sweep may read it: functions in a view run in the name of who reads, so it has to be the own view of the owner of the tables, in a schema where nobody else can replace it. Errors: 42P01 there is none, 42501 it is another''s, 42703 columns are missing.';

CREATE FUNCTION sla._source_rows(relation regclass, policy text) RETURNS TABLE (subject text, period text,
	opens_at timestamptz, due_at timestamptz, done_at timestamptz, department text, assignee text, attributes jsonb)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	columns text;
	own text;
BEGIN
	-- Columns that are not there are null.
	SELECT string_agg(format(CASE WHEN a.attname IS NULL THEN 'NULL::%2$s' ELSE 'x.%1$I::%2$s' END, w.name, w.type), ', '
			ORDER BY w.position),
		CASE WHEN EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = 'policy'
			AND a.attnum > 0 AND NOT a.attisdropped) THEN ' WHERE x.policy::text = $1' ELSE '' END
	INTO columns, own
	FROM (VALUES (1, 'subject', 'text'), (2, 'period', 'text'), (3, 'opens_at', 'timestamptz'),
		(4, 'due_at', 'timestamptz'), (5, 'done_at', 'timestamptz'), (6, 'department', 'text'),
		(7, 'assignee', 'text'), (8, 'attributes', 'jsonb')) AS w(position, name, type)
	LEFT JOIN pg_attribute AS a ON a.attrelid = relation AND a.attname = w.name AND a.attnum > 0
		AND NOT a.attisdropped;
	RETURN QUERY EXECUTE format('SELECT %s FROM %s AS x%s', columns, relation, own) USING policy;
END
$$;

COMMENT ON FUNCTION sla._source_rows(regclass, text) IS
'What a source says is due; of one that has a column policy, the rows of that policy.';

CREATE FUNCTION sla._duty_stops(ticket_id bigint) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT s.event
	FROM sla.ticket AS t
	JOIN sla.clock AS c ON c.ticket_id = t.ticket_id AND c.stopped_at IS NULL AND c.cancelled_at IS NULL
	JOIN sla.target AS g ON g.policy = c.policy AND g.version = c.policy_version AND g.target = c.target
	CROSS JOIN LATERAL unnest(CASE WHEN g.stops_all THEN g.stops_on ELSE g.stops_on[1:1] END)
		WITH ORDINALITY AS s(event, position)
	WHERE t.ticket_id = _duty_stops.ticket_id AND g.on_due IS NULL
		AND NOT EXISTS (SELECT FROM sla.event AS e WHERE e.ticket_id = t.ticket_id AND e.cycle = t.cycle
			AND e.event = s.event)
	GROUP BY s.event
	ORDER BY min(s.position), s.event;
END
$$;

COMMENT ON FUNCTION sla._duty_stops(bigint) IS
'The events that would fulfil what a duty''s ticket still promises: of each promise the first of its stops, or all that are missing.';

CREATE FUNCTION sla._follow_source(d record, action record, as_of timestamptz, last_sweep timestamptz) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	ticket bigint := action.ticket_id;
	stop text;
	-- What came too late to count at its own time may have been entered in time, while no sweep came.
	attested CONSTANT boolean := coalesce(as_of > action.done_at + d.late_record_window
		AND last_sweep <= action.done_at + d.late_record_window, false);
BEGIN
	IF action.what = 'open' THEN
		INSERT INTO sla.ticket AS t (type, policy, duty, subject_key, period, subject, department, owner, assignee,
			received_at, due_at, attributes)
		VALUES ('duty', d.policy, d.duty, action.subject, action.period, coalesce(d.title, d.title_zh, d.duty),
			coalesce(action.department, d.department), d.owner, coalesce(action.assignee, d.assignee),
			action.received_at, action.due_at, coalesce(action.attributes, '{}'))
		RETURNING t.ticket_id INTO ticket;
		INSERT INTO sla.duty_run AS k (policy, duty, subject_key, period, ticket_id, starts_at, opened_at)
		VALUES (d.policy, d.duty, action.subject, action.period, ticket, action.received_at, sla.now())
		ON CONFLICT (policy, duty, subject_key, period) DO UPDATE
			SET ticket_id = excluded.ticket_id, starts_at = excluded.starts_at, opened_at = excluded.opened_at,
				withdrawn_at = NULL
			WHERE k.withdrawn_at IS NOT NULL;
		IF NOT FOUND THEN
			RAISE unique_violation USING MESSAGE = 'another sweep has opened the period';
		END IF;
	ELSE
		-- A sweep waits for nobody (W-1); who is at work on the ticket is met again in a minute.
		PERFORM FROM sla.ticket AS t
		WHERE t.ticket_id = ticket AND t.closed_at IS NULL
		FOR NO KEY UPDATE SKIP LOCKED;
		IF NOT FOUND THEN
			RETURN NULL;
		END IF;
	END IF;
	IF action.what = 'move' THEN
		UPDATE sla.ticket AS t SET due_at = action.due_at WHERE t.ticket_id = ticket;
	ELSIF action.what = 'withdraw' THEN
		PERFORM sla._record_attested(ticket, 'withdrawn', as_of, true);
		UPDATE sla.duty_run AS k SET withdrawn_at = as_of
		WHERE k.policy = d.policy AND k.duty = d.duty AND k.ticket_id = ticket;
	ELSIF action.done_at <= as_of THEN
		FOR stop IN SELECT s FROM sla._duty_stops(ticket) AS s LOOP
			PERFORM sla._record_attested(ticket, stop, greatest(action.done_at, action.received_at), attested);
		END LOOP;
	END IF;
	RETURN CASE action.what WHEN 'open' THEN ticket END;
END
$$;

COMMENT ON FUNCTION sla._follow_source(record, record, timestamptz, timestamptz) IS
'Does for one row of a source what it says: opens a ticket and returns it, records that it was done, moves its date, or withdraws it.';

CREATE FUNCTION sla._source_actions(d record, as_of timestamptz) RETURNS TABLE (what text, ticket_id bigint,
	subject text, period text, received_at timestamptz, due_at timestamptz, done_at timestamptz, department text,
	assignee text, attributes jsonb)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH given AS MATERIALIZED (
		SELECT s.*, s.period IS NOT NULL AND coalesce(isfinite(s.due_at), false)
			AND row_number() OVER (PARTITION BY coalesce(s.subject, ''), s.period ORDER BY s.due_at) = 1 AS is_sound
		FROM sla._source_rows(sla._source_relation(d.source), d.policy) AS s
	), sound AS (
		SELECT coalesce(g.subject, '') COLLATE "C" AS subject, g.period COLLATE "C" AS period, g.opens_at, g.due_at,
			g.done_at, g.department, g.assignee, g.attributes
		FROM given AS g WHERE g.is_sound
	), held AS MATERIALIZED (
		SELECT v.holds_from, v.holds_until FROM sla._duty_versions() AS v
		WHERE v.policy = d.policy AND v.duty = d.duty
	), running AS MATERIALIZED (
		SELECT t.ticket_id, t.subject_key COLLATE "C" AS subject, t.period COLLATE "C" AS period, t.received_at, t.due_at
		FROM sla.ticket AS t
		JOIN sla.duty AS x ON x.policy = t.policy AND x.version = t.policy_version AND x.duty = t.duty
		WHERE t.policy = d.policy AND t.duty = d.duty AND t.closed_at IS NULL AND x.every IS NULL
	), forgotten AS MATERIALIZED (
		SELECT k.period, k.subject_key FROM sla.duty_run AS k
		WHERE k.policy = d.policy AND k.duty = d.duty AND k.subject_key LIKE 'sha256:%'
	)
	-- Rows that cannot be used, as a number.
	SELECT 'faulty', count(*), NULL::text, NULL::text, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz,
		NULL::text, NULL::text, NULL::jsonb
	FROM given AS g WHERE NOT g.is_sound HAVING count(*) > 0
	UNION ALL
	-- What is open already.
	(SELECT a.what, r.ticket_id, r.subject, r.period, r.received_at, s.due_at, s.done_at, NULL, NULL, NULL
	FROM running AS r
	LEFT JOIN sound AS s ON s.subject = r.subject AND s.period = r.period
	CROSS JOIN LATERAL (SELECT CASE
		WHEN s.done_at <= as_of THEN 'done'
		WHEN r.due_at < as_of THEN NULL -- a miss stays, and is filed by whoever missed it
		WHEN s.period IS NULL THEN 'withdraw'
		WHEN s.due_at <> r.due_at THEN 'move' END AS what) AS a
	WHERE a.what IS NOT NULL
	ORDER BY r.ticket_id)
	UNION ALL
	-- What is to be opened: as of its own time if the duty held then, else of when it began to hold.
	(SELECT 'open', NULL, s.subject, s.period, o.received_at, s.due_at, s.done_at, s.department, s.assignee, s.attributes
	FROM sound AS s
	CROSS JOIN LATERAL (SELECT CASE
		WHEN s.opens_at IS NULL THEN as_of
		WHEN EXISTS (SELECT FROM held AS h WHERE h.holds_from <= s.opens_at AND s.opens_at < h.holds_until)
			THEN s.opens_at
		ELSE greatest(s.opens_at, d.holds_from) END AS received_at) AS o
	WHERE o.received_at <= as_of
		AND EXISTS (SELECT FROM held AS h WHERE h.holds_from <= o.received_at AND o.received_at < h.holds_until)
		AND s.due_at >= least(o.received_at, d.holds_from)
		AND coalesce(s.done_at > o.received_at, true)
		AND NOT EXISTS (SELECT FROM sla.duty_run AS k WHERE k.policy = d.policy AND k.duty = d.duty
			AND k.period = s.period AND k.subject_key = s.subject AND k.withdrawn_at IS NULL)
		AND NOT EXISTS (SELECT FROM forgotten AS k WHERE k.period = s.period
			AND k.subject_key = sla._forgotten_subject(d.policy, d.duty, s.period, s.subject) COLLATE "C")
	ORDER BY o.received_at, s.subject, s.period);
END
$$;

COMMENT ON FUNCTION sla._source_actions(record, timestamptz) IS
'Compares what a source says with the tickets there are: what is to be opened, was done, has moved, has vanished. One reading of the source.';

CREATE FUNCTION sla._read_source(d record, as_of timestamptz, last_sweep timestamptz, room bigint,
	OUT tickets bigint[], OUT more boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	action record;
	ticket bigint;
	faulty bigint := 0;
	failed boolean := false;
BEGIN
	tickets := '{}';
	more := false;
	FOR action IN SELECT * FROM sla._source_actions(d, as_of) LOOP
		IF action.what = 'faulty' THEN
			faulty := action.ticket_id;
		ELSIF action.what = 'open' AND cardinality(tickets) >= room THEN
			more := true;
			EXIT;
		ELSE
			-- One row that cannot be followed does not keep the others from it.
			BEGIN
				ticket := sla._follow_source(d, action, as_of, last_sweep);
				tickets := array_remove(tickets || ticket, NULL);
				DELETE FROM sla.finding AS f
				WHERE f.ticket_id = action.ticket_id AND f.code = 'duty_failed' AND f.object = d.object;
			EXCEPTION WHEN OTHERS THEN
				failed := failed OR action.ticket_id IS NULL;
				PERFORM sla._duty_failed(SQLSTATE, format('%s/%s: %s', action.subject, action.period, SQLERRM),
					'duty_failed', d.object, coalesce(action.ticket_id, 0));
			END;
		END IF;
	END LOOP;
	IF faulty > 0 THEN
		PERFORM sla._note_duty('duty_source_rows', d.object, 0,
			format('rows of source "%s" that have no period or no due_at, or that come twice, and are left out: %s', d.source, faulty));
	END IF;
	-- What was wrong and is not any more.
	DELETE FROM sla.finding AS f
	WHERE f.ticket_id = 0 AND f.object = d.object
		AND (f.code = 'duty_source_unusable' OR f.code = 'duty_source_rows' AND faulty = 0 OR f.code = 'duty_failed' AND NOT failed);
END
$$;

COMMENT ON FUNCTION sla._read_source(record, timestamptz, timestamptz, bigint) IS
'Reads the source of one duty and follows what it says; opens at most room tickets, then more.';

--
-- The sweep's part
--

CREATE FUNCTION sla._next_duty_at(d record, as_of timestamptz) RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	from_at CONSTANT timestamptz := greatest(d.holds_from, as_of + interval '1 microsecond');
	next_at timestamptz;
BEGIN
	IF d.every IS NULL THEN
		RETURN CASE WHEN d.holds_from > as_of THEN d.holds_from
			WHEN d.is_read THEN date_trunc('minute', as_of) + interval '1 minute'
			ELSE 'infinity' END;
	ELSIF from_at >= d.holds_until THEN
		RETURN 'infinity';
	END IF;
	SELECT min(s.start AT TIME ZONE d.time_zone) INTO next_at
	FROM sla._period_starts(d.every, d.anchor, d.time_zone, from_at, from_at + d.every + interval '3 days') AS s(start);
	RETURN CASE WHEN next_at < d.holds_until THEN next_at ELSE 'infinity' END;
END
$$;

COMMENT ON FUNCTION sla._next_duty_at(record, timestamptz) IS
'When the sweep has to look at a duty again: at the next period, or at a source in the next minute.';

CREATE FUNCTION sla._open_duties(as_of timestamptz, max_duties bigint, last_sweep timestamptz,
	OUT tickets bigint[], OUT breaches bigint, OUT more boolean, OUT next_at timestamptz)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET datestyle = 'ISO, YMD'
SET intervalstyle = 'postgres'
AS $$
DECLARE
	d record;
	done record;
BEGIN
	tickets := '{}';
	more := false;
	next_at := 'infinity';
	FOR d IN
		SELECT v.*, x.title, x.title_zh, x.every, x.anchor, x.due_after, x.shift, x.calendar, x.source, x.subjects,
			x.department, x.owner, x.assignee, p.late_record_window,
			-- One version's source is read: the newest's, while it holds, did so at the last sweep, or has tickets open.
			coalesce(lead(v.holds_from) OVER w > as_of, true)
			AND (v.holds_until > coalesce(last_sweep, '-infinity')
				OR EXISTS (SELECT FROM sla.ticket AS t WHERE t.policy = v.policy AND t.duty = v.duty
					AND t.closed_at IS NULL)) AS is_read
		FROM sla._duty_versions() AS v
		JOIN sla.policy AS p ON p.policy = v.policy AND p.version = v.version
		JOIN sla.duty AS x ON x.policy = v.policy AND x.version = v.version AND x.duty = v.duty
		WINDOW w AS (PARTITION BY v.policy, v.duty ORDER BY v.holds_from)
		ORDER BY v.policy, v.duty, v.holds_from
	LOOP
		more := more OR cardinality(tickets) >= max_duties;
		EXIT WHEN more;
		-- A source is read as the policy's own people would read it.
		PERFORM set_config('timezone', d.time_zone, true);
		BEGIN
			next_at := least(next_at, sla._next_duty_at(d, as_of));
			CONTINUE WHEN d.holds_from > as_of OR (d.every IS NULL AND NOT d.is_read);
			IF d.every IS NULL THEN
				SELECT * INTO done FROM sla._read_source(d, as_of, last_sweep, max_duties - cardinality(tickets));
			ELSE
				SELECT * INTO done FROM sla._open_periods_of(d, as_of, max_duties - cardinality(tickets));
				DELETE FROM sla.finding AS f WHERE f.ticket_id = 0 AND f.object = d.object AND f.code = 'duty_failed';
			END IF;
			tickets := tickets || done.tickets;
			more := more OR done.more;
		EXCEPTION WHEN OTHERS THEN
			PERFORM sla._duty_failed(SQLSTATE, SQLERRM,
				CASE WHEN d.every IS NULL THEN 'duty_source_unusable' ELSE 'duty_failed' END, d.object, 0);
			next_at := least(next_at, date_trunc('minute', as_of) + interval '1 minute');
		END;
	END LOOP;
	IF more THEN
		next_at := as_of;
	END IF;
	SELECT count(*) INTO breaches FROM sla.breach AS b WHERE b.ticket_id = ANY (tickets) AND b.voided_at IS NULL;
END
$$;

COMMENT ON FUNCTION sla._open_duties(timestamptz, bigint, timestamptz) IS
'The sweep''s part of rule E-16: opens the tickets of every duty whose periods have begun as of an instant, and follows the sources. Returns the tickets, the breaches that they were opened with (V-26), whether there are more, and when to look again. What goes wrong with one duty is noted for sla.health and touches no other.';

--
-- For people
--

CREATE FUNCTION sla._duty_to_file(duty text, period text, subject text, policy text) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	policies text[];
	ticket bigint;
	others text;
BEGIN
	IF duty IS NULL OR subject IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'duty and subject must not be null',
			HINT = 'The subject of a duty of the company is an empty string.';
	END IF;
	SELECT (array_agg(t.ticket_id ORDER BY t.received_at, t.ticket_id))[1], array_agg(DISTINCT t.policy ORDER BY t.policy)
	INTO ticket, policies
	FROM sla.ticket AS t
	WHERE t.duty = _duty_to_file.duty AND t.closed_at IS NULL AND coalesce(t.subject_key, '') = _duty_to_file.subject
		AND (_duty_to_file.period IS NULL OR t.period = _duty_to_file.period)
		AND (_duty_to_file.policy IS NULL OR t.policy = _duty_to_file.policy);
	IF cardinality(policies) > 1 THEN
		RAISE ambiguous_parameter USING
			MESSAGE = format('duty "%s" is open under several policies', duty),
			HINT = format('Name the policy: %s.', array_to_string(policies, ', '));
	ELSIF ticket IS NOT NULL THEN
		RETURN ticket;
	ELSIF NOT EXISTS (SELECT FROM sla.duty AS x WHERE x.duty = _duty_to_file.duty)
		AND NOT EXISTS (SELECT FROM sla.ticket AS t WHERE t.duty = _duty_to_file.duty) THEN
		RAISE undefined_object USING
			MESSAGE = format('duty "%s" does not exist', duty),
			HINT = coalesce((SELECT 'The duties are: ' || string_agg(DISTINCT x.duty::text, ', ' ORDER BY x.duty::text) || '.'
				FROM sla.duty AS x), 'No policy has duties.');
	END IF;
	SELECT string_agg(concat_ws(' / ', nullif(t.subject_key, ''), t.period), ', ' ORDER BY t.received_at, t.ticket_id)
	INTO others
	FROM sla.ticket AS t WHERE t.duty = _duty_to_file.duty AND t.closed_at IS NULL;
	RAISE no_data_found USING
		MESSAGE = format('nothing of duty "%s" is open%s%s', duty,
			CASE subject WHEN '' THEN '' ELSE format(' for "%s"', subject) END, CASE WHEN period IS NULL THEN '' ELSE format(' in period "%s"', period) END),
		HINT = coalesce('Open are: ' || left(others, 200) || '.', 'The sweep opens it when its period begins; sla.duty_board tells what was filed.');
END
$$;

COMMENT ON FUNCTION sla._duty_to_file(text, text, text, text) IS
'The oldest open ticket of a duty, or an error that says what is open.';

CREATE FUNCTION sla.file_duty(duty text, period text DEFAULT NULL, subject text DEFAULT '', actor text DEFAULT NULL,
	note text DEFAULT NULL, at timestamptz DEFAULT NULL, policy text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	ticket CONSTANT bigint := sla._duty_to_file(duty, period, subject, policy);
	stops CONSTANT text[] := ARRAY(SELECT s FROM sla._duty_stops(ticket) AS s);
	stop text;
BEGIN
	IF stops = '{}' THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = format('ticket %s of duty "%s" waits for no event', ticket, duty),
			HINT = 'Say with sla.record() what has become of it, for example that it is "closed".';
	END IF;
	FOREACH stop IN ARRAY stops LOOP
		PERFORM sla.record(ticket, stop, at, actor, note);
	END LOOP;
	RETURN ticket;
END
$$;

COMMENT ON FUNCTION sla.file_duty(text, text, text, text, text, timestamptz, text) IS
'Says that a duty was done: records on its oldest open ticket, or that of a period, the event that its target waits for (a report filed, a meeting held), and returns the ticket. subject: which one, where a duty has several, such as a warehouse. Errors: 42704 unknown duty, the hint lists them; P0002 nothing of it is open, the hint says what is; 42P08 it is open under several policies; 55000 it waits for no event; and those of sla.record(). (D7-30, D7-36, D24-31)';
REVOKE EXECUTE ON FUNCTION sla.file_duty(text, text, text, text, text, timestamptz, text) FROM PUBLIC;

-- setup:

	CREATE TABLE IF NOT EXISTS sla.duty (
		policy text COLLATE "C" NOT NULL,
		version integer NOT NULL,
		duty text COLLATE "C" NOT NULL CHECK (duty <> ''),
		title text,
		title_zh text,
		every interval,
		anchor timestamp NOT NULL DEFAULT '2001-01-01 00:00' CHECK (isfinite(anchor)),
		due_after interval CHECK (due_after >= interval '0'),
		shift text NOT NULL DEFAULT 'none' CHECK (shift IN ('none', 'next', 'previous')),
		calendar text,
		source text,
		subjects text[] NOT NULL DEFAULT '{}' CHECK (array_position(subjects, NULL) IS NULL),
		department text COLLATE "C",
		owner text COLLATE "C",
		assignee text COLLATE "C",
		roles text[] NOT NULL DEFAULT '{}',
		active boolean NOT NULL DEFAULT true,
		active_since timestamptz,
		clause text,
		note text,
		PRIMARY KEY (policy, version, duty),
		FOREIGN KEY (policy, version) REFERENCES sla.policy ON UPDATE CASCADE ON DELETE CASCADE,
		CHECK (num_nonnulls(every, source) <= 1),
		CHECK (NOT active OR num_nonnulls(every, source) = 1)
	);
	COMMENT ON TABLE sla.duty IS
	'What a policy version wants done without a customer''s asking, period after period: a report by the 4th of the month, a weekly meeting, a visit, a stock-take. The sweep opens a ticket of type duty for every period (rule E-16). Who and where (subjects, department, owner, assignee, roles, source, active, active_since, note) may be changed after publication; what is promised may not.';
	COMMENT ON COLUMN sla.duty.policy IS 'The policy.';
	COMMENT ON COLUMN sla.duty.version IS 'Its version.';
	COMMENT ON COLUMN sla.duty.duty IS 'Name of the duty; its tickets carry it, and targets name it.';
	COMMENT ON COLUMN sla.duty.title IS 'What the duty is called, in English.';
	COMMENT ON COLUMN sla.duty.title_zh IS 'What the duty is called, in Chinese.';
	COMMENT ON COLUMN sla.duty.every IS 'Length of a period, as a calendar interval in the policy''s time zone: 1 week, 1 month, 1 year. Empty: the source says what is due.';
	COMMENT ON COLUMN sla.duty.anchor IS 'Local time at which some period begins; the others follow every so often before and after it. The default is a Monday, and the first of a month, a quarter and a year.';
	COMMENT ON COLUMN sla.duty.due_after IS 'Calendar interval from the beginning of a period to its deadline. "By the 4th, inclusive" is 4 days after the first: 24:00 of the 4th (K-15).';
	COMMENT ON COLUMN sla.duty.shift IS 'A deadline whose day is no working day of the calendar: none = stays, next or previous = moves to that working day, at the same time of day (K-15).';
	COMMENT ON COLUMN sla.duty.calendar IS 'Calendar of the working days that shift means.';
	COMMENT ON COLUMN sla.duty.source IS 'Instead of every: the view, as schema.name, whose rows are due: subject, period and due_at, and if it has them opens_at, done_at, department, assignee, attributes, policy. It must belong to the owner of the tables, since the sweep reads it in that name, and so must its schema, or to a superuser.';
	COMMENT ON COLUMN sla.duty.subjects IS 'One ticket per period for each of these, such as every warehouse; empty: one for the company. One that is added takes part from the next period on.';
	COMMENT ON COLUMN sla.duty.department IS 'Department whose duty it is.';
	COMMENT ON COLUMN sla.duty.owner IS 'Employee who owns its tickets: role agent.';
	COMMENT ON COLUMN sla.duty.assignee IS 'Employee who does it: role dept_handler; empty: the head of the department.';
	COMMENT ON COLUMN sla.duty.roles IS 'Roles that are told when a period opens.';
	COMMENT ON COLUMN sla.duty.active IS 'false: opens nothing until somebody sets it, such as a duty whose source the company has yet to name.';
	COMMENT ON COLUMN sla.duty.active_since IS 'No period that began before it is opened. Filled when a published duty is set active; set it yourself to have those opened that began meanwhile, or none before a date.';
	COMMENT ON COLUMN sla.duty.clause IS 'Where the regulation says so.';
	COMMENT ON COLUMN sla.duty.note IS 'Remark for people.';

	CREATE TABLE IF NOT EXISTS sla.duty_run (
		policy text COLLATE "C" NOT NULL,
		duty text COLLATE "C" NOT NULL,
		subject_key text COLLATE "C" NOT NULL DEFAULT '',
		period text COLLATE "C" NOT NULL,
		ticket_id bigint NOT NULL,
		starts_at timestamptz NOT NULL,
		opened_at timestamptz NOT NULL,
		withdrawn_at timestamptz,
		PRIMARY KEY (policy, duty, subject_key, period)
	);
	COMMENT ON TABLE sla.duty_run IS
	'Which periods of which duty have been opened, so that each is opened once, however late or often the sweep comes (V-26).';
	COMMENT ON COLUMN sla.duty_run.policy IS 'The policy.';
	COMMENT ON COLUMN sla.duty_run.duty IS 'Name of the duty.';
	COMMENT ON COLUMN sla.duty_run.subject_key IS 'What the duty is about, such as a warehouse; empty: the company. Once the ticket has been purged: sha256 and a digest, from which nobody can read it.';
	COMMENT ON COLUMN sla.duty_run.period IS 'The period: its first local day, with the time where it begins later, or what the source calls it.';
	COMMENT ON COLUMN sla.duty_run.ticket_id IS 'The ticket that was opened for it.';
	COMMENT ON COLUMN sla.duty_run.starts_at IS 'When the period began: received_at of the ticket.';
	COMMENT ON COLUMN sla.duty_run.opened_at IS 'When the sweep opened it.';
	COMMENT ON COLUMN sla.duty_run.withdrawn_at IS 'When its row vanished from the source before it was due. If the row comes back, a new ticket is opened.';

	-- A source is compared with what is open of its duty every minute.
	CREATE INDEX IF NOT EXISTS ticket_duty ON sla.ticket (duty, due_at) WHERE duty IS NOT NULL;
	CREATE INDEX IF NOT EXISTS ticket_duty_open ON sla.ticket (duty) WHERE duty IS NOT NULL AND closed_at IS NULL;

	CREATE OR REPLACE TRIGGER activated BEFORE UPDATE ON sla.duty
		FOR EACH ROW WHEN (NEW.active AND NOT OLD.active) EXECUTE FUNCTION sla.duty_activated();
	CREATE OR REPLACE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON sla.duty
		FOR EACH ROW EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON sla.duty
		FOR EACH STATEMENT EXECUTE FUNCTION sla.guard_published();

-- What people and BI tools see of it.  These views are made after those of report.sql,
-- under whose rules they are.

CREATE OR REPLACE VIEW sla.duty_facts AS
SELECT
  t.ticket_id,
  t.policy::varchar(64) AS policy,
  t.policy_version,
  t.duty::varchar(64) AS duty,
  d.title::varchar(128) AS title,
  d.title_zh::varchar(128) AS title_zh,
  d.clause::varchar(64) AS clause,
  t.subject_key::varchar(128) AS subject_key,
  t.period::varchar(64) AS period,
  t.department::varchar(64) AS department,
  t.owner::varchar(64) AS owner,
  t.assignee::varchar(64) AS assignee,
  (CASE WHEN j.is_overdue THEN 'overdue' WHEN j.is_filed AND j.is_late THEN 'late' WHEN j.is_filed THEN 'filed'
        WHEN t.closed_at IS NOT NULL THEN 'closed' ELSE 'open' END)::varchar(16) AS state,
  t.received_at AS starts_at,
  j.due_at,
  ((j.due_at - interval '1 microsecond') AT TIME ZONE z.time_zone)::date AS last_day,
  date_trunc('month', (j.due_at - interval '1 microsecond') AT TIME ZONE z.time_zone)::date AS month_start,
  k.filed_at,
  (CASE WHEN t.closed_at IS NULL AND NOT j.is_filed
        THEN extract(epoch FROM j.due_at - (SELECT n.as_of FROM sla.as_of AS n)) / 86400 END)::float8 AS days_left,
  d.duty IS NOT NULL AS is_scheduled,
  (d.duty IS NOT NULL)::int AS scheduled_count,
  t.closed_at IS NULL AS is_open,
  (t.closed_at IS NULL)::int AS open_count,
  j.is_filed,
  j.is_filed::int AS filed_count,
  j.is_late,
  j.is_late::int AS late_count,
  j.is_overdue,
  j.is_overdue::int AS overdue_count
FROM sla.ticket AS t
LEFT JOIN sla.policy AS p ON p.policy = t.policy AND p.version = t.policy_version
LEFT JOIN sla.duty AS d ON d.policy = t.policy AND d.version = t.policy_version AND d.duty = t.duty
CROSS JOIN LATERAL (SELECT coalesce(p.time_zone, 'Asia/Shanghai') AS time_zone) AS z
CROSS JOIN LATERAL (
  SELECT min(c.due_at) AS due_at, max(c.stopped_at) AS filed_at,
         bool_or(c.state = 'breached' AND NOT c.is_void) AS is_late,
         bool_or(c.is_overdue) AS is_overdue
  FROM sla.clock_state AS c
  WHERE c.ticket_id = t.ticket_id AND NOT c.is_timer
) AS k
CROSS JOIN LATERAL (
  SELECT coalesce(t.due_at, k.due_at) AS due_at, k.filed_at IS NOT NULL AS is_filed,
         coalesce(k.is_late, false) AS is_late, coalesce(k.is_overdue, false) AS is_overdue
) AS j
WHERE t.duty IS NOT NULL AND t.status <> 'withdrawn';

COMMENT ON VIEW sla.duty_facts IS
'Grain: one duty of one period and subject (a ticket), those that were withdrawn left out. When it was due and whether it was done in time. Documents that penalties ask for are among them; is_scheduled is true for those of sla.duty. Source of R-39.';
COMMENT ON COLUMN sla.duty_facts.ticket_id IS 'The ticket of the duty.';
COMMENT ON COLUMN sla.duty_facts.policy IS 'Policy that wants it.';
COMMENT ON COLUMN sla.duty_facts.policy_version IS 'Version in force when the period began.';
COMMENT ON COLUMN sla.duty_facts.duty IS 'Name of the duty.';
COMMENT ON COLUMN sla.duty_facts.title IS 'What the duty is called, in English.';
COMMENT ON COLUMN sla.duty_facts.title_zh IS 'What the duty is called, in Chinese.';
COMMENT ON COLUMN sla.duty_facts.clause IS 'Clause of the regulation that says so.';
COMMENT ON COLUMN sla.duty_facts.subject_key IS 'What it is about, such as a warehouse; empty: the company. Readers see it: a source about customers should give a key that says nothing about them.';
COMMENT ON COLUMN sla.duty_facts.period IS 'The period: its first local day, or what the source calls it.';
COMMENT ON COLUMN sla.duty_facts.department IS 'Department whose duty it is.';
COMMENT ON COLUMN sla.duty_facts.owner IS 'Employee who owns it.';
COMMENT ON COLUMN sla.duty_facts.assignee IS 'Employee who does it; null: the head of the department.';
COMMENT ON COLUMN sla.duty_facts.state IS 'open; overdue: open and past its deadline; filed: done in time; late: done after it; closed: ended otherwise.';
COMMENT ON COLUMN sla.duty_facts.starts_at IS 'When the period began.';
COMMENT ON COLUMN sla.duty_facts.due_at IS 'The deadline. Done exactly then is in time.';
COMMENT ON COLUMN sla.duty_facts.last_day IS 'Last local day on which it can be done in time: a deadline at 24:00 of the 4th has the 4th.';
COMMENT ON COLUMN sla.duty_facts.month_start IS 'First day of the month of last_day.';
COMMENT ON COLUMN sla.duty_facts.filed_at IS 'When it was done: the report filed, the meeting held; null: not yet.';
COMMENT ON COLUMN sla.duty_facts.days_left IS 'Elapsed days to the deadline, negative when overdue; null once it was done or closed.';
COMMENT ON COLUMN sla.duty_facts.is_scheduled IS 'Whether it is a row of sla.duty, and not the document of a penalty.';
COMMENT ON COLUMN sla.duty_facts.scheduled_count IS '1 if is_scheduled, else 0.';
COMMENT ON COLUMN sla.duty_facts.is_open IS 'Whether it still waits.';
COMMENT ON COLUMN sla.duty_facts.open_count IS '1 if is_open, else 0.';
COMMENT ON COLUMN sla.duty_facts.is_filed IS 'Whether it was done, in time or late.';
COMMENT ON COLUMN sla.duty_facts.filed_count IS '1 if is_filed, else 0.';
COMMENT ON COLUMN sla.duty_facts.is_late IS 'Whether its deadline was missed, done meanwhile or not; a void miss is none.';
COMMENT ON COLUMN sla.duty_facts.late_count IS '1 if is_late, else 0.';
COMMENT ON COLUMN sla.duty_facts.is_overdue IS 'Whether its deadline was missed and it still waits.';
COMMENT ON COLUMN sla.duty_facts.overdue_count IS '1 if is_overdue, else 0.';

CREATE OR REPLACE VIEW sla.duty_board WITH (security_barrier) AS
SELECT f.ticket_id, f.policy, f.duty, f.title, f.title_zh, f.clause, f.subject_key, f.period, f.department, f.owner,
  f.assignee, f.state, f.starts_at, f.due_at, f.last_day, f.filed_at, f.days_left,
  f.is_open, f.open_count, f.is_overdue, f.overdue_count, f.is_late, f.late_count
FROM sla.duty_facts AS f
WHERE (f.is_open OR f.due_at > (SELECT n.as_of FROM sla.as_of AS n) - interval '60 days')
  -- Agents read this view; where row security is on, it hides what sla.ticket hides.
  AND ((SELECT sla._sees_hidden()) OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = f.ticket_id));

COMMENT ON VIEW sla.duty_board IS
'R-39, live (clauses D7-30, D7-36, D24-31). Grain: one duty of one period and subject that is open, or was due in the last 60 days. Sort by is_open DESC, due_at.';
COMMENT ON COLUMN sla.duty_board.ticket_id IS 'The ticket of the duty; sla.file_duty() finds it by name.';
COMMENT ON COLUMN sla.duty_board.policy IS 'Policy that wants it.';
COMMENT ON COLUMN sla.duty_board.duty IS 'Name of the duty.';
COMMENT ON COLUMN sla.duty_board.title IS 'What the duty is called, in English.';
COMMENT ON COLUMN sla.duty_board.title_zh IS 'What the duty is called, in Chinese.';
COMMENT ON COLUMN sla.duty_board.clause IS 'Clause of the regulation that says so.';
COMMENT ON COLUMN sla.duty_board.subject_key IS 'What it is about, such as a warehouse; empty: the company. Readers see it, as in sla.duty_facts.';
COMMENT ON COLUMN sla.duty_board.period IS 'The period: its first local day, or what the source calls it.';
COMMENT ON COLUMN sla.duty_board.department IS 'Department whose duty it is.';
COMMENT ON COLUMN sla.duty_board.owner IS 'Employee who owns it.';
COMMENT ON COLUMN sla.duty_board.assignee IS 'Employee who does it; null: the head of the department.';
COMMENT ON COLUMN sla.duty_board.state IS 'open; overdue: open and past its deadline; filed: done in time; late: done after it; closed: ended otherwise.';
COMMENT ON COLUMN sla.duty_board.starts_at IS 'When the period began.';
COMMENT ON COLUMN sla.duty_board.due_at IS 'The deadline. Done exactly then is in time.';
COMMENT ON COLUMN sla.duty_board.last_day IS 'Last local day on which it can be done in time: a deadline at 24:00 of the 4th has the 4th.';
COMMENT ON COLUMN sla.duty_board.filed_at IS 'When it was done; null: not yet.';
COMMENT ON COLUMN sla.duty_board.days_left IS 'Elapsed days to the deadline, negative when overdue; null once it was done or closed.';
COMMENT ON COLUMN sla.duty_board.is_open IS 'Whether it still waits.';
COMMENT ON COLUMN sla.duty_board.open_count IS '1 if is_open, else 0.';
COMMENT ON COLUMN sla.duty_board.is_overdue IS 'Whether its deadline was missed and it still waits.';
COMMENT ON COLUMN sla.duty_board.overdue_count IS '1 if is_overdue, else 0.';
COMMENT ON COLUMN sla.duty_board.is_late IS 'Whether its deadline was missed, done meanwhile or not.';
COMMENT ON COLUMN sla.duty_board.late_count IS '1 if is_late, else 0.';

CREATE OR REPLACE VIEW sla.filing_compliance_monthly AS
SELECT
  f.month_start, f.policy, f.duty,
  max(f.title)::varchar(128) AS title,
  max(f.title_zh)::varchar(128) AS title_zh,
  max(f.clause)::varchar(64) AS clause,
  count(*)::int AS due_count,
  sum(f.filed_count)::int AS filed_count,
  sum(f.filed_count * (1 - f.late_count))::int AS on_time_count,
  sum(f.filed_count * f.late_count)::int AS late_count,
  sum((1 - f.filed_count) * f.late_count)::int AS missing_count,
  (sum(f.filed_count * (1 - f.late_count))::numeric / count(*))::numeric(5,4) AS on_time_rate
FROM (
  SELECT y.month_start, y.policy, y.duty, y.title, y.title_zh, y.clause, y.filed_count, y.late_count
  FROM sla.duty_facts AS y
  WHERE y.is_scheduled
  UNION ALL
  SELECT g.due_month_start, g.policy, g.duty, d.title, d.title_zh, d.clause, g.is_filed::int, g.is_late::int
  FROM sla.purged_ticket_facts AS g
  LEFT JOIN sla.duty AS d ON d.policy = g.policy AND d.version = g.policy_version AND d.duty = g.duty
  WHERE g.due_month_start IS NOT NULL
) AS f
-- What is not done and not due yet is no figure of any month.
WHERE f.filed_count + f.late_count > 0
GROUP BY f.month_start, f.policy, f.duty;

COMMENT ON VIEW sla.filing_compliance_monthly IS
'R-39 (clauses D7-30, D7-36, D24-31), by month of the last day in time. Grain: month, policy, duty. Scheduled reports, meetings, archives, visits of the month that were done or fell due: how many were done in time, late, not at all. Those that have been purged are counted on.';
COMMENT ON COLUMN sla.filing_compliance_monthly.month_start IS 'First day of the local month in which the last day in time lies.';
COMMENT ON COLUMN sla.filing_compliance_monthly.policy IS 'Policy that wants it.';
COMMENT ON COLUMN sla.filing_compliance_monthly.duty IS 'Name of the duty.';
COMMENT ON COLUMN sla.filing_compliance_monthly.title IS 'What the duty is called, in English.';
COMMENT ON COLUMN sla.filing_compliance_monthly.title_zh IS 'What the duty is called, in Chinese.';
COMMENT ON COLUMN sla.filing_compliance_monthly.clause IS 'Clause of the regulation that says so.';
COMMENT ON COLUMN sla.filing_compliance_monthly.due_count IS 'How many were due: done, or missed by now.';
COMMENT ON COLUMN sla.filing_compliance_monthly.filed_count IS 'Of these: done, in time or late.';
COMMENT ON COLUMN sla.filing_compliance_monthly.on_time_count IS 'Of these: done in time, or late with a void miss.';
COMMENT ON COLUMN sla.filing_compliance_monthly.late_count IS 'Done, but late.';
COMMENT ON COLUMN sla.filing_compliance_monthly.missing_count IS 'Missed and not done yet.';
COMMENT ON COLUMN sla.filing_compliance_monthly.on_time_rate IS 'on_time_count / due_count, 0 to 1.';

CREATE OR REPLACE VIEW sla.silent_channel AS
SELECT
  i.policy::varchar(64) AS policy,
  i.channel::varchar(64) AS subject,
  to_char(i.received_at AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'), 'YYYY-MM-DD HH24:MI:SS')::varchar(64) AS period,
  i.received_at AS opens_at,
  i.received_at + interval '24:00:00' AS due_at,
  i.next_at AS done_at,
  (extract(epoch FROM coalesce(i.next_at, n.as_of) - i.received_at) / 60)::float8 AS minutes_silent,
  i.next_at IS NULL AS is_silent,
  (i.next_at IS NULL)::int AS silent_count
FROM (SELECT (SELECT w.as_of FROM sla.as_of AS w) AS as_of) AS n
CROSS JOIN LATERAL (
  SELECT t.policy, t.policy_version, t.channel, t.received_at,
         lead(t.received_at) OVER (PARTITION BY t.policy, t.channel ORDER BY t.received_at, t.ticket_id) AS next_at
  FROM sla.ticket AS t
  WHERE t.received_at > n.as_of - interval '30 days' AND t.received_at <= n.as_of
    AND t.duty IS NULL AND t.channel IS NOT NULL
) AS i
LEFT JOIN sla.policy AS p ON p.policy = i.policy AND p.version = i.policy_version
WHERE coalesce(i.next_at, n.as_of) > i.received_at + interval '24:00:00';

COMMENT ON VIEW sla.silent_channel IS
'Clause D2-17, preset row P2-13: is every channel watched? Grain: one silence of more than 24 hours of one channel under one policy, among the tickets of the last 30 days; a channel that had none in that time is not in use. 24 hours are advice, no clause has a number. Has the columns of a duty''s source: a duty whose source is sla.silent_channel gets a ticket, already missed, for each silence, and the next intake ends it.';
COMMENT ON COLUMN sla.silent_channel.policy IS 'Policy of the channel''s tickets; as a source only the rows of the duty''s own policy are read.';
COMMENT ON COLUMN sla.silent_channel.subject IS 'The channel.';
COMMENT ON COLUMN sla.silent_channel.period IS 'Which silence: the local time of the last intake before it.';
COMMENT ON COLUMN sla.silent_channel.opens_at IS 'When the last ticket before it was received.';
COMMENT ON COLUMN sla.silent_channel.due_at IS '24 hours later.';
COMMENT ON COLUMN sla.silent_channel.done_at IS 'When the next ticket was received; null: the channel is still silent.';
COMMENT ON COLUMN sla.silent_channel.minutes_silent IS 'Elapsed minutes from the last intake to the next, or to now.';
COMMENT ON COLUMN sla.silent_channel.is_silent IS 'Whether the channel is still silent.';
COMMENT ON COLUMN sla.silent_channel.silent_count IS '1 if is_silent, else 0.';

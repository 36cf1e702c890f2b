--
-- oracle.sql
--		What the service desk owed, reckoned from the log alone: nothing here reads a table of schema sla or calls a function
--		of it.  Working time is generated day by day and intersected.  The rules are those that docs/engine.md and
--		docs/calendars.md tell people.
--
--		In UTC a day has 24 hours, so that intervals may be added up.
--
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA oracle;
CREATE TABLE oracle.as_of AS SELECT max(at) + interval '92 hours' AS at FROM eventlog.entry;

----------------------------------------------------------------------------------------------------------------------
-- Working time

CREATE TABLE oracle.period AS
SELECT d::date AS day, (d + h.opens) AT TIME ZONE 'Europe/Lisbon' AS opens_at, (d + h.closes) AT TIME ZONE 'Europe/Lisbon' AS closes_at
FROM generate_series(timestamp '2016-02-01', '2018-12-31', '1 day') d, (VALUES (interval '8:00', interval '12:30'), ('13:30', '18:00')) h (opens, closes)
WHERE (extract(isodow FROM d) < 6 OR d = '2016-03-19') AND d NOT IN ('2016-03-25', '2016-04-25')
	AND NOT (d = '2016-03-19' AND h.opens = '13:30') AND NOT (d = '2016-03-24' AND h.opens = '13:30');
UPDATE oracle.period SET opens_at = '2016-03-19 09:00 Europe/Lisbon', closes_at = '2016-03-19 13:00 Europe/Lisbon' WHERE day = '2016-03-19';
CREATE INDEX ON oracle.period (opens_at);

CREATE FUNCTION oracle.worked(from_at timestamptz, to_at timestamptz, always boolean) RETURNS interval LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN always THEN to_at - from_at ELSE (SELECT coalesce(sum(least(p.closes_at, to_at) - greatest(p.opens_at, from_at)), '0')
		FROM oracle.period p WHERE p.opens_at < to_at AND p.closes_at > from_at AND p.opens_at > from_at - interval '1 day') END
$$;

-- The earliest instant at which so much has been worked since another.
CREATE FUNCTION oracle.after(from_at timestamptz, span interval, always boolean) RETURNS timestamptz LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN always THEN from_at + span ELSE (
		SELECT w.begins_at + span - w.before FROM (
			SELECT p.begins_at, p.length, coalesce(sum(p.length) OVER (ORDER BY p.begins_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '0') AS before
			FROM (SELECT greatest(o.opens_at, from_at) AS begins_at, o.closes_at - greatest(o.opens_at, from_at) AS length FROM oracle.period o
				WHERE o.closes_at > from_at AND o.opens_at BETWEEN from_at - interval '1 day' AND from_at + interval '60 days') p) w
		WHERE span <= w.before + w.length ORDER BY w.begins_at LIMIT 1) END
$$;

-- Days are working days, and end when the last of them closes; the day of the start does not count.
CREATE FUNCTION oracle.after_days(from_at timestamptz, days integer) RETURNS timestamptz LANGUAGE sql STABLE AS $$
	SELECT max(p.closes_at) FROM oracle.period p WHERE p.day > (from_at AT TIME ZONE 'Europe/Lisbon')::date AND p.day < (from_at AT TIME ZONE 'Europe/Lisbon')::date + 30
	GROUP BY p.day ORDER BY p.day LIMIT 1 OFFSET days - 1
$$;

----------------------------------------------------------------------------------------------------------------------
-- What happened: the log as events, each in its place

-- Every entry beside the one before it.
CREATE TABLE oracle.entry AS
SELECT e.no, e.number, e.at, e.state, lag(e.state) OVER w AS was, e.assignment_group, e.assigned_to,
	row_number() OVER w = 1 AS is_first,
	-- An incident is here when it is entered, whatever it says of when it was opened.
	least(first_value(e.opened_at) OVER w AT TIME ZONE 'Europe/Lisbon', first_value(e.at) OVER w) AS received_at,
	least(coalesce(e.resolved_at AT TIME ZONE 'Europe/Lisbon', e.at), e.at) AS resolved_at,
	CASE e.priority WHEN '1 - Critical' THEN 'urgent' WHEN '2 - High' THEN 'important' ELSE 'normal' END AS urgency,
	lag(e.priority) OVER w AS old_priority, e.priority,
	e.assignment_group IS NOT NULL AND (row_number() OVER w = 1 OR e.assignment_group IS DISTINCT FROM lag(e.assignment_group) OVER w)
		OR e.assigned_to IS NOT NULL AND (row_number() OVER w = 1 OR e.assigned_to IS DISTINCT FROM lag(e.assigned_to) OVER w) AS is_assigned
FROM eventlog.entry e WINDOW w AS (PARTITION BY e.number ORDER BY e.no);
CREATE INDEX ON oracle.entry (number, no);

CREATE TABLE oracle.event AS
WITH told AS (
	SELECT number, no, 0 AS rank, 'received' AS event, received_at AS at FROM oracle.entry WHERE is_first
	UNION ALL SELECT number, no, 1, 'priority', CASE WHEN is_first THEN received_at ELSE at END FROM oracle.entry WHERE is_first OR priority <> old_priority
	UNION ALL SELECT number, no, 2, 'assigned', CASE WHEN is_first THEN received_at ELSE at END FROM oracle.entry WHERE is_assigned
	UNION ALL SELECT number, no, 3, 'reopened', at FROM oracle.entry WHERE was IN ('Resolved', 'Closed') AND state NOT IN ('Resolved', 'Closed')
	-- A resolution that is told within a day counts when it was, and never before the reception; else when it is told.
	UNION ALL SELECT number, no, 4, 'resolved', CASE WHEN at - greatest(resolved_at, received_at) <= interval '24 hours' THEN greatest(resolved_at, received_at) ELSE at END
		FROM oracle.entry WHERE state = 'Resolved'
	UNION ALL SELECT number, no, 5, 'closed', at FROM oracle.entry WHERE state = 'Closed'
	UNION ALL SELECT number, no, 6, 'first_response', at FROM oracle.entry WHERE state <> 'New'
	UNION ALL SELECT number, no, 7, 'updated', at FROM oracle.entry WHERE state NOT IN ('Resolved', 'Closed')
), placed AS (
	SELECT *, row_number() OVER (PARTITION BY number ORDER BY at, no, rank) AS place FROM told
), ended AS (
	SELECT *, coalesce(max(place) FILTER (WHERE event = 'closed') OVER w, 0) > coalesce(max(place) FILTER (WHERE event = 'reopened') OVER w, 0) AS is_closed
	FROM placed WINDOW w AS (PARTITION BY number ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
-- A closed incident can be reopened and corrected, and that is all.
SELECT number, no, event, at, place, (1 + count(*) FILTER (WHERE event = 'reopened') OVER (PARTITION BY number ORDER BY place))::integer AS cycle
FROM ended WHERE NOT is_closed OR event IN ('reopened', 'priority', 'assigned');
CREATE INDEX ON oracle.event (number, place);
ANALYZE oracle.period, oracle.entry, oracle.event;

-- What the urgency was from an event until before another.
CREATE TABLE oracle.urgency AS
WITH said AS (
	SELECT v.number, v.place, v.at, e.urgency, lag(e.urgency) OVER (PARTITION BY v.number ORDER BY v.place) AS before
	FROM oracle.event v JOIN oracle.entry e USING (number, no) WHERE v.event = 'priority'
)
SELECT number, urgency, place, lead(place) OVER w AS until_place, lead(at) OVER w AS until_at
FROM said WHERE urgency IS DISTINCT FROM before WINDOW w AS (PARTITION BY number ORDER BY place);
CREATE INDEX ON oracle.urgency (number);

-- When it waited for what: from the first entry that says so until the next that says otherwise.
CREATE TABLE oracle.waiting AS
WITH turned AS (
	SELECT number, state, at AS from_at, lead(at) OVER (PARTITION BY number ORDER BY no) AS to_at FROM oracle.entry WHERE state IS DISTINCT FROM was
)
SELECT number, from_at, to_at FROM turned WHERE state LIKE 'Awaiting%';
CREATE INDEX ON oracle.waiting (number);
ANALYZE oracle.urgency, oracle.waiting;

----------------------------------------------------------------------------------------------------------------------
-- What was promised

CREATE TABLE oracle.promise (target text, urgency text, starts text, stops text, span interval, days integer, always boolean, again boolean, pausable boolean);
INSERT INTO oracle.promise VALUES
	('respond_urgent', 'urgent', NULL, 'first_response', '10 min', NULL, true, false, true),
	('respond_important', 'important', NULL, 'first_response', '1 hour', NULL, false, false, true),
	('respond', 'normal', NULL, 'first_response', '4 hours', NULL, false, false, true),
	('assign', NULL, NULL, 'assigned', '2 hours', NULL, false, false, false),
	('resolve_urgent', 'urgent', NULL, 'resolved', '8 hours', NULL, true, true, true),
	('resolve_important', 'important', NULL, 'resolved', '16 hours', NULL, false, true, true),
	('resolve', 'normal', NULL, 'resolved', NULL, 5, false, true, true),
	('close', NULL, 'resolved', 'closed', NULL, 5, false, true, false);

-- From a start until a promise ends at an instant (or does not yet): the deadline, and the waiting that moved it.
CREATE FUNCTION oracle.deadline(incident text, start_at timestamptz, span interval, days integer, always boolean, pausable boolean, ends_at timestamptz,
	OUT due_at timestamptz, OUT paused_for interval, OUT paused_at timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
	since timestamptz := start_at;
	remaining interval := span;
	pause record;
BEGIN
	paused_for := '0';
	due_at := CASE WHEN days IS NULL THEN oracle.after(start_at, span, always) ELSE oracle.after_days(start_at, days) END;
	remaining := oracle.worked(start_at, due_at, always);
	FOR pause IN SELECT greatest(w.from_at, start_at) AS from_at, least(w.to_at, ends_at) AS to_at FROM oracle.waiting w
		WHERE w.number = incident AND pausable AND coalesce(w.to_at > greatest(w.from_at, start_at), true) AND coalesce(w.from_at < ends_at, true)
		ORDER BY w.from_at LOOP
		EXIT WHEN due_at < pause.from_at;
		IF pause.to_at IS NULL THEN
			paused_at := pause.from_at;
			EXIT;
		END IF;
		remaining := remaining - oracle.worked(since, pause.from_at, always);
		since := pause.to_at;
		due_at := oracle.after(since, remaining, always);
		paused_for := paused_for + (pause.to_at - pause.from_at);
	END LOOP;
END
$$;

-- Every cycle from its beginning until it is closed, or reopened.
CREATE TABLE oracle.cycle AS
SELECT b.number, b.cycle, b.place, b.at,
	(SELECT min(x.place) FROM oracle.event x WHERE x.number = b.number AND x.place > b.place AND x.event IN ('closed', 'reopened')) AS end_place
FROM oracle.event b WHERE b.event IN ('received', 'reopened');
CREATE INDEX ON oracle.cycle (number, cycle);
ANALYZE oracle.cycle;

-- Promises that are kept once.  Of one that depends on the urgency, the last time that it was in force decides.
CREATE TABLE oracle.asked AS
WITH asked AS (
	SELECT c.number, c.cycle, p.*,
		CASE WHEN p.starts IS NULL THEN c.place ELSE (SELECT min(s.place) FROM oracle.event s WHERE s.number = c.number AND s.cycle = c.cycle AND s.event = p.starts) END AS start_place,
		(SELECT min(s.place) FROM oracle.event s WHERE s.number = c.number AND (s.cycle = c.cycle OR NOT p.again) AND s.event = p.stops) AS stop_place,
		-- What is not promised again ends with the first closing only.
		CASE WHEN p.again THEN c.end_place ELSE (SELECT min(x.place) FROM oracle.event x WHERE x.number = c.number AND x.event = 'closed') END AS end_place
	FROM oracle.cycle c JOIN oracle.promise p ON p.again OR c.cycle = 1
), begun AS (
	SELECT a.*, u.until_place AS lapse_place
	FROM asked a
	LEFT JOIN LATERAL (SELECT u.place, u.until_place FROM oracle.urgency u WHERE u.number = a.number AND u.urgency = a.urgency
		AND u.place < coalesce(a.end_place, 999999) AND coalesce(u.until_place > a.start_place, true) ORDER BY u.place DESC LIMIT 1) u ON true
	WHERE a.start_place < coalesce(a.end_place, 999999) AND (a.urgency IS NULL OR u.place IS NOT NULL)
), ended AS (
	SELECT b.*, b.stop_place IS NOT NULL AND b.stop_place <= coalesce(b.end_place, 999999) AND b.stop_place < coalesce(b.lapse_place, 999999) AS is_stopped,
		CASE WHEN b.lapse_place < coalesce(b.end_place, 999999) THEN b.lapse_place ELSE b.end_place END AS cancel_place
	FROM begun b
)
SELECT e.number, e.cycle, e.target, e.span, e.days, e.always, e.pausable, s.at AS started_at,
	CASE WHEN e.is_stopped THEN greatest(s.at, t.at) END AS stopped_at, CASE WHEN NOT e.is_stopped THEN x.at END AS cancelled_at
FROM ended e
JOIN oracle.event s ON s.number = e.number AND s.place = e.start_place
LEFT JOIN oracle.event t ON t.number = e.number AND t.place = e.stop_place
LEFT JOIN oracle.event x ON x.number = e.number AND x.place = e.cancel_place;
CREATE TABLE oracle.clock AS
SELECT t.number, t.target, t.cycle, 1 AS seq, t.started_at, d.due_at, d.paused_for, d.paused_at, t.stopped_at, t.cancelled_at
FROM oracle.asked t, oracle.deadline(t.number, t.started_at, t.span, t.days, t.always, t.pausable, coalesce(t.stopped_at, t.cancelled_at)) d;

-- The one that is kept again and again: from each deadline, and from each news, the next is 18 hours away.
CREATE FUNCTION oracle.follow(incident text, in_cycle integer) RETURNS SETOF oracle.clock LANGUAGE plpgsql STABLE AS $$
DECLARE
	chain CONSTANT oracle.cycle := (SELECT c FROM oracle.cycle c WHERE c.number = incident AND c.cycle = in_cycle);
	link oracle.clock;
	links oracle.clock[];
	news record;
	d record;
BEGIN
	link := ROW (incident, 'update', in_cycle, 1, chain.at, NULL, NULL, NULL, NULL, NULL);
	FOR news IN
		SELECT e.at, e.place, e.event = 'updated' AS is_news FROM oracle.event e
		WHERE e.number = incident AND e.place > chain.place AND e.place <= coalesce(chain.end_place, e.place) AND e.event IN ('updated', 'resolved', 'closed', 'reopened')
		UNION ALL SELECT a.at, 999999, NULL FROM oracle.as_of a
		ORDER BY place
	LOOP
		LOOP
			SELECT * INTO d FROM oracle.deadline(incident, link.started_at, '18 hours', NULL, false, true, CASE WHEN news.is_news IS NOT NULL THEN news.at END);
			link.due_at := d.due_at;
			link.paused_for := d.paused_for;
			link.paused_at := d.paused_at;
			EXIT WHEN d.due_at >= news.at OR d.paused_at IS NOT NULL;
			links := links || link;
			link.seq := link.seq + 1;
			link.started_at := d.due_at;
		END LOOP;
		link.stopped_at := CASE WHEN news.is_news THEN news.at END;
		links := links || link;
		EXIT WHEN news.is_news IS NOT TRUE;
		link := ROW (incident, 'update', in_cycle, link.seq + 1, news.at, NULL, NULL, NULL, NULL, NULL);
	END LOOP;
	RETURN QUERY SELECT l.number, l.target, l.cycle, l.seq, l.started_at, l.due_at, l.paused_for, l.paused_at, l.stopped_at,
		CASE WHEN l.stopped_at IS NULL AND news.is_news IS FALSE THEN news.at END FROM unnest(links) l;
END
$$;
INSERT INTO oracle.clock SELECT f.* FROM oracle.cycle c, oracle.follow(c.number, c.cycle) f;

-- The verdicts.  Exactly at the deadline is in time.
ALTER TABLE oracle.clock ADD verdict text;
UPDATE oracle.clock c SET verdict = CASE
	WHEN c.paused_at IS NULL AND c.due_at < least(c.stopped_at, c.cancelled_at, (SELECT a.at FROM oracle.as_of a)) THEN 'breached'
	WHEN c.stopped_at IS NOT NULL THEN 'met' WHEN c.cancelled_at IS NOT NULL THEN 'cancelled' WHEN c.paused_at IS NOT NULL THEN 'paused' ELSE 'running' END;

-- The misses, and who answers: whoever had the incident before the deadline, else the head of the group that had it.
CREATE TABLE oracle.breach AS
SELECT c.number, c.target, c.cycle, c.seq, CASE c.target WHEN 'update' THEN 'missed_interval' ELSE 'late' END AS kind, c.due_at,
	CASE WHEN c.target <> 'update' THEN c.stopped_at END AS stopped_at,
	(SELECT array_remove(ARRAY[coalesce(e.assigned_to, 'head of ' || e.assignment_group)], NULL) FROM oracle.entry e
		WHERE e.number = c.number AND CASE WHEN e.is_first THEN e.received_at ELSE e.at END < c.due_at ORDER BY e.no DESC LIMIT 1) AS responsible
FROM oracle.clock c WHERE c.verdict = 'breached'
UNION ALL
-- Closed without ever having been resolved in that cycle, as far as was known then.
SELECT x.number, 'closed_without_resolution', x.cycle, NULL, 'process_violation', x.at, NULL, NULL FROM oracle.event x
WHERE x.event = 'closed' AND NOT EXISTS (SELECT FROM oracle.event r WHERE r.number = x.number AND r.cycle = x.cycle AND r.event = 'resolved' AND r.no <= x.no);

-- The incidents as they are in the end.
CREATE TABLE oracle.ticket AS
SELECT c.number, c.cycle, r.at AS resolved_at, x.at AS closed_at,
	CASE WHEN x.at IS NOT NULL THEN 'closed' WHEN r.at IS NOT NULL THEN 'resolved'
		WHEN EXISTS (SELECT FROM oracle.waiting w WHERE w.number = c.number AND w.to_at IS NULL) THEN 'waiting' ELSE 'open' END AS status
FROM (SELECT DISTINCT ON (number) * FROM oracle.cycle ORDER BY number, cycle DESC) c
LEFT JOIN LATERAL (SELECT min(e.at) AS at FROM oracle.event e WHERE e.number = c.number AND e.cycle = c.cycle AND e.event = 'resolved') r ON true
LEFT JOIN LATERAL (SELECT min(e.at) AS at FROM oracle.event e WHERE e.number = c.number AND e.cycle = c.cycle AND e.event = 'closed') x ON true;

--
-- oracle.sql
--		A second reckoning of everything the engine has written, in plain SQL over sets.
--
--		It knows the rules as they are written down for people: tickets as they arrived, events as they were recorded,
--		the rows of calendars and policies.  It calls nothing of the extension.  Each step below is one question asked of
--		all tickets at once; there is no walk through a ticket's events, except where a promise repeats or a clock is
--		paused, where each interval depends on the one before.
--
--		Everything is reckoned for "cases".  A case is a ticket as it is known in the end, or as it was known just before
--		something was told late: what was a miss then and is none in the end must have been voided, and nothing else.
--
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
DROP SCHEMA IF EXISTS oracle CASCADE;
CREATE SCHEMA oracle;

----------------------------------------------------------------------------------------------------------------------
-- Working time: open periods, one row each, with the open time before them in microseconds.

CREATE TABLE oracle.open AS
WITH day AS (
	SELECT c.calendar, c.time_zone, d::date AS day
	FROM sla.calendar c, generate_series(timestamp '2024-10-01', '2027-06-30', '1 day') d WHERE c.calendar <> '24x7'
), period AS (
	SELECT d.calendar, d.time_zone, d.day, k.opens, k.closes FROM day d JOIN sla.calendar_day k ON k.calendar = d.calendar AND k.day = d.day
	WHERE k.opens IS NOT NULL
	UNION ALL
	SELECT d.calendar, d.time_zone, d.day, h.opens, h.closes FROM day d
	JOIN sla.calendar_hours h ON h.calendar = d.calendar AND h.weekday = extract(isodow FROM d.day)
	WHERE NOT EXISTS (SELECT FROM sla.calendar_day k WHERE k.calendar = d.calendar AND k.day = d.day)
), instant AS (
	-- date + interval: 24:00 is the next midnight.
	SELECT calendar, day, (day + opens::interval) AT TIME ZONE time_zone AS opens_at, (day + closes::interval) AT TIME ZONE time_zone AS closes_at FROM period
)
SELECT calendar, day, opens_at, closes_at, (extract(epoch FROM closes_at - opens_at) * 1000000)::bigint AS length,
	(sum(extract(epoch FROM closes_at - opens_at) * 1000000) OVER (PARTITION BY calendar ORDER BY opens_at)
		- extract(epoch FROM closes_at - opens_at) * 1000000)::bigint AS before
FROM instant WHERE closes_at > opens_at;
CREATE INDEX ON oracle.open (calendar, opens_at);
CREATE INDEX ON oracle.open (calendar, before);
CREATE INDEX ON oracle.open (calendar, closes_at);

CREATE TABLE oracle.workday AS
SELECT calendar, day, max(closes_at) AS closes_at, row_number() OVER (PARTITION BY calendar ORDER BY day) AS no FROM oracle.open GROUP BY calendar, day;
CREATE INDEX ON oracle.workday (calendar, day);
CREATE INDEX ON oracle.workday (calendar, no);
ANALYZE oracle.open, oracle.workday;

-- Open microseconds before an instant, and the earliest instant before which there are so many (T-4).
CREATE FUNCTION oracle.opened(calendar text, at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF calendar = '24x7' THEN
		RETURN extract(epoch FROM at) * 1000000;
	END IF;
	RETURN (SELECT o.before + least(o.length, (extract(epoch FROM at - o.opens_at) * 1000000)::bigint) FROM oracle.open o
		WHERE o.calendar = opened.calendar AND o.opens_at <= at ORDER BY o.opens_at DESC LIMIT 1);
END
$$;
CREATE FUNCTION oracle.add_time(calendar text, at timestamptz, microseconds bigint) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF calendar = '24x7' THEN
		RETURN at + microseconds * interval '1 microsecond';
	ELSIF microseconds = 0 THEN
		RETURN (SELECT greatest(o.opens_at, at) FROM oracle.open o WHERE o.calendar = add_time.calendar AND o.closes_at > at ORDER BY o.closes_at LIMIT 1);
	END IF;
	microseconds := microseconds + oracle.opened(calendar, at);
	RETURN (SELECT o.opens_at + (microseconds - o.before) * interval '1 microsecond' FROM oracle.open o
		WHERE o.calendar = add_time.calendar AND o.before < microseconds ORDER BY o.before DESC LIMIT 1);
END
$$;
CREATE FUNCTION oracle.open_between(calendar text, from_at timestamptz, to_at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN CASE WHEN calendar = '24x7' THEN (extract(epoch FROM to_at - from_at) * 1000000)::bigint ELSE oracle.opened(calendar, to_at) - oracle.opened(calendar, from_at) END;
END
$$;
-- Days are working days, the date of the start not counted, and end when the last of them closes; then comes open time (T-3).
CREATE FUNCTION oracle.add(calendar text, at timestamptz, duration interval) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
	days CONSTANT integer := extract(day FROM duration);
	rest CONSTANT bigint := extract(epoch FROM duration - make_interval(days => days)) * 1000000;
	local date;
BEGIN
	IF days > 0 THEN
		SELECT (add.at AT TIME ZONE c.time_zone)::date INTO local FROM sla.calendar c WHERE c.calendar = add.calendar;
		at := CASE WHEN calendar = '24x7' THEN (SELECT (local + days + 1)::timestamp AT TIME ZONE c.time_zone FROM sla.calendar c WHERE c.calendar = add.calendar)
			ELSE (SELECT n.closes_at FROM oracle.workday n WHERE n.calendar = add.calendar
				AND n.no = days + (SELECT max(w.no) FROM oracle.workday w WHERE w.calendar = add.calendar AND w.day <= local)) END;
	END IF;
	RETURN CASE WHEN days > 0 AND rest = 0 THEN at ELSE oracle.add_time(calendar, at, rest) END;
END
$$;

----------------------------------------------------------------------------------------------------------------------
-- What is promised: every target that is switched on, of every version that ever was in force.

CREATE TABLE oracle.target AS
SELECT (row_number() OVER (ORDER BY t.policy, t.version, t.target))::integer AS tid, t.policy, t.version, t.target, t.milestone, t.condition, t.duty,
	t.starts_on, t.starts_all, t.fallback_on, t.fallback_after, t.start_owed_by, t.stops_on, t.stops_all, t.rearms_on, t.cancels_on,
	t.duration, t.every, t.due_column, coalesce(t.calendar, p.calendar) AS calendar, t.on_due, t.restarts, t.responsible_role, t.notify_roles,
	t.binding, CASE WHEN t.binding THEN t.ladder END AS ladder, t.ladder AS named_ladder,
	t.pausable AND t.due_column IS NULL AND t.duty IS NULL AND cardinality(p.pause_on) > 0 AS pausable,
	-- A target's own step replaces the general one of the same level.
	(SELECT min(e.at_percent) / 100 FROM sla.escalation_step e
		WHERE e.policy = t.policy AND e.version = t.version AND e.at_percent IS NOT NULL AND (e.target = t.target
			OR e.target = '*' AND NOT EXISTS (SELECT FROM sla.escalation_step o
				WHERE o.policy = t.policy AND o.version = t.version AND o.target = t.target AND o.level = e.level))) AS warn_part
FROM sla.target t JOIN sla.policy p USING (policy, version)
WHERE p.status <> 'draft' AND (t.duration IS NOT NULL OR t.every IS NOT NULL OR t.due_column IS NOT NULL);
CREATE UNIQUE INDEX ON oracle.target (tid);

-- What an event means to a target.  To one that restarts, "reopened" is what "received" was.  Closing cancels everything;
-- the event that a timer records ends the timer.
CREATE TABLE oracle.meaning AS
SELECT tid, policy, version, restarts, 'start' AS role, unnest(starts_on) AS event, unnest(starts_on) AS part FROM oracle.target
UNION SELECT tid, policy, version, restarts, 'fallback', fallback_on, fallback_on FROM oracle.target WHERE fallback_on IS NOT NULL
UNION SELECT tid, policy, version, restarts, 'stop', unnest(stops_on), unnest(stops_on) FROM oracle.target
UNION SELECT tid, policy, version, restarts, 'rearm', unnest(rearms_on), unnest(rearms_on) FROM oracle.target
UNION SELECT tid, policy, version, restarts, 'cancel', e, e FROM oracle.target, unnest(cancels_on || '{closed,closed_no_rating,withdrawn}'::text[]) e
	WHERE e IS DISTINCT FROM on_due
UNION SELECT tid, policy, version, restarts, 'fire', on_due, on_due FROM oracle.target WHERE on_due IS NOT NULL
UNION SELECT tid, policy, version, restarts, role, 'reopened', 'received' FROM (
	SELECT tid, policy, version, restarts, 'start' AS role, unnest(starts_on) AS event FROM oracle.target
	UNION ALL SELECT tid, policy, version, restarts, 'fallback', fallback_on FROM oracle.target) r
	WHERE restarts AND event = 'received';
CREATE INDEX ON oracle.meaning (policy, version, event);
ANALYZE oracle.target, oracle.meaning;

-- Who holds a role of a ticket: the owner, whom the ticket is assigned to, else who leads the department, the owner's
-- superior.  Another role goes to those of the ticket's department that have it, else to all that have it; but for a miss it is
-- whoever has the ticket and the role that answers (K-4).
CREATE FUNCTION oracle.holders(role text, owner text, assignee text, department text, for_miss boolean) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
DECLARE
	head CONSTANT text := (SELECT d.head FROM sla.department d WHERE d.department = holders.department);
BEGIN
	CASE role
	WHEN 'agent' THEN RETURN QUERY SELECT owner WHERE owner IS NOT NULL;
	WHEN 'dept_handler' THEN RETURN QUERY SELECT coalesce(assignee, head) WHERE coalesce(assignee, head) IS NOT NULL;
	WHEN 'handler' THEN RETURN QUERY SELECT coalesce(assignee, head, owner) WHERE coalesce(assignee, head, owner) IS NOT NULL;
	WHEN 'dept_head' THEN RETURN QUERY SELECT head WHERE head IS NOT NULL;
	WHEN 'supervisor' THEN RETURN QUERY SELECT e.supervisor::text FROM sla.employee e WHERE e.employee = holders.owner AND e.supervisor IS NOT NULL;
	ELSE RETURN QUERY
		WITH able AS (SELECT e.employee::text, e.department FROM sla.employee e WHERE holders.role = ANY (e.roles) AND e.active),
		rank AS (SELECT h.employee, CASE WHEN for_miss AND h.employee = assignee THEN 1 WHEN for_miss AND h.employee = owner THEN 2
			WHEN h.department = holders.department THEN 3 ELSE 4 END AS rank FROM able h)
		SELECT r.employee FROM rank r WHERE r.rank = (SELECT min(x.rank) FROM rank x);
	END CASE;
END
$$;

-- Whether somebody may act in one of some roles: as who holds it on the ticket, or as somebody who has it in general.
CREATE FUNCTION oracle.has_role(actor text, roles text[], owner text, assignee text, department text) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT actor IS NOT NULL AND (EXISTS (SELECT FROM sla.employee e WHERE e.employee = actor AND e.roles && has_role.roles)
		OR EXISTS (SELECT FROM unnest(has_role.roles) role, LATERAL oracle.holders(role, owner, assignee, department, false) h(employee) WHERE h.employee = actor))
$$;

CREATE TABLE oracle.setting AS SELECT judged_at FROM year.setting;

-- A state of a ticket with something on top, as a running total over its events.
CREATE AGGREGATE oracle.overlay(jsonb) (sfunc = jsonb_concat, stype = jsonb, initcond = '{}');

----------------------------------------------------------------------------------------------------------------------
-- The results.

CREATE TABLE oracle.cases (case_id bigint PRIMARY KEY, ticket_id bigint, last_event bigint, as_of timestamptz, is_final boolean, policy text, version integer);
CREATE TABLE oracle.event (ticket_id bigint, event_no bigint, effective_at timestamptz);
CREATE TABLE oracle.clock (LIKE sla.clock);
CREATE TABLE oracle.breach (
	case_id bigint, ticket_id bigint, target text COLLATE "C", cycle integer, due_at timestamptz, kind text COLLATE "C", seq integer, tid integer, created_at timestamptz,
	stopped_at timestamptz, responsible_role text[], responsible text[], department text, kept_at timestamptz, provisional boolean
);
CREATE TABLE oracle.ticket (ticket_id bigint, status text, cycle integer, last_score integer, resolved_at timestamptz, closed_at timestamptz, archived_at timestamptz,
	state jsonb);
-- What each rule that applies says of an event, and what events bring along.
CREATE TABLE oracle.ruling (ticket_id bigint, event_no bigint, cycle integer, event text, rule text, effective_at timestamptz, occurred_at timestamptz, met boolean, actor text, owner text, department text);
CREATE TABLE oracle.called (ticket_id bigint, ladder text COLLATE "C", ground text COLLATE "C", employee text, event_no bigint, at timestamptz);
CREATE TABLE oracle.implied (ticket_id bigint, event text, implied_by bigint);
-- Who had a ticket when.
CREATE TABLE oracle.history (ticket_id bigint, since timestamptz, ord bigint, owner text, assignee text, department text);
-- When a promise did not hold for a while.
CREATE TABLE oracle.gap (ticket_id bigint, target text COLLATE "C", cycle integer, gone_at timestamptz, back_at timestamptz);
-- Clocks about whose warnings nothing can be said from their end alone: they were paused, or away for a while.
CREATE TABLE oracle.interrupted (ticket_id bigint, target text COLLATE "C", cycle integer);

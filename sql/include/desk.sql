--
-- desk.sql
--		What the tests of worked examples share: a desk where events come in at
--		exact times.  The rules are judged by the setting sla.now, which only a
--		superuser may set; everything else is done by the unprivileged role
--		regress_desk.  Take it down again with desk_end.sql.
--
--		A time is 'HH:MI[:SS]' on Wednesday 2025-10-15, '+1 HH:MI' on the day
--		after, or a whole timestamp.  A ticket is called by its order_ref.
--
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
SET client_min_messages = warning;

CREATE SCHEMA desk;
CREATE TABLE desk.policy_before AS SELECT policy, version, status, effective_to FROM sla.policy;
CREATE TABLE desk.calendar_before AS SELECT calendar FROM sla.calendar;
CREATE TABLE desk.employee_before AS SELECT employee FROM sla.employee;
CREATE TABLE desk.department_before AS SELECT department FROM sla.department;
CREATE TABLE desk.ticket_before AS SELECT coalesce(max(ticket_id), 0) AS last FROM sla.ticket;
CREATE TABLE desk.sweep_before AS SELECT s.* FROM sla.sweep_state s;

CREATE FUNCTION desk.moment(at text) RETURNS timestamptz LANGUAGE sql AS $$
	SELECT CASE
		WHEN at ~ '^\d\d:' THEN ('2025-10-15 ' || at)::timestamptz
		WHEN at ~ '^\+\d+ ' THEN (date '2025-10-15' + substr(split_part(at, ' ', 1), 2)::integer
			+ split_part(at, ' ', 2)::time)::timestamptz
		ELSE at::timestamptz END
$$;

-- Prints an instant: without the year 2025, and without microseconds where there are none.
CREATE FUNCTION desk.t(at timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT replace(replace(to_char(at, 'YYYY-MM-DD HH24:MI:SS.US'), '.000000', ''), '2025-', '')
$$;

CREATE PROCEDURE desk.at(at text) LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	PERFORM set_config('sla.now', desk.moment(at)::text, false);
END
$$;

CREATE FUNCTION desk.id(ticket text) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT t.ticket_id FROM sla.ticket t WHERE t.order_ref = id.ticket
$$;

-- At a time an event is recorded, which happened then or at another time.
CREATE PROCEDURE desk.event(at text, ticket text, event text, happened text DEFAULT NULL,
	details jsonb DEFAULT '{}', actor text DEFAULT NULL) LANGUAGE plpgsql AS $$
BEGIN
	CALL desk.at(at);
	PERFORM sla.record(desk.id(ticket), event, desk.moment(happened), actor, NULL, details);
END
$$;

-- A ticket's clocks with the verdict as of now, computed from the stored times alone.
CREATE FUNCTION desk.clocks(ticket text, only_target text DEFAULT '%')
RETURNS TABLE (target text, no text, started text, due text, stopped text, cancelled text, verdict text)
LANGUAGE sql STABLE AS $$
	SELECT c.target || CASE WHEN c.provisional THEN ' (provisional)' ELSE '' END, c.cycle || '/' || c.seq,
		desk.t(c.started_at), desk.t(c.due_at), desk.t(c.stopped_at), desk.t(c.cancelled_at),
		CASE WHEN c.paused_at IS NULL AND c.due_at < least(c.stopped_at, c.cancelled_at, sla.now()) THEN 'breached'
			WHEN c.stopped_at IS NOT NULL THEN 'met'
			WHEN c.cancelled_at IS NOT NULL THEN 'cancelled'
			WHEN c.paused_at IS NOT NULL THEN 'paused'
			ELSE 'running' END
	FROM sla.clock c
	WHERE c.ticket_id = desk.id(clocks.ticket) AND c.target LIKE only_target
	ORDER BY c.target, c.cycle, c.seq
$$;

CREATE FUNCTION desk.breaches(ticket text, only_target text DEFAULT '%')
RETURNS TABLE (target text, no text, kind text, due text, detected text, responsible text[], born_overdue boolean, void text)
LANGUAGE sql STABLE AS $$
	SELECT b.target, b.cycle || '/' || b.seq, b.kind, desk.t(b.due_at), desk.t(b.detected_at), b.responsible,
		b.born_overdue, b.void_reason
	FROM sla.breach b
	WHERE b.ticket_id = desk.id(breaches.ticket) AND b.target LIKE only_target
	ORDER BY b.due_at, b.target, b.cycle, b.kind
$$;

CREATE FUNCTION desk.events(ticket text)
RETURNS TABLE (no bigint, event text, cycle integer, occurred text, recorded text, effective text, implied_by bigint, automatic boolean)
LANGUAGE sql STABLE AS $$
	SELECT e.event_no, e.event, e.cycle, desk.t(e.occurred_at), desk.t(e.recorded_at), desk.t(e.effective_at),
		e.implied_by, e.automatic
	FROM sla.event e WHERE e.ticket_id = desk.id(events.ticket) ORDER BY e.event_no
$$;

-- What is stored must be what a fresh fold says as of the last thing that was written, and what sla.clocks
-- shows now must be the verdict (a timer such as close_without_rating has none); else rows.
CREATE FUNCTION desk.refold(tickets text DEFAULT '%', at text DEFAULT NULL)
RETURNS TABLE (ticket text, difference text) LANGUAGE plpgsql AS $$
DECLARE
	now CONSTANT text := current_setting('sla.now');
BEGIN
	RETURN QUERY
	SELECT t.order_ref, format('state of %s %s/%s is %s', c.target, c.cycle, c.seq, c.state)
	FROM sla.ticket t JOIN sla.clocks c USING (ticket_id)
	WHERE t.order_ref LIKE tickets AND t.ticket_id > (SELECT last FROM desk.ticket_before)
		AND c.target NOT LIKE 'close%' AND c.state <> (SELECT v.verdict FROM desk.clocks(t.order_ref) v
			WHERE split_part(v.target, ' ', 1) = c.target AND v.no = c.cycle || '/' || c.seq);
	-- Several tickets may have been written at different times.
	CALL desk.at('2030-01-01 00:00');
	RETURN QUERY
	SELECT t.order_ref, d
	FROM sla.ticket t,
		LATERAL (SELECT greatest(t.created_at, max(e.recorded_at), desk.moment(refold.at)) AS as_of FROM sla.event e
			WHERE e.ticket_id = t.ticket_id) w,
		LATERAL sla._refold_check(t.ticket_id, w.as_of) d
	WHERE t.order_ref LIKE tickets AND t.ticket_id > (SELECT last FROM desk.ticket_before)
	ORDER BY t.ticket_id, d;
	CALL desk.at(now);
END
$$;

-- Sweeps at a time, as the scheduler does.
CREATE PROCEDURE desk.sweep(at text) LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	CALL desk.at(at);
	PERFORM sla.sweep();
END
$$;

CREATE FUNCTION desk.penalties(ticket text)
RETURNS TABLE (employee text, status text, first_due text, breaches integer, offence_no integer, step text, action text)
LANGUAGE sql STABLE AS $$
	SELECT p.employee, p.status, desk.t(p.first_due_at), p.breach_count, p.offence_no, p.step, p.action
	FROM sla.penalty p WHERE p.ticket_id = desk.id(penalties.ticket) ORDER BY p.employee
$$;

-- Tries a statement as the unprivileged role, or as its caller, and shows how it is refused.  Whatever the
-- refusal, nothing may be left of it.
CREATE FUNCTION desk.rows() RETURNS bigint[] LANGUAGE sql SECURITY DEFINER AS $$
	SELECT ARRAY[(SELECT count(*) FROM sla.ticket), (SELECT count(*) FROM sla.event), (SELECT count(*) FROM sla.clock),
		(SELECT count(*) FROM sla.breach), (SELECT count(*) FROM sla.finding), (SELECT count(*) FROM sla.policy WHERE status <> 'draft')]
$$;
CREATE PROCEDURE desk.refused(statement text) LANGUAGE plpgsql AS $$
DECLARE
	before CONSTANT bigint[] := desk.rows();
	state text;
	message text;
	detail text;
	hint text;
BEGIN
	BEGIN
		EXECUTE statement;
		RAISE WARNING 'NOT REFUSED: %', statement;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
		message := regexp_replace(message, 'ticket -?\d+', 'ticket N', 'g');
		RAISE WARNING '% %', state, message
			|| coalesce(E'\n  ' || nullif(regexp_replace(regexp_replace(detail, '[Tt]icket \d+', 'ticket N', 'g'),
				'(Failing row contains \().*', '\1...).'), ''), '')
			|| E'\n  ' || coalesce(nullif(left(regexp_replace(regexp_replace(hint, 'ticket_id = \d+', 'ticket_id = N', 'g'),
				'((calendars are|policies): ).*(bad_shut|bad_input).*', '\1... \3 ...'), 150), ''), '(no hint)');
	END;
	IF desk.rows() <> before THEN
		RAISE WARNING 'HALF-WRITTEN: %', statement;
	END IF;
END
$$;
DELETE FROM sla.sweep_state;
CREATE ROLE regress_desk;
GRANT USAGE ON SCHEMA desk TO regress_desk;
GRANT SELECT ON ALL TABLES IN SCHEMA desk TO regress_desk;
SELECT sla.grant_access('manager', 'regress_desk') \g /dev/null

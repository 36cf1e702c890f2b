--
-- Preset P1, the trading company: its rows against the regulation, as requirements
-- section 3.2 writes it down.
--
\set SHOW_CONTEXT never
\pset null -
BEGIN;
SELECT sla.load_preset('trading_company') AS version \gset
SELECT title, title_zh, status, effective_from, time_zone, calendar, late_record_window, pause_on,
	reopen_alert_after, unsatisfied_max_rating, rating_scale, offence_window, offence_unit, retention_years, order_check
FROM sla.policy WHERE policy = 'trading_company' AND version = :version \gx

-- P1-01 to P1-18: minutes, start (fallback), stop, repeat, responsible, who is told, ladder, basis, clause.
CREATE TEMP TABLE expected (row_id text, target text, milestone text, minutes numeric, starts text, stops text,
	repeats numeric, responsible text, told text, ladder text, basis text, clause text);
INSERT INTO expected VALUES
('P1-01', 'first_response', 'first_response', 5, 'received', 'first_response', NULL, 'agent', 'supervisor', 'L1', 'B', 'D1-15'),
('P1-02', 'direct_answer', 'direct_answer', 10, 'received', 'answered', NULL, 'agent', 'supervisor', 'L1', 'B', 'D1-18'),
('P1-03', 'assign', 'assign', 30, 'received', 'assigned', NULL, 'agent', 'supervisor', 'L1', 'B', 'D1-19'),
('P1-04', 'preliminary_solution', 'preliminary_solution', 120, 'assigned (fb received+30 agent)', 'plan_proposed', NULL, 'dept_handler', 'agent, supervisor', 'L1', 'B', 'D1-21'),
('P1-05', 'resolve_department', 'resolve', 1440, 'assigned (fb received+30 agent)', 'resolved', NULL, 'dept_handler', 'supervisor', 'L1', 'B', 'D1-22'),
('P1-06', 'resolve_agent', 'resolve', 1440, 'received', 'resolved', NULL, 'agent', 'supervisor', NULL, 'A', 'D1-22'),
('P1-07', 'report_supervisor', 'report_supervisor', 15, 'received', 'reported_to_supervisor', NULL, 'agent', 'supervisor', 'L1', 'B', 'D1-24'),
('P1-08', 'emergency_meeting', 'emergency_meeting', 15, 'reported_to_supervisor', 'emergency_meeting', NULL, 'supervisor', 'dept_head', NULL, 'A', 'D1-25'),
('P1-09', 'start_work', 'start_work', 240, 'assigned (fb received+15 agent)', 'work_started', NULL, 'dept_handler', 'supervisor', 'L1', 'B', 'D1-26'),
('P1-10', 'progress_to_supervisor', 'progress_to_supervisor', 120, 'work_started', 'resolved', 120, 'dept_handler', 'supervisor', 'L1', 'B', 'D1-27'),
('P1-11', 'resolve_important', 'resolve', 1440, 'received', 'resolved', NULL, 'dept_handler', 'supervisor', NULL, 'A', 'C-03'),
('P1-12', 'result_notice_important', 'result_notice', 1440, 'resolved', 'result_notified', NULL, 'agent', 'supervisor', 'L1', 'B', 'D1-28'),
('P1-13', 'notify_heads', 'notify_heads', 5, 'received', 'reported_to_supervisor AND dept_head_notified', NULL, 'agent', 'supervisor, dept_head', 'L1', 'B', 'D1-30'),
('P1-14', 'emergency_response', 'emergency_response', 15, 'reported_to_supervisor AND dept_head_notified (fb received+5 agent)', 'dept_responded', NULL, 'supervisor, dept_head, dept_handler', 'supervisor', 'L1', 'B', 'D1-31'),
('P1-15', 'emergency_team', 'emergency_team', 15, 'dept_responded', 'emergency_team_formed AND plan_proposed', NULL, 'dept_head', 'supervisor', NULL, 'A', 'D1-32'),
('P1-16', 'progress_to_customer', 'progress_to_customer', 30, 'dept_responded (fb received+20 dept_head)', 'resolved', 30, 'agent', 'supervisor', 'L1', 'B', 'D1-33'),
('P1-17', 'resolve_urgent', 'resolve', 240, 'received', 'resolved', NULL, 'dept_handler', 'supervisor, dept_head', 'L1', 'B', 'D1-34'),
('P1-18', 'result_notice', 'result_notice', 1440, 'resolved', 'result_notified', NULL, 'agent', 'supervisor', NULL, 'A', 'D1-35');

CREATE TEMP VIEW actual AS
SELECT target, milestone, (extract(epoch FROM coalesce(duration, every)) / 60)::integer AS minutes,
	array_to_string(starts_on, CASE WHEN starts_all THEN ' AND ' ELSE ' OR ' END)
		|| coalesce(' (fb ' || fallback_on || '+' || (extract(epoch FROM fallback_after) / 60)::integer || ' ' || start_owed_by || ')', '') AS starts,
	array_to_string(stops_on, CASE WHEN stops_all THEN ' AND ' ELSE ' OR ' END) AS stops,
	(extract(epoch FROM every) / 60)::integer AS repeats,
	array_to_string(responsible_role, ', ') AS responsible, array_to_string(notify_roles, ', ') AS told,
	ladder, basis, clause
FROM sla.target WHERE policy = 'trading_company' AND version = :version AND on_due IS NULL AND duty IS NULL;

SELECT 'missing' AS difference, e.* FROM
	(SELECT target, milestone, minutes, starts, stops, repeats, responsible, told, ladder, basis, clause FROM expected EXCEPT SELECT * FROM actual) e
UNION ALL
SELECT 'not in the regulation', a.* FROM
	(SELECT * FROM actual EXCEPT SELECT target, milestone, minutes, starts, stops, repeats, responsible, told, ladder, basis, clause FROM expected) a
ORDER BY 2, 1;
SELECT (SELECT count(*) FROM expected) AS expected, (SELECT count(*) FROM actual) AS actual;

-- What the table does not show: what is binding, penalised, elapsed time, re-armed, cancelled, not restarted.
SELECT bool_and(binding = (basis = 'B') AND (ladder IS NOT NULL) = binding) AS binding_if_the_number_is_theirs,
	bool_and(coalesce(calendar, '24x7') = '24x7') AS elapsed, bool_and(extract(day FROM coalesce(duration, every)) = 0) AS no_days,
	bool_and(num_nonnulls(title, title_zh) = 2) AS bilingual, string_agg(duty, ', ') AS duties
FROM sla.target WHERE policy = 'trading_company' AND version = :version;
SELECT string_agg(target, ', ' ORDER BY target) AS not_restarted FROM sla.target
WHERE policy = 'trading_company' AND version = :version AND NOT restarts;
SELECT target, rearms_on, cancels_on FROM sla.target
WHERE policy = 'trading_company' AND version = :version AND (rearms_on <> '{}' OR cancels_on <> '{}') ORDER BY target;
SELECT target, starts_on, stops_on, duration, on_due, condition, binding, responsible_role, clause FROM sla.target
WHERE policy = 'trading_company' AND version = :version AND on_due IS NOT NULL;

-- Which promises a ticket has.
CREATE FUNCTION pg_temp.promises(type text, urgency text, needs_department boolean) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	t record;
	applies boolean;
	found text[] := '{}';
BEGIN
	FOR t IN SELECT e.row_id, x.condition FROM expected e JOIN sla.target x USING (target)
			WHERE x.policy = 'trading_company' AND x.version = 1 ORDER BY 1 LOOP
		EXECUTE format('SELECT %s FROM (SELECT $1 AS type, $2 AS urgency, $3 AS needs_department) ticket',
			coalesce(t.condition, 'true')) INTO applies USING type, urgency, needs_department;
		IF applies THEN
			found := found || substr(t.row_id, 4);
		END IF;
	END LOOP;
	RETURN array_to_string(found, ' ');
END $$;
CREATE TEMP TABLE applying (type text, urgency text, needs_department boolean, promises text);
INSERT INTO applying VALUES
('inquiry', 'normal', NULL, '01 02 03 18'),
('inquiry', 'normal', false, '01 02 18'),
('inquiry', 'normal', true, '01 03 04 05 18'),
('complaint', 'normal', NULL, '01 03 06 18'),
('complaint', 'normal', false, '01 06 18'),
('complaint', 'normal', true, '01 03 04 05 18'),
('inquiry', 'important', NULL, '01 07 08 09 10 11 12'),
('complaint', 'important', true, '01 07 08 09 10 11 12'),
('inquiry', 'urgent', false, '01 13 14 15 16 17 18'),
('suggestion', 'urgent', true, '01 13 14 15 16 17 18');
SELECT a.*, pg_temp.promises(type, urgency, needs_department) AS actual FROM applying a
WHERE promises IS DISTINCT FROM pg_temp.promises(type, urgency, needs_department);
SELECT count(*) AS kinds_of_tickets FROM applying;

-- P1-19 and what events bring with them.
SELECT rule, event, applies_when, requires, mode, implies, sets, clause FROM sla.event_rule
WHERE policy = 'trading_company' AND version = :version ORDER BY rule;
SELECT message, message_zh FROM sla.event_rule
WHERE policy = 'trading_company' AND version = :version AND message IS NOT NULL;

-- Classification (D1-10, D1-17, D1-23, D1-29).
SELECT position, condition, cardinality(keywords) > 0 AS keywords, sets, clause FROM sla.classification
WHERE policy = 'trading_company' AND version = :version ORDER BY position;

-- Escalation: flat, at most two levels (D1-03).
SELECT target, level, at_percent, after, roles FROM sla.escalation_step
WHERE policy = 'trading_company' AND version = :version ORDER BY target, level;

-- Ladder L1 (D1-61 to D1-63).
SELECT step, trigger, nth_from AS nth, nth_to, severity, metric, below, min_count, action, points, duty, duty_due, approver_roles, clause
FROM sla.penalty_rule WHERE policy = 'trading_company' AND version = :version AND ladder = 'L1' ORDER BY step;
-- The self-review that the first step asks for, and the rewards (D1-58 to D1-60).
SELECT target, duty, due_column, stops_on, responsible_role, binding, ladder, clause FROM sla.target
WHERE policy = 'trading_company' AND version = :version AND duty IS NOT NULL;
SELECT reward, trigger, metric, at_least, and_metric, and_at_least, min_count, period, scope, approver_roles, clause FROM sla.reward_rule
WHERE policy = 'trading_company' AND version = :version ORDER BY clause;

-- All of it can be used.
SELECT * FROM sla._policy_problems() WHERE object LIKE 'trading_company%';
ROLLBACK;

--
-- Preset P3, complaint handling: its rows against the regulation, as requirements section
-- 3.2 writes it down, and complaints that live under it.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
\pset null -
SELECT sla.load_preset('complaint_handling') AS version \gset
SELECT sla.load_preset('complaint_handling') = :version AS the_same_again;
SELECT title, title_zh, status, effective_from, position, applies_to, time_zone, calendar, late_record_window, pause_on, reopen_alert_after,
	reopen_alert_roles, unsatisfied_max_rating, rating_scale, retention_years, order_check, clause
FROM sla.policy WHERE policy = 'complaint_handling' AND version = :version \gx

-- P3-01 to P3-07.  A date has no start: its clock is there while the ticket has the date.  "None (appraisal)" is no ladder.
CREATE TEMP TABLE expected (row_id text, target text, milestone text, number text, unit text, calendar text, starts text,
	stops text, repeats numeric, responsible text, told text, ladder text, basis text, clause text);
INSERT INTO expected VALUES
('P3-01', 'first_response', 'first_response', '1440', 'min', '24x7', 'received', 'first_response', NULL, 'dept_handler', 'dept_head', NULL, 'B', 'D3-13'),
('P3-02', 'verification', 'verification', '3', 'wd', 'cn_workday', 'assigned (fb received+30 agent)', 'verified', NULL, 'dept_handler', 'dept_head, agent', NULL, 'B', 'D3-06'),
('P3-03', 'transfer', 'transfer', '30', 'min', '24x7', 'received', 'assigned', NULL, 'agent', 'dept_head', NULL, 'A', 'D3-05'),
('P3-04', 'agree_solution', 'agree_solution', '1', 'wd', 'cn_workday', 'verified', 'plan_agreed', NULL, 'dept_handler', 'dept_head', NULL, 'A', 'D3-07'),
('P3-05', 'schedule_to_customer', 'schedule_to_customer', '1', 'wd', 'cn_workday', 'verified', 'schedule_communicated', NULL, 'dept_handler', 'dept_head', NULL, 'A', 'D3-08'),
('P3-06', 'promise', 'promise', 'promised_at', 'date', '24x7', '', 'resolved', NULL, 'dept_handler', 'dept_head', NULL, 'T', 'D3-08'),
('P3-07', 'result_notice', 'result_notice', '1440', 'min', '24x7', 'resolved', 'result_to_cs AND result_notified', NULL, 'dept_handler, agent', 'dept_head', NULL, 'A', 'D3-09');

CREATE TEMP VIEW actual AS
SELECT t.target, t.milestone,
	coalesce(t.due_column, nullif(extract(day FROM t.duration), 0)::text, (extract(epoch FROM coalesce(t.duration, t.every)) / 60)::integer::text) AS number,
	CASE WHEN t.due_column IS NOT NULL THEN 'date' WHEN extract(day FROM t.duration) <> 0 THEN 'wd' ELSE 'min' END AS unit,
	coalesce(t.calendar, y.calendar) AS calendar,
	array_to_string(t.starts_on, CASE WHEN t.starts_all THEN ' AND ' ELSE ' OR ' END)
		|| coalesce(' (fb ' || t.fallback_on || '+' || (extract(epoch FROM t.fallback_after) / 60)::integer || ' ' || t.start_owed_by || ')', '') AS starts,
	array_to_string(t.stops_on, CASE WHEN t.stops_all THEN ' AND ' ELSE ' OR ' END) AS stops,
	(extract(epoch FROM t.every) / 60)::numeric AS repeats,
	array_to_string(t.responsible_role, ', ') AS responsible, array_to_string(t.notify_roles, ', ') AS told,
	t.ladder, t.basis, t.clause
FROM sla.target t JOIN sla.policy y USING (policy, version)
WHERE policy = 'complaint_handling' AND version = :version;

SELECT 'missing' AS difference, e.* FROM
	(SELECT target, milestone, number, unit, calendar, starts, stops, repeats, responsible, told, ladder, basis, clause FROM expected EXCEPT SELECT * FROM actual) e
UNION ALL
SELECT 'not in the regulation', a.* FROM
	(SELECT * FROM actual EXCEPT SELECT target, milestone, number, unit, calendar, starts, stops, repeats, responsible, told, ladder, basis, clause FROM expected) a
ORDER BY 2, 1;
SELECT (SELECT count(*) FROM expected) AS expected, (SELECT count(*) FROM actual) AS actual;

-- What the table does not show.  The promise is the ticket's own date and binds; nothing has a ladder (L3 is empty).
SELECT target, binding, condition, cancels_on, restarts FROM sla.target
WHERE policy = 'complaint_handling' AND version = :version ORDER BY target;
SELECT (SELECT count(*) FROM sla.penalty_rule r WHERE r.policy = 'complaint_handling') AS penalties, (SELECT count(*) FROM sla.duty d WHERE d.policy = 'complaint_handling') AS duties,
	(SELECT count(*) FROM sla.reward_rule r WHERE r.policy = 'complaint_handling') AS rewards;
SELECT rule, event, applies_when, requires_events, requires, actor_roles, mode, binding, ladder, implies, sets, notifies, clause FROM sla.event_rule
WHERE policy = 'complaint_handling' AND version = :version ORDER BY rule;
SELECT target, level, at_percent, after, roles FROM sla.escalation_step
WHERE policy = 'complaint_handling' AND version = :version ORDER BY target, level;

-- What comes in, in the customer's words (D3-02).
CREATE TEMP TABLE words (n integer, description text);
INSERT INTO words VALUES (1, '修了两次还是坏的,要求退货'), (2, 'I want it replaced'), (3, '返修后仍有故障'), (4, '安装师傅没有来'), (5, 'nobody called me');
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, description) SELECT 'word ' || n, 'complaint', description FROM words ORDER BY n;
INSERT INTO sla.ticket (policy, order_ref, description) VALUES ('complaint_handling', 'word 6', '安装师傅没有来');
SELECT order_ref, policy, type, category, urgency FROM sla.ticket WHERE order_ref LIKE 'word%' ORDER BY order_ref;

INSERT INTO sla.department (department, head) VALUES ('repairs', 'Gao');
INSERT INTO sla.employee (employee, department, roles) VALUES ('Lin', NULL, '{agent}'), ('Gao', 'repairs', '{dept_head}'), ('Shen', 'repairs', '{}');
SET ROLE regress_desk;

-- Example 1: 1 to 8 October are off; the day of receipt is not counted.  V-31: the warning comes at 80 per cent of the open
-- time, 68.8 of 86 hours (14 on Monday, 24 on Tuesday and on 9 October each).
CALL desk.at('2025-09-29 10:00');
INSERT INTO sla.ticket (order_ref, type, owner, department, assignee) VALUES ('Ex-1', 'complaint', 'Lin', 'repairs', 'Shen');
SELECT target, started, due, verdict FROM desk.clocks('Ex-1');
SELECT target, desk.t(warn_at) AS warned FROM sla.clock WHERE ticket_id = desk.id('Ex-1') AND warn_at IS NOT NULL ORDER BY 1;
-- Verified on the last day, to its last instant (K-12).
CALL desk.event('2025-09-30 09:00', 'Ex-1', 'first_response', NULL, '{}', 'Shen');
CALL desk.event('2025-10-11 00:00:00', 'Ex-1', 'verified', NULL, '{"set": {"verification_outcome": "not_substantiated"}}', 'Shen');
SELECT target, due, stopped, verdict FROM desk.clocks('Ex-1');
SELECT * FROM desk.breaches('Ex-1');

-- Example 2: a make-up Sunday is a working day.  Easy mistake: the 24 hours run through the weekend, only the 3 days are
-- working days, so that on Saturday the response is late and the verification has barely begun (C-06).
CALL desk.at('2025-09-26 16:00');
INSERT INTO sla.ticket (order_ref, type, owner, department, assignee) VALUES ('Ex-2', 'complaint', 'Lin', 'repairs', 'Shen');
SELECT target, started, due, verdict FROM desk.clocks('Ex-2');
CALL desk.sweep('2025-09-27 16:00:00');
SELECT count(*) AS breaches_at_the_deadline FROM desk.breaches('Ex-2');
CALL desk.sweep('2025-09-27 16:00:01');
SELECT target, kind, due, detected, responsible FROM desk.breaches('Ex-2');
SELECT target, due, verdict FROM desk.clocks('Ex-2');
-- It binds, and has no penalty: it feeds the appraisal.
SELECT b.binding, b.ladder FROM sla.breach b WHERE b.ticket_id = desk.id('Ex-2');
SELECT count(*) AS penalties FROM desk.penalties('Ex-2');
CALL desk.sweep('2025-10-01 00:00:00.000001');
SELECT target, kind, due, responsible FROM desk.breaches('Ex-2');
SELECT * FROM desk.refold('Ex-2', '2025-10-01 00:00:00.000001');

-- V-19: the allowance before the assignment is elapsed time, the working days begin after it.  Nobody assigned: the agent
-- owes the start.  While there is no department, nobody answers for the response (V-16).
CALL desk.at('2025-09-19 23:45');
INSERT INTO sla.ticket (order_ref, type, owner) VALUES ('V-19', 'complaint', 'Lin');
SELECT target, started, due, verdict FROM desk.clocks('V-19');
CALL desk.sweep('2025-09-25 00:00:01');
SELECT target, kind, due, responsible FROM desk.breaches('V-19');
-- V-13, with working days: assigned in the end, the department has its 3 days; before the provisional deadline, nobody owes anything.
CALL desk.at('2025-09-19 23:45');
INSERT INTO sla.ticket (order_ref, type, owner) VALUES ('V-13 a', 'complaint', 'Lin'), ('V-13 b', 'complaint', 'Lin');
CALL desk.event('2025-09-24 23:59', 'V-13 a', 'assigned', NULL, '{"set": {"department": "repairs"}}', 'Lin');
CALL desk.event('2025-09-25 00:00:01', 'V-13 b', 'assigned', NULL, '{"set": {"department": "repairs"}}', 'Lin');
SELECT target, started, due, verdict FROM desk.clocks('V-13 a', 'verification') UNION ALL SELECT target, started, due, verdict FROM desk.clocks('V-13 b', 'verification');
SELECT 'a' AS ticket, kind, due, responsible FROM desk.breaches('V-13 a', 'verification') UNION ALL SELECT 'b', kind, due, responsible FROM desk.breaches('V-13 b', 'verification');
SELECT * FROM desk.refold('V-1%', '2025-09-25 00:00:01');

-- A substantiated complaint: outcome, agreement, timetable, promise, result.
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, owner) VALUES ('walk', 'complaint', 'Lin');
CALL desk.event('09:20', 'walk', 'assigned', NULL, '{"set": {"department": "repairs", "assignee": "Shen"}}', 'Lin');
SELECT needs_department FROM sla.ticket WHERE order_ref = 'walk';
CALL desk.event('09:40', 'walk', 'answered', NULL, '{}', 'Shen');
CALL desk.refused($$CALL desk.event('10:00', 'walk', 'verified', NULL, '{}', 'Shen')$$);
CALL desk.refused($$CALL desk.event('10:00', 'walk', 'verified', NULL, '{"set": {"verification_outcome": "true"}}', 'Shen')$$);
CALL desk.event('10:00', 'walk', 'verified', NULL, '{"set": {"verification_outcome": "substantiated"}}', 'Shen');
SELECT target, no, started, due, stopped, verdict FROM desk.clocks('walk');
CALL desk.event('10:30', 'walk', 'plan_agreed', NULL, '{"set": {"attributes": {"solvable_at_once": false}}}', 'Shen');
SELECT target, started, due, verdict FROM desk.clocks('walk', 'schedule%');
CALL desk.refused($$CALL desk.event('11:00', 'walk', 'schedule_communicated', NULL, '{}', 'Shen')$$);
CALL desk.event('11:00', 'walk', 'schedule_communicated', NULL, '{"set": {"promised_at": "2025-10-17 18:00+08"}}', 'Shen');
CALL desk.event('2025-10-17 17:00', 'walk', 'result_to_cs', NULL, '{}', 'Shen');
-- Easy mistake: the department may not tell the customer; neither may nobody.
CALL desk.refused($$CALL desk.event('2025-10-17 17:10', 'walk', 'result_notified', NULL, '{}', 'Shen')$$);
CALL desk.refused($$CALL desk.event('2025-10-17 17:10', 'walk', 'result_notified')$$);
CALL desk.event('2025-10-17 17:30', 'walk', 'result_notified', NULL, '{}', 'Lin');
CALL desk.event('2025-10-17 17:40', 'walk', 'closed', NULL, '{}', 'Lin');
SELECT event, occurred, implied_by FROM desk.events('walk');
SELECT target, due, stopped, verdict FROM desk.clocks('walk');
SELECT * FROM desk.breaches('walk');
SELECT * FROM desk.refold('walk');

-- The outcome in a later correction, and a verification on the last day before the holidays.
CALL desk.at('2025-09-30 09:00');
INSERT INTO sla.ticket (order_ref, type, owner, department, assignee) VALUES ('outcome', 'complaint', 'Lin', 'repairs', 'Shen');
CALL desk.event('2025-09-30 10:00', 'outcome', 'verified', NULL, '{"set": {"verification_outcome": "not_substantiated"}}', 'Shen');
SELECT target, due, stopped, verdict FROM desk.clocks('outcome') WHERE target ~ 'agree|schedule|verif';
CALL desk.event('2025-09-30 12:00', 'outcome', 'follow_up', NULL, '{"set": {"verification_outcome": "substantiated", "attributes": {"solvable_at_once": true}}}', 'Shen');
SELECT target, started, due, verdict FROM desk.clocks('outcome') WHERE target ~ 'agree|schedule|verif';
-- Solved, there is nothing left to agree upon.
CALL desk.event('2025-09-30 13:00', 'outcome', 'resolved', NULL, '{}', 'Shen');
SELECT target, cancelled, verdict FROM desk.clocks('outcome', 'agree%');
-- Nobody told anybody: the department for its part, customer service for the other (V-03).
CALL desk.sweep('2025-10-01 13:00:01');
SELECT target, kind, due, responsible FROM desk.breaches('outcome', 'result%');
CALL desk.at('2025-09-30 09:00');
INSERT INTO sla.ticket (order_ref, type, owner, department, assignee) VALUES ('half', 'complaint', 'Lin', 'repairs', 'Shen');
CALL desk.event('2025-09-30 09:10', 'half', 'first_response', NULL, '{}', 'Shen');
CALL desk.event('2025-09-30 13:00', 'half', 'result_to_cs', NULL, '{}', 'Shen');
CALL desk.sweep('2025-10-01 13:00:01');
SELECT target, kind, due, responsible FROM desk.breaches('half');
SELECT * FROM desk.refold('outcome', '2025-10-01 13:00:01') UNION ALL SELECT * FROM desk.refold('half', '2025-10-01 13:00:01');

-- A promise that is missed, and told in time after all (V-09).
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, owner, department, assignee, promised_at)
VALUES ('promise', 'complaint', 'Lin', 'repairs', 'Shen', '2025-10-15 17:00+08');
CALL desk.event('09:05', 'promise', 'first_response');
CALL desk.sweep('17:01');
SELECT kind, due, responsible, void FROM desk.breaches('promise');
SELECT b.binding, b.ladder FROM sla.breach b WHERE b.ticket_id = desk.id('promise');
CALL desk.event('18:00', 'promise', 'result_to_cs', '16:55', '{}', 'Shen');
SELECT kind, due, responsible, void FROM desk.breaches('promise');
-- The order: first the department, then the customer.  It counts, but is a violation; so is closing without a word.
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, owner, department, assignee)
VALUES ('early', 'complaint', 'Lin', 'repairs', 'Shen'), ('wordless', 'complaint', 'Lin', 'repairs', 'Shen');
CALL desk.event('10:00', 'early', 'result_notified', NULL, '{}', 'Lin');
CALL desk.event('10:00', 'wordless', 'result_to_cs', NULL, '{}', 'Shen');
CALL desk.event('10:01', 'wordless', 'closed', NULL, '{}', 'Lin');
SELECT target, kind, responsible FROM desk.breaches('early') UNION ALL SELECT target, kind, responsible FROM desk.breaches('wordless');
SELECT b.binding, b.ladder FROM sla.breach b WHERE b.ticket_id = desk.id('early');
-- Easy mistake: D3 does not say that an unsatisfied customer reopens.  Closing is refused all the same; reopening is a decision.
CALL desk.event('10:10', 'early', 'result_to_cs', NULL, '{}', 'Shen');
CALL desk.event('10:20', 'early', 'rating_recorded', NULL, '{"score": 2}');
SELECT cycle, status FROM sla.ticket WHERE order_ref = 'early';
CALL desk.refused($$CALL desk.event('10:30', 'early', 'closed', NULL, '{}', 'Lin')$$);
CALL desk.event('10:40', 'early', 'reopened', NULL, '{}', 'Lin');
SELECT target, no, started, due, cancelled, verdict FROM desk.clocks('early');
SELECT * FROM desk.refold('promise') UNION ALL SELECT * FROM desk.refold('early') UNION ALL SELECT * FROM desk.refold('wordless');
RESET ROLE;
SELECT * FROM sla._policy_problems() WHERE object LIKE 'complaint_handling%';
SELECT code, object, message FROM sla.finding WHERE ticket_id > (SELECT last FROM desk.ticket_before) AND code <> 'role_unresolved' ORDER BY 1, 2;

\set ECHO none
\i :end_desk

--
-- Preset P4, customer service and repair: its rows against the regulation, as requirements
-- section 3.2 writes it down, and repairs that live under it.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
\pset null -
SELECT sla.load_preset('repair_center') AS version \gset
SELECT sla.load_preset('repair_center') = :version AS the_same_again;
SELECT title, title_zh, status, effective_from, position, applies_to, time_zone, calendar, late_record_window, pause_on, reopen_alert_after,
	reopen_alert_roles, unsatisfied_max_rating, rating_scale, retention_years, order_check, clause
FROM sla.policy WHERE policy = 'repair_center' AND version = :version \gx

-- P4-01 to P4-05, P4-07 and P4-08.  A date has no start: its clock is there while the ticket has the date.  The field engineer
-- of a ticket is its assignee (dept_handler); "field_engineer / agent" is the role handler.
CREATE TEMP TABLE expected (row_id text, target text, milestone text, number text, unit text, calendar text, starts text,
	stops text, repeats numeric, responsible text, told text, ladder text, basis text, clause text);
INSERT INTO expected VALUES
('P4-01', 'resolve', 'resolve', '1440', 'min', '24x7', 'received', 'resolved', NULL, 'handler', 'dept_head', NULL, 'B', 'D6-01'),
('P4-02', 'confirm_and_appoint', 'confirm_and_appoint', '120', 'min', '24x7', 'assigned (fb received+0 agent)', 'fault_confirmed AND appointment_set', NULL, 'dept_handler', 'dept_head', NULL, 'B', 'D6-10'),
('P4-03', 'first_response_emergency', 'first_response', '15', 'min', '24x7', 'received', 'first_response', NULL, 'agent', 'dept_head', NULL, 'A', 'D6-02'),
('P4-04', 'resolve_emergency', 'resolve', '240', 'min', '24x7', 'received', 'resolved', NULL, 'dept_handler', 'dept_head', NULL, 'A', 'D6-02'),
('P4-05', 'on_site', 'on_site', 'appointment_at', 'date', '24x7', '', 'arrived_on_site', NULL, 'dept_handler', 'dept_head', NULL, 'T', 'D6-11'),
('P4-07', 'maintenance_visit', 'maintenance_visit', 'due_at', 'date', '24x7', '', 'maintenance_done', NULL, 'dept_handler', 'dept_head', NULL, 'T', 'D6-07'),
('P4-08', 'stocktake', 'stocktake', 'due_at', 'date', '24x7', '', 'stocktake_done', NULL, 'storekeeper', 'dept_head', NULL, 'A', 'D6-14');

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
WHERE policy = 'repair_center' AND version = :version;

SELECT 'missing' AS difference, e.* FROM
	(SELECT target, milestone, number, unit, calendar, starts, stops, repeats, responsible, told, ladder, basis, clause FROM expected EXCEPT SELECT * FROM actual) e
UNION ALL
SELECT 'not in the regulation', a.* FROM
	(SELECT * FROM actual EXCEPT SELECT target, milestone, number, unit, calendar, starts, stops, repeats, responsible, told, ladder, basis, clause FROM expected) a
ORDER BY 2, 1;
SELECT (SELECT count(*) FROM expected) AS expected, (SELECT count(*) FROM actual) AS actual;

-- What the table does not show.  Dates that were agreed bind; nothing has a ladder.
SELECT target, duty, binding, condition, cancels_on, restarts FROM sla.target
WHERE policy = 'repair_center' AND version = :version ORDER BY target;
SELECT duty, every, due_after, shift, source, subjects, roles, active, clause FROM sla.duty WHERE policy = 'repair_center' AND version = :version ORDER BY duty;
SELECT (SELECT count(*) FROM sla.penalty_rule r WHERE r.policy = 'repair_center') AS penalties, (SELECT count(*) FROM sla.reward_rule r WHERE r.policy = 'repair_center') AS rewards;
SELECT rule, event, applies_when, requires_events, requires, actor_roles, mode, binding, ladder, implies, sets, notifies, clause FROM sla.event_rule
WHERE policy = 'repair_center' AND version = :version ORDER BY rule;
SELECT target, level, at_percent, after, roles FROM sla.escalation_step
WHERE policy = 'repair_center' AND version = :version ORDER BY target, level;

-- What comes in, in the customer's words (D6-03, D6-04, D6-06, D6-09), and how urgent it is (D6-02).
INSERT INTO sla.department (department, head) VALUES ('repairs', 'Gao');
INSERT INTO sla.employee (employee, department, roles) VALUES ('Lin', NULL, '{agent}'), ('Gao', 'repairs', '{dept_head}'),
	('Shen', 'repairs', '{field_engineer}'), ('Tian', 'repairs', '{field_engineer}'), ('Ku', 'repairs', '{storekeeper}');
CREATE TEMP TABLE words (n integer, severity text, description text);
INSERT INTO words VALUES (1, NULL, '设备报修,无法启动'), (2, NULL, '机器冒烟,请抢修'), (3, NULL, '不紧急,打印机有异响'), (4, NULL, '上门的人一直推销保险'),
	(5, NULL, '请问滤芯多久换一次'), (6, NULL, '建议增加夜间服务'), (7, NULL, '需要一份说明书'), (8, 'serious', 'The pump is broken'), (9, NULL, 'Please send somebody for the annual inspection');
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, severity, description) SELECT 'repair_center', 'word ' || n, severity, description FROM words ORDER BY n;
SELECT order_ref, type, category, urgency FROM sla.ticket WHERE order_ref LIKE 'word%' ORDER BY order_ref;
SELECT t.order_ref, string_agg(c.target || CASE WHEN c.provisional THEN ' (provisional)' ELSE '' END, ', ' ORDER BY c.target) AS promises
FROM sla.ticket t JOIN sla.clock c USING (ticket_id) WHERE t.order_ref LIKE 'word%' GROUP BY 1 ORDER BY 1;
SET ROLE regress_desk;

-- V-02: both parts before the start end the provisional clock, and no second one begins.  V-03: the last part counts.
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, owner) VALUES ('V-02', 'fault_report', 'Lin');
SELECT target, started, due, verdict FROM desk.clocks('V-02', 'confirm%');
CALL desk.event('09:10', 'V-02', 'fault_confirmed');
CALL desk.event('09:20', 'V-02', 'appointment_set');
SELECT target, started, due, stopped, verdict FROM desk.clocks('V-02', 'confirm%');
CALL desk.event('09:30', 'V-02', 'assigned', NULL, '{"set": {"department": "repairs", "assignee": "Shen"}}');
SELECT policy, target, no, started, due, stopped, verdict FROM desk.clocks('V-02', 'confirm%'), sla.ticket t WHERE t.order_ref = 'V-02';
SELECT * FROM desk.breaches('V-02');
-- Easy mistake: the fault confirmed is not yet the appointment.  The date itself makes it (D6-10): two minutes late.
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, owner) VALUES ('half', 'repair', 'Lin');
CALL desk.event('09:30', 'half', 'assigned', NULL, '{"set": {"department": "repairs", "assignee": "Shen"}}');
CALL desk.event('09:40', 'half', 'fault_confirmed', NULL, '{}', 'Shen');
CALL desk.event('11:32', 'half', 'follow_up', NULL, '{"set": {"appointment_at": "2025-10-15 15:00+08"}}', 'Shen');
SELECT event, occurred, implied_by FROM desk.events('half');
SELECT target, started, due, stopped, verdict FROM desk.clocks('half');
SELECT target, kind, due, responsible FROM desk.breaches('half');
SELECT b.binding, b.ladder FROM sla.breach b WHERE b.ticket_id = desk.id('half');
-- V-13: never assigned, the agent owes the start; exactly at the provisional deadline nobody does.
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, owner) VALUES ('V-13 a', 'fault_report', 'Lin'), ('V-13 b', 'fault_report', 'Lin');
CALL desk.event('11:00:00', 'V-13 a', 'assigned', NULL, '{"set": {"department": "repairs"}}');
CALL desk.event('11:00:01', 'V-13 b', 'assigned', NULL, '{"set": {"department": "repairs"}}');
SELECT target, started, due, verdict FROM desk.clocks('V-13 a', 'confirm%') UNION ALL SELECT target, started, due, verdict FROM desk.clocks('V-13 b', 'confirm%');
SELECT 'a' AS ticket, kind, due, responsible FROM desk.breaches('V-13 a') UNION ALL SELECT 'b', kind, due, responsible FROM desk.breaches('V-13 b');
-- Solved by telephone: there is nothing left to confirm or to visit, and nothing was missed.
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, owner, appointment_at) VALUES ('phone', 'fault_report', 'Lin', '2025-10-16 10:00+08');
CALL desk.event('09:30', 'phone', 'resolved', NULL, '{"set": {"root_cause": "operation"}}', 'Lin');
CALL desk.sweep('+1 10:01');
SELECT target, due, stopped, cancelled, verdict FROM desk.clocks('phone');
SELECT * FROM desk.breaches('phone');
SELECT * FROM desk.refold('V-02', '+1 10:01') UNION ALL SELECT * FROM desk.refold('half', '+1 10:01') UNION ALL SELECT * FROM desk.refold('V-13%', '+1 10:01') UNION ALL SELECT * FROM desk.refold('phone', '+1 10:01');

-- V-17: the emergency's 4 hours are advisory, the 24 bind; the milestone is judged by the latter.
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, urgency, owner, department, assignee) VALUES ('V-17', 'fault_report', 'urgent', 'Lin', 'repairs', 'Shen');
CALL desk.event('09:10', 'V-17', 'first_response');
CALL desk.event('09:20', 'V-17', 'fault_confirmed');
CALL desk.event('09:20', 'V-17', 'appointment_set');
CALL desk.event('15:00', 'V-17', 'resolved', NULL, '{"set": {"root_cause": "wear"}}', 'Shen');
CALL desk.sweep('15:01');
SELECT target, due, stopped, verdict FROM desk.clocks('V-17');
SELECT target, kind, due, responsible FROM desk.breaches('V-17');
SELECT count(*) AS penalties FROM desk.penalties('V-17');
SELECT c.binding, count(*) FILTER (WHERE c.due_at >= c.stopped_at) AS met, count(*) AS judged
FROM sla.clock c WHERE c.ticket_id = desk.id('V-17') AND c.milestone = 'resolve' GROUP BY 1 ORDER BY 1 DESC;
SELECT * FROM desk.refold('V-17');

-- Easy mistake: 24 hours are elapsed hours; received on Friday at 20:00, they end on Saturday at 20:00.  Nobody assigned, no
-- department: the agent answers; with a department its head; with an engineer the engineer alone, and not every engineer.
CALL desk.at('2025-10-17 20:00');
INSERT INTO sla.ticket (order_ref, type, owner, department, assignee) VALUES
	('weekend a', 'fault_report', 'Lin', NULL, NULL), ('weekend b', 'fault_report', 'Lin', 'repairs', NULL), ('weekend c', 'fault_report', 'Lin', 'repairs', 'Tian');
CALL desk.sweep('2025-10-18 20:00:01');
SELECT t.order_ref, x.target, x.kind, x.due, x.responsible FROM sla.ticket t, desk.breaches(t.order_ref) x
WHERE t.order_ref LIKE 'weekend%' ORDER BY 1, x.due, x.target;
-- Easy mistake: an appointment beyond the 24 hours does not move them (C-20).
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, owner, department, assignee, appointment_at) VALUES ('C-20', 'fault_report', 'Lin', 'repairs', 'Shen', '2025-10-17 10:00+08');
CALL desk.event('09:10', 'C-20', 'fault_confirmed');
CALL desk.sweep('+1 09:00:01');
SELECT target, started, due, stopped, verdict FROM desk.clocks('C-20');
-- V-10: moved before it has passed it is the same appointment, afterwards another.
CALL desk.event('2025-10-17 09:00', 'C-20', 'appointment_set', NULL, '{"set": {"appointment_at": "2025-10-17 14:00+08"}}', 'Shen');
CALL desk.event('2025-10-17 14:10', 'C-20', 'appointment_set', NULL, '{"set": {"appointment_at": "2025-10-17 16:00+08"}}', 'Shen');
CALL desk.event('2025-10-17 16:00:00', 'C-20', 'arrived_on_site', NULL, '{}', 'Shen');
SELECT no, started, due, stopped, cancelled, verdict FROM desk.clocks('C-20', 'on_site');
SELECT target, no, kind, due, responsible FROM desk.breaches('C-20');

-- A repair from the report to the confirmation.  Closing waits for the customer (P4-06), in every cycle; a bad rating reopens, by default.
CALL desk.event('2025-10-17 17:00', 'C-20', 'resolved', NULL, '{}', 'Shen');
SELECT target, kind, responsible FROM desk.breaches('C-20', 'resolved_needs%');
CALL desk.refused($$CALL desk.event('2025-10-17 17:05', 'C-20', 'closed', NULL, '{}', 'Lin')$$);
CALL desk.event('2025-10-17 17:10', 'C-20', 'customer_confirmed', NULL, '{}', 'Shen');
CALL desk.event('2025-10-17 18:00', 'C-20', 'rating_recorded', NULL, '{"score": 2}');
SELECT status, cycle FROM sla.ticket WHERE order_ref = 'C-20';
CALL desk.event('2025-10-17 18:10', 'C-20', 'resolved', NULL, '{"set": {"root_cause": "wear"}}', 'Shen');
CALL desk.event('2025-10-17 18:20', 'C-20', 'rating_recorded', NULL, '{"score": 4}');
CALL desk.refused($$CALL desk.event('2025-10-17 18:30', 'C-20', 'closed', NULL, '{}', 'Lin')$$);
CALL desk.event('2025-10-17 18:30', 'C-20', 'customer_confirmed', NULL, '{}', 'Shen');
CALL desk.event('2025-10-17 18:40', 'C-20', 'closed', NULL, '{}', 'Lin');
SELECT status, cycle, last_score FROM sla.ticket WHERE order_ref = 'C-20';
-- Confirmed before it was repaired: it counts, and is a violation.
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, owner, department, assignee) VALUES ('rash', 'fault_report', 'Lin', 'repairs', 'Shen');
CALL desk.event('09:30', 'rash', 'customer_confirmed', NULL, '{}', 'Shen');
SELECT target, kind, responsible FROM desk.breaches('rash');
-- An inquiry is solved by its answer, any other ticket is not; neither needs a confirmation.  What two rules imply happens once (V-22).
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, owner) VALUES ('repair_center', 'inquiry', 'inquiry', 'Lin'), ('repair_center', 'complaint', 'complaint', 'Lin');
CALL desk.event('09:30', 'inquiry', 'answered', NULL, '{}', 'Lin');
CALL desk.event('09:30', 'complaint', 'answered', NULL, '{}', 'Lin');
SELECT 'inquiry' AS ticket, event FROM desk.events('inquiry') UNION ALL SELECT 'complaint', event FROM desk.events('complaint');
CALL desk.event('09:40', 'inquiry', 'closed', NULL, '{}', 'Lin');
SELECT order_ref, status FROM sla.ticket WHERE order_ref IN ('inquiry', 'complaint') ORDER BY 1;
SELECT * FROM desk.breaches('inquiry');
SELECT * FROM desk.refold('weekend%', '2025-10-18 20:00:01') UNION ALL SELECT * FROM desk.refold('C-20') UNION ALL SELECT * FROM desk.refold('rash')
UNION ALL SELECT * FROM desk.refold('inquiry') UNION ALL SELECT * FROM desk.refold('complaint');

-- Duties: a visit and a stock-take are done by their own events.
RESET ROLE;
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, duty, subject_key, department, assignee, due_at) VALUES
	('repair_center', 'visit', 'duty', 'maintenance_visit', 'pump 7', 'repairs', 'Tian', '2025-10-16 12:00+08'),
	('repair_center', 'count', 'duty', 'stocktake', 'north', 'repairs', NULL, '2025-11-01 00:00+08');
CALL desk.event('+1 12:30', 'visit', 'maintenance_done', NULL, '{}', 'Tian');
CALL desk.event('+1 12:30', 'count', 'stocktake_done', NULL, '{}', 'Ku');
SELECT order_ref, type, category, urgency, status FROM sla.ticket WHERE order_ref IN ('visit', 'count') ORDER BY 1;
SELECT target, due, stopped, verdict FROM desk.clocks('visit') UNION ALL SELECT target, due, stopped, verdict FROM desk.clocks('count');
SELECT b.target, b.kind, b.binding, b.responsible FROM sla.breach b WHERE b.ticket_id IN (desk.id('visit'), desk.id('count'));
-- The plan of visits is the company's: its view can be named after publication (the promise cannot change).
UPDATE sla.duty SET source = 'public.maintenance_plan', active = true WHERE policy = 'repair_center' AND version = :version AND duty = 'maintenance_visit';
UPDATE sla.duty SET subjects = '{north,south}' WHERE policy = 'repair_center' AND version = :version AND duty = 'stocktake';
CALL desk.refused(format('UPDATE sla.duty SET due_after = ''2 months'' WHERE policy = ''repair_center'' AND version = %s AND duty = ''stocktake''', :version));
SELECT * FROM sla._policy_problems() WHERE object LIKE 'repair_center%';
SELECT code, object, message FROM sla.finding WHERE ticket_id > (SELECT last FROM desk.ticket_before) AND code <> 'role_unresolved' ORDER BY 1, 2;

\set ECHO none
\i :end_desk

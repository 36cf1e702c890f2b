--
-- Preset P7, the generic desk (D4 D5 D8-D12 D15-D21): its rows against requirements section 3.2,
-- then days of work under it.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set read_preset :abs_srcdir '/sql/include/preset.sql'
\set preset generic_service_desk
\pset null -
\set ECHO none
\i :begin_desk
SELECT sla.load_preset(:'preset') AS version \gset
\i :read_preset
\set ECHO all
-- Loading it again is the same version.
SELECT sla.load_preset(:'preset') = :version AS the_same;
SELECT title, title_zh, position, applies_to, status, effective_from, time_zone, calendar, late_record_window, pause_on,
	reopen_alert_after, reopen_alert_roles, unsatisfied_max_rating, rating_scale, offence_window, offence_unit, retention_years, order_check
FROM sla.policy WHERE policy = :'preset' AND version = :version \gx

-- P7-01 to P7-12; the superior is the supervisor.  Not one number is the documents', so nothing binds.
INSERT INTO expected_target VALUES
('P7-01', 'first_response_live', 'first_response', '15 min', '24x7', 'received', 'first_response', NULL, 'agent', 'dept_head', 'report only', 'A', 'D12-01'),
('P7-02', 'first_response_other', 'first_response', '1440 min', '24x7', 'received', 'first_response', NULL, 'agent', 'dept_head', 'report only', 'A', 'D20-05'),
('P7-03', 'assign', 'assign', '30 min', '24x7', 'received', 'assigned', NULL, 'agent', 'dept_head', 'report only', 'A', 'D4-04'),
('P7-04', 'plan', 'plan', '120 min', '24x7', 'assigned (fb received+30 agent)', 'plan_proposed', NULL, 'dept_handler', 'dept_head', 'report only', 'A', 'D4-06'),
('P7-05', 'resolve', 'resolve', '1440 min', '24x7', 'received', 'resolved', NULL, 'dept_handler', 'dept_head', 'report only', 'A', 'D5-05'),
('P7-06', 'resolve_urgent', 'resolve', '240 min', '24x7', 'received', 'resolved', NULL, 'dept_handler', 'dept_head', 'report only', 'A', 'D5-05'),
('P7-07', 'escalate_unsolvable', 'escalate_unsolvable', '30 min', '24x7', 'unsolvable', 'escalated', NULL, 'dept_handler', 'supervisor', 'report only', 'A', 'D5-07'),
('P7-08', 'promise', 'promise', 'promised_at', '24x7', '', 'resolved', NULL, 'dept_handler', 'dept_head', 'report only', 'T', 'D11-03'),
('P7-09', 'result_notice', 'result_notice', '1440 min', '24x7', 'resolved', 'result_notified', NULL, 'agent', 'dept_head', 'report only', 'A', 'D5-06'),
('P7-12', 'progress_to_customer', 'progress_to_customer', 'off', '24x7', 'work_started', 'resolved', NULL, 'dept_handler', 'dept_head', 'report only', 'A', 'D11-04');
SELECT * FROM target_difference ORDER BY 2, 1;
SELECT * FROM duty_difference;
-- L7 is a person's decision, of a kind that no document names.
INSERT INTO expected_step VALUES
('L7', '1', 'manual', NULL, NULL, NULL, NULL, 'responsible', 'manual', NULL, NULL, NULL, NULL, 'dept_head', 'D5-16');
SELECT * FROM step_difference;
SELECT reward, trigger, metric, at_least, period, scope, kind, approver_roles, clause FROM sla.reward_rule WHERE policy = :'preset';
SELECT (SELECT count(*) FROM actual_target) AS targets, (SELECT count(*) FROM actual_duty) AS duties, (SELECT count(*) FROM actual_step) AS steps;
SELECT * FROM nameless;
-- What the tables do not show.
SELECT target, condition FROM sla.target WHERE policy = :'preset' AND condition IS NOT NULL ORDER BY target;
SELECT string_agg(target, ', ' ORDER BY target) AS not_restarted FROM sla.target WHERE policy = :'preset' AND NOT restarts;
SELECT target, rearms_on, cancels_on FROM sla.target WHERE policy = :'preset' AND (rearms_on <> '{}' OR cancels_on <> '{}') ORDER BY target;
SELECT target, starts_on, stops_on, duration, on_due, binding, responsible_role, clause FROM sla.target WHERE policy = :'preset' AND on_due IS NOT NULL;
SELECT target, level, at_percent, after, roles FROM sla.escalation_step WHERE policy = :'preset' ORDER BY target, level;
-- P7-10, P7-11, the orders of D15 and D17, and what events bring with them.
SELECT rule, event, applies_when, requires_events, requires, mode, implies, sets, notifies, clause
FROM sla.event_rule WHERE policy = :'preset' ORDER BY rule;
SELECT position, condition, cardinality(keywords) > 0 AS keywords, sets, clause FROM sla.classification WHERE policy = :'preset' ORDER BY position;
SELECT * FROM sla._policy_problems();

INSERT INTO sla.department (department, head) VALUES ('support', 'Qian');
INSERT INTO sla.employee (employee, department, supervisor, roles) VALUES ('Chen', 'service', 'Wang', '{agent}'), ('Wang', 'service', NULL, '{supervisor}'),
	('Qian', 'support', NULL, '{}'), ('Anna', 'support', 'Qian', '{}');
SET ROLE regress_desk;

-- It takes what no other policy takes.
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, channel, subject, owner) VALUES ('P7 live', 'hotline', '请问如何设置', 'Chen'), ('P7 mail', 'email', 'The machine does not start', 'Chen'),
	('P7 none', NULL, '投诉:服务态度差', 'Chen');
SELECT order_ref, policy, type, category, urgency, priority FROM sla.ticket WHERE order_ref IN ('P7 live', 'P7 mail', 'P7 none') ORDER BY 1;
SELECT * FROM desk.clocks('P7 live');
SELECT * FROM desk.clocks('P7 mail');
SELECT * FROM desk.clocks('P7 none', 'first%');
-- Entering is registering; an answer is a first response, and no solution.
CALL desk.event('09:15:00', 'P7 live', 'answered');
SELECT event, occurred FROM desk.events('P7 live');
SELECT * FROM desk.breaches('P7 live');
CALL desk.event('+1 09:00:01', 'P7 mail', 'first_response');
SELECT * FROM desk.breaches('P7 mail');
CALL desk.sweep('+1 09:01');
SELECT count(*) AS penalties FROM sla.penalty p JOIN sla.ticket t USING (ticket_id) WHERE t.order_ref LIKE 'P7%';

-- Dispatch and plan.  A plan says how long it takes, and that is a promise.
CALL desk.at('2025-10-20 09:00');
INSERT INTO sla.ticket (order_ref, type, urgency, needs_department, owner) VALUES ('P7 a', 'other', 'normal', true, 'Chen'), ('P7 b', 'other', 'urgent', NULL, 'Chen'),
	('P7 c', 'other', 'normal', true, 'Chen'), ('P7 d', 'other', 'normal', NULL, 'Chen');
SELECT * FROM desk.clocks('P7 a');
SELECT * FROM desk.clocks('P7 d');
CALL desk.event('2025-10-20 09:20', 'P7 a', 'assigned', NULL, '{"set": {"department": "support", "assignee": "Anna"}}');
CALL desk.refused($$CALL desk.event('2025-10-20 10:00', 'P7 a', 'plan_proposed')$$);
CALL desk.event('2025-10-20 11:20:00', 'P7 a', 'plan_proposed', NULL, '{"set": {"promised_at": "2025-10-20 15:00+08"}}');
SELECT * FROM desk.clocks('P7 a');
-- Assigned without anybody having said that a department is needed.
CALL desk.event('2025-10-20 09:40', 'P7 b', 'assigned', NULL, '{"set": {"department": "support"}}');
SELECT needs_department FROM sla.ticket WHERE order_ref = 'P7 b';
SELECT * FROM desk.clocks('P7 b');
SELECT * FROM desk.breaches('P7 b');
-- Solved before anybody was assigned: neither assignment nor plan is owed any more.
CALL desk.event('2025-10-20 09:10', 'P7 c', 'resolved');
SELECT * FROM desk.clocks('P7 c') WHERE target IN ('assign', 'plan (provisional)', 'plan');
-- The promise is missed, the solution in time; nothing of it binds.
CALL desk.event('2025-10-20 16:00', 'P7 a', 'resolved');
SELECT * FROM desk.breaches('P7 a');
-- What cannot be solved goes up with a proposal.
CALL desk.event('2025-10-20 10:00', 'P7 b', 'unsolvable');
CALL desk.refused($$CALL desk.event('2025-10-20 10:10', 'P7 b', 'escalated')$$);
CALL desk.at('2025-10-20 10:31');
SELECT sla.record(desk.id('P7 b'), 'escalated', NULL, 'Anna', 'replace the board') > 0 AS recorded;
SELECT * FROM desk.breaches('P7 b', 'escalate%');

-- A solution asks the customer at once.
SELECT event, occurred, implied_by IS NOT NULL AS implied FROM desk.events('P7 a') WHERE event IN ('resolved', 'survey_requested');
SELECT n.recipient, n.kind FROM sla.notification n WHERE n.ticket_id = desk.id('P7 a') AND n.kind = 'event';
-- Unsatisfied: diagnosed again, with a new plan before the next solution (D11 says so itself; easy mistake: to
-- believe that D4, D6 or D24 do).
CALL desk.event('2025-10-20 17:00', 'P7 a', 'rating_recorded', NULL, '{"score": 2}');
CALL desk.refused($$CALL desk.event('2025-10-20 17:10', 'P7 a', 'closed')$$);
CALL desk.refused($$CALL desk.event('2025-10-20 17:10', 'P7 a', 'resolved')$$);
CALL desk.event('2025-10-20 17:20', 'P7 a', 'plan_proposed', NULL, '{"set": {"promised_at": "2025-10-20 19:00+08"}}');
CALL desk.event('2025-10-20 18:00', 'P7 a', 'resolved');
SELECT * FROM desk.clocks('P7 a') WHERE split_part(no, '/', 1) = '2';
CALL desk.event('2025-10-20 18:30', 'P7 a', 'rating_recorded', NULL, '{"score": 5}');
CALL desk.event('2025-10-20 18:40', 'P7 a', 'closed');
SELECT status, cycle, last_score FROM sla.ticket WHERE order_ref = 'P7 a';
SELECT count(*) AS violations FROM desk.breaches('P7 a') WHERE kind = 'process_violation';
-- Closed with neither confirmation nor rating: a process violation.
CALL desk.event('2025-10-20 18:40', 'P7 c', 'closed');
SELECT target, kind FROM desk.breaches('P7 c');

-- V-30 here: no rating for seven days closes the ticket, at its time, whoever comes first afterwards; a rating
-- exactly then stops it; V-29: never for an unsatisfied customer.
CALL desk.at('2025-10-01 11:00');
INSERT INTO sla.ticket (order_ref, type, urgency) SELECT 'V-30 ' || x, 'other', 'normal' FROM unnest('{a,b,c}'::text[]) x;
CALL desk.event('2025-10-01 11:30', 'V-30 c', 'rating_recorded', NULL, '{"score": 1}');
CALL desk.event('2025-10-01 11:40', 'V-30 c', 'plan_proposed', NULL, '{"set": {"promised_at": "2025-10-01 13:00+08"}}');
CALL desk.event('2025-10-01 12:00', 'V-30 a', 'resolved');
CALL desk.event('2025-10-01 12:00', 'V-30 b', 'resolved');
CALL desk.event('2025-10-01 12:00', 'V-30 c', 'resolved');
SELECT * FROM desk.clocks('V-30 a', 'close%');
CALL desk.event('2025-10-08 12:00:00', 'V-30 b', 'rating_recorded', NULL, '{"score": 4}');
CALL desk.event('2025-10-08 13:00', 'V-30 a', 'rating_recorded', NULL, '{"score": 4}');
CALL desk.sweep('2025-10-08 14:00');
SELECT event, occurred, recorded, automatic FROM desk.events('V-30 a') WHERE no > 1;
SELECT event, occurred, automatic FROM desk.events('V-30 b') WHERE no > 1;
SELECT order_ref, status, last_score FROM sla.ticket WHERE order_ref LIKE 'V-30%' ORDER BY 1;

-- D17: verified, scheduled, solved, called back.  D15: analysed, planned, executed, confirmed, solved, archived.
-- First each in its order, then every step jumped.
CALL desk.at('2025-10-21 09:00');
INSERT INTO sla.ticket (order_ref, type, urgency) VALUES ('D17 right', 'fault_report', 'normal'), ('D17 wrong', 'fault_report', 'normal'),
	('D15 right', 'complaint', 'normal'), ('D15 wrong', 'complaint', 'normal');
CALL desk.event('2025-10-21 09:10', 'D17 right', 'verified');
CALL desk.event('2025-10-21 09:20', 'D17 right', 'appointment_set');
CALL desk.event('2025-10-21 09:30', 'D17 right', 'resolved');
CALL desk.event('2025-10-21 09:40', 'D17 right', 'callback_done');
CALL desk.event('2025-10-21 09:10', 'D17 wrong', 'callback_done');
CALL desk.event('2025-10-21 09:20', 'D17 wrong', 'resolved');
CALL desk.event('2025-10-21 09:30', 'D17 wrong', 'appointment_set');
CALL desk.event('2025-10-21 09:10', 'D15 right', 'cause_analysed');
CALL desk.event('2025-10-21 09:20', 'D15 right', 'plan_proposed', NULL, '{"set": {"promised_at": "2025-10-21 12:00+08"}}');
CALL desk.event('2025-10-21 09:30', 'D15 right', 'work_started');
CALL desk.event('2025-10-21 09:40', 'D15 right', 'customer_confirmed');
CALL desk.event('2025-10-21 09:50', 'D15 right', 'resolved');
CALL desk.event('2025-10-21 10:00', 'D15 right', 'rating_recorded', NULL, '{"score": 4}');
CALL desk.event('2025-10-21 10:10', 'D15 right', 'archived');
CALL desk.event('2025-10-21 09:10', 'D15 wrong', 'archived');
CALL desk.event('2025-10-21 09:20', 'D15 wrong', 'rating_recorded', NULL, '{"score": 4}');
CALL desk.event('2025-10-21 09:30', 'D15 wrong', 'resolved');
CALL desk.event('2025-10-21 09:40', 'D15 wrong', 'customer_confirmed');
CALL desk.event('2025-10-21 09:50', 'D15 wrong', 'work_started');
CALL desk.event('2025-10-21 10:00', 'D15 wrong', 'plan_proposed', NULL, '{"set": {"promised_at": "2025-10-21 12:00+08"}}');
SELECT t.order_ref, b.target, b.due FROM sla.ticket t, desk.breaches(t.order_ref) b
WHERE t.order_ref ~ '^D1[57]' AND b.kind = 'process_violation' ORDER BY 1, 3;

-- Priority from impact and urgency (K-7), typed from there; no impact: by urgency alone, a suggestion last.
RESET ROLE;
CREATE TEMP TABLE matrix (impact text, urgency text, type text, priority text);
INSERT INTO matrix VALUES ('high', 'urgent', 'other', 'P1'), ('high', 'important', 'other', 'P2'), ('high', 'normal', 'other', 'P3'),
	('medium', 'urgent', 'other', 'P2'), ('medium', 'important', 'other', 'P3'), ('medium', 'normal', 'other', 'P4'),
	('low', 'urgent', 'other', 'P3'), ('low', 'important', 'other', 'P4'), ('low', 'normal', 'other', 'P4'),
	(NULL, 'urgent', 'other', 'P1'), (NULL, 'important', 'other', 'P2'), (NULL, 'normal', 'other', 'P3'), (NULL, 'normal', 'suggestion', 'P4');
INSERT INTO sla.ticket (order_ref, impact, urgency, type) SELECT 'matrix', m.impact, m.urgency, m.type FROM matrix m;
SELECT count(*) AS cases, count(*) FILTER (WHERE t.priority = m.priority) AS as_typed
FROM sla.ticket t JOIN matrix m ON (t.impact, t.urgency, t.type) IS NOT DISTINCT FROM (m.impact, m.urgency, m.type) WHERE t.order_ref = 'matrix';

-- P7-12 is off, in a version of the company's own it is on with one number.
SELECT sla.revise_policy(:'preset') AS mine \gset
UPDATE sla.target SET every = '02:00:00' WHERE policy = :'preset' AND version = :mine AND target = 'progress_to_customer';
SELECT sla.publish_policy(:'preset', :mine, '2025-10-22 00:00');
SET ROLE regress_desk;
CALL desk.at('2025-10-22 09:00');
INSERT INTO sla.ticket (order_ref, type, urgency, received_at) VALUES ('P7 on', 'other', 'normal', '2025-10-22 09:00'), ('P7 off', 'other', 'normal', '2025-10-21 23:59');
CALL desk.event('2025-10-22 09:30', 'P7 on', 'work_started');
CALL desk.event('2025-10-22 09:30', 'P7 off', 'work_started');
CALL desk.event('2025-10-22 11:00', 'P7 on', 'progress_to_customer');
SELECT * FROM desk.clocks('P7 on', 'progress%');
SELECT * FROM desk.clocks('P7 off', 'progress%');

-- Beside trading_company it takes only the tickets that name it.
RESET ROLE;
SELECT sla.load_preset('trading_company') > 0 AS loaded;
SET ROLE regress_desk;
INSERT INTO sla.ticket (order_ref, policy) VALUES ('beside 1', NULL), ('beside 2', :'preset');
SELECT order_ref, policy FROM sla.ticket WHERE order_ref LIKE 'beside%' ORDER BY 1;
CALL desk.sweep('2025-10-22 11:00');
SELECT * FROM desk.refold('%', '2025-10-22 11:00');

\set ECHO none
\i :end_desk

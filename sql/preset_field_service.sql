--
-- Preset P5, manufacturer field service (D7): its rows against the regulation, as requirements
-- section 3.2 writes it down, then days of work under it.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set read_preset :abs_srcdir '/sql/include/preset.sql'
\set preset field_service
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

-- P5-01 to P5-13.  after_sales is the department of the duty, whose handler answers; a customer's or a
-- contract's date binds, and has no penalty of its own.
INSERT INTO expected_target VALUES
('P5-01', 'reply', 'first_response', '720 min', '24x7', 'received', 'first_response', NULL, 'agent', 'dept_head', 'none', 'B', 'D7-08'),
('P5-02', 'on_site', 'on_site', 'customer_required_at', '24x7', '', 'arrived_on_site', NULL, 'field_engineer', 'dept_head', 'none', 'T', 'D7-09'),
('P5-03', 'service_report', 'service_report', '1 wd', 'WD', 'resolved', 'service_report_filed', NULL, 'field_engineer', 'dept_head', 'report only', 'A', 'D7-12'),
('P5-05', 'headquarters_help', 'headquarters_help', '30 min', '24x7', 'cannot_answer', 'escalated', NULL, 'field_engineer', 'headquarters', 'report only', 'A', 'D7-07'),
('P5-06', 'installation', 'installation', 'due_at', 'CAL', 'duty installation', 'installation_done', NULL, 'field_engineer', 'dept_head', 'none', 'T', 'D7-03'),
('P5-08', 'monthly_statistics', 'monthly_statistics', 'due_at', 'CAL', 'duty monthly_statistics', 'report_filed', NULL, 'dept_handler', 'marketing', 'none', 'B', 'D7-30'),
('P5-09', 'project_report', 'project_report', 'due_at', 'CAL', 'duty project_report', 'report_filed', NULL, 'dept_handler', 'tech_center, senior_mgmt', 'none', 'B', 'D7-36'),
('P5-10', 'monthly_archive', 'monthly_archive', 'due_at', 'CAL', 'duty monthly_archive', 'archived', NULL, 'dept_handler', 'dept_head', 'report only', 'A', 'D7-28'),
('P5-11', 'yearly_archive', 'yearly_archive', 'due_at', 'CAL', 'duty yearly_archive', 'archived', NULL, 'dept_handler', 'dept_head', 'report only', 'A', 'D7-29'),
('P5-13', 'key_customer_visit', 'key_customer_visit', 'due_at', 'CAL', 'duty key_customer_visit', 'visit_done', NULL, 'dept_handler', 'dept_head', 'report only', 'A', 'D7-04'),
('L5 1', 'remedial_measures', 'remedial_measures', 'due_at', 'CAL', 'duty remedial_measures', 'document_filed', NULL, 'dept_handler', 'dept_head', 'report only', 'A', 'D7-18');
SELECT * FROM target_difference ORDER BY 2, 1;
INSERT INTO expected_duty VALUES
('P5-08', 'monthly_statistics', '1 mon', '01-01 Mon 00:00', '4 days', 'none', 'after_sales', 'dept_handler', true, 'D7-30'),
('P5-09', 'project_report', '1 mon', '01-01 Mon 00:00', '5 days', 'none', 'after_sales', 'dept_handler', true, 'D7-36'),
('P5-10', 'monthly_archive', '1 mon', '01-01 Mon 00:00', '3 days', 'none', 'after_sales', 'dept_handler', true, 'D7-28'),
('P5-11', 'yearly_archive', '1 year', '12-01 Sat 00:00', '31 days', 'none', 'after_sales', 'dept_handler', true, 'D7-29'),
('P5-06', 'installation', 'source', NULL, NULL, 'none', 'after_sales', 'dept_handler', false, 'D7-03'),
('P5-13', 'key_customer_visit', 'source', NULL, NULL, 'none', 'after_sales', 'dept_handler', false, 'D7-04');
SELECT * FROM duty_difference ORDER BY 2, 1;
-- L5: no first warning; F1 to F4 by a person's hand only.
INSERT INTO expected_step VALUES
('L5', '1', 'event', 'complaint_verified', NULL, NULL, NULL, 'against_employee', 'major_demerit', NULL, NULL, 'remedial_measures', '3 days', 'dept_head, hr', 'D7-18'),
('L5', 'F1', 'manual', NULL, NULL, NULL, NULL, 'responsible', 'demerit', NULL, NULL, NULL, NULL, 'finance, hr', 'D7-23'),
('L5', 'F2', 'manual', NULL, NULL, NULL, NULL, 'responsible', 'major_demerit', NULL, NULL, NULL, NULL, 'finance, hr', 'D7-23'),
('L5', 'F3', 'manual', NULL, NULL, NULL, NULL, 'responsible', 'dismissal_review', NULL, NULL, NULL, NULL, 'finance, hr', 'D7-23'),
('L5', 'F4', 'manual', NULL, NULL, NULL, NULL, 'responsible', 'legal_review', NULL, NULL, NULL, NULL, 'finance, hr', 'D7-23');
SELECT * FROM step_difference ORDER BY 2, 3, 1;
SELECT count(*) AS rewards FROM sla.reward_rule WHERE policy = :'preset';
SELECT (SELECT count(*) FROM actual_target) AS targets, (SELECT count(*) FROM actual_duty) AS duties, (SELECT count(*) FROM actual_step) AS steps;
SELECT * FROM nameless;
-- What the tables do not show.
SELECT target, condition FROM sla.target WHERE policy = :'preset' AND condition IS NOT NULL ORDER BY target;
SELECT string_agg(target, ', ' ORDER BY target) AS not_restarted FROM sla.target WHERE policy = :'preset' AND NOT restarts;
SELECT condition AS demerit FROM sla.penalty_rule WHERE policy = :'preset' AND condition IS NOT NULL;
SELECT target, level, at_percent, after, roles FROM sla.escalation_step WHERE policy = :'preset' ORDER BY target, level;
-- P5-03, P5-04, P5-07, P5-12: gates and what is recorded; and what events bring with them.
SELECT rule, event, applies_when, requires_events, requires, mode, implies, notifies, clause
FROM sla.event_rule WHERE policy = :'preset' ORDER BY rule;
SELECT position, condition, cardinality(keywords) > 0 AS keywords, sets, clause FROM sla.classification WHERE policy = :'preset' ORDER BY position;
SELECT * FROM sla._policy_problems();

INSERT INTO sla.department (department, head) VALUES ('after_sales', 'Wang');
INSERT INTO sla.employee (employee, department, supervisor, roles) VALUES ('Chen', 'after_sales', 'Wang', '{agent}'),
	('Wang', 'after_sales', NULL, '{supervisor}'), ('Li', 'after_sales', 'Wang', '{field_engineer}'),
	('Zhao', 'after_sales', 'Wang', '{field_engineer}'), ('He', 'office', NULL, '{headquarters}'), ('Tao', 'lab', NULL, '{tech_center}');
SET ROLE regress_desk;

-- It takes service requests, complaints about people, and whatever needs somebody on site.
CALL desk.at('2025-10-17 20:00');
INSERT INTO sla.ticket (order_ref, type, owner, onsite_required, against_employee) VALUES ('P5 a', 'service_request', 'Chen', NULL, NULL),
	('P5 b', 'service_request', 'Chen', NULL, NULL), ('P5 c', NULL, 'Chen', true, NULL), ('P5 d', NULL, 'Chen', true, 'Li');
SELECT order_ref, policy, type, urgency FROM sla.ticket WHERE order_ref LIKE 'P5 _' ORDER BY 1;

-- Example 7: received on Friday at 20:00, due on Saturday at 08:00.  (Easy mistake: 12 hours are elapsed
-- hours, they run through night and weekend.)
SELECT * FROM desk.clocks('P5 a');
CALL desk.event('2025-10-18 08:00:00', 'P5 a', 'first_response');
CALL desk.event('2025-10-18 08:00:01', 'P5 b', 'answered');
SELECT * FROM desk.clocks('P5 a');
SELECT * FROM desk.clocks('P5 b');
-- Easy mistake: a late reply alone is no demerit.  It binds, and yet there is no candidate.
CALL desk.sweep('2025-10-18 08:01');
SELECT * FROM desk.breaches('P5 b');
SELECT count(*) AS candidates FROM desk.penalties('P5 b');

-- Arrival when the customer says; of two field engineers the one who has the ticket answers.
CALL desk.at('2025-10-20 09:00');
INSERT INTO sla.ticket (order_ref, type, owner, onsite_required, customer_required_at, department, assignee) VALUES
	('P5 e', 'service_request', 'Chen', true, '2025-10-20 14:00', 'after_sales', 'Li'),
	('P5 f', 'service_request', 'Chen', true, '2025-10-20 14:00', 'after_sales', NULL),
	('P5 g', 'service_request', 'Chen', true, NULL, 'after_sales', 'Li');
CALL desk.event('2025-10-20 09:10', 'P5 e', 'first_response');
CALL desk.event('2025-10-20 09:10', 'P5 g', 'first_response', NULL, '{}', 'Chen');
SELECT * FROM desk.breaches('P5 g');
CALL desk.event('2025-10-20 14:00:01', 'P5 e', 'arrived_on_site');
CALL desk.sweep('2025-10-20 14:01');
SELECT * FROM desk.breaches('P5 e');
SELECT * FROM desk.breaches('P5 f');

-- What cannot be answered goes to headquarters within half an hour.
CALL desk.event('2025-10-20 14:10', 'P5 e', 'cannot_answer');
CALL desk.event('2025-10-20 14:30', 'P5 e', 'escalated');
SELECT * FROM desk.clocks('P5 e', 'headquarters%');
SELECT n.recipient, n.kind FROM sla.notification n WHERE n.ticket_id = desk.id('P5 e') AND n.kind = 'event';

-- Service report by the end of the next working day; no closing without report and survey.
CALL desk.event('2025-10-24 16:00', 'P5 e', 'resolved');
SELECT * FROM desk.clocks('P5 e', 'service_report');
CALL desk.refused($$CALL desk.event('2025-10-24 16:10', 'P5 e', 'closed')$$);
CALL desk.event('2025-10-24 16:20', 'P5 e', 'service_report_filed');
CALL desk.refused($$CALL desk.event('2025-10-24 16:30', 'P5 e', 'closed')$$);
-- The regulation does not say that an unsatisfied customer reopens; it is our suggestion.
CALL desk.event('2025-10-24 16:40', 'P5 e', 'rating_recorded', NULL, '{"score": 2}');
CALL desk.refused($$CALL desk.event('2025-10-24 16:50', 'P5 e', 'closed')$$);
CALL desk.event('2025-10-25 10:00', 'P5 e', 'resolved');
SELECT * FROM desk.clocks('P5 e');
CALL desk.event('2025-10-25 10:10', 'P5 e', 'rating_recorded', NULL, '{"score": 4}');
CALL desk.refused($$CALL desk.event('2025-10-25 10:15', 'P5 e', 'closed')$$);
CALL desk.event('2025-10-25 10:20', 'P5 e', 'service_report_filed');
CALL desk.event('2025-10-25 10:30', 'P5 e', 'closed');
SELECT status, cycle, last_score FROM sla.ticket WHERE order_ref = 'P5 e';

-- A repeated repair is recorded, without a penalty; it is the manager's to say whose fault it was.
CALL desk.at('2025-11-03 09:00');
INSERT INTO sla.ticket (order_ref, type, owner, department, assignee, asset, fault_code, repeat_of)
VALUES ('P5 h', 'service_request', 'Chen', 'after_sales', 'Zhao', 'A-1', 'F-7', desk.id('P5 e'));
CALL desk.event('2025-11-03 10:00', 'P5 h', 'first_response');
CALL desk.event('2025-11-03 11:00', 'P5 h', 'resolved', NULL, '{}', 'Zhao');
SELECT * FROM desk.breaches('P5 h');
SELECT binding, ladder FROM sla.breach WHERE ticket_id = desk.id('P5 h');
CALL desk.event('2025-11-03 12:00', 'P5 h', 'part_receipt_confirmed');
SELECT target, kind FROM desk.breaches('P5 h');

-- A major quality problem is told at once.
CALL desk.at('2025-11-03 13:00');
INSERT INTO sla.ticket (order_ref, type, severity, supplier) VALUES ('P5 i', 'service_request', 'serious', 'S-1');
SELECT n.recipient FROM sla.notification n WHERE n.ticket_id = desk.id('P5 i');
SELECT urgency, responsibility, decision_owner FROM sla.ticket WHERE order_ref = 'P5 i';

-- A complaint is verified with its cause and its person.
CALL desk.at('2025-11-04 09:00');
INSERT INTO sla.ticket (order_ref, subject, onsite_required, owner) VALUES ('P5 j', '投诉:工程师态度差', true, 'Chen');
SELECT type FROM sla.ticket WHERE order_ref = 'P5 j';
CALL desk.event('2025-11-04 09:30', 'P5 j', 'first_response');
CALL desk.refused($$CALL desk.event('2025-11-04 10:00', 'P5 j', 'complaint_verified')$$);
CALL desk.refused($$CALL desk.event('2025-11-04 10:00', 'P5 j', 'complaint_verified', NULL, '{"set": {"complaint_cause": "quarrel"}}')$$);
CALL desk.event('2025-11-04 10:00', 'P5 j', 'complaint_verified', NULL, '{"set": {"complaint_cause": "quarrel", "against_employee": "Zhao"}}');
SELECT verification_outcome, complaint_cause, against_employee FROM sla.ticket WHERE order_ref = 'P5 j';

RESET ROLE;
-- Duties, opened as the sweep opens them.  October's statistics are due on 4 November at 24:00, the
-- project report a day later; the archive of 2025 on 31 December at 24:00.
SELECT duty, desk.t((date '2025-11-01' + due_after)::timestamptz) AS due FROM sla.duty WHERE policy = :'preset' AND every = '1 month'
UNION ALL SELECT duty, desk.t((anchor + interval '24 years' + due_after)::timestamptz) FROM sla.duty WHERE policy = :'preset' AND every = '1 year' ORDER BY 1;
CALL desk.at('2025-11-01 00:00');
INSERT INTO sla.ticket (policy, order_ref, type, duty, period, due_at, department) VALUES
	(:'preset', 'P5 duty a', 'duty', 'monthly_statistics', '2025-11-01', '2025-11-05 00:00', 'after_sales'),
	(:'preset', 'P5 duty b', 'duty', 'project_report', '2025-11-01', '2025-11-06 00:00', 'after_sales'),
	(:'preset', 'P5 duty c', 'duty', 'monthly_archive', '2025-11-01', '2025-11-04 00:00', 'after_sales'),
	(:'preset', 'P5 duty d', 'duty', 'installation', 'C-1', '2025-11-20 00:00', 'after_sales');
SET ROLE regress_desk;
CALL desk.event('2025-11-03 18:00', 'P5 duty c', 'archived');
CALL desk.event('2025-11-05 00:00:00', 'P5 duty a', 'report_filed');
CALL desk.event('2025-11-06 00:00:01', 'P5 duty b', 'report_filed');
CALL desk.event('2025-11-19 15:00', 'P5 duty d', 'installation_done');
SELECT order_ref, duty, status FROM sla.ticket WHERE order_ref LIKE 'P5 duty%' ORDER BY 1;
SELECT * FROM desk.clocks('P5 duty a');
SELECT * FROM desk.clocks('P5 duty b');
SELECT * FROM desk.clocks('P5 duty c');
SELECT * FROM desk.clocks('P5 duty d');
SELECT * FROM desk.breaches('P5 duty b');
CALL desk.sweep('2025-11-20 09:00');
SELECT count(*) AS penalties FROM sla.penalty p JOIN sla.ticket t USING (ticket_id) WHERE t.order_ref LIKE 'P5 duty%';
SELECT * FROM desk.refold('P5%', '2025-11-20 09:00');

\set ECHO none
\i :end_desk

--
-- Preset P6, logistics exceptions (D24): its rows against the regulation, as requirements
-- section 3.2 writes it down, then days of work under it.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set read_preset :abs_srcdir '/sql/include/preset.sql'
\set preset logistics_exception
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

-- P6-01 to P6-14.  "recorded" is the event registered; "anyone" who collects is held by nobody, so the agent
-- answers, whom the clause names first; the circular is to the whole company, its miss is the manager's to hear.
INSERT INTO expected_target VALUES
('P6-01', 'collect', 'collect', '10 min', '24x7', 'occurred', 'received', NULL, 'agent', 'cs_manager', 'report only', 'A', 'D24-07'),
('P6-02', 'record_and_report', 'record_and_report', '10 min', '24x7', 'received', 'registered AND reported_to_supervisor AND reported_to_project_lead', NULL, 'agent', 'supervisor, project_lead, cs_manager', 'L6', 'B', 'D24-08'),
('P6-03', 'first_response', 'first_response', '10 min', '24x7', 'received', 'first_response', NULL, 'agent', 'cs_manager', 'report only', 'A', 'D24-28'),
('P6-04', 'analyse_cause', 'analyse_cause', '30 min', '24x7', 'registered OR reopened', 'cause_analysed', NULL, 'agent, cs_manager', 'cs_manager', 'report only', 'A', 'D24-10'),
('P6-05', 'propose_and_decide', 'propose_and_decide', '30 min', '24x7', 'cause_analysed', 'plan_approved', NULL, 'agent, cs_manager, branch_manager', 'branch_manager', 'report only', 'A', 'D24-11'),
('P6-06', 'execute', 'execute', '10 min', '24x7', 'plan_approved', 'work_started AND responsible_informed', NULL, 'agent, dispatcher, project_lead', 'cs_manager', 'report only', 'A', 'D24-13'),
('P6-07', 'follow_up', 'follow_up', '120 min', '24x7', 'work_started', 'resolved', '120 min', 'agent, project_lead', 'cs_manager', 'report only', 'A', 'D24-15'),
('P6-08', 'agreed_reply', 'agreed_reply', 'agreed_reply_at', '24x7', '', 'answered', NULL, 'agent', 'cs_manager', 'L6', 'T', 'D24-24'),
('P6-09', 'promise', 'promise', 'promised_at', '24x7', '', 'resolved', NULL, 'agent', 'cs_manager, branch_manager', 'L6', 'T', 'D24-28'),
('P6-10', 'written_report', 'written_report', '3 wd', 'WD', 'resolved', 'written_report_filed', NULL, 'customer_service', 'cs_manager', 'report only', 'A', 'D24-17'),
('P6-11', 'callback', 'callback', '1440 min', '24x7', 'resolved', 'callback_done', NULL, 'agent', 'cs_manager', 'report only', 'A', 'D24-33'),
('P6-12', 'penalty_decision', 'penalty_decision', '5 wd', 'WD', 'written_report_filed', 'penalty_decided', NULL, 'company_manager', 'branch_manager', 'report only', 'A', 'D24-19'),
('P6-13', 'weekly_meeting', 'weekly_meeting', 'due_at', 'CAL', 'duty weekly_meeting', 'meeting_held', NULL, 'cs_manager', 'project_lead, ops_manager, cs_manager, unit_head, agent', 'none', 'B', 'D24-31'),
('P6-14', 'report_circular', 'report_circular', 'due_at', 'CAL', 'duty report_circular', 'report_filed', NULL, 'dept_handler', 'cs_manager', 'report only', 'A', 'D24-18'),
('L6', 'reward_penalty_notice', 'reward_penalty_notice', 'due_at', 'CAL', 'duty reward_penalty_notice', 'document_filed', NULL, 'dept_handler', 'company_manager', 'report only', 'A', 'D24-20');
SELECT * FROM target_difference ORDER BY 2, 1;
-- P6-13, Monday at 10:00; P6-14, within the month.
INSERT INTO expected_duty VALUES
('P6-13', 'weekly_meeting', '7 days', '01-01 Mon 00:00', '10:00:00', 'none', 'customer_service', 'project_lead, ops_manager, cs_manager, unit_head, agent', true, 'D24-31'),
('P6-14', 'report_circular', '1 mon', '01-01 Mon 00:00', '1 mon', 'none', 'customer_service', 'dept_handler', true, 'D24-18');
SELECT * FROM duty_difference ORDER BY 2, 1;
-- L6: the offence steps are those of L1, each with its notice; carriers by their contract; heads by their target (P6-15).
INSERT INTO expected_step VALUES
('L6', '1', 'offence', NULL, NULL, '1..1', NULL, 'responsible', 'warning', NULL, NULL, 'reward_penalty_notice', '3 days', 'company_manager', 'D24-35'),
('L6', '2_normal', 'offence', NULL, NULL, '2..', 'normal', 'responsible', 'score_deduction', 2, NULL, 'reward_penalty_notice', '3 days', 'company_manager', 'D24-35'),
('L6', '2_important', 'offence', NULL, NULL, '2..', 'important', 'responsible', 'score_deduction', 5, NULL, 'reward_penalty_notice', '3 days', 'company_manager', 'D24-35'),
('L6', '2_urgent', 'offence', NULL, NULL, '2..', 'urgent', 'responsible', 'score_deduction', 10, NULL, 'reward_penalty_notice', '3 days', 'company_manager', 'D24-35'),
('L6', 'carrier', 'event', 'responsibility_confirmed', NULL, NULL, NULL, 'carrier', 'contract_penalty', NULL, '100 % of loss_amount', NULL, NULL, 'cs_manager', 'D24-36'),
('L6', 'dept_head', 'metric', 'complaint_reduction', 100, NULL, NULL, 'dept_head', 'head_penalty', NULL, NULL, NULL, NULL, 'company_manager', 'D24-34');
SELECT * FROM step_difference ORDER BY 2, 3, 1;
SELECT condition AS carriers, cap, cap_period FROM sla.penalty_rule WHERE policy = :'preset' AND condition IS NOT NULL;
SELECT reward, trigger, metric, at_least, period, scope, kind, approver_roles, clause FROM sla.reward_rule WHERE policy = :'preset';
SELECT (SELECT count(*) FROM actual_target) AS targets, (SELECT count(*) FROM actual_duty) AS duties, (SELECT count(*) FROM actual_step) AS steps;
SELECT * FROM nameless;
-- What the tables do not show.
SELECT target, condition FROM sla.target WHERE policy = :'preset' AND condition IS NOT NULL ORDER BY target;
SELECT string_agg(target, ', ' ORDER BY target) AS not_restarted FROM sla.target WHERE policy = :'preset' AND NOT restarts;
SELECT target, rearms_on, cancels_on FROM sla.target WHERE policy = :'preset' AND (rearms_on <> '{}' OR cancels_on <> '{}');
SELECT target, level, at_percent, after, roles FROM sla.escalation_step WHERE policy = :'preset' ORDER BY target, level;
-- Gates, actors, the order of section 6.1, and what events bring with them.
SELECT rule, event, applies_when, requires_events, requires, actor_roles, mode, implies, notifies, clause
FROM sla.event_rule WHERE policy = :'preset' ORDER BY rule;
SELECT title, title_zh FROM sla.event_rule WHERE policy = :'preset' AND rule = 'unsatisfied_reopens';
SELECT position, condition, cardinality(keywords) > 0 AS keywords, sets, clause FROM sla.classification WHERE policy = :'preset' ORDER BY position;
SELECT * FROM sla._policy_problems();

INSERT INTO sla.department (department, head) VALUES ('customer_service', 'Wang');
INSERT INTO sla.employee (employee, department, supervisor, roles) VALUES ('Chen', 'customer_service', 'Ma', '{agent}'),
	('Ma', 'customer_service', 'Wang', '{supervisor}'), ('Wang', 'customer_service', 'Gao', '{cs_manager}'),
	('Gao', 'branch', NULL, '{branch_manager}'), ('Sun', 'operations', NULL, '{project_lead}'), ('Ding', 'operations', NULL, '{dispatcher}');
SET ROLE regress_desk;

-- Example 8: received 14:00, form recorded 14:05, supervisor told 14:06, project lead told 14:11: one miss.
-- (Easy mistake: the clock stops at the last of the three.)  The other one is told in time, to the second.
CALL desk.at('14:05');
INSERT INTO sla.ticket (order_ref, type, owner, received_at) VALUES ('Ex-8', 'exception', 'Chen', '2025-10-15 14:00'), ('Ex-8 b', 'exception', 'Chen', '2025-10-15 14:00');
CALL desk.event('14:06', 'Ex-8', 'reported_to_supervisor');
CALL desk.event('14:06', 'Ex-8 b', 'reported_to_supervisor');
CALL desk.event('14:10:00', 'Ex-8 b', 'reported_to_project_lead');
CALL desk.event('14:11', 'Ex-8', 'reported_to_project_lead');
SELECT * FROM desk.events('Ex-8');
SELECT * FROM desk.clocks('Ex-8');
SELECT * FROM desk.breaches('Ex-8');
SELECT * FROM desk.clocks('Ex-8 b', 'record%');
SELECT * FROM desk.breaches('Ex-8 b');
CALL desk.sweep('14:12');
SELECT * FROM desk.penalties('Ex-8');
SELECT count(*) AS candidates FROM desk.penalties('Ex-8 b');

-- Recorded too late is a miss too, although both were told at once.
CALL desk.at('14:11');
INSERT INTO sla.ticket (order_ref, type, owner, received_at) VALUES ('P6 late form', 'exception', 'Chen', '2025-10-15 14:00');
SELECT target, due, detected, born_overdue FROM desk.breaches('P6 late form', 'record%');

-- V-32: what happened before the reception is told by happened_at; collecting it took too long.
CALL desk.at('14:00');
INSERT INTO sla.ticket (order_ref, type, owner, happened_at) VALUES ('V-32', 'exception', 'Chen', '2025-10-15 13:45'), ('V-32 b', 'exception', 'Chen', '2025-10-15 13:50'),
	('V-32 c', 'exception', 'Chen', '2025-10-12 13:45');
SELECT * FROM desk.clocks('V-32', 'collect');
SELECT * FROM desk.breaches('V-32');
SELECT * FROM desk.breaches('V-32 b');
SELECT * FROM desk.breaches('V-32 c');
SELECT binding FROM sla.breach WHERE ticket_id = desk.id('V-32');
CALL desk.refused($$CALL desk.event('14:01', 'V-32', 'first_response', '13:50')$$);

-- The first reply: to a complaint with a promised time; where it does not answer, with an agreed time.
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, subject, carrier, owner) VALUES ('P6 a', '投诉:货物破损', 'SF', 'Chen'), ('P6 b', '咨询:请问运费', 'SF', 'Chen'),
	('P6 c', '车辆抛锚', 'SF', 'Chen');
SELECT order_ref, policy, type, category, urgency FROM sla.ticket WHERE order_ref LIKE 'P6 _' ORDER BY 1;
CALL desk.refused($$CALL desk.event('09:05', 'P6 a', 'first_response')$$);
CALL desk.refused($$CALL desk.event('09:05', 'P6 a', 'first_response', NULL, '{"set": {"agreed_reply_at": "2025-10-15 11:00+08"}}')$$);
CALL desk.refused($$CALL desk.event('09:05', 'P6 a', 'first_response', NULL, '{"set": {"promised_at": "2025-10-15 18:00+08"}}')$$);
CALL desk.event('09:05', 'P6 a', 'first_response', NULL, '{"set": {"promised_at": "2025-10-15 18:00+08", "agreed_reply_at": "2025-10-15 11:00+08"}}');
CALL desk.refused($$CALL desk.event('09:05', 'P6 b', 'first_response', NULL, '{"set": {"agreed_reply_at": "2025-10-15 11:00+08"}}')$$);
CALL desk.event('09:08', 'P6 b', 'answered');
CALL desk.refused($$CALL desk.event('09:05', 'P6 c', 'first_response')$$);
SELECT * FROM desk.clocks('P6 a') WHERE target !~ 'record|analyse';
SELECT * FROM desk.clocks('P6 b') WHERE target !~ 'record|analyse';
CALL desk.event('11:00:01', 'P6 a', 'answered');
SELECT * FROM desk.breaches('P6 a', 'agreed%');

-- V-10 on the promise: moved before it is due, the same clock; into the past; afterwards the miss stays.
CALL desk.at('13:00');
INSERT INTO sla.ticket (order_ref, type, owner, promised_at) SELECT 'V-10 ' || x, 'exception', 'Chen', '2025-10-15 18:00' FROM unnest('{a,b,c,d,e}'::text[]) x;
CALL desk.event('14:00', 'V-10 a', 'promised', NULL, '{"set": {"promised_at": "2025-10-15 12:00+08"}}');
SELECT * FROM desk.breaches('V-10 a', 'promise');
CALL desk.event('17:00', 'V-10 b', 'promised', NULL, '{"set": {"promised_at": "2025-10-15 20:00+08"}}');
CALL desk.event('17:00', 'V-10 d', 'promised', NULL, '{"set": {"promised_at": null}}');
CALL desk.event('18:30', 'V-10 c', 'promised', NULL, '{"set": {"promised_at": "2025-10-15 20:00+08"}}');
CALL desk.event('18:30', 'V-10 e', 'promised', NULL, '{"set": {"promised_at": null}}');
SELECT * FROM desk.clocks('V-10 b', 'promise');
SELECT * FROM desk.clocks('V-10 c', 'promise');
SELECT * FROM desk.clocks('V-10 d', 'promise');
SELECT * FROM desk.clocks('V-10 e', 'promise');
CALL desk.event('20:00:00', 'V-10 b', 'resolved');
SELECT * FROM desk.breaches('V-10 b', 'promise');
SELECT * FROM desk.breaches('V-10 c', 'promise');
SELECT * FROM desk.breaches('V-10 e', 'promise');
CALL desk.sweep('20:01');
-- One offence per ticket: nobody was told of these (one miss each); e broke the promise as well (two), c twice (three).
SELECT order_ref, p.ladder, p.employee, p.status, p.breach_count FROM sla.penalty p JOIN sla.ticket USING (ticket_id) WHERE order_ref LIKE 'V-10 _' ORDER BY 1;

-- A whole case in the order of section 6.1.  (Easy mistake: a follow-up is missed once per interval, however
-- often and late the sweep comes.)
CALL desk.at('08:00');
INSERT INTO sla.ticket (order_ref, type, owner, carrier, department) VALUES ('P6 flow', 'exception', 'Chen', 'SF', 'customer_service');
CALL desk.event('08:05', 'P6 flow', 'reported_to_supervisor');
CALL desk.event('08:06', 'P6 flow', 'reported_to_project_lead');
CALL desk.event('08:20', 'P6 flow', 'cause_analysed');
CALL desk.event('08:40', 'P6 flow', 'plan_approved', NULL, '{}', 'Wang');
CALL desk.event('08:45', 'P6 flow', 'work_started');
SELECT * FROM desk.clocks('P6 flow', 'execute');
CALL desk.event('08:51', 'P6 flow', 'responsible_informed');
SELECT * FROM desk.breaches('P6 flow', 'execute');
CALL desk.event('10:00', 'P6 flow', 'follow_up');
CALL desk.sweep('14:30');
CALL desk.sweep('14:31');
SELECT * FROM desk.breaches('P6 flow', 'follow_up');
-- Not smooth: back to the analysis, not to the report.
CALL desk.event('14:40', 'P6 flow', 'reopened');
CALL desk.event('15:00', 'P6 flow', 'cause_analysed');
CALL desk.event('15:05', 'P6 flow', 'plan_approved', NULL, '{}', 'Gao');
CALL desk.event('15:06', 'P6 flow', 'work_started');
CALL desk.event('15:07', 'P6 flow', 'responsible_informed');
CALL desk.event('16:00', 'P6 flow', 'resolved');
SELECT * FROM desk.clocks('P6 flow') WHERE split_part(no, '/', 1) = '2' ORDER BY started, target;
-- No closing without report, call-back and cause.
CALL desk.refused($$CALL desk.event('16:10', 'P6 flow', 'closed')$$);
CALL desk.event('16:30', 'P6 flow', 'callback_done', NULL, '{}', 'Chen');
CALL desk.refused($$CALL desk.event('16:31', 'P6 flow', 'closed')$$);
CALL desk.event('+1 09:00', 'P6 flow', 'written_report_filed', NULL, '{"set": {"root_cause": "packing"}}');
CALL desk.event('+1 10:00', 'P6 flow', 'penalty_decided', NULL, '{}', 'Wang');
CALL desk.event('+1 11:00', 'P6 flow', 'closed');
SELECT status, cycle FROM sla.ticket WHERE order_ref = 'P6 flow';
SELECT target, no, kind, due, responsible FROM desk.breaches('P6 flow') WHERE kind = 'process_violation';

-- Out of order: every step that is jumped is a process violation, advisory; the events count.
CALL desk.at('09:00');
INSERT INTO sla.ticket (order_ref, type, owner) VALUES ('P6 wild', 'exception', 'Chen');
CALL desk.event('09:10', 'P6 wild', 'cause_analysed', NULL, '{}', 'Chen');
CALL desk.event('09:20', 'P6 wild', 'work_started', NULL, '{}', 'Chen');
CALL desk.event('09:30', 'P6 wild', 'resolved', NULL, '{}', 'Chen');
CALL desk.event('09:40', 'P6 wild', 'penalty_decided', NULL, '{}', 'Chen');
CALL desk.event('09:50', 'P6 wild', 'archived', NULL, '{}', 'Chen');
SELECT target, due, responsible FROM desk.breaches('P6 wild') WHERE kind = 'process_violation';
SELECT bool_or(binding) AS binding FROM sla.breach WHERE ticket_id = desk.id('P6 wild') AND kind = 'process_violation';
CALL desk.refused($$CALL desk.event('10:00', 'P6 wild', 'escalated', NULL, '{"skip_level": true}')$$);

-- Easy mistake: the document does not say that an unsatisfied customer reopens; here it is our suggestion.
CALL desk.event('10:00', 'P6 wild', 'rating_recorded', NULL, '{"score": 2}');
SELECT cycle FROM sla.ticket WHERE order_ref = 'P6 wild';

-- Working days: resolved on Friday 26 September, report due at the end of 30 September (the 28th is worked).
CALL desk.at('2025-09-26 09:00');
INSERT INTO sla.ticket (order_ref, type, owner) VALUES ('P6 wd', 'exception', 'Chen');
CALL desk.event('2025-09-26 16:00', 'P6 wd', 'resolved');
CALL desk.event('2025-09-28 16:00', 'P6 wd', 'written_report_filed');
SELECT * FROM desk.clocks('P6 wd') WHERE target ~ 'written|penalty|callback';

-- Types of exceptions (D24-05).
CALL desk.at('2025-10-16 09:00');
INSERT INTO sla.ticket (order_ref, type, description) VALUES ('P6 type 1', 'exception', '货物未及时发运'), ('P6 type 2', 'exception', '路途异常,高速封路'), ('P6 type 3', 'exception', '到货不及时'),
	('P6 type 4', 'exception', 'Late delivery to the shop'), ('P6 type 5', 'exception', '货损货差'), ('P6 type 6', 'exception', '返单未及时返回'), ('P6 type 7', 'exception', '返单丢失'), ('P6 type 8', 'exception', '其他情况');
SELECT order_ref, description, category FROM sla.ticket WHERE order_ref LIKE 'P6 type%' ORDER BY 1;
-- Serious consequences are told at once.
INSERT INTO sla.ticket (order_ref, type, severity, owner) VALUES ('P6 severe', 'exception', 'serious', 'Chen');
SELECT n.recipient FROM sla.notification n WHERE n.ticket_id = desk.id('P6 severe');

-- The weekly meeting, opened as the sweep opens it: due on Monday at 10:00; held a second late.
RESET ROLE;
CALL desk.at('2025-10-20 00:00');
INSERT INTO sla.ticket (policy, order_ref, type, duty, period, due_at, department) VALUES
	(:'preset', 'P6 duty a', 'duty', 'weekly_meeting', '2025-10-20', '2025-10-20 10:00', 'customer_service'),
	(:'preset', 'P6 duty b', 'duty', 'report_circular', '2025-10-01', '2025-11-01 00:00', 'customer_service');
SET ROLE regress_desk;
CALL desk.event('2025-10-20 10:00:01', 'P6 duty a', 'meeting_held');
CALL desk.event('2025-11-01 00:00:00', 'P6 duty b', 'report_filed');
SELECT * FROM desk.clocks('P6 duty a');
SELECT * FROM desk.breaches('P6 duty a');
SELECT * FROM desk.clocks('P6 duty b');
SELECT order_ref, status FROM sla.ticket WHERE order_ref LIKE 'P6 duty%' ORDER BY 1;
CALL desk.sweep('2025-11-01 00:01');
SELECT binding, ladder FROM sla.breach WHERE ticket_id = desk.id('P6 duty a');
SELECT count(*) AS candidates FROM desk.penalties('P6 duty a');
SELECT * FROM desk.refold('%', '2025-11-01 00:01');

\set ECHO none
\i :end_desk

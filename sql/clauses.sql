--
-- What clauses ask beyond promises: that something is recorded and kept, and, where a regulation
-- leaves it to the company, rows that the company adds to a version of its own (docs/clauses.md).
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\pset null -
\set ECHO none
\i :begin_desk
\set ECHO all
SELECT sla.load_preset('generic_service_desk') > 0 AS loaded;
INSERT INTO sla.department (department, head) VALUES ('after-sales', 'Hu'), ('production', 'Ma'), ('sales', 'Lin'), ('key accounts', 'Hu');
INSERT INTO sla.employee (employee, department, supervisor, roles) VALUES ('Hu', 'after-sales', NULL, '{supervisor,quality_monitor}'),
	('Bai', 'after-sales', 'Hu', '{agent,feedback_team_lead}'), ('Ma', 'production', NULL, '{}'), ('Lin', 'sales', NULL, '{account_manager}');
SET ROLE regress_desk;

-- Whatever a regulation has recorded of a case has a place, is entered by whoever works at the desk, and stays as it was
-- entered: D1-06, D1-11 to D1-14, D1-16, D1-39, D1-55, D2-11, D3-03, D3-04, D3-12, D4-02, D4-12, D5-02, D6-15, D7-01,
-- D7-11, D7-14, D7-16, D9-01, D9-03, D9-04, D12-04, D14-02, D14-05, D15-01, D15-02, D16-02 to D16-04, D17-02, D18-02,
-- D19-02, D19-03, D20-11, D21-03, D21-04, D22-01, D24-04, D24-06, D24-23.
CALL desk.at('09:00');
SELECT jsonb_build_object('policy', 'generic_service_desk', 'order_ref', 'SO-1', 'type', 'fault_report', 'category', 'repair', 'urgency', 'normal', 'impact', 'high',
	'severity', 'minor', 'complexity', 'complex', 'priority', 'P2', 'channel', 'letter', 'customer', 'C-7', 'customer_tier', 'potential', 'subject', 'noise',
	'description', 'The pump is loud.', 'department', 'after-sales', 'departments', '["after-sales", "production"]'::jsonb, 'owner', 'Bai', 'assignee', 'Hu',
	'acceptor', 'Lin', 'carrier', 'Fast Freight', 'supplier', 'Seal & Co', 'against_employee', 'Ma', 'onsite_required', true,
	'business_impact', 'normal_business', 'verification_outcome', 'substantiated', 'complaint_cause', 'quarrel', 'responsibility', 'supplier',
	'decision_owner', 'supervisor', 'product', 'P-200', 'asset', 'SN-0815', 'fault_code', 'F12', 'root_cause', 'design_defect',
	'amount_involved', 1200.50, 'loss_amount', 80, 'repeat_of', 0, 'parent_ticket', 0,
	'attributes', '{"live_session": "L-3", "special_needs": "no calls before ten", "demand": "a new seal", "solvable_at_once": false, "part": {"no": "77-1", "quantity": 2}}'::jsonb) AS told \gset
INSERT INTO sla.ticket (policy, order_ref, type, category, urgency, impact, severity, complexity, priority, channel, customer, customer_tier, subject,
	description, department, departments, owner, assignee, acceptor, carrier, supplier, against_employee, onsite_required, business_impact,
	verification_outcome, complaint_cause, responsibility, decision_owner, product, asset, fault_code, root_cause, amount_involved, loss_amount,
	repeat_of, parent_ticket, attributes)
SELECT policy, order_ref, type, category, urgency, impact, severity, complexity, priority, channel, customer, customer_tier, subject,
	description, department, departments, owner, assignee, acceptor, carrier, supplier, against_employee, onsite_required, business_impact,
	verification_outcome, complaint_cause, responsibility, decision_owner, product, asset, fault_code, root_cause, amount_involved, loss_amount,
	repeat_of, parent_ticket, attributes FROM jsonb_populate_record(NULL::sla.ticket, :'told');
SELECT count(*) AS columns, count(*) FILTER (WHERE to_jsonb(t) -> told.key IS DISTINCT FROM told.value) AS otherwise
FROM sla.ticket t, jsonb_each(:'told') told WHERE t.ticket_id = desk.id('SO-1');
-- Dates that a customer is told or sets, and when it happened, are told with an event or by a change.
UPDATE sla.ticket SET promised_at = '2025-10-17 09:00', appointment_at = '2025-10-16 10:00', customer_required_at = '2025-10-16 12:00',
	agreed_reply_at = '2025-10-15 17:00' WHERE ticket_id = desk.id('SO-1');
SELECT desk.t(promised_at) AS promised, desk.t(appointment_at) AS appointment, desk.t(customer_required_at) AS required, desk.t(agreed_reply_at) AS reply
FROM sla.ticket WHERE ticket_id = desk.id('SO-1');

-- Whatever takes place can be recorded: when, by whom, in what words, and with what else there is to say; it stays, and
-- cannot be changed: D1-08, D1-25, D1-32, D1-39, D1-44, D1-53, D2-37, D3-07, D3-15, D5-04, D5-08, D6-08, D10-01, D10-04
-- to D10-07, D11-02, D11-07, D12-05, D15-01 to D15-05, D16-02, D17-12, D18-02, D20-12, D21-04 to D21-06, D24-23, D24-25.
CREATE TEMP TABLE act (n integer GENERATED ALWAYS AS IDENTITY, event text);
INSERT INTO act (event) VALUES ('accepted'), ('classified'), ('tech_review'), ('expert_requested'), ('department_added'), ('emergency_meeting'),
	('emergency_team_formed'), ('coordination_meeting'), ('verified'), ('cause_analysed'), ('responsibility_confirmed'), ('plan_proposed'), ('plan_approved'),
	('plan_agreed'), ('schedule_communicated'), ('fault_confirmed'), ('arrived_on_site'), ('work_started'), ('waiting_customer'), ('waiting_ended'),
	('part_shipped'), ('part_receipt_confirmed'), ('progress_to_customer'), ('follow_up'), ('escalated'), ('customer_confirmed'), ('answered'),
	('resolved'), ('result_notified'), ('callback_done'), ('service_report_filed'), ('written_report_filed'), ('penalty_decided');
SELECT count(*) AS acts, count(*) FILTER (WHERE NOT event = ANY (sla._event_names())) AS unknown FROM act;
SELECT count(sla.record(desk.id('SO-1'), event, sla.now(), 'Bai', 'words about ' || event, jsonb_build_object('no', n, 'minutes', 5 * n))) AS recorded
FROM (SELECT * FROM act ORDER BY n) a;
SELECT a.event AS lost FROM act a LEFT JOIN sla.event e ON e.ticket_id = desk.id('SO-1') AND e.event = a.event AND e.implied_by IS NULL AND e.actor = 'Bai'
	AND e.note = 'words about ' || a.event AND e.details = jsonb_build_object('no', a.n, 'minutes', 5 * a.n) AND e.effective_at = sla.now()
WHERE e.event_no IS NULL;
CALL desk.refused($$UPDATE sla.event SET note = 'never said' WHERE event = 'plan_agreed'$$);
CALL desk.refused($$DELETE FROM sla.event WHERE event = 'plan_agreed'$$);
CALL desk.refused($$DELETE FROM sla.ticket WHERE order_ref = 'SO-1'$$);
-- An opinion beside the score (D1-37, D4-07, D4-09, D12-08, D14-05).
SELECT sla.rate(desk.id('SO-1'), 4, 'friendly, but slow') > 0 AS rated;
SELECT event, note, details FROM sla.event WHERE ticket_id = desk.id('SO-1') AND event = 'rating_recorded';
SELECT last_score FROM sla.ticket WHERE order_ref = 'SO-1';
-- Nothing of a case is refused: without customer, words or product it is stored, has its deadlines, and is on the list of what
-- nobody owns (D1-16, D17-05, D20-05, D24-23, D24-30).
INSERT INTO sla.ticket (policy, order_ref) VALUES ('generic_service_desk', 'bare');
SELECT target FROM desk.clocks('bare');
RESET ROLE;
SELECT w.is_without_owner, w.is_without_due FROM sla.tickets_without_owner_or_due w WHERE w.ticket_id = desk.id('bare');

-- What the company adds.
SELECT sla.revise_policy('generic_service_desk') AS mine \gset
-- D13-04, D13-05, D14-01, D17-08: a team of its own, and priority, for important customers.  D23-01: two words for complaints.
INSERT INTO sla.classification (policy, version, position, condition, keywords, sets, title, clause) VALUES
	('generic_service_desk', :mine, 1, 'customer_tier = ''important''', '{}', '{"department": "key accounts", "priority": "P1"}', 'Important customers', 'D13-04'),
	('generic_service_desk', :mine, 2, NULL, '{诚信,欺骗}', '{"type": "complaint", "category": "integrity"}', 'Complaint of integrity', 'D23-01'),
	('generic_service_desk', :mine, 3, NULL, '{投诉服务}', '{"type": "complaint", "category": "service"}', 'Complaint of service', 'D23-01');
-- D10-06: no work before the customer has agreed.  D1-36: no result notice without words.
INSERT INTO sla.event_rule (policy, version, rule, event, title, requires_events, requires, mode, message, clause) VALUES
	('generic_service_desk', :mine, 'work_needs_consent', 'work_started', 'The customer agrees before work starts', '{plan_agreed}', NULL, 'enforce', NULL, 'D10-06'),
	('generic_service_desk', :mine, 'result_needs_words', 'result_notified', 'A result notice says what was done', '{}', 'event_note IS NOT NULL', 'enforce',
	 'a result notice says what was solved, how, and what compensates for it', 'D1-36');
-- D6-18, D11-10, D13-11, D17-10: a weekly meeting of the team, and other things that come round.
INSERT INTO sla.duty (policy, version, duty, title, every, due_after, department, clause) VALUES
	('generic_service_desk', :mine, 'team_meeting', 'Weekly meeting of the team', '1 week', '1 day', 'after-sales', 'D6-18'),
	('generic_service_desk', :mine, 'knowledge_review', 'Review of the knowledge base', '3 months', '1 month', 'after-sales', 'D11-10');
INSERT INTO sla.target (policy, version, target, milestone, title, duty, due_column, stops_on, responsible_role, binding, basis, clause) VALUES
	('generic_service_desk', :mine, 'team_meeting', 'team_meeting', 'Meeting held', 'team_meeting', 'due_at', '{meeting_held}', '{dept_handler}', false, 'A', 'D6-18'),
	('generic_service_desk', :mine, 'knowledge_review', 'knowledge_review', 'Articles reviewed', 'knowledge_review', 'due_at', '{report_filed}', '{dept_handler}', false, 'A', 'D11-10');
-- D1-53, D2-37: waiting for the customer, which otherwise only is reported, holds the clocks.
UPDATE sla.policy SET pause_on = '{waiting_customer}' WHERE policy = 'generic_service_desk' AND version = :mine;
SELECT sla.publish_policy('generic_service_desk', :mine, '2025-10-20 00:00');
SET ROLE regress_desk;
CALL desk.at('2025-10-20 09:00');
INSERT INTO sla.ticket (order_ref, customer_tier, subject) VALUES ('mine 1', 'important', 'a question'), ('mine 2', 'general', '你们欺骗客户'), ('mine 3', NULL, '我要投诉服务');
SELECT order_ref, policy_version = :mine AS mine, type, category, department, priority FROM sla.ticket WHERE order_ref LIKE 'mine%' ORDER BY 1;
-- A tier has its team, and the deadlines of everybody (D20-03).
SELECT target, due FROM desk.clocks('mine 1') EXCEPT SELECT target, due FROM desk.clocks('mine 2');
CALL desk.refused($$CALL desk.event('2025-10-20 09:10', 'mine 1', 'work_started')$$);
CALL desk.event('2025-10-20 09:20', 'mine 1', 'plan_agreed');
CALL desk.event('2025-10-20 09:30', 'mine 1', 'work_started');
CALL desk.event('2025-10-20 10:00', 'mine 1', 'waiting_customer');
SELECT target, verdict FROM desk.clocks('mine 1', 'resolve%');
CALL desk.event('2025-10-20 12:00', 'mine 1', 'waiting_ended');
SELECT target, due, verdict FROM desk.clocks('mine 1', 'resolve%');
CALL desk.event('2025-10-20 12:30', 'mine 1', 'resolved');
CALL desk.refused($$CALL desk.event('2025-10-20 12:40', 'mine 1', 'result_notified')$$);
CALL desk.at('2025-10-20 12:50');
SELECT sla.record(desk.id('mine 1'), 'result_notified', NULL, 'Bai', 'Seal replaced on the spot; nothing to compensate.') > 0 AS told;
-- The meeting of this week, from Monday on, and nothing of the quarter that had begun before.
CALL desk.sweep('2025-10-20 13:00');
SELECT sla.file_duty('team_meeting', actor => 'Hu') > 0 AS held;
RESET ROLE;
SELECT duty, title, period, desk.t(due_at) AS due, desk.t(filed_at) AS filed, state FROM sla.duty_facts WHERE policy = 'generic_service_desk';
SELECT * FROM desk.refold('%', '2025-10-20 13:00');

\set ECHO none
\i :end_desk

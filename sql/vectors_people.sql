--
-- Worked examples, judged to the second: who answers for a miss, and what binds.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
SELECT sla.load_preset('trading_company') > 0 AS loaded;
INSERT INTO sla.department (department, head) VALUES ('workshop', 'Zhao');
INSERT INTO sla.employee (employee, supervisor, department, roles) VALUES
	('Chen', 'Wang', NULL, '{agent}'), ('Wang', NULL, NULL, '{supervisor}'), ('Zhao', NULL, 'workshop', '{}'),
	('Anna', NULL, 'workshop', '{}'), ('Bo', NULL, 'workshop', '{}');
SET ROLE regress_desk;

-- V-16: the one who held the ticket just before the deadline, not at it or later.  The plan is due at 11:00.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, needs_department, owner, department, assignee)
SELECT 'trading_company', 'V-16 ' || x, 'complaint', 'normal', true, 'Chen', 'workshop', 'Anna'
FROM unnest('{a,b,c,d}'::text[]) x;
CALL desk.at('10:50');
UPDATE sla.ticket SET assignee = 'Bo' WHERE order_ref = 'V-16 a';
CALL desk.at('11:00:00');
UPDATE sla.ticket SET assignee = 'Bo' WHERE order_ref = 'V-16 b';
CALL desk.at('11:40');
UPDATE sla.ticket SET assignee = 'Bo' WHERE order_ref = 'V-16 c';
CALL desk.event('11:41', 'V-16 a', 'follow_up');
CALL desk.event('11:41', 'V-16 b', 'follow_up');
CALL desk.event('11:41', 'V-16 c', 'follow_up');
CALL desk.event('11:41', 'V-16 d', 'follow_up');
SELECT due, responsible FROM desk.breaches('V-16 a', 'prelim%');
SELECT due, responsible FROM desk.breaches('V-16 b', 'prelim%');
SELECT due, responsible FROM desk.breaches('V-16 c', 'prelim%');
SELECT due, responsible FROM desk.breaches('V-16 d', 'prelim%');
-- A handover told late rewrites it.
CALL desk.event('12:10', 'V-16 d', 'assigned', '10:50', '{"set": {"assignee": "Bo"}}');
SELECT due, responsible FROM desk.breaches('V-16 d', 'prelim%');
-- The agent is the owner, who stays when the department gets the ticket.
SELECT target, responsible FROM desk.breaches('V-16 d', 'first%');
SELECT * FROM desk.refold('V-16%');

-- V-16: without an assignee the head of the department; the supervisor is the owner's; nobody is nobody.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, needs_department, owner, department)
VALUES ('trading_company', 'V-16 e', 'complaint', 'normal', true, 'Chen', 'workshop'),
	('trading_company', 'V-16 f', 'complaint', 'urgent', true, 'Chen', 'workshop'),
	('trading_company', 'V-16 g', 'complaint', 'urgent', true, NULL, NULL);
CALL desk.event('09:04', 'V-16 f', 'reported_to_supervisor');
CALL desk.event('09:04', 'V-16 f', 'dept_head_notified');
CALL desk.event('11:31', 'V-16 e', 'follow_up');
CALL desk.event('11:31', 'V-16 f', 'follow_up');
CALL desk.event('11:31', 'V-16 g', 'follow_up');
SELECT target, responsible FROM desk.breaches('V-16 e', 'prelim%');
SELECT b.kind, b.responsible_role, b.responsible FROM sla.breach b
WHERE b.ticket_id = desk.id('V-16 f') AND b.target = 'emergency_response';
SELECT target, kind, responsible FROM desk.breaches('V-16 f', 'progress%');
SELECT target, kind, responsible FROM desk.breaches('V-16 g', 'notify%');
SELECT * FROM desk.refold('V-16%');

-- V-16: as soon as the penalty is confirmed, who answers for it stays.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, needs_department, owner, department, assignee)
VALUES ('trading_company', 'V-16 h', 'complaint', 'normal', true, 'Chen', 'workshop', 'Anna');
CALL desk.event('09:01', 'V-16 h', 'first_response');
CALL desk.event('11:30', 'V-16 h', 'follow_up');
SELECT sla.refresh_penalties(ARRAY[desk.id('V-16 h')]);
SELECT sla.confirm_penalty(desk.id('V-16 h'), 'L1', 'Anna', 'Wang');
CALL desk.event('12:10', 'V-16 h', 'assigned', '10:50', '{"set": {"assignee": "Bo"}}');
SELECT due, responsible, void FROM desk.breaches('V-16 h', 'prelim%');
-- Nothing is written again, and the sweep has nothing to settle.
CALL desk.sweep('12:11');
CALL desk.event('12:12', 'V-16 h', 'follow_up');
SELECT b.settled_at IS NOT NULL AS settled FROM sla.breach b WHERE b.ticket_id = desk.id('V-16 h') AND b.target = 'preliminary_solution';
SELECT employee, status, offence_no FROM sla.penalty WHERE ticket_id = desk.id('V-16 h');
SELECT * FROM desk.refold('V-16 h');

-- The role handler: the assignee, else the head of the department, else the agent; at the deadline, 13:00, not before or after.
RESET ROLE;
INSERT INTO sla.policy (policy, version, applies_to, reopen_alert_after, reopen_alert_roles) VALUES ('vectors_handler', 1, 'false', 1, '{handler,dept_head,nobody}');
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role)
VALUES ('vectors_handler', 1, 'resolve', 'resolve', '{received}', '{resolved}', '04:00', '{handler}');
INSERT INTO sla.event_rule (policy, version, rule, event, applies_when, requires, implies) VALUES
	('vectors_handler', 1, 'answered_responds', 'answered', NULL, NULL, '{first_response}'),
	('vectors_handler', 1, 'first_response_promises', 'first_response', 'event_implied_by IS NULL', 'promised_at IS NOT NULL', '{}');
SELECT sla.publish_policy('vectors_handler', 1, '2025-01-01');
SET ROLE regress_desk;
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, owner)
SELECT 'vectors_handler', 'handler ' || x, 'Chen' FROM unnest('{a,b,c}'::text[]) x;
CALL desk.event('12:00', 'handler b', 'assigned', NULL, '{"set": {"department": "workshop"}}');
CALL desk.event('12:00', 'handler c', 'assigned', NULL, '{"set": {"department": "workshop", "assignee": "Bo"}}');
CALL desk.event('13:00:00', 'handler a', 'assigned', NULL, '{"set": {"assignee": "Anna"}}');
CALL desk.event('13:01', 'handler a', 'follow_up');
CALL desk.event('13:01', 'handler b', 'follow_up');
CALL desk.event('13:01', 'handler c', 'follow_up');
SELECT 'a' AS ticket, responsible FROM desk.breaches('handler a') UNION ALL SELECT 'b', responsible FROM desk.breaches('handler b')
UNION ALL SELECT 'c', responsible FROM desk.breaches('handler c');
-- Who hears of the second cycle: each role in turn, everybody once, and nobody for a role that nobody has.
CALL desk.event('13:02', 'handler b', 'reopened');
CALL desk.event('13:02', 'handler c', 'reopened');
SELECT e.roles, e.recipients FROM sla.escalation e WHERE e.kind = 'reopen_alert' AND e.ticket_id IN (desk.id('handler b'), desk.id('handler c'))
ORDER BY e.ticket_id;
-- A rule can tell an implied event from one that was recorded.
CALL desk.refused($$CALL desk.event('13:03', 'handler a', 'first_response')$$);
CALL desk.event('13:04', 'handler a', 'answered');
SELECT event, implied_by FROM desk.events('handler a') WHERE event IN ('answered', 'first_response');
SELECT * FROM desk.refold('handler%');

-- V-17: two targets of one milestone, judged apart.
RESET ROLE;
INSERT INTO sla.policy (policy, version, applies_to) VALUES ('vectors_binding', 1, 'false');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, stops_on, duration, responsible_role, binding)
VALUES ('vectors_binding', 1, 'resolve', 'resolve', NULL, '{received}', '{resolved}', '24:00', '{dept_handler}', true),
	('vectors_binding', 1, 'resolve_emergency', 'resolve', 'urgency = ''urgent''', '{received}', '{resolved}', '04:00', '{dept_handler}', false);
SELECT sla.publish_policy('vectors_binding', 1, '2025-01-01');
SET ROLE regress_desk;
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, urgency) VALUES ('vectors_binding', 'V-17', 'urgent');
CALL desk.event('15:00', 'V-17', 'resolved');
SELECT * FROM desk.clocks('V-17');
SELECT * FROM desk.breaches('V-17');
SELECT c.binding, count(*) FILTER (WHERE c.due_at >= c.stopped_at) AS met, count(*) AS judged
FROM sla.clock c WHERE c.ticket_id = desk.id('V-17') GROUP BY 1 ORDER BY 1 DESC;
SELECT * FROM desk.refold('V-17');

\set ECHO none
\i :end_desk

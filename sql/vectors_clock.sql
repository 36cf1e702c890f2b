--
-- Worked examples, judged to the second: when clocks start, stop and are missed.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
SELECT sla.load_preset('trading_company') > 0 AS loaded;
SET ROLE regress_desk;

-- Example 3: urgent; two people to tell, then the customer every half hour.
CALL desk.at('10:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'Ex-3', 'complaint', 'urgent');
SELECT * FROM desk.clocks('Ex-3');
CALL desk.event('10:02', 'Ex-3', 'first_response');
CALL desk.event('10:03', 'Ex-3', 'reported_to_supervisor');
CALL desk.event('10:04', 'Ex-3', 'dept_head_notified');
SELECT * FROM desk.clocks('Ex-3', 'emergency_response');
CALL desk.event('10:12', 'Ex-3', 'dept_responded');
SELECT * FROM desk.clocks('Ex-3', 'progress%');
CALL desk.event('10:15', 'Ex-3', 'emergency_team_formed');
CALL desk.event('10:25', 'Ex-3', 'plan_proposed');
CALL desk.event('10:40', 'Ex-3', 'progress_to_customer');
CALL desk.event('11:45', 'Ex-3', 'progress_to_customer');
SELECT * FROM desk.clocks('Ex-3', 'progress%');
CALL desk.event('12:15', 'Ex-3', 'progress_to_customer');
CALL desk.event('12:40', 'Ex-3', 'progress_to_customer');
CALL desk.event('13:10', 'Ex-3', 'progress_to_customer');
CALL desk.event('13:30', 'Ex-3', 'resolved');
SELECT * FROM desk.clocks('Ex-3');
SELECT * FROM desk.breaches('Ex-3');
SELECT * FROM desk.refold('Ex-3');

-- Example 4: important; four hours are the start of work, and no binding end.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'Ex-4', 'complaint', 'important');
CALL desk.event('09:20', 'Ex-4', 'assigned');
CALL desk.event('13:20:00', 'Ex-4', 'work_started');
SELECT * FROM desk.clocks('Ex-4') WHERE target !~ 'first';
CALL desk.event('15:20', 'Ex-4', 'progress_to_supervisor');
CALL desk.event('17:20', 'Ex-4', 'progress_to_supervisor');
CALL desk.event('18:00', 'Ex-4', 'resolved');
SELECT * FROM desk.clocks('Ex-4') WHERE target ~ 'start|progress|resolve|result';
SELECT target, kind, due FROM desk.breaches('Ex-4');
SELECT * FROM desk.refold('Ex-4');

-- Example 5: an inquiry that turns out to need a department.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'Ex-5', 'inquiry', 'normal');
SELECT * FROM desk.clocks('Ex-5');
CALL desk.event('09:04', 'Ex-5', 'first_response');
CALL desk.at('09:08');
UPDATE sla.ticket SET needs_department = true WHERE order_ref = 'Ex-5';
CALL desk.event('09:50', 'Ex-5', 'assigned');
SELECT * FROM desk.clocks('Ex-5');
SELECT * FROM desk.breaches('Ex-5');
SELECT * FROM desk.refold('Ex-5');

-- V-01: equal times count in the order of recording; a stop exactly at the deadline ends the interval unjudged.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency)
VALUES ('trading_company', 'V-01 a', 'complaint', 'important'), ('trading_company', 'V-01 b', 'complaint', 'important');
CALL desk.event('10:00', 'V-01 a', 'work_started');
CALL desk.event('10:00', 'V-01 b', 'work_started');
CALL desk.event('12:00', 'V-01 a', 'resolved');
CALL desk.event('12:00', 'V-01 a', 'progress_to_supervisor');
CALL desk.event('12:00', 'V-01 b', 'progress_to_supervisor');
CALL desk.event('12:00', 'V-01 b', 'resolved');
SELECT * FROM desk.clocks('V-01 a', 'progress%');
SELECT * FROM desk.clocks('V-01 b', 'progress%');
SELECT count(*) AS missed_intervals FROM desk.breaches('V-01 a', 'progress%');
SELECT count(*) AS missed_intervals FROM desk.breaches('V-01 b', 'progress%');
SELECT * FROM desk.refold('V-01%');

-- V-02: a stop before the start counts.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-02 a', 'complaint', 'important');
CALL desk.event('11:00', 'V-02 a', 'result_notified');
CALL desk.event('12:00', 'V-02 a', 'resolved');
SELECT * FROM desk.clocks('V-02 a', 'result%');
-- The repair regulation's confirmation: 2 hours from the assignment, which is owed at once.
RESET ROLE;
INSERT INTO sla.policy (policy, version, applies_to) VALUES ('vectors_repair', 1, 'false');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, fallback_on, fallback_after,
	start_owed_by, stops_on, stops_all, duration, responsible_role, binding)
VALUES ('vectors_repair', 1, 'confirm', 'confirm', NULL, '{assigned}', 'received', '0', 'agent',
	'{fault_confirmed,appointment_set}', true, '02:00', '{dept_handler}', true);
SELECT sla.publish_policy('vectors_repair', 1, '2025-01-01');
SET ROLE regress_desk;
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref) VALUES ('vectors_repair', 'V-02 b');
SELECT * FROM desk.clocks('V-02 b');
CALL desk.event('09:10', 'V-02 b', 'fault_confirmed');
CALL desk.event('09:20', 'V-02 b', 'appointment_set');
CALL desk.event('09:30', 'V-02 b', 'assigned');
SELECT * FROM desk.clocks('V-02 b');
SELECT * FROM desk.breaches('V-02 b');
SELECT * FROM desk.refold('V-02%');

-- V-03: of two parts, one may come before the start; the stop is the later of start and last part.
CALL desk.at('10:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency)
SELECT 'trading_company', x, 'complaint', 'urgent' FROM unnest('{V-03 a,V-03 b,V-03 c}'::text[]) x;
CALL desk.event('10:05', 'V-03 a', 'plan_proposed');
CALL desk.event('10:12', 'V-03 a', 'dept_responded');
CALL desk.event('10:20', 'V-03 a', 'emergency_team_formed');
CALL desk.event('10:05', 'V-03 b', 'plan_proposed');
CALL desk.event('10:08', 'V-03 b', 'emergency_team_formed');
CALL desk.event('10:12', 'V-03 b', 'dept_responded');
CALL desk.event('10:05', 'V-03 c', 'plan_proposed');
CALL desk.event('10:12', 'V-03 c', 'dept_responded');
CALL desk.event('10:28', 'V-03 c', 'emergency_team_formed');
SELECT * FROM desk.clocks('V-03 a', 'emergency_team');
SELECT * FROM desk.clocks('V-03 b', 'emergency_team');
SELECT * FROM desk.clocks('V-03 c', 'emergency_team');
SELECT target, kind, due, detected FROM desk.breaches('V-03 c', 'emergency_team');
SELECT b.responsible_role FROM sla.breach b WHERE b.ticket_id = desk.id('V-03 c') AND b.target = 'emergency_team';
SELECT * FROM desk.refold('V-03%');

-- V-04: urgency changed twice.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, needs_department)
VALUES ('trading_company', 'V-04 a', 'complaint', 'normal', false), ('trading_company', 'V-04 b', 'complaint', 'normal', false);
SELECT * FROM desk.clocks('V-04 a', 'resolve%');
CALL desk.at('11:00');
UPDATE sla.ticket SET urgency = 'urgent' WHERE order_ref LIKE 'V-04%';
SELECT * FROM desk.clocks('V-04 a') WHERE target !~ 'first';
SELECT * FROM desk.breaches('V-04 a') WHERE target !~ 'first';
CALL desk.at('12:30');
UPDATE sla.ticket SET urgency = 'normal' WHERE order_ref = 'V-04 b';
SELECT * FROM desk.clocks('V-04 b', 'resolve%');
CALL desk.at('14:00');
UPDATE sla.ticket SET urgency = 'normal' WHERE order_ref = 'V-04 a';
SELECT * FROM desk.clocks('V-04 a', 'resolve%');
SELECT desk.t(created_at) AS created FROM sla.clock WHERE ticket_id = desk.id('V-04 a') AND target = 'resolve_agent';
SELECT * FROM desk.breaches('V-04 a') WHERE target <> 'first_response';
SELECT * FROM desk.breaches('V-04 b', 'resolve%');
SELECT * FROM desk.refold('V-04%');

-- V-05: a condition that turns false after the deadline does not save it; exactly at the deadline it does.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency)
VALUES ('trading_company', 'V-05 a', 'inquiry', 'normal'), ('trading_company', 'V-05 b', 'inquiry', 'normal');
CALL desk.at('09:10:00');
UPDATE sla.ticket SET needs_department = true WHERE order_ref = 'V-05 b';
CALL desk.at('09:12');
UPDATE sla.ticket SET needs_department = true WHERE order_ref = 'V-05 a';
SELECT * FROM desk.clocks('V-05 a', 'direct%');
SELECT * FROM desk.breaches('V-05 a', 'direct%');
SELECT * FROM desk.clocks('V-05 b', 'direct%');
SELECT * FROM desk.breaches('V-05 b', 'direct%');
SELECT * FROM desk.refold('V-05%');

-- V-12: on a calendar that is always open, a day ends at midnight and 24 hours do not.
RESET ROLE;
SET client_min_messages = notice;
INSERT INTO sla.policy (policy, version, applies_to) VALUES ('vectors_days', 1, 'false');
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role)
VALUES ('vectors_days', 1, 'day', 'day', '{received}', '{resolved}', '1 day', '{agent}'),
	('vectors_days', 1, 'hours', 'hours', '{received}', '{resolved}', '24:00:00', '{agent}');
SELECT sla.publish_policy('vectors_days', 1, '2025-01-01');
SET client_min_messages = warning;
SET ROLE regress_desk;
CALL desk.at('2025-10-03 16:00');
INSERT INTO sla.ticket (policy, order_ref) VALUES ('vectors_days', 'V-12');
SELECT * FROM desk.clocks('V-12');
SELECT * FROM desk.refold('V-12%');

-- V-13: the provisional clock of a start that is owed.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, needs_department, owner)
SELECT 'trading_company', 'V-13 ' || x, 'complaint', 'normal', true, 'Chen' FROM unnest('{a,b,c,d,e}'::text[]) x;
SELECT * FROM desk.clocks('V-13 a', 'prelim%');
CALL desk.event('09:50', 'V-13 e', 'assigned');
CALL desk.event('11:00', 'V-13 a', 'assigned');
CALL desk.event('11:30:00', 'V-13 b', 'assigned');
CALL desk.event('11:31', 'V-13 c', 'assigned');
SELECT * FROM desk.clocks('V-13 a', 'prelim%');
SELECT * FROM desk.breaches('V-13 a', 'prelim%');
SELECT * FROM desk.clocks('V-13 b', 'prelim%');
SELECT * FROM desk.breaches('V-13 b', 'prelim%');
SELECT * FROM desk.clocks('V-13 c', 'prelim%');
SELECT * FROM desk.breaches('V-13 c', 'prelim%');
CALL desk.event('13:00', 'V-13 c', 'plan_proposed');
SELECT * FROM desk.clocks('V-13 c', 'prelim%');
SELECT * FROM desk.breaches('V-13 c', 'prelim%');
SELECT * FROM desk.clocks('V-13 e', 'prelim%');
-- Told late that it was in time: first the miss is written by another event, then it is voided.
CALL desk.event('11:39', 'V-13 d', 'follow_up');
SELECT * FROM desk.breaches('V-13 d', 'prelim%');
CALL desk.event('11:40', 'V-13 d', 'assigned', '11:20');
SELECT * FROM desk.breaches('V-13 d', 'prelim%');
SELECT * FROM desk.clocks('V-13 d', 'prelim%');
SELECT * FROM desk.refold('V-13%');

-- V-20: a start that is repeated starts nothing again.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-20', 'complaint', 'normal');
CALL desk.event('09:20', 'V-20', 'assigned');
CALL desk.event('10:30', 'V-20', 'assigned');
SELECT * FROM desk.clocks('V-20', 'prelim%');
SELECT count(*) - 1 AS reassigned FROM desk.events('V-20') WHERE event = 'assigned';
SELECT * FROM desk.refold('V-20');

-- V-22: implied events happen at the same instant, where the cycle has none.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-22', 'inquiry', 'normal');
CALL desk.event('09:07', 'V-22', 'answered');
SELECT no, event, occurred, effective, implied_by FROM desk.events('V-22');
SELECT * FROM desk.clocks('V-22');
SELECT target, kind, due FROM desk.breaches('V-22');
CALL desk.event('09:08', 'V-22', 'closed');
SELECT target, kind, due FROM desk.breaches('V-22');
SELECT status, desk.t(resolved_at) AS resolved, desk.t(closed_at) AS closed FROM sla.ticket WHERE order_ref = 'V-22';
SELECT * FROM desk.refold('V-22');

-- V-24: closing ends what runs; what was missed stays missed.  Closed before it was resolved breaks the order.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency)
VALUES ('trading_company', 'V-24 a', 'complaint', 'normal'), ('trading_company', 'V-24 b', 'complaint', 'normal');
CALL desk.event('09:10', 'V-24 a', 'assigned');
CALL desk.event('09:10', 'V-24 b', 'assigned');
CALL desk.event('10:00', 'V-24 a', 'closed');
CALL desk.event('11:11', 'V-24 b', 'closed');
SELECT * FROM desk.clocks('V-24 a', 'prelim%');
SELECT * FROM desk.clocks('V-24 b', 'prelim%');
SELECT target, kind, due, detected FROM desk.breaches('V-24 a');
SELECT target, kind, due, detected FROM desk.breaches('V-24 b');
SELECT * FROM desk.refold('V-24%');

-- V-34: a department that a rule fills is not an assignment; one that the client gives is.
RESET ROLE;
SELECT sla.revise_policy('trading_company') > 1 AS drafted;
INSERT INTO sla.classification (policy, version, position, condition, sets)
SELECT 'trading_company', max(version), 5, 'channel = ''V-34''', '{"department": "quality"}'
FROM sla.policy WHERE policy = 'trading_company';
SELECT sla.publish_policy('trading_company', max(version), '2025-10-20') FROM sla.policy WHERE policy = 'trading_company';
SET ROLE regress_desk;
CALL desk.at('2025-10-21 09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, channel, department)
VALUES ('trading_company', 'V-34 a', 'complaint', 'normal', 'V-34', NULL),
	('trading_company', 'V-34 b', 'complaint', 'normal', 'V-34', 'sales');
SELECT order_ref, department, needs_department, classified_by FROM sla.ticket WHERE order_ref LIKE 'V-34%' ORDER BY 1;
SELECT event, occurred FROM desk.events('V-34 a');
SELECT event, occurred FROM desk.events('V-34 b');
SELECT * FROM desk.clocks('V-34 a', 'assign');
SELECT * FROM desk.clocks('V-34 b') WHERE target ~ 'assign|prelim';
CALL desk.event('2025-10-21 09:31', 'V-34 a', 'follow_up');
SELECT target, kind, due FROM desk.breaches('V-34 a', 'assign');
SELECT * FROM desk.refold('V-34%');

-- V-35: an assignment means that a department is needed.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-35', 'inquiry', 'normal');
CALL desk.event('09:08', 'V-35', 'assigned');
SELECT needs_department FROM sla.ticket WHERE order_ref = 'V-35';
SELECT * FROM desk.clocks('V-35');
SELECT * FROM desk.refold('V-35');

\set ECHO none
\i :end_desk

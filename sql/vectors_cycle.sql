--
-- Worked examples, judged to the second: reopening, closing, and the version that holds.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
SELECT sla.load_preset('trading_company') > 0 AS loaded;
INSERT INTO sla.employee (employee, supervisor, roles) VALUES ('Chen', 'Wang', '{agent}'), ('Wang', NULL, '{supervisor}');
SET ROLE regress_desk;

-- Example 6: an unsatisfied customer on day 3 opens cycle 2.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, needs_department, owner)
VALUES ('trading_company', 'Ex-6', 'complaint', 'normal', false, 'Chen');
CALL desk.event('09:07', 'Ex-6', 'first_response');
CALL desk.event('+1 08:00', 'Ex-6', 'resolved');
CALL desk.event('+1 08:30', 'Ex-6', 'result_notified');
CALL desk.at('+3 10:00');
SELECT sla.rate(desk.id('Ex-6'), 2, 'not solved');
SELECT event, cycle, occurred, implied_by FROM desk.events('Ex-6');
SELECT status, cycle, last_score, resolved_at FROM sla.ticket WHERE order_ref = 'Ex-6';
SELECT * FROM desk.clocks('Ex-6');
SELECT * FROM desk.breaches('Ex-6');
CALL desk.event('+3 11:00', 'Ex-6', 'resolved');
CALL desk.refused($$CALL desk.event('+3 11:01', 'Ex-6', 'closed')$$);
CALL desk.at('+3 12:00');
SELECT sla.rate(desk.id('Ex-6'), 3);
CALL desk.event('+3 12:01', 'Ex-6', 'closed');
SELECT status, cycle, last_score, desk.t(closed_at) AS closed FROM sla.ticket WHERE order_ref = 'Ex-6';
SELECT * FROM desk.breaches('Ex-6');
SELECT * FROM desk.refold('Ex-6');

-- V-06: reopened while a repeating clock runs.
CALL desk.at('10:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency)
VALUES ('trading_company', 'V-06 a', 'complaint', 'urgent'), ('trading_company', 'V-06 b', 'complaint', 'urgent');
CALL desk.event('10:10', 'V-06 a', 'dept_responded');
CALL desk.event('10:10', 'V-06 b', 'dept_responded');
SELECT * FROM desk.clocks('V-06 a', 'progress%');
CALL desk.event('10:30', 'V-06 a', 'reopened');
SELECT * FROM desk.clocks('V-06 a') WHERE target ~ 'progress|resolve|first';
CALL desk.event('10:35', 'V-06 a', 'dept_responded');
SELECT * FROM desk.clocks('V-06 a', 'progress%');
SELECT * FROM desk.breaches('V-06 a', 'progress%');
CALL desk.event('10:41', 'V-06 b', 'reopened');
SELECT * FROM desk.clocks('V-06 b', 'progress%');
SELECT * FROM desk.breaches('V-06 b', 'progress%');
SELECT * FROM desk.refold('V-06%');

-- V-18: the version effective at reception holds for the ticket's life.
RESET ROLE;
INSERT INTO sla.policy (policy, version, applies_to) VALUES ('vectors_version', 1, 'false');
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role)
VALUES ('vectors_version', 1, 'answer', 'answer', '{received}', '{first_response}', '00:05', '{agent}');
SELECT sla.publish_policy('vectors_version', 1, '2025-10-15 08:00');
SELECT sla.revise_policy('vectors_version');
UPDATE sla.target SET duration = '00:03' WHERE policy = 'vectors_version' AND version = 2;
SELECT sla.publish_policy('vectors_version', 2, '2025-10-15 10:00:00');
SET ROLE regress_desk;
CALL desk.at('10:05');
INSERT INTO sla.ticket (policy, order_ref, received_at)
VALUES ('vectors_version', 'V-18 a', '2025-10-15 09:58'), ('vectors_version', 'V-18 b', '2025-10-15 10:00:00'),
	('vectors_version', 'V-18 c', '2025-10-15 07:59:59');
SELECT order_ref, policy, policy_version FROM sla.ticket WHERE order_ref LIKE 'V-18%' ORDER BY 1;
SELECT * FROM desk.clocks('V-18 a');
SELECT * FROM desk.clocks('V-18 b');
SELECT count(*) AS clocks FROM desk.clocks('V-18 c');
CALL desk.event('12:00', 'V-18 a', 'reopened');
SELECT order_ref, policy_version FROM sla.ticket WHERE order_ref = 'V-18 a';
SELECT * FROM desk.clocks('V-18 a');
RESET ROLE;
SELECT f.code, f.object FROM sla.finding f WHERE f.ticket_id = desk.id('V-18 c');
SET ROLE regress_desk;
SELECT * FROM desk.refold('V-18%');

-- V-21: the alert comes with the third bad rating, which opens cycle 4.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, owner)
VALUES ('trading_company', 'V-21', 'complaint', 'normal', 'Chen');
CALL desk.event('09:01', 'V-21', 'first_response');
CALL desk.event('09:10', 'V-21', 'rating_recorded', NULL, '{"score": 2}');
CALL desk.event('09:20', 'V-21', 'rating_recorded', NULL, '{"score": 2}');
SELECT cycle FROM sla.ticket WHERE order_ref = 'V-21';
SELECT count(*) AS alerts FROM sla.escalation WHERE ticket_id = desk.id('V-21') AND kind = 'reopen_alert';
CALL desk.event('09:30', 'V-21', 'rating_recorded', NULL, '{"score": 2}');
SELECT cycle FROM sla.ticket WHERE order_ref = 'V-21';
SELECT cycle, level, desk.t(due_at) AS at, recipients, reason FROM sla.escalation
WHERE ticket_id = desk.id('V-21') AND kind = 'reopen_alert';
CALL desk.event('09:40', 'V-21', 'rating_recorded', NULL, '{"score": 1}');
SELECT count(*) AS alerts FROM sla.escalation WHERE ticket_id = desk.id('V-21') AND kind = 'reopen_alert';
SELECT * FROM desk.refold('V-21');

-- V-29: the last rating over all cycles decides; the timer never closes an unsatisfied ticket.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-29', 'complaint', 'normal');
CALL desk.event('09:01', 'V-29', 'first_response');
CALL desk.event('09:05', 'V-29', 'resolved');
CALL desk.event('09:06', 'V-29', 'result_notified');
CALL desk.event('09:10', 'V-29', 'rating_recorded', NULL, '{"score": 2}');
CALL desk.event('09:20', 'V-29', 'resolved');
CALL desk.event('09:21', 'V-29', 'result_notified');
SELECT * FROM desk.clocks('V-29', 'close%');
CALL desk.event('+8 09:00', 'V-29', 'follow_up');
SELECT count(*) AS closed_no_rating FROM desk.events('V-29') WHERE event = 'closed_no_rating';
CALL desk.refused($$CALL desk.event('+8 09:01', 'V-29', 'closed')$$);
CALL desk.event('+8 09:02', 'V-29', 'rating_recorded', NULL, '{"score": 3}');
CALL desk.event('+8 09:03', 'V-29', 'closed');
SELECT status, cycle, last_score FROM sla.ticket WHERE order_ref = 'V-29';
SELECT * FROM desk.refold('V-29');

-- V-30: a timer fires at its time, whoever comes first afterwards; a rating exactly then stops it.
CALL desk.at('2025-10-01 11:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency)
VALUES ('trading_company', 'V-30 a', 'complaint', 'normal'), ('trading_company', 'V-30 b', 'complaint', 'normal');
CALL desk.event('2025-10-01 11:30', 'V-30 a', 'resolved');
CALL desk.event('2025-10-01 11:30', 'V-30 b', 'resolved');
CALL desk.event('2025-10-01 12:00', 'V-30 a', 'result_notified');
CALL desk.event('2025-10-01 12:00', 'V-30 b', 'result_notified');
CALL desk.event('2025-10-08 12:00:00', 'V-30 b', 'rating_recorded', NULL, '{"score": 5}');
CALL desk.event('2025-10-08 13:00', 'V-30 a', 'rating_recorded', NULL, '{"score": 5}');
SELECT no, event, occurred, recorded, effective, automatic FROM desk.events('V-30 a');
SELECT status, desk.t(closed_at) AS closed, last_score FROM sla.ticket WHERE order_ref = 'V-30 a';
SELECT no, event, occurred FROM desk.events('V-30 b');
SELECT * FROM desk.clocks('V-30 a', 'close%');
SELECT * FROM desk.clocks('V-30 b', 'close%');
SELECT * FROM desk.breaches('V-30 a', 'close%');
SELECT * FROM desk.refold('V-30%');

\set ECHO none
\i :end_desk

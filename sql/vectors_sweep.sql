--
-- Worked examples, judged to the second: what the sweep writes, and what follows for people.
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
	('Chen', 'Wang', NULL, '{agent}'), ('Wang', NULL, NULL, '{supervisor,hr}'), ('Zhao', NULL, 'workshop', '{}');
INSERT INTO sla.policy (policy, version, applies_to, pause_on) VALUES ('vectors_sweep', 1, 'false', '{waiting_customer}');
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role, binding, ladder)
VALUES ('vectors_sweep', 1, 'repair', 'resolve', '{received}', '{resolved}', '04:00', '{agent}', true, 'L');
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, nth_from, nth_to, action, approver_roles)
VALUES ('vectors_sweep', 1, 'L', 'first', 'offence', 1, 1, 'warning', '{hr}'),
	('vectors_sweep', 1, 'L', 'again', 'offence', 2, NULL, 'score_deduction', '{hr}');
SELECT sla.publish_policy('vectors_sweep', 1, '2024-01-01');
SET ROLE regress_desk;

-- V-25: less than twelve months between the deadlines, either side; fixed at confirmation.
CALL desk.at('2025-01-10 08:00');
INSERT INTO sla.ticket (policy, order_ref, owner) VALUES ('vectors_sweep', 'V-25 a1', 'Ann'), ('vectors_sweep', 'V-25 a2', 'Bob'),
	('vectors_sweep', 'V-25 a3', 'Cai');
CALL desk.sweep('2025-01-10 12:01');
SELECT sla.confirm_penalty(desk.id('V-25 a1'), 'L', 'Ann', 'Wang') AS ann, sla.confirm_penalty(desk.id('V-25 a2'), 'L', 'Bob', 'Wang') AS bob;
CALL desk.at('2025-03-10 08:00');
INSERT INTO sla.ticket (policy, order_ref, owner) VALUES ('vectors_sweep', 'V-25 b3', 'Cai');
CALL desk.sweep('2025-03-10 12:01');
SELECT sla.confirm_penalty(desk.id('V-25 b3'), 'L', 'Cai', 'Wang') AS march_first;
SELECT sla.confirm_penalty(desk.id('V-25 a3'), 'L', 'Cai', 'Wang') AS january_second;
SELECT * FROM desk.penalties('V-25 b3');
CALL desk.at('2026-01-10 07:59:59');
INSERT INTO sla.ticket (policy, order_ref, owner) VALUES ('vectors_sweep', 'V-25 b1', 'Ann');
CALL desk.at('2026-01-10 08:00:00');
INSERT INTO sla.ticket (policy, order_ref, owner) VALUES ('vectors_sweep', 'V-25 b2', 'Bob');
CALL desk.sweep('2026-01-10 12:01');
SELECT sla.confirm_penalty(desk.id('V-25 b1'), 'L', 'Ann', 'Wang') AS ann, sla.confirm_penalty(desk.id('V-25 b2'), 'L', 'Bob', 'Wang') AS bob;
SELECT * FROM desk.penalties('V-25 b1');
SELECT * FROM desk.penalties('V-25 b2');
-- A's miss is voided later: A's penalty is reversed, B keeps its number, and sla.health says so.
SELECT sla.void_breach(desk.id('V-25 a1'), 'repair', 1, '2025-01-10 12:00', 'late', 'power cut', 'Wang');
SELECT * FROM desk.penalties('V-25 a1');
SELECT * FROM desk.penalties('V-25 b1');
SELECT count(*) > 0 AS in_health FROM sla.health h WHERE h::text LIKE '%' || desk.id('V-25 b1') || '%' AND h::text ~ 'Ann';
SELECT * FROM desk.refold('V-25%', '2026-01-10 12:01') WHERE ticket <> 'V-25 a1';

-- V-13b: a provisional repeating clock is missed once and never rolls.
CALL desk.at('10:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, owner, department)
VALUES ('trading_company', 'V-13b', 'complaint', 'urgent', 'Chen', 'workshop');
CALL desk.sweep('12:00');
SELECT * FROM desk.breaches('V-13b');
SELECT * FROM desk.penalties('V-13b');
CALL desk.event('12:10', 'V-13b', 'dept_responded');
SELECT * FROM desk.clocks('V-13b') WHERE target ~ 'response|progress';
SELECT count(*) AS breaches FROM desk.breaches('V-13b');
CALL desk.sweep('12:11');
SELECT count(*) AS breaches FROM desk.breaches('V-13b');
SELECT * FROM desk.penalties('V-13b');
SELECT * FROM desk.refold('V-13b');

-- V-14: after an outage every missed interval is written, once.
CALL desk.at('08:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency)
VALUES ('trading_company', 'V-14 a', 'complaint', 'important'), ('trading_company', 'V-14 b', 'complaint', 'important');
CALL desk.event('08:00', 'V-14 a', 'work_started');
CALL desk.event('08:00', 'V-14 b', 'work_started');
CALL desk.event('13:00', 'V-14 b', 'progress_to_supervisor');
SELECT target, no, kind, due, detected FROM desk.breaches('V-14 b', 'progress%');
SELECT * FROM desk.clocks('V-14 b', 'progress%');
CALL desk.sweep('17:00:00');
SELECT target, no, kind, due, detected FROM desk.breaches('V-14 a', 'progress%');
SELECT * FROM desk.clocks('V-14 a', 'progress%');
SELECT target, no, kind, due, detected FROM desk.breaches('V-14 b', 'progress%');
CALL desk.sweep('17:00:00');
SELECT count(*) AS breaches FROM desk.breaches('V-14 a', 'progress%');
SELECT count(*) AS breaches FROM desk.breaches('V-14 b', 'progress%');
SELECT * FROM desk.refold('V-14%', '17:00:00');
CALL desk.sweep('17:00:01');
SELECT target, no, kind, due, detected FROM desk.breaches('V-14 b', 'progress%') WHERE due ~ '17:';
SELECT * FROM desk.refold('V-14%', '17:00:01');

-- V-15: a report that is told late moves the whole chain.
CALL desk.at('08:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-15', 'complaint', 'important');
CALL desk.event('08:00', 'V-15', 'work_started');
CALL desk.sweep('12:01');
SELECT target, no, kind, due, detected FROM desk.breaches('V-15', 'progress%');
CALL desk.event('12:30', 'V-15', 'progress_to_supervisor', '09:50');
SELECT target, no, kind, due, detected, void FROM desk.breaches('V-15', 'progress%');
SELECT * FROM desk.clocks('V-15', 'progress%');
CALL desk.sweep('12:31');
SELECT target, no, kind, due, detected, void FROM desk.breaches('V-15', 'progress%');
SELECT * FROM desk.refold('V-15', '12:31');

-- V-23: a warning is skipped once the clock has ended or its deadline has passed; a miss never is.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency)
SELECT 'trading_company', 'V-23 ' || x, 'complaint', 'urgent' FROM unnest('{a,b,c}'::text[]) x;
SELECT desk.t(warn_at) AS warn_at, desk.t(due_at) AS due_at FROM sla.clock
WHERE ticket_id = desk.id('V-23 a') AND target = 'resolve_urgent';
CALL desk.event('12:30', 'V-23 a', 'resolved');
CALL desk.event('13:05', 'V-23 b', 'resolved');
CALL desk.sweep('13:30');
SELECT t.order_ref, e.kind, e.level, desk.t(e.due_at) AS due, desk.t(e.raise_at) AS raise, desk.t(e.raised_at) AS raised
FROM sla.escalation e JOIN sla.ticket t USING (ticket_id)
WHERE t.order_ref LIKE 'V-23 %' AND e.target = 'resolve_urgent' ORDER BY 1, 2, 3;
SELECT * FROM desk.refold('V-23%', '13:30');
-- In time it is raised, once.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-23 d', 'complaint', 'urgent');
CALL desk.sweep('12:11:59');
CALL desk.sweep('12:12:00');
SELECT count(*) AS warnings FROM sla.escalation WHERE ticket_id = desk.id('V-23 d') AND kind = 'warning';
CALL desk.sweep('12:12:00.000001');
CALL desk.sweep('12:30');
SELECT kind, level, desk.t(due_at) AS due FROM sla.escalation
WHERE ticket_id = desk.id('V-23 d') AND target = 'resolve_urgent';
SELECT * FROM desk.refold('V-23 d', '12:30');

-- V-33: strictly later than the deadline, and not a microsecond earlier.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-33', 'complaint', 'urgent');
CALL desk.sweep('13:00:00');
SELECT count(*) AS breaches FROM desk.breaches('V-33', 'resolve%');
CALL desk.sweep('13:00:00.000001');
SELECT target, kind, due, detected FROM desk.breaches('V-33', 'resolve%');
SELECT * FROM desk.refold('V-33', '13:00:00.000001');

-- V-04: what is born overdue makes no candidate; what is missed while it runs does.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, needs_department, owner, department)
VALUES ('trading_company', 'V-04 c', 'complaint', 'normal', false, 'Chen', 'workshop');
CALL desk.event('09:01', 'V-04 c', 'first_response');
CALL desk.at('11:00');
UPDATE sla.ticket SET urgency = 'urgent' WHERE order_ref = 'V-04 c';
CALL desk.sweep('11:01');
SELECT target, due, born_overdue, responsible FROM desk.breaches('V-04 c');
SELECT count(*) AS candidates FROM desk.penalties('V-04 c');
CALL desk.at('14:00');
UPDATE sla.ticket SET urgency = 'normal' WHERE order_ref = 'V-04 c';
CALL desk.sweep('14:01');
SELECT * FROM desk.penalties('V-04 c');
SELECT * FROM desk.refold('V-04 c', '14:01');

-- V-05: the trigger has written the miss before the sweep comes.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-05 c', 'inquiry', 'normal');
CALL desk.at('09:12');
UPDATE sla.ticket SET needs_department = true WHERE order_ref = 'V-05 c';
CALL desk.sweep('09:30');
SELECT target, due, detected FROM desk.breaches('V-05 c', 'direct%');
SELECT * FROM desk.refold('V-05 c', '09:30');

-- V-09, V-27: a voided miss takes its candidate back.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, owner)
VALUES ('trading_company', 'V-09 h', 'complaint', 'normal', 'Chen');
CALL desk.sweep('09:06');
SELECT target, due, detected FROM desk.breaches('V-09 h');
SELECT * FROM desk.penalties('V-09 h');
CALL desk.event('09:10', 'V-09 h', 'assigned');
CALL desk.event('10:00', 'V-09 h', 'first_response', '09:04');
CALL desk.sweep('10:01');
SELECT target, due, void FROM desk.breaches('V-09 h', 'first%');
SELECT employee, status FROM desk.penalties('V-09 h');
CALL desk.at('10:10');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, owner, received_at)
VALUES ('trading_company', 'V-27 b', 'complaint', 'normal', 'Chen', '2025-10-15 10:00');
CALL desk.sweep('10:11');
SELECT target, due, born_overdue FROM desk.breaches('V-27 b');
SELECT count(*) AS candidates FROM desk.penalties('V-27 b');
SELECT * FROM desk.refold('V-09 h', '10:11');
SELECT * FROM desk.refold('V-27 b', '10:11');

-- V-07: a paused clock is not missed; its projected deadline moves with the clock.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref) VALUES ('vectors_sweep', 'V-07 f');
CALL desk.event('12:00', 'V-07 f', 'waiting_customer');
CALL desk.sweep('13:30');
SELECT count(*) AS breaches FROM desk.breaches('V-07 f');
SELECT state, desk.t(projected_due_at) AS projected, remaining FROM sla.clocks WHERE ticket_id = desk.id('V-07 f');
SELECT * FROM desk.refold('V-07 f', '13:30');

-- V-30: the sweep fires a timer, dated by its deadline.
CALL desk.at('2025-10-01 11:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-30 c', 'complaint', 'normal');
CALL desk.event('2025-10-01 11:30', 'V-30 c', 'resolved');
CALL desk.event('2025-10-01 12:00', 'V-30 c', 'result_notified');
CALL desk.sweep('2025-10-08 12:00:00');
SELECT count(*) AS events FROM desk.events('V-30 c');
CALL desk.sweep('2025-10-08 14:00');
SELECT no, event, occurred, recorded, effective, automatic FROM desk.events('V-30 c');
SELECT status, desk.t(closed_at) AS closed FROM sla.ticket WHERE order_ref = 'V-30 c';
SELECT * FROM desk.refold('V-30 c');

-- Example 9: two misses on one ticket are one offence; what the customer caused is none.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, owner)
VALUES ('trading_company', 'Ex-9 a', 'complaint', 'normal', 'Dan'), ('trading_company', 'Ex-9 b', 'complaint', 'normal', 'Dan'),
	('trading_company', 'Ex-9 c', 'complaint', 'normal', 'Dan');
CALL desk.event('09:04', 'Ex-9 b', 'assigned');
CALL desk.event('09:04', 'Ex-9 c', 'assigned');
CALL desk.sweep('09:31');
SELECT target, due, responsible FROM desk.breaches('Ex-9 a');
SELECT * FROM desk.penalties('Ex-9 a');
RESET ROLE;
INSERT INTO sla.employee (employee, supervisor) VALUES ('Dan', 'Wang');
SET ROLE regress_desk;
SELECT sla.confirm_penalty(desk.id('Ex-9 a'), 'L1', 'Dan', 'Wang');
SELECT sla.confirm_penalty(desk.id('Ex-9 b'), 'L1', 'Dan', 'Wang');
SELECT sla.attribute_breach(desk.id('Ex-9 c'), 'first_response', 1, '2025-10-15 09:05', 'late', 'customer', 'Wang');
SELECT * FROM desk.penalties('Ex-9 a');
SELECT * FROM desk.penalties('Ex-9 b');
SELECT * FROM desk.penalties('Ex-9 c');
SELECT * FROM desk.refold('Ex-9%', '09:31');

\set ECHO none
\i :end_desk

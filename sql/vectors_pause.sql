--
-- Worked examples, judged to the second: waiting for the customer, where the company lets it count.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
SELECT sla.load_preset('trading_company') > 0 AS loaded;

-- The regulation on complaints: verified within three working days, counted from the assignment.
INSERT INTO sla.policy (policy, version, applies_to, pause_on) VALUES ('vectors_pause_days', 1, 'false', '{waiting_customer}');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, fallback_on, fallback_after,
	start_owed_by, stops_on, duration, calendar, responsible_role, binding)
VALUES ('vectors_pause_days', 1, 'verify', 'verify', 'type = ''complaint''', '{assigned}', 'received', '00:30', 'dept_head',
	'{verified}', '3 days', 'cn_workday', '{dept_handler}', true);
SELECT sla.publish_policy('vectors_pause_days', 1, '2025-01-01');

INSERT INTO sla.calendar (calendar, time_zone) VALUES ('vectors_office', 'Asia/Shanghai');
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes)
SELECT 'vectors_office', d, '09:00', '18:00' FROM generate_series(1, 5) d;
INSERT INTO sla.policy (policy, version, applies_to, pause_on) VALUES ('vectors_pause', 1, 'false', '{waiting_customer,waiting_parts}');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, stops_on, duration, calendar, responsible_role)
VALUES ('vectors_pause', 1, 'repair', 'resolve', 'channel IS NULL', '{received}', '{resolved}', '04:00', '24x7', '{agent}'),
	('vectors_pause', 1, 'repair_office', 'resolve', 'channel = ''office''', '{received}', '{resolved}', '04:00', 'vectors_office', '{agent}');
SELECT sla.publish_policy('vectors_pause', 1, '2025-01-01');
SET ROLE regress_desk;

-- V-07: a pause keeps the remaining open time; one that begins at the deadline still counts, one after it does not.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref)
SELECT 'vectors_pause', 'V-07 ' || x FROM unnest('{a,b,c,e}'::text[]) x;
CALL desk.event('12:00', 'V-07 a', 'waiting_customer');
CALL desk.event('13:00:00', 'V-07 b', 'waiting_customer');
CALL desk.event('13:00:00.000001', 'V-07 c', 'waiting_customer');
CALL desk.at('13:30');
SELECT * FROM desk.clocks('V-07 a');
SELECT * FROM desk.breaches('V-07 a');
SELECT status FROM sla.ticket WHERE order_ref = 'V-07 a';
CALL desk.event('15:00', 'V-07 a', 'waiting_ended', NULL, '{"reason": "waiting_customer"}');
CALL desk.event('15:00', 'V-07 b', 'waiting_ended', NULL, '{"reason": "waiting_customer"}');
SELECT * FROM desk.clocks('V-07 a');
SELECT paused_for FROM sla.clock WHERE ticket_id = desk.id('V-07 a');
SELECT * FROM desk.clocks('V-07 b');
CALL desk.event('15:00:00', 'V-07 b', 'resolved');
SELECT * FROM desk.clocks('V-07 b');
SELECT * FROM desk.breaches('V-07 b');
SELECT * FROM desk.clocks('V-07 c');
SELECT * FROM desk.breaches('V-07 c');
-- Two reasons that overlap count once: 10:00 to 12:00 and 11:00 to 13:00 are three hours.
CALL desk.event('15:00', 'V-07 e', 'waiting_customer', '10:00');
CALL desk.event('15:00', 'V-07 e', 'waiting_parts', '11:00');
CALL desk.event('15:00', 'V-07 e', 'waiting_ended', '12:00', '{"reason": "waiting_customer"}');
CALL desk.event('15:00', 'V-07 e', 'waiting_ended', '13:00', '{"reason": "waiting_parts"}');
SELECT * FROM desk.clocks('V-07 e');
SELECT paused_for FROM sla.clock WHERE ticket_id = desk.id('V-07 e');
SELECT * FROM desk.refold('V-07%');
-- Office hours 09:00 to 18:00: Monday 16:00 and four hours end on Tuesday at 11:00.
CALL desk.at('2025-10-13 16:00');
INSERT INTO sla.ticket (policy, order_ref, channel) VALUES ('vectors_pause', 'V-07 d', 'office');
SELECT * FROM desk.clocks('V-07 d');
CALL desk.event('2025-10-13 17:00', 'V-07 d', 'waiting_customer');
CALL desk.event('2025-10-14 10:00', 'V-07 d', 'waiting_ended', NULL, '{"reason": "waiting_customer"}');
SELECT * FROM desk.clocks('V-07 d');
SELECT * FROM desk.refold('V-07%');

-- V-08: a pause of working days is not rounded to whole days, and costs nothing on a holiday.
CALL desk.at('2025-09-29 10:00');
INSERT INTO sla.ticket (policy, order_ref, type)
VALUES ('vectors_pause_days', 'V-08 a', 'complaint'), ('vectors_pause_days', 'V-08 b', 'complaint');
CALL desk.event('2025-09-29 10:00', 'V-08 a', 'assigned');
CALL desk.event('2025-09-29 10:00', 'V-08 b', 'assigned');
SELECT * FROM desk.clocks('V-08 a');
CALL desk.event('2025-09-30 12:00', 'V-08 a', 'waiting_customer');
CALL desk.event('2025-09-30 15:00', 'V-08 a', 'waiting_ended', NULL, '{"reason": "waiting_customer"}');
SELECT * FROM desk.clocks('V-08 a');
CALL desk.event('2025-10-01 00:00', 'V-08 b', 'waiting_customer');
CALL desk.event('2025-10-08 00:00', 'V-08 b', 'waiting_ended', NULL, '{"reason": "waiting_customer"}');
SELECT * FROM desk.clocks('V-08 b');
SELECT * FROM desk.refold('V-08%');

-- V-19: the allowance before a start is elapsed time; working days begin after it.
CALL desk.at('2025-09-19 23:45');
INSERT INTO sla.ticket (policy, order_ref, type) VALUES ('vectors_pause_days', 'V-19', 'complaint');
SELECT * FROM desk.clocks('V-19');
SELECT * FROM desk.refold('V-19');

\set ECHO none
\i :end_desk

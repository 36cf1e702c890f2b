--
-- Worked examples, judged to the second: what is told late, or corrected.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
SELECT sla.load_preset('trading_company') > 0 AS loaded;

-- The regulation on complaints: verified within three working days, counted from the assignment.
INSERT INTO sla.policy (policy, version, applies_to, pause_on) VALUES ('vectors_complaint', 1, 'false', '{}');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, fallback_on, fallback_after,
	start_owed_by, stops_on, duration, calendar, responsible_role, binding)
VALUES ('vectors_complaint', 1, 'verify', 'verify', 'type = ''complaint''', '{assigned}', 'received', '00:30', 'dept_head',
	'{verified}', '3 days', 'cn_workday', '{dept_handler}', true);
SELECT sla.publish_policy('vectors_complaint', 1, '2025-01-01');

SET ROLE regress_desk;

-- V-09: a stop that is recorded late counts from when it happened, for 24 hours.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency)
SELECT 'trading_company', 'V-09 ' || x, 'complaint', 'normal' FROM unnest('{a,b,c}'::text[]) x;
CALL desk.event('09:06', 'V-09 a', 'follow_up');
CALL desk.event('09:06', 'V-09 b', 'follow_up');
CALL desk.event('09:06', 'V-09 c', 'follow_up');
SELECT * FROM desk.breaches('V-09 a');
CALL desk.event('10:00', 'V-09 a', 'first_response', '09:04');
SELECT * FROM desk.breaches('V-09 a', 'first%');
SELECT * FROM desk.clocks('V-09 a', 'first%');
CALL desk.event('+1 09:04:00', 'V-09 b', 'first_response', '09:04');
SELECT * FROM desk.breaches('V-09 b', 'first%');
SELECT * FROM desk.clocks('V-09 b', 'first%');
CALL desk.event('+1 09:04:01', 'V-09 c', 'first_response', '09:04');
SELECT * FROM desk.breaches('V-09 c', 'first%');
SELECT * FROM desk.clocks('V-09 c', 'first%');
SELECT event, occurred, recorded, effective FROM desk.events('V-09 c') WHERE event = 'first_response';
SELECT * FROM desk.refold('V-09%');

-- V-09, working days: due 10-11 00:00; the claim "10-08 09:00" is too old, the recording counts.
CALL desk.at('2025-09-29 10:00');
INSERT INTO sla.ticket (policy, order_ref, type)
SELECT 'vectors_complaint', 'V-09 ' || x, 'complaint' FROM unnest('{d,e,f}'::text[]) x;
CALL desk.event('2025-09-29 10:00', 'V-09 d', 'assigned');
CALL desk.event('2025-09-29 10:00', 'V-09 e', 'assigned');
SELECT * FROM desk.clocks('V-09 d');
-- Monday's assignment, told on Wednesday, starts the department's clock on Wednesday.
CALL desk.event('2025-10-01 10:00', 'V-09 f', 'assigned', '2025-09-29 10:00');
SELECT event, occurred, effective FROM desk.events('V-09 f');
SELECT * FROM desk.clocks('V-09 f');
CALL desk.event('2025-10-10 17:00', 'V-09 d', 'verified', '2025-10-08 09:00');
SELECT * FROM desk.clocks('V-09 d');
SELECT * FROM desk.breaches('V-09 d');
CALL desk.event('2025-10-11 08:00', 'V-09 e', 'verified', '2025-10-08 09:00');
SELECT * FROM desk.clocks('V-09 e');
SELECT * FROM desk.breaches('V-09 e');
SELECT * FROM desk.refold('V-09%');

-- V-09: a change of the ticket that is told late counts from when it took place ("set").
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-09 g', 'inquiry', 'normal');
CALL desk.event('09:04', 'V-09 g', 'first_response');
CALL desk.event('09:20', 'V-09 g', 'follow_up', NULL, '{"set": {"needs_department": true}}');
SELECT * FROM desk.breaches('V-09 g');
CALL desk.event('09:25', 'V-09 g', 'follow_up', '09:08', '{"set": {"needs_department": true}}');
SELECT * FROM desk.breaches('V-09 g');
SELECT * FROM desk.clocks('V-09 g');
SELECT * FROM desk.refold('V-09 g');

-- V-10: a promised date that moves.  Before it has passed it is the same clock, afterwards a new one.
RESET ROLE;
INSERT INTO sla.policy (policy, version, applies_to) VALUES ('vectors_promise', 1, 'false');
INSERT INTO sla.target (policy, version, target, milestone, stops_on, due_column, responsible_role, binding)
VALUES ('vectors_promise', 1, 'promise', 'promise', '{resolved}', 'promised_at', '{agent}', true);
SELECT sla.publish_policy('vectors_promise', 1, '2025-01-01');
SET ROLE regress_desk;
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, promised_at)
SELECT 'vectors_promise', 'V-10 ' || x, '2025-10-15 18:00' FROM unnest('{a,b,c,d,e}'::text[]) x;
CALL desk.at('14:00');
UPDATE sla.ticket SET promised_at = '2025-10-15 12:00' WHERE order_ref = 'V-10 a';
SELECT * FROM desk.clocks('V-10 a');
SELECT * FROM desk.breaches('V-10 a');
CALL desk.at('17:00');
UPDATE sla.ticket SET promised_at = '2025-10-15 20:00' WHERE order_ref = 'V-10 b';
UPDATE sla.ticket SET promised_at = NULL WHERE order_ref = 'V-10 d';
CALL desk.at('18:30');
UPDATE sla.ticket SET promised_at = '2025-10-15 20:00' WHERE order_ref = 'V-10 c';
UPDATE sla.ticket SET promised_at = NULL WHERE order_ref = 'V-10 e';
SELECT * FROM desk.clocks('V-10 b');
SELECT * FROM desk.breaches('V-10 b');
SELECT * FROM desk.clocks('V-10 c');
SELECT * FROM desk.breaches('V-10 c');
SELECT * FROM desk.clocks('V-10 d');
SELECT * FROM desk.breaches('V-10 d');
SELECT * FROM desk.clocks('V-10 e');
SELECT * FROM desk.breaches('V-10 e');
SELECT * FROM desk.refold('V-10%');

-- V-27: a ticket that is entered an hour late is born overdue; what happened in time can still be told.
CALL desk.at('10:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, received_at)
VALUES ('trading_company', 'V-27', 'complaint', 'normal', '2025-10-15 09:00');
SELECT * FROM desk.breaches('V-27', 'first%');
CALL desk.event('10:01', 'V-27', 'first_response', '09:03');
SELECT * FROM desk.breaches('V-27', 'first%');
SELECT * FROM desk.clocks('V-27', 'first%');
SELECT * FROM desk.refold('V-27');

-- V-28: of the same event told twice, the earlier counts.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency) VALUES ('trading_company', 'V-28', 'complaint', 'normal');
CALL desk.event('09:07', 'V-28', 'first_response');
SELECT * FROM desk.breaches('V-28', 'first%');
CALL desk.event('09:30', 'V-28', 'first_response', '09:03');
SELECT * FROM desk.breaches('V-28', 'first%');
SELECT * FROM desk.clocks('V-28', 'first%');
SELECT * FROM desk.refold('V-28');

-- V-32: only what the ticket is about may lie before its reception.
RESET ROLE;
INSERT INTO sla.policy (policy, version, applies_to) VALUES ('vectors_logistics', 1, 'false');
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role, restarts)
VALUES ('vectors_logistics', 1, 'collect', 'collect', '{occurred}', '{received}', '00:10', '{agent}', false);
SELECT sla.publish_policy('vectors_logistics', 1, '2025-01-01');
SET ROLE regress_desk;
CALL desk.at('14:00');
INSERT INTO sla.ticket (policy, order_ref, happened_at) VALUES ('vectors_logistics', 'V-32', '2025-10-15 13:45');
SELECT event, occurred, effective FROM desk.events('V-32');
SELECT * FROM desk.clocks('V-32');
SELECT * FROM desk.breaches('V-32');
SELECT b.binding FROM sla.breach b WHERE b.ticket_id = desk.id('V-32');
CALL desk.refused($$CALL desk.event('14:01', 'V-32', 'first_response', '13:50')$$);
SELECT * FROM desk.refold('V-32');

\set ECHO none
\i :end_desk

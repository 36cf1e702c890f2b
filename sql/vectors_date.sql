--
-- Worked examples, judged to the second: dates.  Working days around holidays, the share of
-- an open time at which a warning comes, and dates that a ticket carries.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
-- 1 to 8 October 2025 are off, Sunday 28 September and Saturday 11 October are worked.
SELECT sla.load_calendar('cn_workday') > 0 AS loaded;
INSERT INTO sla.calendar (calendar, time_zone) VALUES ('vectors_office', 'Asia/Shanghai');
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes)
SELECT 'vectors_office', d, '09:00', '18:00' FROM generate_series(1, 5) d;
INSERT INTO sla.calendar_day (calendar, day, opens, closes)
SELECT 'vectors_office', day, CASE WHEN opens IS NOT NULL THEN time '09:00' END, CASE WHEN opens IS NOT NULL THEN time '18:00' END
FROM sla.calendar_day WHERE calendar = 'cn_workday';

INSERT INTO sla.policy (policy, version, applies_to) VALUES ('vectors_date', 1, 'false');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, stops_on, duration, calendar, responsible_role) VALUES
	('vectors_date', 1, 'day_1', 'x', 'category = ''workday''', '{assigned}', '{verified}', '1 day', 'cn_workday', '{agent}'),
	('vectors_date', 1, 'day_3', 'x', 'category = ''workday''', '{assigned}', '{verified}', '3 days', 'cn_workday', '{agent}'),
	('vectors_date', 1, 'office_1', 'x', 'category = ''office''', '{assigned}', '{verified}', '1 day', 'vectors_office', '{agent}'),
	('vectors_date', 1, 'office_1_2', 'x', 'category = ''office''', '{assigned}', '{verified}', '1 day 2 hours', 'vectors_office', '{agent}');
INSERT INTO sla.target (policy, version, target, milestone, condition, stops_on, due_column, responsible_role, binding, ladder)
VALUES ('vectors_date', 1, 'promise', 'promise', NULL, '{resolved}', 'promised_at', '{agent}', true, 'V');
INSERT INTO sla.escalation_step (policy, version, target, level, at_percent, roles) VALUES
	('vectors_date', 1, 'day_3', 0, 50, '{agent}'), ('vectors_date', 1, 'promise', 0, 50, '{agent}');
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, nth_from, action) VALUES ('vectors_date', 1, 'V', '1', 'offence', 1, 'warning');
SELECT sla.publish_policy('vectors_date', 1, '2025-01-01');
SET ROLE regress_desk;

-- V-11: the day of the start never counts, whatever day it is.
CREATE TEMP TABLE start (name text, category text, at text, target text, due text);
INSERT INTO start VALUES
('V-11 a', 'workday', '2025-10-03 16:00', 'day_3', '10-12 00:00:00'),		-- a holiday
('V-11 b', 'workday', '2025-09-28 10:00', 'day_1', '09-30 00:00:00'),		-- a make-up Sunday
('V-11 b', 'workday', '2025-09-28 10:00', 'day_3', '10-10 00:00:00'),
('V-11 c', 'office', '2025-09-30 07:00', 'office_1', '10-09 18:00:00'),		-- before opening, in the day, after closing
('V-11 d', 'office', '2025-09-30 12:00', 'office_1', '10-09 18:00:00'),
('V-11 e', 'office', '2025-09-30 20:00', 'office_1', '10-09 18:00:00'),
('V-11 f', 'workday', '2025-10-10 00:00:00', 'day_1', '10-12 00:00:00'),	-- the first instant of a working day
('V-11 g', 'office', '2025-09-29 10:00', 'office_1_2', '10-09 11:00:00');	-- days first, then hours
DO $$
DECLARE
	s record;
BEGIN
	FOR s IN SELECT DISTINCT name, category, at FROM start ORDER BY at LOOP
		CALL desk.at(s.at);
		INSERT INTO sla.ticket (policy, order_ref, category, owner) VALUES ('vectors_date', s.name, s.category, 'Chen');
		CALL desk.event(s.at, s.name, 'assigned');
	END LOOP;
END $$;
SELECT s.name, s.at, s.target, s.due AS expected, c.due AS actual FROM start s
LEFT JOIN LATERAL desk.clocks(s.name, s.target) c ON true WHERE c.due IS DISTINCT FROM s.due ORDER BY 1, 3;
SELECT count(*) AS starts FROM start;
-- Exactly at the end of the last day it is in time, a moment later it is not (K-12).
CALL desk.event('2025-10-10 00:00:00', 'V-11 b', 'verified');
CALL desk.event('2025-10-12 00:00:00.000001', 'V-11 a', 'verified');
SELECT target, stopped, verdict FROM desk.clocks('V-11 a') UNION ALL SELECT target, stopped, verdict FROM desk.clocks('V-11 b');
SELECT * FROM desk.refold('V-11%');

-- V-31: half of a target of working days is half of the open time, 43 of 86 hours: 14 on Monday, 24 on Tuesday, 5 on 9 October.
CALL desk.at('2025-09-29 10:00');
INSERT INTO sla.ticket (policy, order_ref, category, owner) VALUES ('vectors_date', 'V-31 a', 'workday', 'Chen'), ('vectors_date', 'V-31 b', 'workday', 'Chen');
CALL desk.event('2025-09-29 10:00', 'V-31 a', 'assigned');
CALL desk.event('2025-09-29 10:00', 'V-31 b', 'assigned');
SELECT due, desk.t(c.warn_at) AS warned FROM desk.clocks('V-31 a', 'day_3'), sla.clock c WHERE c.ticket_id = desk.id('V-31 a') AND c.target = 'day_3';
SELECT sla.business_time_between('2025-09-29 10:00', '2025-10-11', 'cn_workday') AS open_time,
	sla.business_time_between('2025-09-29 10:00', '2025-10-09 05:00', 'cn_workday') AS used;
-- It comes at that instant and not before, and not for what is done.
CALL desk.event('2025-10-09 04:00', 'V-31 b', 'verified');
CALL desk.sweep('2025-10-09 04:59:59.999999');
SELECT count(*) AS warnings FROM sla.escalation WHERE ticket_id IN (desk.id('V-31 a'), desk.id('V-31 b')) AND target = 'day_3';
CALL desk.sweep('2025-10-09 05:00:01');
SELECT t.order_ref, e.kind, e.level, desk.t(e.due_at) AS due, desk.t(e.raise_at) AS raised FROM sla.escalation e JOIN sla.ticket t USING (ticket_id)
WHERE t.order_ref LIKE 'V-31%' AND e.target = 'day_3' ORDER BY 1;
SELECT * FROM desk.refold('V-31%', '2025-10-09 05:00:01');

-- V-10: a date that the ticket carries, moved, taken away, and given again; the facts win.  Moved into the past it is missed at once,
-- and nobody is punished for it; moved before it has passed it is another date of the same promise; afterwards it is another promise.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, owner, promised_at)
SELECT 'vectors_date', 'V-10 ' || x, 'Chen', '2025-10-15 18:00' FROM unnest('{a,b,c,d,e}'::text[]) x;
CALL desk.event('14:00', 'V-10 a', 'promised', NULL, '{"set": {"promised_at": "2025-10-15 12:00+08"}}');
CALL desk.event('17:00', 'V-10 b', 'promised', NULL, '{"set": {"promised_at": "2025-10-15 20:00+08"}}');
CALL desk.event('17:00', 'V-10 d', 'follow_up', NULL, '{"set": {"promised_at": null}}');
CALL desk.event('18:30', 'V-10 c', 'promised', NULL, '{"set": {"promised_at": "2025-10-15 20:00+08"}}');
CALL desk.event('18:30', 'V-10 e', 'follow_up', NULL, '{"set": {"promised_at": null}}');
CALL desk.sweep('18:31');
SELECT t.order_ref, c.no, c.started, c.due, c.cancelled, c.verdict FROM sla.ticket t, desk.clocks(t.order_ref) c WHERE t.order_ref LIKE 'V-10%' ORDER BY 1, 2;
SELECT t.order_ref, b.no, b.kind, b.due, b.detected, b.born_overdue FROM sla.ticket t, desk.breaches(t.order_ref) b WHERE t.order_ref LIKE 'V-10%' ORDER BY 1, 2;
SELECT t.order_ref, p.employee, p.status, p.first_due FROM sla.ticket t, desk.penalties(t.order_ref) p WHERE t.order_ref LIKE 'V-10%' ORDER BY 1;
-- Given again: of the one that was taken away in time the same promise, of the other a new one.
CALL desk.event('19:00', 'V-10 d', 'promised', NULL, '{"set": {"promised_at": "2025-10-15 21:00+08"}}');
CALL desk.event('19:00', 'V-10 e', 'promised', NULL, '{"set": {"promised_at": "2025-10-15 21:00+08"}}');
CALL desk.event('20:00:00', 'V-10 b', 'resolved');
CALL desk.event('20:00:01', 'V-10 c', 'resolved');
SELECT t.order_ref, c.no, c.due, c.stopped, c.cancelled, c.verdict FROM sla.ticket t, desk.clocks(t.order_ref) c WHERE t.order_ref LIKE 'V-10%' ORDER BY 1, 2;
-- Told late, in time: the date was moved at 17:50, recorded at 19:10.  The miss is taken back, the clock has the other date.
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, owner, promised_at) VALUES ('vectors_date', 'V-10 f', 'Chen', '2025-10-15 18:00');
CALL desk.sweep('18:01');
SELECT due, void FROM desk.breaches('V-10 f');
CALL desk.event('19:10', 'V-10 f', 'promised', '17:50', '{"set": {"promised_at": "2025-10-15 20:00+08"}}');
SELECT due, void FROM desk.breaches('V-10 f');
SELECT no, due, verdict FROM desk.clocks('V-10 f');
SELECT * FROM desk.refold('V-10 f');
SELECT * FROM desk.refold('V-10 c', '20:00:01') UNION ALL SELECT * FROM desk.refold('V-10 e') UNION ALL SELECT * FROM desk.refold('V-10 d');

-- V-19: the allowance before a start is elapsed time, not working time: Friday 23:45 and 30 minutes are Saturday 00:15, and the three
-- days begin on Monday.  Counted in the calendar they would have begun on Monday at 00:15, and ended a day later.
RESET ROLE;
INSERT INTO sla.policy (policy, version, applies_to) VALUES ('vectors_allowance', 1, 'false');
INSERT INTO sla.target (policy, version, target, milestone, starts_on, fallback_on, fallback_after, start_owed_by, stops_on, duration, calendar, responsible_role)
VALUES ('vectors_allowance', 1, 'verify', 'verify', '{assigned}', 'received', '00:30', 'agent', '{verified}', '3 days', 'cn_workday', '{dept_handler}');
SELECT sla.publish_policy('vectors_allowance', 1, '2025-01-01');
SET ROLE regress_desk;
CALL desk.at('2025-09-19 23:45');
INSERT INTO sla.ticket (policy, order_ref, owner) VALUES ('vectors_allowance', 'V-19', 'Chen');
SELECT target, started, due, verdict FROM desk.clocks('V-19');
SELECT desk.t(sla.add_business_time(sla.add_business_time('2025-09-19 23:45', '00:30', 'cn_workday'), '3 days', 'cn_workday')) AS not_this;
CALL desk.sweep('2025-09-25 00:00:00');
SELECT count(*) AS breaches FROM desk.breaches('V-19');
CALL desk.sweep('2025-09-25 00:00:00.000001');
SELECT target, kind, due, responsible FROM desk.breaches('V-19');
SELECT * FROM desk.refold('V-19', '2025-09-25 00:00:00.000001');

\set ECHO none
\i :end_desk

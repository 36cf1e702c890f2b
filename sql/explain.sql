--
-- Explaining a deadline: the segments, their sum, the steps, both languages.
--
\set VERBOSITY default
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';
BEGIN;
ALTER TABLE sla.ticket ALTER ticket_id RESTART 800001;

-- China's National Day 2025: 1 to 8 October off, Sunday 28 September and Saturday 11
-- October worked; and office hours on the same days.
INSERT INTO sla.calendar (calendar, time_zone) VALUES ('x_days', 'Asia/Shanghai'), ('x_office', 'Asia/Shanghai');
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes)
SELECT c.calendar, d, c.opens, c.closes
FROM (VALUES ('x_days', time '00:00', time '24:00'), ('x_office', '09:00', '12:00'), ('x_office', '13:30', '18:00'))
     AS c (calendar, opens, closes), generate_series(1, 5) AS d;
INSERT INTO sla.calendar_day (calendar, day, opens, closes, name)
SELECT c, day::date, NULL, NULL, '国庆节'
FROM unnest('{x_days,x_office}'::text[]) AS c, generate_series(date '2025-10-01', '2025-10-08', '1 day') AS day;
INSERT INTO sla.calendar_day (calendar, day, opens, closes, name) VALUES
  ('x_days', '2025-09-28', '00:00', '24:00', '国庆节调休'), ('x_days', '2025-10-11', '00:00', '24:00', '国庆节调休');

INSERT INTO sla.department (department, head) VALUES ('x_tech', 'x_chen');
INSERT INTO sla.employee (employee, department, supervisor) VALUES
  ('x_li', 'x_tech', 'x_wang'), ('x_wang', 'x_tech', NULL), ('x_chen', 'x_tech', NULL);
INSERT INTO sla.policy (policy, version, title, title_zh, pause_on) VALUES
  ('x_policy', 1, 'Explained regulation', '示例制度', '{waiting_customer}');
INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on, fallback_on,
                        fallback_after, start_owed_by, stops_on, rearms_on, duration, every, due_column, calendar,
                        responsible_role, binding, clause) VALUES
  ('x_policy', 1, 'resolve', 'resolve', 'Solve urgent problems', '紧急问题处理', 'urgency = ''urgent''', '{received}', NULL,
   NULL, NULL, '{resolved}', '{}', '04:00', NULL, NULL, '24x7', '{agent}', true, 'D1-34'),
  ('x_policy', 1, 'office', 'office', NULL, NULL, NULL, '{received}', NULL,
   NULL, NULL, '{resolved}', '{}', '20:00', NULL, NULL, 'x_office', '{agent}', false, NULL),
  ('x_policy', 1, 'verification', 'verification', NULL, '核实', NULL, '{assigned}', 'received',
   '00:30', 'agent', '{verified}', '{}', '3 days', NULL, NULL, 'x_days', '{dept_head}', true, 'D3-06'),
  ('x_policy', 1, 'mixed', 'mixed', NULL, NULL, NULL, '{received}', NULL,
   NULL, NULL, '{verified}', '{}', '1 day 02:00', NULL, NULL, 'x_office', '{agent}', false, NULL),
  ('x_policy', 1, 'progress', 'progress', NULL, NULL, NULL, '{work_started}', NULL,
   NULL, NULL, '{resolved}', '{follow_up}', NULL, '02:00', NULL, '24x7', '{agent}', true, 'D1-27'),
  ('x_policy', 1, 'promise', 'promise', NULL, NULL, NULL, '{}', NULL,
   NULL, NULL, '{resolved}', '{}', NULL, NULL, 'promised_at', '24x7', '{agent}', true, 'D3-08');
SELECT sla.publish_policy('x_policy', 1, '2025-01-01 00:00+08');

-- What every explanation must keep: the parts that count add up to the promise.
CREATE TEMPORARY TABLE total (target text, promised interval);
INSERT INTO total VALUES ('resolve', '04:00'), ('office', '20:00'), ('verification', '3 days'),
  ('mixed', '1 day 02:00'), ('progress', '02:00');
CREATE FUNCTION pg_temp.unequal(ticket bigint) RETURNS TABLE (target text, cycle integer, seq integer, counted interval)
LANGUAGE sql AS $$
  SELECT c.target, c.cycle, c.seq, s.counted
  FROM sla.clocks AS c
  JOIN total AS t ON t.target = c.target
  CROSS JOIN LATERAL (
    SELECT sum(x.counted) AS counted, min(x.step) = 1 AND max(x.step) = count(*) AS numbered,
           bool_or(x.text_en IS NULL OR x.text_zh IS NULL) AS silent
    FROM sla.explain(c.ticket_id, c.target, c.cycle, c.seq) AS x
  ) AS s
  WHERE c.ticket_id = ticket AND (s.counted IS DISTINCT FROM t.promised OR NOT s.numbered OR s.silent)
  ORDER BY c.target, c.cycle, c.seq
$$;

-- Monday 29 September, 10:00: before the holiday.
SET LOCAL sla.now = '2025-09-29 10:00+08';
INSERT INTO sla.ticket (policy, type, urgency, department, owner, received_at)
VALUES ('x_policy', 'complaint', 'urgent', NULL, 'x_li', '2025-09-29 10:00+08')
RETURNING ticket_id AS t \gset
SET LOCAL sla.now = '2025-09-29 10:20+08';
SELECT sla.record(:t, 'assigned') > 0 AS recorded;
SELECT sla.record(:t, 'work_started') > 0 AS recorded;
SET LOCAL sla.now = '2025-09-29 11:50+08';
SELECT sla.record(:t, 'follow_up') > 0 AS recorded;

-- Three working days around a holiday of eight, and a weekend that is worked.
SELECT step, kind, from_at, to_at, counted FROM sla.explain(:t, 'verification');
SELECT kind, from_at, to_at, counted, text_zh FROM sla.explain(:t, 'office') WHERE kind IN ('open', 'closed', 'holiday');
SELECT kind, from_at, to_at, counted FROM sla.explain(:t, 'mixed') WHERE counted IS NOT NULL;
SELECT * FROM pg_temp.unequal(:t);

SELECT sla.explain_text(:t, 'resolve') \g (format=unaligned tuples_only=on)
SELECT sla.explain_text(:t, 'verification', language => 'zh') \g (format=unaligned tuples_only=on)

-- Repeating: the first interval was kept by a report; the next one will be missed.
SET LOCAL sla.now = '2025-09-29 14:30+08';
SELECT sla.record(:t, 'resolved') > 0 AS recorded;
SELECT sla.explain_text(:t, 'progress', 1, 1) \g (format=unaligned tuples_only=on)
SELECT sla.explain_text(:t, 'progress', 1, 2) \g (format=unaligned tuples_only=on)
SELECT sla.explain_text(:t, 'progress') \g (format=unaligned tuples_only=on)
SELECT sla.explain_text(:t, 'progress', 1, 2, 'zh') \g (format=unaligned tuples_only=on)
-- Late, and who answers for it.
SELECT sla.explain_text(:t, 'resolve') \g (format=unaligned tuples_only=on)
SELECT sla.explain_text(:t, 'resolve', language => 'zh') \g (format=unaligned tuples_only=on)
SELECT * FROM pg_temp.unequal(:t);

-- Paused: what waits does not count, and the sum stays.
SET LOCAL sla.now = '2025-09-29 16:00+08';
INSERT INTO sla.ticket (policy, type, urgency, owner, received_at)
VALUES ('x_policy', 'complaint', 'urgent', 'x_li', '2025-09-29 16:00+08')
RETURNING ticket_id AS p \gset
SET LOCAL sla.now = '2025-09-29 17:00+08';
SELECT sla.record(:p, 'waiting_customer') > 0 AS recorded;
SET LOCAL sla.now = '2025-09-30 09:30+08';
SELECT kind, from_at, to_at, counted, text_en FROM sla.explain(:p, 'resolve');
-- Those in days have become open time: 2 + 7.5 + 2 h, and 7.5 + 3 * 24 h.
SELECT * FROM pg_temp.unequal(:p);
SET LOCAL sla.now = '2025-09-30 10:00+08';
SELECT sla.record(:p, 'waiting_ended') > 0 AS recorded;
SELECT kind, from_at, to_at, counted, text_en FROM sla.explain(:p, 'resolve');
SELECT kind, from_at, to_at, counted, text_en FROM sla.explain(:p, 'mixed') WHERE step > 2;
SELECT * FROM pg_temp.unequal(:p);

-- A date: promised, moved, kept.
SET LOCAL sla.now = '2025-09-30 10:10+08';
SELECT sla.record(:p, 'first_response', details => '{"set": {"promised_at": "2025-09-30 18:00+08"}}') > 0 AS recorded;
SET LOCAL sla.now = '2025-09-30 12:00+08';
UPDATE sla.ticket SET promised_at = '2025-09-30 20:00+08' WHERE ticket_id = :p;
SELECT kind, from_at, counted, text_en FROM sla.explain(:p, 'promise');

-- Nothing to explain.
SELECT * FROM sla.explain(-1, 'resolve');
SELECT * FROM sla.explain(NULL, 'resolve');
SELECT * FROM sla.explain(:p, 'resolve', 7);
SELECT sla.explain_text(:p, 'resolve', language => 'fr');
INSERT INTO sla.ticket (policy, type, urgency, owner, received_at)
VALUES ('x_policy', 'inquiry', 'normal', 'x_li', '2025-09-30 12:00+08');
SELECT * FROM sla.explain(800003, 'resolve');
SELECT * FROM sla.explain(800003, NULL);
ROLLBACK;

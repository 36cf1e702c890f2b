--
-- Duties (rule E-16): what is due without anybody's asking, opened by the sweep.
--
-- Policies and sweeps are the superuser's, filing is done by the unprivileged role.
--
\set ON_ERROR_STOP off
\i sql/include/desk.sql

CREATE FUNCTION desk.sweeps(at text, max_clocks integer DEFAULT 10000)
RETURNS TABLE (duties bigint, breaches bigint, notifications bigint, more boolean) LANGUAGE plpgsql AS $$
BEGIN
	CALL desk.at(at);
	RETURN QUERY SELECT s.duties, s.breaches, s.notifications, s.more FROM sla.sweep(max_clocks => sweeps.max_clocks) s;
END
$$;
-- The tickets of a policy's duties; all stamps local to Shanghai.
CREATE VIEW desk.duties AS
SELECT t.policy, t.policy_version AS v, t.duty, t.subject_key AS subject, t.period, desk.t(t.received_at) AS received,
	desk.t(t.due_at) AS due, t.status, desk.t(t.closed_at) AS closed, t.department, t.owner, t.assignee
FROM sla.ticket t WHERE t.duty IS NOT NULL AND t.ticket_id > (SELECT last FROM desk.ticket_before)
ORDER BY t.policy, t.ticket_id;
CREATE VIEW desk.misses AS
SELECT t.policy, t.duty, t.subject_key AS subject, t.period, b.kind, desk.t(b.due_at) AS due, b.responsible, b.born_overdue, b.void_reason
FROM sla.breach b JOIN sla.ticket t USING (ticket_id) WHERE t.duty IS NOT NULL
ORDER BY t.policy, b.due_at, t.ticket_id;
-- A policy with one target for every ticket, and one for every duty that is inserted afterwards.
CREATE PROCEDURE desk.policy(policy text, zone text DEFAULT 'Asia/Shanghai') LANGUAGE sql AS $$
	INSERT INTO sla.policy (policy, version, applies_to, time_zone)
	VALUES (policy, 1, format('channel = %L', policy), zone);
	INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role)
	VALUES (policy, 1, 'answer', 'first_response', '{received}', '{first_response}', '04:00', '{agent}');
$$;
CREATE PROCEDURE desk.duty(policy text, duty text, stop text DEFAULT 'report_filed') LANGUAGE sql AS $$
	INSERT INTO sla.target (policy, version, target, milestone, duty, stops_on, due_column, responsible_role, notify_roles, binding)
	VALUES (policy, 1, duty, 'filed', duty, ARRAY[stop], 'due_at', '{dept_handler}', '{dept_head}', true);
$$;
INSERT INTO sla.employee (employee, department, supervisor, roles) VALUES
	('duty mei', 'duty service', NULL, '{}'), ('duty wu', 'duty service', 'duty mei', '{duty_clerk}'),
	('duty li', 'duty stores', NULL, '{}');
INSERT INTO sla.department (department, head) VALUES ('duty service', 'duty mei'), ('duty stores', 'duty li');
SELECT sla.load_calendar('cn_workday') > 0 AS loaded;

-- When periods begin: counted from the anchor, whatever lies before it.
SELECT string_agg(to_char(s, 'Dy YYYY-MM-DD HH24:MI'), ', ') AS starts
FROM (VALUES (1, '1 month'::interval, '2001-01-01'::timestamp, '2025-11-01 00:00+08'::timestamptz, '2026-02-01 00:00+08'::timestamptz),
	(2, '1 week', '2001-01-01', '2025-12-20+08', '2026-01-06+08'),
	(3, '3 months', '2001-01-01', '2025-01-01+08', '2025-12-31+08'),
	(4, '1 year', '2000-12-01', '1998-01-01+08', '2001-01-01+08'),
	(5, '1 month', '2001-01-31', '2024-01-01+08', '2024-05-01+08'),
	(6, '14 days', '2025-09-08 10:00', '2025-08-20+08', '2025-09-30+08'),
	(7, '8 hours', '2001-01-01 06:00', '2025-11-01+08', '2025-11-02+08')) AS v(no, every, anchor, from_at, to_at),
	sla._period_starts(every, anchor, 'Asia/Shanghai', from_at, to_at) AS s
GROUP BY no ORDER BY no;
-- Both bounds: the first is included, the last is not.
SELECT count(*) FROM sla._period_starts('1 month', '2001-01-01', 'Asia/Shanghai', '2025-11-01 00:00:00+08', '2025-12-01 00:00:00+08');
SELECT count(*) FROM sla._period_starts('1 month', '2001-01-01', 'Asia/Shanghai', '2025-11-01 00:00:00.000001+08', '2025-12-01 00:00:00.000001+08');
-- Summer time: a local midnight is an hour earlier in UTC; a start that the clocks skip is put off.
SELECT s AS local, (s AT TIME ZONE 'Europe/Berlin') AT TIME ZONE 'UTC' AS utc
FROM (VALUES ('2001-01-01 00:00'::timestamp), ('2001-01-01 02:30')) AS v(anchor),
	sla._period_starts('1 day', anchor, 'Europe/Berlin', '2025-03-29 00:00+01', '2025-04-01 00:00+02') AS s;
-- Deadlines: by the calendar and the clock on the wall. 4 days over the change are 95 hours.
SELECT sla._duty_due('2025-03-28 00:00', '4 days', 'none', NULL, 'Europe/Berlin') AT TIME ZONE 'UTC' AS berlin,
	sla._duty_due('2025-01-01 00:00', '1 month 1 day', 'none', NULL, 'Asia/Shanghai') AS month_and_day,
	sla._duty_due('2025-09-08 00:00', '10:00', 'none', NULL, 'Asia/Shanghai') AS monday_ten;
-- K-15: by 24:00 of a day, or by 10:00, moved over the holiday of October 2025. 28 September (Sunday)
-- and 11 October (Saturday) are worked, 1 to 8 October and 12 October are not.
SELECT v.day, v.time, desk.t(sla._duty_due(v.day, v.time, 'next', 'cn_workday', 'Asia/Shanghai')) AS next,
	desk.t(sla._duty_due(v.day, v.time, 'previous', 'cn_workday', 'Asia/Shanghai')) AS previous
FROM (VALUES ('2025-09-28'::timestamp, '1 day'::interval), ('2025-10-01', '1 day'), ('2025-10-06', '10:00'), ('2025-10-08', '1 day'),
	('2025-10-11', '1 day'), ('2025-10-12', '1 day'), ('2025-10-12', '10:00')) AS v(day, time);

-- What cannot be published.
CALL desk.policy('duty_bad');
INSERT INTO sla.duty (policy, version, duty, every, due_after) VALUES ('duty_bad', 1, 'r', '1 month', '4 days');
CALL desk.refused($$SELECT sla.publish_policy('duty_bad', 1, '-infinity')$$);
CALL desk.duty('duty_bad', 'r');
UPDATE sla.duty SET every = '-1 month' WHERE policy = 'duty_bad';
CALL desk.refused($$SELECT sla.publish_policy('duty_bad', 1, '-infinity')$$);
UPDATE sla.duty SET every = '1 month 24:00:00' WHERE policy = 'duty_bad';
CALL desk.refused($$SELECT sla.publish_policy('duty_bad', 1, '-infinity')$$);
UPDATE sla.duty SET every = '00:59' WHERE policy = 'duty_bad';
CALL desk.refused($$SELECT sla.publish_policy('duty_bad', 1, '-infinity')$$);
UPDATE sla.duty SET every = '1 month', due_after = NULL WHERE policy = 'duty_bad';
CALL desk.refused($$SELECT sla.publish_policy('duty_bad', 1, '-infinity')$$);
UPDATE sla.duty SET due_after = '4 days', shift = 'next' WHERE policy = 'duty_bad';
CALL desk.refused($$SELECT sla.publish_policy('duty_bad', 1, '-infinity')$$);
UPDATE sla.duty SET calendar = 'duty_none' WHERE policy = 'duty_bad';
CALL desk.refused($$SELECT sla.publish_policy('duty_bad', 1, '-infinity')$$);
CALL desk.refused($$UPDATE sla.duty SET subjects = '{a,NULL}' WHERE policy = 'duty_bad'$$);
CALL desk.refused($$UPDATE sla.duty SET source = 'desk.plan' WHERE policy = 'duty_bad'$$);
INSERT INTO sla.target (policy, version, target, milestone, duty, stops_on, due_column, responsible_role)
VALUES ('duty_bad', 1, 'other', 'filed', 'other', '{archived}', 'due_at', '{agent}');
UPDATE sla.duty SET shift = 'none', calendar = NULL WHERE policy = 'duty_bad';
CALL desk.refused($$SELECT sla.publish_policy('duty_bad', 1, '-infinity')$$);

-- V-26, first half: published on 3 November at noon, the first period is December's; it begins on time and not before.
SELECT sla.load_preset('trading_company') > 0 AS loaded;
CALL desk.policy('duty_new');
CALL desk.duty('duty_new', 'statistics');
INSERT INTO sla.duty (policy, version, duty, title, title_zh, every, due_after, department, clause)
VALUES ('duty_new', 1, 'statistics', 'Monthly statistics', '月度统计', '1 month', '4 days', 'duty service', 'D7-30');
CALL desk.at('2025-11-03 12:00');
SELECT sla.publish_policy('duty_new', 1, '-infinity');
SELECT * FROM desk.sweeps('2025-11-03 12:00');
SELECT * FROM desk.sweeps('2025-11-30 23:59:59.999999');
SELECT * FROM desk.sweeps('2025-12-01 00:00');
SELECT * FROM desk.sweeps('2025-12-01 00:00');
SELECT * FROM desk.duties;
-- One that is in force from an instant has the period that begins then.
CALL desk.at('2025-11-20 12:00');
SELECT sla.revise_policy('duty_new');
CALL desk.at('2025-12-10 12:00');
SELECT sla.publish_policy('duty_new', 2, '2026-01-01 00:00+08');
SELECT * FROM desk.sweeps('2025-12-31 23:59');
SELECT * FROM desk.sweeps('2026-01-01 00:00');
SELECT v, period, received, due FROM desk.duties;

-- V-26, second half: sweeps stop on 31 October and come back on 6 December.  Both periods open, both misses are
-- found in the same run, and nothing is born overdue: the deadlines were known from the policy.
UPDATE sla.duty SET active = false WHERE policy = 'duty_new';
CALL desk.policy('duty_v26');
CALL desk.duty('duty_v26', 'statistics');
UPDATE sla.target SET ladder = 'D' WHERE policy = 'duty_v26' AND target = 'statistics';
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, nth_from, action)
VALUES ('duty_v26', 1, 'D', '1', 'offence', 1, 'warning');
INSERT INTO sla.escalation_step (policy, version, target, level, after) VALUES ('duty_v26', 1, '*', 1, '0');
INSERT INTO sla.duty (policy, version, duty, title, title_zh, every, due_after, department, roles, clause)
VALUES ('duty_v26', 1, 'statistics', 'Monthly statistics', '月度统计', '1 month', '4 days', 'duty service',
	'{dept_handler,duty_clerk,duty_nobody}', 'D7-30');
CALL desk.at('2025-10-20 12:00');
SELECT sla.publish_policy('duty_v26', 1);
SELECT * FROM desk.sweeps('2025-10-31 12:00');
SELECT * FROM desk.sweeps('2025-12-06 00:00');
SELECT * FROM desk.sweeps('2025-12-06 00:01');
SELECT v, duty, period, received, due, status, department FROM desk.duties WHERE policy = 'duty_v26';
SELECT * FROM desk.misses WHERE policy = 'duty_v26';
-- The head of the department answers, for each of them, and hears of it; those in the duty's roles heard of its opening.
SELECT t.period, p.employee, p.status, desk.t(p.first_due_at) AS due FROM sla.penalty p JOIN sla.ticket t USING (ticket_id)
WHERE t.policy = 'duty_v26' ORDER BY t.period;
SELECT t.period, n.kind, n.recipient, desk.t(n.due_at) AS due, n.payload - 'ticket_id' AS payload
FROM sla.notification n JOIN sla.ticket t USING (ticket_id) WHERE t.policy = 'duty_v26' ORDER BY t.period, n.kind, n.recipient;
SELECT f.code, f.object, f.message FROM sla.finding f JOIN sla.ticket t USING (ticket_id) WHERE t.policy = 'duty_v26'
ORDER BY t.period;
-- A sweep a minute, or one after five weeks: the same rows, but for when they were written.
CREATE FUNCTION desk.everything(policy text) RETURNS TABLE (what text, details jsonb) LANGUAGE sql AS $$
	SELECT 'ticket', to_jsonb(t) - '{ticket_id,created_at}'::text[] FROM sla.ticket t WHERE t.policy = everything.policy
	UNION ALL
	SELECT 'clock', to_jsonb(c) - 'ticket_id' FROM sla.clock c WHERE c.policy = everything.policy
	UNION ALL
	SELECT 'breach', to_jsonb(b) - '{ticket_id,detected_at,settled_at}'::text[] FROM sla.breach b WHERE b.policy = everything.policy
	UNION ALL
	SELECT 'escalation', to_jsonb(e) - '{ticket_id,raised_at,created_at}'::text[] FROM sla.escalation e JOIN sla.ticket t USING (ticket_id)
	WHERE t.policy = everything.policy
	UNION ALL
	SELECT 'event', to_jsonb(v) - 'ticket_id' FROM sla.event v JOIN sla.ticket t USING (ticket_id) WHERE t.policy = everything.policy
	UNION ALL
	SELECT 'penalty', to_jsonb(p) - '{ticket_id,created_at}'::text[] FROM sla.penalty p WHERE p.policy = everything.policy
	UNION ALL
	SELECT 'run', to_jsonb(k) - '{ticket_id,opened_at}'::text[] FROM sla.duty_run k WHERE k.policy = everything.policy
$$;
CREATE TABLE desk.at_once AS SELECT * FROM desk.everything('duty_v26');
SELECT what, count(*) FROM desk.at_once GROUP BY what ORDER BY what;
-- Once more, day by day.
CREATE PROCEDURE desk.forget(which text) LANGUAGE plpgsql AS $$
DECLARE
	part text;
BEGIN
	SET LOCAL session_replication_role = replica;
	FOREACH part IN ARRAY '{clock,breach,escalation,notification,event,penalty,finding,duty_run}'::text[] LOOP
		EXECUTE format('DELETE FROM sla.%I x USING sla.ticket t WHERE t.ticket_id = x.ticket_id AND t.policy = $1', part) USING which;
	END LOOP;
	DELETE FROM sla.ticket WHERE policy = which;
	DELETE FROM sla.sweep_state;
END
$$;
CALL desk.forget('duty_v26');
SELECT sum(s.duties) AS duties, sum(s.breaches) AS breaches, sum(s.penalties) AS penalties
FROM generate_series(timestamptz '2025-10-31 12:00', '2025-12-06 12:00', '12:00') AS at,
	LATERAL (SELECT set_config('sla.now', at::text, false)) AS set, LATERAL sla.sweep(at) AS s;
(SELECT 'only at once' AS side, * FROM desk.at_once EXCEPT ALL SELECT 'only at once', * FROM desk.everything('duty_v26'))
UNION ALL
(SELECT 'only day by day', * FROM desk.everything('duty_v26') EXCEPT ALL SELECT 'only day by day', * FROM desk.at_once);
UPDATE sla.duty SET active = false WHERE policy = 'duty_v26';

\i sql/include/desk_end.sql

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

-- Filing: the unprivileged role names the duty, and the oldest period that is open is filed.
CREATE PROCEDURE desk.version(policy text, from_at timestamptz) LANGUAGE sql AS $$
	SELECT sla.publish_policy(version.policy, (SELECT max(p.version) FROM sla.policy p WHERE p.policy = version.policy), from_at)
$$;
CALL desk.policy('duty_file');
CALL desk.duty('duty_file', 'weekly', 'meeting_held');
CALL desk.duty('duty_file', 'count', 'stocktake_done');
INSERT INTO sla.target (policy, version, target, milestone, duty, stops_on, stops_all, due_column, responsible_role)
VALUES ('duty_file', 1, 'archive', 'archive', 'archive', '{report_filed,archived}', true, 'due_at', '{agent,dept_head}');
INSERT INTO sla.duty (policy, version, duty, title, every, due_after, subjects, department, owner, assignee) VALUES
	('duty_file', 1, 'weekly', 'Analysis meeting', '1 week', '10:00', '{}', 'duty service', 'duty mei', 'duty wu'),
	('duty_file', 1, 'count', NULL, '1 month', '1 month', '{south,north,north}', 'duty stores', NULL, NULL),
	('duty_file', 1, 'archive', NULL, '1 year', '31 days', '{}', 'duty service', 'duty wu', NULL);
UPDATE sla.duty SET anchor = '2000-12-01' WHERE policy = 'duty_file' AND duty = 'archive';
-- What the policy does with cases is not about duties: no classification, no rule of assignment or reception.
INSERT INTO sla.classification (policy, version, position, sets) VALUES ('duty_file', 1, 1, '{"urgency": "urgent", "category": "x"}');
INSERT INTO sla.event_rule (policy, version, rule, event, requires, mode) VALUES
	('duty_file', 1, 'no_reception', 'received', 'subject = ''none''', 'enforce'),
	('duty_file', 1, 'no_assignment', 'assigned', 'subject = ''none''', 'enforce');
CALL desk.at('2025-11-28 12:00');
CALL desk.version('duty_file', NULL);
-- Monday 1 December: the meeting (by 10:00), both counts, the yearly archive (by the end of the 31st).
SELECT * FROM desk.sweeps('2025-12-01 08:00');
SELECT duty, subject, period, due, department, owner, assignee FROM desk.duties WHERE policy = 'duty_file';
SELECT count(*) AS classified FROM sla.ticket WHERE policy = 'duty_file' AND num_nonnulls(urgency, category, classified_by) > 0;
SELECT count(*) AS events FROM sla.event v JOIN sla.ticket t USING (ticket_id) WHERE t.policy = 'duty_file';
SET ROLE regress_desk;
CALL desk.at('2025-12-01 10:00');
SELECT sla.file_duty('weekly', actor => 'duty wu', note => 'minutes are in the folder') > 0 AS filed;
SELECT sla.file_duty('count', subject => 'north', actor => 'duty li') > 0 AS filed;
-- All parts that are missing are recorded.
SELECT sla.file_duty('archive', '2025-12-01', policy => 'duty_file') > 0 AS filed;
RESET ROLE;
SELECT duty, subject, status, closed FROM desk.duties WHERE policy = 'duty_file';
SELECT t.duty, v.event, desk.t(v.occurred_at) AS occurred, v.actor, v.note FROM sla.event v JOIN sla.ticket t USING (ticket_id)
WHERE t.policy = 'duty_file' ORDER BY t.ticket_id, v.event_no;
-- Met to the second: no miss.
SELECT * FROM desk.sweeps('2025-12-08 10:00:00.000001');
SELECT * FROM desk.misses WHERE policy = 'duty_file';
-- Filed late: the miss stays, the duty is closed.  Told late that it was in time: there is none.
SET ROLE regress_desk;
CALL desk.at('2025-12-08 11:00');
SELECT sla.file_duty('weekly', actor => 'duty wu') > 0 AS filed;
RESET ROLE;
SELECT * FROM desk.sweeps('2025-12-15 12:00');
SET ROLE regress_desk;
SELECT sla.file_duty('weekly', at => '2025-12-15 09:55+08') > 0 AS filed;
RESET ROLE;
SELECT * FROM desk.sweeps('2025-12-15 12:01');
SELECT period, due, responsible, born_overdue, void_reason FROM desk.misses WHERE policy = 'duty_file';
SELECT period, status, closed FROM desk.duties WHERE policy = 'duty_file' AND duty = 'weekly';
-- A meeting that was none is to be held again: reopened, it waits until somebody says what became of it.
SET ROLE regress_desk;
SELECT sla.record((SELECT ticket_id FROM sla.ticket WHERE policy = 'duty_file' AND duty = 'weekly' AND period = '2025-12-15'), 'reopened') > 0 AS reopened;
SELECT status, closed_at FROM sla.ticket WHERE policy = 'duty_file' AND duty = 'weekly' AND period = '2025-12-15';
CALL desk.refused($$SELECT sla.file_duty('weekly')$$);
SELECT sla.record((SELECT ticket_id FROM sla.ticket WHERE policy = 'duty_file' AND duty = 'weekly' AND period = '2025-12-15'), 'closed') > 0 AS closed;
-- What cannot be filed.
CALL desk.refused($$SELECT sla.file_duty('weekly')$$);
CALL desk.refused($$SELECT sla.file_duty('count')$$);
CALL desk.refused($$SELECT sla.file_duty('count', subject => 'west')$$);
CALL desk.refused($$SELECT sla.file_duty('count', '2025-11-01', 'south')$$);
CALL desk.refused($$SELECT sla.file_duty('monthly')$$);
CALL desk.refused($$SELECT sla.file_duty(NULL)$$);
CALL desk.refused($$SELECT sla.file_duty('count', subject => NULL)$$);
CALL desk.refused($$SELECT sla.file_duty('count', subject => 'south', at => '2026-01-01')$$);
-- Only the sweep says things on behalf of the company's tables.
CALL desk.refused($$SELECT sla._record_attested(ticket_id, 'stocktake_done', received_at, true) FROM sla.ticket WHERE duty = 'count'$$);
CALL desk.refused($$INSERT INTO sla.ticket (policy, duty, due_at) VALUES ('duty_file', 'count', now())$$);
RESET ROLE;

-- Subjects and activity may change at any time, and count from the next period on.
UPDATE sla.duty SET subjects = '{south,north,west}' WHERE policy = 'duty_file' AND duty = 'count';
SELECT * FROM desk.sweeps('2025-12-31 23:59');
UPDATE sla.duty SET active = false WHERE policy = 'duty_file' AND duty = 'weekly';
SELECT * FROM desk.sweeps('2026-01-01 00:00');
SELECT subject, period, due FROM desk.duties WHERE policy = 'duty_file' AND duty = 'count' AND period >= '2026';
CALL desk.at('2026-01-20 12:00');
UPDATE sla.duty SET active = true WHERE policy = 'duty_file' AND duty = 'weekly';
SELECT desk.t(active_since) AS since FROM sla.duty WHERE policy = 'duty_file' AND duty = 'weekly';
SELECT * FROM desk.sweeps('2026-01-26 09:00');
SELECT period FROM desk.duties WHERE policy = 'duty_file' AND duty = 'weekly';
-- What is promised does not change.
CALL desk.refused($$UPDATE sla.duty SET due_after = '2 months' WHERE policy = 'duty_file' AND duty = 'count'$$);
UPDATE sla.duty SET active = false WHERE policy = 'duty_file';

-- A period belongs to the version in force at its beginning.  Monthly by the 4th and weekly, from July by the 5th
-- and not weekly, from a moment after 1 August another version; the sweep comes late: nothing is lost, nothing twice.
CALL desk.policy('duty_rev');
CALL desk.duty('duty_rev', 'monthly');
CALL desk.duty('duty_rev', 'weekly');
INSERT INTO sla.duty (policy, version, duty, every, due_after) VALUES
	('duty_rev', 1, 'monthly', '1 month', '4 days'), ('duty_rev', 1, 'weekly', '1 week', '1 day');
CALL desk.at('2025-04-20 12:00');
CALL desk.version('duty_rev', '2025-05-01 00:00+08');
SELECT sla.revise_policy('duty_rev');
UPDATE sla.duty SET due_after = '5 days' WHERE policy = 'duty_rev' AND version = 2 AND duty = 'monthly';
DELETE FROM sla.duty WHERE policy = 'duty_rev' AND version = 2 AND duty = 'weekly';
DELETE FROM sla.target WHERE policy = 'duty_rev' AND version = 2 AND target = 'weekly';
SELECT * FROM desk.sweeps('2025-05-02 00:00');
CALL desk.at('2025-05-10 12:00');
CALL desk.version('duty_rev', '2025-07-01 00:00+08');
SELECT sla.revise_policy('duty_rev');
CALL desk.at('2025-07-20 12:00');
CALL desk.version('duty_rev', '2025-08-01 00:00:00.000001+08');
SELECT * FROM desk.sweeps('2025-08-06 00:00', 4);
SELECT * FROM desk.sweeps('2025-08-06 00:00', 4);
SELECT * FROM desk.sweeps('2025-08-06 00:00', 1000);
SELECT duty, v, period, due FROM desk.duties WHERE policy = 'duty_rev' ORDER BY duty, received;
SELECT duty, count(*), count(DISTINCT period) AS periods, bool_or(born_overdue) AS born_overdue
FROM desk.misses WHERE policy = 'duty_rev' GROUP BY duty ORDER BY duty;
-- Later: only the newest version opens.
SELECT * FROM desk.sweeps('2025-09-01 00:00');
SELECT v, period, due FROM desk.duties WHERE policy = 'duty_rev' AND period >= '2025-09';
UPDATE sla.duty SET active = false WHERE policy = 'duty_rev';

-- The limit of a call: the subjects of a period stay together, and more is true until all is done.
CALL desk.policy('duty_many');
CALL desk.duty('duty_many', 'count');
INSERT INTO sla.duty (policy, version, duty, every, due_after, subjects) VALUES ('duty_many', 1, 'count', '1 day', '1 day', '{a,b}');
CALL desk.at('2025-11-30 12:00');
CALL desk.version('duty_many', NULL);
SELECT duties, more FROM desk.sweeps('2025-12-05 12:00', 3);
SELECT duties, more FROM desk.sweeps('2025-12-05 12:00', 5);
SELECT duties, more FROM desk.sweeps('2025-12-05 12:00', 5);
SELECT duties, more FROM desk.sweeps('2025-12-05 12:00', 5);
SELECT duties, more FROM desk.sweeps('2025-12-05 12:00', 1);
SELECT string_agg(subject || ' ' || period, ', ') AS opened FROM desk.duties WHERE policy = 'duty_many';
UPDATE sla.duty SET active = false WHERE policy = 'duty_many';

-- A duty never pauses, whatever else does; and in another zone its days are those.
CALL desk.policy('duty_pause', 'Europe/Berlin');
UPDATE sla.policy SET pause_on = '{waiting_customer}' WHERE policy = 'duty_pause';
INSERT INTO sla.target (policy, version, target, milestone, duty, starts_on, stops_on, duration, responsible_role)
VALUES ('duty_pause', 1, 'minutes', 'minutes', 'minutes', '{received}', '{report_filed}', '48:00', '{agent}');
INSERT INTO sla.duty (policy, version, duty, every, due_after) VALUES ('duty_pause', 1, 'minutes', '1 month', '3 days');
CALL desk.at('2025-03-20 12:00');
CALL desk.version('duty_pause', NULL);
SELECT duties FROM desk.sweeps('2025-04-01 05:59');
SELECT duties FROM desk.sweeps('2025-04-01 06:00');
SELECT sla.record(ticket_id, 'waiting_customer') FROM sla.ticket WHERE policy = 'duty_pause';
SELECT duties, breaches FROM desk.sweeps('2025-04-03 06:00:01');
SELECT desk.t(c.due_at) AS due, c.paused_at FROM sla.clock c JOIN sla.ticket t USING (ticket_id) WHERE t.policy = 'duty_pause';
UPDATE sla.duty SET active = false WHERE policy = 'duty_pause';

-- What goes wrong with one duty is told, and touches no other.
CALL desk.policy('duty_trouble');
CALL desk.duty('duty_trouble', 'bad');
CALL desk.duty('duty_trouble', 'good');
INSERT INTO sla.calendar (calendar, time_zone) VALUES ('duty_shut', 'Asia/Shanghai');
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes) VALUES ('duty_shut', 1, '09:00', '17:00');
INSERT INTO sla.duty (policy, version, duty, every, due_after, shift, calendar) VALUES
	('duty_trouble', 1, 'bad', '1 month', '1 day', 'previous', 'duty_shut'), ('duty_trouble', 1, 'good', '1 month', '1 day', 'none', NULL);
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, responsible_role)
VALUES ('duty_trouble', 1, 'unset', 'progress', '{received}', '{resolved}', '{agent}');
CALL desk.at('2025-05-31 12:00');
CALL desk.version('duty_trouble', NULL);
DELETE FROM sla.calendar_hours WHERE calendar = 'duty_shut';
SELECT duties FROM desk.sweeps('2025-06-01 00:00');
SELECT severity, code, object, message, hint, message_zh FROM sla.health WHERE object LIKE 'duty_trouble%' ORDER BY code;
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes) VALUES ('duty_shut', 1, '09:00', '17:00');
SELECT duties FROM desk.sweeps('2025-06-01 00:01');
-- 1 June 2025 is a Sunday; the Monday before it is 26 May, whose 24:00 had passed when the period began.
SELECT duty, period, received, due FROM desk.duties WHERE policy = 'duty_trouble';
SELECT duty, due, born_overdue FROM desk.misses WHERE policy = 'duty_trouble';
UPDATE sla.duty SET active = false WHERE policy = 'duty_trouble' AND duty = 'bad';
SELECT severity, code, object, message, hint FROM sla.health WHERE object LIKE 'duty_trouble%' ORDER BY code, object;
UPDATE sla.duty SET active = false WHERE policy = 'duty_trouble';

-- Duties from a source: the company's own plan.
CREATE TABLE desk.plan (asset text, visit text, opens_at timestamptz, due_at timestamptz, done_at timestamptz, dept text, engineer text);
CREATE VIEW desk.visits AS
SELECT asset AS subject, visit AS period, opens_at, due_at, done_at, dept AS department, engineer AS assignee,
	jsonb_build_object('asset', asset) AS attributes
FROM desk.plan;
CALL desk.policy('duty_plan');
CALL desk.duty('duty_plan', 'visit', 'maintenance_done');
INSERT INTO sla.duty (policy, version, duty, title, department, assignee, roles, active, clause)
VALUES ('duty_plan', 1, 'visit', 'Maintenance visit', 'duty service', 'duty wu', '{dept_handler}', false, 'D6-07');
INSERT INTO sla.event_rule (policy, version, rule, event, applies_when, requires, mode)
VALUES ('duty_plan', 1, 'done_says_how', 'maintenance_done', 'attributes ->> ''asset'' = ''g''', 'event_note IS NOT NULL', 'enforce');
CALL desk.at('2025-06-01 09:00');
CALL desk.version('duty_plan', NULL);
-- Published without a source, which is a notice; then the company names it.
SELECT severity, code, object, message, hint, message_zh FROM sla.health WHERE object LIKE 'duty_plan%';
INSERT INTO desk.plan VALUES
	('a', 'q2', '2025-05-20 00:00+08', '2025-06-10 00:00+08', NULL, 'duty stores', 'duty li'),	-- opened before it held, due after
	('a', 'q1', '2025-02-20 00:00+08', '2025-03-10 00:00+08', NULL, NULL, NULL),	-- was due before it held
	('b', 'q2', '2025-06-02 00:00+08', '2025-06-12 00:00+08', NULL, NULL, NULL),
	('c', 'q2', NULL, '2025-06-11 00:00+08', NULL, NULL, NULL),	-- opens at once
	('d', 'q2', '2025-06-02 00:00+08', '2025-06-12 00:00+08', '2025-05-30 00:00+08', NULL, NULL);	-- done already
CALL desk.at('2025-06-01 10:00');
UPDATE sla.duty SET active = true, source = 'desk.visits' WHERE policy = 'duty_plan';
SELECT * FROM desk.sweeps('2025-06-01 10:00');
SELECT * FROM desk.sweeps('2025-06-02 00:00');
SELECT * FROM desk.sweeps('2025-06-02 00:01');
SELECT subject, period, received, due, department, assignee FROM desk.duties WHERE policy = 'duty_plan';
SELECT subject_key, subject, attributes FROM sla.ticket WHERE policy = 'duty_plan' ORDER BY subject_key;
-- Done in the company's table, moved, vanished, come back; one is overdue first, and stays whatever becomes of its row.
UPDATE desk.plan SET done_at = '2025-06-05 15:00+08' WHERE asset = 'a' AND visit = 'q2';
UPDATE desk.plan SET due_at = '2025-06-14 00:00+08' WHERE asset = 'b';
DELETE FROM desk.plan WHERE asset = 'c';
SELECT * FROM desk.sweeps('2025-06-05 16:00');
SELECT subject, due, status, closed FROM desk.duties WHERE policy = 'duty_plan';
SELECT t.subject_key AS subject, v.event, desk.t(v.occurred_at) AS occurred, desk.t(v.effective_at) AS effective, v.actor, v.automatic
FROM sla.event v JOIN sla.ticket t USING (ticket_id) WHERE t.policy = 'duty_plan' ORDER BY t.ticket_id, v.event_no;
INSERT INTO desk.plan VALUES ('c', 'q2', NULL, '2025-06-13 00:00+08', NULL, NULL, NULL);
SELECT * FROM desk.sweeps('2025-06-06 16:00');
SELECT * FROM desk.sweeps('2025-06-14 00:01');
DELETE FROM desk.plan WHERE asset = 'c';
UPDATE desk.plan SET due_at = '2025-06-30 00:00+08' WHERE asset = 'b';
SELECT * FROM desk.sweeps('2025-06-14 00:02');
SELECT subject, received, due, status FROM desk.duties WHERE policy = 'duty_plan' ORDER BY subject, received;
SELECT subject, due, responsible, born_overdue FROM desk.misses WHERE policy = 'duty_plan';
-- Nothing of it was deleted, and what was opened for the row that came back is known.
SELECT k.subject_key, k.period, t.status, desk.t(k.withdrawn_at) AS withdrawn FROM sla.duty_run k JOIN sla.ticket t USING (ticket_id)
WHERE k.policy = 'duty_plan' ORDER BY 1;
-- Filed by hand after all; the row says so, too, later: nothing more.
SET ROLE regress_desk;
SELECT sla.file_duty('visit', subject => 'c', actor => 'duty wu') > 0 AS filed;
RESET ROLE;
INSERT INTO desk.plan VALUES ('c', 'q2', NULL, '2025-06-13 00:00+08', '2025-06-14 08:00+08', NULL, NULL);
SELECT * FROM desk.sweeps('2025-06-14 09:00');
SELECT count(*) FROM sla.event v JOIN sla.ticket t USING (ticket_id) WHERE t.policy = 'duty_plan' AND t.subject_key = 'c'
	AND v.event = 'maintenance_done';

-- What the table says counts as people's entries do: entered more than 24 hours after the fact, it counts when it
-- was entered; unless no sweep came meanwhile that could have read it in time.
INSERT INTO desk.plan VALUES ('e', 'q3', '2025-06-15 00:00+08', '2025-06-18 00:00+08', NULL, NULL, NULL),
	('f', 'q3', '2025-06-15 00:00+08', '2025-06-18 00:00+08', NULL, NULL, NULL);
SELECT duties FROM desk.sweeps('2025-06-15 00:00');
SELECT breaches FROM desk.sweeps('2025-06-17 12:00');
UPDATE desk.plan SET done_at = '2025-06-17 14:00+08' WHERE asset = 'f';
SELECT breaches FROM desk.sweeps('2025-06-19 12:00');
UPDATE desk.plan SET done_at = '2025-06-17 15:00+08' WHERE asset = 'e';
SELECT breaches FROM desk.sweeps('2025-06-19 12:01');
SELECT t.subject_key AS subject, v.event, desk.t(v.occurred_at) AS occurred, desk.t(v.effective_at) AS effective, v.automatic, t.status
FROM sla.event v JOIN sla.ticket t USING (ticket_id) WHERE t.policy = 'duty_plan' AND t.period = 'q3' AND v.event <> 'changed'
ORDER BY t.subject_key;
SELECT subject, due, void_reason FROM desk.misses WHERE policy = 'duty_plan' AND period = 'q3';
-- A visit that opened, and was done, while no sweep came: as if one had come.  What an event rule would refuse a
-- person has happened in the company's table, and is a process violation.
INSERT INTO desk.plan VALUES ('g', 'q3', '2025-06-20 00:00+08', '2025-06-25 00:00+08', '2025-06-22 10:00+08', NULL, NULL);
SELECT duties FROM desk.sweeps('2025-07-10 00:00');
SELECT subject, received, due, status, closed FROM desk.duties WHERE policy = 'duty_plan' AND subject = 'g';
SELECT kind, due, void_reason FROM desk.misses WHERE policy = 'duty_plan' AND subject = 'g' ORDER BY kind;

-- Rows that cannot be used are left out and told; the others are followed.
INSERT INTO desk.plan VALUES ('h', NULL, NULL, '2025-08-01 00:00+08', NULL, NULL, NULL), ('h', 'q3', NULL, NULL, NULL, NULL, NULL),
	('i', 'q3', NULL, 'infinity', NULL, NULL, NULL), ('j', 'q3', NULL, '2025-08-02 00:00+08', NULL, NULL, NULL),
	('j', 'q3', NULL, '2025-08-01 00:00+08', NULL, NULL, NULL), (NULL, 'q3', NULL, '2025-08-03 00:00+08', NULL, NULL, NULL);
SELECT duties FROM desk.sweeps('2025-07-10 00:01');
SELECT subject, due FROM desk.duties WHERE policy = 'duty_plan' AND received >= '07-10';
SELECT severity, code, object, message, message_zh FROM sla.health WHERE object LIKE 'duty_plan%' AND code LIKE 'duty%';
DELETE FROM desk.plan WHERE asset IN ('h', 'i') OR asset = 'j' AND due_at > '2025-08-01 12:00+08';
SELECT duties FROM desk.sweeps('2025-07-10 00:02');
SELECT severity, code, object, message FROM sla.health WHERE object LIKE 'duty_plan%' AND code LIKE 'duty%';
-- A row that cannot be followed, here because a trigger of the company's own refuses it, keeps no other from it.
CREATE FUNCTION desk.no_asset_k() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'asset k is sold'; END $$;
CREATE TRIGGER no_asset_k BEFORE INSERT ON sla.ticket FOR EACH ROW WHEN (NEW.subject_key = 'k') EXECUTE FUNCTION desk.no_asset_k();
INSERT INTO desk.plan VALUES ('k', 'q3', NULL, '2025-08-04 00:00+08', NULL, NULL, NULL), ('l', 'q3', NULL, '2025-08-04 00:00+08', NULL, NULL, NULL);
SELECT duties FROM desk.sweeps('2025-07-10 00:03');
SELECT duties FROM desk.sweeps('2025-07-10 00:04');
SELECT severity, code, object, message FROM sla.health WHERE object LIKE 'duty_plan%' AND code LIKE 'duty%';
DROP TRIGGER no_asset_k ON sla.ticket;
SELECT duties FROM desk.sweeps('2025-07-10 00:05');
SELECT severity, code, object, message FROM sla.health WHERE object LIKE 'duty_plan%' AND code LIKE 'duty%';

-- Sources that are not read: each is told, no sweep fails, and what is open stays open.
CREATE PROCEDURE desk.source(name text) LANGUAGE plpgsql AS $$
DECLARE
	told text;
BEGIN
	UPDATE sla.duty SET source = name WHERE policy = 'duty_plan';
	PERFORM sla.sweep();
	SELECT string_agg(h.severity || ' ' || h.code || ': ' || h.message, '; ') INTO told FROM sla.health h
	WHERE h.object = 'duty_plan/1/duty visit' AND h.code LIKE 'duty%';
	RAISE WARNING '%', coalesce(told, 'nothing');
END
$$;
CALL desk.source('visits');
CALL desk.source('desk.nothing');
CALL desk.source('desk."visits');
CREATE VIEW desk.lacking AS SELECT asset FROM desk.plan;
CALL desk.source('desk.lacking');
CREATE VIEW desk.broken AS SELECT asset AS subject, visit AS period, (1 / (asset = '')::integer)::text AS due_at FROM desk.plan;
CALL desk.source('desk.broken');
CREATE VIEW desk.wrong AS SELECT asset AS subject, visit AS period, 'soon'::text AS due_at FROM desk.plan;
CALL desk.source('desk.wrong');
-- Not the owner's: a function in it would run in the owner's name.
CREATE FUNCTION desk.steal() RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO desk.stolen VALUES (current_user);
	RETURN '2025-08-01 00:00+08';
END
$$;
CREATE TABLE desk.stolen (by_whom text);
CREATE SCHEMA desk_trap AUTHORIZATION regress_desk;
CREATE VIEW desk.trap AS SELECT 'x'::text AS subject, 'y'::text AS period, desk.steal() AS due_at;
CREATE VIEW desk_trap.owned AS SELECT 'x'::text AS subject, 'y'::text AS period, desk.steal() AS due_at;
GRANT CREATE ON SCHEMA desk TO regress_desk;
ALTER VIEW desk.trap OWNER TO regress_desk;
CALL desk.source('desk.trap');
CALL desk.source('desk_trap.owned');
SELECT count(*) AS stolen FROM desk.stolen;
SELECT subject, status FROM desk.duties WHERE policy = 'duty_plan' AND status = 'open' ORDER BY subject;
CALL desk.source('desk.visits');
DROP SCHEMA desk_trap CASCADE;
-- A source that serves several policies: only the rows of the duty's own.
CREATE VIEW desk.shared AS SELECT v.*, CASE v.subject WHEN 'm' THEN 'duty_plan' ELSE 'another' END AS policy FROM desk.visits v;
INSERT INTO desk.plan VALUES ('m', 'q3', NULL, '2025-08-05 00:00+08', NULL, NULL, NULL), ('n', 'q3', NULL, '2025-08-05 00:00+08', NULL, NULL, NULL);
CALL desk.source('desk.shared');
SELECT subject, status FROM desk.duties WHERE policy = 'duty_plan' AND period = 'q3' AND received >= '07-10' ORDER BY subject;
-- The limit: what is left is opened by the next call.
CALL desk.source('desk.visits');
INSERT INTO desk.plan SELECT 'p' || n, 'q3', NULL, '2025-08-05 00:00+08', NULL, NULL, NULL FROM generate_series(1, 5) n;
SELECT duties, more FROM desk.sweeps('2025-07-10 00:10', 3);
SELECT duties, more FROM desk.sweeps('2025-07-10 00:10', 3);
SELECT duties, more FROM desk.sweeps('2025-07-10 00:10', 3);
UPDATE sla.duty SET active = false WHERE policy = 'duty_plan';

-- Is every channel watched (D2-17)?  One that has been silent for more than a day is missed, until somebody writes again.
CALL desk.policy('duty_watch');
UPDATE sla.policy SET applies_to = 'channel LIKE ''duty_watch%''' WHERE policy = 'duty_watch';
CALL desk.duty('duty_watch', 'channel_watch', 'registered');
INSERT INTO sla.duty (policy, version, duty, source) VALUES ('duty_watch', 1, 'channel_watch', 'sla.silent_channel');
CALL desk.at('2025-08-01 00:00');
CALL desk.version('duty_watch', NULL);
CALL desk.at('2025-08-01 09:00');
INSERT INTO sla.ticket (channel, order_ref) VALUES ('duty_watch mail', 'watch 1'), ('duty_watch chat', 'watch 2');
CALL desk.at('2025-08-02 09:00');
INSERT INTO sla.ticket (channel, order_ref) VALUES ('duty_watch mail', 'watch 3');
SELECT duties FROM desk.sweeps('2025-08-02 09:00');
SELECT duties FROM desk.sweeps('2025-08-02 09:00:01');
SELECT policy, subject, period, desk.t(due_at) AS due, done_at, round(minutes_silent) AS minutes FROM sla.silent_channel WHERE policy = 'duty_watch';
CALL desk.at('2025-08-03 08:00');
INSERT INTO sla.ticket (channel, order_ref) VALUES ('duty_watch chat', 'watch 4');
SELECT duties FROM desk.sweeps('2025-08-03 08:01');
SELECT subject, period, received, due, status, closed FROM desk.duties WHERE policy = 'duty_watch';
SELECT subject, due, born_overdue FROM desk.misses WHERE policy = 'duty_watch';
-- Silent for 30 days, a channel is out of use.
CALL desk.at('2025-09-10 00:00');
SELECT count(*) FROM sla.silent_channel WHERE policy = 'duty_watch';
UPDATE sla.duty SET active = false WHERE policy = 'duty_watch';

-- What people see (R-39): in December 2025, of the meetings and counts of before.
CALL desk.at('2025-12-31 23:59:59');
SELECT duty, subject_key AS subject, period, state, last_day, round(days_left::numeric, 2) AS days_left, is_late
FROM sla.duty_board WHERE policy = 'duty_file' AND period < '2026' ORDER BY is_open DESC, due_at, subject_key;
SELECT month_start, duty, due_count, filed_count, on_time_count, late_count, missing_count, on_time_rate
FROM sla.filing_compliance_monthly WHERE policy IN ('duty_file', 'duty_rev', 'duty_plan') ORDER BY policy, duty, month_start;
-- Its sums are those of the verdicts.
SELECT f.policy, f.met, f.missed, c.met AS compliance_met, c.missed AS compliance_missed
FROM (SELECT policy, sum(on_time_count) AS met, sum(late_count + missing_count) AS missed FROM sla.filing_compliance_monthly GROUP BY policy) f
JOIN (SELECT policy, sum(met_count) AS met, sum(breached_count) AS missed FROM sla.compliance_monthly WHERE milestone = 'filed' OR milestone = 'archive' GROUP BY policy) c
	USING (policy)
WHERE f.policy LIKE 'duty%' AND (f.met, f.missed) IS DISTINCT FROM (c.met, c.missed);
-- A duty is no case: not in the figures of answering and resolving, satisfaction or work load.
SELECT count(*) FROM sla.tickets_without_owner_or_due w JOIN sla.duty_facts d USING (ticket_id);
SELECT count(*) AS cases FROM sla.scorecard_facts WHERE department LIKE 'duty%' AND ticket_count > 0;

-- Whatever was written above is what a fresh fold of it says.
SELECT duties FROM desk.sweeps('2026-12-31 00:00');
SELECT count(*) > 60 AS many FROM desk.duties;
SELECT t.policy, t.duty, t.period, d FROM sla.ticket t, sla._refold_check(t.ticket_id) d
WHERE t.duty IS NOT NULL AND t.ticket_id > (SELECT last FROM desk.ticket_before);

-- What could not be opened under one version is opened when it can be, whatever the next version has opened meanwhile.
UPDATE sla.duty SET active = false WHERE policy LIKE 'duty%' AND active;
INSERT INTO sla.calendar (calendar, time_zone) VALUES ('duty_idle', 'Asia/Shanghai');
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes) SELECT 'duty_idle', d, '09:00', '17:00' FROM generate_series(1, 5) AS d;
CALL desk.policy('duty_stuck');
CALL desk.duty('duty_stuck', 'statistics');
INSERT INTO sla.duty (policy, version, duty, every, due_after, shift, calendar) VALUES ('duty_stuck', 1, 'statistics', '1 month', '4 days', 'previous', 'duty_idle');
CALL desk.at('2027-01-15 12:00');
SELECT sla.publish_policy('duty_stuck', 1);
DELETE FROM sla.calendar_hours WHERE calendar = 'duty_idle';
SELECT duties FROM desk.sweeps('2027-02-01 00:01');
SELECT code, object FROM sla.finding WHERE object LIKE '%duty_stuck%';
SELECT sla.revise_policy('duty_stuck');
UPDATE sla.duty SET shift = 'none', calendar = NULL WHERE policy = 'duty_stuck' AND version = 2;
SELECT sla.publish_policy('duty_stuck', 2, '2027-03-01 00:00+08');
SELECT duties FROM desk.sweeps('2027-03-01 00:01');
SELECT code, object FROM sla.finding WHERE object LIKE '%duty_stuck%';
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes) SELECT 'duty_idle', d, '09:00', '17:00' FROM generate_series(1, 5) AS d;
SELECT duties FROM desk.sweeps('2027-03-01 00:03');
SELECT duties FROM desk.sweeps('2027-03-01 00:04');
SELECT code, object FROM sla.finding WHERE object LIKE '%duty_stuck%';
SELECT v, period, received, due FROM desk.duties WHERE policy = 'duty_stuck' ORDER BY period;
UPDATE sla.duty SET active = false WHERE policy = 'duty_stuck';
DELETE FROM sla.calendar WHERE calendar = 'duty_idle';
-- A version that opens by calendar what an earlier one has opened from a source, early and under the same name, goes on after it.
CREATE VIEW desk.months AS
SELECT ''::text AS subject, to_char(m, 'YYYY-MM-DD') AS period, m AT TIME ZONE 'Asia/Shanghai' - interval '5 days' AS opens_at,
	m AT TIME ZONE 'Asia/Shanghai' + interval '4 days' AS due_at
FROM generate_series(timestamp '2027-04-01', '2027-05-01', '1 month') AS m;
CALL desk.policy('duty_named');
CALL desk.duty('duty_named', 'statistics');
INSERT INTO sla.duty (policy, version, duty, source) VALUES ('duty_named', 1, 'statistics', 'desk.months');
CALL desk.at('2027-03-01 12:00');
SELECT sla.publish_policy('duty_named', 1);
SELECT duties FROM desk.sweeps('2027-03-28 00:00');
SELECT duties FROM desk.sweeps('2027-04-27 00:00');
SELECT sla.revise_policy('duty_named');
UPDATE sla.duty SET source = NULL, every = '1 month', due_after = '4 days' WHERE policy = 'duty_named' AND version = 2;
SELECT sla.publish_policy('duty_named', 2, '2027-05-01 00:00+08');
SELECT duties FROM desk.sweeps('2027-06-02 00:00');
SELECT v, period, received, due FROM desk.duties WHERE policy = 'duty_named' ORDER BY period;
SELECT code, object FROM sla.finding WHERE object LIKE '%duty_named%';
UPDATE sla.duty SET active = false WHERE policy = 'duty_named';

-- By the real clock, a sweep looks at duties only when one can be due or something about them has changed.
RESET sla.now;
CALL desk.policy('duty_real');
CALL desk.duty('duty_real', 'yearly');
INSERT INTO sla.duty (policy, version, duty, every, due_after, anchor)
VALUES ('duty_real', 1, 'yearly', '1 year', '11 months', date_trunc('year', now() AT TIME ZONE 'Asia/Shanghai'));
SELECT duties FROM sla.sweep();
SELECT sla.publish_policy('duty_real', 1, now() - interval '1 year');
UPDATE sla.sweep_state SET runs = 1;
SELECT duties FROM sla.sweep();
SELECT next_duty_at AT TIME ZONE 'Asia/Shanghai' = date_trunc('year', now() AT TIME ZONE 'Asia/Shanghai') + interval '1 year' AS next_year
FROM sla.sweep_state;
-- Were it asked, it would open the period once more; it is not, until a row of a duty has changed, or in a tenth run.
DELETE FROM sla.duty_run WHERE policy = 'duty_real';
SELECT duties FROM sla.sweep();
UPDATE sla.duty SET note = 'touched' WHERE policy = 'duty_real';
SELECT duties FROM sla.sweep();
DELETE FROM sla.duty_run WHERE policy = 'duty_real';
UPDATE sla.sweep_state SET runs = 8;
SELECT duties FROM sla.sweep();
SELECT duties FROM sla.sweep();
-- Where a source is read, it is read in the next minute.
UPDATE sla.duty SET active = true, source = 'desk.visits' WHERE policy = 'duty_plan';
SELECT count(*) FROM sla.sweep();
SELECT next_duty_at = date_trunc('minute', last_as_of) + interval '1 minute' AS next_minute FROM sla.sweep_state;

\set ECHO none
\i sql/include/desk_end.sql

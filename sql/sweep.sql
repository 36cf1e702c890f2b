--
-- The sweep: misses, escalations, warnings and notifications as time passes.
--
-- First what needs no data, then one transaction that is rolled back; in it an error
-- undoes its own statement only.
--
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';

-- Nobody sweeps the future, too much at once, or on a snapshot that grows old.
SET sla.now = '2025-10-13 10:00+08';
SELECT * FROM sla.sweep('2025-10-13 10:00:00.000001+08');
SELECT * FROM sla.sweep('infinity');
SELECT * FROM sla.sweep(max_clocks => 0);
SELECT * FROM sla.sweep(max_clocks => 100001);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM sla.sweep();
ROLLBACK;
BEGIN READ ONLY;
SELECT * FROM sla.sweep();
ROLLBACK;
-- sweep_all() picks its own isolation level, and needs a transaction of its own.
SET default_transaction_isolation = 'repeatable read';
CALL sla.sweep_all('-infinity');
RESET default_transaction_isolation;
BEGIN;
CALL sla.sweep_all();
ROLLBACK;
RESET sla.now;

-- Schedules that pg_cron would take for something else are refused.
SELECT sla._check_schedule(schedule, version)
FROM (VALUES (' * * * * * ', '1.4-1'), ('*/5 9-18 * * 1-5', '1.4-1'), ('@hourly', '1.4-1'),
             ('30 seconds', '1.6')) AS v(schedule, version);
SELECT sla._check_schedule('*/10 * * * * *', '1.4-1');
SELECT sla._check_schedule('30 seconds', '1.4-1');
SELECT sla._check_schedule('* * *', '1.6');
SELECT sla._check_schedule('', '1.6');
SELECT sla._check_schedule(NULL, '1.6');
-- Without pg_cron the error says what to run instead; which error depends on the server.
DO $$
DECLARE
  hint text;
BEGIN
  PERFORM sla.schedule();
  RAISE EXCEPTION 'pg_cron must not be installed in the test database';
EXCEPTION
  WHEN object_not_in_prerequisite_state OR feature_not_supported THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    IF hint !~ 'CALL sla.sweep_all\(\)|CREATE EXTENSION pg_cron' THEN
      RAISE EXCEPTION 'the hint does not help: %', hint;
    END IF;
END
$$;
SELECT sla.unschedule();

\set ON_ERROR_ROLLBACK on
BEGIN;
-- RESTART is undone as well, so that later tests get the same numbers whatever happens here.
TRUNCATE sla.notification, sla.escalation, sla.penalty, sla.breach, sla.clock, sla.event, sla.ticket, sla.finding,
  sla.sweep_log, sla.sweep_state RESTART IDENTITY;
DELETE FROM sla.employee;
DELETE FROM sla.department;

INSERT INTO sla.employee (employee, department, supervisor, roles) VALUES
  ('alice', 'service', 'susan', '{}'), ('susan', 'service', NULL, '{}'), ('bob', 'tech', 'henry', '{}'),
  ('henry', 'tech', NULL, '{}');
INSERT INTO sla.department (department, head) VALUES ('tech', 'henry'), ('service', 'susan');

INSERT INTO sla.policy (policy, version, applies_to, calendar, late_record_window)
VALUES ('sweep_test', 1, $$channel = 'sweep_test'$$, '24x7', '24:00');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, stops_on, stops_all, rearms_on,
                        duration, every, on_due, responsible_role, notify_roles, binding, ladder) VALUES
  ('sweep_test', 1, 'answer', 'answer', $$type = 'inquiry'$$, '{received}', '{first_response}', false, '{}',
   '4 hours', NULL, NULL, '{agent}', '{supervisor}', true, 'T1'),
  ('sweep_test', 1, 'heads', 'heads', $$type = 'alarm'$$, '{received}', '{reported_to_supervisor,dept_head_notified}',
   true, '{}', '1 hour', NULL, NULL, '{agent,supervisor}', '{nobody}', true, 'T1'),
  ('sweep_test', 1, 'progress', 'progress', $$type = 'repair'$$, '{work_started}', '{resolved}', false, '{follow_up}',
   NULL, '2 hours', NULL, '{dept_handler}', '{dept_head}', true, 'T1'),
  ('sweep_test', 1, 'evidence', 'evidence', $$type = 'evidence' AND NOT legal_hold$$, '{received}', '{first_response}',
   false, '{}', '4 hours', NULL, NULL, '{agent}', '{supervisor}', false, NULL),
  ('sweep_test', 1, 'auto_close', 'auto_close', NULL, '{resolved}', '{rating_recorded}', false, '{}',
   '168 hours', NULL, 'closed_no_rating', '{}', '{}', false, NULL);
INSERT INTO sla.escalation_step (policy, version, target, level, at_percent, after, roles, medium) VALUES
  ('sweep_test', 1, 'answer', 1, 50, NULL, NULL, 'chat'),
  ('sweep_test', 1, 'answer', 2, 80, NULL, '{supervisor}', 'phone'),
  ('sweep_test', 1, '*', 11, NULL, '0', NULL, 'inbox'),
  ('sweep_test', 1, '*', 12, NULL, '1 hour', '{dept_head}', 'phone');
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, nth_from, action, points)
VALUES ('sweep_test', 1, 'T1', '1', 'offence', 1, 'score_deduction', 1);
SELECT sla.publish_policy('sweep_test', 1, '-infinity');

-- arrive() makes a ticket at a time of day, at that time.
CREATE FUNCTION pg_temp.arrive(type text, at text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  id bigint;
BEGIN
  PERFORM set_config('sla.now', '2025-10-13 ' || at || '+08', true);
  INSERT INTO sla.ticket (type, channel, owner, assignee, department, received_at)
  VALUES (arrive.type, 'sweep_test', 'alice', 'bob', 'tech', sla.now()) RETURNING ticket_id INTO id;
  RETURN id;
END
$$;
-- sweep() sweeps at a time of day.
CREATE FUNCTION pg_temp.sweep(at text, max_clocks integer DEFAULT 10000) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('sla.now', '2025-10-13 ' || at || '+08', true);
  RETURN (SELECT format('swept %s, warnings %s, breaches %s, escalations %s, notifications %s, penalties %s, more %s, busy %s',
            swept, warnings, breaches, escalations, notifications, penalties, more, busy)
          FROM sla.sweep(max_clocks => sweep.max_clocks));
END
$$;
CREATE FUNCTION pg_temp.record(id bigint, event text, at text, said_at text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('sla.now', '2025-10-13 ' || at || '+08', true);
  PERFORM sla.record(id, event, ('2025-10-13 ' || said_at || '+08')::timestamptz);
END
$$;
CREATE VIEW pg_temp.misses AS
SELECT ticket_id, target, to_char(due_at, 'HH24:MI:SS') AS due, kind, responsible, voided_at IS NOT NULL AS void,
       settled_at IS NOT NULL AS settled
FROM sla.breach ORDER BY ticket_id, due_at, target;
CREATE VIEW pg_temp.alerts AS
SELECT target, to_char(due_at, 'HH24:MI') AS due, kind, level, to_char(raise_at, 'HH24:MI') AS raise,
       to_char(raised_at, 'HH24:MI') AS raised, roles, recipients, medium
FROM sla.escalation ORDER BY due_at, level;

-- V-33: a deadline that is now has not passed.
SELECT pg_temp.arrive('inquiry', '09:00') AS id \gset
SELECT pg_temp.sweep('10:59:59.999999');
SELECT pg_temp.sweep('11:00');		-- half of the time is used up
SELECT pg_temp.sweep('12:11');
SELECT pg_temp.sweep('12:12');		-- the second warning
SELECT pg_temp.sweep('13:00');
SELECT pg_temp.sweep('13:00:00.000001');
SELECT pg_temp.sweep('13:00:00.000001');
SELECT pg_temp.sweep('13:59');
SELECT pg_temp.sweep('14:00');
SELECT pg_temp.sweep('14:00');
SELECT target, due, kind, responsible, void, settled FROM pg_temp.misses;
SELECT * FROM pg_temp.alerts;
SELECT recipient, medium, kind, level, to_char(created_at, 'HH24:MI') AS created, status, payload - 'ticket_id' AS payload
FROM sla.notification ORDER BY notification_id;
SELECT ladder, employee, breach_count, status FROM sla.penalty;
SELECT sla._refold_check(:id);

-- What the log keeps, and the state.
SELECT to_char(as_of, 'HH24:MI:SS.US') AS as_of, low_water, swept, warnings, breaches, escalations, notifications,
       penalties, duties, more
FROM sla.sweep_log ORDER BY sweep_no;
SELECT low_water, next_low_water, next_xid, resume_at, runs, last_as_of FROM sla.sweep_state;
SET LOCAL sla.now = '';
INSERT INTO sla.sweep_log (as_of, started_at, finished_at, swept, warnings, breaches, escalations, notifications,
                           penalties, duties, more)
SELECT now(), now(), now(), 0, 0, 0, 0, 0, 0, 0, false FROM generate_series(1, 1500);
SELECT pg_temp.arrive('inquiry', '14:10') AS other \gset
SELECT pg_temp.sweep('16:10');
SELECT count(*) FROM sla.sweep_log;
DELETE FROM sla.clock WHERE ticket_id = :other;

-- Claiming: what has been taken is not offered again, until the lease runs out.
SET LOCAL sla.now = '2025-10-13 16:11+08';
SELECT count(*) FROM sla.claim_notifications('pigeon');
SELECT * FROM sla.claim_notifications(max_rows => 0);
-- The warnings have become void: the deadline has passed.  The one of the other ticket has lost its clock.
SELECT c.notification_id AS first, c.recipient, c.kind, c.level, c.attempts
FROM sla.claim_notifications(max_rows => 1) AS c \gset
\echo :recipient :kind :level :attempts
SELECT recipient, kind, level, status, attempts FROM sla.notification ORDER BY notification_id;
SELECT recipient, kind, level, attempts FROM sla.claim_notifications('phone');
SELECT count(*) FROM sla.claim_notifications();
SELECT sla.acknowledge_notification(:first), sla.acknowledge_notification(:first), sla.acknowledge_notification(-1);
SET LOCAL sla.now = '2025-10-13 16:11:29+08';
SELECT count(*) FROM sla.claim_notifications();
SET LOCAL sla.now = '2025-10-13 16:11:30+08';
SELECT c.notification_id AS second, c.attempts FROM sla.claim_notifications() AS c \gset
\echo :attempts
-- A failure is tried again later.
SELECT sla.fail_notification(:second, 'line busy'), sla.fail_notification(:first, 'too late');
SET LOCAL sla.now = '2025-10-13 16:12:29+08';
SELECT count(*) FROM sla.claim_notifications();
SET LOCAL sla.now = '2025-10-13 16:12:30+08';
SELECT attempts FROM sla.claim_notifications();
SELECT status, attempts, last_error FROM sla.notification WHERE notification_id = :second;
-- After the eighth attempt it is dead, whether the deliverer says so or is never heard of again.
UPDATE sla.notification SET attempts = 7, visible_at = sla.now() WHERE notification_id = :second;
SELECT attempts FROM sla.claim_notifications();
SAVEPOINT eighth;
SELECT sla.fail_notification(:second, 'line dead');
SELECT status, attempts, last_error FROM sla.notification WHERE notification_id = :second;
ROLLBACK TO eighth;
SET LOCAL sla.now = '2025-10-13 16:20+08';
SELECT count(*) FROM sla.claim_notifications();
SELECT status, attempts FROM sla.notification WHERE notification_id = :second;
-- What is delivered of a breach that has been voided meanwhile: nothing.
UPDATE sla.notification SET status = 'pending', attempts = 0 WHERE notification_id = :second;
SELECT sla.void_breach(:id, 'answer', 1, '2025-10-13 13:00+08', 'late', 'answered by telephone', 'susan');
SELECT count(*) FROM sla.claim_notifications();
SELECT status FROM sla.notification WHERE notification_id = :second;
SELECT pg_temp.sweep('16:21');
SELECT status FROM sla.penalty;

-- V-23: a warning is not made up for; a breach step is.
SELECT pg_temp.arrive('inquiry', '09:00') AS id \gset
SELECT pg_temp.record(:id, 'first_response', '10:59');
SELECT pg_temp.sweep('11:30');
SELECT pg_temp.arrive('inquiry', '09:00') AS id \gset
SELECT pg_temp.record(:id, 'first_response', '13:05');
SELECT pg_temp.sweep('15:00');
SELECT kind, level, to_char(raise_at, 'HH24:MI') AS raise, to_char(raised_at, 'HH24:MI') AS raised
FROM sla.escalation WHERE ticket_id = :id;
SELECT ladder, employee, breach_count, status FROM sla.penalty WHERE ticket_id = :id;
-- A planned step that has become untrue goes: 14:00 is planned at 13:30 and kept at 13:45.
SELECT pg_temp.arrive('inquiry', '09:00') AS id \gset
SELECT pg_temp.sweep('13:30');
SELECT level, raised_at IS NOT NULL AS raised FROM sla.escalation WHERE ticket_id = :id ORDER BY level;
SELECT pg_temp.record(:id, 'first_response', '13:45');
SELECT pg_temp.sweep('15:00');
SELECT level, raised_at IS NOT NULL AS raised FROM sla.escalation WHERE ticket_id = :id ORDER BY level;
-- A late record takes the miss back, and its candidate.
SELECT pg_temp.record(:id, 'first_response', '15:01', '12:59');
SELECT pg_temp.sweep('15:02');
SELECT target, due, kind, responsible, void, settled FROM pg_temp.misses WHERE ticket_id = :id;
SELECT ladder, employee, status FROM sla.penalty WHERE ticket_id = :id;

-- An all-of stop: only who owes the missing part; a role that nobody has is a finding.
SELECT pg_temp.arrive('alarm', '09:00') AS id \gset
SELECT pg_temp.record(:id, 'reported_to_supervisor', '09:10');
SELECT pg_temp.sweep('10:30');
SELECT target, due, kind, responsible, void, settled FROM pg_temp.misses WHERE ticket_id = :id;
SELECT level, roles, recipients, raised_at IS NOT NULL AS raised FROM sla.escalation WHERE ticket_id = :id ORDER BY level;
SELECT code, object FROM sla.finding;
SELECT sla._refold_check(:id);

-- A deadline that had passed before anybody knew of it: no candidate, and no step before it was known.
SET LOCAL sla.now = '2025-10-13 13:30+08';
INSERT INTO sla.ticket (type, channel, owner, received_at)
VALUES ('inquiry', 'sweep_test', 'alice', '2025-10-13 09:00+08') RETURNING ticket_id AS id \gset
SELECT pg_temp.sweep('13:31');
SELECT born_overdue FROM sla.breach WHERE ticket_id = :id;
SELECT level, to_char(raise_at, 'HH24:MI') AS raise, raised_at IS NOT NULL AS raised FROM sla.escalation
WHERE ticket_id = :id ORDER BY level;
SELECT count(*) FROM sla.penalty WHERE ticket_id = :id;
SELECT pg_temp.record(:id, 'first_response', '13:32');
SELECT pg_temp.sweep('14:30');
SELECT level, raised_at IS NOT NULL AS raised FROM sla.escalation WHERE ticket_id = :id ORDER BY level;
-- Where the promise is kept before a sweep comes, it is the same: the step was due.
SET LOCAL sla.now = '2025-10-13 13:30+08';
INSERT INTO sla.ticket (type, channel, owner, received_at)
VALUES ('inquiry', 'sweep_test', 'alice', '2025-10-13 09:00+08') RETURNING ticket_id AS id \gset
SELECT pg_temp.record(:id, 'first_response', '13:32');
SELECT level, to_char(raise_at, 'HH24:MI') AS raise, raised_at IS NOT NULL AS raised, recipients, unfilled
FROM sla.escalation WHERE ticket_id = :id ORDER BY level;
SELECT pg_temp.sweep('14:30');
SELECT level, to_char(raised_at, 'HH24:MI') AS raised, recipients, unfilled FROM sla.escalation WHERE ticket_id = :id ORDER BY level;

-- A record comes before the sweep: it writes the miss, and who was to be told of it, and then changes both.
SELECT pg_temp.arrive('inquiry', '09:00') AS id \gset
SET LOCAL sla.now = '2025-10-13 13:20+08';
UPDATE sla.ticket SET owner = 'bob' WHERE ticket_id = :id;
SELECT target, due, kind, responsible, void, settled FROM pg_temp.misses WHERE ticket_id = :id;
SELECT level, to_char(raise_at, 'HH24:MI') AS raise, raised_at IS NOT NULL AS raised, recipients, unfilled
FROM sla.escalation WHERE ticket_id = :id ORDER BY level;
SELECT pg_temp.record(:id, 'first_response', '13:25', '12:59');
SELECT pg_temp.sweep('14:30');
SELECT target, due, kind, responsible, void, settled FROM pg_temp.misses WHERE ticket_id = :id;
SELECT level, to_char(raised_at, 'HH24:MI') AS raised, recipients, unfilled FROM sla.escalation WHERE ticket_id = :id ORDER BY level;
SELECT employee, status, breach_count FROM sla.penalty WHERE ticket_id = :id;
-- It is raised, as it was due; what it says is not true any more, so nobody is disturbed.
SELECT count(*) FROM sla.claim_notifications(max_rows => 1000) WHERE ticket_id = :id;
SELECT status, recipient FROM sla.notification WHERE ticket_id = :id;
SELECT sla._refold_check(:id);

-- A promise that falls away after its miss, and holds again: the step of the while between is told then, once, to whoever has the
-- ticket then; whether a sweep came meanwhile makes no difference.
SELECT pg_temp.arrive('inquiry', '09:00') AS id \gset
SELECT pg_temp.arrive('inquiry', '09:00') AS other \gset
SELECT pg_temp.sweep('13:30');
SET LOCAL sla.now = '2025-10-13 13:40+08';
UPDATE sla.ticket SET type = 'other' WHERE ticket_id IN (:id, :other);
-- Only one of them is looked at in the meantime.
UPDATE sla.escalation SET raise_at = raise_at + interval '1 day' WHERE ticket_id = :other AND raised_at IS NULL;
SELECT pg_temp.sweep('14:10');
UPDATE sla.escalation SET raise_at = raise_at - interval '1 day' WHERE ticket_id = :other AND raised_at IS NULL;
SELECT ticket_id = :id AS swept, level, to_char(raise_at, 'HH24:MI') AS raise, to_char(raised_at, 'HH24:MI') AS raised
FROM sla.escalation WHERE ticket_id IN (:id, :other) ORDER BY ticket_id, level;
SET LOCAL sla.now = '2025-10-13 14:30+08';
UPDATE sla.ticket SET type = 'inquiry', owner = 'susan', department = 'service' WHERE ticket_id IN (:id, :other);
SELECT to_char(resumed_at, 'HH24:MI') AS resumed, settled_at IS NOT NULL AS settled FROM sla.breach WHERE ticket_id IN (:id, :other);
SELECT pg_temp.sweep('14:40');
SELECT ticket_id = :id AS swept, level, to_char(raise_at, 'HH24:MI') AS raise, to_char(raised_at, 'HH24:MI') AS raised, recipients
FROM sla.escalation WHERE ticket_id IN (:id, :other) ORDER BY ticket_id, level;
SELECT employee, status, breach_count FROM sla.penalty WHERE ticket_id = :id;
-- A decision on the miss tells nobody again.
SELECT sla.attribute_breach(:id, 'answer', 1, '2025-10-13 13:00+08', 'late', 'shared', 'susan', 'both were away');
SELECT pg_temp.sweep('14:50');
-- Kept before it is told: it needs no telling.
SELECT pg_temp.arrive('inquiry', '09:00') AS id \gset
SET LOCAL sla.now = '2025-10-13 13:40+08';
UPDATE sla.ticket SET type = 'other' WHERE ticket_id = :id;
SELECT pg_temp.record(:id, 'first_response', '14:20');
SET LOCAL sla.now = '2025-10-13 14:30+08';
UPDATE sla.ticket SET type = 'inquiry' WHERE ticket_id = :id;
SELECT pg_temp.sweep('14:40');
SELECT level, to_char(raise_at, 'HH24:MI') AS raise, to_char(raised_at, 'HH24:MI') AS raised FROM sla.escalation WHERE ticket_id = :id ORDER BY level;
SELECT sla._refold_check(:id);

-- A promise that a legal hold ends for a while: the steps before it were due at their own time, though no sweep came.
SELECT pg_temp.arrive('evidence', '09:00') AS id \gset
SET LOCAL sla.now = '2025-10-13 14:05+08';
SELECT sla.set_legal_hold(:id, true, 'suit', 'wang');
SET LOCAL sla.now = '2025-10-13 14:30+08';
SELECT sla.set_legal_hold(:id, false, 'settled', 'wang');
SELECT pg_temp.sweep('14:40');
SELECT level, to_char(raise_at, 'HH24:MI') AS raise, to_char(raised_at, 'HH24:MI') AS raised FROM sla.escalation WHERE ticket_id = :id ORDER BY level;

-- V-14: an outage over a repeating promise.
DELETE FROM sla.clock;
DELETE FROM sla.breach;
SELECT pg_temp.arrive('repair', '08:00') AS id \gset
SELECT pg_temp.record(:id, 'work_started', '08:00');
SELECT pg_temp.sweep('17:00');
SELECT target, due, kind, responsible, void, settled FROM pg_temp.misses;
SELECT seq, to_char(started_at, 'HH24:MI') AS started, to_char(due_at, 'HH24:MI') AS due FROM sla.clock ORDER BY seq;
SELECT pg_temp.sweep('17:00');
SELECT sla._refold_check(:id);
-- The variant: a report at 13:00, recorded then.
SELECT pg_temp.arrive('repair', '08:00') AS id \gset
SELECT pg_temp.record(:id, 'work_started', '08:00');
SELECT pg_temp.record(:id, 'follow_up', '13:00');
SELECT pg_temp.sweep('17:00:00');
SELECT pg_temp.sweep('17:00:01');
SELECT target, due, kind, responsible, void, settled FROM pg_temp.misses WHERE ticket_id = :id;
SELECT sla._refold_check(:id);
-- The same chain in small portions.
SELECT pg_temp.arrive('repair', '08:00') AS id \gset
SELECT pg_temp.record(:id, 'work_started', '08:00');
SELECT pg_temp.sweep('23:00', 1);
SELECT pg_temp.sweep('23:00', 1);
SELECT pg_temp.sweep('23:00', 1);
SELECT count(*) FROM sla.breach WHERE ticket_id = :id;
SELECT sla._refold_check(:id);

-- V-30: a timer fires at its deadline, whenever the sweep comes.
DELETE FROM sla.clock;
SELECT pg_temp.arrive('other', '08:00') AS id \gset
SELECT pg_temp.record(:id, 'resolved', '09:00');
SET LOCAL sla.now = '2025-10-20 12:00+08';
SELECT swept, breaches, more FROM sla.sweep();
SELECT event, occurred_at, automatic FROM sla.event WHERE ticket_id = :id ORDER BY event_no DESC LIMIT 1;
SELECT swept, breaches, more FROM sla.sweep();
SELECT sla._refold_check(:id);

-- A clock whose promise is gone is reported, and does not stand in the way of the others.
SELECT pg_temp.arrive('inquiry', '09:00') AS id \gset
SELECT pg_temp.arrive('inquiry', '09:00') AS other \gset
UPDATE sla.clock SET target = 'forgotten' WHERE ticket_id = :id;
SELECT pg_temp.sweep('13:30', 1);
SELECT pg_temp.sweep('13:30');
SELECT code, object, message FROM sla.finding WHERE ticket_id = :id;
SELECT count(*) FROM sla.breach WHERE ticket_id = :other;
-- Nor does a ticket that cannot be folded.
SELECT pg_temp.arrive('inquiry', '09:00') AS id \gset
SELECT pg_temp.record(:id, 'classified', '12:00');
UPDATE sla.event SET effective_at = '2025-10-13 13:10+08', details = '{"set": {"promised_at": "soon"}}' WHERE ticket_id = :id;
SELECT pg_temp.arrive('inquiry', '09:00') AS other \gset
SELECT pg_temp.sweep('13:30');
SELECT code, object FROM sla.finding WHERE ticket_id = :id;
SELECT ticket_id = :other AS other FROM sla.breach WHERE ticket_id IN (:id, :other);

-- A process violation and a reopening too many are raised by the next sweep.
DELETE FROM sla.clock;
DELETE FROM sla.escalation;
DELETE FROM sla.notification;
SELECT pg_temp.arrive('other', '09:00') AS id \gset
INSERT INTO sla.breach (ticket_id, target, cycle, due_at, kind, seq, policy, policy_version, milestone, binding,
                        born_overdue, detected_at, responsible_role, responsible)
VALUES (:id, 'no_rule', 1, '2025-10-13 09:30+08', 'process_violation', 1, 'sweep_test', 1, 'no_rule', true,
        false, '2025-10-13 09:30+08', '{agent}', '{alice}');
INSERT INTO sla.escalation (ticket_id, target, cycle, due_at, kind, level, seq, raise_at, roles, recipients, medium)
VALUES (:id, 'reopened', 4, '2025-10-13 09:40+08', 'reopen_alert', 1, 1, '2025-10-13 09:40+08', '{supervisor}', '{}', 'inbox');
SELECT pg_temp.sweep('11:00');
SELECT kind, level, recipients, to_char(raised_at, 'HH24:MI') AS raised FROM sla.escalation ORDER BY kind, level;
SELECT recipient, kind, payload - 'ticket_id' AS payload FROM sla.notification ORDER BY kind;
SELECT count(*) FROM sla.claim_notifications();
ROLLBACK;

-- Only those who are told to may sweep or deliver.
SELECT p.oid::regprocedure
FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
WHERE p.pronamespace = 'sla'::regnamespace AND a.grantee = 0
  AND p.proname ~ 'sweep|schedule$|_notification'
ORDER BY 1::text;

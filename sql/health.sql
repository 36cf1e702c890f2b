--
-- What sla.health finds, and that it finds it no more once it is put right.
--
-- All in one transaction that is rolled back.
--
\set VERBOSITY terse
BEGIN;
SET LOCAL TimeZone = 'Asia/Shanghai';
SET LOCAL DateStyle = 'ISO';
SET LOCAL sla.now = '2026-06-01 09:00:00+08';

CREATE VIEW pg_temp.found AS
SELECT severity, code, object, message, ticket_id, since FROM sla.health;

-- It reads, and writes nothing: so it does on a standby.
SELECT v.relname, v.relkind, count(*) AS columns
FROM pg_class v JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0
WHERE v.oid = 'sla.health'::regclass GROUP BY 1, 2;
SAVEPOINT before;
SET LOCAL transaction_read_only = on;
SELECT count(*) >= 0 AS read_only FROM sla.health;
ROLLBACK TO before;

-- The sweep: never, long ago, just about in time.
DELETE FROM sla.sweep_state;
SELECT * FROM pg_temp.found WHERE code = 'sweep_missing';
INSERT INTO sla.sweep_state (last_run_at, last_as_of) VALUES ('2026-06-01 08:54:59+08', '2026-06-01 08:54:59+08');
SELECT * FROM pg_temp.found WHERE code = 'sweep_missing';
SELECT hint, message_zh FROM sla.health WHERE code = 'sweep_missing';
UPDATE sla.sweep_state SET last_run_at = '2026-06-01 08:55:00+08';
SELECT * FROM pg_temp.found WHERE code = 'sweep_missing';

-- The version of the tables.
SELECT * FROM pg_temp.found WHERE code = 'schema_outdated';
UPDATE sla.schema_version SET version = 0, installed_at = '2026-01-01 00:00+08';
SELECT * FROM pg_temp.found WHERE code = 'schema_outdated';
DELETE FROM sla.schema_version;
SELECT * FROM pg_temp.found WHERE code = 'schema_outdated';
ROLLBACK TO before;

-- Policies: none, one without an end, one that ended, one that another follows.
INSERT INTO sla.calendar (calendar, time_zone, known_until) VALUES
  ('health', 'Asia/Shanghai', '2026-07-31'), ('health idle', 'Asia/Shanghai', '2020-12-31');
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes) VALUES ('health', 1, '09:00', '18:00');
INSERT INTO sla.policy (policy, version, applies_to, position) VALUES ('health', 1, 'false', 100);
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, calendar, responsible_role, notify_roles)
VALUES ('health', 1, 'resolve', 'resolve', '{received}', '{resolved}', '04:00', 'health', '{agent}', '{supervisor,health_duty_officer}');
SELECT * FROM pg_temp.found WHERE code IN ('policy_ended', 'role_unfilled', 'calendar_ends') AND (object LIKE 'health%');
SELECT sla.publish_policy('health', 1, '2026-01-01');
SELECT * FROM pg_temp.found WHERE code IN ('policy_ended', 'role_unfilled', 'calendar_ends') AND (object LIKE 'health%') ORDER BY code, object;

-- 60 days ahead, in the calendar's own zone, and not for calendars that nothing uses.
UPDATE sla.calendar SET known_until = '2026-07-30' WHERE calendar = 'health';
SELECT * FROM pg_temp.found WHERE code = 'calendar_ends' AND object LIKE 'health%';
UPDATE sla.calendar SET known_until = '2026-05-31' WHERE calendar = 'health';
SELECT severity, message FROM pg_temp.found WHERE code = 'calendar_ends' AND object LIKE 'health%';
UPDATE sla.calendar SET known_until = NULL WHERE calendar = 'health';
SELECT severity, message FROM pg_temp.found WHERE code = 'calendar_ends' AND object LIKE 'health%';

-- A role that somebody has, or had.
INSERT INTO sla.employee (employee, roles) VALUES ('health officer', '{health_duty_officer}');
SELECT * FROM pg_temp.found WHERE code = 'role_unfilled' AND object LIKE 'health%';
UPDATE sla.employee SET active = false WHERE employee = 'health officer';
SELECT object FROM pg_temp.found WHERE code = 'role_unfilled' AND object LIKE 'health%';

-- A policy that ends, and its successor.
UPDATE sla.policy SET effective_to = '2026-06-02 09:00:00+08' WHERE policy = 'health';
SELECT * FROM pg_temp.found WHERE code = 'policy_ended' AND object = 'health';
SET LOCAL sla.now = '2026-06-02 09:00:00+08';
SELECT * FROM pg_temp.found WHERE code = 'policy_ended' AND object = 'health';
SELECT sla.revise_policy('health') AS draft;
SELECT sla.publish_policy('health', 2, '2026-07-01 00:00+08');
SELECT * FROM pg_temp.found WHERE code = 'policy_ended' AND object = 'health';

-- Departments.
INSERT INTO sla.department (department, head) VALUES
  ('health a', NULL), ('health b', 'health officer'), ('health c', 'health nobody'), ('health d', 'health head');
INSERT INTO sla.employee (employee) VALUES ('health head');
SELECT * FROM pg_temp.found WHERE code = 'department_without_head' AND object LIKE 'health%' ORDER BY object;

-- Breaches that nobody answers for, and notifications that nobody got.
INSERT INTO sla.breach (ticket_id, target, cycle, due_at, kind, seq, policy, policy_version, milestone, binding,
                        born_overdue, detected_at, responsible_role, responsible, voided_at)
SELECT 990100 + n, 'resolve', 1, detected, 'late', 1, 'health', 1, 'resolve', true, false, detected, '{health_role}', who, voided
FROM (VALUES (1, timestamptz '2026-06-01 08:00+08', '{}'::text[], NULL::timestamptz),
             (2, '2026-06-01 08:30+08', '{}', NULL),
             (3, '2026-06-01 08:30+08', '{chen}', NULL),
             (4, '2026-06-01 08:30+08', '{}', '2026-06-01 08:40+08'),
             (5, '2026-04-01 08:30+08', '{}', NULL)) AS v(n, detected, who, voided);
SELECT * FROM pg_temp.found WHERE code = 'breach_unanswered' AND object = 'health_role';
INSERT INTO sla.notification (ticket_id, target, cycle, due_at, kind, level, recipient, medium, created_at, status, visible_at)
SELECT 990101, 'resolve', 1, '2026-06-01 08:00+08', 'late', n, 'chen', 'health pigeon', '2026-06-01 08:01+08', status, '2026-06-01 08:01+08'
FROM (VALUES (1, 'dead'), (2, 'dead'), (3, 'pending')) AS v(n, status);
SELECT * FROM pg_temp.found WHERE code = 'notification_dead' AND object LIKE 'health%';

-- Tickets that no policy covers; what triggers came across.
SELECT count(*) AS uncovered FROM sla.ticket WHERE policy_version IS NULL AND closed_at IS NULL \gset
INSERT INTO sla.ticket (policy, received_at) VALUES ('health', '2025-12-31 23:59:59+08');
SELECT count(*) AS told_once FROM sla.health WHERE code = 'no_policy';
SELECT severity, code, object, message LIKE '%: ' || :uncovered + 1 AS counted
FROM pg_temp.found WHERE code = 'ticket_without_policy';
INSERT INTO sla.finding (code, object, ticket_id, message, found_at) VALUES
  ('condition_failed', 'health/1/target resolve', 990101, 'division by zero', '2026-06-01 08:00+08'),
  ('role_unresolved', 'health_role', 990101, 'an escalation was raised for role "health_role", which nobody holds', '2026-06-01 08:00+08'),
  ('role_unresolved', 'health_role', 990102, 'an escalation was raised for role "health_role", which nobody holds', '2026-06-01 08:30+08');
SELECT * FROM pg_temp.found WHERE code IN ('condition_failed', 'role_unresolved') AND object LIKE 'health%' ORDER BY code;
SELECT hint, message_zh FROM sla.health WHERE code IN ('condition_failed', 'role_unresolved') AND object LIKE 'health%' ORDER BY code;

-- Every row says what it is and what to do, in two languages; codes are stable names.
SELECT code, object FROM sla.health
WHERE num_nulls(severity, code, object, message, hint, message_zh) > 0
   OR severity NOT IN ('error', 'warning') OR code !~ '^[a-z_]+$' OR hint !~ '[.;]$';
ROLLBACK;

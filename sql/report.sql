--
-- Reports: what they count, by hand-made rows and hand-computed numbers.
--
-- The rows are put in as a restore would, past the triggers, so that this test is of
-- the views alone.  Everything is undone at the end.
--
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
SET intervalstyle = 'postgres';

-- The contract with BI tools: types that every driver understands, ...
CREATE TEMPORARY VIEW bi AS
SELECT v.oid, v.relname, a.attnum, a.attname, a.atttypid, a.atttypmod
FROM pg_class AS v
JOIN pg_attribute AS a ON a.attrelid = v.oid AND a.attnum > 0
WHERE v.oid IN (SELECT regexp_replace(r.object, '^TABLE ', '')::regclass FROM sla._access_rights('reader') AS r)
  AND v.relname <> 'as_of';
SELECT count(DISTINCT relname) AS views, count(*) > 200 AS columns FROM bi;
SELECT relname, attname, format_type(atttypid, atttypmod)
FROM bi
WHERE NOT (atttypid IN ('int4'::regtype, 'int8'::regtype, 'float8'::regtype, 'bool'::regtype,
                        'date'::regtype, 'timestamptz'::regtype)
           OR atttypid IN ('numeric'::regtype, 'varchar'::regtype) AND atttypmod > 0)
ORDER BY 1, attnum;
-- ... a count beside every boolean, ...
SELECT b.relname, b.attname
FROM bi AS b
WHERE b.atttypid = 'bool'::regtype
  AND NOT EXISTS (SELECT FROM bi AS c
                  WHERE c.oid = b.oid AND c.atttypid = 'int4'::regtype AND b.attname LIKE 'is\_%'
                    AND c.attname = regexp_replace(b.attname, '^is_', '') || '_count')
ORDER BY 1, 2;
-- ... a plain local date for every month, nothing of the customer, no free text, ...
SELECT relname, attname FROM bi
WHERE attname LIKE '%month_start' AND atttypid <> 'date'::regtype
   OR attname ~ '(customer|subject|description|contact|note|comment|phone|email|address|detail)'
      AND attname <> 'subject_key' AND relname <> 'silent_channel' -- of a duty: a warehouse, a channel
ORDER BY 1, 2;
-- ... and every view and column explained.
SELECT relname, attname FROM bi
WHERE col_description(oid, attnum) IS NULL OR obj_description(oid, 'pg_class') IS NULL
ORDER BY 1, 2;
-- No report depends on a function of the extension; only sla.clocks does.
WITH uses AS (
  SELECT r.ev_class AS view, d.refclassid, d.refobjid
  FROM pg_rewrite AS r
  JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
)
SELECT DISTINCT u.view::regclass, coalesce(p.proname, 'all of sla.clocks') AS needs
FROM uses AS u
LEFT JOIN pg_proc AS p ON u.refclassid = 'pg_proc'::regclass AND u.refobjid = p.oid
  AND EXISTS (SELECT FROM pg_depend AS m
              WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid AND m.deptype = 'e')
JOIN pg_class AS v ON v.oid = u.view
WHERE v.relname IN (SELECT relname FROM bi UNION VALUES ('as_of'), ('clock_state'), ('clocks'))
  AND (p.oid IS NOT NULL
       OR u.refclassid = 'pg_class'::regclass AND u.refobjid = 'sla.clocks'::regclass AND u.view <> u.refobjid)
ORDER BY 1, 2;

BEGIN;
SET LOCAL session_replication_role = replica;
SET LOCAL sla.now = '2025-11-10 12:00:00+08';
DELETE FROM sla.ticket;
DELETE FROM sla.event;
DELETE FROM sla.clock;
DELETE FROM sla.breach;
DELETE FROM sla.escalation;
DELETE FROM sla.penalty;
-- What is put in past the triggers is marked by nobody.
DELETE FROM sla.rollup_month;

INSERT INTO sla.department (department, head) VALUES ('r_service', 'r_wang'), ('r_tech', 'r_chen');
INSERT INTO sla.employee (employee, department, supervisor) VALUES
  ('r_wang', 'r_service', NULL), ('r_li', 'r_service', 'r_wang'), ('r_zhao', 'r_service', 'r_wang'),
  ('r_chen', 'r_tech', NULL), ('r_sun', 'r_tech', 'r_chen');
INSERT INTO sla.policy (policy, version, status, effective_from, pause_on, retention_years) VALUES
  ('r_policy', 1, 'published', '2025-01-01', '{waiting_customer,waiting_parts}', 3);
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, rearms_on, duration, every, on_due,
                        responsible_role, binding, ladder, clause) VALUES
  ('r_policy', 1, 'first_response', 'first_response', '{received}', '{first_response}', '{}', '00:05', NULL, NULL, '{agent}', true, 'L1', 'D1-15'),
  ('r_policy', 1, 'resolve', 'resolve', '{received}', '{resolved}', '{}', '04:00', NULL, NULL, '{dept_handler}', true, 'L1', 'D1-34'),
  ('r_policy', 1, 'resolve_soft', 'resolve', '{received}', '{resolved}', '{}', '01:00', NULL, NULL, '{dept_handler}', false, NULL, 'C-03'),
  ('r_policy', 1, 'progress', 'progress', '{work_started}', '{resolved}', '{follow_up}', NULL, '00:30', NULL, '{agent}', true, 'L1', 'D1-33'),
  ('r_policy', 1, 'team', 'team', '{received}', '{emergency_team_formed}', '{}', '00:30', NULL, NULL, '{dept_head}', false, NULL, 'D1-32'),
  ('r_policy', 1, 'report', 'report_supervisor', '{received}', '{reported_to_supervisor}', '{}', '00:15', NULL, NULL, '{supervisor}', true, 'L1', 'D1-24'),
  ('r_policy', 1, 'no_rating', 'no_rating', '{resolved}', '{rating_recorded}', '{}', '7 days', NULL, 'closed_no_rating', '{agent}', false, NULL, NULL),
  ('r_policy', 1, 'auto_resolve', 'resolve', '{received}', '{first_response}', '{}', '00:30', NULL, 'resolved', '{agent}', true, NULL, NULL),
  ('r_policy', 1, 'self_review', 'document', '{received}', '{document_filed}', '{}', '24:00', NULL, NULL, '{agent}', false, NULL, NULL);
INSERT INTO sla.penalty_rule (policy, version, ladder, step, title, title_zh, trigger, action) VALUES
  ('r_policy', 1, 'L1', '1', 'Warning', '警告', 'offence', 'warning');

-- 1: received in October (local), answered and resolved in November, in time.
-- 2: missed twice, unsatisfied, reopened, then in time and content.
-- 3: urgent, running; one interval missed; a timer that was stopped, which resolves nothing.  4: nobody's, overdue, not swept.
-- 5: paused, its late response excused.  6: a self-review, overdue.  7: no clock at all.
INSERT INTO sla.ticket (ticket_id, policy, policy_version, duty, type, urgency, channel, customer, customer_tier,
                        department, owner, assignee, received_at, created_at, status, cycle, last_score, closed_at)
OVERRIDING SYSTEM VALUE VALUES
  (1, 'r_policy', 1, NULL, 'inquiry', 'normal', 'chat', 'Somebody', 'gold', 'r_service', 'r_li', NULL,
   '2025-10-31 23:58+08', '2025-10-31 23:58+08', 'closed', 1, 5, '2025-11-02 12:00+08'),
  (2, 'r_policy', 1, NULL, 'complaint', 'urgent', 'hotline', 'Somebody', NULL, 'r_tech', 'r_li', 'r_sun',
   '2025-11-03 09:00+08', '2025-11-03 09:00+08', 'open', 2, 4, NULL),
  (3, 'r_policy', 1, NULL, 'complaint', 'urgent', 'hotline', 'Somebody', NULL, 'r_tech', 'r_zhao', NULL,
   '2025-11-10 11:00+08', '2025-11-10 11:00+08', 'open', 1, NULL, NULL),
  (4, 'r_policy', 1, NULL, 'inquiry', 'normal', 'chat', 'Somebody', NULL, 'r_service', NULL, NULL,
   '2025-11-10 11:50+08', '2025-11-10 11:50+08', 'open', 1, NULL, NULL),
  (5, 'r_policy', 1, NULL, 'complaint', 'important', 'chat', 'Somebody', NULL, 'r_service', 'r_zhao', NULL,
   '2025-11-10 09:30+08', '2025-11-10 09:30+08', 'open', 1, 1, NULL),
  (6, 'r_policy', 1, 'self_review', NULL, NULL, NULL, NULL, NULL, 'r_service', 'r_li', NULL,
   '2025-11-05 10:00+08', '2025-11-05 10:00+08', 'open', 1, NULL, NULL),
  (7, NULL, NULL, NULL, 'suggestion', NULL, 'chat', 'Somebody', NULL, NULL, 'r_li', NULL,
   '2025-11-09 12:00+08', '2025-11-09 12:00+08', 'open', 1, NULL, NULL);
UPDATE sla.ticket SET due_at = '2025-11-06 10:00+08' WHERE ticket_id = 6;
UPDATE sla.ticket SET resolved_at = '2025-11-01 01:58+08' WHERE ticket_id = 1;
UPDATE sla.ticket SET resolved_at = '2025-11-04 11:00+08' WHERE ticket_id = 2;

INSERT INTO sla.event (ticket_id, event_no, event, cycle, occurred_at, recorded_at, effective_at, details)
SELECT ticket_id, row_number() OVER (PARTITION BY ticket_id ORDER BY at), event, cycle, at, at, at, details
FROM (VALUES
  (1, 'first_response', 1, timestamptz '2025-11-01 00:01+08', jsonb '{}'),
  (1, 'resolved', 1, '2025-11-01 01:58+08', '{}'),
  (1, 'rating_recorded', 1, '2025-11-02 09:00+08', '{"score": 5}'),
  (2, 'first_response', 1, '2025-11-03 09:07+08', '{}'),
  (2, 'resolved', 1, '2025-11-03 14:00+08', '{}'),
  (2, 'rating_recorded', 1, '2025-11-04 09:00+08', '{"score": 2}'),
  (2, 'reopened', 2, '2025-11-04 09:00:01+08', '{}'),
  (2, 'resolved', 2, '2025-11-04 11:00+08', '{}'),
  (2, 'rating_recorded', 2, '2025-11-05 09:00+08', '{"score": 4}'),
  (3, 'first_response', 1, '2025-11-10 11:04+08', '{}'),
  (3, 'work_started', 1, '2025-11-10 11:10+08', '{}'),
  (5, 'first_response', 1, '2025-11-10 09:40+08', '{}'),
  (5, 'rating_recorded', 1, '2025-11-10 09:50+08', '{"score": 1}'),
  (5, 'waiting_customer', 1, '2025-11-10 10:00+08', '{}'),
  (5, 'waiting_customer', 1, '2025-11-10 10:20+08', '{}'),
  (5, 'waiting_parts', 1, '2025-11-10 10:30+08', '{}'),
  (5, 'waiting_ended', 1, '2025-11-10 11:00+08', '{"reason": "waiting_parts"}')
) AS e (ticket_id, event, cycle, at, details);

INSERT INTO sla.clock (ticket_id, target, cycle, seq, policy, policy_version, milestone, binding, provisional,
                       calendar, started_at, created_at, due_at, paused_at, stopped_at, override, department)
SELECT k.ticket_id, k.target, k.cycle, k.seq, 'r_policy', 1, g.milestone, g.binding, false,
       '24x7', k.started_at, k.started_at, k.due_at, k.paused_at, k.stopped_at, k.override, k.department
FROM (VALUES
  (1, 'first_response', 1, 1, timestamptz '2025-10-31 23:58+08', timestamptz '2025-11-01 00:03+08', NULL::timestamptz, timestamptz '2025-11-01 00:01+08', NULL, 'r_service'),
  (1, 'resolve', 1, 1, '2025-10-31 23:58+08', '2025-11-01 03:58+08', NULL, '2025-11-01 01:58+08', NULL, 'r_service'),
  (1, 'no_rating', 1, 1, '2025-11-01 01:58+08', '2025-11-09 00:00+08', NULL, NULL, NULL, 'r_service'),
  (2, 'first_response', 1, 1, '2025-11-03 09:00+08', '2025-11-03 09:05+08', NULL, '2025-11-03 09:07+08', NULL, 'r_tech'),
  (2, 'resolve', 1, 1, '2025-11-03 09:00+08', '2025-11-03 13:00+08', NULL, '2025-11-03 14:00+08', NULL, 'r_tech'),
  (2, 'resolve', 2, 1, '2025-11-04 09:00:01+08', '2025-11-04 13:00:01+08', NULL, '2025-11-04 11:00+08', NULL, 'r_tech'),
  (3, 'first_response', 1, 1, '2025-11-10 11:00+08', '2025-11-10 11:05+08', NULL, '2025-11-10 11:04+08', NULL, 'r_tech'),
  (3, 'resolve', 1, 1, '2025-11-10 11:00+08', '2025-11-10 15:00+08', NULL, NULL, NULL, 'r_tech'),
  (3, 'auto_resolve', 1, 1, '2025-11-10 11:00+08', '2025-11-10 11:30+08', NULL, '2025-11-10 11:04+08', NULL, 'r_tech'),
  (3, 'resolve_soft', 1, 1, '2025-11-10 11:00+08', '2025-11-10 12:00+08', NULL, NULL, NULL, 'r_tech'),
  (3, 'progress', 1, 1, '2025-11-10 11:10+08', '2025-11-10 11:40+08', NULL, NULL, NULL, 'r_tech'),
  (3, 'progress', 1, 2, '2025-11-10 11:40+08', '2025-11-10 12:10+08', NULL, NULL, NULL, 'r_tech'),
  (3, 'team', 1, 1, '2025-11-10 11:00+08', '2025-11-10 11:30+08', NULL, '2025-11-10 11:45+08', NULL, 'r_tech'),
  (4, 'first_response', 1, 1, '2025-11-10 11:50+08', '2025-11-10 11:55+08', NULL, NULL, NULL, 'r_service'),
  (5, 'first_response', 1, 1, '2025-11-10 09:30+08', '2025-11-10 09:35+08', NULL, '2025-11-10 09:40+08', 'met', 'r_service'),
  (5, 'resolve', 1, 1, '2025-11-10 09:30+08', '2025-11-10 13:30+08', '2025-11-10 10:00+08', NULL, NULL, 'r_service'),
  (5, 'report', 1, 1, '2025-11-10 09:30+08', '2025-11-10 09:45+08', NULL, '2025-11-10 09:45+08', NULL, 'r_service'),
  (6, 'self_review', 1, 1, '2025-11-05 10:00+08', '2025-11-06 10:00+08', NULL, NULL, NULL, 'r_service')
) AS k (ticket_id, target, cycle, seq, started_at, due_at, paused_at, stopped_at, override, department)
JOIN sla.target AS g ON g.policy = 'r_policy' AND g.target = k.target;

INSERT INTO sla.breach (ticket_id, target, cycle, due_at, kind, seq, policy, policy_version, milestone, binding, ladder,
                        born_overdue, detected_at, stopped_at, responsible_role, responsible, department, voided_at)
VALUES
  (2, 'first_response', 1, '2025-11-03 09:05+08', 'late', 1, 'r_policy', 1, 'first_response', true, 'L1', false, '2025-11-03 09:06+08', '2025-11-03 09:07+08', '{agent}', '{r_li}', 'r_tech', NULL),
  (2, 'resolve', 1, '2025-11-03 13:00+08', 'late', 1, 'r_policy', 1, 'resolve', true, 'L1', false, '2025-11-03 13:01+08', '2025-11-03 14:00+08', '{dept_handler}', '{r_sun,r_chen}', 'r_tech', NULL),
  (2, 'closed_needs_resolved', 1, '2025-11-03 10:00+08', 'process_violation', 1, 'r_policy', 1, 'closed_needs_resolved', false, NULL, false, '2025-11-03 10:00+08', NULL, '{agent}', '{r_li}', 'r_tech', NULL),
  (3, 'progress', 1, '2025-11-10 11:40+08', 'missed_interval', 1, 'r_policy', 1, 'progress', true, 'L1', false, '2025-11-10 11:41+08', NULL, '{agent}', '{r_zhao}', 'r_tech', NULL),
  (3, 'team', 1, '2025-11-10 11:30+08', 'late', 1, 'r_policy', 1, 'team', false, NULL, false, '2025-11-10 11:31+08', '2025-11-10 11:45+08', '{dept_head}', '{r_chen}', 'r_tech', NULL),
  (5, 'first_response', 1, '2025-11-10 09:35+08', 'late', 1, 'r_policy', 1, 'first_response', true, 'L1', false, '2025-11-10 09:36+08', '2025-11-10 09:40+08', '{agent}', '{r_zhao}', 'r_service', '2025-11-10 10:30+08');
INSERT INTO sla.escalation (ticket_id, target, cycle, due_at, kind, level, seq, raise_at, raised_at, roles, recipients, medium) VALUES
  (2, 'resolve', 1, '2025-11-03 13:00+08', 'late', 1, 1, '2025-11-03 13:00+08', '2025-11-03 13:01+08', '{supervisor,dept_head}', '{r_wang,r_chen}', 'inbox'),
  (2, 'resolve', 1, '2025-11-03 13:00+08', 'late', 2, 1, '2025-11-03 15:00+08', NULL, '{hr}', '{}', 'inbox');
INSERT INTO sla.penalty (ticket_id, ladder, employee, policy, policy_version, first_due_at, breach_count, status, step,
                         offence_no, action, points, created_at, decided_by, decided_at, duty_ticket) VALUES
  (2, 'L1', 'r_li', 'r_policy', 1, '2025-11-03 09:05+08', 1, 'effective', '1', 1, 'warning', 2, '2025-11-03 09:06+08', 'r_wang', '2025-11-05 10:00+08', 6),
  (2, 'L1', 'r_sun', 'r_policy', 1, '2025-11-03 13:00+08', 1, 'candidate', NULL, NULL, NULL, NULL, '2025-11-03 13:01+08', NULL, NULL, NULL);

-- States: a deadline that is now is not yet passed; a missed interval is closed by the
-- next one; an unswept miss is a miss; a timer cannot be missed.
SELECT ticket_id AS t, target, cycle AS c, seq AS s, state, overdue, remaining, projected_due_at
FROM sla.clocks
ORDER BY 1, 2, 3, 4;

SELECT ticket_id AS t, target, seq AS s, basis, urgency, department, employee, state, priority_order AS prio,
       minutes_left, is_overdue
FROM sla.live_board
ORDER BY is_overdue DESC, priority_order, due_at, target;

SELECT ticket_id AS t, month_start, resolved_month_start AS resolved, response_minutes AS resp, resolution_minutes AS resol,
       is_response_on_time AS resp_ok, is_resolution_on_time AS resol_ok, is_open, reopen_count AS reop, tier
FROM sla.ticket_facts
ORDER BY 1;

-- R-02.  Ticket 1 counts in November, when its verdicts fell.
SELECT month_start, milestone, basis, urgency, department, employee, met_count AS met, breached_count AS breached,
       compliance_rate AS rate
FROM sla.compliance_monthly
ORDER BY 1, 2, 3, 4, 5, 6;

-- The month of a verdict is known from the clock alone, and is the same.
SELECT count(*) AS decided, count(*) FILTER (WHERE verdict_month_start IS DISTINCT FROM month_start) AS differ
FROM sla.clock_facts WHERE decided_at IS NOT NULL;

-- R-01.  Minutes 3 in October; 7, 4, 10 in November: mean 7, median 7, p90 9.4.
SELECT month_start, dimension, value, ticket_count AS tickets, response_count AS n, average_minutes AS avg, median_minutes AS median,
       p90_minutes AS p90, judged_count AS judged, on_time_count AS on_time, on_time_rate AS rate
FROM sla.response_time_monthly
WHERE dimension IN ('all', 'urgency', 'tier')
ORDER BY 1, 2, 3;

-- R-07 and R-08.  120 and 26 h; the second missed its first cycle.
SELECT month_start, dimension, value, resolved_count AS n, average_minutes AS avg, median_minutes AS median, p90_minutes AS p90,
       judged_count AS judged, on_time_count AS on_time, on_time_rate AS rate
FROM sla.resolution_time_monthly
WHERE dimension IN ('all', 'employee')
ORDER BY 1, 2, 3;

-- R-03.
SELECT month_start, value, ticket_count AS tickets, resolved_count AS resolved, resolution_rate AS rate,
       on_time_count AS on_time, on_time_resolution_rate AS on_time_rate, reopened_count AS reopened
FROM sla.resolution_rate_monthly WHERE dimension = 'channel' ORDER BY 1, 2;

-- R-04.  5, 2, 4 and 1: mean 3, two satisfied, two not.
SELECT month_start, dimension, value, rating_count AS n, average_rating AS avg, satisfied_count AS satisfied,
       satisfied_share AS share, dissatisfied_count AS dissatisfied
FROM sla.satisfaction_monthly WHERE dimension IN ('all', 'channel') ORDER BY 1, 2, 3;

-- R-11: the last rating was bad, or reopened and still open.
SELECT ticket_id AS t, rating, cycle, days_open, is_open, is_reopened FROM sla.dissatisfied_tickets ORDER BY 1;

-- R-12.
SELECT ticket_id AS t, target, kind, basis, employee, responsible, responsible_count AS n, due_on, minutes_late AS late, is_void
FROM sla.breach_list ORDER BY 1, 2, due_at;
SELECT month_start, dimension, rank, value, breach_count AS n, binding_count AS binding, share, cumulative_share AS cumulative
FROM sla.breach_pareto ORDER BY 1, 2, 3;
SELECT ticket_id AS t, target, kind, level, roles, recipients, recipient_count AS n, raised_on, minutes_delayed AS delay
FROM sla.escalation_list ORDER BY 1, 2, level;

-- R-14.
SELECT employee, department, ticket_count AS tickets, resolution_rate AS resolved, reopen_rate AS reopened, average_response_minutes AS resp,
       met_count AS met, breached_count AS missed, on_time_rate AS on_time, advisory_on_time_rate AS advisory, average_rating AS rating,
       breach_count AS breaches, process_violation_count AS process, offence_count AS offences
FROM sla.employee_scorecard_monthly WHERE month_start = '2025-11-01' ORDER BY 1;
SELECT department, ticket_count AS tickets, resolution_rate AS resolved, reopen_rate AS reopened, average_response_minutes AS resp,
       met_count AS met, breached_count AS missed, on_time_rate AS on_time, advisory_on_time_rate AS advisory, average_rating AS rating,
       breach_count AS breaches, process_violation_count AS process, offence_count AS offences
FROM sla.department_scorecard_monthly WHERE month_start = '2025-11-01' ORDER BY 1;

-- R-31, R-40, retention, waiting.
SELECT ticket_id AS t, ladder, step, title_zh, employee, department, status, offence_no, points, decided_on, document_ticket_id AS doc,
       is_document_overdue AS doc_overdue
FROM sla.penalty_register ORDER BY employee;
SELECT ticket_id AS t, owner, is_without_owner, is_without_due, days_open FROM sla.tickets_without_owner_or_due ORDER BY 1;
SELECT ticket_id AS t, purge_after, purge_on, is_due FROM sla.retention_due ORDER BY 1;
SELECT ticket_id AS t, reason, from_at, to_at, minutes, is_open FROM sla.pauses ORDER BY 3;

-- A ticket that moves on takes no verdict along: a miss stays with the department of the
-- deadline, a promise kept or excused (ticket 5) with the one of the start.
SAVEPOINT moved;
UPDATE sla.ticket SET department = 'r_service' WHERE ticket_id = 2;
UPDATE sla.breach SET department = 'r_tech' WHERE ticket_id = 5;
SELECT ticket_id AS t, target, cycle AS c, department, state FROM sla.clock_facts
WHERE ticket_id IN (2, 5) AND decided_at IS NOT NULL ORDER BY 1, 2, 3;
ROLLBACK TO moved;

-- A loss that is no amount does not keep the others from being told.
SAVEPOINT loss;
UPDATE sla.ticket SET loss_amount = v.loss FROM (VALUES (1, numeric 'NaN'), (2, 'Infinity'), (3, 1e16), (4, 12.345)) AS v(ticket_id, loss)
WHERE ticket.ticket_id = v.ticket_id;
SELECT ticket_id AS t, loss_amount FROM sla.ticket_facts WHERE ticket_id <= 4 ORDER BY 1;
ROLLBACK TO loss;

-- A month is the policy's own, at both ends of the world and to the microsecond; asked for one by one, the months are complete.
SAVEPOINT months;
INSERT INTO sla.policy (policy, version, status, effective_from, time_zone) VALUES
  ('r_east', 1, 'published', '2025-01-01', 'Pacific/Kiritimati'), ('r_west', 1, 'published', '2025-01-01', 'Etc/GMT+12');
INSERT INTO sla.ticket (ticket_id, policy, policy_version, owner, received_at, created_at) OVERRIDING SYSTEM VALUE VALUES
  (8, 'r_east', 1, 'r_li', '2025-01-01', '2025-01-01'), (9, 'r_west', 1, 'r_li', '2025-01-01', '2025-01-01'), (10, NULL, NULL, 'r_li', '2025-01-01', '2025-01-01');
CREATE TEMP TABLE turn ON COMMIT DROP AS
SELECT t.ticket_id, t.policy, x.local, x.local AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai') AS at
FROM sla.ticket AS t LEFT JOIN sla.policy AS p USING (policy),
  generate_series(timestamp '2024-01-01', '2026-01-01', '1 month') AS m, LATERAL (VALUES (m - interval '1 microsecond'), (m)) AS x(local)
WHERE t.ticket_id >= 8;
INSERT INTO sla.breach (ticket_id, target, cycle, due_at, kind, seq, policy, policy_version, milestone, binding, born_overdue, detected_at, responsible_role, responsible)
SELECT ticket_id, 'turn', 1, at, 'late', 1, coalesce(policy, 'none'), 1, 'turn', true, false, at, '{}', '{r_li}' FROM turn;
INSERT INTO sla.escalation (ticket_id, target, cycle, due_at, kind, level, seq, raise_at, raised_at, roles, recipients, medium)
SELECT ticket_id, 'turn', 1, at, 'late', 1, 1, at, at, '{}', '{}', 'inbox' FROM turn;
INSERT INTO sla.event (ticket_id, event_no, event, cycle, occurred_at, recorded_at, effective_at, details)
SELECT ticket_id, row_number() OVER (PARTITION BY ticket_id ORDER BY at), 'rating_recorded', 1, at, at, at, '{"score": 5}' FROM turn;
CREATE TEMP VIEW told AS
SELECT 'breach' AS what, ticket_id, due_at AS at, month_start FROM sla.breach_list
UNION ALL SELECT 'escalation', ticket_id, raised_at, month_start FROM sla.escalation_list
UNION ALL SELECT 'rating', ticket_id, rated_at, month_start FROM sla.rating_facts;
SELECT what, count(*), count(*) FILTER (WHERE month_start IS DISTINCT FROM date_trunc('month', local)::date) AS wrong
FROM told JOIN turn USING (ticket_id, at) GROUP BY what ORDER BY what;
SET LOCAL enable_seqscan = off;
SELECT x.what, sum(x.count)
FROM generate_series(date '2023-12-01', '2026-01-01', '1 month') AS m,
  LATERAL (SELECT what, count(*) FROM told WHERE month_start = m::date AND ticket_id >= 8 GROUP BY what OFFSET 0) AS x
GROUP BY x.what ORDER BY x.what;
ROLLBACK TO months;

-- Ten minutes later the soft promise, the interval and nothing else have been missed.
SET LOCAL sla.now = '2025-11-10 12:10:00.000001+08';
SELECT ticket_id AS t, target, seq AS s FROM sla.live_board WHERE is_overdue ORDER BY 1, 2;

-- A month's tickets are found by index, and no event is read where no time is asked for;
-- the board reads open clocks only, however many have ended.
SET LOCAL enable_seqscan = off;
INSERT INTO sla.clock (ticket_id, target, cycle, seq, policy, policy_version, milestone, binding, provisional, calendar,
                       started_at, created_at, due_at, stopped_at)
SELECT -n, 'done', 1, 1, 'none', 1, 'resolve', true, false, '24x7', at, at, at, at
FROM generate_series(1, 20000) AS n, LATERAL (SELECT timestamptz '2025-01-01' + n * interval '1 minute') AS t (at);
ANALYZE sla.clock;
SET LOCAL enable_nestloop = off;
CREATE FUNCTION pg_temp.uses(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
  RETURN QUERY SELECT DISTINCT n #>> '{}'
  FROM jsonb_path_query(plan::jsonb, 'lax $.** ? (@.type() == "object").keyvalue() ? (@.key == "Index Name" || @.key == "Relation Name").value') AS n
  ORDER BY 1;
END
$$;
SELECT u AS month FROM pg_temp.uses(
  'SELECT month_start, count(*) FROM sla.ticket_facts WHERE received_at >= ''2025-11-01'' GROUP BY 1') AS u;
SELECT u AS board FROM pg_temp.uses('SELECT ticket_id, due_at FROM sla.live_board') AS u WHERE u LIKE 'clock%';
-- Of misses, escalations and ratings a month is read, and not the years before; who asks for no month looks for none.
SET LOCAL enable_nestloop = on;
SELECT u AS misses FROM pg_temp.uses('SELECT * FROM sla.breach_list WHERE month_start = ''2025-11-01''') AS u WHERE u ~ '^(breach|month)_';
SELECT u AS escalations FROM pg_temp.uses('SELECT * FROM sla.escalation_list WHERE month_start = ''2025-11-01''') AS u WHERE u ~ '^(escalation|month)_';
SELECT u AS ratings FROM pg_temp.uses('SELECT * FROM sla.rating_facts WHERE month_start = ''2025-11-01''') AS u WHERE u ~ '^(event|month)_';
SELECT u AS no_month FROM pg_temp.uses('SELECT due_at FROM sla.breach_list') AS u WHERE u ~ '^month';
SET LOCAL enable_nestloop = off;
-- The sweep looks for silent channels every minute: in the last thirty days, not in all there ever was.
SELECT u AS silence FROM pg_temp.uses('SELECT subject, due_at FROM sla.silent_channel') AS u WHERE u LIKE 'ticket%';
-- The first answer is one entry of an index; who only wants the numerators of figures reads no ended month's clocks.
SELECT u AS response FROM pg_temp.uses('SELECT ticket_id, first_response_at FROM sla.ticket_facts') AS u WHERE u LIKE 'event%';
SELECT u AS numerators FROM pg_temp.uses('SELECT month_start, metric, numerator, denominator FROM sla.figures_monthly') AS u WHERE u LIKE 'verdict%';
SELECT u AS cases FROM pg_temp.uses('SELECT month_start, metric, case_count FROM sla.figures_monthly') AS u WHERE u LIKE 'verdict%';
ROLLBACK;
DROP VIEW bi;

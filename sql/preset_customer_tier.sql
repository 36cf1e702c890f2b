--
-- Overlay T1, customer care by tier (D13 D14 D17 D20 D22): its rows against requirements section
-- 3.2, and that it takes no case.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set read_preset :abs_srcdir '/sql/include/preset.sql'
\set preset customer_tier
\pset null -
\set ECHO none
\i :begin_desk
SELECT sla.load_preset(:'preset') AS version \gset
\i :read_preset
\set ECHO all
-- Loading it again is the same version.
SELECT sla.load_preset(:'preset') = :version AS the_same;
SELECT title, title_zh, position, applies_to, status, effective_from, time_zone, calendar, retention_years, order_check
FROM sla.policy WHERE policy = :'preset' AND version = :version \gx

-- T1-01.  T1-02 is the absence of any target that looks at the tier (D20-03), T1-03 a question to the
-- company's own customers.
INSERT INTO expected_target VALUES
('T1-01', 'customer_visit', 'customer_visit', 'due_at', 'CAL', 'duty customer_visit', 'visit_done', NULL, 'account_manager', 'dept_head', 'report only', 'A', 'D13-02');
SELECT * FROM target_difference;
INSERT INTO expected_duty VALUES
('T1-01', 'customer_visit', 'source', NULL, NULL, 'none', NULL, '', false, 'D13-02');
SELECT * FROM duty_difference;
SELECT * FROM step_difference;
SELECT reward, trigger, metric, period, scope, kind, approver_roles, clause FROM sla.reward_rule WHERE policy = :'preset';
SELECT (SELECT count(*) FROM actual_target) AS targets, (SELECT count(*) FROM actual_duty) AS duties, (SELECT count(*) FROM actual_step) AS steps;
SELECT * FROM nameless;
SELECT rule, event, applies_when, mode, implies, clause FROM sla.event_rule WHERE policy = :'preset';
SELECT target, level, after, roles FROM sla.escalation_step WHERE policy = :'preset';
SELECT * FROM sla._policy_problems();
-- No policy that there is lets the tier decide.
SELECT policy, target FROM sla.target WHERE condition ~ 'tier';

-- A customer of whatever tier: no policy here takes the case.
INSERT INTO sla.employee (employee, roles) VALUES ('Mei', '{account_manager}'), ('Rui', '{account_manager}');
SET ROLE regress_desk;
CALL desk.at('2025-10-01 00:00');
INSERT INTO sla.ticket (order_ref, type, customer_tier) VALUES ('T1 a', 'complaint', 'key');
SELECT policy, policy_version FROM sla.ticket WHERE order_ref = 'T1 a';
-- Visits, opened as the sweep opens them from the rows of a view: the customer's own account manager answers.
RESET ROLE;
INSERT INTO sla.ticket (policy, order_ref, type, duty, subject_key, period, due_at, assignee) VALUES
	(:'preset', 'T1 b', 'duty', 'customer_visit', 'C-1', '2025-Q4', '2026-01-01 00:00', 'Mei'),
	(:'preset', 'T1 c', 'duty', 'customer_visit', 'C-2', '2025-Q4', '2025-10-20 00:00', 'Rui');
SET ROLE regress_desk;
CALL desk.event('2025-12-31 17:00', 'T1 b', 'visit_done');
CALL desk.sweep('2025-12-31 18:00');
SELECT order_ref, status FROM sla.ticket WHERE order_ref LIKE 'T1 _' ORDER BY 1;
SELECT * FROM desk.clocks('T1 b');
SELECT * FROM desk.breaches('T1 c');
SELECT count(*) AS penalties FROM desk.penalties('T1 c');
SELECT * FROM desk.refold('%', '2025-12-31 18:00');

\set ECHO none
\i :end_desk

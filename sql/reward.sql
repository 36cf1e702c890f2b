--
-- Figures of a period: who is punished or rewarded for them, once a person has agreed; targets
-- and their attainment.  Judged when the period has ended, once, also after an outage.
--
\set ECHO none
\i sql/include/desk.sql
\set ECHO all
SET client_min_messages = warning;

CALL desk.at('2025-01-01 00:00');
SELECT preset, sla.load_preset(preset) > 0 AS loaded
FROM unnest('{trading_company,live_commerce,logistics_exception,customer_tier}'::text[]) preset;
INSERT INTO sla.department (department, head) VALUES ('service', 'Hu'), ('repair', 'He'), ('headless', NULL);
INSERT INTO sla.employee (employee, department, supervisor, roles)
SELECT e, 'service', 'Zhao', '{agent}' FROM unnest('{Low,Few,Edge,Top,Nine,Late,Mid}'::text[]) e;
INSERT INTO sla.employee (employee, department, roles) VALUES ('Zhao', 'service', '{supervisor}'), ('Hu', 'service', '{}'),
	('He', 'repair', '{}'), ('Han', NULL, '{hr}'), ('Mei', NULL, '{management}'), ('Gao', NULL, '{company_manager}');

-- Tickets of one employee, a minute apart, each answered in 4 minutes, or in 6, and rated.
CREATE PROCEDURE desk.serve(at text, owner text, scores integer[], late integer DEFAULT 0) LANGUAGE plpgsql AS $$
DECLARE
	start CONSTANT timestamptz := desk.moment(at);
	ticket bigint;
BEGIN
	FOR i IN 1 .. cardinality(scores) LOOP
		CALL desk.at((start + i * interval '10 minutes')::text);
		INSERT INTO sla.ticket (policy, type, urgency, owner, department, needs_department, order_ref)
		VALUES ('trading_company', 'complaint', 'normal', serve.owner, NULL, false, format('%s %s', owner, i)) RETURNING ticket_id INTO ticket;
		CALL desk.at((start + i * interval '10 minutes' + CASE WHEN i <= late THEN interval '6 minutes' ELSE interval '4 minutes' END)::text);
		PERFORM sla.record(ticket, 'first_response'), sla.rate(ticket, scores[i]);
	END LOOP;
END
$$;
-- What is found by the figures of a period, and what became of it.
CREATE FUNCTION desk.assessed(period text)
RETURNS TABLE (file text, received text, what text, kind text, who text, status text, figure numeric, and_figure numeric, of_version integer)
LANGUAGE sql STABLE AS $$
	SELECT f.policy || ' ' || f.period, desk.t(f.received_at), c.* FROM sla.ticket f CROSS JOIN LATERAL (
		SELECT p.ladder || '/' || p.ground, p.subject, p.employee, p.status, p.metric_value, NULL::numeric, p.policy_version FROM sla.penalty p WHERE p.ticket_id = f.ticket_id
		UNION ALL SELECT w.reward, w.scope, w.subject, w.status, w.metric_value, w.and_metric_value, w.policy_version FROM sla.reward w WHERE w.ticket_id = f.ticket_id) c
	WHERE f.duty = 'assessment' AND f.period = assessed.period ORDER BY f.policy, 3, 5
$$;
CREATE FUNCTION desk.file(policy text, period text) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT r.ticket_id FROM sla.duty_run r WHERE (r.policy, r.duty, r.period) = (file.policy, 'assessment', file.period)
$$;
CREATE PROCEDURE desk.complain(at text, department text, n integer, type text DEFAULT 'complaint', policy text DEFAULT 'logistics_exception',
	scores integer[] DEFAULT '{}') LANGUAGE plpgsql AS $$
DECLARE
	ticket bigint;
BEGIN
	FOR i IN 1 .. n LOOP
		CALL desk.at((desk.moment(at) + i * interval '1 minute')::text);
		INSERT INTO sla.ticket (policy, type, urgency, department) VALUES (complain.policy, complain.type, 'normal', complain.department) RETURNING ticket_id INTO ticket;
		IF i <= cardinality(scores) THEN
			PERFORM sla.rate(ticket, scores[i]);
		END IF;
	END LOOP;
END
$$;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA desk TO regress_desk;

-- The closed list of metrics is that of the scorecards' numbers; each is found there with the same value.
SELECT a.attname AS not_a_metric, a.attrelid::regclass FROM pg_attribute a
WHERE a.attrelid IN ('sla.employee_scorecard_monthly'::regclass, 'sla.department_scorecard_monthly'::regclass) AND a.attnum > 0
	AND a.atttypid IN ('integer'::regtype, 'numeric'::regtype, 'float8'::regtype)
	AND a.attname NOT IN (SELECT m.metric FROM sla._metrics() m);
SELECT m.metric AS not_on_the_scorecard FROM sla._metrics() m
WHERE m.of_employees AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'sla.employee_scorecard_monthly'::regclass AND a.attname = m.metric);

--
-- January.  Low satisfaction is below 3.0 over at least 5 ratings (D1-62); timely is 98 per cent, 4.5 and 10 tickets (D1-58).
--
SET ROLE regress_desk;
CALL desk.serve('2025-01-07 09:00', 'Low', '{2,3,3,3,3}');
CALL desk.serve('2025-01-08 09:00', 'Few', '{1,1,1,1}');
CALL desk.serve('2025-01-09 09:00', 'Edge', '{3,3,3,3,3}');
CALL desk.serve('2025-01-10 09:00', 'Top', '{5,5,5,5,5,4,4,4,4,4}');
CALL desk.serve('2025-01-13 09:00', 'Nine', '{5,5,5,5,5,5,5,5,5}');
CALL desk.serve('2025-01-14 09:00', 'Late', '{5,5,5,5,5,5,5,5,5,5}', late => 1);
-- The month has ended, but what may be recorded late is not in yet; a day later it is.
CALL desk.sweep('2025-02-01 23:59:59');
SELECT count(*) AS too_early FROM sla.ticket WHERE duty = 'assessment';
CALL desk.sweep('2025-02-02 00:00');
SELECT * FROM desk.assessed('2025-01');
SELECT type, duty, period, owner, status, (SELECT count(*) FROM sla.clock c WHERE c.ticket_id = t.ticket_id) AS clocks
FROM sla.ticket t WHERE duty = 'assessment' ORDER BY policy, period;
-- The scorecard says the same, and so does the long form of it.
RESET ROLE;
SELECT employee, ticket_count, on_time_rate, rating_count, average_rating FROM sla.employee_scorecard_monthly
WHERE month_start = '2025-01-01' AND employee <> 'Zhao' ORDER BY 1;
SELECT count(*) AS compared, count(*) FILTER (WHERE f.figure IS DISTINCT FROM round((to_jsonb(s) ->> f.metric)::numeric, 4)) AS different
FROM sla.figures_monthly f JOIN sla.employee_scorecard_monthly s ON (f.dimension, f.value, f.month_start) = ('employee', s.employee, s.month_start);
SELECT value, metric, numerator, denominator, figure, case_count FROM sla.figures_monthly
WHERE month_start = '2025-01-01' AND dimension = 'employee' AND value IN ('Late', 'Top') AND metric IN ('on_time_rate', 'average_rating', 'breached_count') ORDER BY 1, 2;
SET ROLE regress_desk;
-- Twice changes nothing, whoever calls.
SELECT sla.assess('[2025-01-01,2025-02-01)') AS written;
CALL desk.sweep('2025-02-02 00:01');
SELECT count(*) AS files FROM sla.ticket WHERE duty = 'assessment';
-- A miss is excused: Late is in time.  A ticket turns out to be Zhao's: Low has 4 ratings.
SELECT sla.void_breach(ticket_id, target, cycle, due_at, kind, 'the line was dead', 'Zhao') FROM sla.breach WHERE ticket_id = desk.id('Late 1');
UPDATE sla.ticket SET owner = 'Zhao' WHERE ticket_id = desk.id('Low 1');
SELECT sla.assess('[2025-01-01,2025-02-01)') AS written;
SELECT * FROM desk.assessed('2025-01');
UPDATE sla.ticket SET owner = 'Low' WHERE ticket_id = desk.id('Low 1');
SELECT sla.assess('[2025-01-01,2025-02-01)') AS written;
-- Decided: by somebody else, who may.
CALL desk.refused($$SELECT sla.confirm_penalty(desk.file('trading_company', '2025-01'), 'L1', 'Low', 'Hu')$$);
SELECT sla.confirm_penalty(desk.file('trading_company', '2025-01'), 'L1', 'Low', 'Zhao', 'talked about it') AS no_offence;
SELECT step, action, points, offence_no FROM sla.penalty WHERE ticket_id = desk.file('trading_company', '2025-01');
CALL desk.refused($$SELECT sla.confirm_reward(desk.file('trading_company', '2025-01'), 'timeliness', 'Top', 'Top')$$);
CALL desk.refused($$SELECT sla.confirm_reward(desk.file('trading_company', '2025-01'), 'timeliness', 'Top', 'He')$$);
CALL desk.refused($$SELECT sla.confirm_reward(desk.file('trading_company', '2025-01'), 'timeliness', 'Top', 'Han', amount => -1)$$);
CALL desk.refused($$SELECT sla.confirm_reward(desk.file('trading_company', '2025-01'), 'timeliness', 'Nine', 'Han')$$);
SELECT sla.confirm_reward(desk.file('trading_company', '2025-01'), 'timeliness', 'Top', 'Han', 'well done', 300);
CALL desk.refused($$SELECT sla.confirm_reward(desk.file('trading_company', '2025-01'), 'timeliness', 'Top', 'Han')$$);
CALL desk.refused($$SELECT sla.reject_reward(desk.file('trading_company', '2025-01'), 'timeliness', 'Late', 'Han', '')$$);
SELECT sla.reject_reward(desk.file('trading_company', '2025-01'), 'timeliness', 'Late', 'Zhao', 'not this month');
-- What was decided stays, whatever the figures.
UPDATE sla.ticket SET owner = 'Zhao' WHERE ticket_id IN (desk.id('Low 1'), desk.id('Top 1'), desk.id('Late 2'));
SELECT sla.assess('[2025-01-01,2025-02-01)') AS written;
SELECT what, who, status, figure FROM desk.assessed('2025-01');
SELECT reward, title, scope, employee, department, kind, amount, metric, metric_value, and_metric, and_metric_value, period_start, period_end,
	status, decided_by, decided_on, is_confirmed FROM sla.reward_register ORDER BY employee;
SELECT employee, ground, party, status, points, metric_value, month_start FROM sla.penalty_register WHERE ground = '2b';

-- Rewards that a person thinks of, on the ticket they are about.
SELECT sla.propose_reward(desk.id('Nine 1'), 'innovation', 'Nine', 'Zhao', 'the new form saves a call', 200);
SELECT sla.propose_reward(desk.id('Nine 1'), 'team', 'service', 'Zhao', 'the fair');
CALL desk.refused($$SELECT sla.confirm_reward(desk.id('Nine 1'), 'team', 'service', 'Hu')$$);
SELECT sla.confirm_reward(desk.id('Nine 1'), 'team', 'service', 'Mei', 'a trip', 2000), sla.confirm_reward(desk.id('Nine 1'), 'innovation', 'Nine', 'Mei');
-- A customer's key is in the table, but in no report.
CALL desk.at('2025-02-03 09:00');
INSERT INTO sla.ticket (order_ref, policy, type, customer) VALUES ('loyal', 'customer_tier', 'other', 'C-1001');
SELECT sla.propose_reward(desk.id('loyal'), r.reward, 'C-1001', 'Zhao', 'ten years with us')
FROM (SELECT r.reward FROM sla.reward_rule r WHERE r.policy = 'customer_tier' AND r.scope = 'customer' ORDER BY 1 LIMIT 1) r;
SELECT reward, scope, employee, department, amount, proposed_by, status, period_start FROM sla.reward_register WHERE metric IS NULL ORDER BY scope, reward;
CALL desk.refused($$SELECT sla.propose_reward(desk.id('Nine 1'), 'innovation', 'Nine', 'Zhao', 'again')$$);
CALL desk.refused($$SELECT sla.propose_reward(desk.id('Nine 1'), 'timeliness', 'Nine', 'Zhao', 'why not')$$);
CALL desk.refused($$SELECT sla.propose_reward(desk.id('Nine 1'), 'yacht', 'Nine', 'Zhao', 'why not')$$);
CALL desk.refused($$SELECT sla.propose_reward(desk.id('Nine 1'), 'innovation', 'Top', 'Zhao', ' ')$$);
CALL desk.refused($$SELECT sla.propose_reward(desk.id('Nine 1'), 'innovation', ' ', 'Zhao', 'why not')$$);
CALL desk.refused($$SELECT sla.propose_reward(desk.id('Nine 1'), 'innovation', 'Top', 'Zhao', 'why not', -5)$$);
CALL desk.refused($$SELECT sla.propose_reward(999999999, 'innovation', 'Top', 'Zhao', 'why not')$$);

--
-- The first quarter: fewer complaints than before (D24-34), per department and its head.
--
RESET ROLE;
INSERT INTO sla.kpi_target (kpi, subject, period, target_value, baseline) VALUES
	('complaint_reduction', 'service', '[2025-01-01,2025-04-01)', 20, 50), ('complaint_reduction', 'repair', '[2025-01-01,2025-04-01)', 20, 10),
	('complaint_reduction', 'headless', '[2025-01-01,2025-04-01)', 20, 10), ('complaint_reduction', 'unknown', '[2025-01-01,2025-04-01)', 20, NULL),
	('complaint_reduction', 'repair', '[2025-02-10,2025-02-20)', 0, 5), ('complaint_reduction', '', '[2025-01-01,2025-04-01)', 10, 70),
	('average_rating', 'Top', '[2025-01-01,2025-02-01)', 5, NULL), ('breached_count', '', '[2025-01-01,2025-02-01)', 1, NULL),
	('on_time_rate', '', '[2025-01-01,2025-02-01)', 0.9, NULL), ('on_time_rate', 'repair', '[2025-01-01,2025-02-01)', 0.9, NULL),
	('on_time_rate', 'Top', '[2025-01-01,2025-01-15)', 0.9, NULL);
SET ROLE regress_desk;
CALL desk.complain('2025-02-10 00:00', 'repair', 5);
CALL desk.complain('2025-03-10 09:00', 'repair', 2);
CALL desk.complain('2025-03-11 09:00', 'headless', 9);
CALL desk.complain('2025-03-12 09:00', 'service', 45);
-- Received in the last second of the quarter, and the first of the next; and what is no complaint.
CALL desk.complain('2025-03-31 23:58', 'service', 1);
CALL desk.complain('2025-03-31 23:59', 'service', 1);
CALL desk.complain('2025-03-13 09:00', 'repair', 4, 'exception');
CALL desk.at('2025-04-01 12:00');
SELECT kpi, dimension, value, period_start, period_end, target_value, baseline, actual_value, reduction_percent, attainment_percent, is_attained, is_ended
FROM sla.kpi_attainment ORDER BY kpi, value NULLS FIRST, period_start;
CALL desk.sweep('2025-04-02 00:00');
-- 50 to 46 is 8 per cent of 20: 40.  10 to 7 is 30 of 20: 150.  Nobody heads "headless".
SELECT * FROM desk.assessed('2025-Q1') WHERE file LIKE 'logistics%';
SELECT severity, code, object, message FROM sla.health WHERE code IN ('penalty_without_party', 'kpi_without_baseline') ORDER BY object;
SELECT sla.confirm_penalty(desk.file('logistics_exception', '2025-Q1'), 'L6', 'Hu', 'Gao') AS no_offence;
SELECT sla.confirm_reward(desk.file('logistics_exception', '2025-Q1'), 'department_head', 'He', 'Gao', amount => 1000);
SELECT who, status FROM desk.assessed('2025-Q1') WHERE file LIKE 'logistics%';
-- A stage of ten days, kept with an aim of no increase.
SELECT file, what, who, figure FROM desk.assessed('2025-02-10 to 2025-02-19');
-- Once there is a head, an assessment finds him.
RESET ROLE;
UPDATE sla.department SET head = 'Ho' WHERE department = 'headless';
SET ROLE regress_desk;
SELECT sla.assess('[2025-01-01,2025-04-01)') AS written;
SELECT who, what, status, figure FROM desk.assessed('2025-Q1') WHERE file LIKE 'logistics%' AND who = 'Ho';

--
-- The second quarter: teams that are better than before (D2-45).  Then nobody sweeps until July.
--
CALL desk.complain('2025-02-20 09:00', 'service', 10, 'complaint', 'live_commerce', '{5,5,5,5,5,3,3,3,3,3}');
CALL desk.complain('2025-02-21 09:00', 'service', 10, 'inquiry', 'live_commerce');
CALL desk.complain('2025-02-22 09:00', 'repair', 10, 'complaint', 'live_commerce', '{5,5,5,5,5,3,3,3,3,3}');
CALL desk.complain('2025-05-20 09:00', 'service', 9, 'complaint', 'live_commerce', '{5,5,5,5,5,5,3,3,3}');
CALL desk.complain('2025-05-21 09:00', 'service', 11, 'inquiry', 'live_commerce', '{3}');
CALL desk.complain('2025-05-22 09:00', 'repair', 20, 'complaint', 'live_commerce', '{5,5,5,5,5,5,5,5,5,5,5,3,3,3,3,3,3,3,3,3}');
CALL desk.serve('2025-05-23 09:00', 'Mid', '{3,4,3,4,3,4}');
CALL desk.serve('2025-06-23 09:00', 'Low', '{1,1,1,1,1}');
SELECT quarter_start, department, ticket_count, complaint_count, complaint_rate, previous_complaint_rate, complaint_rate_change,
	rating_count, satisfied_share, previous_satisfied_share, satisfied_share_change
FROM sla.team_change_quarterly WHERE policy = 'live_commerce' ORDER BY 1, 2;
CALL desk.sweep('2025-07-05 09:00');
SELECT policy, period, desk.t(opened_at) AS opened FROM sla.duty_run WHERE duty = 'assessment' ORDER BY opened_at, policy, starts_at, period;
SELECT * FROM desk.assessed('2025-Q2');
SELECT * FROM desk.assessed('2025-06');
CALL desk.sweep('2025-07-05 10:00');
SELECT count(*) AS opened_again FROM sla.duty_run WHERE duty = 'assessment' AND opened_at > desk.moment('2025-07-05 09:00');

--
-- A month is judged by the rules it began under.
--
RESET ROLE;
CALL desk.at('2025-07-15 00:00');
SELECT sla.revise_policy('trading_company') AS version \gset
UPDATE sla.penalty_rule SET below = 4, min_count = 1 WHERE policy = 'trading_company' AND version = :version AND step = '2b';
-- The company wants the case files dealt with in 10 working days.
INSERT INTO sla.target (policy, version, target, milestone, duty, starts_on, stops_on, duration, calendar, responsible_role)
VALUES ('trading_company', :version, 'assessment', 'assessment', 'assessment', '{received}', '{closed}', '10 days', 'cn_workday', '{hr}');
SELECT sla.publish_policy('trading_company', :version);
SET ROLE regress_desk;
CALL desk.serve('2025-07-20 09:00', 'Mid', '{3,4,3,4,3,4}');
CALL desk.serve('2025-08-20 09:00', 'Mid', '{3,4,3,4,3,4}');
CALL desk.sweep('2025-09-03 09:00');
SELECT * FROM desk.assessed('2025-07');
SELECT * FROM desk.assessed('2025-08');
SELECT c.target, desk.t(c.started_at) AS started, desk.t(c.due_at) AS due, c.state FROM sla.clocks c WHERE c.ticket_id = desk.file('trading_company', '2025-08');

--
-- A period that cannot be assessed is a finding, and keeps nothing else from being swept.
--
RESET ROLE;
ALTER TABLE sla.penalty ADD CONSTRAINT broken CHECK (metric_value <> 1.00) NOT VALID;
SET ROLE regress_desk;
CALL desk.serve('2025-09-20 09:00', 'Low', '{1,1,1,1,1}');
CALL desk.sweep('2025-10-02 09:00');
SELECT severity, code, object, message, hint FROM sla.health WHERE code = 'assessment_failed';
SELECT count(*) AS half_written FROM sla.ticket WHERE duty = 'assessment' AND period = '2025-09';
RESET ROLE;
ALTER TABLE sla.penalty DROP CONSTRAINT broken;
SET ROLE regress_desk;
CALL desk.sweep('2025-10-02 10:00');
SELECT count(*) AS findings FROM sla.health WHERE code = 'assessment_failed';
SELECT what, who, status, figure FROM desk.assessed('2025-09');

--
-- What is refused, and how.
--
CALL desk.refused($$SELECT sla.assess(NULL)$$);
CALL desk.refused($$SELECT sla.assess('empty')$$);
CALL desk.refused($$SELECT sla.assess('[2025-01-01,)')$$);
CALL desk.refused($$SELECT sla.assess('[2025-01-01,infinity)')$$);
CALL desk.refused($$SELECT sla.assess('[2025-10-01,2025-11-01)')$$);
CALL desk.refused($$SELECT sla.assess('[2025-01-02,2025-02-02)')$$);
CALL desk.refused($$SELECT sla.assess('[2025-01-01,2026-01-01)')$$);
BEGIN ISOLATION LEVEL REPEATABLE READ;
CALL desk.refused($$SELECT sla.assess('[2025-01-01,2025-02-01)')$$);
ROLLBACK;
-- Before the policy was published nobody is judged unasked; who asks, and holds a version of then, is told.
SELECT sla.assess('[2024-12-01,2025-01-01)') AS nobody_was_there;

-- Rules that no policy may be published with.
RESET ROLE;
SELECT sla.revise_policy('trading_company') AS version \gset
CREATE PROCEDURE pg_temp.unpublished(rule text) LANGUAGE plpgsql AS $$
DECLARE
	draft CONSTANT integer := (SELECT max(version) FROM sla.policy WHERE policy = 'trading_company');
	hint text;
BEGIN
	EXECUTE format('INSERT INTO sla.reward_rule (policy, version, reward, kind, trigger, %s', replace(rule, 'VALUES (', format('VALUES (''trading_company'', %s, ''X'', ''bonus'', ''metric'', ', draft)));
	PERFORM sla.publish_policy('trading_company', draft);
	RAISE WARNING 'NOT REFUSED: %', rule;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RAISE WARNING '% % [%]', SQLSTATE, SQLERRM, left(hint, 60);
END
$$;
CALL pg_temp.unpublished($$metric) VALUES ('on_time_rate')$$);
CALL pg_temp.unpublished($$metric, at_least) VALUES ('mood', 1)$$);
CALL pg_temp.unpublished($$metric, at_least) VALUES ('complaint_reduction', 100)$$);
CALL pg_temp.unpublished($$metric, at_least, scope) VALUES ('on_time_rate', 1, 'customer')$$);
CALL pg_temp.unpublished($$metric, at_least, and_metric) VALUES ('on_time_rate', 1, 'average_rating')$$);
CALL pg_temp.unpublished($$metric, at_least, and_metric, and_at_least) VALUES ('on_time_rate', 1, 'reopen_rate', 0)$$);
CALL pg_temp.unpublished($$metric, at_least, scope, period) VALUES ('complaint_rate_change', 0.1, 'team', '3 months')$$);
CALL pg_temp.unpublished($$metric, at_most, scope, period) VALUES ('complaint_rate_change', -0.1, 'team', '1 month')$$);
CALL pg_temp.unpublished($$metric, at_least, period) VALUES ('on_time_rate', 1, '2 months')$$);
CALL pg_temp.unpublished($$metric, at_least, period) VALUES ('on_time_rate', 1, '7 days')$$);
CALL pg_temp.unpublished($$metric, at_least, amount) VALUES ('on_time_rate', 1, -1)$$);
INSERT INTO sla.duty (policy, version, duty, every, due_after) VALUES ('trading_company', :version, 'assessment', '1 month', '4 days');
CALL desk.refused(format($$SELECT sla.publish_policy('trading_company', %s)$$, :version));

DELETE FROM sla.kpi_target;
\set ECHO none
\i sql/include/desk_end.sql

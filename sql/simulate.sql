--
-- What would follow: another version on real history, other calendars on running clocks, and the
-- configuration as statements.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
SELECT sla.load_preset('trading_company') > 0 AS loaded;
INSERT INTO sla.calendar (calendar, time_zone) VALUES ('sim_office', 'Asia/Shanghai');
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes)
SELECT 'sim_office', d, '09:00', '18:00' FROM generate_series(1, 5) d;
INSERT INTO sla.department (department, head) VALUES ('sim_tech', 'sim_chen'), ('sim_parts', 'sim_chen');
INSERT INTO sla.employee (employee, department, supervisor, roles) VALUES
	('sim_li', 'sim_tech', 'sim_chen', '{}'), ('sim_chen', 'sim_tech', NULL, '{hr}');
INSERT INTO sla.policy (policy, version, applies_to, pause_on, late_record_window) VALUES ('sim', 1, 'false', '{waiting_customer}', '1 hour');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, fallback_on, fallback_after, start_owed_by,
	stops_on, rearms_on, duration, every, due_column, on_due, calendar, responsible_role, binding)
VALUES ('sim', 1, 'answer', 'first_response', NULL, '{received}', NULL, NULL, NULL, '{first_response}', '{}', '00:30', NULL, NULL, NULL, '24x7', '{agent}', true),
	('sim', 1, 'repair', 'resolve', 'type = ''repair''', '{received}', NULL, NULL, NULL, '{resolved}', '{}', '20:00', NULL, NULL, NULL, 'sim_office', '{dept_handler}', true),
	('sim', 1, 'start', 'start_work', NULL, '{assigned}', 'received', '01:00', 'agent', '{work_started}', '{}', '02:00', NULL, NULL, NULL, 'sim_office', '{dept_handler}', false),
	('sim', 1, 'report', 'progress', NULL, '{work_started}', NULL, NULL, NULL, '{resolved}', '{follow_up}', NULL, '02:00', NULL, NULL, '24x7', '{agent}', false),
	('sim', 1, 'promise', 'promise', NULL, '{}', NULL, NULL, NULL, '{resolved}', '{}', NULL, NULL, 'promised_at', NULL, '24x7', '{agent}', false),
	('sim', 1, 'forget', 'forget', NULL, '{resolved}', NULL, NULL, NULL, '{rating_recorded}', '{}', '72:00:00', NULL, NULL, 'closed_no_rating', '24x7', '{}', false);
SELECT sla.publish_policy('sim', 1, '2025-01-01');

-- A history with everything in it: late and kept promises, a missing start, intervals, a moved date, a pause,
-- a late record, a timer, a void in a person's name, in two departments and two months.
SET ROLE regress_desk;
CALL desk.at('2025-09-29 16:00');
INSERT INTO sla.ticket (policy, order_ref, type, owner, department, urgency)
SELECT 'sim', x, 'repair', 'sim_li', CASE x WHEN 'S-2' THEN 'sim_parts' ELSE 'sim_tech' END, 'normal' FROM unnest('{S-1,S-2}'::text[]) x;
CALL desk.event('2025-09-29 16:20', 'S-1', 'first_response');
CALL desk.event('2025-09-29 16:40', 'S-2', 'first_response');
CALL desk.event('2025-09-29 17:00', 'S-1', 'work_started');
CALL desk.event('2025-09-30 10:00', 'S-1', 'waiting_customer');
CALL desk.event('2025-09-30 12:00', 'S-1', 'waiting_ended');
CALL desk.event('2025-10-09 10:00', 'S-1', 'resolved');
CALL desk.event('2025-10-09 10:00', 'S-2', 'resolved');
CALL desk.at('2025-10-13 10:00');
INSERT INTO sla.ticket (policy, order_ref, type, owner, needs_department, promised_at)
VALUES ('sim', 'S-3', 'other', 'sim_li', true, '2025-10-13 15:00+08');
CALL desk.event('2025-10-13 12:00', 'S-3', 'first_response', '2025-10-13 10:25');
CALL desk.event('2025-10-13 14:00', 'S-3', 'assigned', NULL, '{"set": {"department": "sim_parts", "promised_at": "2025-10-14 12:00+08"}}');
CALL desk.event('2025-10-13 14:30', 'S-3', 'work_started');
CALL desk.event('2025-10-13 16:00', 'S-3', 'follow_up');
CALL desk.event('2025-10-14 11:00', 'S-3', 'resolved');
RESET ROLE;
CALL desk.sweep('2025-10-20 09:00');
SELECT sla.void_breach(desk.id('S-2'), 'answer', 1, '2025-09-29 16:30+08', 'late', 'the line was down', 'sim_chen');
SELECT event, effective_at FROM sla.event WHERE ticket_id = desk.id('S-1') AND automatic;

-- Under its own version, history has exactly the verdicts that are on record.
CREATE VIEW desk.unequal AS
SELECT s.* FROM sla.simulate('sim', 1) s
WHERE (met_count, breached_count, compliance_rate, miss_count)
	IS DISTINCT FROM (simulated_met_count, simulated_breached_count, simulated_compliance_rate, simulated_miss_count);
SELECT * FROM desk.unequal;
SELECT month_start, milestone, basis, department, met_count, breached_count, compliance_rate, miss_count FROM sla.simulate('sim', 1);
-- It notices if what is on record is something else.
BEGIN;
UPDATE sla.clock SET stopped_at = '2025-10-13 10:20+08' WHERE ticket_id = desk.id('S-3') AND target = 'answer';
SELECT milestone, met_count, breached_count, simulated_met_count FROM desk.unequal;
ROLLBACK;

-- A draft: a shorter answer, office hours no more, late records within a day, no timer.  S-3's answer of 10:25,
-- recorded at 12:00, now counts when it happened; the void holds for the old deadline only.
SELECT sla.revise_policy('sim') AS draft;
UPDATE sla.policy SET late_record_window = '24:00' WHERE policy = 'sim' AND version = 2;
UPDATE sla.target SET duration = '00:28' WHERE policy = 'sim' AND version = 2 AND target = 'answer';
UPDATE sla.target SET calendar = '24x7' WHERE policy = 'sim' AND version = 2 AND target = 'repair';
DELETE FROM sla.target WHERE policy = 'sim' AND version = 2 AND target IN ('forget', 'report');
SELECT month_start AS month, milestone, department, met_count AS met, breached_count AS missed, miss_count AS misses,
	simulated_met_count AS sim_met, simulated_breached_count AS sim_missed, simulated_miss_count AS sim_misses
FROM sla.simulate('sim', 2, '2025-09-01', '2025-11-01');
-- Nothing is left behind.
SELECT version, status, effective_from, published_at IS NOT NULL AS published FROM sla.policy WHERE policy = 'sim' ORDER BY version;
SELECT * FROM desk.unequal;
SELECT count(*) FROM sla.simulate('sim', 1, '2026-01-01');
-- Whoever configures may ask, and sees figures only.
CREATE ROLE regress_config;
SELECT sla.grant_access('admin', 'regress_config');
SET ROLE regress_config;
SELECT sum(met_count) AS met, sum(simulated_met_count) AS simulated FROM sla.simulate('sim', 2);
SELECT count(*) FROM sla.recalculate();
SELECT count(*) FROM sla.ticket;
RESET ROLE;

CALL desk.refused($$SELECT sla.simulate('sim', 9)$$);
CALL desk.refused($$SELECT sla.simulate('sim', NULL)$$);
CALL desk.refused($$UPDATE sla.target SET duration = '1 month' WHERE policy = 'sim' AND version = 2 AND target = 'answer';
	SELECT sla.simulate('sim', 2)$$);

-- Recalculation: nothing has changed, nothing moves.
RESET ROLE;
CALL desk.at('2025-11-03 10:00');
SET ROLE regress_desk;
INSERT INTO sla.ticket (policy, order_ref, type, owner, department) SELECT 'sim', x, 'repair', 'sim_li', 'sim_tech' FROM unnest('{R-1,R-2,R-3}'::text[]) x;
CALL desk.event('2025-11-03 11:00', 'R-2', 'waiting_customer');
CALL desk.event('2025-11-03 11:00', 'R-1', 'first_response');
CALL desk.event('2025-11-04 09:30', 'R-3', 'resolved');
RESET ROLE;
CALL desk.sweep('2025-11-04 10:00');
SELECT * FROM sla.recalculate();
SELECT * FROM sla.recalculate(false);
SELECT * FROM desk.clocks('R-1');

-- The 5th becomes a holiday, the 4th opens at 7: the deadline moves by what is still to come, judged ones do not.
INSERT INTO sla.calendar_day (calendar, day, name) VALUES ('sim_office', '2025-11-05', 'move');
INSERT INTO sla.calendar_day (calendar, day, opens, closes) VALUES ('sim_office', '2025-11-04', '07:00', '18:00');
CREATE VIEW desk.moved AS
SELECT t.order_ref, r.target, r.seq, desk.t(r.due_before) AS before, desk.t(r.due_after) AS after, r.applied
FROM sla.recalculate() r JOIN sla.ticket t USING (ticket_id) ORDER BY 1, 2;
SELECT * FROM desk.moved;
-- It only told.
SELECT * FROM desk.moved;
SELECT target, desk.t(due_before) AS before, desk.t(due_after) AS after, applied FROM sla.recalculate(false) ORDER BY ticket_id, target;
SELECT * FROM desk.moved;
SELECT * FROM desk.clocks('R-1');
-- The pause keeps what was left of the new deadline.
SET ROLE regress_desk;
CALL desk.event('2025-11-04 11:00', 'R-2', 'waiting_ended');
SELECT * FROM desk.clocks('R-2', 'repair');
RESET ROLE;
-- A deadline that would have passed is told and stays.
UPDATE sla.calendar_day SET opens = '00:00', closes = '24:00' WHERE calendar = 'sim_office' AND day = '2025-11-04';
DELETE FROM sla.calendar_day WHERE calendar = 'sim_office' AND day = '2025-11-05';
UPDATE sla.calendar_hours SET opens = '00:00', closes = '24:00' WHERE calendar = 'sim_office' AND weekday = 1;
CALL desk.at('2025-11-04 15:00');
SELECT order_ref, target, before, after, applied FROM desk.moved;
SELECT count(*) FILTER (WHERE applied) AS applied, count(*) FROM sla.recalculate(false);
SELECT * FROM desk.clocks('R-1', 'repair');
SELECT * FROM desk.breaches('R-1', 'repair');
-- What was done to stored clocks is what a fold makes of them from now on.
SET ROLE regress_desk;
CALL desk.event('2025-11-04 15:30', 'R-1', 'follow_up');
SELECT * FROM desk.clocks('R-1', 'repair');
RESET ROLE;

-- The configuration as statements makes the same configuration in an empty installation.
CREATE TABLE desk.config AS SELECT row_number() OVER () AS no, line FROM sla.dump_config() AS line;
SELECT count(*) > 100 AS long, bool_or(line LIKE 'INSERT INTO sla.policy %') AS policies, bool_or(line LIKE '%desk%') AS foreign_rows
FROM desk.config;
SELECT line FROM desk.config WHERE line ~ '''(sim|sim_office)''' AND line !~ 'calendar_hours' ORDER BY no LIMIT 8;
CREATE VIEW desk.content AS
SELECT 'policy' AS kind, to_jsonb(p) - '{published_at,preset}'::text[] AS content FROM sla.policy p
UNION ALL SELECT 'target', to_jsonb(x) FROM sla.target x
UNION ALL SELECT 'event_rule', to_jsonb(x) FROM sla.event_rule x
UNION ALL SELECT 'classification', to_jsonb(x) FROM sla.classification x
UNION ALL SELECT 'escalation_step', to_jsonb(x) FROM sla.escalation_step x
UNION ALL SELECT 'penalty_rule', to_jsonb(x) FROM sla.penalty_rule x
UNION ALL SELECT 'reward_rule', to_jsonb(x) FROM sla.reward_rule x
UNION ALL SELECT 'duty', to_jsonb(x) FROM sla.duty x
UNION ALL SELECT 'calendar', to_jsonb(x) FROM sla.calendar x
UNION ALL SELECT 'calendar_day', to_jsonb(x) FROM sla.calendar_day x
UNION ALL SELECT 'calendar_hours', to_jsonb(x) FROM sla.calendar_hours x
UNION ALL SELECT 'employee', to_jsonb(x) FROM sla.employee x
UNION ALL SELECT 'department', to_jsonb(x) FROM sla.department x;
CREATE TABLE desk.content_before AS SELECT * FROM desk.content;
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM sla.policy;
DELETE FROM sla.target; DELETE FROM sla.event_rule; DELETE FROM sla.classification; DELETE FROM sla.escalation_step;
DELETE FROM sla.penalty_rule; DELETE FROM sla.reward_rule; DELETE FROM sla.duty; DELETE FROM sla.calendar_day;
DELETE FROM sla.calendar_hours; DELETE FROM sla.calendar; DELETE FROM sla.employee; DELETE FROM sla.department; DELETE FROM sla.kpi_target;
SET LOCAL session_replication_role = origin;
DO $$
DECLARE
	line text;
BEGIN
	FOR line IN SELECT c.line FROM desk.config c WHERE c.line !~ '^--' ORDER BY c.no LOOP
		EXECUTE line;
	END LOOP;
END
$$;
SELECT kind, count(*) FROM (TABLE desk.content EXCEPT ALL TABLE desk.content_before) x GROUP BY kind;
SELECT kind, count(*) FROM (TABLE desk.content_before EXCEPT ALL TABLE desk.content) x GROUP BY kind;
ROLLBACK;

DROP OWNED BY regress_config;
DROP ROLE regress_config;
\set ECHO none
\i :end_desk

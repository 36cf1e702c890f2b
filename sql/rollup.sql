--
-- The folded months of compliance say what counting the clocks says, whatever is written to them.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
-- What other tests have marked is no business of this one.
DELETE FROM sla.rollup_mark;
SET jit = off;
SET plan_cache_mode = force_generic_plan;
SELECT sla.load_preset('trading_company') > 0 AS loaded;
INSERT INTO sla.department (department, head) VALUES ('ru_service', 'ru_wu'), ('ru_tech', 'ru_chen'), ('ru_store', NULL);
INSERT INTO sla.employee (employee, department, supervisor, roles)
SELECT e, 'ru_service', s, '{agent}' FROM (VALUES ('ru_li', 'ru_wang'), ('ru_zhao', 'ru_wang'), ('ru_qian', NULL), ('ru_wang', NULL)) v(e, s);

-- Ninety cases of three months, lived by the unprivileged role; some are never answered.
SET ROLE regress_desk;
SELECT setseed(0.25);
DO $$
DECLARE
	names text[] := '{first_response,assigned,plan_proposed,resolved,reported_to_supervisor,dept_head_notified,dept_responded,work_started,progress_to_supervisor,progress_to_customer,emergency_team_formed,result_notified,reopened}';
	at timestamptz;
BEGIN
	FOR n IN 1..90 LOOP
		at := timestamptz '2025-08-28 08:00' + n * interval '18 hours';
		CALL desk.at(at::text);
		INSERT INTO sla.ticket (policy, order_ref, type, urgency, needs_department, owner, department, channel, customer_tier)
		VALUES ('trading_company', 'R' || n, (ARRAY['complaint', 'inquiry'])[n % 2 + 1], (ARRAY['normal', 'important', 'urgent'])[n % 3 + 1],
			random() < 0.5, (ARRAY['ru_li', 'ru_zhao', 'ru_qian'])[n % 3 + 1], (ARRAY['ru_service', 'ru_tech', 'ru_store', NULL])[n % 4 + 1], 'hotline', (ARRAY['key', NULL])[n % 2 + 1]);
		FOR event IN 1..(random() * 8)::int LOOP
			at := at + random() * interval '3 hours';
			CALL desk.event(at::text, 'R' || n, names[1 + floor(random() * 13)::int]);
		END LOOP;
		-- Nobody has to report on it for ever.
		IF n % 3 > 0 THEN
			CALL desk.event((at + interval '2 hours')::text, 'R' || n, 'resolved');
		END IF;
	END LOOP;
END
$$;
RESET ROLE;
-- The misses are written down, but not those of the last evening.
CALL desk.sweep('2025-10-31 19:00');
CALL desk.at('2025-10-31 19:30');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, needs_department, owner, department)
SELECT 'trading_company', 'S' || n, 'complaint', 'urgent', true, 'ru_li', 'ru_tech' FROM generate_series(1, 2) n;

-- What differs between the two views, and between the numbers of tickets with a verdict, by rows.
CREATE FUNCTION desk.differ() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN (
		WITH plain AS MATERIALIZED (TABLE sla.compliance_monthly_plain), fast AS MATERIALIZED (TABLE sla.compliance_monthly),
		judged AS MATERIALIZED (
			SELECT f.verdict_month_start, f.policy, d.dimension, d.value, count(DISTINCT f.ticket_id) FILTER (WHERE f.is_binding),
				count(DISTINCT f.ticket_id) FILTER (WHERE NOT f.is_binding),
				count(*) FILTER (WHERE f.is_binding AND f.duty IS NULL AND f.is_met), count(*) FILTER (WHERE f.is_binding AND f.duty IS NULL AND NOT f.is_met)
			FROM sla.clock_facts f, LATERAL (VALUES ('all', NULL), ('department', f.department), ('employee', f.employee), ('tier', f.tier)) d (dimension, value)
			WHERE f.decided_at IS NOT NULL AND (d.dimension IN ('all', 'tier') OR d.value IS NOT NULL) GROUP BY 1, 2, 3, 4),
		verdicts AS MATERIALIZED (TABLE sla.verdicts_monthly)
		SELECT count(*) FROM (
			SELECT to_jsonb(x) FROM ((TABLE fast EXCEPT ALL TABLE plain) UNION ALL (TABLE plain EXCEPT ALL TABLE fast)) x
			UNION ALL
			SELECT to_jsonb(v) FROM ((TABLE judged EXCEPT ALL TABLE verdicts) UNION ALL (TABLE verdicts EXCEPT ALL TABLE judged)) v) z);
END
$$;
-- The same of the scorecards by the fold and by the clocks.
CREATE FUNCTION desk.cards() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN (
		WITH facts AS MATERIALIZED (
			SELECT month_start, policy, department, employee, sum(met_count), sum(breached_count), sum(advisory_met_count), sum(advisory_breached_count),
				sum(ticket_count), count(rating), sum(breach_count), sum(offence_count)
			FROM sla.scorecard_facts GROUP BY 1, 2, 3, 4),
		parts AS MATERIALIZED (
			SELECT month_start, policy, department, employee, sum(met_count), sum(breached_count), sum(advisory_met_count), sum(advisory_breached_count),
				sum(ticket_count), count(rating), sum(breach_count), sum(offence_count)
			FROM sla.scorecard_parts GROUP BY 1, 2, 3, 4)
		SELECT count(*) FROM (
			(TABLE facts EXCEPT ALL TABLE parts) UNION ALL (TABLE parts EXCEPT ALL TABLE facts)) x);
END
$$;
-- Which months are counted rather than read.
CREATE FUNCTION desk.counted() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(to_char(m.month_start, 'YYYY-MM'), ' ' ORDER BY m.month_start)
	FROM sla.rollup_months m WHERE NOT m.is_folded AND m.month_start BETWEEN '2025-08-01' AND '2025-11-01'
$$;
-- The rows that the fold would have got wrong, had nobody marked its months.
CREATE FUNCTION desk.stale() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT count(*) FROM sla.compliance_monthly_plain p
		FULL JOIN (SELECT * FROM sla.compliance_rollup WHERE source = 'live') r
			ON (p.month_start, p.policy, p.milestone, p.basis) = (r.month_start, r.policy, r.milestone, r.basis)
			AND (p.urgency, p.department, p.employee) IS NOT DISTINCT FROM (r.urgency, r.department, r.employee)
	WHERE (p.met_count, p.breached_count) IS DISTINCT FROM (r.met_count, r.breached_count)
		AND coalesce(p.month_start, r.month_start) < '2025-11-01');
END
$$;
CREATE PROCEDURE desk.fold() LANGUAGE plpgsql AS $$
BEGIN
	-- A month waits for the transactions in progress, of which other databases may have some.
	FOR turn IN 1..1000 LOOP
		PERFORM sla._fold_months(sla.now(), '0');
		COMMIT;
		EXIT WHEN turn > 1 AND NOT EXISTS (SELECT FROM sla.rollup_months m JOIN sla.rollup_month r USING (month_start)
			WHERE NOT m.is_folded AND r.closes_at <= sla.now());
	END LOOP;
END
$$;
-- Does one thing as the unprivileged role or as the owner, tells what follows, and folds again.
CREATE PROCEDURE desk.act(what text, statement text, who text DEFAULT 'regress_desk') LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SET ROLE %I', who);
	EXECUTE statement;
	RESET ROLE;
	RAISE WARNING '%: differ %, counted %, would be stale %', what, desk.differ(), desk.counted(), desk.stale();
	COMMIT;
	CALL desk.fold();
	IF desk.differ() + desk.stale() + desk.cards() > 0 OR desk.counted() <> '2025-11' THEN
		RAISE WARNING 'after folding: differ %, counted %, stale %', desk.differ(), desk.counted(), desk.stale();
	END IF;
END
$$;

-- Before anything is folded everything is counted; on the last day of October, and the first
-- of November, October runs; the day after that it is over.
CALL desk.at('2025-10-31 20:00');
SELECT desk.differ(), desk.counted();
CALL desk.fold();
SELECT desk.differ(), desk.counted();
CALL desk.at('2025-11-02 07:59:59');
CALL desk.fold();
SELECT desk.differ(), desk.counted();
CALL desk.at('2025-11-02 08:00');
CALL desk.fold();
SELECT desk.differ(), desk.counted(), desk.stale();
SELECT to_char(month_start, 'YYYY-MM') AS month, count(*) AS cells, sum(met_count) AS met, sum(breached_count) AS breached
FROM sla.compliance_monthly GROUP BY 1 ORDER BY 1;
SELECT count(*) AS marks FROM sla.rollup_mark WHERE month_start < '2025-11-01';

-- Seen from a day in September, September runs, and what was folded later is not yet known.
CALL desk.at('2025-09-20 12:00');
SELECT desk.differ(), desk.counted();
CALL desk.at('2025-11-03 12:00');

-- What is no business of the figures leaves them folded; everything else is counted at once.
CALL desk.act('another subject', $$UPDATE sla.ticket SET subject = 'x', channel = 'email' WHERE order_ref = 'R10'$$);
CALL desk.act('a note', $$SELECT sla.record(desk.id('R10'), 'follow_up', NULL, NULL, 'called')$$);
CALL desk.act('another owner', $$UPDATE sla.ticket SET owner = 'ru_qian' WHERE order_ref = 'R7'$$);
CALL desk.act('another department', $$UPDATE sla.ticket SET department = 'ru_store' WHERE order_ref IN ('R9', 'R60')$$);
CALL desk.act('an assignee', $$SELECT sla.record(desk.id('R12'), 'assigned', NULL, NULL, NULL, '{"set": {"assignee": "ru_zhao"}}')$$);
CALL desk.act('another urgency', $$SELECT sla.record(desk.id('R14'), 'changed', NULL, NULL, NULL, '{"set": {"urgency": "urgent"}}')$$);
CALL desk.act('a breach voided', $$
	SELECT sla.void_breach(b.ticket_id, b.target, b.cycle, b.due_at, b.kind, 'flood', 'ru_wang') FROM sla.breach b
	WHERE b.voided_at IS NULL AND b.binding AND b.kind = 'late' AND b.due_at < '2025-09-10' ORDER BY b.due_at LIMIT 1$$);
CALL desk.act('voided as lapsed', $$
	SELECT sla.void_breach(b.ticket_id, b.target, b.cycle, b.due_at, b.kind, 'flood', 'ru_wang', 'cancelled') FROM sla.breach b
	WHERE b.voided_at IS NULL AND b.kind = 'late' AND b.due_at BETWEEN '2025-10-10' AND '2025-10-20' ORDER BY b.due_at LIMIT 1$$);
CALL desk.act('an override alone', $$
	UPDATE sla.clock SET override = 'met' WHERE (ticket_id, target, cycle, seq) = (
		SELECT c.ticket_id, c.target, c.cycle, c.seq FROM sla.clocks c WHERE c.state = 'breached' AND c.binding
			AND c.due_at BETWEEN '2025-10-05' AND '2025-10-31' ORDER BY c.due_at, c.target LIMIT 1)$$);
CALL desk.act('the sweep after an outage', 'SELECT sla.sweep()', 'postgres');
CALL desk.act('a breach attributed', $$
	SELECT sla.attribute_breach(b.ticket_id, b.target, b.cycle, b.due_at, b.kind, 'customer', 'ru_wang') FROM sla.breach b
	WHERE b.voided_at IS NULL AND b.binding ORDER BY b.due_at LIMIT 1$$);
CALL desk.act('another supervisor', $$UPDATE sla.employee SET supervisor = 'ru_qian' WHERE employee = 'ru_li'$$, 'postgres');
CALL desk.act('the same supervisor', $$UPDATE sla.employee SET supervisor = 'ru_qian', name = 'Li' WHERE employee = 'ru_li'$$, 'postgres');
CALL desk.act('another head', $$UPDATE sla.department SET head = 'ru_zhao' WHERE department = 'ru_tech'$$, 'postgres');
CALL desk.act('a late stop', $$SELECT sla.record(c.ticket_id, 'resolved') FROM sla.clocks c
	WHERE c.target = 'resolve_urgent' AND c.overdue ORDER BY c.ticket_id LIMIT 1$$);

-- Recorded in November, effective in October: a stop within the window, one that was late, and a case of August.
CALL desk.at('2025-10-31 23:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, needs_department, owner) VALUES ('trading_company', 'late', 'complaint', 'urgent', false, 'ru_li');
CALL desk.at('2025-11-01 08:00');
CALL desk.fold();
SELECT sla.sweep() \g /dev/null
CALL desk.act('recorded within the window', $$SELECT sla.record(desk.id('late'), 'first_response', '2025-10-31 23:04')$$);
CALL desk.at('2025-11-03 12:00');
CALL desk.act('recorded after the window', $$SELECT sla.record(desk.id('late'), 'first_response', '2025-10-31 23:02')$$);
CALL desk.act('a case of August', $$INSERT INTO sla.ticket (policy, order_ref, type, urgency, owner, received_at)
	VALUES ('trading_company', 'old', 'complaint', 'urgent', 'ru_li', '2025-08-02 10:00')$$);
CALL desk.act('a case of another century', $$INSERT INTO sla.ticket (policy, order_ref, type, urgency, owner, received_at)
	VALUES ('trading_company', 'older', 'complaint', 'urgent', 'ru_li', '1999-03-31 23:59')$$);
SELECT month_start, is_folded FROM sla.rollup_months WHERE month_start < '2000-01-01' ORDER BY 1;

-- What purged tickets leave behind counts with the rest, folded or not.
CALL desk.act('a purged cell', $$INSERT INTO sla.compliance_rollup (month_start, source, policy, milestone, basis, department, met_count, breached_count)
	VALUES ('2025-09-01', 'purged', 'trading_company', 'resolve', 'binding', 'ru_tech', 40, 2);
	INSERT INTO sla.rollup_mark (ticket_id, month_start) VALUES (0, '2025-09-01')$$, 'postgres');
SELECT met_count, breached_count, compliance_rate FROM sla.compliance_monthly
WHERE month_start = '2025-09-01' AND department = 'ru_tech' AND milestone = 'resolve' AND urgency IS NULL;

-- A hundred acts at random, folded from time to time: never a row of difference.
SELECT setseed(0.75);
DO $$
DECLARE
	names text[] := '{first_response,assigned,plan_proposed,resolved,reported_to_supervisor,dept_responded,work_started,progress_to_customer,result_notified,reopened}';
	picked record;
	breach record;
	differences int := 0;
	counted int := 0;
	stale int := 0;
	refused int := 0;
	folds int := 0;
BEGIN
	FOR act IN 1..100 LOOP
		SELECT t.ticket_id, t.received_at INTO picked FROM sla.ticket t
		WHERE t.order_ref ~ '^R' ORDER BY random() LIMIT 1;
		SELECT b.* INTO breach FROM sla.breach b WHERE b.voided_at IS NULL AND b.kind <> 'process_violation' ORDER BY random() LIMIT 1;
		BEGIN
			-- A day after the case, or today.
			CALL desk.at(CASE WHEN random() < 0.6 THEN picked.received_at + random() * interval '1 day' ELSE '2025-11-03 12:00' END::text);
			IF random() < 0.45 THEN
				PERFORM sla.record(picked.ticket_id, names[1 + floor(random() * 10)::int], sla.now() - random() * (sla.now() - picked.received_at));
			ELSIF random() < 0.5 THEN
				UPDATE sla.ticket SET owner = (ARRAY['ru_li', 'ru_zhao', 'ru_qian', NULL])[1 + floor(random() * 4)::int],
					urgency = (ARRAY['normal', 'important', 'urgent'])[1 + floor(random() * 3)::int]
				WHERE ticket_id = picked.ticket_id;
			ELSIF random() < 0.5 THEN
				UPDATE sla.ticket SET department = (ARRAY['ru_service', 'ru_tech', 'ru_store'])[1 + floor(random() * 3)::int]
				WHERE ticket_id = picked.ticket_id;
			ELSIF random() < 0.4 THEN
				PERFORM sla.void_breach(breach.ticket_id, breach.target, breach.cycle, breach.due_at, breach.kind, 'chance', 'ru_wang',
					(ARRAY['met', 'cancelled'])[1 + floor(random() * 2)::int]);
			ELSIF random() < 0.8 THEN
				PERFORM sla.sweep();
			ELSE
				UPDATE sla.department SET head = (ARRAY['ru_wu', 'ru_chen', NULL])[1 + floor(random() * 3)::int] WHERE department = 'ru_tech';
			END IF;
		EXCEPTION WHEN OTHERS THEN
			refused := refused + 1;
		END;
		IF random() < 0.5 THEN
			CALL desk.at('2025-11-03 12:00');
		END IF;
		differences := differences + (desk.differ() > 0)::int;
		CALL desk.at('2025-11-03 12:00');
		stale := stale + (desk.stale() > 0)::int;
		counted := counted + (desk.counted() <> '2025-11')::int;
		COMMIT;
		IF random() < 0.3 THEN
			CALL desk.fold();
			folds := folds + (desk.counted() = '2025-11')::int;
			differences := differences + (desk.differ() + desk.stale() + desk.cards() > 0)::int;
		END IF;
	END LOOP;
	RAISE WARNING 'differences: %; more than forty counted: %, stale without: %, folds: %; under a fifth refused: %',
		differences, counted > 40, stale > 40, folds > 15, refused < 20;
END
$$;
SELECT sla.sweep() \g /dev/null
CALL desk.fold();
SELECT desk.counted();

-- A month that was folded rests before it is folded again, and is counted meanwhile.
UPDATE sla.ticket SET urgency = 'important' WHERE order_ref = 'S1';
SELECT sla._fold_months(sla.now()) AS folded, desk.counted(), desk.differ(), desk.stale() > 0 AS stale;
CALL desk.fold();

-- A month that cannot be folded is told, and keeps neither other months nor tickets from their sweep: it is counted.
ALTER TABLE sla.compliance_rollup ADD CONSTRAINT broken CHECK (month_start <> '2025-10-01') NOT VALID;
UPDATE sla.ticket SET urgency = CASE urgency WHEN 'urgent' THEN 'normal' ELSE 'urgent' END WHERE order_ref IN ('S1', 'R9');
SELECT sla._fold_months(sla.now(), '0') > 0 AS folded, desk.counted(), desk.differ();
SELECT severity, code, object, message, hint, message_zh FROM sla.health WHERE code = 'fold_failed';
UPDATE sla.sweep_state SET runs = 9;
SELECT busy FROM sla.sweep();
SELECT desk.counted(), desk.differ(), count(*) AS findings FROM sla.health WHERE code = 'fold_failed';
ALTER TABLE sla.compliance_rollup DROP CONSTRAINT broken;
CALL desk.fold();
SELECT desk.counted(), desk.differ(), desk.stale(), count(*) AS findings FROM sla.health WHERE code = 'fold_failed';

-- Every tenth sweep folds what is not folded.
UPDATE sla.rollup_month SET folded_at = NULL WHERE month_start = '2025-09-01';
UPDATE sla.sweep_state SET runs = 8;
SELECT sla.sweep() \g /dev/null
SELECT desk.counted(), desk.differ();
SELECT sla.sweep() \g /dev/null
SELECT desk.counted(), desk.differ();

-- Restored on a server whose transactions have smaller numbers, a month that waited is folded all the same.
UPDATE sla.rollup_month SET folded_at = NULL, closed_by = '18446744073709551000' WHERE month_start = '2025-08-01';
CALL desk.fold();
SELECT desk.counted(), desk.differ(), desk.stale();

-- Rows written past the triggers leave no mark, so that figures stay as they were folded, until the months are forgotten.
CREATE TABLE desk.past AS SELECT t.ticket_id FROM sla.ticket t WHERE t.order_ref LIKE 'R%' AND t.urgency = 'important';
SET session_replication_role = replica;
UPDATE sla.ticket t SET urgency = 'normal' FROM desk.past p WHERE p.ticket_id = t.ticket_id;
RESET session_replication_role;
SELECT desk.counted(), desk.differ() > 0 AS differs;
DELETE FROM sla.rollup_month;
SELECT sla.setup() IS NOT NULL AS done;
SELECT desk.counted(), desk.differ();
CALL desk.fold();
SELECT desk.counted(), desk.differ(), desk.stale();
-- As it was: the rest goes by what the events say.
SET session_replication_role = replica;
UPDATE sla.ticket t SET urgency = 'important' FROM desk.past p WHERE p.ticket_id = t.ticket_id;
RESET session_replication_role;
DELETE FROM sla.rollup_month;
SELECT sla.setup() IS NOT NULL AS done;
CALL desk.fold();

-- Marks are left in the owner's name, and only by the triggers of the owner's tables.
SET ROLE regress_desk;
INSERT INTO sla.rollup_mark (ticket_id, month_start) VALUES (0, '2025-09-01');
SELECT sla._fold_months(sla.now());
CREATE TEMP TABLE mine (override text, due_at timestamptz);
CREATE TRIGGER mark AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION sla._mark_months();
INSERT INTO mine VALUES ('met', now());
RESET ROLE;
DROP TABLE mine;

-- The month of a running clock is not marked in everyday work, and those of a bulk load once each.
RESET sla.now;
SELECT count(*) AS before FROM sla.rollup_mark \gset
INSERT INTO sla.ticket (policy, order_ref, type, urgency, owner) VALUES ('trading_company', 'today', 'complaint', 'urgent', 'ru_li');
SELECT sla.record(desk.id('today'), 'first_response') > 0 AS recorded;
UPDATE sla.ticket SET owner = 'ru_zhao', urgency = 'important' WHERE order_ref = 'today';
SELECT count(*) - :before AS marks FROM sla.rollup_mark;
INSERT INTO sla.ticket (policy, order_ref, type, urgency, owner, received_at)
SELECT 'trading_company', 'bulk', 'complaint', 'urgent', 'ru_li', '2025-06-10' FROM generate_series(1, 500);
SELECT count(*) - :before AS marks, min(month_start) FROM sla.rollup_mark;
-- Last year's rest is counted by today's time, in whatever zone the sweep happens to run.
SELECT desk.differ();
SET timezone = 'Pacific/Honolulu';
CALL desk.fold();
SELECT desk.differ(), count(*) AS rows_not_of_a_month FROM sla.rollup_month
WHERE extract(day FROM month_start) <> 1 OR closes_at <> (month_start + interval '1 month 1 day') AT TIME ZONE 'UTC';
SET timezone = 'Asia/Shanghai';

-- Years later the cases are archived, and some are purged: what is left of them is in the fold without a name, and the rest is
-- told by the clocks as before.
CALL desk.at('2029-03-01 12:00');
CALL sla.sweep_all();
CALL desk.fold();
SELECT desk.differ(), desk.counted(), desk.stale();
CREATE TABLE desk.told AS SELECT month_start, policy, milestone, basis, urgency, department, sum(met_count) AS met, sum(breached_count) AS breached
FROM sla.compliance_monthly GROUP BY 1, 2, 3, 4, 5, 6;
SELECT sla.archive() > 20 AS archived, desk.differ(), desk.cards();
-- Each was settled long ago, and penalties have been decided on.
UPDATE sla.breach SET settled_at = sla.now() WHERE settled_at IS NULL;
UPDATE sla.penalty SET status = 'waived', decided_at = sla.now(), decided_by = 'ru_wang' WHERE status = 'candidate';
CALL desk.at('2033-03-01 12:00');
SELECT object, row_count > 20 AS many FROM sla.purge(dry_run => false) WHERE object IN ('ticket', 'clock') ORDER BY 1;
SELECT desk.differ(), desk.cards(), desk.stale() > 0 AS stale;
CALL desk.fold();
SELECT desk.differ(), desk.cards(), desk.stale(), count(*) FILTER (WHERE source = 'purged') > 20 AS purged,
	count(*) FILTER (WHERE source = 'purged' AND employee IS NOT NULL) AS named, count(*) FILTER (WHERE source = 'live' AND employee IS NOT NULL) > 20 AS rest
FROM sla.compliance_rollup;
-- But for who did it the months say what they said.
SELECT count(*) AS changed FROM (
	SELECT month_start, policy, milestone, basis, urgency, department, sum(met_count), sum(breached_count) FROM sla.compliance_monthly
	WHERE month_start < '2025-11-01' GROUP BY 1, 2, 3, 4, 5, 6
	EXCEPT TABLE desk.told) x;
TRUNCATE sla.purged_ticket_facts, sla.purged_rating_facts, sla.purged_counts, sla.purge_log;
\set ECHO none
\i :end_desk

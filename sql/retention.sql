--
-- How long records are kept: archiving, legal hold, purging, and the figures that stay
-- (D1-40, D1-41, D7-28, D7-29, D15-08, D24-22; conflict C-13, preset row P1-20).
--
\set VERBOSITY terse
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
-- Ten reports over a handful of rows are asked again and again here: compiling them would take most of the time.
SET jit = off;
CREATE ROLE regress_keep_agent;
CREATE ROLE regress_keep_admin;
GRANT USAGE ON SCHEMA desk TO regress_keep_agent, regress_keep_admin;
GRANT SELECT ON ALL TABLES IN SCHEMA desk TO regress_keep_agent, regress_keep_admin;
SELECT sla.grant_access('agent', 'regress_keep_agent'), sla.grant_access('admin', 'regress_keep_admin') \g /dev/null
CREATE PROCEDURE desk.ticket(at text, called text, columns jsonb DEFAULT '{}') LANGUAGE plpgsql AS $$
BEGIN
	CALL desk.at(at);
	INSERT INTO sla.ticket (order_ref, policy, type, urgency, channel, owner, department, category, product, customer_tier,
		customer, subject, parent_ticket, repeat_of)
	SELECT called, coalesce(c.policy, 'keep'), 'complaint', 'normal', 'hotline', 'Chen', 'repair', 'power',
		coalesce(c.product, 'pump'), 'key', 'Li Wei of ' || called, 'pump of Li Wei of ' || called, desk.id(c.parent), desk.id(c.repeat)
	FROM jsonb_to_record(columns) AS c (policy text, product text, parent text, repeat text);
END
$$;
CREATE PROCEDURE desk.purge(at text, really boolean DEFAULT false, before text DEFAULT NULL, max_tickets integer DEFAULT 10000)
LANGUAGE plpgsql AS $$
DECLARE
	counts text;
BEGIN
	CALL desk.at(at);
	SELECT string_agg(p.object || ' ' || p.row_count, ', ') INTO counts
	FROM sla.purge(desk.moment(before), NOT really, max_tickets) p WHERE p.row_count > 0;
	RAISE WARNING '%', coalesce(counts, 'nothing');
END
$$;

-- A policy that keeps records for three years, one for ever, one that archives only what was rated.
INSERT INTO sla.employee (employee, department, supervisor) VALUES ('Chen', 'repair', 'Wang'), ('Wang', 'repair', NULL);
INSERT INTO sla.department (department, head) VALUES ('repair', 'Wang');
INSERT INTO sla.policy (policy, version, retention_years) VALUES ('keep', 1, 3), ('forever', 1, NULL), ('rated', 1, 1);
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role, binding, ladder)
SELECT p, 1, t.target, t.target, '{received}', t.stops, t.duration, '{agent}', t.binding, t.ladder
FROM unnest(ARRAY['keep', 'forever', 'rated']) p, (VALUES
	('first_response', ARRAY['first_response'], interval '00:10', true, 'L1'),
	('resolve', ARRAY['resolved'], interval '04:00', false, NULL)) AS t (target, stops, duration, binding, ladder);
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, nth_from, action)
SELECT p, 1, 'L1', '1', 'offence', 1, 'warning' FROM unnest(ARRAY['keep', 'forever', 'rated']) p;
INSERT INTO sla.event_rule (policy, version, rule, event, requires_events, mode)
VALUES ('rated', 1, 'survey_first', 'archived', '{rating_recorded}', 'enforce');
SELECT sla.publish_policy('keep', 1, '-infinity'), sla.publish_policy('forever', 1, '-infinity'), sla.publish_policy('rated', 1, '-infinity') \g /dev/null

SET ROLE regress_desk;
-- Answered late, reopened once and rated twice; answered in time; one that stays open.
CALL desk.ticket('09:00', 'late');
CALL desk.ticket('09:00', 'in time', '{"product": "valve"}');
CALL desk.ticket('09:00', 'open');
CALL desk.ticket('09:00', 'held');
CALL desk.ticket('09:00', 'forever', '{"policy": "forever"}');
CALL desk.ticket('09:00', 'unrated', '{"policy": "rated"}');
DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['in time', 'held', 'forever', 'unrated'] LOOP
		CALL desk.event('09:05', t, 'first_response', NULL,
			jsonb_build_object('why', 'Li Wei of ' || t || ' was told'), 'Chen');
		CALL desk.event('10:00', t, 'resolved');
		CALL desk.event('10:30', t, 'closed');
	END LOOP;
END
$$;
CALL desk.event('09:20', 'late', 'first_response');
CALL desk.event('10:00', 'late', 'resolved');
CALL desk.event('10:10', 'late', 'rating_recorded', NULL, '{"score": 2}');
CALL desk.event('10:20', 'late', 'reopened');
CALL desk.event('10:25', 'late', 'first_response');
CALL desk.event('15:00', 'late', 'resolved');
CALL desk.event('15:10', 'late', 'rating_recorded', NULL, '{"score": 5}');
CALL desk.event('15:30', 'late', 'closed');
CALL desk.ticket('09:00', 'fined', '{"policy": "rated"}');
CALL desk.event('09:20', 'fined', 'first_response');
CALL desk.event('09:30', 'fined', 'resolved');
CALL desk.event('09:40', 'fined', 'rating_recorded', NULL, '{"score": 4}');
CALL desk.event('09:40', 'fined', 'closed');
CALL desk.sweep('16:00');
SELECT * FROM desk.breaches('late');
SELECT * FROM desk.penalties('late');
SELECT * FROM desk.penalties('fined');
RESET ROLE;
INSERT INTO sla.cost_line (ticket_id, spent_on, kind, amount, department, employee, note)
VALUES (desk.id('late'), '2025-10-15', 'material', 80, 'repair', 'Chen', 'for Li Wei of late');
SET ROLE regress_desk;

-- Archiving at the beginning of the next month what was closed in the last one, in batches.
CALL desk.at('2025-11-01 00:30');
SELECT desk.t(archived_at) AS archived, count(*) FROM sla.ticket WHERE ticket_id > (SELECT last FROM desk.ticket_before) GROUP BY 1;
SELECT sla.archive('2025-11-01', 2) AS archived;
SELECT sla.archive('2025-11-01', 2) AS archived;
SELECT sla.archive('2025-11-01', 2) AS archived;
SELECT sla.archive('2025-11-01', 2) AS none_left;
SELECT order_ref, desk.t(closed_at) AS closed, desk.t(archived_at) AS archived, status FROM sla.ticket
WHERE ticket_id > (SELECT last FROM desk.ticket_before) ORDER BY ticket_id;
SELECT event, actor, desk.t(effective_at) AS at FROM sla.event WHERE ticket_id = desk.id('late') ORDER BY event_no DESC LIMIT 1;
SELECT * FROM desk.refold('%', '16:00');
-- What an event rule refuses is told, once, and does not hold the others up.
RESET ROLE;
SELECT severity, code, object, message, hint, ticket_id = desk.id('unrated') AS of_it, message_zh FROM sla.health WHERE code = 'archive_refused';
SET ROLE regress_desk;
CALL desk.event('2025-11-01 01:00', 'unrated', 'rating_recorded', NULL, '{"score": 4}');
SELECT sla.archive() AS left_out;
RESET ROLE;
SET ROLE regress_keep_admin;
DELETE FROM sla.finding WHERE code = 'archive_refused';
SELECT sla.archive() AS archived;
RESET ROLE;
SET ROLE regress_desk;
-- Reopening takes a case out of the archive; closed again, it comes back.
CALL desk.event('2025-11-02 09:00', 'in time', 'reopened');
SELECT status, archived_at FROM sla.ticket WHERE order_ref = 'in time';
CALL desk.event('2025-11-02 09:05', 'in time', 'first_response');
CALL desk.event('2025-11-02 09:06', 'in time', 'resolved');
CALL desk.event('2025-11-02 09:07', 'in time', 'closed');
CALL desk.at('2025-12-01 00:00');
CALL sla.archive_all('2025-12-01', 1);
SELECT sla.archive('2025-12-01') AS none_left;
SELECT desk.t(archived_at) AS archived FROM sla.ticket WHERE order_ref = 'in time';
-- The index: by month of closing, kind, tier and product.
SELECT month_start, policy, type, tier, product, category, item_count, archived_count, purged_count, last_archived_on
FROM sla.archive_index ORDER BY 1, 2, 5;
SELECT year_start, policy, product, month_count, item_count, archived_count FROM sla.archive_index_yearly ORDER BY 1, 2, 3;

-- A legal hold is a manager's, has a reason, and is an event.
SELECT sla.set_legal_hold(desk.id('held'), true, 'suit of 2025', 'Wang') AS held;
SELECT sla.set_legal_hold(desk.id('held'), true, 'again', 'Wang') AS held_already;
SELECT event, actor, note, details FROM sla.event WHERE ticket_id = desk.id('held') ORDER BY event_no DESC LIMIT 1;
SELECT status, legal_hold FROM sla.ticket WHERE order_ref = 'held';
SELECT * FROM desk.refold('held');
CALL desk.refused($$SELECT sla.set_legal_hold(desk.id('held'), false, NULL, 'Wang')$$);
CALL desk.refused($$SELECT sla.set_legal_hold(-1, false, 'r', 'Wang')$$);

-- Not before the end of the last day, in the policy's time zone.  A candidate keeps its ticket.
RESET ROLE;
SELECT t.order_ref, r.purge_after, r.is_due, r.kept_by FROM sla.retention_due r JOIN sla.ticket t USING (ticket_id)
WHERE ticket_id > (SELECT last FROM desk.ticket_before) ORDER BY t.ticket_id;
SET ROLE regress_keep_admin;
CALL desk.purge('2028-10-15 15:30');
CALL desk.purge('2028-11-02 09:06:59.999999');
CALL desk.purge('2028-11-02 09:07');
-- Earlier than now is possible, later is not.
CALL desk.purge('2030-01-01 00:00', before => '2028-11-02 09:06:59');
CALL desk.refused($$SELECT * FROM sla.purge(sla.now() + interval '1 second')$$);
CALL desk.refused($$SELECT * FROM sla.purge(NULL, true, 0)$$);
CALL desk.refused($$SELECT sla.archive(sla.now() + interval '1 second')$$);
CALL desk.refused($$SELECT sla.archive(NULL, 0)$$);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM sla.purge(NULL, true);
SELECT * FROM sla.purge(NULL, false);
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT sla.archive();
ROLLBACK;
BEGIN READ ONLY;
SELECT count(*) FROM sla.purge();
SELECT * FROM sla.purge(NULL, false);
ROLLBACK;
BEGIN READ ONLY;
SELECT sla.archive();
ROLLBACK;

-- Who may what.
DELETE FROM sla.ticket;
SELECT sla.set_legal_hold(1, false, 'r', 'me');
RESET ROLE;
SET ROLE regress_desk;
SELECT * FROM sla.purge();
DELETE FROM sla.ticket;
RESET ROLE;
SET ROLE regress_keep_agent;
SELECT sla.archive();
SELECT sla.set_legal_hold(1, false, 'r', 'me');
SELECT * FROM sla.purge();
SELECT * FROM sla._purge(NULL, false, 1, 'me');
UPDATE sla.ticket SET legal_hold = false;
RESET ROLE;

-- A penalty in force keeps its ticket for the policy's offence_window, a year, and a day.
CREATE FUNCTION desk.kept(at text) RETURNS TABLE (ticket text, kept_by text) LANGUAGE plpgsql AS $$
BEGIN
	CALL desk.at(at);
	RETURN QUERY SELECT t.order_ref, r.kept_by::text FROM sla.retention_due r JOIN sla.ticket t USING (ticket_id)
	WHERE r.is_due AND r.ticket_id > (SELECT last FROM desk.ticket_before) ORDER BY t.ticket_id;
END
$$;
SET ROLE regress_desk;
CALL desk.at('2025-12-01 12:00');
SELECT sla.confirm_penalty(desk.id('late'), 'L1', 'Chen', 'Wang') AS offence;
SELECT sla.confirm_penalty(desk.id('fined'), 'L1', 'Chen', 'Wang') AS offence;
RESET ROLE;
SELECT * FROM desk.kept('2026-10-16 09:09:59') WHERE ticket = 'fined';
SELECT * FROM desk.kept('2026-10-16 09:10') WHERE ticket = 'fined';
-- So does another candidate within a year of it, which would have to count it.
SELECT * FROM desk.penalties('open');
SELECT * FROM desk.kept('2028-12-01 00:00');
SET ROLE regress_desk;
SELECT sla.waive_penalty(desk.id('open'), 'L1', 'Chen', 'Wang', 'was ill');
RESET ROLE;
SELECT * FROM desk.kept('2028-12-01 00:00');
-- A document that is owed, or a breach that the sweep has not dealt with.
SET ROLE regress_desk;
CALL desk.ticket('2025-12-02 09:00', 'review');
RESET ROLE;
UPDATE sla.penalty SET document = 'self_review', duty_ticket = desk.id('review') WHERE ticket_id = desk.id('late');
SELECT * FROM desk.kept('2028-12-01 00:00') WHERE ticket = 'late';
SET ROLE regress_desk;
CALL desk.event('2025-12-02 09:05', 'review', 'first_response');
CALL desk.event('2025-12-02 10:00', 'review', 'document_filed');
RESET ROLE;
SELECT * FROM desk.kept('2028-12-01 00:00') WHERE ticket = 'late';
SET ROLE regress_desk;
CALL desk.event('2025-12-02 10:00', 'review', 'resolved');
CALL desk.event('2025-12-02 10:00', 'review', 'closed');
RESET ROLE;
UPDATE sla.penalty SET status = 'appealed', appealed_by = 'Chen', appealed_at = '2025-12-03' WHERE ticket_id = desk.id('late');
SELECT * FROM desk.kept('2028-12-01 00:00') WHERE ticket = 'late';
UPDATE sla.penalty SET status = 'effective' WHERE ticket_id = desk.id('late');
INSERT INTO sla.reward (ticket_id, reward, subject, scope, policy, policy_version, kind, created_at)
VALUES (desk.id('late'), 'praise', 'Chen', 'employee', 'keep', 1, 'commendation', '2025-12-03');
SELECT * FROM desk.kept('2028-12-01 00:00') WHERE ticket = 'late';
UPDATE sla.reward SET status = 'confirmed', decided_by = 'Wang', decided_at = '2025-12-04' WHERE ticket_id = desk.id('late');
UPDATE sla.breach SET settled_at = NULL WHERE ticket_id = desk.id('late');
SELECT * FROM desk.kept('2028-12-01 00:00') WHERE ticket = 'late';
UPDATE sla.breach SET settled_at = detected_at WHERE ticket_id = desk.id('late');

-- Tickets that refer to each other go together, and not while one that stays refers to them.
SET ROLE regress_desk;
CALL desk.ticket('2025-11-03 09:00', 'parent');
CALL desk.ticket('2025-11-03 09:00', 'child', '{"parent": "parent"}');
CALL desk.ticket('2025-11-03 09:00', 'grandchild', '{"repeat": "child"}');
CALL desk.ticket('2025-11-03 09:00', 'ring one');
CALL desk.ticket('2025-11-03 09:00', 'ring two', '{"parent": "ring one"}');
UPDATE sla.ticket SET repeat_of = desk.id('ring two') WHERE order_ref = 'ring one';
DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['parent', 'child', 'grandchild', 'ring one', 'ring two'] LOOP
		CALL desk.event('2025-11-03 09:01', t, 'first_response');
		CALL desk.event('2025-11-03 09:02', t, 'resolved');
		IF t <> 'grandchild' THEN
			CALL desk.event('2025-11-03 09:03', t, 'closed');
		END IF;
	END LOOP;
END
$$;
RESET ROLE;
SELECT * FROM desk.kept('2028-12-05 00:00');
SET ROLE regress_keep_admin;
CALL desk.purge('2028-12-05 00:00');
RESET ROLE;
SET ROLE regress_desk;
CALL desk.event('2025-11-04 09:00', 'grandchild', 'closed');
RESET ROLE;

-- Contact data, asked for once; the log outlives the ticket by what is left of a year.
CALL desk.at('2025-10-15 16:00');
SELECT sla.set_contact(desk.id('late'), 'Li Wei of late', '13800000000', 'li@example.com') \g /dev/null
CALL desk.at('2028-10-01 09:00');
SELECT name FROM sla.contact(desk.id('late'), 'to tell that the file is closed');

-- All monthly figures as they are before, with the months folded.
CREATE PROCEDURE desk.fold() LANGUAGE plpgsql AS $$
BEGIN
	-- A month waits for the transactions in progress, of which other databases may have some.
	FOR turn IN 1..1000 LOOP
		PERFORM sla._fold_months(sla.now(), '0');
		COMMIT;
		EXIT WHEN turn > 1 AND NOT EXISTS (SELECT FROM sla.rollup_months m WHERE NOT m.is_folded AND m.month_start BETWEEN '2025-10-01' AND '2025-12-01');
	END LOOP;
END
$$;
CALL desk.sweep('2028-12-05 00:00');
CALL desk.fold();
SELECT count(*) > 0 AS folded FROM sla.compliance_rollup WHERE source = 'live' AND employee = 'Chen';
CREATE FUNCTION desk.figures() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	report name;
	rest text;
BEGIN
	-- Every report by month, quarter or year, its rows by employee apart.  Four cannot be kept whole: on how
	-- many tickets a figure rests and kept promises by tier (both from verdicts_monthly), what records lack, and costs by the category of their ticket.
	FOR report, rest IN
		SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
			AND NOT (c.relname = 'figures_monthly' AND a.attname = 'case_count')
			AND NOT (c.relname = 'fairness_quarterly' AND a.attname IN ('met_count', 'breached_count', 'compliance_rate'))
		WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind = 'v' AND c.relname ~ '_(monthly|quarterly)$|^annual_summary$'
			AND c.relname NOT IN ('verdicts_monthly', 'record_completeness_monthly', 'service_project_monthly')
			AND NOT EXISTS (SELECT FROM pg_attribute e WHERE e.attrelid = c.oid AND e.attname = 'employee')
		GROUP BY c.relname ORDER BY c.relname
	LOOP
		RETURN QUERY EXECUTE format('SELECT %L || '' '' || to_jsonb(r)::text FROM (SELECT %s FROM sla.%I) r
			WHERE coalesce(to_jsonb(r)->>''dimension'', '''') <> ''employee''', report, rest, report);
	END LOOP;
	RETURN QUERY
	SELECT 'compliance_monthly ' || (month_start, policy, milestone, basis, urgency, department, sum(met_count), sum(breached_count))::text
	FROM sla.compliance_monthly GROUP BY month_start, policy, milestone, basis, urgency, department
	UNION ALL
	SELECT 'compliance_monthly_plain ' || (month_start, policy, milestone, basis, urgency, department, sum(met_count), sum(breached_count))::text
	FROM sla.compliance_monthly_plain GROUP BY month_start, policy, milestone, basis, urgency, department
	UNION ALL
	SELECT 'breach_pareto ' || r::text FROM sla.breach_pareto r WHERE dimension <> 'employee'
	UNION ALL
	SELECT 'archive_index ' || (month_start, policy, type, tier, product, category, item_count, archived_count)::text FROM sla.archive_index;
END
$$;
CREATE TABLE desk.figures_before AS SELECT f FROM desk.figures() f;
SELECT split_part(f, ' ', 1) AS report, count(*) FROM desk.figures_before GROUP BY 1 ORDER BY 1;
CREATE TABLE desk.due AS SELECT ticket_id FROM sla.ticket
WHERE order_ref IN ('late', 'in time', 'unrated', 'fined', 'review', 'parent', 'child', 'grandchild', 'ring one', 'ring two');

-- A dry run tells what the purge will do, and does nothing.  A purge goes on in the next call.
GRANT SELECT ON ALL TABLES IN SCHEMA desk TO regress_keep_admin;
CREATE FUNCTION desk.everything() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
	part regclass;
	rows bigint;
	total bigint := 0;
BEGIN
	FOR part IN SELECT c.oid FROM pg_class c WHERE relnamespace = 'sla'::regnamespace AND relkind = 'r' LOOP
		EXECUTE format('SELECT count(*) FROM %s', part) INTO rows;
		total := total + rows;
	END LOOP;
	RETURN total;
END
$$;
SET ROLE regress_keep_admin;
SELECT desk.everything() AS rows_before \gset
CALL desk.purge('2028-12-05 00:00');
SELECT desk.everything() = :rows_before AS nothing_done;
CALL desk.purge('2028-12-05 00:00', true, max_tickets => 3);
CALL desk.purge('2028-12-05 00:00', true);
CALL desk.purge('2028-12-05 00:00', true);
SELECT purged_by, desk.t(purged_at) AS purged, ticket_count, access_count FROM sla.purge_log ORDER BY purge_no;
RESET ROLE;
SELECT order_ref FROM sla.ticket WHERE ticket_id > (SELECT last FROM desk.ticket_before) ORDER BY ticket_id;

-- Nothing of them is left but the log of who looked at the contact, and no word about a person.
CREATE FUNCTION desk.traces(pattern text) RETURNS TABLE (part regclass, rows bigint) LANGUAGE plpgsql AS $$
BEGIN
	FOR part IN SELECT c.oid FROM pg_class c WHERE relnamespace = 'sla'::regnamespace AND relkind = 'r' ORDER BY relname LOOP
		IF pattern IS NOT NULL THEN
			EXECUTE format('SELECT count(*) FROM %s t WHERE to_jsonb(t)::text LIKE %L', part, '%' || pattern || '%') INTO rows;
		ELSIF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = part AND a.attname = 'ticket_id') THEN
			EXECUTE format('SELECT count(*) FROM %s t WHERE t.ticket_id IN (SELECT d.ticket_id FROM desk.due d)', part) INTO rows;
		ELSE
			CONTINUE;
		END IF;
		IF rows > 0 THEN
			RETURN NEXT;
		END IF;
	END LOOP;
END
$$;
SELECT * FROM desk.traces(NULL) WHERE part <> 'sla.rollup_mark'::regclass; -- taken away by the next fold
SELECT * FROM desk.traces('Li Wei of held') WHERE part = 'sla.ticket'::regclass;
SELECT * FROM desk.traces('Li Wei of late');
SELECT * FROM desk.traces('Li Wei of in time');
SELECT * FROM desk.traces('13800000000');
SELECT ticket_id, employee, note, department, amount FROM sla.cost_line;
SELECT count(*) AS people FROM sla.compliance_rollup WHERE source = 'purged' AND employee IS NOT NULL;

-- The figures are the same, while the months that were folded are counted anew and when they are folded again.
CREATE VIEW desk.changed AS
	(SELECT 'gone' AS what, f FROM desk.figures_before EXCEPT ALL SELECT 'gone', f FROM desk.figures() f)
	UNION ALL
	(SELECT 'new', f FROM desk.figures() f EXCEPT ALL SELECT 'new', f FROM desk.figures_before);
SELECT * FROM desk.changed;
SELECT bool_and(is_folded) AS folded FROM sla.rollup_months WHERE month_start IN ('2025-10-01', '2025-11-01');
CALL desk.fold();
SELECT bool_and(is_folded) AS folded FROM sla.rollup_months WHERE month_start IN ('2025-10-01', '2025-11-01');
SELECT * FROM desk.changed;
SELECT employee, sum(met_count) AS met, sum(breached_count) AS breached FROM sla.compliance_monthly GROUP BY 1 ORDER BY 1;
SELECT month_start, policy, product, item_count, archived_count, purged_count FROM sla.archive_index ORDER BY 1, 2, 3;
-- A second purge adds to what is there.
SET ROLE regress_desk;
CALL desk.at('2028-12-05 02:00');
SELECT sla.set_legal_hold(desk.id('held'), false, 'suit settled', 'Wang') AS released;
RESET ROLE;
SET ROLE regress_keep_admin;
CALL desk.purge('2028-12-05 02:00', true);
RESET ROLE;
SELECT * FROM desk.changed;
SELECT month_start, policy, milestone, basis, met_count, breached_count FROM sla.compliance_rollup WHERE source = 'purged' ORDER BY 1, 2, 3;

-- A year after it was written, the log of a ticket that is gone goes, too; of one that is there it stays.
CALL desk.at('2028-12-05 03:00');
SELECT sla.set_contact(desk.id('open'), 'Li Wei of open') \g /dev/null
SELECT action, desk.t(accessed_at) AS at, purpose FROM sla.access_log ORDER BY access_no;
SET ROLE regress_keep_admin;
CALL desk.purge('2029-10-01 08:59:59', true);
CALL desk.purge('2029-10-01 09:00:01', true);
CALL desk.purge('2031-10-01 09:00:01', true);
RESET ROLE;
SELECT action, desk.t(accessed_at) AS at FROM sla.access_log ORDER BY access_no;

-- Scheduled duties: figures stay the same, too.  What was opened once stays known, and for whom cannot be read.
CREATE TABLE desk.plan (subject text, period text, opens_at timestamptz, due_at timestamptz);
INSERT INTO desk.plan
SELECT 'Zhao ' || w, '2031-12', '2031-12-01 00:00', '2031-12-02 12:00' FROM unnest('{punctual,late,missed,moved}'::text[]) w;
INSERT INTO sla.policy (policy, version, retention_years) VALUES ('visits', 1, 3);
INSERT INTO sla.duty (policy, version, duty, title, clause, department, source)
VALUES ('visits', 1, 'visit', 'visit of a customer', 'X-1', 'repair', 'desk.plan');
INSERT INTO sla.duty (policy, version, duty, title, clause, department, every, anchor, due_after, subjects)
VALUES ('visits', 1, 'inventory', 'stock-take', 'X-2', 'repair', '10 years', '2031-12-01', '2 days', '{Zhao north,Zhao south}');
INSERT INTO sla.target (policy, version, target, milestone, duty, stops_on, due_column, responsible_role, binding)
VALUES ('visits', 1, 'visit', 'filed', 'visit', '{visit_done}', 'due_at', '{dept_handler}', true),
	('visits', 1, 'inventory', 'filed', 'inventory', '{stocktake_done}', 'due_at', '{dept_handler}', true);
CALL desk.at('2031-11-30 12:00');
SELECT sla.publish_policy('visits', 1, '-infinity') \g /dev/null
CALL desk.sweep('2031-12-01 00:05');
UPDATE sla.ticket SET order_ref = subject_key WHERE policy = 'visits';
DELETE FROM desk.plan WHERE subject = 'Zhao moved';
CALL desk.sweep('2031-12-01 00:10');
SET ROLE regress_desk;
CALL desk.event('2031-12-02 11:00', 'Zhao punctual', 'visit_done');
CALL desk.event('2031-12-02 11:00', 'Zhao north', 'stocktake_done');
CALL desk.sweep('2031-12-04 09:00');
CALL desk.event('2031-12-04 09:00', 'Zhao late', 'visit_done');
CALL desk.event('2031-12-04 09:00', 'Zhao missed', 'closed');
CALL desk.event('2031-12-04 09:00', 'Zhao south', 'stocktake_done');
RESET ROLE;
CALL desk.sweep('2034-12-04 09:00');
SELECT order_ref, status, desk.t(closed_at) AS closed FROM sla.ticket WHERE policy = 'visits' ORDER BY order_ref;
CREATE VIEW desk.filed AS
SELECT month_start, duty, title, clause, due_count AS due, filed_count AS filed, on_time_count AS on_time, late_count AS late,
	missing_count AS missing, on_time_rate AS rate
FROM sla.filing_compliance_monthly WHERE policy = 'visits' ORDER BY duty;
SELECT * FROM desk.filed;
TRUNCATE desk.figures_before;
INSERT INTO desk.figures_before SELECT f FROM desk.figures() f;
SELECT count(*) > 0 AS known FROM desk.traces('Zhao') WHERE part = 'sla.duty_run'::regclass;
SET ROLE regress_keep_admin;
CALL desk.purge('2034-12-04 09:00', true, max_tickets => 2);
RESET ROLE;
SELECT * FROM desk.filed;
SELECT * FROM desk.changed;
SET ROLE regress_keep_admin;
CALL desk.purge('2034-12-04 09:00', true);
RESET ROLE;
SELECT * FROM desk.filed;
SELECT * FROM desk.changed;
-- Of the warehouses it is the policy that tells.
SELECT * FROM desk.traces('Zhao');
SELECT duty, subject_key, period, desk.t(starts_at) AS starts, withdrawn_at FROM sla.duty_run WHERE policy = 'visits' ORDER BY duty, subject_key;
-- Nothing is opened again, though the source still has it; only what was withdrawn, if it comes back.
UPDATE sla.duty SET active = false WHERE policy = 'visits';
UPDATE sla.duty SET active = true, active_since = '2031-11-30' WHERE policy = 'visits';
SELECT subject, period FROM desk.plan ORDER BY subject;
CALL desk.sweep('2034-12-04 09:01');
SELECT order_ref, subject_key FROM sla.ticket WHERE policy = 'visits';
INSERT INTO desk.plan VALUES ('Zhao moved', '2031-12', '2031-12-01 00:00', '2034-12-31 12:00'), ('Zhao new', '2031-12', '2031-12-01 00:00', '2034-12-31 12:00');
CALL desk.sweep('2034-12-04 09:02');
CALL desk.sweep('2034-12-04 09:03');
SELECT t.subject_key, t.status, desk.t(t.due_at) AS due, k.withdrawn_at FROM sla.ticket t JOIN sla.duty_run k USING (ticket_id)
WHERE t.policy = 'visits' ORDER BY 1;
DELETE FROM sla.duty_run WHERE policy = 'visits';

-- Closed on 29 February, a year is over on the 28th; a policy that keeps for ever, and a ticket of none, never.
UPDATE sla.ticket SET closed_at = '2028-02-29 12:00', policy = 'rated' WHERE order_ref = 'open';
SELECT r.purge_after FROM sla.retention_due r WHERE r.ticket_id = desk.id('open');
SELECT count(*) FROM sla.retention_due r WHERE r.ticket_id = desk.id('forever');

TRUNCATE sla.purge_log, sla.purged_ticket_facts, sla.purged_rating_facts, sla.purged_counts, sla.access_log, sla.cost_line;
DROP OWNED BY regress_keep_agent, regress_keep_admin;
\set ECHO none
\i :end_desk
DROP ROLE regress_keep_agent, regress_keep_admin;

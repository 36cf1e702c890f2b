--
-- Who may know what: contact data, row security by department, what a customer is told
-- (D1-42, D1-48, D1-51, D2-34, D2-39, D2-41, D4-14, D6-05; conflict C-25; rule K-5).
--
\set VERBOSITY terse
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
\set SHOW_CONTEXT never

-- Two departments with their heads, a sub-department, a supervisor from elsewhere, somebody who sees
-- everything, a login of many, one that has left, one that is no employee, one that reads figures,
-- one that administers.
INSERT INTO sla.department (department, head, parent) VALUES ('A', 'ha', NULL), ('A1', 'h1', 'A'), ('B', 'hb', NULL);
INSERT INTO sla.employee (employee, login, department, supervisor, roles, active)
SELECT e, 'regress_conf_' || e, d, s, r::text[], a FROM (VALUES
	('a1', 'A', 'sa', '{}', true), ('ha', 'A', NULL, '{}', true), ('h1', 'A1', NULL, '{}', true), ('sa', 'C', NULL, '{}', true),
	('b1', 'B', NULL, '{}', true), ('hb', 'B', NULL, '{}', true), ('qm', NULL, NULL, '{quality_monitor}', true),
	('app', NULL, NULL, '{application}', true), ('left', 'A', NULL, '{hr}', false)) AS e (e, d, s, r, a);
DO $$
DECLARE
	part text;
BEGIN
	FOREACH part IN ARRAY ARRAY['a1', 'ha', 'h1', 'sa', 'b1', 'hb', 'qm', 'app', 'left', 'nobody', 'bi', 'ad'] LOOP
		EXECUTE format('CREATE ROLE regress_conf_%s', part);
		EXECUTE format('GRANT USAGE ON SCHEMA desk TO regress_conf_%s', part);
		EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA desk TO regress_conf_%s', part);
		PERFORM sla.grant_access(CASE WHEN part IN ('ha', 'hb') THEN 'manager' WHEN part = 'bi' THEN 'reader' WHEN part = 'ad' THEN 'admin' ELSE 'agent' END,
			'regress_conf_' || part);
	END LOOP;
END
$$;
-- No two employees are the same role.
INSERT INTO sla.employee (employee) VALUES ('regress_conf_a1');

INSERT INTO sla.policy (policy, version, retention_years) VALUES ('conf', 1, 3);
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role, binding, ladder) VALUES
	('conf', 1, 'first_response', 'first_response', '{received}', '{first_response}', '00:10', '{agent}', true, 'L1'),
	('conf', 1, 'report', 'report_supervisor', '{received}', '{reported_to_supervisor}', '00:15', '{agent}', true, NULL),
	('conf', 1, 'resolve', 'resolve', '{received}', '{resolved}', '04:00', '{agent}', true, NULL);
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, nth_from, action) VALUES ('conf', 1, 'L1', '1', 'offence', 1, 'warning');
INSERT INTO sla.escalation_step (policy, version, target, level, after, roles) VALUES ('conf', 1, '*', 1, '0', '{agent}');
SELECT sla.publish_policy('conf', 1, '-infinity') \g /dev/null
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, type, urgency, category, department, departments, owner, assignee, acceptor, customer, subject)
SELECT 'conf', t.ref, 'complaint', 'normal', 'new', t.dept, t.depts::text[], t.owner, t.assignee, t.acceptor, t.ref || ' Ltd.', 'secret of ' || t.ref
FROM (VALUES
	('own', 'A', NULL, 'a1', NULL, NULL), ('below', 'A1', NULL, NULL, NULL, NULL), ('other', 'B', NULL, 'b1', NULL, NULL),
	('shared', 'B', '{A,B}', 'b1', NULL, NULL), ('handled', 'B', NULL, NULL, 'a1', NULL), ('taken', NULL, NULL, NULL, NULL, 'a1'),
	('free', NULL, NULL, NULL, NULL, NULL)) AS t (ref, dept, depts, owner, assignee, acceptor);
INSERT INTO sla.ticket (policy, order_ref, type, duty, subject_key, department, due_at, subject)
VALUES ('conf', 'report', 'duty', 'report', 'store of B', 'B', '2025-10-20', 'secret of report');
CALL desk.event('09:20', 'other', 'first_response', NULL, '{"told": "secret of other"}', 'b1');
CALL desk.event('09:20', 'shared', 'first_response', NULL, '{}', 'b1');
CALL desk.event('09:30', 'other', 'resolved');
CALL desk.event('09:30', 'other', 'closed');
CALL desk.sweep('10:00');
INSERT INTO sla.cost_line (ticket_id, spent_on, kind, amount, department, note)
VALUES (desk.id('other'), '2025-10-15', 'material', 80, 'B', 'secret of other'), (NULL, '2025-10-15', 'other', 5, 'B', 'secret of B'),
	(NULL, '2025-10-15', 'other', 6, 'A', 'of A'), (NULL, '2025-10-15', 'other', 7, NULL, 'of nobody');
INSERT INTO sla.reward (ticket_id, reward, subject, scope, policy, policy_version, kind, created_at)
VALUES (desk.id('other'), 'praise', 'b1', 'employee', 'conf', 1, 'commendation', sla.now());
-- A duty may be about a customer; a period's case file is no department's.
INSERT INTO sla.duty_run (policy, duty, subject_key, period, ticket_id, starts_at, opened_at)
SELECT 'conf', r.duty, r.subject, r.period, desk.id(r.ref), sla.now(), sla.now() FROM (VALUES
	('visit', 'secret of own', 'week of own', 'own'), ('visit', 'secret of other', 'week of other', 'other'),
	('report', 'secret of report', 'week of report', 'report'), ('assessment', '', '2025-09', 'free')) AS r (duty, subject, period, ref);

-- Contact data
SET ROLE regress_conf_a1;
SELECT sla.set_contact(desk.id('own'), 'Li Wei', '13800000000', 'li@example.com', 'Nanjing Rd. 1', '{"wechat": "liwei"}');
SELECT * FROM sla.contact(desk.id('own'), 'to call back');
-- Null keeps, an empty string takes away.
SELECT sla.set_contact(desk.id('own'), phone => '', address => 'Nanjing Rd. 2', other => '{}');
SELECT * FROM sla.contact(desk.id('own'), 'to see what is left');
-- The table and the log are for nobody.
SELECT * FROM sla.contact;
SELECT * FROM sla.access_log;
INSERT INTO sla.contact (ticket_id, changed_at, changed_by) VALUES (1, now(), 'me');
DELETE FROM sla.access_log;
-- The owner's supervisor and the head of the department need it, another department does not, nor who has left.
SET ROLE regress_conf_sa;
SELECT name FROM sla.contact(desk.id('own'), 'complaint about the agent');
SET ROLE regress_conf_ha;
SELECT name FROM sla.contact(desk.id('own'), 'inspection');
SELECT count(*) AS no_contact_yet FROM sla.contact(desk.id('below'), 'inspection of the sub-department');
SET ROLE regress_conf_qm;
SELECT name FROM sla.contact(desk.id('own'), 'survey');
SET ROLE regress_conf_b1;
CALL desk.refused($$SELECT * FROM sla.contact(desk.id('own'), 'curiosity')$$);
CALL desk.refused($$SELECT sla.set_contact(desk.id('own'), 'Mr. Nobody')$$);
CALL desk.refused($$SELECT sla.record_disclosure(desk.id('own'), 'press', 'curiosity', 'none')$$);
SET ROLE regress_conf_left;
CALL desk.refused($$SELECT * FROM sla.contact(desk.id('own'), 'memories')$$);
SET ROLE regress_conf_nobody;
CALL desk.refused($$SELECT * FROM sla.contact(desk.id('own'), 'curiosity')$$);
SET ROLE regress_conf_bi;
SELECT * FROM sla.contact(1, 'statistics');
-- Entered first by whoever sees the ticket, changed by who needs it.
SET ROLE regress_conf_b1;
SELECT sla.set_contact(desk.id('free'), 'Zhang');
CALL desk.refused($$SELECT sla.set_contact(desk.id('free'), 'Wang')$$);
-- What is refused.
SET ROLE regress_conf_a1;
CALL desk.refused($$SELECT * FROM sla.contact(desk.id('own'), NULL)$$);
CALL desk.refused($$SELECT * FROM sla.contact(desk.id('own'), E' \n')$$);
CALL desk.refused($$SELECT * FROM sla.contact(NULL, 'nothing')$$);
CALL desk.refused($$SELECT * FROM sla.contact(-1, 'nothing')$$);
CALL desk.refused($$SELECT sla.set_contact(-1, 'Li')$$);
CALL desk.refused($$SELECT sla.set_contact(desk.id('own'), other => '[]')$$);
BEGIN READ ONLY;
SELECT * FROM sla.contact(desk.id('own'), 'where it cannot be written down');
ROLLBACK;
-- Passing data on takes the customer's consent, or a legal basis.
CALL desk.refused($$SELECT sla.record_disclosure(desk.id('own'), 'carrier', 'delivery')$$);
SELECT sla.record_disclosure(desk.id('own'), 'court', 'evidence', 'order 2025-17');
SELECT sla.set_contact(desk.id('own'), disclosure_consent => true);
SELECT sla.record_disclosure(desk.id('own'), 'carrier', 'delivery');
SELECT sla.set_contact(desk.id('own'), disclosure_consent => false);
CALL desk.refused($$SELECT sla.record_disclosure(desk.id('own'), 'carrier', 'delivery')$$);
CALL desk.refused($$SELECT sla.record_disclosure(desk.id('own'), '', 'delivery')$$);
SELECT name, disclosure_consent, desk.t(consent_at) AS consent_at FROM sla.contact(desk.id('own'), 'to check the consent');
-- A read that is taken back leaves no trace.
BEGIN;
SELECT count(*) FROM sla.contact(desk.id('own'), 'and never mind');
ROLLBACK;
-- Managers see who has looked, and agents do not.
SELECT * FROM sla.contact_access_report;
SET ROLE regress_conf_ha;
SELECT role_name, employee, department, action, purpose, third_party, legal_basis, is_contact_kept
FROM sla.contact_access_report ORDER BY access_no;
RESET ROLE;
SELECT DISTINCT login_name = session_user AS logged_in FROM sla.access_log;
SELECT name FROM sla.contact(desk.id('own'), 'the owner of the tables is written down, too');
SELECT role_name = current_user AS by_me, purpose FROM sla.access_log ORDER BY access_no DESC LIMIT 1;
SET ROLE regress_conf_b1;
SELECT sla.set_contact(desk.id('other'), 'secret of other') \g /dev/null

-- Who needs to know what
RESET ROLE;
CREATE FUNCTION desk.known(which text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	EXECUTE format('SELECT string_agg(t.order_ref, '', '' ORDER BY t.ticket_id) FROM desk.refs t JOIN sla.%I USING (ticket_id)', which) INTO found;
	RETURN found;
END
$$;
CREATE TABLE desk.refs AS SELECT ticket_id, order_ref FROM sla.ticket WHERE ticket_id > (SELECT last FROM desk.ticket_before);
CREATE PROCEDURE desk.know(which text DEFAULT 'ticket') LANGUAGE plpgsql AS $$
DECLARE
	who text;
	what text;
BEGIN
	FOREACH who IN ARRAY ARRAY['a1', 'ha', 'h1', 'sa', 'b1', 'hb', 'qm', 'app', 'left', 'nobody'] LOOP
		EXECUTE format('SET LOCAL ROLE regress_conf_%s', who);
		what := desk.known(which);
		RESET ROLE;
		RAISE WARNING '%: %', who, coalesce(what, '-');
	END LOOP;
END
$$;
DO $$
DECLARE
	part text;
BEGIN
	FOREACH part IN ARRAY ARRAY['a1', 'ha', 'h1', 'sa', 'b1', 'hb', 'qm', 'app', 'left', 'nobody', 'bi'] LOOP
		EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA desk TO regress_conf_%s', part);
	END LOOP;
END
$$;
CALL desk.know('my_tickets');

-- Everything that a role may read, searched for a ticket's number and for a word of it.
CREATE FUNCTION desk.leaks(ticket text, word text) RETURNS TABLE (relation text, rows bigint) LANGUAGE plpgsql AS $$
DECLARE
	columns text;
BEGIN
	FOR relation, columns IN
		SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
			AND has_column_privilege(c.oid, a.attnum, 'SELECT')
		GROUP BY c.relname ORDER BY c.relname COLLATE "C"
	LOOP
		EXECUTE format('SELECT count(*) FROM (SELECT %s FROM sla.%I) x WHERE to_jsonb(x)->>''ticket_id'' = $1 OR to_jsonb(x)::text LIKE $2',
			columns, relation) INTO rows USING (SELECT r.ticket_id::text FROM desk.refs r WHERE r.order_ref = ticket), '%' || word || '%';
		IF rows > 0 THEN
			RETURN NEXT;
		END IF;
	END LOOP;
END
$$;
-- There is something to find: a row in every table whose rows belong to a ticket.
SELECT t.table_name AS empty FROM sla._policed_tables() t
WHERE NOT EXISTS (SELECT FROM desk.leaks('other', 'secret of other') l WHERE l.relation = t.table_name);
-- An agent of department A finds the ticket of B in
SET ROLE regress_conf_a1;
SELECT relation FROM desk.leaks('other', 'secret of other') UNION SELECT relation FROM desk.leaks('report', 'secret of report') ORDER BY 1;
RESET ROLE;
SELECT sla.enable_row_security();
-- and now in nothing.
SET ROLE regress_conf_a1;
SELECT * FROM desk.leaks('other', 'secret of other');
SELECT * FROM desk.leaks('report', 'secret of report');
SELECT relation, rows > 0 AS own_ones FROM desk.leaks('own', 'secret of own');
-- B's head finds it, and A's head does not.
SET ROLE regress_conf_hb;
SELECT relation FROM desk.leaks('other', 'secret of other');
SET ROLE regress_conf_ha;
SELECT relation FROM desk.leaks('other', 'secret of other');
-- Of what was opened for a duty each sees the department's own, and which periods have a case file; an administrator sees all.
SELECT duty, subject_key, period FROM sla.duty_run WHERE policy = 'conf' ORDER BY duty, subject_key;
SET ROLE regress_conf_hb;
SELECT duty, subject_key, period FROM sla.duty_run WHERE policy = 'conf' ORDER BY duty, subject_key;
SET ROLE regress_conf_ad;
SELECT count(*) AS runs FROM sla.duty_run WHERE policy = 'conf';
-- Of the findings each sees those on the own tickets, those on penalties that he sees, and those about no ticket.
RESET ROLE;
CALL desk.at('10:00');
BEGIN;
INSERT INTO sla.finding (ticket_id, code, object, message, found_at)
SELECT CASE f.ref WHEN '' THEN 0 ELSE desk.id(f.ref) END, f.code, f.object, f.message, sla.now() FROM (VALUES
	('own', 'condition_failed', 'conf/both', 'of both'), ('other', 'condition_failed', 'conf/both', 'of both'),
	('other', 'condition_failed', 'conf/theirs', 'secret of B'), ('report', 'condition_failed', 'conf/theirs', 'secret of B'),
	('other', 'role_unresolved', 'conf/one of theirs', 'secret of B'), ('', 'duty_source_rows', 'conf/visit', 'of no ticket')
) AS f (ref, code, object, message);
-- Offences that were counted after one that is waived now: one of B, one of A, and one of A's employee on a ticket of B.
INSERT INTO sla.penalty (ticket_id, ladder, employee, policy, policy_version, status, step, action, offence_no, counted_tickets,
	first_due_at, breach_count, created_at, decided_by, decided_at)
SELECT desk.id(p.ref), 'conf', p.employee, 'conf', 1, p.status, '1', 'warning', p.no, ARRAY[desk.id(p.counted)], sla.now(), 1, sla.now(), 'qm', sla.now()
FROM (VALUES ('other', 'b1', 'effective', 2, 'shared'), ('shared', 'b1', 'waived', 1, NULL), ('own', 'a1', 'effective', 2, 'handled'),
	('handled', 'a1', 'waived', 1, NULL), ('report', 'a1', 'effective', 3, 'handled')) AS p (ref, employee, status, no, counted);
SELECT sla.grant_access('manager', 'regress_conf_qm') \g /dev/null
GRANT TEMPORARY ON DATABASE :DBNAME TO regress_conf_ha;
CREATE VIEW pg_temp.told AS
SELECT h.code, h.object, regexp_replace(h.message, 'ticket \d+', 'ticket N', 'g') AS message, r.order_ref
FROM sla.health h LEFT JOIN desk.refs r USING (ticket_id)
WHERE h.code IN ('condition_failed', 'role_unresolved', 'duty_source_rows', 'offence_overtaken') AND (h.object LIKE 'conf/%' OR h.object IN ('a1', 'b1'));
GRANT SELECT ON pg_temp.told TO PUBLIC;
SET LOCAL ROLE regress_conf_ha;
SELECT * FROM pg_temp.told ORDER BY code, object, order_ref;
-- Nor is a function told that is asked about the rows.
CREATE FUNCTION pg_temp.tell(message text) RETURNS boolean LANGUAGE plpgsql STABLE COST 0.0001 AS $$
BEGIN
	IF message ~ 'secret|"b1"' THEN
		RAISE WARNING 'told';
	END IF;
	RETURN true;
END
$$;
SELECT count(*) > 0 AS findings FROM sla.health WHERE pg_temp.tell(message) AND pg_temp.tell('"' || object || '"');
SET LOCAL ROLE regress_conf_hb;
SELECT * FROM pg_temp.told ORDER BY code, object, order_ref;
-- Whoever sees all is told all, and whoever watches the engine and reads no ticket.
SET LOCAL ROLE regress_conf_qm;
SELECT count(*) AS told FROM pg_temp.told;
SET LOCAL ROLE regress_conf_ad;
SELECT count(*) AS told FROM pg_temp.told;
ROLLBACK;
-- A manager who sees all assesses a month, and does so again; one who does not finds that there is a file, and opens no second one.
RESET ROLE;
CALL desk.at('09:00');
BEGIN;
INSERT INTO sla.policy (policy, version) VALUES ('conf_month', 1);
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role, binding) VALUES
	('conf_month', 1, 'resolve', 'resolve', '{received}', '{resolved}', '04:00', '{agent}', true);
INSERT INTO sla.reward_rule (policy, version, reward, trigger, metric, at_least, scope, kind) VALUES
	('conf_month', 1, 'punctual', 'metric', 'on_time_rate', 1, 'employee', 'commendation');
SELECT sla.publish_policy('conf_month', 1, '-infinity') \g /dev/null
SELECT sla.grant_access('manager', 'regress_conf_qm') \g /dev/null
CALL desk.at('2025-12-01 09:00');
SET LOCAL ROLE regress_conf_qm;
SELECT sla.assess('[2025-10-01,2025-11-01)') AS candidates;
SELECT sla.assess('[2025-10-01,2025-11-01)') AS candidates;
SET LOCAL ROLE regress_conf_ha;
CALL desk.refused($$SELECT sla.assess('[2025-10-01,2025-11-01)')$$);
SELECT policy, period FROM sla.duty_run WHERE policy LIKE 'conf%' AND duty = 'assessment' ORDER BY 1, 2;
ROLLBACK;
CALL desk.at('10:00');
-- Whoever reads reports reads them all.
SET ROLE regress_conf_bi;
SELECT count(*) FROM sla.ticket_facts JOIN desk.refs USING (ticket_id);
SELECT count(*) > 0 AS breaches, (SELECT count(*) > 0 FROM sla.penalty_register) AS penalties FROM sla.breach_list;
RESET ROLE;
CALL desk.know();
CALL desk.know('clocks');
CALL desk.know('event');
CALL desk.know('ticket_progress');
CALL desk.know('duty_board');

-- What is not seen does not exist.
SET ROLE regress_conf_a1;
CALL desk.refused($$SELECT sla.record((SELECT ticket_id FROM desk.refs WHERE order_ref = 'other'), 'resolved')$$);
CALL desk.refused($$SELECT sla.rate((SELECT ticket_id FROM desk.refs WHERE order_ref = 'other'), 1)$$);
CALL desk.refused($$SELECT * FROM sla.explain((SELECT ticket_id FROM desk.refs WHERE order_ref = 'other'), 'resolve')$$);
CALL desk.refused($$SELECT * FROM sla._trace((SELECT ticket_id FROM desk.refs WHERE order_ref = 'other'), 'resolve')$$);
CALL desk.refused($$SELECT * FROM sla.contact((SELECT ticket_id FROM desk.refs WHERE order_ref = 'other'), 'curiosity')$$);
CALL desk.refused($$SELECT sla.set_contact((SELECT ticket_id FROM desk.refs WHERE order_ref = 'other'), 'x')$$);
CALL desk.refused($$SELECT sla.record_disclosure((SELECT ticket_id FROM desk.refs WHERE order_ref = 'other'), 'x', 'y', 'z')$$);
CALL desk.refused($$SELECT * FROM sla._refold_check((SELECT ticket_id FROM desk.refs WHERE order_ref = 'other'))$$);
SET ROLE regress_conf_ha;
CALL desk.refused($$SELECT sla.set_legal_hold((SELECT ticket_id FROM desk.refs WHERE order_ref = 'other'), true, 'r', 'ha')$$);
CALL desk.refused($$SELECT sla.attribute_breach((SELECT ticket_id FROM desk.refs WHERE order_ref = 'other'), 'first_response', 1, '2025-10-15 09:10', 'late', 'customer', 'ha')$$);
CALL desk.refused($$SELECT sla.waive_penalty((SELECT ticket_id FROM desk.refs WHERE order_ref = 'other'), 'L1', 'b1', 'ha', 'r')$$);
SELECT count(*) AS claimed_of_others FROM sla.claim_notifications() n JOIN desk.refs r USING (ticket_id) WHERE r.order_ref IN ('other', 'free');
-- On a ticket that both see, the head of A would not count b1's earlier offences; the head of B does.
CALL desk.refused($$SELECT sla.confirm_penalty(desk.id('shared'), 'L1', 'b1', 'ha')$$);
SET ROLE regress_conf_hb;
SELECT sla.confirm_penalty(desk.id('other'), 'L1', 'b1', 'hb') AS offence;
SELECT sla.confirm_penalty(desk.id('shared'), 'L1', 'b1', 'hb') AS offence;

-- What is seen can be worked on, without a WHERE as well.
SET ROLE regress_conf_a1;
UPDATE sla.ticket SET category = 'changed';
RESET ROLE;
SELECT string_agg(order_ref, ', ' ORDER BY ticket_id) AS changed FROM sla.ticket WHERE category = 'changed';
SET ROLE regress_conf_a1;
UPDATE sla.ticket SET category = 'stolen' WHERE order_ref = 'other';
SELECT category FROM sla.ticket WHERE order_ref = 'other' FOR UPDATE;
SELECT sla.record(desk.id('own'), 'first_response', actor => 'a1') > 0 AS recorded;
SELECT count(*) AS explained FROM sla.explain(desk.id('own'), 'first_response') WHERE kind = 'responsible';
-- A case is entered for another department by whoever took it in; sent there by name it is out of sight.
INSERT INTO sla.ticket (policy, order_ref, type, department) VALUES ('conf', 'sent on', 'complaint', 'B');
INSERT INTO sla.ticket (policy, order_ref, type, department) VALUES ('conf', 'asked back', 'complaint', 'B') RETURNING order_ref;
INSERT INTO sla.ticket (policy, order_ref, type, department, acceptor) VALUES ('conf', 'taken in', 'complaint', 'B', 'a1') RETURNING order_ref;
UPDATE sla.ticket SET department = 'B', acceptor = NULL WHERE order_ref = 'taken';
SELECT sla.record(desk.id('taken'), 'assigned', details => '{"set": {"department": "B", "acceptor": null}}') > 0 AS recorded;
SELECT string_agg(order_ref, ', ' ORDER BY ticket_id) AS sees FROM sla.ticket;
INSERT INTO sla.cost_line (ticket_id, spent_on, kind, amount) SELECT ticket_id, '2025-10-15', 'other', 1 FROM desk.refs WHERE order_ref = 'other';
INSERT INTO sla.cost_line (ticket_id, spent_on, kind, amount, note) VALUES (desk.id('own'), '2025-10-15', 'other', 1, 'of own');
SELECT note FROM sla.cost_line ORDER BY cost_line_id;
RESET ROLE;
SELECT r.order_ref, t.department FROM desk.refs r JOIN sla.ticket t USING (ticket_id) WHERE r.order_ref = 'taken';
SELECT order_ref, department FROM sla.ticket WHERE order_ref IN ('sent on', 'asked back', 'taken in') ORDER BY 1;
SELECT * FROM desk.refold('%', '10:00');

-- A function of one's own that is asked before the policy would tell: views ask the policy first.
GRANT TEMPORARY ON DATABASE :DBNAME TO regress_conf_a1;
SET ROLE regress_conf_a1;
CREATE FUNCTION pg_temp.tell(ticket bigint) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
	IF ticket = (SELECT r.ticket_id FROM desk.refs r WHERE r.order_ref = 'other') THEN
		RAISE WARNING 'told';
	END IF;
	RETURN true;
END
$$;
SELECT count(*) > 0 AS clocks FROM sla.clocks WHERE pg_temp.tell(ticket_id);
SELECT count(*) > 0 AS tickets FROM sla.ticket WHERE pg_temp.tell(ticket_id);
SELECT count(*) > 0 AS events FROM sla.event WHERE pg_temp.tell(ticket_id);
SELECT count(*) > 0 AS mine FROM sla.my_tickets WHERE pg_temp.tell(ticket_id);
SELECT count(*) > 0 AS progress FROM sla.ticket_progress WHERE pg_temp.tell(ticket_id);
SELECT count(*) AS duties FROM sla.duty_board WHERE pg_temp.tell(ticket_id);
RESET ROLE;
REVOKE TEMPORARY ON DATABASE :DBNAME FROM regress_conf_a1;

-- The view that is asked and the policy of the table say the same to everybody.
CREATE FUNCTION desk.differ() RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM ((TABLE sla.my_tickets EXCEPT SELECT ticket_id FROM sla.ticket)
		UNION ALL (SELECT ticket_id FROM sla.ticket EXCEPT TABLE sla.my_tickets)) AS d
$$;
DO $$
DECLARE
	who text;
BEGIN
	FOREACH who IN ARRAY ARRAY['a1', 'ha', 'h1', 'sa', 'b1', 'hb', 'qm', 'app', 'left', 'nobody'] LOOP
		EXECUTE format('SET LOCAL ROLE regress_conf_%s', who);
		IF desk.differ() > 0 THEN
			RAISE WARNING '% differs', who;
		END IF;
		RESET ROLE;
	END LOOP;
END
$$;
-- People move, and see at once what they need to know now.  A ring of supervisors or departments is no endless search.
UPDATE sla.employee SET department = 'B' WHERE employee = 'a1';
UPDATE sla.employee SET supervisor = 'a1' WHERE employee = 'sa';
UPDATE sla.department SET parent = 'A1' WHERE department = 'A';
SET ROLE regress_conf_a1;
SELECT employee, sees_all, departments, ARRAY(SELECT unnest(people) ORDER BY 1) AS people FROM sla.my_access;
SELECT count(*) FROM sla.ticket JOIN desk.refs USING (ticket_id) WHERE refs.order_ref = 'other';
SET ROLE regress_conf_ha;
SELECT ARRAY(SELECT unnest(departments) ORDER BY 1) AS departments, ARRAY(SELECT unnest(people) ORDER BY 1) AS people FROM sla.my_access;
RESET ROLE;
UPDATE sla.employee SET department = 'A' WHERE employee = 'a1';
UPDATE sla.employee SET supervisor = NULL WHERE employee = 'sa';
UPDATE sla.department SET parent = NULL WHERE department = 'A';

-- It is on until it is switched off: after setup(), and for a table that is new.
SELECT sla.setup() \g /dev/null
CALL desk.know('clock');
BEGIN;
CREATE TABLE sla.extra (ticket_id bigint);
SELECT sla.setup() \g /dev/null
SELECT relrowsecurity FROM pg_class WHERE oid = 'sla.extra'::regclass;
ROLLBACK;
SELECT c.relname, c.relrowsecurity, count(p.*) AS policies FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
WHERE c.relnamespace = 'sla'::regnamespace AND (c.relrowsecurity OR p.oid IS NOT NULL) GROUP BY 1, 2 ORDER BY 1;
SET ROLE regress_conf_ha;
SELECT sla.disable_row_security();
SELECT sla.enable_row_security();
RESET ROLE;
SELECT sla.disable_row_security();
SELECT count(*) AS left_over FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
WHERE c.relnamespace = 'sla'::regnamespace AND (c.relrowsecurity OR p.oid IS NOT NULL);
SELECT c.relname FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a WHERE c.relnamespace = 'sla'::regnamespace AND a.grantee = 0;
SET ROLE regress_conf_nobody;
SELECT desk.known('ticket');
RESET ROLE;

-- What a customer is told: no internal step, no name, no note.
SET ROLE regress_conf_a1;
CALL desk.event('10:05', 'own', 'reported_to_supervisor', NULL, '{}', 'a1');
SELECT status, last_update, last_update_en, last_update_zh, desk.t(last_update_at) AS at, next_step, next_step_en, next_step_zh,
	desk.t(next_due_at) AS due FROM sla.ticket_progress WHERE ticket_id = desk.id('own') AND customer = 'own Ltd.';
CALL desk.event('11:00', 'own', 'promised', NULL, '{"set": {"promised_at": "2025-10-16 12:00+08"}}');
CALL desk.event('12:00', 'own', 'resolved');
CALL desk.event('12:30', 'own', 'result_notified', NULL, '{"public_text": "We have replaced the pump.", "internal": "cheap pump"}');
SELECT status, last_update_en, desk.t(last_update_at) AS at, next_step_en, desk.t(promised_at) AS promised, result,
	desk.t(result_at) AS told, desk.t(resolved_at) AS resolved, closed_at FROM sla.ticket_progress WHERE ticket_id = desk.id('own');
SELECT count(*) FROM sla.ticket_progress WHERE ticket_id = desk.id('own') AND customer = 'other Ltd.';
SELECT count(*) AS internal FROM sla.ticket_progress p
WHERE to_jsonb(p)::text ~ 'a1|cheap|secret|supervisor|"A"';
SET ROLE regress_conf_bi;
SELECT * FROM sla.ticket_progress;
RESET ROLE;

TRUNCATE sla.access_log, sla.contact, sla.cost_line;
DO $$
DECLARE
	part text;
BEGIN
	FOREACH part IN ARRAY ARRAY['a1', 'ha', 'h1', 'sa', 'b1', 'hb', 'qm', 'app', 'left', 'nobody', 'bi', 'ad'] LOOP
		EXECUTE format('DROP OWNED BY regress_conf_%s', part);
		EXECUTE format('DROP ROLE regress_conf_%s', part);
	END LOOP;
END
$$;
\set ECHO none
\i :end_desk

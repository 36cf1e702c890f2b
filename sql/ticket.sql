--
-- Tickets: every way in, every way of changing, and what is left alone.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
\set VERBOSITY terse
\set SHOW_CONTEXT never
INSERT INTO sla.calendar (calendar, time_zone) VALUES ('ticket_office', 'Asia/Shanghai');
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes)
SELECT 'ticket_office', d, '09:00', '18:00' FROM generate_series(1, 5) d;
INSERT INTO sla.policy (policy, version, applies_to) VALUES ('ticket_test', 1, 'channel = ''ticket_test''');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, stops_on, duration, calendar, responsible_role)
VALUES ('ticket_test', 1, 'answer', 'answer', NULL, '{received}', '{first_response}', '00:05', '24x7', '{agent}'),
	('ticket_test', 1, 'repair', 'resolve', NULL, '{received}', '{resolved}', '08:00', 'ticket_office', '{dept_handler}'),
	('ticket_test', 1, 'refund', 'refund', 'amount_involved > 1000', '{received}', '{resolved}', '04:00', NULL, '{agent}');
INSERT INTO sla.target (policy, version, target, milestone, stops_on, due_column, responsible_role)
VALUES ('ticket_test', 1, 'promise', 'promise', '{resolved}', 'promised_at', '{agent}');
INSERT INTO sla.classification (policy, version, position, condition, keywords, sets)
VALUES ('ticket_test', 1, 10, NULL, '{退款,refund}', '{"category": "money", "urgency": "important"}'),
	('ticket_test', 1, 20, 'urgency IS NULL', '{}', '{"urgency": "normal", "severity": "minor"}');
SELECT sla.publish_policy('ticket_test', 1, '2025-01-01');
SET ROLE regress_desk;
CALL desk.at('09:00');

-- Every way in: two clocks each, whatever the statement.
INSERT INTO sla.ticket (channel, subject) VALUES ('ticket_test', 'single');
INSERT INTO sla.ticket (channel, subject) VALUES ('ticket_test', 'rows'), ('ticket_test', 'rows'), ('ticket_test', 'rows');
INSERT INTO sla.ticket (channel, subject) SELECT 'ticket_test', 'select' FROM generate_series(1, 5);
INSERT INTO sla.ticket (channel, subject) VALUES ('ticket_test', 'conflict') ON CONFLICT DO NOTHING;
MERGE INTO sla.ticket t USING (VALUES ('merge')) AS n(subject) ON t.subject = n.subject
WHEN MATCHED THEN UPDATE SET category = 'known'
WHEN NOT MATCHED THEN INSERT (channel, subject) VALUES ('ticket_test', n.subject);
MERGE INTO sla.ticket t USING (VALUES ('merge')) AS n(subject) ON t.subject = n.subject
WHEN MATCHED THEN UPDATE SET category = 'known'
WHEN NOT MATCHED THEN INSERT (channel, subject) VALUES ('ticket_test', n.subject);
WITH new AS (INSERT INTO sla.ticket (channel, subject) VALUES ('ticket_test', 'with') RETURNING ticket_id)
SELECT count(*) FROM new;
COPY sla.ticket (channel, subject) FROM STDIN;
ticket_test	copy
ticket_test	copy
\.
RESET ROLE;
CREATE FUNCTION desk.enter(subject text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
BEGIN
	INSERT INTO sla.ticket (channel, subject) VALUES ('ticket_test', subject) RETURNING ticket_id INTO id;
	-- The clocks are there at once.
	RETURN (SELECT count(*) FROM sla.clock c WHERE c.ticket_id = id);
END
$$;
SET ROLE regress_desk;
SELECT desk.enter('function');
PREPARE enter(text) AS INSERT INTO sla.ticket (channel, subject) VALUES ('ticket_test', $1);
EXECUTE enter('prepared');
EXECUTE enter('prepared');
INSERT INTO sla.ticket (channel, subject) SELECT 'ticket_test', 'none' WHERE false;
SELECT t.subject, count(DISTINCT t.ticket_id) AS tickets, count(c.target) AS clocks, min(t.policy_version) AS version,
	count(DISTINCT desk.t(c.due_at)) AS deadlines
FROM sla.ticket t LEFT JOIN sla.clock c USING (ticket_id) WHERE t.channel = 'ticket_test' GROUP BY 1 ORDER BY min(t.ticket_id);
SELECT category FROM sla.ticket WHERE subject = 'merge';

-- A row that is there already arrives not.
RESET ROLE;
INSERT INTO sla.ticket (ticket_id, channel, subject) OVERRIDING SYSTEM VALUE
SELECT ticket_id, 'ticket_test', 'twice' FROM sla.ticket WHERE subject = 'single' ON CONFLICT DO NOTHING;
SET ROLE regress_desk;
SELECT count(*) AS twice FROM sla.ticket WHERE subject = 'twice';
SELECT count(*) AS clocks FROM sla.clock c JOIN sla.ticket t USING (ticket_id) WHERE t.subject = 'single';

-- Whatever is rolled back leaves nothing.
BEGIN;
INSERT INTO sla.ticket (channel, subject) VALUES ('ticket_test', 'undone');
SAVEPOINT s;
INSERT INTO sla.ticket (channel, subject) VALUES ('ticket_test', 'undone');
ROLLBACK TO s;
SELECT count(*) AS clocks FROM sla.clock c JOIN sla.ticket t USING (ticket_id) WHERE t.subject = 'undone';
ROLLBACK;
SELECT count(*) AS tickets FROM sla.ticket WHERE subject = 'undone';
SELECT count(*) AS orphans FROM sla.clock c WHERE NOT EXISTS (SELECT FROM sla.ticket t WHERE t.ticket_id = c.ticket_id);

-- What arrives is a new ticket, whatever it says.
RESET ROLE;
INSERT INTO sla.ticket (channel, subject, status, cycle, last_score, closed_at, policy_version, created_at)
VALUES ('ticket_test', 'forged', 'closed', 7, 5, '2020-01-01', 99, '2020-01-01');
SELECT status, cycle, last_score, closed_at, policy_version, desk.t(created_at) AS created FROM sla.ticket WHERE subject = 'forged';
SET ROLE regress_desk;
INSERT INTO sla.ticket (channel, status) VALUES ('ticket_test', 'closed');

-- Classification fills what is empty and leaves what the client has given.
INSERT INTO sla.ticket (channel, order_ref, subject, urgency, severity) VALUES
	('ticket_test', 'class a', '我要退款', NULL, NULL), ('ticket_test', 'class b', 'REFUND please', 'urgent', NULL),
	('ticket_test', 'class c', 'broken', NULL, 'major'), ('ticket_test', 'class d', 'broken', NULL, NULL);
SELECT order_ref, category, urgency, severity, classified_by FROM sla.ticket WHERE order_ref LIKE 'class%' ORDER BY 1;

-- A change of what no condition reads is no event.
INSERT INTO sla.ticket (channel, order_ref) VALUES ('ticket_test', 'change');
UPDATE sla.ticket SET description = 'more', subject = 'other', customer = 'X' WHERE order_ref = 'change';
UPDATE sla.ticket SET urgency = urgency, department = department WHERE order_ref = 'change';
SELECT count(*) AS events FROM desk.events('change');
-- A change of several is one event, with what was and what is.
CALL desk.at('09:01');
UPDATE sla.ticket SET urgency = 'urgent', amount_involved = 5000 WHERE order_ref = 'change';
SELECT e.event, e.details FROM sla.event e WHERE e.ticket_id = desk.id('change');
SELECT target, due FROM desk.clocks('change', 'refund');

-- These columns and no others: each changes alone and makes one "changed" of its own.
RESET ROLE;
CREATE FUNCTION desk.another(col text, type text, old text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN col = 'urgency' THEN 'urgent' ELSE CASE type WHEN 'boolean' THEN (NOT coalesce(old::boolean, false))::text
		WHEN 'timestamp with time zone' THEN '2025-10-15 08:30'
		WHEN 'jsonb' THEN '{"a": 1}' WHEN 'text[]' THEN '{a,b}' WHEN 'numeric' THEN '12.5'
		WHEN 'bigint' THEN '77' WHEN 'integer' THEN '3' ELSE 'another' END END
$$;
DO $$
DECLARE
	listed text[] := regexp_split_to_array('acceptor against_employee agreed_reply_at amount_involved appointment_at asset assignee attributes
		business_impact carrier category channel complaint_cause complexity customer_required_at customer_tier
		decision_owner department departments due_at fault_code happened_at impact legal_hold
		loss_amount needs_department onsite_required owner parent_ticket priority product promised_at
		repeat_of responsibility root_cause severity supplier type urgency verification_outcome', '\s+');
	col record;
	id bigint;
	found jsonb[];
BEGIN
	RAISE WARNING '% columns are listed', cardinality(listed);
	FOR col IN SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
			WHERE a.attrelid = 'sla.ticket'::regclass AND a.attnum > 0 AND NOT a.attisdropped
				AND a.attname NOT IN ('ticket_id', 'policy', 'policy_version', 'received_at', 'created_at', 'cycle', 'status', 'last_score')
			ORDER BY a.attnum LOOP
		INSERT INTO sla.ticket (channel) VALUES ('ticket_test') RETURNING ticket_id INTO id;
		EXECUTE format('UPDATE sla.ticket SET %1$I = desk.another(%1$L, %2$L, %1$I::text)::%2$s WHERE ticket_id = $1', col.attname, col.type)
		USING id;
		SELECT array_agg(e.details -> 'set') INTO found FROM sla.event e WHERE e.ticket_id = id AND e.event = 'changed';
		IF (col.attname = ANY (listed)) <> (found IS NOT NULL) THEN
			RAISE WARNING '%: listed %, but events %', col.attname, col.attname = ANY (listed), found;
		ELSIF cardinality(found) > 1 OR (SELECT array_agg(k) FROM jsonb_object_keys(found[1]) k) <> ARRAY[col.attname::text] THEN
			RAISE WARNING '%: events %', col.attname, found;
		END IF;
	END LOOP;
END
$$;
SET ROLE regress_desk;

-- Columns that stand for events, by UPDATE, by "set" and on arrival.
INSERT INTO sla.ticket (channel, order_ref, owner, department, assignee, promised_at, appointment_at, agreed_reply_at)
VALUES ('ticket_test', 'columns a', 'Chen', 'workshop', 'Anna', '2025-10-15 18:00', '2025-10-15 19:00', '2025-10-15 20:00'),
	('ticket_test', 'columns b', NULL, NULL, NULL, NULL, NULL, NULL), ('ticket_test', 'columns c', NULL, NULL, NULL, NULL, NULL, NULL);
SELECT event, implied_by FROM desk.events('columns a');
UPDATE sla.ticket SET owner = 'Chen', department = 'workshop', assignee = 'Anna', promised_at = '2025-10-15 18:00',
	appointment_at = '2025-10-15 19:00', agreed_reply_at = '2025-10-15 20:00' WHERE order_ref = 'columns b';
SELECT no, event, implied_by FROM desk.events('columns b');
UPDATE sla.ticket SET department = NULL, assignee = NULL WHERE order_ref = 'columns b';
SELECT count(*) FILTER (WHERE event = 'assigned') AS assigned, count(*) FILTER (WHERE event = 'changed') AS changed FROM desk.events('columns b');
CALL desk.event('09:02', 'columns c', 'first_response', NULL,
	'{"set": {"promised_at": "2025-10-15T18:00:00+08:00", "subject": "told", "assignee": "Bo", "amount_involved": 2000}, "phone": "called"}');
SELECT no, event, implied_by FROM desk.events('columns c');
SELECT e.details FROM sla.event e WHERE e.ticket_id = desk.id('columns c') AND e.event_no = 1;
SELECT desk.t(promised_at) AS promised, subject, assignee, amount_involved FROM sla.ticket WHERE order_ref = 'columns c';
SELECT * FROM desk.clocks('columns c');
SELECT * FROM desk.refold('columns%');
SELECT * FROM desk.refold('change');

-- A restore writes rows as they were, and nothing else.
RESET ROLE;
SET session_replication_role = replica;
INSERT INTO sla.ticket (channel, order_ref, received_at, created_at) VALUES ('ticket_test', 'replica', '2025-10-15 08:00', '2025-10-15 08:00');
UPDATE sla.ticket SET urgency = 'urgent' WHERE order_ref = 'replica';
RESET session_replication_role;
SELECT policy_version FROM sla.ticket WHERE order_ref = 'replica';
SELECT count(*) AS clocks FROM desk.clocks('replica');
SELECT count(*) AS events FROM desk.events('replica');

-- Configuration is read once, and again after it has changed.
SET ROLE regress_desk;
INSERT INTO sla.ticket (channel, order_ref) VALUES ('ticket_test', 'cache first');
CALL desk.event('09:10', 'cache first', 'follow_up');
CALL desk.event('09:10', 'cache first', 'resolved');
UPDATE sla.ticket SET urgency = 'urgent' WHERE order_ref = 'cache first';
RESET ROLE;
SELECT sla._cache_loads('policies') AS policies, sla._cache_loads('calendar') AS calendars, sla._cache_loads('people') AS people \gset
SET ROLE regress_desk;
INSERT INTO sla.ticket (channel, order_ref) VALUES ('ticket_test', 'cache a');
CALL desk.event('09:10', 'cache a', 'follow_up');
CALL desk.event('09:10', 'cache a', 'resolved');
UPDATE sla.ticket SET urgency = 'urgent' WHERE order_ref = 'cache a';
SELECT sla._cache_loads('policies') - :policies AS policies, sla._cache_loads('calendar') - :calendars AS calendars,
	sla._cache_loads('people') - :people AS people;
RESET ROLE;
INSERT INTO sla.employee (employee, supervisor) VALUES ('Chen', 'Wang');
SET ROLE regress_desk;
INSERT INTO sla.ticket (channel, order_ref) VALUES ('ticket_test', 'cache b');
SELECT sla._cache_loads('policies') - :policies AS policies;
RESET ROLE;

-- A changed calendar is seen by the next statement, and gone with ROLLBACK, ROLLBACK TO and TRUNCATE.
CALL desk.at('09:00');
CREATE PROCEDURE desk.show(note text) LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
BEGIN
	INSERT INTO sla.ticket (channel) VALUES ('ticket_test') RETURNING ticket_id INTO id;
	RAISE WARNING '%: due %', note, (SELECT desk.t(due_at) FROM sla.clock c WHERE c.ticket_id = id AND target = 'repair');
END
$$;
CALL desk.show('open');
BEGIN;
INSERT INTO sla.calendar_day (calendar, day) VALUES ('ticket_office', '2025-10-15');
CALL desk.show('closed today');
SAVEPOINT s;
INSERT INTO sla.calendar_day (calendar, day) VALUES ('ticket_office', '2025-10-16');
CALL desk.show('closed tomorrow too');
ROLLBACK TO s;
CALL desk.show('closed today');
TRUNCATE sla.calendar_day;
CALL desk.show('open');
ROLLBACK;
CALL desk.show('open');
-- The same for a policy ...
BEGIN;
SELECT sla.revise_policy('ticket_test');
UPDATE sla.target SET duration = '01:00' WHERE policy = 'ticket_test' AND version = 2 AND target = 'repair';
SELECT sla.publish_policy('ticket_test', 2, '2025-10-01');
CALL desk.show('one hour');
SAVEPOINT s;
UPDATE sla.policy SET effective_to = '2025-10-02' WHERE policy = 'ticket_test' AND version = 2;
ROLLBACK TO s;
CALL desk.show('one hour');
ROLLBACK;
CALL desk.show('eight hours');
-- ... and for people.
CREATE PROCEDURE desk.blame(note text) LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
BEGIN
	INSERT INTO sla.ticket (channel, department, received_at) VALUES ('ticket_test', 'workshop', '2025-10-14 08:00') RETURNING ticket_id INTO id;
	RAISE WARNING '%: %', note, (SELECT responsible FROM sla.breach b WHERE b.ticket_id = id AND target = 'repair');
END
$$;
CALL desk.at('+1 09:00');
BEGIN;
INSERT INTO sla.department (department, head) VALUES ('workshop', 'Zhao');
CALL desk.blame('Zhao leads');
SAVEPOINT s;
UPDATE sla.department SET head = 'Qian' WHERE department = 'workshop';
CALL desk.blame('Qian leads');
ROLLBACK TO s;
CALL desk.blame('Zhao leads');
TRUNCATE sla.department;
CALL desk.blame('nobody leads');
ROLLBACK;
CALL desk.blame('nobody leads');

-- A hundred thousand in one COPY, received from 08:50:00 to 08:59:59: the first half is late, 08:55:00 is not.
CALL desk.at('09:00');
SET ROLE regress_desk;
\copy sla.ticket (channel, subject, received_at) FROM PROGRAM 'awk "BEGIN { for (i = 0; i < 100000; i++) printf \"ticket_test\\tbulk\\t2025-10-15 08:%02d:%02d\\n\", 50 + i % 10, int(i / 10) % 60 }"'
-- Not one by one, whatever the planner knows of tables that have just been filled.
SET enable_nestloop = off;
SELECT clocks, late, count(*) AS tickets FROM (
	SELECT t.ticket_id, count(*) AS clocks, coalesce(max(b.late), 0) AS late
	FROM sla.ticket t JOIN sla.clock c USING (ticket_id) LEFT JOIN (SELECT ticket_id, count(*) AS late FROM sla.breach WHERE born_overdue GROUP BY 1) b USING (ticket_id)
	WHERE t.subject = 'bulk' GROUP BY 1) x GROUP BY 1, 2 ORDER BY 1, 2;
RESET enable_nestloop;
SELECT count(*) AS wrong FROM sla.ticket t JOIN sla.clock c USING (ticket_id)
WHERE t.subject = 'bulk' AND c.due_at <> t.received_at + CASE c.target WHEN 'answer' THEN interval '5 minutes' END
	OR t.subject = 'bulk' AND c.target = 'repair' AND c.due_at <> '2025-10-15 17:00';
SELECT t.ticket_id, d FROM sla.ticket t, LATERAL sla._refold_check(t.ticket_id, t.created_at) d WHERE t.subject = 'bulk' AND t.ticket_id % 1000 = 0;

\set ECHO none
\i :end_desk

--
-- A company's own ticket table under a policy: rows, changes and events become tickets.
-- The application is an unprivileged role that knows nothing of schema sla.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
SELECT sla.load_preset('trading_company') > 0 AS loaded;
INSERT INTO sla.department (department, head) VALUES ('at_tech', 'at_chen');
INSERT INTO sla.employee (employee, department, supervisor) VALUES ('at_li', 'at_tech', 'at_wang'), ('at_wang', 'at_tech', NULL), ('at_chen', 'at_tech', NULL);
CREATE ROLE regress_app;
CREATE SCHEMA app AUTHORIZATION regress_app;
GRANT USAGE ON SCHEMA desk TO regress_app;
SET ROLE regress_app;
CREATE TABLE app.case_ (
	id bigint PRIMARY KEY, title text, content text, prio smallint, state text NOT NULL DEFAULT 'new', dept text, agent text,
	created_at timestamp NOT NULL, solved_at timestamp, note text, eta_ms bigint);
CREATE TABLE app.reply (reply_id int PRIMARY KEY, case_id bigint, author text, public boolean, at timestamp);
RESET ROLE;

-- Guesses are told and nothing is written.
INSERT INTO app.case_ (id, title, content, prio, created_at) VALUES (1, 'old', '投诉', 1, '2025-10-14 09:00');
SELECT jsonb_pretty(sla.suggest_mapping('app.case_'));
CALL desk.at('09:00');
SET client_min_messages = notice;
SELECT source_key, received_at, type, urgency, target, due_at FROM sla.preview('app.case_', time_zone => 'Asia/Shanghai');
SET client_min_messages = warning;
SELECT count(*) FROM sla.ticket WHERE ticket_id > (SELECT last FROM desk.ticket_before) OR ticket_id < 0;

-- Refusals.
CALL desk.refused($$SELECT sla.preview('app.case_')$$);
CALL desk.refused($$SELECT sla.attach('app.case_', columns => '{"received_at": "creatd"}', events => '[]', time_zone => 'Asia/Shanghai')$$);
CALL desk.refused($$SELECT sla.attach('app.case_', columns => '{"status": "state"}', events => '[]')$$);
CALL desk.refused($$SELECT sla.attach('app.case_', columns => '{"urgency": 1}', events => '[]')$$);
CALL desk.refused($$SELECT sla.attach('app.case_', columns => '{}', events => '[{"event": "resolved"}]')$$);
CALL desk.refused($$SELECT sla.attach('app.case_', columns => '{}', events => '[{"event": "solved", "when": "NEW.state = ''done''"}]')$$);
CALL desk.refused($$SELECT sla.attach('app.case_', columns => '{}', events => '[{"event": "received", "when": "NEW.state = ''new''"}]')$$);
CALL desk.refused($$SELECT sla.attach('app.case_', columns => '{}', events => '[{"event": "resolved", "when": "NEW.stat = 1"}]')$$);
CALL desk.refused($$SELECT sla.attach('app.case_', columns => '{}', events => '[{"event": "resolved", "when": "(SELECT true)"}]')$$);
CALL desk.refused($$SELECT sla.attach('app.case_', columns => '{}', events => '[]', policy => 'unknown')$$);
CALL desk.refused($$SELECT sla.attach('app.case_', columns => '{}', events => '[]', on_error => 'ignore')$$);
CALL desk.refused($$SELECT sla.attach('sla.ticket', columns => '{}', events => '[]')$$);
CALL desk.refused($$CREATE TABLE app.keyless (a int); SELECT sla.attach('app.keyless', columns => '{}', events => '[]')$$);
CALL desk.refused($$CALL sla.backfill('app.case_')$$);
CALL desk.refused($$SELECT sla.reconcile('app.case_')$$);

-- A dry run only shows what would be done.
CREATE FUNCTION desk.attach(dry_run boolean DEFAULT false, on_error text DEFAULT 'record') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT sla.attach('app.case_', policy => 'trading_company', time_zone => 'Asia/Shanghai', on_error => on_error, dry_run => dry_run,
		columns => '{"received_at": "created_at", "subject": "title", "description": "content", "department": "dept", "owner": "agent",
			"urgency": {"column": "prio", "map": {"1": "urgent", "2": "important", "9": "extreme"}, "else": "normal"},
			"type": {"value": "complaint"}, "promised_at": {"column": "eta_ms", "epoch": "ms"},
			"attributes": {"columns": ["state", "prio"]}, "order_ref": {"sql": "''app '' || new.id"}}',
		events => '[{"event": "resolved", "when": "OLD.state <> ''done'' AND NEW.state = ''done''", "at": "solved_at"},
			{"event": "reopened", "when": "OLD.state = ''done'' AND NEW.state <> ''done''"},
			{"event": "first_response", "table": "app.reply", "key": "case_id", "when": "NEW.public", "at": "at", "actor": "author"}]')
$$;
SELECT * FROM desk.attach(true);
SELECT count(*) FROM sla.attachment;
SELECT count(*) AS statements FROM desk.attach();
-- Once more: the same again, in its place; also as the configuration that is kept under version control has it.
SELECT count(*) AS statements FROM desk.attach();
SELECT replace(line, 'SELECT ', 'SELECT count(*) AS statements FROM ') AS kept FROM sla.dump_config() AS line WHERE line LIKE 'SELECT sla.attach%' \gexec
SELECT count(*) AS statements FROM desk.attach();
SELECT tgname FROM pg_trigger WHERE tgrelid IN ('app.case_'::regclass, 'app.reply'::regclass) AND NOT tgisinternal ORDER BY 1;

-- The application works as ever.
SET ROLE regress_app;
INSERT INTO app.case_ (id, title, content, prio, agent, created_at, eta_ms) VALUES
	(2, 'two', 'broken', 1, 'at_li', '2025-10-15 09:00', NULL), (3, 'three', 'how?', 3, 'at_li', '2025-10-15 08:58', 1760540400000);
CALL desk.at('09:04');
INSERT INTO app.reply VALUES (1, 2, 'at_li', false, '2025-10-15 09:01'), (2, 2, 'at_li', true, '2025-10-15 09:03'), (3, 1, 'at_li', true, '2025-10-15 09:03');
CALL desk.at('09:20');
UPDATE app.case_ SET dept = 'at_tech' WHERE id = 3;
UPDATE app.case_ SET note = 'nothing of ours' WHERE id = 3;
CALL desk.at('12:00');
UPDATE app.case_ SET state = 'done', solved_at = '2025-10-15 11:55' WHERE id = 2;
CALL desk.at('12:30');
UPDATE app.case_ SET state = 'open' WHERE id = 2;
INSERT INTO app.case_ (id, title, prio, created_at) VALUES (3, 'renamed', 2, '2025-10-15 12:30') ON CONFLICT (id) DO UPDATE SET title = excluded.title, prio = excluded.prio;
MERGE INTO app.case_ c USING (VALUES (4, 'four')) v (id, title) ON c.id = v.id
	WHEN NOT MATCHED THEN INSERT (id, title, prio, created_at) VALUES (v.id, v.title, 2, '2025-10-15 12:20');
COPY app.case_ (id, title, prio, created_at) FROM STDIN;
5	five	3	2025-10-15 12:25:00
6	six	3	2025-10-15 12:26:00
\.
RESET ROLE;
CREATE VIEW desk.mine AS
SELECT r.source_key AS key, t.order_ref, t.subject, t.urgency, t.type, t.department, t.owner, t.status, t.cycle, desk.t(t.received_at) AS received,
	desk.t(t.promised_at) AS promised, t.attributes
FROM sla.attached_row r JOIN sla.ticket t USING (ticket_id);
SELECT * FROM desk.mine ORDER BY key;
SELECT event, desk.t(occurred_at) AS occurred, actor, implied_by IS NOT NULL AS implied FROM sla.event WHERE ticket_id = desk.id('app 2') ORDER BY event_no;
SELECT * FROM desk.clocks('app 2');
SELECT event, details FROM sla.event WHERE ticket_id = desk.id('app 3') ORDER BY event_no;
SELECT * FROM desk.refold('app%');

-- What we cannot take is a finding, and the row is stored; with raise it is the writer's error.
SET ROLE regress_app;
INSERT INTO app.case_ (id, title, prio, created_at) VALUES (7, 'seven', 9, '2025-10-15 12:30');
UPDATE app.case_ SET prio = 9 WHERE id = 4;
RESET ROLE;
SELECT id, prio FROM app.case_ WHERE id IN (4, 7);
SELECT severity, code, object, message, hint FROM sla.health WHERE code LIKE 'attach%';
SELECT count(*) > 0 AS attached FROM desk.attach(false, 'raise');
SET ROLE regress_app;
CALL desk.refused($$INSERT INTO app.case_ (id, title, prio, created_at) VALUES (8, 'eight', 9, '2025-10-15 12:30')$$);
RESET ROLE;
SELECT count(*) > 0 AS attached FROM desk.attach();

-- Corrected, and rows that came past the triggers, are caught up.
UPDATE app.case_ SET prio = 3 WHERE id IN (4, 7);
SET session_replication_role = replica;
INSERT INTO app.case_ (id, title, prio, agent, created_at, solved_at, state) VALUES (8, 'loaded', 2, 'at_li', '2025-10-15 10:00', '2025-10-15 12:00', 'done');
UPDATE app.case_ SET title = 'corrected' WHERE id = 5;
INSERT INTO app.reply VALUES (4, 6, 'at_li', true, '2025-10-15 12:28');
DELETE FROM app.case_ WHERE id = 3;
RESET session_replication_role;
SELECT * FROM sla.reconcile('app.case_', '2025-10-15 08:00+08');
SELECT * FROM sla.reconcile('app.case_', '2025-10-15 08:00+08');
SELECT key, subject, urgency, status FROM desk.mine ORDER BY key;

-- History: verdicts, but nobody is told and nobody is fined.
RESET sla.now;
CALL sla.backfill('app.case_');
SET client_min_messages = warning;
CALL desk.at('12:40');
SELECT key, subject, status, received FROM desk.mine WHERE key = '1';
SELECT kind, count(*), count(*) FILTER (WHERE settled_at IS NULL) AS unsettled FROM sla.breach WHERE ticket_id = desk.id('app 1') GROUP BY 1;
SELECT count(*) FROM sla.escalation WHERE ticket_id = desk.id('app 1');
SELECT count(*) FROM sla.penalty WHERE ticket_id = desk.id('app 1');

-- Rows that go: deleted, their key used again, and all at once.
SET ROLE regress_app;
DELETE FROM app.case_ WHERE id = 6;
INSERT INTO app.case_ (id, title, prio, created_at) VALUES (6, 'six again', 3, '2025-10-15 12:39');
UPDATE app.case_ SET id = 60 WHERE id = 5;
RESET ROLE;
SELECT key, subject, status FROM desk.mine WHERE key IN ('5', '6', '60') ORDER BY key;
SELECT subject, status FROM sla.ticket WHERE order_ref = 'app 6' ORDER BY ticket_id;

-- Renamed columns and tables are followed.
ALTER TABLE app.case_ RENAME COLUMN state TO phase;
ALTER TABLE app.case_ RENAME COLUMN dept TO team;
ALTER TABLE app.case_ RENAME TO cases;
-- Also when the extension has been away: its triggers come back as they are written now.
SELECT sla.setup() LIKE 'sla_ext%' AS done;
SET ROLE regress_app;
UPDATE app.cases SET team = 'at_tech', phase = 'done', solved_at = '2025-10-15 12:39' WHERE id = 60;
RESET ROLE;
SELECT key, subject, department, status FROM desk.mine WHERE key = '60';

-- All rows at once, and the end of it.
TRUNCATE app.cases;
SELECT key, status FROM desk.mine ORDER BY key;
SELECT sla.detach('app.cases');
SELECT tgname FROM pg_trigger WHERE tgrelid = 'app.cases'::regclass AND NOT tgisinternal;
SELECT sla.detach('app.cases');

-- Real tables: what a closed ticket does not take is passed over, a reception to come is now, what was before it was at it, and
-- none of it is found wanting again.  What is still to come is a finding until it has happened.
SET ROLE regress_app;
CREATE TABLE app.real (no text PRIMARY KEY, state text, opened_at timestamptz, solved_at timestamptz, edited int);
CREATE TABLE app.note (no text, at timestamptz);
RESET ROLE;
CALL desk.at('13:00');
SELECT count(*) FROM sla.attach('app.real', policy => 'trading_company',
	columns => '{"received_at": "opened_at", "order_ref": {"sql": "''real '' || new.no"}, "type": {"value": "complaint"}}',
	events => '[{"event": "reopened", "when": "OLD.state = ''closed'' AND NEW.state = ''open''"},
		{"event": "resolved", "on": "insert or update", "when": "NEW.state = ''done''", "at": "solved_at"},
		{"event": "closed", "on": "insert or update", "when": "NEW.state = ''closed''"},
		{"event": "first_response", "table": "app.note", "key": "no", "at": "at"}]');
SET ROLE regress_app;
INSERT INTO app.real (no, state, opened_at) VALUES ('a', 'new', '2025-10-15 12:50'), ('b', 'new', '2025-10-15 15:00'), ('c', 'new', '2025-10-15 12:55'), ('d', 'new', '2025-10-15 12:55');
INSERT INTO app.real (no, state, opened_at) VALUES ('e', 'closed', '2025-10-15 12:50');
CALL desk.at('13:10');
UPDATE app.real SET state = 'closed' WHERE no = 'a';
UPDATE app.real SET edited = 1 WHERE no IN ('a', 'e');
INSERT INTO app.note VALUES ('a', '2025-10-15 13:10'), ('b', '2025-10-15 13:10'), ('c', '2025-10-15 11:00');
UPDATE app.real SET state = 'done', solved_at = '2025-10-15 13:10' WHERE no = 'e';
UPDATE app.real SET state = 'done', solved_at = '2025-10-15 10:00' WHERE no = 'c';
DELETE FROM app.real WHERE no = 'e';
UPDATE app.real SET no = 'A' WHERE no = 'a';
RESET ROLE;
SELECT key, received, status FROM desk.mine ORDER BY key;
SELECT order_ref, event, desk.t(occurred_at) AS occurred FROM sla.event JOIN sla.ticket USING (ticket_id) WHERE order_ref LIKE 'real %' ORDER BY order_ref, event_no;
SELECT severity, code, object, message FROM sla.health WHERE code LIKE 'attach%';
SELECT * FROM sla.reconcile('app.real');
SET ROLE regress_app;
UPDATE app.real SET state = 'done', solved_at = '2025-10-15 14:00' WHERE no = 'd';
UPDATE app.real SET state = 'open' WHERE no = 'A';
RESET ROLE;
SELECT severity, code, object, message FROM sla.health WHERE code LIKE 'attach%';
SELECT * FROM sla.reconcile('app.real');
CALL desk.at('14:30');
SELECT * FROM sla.reconcile('app.real');
SELECT * FROM sla.reconcile('app.real');
SELECT key, status, cycle FROM desk.mine ORDER BY key;
SELECT * FROM desk.refold('real%');
SELECT sla.detach('app.real');

-- A partitioned table: a row that moves is no row that goes, and its events are seen.
SET ROLE regress_app;
CREATE TABLE app.part (no int, kind text, title text, phase text NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (no, kind, phase)) PARTITION BY LIST (phase);
CREATE TABLE app.part_open PARTITION OF app.part FOR VALUES IN ('new', 'open');
CREATE TABLE app.part_done (created_at timestamptz NOT NULL, phase text NOT NULL, title text, kind text NOT NULL, no int NOT NULL);
ALTER TABLE app.part ATTACH PARTITION app.part_done FOR VALUES IN ('done');
RESET ROLE;
SELECT count(*) FROM sla.attach('app.part', key => 'no, kind', policy => 'trading_company',
	columns => '{"received_at": "created_at", "subject": "title", "order_ref": {"sql": "''part '' || new.no"}, "type": {"value": "complaint"}}',
	events => '[{"event": "resolved", "when": "OLD.phase <> ''done'' AND NEW.phase = ''done''"}]');
SET ROLE regress_app;
INSERT INTO app.part VALUES (1, 'a', 'one', 'new', '2025-10-15 12:00+08'), (2, 'a', 'two', 'new', '2025-10-15 12:00+08');
INSERT INTO app.part_open VALUES (3, 'a', 'three', 'open', '2025-10-15 12:00+08');
UPDATE app.part SET phase = 'done', title = 'moved' WHERE no = 1;
UPDATE app.part SET phase = 'open' WHERE no = 2;
BEGIN;
UPDATE app.part SET phase = 'done' WHERE no = 2;
ROLLBACK;
BEGIN;
SAVEPOINT mistake;
DELETE FROM app.part WHERE no = 2;
ROLLBACK TO mistake;
UPDATE app.part SET phase = 'done' WHERE no = 2;
COMMIT;
DELETE FROM app.part WHERE no = 3;
RESET ROLE;
SELECT key, subject, status FROM desk.mine ORDER BY key;
SELECT order_ref, event FROM sla.event JOIN sla.ticket USING (ticket_id) WHERE order_ref LIKE 'part %' ORDER BY ticket_id, event_no;
SELECT * FROM desk.refold('part%');

-- One name that begins with another, and a second table that is attached itself: each goes its own way.
CREATE TABLE app.a (no int PRIMARY KEY, note text, done_at timestamptz);
CREATE TABLE app.a_1_b (no int PRIMARY KEY, a_no int);
SELECT count(*) > 0 AS attached FROM sla.attach('app.a', policy => 'trading_company', columns => '{"attributes": {"sql": "pg_catalog.to_jsonb(new)"}, "order_ref": {"value": "same"}}',
	events => '[{"event": "first_response", "table": "app.a_1_b", "key": "a_no"}]');
SELECT count(*) > 0 AS attached FROM sla.attach('app.a_1_b', policy => 'trading_company', columns => '{"order_ref": {"value": "other"}}', events => '[]');
-- Names that are as long as they may be: the view is found, and only the event is unknown.
CREATE TABLE app.long (no int PRIMARY KEY, phase text);
SELECT count(*) > 0 AS attached FROM sla.attach('app.long', policy => 'trading_company', name => 'a_name_of_exactly_thirty_lette', columns => '{"order_ref": {"value": "long"}}',
	events => '[{"event": "reported_to_project_lead", "when": "NEW.phase = ''confirmed''"}, {"event": "resolved", "when": "NEW.phase = ''done''"}]');
SELECT source, attachment FROM sla.attachment ORDER BY attachment;
INSERT INTO app.a VALUES (1, 'as it was');
INSERT INTO app.a_1_b VALUES (1, 1);
-- An expression over the whole row follows every column.
UPDATE app.a SET note = 'changed';
INSERT INTO app.long VALUES (1, 'new');
UPDATE app.long SET phase = 'confirmed';
UPDATE app.long SET phase = 'done';
SELECT order_ref, status, attributes, (SELECT string_agg(event, ' ' ORDER BY event_no) FROM sla.event e WHERE e.ticket_id = t.ticket_id) AS events
FROM sla.ticket t WHERE order_ref IN ('same', 'other', 'long') ORDER BY 1;
SELECT object, message FROM sla.health WHERE code LIKE 'attach%';
SELECT sla.detach('app.a_1_b');
SELECT attachment FROM sla.attachment ORDER BY 1;
SELECT relname FROM pg_class WHERE relnamespace = 'sla'::regnamespace AND relname LIKE 'attached\_a\_%' ORDER BY 1;
SELECT count(*) > 0 AS attached FROM sla.attach('app.a_1_b', policy => 'trading_company', columns => '{"order_ref": {"value": "other"}}', events => '[]');
SELECT sla.detach('app.a');
SELECT relname FROM pg_class WHERE relnamespace = 'sla'::regnamespace AND relname LIKE 'attached\_a\_%' ORDER BY 1;
SELECT sla.detach('app.a_1_b');
SELECT sla.detach('app.long');
CALL desk.refused($$SELECT sla.attach('app.long', columns => '{}', events => '[]', fire => 'replica', on_error => 'raise')$$);

-- The table goes; what happened stays.
DROP TABLE app.part CASCADE;
SELECT count(*) FROM sla.attached_row;
SELECT severity, code, object, message, hint FROM sla.health WHERE code LIKE 'attach%';
SELECT sla.detach_all(only_gone => true);
SELECT count(*) FROM sla.attachment;
SELECT status, count(*) FROM sla.ticket WHERE order_ref LIKE 'part %' GROUP BY 1 ORDER BY 1;

DROP SCHEMA app CASCADE;
DROP OWNED BY regress_app;
DROP ROLE regress_app;
\set ECHO none
\i :end_desk

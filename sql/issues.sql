--
-- Faults that reviews have found: each block fails where its fault comes back.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
\set VERBOSITY terse
INSERT INTO sla.calendar (calendar, time_zone) VALUES ('issues', 'Asia/Shanghai');
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes) SELECT 'issues', d, '09:00', '18:00' FROM generate_series(1, 7) d;
INSERT INTO sla.policy (policy, version, applies_to, late_record_window) VALUES ('issues', 1, 'false', '100000000 years');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, stops_on, rearms_on, duration, every, on_due, calendar, responsible_role)
VALUES ('issues', 1, 'answer', 'answer', 'type IS NULL', '{received}', '{first_response}', '{}', '04:00', NULL, NULL, '24x7', '{agent}'),
	('issues', 1, 'office', 'resolve', 'type = ''office''', '{received}', '{resolved}', '{}', '04:00', NULL, NULL, 'issues', '{agent}'),
	('issues', 1, 'progress', 'progress', 'type = ''report''', '{received}', '{resolved}', '{follow_up}', NULL, '00:30', NULL, '24x7', '{agent}'),
	('issues', 1, 'give_up', 'close', 'type = ''timer''', '{received}', '{resolved}', '{}', '00:10', NULL, 'closed_no_rating', '24x7', '{}');
SELECT sla.publish_policy('issues', 1, '-infinity');
CREATE ROLE regress_stranger;
GRANT USAGE ON SCHEMA sla, desk TO regress_stranger;
GRANT SELECT ON desk.ticket_before TO regress_stranger;
CALL desk.at('09:00');
INSERT INTO sla.ticket (policy, order_ref, department, owner) VALUES ('issues', 'plain', 'north', 'alice'), ('issues', 'other', 'south', 'bob');
SELECT desk.id('plain') AS plain \gset

-- A type of the caller's own, with a check of his own, does not run as the owner of the tables.
SET ROLE regress_desk;
CREATE FUNCTION pg_temp.who(bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RAISE WARNING 'runs as the owner: %', current_user <> 'regress_desk';
	RETURN true;
END
$$;
CREATE DOMAIN pg_temp.int8 AS bigint CHECK (pg_temp.who(VALUE));
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.who(length(VALUE)));
SELECT sla.record(:plain, 'auto_reply') > 0 AS recorded;
UPDATE sla.ticket SET urgency = 'urgent' WHERE ticket_id = :plain;
DROP DOMAIN pg_temp.int8, pg_temp.text;

-- The triggers of sla.ticket write as the owner: nobody can put them on a table of his own.
CREATE TEMP TABLE forged (LIKE sla.ticket);
CREATE TRIGGER forged AFTER INSERT ON forged REFERENCING NEW TABLE AS new FOR EACH STATEMENT EXECUTE FUNCTION sla.tickets_arrived();
INSERT INTO forged (ticket_id, policy, policy_version, received_at, created_at, legal_hold, attributes, status, cycle)
VALUES (:plain, 'issues', 1, '2020-01-01', '2020-01-01', false, '{}', 'open', 1);
DROP TRIGGER forged ON forged;
CREATE TRIGGER forged AFTER UPDATE ON forged FOR EACH ROW EXECUTE FUNCTION sla.ticket_changed();
INSERT INTO forged (ticket_id, received_at, created_at, legal_hold, attributes, status, cycle)
VALUES (:plain, '2020-01-01', '2020-01-01', false, '{}', 'open', 1);
UPDATE forged SET owner = 'mallory';
CREATE TEMP TABLE small (ticket_id bigint);
CREATE TRIGGER small BEFORE INSERT ON small FOR EACH ROW EXECUTE FUNCTION sla.ticket_arrives();
INSERT INTO small VALUES (1);
DROP TABLE forged, small;

-- What the fold knows of a ticket is for those who may read it; and it does not fold into the future.
SELECT count(*) > 0 AS told FROM sla._trace(:plain, 'answer');
SELECT count(*) AS differences FROM sla._refold_check(:plain);
SELECT sla._refold_check(:plain, 'infinity');
SET ROLE regress_stranger;
SELECT sla._trace(:plain, 'answer');
SELECT sla._refold_check(:plain);

-- Where row security hides a ticket, nothing can be recorded on it.
RESET ROLE;
BEGIN;
ALTER TABLE sla.ticket ENABLE ROW LEVEL SECURITY;
CREATE POLICY north ON sla.ticket TO regress_desk USING (department = 'north');
SET LOCAL ROLE regress_desk;
SELECT sla.record(:plain, 'work_started') > 0 AS recorded;
SAVEPOINT hidden;
\set VERBOSITY sqlstate
SELECT sla.record(:plain + 1, 'work_started');
ROLLBACK TO hidden;
SELECT sla._refold_check(:plain + 1);
\set VERBOSITY terse
ROLLBACK;

-- A date of a contract and a legal hold are not for those who work on tickets.
SET ROLE regress_desk;
SELECT sla.record(:plain, 'work_started', details => '{"set": {"legal_hold": false}}');
SELECT sla.record(:plain, 'work_started', details => '{"set": {"due_at": "2030-01-01"}}');

-- A window of a hundred million years does not run over: what is told three days late counts from when it was.
CALL desk.at('+3 09:00');
SELECT sla.record(:plain, 'first_response', desk.moment('10:00')) > 0 AS recorded;
SELECT * FROM desk.clocks('plain');

-- What a company's trigger does to another ticket is an event, also while the engine updates the first.
RESET ROLE;
CREATE FUNCTION desk.follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE sla.ticket SET urgency = NEW.urgency WHERE parent_ticket = NEW.ticket_id;
	RETURN NULL;
END
$$;
CREATE TRIGGER follow AFTER UPDATE OF urgency ON sla.ticket FOR EACH ROW EXECUTE FUNCTION desk.follow();
UPDATE sla.ticket SET parent_ticket = :plain WHERE ticket_id = :plain + 1;
SELECT sla.record(:plain, 'classified', details => '{"set": {"urgency": "important"}}') > 0 AS recorded;
SELECT t.order_ref, t.urgency, e.event, e.details -> 'set' AS set
FROM sla.ticket t JOIN sla.event e USING (ticket_id) WHERE e.details -> 'set' ? 'urgency' AND t.order_ref IN ('plain', 'other') ORDER BY 1, e.event_no;
DROP TRIGGER follow ON sla.ticket;

-- Timers of many tickets that are overdue when they arrive, each with its own.
CALL desk.at('+3 12:00');
INSERT INTO sla.ticket (policy, type, order_ref, received_at)
SELECT 'issues', 'timer', 'timer ' || n, desk.moment('+3 09:00') + n * interval '1 second' FROM generate_series(1, 100) n;
SELECT count(*), count(DISTINCT c.due_at) AS deadlines, bool_and(c.due_at = t.received_at + interval '10 minutes') AS right
FROM sla.clock c JOIN sla.ticket t USING (ticket_id) WHERE c.target = 'give_up';

-- A ticket of the year 1 would have thirty-five million intervals.
INSERT INTO sla.ticket (policy, type, received_at) VALUES ('issues', 'report', '0001-01-01');

-- Where a calendar has no hours any more, what was measured by it stays.
CALL desk.at('+4 09:00');
INSERT INTO sla.ticket (policy, type, order_ref, owner) VALUES ('issues', 'office', 'office', 'alice');
CALL desk.sweep('+4 14:00');
DELETE FROM sla.calendar_hours WHERE calendar = 'issues';
CALL desk.event('+4 14:00', 'office', 'auto_reply');
SELECT * FROM desk.clocks('office');
SELECT target, due, void FROM desk.breaches('office');

-- An event rule cannot fill what no event can set.
BEGIN;
ALTER TABLE sla.ticket ADD COLUMN contract text;
DO $$
DECLARE
	draft integer := sla.revise_policy('issues');
BEGIN
	INSERT INTO sla.event_rule (policy, version, rule, event, sets) VALUES ('issues', draft, 'contract', 'assigned', '{"contract": "gold"}');
	PERFORM sla.publish_policy('issues', draft);
END
$$;
ROLLBACK;

-- A calendar that is changed moves no deadline that was stamped (E-12): not at the next event, not at a sweep.
INSERT INTO sla.calendar (calendar, time_zone) VALUES ('stamped', 'Asia/Shanghai');
INSERT INTO sla.calendar_hours SELECT 'stamped', d, '09:00', '18:00' FROM generate_series(1, 7) d;
INSERT INTO sla.policy (policy, version, applies_to, calendar, pause_on) VALUES ('stamped', 1, 'false', 'stamped', '{waiting_customer}');
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, rearms_on, duration, every, responsible_role) VALUES
	('stamped', 1, 'solve', 'resolve', '{received}', '{resolved}', '{}', '4 hours', NULL, '{agent}'),
	('stamped', 1, 'tell', 'progress', '{received}', '{resolved}', '{progress_to_customer}', NULL, '2 hours', '{agent}');
SELECT sla.publish_policy('stamped', 1, '-infinity');
CALL desk.at('2025-11-03 14:00');
INSERT INTO sla.ticket (policy, order_ref, owner) VALUES ('stamped', 'stamped', 'alice');
CALL desk.event('2025-11-03 14:30', 'stamped', 'waiting_customer');
CALL desk.event('2025-11-03 15:00', 'stamped', 'waiting_ended');
CALL desk.sweep('2025-11-03 17:00');
SELECT * FROM desk.clocks('stamped');
UPDATE sla.calendar_hours SET closes = '16:00' WHERE calendar = 'stamped';
CALL desk.event('2025-11-03 17:30', 'stamped', 'progress_to_customer');
SELECT * FROM desk.clocks('stamped');
SELECT target, due, void FROM desk.breaches('stamped');
SELECT count(*) > 0 AS would_move FROM sla.ticket t, sla._refold_check(t.ticket_id) WHERE t.order_ref = 'stamped';

-- A ticket is at work before its statement has ended: by a company's own trigger, by a WITH query,
-- and where what was recorded is rolled back at once.
CREATE FUNCTION desk.greet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE sla.ticket SET urgency = 'important', department = 'service' WHERE ticket_id = NEW.ticket_id;
	RETURN NULL;
END
$$;
CREATE TRIGGER greet AFTER INSERT ON sla.ticket FOR EACH ROW WHEN (NEW.order_ref LIKE 'early%') EXECUTE FUNCTION desk.greet();
CALL desk.at('2025-11-04 10:00');
INSERT INTO sla.ticket (policy, order_ref, owner) VALUES ('issues', 'early 1', 'alice'), ('issues', 'late', 'alice'), ('issues', 'early 2', 'alice');
DROP TRIGGER greet ON sla.ticket;
WITH i AS (INSERT INTO sla.ticket (policy, order_ref, owner) VALUES ('issues', 'with', 'alice') RETURNING ticket_id)
SELECT sla.record(ticket_id, 'first_response') FROM i;
CREATE FUNCTION desk.doubt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM sla.record(NEW.ticket_id, 'first_response');
	RAISE EXCEPTION 'no';
EXCEPTION WHEN OTHERS THEN
	RETURN NULL;
END
$$;
CREATE TRIGGER doubt AFTER INSERT ON sla.ticket FOR EACH ROW WHEN (NEW.order_ref = 'undone') EXECUTE FUNCTION desk.doubt();
INSERT INTO sla.ticket (policy, order_ref, owner) VALUES ('issues', 'undone', 'alice');
DROP TRIGGER doubt ON sla.ticket;
SELECT t.order_ref, t.urgency, (SELECT string_agg(e.event_no || ' ' || e.event, ', ' ORDER BY e.event_no) FROM sla.event e WHERE e.ticket_id = t.ticket_id) AS events,
	(SELECT count(*) FROM sla.clock c WHERE c.ticket_id = t.ticket_id) AS clocks,
	(SELECT count(*) FROM sla._refold_check(t.ticket_id)) AS differences
FROM sla.ticket t WHERE t.order_ref LIKE 'early%' OR t.order_ref IN ('late', 'with', 'undone') ORDER BY t.ticket_id;

-- A row that meets a ticket with its number is not inserted: what comes next in the same transaction is about that ticket.
BEGIN;
SELECT max(event_no) AS last FROM sla.event WHERE ticket_id = :plain \gset
INSERT INTO sla.ticket (ticket_id, policy, type, department) OVERRIDING SYSTEM VALUE VALUES (:plain, 'issues', 'plain', 'north')
ON CONFLICT (ticket_id) DO UPDATE SET urgency = 'urgent';
SELECT event_no > :last AS new, event FROM sla.event WHERE ticket_id = :plain AND event_no > :last;
DO $$
BEGIN
	INSERT INTO sla.ticket (ticket_id, policy, type, department) OVERRIDING SYSTEM VALUE
	SELECT ticket_id, 'issues', 'plain', 'north' FROM sla.ticket WHERE order_ref = 'plain';
EXCEPTION WHEN unique_violation THEN
	PERFORM sla.record(ticket_id, 'work_started') FROM sla.ticket WHERE order_ref = 'plain';
END
$$;
SELECT event_no > :last AS new, event FROM sla.event WHERE ticket_id = :plain AND event_no > :last ORDER BY event_no;
SELECT count(*) AS differences FROM sla._refold_check(:plain);
ROLLBACK;

-- While tables are missing the cache is kept, and when they are made again kept plans fit them.
BEGIN;
DROP SCHEMA sla CASCADE;
CREATE EXTENSION sla_ext;
SELECT count(sla.is_open(now(), '24x7')) FROM generate_series(1, 1000);
SELECT count(*) < 10 AS few FROM pg_backend_memory_contexts WHERE name = 'sla_ext cache';
SELECT sla.setup() IS NOT NULL AS made;
INSERT INTO sla.ticket (order_ref) VALUES ('new');
UPDATE sla.ticket SET urgency = 'urgent';
SELECT sla.record(ticket_id, 'first_response') FROM sla.ticket;
SELECT event_no, event FROM sla.event ORDER BY 1;
ROLLBACK;
UPDATE sla.ticket SET urgency = 'normal' WHERE ticket_id = :plain;
SELECT count(*) AS differences FROM sla._refold_check(:plain);

\set ECHO none
DROP OWNED BY regress_stranger;
DROP ROLE regress_stranger;
\i :end_desk

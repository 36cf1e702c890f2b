--
-- mutate.sql
--		An oracle that never finds anything would be worth nothing: here a few rows are spoilt, one of each kind, and the same
--		comparison has to see every one of them.  Nothing of it stays.
--
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
BEGIN;
SET LOCAL session_replication_role = replica;
SELECT set_config('sla.now', judged_at::text, false) FROM oracle.setting \g /dev/null
CREATE TEMP TABLE before ON COMMIT DROP AS SELECT * FROM oracle.compared;
CREATE TEMP TABLE spoilt (subject text, what text) ON COMMIT DROP;

-- A microsecond, a row too few, one too many, another name.
UPDATE sla.event SET effective_at = effective_at + interval '1 us' WHERE (ticket_id, event_no) = (SELECT ticket_id, event_no FROM sla.event ORDER BY 1 DESC, 2 LIMIT 1);
INSERT INTO spoilt VALUES ('effective time of events', 'an event counts a microsecond later');
UPDATE sla.clock SET due_at = due_at + interval '1 us' WHERE (ticket_id, target, cycle, seq) = (SELECT ticket_id, target, cycle, seq FROM sla.clock ORDER BY 1, 2, 3, 4 LIMIT 1);
INSERT INTO spoilt VALUES ('clocks, intervals', 'a deadline lies a microsecond later');
UPDATE sla.clock SET stopped_at = due_at + interval '1 us' WHERE (ticket_id, target, cycle, seq) = (SELECT c.ticket_id, c.target, c.cycle, c.seq FROM sla.clock c
	WHERE c.stopped_at < c.due_at AND c.override IS NULL AND EXISTS (SELECT FROM oracle.target t WHERE (t.policy, t.version, t.target) = (c.policy, c.policy_version, c.target) AND t.on_due IS NULL)
	ORDER BY 1 DESC, 2, 3, 4 LIMIT 1);
INSERT INTO spoilt VALUES ('verdicts', 'a promise that was kept was missed by a microsecond');
DELETE FROM sla.breach WHERE (ticket_id, target, cycle, due_at, kind) = (SELECT ticket_id, target, cycle, due_at, kind FROM sla.breach WHERE voided_at IS NULL AND kind = 'missed_interval' ORDER BY 1, 2, 3, 4, 5 LIMIT 1);
INSERT INTO spoilt VALUES ('breaches', 'a missed interval was forgotten');
UPDATE sla.breach SET responsible = '{boss}' WHERE (ticket_id, target, cycle, due_at, kind) = (SELECT b.ticket_id, b.target, b.cycle, b.due_at, b.kind FROM sla.breach b
	WHERE b.voided_at IS NULL AND b.kind = 'late' AND b.responsible <> '{boss}' ORDER BY 1 DESC, 2, 3, 4, 5 LIMIT 1);
INSERT INTO spoilt VALUES ('breaches', 'the wrong one answers');
UPDATE sla.breach SET voided_at = NULL, voided_by = NULL, void_reason = NULL WHERE (ticket_id, target, cycle, due_at, kind) =
	(SELECT ticket_id, target, cycle, due_at, kind FROM sla.breach WHERE voided_by = 'sla_ext' ORDER BY 1, 2, 3, 4, 5 LIMIT 1);
INSERT INTO spoilt VALUES ('voided breaches', 'a miss that was none stands');
UPDATE sla.breach SET detected_at = detected_at + interval '1 min' WHERE (ticket_id, target, cycle, due_at, kind) =
	(SELECT ticket_id, target, cycle, due_at, kind FROM sla.breach JOIN oracle.prompt USING (ticket_id) WHERE kind = 'late' ORDER BY 1, 2, 3, 4, 5 LIMIT 1);
INSERT INTO spoilt VALUES ('when breaches were found', 'a sweep passed it over');
UPDATE sla.ticket SET status = 'open' WHERE ticket_id = (SELECT min(ticket_id) FROM sla.ticket WHERE status = 'closed' AND duty IS NULL);
INSERT INTO spoilt VALUES ('tickets', 'a closed ticket is open');
DELETE FROM sla.event WHERE (ticket_id, event_no) = (SELECT e.ticket_id, e.event_no FROM sla.event e JOIN sla.ticket t USING (ticket_id) WHERE e.automatic AND t.duty IS NULL ORDER BY 1, 2 LIMIT 1);
INSERT INTO spoilt VALUES ('timers', 'a timer did not run out');
DELETE FROM sla.escalation WHERE (ticket_id, target, cycle, due_at, kind, level) = (SELECT ticket_id, target, cycle, due_at, kind, level
	FROM sla.escalation JOIN oracle.prompt USING (ticket_id) WHERE kind = 'late' AND raised_at IS NOT NULL ORDER BY 1, 2, 3, 4, 5, 6 LIMIT 1);
INSERT INTO spoilt VALUES ('warnings and escalations', 'nobody was told');
-- Not one of the escalation above, without which nobody misses it.
DELETE FROM sla.notification WHERE notification_id = (SELECT max(notification_id) FROM sla.notification WHERE kind = 'late');
INSERT INTO spoilt VALUES ('notifications', 'a notification was lost');
UPDATE sla.penalty SET offence_no = offence_no + 1 WHERE (ticket_id, ladder, employee) = (SELECT ticket_id, ladder, employee FROM sla.penalty WHERE offence_no IS NOT NULL ORDER BY 1, 2, 3 LIMIT 1);
INSERT INTO spoilt VALUES ('offence numbers, steps, documents', 'a first offence counts as the second');
UPDATE sla.penalty SET status = 'withdrawn' WHERE (ticket_id, ladder, employee) = (SELECT ticket_id, ladder, employee FROM sla.penalty WHERE status = 'candidate' ORDER BY 1, 2, 3 LIMIT 1);
INSERT INTO spoilt VALUES ('penalties', 'a candidate was let go');
DELETE FROM sla.breach WHERE (ticket_id, target, cycle, due_at, kind) = (SELECT ticket_id, target, cycle, due_at, kind FROM sla.breach JOIN oracle.prompt USING (ticket_id)
	WHERE kind = 'process_violation' ORDER BY 1, 2, 3, 4, 5 LIMIT 1);
INSERT INTO spoilt VALUES ('process violations', 'leaving the way was overlooked');
DELETE FROM sla.ticket WHERE ticket_id = (SELECT min(ticket_id) FROM sla.ticket WHERE duty IS NOT NULL AND duty <> 'customer_visit');
INSERT INTO spoilt VALUES ('duties', 'a report was not asked for');

CALL oracle.compare();
SELECT s.subject, s.what, CASE WHEN a.differences > b.differences THEN 'seen' ELSE 'NOT SEEN' END AS oracle
FROM spoilt s JOIN oracle.compared a USING (subject) JOIN before b USING (subject) ORDER BY 1, 2;
SELECT count(*) AS unseen FROM spoilt s JOIN oracle.compared a USING (subject) JOIN before b USING (subject) WHERE a.differences <= b.differences \gset
ROLLBACK;
CREATE TABLE oracle.unseen AS SELECT :unseen::integer AS rows;

--
-- spoil.sql
--		A comparison that never finds anything would be worth nothing: rows are spoilt, one of each kind, and it has to see
--		every one of them.  Nothing of it stays.
--
SET client_min_messages = warning;
SET timezone = 'UTC';
SELECT set_config('sla.now', at::text, false) FROM oracle.as_of \g /dev/null
CREATE TABLE oracle.spoilt (what text, rows integer, differences integer);
CREATE PROCEDURE oracle.spoil(what text, statement text) LANGUAGE plpgsql AS $$
DECLARE
	n integer;
	seen integer;
BEGIN
	BEGIN
		EXECUTE statement;
		GET DIAGNOSTICS n = ROW_COUNT;
		seen := (SELECT count(*) FROM oracle.difference);
		RAISE SQLSTATE 'SLA00';
	EXCEPTION WHEN SQLSTATE 'SLA00' THEN
		INSERT INTO oracle.spoilt VALUES (what, n, seen);
	END;
END
$$;
SET session_replication_role = replica;
CALL oracle.spoil('a deadline is a microsecond later', $$UPDATE sla.clock SET due_at = due_at + interval '1 us' WHERE ctid = (SELECT min(ctid) FROM sla.clock)$$);
CALL oracle.spoil('a promise that was kept is missed', $$UPDATE sla.clock SET stopped_at = due_at + interval '1 us' WHERE ctid =
	(SELECT min(ctid) FROM sla.clock WHERE stopped_at < due_at AND target LIKE 'resolve%')$$);
CALL oracle.spoil('a pause is a minute longer', $$UPDATE sla.clock SET paused_for = paused_for + interval '1 min' WHERE ctid =
	(SELECT min(ctid) FROM sla.clock WHERE paused_for > '0')$$);
CALL oracle.spoil('a reopened incident is not asked for again', $$DELETE FROM sla.clock WHERE ctid = (SELECT min(ctid) FROM sla.clock WHERE cycle = 2 AND target LIKE 'resolve%')$$);
CALL oracle.spoil('a promise that was let go runs on', $$UPDATE sla.clock SET cancelled_at = NULL WHERE ctid = (SELECT min(ctid) FROM sla.clock WHERE cancelled_at < due_at)$$);
CALL oracle.spoil('an interval is skipped', $$DELETE FROM sla.clock WHERE ctid = (SELECT min(ctid) FROM sla.clock WHERE target = 'update' AND seq = 2)$$);
CALL oracle.spoil('a miss is forgotten', $$DELETE FROM sla.breach WHERE ctid = (SELECT min(ctid) FROM sla.breach WHERE kind = 'late' AND voided_at IS NULL)$$);
CALL oracle.spoil('a missed interval is forgiven', $$UPDATE sla.breach SET voided_at = now() WHERE ctid =
	(SELECT min(ctid) FROM sla.breach WHERE kind = 'missed_interval' AND voided_at IS NULL)$$);
CALL oracle.spoil('the wrong one answers', $$UPDATE sla.breach SET responsible = '{nobody}' WHERE ctid = (SELECT min(ctid) FROM sla.breach WHERE kind = 'late' AND voided_at IS NULL)$$);
CALL oracle.spoil('a closed incident is open', $$UPDATE sla.ticket SET status = 'open' WHERE ctid = (SELECT min(ctid) FROM sla.ticket WHERE status = 'closed')$$);
CALL oracle.spoil('an incident is not watched', $$DELETE FROM sla.attached_row WHERE ctid = (SELECT min(ctid) FROM sla.attached_row)$$);
RESET session_replication_role;

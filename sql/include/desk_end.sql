--
-- desk_end.sql
--		Removes what a test has left, as only a superuser can, for the sake of the next.
--
RESET ROLE;
RESET sla.now;
SET session_replication_role = replica;
DO $$
DECLARE
	part record;
	rows_left bigint;
BEGIN
	FOR part IN
		SELECT c.oid::regclass AS name, bool_or(a.attname = 'ticket_id') AS of_ticket,
			bool_or(a.attname = 'version') AND bool_or(a.attname = 'policy') AS of_policy
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
		GROUP BY c.oid
	LOOP
		IF part.of_ticket THEN
			EXECUTE format('DELETE FROM %s WHERE ticket_id > (SELECT last FROM desk.ticket_before)', part.name);
			-- An empty table gives back its room, and its plans are again those of a new one.
			EXECUTE format('SELECT count(*) FROM %s', part.name) INTO rows_left;
			IF rows_left = 0 THEN
				EXECUTE format('TRUNCATE %s', part.name);
			END IF;
		ELSIF part.of_policy THEN
			EXECUTE format('DELETE FROM %s WHERE (policy, version) NOT IN (SELECT policy, version FROM desk.policy_before)', part.name);
		END IF;
	END LOOP;
	UPDATE sla.policy p SET status = b.status, effective_to = b.effective_to FROM desk.policy_before b
	WHERE (p.policy, p.version) = (b.policy, b.version) AND (p.status, p.effective_to) IS DISTINCT FROM (b.status, b.effective_to);
	DELETE FROM sla.calendar_hours WHERE calendar NOT IN (SELECT calendar FROM desk.calendar_before);
	DELETE FROM sla.calendar_day WHERE calendar NOT IN (SELECT calendar FROM desk.calendar_before);
	DELETE FROM sla.calendar WHERE calendar NOT IN (SELECT calendar FROM desk.calendar_before);
	DELETE FROM sla.employee WHERE employee NOT IN (SELECT employee FROM desk.employee_before);
	DELETE FROM sla.department WHERE department NOT IN (SELECT department FROM desk.department_before);
	DELETE FROM sla.compliance_rollup;
	DELETE FROM sla.verdict_rollup;
	UPDATE sla.rollup_month SET folded_at = NULL;
	DELETE FROM sla.rollup_mark;
	DELETE FROM sla.sweep_state;
	INSERT INTO sla.sweep_state SELECT * FROM desk.sweep_before;
END
$$;
RESET session_replication_role;
DROP SCHEMA desk CASCADE;
DROP OWNED BY regress_desk;
DROP ROLE regress_desk;

--
-- application.sql
--		A service desk that knows nothing of schema sla: its tables, and what it does when somebody saves an incident.  It is
--		fed from the log, which is read here as its times and unknowns are meant.
--
SET client_min_messages = warning;
DO $$
BEGIN
	CREATE ROLE itsm_app;
EXCEPTION WHEN duplicate_object THEN
	NULL;
END
$$;

-- "at" is when it happened: the clocks of the log are those of Lisbon.
CREATE TABLE eventlog.entry AS
WITH read AS (
	SELECT line_no, number, incident_state AS state, priority, urgency, impact, nullif(category, '?') AS category, caller_id AS caller,
		nullif(assignment_group, '?') AS assignment_group, nullif(assigned_to, '?') AS assigned_to, reassignment_count::smallint AS reassignment_count,
		reopen_count::smallint AS reopen_count, sys_mod_count::integer AS mod_count, sys_updated_by AS updated_by,
		regexp_replace(nullif(opened_at, '?'), '(..)-(..)-(....)', '\3-\2-\1')::timestamp AS opened_at,
		regexp_replace(nullif(sys_updated_at, '?'), '(..)-(..)-(....)', '\3-\2-\1')::timestamp AS updated_at,
		regexp_replace(nullif(resolved_at, '?'), '(..)-(..)-(....)', '\3-\2-\1')::timestamp AS resolved_at
	FROM eventlog.line
)
SELECT row_number() OVER (ORDER BY updated_at AT TIME ZONE 'Europe/Lisbon', mod_count, line_no) AS no, updated_at AT TIME ZONE 'Europe/Lisbon' AS at, read.*
FROM read;
CREATE UNIQUE INDEX ON eventlog.entry (no);
GRANT USAGE ON SCHEMA eventlog TO itsm_app;
GRANT SELECT ON eventlog.entry TO itsm_app;

CREATE SCHEMA itsm AUTHORIZATION itsm_app;
SET ROLE itsm_app;
CREATE TABLE itsm.incident (
	number text PRIMARY KEY, state text NOT NULL, priority text NOT NULL, urgency text, impact text, category text, caller text,
	assignment_group text, assigned_to text, reassignment_count smallint NOT NULL, reopen_count smallint NOT NULL,
	opened_at timestamp NOT NULL, updated_at timestamp NOT NULL, resolved_at timestamp, closed_at timestamp);
CREATE TABLE itsm.incident_history (
	entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number text NOT NULL REFERENCES itsm.incident ON UPDATE CASCADE,
	state_from text, state_to text NOT NULL, at timestamp NOT NULL, by text);
CREATE INDEX ON itsm.incident_history (number);

-- Nobody knows what is to come: a resolution that the log dates later than the entry is dated by the entry.
CREATE PROCEDURE itsm.save(e eventlog.entry) LANGUAGE plpgsql AS $$
DECLARE
	before itsm.incident;
	solved_at timestamp := CASE WHEN e.state IN ('Resolved', 'Closed') THEN coalesce(least(e.resolved_at, e.updated_at), e.updated_at) END;
BEGIN
	SELECT * INTO before FROM itsm.incident i WHERE i.number = e.number;
	IF NOT FOUND THEN
		INSERT INTO itsm.incident (number, state, priority, urgency, impact, category, caller, assignment_group, assigned_to, reassignment_count,
			reopen_count, opened_at, updated_at, resolved_at, closed_at)
		VALUES (e.number, e.state, e.priority, e.urgency, e.impact, e.category, e.caller, e.assignment_group, e.assigned_to, e.reassignment_count,
			e.reopen_count, e.opened_at, e.updated_at, solved_at, CASE WHEN e.state = 'Closed' THEN e.updated_at END);
	ELSE
		UPDATE itsm.incident i SET state = e.state, priority = e.priority, urgency = e.urgency, impact = e.impact, category = e.category, caller = e.caller,
			assignment_group = e.assignment_group, assigned_to = e.assigned_to, reassignment_count = e.reassignment_count, reopen_count = e.reopen_count,
			updated_at = e.updated_at, resolved_at = solved_at, closed_at = CASE WHEN e.state = 'Closed' THEN coalesce(i.closed_at, e.updated_at) END
		WHERE i.number = e.number;
	END IF;
	INSERT INTO itsm.incident_history (number, state_from, state_to, at, by) VALUES (e.number, before.state, e.state, e.updated_at, e.updated_by);
END
$$;
RESET ROLE;

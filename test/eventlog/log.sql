--
-- log.sql
--		The table that an event log is loaded into as it is: one row per state of an incident, all of it text.  The columns
--		are those of the public "Incident management process enriched event log" (Amaral, Fantinato, Peres; UCI Machine
--		Learning Repository, no. 498): times are DD-MM-YYYY HH:MI, and what is not known is a question mark.
--
SET client_min_messages = warning;
CREATE SCHEMA eventlog;
CREATE TABLE eventlog.line (
	number text, incident_state text, active text, reassignment_count text, reopen_count text, sys_mod_count text, made_sla text,
	caller_id text, opened_by text, opened_at text, sys_created_by text, sys_created_at text, sys_updated_by text, sys_updated_at text,
	contact_type text, location text, category text, subcategory text, u_symptom text, cmdb_ci text, impact text, urgency text, priority text,
	assignment_group text, assigned_to text, knowledge text, u_priority_confirmation text, notify text, problem_id text, rfc text, vendor text,
	caused_by text, closed_code text, resolved_by text, resolved_at text, closed_at text,
	line_no bigint GENERATED ALWAYS AS IDENTITY);

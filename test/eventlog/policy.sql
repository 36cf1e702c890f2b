--
-- policy.sql
--		What the service desk promises, and the handful of statements that put its tables under it.
--
SET client_min_messages = warning;
INSERT INTO sla.calendar (calendar, time_zone, known_until) VALUES ('service_desk', 'Europe/Lisbon', '2030-12-31');
INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes)
SELECT 'service_desk', day, opens, closes FROM generate_series(1, 5) day, (VALUES ('08:00'::time, '12:30'::time), ('13:30', '18:00')) h (opens, closes);
INSERT INTO sla.calendar_day (calendar, day, opens, closes, name) VALUES
	('service_desk', '2016-03-25', NULL, NULL, 'Good Friday'), ('service_desk', '2016-04-25', NULL, NULL, 'Freedom Day'),
	('service_desk', '2016-03-19', '09:00', '13:00', 'a Saturday that was worked'), ('service_desk', '2016-03-24', '08:00', '12:30', 'half a day');

INSERT INTO sla.policy (policy, version, title, time_zone, calendar, reopen_alert_roles, pause_on)
VALUES ('service_desk', 1, 'Service desk', 'Europe/Lisbon', 'service_desk', '{dept_head}', '{awaiting_user,awaiting_problem,awaiting_vendor,awaiting_evidence}');
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, stops_on, rearms_on, duration, every, calendar, restarts, pausable,
	responsible_role, binding, basis)
SELECT 'service_desk', 1, t.*, '{dept_handler}', false, 'A' FROM (VALUES
	('respond_urgent', 'first_response', 'urgency = ''urgent''', '{received}'::text[], '{first_response}'::text[], '{}'::text[], '00:10:00'::interval, NULL::interval, '24x7', false, true),
	('respond_important', 'first_response', 'urgency = ''important''', '{received}', '{first_response}', '{}', '01:00:00', NULL, NULL, false, true),
	('respond', 'first_response', 'urgency = ''normal''', '{received}', '{first_response}', '{}', '04:00:00', NULL, NULL, false, true),
	('assign', 'assign', NULL, '{received}', '{assigned}', '{}', '02:00:00', NULL, NULL, false, false),
	('resolve_urgent', 'resolve', 'urgency = ''urgent''', '{received}', '{resolved}', '{}', '08:00:00', NULL, '24x7', true, true),
	('resolve_important', 'resolve', 'urgency = ''important''', '{received}', '{resolved}', '{}', '16:00:00', NULL, NULL, true, true),
	('resolve', 'resolve', 'urgency = ''normal''', '{received}', '{resolved}', '{}', '5 days', NULL, NULL, true, true),
	('update', 'update', NULL, '{received}', '{resolved}', '{updated}', NULL, '18:00:00', NULL, true, true),
	('close', 'close', NULL, '{resolved}', '{closed}', '{}', '5 days', NULL, NULL, true, false)) t;
INSERT INTO sla.escalation_step (policy, version, target, level, after, roles, medium)
VALUES ('service_desk', 1, '*', 1, '00:00:00', '{dept_head}', 'inbox'), ('service_desk', 1, '*', 2, '24:00:00', '{dept_head}', 'inbox');
SELECT sla.publish_policy('service_desk', 1, '-infinity') \g /dev/null
INSERT INTO sla.employee (employee, department)
SELECT DISTINCT ON (person) person, department FROM (
	SELECT 'head of ' || assignment_group AS person, assignment_group AS department FROM eventlog.entry WHERE assignment_group IS NOT NULL
	UNION ALL SELECT assigned_to, assignment_group FROM eventlog.entry WHERE assigned_to IS NOT NULL) p ORDER BY person, department;
INSERT INTO sla.department (department, head)
SELECT DISTINCT assignment_group, 'head of ' || assignment_group FROM eventlog.entry WHERE assignment_group IS NOT NULL;

-- What the desk tells of itself is told carelessly, as people do: every entry of a state tells of the state once more, also
-- on an incident that is closed already.
SELECT sla.attach('itsm.incident', policy => 'service_desk', time_zone => 'Europe/Lisbon',
	columns => '{"received_at": "opened_at", "order_ref": "number", "type": {"value": "incident"}, "category": "category", "customer": "caller",
		"department": "assignment_group", "assignee": "assigned_to",
		"urgency": {"column": "priority", "map": {"1 - Critical": "urgent", "2 - High": "important"}, "else": "normal"},
		"attributes": {"columns": ["state", "impact", "reassignment_count", "reopen_count"]}}',
	events => '[
		{"event": "reopened", "when": "OLD.state IN (''Resolved'', ''Closed'') AND NEW.state NOT IN (''Resolved'', ''Closed'')"},
		{"event": "waiting_ended", "when": "OLD.state LIKE ''Awaiting%'' AND NEW.state <> OLD.state"},
		{"event": "awaiting_user", "on": "insert or update", "when": "NEW.state = ''Awaiting User Info''"},
		{"event": "awaiting_problem", "on": "insert or update", "when": "NEW.state = ''Awaiting Problem''"},
		{"event": "awaiting_vendor", "on": "insert or update", "when": "NEW.state = ''Awaiting Vendor''", "at": "updated_at"},
		{"event": "awaiting_evidence", "on": "insert or update", "when": "NEW.state = ''Awaiting Evidence''", "at": "updated_at"},
		{"event": "resolved", "on": "insert or update", "when": "NEW.state = ''Resolved''", "at": "resolved_at"},
		{"event": "closed", "on": "insert or update", "when": "NEW.state = ''Closed''", "at": "closed_at"},
		{"event": "first_response", "table": "itsm.incident_history", "key": "number", "when": "NEW.state_to <> ''New''", "at": "at", "actor": "by"},
		{"event": "updated", "table": "itsm.incident_history", "key": "number", "when": "NEW.state_to NOT IN (''Resolved'', ''Closed'')", "at": "at", "actor": "by"}]') \g /dev/null

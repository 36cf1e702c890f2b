--
-- preset.sql
--		How the rows of a preset (:preset) are read, to be compared with a table that is typed
--		from the regulation.
--
--		Amounts are "5 min" (elapsed) or "3 wd" (working days), a ticket's column, or "off".
--
CREATE FUNCTION pg_temp.amount(span interval) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN extract(day FROM span) > 0 THEN extract(day FROM span) || ' wd'
		ELSE (extract(epoch FROM span) / 60)::integer || ' min' END
$$;

CREATE TEMP VIEW actual_target AS
SELECT t.target, t.milestone,
	coalesce(pg_temp.amount(coalesce(t.duration, t.every)), t.due_column, 'off') AS amount,
	CASE WHEN t.duty IS NOT NULL THEN 'CAL' WHEN coalesce(t.calendar, p.calendar) = 'cn_workday' THEN 'WD'
		ELSE coalesce(t.calendar, p.calendar) END AS calendar,
	coalesce('duty ' || t.duty, array_to_string(t.starts_on, CASE WHEN t.starts_all THEN ' AND ' ELSE ' OR ' END)
		|| coalesce(' (fb ' || t.fallback_on || '+' || (extract(epoch FROM t.fallback_after) / 60)::integer || ' ' || t.start_owed_by || ')', '')) AS starts,
	array_to_string(t.stops_on, CASE WHEN t.stops_all THEN ' AND ' ELSE ' OR ' END) AS stops,
	pg_temp.amount(t.every) AS repeats,
	array_to_string(t.responsible_role, ', ') AS responsible, array_to_string(t.notify_roles, ', ') AS told,
	CASE WHEN t.binding THEN coalesce(t.ladder, 'none') ELSE 'report only' END AS consequence, t.basis, t.clause
FROM sla.target t JOIN sla.policy p USING (policy, version)
WHERE t.policy = :'preset' AND t.version = :version AND t.on_due IS NULL;

CREATE TEMP TABLE expected_target (row_id text, LIKE actual_target);

CREATE TEMP VIEW target_difference AS
(SELECT 'missing' AS difference, a.* FROM
	(SELECT target, milestone, amount, calendar, starts, stops, repeats, responsible, told, consequence, basis, clause
	 FROM expected_target EXCEPT SELECT * FROM actual_target) a)
UNION ALL
(SELECT 'not in the regulation', a.* FROM
	(SELECT * FROM actual_target EXCEPT
	 SELECT target, milestone, amount, calendar, starts, stops, repeats, responsible, told, consequence, basis, clause FROM expected_target) a);

CREATE TEMP VIEW actual_duty AS
SELECT duty, coalesce(every::text, 'source') AS every, CASE WHEN every IS NOT NULL THEN to_char(anchor, 'MM-DD Dy HH24:MI') END AS anchor,
	due_after::text, shift, department, array_to_string(roles, ', ') AS told, active, clause
FROM sla.duty WHERE policy = :'preset' AND version = :version;

CREATE TEMP TABLE expected_duty (row_id text, LIKE actual_duty);

CREATE TEMP VIEW duty_difference AS
(SELECT 'missing' AS difference, a.* FROM
	(SELECT duty, every, anchor, due_after, shift, department, told, active, clause FROM expected_duty EXCEPT SELECT * FROM actual_duty) a)
UNION ALL
(SELECT 'not in the regulation', a.* FROM
	(SELECT * FROM actual_duty EXCEPT SELECT duty, every, anchor, due_after, shift, department, told, active, clause FROM expected_duty) a);

CREATE TEMP VIEW actual_step AS
SELECT ladder, step, trigger, coalesce(event, metric) AS what, below, nth_from || '..' || coalesce(nth_to::text, '') AS nth, severity, subject, action, points,
	percent || ' % of ' || percent_of AS share, duty, duty_due::text, array_to_string(approver_roles, ', ') AS approvers, clause
FROM sla.penalty_rule WHERE policy = :'preset' AND version = :version;

CREATE TEMP TABLE expected_step (LIKE actual_step);

CREATE TEMP VIEW step_difference AS
(SELECT 'missing' AS difference, a.* FROM (SELECT * FROM expected_step EXCEPT SELECT * FROM actual_step) a)
UNION ALL
(SELECT 'not in the regulation', a.* FROM (SELECT * FROM actual_step EXCEPT SELECT * FROM expected_step) a);

-- Everything says in both languages what it is, and where it comes from.
CREATE TEMP VIEW nameless AS
SELECT part, name FROM (
	SELECT 'policy' AS part, policy AS name, title, title_zh, clause FROM sla.policy WHERE policy = :'preset' AND version = :version
	UNION ALL SELECT 'target', target, title, title_zh, clause FROM sla.target WHERE policy = :'preset' AND version = :version
	UNION ALL SELECT 'rule', rule, title, title_zh, clause FROM sla.event_rule WHERE policy = :'preset' AND version = :version
	UNION ALL SELECT 'classification', position::text, title, title_zh, clause FROM sla.classification WHERE policy = :'preset' AND version = :version
	UNION ALL SELECT 'escalation step', target || ' ' || level, title, title_zh, clause FROM sla.escalation_step WHERE policy = :'preset' AND version = :version
	UNION ALL SELECT 'penalty rule', step, title, title_zh, clause FROM sla.penalty_rule WHERE policy = :'preset' AND version = :version
	UNION ALL SELECT 'reward', reward, title, title_zh, clause FROM sla.reward_rule WHERE policy = :'preset' AND version = :version
	UNION ALL SELECT 'duty', duty, title, title_zh, clause FROM sla.duty WHERE policy = :'preset' AND version = :version) x
WHERE num_nulls(title, title_zh, clause) > 0 OR title_zh !~ '[一-龥]' OR clause !~ '^(D\d+-\d\d|[CK]-\d+|D\d+(, D\d+)*)$';

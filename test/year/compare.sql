--
-- compare.sql
--		What the engine has written beside what the oracle says, row by row, in both directions.
--
SELECT set_config('sla.now', judged_at::text, false) FROM oracle.setting \g /dev/null


CREATE TABLE oracle.compared (no integer GENERATED ALWAYS AS IDENTITY, subject text PRIMARY KEY, rows bigint, differences bigint);
CREATE TABLE oracle.difference (subject text, side text, ticket_id bigint, what text, row text);

-- Compares two queries with a ticket_id, and a column "what" that says what the row is about.
CREATE PROCEDURE oracle.compare(subject text, engine text, oracle text) LANGUAGE plpgsql AS $$
DECLARE
	rows bigint;
	differences bigint;
BEGIN
	EXECUTE format('CREATE TEMP TABLE theirs ON COMMIT DROP AS %s', engine);
	GET DIAGNOSTICS rows = ROW_COUNT;
	EXECUTE format('CREATE TEMP TABLE ours ON COMMIT DROP AS %s', oracle);
	INSERT INTO oracle.difference
	SELECT compare.subject, 'engine', d.ticket_id, d.what, (to_jsonb(d) - '{ticket_id,what}'::text[])::text FROM (SELECT * FROM theirs EXCEPT ALL SELECT * FROM ours) d
	UNION ALL
	SELECT compare.subject, 'oracle', d.ticket_id, d.what, (to_jsonb(d) - '{ticket_id,what}'::text[])::text FROM (SELECT * FROM ours EXCEPT ALL SELECT * FROM theirs) d;
	GET DIAGNOSTICS differences = ROW_COUNT;
	INSERT INTO oracle.compared (subject, rows, differences) VALUES (compare.subject, greatest(rows, (SELECT count(*) FROM ours)), differences);
	DROP TABLE theirs, ours;
END
$$;

-- Tickets about which nothing was told late: of these it is known what was known at every moment.
CREATE TABLE oracle.prompt AS
SELECT t.ticket_id FROM sla.ticket t WHERE NOT EXISTS (SELECT FROM oracle.cases c WHERE c.ticket_id = t.ticket_id AND NOT c.is_final);
CREATE UNIQUE INDEX ON oracle.prompt (ticket_id);

-- The moments at which somebody wrote: a record, or a sweep.
CREATE TABLE oracle.sweep AS SELECT DISTINCT at FROM year.sweep;
CREATE UNIQUE INDEX ON oracle.sweep (at);
CREATE FUNCTION oracle.sweep_from(instant timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
	SELECT at FROM oracle.sweep WHERE at >= instant ORDER BY at LIMIT 1
$$;

CREATE UNIQUE INDEX ON year.decision (no);
CREATE INDEX ON year.decision (ticket_id);
ANALYZE year.decision;

-- Misses in the end, those that a person took back aside; and when each was found: by the first who wrote after it, be
-- it only to say something about another miss.
CREATE TABLE oracle.final_breach AS
SELECT b.*, t.policy, t.version, t.milestone, t.binding, t.named_ladder AS ladder, b.due_at < b.created_at AS born_overdue, d.decided_by AS voided_by, d.choice AS override,
	a.choice AS attribution, a.no AS attributed_no, d.no AS voided_no,
	least((SELECT s.at FROM oracle.sweep s WHERE s.at > b.due_at AND s.at >= greatest(b.created_at, y.created_at) ORDER BY s.at LIMIT 1),
		(SELECT min(e.recorded_at) FROM sla.event e WHERE e.ticket_id = b.ticket_id AND e.recorded_at > b.due_at AND e.recorded_at >= b.created_at),
		(SELECT min(w.at) FROM year.decision w WHERE w.what IN ('void', 'attribute') AND w.ticket_id = b.ticket_id AND w.at > b.due_at AND w.at >= b.created_at),
		CASE WHEN y.created_at > b.due_at AND y.created_at >= b.created_at THEN y.created_at END) AS detected_at
FROM oracle.breach b JOIN oracle.cases c USING (case_id) JOIN oracle.target t USING (tid) JOIN sla.ticket y ON y.ticket_id = b.ticket_id
LEFT JOIN LATERAL (SELECT v.* FROM year.decision v WHERE v.what = 'void' AND (v.ticket_id, v.target, v.cycle, v.due_at, v.kind) = (b.ticket_id, b.target, b.cycle, b.due_at, b.kind)
	ORDER BY v.no LIMIT 1) d ON true
-- The same may be said again on account of another who answers.
LEFT JOIN LATERAL (SELECT (array_agg(v.choice ORDER BY v.no DESC))[1] AS choice, min(v.no) AS no FROM year.decision v
	WHERE v.what = 'attribute' AND (v.ticket_id, v.target, v.cycle, v.due_at, v.kind) = (b.ticket_id, b.target, b.cycle, b.due_at, b.kind)) a ON true
WHERE c.is_final;
CREATE INDEX ON oracle.final_breach (ticket_id);
-- Once a penalty has been confirmed, those stay responsible who were so as was known then, whatever is told afterwards (V-16);
-- also for what is missed on the same ladder later on.
UPDATE oracle.final_breach b SET responsible = f.employees, department = f.department
FROM (
	SELECT DISTINCT ON (b.ticket_id, b.target, b.cycle, b.due_at, b.kind) b.ticket_id, b.target, b.cycle, b.due_at, b.kind, h.employees, k.department
	FROM oracle.final_breach b
	JOIN year.decision d ON d.what = 'confirm' AND d.ground = 'offence' AND d.ticket_id = b.ticket_id AND d.ladder = b.ladder
	CROSS JOIN LATERAL (SELECT greatest(d.at, b.detected_at) AS at) q
	CROSS JOIN LATERAL (SELECT jsonb_object_agg(c.name, coalesce((SELECT jsonb_build_object('is', e.details #> ARRAY['set', c.name]) FROM sla.event e
			WHERE e.ticket_id = b.ticket_id AND e.details -> 'set' ? c.name AND e.recorded_at <= q.at AND e.effective_at < b.due_at ORDER BY e.effective_at DESC, e.event_no DESC LIMIT 1) -> 'is',
			a.row -> c.name)) AS was FROM year.arrived a, (VALUES ('owner'), ('assignee'), ('department')) c(name) WHERE a.ticket_id = b.ticket_id) w
	CROSS JOIN LATERAL (SELECT w.was ->> 'owner' AS owner, w.was ->> 'assignee' AS assignee, w.was ->> 'department' AS department) k
	CROSS JOIN LATERAL (SELECT ARRAY(SELECT DISTINCT h.employee FROM unnest(b.responsible_role) role, LATERAL oracle.holders(role, k.owner, k.assignee, k.department, true) h(employee) ORDER BY 1) AS employees) h
	WHERE EXISTS (SELECT FROM sla.event e WHERE e.ticket_id = b.ticket_id AND e.recorded_at > q.at AND e.effective_at < b.due_at AND e.details -> 'set' ?| '{owner,assignee,department}')
		AND d.employee = ANY (h.employees)
	ORDER BY b.ticket_id, b.target, b.cycle, b.due_at, b.kind, d.no) f
WHERE (b.ticket_id, b.target, b.cycle, b.due_at, b.kind) = (f.ticket_id, f.target, f.cycle, f.due_at, f.kind);
ANALYZE oracle.final_breach, oracle.prompt, oracle.sweep, oracle.clock;

-- Leaving the way is a breach of its own, of whoever did it (E-10).
CREATE TABLE oracle.violation AS
SELECT r.ticket_id, r.rule AS target, r.cycle, r.occurred_at AS due_at, t.policy, t.policy_version AS version, coalesce(u.binding, false) AS binding, u.ladder,
	coalesce(r.actor, r.owner) AS employee, r.department, e.recorded_at AS detected_at
FROM oracle.ruling r JOIN sla.ticket t USING (ticket_id) JOIN sla.event e ON (e.ticket_id, e.event_no) = (r.ticket_id, r.event_no)
LEFT JOIN sla.event_rule u ON (u.policy, u.version, u.rule) = (t.policy, t.policy_version, r.rule)
WHERE NOT r.met AND coalesce(u.mode, 'warn') = 'warn';

-- Offences in the end, one per ticket, ladder and employee, whatever the cycle (K-1).
CREATE TABLE oracle.offence AS
SELECT b.ticket_id, b.ladder, b.policy, b.version, b.employee, min(b.due_at) AS first_due_at, count(*) AS breach_count
FROM (
	SELECT b.ticket_id, b.ladder, b.policy, b.version, who.employee, b.due_at, b.binding FROM oracle.final_breach b, unnest(b.responsible) who(employee)
	WHERE NOT b.born_overdue AND b.voided_by IS NULL AND coalesce(b.attribution, 'personal') IN ('personal', 'shared')
	UNION ALL
	SELECT v.ticket_id, v.ladder, v.policy, v.version, v.employee, v.due_at, v.binding FROM oracle.violation v WHERE NOT EXISTS (
		SELECT FROM year.decision d WHERE (d.ticket_id, d.target, d.cycle, d.due_at, d.kind) = (v.ticket_id, v.target, v.cycle, v.due_at, 'process_violation')
			AND (d.what = 'void' OR d.what = 'attribute' AND d.choice NOT IN ('personal', 'shared')))) b
JOIN (SELECT 1) one ON b.binding AND b.ladder IS NOT NULL AND b.employee IS NOT NULL
GROUP BY 1, 2, 3, 4, 5;
-- When a penalty fell by itself is known from its row only, since what was known at every moment is not reckoned.  A miss that is
-- found after that is to be decided anew.
CREATE TABLE oracle.fallen AS
SELECT p.ticket_id, p.ladder, p.ground, p.employee, p.reversed_at AS fell_at, EXISTS (SELECT FROM sla.breach b WHERE b.ticket_id = p.ticket_id AND b.ladder = p.ladder
	AND p.employee = ANY (b.responsible) AND b.binding AND NOT b.born_overdue AND b.detected_at > p.reversed_at) AS anew
FROM sla.penalty p
WHERE p.ground = 'offence' AND p.reversed_at IS NOT NULL AND p.reversed_by IS NULL;
-- What became of them, and of what events called for: as people decided, in order of time.
CREATE TABLE oracle.penalty AS
SELECT ticket_id, ladder, ground, employee, o.first_due_at, o.breach_count, t.policy, t.policy_version AS version,
	CASE WHEN d.reversed THEN 'reversed' WHEN d.waived THEN 'waived' WHEN d.confirmed AND n.anew THEN CASE WHEN o.first_due_at IS NULL THEN 'withdrawn' ELSE 'candidate' END
		WHEN d.confirmed AND o.first_due_at IS NULL THEN 'reversed' WHEN d.confirmed THEN 'effective' ELSE 'candidate' END AS status
FROM (SELECT ticket_id, ladder, 'offence' COLLATE "C" AS ground, employee, first_due_at, breach_count FROM oracle.offence
	UNION ALL SELECT ticket_id, ladder, ground, employee, min(at), 0 FROM oracle.called GROUP BY 1, 2, 3, 4) o
FULL JOIN (SELECT ticket_id, ladder, ground, employee, bool_or(what = 'confirm') AS confirmed, bool_or(what = 'waive') AS waived, bool_or(what = 'reverse') AS reversed
	FROM year.decision WHERE what IN ('confirm', 'waive', 'reverse') GROUP BY 1, 2, 3, 4) d USING (ticket_id, ladder, ground, employee)
LEFT JOIN oracle.fallen n USING (ticket_id, ladder, ground, employee)
JOIN sla.ticket t USING (ticket_id);

-- The offence number: one more than the penalties of the employee on this ladder that were in force then and lie less than the
-- window away, before or after (V-25).  A penalty that fell by itself was in force until the sweep that noticed.
CREATE TABLE oracle.given AS
SELECT d.no, d.at, d.ticket_id, d.ladder, d.employee, d.decided_by, p.policy, p.policy_version, p.first_due_at, w.offence_window, w.time_zone,
	r.no AS reversed_no, CASE WHEN r.no IS NULL THEN p.reversed_at END AS fell_at
FROM year.decision d JOIN sla.penalty p USING (ticket_id, ladder, ground, employee) JOIN sla.policy w ON (w.policy, w.version) = (p.policy, p.policy_version)
LEFT JOIN year.decision r ON r.what = 'reverse' AND (r.ticket_id, r.ladder, r.ground, r.employee) = (d.ticket_id, d.ladder, d.ground, d.employee)
WHERE d.what = 'confirm' AND d.ground = 'offence';
CREATE INDEX ON oracle.given (employee, ladder, no);
CREATE INDEX ON oracle.violation (ticket_id);
ANALYZE oracle.given, oracle.violation;
CREATE TABLE oracle.confirmed AS
SELECT g.ticket_id, g.ladder, g.employee, g.decided_by, g.at AS decided_at, e.counted, r.step, r.action, r.points, r.duty AS document,
	CASE WHEN r.duty IS NOT NULL THEN oracle.add('cn_workday', g.at, r.duty_due) END AS document_due_at, b.first_due_at, b.breach_count
FROM oracle.given g
CROSS JOIN LATERAL (SELECT coalesce(array_agg(o.ticket_id ORDER BY o.ticket_id), '{}') AS counted FROM oracle.given o
	WHERE o.employee = g.employee AND o.ladder = g.ladder AND o.policy = g.policy AND o.no < g.no AND coalesce(o.reversed_no > g.no, true) AND coalesce(o.fell_at > g.at, true)
		AND (greatest(o.first_due_at, g.first_due_at) AT TIME ZONE g.time_zone) < (least(o.first_due_at, g.first_due_at) AT TIME ZONE g.time_zone) + g.offence_window) e
-- The ticket as it was then.
CROSS JOIN LATERAL (SELECT coalesce((SELECT x.details #>> '{set,urgency}' FROM sla.event x
	WHERE x.ticket_id = g.ticket_id AND x.details -> 'set' ? 'urgency' AND x.recorded_at <= g.at ORDER BY x.effective_at DESC, x.event_no DESC LIMIT 1),
	(SELECT a.row ->> 'urgency' FROM year.arrived a WHERE a.ticket_id = g.ticket_id)) AS urgency) u
LEFT JOIN sla.penalty_rule r ON r.policy = g.policy AND r.version = g.policy_version AND r.ladder = g.ladder AND r.trigger = 'offence'
	AND 1 + cardinality(e.counted) BETWEEN coalesce(r.nth_from, 1) AND coalesce(r.nth_to, 1000000) AND coalesce(r.severity, u.urgency) = u.urgency
-- What was known then.
CROSS JOIN LATERAL (SELECT min(b.due_at) AS first_due_at, count(*) AS breach_count FROM (
		SELECT b.ticket_id, b.ladder, b.responsible, b.binding, b.due_at, b.detected_at, b.voided_no, b.attributed_no, b.attribution FROM oracle.final_breach b WHERE NOT b.born_overdue
		UNION ALL
		SELECT v.ticket_id, v.ladder, ARRAY[v.employee], v.binding, v.due_at, v.detected_at, NULL, NULL, NULL FROM oracle.violation v) b
	WHERE b.ticket_id = g.ticket_id AND b.ladder = g.ladder AND g.employee = ANY (b.responsible) AND b.binding AND b.detected_at < g.at -- management comes before the sweep
		AND coalesce(b.voided_no > g.no, true) AND NOT coalesce(b.attributed_no < g.no AND b.attribution NOT IN ('personal', 'shared'), false)) b
WHERE NOT EXISTS (SELECT FROM oracle.fallen n WHERE n.anew AND (n.ticket_id, n.ladder, n.employee) = (g.ticket_id, g.ladder, g.employee));

-- The version in force when the ticket was received; which policy it is, unless the ticket names it, is decided by the first that applies.
CREATE TABLE oracle.choice (ticket_id bigint, policy text COLLATE "C", version integer);
DO $$
BEGIN
	EXECUTE (SELECT 'INSERT INTO oracle.choice SELECT DISTINCT ON (ticket_id) t.ticket_id, v.policy, v.version FROM (
			SELECT r.* FROM year.arrived a JOIN year.entered e USING (ticket_id) JOIN year.ticket p USING (n), jsonb_populate_record(NULL::sla.ticket,
				a.row || jsonb_build_object(''policy'', p.columns -> ''policy'')) r) t, LATERAL (VALUES '
		|| string_agg(format('(%L COLLATE "C", %s, %s, %L::timestamptz, %L::timestamptz, (%s) IS TRUE)', policy, version, position, effective_from, coalesce(effective_to, 'infinity'), coalesce(applies_to, 'true')), ', ')
		|| ') v(policy, version, position, low, high, applies) WHERE t.received_at >= v.low AND t.received_at < v.high AND CASE WHEN t.policy IS NOT NULL THEN v.policy = t.policy ELSE v.applies END
			ORDER BY t.ticket_id, v.position, v.policy'
		FROM sla.policy WHERE status <> 'draft');
END
$$;

-- What had to be opened of its own accord: every period that began while its version was in force and published.
CREATE TABLE oracle.duty AS
SELECT d.policy, d.version, d.duty, coalesce(s.subject, '') AS subject_key, p.starts AT TIME ZONE v.time_zone AS received_at, (p.starts + d.due_after) AT TIME ZONE v.time_zone AS due_at
FROM sla.duty d JOIN sla.policy v USING (policy, version), year.setting y
CROSS JOIN LATERAL generate_series(d.anchor + (SELECT greatest(0, floor(extract(epoch FROM timestamp '2024-01-01' - d.anchor) / extract(epoch FROM d.every)) - 2)::integer) * d.every,
	y.judged_at AT TIME ZONE 'Asia/Shanghai', d.every) p(starts)
LEFT JOIN LATERAL unnest(d.subjects) s(subject) ON true
WHERE v.status <> 'draft' AND d.every IS NOT NULL AND d.active AND p.starts AT TIME ZONE v.time_zone >= greatest(v.effective_from, v.published_at)
	AND p.starts AT TIME ZONE v.time_zone < coalesce(v.effective_to, 'infinity') AND p.starts AT TIME ZONE v.time_zone <= y.judged_at;

-- Steps after a miss: due so long after the deadline, but not before that was known; raised unless the promise has been kept by then,
-- or a person has taken the miss back; told to those who had the ticket then (W-3).
CREATE TABLE oracle.step AS
SELECT t.policy, t.version, t.target, s.level, s.at_percent / 100 AS part, s.after, s.medium, coalesce(s.roles, t.notify_roles) AS roles
FROM oracle.target t JOIN sla.escalation_step s ON s.policy = t.policy AND s.version = t.version AND (s.target = t.target
	OR s.target = '*' AND NOT EXISTS (SELECT FROM sla.escalation_step o WHERE (o.policy, o.version, o.target, o.level) = (t.policy, t.version, t.target, s.level)))
UNION ALL
SELECT s.policy, s.version, r.rule, s.level, NULL, s.after, s.medium, coalesce(s.roles, '{}') FROM sla.escalation_step s
CROSS JOIN LATERAL (SELECT u.rule FROM sla.event_rule u WHERE (u.policy, u.version) = (s.policy, s.version) UNION SELECT 'closed_without_resolution') r WHERE s.target = '*' AND s.after IS NOT NULL;
CREATE INDEX ON oracle.step (policy, version, target);
CREATE INDEX ON oracle.history (ticket_id, ord);
CREATE INDEX ON oracle.clock (ticket_id, target, cycle, seq);
CREATE INDEX ON oracle.gap (ticket_id, target, cycle);
ANALYZE oracle.step, oracle.history, oracle.violation;
CREATE TABLE oracle.escalation AS
WITH miss AS (
	SELECT b.ticket_id, b.target, b.cycle, b.due_at, b.kind, b.seq, b.policy, b.version, b.created_at AS known_at, b.detected_at,
		(SELECT d.at FROM year.decision d WHERE d.no = b.voided_no) AS voided_at,
		CASE b.kind WHEN 'late' THEN least(b.stopped_at, c.cancelled_at)
			WHEN 'start_missing' THEN least(b.stopped_at, CASE WHEN c.provisional THEN least(c.stopped_at, c.cancelled_at) END)
			ELSE least(c.cancelled_at, (SELECT min(n.stopped_at) FROM oracle.clock n WHERE (n.ticket_id, n.target, n.cycle) = (b.ticket_id, b.target, b.cycle) AND n.seq > b.seq)) END AS kept_at,
		EXISTS (SELECT FROM sla.event e WHERE e.ticket_id = b.ticket_id AND e.event_no = c.stop_event AND e.automatic) AS by_timer
	FROM oracle.final_breach b JOIN oracle.prompt USING (ticket_id) JOIN oracle.clock c ON (c.ticket_id, c.target, c.cycle, c.seq) = (b.ticket_id, b.target, b.cycle, b.seq)
	UNION ALL
	SELECT v.ticket_id, v.target, v.cycle, v.due_at, 'process_violation', 1, v.policy, v.version, v.detected_at, v.detected_at, NULL, NULL, false FROM oracle.violation v JOIN oracle.prompt USING (ticket_id)
), due AS (
	SELECT m.*, s.level, s.medium, s.roles, r.raise_at, oracle.sweep_from(greatest(r.raise_at, oracle.sweep_from(m.detected_at))) AS raised_at
	FROM miss m JOIN oracle.step s USING (policy, version, target) CROSS JOIN LATERAL (SELECT greatest(m.due_at + s.after, m.known_at) AS at) first
	-- What falls due while the promise does not hold is told when it holds again.
	CROSS JOIN LATERAL (SELECT greatest(first.at, (SELECT g.back_at FROM oracle.gap g
		WHERE (g.ticket_id, g.target, g.cycle) = (m.ticket_id, m.target, m.cycle) AND first.at >= g.gone_at AND first.at < g.back_at)) AS raise_at) r
	WHERE s.after IS NOT NULL
), warn AS (
	SELECT c.ticket_id, c.target, c.cycle, c.due_at, 'warning' AS kind, c.seq, s.level, s.medium, s.roles, w.raise_at, oracle.sweep_from(w.raise_at) AS raised_at
	FROM oracle.clock c JOIN oracle.prompt USING (ticket_id) JOIN oracle.step s ON (s.policy, s.version, s.target) = (c.policy, c.policy_version, c.target) AND s.part IS NOT NULL
	CROSS JOIN LATERAL (SELECT greatest(c.created_at, oracle.add_time(c.calendar, c.started_at, trunc(s.part * oracle.open_between(c.calendar, c.started_at, c.due_at))::bigint)) AS raise_at) w
	WHERE NOT c.provisional AND w.raise_at < c.due_at
		AND NOT EXISTS (SELECT FROM oracle.interrupted i WHERE (i.ticket_id, i.target, i.cycle) = (c.ticket_id, c.target, c.cycle))
), raised AS (
	SELECT ticket_id, target, cycle, due_at, kind, seq, level, medium, roles, raise_at, raised_at FROM due
	WHERE raised_at IS NULL OR NOT coalesce(voided_at <= raise_at, false) AND (kept_at IS NULL OR kept_at > raise_at OR kept_at = raise_at AND by_timer)
	UNION ALL
	SELECT w.ticket_id, w.target, w.cycle, w.due_at, w.kind, w.seq, w.level, w.medium, w.roles, w.raise_at, w.raised_at
	FROM warn w JOIN oracle.clock c USING (ticket_id, target, cycle, seq)
	WHERE w.raised_at <= w.due_at AND coalesce(least(c.stopped_at, c.cancelled_at) > w.raised_at, true)
)
SELECT r.*, CASE WHEN r.raised_at IS NOT NULL THEN ARRAY(SELECT DISTINCT h.employee FROM unnest(r.roles) role, LATERAL oracle.holders(role, x.owner, x.assignee, x.department, false) h(employee) ORDER BY 1)
	ELSE '{}' END AS recipients
FROM raised r LEFT JOIN LATERAL (SELECT * FROM oracle.history h WHERE h.ticket_id = r.ticket_id AND (h.since <= r.raise_at OR h.ord = 1) ORDER BY h.ord DESC LIMIT 1) x ON true;

CREATE PROCEDURE oracle.compare() LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE oracle.compared, oracle.difference RESTART IDENTITY;
	CALL oracle.compare('effective time of events',
		'SELECT ticket_id, event_no::text AS what, effective_at FROM sla.event e WHERE EXISTS (SELECT FROM oracle.event o WHERE o.ticket_id = e.ticket_id)',
		'SELECT ticket_id, event_no::text AS what, effective_at FROM oracle.event');
	CALL oracle.compare('policies of tickets',
		'SELECT t.ticket_id, t.policy AS what, t.policy_version FROM sla.ticket t WHERE t.duty IS NULL',
		'SELECT ticket_id, policy AS what, version FROM oracle.choice');
	CALL oracle.compare('duties',
		'SELECT NULL::bigint AS ticket_id, t.duty AS what, t.policy, t.policy_version, t.subject_key, t.received_at, t.due_at FROM sla.ticket t
			JOIN sla.duty d ON (d.policy, d.version, d.duty) = (t.policy, t.policy_version, t.duty) WHERE d.every IS NOT NULL',
		'SELECT NULL::bigint AS ticket_id, duty AS what, policy, version, subject_key, received_at, due_at FROM oracle.duty');
	CALL oracle.compare('visits of customers',
		$q$SELECT NULL::bigint AS ticket_id, t.subject_key AS what, t.period, t.received_at, t.due_at, t.assignee, (SELECT min(e.occurred_at) FROM sla.event e WHERE e.ticket_id = t.ticket_id AND e.event = 'visit_done') AS done_at
			FROM sla.ticket t WHERE t.duty = 'customer_visit'$q$,
		'SELECT NULL::bigint AS ticket_id, subject AS what, period::text, opens_at, due_at, assignee, CASE WHEN d.done_at <= s.judged_at THEN d.done_at END FROM year.visit_due d, oracle.setting s WHERE opens_at <= s.judged_at');
	CALL oracle.compare('clocks, intervals',
		'SELECT ticket_id, target AS what, cycle, seq, policy, policy_version, milestone, binding, provisional, calendar, started_at, created_at, due_at, warn_at, paused_at,
			paused_for, parts_done, stopped_at, cancelled_at, stop_event, department FROM sla.clock',
		'SELECT ticket_id, target AS what, cycle, seq, policy, policy_version, milestone, binding, provisional, calendar, started_at, created_at, due_at, warn_at, paused_at,
			paused_for, parts_done, stopped_at, cancelled_at, stop_event, department FROM oracle.clock');
	-- As of the instant of judgement; a person's verdict goes first.  A timer is not judged.
	CALL oracle.compare('verdicts',
		'SELECT c.ticket_id, c.target AS what, c.cycle, c.seq, c.state FROM sla.clocks c JOIN oracle.target t ON (t.policy, t.version, t.target) = (c.policy, c.policy_version, c.target)
			WHERE t.on_due IS NULL',
		'SELECT c.ticket_id, c.target AS what, c.cycle, c.seq, CASE
			WHEN v.choice IS NOT NULL THEN v.choice
			WHEN c.paused_at IS NULL AND c.due_at < least(c.stopped_at, c.cancelled_at, s.judged_at) THEN ''breached'' WHEN c.stopped_at IS NOT NULL THEN ''met''
			WHEN c.cancelled_at IS NOT NULL THEN ''cancelled'' WHEN c.paused_at IS NOT NULL THEN ''paused'' ELSE ''running'' END AS state
		FROM oracle.clock c JOIN oracle.target t ON (t.policy, t.version, t.target) = (c.policy, c.policy_version, c.target)
			LEFT JOIN LATERAL (SELECT min(d.choice) AS choice FROM year.decision d WHERE d.what = ''void'' AND (d.ticket_id, d.target, d.cycle, d.due_at) = (c.ticket_id, c.target, c.cycle, c.due_at)) v ON true,
			oracle.setting s WHERE t.on_due IS NULL');
	-- A miss that a person took back stays as it was then; one that was none in the end is compared below.
	CALL oracle.compare('breaches',
		'SELECT ticket_id, target AS what, cycle, due_at, kind, seq, policy, policy_version, milestone, binding, ladder, born_overdue, CASE WHEN voided_by IS NULL THEN stopped_at END AS stopped_at,
			ARRAY(SELECT r FROM unnest(responsible_role) r ORDER BY r) AS roles, ARRAY(SELECT DISTINCT r FROM unnest(responsible) r ORDER BY r) AS responsible, department
		FROM sla.breach WHERE kind <> ''process_violation'' AND voided_by IS DISTINCT FROM ''sla_ext''
			AND (voided_by IS NULL OR EXISTS (SELECT FROM oracle.final_breach f WHERE (f.ticket_id, f.target, f.cycle, f.due_at, f.kind) = (breach.ticket_id, breach.target, breach.cycle, breach.due_at, breach.kind)))',
		'SELECT ticket_id, target AS what, cycle, due_at, kind, seq, policy, version, milestone, binding, ladder, born_overdue, CASE WHEN voided_by IS NULL THEN stopped_at END AS stopped_at,
			ARRAY(SELECT r FROM unnest(responsible_role) r ORDER BY r) AS roles, coalesce(responsible, ''{}'') AS responsible, department FROM oracle.final_breach');
	CALL oracle.compare('process violations',
		$q$SELECT ticket_id, target AS what, cycle, due_at, policy, policy_version, binding, ladder, responsible, department, detected_at FROM sla.breach JOIN oracle.prompt USING (ticket_id) WHERE kind = 'process_violation'$q$,
		'SELECT ticket_id, target AS what, cycle, due_at, policy, version, binding, ladder, array_remove(ARRAY[employee], NULL), department, detected_at FROM oracle.violation JOIN oracle.prompt USING (ticket_id)');
	CALL oracle.compare('events that a rule forbids', 'SELECT 0::bigint AS ticket_id, NULL AS what WHERE false',
		$q$SELECT r.ticket_id, r.rule AS what FROM oracle.ruling r JOIN sla.ticket t USING (ticket_id) JOIN sla.event_rule u ON (u.policy, u.version, u.rule) = (t.policy, t.policy_version, r.rule)
		WHERE NOT r.met AND u.mode = 'enforce'$q$);
	CALL oracle.compare('implied events',
		'SELECT e.ticket_id, e.event AS what, e.implied_by FROM sla.event e JOIN oracle.prompt USING (ticket_id) WHERE e.implied_by IS NOT NULL',
		'SELECT ticket_id, event AS what, implied_by FROM oracle.implied JOIN oracle.prompt USING (ticket_id)');
	-- What was a miss before something was told late, and is none in the end.
	CALL oracle.compare('voided breaches',
		'SELECT ticket_id, target AS what, cycle, due_at, kind, voided_by FROM sla.breach WHERE voided_at IS NOT NULL AND kind <> ''process_violation''',
		'SELECT DISTINCT b.ticket_id, b.target AS what, b.cycle, b.due_at, b.kind, coalesce((SELECT min(d.decided_by) FROM year.decision d
				WHERE d.what = ''void'' AND (d.ticket_id, d.target, d.cycle, d.due_at, d.kind) = (b.ticket_id, b.target, b.cycle, b.due_at, b.kind)), ''sla_ext'') FROM oracle.breach b JOIN oracle.cases c USING (case_id)
			WHERE NOT c.is_final AND NOT EXISTS (SELECT FROM oracle.final_breach f WHERE (f.ticket_id, f.target, f.cycle, f.due_at, f.kind) = (b.ticket_id, b.target, b.cycle, b.due_at, b.kind))
		UNION ALL SELECT ticket_id, target, cycle, due_at, kind, voided_by FROM oracle.final_breach WHERE voided_by IS NOT NULL');
	CALL oracle.compare('when breaches were found',
		'SELECT ticket_id, target AS what, cycle, due_at, kind, detected_at FROM sla.breach JOIN oracle.prompt USING (ticket_id) WHERE kind <> ''process_violation''',
		'SELECT ticket_id, target AS what, cycle, due_at, kind, detected_at FROM oracle.final_breach JOIN oracle.prompt USING (ticket_id)');
	CALL oracle.compare('tickets',
		'SELECT ticket_id, policy AS what, status, cycle, last_score, resolved_at, closed_at, archived_at, urgency, needs_department, department, owner, assignee, promised_at, appointment_at
		FROM sla.ticket WHERE policy_version IS NOT NULL',
		'SELECT o.ticket_id, t.policy AS what, o.status, o.cycle, o.last_score, o.resolved_at, o.closed_at, o.archived_at, r.urgency, r.needs_department, r.department, r.owner, r.assignee,
			r.promised_at, r.appointment_at
		FROM oracle.ticket o JOIN sla.ticket t USING (ticket_id), jsonb_populate_record(NULL::sla.ticket, o.state) r');
	-- Every timer that ran out recorded its event, at its deadline; nothing else did.
	CALL oracle.compare('timers',
		'SELECT e.ticket_id, e.event AS what, e.occurred_at FROM sla.event e JOIN sla.ticket t USING (ticket_id) WHERE e.automatic AND t.duty IS NULL',
		'SELECT c.ticket_id, t.on_due AS what, c.due_at FROM oracle.clock c JOIN oracle.target t ON (t.policy, t.version, t.target) = (c.policy, c.policy_version, c.target), oracle.setting s
		WHERE t.on_due IS NOT NULL AND (c.due_at <= least(c.stopped_at, c.cancelled_at)
				-- What would have stopped it was told when it had run out.
				OR EXISTS (SELECT FROM sla.event e WHERE e.ticket_id = c.ticket_id AND e.event_no = c.stop_event AND e.effective_at < c.due_at AND e.recorded_at > c.due_at)) AND c.due_at < s.judged_at AND c.created_at < least(c.stopped_at, c.cancelled_at)
			AND NOT EXISTS (SELECT FROM sla.event e WHERE e.ticket_id = c.ticket_id AND e.event_no = c.stop_event AND e.event IS DISTINCT FROM t.on_due AND e.effective_at = c.due_at)');
	-- Of a promise that was interrupted, the end does not tell which warnings were given.
	CALL oracle.compare('warnings and escalations',
		$q$SELECT ticket_id, target AS what, cycle, due_at, kind, seq, level, medium, ARRAY(SELECT r FROM unnest(roles) r ORDER BY r) AS roles, raise_at, raised_at, ARRAY(SELECT DISTINCT r FROM unnest(recipients) r ORDER BY r) AS recipients
		FROM sla.escalation e JOIN oracle.prompt USING (ticket_id) WHERE kind <> 'reopen_alert'
			AND NOT (kind = 'warning' AND EXISTS (SELECT FROM oracle.interrupted i WHERE (i.ticket_id, i.target, i.cycle) = (e.ticket_id, e.target, e.cycle)))$q$,
		'SELECT ticket_id, target AS what, cycle, due_at, kind, seq, level, medium, ARRAY(SELECT r FROM unnest(roles) r ORDER BY r) AS roles, raise_at, raised_at, recipients FROM oracle.escalation');
	CALL oracle.compare('alerts of reopened tickets',
		$q$SELECT ticket_id, 'cycle ' || cycle AS what FROM sla.escalation WHERE kind = 'reopen_alert'$q$,
		$q$SELECT t.ticket_id, 'cycle ' || c AS what FROM oracle.ticket o JOIN sla.ticket t USING (ticket_id) JOIN sla.policy p ON (p.policy, p.version) = (t.policy, t.policy_version), LATERAL (SELECT p.reopen_alert_after + 1 AS c) n WHERE o.cycle >= c$q$);
	CALL oracle.compare('notifications',
		$q$SELECT ticket_id, recipient AS what, target, cycle, due_at, kind, level FROM sla.notification WHERE kind <> 'event'$q$,
		'SELECT DISTINCT ticket_id, unnest(recipients) AS what, target, cycle, due_at, kind, level FROM sla.escalation WHERE raised_at IS NOT NULL');
	-- Penalties: who answers for a binding miss that was known in time, that nobody took back, that was not somebody else's fault.
	CALL oracle.compare('penalties',
		$q$SELECT ticket_id, employee AS what, ladder, ground, policy, policy_version, status FROM sla.penalty WHERE status <> 'withdrawn' AND metric_value IS NULL$q$,
		'SELECT ticket_id, employee AS what, ladder, ground, policy, version AS policy_version, status FROM oracle.penalty WHERE status <> ''withdrawn''');
	CALL oracle.compare('open candidates and what they rest on',
		$q$SELECT ticket_id, employee AS what, ladder, ground, first_due_at, breach_count::bigint FROM sla.penalty WHERE status = 'candidate' AND metric_value IS NULL$q$,
		$q$SELECT ticket_id, employee AS what, ladder, ground, first_due_at, breach_count FROM oracle.penalty WHERE status = 'candidate'$q$);
	CALL oracle.compare('offence numbers, steps, documents',
		'SELECT ticket_id, employee AS what, ladder, offence_no, ARRAY(SELECT c FROM unnest(counted_tickets) c ORDER BY c) AS counted, step, action, points, document, document_due_at, decided_by, decided_at
		FROM sla.penalty WHERE offence_no IS NOT NULL',
		'SELECT ticket_id, employee AS what, ladder, 1 + cardinality(counted), counted, step, action, points, document, document_due_at, decided_by, decided_at FROM oracle.confirmed');
	CALL oracle.compare('documents owed',
		'SELECT p.ticket_id, p.employee AS what, d.duty, d.due_at, p.document_due_at FROM sla.penalty p JOIN sla.ticket d ON d.ticket_id = p.duty_ticket WHERE p.offence_no IS NOT NULL',
		'SELECT ticket_id, employee AS what, document, document_due_at AS due_at, document_due_at FROM oracle.confirmed WHERE document IS NOT NULL');
	CALL oracle.compare('what events cost',
		$q$SELECT ticket_id, employee AS what, ladder, ground, step, action, points, amount FROM sla.penalty WHERE ground <> 'offence' AND metric_value IS NULL AND decided_at IS NOT NULL AND step IS NOT NULL$q$,
		$q$SELECT d.ticket_id, d.employee AS what, d.ladder, d.ground, r.step, r.action, r.points, coalesce(r.amount, r.percent / 100 * (to_jsonb(t) ->> r.percent_of)::numeric)
		FROM year.decision d JOIN sla.ticket t USING (ticket_id) JOIN sla.penalty_rule r ON (r.policy, r.version, r.ladder, r.step) = (t.policy, t.policy_version, d.ladder, d.ground)
		WHERE d.what = 'confirm' AND d.ground <> 'offence'$q$);
	CALL oracle.compare('what confirmed penalties rest on',
		'SELECT ticket_id, employee AS what, ladder, first_due_at, breach_count::bigint FROM sla.penalty JOIN oracle.prompt USING (ticket_id) WHERE offence_no IS NOT NULL',
		'SELECT ticket_id, employee AS what, ladder, first_due_at, breach_count FROM oracle.confirmed JOIN oracle.prompt USING (ticket_id)');

END
$$;
CALL oracle.compare();
SELECT subject, rows, differences FROM oracle.compared ORDER BY no;

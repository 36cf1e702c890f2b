CREATE VIEW oracle.clock_of_engine AS SELECT c.* FROM sla.clock c;
\set columns 'ticket_id, target, cycle, seq, policy, policy_version, milestone, binding, provisional, calendar, started_at, created_at, due_at, warn_at, paused_at, paused_for, parts_done, stopped_at, cancelled_at, stop_event, department'
SELECT count(*) AS clocks FROM sla.clock;
CREATE TABLE oracle.diff AS
SELECT 'engine' AS who, x.* FROM (SELECT :columns FROM sla.clock EXCEPT ALL SELECT :columns FROM oracle.clock) x
UNION ALL
SELECT 'oracle', x.* FROM (SELECT :columns FROM oracle.clock EXCEPT ALL SELECT :columns FROM sla.clock) x;
SELECT who, target, count(*) FROM oracle.diff GROUP BY 1, 2 ORDER BY 3 desc;
SELECT a.target, count(*), count(*) filter (where e.ticket_id is null) as only_oracle, count(*) filter (where o.ticket_id is null) as only_engine,
 count(*) filter (where e.started_at is distinct from o.started_at) as started,
 count(*) filter (where e.created_at is distinct from o.created_at) as created,
 count(*) filter (where e.due_at is distinct from o.due_at) as due,
 count(*) filter (where e.warn_at is distinct from o.warn_at) as warn,
 count(*) filter (where (e.paused_at, e.paused_for) is distinct from (o.paused_at, o.paused_for)) as paused,
 count(*) filter (where e.parts_done is distinct from o.parts_done) as parts,
 count(*) filter (where e.stopped_at is distinct from o.stopped_at) as stopped,
 count(*) filter (where e.cancelled_at is distinct from o.cancelled_at) as cancelled,
 count(*) filter (where e.stop_event is distinct from o.stop_event) as stop_event,
 count(*) filter (where e.department is distinct from o.department) as department,
 count(*) filter (where e.provisional is distinct from o.provisional) as prov
FROM (SELECT DISTINCT ticket_id, target, cycle, seq FROM oracle.diff) a
LEFT JOIN sla.clock e USING (ticket_id, target, cycle, seq) LEFT JOIN oracle.clock o USING (ticket_id, target, cycle, seq)
GROUP BY 1 ORDER BY 2 DESC;
CREATE TABLE oracle.right_breach AS
SELECT b.ticket_id, b.target, b.cycle, b.due_at, b.kind, b.seq, t.policy, t.version AS policy_version, t.milestone, t.binding, t.named_ladder AS ladder,
	b.due_at < b.created_at AS born_overdue, b.stopped_at, (SELECT array_agg(r ORDER BY r) FROM unnest(b.responsible_role) r) AS responsible_role, coalesce(b.responsible, '{}') AS responsible, b.department
FROM oracle.breach b JOIN oracle.target t USING (tid) JOIN oracle.cases c USING (case_id) WHERE c.is_final;
CREATE TABLE oracle.their_breach AS
SELECT b.ticket_id, b.target, b.cycle, b.due_at, b.kind, b.seq, b.policy, b.policy_version, b.milestone, b.binding, b.ladder,
	b.born_overdue, b.stopped_at, (SELECT array_agg(r ORDER BY r) FROM unnest(b.responsible_role) r) AS responsible_role,
	ARRAY(SELECT DISTINCT r FROM unnest(b.responsible) r ORDER BY r) AS responsible, b.department
FROM sla.breach b WHERE voided_at IS NULL AND kind <> 'process_violation';
SELECT (SELECT count(*) FROM oracle.right_breach) AS oracle, (SELECT count(*) FROM oracle.their_breach) AS engine;
CREATE TABLE oracle.breach_diff AS
SELECT 'engine' AS who, x.* FROM (SELECT * FROM oracle.their_breach EXCEPT ALL SELECT * FROM oracle.right_breach) x
UNION ALL
SELECT 'oracle', x.* FROM (SELECT * FROM oracle.right_breach EXCEPT ALL SELECT * FROM oracle.their_breach) x;
SELECT a.target, a.kind, count(*), count(*) filter (where e.ticket_id is null) as only_oracle, count(*) filter (where o.ticket_id is null) as only_engine,
 count(*) filter (where e.seq is distinct from o.seq) as seq,
 count(*) filter (where e.born_overdue is distinct from o.born_overdue) as born,
 count(*) filter (where e.stopped_at is distinct from o.stopped_at) as stopped,
 count(*) filter (where e.responsible_role is distinct from o.responsible_role) as role,
 count(*) filter (where e.responsible is distinct from o.responsible) as resp,
 count(*) filter (where e.department is distinct from o.department) as department
FROM (SELECT DISTINCT ticket_id, target, cycle, due_at, kind FROM oracle.breach_diff) a
LEFT JOIN oracle.their_breach e USING (ticket_id, target, cycle, due_at, kind) LEFT JOIN oracle.right_breach o USING (ticket_id, target, cycle, due_at, kind)
GROUP BY 1,2 ORDER BY 2 DESC;
-- voids
CREATE TABLE oracle.void_diff AS
WITH o AS (SELECT DISTINCT ticket_id, target, cycle, due_at, kind FROM oracle.breach b WHERE NOT EXISTS (SELECT FROM oracle.right_breach r WHERE (r.ticket_id, r.target, r.cycle, r.due_at, r.kind) = (b.ticket_id, b.target, b.cycle, b.due_at, b.kind))),
e AS (SELECT ticket_id, target, cycle, due_at, kind FROM sla.breach WHERE voided_at IS NOT NULL)
SELECT 'engine' AS who, x.* FROM (SELECT * FROM e EXCEPT ALL SELECT * FROM o) x
UNION ALL
SELECT 'oracle', x.* FROM (SELECT * FROM o EXCEPT ALL SELECT * FROM e) x;
SELECT count(*) AS voided FROM sla.breach WHERE voided_at IS NOT NULL;
SELECT who, kind, count(*) FROM oracle.void_diff GROUP BY 1, 2;
SELECT count(*) AS other_time FROM oracle.event o JOIN sla.event e USING (ticket_id, event_no) WHERE o.effective_at <> e.effective_at;
SELECT count(*) AS tickets, count(*) FILTER (WHERE (t.status, t.cycle, t.last_score, t.resolved_at, t.closed_at, t.archived_at) IS DISTINCT FROM (o.status, o.cycle, o.last_score, o.resolved_at, o.closed_at, o.archived_at)) AS differ
FROM sla.ticket t JOIN oracle.ticket o USING (ticket_id);

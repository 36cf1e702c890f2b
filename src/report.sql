--
-- report.sql
--		Clocks with their state, and the views that BI tools read.
--
-- There are no functions here.  sla.clock_state is the one place that says when a
-- promise is broken; everything else is counted from it.  The views for BI tools
--	* use types that every driver understands: int4, int8, float8, numeric and varchar
--	  with a length, bool, date, timestamptz;
--	* give a duration as minutes, and beside every is_x a count of 0 or 1 to add up;
--	* hold nothing that says who a customer is or what was written;
--	* call none of our C functions, so dropping the extension leaves them (and the
--	  grants on them) in place; only sla.clocks does, for projected deadlines.
-- A column means the same wherever it appears: the dictionary at the end of this file
-- is the comment of all of them.
--

-- setup:

-- Tickets and events arrive in the order of time, so a BRIN index finds a month's
-- tickets for a few pages of index.  Ratings are one event in ten or fewer: without an
-- index of their own, counting them would read every note ever written.
CREATE INDEX IF NOT EXISTS ticket_received ON sla.ticket USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX IF NOT EXISTS event_rating ON sla.event (effective_at) WHERE event = 'rating_recorded';
-- One event in ten: the first answer is found without reading all that happened to a ticket, page by page.
CREATE INDEX IF NOT EXISTS event_response ON sla.event (ticket_id, effective_at) WHERE event = 'first_response';
-- A month's clocks, by deadline or stop: the price of an INSERT does not show in a BRIN index.
CREATE INDEX IF NOT EXISTS clock_times ON sla.clock USING brin (due_at, stopped_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX IF NOT EXISTS ticket_parent ON sla.ticket (parent_ticket) WHERE parent_ticket IS NOT NULL;
CREATE INDEX IF NOT EXISTS clock_paused ON sla.clock (paused_at) WHERE paused_at IS NOT NULL;


-- The ground: time, state, dimensions

CREATE OR REPLACE VIEW sla.as_of AS
SELECT coalesce(nullif(current_setting('sla.now', true), '')::timestamptz,
                statement_timestamp()) AS as_of;

COMMENT ON VIEW sla.as_of IS
'One row: the instant for which the views tell the state of things. The start of the statement, or the setting sla.now where a superuser has set it.';

-- A month begins when the policy's time zone says so, which no index knows.  But the time zones of the world lie within a
-- day around UTC: whoever asks for one month reads, by an index, what happened in it or a day beside, and nothing of the
-- years before.  A view joins the month that it computes; who asks for none does not pay for it, since a row has one at most.
-- Materialized, so that there is nothing to dump or to replicate.
CREATE MATERIALIZED VIEW IF NOT EXISTS sla.month AS
SELECT m::date AS month_start,
       (m - interval '1 day') AT TIME ZONE 'UTC' AS begins_at,
       (m + interval '1 month 1 day') AT TIME ZONE 'UTC' AS ends_at
FROM generate_series(timestamp '1970-01-01', '2199-12-01', interval '1 month') AS m;
CREATE UNIQUE INDEX IF NOT EXISTS month_month_start ON sla.month (month_start);
-- A dump of the schema alone restores it empty.
IF NOT (SELECT c.relispopulated FROM pg_class AS c WHERE c.oid = 'sla.month'::regclass) THEN
  REFRESH MATERIALIZED VIEW sla.month;
END IF;

COMMENT ON MATERIALIZED VIEW sla.month IS
'The months from 1970 to 2199, one row each. What lies outside belongs to no month in the reports.';
COMMENT ON COLUMN sla.month.month_start IS 'First day of the month.';
COMMENT ON COLUMN sla.month.begins_at IS 'When it may have begun at the earliest: a day before it begins in UTC.';
COMMENT ON COLUMN sla.month.ends_at IS 'When it is over everywhere: a day after it ends in UTC.';

CREATE OR REPLACE VIEW sla.clock_state AS
SELECT
  c.ticket_id, c.target, c.cycle, c.seq, c.policy, c.policy_version, c.milestone, c.binding,
  c.provisional, c.calendar, c.started_at, c.created_at, c.due_at, c.warn_at, c.paused_at,
  c.paused_for, c.parts_done, c.stopped_at, c.cancelled_at, c.stop_event, c.override, c.department,
  t.on_due IS NOT NULL AS is_timer,
  t.every IS NOT NULL AS is_repeating,
  t.responsible_role[1] AS role,
  t.clause,
  b.voided_at IS NOT NULL AS is_void,
  b.responsible[1] AS responsible,
  b.department AS breach_department,
  CASE
    WHEN c.override IS NOT NULL THEN c.override
    WHEN c.due_at < least(c.stopped_at, c.cancelled_at, (SELECT n.as_of FROM sla.as_of AS n))
         AND c.paused_at IS NULL AND t.on_due IS NULL THEN 'breached'
    WHEN c.stopped_at IS NOT NULL THEN 'met'
    WHEN c.cancelled_at IS NOT NULL THEN 'cancelled'
    WHEN c.paused_at IS NOT NULL THEN 'paused'
    ELSE 'running'
  END AS state,
  c.due_at < (SELECT n.as_of FROM sla.as_of AS n)
  AND c.stopped_at IS NULL AND c.cancelled_at IS NULL AND c.paused_at IS NULL
  AND c.override IS NULL AND t.on_due IS NULL
  AND NOT EXISTS (SELECT FROM sla.clock AS s
                  WHERE s.ticket_id = c.ticket_id AND s.target = c.target
                    AND s.cycle = c.cycle AND s.seq = c.seq + 1) AS is_overdue,
  -- When the verdict falls, if it does.  A met clock stopped by its deadline, a missed one
  -- later, so no other table is needed, and a month's clocks are told before any is joined.
  CASE WHEN c.override = 'met' THEN coalesce(c.stopped_at, c.due_at)
       ELSE least(c.due_at, c.stopped_at) END AS verdict_at
FROM sla.clock AS c
LEFT JOIN sla.target AS t
  ON t.policy = c.policy AND t.version = c.policy_version AND t.target = c.target
LEFT JOIN sla.breach AS b
  ON b.ticket_id = c.ticket_id AND b.target = c.target AND b.cycle = c.cycle
     AND b.due_at = c.due_at
     AND b.kind = CASE WHEN c.provisional THEN 'start_missing'
                       WHEN t.every IS NOT NULL THEN 'missed_interval'
                       ELSE 'late' END;

COMMENT ON VIEW sla.clock_state IS
'Grain: one clock. The one definition of a clock''s state, under sla.clocks and every report: breached if and only if the deadline lies before the stop, the cancellation and now, and the clock is not paused; a person''s override goes first; a timer is never breached. It does not matter whether the sweep has been there.';

CREATE OR REPLACE VIEW sla.clocks WITH (security_barrier) AS
SELECT
  c.ticket_id, c.target, c.cycle, c.seq, c.policy, c.policy_version, c.milestone, c.binding,
  c.provisional, c.calendar, c.started_at, c.created_at, c.due_at, c.warn_at, c.paused_at,
  c.paused_for, c.parts_done, c.stopped_at, c.cancelled_at, c.stop_event, c.override, c.department,
  c.state,
  c.is_overdue AS overdue,
  -- In hours, however many: a day of an interval is a working day to everything else here.
  CASE WHEN c.state IN ('running', 'paused') OR c.is_overdue
       THEN r.span - make_interval(days => r.days) + make_interval(hours => 24 * r.days) END AS remaining,
  p.projected_due_at
FROM sla.clock_state AS c
CROSS JOIN (SELECT sla.now() AS as_of) AS n
CROSS JOIN LATERAL (
  SELECT CASE
    WHEN c.state <> 'paused' THEN NULL
    WHEN c.calendar = '24x7' THEN n.as_of + (c.due_at - c.paused_at)
    ELSE sla.add_business_time(n.as_of,
           sla.business_time_between(c.paused_at, c.due_at, c.calendar), c.calendar)
  END AS projected_due_at
) AS p
CROSS JOIN LATERAL (
  SELECT d.span, extract(day FROM d.span)::int AS days
  FROM (SELECT coalesce(p.projected_due_at, c.due_at) - n.as_of AS span) AS d
) AS r
-- Agents read this view; where row security is on, it hides what sla.clock hides.
WHERE (SELECT sla._sees_hidden())
   OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = c.ticket_id);

COMMENT ON VIEW sla.clocks IS
'Grain: one clock (ticket, target, cycle, seq), live. Every column of sla.clock, and what follows from it at this moment. A running clock whose deadline has passed is breached at that instant, swept or not.';

CREATE OR REPLACE VIEW sla.ticket_facts AS
SELECT
  t.ticket_id,
  t.policy::varchar(64) AS policy,
  t.policy_version,
  t.duty::varchar(64) AS duty,
  t.type::varchar(64) AS type,
  t.category::varchar(64) AS category,
  t.urgency::varchar(64) AS urgency,
  t.priority::varchar(64) AS priority,
  t.channel::varchar(64) AS channel,
  t.customer_tier::varchar(64) AS tier,
  t.department::varchar(64) AS department,
  t.owner::varchar(64) AS owner,
  t.assignee::varchar(64) AS assignee,
  t.status::varchar(64) AS status,
  t.cycle,
  t.cycle - 1 AS reopen_count,
  t.last_score AS rating,
  t.received_at,
  (t.received_at AT TIME ZONE z.time_zone)::date AS received_on,
  date_trunc('month', t.received_at AT TIME ZONE z.time_zone)::date AS month_start,
  e.first_response_at,
  t.resolved_at,
  date_trunc('month', t.resolved_at AT TIME ZONE z.time_zone)::date AS resolved_month_start,
  t.closed_at,
  (extract(epoch FROM e.first_response_at - t.received_at) / 60)::float8 AS response_minutes,
  (extract(epoch FROM t.resolved_at - t.received_at) / 60)::float8 AS resolution_minutes,
  k.is_response_on_time,
  k.is_response_on_time::int AS response_on_time_count,
  (k.is_response_on_time IS NOT NULL)::int AS response_judged_count,
  k.is_resolution_on_time,
  k.is_resolution_on_time::int AS resolution_on_time_count,
  (k.is_resolution_on_time IS NOT NULL)::int AS resolution_judged_count,
  t.duty IS NOT NULL AS is_duty,
  (t.duty IS NOT NULL)::int AS duty_count,
  t.resolved_at IS NOT NULL AS is_resolved,
  (t.resolved_at IS NOT NULL)::int AS resolved_count,
  s.is_open,
  s.is_open::int AS open_count,
  t.cycle > 1 AS is_reopened,
  (t.cycle > 1)::int AS reopened_count,
  date_trunc('week', t.received_at AT TIME ZONE z.time_zone)::date AS week_start,
  t.parent_ticket AS parent_ticket_id,
  t.repeat_of AS repeat_of_ticket_id,
  t.product::varchar(64) AS product,
  t.fault_code::varchar(64) AS fault_code,
  coalesce(t.root_cause, t.complaint_cause)::varchar(64) AS root_cause,
  t.responsibility::varchar(64) AS responsibility,
  t.carrier::varchar(64) AS carrier,
  t.supplier::varchar(64) AS supplier,
  t.verification_outcome::varchar(64) AS verification_outcome,
  -- What is no amount, such as NaN, or fits into no driver's type, must not keep a report from being read.
  (CASE WHEN abs(t.loss_amount) < 1e15 THEN t.loss_amount END)::numeric(18,2) AS loss_amount,
  t.promised_at,
  w.effort_minutes,
  i.is_complaint,
  i.is_complaint::int AS complaint_count,
  i.is_complete,
  i.is_complete::int AS complete_count,
  i.is_case,
  i.is_case::int AS case_count
FROM sla.ticket AS t
LEFT JOIN sla.policy AS p ON p.policy = t.policy AND p.version = t.policy_version
CROSS JOIN LATERAL (SELECT coalesce(p.time_zone, 'Asia/Shanghai') AS time_zone) AS z
CROSS JOIN LATERAL (
  SELECT t.closed_at IS NULL AND t.status NOT IN ('closed', 'withdrawn') AS is_open
) AS s
CROSS JOIN LATERAL (
  SELECT coalesce(t.type IN ('complaint', 'service_complaint'), false) AS is_complaint,
         t.duty IS NULL AND t.type IS DISTINCT FROM 'improvement' AS is_case,
         num_nulls(t.type, t.urgency, t.channel, t.description, t.owner) = 0
         AND (t.customer IS NOT NULL OR t.type = 'suggestion') AS is_complete
) AS i
LEFT JOIN LATERAL (
  SELECT sum((v.details->>'effort_minutes')::float8) AS effort_minutes
  FROM sla.event AS v
  WHERE v.ticket_id = t.ticket_id AND jsonb_typeof(v.details->'effort_minutes') = 'number'
) AS w ON true
LEFT JOIN LATERAL (
  SELECT min(v.effective_at) AS first_response_at
  FROM sla.event AS v
  WHERE v.ticket_id = t.ticket_id AND v.event = 'first_response'
) AS e ON true
LEFT JOIN LATERAL (
  -- A milestone's verdict is the binding one where there is one.
  SELECT coalesce(bool_and(c.is_met) FILTER (WHERE c.milestone = 'first_response' AND c.binding),
                  bool_and(c.is_met) FILTER (WHERE c.milestone = 'first_response')) AS is_response_on_time,
         coalesce(bool_and(c.is_met) FILTER (WHERE c.milestone = 'resolve' AND c.binding),
                  bool_and(c.is_met) FILTER (WHERE c.milestone = 'resolve')) AS is_resolution_on_time
  FROM (SELECT k.milestone, k.binding, k.state = 'met' AS is_met
        FROM sla.clock_state AS k
        WHERE k.ticket_id = t.ticket_id AND k.milestone IN ('first_response', 'resolve')
          AND NOT k.is_timer AND (k.state = 'met' OR k.state = 'breached' AND NOT k.is_void)) AS c
) AS k ON true;

COMMENT ON VIEW sla.ticket_facts IS
'Grain: one ticket. Its dimensions, its times and whether it was answered and resolved in time; no free text, nothing of the customer but the tier. Filter on received_at to use its index. Neither a duty nor a ticket of type improvement, which is an action that was decided on, is a case (is_case). Source of R-01, R-03, R-05 to R-09, R-14, R-26.';

CREATE OR REPLACE VIEW sla.clock_facts AS
SELECT
  c.ticket_id,
  c.target::varchar(64) AS target,
  c.cycle,
  c.seq,
  c.policy::varchar(64) AS policy,
  c.policy_version,
  c.milestone::varchar(64) AS milestone,
  c.clause::varchar(64) AS clause,
  (CASE WHEN c.binding THEN 'binding' ELSE 'advisory' END)::varchar(16) AS basis,
  t.duty::varchar(64) AS duty,
  t.type::varchar(64) AS type,
  t.urgency::varchar(64) AS urgency,
  t.priority::varchar(64) AS priority,
  t.channel::varchar(64) AS channel,
  t.customer_tier::varchar(64) AS tier,
  -- A miss is booked where the ticket was at the deadline, all else where it was at the start.
  coalesce(CASE WHEN c.state = 'breached' THEN c.breach_department END,
           c.department, t.department)::varchar(64) AS department,
  t.owner::varchar(64) AS owner,
  -- Who answers: for a miss the one named when it was written, otherwise whoever
  -- holds the target's (first) responsible role now.
  (CASE
     WHEN c.state = 'breached' AND c.responsible IS NOT NULL THEN c.responsible
     WHEN c.role = 'agent' THEN t.owner
     WHEN c.role = 'supervisor' THEN o.supervisor
     WHEN c.role = 'dept_head' THEN d.head
     WHEN c.role = 'handler' THEN coalesce(t.assignee, d.head, t.owner)
     ELSE coalesce(t.assignee, d.head)
   END)::varchar(64) AS employee,
  c.state::varchar(16) AS state,
  c.started_at,
  c.due_at,
  (c.due_at AT TIME ZONE z.time_zone)::date AS due_on,
  c.stopped_at,
  j.decided_at,
  date_trunc('month', j.decided_at AT TIME ZONE z.time_zone)::date AS month_start,
  (extract(epoch FROM coalesce(c.stopped_at, c.cancelled_at) - c.started_at) / 60)::float8 AS minutes_taken,
  (CASE WHEN j.is_breached OR c.is_overdue
        THEN extract(epoch FROM coalesce(c.stopped_at, c.cancelled_at, n.as_of) - c.due_at) / 60
   END)::float8 AS minutes_late,
  (CASE WHEN c.is_overdue OR c.state = 'running'
        THEN extract(epoch FROM c.due_at - n.as_of) / 60
        WHEN c.state = 'paused'
        THEN extract(epoch FROM c.due_at - c.paused_at) / 60
   END)::float8 AS minutes_left,
  c.binding AS is_binding,
  c.binding::int AS binding_count,
  c.provisional AS is_provisional,
  c.provisional::int AS provisional_count,
  c.state = 'met' AS is_met,
  (c.state = 'met')::int AS met_count,
  j.is_breached,
  j.is_breached::int AS breached_count,
  c.is_overdue,
  c.is_overdue::int AS overdue_count,
  c.state = 'paused' AS is_paused,
  (c.state = 'paused')::int AS paused_count,
  c.cancelled_at,
  c.paused_at,
  date_trunc('month', c.verdict_at AT TIME ZONE z.time_zone)::date AS verdict_month_start
FROM sla.clock_state AS c
CROSS JOIN (SELECT (SELECT w.as_of FROM sla.as_of AS w) AS as_of) AS n
JOIN sla.ticket AS t ON t.ticket_id = c.ticket_id
LEFT JOIN sla.policy AS p ON p.policy = c.policy AND p.version = c.policy_version
LEFT JOIN sla.employee AS o ON o.employee = t.owner
LEFT JOIN sla.department AS d ON d.department = t.department
CROSS JOIN LATERAL (SELECT coalesce(p.time_zone, 'Asia/Shanghai') AS time_zone) AS z
CROSS JOIN LATERAL (
  SELECT
    c.state = 'breached' AND NOT c.is_void AS is_breached,
    -- What a person excused beforehand has no verdict before its time.
    CASE WHEN (c.state = 'met' OR c.state = 'breached' AND NOT c.is_void) AND c.verdict_at <= n.as_of
         THEN c.verdict_at END AS decided_at
) AS j
WHERE NOT c.is_timer;

COMMENT ON VIEW sla.clock_facts IS
'Grain: one clock that promises something (timers are left out), with the dimensions of its ticket and the one employee it is counted for: of a breach the first responsible, otherwise the holder of the target''s first responsible role (agent = owner, supervisor = the owner''s, dept_head = head of the department, any other = assignee, else head of the department). Source of R-02, R-12, R-14, R-39.';


-- Live lists

CREATE OR REPLACE VIEW sla.live_board AS
SELECT
  c.ticket_id, c.target, c.cycle, c.seq, c.policy, c.milestone, c.clause, c.basis,
  c.type, c.urgency, c.priority, c.channel, c.tier, c.department, c.owner, c.employee, c.state,
  (CASE c.urgency WHEN 'urgent' THEN 1 WHEN 'important' THEN 3 WHEN 'normal' THEN 5 ELSE 7 END
   + (1 - c.binding_count))::int AS priority_order,
  c.started_at, c.due_at, c.due_on, c.minutes_left,
  c.is_binding, c.binding_count, c.is_provisional, c.provisional_count,
  c.is_overdue, c.overdue_count, c.is_paused, c.paused_count
FROM sla.clock_facts AS c
-- First what the partial indexes on open clocks answer, then what only the state does.
WHERE (c.stopped_at IS NULL AND c.cancelled_at IS NULL AND c.paused_at IS NULL
       OR c.paused_at IS NOT NULL)
  AND (c.state IN ('running', 'paused') OR c.is_overdue);

COMMENT ON VIEW sla.live_board IS
'R-12, live. Grain: one clock that runs, is paused, or is overdue and still open. Sort by is_overdue DESC, priority_order, due_at.';

CREATE OR REPLACE VIEW sla.breach_list AS
SELECT
  b.ticket_id,
  b.target::varchar(64) AS target,
  b.cycle,
  b.seq,
  b.kind::varchar(32) AS kind,
  b.policy::varchar(64) AS policy,
  b.policy_version,
  b.milestone::varchar(64) AS milestone,
  g.clause::varchar(64) AS clause,
  (CASE WHEN b.binding THEN 'binding' ELSE 'advisory' END)::varchar(16) AS basis,
  b.ladder::varchar(64) AS ladder,
  t.type::varchar(64) AS type,
  t.urgency::varchar(64) AS urgency,
  t.channel::varchar(64) AS channel,
  t.customer_tier::varchar(64) AS tier,
  coalesce(b.department, t.department)::varchar(64) AS department,
  t.owner::varchar(64) AS owner,
  b.responsible[1]::varchar(64) AS employee,
  array_to_string(b.responsible, ', ')::varchar(256) AS responsible,
  cardinality(b.responsible) AS responsible_count,
  array_to_string(b.responsible_role, ', ')::varchar(256) AS responsible_role,
  b.attribution::varchar(32) AS attribution,
  b.due_at,
  (b.due_at AT TIME ZONE z.time_zone)::date AS due_on,
  m.month_start,
  b.detected_at,
  b.stopped_at,
  (extract(epoch FROM b.stopped_at - b.due_at) / 60)::float8 AS minutes_late,
  1 AS breach_count,
  b.binding AS is_binding,
  b.binding::int AS binding_count,
  b.born_overdue AS is_born_overdue,
  b.born_overdue::int AS born_overdue_count,
  b.voided_at IS NOT NULL AS is_void,
  (b.voided_at IS NOT NULL)::int AS void_count
FROM sla.breach AS b
JOIN sla.ticket AS t ON t.ticket_id = b.ticket_id
LEFT JOIN sla.policy AS p ON p.policy = b.policy AND p.version = b.policy_version
LEFT JOIN sla.target AS g
  ON g.policy = b.policy AND g.version = b.policy_version AND g.target = b.target
CROSS JOIN LATERAL (SELECT coalesce(p.time_zone, 'Asia/Shanghai') AS time_zone) AS z
LEFT JOIN sla.month AS m
  ON m.month_start = date_trunc('month', b.due_at AT TIME ZONE z.time_zone)::date
     AND b.due_at >= m.begins_at AND b.due_at < m.ends_at;

COMMENT ON VIEW sla.breach_list IS
'R-12. Grain: one recorded breach, void ones included (is_void). A miss that the sweep has not met yet is on sla.live_board.';

CREATE OR REPLACE VIEW sla.breach_statistics AS
SELECT
  b.month_start, b.policy, b.milestone, b.kind, b.basis, b.department, b.employee, b.breach_count, b.binding_count,
  false AS is_purged, 0 AS purged_count, b.ticket_id
FROM sla.breach_list AS b
WHERE NOT b.is_void
UNION ALL
SELECT
  c.month_start, c.policy, c.name, c.kind::varchar(32), c.basis, c.department, NULL::varchar(64), c.count::int,
  CASE c.basis WHEN 'binding' THEN c.count ELSE 0 END::int, true, c.count::int, NULL
FROM sla.purged_counts AS c
WHERE c.measure = 'breach';

COMMENT ON VIEW sla.breach_statistics IS
'Grain: one breach that is not void, by month of its deadline; of purged tickets one row for all alike (ticket_id and employee are null). Add up breach_count. Source of R-12, R-14.';

CREATE OR REPLACE VIEW sla.breach_pareto AS
SELECT
  g.month_start, g.dimension, g.value, g.breach_count, g.binding_count,
  rank() OVER by_count::int AS rank,
  (g.breach_count::numeric / sum(g.breach_count) OVER whole)::numeric(5,4) AS share,
  (sum(g.breach_count) OVER by_count::numeric / sum(g.breach_count) OVER whole)::numeric(5,4) AS cumulative_share
FROM (
  SELECT b.month_start, d.dimension::varchar(16) AS dimension, d.value::varchar(64) AS value,
         sum(b.breach_count)::int AS breach_count, sum(b.binding_count)::int AS binding_count
  FROM sla.breach_statistics AS b
  CROSS JOIN LATERAL (
    VALUES ('milestone', b.milestone), ('department', b.department), ('employee', b.employee)
  ) AS d (dimension, value)
  GROUP BY b.month_start, d.dimension, d.value
) AS g
WINDOW whole AS (PARTITION BY g.month_start, g.dimension),
       by_count AS (PARTITION BY g.month_start, g.dimension
                    ORDER BY g.breach_count DESC, g.value);

COMMENT ON VIEW sla.breach_pareto IS
'R-12, by month. Grain: month, dimension (milestone, department, employee), value. The breaches of the month that are not void, most frequent first. Add up one dimension only.';

CREATE OR REPLACE VIEW sla.escalation_list AS
SELECT
  e.ticket_id,
  e.target::varchar(64) AS target,
  e.cycle,
  e.seq,
  e.kind::varchar(32) AS kind,
  e.level,
  t.type::varchar(64) AS type,
  t.urgency::varchar(64) AS urgency,
  t.department::varchar(64) AS department,
  t.owner::varchar(64) AS owner,
  array_to_string(e.roles, ', ')::varchar(256) AS roles,
  array_to_string(e.recipients, ', ')::varchar(256) AS recipients,
  cardinality(e.recipients) AS recipient_count,
  e.medium::varchar(32) AS medium,
  e.due_at,
  e.raise_at,
  e.raised_at,
  (e.raised_at AT TIME ZONE z.time_zone)::date AS raised_on,
  m.month_start,
  (extract(epoch FROM e.raised_at - e.raise_at) / 60)::float8 AS minutes_delayed,
  1 AS escalation_count
FROM sla.escalation AS e
JOIN sla.ticket AS t ON t.ticket_id = e.ticket_id
LEFT JOIN sla.policy AS p ON p.policy = t.policy AND p.version = t.policy_version
CROSS JOIN LATERAL (SELECT coalesce(p.time_zone, 'Asia/Shanghai') AS time_zone) AS z
LEFT JOIN sla.month AS m
  ON m.month_start = date_trunc('month', e.raised_at AT TIME ZONE z.time_zone)::date
     AND e.raised_at >= m.begins_at AND e.raised_at < m.ends_at
WHERE e.raised_at IS NOT NULL;

COMMENT ON VIEW sla.escalation_list IS
'R-12. Grain: one escalation that was raised (a warning before a deadline, a level after a breach, a reopen alert); planned ones are left out.';

CREATE OR REPLACE VIEW sla.penalty_register WITH (security_barrier) AS
SELECT
  y.ticket_id,
  y.ladder::varchar(64) AS ladder,
  y.step::varchar(64) AS step,
  r.title::varchar(128) AS title,
  r.title_zh::varchar(128) AS title_zh,
  r.clause::varchar(64) AS clause,
  y.policy::varchar(64) AS policy,
  y.policy_version,
  y.employee::varchar(64) AS employee,
  e.department::varchar(64) AS department,
  y.status::varchar(16) AS status,
  y.action::varchar(64) AS action,
  y.offence_no,
  y.breach_count,
  y.points::numeric(12,2) AS points,
  y.amount::numeric(18,2) AS amount,
  y.first_due_at,
  y.created_at,
  date_trunc('month', y.created_at AT TIME ZONE z.time_zone)::date AS month_start,
  y.decided_by::varchar(64) AS decided_by,
  y.decided_at,
  (y.decided_at AT TIME ZONE z.time_zone)::date AS decided_on,
  date_trunc('month', y.decided_at AT TIME ZONE z.time_zone)::date AS decided_month_start,
  y.reversed_at,
  y.duty_ticket AS document_ticket_id,
  d.document_due_at,
  f.document_filed_at,
  y.status = 'candidate' AS is_candidate,
  (y.status = 'candidate')::int AS candidate_count,
  s.is_effective,
  s.is_effective::int AS effective_count,
  o.is_document_overdue,
  o.is_document_overdue::int AS document_overdue_count,
  y.document::varchar(64) AS document,
  y.ground::varchar(64) AS ground,
  y.subject::varchar(32) AS party,
  y.metric_value::numeric(18,4) AS metric_value,
  y.amount_uncapped::numeric(18,2) AS amount_uncapped,
  y.proposed_by::varchar(64) AS proposed_by,
  y.appealed_by::varchar(64) AS appealed_by,
  y.appealed_at,
  y.appeal_decision::varchar(16) AS appeal_decision,
  y.appeal_decided_by::varchar(64) AS appeal_decided_by,
  y.appeal_decided_at,
  y.status = 'appealed' AS is_appealed,
  (y.status = 'appealed')::int AS appealed_count
FROM sla.penalty AS y
LEFT JOIN sla.policy AS p ON p.policy = y.policy AND p.version = y.policy_version
LEFT JOIN sla.penalty_rule AS r
  ON r.policy = y.policy AND r.version = y.policy_version
     AND r.ladder = y.ladder AND r.step = coalesce(y.step, nullif(y.ground, 'offence'))
LEFT JOIN sla.employee AS e ON e.employee = y.employee
LEFT JOIN sla.ticket AS t ON t.ticket_id = y.duty_ticket
CROSS JOIN LATERAL (SELECT coalesce(p.time_zone, 'Asia/Shanghai') AS time_zone) AS z
CROSS JOIN LATERAL (SELECT y.status IN ('effective', 'appealed') AS is_effective) AS s
-- What became of the document is told on its duty ticket; aggregates are looked for once, and only if they are asked for.
LEFT JOIN LATERAL (
  SELECT min(f.effective_at) AS document_filed_at
  FROM sla.event AS f
  WHERE f.ticket_id = y.duty_ticket AND f.event IN ('document_filed', 'rectified', 'resolved')
) AS f ON true
LEFT JOIN LATERAL (
  SELECT bool_or(k.is_overdue) AS is_overdue FROM sla.clock_state AS k WHERE k.ticket_id = y.duty_ticket
) AS k ON true
CROSS JOIN LATERAL (SELECT coalesce(t.due_at, y.document_due_at) AS document_due_at) AS d
CROSS JOIN LATERAL (
  SELECT s.is_effective
         AND coalesce(k.is_overdue
                      OR f.document_filed_at IS NULL AND d.document_due_at < (SELECT n.as_of FROM sla.as_of AS n), false)
         AS is_document_overdue
) AS o
WHERE (SELECT sla._sees_hidden())
   OR y.employee = ANY ((SELECT sla._my_people())::text[])
   OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = y.ticket_id);

COMMENT ON VIEW sla.penalty_register IS
'R-31, live. Grain: one penalty (ticket, ladder, ground, employee): candidates and what was decided about them, with the self-review or rectification it asks for. A breach is a fact, an offence is a judgement: nothing here is in force before a person confirmed it.';

CREATE OR REPLACE VIEW sla.dissatisfied_tickets AS
SELECT
  f.ticket_id, f.policy, f.type, f.category, f.urgency, f.channel, f.tier, f.department, f.owner,
  f.assignee, f.status, f.cycle, f.reopen_count, f.rating, f.received_at, f.received_on,
  f.month_start, f.resolved_at, f.closed_at,
  (extract(epoch FROM coalesce(f.closed_at, (SELECT n.as_of FROM sla.as_of AS n)) - f.received_at)
   / 86400)::float8 AS days_open,
  f.is_open, f.open_count, f.is_reopened, f.reopened_count,
  (SELECT max(i.ticket_id) FROM sla.ticket AS i
   WHERE i.parent_ticket = f.ticket_id AND i.type = 'improvement') AS improvement_ticket_id
FROM sla.ticket_facts AS f
LEFT JOIN sla.policy AS p ON p.policy = f.policy AND p.version = f.policy_version
WHERE f.rating <= coalesce(p.unsatisfied_max_rating, 2)
   OR f.is_reopened AND f.is_open;

COMMENT ON VIEW sla.dissatisfied_tickets IS
'R-11, live. Grain: one ticket whose last rating was unsatisfied (at or below the policy''s unsatisfied_max_rating), or that was reopened and is still open; with the improvement action that was decided on for it, if any. What was demanded is on the ticket, for those who may read it.';

CREATE OR REPLACE VIEW sla.tickets_without_owner_or_due AS
SELECT
  f.ticket_id, f.policy, f.type, f.urgency, f.channel, f.department, f.owner, f.status,
  f.received_at, f.received_on,
  (extract(epoch FROM (SELECT n.as_of FROM sla.as_of AS n) - f.received_at) / 86400)::float8 AS days_open,
  f.owner IS NULL AS is_without_owner,
  (f.owner IS NULL)::int AS without_owner_count,
  g.is_without_due,
  g.is_without_due::int AS without_due_count
FROM sla.ticket_facts AS f
CROSS JOIN LATERAL (
  SELECT NOT f.is_resolved
         AND NOT EXISTS (SELECT FROM sla.clock AS c
                         JOIN sla.target AS g
                           ON (g.policy, g.version, g.target) = (c.policy, c.policy_version, c.target)
                         WHERE c.ticket_id = f.ticket_id AND g.on_due IS NULL
                           AND c.stopped_at IS NULL AND c.cancelled_at IS NULL) AS is_without_due
) AS g
WHERE f.is_open AND NOT f.is_duty AND (f.owner IS NULL OR g.is_without_due);

COMMENT ON VIEW sla.tickets_without_owner_or_due IS
'R-40, live; should be empty. Grain: one open ticket that nobody owns, or that is not resolved and has no clock running.';

CREATE OR REPLACE VIEW sla.retention_due WITH (security_barrier) AS
SELECT
  t.ticket_id,
  t.policy::varchar(64) AS policy,
  t.policy_version,
  t.type::varchar(64) AS type,
  t.department::varchar(64) AS department,
  t.closed_at,
  r.purge_after,
  (r.purge_after AT TIME ZONE p.time_zone)::date AS purge_on,
  r.purge_after <= (SELECT n.as_of FROM sla.as_of AS n) AS is_due,
  (r.purge_after <= (SELECT n.as_of FROM sla.as_of AS n))::int AS due_count,
  t.legal_hold AS is_on_hold,
  t.legal_hold::int AS on_hold_count,
  (CASE
     WHEN t.legal_hold THEN 'legal_hold'
     WHEN EXISTS (SELECT FROM sla.breach AS b WHERE b.ticket_id = t.ticket_id AND b.settled_at IS NULL) THEN 'unsettled'
     -- Undecided, appealed, a document still owed, or an offence that a later one would have to count.
     WHEN EXISTS (
       SELECT
       FROM sla.penalty AS y
       LEFT JOIN sla.policy AS g ON g.policy = y.policy AND g.version = y.policy_version
       WHERE y.ticket_id = t.ticket_id
         AND (y.status IN ('candidate', 'appealed')
              OR y.status = 'effective'
                 AND (y.first_due_at + coalesce(g.offence_window, interval '1 year') + interval '1 day' > (SELECT n.as_of FROM sla.as_of AS n)
                      OR EXISTS (SELECT FROM sla.ticket AS d
                                 WHERE d.ticket_id = y.duty_ticket AND d.closed_at IS NULL AND d.resolved_at IS NULL
                                   AND NOT EXISTS (SELECT FROM sla.event AS f
                                                   WHERE f.ticket_id = d.ticket_id AND f.event IN ('document_filed', 'rectified')))
                      OR EXISTS (SELECT FROM sla.penalty AS o
                                 WHERE o.employee = y.employee AND o.ladder = y.ladder AND o.policy = y.policy
                                   AND o.ticket_id <> y.ticket_id AND o.status = 'candidate'
                                   AND o.first_due_at < y.first_due_at + coalesce(g.offence_window, interval '1 year') + interval '1 day'
                                   AND o.first_due_at > y.first_due_at - coalesce(g.offence_window, interval '1 year') - interval '1 day')))
     ) THEN 'penalty'
     WHEN EXISTS (SELECT FROM sla.reward AS w WHERE w.ticket_id = t.ticket_id AND w.status = 'candidate') THEN 'reward'
     WHEN EXISTS (SELECT FROM sla.ticket AS c WHERE c.parent_ticket = t.ticket_id AND c.ticket_id <> t.ticket_id)
       OR EXISTS (SELECT FROM sla.ticket AS c WHERE c.repeat_of = t.ticket_id AND c.ticket_id <> t.ticket_id)
       OR EXISTS (SELECT FROM sla.penalty AS y WHERE y.duty_ticket = t.ticket_id AND y.ticket_id <> t.ticket_id)
       THEN 'referred'
   END)::varchar(16) AS kept_by
FROM sla.ticket AS t
JOIN sla.policy AS p ON p.policy = t.policy AND p.version = t.policy_version
CROSS JOIN LATERAL (
  SELECT ((t.closed_at AT TIME ZONE p.time_zone) + make_interval(years => p.retention_years))
         AT TIME ZONE p.time_zone AS purge_after
) AS r
WHERE t.closed_at IS NOT NULL AND p.retention_years IS NOT NULL
  -- Managers read this view; where row security is on, it hides what sla.ticket hides.
  AND ((SELECT sla._sees_hidden()) OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = t.ticket_id));

COMMENT ON VIEW sla.retention_due IS
'Clause D1-41, preset row P1-20. Grain: one closed ticket of a policy that says how long records are kept, with the day after which it may be purged. What is due is purged by sla.purge() unless kept_by names what keeps it.';

CREATE OR REPLACE VIEW sla.pauses AS
SELECT
  w.ticket_id,
  w.reason::varchar(64) AS reason,
  w.from_at,
  w.to_at,
  (w.from_at AT TIME ZONE w.time_zone)::date AS from_on,
  date_trunc('month', w.from_at AT TIME ZONE w.time_zone)::date AS month_start,
  (extract(epoch FROM coalesce(w.to_at, (SELECT n.as_of FROM sla.as_of AS n)) - w.from_at) / 60)::float8 AS minutes,
  w.to_at IS NULL AS is_open,
  (w.to_at IS NULL)::int AS open_count
FROM (
  -- Said again before it ended, a reason does not begin a second pause.
  SELECT b.ticket_id, b.event AS reason, p.time_zone, min(b.effective_at) AS from_at, e.to_at
  FROM sla.ticket AS t
  JOIN sla.policy AS p ON p.policy = t.policy AND p.version = t.policy_version
  JOIN sla.event AS b ON b.ticket_id = t.ticket_id AND b.event = ANY (p.pause_on)
  LEFT JOIN LATERAL (
    SELECT min(x.effective_at) AS to_at
    FROM sla.event AS x
    WHERE x.ticket_id = b.ticket_id AND x.event = 'waiting_ended'
      AND (x.effective_at, x.event_no) > (b.effective_at, b.event_no)
      AND coalesce(x.details->>'reason', b.event) = b.event
  ) AS e ON true
  WHERE p.pause_on <> '{}'
  GROUP BY b.ticket_id, b.event, p.time_zone, e.to_at
) AS w;

COMMENT ON VIEW sla.pauses IS
'Grain: one stretch of waiting for one reason on one ticket, from the ledger of events: begun by an event that the policy names in pause_on, ended by waiting_ended (of that reason, or of all). Reasons may overlap; a clock counts the overlap once. Rule E-8.';


-- Monthly figures.  What a purge has left of tickets counts on, without a ticket or a person.

CREATE OR REPLACE VIEW sla.ticket_statistics AS
SELECT
  f.month_start, f.resolved_month_start, f.policy, f.duty, f.type, f.category, f.urgency, f.priority,
  f.channel, f.tier, f.department, f.owner, f.reopen_count, f.rating, f.response_minutes, f.resolution_minutes,
  f.is_response_on_time, f.response_on_time_count, f.response_judged_count,
  f.is_resolution_on_time, f.resolution_on_time_count, f.resolution_judged_count,
  f.is_duty, f.duty_count, f.is_resolved, f.resolved_count, f.is_open, f.open_count,
  f.is_reopened, f.reopened_count, false AS is_purged, 0 AS purged_count, f.ticket_id,
  f.product, f.fault_code, f.root_cause, f.repeat_of_ticket_id IS NOT NULL AS is_repeat,
  (f.repeat_of_ticket_id IS NOT NULL)::int AS repeat_count, f.effort_minutes,
  f.is_complaint, f.complaint_count, f.is_complete, f.complete_count, f.is_case, f.case_count
FROM sla.ticket_facts AS f
UNION ALL
SELECT
  g.month_start, g.resolved_month_start, g.policy, g.duty, g.type, g.category, g.urgency, g.priority,
  g.channel, g.tier, g.department, NULL::varchar(64), g.cycle - 1, g.rating, g.response_minutes, g.resolution_minutes,
  g.is_response_on_time, g.is_response_on_time::int, (g.is_response_on_time IS NOT NULL)::int,
  g.is_resolution_on_time, g.is_resolution_on_time::int, (g.is_resolution_on_time IS NOT NULL)::int,
  g.duty IS NOT NULL, (g.duty IS NOT NULL)::int,
  g.resolved_month_start IS NOT NULL, (g.resolved_month_start IS NOT NULL)::int, false, 0,
  g.cycle > 1, (g.cycle > 1)::int, true, 1, NULL,
  g.product, g.fault_code, g.root_cause, g.is_repeat, g.is_repeat::int, g.effort_minutes,
  i.is_complaint, i.is_complaint::int, g.is_complete, g.is_complete::int, i.is_case, i.is_case::int
FROM sla.purged_ticket_facts AS g
CROSS JOIN LATERAL (
  SELECT coalesce(g.type IN ('complaint', 'service_complaint'), false) AS is_complaint,
         g.duty IS NULL AND g.type IS DISTINCT FROM 'improvement' AS is_case
) AS i;

COMMENT ON VIEW sla.ticket_statistics IS
'Grain: one ticket: what monthly figures count. The tickets of sla.ticket_facts, and what is left of purged ones (ticket_id and owner are null). Source of R-01, R-03, R-05 to R-09, R-14, R-18, R-26.';

CREATE OR REPLACE VIEW sla.compliance_monthly_plain AS
SELECT
  f.month_start, f.policy, f.milestone, f.basis, f.urgency, f.department, f.employee,
  sum(f.met_count)::int AS met_count,
  sum(f.breached_count)::int AS breached_count,
  (sum(f.met_count)::numeric / sum(f.met_count + f.breached_count))::numeric(5,4) AS compliance_rate
FROM (
  SELECT c.verdict_month_start AS month_start, c.policy, c.milestone, c.basis, c.urgency, c.department, c.employee,
         c.met_count, 1 - c.met_count AS breached_count
  FROM sla.clock_facts AS c
  WHERE c.decided_at IS NOT NULL
  UNION ALL
  SELECT r.month_start, r.policy, r.milestone, r.basis, r.urgency, r.department, r.employee,
         r.met_count, r.breached_count
  FROM sla.compliance_rollup AS r
  WHERE r.source = 'purged'
) AS f
GROUP BY f.month_start, f.policy, f.milestone, f.basis, f.urgency, f.department, f.employee;

COMMENT ON VIEW sla.compliance_monthly_plain IS
'R-02, counted from the clocks (and what purged tickets left behind) each time it is asked, for whoever wants to see that sla.compliance_monthly, which has the same rows and columns, says the same. Grain: month, policy, milestone, basis, urgency, department, employee.';

-- Which months are counted is found out beforehand and put into an array, which the
-- planner takes to be short: a plan for a thousand months would be compiled at length.
CREATE OR REPLACE VIEW sla.rollup_months AS
SELECT
  m.month_start,
  -- The month's bounds whatever the time zone, for the index of clock times.
  (m.month_start::timestamp - interval '1 day') AT TIME ZONE 'UTC' AS from_at,
  (m.month_start::timestamp + interval '1 month 1 day') AT TIME ZONE 'UTC' AS to_at,
  m.is_folded,
  m.is_folded::int AS folded_count
FROM (
  SELECT r.month_start, true AS is_folded
  FROM sla.rollup_month AS r
  WHERE r.folded_at IS NOT NULL
    AND r.closes_at <= (SELECT n.as_of FROM sla.as_of AS n)
    AND NOT EXISTS (SELECT FROM sla.rollup_mark AS k WHERE k.month_start = r.month_start)
    AND NOT EXISTS (SELECT FROM sla.rollup_mark AS k WHERE k.month_start = '-infinity')
  UNION ALL
  SELECT c.month_start, false
  FROM unnest(ARRAY(
    SELECT r.month_start
    FROM sla.rollup_month AS r
    WHERE r.folded_at IS NULL
       OR r.closes_at > (SELECT n.as_of FROM sla.as_of AS n)
       OR EXISTS (SELECT FROM sla.rollup_mark AS k WHERE k.month_start IN (r.month_start, '-infinity'))
    UNION ALL
    -- Not known before it was marked.
    SELECT k.month_start
    FROM sla.rollup_mark AS k
    WHERE isfinite(k.month_start)
      AND k.month_start <= coalesce((SELECT max(r.month_start) FROM sla.rollup_month AS r), '1999-12-31')
      AND NOT EXISTS (SELECT FROM sla.rollup_month AS r WHERE r.month_start = k.month_start)
    GROUP BY k.month_start
    UNION ALL
    -- Not over yet.
    SELECT g.month::date
    FROM generate_series(coalesce((SELECT max(r.month_start) + interval '1 month' FROM sla.rollup_month AS r), '2000-01-01'),
                         (SELECT n.as_of + interval '14 hours' FROM sla.as_of AS n) AT TIME ZONE 'UTC',
                         interval '1 month') AS g(month)
  )) AS c(month_start)
  WHERE c.month_start > '-infinity' AND c.month_start < 'infinity'
) AS m;

COMMENT ON VIEW sla.rollup_months IS
'Grain: one month, from the first that anything is known of up to the present one. Which months sla.compliance_monthly reads from the fold just now; the others it counts.';

CREATE OR REPLACE VIEW sla.compliance_live AS
SELECT
  f.month_start, f.policy, f.milestone, f.basis, f.urgency, f.department, f.employee,
  sum(f.met_count)::int AS met_count,
  sum(f.breached_count)::int AS breached_count
FROM (
  SELECT g.month_start, c.policy, c.milestone, c.basis, c.urgency, c.department, c.employee,
         c.met_count, 1 - c.met_count AS breached_count
  FROM sla.rollup_months AS g
  -- OFFSET 0: month by month, each by the index of clock times, whatever the planner thinks of it.
  CROSS JOIN LATERAL (
    SELECT f.policy, f.milestone, f.basis, f.urgency, f.department, f.employee, f.met_count
    FROM sla.clock_facts AS f
    WHERE (f.due_at >= g.from_at AND f.due_at < g.to_at OR f.stopped_at >= g.from_at AND f.stopped_at < g.to_at)
      AND f.verdict_month_start = g.month_start AND f.decided_at IS NOT NULL
    OFFSET 0
  ) AS c
  WHERE NOT g.is_folded
  UNION ALL
  SELECT r.month_start, r.policy, r.milestone, r.basis, r.urgency, r.department, r.employee,
         r.met_count, r.breached_count
  FROM sla.compliance_rollup AS r
  JOIN sla.rollup_months AS g ON g.month_start = r.month_start
  WHERE r.source = 'purged' AND NOT g.is_folded
) AS f
GROUP BY f.month_start, f.policy, f.milestone, f.basis, f.urgency, f.department, f.employee;

COMMENT ON VIEW sla.compliance_live IS
'The rows of sla.compliance_monthly_plain of the months that are not folded. Grain: month, policy, milestone, basis, urgency, department, employee. Part of sla.compliance_monthly, and what the sweep folds.';

CREATE OR REPLACE VIEW sla.compliance_monthly AS
SELECT
  f.month_start, f.policy, f.milestone, f.basis, f.urgency, f.department, f.employee,
  f.met_count, f.breached_count,
  (f.met_count::numeric / (f.met_count + f.breached_count))::numeric(5,4) AS compliance_rate
FROM (
  SELECT r.month_start, r.policy, r.milestone, r.basis, r.urgency, r.department, r.employee, r.met_count, r.breached_count
  FROM sla.compliance_rollup AS r
  JOIN sla.rollup_months AS g ON g.month_start = r.month_start
  WHERE r.source = 'live' AND g.is_folded
  UNION ALL
  SELECT l.month_start, l.policy, l.milestone, l.basis, l.urgency, l.department, l.employee, l.met_count, l.breached_count
  FROM sla.compliance_live AS l
) AS f;

COMMENT ON VIEW sla.compliance_monthly IS
'R-02 (clauses D1-01, D1-46, D1-58), by month of the verdict. Grain: month, policy, milestone, basis, urgency, department, employee. Met / (met + breached) clocks; cancelled, running and void ones do not count; every interval of a repeating promise is one. For coarser figures add up the counts and divide. Months that are over are read from a fold that the sweep keeps (sla.rollup_months), and are never out of date.';

-- What is not in those sums: how many tickets had a verdict, and the tiers of their customers.
CREATE OR REPLACE VIEW sla.verdicts_live AS
SELECT
  t.month_start, t.policy,
  t.dimension::varchar(16) AS dimension,
  t.value::varchar(64) AS value,
  (count(*) FILTER (WHERE t.binding > 0))::int AS judged_count,
  (count(*) FILTER (WHERE t.advisory > 0))::int AS advisory_judged_count,
  sum(t.met)::int AS met_count,
  sum(t.breached)::int AS breached_count
FROM (
  SELECT p.month_start, p.policy, d.dimension, d.value, p.ticket_id,
         sum(p.binding) AS binding, sum(p.advisory) AS advisory, sum(p.met) AS met, sum(p.breached) AS breached
  FROM (
    SELECT g.month_start, c.policy, c.department, c.employee, c.tier, c.ticket_id,
           sum(c.binding_count) AS binding,
           sum(1 - c.binding_count) AS advisory,
           sum(CASE WHEN c.duty IS NULL THEN c.binding_count * c.met_count ELSE 0 END) AS met,
           sum(CASE WHEN c.duty IS NULL THEN c.binding_count * (1 - c.met_count) ELSE 0 END) AS breached
    FROM sla.rollup_months AS g
    -- As in sla.compliance_live.
    CROSS JOIN LATERAL (
      SELECT f.policy, f.department, f.employee, f.tier, f.duty, f.ticket_id, f.binding_count, f.met_count
      FROM sla.clock_facts AS f
      WHERE (f.due_at >= g.from_at AND f.due_at < g.to_at OR f.stopped_at >= g.from_at AND f.stopped_at < g.to_at)
        AND f.verdict_month_start = g.month_start AND f.decided_at IS NOT NULL
      OFFSET 0
    ) AS c
    WHERE NOT g.is_folded
    GROUP BY g.month_start, c.policy, c.department, c.employee, c.tier, c.ticket_id
  ) AS p
  CROSS JOIN LATERAL (
    VALUES ('all', NULL), ('department', p.department), ('employee', p.employee), ('tier', p.tier)
  ) AS d (dimension, value)
  WHERE d.dimension IN ('all', 'tier') OR d.value IS NOT NULL
  GROUP BY p.month_start, p.policy, d.dimension, d.value, p.ticket_id
) AS t
GROUP BY t.month_start, t.policy, t.dimension, t.value;

COMMENT ON VIEW sla.verdicts_live IS
'The rows of sla.verdicts_monthly of the months that are not folded. Grain: month, policy, dimension, value. Part of that view, and what the sweep folds.';

CREATE OR REPLACE VIEW sla.verdicts_monthly AS
SELECT r.month_start, r.policy, r.dimension, r.value,
       r.judged_count, r.advisory_judged_count, r.met_count, r.breached_count
FROM sla.verdict_rollup AS r
JOIN sla.rollup_months AS g ON g.month_start = r.month_start
WHERE g.is_folded
UNION ALL
SELECT l.month_start, l.policy, l.dimension, l.value,
       l.judged_count, l.advisory_judged_count, l.met_count, l.breached_count
FROM sla.verdicts_live AS l;

COMMENT ON VIEW sla.verdicts_monthly IS
'Grain: month of the verdict, policy, dimension (all, department, employee, tier), value. How many tickets had a verdict on a binding, or an advisory, promise, which does not add up over departments, employees or months; and the binding clocks of cases. Purged tickets are left out. Folded as sla.compliance_monthly is. Source of R-14, R-26.';

COMMENT ON COLUMN sla.verdicts_live.month_start IS 'First day of the local month of the verdicts.';
COMMENT ON COLUMN sla.verdicts_live.policy IS 'Name of the policy.';
COMMENT ON COLUMN sla.verdicts_live.dimension IS 'all, department, employee or tier: what value names; filter on one.';
COMMENT ON COLUMN sla.verdicts_live.value IS 'The department, employee or tier; null: the whole, or no tier.';
COMMENT ON COLUMN sla.verdicts_live.judged_count IS 'Tickets with a verdict on a binding promise.';
COMMENT ON COLUMN sla.verdicts_live.advisory_judged_count IS 'Tickets with a verdict on an advisory promise.';
COMMENT ON COLUMN sla.verdicts_live.met_count IS 'Binding clocks of cases met; those of duties are left out.';
COMMENT ON COLUMN sla.verdicts_live.breached_count IS 'Binding clocks of cases breached and not void.';
COMMENT ON COLUMN sla.verdicts_monthly.month_start IS 'First day of the local month of the verdicts.';
COMMENT ON COLUMN sla.verdicts_monthly.policy IS 'Name of the policy.';
COMMENT ON COLUMN sla.verdicts_monthly.dimension IS 'all, department, employee or tier: what value names; filter on one.';
COMMENT ON COLUMN sla.verdicts_monthly.value IS 'The department, employee or tier; null: the whole, or no tier.';
COMMENT ON COLUMN sla.verdicts_monthly.judged_count IS 'Tickets with a verdict on a binding promise.';
COMMENT ON COLUMN sla.verdicts_monthly.advisory_judged_count IS 'Tickets with a verdict on an advisory promise.';
COMMENT ON COLUMN sla.verdicts_monthly.met_count IS 'Binding clocks of cases met; those of duties are left out.';
COMMENT ON COLUMN sla.verdicts_monthly.breached_count IS 'Binding clocks of cases breached and not void.';

CREATE OR REPLACE VIEW sla.response_time_monthly AS
SELECT
  f.month_start,
  d.dimension::varchar(16) AS dimension,
  d.value::varchar(64) AS value,
  count(*)::int AS ticket_count,
  count(f.response_minutes)::int AS response_count,
  avg(f.response_minutes)::float8 AS average_minutes,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY f.response_minutes) AS median_minutes,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY f.response_minutes) AS p90_minutes,
  sum(f.response_judged_count)::int AS judged_count,
  coalesce(sum(f.response_on_time_count), 0)::int AS on_time_count,
  (sum(f.response_on_time_count)::numeric / nullif(sum(f.response_judged_count), 0))::numeric(5,4) AS on_time_rate
FROM sla.ticket_statistics AS f
CROSS JOIN LATERAL (
  VALUES ('all', NULL), ('channel', f.channel), ('type', f.type), ('urgency', f.urgency),
         ('department', f.department), ('employee', f.owner), ('tier', f.tier)
) AS d (dimension, value)
WHERE f.is_case
GROUP BY f.month_start, d.dimension, d.value;

COMMENT ON VIEW sla.response_time_monthly IS
'R-01 (clauses D1-56, D11-08, D21-07; by tier R-26), by month of reception. Grain: month, dimension (all, channel, type, urgency, department, employee = owner, tier), value. Elapsed minutes from received to the first first_response. Add up one dimension only; medians do not add up.';

CREATE OR REPLACE VIEW sla.resolution_time_monthly AS
SELECT
  f.resolved_month_start AS month_start,
  d.dimension::varchar(16) AS dimension,
  d.value::varchar(64) AS value,
  count(*)::int AS resolved_count,
  avg(f.resolution_minutes)::float8 AS average_minutes,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY f.resolution_minutes) AS median_minutes,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY f.resolution_minutes) AS p90_minutes,
  sum(f.resolution_judged_count)::int AS judged_count,
  coalesce(sum(f.resolution_on_time_count), 0)::int AS on_time_count,
  (sum(f.resolution_on_time_count)::numeric / nullif(sum(f.resolution_judged_count), 0))::numeric(5,4) AS on_time_rate,
  sum(f.effort_minutes)::float8 AS effort_minutes,
  avg(f.effort_minutes)::float8 AS average_effort_minutes
FROM sla.ticket_statistics AS f
CROSS JOIN LATERAL (
  VALUES ('all', NULL), ('channel', f.channel), ('type', f.type), ('urgency', f.urgency),
         ('department', f.department), ('employee', f.owner), ('tier', f.tier)
) AS d (dimension, value)
WHERE f.is_case AND f.is_resolved
GROUP BY f.resolved_month_start, d.dimension, d.value;

COMMENT ON VIEW sla.resolution_time_monthly IS
'R-07 and R-08 (clauses D2-31, D3-14, D4-10, D5-08, D5-15, D21-07), by month of resolution. Grain: month, dimension (all, channel, type, urgency, department, employee = owner, tier), value. Elapsed minutes from received to resolved in the last cycle; on time if no resolve clock of any cycle was missed. Effort is what the events of a ticket log in details, key effort_minutes; its mean is over the tickets that log any. Add up one dimension only.';

CREATE OR REPLACE VIEW sla.resolution_rate_monthly AS
SELECT
  f.month_start,
  d.dimension::varchar(16) AS dimension,
  d.value::varchar(64) AS value,
  count(*)::int AS ticket_count,
  sum(f.resolved_count)::int AS resolved_count,
  (sum(f.resolved_count)::numeric / count(*))::numeric(5,4) AS resolution_rate,
  (count(*) FILTER (WHERE f.is_resolved AND f.is_resolution_on_time))::int AS on_time_count,
  ((count(*) FILTER (WHERE f.is_resolved AND f.is_resolution_on_time))::numeric / count(*))::numeric(5,4) AS on_time_resolution_rate,
  sum(f.reopened_count)::int AS reopened_count
FROM sla.ticket_statistics AS f
CROSS JOIN LATERAL (
  VALUES ('all', NULL), ('channel', f.channel), ('type', f.type), ('urgency', f.urgency),
         ('department', f.department), ('employee', f.owner), ('tier', f.tier)
) AS d (dimension, value)
WHERE f.is_case
GROUP BY f.month_start, d.dimension, d.value;

COMMENT ON VIEW sla.resolution_rate_monthly IS
'R-03 (clauses D1-56, D11-08), by month of reception. Grain: month, dimension (all, channel, type, urgency, department, employee = owner, tier), value. Tickets of the month that were resolved in their last cycle / tickets received; the same for those resolved within their target. Add up one dimension only.';

CREATE OR REPLACE VIEW sla.rating_facts AS
SELECT
  e.ticket_id,
  e.event_no,
  e.cycle,
  t.policy::varchar(64) AS policy,
  t.type::varchar(64) AS type,
  t.urgency::varchar(64) AS urgency,
  t.channel::varchar(64) AS channel,
  t.customer_tier::varchar(64) AS tier,
  t.department::varchar(64) AS department,
  t.owner::varchar(64) AS owner,
  e.effective_at AS rated_at,
  (e.effective_at AT TIME ZONE z.time_zone)::date AS rated_on,
  m.month_start,
  s.rating,
  s.rating * 5 >= s.scale * 4 AS is_satisfied,
  (s.rating * 5 >= s.scale * 4)::int AS satisfied_count,
  s.rating <= s.unsatisfied AS is_dissatisfied,
  (s.rating <= s.unsatisfied)::int AS dissatisfied_count,
  s.attitude,
  s.ability,
  s.efficiency
FROM sla.event AS e
JOIN sla.ticket AS t ON t.ticket_id = e.ticket_id
LEFT JOIN sla.policy AS p ON p.policy = t.policy AND p.version = t.policy_version
CROSS JOIN LATERAL (SELECT coalesce(p.time_zone, 'Asia/Shanghai') AS time_zone) AS z
CROSS JOIN LATERAL (
  SELECT CASE WHEN e.details->>'score' ~ '^[0-9]{1,4}$' THEN (e.details->>'score')::int END AS rating,
         CASE WHEN e.details->>'attitude' ~ '^[0-9]{1,4}$' THEN (e.details->>'attitude')::int END AS attitude,
         CASE WHEN e.details->>'ability' ~ '^[0-9]{1,4}$' THEN (e.details->>'ability')::int END AS ability,
         CASE WHEN e.details->>'efficiency' ~ '^[0-9]{1,4}$' THEN (e.details->>'efficiency')::int END AS efficiency,
         coalesce(p.rating_scale, 5) AS scale,
         coalesce(p.unsatisfied_max_rating, 2) AS unsatisfied
) AS s
LEFT JOIN sla.month AS m
  ON m.month_start = date_trunc('month', e.effective_at AT TIME ZONE z.time_zone)::date
     AND e.effective_at >= m.begins_at AND e.effective_at < m.ends_at
WHERE e.event = 'rating_recorded';

COMMENT ON VIEW sla.rating_facts IS
'Grain: one rating given. A ticket that was reopened may have several. Beside the score, what the event''s details say under attitude, ability and efficiency. Satisfied means four fifths of the policy''s scale or more (4 of 5). Source of R-04, R-14.';

CREATE OR REPLACE VIEW sla.rating_statistics AS
SELECT
  r.month_start, r.policy, r.type, r.urgency, r.channel, r.tier, r.department, r.owner, r.rating,
  r.is_satisfied, r.satisfied_count, r.is_dissatisfied, r.dissatisfied_count, false AS is_purged, 0 AS purged_count, r.ticket_id,
  r.attitude, r.ability, r.efficiency
FROM sla.rating_facts AS r
UNION ALL
SELECT
  g.month_start, g.policy, g.type, g.urgency, g.channel, g.tier, g.department, NULL::varchar(64), g.rating,
  g.is_satisfied, g.is_satisfied::int, g.is_dissatisfied, g.is_dissatisfied::int, true, 1, NULL,
  g.attitude, g.ability, g.efficiency
FROM sla.purged_rating_facts AS g;

COMMENT ON VIEW sla.rating_statistics IS
'Grain: one rating: those of sla.rating_facts, and those of purged tickets (ticket_id and owner are null). Source of R-04, R-14.';

CREATE OR REPLACE VIEW sla.satisfaction_monthly AS
SELECT
  g.month_start,
  g.dimension::varchar(16) AS dimension,
  g.value::varchar(64) AS value,
  g.rating_count,
  g.average_rating,
  g.satisfied_count,
  g.satisfied_share,
  g.dissatisfied_count,
  g.asked_count,
  g.answered_count,
  (g.answered_count::numeric / nullif(g.asked_count, 0))::numeric(5,4) AS answered_share,
  g.average_attitude,
  g.average_ability,
  g.average_efficiency,
  g.previous_average_rating,
  (g.average_rating - g.previous_average_rating)::numeric(6,2) AS average_rating_change,
  g.previous_satisfied_share,
  (g.satisfied_share - g.previous_satisfied_share)::numeric(5,4) AS satisfied_share_change
FROM (
  SELECT
    r.month_start, d.dimension, d.value,
    count(r.rating)::int AS rating_count,
    avg(r.rating)::numeric(6,2) AS average_rating,
    coalesce(sum(r.satisfied_count), 0)::int AS satisfied_count,
    (sum(r.satisfied_count)::numeric / nullif(count(r.rating), 0))::numeric(5,4) AS satisfied_share,
    coalesce(sum(r.dissatisfied_count), 0)::int AS dissatisfied_count,
    sum(r.asked)::int AS asked_count,
    sum(r.answered)::int AS answered_count,
    avg(r.attitude)::numeric(6,2) AS average_attitude,
    avg(r.ability)::numeric(6,2) AS average_ability,
    avg(r.efficiency)::numeric(6,2) AS average_efficiency,
    avg(r.old_rating)::numeric(6,2) AS previous_average_rating,
    (sum(r.old_satisfied)::numeric / nullif(count(r.old_rating), 0))::numeric(5,4) AS previous_satisfied_share
  FROM (
    SELECT x.month_start, x.channel, x.type, x.urgency, x.department, x.owner, x.tier,
           x.rating, x.satisfied_count, x.dissatisfied_count, x.attitude, x.ability, x.efficiency,
           0 AS asked, 0 AS answered, NULL::int AS old_rating, NULL::int AS old_satisfied
    FROM sla.rating_statistics AS x
    UNION ALL
    SELECT f.resolved_month_start, f.channel, f.type, f.urgency, f.department, f.owner, f.tier,
           NULL, NULL, NULL, NULL, NULL, NULL, 1, (f.rating IS NOT NULL)::int, NULL, NULL
    FROM sla.ticket_statistics AS f
    WHERE f.is_resolved AND f.is_case
    UNION ALL
    -- What a month is compared with: asked so that the month before is found by an index, too.
    SELECT n.month_start, x.channel, x.type, x.urgency, x.department, x.owner, x.tier,
           NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, x.rating, x.satisfied_count
    FROM sla.month AS n
    JOIN sla.rating_statistics AS x ON x.month_start = (n.month_start - interval '1 month')::date
  ) AS r
  CROSS JOIN LATERAL (
    VALUES ('all', NULL), ('channel', r.channel), ('type', r.type), ('urgency', r.urgency),
           ('department', r.department), ('employee', r.owner), ('tier', r.tier)
  ) AS d (dimension, value)
  GROUP BY r.month_start, d.dimension, d.value
  HAVING count(r.rating) + sum(r.asked) > 0
) AS g;

COMMENT ON VIEW sla.satisfaction_monthly IS
'R-04 (clauses D1-56, D2-31, D4-09, D5-15, D11-08, D12-09, D13-06, D21-07), by month of the rating; asked and answered by month of resolution. Grain: month, dimension (all, channel, type, urgency, department, employee = owner, tier), value. Who was asked is every ticket that was resolved. Add up one dimension only.';


-- Scorecards: one row per contribution, then added up per person and per department.

CREATE OR REPLACE VIEW sla.scorecard_facts AS
SELECT
  f.month_start, f.department, f.owner AS employee,
  1 AS ticket_count, f.resolved_count, f.reopened_count,
  (f.response_minutes IS NOT NULL)::int AS response_count, f.response_minutes,
  0 AS met_count, 0 AS breached_count, 0 AS advisory_met_count, 0 AS advisory_breached_count,
  NULL::int AS rating, 0 AS breach_count, 0 AS process_violation_count, 0 AS offence_count,
  f.policy, f.ticket_id,
  'ticket'::varchar(16) AS source,
  f.complaint_count, 1 - f.complete_count AS incomplete_count, f.resolution_minutes,
  0 AS satisfied_count, 0 AS reward_count
FROM sla.ticket_statistics AS f
WHERE f.is_case
UNION ALL
SELECT
  c.verdict_month_start, c.department, c.employee,
  0, 0, 0, 0, NULL,
  c.met_count * c.binding_count, c.breached_count * c.binding_count,
  c.met_count * (1 - c.binding_count), c.breached_count * (1 - c.binding_count),
  NULL, 0, 0, 0, c.policy, c.ticket_id,
  'clock'::varchar(16), 0, 0, NULL, 0, 0
FROM sla.clock_facts AS c
WHERE c.decided_at IS NOT NULL
UNION ALL
SELECT
  u.month_start, u.department, NULL::varchar(64),
  0, 0, 0, 0, NULL,
  CASE u.basis WHEN 'binding' THEN u.met_count ELSE 0 END, CASE u.basis WHEN 'binding' THEN u.breached_count ELSE 0 END,
  CASE u.basis WHEN 'binding' THEN 0 ELSE u.met_count END, CASE u.basis WHEN 'binding' THEN 0 ELSE u.breached_count END,
  NULL, 0, 0, 0, u.policy, NULL::bigint,
  'clock'::varchar(16), 0, 0, NULL, 0, 0
FROM sla.compliance_rollup AS u
WHERE u.source = 'purged'
UNION ALL
SELECT
  r.month_start, r.department, r.owner,
  0, 0, 0, 0, NULL, 0, 0, 0, 0, r.rating, 0, 0, 0, r.policy, r.ticket_id,
  'rating'::varchar(16), 0, 0, NULL, coalesce(r.satisfied_count, 0), 0
FROM sla.rating_statistics AS r
UNION ALL
SELECT
  b.month_start, b.department, b.employee,
  0, 0, 0, 0, NULL, 0, 0, 0, 0, NULL,
  b.breach_count, CASE b.kind WHEN 'process_violation' THEN b.breach_count ELSE 0 END, 0, b.policy, b.ticket_id,
  'breach'::varchar(16), 0, 0, NULL, 0, 0
FROM sla.breach_statistics AS b
UNION ALL
SELECT
  date_trunc('month', y.decided_at AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'))::date,
  e.department::varchar(64), y.employee::varchar(64),
  0, 0, 0, 0, NULL, 0, 0, 0, 0, NULL, 0, 0, 1, y.policy::varchar(64), y.ticket_id,
  'offence'::varchar(16), 0, 0, NULL, 0, 0
FROM sla.penalty AS y -- not the register, which row security narrows
LEFT JOIN sla.policy AS p ON p.policy = y.policy AND p.version = y.policy_version
LEFT JOIN sla.employee AS e ON e.employee = y.employee
WHERE y.status IN ('effective', 'appealed') AND y.subject NOT IN ('carrier', 'team')
UNION ALL
SELECT
  g.month_start, g.department, NULL::varchar(64),
  0, 0, 0, 0, NULL, 0, 0, 0, 0, NULL, 0, 0, CASE g.measure WHEN 'offence' THEN g.count ELSE 0 END::int,
  g.policy, NULL::bigint,
  g.measure::varchar(16), 0, 0, NULL, 0, CASE g.measure WHEN 'reward' THEN g.count ELSE 0 END::int
FROM sla.purged_counts AS g
WHERE g.measure IN ('offence', 'reward')
UNION ALL
SELECT
  date_trunc('month', w.decided_at AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'))::date,
  (CASE w.scope WHEN 'team' THEN w.subject ELSE e.department END)::varchar(64),
  (CASE WHEN w.scope <> 'team' THEN w.subject END)::varchar(64),
  0, 0, 0, 0, NULL, 0, 0, 0, 0, NULL, 0, 0, 0, w.policy::varchar(64), w.ticket_id,
  'reward'::varchar(16), 0, 0, NULL, 0, 1
FROM sla.reward AS w
LEFT JOIN sla.policy AS p ON p.policy = w.policy AND p.version = w.policy_version
LEFT JOIN sla.employee AS e ON e.employee = w.subject
WHERE w.status = 'confirmed' AND w.scope <> 'customer';

COMMENT ON VIEW sla.scorecard_facts IS
'Grain: one contribution to a month''s scorecard: a ticket (by reception, for its owner), a decided clock (by verdict, for the employee it is counted for), a rating (for the owner), a breach (by deadline, for the first responsible), an offence or a reward (by decision). Of purged tickets a row may be several alike, for nobody. Source of R-14.';

CREATE OR REPLACE VIEW sla.scorecard_parts AS
SELECT s.*
FROM sla.scorecard_facts AS s
WHERE s.source <> 'clock'
UNION ALL
SELECT
  c.month_start, c.department, c.employee,
  0, 0, 0, 0, NULL,
  CASE WHEN c.basis = 'binding' THEN c.met_count ELSE 0 END,
  CASE WHEN c.basis = 'binding' THEN c.breached_count ELSE 0 END,
  CASE WHEN c.basis = 'binding' THEN 0 ELSE c.met_count END,
  CASE WHEN c.basis = 'binding' THEN 0 ELSE c.breached_count END,
  NULL, 0, 0, 0, c.policy, NULL,
  'clock'::varchar(16), 0, 0, NULL, 0, 0
FROM sla.compliance_monthly AS c;

COMMENT ON VIEW sla.scorecard_parts IS
'Grain: one contribution to a scorecard, as sla.scorecard_facts, but the clocks of a month already added up (sla.compliance_monthly), which is quicker and comes to the same sums. What the scorecards add up.';

CREATE OR REPLACE VIEW sla.employee_scorecard_monthly AS
SELECT
  s.month_start AS month_start,
  s.employee,
  max(e.department)::varchar(64) AS department,
  sum(s.ticket_count)::int AS ticket_count,
  sum(s.resolved_count)::int AS resolved_count,
  (sum(s.resolved_count)::numeric / nullif(sum(s.ticket_count), 0))::numeric(5,4) AS resolution_rate,
  sum(s.reopened_count)::int AS reopened_count,
  (sum(s.reopened_count)::numeric / nullif(sum(s.ticket_count), 0))::numeric(5,4) AS reopen_rate,
  sum(s.response_count)::int AS response_count,
  avg(s.response_minutes)::float8 AS average_response_minutes,
  sum(s.met_count)::int AS met_count,
  sum(s.breached_count)::int AS breached_count,
  (sum(s.met_count)::numeric / nullif(sum(s.met_count + s.breached_count), 0))::numeric(5,4) AS on_time_rate,
  sum(s.advisory_met_count)::int AS advisory_met_count,
  sum(s.advisory_breached_count)::int AS advisory_breached_count,
  (sum(s.advisory_met_count)::numeric
   / nullif(sum(s.advisory_met_count + s.advisory_breached_count), 0))::numeric(5,4) AS advisory_on_time_rate,
  count(s.rating)::int AS rating_count,
  avg(s.rating)::numeric(6,2) AS average_rating,
  sum(s.breach_count)::int AS breach_count,
  sum(s.process_violation_count)::int AS process_violation_count,
  sum(s.offence_count)::int AS offence_count,
  sum(s.incomplete_count)::int AS incomplete_count,
  sum(s.complaint_count)::int AS complaint_count,
  sum(s.reward_count)::int AS reward_count
FROM sla.scorecard_parts AS s
LEFT JOIN sla.employee AS e ON e.employee = s.employee
WHERE s.employee IS NOT NULL AND s.month_start IS NOT NULL
GROUP BY s.month_start, s.employee;

COMMENT ON VIEW sla.employee_scorecard_monthly IS
'R-14 (clauses D1-54, D2-42, D3-17, D5-16, D10-03, D15-11, D17-06). Grain: month, employee. What counts in which month: see sla.scorecard_facts. What is counted for nobody is in no row. Its rates and counts are the metrics that penalty and reward rules may name; beside what was aimed at they are in sla.kpi_attainment.';

CREATE OR REPLACE VIEW sla.department_scorecard_monthly AS
SELECT
  s.month_start AS month_start,
  s.department,
  sum(s.ticket_count)::int AS ticket_count,
  sum(s.resolved_count)::int AS resolved_count,
  (sum(s.resolved_count)::numeric / nullif(sum(s.ticket_count), 0))::numeric(5,4) AS resolution_rate,
  sum(s.reopened_count)::int AS reopened_count,
  (sum(s.reopened_count)::numeric / nullif(sum(s.ticket_count), 0))::numeric(5,4) AS reopen_rate,
  sum(s.response_count)::int AS response_count,
  avg(s.response_minutes)::float8 AS average_response_minutes,
  sum(s.met_count)::int AS met_count,
  sum(s.breached_count)::int AS breached_count,
  (sum(s.met_count)::numeric / nullif(sum(s.met_count + s.breached_count), 0))::numeric(5,4) AS on_time_rate,
  sum(s.advisory_met_count)::int AS advisory_met_count,
  sum(s.advisory_breached_count)::int AS advisory_breached_count,
  (sum(s.advisory_met_count)::numeric
   / nullif(sum(s.advisory_met_count + s.advisory_breached_count), 0))::numeric(5,4) AS advisory_on_time_rate,
  count(s.rating)::int AS rating_count,
  avg(s.rating)::numeric(6,2) AS average_rating,
  sum(s.breach_count)::int AS breach_count,
  sum(s.process_violation_count)::int AS process_violation_count,
  sum(s.offence_count)::int AS offence_count,
  sum(s.incomplete_count)::int AS incomplete_count,
  sum(s.complaint_count)::int AS complaint_count,
  sum(s.reward_count)::int AS reward_count
FROM sla.scorecard_parts AS s
WHERE s.department IS NOT NULL AND s.month_start IS NOT NULL
GROUP BY s.month_start, s.department;

COMMENT ON VIEW sla.department_scorecard_monthly IS
'R-14 (clauses D1-54, D2-42, D3-17, D5-16, D10-03, D15-11, D17-06). Grain: month, department (of the ticket; of an offence or a reward, the employee''s). What counts in which month: see sla.scorecard_facts. What has no department is in no row.';

CREATE OR REPLACE VIEW sla.employee_scorecard_quarterly AS
SELECT
  date_trunc('quarter', s.month_start::timestamp)::date AS quarter_start,
  s.employee,
  max(e.department)::varchar(64) AS department,
  sum(s.ticket_count)::int AS ticket_count,
  sum(s.resolved_count)::int AS resolved_count,
  (sum(s.resolved_count)::numeric / nullif(sum(s.ticket_count), 0))::numeric(5,4) AS resolution_rate,
  sum(s.reopened_count)::int AS reopened_count,
  (sum(s.reopened_count)::numeric / nullif(sum(s.ticket_count), 0))::numeric(5,4) AS reopen_rate,
  sum(s.response_count)::int AS response_count,
  avg(s.response_minutes)::float8 AS average_response_minutes,
  sum(s.met_count)::int AS met_count,
  sum(s.breached_count)::int AS breached_count,
  (sum(s.met_count)::numeric / nullif(sum(s.met_count + s.breached_count), 0))::numeric(5,4) AS on_time_rate,
  sum(s.advisory_met_count)::int AS advisory_met_count,
  sum(s.advisory_breached_count)::int AS advisory_breached_count,
  (sum(s.advisory_met_count)::numeric
   / nullif(sum(s.advisory_met_count + s.advisory_breached_count), 0))::numeric(5,4) AS advisory_on_time_rate,
  count(s.rating)::int AS rating_count,
  avg(s.rating)::numeric(6,2) AS average_rating,
  sum(s.breach_count)::int AS breach_count,
  sum(s.process_violation_count)::int AS process_violation_count,
  sum(s.offence_count)::int AS offence_count,
  sum(s.incomplete_count)::int AS incomplete_count,
  sum(s.complaint_count)::int AS complaint_count,
  sum(s.reward_count)::int AS reward_count
FROM sla.scorecard_parts AS s
LEFT JOIN sla.employee AS e ON e.employee = s.employee
WHERE s.employee IS NOT NULL AND s.month_start IS NOT NULL
GROUP BY date_trunc('quarter', s.month_start::timestamp)::date, s.employee;

COMMENT ON VIEW sla.employee_scorecard_quarterly IS
'R-14 (clauses D1-54, D2-42, D3-17, D5-16, D10-03, D15-11, D17-06). Grain: quarter, employee. As sla.employee_scorecard_monthly, of a quarter.';

CREATE OR REPLACE VIEW sla.department_scorecard_quarterly AS
SELECT
  date_trunc('quarter', s.month_start::timestamp)::date AS quarter_start,
  s.department,
  sum(s.ticket_count)::int AS ticket_count,
  sum(s.resolved_count)::int AS resolved_count,
  (sum(s.resolved_count)::numeric / nullif(sum(s.ticket_count), 0))::numeric(5,4) AS resolution_rate,
  sum(s.reopened_count)::int AS reopened_count,
  (sum(s.reopened_count)::numeric / nullif(sum(s.ticket_count), 0))::numeric(5,4) AS reopen_rate,
  sum(s.response_count)::int AS response_count,
  avg(s.response_minutes)::float8 AS average_response_minutes,
  sum(s.met_count)::int AS met_count,
  sum(s.breached_count)::int AS breached_count,
  (sum(s.met_count)::numeric / nullif(sum(s.met_count + s.breached_count), 0))::numeric(5,4) AS on_time_rate,
  sum(s.advisory_met_count)::int AS advisory_met_count,
  sum(s.advisory_breached_count)::int AS advisory_breached_count,
  (sum(s.advisory_met_count)::numeric
   / nullif(sum(s.advisory_met_count + s.advisory_breached_count), 0))::numeric(5,4) AS advisory_on_time_rate,
  count(s.rating)::int AS rating_count,
  avg(s.rating)::numeric(6,2) AS average_rating,
  sum(s.breach_count)::int AS breach_count,
  sum(s.process_violation_count)::int AS process_violation_count,
  sum(s.offence_count)::int AS offence_count,
  sum(s.incomplete_count)::int AS incomplete_count,
  sum(s.complaint_count)::int AS complaint_count,
  sum(s.reward_count)::int AS reward_count
FROM sla.scorecard_parts AS s
WHERE s.department IS NOT NULL AND s.month_start IS NOT NULL
GROUP BY date_trunc('quarter', s.month_start::timestamp)::date, s.department;

COMMENT ON VIEW sla.department_scorecard_quarterly IS
'R-14 (clauses D1-54, D2-42, D3-17, D5-16, D10-03, D15-11, D17-06). Grain: quarter, department. As sla.department_scorecard_monthly, of a quarter.';

CREATE OR REPLACE VIEW sla.annual_summary AS
SELECT
  date_trunc('year', s.month_start::timestamp)::date AS year_start,
  d.dimension::varchar(16) AS dimension,
  d.value::varchar(64) AS value,
  sum(s.ticket_count)::int AS ticket_count,
  sum(s.resolved_count)::int AS resolved_count,
  (sum(s.resolved_count)::numeric / nullif(sum(s.ticket_count), 0))::numeric(5,4) AS resolution_rate,
  sum(s.reopened_count)::int AS reopened_count,
  (sum(s.reopened_count)::numeric / nullif(sum(s.ticket_count), 0))::numeric(5,4) AS reopen_rate,
  sum(s.response_count)::int AS response_count,
  avg(s.response_minutes)::float8 AS average_response_minutes,
  sum(s.met_count)::int AS met_count,
  sum(s.breached_count)::int AS breached_count,
  (sum(s.met_count)::numeric / nullif(sum(s.met_count + s.breached_count), 0))::numeric(5,4) AS on_time_rate,
  sum(s.advisory_met_count)::int AS advisory_met_count,
  sum(s.advisory_breached_count)::int AS advisory_breached_count,
  (sum(s.advisory_met_count)::numeric
   / nullif(sum(s.advisory_met_count + s.advisory_breached_count), 0))::numeric(5,4) AS advisory_on_time_rate,
  count(s.rating)::int AS rating_count,
  avg(s.rating)::numeric(6,2) AS average_rating,
  sum(s.breach_count)::int AS breach_count,
  sum(s.process_violation_count)::int AS process_violation_count,
  sum(s.offence_count)::int AS offence_count,
  sum(s.incomplete_count)::int AS incomplete_count,
  sum(s.complaint_count)::int AS complaint_count,
  sum(s.reward_count)::int AS reward_count,
  (sum(s.complaint_count)::numeric / nullif(sum(s.ticket_count), 0))::numeric(5,4) AS complaint_rate,
  avg(s.resolution_minutes)::float8 AS average_resolution_minutes,
  sum(s.satisfied_count)::int AS satisfied_count,
  (sum(s.satisfied_count)::numeric / nullif(count(s.rating), 0))::numeric(5,4) AS satisfied_share
FROM sla.scorecard_parts AS s
CROSS JOIN LATERAL (
  VALUES ('all', NULL), ('department', s.department), ('employee', s.employee)
) AS d (dimension, value)
WHERE s.month_start IS NOT NULL AND (d.dimension = 'all' OR d.value IS NOT NULL)
GROUP BY date_trunc('year', s.month_start::timestamp)::date, d.dimension, d.value;

COMMENT ON VIEW sla.annual_summary IS
'R-30 (clauses D22-04, D7-29). Grain: local year, dimension (all, department, employee), value. The year''s totals of R-01 to R-04, R-07, R-09 and of the scorecards; a ticket counts in the year of its reception, a clock in that of its verdict. Add up one dimension only.';

-- The dictionary: what a column means, in every view above.

DECLARE
  word record;
BEGIN
  FOR word IN
    SELECT a.attrelid::regclass AS view, a.attname AS name, d.meaning
    FROM (VALUES
      -- The ticket
      ('ticket_id', 'The ticket: sla.ticket.ticket_id.'),
      ('policy', 'Name of the policy that holds for it.'),
      ('policy_version', 'Version of that policy; a ticket keeps its version for life.'),
      ('duty', 'Name of the duty, if the ticket is one (a report, a meeting, an archive); null for a case that somebody brought.'),
      ('type', 'Kind of case: inquiry, complaint, suggestion and so on, as the policy names them.'),
      ('category', 'Subject area within the type, as the policy names it.'),
      ('urgency', 'normal, important or urgent, or whatever the policy names.'),
      ('priority', 'Priority as the policy''s classification names it.'),
      ('channel', 'Channel by which the case came in.'),
      ('tier', 'Tier of whoever brought the case; nothing else is said of them (R-26).'),
      ('week_start', 'Monday of the local week in which it came in, or in which the row counts.'),
      ('quarter_start', 'First day of the local quarter in which the row counts.'),
      ('year_start', 'First day of the local year in which the row counts.'),
      ('product', 'Product concerned.'),
      ('fault_code', 'Code of the fault.'),
      ('root_cause', 'Root cause that was found, else the cause of the verified complaint; null: none yet.'),
      ('responsibility', 'Who is responsible for what happened: company, carrier, customer and so on.'),
      ('carrier', 'Carrier concerned.'),
      ('supplier', 'Supplier concerned.'),
      ('verification_outcome', 'Outcome of the verification: substantiated or not; of a suggestion or an improvement the verdict on it.'),
      ('loss_amount', 'Loss to the company, in its currency.'),
      ('promised_at', 'Until when a solution is promised.'),
      ('parent_ticket_id', 'The ticket this one belongs to.'),
      ('repeat_of_ticket_id', 'The earlier ticket of which this is a repetition, as somebody entered it.'),
      ('improvement_ticket_id', 'The latest improvement action that was decided on for it; null: none.'),
      ('department', 'Department that answers: of a ticket the one that handles it, of a breach the one at the deadline, of a person the one they belong to.'),
      ('owner', 'Employee who owns the ticket (the agent); assigning it to a department does not change that.'),
      ('assignee', 'Employee of the department who handles the ticket.'),
      ('status', 'State of the row: of a ticket its status, of a penalty candidate, effective, waived, withdrawn or reversed.'),
      ('cycle', '1, and one more for each time the ticket was reopened.'),
      ('reopen_count', 'How often the ticket was reopened.'),
      ('rating', 'Score given; of a ticket the last one. Null: none.'),
      ('received_at', 'When the case came in.'),
      ('received_on', 'Local date on which it came in, in the policy''s time zone.'),
      ('first_response_at', 'When somebody first answered, in any cycle; null: not yet.'),
      ('resolved_at', 'When it was resolved in its last cycle; null: not, or not since it was reopened.'),
      ('resolved_month_start', 'First day of the local month in which it was resolved.'),
      ('closed_at', 'When the ticket was closed.'),
      ('response_minutes', 'Elapsed minutes from received to the first answer.'),
      ('resolution_minutes', 'Elapsed minutes from first received to resolved in the last cycle.'),
      ('effort_minutes', 'Minutes of work that the events log (details, key effort_minutes), added up; null: none is logged.'),
      ('average_effort_minutes', 'Mean of effort_minutes over the tickets that log any.'),
      ('average_resolution_minutes', 'Mean of resolution_minutes over the tickets that were resolved.'),
      ('attitude', 'Score given for attitude; null: none.'),
      ('ability', 'Score given for ability; null: none.'),
      ('efficiency', 'Score given for efficiency; null: none.'),
      ('average_attitude', 'Mean score for attitude, of the ratings that give one.'),
      ('average_ability', 'Mean score for ability, of the ratings that give one.'),
      ('average_efficiency', 'Mean score for efficiency, of the ratings that give one.'),
      ('asked_count', 'Tickets resolved in the month: so many customers could be asked.'),
      ('answered_count', 'Of these: rated.'),
      ('answered_share', 'answered_count / asked_count, 0 to 1.'),
      ('previous_average_rating', 'average_rating of the month before; null: there was none.'),
      ('average_rating_change', 'average_rating less that of the month before.'),
      ('previous_satisfied_share', 'satisfied_share of the month before; null: there was none.'),
      ('satisfied_share_change', 'satisfied_share less that of the month before: 0.05 is five points more.'),
      ('source', 'What the contribution is: ticket, clock, rating, breach, offence or reward.'),
      ('days_open', 'Elapsed days from received until closed, or until now.'),
      ('purge_after', 'End of the retention period: closed_at plus the policy''s retention_years, in local time.'),
      ('purge_on', 'Local date of purge_after.'),
      -- The clock and its times
      ('target', 'Name of the promise in the policy; for a process violation, of the rule that was violated.'),
      ('seq', 'Number of the clock within target and cycle; more than 1 for repeating promises and for dates that were moved after they had passed.'),
      ('milestone', 'What is promised, under one name across targets and policies: first_response, resolve and so on.'),
      ('clause', 'Clause of the regulation that says so.'),
      ('basis', 'binding or advisory. Only binding promises can lead to penalties.'),
      ('binding', 'Whether the promise is binding; an advisory one is reported only.'),
      ('provisional', 'Whether the clock runs from a fallback because the event that should start it has not happened (rule E-5).'),
      ('calendar', 'Calendar in which open time is counted.'),
      ('state', 'running, paused, met, breached or cancelled, now. A person''s override (met, cancelled) goes before what the times say.'),
      ('started_at', 'When the clock started.'),
      ('created_at', 'When it became known: the recording time of what caused it.'),
      ('due_at', 'The deadline. Done exactly then is in time.'),
      ('due_on', 'Local date of the deadline, in the policy''s time zone.'),
      ('warn_at', 'When the first warning before the deadline is due.'),
      ('paused_at', 'When the pause that still lasts began; null: not paused.'),
      ('paused_for', 'Elapsed time of the pauses that have ended.'),
      ('parts_done', 'How many parts of a promise with several parts are done.'),
      ('stopped_at', 'When the promise was kept, in time or late; null: not yet, or not any more.'),
      ('cancelled_at', 'When the promise lapsed without being judged, unless it had been missed before.'),
      ('stop_event', 'Number of the event that stopped or cancelled the clock.'),
      ('override', 'A person''s verdict, which goes before the clock''s own: met or cancelled.'),
      ('decided_at', 'Of a clock when its verdict fell: the deadline it missed, or the stop that met it; null while there is none. Of a penalty when a person decided.'),
      ('verdict_at', 'When the verdict falls, if it does: the deadline, or the stop before it. Whether it fell is told by decided_at.'),
      ('verdict_month_start', 'Its local month. Where decided_at is set the same as month_start, and quicker to filter by.'),
      ('overdue', 'Breached and still open: neither done nor become unnecessary, and no later interval has taken over.'),
      ('remaining', 'Elapsed time from now to the deadline (while paused: to the projected one), in hours and minutes, never in days; negative when overdue; null once the clock has ended.'),
      ('projected_due_at', 'Only while paused: the deadline if the pause ended now, that is the open time left when it began counted from now in the clock''s calendar (rule E-8).'),
      ('minutes_taken', 'Elapsed minutes from the start to the stop or cancellation.'),
      ('minutes_late', 'Elapsed minutes from the deadline to the stop. On sla.clock_facts also up to the cancellation, or up to now while open; null if not late.'),
      ('minutes_left', 'Elapsed minutes to the deadline, negative when overdue; while paused what was left when the pause began.'),
      ('priority_order', 'For sorting: 1 urgent, 3 important, 5 normal, 7 other; one more if advisory.'),
      ('is_timer', 'Whether the target is a timer: at the deadline the sweep records an event, nobody has missed anything.'),
      ('is_repeating', 'Whether the promise repeats until the matter is resolved.'),
      ('role', 'First of the roles that answer for the target.'),
      ('breach_department', 'Department named in the recorded breach.'),
      ('is_void', 'Whether the recorded breach was declared void, by a person or because a correction showed that it was none.'),
      -- People and consequences
      ('employee', 'The one employee the row is counted for; of a breach the first responsible, else the holder of the target''s first role.'),
      ('responsible', 'The employees who answer for it, separated by commas; on sla.clock_state the first.'),
      ('responsible_role', 'The roles in which they answer, separated by commas.'),
      ('responsible_count', 'How many employees answer for it; 0 means that nobody held the role.'),
      ('attribution', 'A manager''s judgement: personal, shared, third_party, customer or force_majeure; null: not yet judged.'),
      ('kind', 'Of a breach late, missed_interval, start_missing or process_violation; of an escalation also warning and reopen_alert.'),
      ('detected_at', 'When the breach was written down, by a trigger or the sweep.'),
      ('level', 'Level of the escalation, 0 or 1 first.'),
      ('roles', 'The roles it went to, separated by commas.'),
      ('recipients', 'The employees it went to, separated by commas.'),
      ('recipient_count', 'How many employees it went to; 0 means that nobody held the role.'),
      ('medium', 'How they are told: inbox, sms, email, phone.'),
      ('raise_at', 'When the escalation was due.'),
      ('raised_at', 'When the escalation was raised.'),
      ('raised_on', 'Local date on which it was raised.'),
      ('minutes_delayed', 'Elapsed minutes between due and raised: how late the sweep was.'),
      ('ladder', 'The penalty ladder of the promise; null: it leads to no penalty.'),
      ('step', 'Step of the ladder, fixed at confirmation.'),
      ('title', 'The step in English.'),
      ('title_zh', 'The step in Chinese.'),
      ('action', 'What the step does: warning, score_deduction and so on.'),
      ('offence_no', 'Number of the offence within the policy''s window, fixed at confirmation.'),
      ('points', 'Points deducted from the performance score.'),
      ('amount', 'Amount of money, in the company''s currency.'),
      ('first_due_at', 'Deadline of the earliest breach behind the penalty.'),
      ('decided_by', 'Who confirmed, waived or reversed it.'),
      ('decided_on', 'Local date of the decision.'),
      ('decided_month_start', 'First day of the local month of the decision.'),
      ('reversed_at', 'When it was reversed because its ground fell away.'),
      ('document_ticket_id', 'The duty ticket for the document that the step asks for (self-review, rectification).'),
      ('document', 'The document that the step asks for, such as a written self-review; null: none.'),
      ('document_due_at', 'When that document is due.'),
      ('document_filed_at', 'When it was filed: the first document_filed, rectified or resolved of its ticket.'),
      ('reason', 'Why the ticket waited: the event that began the pause.'),
      ('from_on', 'Local date on which it began.'),
      ('minutes', 'Elapsed minutes of waiting, up to now if it lasts.'),
      ('event_no', 'Number of the event on its ticket.'),
      ('rated_at', 'When the rating was given.'),
      ('rated_on', 'Local date on which it was given.'),
      -- Figures
      ('as_of', 'The instant for which the views tell the state of things.'),
      ('month_start', 'First day of the local month (in the policy''s time zone) in which the row counts; which time decides is said at the view.'),
      ('dimension', 'What the rows of this kind are broken down by; filter on one, "all" is the whole.'),
      ('value', 'The value of that dimension; null: not given, or dimension "all".'),
      ('average_minutes', 'Mean, in minutes.'),
      ('median_minutes', 'Median (interpolated), in minutes.'),
      ('p90_minutes', '90th percentile (interpolated), in minutes.'),
      ('average_response_minutes', 'Mean of response_minutes over the tickets that were answered.'),
      ('average_rating', 'Mean score of the ratings.'),
      ('compliance_rate', 'met_count / (met_count + breached_count), 0 to 1.'),
      ('on_time_rate', 'Share within target of what was judged, 0 to 1; on the scorecards of binding clocks. Null: nothing to judge.'),
      ('advisory_on_time_rate', 'The same share of advisory clocks.'),
      ('resolution_rate', 'resolved_count / ticket_count, 0 to 1.'),
      ('on_time_resolution_rate', 'on_time_count / ticket_count, 0 to 1.'),
      ('reopen_rate', 'reopened_count / ticket_count, 0 to 1.'),
      ('satisfied_share', 'satisfied_count / rating_count, 0 to 1.'),
      ('rank', 'Place within month and dimension, most frequent first.'),
      ('share', 'Share of the month''s breaches in this dimension, 0 to 1.'),
      ('cumulative_share', 'The same, added up from the first rank.'),
      ('ticket_count', 'Number of tickets received.'),
      ('resolved_count', 'Of these (or 1 or 0): resolved in the last cycle.'),
      ('reopened_count', 'Of these (or 1 or 0): reopened at least once.'),
      ('response_count', 'Of these: answered.'),
      ('judged_count', 'Tickets with a verdict on the milestone.'),
      ('on_time_count', 'Tickets that were within target.'),
      ('met_count', 'Clocks met (or 1 or 0); on the scorecards binding ones.'),
      ('breached_count', 'Clocks breached and not void (or 1 or 0); on the scorecards binding ones.'),
      ('advisory_met_count', 'Advisory clocks met.'),
      ('advisory_breached_count', 'Advisory clocks breached and not void.'),
      ('rating_count', 'Number of ratings.'),
      ('satisfied_count', 'Ratings (or 1 or 0) of four fifths of the scale or more.'),
      ('dissatisfied_count', 'Ratings (or 1 or 0) at or below the policy''s unsatisfied_max_rating.'),
      ('breach_count', 'Number of breaches.'),
      ('process_violation_count', 'Of these: events recorded against the order that the policy prescribes.'),
      ('complaint_count', 'Of the tickets (or 1 or 0): of type complaint or service_complaint.'),
      ('complaint_rate', 'complaint_count / ticket_count, 0 to 1.'),
      ('incomplete_count', 'Of the tickets (or 1 or 0): a field that every case must have is empty.'),
      ('reward_count', 'Number of rewards that a person confirmed.'),
      ('offence_count', 'Number of penalties that a person confirmed.'),
      ('escalation_count', 'Always 1, to add up.'),
      ('line_count', 'Number of cost lines.'),
      ('person_count', 'Persons who went, added up over the lines.'),
      ('trip_count', 'Trips, added up.'),
      ('day_count', 'Days away, added up.'),
      ('installation_amount', 'Item 1 without what contracts provide for, in the company''s currency.'),
      ('dispatch_amount', 'Item 2, in the company''s currency.'),
      ('material_amount', 'Item 3, in the company''s currency.'),
      ('transport_amount', 'Item 4, in the company''s currency.'),
      ('covered_amount', 'The part of item 1 that contracts provide for, in the company''s currency.'),
      ('other_amount', 'Lines of kind other, in the company''s currency; no part of the total.'),
      ('from_at', 'When the waiting, or the month in the first time zone, began.'),
      ('to_at', 'When the waiting, or the month in the last time zone, ends; null: it lasts.'),
      -- Yes or no, and 1 or 0 to add up
      ('is_folded', 'Whether the month is read from the fold; otherwise its clocks are counted.'),
      ('folded_count', '1 if is_folded, else 0.'),
      ('is_response_on_time', 'Whether the first response was within target; null without verdict.'),
      ('response_on_time_count', '1 if is_response_on_time, else 0; null without verdict.'),
      ('is_resolution_on_time', 'Whether the resolution was within target in every cycle; null without verdict.'),
      ('resolution_on_time_count', '1 if is_resolution_on_time, else 0; null without verdict.'),
      ('is_duty', 'Whether the ticket is a duty.'),
      ('duty_count', '1 if is_duty, else 0.'),
      ('is_resolved', 'Whether the ticket is resolved.'),
      ('is_open', 'Whether it is still open: the ticket, or the pause.'),
      ('open_count', '1 if is_open, else 0.'),
      ('is_complaint', 'Whether the ticket is of type complaint or service_complaint.'),
      ('is_repeat', 'Whether somebody has entered it as the repetition of an earlier ticket.'),
      ('repeat_count', '1 if is_repeat, else 0.'),
      ('is_case', 'Whether it is a case that somebody brought: neither a duty nor an improvement action.'),
      ('case_count', '1 if is_case, else 0.'),
      ('is_complete', 'Whether type, urgency, channel, customer, description and owner are all given; a suggestion needs no customer.'),
      ('complete_count', '1 if is_complete, else 0.'),
      ('is_reopened', 'Whether the ticket was reopened at least once.'),
      ('is_binding', 'Whether the promise is binding.'),
      ('binding_count', '1 if is_binding, else 0.'),
      ('is_provisional', 'Whether the clock is provisional.'),
      ('provisional_count', '1 if is_provisional, else 0.'),
      ('is_met', 'Whether the promise was kept in time.'),
      ('is_breached', 'Whether the promise was missed, and the breach is not void.'),
      ('is_overdue', 'Whether the promise was missed and is still open.'),
      ('overdue_count', '1 if is_overdue, else 0.'),
      ('is_paused', 'Whether the clock is paused.'),
      ('paused_count', '1 if is_paused, else 0.'),
      ('is_born_overdue', 'Whether the deadline had passed before it was known; no penalty follows.'),
      ('born_overdue_count', '1 if is_born_overdue, else 0.'),
      ('void_count', '1 if is_void, else 0.'),
      ('is_candidate', 'Whether the penalty waits for a decision.'),
      ('candidate_count', '1 if is_candidate, else 0.'),
      ('is_effective', 'Whether the penalty was confirmed and holds.'),
      ('effective_count', '1 if is_effective, else 0.'),
      ('is_document_overdue', 'Whether the document the penalty asks for is overdue.'),
      ('document_overdue_count', '1 if is_document_overdue, else 0.'),
      ('is_without_owner', 'Whether nobody owns the ticket.'),
      ('without_owner_count', '1 if is_without_owner, else 0.'),
      ('is_without_due', 'Whether the ticket is not resolved and no clock runs on it.'),
      ('without_due_count', '1 if is_without_due, else 0.'),
      ('is_due', 'Whether the retention period has ended.'),
      ('due_count', '1 if is_due, else 0.'),
      ('is_on_hold', 'Whether a legal hold keeps the ticket.'),
      ('on_hold_count', '1 if is_on_hold, else 0.'),
      ('kept_by', 'What keeps a ticket that is due: legal_hold; unsettled (a breach whose consequences the sweep has yet to write); penalty (undecided, appealed, its document still owed, or an offence that a later one would have to count); reward (undecided); referred (another ticket names it in parent_ticket or repeat_of, or a penalty as its document; it goes with the last of these). Null: nothing.'),
      ('is_purged', 'Whether the ticket has been purged: the row is what is left of it.'),
      ('purged_count', 'Of these (or 1 or 0): of purged tickets.'),
      ('is_satisfied', 'Whether the rating is four fifths of the scale or more.'),
      ('is_dissatisfied', 'Whether the rating is at or below the policy''s unsatisfied_max_rating.'),
      ('response_judged_count', '1 if there is a verdict on the first response, else 0.'),
      ('resolution_judged_count', '1 if there is a verdict on the resolution, else 0.')
    ) AS d (name, meaning)
    JOIN pg_attribute AS a ON a.attname = d.name AND a.attnum > 0
    JOIN pg_class AS v ON v.oid = a.attrelid AND v.relkind = 'v'
    WHERE v.relnamespace = 'sla'::regnamespace
      AND v.relname IN (
        'as_of', 'clock_state', 'clocks', 'ticket_facts', 'clock_facts', 'rating_facts',
        'scorecard_facts', 'ticket_statistics', 'breach_statistics', 'rating_statistics', 'live_board', 'breach_list', 'breach_pareto', 'escalation_list',
        'penalty_register', 'dissatisfied_tickets', 'tickets_without_owner_or_due',
        'retention_due', 'pauses', 'compliance_monthly', 'compliance_monthly_plain',
        'compliance_live', 'rollup_months', 'cost_installation_monthly', 'cost_dispatch_monthly',
        'cost_material_monthly', 'cost_transport_monthly', 'cost_total_monthly', 'response_time_monthly',
        'resolution_time_monthly', 'resolution_rate_monthly', 'satisfaction_monthly',
        'scorecard_parts', 'employee_scorecard_monthly', 'department_scorecard_monthly',
        'employee_scorecard_quarterly', 'department_scorecard_quarterly', 'annual_summary')
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', word.view, word.name, word.meaning);
  END LOOP;
END;

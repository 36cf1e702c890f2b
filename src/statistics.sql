--
-- statistics.sql
--		What was wrong, how often, what it cost and what was done about it.
--
-- There are no functions here.  The views follow the conventions of report.sql; the
-- words that they share with it are taken from there.
--
-- An action that was decided on (in a meeting, after a complaint, upon a suggestion) is
-- a ticket of type improvement: owner and promised_at say who and until when,
-- parent_ticket for which case, resolved that it was done, verification_outcome what
-- came of it.  A suggestion is a ticket of type suggestion; verification_outcome is the
-- verdict on it, and it is implemented when an improvement that belongs to it is done.
-- Whether a demand is reasonable, and was met, people say in sla.ticket.attributes:
-- demand_reasonable and demand_met, true or false.
--

-- setup:

-- Two of a kind, for repetitions: as many entries as there are faults.
CREATE INDEX IF NOT EXISTS ticket_fault ON sla.ticket (asset, fault_code, received_at)
  WHERE fault_code IS NOT NULL AND asset IS NOT NULL;
-- Few events are about parts.
CREATE INDEX IF NOT EXISTS event_part ON sla.event (ticket_id) WHERE event = 'part_shipped';


-- How many, and of what

CREATE OR REPLACE VIEW sla.volume_monthly AS
SELECT
  f.month_start,
  d.dimension::varchar(16) AS dimension,
  d.value::varchar(64) AS value,
  count(*)::int AS ticket_count,
  sum(f.complaint_count)::int AS complaint_count,
  sum(f.open_count)::int AS open_count
FROM sla.ticket_statistics AS f
CROSS JOIN LATERAL (
  VALUES ('all', NULL), ('type', f.type), ('category', f.category), ('channel', f.channel), ('tier', f.tier)
) AS d (dimension, value)
WHERE f.is_case
GROUP BY f.month_start, d.dimension, d.value;

COMMENT ON VIEW sla.volume_monthly IS
'R-05 (clauses D2-31, D12-11, D15-10, D8-06), by month of reception. Grain: month, dimension (all, type, category, channel, tier), value. Add up one dimension only.';

CREATE OR REPLACE VIEW sla.volume_weekly AS
SELECT
  f.week_start,
  d.dimension::varchar(16) AS dimension,
  d.value::varchar(64) AS value,
  count(*)::int AS ticket_count,
  sum(f.complaint_count)::int AS complaint_count,
  sum(f.open_count)::int AS open_count
FROM sla.ticket_facts AS f
CROSS JOIN LATERAL (
  VALUES ('all', NULL), ('type', f.type), ('category', f.category), ('channel', f.channel), ('tier', f.tier)
) AS d (dimension, value)
WHERE f.is_case
GROUP BY f.week_start, d.dimension, d.value;

COMMENT ON VIEW sla.volume_weekly IS
'R-05 (clauses D2-31, D12-11, D15-10, D8-06), by week of reception. Grain: week, dimension (all, type, category, channel, tier), value. Add up one dimension only.';

CREATE OR REPLACE VIEW sla.common_causes_monthly AS
SELECT
  g.month_start, g.category, g.root_cause,
  g.ticket_count,
  rank() OVER (PARTITION BY g.month_start ORDER BY g.ticket_count DESC, g.category, g.root_cause)::int AS rank,
  (g.ticket_count::numeric / nullif(sum(g.ticket_count) OVER (PARTITION BY g.month_start), 0))::numeric(5,4) AS share,
  g.previous_ticket_count,
  g.ticket_count - g.previous_ticket_count AS ticket_count_change,
  g.improvement_count,
  g.open_improvement_count
FROM (
  SELECT
    x.month_start, x.category, x.root_cause,
    sum(x.tickets)::int AS ticket_count,
    sum(x.old_tickets)::int AS previous_ticket_count,
    sum(x.improvements)::int AS improvement_count,
    sum(x.open_improvements)::int AS open_improvement_count
  FROM (
    SELECT f.month_start, f.category, f.root_cause,
           (f.type IS DISTINCT FROM 'improvement')::int AS tickets, 0 AS old_tickets,
           (f.type IS NOT DISTINCT FROM 'improvement')::int AS improvements,
           (f.type IS NOT DISTINCT FROM 'improvement' AND f.is_open AND NOT f.is_resolved)::int AS open_improvements
    FROM sla.ticket_statistics AS f
    WHERE NOT f.is_duty AND (f.category IS NOT NULL OR f.root_cause IS NOT NULL)
    UNION ALL
    SELECT (f.month_start + interval '1 month')::date, f.category, f.root_cause, 0, 1, 0, 0
    FROM sla.ticket_statistics AS f
    WHERE f.is_case
      AND (f.category IS NOT NULL OR f.root_cause IS NOT NULL)
  ) AS x
  GROUP BY x.month_start, x.category, x.root_cause
  HAVING sum(x.tickets) + sum(x.improvements) > 0
) AS g;

COMMENT ON VIEW sla.common_causes_monthly IS
'R-06 (clauses D2-15, D2-32, D3-11, D5-09, D13-10, D20-09), by month of reception. Grain: month, category, root cause. Most frequent first (rank), beside the month before, with the improvement actions of the month on the same category and cause. A case that has neither category nor cause is left out.';

CREATE OR REPLACE VIEW sla.complaint_rate_monthly AS
SELECT
  f.month_start,
  d.dimension::varchar(16) AS dimension,
  d.value::varchar(64) AS value,
  count(*)::int AS ticket_count,
  sum(f.complaint_count)::int AS complaint_count,
  (sum(f.complaint_count)::numeric / count(*))::numeric(5,4) AS complaint_rate
FROM sla.ticket_statistics AS f
CROSS JOIN LATERAL (
  VALUES ('all', NULL), ('policy', f.policy), ('department', f.department), ('channel', f.channel),
         ('product', f.product), ('tier', f.tier)
) AS d (dimension, value)
WHERE f.is_case
GROUP BY f.month_start, d.dimension, d.value;

COMMENT ON VIEW sla.complaint_rate_monthly IS
'R-09 (clauses D2-45, D4-10), by month of reception. Grain: month, dimension (all, policy, department, channel, product, tier), value. Complaints / tickets received. Where complaints are to be measured by orders or customers, divide complaint_count by the company''s own figure: docs/reports.md. Add up one dimension only.';

CREATE OR REPLACE VIEW sla.open_tickets_age AS
SELECT
  d.dimension::varchar(16) AS dimension,
  d.value::varchar(64) AS value,
  count(*)::int AS open_count,
  min(f.received_at) AS oldest_received_at,
  (extract(epoch FROM (SELECT n.as_of FROM sla.as_of AS n) - min(f.received_at)) / 86400)::float8 AS oldest_days_open,
  avg(extract(epoch FROM (SELECT n.as_of FROM sla.as_of AS n) - f.received_at) / 86400)::float8 AS average_days_open,
  ((array_agg(f.ticket_id ORDER BY f.received_at, f.ticket_id))[1]) AS oldest_ticket_id
FROM sla.ticket_facts AS f
CROSS JOIN LATERAL (
  VALUES ('all', NULL), ('type', f.type), ('urgency', f.urgency), ('department', f.department), ('employee', f.owner)
) AS d (dimension, value)
WHERE f.is_open AND NOT f.is_resolved AND NOT f.is_duty
GROUP BY d.dimension, d.value;

COMMENT ON VIEW sla.open_tickets_age IS
'R-08 (clauses D3-14, D4-10, D5-15, D21-07), live. Grain: dimension (all, type, urgency, department, employee = owner), value. What is not resolved yet: how many, how old, and the oldest. Add up one dimension only.';


-- Who has how much to do

CREATE OR REPLACE VIEW sla.workload AS
SELECT
  w.employee,
  max(e.department)::varchar(64) AS department,
  sum(w.owned)::int AS owned_count,
  sum(w.handled)::int AS handled_count,
  sum(w.due_today)::int AS due_today_count,
  sum(w.overdue)::int AS overdue_count,
  sum(w.effort_minutes)::float8 AS effort_minutes
FROM (
  SELECT f.owner AS employee, 1 AS owned, 0 AS handled, 0 AS due_today, 0 AS overdue, NULL::float8 AS effort_minutes
  FROM sla.ticket_facts AS f
  WHERE f.is_open AND NOT f.is_resolved AND NOT f.is_duty
  UNION ALL
  SELECT coalesce(f.assignee, f.owner), 0, 1, 0, 0, f.effort_minutes
  FROM sla.ticket_facts AS f
  WHERE f.is_open AND NOT f.is_resolved AND NOT f.is_duty
  UNION ALL
  SELECT b.employee, 0, 0,
         (NOT b.is_overdue AND b.due_on = (n.as_of AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'))::date)::int,
         b.overdue_count, NULL
  FROM sla.live_board AS b
  CROSS JOIN sla.as_of AS n
  LEFT JOIN sla.ticket AS t ON t.ticket_id = b.ticket_id
  LEFT JOIN sla.policy AS p ON p.policy = t.policy AND p.version = t.policy_version
) AS w
LEFT JOIN sla.employee AS e ON e.employee = w.employee
WHERE w.employee IS NOT NULL
GROUP BY w.employee;

COMMENT ON VIEW sla.workload IS
'R-15 (clauses D4-05, D5-11), live. Grain: employee. Unresolved tickets owned, and handled (assignee, else owner) with the effort logged on them so far; promises due later today, and overdue, that the employee answers for.';

CREATE OR REPLACE VIEW sla.meeting_pack_weekly AS
SELECT
  f.week_start, f.policy, f.type, f.category, f.root_cause, f.department,
  count(*)::int AS ticket_count,
  sum(f.resolved_count)::int AS resolved_count,
  sum(b.breach_count)::int AS breach_count,
  sum(f.reopened_count)::int AS reopened_count,
  sum(f.loss_amount)::numeric(18,2) AS loss_amount
FROM sla.ticket_facts AS f
LEFT JOIN LATERAL (
  SELECT count(*) AS breach_count
  FROM sla.breach AS x
  WHERE x.ticket_id = f.ticket_id AND x.voided_at IS NULL
) AS b ON true
WHERE f.is_complaint OR f.type = 'exception'
GROUP BY f.week_start, f.policy, f.type, f.category, f.root_cause, f.department;

COMMENT ON VIEW sla.meeting_pack_weekly IS
'R-13 (clauses D24-31, D24-32), by week of reception. Grain: week, policy, type, category, root cause, department. First part of the pack for the weekly complaint meeting: the complaints and exceptions of the week. Second part: sla.meeting_pack_items.';

CREATE OR REPLACE VIEW sla.meeting_pack_items AS
SELECT
  date_trunc('week', b.due_on::timestamp)::date AS week_start,
  'breach'::varchar(16) AS section,
  b.ticket_id, b.policy, b.type, f.category, f.root_cause, b.department,
  b.employee, b.milestone, b.due_at, b.due_on, b.stopped_at AS done_at,
  b.stopped_at IS NOT NULL AS is_done,
  (b.stopped_at IS NOT NULL)::int AS done_count
FROM sla.breach_list AS b
JOIN sla.ticket_facts AS f ON f.ticket_id = b.ticket_id
WHERE NOT b.is_void AND (f.is_complaint OR f.type = 'exception')
UNION ALL
SELECT
  date_trunc('week', w.promised_on::timestamp)::date,
  'promise'::varchar(16),
  f.ticket_id, f.policy, f.type, f.category, f.root_cause, f.department,
  f.owner, 'promise'::varchar(64), f.promised_at, w.promised_on, f.resolved_at, f.is_resolved, f.resolved_count
FROM sla.ticket_facts AS f
LEFT JOIN sla.policy AS p ON p.policy = f.policy AND p.version = f.policy_version
CROSS JOIN LATERAL (
  SELECT (f.promised_at AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'))::date AS promised_on
) AS w
WHERE (f.is_complaint OR f.type = 'exception') AND f.promised_at IS NOT NULL AND f.is_open AND NOT f.is_resolved
UNION ALL
SELECT
  f.week_start,
  'action'::varchar(16),
  f.ticket_id, f.policy, f.type, f.category, f.root_cause, f.department,
  coalesce(f.assignee, f.owner), 'improvement'::varchar(64), f.promised_at, w.promised_on, f.resolved_at, f.is_resolved, f.resolved_count
FROM sla.ticket_facts AS f
LEFT JOIN sla.policy AS p ON p.policy = f.policy AND p.version = f.policy_version
CROSS JOIN LATERAL (
  SELECT (f.promised_at AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'))::date AS promised_on
) AS w
WHERE f.type = 'improvement';

COMMENT ON VIEW sla.meeting_pack_items IS
'R-13 (clauses D24-31, D24-32). Grain: section, ticket and deadline. Second part of the pack for the weekly complaint meeting. Section breach: what was missed on complaints and exceptions, by week of the deadline. Section promise: what is promised and still open, by week of the promise. Section action: improvement actions, by the week in which they were decided; those of the week before with is_done are the check of the last meeting, those not done, with employee and due_at, are the aims of this one.';


-- Improvement and suggestions

CREATE OR REPLACE VIEW sla.improvement_actions AS
SELECT
  f.ticket_id, f.parent_ticket_id, g.type::varchar(64) AS parent_type, f.policy, f.category, f.root_cause, f.product,
  f.department, f.owner, coalesce(f.assignee, f.owner) AS employee, f.status,
  f.received_at, f.received_on, f.month_start, f.promised_at, f.resolved_at AS done_at,
  f.verification_outcome,
  f.is_open AND NOT f.is_resolved AS is_open,
  (f.is_open AND NOT f.is_resolved)::int AS open_count,
  f.is_resolved AS is_done,
  f.resolved_count AS done_count,
  w.is_overdue,
  w.is_overdue::int AS overdue_count,
  f.verification_outcome IS NOT NULL AS is_verified,
  (f.verification_outcome IS NOT NULL)::int AS verified_count
FROM sla.ticket_facts AS f
LEFT JOIN sla.ticket AS g ON g.ticket_id = f.parent_ticket_id
CROSS JOIN LATERAL (
  SELECT coalesce(f.is_open AND f.promised_at < coalesce(f.resolved_at, (SELECT n.as_of FROM sla.as_of AS n)), false) AS is_overdue
) AS w
WHERE f.type = 'improvement';

COMMENT ON VIEW sla.improvement_actions IS
'R-27 (clauses D4-11, D20-09), live. Grain: one improvement action, which is a ticket of type improvement: from which case it came, who does it until when, whether it is done and what the verification said.';

CREATE OR REPLACE VIEW sla.improvement_monthly AS
SELECT
  a.month_start, a.department, a.category,
  count(*)::int AS ticket_count,
  sum(a.open_count)::int AS open_count,
  sum(a.done_count)::int AS done_count,
  sum(a.overdue_count)::int AS overdue_count,
  sum(a.verified_count)::int AS verified_count,
  (sum(a.done_count)::numeric / count(*))::numeric(5,4) AS done_share
FROM sla.improvement_actions AS a
GROUP BY a.month_start, a.department, a.category;

COMMENT ON VIEW sla.improvement_monthly IS
'R-27 (clauses D4-11, D20-09), by month in which the action was decided. Grain: month, department, category. How many improvement actions are open, done, overdue and verified, as of now.';

CREATE OR REPLACE VIEW sla.suggestions_monthly AS
SELECT
  f.month_start, f.category, f.channel, f.verification_outcome,
  count(*)::int AS ticket_count,
  (count(*) FILTER (WHERE f.verification_outcome IS NULL))::int AS undecided_count,
  sum(i.actions)::int AS improvement_count,
  (count(*) FILTER (WHERE i.is_implemented))::int AS implemented_count
FROM sla.ticket_facts AS f
LEFT JOIN LATERAL (
  SELECT count(*) AS actions, coalesce(bool_or(a.resolved_at IS NOT NULL), false) AS is_implemented
  FROM sla.ticket AS a
  WHERE a.parent_ticket = f.ticket_id AND a.type = 'improvement'
) AS i ON true
WHERE f.type = 'suggestion'
GROUP BY f.month_start, f.category, f.channel, f.verification_outcome;

COMMENT ON VIEW sla.suggestions_monthly IS
'R-29 (clauses D20-06, D1-45), by month of reception. Grain: month, category, channel, verdict (verification_outcome). Suggestions of customers and, by the channel that they use, of staff. Implemented is one to which a done improvement action belongs.';

CREATE OR REPLACE VIEW sla.unmet_demands AS
SELECT
  f.ticket_id, f.policy, f.type, f.category, f.urgency, f.channel, f.tier, f.department, f.owner, f.product,
  f.status, f.rating, f.received_at, f.received_on, f.month_start, f.resolved_at, f.closed_at,
  (extract(epoch FROM coalesce(f.closed_at, (SELECT n.as_of FROM sla.as_of AS n)) - f.received_at) / 86400)::float8 AS days_open,
  f.is_open, f.open_count
FROM sla.ticket_facts AS f
JOIN sla.ticket AS t ON t.ticket_id = f.ticket_id
WHERE t.attributes->>'demand_reasonable' = 'true'
  AND t.attributes->>'demand_met' IS DISTINCT FROM 'true';

COMMENT ON VIEW sla.unmet_demands IS
'R-43 (clause D2-35), live and by month of reception. Grain: one ticket whose demand somebody judged reasonable (attributes: demand_reasonable = true) and that is not met (demand_met is not true). The demand itself is on the ticket, for those who may read it.';

CREATE OR REPLACE VIEW sla.record_completeness_monthly AS
SELECT
  f.month_start,
  d.dimension::varchar(16) AS dimension,
  d.value::varchar(64) AS value,
  count(*)::int AS ticket_count,
  sum(f.complete_count)::int AS complete_count,
  (sum(f.complete_count)::numeric / count(*))::numeric(5,4) AS complete_share,
  (count(*) FILTER (WHERE e.is_logged))::int AS logged_count,
  ((count(*) FILTER (WHERE e.is_logged))::numeric / count(*))::numeric(5,4) AS logged_share,
  (count(*) FILTER (WHERE t.onsite_required))::int AS onsite_count,
  (count(*) FILTER (WHERE t.onsite_required AND e.has_report))::int AS reported_count,
  ((count(*) FILTER (WHERE t.onsite_required AND e.has_report))::numeric
   / nullif(count(*) FILTER (WHERE t.onsite_required), 0))::numeric(5,4) AS reported_share,
  sum(f.resolved_count)::int AS resolved_count,
  (count(*) FILTER (WHERE f.is_resolved AND f.rating IS NOT NULL))::int AS rated_count,
  ((count(*) FILTER (WHERE f.is_resolved AND f.rating IS NOT NULL))::numeric
   / nullif(sum(f.resolved_count), 0))::numeric(5,4) AS rated_share
FROM sla.ticket_facts AS f
JOIN sla.ticket AS t ON t.ticket_id = f.ticket_id
LEFT JOIN LATERAL (
  SELECT count(*) > 0 AS is_logged, coalesce(bool_or(x.event = 'service_report_filed'), false) AS has_report
  FROM sla.event AS x
  WHERE x.ticket_id = f.ticket_id
) AS e ON true
CROSS JOIN LATERAL (
  VALUES ('all', NULL), ('channel', f.channel), ('type', f.type), ('department', f.department), ('employee', f.owner)
) AS d (dimension, value)
WHERE f.is_case
GROUP BY f.month_start, d.dimension, d.value;

COMMENT ON VIEW sla.record_completeness_monthly IS
'R-28 (clauses D2-03, D3-10, D1-39), by month of reception. Grain: month, dimension (all, channel, type, department, employee = owner), value. Tickets of which type, urgency, channel, customer (a suggestion needs none), description and owner are all given; that have any event in their log; that needed a visit and have a service report; that were resolved and have a rating. Add up one dimension only.';

CREATE OR REPLACE VIEW sla.incomplete_records AS
SELECT
  f.ticket_id, f.policy, f.type, f.channel, f.department, f.owner, f.status, f.received_at, f.received_on, f.month_start,
  concat_ws(', ',
    CASE WHEN t.type IS NULL THEN 'type' END, CASE WHEN t.urgency IS NULL THEN 'urgency' END,
    CASE WHEN t.channel IS NULL THEN 'channel' END,
    CASE WHEN t.customer IS NULL AND t.type IS DISTINCT FROM 'suggestion' THEN 'customer' END,
    CASE WHEN t.description IS NULL THEN 'description' END, CASE WHEN t.owner IS NULL THEN 'owner' END)::varchar(64) AS missing,
  f.is_open, f.open_count
FROM sla.ticket_facts AS f
JOIN sla.ticket AS t ON t.ticket_id = f.ticket_id
WHERE NOT f.is_complete AND f.is_case;

COMMENT ON VIEW sla.incomplete_records IS
'R-28 (clauses D2-03, D3-10, D1-39), live. Grain: one ticket that lacks a field which every case must have, and which.';


-- Repairs and faults

CREATE OR REPLACE VIEW sla.repeat_repairs AS
SELECT
  f.ticket_id, o.ticket_id AS earlier_ticket_id, f.repeat_of_ticket_id,
  f.policy, f.type, f.product, f.fault_code, f.root_cause, f.department, f.owner, f.assignee,
  f.received_at, f.received_on, f.month_start,
  o.resolved_at AS earlier_resolved_at,
  o.owner::varchar(64) AS earlier_owner,
  o.assignee::varchar(64) AS earlier_assignee,
  (extract(epoch FROM f.received_at - o.resolved_at) / 86400)::float8 AS days_between,
  f.repeat_of_ticket_id IS NOT NULL AS is_recorded,
  (f.repeat_of_ticket_id IS NOT NULL)::int AS recorded_count
FROM sla.ticket_facts AS f
JOIN sla.ticket AS t ON t.ticket_id = f.ticket_id
CROSS JOIN LATERAL (
  -- The last one before; OFFSET 0: by the index of faults, one probe per ticket.
  SELECT x.ticket_id, x.resolved_at, x.owner, x.assignee
  FROM (
    SELECT y.ticket_id, y.resolved_at, y.owner, y.assignee, y.received_at
    FROM sla.ticket AS y
    WHERE y.asset = t.asset AND y.fault_code = t.fault_code AND y.fault_code IS NOT NULL AND y.asset IS NOT NULL
      AND y.received_at < t.received_at AND y.customer IS NOT DISTINCT FROM t.customer
      AND y.resolved_at <= t.received_at AND y.resolved_at >= t.received_at - interval '90 days'
      AND y.ticket_id <> t.ticket_id
    OFFSET 0
  ) AS x
  ORDER BY x.resolved_at DESC, x.ticket_id DESC
  LIMIT 1
) AS o
WHERE t.asset IS NOT NULL AND t.fault_code IS NOT NULL AND f.is_case;

COMMENT ON VIEW sla.repeat_repairs IS
'R-16 (clauses D7-11, D7-22), by month of reception. Grain: one ticket with the same customer, asset and fault code as one that was resolved in the 90 days before. is_recorded says whether somebody has entered it as a repetition (repeat_of); only a repetition for personal reasons is held against anybody (D7-22).';

CREATE OR REPLACE VIEW sla.repeat_repair_monthly AS
SELECT
  f.resolved_month_start AS month_start,
  d.dimension::varchar(16) AS dimension,
  d.value::varchar(64) AS value,
  count(*)::int AS repair_count,
  sum(f.repeat_count)::int AS repeat_count,
  (sum(f.repeat_count)::numeric / count(*))::numeric(5,4) AS repeat_rate
FROM sla.ticket_statistics AS f
CROSS JOIN LATERAL (
  VALUES ('all', NULL), ('product', f.product), ('department', f.department), ('employee', f.owner)
) AS d (dimension, value)
WHERE f.is_resolved AND f.is_case AND (f.type IN ('fault_report', 'repair') OR f.fault_code IS NOT NULL)
GROUP BY f.resolved_month_start, d.dimension, d.value;

COMMENT ON VIEW sla.repeat_repair_monthly IS
'R-16 (clauses D7-11, D7-22), by month of resolution. Grain: month, dimension (all, product, department, employee = owner), value. Repairs (type fault_report or repair, or with a fault code) that were entered as a repetition / repairs resolved. Add up one dimension only.';

CREATE OR REPLACE VIEW sla.recurrence_monthly AS
SELECT
  r.month_start, r.category, r.product, r.root_cause,
  count(*)::int AS ticket_count,
  (count(*) FILTER (WHERE r.received_at <= r.earlier_at + interval '90 days'))::int AS recurrence_count,
  ((count(*) FILTER (WHERE r.received_at <= r.earlier_at + interval '90 days'))::numeric / count(*))::numeric(5,4) AS recurrence_rate
FROM (
  SELECT f.month_start, f.category, f.product, f.root_cause, f.received_at,
         lag(f.received_at) OVER (PARTITION BY f.category, f.product, f.root_cause
                                  ORDER BY f.received_at, f.ticket_id) AS earlier_at
  FROM sla.ticket_facts AS f
  WHERE f.root_cause IS NOT NULL AND f.is_case
) AS r
GROUP BY r.month_start, r.category, r.product, r.root_cause;

COMMENT ON VIEW sla.recurrence_monthly IS
'R-16 (clause D13-10), by month of reception. Grain: month, category, product, root cause. Tickets before which, within 90 days, there was another of the same category, product and root cause.';

CREATE OR REPLACE VIEW sla.fault_statistics_monthly AS
SELECT
  x.month_start, x.product, x.fault_code,
  sum(x.faults)::int AS fault_count,
  sum(x.old_faults)::int AS previous_fault_count,
  (sum(x.faults) - sum(x.old_faults))::int AS fault_count_change,
  sum(x.repeats)::int AS repeat_count
FROM (
  SELECT f.month_start, f.product, f.fault_code, 1 AS faults, 0 AS old_faults,
         f.repeat_count AS repeats
  FROM sla.ticket_statistics AS f
  WHERE f.is_case AND (f.type IN ('fault_report', 'repair') OR f.fault_code IS NOT NULL)
  UNION ALL
  SELECT (f.month_start + interval '1 month')::date, f.product, f.fault_code, 0, 1, 0
  FROM sla.ticket_statistics AS f
  WHERE f.is_case AND (f.type IN ('fault_report', 'repair') OR f.fault_code IS NOT NULL)
) AS x
GROUP BY x.month_start, x.product, x.fault_code
HAVING sum(x.faults) > 0;

COMMENT ON VIEW sla.fault_statistics_monthly IS
'R-18 (clause D6-17), by month of reception. Grain: month, product, fault code. Faults reported, beside the month before. For the rate divide by the company''s installed assets: docs/reports.md.';

CREATE OR REPLACE VIEW sla.repair_efficiency_monthly AS
SELECT
  f.resolved_month_start AS month_start,
  d.dimension::varchar(16) AS dimension,
  d.value::varchar(64) AS value,
  count(*)::int AS repair_count,
  avg(extract(epoch FROM f.resolved_at - e.confirmed_at) / 60)::float8 AS average_minutes,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY (extract(epoch FROM f.resolved_at - e.confirmed_at) / 60)::float8) AS median_minutes,
  (count(*) FILTER (WHERE e.visits > 0))::int AS visited_count,
  (count(*) FILTER (WHERE e.visits = 1 AND NOT f.is_reopened))::int AS first_visit_count,
  ((count(*) FILTER (WHERE e.visits = 1 AND NOT f.is_reopened))::numeric
   / nullif(count(*) FILTER (WHERE e.visits > 0), 0))::numeric(5,4) AS first_visit_share,
  sum(e.parts)::int AS part_count,
  (sum(e.parts)::numeric / count(*))::numeric(9,2) AS parts_per_repair,
  avg(f.effort_minutes)::float8 AS average_effort_minutes
FROM sla.ticket_facts AS f
LEFT JOIN LATERAL (
  SELECT min(x.effective_at) FILTER (WHERE x.event = 'fault_confirmed') AS confirmed_at,
         count(*) FILTER (WHERE x.event = 'arrived_on_site' AND x.effective_at <= f.resolved_at) AS visits,
         count(*) FILTER (WHERE x.event = 'part_shipped') AS parts
  FROM sla.event AS x
  WHERE x.ticket_id = f.ticket_id AND x.event IN ('fault_confirmed', 'arrived_on_site', 'part_shipped')
) AS e ON true
CROSS JOIN LATERAL (
  VALUES ('all', NULL), ('product', f.product), ('department', f.department), ('employee', coalesce(f.assignee, f.owner))
) AS d (dimension, value)
WHERE f.is_resolved AND f.is_case AND (f.type IN ('fault_report', 'repair') OR f.fault_code IS NOT NULL)
GROUP BY f.resolved_month_start, d.dimension, d.value;

COMMENT ON VIEW sla.repair_efficiency_monthly IS
'R-19 (clause D6-17), by month of resolution. Grain: month, dimension (all, product, department, employee = assignee, else owner), value. Elapsed minutes from fault_confirmed to resolved, of the repairs with both; repairs that took one visit (arrived_on_site) and were not reopened / repairs with a visit; part_shipped events. Add up one dimension only.';

CREATE OR REPLACE VIEW sla.open_receipts AS
SELECT
  f.ticket_id, f.policy, f.type, f.product, f.department, f.owner, f.assignee, f.status,
  s.shipped_at,
  (extract(epoch FROM (SELECT n.as_of FROM sla.as_of AS n) - s.shipped_at) / 86400)::float8 AS days_under_way
FROM (
  SELECT e.ticket_id, max(e.effective_at) AS shipped_at
  FROM sla.event AS e
  WHERE e.event = 'part_shipped'
  GROUP BY e.ticket_id
) AS s
JOIN sla.ticket_facts AS f ON f.ticket_id = s.ticket_id
WHERE NOT EXISTS (SELECT FROM sla.event AS r
                  WHERE r.ticket_id = s.ticket_id AND r.event = 'part_receipt_confirmed'
                    AND r.effective_at >= s.shipped_at);

COMMENT ON VIEW sla.open_receipts IS
'R-32 (clause D7-27), live. Grain: one ticket on which a part was shipped (event part_shipped) whose receipt nobody has confirmed since (part_receipt_confirmed).';

CREATE OR REPLACE VIEW sla.service_project_monthly AS
SELECT
  x.month_start, x.department, x.category,
  sum(x.tickets)::int AS ticket_count,
  sum(x.resolved)::int AS resolved_count,
  sum(x.complaints)::int AS complaint_count,
  sum(x.trips)::int AS trip_count,
  sum(x.amount)::numeric(18,2) AS amount,
  sum(x.improvements)::int AS improvement_count,
  sum(x.open_improvements)::int AS open_improvement_count
FROM (
  SELECT f.month_start, f.department, f.category,
         (f.type IS DISTINCT FROM 'improvement')::int AS tickets,
         CASE WHEN f.type IS DISTINCT FROM 'improvement' THEN f.resolved_count ELSE 0 END AS resolved,
         f.complaint_count AS complaints, 0 AS trips, 0::numeric AS amount,
         (f.type IS NOT DISTINCT FROM 'improvement')::int AS improvements,
         (f.type IS NOT DISTINCT FROM 'improvement' AND f.is_open AND NOT f.is_resolved)::int AS open_improvements
  FROM sla.ticket_statistics AS f
  WHERE NOT f.is_duty
  UNION ALL
  SELECT date_trunc('month', l.spent_on::timestamp)::date,
         coalesce(l.department, t.department)::varchar(64), t.category::varchar(64),
         0, 0, 0, CASE WHEN l.kind = 'dispatch' THEN coalesce(l.trips, 0) ELSE 0 END, l.amount, 0, 0
  FROM sla.cost_line AS l
  LEFT JOIN sla.ticket AS t ON t.ticket_id = l.ticket_id
) AS x
GROUP BY x.month_start, x.department, x.category;

COMMENT ON VIEW sla.service_project_monthly IS
'R-25 (clause D7-36), by month of reception, costs by month of spending; handed in before the 5th of the next month. Grain: month, department, category. Cases, dispatches and costs of the month, contract-covered ones included, and the improvement actions (measures) decided in it; what they say is on sla.improvement_actions and their tickets.';


-- Customers, carriers, exceptions

CREATE OR REPLACE VIEW sla.fairness_quarterly AS
SELECT
  x.quarter_start, x.tier,
  sum(x.tickets)::int AS ticket_count,
  avg(x.response_minutes)::float8 AS average_response_minutes,
  avg(x.resolution_minutes)::float8 AS average_resolution_minutes,
  sum(x.met)::int AS met_count,
  sum(x.breached)::int AS breached_count,
  (sum(x.met)::numeric / nullif(sum(x.met + x.breached), 0))::numeric(5,4) AS compliance_rate,
  count(x.rating)::int AS rating_count,
  avg(x.rating)::numeric(6,2) AS average_rating
FROM (
  SELECT date_trunc('quarter', f.month_start::timestamp)::date AS quarter_start, f.tier, 1 AS tickets,
         f.response_minutes, f.resolution_minutes, 0 AS met, 0 AS breached, NULL::int AS rating
  FROM sla.ticket_statistics AS f
  WHERE f.is_case
  UNION ALL
  SELECT date_trunc('quarter', v.month_start::timestamp)::date, v.value COLLATE "default", 0, NULL, NULL,
         v.met_count, v.breached_count, NULL
  FROM sla.verdicts_monthly AS v
  WHERE v.dimension = 'tier' AND v.met_count + v.breached_count > 0
  UNION ALL
  SELECT date_trunc('quarter', r.month_start::timestamp)::date, r.tier, 0, NULL, NULL, 0, 0, r.rating
  FROM sla.rating_statistics AS r
) AS x
GROUP BY x.quarter_start, x.tier;

COMMENT ON VIEW sla.fairness_quarterly IS
'R-26 (clause D20-03). Grain: quarter, customer tier. Whether customers of all tiers are answered, served and heard alike: tickets by reception, binding clocks by verdict, ratings by their own time.';

CREATE OR REPLACE VIEW sla.carrier_monthly AS
SELECT
  x.month_start, x.carrier, x.policy, x.category,
  sum(x.tickets)::int AS ticket_count,
  sum(x.complaints)::int AS complaint_count,
  sum(x.held)::int AS responsible_ticket_count,
  sum(x.loss)::numeric(18,2) AS loss_amount,
  sum(x.penalties)::int AS penalty_count,
  sum(x.candidates)::int AS candidate_count,
  sum(x.amount)::numeric(18,2) AS penalty_amount
FROM (
  SELECT f.month_start, f.carrier, f.policy, f.category, 1 AS tickets, f.complaint_count AS complaints,
         (f.responsibility IS NOT DISTINCT FROM 'carrier')::int AS held, f.loss_amount AS loss,
         0 AS penalties, 0 AS candidates, NULL::numeric AS amount
  FROM sla.ticket_facts AS f
  WHERE f.carrier IS NOT NULL AND f.is_case
  UNION ALL
  SELECT date_trunc('month', coalesce(y.decided_at, y.created_at) AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'))::date,
         y.employee::varchar(64), y.policy::varchar(64), t.category::varchar(64), 0, 0, 0, NULL,
         (y.status <> 'candidate')::int, (y.status = 'candidate')::int,
         CASE WHEN y.status <> 'candidate' THEN y.amount END
  FROM sla.penalty AS y -- not the register, which row security narrows
  LEFT JOIN sla.ticket AS t ON t.ticket_id = y.ticket_id
  LEFT JOIN sla.policy AS p ON p.policy = y.policy AND p.version = y.policy_version
  WHERE y.subject = 'carrier' AND y.status IN ('candidate', 'effective', 'appealed')
) AS x
GROUP BY x.month_start, x.carrier, x.policy, x.category;

COMMENT ON VIEW sla.carrier_monthly IS
'R-35 (clause D24-36), cases by month of reception, penalties by month of the decision (candidates by that of their making). Grain: month, carrier, policy, category (type of exception). Cases in which the carrier is concerned, those for which it is held responsible, and the contract penalties that were confirmed.';

CREATE OR REPLACE VIEW sla.exception_facts AS
SELECT
  f.ticket_id, f.policy, f.category, f.urgency, f.department, f.owner, f.carrier, f.root_cause, f.responsibility,
  f.status, t.happened_at, f.received_at, f.received_on, f.week_start, f.month_start, f.resolved_at,
  (extract(epoch FROM e.reported_at - coalesce(t.happened_at, f.received_at)) / 60)::float8 AS report_minutes,
  f.resolution_minutes, f.loss_amount,
  f.is_open, f.open_count, f.is_resolved, f.resolved_count
FROM sla.ticket_facts AS f
JOIN sla.ticket AS t ON t.ticket_id = f.ticket_id
LEFT JOIN LATERAL (
  SELECT min(x.effective_at) AS reported_at
  FROM sla.event AS x
  WHERE x.ticket_id = f.ticket_id AND x.event IN ('reported_to_supervisor', 'reported_to_project_lead')
) AS e ON true
WHERE f.type = 'exception';

COMMENT ON VIEW sla.exception_facts IS
'R-36 (clauses D24-05, D24-31). Grain: one exception, which is a ticket of type exception; its category is the type of D24-05.';

CREATE OR REPLACE VIEW sla.exception_statistics_monthly AS
SELECT
  x.month_start, x.category, x.department,
  count(*)::int AS ticket_count,
  sum(x.resolved_count)::int AS resolved_count,
  sum(x.loss_amount)::numeric(18,2) AS loss_amount,
  avg(x.report_minutes)::float8 AS average_report_minutes,
  avg(x.resolution_minutes)::float8 AS average_resolution_minutes,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY x.resolution_minutes) AS p90_minutes
FROM sla.exception_facts AS x
GROUP BY x.month_start, x.category, x.department;

COMMENT ON VIEW sla.exception_statistics_monthly IS
'R-36 (clauses D24-05, D24-31), by month of reception. Grain: month, category (type of exception), department (branch). Number, loss, and elapsed minutes from when it happened (else was received) to the first report to supervisor or project lead, and from received to resolved; p90_minutes is of the latter.';

CREATE OR REPLACE VIEW sla.exception_statistics_weekly AS
SELECT
  x.week_start, x.category, x.department,
  count(*)::int AS ticket_count,
  sum(x.resolved_count)::int AS resolved_count,
  sum(x.loss_amount)::numeric(18,2) AS loss_amount,
  avg(x.report_minutes)::float8 AS average_report_minutes,
  avg(x.resolution_minutes)::float8 AS average_resolution_minutes,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY x.resolution_minutes) AS p90_minutes
FROM sla.exception_facts AS x
GROUP BY x.week_start, x.category, x.department;

COMMENT ON VIEW sla.exception_statistics_weekly IS
'R-36 (clauses D24-05, D24-31), by week of reception. Grain: week, category (type of exception), department (branch). As sla.exception_statistics_monthly.';


-- For managers: one is free text, the other names who a complaint is against.

CREATE OR REPLACE VIEW sla.complaint_register WITH (security_barrier) AS
SELECT
  f.ticket_id, f.policy, f.type, f.category, f.urgency, f.channel, f.tier, f.product, f.department, f.owner, f.assignee,
  t.acceptor::varchar(64) AS acceptor,
  t.against_employee::varchar(64) AS against_employee,
  f.status, f.cycle, f.received_at, f.received_on, f.month_start, f.promised_at, f.first_response_at,
  f.verification_outcome, f.root_cause, f.responsibility,
  f.resolved_at, e.result_notified_at, e.called_back_at, f.rating, f.closed_at, f.loss_amount,
  b.breach_count,
  f.is_open, f.open_count, f.is_reopened, f.reopened_count
FROM sla.ticket_facts AS f
JOIN sla.ticket AS t ON t.ticket_id = f.ticket_id
LEFT JOIN LATERAL (
  SELECT min(x.effective_at) FILTER (WHERE x.event = 'result_notified') AS result_notified_at,
         min(x.effective_at) FILTER (WHERE x.event = 'callback_done') AS called_back_at
  FROM sla.event AS x
  WHERE x.ticket_id = f.ticket_id AND x.event IN ('result_notified', 'callback_done')
) AS e ON true
LEFT JOIN LATERAL (
  SELECT count(*)::int AS breach_count
  FROM sla.breach AS x
  WHERE x.ticket_id = f.ticket_id AND x.voided_at IS NULL
) AS b ON true
WHERE f.is_complaint
  -- Managers read this view; where row security is on, it hides what sla.ticket hides.
  AND ((SELECT sla._sees_hidden()) OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = f.ticket_id));

COMMENT ON VIEW sla.complaint_register IS
'R-38 (clauses D24-27, D3-10), live. Grain: one complaint. The columns of the register; who complained and what they said is on the ticket. For access manager, since it names whom a complaint is against.';

CREATE OR REPLACE VIEW sla.report_circular WITH (security_barrier) AS
SELECT
  e.ticket_id, e.event_no, f.policy, f.type, f.category, f.department,
  e.actor::varchar(64) AS author,
  e.effective_at AS filed_at,
  (e.effective_at AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'))::date AS filed_on,
  date_trunc('month', e.effective_at AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'))::date AS month_start,
  f.root_cause,
  (e.details->>'lesson')::varchar(4000) AS lesson
FROM sla.event AS e
JOIN sla.ticket_facts AS f ON f.ticket_id = e.ticket_id
LEFT JOIN sla.policy AS p ON p.policy = f.policy AND p.version = f.policy_version
WHERE e.event = 'written_report_filed'
  -- Managers read this view; where row security is on, it hides what sla.ticket hides.
  AND ((SELECT sla._sees_hidden()) OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = e.ticket_id));

COMMENT ON VIEW sla.report_circular IS
'R-17 (clause D24-18), by month of filing. Grain: one written report (event written_report_filed): the cause found and the lesson, which its event gives in details, key lesson. The lesson is free text: for access manager, who decides what is circulated.';

CREATE INDEX IF NOT EXISTS event_written_report ON sla.event (effective_at) WHERE event = 'written_report_filed';

-- Words of these views; what is not here means the same as in report.sql.

DECLARE
  word record;
BEGIN
  FOR word IN
    SELECT a.attrelid::regclass AS view, a.attname AS name,
           coalesce(d.meaning, (SELECT col_description(o.attrelid, o.attnum)
                                FROM pg_attribute AS o
                                JOIN pg_class AS w ON w.oid = o.attrelid AND w.relkind = 'v'
                                WHERE w.relnamespace = 'sla'::regnamespace AND o.attname = a.attname AND o.attnum > 0
                                  AND w.relname IN ('ticket_facts', 'rating_facts', 'breach_list', 'scorecard_facts',
                                    'live_board', 'penalty_register', 'compliance_monthly', 'response_time_monthly',
                                    'resolution_time_monthly', 'dissatisfied_tickets', 'annual_summary', 'cost_dispatch_monthly',
                                    'breach_pareto')
                                ORDER BY w.relname LIMIT 1)) AS meaning
    FROM pg_class AS v
    JOIN pg_attribute AS a ON a.attrelid = v.oid AND a.attnum > 0
    LEFT JOIN (VALUES
      ('ticket_count', 'Number of tickets received.'),
      ('resolved_count', 'Of these (or 1 or 0): resolved in the last cycle.'),
      ('month_start', 'First day of the local month in which the row counts; which time decides is said at the view.'),
      ('quarter_start', 'First day of the local quarter in which the row counts.'),
      ('week_start', 'Monday of the local week in which the row counts; which time decides is said at the view.'),
      ('open_count', '1 if is_open, else 0; of several tickets how many are open.'),
      ('open_improvement_count', 'Of the improvement actions: not done.'),
      ('improvement_count', 'Number of improvement actions.'),
      ('previous_ticket_count', 'ticket_count of the month before.'),
      ('ticket_count_change', 'ticket_count less that of the month before.'),
      ('share', 'Share of the month''s tickets, 0 to 1.'),
      ('rank', 'Place within the month, most frequent first.'),
      ('oldest_received_at', 'When the oldest of them came in.'),
      ('oldest_days_open', 'Elapsed days since then.'),
      ('average_days_open', 'Mean of the elapsed days since they came in.'),
      ('oldest_ticket_id', 'The oldest of them.'),
      ('owned_count', 'Unresolved tickets that the employee owns.'),
      ('handled_count', 'Unresolved tickets that the employee handles: as assignee, or as owner where nobody is assigned.'),
      ('due_today_count', 'Promises that the employee answers for and that are due later on this local day.'),
      ('overdue_count', '1 if is_overdue, else 0; of an employee the promises that are overdue.'),
      ('section', 'breach, promise or action.'),
      ('employee', 'Who answers for it; of an improvement action the assignee, else the owner.'),
      ('done_at', 'When it was done; null: not yet.'),
      ('is_done', 'Whether it is done.'),
      ('done_count', '1 if is_done, else 0; of several how many are done.'),
      ('done_share', 'done_count / ticket_count, 0 to 1.'),
      ('parent_type', 'Type of the case that the action came from; null: from none.'),
      ('is_open', 'Whether it is still open; of an improvement action whether it is not done.'),
      ('is_overdue', 'Whether it is open and its date has passed, or was passed when it was done.'),
      ('is_verified', 'Whether there is a verdict on the action.'),
      ('verified_count', '1 if is_verified, else 0; of several how many have one.'),
      ('undecided_count', 'Of these: without a verdict.'),
      ('implemented_count', 'Of these: an improvement action that belongs to it is done.'),
      ('complete_count', 'Of these: type, urgency, channel, customer, description and owner are all given.'),
      ('complete_share', 'complete_count / ticket_count, 0 to 1.'),
      ('logged_count', 'Of these: there is any event in the log.'),
      ('logged_share', 'logged_count / ticket_count, 0 to 1.'),
      ('onsite_count', 'Of these: somebody has to go to the customer.'),
      ('reported_count', 'Of onsite_count: there is a service report.'),
      ('reported_share', 'reported_count / onsite_count, 0 to 1; null without any.'),
      ('rated_count', 'Of resolved_count: there is a rating.'),
      ('rated_share', 'rated_count / resolved_count, 0 to 1; null without any.'),
      ('missing', 'The fields that are not given, separated by commas.'),
      ('earlier_ticket_id', 'The last ticket before it with the same customer, asset and fault code.'),
      ('earlier_resolved_at', 'When that one was resolved.'),
      ('earlier_owner', 'Who owned that one.'),
      ('earlier_assignee', 'Who handled that one.'),
      ('days_between', 'Elapsed days from then until this one was received.'),
      ('is_recorded', 'Whether somebody has entered it as a repetition.'),
      ('recorded_count', '1 if is_recorded, else 0.'),
      ('repair_count', 'Number of repairs resolved.'),
      ('repeat_count', 'Of these: entered as a repetition of an earlier ticket.'),
      ('repeat_rate', 'repeat_count / repair_count, 0 to 1.'),
      ('recurrence_count', 'Of these: within 90 days after another of the same kind.'),
      ('recurrence_rate', 'recurrence_count / ticket_count, 0 to 1.'),
      ('fault_count', 'Number of faults reported.'),
      ('previous_fault_count', 'fault_count of the month before.'),
      ('fault_count_change', 'fault_count less that of the month before.'),
      ('visited_count', 'Of these: somebody went to the customer.'),
      ('first_visit_count', 'Of these: one visit was enough.'),
      ('first_visit_share', 'first_visit_count / visited_count, 0 to 1; null without a visit.'),
      ('part_count', 'Number of part_shipped events.'),
      ('parts_per_repair', 'part_count / repair_count.'),
      ('shipped_at', 'When a part was last shipped.'),
      ('days_under_way', 'Elapsed days since then.'),
      ('amount', 'Costs, in the company''s currency.'),
      ('met_count', 'Binding clocks met.'),
      ('breached_count', 'Binding clocks breached and not void.'),
      ('responsible_ticket_count', 'Of these: the carrier is held responsible.'),
      ('penalty_count', 'Contract penalties that were confirmed and hold.'),
      ('candidate_count', 'Contract penalties that wait for a decision.'),
      ('penalty_amount', 'Their amount, as confirmed, in the company''s currency.'),
      ('happened_at', 'When it happened; null: not known.'),
      ('report_minutes', 'Elapsed minutes from when it happened (else was received) to the first report to supervisor or project lead; null: not reported.'),
      ('average_report_minutes', 'Mean of report_minutes over those reported.'),
      ('acceptor', 'Who took the complaint in.'),
      ('against_employee', 'Employee the complaint is directed against; null: nobody.'),
      ('result_notified_at', 'When the customer was first told the result; null: not yet.'),
      ('called_back_at', 'When the customer was first called back; null: not yet.'),
      ('author', 'Who filed the report.'),
      ('filed_at', 'When it was filed.'),
      ('filed_on', 'Local date on which it was filed.'),
      ('lesson', 'What is to be learned, in the words of the author; null: not said.')
    ) AS d (name, meaning) ON d.name = a.attname
    WHERE v.relnamespace = 'sla'::regnamespace AND v.relkind = 'v'
      AND v.relname IN (
        'volume_monthly', 'volume_weekly', 'common_causes_monthly', 'complaint_rate_monthly', 'open_tickets_age',
        'workload', 'meeting_pack_weekly', 'meeting_pack_items', 'improvement_actions', 'improvement_monthly',
        'suggestions_monthly', 'unmet_demands', 'record_completeness_monthly', 'incomplete_records',
        'repeat_repairs', 'repeat_repair_monthly', 'recurrence_monthly', 'fault_statistics_monthly',
        'repair_efficiency_monthly', 'open_receipts', 'service_project_monthly', 'fairness_quarterly', 'carrier_monthly',
        'exception_facts', 'exception_statistics_monthly', 'exception_statistics_weekly',
        'complaint_register', 'report_circular')
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', word.view, word.name, word.meaning);
  END LOOP;
END;

--
-- health.sql
--		Everything an operator must know, one row per finding.
--
-- A wrong configuration never refuses a ticket (E-18); what was wrong is told here.
-- The view only reads, so it works on a standby, and it finds each kind of trouble on
-- a large table by an index that holds nothing while there is none.
--

CREATE FUNCTION sla._needed_schema_version() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT @SCHEMA_VERSION@ $$;

COMMENT ON FUNCTION sla._needed_schema_version() IS
'The version of the tables that this version of the extension works with.';

-- setup:

CREATE INDEX IF NOT EXISTS ticket_without_policy ON sla.ticket (received_at)
  WHERE policy_version IS NULL AND closed_at IS NULL;
CREATE INDEX IF NOT EXISTS breach_unanswered ON sla.breach (detected_at)
  WHERE responsible = '{}' AND voided_at IS NULL;
CREATE INDEX IF NOT EXISTS notification_dead ON sla.notification (created_at)
  WHERE status = 'dead';

CREATE OR REPLACE VIEW sla.health WITH (security_barrier) AS
WITH instant AS MATERIALIZED (
  SELECT n.as_of FROM sla.as_of AS n
), version AS MATERIALIZED (
  -- Versions that are in force, or will be; one that another is to follow is retired already.
  SELECT p.policy, p.version, p.calendar
  FROM sla.policy AS p, instant AS n
  WHERE p.status <> 'draft' AND coalesce(p.effective_to > n.as_of, true)
), finding AS MATERIALIZED (
  -- Managers read this view; where row security is on, it hides what was found on tickets that sla.ticket hides.
  SELECT f.code, f.object, f.message, f.ticket_id, f.found_at
  FROM sla.finding AS f
  WHERE f.ticket_id <= 0 OR (SELECT sla._sees_hidden())
     OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = f.ticket_id)
), problem AS (
  -- What triggers and the sweep came across, and what cannot be used in this moment.
  SELECT f.code, f.object, f.message, CASE WHEN f.ticket_id > 0 THEN f.ticket_id END AS ticket_id, f.found_at AS since
  FROM finding AS f
  WHERE f.code <> 'no_policy' -- counted below while the ticket is open
  UNION ALL
  SELECT p.code, p.object, p.message, NULL, NULL
  FROM sla._policy_problems() AS p
  WHERE NOT EXISTS (SELECT FROM finding AS f WHERE f.code = p.code AND f.object = p.object)
)

-- The tables and the extension
SELECT 'error' AS severity, 'schema_outdated' AS code, 'sla.schema_version'::text AS object,
       format('the tables are of version %s, the extension needs version %s',
              coalesce(s.version::text, 'unknown'), sla._needed_schema_version()) AS message,
       'Run SELECT sla.setup();' AS hint, NULL::bigint AS ticket_id, s.installed_at AS since,
       format('数据表版本为 %s,扩展需要版本 %s', coalesce(s.version::text, '未知'), sla._needed_schema_version()) AS message_zh
FROM (VALUES (true)) AS one_row
LEFT JOIN sla.schema_version AS s ON true
WHERE coalesce(s.version < sla._needed_schema_version(), true)

UNION ALL
-- The sweep
SELECT 'error', 'sweep_missing', 'sla.sweep_state',
       CASE WHEN s.last_run_at IS NULL THEN 'no sweep has ever run'
            ELSE format('the last sweep ran at %s, more than 5 minutes ago', s.last_run_at) END,
       'Misses are still told exactly, but nobody is warned and nothing is escalated. Run SELECT sla.schedule(); or call sla.sweep() every minute.',
       NULL, s.last_run_at,
       CASE WHEN s.last_run_at IS NULL THEN '巡检从未运行'
            ELSE format('上次巡检时间为 %s,已超过 5 分钟', s.last_run_at) END
FROM instant AS n
LEFT JOIN sla.sweep_state AS s ON true
WHERE coalesce(s.last_run_at < n.as_of - interval '5 minutes', true)

UNION ALL
-- Policies
SELECT 'warning', 'policy_missing', 'sla.policy',
       'no policy is published, so tickets are stored without deadlines',
       'Load a preset with sla.load_preset(), or publish a policy of your own with sla.publish_policy().',
       NULL, NULL,
       '没有已发布的制度,工单不会计算时限'
WHERE NOT EXISTS (SELECT FROM sla.policy AS p WHERE p.status <> 'draft')

UNION ALL
SELECT 'error', 'policy_ended', p.policy,
       format('no version of policy "%s" is in force any more', p.policy),
       'Tickets received since then have no deadlines. Publish a further version with sla.revise_policy() and sla.publish_policy().',
       NULL, max(p.effective_to),
       format('制度“%s”已无生效版本', p.policy)
FROM sla.policy AS p
WHERE p.status = 'published'
GROUP BY p.policy
HAVING NOT EXISTS (SELECT FROM version AS v WHERE v.policy = p.policy)

UNION ALL
SELECT 'warning', 'ticket_without_policy', 'sla.ticket',
       format('open tickets without a policy version, and therefore without deadlines: %s', count(*)),
       'They were received before the policy came into force, or no policy applies to them. See SELECT * FROM sla.ticket WHERE policy_version IS NULL AND closed_at IS NULL.',
       NULL, min(t.received_at),
       format('%s 张未关闭工单没有适用的制度版本,因而没有时限', count(*))
FROM sla.ticket AS t
WHERE t.policy_version IS NULL AND t.closed_at IS NULL
HAVING count(*) > 0

UNION ALL
-- Calendars
SELECT CASE WHEN c.known_until < n.today THEN 'error' ELSE 'warning' END, 'calendar_ends', c.calendar,
       format('the holidays of calendar "%s" are known until %s only', c.calendar, c.known_until),
       'Enter the next year in sla.calendar_day and move sla.calendar.known_until; until then only the weekly hours hold.',
       NULL, c.known_until::timestamp AT TIME ZONE c.time_zone,
       format('日历“%s”的节假日仅录入至 %s', c.calendar, c.known_until)
FROM sla.calendar AS c
CROSS JOIN LATERAL (SELECT (i.as_of AT TIME ZONE c.time_zone)::date AS today FROM instant AS i) AS n
WHERE c.known_until < n.today + 60
  AND (EXISTS (SELECT FROM version AS v WHERE v.calendar = c.calendar)
       OR EXISTS (SELECT FROM version AS v
                  JOIN sla.target AS t ON t.policy = v.policy AND t.version = v.version
                  WHERE t.calendar = c.calendar)
       OR EXISTS (SELECT FROM version AS v
                  JOIN sla.duty AS d ON d.policy = v.policy AND d.version = v.version
                  WHERE d.calendar = c.calendar AND d.shift <> 'none'))

UNION ALL
-- Parts of a policy that are not in use: no trouble, but somebody should know
SELECT 'notice', 'duty_not_active', format('%s/%s/duty %s', d.policy, d.version, d.duty),
       format('duty "%s" of policy "%s" opens nothing: it is not active%s', d.duty, d.policy,
              CASE WHEN num_nonnulls(d.every, d.source) = 0 THEN ' and has no source yet' ELSE '' END),
       format('UPDATE sla.duty SET active = true%s WHERE policy = %L AND version = %s AND duty = %L; or leave it, if it does not concern you.',
              CASE WHEN num_nonnulls(d.every, d.source) = 0 THEN ', source = ''schema.view''' ELSE '' END,
              d.policy, d.version, d.duty),
       NULL, NULL,
       format('制度“%s”的定期任务“%s”未启用,不会生成工单', d.policy, d.duty)
FROM version AS v
JOIN sla.duty AS d ON d.policy = v.policy AND d.version = v.version
WHERE NOT d.active

UNION ALL
SELECT 'notice', 'target_not_set', format('%s/%s/target %s', t.policy, t.version, t.target),
       format('target "%s" of policy "%s" is switched off: it has no duration, no interval and no date', t.target, t.policy),
       'Where the company has a number of its own, enter it in a new version: sla.revise_policy(), sla.publish_policy().',
       NULL, NULL,
       format('制度“%s”的时限“%s”未设定,不计时', t.policy, t.target)
FROM version AS v
JOIN sla.target AS t ON t.policy = v.policy AND t.version = v.version
WHERE num_nonnulls(t.duration, t.every, t.due_column) = 0

UNION ALL
-- People
SELECT 'warning', 'department_without_head', d.department,
       CASE WHEN d.head IS NULL THEN format('department "%s" has no head', d.department)
            ELSE format('the head of department "%s", "%s", is not an active employee', d.department, d.head) END,
       'Fill sla.department.head; where nobody handles a ticket, its head answers for it.',
       NULL, NULL,
       CASE WHEN d.head IS NULL THEN format('部门“%s”没有负责人', d.department)
            ELSE format('部门“%s”的负责人“%s”不是在职员工', d.department, d.head) END
FROM sla.department AS d
LEFT JOIN sla.employee AS e ON e.employee = d.head
WHERE NOT coalesce(e.active, false)

UNION ALL
-- The five roles that follow from the ticket need no entry in sla.employee.roles.
SELECT 'warning', 'role_unfilled', r.role,
       format('nobody has the role "%s", which policy "%s" relies on', r.role, string_agg(DISTINCT r.policy, '", "')),
       'Enter the role in sla.employee.roles of whoever holds it.',
       NULL, NULL,
       format('角色“%s”无人担任,而制度“%s”用到该角色', r.role, string_agg(DISTINCT r.policy, '”、“'))
FROM (
  SELECT v.policy, unnest(t.responsible_role || t.notify_roles || t.start_owed_by) AS role
  FROM version AS v
  JOIN sla.target AS t ON t.policy = v.policy AND t.version = v.version
  UNION
  SELECT v.policy, unnest(s.roles)
  FROM version AS v
  JOIN sla.escalation_step AS s ON s.policy = v.policy AND s.version = v.version
  UNION
  SELECT v.policy, unnest(d.roles)
  FROM version AS v
  JOIN sla.duty AS d ON d.policy = v.policy AND d.version = v.version
  WHERE d.active
  UNION
  SELECT v.policy, unnest(p.reopen_alert_roles)
  FROM version AS v
  JOIN sla.policy AS p ON p.policy = v.policy AND p.version = v.version AND p.reopen_alert_after IS NOT NULL
) AS r
WHERE r.role NOT IN ('agent', 'dept_handler', 'handler', 'dept_head', 'supervisor', 'customer')
  AND NOT EXISTS (SELECT FROM sla.employee AS e WHERE e.active AND r.role = ANY (e.roles))
GROUP BY r.role

UNION ALL
SELECT 'warning', 'breach_unanswered', array_to_string(b.responsible_role, ', '),
       format('breaches of the last 30 days that nobody answers for: %s, because nobody could be found for "%s"',
              count(*), array_to_string(b.responsible_role, ', ')),
       'Give tickets an owner, departments a head and employees a supervisor.',
       NULL, min(b.detected_at),
       format('近 30 天有 %s 次超时无责任人:无法确定角色“%s”', count(*), array_to_string(b.responsible_role, ', '))
FROM sla.breach AS b, instant AS n
WHERE b.responsible = '{}' AND b.voided_at IS NULL
  AND b.detected_at > n.as_of - interval '30 days'
GROUP BY b.responsible_role

UNION ALL
-- Notifications
SELECT 'error', 'notification_dead', o.medium,
       format('notifications by "%s" that could not be delivered and were given up: %s', o.medium, count(*)),
       'Put the channel right, then set status to pending and attempts to 0. The errors are in sla.notification.last_error.',
       NULL, min(o.created_at),
       format('%s 条经“%s”发送的通知无法送达,已放弃', count(*), o.medium)
FROM sla.notification AS o
WHERE o.status = 'dead'
GROUP BY o.medium

UNION ALL
-- Penalties (V-25): until the offence leaves the window, its number matters
SELECT 'warning', 'offence_overtaken', p.employee::text,
       format('offence %s of "%s" on ticket %s was counted after ticket %s, whose penalty is no longer effective',
              p.offence_no, p.employee, p.ticket_id, p.gone),
       'Numbers are never changed afterwards. Decide whether the step still stands; sla.waive_penalty() takes it back.',
       p.ticket_id, p.since,
       format('“%2$s”在工单 %3$s 上的第 %1$s 次违规计入了工单 %4$s,而后者的处罚已不再生效',
              p.offence_no, p.employee, p.ticket_id, p.gone)
FROM (
  SELECT p.ticket_id, p.employee, p.offence_no,
         string_agg(o.ticket_id::text, ', ' ORDER BY o.ticket_id) AS gone, max(o.reversed_at) AS since
  FROM instant AS n
  CROSS JOIN sla.penalty AS p
  JOIN sla.policy AS v ON v.policy = p.policy AND v.version = p.policy_version
  CROSS JOIN LATERAL unnest(p.counted_tickets) AS c(ticket_id)
  JOIN sla.penalty AS o ON o.ticket_id = c.ticket_id AND o.ladder = p.ladder AND o.employee = p.employee
  WHERE p.status IN ('effective', 'appealed') AND p.offence_no > 1
    AND p.first_due_at + v.offence_window > n.as_of
    AND o.ground = 'offence' AND o.status NOT IN ('effective', 'appealed')
    -- Row security shows it to whom it shows the penalty.
    AND ((SELECT sla._sees_hidden()) OR p.employee = ANY ((SELECT sla._my_people())::text[])
         OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = p.ticket_id))
  GROUP BY p.ticket_id, p.ladder, p.ground, p.employee, p.offence_no
) AS p

UNION ALL
SELECT 'notice', 'candidate_undecided', u.object,
       format('candidates that nobody has decided on for more than 30 days: %s', count(*)),
       'Confirm them or let them go: sla.confirm_penalty(), sla.waive_penalty(), sla.confirm_reward(), sla.reject_reward().',
       NULL, min(u.created_at),
       format('%s 项候选奖惩超过 30 天未作决定', count(*))
FROM instant AS n
CROSS JOIN LATERAL (
  SELECT 'sla.penalty' AS object, c.created_at FROM sla.penalty AS c
  WHERE c.status = 'candidate' AND c.created_at < n.as_of - interval '30 days'
  UNION ALL
  SELECT 'sla.reward', c.created_at FROM sla.reward AS c
  WHERE c.status = 'candidate' AND c.created_at < n.as_of - interval '30 days'
) AS u
GROUP BY u.object

UNION ALL
-- Figures to be compared with nothing
SELECT 'warning', 'kpi_without_baseline', k.subject,
       format('the target complaint_reduction of "%s" for %s has no baseline', k.subject, k.period),
       'Enter the number of complaints before in sla.kpi_target.baseline; until then nobody attains or misses it.',
       NULL, NULL,
       format('“%s”在 %s 的投诉下降目标没有基数', k.subject, k.period)
FROM sla.kpi_target AS k
WHERE k.kpi = 'complaint_reduction' AND coalesce(k.baseline, 0) <= 0

UNION ALL
-- Attached tables: a view or trigger of ours has gone, with its table or by hand
SELECT 'error', 'attachment_broken', a.attachment::text,
       format('table %s is attached as "%s", but %s', a.source, a.attachment,
              CASE WHEN v.oid IS NULL THEN 'the view of its rows is gone' ELSE 'triggers are missing, or do not fire' END),
       CASE WHEN v.oid IS NULL
            THEN 'Nothing is known any more of its rows. Attach the table again with sla.attach(), or, where it is gone, give it up with sla.detach_all(only_gone => true).'
            ELSE 'Not all is known any more of its rows. SELECT sla.setup() puts back what it can, ALTER TABLE ... ENABLE TRIGGER what somebody has disabled; else attach the table again with sla.attach(). Then catch up with sla.reconcile().' END,
       NULL, a.attached_at,
       format('表 %s 已接入为“%s”,但%s', a.source, a.attachment,
              CASE WHEN v.oid IS NULL THEN '其视图已不存在' ELSE '触发器缺失或不会触发' END)
FROM sla.attachment AS a
LEFT JOIN pg_class AS v ON v.oid = to_regclass('sla.attached_' || a.attachment)
CROSS JOIN LATERAL (
  -- Rows that leave a partition have a trigger more; partitions have triggers of their own.
  SELECT count(*) FILTER (WHERE t.tgparentid = 0) AS n, count(*) FILTER (WHERE t.tgparentid = 0 AND t.tgdeferrable) AS more,
         count(*) FILTER (WHERE t.tgenabled <> CASE a.fire WHEN 'replica' THEN 'R' WHEN 'always' THEN 'A' ELSE 'O' END) AS idle
  FROM pg_trigger AS t
  WHERE t.tgname LIKE 'sla\_' || replace(a.attachment, '_', '\_') || '\__\_%'
    AND split_part(encode(t.tgargs, 'escape'), '\000', 1) = a.attachment
) AS found
WHERE v.oid IS NULL
   OR found.n < 4 + found.more + jsonb_array_length(a.events)
   OR found.idle > 0

UNION ALL
-- Rules that could not be followed, on however many tickets
SELECT CASE WHEN f.code IN ('role_unresolved', 'penalty_without_party', 'duty_source_rows', 'archive_refused') THEN 'warning' ELSE 'error' END, f.code, f.object,
       min(f.message) || CASE WHEN count(f.ticket_id) > 1 THEN format(' (on %s tickets)', count(f.ticket_id)) ELSE '' END,
       CASE f.code
         WHEN 'role_unresolved' THEN 'Enter who holds the role: ticket owner, head of department, supervisor, or sla.employee.roles.'
         WHEN 'duty_source_unusable' THEN 'Put the view right, or name another in sla.duty.source; the sweep reads it again in the next minute, and then this goes away.'
         WHEN 'duty_source_rows' THEN 'Correct the view or its data; then this goes away.'
         WHEN 'duty_failed' THEN 'Correct what the message names: the calendar, or the row of the source; then this goes away.'
         WHEN 'penalty_without_party' THEN 'Enter whom it concerns (owner, against_employee, carrier or department of the ticket; head of the department), then sla.propose_penalty() or sla.assess().'
         WHEN 'assessment_failed' THEN 'Put right what the message says, and assess the period with sla.assess().'
         WHEN 'fold_failed' THEN 'Put right what the message says; the next sweep folds the month, then this goes away. Until then its figures are counted, which is slower.'
         WHEN 'attachment_failed' THEN 'Correct the rows, or the mapping with sla.attach(), then catch up with sla.reconcile().'
         WHEN 'attachment_broken' THEN 'Attach the table again with sla.attach(), or, where it is gone, give it up with sla.detach_all(only_gone => true).'
         WHEN 'archive_refused' THEN 'Record on the tickets what the message names; sla.archive() leaves them out meanwhile.'
         ELSE 'Put the rule right in a new version: sla.revise_policy(), sla.publish_policy().'
       END || CASE WHEN min(f.since) IS NULL OR f.code LIKE 'duty%' OR f.code = 'fold_failed' THEN ''
                   ELSE format(' Once read, DELETE FROM sla.finding WHERE code = %L AND object = %L;', f.code, f.object) END,
       CASE count(f.ticket_id) WHEN 1 THEN min(f.ticket_id) END, min(f.since),
       CASE f.code
         WHEN 'role_unresolved' THEN format('升级时角色“%s”无人担任', f.object)
         WHEN 'penalty_without_party' THEN format('规则“%s”应处罚或奖励的对象未填写', f.object)
         WHEN 'fold_failed' THEN format('月份“%s”的统计无法汇总:%s', f.object, min(f.message))
         WHEN 'attachment_failed' THEN format('接入的表“%s”有数据未能接收:%s', f.object, min(f.message))
         WHEN 'attachment_broken' THEN format('接入“%s”已失效:%s', f.object, min(f.message))
         WHEN 'assessment_failed' THEN format('“%s”考核失败:%s', f.object, min(f.message))
         WHEN 'archive_refused' THEN format('工单无法归档:%s', min(f.message))
         WHEN 'condition_failed' THEN format('条件“%s”无法计算,视为不成立:%s', f.object, min(f.message))
         WHEN 'target_unusable' THEN format('时限“%s”无法使用,不再计时:%s', f.object, min(f.message))
         WHEN 'classification_unusable' THEN format('分类规则“%s”无法使用:%s', f.object, min(f.message))
         WHEN 'duty_source_unusable' THEN format('定期任务“%s”的数据来源无法读取:%s', f.object, min(f.message))
         WHEN 'duty_source_rows' THEN format('定期任务“%s”的数据来源中有无法使用的行:%s', f.object, min(f.message))
         WHEN 'duty_failed' THEN format('定期任务“%s”无法处理:%s', f.object, min(f.message))
         WHEN 'deadline_impossible' THEN format('“%s”的截止时间无法计算:%s', f.object, min(f.message))
         ELSE min(f.message)
       END || CASE WHEN count(f.ticket_id) > 1 THEN format('(%s 张工单)', count(f.ticket_id)) ELSE '' END
FROM problem AS f
GROUP BY f.code, f.object;

COMMENT ON VIEW sla.health IS
'Everything an operator must know, one row per finding; nothing above notice means that all is well. Grain: one finding (code, object; for penalties also ticket_id). Whether pg_cron has a job is not visible from here: a sweep that does not come is. With row security on, what was found on a ticket, or on a penalty, is told to those who see it. Works on a read-only standby.';
COMMENT ON COLUMN sla.health.severity IS
'error: promises are not watched as they should be. warning: they will not be, or somebody is left out. notice: nothing is broken, but a part of a policy is not in use, or somebody should look.';
COMMENT ON COLUMN sla.health.code IS
'What kind of finding it is; stable, for alerts.';
COMMENT ON COLUMN sla.health.object IS
'What it is about: a table, policy, rule, calendar, department, role, employee or medium.';
COMMENT ON COLUMN sla.health.message IS
'What was found, in English.';
COMMENT ON COLUMN sla.health.hint IS
'What to do about it.';
COMMENT ON COLUMN sla.health.ticket_id IS
'The ticket it was found on; null where it concerns more than one.';
COMMENT ON COLUMN sla.health.since IS
'Since when; null where that is not known.';
COMMENT ON COLUMN sla.health.message_zh IS
'What was found, in Chinese where there is a translation.';

--
-- demo.sql
--		A trading company's after-sales desk, five days up to this minute.
--
-- Run by "make demo" as a superuser, in a new database with pg_cron, sla_ext and
-- sla.setup().  The past is replayed with SET sla.now through the interface that
-- applications use (INSERT INTO sla.ticket, sla.record, sla.rate); then the clock is
-- given back and pg_cron sweeps for real.
--
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
\pset null ''
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO, YMD';
\o /dev/null
SELECT setseed(0.2025);
\o
SELECT date_trunc('second', now()) AS base \gset

\echo
\echo '== 1. The company, and its regulation from a preset'

INSERT INTO sla.department (department, title, title_zh, head) VALUES
  ('service', 'After-sales service', '售后服务部', 'wang_fang'),
  ('technical', 'Technical department', '技术部', 'chen_jie'),
  ('logistics', 'Logistics department', '物流部', 'zhou_min'),
  ('quality', 'Quality department', '质量部', 'sun_tao');
INSERT INTO sla.employee (employee, name, department, supervisor, roles) VALUES
  ('wang_fang', '王芳', 'service', NULL, '{supervisor}'),
  ('li_na', '李娜', 'service', 'wang_fang', '{agent}'),
  ('zhang_wei', '张伟', 'service', 'wang_fang', '{agent}'),
  ('liu_yang', '刘洋', 'service', 'wang_fang', '{agent}'),
  ('chen_jie', '陈杰', 'technical', NULL, '{dept_head}'),
  ('zhao_lei', '赵磊', 'technical', 'chen_jie', '{dept_handler}'),
  ('wu_hao', '吴昊', 'technical', 'chen_jie', '{dept_handler}'),
  ('zhou_min', '周敏', 'logistics', NULL, '{dept_head}'),
  ('xu_jing', '徐静', 'logistics', 'zhou_min', '{dept_handler}'),
  ('sun_tao', '孙涛', 'quality', NULL, '{dept_head}'),
  ('ma_lin', '马琳', 'quality', 'sun_tao', '{dept_handler}'),
  ('he_hong', '何红', 'service', NULL, '{hr}'),
  ('gao_jun', '高军', 'service', NULL, '{management}');

SELECT sla.load_preset('trading_company') AS version \gset
SELECT policy AS preset, version, count(*) AS promises, count(*) FILTER (WHERE binding) AS binding
FROM sla.target WHERE policy = 'trading_company' GROUP BY 1, 2;

-- What customers wrote.  Type and urgency are left to the regulation's classification.
CREATE TEMPORARY TABLE story (story serial, flow text, department text, assignee text, language text, subject text, description text);
INSERT INTO story (flow, department, assignee, language, subject, description) VALUES
  ('answer', NULL, NULL, 'zh', '咨询保修期', '请问这款水泵的保修期是多久,如何登记?'),
  ('answer', NULL, NULL, 'zh', '发票怎么开', '咨询一下,增值税发票怎么申请?'),
  ('answer', NULL, NULL, 'zh', '使用方法', '请问控制面板如何设置中文界面?'),
  ('answer', NULL, NULL, 'en', 'Delivery date', 'How can I check the delivery date of my order?'),
  ('answer', NULL, NULL, 'en', 'Spare parts list', 'A question: how do I order the filter for model A200?'),
  ('normal', 'logistics', 'xu_jing', 'zh', '包装破损', '投诉:收到的箱子外包装破损,里面少了一个配件。'),
  ('normal', 'logistics', 'xu_jing', 'en', 'Wrong item', 'I want to complain: the parcel contained a wrong item.'),
  ('normal', 'quality', 'ma_lin', 'zh', '要求退款', '用了两周就生锈,非常不满,要求退款。'),
  ('normal', 'technical', 'zhao_lei', 'zh', '安装问题', '安装后噪音较大,麻烦派人看看。'),
  ('normal', 'technical', 'wu_hao', 'en', 'Noisy fan', 'The fan has become noisy after a month of use.'),
  ('normal', 'technical', 'zhao_lei', 'zh', '改进建议', '建议说明书增加接线图。'),
  ('important', 'technical', 'zhao_lei', 'zh', '设备无法使用', '昨天起设备无法使用,影响业务。'),
  ('important', 'technical', 'wu_hao', 'en', 'Production line down', 'Our production line down since this morning, please help.'),
  ('important', 'logistics', 'xu_jing', 'zh', '大额订单延误', '大额订单延误,门店无法营业。'),
  ('urgent', 'quality', 'ma_lin', 'zh', '设备冒烟', '机器运行时冒烟,车间已经断电!'),
  ('urgent', 'technical', 'wu_hao', 'en', 'Electric shock', 'A worker got an electric shock from the housing. Safety hazard!'),
  ('urgent', 'quality', 'ma_lin', 'zh', '发布会前故障', '明天发布会要用的样机出现严重质量问题。');

-- When: three hundred tickets over five days, and a few minutes' worth that fall due soon.
CREATE TEMPORARY TABLE plan AS
SELECT ticket.n, ticket.flow, text.department, text.assignee, text.language, text.subject, text.description,
       date_trunc('second', CASE WHEN n <= 300 THEN :'base'::timestamptz - interval '5 days' + (n - random()) * interval '23 minutes 50 seconds'
            ELSE :'base'::timestamptz - (CASE ticket.flow WHEN 'urgent' THEN interval '4 hours' ELSE interval '5 minutes' END)
                 + (n - 300) * interval '4 seconds' END) AS received_at,
       (ARRAY['li_na', 'zhang_wei', 'liu_yang'])[1 + n % 3] AS owner,
       (ARRAY['hotline', 'wechat', 'email', 'web'])[1 + (random() * 3.99)::int % 4] AS channel,
       random() AS pace,		-- how quick the people are on this ticket
       random() AS luck			-- what goes wrong, if anything
FROM (
  SELECT n, CASE WHEN n > 300 THEN (ARRAY['answer', 'urgent', 'normal'])[1 + n % 3]
                 WHEN r < 0.36 THEN 'answer' WHEN r < 0.74 THEN 'normal'
                 WHEN r < 0.90 THEN 'important' ELSE 'urgent' END AS flow,
         r
  FROM (SELECT n, random() AS r FROM generate_series(1, 312) AS n) AS draw
) AS ticket
CROSS JOIN LATERAL (
  SELECT s.* FROM story AS s WHERE s.flow = ticket.flow
  ORDER BY (s.story * 7 + ticket.n * 13) % 17 LIMIT 1
) AS text
ORDER BY n;

-- What the people did: minutes after reception, as the regulation asks, more or less.
CREATE TEMPORARY TABLE act AS
SELECT p.n, date_trunc('second', p.received_at + a.minutes * interval '1 minute') AS at, a.event, a.actor, a.details
FROM plan AS p
CROSS JOIN LATERAL (
  SELECT p.pace + 0.3 AS slow,
         CASE WHEN p.luck < 0.06 THEN 7 + 9 * p.pace ELSE 1 + 3.5 * p.pace END AS answered,
         CASE WHEN p.luck BETWEEN 0.06 AND 0.10 THEN 38 ELSE 8 + 16 * p.pace END AS assigned,
         CASE WHEN p.luck BETWEEN 0.10 AND 0.16 THEN 150 ELSE 30 + 70 * p.pace END AS planned,
         jsonb_build_object('set', jsonb_build_object('department', p.department, 'assignee', p.assignee)) AS to_department
) AS w
CROSS JOIN LATERAL (
  SELECT CASE p.flow
    WHEN 'answer' THEN w.answered + 2 + 3 * p.pace
    WHEN 'normal' THEN w.assigned + CASE WHEN p.luck BETWEEN 0.16 AND 0.20 THEN 1530 ELSE 180 + 900 * p.pace END
    WHEN 'important' THEN 300 + 700 * p.pace
    ELSE CASE WHEN p.luck BETWEEN 0.20 AND 0.40 THEN 300 ELSE 80 + 120 * p.pace END
  END AS resolved
) AS r
CROSS JOIN LATERAL (VALUES
  ('first_response', w.answered, p.owner, '{}'::jsonb, true),
  ('answered', r.resolved, p.owner, '{}', p.flow = 'answer'),
  ('assigned', w.assigned, p.owner, w.to_department, p.flow IN ('normal', 'important')),
  ('plan_proposed', w.assigned + w.planned, p.assignee, '{}', p.flow = 'normal'),
  ('reported_to_supervisor', CASE p.flow WHEN 'urgent' THEN 2 + 2 * p.pace ELSE 5 + 9 * p.pace END, p.owner, '{}',
   p.flow IN ('important', 'urgent')),
  ('emergency_meeting', 16 + 8 * p.pace, 'wang_fang', '{}', p.flow = 'important'),
  ('work_started', 40 + 150 * p.pace, p.assignee, '{}', p.flow = 'important'),
  ('assigned', 2.5 + p.pace, p.owner, w.to_department, p.flow = 'urgent'),
  ('dept_head_notified', CASE WHEN p.luck < 0.12 THEN 9 ELSE 3 + 1.5 * p.pace END, p.owner, '{}', p.flow = 'urgent'),
  ('dept_responded', 10 + 5 * p.pace, p.assignee, '{}', p.flow = 'urgent'),
  ('emergency_team_formed', 16 + 5 * p.pace, p.assignee, '{}', p.flow = 'urgent'),
  ('plan_proposed', 18 + 6 * p.pace, p.assignee, '{}', p.flow = 'urgent'),
  ('resolved', r.resolved, p.assignee, '{}', p.flow <> 'answer'),
  ('result_notified', r.resolved + 20 + 300 * p.pace, p.owner, '{}', p.flow <> 'answer'),
  ('rating', r.resolved + 400 + 500 * p.pace, 'customer', '{}', p.luck < 0.85),
  ('closed', r.resolved + 1500, p.owner, '{}', p.luck BETWEEN 0.3 AND 0.85)
) AS a (event, minutes, actor, details, happens)
WHERE a.happens
UNION ALL		-- progress reports: now and then one is forgotten
SELECT p.n, p.received_at + m * interval '1 minute',
       CASE p.flow WHEN 'urgent' THEN 'progress_to_customer' ELSE 'progress_to_supervisor' END,
       CASE p.flow WHEN 'urgent' THEN p.owner ELSE p.assignee END, '{}'
FROM plan AS p
CROSS JOIN LATERAL generate_series(
  CASE p.flow WHEN 'urgent' THEN 35 ELSE 200 END,
  CASE p.flow WHEN 'urgent' THEN 80 + (120 * p.pace)::int ELSE 300 + (700 * p.pace)::int END,
  CASE p.flow WHEN 'urgent' THEN 25 ELSE 105 END) AS m
WHERE p.flow IN ('important', 'urgent') AND (p.n * 31 + m) % 11 > 0;
-- An unsatisfied customer has the ticket reopened; the department does it again, and better.
INSERT INTO act
SELECT p.n, a.at + w.minutes * interval '1 minute', w.event, w.actor, '{}'
FROM plan AS p
JOIN act AS a ON a.n = p.n AND a.event = 'rating'
CROSS JOIN LATERAL (VALUES
  ('reported_to_supervisor', 4, p.owner), ('dept_head_notified', 4, p.owner), ('assigned', 12, p.owner),
  ('dept_responded', 15, p.assignee), ('emergency_meeting', 15, 'wang_fang'),
  ('emergency_team_formed', 20, p.assignee), ('plan_proposed', 25, p.assignee),
  ('work_started', 30, p.assignee), ('progress_to_customer', 40, p.owner),
  ('progress_to_customer', 65, p.owner), ('resolved', 90, p.assignee),
  ('result_notified', 100, p.owner), ('happy', 400, 'customer')
) AS w (event, minutes, actor)
WHERE p.luck < 0.07;
-- The last tickets wait for an answer, or for a solution: this is what pg_cron will find.
DELETE FROM act AS a USING plan AS p
WHERE p.n = a.n AND p.n > 300 AND (p.flow <> 'urgent' OR a.event IN ('resolved', 'result_notified', 'rating', 'closed'));

CREATE TEMPORARY TABLE played (n integer PRIMARY KEY, ticket_id bigint NOT NULL);

-- Plays one stretch of time, with a sweep at every full hour as pg_cron would have run it.
CREATE FUNCTION pg_temp.play(from_at timestamptz, to_at timestamptz, OUT tickets integer, OUT events integer)
LANGUAGE plpgsql AS $$
DECLARE
  step record;
  hour timestamptz := date_trunc('hour', from_at);
  ticket bigint;
BEGIN
  tickets := 0;
  events := 0;
  FOR step IN
    SELECT p.n, p.received_at AS at, NULL AS event, p.owner AS actor, NULL::jsonb AS details, p.channel,
           p.subject, p.description, p.language, 1 AS score
    FROM plan AS p WHERE p.received_at >= from_at AND p.received_at < to_at
    UNION ALL
    SELECT a.n, a.at, a.event, a.actor, a.details, NULL, NULL, NULL, NULL,
           CASE WHEN p.luck < 0.07 THEN 2 WHEN p.luck < 0.2 THEN 3 WHEN p.pace < 0.6 THEN 5 ELSE 4 END
    FROM act AS a JOIN plan AS p ON p.n = a.n WHERE a.at >= from_at AND a.at < to_at
    ORDER BY 2, 1, 3 NULLS FIRST
  LOOP
    WHILE step.at >= hour + interval '1 hour' LOOP
      hour := hour + interval '1 hour';
      PERFORM set_config('sla.now', hour::text, true);
      PERFORM sla.sweep();
    END LOOP;
    PERFORM set_config('sla.now', step.at::text, true);
    IF step.event IS NULL THEN
      INSERT INTO sla.ticket (channel, customer, subject, description, owner, received_at)
      VALUES (step.channel, format('customer %s', step.n), step.subject, step.description, step.actor, step.at)
      RETURNING ticket_id INTO ticket;
      INSERT INTO played VALUES (step.n, ticket);
      tickets := tickets + 1;
      CONTINUE;
    END IF;
    SELECT p.ticket_id INTO ticket FROM played AS p WHERE p.n = step.n;
    IF step.event = 'rating' THEN
      PERFORM sla.rate(ticket, step.score);
    ELSIF step.event = 'happy' THEN
      PERFORM sla.rate(ticket, 5);
    ELSE
      PERFORM sla.record(ticket, step.event, actor => step.actor, details => step.details);
    END IF;
    events := events + 1;
  END LOOP;
  PERFORM set_config('sla.now', to_at::text, true);
  PERFORM sla.sweep();
END
$$;

\echo
\echo '== 2. Five days of tickets and events, played through the public interface'
\set day 5
\ir play.sql

SELECT count(*) AS tickets, count(*) FILTER (WHERE urgency = 'normal') AS normal,
       count(*) FILTER (WHERE urgency = 'important') AS important,
       count(*) FILTER (WHERE urgency = 'urgent') AS urgent,
       (SELECT count(*) FROM sla.event) AS events, (SELECT count(*) FROM sla.clock) AS clocks,
       (SELECT count(*) FROM sla.breach) AS breaches
FROM sla.ticket;

\echo
\echo '== 3. The clock is real again; pg_cron sweeps every minute'
RESET sla.now;
SELECT clock_timestamp() AS scheduled_at, sla.schedule() AS job \gset
\echo 'SELECT sla.schedule();  -- job' :job
\set waited 0
\ir wait.sql

\echo
\echo '== 4. Found by pg_cron just now'
SELECT b.ticket_id AS ticket, b.milestone, t.urgency, t.subject, to_char(b.due_at, 'HH24:MI:SS') AS due,
       to_char(b.detected_at, 'HH24:MI:SS') AS found, array_to_string(b.responsible, ', ') AS responsible
FROM sla.breach AS b JOIN sla.ticket AS t ON t.ticket_id = b.ticket_id
WHERE b.detected_at >= :'scheduled_at' ORDER BY b.due_at LIMIT 12;

\echo '== 5. Who is overdue (sla.live_board)'
SELECT l.ticket_id AS ticket, l.milestone, l.urgency, l.basis, coalesce(e.name, l.employee) AS answers,
       to_char(l.due_at, 'MM-DD HH24:MI') AS due, (-l.minutes_left)::numeric(9,1) AS minutes_late
FROM sla.live_board AS l LEFT JOIN sla.employee AS e ON e.employee = l.employee
WHERE l.is_overdue ORDER BY l.priority_order, l.due_at LIMIT 12;

\echo '== 6. What was missed, by milestone (sla.breach_pareto)'
SELECT month_start AS month, rank, value AS milestone, breach_count AS breaches, binding_count AS binding, cumulative_share AS cumulative
FROM sla.breach_pareto WHERE dimension = 'milestone' ORDER BY 1 DESC, 2 LIMIT 10;

\echo '== 7. Who was told (sla.escalation_list)'
SELECT kind, level, roles, count(*) AS escalations, to_char(max(raised_at), 'MM-DD HH24:MI') AS latest
FROM sla.escalation_list GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

\echo '== 8. Proposed as penalty: candidates, for a person to judge (sla.penalty_register)'
SELECT coalesce(e.name, p.employee) AS employee, p.department, p.ladder, p.status, count(*) AS tickets, sum(p.breach_count) AS breaches
FROM sla.penalty_register AS p LEFT JOIN sla.employee AS e ON e.employee = p.employee
GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1 LIMIT 8;

\echo '== 9. One deadline explained'
SELECT b.ticket_id AS ticket, b.target
FROM sla.breach_list AS b WHERE b.target = 'resolve_urgent' AND NOT b.is_void
ORDER BY b.due_at DESC, b.ticket_id LIMIT 1 \gset
\pset tuples_only on
\pset format unaligned
SELECT sla.explain_text(:ticket, :'target');
\echo
SELECT sla.explain_text(:ticket, :'target', language => 'zh');
\pset format aligned
\pset tuples_only off

\echo
\echo '== 10. Compliance (sla.compliance_monthly, binding promises)'
SELECT month_start AS month, milestone, sum(met_count) AS met, sum(breached_count) AS breached,
       round(100.0 * sum(met_count) / (sum(met_count) + sum(breached_count)), 1) AS percent
FROM sla.compliance_monthly WHERE basis = 'binding'
GROUP BY 1, 2 ORDER BY 1 DESC, 5, 2;
SELECT employee, ticket_count AS tickets, on_time_rate, average_response_minutes::numeric(6,1) AS response_minutes,
       average_rating AS rating, breach_count AS breaches
FROM sla.employee_scorecard_monthly WHERE ticket_count > 0 ORDER BY month_start DESC, employee;

\echo
\echo '== 11. A ticket table of the company''s own, attached (sla.preview, sla.attach, sla.backfill)'
\ir attach.sql

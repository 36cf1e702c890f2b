--
-- explain.sql
--		Why a deadline is when it is, and who answers for it, in words.
--
-- sla.explain() says which policy and promise apply, walks from the clock's start to
-- its deadline through open, closed, holiday and paused time, and puts the events that
-- moved it in between.  What it counts adds up to what was promised.
--

CREATE FUNCTION sla._local_text(at timestamptz, time_zone text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT to_char(local, CASE
    WHEN extract(microseconds FROM local)::bigint % 1000000 <> 0 THEN 'YYYY-MM-DD HH24:MI:SS.US'
    WHEN extract(second FROM local) <> 0 THEN 'YYYY-MM-DD HH24:MI:SS'
    ELSE 'YYYY-MM-DD HH24:MI' END)
  FROM (SELECT at AT TIME ZONE time_zone AS local) AS l
$$;

COMMENT ON FUNCTION sla._local_text(timestamptz, text) IS
'An instant as people in a time zone write it; seconds only where there are any.';

CREATE FUNCTION sla._duration_text(duration interval, language text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(
    CASE WHEN p.us < 0 OR p.days < 0 THEN '-' ELSE '' END
    || nullif(concat_ws(CASE language WHEN 'zh' THEN '' ELSE ' ' END,
      CASE WHEN p.days <> 0 THEN abs(p.days)
        || CASE WHEN language = 'zh' THEN '个工作日'
                WHEN abs(p.days) = 1 THEN ' working day' ELSE ' working days' END END,
      CASE WHEN abs(p.us) >= 3600000000 THEN abs(p.us) / 3600000000
        || CASE language WHEN 'zh' THEN '小时' ELSE ' h' END END,
      CASE WHEN abs(p.us) % 3600000000 >= 60000000 THEN abs(p.us) % 3600000000 / 60000000
        || CASE language WHEN 'zh' THEN '分钟' ELSE ' min' END END,
      CASE WHEN abs(p.us) % 60000000 <> 0 THEN trim_scale((abs(p.us) % 60000000) / 1000000.0)
        || CASE language WHEN 'zh' THEN '秒' ELSE ' s' END END), ''),
    CASE language WHEN 'zh' THEN '0分钟' ELSE '0 min' END)
  FROM (SELECT extract(day FROM duration)::integer AS days,
               (extract(epoch FROM duration - make_interval(days => extract(day FROM duration)::integer))
                * 1000000)::bigint AS us) AS p
$$;

COMMENT ON FUNCTION sla._duration_text(interval, text) IS
'A duration in words: its days are working days, its time is open time. language is en or zh.';

CREATE FUNCTION sla._event_text(event text, event_no bigint, language text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT CASE language
    WHEN 'zh' THEN '「' || coalesce(t.zh, event) || '」' || CASE WHEN event_no > 0 THEN '(事件' || event_no || ')' ELSE '' END
    ELSE '"' || event || '"' || CASE WHEN event_no > 0 THEN ' (event ' || event_no || ')' ELSE '' END
  END
  FROM (SELECT) AS one
  LEFT JOIN (VALUES
    ('received', '受理'), ('reopened', '重新处理'), ('withdrawn', '撤回'), ('closed', '关闭'),
    ('closed_no_rating', '未评价关闭'), ('occurred', '发生'), ('registered', '登记'),
    ('classified', '分类'), ('accepted', '接收'), ('first_response', '首次响应'),
    ('answered', '答复'), ('auto_reply', '自动回复'), ('cannot_answer', '无法答复'),
    ('unsolvable', '无法解决'), ('assigned', '分配'), ('department_added', '增加部门'),
    ('reported_to_supervisor', '汇报主管'), ('reported_to_project_lead', '汇报项目负责人'),
    ('dept_head_notified', '通知部门负责人'), ('dept_responded', '部门响应'),
    ('emergency_meeting', '紧急会议'), ('emergency_team_formed', '成立应急处理小组'),
    ('coordination_meeting', '协调会'), ('verified', '核实'), ('cause_analysed', '原因分析'),
    ('plan_proposed', '提出方案'), ('plan_agreed', '客户同意方案'), ('plan_approved', '方案批准'),
    ('schedule_communicated', '告知进度安排'), ('fault_confirmed', '确认故障'),
    ('appointment_set', '预约'), ('promised', '承诺'), ('reply_agreed', '约定答复'),
    ('arrived_on_site', '到达现场'), ('work_started', '开始处理'),
    ('responsible_informed', '通知责任人'), ('progress_to_supervisor', '向主管汇报进度'),
    ('progress_to_customer', '向客户反馈进度'), ('follow_up', '跟进'), ('escalated', '升级'),
    ('expert_requested', '请求专家'), ('tech_review', '技术评审'), ('resolved', '处理完成'),
    ('result_to_cs', '结果告知客服'), ('result_notified', '反馈处理结果'),
    ('survey_requested', '发出满意度调查'), ('rating_recorded', '评价'),
    ('customer_confirmed', '客户确认'), ('callback_done', '回访'),
    ('service_report_filed', '提交服务报告'), ('written_report_filed', '提交书面报告'),
    ('complaint_verified', '投诉属实'), ('responsibility_confirmed', '责任确认'),
    ('penalty_decided', '奖罚决定'), ('archived', '归档'), ('waiting_customer', '等待客户'),
    ('waiting_ended', '等待结束'), ('changed', '信息变更'), ('owner_changed', '变更负责人'),
    ('report_filed', '提交报表'), ('meeting_held', '召开会议'), ('maintenance_done', '完成保养'),
    ('stocktake_done', '完成盘点'), ('visit_done', '完成走访'), ('document_filed', '提交文件'),
    ('rectified', '整改完成')
  ) AS t (event, zh) ON t.event = _event_text.event
$$;

COMMENT ON FUNCTION sla._event_text(text, bigint, text) IS
'An event as explanations name it: in Chinese by its usual name, otherwise by its own. language is en or zh.';

CREATE FUNCTION sla._explain_segments(
  start_at timestamptz, end_at timestamptz, days integer, calendar text, time_zone text,
  pauses tstzmultirange)
RETURNS TABLE (kind text, from_at timestamptz, to_at timestamptz, counted interval, name text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  span tstzrange := tstzrange(start_at, greatest(start_at, end_at));
  days_until timestamptz := start_at;	-- up to here days are counted, then time
  opened tstzmultirange;
BEGIN
  IF isempty(span) THEN
    RETURN;
  END IF;
  IF days > 0 THEN
    days_until := least(end_at,
      sla.add_business_time(start_at, make_interval(days => days), calendar));
  END IF;
  opened := coalesce((SELECT range_agg(tstzrange(p.opens_at, p.closes_at))
                      FROM sla.open_periods(start_at, end_at, calendar) AS p), '{}');
  RETURN QUERY
  WITH local_day AS (	-- the days of the span in local time, with their opening hours
    SELECT d.day::date AS day, w.whole, tstzmultirange(w.whole) * opened AS open,
           y.name, y.day IS NOT NULL AS is_special
    FROM generate_series(date_trunc('day', start_at AT TIME ZONE time_zone),
                         end_at AT TIME ZONE time_zone, '1 day') AS d (day)
    CROSS JOIN LATERAL (
      SELECT span * tstzrange(d.day AT TIME ZONE time_zone,
                              (d.day + interval '1 day') AT TIME ZONE time_zone) AS whole
    ) AS w
    LEFT JOIN LATERAL (
      SELECT y.day, y.name
      FROM sla.calendar_day AS y
      WHERE y.calendar = _explain_segments.calendar AND y.day = d.day::date
      LIMIT 1
    ) AS y ON true
    WHERE NOT isempty(w.whole)
  ), piece AS (
    SELECT CASE WHEN lower(l.whole) = start_at THEN 'start_day'
                WHEN NOT isempty(l.open) THEN 'working_day'
                WHEN l.is_special THEN 'holiday' ELSE 'closed' END AS kind,
           lower(l.whole) AS from_at, least(upper(l.whole), days_until) AS to_at,
           CASE WHEN l.is_special THEN l.name END AS name
    FROM local_day AS l
    WHERE lower(l.whole) < days_until
    UNION ALL
    SELECT k.kind, lower(r.r), upper(r.r), CASE WHEN k.kind <> 'closed' THEN k.name END
    FROM local_day AS l
    CROSS JOIN LATERAL (
      SELECT tstzmultirange(tstzrange(greatest(lower(l.whole), days_until), upper(l.whole))) AS rest
      WHERE upper(l.whole) > days_until
    ) AS t
    CROSS JOIN LATERAL (VALUES
      ('paused', t.rest * pauses, NULL),
      ('open', t.rest * l.open - pauses, NULL),
      (CASE WHEN isempty(l.open) AND l.is_special THEN 'holiday' ELSE 'closed' END,
       t.rest - l.open - pauses, l.name)
    ) AS k (kind, ranges, name)
    CROSS JOIN LATERAL unnest(k.ranges) AS r (r)
  ), island AS (	-- neighbours of a kind become one segment; working days stay apart
    SELECT p.kind, p.from_at, p.to_at, p.name,
           count(*) FILTER (WHERE p.is_first) OVER (ORDER BY p.from_at) AS no
    FROM (
      SELECT p.kind, p.from_at, p.to_at, p.name,
             p.kind = 'working_day'
             OR (lag(p.kind) OVER w, lag(p.name) OVER w, lag(p.to_at) OVER w)
                IS DISTINCT FROM (p.kind, p.name, p.from_at) AS is_first
      FROM piece AS p
      WINDOW w AS (ORDER BY p.from_at)
    ) AS p
  )
  SELECT min(i.kind), min(i.from_at), max(i.to_at),
         CASE min(i.kind) WHEN 'open' THEN make_interval(secs => extract(epoch FROM sum(i.to_at - i.from_at))::float8)
                          WHEN 'working_day' THEN interval '1 day'
                          ELSE interval '0' END,
         min(i.name)
  FROM island AS i
  GROUP BY i.no
  ORDER BY min(i.from_at);
END
$$;

COMMENT ON FUNCTION sla._explain_segments(timestamptz, timestamptz, integer, text, text, tstzmultirange) IS
'Cuts the way from a start to a deadline into start_day, working_day, open, closed, holiday and paused. The first "days" working days count whole, one row each; after them open time counts unless it is paused.';

CREATE FUNCTION sla._explain_clock(ticket_id bigint, target text, cycle integer, seq integer,
  OUT found_cycle integer, OUT found_seq integer)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known text;
BEGIN
  SELECT c.cycle, c.seq INTO found_cycle, found_seq
  FROM sla.clocks AS c
  WHERE c.ticket_id = _explain_clock.ticket_id AND c.target = _explain_clock.target
    AND c.cycle = coalesce(_explain_clock.cycle, c.cycle)
    AND c.seq = coalesce(_explain_clock.seq, c.seq)
  ORDER BY c.cycle DESC, c.seq DESC
  LIMIT 1;
  IF FOUND THEN
    RETURN;
  END IF;
  IF NOT EXISTS (SELECT FROM sla.ticket AS t WHERE t.ticket_id = _explain_clock.ticket_id) THEN
    RAISE no_data_found USING
      MESSAGE = format('ticket %s does not exist', coalesce(ticket_id::text, 'NULL'));
  END IF;
  SELECT string_agg(DISTINCT format('cycle %s seq %s', c.cycle, c.seq), ', ') INTO known
  FROM sla.clocks AS c
  WHERE c.ticket_id = _explain_clock.ticket_id AND c.target = _explain_clock.target;
  IF known IS NOT NULL THEN
    RAISE undefined_object USING
      MESSAGE = format('ticket %s has no such clock for target "%s"', ticket_id, target),
      HINT = format('It has: %s.', known);
  END IF;
  SELECT string_agg(DISTINCT c.target, ', ') INTO known
  FROM sla.clocks AS c
  WHERE c.ticket_id = _explain_clock.ticket_id;
  RAISE undefined_object USING
    MESSAGE = format('ticket %s has no clock for target "%s"', ticket_id, coalesce(target, 'NULL')),
    HINT = coalesce(format('Its targets are: %s.', known), 'It has no clocks at all; see sla.health.');
END
$$;

COMMENT ON FUNCTION sla._explain_clock(bigint, text, integer, integer) IS
'Finds the clock to explain: the one named, or the latest. Errors: P0002 for an unknown ticket, 42704 for a clock it does not have, with a hint naming those it has.';

CREATE FUNCTION sla.explain(ticket_id bigint, target text, cycle integer DEFAULT NULL, seq integer DEFAULT NULL)
RETURNS TABLE (step integer, kind text, from_at timestamptz, to_at timestamptz, counted interval,
               text_en text, text_zh text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  chosen record;
  ticket record;
  clock record;
  policy record;
  promise record;
  missed record;
  zone text;			-- of the calendar in which the clock counts
  home text;			-- of the policy: how instants are written
  length interval;		-- what was promised
  reason text;			-- the condition, without what only the parser needs
  days integer := 0;
  lapsed boolean := false;	-- whether it applied before and then did not
  pauses tstzmultirange;
  line record;
  total interval := '0';
  words_en text;
  words_zh text;
  gap interval;
BEGIN
  SELECT * INTO chosen FROM sla._explain_clock(explain.ticket_id, explain.target, explain.cycle, explain.seq);
  SELECT t.received_at, t.policy, t.policy_version INTO ticket
  FROM sla.ticket AS t WHERE t.ticket_id = explain.ticket_id;
  SELECT c.* INTO clock
  FROM sla.clocks AS c
  WHERE c.ticket_id = explain.ticket_id AND c.target = explain.target
    AND c.cycle = chosen.found_cycle AND c.seq = chosen.found_seq;
  SELECT p.* INTO policy
  FROM sla.policy AS p WHERE p.policy = clock.policy AND p.version = clock.policy_version;
  SELECT g.* INTO promise
  FROM sla.target AS g
  WHERE g.policy = clock.policy AND g.version = clock.policy_version AND g.target = clock.target;
  home := coalesce(policy.time_zone, 'Asia/Shanghai');
  zone := coalesce((SELECT c.time_zone FROM sla.calendar AS c WHERE c.calendar = clock.calendar), home);
  length := coalesce(promise.duration, promise.every);
  reason := regexp_replace(replace(promise.condition, '::text', ''), '^\(([^()]*)\)$', '\1');

  -- Why this version.
  step := 1;
  kind := 'policy';
  from_at := policy.effective_from;
  to_at := policy.effective_to;
  text_en := format('Policy "%s" version %s%s holds: it was in force when the ticket was received, %s.',
    clock.policy, clock.policy_version, coalesce(' (' || policy.title || ')', ''),
    sla._local_text(ticket.received_at, home));
  text_zh := format('适用「%s」第%s版:受理时(%s)有效。', coalesce(policy.title_zh, clock.policy),
    clock.policy_version, sla._local_text(ticket.received_at, home));
  RETURN NEXT;

  -- Why this promise, and how long it is.
  step := 2;
  kind := 'target';
  from_at := NULL;
  to_at := NULL;
  IF promise.due_column IS NOT NULL THEN
    words_en := format('the date in %s', promise.due_column);
    words_zh := format('以「%s」所填时间为准', promise.due_column);
  ELSE
    words_en := format('%s%s in calendar "%s"', CASE WHEN promise.every IS NOT NULL THEN 'every ' END,
      sla._duration_text(length, 'en'), clock.calendar);
    words_zh := format('%s%s(日历「%s」)', CASE WHEN promise.every IS NOT NULL THEN '每隔' ELSE '时限' END,
      sla._duration_text(length, 'zh'), clock.calendar);
  END IF;
  text_en := format('%s promise "%s"%s: %s. It applies %s.',
    CASE WHEN clock.binding THEN 'Binding' ELSE 'Advisory' END, clock.target,
    coalesce(' (' || concat_ws(', ', promise.title, 'clause ' || promise.clause) || ')', ''), words_en,
    coalesce('because ' || reason, 'to every ticket'));
  text_zh := format('%s「%s」%s:%s。%s。', CASE WHEN clock.binding THEN '约束性承诺' ELSE '参考性承诺' END,
    coalesce(promise.title_zh, clock.target), coalesce('(条款' || promise.clause || ')', ''), words_zh,
    coalesce('适用条件:' || reason, '适用于所有工单'));
  RETURN NEXT;

  -- The way to the deadline.  A promise in days that was paused is counted by its open time.
  SELECT range_agg(tstzrange(p.at, p.until)) INTO pauses
  FROM (
    SELECT t.action, t.at, lead(t.at) OVER (ORDER BY t.step) AS until
    FROM sla._trace(explain.ticket_id, explain.target) AS t
    WHERE t.cycle = clock.cycle
      AND (t.seq = clock.seq AND t.action IN ('pause', 'resume', 'start', 'stop', 'cancel')
           OR t.seq = clock.seq + 1 AND t.action = 'rearm')
  ) AS p
  WHERE p.action = 'pause' AND p.at < coalesce(p.until, 'infinity');
  pauses := coalesce(pauses, '{}');
  IF isempty(pauses) THEN
    days := coalesce(extract(day FROM length)::integer, 0);
  ELSIF extract(day FROM length) > 0 THEN
    length := sla.business_time_between(clock.started_at,
      sla.add_business_time(clock.started_at, length, clock.calendar), clock.calendar);
  END IF;
  FOR line IN
    SELECT w.kind, w.from_at, w.to_at, w.counted, w.name, w.event_no, w.due_at
    FROM (
      SELECT 1 AS class, row_number() OVER (ORDER BY s.from_at) AS place, s.kind, s.from_at, s.to_at,
             s.counted, s.name, -1::bigint AS event_no, NULL::timestamptz AS due_at
      FROM sla._explain_segments(clock.started_at, coalesce(clock.paused_at, clock.due_at), days,
                                 clock.calendar, zone, pauses) AS s
      WHERE promise.due_column IS NULL
      UNION ALL
      SELECT 2, 1, 'left', clock.paused_at, NULL,
             sla.business_time_between(clock.paused_at, clock.due_at, clock.calendar), NULL, -1, NULL
      WHERE clock.paused_at IS NOT NULL
      UNION ALL
      -- An interval begins with the miss or the report that ended the one before.
      SELECT CASE WHEN k.kind IN ('miss', 'stop', 'report') THEN 3 ELSE 0 END, t.step, k.kind, t.at,
             NULL, NULL, CASE t.event_no WHEN 0 THEN 'received' ELSE e.event END, t.event_no, t.due_at
      FROM sla._trace(explain.ticket_id, explain.target) AS t
      LEFT JOIN sla.event AS e ON e.ticket_id = explain.ticket_id AND e.event_no = t.event_no
      CROSS JOIN LATERAL (
        SELECT CASE
          WHEN t.action = 'start_provisional' AND t.at >= clock.started_at AND NOT clock.provisional THEN NULL
          WHEN t.seq = clock.seq THEN t.action
          WHEN t.seq = clock.seq - 1 AND t.action = 'miss' AND t.at = clock.started_at THEN 'follow'
          WHEN t.seq = clock.seq + 1 AND t.action = 'rearm' THEN 'report'
        END AS kind
      ) AS k
      WHERE t.cycle = clock.cycle AND k.kind IS NOT NULL
    ) AS w
    ORDER BY w.from_at, w.class, w.place
  LOOP
    step := step + 1;
    kind := line.kind;
    from_at := line.from_at;
    to_at := line.to_at;
    counted := line.counted;
    total := total + coalesce(line.counted, '0');
    words_en := sla._event_text(line.name, line.event_no, 'en');
    words_zh := sla._event_text(line.name, line.event_no, 'zh');
    CASE line.kind
      WHEN 'start_day' THEN
        text_en := 'The day of the start does not count.';
        text_zh := '起始当日不计入。';
      WHEN 'working_day' THEN
        text_en := format('Working day %s%s.', to_char(line.from_at AT TIME ZONE zone, 'YYYY-MM-DD'),
          coalesce(' (' || line.name || ')', ''));
        text_zh := format('工作日%s%s。', to_char(line.from_at AT TIME ZONE zone, 'YYYY-MM-DD'),
          coalesce('(' || line.name || ')', ''));
      WHEN 'open' THEN
        text_en := format('Open: %s count.', sla._duration_text(line.counted, 'en'));
        text_zh := format('工作时间:计%s。', sla._duration_text(line.counted, 'zh'));
      WHEN 'closed' THEN
        text_en := 'Closed: does not count.';
        text_zh := '非工作时间:不计。';
      WHEN 'holiday' THEN
        text_en := format('Holiday%s: does not count.', coalesce(' ' || line.name, ''));
        text_zh := format('节假日%s:不计。', coalesce('「' || line.name || '」', ''));
      WHEN 'paused' THEN
        text_en := 'Paused: does not count.';
        text_zh := '暂停计时:不计。';
      WHEN 'left' THEN
        text_en := format('%s are left for when the pause ends.', sla._duration_text(line.counted, 'en'));
        text_zh := format('暂停结束后尚余%s。', sla._duration_text(line.counted, 'zh'));
      WHEN 'start_provisional' THEN
        text_en := format('Provisional: %s is missing, so it counts from %s after "%s"; %s owes the start.',
          '"' || array_to_string(promise.starts_on, '", "') || '"',
          sla._duration_text(promise.fallback_after, 'en'), promise.fallback_on, promise.start_owed_by);
        text_zh := format('暂定起算:缺%s,自%s之后%s起算;应由「%s」负责启动。',
          (SELECT string_agg(sla._event_text(s, -1, 'zh'), '、') FROM unnest(promise.starts_on) AS s),
          sla._event_text(promise.fallback_on, -1, 'zh'),
          sla._duration_text(promise.fallback_after, 'zh'), promise.start_owed_by);
      WHEN 'start' THEN
        text_en := coalesce(words_en, 'This') || ' starts the clock.';
        text_zh := coalesce(words_zh || ':', '') || '开始计时。';
      WHEN 'rearm' THEN
        text_en := coalesce(words_en, 'A report') || ' begins this interval.';
        text_zh := coalesce(words_zh, '汇报') || ':本周期开始。';
      WHEN 'report' THEN
        text_en := coalesce(words_en, 'A report') || ' ends this interval; the next one begins.';
        text_zh := coalesce(words_zh, '汇报') || ':本周期完成,下一周期开始。';
      WHEN 'follow' THEN
        text_en := 'The interval before was missed; this one follows.';
        text_zh := '上一周期超时,本周期随即开始。';
      WHEN 'miss' THEN
        text_en := 'The deadline passes and the promise is not kept.';
        text_zh := '到期未兑现。';
      WHEN 'pause' THEN
        text_en := coalesce(words_en, 'The ticket''s waiting') || ' pauses the clock.';
        text_zh := coalesce(words_zh, '工单等待') || ':暂停计时。';
      WHEN 'resume' THEN
        text_en := format('%s resumes it; the deadline is now %s.', coalesce(words_en, 'The end of the pause'),
          sla._local_text(line.due_at, home));
        text_zh := format('%s:恢复计时,到期时间变为%s。', coalesce(words_zh, '暂停结束'),
          sla._local_text(line.due_at, home));
      WHEN 'move' THEN
        text_en := format('%s moves the deadline to %s.', coalesce(words_en, 'A change'),
          sla._local_text(line.due_at, home));
        text_zh := format('%s:到期时间变为%s。', coalesce(words_zh, '变更'), sla._local_text(line.due_at, home));
      WHEN 'part' THEN
        text_en := coalesce(words_en, 'This') || ' is one part of it.';
        text_zh := coalesce(words_zh, '') || ':完成其中一项。';
      WHEN 'stop' THEN
        text_en := coalesce(words_en, 'The end of the matter') || ' stops the clock.';
        text_zh := coalesce(words_zh, '处理结束') || ':停止计时。';
      WHEN 'cancel' THEN
        lapsed := true;
        text_en := coalesce(words_en, 'A change') || ' ends it: it no longer applies.';
        text_zh := coalesce(words_zh, '变更') || ':不再适用,计时取消。';
      WHEN 'revive' THEN
        text_en := coalesce(words_en, 'A change') || CASE WHEN lapsed THEN ' makes it apply again.' ELSE ' makes it apply.' END;
        text_zh := coalesce(words_zh, '变更') || CASE WHEN lapsed THEN ':重新适用。' ELSE ':开始适用。' END;
      ELSE
        text_en := coalesce(words_en || ': ', '') || line.kind || '.';
        text_zh := coalesce(words_zh || ':', '') || line.kind || '。';
    END CASE;
    RETURN NEXT;
  END LOOP;

  -- The deadline, and what was counted on the way.
  step := step + 1;
  kind := 'deadline';
  from_at := clock.due_at;
  to_at := NULL;
  counted := NULL;
  text_en := format('Deadline: %s', sla._local_text(clock.due_at, home));
  text_zh := format('到期时间:%s', sla._local_text(clock.due_at, home));
  IF promise.due_column IS NOT NULL THEN
    text_en := text_en || '.';
    text_zh := text_zh || '。';
  ELSIF clock.paused_at IS NOT NULL THEN
    text_en := format('Deadline before the pause: %s; if the pause ended now: %s.',
      sla._local_text(clock.due_at, home), sla._local_text(clock.projected_due_at, home));
    text_zh := format('暂停前到期时间:%s;若现在恢复:%s。',
      sla._local_text(clock.due_at, home), sla._local_text(clock.projected_due_at, home));
  ELSIF total = length THEN
    text_en := text_en || format('; %s count, as promised.', sla._duration_text(total, 'en'));
    text_zh := text_zh || format(',共计%s,与承诺一致。', sla._duration_text(total, 'zh'));
  ELSE
    text_en := text_en || format('; counted again today: %s where %s were promised. See sla.recalculate().',
      sla._duration_text(total, 'en'), sla._duration_text(length, 'en'));
    text_zh := text_zh || format(';按现行日历重算为%s,承诺为%s,见 sla.recalculate()。',
      sla._duration_text(total, 'zh'), sla._duration_text(length, 'zh'));
  END IF;
  RETURN NEXT;

  -- The verdict.
  step := step + 1;
  kind := 'verdict';
  from_at := coalesce(clock.stopped_at, clock.cancelled_at);
  gap := coalesce(clock.stopped_at, clock.cancelled_at, sla.now()) - clock.due_at;
  gap := make_interval(secs => extract(epoch FROM date_trunc('second', gap))::float8);
  IF clock.override IS NOT NULL THEN
    text_en := format('A person decided: %s.', clock.override);
    text_zh := format('人工裁定:%s。', CASE clock.override WHEN 'met' THEN '达标' ELSE '取消' END);
  ELSIF clock.state = 'met' THEN
    text_en := format('Met: done at %s, %s before the deadline.', sla._local_text(clock.stopped_at, home),
      sla._duration_text(-gap, 'en'));
    text_zh := format('达标:%s完成,提前%s。', sla._local_text(clock.stopped_at, home),
      sla._duration_text(-gap, 'zh'));
  ELSIF clock.state = 'breached' AND clock.stopped_at IS NOT NULL THEN
    text_en := format('Breached: done at %s, %s late.', sla._local_text(clock.stopped_at, home),
      sla._duration_text(gap, 'en'));
    text_zh := format('超时:%s才完成,迟%s。', sla._local_text(clock.stopped_at, home),
      sla._duration_text(gap, 'zh'));
  ELSIF clock.state = 'breached' AND clock.cancelled_at IS NOT NULL THEN
    text_en := format('Breached: not done when it ended at %s.', sla._local_text(clock.cancelled_at, home));
    text_zh := format('超时:至%s终止时仍未完成。', sla._local_text(clock.cancelled_at, home));
  ELSIF clock.state = 'breached' AND NOT clock.overdue THEN
    text_en := 'Breached: this interval passed without a report; the next one has begun.';
    text_zh := '超时:本周期未完成,已进入下一周期。';
  ELSIF clock.state = 'breached' THEN
    text_en := format('Breached: not done yet, %s late by now.', sla._duration_text(gap, 'en'));
    text_zh := format('超时:尚未完成,已迟%s。', sla._duration_text(gap, 'zh'));
  ELSIF clock.state = 'paused' THEN
    text_en := format('Paused since %s.', sla._local_text(clock.paused_at, home));
    text_zh := format('自%s起暂停计时。', sla._local_text(clock.paused_at, home));
  ELSIF clock.state = 'cancelled' THEN
    text_en := format('Cancelled at %s, before the deadline: not judged.', sla._local_text(clock.cancelled_at, home));
    text_zh := format('%s取消,未到期,不作评判。', sla._local_text(clock.cancelled_at, home));
  ELSE
    text_en := format('Running: %s left.', sla._duration_text(-gap, 'en'));
    text_zh := format('计时中:剩余%s。', sla._duration_text(-gap, 'zh'));
  END IF;
  RETURN NEXT;

  -- Who answers: the breaches of this clock, or else the role that would.
  kind := 'responsible';
  FOR missed IN
    SELECT b.kind, b.due_at, array_to_string(b.responsible, ', ') AS responsible,
           array_to_string(b.responsible_role, ', ') AS responsible_role,
           b.voided_at IS NOT NULL AS is_void, b.born_overdue AS is_born_overdue, b.attribution
    FROM sla.breach AS b
    WHERE b.ticket_id = explain.ticket_id AND b.target = explain.target
      AND b.cycle = clock.cycle AND b.seq = clock.seq
    ORDER BY b.due_at, b.kind
  LOOP
    step := step + 1;
    from_at := missed.due_at;
    text_en := format('%s (%s) answers for the breach (%s) of %s%s%s%s.',
      coalesce(nullif(missed.responsible, ''), 'Nobody'), missed.responsible_role, missed.kind,
      sla._local_text(missed.due_at, home), coalesce(', judged ' || missed.attribution, ''),
      CASE WHEN missed.is_born_overdue THEN ', which was overdue before it was known: no penalty follows' END,
      CASE WHEN missed.is_void THEN ', which is void' END);
    text_zh := format('%s(%s)对%s的超时(%s)负责%s%s%s。',
      coalesce(nullif(missed.responsible, ''), '无人'), missed.responsible_role,
      sla._local_text(missed.due_at, home), missed.kind, coalesce(',归因:' || missed.attribution, ''),
      CASE WHEN missed.is_born_overdue THEN ';登记时已过期,不产生处罚' END,
      CASE WHEN missed.is_void THEN ';已作废' END);
    RETURN NEXT;
  END LOOP;
  IF NOT FOUND THEN
    step := step + 1;
    from_at := NULL;
    IF clock.state IN ('running', 'paused', 'breached') AND promise.responsible_role <> '{}' THEN
      text_en := format('Whoever is %s when the deadline passes answers for it.',
        array_to_string(promise.responsible_role, ' or '));
      text_zh := format('到期时由「%s」负责。', array_to_string(promise.responsible_role, '」或「'));
    ELSE
      text_en := 'Nobody has anything to answer for.';
      text_zh := '无需追责。';
    END IF;
    RETURN NEXT;
  END IF;
END
$$;

COMMENT ON FUNCTION sla.explain(bigint, text, integer, integer) IS
'Why a clock''s deadline is when it is; without cycle and seq, the latest clock of the target. Rows in order: policy, target; then by time the segments (start_day, working_day, open, closed, holiday, paused, left) and the steps of the engine (start_provisional, start, follow, rearm, pause, resume, move, part, miss, stop, report, cancel, revive); then deadline, verdict, responsible. "counted" of the segments adds up to what was promised; working days count as days, and as their open time if the clock was paused. Errors: P0002 unknown ticket, 42704 no such clock.';

CREATE FUNCTION sla.explain_text(ticket_id bigint, target text, cycle integer DEFAULT NULL,
  seq integer DEFAULT NULL, language text DEFAULT 'en')
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  home text;
  lines text;
BEGIN
  IF language IS NULL OR language NOT IN ('en', 'zh') THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('unknown language "%s"', coalesce(language, 'NULL')),
      HINT = 'Use en or zh.';
  END IF;
  SELECT p.time_zone INTO home
  FROM sla.ticket AS t
  JOIN sla.policy AS p ON p.policy = t.policy AND p.version = t.policy_version
  WHERE t.ticket_id = explain_text.ticket_id;
  SELECT string_agg(
    format('%s. %s%s', lpad(x.step::text, 2),
      CASE WHEN x.kind IN ('policy', 'target', 'deadline', 'verdict', 'responsible') THEN ''
           ELSE sla._local_text(x.from_at, coalesce(home, 'Asia/Shanghai'))
                || coalesce(' - ' || sla._local_text(x.to_at, coalesce(home, 'Asia/Shanghai')), '') || '  ' END,
      CASE language WHEN 'zh' THEN x.text_zh ELSE x.text_en END),
    E'\n' ORDER BY x.step) INTO lines
  FROM sla.explain(explain_text.ticket_id, explain_text.target, explain_text.cycle, explain_text.seq) AS x;
  RETURN lines;
END
$$;

COMMENT ON FUNCTION sla.explain_text(bigint, text, integer, integer, text) IS
'The rows of sla.explain() as numbered lines to read, in English (en) or Chinese (zh). Errors: as sla.explain(), and 22023 for another language.';

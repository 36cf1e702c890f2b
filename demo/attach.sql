-- The CRM's own ticket table, which knows nothing of us, under the same regulation.
CREATE SCHEMA crm;
CREATE TABLE crm.ticket (
  no text PRIMARY KEY, title text, content text, priority text, agent text, customer text, status text NOT NULL DEFAULT '待处理',
  created_at timestamp NOT NULL, first_reply_at timestamp, finished_at timestamp);
INSERT INTO crm.ticket
SELECT v.no, v.title, v.content, v.priority, v.agent, v.customer, v.status, c.created_at,
       c.created_at + v.answered * interval '1 minute', c.created_at + v.finished * interval '1 minute'
FROM (VALUES
  ('CRM-0412', '到货短少', '投诉:收到的货比订单少两箱。', '普通', 'li_na', '杭州明达', '已完成', 12960, 3, 1270),
  ('CRM-0413', '水泵漏水', '水泵漏水,车间停产。', '紧急', 'zhang_wei', '苏州恒力', '已完成', 8640, 2, 310),
  ('CRM-0414', '控制器黑屏', '控制器黑屏,影响发货。', '高', 'liu_yang', '宁波远航', '已完成', 5760, 9, 900),
  ('CRM-0415', '阀门异响', '阀门开启时有异响,请安排检查。', '普通', 'li_na', '温州正泰', '处理中', 600, 4, NULL)
) AS v (no, title, content, priority, agent, customer, status, ago, answered, finished)
CROSS JOIN LATERAL (
  SELECT (date_trunc('second', :'base'::timestamptz) AT TIME ZONE 'Asia/Shanghai') - v.ago * interval '1 minute' AS created_at
) AS c;
SELECT no, title, priority, status, to_char(created_at, 'MM-DD HH24:MI') AS created, to_char(first_reply_at, 'MM-DD HH24:MI') AS first_reply,
       to_char(finished_at, 'MM-DD HH24:MI') AS finished FROM crm.ticket ORDER BY no;

\echo '   SELECT * FROM sla.preview(''crm.ticket'', time_zone => ''Asia/Shanghai''): guessed, and nothing written'
SELECT jsonb_pretty(sla.suggest_mapping('crm.ticket') -> 'columns' -> 'urgency' -> 'map') AS "priority is urgency";
SELECT source_key AS no, urgency, target, title_zh AS promise, to_char(due_at, 'MM-DD HH24:MI') AS due
FROM sla.preview('crm.ticket', time_zone => 'Asia/Shanghai', max_rows => 2) ORDER BY 1, due_at;

\echo '   SELECT sla.attach(''crm.ticket'', time_zone => ''Asia/Shanghai'');  CALL sla.backfill(''crm.ticket'');'
SELECT count(*) AS "views and triggers made, and their comments" FROM sla.attach('crm.ticket', time_zone => 'Asia/Shanghai');
CALL sla.backfill('crm.ticket');

\echo '   The application goes on: two new rows, and one of them answered'
INSERT INTO crm.ticket (no, title, content, priority, agent, customer, created_at)
VALUES ('CRM-0416', '电机过热', '投诉:电机运行一小时后过热停机。', '普通', 'zhang_wei', '嘉兴新源', (now() - interval '4 minutes') AT TIME ZONE 'Asia/Shanghai'),
       ('CRM-0417', '配件发错', '投诉:发来的密封圈型号不对。', '普通', 'liu_yang', '绍兴华纺', (now() - interval '7 minutes') AT TIME ZONE 'Asia/Shanghai');
UPDATE crm.ticket SET status = '处理中', first_reply_at = now() AT TIME ZONE 'Asia/Shanghai' WHERE no = 'CRM-0416';
SELECT r.source_key AS no, t.urgency, t.status, c.milestone, to_char(c.due_at, 'MM-DD HH24:MI') AS due,
       to_char(c.stopped_at, 'MM-DD HH24:MI') AS done, c.state
FROM sla.attached_row AS r JOIN sla.ticket AS t USING (ticket_id) JOIN sla.clocks AS c USING (ticket_id)
WHERE r.attachment = 'ticket' AND c.milestone IN ('first_response', 'resolve') ORDER BY r.source_key, c.due_at;

--
-- tour.sql
--		The tour of README.md and README.zh-CN.md, statement by statement.
--
--		test/t/008_documents.pl compares: what the documents show in their tour must
--		be what is here, and the output they show must be in expected/tour.out.
--

CREATE DATABASE sla_tour;
\c sla_tour
CREATE EXTENSION sla_ext;
SELECT sla.setup();
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';

SELECT sla.load_preset('trading_company');
SELECT target, coalesce(duration, every) AS within, every IS NOT NULL AS repeats,
       responsible_role AS answers
FROM sla.target
WHERE policy = 'trading_company' AND binding
ORDER BY within, target;

INSERT INTO sla.department (department, title, head) VALUES
  ('service', 'After-sales service', 'wang_fang'),
  ('logistics', 'Logistics', 'zhou_min');
INSERT INTO sla.employee (employee, name, department, supervisor) VALUES
  ('wang_fang', '王芳', 'service', NULL),
  ('li_na', '李娜', 'service', 'wang_fang'),
  ('zhou_min', '周敏', 'logistics', NULL),
  ('xu_jing', '徐静', 'logistics', 'zhou_min');

SET sla.now = '2025-10-13 09:00+08';

INSERT INTO sla.ticket (channel, customer, subject, description, owner)
VALUES ('hotline', 'C-1001', 'Damaged parcel', '投诉:箱子破损,少了一个配件', 'li_na')
RETURNING ticket_id AS parcel \gset
SELECT type, urgency, policy, policy_version, classified_by
FROM sla.ticket WHERE ticket_id = :parcel;

SELECT target, due_at, state, remaining
FROM sla.clocks WHERE ticket_id = :parcel ORDER BY due_at;

SET sla.now = '2025-10-13 09:03+08';
SELECT sla.record(:parcel, 'first_response', actor => 'li_na');
SET sla.now = '2025-10-13 09:15+08';
SELECT sla.record(:parcel, 'assigned', actor => 'li_na',
  details => '{"set": {"department": "logistics", "assignee": "xu_jing"}}');

SELECT target, due_at, stopped_at, state
FROM sla.clocks WHERE ticket_id = :parcel ORDER BY due_at;

SET sla.now = '2025-10-13 10:00+08';
INSERT INTO sla.ticket (channel, customer, subject, description, owner)
VALUES ('wechat', 'C-1002', 'Invoice', '请问增值税发票怎么开?', 'li_na')
RETURNING ticket_id AS invoice \gset
SET sla.now = '2025-10-13 10:07+08';
SELECT target, due_at, state, overdue, remaining
FROM sla.clocks WHERE ticket_id = :invoice ORDER BY due_at;

SELECT * FROM sla.sweep();

SELECT kind, target, due_at, detected_at, responsible
FROM sla.breach WHERE ticket_id = :invoice;
SELECT kind, level, roles, recipients, raised_at
FROM sla.escalation_list WHERE ticket_id = :invoice;
SELECT recipient, medium, kind, target, due_at FROM sla.claim_notifications();

SELECT ladder, employee, status, breach_count, action
FROM sla.penalty_register WHERE ticket_id = :invoice;

SET sla.now = '2025-10-13 10:08+08';
SELECT sla.record(:invoice, 'answered', actor => 'li_na');
SELECT event_no, event, implied_by FROM sla.event WHERE ticket_id = :invoice ORDER BY event_no;

SET sla.now = '2025-10-13 10:30+08';
SELECT sla.attribute_breach(ticket_id, target, cycle, due_at, kind,
  'personal', 'wang_fang', 'no other customer was waiting')
FROM sla.breach WHERE ticket_id = :invoice;

SELECT sla.confirm_penalty(:invoice, 'L1', 'li_na', 'wang_fang', 'first time this year') AS offence;
SELECT status, offence_no, action, document, document_due_at
FROM sla.penalty_register WHERE ticket_id = :invoice;

SELECT step, text_en FROM sla.explain(:invoice, 'first_response');
SELECT step, text_zh FROM sla.explain(:parcel, 'preliminary_solution');

SELECT milestone, sum(met_count) AS met, sum(breached_count) AS breached
FROM sla.compliance_monthly
WHERE month_start = '2025-10-01' AND basis = 'binding'
GROUP BY milestone ORDER BY milestone;

SELECT severity, code, message FROM sla.health;

\c postgres
DROP DATABASE sla_tour;

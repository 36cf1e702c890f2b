--
-- From a breach to an offence: candidates, confirmation, attribution, voiding.
--
-- All in one transaction that is rolled back; an error undoes its own statement only.
--
\set VERBOSITY terse
\set ON_ERROR_ROLLBACK on
BEGIN;
SET LOCAL TimeZone = 'Asia/Shanghai';
SET LOCAL DateStyle = 'ISO';
SET LOCAL sla.now = '2026-06-01 09:00:00+08';
DELETE FROM sla.employee;
DELETE FROM sla.department;

-- Ladder L1: a warning and a written self-review, then points by severity (D1-61, D1-62).
INSERT INTO sla.policy (policy, version) VALUES ('ladders', 1);
INSERT INTO sla.penalty_rule
  (policy, version, ladder, step, trigger, nth_from, nth_to, severity, action, points, duty, duty_due, approver_roles)
VALUES
  ('ladders', 1, 'L1', '1', 'offence', 1, 1, NULL, 'warning', NULL, 'self_review', '3 days', '{supervisor}'),
  ('ladders', 1, 'L1', '2 normal', 'offence', 2, NULL, 'normal', 'score_deduction', 2, NULL, NULL, '{supervisor,hr}'),
  ('ladders', 1, 'L1', '2 important', 'offence', 2, NULL, 'important', 'score_deduction', 5, NULL, NULL, '{supervisor,hr}'),
  ('ladders', 1, 'L1', '2 urgent', 'offence', 2, NULL, 'urgent', 'score_deduction', 10, NULL, NULL, '{supervisor,hr}'),
  ('ladders', 1, 'L1', '3', 'manual', NULL, NULL, NULL, 'dismissal_review', NULL, NULL, NULL, '{hr,management}');

INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, stops_on, duration, responsible_role)
VALUES ('ladders', 1, 'none', 'none', 'false', '{received}', '{resolved}', '01:00', '{agent}');
SELECT sla.publish_policy('ladders', 1, '-infinity');
-- Some steps are changed below, which nobody could outside of a test.
ALTER TABLE sla.penalty_rule DISABLE TRIGGER guard_published;

-- Documents are due in working days.
SELECT sla.load_calendar('cn_workday') > 0 AS loaded;

-- miss() makes a ticket and one missed promise on it.
CREATE FUNCTION pg_temp.ticket(id bigint, urgency text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO sla.ticket (ticket_id, urgency, received_at, created_at)
  OVERRIDING SYSTEM VALUE VALUES (id, urgency, '2024-12-01', '2024-12-01')
  ON CONFLICT DO NOTHING
$$;
CREATE FUNCTION pg_temp.miss(
  id bigint, due timestamptz, who text[], target text DEFAULT 'first_response', urgency text DEFAULT 'normal',
  binding boolean DEFAULT true, ladder text DEFAULT 'L1', born_overdue boolean DEFAULT false
) RETURNS void LANGUAGE sql AS $$
  SELECT pg_temp.ticket(id, urgency);
  INSERT INTO sla.breach (ticket_id, target, cycle, due_at, kind, seq, policy, policy_version, milestone, binding,
                          ladder, born_overdue, detected_at, responsible_role, responsible)
  VALUES (id, target, 1, due, 'late', 1, 'ladders', 1, target, binding, ladder, born_overdue, due, '{agent}', who);
$$;
CREATE VIEW pg_temp.verdicts AS
SELECT ticket_id - 990000 AS ticket, employee, status, breach_count AS misses, offence_no AS no, step, action, points
FROM sla.penalty
WHERE ticket_id > 990000;

-- What makes a candidate (K-1): binding, a ladder, not born overdue, somebody responsible.
SELECT pg_temp.miss(990001, '2025-03-01 10:00', '{chen}'),
       pg_temp.miss(990001, '2025-03-01 12:00', '{chen,chen,wu}', 'resolve'),
       pg_temp.miss(990002, '2025-03-01 10:00', '{chen}', binding => false),
       pg_temp.miss(990003, '2025-03-01 10:00', '{chen}', ladder => NULL),
       pg_temp.miss(990004, '2025-03-01 10:00', '{chen}', born_overdue => true),
       pg_temp.miss(990005, '2025-03-01 10:00', '{}') \g /dev/null
SELECT sla.refresh_penalties(ARRAY[990001, 990002, 990003, 990004, 990005]) AS written;
SELECT sla.refresh_penalties(ARRAY[990001, 990002, 990003, 990004, 990005]) AS written_again;
SELECT * FROM pg_temp.verdicts ORDER BY 1, 2;
SELECT ticket_id, employee, first_due_at, created_at FROM sla.penalty WHERE ticket_id > 990000 ORDER BY 1, 2;
SELECT sla.refresh_penalties('{}') AS none, sla.refresh_penalties(NULL) AS null_is_none;

-- A first offence: the step, the document and its deadline in working days.
SELECT sla.confirm_penalty(990001, 'L1', 'chen', 'zhao', 'no reply for a day') AS offence;
SELECT * FROM pg_temp.verdicts ORDER BY 1, 2;
SELECT document, document_due_at, decided_by, decided_at, reason, counted_tickets
FROM sla.penalty WHERE ticket_id = 990001 AND employee = 'chen';

-- Decided once.
SELECT sla.confirm_penalty(990001, 'L1', 'chen', 'zhao');
-- A later miss on the same ticket belongs to the same offence, and changes nothing of the decision.
SELECT pg_temp.miss(990001, '2025-02-01 12:00', '{chen,wu}', 'plan') \g /dev/null
SELECT sla.refresh_penalties('{990001}') AS written;
SELECT * FROM pg_temp.verdicts ORDER BY 1, 2;

-- Who may decide.
SELECT sla.confirm_penalty(990001, 'L1', 'wu', 'wu');
SELECT sla.waive_penalty(990001, 'L1', 'wu', 'wu', 'it was nothing');
INSERT INTO sla.department (department, head) VALUES ('repair', 'he');
INSERT INTO sla.employee (employee, department, supervisor, roles, active) VALUES
  ('wu', 'repair', 'zhao', '{agent}', true),
  ('qian', 'repair', NULL, '{agent}', true),
  ('sun', NULL, NULL, '{supervisor}', true),
  ('old', NULL, NULL, '{supervisor}', false);
SELECT sla.confirm_penalty(990001, 'L1', 'wu', 'qian');
SELECT sla.confirm_penalty(990001, 'L1', 'wu', 'old');
SAVEPOINT undecided;
SELECT sla.confirm_penalty(990001, 'L1', 'wu', 'zhao') AS by_his_supervisor;
ROLLBACK TO undecided;
SELECT sla.confirm_penalty(990001, 'L1', 'wu', 'sun') AS by_a_supervisor;
ROLLBACK TO undecided;
-- The head of the department, where the step asks for him.
UPDATE sla.penalty_rule SET approver_roles = '{dept_head}' WHERE policy = 'ladders' AND step = '1';
SELECT sla.confirm_penalty(990001, 'L1', 'wu', 'sun');
SELECT sla.confirm_penalty(990001, 'L1', 'wu', 'he') AS by_the_head;
ROLLBACK TO undecided;
-- Nobody in an approving role is known: the company keeps its people elsewhere.
UPDATE sla.penalty_rule SET approver_roles = '{president}' WHERE policy = 'ladders' AND step = '1';
SELECT sla.confirm_penalty(990001, 'L1', 'wu', 'boss') AS unchecked;
ROLLBACK TO undecided;
-- Who has left decides nothing, be he still the supervisor, or nobody known to hold the role.
UPDATE sla.employee SET active = false WHERE employee = 'sun';
INSERT INTO sla.employee (employee, active) VALUES ('zhao', false);
SELECT sla.confirm_penalty(990001, 'L1', 'wu', 'zhao');
UPDATE sla.penalty_rule SET approver_roles = '{president}' WHERE policy = 'ladders' AND step = '1';
SELECT sla.confirm_penalty(990001, 'L1', 'wu', 'zhao');
ROLLBACK TO undecided;
-- A department without a head does not make everybody an approver of a carrier's penalty.
INSERT INTO sla.department (department) VALUES ('headless');
UPDATE sla.ticket SET department = 'headless' WHERE ticket_id = 990001;
UPDATE sla.penalty_rule SET approver_roles = '{supervisor,dept_head}' WHERE policy = 'ladders' AND step = '3';
SELECT sla.propose_penalty(990001, 'L1', '3', 'Fast Freight', 'zhao', 'by contract');
UPDATE sla.penalty SET subject = 'carrier' WHERE ticket_id = 990001 AND employee = 'Fast Freight';
SELECT sla.confirm_penalty(990001, 'L1', 'Fast Freight', 'passer-by');
SELECT sla.confirm_penalty(990001, 'L1', 'Fast Freight', 'sun') IS NULL AS by_a_supervisor;
ROLLBACK TO undecided;
DELETE FROM sla.employee;
DELETE FROM sla.department;

-- V-25: the offence window is open at both ends, to the microsecond.
SELECT pg_temp.miss(990010, '2025-01-10 12:00:00', '{a}'),
       pg_temp.miss(990011, '2026-01-10 11:59:59', '{a}'),
       pg_temp.miss(990020, '2025-01-10 12:00:00', '{b}'),
       pg_temp.miss(990021, '2026-01-10 12:00:00', '{b}'),
       pg_temp.miss(990022, '2026-01-10 11:59:59.999999', '{b}') \g /dev/null
SELECT sla.refresh_penalties(ARRAY[990010, 990011, 990020, 990021, 990022]) AS written;
SELECT sla.confirm_penalty(990010, 'L1', 'a', 'zhao') AS a_first,
       sla.confirm_penalty(990011, 'L1', 'a', 'zhao') AS a_second;
SELECT sla.confirm_penalty(990020, 'L1', 'b', 'zhao') AS b_first;
SAVEPOINT a_year_later;
SELECT sla.confirm_penalty(990021, 'L1', 'b', 'zhao') AS b_first_again;
ROLLBACK TO a_year_later;
SELECT sla.confirm_penalty(990022, 'L1', 'b', 'zhao') AS b_second;

-- V-25: confirmed in the other order, counted on either side, and not renumbered.
SELECT pg_temp.miss(990030, '2025-01-15 12:00', '{c}'),
       pg_temp.miss(990031, '2025-03-15 12:00', '{c}') \g /dev/null
SELECT sla.refresh_penalties(ARRAY[990030, 990031]) AS written;
SELECT sla.confirm_penalty(990031, 'L1', 'c', 'zhao') AS march;
SELECT sla.confirm_penalty(990030, 'L1', 'c', 'zhao') AS january;
SELECT ticket_id, offence_no, counted_tickets FROM sla.penalty WHERE employee = 'c' ORDER BY 1;

-- V-25: voiding reverses; the later number stands, and sla.health says so.
SET LOCAL sla.now = '2026-06-02 09:00:00+08';
SELECT sla.void_breach(990010, 'first_response', 1, '2025-01-10 12:00', 'late', 'the telephone exchange was down', 'zhao');
SELECT * FROM pg_temp.verdicts WHERE employee = 'a' ORDER BY 1;
SELECT reversed_at, reversed_by, offence_no FROM sla.penalty WHERE ticket_id = 990010;
SELECT voided_at, voided_by, void_reason FROM sla.breach WHERE ticket_id = 990010;
SELECT severity, code, object, ticket_id, since FROM sla.health WHERE code = 'offence_overtaken';
-- What comes after counts what is left.
SELECT pg_temp.miss(990012, '2026-02-01 12:00', '{a}') \g /dev/null
SELECT sla.refresh_penalties('{990012}') AS written;
SELECT sla.confirm_penalty(990012, 'L1', 'a', 'zhao') AS a_second;

-- Requirements 3.6, vector 9: two misses on A are one offence; B is the second; C is the customer's.
SELECT pg_temp.miss(990041, '2026-03-01 10:00', '{d}'),
       pg_temp.miss(990041, '2026-03-01 12:00', '{d}', 'resolve'),
       pg_temp.miss(990042, '2026-04-01 10:00', '{d}', urgency => 'important'),
       pg_temp.miss(990043, '2026-05-01 10:00', '{d}') \g /dev/null
SELECT sla.refresh_penalties(ARRAY[990041, 990042, 990043]) AS written;
SELECT sla.confirm_penalty(990041, 'L1', 'd', 'zhao') AS on_a,
       sla.confirm_penalty(990042, 'L1', 'd', 'zhao') AS on_b;
SELECT sla.attribute_breach(990043, 'first_response', 1, '2026-05-01 10:00', 'late', 'customer', 'zhao', 'wrong number given');
SELECT attribution, attributed_by, attributed_at, attribution_reason FROM sla.breach WHERE ticket_id = 990043;
SELECT sla.confirm_penalty(990043, 'L1', 'd', 'zhao');
SELECT * FROM pg_temp.verdicts WHERE employee = 'd' ORDER BY 1;
-- The severity of the ticket chooses among the steps, unless the decider says otherwise.
SELECT sla.attribute_breach(990043, 'first_response', 1, '2026-05-01 10:00', 'late', 'personal', 'zhao');
SELECT sla.confirm_penalty(990043, 'L1', 'd', 'zhao', severity => 'minor');
SELECT sla.confirm_penalty(990043, 'L1', 'd', 'zhao', severity => 'urgent') AS on_c;
SELECT * FROM pg_temp.verdicts WHERE employee = 'd' ORDER BY 1;

-- A candidate goes with its breach and comes back with it; one of several changes the count only.
SELECT pg_temp.miss(990051, '2026-05-01 10:00', '{e}'),
       pg_temp.miss(990051, '2026-05-01 12:00', '{e}', 'resolve') \g /dev/null
SELECT sla.refresh_penalties('{990051}') AS written;
SELECT sla.void_breach(990051, 'first_response', 1, '2026-05-01 10:00', 'late', 'answered by telephone', 'zhao');
SELECT * FROM pg_temp.verdicts WHERE employee = 'e';
SELECT sla.attribute_breach(990051, 'resolve', 1, '2026-05-01 12:00', 'late', 'third_party', 'zhao');
SELECT * FROM pg_temp.verdicts WHERE employee = 'e';
SELECT sla.attribute_breach(990051, 'resolve', 1, '2026-05-01 12:00', 'late', 'shared', 'zhao');
SELECT * FROM pg_temp.verdicts WHERE employee = 'e';
-- The same for an effective one: reversed, and up for another decision.
SELECT sla.confirm_penalty(990051, 'L1', 'e', 'zhao') AS offence;
SELECT sla.attribute_breach(990051, 'resolve', 1, '2026-05-01 12:00', 'late', 'force_majeure', 'zhao');
SELECT * FROM pg_temp.verdicts WHERE employee = 'e';
SELECT sla.attribute_breach(990051, 'resolve', 1, '2026-05-01 12:00', 'late', 'personal', 'zhao');
SELECT * FROM pg_temp.verdicts WHERE employee = 'e';

-- What a person lets go stays so.
SELECT sla.waive_penalty(990051, 'L1', 'e', 'zhao', ' ');
SELECT sla.waive_penalty(990051, 'L1', 'e', 'zhao', 'a bereavement');
SELECT sla.refresh_penalties('{990051}') AS written;
SELECT status, decided_by, reason FROM sla.penalty WHERE ticket_id = 990051;
SELECT sla.waive_penalty(990051, 'L1', 'e', 'zhao', 'again');
SELECT sla.confirm_penalty(990051, 'L1', 'e', 'zhao');
SELECT sla.waive_penalty(990042, 'L1', 'd', 'zhao', 'the carrier was at fault');
SELECT sla.refresh_penalties('{990042}') AS written;
SELECT status, offence_no, decided_by, reversed_by, reversal_reason, reversed_at FROM sla.penalty WHERE ticket_id = 990042;
SELECT ticket_id, object FROM sla.health WHERE code = 'offence_overtaken' ORDER BY 1;

-- Voiding judges the clock that ran out, and no other.
SELECT pg_temp.ticket(990061, 'normal') \g /dev/null
INSERT INTO sla.clock (ticket_id, target, cycle, seq, policy, policy_version, milestone, binding, provisional, calendar,
                       started_at, created_at, due_at)
SELECT 990061, 'progress', 1, seq, 'ladders', 1, 'progress', true, false, '24x7',
       due - interval '2 hours', due - interval '2 hours', due
FROM (VALUES (1, timestamptz '2026-05-01 10:00'), (2, '2026-05-01 12:00')) AS v(seq, due);
SELECT pg_temp.miss(990061, '2026-05-01 10:00', '{f}', 'progress') \g /dev/null
SELECT sla.void_breach(990061, 'progress', 1, '2026-05-01 10:00', 'late', 'reported by telephone', 'zhao', 'cancelled');
SELECT seq, override FROM sla.clock WHERE ticket_id = 990061 ORDER BY seq;
-- A candidate that no sweep has seen is withdrawn all the same.
SELECT status, breach_count, first_due_at FROM sla.penalty WHERE employee = 'f';

-- Wrong input says what is wrong.
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT sla.attribute_breach(990043, 'first_response', 1, '2026-05-01 10:00', 'late', 'weather', 'zhao');
SELECT sla.attribute_breach(990043, 'first_response', 1, '2026-05-01 10:00', 'late', NULL, 'zhao');
SELECT sla.attribute_breach(990043, 'first_response', 1, '2026-05-01 10:00', 'late', 'customer', NULL);
SELECT sla.attribute_breach(990043, NULL, 1, '2026-05-01 10:00', 'late', 'customer', 'zhao');
SELECT sla.attribute_breach(999999, 'first_response', 1, '2026-05-01 10:00', 'late', 'customer', 'zhao');
SELECT sla.attribute_breach(990043, 'first_response', 2, '2026-05-01 10:00', 'late', 'customer', 'zhao');
SELECT sla.attribute_breach(990061, 'progress', 1, '2026-05-01 10:00', 'late', 'customer', 'zhao');
SELECT sla.void_breach(990043, 'first_response', 1, '2026-05-01 10:00', 'late', '', 'zhao');
SELECT sla.void_breach(990043, 'first_response', 1, '2026-05-01 10:00', 'late', 'no', NULL);
SELECT sla.void_breach(990043, 'first_response', 1, '2026-05-01 10:00', 'late', 'no', 'sla_ext');
SELECT sla.void_breach(990043, 'first_response', 1, '2026-05-01 10:00', 'late', 'no', 'zhao', 'kept');
SELECT sla.void_breach(990061, 'progress', 1, '2026-05-01 10:00', 'late', 'no', 'zhao');
SELECT sla.confirm_penalty(999999, 'L1', 'd', 'zhao');
SELECT sla.confirm_penalty(990041, 'L2', 'd', 'zhao');
SELECT sla.confirm_penalty(990041, 'L1', 'd', NULL);
SELECT sla.waive_penalty(990041, 'L2', 'd', 'zhao', 'no');
ROLLBACK;

-- Counting needs to see what was committed meanwhile.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT sla.confirm_penalty(1, 'L1', 'd', 'zhao');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT sla.confirm_penalty(1, 'L1', 'd', 'zhao');
ROLLBACK;

-- Vector 9 once more, from the telephone to the penalty, under the trading company's regulation.
BEGIN;
SET LOCAL TimeZone = 'Asia/Shanghai';
SET LOCAL DateStyle = 'ISO';
SET LOCAL sla.now = '2025-03-03 08:00:00+08';
SELECT sla.load_preset('trading_company') > 0 AS loaded;
DELETE FROM sla.employee;
DELETE FROM sla.sweep_state;
INSERT INTO sla.employee (employee, supervisor, roles) VALUES ('penalty chen', 'penalty zhao', '{agent}'), ('penalty zhao', NULL, '{supervisor}');
CREATE VIEW pg_temp.offences AS
SELECT t.subject AS ticket, p.status, p.breach_count AS misses, p.offence_no AS no, p.step, p.action, p.points, p.document, p.document_due_at
FROM sla.penalty p JOIN sla.ticket t USING (ticket_id)
WHERE p.employee = 'penalty chen';

-- Nobody answers, nobody assigns: two misses, one candidate.
INSERT INTO sla.ticket (policy, type, urgency, needs_department, subject, owner, received_at)
VALUES ('trading_company', 'complaint', 'normal', true, 'A', 'penalty chen', '2025-03-03 08:00:00+08') RETURNING ticket_id AS a \gset
SET LOCAL sla.now = '2025-03-03 08:31:00+08';
SELECT breaches >= 2 AS found, penalties >= 1 AS candidates, busy FROM sla.sweep();
SELECT target, due_at, responsible FROM sla.breach WHERE ticket_id = :a ORDER BY due_at;
SELECT * FROM pg_temp.offences ORDER BY ticket;
SELECT sla.confirm_penalty(:a, 'L1', 'penalty chen', 'penalty zhao') AS offence;

-- The self-review is not handed in, and then it is.
SET LOCAL sla.now = '2025-03-07 00:00:00+08';
SELECT document, document_due_at, document_filed_at, is_document_overdue FROM sla.penalty_register WHERE ticket_id = :a;
SET LOCAL sla.now = '2025-03-07 00:00:01+08';
SELECT document, document_due_at, document_filed_at, is_document_overdue FROM sla.penalty_register WHERE ticket_id = :a;
SELECT sla.record(duty_ticket, 'document_filed', actor => 'penalty chen') IS NOT NULL AS handed_in FROM sla.penalty WHERE ticket_id = :a;
SELECT document, document_due_at, document_filed_at, is_document_overdue FROM sla.penalty_register WHERE ticket_id = :a;

-- B and C: one miss each; C's customer had asked not to be called.
SET LOCAL sla.now = '2025-04-01 08:00:00+08';
INSERT INTO sla.ticket (policy, type, urgency, subject, owner, received_at)
VALUES ('trading_company', 'complaint', 'important', 'B', 'penalty chen', sla.now()) RETURNING ticket_id AS b \gset
INSERT INTO sla.ticket (policy, type, urgency, subject, owner, received_at)
VALUES ('trading_company', 'complaint', 'important', 'C', 'penalty chen', sla.now()) RETURNING ticket_id AS c \gset
SET LOCAL sla.now = '2025-04-01 08:06:00+08';
SELECT breaches >= 2 AS found, penalties >= 2 AS candidates FROM sla.sweep();
SELECT sla.confirm_penalty(:b, 'L1', 'penalty chen', 'penalty zhao') AS offence;
SELECT sla.attribute_breach(ticket_id, target, cycle, due_at, kind, 'customer', 'penalty zhao') FROM sla.breach WHERE ticket_id = :c;
SELECT * FROM pg_temp.offences ORDER BY ticket;

-- The engine takes a miss back when the answer is recorded late, and the penalty with it.
SELECT sla.record(:b, 'first_response', '2025-04-01 08:04:00+08', 'penalty chen') IS NOT NULL AS recorded;
SELECT void_reason FROM sla.breach WHERE ticket_id = :b AND target = 'first_response';
SELECT penalties >= 1 AS reversed FROM sla.sweep();
SELECT * FROM pg_temp.offences ORDER BY ticket;

-- What a person voids stays void, whatever is recorded and folded afterwards.
SELECT sla.void_breach(ticket_id, target, cycle, due_at, kind, 'the telephone exchange was down', 'penalty zhao')
FROM sla.breach WHERE ticket_id = :a AND target = 'first_response';
SELECT sla.record(:a, 'first_response', NULL, 'penalty chen') IS NOT NULL AS recorded;
SELECT b.target, b.voided_by, c.override, s.state
FROM sla.breach b
JOIN sla.clock c USING (ticket_id, target, cycle, due_at)
JOIN sla.clocks s USING (ticket_id, target, cycle, due_at)
WHERE b.ticket_id = :a AND b.due_at < '2025-03-04' ORDER BY b.due_at;
SELECT penalties FROM sla.sweep();
SELECT * FROM pg_temp.offences ORDER BY ticket;
ROLLBACK;

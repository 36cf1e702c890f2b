--
-- Ladders: what the regulations punish, and how.  Every source of a candidate, every kind of
-- party, amounts under a cap, documents that are owed, appeals; and every refusal.
--
\set ECHO none
\i sql/include/desk.sql
\set ECHO all
SET client_min_messages = warning;

-- The company: its regulations, and who may decide what.
CALL desk.at('2025-01-01 00:00');
SELECT preset, sla.load_preset(preset) > 0 AS loaded
FROM unnest('{trading_company,live_commerce,field_service,logistics_exception,generic_service_desk}'::text[]) preset;
INSERT INTO sla.department (department, head) VALUES ('service', 'Hu'), ('repair', 'He'), ('headless', NULL);
INSERT INTO sla.employee (employee, department, supervisor, roles) VALUES
	('Chen', 'service', 'Zhao', '{agent}'), ('Wu', 'service', 'Zhao', '{agent}'), ('Ma', 'repair', 'Zhao', '{field_engineer}'),
	('Zhao', 'service', NULL, '{supervisor}'), ('Hu', 'service', NULL, '{}'), ('He', 'repair', NULL, '{}'),
	('Han', NULL, NULL, '{hr}'), ('Mei', NULL, NULL, '{management}'), ('Fang', NULL, NULL, '{finance}'),
	('Cao', NULL, NULL, '{cs_manager}'), ('Gao', NULL, NULL, '{company_manager}');

CREATE PROCEDURE desk.insert(at text, ticket text, policy text, owner text DEFAULT 'Chen', type text DEFAULT 'complaint',
	urgency text DEFAULT 'normal') LANGUAGE plpgsql AS $$
BEGIN
	CALL desk.at(at);
	INSERT INTO sla.ticket (order_ref, policy, type, urgency, owner, needs_department)
	VALUES (ticket, insert.policy, insert.type, insert.urgency, insert.owner, false);
END
$$;
CREATE FUNCTION desk.candidates(ticket text)
RETURNS TABLE (ladder text, ground text, subject text, party text, status text, no integer, step text, action text, points numeric,
	uncapped numeric, amount numeric)
LANGUAGE sql STABLE AS $$
	SELECT p.ladder, p.ground, p.subject, p.employee, p.status, p.offence_no, p.step, p.action, p.points, p.amount_uncapped, p.amount
	FROM sla.penalty p WHERE p.ticket_id = desk.id(candidates.ticket) ORDER BY p.ladder, p.ground, p.employee
$$;
CREATE FUNCTION desk.document(ticket text)
RETURNS TABLE (document text, due text, filed text, overdue boolean, effective boolean, duty_of text, ticket_state text, clock text)
LANGUAGE sql STABLE AS $$
	SELECT r.document, desk.t(r.document_due_at), desk.t(r.document_filed_at), r.is_document_overdue, r.is_effective, d.owner, d.status,
		(SELECT string_agg(format('%s %s %s', c.target, CASE WHEN c.binding THEN 'binding' ELSE 'advisory' END, c.state), ', ')
			FROM sla.clocks c WHERE c.ticket_id = d.ticket_id)
	FROM sla.penalty_register r LEFT JOIN sla.ticket d ON d.ticket_id = r.document_ticket_id
	WHERE r.ticket_id = desk.id(document.ticket) AND r.document IS NOT NULL ORDER BY r.employee
$$;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA desk TO regress_desk;
SET ROLE regress_desk;

--
-- L1: warning and self-review, then points by urgency; a review only if a person asks for one.
--
CALL desk.insert('2025-03-03 08:00', 'L1 a', 'trading_company');
CALL desk.sweep('2025-03-03 08:06');
SELECT * FROM desk.candidates('L1 a');
-- A first offence.  The self-review is a duty of the employee's own, due on the third working day.
SELECT sla.confirm_penalty(desk.id('L1 a'), 'L1', 'Chen', 'Zhao', 'first time') AS offence;
SELECT * FROM desk.candidates('L1 a');
SELECT * FROM desk.document('L1 a');
SELECT d.type, d.duty, d.owner, d.assignee, d.department, d.parent_ticket = desk.id('L1 a') AS of_this_ticket
FROM sla.penalty p JOIN sla.ticket d ON d.ticket_id = p.duty_ticket WHERE p.ticket_id = desk.id('L1 a');
-- Overdue from the instant on, swept or not; missed like any promise, but advisory: nothing follows from it.
CALL desk.at('2025-03-07 00:00');
SELECT overdue FROM desk.document('L1 a');
CALL desk.at('2025-03-07 00:00:00.000001');
SELECT * FROM desk.document('L1 a');
CALL desk.sweep('2025-03-07 09:00');
SELECT b.target, b.binding, b.responsible, desk.t(b.due_at) AS due,
	(SELECT count(*) FROM sla.penalty x WHERE x.ticket_id = b.ticket_id) AS candidates
FROM sla.breach b JOIN sla.penalty p ON p.duty_ticket = b.ticket_id WHERE p.ticket_id = desk.id('L1 a');
-- Handed in.
CALL desk.at('2025-03-07 10:00');
SELECT sla.record(duty_ticket, 'document_filed', actor => 'Chen') > 0 AS handed_in FROM sla.penalty WHERE ticket_id = desk.id('L1 a');
SELECT * FROM desk.document('L1 a');

-- Repeated: 2, 5 and 10 points.
CALL desk.insert('2025-04-01 08:00', 'L1 b', 'trading_company');
CALL desk.insert('2025-04-02 08:00', 'L1 c', 'trading_company', urgency => 'important');
CALL desk.insert('2025-04-03 08:00', 'L1 d', 'trading_company', urgency => 'urgent');
CALL desk.sweep('2025-04-03 08:06');
SELECT sla.confirm_penalty(desk.id('L1 b'), 'L1', 'Chen', 'Zhao') AS b, sla.confirm_penalty(desk.id('L1 c'), 'L1', 'Chen', 'Han') AS c,
	sla.confirm_penalty(desk.id('L1 d'), 'L1', 'Chen', 'Zhao') AS d;
SELECT t.ticket, c.* FROM (VALUES ('L1 b'), ('L1 c'), ('L1 d')) t(ticket), desk.candidates(t.ticket) c ORDER BY t.ticket;
SELECT count(*) AS documents FROM desk.document('L1 b');

-- A review of dismissal: proposed by a person, decided by HR or management, and only ever a review.
SELECT sla.propose_penalty(desk.id('L1 d'), 'L1', '3', 'Chen', 'Zhao', 'the customer lost a contract over it');
SELECT * FROM desk.candidates('L1 d');
SELECT proposed_by, proposal_reason FROM sla.penalty WHERE ticket_id = desk.id('L1 d') AND ground = '3';
-- There are two now; the only undecided one is meant.
CALL desk.refused($$SELECT sla.confirm_penalty(desk.id('L1 d'), 'L1', 'Chen', 'Zhao')$$);
CALL desk.refused($$SELECT sla.waive_penalty(desk.id('L1 d'), 'L1', 'Chen', 'Mei', 'no')$$);
SELECT sla.confirm_penalty(desk.id('L1 d'), 'L1', 'Chen', 'Mei') AS no_offence;
SELECT * FROM desk.candidates('L1 d');
-- It is no offence: the next one is the fifth.
CALL desk.insert('2025-04-04 08:00', 'L1 e', 'trading_company');
CALL desk.sweep('2025-04-04 08:06');
SELECT sla.confirm_penalty(desk.id('L1 e'), 'L1', 'Chen', 'Zhao') AS offence;

--
-- L2: leaving the process is punished like a missed promise; reviews by severity, not by count.
--
CALL desk.insert('2025-05-06 09:00', 'L2 a', 'live_commerce', 'Wu');
-- The result is told before there is one, and told by somebody who does not own the ticket.
CALL desk.event('2025-05-06 09:30', 'L2 a', 'result_notified', actor => 'Ma');
CALL desk.sweep('2025-05-06 09:31');
SELECT target, kind, binding, ladder, responsible FROM sla.breach WHERE ticket_id = desk.id('L2 a') AND kind = 'process_violation' ORDER BY target;
SELECT * FROM desk.candidates('L2 a');
SELECT breach_count FROM sla.penalty WHERE ticket_id = desk.id('L2 a');
-- The head of the employee's own department decides; rectification is due the next working day.
CALL desk.refused($$SELECT sla.confirm_penalty(desk.id('L2 a'), 'L2', 'Ma', 'Hu')$$);
SELECT sla.confirm_penalty(desk.id('L2 a'), 'L2', 'Ma', 'He') AS offence;
SELECT * FROM desk.candidates('L2 a');
SELECT * FROM desk.document('L2 a');
SELECT sla.record(duty_ticket, 'rectified', actor => 'Ma') > 0 AS put_right FROM sla.penalty WHERE ticket_id = desk.id('L2 a');
SELECT * FROM desk.document('L2 a');
SELECT sla.propose_penalty(desk.id('L2 a'), 'L2', s, 'Ma', 'He', 'the complaint went to the press') FROM unnest('{S1,S2,S3}'::text[]) s;
SELECT ground, status FROM desk.candidates('L2 a');
CALL desk.refused($$SELECT sla.confirm_penalty(desk.id('L2 a'), 'L2', 'Ma', 'Mei')$$);
SELECT sla.confirm_penalty(desk.id('L2 a'), 'L2', 'Ma', 'Mei', ground => 'S2');
SELECT sla.waive_penalty(desk.id('L2 a'), 'L2', 'Ma', 'Mei', 'one review is enough', ground => g) FROM unnest('{S1,S3}'::text[]) g;
SELECT ground, status, step, action FROM desk.candidates('L2 a');

--
-- L5: a verified complaint is a major demerit straight away; a late reply alone never is.
--
CALL desk.insert('2025-05-06 08:00', 'L5 a', 'field_service', 'Wu', 'service_complaint');
CALL desk.sweep('2025-05-06 20:00:01');
SELECT target, kind, due, responsible FROM desk.breaches('L5 a');
SELECT count(*) AS candidates FROM desk.candidates('L5 a');
-- Verified, in one act with its cause and whom it is about: a candidate at once, without a sweep.
CALL desk.event('2025-05-07 09:00', 'L5 a', 'complaint_verified',
	details => '{"set": {"complaint_cause": "quarrel", "against_employee": "Ma"}}', actor => 'Hu');
SELECT c.*, desk.t(p.first_due_at) AS since FROM desk.candidates('L5 a') c, sla.penalty p WHERE p.ticket_id = desk.id('L5 a');
-- Once per ticket, however often it is verified.
CALL desk.event('2025-05-07 09:01', 'L5 a', 'complaint_verified');
SELECT count(*) AS candidates FROM desk.candidates('L5 a');
SELECT sla.confirm_penalty(desk.id('L5 a'), 'L5', 'Ma', 'He') AS no_offence;
SELECT * FROM desk.candidates('L5 a');
SELECT * FROM desk.document('L5 a');
-- Another cause: nothing.
CALL desk.insert('2025-05-07 10:00', 'L5 b', 'field_service', 'Wu', 'service_complaint');
CALL desk.event('2025-05-07 10:01', 'L5 b', 'complaint_verified',
	details => '{"set": {"complaint_cause": "slow_delivery", "against_employee": "Ma"}}');
SELECT count(*) AS candidates FROM desk.candidates('L5 b');
-- False expense claims: by severity, proposed by a person.
SELECT sla.propose_penalty(desk.id('L5 b'), 'L5', 'F2', 'Ma', 'Fang', 'the hotel was not there');
SELECT sla.confirm_penalty(desk.id('L5 b'), 'L5', 'Ma', 'Fang');
SELECT * FROM desk.candidates('L5 b');
-- Every kind of party that an event can strike; a company's own version.
RESET ROLE;
SELECT sla.revise_policy('field_service') AS version \gset
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, event, condition, subject, action, amount, approver_roles) VALUES
	('field_service', :version, 'P', 'owner', 'event', 'escalated', 'event_note = ''grave''', 'responsible', 'warning', NULL, '{dept_head}'),
	('field_service', :version, 'P', 'head', 'event', 'escalated', NULL, 'dept_head', 'head_penalty', NULL, '{hr}'),
	('field_service', :version, 'P', 'team', 'event', 'escalated', NULL, 'team', 'score_deduction', 500, '{dept_head}'),
	('field_service', :version, 'P', 'born', 'event', 'received', 'category = ''theft''', 'against_employee', 'warning', NULL, '{}'),
	('field_service', :version, 'P', 'timed', 'event', 'closed_no_rating', NULL, 'responsible', 'warning', NULL, '{}'),
	('field_service', :version, 'P', 'implied', 'event', 'assigned', 'department = ''repair''', 'dept_head', 'warning', NULL, '{}');
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, on_due)
VALUES ('field_service', :version, 'silence', 'silence', '{callback_done}', '{rating_recorded}', '01:00', 'closed_no_rating');
SELECT sla.publish_policy('field_service', :version);
SET ROLE regress_desk;
CALL desk.insert('2025-05-08 09:00', 'L5 p', 'field_service', 'Wu', 'service_request');
UPDATE sla.ticket SET department = 'repair' WHERE ticket_id = desk.id('L5 p');
CALL desk.at('2025-05-08 09:05');
SELECT sla.record(desk.id('L5 p'), 'escalated', note => 'grave') > 0 AS recorded;
CALL desk.event('2025-05-08 10:00', 'L5 p', 'callback_done');
CALL desk.sweep('2025-05-08 12:00');
SELECT ladder, ground, subject, party, status, uncapped FROM desk.candidates('L5 p');
SELECT ground, desk.t(first_due_at) AS since FROM sla.penalty WHERE ticket_id = desk.id('L5 p') AND ground IN ('timed', 'implied') ORDER BY 1;
-- At insertion; and where nobody can be found: a finding, and a person may propose it.
INSERT INTO sla.ticket (order_ref, policy, type, category, against_employee) VALUES ('L5 q', 'field_service', 'service_complaint', 'theft', 'Ma');
SELECT ladder, ground, subject, party FROM desk.candidates('L5 q');
INSERT INTO sla.ticket (order_ref, policy, type, category) VALUES ('L5 r', 'field_service', 'service_complaint', 'theft');
CALL desk.event('2025-05-08 12:01', 'L5 r', 'escalated');
SELECT count(*) AS candidates FROM desk.candidates('L5 r');
SELECT severity, object, message FROM sla.health WHERE code = 'penalty_without_party' ORDER BY object;
SELECT sla.propose_penalty(desk.id('L5 r'), 'P', 'born', 'Ma', 'Hu', 'it came out later who it was');
SELECT p.ladder, p.ground, p.subject, p.employee, p.status, desk.t(p.first_due_at) AS since FROM sla.penalty p
WHERE p.ticket_id = desk.id('L5 r');
-- A team's penalty is its head's to confirm, not another's.
CALL desk.refused($$SELECT sla.confirm_penalty(desk.id('L5 p'), 'P', 'repair', 'Hu')$$);
SELECT sla.confirm_penalty(desk.id('L5 p'), 'P', 'repair', 'He');
-- The head himself is struck: he does not decide.
CALL desk.refused($$SELECT sla.confirm_penalty(desk.id('L5 p'), 'P', 'He', 'He', ground => 'head')$$);
SELECT ladder, ground, party, status, amount FROM desk.candidates('L5 p');

--
-- L6: a carrier pays per cent of the loss, capped per calendar month (K-2).
--
RESET ROLE;
SELECT sla.revise_policy('logistics_exception') AS version \gset
UPDATE sla.penalty_rule SET percent = 50, cap = 1000 WHERE policy = 'logistics_exception' AND version = :version AND step = 'carrier';
SELECT sla.publish_policy('logistics_exception', :version);
SET ROLE regress_desk;
CREATE PROCEDURE pg_temp.damage(at text, ticket text, loss numeric, carrier text DEFAULT 'Fast Freight') LANGUAGE plpgsql AS $$
BEGIN
	CALL desk.insert(at, ticket, 'logistics_exception', 'Wu', 'exception');
	PERFORM sla.record(desk.id(ticket), 'responsibility_confirmed', details => jsonb_build_object('set',
		jsonb_build_object('responsibility', 'carrier', 'carrier', carrier, 'loss_amount', loss)));
END
$$;
CALL pg_temp.damage('2025-06-02 10:00', 'L6 a', 1200.01);
CALL pg_temp.damage('2025-06-30 23:59', 'L6 b', 1500);
CALL pg_temp.damage('2025-07-01 00:00', 'L6 c', 1500);
CALL pg_temp.damage('2025-07-02 00:00', 'L6 d', NULL);
CALL pg_temp.damage('2025-07-02 00:00', 'L6 e', 300, 'Slow Freight');
SELECT t.ticket, c.ground, c.subject, c.party, c.status, c.uncapped FROM (VALUES ('L6 a'), ('L6 b'), ('L6 c')) t(ticket), desk.candidates(t.ticket) c ORDER BY 1;
SELECT sla.confirm_penalty(desk.id(t), 'L6', 'Fast Freight', 'Cao', ground => 'carrier') FROM unnest('{L6 a,L6 b,L6 c}'::text[]) t;
-- June: 600.01 of 1,000 are taken, so 399.99 are left for b; July begins anew.  Another carrier has a cap of its own.
SELECT sla.confirm_penalty(desk.id('L6 e'), 'L6', 'Slow Freight', 'Cao');
SELECT t.ticket, c.party, c.action, c.uncapped, c.amount FROM (VALUES ('L6 a'), ('L6 b'), ('L6 c'), ('L6 e')) t(ticket), desk.candidates(t.ticket) c
WHERE c.ground = 'carrier' ORDER BY 1;
-- The loss is not known: nothing can be taken until it is.
CALL desk.refused($$SELECT sla.confirm_penalty(desk.id('L6 d'), 'L6', 'Fast Freight', 'Cao')$$);
UPDATE sla.ticket SET loss_amount = 400 WHERE ticket_id = desk.id('L6 d');
SELECT sla.confirm_penalty(desk.id('L6 d'), 'L6', 'Fast Freight', 'Cao');
SELECT uncapped, amount FROM desk.candidates('L6 d') WHERE ground = 'carrier';
-- Reversal frees the cap for what comes after; what was fixed stays fixed.
SELECT sla.waive_penalty(desk.id('L6 a'), 'L6', 'Fast Freight', 'Cao', 'the pallet was found');
CALL pg_temp.damage('2025-07-03 10:00', 'L6 f', 10000);
CALL desk.at('2025-07-03 11:00');
SELECT sla.confirm_penalty(desk.id('L6 f'), 'L6', 'Fast Freight', 'Cao');
SELECT sla.waive_penalty(desk.id('L6 c'), 'L6', 'Fast Freight', 'Cao', 'their driver was not at fault');
CALL pg_temp.damage('2025-07-04 10:00', 'L6 g', 10000);
SELECT sla.confirm_penalty(desk.id('L6 g'), 'L6', 'Fast Freight', 'Cao');
SELECT t.ticket, c.status, c.uncapped, c.amount FROM unnest('{L6 a,L6 b,L6 c,L6 d,L6 f,L6 g}'::text[]) t(ticket), desk.candidates(t.ticket) c
WHERE c.ground = 'carrier' ORDER BY 1;
-- A proposed amount goes before the step's.
SELECT sla.propose_penalty(desk.id('L6 b'), 'L6', 'carrier', 'Slow Freight', 'Cao', 'they subcontracted', 77.5);
SELECT sla.confirm_penalty(desk.id('L6 b'), 'L6', 'Slow Freight', 'Cao');
SELECT party, uncapped, amount FROM desk.candidates('L6 b') WHERE ground = 'carrier' ORDER BY party;
-- Money has two digits, as the register shows it; and neither NaN nor Infinity is a sum of which anything is taken.
SELECT sla.propose_penalty(desk.id('L6 g'), 'L6', 'carrier', 'Odd Freight', 'Cao', 'by contract', 10.005);
SELECT sla.confirm_penalty(desk.id('L6 g'), 'L6', 'Odd Freight', 'Cao');
SELECT amount_uncapped, amount FROM sla.penalty WHERE employee = 'Odd Freight';
CALL desk.refused($$SELECT sla.propose_penalty(desk.id('L6 g'), 'L6', 'carrier', 'Endless Freight', 'Cao', 'by contract', 'Infinity')$$);
CALL pg_temp.damage('2025-07-04 11:00', 'L6 n', 'NaN', 'Nameless Freight');
CALL desk.refused($$SELECT sla.confirm_penalty(desk.id('L6 n'), 'L6', 'Nameless Freight', 'Cao')$$);
UPDATE sla.ticket SET loss_amount = NULL WHERE ticket_id = desk.id('L6 n');
-- On no employee's scorecard, but in the register.
SELECT employee, party, amount_uncapped, amount, is_effective FROM sla.penalty_register
WHERE party = 'carrier' AND policy = 'logistics_exception' ORDER BY employee, first_due_at, created_at, amount;
RESET ROLE;
SELECT count(*) AS carriers_as_employees FROM sla.employee_scorecard_monthly WHERE employee LIKE '%Freight';

SET ROLE regress_desk;

-- The penalty falls with its breach, and its notice is withdrawn.
CALL desk.insert('2025-07-07 09:00', 'L6 h', 'logistics_exception', 'Wu', 'exception');
CALL desk.sweep('2025-07-07 09:11');
SELECT ladder, ground, party, status FROM desk.candidates('L6 h');
SELECT sla.confirm_penalty(desk.id('L6 h'), 'L6', 'Wu', 'Gao') AS offence;
SELECT * FROM desk.document('L6 h');
SELECT sla.void_breach(ticket_id, target, cycle, due_at, kind, 'the telephone was dead', 'Gao') FROM sla.breach WHERE ticket_id = desk.id('L6 h') AND ladder IS NOT NULL;
SELECT ladder, ground, party, status FROM desk.candidates('L6 h');
SELECT * FROM desk.document('L6 h');

--
-- Appeals.
--
CALL desk.at('2025-07-08 09:00');
CALL desk.refused($$SELECT sla.decide_appeal(desk.id('L1 b'), 'L1', 'Chen', 'upheld', 'Han', 'no')$$);
SELECT sla.appeal_penalty(desk.id('L1 b'), 'L1', 'Chen', 'Chen', 'the line was engaged');
SELECT status, is_effective, is_appealed, desk.t(appealed_at) AS appealed, appealed_by, appeal_decision FROM sla.penalty_register WHERE ticket_id = desk.id('L1 b');
-- It counts until it is decided: the next offence is the sixth, not the fifth.
CALL desk.insert('2025-07-08 10:00', 'L1 f', 'trading_company');
CALL desk.sweep('2025-07-08 10:06');
SELECT sla.confirm_penalty(desk.id('L1 f'), 'L1', 'Chen', 'Zhao') AS offence;
CALL desk.refused($$SELECT sla.appeal_penalty(desk.id('L1 b'), 'L1', 'Chen', 'Chen', 'again')$$);
CALL desk.refused($$SELECT sla.decide_appeal(desk.id('L1 b'), 'L1', 'Chen', 'upheld', 'Chen', 'no')$$);
CALL desk.refused($$SELECT sla.decide_appeal(desk.id('L1 b'), 'L1', 'Chen', 'upheld', 'Zhao', 'no')$$);
CALL desk.refused($$SELECT sla.decide_appeal(desk.id('L1 b'), 'L1', 'Chen', 'granted', 'Han', 'no')$$);
CALL desk.refused($$SELECT sla.decide_appeal(desk.id('L1 b'), 'L1', 'Chen', 'upheld', 'Han', ' ')$$);
SELECT sla.decide_appeal(desk.id('L1 b'), 'L1', 'Chen', 'upheld', 'Han', 'the log shows a free line');
SELECT status, is_appealed, appeal_decision, appeal_decided_by FROM sla.penalty_register WHERE ticket_id = desk.id('L1 b');
CALL desk.refused($$SELECT sla.appeal_penalty(desk.id('L1 b'), 'L1', 'Chen', 'Chen', 'again')$$);
-- Reversed: the document is nobody's business any more, the later number is overtaken, and nobody confirms it again.
CALL desk.insert('2025-07-09 09:00', 'L6 i', 'logistics_exception', 'Ma', 'exception');
CALL desk.sweep('2025-07-09 09:11');
SELECT sla.confirm_penalty(desk.id('L6 i'), 'L6', 'Ma', 'Gao') AS offence;
SELECT sla.appeal_penalty(desk.id('L6 i'), 'L6', 'Ma', 'Zhao', 'for Ma: the form was filled in on paper');
CALL desk.refused($$SELECT sla.decide_appeal(desk.id('L6 i'), 'L6', 'Ma', 'reversed', 'Zhao', 'yes')$$);
SELECT sla.decide_appeal(desk.id('L6 i'), 'L6', 'Ma', 'reversed', 'Han', 'the form is there');
SELECT status, appeal_decision, reversed_by, reversal_reason FROM sla.penalty WHERE ticket_id = desk.id('L6 i');
SELECT * FROM desk.document('L6 i');
CALL desk.sweep('2025-07-09 10:00');
SELECT status FROM sla.penalty WHERE ticket_id = desk.id('L6 i') AND ladder = 'L6';
CALL desk.refused($$SELECT sla.confirm_penalty(desk.id('L6 i'), 'L6', 'Ma', 'Gao')$$);
SELECT sla.appeal_penalty(desk.id('L1 a'), 'L1', 'Chen', 'Chen', 'it was not me');
SELECT sla.decide_appeal(desk.id('L1 a'), 'L1', 'Chen', 'reversed', 'Han', 'it was not him');
SELECT object, count(*) AS later_offences FROM sla.health WHERE code = 'offence_overtaken' GROUP BY object;
-- A document that is there already stays filed.
SELECT * FROM desk.document('L1 a');

--
-- What is refused, and how.
--
CALL desk.refused($$SELECT sla.propose_penalty(desk.id('L1 e'), 'L1', '3', 'Chen', 'Zhao', NULL)$$);
CALL desk.refused($$SELECT sla.propose_penalty(desk.id('L1 e'), 'L1', '3', '', 'Zhao', 'why')$$);
CALL desk.refused($$SELECT sla.propose_penalty(desk.id('L1 e'), 'L1', '3', 'Chen', 'Zhao', 'why', -1)$$);
CALL desk.refused($$SELECT sla.propose_penalty(999999999, 'L1', '3', 'Chen', 'Zhao', 'why')$$);
CALL desk.refused($$SELECT sla.propose_penalty(desk.id('L1 e'), 'L1', '9', 'Chen', 'Zhao', 'why')$$);
CALL desk.refused($$SELECT sla.propose_penalty(desk.id('L1 e'), 'L1', '1', 'Chen', 'Zhao', 'why')$$);
CALL desk.refused($$SELECT sla.propose_penalty(desk.id('L1 e'), 'L1', '2b', 'Chen', 'Zhao', 'why')$$);
CALL desk.refused($$SELECT sla.propose_penalty(desk.id('L1 d'), 'L1', '3', 'Chen', 'Zhao', 'why')$$);
CALL desk.refused($$SELECT sla.confirm_penalty(desk.id('L1 e'), 'L1', 'Chen', 'Han', ground => '3')$$);
CALL desk.refused($$SELECT sla.waive_penalty(desk.id('L1 a'), 'L1', 'Chen', 'Han', 'no')$$);
CALL desk.refused($$SELECT sla.appeal_penalty(desk.id('L1 e'), 'L1', 'Chen', NULL, 'no')$$);
CALL desk.refused($$SELECT sla.appeal_penalty(desk.id('L1 a'), 'L1', 'Chen', 'Chen', 'no')$$);
CALL desk.refused($$SELECT sla.appeal_penalty(desk.id('L1 a'), 'L9', 'Chen', 'Chen', 'no')$$);
-- A manual step with a condition; and L7, whose penalty the regulation does not name.
RESET ROLE;
SELECT sla.revise_policy('generic_service_desk') AS version \gset
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, condition, action, approver_roles)
VALUES ('generic_service_desk', :version, 'L7', 'loss', 'manual', 'loss_amount >= 10000', 'warning', '{}');
SELECT sla.publish_policy('generic_service_desk', :version);
SET ROLE regress_desk;
CALL desk.insert('2025-07-10 09:00', 'L7 a', 'generic_service_desk', 'Wu');
CALL desk.refused($$SELECT sla.propose_penalty(desk.id('L7 a'), 'L7', 'loss', 'Wu', 'Zhao', 'a large loss')$$);
UPDATE sla.ticket SET loss_amount = 10000 WHERE ticket_id = desk.id('L7 a');
SELECT sla.propose_penalty(desk.id('L7 a'), 'L7', 'loss', 'Wu', 'Zhao', 'a large loss');
SELECT sla.propose_penalty(desk.id('L7 a'), 'L7', '1', 'Wu', 'Zhao', 'many problems in the evaluation');
SELECT sla.confirm_penalty(desk.id('L7 a'), 'L7', 'Wu', 'Hu', ground => '1');
SELECT ground, status, action FROM desk.candidates('L7 a');

-- A condition chooses among the steps of an offence: the most particular one that holds.
RESET ROLE;
SELECT sla.revise_policy('trading_company') AS version \gset
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, nth_from, condition, action, points, approver_roles) VALUES
	('trading_company', :version, 'L1', '1 vip', 'offence', 1, 'customer_tier = ''vip''', 'score_deduction', 3, '{supervisor}');
SELECT sla.publish_policy('trading_company', :version);
SET ROLE regress_desk;
CALL desk.insert('2025-07-11 09:00', 'L1 v', 'trading_company', 'Wu');
CALL desk.insert('2025-07-11 09:00', 'L1 w', 'trading_company', 'Ma');
UPDATE sla.ticket SET customer_tier = 'vip' WHERE ticket_id = desk.id('L1 v');
CALL desk.sweep('2025-07-11 09:06');
SELECT sla.confirm_penalty(desk.id('L1 v'), 'L1', 'Wu', 'Zhao') AS wu, sla.confirm_penalty(desk.id('L1 w'), 'L1', 'Ma', 'Zhao') AS ma;
SELECT party, no, step FROM desk.candidates('L1 v') UNION ALL SELECT party, no, step FROM desk.candidates('L1 w');

-- Undecided for a month: somebody should look.
CALL desk.at('2025-06-07 12:01:00.000001');
SELECT severity, object, message, desk.t(since) AS since FROM sla.health WHERE code = 'candidate_undecided';
CALL desk.at('2025-06-05 09:00');
SELECT count(*) AS not_yet FROM sla.health WHERE code = 'candidate_undecided';
CALL desk.at('2025-07-11 10:00');

--
-- Rules that no policy may be published with.
--
RESET ROLE;
SELECT sla.revise_policy('generic_service_desk') AS version \gset
CREATE PROCEDURE pg_temp.unpublished(rule text) LANGUAGE plpgsql AS $$
DECLARE
	draft CONSTANT integer := (SELECT max(version) FROM sla.policy WHERE policy = 'generic_service_desk');
	hint text;
BEGIN
	EXECUTE format('INSERT INTO sla.penalty_rule (policy, version, ladder, step, action, %s', replace(rule, 'VALUES (', format('VALUES (''generic_service_desk'', %s, ''X'', ''1'', ', draft)));
	PERFORM sla.publish_policy('generic_service_desk', draft);
	RAISE WARNING 'NOT REFUSED: %', rule;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RAISE WARNING '% % [%]', SQLSTATE, SQLERRM, hint;
END
$$;
CALL pg_temp.unpublished($$trigger) VALUES ('dismissal', 'manual')$$);
CALL pg_temp.unpublished($$trigger, nth_from) VALUES ('dismissal_review', 'offence', 5)$$);
CALL pg_temp.unpublished($$trigger, event) VALUES ('demotion_review', 'event', 'complaint_verified')$$);
CALL pg_temp.unpublished($$trigger, metric, below) VALUES ('pay_cut_review', 'metric', 'average_rating', 2)$$);
CALL pg_temp.unpublished($$trigger) VALUES ('legal_liability', 'manual')$$);
CALL pg_temp.unpublished($$trigger, metric, below) VALUES ('warning', 'metric', 'mood', 2)$$);
CALL pg_temp.unpublished($$trigger, metric, below) VALUES ('warning', 'metric', 'complaint_reduction', 100)$$);
CALL pg_temp.unpublished($$trigger, metric, below, subject) VALUES ('warning', 'metric', 'average_rating', 2, 'carrier')$$);
CALL pg_temp.unpublished($$trigger, metric, below, condition) VALUES ('warning', 'metric', 'average_rating', 2, 'true')$$);
CALL pg_temp.unpublished($$trigger, event) VALUES ('warning', 'event', 'changed')$$);
CALL pg_temp.unpublished($$trigger, nth_from, subject) VALUES ('warning', 'offence', 1, 'carrier')$$);
CALL pg_temp.unpublished($$trigger, nth_from) VALUES ('warning', 'manual', 1)$$);
CALL pg_temp.unpublished($$trigger, amount, percent, percent_of) VALUES ('contract_penalty', 'manual', 1, 1, 'loss_amount')$$);
CALL pg_temp.unpublished($$trigger, percent) VALUES ('contract_penalty', 'manual', 1)$$);
CALL pg_temp.unpublished($$trigger, percent, percent_of) VALUES ('contract_penalty', 'manual', 1, 'carrier')$$);
CALL pg_temp.unpublished($$trigger, amount, cap) VALUES ('contract_penalty', 'manual', 1, 1)$$);
CALL pg_temp.unpublished($$trigger, amount, cap, cap_period) VALUES ('contract_penalty', 'manual', 1, 1, '1 month 1 day')$$);
CALL pg_temp.unpublished($$trigger, amount, cap, cap_period) VALUES ('contract_penalty', 'manual', 1, 1, '0')$$);
CALL pg_temp.unpublished($$trigger, points) VALUES ('score_deduction', 'manual', -1)$$);
CALL pg_temp.unpublished($$trigger, duty_due) VALUES ('warning', 'manual', '3 days')$$);
CALL pg_temp.unpublished($$trigger, duty, duty_due) VALUES ('warning', 'manual', 'self_review', '1 month')$$);

\set ECHO none
\i sql/include/desk_end.sql

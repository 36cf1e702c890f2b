--
-- Preset P2, live commerce: its rows against the regulation, as requirements section 3.2
-- writes it down, and tickets that live under it.
--
\getenv abs_srcdir PG_ABS_SRCDIR
\set begin_desk :abs_srcdir '/sql/include/desk.sql'
\set end_desk :abs_srcdir '/sql/include/desk_end.sql'
\set ECHO none
\i :begin_desk
\set ECHO all
\pset null -
SELECT sla.load_preset('live_commerce') AS version \gset
SELECT sla.load_preset('live_commerce') = :version AS the_same_again;
SELECT title, title_zh, status, effective_from, position, applies_to, time_zone, calendar, late_record_window, pause_on, reopen_alert_after,
	reopen_alert_roles, unsatisfied_max_rating, rating_scale, offence_window, offence_unit, retention_years, order_check, clause
FROM sla.policy WHERE policy = 'live_commerce' AND version = :version \gx

-- P2-01 to P2-11 and P2-13.  A date has no start: its clock is there while the ticket has the date.  The
-- assignee is the role handler, which falls back on the agent where nobody is assigned.  "L2 once binding" is ladder L2.
CREATE TEMP TABLE expected (row_id text, target text, milestone text, number text, unit text, calendar text, starts text,
	stops text, repeats numeric, responsible text, told text, ladder text, basis text, clause text);
INSERT INTO expected VALUES
('P2-01', 'first_response_live', 'first_response', '5', 'min', '24x7', 'received', 'first_response', NULL, 'agent', 'feedback_team_lead', 'L2', 'A', 'D2-02/08/09'),
('P2-02', 'first_response_written', 'first_response', '1440', 'min', '24x7', 'received', 'first_response', NULL, 'agent', 'feedback_team_lead', 'L2', 'A', 'D2-08/09'),
('P2-03', 'direct_answer', 'direct_answer', '10', 'min', '24x7', 'received', 'answered', NULL, 'agent', 'feedback_team_lead', NULL, 'A', 'D2-22'),
('P2-04', 'transfer', 'transfer', '30', 'min', '24x7', 'received', 'assigned', NULL, 'agent', 'feedback_team_lead', 'L2', 'A', 'D2-23'),
('P2-05', 'dept_plan', 'dept_plan', '120', 'min', '24x7', 'assigned (fb received+30 agent)', 'plan_proposed', NULL, 'dept_handler', 'dept_head', 'L2', 'A', 'D2-24'),
('P2-06', 'dept_complete', 'dept_complete', '1440', 'min', '24x7', 'assigned (fb received+30 agent)', 'result_to_cs', NULL, 'dept_handler', 'dept_head, feedback_team_lead', 'L2', 'A', 'D2-25'),
('P2-07', 'dept_complete_urgent', 'dept_complete', '240', 'min', '24x7', 'assigned (fb received+30 agent)', 'result_to_cs', NULL, 'dept_handler', 'dept_head, feedback_team_lead', 'L2', 'A', 'D2-25'),
('P2-08', 'coordination_meeting', 'coordination_meeting', '240', 'min', '24x7', 'department_added', 'coordination_meeting', NULL, 'feedback_team_lead', 'dept_head', NULL, 'A', 'D2-26'),
('P2-09', 'promise', 'promise', 'promised_at', 'date', '24x7', '', 'resolved', NULL, 'handler', 'feedback_team_lead', 'L2', 'T', 'D2-09'),
('P2-10', 'result_notice', 'result_notice', '1440', 'min', '24x7', 'result_to_cs', 'result_notified', NULL, 'agent', 'feedback_team_lead', NULL, 'A', 'D2-27'),
('P2-11', 'callback', 'callback', '3', 'wd', 'cn_workday', 'result_notified', 'callback_done', NULL, 'agent', 'feedback_team_lead', NULL, 'A', 'D2-10'),
-- The 1440 minutes since the last intake are the due_at of the duty's rows.
('P2-13', 'channel_watch', 'channel_watch', 'due_at', 'date', '24x7', '', 'registered', NULL, 'channel_monitor', 'feedback_team_lead', NULL, 'A', 'D2-17'),
-- What ladder L2 asks for, in section 3.3.
('L2', 'rectification', 'rectification', 'due_at', 'date', '24x7', '', 'rectified', NULL, 'dept_handler', 'dept_head', NULL, 'A', 'D2-46');

CREATE TEMP VIEW actual AS
SELECT t.target, t.milestone,
	coalesce(t.due_column, nullif(extract(day FROM t.duration), 0)::text, (extract(epoch FROM coalesce(t.duration, t.every)) / 60)::integer::text) AS number,
	CASE WHEN t.due_column IS NOT NULL THEN 'date' WHEN extract(day FROM t.duration) <> 0 THEN 'wd' ELSE 'min' END AS unit,
	coalesce(t.calendar, y.calendar) AS calendar,
	array_to_string(t.starts_on, CASE WHEN t.starts_all THEN ' AND ' ELSE ' OR ' END)
		|| coalesce(' (fb ' || t.fallback_on || '+' || (extract(epoch FROM t.fallback_after) / 60)::integer || ' ' || t.start_owed_by || ')', '') AS starts,
	array_to_string(t.stops_on, CASE WHEN t.stops_all THEN ' AND ' ELSE ' OR ' END) AS stops,
	(extract(epoch FROM t.every) / 60)::numeric AS repeats,
	array_to_string(t.responsible_role, ', ') AS responsible, array_to_string(t.notify_roles, ', ') AS told,
	t.ladder, t.basis, regexp_replace(t.clause, ', D2-', '/', 'g') AS clause
FROM sla.target t JOIN sla.policy y USING (policy, version)
WHERE policy = 'live_commerce' AND version = :version AND t.on_due IS NULL;

SELECT 'missing' AS difference, e.* FROM
	(SELECT target, milestone, number, unit, calendar, starts, stops, repeats, responsible, told, ladder, basis, clause FROM expected EXCEPT SELECT * FROM actual) e
UNION ALL
SELECT 'not in the regulation', a.* FROM
	(SELECT * FROM actual EXCEPT SELECT target, milestone, number, unit, calendar, starts, stops, repeats, responsible, told, ladder, basis, clause FROM expected) a
ORDER BY 2, 1;
SELECT (SELECT count(*) FROM expected) AS expected, (SELECT count(*) FROM actual) AS actual;

-- Easy mistake: D2 has no numbers, so no limit of this preset may pass for the document's, and none binds.
SELECT count(*) FILTER (WHERE binding) AS binding, count(*) FILTER (WHERE basis = 'B') AS theirs FROM sla.target
WHERE policy = 'live_commerce' AND version = :version;
SELECT note ~ 'states no number' AND note ~ 'advisory' AS said FROM sla.policy WHERE policy = 'live_commerce' AND version = :version;

-- What the table does not show.
SELECT target, condition, cancels_on, restarts FROM sla.target
WHERE policy = 'live_commerce' AND version = :version AND (condition IS NOT NULL OR cancels_on <> '{}' OR NOT restarts) ORDER BY target;
SELECT target, starts_on, stops_on, duration, on_due, condition, binding, responsible_role, clause FROM sla.target
WHERE policy = 'live_commerce' AND version = :version AND on_due IS NOT NULL;
SELECT target, duty FROM sla.target WHERE policy = 'live_commerce' AND version = :version AND duty IS NOT NULL ORDER BY target;
SELECT duty, every, due_after, source, roles, active, clause FROM sla.duty WHERE policy = 'live_commerce' AND version = :version ORDER BY duty;
SELECT rule, event, applies_when, requires_events, requires, actor_roles, mode, binding, ladder, implies, sets, notifies, clause FROM sla.event_rule
WHERE policy = 'live_commerce' AND version = :version ORDER BY rule;
SELECT target, level, at_percent, after, roles FROM sla.escalation_step
WHERE policy = 'live_commerce' AND version = :version ORDER BY target, level;
-- Ladder L2 (D2-46, D2-47) and rewards (D2-44, D2-45).
SELECT ladder, step, trigger, nth_from AS nth, nth_to, action, duty, duty_due, approver_roles, clause
FROM sla.penalty_rule WHERE policy = 'live_commerce' AND version = :version ORDER BY step;
SELECT reward, trigger, period, scope, kind, approver_roles, clause FROM sla.reward_rule
WHERE policy = 'live_commerce' AND version = :version ORDER BY reward;

-- What comes in, in the customer's words.
INSERT INTO sla.department (department, head) VALUES ('quality', 'Gao'), ('logistics', 'Luo');
INSERT INTO sla.employee (employee, department, supervisor, roles) VALUES ('Lin', NULL, 'Tao', '{agent}'), ('Tao', NULL, NULL, '{feedback_team_lead}'),
	('Gao', 'quality', NULL, '{dept_head}'), ('Shen', 'quality', NULL, '{}'), ('Luo', 'logistics', NULL, '{}');
CREATE TEMP TABLE words (n integer, channel text, severity text, description text, attributes jsonb);
INSERT INTO words VALUES
(1, 'live_comment', NULL, '直播间买的衣服掉色,质量很差,我要退货', '{}'),
(2, 'live_comment', NULL, '请问优惠券怎么用', '{}'),
(3, NULL, NULL, 'The parcel has not arrived yet', '{"live_session": "S-20251015"}'),
(4, 'complaint_mailbox', NULL, '主播态度恶劣', '{}'),
(5, 'social_media', NULL, '吃了直播间的零食后食物中毒住院', '{}'),
(6, 'social_media', 'critical', '裂了', '{}'),
(7, 'online_rating', NULL, '建议多讲讲尺码', '{}'),
(8, 'online_rating', NULL, 'hello', '{}'),
(9, 'live_comment', NULL, 'The streamer sold counterfeit bags to many customers', '{}');
SET ROLE regress_desk;
CALL desk.at('09:00');
RESET ROLE;
INSERT INTO sla.ticket (order_ref, channel, severity, description, attributes) SELECT 'word ' || n, channel, severity, description, attributes FROM words ORDER BY n;
SELECT order_ref, policy, channel, type, category, urgency, complexity, priority FROM sla.ticket WHERE order_ref LIKE 'word%' ORDER BY order_ref;
-- What the ticket brings along is never changed.
INSERT INTO sla.ticket (order_ref, channel, type, urgency, complexity, category, priority, description)
VALUES ('word own', 'live_comment', 'inquiry', 'normal', 'simple', 'other', 'P4', '质量事故,起火');
SELECT type, category, urgency, complexity, priority FROM sla.ticket WHERE order_ref = 'word own';
-- Which promises they have.
SELECT t.order_ref, string_agg(c.target || CASE WHEN c.provisional THEN ' (provisional)' ELSE '' END, ', ' ORDER BY c.target) AS promises
FROM sla.ticket t JOIN sla.clock c USING (ticket_id) WHERE t.order_ref LIKE 'word%' GROUP BY 1 ORDER BY 1;
SET ROLE regress_desk;

-- Easy mistake: in D2 the customer reopens, by the text itself and to the same department (D2-30).
-- The promise is mandatory in the first response; an unsatisfied customer returns the ticket to the same department.
CALL desk.at('10:00');
INSERT INTO sla.ticket (order_ref, channel, owner, description) VALUES ('walk', 'live_comment', 'Lin', '直播间买的衣服掉色,质量很差,我要退货');
SELECT target, no, started, due, verdict FROM desk.clocks('walk');
CALL desk.refused($$CALL desk.event('10:03', 'walk', 'first_response')$$);
CALL desk.event('10:04', 'walk', 'first_response', NULL, '{"set": {"promised_at": "2025-10-16 18:00+08"}}', 'Lin');
CALL desk.event('10:20', 'walk', 'assigned', NULL, '{"set": {"department": "quality", "assignee": "Shen"}}', 'Lin');
CALL desk.event('11:50', 'walk', 'plan_proposed', NULL, '{}', 'Shen');
CALL desk.event('+1 09:00', 'walk', 'result_to_cs', NULL, '{}', 'Shen');
CALL desk.event('+1 09:30', 'walk', 'result_notified', NULL, '{}', 'Lin');
SELECT target, no, started, due, stopped, verdict FROM desk.clocks('walk');
SELECT recipient, payload ->> 'event' AS event FROM sla.notification WHERE ticket_id = desk.id('walk') ORDER BY notification_id;
CALL desk.at('+1 10:00');
SELECT sla.rate(desk.id('walk'), 2, 'the new one fades too') > 0 AS rated;
SELECT no, event, cycle, occurred, implied_by FROM desk.events('walk') WHERE cycle = 2;
SELECT status, cycle, department, assignee, last_score FROM sla.ticket WHERE order_ref = 'walk';
SELECT recipient, payload ->> 'event' AS event FROM sla.notification WHERE ticket_id = desk.id('walk') AND cycle = 2;
CALL desk.refused($$CALL desk.event('+1 10:05', 'walk', 'closed', NULL, '{}', 'Lin')$$);
CALL desk.event('+1 11:00', 'walk', 'plan_proposed', NULL, '{}', 'Shen');
CALL desk.event('+1 15:00', 'walk', 'result_to_cs', NULL, '{}', 'Shen');
CALL desk.event('+1 15:10', 'walk', 'result_notified', NULL, '{}', 'Lin');
CALL desk.at('+1 15:20');
SELECT sla.rate(desk.id('walk'), 5) > 0 AS rated;
CALL desk.event('+1 16:00', 'walk', 'closed', NULL, '{}', 'Lin');
SELECT target, no, started, due, stopped, cancelled, verdict FROM desk.clocks('walk') WHERE no LIKE '2/%';
SELECT count(*) AS breaches FROM desk.breaches('walk');
SELECT * FROM desk.refold('walk');

-- A simple problem: the answer is the first response, and needs no promise.  Late by three minutes it is a miss,
-- but an advisory one, which no ladder sees (K-11).
CALL desk.at('10:00');
INSERT INTO sla.ticket (policy, order_ref, channel, owner, description) VALUES ('live_commerce', 'simple', 'hotline', 'Lin', '请问优惠券怎么用');
CALL desk.event('10:08', 'simple', 'answered', NULL, '{}', 'Lin');
SELECT no, event, implied_by FROM desk.events('simple');
SELECT target, due, stopped, cancelled, verdict FROM desk.clocks('simple');
SELECT target, kind, due, responsible FROM desk.breaches('simple');
CALL desk.sweep('10:09');
SELECT count(*) AS penalties FROM desk.penalties('simple');
-- Unsatisfied, it has no department to go back to, and nothing is assigned to nobody.
CALL desk.event('10:30', 'simple', 'rating_recorded', NULL, '{"score": 1}');
SELECT no, event, cycle FROM desk.events('simple') WHERE cycle = 2;
SELECT * FROM desk.refold('simple');

-- No answer for seven days.
CALL desk.at('10:00');
INSERT INTO sla.ticket (policy, order_ref, channel, owner, description) VALUES ('live_commerce', 'silent', 'chat', 'Lin', '请问优惠券怎么用');
CALL desk.event('10:03', 'silent', 'answered', NULL, '{}', 'Lin');
CALL desk.sweep('+7 10:04');
SELECT event, occurred, automatic FROM desk.events('silent') WHERE event LIKE 'closed%';
SELECT * FROM desk.refold('silent', '+7 10:04');

-- Handed over by nobody: the agent owes the start of the department's clocks (C-04, K-6).  The written channel has a day.
CALL desk.at('10:00');
INSERT INTO sla.ticket (order_ref, channel, owner, description) VALUES ('forgotten', 'social_media', 'Lin', '衣服掉色,我要退货');
CALL desk.sweep('+1 11:00');
SELECT target, kind, due, responsible FROM desk.breaches('forgotten');
SELECT e.target, e.kind, e.recipients FROM sla.escalation e WHERE e.ticket_id = desk.id('forgotten') ORDER BY e.due_at, e.target;
-- Assessed late: what is handed over is complex.
CALL desk.at('10:00');
INSERT INTO sla.ticket (order_ref, channel, owner, description) VALUES ('assessed', 'online_rating', 'Lin', 'hello');
SELECT complexity IS NULL AND needs_department IS NULL AS open FROM sla.ticket WHERE order_ref = 'assessed';
CALL desk.event('10:25', 'assessed', 'assigned', NULL, '{"set": {"department": "quality"}}', 'Lin');
SELECT complexity, needs_department FROM sla.ticket WHERE order_ref = 'assessed';
SELECT target, started, due, stopped, verdict FROM desk.clocks('assessed');
-- The customer gets ill: urgent, counted from the hand-over.
CALL desk.event('11:00', 'assessed', 'follow_up', NULL, '{"set": {"urgency": "urgent"}}', 'Lin');
SELECT target, started, due, cancelled, verdict FROM desk.clocks('assessed', 'dept_complete%');
-- Two departments meet, unless the problem is solved before.
CALL desk.event('11:10', 'assessed', 'department_added', NULL, '{"set": {"departments": ["quality", "logistics"]}}', 'Lin');
CALL desk.event('14:00', 'assessed', 'result_to_cs', NULL, '{}', 'Gao');
SELECT target, started, due, stopped, cancelled, verdict FROM desk.clocks('assessed') WHERE target IN ('coordination_meeting', 'dept_complete_urgent', 'dept_plan');
SELECT * FROM desk.refold('forgotten', '+1 11:00') UNION ALL SELECT * FROM desk.refold('assessed');

-- The promised time: moved before it has passed, missed, moved again (V-10).  Whoever has the ticket answers.
CALL desk.at('10:00');
INSERT INTO sla.ticket (order_ref, channel, owner, description)
SELECT x, 'live_comment', 'Lin', '衣服掉色,我要退货' FROM unnest('{promise a,promise b}'::text[]) x;
CALL desk.event('10:04', 'promise a', 'first_response', NULL, '{"set": {"promised_at": "2025-10-15 16:00+08"}}', 'Lin');
CALL desk.event('10:04', 'promise b', 'first_response', NULL, '{"set": {"promised_at": "2025-10-15 16:00+08"}}', 'Lin');
CALL desk.event('10:20', 'promise a', 'assigned', NULL, '{"set": {"department": "quality", "assignee": "Shen"}}', 'Lin');
CALL desk.event('15:00', 'promise a', 'promised', NULL, '{"set": {"promised_at": "2025-10-15 18:00+08"}}', 'Lin');
CALL desk.event('18:30', 'promise a', 'promised', NULL, '{"set": {"promised_at": "2025-10-15 20:00+08"}}', 'Lin');
CALL desk.event('18:30', 'promise b', 'follow_up', NULL, '{}', 'Lin');
SELECT no, due, stopped, cancelled, verdict FROM desk.clocks('promise a', 'promise');
SELECT no, due, responsible FROM desk.breaches('promise a', 'promise');
SELECT no, due, responsible FROM desk.breaches('promise b', 'promise');
SELECT * FROM desk.refold('promise%');

-- Leaving the process is what the regulation punishes: the department tells the customer itself, and before there is a result.
CALL desk.at('10:00');
INSERT INTO sla.ticket (order_ref, channel, owner, department, assignee, description)
SELECT x, 'live_comment', 'Lin', 'quality', 'Shen', '衣服掉色,我要退货' FROM unnest('{skipped a,skipped b,skipped c,skipped d}'::text[]) x;
CALL desk.event('10:30', 'skipped a', 'result_notified', NULL, '{}', 'Shen');
CALL desk.event('10:31', 'skipped b', 'result_to_cs', NULL, '{}', 'Shen');
CALL desk.event('10:32', 'skipped b', 'result_notified', NULL, '{}', 'Shen');
-- Customer service itself, and an event without an actor, are no violation; closing without a word to the customer is.
CALL desk.event('10:31', 'skipped c', 'result_to_cs', NULL, '{}', 'Shen');
CALL desk.event('10:40', 'skipped c', 'closed', NULL, '{}', 'Lin');
CALL desk.event('10:31', 'skipped d', 'result_to_cs', NULL, '{}', 'Shen');
CALL desk.event('10:41', 'skipped d', 'result_notified');
CALL desk.event('10:42', 'skipped d', 'closed', NULL, '{}', 'Lin');
SELECT target, kind, due, responsible FROM desk.breaches('skipped a');
SELECT target, kind, due, responsible FROM desk.breaches('skipped b');
SELECT target, kind, due, responsible FROM desk.breaches('skipped c');
SELECT target, kind, due, responsible FROM desk.breaches('skipped d');
CALL desk.sweep('10:45');
SELECT * FROM desk.penalties('skipped a') UNION ALL SELECT * FROM desk.penalties('skipped b') UNION ALL SELECT * FROM desk.penalties('skipped c');
SELECT sla.confirm_penalty(desk.id('skipped a'), 'L2', 'Shen', 'Gao'), sla.confirm_penalty(desk.id('skipped b'), 'L2', 'Shen', 'Gao');
SELECT offence_no, step, action FROM desk.penalties('skipped a') UNION ALL SELECT offence_no, step, action FROM desk.penalties('skipped b');
SELECT p.document, desk.t(p.document_due_at) AS due FROM sla.penalty p WHERE p.ticket_id = desk.id('skipped a');
SELECT * FROM desk.refold('skipped%', '10:45');

-- Three times unsatisfied: the feedback handling team hears of it (K-9).
CALL desk.at('10:00');
INSERT INTO sla.ticket (order_ref, channel, owner, department, description) VALUES ('never', 'live_comment', 'Lin', 'quality', '衣服掉色,我要退货');
CALL desk.event('10:10', 'never', 'rating_recorded', NULL, '{"score": 2}');
CALL desk.event('10:20', 'never', 'rating_recorded', NULL, '{"score": 2}');
SELECT count(*) AS alerts FROM sla.escalation WHERE ticket_id = desk.id('never') AND kind = 'reopen_alert';
CALL desk.event('10:30', 'never', 'rating_recorded', NULL, '{"score": 1}');
SELECT cycle, roles, recipients, reason FROM sla.escalation WHERE ticket_id = desk.id('never') AND kind = 'reopen_alert';
SELECT count(*) AS assigned FROM desk.events('never') WHERE event = 'assigned';
SELECT * FROM desk.refold('never');
-- Also where the third comes to light because an earlier one is told late, and once only.
CALL desk.at('10:00');
INSERT INTO sla.ticket (order_ref, channel, owner, department, description) VALUES ('late never', 'live_comment', 'Lin', 'quality', '衣服掉色,我要退货');
CALL desk.event('10:10', 'late never', 'rating_recorded', NULL, '{"score": 2}');
CALL desk.event('10:30', 'late never', 'rating_recorded', NULL, '{"score": 1}');
CALL desk.event('10:40', 'late never', 'rating_recorded', '10:20', '{"score": 2}');
SELECT cycle, desk.t(due_at) AS reopened, reason FROM sla.escalation WHERE ticket_id = desk.id('late never') AND kind = 'reopen_alert';
CALL desk.event('10:50', 'late never', 'rating_recorded', NULL, '{"score": 1}');
SELECT count(*) AS alerts FROM sla.escalation WHERE ticket_id = desk.id('late never') AND kind = 'reopen_alert';
SELECT * FROM desk.refold('late never');
-- A withdrawal that is told after the ticket was closed, and came before: it ended with that.
CALL desk.at('10:00');
INSERT INTO sla.ticket (order_ref, channel, type, owner, description) VALUES ('given up', 'live_comment', 'inquiry', 'Lin', '几点开播');
CALL desk.event('10:01', 'given up', 'answered', NULL, '{"set": {"promised_at": "2025-10-15 12:00+08"}}');
CALL desk.event('10:30', 'given up', 'rating_recorded', NULL, '{"score": 5}');
CALL desk.event('10:40', 'given up', 'closed');
CALL desk.event('10:50', 'given up', 'withdrawn', '10:35');
SELECT status, desk.t(closed_at) AS closed FROM sla.ticket WHERE order_ref = 'given up';
SELECT * FROM desk.refold('given up');

-- Duties are tickets of their own: what is done is resolved and closed, and no rule of a customer's ticket holds for them.
RESET ROLE;
CALL desk.at('10:00');
INSERT INTO sla.ticket (policy, order_ref, type, duty, subject_key, assignee, due_at) VALUES
	('live_commerce', 'watch', 'duty', 'channel_watch', 'email', NULL, '2025-10-15 12:00+08'),
	('live_commerce', 'put right', 'duty', 'rectification', NULL, 'Shen', '2025-10-16 24:00+08');
CALL desk.event('13:00', 'watch', 'registered');
CALL desk.event('13:00', 'put right', 'rectified', NULL, '{}', 'Shen');
SELECT order_ref, type, category, complexity, priority, status FROM sla.ticket WHERE order_ref IN ('watch', 'put right') ORDER BY 1;
SELECT * FROM desk.clocks('watch');
SELECT * FROM desk.clocks('put right');
SELECT target, kind, due FROM desk.breaches('watch');
SELECT * FROM desk.breaches('put right');
SELECT * FROM sla._policy_problems() WHERE object LIKE 'live_commerce%';
SELECT code, object, message FROM sla.finding WHERE ticket_id > (SELECT last FROM desk.ticket_before) AND code <> 'role_unresolved' ORDER BY 1, 2;

\set ECHO none
\i :end_desk

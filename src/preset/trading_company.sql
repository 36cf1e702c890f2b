--
-- preset/trading_company.sql
--		P1: trading company, after-sales response time limits (D1, 贸易公司售后服务响应时限控制制度).
--
--		basis B: the number is the regulation's.  A: it is a suggestion, advisory
--		until the company makes it binding.
--

CREATE FUNCTION sla._preset_trading_company(version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p CONSTANT text := 'trading_company';
	v CONSTANT integer := version;
	normal_here CONSTANT text := 'urgency = ''normal'' AND needs_department';
	important CONSTANT text := 'urgency = ''important''';
	urgent CONSTANT text := 'urgency = ''urgent''';
BEGIN
	INSERT INTO sla.policy (policy, version, title, title_zh, position, time_zone, calendar,
		late_record_window, reopen_alert_after, unsatisfied_max_rating, rating_scale, offence_window,
		offence_unit, retention_years, order_check, clause, note)
	VALUES (p, v, 'Trading company after-sales response times', '贸易公司售后服务响应时限控制制度',
		100, 'Asia/Shanghai', '24x7', '24:00:00', 3, 2, 5, '1 year', 'ticket', 3, 'warn', 'D1',
		'All minutes and hours are elapsed time. The regulation leaves the retention period blank (D1-41): 3 years are a suggestion.');

	-- One answer within five minutes, whatever the ticket.
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		stops_on, duration, restarts, responsible_role, notify_roles, binding, basis, ladder, clause)
	VALUES (p, v, 'first_response', 'first_response', 'First response', '首次响应', NULL,
		'{received}', '{first_response}', '00:05:00', false, '{agent}', '{supervisor}',
		true, 'B', 'L1', 'D1-15');

	-- Normal (D1-18 to D1-22).
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		fallback_on, fallback_after, start_owed_by, stops_on, cancels_on, duration, restarts,
		responsible_role, notify_roles, binding, basis, ladder, clause)
	VALUES
		(p, v, 'direct_answer', 'direct_answer', 'Direct answer to an inquiry', '直接解答',
		 'type = ''inquiry'' AND urgency = ''normal'' AND needs_department IS NOT TRUE', '{received}',
		 NULL, NULL, NULL, '{answered}', '{}', '00:10:00', false,
		 '{agent}', '{supervisor}', true, 'B', 'L1', 'D1-18'),
		(p, v, 'assign', 'assign', 'Assignment to the department', '分配给相关部门',
		 'urgency = ''normal'' AND needs_department IS NOT FALSE', '{received}',
		 NULL, NULL, NULL, '{assigned}', '{answered}', '00:30:00', true,
		 '{agent}', '{supervisor}', true, 'B', 'L1', 'D1-19'),
		(p, v, 'preliminary_solution', 'preliminary_solution', 'Preliminary solution', '初步解决方案',
		 normal_here, '{assigned}',
		 'received', '00:30:00', 'agent', '{plan_proposed}', '{resolved}', '02:00:00', true,
		 '{dept_handler}', '{agent,supervisor}', true, 'B', 'L1', 'D1-21'),
		(p, v, 'resolve_department', 'resolve', 'Resolution by the department', '部门完成处理',
		 normal_here, '{assigned}',
		 'received', '00:30:00', 'agent', '{resolved}', '{}', '24:00:00', true,
		 '{dept_handler}', '{supervisor}', true, 'B', 'L1', 'D1-22'),
		(p, v, 'resolve_agent', 'resolve', 'Resolution by the agent', '专员完成处理',
		 'urgency = ''normal'' AND needs_department IS NOT TRUE AND type <> ''inquiry''', '{received}',
		 NULL, NULL, NULL, '{resolved}', '{}', '24:00:00', true,
		 '{agent}', '{supervisor}', false, 'A', NULL, 'D1-22');

	-- Important (D1-24 to D1-28): four hours are the start of work, not the end.
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		fallback_on, fallback_after, start_owed_by, stops_on, rearms_on, cancels_on, duration, every,
		responsible_role, notify_roles, binding, basis, ladder, clause)
	VALUES
		(p, v, 'report_supervisor', 'report_supervisor', 'Report to the supervisor', '报告售后服务主管',
		 important, '{received}',
		 NULL, NULL, NULL, '{reported_to_supervisor}', '{}', '{}', '00:15:00', NULL,
		 '{agent}', '{supervisor}', true, 'B', 'L1', 'D1-24'),
		(p, v, 'emergency_meeting', 'emergency_meeting', 'Emergency meeting', '召开紧急会议',
		 important, '{reported_to_supervisor}',
		 NULL, NULL, NULL, '{emergency_meeting}', '{}', '{resolved}', '00:15:00', NULL,
		 '{supervisor}', '{dept_head}', false, 'A', NULL, 'D1-25'),
		(p, v, 'start_work', 'start_work', 'Start of work', '开始处理问题',
		 important, '{assigned}',
		 'received', '00:15:00', 'agent', '{work_started}', '{}', '{resolved}', '04:00:00', NULL,
		 '{dept_handler}', '{supervisor}', true, 'B', 'L1', 'D1-26'),
		(p, v, 'progress_to_supervisor', 'progress_to_supervisor', 'Progress report to the supervisor',
		 '向主管汇报处理进度', important, '{work_started}',
		 NULL, NULL, NULL, '{resolved}', '{progress_to_supervisor}', '{}', NULL, '02:00:00',
		 '{dept_handler}', '{supervisor}', true, 'B', 'L1', 'D1-27'),
		(p, v, 'resolve_important', 'resolve', 'Resolution of an important problem', '重要问题处理完成',
		 important, '{received}',
		 NULL, NULL, NULL, '{resolved}', '{}', '{}', '24:00:00', NULL,
		 '{dept_handler}', '{supervisor}', false, 'A', NULL, 'C-03'),
		(p, v, 'result_notice_important', 'result_notice', 'Result notice to the customer',
		 '向客户反馈处理结果', important, '{resolved}',
		 NULL, NULL, NULL, '{result_notified}', '{}', '{}', '24:00:00', NULL,
		 '{agent}', '{supervisor}', true, 'B', 'L1', 'D1-28');

	-- Urgent (D1-30 to D1-34): two people to tell, an emergency team, the customer every half hour.
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		starts_all, fallback_on, fallback_after, start_owed_by, stops_on, stops_all, rearms_on,
		duration, every, responsible_role, notify_roles, binding, basis, ladder, clause)
	VALUES
		(p, v, 'notify_heads', 'notify_heads', 'Notice to supervisor and heads of department',
		 '通知主管和相关部门负责人', urgent, '{received}', false,
		 NULL, NULL, NULL, '{reported_to_supervisor,dept_head_notified}', true, '{}', '00:05:00', NULL,
		 '{agent}', '{supervisor,dept_head}', true, 'B', 'L1', 'D1-30'),
		(p, v, 'emergency_response', 'emergency_response', 'Response of those who were told',
		 '相关人员做出响应', urgent, '{reported_to_supervisor,dept_head_notified}', true,
		 'received', '00:05:00', 'agent', '{dept_responded}', false, '{}', '00:15:00', NULL,
		 '{supervisor,dept_head,dept_handler}', '{supervisor}', true, 'B', 'L1', 'D1-31'),
		(p, v, 'emergency_team', 'emergency_team', 'Emergency team and plan', '成立应急处理小组',
		 urgent, '{dept_responded}', false,
		 NULL, NULL, NULL, '{emergency_team_formed,plan_proposed}', true, '{}', '00:15:00', NULL,
		 '{dept_head}', '{supervisor}', false, 'A', NULL, 'D1-32'),
		(p, v, 'progress_to_customer', 'progress_to_customer', 'Progress report to the customer',
		 '向客户反馈处理进度', urgent, '{dept_responded}', false,
		 'received', '00:20:00', 'dept_head', '{resolved}', false, '{progress_to_customer}', NULL,
		 '00:30:00', '{agent}', '{supervisor}', true, 'B', 'L1', 'D1-33'),
		(p, v, 'resolve_urgent', 'resolve', 'Resolution of an urgent problem', '紧急问题解决',
		 urgent, '{received}', false,
		 NULL, NULL, NULL, '{resolved}', false, '{}', '04:00:00', NULL,
		 '{dept_handler}', '{supervisor,dept_head}', true, 'B', 'L1', 'D1-34');

	-- After the solution (D1-35 to D1-38).
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		stops_on, duration, on_due, responsible_role, notify_roles, binding, basis, clause, note)
	VALUES
		(p, v, 'result_notice', 'result_notice', 'Result notice to the customer', '向客户反馈处理结果',
		 'urgency <> ''important''', '{resolved}', '{result_notified}', '24:00:00', NULL,
		 '{agent}', '{supervisor}', false, 'A', 'D1-35', NULL),
		(p, v, 'close_without_rating', 'close_without_rating', 'Closed if the customer does not rate',
		 '客户未评价自动关闭', 'last_score IS NULL OR last_score > 2', '{result_notified}',
		 '{rating_recorded}', '168:00:00', 'closed_no_rating',
		 '{}', '{}', false, 'A', 'D1-37', 'A timer of 7 times 24 hours; never for an unsatisfied customer (D1-38).');

	-- The written self-review that a first warning asks for (D1-61).
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, duty, due_column,
		stops_on, responsible_role, notify_roles, binding, basis, clause, note)
	VALUES (p, v, 'self_review', 'document_filed', 'Written self-review', '书面检讨', 'self_review',
		'due_at', '{document_filed}', '{agent}', '{supervisor}', false, 'A', 'D1-61',
		'The three working days are a suggestion; they are in the penalty rule.');

	INSERT INTO sla.event_rule (policy, version, rule, event, title, title_zh, applies_when, requires,
		mode, implies, sets, message, message_zh, clause)
	VALUES
		(p, v, 'answered_resolves', 'answered', 'A direct answer resolves the inquiry', '直接解答即解决',
		 NULL, NULL, 'enforce', '{first_response,resolved,result_notified}', NULL, NULL, NULL, 'D1-18'),
		(p, v, 'unsatisfied_reopens', 'rating_recorded', 'An unsatisfied customer reopens the ticket',
		 '客户不满意则重新启动处理', '(event_details ->> ''score'')::integer <= 2', NULL,
		 'enforce', '{reopened}', NULL, NULL, NULL, 'D1-38'),
		(p, v, 'assigned_needs_department', 'assigned', 'Assignment means that a department is needed',
		 '分配即需要其他部门协助', 'needs_department IS NULL', NULL,
		 'enforce', '{}', '{"needs_department": true}', NULL, NULL, 'D1-19'),
		(p, v, 'closed_needs_satisfaction', 'closed', 'Closed only with a satisfied customer',
		 '客户满意方可关闭', NULL, 'last_score IS NULL OR last_score > 2', 'enforce', '{}', NULL,
		 'the last rating is unsatisfied; the ticket stays open until the customer is satisfied',
		 '客户最近一次评价不满意,须重新处理直至客户满意', 'D1-38'),
		(p, v, 'self_review_closes', 'document_filed', 'A self-review that is handed in is done', '书面检讨提交即关闭',
		 'duty = ''self_review''', NULL, 'enforce', '{resolved,closed}', NULL, NULL, NULL, 'D1-61');

	-- Urgency and type from facts first, then from words, then the defaults.  Advisory:
	-- what the agent enters is never changed.
	INSERT INTO sla.classification (policy, version, position, condition, keywords, sets, title,
		title_zh, clause)
	VALUES
		(p, v, 10, 'severity = ''serious'' OR business_impact = ''major_event''', '{}',
		 '{"urgency": "urgent"}', 'Serious quality problem, or a major event of the customer',
		 '产品出现严重质量问题、影响客户重大活动', 'D1-29'),
		(p, v, 20, 'business_impact = ''normal_business'' OR amount_involved >= 10000', '{}',
		 '{"urgency": "important"}', 'The customer''s business suffers, or the amount is large',
		 '影响客户正常业务开展、涉及较大金额', 'D1-23'),
		(p, v, 30, NULL,
		 '{严重质量,质量事故,安全事故,起火,着火,爆炸,冒烟,漏电,触电,受伤,重大活动,重要活动,on fire,caught fire,explosion,exploded,smoke coming,electric shock,injury,injured,safety hazard,serious quality,major event}',
		 '{"urgency": "urgent"}', 'Words of an urgent problem', '紧急问题关键词', 'D1-29'),
		(p, v, 40, NULL,
		 '{停产,停工,停线,无法营业,无法使用,无法工作,影响业务,影响生产,大额,巨额,production stopped,production line down,out of service,cannot operate,business interrupted,large amount}',
		 '{"urgency": "important"}', 'Words of an important problem', '重要问题关键词', 'D1-23'),
		(p, v, 50, NULL,
		 '{投诉,不满,差评,欺骗,赔偿,退款,态度差,complaint,complain,dissatisfied,refund,compensation,unacceptable}',
		 '{"type": "complaint"}', 'Words of a complaint', '投诉关键词', 'D1-17'),
		(p, v, 60, NULL,
		 '{建议,希望能,希望增加,改进意见,suggestion,suggest,feature request,would be better}',
		 '{"type": "suggestion"}', 'Words of a suggestion', '建议关键词', 'D1-17'),
		(p, v, 70, NULL,
		 '{咨询,请问,如何,怎么,怎样,是否可以,inquiry,enquiry,question,how to,how do,how can}',
		 '{"type": "inquiry"}', 'Words of an inquiry', '咨询关键词', 'D1-17'),
		(p, v, 80, NULL, '{}', '{"type": "other"}', 'Any other type', '其他类型', 'D1-17'),
		(p, v, 90, NULL, '{}', '{"urgency": "normal"}', 'Any other urgency', '一般', 'D1-17'),
		(p, v, 100, 'urgency IN (''important'', ''urgent'')', '{}', '{"decision_owner": "supervisor"}',
		 'Major problems are decided by the supervisor', '重大客户问题由售后服务主管决策', 'D1-10');

	-- Flat: at most two levels (D1-03).
	INSERT INTO sla.escalation_step (policy, version, target, level, at_percent, after, roles, title,
		title_zh, clause)
	VALUES
		(p, v, 'resolve_department', 0, 80, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D1-03'),
		(p, v, 'resolve_agent', 0, 80, NULL, '{agent}', 'Deadline is near', '临近时限提醒', 'D1-03'),
		(p, v, 'resolve_important', 0, 80, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D1-03'),
		(p, v, 'resolve_urgent', 0, 80, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D1-03'),
		(p, v, '*', 1, NULL, '00:00:00', NULL, 'Missed', '已超时', 'D1-03'),
		(p, v, '*', 2, NULL, '01:00:00', '{supervisor,dept_head}', 'Missed for an hour', '超时一小时', 'D1-03');

	INSERT INTO sla.penalty_rule (policy, version, ladder, step, title, title_zh, trigger, metric, below,
		min_count, nth_from, nth_to, severity, action, points, duty, duty_due, approver_roles, clause)
	VALUES
		(p, v, 'L1', '1', 'First missed limit: warning, counselling and a written self-review',
		 '首次:警告处分、批评教育、书面检讨', 'offence', NULL, NULL,
		 NULL, 1, 1, NULL, 'warning', NULL, 'self_review', '3 days', '{supervisor}', 'D1-61'),
		(p, v, 'L1', '2_normal', 'Repeated, normal problem: score deduction', '多次(一般):绩效扣分',
		 'offence', NULL, NULL,
		 NULL, 2, NULL, 'normal', 'score_deduction', 2, NULL, NULL, '{supervisor,hr}', 'D1-62'),
		(p, v, 'L1', '2_important', 'Repeated, important problem: score deduction', '多次(重要):绩效扣分',
		 'offence', NULL, NULL,
		 NULL, 2, NULL, 'important', 'score_deduction', 5, NULL, NULL, '{supervisor,hr}', 'D1-62'),
		(p, v, 'L1', '2_urgent', 'Repeated, urgent problem: score deduction', '多次(紧急):绩效扣分',
		 'offence', NULL, NULL,
		 NULL, 2, NULL, 'urgent', 'score_deduction', 10, NULL, NULL, '{supervisor,hr}', 'D1-62'),
		(p, v, 'L1', '2b', 'Low satisfaction in a month: score deduction', '客户满意度较低:绩效扣分',
		 'metric', 'average_rating', 3.0,
		 5, NULL, NULL, NULL, 'score_deduction', 2, NULL, NULL, '{supervisor,hr}', 'D1-62'),
		(p, v, 'L1', '3', 'Serious violation with major loss: dismissal review, never automatic',
		 '严重违反并造成重大损失:辞退审议', 'manual', NULL, NULL,
		 NULL, NULL, NULL, NULL, 'dismissal_review', NULL, NULL, NULL, '{hr,management}', 'D1-63');

	-- The regulation names what is rewarded and how (D1-58 to D1-60); the figures are a suggestion.
	INSERT INTO sla.reward_rule (policy, version, reward, title, title_zh, trigger, metric, at_least,
		and_metric, and_at_least, min_count, period, scope, kind, approver_roles, clause, note)
	VALUES
		(p, v, 'timeliness', 'Timely and satisfactory service in a month', '响应及时且客户满意度高', 'metric',
		 'on_time_rate', 0.98, 'average_rating', 4.5, 10, '1 month', 'employee', 'bonus', '{supervisor,hr}',
		 'D1-58', 'Bonus, prize, commendation or certificate.'),
		(p, v, 'innovation', 'Suggestion that improved the service', '改进建议被采纳并取得成效', 'manual',
		 NULL, NULL, NULL, NULL, NULL, '1 month', 'employee', 'bonus', '{management}', 'D1-59', NULL),
		(p, v, 'team', 'Outstanding team on a major problem or project', '团队奖励', 'manual',
		 NULL, NULL, NULL, NULL, NULL, '1 month', 'team', 'activity_fund', '{management}', 'D1-60',
		 'Team trip or activity fund.');
END
$$;

COMMENT ON FUNCTION sla._preset_trading_company(integer) IS
'Inserts the draft of preset trading_company (P1, regulation D1); called by sla.load_preset().';
REVOKE EXECUTE ON FUNCTION sla._preset_trading_company(integer) FROM PUBLIC;

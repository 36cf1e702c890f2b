--
-- preset/generic_service_desk.sql
--		P7: a generic after-sales desk (D4 D5 D8-D12 D15-D21).
--
--		None of these regulations contains a number: every time is a suggestion, or a date
--		of the ticket, and nothing binds until the company says so.
--

CREATE FUNCTION sla._preset_generic_service_desk(version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p CONSTANT text := 'generic_service_desk';
	v CONSTANT integer := version;
	-- Where the customer waits at the other end.
	live CONSTANT text := '(''hotline'', ''phone'', ''chat'', ''web_chat'', ''live_comment'', ''visit'')';
	-- Two orders: repairs as D17 draws them, complaints as D15 does.
	repair CONSTANT text := 'duty IS NULL AND type IN (''fault_report'', ''service_request'')';
	complaint CONSTANT text := 'duty IS NULL AND type = ''complaint''';
BEGIN
	INSERT INTO sla.policy (policy, version, title, title_zh, position, applies_to, time_zone, calendar,
		late_record_window, reopen_alert_after, reopen_alert_roles, unsatisfied_max_rating, rating_scale,
		offence_window, offence_unit, retention_years, order_check, clause, note)
	VALUES (p, v, 'Generic after-sales desk', '通用售后服务台',
		900, NULL, 'Asia/Shanghai', '24x7', '24:00:00', 3, '{dept_head}', 2, 5, '1 year', 'ticket', 3, 'warn',
		'D4, D5, D8, D9, D10, D11, D12, D15, D16, D17, D18, D19, D20, D21',
		'All numbers are suggestions, none binds. Takes every ticket that no policy before it takes: where trading_company (position 100, no condition) holds too, that one rules and this policy only the tickets that name it. Dispatching by category (D4-04) and complaint teams (D20-08) are classification rows of the company, with its own departments.');

	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		fallback_on, fallback_after, start_owed_by, stops_on, cancels_on, duration, restarts,
		responsible_role, notify_roles, binding, basis, clause, note)
	VALUES
		(p, v, 'first_response_live', 'first_response', 'First response, live channels', '首次响应(即时渠道)',
		 'channel IN ' || live, '{received}', NULL, NULL, NULL, '{first_response}', '{}', '00:15:00', false,
		 '{agent}', '{dept_head}', false, 'A', 'D12-01', NULL),
		(p, v, 'first_response_other', 'first_response', 'First response, other channels', '首次响应(其他渠道)',
		 'channel IS NULL OR channel NOT IN ' || live, '{received}', NULL, NULL, NULL,
		 '{first_response}', '{}', '24:00:00', false,
		 '{agent}', '{dept_head}', false, 'A', 'D20-05', NULL),
		(p, v, 'assign', 'assign', 'Dispatch to the department', '分派给相关部门', 'needs_department',
		 '{received}', NULL, NULL, NULL, '{assigned}', '{resolved}', '00:30:00', true,
		 '{agent}', '{dept_head}', false, 'A', 'D4-04', NULL),
		(p, v, 'plan', 'plan', 'Plan told to the customer', '订立解决方案并告知客户', 'needs_department',
		 '{assigned}', 'received', '00:30:00', 'agent', '{plan_proposed}', '{resolved}', '02:00:00', true,
		 '{dept_handler}', '{dept_head}', false, 'A', 'D4-06',
		 'Void once the problem is solved, like the assignment.'),
		(p, v, 'resolve', 'resolve', 'Resolution', '解决客户问题', 'urgency IN (''normal'', ''important'')',
		 '{received}', NULL, NULL, NULL, '{resolved}', '{}', '24:00:00', true,
		 '{dept_handler}', '{dept_head}', false, 'A', 'D5-05', NULL),
		(p, v, 'resolve_urgent', 'resolve', 'Resolution of an urgent problem', '解决紧急问题', 'urgency = ''urgent''',
		 '{received}', NULL, NULL, NULL, '{resolved}', '{}', '04:00:00', true,
		 '{dept_handler}', '{dept_head}', false, 'A', 'D5-05', NULL),
		(p, v, 'escalate_unsolvable', 'escalate_unsolvable', 'Escalation with a proposal', '无法解决时向上级汇报并提出建议',
		 NULL, '{unsolvable}', NULL, NULL, NULL, '{escalated}', '{}', '00:30:00', true,
		 '{dept_handler}', '{supervisor}', false, 'A', 'D5-07', NULL),
		(p, v, 'result_notice', 'result_notice', 'Result notice to the customer', '向客户反馈处理结果', NULL,
		 '{resolved}', NULL, NULL, NULL, '{result_notified}', '{}', '24:00:00', true,
		 '{agent}', '{dept_head}', false, 'A', 'D5-06', NULL);

	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		stops_on, rearms_on, duration, due_column, on_due, responsible_role, notify_roles, binding, basis,
		clause, note)
	VALUES
		(p, v, 'promise', 'promise', 'Solution by the planned time', '按方案所需时间解决', NULL,
		 '{}', '{resolved}', '{}', NULL, 'promised_at', NULL,
		 '{dept_handler}', '{dept_head}', false, 'T', 'D11-03',
		 'promised_at = the time of the plan and what it needs.'),
		(p, v, 'progress_to_customer', 'progress_to_customer', 'Progress report to the customer', '向客户提供进展反馈',
		 NULL, '{work_started}', '{resolved}', '{progress_to_customer}', NULL, NULL, NULL,
		 '{dept_handler}', '{dept_head}', false, 'A', 'D11-04',
		 'Switched off: no regulation says how often (D21-05). Set every to switch it on.'),
		(p, v, 'close_without_rating', 'close_without_rating', 'Closed if the customer does not rate',
		 '客户未评价自动关闭', 'last_score IS NULL OR last_score > 2',
		 '{survey_requested}', '{rating_recorded}', '{}', '168:00:00', NULL, 'closed_no_rating',
		 '{}', '{}', false, 'A', 'C-12', 'A timer of 7 times 24 hours; never for an unsatisfied customer.');

	INSERT INTO sla.event_rule (policy, version, rule, event, title, title_zh, applies_when, requires_events,
		requires, mode, implies, sets, notifies, message, message_zh, clause)
	VALUES
		(p, v, 'received_registers', 'received', 'Entering the ticket is its registration', '受理即登记',
		 'duty IS NULL', '{}', NULL, 'enforce', '{registered}', NULL, '{}', NULL, NULL, 'D12-01'),
		(p, v, 'answered_responds', 'answered', 'An answer is a first response', '答复即首次响应',
		 'duty IS NULL', '{}', NULL, 'enforce', '{first_response}', NULL, '{}', NULL, NULL, 'D12-10'),
		(p, v, 'assigned_needs_department', 'assigned', 'Assignment means that a department is needed', '分派即需要相关部门',
		 'duty IS NULL AND needs_department IS NULL', '{}', NULL, 'enforce', '{}',
		 '{"needs_department": true}', '{}', NULL, NULL, 'D4-04'),
		(p, v, 'reopened_keeps_handler', 'reopened', 'Whoever had the ticket diagnoses it again', '由原处理人重新诊断',
		 'duty IS NULL AND (department IS NOT NULL OR assignee IS NOT NULL)', '{}', NULL, 'enforce',
		 '{assigned}', NULL, '{}', NULL, NULL, 'D11-06'),
		(p, v, 'plan_has_time', 'plan_proposed', 'A plan says how long it takes', '解决方案应包括所需时间',
		 'duty IS NULL', '{}', 'promised_at IS NOT NULL', 'enforce', '{}', NULL, '{}',
		 'the plan does not say by when the problem will be solved', '解决方案应写明所需时间', 'D11-03'),
		(p, v, 'escalated_with_proposal', 'escalated', 'An escalation proposes a solution', '汇报须提出解决建议',
		 'duty IS NULL', '{}', 'event_note IS NOT NULL', 'enforce', '{}', NULL, '{}',
		 'an escalation needs a proposed solution in its note', '向上级汇报须在备注中提出解决建议', 'D5-07'),
		(p, v, 'resolved_requests_survey', 'resolved', 'A solution asks the customer for a rating', '解决后自动索取反馈',
		 'duty IS NULL', '{}', NULL, 'enforce', '{survey_requested}', NULL, '{customer}', NULL, NULL, 'D12-08'),
		(p, v, 'unsatisfied_reopens', 'rating_recorded', 'An unsatisfied customer reopens the ticket',
		 '客户不满意则重新诊断',
		 'duty IS NULL AND (event_details ->> ''score'')::integer <= 2', '{}', NULL, 'enforce',
		 '{reopened}', NULL, '{}', NULL, NULL, 'D11-06'),
		(p, v, 'unsatisfied_needs_new_plan', 'resolved', 'For an unsatisfied customer a new plan comes first',
		 '不满意须制定新的解决方案',
		 'duty IS NULL AND last_score <= 2', '{plan_proposed}', NULL, 'enforce', '{}', NULL, '{}',
		 'the customer was not satisfied; make a new plan first', '客户不满意,须先制定新的解决方案', 'D11-06'),
		(p, v, 'closed_needs_confirmation', 'closed', 'Closed after the customer''s confirmation or rating',
		 '客户确认后关闭',
		 'duty IS NULL AND last_score IS NULL', '{customer_confirmed}', NULL, 'warn', '{}', NULL, '{}',
		 NULL, NULL, 'D11-05');

	INSERT INTO sla.event_rule (policy, version, rule, event, title, title_zh, applies_when, requires_events,
		mode, clause)
	VALUES
		-- D17: accept, register and verify, schedule the repair, solve, call back.
		(p, v, 'order_repair_2_schedule', 'appointment_set', 'Verified, then scheduled', '先核实后布置维修',
		 repair, '{verified}', 'warn', 'D17-04'),
		(p, v, 'order_repair_3_solve', 'resolved', 'Scheduled, then solved', '先布置维修后解决',
		 repair, '{appointment_set}', 'warn', 'D17-04'),
		(p, v, 'order_repair_4_call_back', 'callback_done', 'Solved, then called back', '解决后回访',
		 repair, '{resolved}', 'warn', 'D17-04'),
		-- D15: accept, analyse, plan, execute, confirm with the customer, solved, survey, archive.
		(p, v, 'order_complaint_3_plan', 'plan_proposed', 'Analysed, then planned', '先分析后制定方案',
		 complaint, '{cause_analysed}', 'warn', 'D15-03'),
		(p, v, 'order_complaint_4_execute', 'work_started', 'Planned, then executed', '先制定方案后执行',
		 complaint, '{plan_proposed}', 'warn', 'D15-04'),
		(p, v, 'order_complaint_5_confirm', 'customer_confirmed', 'Executed, then confirmed with the customer',
		 '先执行后与客户确认',
		 complaint, '{work_started}', 'warn', 'D15-05'),
		(p, v, 'order_complaint_6_solve', 'resolved', 'Confirmed, then solved', '客户确认后解决',
		 complaint, '{customer_confirmed}', 'warn', 'D15-06'),
		(p, v, 'order_complaint_7_survey', 'rating_recorded', 'Solved, then surveyed', '解决后满意度调查',
		 complaint, '{resolved}', 'warn', 'D15-07'),
		(p, v, 'order_complaint_8_archive', 'archived', 'Surveyed, then archived', '调查后归档',
		 complaint, '{survey_requested}', 'warn', 'D15-08');

	-- Type, category, urgency; the priority from impact and urgency (K-7).
	INSERT INTO sla.classification (policy, version, position, condition, keywords, sets, title,
		title_zh, clause)
	VALUES
		(p, v, 10, NULL,
		 '{投诉,不满,差评,欺骗,赔偿,态度差,complaint,complain,dissatisfied,compensation,unacceptable}',
		 '{"type": "complaint"}', 'Any dissatisfaction is a complaint', '任何不满意即投诉', 'D20-07'),
		(p, v, 20, NULL,
		 '{报修,故障,维修,不能用,无法使用,无法启动,坏了,损坏,broken,defect,fault,failure,does not work,does not start,not working,repair}',
		 '{"type": "fault_report"}', 'Words of a fault report', '报修关键词', 'D11-01'),
		(p, v, 30, NULL,
		 '{安装,调试,保养,维护,退货,换货,退换,退款,install,installation,maintenance,return,exchange,refund}',
		 '{"type": "service_request"}', 'Words of a service request', '服务申请关键词', 'D20-10'),
		(p, v, 40, NULL,
		 '{建议,希望能,希望增加,改进意见,suggestion,suggest,feature request,would be better}',
		 '{"type": "suggestion"}', 'Words of a suggestion', '建议关键词', 'D20-04'),
		(p, v, 50, NULL, '{培训,training}', '{"type": "training_request"}', 'Words of a training request', '培训需求', 'D8-03'),
		(p, v, 60, NULL,
		 '{咨询,请问,如何,怎么,怎样,是否可以,inquiry,enquiry,question,how to,how do,how can}',
		 '{"type": "inquiry"}', 'Words of an inquiry', '咨询关键词', 'D20-04'),
		(p, v, 70, NULL, '{}', '{"type": "other"}', 'Any other type', '其他类型', 'D17-03'),
		(p, v, 110, 'type = ''complaint''', '{态度,服务差,粗鲁,attitude,rude}',
		 '{"category": "service_attitude"}', 'Service attitude', '服务态度', 'D20-07'),
		(p, v, 120, NULL, '{质量,破损,缺陷,瑕疵,quality,defect,damaged}',
		 '{"category": "quality"}', 'Quality', '质量问题', 'D4-03'),
		(p, v, 130, NULL, '{故障,报错,死机,无法启动,技术,failure,error,crash,does not start,technical}',
		 '{"category": "technical"}', 'Technical', '技术问题', 'D4-03'),
		(p, v, 140, NULL, '{使用,操作,如何,怎么,设置,how to,how do,usage,settings}',
		 '{"category": "usage"}', 'Usage', '使用问题', 'D4-03'),
		(p, v, 210, 'severity = ''serious'' OR business_impact = ''major_event''', '{}',
		 '{"urgency": "urgent"}', 'Serious, or a major event of the customer', '严重问题、影响客户重大活动', 'D5-02'),
		(p, v, 220, 'business_impact = ''normal_business''', '{}',
		 '{"urgency": "important"}', 'The customer''s business suffers', '影响客户正常业务', 'D5-02'),
		(p, v, 230, NULL, '{紧急,马上,立即,起火,冒烟,漏电,受伤,urgent,emergency,immediately,on fire,electric shock,injury,injured}',
		 '{"urgency": "urgent"}', 'Words of an urgent problem', '紧急问题关键词', 'D21-03'),
		(p, v, 240, NULL, '{停产,停工,停线,无法营业,影响生产,production stopped,out of service,cannot operate}',
		 '{"urgency": "important"}', 'Words of an important problem', '重要问题关键词', 'D21-03'),
		(p, v, 250, NULL, '{}', '{"urgency": "normal"}', 'Any other urgency', '一般', 'D21-03'),
		(p, v, 310, 'impact = ''high'' AND urgency = ''urgent'' OR impact IS NULL AND urgency = ''urgent''', '{}',
		 '{"priority": "P1"}', 'Priority 1', '一级优先', 'D5-03'),
		(p, v, 320, 'impact = ''high'' AND urgency = ''important'' OR impact = ''medium'' AND urgency = ''urgent'' OR impact IS NULL AND urgency = ''important''',
		 '{}', '{"priority": "P2"}', 'Priority 2', '二级优先', 'D5-03'),
		(p, v, 330, 'impact = ''medium'' AND urgency = ''important'' OR impact = ''high'' OR urgency = ''urgent'' OR impact IS NULL AND type <> ''suggestion''',
		 '{}', '{"priority": "P3"}', 'Priority 3', '三级优先', 'D5-03'),
		(p, v, 340, NULL, '{}', '{"priority": "P4"}', 'Priority 4', '四级优先', 'D5-03');

	INSERT INTO sla.escalation_step (policy, version, target, level, at_percent, after, roles, title,
		title_zh, clause)
	VALUES
		(p, v, 'resolve', 0, 80, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D15-12'),
		(p, v, 'resolve_urgent', 0, 80, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D15-12'),
		(p, v, 'promise', 0, 80, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D15-12'),
		(p, v, '*', 1, NULL, '00:00:00', NULL, 'Missed', '已超时', 'D15-12'),
		(p, v, '*', 2, NULL, '04:00:00', '{supervisor,dept_head}', 'Missed for four hours', '超时四小时', 'D15-09');

	INSERT INTO sla.penalty_rule (policy, version, ladder, step, title, title_zh, trigger, action,
		approver_roles, clause)
	VALUES (p, v, 'L7', '1', 'Many problems in the periodic evaluation: penalty, kind not stated',
		'定期评估问题较多:惩处(种类未定)', 'manual', 'manual', '{dept_head}', 'D5-16');

	INSERT INTO sla.reward_rule (policy, version, reward, title, title_zh, trigger, period, scope, kind,
		approver_roles, clause, note)
	VALUES (p, v, 'team_assessment', 'Reward of a team that meets its targets', '团队考核奖励',
		'manual', '3 months', 'team', 'manual', '{dept_head}', 'D15-11',
		'The targets are in sla.kpi_target (D5-16); whoever confirms it says what it is.');
END
$$;

COMMENT ON FUNCTION sla._preset_generic_service_desk(integer) IS
'Inserts the draft of preset generic_service_desk (P7, regulations D4, D5, D8 to D12, D15 to D21); called by sla.load_preset().';
REVOKE EXECUTE ON FUNCTION sla._preset_generic_service_desk(integer) FROM PUBLIC;

--
-- preset/logistics_exception.sql
--		P6: logistics exception handling (D24, 异常情况处理流程).
--
--		basis B: the number is the regulation's.  A: it is a suggestion, advisory
--		until the company makes it binding.  T: a date of the ticket.
--

CREATE FUNCTION sla._preset_logistics_exception(version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p CONSTANT text := 'logistics_exception';
	v CONSTANT integer := version;
	-- The flow chart of section 6.1 is for exceptions and complaints; an inquiry may be answered at once.
	flow CONSTANT text := 'duty IS NULL AND type IS DISTINCT FROM ''inquiry''';
BEGIN
	INSERT INTO sla.policy (policy, version, title, title_zh, position, applies_to, time_zone, calendar,
		late_record_window, reopen_alert_after, reopen_alert_roles, unsatisfied_max_rating, rating_scale,
		offence_window, offence_unit, retention_years, order_check, clause, note)
	VALUES (p, v, 'Logistics exception handling', '异常情况处理流程',
		20, 'type = ''exception'' OR carrier IS NOT NULL',
		'Asia/Shanghai', '24x7', '24:00:00', 3, '{cs_manager}', 2, 5, '1 year', 'ticket', 3, 'warn', 'D24',
		'The only numbers of the regulation are the 10 minutes and the weekly meeting. Handling that does not go smoothly is recorded as reopened and goes back to the analysis (D24-16). Penalties follow the company''s rules, which the text does not contain: the steps are those of D1. The retention period is a suggestion (D24-22).');

	-- Steps 1 and 2: collected, recorded and reported to two people.  Reporting belongs to the
	-- information received, so what is reopened begins with the analysis.
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		stops_on, stops_all, duration, restarts, responsible_role, notify_roles, binding, basis, ladder,
		clause, note)
	VALUES
		(p, v, 'collect', 'collect', 'Exception collected', '收集异常信息', NULL,
		 '{occurred}', '{received}', false, '00:10:00', false,
		 '{agent}', '{cs_manager}', false, 'A', NULL, 'D24-07',
		 'Agents and anybody else may collect (D24-06). Judged on insertion, from happened_at.'),
		(p, v, 'record_and_report', 'record_and_report', 'Recorded, and reported to supervisor and project lead',
		 '记录并向主管及项目负责人报告', NULL,
		 '{received}', '{registered,reported_to_supervisor,reported_to_project_lead}', true, '00:10:00', false,
		 '{agent}', '{supervisor,project_lead,cs_manager}', true, 'B', 'L6', 'D24-08',
		 'The clock stops at the last of the three (D24-09). Immediately is the rule (D24-29), 10 minutes the bound.'),
		(p, v, 'first_response', 'first_response', 'First response with the promised time', '首次反应并告知解决时间',
		 'type IN (''complaint'', ''inquiry'')',
		 '{received}', '{first_response}', false, '00:10:00', false,
		 '{agent}', '{cs_manager}', false, 'A', NULL, 'D24-28', NULL);

	-- Steps 3 to 6: analysis, decision, execution, follow-up.
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, starts_on, stops_on, stops_all,
		rearms_on, duration, every, responsible_role, notify_roles, binding, basis, clause)
	VALUES
		(p, v, 'analyse_cause', 'analyse_cause', 'Analysis of the cause', '调查原因,分析客诉关键点',
		 '{registered,reopened}', '{cause_analysed}', false, '{}', '00:30:00', NULL,
		 '{agent,cs_manager}', '{cs_manager}', false, 'A', 'D24-10'),
		(p, v, 'propose_and_decide', 'propose_and_decide', 'Proposal and decision of the superior',
		 '提出解决方案,听取处理意见',
		 '{cause_analysed}', '{plan_approved}', false, '{}', '00:30:00', NULL,
		 '{agent,cs_manager,branch_manager}', '{branch_manager}', false, 'A', 'D24-11'),
		(p, v, 'execute', 'execute', 'Execution, and instruction of the persons responsible',
		 '执行处理方案并转达相关责任人',
		 '{plan_approved}', '{work_started,responsible_informed}', true, '{}', '00:10:00', NULL,
		 '{agent,dispatcher,project_lead}', '{cs_manager}', false, 'A', 'D24-13'),
		(p, v, 'follow_up', 'follow_up', 'Follow-up until it is solved', '跟进处理过程',
		 '{work_started}', '{resolved}', false, '{follow_up}', NULL, '02:00:00',
		 '{agent,project_lead}', '{cs_manager}', false, 'A', 'D24-15');

	-- Dates told to the customer.  No number is ours here, so they bind.
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, due_column, stops_on,
		responsible_role, notify_roles, binding, basis, ladder, clause)
	VALUES
		(p, v, 'agreed_reply', 'agreed_reply', 'Answer by the time agreed with the customer', '在客户约定的时间内答复',
		 'agreed_reply_at', '{answered}',
		 '{agent}', '{cs_manager}', true, 'T', 'L6', 'D24-24'),
		(p, v, 'promise', 'promise', 'Solution by the promised time', '在限定的时间内予以解决',
		 'promised_at', '{resolved}',
		 '{agent}', '{cs_manager,branch_manager}', true, 'T', 'L6', 'D24-28');

	-- Steps 7 and 8: written report, call-back, decision on rewards and penalties.
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, starts_on, stops_on, duration,
		calendar, responsible_role, notify_roles, binding, basis, clause)
	VALUES
		(p, v, 'written_report', 'written_report', 'Written report', '提交书面报告',
		 '{resolved}', '{written_report_filed}', '3 days', 'cn_workday',
		 '{customer_service}', '{cs_manager}', false, 'A', 'D24-17'),
		(p, v, 'callback', 'callback', 'Call-back by phone', '电话回访客户',
		 '{resolved}', '{callback_done}', '24:00:00', NULL,
		 '{agent}', '{cs_manager}', false, 'A', 'D24-33'),
		(p, v, 'penalty_decision', 'penalty_decision', 'Decision on rewards and penalties', '制定奖罚办法',
		 '{written_report_filed}', '{penalty_decided}', '5 days', 'cn_workday',
		 '{company_manager}', '{branch_manager}', false, 'A', 'D24-19');

	-- What is due without a case.
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, duty, due_column, stops_on,
		responsible_role, notify_roles, binding, basis, clause, note)
	VALUES
		(p, v, 'weekly_meeting', 'weekly_meeting', 'Weekly complaint analysis meeting held', '每周客诉分析例会',
		 'weekly_meeting', 'due_at', '{meeting_held}',
		 '{cs_manager}', '{project_lead,ops_manager,cs_manager,unit_head,agent}', true, 'B', 'D24-31',
		 'Once a week is the regulation''s; weekday and hour are suggestions.'),
		(p, v, 'report_circular', 'report_circular', 'Written reports circulated in the company', '书面报告全公司通报',
		 'report_circular', 'due_at', '{report_filed}',
		 '{dept_handler}', '{cs_manager}', false, 'A', 'D24-18', NULL),
		(p, v, 'reward_penalty_notice', 'reward_penalty_notice', 'Reward or penalty notice filed', '奖罚通知书',
		 'reward_penalty_notice', 'due_at', '{document_filed}',
		 '{dept_handler}', '{company_manager}', false, 'A', 'D24-20', 'The time is a suggestion.');

	INSERT INTO sla.duty (policy, version, duty, title, title_zh, every, anchor, due_after, department, roles,
		clause, note)
	VALUES
		(p, v, 'weekly_meeting', 'Weekly complaint analysis meeting', '每周客诉分析例会',
		 '1 week', '2001-01-01', '10:00:00', 'customer_service',
		 '{project_lead,ops_manager,cs_manager,unit_head,agent}', 'D24-31',
		 'Due on Monday at 10:00, about the week before; last week''s measures are checked (D24-32).'),
		(p, v, 'report_circular', 'Circular of the written reports', '书面报告通报',
		 '1 month', '2001-01-01', '1 month', 'customer_service', '{dept_handler}', 'D24-18',
		 'To the whole company, within the month.');

	-- What each event needs and brings.
	INSERT INTO sla.event_rule (policy, version, rule, event, title, title_zh, applies_when, requires_events,
		requires, actor_roles, mode, implies, notifies, message, message_zh, clause)
	VALUES
		(p, v, 'received_registers', 'received', 'Entering the case is its record', '录入即登记《异常情况汇报表》',
		 'duty IS NULL', '{}', NULL, '{}', 'enforce', '{registered}', '{}', NULL, NULL, 'D24-08'),
		(p, v, 'severe_is_reported', 'received', 'The supervisor is told at once of what may have serious consequences',
		 '预计产生严重后果的立即向主管汇报',
		 'duty IS NULL AND (severity = ''serious'' OR attributes ->> ''beyond_authority'' = ''true'')',
		 '{}', NULL, '{}', 'enforce', '{}', '{supervisor}', NULL, NULL, 'D24-29'),
		(p, v, 'answered_responds', 'answered', 'An answer is a first response', '答复即首次反应',
		 'duty IS NULL', '{}', NULL, '{}', 'enforce', '{first_response}', '{}', NULL, NULL, 'D24-24'),
		(p, v, 'reply_answers_or_agrees', 'first_response', 'A first reply answers, or agrees on a time for the answer',
		 '无法立即答复的约定答复时间',
		 'duty IS NULL AND agreed_reply_at IS NULL', '{answered}', NULL, '{}', 'enforce', '{}', '{}',
		 'the first reply neither answers nor agrees on a time for the answer',
		 '首次答复须给出答复或约定答复时间', 'D24-24'),
		(p, v, 'complaint_promises', 'first_response', 'The first reply to a complaint promises a time',
		 '接到客诉须明确告知解决的时间',
		 'duty IS NULL AND type = ''complaint''', '{}', 'promised_at IS NOT NULL', '{}', 'enforce', '{}', '{}',
		 'the first reply to a complaint must tell the customer when it will be solved',
		 '接到客诉应明确告知顾客解决的时间', 'D24-28'),
		(p, v, 'inquiry_promises', 'first_response', 'The first reply to an inquiry answers it or promises a time',
		 '咨询首次答复须给出答复或告知解决时间',
		 'duty IS NULL AND type = ''inquiry'' AND promised_at IS NULL', '{answered}', NULL, '{}', 'enforce', '{}', '{}',
		 'the first reply to an inquiry must answer it or tell the customer when it will be solved',
		 '咨询应立即答复或明确告知解决的时间', 'D24-28'),
		(p, v, 'skip_level_needs_reason', 'escalated', 'Whoever skips a level says why', '越级汇报须说明理由',
		 'duty IS NULL AND event_details ->> ''skip_level'' = ''true''', '{}', 'event_note IS NOT NULL', '{}',
		 'enforce', '{}', '{}', 'an escalation that skips a level needs a reason in its note',
		 '越级汇报须在备注中说明理由', 'D24-26'),
		(p, v, 'superior_decides', 'plan_approved', 'A superior decides on the plan', '由上级主管下达处理意见',
		 'duty IS NULL', '{}', NULL, '{supervisor,cs_manager,branch_manager}', 'warn', '{}', '{}', NULL, NULL, 'D24-11'),
		(p, v, 'company_decides_penalty', 'penalty_decided', 'The company manager decides on rewards and penalties',
		 '由公司经理制定奖罚办法',
		 'duty IS NULL', '{}', NULL, '{company_manager}', 'warn', '{}', '{}', NULL, NULL, 'D24-21'),
		(p, v, 'agent_calls_back', 'callback_done', 'An agent calls the customer back', '由客服人员回访客户',
		 'duty IS NULL', '{}', NULL, '{agent}', 'warn', '{}', '{}', NULL, NULL, 'D24-33'),
		(p, v, 'unsatisfied_reopens', 'rating_recorded', 'An unsatisfied customer reopens the case (suggested)',
		 '客户不满意则重新处理(建议)',
		 'duty IS NULL AND (event_details ->> ''score'')::integer <= 2', '{}', NULL, '{}', 'enforce',
		 '{reopened}', '{}', NULL, NULL, 'D24-33'),
		(p, v, 'closed_needs_report', 'closed', 'Closed only with the written report', '提交书面报告后方可关闭',
		 'duty IS NULL', '{written_report_filed}', NULL, '{}', 'enforce', '{}', '{}',
		 'the written report has not been filed', '尚未提交书面报告', 'D24-17'),
		(p, v, 'closed_needs_callback', 'closed', 'Closed only after the call-back', '电话回访后方可关闭',
		 'duty IS NULL', '{callback_done}', NULL, '{}', 'enforce', '{}', '{}',
		 'the customer has not been called back', '尚未电话回访客户', 'D24-33'),
		(p, v, 'closed_needs_cause', 'closed', 'Closed only with the root cause', '查明根源后方可关闭',
		 flow, '{}', 'root_cause IS NOT NULL', '{}', 'enforce', '{}', '{}',
		 'the root cause has not been entered', '尚未填写问题根源', 'D24-01');

	-- The order of section 6.1: report, analyse, decide, execute, follow up, written report, end.
	INSERT INTO sla.event_rule (policy, version, rule, event, title, title_zh, applies_when, requires_events,
		mode, clause)
	VALUES
		(p, v, 'order_3_analyse', 'cause_analysed', 'Reported, then analysed', '先报告后分析',
		 flow || ' AND cycle = 1', '{registered,reported_to_supervisor,reported_to_project_lead}', 'warn', 'D24-10'),
		(p, v, 'order_4_decide', 'plan_approved', 'Analysed, then decided', '先分析后决策',
		 flow, '{cause_analysed}', 'warn', 'D24-11'),
		(p, v, 'order_5_execute', 'work_started', 'Decided, then executed', '先决策后执行',
		 flow, '{plan_approved}', 'warn', 'D24-13'),
		(p, v, 'order_6_follow_up', 'follow_up', 'Executed, then followed up', '先执行后跟进',
		 flow, '{work_started}', 'warn', 'D24-15'),
		(p, v, 'order_6_resolve', 'resolved', 'Executed, then solved', '先执行后解决',
		 flow, '{work_started}', 'warn', 'D24-15'),
		(p, v, 'order_7_report', 'written_report_filed', 'Solved, then reported in writing', '处理完毕后提交书面报告',
		 flow, '{resolved}', 'warn', 'D24-17'),
		(p, v, 'order_8_call_back', 'callback_done', 'Solved, then called back', '解决后回访',
		 flow, '{resolved}', 'warn', 'D24-19'),
		(p, v, 'order_8_penalty', 'penalty_decided', 'Reported in writing, then rewarded or penalised', '书面报告后奖罚',
		 flow, '{written_report_filed}', 'warn', 'D24-19'),
		(p, v, 'order_8_archive', 'archived', 'Called back and decided, then filed', '回访、奖罚后归档',
		 flow, '{callback_done,penalty_decided}', 'warn', 'D24-19');

	INSERT INTO sla.event_rule (policy, version, rule, event, title, title_zh, applies_when, implies, clause)
	VALUES
		(p, v, 'duty_meeting_held', 'meeting_held', 'A meeting that is held is done', '例会已召开',
		 'duty = ''weekly_meeting''', '{resolved,closed}', 'D24-31'),
		(p, v, 'duty_report_filed', 'report_filed', 'A circular that is filed is done', '通报已发出',
		 'duty = ''report_circular''', '{resolved,closed}', 'D24-18'),
		(p, v, 'duty_document_filed', 'document_filed', 'A notice that is filed is done', '通知书已提交',
		 'duty = ''reward_penalty_notice''', '{resolved,closed}', 'D24-20');

	-- Types of exceptions (D24-05), then the defaults.
	INSERT INTO sla.classification (policy, version, position, condition, keywords, sets, title,
		title_zh, clause)
	VALUES
		(p, v, 10, NULL, '{投诉,客诉,不满,赔偿,complaint,complain,dissatisfied,compensation}',
		 '{"type": "complaint"}', 'Words of a complaint', '投诉关键词', 'D24-02'),
		(p, v, 20, NULL, '{咨询,请问,查询,inquiry,enquiry,question,how to}',
		 '{"type": "inquiry"}', 'Words of an inquiry', '咨询关键词', 'D24-02'),
		(p, v, 30, NULL, '{}', '{"type": "exception"}', 'Any other type', '其他为异常情况', 'D24-04'),
		(p, v, 110, NULL, '{返单丢失,返单遗失,回单丢失,回单遗失,签收单丢失,lost pod,pod lost,pod is lost}',
		 '{"category": "pod_lost"}', 'Proof of delivery lost', '返单丢失', 'D24-05'),
		(p, v, 120, NULL, '{返单未,返单迟,返单延,返单不及时,回单未,回单迟,回单延,回单不及时,late pod,pod late,pod not returned}',
		 '{"category": "pod_late"}', 'Proof of delivery returned late', '返单未及时返回', 'D24-05'),
		(p, v, 130, NULL, '{货损,货差,破损,损坏,受潮,短少,少货,少件,丢货,丢件,damage,damaged,shortage,goods missing}',
		 '{"category": "damage_shortage"}', 'Cargo damage or shortage', '货损货差', 'D24-05'),
		(p, v, 140, NULL, '{未及时发运,未发运,未发货,发运延误,延迟发运,延迟发货,late dispatch,not dispatched,not shipped}',
		 '{"category": "late_dispatch"}', 'Late dispatch', '未及时发运', 'D24-05'),
		(p, v, 150, NULL, '{路途异常,在途异常,途中异常,车辆故障,抛锚,交通事故,堵车,封路,in transit,breakdown,road accident,road closed}',
		 '{"category": "in_transit"}', 'Exception in transit', '路途发生异常情况', 'D24-05'),
		(p, v, 160, NULL, '{到货不及时,到货延误,到货晚,未到货,延迟到货,late arrival,arrived late,not arrived}',
		 '{"category": "late_arrival"}', 'Late arrival', '到货不及时', 'D24-05'),
		(p, v, 170, NULL, '{配送不及时,配送延误,派送延误,送货延误,未配送,未派送,未送达,late delivery,delivered late,not delivered}',
		 '{"category": "late_delivery"}', 'Late delivery', '配送不及时', 'D24-05'),
		(p, v, 180, 'type = ''exception''', '{}', '{"category": "other"}', 'Any other exception', '其他异常', 'D24-05'),
		(p, v, 210, 'severity = ''serious''', '{}', '{"urgency": "urgent"}', 'Serious consequences', '严重后果', 'D24-29'),
		(p, v, 220, NULL, '{}', '{"urgency": "normal"}', 'Any other urgency', '一般', 'D24-29');

	-- Agent, customer-service manager, branch manager: three levels (D24-03).
	INSERT INTO sla.escalation_step (policy, version, target, level, at_percent, after, roles, title,
		title_zh, clause)
	VALUES
		(p, v, 'agreed_reply', 0, 80, NULL, '{agent}', 'Deadline is near', '临近时限提醒', 'D24-24'),
		(p, v, 'promise', 0, 80, NULL, '{agent}', 'Deadline is near', '临近时限提醒', 'D24-28'),
		(p, v, '*', 1, NULL, '00:00:00', NULL, 'Missed', '已超时', 'D24-03'),
		(p, v, '*', 2, NULL, '01:00:00', '{cs_manager}', 'Missed for an hour', '超时一小时', 'D24-03'),
		(p, v, '*', 3, NULL, '04:00:00', '{branch_manager}', 'Missed for four hours', '超时四小时', 'D24-03');

	-- L6: whoever is directly responsible; the steps are those of D1, each with its notice.
	INSERT INTO sla.penalty_rule (policy, version, ladder, step, title, title_zh, trigger, nth_from, nth_to,
		severity, action, points, duty, duty_due, approver_roles, clause)
	VALUES
		(p, v, 'L6', '1', 'First offence: warning', '首次:警告',
		 'offence', 1, 1, NULL, 'warning', NULL, 'reward_penalty_notice', '3 days', '{company_manager}', 'D24-35'),
		(p, v, 'L6', '2_normal', 'Repeated, normal problem: score deduction', '多次(一般):绩效扣分',
		 'offence', 2, NULL, 'normal', 'score_deduction', 2, 'reward_penalty_notice', '3 days', '{company_manager}', 'D24-35'),
		(p, v, 'L6', '2_important', 'Repeated, important problem: score deduction', '多次(重要):绩效扣分',
		 'offence', 2, NULL, 'important', 'score_deduction', 5, 'reward_penalty_notice', '3 days', '{company_manager}', 'D24-35'),
		(p, v, 'L6', '2_urgent', 'Repeated, urgent problem: score deduction', '多次(紧急):绩效扣分',
		 'offence', 2, NULL, 'urgent', 'score_deduction', 10, 'reward_penalty_notice', '3 days', '{company_manager}', 'D24-35');

	-- The transport contract says what a carrier pays; the text does not.
	INSERT INTO sla.penalty_rule (policy, version, ladder, step, title, title_zh, trigger, event, condition,
		metric, below, subject, action, percent, percent_of, cap_period, approver_roles, clause)
	VALUES
		(p, v, 'L6', 'carrier', 'Carrier responsible: contract penalty, the loss unless the contract says otherwise',
		 '承运商责任:按运输协议处罚(协议未定的按损失额)',
		 'event', 'responsibility_confirmed', 'responsibility = ''carrier''',
		 NULL, NULL, 'carrier', 'contract_penalty', 100, 'loss_amount', '1 month', '{cs_manager}', 'D24-36'),
		(p, v, 'L6', 'dept_head', 'Complaint-reduction target missed: penalty of the head of department',
		 '未达到减少客诉指标:处罚部门负责人',
		 'metric', NULL, NULL,
		 'complaint_reduction', 100, 'dept_head', 'head_penalty', NULL, NULL, NULL, '{company_manager}', 'D24-34');

	INSERT INTO sla.reward_rule (policy, version, reward, title, title_zh, trigger, metric, at_least, period,
		scope, kind, approver_roles, clause, note)
	VALUES
		(p, v, 'department_head', 'Complaint-reduction target met: reward of the head of department',
		 '达到减少客诉指标:奖励部门负责人',
		 'metric', 'complaint_reduction', 100, '3 months', 'dept_head', 'manual', '{company_manager}', 'D24-34',
		 'Per cent of the target that sla.kpi_target sets for the stage, a quarter; whoever confirms it says what it is.');
END
$$;

COMMENT ON FUNCTION sla._preset_logistics_exception(integer) IS
'Inserts the draft of preset logistics_exception (P6, regulation D24); called by sla.load_preset().';
REVOKE EXECUTE ON FUNCTION sla._preset_logistics_exception(integer) FROM PUBLIC;

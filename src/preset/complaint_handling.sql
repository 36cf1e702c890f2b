--
-- preset/complaint_handling.sql
--		P3: complaint handling (D3, 售后服务管理规定).
--
--		Two calendars on one ticket: the answer within 24 elapsed hours, which run
--		through nights and weekends, and the verification within 3 working days (C-06).
--		Both are the regulation's and bind, but carry no penalty: they feed the
--		appraisal (D3-17, ladder L3 is empty).
--

CREATE FUNCTION sla._preset_complaint_handling(version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p CONSTANT text := 'complaint_handling';
	v CONSTANT integer := version;
	complaint CONSTANT text := 'type = ''complaint''';
	substantiated CONSTANT text := 'verification_outcome = ''substantiated''';
BEGIN
	INSERT INTO sla.policy (policy, version, title, title_zh, position, applies_to, time_zone, calendar,
		late_record_window, reopen_alert_after, reopen_alert_roles, unsatisfied_max_rating, rating_scale,
		offence_window, offence_unit, retention_years, order_check, clause, note)
	VALUES (p, v, 'After-sales service: complaint handling', '售后服务管理规定(投诉处理)', 50, complaint,
		'Asia/Shanghai', '24x7', '24:00:00', 3, '{dept_head}', 2, 5, '1 year', 'ticket', 3, 'warn', 'D3',
		'The 24 hours to the first response are elapsed time and run through nights and weekends; only verification, agreement and timetable count working days, and the day of receipt is not counted. '
		'The regulation states no penalty: misses enter the appraisal. '
		'The verification tells its outcome, substantiated or not_substantiated, in verification_outcome. '
		'Where attributes has solvable_at_once = false, the customer is told a timetable; promised_at is its date, and the complaint is to be resolved by then. '
		'The department tells customer service the result, and customer service the customer: result_notified is refused from anybody who is no agent. '
		'The regulation does not speak of satisfaction: a bad rating does not reopen the complaint by itself, but a complaint cannot be closed while its last rating is unsatisfied.');

	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		fallback_on, fallback_after, start_owed_by, stops_on, stops_all, cancels_on, duration, calendar, due_column,
		restarts, responsible_role, notify_roles, binding, basis, clause)
	VALUES
		(p, v, 'first_response', 'first_response', 'First response to the complaint', '投诉响应', complaint, '{received}',
		 NULL, NULL, NULL, '{first_response}', false, '{}', '24:00:00', NULL, NULL,
		 false, '{dept_handler}', '{dept_head}', true, 'B', 'D3-13'),
		(p, v, 'verification', 'verification', 'Preliminary verification', '初步核实', complaint, '{assigned}',
		 'received', '00:30:00', 'agent', '{verified}', false, '{}', '3 days', 'cn_workday', NULL,
		 true, '{dept_handler}', '{dept_head,agent}', true, 'B', 'D3-06'),
		(p, v, 'transfer', 'transfer', 'Hand-over to the department', '转交相关部门', complaint, '{received}',
		 NULL, NULL, NULL, '{assigned}', false, '{}', '00:30:00', NULL, NULL,
		 true, '{agent}', '{dept_head}', false, 'A', 'D3-05'),
		(p, v, 'agree_solution', 'agree_solution', 'Solution agreed with the customer', '与用户协商解决方案', substantiated, '{verified}',
		 NULL, NULL, NULL, '{plan_agreed}', false, '{resolved}', '1 day', 'cn_workday', NULL,
		 true, '{dept_handler}', '{dept_head}', false, 'A', 'D3-07'),
		(p, v, 'schedule_to_customer', 'schedule_to_customer', 'Timetable told to the customer', '告知用户解决方案的时间表',
		 substantiated || ' AND attributes ->> ''solvable_at_once'' = ''false''', '{verified}',
		 NULL, NULL, NULL, '{schedule_communicated}', false, '{resolved}', '1 day', 'cn_workday', NULL,
		 true, '{dept_handler}', '{dept_head}', false, 'A', 'D3-08'),
		(p, v, 'promise', 'promise', 'Solved by the promised time', '按告知的时间解决', NULL, '{}',
		 NULL, NULL, NULL, '{resolved}', false, '{}', NULL, NULL, 'promised_at',
		 true, '{dept_handler}', '{dept_head}', true, 'T', 'D3-08'),
		(p, v, 'result_notice', 'result_notice', 'Result told to customer service, and by it to the customer', '将解决结果通知客服部门和用户',
		 NULL, '{resolved}',
		 NULL, NULL, NULL, '{result_to_cs,result_notified}', true, '{}', '24:00:00', NULL, NULL,
		 true, '{dept_handler,agent}', '{dept_head}', false, 'A', 'D3-09');

	INSERT INTO sla.event_rule (policy, version, rule, event, title, title_zh, requires_events, requires,
		actor_roles, mode, implies, sets, notifies, message, message_zh, clause)
	VALUES
		(p, v, 'answered_responds', 'answered', 'An answer is a response', '答复即响应', '{}', NULL, '{}', 'enforce',
		 '{first_response}', NULL, '{}', NULL, NULL, 'D3-13'),
		(p, v, 'assigned_needs_department', 'assigned', 'Assignment means that a department is needed', '转交即需要相关部门处理',
		 '{}', NULL, '{}', 'enforce', '{}', '{"needs_department": true}', '{}', NULL, NULL, 'D3-05'),
		(p, v, 'closed_needs_result_notice', 'closed', 'Closed only after the customer knows the result', '将结果通知用户后方可关闭',
		 '{result_notified}', NULL, '{}', 'warn', '{}', NULL, '{}', NULL, NULL, 'D3-09'),
		(p, v, 'result_notice_after_department', 'result_notified', 'First the department tells customer service',
		 '相关部门先将结果通知客服部门', '{result_to_cs}', NULL, '{}', 'warn', '{}', NULL, '{}', NULL, NULL, 'D3-09'),
		(p, v, 'result_notice_by_service', 'result_notified', 'Only customer service tells the customer the result',
		 '由客服部门将结果通知用户', '{}', NULL, '{agent}', 'enforce', '{}', NULL, '{}', NULL, NULL, 'D3-09'),
		(p, v, 'result_returned_resolves', 'result_to_cs', 'The department''s result is the solution', '部门通知结果即处理完成',
		 '{}', NULL, '{}', 'enforce', '{resolved}', NULL, '{agent}', NULL, NULL, 'D3-09'),
		(p, v, 'schedule_needs_date', 'schedule_communicated', 'A timetable has a date', '时间表须有明确日期',
		 '{}', 'promised_at IS NOT NULL', '{}', 'enforce', '{}', NULL, '{}',
		 'the timetable told to the customer must have a date: set promised_at',
		 '告知用户的时间表须有明确日期:请填写 promised_at', 'D3-08'),
		(p, v, 'verified_needs_outcome', 'verified', 'A verification has an outcome', '核实须有结论',
		 '{}', 'verification_outcome IN (''substantiated'', ''not_substantiated'')', '{}', 'enforce', '{}', NULL, '{}',
		 'the verification must have an outcome: set verification_outcome to substantiated or not_substantiated',
		 '核实须有结论:请将 verification_outcome 填写为 substantiated(属实)或 not_substantiated(不属实)', 'D3-06, D3-07');

	INSERT INTO sla.classification (policy, version, position, condition, keywords, sets, title,
		title_zh, clause)
	VALUES
		(p, v, 10, NULL, '{}', '{"type": "complaint"}', 'Everything under this policy is a complaint', '本制度处理投诉', 'D3-04'),
		(p, v, 20, NULL, '{退货,退款,return it,return the,want to return,refund}', '{"category": "return"}',
		 'Return', '退货', 'D3-02, D3-16'),
		(p, v, 30, NULL, '{换货,更换,调换,换一台,replace,exchange}', '{"category": "replacement"}',
		 'Replacement', '更换', 'D3-02'),
		(p, v, 40, NULL, '{维修,修理,返修,故障,坏了,repair,broken,defective,not working}', '{"category": "repair"}',
		 'Repair', '维修', 'D3-02'),
		(p, v, 50, NULL, '{安装,调试,装配,install,commissioning}', '{"category": "installation"}',
		 'Installation', '安装', 'D3-02'),
		(p, v, 60, NULL, '{}', '{"category": "other"}', 'Any other service', '其他服务', 'D3-02'),
		(p, v, 70, NULL, '{}', '{"urgency": "normal"}', 'The regulation knows one urgency', '不区分紧急程度', 'C-15');

	INSERT INTO sla.escalation_step (policy, version, target, level, at_percent, after, roles, title,
		title_zh, clause)
	VALUES
		(p, v, 'first_response', 0, 80, NULL, '{dept_handler,agent}', 'Deadline is near', '临近时限提醒', 'D3-13'),
		(p, v, 'verification', 0, 80, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D3-06'),
		(p, v, 'promise', 0, 80, NULL, '{dept_handler}', 'The promised time is near', '临近承诺时间提醒', 'D3-08'),
		(p, v, '*', 1, NULL, '00:00:00', NULL, 'Missed', '已超时', 'D3-17');
END
$$;

COMMENT ON FUNCTION sla._preset_complaint_handling(integer) IS
'Inserts the draft of preset complaint_handling (P3, regulation D3); called by sla.load_preset().';
REVOKE EXECUTE ON FUNCTION sla._preset_complaint_handling(integer) FROM PUBLIC;

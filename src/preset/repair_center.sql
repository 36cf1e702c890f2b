--
-- preset/repair_center.sql
--		P4: customer service and repair (D6, 客户服务部售后服务与维修管理制度).
--
--		24 hours from reception to the solution, and 2 hours until the engineer has
--		confirmed the fault and agreed a time, are the regulation's and bind.  An
--		appointment beyond the 24 hours does not move them (C-20).
--

CREATE FUNCTION sla._preset_repair_center(version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p CONSTANT text := 'repair_center';
	v CONSTANT integer := version;
	repair CONSTANT text := 'type IN (''fault_report'', ''repair'')';
	emergency CONSTANT text := 'urgency = ''urgent''';
BEGIN
	INSERT INTO sla.policy (policy, version, title, title_zh, position, applies_to, time_zone, calendar,
		late_record_window, reopen_alert_after, reopen_alert_roles, unsatisfied_max_rating, rating_scale,
		offence_window, offence_unit, retention_years, order_check, clause, note)
	VALUES (p, v, 'Customer service and repair', '客户服务部售后服务与维修管理制度', 40, repair,
		'Asia/Shanghai', '24x7', '24:00:00', 3, '{dept_head}', 2, 5, '1 year', 'ticket', 3, 'warn', 'D6',
		'All hours are elapsed time and run through nights and weekends. '
		'The repair engineer of a ticket is its assignee; while nobody is assigned the head of the department answers, and for the 24 hours, where there is no department either, the agent. '
		'Setting appointment_at records appointment_set. An appointment beyond the 24 hours does not move them; a company that wants this writes the condition appointment_at IS NULL into its own version. '
		'No more is to be confirmed or visited once the problem is solved. '
		'An emergency is a ticket of urgency urgent; its limits are suggestions beside the 24 hours, which bind. '
		'The regulation states no penalty. It asks for a satisfied customer without saying how; a rating of 2 or less reopens the ticket by default. '
		'Maintenance visits need a view of the company''s maintenance plan: put its name into sla.duty.source of maintenance_visit and set active. Stock-takes are one for the company, or one for each warehouse in sla.duty.subjects.');

	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		fallback_on, fallback_after, start_owed_by, stops_on, stops_all, cancels_on, duration, due_column,
		restarts, responsible_role, notify_roles, binding, basis, clause)
	VALUES
		(p, v, 'resolve', 'resolve', 'Problem solved', '问题处理完成', NULL, '{received}',
		 NULL, NULL, NULL, '{resolved}', false, '{}', '24:00:00', NULL,
		 true, '{handler}', '{dept_head}', true, 'B', 'D6-01'),
		(p, v, 'confirm_and_appoint', 'confirm_and_appoint', 'Fault confirmed and repair time agreed', '确认故障并约定维修时间', repair, '{assigned}',
		 'received', '00:00:00', 'agent', '{fault_confirmed,appointment_set}', true, '{resolved}', '02:00:00', NULL,
		 true, '{dept_handler}', '{dept_head}', true, 'B', 'D6-10'),
		(p, v, 'first_response_emergency', 'first_response', 'Response to an emergency', '紧急情况立即响应', emergency, '{received}',
		 NULL, NULL, NULL, '{first_response}', false, '{}', '00:15:00', NULL,
		 false, '{agent}', '{dept_head}', false, 'A', 'D6-02'),
		(p, v, 'resolve_emergency', 'resolve', 'Emergency solved', '紧急情况尽快解决', emergency, '{received}',
		 NULL, NULL, NULL, '{resolved}', false, '{}', '04:00:00', NULL,
		 true, '{dept_handler}', '{dept_head}', false, 'A', 'D6-02'),
		(p, v, 'on_site', 'on_site', 'Engineer on site at the agreed time', '按约定时间到达现场', NULL, '{}',
		 NULL, NULL, NULL, '{arrived_on_site}', false, '{resolved}', NULL, 'appointment_at',
		 true, '{dept_handler}', '{dept_head}', true, 'T', 'D6-11');

	-- Maintenance at the agreed time, and the stock of spare parts (D6-07, D6-14).
	INSERT INTO sla.duty (policy, version, duty, title, title_zh, every, due_after, roles, active, clause, note)
	VALUES
		(p, v, 'maintenance_visit', 'Maintenance visit', '按约定时间维护和检查', NULL, NULL, '{}', false, 'D6-07',
		 'The rows of the source are the visits that are due by contract or plan; its assignee is the engineer.'),
		(p, v, 'stocktake', 'Stock-take of spare parts', '备件清点和检验', '1 month', '1 month', '{storekeeper}', true, 'D6-14',
		 'Once in every calendar month: the regulation says periodically, the month is a suggestion.');
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, duty, stops_on, due_column,
		responsible_role, notify_roles, binding, basis, clause)
	VALUES
		(p, v, 'maintenance_visit', 'maintenance_visit', 'Maintenance done at the agreed time', '按约定时间完成维护',
		 'maintenance_visit', '{maintenance_done}', 'due_at', '{dept_handler}', '{dept_head}', true, 'T', 'D6-07'),
		(p, v, 'stocktake', 'stocktake', 'Spare parts counted', '备件清点完成',
		 'stocktake', '{stocktake_done}', 'due_at', '{storekeeper}', '{dept_head}', false, 'A', 'D6-14');

	INSERT INTO sla.event_rule (policy, version, rule, event, title, title_zh, applies_when, requires_events,
		requires, mode, implies, message, message_zh, clause)
	VALUES
		(p, v, 'answered_resolves_inquiry', 'answered', 'An inquiry is solved by its answer', '咨询答复即解决',
		 'type = ''inquiry''', '{}', NULL, 'enforce', '{first_response,resolved}', NULL, NULL, 'D6-03'),
		(p, v, 'answered_responds', 'answered', 'An answer is a response', '答复即响应', NULL, '{}', NULL, 'enforce',
		 '{first_response}', NULL, NULL, 'D6-04'),
		(p, v, 'closed_needs_confirmation', 'closed', 'A repair is closed when the customer has confirmed it', '客户确认修复后方可关闭',
		 repair, '{customer_confirmed}', NULL, 'enforce', '{}',
		 'the customer has not confirmed the repair yet', '客户尚未确认故障修复情况', 'D6-12'),
		(p, v, 'closed_needs_satisfaction', 'closed', 'Closed only with a satisfied customer', '客户满意方可关闭',
		 NULL, '{}', 'last_score IS NULL OR last_score > 2', 'enforce', '{}',
		 'the last rating is unsatisfied; the ticket stays open until the customer is satisfied',
		 '客户最近一次评价不满意,须重新处理直至客户满意', 'D6-12'),
		(p, v, 'confirmed_after_repair', 'customer_confirmed', 'The customer confirms what has been repaired', '维修完成后与客户确认',
		 NULL, '{resolved}', NULL, 'warn', '{}', NULL, NULL, 'D6-12'),
		(p, v, 'maintenance_closes', 'maintenance_done', 'Maintenance done is a duty done', '维护完成即关闭',
		 'duty = ''maintenance_visit''', '{}', NULL, 'enforce', '{resolved,closed}', NULL, NULL, 'D6-07'),
		(p, v, 'resolved_needs_cause', 'resolved', 'A repair is recorded with its cause', '维修记录须有故障原因',
		 repair, '{}', 'root_cause IS NOT NULL', 'warn', '{}', NULL, NULL, 'D6-16'),
		(p, v, 'stocktake_closes', 'stocktake_done', 'Parts counted is a duty done', '清点完成即关闭',
		 'duty = ''stocktake''', '{}', NULL, 'enforce', '{resolved,closed}', NULL, NULL, 'D6-14'),
		(p, v, 'unsatisfied_reopens', 'rating_recorded', 'An unsatisfied customer reopens the ticket', '客户不满意则重新处理',
		 '(event_details ->> ''score'')::integer <= 2', '{}', NULL, 'enforce', '{reopened}', NULL, NULL, 'D6-12');

	INSERT INTO sla.classification (policy, version, position, condition, keywords, sets, title,
		title_zh, clause)
	VALUES
		(p, v, 10, 'duty IS NULL', '{不紧急,不着急,不急,not urgent,no hurry,no rush}', '{"urgency": "normal"}',
		 'Words that deny an emergency', '明示不紧急', 'D6-02'),
		(p, v, 20, 'severity IN (''serious'', ''critical'') OR business_impact = ''major_event''', '{}', '{"urgency": "urgent"}',
		 'Serious fault, or a major event', '严重故障、重大事件', 'D6-02'),
		(p, v, 30, 'duty IS NULL',
		 '{紧急,急修,抢修,加急,起火,着火,冒烟,爆炸,漏电,触电,漏气,泄漏,受伤,被困,停产,停机,urgent,emergency,on fire,caught fire,smoke coming,explosion,electric shock,gas leak,injury,injured,trapped,production stopped,production line down}',
		 '{"urgency": "urgent"}', 'Words of an emergency', '紧急情况关键词', 'D6-02'),
		(p, v, 40, NULL, '{}', '{"urgency": "normal"}', 'Any other urgency', '一般', 'D6-01'),
		(p, v, 50, 'duty IS NULL', '{推销,强行推荐,强制购买,hard sell,pushy,sell me}', '{"type": "complaint", "category": "unwanted_selling"}',
		 'Unwanted selling', '推销无关产品或服务', 'D6-06'),
		(p, v, 60, 'duty IS NULL', '{投诉,不满,差评,态度差,complaint,complain,dissatisfied,unacceptable}', '{"type": "complaint"}',
		 'Words of a complaint', '投诉关键词', 'D6-04'),
		(p, v, 70, 'duty IS NULL', '{建议,希望增加,改进意见,suggestion,suggest,feature request}', '{"type": "suggestion"}',
		 'Words of a suggestion', '建议关键词', 'D6-04'),
		(p, v, 80, 'duty IS NULL', '{报修,抢修,急修,冒烟,漏电,故障,坏了,损坏,维修,修理,不工作,不能启动,无法启动,报错,异响,漏水,fault,broken,breakdown,malfunction,repair,not working,does not work,does not start,error code}',
		 '{"type": "fault_report"}', 'Words of a fault report', '故障报修关键词', 'D6-09'),
		(p, v, 90, 'duty IS NULL', '{咨询,请问,如何,怎么,怎样,是否可以,inquiry,enquiry,question,how to,how do,how can}', '{"type": "inquiry"}',
		 'Words of an inquiry', '咨询关键词', 'D6-03'),
		(p, v, 100, NULL, '{}', '{"type": "service_request"}', 'Any other request', '其他服务需求', 'D6-01'),
		(p, v, 110, 'duty IS NULL', '{保养,维护,点检,巡检,maintenance,servicing,inspection}', '{"category": "maintenance"}',
		 'Maintenance', '维护保养', 'D6-07'),
		(p, v, 120, repair, '{}', '{"category": "repair"}', 'Repair', '维修', 'D6-09');

	INSERT INTO sla.escalation_step (policy, version, target, level, at_percent, after, roles, title,
		title_zh, clause)
	VALUES
		(p, v, 'resolve', 0, 80, NULL, '{handler}', 'Deadline is near', '临近时限提醒', 'D6-01'),
		(p, v, 'confirm_and_appoint', 0, 80, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D6-10'),
		(p, v, 'maintenance_visit', 0, 80, NULL, '{dept_handler}', 'The agreed time is near', '临近约定时间提醒', 'D6-07'),
		(p, v, 'stocktake', 0, 80, NULL, '{storekeeper}', 'The month is nearly over', '临近月末提醒', 'D6-14'),
		(p, v, '*', 1, NULL, '00:00:00', NULL, 'Missed', '已超时', 'D6-01');
END
$$;

COMMENT ON FUNCTION sla._preset_repair_center(integer) IS
'Inserts the draft of preset repair_center (P4, regulation D6); called by sla.load_preset().';
REVOKE EXECUTE ON FUNCTION sla._preset_repair_center(integer) FROM PUBLIC;

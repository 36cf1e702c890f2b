--
-- preset/field_service.sql
--		P5: manufacturer field service (D7, 售后服务工作流程及管理规定).
--
--		basis B: the number is the regulation's.  A: it is a suggestion, advisory
--		until the company makes it binding.  T: a date of the ticket or contract.
--

CREATE FUNCTION sla._preset_field_service(version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p CONSTANT text := 'field_service';
	v CONSTANT integer := version;
	-- Complaints about a person are no task: they have no service report and no survey.
	task CONSTANT text := 'type IS DISTINCT FROM ''service_complaint''';
	demerit CONSTANT text := 'complaint_cause IN (''quarrel'', ''solicitation'', ''late_personal'', ''repeat_personal'')';
BEGIN
	INSERT INTO sla.policy (policy, version, title, title_zh, position, applies_to, time_zone, calendar,
		late_record_window, reopen_alert_after, reopen_alert_roles, unsatisfied_max_rating, rating_scale,
		offence_window, offence_unit, retention_years, order_check, clause, note)
	VALUES (p, v, 'Manufacturer field service', '售后服务工作流程及管理规定',
		45, 'type IN (''service_request'', ''service_complaint'') OR onsite_required',
		'Asia/Shanghai', '24x7', '24:00:00', 3, '{dept_head}', 2, 5, '1 year', 'ticket', 3, 'warn', 'D7',
		'The 12 hours are elapsed time, nights and weekends included. The regulation names no retention period (D7-29): 3 years are a suggestion. Visits and installations are opened by views over the company''s contracts and customers: name them in sla.duty.source and set active.');

	-- Answer, arrival, help (D7-07 to D7-09).
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		stops_on, duration, due_column, restarts, responsible_role, notify_roles, binding, basis, clause, note)
	VALUES
		(p, v, 'reply', 'first_response', 'Reply to a service request', '答复服务信息', NULL,
		 '{received}', '{first_response}', '12:00:00', NULL, false,
		 '{agent}', '{dept_head}', true, 'B', 'D7-08',
		 'A late reply alone has no penalty; a verified complaint about it has (D7-21).'),
		(p, v, 'on_site', 'on_site', 'Arrival in the time set by the customer', '在客户规定的时间内到达现场',
		 'onsite_required', '{}', '{arrived_on_site}', NULL, 'customer_required_at', true,
		 '{field_engineer}', '{dept_head}', true, 'T', 'D7-09', NULL),
		(p, v, 'headquarters_help', 'headquarters_help', 'Report to headquarters what cannot be answered',
		 '无法解答时报告公司总部', NULL,
		 '{cannot_answer}', '{escalated}', '00:30:00', NULL, true,
		 '{field_engineer}', '{headquarters}', false, 'A', 'D7-07', NULL);

	-- After the task (D7-12).  It cannot be closed before; see the event rules.
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		stops_on, duration, calendar, responsible_role, notify_roles, binding, basis, clause)
	VALUES
		(p, v, 'service_report', 'service_report', 'Service report', '填写售后服务报告单', task,
		 '{resolved}', '{service_report_filed}', '1 day', 'cn_workday',
		 '{field_engineer}', '{dept_head}', false, 'A', 'D7-12');

	-- What is due without a request: reports, archives, visits, installations.
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, duty, due_column, stops_on,
		responsible_role, notify_roles, binding, basis, clause, note)
	VALUES
		(p, v, 'monthly_statistics', 'monthly_statistics', 'Monthly after-sales statistics filed',
		 '报送月度售后服务数据', 'monthly_statistics', 'due_at', '{report_filed}',
		 '{dept_handler}', '{marketing}', true, 'B', 'D7-30', 'Items 1 to 5: D7-31 to D7-35.'),
		(p, v, 'project_report', 'project_report', 'Monthly service-project report filed',
		 '报送月度售后服务项目报表', 'project_report', 'due_at', '{report_filed}',
		 '{dept_handler}', '{tech_center,senior_mgmt}', true, 'B', 'D7-36', 'Item 6.'),
		(p, v, 'monthly_archive', 'monthly_archive', 'Last month''s letters and replies archived',
		 '整理归档上月函件', 'monthly_archive', 'due_at', '{archived}',
		 '{dept_handler}', '{dept_head}', false, 'A', 'D7-28',
		 'The month is the regulation''s, the day a suggestion.'),
		(p, v, 'yearly_archive', 'yearly_archive', 'The year''s archives consolidated',
		 '年底整理汇总归档资料', 'yearly_archive', 'due_at', '{archived}',
		 '{dept_handler}', '{dept_head}', false, 'A', 'D7-29',
		 'The year''s end is the regulation''s, the day a suggestion.'),
		(p, v, 'installation', 'installation', 'Installation and commissioning by contract', '合同安装调试',
		 'installation', 'due_at', '{installation_done}',
		 '{field_engineer}', '{dept_head}', true, 'T', 'D7-03', NULL),
		(p, v, 'key_customer_visit', 'key_customer_visit', 'Visit to a key customer', '走访重点客户',
		 'key_customer_visit', 'due_at', '{visit_done}',
		 '{dept_handler}', '{dept_head}', false, 'A', 'D7-04', NULL),
		(p, v, 'remedial_measures', 'remedial_measures', 'Remedial measures reported', '采取有效措施挽回影响',
		 'remedial_measures', 'due_at', '{document_filed}',
		 '{dept_handler}', '{dept_head}', false, 'A', 'D7-18', 'The time is a suggestion.');

	INSERT INTO sla.duty (policy, version, duty, title, title_zh, every, anchor, due_after, department,
		roles, active, clause, note)
	VALUES
		(p, v, 'monthly_statistics', 'Monthly after-sales statistics, items 1 to 5', '月度售后服务数据(第1至5项)',
		 '1 month', '2001-01-01', '4 days', 'after_sales', '{dept_handler}', true, 'D7-30',
		 'Of the month before. "Before the 4th" includes the 4th (K-15); 3 days would not.'),
		(p, v, 'project_report', 'Monthly service-project report, item 6', '月度售后服务项目报表(第6项)',
		 '1 month', '2001-01-01', '5 days', 'after_sales', '{dept_handler}', true, 'D7-36',
		 'Of the month before, with rectification opinions and measures.'),
		(p, v, 'monthly_archive', 'Monthly archive of letters, mails and replies', '每月来函、邮件、回复意见归档',
		 '1 month', '2001-01-01', '3 days', 'after_sales', '{dept_handler}', true, 'D7-28',
		 'Of the month before, by month, customer or product type.'),
		(p, v, 'yearly_archive', 'Yearly consolidation of the archives', '年底归档资料汇总成册',
		 '1 year', '2001-12-01', '31 days', 'after_sales', '{dept_handler}', true, 'D7-29', NULL),
		(p, v, 'installation', 'Installation and commissioning', '安装调试',
		 NULL, '2001-01-01', NULL, 'after_sales', '{dept_handler}', false, 'D7-03',
		 'Name in source a view over the contracts: subject = contract, due_at = the contract''s date, assignee = the field engineer. A single one may also be inserted as a ticket of this duty with its due_at.'),
		(p, v, 'key_customer_visit', 'Visits to key customers', '走访重点客户',
		 NULL, '2001-01-01', NULL, 'after_sales', '{dept_handler}', false, 'D7-04',
		 'Name in source a view over the customers of tier key: subject = customer, opens_at = the last visit, due_at = a quarter later (suggested), done_at = the visit.');

	INSERT INTO sla.event_rule (policy, version, rule, event, title, title_zh, applies_when, requires_events,
		requires, mode, implies, sets, notifies, message, message_zh, clause)
	VALUES
		(p, v, 'answered_responds', 'answered', 'An answer is a reply', '答复即响应',
		 'duty IS NULL', '{}', NULL, 'enforce', '{first_response}', NULL, '{}', NULL, NULL, 'D7-08'),
		(p, v, 'onsite_needs_date', 'first_response', 'On-site service needs the customer''s date',
		 '现场服务须记录客户规定的时间',
		 'duty IS NULL AND onsite_required', '{}', 'customer_required_at IS NOT NULL', 'warn',
		 '{}', NULL, '{}', NULL, NULL, 'D7-09'),
		(p, v, 'help_from_headquarters', 'escalated', 'Headquarters is told', '报告公司总部协助解决',
		 'duty IS NULL', '{}', NULL, 'enforce', '{}', NULL, '{headquarters}', NULL, NULL, 'D7-07'),
		(p, v, 'major_quality_problem', 'received', 'Departments concerned are told of a major quality problem',
		 '重大质量问题反馈有关部门',
		 'duty IS NULL AND severity IN (''serious'', ''critical'')', '{}', NULL, 'enforce',
		 '{}', NULL, '{tech_center,product}', NULL, NULL, 'D7-15'),
		(p, v, 'repeat_repair', 'resolved', 'No repeated repair of the same problem', '不允许同一问题重复修理',
		 'duty IS NULL', '{}', 'repeat_of IS NULL', 'warn', '{}', NULL, '{}', NULL, NULL, 'D7-11'),
		(p, v, 'closed_needs_report', 'closed', 'Closed only with the service report', '填写售后服务报告单后方可关闭',
		 'duty IS NULL AND ' || task, '{service_report_filed}', NULL, 'enforce', '{}', NULL, '{}',
		 'the service report has not been filed', '尚未填写售后服务报告单', 'D7-12'),
		(p, v, 'closed_needs_rating', 'closed', 'Closed only with the satisfaction survey', '用户填写满意度调查表后方可关闭',
		 'duty IS NULL AND ' || task, '{rating_recorded}', NULL, 'enforce', '{}', NULL, '{}',
		 'the customer has not filled in the satisfaction survey', '用户尚未填写满意度调查表', 'D7-13'),
		(p, v, 'unsatisfied_reopens', 'rating_recorded', 'An unsatisfied customer reopens the ticket (suggested)',
		 '客户不满意则重新启动处理(建议)',
		 'duty IS NULL AND (event_details ->> ''score'')::integer <= 2', '{}', NULL, 'enforce',
		 '{reopened}', NULL, '{}', NULL, NULL, 'K-9'),
		(p, v, 'receipt_follows_shipping', 'part_receipt_confirmed', 'A part is received after it was shipped',
		 '先发货后确认接收',
		 'duty IS NULL', '{part_shipped}', NULL, 'warn', '{}', NULL, '{}', NULL, NULL, 'D7-27'),
		(p, v, 'verified_complaint', 'complaint_verified', 'A verified complaint names cause and person',
		 '投诉查实须写明原因和被投诉人',
		 'duty IS NULL', '{}', 'complaint_cause IS NOT NULL AND (against_employee IS NOT NULL OR NOT ' || demerit || ')', 'enforce',
		 '{}', '{"verification_outcome": "substantiated"}', '{}',
		 'a verified complaint needs its cause, and for a demerit the employee it is against',
		 '查实的投诉须写明原因,记过的须写明被投诉人', 'D7-18'),
		(p, v, 'duty_monthly_statistics', 'report_filed', 'Statistics that are filed are done', '月度数据已报送',
		 'duty = ''monthly_statistics''', '{}', NULL, 'enforce', '{resolved,closed}', NULL, '{}', NULL, NULL, 'D7-30'),
		(p, v, 'duty_project_report', 'report_filed', 'A project report that is filed is done', '项目报表已报送',
		 'duty = ''project_report''', '{}', NULL, 'enforce', '{resolved,closed}', NULL, '{}', NULL, NULL, 'D7-36'),
		(p, v, 'duty_monthly_archive', 'archived', 'A month that is archived is done', '月度归档已完成',
		 'duty = ''monthly_archive''', '{}', NULL, 'enforce', '{resolved,closed}', NULL, '{}', NULL, NULL, 'D7-28'),
		(p, v, 'duty_yearly_archive', 'archived', 'A year that is archived is done', '年度归档已完成',
		 'duty = ''yearly_archive''', '{}', NULL, 'enforce', '{resolved,closed}', NULL, '{}', NULL, NULL, 'D7-29'),
		(p, v, 'duty_installation_done', 'installation_done', 'An installation that is made is done', '安装调试已完成',
		 'duty = ''installation''', '{}', NULL, 'enforce', '{resolved,closed}', NULL, '{}', NULL, NULL, 'D7-03'),
		(p, v, 'duty_visit_done', 'visit_done', 'A visit that is made is done', '走访已完成',
		 'duty = ''key_customer_visit''', '{}', NULL, 'enforce', '{resolved,closed}', NULL, '{}', NULL, NULL, 'D7-04'),
		(p, v, 'duty_document_filed', 'document_filed', 'A document that is filed is done', '文件已提交',
		 'duty = ''remedial_measures''', '{}', NULL, 'enforce', '{resolved,closed}', NULL, '{}', NULL, NULL, 'D7-18');

	-- What the customer says about a person is a complaint (D7-17).  The cause is found by
	-- verification, never by words.
	INSERT INTO sla.classification (policy, version, position, condition, keywords, sets, title,
		title_zh, clause)
	VALUES
		(p, v, 10, 'against_employee IS NOT NULL', '{}', '{"type": "service_complaint"}',
		 'A complaint about a service person', '对服务人员的投诉', 'D7-17'),
		(p, v, 20, NULL,
		 '{投诉,态度差,态度恶劣,顶撞,口角,索要财物,不满意,complaint,complain,rude,dissatisfied}',
		 '{"type": "service_complaint"}', 'Words of a complaint', '投诉关键词', 'D7-17'),
		(p, v, 30, NULL, '{}', '{"type": "service_request"}', 'Any other type', '其他类型', 'D7-08'),
		(p, v, 40, 'supplier IS NOT NULL OR attributes ->> ''part_origin'' = ''outsourced''', '{}',
		 '{"responsibility": "supplier", "decision_owner": "purchasing"}',
		 'Bought-in parts: purchasing has the supplier solve it', '外协件质量问题由采购部协调外协厂家解决', 'D7-14'),
		(p, v, 50, 'severity IN (''serious'', ''critical'')', '{}', '{"urgency": "urgent"}',
		 'A major quality problem', '重大质量问题', 'D7-15'),
		(p, v, 60, NULL, '{}', '{"urgency": "normal"}', 'Any other urgency', '一般', 'D7-08');

	INSERT INTO sla.escalation_step (policy, version, target, level, at_percent, after, roles, title,
		title_zh, clause)
	VALUES
		(p, v, 'reply', 0, 80, NULL, '{agent}', 'Deadline is near', '临近时限提醒', 'D7-08'),
		(p, v, 'on_site', 0, 80, NULL, '{field_engineer}', 'Deadline is near', '临近时限提醒', 'D7-09'),
		(p, v, 'monthly_statistics', 0, 50, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D7-30'),
		(p, v, 'project_report', 0, 50, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D7-36'),
		(p, v, '*', 1, NULL, '00:00:00', NULL, 'Missed', '已超时', 'D7-08'),
		(p, v, '*', 2, NULL, '24:00:00', '{senior_mgmt}', 'Missed for a day', '超时一天', 'D7-36');

	-- One verified complaint is one major demerit, the first like any other (D7-18).
	INSERT INTO sla.penalty_rule (policy, version, ladder, step, title, title_zh, trigger, event, condition,
		subject, action, duty, duty_due, approver_roles, clause)
	VALUES
		(p, v, 'L5', '1', 'Verified complaint: one major demerit and remedial measures',
		 '投诉一经查实:记大过一次并挽回影响', 'event', 'complaint_verified',
		 demerit,
		 'against_employee', 'major_demerit', 'remedial_measures', '3 days', '{dept_head,hr}', 'D7-18'),
		(p, v, 'L5', 'F1', 'False expense claim, minor: demerit; not reimbursed', '弄虚作假(较轻):记过,不予报销',
		 'manual', NULL, NULL, 'responsible', 'demerit', NULL, NULL, '{finance,hr}', 'D7-23'),
		(p, v, 'L5', 'F2', 'False expense claim, grave: major demerit; not reimbursed', '弄虚作假(较重):记大过,不予报销',
		 'manual', NULL, NULL, 'responsible', 'major_demerit', NULL, NULL, '{finance,hr}', 'D7-23'),
		(p, v, 'L5', 'F3', 'False expense claim, very grave: dismissal review, never automatic',
		 '弄虚作假(严重):辞退审议',
		 'manual', NULL, NULL, 'responsible', 'dismissal_review', NULL, NULL, '{finance,hr}', 'D7-23'),
		(p, v, 'L5', 'F4', 'False expense claim, criminal: legal review, never automatic', '弄虚作假(违法):追究法律责任审议',
		 'manual', NULL, NULL, 'responsible', 'legal_review', NULL, NULL, '{finance,hr}', 'D7-23');
END
$$;

COMMENT ON FUNCTION sla._preset_field_service(integer) IS
'Inserts the draft of preset field_service (P5, regulation D7); called by sla.load_preset().';
REVOKE EXECUTE ON FUNCTION sla._preset_field_service(integer) FROM PUBLIC;

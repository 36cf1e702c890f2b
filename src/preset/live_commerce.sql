--
-- preset/live_commerce.sql
--		P2: live commerce, customer feedback handling (D2, 直播带货公司客户反馈处理规定).
--
--		The regulation contains no number: all limits are suggestions (basis A), or
--		the time that the customer was promised (basis T).  None is binding until the
--		company decides so; ladder L2 waits for those that the company makes binding.
--		What it does state, the order of the steps and the penalty for leaving it, is
--		binding.
--

CREATE FUNCTION sla._preset_live_commerce(version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p CONSTANT text := 'live_commerce';
	v CONSTANT integer := version;
	complex CONSTANT text := 'complexity = ''complex''';
BEGIN
	INSERT INTO sla.policy (policy, version, title, title_zh, position, applies_to, time_zone, calendar,
		late_record_window, reopen_alert_after, reopen_alert_roles, unsatisfied_max_rating, rating_scale,
		offence_window, offence_unit, retention_years, order_check, clause, note)
	VALUES (p, v, 'Live-commerce customer feedback handling', '直播带货公司客户反馈处理规定',
		30, 'channel IN (''live_comment'', ''complaint_mailbox'', ''online_rating'', ''social_media'') OR attributes ->> ''live_session'' IS NOT NULL',
		'Asia/Shanghai', '24x7', '24:00:00', 3, '{feedback_team_lead}', 2, 5, '1 year', 'ticket', 3, 'warn', 'D2',
		'The regulation states no number ("the stated time"): every limit here is a suggestion, advisory until the company makes it binding in a version of its own. '
		'Minutes and hours are elapsed time; the call-back counts working days. '
		'Tickets that name no policy come here by their channel, or because attributes has a live_session. Feedback by hotline, chat or email has the same limits where the ticket names this policy; a channel that is not listed in a first_response target has no limit for the first response. '
		'The first response is refused without promised_at, unless it is the answer itself. '
		'A simple problem is answered by the agent, a complex one is handed over: what is assigned while complexity is empty becomes complex, what is answered becomes simple. '
		'Every department after the first is told by the event department_added. '
		'Whoever is assigned answers for the promised time, else the head of the department, else the agent (role handler). '
		'A reopened ticket goes back to its department; a simple one that was never assigned is to be assessed anew.');

	-- First response, with the time until which the customer may expect a solution (D2-08, D2-09).
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		stops_on, cancels_on, duration, restarts, responsible_role, notify_roles, binding, basis, ladder, clause)
	VALUES
		(p, v, 'first_response_live', 'first_response', 'First response on a live channel', '直播留言、热线、在线客服首次回复',
		 'channel IN (''live_comment'', ''hotline'', ''chat'')', '{received}', '{first_response}', '{}',
		 '00:05:00', false, '{agent}', '{feedback_team_lead}', false, 'A', 'L2', 'D2-02, D2-08, D2-09'),
		(p, v, 'first_response_written', 'first_response', 'First response on a written channel', '邮件、社交媒体等渠道首次回复',
		 'channel IN (''email'', ''social_media'', ''complaint_mailbox'', ''online_rating'')', '{received}', '{first_response}', '{}',
		 '24:00:00', false, '{agent}', '{feedback_team_lead}', false, 'A', 'L2', 'D2-08, D2-09'),
		(p, v, 'direct_answer', 'direct_answer', 'Direct answer to a simple problem', '简单问题直接解决',
		 'complexity = ''simple''', '{received}', '{answered}', '{}',
		 '00:10:00', false, '{agent}', '{feedback_team_lead}', false, 'A', NULL, 'D2-22'),
		(p, v, 'transfer', 'transfer', 'Hand-over to the department', '复杂问题转交相关部门',
		 complex, '{received}', '{assigned}', '{answered}',
		 '00:30:00', true, '{agent}', '{feedback_team_lead}', false, 'A', 'L2', 'D2-23');

	-- The department (D2-24 to D2-26).  What customer service has answered itself needs none.
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		fallback_on, fallback_after, start_owed_by, stops_on, cancels_on, duration,
		responsible_role, notify_roles, binding, basis, ladder, clause)
	VALUES
		(p, v, 'dept_plan', 'dept_plan', 'Solution worked out by the department', '部门制定解决方案',
		 complex, '{assigned}', 'received', '00:30:00', 'agent', '{plan_proposed}', '{resolved}', '02:00:00',
		 '{dept_handler}', '{dept_head}', false, 'A', 'L2', 'D2-24'),
		(p, v, 'dept_complete', 'dept_complete', 'Result returned to customer service', '部门完成处理并反馈客服部门',
		 complex || ' AND urgency <> ''urgent''', '{assigned}', 'received', '00:30:00', 'agent', '{result_to_cs}', '{answered}', '24:00:00',
		 '{dept_handler}', '{dept_head,feedback_team_lead}', false, 'A', 'L2', 'D2-25'),
		(p, v, 'dept_complete_urgent', 'dept_complete', 'Result of an urgent problem returned to customer service', '紧急问题部门完成处理并反馈客服部门',
		 complex || ' AND urgency = ''urgent''', '{assigned}', 'received', '00:30:00', 'agent', '{result_to_cs}', '{answered}', '04:00:00',
		 '{dept_handler}', '{dept_head,feedback_team_lead}', false, 'A', 'L2', 'D2-25'),
		(p, v, 'coordination_meeting', 'coordination_meeting', 'Coordination meeting of several departments', '召开多部门协调会议',
		 NULL, '{department_added}', NULL, NULL, NULL, '{coordination_meeting}', '{resolved}', '04:00:00',
		 '{feedback_team_lead}', '{dept_head}', false, 'A', NULL, 'D2-26');

	-- The promise, the result and the call-back (D2-09, D2-27, D2-10).
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, condition, starts_on,
		stops_on, due_column, duration, calendar, on_due, responsible_role, notify_roles, binding, basis,
		ladder, clause, note)
	VALUES
		(p, v, 'promise', 'promise', 'Solved by the promised time', '按承诺的预计处理时间解决', NULL, '{}',
		 '{resolved}', 'promised_at', NULL, NULL, NULL, '{handler}', '{feedback_team_lead}', false, 'T', 'L2', 'D2-09', NULL),
		(p, v, 'result_notice', 'result_notice', 'Result notice to the customer', '向客户反馈处理结果', NULL, '{result_to_cs}',
		 '{result_notified}', NULL, '24:00:00', NULL, NULL, '{agent}', '{feedback_team_lead}', false, 'A', NULL, 'D2-27', NULL),
		(p, v, 'callback', 'callback', 'Satisfaction call-back', '满意度回访', NULL, '{result_notified}',
		 '{callback_done}', NULL, '3 days', 'cn_workday', NULL, '{agent}', '{feedback_team_lead}', false, 'A', NULL, 'D2-10', NULL),
		(p, v, 'close_without_rating', 'close_without_rating', 'Closed if the customer does not rate', '客户未评价自动关闭',
		 'last_score IS NULL OR last_score > 2', '{result_notified}',
		 '{rating_recorded}', NULL, '168:00:00', NULL, 'closed_no_rating', '{}', '{}', false, 'A', NULL, 'D2-29, C-12',
		 'A timer of 7 times 24 hours; never for an unsatisfied customer (D2-30).');

	-- Every channel has somebody who watches it (D2-17); an employee who was warned puts it right (D2-46).
	INSERT INTO sla.duty (policy, version, duty, title, title_zh, source, roles, clause, note)
	VALUES (p, v, 'channel_watch', 'A channel has been silent for a day', '渠道连续一日无反馈,需核查是否畅通',
		'sla.silent_channel', '{channel_monitor}', 'D2-17',
		'Opened for each channel that was in use and from which nothing has come in for 24 hours. The next ticket from the channel ends it.');
	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, duty, stops_on, due_column,
		responsible_role, notify_roles, binding, basis, clause)
	VALUES
		(p, v, 'channel_watch', 'channel_watch', 'The channel is open and watched', '渠道畅通且有人监控',
		 'channel_watch', '{registered}', 'due_at', '{channel_monitor}', '{feedback_team_lead}', false, 'A', 'D2-17'),
		(p, v, 'rectification', 'rectification', 'What went wrong is put right', '立即整改',
		 'rectification', '{rectified}', 'due_at', '{dept_handler}', '{dept_head}', false, 'A', 'D2-46');

	-- The order of the steps.  Leaving it is what the regulation punishes (D2-40, D2-46).
	INSERT INTO sla.event_rule (policy, version, rule, event, title, title_zh, applies_when, requires_events,
		requires, actor_roles, mode, binding, ladder, implies, sets, notifies, message, message_zh, clause)
	VALUES
		(p, v, 'answered_resolves', 'answered', 'A direct answer resolves a simple problem', '直接解答即解决',
		 NULL, '{}', NULL, '{}', 'enforce', false, NULL,
		 '{first_response,resolved,result_notified}', '{"complexity": "simple"}', '{}', NULL, NULL, 'D2-22'),
		(p, v, 'assigned_is_complex', 'assigned', 'What is handed over is a complex problem', '转交即为复杂问题',
		 'duty IS NULL', '{}', NULL, '{}', 'enforce', false, NULL,
		 '{}', '{"complexity": "complex", "needs_department": true}', '{}', NULL, NULL, 'D2-23'),
		(p, v, 'channel_watch_ends', 'registered', 'A channel that is used again needs no watch', '渠道恢复反馈即关闭',
		 'duty = ''channel_watch''', '{}', NULL, '{}', 'enforce', false, NULL,
		 '{resolved,closed}', NULL, '{}', NULL, NULL, 'D2-17'),
		(p, v, 'closed_needs_result_notice', 'closed', 'Closed only after the customer knows the result', '向客户反馈结果后方可关闭',
		 'duty IS NULL', '{result_notified}', NULL, '{}', 'warn', true, 'L2',
		 '{}', NULL, '{}', NULL, NULL, 'D2-27'),
		(p, v, 'closed_needs_satisfaction', 'closed', 'Closed only with a satisfied customer', '客户满意方可关闭',
		 NULL, '{}', 'last_score IS NULL OR last_score > 2', '{}', 'enforce', false, NULL, '{}', NULL, '{}',
		 'the last rating is unsatisfied; the ticket stays open until the customer is satisfied',
		 '客户最近一次评价不满意,须重新处理直至客户满意', 'D2-30'),
		(p, v, 'first_response_promises', 'first_response', 'The first response says when the customer may expect a solution',
		 '首次回复须说明预计处理时间', 'event_implied_by IS DISTINCT FROM ''answered''', '{}', 'promised_at IS NOT NULL',
		 '{}', 'enforce', false, NULL, '{}', NULL, '{}',
		 'the first response must state the expected handling time: set promised_at',
		 '首次回复须说明预计处理时间:请填写 promised_at', 'D2-09'),
		(p, v, 'rectified_closes', 'rectified', 'What is put right is done', '整改完成即关闭',
		 'duty = ''rectification''', '{}', NULL, '{}', 'enforce', false, NULL,
		 '{resolved,closed}', NULL, '{}', NULL, NULL, 'D2-46'),
		(p, v, 'reopened_returns', 'reopened', 'A reopened ticket goes back to its department', '退回原部门重新处理',
		 'department IS NOT NULL OR assignee IS NOT NULL', '{}', NULL, '{}', 'enforce', false, NULL,
		 '{assigned}', NULL, '{dept_handler}', NULL, NULL, 'D2-30'),
		(p, v, 'result_notice_by_service', 'result_notified', 'Customer service tells the customer the result', '由客服部门向客户反馈结果',
		 'event_actor IS NOT NULL', '{}', NULL, '{agent}', 'warn', true, 'L2',
		 '{}', NULL, '{}', NULL, NULL, 'D2-27'),
		(p, v, 'result_notice_has_result', 'result_notified', 'The customer is told a result once there is one', '处理完成后方可反馈结果',
		 NULL, '{resolved}', NULL, '{}', 'warn', true, 'L2', '{}', NULL, '{}', NULL, NULL, 'D2-27, D2-40'),
		(p, v, 'result_returned_resolves', 'result_to_cs', 'The department''s result is the solution', '部门反馈处理结果即处理完成',
		 NULL, '{}', NULL, '{}', 'enforce', false, NULL, '{resolved}', NULL, '{agent}', NULL, NULL, 'D2-25'),
		(p, v, 'unsatisfied_reopens', 'rating_recorded', 'An unsatisfied customer reopens the ticket', '客户不满意则重新处理',
		 '(event_details ->> ''score'')::integer <= 2', '{}', NULL, '{}', 'enforce', false, NULL,
		 '{reopened}', NULL, '{}', NULL, NULL, 'D2-30');

	-- Nature and urgency from facts first, then from words, then the defaults.
	INSERT INTO sla.classification (policy, version, position, condition, keywords, sets, title,
		title_zh, clause)
	VALUES
		(p, v, 5, 'attributes ->> ''live_session'' IS NOT NULL', '{}', '{"channel": "live_comment"}',
		 'Feedback from a live session', '直播场次中的反馈', 'D2-07, D2-16'),
		(p, v, 10, 'severity = ''critical'' OR business_impact = ''major_event''', '{}',
		 '{"urgency": "urgent"}', 'Critical quality problem, or a major event', '特别严重的质量问题、重大事件', 'D2-13, D2-20'),
		(p, v, 20, 'severity = ''serious'' OR amount_involved >= 10000', '{}',
		 '{"urgency": "important"}', 'Serious quality problem, or a large amount', '严重质量问题、较大金额', 'D2-13, D2-20'),
		(p, v, 30, 'duty IS NULL',
		 '{质量事故,安全事故,食物中毒,过敏,就医,住院,受伤,起火,着火,爆炸,漏电,触电,媒体曝光,food poisoning,allergic reaction,hospital,injury,injured,caught fire,explosion,electric shock}',
		 '{"urgency": "urgent"}', 'Words of an urgent problem', '紧急问题关键词', 'D2-20'),
		(p, v, 40, 'duty IS NULL',
		 '{假货,虚假宣传,欺诈,大批,多人反映,大额,赔偿,counterfeit,false advertising,fraud,many customers,large amount,compensation}',
		 '{"urgency": "important"}', 'Words of an important problem', '重要问题关键词', 'D2-20'),
		(p, v, 50, 'duty IS NULL',
		 '{质量,假货,瑕疵,变质,过期,掉色,色差,开线,坏了,不能用,quality,defective,counterfeit,expired,faded,does not work}',
		 '{"category": "product_quality"}', 'Product quality', '产品质量问题', 'D2-19'),
		(p, v, 60, 'duty IS NULL',
		 '{态度,不耐烦,辱骂,敷衍,没人回复,不理人,attitude,impolite,insulted,ignored me,nobody answers}',
		 '{"category": "service_attitude"}', 'Service attitude', '服务态度问题', 'D2-19'),
		(p, v, 70, 'duty IS NULL',
		 '{物流,快递,发货,没收到,未收到,派送,包裹,shipping,delivery,parcel,courier,not arrived,not received}',
		 '{"category": "logistics"}', 'Logistics', '物流问题', 'D2-19'),
		(p, v, 80, 'duty IS NULL',
		 '{直播间,主播,卡顿,画面,优惠券,抽奖,福袋,虚假宣传,live stream,livestream,streamer,coupon,lottery,false advertising}',
		 '{"category": "live_experience"}', 'Live-stream experience', '直播体验问题', 'D2-19'),
		(p, v, 90, 'duty IS NULL', '{}', '{"category": "other"}', 'Any other category', '其他类别', 'D2-19'),
		(p, v, 100, 'duty IS NULL AND channel = ''complaint_mailbox''', '{}', '{"type": "complaint"}',
		 'What comes to the complaint mailbox', '投诉邮箱来件', 'D2-43'),
		(p, v, 110, 'duty IS NULL',
		 '{投诉,不满,差评,欺骗,虚假,赔偿,complaint,complain,dissatisfied,cheated,compensation,unacceptable}',
		 '{"type": "complaint"}', 'Words of a complaint', '投诉关键词', 'D2-07'),
		(p, v, 120, 'duty IS NULL',
		 '{退货,换货,退款,维修,return the,exchange,refund,repair}',
		 '{"type": "service_request"}', 'Return, exchange, refund or repair', '退换货、退款、维修', 'D2-14'),
		(p, v, 130, 'duty IS NULL',
		 '{建议,希望能,希望增加,改进意见,suggestion,suggest,would be better}',
		 '{"type": "suggestion"}', 'Words of a suggestion', '建议关键词', 'D2-33'),
		(p, v, 140, 'duty IS NULL',
		 '{咨询,请问,如何,怎么,怎样,是否可以,有没有,inquiry,enquiry,question,how to,how do,how can}',
		 '{"type": "inquiry"}', 'Words of an inquiry', '咨询关键词', 'D2-07'),
		(p, v, 150, NULL, '{}', '{"type": "other"}', 'Any other type', '其他类型', 'D2-07'),
		(p, v, 160, NULL, '{}', '{"urgency": "normal"}', 'Any other urgency', '一般', 'D2-20'),
		(p, v, 170, 'cardinality(departments) >= 2 OR needs_department', '{}', '{"complexity": "complex"}',
		 'Departments are needed', '涉及其他部门', 'D2-21'),
		(p, v, 180, 'duty IS NULL AND (urgency IN (''important'', ''urgent'') OR type IN (''complaint'', ''service_request''))', '{}',
		 '{"complexity": "complex"}', 'Problems that customer service does not solve alone', '客服无法单独解决的问题', 'D2-21'),
		(p, v, 190, 'duty IS NULL AND type IN (''inquiry'', ''suggestion'')', '{}',
		 '{"complexity": "simple"}', 'What customer service answers itself', '客服可直接解答', 'D2-21, D2-22'),
		(p, v, 195, 'duty IS NULL AND category <> ''other''', '{}', '{"complexity": "complex"}',
		 'Problems of product, service, logistics or live session', '涉及产品、服务、物流或直播的问题', 'D2-21'),
		(p, v, 200, 'urgency = ''urgent''', '{}', '{"priority": "P1"}', 'Urgent problems first', '紧急问题优先', 'D2-20, K-7'),
		(p, v, 210, 'urgency = ''important''', '{}', '{"priority": "P2"}', 'Then important ones', '重要问题次之', 'D2-20, K-7'),
		(p, v, 220, 'duty IS NULL AND type <> ''suggestion''', '{}', '{"priority": "P3"}', 'Then all others', '一般问题', 'D2-20, K-7'),
		(p, v, 230, 'duty IS NULL', '{}', '{"priority": "P4"}', 'Suggestions last', '建议', 'D2-20, K-7');

	-- The feedback handling team is the first level (D2-05, D2-06); each target says who hears of its miss.
	INSERT INTO sla.escalation_step (policy, version, target, level, at_percent, after, roles, title,
		title_zh, clause)
	VALUES
		(p, v, 'dept_complete', 0, 80, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D2-10'),
		(p, v, 'dept_complete_urgent', 0, 80, NULL, '{dept_handler}', 'Deadline is near', '临近时限提醒', 'D2-10'),
		(p, v, 'promise', 0, 80, NULL, '{handler,agent}', 'The promised time is near', '临近承诺时间提醒', 'D2-10'),
		(p, v, '*', 1, NULL, '00:00:00', NULL, 'Missed', '已超时', 'D2-06');

	INSERT INTO sla.penalty_rule (policy, version, ladder, step, title, title_zh, trigger, nth_from, nth_to,
		action, duty, duty_due, approver_roles, clause)
	VALUES
		(p, v, 'L2', '1', 'First minor mistake or process violation: verbal warning and rectification',
		 '首次轻微失误或违反流程:口头警告并立即整改', 'offence', 1, 1,
		 'verbal_warning', 'rectification', '1 day', '{dept_head}', 'D2-46'),
		(p, v, 'L2', '2', 'Repeated: written warning and rectification', '再次:书面警告并立即整改', 'offence', 2, NULL,
		 'written_warning', 'rectification', '1 day', '{dept_head}', 'D2-46'),
		(p, v, 'L2', 'S1', 'Complaint escalated or major loss: demotion review, never automatic',
		 '导致投诉升级或重大损失:降职审议', 'manual', NULL, NULL,
		 'demotion_review', NULL, NULL, '{hr,management}', 'D2-47'),
		(p, v, 'L2', 'S2', 'Complaint escalated or major loss: pay cut review, never automatic',
		 '导致投诉升级或重大损失:降薪审议', 'manual', NULL, NULL,
		 'pay_cut_review', NULL, NULL, '{hr,management}', 'D2-47'),
		(p, v, 'L2', 'S3', 'Complaint escalated or major loss: dismissal review, never automatic',
		 '导致投诉升级或重大损失:辞退审议', 'manual', NULL, NULL,
		 'dismissal_review', NULL, NULL, '{hr,management}', 'D2-47');

	INSERT INTO sla.reward_rule (policy, version, reward, title, title_zh, trigger, metric, at_least, at_most,
		period, scope, kind, approver_roles, clause, note)
	VALUES
		(p, v, 'outstanding_individual', 'Outstanding individual', '个人表彰奖励', 'manual',
		 NULL, NULL, NULL, '1 month', 'employee',
		 'bonus, certificate, promotion opportunity', '{dept_head,management}', 'D2-44',
		 'Suggested: an important or urgent problem, solved on time and rated 5.'),
		(p, v, 'team_satisfaction', 'Team award: more satisfied customers than in the quarter before',
		 '团队奖励:客户满意度环比提升', 'metric', 'satisfied_share_change', 0.05, NULL, '3 months', 'team',
		 'activity fund, collective commendation', '{management}', 'D2-45',
		 'Suggested: the share of satisfied customers up by 5 percentage points.'),
		(p, v, 'team_complaints', 'Team award: fewer complaints than in the quarter before',
		 '团队奖励:投诉率环比下降', 'metric', 'complaint_rate_change', NULL, -0.10, '3 months', 'team',
		 'activity fund, collective commendation', '{management}', 'D2-45',
		 'Suggested: the complaint rate down by 10 per cent.');
END
$$;

COMMENT ON FUNCTION sla._preset_live_commerce(integer) IS
'Inserts the draft of preset live_commerce (P2, regulation D2); called by sla.load_preset().';
REVOKE EXECUTE ON FUNCTION sla._preset_live_commerce(integer) FROM PUBLIC;

--
-- preset/customer_tier.sql
--		T1: customer care by tier (D13 D14 D17 D20 D22), beside a policy that handles the cases.
--
--		It takes no case, and no tier changes a deadline: whoever wants that writes a
--		condition on customer_tier into a target of the company's own version.
--

CREATE FUNCTION sla._preset_customer_tier(version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	p CONSTANT text := 'customer_tier';
	v CONSTANT integer := version;
BEGIN
	INSERT INTO sla.policy (policy, version, title, title_zh, position, applies_to, time_zone, calendar,
		late_record_window, reopen_alert_after, unsatisfied_max_rating, rating_scale, offence_window,
		offence_unit, retention_years, order_check, clause, note)
	VALUES (p, v, 'Customer care by tier', '客户分级关怀',
		950, 'false', 'Asia/Shanghai', '24x7', '24:00:00', 3, 2, 5, '1 year', 'ticket', 3, 'warn',
		'D13, D14, D17, D20, D22',
		'Rules duties only, no cases. Deadlines are the same for every tier (D20-03); a company that prefers D13-05 or D17-08 adds targets with a condition on customer_tier to its own policy. Which customers lack an account manager (D13-01) is a query over the company''s own customers.');

	INSERT INTO sla.target (policy, version, target, milestone, title, title_zh, duty, due_column, stops_on,
		responsible_role, notify_roles, binding, basis, clause, note)
	VALUES (p, v, 'customer_visit', 'customer_visit', 'Visit to the customer', '客户探望',
		'customer_visit', 'due_at', '{visit_done}',
		'{account_manager}', '{dept_head}', false, 'A', 'D13-02', 'The time is the source''s, by tier.');

	INSERT INTO sla.duty (policy, version, duty, title, title_zh, active, clause, note)
	VALUES (p, v, 'customer_visit', 'Customer visits', '客户探望', false, 'D13-02',
		'Name in source a view over the customers: subject = customer, opens_at = the last visit, due_at = a quarter later for the top tier, a year for the others (suggested), done_at = the visit, assignee = the account manager.');

	INSERT INTO sla.event_rule (policy, version, rule, event, title, title_zh, applies_when, implies, clause)
	VALUES (p, v, 'duty_visit_done', 'visit_done', 'A visit that is made is done', '探望已完成',
		'duty = ''customer_visit''', '{resolved,closed}', 'D13-02');

	INSERT INTO sla.escalation_step (policy, version, target, level, after, title, title_zh, clause)
	VALUES (p, v, '*', 1, '00:00:00', 'Missed', '已超时', 'D13-02');

	INSERT INTO sla.reward_rule (policy, version, reward, title, title_zh, trigger, period, scope, kind,
		approver_roles, clause, note)
	VALUES (p, v, 'customer_reward', 'Reward of a customer''s contribution and loyalty', '客户贡献与忠诚奖励',
		'manual', '1 year', 'customer', 'priority service, discount, gift, plaque or visit', '{dept_head}', 'D13-05',
		'Plaques and invitations: D13-07. Priority service changes no deadline (D20-03).');
END
$$;

COMMENT ON FUNCTION sla._preset_customer_tier(integer) IS
'Inserts the draft of preset customer_tier (T1, regulations D13, D14, D17, D20, D22); called by sla.load_preset().';
REVOKE EXECUTE ON FUNCTION sla._preset_customer_tier(integer) FROM PUBLIC;

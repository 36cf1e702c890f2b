--
-- reward.sql
--		Figures of a period against what was aimed at: rewards, and targets of figures.
--
-- Like a penalty, a reward is a candidate until a person confirms it (rule K-3).  The
-- figures themselves, and who is found by them, are in assess.sql.
--

CREATE FUNCTION sla._metrics() RETURNS TABLE (metric text, of_employees boolean, lower_is_better boolean)
LANGUAGE sql IMMUTABLE
AS $$
	VALUES
		('ticket_count', true, false), ('resolved_count', true, false), ('resolution_rate', true, false),
		('reopened_count', true, true), ('reopen_rate', true, true), ('response_count', true, false),
		('average_response_minutes', true, true), ('met_count', true, false), ('breached_count', true, true),
		('on_time_rate', true, false), ('advisory_met_count', true, false), ('advisory_breached_count', true, true),
		('advisory_on_time_rate', true, false), ('rating_count', true, false), ('average_rating', true, false),
		('breach_count', true, true), ('process_violation_count', true, true), ('offence_count', true, true),
		('incomplete_count', true, true), ('complaint_count', true, true), ('reward_count', true, false),
		('complaint_reduction', false, false), ('satisfied_share_change', false, false),
		('complaint_rate_change', false, true)
$$;

COMMENT ON FUNCTION sla._metrics() IS
'The figures that penalty and reward rules may name: the numbers of the scorecards, and three that only departments have.';

CREATE FUNCTION sla._check_metric(owner text, metric text, of_employees boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF metric IS NOT NULL AND NOT EXISTS (SELECT FROM sla._metrics() m WHERE m.metric = _check_metric.metric
			AND (m.of_employees OR NOT _check_metric.of_employees)) THEN
		PERFORM sla._refuse(format('%s names metric "%s", which %s do not have', owner, metric,
				CASE WHEN of_employees THEN 'employees' ELSE 'departments' END),
			(SELECT format('Metrics are: %s.', string_agg(m.metric, ', ' ORDER BY m.metric)) FROM sla._metrics() m
			WHERE m.of_employees OR NOT _check_metric.of_employees));
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_metric(text, text, boolean) IS
'Refuses a metric that there is not, and lists those there are.';

CREATE FUNCTION sla._months(span interval) RETURNS integer
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN extract(year FROM span) * 12 + extract(month FROM span);
END
$$;

COMMENT ON FUNCTION sla._months(interval) IS
'The months of an interval, years included.';

CREATE FUNCTION sla._check_reward(r record, owner text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	quarterly CONSTANT text[] := '{satisfied_share_change,complaint_rate_change}';
BEGIN
	IF r.trigger = 'metric' AND (r.metric IS NULL OR num_nonnulls(r.at_least, r.at_most) = 0) THEN
		PERFORM sla._refuse(format('%s has no metric or no threshold', owner),
			'Name a column of the scorecard in metric, and what it must reach in at_least, or keep to in at_most.');
	ELSIF num_nonnulls(r.and_metric, r.and_at_least) = 1 THEN
		PERFORM sla._refuse(format('%s has half a second condition', owner),
			'Give and_metric and and_at_least, or neither.');
	ELSIF r.amount < 0 THEN
		PERFORM sla._refuse(format('%s has a negative amount', owner), 'A reward gives something.');
	END IF;
	IF r.trigger <> 'metric' THEN
		RETURN;
	ELSIF r.scope = 'customer' THEN
		PERFORM sla._refuse(format('%s rewards customers by a figure', owner),
			'There are figures of employees and departments; use trigger manual for customers.');
	END IF;
	PERFORM sla._check_metric(owner, r.metric, r.scope = 'employee'),
		sla._check_metric(owner, r.and_metric, r.scope = 'employee');
	IF r.at_most IS NULL AND EXISTS (SELECT FROM sla._metrics() m WHERE m.metric = r.metric AND m.lower_is_better)
		OR EXISTS (SELECT FROM sla._metrics() m WHERE m.metric = r.and_metric AND m.lower_is_better) THEN
		PERFORM sla._refuse(format('%s rewards a high figure where a low one is better', owner),
			'Use at_most with such a metric: complaint_rate_change of at most -0.10 is a fall by a tenth.');
	ELSIF r.metric = ANY (quarterly) AND r.period <> interval '3 months' THEN
		PERFORM sla._refuse(format('%s takes a change per quarter over %s', owner, r.period), 'Set period to 3 months.');
	ELSIF r.metric <> 'complaint_reduction' AND (sla._months(r.period) NOT IN (1, 3, 6, 12)
			OR r.period <> make_interval(months => sla._months(r.period))) THEN
		PERFORM sla._refuse(format('%s has a period of %s', owner, r.period),
			'Periods are 1 month, 3 months, 6 months and 1 year.');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_reward(record, text) IS
'Refuses a reward rule that could never, or only wrongly, find somebody.';

CREATE FUNCTION sla._check_rewards(policy text, version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	r record;
BEGIN
	FOR r IN SELECT * FROM sla.reward_rule r WHERE r.policy = _check_rewards.policy
			AND r.version = _check_rewards.version ORDER BY r.reward LOOP
		PERFORM sla._check_reward(r, format('reward rule "%s"', r.reward));
	END LOOP;
	IF EXISTS (SELECT FROM sla.duty d WHERE d.policy = _check_rewards.policy
			AND d.version = _check_rewards.version AND d.duty = 'assessment') THEN
		PERFORM sla._refuse('duty "assessment" is opened by sla.assess() for every period with figures to judge',
			'Give your duty another name; a target may still name duty "assessment".');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_rewards(text, integer) IS
'Checks the reward rules of a version, and that no duty takes the name of the case files of figures.';

CREATE FUNCTION sla.propose_reward(
	ticket_id bigint,
	reward text,
	subject text,
	proposed_by text,
	reason text,
	amount numeric DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rule record;
	rewards text;
BEGIN
	IF num_nulls(ticket_id, reward, proposed_by) > 0 OR coalesce(btrim(subject), '') = ''
		OR coalesce(btrim(reason), '') = '' THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'a reward is proposed for a ticket, a reward rule and somebody who gets it, in somebody''s name and for a reason, and none of them may be missing',
			HINT = 'The rewards are the rows of sla.reward_rule.';
	ELSIF amount < 0 THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('a reward of %s cannot be proposed', amount),
			HINT = 'Leave amount out to take what the rule says.';
	END IF;
	PERFORM sla._lock_ticket(ticket_id);

	SELECT t.policy, t.policy_version, r.trigger, r.scope, r.kind, r.amount INTO rule
	FROM sla.ticket t
	LEFT JOIN sla.reward_rule r ON r.policy = t.policy AND r.version = t.policy_version
		AND r.reward = propose_reward.reward
	WHERE t.ticket_id = propose_reward.ticket_id;
	IF rule.trigger IS DISTINCT FROM 'manual' THEN
		SELECT string_agg(r.reward, ', ' ORDER BY r.reward) INTO rewards
		FROM sla.reward_rule r
		WHERE r.policy = rule.policy AND r.version = rule.policy_version AND r.trigger = 'manual';
		RAISE invalid_parameter_value USING
			MESSAGE = CASE WHEN rule.trigger IS NULL
				THEN format('the policy of ticket %s has no reward "%s"', ticket_id, reward)
				ELSE format('reward "%s" follows from the figures of a period, and is not proposed by hand', reward) END,
			HINT = coalesce('Rewards that a person proposes: ' || rewards || '.',
				'The version has no reward that a person proposes.');
	END IF;

	INSERT INTO sla.reward (ticket_id, reward, subject, scope, policy, policy_version, kind, amount, status,
		proposed_by, proposal_reason, created_at)
	VALUES (ticket_id, reward, subject, rule.scope, rule.policy, rule.policy_version, rule.kind,
		coalesce(propose_reward.amount, rule.amount), 'candidate', proposed_by, reason, sla.now())
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = format('reward "%s" was proposed for "%s" on ticket %s before', reward, subject, ticket_id),
			HINT = format('See SELECT * FROM sla.reward WHERE ticket_id = %s.', ticket_id);
	END IF;
END
$$;

COMMENT ON FUNCTION sla.propose_reward(bigint, text, text, text, text, numeric) IS
'Makes a candidate for a reward with trigger manual, such as an innovation or a feat of a team, on the ticket that it is about, in somebody''s name and for a reason. subject is who gets it: an employee, a department, or a customer''s key, as the rule''s scope says. amount replaces what the rule says. It still has to be confirmed. Fails if a name or the reason is missing (22004), for an unknown ticket or reward, one that follows from figures, or a negative amount (22023), and if it was proposed before (55000). (K-3; clauses D1-59, D1-60, D13-05)';

CREATE FUNCTION sla._decide_reward(
	ticket_id bigint,
	reward text,
	subject text,
	decided_by text,
	decision text,
	reason text,
	amount numeric
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	candidate record;
	roles text[];
BEGIN
	IF num_nulls(ticket_id, reward, subject, decided_by) > 0 THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'a reward is decided for a ticket, a reward rule and somebody who gets it, in somebody''s name, and none of them may be null',
			HINT = 'The key of a reward is in the columns ticket_id, reward and subject of sla.reward.';
	ELSIF amount < 0 THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('a reward of %s cannot be confirmed', amount),
			HINT = 'Leave amount out to take what was proposed.';
	ELSIF decided_by = subject THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('"%s" cannot decide on a reward of their own', decided_by),
			HINT = 'Somebody else who may approve it has to decide.';
	END IF;
	PERFORM sla._lock_ticket(ticket_id);

	SELECT w.status, w.policy, w.policy_version, w.scope, w.decided_by, t.department INTO candidate
	FROM sla.reward w
	JOIN sla.ticket t USING (ticket_id)
	WHERE w.ticket_id = _decide_reward.ticket_id
		AND w.reward = _decide_reward.reward
		AND w.subject = _decide_reward.subject
	FOR NO KEY UPDATE OF w;
	IF NOT FOUND THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('ticket %s has no reward "%s" for "%s"', ticket_id, reward, subject),
			HINT = format('See SELECT * FROM sla.reward WHERE ticket_id = %s.', ticket_id);
	ELSIF candidate.status <> 'candidate' THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = format('reward "%s" for "%s" on ticket %s is already %s', reward, subject, ticket_id, candidate.status),
			DETAIL = coalesce('It was decided by "' || candidate.decided_by || '".', 'The figures no longer bear it.'),
			HINT = 'A reward is decided once.';
	END IF;
	SELECT r.approver_roles INTO roles
	FROM sla.reward_rule r
	WHERE r.policy = candidate.policy AND r.version = candidate.policy_version
		AND r.reward = _decide_reward.reward;
	PERFORM sla._check_approver(decided_by, subject, candidate.scope, candidate.department, roles,
		format('decide on reward "%s"', reward));

	UPDATE sla.reward AS w
	SET status = decision, decided_by = _decide_reward.decided_by, decided_at = sla.now(),
		reason = _decide_reward.reason, amount = coalesce(_decide_reward.amount, w.amount)
	WHERE w.ticket_id = _decide_reward.ticket_id
		AND w.reward = _decide_reward.reward
		AND w.subject = _decide_reward.subject;
END
$$;

COMMENT ON FUNCTION sla._decide_reward(bigint, text, text, text, text, text, numeric) IS
'What confirming and rejecting a reward have in common.';

CREATE FUNCTION sla.confirm_reward(
	ticket_id bigint,
	reward text,
	subject text,
	decided_by text,
	reason text DEFAULT NULL,
	amount numeric DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM sla._decide_reward(ticket_id, reward, subject, decided_by, 'confirmed', reason, amount);
END
$$;

COMMENT ON FUNCTION sla.confirm_reward(bigint, text, text, text, text, numeric) IS
'Grants a reward, in somebody''s name; amount replaces what was proposed. Fails if a name is missing (22004), for an unknown ticket or reward or a negative amount (22023), if it was decided before (55000), and if the decider gets it himself or, where sla.employee knows anybody in an approving role, has none (42501). (K-3; clauses D1-58 to D1-60, D2-44, D2-45, D24-34)';

CREATE FUNCTION sla.reject_reward(
	ticket_id bigint,
	reward text,
	subject text,
	decided_by text,
	reason text
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF coalesce(btrim(reason), '') = '' THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'a reward is rejected for a reason, and none is given',
			HINT = 'Say in the parameter reason why it is not granted.';
	END IF;
	PERFORM sla._decide_reward(ticket_id, reward, subject, decided_by, 'rejected', reason, NULL);
END
$$;

COMMENT ON FUNCTION sla.reject_reward(bigint, text, text, text, text) IS
'Does not grant a reward, in somebody''s name and for a reason; for good. Fails as sla.confirm_reward() does, and without a reason (22004). (K-3)';

REVOKE EXECUTE ON FUNCTION sla.propose_reward(bigint, text, text, text, text, numeric) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.confirm_reward(bigint, text, text, text, text, numeric) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sla.reject_reward(bigint, text, text, text, text) FROM PUBLIC;

-- setup:

	CREATE TABLE IF NOT EXISTS sla.reward_rule (
		policy text COLLATE "C" NOT NULL,
		version integer NOT NULL,
		reward text COLLATE "C" NOT NULL CHECK (reward <> ''),
		title text,
		title_zh text,
		trigger text NOT NULL CHECK (trigger IN ('metric', 'manual')),
		metric text,
		at_least numeric,
		at_most numeric,
		and_metric text,
		and_at_least numeric,
		min_count integer CHECK (min_count > 0),
		period interval NOT NULL DEFAULT '1 month' CHECK (period > interval '0'),
		scope text NOT NULL DEFAULT 'employee' CHECK (scope IN ('employee', 'team', 'dept_head', 'customer')),
		kind text NOT NULL,
		amount numeric,
		approver_roles text[] NOT NULL DEFAULT '{}',
		clause text,
		note text,
		PRIMARY KEY (policy, version, reward),
		FOREIGN KEY (policy, version) REFERENCES sla.policy ON UPDATE CASCADE ON DELETE CASCADE
	);
	COMMENT ON TABLE sla.reward_rule IS
	'What is rewarded, and on which figures of a period. A rule makes a candidate; it takes effect when a person has confirmed it (rule K-3).';
	COMMENT ON COLUMN sla.reward_rule.policy IS 'The policy.';
	COMMENT ON COLUMN sla.reward_rule.version IS 'Its version.';
	COMMENT ON COLUMN sla.reward_rule.reward IS 'Name of the reward.';
	COMMENT ON COLUMN sla.reward_rule.title IS 'What it is called, in English.';
	COMMENT ON COLUMN sla.reward_rule.title_zh IS 'What it is called, in Chinese.';
	COMMENT ON COLUMN sla.reward_rule.trigger IS 'What makes a candidate: metric (a figure of the period) or manual (a person proposes it).';
	COMMENT ON COLUMN sla.reward_rule.metric IS 'The figure: a column of the scorecard of the scope; for teams and heads of department also satisfied_share_change or complaint_rate_change of sla.team_change_quarterly, or complaint_reduction, the attainment in per cent of sla.kpi_target over its own period (period is then without meaning). Rates are 0 to 1.';
	COMMENT ON COLUMN sla.reward_rule.at_least IS 'What the figure must reach.';
	COMMENT ON COLUMN sla.reward_rule.at_most IS 'What the figure must not exceed, where a low one is better.';
	COMMENT ON COLUMN sla.reward_rule.and_metric IS 'A second figure that must be reached as well; empty: none.';
	COMMENT ON COLUMN sla.reward_rule.and_at_least IS 'What the second figure must reach.';
	COMMENT ON COLUMN sla.reward_rule.min_count IS 'Only where the figure rests on so many cases: ratings, answers, or tickets (sla.figures_monthly.case_count).';
	COMMENT ON COLUMN sla.reward_rule.period IS 'Length of the period: 1 month, 3 months, 6 months or 1 year of the calendar.';
	COMMENT ON COLUMN sla.reward_rule.scope IS 'Whom it is for: employee, team (a department), dept_head or customer.';
	COMMENT ON COLUMN sla.reward_rule.kind IS 'What it is, such as bonus or commendation.';
	COMMENT ON COLUMN sla.reward_rule.amount IS 'Amount of money, in the company''s currency; empty: decided by whoever confirms it.';
	COMMENT ON COLUMN sla.reward_rule.approver_roles IS 'Roles that confirm it.';
	COMMENT ON COLUMN sla.reward_rule.clause IS 'Where the regulation says so.';
	COMMENT ON COLUMN sla.reward_rule.note IS 'Remark for people.';

	CREATE TABLE IF NOT EXISTS sla.kpi_target (
		kpi text COLLATE "C" NOT NULL CHECK (kpi <> ''),
		subject text COLLATE "C" NOT NULL DEFAULT '',
		period daterange NOT NULL CHECK (NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)),
		target_value numeric NOT NULL,
		baseline numeric,
		note text,
		PRIMARY KEY (kpi, subject, period)
	);
	COMMENT ON TABLE sla.kpi_target IS
	'What a figure is to reach in a period: set by management, compared on the scorecards and by penalty and reward rules (D24-34, D15-11).';
	COMMENT ON COLUMN sla.kpi_target.kpi IS 'The figure: a column of the scorecards, or complaint_reduction (in per cent of the baseline).';
	COMMENT ON COLUMN sla.kpi_target.subject IS 'The department or employee; empty: the company.';
	COMMENT ON COLUMN sla.kpi_target.period IS 'The local days of the period, such as a quarter.';
	COMMENT ON COLUMN sla.kpi_target.target_value IS 'What is to be reached; of complaint_reduction the per cent by which complaints are to fall.';
	COMMENT ON COLUMN sla.kpi_target.baseline IS 'What the figure was before; needed for a reduction.';
	COMMENT ON COLUMN sla.kpi_target.note IS 'Remark for people.';

	CREATE TABLE IF NOT EXISTS sla.reward (
		ticket_id bigint NOT NULL,
		reward text COLLATE "C" NOT NULL,
		subject text COLLATE "C" NOT NULL,
		scope text NOT NULL CHECK (scope IN ('employee', 'team', 'dept_head', 'customer')),
		policy text COLLATE "C" NOT NULL,
		policy_version integer NOT NULL,
		period daterange,
		kind text NOT NULL,
		amount numeric,
		metric_value numeric,
		and_metric_value numeric,
		status text NOT NULL DEFAULT 'candidate'
			CHECK (status IN ('candidate', 'confirmed', 'rejected', 'withdrawn')),
		proposed_by text COLLATE "C",
		proposal_reason text,
		created_at timestamptz NOT NULL,
		decided_by text COLLATE "C",
		decided_at timestamptz,
		reason text,
		PRIMARY KEY (ticket_id, reward, subject),
		CHECK (status NOT IN ('confirmed', 'rejected') OR num_nulls(decided_by, decided_at) = 0)
	);
	CREATE INDEX IF NOT EXISTS reward_undecided ON sla.reward (created_at) WHERE status = 'candidate';
	COMMENT ON TABLE sla.reward IS
	'Who may get what reward, and what was decided: one row per ticket, reward and recipient. Candidates follow from the figures of a period, or are proposed by a person; only a person grants one, with sla.confirm_reward() (K-3; clauses D1-58 to D1-60, D2-44, D2-45, D24-34).';
	COMMENT ON COLUMN sla.reward.ticket_id IS 'The ticket it is about; of a figure of a period the duty ticket "assessment" of that period.';
	COMMENT ON COLUMN sla.reward.reward IS 'Name of the reward rule.';
	COMMENT ON COLUMN sla.reward.subject IS 'Who gets it: an employee, a department, or a customer''s key, as scope says.';
	COMMENT ON COLUMN sla.reward.scope IS 'What subject is: employee, team (a department), dept_head (an employee) or customer.';
	COMMENT ON COLUMN sla.reward.policy IS 'The policy that the rule belongs to.';
	COMMENT ON COLUMN sla.reward.policy_version IS 'The version whose rule it was: of a period the one in force when it began.';
	COMMENT ON COLUMN sla.reward.period IS 'The local days of the period whose figures bear it; empty where a person proposed it.';
	COMMENT ON COLUMN sla.reward.kind IS 'What it is, as the rule said, such as bonus or commendation.';
	COMMENT ON COLUMN sla.reward.amount IS 'Amount of money, in the company''s currency; empty: none, or decided at confirmation.';
	COMMENT ON COLUMN sla.reward.metric_value IS 'The figure that bears it, as the scorecard shows it.';
	COMMENT ON COLUMN sla.reward.and_metric_value IS 'The second figure, where the rule asks for one.';
	COMMENT ON COLUMN sla.reward.status IS 'candidate: waits for a decision. confirmed: granted. rejected: not granted. withdrawn: the figures no longer bear it.';
	COMMENT ON COLUMN sla.reward.proposed_by IS 'Who proposed it; empty where a figure did.';
	COMMENT ON COLUMN sla.reward.proposal_reason IS 'Why, in the words of that person.';
	COMMENT ON COLUMN sla.reward.created_at IS 'When the candidate was first written.';
	COMMENT ON COLUMN sla.reward.decided_by IS 'Who confirmed or rejected it.';
	COMMENT ON COLUMN sla.reward.decided_at IS 'When that was.';
	COMMENT ON COLUMN sla.reward.reason IS 'Why, in the words of that person.';

	CREATE OR REPLACE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON sla.reward_rule
		FOR EACH ROW EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON sla.reward_rule
		FOR EACH STATEMENT EXECUTE FUNCTION sla.guard_published();

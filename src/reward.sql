--
-- reward.sql
--		Figures of a period against what was aimed at: rewards, and targets of figures.
--
-- Like a penalty, a reward is a candidate until a person confirms it (rule K-3).
--

CREATE FUNCTION sla._check_rewards(policy text, version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	r record;
	owner text;
BEGIN
	FOR r IN SELECT * FROM sla.reward_rule r WHERE r.policy = _check_rewards.policy
			AND r.version = _check_rewards.version ORDER BY r.reward LOOP
		owner := format('reward rule "%s"', r.reward);
		IF r.trigger = 'metric' AND num_nonnulls(r.metric, r.at_least) < 2 THEN
			PERFORM sla._refuse(format('%s has no metric or no threshold', owner),
				'Name a column of the scorecard in metric, and what it must reach in at_least.');
		ELSIF num_nonnulls(r.and_metric, r.and_at_least) = 1 THEN
			PERFORM sla._refuse(format('%s has half a second condition', owner),
				'Give and_metric and and_at_least, or neither.');
		END IF;
	END LOOP;
END
$$;

COMMENT ON FUNCTION sla._check_rewards(text, integer) IS
'Checks the reward rules of a version.';

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
	COMMENT ON COLUMN sla.reward_rule.metric IS 'The figure: a column of the scorecard of the scope.';
	COMMENT ON COLUMN sla.reward_rule.at_least IS 'What the figure must reach.';
	COMMENT ON COLUMN sla.reward_rule.and_metric IS 'A second figure that must be reached as well; empty: none.';
	COMMENT ON COLUMN sla.reward_rule.and_at_least IS 'What the second figure must reach.';
	COMMENT ON COLUMN sla.reward_rule.min_count IS 'Only where the figure rests on so many cases.';
	COMMENT ON COLUMN sla.reward_rule.period IS 'Length of the period, a calendar interval: 1 month, 3 months.';
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

	CREATE OR REPLACE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON sla.reward_rule
		FOR EACH ROW EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON sla.reward_rule
		FOR EACH STATEMENT EXECUTE FUNCTION sla.guard_published();

--
-- assess.sql
--		The figures of a period, and who is punished or rewarded for them.
--
-- A month, a quarter or a year that has ended is assessed once, policy by policy: a
-- duty ticket "assessment" is its case file, and the metric rules of the version that
-- was in force when the period began find their candidates on it (rules K-1, K-3).
-- Until a person decides, candidates follow the figures whenever the period is assessed
-- again.  The figures are those of the scorecards, of this policy's tickets alone.
--

CREATE FUNCTION sla._period_name(period daterange) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	first CONSTANT date := lower(period);
	months CONSTANT integer := CASE WHEN extract(day FROM first) = 1 AND extract(day FROM upper(period)) = 1
		THEN (extract(year FROM upper(period)) - extract(year FROM first)) * 12
			+ extract(month FROM upper(period)) - extract(month FROM first) END;
BEGIN
	RETURN CASE
		WHEN months = 1 THEN to_char(first, 'YYYY-MM')
		WHEN months = 3 AND extract(month FROM first)::integer % 3 = 1 THEN to_char(first, 'YYYY"-Q"Q')
		WHEN months = 6 AND extract(month FROM first) IN (1, 7)
			THEN format('%s-H%s', to_char(first, 'YYYY'), CASE extract(month FROM first) WHEN 1 THEN 1 ELSE 2 END)
		WHEN months = 12 AND extract(month FROM first) = 1 THEN to_char(first, 'YYYY')
		ELSE format('%s to %s', first, upper(period) - 1)
	END;
END
$$;

COMMENT ON FUNCTION sla._period_name(daterange) IS
'What a period is called on its case file: 2025-03, 2025-Q1, 2025-H1, 2025, or its first and last day.';

CREATE FUNCTION sla._rule_covers(metric text, months integer, period daterange) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF metric = 'complaint_reduction' THEN
		RETURN EXISTS (SELECT FROM sla.kpi_target k WHERE k.kpi = metric AND k.period = _rule_covers.period);
	END IF;
	RETURN sla._period_of(lower(period), make_interval(months => CASE
		WHEN metric IN ('satisfied_share_change', 'complaint_rate_change') THEN 3 ELSE months END))
		= tsrange(lower(period), upper(period));
END
$$;

COMMENT ON FUNCTION sla._rule_covers(text, integer, daterange) IS
'Whether a rule about a metric, with a period of so many months, is to be judged over a period.';

CREATE FUNCTION sla._assessable(period daterange)
RETURNS TABLE (policy text, version integer, begins_at timestamptz, ends_at timestamptz, settled_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT p.policy::text, p.version, l.begins_at, l.ends_at,
		l.ends_at + least(p.late_record_window, interval '7 days')
	FROM sla.policy p
	CROSS JOIN LATERAL (
		SELECT lower(_assessable.period)::timestamp AT TIME ZONE p.time_zone AS begins_at,
			upper(_assessable.period)::timestamp AT TIME ZONE p.time_zone AS ends_at
	) AS l
	WHERE p.status <> 'draft'
		AND p.effective_from <= l.begins_at
		AND l.begins_at < coalesce(p.effective_to, 'infinity')
		AND (EXISTS (SELECT FROM sla.penalty_rule r
				WHERE r.policy = p.policy AND r.version = p.version AND r.trigger = 'metric'
					AND sla._rule_covers(r.metric, 1, _assessable.period))
			OR EXISTS (SELECT FROM sla.reward_rule r
				WHERE r.policy = p.policy AND r.version = p.version AND r.trigger = 'metric'
					AND sla._rule_covers(r.metric, sla._months(r.period), _assessable.period)));
END
$$;

COMMENT ON FUNCTION sla._assessable(daterange) IS
'The policy versions whose metric rules judge a period: those in force at its first instant. settled_at: when what may still be recorded late has been recorded, at most 7 days after the end.';

CREATE FUNCTION sla._figures(policy text, period daterange)
RETURNS TABLE (kind text, name text, metric text, figure numeric, case_count bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	-- Months that lie in the period as a whole, which those of a half-month do not.
	IF date_trunc('month', lower(period)) = lower(period) AND date_trunc('month', upper(period)) = upper(period) THEN
		RETURN QUERY
		SELECT f.dimension::text, f.value::text, f.metric::text,
			CASE WHEN sum(f.denominator) IS NULL THEN sum(f.numerator)
				ELSE round(sum(f.numerator) / nullif(sum(f.denominator), 0), min(f.digits)) END,
			sum(f.case_count)
		FROM sla.figures_monthly f
		WHERE f.policy = _figures.policy AND f.dimension IN ('employee', 'department')
			AND f.month_start >= lower(_figures.period) AND f.month_start < upper(_figures.period)
		GROUP BY f.dimension, f.value, f.metric;
	END IF;
	RETURN QUERY
	SELECT 'department', c.department::text, m.metric, m.figure, m.case_count::bigint
	FROM sla.team_change_quarterly c
	CROSS JOIN LATERAL (VALUES
		('satisfied_share_change', c.satisfied_share_change::numeric, c.rating_count),
		('complaint_rate_change', c.complaint_rate_change::numeric, c.ticket_count)
	) AS m(metric, figure, case_count)
	WHERE c.policy = _figures.policy AND c.quarter_start = lower(_figures.period)
		AND upper(_figures.period) = lower(_figures.period) + interval '3 months';
	RETURN QUERY
	SELECT 'department', k.value::text, k.kpi::text, k.attainment_percent::numeric, k.actual_value::bigint
	FROM sla.kpi_attainment k
	WHERE k.kpi = 'complaint_reduction' AND k.dimension = 'department'
		AND k.period_start = lower(_figures.period) AND k.period_end = upper(_figures.period) - 1;
END
$$;

COMMENT ON FUNCTION sla._figures(text, daterange) IS
'Every figure of a period that a rule of a policy may name, of every employee and department. Rounded as the scorecards round, so that the figure that counts is the one that is shown.';

CREATE FUNCTION sla._open_case_file(policy text, period text, ends_at timestamptz) RETURNS bigint
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME', 'sla_open_case_file';

COMMENT ON FUNCTION sla._open_case_file(text, text, timestamptz) IS
'Opens the case file of a period and notes that it is open, in the name of the tables'' owner, for those who may write penalties (else 42501).';

CREATE FUNCTION sla._case_file(policy text, period daterange, ends_at timestamptz) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name CONSTANT text := sla._period_name(period);
	file bigint;
BEGIN
	-- One assessment of a period at a time, else it gets two files.
	PERFORM pg_advisory_xact_lock(hashtextextended(format('sla.assess %L %L', policy, name), 0));
	SELECT r.ticket_id INTO file
	FROM sla.duty_run r
	WHERE r.policy = _case_file.policy AND r.duty = 'assessment' AND r.subject_key = '' AND r.period = name;
	IF FOUND THEN
		PERFORM sla._lock_ticket(file);
		RETURN file;
	END IF;
	RETURN sla._open_case_file(policy, name, ends_at);
END
$$;

COMMENT ON FUNCTION sla._case_file(text, daterange, timestamptz) IS
'The duty ticket "assessment" of a policy and period, opened if it is not there yet, and locked.';

CREATE FUNCTION sla._note_without_party(file bigint, rules text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF rules IS NULL THEN
		RETURN;
	END IF;
	RAISE WARNING 'figures call for %, but the department has no head', array_to_string(rules, ', ')
		USING HINT = 'Enter it in sla.department.head, and assess the period again.';
	IF has_table_privilege('sla.finding', 'INSERT') THEN
		INSERT INTO sla.finding (ticket_id, code, object, message, found_at)
		SELECT file, 'penalty_without_party', r, 'a figure calls for it, but the department has no head', sla.now()
		FROM unnest(rules) r
		ON CONFLICT DO NOTHING;
	END IF;
END
$$;

COMMENT ON FUNCTION sla._note_without_party(bigint, text[]) IS
'Tells of rules that a figure calls for, but that find no head of department: the caller, and sla.health where the caller may.';

CREATE FUNCTION sla._assess_penalties(file bigint, policy text, version integer, period daterange, ends_at timestamptz, figures jsonb)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changed integer;
	nobody text[];
BEGIN
	-- Whoever is deciding on one of them goes first; what they decided is read afterwards.
	PERFORM FROM sla.penalty p WHERE p.ticket_id = file ORDER BY p.ladder, p.ground, p.employee FOR NO KEY UPDATE;

	WITH called AS MATERIALIZED (
		SELECT r.ladder, r.step, r.subject, f.name, f.figure,
			CASE r.subject WHEN 'dept_head' THEN (SELECT d.head FROM sla.department d WHERE d.department = f.name)
				ELSE f.name END COLLATE "C" AS employee
		FROM sla.penalty_rule r
		JOIN jsonb_to_recordset(figures) AS f(kind text, name text, metric text, figure numeric, case_count bigint)
			ON f.metric = r.metric
			AND f.kind = CASE r.subject WHEN 'responsible' THEN 'employee' ELSE 'department' END
		WHERE r.policy = _assess_penalties.policy AND r.version = _assess_penalties.version
			AND r.trigger = 'metric' AND sla._rule_covers(r.metric, 1, _assess_penalties.period)
			AND f.figure IS NOT NULL
			AND coalesce(f.figure < r.below, true) AND coalesce(f.figure >= r.at_least, true)
			AND coalesce(f.case_count >= r.min_count, true)
	), due AS MATERIALIZED (
		-- Who heads two departments has one candidate, for the lower figure.
		SELECT DISTINCT ON (c.ladder, c.step, c.employee) c.* FROM called c
		WHERE c.employee IS NOT NULL
		ORDER BY c.ladder, c.step, c.employee, c.figure
	), made AS (
		INSERT INTO sla.penalty AS p (ticket_id, ladder, ground, employee, subject, policy, policy_version,
			first_due_at, breach_count, metric_value, status, created_at)
		SELECT file, d.ladder, d.step, d.employee, d.subject, _assess_penalties.policy, _assess_penalties.version,
			ends_at, 0, d.figure, 'candidate', sla.now()
		FROM due d
		ON CONFLICT (ticket_id, ladder, ground, employee) DO UPDATE
		SET status = 'candidate', metric_value = excluded.metric_value
		WHERE p.status = 'withdrawn'
			OR p.status = 'candidate' AND p.metric_value IS DISTINCT FROM excluded.metric_value
		RETURNING 1
	), unmade AS (
		UPDATE sla.penalty AS p SET status = 'withdrawn'
		FROM sla.penalty_rule r
		WHERE p.ticket_id = file AND p.status = 'candidate'
			AND (r.policy, r.version, r.ladder, r.step) = (p.policy, p.policy_version, p.ladder, p.ground)
			AND r.trigger = 'metric'
			AND NOT EXISTS (SELECT FROM due d WHERE (d.ladder, d.step, d.employee) = (p.ladder, p.ground, p.employee))
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM made) + (SELECT count(*) FROM unmade),
		(SELECT array_agg(DISTINCT format('%s/%s/penalty_rule %s/%s of department %s',
				_assess_penalties.policy, _assess_penalties.version, c.ladder, c.step, c.name))
			FROM called c WHERE c.employee IS NULL)
	INTO changed, nobody;
	PERFORM sla._note_without_party(file, nobody);
	RETURN changed;
END
$$;

COMMENT ON FUNCTION sla._assess_penalties(bigint, text, integer, daterange, timestamptz, jsonb) IS
'Brings the penalty candidates of a case file into line with the figures; what was decided stays.';

CREATE FUNCTION sla._assess_rewards(file bigint, policy text, version integer, period daterange, figures jsonb)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	changed integer;
	nobody text[];
BEGIN
	PERFORM FROM sla.reward w WHERE w.ticket_id = file ORDER BY w.reward, w.subject FOR NO KEY UPDATE;

	WITH figure AS MATERIALIZED (
		SELECT f.* FROM jsonb_to_recordset(figures)
			AS f(kind text, name text, metric text, figure numeric, case_count bigint)
	), called AS MATERIALIZED (
		SELECT r.reward, r.scope, r.kind, r.amount, f.name, f.figure, g.figure AS and_figure,
			CASE r.scope WHEN 'dept_head' THEN (SELECT d.head FROM sla.department d WHERE d.department = f.name)
				ELSE f.name END COLLATE "C" AS subject
		FROM sla.reward_rule r
		JOIN figure f ON f.metric = r.metric
			AND f.kind = CASE r.scope WHEN 'employee' THEN 'employee' ELSE 'department' END
		LEFT JOIN figure g ON g.metric = r.and_metric AND g.kind = f.kind AND g.name = f.name
		WHERE r.policy = _assess_rewards.policy AND r.version = _assess_rewards.version
			AND r.trigger = 'metric'
			AND sla._rule_covers(r.metric, sla._months(r.period), _assess_rewards.period)
			AND f.figure IS NOT NULL
			AND coalesce(f.figure >= r.at_least, true) AND coalesce(f.figure <= r.at_most, true)
			AND coalesce(f.case_count >= r.min_count, true)
			AND (r.and_metric IS NULL OR g.figure >= r.and_at_least)
	), due AS MATERIALIZED (
		SELECT DISTINCT ON (c.reward, c.subject) c.* FROM called c
		WHERE c.subject IS NOT NULL
		ORDER BY c.reward, c.subject, c.figure DESC
	), made AS (
		INSERT INTO sla.reward AS w (ticket_id, reward, subject, scope, policy, policy_version, period, kind, amount,
			metric_value, and_metric_value, status, created_at)
		SELECT file, d.reward, d.subject, d.scope, _assess_rewards.policy, _assess_rewards.version,
			_assess_rewards.period, d.kind, d.amount, d.figure, d.and_figure, 'candidate', sla.now()
		FROM due d
		ON CONFLICT (ticket_id, reward, subject) DO UPDATE
		SET status = 'candidate', metric_value = excluded.metric_value, and_metric_value = excluded.and_metric_value
		WHERE w.status = 'withdrawn'
			OR w.status = 'candidate' AND (w.metric_value, w.and_metric_value)
				IS DISTINCT FROM (excluded.metric_value, excluded.and_metric_value)
		RETURNING 1
	), unmade AS (
		UPDATE sla.reward AS w SET status = 'withdrawn'
		WHERE w.ticket_id = file AND w.status = 'candidate' AND w.proposed_by IS NULL
			AND NOT EXISTS (SELECT FROM due d WHERE (d.reward, d.subject) = (w.reward, w.subject))
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM made) + (SELECT count(*) FROM unmade),
		(SELECT array_agg(DISTINCT format('%s/%s/reward_rule %s of department %s',
				_assess_rewards.policy, _assess_rewards.version, c.reward, c.name))
			FROM called c WHERE c.subject IS NULL)
	INTO changed, nobody;
	PERFORM sla._note_without_party(file, nobody);
	RETURN changed;
END
$$;

COMMENT ON FUNCTION sla._assess_rewards(bigint, text, integer, daterange, jsonb) IS
'Brings the reward candidates of a case file into line with the figures; what was decided stays.';

CREATE FUNCTION sla._assess_policy(policy text, version integer, period daterange, ends_at timestamptz) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	file CONSTANT bigint := sla._case_file(policy, period, ends_at);
	figures jsonb;
BEGIN
	SELECT coalesce(jsonb_agg(to_jsonb(f)), '[]') INTO figures FROM sla._figures(policy, period) f;
	RETURN sla._assess_penalties(file, policy, version, period, ends_at, figures)
		+ sla._assess_rewards(file, policy, version, period, figures);
END
$$;

COMMENT ON FUNCTION sla._assess_policy(text, integer, daterange, timestamptz) IS
'Assesses a period that has ended under one policy version and returns how many candidates it wrote.';

CREATE FUNCTION sla.assess(period daterange) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
	due record;
	judged boolean := false;
	ends_at timestamptz;
	written integer := 0;
BEGIN
	IF period IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'a period must be given',
			HINT = 'For March 2025 write ''[2025-03-01,2025-04-01)''.';
	ELSIF isempty(period) OR NOT isfinite(lower(period)) OR NOT isfinite(upper(period))
		OR lower_inf(period) OR upper_inf(period) THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('a period has a first and a last day, and %s has not', period),
			HINT = 'For March 2025 write ''[2025-03-01,2025-04-01)''.';
	END IF;
	PERFORM sla._check_isolation('periods are assessed');
	FOR due IN SELECT a.* FROM sla._assessable(period) a ORDER BY a.policy LOOP
		ends_at := least(ends_at, due.ends_at);
		IF due.ends_at <= sla.now() THEN
			judged := true;
			written := written + sla._assess_policy(due.policy, due.version, period, due.ends_at);
		END IF;
	END LOOP;
	IF ends_at IS NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('no policy judges the figures of %s', sla._period_name(period)),
			HINT = 'Penalty rules judge calendar months, reward rules months, quarters, half-years or years, and complaint_reduction the periods of sla.kpi_target, from the first that begins under a policy with such a rule.';
	ELSIF NOT judged THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('the period %s ends at %s', sla._period_name(period), ends_at),
			HINT = 'A period is assessed when it has ended.';
	END IF;
	RETURN written;
END
$$;

COMMENT ON FUNCTION sla.assess(daterange) IS
'Judges the figures of a period that has ended (a calendar month, quarter, half-year or year, or the period of a complaint_reduction in sla.kpi_target), under every policy that has rules for it, and returns how many rows of sla.penalty and sla.reward it wrote. The case file is a duty ticket "assessment" per policy and period. Candidates follow from the rules with trigger metric of the version in force when the period began, and from this policy''s tickets only; until somebody has decided on them they follow the figures whenever the period is assessed again. sla.sweep() assesses each period once, as soon as it has ended and what may be recorded late (the policy''s late_record_window, at most 7 days) has been; not those that began before the policy was published. Fails without a period (22004), for one that no policy judges or that has not ended (22023), and under REPEATABLE READ or SERIALIZABLE (25000). (K-1, K-3; clauses D1-58, D1-62, D2-45, D24-34)';
REVOKE EXECUTE ON FUNCTION sla.assess(daterange) FROM PUBLIC;

CREATE FUNCTION sla._assess_due(as_of timestamptz, remember boolean) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	due record;
	written integer := 0;
	what text;
BEGIN
	FOR due IN
		SELECT a.policy, a.version, c.period, a.ends_at
		FROM (
			SELECT p.policy, min(p.time_zone) AS time_zone,
				min(coalesce(nullif(p.effective_from, '-infinity'), p.published_at)) AS since
			FROM sla.policy p
			WHERE p.status <> 'draft'
				AND (EXISTS (SELECT FROM sla.penalty_rule r WHERE r.policy = p.policy AND r.trigger = 'metric')
					OR EXISTS (SELECT FROM sla.reward_rule r WHERE r.policy = p.policy AND r.trigger = 'metric'))
			GROUP BY p.policy
		) AS s
		CROSS JOIN LATERAL (
			SELECT daterange(d::date, (d + make_interval(months => m))::date) AS period
			FROM unnest('{1,3,6,12}'::integer[]) m,
				generate_series(lower(sla._period_of(s.since AT TIME ZONE s.time_zone, make_interval(months => m))),
					_assess_due.as_of AT TIME ZONE s.time_zone, make_interval(months => m)) d
			UNION
			SELECT k.period FROM sla.kpi_target k WHERE k.kpi = 'complaint_reduction'
		) AS c
		CROSS JOIN LATERAL (SELECT x.* FROM sla._assessable(c.period) x WHERE x.policy = s.policy) AS a
		WHERE NOT EXISTS (SELECT FROM sla.duty_run r WHERE r.policy = s.policy AND r.duty = 'assessment'
				AND r.subject_key = '' AND r.period = sla._period_name(c.period))
			AND a.begins_at >= s.since AND a.settled_at <= _assess_due.as_of
		ORDER BY a.ends_at, a.policy, c.period
	LOOP
		what := format('%s/%s/assessment %s', due.policy, due.version, sla._period_name(due.period));
		BEGIN
			written := written + sla._assess_policy(due.policy, due.version, due.period, due.ends_at);
			DELETE FROM sla.finding f WHERE f.ticket_id = 0 AND f.code = 'assessment_failed' AND f.object = what;
		EXCEPTION
			WHEN transaction_rollback THEN
				NULL; -- somebody else was in the way; the next run comes
			WHEN OTHERS THEN
				-- One period that cannot be assessed must not keep tickets from being swept.
				INSERT INTO sla.finding (ticket_id, code, object, message, found_at)
				VALUES (0, 'assessment_failed', what, SQLERRM, sla.now())
				ON CONFLICT DO NOTHING;
		END;
	END LOOP;
	IF remember THEN
		UPDATE sla.sweep_state SET assess_at = _assess_due.as_of + interval '1 hour';
	END IF;
	RETURN written;
END
$$;

COMMENT ON FUNCTION sla._assess_due(timestamptz, boolean) IS
'Assesses every period that has ended and was not assessed yet, for sla.sweep(), and returns how many candidates it wrote. remember: notes that nothing is to be looked for during the next hour.';

-- setup:

CREATE OR REPLACE VIEW sla.figures_monthly AS
SELECT
  g.month_start, g.policy,
  g.dimension::varchar(16) AS dimension,
  g.value::varchar(64) AS value,
  f.metric::varchar(64) AS metric,
  f.numerator::numeric(18,4) AS numerator,
  f.denominator::numeric(18,4) AS denominator,
  (CASE WHEN f.denominator IS NULL THEN f.numerator
        ELSE round(f.numerator / nullif(f.denominator, 0), f.digits) END)::numeric(18,4) AS figure,
  (CASE f.rests_on
     WHEN 'tickets' THEN g.tickets
     WHEN 'answered' THEN g.answered
     WHEN 'ratings' THEN g.ratings
     WHEN 'judged' THEN coalesce(j.judged, 0)
     ELSE coalesce(j.advisory_judged, 0)
   END)::int AS case_count,
  f.digits
FROM (
  SELECT
    p.month_start, p.policy, d.dimension, d.value,
    sum(p.tickets) AS tickets, sum(p.resolved) AS resolved, sum(p.reopened) AS reopened,
    sum(p.answered) AS answered, coalesce(sum(p.minutes), 0)::numeric AS minutes,
    sum(p.met) AS met, sum(p.breached) AS breached, sum(p.advisory_met) AS advisory_met, sum(p.advisory_breached) AS advisory_breached,
    sum(p.ratings) AS ratings, coalesce(sum(p.scores), 0) AS scores,
    sum(p.breaches) AS breaches, sum(p.violations) AS violations, sum(p.offences) AS offences,
    sum(p.incomplete) AS incomplete, sum(p.complaints) AS complaints, sum(p.rewards) AS rewards
  FROM (
    -- Added up once before everything is counted three times.
    SELECT
      s.month_start, s.policy, s.department, s.employee,
      sum(s.ticket_count) AS tickets, sum(s.resolved_count) AS resolved, sum(s.reopened_count) AS reopened,
      sum(s.response_count) AS answered, sum(s.response_minutes) AS minutes,
      sum(s.met_count) AS met, sum(s.breached_count) AS breached,
      sum(s.advisory_met_count) AS advisory_met, sum(s.advisory_breached_count) AS advisory_breached,
      count(s.rating) AS ratings, sum(s.rating) AS scores,
      sum(s.breach_count) AS breaches, sum(s.process_violation_count) AS violations, sum(s.offence_count) AS offences,
      sum(s.incomplete_count) AS incomplete, sum(s.complaint_count) AS complaints, sum(s.reward_count) AS rewards
    FROM sla.scorecard_parts AS s
    WHERE s.month_start IS NOT NULL
    GROUP BY s.month_start, s.policy, s.department, s.employee
  ) AS p
  CROSS JOIN LATERAL (
    VALUES ('all', NULL), ('department', p.department), ('employee', p.employee)
  ) AS d (dimension, value)
  WHERE d.dimension = 'all' OR d.value IS NOT NULL
  GROUP BY p.month_start, p.policy, d.dimension, d.value
) AS g
-- Grouped, so that who does not ask for it does not wait for it either.
LEFT JOIN (
  SELECT v.month_start, v.policy, v.dimension, coalesce(v.value, '') AS key,
         sum(v.judged_count) AS judged, sum(v.advisory_judged_count) AS advisory_judged
  FROM sla.verdicts_monthly AS v
  WHERE v.dimension IN ('all', 'department', 'employee')
  GROUP BY v.month_start, v.policy, v.dimension, coalesce(v.value, '')
) AS j ON j.month_start = g.month_start AND j.policy = g.policy AND j.dimension = g.dimension AND j.key = coalesce(g.value, '')
CROSS JOIN LATERAL (
  VALUES
    ('ticket_count', g.tickets::numeric, NULL::numeric, 'tickets', 4),
    ('resolved_count', g.resolved, NULL, 'tickets', 4),
    ('resolution_rate', g.resolved, g.tickets, 'tickets', 4),
    ('reopened_count', g.reopened, NULL, 'tickets', 4),
    ('reopen_rate', g.reopened, g.tickets, 'tickets', 4),
    ('response_count', g.answered, NULL, 'answered', 4),
    ('average_response_minutes', g.minutes, g.answered, 'answered', 4),
    ('met_count', g.met, NULL, 'judged', 4),
    ('breached_count', g.breached, NULL, 'judged', 4),
    ('on_time_rate', g.met, g.met + g.breached, 'judged', 4),
    ('advisory_met_count', g.advisory_met, NULL, 'advisory_judged', 4),
    ('advisory_breached_count', g.advisory_breached, NULL, 'advisory_judged', 4),
    ('advisory_on_time_rate', g.advisory_met, g.advisory_met + g.advisory_breached, 'advisory_judged', 4),
    ('rating_count', g.ratings, NULL, 'ratings', 4),
    ('average_rating', g.scores, g.ratings, 'ratings', 2),
    ('breach_count', g.breaches, NULL, 'tickets', 4),
    ('process_violation_count', g.violations, NULL, 'tickets', 4),
    ('offence_count', g.offences, NULL, 'tickets', 4),
    ('incomplete_count', g.incomplete, NULL, 'tickets', 4),
    ('complaint_count', g.complaints, NULL, 'tickets', 4),
    ('reward_count', g.rewards, NULL, 'tickets', 4)
) AS f (metric, numerator, denominator, rests_on, digits);

COMMENT ON VIEW sla.figures_monthly IS
'R-14. Grain: month, policy, dimension (all, department, employee), value, metric. The scorecards once more, policy by policy and one figure per row, as the rules for penalties and rewards judge them. For a longer period add up numerators and denominators and divide. What counts in which month: see sla.scorecard_facts.';

CREATE OR REPLACE VIEW sla.team_change_quarterly AS
SELECT
  q.quarter_start, q.policy, q.department,
  q.ticket_count, q.complaint_count, r.complaint_rate, r.previous_complaint_rate,
  ((r.complaint_rate - r.previous_complaint_rate)
   / nullif(r.previous_complaint_rate, 0))::numeric(9,4) AS complaint_rate_change,
  q.rating_count, r.satisfied_share, r.previous_satisfied_share,
  (r.satisfied_share - r.previous_satisfied_share)::numeric(5,4) AS satisfied_share_change
FROM (
  -- Every case counts in its own quarter, and in the next as what that is compared with.
  SELECT
    (x.quarter + n.later * interval '3 months')::date AS quarter_start, x.policy, x.department,
    coalesce(sum(x.tickets) FILTER (WHERE n.later = 0), 0)::int AS ticket_count,
    coalesce(sum(x.complaints) FILTER (WHERE n.later = 0), 0)::int AS complaint_count,
    coalesce(sum(x.ratings) FILTER (WHERE n.later = 0), 0)::int AS rating_count,
    sum(x.satisfied) FILTER (WHERE n.later = 0) AS satisfied,
    sum(x.tickets) FILTER (WHERE n.later = 1) AS old_tickets,
    sum(x.complaints) FILTER (WHERE n.later = 1) AS old_complaints,
    sum(x.ratings) FILTER (WHERE n.later = 1) AS old_ratings,
    sum(x.satisfied) FILTER (WHERE n.later = 1) AS old_satisfied
  FROM (
    SELECT date_trunc('quarter', f.month_start::timestamp) AS quarter, f.policy, f.department,
           count(*) AS tickets, sum(f.complaint_count) AS complaints, 0 AS ratings, 0 AS satisfied
    FROM sla.ticket_statistics AS f
    WHERE f.is_case AND f.department IS NOT NULL
    GROUP BY 1, f.policy, f.department
    UNION ALL
    SELECT date_trunc('quarter', r.month_start::timestamp), r.policy, r.department, 0, 0, count(r.rating), sum(r.satisfied_count)
    FROM sla.rating_statistics AS r
    WHERE r.department IS NOT NULL AND r.rating IS NOT NULL
    GROUP BY 1, r.policy, r.department
  ) AS x
  CROSS JOIN (VALUES (0), (1)) AS n(later)
  GROUP BY 1, x.policy, x.department
) AS q
CROSS JOIN LATERAL (
  SELECT (q.complaint_count::numeric / nullif(q.ticket_count, 0))::numeric(5,4) AS complaint_rate,
         (q.old_complaints / nullif(q.old_tickets, 0))::numeric(5,4) AS previous_complaint_rate,
         (q.satisfied / nullif(q.rating_count, 0))::numeric(5,4) AS satisfied_share,
         (q.old_satisfied / nullif(q.old_ratings, 0))::numeric(5,4) AS previous_satisfied_share
) AS r
WHERE q.ticket_count + q.rating_count > 0;

COMMENT ON VIEW sla.team_change_quarterly IS
'R-04 and R-09, quarter on quarter (clause D2-45). Grain: quarter, policy, department. Complaints / tickets received in the quarter, and satisfied ratings / ratings given in it, each beside the quarter before.';
COMMENT ON COLUMN sla.team_change_quarterly.quarter_start IS 'First day of the local quarter.';
COMMENT ON COLUMN sla.team_change_quarterly.complaint_count IS 'Of the tickets received: those of type complaint or service_complaint.';
COMMENT ON COLUMN sla.team_change_quarterly.complaint_rate IS 'complaint_count / ticket_count, 0 to 1; null without tickets.';
COMMENT ON COLUMN sla.team_change_quarterly.previous_complaint_rate IS 'The same of the quarter before.';
COMMENT ON COLUMN sla.team_change_quarterly.complaint_rate_change IS 'The change as a share of the previous rate: -0.10 is a fall by a tenth. Null if there was no complaint before.';
COMMENT ON COLUMN sla.team_change_quarterly.previous_satisfied_share IS 'satisfied_share of the quarter before.';
COMMENT ON COLUMN sla.team_change_quarterly.satisfied_share_change IS 'satisfied_share less that of the quarter before: 0.05 is five points more.';

CREATE OR REPLACE VIEW sla.kpi_attainment AS
WITH complaint AS MATERIALIZED (
  -- Counted once for all targets, from the first of their days to the last.
  SELECT c.department, l.day, count(*) AS complaints
  FROM sla.ticket AS c
  LEFT JOIN sla.policy AS p ON p.policy = c.policy AND p.version = c.policy_version
  CROSS JOIN LATERAL (
    SELECT (c.received_at AT TIME ZONE coalesce(p.time_zone, 'Asia/Shanghai'))::date AS day
  ) AS l
  WHERE c.type IN ('complaint', 'service_complaint') AND c.duty IS NULL
    AND c.received_at >= (SELECT min(lower(x.period)) - 1 FROM sla.kpi_target AS x
                          WHERE x.kpi = 'complaint_reduction')::timestamp AT TIME ZONE 'UTC'
    AND c.received_at < (SELECT max(upper(x.period)) + 1 FROM sla.kpi_target AS x
                         WHERE x.kpi = 'complaint_reduction')::timestamp AT TIME ZONE 'UTC'
  GROUP BY c.department, l.day
), figure AS MATERIALIZED (
  SELECT f.month_start, f.dimension, f.value, f.metric, f.numerator, f.denominator, f.digits
  FROM sla.figures_monthly AS f
  WHERE f.month_start >= (SELECT min(lower(x.period)) FROM sla.kpi_target AS x WHERE x.kpi <> 'complaint_reduction')
    AND f.month_start < (SELECT max(upper(x.period)) FROM sla.kpi_target AS x WHERE x.kpi <> 'complaint_reduction')
)
SELECT
  k.kpi::varchar(64) AS kpi,
  d.dimension::varchar(16) AS dimension,
  nullif(k.subject, '')::varchar(64) AS value,
  lower(k.period) AS period_start,
  upper(k.period) - 1 AS period_end,
  k.target_value::numeric(18,4) AS target_value,
  k.baseline::numeric(18,4) AS baseline,
  a.actual_value::numeric(18,4) AS actual_value,
  r.reduction_percent::numeric(9,2) AS reduction_percent,
  t.attainment_percent::numeric(9,2) AS attainment_percent,
  t.attainment_percent::numeric(9,2) >= 100 AS is_attained,
  (t.attainment_percent::numeric(9,2) >= 100)::int AS attained_count,
  e.is_ended,
  e.is_ended::int AS ended_count
FROM sla.kpi_target AS k
CROSS JOIN LATERAL (
  SELECT CASE WHEN k.subject = '' THEN 'all'
              WHEN k.kpi = 'complaint_reduction'
                   OR EXISTS (SELECT FROM sla.department AS x WHERE x.department = k.subject) THEN 'department'
              ELSE 'employee' END AS dimension
) AS d
-- OFFSET 0: the figure is found once, not anew wherever it is used below.
CROSS JOIN LATERAL (
  SELECT CASE WHEN k.kpi = 'complaint_reduction' THEN (
    SELECT coalesce(sum(c.complaints), 0)
    FROM complaint AS c
    WHERE c.day <@ k.period AND (k.subject = '' OR c.department = k.subject)
  ) WHEN date_trunc('month', lower(k.period)) = lower(k.period)
         AND date_trunc('month', upper(k.period)) = upper(k.period) THEN (
    SELECT CASE WHEN sum(f.denominator) IS NULL THEN sum(f.numerator)
                ELSE round(sum(f.numerator) / nullif(sum(f.denominator), 0), min(f.digits)) END
    FROM figure AS f
    WHERE f.metric = k.kpi AND f.dimension = d.dimension AND (k.subject = '' OR f.value = k.subject)
      AND f.month_start >= lower(k.period) AND f.month_start < upper(k.period)
  ) END AS actual_value
  OFFSET 0
) AS a
CROSS JOIN LATERAL (
  SELECT CASE WHEN k.kpi = 'complaint_reduction'
              THEN (k.baseline - a.actual_value) * 100 / nullif(k.baseline, 0) END AS reduction_percent
) AS r
CROSS JOIN LATERAL (
  SELECT CASE
    WHEN k.kpi = 'complaint_reduction' AND k.target_value > 0 THEN r.reduction_percent * 100 / k.target_value
    WHEN k.kpi = 'complaint_reduction' THEN CASE WHEN r.reduction_percent >= k.target_value THEN 100 ELSE 0 END
    WHEN k.kpi IN ('reopened_count', 'reopen_rate', 'average_response_minutes', 'breached_count',
                   'advisory_breached_count', 'breach_count', 'process_violation_count', 'offence_count',
                   'incomplete_count', 'complaint_count')
         THEN CASE WHEN a.actual_value <= k.target_value AND a.actual_value = 0 THEN 100
                   ELSE k.target_value * 100 / nullif(a.actual_value, 0) END
    ELSE a.actual_value * 100 / nullif(k.target_value, 0)
  END AS attainment_percent
) AS t
CROSS JOIN LATERAL (
  SELECT upper(k.period)::timestamp AT TIME ZONE 'Asia/Shanghai' <= (SELECT n.as_of FROM sla.as_of AS n) AS is_ended
) AS e;

COMMENT ON VIEW sla.kpi_attainment IS
'R-10 (clauses D24-34, D2-45) and R-14. Grain: one target of sla.kpi_target. Of complaint_reduction: the fall in the number of complaints received in the period against the baseline, as a share of the fall that was aimed at. Of a figure of the scorecards, over whole months: the figure against the target, or the target against the figure where a low one is better.';
COMMENT ON COLUMN sla.kpi_attainment.kpi IS 'The figure: complaint_reduction, or a metric of sla.figures_monthly.';
COMMENT ON COLUMN sla.kpi_attainment.dimension IS 'all, department or employee: what value names.';
COMMENT ON COLUMN sla.kpi_attainment.value IS 'The department or employee that the target is for; null: the company.';
COMMENT ON COLUMN sla.kpi_attainment.target_value IS 'What is to be reached; of complaint_reduction in per cent of the baseline.';
COMMENT ON COLUMN sla.kpi_attainment.baseline IS 'The number of complaints before; without it there is no attainment.';
COMMENT ON COLUMN sla.kpi_attainment.actual_value IS 'The figure so far; of complaint_reduction the number of complaints. Null: nothing to count, or a period that is not of whole months.';
COMMENT ON COLUMN sla.kpi_attainment.reduction_percent IS '(baseline - actual_value) / baseline, in per cent; negative if there are more complaints than before.';
COMMENT ON COLUMN sla.kpi_attainment.attainment_percent IS 'How far the target is reached, in per cent; 100 and more is reached.';
COMMENT ON COLUMN sla.kpi_attainment.is_attained IS 'Whether attainment_percent is 100 or more; null while it is not known.';
COMMENT ON COLUMN sla.kpi_attainment.attained_count IS '1 if is_attained, else 0; null while that is not known.';
COMMENT ON COLUMN sla.kpi_attainment.is_ended IS 'Whether the period has ended (in Asia/Shanghai); before, the figures are those so far.';
COMMENT ON COLUMN sla.kpi_attainment.ended_count IS '1 if is_ended, else 0.';

CREATE OR REPLACE VIEW sla.reward_register WITH (security_barrier) AS
SELECT
  w.ticket_id,
  w.reward::varchar(64) AS reward,
  r.title::varchar(128) AS title,
  r.title_zh::varchar(128) AS title_zh,
  r.clause::varchar(64) AS clause,
  w.policy::varchar(64) AS policy,
  w.policy_version,
  w.scope::varchar(16) AS scope,
  CASE WHEN w.scope IN ('employee', 'dept_head') THEN w.subject END::varchar(64) AS employee,
  (CASE WHEN w.scope = 'team' THEN w.subject ELSE e.department END)::varchar(64) AS department,
  w.kind::varchar(64) AS kind,
  w.amount::numeric(18,2) AS amount,
  r.metric::varchar(64) AS metric,
  w.metric_value::numeric(18,4) AS metric_value,
  r.and_metric::varchar(64) AS and_metric,
  w.and_metric_value::numeric(18,4) AS and_metric_value,
  lower(w.period) AS period_start,
  upper(w.period) - 1 AS period_end,
  w.status::varchar(16) AS status,
  w.proposed_by::varchar(64) AS proposed_by,
  w.created_at,
  date_trunc('month', w.created_at AT TIME ZONE z.time_zone)::date AS month_start,
  w.decided_by::varchar(64) AS decided_by,
  w.decided_at,
  (w.decided_at AT TIME ZONE z.time_zone)::date AS decided_on,
  date_trunc('month', w.decided_at AT TIME ZONE z.time_zone)::date AS decided_month_start,
  w.status = 'candidate' AS is_candidate,
  (w.status = 'candidate')::int AS candidate_count,
  w.status = 'confirmed' AS is_confirmed,
  (w.status = 'confirmed')::int AS confirmed_count
FROM sla.reward AS w
LEFT JOIN sla.policy AS p ON p.policy = w.policy AND p.version = w.policy_version
LEFT JOIN sla.reward_rule AS r
  ON r.policy = w.policy AND r.version = w.policy_version AND r.reward = w.reward
LEFT JOIN sla.employee AS e ON e.employee = w.subject AND w.scope IN ('employee', 'dept_head')
CROSS JOIN LATERAL (SELECT coalesce(p.time_zone, 'Asia/Shanghai') AS time_zone) AS z
-- Where row security is on, managers see those of their people and departments.
WHERE (SELECT sla._sees_hidden())
   OR w.scope IN ('employee', 'dept_head') AND w.subject = ANY ((SELECT sla._my_people())::text[])
   OR w.scope = 'team' AND w.subject = ANY ((SELECT sla._my_departments())::text[])
   OR EXISTS (SELECT FROM sla.my_tickets AS m WHERE m.ticket_id = w.ticket_id);

COMMENT ON VIEW sla.reward_register IS
'R-31, live. Grain: one reward (ticket, reward, recipient): candidates and what was decided about them. A customer who gets one is not named. Nothing here is granted before a person confirmed it.';
COMMENT ON COLUMN sla.reward_register.reward IS 'Name of the reward rule.';
COMMENT ON COLUMN sla.reward_register.title IS 'The reward in English.';
COMMENT ON COLUMN sla.reward_register.title_zh IS 'The reward in Chinese.';
COMMENT ON COLUMN sla.reward_register.scope IS 'Who it is for: employee, team (a department), dept_head or customer.';
COMMENT ON COLUMN sla.reward_register.employee IS 'The employee who gets it; null for teams and customers.';
COMMENT ON COLUMN sla.reward_register.department IS 'The department that gets it, or the employee''s.';
COMMENT ON COLUMN sla.reward_register.kind IS 'What it is, such as bonus or commendation.';
COMMENT ON COLUMN sla.reward_register.status IS 'candidate, confirmed, rejected, or withdrawn because the figures no longer bear it.';
COMMENT ON COLUMN sla.reward_register.metric IS 'The figure that bears it; null where a person proposed it.';
COMMENT ON COLUMN sla.reward_register.and_metric IS 'The second figure that the rule asks for.';
COMMENT ON COLUMN sla.reward_register.and_metric_value IS 'The second figure''s value.';
COMMENT ON COLUMN sla.reward_register.proposed_by IS 'Who proposed it; null where a figure did.';
COMMENT ON COLUMN sla.reward_register.created_at IS 'When the candidate was first written.';
COMMENT ON COLUMN sla.reward_register.month_start IS 'First day of the local month in which the candidate was written.';
COMMENT ON COLUMN sla.reward_register.decided_by IS 'Who confirmed or rejected it.';
COMMENT ON COLUMN sla.reward_register.decided_at IS 'When that was.';
COMMENT ON COLUMN sla.reward_register.is_candidate IS 'Whether it waits for a decision.';
COMMENT ON COLUMN sla.reward_register.is_confirmed IS 'Whether it was granted.';
COMMENT ON COLUMN sla.reward_register.confirmed_count IS '1 if is_confirmed, else 0.';

COMMENT ON COLUMN sla.penalty_register.ground IS 'What it rests on: offence (missed promises), else the step that an event, a figure or a person called for.';
COMMENT ON COLUMN sla.penalty_register.party IS 'What kind of party employee names: responsible, against_employee, dept_head, carrier or team.';
COMMENT ON COLUMN sla.penalty_register.employee IS 'Whom it strikes: an employee, a carrier or a department, as party says.';
COMMENT ON COLUMN sla.penalty_register.status IS 'candidate, effective, appealed (counts until the appeal is decided), waived, withdrawn or reversed.';
COMMENT ON COLUMN sla.penalty_register.is_effective IS 'Whether the penalty was confirmed and holds, appealed against or not.';
COMMENT ON COLUMN sla.penalty_register.amount_uncapped IS 'Amount before the cap of its period, in the company''s currency.';
COMMENT ON COLUMN sla.penalty_register.first_due_at IS 'Deadline of the earliest breach behind it; else when the event took effect, the period ended or the proposal was made.';
COMMENT ON COLUMN sla.penalty_register.metric_value IS 'The figure that called for it; null where no figure did.';
COMMENT ON COLUMN sla.penalty_register.proposed_by IS 'Who proposed it; null where a breach, an event or a figure did.';
COMMENT ON COLUMN sla.penalty_register.appealed_by IS 'Who appealed against it; null: nobody.';
COMMENT ON COLUMN sla.penalty_register.appealed_at IS 'When the appeal was recorded.';
COMMENT ON COLUMN sla.penalty_register.appeal_decision IS 'upheld (the penalty stands) or reversed; null while open, or without an appeal.';
COMMENT ON COLUMN sla.penalty_register.appeal_decided_by IS 'Who decided on the appeal.';
COMMENT ON COLUMN sla.penalty_register.appeal_decided_at IS 'When that was decided.';
COMMENT ON COLUMN sla.penalty_register.is_appealed IS 'Whether an appeal against it is open.';
COMMENT ON COLUMN sla.penalty_register.appealed_count IS '1 if is_appealed, else 0.';

-- What these views share with the dictionary of report.sql, and with each other.
DECLARE
  word record;
BEGIN
  FOR word IN
    SELECT a.attrelid::regclass AS view, a.attname AS name, d.meaning
    FROM (VALUES
      ('metric', 'Name of the figure: a column of the scorecards.'),
      ('numerator', 'What is counted or added up.'),
      ('denominator', 'What it is divided by; null: nothing, the figure is a number.'),
      ('figure', 'The figure, rounded as on the scorecards; rates are 0 to 1. Null: nothing to divide by.'),
      ('case_count', 'How many cases the figure rests on: ratings or answers where it is of these, tickets with a verdict of on-time figures, else tickets received.'),
      ('digits', 'To how many digits the figure is rounded.'),
      ('month_start', 'First day of the local month (in the policy''s time zone) in which it counts.'),
      ('dimension', 'all, department or employee: what value names; filter on one.'),
      ('value', 'The department or employee; null: the whole.'),
      ('department', 'The department of the tickets.'),
      ('ticket_count', 'Number of tickets received.'),
      ('rating_count', 'Number of ratings.'),
      ('satisfied_share', 'Satisfied ratings / ratings, 0 to 1; null without ratings.'),
      ('ticket_id', 'The ticket it is about; of a figure the case file of its period.'),
      ('policy', 'Name of the policy.'),
      ('policy_version', 'Version of the policy.'),
      ('clause', 'Clause of the regulation that says so.'),
      ('amount', 'Amount of money, in the company''s currency.'),
      ('metric_value', 'The figure''s value.'),
      ('period_start', 'First local day of the period.'),
      ('period_end', 'Last local day of the period.'),
      ('decided_on', 'Local date of the decision.'),
      ('decided_month_start', 'First day of the local month of the decision.'),
      ('candidate_count', '1 if is_candidate, else 0.')
    ) AS d (name, meaning)
    JOIN pg_attribute AS a ON a.attname = d.name AND a.attnum > 0
    JOIN pg_class AS v ON v.oid = a.attrelid AND v.relkind = 'v'
    WHERE v.relnamespace = 'sla'::regnamespace
      AND v.relname IN ('figures_monthly', 'team_change_quarterly', 'kpi_attainment', 'reward_register')
      AND col_description(v.oid, a.attnum) IS NULL
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', word.view, word.name, word.meaning);
  END LOOP;
END;

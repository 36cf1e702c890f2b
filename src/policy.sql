--
-- policy.sql
--		Policies as rows: targets, event rules, classification, escalation, penalties,
--		and the people they speak of.  Versions, their publication, presets.
--

CREATE FUNCTION sla.check_condition(condition text, scope text DEFAULT 'target') RETURNS text
LANGUAGE C STABLE STRICT
AS 'MODULE_PATHNAME', 'sla_check_condition';

COMMENT ON FUNCTION sla.check_condition(text, text) IS
'Checks a condition over sla.ticket and returns it as publish_policy() stores it; raises an error that says what is wrong. scope: target (targets and applies_to: columns whose changes are events), ticket (classification: every column), event (event rules: also event_actor, event_note, event_details, event_implied_by). Only built-in immutable functions are allowed.';

CREATE FUNCTION sla._check_sets(sets jsonb) RETURNS void
LANGUAGE C STABLE STRICT
AS 'MODULE_PATHNAME', 'sla_check_sets';

COMMENT ON FUNCTION sla._check_sets(jsonb) IS
'Raises an error where "sets" names a column that a rule cannot set, or a value that the column cannot hold.';

CREATE FUNCTION sla._event_names() RETURNS text[]
LANGUAGE C IMMUTABLE
AS 'MODULE_PATHNAME', 'sla_event_names';

COMMENT ON FUNCTION sla._event_names() IS
'The names of the built-in events. A policy may use others: every name in its own rows is valid for its tickets.';

CREATE FUNCTION sla._policy_problems() RETURNS TABLE (code text, object text, message text)
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'sla_policy_problems';

COMMENT ON FUNCTION sla._policy_problems() IS
'What of the published policies cannot be used any more, and why: a calendar that is gone, a condition over a dropped column. For sla.health.';

--
-- Checks at publication.  Each raises the first error it finds.
--

CREATE FUNCTION sla._refuse(what text, hint text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE invalid_parameter_value USING MESSAGE = what, HINT = hint;
END
$$;

COMMENT ON FUNCTION sla._refuse(text, text) IS
'Raises the error with which a policy is refused (22023).';

CREATE FUNCTION sla._stored_condition(owner text, condition text, scope text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	sqlstate_ text;
	message_ text;
	hint_ text;
BEGIN
	RETURN sla.check_condition(condition, scope);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS sqlstate_ = RETURNED_SQLSTATE, message_ = MESSAGE_TEXT,
		hint_ = PG_EXCEPTION_HINT;
	IF hint_ = '' THEN
		hint_ := 'Try it with sla.check_condition().';
	END IF;
	RAISE EXCEPTION USING ERRCODE = sqlstate_, HINT = hint_,
		MESSAGE = format('condition of %s: %s', owner, message_),
		DETAIL = format('The condition is: %s', condition);
END
$$;

COMMENT ON FUNCTION sla._stored_condition(text, text, text) IS
'check_condition(), with the name of the row in the error.';

CREATE FUNCTION sla._check_values(owner text, sets jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	hint_ text;
BEGIN
	PERFORM sla._check_sets(sets);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint_ = PG_EXCEPTION_HINT;
	IF hint_ = '' THEN
		hint_ := 'Give a value that the column of sla.ticket can hold.';
	END IF;
	RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = format('%s: %s', owner, SQLERRM), HINT = hint_;
END
$$;

COMMENT ON FUNCTION sla._check_values(text, jsonb) IS
'_check_sets(), with the name of the row in the error.';

CREATE FUNCTION sla._has_months(span interval) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN coalesce(extract(year FROM span) * 12 + extract(month FROM span) <> 0, false);
END
$$;

COMMENT ON FUNCTION sla._has_months(interval) IS
'Whether an interval has months or years, which have no fixed length (T-3).';

CREATE FUNCTION sla._check_calendar(owner text, calendar text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF _check_calendar.calendar IS NOT NULL AND _check_calendar.calendar <> '24x7'
		AND NOT EXISTS (SELECT FROM sla.calendar c WHERE c.calendar = _check_calendar.calendar) THEN
		PERFORM sla._refuse(format('%s uses unknown calendar "%s"', owner, _check_calendar.calendar),
			'Load it with sla.load_calendar(), or insert it into sla.calendar and sla.calendar_hours.');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_calendar(text, text) IS
'Refuses a calendar that is neither built in nor in sla.calendar.';

CREATE FUNCTION sla._check_ladder(policy text, version integer, owner text, ladder text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF _check_ladder.ladder IS NOT NULL AND NOT EXISTS (
			SELECT FROM sla.penalty_rule r
			WHERE r.policy = _check_ladder.policy AND r.version = _check_ladder.version
			AND r.ladder = _check_ladder.ladder) THEN
		PERFORM sla._refuse(format('%s names ladder "%s", which no penalty rule defines', owner,
				_check_ladder.ladder),
			'Insert the steps of the ladder into sla.penalty_rule, or leave ladder empty: no penalty.');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_ladder(text, integer, text, text) IS
'Refuses a ladder that the version does not define.';

CREATE FUNCTION sla._check_events(owner text, events text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	event text;
BEGIN
	FOREACH event IN ARRAY events LOOP
		IF event IS NULL OR event !~ '^[a-z][a-z0-9_]*$' THEN
			PERFORM sla._refuse(format('%s names an event "%s"', owner, event),
				'Event names are lower-case letters, digits and underscores.');
		ELSIF event <> ALL (sla._event_names()) THEN
			RAISE NOTICE '% uses "%", which is not a built-in event', owner, event
				USING HINT = 'It becomes an event of this policy. If it is a slip, correct it in a new version.';
		END IF;
	END LOOP;
END
$$;

COMMENT ON FUNCTION sla._check_events(text, text[]) IS
'Refuses malformed event names and points out those that are not built in.';

CREATE FUNCTION sla._check_target_shape(t record, owner text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF t.due_column IS NOT NULL AND t.every IS NOT NULL THEN
		PERFORM sla._refuse(format('%s has both due_column and every', owner),
			'A date that the ticket carries cannot repeat. Make two targets.');
	ELSIF num_nonnulls(t.duration, t.every, t.due_column) > 1 THEN
		PERFORM sla._refuse(format('%s has more than one of duration, every and due_column', owner),
			'Keep one of them; none means that the target is switched off.');
	ELSIF t.due_column IS NULL AND cardinality(t.starts_on) = 0 THEN
		PERFORM sla._refuse(format('%s has no start', owner),
			'Name the events that start its clock in starts_on, or the ticket column that holds its date in due_column.');
	ELSIF t.due_column IS NOT NULL AND (cardinality(t.starts_on) > 0 OR t.fallback_on IS NOT NULL) THEN
		PERFORM sla._refuse(format('%s has both due_column and a start event', owner),
			'Its clock begins when the column is filled; leave starts_on and fallback_on empty.');
	ELSIF t.due_column IS NOT NULL AND t.due_column NOT IN ('promised_at', 'appointment_at',
			'customer_required_at', 'agreed_reply_at', 'due_at', 'happened_at') THEN
		PERFORM sla._refuse(format('%s has unknown due_column "%s"', owner, t.due_column),
			'It can be promised_at, appointment_at, customer_required_at, agreed_reply_at, due_at or happened_at.');
	ELSIF t.every IS NOT NULL AND (cardinality(t.rearms_on) = 0 OR cardinality(t.stops_on) = 0) THEN
		PERFORM sla._refuse(format('%s repeats without rearms_on or stops_on', owner),
			'rearms_on names the report that is due every time, stops_on what ends the reporting.');
	ELSIF t.every IS NULL AND cardinality(t.rearms_on) > 0
		AND num_nonnulls(t.duration, t.due_column) > 0 THEN
		PERFORM sla._refuse(format('%s has rearms_on without every', owner),
			'Set every to the interval between two reports.');
	ELSIF t.on_due IS NULL AND cardinality(t.stops_on) = 0 THEN
		PERFORM sla._refuse(format('%s has no stop', owner),
			'Name the events that fulfil it in stops_on, or the event that a timer records in on_due.');
	ELSIF t.on_due IS NOT NULL AND (t.stops_all OR t.every IS NOT NULL) THEN
		PERFORM sla._refuse(format('%s is a timer with stops_all or every', owner),
			'A timer records its event once; give it plain stops_on, or none.');
	ELSIF t.fallback_on IS NOT NULL AND (t.fallback_after IS NULL OR t.start_owed_by IS NULL) THEN
		PERFORM sla._refuse(format('%s has a fallback without start_owed_by or fallback_after', owner),
			'start_owed_by is the role that is blamed when the start is missing, fallback_after how long it may take.');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_target_shape(record, text) IS
'Refuses a target whose columns do not make a clock.';

CREATE FUNCTION sla._check_target_amounts(t record, owner text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF sla._has_months(t.duration) OR sla._has_months(t.every) OR sla._has_months(t.fallback_after) THEN
		PERFORM sla._refuse(format('%s counts in months', owner),
			'Months have no fixed length. Use days (working days of the calendar) or hours; a monthly report is a duty (sla.duty).');
	ELSIF t.duration < interval '0' OR t.every <= interval '0' OR t.fallback_after < interval '0' THEN
		PERFORM sla._refuse(format('%s has a duration that is not positive', owner),
			'To switch a target off, leave duration, every and due_column empty.');
	ELSIF cardinality(t.stops_on) > 32 THEN
		PERFORM sla._refuse(format('%s has more than 32 stops', owner), 'Make several targets.');
	ELSIF t.on_due IS NULL AND cardinality(t.responsible_role) = 0 THEN
		PERFORM sla._refuse(format('%s has no responsible_role', owner),
			'Name who answers for a miss: agent, dept_handler, handler, dept_head, supervisor or a role of sla.employee.');
	ELSIF t.stops_all AND cardinality(t.responsible_role) > 1
		AND cardinality(t.responsible_role) < cardinality(t.stops_on) THEN
		PERFORM sla._refuse(format('%s has %s responsible roles for %s stops', owner,
				cardinality(t.responsible_role), cardinality(t.stops_on)),
			'With stops_all name one role for all stops, or one for each in the same order, or more that answer together.');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_target_amounts(record, text) IS
'Refuses durations and numbers of roles that mean nothing.';

CREATE FUNCTION sla._check_targets(policy text, version integer, policy_calendar text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	t record;
	owner text;
BEGIN
	FOR t IN SELECT * FROM sla.target t WHERE t.policy = _check_targets.policy
			AND t.version = _check_targets.version ORDER BY t.target LOOP
		owner := format('target "%s"', t.target);
		PERFORM sla._check_target_shape(t, owner), sla._check_target_amounts(t, owner),
			sla._check_calendar(owner, t.calendar),
			sla._check_ladder(t.policy, t.version, owner, t.ladder),
			sla._check_events(owner, t.starts_on || t.stops_on || t.rearms_on || t.cancels_on
				|| array_remove(ARRAY[t.fallback_on, t.on_due], NULL));
		IF extract(day FROM coalesce(t.duration, t.every)) <> 0
			AND coalesce(t.calendar, policy_calendar) = '24x7' THEN
			RAISE WARNING '% counts days on the calendar "24x7"', owner
				USING HINT = 'A day ends at midnight there, and the first does not count. For 24 hours write ''24:00:00''.';
		END IF;
		UPDATE sla.target x SET condition = sla._stored_condition(owner, x.condition, 'target')
		WHERE x.policy = t.policy AND x.version = t.version AND x.target = t.target
			AND x.condition IS NOT NULL;
	END LOOP;
	IF NOT FOUND THEN
		PERFORM sla._refuse(format('policy "%s" version %s has no targets', _check_targets.policy,
				_check_targets.version), 'Insert its promises into sla.target.');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_targets(text, integer, text) IS
'Checks the targets of a version and stores their conditions as they were understood.';

CREATE FUNCTION sla._check_implied(policy text, version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	cycle text[];
BEGIN
	WITH RECURSIVE implied (first, last, path) AS (
		SELECT r.event, i, ARRAY[r.event, i]
		FROM sla.event_rule r, unnest(r.implies) i
		WHERE r.policy = _check_implied.policy AND r.version = _check_implied.version
	UNION
		SELECT p.first, i, p.path || i
		FROM implied p, sla.event_rule r, unnest(r.implies) i
		WHERE r.policy = _check_implied.policy AND r.version = _check_implied.version
			AND r.event = p.last AND p.last <> ALL (p.path[:cardinality(p.path) - 1])
	)
	SELECT p.path INTO cycle FROM implied p WHERE p.first = p.last
	ORDER BY cardinality(p.path), p.path LIMIT 1;
	IF FOUND THEN
		PERFORM sla._refuse(format('event rules imply each other in a circle: %s',
				array_to_string(cycle, ' -> ')), 'Remove one of the events from implies.');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_implied(text, integer) IS
'Refuses event rules whose implied events come back to the first.';

CREATE FUNCTION sla._check_rules(policy text, version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	r record;
	owner text;
BEGIN
	FOR r IN SELECT * FROM sla.event_rule r WHERE r.policy = _check_rules.policy
			AND r.version = _check_rules.version ORDER BY r.rule LOOP
		owner := format('event rule "%s"', r.rule);
		PERFORM sla._check_events(owner, ARRAY[r.event] || r.requires_events || r.implies),
			sla._check_ladder(r.policy, r.version, owner, r.ladder), sla._check_values(owner, r.sets);
		IF EXISTS (SELECT FROM jsonb_object_keys(coalesce(r.sets, '{}')) k WHERE k <> ALL (sla._settable_columns())) THEN
			PERFORM sla._refuse(format('%s sets a column that an event cannot set', owner),
				format('Events can set: %s.', array_to_string(sla._settable_columns(), ', ')));
		END IF;
		IF 'received' = ANY (r.implies) THEN
			PERFORM sla._refuse(format('%s implies "received"', owner),
				'Reception is the insertion of the ticket.');
		END IF;
		UPDATE sla.event_rule x SET applies_when = sla._stored_condition(owner, x.applies_when, 'event'),
			requires = sla._stored_condition(owner, x.requires, 'event')
		WHERE x.policy = r.policy AND x.version = r.version AND x.rule = r.rule
			AND num_nonnulls(x.applies_when, x.requires) > 0;
	END LOOP;
	PERFORM sla._check_implied(_check_rules.policy, _check_rules.version);
END
$$;

COMMENT ON FUNCTION sla._check_rules(text, integer) IS
'Checks the event rules of a version and stores their conditions as they were understood.';

CREATE FUNCTION sla._check_classification(policy text, version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	c record;
	owner text;
BEGIN
	FOR c IN SELECT * FROM sla.classification c WHERE c.policy = _check_classification.policy
			AND c.version = _check_classification.version ORDER BY c.position LOOP
		owner := format('classification %s', c.position);
		IF EXISTS (SELECT FROM unnest(c.keywords) k WHERE coalesce(btrim(k), '') = '') THEN
			PERFORM sla._refuse(format('%s has an empty keyword', owner),
				'An empty keyword would be found in every ticket; remove it.');
		ELSIF c.sets = '{}' THEN
			PERFORM sla._refuse(format('%s sets nothing', owner),
				'Write for example {"urgency": "urgent"} into sets.');
		END IF;
		PERFORM sla._check_values(owner, c.sets);
		UPDATE sla.classification x SET condition = sla._stored_condition(owner, x.condition, 'ticket')
		WHERE x.policy = c.policy AND x.version = c.version AND x.position = c.position
			AND x.condition IS NOT NULL;
	END LOOP;
END
$$;

COMMENT ON FUNCTION sla._check_classification(text, integer) IS
'Checks the classification of a version and stores its conditions as they were understood.';

CREATE FUNCTION sla._check_steps(policy text, version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	s record;
	owner text;
BEGIN
	FOR s IN SELECT * FROM sla.escalation_step s WHERE s.policy = _check_steps.policy
			AND s.version = _check_steps.version ORDER BY s.target, s.level LOOP
		owner := format('escalation step %s of target "%s"', s.level, s.target);
		IF s.target <> '*' AND NOT EXISTS (SELECT FROM sla.target t WHERE t.policy = s.policy
				AND t.version = s.version AND t.target = s.target) THEN
			PERFORM sla._refuse(format('%s belongs to no target', owner),
				'Name a target of this version, or * for all of them.');
		ELSIF num_nonnulls(s.at_percent, s.after) <> 1 THEN
			PERFORM sla._refuse(format('%s needs either at_percent or after', owner),
				'at_percent warns before the deadline, after escalates once it has passed.');
		ELSIF sla._has_months(s.after) THEN
			PERFORM sla._refuse(format('%s counts in months', owner), 'Use days or hours.');
		END IF;
	END LOOP;
END
$$;

COMMENT ON FUNCTION sla._check_steps(text, integer) IS
'Checks the escalation steps of a version.';

CREATE FUNCTION sla._check_trigger(p record, owner text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF p.trigger = 'event' AND p.event IS NULL THEN
		PERFORM sla._refuse(format('%s has no event', owner), 'Name the event that triggers it.');
	ELSIF p.trigger = 'event' AND p.event = 'changed' THEN
		PERFORM sla._refuse(format('%s waits for "changed"', owner),
			'That is every change of a column. Name the event that tells what happened.');
	ELSIF p.trigger = 'metric' AND (p.metric IS NULL OR num_nonnulls(p.below, p.at_least) = 0) THEN
		PERFORM sla._refuse(format('%s has no metric or no threshold', owner),
			'Name a column of the scorecard in metric, and below or at_least.');
	ELSIF p.trigger = 'metric' AND p.subject NOT IN ('responsible', 'dept_head', 'team') THEN
		PERFORM sla._refuse(format('%s takes a figure of %s', owner, p.subject),
			'There are figures of employees (subject responsible) and of departments (dept_head, team).');
	ELSIF p.trigger = 'metric' AND p.condition IS NOT NULL THEN
		PERFORM sla._refuse(format('%s has a condition over a ticket, but follows from a figure', owner),
			'Leave condition empty.');
	ELSIF p.trigger = 'offence' AND p.nth_from IS NULL THEN
		PERFORM sla._refuse(format('%s does not say which offence it is for', owner),
			'Set nth_from, and nth_to if there is a last one: 1 and 1 is the first offence.');
	ELSIF p.trigger = 'offence' AND p.subject <> 'responsible' THEN
		PERFORM sla._refuse(format('%s is for missed promises, but strikes %s', owner, p.subject),
			'Whoever is responsible for the promise answers for it; use trigger event for others.');
	ELSIF p.trigger <> 'offence' AND num_nonnulls(p.nth_from, p.nth_to) > 0 THEN
		PERFORM sla._refuse(format('%s counts offences, but its trigger is %s', owner, p.trigger),
			'Only missed promises are counted; leave nth_from and nth_to empty.');
	ELSIF p.nth_from < 1 OR p.nth_to < p.nth_from THEN
		PERFORM sla._refuse(format('%s counts from %s to %s', owner, p.nth_from, p.nth_to),
			'The first offence is number 1, and nth_to is not before nth_from.');
	ELSIF p.trigger <> 'offence' AND p.step = 'offence' THEN
		PERFORM sla._refuse(format('%s has the name that missed promises have as a ground', owner),
			'Give the step another name.');
	END IF;
	IF p.trigger = 'metric' THEN
		PERFORM sla._check_metric(owner, p.metric, p.subject = 'responsible');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_trigger(record, text) IS
'Refuses a penalty rule whose trigger lacks what it needs, or has what it cannot use.';

CREATE FUNCTION sla._check_sanction(p record, owner text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	grave CONSTANT text := substring(p.action FROM '^(dismissal|demotion|pay_cut|legal)');
BEGIN
	IF grave IS NOT NULL AND p.action NOT LIKE '%\_review' THEN
		PERFORM sla._refuse(format('%s imposes "%s"', owner, p.action),
			format('That is only ever a review by people: write %s_review.', grave));
	ELSIF grave IS NOT NULL AND p.trigger <> 'manual' THEN
		PERFORM sla._refuse(format('%s calls for "%s" by itself', owner, p.action),
			'Only a person may propose such a review: use trigger manual.');
	ELSIF num_nonnulls(p.amount, p.percent) > 1 OR num_nonnulls(p.percent, p.percent_of) = 1 THEN
		PERFORM sla._refuse(format('%s does not say what it costs', owner),
			'Give amount, or percent together with percent_of, or neither.');
	ELSIF p.percent_of IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute a
			WHERE a.attrelid = 'sla.ticket'::regclass AND a.attname = p.percent_of AND NOT a.attisdropped
			AND a.atttypid IN ('numeric'::regtype, 'integer'::regtype, 'bigint'::regtype)) THEN
		PERFORM sla._refuse(format('%s takes a percentage of "%s"', owner, p.percent_of),
			'Name a column of sla.ticket that holds a number, such as loss_amount or amount_involved.');
	ELSIF p.cap IS NOT NULL AND p.cap_period IS NULL THEN
		PERFORM sla._refuse(format('%s has a cap without a period', owner),
			'Say in cap_period how often so much may be taken, such as 1 month.');
	ELSIF p.cap_period <= interval '0' OR sla._has_months(p.cap_period)
			AND p.cap_period <> make_interval(months => (extract(year FROM p.cap_period) * 12
				+ extract(month FROM p.cap_period))::integer) THEN
		PERFORM sla._refuse(format('%s has a cap per %s', owner, p.cap_period),
			'A cap is per so many months, or per so many days: 1 month, 3 months, 1 year, 7 days.');
	ELSIF least(p.amount, p.percent, p.cap, p.points) < 0 THEN
		PERFORM sla._refuse(format('%s has a negative amount', owner), 'What is taken off is written as a positive number.');
	ELSIF p.duty_due IS NOT NULL AND p.duty IS NULL THEN
		PERFORM sla._refuse(format('%s has duty_due without duty', owner), 'Name the document that is due.');
	ELSIF sla._has_months(p.duty_due) OR p.duty_due < interval '0' THEN
		PERFORM sla._refuse(format('%s allows %s for its document', owner, p.duty_due),
			'Use days, which are working days, or hours.');
	END IF;
END
$$;

COMMENT ON FUNCTION sla._check_sanction(record, text) IS
'Refuses a penalty rule whose action or amounts mean nothing, or that would have a machine call for somebody''s dismissal, demotion, pay cut or prosecution.';

CREATE FUNCTION sla._check_penalties(policy text, version integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	p record;
	owner text;
BEGIN
	FOR p IN SELECT * FROM sla.penalty_rule p WHERE p.policy = _check_penalties.policy
			AND p.version = _check_penalties.version ORDER BY p.ladder, p.step LOOP
		owner := format('penalty rule "%s/%s"', p.ladder, p.step);
		PERFORM sla._check_trigger(p, owner), sla._check_sanction(p, owner),
			sla._check_events(owner, array_remove(ARRAY[p.event], NULL));
		UPDATE sla.penalty_rule x SET condition = sla._stored_condition(owner, x.condition,
			CASE x.trigger WHEN 'event' THEN 'event' ELSE 'ticket' END)
		WHERE x.policy = p.policy AND x.version = p.version AND x.ladder = p.ladder
			AND x.step = p.step AND x.condition IS NOT NULL;
	END LOOP;
END
$$;

COMMENT ON FUNCTION sla._check_penalties(text, integer) IS
'Checks the penalty rules of a version and stores their conditions as they were understood.';

CREATE FUNCTION sla._check_time_zone(zone text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM timezone(zone, now());
EXCEPTION WHEN invalid_parameter_value THEN
	PERFORM sla._refuse(format('the policy has unknown time zone "%s"', zone),
		'Use a name of pg_timezone_names, such as Asia/Shanghai.');
END
$$;

COMMENT ON FUNCTION sla._check_time_zone(text) IS
'Refuses a time zone that the server does not know.';

CREATE FUNCTION sla._check_policy(p record) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	owner text := format('policy "%s"', p.policy);
	previous timestamptz;
BEGIN
	IF p.effective_from IS NULL THEN
		PERFORM sla._refuse(format('%s has no effective_from', owner), 'Say from when it holds.');
	END IF;
	SELECT max(x.effective_from) INTO previous FROM sla.policy x
	WHERE x.policy = p.policy AND x.version <> p.version AND x.status <> 'draft';
	IF p.effective_from <= previous THEN
		PERFORM sla._refuse(format('%s version %s would hold from %s, but an earlier version holds from %s',
				owner, p.version, p.effective_from, previous),
			'Choose an effective_from after that: tickets keep the version they were received under.');
	END IF;
	IF p.pause_on && ARRAY['received', 'reopened', 'closed', 'closed_no_rating', 'withdrawn',
			'waiting_ended', 'changed'] THEN
		PERFORM sla._refuse(format('%s pauses on an event of the engine', owner),
			'Pause on an event that means waiting, such as waiting_customer; waiting_ended resumes.');
	END IF;
	PERFORM sla._check_events(owner, p.pause_on), sla._check_calendar(owner, p.calendar),
		sla._check_time_zone(p.time_zone), sla._check_targets(p.policy, p.version, p.calendar),
		sla._check_rules(p.policy, p.version), sla._check_classification(p.policy, p.version),
		sla._check_steps(p.policy, p.version), sla._check_penalties(p.policy, p.version),
		sla._check_duties(p.policy, p.version), sla._check_rewards(p.policy, p.version);
END
$$;

COMMENT ON FUNCTION sla._check_policy(record) IS
'Everything that publication checks: the version itself, then all of its rows.';

--
-- Published versions do not change.
--

CREATE FUNCTION sla.guard_published() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	published record;
	-- Who does a duty, and for what, is the company's daily business and no promise.
	free_columns CONSTANT text[] := CASE TG_TABLE_NAME WHEN 'duty'
		THEN '{subjects,department,owner,assignee,roles,source,active,active_since,note}' ELSE '{}' END;
BEGIN
	IF TG_OP = 'UPDATE' AND free_columns <> '{}'
		AND to_jsonb(OLD) - free_columns = to_jsonb(NEW) - free_columns THEN
		RETURN NEW;
	END IF;
	IF TG_OP = 'TRUNCATE' THEN
		SELECT p.policy, p.version INTO published FROM sla.policy p WHERE p.status <> 'draft' LIMIT 1;
	ELSIF TG_OP = 'INSERT' THEN
		SELECT p.policy, p.version INTO published FROM sla.policy p
		WHERE p.status <> 'draft' AND (p.policy, p.version) = (NEW.policy, NEW.version);
	ELSIF TG_OP = 'DELETE' THEN
		SELECT p.policy, p.version INTO published FROM sla.policy p
		WHERE p.status <> 'draft' AND (p.policy, p.version) = (OLD.policy, OLD.version);
	ELSE
		SELECT p.policy, p.version INTO published FROM sla.policy p
		WHERE p.status <> 'draft'
			AND ((p.policy, p.version) = (OLD.policy, OLD.version)
				OR (p.policy, p.version) = (NEW.policy, NEW.version));
	END IF;
	IF published.policy IS NOT NULL THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = format('policy "%s" version %s is published and cannot change',
				published.policy, published.version),
			HINT = format('SELECT sla.revise_policy(%L) makes a new draft; change that and publish it.',
				published.policy);
	END IF;
	RETURN coalesce(NEW, OLD);
END
$$;

COMMENT ON FUNCTION sla.guard_published() IS
'Trigger on the tables of a policy''s rows: refuses (55000) every change of a version that is no draft, and TRUNCATE while there is one. Tickets keep their version for life, so its rows must stay what they were (D1-64).';

CREATE FUNCTION sla.guard_policy() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	free_columns CONSTANT text[] := '{title,title_zh,note,status,effective_to}';
BEGIN
	IF TG_OP = 'INSERT' THEN
		IF NEW.status = 'draft' THEN
			RETURN NEW;
		END IF;
	ELSIF TG_OP = 'DELETE' THEN
		IF OLD.status = 'draft' THEN
			RETURN OLD;
		END IF;
	ELSIF OLD.status = 'draft' THEN
		IF NEW.status = 'published' THEN
			PERFORM sla._check_policy(NEW);
			NEW.applies_to := sla._stored_condition(format('policy "%s"', NEW.policy), NEW.applies_to, 'target');
			NEW.published_at := sla.now();
			RETURN NEW;
		ELSIF NEW.status = 'draft' THEN
			RETURN NEW;
		END IF;
	ELSIF to_jsonb(OLD) - free_columns = to_jsonb(NEW) - free_columns
		AND (NEW.status = OLD.status OR (OLD.status = 'published' AND NEW.status = 'retired'))
		AND (NEW.effective_to IS NOT DISTINCT FROM OLD.effective_to
			OR (OLD.effective_to IS NULL AND NEW.effective_to >= sla.now())
			OR EXISTS (SELECT FROM sla.policy p WHERE p.policy = OLD.policy AND p.version > OLD.version
				AND p.status = 'published' AND p.effective_from = NEW.effective_to)) THEN
		RETURN NEW;
	END IF;
	RAISE object_not_in_prerequisite_state USING
		MESSAGE = CASE TG_OP WHEN 'INSERT'
			THEN format('policy "%s" version %s must begin as a draft', NEW.policy, NEW.version)
			ELSE format('policy "%s" version %s is published and cannot change', OLD.policy, OLD.version) END,
		HINT = CASE TG_OP WHEN 'INSERT'
			THEN 'Insert it with status draft and publish it with sla.publish_policy().'
			ELSE format('SELECT sla.revise_policy(%L) makes a new draft. Titles and notes may change, and effective_to may end it at a time to come.', OLD.policy) END;
END
$$;

COMMENT ON FUNCTION sla.guard_policy() IS
'Trigger on sla.policy: whoever publishes a version, its rows are checked here; a published version keeps everything but its titles and note, and may be ended once, not in the past (D1-64, D1-65).';

--
-- Versions.
--

CREATE FUNCTION sla.revise_policy(policy text) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	newest integer;
	draft integer;
	part regclass;
	-- Copies rows with another version; whatever columns the company has added come along.
	copy CONSTANT text := 'INSERT INTO %1$s SELECT (jsonb_populate_record(x, jsonb_build_object(''version'', $3))).*
		FROM %1$s x WHERE x.policy = $1 AND x.version = $2';
BEGIN
	IF revise_policy.policy IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'policy must not be null',
			HINT = 'sla.policy lists the policies.';
	END IF;
	LOCK TABLE sla.policy IN SHARE ROW EXCLUSIVE MODE;
	SELECT max(p.version), max(p.version) FILTER (WHERE p.status = 'draft') INTO newest, draft
	FROM sla.policy p WHERE p.policy = revise_policy.policy;
	IF newest IS NULL THEN
		PERFORM sla._refuse(format('policy "%s" does not exist', revise_policy.policy),
			'Load a preset with sla.load_preset(), or insert version 1 into sla.policy.');
	ELSIF draft IS NOT NULL THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = format('policy "%s" already has a draft: version %s', revise_policy.policy, draft),
			HINT = 'Change and publish that one, or delete it.';
	END IF;
	INSERT INTO sla.policy
	SELECT (jsonb_populate_record(p, jsonb_build_object('version', newest + 1, 'status', 'draft',
		'effective_from', NULL, 'effective_to', NULL, 'published_at', NULL, 'preset', NULL))).*
	FROM sla.policy p WHERE p.policy = revise_policy.policy AND p.version = newest;
	FOR part IN SELECT c.conrelid::regclass FROM pg_constraint c
			WHERE c.contype = 'f' AND c.confrelid = 'sla.policy'::regclass ORDER BY 1 LOOP
		EXECUTE format(copy, part) USING revise_policy.policy, newest, newest + 1;
	END LOOP;
	RETURN newest + 1;
END
$$;

COMMENT ON FUNCTION sla.revise_policy(text) IS
'Copies the newest version of a policy, with all its rows, into a new draft and returns the draft''s version. Errors: 22023 unknown policy, 55000 there is a draft already (D1-64).';
REVOKE EXECUTE ON FUNCTION sla.revise_policy(text) FROM PUBLIC;

CREATE FUNCTION sla.publish_policy(policy text, version integer, effective_from timestamptz DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	holds_from timestamptz := coalesce(publish_policy.effective_from, sla.now());
	draft record;
	what text;
	more text;
	hint text;
BEGIN
	IF publish_policy.policy IS NULL OR publish_policy.version IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'policy and version must not be null',
			HINT = 'sla.policy lists the drafts.';
	END IF;
	LOCK TABLE sla.policy IN SHARE ROW EXCLUSIVE MODE;
	SELECT p.status INTO draft FROM sla.policy p
	WHERE p.policy = publish_policy.policy AND p.version = publish_policy.version;
	IF NOT FOUND THEN
		PERFORM sla._refuse(format('policy "%s" has no version %s', publish_policy.policy,
				publish_policy.version), 'sla.revise_policy() makes a draft and returns its version.');
	ELSIF draft.status <> 'draft' THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = format('policy "%s" version %s is already %s', publish_policy.policy,
				publish_policy.version, draft.status),
			HINT = format('SELECT sla.revise_policy(%L) makes a new draft.', publish_policy.policy);
	END IF;
	BEGIN
		UPDATE sla.policy p SET status = 'published', effective_from = holds_from
		WHERE p.policy = publish_policy.policy AND p.version = publish_policy.version;
	EXCEPTION WHEN invalid_parameter_value OR feature_not_supported OR data_exception
			OR syntax_error_or_access_rule_violation THEN
		-- What is wrong with a row is told without the twenty lines of how it was found.
		GET STACKED DIAGNOSTICS what = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
		IF hint = '' THEN
			RAISE;
		ELSIF more = '' THEN
			RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = what, HINT = hint;
		END IF;
		RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = what, DETAIL = more, HINT = hint;
	END;
	UPDATE sla.policy p SET status = 'retired', effective_to = least(p.effective_to, holds_from)
	WHERE p.policy = publish_policy.policy AND p.version <> publish_policy.version
		AND p.status = 'published';
END
$$;

COMMENT ON FUNCTION sla.publish_policy(text, integer, timestamptz) IS
'Checks a draft and puts it into force for tickets received from effective_from on (default: now); the version before it ends there. Raises the first thing that is wrong, with a hint. Published versions do not change any more (D1-64, D1-65).';
REVOKE EXECUTE ON FUNCTION sla.publish_policy(text, integer, timestamptz) FROM PUBLIC;

CREATE FUNCTION sla.load_preset(preset text, effective_from timestamptz DEFAULT '-infinity')
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	calendars text[];
	loaded integer;
BEGIN
	IF to_regclass('sla.presets') IS NULL THEN
		RAISE undefined_table USING MESSAGE = 'the tables of sla_ext are not there yet',
			HINT = 'Run SELECT sla.setup() to create them.';
	END IF;
	SELECT s.calendars INTO calendars FROM sla.presets s WHERE s.preset = load_preset.preset;
	IF NOT FOUND THEN
		PERFORM sla._refuse(format('preset "%s" does not exist', load_preset.preset),
			(SELECT 'The presets are: ' || string_agg(s.preset, ', ' ORDER BY s.preset) || '.' FROM sla.presets s));
	END IF;
	LOCK TABLE sla.policy IN SHARE ROW EXCLUSIVE MODE;
	SELECT max(p.version) INTO loaded FROM sla.policy p
	WHERE p.preset = load_preset.preset AND p.status <> 'draft';
	IF loaded IS NOT NULL THEN
		RETURN loaded;
	END IF;
	PERFORM sla.load_calendar(c) FROM unnest(calendars) c;
	SELECT coalesce(max(p.version), 0) + 1 INTO loaded FROM sla.policy p
	WHERE p.policy = load_preset.preset;
	EXECUTE format('SELECT sla.%I($1)', '_preset_' || load_preset.preset) USING loaded;
	UPDATE sla.policy p SET preset = load_preset.preset
	WHERE p.policy = load_preset.preset AND p.version = loaded;
	PERFORM sla.publish_policy(load_preset.preset, loaded, load_preset.effective_from);
	RETURN loaded;
END
$$;

COMMENT ON FUNCTION sla.load_preset(text, timestamptz) IS
'Loads a ready-made policy (see sla.presets) with the calendars it needs, publishes it from effective_from on, and returns its version. Loading it again does nothing and returns the version that is there.';
REVOKE EXECUTE ON FUNCTION sla.load_preset(text, timestamptz) FROM PUBLIC;

-- setup:

	CREATE TABLE IF NOT EXISTS sla.policy (
		policy text COLLATE "C" NOT NULL CHECK (policy <> ''),
		version integer NOT NULL CHECK (version > 0),
		status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published', 'retired')),
		effective_from timestamptz,
		effective_to timestamptz,
		published_at timestamptz,
		title text,
		title_zh text,
		position integer NOT NULL DEFAULT 100,
		applies_to text,
		time_zone text NOT NULL DEFAULT 'Asia/Shanghai',
		calendar text NOT NULL DEFAULT '24x7',
		late_record_window interval NOT NULL DEFAULT '24:00:00' CHECK (late_record_window >= interval '0'),
		pause_on text[] NOT NULL DEFAULT '{}',
		reopen_alert_after integer DEFAULT 3 CHECK (reopen_alert_after > 0),
		reopen_alert_roles text[] NOT NULL DEFAULT '{supervisor}',
		unsatisfied_max_rating integer NOT NULL DEFAULT 2,
		rating_scale integer NOT NULL DEFAULT 5 CHECK (rating_scale > 1),
		offence_window interval NOT NULL DEFAULT '1 year' CHECK (offence_window > interval '0'),
		offence_unit text NOT NULL DEFAULT 'ticket' CHECK (offence_unit IN ('ticket')),
		retention_years integer CHECK (retention_years > 0),
		order_check text NOT NULL DEFAULT 'warn' CHECK (order_check IN ('off', 'warn', 'enforce')),
		clause text,
		note text,
		preset text,
		PRIMARY KEY (policy, version),
		CHECK (status = 'draft' OR effective_from IS NOT NULL),
		CHECK (unsatisfied_max_rating BETWEEN 0 AND rating_scale)
	);
	COMMENT ON TABLE sla.policy IS
	'The versions of the company''s service regulations. A draft is edited freely; sla.publish_policy() checks it and puts it into force; a published version does not change any more, and a ticket keeps the version that held when it was received (D1-64, D1-65; rules E-19, V-18).';
	COMMENT ON COLUMN sla.policy.policy IS 'Name of the regulation, the same for all its versions.';
	COMMENT ON COLUMN sla.policy.version IS 'Number of the version, from 1.';
	COMMENT ON COLUMN sla.policy.status IS 'draft: edited, not in force. published: in force. retired: ended; still judges the tickets received under it.';
	COMMENT ON COLUMN sla.policy.effective_from IS 'Holds for tickets received at this instant or later; -infinity: for all earlier ones too. Empty in a draft.';
	COMMENT ON COLUMN sla.policy.effective_to IS 'Holds for tickets received before this instant; empty: has no end. Set by the next version, or by hand to end a policy at a time to come.';
	COMMENT ON COLUMN sla.policy.published_at IS 'When it was published. A policy that holds from -infinity has duties from then on only.';
	COMMENT ON COLUMN sla.policy.title IS 'What the policy is called, in English.';
	COMMENT ON COLUMN sla.policy.title_zh IS 'What the policy is called, in Chinese.';
	COMMENT ON COLUMN sla.policy.position IS 'Order in which policies are tried for a ticket that names none: smallest first, then by name.';
	COMMENT ON COLUMN sla.policy.applies_to IS 'Condition over the ticket: which tickets this policy takes. Empty: all. Not asked where the ticket names its policy.';
	COMMENT ON COLUMN sla.policy.time_zone IS 'IANA time zone in which the policy''s dates are meant (K-1: Asia/Shanghai).';
	COMMENT ON COLUMN sla.policy.calendar IS 'Working calendar of the targets that name none; 24x7 is built in (K-1).';
	COMMENT ON COLUMN sla.policy.late_record_window IS 'How long after the fact an event may be recorded and still count at the time it happened; recorded later, it counts when it is recorded. Bound included (T-8, V-09).';
	COMMENT ON COLUMN sla.policy.pause_on IS 'Events that pause the clocks until waiting_ended, such as waiting_customer. Empty: nothing pauses (K-13; E-8).';
	COMMENT ON COLUMN sla.policy.reopen_alert_after IS 'After so many cycles without a satisfied customer the next reopening is escalated; empty: never (D1-38; V-21).';
	COMMENT ON COLUMN sla.policy.reopen_alert_roles IS 'Roles that this escalation tells: the supervisor, or whoever watches over unsatisfied customers (D1-38, D2-30).';
	COMMENT ON COLUMN sla.policy.unsatisfied_max_rating IS 'Ratings up to this one count as unsatisfied (D1-38).';
	COMMENT ON COLUMN sla.policy.rating_scale IS 'The best rating; 1 is the worst (D1-37).';
	COMMENT ON COLUMN sla.policy.offence_window IS 'How far back confirmed offences count on a ladder (K-10; V-25).';
	COMMENT ON COLUMN sla.policy.offence_unit IS 'What counts as one offence: ticket = all misses of one employee on one ticket (K-10).';
	COMMENT ON COLUMN sla.policy.retention_years IS 'Years after closing for which tickets are kept; empty: for ever (D1-41).';
	COMMENT ON COLUMN sla.policy.order_check IS 'What happens when events come in an impossible order, such as closed before resolved: off, warn (a process violation) or enforce (an error).';
	COMMENT ON COLUMN sla.policy.clause IS 'Where the regulation says so.';
	COMMENT ON COLUMN sla.policy.note IS 'Remark for people.';
	COMMENT ON COLUMN sla.policy.preset IS 'Preset that this version was loaded from; empty for the company''s own versions.';

	CREATE TABLE IF NOT EXISTS sla.target (
		policy text COLLATE "C" NOT NULL,
		version integer NOT NULL,
		target text COLLATE "C" NOT NULL CHECK (target NOT IN ('', '*')),
		milestone text NOT NULL,
		title text,
		title_zh text,
		condition text,
		duty text,
		starts_on text[] NOT NULL DEFAULT '{}',
		starts_all boolean NOT NULL DEFAULT false,
		fallback_on text,
		fallback_after interval,
		start_owed_by text,
		stops_on text[] NOT NULL DEFAULT '{}',
		stops_all boolean NOT NULL DEFAULT false,
		rearms_on text[] NOT NULL DEFAULT '{}',
		cancels_on text[] NOT NULL DEFAULT '{}',
		duration interval,
		every interval,
		due_column text,
		calendar text,
		on_due text,
		restarts boolean NOT NULL DEFAULT true,
		pausable boolean NOT NULL DEFAULT true,
		responsible_role text[] NOT NULL DEFAULT '{}',
		notify_roles text[] NOT NULL DEFAULT '{}',
		binding boolean NOT NULL DEFAULT false,
		basis text NOT NULL DEFAULT 'A' CHECK (basis IN ('B', 'A', 'T')),
		ladder text,
		clause text,
		note text,
		PRIMARY KEY (policy, version, target),
		FOREIGN KEY (policy, version) REFERENCES sla.policy ON UPDATE CASCADE ON DELETE CASCADE
	);
	COMMENT ON TABLE sla.target IS
	'One row per promise of a policy version: what has to happen, by when, and who answers for it (rule E-1).';
	COMMENT ON COLUMN sla.target.policy IS 'The policy.';
	COMMENT ON COLUMN sla.target.version IS 'Its version.';
	COMMENT ON COLUMN sla.target.target IS 'Name of the promise; names its clocks and misses.';
	COMMENT ON COLUMN sla.target.milestone IS 'What is promised, for reports; several targets may share a milestone (V-17).';
	COMMENT ON COLUMN sla.target.title IS 'What the promise is called, in English.';
	COMMENT ON COLUMN sla.target.title_zh IS 'What the promise is called, in Chinese.';
	COMMENT ON COLUMN sla.target.condition IS 'Condition over the ticket: to which tickets it applies. Empty: all. Stored as it was understood at publication (E-15).';
	COMMENT ON COLUMN sla.target.duty IS 'Name of the duty whose tickets it applies to; empty: to tickets that are no duty.';
	COMMENT ON COLUMN sla.target.starts_on IS 'Events that start the clock; the first one of a cycle counts. Empty with due_column.';
	COMMENT ON COLUMN sla.target.starts_all IS 'true: the clock starts once all starts_on have happened; false: with the first of them.';
	COMMENT ON COLUMN sla.target.fallback_on IS 'Event from which a provisional clock runs while the start is missing (E-5, K-6).';
	COMMENT ON COLUMN sla.target.fallback_after IS 'Elapsed time (not working time) after fallback_on at which the start should have happened (V-19).';
	COMMENT ON COLUMN sla.target.start_owed_by IS 'Role that is blamed when the provisional deadline passes without a start.';
	COMMENT ON COLUMN sla.target.stops_on IS 'Events that fulfil the promise.';
	COMMENT ON COLUMN sla.target.stops_all IS 'true: all stops_on have to happen; false: the first fulfils it.';
	COMMENT ON COLUMN sla.target.rearms_on IS 'Of a repeating promise: the report that is due every time (E-6).';
	COMMENT ON COLUMN sla.target.cancels_on IS 'Events after which the promise is void for the cycle.';
	COMMENT ON COLUMN sla.target.duration IS 'Time allowed: days are working days of the calendar, hours and minutes its open time (T-3). Empty, with every and due_column: the target is switched off.';
	COMMENT ON COLUMN sla.target.every IS 'Instead of duration: the promise repeats at this interval until stops_on (K-8).';
	COMMENT ON COLUMN sla.target.due_column IS 'Instead of duration: the ticket column that holds the date (E-13).';
	COMMENT ON COLUMN sla.target.calendar IS 'Working calendar; empty: the policy''s.';
	COMMENT ON COLUMN sla.target.on_due IS 'Makes it a timer: at the deadline this event is recorded, and there is no miss (V-30).';
	COMMENT ON COLUMN sla.target.restarts IS 'Whether a reopened ticket starts it again (K-9; E-9).';
	COMMENT ON COLUMN sla.target.pausable IS 'Whether the policy''s pause_on pauses it; dates of the ticket never pause (E-8).';
	COMMENT ON COLUMN sla.target.responsible_role IS 'Roles that answer for a miss: agent (owner), dept_handler (assignee, else head of department), handler (the same, else the owner), dept_head, supervisor (the owner''s), or a role of sla.employee: the assignee, else the owner, who holds it, else all who hold it in the department, else all who hold it. With stops_all one, or one per stop in the same order; any other number answers together (K-4).';
	COMMENT ON COLUMN sla.target.notify_roles IS 'Roles that hear of a miss where the escalation step names none.';
	COMMENT ON COLUMN sla.target.binding IS 'true: a miss may have consequences; false: advisory, reported only (K-11).';
	COMMENT ON COLUMN sla.target.basis IS 'Where the number comes from: B the regulation, A our suggestion, T a date of the ticket.';
	COMMENT ON COLUMN sla.target.ladder IS 'Penalty ladder of a binding promise; empty: no penalty.';
	COMMENT ON COLUMN sla.target.clause IS 'Where the regulation says so.';
	COMMENT ON COLUMN sla.target.note IS 'Remark for people.';

	CREATE TABLE IF NOT EXISTS sla.event_rule (
		policy text COLLATE "C" NOT NULL,
		version integer NOT NULL,
		rule text COLLATE "C" NOT NULL CHECK (rule <> ''),
		event text NOT NULL,
		title text,
		title_zh text,
		applies_when text,
		requires_events text[] NOT NULL DEFAULT '{}',
		requires text,
		actor_roles text[] NOT NULL DEFAULT '{}',
		mode text NOT NULL DEFAULT 'enforce' CHECK (mode IN ('enforce', 'warn')),
		binding boolean NOT NULL DEFAULT false,
		ladder text,
		implies text[] NOT NULL DEFAULT '{}',
		sets jsonb,
		notifies text[] NOT NULL DEFAULT '{}',
		message text,
		message_zh text,
		clause text,
		PRIMARY KEY (policy, version, rule),
		FOREIGN KEY (policy, version) REFERENCES sla.policy ON UPDATE CASCADE ON DELETE CASCADE
	);
	COMMENT ON TABLE sla.event_rule IS
	'What an event of a policy version needs, what it implies, what it fills and who is told (rule E-10). Rules are looked at in order of their names.';
	COMMENT ON COLUMN sla.event_rule.policy IS 'The policy.';
	COMMENT ON COLUMN sla.event_rule.version IS 'Its version.';
	COMMENT ON COLUMN sla.event_rule.rule IS 'Name of the rule; the target of the process violation that it writes.';
	COMMENT ON COLUMN sla.event_rule.event IS 'The event it is about.';
	COMMENT ON COLUMN sla.event_rule.title IS 'What the rule is called, in English.';
	COMMENT ON COLUMN sla.event_rule.title_zh IS 'What the rule is called, in Chinese.';
	COMMENT ON COLUMN sla.event_rule.applies_when IS 'Condition over ticket and event (event_actor, event_note, event_details; event_implied_by: the event that implied it, null if it was recorded itself): when the rule is asked. Empty: always.';
	COMMENT ON COLUMN sla.event_rule.requires_events IS 'Events that must have happened before in this cycle.';
	COMMENT ON COLUMN sla.event_rule.requires IS 'Condition over ticket and event that must hold.';
	COMMENT ON COLUMN sla.event_rule.actor_roles IS 'Roles that may record the event; empty: everybody.';
	COMMENT ON COLUMN sla.event_rule.mode IS 'What happens otherwise. enforce: an error that says what is missing. warn: the event counts, and a process violation is written.';
	COMMENT ON COLUMN sla.event_rule.binding IS 'Whether the process violation may have consequences.';
	COMMENT ON COLUMN sla.event_rule.ladder IS 'Penalty ladder of the process violation; empty: no penalty.';
	COMMENT ON COLUMN sla.event_rule.implies IS 'Events that happen with it, at the same instant, where this cycle has none yet (V-22).';
	COMMENT ON COLUMN sla.event_rule.sets IS 'Ticket columns that it fills: a JSON object of columns and values.';
	COMMENT ON COLUMN sla.event_rule.notifies IS 'Roles that are told of the event.';
	COMMENT ON COLUMN sla.event_rule.message IS 'What the error says, in English.';
	COMMENT ON COLUMN sla.event_rule.message_zh IS 'What the error says, in Chinese.';
	COMMENT ON COLUMN sla.event_rule.clause IS 'Where the regulation says so.';

	CREATE TABLE IF NOT EXISTS sla.classification (
		policy text COLLATE "C" NOT NULL,
		version integer NOT NULL,
		position integer NOT NULL,
		condition text,
		keywords text[] NOT NULL DEFAULT '{}',
		sets jsonb NOT NULL,
		title text,
		title_zh text,
		clause text,
		PRIMARY KEY (policy, version, position),
		FOREIGN KEY (policy, version) REFERENCES sla.policy ON UPDATE CASCADE ON DELETE CASCADE
	);
	COMMENT ON TABLE sla.classification IS
	'How a new ticket''s empty columns are filled: in order of position, the first rule that matches fills a column; what the ticket brings along is never changed (rule E-14).';
	COMMENT ON COLUMN sla.classification.policy IS 'The policy.';
	COMMENT ON COLUMN sla.classification.version IS 'Its version.';
	COMMENT ON COLUMN sla.classification.position IS 'Order; classified_by names the positions of the rules that filled something.';
	COMMENT ON COLUMN sla.classification.condition IS 'Condition over the ticket as the rules before have filled it. Empty: holds.';
	COMMENT ON COLUMN sla.classification.keywords IS 'One of these must occur in subject or description; case and full-width letters make no difference. Empty: no keyword needed.';
	COMMENT ON COLUMN sla.classification.sets IS 'Ticket columns that it fills where they are empty: a JSON object of columns and values.';
	COMMENT ON COLUMN sla.classification.title IS 'What the rule is called, in English.';
	COMMENT ON COLUMN sla.classification.title_zh IS 'What the rule is called, in Chinese.';
	COMMENT ON COLUMN sla.classification.clause IS 'Where the regulation says so.';

	CREATE TABLE IF NOT EXISTS sla.escalation_step (
		policy text COLLATE "C" NOT NULL,
		version integer NOT NULL,
		target text COLLATE "C" NOT NULL DEFAULT '*',
		level integer NOT NULL CHECK (level >= 0),
		at_percent numeric CHECK (at_percent > 0 AND at_percent < 100),
		after interval CHECK (after >= interval '0'),
		roles text[],
		medium text NOT NULL DEFAULT 'inbox',
		title text,
		title_zh text,
		clause text,
		PRIMARY KEY (policy, version, target, level),
		FOREIGN KEY (policy, version) REFERENCES sla.policy ON UPDATE CASCADE ON DELETE CASCADE
	);
	COMMENT ON TABLE sla.escalation_step IS
	'Who is told before a deadline and after a miss, level by level (rule W-3). A target''s own step replaces the step of the same level that all targets have.';
	COMMENT ON COLUMN sla.escalation_step.policy IS 'The policy.';
	COMMENT ON COLUMN sla.escalation_step.version IS 'Its version.';
	COMMENT ON COLUMN sla.escalation_step.target IS 'The target; * for every target of the version, and for process violations.';
	COMMENT ON COLUMN sla.escalation_step.level IS 'Level, from 0.';
	COMMENT ON COLUMN sla.escalation_step.at_percent IS 'A warning: when so many per cent of the open time are used up. Skipped once the clock has ended (V-23).';
	COMMENT ON COLUMN sla.escalation_step.after IS 'An escalation: elapsed time after the missed deadline; 0 is at the miss. Never skipped.';
	COMMENT ON COLUMN sla.escalation_step.roles IS 'Roles that are told; empty: the target''s notify_roles.';
	COMMENT ON COLUMN sla.escalation_step.medium IS 'How they are told; a name for the program that delivers notifications.';
	COMMENT ON COLUMN sla.escalation_step.title IS 'What the step is called, in English.';
	COMMENT ON COLUMN sla.escalation_step.title_zh IS 'What the step is called, in Chinese.';
	COMMENT ON COLUMN sla.escalation_step.clause IS 'Where the regulation says so.';

	CREATE TABLE IF NOT EXISTS sla.penalty_rule (
		policy text COLLATE "C" NOT NULL,
		version integer NOT NULL,
		ladder text COLLATE "C" NOT NULL CHECK (ladder <> ''),
		step text COLLATE "C" NOT NULL CHECK (step <> ''),
		title text,
		title_zh text,
		trigger text NOT NULL CHECK (trigger IN ('offence', 'event', 'metric', 'manual')),
		event text,
		condition text,
		metric text,
		below numeric,
		at_least numeric,
		min_count integer CHECK (min_count > 0),
		nth_from integer,
		nth_to integer,
		severity text,
		subject text NOT NULL DEFAULT 'responsible'
			CHECK (subject IN ('responsible', 'against_employee', 'dept_head', 'carrier', 'team')),
		action text NOT NULL,
		points numeric,
		amount numeric,
		percent numeric,
		percent_of text,
		cap numeric,
		cap_period interval,
		duty text,
		duty_due interval,
		approver_roles text[] NOT NULL DEFAULT '{}',
		clause text,
		PRIMARY KEY (policy, version, ladder, step),
		FOREIGN KEY (policy, version) REFERENCES sla.policy ON UPDATE CASCADE ON DELETE CASCADE
	);
	COMMENT ON TABLE sla.penalty_rule IS
	'Penalty ladders. A rule makes a candidate; it takes effect when a person has confirmed it (rules K-1 to K-3).';
	COMMENT ON COLUMN sla.penalty_rule.policy IS 'The policy.';
	COMMENT ON COLUMN sla.penalty_rule.version IS 'Its version.';
	COMMENT ON COLUMN sla.penalty_rule.ladder IS 'Name of the ladder that targets and event rules refer to.';
	COMMENT ON COLUMN sla.penalty_rule.step IS 'Name of the step.';
	COMMENT ON COLUMN sla.penalty_rule.title IS 'What the step is called, in English.';
	COMMENT ON COLUMN sla.penalty_rule.title_zh IS 'What the step is called, in Chinese.';
	COMMENT ON COLUMN sla.penalty_rule.trigger IS 'What makes a candidate: offence (a missed promise or process violation of the ladder that is binding), event, metric (a figure of a period), manual (a person proposes it).';
	COMMENT ON COLUMN sla.penalty_rule.event IS 'With trigger event: the event.';
	COMMENT ON COLUMN sla.penalty_rule.condition IS 'Condition over the ticket (with trigger event also over the event): when the rule applies. Not with trigger metric. Empty: always.';
	COMMENT ON COLUMN sla.penalty_rule.metric IS 'With trigger metric: a figure of the employee''s scorecard (subject responsible) or of the department''s, of a calendar month; or complaint_reduction, the attainment in per cent of sla.kpi_target over its own period; or satisfied_share_change or complaint_rate_change of sla.team_change_quarterly, of a quarter. Rates are 0 to 1. The last three are of departments only.';
	COMMENT ON COLUMN sla.penalty_rule.below IS 'With trigger metric: applies to figures below this.';
	COMMENT ON COLUMN sla.penalty_rule.at_least IS 'With trigger metric: applies to figures of this or more.';
	COMMENT ON COLUMN sla.penalty_rule.min_count IS 'With trigger metric: only where the figure rests on so many cases: ratings, answers, or tickets (sla.figures_monthly.case_count).';
	COMMENT ON COLUMN sla.penalty_rule.nth_from IS 'With trigger offence: from which confirmed offence in the window the step applies; 1 is the first.';
	COMMENT ON COLUMN sla.penalty_rule.nth_to IS 'With trigger offence: up to which offence; empty: all later ones.';
	COMMENT ON COLUMN sla.penalty_rule.severity IS 'Only for tickets of this urgency; empty: for all.';
	COMMENT ON COLUMN sla.penalty_rule.subject IS 'Whom it strikes: responsible (who answers for the promise; with trigger event the ticket''s owner; with trigger metric the employee whose figure it is), against_employee (of the ticket), dept_head (of the ticket''s department, or of the department whose figure it is), carrier (of the ticket), team (the department itself).';
	COMMENT ON COLUMN sla.penalty_rule.action IS 'What it is, such as warning or score_deduction. Dismissal, demotion, pay cut and legal liability can only be reviews (dismissal_review) that a person proposes.';
	COMMENT ON COLUMN sla.penalty_rule.points IS 'Points taken off in the performance score.';
	COMMENT ON COLUMN sla.penalty_rule.amount IS 'Amount of money, in the company''s currency.';
	COMMENT ON COLUMN sla.penalty_rule.percent IS 'Instead of amount: per cent of percent_of, rounded to two digits.';
	COMMENT ON COLUMN sla.penalty_rule.percent_of IS 'Ticket column that percent refers to, such as loss_amount.';
	COMMENT ON COLUMN sla.penalty_rule.cap IS 'The most that is taken of one party on this ladder in one cap_period; empty: no limit.';
	COMMENT ON COLUMN sla.penalty_rule.cap_period IS 'Period of the cap: calendar months, quarters, years or days in the policy''s time zone.';
	COMMENT ON COLUMN sla.penalty_rule.duty IS 'Document that the employee then owes, such as a written self-review: confirmation opens a duty ticket of that name. A target of the version may name the duty (due_column due_at).';
	COMMENT ON COLUMN sla.penalty_rule.duty_due IS 'Time allowed for that duty; days are working days.';
	COMMENT ON COLUMN sla.penalty_rule.approver_roles IS 'Roles that confirm it.';
	COMMENT ON COLUMN sla.penalty_rule.clause IS 'Where the regulation says so.';

	CREATE TABLE IF NOT EXISTS sla.department (
		department text COLLATE "C" PRIMARY KEY,
		title text,
		title_zh text,
		head text COLLATE "C",
		parent text COLLATE "C"
	);
	COMMENT ON TABLE sla.department IS 'The departments that tickets are assigned to.';
	COMMENT ON COLUMN sla.department.department IS 'Name, as tickets use it.';
	COMMENT ON COLUMN sla.department.title IS 'What it is called, in English.';
	COMMENT ON COLUMN sla.department.title_zh IS 'What it is called, in Chinese.';
	COMMENT ON COLUMN sla.department.head IS 'The employee who leads it: role dept_head, and dept_handler while nobody is assigned (K-4).';
	COMMENT ON COLUMN sla.department.parent IS 'The department above it.';

	CREATE TABLE IF NOT EXISTS sla.employee (
		employee text COLLATE "C" PRIMARY KEY,
		name text,
		department text COLLATE "C",
		supervisor text COLLATE "C",
		roles text[] NOT NULL DEFAULT '{}',
		active boolean NOT NULL DEFAULT true,
		login text COLLATE "C"
	);
	CREATE UNIQUE INDEX IF NOT EXISTS employee_login ON sla.employee ((coalesce(login, employee)));
	COMMENT ON TABLE sla.employee IS 'The people who work on tickets, answer for them and are told about them.';
	COMMENT ON COLUMN sla.employee.employee IS 'Name, as tickets and events use it; often the login.';
	COMMENT ON COLUMN sla.employee.name IS 'Name for people.';
	COMMENT ON COLUMN sla.employee.department IS 'Department; a role that several hold goes to those of the ticket''s department first.';
	COMMENT ON COLUMN sla.employee.supervisor IS 'Employee who is the supervisor: role supervisor of the tickets this employee owns (K-4).';
	COMMENT ON COLUMN sla.employee.roles IS 'Roles held in general, such as agent, feedback_team_lead or hr.';
	COMMENT ON COLUMN sla.employee.login IS 'Database role with which the employee works, where it has another name; empty: a role of the employee''s own name. No two share one (sla.my_access).';
	COMMENT ON COLUMN sla.employee.active IS 'false: no longer found by role; past verdicts keep the name.';

	CREATE OR REPLACE VIEW sla.presets (preset, title, title_zh, clauses, description, calendars) AS
	VALUES
		('trading_company', 'Trading company after-sales response times', '贸易公司售后服务响应时限控制制度', 'D1',
		 'Three urgency levels, each with its own answer, report and resolution times; progress reports every 2 hours or 30 minutes; an unsatisfied customer reopens the ticket; warning, then score deduction.',
		 ARRAY['cn_workday']),
		('live_commerce', 'Live-commerce customer feedback handling', '直播带货公司客户反馈处理规定', 'D2',
		 'No number is the regulation''s, all are suggestions; the first response promises a time; complex problems go to departments and come back through customer service; an unsatisfied customer returns the ticket to the same department; verbal, then written warning.',
		 ARRAY['cn_workday']),
		('complaint_handling', 'After-sales service: complaint handling', '售后服务管理规定(投诉处理)', 'D3',
		 'First response within 24 hours, verification within 3 working days, then agreement, timetable and promise; the department tells customer service the result, and customer service the customer; no penalty.',
		 ARRAY['cn_workday']),
		('repair_center', 'Customer service and repair', '客户服务部售后服务与维修管理制度', 'D6',
		 'Solved within 24 hours; fault confirmed and repair time agreed within 2 hours; the engineer on site at the appointment; closed when the customer has confirmed; maintenance visits and stock-takes; no penalty.',
		 ARRAY[]::text[]),
		('field_service', 'Manufacturer field service', '售后服务工作流程及管理规定', 'D7',
		 'Reply within 12 hours, arrival when the customer says; no closing without service report and survey; repeated repairs are recorded; a verified complaint is a major demerit at once; monthly reports by the 4th and 5th, archives, installations and visits as duties.',
		 ARRAY['cn_workday']),
		('logistics_exception', 'Logistics exception handling', '异常情况处理流程', 'D24',
		 'Recorded and reported to two people within 10 minutes; the steps from analysis to written report in order; promised and agreed times; call-back before closing; weekly meeting; contract penalties of carriers; complaint reduction of departments.',
		 ARRAY['cn_workday']),
		('generic_service_desk', 'Generic after-sales desk', '通用售后服务台', 'D4 D5 D8-D12 D15-D21',
		 'All times are suggestions: first response by channel, assignment, plan with its time, resolution, result notice; survey on resolution; an unsatisfied customer gets a new plan. Takes what no other policy takes.',
		 ARRAY[]::text[]),
		('customer_tier', 'Customer care by tier', '客户分级关怀', 'D13 D14 D17 D20 D22',
		 'Takes no case: visits by tier as duties, rewards for customers. Tiers change no deadline.',
		 ARRAY[]::text[]);
	COMMENT ON VIEW sla.presets IS 'The ready-made policies that sla.load_preset() knows.';
	COMMENT ON COLUMN sla.presets.preset IS 'Name for sla.load_preset(); also the policy''s name.';
	COMMENT ON COLUMN sla.presets.title IS 'What it is called, in English.';
	COMMENT ON COLUMN sla.presets.title_zh IS 'What it is called, in Chinese.';
	COMMENT ON COLUMN sla.presets.clauses IS 'The regulations whose clauses it implements.';
	COMMENT ON COLUMN sla.presets.description IS 'What is in it.';
	COMMENT ON COLUMN sla.presets.calendars IS 'Calendars that are loaded with it.';

	-- Every session reads the configuration anew when one of these tables changes (E-17).
	-- Logical replication fires no statement triggers, so where rows come that way each does it.
	CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sla.policy
		FOR EACH STATEMENT EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.policy ENABLE ALWAYS TRIGGER config_changed;
	CREATE OR REPLACE TRIGGER config_replicated AFTER INSERT OR UPDATE OR DELETE ON sla.policy
		FOR EACH ROW EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.policy ENABLE REPLICA TRIGGER config_replicated;
	CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sla.target
		FOR EACH STATEMENT EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.target ENABLE ALWAYS TRIGGER config_changed;
	CREATE OR REPLACE TRIGGER config_replicated AFTER INSERT OR UPDATE OR DELETE ON sla.target
		FOR EACH ROW EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.target ENABLE REPLICA TRIGGER config_replicated;
	CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sla.event_rule
		FOR EACH STATEMENT EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.event_rule ENABLE ALWAYS TRIGGER config_changed;
	CREATE OR REPLACE TRIGGER config_replicated AFTER INSERT OR UPDATE OR DELETE ON sla.event_rule
		FOR EACH ROW EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.event_rule ENABLE REPLICA TRIGGER config_replicated;
	CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sla.classification
		FOR EACH STATEMENT EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.classification ENABLE ALWAYS TRIGGER config_changed;
	CREATE OR REPLACE TRIGGER config_replicated AFTER INSERT OR UPDATE OR DELETE ON sla.classification
		FOR EACH ROW EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.classification ENABLE REPLICA TRIGGER config_replicated;
	CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sla.escalation_step
		FOR EACH STATEMENT EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.escalation_step ENABLE ALWAYS TRIGGER config_changed;
	CREATE OR REPLACE TRIGGER config_replicated AFTER INSERT OR UPDATE OR DELETE ON sla.escalation_step
		FOR EACH ROW EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.escalation_step ENABLE REPLICA TRIGGER config_replicated;
	CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sla.penalty_rule
		FOR EACH STATEMENT EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.penalty_rule ENABLE ALWAYS TRIGGER config_changed;
	CREATE OR REPLACE TRIGGER config_replicated AFTER INSERT OR UPDATE OR DELETE ON sla.penalty_rule
		FOR EACH ROW EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.penalty_rule ENABLE REPLICA TRIGGER config_replicated;
	CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sla.department
		FOR EACH STATEMENT EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.department ENABLE ALWAYS TRIGGER config_changed;
	CREATE OR REPLACE TRIGGER config_replicated AFTER INSERT OR UPDATE OR DELETE ON sla.department
		FOR EACH ROW EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.department ENABLE REPLICA TRIGGER config_replicated;
	CREATE OR REPLACE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sla.employee
		FOR EACH STATEMENT EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.employee ENABLE ALWAYS TRIGGER config_changed;
	CREATE OR REPLACE TRIGGER config_replicated AFTER INSERT OR UPDATE OR DELETE ON sla.employee
		FOR EACH ROW EXECUTE FUNCTION sla.config_changed();
	ALTER TABLE sla.employee ENABLE REPLICA TRIGGER config_replicated;

	-- What is published stays (D1-64).
	CREATE OR REPLACE TRIGGER guard_policy BEFORE INSERT OR UPDATE OR DELETE ON sla.policy
		FOR EACH ROW EXECUTE FUNCTION sla.guard_policy();
	CREATE OR REPLACE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON sla.target
		FOR EACH ROW EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON sla.event_rule
		FOR EACH ROW EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON sla.classification
		FOR EACH ROW EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON sla.escalation_step
		FOR EACH ROW EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON sla.penalty_rule
		FOR EACH ROW EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON sla.policy
		FOR EACH STATEMENT EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON sla.target
		FOR EACH STATEMENT EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON sla.event_rule
		FOR EACH STATEMENT EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON sla.classification
		FOR EACH STATEMENT EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON sla.escalation_step
		FOR EACH STATEMENT EXECUTE FUNCTION sla.guard_published();
	CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON sla.penalty_rule
		FOR EACH STATEMENT EXECUTE FUNCTION sla.guard_published();

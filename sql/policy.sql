--
-- Policies: conditions, publication, versions, presets.
--
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
BEGIN;
SET LOCAL sla.now = '2025-06-02 09:00:00+08';

-- What check_condition() makes of a text, or why it refuses.
CREATE FUNCTION pg_temp.condition(condition text, scope text DEFAULT 'target') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	RETURN sla.check_condition(condition, scope);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN format('%s %s [%s]', SQLSTATE, SQLERRM, left(hint, 50));
END $$;

-- Good ones; what is stored does not depend on the session.
SELECT pg_temp.condition('urgency = ''urgent'' AND needs_department IS NOT TRUE');
SELECT pg_temp.condition('ticket.type IN (''complaint'', ''inquiry'') OR attributes ->> ''vip'' = ''yes''');
SELECT pg_temp.condition('subject = ''now''', 'ticket');
SELECT pg_temp.condition('(event_details ->> ''score'')::int <= 2 AND event_actor = owner AND event_note IS NULL', 'event');
SELECT pg_temp.condition('event_implied_by IS DISTINCT FROM ''answered''', 'event');
SET LOCAL TimeZone = 'Asia/Shanghai';
SET LOCAL DateStyle = 'German';
SET LOCAL standard_conforming_strings = off;
SET LOCAL transform_null_equals = on;
SELECT pg_temp.condition($$promised_at > '2025-01-02 10:00' AND category = NULL AND product = 'a\b'$$);
RESET TimeZone;
RESET DateStyle;
RESET standard_conforming_strings;
RESET transform_null_equals;
SELECT sla.check_condition(stored) = stored AS the_same_again
FROM sla.check_condition('(promised_at AT TIME ZONE ''Asia/Shanghai'')::date = ''2025-01-02'' AND CASE WHEN amount_involved BETWEEN 1 AND 5 THEN ''x'' = ANY (departments) END') stored;
SELECT sla.check_condition(NULL) IS NULL;

-- Not one bare boolean expression.
SELECT pg_temp.condition('urgency = ');
SELECT pg_temp.condition('true; DROP TABLE sla.ticket');
SELECT pg_temp.condition('');
SELECT pg_temp.condition('urgency = ''urgent'' FROM sla.ticket');
SELECT pg_temp.condition('true, false');
SELECT pg_temp.condition('true AS yes');
SELECT pg_temp.condition('true GROUP BY 1');
SELECT pg_temp.condition('DISTINCT true');
SELECT pg_temp.condition('true LIMIT 1');
SELECT pg_temp.condition('true UNION SELECT true');
SELECT pg_temp.condition('*');
SELECT pg_temp.condition('amount_involved');
SELECT pg_temp.condition('$1');

-- More than the ticket.
SELECT pg_temp.condition('EXISTS (SELECT FROM sla.ticket)');
SELECT pg_temp.condition('(SELECT true)');
SELECT pg_temp.condition('count(*) > 1');
SELECT pg_temp.condition('sum(amount_involved) > 1');
SELECT pg_temp.condition('row_number() OVER () > 1');
SELECT pg_temp.condition('generate_series(1, 2) > 1');

-- Functions that are not immutable, or not built in.
CREATE FUNCTION public.foreign_function(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR public.@@@ (FUNCTION = public.foreign_function, RIGHTARG = text);
CREATE DOMAIN public.foreign_domain AS text CHECK (public.foreign_function(VALUE));
CREATE TYPE public.mood AS ENUM ('good', 'bad');
SELECT pg_temp.condition('random() > 0.5');
SELECT pg_temp.condition('promised_at < now()');
SELECT pg_temp.condition('promised_at < CURRENT_TIMESTAMP');
SELECT pg_temp.condition('promised_at::date = ''2025-01-01''');
SELECT pg_temp.condition('public.foreign_function(type)');
SELECT pg_temp.condition('OPERATOR(public.@@@) type');
SELECT pg_temp.condition('foreign_function(type)');
SELECT pg_temp.condition('type = ''x''::public.foreign_domain');
SELECT pg_temp.condition('GREATEST(amount_involved, 5) > 4');
SELECT pg_temp.condition('1 / 0 = 1');

-- Words that would be frozen at publication.
SELECT pg_temp.condition('promised_at < ''now''');
SELECT pg_temp.condition('promised_at < '' TOMORROW '' ');
SELECT pg_temp.condition('promised_at < ''today 12:00''::timestamptz');
SELECT pg_temp.condition('promised_at <@ ''[2020-01-01,yesterday)''::tstzrange');
SELECT pg_temp.condition('promised_at = ANY (''{now}'')');

-- Columns.
ALTER TABLE sla.ticket ADD mood public.mood, ADD shouted text GENERATED ALWAYS AS (upper(type)) STORED;
SELECT pg_temp.condition('urgancy = ''urgent''');
SELECT pg_temp.condition('other.type = ''x''');
SELECT pg_temp.condition('subject IS NULL');
SELECT pg_temp.condition('ticket IS NULL');
SELECT pg_temp.condition('ticket.* IS NULL');
SELECT pg_temp.condition('ctid IS NULL');
SELECT pg_temp.condition('tableoid IS NULL');
SELECT pg_temp.condition('shouted = ''X''', 'ticket');
SELECT pg_temp.condition('mood = ''bad''');
SELECT pg_temp.condition('mood = ''bad''', 'ticket');
SELECT pg_temp.condition('event_actor = owner', 'ticket');
SELECT pg_temp.condition('event_implied_by IS NULL');
SELECT pg_temp.condition('true', 'elsewhere');
-- The error points into the condition.
SELECT sla.check_condition('urgency = ''urgent'' AND urgancy = ''x''');

--
-- Publication: a draft that is good, and what makes it bad.
--
INSERT INTO sla.policy (policy, version, title) VALUES ('trial', 1, 'Trial');
INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, responsible_role, condition)
VALUES ('trial', 1, 'answer', 'answer', '{received}', '{answered}', '00:10', '{agent}', 'urgency=''normal''');
INSERT INTO sla.event_rule (policy, version, rule, event, implies)
VALUES ('trial', 1, 'answered', 'answered', '{resolved}');
INSERT INTO sla.classification (policy, version, position, sets)
VALUES ('trial', 1, 1, '{"urgency": "normal"}');
INSERT INTO sla.escalation_step (policy, version, level, after) VALUES ('trial', 1, 1, '0');
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, nth_from, action)
VALUES ('trial', 1, 'L', '1', 'offence', 1, 'warning');

-- Changes the draft, publishes it, says what happened and undoes everything.
CREATE FUNCTION pg_temp.publish(change text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE change;
	PERFORM sla.publish_policy('trial', 1, '-infinity');
	RAISE SQLSTATE 'ZZ000' USING MESSAGE = 'published';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN format('%s %s [%s]', SQLSTATE, SQLERRM, hint);
END $$;

SELECT pg_temp.publish('SELECT');
SELECT pg_temp.publish('DELETE FROM sla.target');
SELECT pg_temp.publish($$UPDATE sla.target SET starts_on = '{}'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET stops_on = '{}'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET duration = NULL, every = '1:00'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET duration = NULL, every = '1:00', rearms_on = '{follow_up}', stops_on = '{}'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET rearms_on = '{follow_up}'$$);
-- Switched off, it may already say what will re-arm it.
SELECT pg_temp.publish($$UPDATE sla.target SET duration = NULL, rearms_on = '{follow_up}'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET duration = NULL, every = '1:00', due_column = 'due_at'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET due_column = 'due_at'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET duration = NULL, due_column = 'due_at'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET duration = NULL, starts_on = '{}', due_column = 'received_at'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET fallback_on = 'received', fallback_after = '0:30'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET fallback_on = 'received', start_owed_by = 'agent'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET responsible_role = '{}'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET stops_on = '{answered,resolved,closed}', stops_all = true, responsible_role = '{agent,supervisor}'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET stops_on = '{answered,resolved}', stops_all = true, responsible_role = '{agent,supervisor,dept_head}'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET on_due = 'closed', stops_all = true$$);
SELECT pg_temp.publish($$UPDATE sla.target SET duration = '1 month'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET duration = NULL, every = '1 year', rearms_on = '{follow_up}'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET duration = '-1:00'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET duration = NULL, every = '0', rearms_on = '{follow_up}'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET calendar = 'moon'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET ladder = 'M', binding = true$$);
SELECT pg_temp.publish($$UPDATE sla.target SET condition = 'urgancy = 1'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET starts_on = '{Received}'$$);
SELECT pg_temp.publish($$UPDATE sla.policy SET calendar = 'moon'$$);
SELECT pg_temp.publish($$UPDATE sla.policy SET time_zone = 'Moon/Tranquility'$$);
SELECT pg_temp.publish($$UPDATE sla.policy SET applies_to = 'subject IS NULL'$$);
SELECT pg_temp.publish($$UPDATE sla.policy SET pause_on = '{closed}'$$);
SELECT pg_temp.publish($$UPDATE sla.policy SET retention_years = 0$$);
SELECT pg_temp.publish($$INSERT INTO sla.event_rule (policy, version, rule, event, implies) VALUES ('trial', 1, 'b', 'resolved', '{closed}'), ('trial', 1, 'c', 'closed', '{follow_up,answered}')$$);
SELECT pg_temp.publish($$UPDATE sla.event_rule SET implies = '{answered}'$$);
SELECT pg_temp.publish($$UPDATE sla.event_rule SET implies = '{received}'$$);
SELECT pg_temp.publish($$UPDATE sla.event_rule SET requires = 'event_nothing'$$);
SELECT pg_temp.publish($$UPDATE sla.event_rule SET sets = '{"urgancy": "x"}'$$);
SELECT pg_temp.publish($$UPDATE sla.event_rule SET ladder = 'M'$$);
SELECT pg_temp.publish($$UPDATE sla.classification SET keywords = '{a," "}'$$);
SELECT pg_temp.publish($$UPDATE sla.classification SET sets = '{}'$$);
SELECT pg_temp.publish($$UPDATE sla.classification SET sets = '[1]'$$);
SELECT pg_temp.publish($$UPDATE sla.classification SET sets = '{"status": "closed"}'$$);
SELECT pg_temp.publish($$UPDATE sla.classification SET sets = '{"amount_involved": "much"}'$$);
SELECT pg_temp.publish($$UPDATE sla.classification SET sets = '{"departments": ["a \"b\"", null], "attributes": {"k": [1]}, "legal_hold": true, "amount_involved": 1.5}'$$);
SELECT pg_temp.publish($$UPDATE sla.classification SET condition = 'now() > received_at'$$);
SELECT pg_temp.publish($$UPDATE sla.escalation_step SET target = 'nobody'$$);
SELECT pg_temp.publish($$UPDATE sla.escalation_step SET at_percent = 50$$);
SELECT pg_temp.publish($$UPDATE sla.escalation_step SET after = '1 month'$$);
SELECT pg_temp.publish($$UPDATE sla.penalty_rule SET nth_from = NULL$$);
SELECT pg_temp.publish($$UPDATE sla.penalty_rule SET nth_to = 0$$);
SELECT pg_temp.publish($$UPDATE sla.penalty_rule SET trigger = 'event'$$);
SELECT pg_temp.publish($$UPDATE sla.penalty_rule SET trigger = 'metric', metric = 'average_rating'$$);
-- Allowed, but pointed out.
SELECT pg_temp.publish($$UPDATE sla.target SET duration = '1 day'$$);
SELECT pg_temp.publish($$UPDATE sla.target SET stops_on = '{answered,answer_sent}'$$);
-- Several roles that answer together.
SELECT pg_temp.publish($$UPDATE sla.target SET responsible_role = '{agent,dept_head,supervisor}'$$);
-- Nothing gets around the checks.
SELECT pg_temp.publish($$UPDATE sla.target SET calendar = 'moon'; UPDATE sla.policy SET status = 'published', effective_from = now()$$);
SELECT pg_temp.publish($$INSERT INTO sla.policy (policy, version, status, effective_from) VALUES ('trial', 2, 'published', now())$$);

--
-- Versions.
--
SELECT sla.revise_policy('nothing');
SELECT sla.revise_policy('trial');
SELECT sla.publish_policy('trial', 2);
SELECT sla.publish_policy('trial', 1, '2025-06-01 00:00+08');
SELECT condition FROM sla.target WHERE policy = 'trial';
SELECT sla.publish_policy('trial', 1);

-- What is wrong with a row is told without the story of how it was found.
INSERT INTO sla.policy (policy, version) VALUES ('empty', 1);
DO $$
DECLARE
	context text;
BEGIN
	PERFORM sla.publish_policy('empty', 1);
EXCEPTION WHEN invalid_parameter_value THEN
	GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
	RAISE NOTICE '%: % call(s)', SQLERRM, (SELECT count(*) FROM regexp_matches(context, 'PL/pgSQL function', 'g')) - 1;
END
$$;
DELETE FROM sla.policy WHERE policy = 'empty';

-- Published is published.
UPDATE sla.target SET duration = '00:20' WHERE policy = 'trial';
DELETE FROM sla.target WHERE policy = 'trial';
INSERT INTO sla.target (policy, version, target, milestone) VALUES ('trial', 1, 'b', 'b');
UPDATE sla.event_rule SET mode = 'warn' WHERE policy = 'trial';
DELETE FROM sla.classification WHERE policy = 'trial';
UPDATE sla.escalation_step SET level = 2 WHERE policy = 'trial';
DELETE FROM sla.penalty_rule WHERE policy = 'trial';
DELETE FROM sla.policy WHERE policy = 'trial';
UPDATE sla.policy SET late_record_window = '1:00' WHERE policy = 'trial';
UPDATE sla.policy SET status = 'draft' WHERE policy = 'trial';
UPDATE sla.policy SET effective_to = '2025-06-01 09:00+08' WHERE policy = 'trial';
TRUNCATE sla.target;
SET LOCAL client_min_messages = warning;
TRUNCATE sla.policy CASCADE;
RESET client_min_messages;
UPDATE sla.policy SET title = 'Trial, renamed' WHERE policy = 'trial';

-- The next version copies all rows, whatever columns were added, and ends the one before.
ALTER TABLE sla.target ADD colour text;
SELECT sla.revise_policy('trial');
SELECT sla.revise_policy('trial');
UPDATE sla.target SET duration = '00:03', colour = 'red' WHERE policy = 'trial' AND version = 2;
SELECT sla.publish_policy('trial', 2, '2025-06-01 00:00+08');
SELECT sla.publish_policy('trial', 2);
SELECT version, status, effective_from = '2025-06-01 00:00+08' AS first, effective_to = sla.now() AS ended,
	effective_from = sla.now() AS now, title FROM sla.policy WHERE policy = 'trial' ORDER BY version;
SELECT sla.revise_policy('trial');
SELECT target, duration, colour FROM sla.target WHERE policy = 'trial' ORDER BY version;
SELECT count(*) FROM sla.event_rule WHERE policy = 'trial';
SELECT count(*) FROM sla.penalty_rule WHERE policy = 'trial';
DELETE FROM sla.policy WHERE policy = 'trial' AND version = 3;
SELECT count(*) FROM sla.penalty_rule WHERE policy = 'trial';
-- A policy without a successor is ended by hand, once, and not in the past.
UPDATE sla.policy SET effective_to = '2025-07-01 00:00+08' WHERE policy = 'trial' AND version = 2;
UPDATE sla.policy SET effective_to = '2025-08-01 00:00+08' WHERE policy = 'trial' AND version = 2;
SELECT sla.revise_policy('trial');
SELECT sla.publish_policy('trial', 3, '2025-06-15 00:00+08');
SELECT version, effective_from AT TIME ZONE 'Asia/Shanghai', effective_to AT TIME ZONE 'Asia/Shanghai'
FROM sla.policy WHERE policy = 'trial' ORDER BY version;

--
-- The cache: one load until something changes; what has gone bad since is named.
--
SELECT sla._cache_loads('policies') AS before \gset
SELECT count(*) FROM sla._policy_problems();
SELECT count(*) FROM sla._policy_problems();
SELECT sla._cache_loads('policies') - :before;
INSERT INTO sla.employee (employee) VALUES ('anna');
SELECT count(*) FROM sla._policy_problems();
SELECT sla._cache_loads('policies') - :before;
SAVEPOINT gone;
SET LOCAL client_min_messages = warning;
ALTER TABLE sla.ticket DROP urgency CASCADE;
SELECT code, object, message FROM sla._policy_problems() ORDER BY 2;
ROLLBACK TO gone;
SELECT count(*) FROM sla._policy_problems();
SELECT sla._cache_loads('policies') - :before;

--
-- Presets.
--
SELECT preset, title, title_zh, clauses FROM sla.presets WHERE preset = 'trading_company';
\set VERBOSITY terse
SELECT sla.load_preset('nothing');
\set VERBOSITY default
SELECT sla.load_preset('trading_company');
SELECT sla.load_preset('trading_company');
SELECT policy, version, status, effective_from, preset FROM sla.policy WHERE policy = 'trading_company';
SELECT sla.revise_policy('trading_company');
SELECT sla.publish_policy('trading_company', 2, '2025-06-03 00:00+08');
SELECT sla.load_preset('trading_company');

--
-- Who may.
--
CREATE ROLE regress_sla_agent;
GRANT USAGE ON SCHEMA sla TO regress_sla_agent;
SET ROLE regress_sla_agent;
SELECT sla.check_condition('type = ''x''');
SELECT sla.revise_policy('trial');
SELECT sla.publish_policy('trial', 1);
SELECT sla.load_preset('trading_company');
SELECT sla._preset_trading_company(9);
UPDATE sla.policy SET title = 'x';
RESET ROLE;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sla TO regress_sla_agent;
SET ROLE regress_sla_agent;
SELECT sla.publish_policy('trial', 1);
RESET ROLE;

-- Every table and column says what it means.
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum >= 0 AND NOT a.attisdropped
WHERE c.oid = ANY (ARRAY['sla.policy', 'sla.target', 'sla.event_rule', 'sla.classification', 'sla.escalation_step',
	'sla.penalty_rule', 'sla.department', 'sla.employee', 'sla.presets']::regclass[])
	AND col_description(c.oid, a.attnum) IS NULL AND a.attname <> 'colour';
ROLLBACK;

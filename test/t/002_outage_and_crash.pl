# Nothing is lost, doubled or judged otherwise when sweeps come late, twice, or die half-way:
# one history is swept in four ways in four databases, and the rows are the same.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use SlaTest;

my $seed = $ENV{OUTAGE_SEED} || 0.21;	# of the random day, from 0 to 1
my $node = SlaTest::bare_cluster('main');
$node->append_conf('postgresql.conf', "restart_after_crash = on\nlog_statement = none\n");
$node->reload;

# The history: what people do, minute by minute, on 13 October 2025 in Shanghai.
$node->safe_psql('postgres', 'CREATE DATABASE every_minute');
SlaTest::company($node, 'every_minute');
$node->safe_psql('every_minute', <<'SQL');
CREATE TABLE public.act (n integer GENERATED ALWAYS AS IDENTITY, at time, act text);
INSERT INTO public.act (at, act) VALUES
-- 1: important; work starts, one report comes in time, then none
('09:00', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, department, assignee) OVERRIDING SYSTEM VALUE VALUES (1, 'complaint', 'important', 'alice', 'tech', 'bob')$$),
('09:05', $$SELECT sla.record(1, 'first_response')$$),
('09:10', $$SELECT sla.record(1, 'reported_to_supervisor', actor => 'alice')$$),
('09:30', $$SELECT sla.record(1, 'work_started')$$),
('11:10', $$SELECT sla.record(1, 'progress_to_supervisor')$$),
('16:00', $$SELECT sla.record(1, 'resolved')$$),
-- 2: urgent; the heads are told late, reports to the customer come late, one is recorded late
('09:05', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, department) OVERRIDING SYSTEM VALUE VALUES (2, 'fault_report', 'urgent', 'anna', 'tech')$$),
('09:07', $$SELECT sla.record(2, 'reported_to_supervisor')$$),
('09:12', $$SELECT sla.record(2, 'dept_head_notified')$$),
('09:20', $$SELECT sla.record(2, 'dept_responded')$$),
('09:45', $$SELECT sla.record(2, 'progress_to_customer')$$),
('11:50', $$SELECT sla.record(2, 'progress_to_customer')$$),
('13:00', $$SELECT sla.record(2, 'progress_to_customer', '2025-10-13 12:15+08')$$),
('13:30', $$SELECT sla.record(2, 'resolved')$$),
-- 3: urgent, and nobody ever does anything
('09:10', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, department) OVERRIDING SYSTEM VALUE VALUES (3, 'complaint', 'urgent', 'alice', 'logistics')$$),
-- 4: an inquiry that is answered too late
('09:20', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner) OVERRIDING SYSTEM VALUE VALUES (4, 'inquiry', 'normal', 'anna')$$),
('10:00', $$SELECT sla.record(4, 'answered')$$),
-- 5: normal; assigned and planned late, resolved the next day
('09:30', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, needs_department) OVERRIDING SYSTEM VALUE VALUES (5, 'complaint', 'normal', 'alice', true)$$),
('12:40', $$UPDATE sla.ticket SET department = 'tech', assignee = 'bob' WHERE ticket_id = 5$$),
('14:50', $$SELECT sla.record(5, 'plan_proposed')$$),
-- 6: reopened by an unsatisfied customer, and then forgotten
('09:40', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, department) OVERRIDING SYSTEM VALUE VALUES (6, 'complaint', 'important', 'anna', 'tech')$$),
('09:42', $$SELECT sla.record(6, 'first_response')$$),
('09:45', $$SELECT sla.record(6, 'work_started')$$),
('10:00', $$SELECT sla.record(6, 'resolved')$$),
('10:30', $$SELECT sla.rate(6, 1)$$),
('10:40', $$SELECT sla.record(6, 'work_started')$$),
-- 7: resolved in time; a timer closes it after seven days
('10:00', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner) OVERRIDING SYSTEM VALUE VALUES (7, 'suggestion', 'normal', 'alice')$$),
('10:04', $$SELECT sla.record(7, 'first_response')$$),
('10:20', $$SELECT sla.record(7, 'resolved')$$),
('10:25', $$SELECT sla.record(7, 'result_notified')$$),
-- 8: normal until it turns out to be urgent; then it changes hands
('10:05', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner) OVERRIDING SYSTEM VALUE VALUES (8, 'complaint', 'normal', 'anna')$$),
('12:00', $$UPDATE sla.ticket SET urgency = 'urgent', department = 'tech' WHERE ticket_id = 8$$),
('12:05', $$SELECT sla.record(8, 'dept_responded')$$),
('13:10', $$UPDATE sla.ticket SET department = 'logistics' WHERE ticket_id = 8$$),
-- 9: withdrawn after a miss; that stays
('11:00', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, department) OVERRIDING SYSTEM VALUE VALUES (9, 'complaint', 'important', 'alice', 'tech')$$),
('12:10', $$SELECT sla.record(9, 'withdrawn')$$),
-- 10: comes in during the outage; what was done in time is recorded two hours later
('11:30', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, department) OVERRIDING SYSTEM VALUE VALUES (10, 'complaint', 'urgent', 'anna', 'tech')$$),
('13:40', $$SELECT sla.record(10, 'first_response', '2025-10-13 11:33+08')$$),
('13:41', $$SELECT sla.record(10, 'reported_to_supervisor', '2025-10-13 11:33+08')$$),
('13:42', $$SELECT sla.record(10, 'dept_head_notified', '2025-10-13 11:34+08')$$),
-- 11 to 50: a burst, so that a sweep has something to do
('10:05', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, department)
	OVERRIDING SYSTEM VALUE SELECT i, (ARRAY['complaint', 'inquiry'])[1 + i % 2], (ARRAY['urgent', 'important', 'normal'])[1 + i % 3],
		(ARRAY['alice', 'anna'])[1 + i % 2], (ARRAY['tech', 'logistics'])[1 + i % 2]
	FROM generate_series(11, 50) i$$),
('10:30', $$SELECT sla.record(i, 'work_started') FROM generate_series(11, 50, 3) i WHERE i % 2 = 1$$),
('10:45', $$SELECT sla.record(i, 'dept_responded') FROM generate_series(12, 50, 3) i WHERE i % 2 = 0$$),
-- 51: answered after the deadline, told during the outage; the step an hour after it had been raised by then
('10:50', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, department, assignee) OVERRIDING SYSTEM VALUE VALUES (51, 'fault_report', 'urgent', 'alice', 'tech', 'bob')$$),
('12:50', $$SELECT sla.record(51, 'first_response', '2025-10-13 11:20+08')$$),
-- ... told a second time, as earlier still, but after the deadline
('13:20', $$SELECT sla.record(51, 'first_response', '2025-10-13 11:10+08')$$),
-- 52: handed over between the misses, between the steps of one, and between the warning of a deadline and the first sweep after it
('10:20', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, department, assignee) OVERRIDING SYSTEM VALUE VALUES (52, 'complaint', 'urgent', 'alice', 'tech', 'bob')$$),
('11:30', $$UPDATE sla.ticket SET owner = 'anna' WHERE ticket_id = 52$$),
('12:25', $$UPDATE sla.ticket SET department = 'logistics', assignee = NULL WHERE ticket_id = 52$$),
('13:40', $$UPDATE sla.ticket SET assignee = 'henry' WHERE ticket_id = 52$$),
-- 53: entered an hour late, and answered while nobody sweeps
('12:00', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, received_at) OVERRIDING SYSTEM VALUE VALUES (53, 'complaint', 'normal', 'anna', '2025-10-13 11:00+08')$$),
('12:10', $$SELECT sla.record(53, 'first_response')$$),
-- 54: who was responsible is told late
('10:58', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, department, assignee, needs_department) OVERRIDING SYSTEM VALUE VALUES (54, 'complaint', 'normal', 'alice', 'tech', 'bob', true)$$),
('13:25', $$SELECT sla.record(54, 'assigned', '2025-10-13 12:30+08', details => '{"set": {"assignee": "henry"}}')$$),
-- 55: reopened once too often, and then handed over; susan leaves it to nobody
('11:05', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner) OVERRIDING SYSTEM VALUE VALUES (55, 'complaint', 'normal', 'alice')$$),
('11:15', $$SELECT sla.record(55, 'resolved'), sla.rate(55, 1)$$),
('11:25', $$SELECT sla.record(55, 'resolved'), sla.rate(55, 1)$$),
('11:35', $$SELECT sla.record(55, 'resolved'), sla.rate(55, 1)$$),
('12:45', $$UPDATE sla.ticket SET owner = 'henry' WHERE ticket_id = 55$$),
-- 56: a person voids a miss that no sweep has met; the steps before were raised
('11:10', $$INSERT INTO sla.ticket (ticket_id, type, urgency, owner, department) OVERRIDING SYSTEM VALUE VALUES (56, 'complaint', 'normal', 'anna', 'tech')$$),
('12:55', $$SELECT sla.void_breach(56, 'first_response', 1, '2025-10-13 11:15+08', 'late', 'power cut', 'susan')$$),
('13:05', $$SELECT sla.attribute_breach(56, 'preliminary_solution', 1, due_at, 'late', 'customer', 'susan') FROM sla.clock WHERE ticket_id = 56 AND target = 'preliminary_solution'$$);
INSERT INTO public.act (at, act) VALUES
-- 57: a miss falls away before its second step, and goes on after it
('10:30', $$INSERT INTO sla.ticket (ticket_id, channel, type, urgency, owner, department) OVERRIDING SYSTEM VALUE VALUES (57, 'random', 'complaint', 'urgent', 'anna', 'tech')$$),
('12:10', $$UPDATE sla.ticket SET urgency = 'normal' WHERE ticket_id = 57$$),
('12:40', $$UPDATE sla.ticket SET urgency = 'urgent' WHERE ticket_id = 57$$),
-- 58: nothing is missed, but it is reopened once too often, and then loses its owner
('11:00', $$INSERT INTO sla.ticket (ticket_id, channel, type, urgency, owner) OVERRIDING SYSTEM VALUE VALUES (58, 'random', 'complaint', 'normal', 'alice')$$),
('11:05', $$SELECT sla.record(58, 'first_response'), sla.record(58, 'resolved')$$),
('11:10', $$SELECT sla.rate(58, 1)$$),
('11:20', $$UPDATE sla.ticket SET owner = NULL WHERE ticket_id = 58$$),
-- 59: nothing is missed, but a rule is broken; the ticket is handed over after the steps
('11:00', $$INSERT INTO sla.ticket (ticket_id, channel, type, urgency, owner) OVERRIDING SYSTEM VALUE VALUES (59, 'random', 'complaint', 'normal', 'alice')$$),
('11:05', $$SELECT sla.record(59, 'first_response'), sla.record(59, 'plan_proposed')$$),
('11:40', $$UPDATE sla.ticket SET owner = 'bob', department = 'tech' WHERE ticket_id = 59$$),
-- 60: a timer closes it in the instant of a step
('10:00', $$INSERT INTO sla.ticket (ticket_id, channel, type, urgency, owner) OVERRIDING SYSTEM VALUE VALUES (60, 'random', 'complaint', 'normal', 'alice')$$),
('11:00', $$SELECT sla.record(60, 'resolved')$$);

-- And a day at random, under a policy with promises of every kind: people of all sorts act at any time, and tell
-- of every third act late.  What a rule refuses, it refuses whether there are sweeps or not.
INSERT INTO sla.policy (policy, version, position, applies_to, pause_on, reopen_alert_after) VALUES ('random', 1, 0, $$channel = 'random'$$, '{waiting_customer}', 1);
INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, starts_all, fallback_on, fallback_after, start_owed_by, stops_on, stops_all,
	rearms_on, cancels_on, duration, every, due_column, on_due, pausable, restarts, responsible_role, notify_roles, binding, ladder) VALUES
	('random', 1, 'answer', 'answer', NULL, '{received}', false, NULL, NULL, NULL, '{first_response}', false,
	 '{}', '{}', '00:20', NULL, NULL, NULL, true, false, '{agent}', '{supervisor}', true, 'R'),
	('random', 1, 'solve', 'resolve', $$urgency <> 'normal'$$, '{received}', false, NULL, NULL, NULL, '{resolved}', false,
	 '{}', '{}', '01:30', NULL, NULL, NULL, true, true, '{dept_handler}', '{dept_head}', true, 'R'),
	('random', 1, 'plan', 'plan', $$needs_department$$, '{assigned}', false, 'received', '00:20', 'agent', '{plan_proposed,verified}', true,
	 '{}', '{resolved}', '00:45', NULL, NULL, NULL, true, true, '{agent,dept_handler}', '{dept_head}', true, 'R'),
	('random', 1, 'report', 'report', $$urgency = 'urgent'$$, '{work_started}', false, NULL, NULL, NULL, '{resolved}', false,
	 '{follow_up}', '{}', NULL, '00:25', NULL, NULL, true, true, '{dept_handler}', '{supervisor}', true, 'R'),
	('random', 1, 'respond', 'respond', $$urgency = 'urgent'$$, '{reported_to_supervisor,dept_head_notified}', true, 'received', '00:15', 'supervisor', '{resolved}', false,
	 '{progress_to_customer}', '{}', NULL, '00:40', NULL, NULL, true, true, '{dept_head}', '{president}', true, 'S'),
	('random', 1, 'promise', 'promise', NULL, '{}', false, NULL, NULL, NULL, '{resolved}', false,
	 '{}', '{}', NULL, NULL, 'promised_at', NULL, false, true, '{agent}', '{supervisor}', true, 'S'),
	('random', 1, 'give_up', 'close', 'last_score IS NULL OR last_score > 2', '{resolved}', false, NULL, NULL, NULL, '{rating_recorded}', false,
	 '{}', '{}', '00:50', NULL, NULL, 'closed_no_rating', false, true, '{}', '{}', false, NULL),
	('random', 1, 'ask', 'ask', NULL, '{resolved}', false, NULL, NULL, NULL, '{rating_recorded}', false,
	 '{}', '{}', '00:15', NULL, NULL, 'survey_requested', false, true, '{}', '{}', false, NULL),
	('random', 1, 'call_back', 'call_back', NULL, '{survey_requested}', false, NULL, NULL, NULL, '{callback_done}', false,
	 '{}', '{}', '00:10', NULL, NULL, NULL, false, true, '{agent}', '{supervisor}', true, 'R');
INSERT INTO sla.event_rule (policy, version, rule, event, applies_when, implies, requires, mode, binding, ladder) VALUES
	('random', 1, 'unsatisfied', 'rating_recorded', $$(event_details ->> 'score')::int <= 2$$, '{reopened}', NULL, 'enforce', false, NULL),
	('random', 1, 'plan_without_owner', 'plan_proposed', NULL, '{}', 'owner IS NOT NULL AND event_note IS NOT NULL', 'warn', true, 'R');
INSERT INTO sla.escalation_step (policy, version, target, level, at_percent, after, roles) VALUES
	('random', 1, 'solve', 1, 50, NULL, NULL), ('random', 1, 'solve', 2, 80, NULL, '{agent,dept_head}'),
	('random', 1, 'promise', 1, 50, NULL, NULL), ('random', 1, 'report', 1, 50, NULL, '{president}'),
	('random', 1, '*', 11, NULL, '0', NULL), ('random', 1, '*', 12, NULL, '00:20', '{supervisor,dept_head,dept_handler}'),
	('random', 1, '*', 13, NULL, '01:30', '{agent,president}');
INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, nth_from, action) VALUES
	('random', 1, 'R', '1', 'offence', 1, 'warning'), ('random', 1, 'S', '1', 'offence', 1, 'warning');
SELECT sla.publish_policy('random', 1, '-infinity');
CREATE FUNCTION public.one_of(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE
	RETURN choices[1 + floor(random() * cardinality(choices))::int];
SQL
$node->safe_psql('every_minute', "SELECT setseed($seed);" . <<'SQL');
WITH ticket AS MATERIALIZED (
	SELECT i, time '09:00' + floor(random() * 240) * interval '1 minute' AS received FROM generate_series(101, 160) i
), doing AS MATERIALIZED (
	SELECT i, received, act_no, greatest(received + interval '1 minute', time '09:00' + floor(random() * 480) * interval '1 minute') AS at,
		floor(random() * 20) AS what, random() AS late
	FROM ticket, generate_series(1, 16) act_no
), told AS MATERIALIZED (
	SELECT *, CASE WHEN late < 0.35 THEN greatest(received, at - floor(random() * 150) * interval '1 minute') END AS happened FROM doing
), act AS (
	SELECT received AS at, format('INSERT INTO sla.ticket (ticket_id, channel, type, urgency, owner, department, assignee, needs_department, received_at)
		OVERRIDING SYSTEM VALUE VALUES (%s, %L, %L, %L, %L, %L, %L, %L, %L)', i, 'random', 'complaint', public.one_of('normal', 'important', 'urgent', 'urgent'),
		public.one_of('alice', 'anna', NULL), public.one_of('tech', 'logistics', NULL), public.one_of('bob', NULL), public.one_of('true', 'false'),
		'2025-10-13 +08'::timestamptz + received - CASE WHEN random() < 0.2 THEN floor(random() * 120) ELSE 0 END * interval '1 minute') AS act
	FROM ticket
	UNION ALL
	SELECT at, CASE what
		WHEN 0 THEN format('UPDATE sla.ticket SET urgency = %L WHERE ticket_id = %s', public.one_of('normal', 'important', 'urgent'), i)
		WHEN 1 THEN format('UPDATE sla.ticket SET owner = %L WHERE ticket_id = %s', public.one_of('alice', 'anna', 'bob', NULL), i)
		WHEN 2 THEN format('UPDATE sla.ticket SET department = %L, assignee = %L WHERE ticket_id = %s',
			public.one_of('tech', 'logistics', 'service', NULL), public.one_of('bob', 'henry', NULL), i)
		WHEN 3 THEN format('UPDATE sla.ticket SET promised_at = %L WHERE ticket_id = %s',
			CASE WHEN random() < 0.9 THEN '2025-10-13 +08'::timestamptz + at + floor(random() * 240 - 30) * interval '1 minute' END, i)
		WHEN 4 THEN format('SELECT sla.rate(%s, %s, at => %L)', i, public.one_of('1', '2', '4', '5'), '2025-10-13 +08'::timestamptz + happened)
		WHEN 5 THEN format('SELECT sla.record(%s, %L, %L, details => %L)', i, 'follow_up', '2025-10-13 +08'::timestamptz + happened,
			jsonb_build_object('set', jsonb_build_object('owner', public.one_of('alice', 'anna', 'bob'))))
		WHEN 6 THEN format('SELECT sla.record(%s, %L, %L, details => %L)', i, 'assigned', '2025-10-13 +08'::timestamptz + happened,
			jsonb_build_object('set', jsonb_build_object('assignee', public.one_of('bob', 'henry', 'lucy'))))
		WHEN 7 THEN format('SELECT sla.record(%s, %L, %L, details => %L)', i, 'verified', '2025-10-13 +08'::timestamptz + happened,
			jsonb_build_object('set', jsonb_build_object('urgency', public.one_of('normal', 'important', 'urgent'), 'needs_department', random() < 0.5)))
		WHEN 8 THEN format('SELECT sla.void_breach(c.ticket_id, c.target, c.cycle, c.due_at, %L, %L, %L) FROM sla.clock c WHERE ticket_id = %s
			AND target = %L AND paused_at IS NULL AND due_at < least(stopped_at, cancelled_at, sla.now())', 'late', 'power cut', 'susan', i, 'answer')
		ELSE format('SELECT sla.record(%s, %L, %L)', i, public.one_of('first_response', 'resolved', 'resolved', 'work_started', 'work_started', 'follow_up',
			'follow_up', 'plan_proposed', 'verified', 'waiting_customer', 'waiting_ended', 'reported_to_supervisor', 'dept_head_notified',
			'progress_to_customer', 'callback_done'), '2025-10-13 +08'::timestamptz + happened) END
	FROM told
)
INSERT INTO public.act (at, act) SELECT at, act FROM act ORDER BY at, act;
CREATE FUNCTION public.attempt(act text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE act;
EXCEPTION WHEN SQLSTATE '55000' OR SQLSTATE '22008' OR SQLSTATE '22023' THEN
	NULL;
END
$$;

-- A minute for a minute of that day, then an hour for an hour until the timers have run.
CREATE PROCEDURE public.live(since time, until time, sweeps integer, outage_since time, outage_until time)
LANGUAGE plpgsql AS $$
DECLARE
	instant timestamptz;
	acts text[];
	act text;
BEGIN
	FOR instant IN SELECT i FROM public.instants(since, until) i LOOP
		PERFORM set_config('sla.now', instant::text, false);
		SELECT array_agg(a.act ORDER BY a.n) INTO acts FROM public.act a
		WHERE '2025-10-13 +08'::timestamptz + a.at = instant;
		FOREACH act IN ARRAY coalesce(acts, '{}') LOOP
			PERFORM public.attempt(act);
			COMMIT;
		END LOOP;
		-- The sweep runs on the real clock, as of then, and so keeps its low-water mark.
		PERFORM set_config('sla.now', '', false);
		CONTINUE WHEN instant >= '2025-10-13 +08'::timestamptz + outage_since
			AND instant < '2025-10-13 +08'::timestamptz + outage_until;
		FOR i IN 1 .. sweeps LOOP
			PERFORM sla.sweep(instant);
			COMMIT;
		END LOOP;
	END LOOP;
END
$$;
CREATE FUNCTION public.instants(since time, until time) RETURNS SETOF timestamptz LANGUAGE sql AS $$
	SELECT i FROM generate_series('2025-10-13 09:00+08', '2025-10-13 17:00+08', interval '1 minute') i
	WHERE i >= '2025-10-13 +08'::timestamptz + since AND (until IS NULL OR i <= '2025-10-13 +08'::timestamptz + until)
	UNION ALL
	SELECT i FROM generate_series('2025-10-13 18:00+08', '2025-10-21 00:00+08', interval '1 hour') i WHERE until IS NULL
$$;

-- Warnings that came after the last sweep before an outage and whose deadline did not run any more at the first one after
-- it: for these, and only these, it was too late (V-23).  A deadline that ended and runs again is warned of again.
CREATE TABLE public.too_late (ticket_id bigint, target text, cycle integer, due_at timestamptz, level integer);
CREATE PROCEDURE public.note_too_late(last timestamptz, first timestamptz) LANGUAGE sql AS $$
	INSERT INTO public.too_late
	SELECT ticket_id, target, cycle, due_at, level FROM (
		SELECT *, coalesce(raised_at, raise_at) AS at, min(raised_at) OVER (PARTITION BY ticket_id, target, cycle, due_at) AS first_at
		FROM sla.escalation WHERE kind = 'warning') e
	WHERE at > last AND (at <= first OR first_at > last) AND NOT EXISTS (
		SELECT FROM sla.clock c WHERE (c.ticket_id, c.target, c.cycle, c.due_at) = (e.ticket_id, e.target, e.cycle, e.due_at)
			AND c.due_at >= first AND c.stopped_at IS NULL AND c.cancelled_at IS NULL AND c.paused_at IS NULL AND c.created_at <= e.raise_at)
$$;

-- Every row that must be the same: without numbers of rows and the time of looking.
CREATE VIEW public.written AS
WITH e AS (
	SELECT e.*, kind = 'warning' AND EXISTS (SELECT FROM public.too_late l
		WHERE (l.ticket_id, l.target, l.cycle, l.due_at, l.level) = (e.ticket_id, e.target, e.cycle, e.due_at, e.level)) AS is_too_late
	FROM sla.escalation e
)
SELECT format('breach %s', to_jsonb(b) - '{detected_at,settled_at}'::text[] || jsonb_build_object('settled', settled_at IS NOT NULL)) AS line,
	false AS is_too_late FROM sla.breach b
UNION ALL
SELECT format('escalation %s', to_jsonb(e) - '{raised_at,is_too_late}'::text[] || jsonb_build_object('raised', raised_at IS NOT NULL)), is_too_late FROM e
UNION ALL
SELECT format('notification %s', to_jsonb(n) - '{notification_id,created_at,visible_at}'::text[]), EXISTS (SELECT FROM e
	WHERE is_too_late AND (n.ticket_id, n.target, n.cycle, n.due_at, n.kind, n.level) = (e.ticket_id, e.target, e.cycle, e.due_at, e.kind, e.level))
	FROM sla.notification n
UNION ALL
-- That nobody was there to be warned.
SELECT format('finding %s', to_jsonb(f) - '{found_at}'::text[]), code = 'role_unresolved' AND (SELECT bool_and(is_too_late) FROM e
	WHERE e.ticket_id = f.ticket_id AND raised_at IS NOT NULL AND object = ANY (unfilled)) FROM sla.finding f
UNION ALL
SELECT format('penalty %s', to_jsonb(p) - '{created_at}'::text[]), false FROM sla.penalty p
UNION ALL
SELECT format('clock %s', to_jsonb(c)), false FROM sla.clock c
UNION ALL
SELECT format('ticket %s', to_jsonb(t)), false FROM sla.ticket t
UNION ALL
-- A timer's event is recorded when the sweep comes.
SELECT format('event %s', to_jsonb(e) - CASE WHEN automatic THEN '{recorded_at}'::text[] ELSE '{}' END), false FROM sla.event e;
SQL
$node->safe_psql('postgres', "CREATE DATABASE $_ TEMPLATE every_minute") for qw(outage twice crash);

sub live
{
	my ($database, $since, $until, $sweeps, @outage) = @_;

	$node->safe_psql($database, sprintf q{CALL public.live('%s', %s, %d, '%s', '%s')},
		$since, defined $until ? "'$until'" : 'NULL', $sweeps, @outage ? @outage : ('00:00', '00:00'));
}

sub rows_of
{
	my ($database, $which) = @_;

	return $node->safe_psql($database, sprintf q{SELECT line FROM public.written WHERE %s ORDER BY line COLLATE "C"}, $which // 'true');
}

sub check_folds
{
	my ($database) = @_;

	is($node->safe_psql($database, q{
		SELECT t.ticket_id, c FROM sla.ticket t, sla._refold_check(t.ticket_id, '2025-10-21 00:00+08') c}),
		'', "$database: every ticket's rows are what its events make of it");
}

# 1. Every minute.
live('every_minute', '09:00', '14:00', 1);
$node->safe_psql('every_minute', q{CALL public.note_too_late('2025-10-13 10:59+08', '2025-10-13 14:00+08')});
my $timely = rows_of('every_minute', 'NOT is_too_late');
live('every_minute', '14:01', undef, 1);
my $expected = rows_of('every_minute');
check_folds('every_minute');

# The history must be worth comparing.
is($node->safe_psql('every_minute', q{
	SELECT (SELECT count(DISTINCT kind) FROM sla.breach), (SELECT bool_or(born_overdue) FROM sla.breach),
		(SELECT bool_or(voided_at IS NOT NULL) FROM sla.breach), (SELECT bool_and(settled_at IS NOT NULL) FROM sla.breach),
		(SELECT count(*) > 10 FROM sla.escalation WHERE kind = 'warning'), (SELECT max(seq) > 100 FROM sla.clock),
		(SELECT bool_or(automatic) FROM sla.event), (SELECT max(cycle) > 3 FROM sla.clock),
		(SELECT count(DISTINCT employee) FROM sla.penalty)}),
	'4|t|t|t|t|t|t|t|6', 'the history has every kind of miss, warnings, voids, timers, reopening, penalties');
is($node->safe_psql('every_minute', q{
	SELECT count(*) > 10 FROM public.too_late
	UNION ALL SELECT count(*) > 10 FROM sla.escalation WHERE kind = 'warning' AND raise_at BETWEEN '2025-10-13 11:00+08' AND '2025-10-13 14:00+08'
	UNION ALL SELECT count(*) > 3 FROM sla.breach WHERE due_at BETWEEN '2025-10-13 11:00+08' AND '2025-10-13 14:00+08' AND voided_at < '2025-10-13 14:00+08'
	UNION ALL SELECT count(*) > 0 FROM sla.breach WHERE relieved <> '{}'
	UNION ALL SELECT count(*) > 3 FROM sla.penalty WHERE status = 'withdrawn'
	UNION ALL SELECT count(*) > 3 FROM sla.escalation WHERE unfilled <> '{}'}),
	"t\nt\nt\nt\nt\nt", 'much happened in the three hours without sweeps');

# 2. Nobody sweeps for three hours.  As soon as a sweep comes, and in the end, every row is what it would have been,
# but for the warnings for which it was too late.
live('outage', '09:00', '14:00', 1, '11:00', '14:00');
SlaTest::same_lines(rows_of('outage'), $timely, 'after an outage of three hours every row is the same');
live('outage', '14:01', undef, 1);
SlaTest::same_lines(rows_of('outage'), rows_of('every_minute', 'NOT is_too_late'), 'and a week later');
check_folds('outage');

# 3. Every sweep twice.
live('twice', '09:00', undef, 2);
SlaTest::same_lines(rows_of('twice'), $expected, 'swept twice every minute, everything is the same');
check_folds('twice');

# 4. The sweep is held up in the middle of its writing, and the server dies.
sub hold_sweep
{
	my ($at) = @_;
	my $holder = SlaTest::Session->new($node, 'crash');
	my $sweep = SlaTest::Session->new($node, 'crash');

	$holder->query('BEGIN; LOCK TABLE sla.escalation IN SHARE MODE');
	$sweep->send("SELECT sla.sweep('2025-10-13 $at+08')");
	$node->poll_query_until('crash', qq{
		SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $sweep->{pid} AND relation = 'sla.escalation'::regclass AND NOT granted)
			AND EXISTS (SELECT FROM pg_stat_activity WHERE pid = $sweep->{pid} AND backend_xid IS NOT NULL)})
		or die 'the sweep does not write';
	return ($sweep, $holder);
}

# recovers waits until the server takes sessions.  pg_isready and not poll_query_until: psql reads no query from a
# server that refuses it, and writing it to such a psql ends the test.
sub recovers
{
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return 1 if system('pg_isready', '-q', '-d', $node->connstr('crash')) == 0;
		usleep(100_000);
	}
	return 0;
}

live('crash', '09:00', '10:10', 1);
live('crash', '10:11', '10:11', 0);
my ($sweep, $holder) = hold_sweep('10:11');
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');
my $before = $node->safe_psql('crash', 'SELECT count(*) FROM sla.breach');
kill 'KILL', $sweep->{pid};
ok($sweep->dies && $holder->dies('idle'), 'kill -9 of the sweeping backend ends all sessions');
ok(recovers(), 'the server recovers');
is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'by itself');
is($node->safe_psql('crash', 'SELECT count(*) FROM sla.breach'), $before, 'without half a sweep');

$node->safe_psql('crash', q{SELECT sla.sweep('2025-10-13 10:11+08')});
cmp_ok($node->safe_psql('crash', 'SELECT count(*) FROM sla.breach'), '>', $before, 'which comes again and writes');

live('crash', '10:12', '13:05', 1);
live('crash', '13:06', '13:06', 0);
($sweep, $holder) = hold_sweep('13:06');
$node->stop('immediate');
ok($sweep->dies && $holder->dies('idle'), 'an immediate stop in the middle of a sweep');
$node->start;
$node->safe_psql('crash', q{SELECT sla.sweep('2025-10-13 13:06+08')});
live('crash', '13:07', undef, 1);
SlaTest::same_lines(rows_of('crash'), $expected, 'after both, everything is the same');
check_folds('crash');

$node->stop;
done_testing();

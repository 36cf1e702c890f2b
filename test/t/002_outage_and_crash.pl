# Nothing is lost, doubled or judged otherwise when sweeps come late, twice, or die half-way:
# one history is swept in four ways in four databases, and the rows are the same.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

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
('10:45', $$SELECT sla.record(i, 'dept_responded') FROM generate_series(12, 50, 3) i WHERE i % 2 = 0$$);

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
			EXECUTE act;
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

-- Every row that must be the same: without numbers of rows and the time of writing.
CREATE VIEW public.written AS
SELECT format('breach %s', to_jsonb(b) - '{detected_at,settled_at,voided_at}'::text[]
	|| jsonb_build_object('voided', voided_at IS NOT NULL, 'settled', settled_at IS NOT NULL)) AS line FROM sla.breach b
UNION ALL
SELECT format('escalation %s', to_jsonb(e) - '{raised_at}'::text[] || jsonb_build_object('raised', raised_at IS NOT NULL))
	FROM sla.escalation e
UNION ALL
SELECT format('notification %s', to_jsonb(n) - '{notification_id,created_at,visible_at}'::text[]) FROM sla.notification n
UNION ALL
SELECT format('penalty %s', to_jsonb(p) - '{created_at}'::text[]) FROM sla.penalty p
UNION ALL
SELECT format('clock %s', to_jsonb(c)) FROM sla.clock c
UNION ALL
SELECT format('finding %s', to_jsonb(f) - '{found_at}'::text[]) FROM sla.finding f
UNION ALL
SELECT format('ticket %s', to_jsonb(t)) FROM sla.ticket t
UNION ALL
-- A timer's event is recorded when the sweep comes.
SELECT format('event %s', to_jsonb(e) - CASE WHEN automatic THEN '{recorded_at}'::text[] ELSE '{}' END) FROM sla.event e;

-- What stands of it.  Tickets 5 and 8 changed hands; what was overdue before it was known escalates only while it lasts.
CREATE VIEW public.outcome AS
WITH standing AS (SELECT * FROM sla.breach WHERE voided_at IS NULL)
SELECT line FROM public.written WHERE line ~ '^(ticket|event) '
UNION ALL
SELECT format('finding %s', to_jsonb(f) - 'found_at') FROM sla.finding f WHERE ticket_id NOT IN (5, 8)
UNION ALL
SELECT format('breach %s', to_jsonb(b) - '{detected_at,settled_at}'::text[]) FROM standing b
UNION ALL
SELECT format('escalation %s', to_jsonb(e) - '{raised_at}'::text[] - CASE WHEN e.ticket_id IN (5, 8) THEN 'recipients' ELSE '' END)
	FROM sla.escalation e JOIN standing b USING (ticket_id, target, cycle, due_at, kind) WHERE NOT b.born_overdue
UNION ALL
SELECT format('notification %s', to_jsonb(n) - '{notification_id,created_at,visible_at}'::text[])
	FROM sla.notification n JOIN standing b USING (ticket_id, target, cycle, due_at, kind) WHERE n.ticket_id NOT IN (5, 8)
UNION ALL
SELECT format('penalty %s', to_jsonb(p) - '{created_at}'::text[]) FROM sla.penalty p WHERE status = 'candidate'
UNION ALL
SELECT format('clock %s', to_jsonb(c) - 'department') FROM sla.clock c;
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
	my ($database, $relation) = @_;

	return $node->safe_psql($database, "SELECT line FROM $relation ORDER BY line COLLATE \"C\"");
}

sub check_folds
{
	my ($database) = @_;

	is($node->safe_psql($database, q{
		SELECT t.ticket_id, c FROM sla.ticket t, sla._refold_check(t.ticket_id, '2025-10-21 00:00+08') c}),
		'', "$database: every ticket's rows are what its events make of it");
}

# 1. Every minute.
live('every_minute', '09:00', undef, 1);
my $expected = rows_of('every_minute', 'public.written');
check_folds('every_minute');

# The history must be worth comparing.
is($node->safe_psql('every_minute', q{
	SELECT (SELECT count(DISTINCT kind) FROM sla.breach), (SELECT bool_or(born_overdue) FROM sla.breach),
		(SELECT bool_or(voided_at IS NOT NULL) FROM sla.breach), (SELECT bool_and(settled_at IS NOT NULL) FROM sla.breach),
		(SELECT count(*) > 10 FROM sla.escalation WHERE kind = 'warning'), (SELECT max(seq) > 100 FROM sla.clock),
		(SELECT bool_or(automatic) FROM sla.event), (SELECT max(cycle) FROM sla.clock),
		(SELECT count(DISTINCT employee) FROM sla.penalty)}),
	'3|t|t|t|t|t|t|2|5', 'the history has every kind of miss, warnings, voids, timers, reopening, penalties');

# 2. Nobody sweeps for three hours.  What has come of it by the end is the same: the misses that stand, with their
# steps and penalties, and every clock.  Of warnings it may be too late (V-23); a miss that a late record undid before
# any sweep saw it is not written; tickets that changed hands meanwhile are told to whoever has them then.
live('outage', '09:00', undef, 1, '11:00', '14:00');
SlaTest::same_lines(rows_of('outage', 'public.outcome'), rows_of('every_minute', 'public.outcome'),
	'after an outage of three hours everything that stands is the same');
my $departments = q{(SELECT format('%s %s', to_jsonb(c) - 'department', department) AS line FROM sla.clock c) AS c};
SlaTest::same_lines(rows_of('outage', $departments), rows_of('every_minute', $departments),
	'and so is the department of every clock');
my $timely = $node->safe_psql('every_minute', q{
	SELECT e.ticket_id, e.target, e.due_at, e.level FROM sla.escalation e
	WHERE e.kind = 'warning' AND NOT (e.raise_at >= '2025-10-13 11:00+08' AND EXISTS (
		SELECT FROM sla.clock c WHERE (c.ticket_id, c.target, c.cycle, c.due_at) = (e.ticket_id, e.target, e.cycle, e.due_at)
			AND least(c.due_at, c.stopped_at, c.cancelled_at) < '2025-10-13 14:00+08'))
	ORDER BY 1, 2, 3, 4});
is($node->safe_psql('outage', q{SELECT ticket_id, target, due_at, level FROM sla.escalation
	WHERE kind = 'warning' ORDER BY 1, 2, 3, 4}), $timely, 'and so are the warnings for which it was not too late');
isnt($timely, $node->safe_psql('every_minute', q{SELECT ticket_id, target, due_at, level FROM sla.escalation
	WHERE kind = 'warning' ORDER BY 1, 2, 3, 4}), 'for some it was');
check_folds('outage');

# 3. Every sweep twice.
live('twice', '09:00', undef, 2);
SlaTest::same_lines(rows_of('twice', 'public.written'), $expected, 'swept twice every minute, everything is the same');
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

live('crash', '09:00', '10:10', 1);
live('crash', '10:11', '10:11', 0);
my ($sweep, $holder) = hold_sweep('10:11');
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');
my $before = $node->safe_psql('crash', 'SELECT count(*) FROM sla.breach');
kill 'KILL', $sweep->{pid};
ok($sweep->dies && $holder->dies('idle'), 'kill -9 of the sweeping backend ends all sessions');
ok($node->poll_query_until('crash', 'SELECT true'), 'the server recovers');
is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'by itself');
is($node->safe_psql('crash', 'SELECT count(*) FROM sla.breach'), $before, 'without half a sweep');

live('crash', '10:11', '10:11', 1);
cmp_ok($node->safe_psql('crash', 'SELECT count(*) FROM sla.breach'), '>', $before, 'which comes again and writes');

live('crash', '10:12', '13:05', 1);
live('crash', '13:06', '13:06', 0);
($sweep, $holder) = hold_sweep('13:06');
$node->stop('immediate');
ok($sweep->dies && $holder->dies('idle'), 'an immediate stop in the middle of a sweep');
$node->start;
live('crash', '13:06', undef, 1);
SlaTest::same_lines(rows_of('crash', 'public.written'), $expected, 'after both, everything is the same');
check_folds('crash');

$node->stop;
done_testing();

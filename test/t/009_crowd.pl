# Agents and sweeps at work on the same tickets at the same time, each at random: whatever the
# order in which they met, in the end every row is what a fresh fold of the ticket's events says.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $seconds = $ENV{CROWD_SECONDS} || 8;
my $node = SlaTest::bare_cluster('main');

# Promises of a second or two, so that a short run sees misses, warnings, timers, pauses and reopened tickets.
$node->safe_psql('postgres', q{
	CREATE EXTENSION sla_ext;
	SELECT sla.setup();
	INSERT INTO sla.employee (employee, supervisor) VALUES ('alice', 'susan'), ('bob', 'susan'), ('susan', NULL);
	INSERT INTO sla.department (department, head) VALUES ('tech', 'alice'), ('logistics', 'bob');
	INSERT INTO sla.policy (policy, version, applies_to, pause_on) VALUES ('crowd', 1, 'true', '{waiting_customer}');
	INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, fallback_on, fallback_after, start_owed_by,
		stops_on, stops_all, rearms_on, cancels_on, duration, every, due_column, on_due, restarts, responsible_role, binding, ladder) VALUES
		('crowd', 1, 'answer', 'first_response', NULL, '{received}', NULL, NULL, NULL,
		 '{first_response}', false, '{}', '{}', '1 second', NULL, NULL, NULL, false, '{agent}', true, 'L'),
		('crowd', 1, 'solve', 'resolve', $$urgency = 'urgent'$$, '{received}', NULL, NULL, NULL,
		 '{resolved}', false, '{}', '{}', '2 seconds', NULL, NULL, NULL, true, '{dept_handler}', true, 'L'),
		('crowd', 1, 'plan', 'plan', NULL, '{assigned}', 'received', '1 second', 'agent',
		 '{plan_proposed,verified}', true, '{}', '{resolved}', '2 seconds', NULL, NULL, NULL, true, '{agent}', true, 'L'),
		('crowd', 1, 'tell', 'progress', NULL, '{work_started}', NULL, NULL, NULL,
		 '{resolved}', false, '{follow_up}', '{}', NULL, '1 second', NULL, NULL, true, '{agent}', true, 'L'),
		('crowd', 1, 'promise', 'promise', NULL, '{}', NULL, NULL, NULL,
		 '{resolved}', false, '{}', '{}', NULL, NULL, 'promised_at', NULL, true, '{agent}', false, NULL),
		('crowd', 1, 'give_up', 'close', 'last_score IS NULL OR last_score > 2', '{resolved}', NULL, NULL, NULL,
		 '{rating_recorded}', false, '{}', '{}', '3 seconds', NULL, NULL, 'closed_no_rating', true, '{}', false, NULL);
	INSERT INTO sla.event_rule (policy, version, rule, event, applies_when, implies)
	VALUES ('crowd', 1, 'unsatisfied', 'rating_recorded', $$(event_details ->> 'score')::int <= 2$$, '{reopened}');
	INSERT INTO sla.escalation_step (policy, version, target, level, at_percent, after, roles) VALUES
		('crowd', 1, 'solve', 0, 50, NULL, NULL), ('crowd', 1, '*', 1, NULL, '0', '{supervisor}'), ('crowd', 1, '*', 2, NULL, '2 seconds', '{supervisor}');
	INSERT INTO sla.penalty_rule (policy, version, ladder, step, trigger, nth_from, action) VALUES ('crowd', 1, 'L', '1', 'offence', 1, 'warning');
	SELECT sla.publish_policy('crowd', 1, '-infinity');
	INSERT INTO sla.ticket (owner, urgency) SELECT 'alice', 'urgent' FROM generate_series(1, 50);
	-- One that nobody touches any more, so that a timer certainly runs out.
	INSERT INTO sla.ticket (ticket_id, owner, urgency) OVERRIDING SYSTEM VALUE VALUES (1000000, 'alice', 'normal');
	SELECT sla.record(1000000, 'resolved');

	CREATE FUNCTION public.one_of(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE
		RETURN choices[1 + floor(random() * cardinality(choices))::int];
	-- What a rule refuses is refused; anything else fails the run.
	CREATE FUNCTION public.attempt(statement text) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE statement;
	EXCEPTION WHEN SQLSTATE '55000' OR SQLSTATE '22023' OR SQLSTATE '22008' THEN
		NULL;
	END
	$$});

my $agents = $node->basedir . '/agents.sql';
my $sweeps = $node->basedir . '/sweeps.sql';
append_to_file($agents, <<'SQL');
\set t random(1, 150)
\set what random(1, 13)
\set late random(0, 1500)
SELECT public.attempt(CASE :what
	WHEN 1 THEN format('INSERT INTO sla.ticket (owner, urgency, department) VALUES (%L, %L, %L)', 'alice',
		public.one_of('normal', 'urgent'), public.one_of(NULL, NULL, 'tech'))
	WHEN 2 THEN format('UPDATE sla.ticket SET urgency = %L WHERE ticket_id = %s', public.one_of('normal', 'urgent'), :t)
	WHEN 3 THEN format('UPDATE sla.ticket SET owner = %L, promised_at = clock_timestamp() + random() * interval ''3 s'' WHERE ticket_id = %s',
		public.one_of('alice', 'bob'), :t)
	WHEN 4 THEN format('SELECT sla.rate(%s, %s)', :t, public.one_of('1', '2', '3', '4', '5'))
	WHEN 5 THEN format('UPDATE sla.ticket SET department = %L WHERE ticket_id = %s', public.one_of('tech', 'logistics'), :t)
	ELSE format('SELECT sla.record(%s, %L, clock_timestamp() - interval ''%s ms'')', :t, public.one_of('first_response', 'resolved',
		'work_started', 'follow_up', 'follow_up', 'plan_proposed', 'verified', 'waiting_customer', 'waiting_ended', 'assigned'), :late)
END);
SQL
append_to_file($sweeps, "SELECT * FROM sla.sweep(NULL, 50);\n");

my @pgbench = ('pgbench', '-n', '-T', $seconds, '-d', $node->connstr('postgres'));
my $log = '';
my $crowd = IPC::Run::start([ @pgbench, '-c', 2, '-f', $sweeps ], '>&', \$log);
$node->command_ok([ @pgbench, '-c', 6, '-f', $agents ], 'agents at work meet no error and no deadlock');
ok($crowd->finish, 'nor do sweeps') or diag($log);

# The clock goes on while rows are compared, so both are asked about one instant.
my $now = $node->safe_psql('postgres', 'SELECT clock_timestamp()');
$node->safe_psql('postgres', "CALL sla.sweep_all('$now')");
is($node->safe_psql('postgres', "SELECT t.ticket_id, d FROM sla.ticket AS t, sla._refold_check(t.ticket_id, '$now') AS d"), '',
	'after a last sweep every row is what the fold says');
is($node->safe_psql('postgres', q{
	SELECT count(*) FROM sla.breach AS b WHERE b.settled_at IS NULL
		OR b.voided_at IS NULL AND NOT b.born_overdue AND NOT EXISTS (SELECT FROM sla.escalation AS e
			WHERE (e.ticket_id, e.target, e.cycle, e.due_at, e.kind, e.level) = (b.ticket_id, b.target, b.cycle, b.due_at, b.kind, 1))}), '0',
	'and every miss that was known in time has its escalation');
is($node->safe_psql('postgres', q{
	SELECT count(*) FILTER (WHERE b.n IS NULL), count(*) FILTER (WHERE p.status IS DISTINCT FROM 'candidate')
	FROM (SELECT ticket_id, ladder, unnest(responsible) AS employee, count(*) AS n FROM sla.breach
		WHERE voided_at IS NULL AND binding AND ladder IS NOT NULL AND NOT born_overdue GROUP BY 1, 2, 3) AS b
	FULL JOIN (SELECT * FROM sla.penalty WHERE status = 'candidate') AS p USING (ticket_id, ladder, employee)}), '0|0',
	'and its candidate, and there is no other');
is($node->safe_psql('postgres', q{
	SELECT (SELECT count(DISTINCT kind) FROM sla.breach), (SELECT count(*) > 0 FROM sla.breach WHERE voided_at IS NOT NULL),
		(SELECT max(cycle) > 1 FROM sla.ticket), (SELECT count(*) > 0 FROM sla.event WHERE automatic)}), '3|t|t|t',
	'the run had misses of every kind, corrections, reopened tickets and timers');

$node->stop;
done_testing();

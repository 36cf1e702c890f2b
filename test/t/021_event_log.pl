# A ticket table that nobody here has designed: the event log of a service desk, replayed in order of time through the plain
# INSERT and UPDATE of its own application, whose tables are attached by one statement.  Every verdict is what an oracle in plain
# SQL reckons from the raw log.  Where the public log is at hand (SLA_EVENT_LOG names the file) it is taken, and always
# a generated one of the same shape, which is worse.
#
# SLA_EVENT_LOG_INCIDENTS (200) is how many incidents of each; 100000 takes all of the log.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $incidents = $ENV{SLA_EVENT_LOG_INCIDENTS} || 200;
my $log = $ENV{SLA_EVENT_LOG} // '../shared/data/servicenow_incident_events.csv';
my $node = SlaTest::bare_cluster('main');

# run runs files and statements in one session of a database.
sub run
{
	my ($database, $settings, @what) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ $node->installed_command('psql'), '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), @$settings,
			map { /\.sql$/ ? ('-f', "test/eventlog/$_") : ('-c', $_) } @what ], '>', \$out, '2>', \$err)
		or die "@what: $err";
	$out =~ s/\n\z//;
	return $out;
}

# Loads the public log as it is, and keeps its first incidents.
sub load
{
	my ($database, $file) = @_;

	open my $in, '<', $file or die "$file: $!";
	my $columns = <$in>;
	close $in;
	$columns =~ s/\s+\z//;
	run($database, [], "\\copy eventlog.line ($columns) FROM '$file' CSV HEADER",
		"DELETE FROM eventlog.line WHERE number NOT IN (SELECT number FROM eventlog.line GROUP BY number ORDER BY number LIMIT $incidents)");
}

# Lives through a log, and compares.
sub live
{
	my ($database, $name) = @_;
	my $now = q{DO $$BEGIN PERFORM set_config('sla.now', at::text, false) FROM oracle.as_of; END$$};

	run($database, [ '-v', 'sweep_every=1 day' ], qw(application.sql policy.sql replay.sql));
	run($database, [], qw(oracle.sql compare.sql));
	is(run($database, [], "SET timezone = 'UTC'", $now,
			'SELECT said_by, subject, row FROM oracle.difference ORDER BY row->>\'number\', 2, row->>\'target\', 1 LIMIT 20'),
		'', "$name: every verdict, deadline, pause and miss is what the oracle says");
	cmp_ok(run($database, [], 'SELECT count(*) FROM oracle.reckoned'), '>', 5 * run($database, [], 'SELECT count(*) FROM oracle.ticket'), "$name: and there are many of them");
	note(run($database, [], q{SELECT format('%s: %s incidents, %s entries, %s events, %s rows compared', current_database(), (SELECT count(*) FROM oracle.ticket),
		(SELECT count(*) FROM oracle.entry), (SELECT count(*) FROM sla.event), (SELECT count(*) FROM oracle.reckoned))}));
	run($database, [], 'spoil.sql');
	is(run($database, [], 'SELECT what FROM oracle.spoilt WHERE rows <> 1 OR differences = 0'), '', "$name: every row that is spoilt is seen");
	is(run($database, [], 'SELECT count(*) FROM oracle.spoilt'), '11', "$name: of all kinds");

	# The rows of each incident were taken without a failure, and are what a fold from nothing says.
	is(run($database, [], $now, "SELECT code, object, message FROM sla.health WHERE severity = 'error'"), '', "$name: nothing failed");
	is(run($database, [], 'SELECT count(*) FROM eventlog.entry e WHERE NOT EXISTS (SELECT FROM sla.attached_row r WHERE r.source_key = e.number)'),
		'0', "$name: every incident is watched");
	is(run($database, [], $now, 'SELECT t.order_ref, d FROM sla.ticket t, sla._refold_check(t.ticket_id) d LIMIT 10'), '',
		"$name: what is stored is what a fresh fold says");
	# Nothing is left to catch up with, however often it is asked for.
	is(run($database, [], $now, "SELECT r.* FROM sla.reconcile('itsm.incident') r"), '0|0|0|0|0', "$name: nothing is left to be made up for");

	# Misses were raised on the way, and somebody was told.
	is(run($database, [], q{
		SELECT count(*) FROM sla.breach b WHERE b.voided_at IS NULL AND NOT b.born_overdue AND b.kind <> 'process_violation' AND NOT EXISTS (
			SELECT FROM sla.escalation e WHERE (e.ticket_id, e.target, e.cycle, e.due_at, e.kind) = (b.ticket_id, b.target, b.cycle, b.due_at, b.kind)
			AND e.level = 1 AND e.raised_at IS NOT NULL)}), '0', "$name: every miss was escalated");
	cmp_ok(run($database, [], 'SELECT count(DISTINCT detected_at::date) FROM sla.breach'), '>', 10, "$name: misses were found while the log was lived through");
}

# A log without these would prove nothing.
sub has_all
{
	my ($database, $least, %what) = @_;

	is(run($database, [], join ' UNION ALL ', map { "SELECT '$_' WHERE (SELECT count(*) FROM $what{$_}) < $least" } sort keys %what), '',
		"$database: there are " . join ', ', sort keys %what);
}

my %seen = (
	pauses => "oracle.clock WHERE paused_for > '0'",
	'kept promises' => "oracle.clock WHERE verdict = 'met'",
	'missed promises' => "oracle.clock WHERE verdict = 'breached' AND target <> 'update'",
	'missed intervals' => "oracle.breach WHERE kind = 'missed_interval'",
	'promises let go' => "oracle.clock WHERE verdict = 'cancelled'",
	reopenings => "oracle.clock WHERE cycle > 1",
	reassignments => "oracle.entry e JOIN oracle.entry f ON f.number = e.number AND f.no > e.no AND f.assignment_group <> e.assignment_group",
	'changes of priority' => "oracle.urgency WHERE until_place IS NOT NULL",
	'entries in the same minute' => "oracle.entry e JOIN oracle.entry f ON f.number = e.number AND f.no > e.no AND f.at = e.at");

for my $database ('generated', -r $log ? ('public') : ())
{
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	run($database, [], 'CREATE EXTENSION sla_ext', 'SELECT sla.setup()', 'log.sql');
	if ($database eq 'public')
	{
		load($database, $log);
	}
	else
	{
		run($database, [ '-v', "incidents=$incidents" ], 'generate.sql');
	}
	live($database, $database);
	has_all($database, 5, %seen);
}
has_all('generated', 3, 'pauses that do not end' => "oracle.clock WHERE verdict = 'paused'", 'open incidents' => "oracle.ticket WHERE status = 'open'",
	'incidents closed without a resolution' => "oracle.breach WHERE kind = 'process_violation'", 'incidents reopened twice' => "oracle.cycle WHERE cycle > 2",
	'entries after closing' => "oracle.entry WHERE was = 'Closed'", 'resolutions told late' => "oracle.entry WHERE state = 'Resolved' AND resolved_at < at",
	'resolutions before the reception' => "oracle.entry WHERE resolved_at < received_at",
	'receptions to come' => "eventlog.entry e JOIN oracle.entry o USING (no) WHERE o.is_first AND e.opened_at > e.updated_at") if $incidents >= 200;
has_all('generated', 1, 'misses that proved to be none' => 'sla.breach WHERE voided_at IS NOT NULL') if $incidents >= 200;

$node->stop;
done_testing();

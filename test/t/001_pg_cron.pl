# pg_cron sweeps for real: what sla.schedule() has set up writes every consequence of a missed deadline.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $node = SlaTest::cluster('main');
SlaTest::company($node, 'postgres');

# What the ticket's missed first answer has brought about.
sub consequences
{
	my ($ticket) = @_;

	return $node->safe_psql('postgres', qq{
		SELECT 'breach', responsible::text FROM sla.breach
			WHERE ticket_id = $ticket AND target = 'first_response' AND kind = 'late' AND NOT born_overdue
		UNION ALL
		SELECT 'level ' || level, recipients::text FROM sla.escalation
			WHERE ticket_id = $ticket AND target = 'first_response' AND raised_at IS NOT NULL
		UNION ALL
		SELECT 'notification ' || level, recipient FROM sla.notification
			WHERE ticket_id = $ticket AND target = 'first_response'
		UNION ALL
		SELECT 'penalty', employee || ' ' || status FROM sla.penalty WHERE ticket_id = $ticket
		ORDER BY 1, 2});
}

# A ticket that came in one and a half hours ago and was forgotten.
sub forgotten_ticket
{
	return $node->safe_psql('postgres', q{
		SELECT set_config('sla.now', (now() - interval '90 minutes')::text, false) \gset
		INSERT INTO sla.ticket (type, urgency, owner, department) VALUES ('inquiry', 'normal', 'alice', 'tech')
		RETURNING ticket_id});
}

# The job runs at the next full minute, so it has 75 seconds.
sub wait_for_run
{
	my ($ticket) = @_;

	for (1 .. 150)
	{
		return 1 if $node->safe_psql('postgres', qq{
			SELECT EXISTS (SELECT FROM cron.job_run_details WHERE status <> 'running' AND command ~ 'sweep')
				AND EXISTS (SELECT FROM sla.breach WHERE ticket_id = $ticket)}) eq 't';
		select undef, undef, undef, 0.5;
	}
	return 0;
}

my @expected = sort 'breach|{alice}', 'level 1|{susan}', 'level 2|{susan,henry}',
	'notification 1|susan', 'notification 2|henry', 'notification 2|susan', 'penalty|alice candidate';

# A schedule that this pg_cron would misunderstand never gets there.
my ($cron) = $node->safe_psql('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'pg_cron'});
my ($major, $minor) = split /[.-]/, $cron;
my ($status, undef, $error) = $node->psql('postgres', q{SELECT sla.schedule('30 seconds')});
if ($major > 1 || $minor >= 5)
{
	is($status, 0, "pg_cron $cron can sweep every 30 seconds");
}
else
{
	like($error, qr/pg_cron \Q$cron\E cannot run a job every few seconds/, 'seconds need pg_cron 1.5');
}

(undef, undef, $error) = $node->psql('postgres', q{SELECT sla.schedule('*/10 * * * * *')});
like($error, qr/has 6/, 'six fields, which pg_cron would take for five, are refused');
$node->safe_psql('postgres', q{SELECT sla.schedule('*/5 * * * *')});

my $ticket = forgotten_ticket();
is(consequences($ticket), '', 'nothing is written before the sweep');
my $job = $node->safe_psql('postgres', 'SELECT sla.schedule()');
is($node->safe_psql('postgres', 'SELECT jobid, schedule, command, active FROM cron.job'),
	"$job|* * * * *|CALL sla.sweep_all()|t", 'there is one job, and schedule() changes its schedule');
is($node->safe_psql('postgres', q{SELECT sla.schedule('* * * * *')}), $job, 'schedule() again keeps it');

ok(wait_for_run($ticket), 'the job has run within 75 seconds');
is($node->safe_psql('postgres', q{SELECT DISTINCT status, command FROM cron.job_run_details WHERE status <> 'running'}),
	'succeeded|CALL sla.sweep_all()', 'and succeeded');
is_deeply([ sort split /\n/, consequences($ticket) ], \@expected, 'it has written every consequence');
is($node->safe_psql('postgres', qq{
	SELECT bool_and(b.detected_at BETWEEN r.start_time AND r.end_time AND l.swept > 0)
	FROM sla.breach b, cron.job_run_details r, sla.sweep_log l
	WHERE b.ticket_id = $ticket AND r.jobid = $job AND r.runid = (SELECT min(runid) FROM cron.job_run_details WHERE jobid = $job)}),
	't', 'during the scheduled run, and nobody else swept');
is($node->safe_psql('postgres', q{SELECT count(*) FROM sla.health WHERE code = 'sweep_missing'}), 0,
	'health sees that the sweep comes');

# Background workers run a job in another way than connections do.
$node->append_conf('postgresql.conf', "cron.use_background_workers = on\nmax_worker_processes = 20\n");
$node->restart;
$node->safe_psql('postgres', 'TRUNCATE cron.job_run_details');
is($node->safe_psql('postgres', 'SELECT count(*) FROM sla.breach'), 1, 'misses outlive a restart');
$ticket = forgotten_ticket();
ok(wait_for_run($ticket), 'the job runs in a background worker as well');
is_deeply([ sort split /\n/, consequences($ticket) ], \@expected, 'and writes the same');
is($node->safe_psql('postgres', q{SELECT DISTINCT status FROM cron.job_run_details WHERE status <> 'running'}),
	'succeeded', 'and succeeds');

is($node->safe_psql('postgres', 'SELECT sla.unschedule(), sla.unschedule()'), 't|f', 'unschedule() removes it, once');
is($node->safe_psql('postgres', 'SELECT count(*) FROM cron.job'), 0, 'no job is left');

# Where pg_cron is not, the error has the line to run; it is run here.
$node->safe_psql('postgres', q{CREATE DATABASE "other 'db"});
SlaTest::company($node, q{other 'db});
($status, undef, $error) = $node->psql(q{other 'db}, 'SELECT sla.schedule()');
like($error, qr/pg_cron lives in database "postgres"/, 'in another database schedule() says where pg_cron is');
my ($line) = $error =~ /run: (SELECT .*)/;
$node->safe_psql('postgres', $line);
is($node->safe_psql('postgres', 'SELECT database, command FROM cron.job'), "other 'db|CALL sla.sweep_all()",
	'and gives a line that works');
is($node->safe_psql(q{other 'db}, 'SELECT sla.unschedule()'), 'f', 'unschedule() finds no job there');

$node->safe_psql('postgres', 'DROP EXTENSION pg_cron');
(undef, undef, $error) = $node->psql('postgres', 'SELECT sla.schedule()');
like($error, qr/HINT:  Run CREATE EXTENSION pg_cron;/, 'a missing pg_cron is named');

$node->stop;
done_testing();

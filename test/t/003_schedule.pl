# sla.schedule() with pg_cron in this database, in another one, and a run for real.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $node = SlaTest::cluster('main');

# The job runs CALL sla.sweep_all() every minute.
like($node->safe_psql('postgres', 'SELECT sla.schedule()'), qr/^\d+$/, 'schedule() returns the job');
is($node->safe_psql('postgres', q{SELECT schedule, command FROM cron.job WHERE jobname = 'sla_sweep'}),
	'* * * * *|CALL sla.sweep_all()', 'the job sweeps every minute');
$node->safe_psql('postgres', q{SELECT sla.schedule('*/5 * * * *')});
is($node->safe_psql('postgres', q{SELECT schedule FROM cron.job WHERE jobname = 'sla_sweep'}),
	'*/5 * * * *', 'scheduling again changes the schedule');
my ($status, $out, $err) = $node->psql('postgres', q{SELECT sla.schedule('*/10 * * * * *')});
like($err, qr/has 6/, 'six fields are refused');
$node->safe_psql('postgres', 'SELECT sla.schedule()');
ok($node->poll_query_until('postgres', 'SELECT EXISTS (SELECT FROM sla.sweep_state)'),
	'the sweep runs within the minute');
ok($node->poll_query_until('postgres', q{SELECT EXISTS (SELECT FROM cron.job_run_details WHERE status = 'succeeded')}),
	'the job succeeds');
is($node->safe_psql('postgres', 'SELECT sla.unschedule()'), 't', 'unschedule() ends the job');
is($node->safe_psql('postgres', 'SELECT sla.unschedule()'), 'f', 'there is no other');

# A database that pg_cron does not live in: the hint is a line that works there.
$node->safe_psql('postgres', q{CREATE DATABASE "o'ther"});
$node->safe_psql(q{o'ther}, 'CREATE EXTENSION sla_ext; SELECT sla.setup()');
($status, $out, $err) = $node->psql(q{o'ther}, 'SELECT sla.schedule()');
like($err, qr/pg_cron lives in database "postgres"/, 'schedule() fails in another database');
my ($line) = $err =~ /(SELECT cron\.schedule_in_database\(.*\))/;
like($node->safe_psql('postgres', $line), qr/^\d+$/, 'the line of the hint schedules the job');
is($node->safe_psql('postgres', q{SELECT database FROM cron.job WHERE jobname = 'sla_sweep'}),
	q{o'ther}, 'in the database that asked');

$node->safe_psql('postgres', 'DROP EXTENSION pg_cron');
($status, $out, $err) = $node->psql('postgres', 'SELECT sla.schedule()');
like($err, qr/CREATE EXTENSION pg_cron/, 'a missing extension is named');

$node->stop;
done_testing();

# A small year of a mid-sized company, lived through the triggers and sweeps: every clock, miss, escalation and penalty is
# what a second reckoning in plain SQL says, which in turn sees every row that is spoilt, and every report has rows.
# "make year" does the same with 200,000 tickets.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $node = SlaTest::bare_cluster('main');
$node->safe_psql('postgres', 'CREATE EXTENSION sla_ext; SELECT sla.setup()');

$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';
local $ENV{YEAR_TICKETS} = $ENV{YEAR_TICKETS} || 2000;
local $ENV{YEAR_SWEEP} = $ENV{YEAR_SWEEP} || '12 hours';
my ($out, $err) = ('', '');
my $done = IPC::Run::run([ 'bash', 'test/year/run' ], '>', \$out, '2>', \$err);

ok($done, 'the year is lived, and reckoned a second time') or diag($out, $err);
like($out, qr/^[1-9]\d{4,} rows compared, 0 differences/m, 'tens of thousands of rows are compared, and none differs')
	or diag(grep { /^difference/ } map { "$_\n" } split /\n/, $out);
like($out, qr/, 0 spoilt rows unseen/, 'every row that is spoilt is seen');
like($out, qr/, 0 reports poor/, 'every report has something to say');

# A year without these would prove nothing.
is($node->safe_psql('postgres', q{
	SELECT count(*) FROM (VALUES
		((SELECT count(DISTINCT policy) FROM sla.ticket WHERE duty IS NULL) >= 7),
		((SELECT count(DISTINCT kind) FROM sla.breach) = 4),
		((SELECT count(*) FROM sla.breach WHERE voided_by = 'sla_ext') > 100),
		((SELECT max(cycle) FROM sla.ticket) > 3),
		((SELECT count(*) FROM sla.event WHERE recorded_at > occurred_at + interval '24 hours') > 20),
		((SELECT count(*) FROM sla.event WHERE automatic) > 100),
		((SELECT count(*) FROM sla.clock WHERE paused_for > '0') > 20),
		((SELECT max(offence_no) FROM sla.penalty) > 3),
		((SELECT count(*) FROM sla.breach b JOIN sla.ticket t USING (ticket_id) WHERE t.duty IS NOT NULL) > 10)
	) f(seen) WHERE NOT seen}), '0', 'the year had all regimes, all kinds of misses, corrections, late entries, timers, pauses, offences and duties');

$node->stop;
done_testing();

# pg_cron and sla_ext on one server: jobs run for real, and everything outlives a restart.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $node = SlaTest::cluster('main');

$node->safe_psql('postgres', q{
	CREATE TABLE public.job_ran (judged_at timestamptz);
	SELECT cron.schedule('* * * * *', 'INSERT INTO public.job_ran SELECT sla.now()');
});

like($node->safe_psql('postgres', 'SELECT sla.setup()'), qr/^sla_ext \S+: .*schema version/, 'setup is idempotent');

$node->restart;
is($node->safe_psql('postgres', 'SELECT count(*) FROM sla.schema_version'), 1, 'tables outlive a restart');

ok($node->poll_query_until('postgres', 'SELECT EXISTS (SELECT FROM public.job_ran)'),
	'a job that calls sla_ext runs within the minute');
is($node->safe_psql('postgres', q{SELECT DISTINCT status FROM cron.job_run_details WHERE status <> 'running'}),
	'succeeded', 'the job succeeds');

$node->stop;
done_testing();

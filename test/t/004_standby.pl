# A streaming standby answers every view and every function that only reads, and refuses the others
# clearly; once promoted it sweeps on from where the primary was.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $primary = SlaTest::bare_cluster('primary', allows_streaming => 1);
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

SlaTest::company($primary, 'postgres');
$primary->safe_psql('postgres', q{
	SET sla.now = '2025-10-13 09:00+08';
	INSERT INTO sla.ticket (type, urgency, owner, department) VALUES
		('complaint', 'urgent', 'alice', 'tech'), ('complaint', 'important', 'anna', 'logistics');
	SET sla.now = '2025-10-13 09:30+08';
	SELECT sla.record(1, 'dept_responded');
	SELECT sla.rate(2, 1);
	SELECT sla.sweep();
	SELECT sla.confirm_penalty(ticket_id, ladder, employee, 'susan') FROM sla.penalty WHERE employee = 'alice'});
$primary->wait_for_catchup($standby);

# Both are asked about the same instant.
sub answer
{
	my ($node, $sql) = @_;

	return $node->safe_psql('postgres', "SET sla.now = '2025-10-13 11:00+08'; $sql");
}

# Views: all there are, so that none is forgotten.
my @views = split /\n/, $primary->safe_psql('postgres',
	q{SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'sla'::regnamespace AND relkind = 'v' ORDER BY 1::text});
cmp_ok(scalar @views, '>', 20, 'there are views to look at');
for my $view (@views)
{
	my $sql = qq{SELECT count(*), md5(string_agg(v::text, ' ' ORDER BY v::text COLLATE "C")) FROM $view v};

	is(answer($standby, $sql), answer($primary, $sql), "$view says the same on the standby");
}

# Functions that read.
for my $call (
	q{sla.now()},
	q{sla.add_business_time('2025-09-30 16:00+08', '3 days 2 hours', 'cn_workday')},
	q{sla.business_time_between('2025-09-30 16:00+08', '2025-10-13 09:00+08', 'cn_workday')},
	q{sla.is_open('2025-10-01 12:00+08', 'cn_workday'), sla.next_open('2025-10-01 12:00+08', 'cn_workday')},
	q{sla.open_periods('2025-09-30 16:00+08', '2025-10-13 09:00+08', 'cn_workday')},
	q{sla.explain(1, 'resolve_urgent')},
	q{sla.explain(1, 'progress_to_customer', 1, 1)},
	q{sla.explain_text(1, 'first_response')},
	q{sla._trace(1, 'progress_to_customer')},
	q{sla._refold_check(1, '2025-10-13 09:30+08')},
	q{sla.check_condition('urgency = ''urgent''')},
	q{sla._policy_problems()},
	q{sla._needed_schema_version()})
{
	is(answer($standby, "SELECT $call"), answer($primary, "SELECT $call"), "$call");
}

# Functions and statements that write.
my %refused = (
	'SELECT * FROM sla.sweep()' => 'sla.sweep()',
	'CALL sla.sweep_all()' => '.*',
	'SELECT sla.setup()' => '.*',
	q{SELECT sla.record(1, 'resolved')} => '.*',
	q{SELECT sla.rate(1, 5)} => '.*',
	q{SELECT * FROM sla.claim_notifications()} => '.*',
	q{SELECT sla.acknowledge_notification(1)} => '.*',
	q{SELECT sla.refresh_penalties('{1}')} => '.*',
	q{SELECT sla.revise_policy('trading_company')} => '.*',
	q{SELECT sla.load_calendar('cn_office')} => '.*',
	q{INSERT INTO sla.ticket (type) VALUES ('inquiry')} => 'INSERT',
	q{SELECT sla.void_breach(ticket_id, target, cycle, due_at, kind, 'x', 'susan') FROM sla.breach} => '.*');
for my $sql (sort keys %refused)
{
	my (undef, undef, $error) = $standby->psql('postgres', "\\set VERBOSITY verbose\n$sql");

	like($error, qr/ERROR:  (25006: cannot execute .*$refused{$sql}.* (in a read-only transaction|during recovery)|55000: cannot acquire lock mode \w+ on database objects while recovery is in progress)/,
		"refused: $sql");
}

# What the sweep on the primary had not yet written is written after the promotion, and nothing twice.
my $due = q{SELECT ticket_id, target, due_at FROM sla.clocks WHERE state = 'breached' ORDER BY 1, 3, 2};
my $missed = answer($standby, $due);
my $before = answer($standby, 'SELECT * FROM sla.breach ORDER BY 1, 4, 2, 5');
$primary->stop;
$standby->promote;
answer($standby, 'SELECT sla.sweep()');
my %before = map { $_ => 1 } split /\n/, $missed;
my @new = grep { !delete $before{$_} } split /\n/, answer($standby, $due);
is(join("\n", sort keys %before), '', 'after the promotion the sweep changes no verdict');
is(join("\n", @new), '1|progress_to_customer|2025-10-13 02:30:00+00', 'and only knows the further interval of a missed one');
is(answer($standby, q{SELECT count(*) FROM sla.clocks c WHERE state = 'breached' AND NOT EXISTS (
	SELECT FROM sla.breach b WHERE (b.ticket_id, b.target, b.cycle, b.due_at) = (c.ticket_id, c.target, c.cycle, c.due_at))}),
	0, 'and writes every miss');
is(answer($standby, q{SELECT bool_and(settled_at IS NOT NULL), count(*) FILTER (WHERE detected_at = sla.now()) > 3 FROM sla.breach}),
	't|t', 'with its consequences');
my %line = map { $_ => 1 } split /\n/, answer($standby, 'SELECT * FROM sla.breach');
is(scalar(grep { !$line{$_} } split /\n/, $before), 0, 'what the primary wrote is untouched');
is(answer($standby, q{INSERT INTO sla.ticket (type, urgency, owner) VALUES ('inquiry', 'normal', 'alice') RETURNING received_at}),
	'2025-10-13 03:00:00+00', 'tickets come in');
is(answer($standby, q{SELECT t.ticket_id, c FROM sla.ticket t, sla._refold_check(t.ticket_id) c}), '', 'and fold to what is stored');

$standby->stop;
done_testing();

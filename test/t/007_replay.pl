# Logical replication: a publication of all tables hinders nobody; on the subscriber the rows arrive as
# they are and no trigger of ours adds to them, but sessions there follow a changed configuration.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $node = SlaTest::bare_cluster('main', allows_streaming => 'logical');
SlaTest::company($node, 'postgres');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->safe_psql('copy', 'CREATE EXTENSION sla_ext; SELECT sla.setup(); DELETE FROM sla.schema_version; DELETE FROM sla.calendar; DELETE FROM sla.rollup_month');
$node->safe_psql('postgres', 'CREATE PUBLICATION everything FOR ALL TABLES');

# The slot is made beforehand, because both databases are in one cluster.
$node->safe_psql('postgres', q{SELECT pg_create_logical_replication_slot('copy', 'pgoutput')});
my $connstr = $node->connstr('postgres') =~ s/'/''/gr;
$node->safe_psql('copy', "CREATE SUBSCRIPTION copy CONNECTION '$connstr' PUBLICATION everything WITH (create_slot = false, slot_name = 'copy')");
$node->poll_query_until('copy', q{SELECT count(*) > 20 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel})
	or die 'the tables are not copied';

sub rows
{
	my ($database) = @_;
	my @tables = split /\n/, $node->safe_psql('postgres',
		q{SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'sla'::regnamespace AND relkind = 'r' ORDER BY relname});

	return $node->safe_psql($database, join("\nUNION ALL\n",
		map { qq{SELECT '$_', count(*), md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM $_ t} } @tables));
}

SlaTest::same_lines(rows('copy'), rows('postgres'), 'the first copy has every row and no more');

# Work, an upgrade of the tables, a changed calendar, beside the publication.
my $reader = SlaTest::Session->new($node, 'copy');
my $due = q{SELECT sla.add_business_time('2025-09-30 10:00+08', '1 day', 'cn_workday')};
is($reader->query($due), '2025-10-09 16:00:00+00', 'the subscriber reads the calendar');
$node->safe_psql('postgres', q{
	SET sla.now = '2025-10-13 09:00+08';
	INSERT INTO sla.ticket (type, urgency, owner, department) VALUES
		('complaint', 'urgent', 'alice', 'tech'), ('complaint', 'important', 'anna', 'logistics');
	SET sla.now = '2025-10-13 09:20+08';
	SELECT sla.record(1, 'first_response', '2025-10-13 09:03+08');
	UPDATE sla.ticket SET urgency = 'urgent' WHERE ticket_id = 2;
	SELECT sla.rate(2, 1);
	SET sla.now = '2025-10-13 11:00+08';
	SELECT sla.sweep();
	SELECT sla.void_breach(ticket_id, target, cycle, due_at, kind, 'power cut', 'susan') FROM sla.breach WHERE ticket_id = 2 LIMIT 1;
	UPDATE sla.schema_version SET version = 0;
	SELECT sla.setup();
	DELETE FROM sla.calendar_day WHERE calendar = 'cn_workday' AND day = '2025-10-01'});
$node->wait_for_catchup('copy');
SlaTest::same_lines(rows('copy'), rows('postgres'), 'the subscriber has the same rows: none is judged a second time there');
is($reader->query($due), '2025-10-01 16:00:00+00', 'an open session on the subscriber follows the changed calendar');
is($node->safe_psql('copy', q{SET sla.now = '2025-10-13 11:00+08'; SELECT t.ticket_id, c FROM sla.ticket t, sla._refold_check(t.ticket_id) c}), '',
	'its rows are what its events make of them');

# Cut loose, the subscriber works by itself, once its sequences are set: they are not replicated.
$reader->close;
$node->safe_psql('copy', 'ALTER SUBSCRIPTION copy DISABLE; ALTER SUBSCRIPTION copy SET (slot_name = NONE); DROP SUBSCRIPTION copy');
$node->safe_psql('copy', q{
	SELECT setval('sla.ticket_ticket_id_seq', max(ticket_id)) FROM sla.ticket;
	SELECT setval('sla.notification_notification_id_seq', max(notification_id)) FROM sla.notification;
	SELECT setval('sla.sweep_log_sweep_no_seq', max(sweep_no)) FROM sla.sweep_log});
is($node->safe_psql('copy', q{SET sla.now = '2025-10-13 11:10+08';
	INSERT INTO sla.ticket (type, urgency, owner) VALUES ('inquiry', 'normal', 'alice') RETURNING ticket_id;
	SET sla.now = '2025-10-13 11:16+08'; SELECT breaches > 0, busy FROM sla.sweep()}), "3\nt|f", 'then it takes tickets and sweeps');

$node->stop;
done_testing();

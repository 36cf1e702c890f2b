# What one session changes in the configuration, every other session follows at its next statement,
# and nothing is read anew that did not change: the loads of every cache are counted.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $node = SlaTest::bare_cluster('main');
SlaTest::company($node, 'postgres');
$node->safe_psql('postgres', q{
	INSERT INTO sla.calendar (calendar, time_zone) VALUES ('shop', 'Asia/Shanghai');
	INSERT INTO sla.calendar_hours (calendar, weekday, opens, closes) SELECT 'shop', d, '09:00', '17:00' FROM generate_series(1, 7) d;
	CREATE TABLE public.started AS SELECT '2025-10-13 09:00+08'::timestamptz + i * interval '1 minute' AS at FROM generate_series(1, 20000) i});

my $writer = SlaTest::Session->new($node, 'postgres');
my $reader = SlaTest::Session->new($node, 'postgres');
$_->query("SET timezone = 'Asia/Shanghai'; SET sla.now = '2025-10-13 10:00+08'; SET client_min_messages = warning") for $writer, $reader;

sub loads
{
	my ($session, $kind) = @_;

	return $session->query("SELECT sla._cache_loads('$kind')");
}

# A ticket's deadlines, without leaving it behind.
sub deadlines
{
	my ($session, $type, $columns) = @_;

	return $session->query(qq{
		SAVEPOINT probe;
		INSERT INTO sla.ticket (type, urgency, owner, channel) VALUES ('$type', 'normal', 'alice', 'shop') RETURNING ticket_id AS id \\gset
		SELECT string_agg(target || ' ' || to_char(due_at, 'HH24:MI'), ', ' ORDER BY target) FROM sla.clock WHERE ticket_id = :id;
		ROLLBACK TO probe});
}

# Calendars.
my $due = q{SELECT sla.add_business_time('2025-10-13 16:00+08', '2 hours', 'shop')};
is($reader->query($due), '2025-10-14 10:00:00+08', 'a calendar is read');
is(loads($reader, 'calendar'), 1, 'once');
$reader->query($due) for 1 .. 3;
is(loads($reader, 'calendar'), 1, 'and kept');
$writer->query('BEGIN; UPDATE sla.calendar_hours SET closes = \'18:00\' WHERE calendar = \'shop\'');
is($writer->query($due), '2025-10-13 18:00:00+08', 'the session that changes it sees the change at once');
is($reader->query($due), '2025-10-14 10:00:00+08', 'the other does not before the commit');
$writer->query('COMMIT');
is($reader->query($due), '2025-10-13 18:00:00+08', 'but at its next statement after it');
is(loads($reader, 'calendar'), 2, 'for which it read it once more');
$writer->query(q{BEGIN; UPDATE sla.calendar_hours SET closes = '20:00' WHERE calendar = 'shop'});
is($writer->query(q{SELECT sla.add_business_time('2025-10-13 16:00+08', '4 hours', 'shop')}), '2025-10-13 20:00:00+08', 'a change');
$writer->query('ROLLBACK');
is($writer->query(q{SELECT sla.add_business_time('2025-10-13 16:00+08', '4 hours', 'shop')}), '2025-10-14 11:00:00+08',
	'is forgotten after ROLLBACK');
$writer->query(q{BEGIN; SAVEPOINT s; UPDATE sla.calendar_hours SET closes = '20:00' WHERE calendar = 'shop'});
is($writer->query(q{SELECT sla.add_business_time('2025-10-13 16:00+08', '4 hours', 'shop')}), '2025-10-13 20:00:00+08',
	'a change in a subtransaction');
$writer->query('ROLLBACK TO s');
is($writer->query(q{SELECT sla.add_business_time('2025-10-13 16:00+08', '4 hours', 'shop')}), '2025-10-14 11:00:00+08',
	'is forgotten after ROLLBACK TO');
$writer->query('COMMIT');
is($reader->query($due), '2025-10-13 18:00:00+08', 'what was rolled back was never seen elsewhere');

# REPEATABLE READ: the snapshot does not hold back the configuration of a committed change.
$reader->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
is($reader->query($due), '2025-10-13 18:00:00+08', 'before a change, in a REPEATABLE READ transaction');
$writer->query(q{UPDATE sla.calendar_hours SET closes = '17:30' WHERE calendar = 'shop'});
is($reader->query($due), '2025-10-14 09:30:00+08', 'after its commit it holds there, too');
$reader->query('COMMIT');

$writer->query(q{INSERT INTO sla.calendar_day (calendar, day, name) VALUES ('shop', '2025-10-14', 'inventory')});
is($reader->query($due), '2025-10-15 09:30:00+08', 'a holiday');
$writer->query('TRUNCATE sla.calendar_day');
is($reader->query($due), '2025-10-14 09:30:00+08', 'TRUNCATE of the holidays');
$writer->query(q{SET session_replication_role = replica; UPDATE sla.calendar_hours SET closes = '18:00' WHERE calendar = 'shop'; RESET session_replication_role});
is($reader->query($due), '2025-10-13 18:00:00+08', 'a change that came by replication');

# Parallel workers read it for themselves.
my $parallel = q{SELECT count(DISTINCT sla.add_business_time(at, '2 hours', 'shop')), min(sla.add_business_time(at, '2 hours', 'shop')) FROM public.started};
my $serial = $reader->query($parallel);
$reader->query(q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2});
like($reader->query("EXPLAIN (ANALYZE, COSTS off, TIMING off) SELECT at FROM public.started WHERE sla.add_business_time(at, '2 hours', 'shop') < '2025-10-13 18:00+08'"),
	qr/Workers Launched: [12]/, 'a query of deadlines runs in parallel');
my $counted = q{SELECT count(*) FROM public.started WHERE sla.add_business_time(at, '2 hours', 'shop') <= '2025-10-13 18:00+08'};
is($reader->query($counted), 420, 'and finds what it should');
$writer->query(q{UPDATE sla.calendar_hours SET closes = '19:00' WHERE calendar = 'shop'});
is($reader->query($counted), 480, 'with workers that know the change as well: none is later than 18:00');
is($reader->query(q{BEGIN; UPDATE sla.calendar_hours SET closes = '17:00' WHERE calendar = 'shop'; } . $counted), 420,
	'also one of this very transaction');
$reader->query('ROLLBACK; RESET ALL');
$reader->query("SET timezone = 'Asia/Shanghai'; SET sla.now = '2025-10-13 10:00+08'; SET client_min_messages = warning");
is($reader->query($parallel), $reader->query($parallel), 'the same twice');

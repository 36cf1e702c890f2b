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

# A transaction may go on with what it knows; after it, the change holds.
for my $level ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
{
	my ($closes, $then) = $level eq 'REPEATABLE READ' ? ('18:00', '2025-10-13 18:00:00+08') : ('17:30', '2025-10-14 09:30:00+08');

	$reader->query("BEGIN ISOLATION LEVEL $level");
	isnt($reader->query($due), $then, "before a change, in a $level transaction");
	$writer->query("UPDATE sla.calendar_hours SET closes = '$closes' WHERE calendar = 'shop'");
	$reader->query($due);
	$reader->query('COMMIT');
	is($reader->query($due), $then, "after both have committed, $level");
}

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
my $counted = q{SELECT count(*) FROM public.started WHERE sla.add_business_time(at, '2 hours', 'shop') < '2025-10-14 00:00+08'};
is($reader->query($counted), 420, 'and finds what it should');
$writer->query(q{UPDATE sla.calendar_hours SET closes = '19:00' WHERE calendar = 'shop'});
is($reader->query($counted), 480, 'with workers that know a change as well');
is($reader->query(q{BEGIN; UPDATE sla.calendar_hours SET closes = '17:00' WHERE calendar = 'shop'; } . $counted), 360,
	'also one of this very transaction');
$reader->query('ROLLBACK; RESET ALL');
$reader->query("SET timezone = 'Asia/Shanghai'; SET sla.now = '2025-10-13 10:00+08'; SET client_min_messages = warning");
is($reader->query($parallel), $reader->query($parallel), 'the same twice');

# Policies: a new draft changes nothing, its publication does.
$writer->query(q{
	INSERT INTO sla.policy (policy, version, position, applies_to) VALUES ('shop', 1, 1, $$channel = 'shop'$$);
	INSERT INTO sla.target (policy, version, target, milestone, starts_on, stops_on, duration, calendar, responsible_role, condition)
		VALUES ('shop', 1, 'answer', 'answer', '{received}', '{answered}', '2 hours', 'shop', '{agent}', NULL);
	SELECT sla.publish_policy('shop', 1, '2025-10-13 09:00+08')});
$reader->query('BEGIN');
is(deadlines($reader, 'inquiry'), 'answer 12:00', 'a published policy');
$reader->query('ROLLBACK');
my $policies = loads($reader, 'policies');
$reader->query('BEGIN');
deadlines($reader, 'inquiry') for 1 .. 3;
$reader->query('ROLLBACK');
is(loads($reader, 'policies'), $policies, 'is read once, however many tickets come');
$writer->query(q{SELECT sla.revise_policy('shop');
	UPDATE sla.target SET duration = '3 hours' WHERE policy = 'shop' AND version = 2;
	INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, stops_on, duration, responsible_role)
		VALUES ('shop', 2, 'visit', 'visit', $$type = 'complaint'$$, '{received}', '{visit_done}', '5 hours', '{agent}')});
$reader->query('BEGIN');
is(deadlines($reader, 'complaint'), 'answer 12:00', 'a draft changes nothing');
$reader->query('COMMIT');
$writer->query(q{SELECT sla.publish_policy('shop', 2, '2025-10-13 09:30+08')});
$reader->query('BEGIN');
is(deadlines($reader, 'complaint'), 'answer 13:00, visit 15:00', 'its publication does');
is(deadlines($reader, 'inquiry'), 'answer 13:00', 'condition and all');
$reader->query('ROLLBACK');
my $old = $reader->query(q{INSERT INTO sla.ticket (type, channel, owner, received_at)
	VALUES ('complaint', 'shop', 'alice', '2025-10-13 09:20+08') RETURNING policy_version});
is($old, 1, 'a ticket received before keeps the version of that time');

# The shape of the tables: a company's own columns come and go beside open sessions with kept plans.
$writer->query('ALTER TABLE sla.ticket ADD COLUMN contract text; ALTER TABLE sla.clock ADD COLUMN team text');
$reader->query('BEGIN');
is(deadlines($reader, 'complaint'), 'answer 13:00, visit 15:00', 'columns are added to ticket and clock');
$reader->query('COMMIT');
my $ticket = $reader->query(q{INSERT INTO sla.ticket (type, channel, owner, contract) VALUES ('complaint', 'shop', 'alice', 'gold') RETURNING ticket_id});
is($reader->query("UPDATE sla.ticket SET type = 'inquiry' WHERE ticket_id = $ticket; SELECT sla.record($ticket, 'answered')"), 2,
	'work goes on with them');
$writer->query('ALTER TABLE sla.ticket DROP COLUMN contract; ALTER TABLE sla.clock DROP COLUMN team');
is($reader->query("UPDATE sla.ticket SET type = 'complaint' WHERE ticket_id = $ticket; SELECT sla._refold_check($ticket)"), '',
	'and without them again');

# People: who answers for a miss is asked when it happens.
$node->safe_psql('postgres', q{TRUNCATE sla.ticket, sla.event, sla.clock, sla.breach, sla.finding});
sub miss
{
	my ($session) = @_;

	return $session->query(q{
		SET sla.now = '2025-10-13 10:00+08';
		INSERT INTO sla.ticket (type, urgency, owner, department) VALUES ('other', 'urgent', 'alice', 'tech') RETURNING ticket_id AS id \gset
		SET sla.now = '2025-10-13 16:00+08';
		SELECT swept FROM sla.sweep() \gset
		SELECT b.responsible, e.recipients FROM sla.breach b JOIN sla.escalation e USING (ticket_id, target)
		WHERE ticket_id = :id AND target = 'resolve_urgent' AND level = 1});
}
is(miss($reader), '{henry}|{susan,henry}', 'the head of a department answers, the supervisor hears of it');
my $people = loads($reader, 'people');
is(miss($reader), '{henry}|{susan,henry}', 'and again');
is(loads($reader, 'people'), $people, 'without reading all people again');
$writer->query(q{UPDATE sla.department SET head = 'bob' WHERE department = 'tech'});
is(miss($reader), '{bob}|{susan,bob}', 'another head');
is(loads($reader, 'people'), $people + 1, 'is read once');
$writer->query(q{UPDATE sla.employee SET supervisor = 'lucy' WHERE employee = 'alice'});
is(miss($reader), '{bob}|{lucy,bob}', 'another supervisor');
$writer->query(q{BEGIN; UPDATE sla.employee SET supervisor = 'henry' WHERE employee = 'alice'});
is(miss($reader), '{bob}|{lucy,bob}', 'one that is not committed');
$writer->query('ROLLBACK; TRUNCATE sla.department');
is(miss($reader), '{}|{lucy}', 'no departments at all');
$writer->query(q{INSERT INTO sla.department (department, head) VALUES ('tech', 'henry')});
is(miss($reader), '{henry}|{lucy,henry}', 'a new one');

# Event rules are read with the policy: a session that has recorded events follows a new version's rules.
is($reader->query(q{SET sla.now = '2025-10-13 17:00+08';
	INSERT INTO sla.ticket (type, channel, owner) VALUES ('complaint', 'shop', 'alice') RETURNING ticket_id AS id \gset
	SELECT sla.record(:id, 'answered')}), 1, 'an event');
$writer->query(q{SELECT sla.revise_policy('shop');
	INSERT INTO sla.event_rule (policy, version, rule, event, requires, message) VALUES
		('shop', 3, 'needs_note', 'answered', 'event_note IS NOT NULL', 'an answer needs a note');
	SELECT sla.publish_policy('shop', 3, '2025-10-13 16:30+08')});
like($reader->query(q{INSERT INTO sla.ticket (type, channel, owner) VALUES ('complaint', 'shop', 'alice') RETURNING ticket_id AS id \gset
	SELECT sla.record(:id, 'answered')}), qr/an answer needs a note/, 'that a new version refuses');

# Work with a calendar that comes and goes.
like($reader->query(q{SELECT sla.is_open('2025-10-13 10:00+08', 'late')}), qr/ERROR: .*"late"/, 'an unknown calendar');
$writer->query(q{INSERT INTO sla.calendar (calendar, time_zone) VALUES ('late', 'Asia/Shanghai');
	INSERT INTO sla.calendar_hours VALUES ('late', 1, '09:00', '24:00')});
is($reader->query(q{SELECT sla.is_open('2025-10-13 10:00+08', 'late')}), 't', 'is known once it is there');
$writer->query(q{DELETE FROM sla.calendar WHERE calendar = 'late'});
like($reader->query(q{SELECT sla.is_open('2025-10-13 10:00+08', 'late')}), qr/ERROR: .*"late"/, 'and unknown when it is gone');

$_->close for $writer, $reader;
$node->stop;
done_testing();

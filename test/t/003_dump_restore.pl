# Every row survives pg_dump and pg_restore in each of the ways that are documented, also where the
# extension is absent for a while; afterwards work goes on exactly as it does in the original.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $node = SlaTest::bare_cluster('main');
my $dump = $node->basedir . '/dumps';
mkdir $dump;

# The original: tickets in every state, and what a company has added to our tables.
$node->safe_psql('postgres', 'CREATE DATABASE original');
SlaTest::company($node, 'original');
$node->safe_psql('original', <<'SQL');
ALTER TABLE sla.ticket ADD COLUMN contract text DEFAULT 'standard';
ALTER TABLE sla.clock ADD COLUMN team text;
CREATE INDEX ticket_contract ON sla.ticket (contract);
CREATE VIEW public.our_board AS SELECT ticket_id, target, state FROM sla.clocks;

SET sla.now = '2025-10-13 09:00+08';
INSERT INTO sla.ticket (type, urgency, owner, department, contract) VALUES
	('complaint', 'important', 'alice', 'tech', 'gold'), ('complaint', 'urgent', 'anna', 'tech', DEFAULT),
	('inquiry', 'normal', 'alice', NULL, 'gold'), ('complaint', 'normal', 'anna', 'logistics', DEFAULT);
SET sla.now = '2025-10-13 09:30+08';
SELECT sla.record(1, 'work_started', note => E'a line\nand "another"\t\\');
SELECT sla.record(3, 'answered');
SELECT sla.rate(3, 2, '不满意');
UPDATE sla.clock SET team = 'night' WHERE ticket_id = 1;
SELECT sla.sweep();
SET sla.now = '2025-10-13 11:45+08';
SELECT sla.sweep();
SELECT sla.confirm_penalty(ticket_id, ladder, employee, 'susan') FROM sla.penalty WHERE ticket_id = 2 AND employee = 'anna';
SELECT sla.void_breach(ticket_id, target, cycle, due_at, kind, 'power cut', 'susan')
	FROM sla.breach WHERE ticket_id = 4 ORDER BY due_at LIMIT 1;
SELECT count(*) FROM sla.claim_notifications();
DELETE FROM sla.ticket WHERE ticket_id = -1;
SELECT sla.revise_policy('trading_company');
SELECT sla.set_contact(1, 'Li Wei', '13800000000');
SELECT count(*) FROM sla.contact(1, 'to tell of the dump');
UPDATE sla.employee SET department = 'tech' WHERE employee = 'alice';
SELECT sla.enable_row_security();
CREATE ROLE alice;
SELECT sla.grant_access('agent', 'alice');
SQL

# What an agent sees with row security on: her own tickets and her department's.
sub seen_by_alice
{
	my ($at, $database) = @_;

	return $at->safe_psql($database, q{SET ROLE alice; SELECT (SELECT string_agg(ticket_id::text, ',' ORDER BY ticket_id) FROM sla.ticket),
		(SELECT string_agg(DISTINCT ticket_id::text, ',') FROM sla.clock), (SELECT count(*) FROM sla.event WHERE ticket_id = 4)});
}

# Count and checksum of every table in schema sla, and where its sequences are.
sub fingerprint
{
	my ($at, $database) = @_;
	my @tables = split /\n/, $at->safe_psql($database,
		q{SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'sla'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname});

	return $at->safe_psql($database, join("\nUNION ALL\n",
		(map { qq{SELECT '$_', count(*), md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM $_ t} } @tables),
		q{SELECT sequencename::text, last_value, '' FROM pg_sequences WHERE schemaname = 'sla'}));
}

# Work goes on: a further ticket, an act, a decision, a late sweep; returns everything there is afterwards.
sub go_on
{
	my ($at, $database) = @_;

	return $at->safe_psql($database, <<'SQL');
SET sla.now = '2025-10-13 13:20+08';
INSERT INTO sla.ticket (type, urgency, owner, department) VALUES ('complaint', 'urgent', 'alice', 'logistics');
SELECT sla.record(2, 'dept_responded', '2025-10-13 13:00+08');
UPDATE sla.ticket SET department = 'logistics' WHERE ticket_id = 1;
SET sla.now = '2025-10-13 15:45+08';
SELECT sla.sweep();
SELECT 'check', t.ticket_id, c FROM sla.ticket t, sla._refold_check(t.ticket_id) c;
SELECT 'ticket', to_jsonb(t) FROM sla.ticket t ORDER BY ticket_id;
SELECT 'event', to_jsonb(e) FROM sla.event e ORDER BY ticket_id, event_no;
SELECT 'clock', to_jsonb(c) FROM sla.clock c ORDER BY ticket_id, target, cycle, seq;
SELECT 'breach', to_jsonb(b) FROM sla.breach b ORDER BY ticket_id, target, cycle, due_at, kind;
SELECT 'escalation', to_jsonb(e) FROM sla.escalation e ORDER BY ticket_id, target, cycle, due_at, kind, level;
SELECT 'notification', to_jsonb(n) - 'notification_id' FROM sla.notification n ORDER BY ticket_id, target, cycle, due_at, kind, level, recipient;
SELECT 'penalty', to_jsonb(p) FROM sla.penalty p ORDER BY ticket_id, ladder, employee;
SELECT 'health', severity, code, object, message FROM sla.health ORDER BY 3, 4, 5;
SELECT 'live', count(*) FROM sla.live_board;
SQL
}

my $kept = fingerprint($node, 'original');
my $seen = seen_by_alice($node, 'original');
is($seen, '1,2,3|1,2,3|0', 'row security hides a ticket from an agent of another department');
like($kept, qr/^sla\.$_\|[1-9]/m, "there are rows in sla.$_")
	for qw(ticket event clock breach escalation notification penalty policy target calendar_day employee contact access_log schema_version);

# All dumps first, then the original goes on.
my @dump = ('-Fc', '-d', $node->connstr('original'));
$node->command_ok([ 'pg_dump', @dump, '-f', "$dump/all" ], 'pg_dump');
$node->command_ok([ 'pg_dump', @dump, '-n', 'sla', '-e', 'sla_ext', '-f', "$dump/sla" ], 'pg_dump -n sla -e sla_ext');
my $expected = go_on($node, 'original');
unlike($expected, qr/^check/m, 'the original folds to what is stored');

sub restored_ok
{
	my ($at, $database, $how) = @_;

	SlaTest::same_lines(fingerprint($at, $database), $kept, "$how keeps every row and sequence");
	is(seen_by_alice($at, $database), $seen, "$how: row security hides the same") if $at->safe_psql('postgres', q{SELECT count(*) FROM pg_roles WHERE rolname = 'alice'});
	SlaTest::same_lines(go_on($at, $database), $expected, "$how: work goes on as in the original");
}

# 1. Everything, into an empty database.
$node->safe_psql('postgres', 'CREATE DATABASE whole');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('whole'), "$dump/all" ],
	'pg_restore --exit-on-error');
is($node->safe_psql('whole', q{SELECT string_agg(extversion, ',') FROM pg_extension WHERE extname = 'sla_ext'}), '1.0',
	'the extension comes along');
is($node->safe_psql('whole', q{SELECT to_regclass('sla.ticket_contract'), to_regclass('public.our_board')}),
	'sla.ticket_contract|our_board', 'and so do a company\'s own index and view');
restored_ok($node, 'whole', 'a full restore');

# 2. The schema and the extension alone.
$node->safe_psql('postgres', 'CREATE DATABASE part');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('part'), "$dump/sla" ],
	'pg_restore of -n sla -e sla_ext');

# 3. DROP EXTENSION leaves the tables; CREATE EXTENSION and setup() bring the rest back.
$node->safe_psql('part', 'DROP EXTENSION sla_ext CASCADE');
is($node->safe_psql('part', q{SELECT count(*) FROM pg_trigger WHERE tgrelid = 'sla.ticket'::regclass}), 0,
	'DROP EXTENSION ... CASCADE takes the triggers');
SlaTest::same_lines(fingerprint($node, 'part'), $kept, 'but no row');
is(seen_by_alice($node, 'part'), $seen, 'and row security hides the same meanwhile');
$node->safe_psql('part', 'CREATE EXTENSION sla_ext; SELECT sla.setup()');
restored_ok($node, 'part', 'a restore of schema sla, then DROP and CREATE EXTENSION and setup()');

# 4. Data only, into tables that setup() has made; it has put rows into three of them.
$node->safe_psql('postgres', 'CREATE DATABASE data');
$node->safe_psql('data', q{CREATE EXTENSION sla_ext; SELECT sla.setup();
	ALTER TABLE sla.ticket ADD COLUMN contract text DEFAULT 'standard'; ALTER TABLE sla.clock ADD COLUMN team text;
	TRUNCATE sla.calendar, sla.schema_version, sla.rollup_month CASCADE});
$node->command_ok([ 'pg_restore', '--exit-on-error', '--data-only', '--disable-triggers', '-n', 'sla', '-d', $node->connstr('data'), "$dump/sla" ],
	'pg_restore --data-only --disable-triggers');
my $when = q{SELECT DISTINCT tgname, tgenabled FROM pg_trigger WHERE tgname ~ '^config_' ORDER BY tgname};
is($node->safe_psql('data', $when), "config_changed|O\nconfig_replicated|O", 'pg_restore forgets when a trigger is to fire');
$node->safe_psql('data', 'SELECT sla.setup()');
is($node->safe_psql('data', $when), "config_changed|A\nconfig_replicated|R", 'setup() sets it right');
# Rights and row security are no data.
$node->safe_psql('data', q{SELECT sla.grant_access('agent', 'alice'); SELECT sla.enable_row_security()});
restored_ok($node, 'data', 'a data-only restore');

# 5. On a server that has never heard of sla_ext.
my $folder = $node->basedir . '/without';
my $bare = PostgreSQL::Test::Cluster->new('bare', install_path => SlaTest::server_without_extension($folder));
$bare->init;
$bare->append_conf('postgresql.conf', "timezone = 'UTC'\n");
$bare->start;
$bare->safe_psql('postgres', 'CREATE DATABASE whole');
$bare->command_fails_like([ 'pg_restore', '-d', $bare->connstr('whole'), "$dump/all" ],
	qr/could not open extension control file|extension "sla_ext" is not available/,
	'without the extension pg_restore complains');
SlaTest::same_lines(fingerprint($bare, 'whole'), $kept, 'but keeps every row and sequence');
is($bare->safe_psql('whole', q{SELECT contract FROM sla.ticket WHERE ticket_id = 1}), 'gold', 'which can be read');
SlaTest::add_extension($folder);
$bare->safe_psql('whole', 'CREATE EXTENSION sla_ext; SELECT sla.setup()');
restored_ok($bare, 'whole', 'once the extension is there, CREATE EXTENSION and setup()');

$bare->stop;
$node->stop;
done_testing();

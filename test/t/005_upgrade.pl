# sla.setup() may be run at any time, by anybody at once, beside people at work: it brings whatever is
# missing or out of date to what it should be and leaves everything else alone.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $node = SlaTest::bare_cluster('main');
SlaTest::company($node, 'postgres');

# The definition of everything in schema sla, from another database or at another time.
sub definition
{
	my ($database) = @_;
	my ($text) = run_command([ 'pg_dump', '-s', '-n', 'sla', '-d', $node->connstr($database) ]);

	return join "\n", grep { !/^\\(un)?restrict/ } split /\n/, $text;
}

sub setup_ok
{
	my ($name) = @_;

	like($node->safe_psql('postgres', 'SELECT sla.setup()'), qr/^sla_ext \S+: .*schema version \d+/, "setup(): $name");
}

sub finding
{
	my ($code) = @_;

	return $node->safe_psql('postgres', "SELECT severity, message, hint FROM sla.health WHERE code = '$code'");
}

$node->safe_psql('postgres', q{
	SET sla.now = '2025-10-13 09:00+08';
	INSERT INTO sla.ticket (type, urgency, owner, department) VALUES ('complaint', 'urgent', 'alice', 'tech');
	SET sla.now = '2025-10-13 10:00+08';
	SELECT sla.sweep()});
my $rows = q{SELECT (SELECT string_agg(c::text, ' ' ORDER BY c) FROM sla.clock c), (SELECT string_agg(b::text, ' ' ORDER BY b) FROM sla.breach b)};
my $kept = $node->safe_psql('postgres', $rows);
my $definition = definition('postgres');
my $version = $node->safe_psql('postgres', 'SELECT version, installed_at FROM sla.schema_version');

# Twice.
setup_ok('again');
SlaTest::same_lines(definition('postgres'), $definition, 'a second setup() changes no definition');
is($node->safe_psql('postgres', 'SELECT version, installed_at FROM sla.schema_version'), $version, 'nor the version');
is($node->safe_psql('postgres', $rows), $kept, 'nor any row');

# At once, in an empty database.
$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION sla_ext');
my @sessions = map { SlaTest::Session->new($node, 'fresh') } 1 .. 4;
$_->send('SELECT sla.setup()') for @sessions;
is(scalar(grep { $_->finish =~ /^sla_ext .*schema version \d+\)$/ } @sessions), 4, 'four sessions at once set up an empty database');
$_->close for @sessions;
SlaTest::same_lines(definition('fresh'), $definition, 'once');

# What was lost or switched off comes back, what a company has added stays.
$node->safe_psql('postgres', q{
	DROP VIEW sla.workload;
	DROP INDEX sla.clock_due;
	DROP TRIGGER ticket_arrives ON sla.ticket;
	ALTER TABLE sla.ticket DISABLE TRIGGER ALL;
	ALTER TABLE sla.employee ENABLE TRIGGER ALL;
	COMMENT ON TABLE sla.ticket IS NULL});
setup_ok('after something was dropped');
SlaTest::same_lines(definition('postgres'), $definition, 'everything is back');
$node->safe_psql('postgres', q{
	ALTER TABLE sla.ticket ADD COLUMN contract text;
	CREATE INDEX ticket_contract ON sla.ticket (contract);
	CREATE ROLE bi;
	GRANT USAGE ON SCHEMA sla TO bi;
	GRANT SELECT ON sla.live_board TO bi});
my $own = definition('postgres');
setup_ok('with a company\'s own column, index and grants');
SlaTest::same_lines(definition('postgres'), $own, 'they stay');

# Tables of an older version.
is(finding('schema_outdated'), '', 'the tables are of the right version');
$node->safe_psql('postgres', 'UPDATE sla.schema_version SET version = 0');
my $ticket = $node->safe_psql('postgres', q{
	SET sla.now = '2025-10-13 11:00+08';
	INSERT INTO sla.ticket (type, urgency, owner, department) VALUES ('complaint', 'urgent', 'alice', 'tech') RETURNING ticket_id});
is($node->safe_psql('postgres', "SELECT count(*) > 3 FROM sla.clock WHERE ticket_id = $ticket"), 't',
	'with older tables tickets come in and have their deadlines');
is($node->safe_psql('postgres', qq{SET sla.now = '2025-10-13 11:02+08'; SELECT sla.record($ticket, 'first_response')}), 2, 'and events are recorded');
like(finding('schema_outdated'), qr/^error\|the tables are of version 0, the extension needs version \d+\|Run SELECT sla\.setup\(\);$/,
	'health says what to do');
setup_ok('with older tables');
is(finding('schema_outdated'), '', 'then all is well');
is($node->safe_psql('postgres', 'SELECT version FROM sla.schema_version') . '|', ($version =~ /^(\d+)/)[0] . '|', 'the version is the right one');

# No version at all.
$node->safe_psql('postgres', 'DELETE FROM sla.schema_version');
like(finding('schema_outdated'), qr/version unknown/, 'health knows what it does not know');
setup_ok('without a version');
is(finding('schema_outdated'), '', 'it is known again');

# Tables of a newer version are left alone.
$node->safe_psql('postgres', 'UPDATE sla.schema_version SET version = 99');
my (undef, undef, $error) = $node->psql('postgres', 'SELECT sla.setup()');
like($error, qr/ERROR: .*newer version \(99\).*HINT:  Install the newer extension/s, 'setup() refuses tables of a newer version');
is($node->safe_psql('postgres', 'SELECT version FROM sla.schema_version'), 99, 'and leaves them alone');
$node->safe_psql('postgres', q{UPDATE sla.schema_version SET version = 1});

# Beside people at work: nobody fails, nobody waits for ever.
my @workers = map { SlaTest::Session->new($node, 'postgres') } 1 .. 2;
$_->send(q{DO $$
	DECLARE
		id bigint;
	BEGIN
		FOR i IN 1 .. 150 LOOP
			INSERT INTO sla.ticket (type, urgency, owner, department) VALUES ('complaint', 'urgent', 'alice', 'tech') RETURNING ticket_id INTO id;
			PERFORM sla.record(id, 'first_response');
			UPDATE sla.ticket SET urgency = 'important' WHERE ticket_id = id;
			COMMIT;
		END LOOP;
	END $$; SELECT 'worked'}) for @workers;
my $admin = SlaTest::Session->new($node, 'postgres');
is(join(' ', map { $admin->query('SELECT sla.setup()') =~ /^sla_ext / } 1 .. 3), '1 1 1', 'three times setup() beside people at work');
is($_->finish, 'worked', 'who go on with it') for @workers;
is($node->safe_psql('postgres', "SELECT count(*) FROM sla.ticket t, sla._refold_check(t.ticket_id) c WHERE ticket_id > $ticket"), 0,
	'and nothing went wrong');
$_->close for $admin, @workers;

$node->stop;
done_testing();

# Attached tables survive every way of dumping and restoring, renames, dropped columns and tables, and
# the extension's going and coming: no row of history is lost, no row becomes a second ticket, and the
# company's table can be written whatever has happened to our part of it.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $node = SlaTest::bare_cluster('main');
my $dump = $node->basedir . '/dumps';
mkdir $dump;

# A plain table with a second one for replies, and a partitioned one whose triggers fire for replicated rows, too.
my %attach = (
	incident => q{SELECT count(*) > 0 FROM sla.attach('crm.incident', policy => 'trading_company', time_zone => 'Asia/Shanghai',
		columns => '{"received_at": "opened_at", "subject": "title", "department": "team", "owner": "agent", "type": {"value": "complaint"},
			"urgency": {"column": "level", "map": {"A": "urgent", "B": "important"}, "else": "normal"}, "order_ref": {"sql": "''CRM '' || new.no"}}',
		events => '[{"event": "resolved", "when": "OLD.phase <> ''done'' AND NEW.phase = ''done''", "at": "solved_at"},
			{"event": "reopened", "when": "OLD.phase = ''done'' AND NEW.phase <> ''done''"},
			{"event": "first_response", "table": "crm.reply", "key": "incident_no", "when": "NEW.is_public", "at": "sent_at", "actor": "author"}]')},
	visit => q{SELECT count(*) > 0 FROM sla.attach('crm.visit', key => 'no', policy => 'trading_company', fire => 'always',
		columns => '{"received_at": "asked_at", "subject": "title", "type": {"value": "complaint"}, "order_ref": {"sql": "''VISIT '' || new.no"}}',
		events => '[{"event": "resolved", "when": "OLD.phase <> ''done'' AND NEW.phase = ''done''"}]')});

sub build
{
	my ($database) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	SlaTest::company($node, $database);
	$node->safe_psql($database, qq{
		CREATE SCHEMA crm;
		CREATE TABLE crm.incident (no text PRIMARY KEY, title text, level text, phase text NOT NULL DEFAULT 'new', team text, agent text,
			opened_at timestamp NOT NULL, solved_at timestamp, remark text);
		CREATE TABLE crm.reply (reply_id int PRIMARY KEY, incident_no text REFERENCES crm.incident ON DELETE CASCADE ON UPDATE CASCADE, author text, is_public boolean, sent_at timestamp);
		CREATE TABLE crm.visit (no int, title text, phase text, asked_at timestamptz, PRIMARY KEY (no, phase)) PARTITION BY LIST (phase);
		CREATE TABLE crm.visit_open PARTITION OF crm.visit FOR VALUES IN ('new', 'open');
		CREATE TABLE crm.visit_done PARTITION OF crm.visit FOR VALUES IN ('done');
		INSERT INTO crm.incident (no, title, level, opened_at) VALUES ('0', 'old', 'A', '2025-10-10 09:00');
		$attach{incident}; $attach{visit};
		SET sla.now = '2025-10-13 09:00+08';
		INSERT INTO crm.incident (no, title, level, agent, opened_at) VALUES
			('1', 'one', 'A', 'alice', '2025-10-13 09:00'), ('2', 'two', 'B', 'anna', '2025-10-13 08:50'), ('3', 'three', 'C', 'alice', '2025-10-13 08:55');
		INSERT INTO crm.visit VALUES (1, 'first', 'new', '2025-10-13 09:00+08'), (2, 'second', 'open', '2025-10-13 09:00+08');
		SET sla.now = '2025-10-13 09:30+08';
		INSERT INTO crm.reply VALUES (1, '1', 'alice', true, '2025-10-13 09:10');
		UPDATE crm.incident SET team = 'tech' WHERE no = '2';
		UPDATE crm.incident SET phase = 'done', solved_at = '2025-10-13 09:25' WHERE no = '1';
		DELETE FROM crm.incident WHERE no = '3';
		UPDATE crm.visit SET phase = 'done' WHERE no = 1;
		SELECT * FROM sla.sweep()});
	$node->safe_psql($database, q{CALL sla.backfill('crm.incident')});
	$node->safe_psql($database, q{SET sla.now = '2025-10-13 10:00+08'; SELECT * FROM sla.sweep()});
}

# Every row of ours and of the company's.
sub fingerprint
{
	my ($at, $database) = @_;
	my @tables = split /\n/, $at->safe_psql($database,
		q{SELECT c.oid::regclass FROM pg_class c WHERE relnamespace IN (to_regnamespace('sla'), to_regnamespace('crm')) AND relkind = 'r' ORDER BY 1});

	return $at->safe_psql($database, join("\nUNION ALL\n",
		map { qq{SELECT '$_', count(*), md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM $_ t} } @tables));
}

# What sla.attach() has made: views and triggers, those of partitions included.
sub made
{
	my ($at, $database) = @_;

	return $at->safe_psql($database, q{
		SELECT pg_get_triggerdef(t.oid), t.tgenabled FROM pg_trigger t WHERE t.tgname LIKE 'sla\_%' AND t.tgrelid IN
			(SELECT oid FROM pg_class WHERE relnamespace <> 'sla'::regnamespace) AND NOT t.tgisinternal;
		SELECT c.relname, pg_get_viewdef(c.oid), obj_description(c.oid) FROM pg_class c WHERE relnamespace = 'sla'::regnamespace AND relname LIKE 'attached\_%' AND relkind = 'v'});
}

# Work goes on; returns what there is of it afterwards, in words that a rename leaves alone.
my $after = q{
	SELECT r.attachment, r.source_key, r.ticket_id, r.deleted_at IS NOT NULL, t.subject, t.department, t.owner, t.urgency, t.status, t.cycle, t.received_at,
		(SELECT string_agg(concat_ws('@', e.event, e.occurred_at, e.actor), ' ' ORDER BY e.event_no) FROM sla.event e WHERE e.ticket_id = r.ticket_id),
		(SELECT string_agg(concat_ws('@', b.target, b.due_at, b.voided_at IS NOT NULL), ' ' ORDER BY b.target, b.due_at) FROM sla.breach b WHERE b.ticket_id = r.ticket_id)
	FROM sla.attached_row r JOIN sla.ticket t USING (ticket_id);
	SELECT 'tickets', count(*), max(ticket_id) FROM sla.ticket;
	SELECT 'notifications', count(*) FROM sla.notification;
	SELECT severity, code, object, message FROM sla.health WHERE code LIKE 'attach%';
	SELECT 'check', t.ticket_id, c FROM sla.ticket t, sla._refold_check(t.ticket_id) c};

sub go_on
{
	my ($at, $database) = @_;

	return $at->safe_psql($database, qq{
		SET sla.now = '2025-10-13 11:00+08';
		INSERT INTO crm.incident (no, title, level, agent, opened_at) VALUES ('4', 'four', 'A', 'anna', '2025-10-13 10:55'), ('3', 'three again', 'C', 'alice', '2025-10-13 10:58');
		INSERT INTO crm.reply VALUES (2, '2', 'anna', true, '2025-10-13 10:50'), (3, '4', 'anna', false, '2025-10-13 10:57'), (4, '0', 'anna', true, '2025-10-13 10:59');
		UPDATE crm.incident SET phase = 'open', team = 'logistics' WHERE no = '1';
		UPDATE crm.incident SET no = '20', phase = 'done', solved_at = '2025-10-13 10:52' WHERE no = '2';
		INSERT INTO crm.visit VALUES (3, 'third', 'new', '2025-10-13 10:40+08');
		UPDATE crm.visit SET phase = 'done', title = 'second, done' WHERE no = 2;
		DELETE FROM crm.visit WHERE no = 1;
		SELECT count(*) FROM sla.sweep();
		$after});
}

sub query { return $node->safe_psql(@_); }

# The error of statements that are refused.
sub refused
{
	my ($database, $sql) = @_;
	my (undef, undef, $error) = $node->psql($database, $sql);

	return $error;
}

sub health
{
	my ($database) = @_;

	return query($database, q{SELECT code, object, message FROM sla.health WHERE code LIKE 'attach%' ORDER BY 1, 2});
}

#
# Dump and restore
#

build('original');
my $kept = fingerprint($node, 'original');
my $made = made($node, 'original');
like($kept, qr/^sla\.attached_row\|6\|/m, 'six rows are tickets');
like($made, qr/sla_visit_3_01_resolved AFTER UPDATE ON crm.visit_done .*\|A$/m, 'partitions have triggers that fire for every row');

my @dump = ('-d', $node->connstr('original'));
$node->command_ok([ 'pg_dump', '-Fc', @dump, '-f', "$dump/all" ], 'pg_dump -Fc');
$node->command_ok([ 'pg_dump', '-Fd', '-j2', @dump, '-f', "$dump/folder" ], 'pg_dump -Fd -j2');
$node->command_ok([ 'pg_dump', @dump, '-f', "$dump/all.sql" ], 'pg_dump');
$node->command_ok([ 'pg_dump', '-Fc', @dump, '-n', 'sla', '-e', 'sla_ext', '-f', "$dump/sla" ], 'pg_dump -n sla -e sla_ext');
$node->command_ok([ 'pg_dump', '-Fc', @dump, '-n', 'crm', '-f', "$dump/crm" ], 'pg_dump -n crm');
$node->command_ok([ 'pg_dumpall', '-d', $node->connstr('postgres'), '-f', "$dump/cluster.sql" ], 'pg_dumpall');

# The same without the extension, which somebody has dropped meanwhile.
query('postgres', 'CREATE DATABASE bare TEMPLATE original');
query('bare', 'DROP EXTENSION sla_ext CASCADE');
$node->command_ok([ 'pg_dump', '-Fc', '-d', $node->connstr('bare'), '-f', "$dump/bare" ], 'pg_dump where the extension has been dropped');

my $expected = go_on($node, 'original');
like($expected, qr/^tickets\|9\|9$/m, 'work goes on: three new tickets');
unlike($expected, qr/^(check|error)/m, 'and all of them fold to what is stored');

sub restored_ok
{
	my ($at, $database, $how) = @_;

	SlaTest::same_lines(fingerprint($at, $database), $kept, "$how: every row, and none more");
	SlaTest::same_lines(made($at, $database), $made, "$how: views and triggers as they were");
	SlaTest::same_lines(go_on($at, $database), $expected, "$how: work goes on with the same tickets");
}

sub restore
{
	my ($database, $archive, @options) = @_;

	query('postgres', "CREATE DATABASE $database");
	$node->command_ok([ 'pg_restore', '--exit-on-error', @options, '-d', $node->connstr($database), "$dump/$archive" ], "pg_restore @options $archive");
}

restore('whole', 'all', '-j2');
restored_ok($node, 'whole', 'pg_restore -j2');
# PostgreSQL itself stumbles over the keys of partitions, and drops them with their tables.
my (undef, $errors) = run_command([ 'pg_restore', '--clean', '--if-exists', '-d', $node->connstr('whole'), "$dump/all" ]);
is(join("\n", grep { !/cannot drop inherited constraint "visit_\w+_pkey"/ } $errors =~ /ERROR: .*/g), '', 'pg_restore --clean --if-exists all');
restored_ok($node, 'whole', 'pg_restore --clean over one that has gone on');
restore('folder', 'folder', '-j2');
restored_ok($node, 'folder', 'from a folder');

query('postgres', 'CREATE DATABASE script');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d', $node->connstr('script'), '-f', "$dump/all.sql" ], 'psql');
restored_ok($node, 'script', 'a script');

# Schema and data apart: then the triggers are there before the rows.
restore('apart', 'all', '--schema-only');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--data-only', '--disable-triggers', '-d', $node->connstr('apart'), "$dump/all" ], 'pg_restore --data-only --disable-triggers');
SlaTest::same_lines(fingerprint($node, 'apart'), $kept, 'a data-only restore: every row, and none more');
is(query('apart', q{SELECT DISTINCT tgenabled FROM pg_trigger WHERE tgname ~ '^sla_visit' AND tgrelid = 'crm.visit_open'::regclass}), 'O', 'pg_restore forgets when a trigger is to fire');
is(health('apart'), 'attachment_broken|visit|table crm.visit is attached as "visit", but triggers are missing, or do not fire', 'which sla.health tells');
query('apart', 'SELECT sla.setup()');
restored_ok($node, 'apart', 'a data-only restore, and setup()');

# Another cluster.
my $other = SlaTest::bare_cluster('other');
run_log([ 'psql', '-X', '-q', '-o', '/dev/null', '-d', $other->connstr('postgres'), '-f', "$dump/cluster.sql" ]);
restored_ok($other, 'original', 'pg_dumpall into another cluster');
$other->stop;

# Our schema without the company's: the rows are there, and wait for their tables.
query('postgres', 'CREATE DATABASE alone');
$node->command_fails_like([ 'pg_restore', '-d', $node->connstr('alone'), "$dump/sla" ], qr/relation "crm\.\w+" does not exist/, 'without the tables our views cannot be restored');
my $ours = join "\n", grep { /^sla\./ } split /\n/, $kept;
SlaTest::same_lines(fingerprint($node, 'alone'), $ours, 'but every row of ours is');
is(health('alone'), join("\n", map { "attachment_broken|$_|table crm.$_ is attached as \"$_\", but the view of its rows is gone" } 'incident', 'visit'), 'and sla.health tells');
is(query('alone', 'SELECT sla.setup() IS NOT NULL'), 't', 'setup() does not mind');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('alone'), "$dump/crm" ], 'then the tables, with their triggers');
SlaTest::same_lines(fingerprint($node, 'alone'), $kept, 'every row');
query('alone', "$attach{incident}; $attach{visit}");
SlaTest::same_lines(made($node, 'alone'), $made, 'attached again: views and triggers');
SlaTest::same_lines(go_on($node, 'alone'), $expected, 'attached again: work goes on with the same tickets');

# The company's schema without ours, where nobody has heard of us.
query('postgres', 'CREATE DATABASE crm');
query('crm', 'CREATE SCHEMA crm');
$node->command_fails_like([ 'pg_restore', '-d', $node->connstr('crm'), "$dump/crm" ], qr/(schema "sla"|function sla\.\w+\(\)) does not exist/, 'without ours, the triggers cannot be restored');
SlaTest::same_lines(fingerprint($node, 'crm'), join("\n", grep { /^crm\./ } split /\n/, $kept), 'but the company has all its rows');
is(query('crm', q{INSERT INTO crm.incident (no, opened_at) VALUES ('9', now()) RETURNING no; DELETE FROM crm.visit RETURNING no}), "9\n1\n2", 'and can write');

# Dumped without the extension, which is created in the copy.
restore('again', 'bare');
SlaTest::same_lines(fingerprint($node, 'again'), $kept, 'dumped without the extension: every row');
query('again', 'CREATE EXTENSION sla_ext; SELECT sla.setup()');
restored_ok($node, 'again', 'dumped without the extension, CREATE EXTENSION and setup()');

#
# Renamed
#

# What work makes of it must be the same whatever things are called: views of the old names, for go_on() to write to.
my $rename = q{
	ALTER TABLE crm.incident RENAME COLUMN phase TO stage;
	ALTER TABLE crm.incident RENAME COLUMN title TO "head line";
	ALTER TABLE crm.incident RENAME COLUMN no TO number;
	ALTER TABLE crm.incident RENAME COLUMN team TO tmp;
	ALTER TABLE crm.incident RENAME COLUMN remark TO team;
	ALTER TABLE crm.incident RENAME COLUMN tmp TO remark;
	ALTER TABLE crm.reply RENAME COLUMN is_public TO "Visible";
	ALTER TABLE crm.reply RENAME COLUMN sent_at TO at;
	ALTER TABLE crm.reply RENAME TO answer;
	ALTER TABLE crm.visit RENAME COLUMN phase TO stage;
	ALTER TABLE crm.incident RENAME TO "Case";
	CREATE SCHEMA desk; ALTER TABLE crm."Case" SET SCHEMA desk; ALTER TABLE crm.visit RENAME TO tour;
	CREATE VIEW crm.incident AS SELECT number AS no, "head line" AS title, level, stage AS phase, remark AS team, agent, opened_at, solved_at, team AS remark FROM desk."Case";
	ALTER VIEW crm.incident ALTER phase SET DEFAULT 'new';
	CREATE VIEW crm.reply AS SELECT reply_id, incident_no, author, "Visible" AS is_public, at AS sent_at FROM crm.answer;
	CREATE VIEW crm.visit AS SELECT no, title, stage AS phase, asked_at FROM crm.tour};

for my $away (0, 1)
{
	my $database = $away ? 'away' : 'renamed';
	my $how = $away ? 'renamed while the extension was away' : 'renamed';

	restore($database, 'all');
	query($database, 'DROP EXTENSION sla_ext CASCADE') if $away;
	query($database, $rename);
	if ($away)
	{
		is(query($database, q{SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'sla\_%' AND NOT tgisinternal AND tgrelid IN ('desk."Case"'::regclass, 'crm.answer'::regclass, 'crm.tour'::regclass)}), 0, "$how: no triggers meanwhile");
		# A table of the old name is another table.
		query($database, q{CREATE SCHEMA old; CREATE TABLE old.visit (no int PRIMARY KEY, phase text, title text, asked_at timestamptz)});
		query($database, 'CREATE EXTENSION sla_ext; SELECT sla.setup()');
	}
	is(health($database), '', "$how: nothing is broken");
	like(made($node, $database), qr/sla_incident_3_01_resolved AFTER UPDATE ON desk\."Case" FOR EACH ROW WHEN \(.*old\.stage.*new\.stage/, "$how: conditions follow");
	like(made($node, $database), qr/ON crm\.answer .*"Visible"/, "$how: those of the second table, too");
	SlaTest::same_lines(go_on($node, $database), $expected, "$how: work goes on with the same tickets");
	is(query($database, q{SELECT * FROM sla.reconcile('desk."Case"', '2025-10-13 08:00+08')}), '0|0|0|0|0', "$how: there is nothing to catch up with");
	is(query($database, q{SELECT sla.detach('crm.tour'); SELECT attachment FROM sla.attachment}), "t\nincident", "$how: it can be detached");
}

#
# The extension goes and comes
#

restore('gone', 'all');
query('gone', 'DROP EXTENSION sla_ext CASCADE');
SlaTest::same_lines(fingerprint($node, 'gone'), $kept, 'DROP EXTENSION ... CASCADE: every row');
is(query('gone', q{
	INSERT INTO crm.incident (no, title, level, opened_at) VALUES ('5', 'five', 'A', '2025-10-13 10:10');
	UPDATE crm.incident SET phase = 'done', solved_at = '2025-10-13 10:15' WHERE no = '2';
	DELETE FROM crm.incident WHERE no = '0';
	INSERT INTO crm.reply VALUES (9, '5', 'alice', true, '2025-10-13 10:12');
	UPDATE crm.visit SET phase = 'done' WHERE no = 2;
	SELECT count(*) FROM crm.incident}), 3, 'the company works on');
query('gone', 'CREATE EXTENSION sla_ext; SELECT sla.setup()');
SlaTest::same_lines(made($node, 'gone'), $made, 'CREATE EXTENSION and setup(): views and triggers as they were');
query('gone', 'SELECT sla.setup()');
SlaTest::same_lines(made($node, 'gone'), $made, 'and once more');
is(query('gone', q{SET sla.now = '2025-10-13 10:20+08'; SELECT * FROM sla.reconcile('crm.incident', '2025-10-13 08:00+08')}), '1|0|1|1|0', 'reconcile() makes up for what has been missed');
is(query('gone', q{SELECT source_key, status, (SELECT string_agg(event, ' ' ORDER BY event_no) FROM sla.event e WHERE e.ticket_id = t.ticket_id)
	FROM sla.attached_row r JOIN sla.ticket t USING (ticket_id) WHERE attachment = 'incident' AND source_key IN ('0', '2', '5') ORDER BY 1}),
	"0|withdrawn|withdrawn\n2|resolved|changed assigned resolved\n5|open|first_response", 'the deleted row, the solved one and the new one with its reply');

#
# Dropped
#

# A column that a ticket's column comes from.
restore('dropped', 'all');
my $row = q{INSERT INTO crm.incident (no, level, opened_at) VALUES ('%s', 'A', '2025-10-13 10:55') RETURNING no};
like(refused('dropped', 'ALTER TABLE crm.incident DROP COLUMN title'), qr/cannot drop column title of table crm.incident because other objects depend on it/, 'a mapped column is not dropped by chance');
query('dropped', 'ALTER TABLE crm.incident DROP COLUMN title CASCADE');
my $broken = qr/^attachment_broken\|incident\|table crm.incident is attached as "incident", but the view of its rows is gone/m;
like(health('dropped'), $broken, 'CASCADE takes our view, which sla.health tells');
is(query('dropped', sprintf($row, 'x') . q{; UPDATE crm.incident SET phase = 'done' WHERE no = '2'; DELETE FROM crm.incident WHERE no = '0'; SELECT count(*) FROM crm.incident}), "x\n3", 'the table can be written');
like(health('dropped'), qr/^attachment_failed\|incident\|/m, 'what has been missed is a finding');
like(query('dropped', q{SELECT event FROM sla.event JOIN sla.attached_row USING (ticket_id) WHERE source_key = '2'}), qr/^resolved$/m, 'and an event that does not need the column is told all the same');
is(query('dropped', q{SELECT sla.setup() IS NOT NULL; SELECT count(*) FROM sla.health WHERE code = 'attachment_broken'}), "t\n1", 'setup() cannot mend it');
(my $less = $attach{incident}) =~ s/"subject": "title", //;
is(query('dropped', "$less; SET sla.now = '2025-10-13 11:00+08'; SELECT * FROM sla.reconcile('crm.incident', '2025-10-13 08:00+08')"), "t\n1|0|1|0|0", 'attached again, it catches up');
is(health('dropped'), '', 'and all is well');
is(query('dropped', q{SELECT count(*), count(DISTINCT ticket_id) FROM sla.attached_row; SELECT count(*) FROM sla.ticket}), "7|7\n7", 'one ticket a row');

# The same where an error of ours is the writer's: this is nobody's error.
restore('raise', 'all');
(my $raise = $attach{incident}) =~ s/columns =>/on_error => 'raise', columns =>/;
query('raise', "$raise; ALTER TABLE crm.incident DROP COLUMN title CASCADE");
is(query('raise', sprintf($row, 'x') . q{; UPDATE crm.incident SET phase = 'done' WHERE no = '2'; SELECT count(*) FROM crm.incident}), "x\n4", 'the table can be written also with on_error raise');
like(health('raise'), $broken, 'and sla.health tells');

# A column that only a condition reads: this event is gone, and nothing else.
restore('condition', 'all');
like(refused('condition', 'ALTER TABLE crm.incident DROP COLUMN phase'), qr/cannot drop column phase/, 'a column of a condition is not dropped by chance');
query('condition', 'ALTER TABLE crm.incident DROP COLUMN phase CASCADE; SELECT sla.setup()');
is(health('condition'), 'attachment_broken|incident|table crm.incident is attached as "incident", but triggers are missing, or do not fire', 'CASCADE takes the triggers, which sla.health tells');
is(query('condition', q{SET sla.now = '2025-10-13 11:00+08'; INSERT INTO crm.incident (no, title, level, opened_at) VALUES ('4', 'four', 'A', '2025-10-13 10:55');
	UPDATE crm.incident SET title = 'changed' WHERE no = '2'; INSERT INTO crm.reply VALUES (2, '2', 'anna', true, '2025-10-13 10:50');
	SELECT subject, (SELECT string_agg(event, ' ') FROM sla.event e WHERE e.ticket_id = t.ticket_id) FROM sla.ticket t JOIN sla.attached_row USING (ticket_id) WHERE attachment = 'incident' AND source_key IN ('2', '4') ORDER BY 1}),
	"changed|changed assigned first_response\nfour|", 'everything else is told');

# The second table.
restore('second', 'all');
like(refused('second', 'DROP TABLE crm.reply'), qr/cannot drop table crm.reply because other objects depend on it/, 'the second table is not dropped by chance');
query('second', 'DROP TABLE crm.reply CASCADE; SELECT sla.setup()');
is(health('second'), 'attachment_broken|incident|table crm.incident is attached as "incident", but triggers are missing, or do not fire', 'CASCADE takes its trigger, which sla.health tells');
is(query('second', sprintf($row, 'x') . q{; UPDATE crm.incident SET phase = 'done' WHERE no = '2'; SELECT status FROM sla.ticket JOIN sla.attached_row USING (ticket_id) WHERE attachment = 'incident' AND source_key IN ('2', 'x') ORDER BY 1}), "x\nopen\nresolved", 'the first is told as ever');
query('second', q{CREATE TABLE crm.reply (reply_id int PRIMARY KEY, incident_no text, author text, is_public boolean, sent_at timestamp)});
is(query('second', "$attach{incident}; INSERT INTO crm.reply VALUES (2, 'x', 'anna', true, '2025-10-13 10:57'); SELECT count(*) FROM sla.event WHERE event = 'first_response'"), "t\n2", 'a new second table takes its place');
is(health('second'), '', 'and all is well');

# The table itself.
restore('table_', 'all');
my $history = fingerprint($node, 'table_') =~ s/^crm.*\n//gmr;
like(refused('table_', 'DROP TABLE crm.visit'), qr/cannot drop table crm.visit because other objects depend on it/, 'an attached table is not dropped by chance');
query('table_', 'DROP TABLE crm.visit CASCADE; DROP TABLE crm.incident CASCADE');
SlaTest::same_lines(fingerprint($node, 'table_') =~ s/^crm.*\n//gmr, $history, 'CASCADE: every row of history');
is(query('table_', q{INSERT INTO crm.reply VALUES (5, '2', 'anna', true, '2025-10-13 10:57') RETURNING reply_id}), 5, 'its second table can be written');
is(health('table_'), join("\n", map { "attachment_broken|$_|table crm.$_ is attached as \"$_\", but the view of its rows is gone" } 'incident', 'visit'), 'sla.health tells');
query('table_', q{CREATE TABLE crm.incident (no text PRIMARY KEY, title text, level text, phase text NOT NULL DEFAULT 'new', team text, agent text, opened_at timestamp NOT NULL, solved_at timestamp)});
is(query('table_', q{SET sla.now = '2025-10-13 11:00+08'; SELECT sla.detach_all(only_gone => true); SELECT attachment FROM sla.attachment; SELECT count(*), count(*) FILTER (WHERE closed_at IS NULL) FROM sla.ticket WHERE order_ref LIKE 'VISIT%'}),
	"1\nincident\n2|0", 'what is gone is given up, its tickets stay and are over');
is(query('table_', "$attach{incident}; SET sla.now = '2025-10-13 11:00+08'; SELECT * FROM sla.reconcile('crm.incident')"), "t\n0|0|3|0|0", 'a new table takes the place of the other, whose tickets end');

# Triggers that somebody has disabled.
query('second', q{ALTER TABLE crm.incident DISABLE TRIGGER USER; SELECT sla.setup()});
is(health('second'), 'attachment_broken|incident|table crm.incident is attached as "incident", but triggers are missing, or do not fire', 'disabled triggers are told, and setup() leaves them alone');
query('second', q{ALTER TABLE crm.incident ENABLE TRIGGER USER});
is(health('second'), '', 'until they are enabled');

$node->stop;
done_testing();

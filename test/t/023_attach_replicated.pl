# A server of our own beside a company's that knows nothing of us: we subscribe to its tables and attach
# the copies.  Rows, changes, events and verdicts are those of the company's work; an error of ours never
# stops the replication, and a restart loses nothing.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $company = SlaTest::bare_cluster('company', allows_streaming => 'logical');
my $ours = SlaTest::bare_cluster('ours', allows_streaming => 'logical');

# incident: identified by its key, with a column so long that PostgreSQL does not send it when it is unchanged.
# callback: without a key, every update sends the whole old row.  visit: partitioned, but only with us.
my $tables = q{
	CREATE SCHEMA crm;
	CREATE TABLE crm.incident (no int PRIMARY KEY, title text, content text, level text, phase text NOT NULL, agent text, opened_at timestamptz, solved_at timestamptz);
	CREATE TABLE crm.reply (reply_id int PRIMARY KEY, incident_no int, author text, is_public boolean, sent_at timestamptz);
	CREATE TABLE crm.callback (no int NOT NULL, phase text, asked_at timestamptz);
	ALTER TABLE crm.callback REPLICA IDENTITY FULL;
	CREATE TABLE crm.late (no int PRIMARY KEY, level text, asked_at timestamptz)};
my $visit = 'CREATE TABLE crm.visit (no int, phase text, asked_at timestamptz, PRIMARY KEY (no, phase))';
$company->safe_psql('postgres', qq{$tables; $visit;
	ALTER TABLE crm.incident ALTER content SET STORAGE EXTERNAL;
	CREATE PUBLICATION watched FOR TABLE crm.incident, crm.reply, crm.callback, crm.visit;
	INSERT INTO crm.incident VALUES (1, 'old', repeat('long ', 2000), 'A', 'new', 'alice', '2025-10-13 08:00+08', NULL), (2, 'old and solved', NULL, 'B', 'done', 'anna', '2025-10-13 08:00+08', '2025-10-13 08:30+08');
	INSERT INTO crm.reply VALUES (1, 2, 'anna', true, '2025-10-13 08:04+08')});
is($company->safe_psql('postgres', q{SELECT count(*) FROM pg_extension WHERE extname = 'sla_ext'}), 0, 'the company has no extension');

SlaTest::company($ours, 'postgres');
$ours->safe_psql('postgres', qq{$tables; $visit PARTITION BY LIST (phase);
	CREATE TABLE crm.visit_open PARTITION OF crm.visit FOR VALUES IN ('new'); CREATE TABLE crm.visit_done PARTITION OF crm.visit FOR VALUES IN ('done')});

# The time, for everybody with us; what applies the company's rows begins anew with it.
sub at
{
	my ($time) = @_;

	$ours->safe_psql('postgres', "ALTER DATABASE postgres SET sla.now = '2025-10-13 $time+08'");
	return unless $ours->safe_psql('postgres', 'SELECT count(*) FROM pg_subscription');
	$ours->safe_psql('postgres', 'ALTER SUBSCRIPTION watch DISABLE');
	$ours->poll_query_until('postgres', 'SELECT count(*) = 0 FROM pg_stat_subscription WHERE pid IS NOT NULL') or die 'the subscription does not stop';
	$ours->safe_psql('postgres', 'ALTER SUBSCRIPTION watch ENABLE');
}

# The company works, and everything has arrived.
sub work
{
	my ($sql) = @_;

	$company->safe_psql('postgres', $sql);
	$company->wait_for_catchup('watch');
}

sub copied
{
	$ours->poll_query_until('postgres', q{SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel}) or die 'the tables are not copied';
}

sub query { return $ours->safe_psql('postgres', @_); }

sub tickets
{
	my ($attachment) = @_;

	return query(sprintf q{SELECT r.source_key, t.subject, length(t.description), t.urgency, t.owner, t.status,
		(SELECT string_agg(concat_ws('@', e.event, to_char(e.occurred_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI'), e.actor), ' ' ORDER BY e.event_no) FROM sla.event e WHERE e.ticket_id = t.ticket_id)
		FROM sla.attached_row r JOIN sla.ticket t USING (ticket_id) WHERE r.attachment = '%s' ORDER BY r.source_key::int}, $attachment);
}

sub alive
{
	my ($name) = @_;

	is(query('SELECT count(*) FROM pg_stat_subscription WHERE pid IS NOT NULL AND relid IS NULL; SELECT apply_error_count + sync_error_count FROM pg_stat_subscription_stats'), "1\n0", "the subscription is alive and has met no error: $name");
}

# First the copy, then the triggers, then the history.
at('09:00');
my $connstr = $company->connstr('postgres') =~ s/'/''/gr;
query("CREATE SUBSCRIPTION watch CONNECTION '$connstr' PUBLICATION watched");
copied();
my $attach = q{sla.attach('crm.incident', policy => 'trading_company', fire => 'replica', %s
	columns => '{"received_at": "opened_at", "subject": "title", "description": "content", "owner": "agent", "type": {"value": "complaint"},
		"urgency": {"column": "level", "map": {"A": "urgent", "B": "important", "X": "extreme"}, "else": "normal"}}',
	events => '[{"event": "resolved", "when": "OLD.phase <> ''done'' AND NEW.phase = ''done''", "at": "solved_at"},
		{"event": "reopened", "when": "OLD.phase = ''done'' AND NEW.phase <> ''done''"},
		{"event": "first_response", "table": "crm.reply", "key": "incident_no", "when": "NEW.is_public", "at": "sent_at", "actor": "author"}]')};
my (undef, undef, $refused) = $ours->psql('postgres', sprintf("SELECT $attach", q{on_error => 'raise',}));
like($refused, qr/an error cannot be the writer's where rows come by logical replication/, 'no error may stop the replication');
query(sprintf("SELECT $attach", ''));
query(q{SELECT sla.attach('crm.callback', key => 'no', policy => 'trading_company', fire => 'replica', columns => '{"received_at": "asked_at", "type": {"value": "complaint"}}',
	events => '[{"event": "resolved", "when": "OLD.phase <> ''done'' AND NEW.phase = ''done''"}]');
	SELECT sla.attach('crm.visit', key => 'no', policy => 'trading_company', fire => 'replica', columns => '{"received_at": "asked_at", "type": {"value": "complaint"}}',
	events => '[{"event": "resolved", "when": "OLD.phase <> ''done'' AND NEW.phase = ''done''"}]')});
is(tickets('incident'), '', 'rows that were there before are not watched yet');
query(q{CALL sla.backfill('crm.incident')});
is(tickets('incident'), "1|old|10000|urgent|alice|open|\n2|old and solved||important|anna|resolved|first_response\@08:04\@anna resolved\@08:30", 'backfill() takes them over, with what they and the replies tell');

# Inserts, updates of columns and phases, replies.
at('09:30');
work(q{
	INSERT INTO crm.incident VALUES (3, 'three', NULL, 'A', 'new', 'alice', '2025-10-13 09:20+08'), (4, 'four', NULL, 'C', 'new', 'anna', '2025-10-13 09:25+08');
	INSERT INTO crm.reply VALUES (2, 3, 'alice', false, '2025-10-13 09:21+08'), (3, 3, 'alice', true, '2025-10-13 09:24+08');
	UPDATE crm.incident SET title = 'renamed' WHERE no = 1;
	UPDATE crm.incident SET phase = 'done', solved_at = '2025-10-13 09:28+08' WHERE no = 3;
	UPDATE crm.incident SET phase = 'open' WHERE no = 2;
	UPDATE crm.incident SET no = 40 WHERE no = 4;
	INSERT INTO crm.callback VALUES (1, 'new', '2025-10-13 09:20+08'), (2, 'new', '2025-10-13 09:20+08');
	INSERT INTO crm.visit VALUES (1, 'new', '2025-10-13 09:20+08'), (2, 'new', '2025-10-13 09:20+08');
	UPDATE crm.callback SET phase = 'done' WHERE no = 1; UPDATE crm.callback SET phase = 'done' WHERE no = 1;
	UPDATE crm.visit SET phase = 'done' WHERE no = 1});
is(tickets('incident'), join("\n", '1|renamed|10000|urgent|alice|open|', '2|old and solved||important|anna|open|first_response@08:04@anna resolved@08:30 reopened@09:30',
	'3|three||urgent|alice|resolved|first_response@09:24@alice resolved@09:28', '40|four||normal|anna|open|'),
	'with the default identity: OLD is our own old row, a long value that is not sent stays, a new key is followed');
is(tickets('callback'), "1|||normal||resolved|resolved\@09:30\n2|||normal||open|", 'with REPLICA IDENTITY FULL, once');
is(tickets('visit'), "1|||normal||resolved|resolved\@09:30\n2|||normal||open|", 'a row that moves to another partition, with us alone');
alive('after inserts and updates');
is(query(q{SELECT count(*) FROM sla.health WHERE code LIKE 'attach%'}), 0, 'nothing is amiss');

# Verdicts.
at('11:00');
query('SELECT sla.sweep()');
is(query(q{SELECT r.source_key, b.target, to_char(b.due_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI'), b.responsible FROM sla.breach b JOIN sla.attached_row r USING (ticket_id)
	WHERE r.attachment = 'incident' AND r.source_key IN ('3', '40') AND b.target = 'first_response' AND b.voided_at IS NULL}), '40|first_response|09:30|{anna}', 'whoever did not answer in time is told');

# An error of ours is a finding, and the company's rows go on coming.
work(q{
	INSERT INTO crm.incident VALUES (5, 'five', NULL, 'X', 'new', 'alice', '2025-10-13 10:59+08');
	UPDATE crm.incident SET level = 'X' WHERE no = 1;
	BEGIN; INSERT INTO crm.incident VALUES (6, 'six', NULL, 'X', 'new', 'alice', '2025-10-13 10:59+08'), (7, 'seven', NULL, 'A', 'new', 'alice', '2025-10-13 10:59+08'); COMMIT});
is(query(q{SELECT no, level FROM crm.incident WHERE no IN (1, 5, 6, 7) ORDER BY 1}), "1|X\n5|X\n6|X\n7|A", 'rows that we cannot take arrive');
is(query(q{SELECT code, object, message FROM sla.health WHERE code LIKE 'attach%'}), 'attachment_failed|incident|unknown urgency "extreme" (22023)', 'and are a finding');
is(query(q{SELECT source_key FROM sla.attached_row WHERE source_key IN ('5', '6', '7')}), 7, 'the row beside them is a ticket');
alive('after rows that we cannot take');
query(q{ALTER TABLE sla.attached_row RENAME TO away});
work(q{INSERT INTO crm.incident VALUES (8, 'eight', NULL, 'A', 'new', 'alice', '2025-10-13 10:59+08'); DELETE FROM crm.visit WHERE no = 2});
query(q{ALTER TABLE sla.finding RENAME TO away_too});
work(q{INSERT INTO crm.incident VALUES (9, 'nine', NULL, 'A', 'new', 'alice', '2025-10-13 10:59+08')});
query(q{ALTER TABLE sla.away_too RENAME TO finding; ALTER TABLE sla.away RENAME TO attached_row});
alive('with our tables in disorder, and nowhere to write that down');
ok(slurp_file($ours->logfile) =~ /WARNING:  attachment "incident" has failed, and could not write it down/, 'then the server log has it');
query(q{ALTER VIEW sla.attached_visit RENAME TO elsewhere});
work(q{INSERT INTO crm.visit VALUES (3, 'new', '2025-10-13 10:59+08'); UPDATE crm.visit SET phase = 'done' WHERE no = 3});
query(q{ALTER VIEW sla.elsewhere RENAME TO attached_visit});
alive('without our view');
work(q{UPDATE crm.incident SET level = 'A' WHERE level = 'X'});
is(query(q{SELECT * FROM sla.reconcile('crm.incident', '2025-10-13 09:00+08')}), '4|0|0|0|0', 'corrected, reconcile() catches up');
is(query(q{SELECT inserted, deleted FROM sla.reconcile('crm.visit', '2025-10-13 09:00+08')}), '1|1', 'with the deleted rows, too');

# Deleted, and all at once.
work('DELETE FROM crm.incident WHERE no = 40; DELETE FROM crm.callback WHERE no = 2; TRUNCATE crm.visit');
is(query(q{SELECT attachment, source_key, status FROM sla.attached_row JOIN sla.ticket USING (ticket_id) WHERE deleted_at IS NOT NULL ORDER BY 1, 2}),
	join("\n", 'callback|2|withdrawn', 'incident|40|withdrawn', 'visit|1|withdrawn', 'visit|2|withdrawn', 'visit|3|withdrawn'), 'DELETE and TRUNCATE withdraw the tickets');
alive('after DELETE and TRUNCATE');

# Our server is away, and then crashes while rows come.
my $count = q{SELECT count(*), count(DISTINCT r.ticket_id), count(DISTINCT t.ticket_id) FROM crm.incident i LEFT JOIN sla.attached_row r ON r.source_key = i.no::text AND r.attachment = 'incident' LEFT JOIN sla.ticket t USING (ticket_id);
	SELECT count(*) FROM sla.ticket WHERE subject LIKE 'row %'};
$ours->stop('fast');
$company->safe_psql('postgres', q{INSERT INTO crm.incident SELECT i, 'row ' || i, NULL, 'A', 'new', 'alice', '2025-10-13 10:50+08' FROM generate_series(101, 150) i});
$company->safe_psql('postgres', q{INSERT INTO crm.reply SELECT i, i, 'alice', true, '2025-10-13 10:55+08' FROM generate_series(101, 150) i});
$ours->start;
my $one = q{INSERT INTO crm.incident VALUES (%1$d, 'row %1$d', NULL, 'A', 'new', 'alice', '2025-10-13 10:50+08');};
$company->safe_psql('postgres', join "\n", map { sprintf "$one UPDATE crm.incident SET phase = 'done', solved_at = '2025-10-13 10:58+08' WHERE no = %1\$d;", $_ } 151 .. 200);
$ours->stop('immediate');
$company->safe_psql('postgres', join "\n", map { sprintf $one, $_ } 201 .. 210);
$ours->start;
$company->wait_for_catchup('watch');
is(query($count), "118|118|118\n110", 'a restart and a crash: every row is a ticket, once');
is(query(q{SELECT event, count(*), count(DISTINCT ticket_id) FROM sla.event JOIN sla.ticket USING (ticket_id) WHERE subject LIKE 'row %' GROUP BY 1 ORDER BY 1}), "first_response|50|50\nresolved|50|50", 'and every event is told once');
is(query(q{SELECT t.ticket_id, c FROM sla.ticket t, sla._refold_check(t.ticket_id) c WHERE subject LIKE 'row %'}), '', 'which folds to what is stored');
alive('after a restart and a crash');

# A table that is attached before its rows are copied: then they are new.
query(q{SELECT sla.attach('crm.late', policy => 'trading_company', fire => 'replica', events => '[]',
	columns => '{"received_at": "asked_at", "type": {"value": "complaint"}, "urgency": {"column": "level", "map": {"X": "extreme"}}}')});
$company->safe_psql('postgres', q{INSERT INTO crm.late VALUES (1, NULL, '2025-10-13 09:00+08'), (2, 'X', '2025-10-13 09:00+08'), (3, NULL, '2025-10-13 09:00+08'); ALTER PUBLICATION watched ADD TABLE crm.late});
query('ALTER SUBSCRIPTION watch REFRESH PUBLICATION');
copied();
is(query(q{SELECT count(*) FROM crm.late; SELECT source_key FROM sla.attached_row WHERE attachment = 'late' ORDER BY 1}), "3\n1\n3", 'rows that are copied under the triggers are tickets, but for one that we cannot take');
is(query(q{SELECT message FROM sla.health WHERE code = 'attachment_failed' AND object = 'late'}), 'unknown urgency "extreme" (22023)', 'which is a finding');
alive('after a first copy under the triggers');

# Triggers that fire for people's work alone see nothing of it.
query(q{SELECT sla.attach('crm.late', policy => 'trading_company', events => '[]', columns => '{"received_at": "asked_at", "type": {"value": "complaint"}}')});
work(q{INSERT INTO crm.late VALUES (4, NULL, '2025-10-13 11:00+08')});
is(query(q{SELECT count(*) FROM crm.late; SELECT max(source_key) FROM sla.attached_row WHERE attachment = 'late'}), "4\n3", 'with fire => origin nothing is seen');
is(query(q{SELECT inserted FROM sla.reconcile('crm.late', '2025-10-13 10:00+08')}), 1, 'until reconcile()');

$ours->stop;
$company->stop;
done_testing();

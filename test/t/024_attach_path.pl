# A DBA's way from nothing to the first verdict, as README.md tells it, on a ticket table with 100,000 rows of two years:
# the verdicts are those of plain arithmetic over the table, nobody is told of the past, a takeover that is killed goes on
# and takes every row once, and statements over all rows come through.

use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my $rows = 100_000;
my $now = '2025-12-01 12:00:00+08';
my $node = SlaTest::bare_cluster('main');

# Everybody who connects, pg_cron too, lives at the same instant.
sub set_now
{
	$node->safe_psql('postgres', "ALTER DATABASE postgres SET sla.now = '$_[0]'");
}

sub ask
{
	return $node->safe_psql('postgres', $_[0]);
}

# Changes with any row that is written.
sub fingerprint
{
	return ask(q{
		SELECT (SELECT sum(hashtext(ctid::text || xmin::text)) FROM sla.ticket),
			(SELECT sum(hashtext(ctid::text || xmin::text)) FROM sla.clock), (SELECT count(*) FROM sla.event)});
}

# What is written of the past and must not be.
my $told = q{SELECT (SELECT count(*) FROM sla.escalation) || ' ' || (SELECT count(*) FROM sla.notification) || ' '
	|| (SELECT count(*) FROM sla.penalty)};

# How many tickets have kept and missed a promise, by their clocks and by arithmetic over the raw table.
my $verdicts = q{
	SELECT milestone, state, count(*) FROM sla.clocks WHERE milestone IN ('first_response', 'resolve') GROUP BY 1, 2 ORDER BY 1, 2};
my $arithmetic = q{
	WITH promised AS (
		SELECT 'first_response' AS milestone, created_at, first_response_at AS done_at, interval '5 minutes' AS within FROM app.tickets
		UNION ALL SELECT 'resolve', created_at, solved_at, CASE priority WHEN 'urgent' THEN interval '4 hours' ELSE interval '24 hours' END
		FROM app.tickets)
	SELECT milestone, CASE WHEN done_at <= created_at + within THEN 'met'
		WHEN done_at IS NULL AND created_at + within >= sla.now() AT TIME ZONE 'Asia/Shanghai' THEN 'running' ELSE 'breached' END AS state, count(*)
	FROM promised GROUP BY 1, 2 ORDER BY 1, 2};

# The statements of the README
my ($path) = slurp_file('README.md') =~ /^## Attach the ticket table you have\n.*?^```sql\n(.*?)^```$/ms or die 'no path in README.md';
my @statements = map { s/^\s+|\s+$//gr } grep { /\S/ } split /;/, $path;
cmp_ok(scalar @statements, '<=', 8, 'from nothing to the first verdict are at most eight statements');
is(join(' ', map { /^(?:CREATE EXTENSION|SELECT sla\.setup|SELECT sla\.load_preset|SELECT \* FROM sla\.preview|SELECT sla\.attach|CALL sla\.backfill|SELECT sla\.schedule|SELECT \* FROM sla\.live_board)/g } @statements),
	'CREATE EXTENSION SELECT sla.setup SELECT sla.load_preset SELECT * FROM sla.preview SELECT sla.attach CALL sla.backfill SELECT sla.schedule SELECT * FROM sla.live_board',
	'and these they are');
my ($backfill) = grep { /backfill/ } @statements;

# The table there is: most of it answered and solved, some late, some on the last minute, some never; and twenty from just now.
ask('CREATE EXTENSION pg_cron; CREATE SCHEMA app');
set_now($now);
ask(qq{
	CREATE TABLE app.tickets (id bigserial PRIMARY KEY, ticket_type text, title text, priority text, agent text, customer text,
		memo text, created_at timestamp NOT NULL, first_response_at timestamp, solved_at timestamp);
	INSERT INTO app.tickets (ticket_type, title, priority, agent, customer, created_at, first_response_at, solved_at)
	SELECT CASE n % 2 WHEN 0 THEN 'complaint' ELSE 'fault_report' END, '工单 ' || n,
		CASE WHEN n > $rows - 200 THEN 'normal' WHEN n % 40 = 1 THEN 'urgent' WHEN n % 20 = 2 THEN 'high' ELSE 'normal' END,
		'agent' || n % 50, 'C' || n % 3000, at,
		CASE WHEN n > $rows - 20 OR n % 50 = 0 THEN NULL ELSE at + n % 7 * interval '1 minute' END,
		CASE WHEN n > $rows - 20 OR n % 97 = 0 THEN NULL WHEN n > $rows - 200 THEN at + interval '8 minutes' ELSE at + n % 29 * interval '1 hour' END
	FROM (SELECT n, timestamp '2025-12-01 11:59' - CASE WHEN n > $rows - 20 THEN interval '0' ELSE ($rows - n) * interval '10 minutes 30 seconds' END AS at
		FROM generate_series(1, $rows) AS n) AS g;
	CREATE ROLE app_user;
	GRANT USAGE ON SCHEMA app TO app_user;
	GRANT ALL ON ALL TABLES IN SCHEMA app TO app_user;
	GRANT ALL ON ALL SEQUENCES IN SCHEMA app TO app_user});

# From nothing ... with the takeover killed after its first batches, and then called again by two people at once.
for my $statement (@statements)
{
	if ($statement eq $backfill)
	{
		my $killed = SlaTest::Session->new($node, 'postgres');

		$killed->send($backfill);
		ok($node->poll_query_until('postgres', 'SELECT count(*) > 0 FROM sla.attached_row'), 'the takeover commits batches');
		ask("SELECT pg_terminate_backend($killed->{pid})");
		ok($killed->dies, 'and is killed in the middle');
		my $taken = ask('SELECT count(*) FROM sla.ticket');
		ok($taken > 0 && $taken < $rows && $taken % 5000 == 0, "whole batches have been taken: $taken rows");
		is(ask('SELECT count(*) FROM sla.attached_row JOIN sla.ticket USING (ticket_id)'), $taken, 'and linked');

		my @said = ('', '');
		my @again = map {
			IPC::Run::start([ $node->installed_command('psql'), '-XAtq', '-d', $node->connstr('postgres'), '-c', $backfill ],
				'>&', \$said[$_])
		} 0 .. 1;
		$_->finish for @again;
		unlike($_, qr/ERROR|WARNING/, 'called again it goes on') for @said;
		next;
	}
	my ($status, $out, $errors) = $node->psql('postgres', $statement);
	is($status, 0, $statement =~ s/\s+/ /gr) or diag($errors);
	if ($statement =~ /preview/)
	{
		is(ask('SELECT count(*) FROM sla.ticket'), 0, 'the preview writes nothing');
		like($out, qr/^$rows\|2025-12-01 03:59:00\+00\|.*\|first_response\|.*\|2025-12-01 04:04:00\+00$/m, 'and shows the newest row with its first deadline');
	}
	like($out, qr/^\d/, 'the board has something to show') if $statement =~ /live_board/;
}
is(ask(q{SELECT count(*), count(DISTINCT ticket_id), count(DISTINCT source_key) FROM sla.attached_row JOIN sla.ticket USING (ticket_id)}),
	"$rows|$rows|$rows", 'every row has become one ticket');
is(ask('SELECT count(*) FROM sla.ticket'), $rows, 'and there is no other');
is(ask(q{SELECT count(*) FROM app.tickets AS a JOIN sla.attached_row AS r ON r.source_key = a.id::text JOIN sla.ticket AS t USING (ticket_id)
	WHERE (t.subject, t.owner, t.customer, t.type, t.received_at) = (a.title, a.agent, a.customer, a.ticket_type, a.created_at AT TIME ZONE 'Asia/Shanghai')
	AND t.urgency = CASE a.priority WHEN 'high' THEN 'important' ELSE a.priority END
	AND (t.status = 'open') = (a.solved_at IS NULL)}), $rows, 'with what its row says');
is(ask($verdicts), ask($arithmetic), 'the verdicts are what arithmetic over the table says');
is(ask(q{SELECT count(*) FROM sla.finding}), 0, 'nothing was left undone');

# The past is judged, and nobody hears of it.
ask('CALL sla.sweep_all()');
is(ask($told), '0 0 0', 'nobody is escalated to, told or proposed for a penalty because of the past');
is(ask(q{SELECT count(*) FROM sla.breach WHERE settled_at IS NULL}), 0, 'no miss of the past is still to be dealt with');

# What the application does goes on in its own name, and is seen.
ask(qq{
	SET ROLE app_user;
	INSERT INTO app.tickets (ticket_type, title, priority, agent, created_at) VALUES ('complaint', '新工单', 'urgent', 'agent1', '2025-12-01 12:00');
	UPDATE app.tickets SET first_response_at = '2025-12-01 12:00' WHERE id = $rows;
	UPDATE app.tickets SET agent = 'agent7', solved_at = '2025-12-01 12:00' WHERE id = $rows - 1});
is(ask(qq{SELECT source_key, subject, owner, urgency, status FROM sla.attached_row JOIN sla.ticket USING (ticket_id)
	WHERE source_key::bigint >= $rows - 1 ORDER BY 1 DESC}),
	"99999|工单 99999|agent7|normal|resolved\n100001|新工单|agent1|urgent|open\n100000|工单 100000|agent0|normal|open", 'the application inserts and updates');

# The first live verdict: what is scheduled is run five minutes later.
is(ask('SELECT command, active FROM cron.job'), 'CALL sla.sweep_all()|t', 'the sweep is scheduled');
my $command = ask('SELECT command FROM cron.job');
ask('SELECT sla.unschedule()');
set_now('2025-12-01 12:05:00+08');
is(ask($verdicts), ask($arithmetic), 'the verdicts follow what the application did, and a miss shows at once');
my $first = q{SELECT count(*) FROM sla.breach WHERE target = 'first_response' AND settled_at IS NOT NULL AND detected_at = sla.now()};
for (1 .. 100)	# pg_cron's own may be at work just now, and then ours returns at once
{
	ask($command);
	last if ask($first) > 0;
	select undef, undef, undef, 0.1;
}
is(ask($first), 19, 'the nineteen that nobody answered in time are recorded');
is(ask(q{SELECT count(*) FROM sla.escalation WHERE target = 'first_response' AND level = 1 AND raised_at = sla.now()}), 19, 'and escalated');
is(ask(q{SELECT count(*) FROM sla.escalation AS e JOIN sla.ticket AS t USING (ticket_id) WHERE t.received_at < '2025-12-01 11:59+08'
	AND e.due_at < '2025-12-01 12:00+08'}), 0, 'still nothing of the past');

# Statements over all rows.
my $before = fingerprint();
ask(q{SET ROLE app_user; UPDATE app.tickets SET memo = 'seen'});
is(fingerprint(), $before, 'an update of all rows that concerns no ticket writes nothing');
my $events = ask('SELECT count(*) FROM sla.event');
ask(q{SET ROLE app_user; UPDATE app.tickets SET title = title || '!'});
is(ask(q{SELECT count(*) FROM app.tickets AS a JOIN sla.attached_row AS r ON r.source_key = a.id::text JOIN sla.ticket AS t USING (ticket_id)
	WHERE t.subject = a.title}), $rows + 1, 'an update of a mapped column in all rows is followed by all tickets');
is(ask('SELECT count(*) FROM sla.event'), $events, 'and is no event');

my $file = PostgreSQL::Test::Utils::tempdir() . '/tickets';
ask(qq{COPY (SELECT ticket_type, title, 'normal', agent, customer, timestamp '2025-12-01 12:05' FROM app.tickets WHERE id <= $rows) TO '$file'});
ask(qq{COPY app.tickets (ticket_type, title, priority, agent, customer, created_at) FROM '$file'});
is(ask('SELECT count(*) FROM sla.ticket'), 2 * $rows + 1, 'a COPY of 100,000 rows makes as many tickets');
is(ask($verdicts), ask($arithmetic), 'with their clocks');
is(ask(q{SELECT count(*) FROM sla.finding WHERE code LIKE 'attach%'}), 0, 'no row was refused');

$node->stop;
done_testing();

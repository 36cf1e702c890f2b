# What the documents say can be done, is done here: the tour is the one that is tested,
# every other statement runs, every link leads somewhere, the reference is complete.

use strict;
use warnings;
use Encode qw(decode_utf8);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

my @readmes = ('README.md', 'README.zh-CN.md');
my @documents = (@readmes, 'CHANGELOG.md', 'demo/README.md', glob('docs/*.md'));

# The fenced blocks of a language, in order.
sub blocks
{
	my ($text, $language) = @_;

	return $text =~ /^```$language\n(.*?)^```$/msg;
}

# The lines that say something to psql.
sub statements
{
	return join "\n", grep { !/^\s*(--.*)?$/ } map { split /\n/ } @_;
}

# A document in two: its tour, from the one heading to the other, and the rest.
sub split_tour
{
	my ($text) = @_;
	my ($before, $tour, $after) = $text =~ /(.*?)^(## (?:Ten-minute tour|十分钟导览)\n.*?)^(## .*)/ms
		or die 'no tour';

	return ($tour, $before . $after);
}

# The name by which a heading is linked to.
sub anchor
{
	my ($heading) = @_;

	$heading = lc decode_utf8($heading);
	$heading =~ s/[^\w\- ]//g;
	$heading =~ s/ /-/g;
	return $heading;
}

my %text = map { $_ => slurp_file($_) } @documents;

# The tour
my $tested = statements(slurp_file('sql/tour.sql'));
my %seen = map { $_ => 1 } split /\n/, slurp_file('expected/tour.out');
my %rest;
for my $readme (@readmes)
{
	(my $tour, $rest{$readme}) = split_tour($text{$readme});
	is(statements(blocks($tour, 'sql')), $tested, "the tour of $readme is the one in sql/tour.sql");
	my @unseen = grep { !$seen{$_} } map { split /\n/ } blocks($tour, 'text');
	is("@unseen", '', "the output in the tour of $readme is what comes out");
}
for my $language ('sql', 'sh')
{
	is(join("\n", blocks($rest{'README.zh-CN.md'}, $language)), join("\n", blocks($rest{'README.md'}, $language)),
		"both languages have the same $language");
}

# Links
for my $document (@documents)
{
	my ($folder) = $document =~ m{^(.*/)};
	my $prose = $text{$document} =~ s/^```.*?^```$//msgr =~ s/`[^`\n]*`//gr;
	for my $link ($prose =~ /\]\(([^)\s]+)\)/g)
	{
		next if $link =~ /^\w+:/;
		my ($file, $part) = $link =~ /^([^#]*)#?(.*)/;
		my $path = $file eq '' ? $document : ($folder // '') . $file;
		ok(-e $path, "$document: $link exists");
		next if $part eq '' || !-e $path;
		my @anchors = map { anchor($_) } slurp_file($path) =~ /^#+ (.*)/mg;
		ok((grep { $_ eq decode_utf8($part) } @anchors), "$document: $link is a heading");
	}
}

# Every report has queries, which run below with the others, and they read each view that the table has for it.
my (%query, %views, $report);
while ($text{'docs/reports.md'} =~ /^(R-\d+, [^\n]*)\n\n```sql\n(.*?)^```$/msg)
{
	my ($told, $sql) = ($1, $2);
	$query{$_} .= $sql for $told =~ /(R-\d+)/g;
}
for my $row ($text{'docs/reports.md'} =~ /^(\|.*\|)$/mg)
{
	my (undef, $number, undef, $view) = split / *\| */, $row;

	$report = $number if $number =~ /^R-/;
	push @{ $views{$report} }, $1 if defined $report && $view =~ /`(sla\.\w+)`/;
}
is(join(' ', sort keys %query), join(' ', map { sprintf 'R-%02d', $_ } 1 .. 44), 'docs/reports.md has a query for each of 44 reports');
for my $report (sort keys %views)
{
	my @unread = grep { $query{$report} !~ /\b$_\b/ } @{ $views{$report} };
	is("@unread", '', "the queries of $report read the views of the table");
}

# Everything else that is shown as SQL, document by document in a new database.
my $node = SlaTest::bare_cluster('main');
$node->safe_psql('postgres', q{
	CREATE ROLE bi;
	CREATE EXTENSION pg_cron;
	CREATE SCHEMA app;
	CREATE TABLE app.tickets (id bigserial PRIMARY KEY, title text, prio smallint, state text NOT NULL DEFAULT 'new', agent text,
		created_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'Asia/Shanghai'), solved_at timestamp);
	CREATE TABLE app.replies (id bigserial PRIMARY KEY, ticket_id bigint, author text, is_public boolean, created_at timestamp);
	INSERT INTO app.tickets (title, prio, agent) VALUES ('投诉', 1, 'li_na')});
is($node->psql('postgres', join('', blocks($rest{'README.md'}, 'sql')) =~ s/CREATE EXTENSION/CREATE EXTENSION IF NOT EXISTS/gr,
	on_error_stop => 1), 0, 'the statements of README.md outside its tour run');
is($node->safe_psql('postgres', q{
	INSERT INTO app.tickets (title, prio, agent) VALUES ('投诉', 1, 'li_na');
	UPDATE app.tickets SET state = 'done', solved_at = now() AT TIME ZONE 'Asia/Shanghai' WHERE id = 2;
	SELECT urgency, status FROM sla.ticket JOIN sla.attached_row USING (ticket_id) WHERE source_key = '2'}), 'urgent|resolved',
	'and the attached table is watched');
is($node->safe_psql('postgres', q{SELECT count(*) FROM cron.job WHERE command = 'CALL sla.sweep_all()'}), 1,
	'the sweep is scheduled');

for my $document (grep { blocks($text{$_}, 'sql') } glob('docs/*.md'))
{
	my ($name) = $document =~ m{/(\w+)\.};
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, 'CREATE EXTENSION sla_ext; SELECT sla.setup()');
	my ($status, $out, $errors) = $node->psql($name, join('', blocks($text{$document}, 'sql')), on_error_stop => 1);
	is($status, 0, "the statements of $document run");
	diag($errors) if $status != 0;
}

# Crontab, dump and restore, word for word.
{
	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port);
	my $work = PostgreSQL::Test::Utils::tempdir();
	my ($make, $sweep, $dump, $rows) = blocks($rest{'README.md'}, 'sh');

	$sweep =~ s/^[* ]+ psql/psql/;
	$node->safe_psql('postgres', 'CREATE DATABASE mydb');
	$node->safe_psql('postgres', 'CREATE DATABASE newdb');
	$node->safe_psql('mydb', q{
		CREATE EXTENSION sla_ext;
		SELECT sla.setup();
		SELECT sla.load_preset('trading_company');
		INSERT INTO sla.ticket (subject) VALUES ('kept');
	});
	is(system('sh', '-ec', $sweep), 0, 'the crontab line works');
	is($node->safe_psql('mydb', 'SELECT runs FROM sla.sweep_state'), 1, 'and sweeps');

	my $rows_of = sub {
		return $node->safe_psql($_[0], q{
			SELECT md5(string_agg(c::text, ',' ORDER BY c)) FROM sla.clock AS c
			UNION ALL SELECT md5(string_agg(t::text, ',' ORDER BY t)) FROM sla.target AS t
			UNION ALL SELECT count(*)::text FROM sla.event});
	};
	is(system('sh', '-ec', "cd $work\n$dump"), 0, 'dump and restore work');
	is($rows_of->('newdb'), $rows_of->('mydb'), 'and keep every row');

	$node->safe_psql('postgres', 'DROP DATABASE newdb');
	$node->safe_psql('postgres', 'CREATE DATABASE newdb');
	$node->safe_psql('newdb', 'CREATE EXTENSION sla_ext; SELECT sla.setup()');
	is(system('sh', '-ec', "cd $work\n$rows 2>restore.log"), 0, 'restoring the rows alone works');
	is($rows_of->('newdb'), $rows_of->('mydb'), 'and keeps every row');
	is($node->safe_psql('newdb', q{INSERT INTO sla.ticket (subject) VALUES ('new') RETURNING ticket_id}), 2,
		'and tickets are numbered on');
}

# The reference names all there is, and nothing else.
my $names = $node->safe_psql('postgres', q{
	SELECT DISTINCT p.proname FROM pg_proc AS p
	WHERE p.pronamespace = 'sla'::regnamespace AND p.proname !~ '^_' AND p.prorettype <> 'trigger'::regtype
	UNION SELECT c.relname FROM pg_class AS c
	WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind IN ('r', 'v', 'm')
		AND c.relname !~ '^attached_tickets' -- made by sla.attach() above
	ORDER BY 1});
my %headed = map { $_ => 1 } $text{'docs/reference.md'} =~ /^(?:#### |\| )`sla\.(\w+)/mg;
is(join("\n", sort keys %headed), $names, 'docs/reference.md names every function, table and view');
my $everything = $node->safe_psql('postgres', q{
	SELECT string_agg(name, ' ') FROM (
		SELECT p.proname AS name FROM pg_proc AS p WHERE p.pronamespace = 'sla'::regnamespace
		UNION SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'sla'::regnamespace
		UNION SELECT c.relname || '.' || a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'sla'::regnamespace AND a.attnum > 0) AS n});
my %exists = map { $_ => 1 } 'dump', split / /, $everything;
for my $document (@readmes, 'docs/reference.md', 'docs/configuration.md', 'docs/calendars.md', 'docs/operations.md')
{
	my @strange = grep { !$exists{$_} } $text{$document} =~ /`[^`\n]*?\bsla\.([a-z_]+(?:\.[a-z_]+)?)/g;
	is("@strange", '', "$document names only what there is");
}

$node->stop;
done_testing();

# docs/clauses.md is the whole list of the clauses of the twenty-four documents, and true: each occurs once,
# what is said to implement it exists in a database with all presets, the tests that are said to show it exist
# and speak of it, and every row of a preset stands at the clauses that it names.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SlaTest;
use Test::More;

# How many clauses each document has.
my @clauses_of = (66, 48, 19, 15, 18, 19, 37, 8, 6, 10, 13, 12, 15, 6, 13, 5, 13, 4, 7, 14, 10, 5, 1, 38);

# Those that leave nothing for a database: training, conduct, motivation, marketing, texts that are cut off.
my @outside = qw(D1-43 D1-47 D1-50 D1-52 D1-66 D2-36 D2-48 D3-19 D4-15 D6-19 D7-05 D8-04 D8-07 D8-08 D9-05 D9-06
	D10-09 D11-12 D11-13 D13-14 D13-15 D14-06 D15-13 D16-05 D17-13 D18-04 D19-07 D21-10 D22-05);

# The kinds of tests, and where they are.
my %file_of = (sql => 'sql/%s.sql', 'test/specs' => 'test/specs/%s.spec', 'test/unit' => 'test/unit/%s.c', 'test/t' => 'test/t/%s');

sub file_of
{
	my ($test) = @_;
	my ($folder, $name) = $test =~ m{^(.+)/([\w.]+)$} or return '';

	return $file_of{$folder} ? sprintf($file_of{$folder}, $name) : '';
}

# What a test says, and what it is expected to print.
my %words;
sub words
{
	my ($test) = @_;

	return $words{$test} //= join "\n", map { slurp_file($_) } grep { -e $_ }
		(file_of($test), $test =~ m{^sql/(.*)} ? "expected/$1.out" : ());
}

# The rows of the document, in order: document, clause, and the three cells.
sub rows
{
	my ($text) = @_;
	my ($document, @rows) = ('');

	for my $line (split /\n/, $text)
	{
		$document = $1 if $line =~ /^## (\w+)/;
		next if $line !~ /^\| (D\d+-\d+) \| (.*) \|$/;
		my ($clause, @cells) = ($1, split / \| /, $2, -1);
		push @rows, [$document, $clause, @cells];
	}
	return @rows;
}

# The things of a cell; what is outside goes on to the end of it.
sub things
{
	my ($cell) = @_;
	my ($inside, $outside) = $cell =~ /^(.*?)(?:(?:^|; )outside: (.+))?$/;

	return ($outside, split /; /, $inside);
}

# Whether a test speaks of a thing: it calls the function, reads the table, names the row or column.
sub speaks
{
	my ($test, $thing) = @_;
	my ($kind, $name) = $thing =~ m{^(\w+) (?:sla\.|\w+/)?([\w./]+)};

	# That test runs what the documents show.
	return $test eq 'test/t/008_documents.pl' if $kind eq 'report';
	return words($test) =~ /\bsla\.$name\(/ if $kind eq 'function';
	return words($test) =~ /\bsla\.$name\b/ if $kind eq 'table' || $kind eq 'view';
	# Of a step the ladder as well: steps of different ladders have the same name.
	my @names = $kind eq 'ladder' ? split m{/}, $name : $name =~ /(\w+)$/;
	return @names == grep { words($test) =~ /\b$_\b/ } @names;
}

# What is wrong with a list of clauses: the things that exist, and what each row of a preset names, are given.
sub complaints
{
	my ($text, $exists, $named) = @_;
	my @rows = rows($text);
	my %outside = map { $_ => 1 } @outside;
	my (%line, @complaints);

	my @expected = map { my $document = $_; map { sprintf 'D%d-%02d', $document, $_ } 1 .. $clauses_of[$document - 1] } 1 .. 24;
	my $order = join ' ', map { $_->[1] } @rows;
	push @complaints, 'the clauses are not those of the documents, each once and in order' if $order ne "@expected";

	for my $row (@rows)
	{
		my ($document, $clause, @cells) = @$row;
		if (@cells != 3 || grep { $_ eq '' } @cells)
		{
			push @complaints, "$clause has not four cells";
			next;
		}
		my ($asks, $by, $shown) = @cells;
		my ($reason, @things) = things($by);
		my @tests = $shown eq '-' ? () : split /, /, $shown;

		my %times;
		push @complaints, "$clause names $_ twice" for grep { $times{$_}++ } @things, @tests;
		push @complaints, "$clause stands under $document" if $clause !~ /^$document-/;
		push @complaints, "$clause names $_, which does not exist" for grep { !$exists->{$_} } @things;
		push @complaints, "$clause is " . (@things ? 'not ' : '') . 'wholly outside' if !@things != !!$outside{$clause};
		push @complaints, "$clause is shown by $_, which does not exist" for grep { !-e file_of($_) } @tests;
		push @complaints, "$clause is shown by nothing" if @things && !@tests;
		push @complaints, "$clause is outside, and shown" if !@things && @tests;

		for my $thing (grep { $exists->{$_} } @things)
		{
			push @complaints, "$clause: $thing is not in $shown" if !grep { speaks($_, $thing) } @tests;
			push @complaints, "$clause is not the clause of any row of $thing"
				if $thing =~ /^(?:classification|escalation) / && !grep { $_->[0] eq $thing && $_->[1] eq $clause } @$named;
		}
		$line{$clause} = { map { $_ => 1 } @things };
	}

	for my $pair (@$named)
	{
		my ($thing, $clause) = @$pair;
		push @complaints, "$thing names $clause, where it does not stand" if !$line{$clause}{$thing};
	}
	return @complaints;
}

my $node = SlaTest::bare_cluster('main');
$node->safe_psql('postgres', q{
	CREATE EXTENSION sla_ext;
	SELECT sla.setup();
	SELECT sla.load_preset(preset) FROM sla.presets;
	CREATE VIEW preset_row AS
		SELECT 'target ' || policy || '/' || target AS thing, clause FROM sla.target
		UNION ALL SELECT 'rule ' || policy || '/' || rule, clause FROM sla.event_rule
		UNION ALL SELECT 'duty ' || policy || '/' || duty, clause FROM sla.duty
		UNION ALL SELECT 'ladder ' || policy || '/' || ladder || '/' || step, clause FROM sla.penalty_rule
		UNION ALL SELECT 'reward ' || policy || '/' || reward, clause FROM sla.reward_rule
		UNION ALL SELECT 'classification ' || policy, clause FROM sla.classification
		UNION ALL SELECT 'escalation ' || policy, clause FROM sla.escalation_step;});

my %exists = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', q{
	SELECT thing FROM preset_row
	UNION SELECT CASE relkind WHEN 'v' THEN 'view sla.' ELSE 'table sla.' END || relname
		FROM pg_class WHERE relnamespace = 'sla'::regnamespace AND relkind IN ('r', 'v', 'm')
	UNION SELECT 'column sla.' || c.relname || '.' || a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind IN ('r', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
	UNION SELECT 'function sla.' || proname || '()' FROM pg_proc WHERE pronamespace = 'sla'::regnamespace
	UNION SELECT 'calendar ' || calendar FROM sla.calendar
	UNION SELECT 'event ' || e FROM unnest(sla._event_names()) AS e
	UNION SELECT 'event ' || e FROM sla.target, unnest(starts_on || stops_on || rearms_on || cancels_on) AS e
	UNION SELECT 'event ' || event FROM sla.event_rule});
# Queries over the company's own tables are told right before their statements.
$exists{"report $_"} = 1 for map { /(R-\d+)/g } slurp_file('docs/reports.md') =~ /^(R-\d+, [^\n]*\n)\n```sql/mg;
my @named = map { [split /\|/] } split /\n/, $node->safe_psql('postgres', q{
	SELECT DISTINCT thing, c[1] FROM preset_row, regexp_matches(clause, 'D\d+-\d+', 'g') AS c ORDER BY 1, 2});
$node->stop;

my $text = slurp_file('docs/clauses.md');
is(scalar(rows($text)), 402, 'there are 402 clauses');
cmp_ok(scalar(@named), '>', 250, 'and hundreds of rows that name one');
is(join("\n", complaints($text, \%exists, \@named)), '', 'all of docs/clauses.md is true');

# The check can fail: each fault that is put into the list is found, and nothing else.
my %fault = (
	'a clause is missing' => [sub { s/^\| D1-15 .*\n//m }, qr/^the clauses are not those/],
	'a clause stands twice' => [sub { s/^(\| D1-15 .*\n)/$1$1/m }, qr/^the clauses are not those/],
	'a clause stands under another document' => [sub { s/^(\| D2-48 [^\n]*\n)(.*?)(\| D3-01)/$2$1$3/ms }, qr/^D2-48 stands under D3$/],
	'a target does not exist' => [sub { s{(trading_company/)first_response;}{$1first_answer;} }, qr/^D1-15 names target trading_company\/first_answer, which does not exist$/],
	'a row does not stand at its clause' => [sub { s{target trading_company/assign; (?=.*needs_department)}{} }, qr/^target trading_company\/assign names D1-19, where it does not stand$/],
	'a test does not exist' => [sub { s{^(\| D1-15 .*), sql/tour}{$1, sql/torus}m }, qr/^D1-15 is shown by sql\/torus, which does not exist$/],
	'a test speaks of something else' => [sub { s{^(\| D1-65 .*) \| [^|]* \|$}{$1 | sql/comments |}m }, qr/^D1-65: column sla.policy.effective_from is not in sql\/comments$/],
	'nothing shows it' => [sub { s{^(\| D1-65 .*) \| [^|]* \|$}{$1 | - |}m }, qr/^D1-65 is shown by nothing$/],
	'a clause is put outside' => [sub { s{^(\| D1-65 .*?) \| [^|]* \| [^|]* \|$}{$1 | outside: too hard | - |}m }, qr/^D1-65 is wholly outside$/],
	'a thing is named twice' => [sub { s{^(\| D1-65 .*?)(column \S+)}{$1$2; $2}m }, qr/^D1-65 names column sla.policy.effective_from twice$/],
	'no row of a classification is about the clause' => [sub { s{^(\| D1-65 .*?)(column \S+)}{$1classification live_commerce; $2}m },
		qr/^D1-65 is not the clause of any row of classification live_commerce$/],
	'a query is not in docs/reports.md' => [sub { s{report R-41}{report R-45} }, qr/^D5-10 names report R-45, which does not exist$/],
	'a cell is empty' => [sub { s{^(\| D1-65) \| [^|]* \|}{$1 |  |}m }, qr/^D1-65 has not four cells$/]);
for my $name (sort keys %fault)
{
	my ($spoil, $expected) = @{ $fault{$name} };
	local $_ = $text;
	$spoil->();
	my @found = complaints($_, \%exists, \@named);
	ok((grep { /$expected/ } @found), "it is found when $name") or diag(join "\n", @found);
}

done_testing();

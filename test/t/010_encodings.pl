# The extension is written in UTF-8, the company's database need not be: it installs in another encoding, finds
# Chinese keywords there, and what the encoding cannot hold is refused by the server and leaves nothing behind.

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use SlaTest;

$ENV{PGCLIENTENCODING} = 'UTF8';
my $node = SlaTest::bare_cluster('main');

for my $encoding (qw(UTF8 EUC_CN SQL_ASCII))
{
	my $database = lc $encoding;

	$node->safe_psql('postgres', "CREATE DATABASE $database ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	SlaTest::company($node, $database);
	is($node->safe_psql($database, q{
		SELECT title FROM sla.policy WHERE policy = 'trading_company'; SELECT title_zh FROM sla.policy WHERE policy = 'trading_company'}),
		"Trading company after-sales response times\n贸易公司售后服务响应时限控制制度", "$encoding: the preset's titles arrive in both languages");
	$node->safe_psql($database, q{
		INSERT INTO sla.policy (policy, version, position, applies_to) VALUES ('关键词', 1, 0, $$channel = '热线'$$);
		INSERT INTO sla.target (policy, version, target, milestone, condition, starts_on, stops_on, duration, responsible_role)
		VALUES ('关键词', 1, '首次响应', 'first_response', $$category = '退款'$$, '{received}', '{first_response}', '00:05', '{agent}');
		INSERT INTO sla.classification (policy, version, position, keywords, sets) VALUES ('关键词', 1, 1, '{退款,退货}', '{"category": "退款"}');
		SELECT sla.publish_policy('关键词', 1, '-infinity')});
	is($node->safe_psql($database, q{
		INSERT INTO sla.ticket (channel, owner, description) VALUES ('热线', 'alice', '客户要求全额退款'), ('热线', 'alice', '客户要求换货');
		SELECT t.ticket_id, t.category, c.target FROM sla.ticket t LEFT JOIN sla.clock c USING (ticket_id) ORDER BY 1}),
		"1|退款|首次响应\n2||", "$encoding: keywords and conditions in Chinese find what they say");
	is($node->safe_psql($database, q{
		SELECT sla.record(1, 'first_response', note => '已回电', details => '{"set": {"category": "退货"}}');
		SELECT details -> 'was' ->> 'category', note FROM sla.event}), "1\n退款|已回电", "$encoding: so do events");
}

my ($status, $out, $error) = $node->psql('euc_cn', q{\set VERBOSITY verbose
	INSERT INTO sla.ticket (channel, owner, description) VALUES ('热线', 'alice', '退款 😀')});
like($error, qr/22P05: .*has no equivalent in encoding "EUC_CN"/, 'EUC_CN: a character that it does not have is refused');
($status, $out, $error) = $node->psql('euc_cn', q{\set VERBOSITY verbose
	SELECT sla.record(2, 'first_response', note => '😀')});
like($error, qr/22P05: .*has no equivalent in encoding "EUC_CN"/, 'also in an event');
is($node->safe_psql('euc_cn', q{SELECT (SELECT count(*) FROM sla.ticket), (SELECT count(*) FROM sla.event WHERE ticket_id = 2)}), '2|0',
	'and nothing of it is stored');
is($node->safe_psql('euc_cn', q{INSERT INTO sla.ticket (channel, owner, description) VALUES ('热线', 'alice', '退款') RETURNING category}), '退款',
	'the next ticket is stored');

# Where the database does not name its encoding, any bytes are taken.
is($node->safe_psql('sql_ascii', q{INSERT INTO sla.ticket (channel, owner, description) VALUES ('热线', 'alice', E'\\xcd\\xcb 退货 😀') RETURNING category}),
	'退款', 'SQL_ASCII: bytes that are no UTF-8 do not hide a keyword behind them');

$node->stop;
done_testing();

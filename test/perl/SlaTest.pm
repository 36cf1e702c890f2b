# SlaTest - a cluster with sla_ext and pg_cron for the TAP tests
#
#	my $node = SlaTest::cluster('main');	# pg_cron preloaded, extension created, setup run
#	SlaTest::sweep($node);					# what sla.sweep() returned, as one line
#
# Jobs of pg_cron run in the database postgres, where the extension is.

package SlaTest;

use strict;
use warnings;
use PostgreSQL::Test::Cluster;

# A started cluster without the extension; further settings are lines of postgresql.conf.
sub bare_cluster
{
	my ($name, %init) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(%init);
	add_cron($node);
	$node->start;
	return $node;
}

# The settings of pg_cron: it connects through the node's own socket.
sub add_cron
{
	my ($node) = @_;

	$node->append_conf('postgresql.conf', sprintf(<<'CONF', $node->host));
shared_preload_libraries = 'pg_cron'
cron.database_name = 'postgres'
cron.host = '%s'
max_prepared_transactions = 10
timezone = 'UTC'
CONF
}

sub cluster
{
	my $node = bare_cluster(@_);

	$node->safe_psql('postgres', 'CREATE EXTENSION pg_cron; CREATE EXTENSION sla_ext; SELECT sla.setup()');
	return $node;
}

sub sweep
{
	my ($node, $as_of) = @_;

	return $node->safe_psql('postgres',
		'SELECT * FROM sla.sweep(' . (defined $as_of ? "'$as_of'" : '') . ')');
}

1;

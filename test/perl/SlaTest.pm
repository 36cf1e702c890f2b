# SlaTest - clusters with sla_ext, and sessions that stay open, for the TAP tests
#
#	my $node = SlaTest::cluster('main');	# pg_cron preloaded, extension created, setup run
#	SlaTest::company($node, 'postgres');	# people, departments and the preset of a trading company
#	my $one = SlaTest::Session->new($node, 'postgres');
#	$one->query('BEGIN; SELECT 1');		# what psql printed, errors included
#	$one->send('SELECT sla.sweep()');	# the same without waiting; $one->finish waits
#
# Jobs of pg_cron run in the database postgres, where the extension is.

package SlaTest;

use strict;
use warnings;
use File::Path qw(make_path);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# A started cluster without the extension.
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

# alice and anna are agents under susan; bob is of department tech, led by henry; lucy leads logistics.
sub company
{
	my ($node, $database) = @_;

	$node->safe_psql($database, q{
		CREATE EXTENSION IF NOT EXISTS sla_ext;
		SELECT sla.setup();
		INSERT INTO sla.employee (employee, department, supervisor) VALUES
			('alice', 'service', 'susan'), ('anna', 'service', 'susan'), ('susan', 'service', NULL),
			('bob', 'tech', 'henry'), ('henry', 'tech', NULL), ('lucy', 'logistics', NULL);
		INSERT INTO sla.department (department, head) VALUES
			('service', 'susan'), ('tech', 'henry'), ('logistics', 'lucy');
		SELECT sla.load_preset('trading_company');
	});
}

# An installation of this server in a folder, without sla_ext: copied programs beside linked files,
# since PostgreSQL finds everything else relative to where its programs are.
sub server_without_extension
{
	my ($folder) = @_;
	my %dir = map { $_ => `pg_config --$_` =~ s/\n//r } qw(bindir libdir pkglibdir sharedir);

	make_path(map { "$folder$_" } values %dir);
	system_or_bail("cp -P $dir{bindir}/* $folder$dir{bindir}");
	for my $from (@dir{qw(libdir pkglibdir sharedir)}, "$dir{sharedir}/extension")
	{
		unlink "$folder$from" if -l "$folder$from";
		make_path("$folder$from");
		for my $file (grep { !m{/sla_ext[.-][^/]*$} && !-e $folder . $_ } glob "$from/*")
		{
			symlink $file, $folder . $file or die "$file: $!";
		}
	}
	return "$folder$dir{bindir}" =~ s{/bin$}{}r;
}

# ... and the extension back into it.
sub add_extension
{
	my ($folder) = @_;
	my %dir = map { $_ => `pg_config --$_` =~ s/\n//r } qw(pkglibdir sharedir);

	symlink $_, $folder . $_ or die "$_: $!"
		for glob("$dir{sharedir}/extension/sla_ext[.-]*"), "$dir{pkglibdir}/sla_ext.so";
}

# same_lines compares texts line by line and shows only what differs.
sub same_lines
{
	my ($got, $expected, $name) = @_;
	my (%got, %expected);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$got{$_}++ for split /\n/, $got;
	$expected{$_}++ for split /\n/, $expected;
	my @more = grep { ($got{$_} // 0) > ($expected{$_} // 0) } sort keys %got;
	my @less = grep { ($expected{$_} // 0) > ($got{$_} // 0) } sort keys %expected;
	return 1 if ok(!@more && !@less, $name);
	splice @more, 10 if @more > 10;
	splice @less, 10 if @less > 10;
	diag(join "\n", (map { "unexpected: $_" } @more), (map { "missing: $_" } @less));
	return 0;
}

package SlaTest::Session;

use IPC::Run;

sub new
{
	my ($class, $node, $database) = @_;
	my $self = bless { in => '', out => '', sent => 0 }, $class;

	$self->{run} = IPC::Run::start(
		[ $node->installed_command('psql'), '-XAtq', '-d', $node->connstr($database) ],
		'<', \$self->{in}, '>&', \$self->{out}, IPC::Run::timeout(180));
	$self->{pid} = $self->query('SELECT pg_backend_pid()');
	return $self;
}

sub send
{
	my ($self, $sql) = @_;

	$self->{sent}++;
	$self->{in} .= "$sql\n;\\echo done $self->{sent}\n";
	$self->{run}->pump_nb;
}

sub finish
{
	my ($self) = @_;

	$self->{run}->pump until $self->{out} =~ /^done $self->{sent}$/m;
	my ($printed) = $self->{out} =~ /\A(.*?)\n?^done $self->{sent}$/ms;
	$self->{out} = '';
	return $printed;
}

sub query
{
	my ($self, $sql) = @_;

	$self->send($sql);
	return $self->finish;
}

# dies tells whether the server ended the session, with or without a statement at work.
sub dies
{
	my ($self, $idle) = @_;

	if ($idle)
	{
		# It must be gone before it is asked, or it may still answer.
		for (1 .. 600)
		{
			last unless kill 0, $self->{pid};
			select undef, undef, undef, 0.1;
		}
		$self->{in} .= "SELECT true;\n";
	}
	eval { $self->{run}->finish };
	return 1
		if $self->{out} =~ /connection to (the )?server was lost|server closed the connection|terminating connection|could not (send|receive)|Connection reset/;
	Test::More::diag("the session said: $self->{out}");
	return 0;
}

sub close
{
	my ($self) = @_;

	$self->{in} .= "\\q\n";
	$self->{run}->finish;
}

1;

# The version is the same wherever it is written.

use strict;
use warnings;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my ($control) = slurp_file('sla_ext.control') =~ /^default_version *= *'(.+)'/m;
my $meta = decode_json(slurp_file('META.json'));
my ($changelog) = slurp_file('CHANGELOG.md') =~ /^## (\S+)/m;

# META.json and the changelog have three numbers, the extension two.
is($meta->{version}, "$control.0", 'META.json has the version of the control file');
is($meta->{provides}{sla_ext}{version}, $meta->{version}, 'META.json provides that version');
is($changelog, $meta->{version}, 'the changelog begins with that version');
ok(-f "sla_ext--$control.sql", 'there is an install script for that version');
for my $file (grep { defined } @{ $meta->{provides}{sla_ext} }{qw(file docfile)})
{
	ok(-f $file, "META.json names a file that exists: $file");
}

done_testing();

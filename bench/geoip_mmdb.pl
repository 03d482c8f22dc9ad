#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# A database of real size in MaxMind's country layout, made of Debian's
# tor-geoipdb. Needs libmaxmind-db-writer-perl.
#
#   bench/geoip_mmdb.pl /usr/share/tor/geoip OUT.mmdb
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my ($from, $to) = @ARGV;
my %types = (geoname_id => 'uint32', map { $_ => 'map' }
    qw(continent country registered_country names));
my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version => 4, record_size => 24, database_type => 'bench-Country',
    languages => [ 'en', 'de' ], description => { en => 'for a benchmark' },
    remove_reserved_networks => 0,
    map_key_type_callback => sub { $types{ $_[0] } // 'utf8_string' });

sub country {
    my $code = shift;
    return { geoname_id => 1000 + ord($code), iso_code => $code,
        names => { en => "The country $code", de => "Das Land $code" } };
}

my %records;
open my $in, '<', $from or die "$from: $!\n";
while (<$in>) {
    next unless /^(\d+),(\d+),([A-Z]{2})$/;
    my ($low, $high, $code) = ($1, $2, $3);
    $records{$code} //= { continent => { code => 'XX', geoname_id => 1,
            names => { en => 'A continent', de => 'Ein Erdteil' } },
        country => country($code), registered_country => country($code) };
    $tree->insert_range((map { join '.', unpack 'C4', pack 'N', $_ } $low, $high),
        $records{$code});
}
open my $out, '>:raw', $to or die "$to: $!\n";
$tree->write_tree($out);
close $out or die "$to: $!\n";

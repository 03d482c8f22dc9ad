#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Writes the MMDB files beside it: one of each layout that is met, with
# documentation addresses and 127.0.0.0/8. Needs libmaxmind-db-writer-perl.
#
#   tests/data/make_mmdb.pl FOLDER
use strict;
use warnings;
use utf8;
use MaxMind::DB::Writer::Tree;

my $folder = shift // die "make_mmdb.pl: want a folder\n";

# Which type each key has; the rest are maps or text.
my %types = (
    autonomous_system_number => 'uint32',
    subdivisions => [ 'array', 'map' ],
    is_anonymous_proxy => 'boolean',
    number => 'uint32',
    map { $_ => 'map' } qw(names traits nested),
);

sub write_file {
    my ($name, $type, $version, $own, @networks) = @_;
    my $tree = MaxMind::DB::Writer::Tree->new(
        ip_version => $version, record_size => 24, database_type => $type,
        languages => ['en'], description => { en => 'coapscope test data' },
        remove_reserved_networks => 0,
        map_key_type_callback => sub { $own->{ $_[0] } // $types{ $_[0] } // 'utf8_string' });
    while (my ($network, $data) = splice @networks, 0, 2) {
        $tree->insert_network($network, $data);
    }
    # Always the same date, so that the file is always the same.
    no warnings 'redefine';
    local *MaxMind::DB::Writer::Tree::_build_epoch = sub { 1700000000 };
    open my $fh, '>:raw', "$folder/$name" or die "$folder/$name: $!\n";
    $tree->write_tree($fh);
    close $fh or die "$folder/$name: $!\n";
}

my %nested = (country => 'map', city => 'map');
my $frankfurt = {
    city => { names => { en => 'Frankfurt', de => 'Frankfurt am Main' } },
    country => { iso_code => 'DE', names => { en => 'Germany' } },
    subdivisions => [ { iso_code => 'HE', names => { en => 'Hesse' } } ],
};
write_file('nested.mmdb', 'Test-City', 6, \%nested,
    '127.0.0.0/8' => $frankfurt,
    '192.0.2.0/24' => $frankfurt,
    '192.0.2.128/25' => { country => { iso_code => 'BR' },
        city => { names => { en => "S\x{e3}o Paulo" } } },
    '198.51.100.0/24' => { country => { iso_code => 'us' },
        subdivisions => [ { iso_code => 'CA' }, { names => { en => 'Second' } } ] },
    '203.0.113.0/24' => { city => { names => { en => ("\x{e4}" x 127) . 'xx' } },
        country => { iso_code => 'A1' } },
    '2001:db8::/32' => { country => { iso_code => 'JP' } },
    '2001:db8:1::/48' => { country => { iso_code => 'FR' } });

write_file('asn.mmdb', 'Test-ASN', 6, {},
    '127.0.0.0/8' => { autonomous_system_number => 64496,
        autonomous_system_organization => 'LOOPBACK-AS' },
    '192.0.2.0/24' => { autonomous_system_number => 64500,
        autonomous_system_organization => 'EXAMPLE-AS' },
    '198.51.100.0/24' => { autonomous_system_number => 4294967295 },
    '203.0.113.0/24' => { autonomous_system_organization => "evil\x1b[31m\x00name" },
    '2001:db8::/32' => { autonomous_system_number => 64501,
        autonomous_system_organization => 'SIX-AS' });

write_file('flat.mmdb', 'ip-location-test', 4, {},
    '192.0.2.0/24' => { country_code => 'NL', state1 => 'North Holland', city => 'Amsterdam' },
    '198.51.100.0/24' => { country_code => '' });

write_file('text.mmdb', 'ipinfo test.mmdb', 6, {},
    '192.0.2.0/24' => { asn => 'AS64502', as_name => 'Text Networks', as_domain => 'example.net',
        country => 'Sweden', country_code => 'SE' },
    '198.51.100.0/24' => { asn => 'AS', country => 'NO', region => 'Oslo', city => 'Oslo' },
    '203.0.113.0/24' => { asn => 'AS4294967296', as_name => '' });

write_file('foreign.mmdb', "Test-\x{1b}Anonymous", 6, {},
    '192.0.2.0/24' => { is_anonymous_proxy => 1, nested => { number => 1 } });

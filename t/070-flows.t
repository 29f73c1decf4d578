#!/usr/bin/perl
# The main job end to end, and all that is no tool, with the official clients
# from npm, against two workers: both eras of client 2.x, and SDK 1.x.

use strict;
use warnings;

use Test::More;

use Gateway;
use StandIn;

my $npm = 'build/npm';
my $problem = do {
    my $out = `sh t/flows/install.sh $npm 2>&1`;
    $? == 0 ? '' : "the npm packages cannot be installed: $out";
};
plan skip_all => $problem if $problem;
$ENV{PATH} = "$npm/node_modules/.bin:$ENV{PATH}";

my $g = Gateway->new(workers => 2);

for my $kind (qw(modern auto legacy sdk1)) {
    system 'rm', '-rf', "$g->{media}/images", "$g->{media}/videos";
    draw("$g->{media}/images/beach.jpg", 1600, 900);
    for my $flow (qw(main-job surface)) {
        my @out = `node $npm/$flow.mjs $kind @{[ $g->url ]} $g->{media} 2>&1`;
        my $rc = $?;
        my @bad = grep { /^not ok|Error/ .. /^ok/ } @out;
        ok($rc == 0, "$flow, $kind: " . grep({ /^ok/ } @out) . ' checks')
            or diag(@bad ? @bad : @out);
    }
}

$g->stop;
is($g->alarms, '', 'the log is silent');

done_testing();

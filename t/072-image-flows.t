#!/usr/bin/perl
# Every image tool with the official clients from npm, which check results
# against the schemas that the gateway gives.

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

my $g = Gateway->new(workers => 2,
                     gateway => 'sanzaru_service image provider=openai;');

for my $kind (qw(modern auto legacy sdk1)) {
    my @out = `node $npm/images.mjs $kind @{[ $g->url ]} $g->{media} 2>&1`;
    my $rc = $?;
    my @bad = grep { /^not ok|Error/ .. /^ok/ } @out;
    ok($rc == 0, "$kind: " . grep({ /^ok/ } @out) . ' checks')
        or diag(@bad ? @bad : @out);
}

$g->stop;
is($g->alarms, '', 'the log is silent');

done_testing();

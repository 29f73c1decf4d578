#!/usr/bin/perl
# Connections to providers: how often a read is sent, and what is kept open.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use Gateway;
use StandIn;

my $g = Gateway->new(provider => 'retries 2;');

# Connections of the worker to the stand-in, by state (1: established).
sub connections {
    my ($worker) = $g->workers;
    my ($port) = mock_url() =~ /:(\d+)/;
    my %mine = map { (readlink($_) // '') =~ /^socket:\[(\d+)\]/ ? ($1 => 1) : () }
               glob "/proc/$worker/fd/*";
    open my $f, '<', "/proc/$worker/net/tcp" or die $!;
    my %found;
    while (<$f>) {
        my (undef, undef, $remote, $state, @rest) = split;
        next unless $remote =~ /:([0-9A-F]{4})$/ && hex $1 == $port;
        $found{hex $state}++ if $mine{$rest[5]};
    }
    return \%found;
}

# Reads side by side, which leave as many connections open.
sub read_at_once {
    my ($n) = @_;
    mock('POST', '/__mock__/faults',
         { path => '/v1/videos*', fault => 'slow-headers:500', count => $n });
    my @s = map { $g->send_raw($g->call('list_videos'),
                               Connection => 'close') } 1 .. $n;
    local $/;
    my @text = map { scalar <$_> } @s;
    return scalar grep { /"isError":false/ } @text;
}


# a read that is lost on kept connections

is(read_at_once(8), 8, 'eight reads at once');
is(connections()->{1}, 8, 'leave eight connections');
mock('POST', '/__mock__/reset');
mock('POST', '/__mock__/faults',
     { path => '/v1/*', fault => 'early-close', count => 99 });
like($g->tool('list_videos'), qr/connection to the video provider was lost/,
     'a read that is lost each time');
is(scalar(() = mock_log()), 3, 'is sent three times with retries 2');

mock('POST', '/__mock__/reset');
is(read_at_once(8), 8, 'eight again');
mock('POST', '/__mock__/faults',
     { path => '/v1/*', fault => 'early-close', count => 1 });
mock('DELETE', '/__mock__/log');
is(ref $g->tool('list_videos'), 'HASH', 'a read that is lost once');
is(scalar(() = mock_log()), 2, 'is sent twice, and answered');


# requests that cost money leave nothing open

my $before = connections()->{1} // 0;
$g->tool('create_video', { prompt => "kite $_" }) for 1 .. 5;
cmp_ok(connections()->{1} // 0, '<=', $before, 'creating leaves none open');


# what is kept is closed when nobody asks for it

is(read_at_once(4), 4, 'four reads at once');
mock('POST', '/__mock__/set', { idle_seconds => 1 });
sleep 25;
ok(Gateway::until(sub { my $c = connections(); !$c->{1} && !$c->{8} }, 60),
   'no connection stays when there was no request for half a minute');
is(ref $g->tool('list_videos'), 'HASH', 'and the next request makes its own');


$g->stop;
is($g->alarms, '', 'the log is silent');

done_testing();

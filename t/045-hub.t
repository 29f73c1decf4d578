#!/usr/bin/perl
# What workers share: nobody can fill it, no worker goes deaf, and those that
# were killed leave nothing behind.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Select;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Gateway;
use StandIn;

start_mock();

my $json = JSON::PP->new->canonical;
my $id = make_completed('a kite');


sub session {
    my ($g, %headers) = @_;
    my ($answer, $r) = $g->post($g->message('initialize', {
        protocolVersion => '2025-11-25', capabilities => {},
        clientInfo => { name => 't', version => '1' } }), %headers);
    return $r->{headers}{'mcp-session-id'};
}

# A GET stream; what comes is read until it matches.
sub watch {
    my ($g, %headers) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                  PeerPort => $g->{port}) or die $!;
    my %all = (Host => '127.0.0.1', Accept => 'text/event-stream',
               'MCP-Protocol-Version' => '2025-11-25', %headers);
    print $s "GET /mcp HTTP/1.1\r\n"
        . join('', map { "$_: $all{$_}\r\n" } sort keys %all) . "\r\n";
    $s->flush;
    my $stream = { socket => $s, text => '' };
    until_like($stream, qr/data: \n\n/);
    return $stream;
}

sub until_like {
    my ($stream, $like, $seconds) = @_;
    my $end = time + ($seconds // 30);
    while (time < $end && $stream->{text} !~ $like) {
        next unless IO::Select->new($stream->{socket})->can_read(0.1);
        sysread($stream->{socket}, $stream->{text}, 65536,
                length $stream->{text}) or last;
    }
    return $stream->{text};
}

sub touch {
    open my $f, '>', $_[0] or die "$_[0]: $!";
}

sub bells {
    open my $f, '<', '/proc/net/unix' or return;
    return map { m{(ngx_sanzaru/\S+)} ? $1 : () } <$f>;
}


# sessions that are deleted, and a caller that takes all there is

my $small = Gateway->new(http => 'sanzaru_zone_size 512k;',
    gateway => 'sanzaru_caller $http_x_who; sanzaru_foreign_jobs allow;');

my %alice = ('X-Who' => 'alice');
$alice{'Mcp-Session-Id'} = session($small, %alice);
my $stream = watch($small, %alice);
is($json->encode($small->post($small->message('resources/subscribe',
   { uri => 'sanzaru://videos/a.mp4' }), %alice)->{result}), '{}',
   'alice subscribes');

my %bob = ('X-Who' => 'bob');
$small->{ua} = HTTP::Tiny->new(timeout => 60, keep_alive => 0);
my ($refused, $last) = (0);
for (1 .. 2000) {
    $last = session($small, %bob);
    $refused++ if $small->{ua}->delete($small->url, { headers => {
        %bob, 'Mcp-Session-Id' => $last } })->{status} != 204;
}
is($refused, 0, 'two thousand sessions are deleted in a small zone');
my ($answer, $r) = $small->post($small->message('ping'), %bob,
                                'Mcp-Session-Id' => $last);
is($r->{status}, 404, 'and are dead');

for my $i (1 .. 300) {
    $answer = $small->post($small->message('resources/subscribe',
        { uri => "sanzaru://videos/$i-" . 'x' x 1900 }), %bob,
        'Mcp-Session-Id' => session($small, %bob));
    $refused++ if $answer->{error};
}
is($refused, 0, 'three hundred subscriptions of bob: his oldest make room');

my %one = (%bob, 'Mcp-Session-Id' => session($small, %bob));
for my $i (1 .. 300) {
    $answer = $small->post($small->message('resources/subscribe',
        { uri => "sanzaru://videos/$i-" . 'x' x 1900 }), %one);
    last if $answer->{error};
}
like($answer->{error}{message}, qr/subscribes to too much/,
     'one session cannot take it all');

$small->post($small->call('download_video',
             { video_id => $id, filename => 'a.mp4' }), 'X-Who' => 'alice');
like(until_like($stream, qr/updated/), qr{"uri":"sanzaru://videos/a.mp4"},
     'nobody has pushed out what alice has');
is($small->alarms, '', 'no alarm');
undef $small;


# workers that are killed, more of them than there are slots

SKIP: {
    skip 'hundreds of workers', 3 if $ENV{SANZARU_VALGRIND};

    my $others = bells();
    my $many = Gateway->new(workers => 40,
                            main => 'thread_pool default threads=1;');
    my $killed = 0;
    for (1 .. 14) {
        Gateway::until(sub { bells() - $others >= 40 }, 60);
        $killed += kill 'KILL', $many->workers;
    }
    ok($killed > 512, 'more workers are killed than there are slots');
    Gateway::until(sub { bells() - $others >= 40 }, 60);
    my $answer = $many->post($many->message('ping'));
    is($json->encode($answer->{result}), '{}', 'those that came are there');
    unlike($many->error_log, qr/more than \d+ workers/, 'and have slots');
}


# names nobody can know

my %before = map { $_ => 1 } bells();
my $g = Gateway->new(workers => 2);
my @names;
Gateway::until(sub { @names = grep { !$before{$_} } bells(); @names >= 2 });
is(scalar(grep { !m{^ngx_sanzaru/[0-9a-f]{32}$} } @names), 0,
   'names of sockets are random');
undef $g;


# bells that fail

SKIP: {
    skip 'a preloaded library does not go with sanitizers or valgrind', 9
        if $ENV{SANZARU_SANITIZED} || $ENV{SANZARU_VALGRIND};

    my $dir = tempdir('sanzaru_b_XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $dir;
    system(($ENV{CC} // 'cc') . " -shared -fPIC -O1 -Wall -o $dir/bells.so "
           . 't/preload/bells.c -ldl') == 0 or die 'no bells.so';
    local $ENV{SANZARU_BELLS} = $dir;

    my %gateway = (preload => "$dir/bells.so", workers => 2,
                   main => 'env SANZARU_BELLS;');
    my $g = Gateway->new(%gateway);
    my $n = 0;
    my $change = sub {
        $g->tool('download_video', { video_id => $id,
                                     filename => 'n' . ++$n . '.mp4' });
    };

    my $stream = watch($g, 'Mcp-Session-Id' => session($g));
    touch("$dir/send");
    $change->();
    like(until_like($stream, qr/list_changed/), qr/list_changed/,
         'who could not be rung hears of it a little later');
    $change->();
    ok(Gateway::until(sub { $g->error_log
           =~ /\[error\].*sendto\(\) another worker failed/ }),
       'the log says so');
    unlink "$dir/send";
    until_like($stream, qr/(list_changed.*){2}/s);

    for (1 .. 3) {
        $change->();
        my $want = $_ + 2;
        until_like($stream, qr/(list_changed.*){$want}/s);
    }
    is(scalar(() = $stream->{text} =~ /list_changed/g), 5,
       'it was not taken for dead');
    my @lines = $g->error_log =~ /sendto\(\) another/g;
    ok(@lines <= 4, 'a line a minute for each worker');
    is($g->alarms, '', 'no alarm');
    undef $g;

    touch("$dir/bind");
    $g = Gateway->new(%gateway);
    ok(Gateway::until(sub { $g->error_log
           =~ /\[alert\].*bind\(\) of a worker's socket failed/ }),
       'a name that cannot be had is no reason to die');
    $stream = watch($g, 'Mcp-Session-Id' => session($g));
    ok($stream->{text} =~ /200 OK/, 'streams are opened');
    unlink "$dir/bind";
    ok(Gateway::until(sub {
           $change->();
           until_like($stream, qr/list_changed/, 0.5) =~ /list_changed/
       }, 60), 'and hear when there is a name');
    kill 'QUIT', $g->{pid};
    ok(Gateway::until(sub { !$g->workers }, 30), 'the worker ends in order');
}

done_testing();

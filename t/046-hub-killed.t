#!/usr/bin/perl
# A worker is killed while it is inside of what workers share, after any
# number of instructions; those that are left, and the one that comes, go on.
# A few of these numbers; with SANZARU_SWEEP=n each n-th (build.sh sweep).

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);

use Gateway;
use StandIn;

use constant SIZE => 589824;

plan skip_all => 'a worker under valgrind cannot be stepped'
    if $ENV{SANZARU_VALGRIND};

my $dir = tempdir('sanzaru_k_XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $cc = $ENV{CC} // 'cc';
system("$cc -O1 -Wall -o $dir/kill_step t/tools/kill_step.c") == 0
    or die 'no kill_step';

start_mock();

my $id = make_completed('a kite');
my $g = Gateway->new(workers => 2, http => 'sanzaru_zone_size ' . SIZE . ';',
    main => 'thread_pool default threads=2;',
    gateway => 'sanzaru_foreign_jobs allow;');
$g->{ua} = HTTP::Tiny->new(timeout => 60, keep_alive => 0);
my ($n, $killed) = (0, 0);


sub session {
    my ($answer, $r) = $g->post($g->message('initialize', {
        protocolVersion => '2025-11-25', capabilities => {},
        clientInfo => { name => 't', version => '1' } }));
    return $r->{headers}{'mcp-session-id'};
}

sub request {
    my ($method, $session, $body) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                  PeerPort => $g->{port}) or die $!;
    my %all = (Host => '127.0.0.1', 'Content-Type' => 'application/json',
               Accept => 'application/json, text/event-stream',
               'MCP-Protocol-Version' => '2025-11-25',
               'Mcp-Session-Id' => $session, Connection => 'close');
    $body //= '';
    $all{Accept} = 'text/event-stream' if $method eq 'GET';
    $all{'Content-Length'} = length $body if $method eq 'POST';
    print $s "$method /mcp HTTP/1.1\r\n"
        . join('', map { "$_: $all{$_}\r\n" } sort keys %all) . "\r\n$body";
    $s->flush;
    return { socket => $s, text => '' };
}

sub until_like {
    my ($stream, $like) = @_;
    my $end = time + 30;
    while (time < $end && $stream->{text} !~ $like) {
        next unless IO::Select->new($stream->{socket})->can_read(0.1);
        sysread($stream->{socket}, $stream->{text}, 65536,
                length $stream->{text}) or last;
    }
    return $stream->{text} =~ $like;
}

my %requests = (
    subscribe => sub { request('POST', $_[0], '{"jsonrpc":"2.0","id":1,'
        . '"method":"resources/subscribe","params":{"uri":"sanzaru://videos/'
        . 'x' x 700 . '.mp4"}}') },
    cancel => sub { request('POST', $_[0], '{"jsonrpc":"2.0",'
        . '"method":"notifications/cancelled","params":{"requestId":"'
        . 'c' x 200 . '"}}') },
    delete => sub { request('DELETE', $_[0]) } );


# What the tool says of the request that one worker gets, the other stopped.
sub stepped {
    my ($name, $lock, $step) = @_;
    my @workers;
    Gateway::until(sub { @workers = $g->workers; @workers == 2 }, 30);
    my $session = session();
    open my $tool, '-|', "$dir/kill_step", $workers[0], SIZE, $lock, $step
        or die "kill_step: $!";
    my $ready = <$tool>;
    if (!defined $ready) {
        close $tool;
        return 'cannot';
    }
    kill 'STOP', $workers[1];
    my $request = $requests{$name}->($session);
    my $said = <$tool> // 'nothing';
    close $tool;
    kill 'CONT', $workers[1];
    chomp $said;
    Gateway::until(sub { 2 == grep { $_ != $workers[0] } $g->workers }, 30)
        if $said eq 'killed';
    return $said;
}

# Whatever was left behind: all of it is of use.
sub useful {
    my $session = session() or return 'no session';
    my $stream = request('GET', $session);
    until_like($stream, qr/data: \n\n/) or return 'no stream';
    for (1 .. 4) {
        until_like($requests{subscribe}->($session), qr/"result"/)
            or return 'not subscribed';
        until_like($requests{cancel}->($session), qr/ 202 /)
            or return 'not cancelled';
    }
    $g->tool('download_video', { video_id => $id,
                                 filename => 'n' . ++$n . '.mp4' });
    until_like($stream, qr/list_changed/) or return 'a deaf worker';
    until_like($requests{delete}->($session), qr/ 204 /)
        or return 'not deleted';
    until_like($requests{cancel}->($session), qr/ 404 /)
        or return 'deleted, but alive';
    return '';
}


# The second lock of each: the first one looks whether the session is deleted.
# The worker's own look into the memory, each five seconds, may come between.

for my $case ([subscribe => 2], [cancel => 2], [delete => 2], [delete => 3]) {
    my ($name, $lock) = @$case;
    my ($steps) = stepped($name, $lock, 1 << 30) =~ /^left (\d+)/;

    if (!$steps) {
        plan skip_all => 'a process cannot be stepped here' if !$n;
        fail("$name, lock $lock");
        last;
    }

    my $every = $ENV{SANZARU_SWEEP};
    my @steps = $every ? map { $every * $_ } 0 .. ($steps - 1) / $every
                       : map { int($steps * $_) } 0.1, 0.4, 0.7;
    my $fault = '';
    for my $step (@steps) {
        $killed += stepped($name, $lock, $step) eq 'killed';
        $fault = useful();
        last if $fault;
        $n++;
    }
    is($fault, '', "killed in $name, lock $lock: the others go on");
}
ok($killed >= 4, "$killed workers were killed");

my $log = $g->error_log;
like($log, qr/\[warn\].*a worker died while it wrote to the zone/,
     'what was not finished was undone');
unlike($log, qr/is damaged|were missed|lost its slot|more than/,
       'and nothing was damaged or missed');
is(join("\n", grep { !/exited on signal 9|zone "sanzaru" was locked by/ }
               split /\n/, $g->alarms), '', 'no other alarm');

done_testing();

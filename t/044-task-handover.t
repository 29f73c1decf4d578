#!/usr/bin/perl
# A worker that is told to finish, or to end, while it takes over a task: the
# others have looked already and found the task taken, and have to be told once
# more.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep);

use Gateway;
use StandIn;

plan skip_all => 'a preloaded library does not go with sanitizers or valgrind'
    if $ENV{SANZARU_SANITIZED};

my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;
my $cc = $ENV{CC} // 'cc';
system("$cc -shared -fPIC -O1 -Wall -o $dir/claims.so "
       . 't/preload/claims.c -ldl') == 0 or die 'no claims.so';

start_mock();
local $ENV{SANZARU_CLAIMS} = "$dir/claims";
local $ENV{SANZARU_HOLD} = "$dir/hold";
my $g = Gateway->new(
    workers => 2,
    listen => 'reuseport',              # each worker gets its share
    preload => "$dir/claims.so",
    main => 'env SANZARU_CLAIMS; env SANZARU_HOLD;',
    http => "sanzaru_state_path $dir/state; sanzaru_task_ttl 1h;",
);

sub file {
    my ($name) = @_;
    open my $f, '<', "$dir/$name" or return '';
    local $/;
    return <$f>;
}

sub links {
    my ($pid) = @_;
    return map { readlink // () } glob "/proc/$pid/fd/*";
}

# how often a worker tried the lock of the task
sub tries {
    my ($pid, $how) = @_;
    my @found = file('claims') =~ /^$pid $how$/mg;
    return scalar @found;
}


sub asked {
    my ($gateway, $method, $params) = @_;
    my ($message, %headers) = $gateway->modern($method, $params);
    $message->{params}{_meta}{'io.modelcontextprotocol/clientCapabilities'}
        = { extensions => { 'io.modelcontextprotocol/tasks' => {} } };
    $headers{'Mcp-Name'} //= $params->{taskId};
    return $gateway->post($message, %headers)->{result};
}

# a task of one of two workers, which have looked for others by now
sub begin {
    my ($gateway) = @_;
    Gateway::until(sub { $gateway->workers == 2 }) or die 'no workers';
    sleep 1;
    my $id = asked($gateway, 'tools/call', { name => 'create_video',
                   arguments => { prompt => '[[render:3]] a kite' } })
             ->{taskId};
    like($id, qr/^[0-9a-f]{32}$/, 'a task');
    my ($owner) = grep { grep { /$id\.claim$/ } links($_) } $gateway->workers;
    my ($other) = grep { $_ != ($owner // 0) } $gateway->workers;
    ok($owner && $other, 'of one of two workers');
    return ($id, $owner, $other);
}

sub hold {
    my ($pid) = @_;
    open my $f, '>', "$dir/hold" or die $!;
    print $f $pid;
    close $f;
}

sub status {
    my ($gateway, $id) = @_;
    my $task;
    Gateway::until(sub {
        $task = asked($gateway, 'tasks/get', { taskId => $id });
        ($task->{status} // '') ne 'working';
    }, 30);
    return $task->{status};
}

my ($id, $owner, $other) = begin($g);


# the other one has a request that keeps it until it is whole

my $busy;
my $idle = () = grep { /^socket/ } links($other);
for (1 .. 60) {
    $busy = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                  PeerPort => $g->{port}) or die "connect: $!";
    print $busy "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                . "Content-Type: application/json\r\n"
                . "Content-Length: 100\r\n\r\n{";
    last if Gateway::until(sub { (() = grep { /^socket/ } links($other))
                                 > $idle }, 0.5);
}
sleep 0.2;


# the owner goes, the other one takes its task, and is told to go meanwhile

hold($other);
kill 'STOP', $g->{pid};                 # no new worker yet
kill 'QUIT', $owner;
ok(Gateway::until(sub { tries($other, 'got') >= 2 }), 'the other one takes it');
kill 'QUIT', $other;
ok(Gateway::until(sub { $g->error_log
                        =~ /\] $other#\d+: gracefully shutting down/ }),
   'when it is told to finish');


# a new worker looks, finds it taken, and has it as soon as it is not

kill 'CONT', $g->{pid};
my $new;
ok(Gateway::until(sub { ($new) = grep { $_ != $owner && $_ != $other }
                                      $g->workers;
                        $new && tries($new, 'missed') }, 20),
   'a new worker finds it taken');
unlink "$dir/hold";
ok(Gateway::until(sub { $g->error_log =~ /task $id goes on here/ }, 15),
   'and goes on with it when it is let go');
unlike($g->error_log, qr/\] $other#.* task $id goes on here/,
       'the one that is going does not');

close $busy;
is(status($g, $id), 'completed', 'it is completed');
is(scalar(grep { $_ eq 'POST /v1/videos' } mock_log()), 1, 'and was made once');

$g->stop;
is($g->alarms, '', 'the log is silent');


# one that ends at once: what its threads have found is not for it

mock('DELETE', '/__mock__/log');
$g->start;
($id, $owner, $other) = begin($g);
hold($other);
kill 'QUIT', $owner;
ok(Gateway::until(sub { tries($other, 'got') >= 2 }), 'the other one takes it');
kill 'TERM', $other;
ok(Gateway::until(sub { $g->error_log =~ /\] $other#\d+: exiting/ }),
   'when it is told to end');
unlink "$dir/hold";
ok(Gateway::until(sub { $g->error_log =~ /task $id goes on here/ }, 15),
   'another one goes on with it');
unlike($g->error_log, qr/\] $other#.* task $id goes on here/,
       'the one that has ended does not');
is(status($g, $id), 'completed', 'it is completed');
is(scalar(grep { $_ eq 'POST /v1/videos' } mock_log()), 1, 'and was made once');

$g->stop;
is($g->alarms, '', 'the log is silent');

done_testing();

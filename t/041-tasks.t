#!/usr/bin/perl
# Tasks: a call whose client follows it by asking, over two workers, a reload,
# the death of a worker and a restart.

use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Gateway;
use StandIn;

# How long a video takes that two reloads have to be quicker than.
use constant LONG => $ENV{SANZARU_VALGRIND} ? 40 : 6;

start_mock();

my $state = tempdir(CLEANUP => 1) . '/state';
my $g = Gateway->new(
    workers => 2,
    http => "sanzaru_state_path $state; sanzaru_task_ttl 1h;
             map \$http_x_caller \$caller { default \$http_x_caller;
                                          latin m\xfcller; }",
    gateway => 'sanzaru_caller $caller;',
    server => <<'END',
        location /plain { sanzaru_mcp; sanzaru_media_path /tmp;
                          sanzaru_service video provider=openai; }
END
);
my $json = JSON::PP->new->canonical;


# A modern request of a client that can follow tasks.
sub ask {
    my ($method, $params, %headers) = @_;
    my $plain = delete $headers{plain};
    my $capabilities = $plain ? {}
        : { extensions => { 'io.modelcontextprotocol/tasks' => {} } };
    my $message = $g->message($method, { %{ $params // {} }, _meta => {
        'io.modelcontextprotocol/protocolVersion' => '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities' => $capabilities } });
    my $name = $params->{name} // $params->{taskId};
    my ($answer, $r) = $g->post($message,
        'MCP-Protocol-Version' => '2026-07-28', 'Mcp-Method' => $method,
        defined $name ? ('Mcp-Name' => $name) : (), %headers);
    $answer->{http} = $r->{status};
    return $answer;
}

sub create {
    my ($prompt, %headers) = @_;
    return ask('tools/call', { name => 'create_video',
                               arguments => { prompt => $prompt } },
               %headers)->{result};
}

sub get {
    my ($id, %headers) = @_;
    return ask('tasks/get', { taskId => $id }, %headers)->{result};
}

sub final {
    my ($id, $seconds) = @_;
    my $task;
    Gateway::until(sub { $task = get($id); $task->{status} ne 'working' },
                   $seconds // 60);
    return $task;
}

sub posts { scalar grep { $_ eq 'POST /v1/videos' } mock_log() }


# the whole life of one

my $made = create('a kite');
is($made->{resultType}, 'task', 'a task');
like($made->{taskId}, qr/^[0-9a-f]{32}$/, 'its id');
is($made->{status}, 'working', 'works');
like($made->{createdAt}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'since');
is($made->{ttlMs}, 3600000, 'is kept for');
is($made->{pollIntervalMs}, 50, 'and is to be asked for every');
ok(!exists $made->{task} && !exists $made->{_}, 'it is flat, and only that');

for (1 .. 8) {
    my $task = get($made->{taskId});
    $task->{resultType} eq 'complete' && $task->{taskId} eq $made->{taskId}
        or fail('found by every worker'), last;
}

my $task = final($made->{taskId});
is($task->{status}, 'completed', 'completed');
my $result = $task->{result};
is($result->{structuredContent}{status}, 'completed', 'the video');
my $file = "$g->{media}/videos/$result->{structuredContent}{filename}";
is(-s $file, $result->{structuredContent}{size_bytes}, 'its file is here');
is(posts(), 1, 'it was created once');

for (1 .. 5) { get($made->{taskId}) }
my $looks = grep { m{^GET /v1/videos/[^/]*$} } mock_log();
cmp_ok($looks, '<=', 15, 'the provider is asked by one, however many ask');


# who may see it

is(ask('tasks/get', { taskId => $made->{taskId} }, 'X-Caller' => 'eve'
   )->{error}{code}, -32602, 'not another caller');
my $theirs = create('a raft', 'X-Caller' => 'latin');
is($theirs->{resultType}, 'task', 'a caller whose name is no UTF-8 has tasks');
is(get($theirs->{taskId}, 'X-Caller' => 'latin')->{taskId},
   $theirs->{taskId}, 'and finds them');
is(ask('tasks/get', { taskId => 'f' x 32 })->{error}{code}, -32602,
   'not one there is not');
is(ask('tasks/get', { taskId => '../../etc/passwd' })->{error}{code}, -32602,
   'nor a path');
is(ask('tasks/get', { taskId => 7 })->{error}{code}, -32020, 'nor a number');
my $answer = ask('tasks/get', { taskId => $made->{taskId} }, plain => 1);
is($answer->{error}{code}, -32021, 'nor one who does not declare it');
is_deeply($answer->{error}{data}, { requiredCapabilities => { extensions =>
          { 'io.modelcontextprotocol/tasks' => {} } } }, 'who is told so');
is($answer->{http}, 400, 'with 400');
is(ask($_, { taskId => 'x' })->{error}{code}, -32601, "$_ is gone")
    for 'tasks/result', 'tasks/list';

is(create('without', plain => 1)->{resultType}, 'complete',
   'who does not declare it gets the video job at once');
$answer = ask('tools/call', { name => 'create_video',
                              arguments => { prompt => '' } });
ok($answer->{result}{isError}, 'wrong arguments are no task');
mock('POST', '/__mock__/faults', { method => 'POST', path => '/v1/videos',
                                   count => 1, fault => 'status=400' });
ok(create('x')->{isError}, 'nor is a job that the provider refuses');


# failure of the job is a result

my $failed = final(create('[[fail]] x')->{taskId});
is($failed->{status}, 'completed', 'a failed render is a result');
like($json->encode($failed->{result}), qr/"status":"failed"/, 'that says so');
ok($failed->{result}{isError}, 'as an error of the tool');


# cancelling

$made = create('[[render:60]] x');
$answer = ask('tasks/cancel', { taskId => $made->{taskId} });
is_deeply([grep { $_ ne '_meta' } sort keys %{ $answer->{result} }],
          ['resultType'], 'cancelled');
is(get($made->{taskId})->{status}, 'cancelled', 'at once');
sleep 0.3;
my $n = () = mock_log();
sleep 0.4;
is(scalar(() = mock_log()), $n, 'and nobody looks for it any more');
is(ask('tasks/cancel', { taskId => $made->{taskId} })->{result}{resultType},
   'complete', 'again: fine');
is(ask('tasks/cancel', { taskId => 'a' x 32 })->{error}{code}, -32602,
   'one there is not');
is(ask('tasks/update', { taskId => $made->{taskId}, inputResponses => {} }
   )->{result}{resultType}, 'complete', 'an answer to nothing');
is(ask('tasks/update', { taskId => $made->{taskId} })->{error}{code}, -32602,
   'an update without answers');


# many at once

my @ids = map { create("[[render:1]] $_")->{taskId} } 1 .. 12;
is(scalar(grep { final($_)->{status} eq 'completed' } @ids), 12,
   'twelve side by side');
my %names = map { (get($_)->{result}{structuredContent}{filename} => 1) } @ids;
is(scalar(keys %names), 12, 'into twelve files');


# a reload: another worker goes on

my $before = posts();
@ids = map { create("[[render:2]] $_")->{taskId} } 1 .. 4;
$g->reload;
is(scalar(grep { final($_)->{status} eq 'completed' } @ids), 4,
   'a reload');
is(posts() - $before, 4, 'creates nothing twice');
like($g->error_log, qr/task [0-9a-f]{32} goes on here/, 'adopted');


# two reloads: it is handed over once more

my $twice = create('[[render:' . LONG . ']] x')->{taskId};
$g->reload;
Gateway::until(sub { () = $g->error_log =~ /task $twice goes on here/g },
               LONG - 1);
$g->reload;
ok(Gateway::until(sub { $g->workers == 2 }, LONG - 0.5),
   'no worker is held up by a task');
is(final($twice, 60 + LONG)->{status}, 'completed', 'two reloads');
$before++;


# a worker that dies

@ids = map { create("[[render:2]] $_")->{taskId} } 1 .. 4;
kill 'KILL', $g->workers;
Gateway::until(sub { eval { get($ids[0])->{status} } }, 10);
is(scalar(grep { final($_)->{status} eq 'completed' } @ids), 4,
   'all workers killed');
is(posts() - $before, 8, 'still nothing twice');


# a restart

@ids = map { create("[[render:2]] $_")->{taskId} } 1 .. 2;
$g->stop('TERM');
$g->start;
is(scalar(grep { final($_)->{status} eq 'completed' } @ids), 2,
   'a restart');
is(get($task->{taskId})->{status}, 'completed', 'finished ones are kept');
is(posts() - $before, 10, 'and still nothing twice');


# tasks end with their time; records that are none do no harm

opendir my $d, "$state/tasks" or die $!;
my ($record) = grep { /\.json$/ } readdir $d;
closedir $d;
(my $old = $record) =~ s/\.json$//;
my $text = do { local (@ARGV, $/) = "$state/tasks/$record"; <> };
$text =~ s/"expires":\d+/"expires":1/;
open my $f, '>', "$state/tasks/$record" or die $!;
print $f $text;
close $f;
is(ask('tasks/get', { taskId => $old })->{error}{code}, -32602, 'expired');
for my $bad ('{', '[]', '{"_":{}}', '') {
    open my $f, '>', "$state/tasks/" . 'b' x 32 . '.json' or die $!;
    print $f $bad;
    close $f;
    is(ask('tasks/get', { taskId => 'b' x 32 })->{error}{code}, -32602,
       "a record of \"$bad\"");
}
my ($fresh, $stale) = map { "$state/tasks/" . $_ x 32 . '.json' } qw(b c);
open $f, '>', $stale or die $!;
close $f;
utime time - 7200, time - 7200, $stale;
$g->stop('QUIT');
$g->start;
ok(Gateway::until(sub { !-e "$state/tasks/$record" }),
   'what is over is removed');
ok(Gateway::until(sub { !-e $stale }), 'what nobody can read, then, too');
ok(-e $fresh, 'and not before');


# an "if" in another server of the same name moves no task elsewhere

{
    my ($first, $port) = ($g, Gateway::free_port());
    my $twin = sub {
        my ($if) = @_;
        return "sanzaru_state_path $state.twin; server { listen 127.0.0.1:$port;"
             . " location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; $if } }";
    };
    $g = Gateway->new(http => $twin->(''));
    my $id = create('[[render:2]] twin')->{taskId};
    $g->write_config(http => $twin->('if ($http_x_any) { set $x 1; }'));
    $g->reload;
    my $task = final($id);
    is($task->{status}, 'completed', 'a task finds its own location again')
        or diag($json->encode($task));
    unlike($json->encode($task), qr/"isError":true/, 'and what it needs there');
    is($g->alarms, '', 'without an alarm');
    $g = $first;
}

(my $alarms = $g->alarms) =~ s/.*exited on signal 9.*\n?//g;
is($alarms, '', 'no alarm');
done_testing();

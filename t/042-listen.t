#!/usr/bin/perl
# subscriptions/listen over two workers: what is told, to whom, and how a
# stream ends.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Gateway;
use StandIn;

start_mock();

my $state = tempdir(CLEANUP => 1) . '/state';
my $g = Gateway->new(
    workers => 2,
    http => "sanzaru_state_path $state;
             log_format outcome '\$status \$sanzaru_method \$sanzaru_outcome';",
    gateway => 'sanzaru_keepalive 1s; sanzaru_caller $http_x_caller;
                sanzaru_max_streams 150; sanzaru_foreign_jobs allow;
                access_log logs/outcome.log outcome;',
    server => <<'END',
        location ~ ^/of/(?<team>\w+)$ {
            sanzaru_mcp;
            sanzaru_media_path /tmp/sanzaru_listen/$team;
            sanzaru_foreign_jobs allow;
            sanzaru_service video provider=openai;
        }
END
);
my $json = JSON::PP->new->canonical;
my $id = make_completed('a kite');
my $tasks = { extensions => { 'io.modelcontextprotocol/tasks' => {} } };


sub request {
    my ($method, $params, $message_id, %headers) = @_;
    my $path = delete $headers{path} // '/mcp';
    my $body = $json->encode({ jsonrpc => '2.0', method => $method,
        id => $message_id, params => { %$params, _meta => {
            'io.modelcontextprotocol/protocolVersion' => '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities' => $tasks } } });
    my $name = $params->{name} // $params->{taskId};
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                  PeerPort => $g->{port}) or die $!;
    my %all = (Host => '127.0.0.1', 'Content-Type' => 'application/json',
               Accept => 'application/json, text/event-stream',
               'MCP-Protocol-Version' => '2026-07-28',
               'Mcp-Method' => $method,
               defined $name ? ('Mcp-Name' => $name) : (), %headers,
               'Content-Length' => length $body);
    print $s "POST $path HTTP/1.1\r\n"
        . join('', map { "$_: $all{$_}\r\n" } sort keys %all) . "\r\n$body";
    $s->flush;
    return { socket => $s, text => '' };
}

sub listen_to {
    my ($wanted, $message_id, %headers) = @_;
    return request('subscriptions/listen', { notifications => $wanted },
                   $message_id // 1, %headers);
}

sub until_like {
    my ($stream, $like, $seconds) = @_;
    my $end = time + ($seconds // 20);
    while (time < $end && $stream->{text} !~ $like) {
        next unless IO::Select->new($stream->{socket})->can_read(0.05);
        sysread($stream->{socket}, $stream->{text}, 65536,
                length $stream->{text}) or $stream->{closed} = 1, last;
    }
    return $stream->{text};
}

# The messages that have come.
sub messages {
    my ($stream, $seconds) = @_;
    until_like($stream, qr/never/, $seconds // 0.3);
    return map { $json->decode($_) } $stream->{text} =~ /^data: (.*)$/mg;
}

sub methods { [ map { $_->{method} // 'result' } messages(@_) ] }

sub tool {
    my ($tool, $args, $path) = @_;
    my $stream = request('tools/call', { name => $tool, arguments => $args },
                         'x', path => $path // '/mcp');
    until_like($stream, qr/"isError"/);
    return $stream->{text};
}

my $sub = 'io.modelcontextprotocol/subscriptionId';


# the acknowledgement

my $all = listen_to({ toolsListChanged => \1, promptsListChanged => \1,
    resourcesListChanged => \1, unknown => \1,
    resourceSubscriptions => ['sanzaru://videos/a.mp4'] }, 9007199254740993);
like(until_like($all, qr/acknowledged/),
     qr{^HTTP/1.1 200 OK.*Content-Type: text/event-stream}s, 'a stream');
like($all->{text}, qr/"$sub":9007199254740993/, 'named by its request');
my ($first) = messages($all);
is($first->{method}, 'notifications/subscriptions/acknowledged',
   'acknowledged first');
is_deeply($first->{params}{notifications}, { toolsListChanged => JSON::PP::true,
    promptsListChanged => JSON::PP::true,
    resourcesListChanged => JSON::PP::true,
    resourceSubscriptions => ['sanzaru://videos/a.mp4'] },
    'with what will be told');
unlike($all->{text}, qr/^(id|retry):/m, 'no event ids in this era');
my $none = listen_to({ resourcesListChanged => \0 }, 'text');
until_like($none, qr/acknowledged/);
($first) = messages($none);
is_deeply($first->{params}, { notifications => {}, _meta => { $sub => 'text' } },
          'nothing asked, nothing granted; an id stays a string');
my $one = listen_to({ resourceSubscriptions => ['sanzaru://videos/b.mp4'] });
my $list = listen_to({ resourcesListChanged => \1 });
my $foreign = listen_to({ resourcesListChanged => \1 }, 1,
                        path => '/of/red');
until_like($_, qr/acknowledged/) for $none, $one, $list, $foreign;


# what changes

tool('download_video', { video_id => $id, filename => 'a.mp4' });
until_like($all, qr/list_changed/);
is_deeply(methods($all), ['notifications/subscriptions/acknowledged',
          'notifications/resources/updated',
          'notifications/resources/list_changed'], 'a new file of mine');
is((messages($all))[1]{params}{uri}, 'sanzaru://videos/a.mp4', 'this one');
is_deeply(methods($list), ['notifications/subscriptions/acknowledged',
          'notifications/resources/list_changed'], 'another list');
is_deeply(methods($one), ['notifications/subscriptions/acknowledged'],
          'not my file');
is_deeply(methods($none), ['notifications/subscriptions/acknowledged'],
          'nothing asked, nothing told');
is_deeply(methods($foreign), ['notifications/subscriptions/acknowledged'],
          'not my folder');

tool('download_video', { video_id => $id, filename => 'a.mp4' });
is(scalar(messages($list)), 2, 'a file that is replaced changes no list');
until_like($all, qr/updated.*updated/s);
is(scalar(messages($all)), 4, 'but itself');
like(until_like($none, qr/: keepalive\n\n/), qr/: keepalive\n\n/,
     'a sign of life');


# tasks

my $call = request('tools/call', { name => 'create_video',
                   arguments => { prompt => '[[render:1]] x' } }, 1);
my ($task) = until_like($call, qr/"taskId":"\w+"/) =~ /"taskId":"(\w+)"/;
my $watch = listen_to({ taskIds => [$task] }, 5);
my $spy = listen_to({ taskIds => [$task] }, 5, 'X-Caller' => 'eve');
until_like($spy, qr/acknowledged/);
like(until_like($watch, qr/acknowledged.*"taskIds"/),
     qr/"taskIds":\["$task"\]/, 'a task is watched');
like(until_like($watch, qr/"status":"completed","result"|"result".*"status"/),
     qr/notifications\/tasks.*"taskId":"$task"/s, 'and told');
my @told = messages($watch);
is($told[-1]{params}{status}, 'completed', 'to its end');
is($told[-1]{params}{result}{structuredContent}{status}, 'completed',
   'with its result');
ok(!exists $told[-1]{params}{_}, 'and nothing that is not for clients');
is($told[-1]{params}{_meta}{$sub}, 5, 'on this stream');
is_deeply(methods($spy), ['notifications/subscriptions/acknowledged'],
          'another caller is told nothing of it');


# refusals

for my $bad ({}, { notifications => 1 },
             { notifications => { resourceSubscriptions => 'x' } },
             { notifications => { resourceSubscriptions => [1] } },
             { notifications => { toolsListChanged => 'yes' } },
             { notifications => { resourcesListChanged => 1 } },
             { notifications => { taskIds => {} } }) {
    my $s = request('subscriptions/listen', $bad, 1);
    like(until_like($s, qr/"error"/), qr/-32602/,
         'refused: ' . $json->encode($bad));
}

my $wide = listen_to({ resourceSubscriptions => [ map { 'u' x 890 . $_ }
                                                  1 .. 100 ] });
like(until_like($wide, qr/acknowledged.*u100"\]/s), qr/acknowledged.*u100"\]/s,
     'many long URIs are all told');
$wide = listen_to({ resourceSubscriptions => [ map { 'u' x 890 . $_ }
                                               1 .. 300 ] });
like(until_like($wide, qr/"error"/), qr/-32602.*at most 131072 bytes/,
     'but there is a bound of their sum');

my @many = map { listen_to({}, $_, 'X-Caller' => 'bob') } 1 .. 310;
my @open = grep { until_like($_, qr/acknowledged|"error"/) =~ /acknowl/ } @many;
cmp_ok(scalar(@open), '<=', 300, 'a caller has only so many streams');
cmp_ok(scalar(@open), '>=', 150, 'but that many');
my ($refused) = grep { $_->{text} =~ /"error"/ } @many;
like($refused->{text}, qr/503.*"id":\d+.*too many streams.*sanzaru_max_streams/s,
     'and is told so, under the id of the request');
my $outcomes = sub {
    local (@ARGV, $/) = "$g->{dir}/logs/outcome.log";
    return <>;
};
ok(Gateway::until(sub { $outcomes->() =~ m{^503 subscriptions/listen busy$}m }),
   'the log says busy');
my $other = listen_to({}, 1, 'X-Caller' => 'alice');
like(until_like($other, qr/acknowledged/), qr/acknowledged/,
     'others have theirs');
close $_->{socket} for @many;
ok(Gateway::until(sub {
    my $s = listen_to({}, 1, 'X-Caller' => 'bob');
    until_like($s, qr/acknowledged|"error"/) =~ /acknowledged/ }, 5),
   'closed ones count no more');


# a reload: every stream has its closing event

my @streams = map { listen_to({ toolsListChanged => \1 }, "s$_",
                              'X-Caller' => "c$_") } 1 .. 200;
until_like($_, qr/acknowledged/) for @streams;
$g->reload;
my $ended = 0;
for my $i (0 .. 199) {
    until_like($streams[$i], qr/\r\n0\r\n\r\n/, 10);
    my $name = 's' . ($i + 1);
    $ended++ if $streams[$i]{text} =~ /\r\n0\r\n\r\n/
        && $streams[$i]{text} =~
           /"id":"$name","result":\{"resultType":"complete","_meta":\{"$sub":"$name"\}\}/;
}
is($ended, 200, 'a reload ends two hundred streams in order');
ok(Gateway::until(sub { $g->workers == 2 }, 10), 'the old workers are gone');
my $new = listen_to({ resourcesListChanged => \1 });
until_like($new, qr/acknowledged/);
tool('download_video', { video_id => $id, filename => 'new.mp4' });
like(until_like($new, qr/list_changed/), qr/list_changed/,
     'and the new ones are told');


# a worker that dies: its streams end, those of the other one go on

my @mixed = map { listen_to({ resourcesListChanged => \1 }) } 1 .. 20;
until_like($_, qr/acknowledged/) for @mixed;
my ($victim) = $g->workers;
kill 'KILL', $victim;
Gateway::until(sub { !grep { $_ == $victim } $g->workers }, 5);
sleep 0.3;
tool('download_video', { video_id => $id, filename => 'after.mp4' });
my $alive = grep { until_like($_, qr/list_changed/, 0.3) =~ /list_changed/ }
            @mixed;
my $dead = grep { $_->{closed} } @mixed;
is($alive + $dead, 20, 'told, or closed');


# a client that reads nothing costs a bounded buffer, then its stream

my $deaf = listen_to({ resourcesListChanged => \1 });
until_like($deaf, qr/acknowledged/);
for (1 .. 3) { tool('download_video', { video_id => $id }) }
like(until_like($deaf, qr/(list_changed.*){3}/s), qr/(list_changed.*){3}/s,
     'a slow reader misses nothing');

(my $alarms = $g->alarms) =~ s/.*exited on signal 9.*\n?//g;
is($alarms, '', 'no alarm');
done_testing();

#!/usr/bin/perl
# Sessions of the legacy revisions over two workers: streams, questions,
# cancelling, deleting; and what comes back after a connection is lost.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Gateway;
use StandIn;

start_mock();

my $g = Gateway->new(workers => 2,
    http => 'log_format outcome "$request_method $sanzaru_outcome";',
    gateway => 'sanzaru_keepalive 1s; access_log logs/outcome.log outcome;');
my $json = JSON::PP->new->canonical;
my $id = make_completed('a kite');


# A session; what its client can do is said in it.
sub session {
    my ($revision, $capabilities) = @_;
    my ($answer, $r) = $g->post($g->message('initialize', {
        protocolVersion => $revision, capabilities => $capabilities // {},
        clientInfo => { name => 't', version => '1' } }),
        'MCP-Protocol-Version' => $revision);
    return $r->{headers}{'mcp-session-id'};
}

# An open request, whose events are read one by one.
sub start {
    my ($method, $body, %headers) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                  PeerPort => $g->{port}) or die $!;
    $body = ref $body ? $json->encode($body) : $body // '';
    my %all = (Host => '127.0.0.1', 'Content-Type' => 'application/json',
               Accept => 'application/json, text/event-stream',
               'MCP-Protocol-Version' => '2025-11-25', %headers,
               'Content-Length' => length $body);
    delete @all{'Content-Type', 'Content-Length'} if $method ne 'POST';
    print $s "$method /mcp HTTP/1.1\r\n"
        . join('', map { "$_: $all{$_}\r\n" } sort keys %all) . "\r\n$body";
    $s->flush;
    return { socket => $s, text => '' };
}

# What has come, until it matches or the time is up.
sub until_like {
    my ($stream, $like, $seconds) = @_;
    my $end = time + ($seconds // 30);
    while (time < $end && $stream->{text} !~ $like) {
        next unless IO::Select->new($stream->{socket})->can_read(0.1);
        sysread($stream->{socket}, $stream->{text}, 65536,
                length $stream->{text}) or $stream->{closed} = 1, last;
    }
    return $stream->{text};
}

sub ended {
    my ($stream) = @_;
    until_like($stream, qr/\r\n0\r\n\r\n/);
    return $stream->{text} =~ /\r\n0\r\n\r\n/ || $stream->{closed};
}


# a session outlives its worker and is deleted for all of them

my $s = session('2025-11-25');
like($s, qr/^[\x21-\x7e]{43,}$/, 'a session');

my %of = ('Mcp-Session-Id' => $s);
for (1 .. 8) {
    my $answer = $g->post($g->message('ping'), %of);
    $json->encode($answer) =~ /"result":\{\}/ or fail("ping $_"), last;
}

my ($answer, $r) = $g->post($g->message('initialize', {
    protocolVersion => '2025-11-25', capabilities => {},
    clientInfo => { name => 't', version => '1' } }), %of);
is($r->{status}, 400, 'a second initialize');

$g->{ua} = HTTP::Tiny->new(keep_alive => 0);
is($g->{ua}->delete($g->url, { headers => \%of })->{status}, 204, 'deleted');
for (1 .. 8) {
    ($answer, $r) = $g->post($g->message('ping'), %of);
    $r->{status} == 404 or fail("deleted, but alive: $_"), last;
}
is($r->{status}, 404, 'dead on all workers');
is($g->{ua}->delete($g->url, { headers => \%of })->{status}, 404,
   'and cannot be deleted again');
is($g->{ua}->get($g->url, { headers => { %of, Accept => 'text/event-stream' }
   })->{status}, 404, 'nor listened to');


# GET: a stream of what changes

$s = session('2025-11-25');
%of = ('Mcp-Session-Id' => $s);
is($g->{ua}->get($g->url, { headers => { %of, Accept => 'application/json' }
   })->{status}, 406, 'GET that takes no events');

my $get = start('GET', undef, %of);
like(until_like($get, qr/data: \n\n/), qr/200\ OK.*text\/event-stream
     .*^id:\ g[0-9a-f]{32}-0\nretry:\ \d+\ndata:\ \n\n/xms,
     'a stream that begins with an event to come back with');
like(until_like($get, qr/: keepalive/), qr/: keepalive\n\n/,
     'a sign of life');

is($json->encode($g->post($g->message('resources/subscribe',
                 { uri => 'sanzaru://videos/a.mp4' }), %of)->{result}), '{}',
   'subscribed');
$g->tool('download_video', { video_id => $id, filename => 'b.mp4' });
like(until_like($get, qr/list_changed/),
     qr/"method":"notifications\/resources\/list_changed"/,
     'a file appears: the list is another');
$g->tool('download_video', { video_id => $id, filename => 'a.mp4' });
like(until_like($get, qr/updated/),
     qr/"method":"notifications\/resources\/updated","params":\{"uri":"sanzaru:\/\/videos\/a.mp4"\}/,
     'a file that was subscribed to');
until_like($get, qr/list_changed.*list_changed/s);
my $n = () = $get->{text} =~ /list_changed/g;
$g->tool('download_video', { video_id => $id, filename => 'b.mp4' });
until_like($get, qr/never/, 0.5);
is(scalar(() = $get->{text} =~ /list_changed/g), $n,
   'a file that is replaced changes no list');

$g->post($g->message('resources/unsubscribe',
         { uri => 'sanzaru://videos/a.mp4' }), %of);
$n = () = $get->{text} =~ /updated/g;
$g->tool('download_video', { video_id => $id, filename => 'a.mp4' });
until_like($get, qr/never/, 0.5);
is(scalar(() = $get->{text} =~ /updated/g), $n, 'unsubscribed');

my $second = start('GET', undef, %of);
until_like($second, qr/data: \n\n/);
ok(ended($get), 'a second stream takes the place of the first');

$g->{ua}->delete($g->url, { headers => \%of });
ok(ended($second), 'a deleted session ends its stream');


# questions on the stream of a call, answered at any worker

for my $round (1 .. 4) {
    $s = session('2025-06-18', { elicitation => {} });
    %of = ('Mcp-Session-Id' => $s, 'MCP-Protocol-Version' => '2025-06-18');
    my $video = make_completed('to go');
    my $call = start('POST', $g->call('delete_video', { video_id => $video }),
                     %of);
    my ($ask) = until_like($call, qr/"method":"elicitation\/create".*\n\n/)
        =~ /"id":"([0-9a-f]{32})"/;
    ok($ask, 'the person is asked') or diag $call->{text};

    my $confirm = $round % 2 ? JSON::PP::true : JSON::PP::false;
    ($answer, $r) = $g->post({ jsonrpc => '2.0', id => 'f' x 32,
        result => { action => 'accept', content => { confirm => $confirm } } },
        %of);
    is($r->{status}, 202, 'an answer to nothing');
    ($answer, $r) = $g->post({ jsonrpc => '2.0', id => $ask,
        result => { action => 'accept', content => { confirm => $confirm } } },
        %of);
    is($r->{status}, 202, 'the answer');
    like(until_like($call, qr/"isError".*\n\n/),
         $round % 2 ? qr/"deleted":true/ : qr/Nothing was deleted/,
         'is done');
    is(scalar(grep { $_ eq "DELETE /v1/videos/$video" } mock_log()),
       $round % 2, 'at the provider');
}

my $other = session('2025-06-18', { elicitation => {} });
my $call = start('POST', $g->call('delete_video', { video_id => $id }), %of);
my ($ask) = until_like($call, qr/elicitation.*\n\n/) =~ /"id":"([0-9a-f]{32})"/;
$g->post({ jsonrpc => '2.0', id => $ask,
    result => { action => 'accept', content => { confirm => JSON::PP::true } } },
    %of, 'Mcp-Session-Id' => $other);
until_like($call, qr/isError/, 0.5);
unlike($call->{text}, qr/isError/, 'another session cannot answer');
$g->post({ jsonrpc => '2.0', id => $ask,
           error => { code => -1, message => 'no' } }, %of);
like(until_like($call, qr/isError/),
     qr/Nothing was deleted: the client could not ask a user/,
     'an error is a no, of nobody');

$answer = $g->post($g->call('delete_video', { video_id => $id }), %of,
                   Accept => 'application/json');
like($json->encode($answer), qr/deleted.{1,5}:true/,
     'who cannot be asked is not');


# cancelling, whichever worker has the call

for (1 .. 4) {
    $s = session('2025-11-25');
    %of = ('Mcp-Session-Id' => $s);
    my $message = $g->call('create_video', { prompt => '[[render:60]] x',
                                             wait => 60 });
    $message->{params}{_meta}{progressToken} = 1;
    $call = start('POST', $message, %of);
    like(until_like($call, qr/notifications\/progress.*\n\n/),
         qr/"progressToken":1/, 'under way');
    $g->post({ jsonrpc => '2.0', method => 'notifications/cancelled',
               params => { requestId => $message->{id} } }, %of);
    ok(ended($call), 'cancelled: the stream ends');
    unlike($call->{text}, qr/"result"/, 'without an answer');
}


# a lost connection: the result is fetched by GET

for (1 .. 4) {
    $s = session('2025-11-25');
    %of = ('Mcp-Session-Id' => $s);
    my $message = $g->call('create_video', { prompt => '[[render:1]] x',
                                             wait => 20 });
    $message->{params}{_meta}{progressToken} = 'p';
    $call = start('POST', $message, %of);
    my ($event) = until_like($call, qr/^data: \n\n/m) =~ /^id: (\S+)\nretry/m;
    like($event, qr/^[0-9a-f]{32}-0$/, 'an event to come back with');
    close $call->{socket};

    my $back = start('GET', undef, %of, 'Last-Event-ID' => $event);
    like(until_like($back, qr/"status":"completed".*\n\n/, 10),
         qr/"id":$message->{id},"result".*"status":"completed"/,
         'the answer comes on another stream');
    ok(ended($back), 'which ends with it');
    my @ids = $back->{text} =~ /^id: [0-9a-f]{32}-(\d+)$/mg;
    is_deeply([sort { $a <=> $b } @ids], \@ids, 'in order');

    my $again = start('GET', undef, %of, 'Last-Event-ID' => $event);
    like(until_like($again, qr/"status":"completed".*\n\n/),
         qr/"status":"completed"/, 'and once more');
}

ok(Gateway::until(sub {
       local (@ARGV, $/) = "$g->{dir}/logs/outcome.log";
       my $log = <>;
       (() = $log =~ /^POST client_gone$/mg) == 4
           && (() = $log =~ /^GET ok$/mg) == 8;
   }), 'the log says of which requests the client left, and of those that '
       . 'brought the answer what it was');

for my $bad ('0' x 32 . '-1', 'x', '0' x 32, 'f' x 32 . '-99999999999') {
    is($g->{ua}->get($g->url, { headers => { %of, 'Last-Event-ID' => $bad,
       Accept => 'text/event-stream' } })->{status}, 400,
       "no such event: $bad");
}
is($g->{ua}->get($g->url, { headers => {
   'Mcp-Session-Id' => session('2025-11-25'), Accept => 'text/event-stream',
   'Last-Event-ID' => '0' x 32 . '-0' } })->{status}, 400,
   'nor of another session');

$s = session('2025-06-18');
my $message = $g->call('create_video', { prompt => 'x', wait => 10 });
$message->{params}{_meta}{progressToken} = 'p';
$call = start('POST', $message, 'Mcp-Session-Id' => $s,
              'MCP-Protocol-Version' => '2025-06-18');
unlike(until_like($call, qr/"result".*\n\n/), qr/^id: |^retry/m,
       'an older revision gets no event ids');


# a deleted session does not keep others from being remembered

my $small = Gateway->new(http => 'sanzaru_zone_size 512k;');
my $refused = 0;
for my $i (1 .. 400) {
    my ($a, $r) = $small->post($small->message('initialize', {
        protocolVersion => '2025-11-25', capabilities => {},
        clientInfo => { name => 't', version => '1' } }));
    my %of = ('Mcp-Session-Id' => $r->{headers}{'mcp-session-id'});
    $a = $small->post($small->message('resources/subscribe',
        { uri => "sanzaru://videos/$i-" . 'x' x 1500 }), %of);
    $refused++ if $a->{error};
    $small->{ua}->delete($small->url, { headers => \%of }) if $i == 1;
}
is($refused, 0, 'four hundred sessions in a small zone, after one was deleted');
is($small->alarms, '', 'no alarm there');
undef $small;


# log levels

is($json->encode($g->post($g->message('logging/setLevel',
                 { level => 'warning' }), %of)->{result}), '{}', 'a level');
$answer = $g->post($g->message('logging/setLevel', { level => 'loud' }), %of);
is($answer->{error}{code}, -32602, 'no level');


# batches

$s = session('2025-03-26');
%of = ('Mcp-Session-Id' => $s);
$g->{ua} = HTTP::Tiny->new;

sub raw {
    my ($text, %headers) = @_;
    my $r = $g->{ua}->post($g->url, { content => $text, headers => {
        'Content-Type' => 'application/json',
        Accept => 'application/json, text/event-stream', %headers } });
    return "$r->{status} $r->{content}";
}

is(raw('[{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"},'
     . '{"jsonrpc":"2.0","method":"notifications/initialized"},'
     . '{"jsonrpc":"2.0","id":"b","method":"nothing"}]', %of),
   '200 [{"jsonrpc":"2.0","id":9007199254740993,"result":{}},'
   . '{"jsonrpc":"2.0","id":"b","error":{"code":-32601,"message":"There is no '
   . 'method \"nothing\" in revision 2025-03-26."}}]', 'a batch');
is(raw('[{"jsonrpc":"2.0","method":"notifications/initialized"}]', %of),
   '202 ', 'of notifications only');
like(raw('[' . join(',', map { $json->encode($g->call('list_local_videos')) }
                         1 .. 3) . ']', %of),
     qr/^200 \[(\{"jsonrpc":"2.0","id":\d+,"result".*){3}\]$/,
     'of calls, side by side');
like(raw('[]', %of), qr/^400 .*-32600/, 'an empty one');
like(raw('[1]', %of), qr/^400 .*-32600.*Element 0/, 'of no message');
like(raw('[{"jsonrpc":"2.0","id":1,"method":"initialize"}]'),
     qr/^400 .*-32600/, 'of initialize');
like(raw('[' . join(',', ('{"jsonrpc":"2.0","id":1,"method":"ping"}') x 33)
         . ']', %of), qr/^400 .*1 to 32/, 'a long one');
like(raw('[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
         'Mcp-Session-Id' => session('2025-06-18'),
         'MCP-Protocol-Version' => '2025-06-18'),
     qr/^400 .*-32600.*2025-06-18 has no batches/, 'of a later revision');

is($g->alarms, '', 'no alarm');
done_testing();

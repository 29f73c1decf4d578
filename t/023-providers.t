#!/usr/bin/perl
# What is sent to providers, to which of them, when it is repeated, and what
# a caller is told.

use strict;
use warnings;

use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Gateway;
use StandIn;

start_mock();

my $dir = File::Temp::tempdir(CLEANUP => 1);
open my $f, '>', "$dir/a.key" or die $!;
print $f " file-key \n";
close $f;

my $url = mock_url();
my $g = Gateway->new(
    gateway => 'sanzaru_service image provider=openai;',
    provider => "key test-key; header OpenAI-Organization org_1;\n"
              . 'header X-Team $http_x_team; timeout 2s; connect_timeout 1s;',
    http => <<"END",
    sanzaru_provider azure { base_url $url; key_header api-key; key z-1;
                             query "api-version=2025-04-01&x=1"; }
    sanzaru_provider filed { base_url $url/; key_file $dir/a.key; }
    sanzaru_provider asked { base_url $url; key \$http_x_key; }
    sanzaru_provider open  { base_url $url; }
    sanzaru_provider dead  { base_url http://127.0.0.1:1/v1; key k; retries 1; }
END
    server => join('', map { <<"END" } qw(azure filed asked open dead)),
        location /$_ {
            sanzaru_mcp;
            sanzaru_media_path /tmp;
            sanzaru_service video provider=$_ model=m-$_;
        }
END
);


sub at {
    my ($location, $tool, $args, %headers) = @_;
    local *Gateway::url = sub { "http://127.0.0.1:$g->{port}/$location" };
    my $answer = $g->post($g->call($tool, $args), %headers);
    return $answer->{result}{content}[0]{text} // encode_json($answer);
}

sub last_request { mock('GET', '/__mock__/log')->[-1] }

no warnings 'redefine';


# headers

$g->post($g->call('list_videos'), 'X-Team' => 'red');
my $seen = last_request();
is($seen->{headers}{authorization}, 'Bearer test-key', 'the key');
is($seen->{headers}{'openai-organization'}, 'org_1', 'a header');
is($seen->{headers}{'x-team'}, 'red', 'a header of the request');
like($seen->{headers}{'user-agent'}, qr{^ngx_sanzaru/\d}, 'who we are');
is($seen->{headers}{accept}, 'application/json', 'what we take');
is($seen->{headers}{'accept-encoding'}, 'identity', 'nothing compressed');
ok(!exists $seen->{headers}{expect}, 'no "100 Continue"');

$g->post($g->call('list_videos'));
ok(!exists last_request()->{headers}{'x-team'}, 'an empty header is left out');

$g->tool('create_video', { prompt => 'a "kite"' });
$seen = last_request();
like($seen->{headers}{'content-type'}, qr{^multipart/form-data; boundary=},
     'create is a form');
is_deeply([map { "$_->{name}=$_->{value}" } @{ $seen->{parts} }],
          ['prompt=a "kite"', 'model=sora-2'], 'of these parts');

$g->tool('remix_video', { previous_video_id => 'a b', prompt => 'x' });
$seen = last_request();
is($seen->{path}, '/v1/videos/a%20b/remix', 'an id is encoded');
is($seen->{headers}{'content-type'}, 'application/json', 'remix is JSON');


# several providers at once

at('azure', 'create_video', { prompt => 'x' });
$seen = last_request();
is($seen->{headers}{'api-key'}, 'z-1', 'a key of another name');
ok(!exists $seen->{headers}{authorization}, 'and only there');
is($seen->{query}, 'api-version=2025-04-01&x=1', 'a query on every call');
at('azure', 'list_videos', { limit => 3 });
is(last_request()->{query},
   'limit=3&order=desc&api-version=2025-04-01&x=1', 'behind the tool\'s own');

at('filed', 'create_video', { prompt => 'x' });
$seen = last_request();
is($seen->{headers}{authorization}, 'Bearer file-key', 'a key from a file');
is($seen->{parts}[1]{value}, 'm-filed', 'and a model of its own');

at('asked', 'list_videos', {}, 'X-Key' => 'mine');
is(last_request()->{headers}{authorization}, 'Bearer mine', 'a key per call');
mock('DELETE', '/__mock__/log');
like(at('asked', 'list_videos', {}), qr/^Could not list the videos: the gateway has no key for the video provider/,
     'none: nothing is sent');
is(scalar(() = mock_log()), 0, 'really nothing');

like(at('open', 'list_videos', {}), qr/answered 401 .*The operator of the gateway has to look/,
     'a provider without key');
like(at('dead', 'list_videos', {}), qr/^Could not list the videos: the video provider cannot be reached/,
     'a provider that is not there');


# what is repeated

sub faulty {
    my ($fault, $count, $tool, $args) = @_;
    mock('POST', '/__mock__/reset');
    mock('POST', '/__mock__/faults',
         { path => '/v1/*', fault => $fault, count => $count });
    my $begin = time;
    my $result = $g->tool($tool // 'list_videos', $args);
    return ($result, scalar(() = mock_log()), time - $begin);
}

my ($result, $n, $took) = faulty('status=500', 1);
ok(ref $result && $n == 2, 'a 500 is asked again');
($result, $n) = faulty('status=503', 9);
ok(!ref $result && $n == 3, 'three times, no more');
like($result, qr/answered 503 server_is_overloaded: .* Try again later\.$/,
     'and told');
($result, $n, $took) = faulty('status=429;retry-after=1', 1);
ok(ref $result && $n == 2 && $took > 0.9, 'after the time that was asked for');
($result, $n, $took) = faulty('status=429;retry-after-ms=50', 1);
ok(ref $result && $n == 2 && $took < 0.4, 'in milliseconds, too');
($result, $n) = faulty('status=429;retry-after=600', 1);
ok(!ref $result && $n == 1, 'but not for ever');
($result, $n) = faulty('status=500;should-retry=false', 1);
ok(!ref $result && $n == 1, 'not when the server says so');
($result, $n) = faulty('quota', 1);
ok(!ref $result && $n == 1, 'a spent quota is not asked again');
like($result, qr/429 insufficient_quota/, 'and told');
($result, $n) = faulty('status=400', 1);
ok(!ref $result && $n == 1, 'nor is a 400');
($result, $n) = faulty('reset-before', 1);
ok(ref $result && $n == 2, 'a reset is');
($result, $n) = faulty('early-close', 1);
ok(ref $result && $n == 2, 'and so is a closed connection');

for my $fault ('status=500', 'reset-before', 'early-close', 'status=408') {
    ($result, $n) = faulty($fault, 1, 'create_video', { prompt => 'x' });
    ok(!ref $result && $n == 1, "a create is not paid for twice: $fault");
}
like($result, qr/answered 408/, 'its error is told');
($result, $n) = faulty('early-close', 1, 'create_video', { prompt => 'x' });
my $doubt = qr/It may have begun the job: look with list_videos before you start it again\.$/;
like($result, $doubt, 'with the doubt that is left');
for my $fault ('slow-headers:3000', 'status=502', 'malformed', 'chunked-cut:9') {
    ($result, $n) = faulty($fault, 9, 'create_video', { prompt => 'x' });
    ok(!ref $result && $n == 1, "nor is one whose end is not known: $fault");
    like($result, $doubt, 'and nobody is told to try again');
}
like(at('dead', 'create_video', { prompt => 'x' }), qr/Try again later\.$/,
     'but who was never reached may be tried again');
for my $fault ('status=429;retry-after-ms=10', 'status=503') {
    ($result, $n) = faulty($fault, 1, 'create_video', { prompt => 'x' });
    ok(ref $result && $n == 2, "one that was surely not begun is: $fault");
}


# answers that are none

my %answers = (
    'html' => qr/answered 200 with text\/html.* instead of a JSON answer: <!DOCTYPE html>/,
    'html-error' => qr/answered 502 with text\/html/,
    'malformed' => qr/answered 200 with application\/json instead of a JSON answer/,
    'deep-json' => qr/answered 200 with application\/json instead of a JSON answer: .*\[\[\[/,
    'error-top-level' => qr/answered 400[^:]*: /,
    'huge:6000000' => qr/the answer of the video provider is larger than the gateway accepts \(4194304 bytes\)/,
    'slow-headers:3000' => qr/did not answer in time \(connect_timeout, timeout of its sanzaru_provider\)/,
    'redirect:http://example.com/' => qr/sent the gateway to another host/,
);
for my $fault (sort keys %answers) {
    ($result) = faulty($fault, 9, 'get_video_status', { video_id => 'v' });
    like($result, $answers{$fault}, $fault);
}
($result) = faulty('length:+10', 9);
like($result, qr/was cut: \d+ of \d+ bytes came/, 'a short answer');
($result) = faulty('huge:300000', 1, 'get_video_status', { video_id => 'v' });
cmp_ok(length(encode_json($result)), '>', 299_000,
       'a large answer is read whole');


# good answers, as vendors in the wild write them: nothing paid for is lost

for my $kind (qw(surrogate nul latin1 newline nan double bom wrapped number-id
                 text-plain text-json unlabelled gzip)) {
    ($result, $n) = faulty("wild=$kind", 1, 'create_video', { prompt => 'x' });
    ok(ref $result && $result->{id} && $n == 1, "a video is created: $kind")
        or diag(ref $result ? encode_json($result) : $result);
}
($result) = faulty('wild=number-id', 1, 'create_video', { prompt => 'x' });
is($result->{id}, '12345678901234567890', 'a number as id, to its last digit');
for my $kind (qw(surrogate latin1 bom text-plain unlabelled lines crlf urlsafe
                 unpadded data-url gzip)) {
    ($result, $n) = faulty("wild=$kind", 1, 'generate_image', { prompt => 'x' });
    ok(ref $result && $result->{filename} && $n == 1,
       "a picture is saved: $kind") or diag($result);
}
($result, $n) = faulty('quota;wild=text-plain', 9);
ok(!ref $result && $n == 1, 'a spent quota is known without its label');
like($result, qr/The operator of the gateway has to look at the account/,
     'and whose business it is');

mock('POST', '/__mock__/reset');
my $video = $g->tool('create_video', { prompt => 'x', wait => 20 });
mock('POST', '/__mock__/faults', { path => '/v1/videos/*', count => 1,
                                   fault => 'wild=gzip' });
$result = $g->tool('download_video', { video_id => $video->{id} });
ok(ref $result && $result->{size_bytes} > 1000, 'a compressed download')
    or diag($result);
for my $fault ('status=204', 'wild=empty') {
    mock('POST', '/__mock__/reset');
    $video = $g->tool('create_video', { prompt => 'x', wait => 20 });
    mock('POST', '/__mock__/faults', { method => 'DELETE', path => '/v1/*',
                                       count => 9, fault => $fault });
    $result = $g->tool('delete_video', { video_id => $video->{id} });
    ok(ref $result && $result->{deleted}, "deleted: $fault") or diag($result);
}
($result) = faulty('redirect:/v1/videos/', 1, 'create_video',
                   { prompt => 'x' });
like($result, qr/sends the gateway on to "\/v1\/videos\/", where it does not go/,
     'a POST that is sent on is told where');


# what was sent is not shown again

for my $quoted ('Wrong key test-key.', 'Bearer test-key', 'gsk_0123456789abcdef') {
    ($result) = faulty("status=401;message=$quoted", 9);
    unlike($result, qr/test-key|0123456789/, "a key is not shown: $quoted");
    like($result, qr/answered 401 .*\*\*\*/, 'but blanked');
}


# connections are used again

mock('POST', '/__mock__/reset');
$g->tool('list_videos') for 1 .. 5;
my %connections = map { $_->{connection} => 1 } @{ mock('GET', '/__mock__/log') };
is(scalar(keys %connections), 1, 'five calls, one connection');

$g->stop;
# a proxy, where nginx gives workers the variable

{
    my $proxy = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 8,
                                      Timeout => 30)
        or die $!;
    my $port = $proxy->sockport;
    my $out = Gateway->new(no_mock => 1,
        main => "env http_proxy=http://127.0.0.1:$port;",
        provider => 'base_url http://video.example/v1; key k;');
    my $s = $out->send_raw($out->call('list_videos'), Connection => 'close');
    my $c = $proxy->accept or die 'nobody asks the proxy';
    like(scalar <$c>, qr{\AGET http://video\.example/v1/videos}, 'a proxy');
    while (<$c> =~ /\S/) { }
    my $none = '{"object":"list","data":[]}';
    print $c "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
             . 'Content-Length: ' . length($none) . "\r\n\r\n$none";
    like(do { local $/; <$s> }, qr/"isError":false/, 'is asked and heard');
}


is($g->alarms, '', 'the log is silent');
unlike($g->error_log, qr/test-key|file-key|z-1\b/, 'and holds no key');

done_testing();

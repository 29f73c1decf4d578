#!/usr/bin/perl
# What an operator must look at is in the error log at `error`: once in a
# minute for a provider, with the client and the request, and no file's name.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep);

use Gateway;
use StandIn;

start_mock();

my $url = mock_url();

sub location {
    my ($name) = @_;
    my $path = $name eq 'good' ? '/proc/self' : '/tmp';
    my $provider = $name eq 'tasks' ? 'good' : $name;
    return <<"END";
        location /$name {
            sanzaru_mcp;
            sanzaru_media_path $path;
            sanzaru_service video provider=$provider;
            sanzaru_service image provider=$provider;
            sanzaru_poll_interval 50ms;
        }
END
}

my $state = tempdir(CLEANUP => 1) . '/state';
my $g = Gateway->new(
    level => 'error',
    provider => 'retries 0; key_header X-Nothing; key wrong-key;',
    http => <<"END",
    sanzaru_state_path $state;
    sanzaru_provider dead  { base_url http://127.0.0.1:1/v1; key k; retries 1; }
    sanzaru_provider name  { base_url http://no-such.invalid/v1; key k; retries 0; }
    sanzaru_provider slow  { base_url $url; key $StandIn::KEY; timeout 1s; retries 0; }
    sanzaru_provider quota { base_url $url; key $StandIn::KEY; retries 0; }
    sanzaru_provider down  { base_url $url; key $StandIn::KEY; retries 0; }
    sanzaru_provider busy  { base_url $url; key $StandIn::KEY; retries 0; }
    sanzaru_provider good  { base_url $url; key $StandIn::KEY; retries 0; }
    map \$http_x_broken \$broken { "" ""; default "se\\ncret"; }
    map \$http_x_broken \$team { "" red; default "se\\rcret"; }
    sanzaru_provider asked { base_url $url; key \$broken; retries 0; }
    sanzaru_provider teams { base_url $url; key $StandIn::KEY; retries 0;
                             header X-Team \$team; header X-None \$broken; }
END
    server => join('', map { location($_) }
                   qw(dead name slow quota down busy good tasks asked teams)),
);

sub at {
    my ($location, $tool, $args, %headers) = @_;
    no warnings 'redefine';
    local *Gateway::url = sub { "http://127.0.0.1:$g->{port}/$location" };
    my $answer = $g->post($g->call($tool // 'list_videos', $args), %headers);
    return $answer->{result}{content}[0]{text};
}

sub faulty {
    my ($fault) = @_;
    mock('DELETE', '/__mock__/faults');
    mock('POST', '/__mock__/faults',
         { path => '/v1/*', fault => $fault, count => 99 });
}

sub errors { grep { /\[error\].*$_[0]/ } split /\n/, $g->error_log }


# a key that is refused

$g->tool('list_videos') for 1 .. 3;
my @lines = errors('sanzaru: provider "openai"');
is(scalar(@lines), 1, 'a refused key is one line, of three calls');
like($lines[0], qr/\*\d+ sanzaru: provider "openai": GET \/videos\S*: status 401; look at its key, client: 127\.0\.0\.1, server: .*request: "POST \/mcp HTTP\/1\.1"/,
     'with connection, client and request');
unlike($g->error_log, qr/wrong-key/, 'and without the key');


# what else is his

at('dead');
like((errors('"dead"'))[0], qr/status 0, .*onnect.*127\.0\.0\.1.*client: /,
     'a provider that is not there');
is(scalar(errors('"dead"')), 1, 'once, of two attempts');
at('name');
like((errors('"name"'))[0], qr/resolve host/, 'a name that is not known');
faulty('slow-headers:3000');
at('slow');
like((errors('"slow"'))[0], qr/timed out|Timeout/, 'one that does not answer');
faulty('quota');
at('quota');
like((errors('"quota"'))[0], qr/status 429; look at its account/, 'a spent quota');
faulty('status=502');
at('down');
like((errors('"down"'))[0], qr/status 502/, 'a provider that is down');


# and what is not

faulty('status=429');
at('busy');
faulty('status=400');
at('busy');
faulty('status=404');
at('busy', 'get_video_status', { video_id => 'video_1' });
is(scalar(errors('"busy"')), 0, 'limits and callers\' mistakes are not');
mock('DELETE', '/__mock__/faults');


# folders

at('good', 'generate_image', { prompt => 'a kite', filename => 'secret.png' })
    for 1 .. 2;
@lines = errors('generate_image cannot read or write a file');
is(scalar(@lines), 1, 'a folder that cannot be used is one line, too');
like($lines[0], qr/of "sanzaru_mcp" in \S+:\d+ \(\d+: [^)]+\), client: .*request: "POST \/good/,
     'with the location, the reason, client and request');
unlike($g->error_log, qr/secret\.png/, 'and without the file\'s name');


# the directory of tasks

rmdir "$state/tasks";
open my $fh, '>', "$state/tasks" or die $!;
close $fh;
$g->stop;
$g->start;

{
    no warnings 'redefine';
    local *Gateway::url = sub { "http://127.0.0.1:$g->{port}/tasks" };
    my $message = $g->message('tools/call', {
        name => 'create_video', arguments => { prompt => 'a kite' },
        _meta => {
            'io.modelcontextprotocol/protocolVersion' => '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities' => {
                extensions => { 'io.modelcontextprotocol/tasks' => {} } } } });
    my @answers = map { scalar $g->post($message,
        'MCP-Protocol-Version' => '2026-07-28', 'Mcp-Method' => 'tools/call',
        'Mcp-Name' => 'create_video') } 1 .. 3;
    is(scalar(grep { $_->{result}{structuredContent}{id} } @answers), 3,
       'calls that cannot become tasks are answered');
}
is(scalar(errors('sanzaru_state_path cannot be read|a task cannot be kept')),
   1, 'a directory that cannot be used is one line, of three calls and a look');


# variables that are no key and no header

at('asked') for 1 .. 3;
@lines = errors('"asked"');
is(scalar(@lines), 1, 'a key that comes out empty is one line, of three calls');
like($lines[0], qr/: the value of "key" is empty; nothing is sent, client: /,
     'with the provider and the directive');
at('teams', 'list_videos', {}, 'X-Broken' => 1) for 1 .. 2;
my $sent = mock('GET', '/__mock__/log')->[-1]{headers};
ok(!exists $sent->{'x-team'}, 'a header that comes out with a line break');
@lines = errors('"teams"');
is(scalar(@lines), 1, 'is one line');
like($lines[0], qr/: the value of "header X-Team" holds a line break or another control character; it is left out, client: /,
     'of its own');
unlike($g->error_log, qr/se.?cret/s, 'without the value');

$g->stop;
$g->start;
at('asked', 'list_videos', {}, 'X-Broken' => 1);
like((errors('"asked"'))[-1], qr/: the value of "key" holds a line break/,
     'a key with a line break');
at('teams');
is(scalar(errors('"teams"')), 1, 'an empty header is as it should be');
unlike($g->error_log, qr/se.?cret/s, 'without the value');

$g->stop;
is($g->alarms, '', 'the log is silent');


# a full disk

SKIP: {
    skip 'a preloaded library does not go with sanitizers or valgrind', 3
        if $ENV{SANZARU_SANITIZED};
    my $dir = tempdir(CLEANUP => 1);
    system(($ENV{CC} // 'cc') . " -shared -fPIC -O1 -o $dir/watch.so "
           . 't/preload/watch.c -ldl') == 0 or die 'no watch.so';
    local $ENV{SANZARU_FULL} = 0;
    my $full = Gateway->new(preload => "$dir/watch.so", level => 'error',
                            gateway => 'sanzaru_service image provider=openai;');
    $full->tool('generate_image', { prompt => 'a kite', filename => 'a.png' })
        for 1 .. 2;
    @lines = grep { /generate_image cannot/ } split /\n/, $full->error_log;
    is(scalar(@lines), 1, 'a full disk is one line');
    like($lines[0], qr/\[error\].*\(28: [^)]+\), client: /, 'with the reason');
    $full->stop;
    is($full->alarms, '', 'the log is silent');
}

done_testing();

#!/usr/bin/perl
# Headers of HTTP itself at an endpoint: conditions, ranges and expectations
# change no answer, over HTTP/1.1 and HTTP/2; a stream's own header goes out at
# once.

use strict;
use warnings;

use Test::More;
use IO::Select;
use JSON::PP;

use Gateway;
use StandIn;

my $port2 = Gateway::free_port();
my $g = Gateway->new(http => <<'END', server => <<"SERVER");
    sanzaru_keepalive 1h;
    keepalive_timeout 0;
END
    listen 127.0.0.1:$port2 http2;
    location /expires { sanzaru_mcp; expires 1h; sanzaru_media_path /tmp; }
SERVER

my $curl_2 = `curl --version` =~ /HTTP2/;


# Conditions that would make 304, 412, 206, 416 or 417 of a plain file

my @conditions = (
    'If-None-Match: *', 'If-Match: "x"', 'If-Modified-Since: '
        . 'Fri, 01 Jan 2100 00:00:00 GMT',
    'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:01 GMT',
    'Range: bytes=0-0', 'If-Range: "x"', 'TE: trailers',
    'Expect: 100-continue', 'Accept-Encoding: gzip, br');

my $ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
my $pong = '{"jsonrpc":"2.0","id":1,"result":{}}';

sub curl {
    my ($version, $condition, @more) = @_;
    my ($option, $port) = $version == 2
        ? ('--http2-prior-knowledge', $port2) : ('--http1.1', $g->{port});
    open my $f, '-|', 'curl', '-s', '-m', 30, $option, '-w', "\n%{http_code}",
         '-H', 'Content-Type: application/json', '-H', $condition, @more,
         "http://127.0.0.1:$port/mcp" or die "curl: $!";
    local $/;
    return <$f>;
}

for my $version (1, $curl_2 ? 2 : ()) {
    for my $condition (@conditions) {
        is(curl($version, $condition, '-d', $ping), "$pong\n200",
           "POST over HTTP/$version: $condition");
    }
}

my $video = $g->call('create_video', { prompt => 'a kite' });
for my $version (1, $curl_2 ? 2 : ()) {
    like(curl($version, 'If-None-Match: *', '-d', encode_json($video)),
         qr/video_\w+.*\n200\z/s,
         "a video that was paid for is told over HTTP/$version");
}


# Streams that wait: the header is there before anything is said

sub session {
    my ($revision) = @_;
    my (undef, $r) = $g->post($g->message('initialize', {
        protocolVersion => $revision, capabilities => {},
        clientInfo => { name => 't', version => '1' } }),
        'MCP-Protocol-Version' => $revision);
    return $r->{headers}{'mcp-session-id'};
}

sub listen_head {
    my ($version, $revision, @more) = @_;
    my ($option, $port) = $version == 2
        ? ('--http2-prior-knowledge', $port2) : ('--http1.1', $g->{port});
    my $pid = open my $f, '-|', 'curl', '-sN', '-D', '-', '-m', 20, $option,
        '-H', 'Accept: text/event-stream', (map { ('-H', $_) } @more),
        '-H', "MCP-Protocol-Version: $revision",
        '-H', 'Mcp-Session-Id: ' . session($revision),
        "http://127.0.0.1:$port/mcp" or die "curl: $!";
    my $line = <$f> // '';
    kill 'TERM', $pid;
    close $f;
    $line =~ s/\s+\z//;
    return $line;
}

for my $revision ('2025-03-26', '2025-06-18', '2025-11-25') {
    like(listen_head(1, $revision), qr/ 200/,
         "a stream of $revision has its header at once");
    like(listen_head(2, $revision), qr/ 200/, 'and over HTTP/2') if $curl_2;
}

for my $version (1, $curl_2 ? 2 : ()) {
    for my $condition (@conditions) {
        like(listen_head($version, '2025-06-18', $condition), qr/ [12]00/,
             "a stream over HTTP/$version in spite of $condition");
    }
}


# sanzaru_keepalive 0: a stream that waits says nothing, and is there

$g->write_config(http => 'sanzaru_keepalive 0;');
$g->reload;
{
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$g->{port}");
    print $s "GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream"
             . "\r\nMCP-Protocol-Version: 2025-06-18\r\nMcp-Session-Id: "
             . session('2025-06-18') . "\r\n\r\n";
    my ($text, $end) = ('', time + 30);
    while (time < $end) {
        next unless IO::Select->new($s)->can_read(0.2);
        last unless sysread $s, $text, 65536, length $text;
        $end = time + 2 if $text =~ /\r\n\r\n/ && $end > time + 2;
    }
    like($text, qr{\AHTTP/1.1 200.*\r\n\r\n}s, 'keepalive 0: a stream');
    unlike($text, qr/^:/m, 'without comments');
}


# Cache-Control: ours, or that of expires

sub cache_control {
    my ($path) = @_;
    my $r = HTTP::Tiny->new(timeout => 30)->post(
        "http://127.0.0.1:$g->{port}$path",
        { headers => { 'Content-Type' => 'application/json' },
          content => $ping });
    return $r->{headers}{'cache-control'};
}

is(cache_control('/mcp'), 'no-store', 'an answer is not to be kept');
is(cache_control('/expires'), 'max-age=3600', 'unless expires says otherwise');

is($g->alarms, '', 'the log is silent');

done_testing();

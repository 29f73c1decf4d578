#!/usr/bin/perl
# HTTP/1.1, HTTP/2 and HTTP/3 behind TLS: the endpoint answers the same.

use strict;
use warnings;

use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);

use Gateway;
use StandIn;

my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';
plan skip_all => 'this nginx is built without HTTP/3'
    unless `$nginx -V 2>&1` =~ /http_v3_module/;
plan skip_all => 'this curl is built without HTTP/3'
    unless `curl --version` =~ /\bHTTP3\b/;

my $dir = tempdir(CLEANUP => 1);
system("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2"
       . " -keyout $dir/key.pem -out $dir/cert.pem 2> $dir/openssl.log") == 0
    or die qx(cat $dir/openssl.log);

start_mock();
my $port = Gateway::free_port();
my $media = tempdir(CLEANUP => 1);
chmod 0777, $media;
my $g = Gateway->new(http => <<"END");
    server {
        listen 127.0.0.1:$port ssl;
        listen 127.0.0.1:$port quic;
        http2 on;
        ssl_certificate $dir/cert.pem;
        ssl_certificate_key $dir/key.pem;
        location /mcp {
            sanzaru_mcp;
            sanzaru_media_path $media;
            sanzaru_service video provider=openai;
            sanzaru_poll_interval 50ms 100ms;
            client_max_body_size 2m;
        }
    }
END

my %option = ('1.1' => '--http1.1', 2 => '--http2', 3 => '--http3-only');

# The answer, and behind it the version of HTTP and the status.
sub curl {
    my ($version, $message, @options) = @_;
    my %headers = ('MCP-Protocol-Version' => '2025-11-25',
                   ref $options[0] ? %{ shift @options } : ());
    if (defined $message) {
        open my $f, '>', "$dir/body" or die $!;
        print $f ref $message ? encode_json($message) : $message;
        close $f;
        unshift @options, "-H 'Content-Type: application/json'",
                          "--data-binary \@$dir/body";
    }
    my $command = join ' ', "curl -sSk -m 20 $option{$version}",
        "-H 'Accept: application/json, text/event-stream'",
        (map { "-H '$_: $headers{$_}'" } sort keys %headers),
        "-w ' %{http_version} %{http_code}'", @options,
        "https://127.0.0.1:$port/mcp 2>&1";
    return scalar qx($command);
}

my %status;

for my $v ('1.1', 2, 3) {
    like(curl($v, $g->message('tools/list')), qr/"create_video".* $v 200$/s,
         "HTTP/$v: tools/list");
    like(curl($v, {}), qr/^\{.*"code":-32600.* $v 400$/s,
         "HTTP/$v: a bad message");

    my $call = $g->call('create_video', { prompt => 'x' x 30000 });
    $call->{params}{_meta}{note} = 'y' x 1_500_000;
    like(curl($v, $call), qr/"status":"queued".* $v 200$/s,
         "HTTP/$v: a large body");
    like(curl($v, 'z' x 3_000_000), qr/^\{.*"jsonrpc".* $v 413$/s,
         "HTTP/$v: one that is too large");

    $call = $g->call('create_video', { prompt => 'a kite', wait => 10 });
    $call->{params}{_meta}{progressToken} = 'p';
    like(curl($v, $call, '-D -'),
         qr{^content-type:\stext/event-stream .* notifications/progress .*
            "status":"completed"}msxi, "HTTP/$v: a stream");

    $status{$v} = join ' ', map { /(\d+)$/ } (
        curl($v, $g->message('ping'),
             { Origin => 'https://elsewhere.example' }),
        curl($v, undef, '-X DELETE'),
        curl($v, undef, '-X PUT'),
        curl($v, undef, { 'Mcp-Session-Id' => 'none' }, '-m 2'),
    );

    # a client that leaves in the middle of its stream

    my ($message, %headers) = $g->modern('tools/call',
        { name => 'create_video',
          arguments => { prompt => '[[render:60]] a kite', wait => 60 },
          _meta => { progressToken => 1 } });
    curl($v, $message, \%headers, '-m 1');
    like((mock_log())[-1], qr{^GET /v1/videos/}, "HTTP/$v: it was followed");
    ok(Gateway::until(sub {
           my $n = () = mock_log();
           sleep 0.5;
           $n == (() = mock_log());
       }, 20), "HTTP/$v: nobody looks for a client that left");
}

like($status{'1.1'}, qr/^403 \d+ \d+ \d+$/, 'refusals');
is($status{$_}, $status{'1.1'}, "the same by HTTP/$_") for 2, 3;

is($g->alarms, '', 'the log is silent');

done_testing();

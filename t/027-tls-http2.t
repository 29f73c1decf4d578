#!/usr/bin/perl
# TLS to providers: whom it trusts and whom it does not.  HTTP/2 from clients:
# the endpoint is the same.

use strict;
use warnings;

use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);

use Gateway;
use StandIn;

start_mock();

my $dir = tempdir(CLEANUP => 1);


# certificates

sub openssl {
    system("cd $dir && openssl @_ 2> $dir/openssl.log") == 0
        or die "openssl @_: " . qx(cat $dir/openssl.log);
}

sub certify {
    my ($name, $san, $days) = @_;
    open my $f, '>', "$dir/$name.ext" or die $!;
    print $f "subjectAltName=$san\n";
    close $f;
    openssl("req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr",
            "-subj /CN=$name");
    openssl("x509 -req -in $name.csr -CA ca.pem -CAkey ca.key",
            "-CAcreateserial -days $days -extfile $name.ext -out $name.pem");
}

openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem",
        "-days 2 -subj /CN=test-ca");
certify('right', 'IP:127.0.0.1', 2);
certify('other', 'DNS:elsewhere.example', 2);
# zero days: over at once; OpenSSL 3.4 and newer refuse an end before the start
certify('late', 'IP:127.0.0.1', 0);


# stand-ins that speak TLS

my @stand_ins;
END { local $?; kill 'TERM', $_ for @stand_ins }

sub secure {
    my ($name) = @_;
    my $file = "$dir/$name.port";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', '/dev/null';
        exec 'python3', 't/mock/server.py', '--port', 0, '--port-file', $file,
             '--tls', "$dir/$name.pem", "$dir/$name.key", '--key',
             $StandIn::KEY, '--parent-watch';
        die "exec: $!";
    }
    push @stand_ins, $pid;
    Gateway::until(sub { -s $file }) or die "$name did not start";
    open my $f, '<', $file or die $!;
    chomp(my $port = <$f>);
    return "https://127.0.0.1:$port/v1";
}

my %url = map { $_ => secure($_) } qw(right other late);

my %provider = (
    right => "base_url $url{right}; trusted_certificate $dir/ca.pem;",
    other => "base_url $url{other}; trusted_certificate $dir/ca.pem;",
    late => "base_url $url{late}; trusted_certificate $dir/ca.pem;",
    system => "base_url $url{right};",
    downgraded => 'base_url https://127.0.0.1:' . mock_url() =~ s{^.*:}{}r
                  . ';',
);

# nginx before 1.25.1 knows no directive http2
my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';
my ($minor) = `$nginx -v 2>&1` =~ m{nginx/1\.(\d+)};
my $g = Gateway->new(
    listen => ($minor // 0) < 26 ? 'http2' : '',
    http => join('', map { "sanzaru_provider $_ { key $StandIn::KEY; "
                           . "retries 0; connect_timeout 1s; "
                           . "$provider{$_} }\n" }
                     sort keys %provider),
    server => (($minor // 0) < 26 ? '' : 'http2 on;')
              . join('', map { <<"END" } sort keys %provider),
        location /to-$_ {
            sanzaru_mcp;
            sanzaru_media_path /tmp;
            sanzaru_service video provider=$_;
        }
END
);


# HTTP/2 without TLS, as nginx speaks it to a client that knows

sub curl {
    my ($path, $message, @options) = @_;
    my %headers = ('MCP-Protocol-Version' => '2025-11-25',
                   ref $options[0] ? %{ shift @options } : ());
    my $body = JSON::PP->new->utf8->encode($message);
    open my $f, '>', "$dir/body.json" or die $!;
    print $f $body;
    close $f;
    my $command = join ' ', 'curl -sS --http2-prior-knowledge -m 20',
        "-H 'Content-Type: application/json'",
        "-H 'Accept: application/json, text/event-stream'",
        (map { "-H '$_: $headers{$_}'" } sort keys %headers), @options,
        "--data-binary \@$dir/body.json",
        "http://127.0.0.1:$g->{port}$path 2>&1";
    return scalar qx($command);
}

sub told {
    my ($location) = @_;
    my $answer = decode_json(curl("/to-$location", $g->call('list_videos')));
    return $answer->{result}{content}[0]{text} // encode_json($answer);
}

like(curl('/mcp', $g->message('tools/list'), "-w '%{http_version} %{http_code}'"),
     qr/"create_video".*2 200$/s, 'HTTP/2: tools/list');
like(curl('/mcp', {}, "-w '%{http_version} %{http_code}'"),
     qr/^\{"jsonrpc":"2\.0","error":\{"code":-32600.*2 400$/s,
     'HTTP/2: a bad message');
my $empty = join ' ', 'curl -sS --http2-prior-knowledge -m 20 -X POST -d ""',
    '-H "Content-Type: application/json" -w " %{http_code}"',
    "http://127.0.0.1:$g->{port}/mcp 2>&1";
like(scalar qx($empty),
     qr/"code":-32700.* 400$/s, 'HTTP/2: an empty body');

my $call = $g->call('create_video', { prompt => 'a kite', wait => 10 });
$call->{params}{_meta}{progressToken} = 'p';
my $text = curl('/mcp', $call, '-i');
like($text, qr{^HTTP/2 200}, 'HTTP/2: a stream');
like($text, qr{^content-type: text/event-stream}m, 'of events');
like($text, qr{notifications/progress.*"status":"completed"}s,
     'with progress, then the result');


# a large body arrives in many frames

$call = $g->call('create_video', { prompt => 'x' x 30000 });
$call->{params}{_meta}{note} = 'y' x 300000;
like(curl('/mcp', $call), qr/"status":"queued"/, 'HTTP/2: a large body');


# a client that leaves in the middle of its stream

my ($message, %headers) = $g->modern('tools/call',
    { name => 'create_video',
      arguments => { prompt => '[[render:60]] a kite', wait => 60 },
      _meta => { progressToken => 1 } });
curl('/mcp', $message, \%headers, '-m 1');
like((mock_log())[-1], qr{^GET /v1/videos/}, 'it was followed');
sleep 0.3;
my $n = () = mock_log();
sleep 0.5;
is(scalar(() = mock_log()), $n, 'HTTP/2: nobody looks for a client that left');


# TLS to providers

like(told('right'), qr/"data":/, 'a certificate of the trusted authority');

my $insecure = qr/no secure connection to the video provider could be made/;
like(told('other'), $insecure, 'another name than the address');
like(told('late'), $insecure, 'an expired certificate');
like(told('system'), $insecure, 'an authority the system does not know');
like(told('downgraded'), qr/did not answer in time/,
     'a provider that waits for plain HTTP');

my $log = $g->error_log;
unlike($log, qr/$StandIn::KEY/, 'the log has no key');
like($log, qr/provider "other": GET .*(SSL|certificate)/,
     'but the reason and the provider');

for my $name (qw(other late system)) {
    is(scalar(() = $log =~ /\[error\].*provider "$name": GET .*certificate/g),
       1, "provider \"$name\": the operator is told");
}

is($g->alarms, '', 'no alarm');
done_testing();

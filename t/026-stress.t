#!/usr/bin/perl
# The stress test that the gateway began with: four clients, each with eight
# downloads of one video at once, through one worker.

use strict;
use warnings;

use Digest::MD5;
use JSON::PP;
use Test::More;

use Gateway;
use StandIn;

my ($clients, $each, $bytes) = (4, 8, 7_691_516);
my $n = $clients * $each;

my $g = Gateway->new(workers => 1, mock => ['--video-bytes', $bytes]);
my $id = make_completed('a kite');
my ($worker) = $g->workers;


# The size and the MD5 of a file.
sub sum {
    my ($path) = @_;
    open my $f, '<:raw', $path or return "$path: $!";
    return join ' ', -s $f, Digest::MD5->new->addfile($f)->hexdigest;
}


# VmRSS or VmHWM of the worker, in bytes.
sub memory {
    my ($field) = @_;
    open my $f, '<', "/proc/$worker/status" or return;
    my ($kb) = map { /^$field:\s+(\d+) kB/ ? $1 : () } <$f>;
    return $kb * 1024;
}


# What the provider sends, without the gateway in between.

my $source = "$g->{dir}/source.mp4";
HTTP::Tiny->new->mirror(mock_url("/v1/videos/$id/content"), $source,
    { headers => { Authorization => "Bearer $StandIn::KEY" } });
my $want = sum($source);
like($want, qr/^$bytes [0-9a-f]{32}$/, 'the source');


# A session for each client; one download that touches all code there is.

my @session = map {
    my (undef, $r) = $g->post($g->message('initialize', {
        protocolVersion => '2025-11-25', capabilities => {},
        clientInfo => { name => "client $_", version => '1' } }));
    $r->{headers}{'mcp-session-id'};
} 1 .. $clients;
is(scalar(grep { defined } @session), $clients, "$clients sessions");
is($g->tool('download_video', { video_id => $id, filename => 'first.mp4' })
   ->{size_bytes}, $bytes, 'a first download');

my $before = memory('VmRSS');


# All of them at once.

my @open;
for my $i (0 .. $n - 1) {
    push @open, $g->send_raw($g->call('download_video', {
        video_id => $id, filename => "v$i.mp4" }),
        'Mcp-Session-Id' => $session[$i % $clients], Connection => 'close');
}

my ($good, %sha256) = (0);
for my $i (0 .. $n - 1) {
    my $s = $open[$i];
    my $text = do { local $/; <$s> } // '';
    close $s;
    my ($json) = $text =~ /^(?:data: )?(\{"jsonrpc".*\})\r?$/m;
    my $result = eval { decode_json($json)->{result} };
    my $made = $result->{structuredContent};

    if ($result && !$result->{isError} && $made->{filename} eq "v$i.mp4"
        && $made->{size_bytes} == $bytes)
    {
        $good++;
        $sha256{ $made->{sha256} } = 1;

    } else {
        diag($text);
    }
}

my $peak = memory('VmHWM');

is($good, $n, "$good of $n downloads");
is(scalar(keys %sha256), 1, 'all of them with one SHA-256');
is(scalar(grep { sum("$g->{media}/videos/v$_.mp4") eq $want } 0 .. $n - 1), $n,
   'sizes and MD5 are those of the source');

opendir my $d, "$g->{media}/videos" or die $!;
is_deeply([ sort grep { !/^\.\.?$/ } readdir $d ],
          [ sort 'first.mp4', map { "v$_.mp4" } 0 .. $n - 1 ],
          'nothing else is in the folder');

SKIP: {
    skip 'memory is another one under sanitizers and valgrind', 1
        if $ENV{SANZARU_SANITIZED} || $ENV{SANZARU_VALGRIND};
    my $growth = $peak - $before;
    cmp_ok($growth, '<', $n << 20,
           sprintf('%.2f MB of memory for each, at the most',
                   $growth / $n / (1 << 20)));
}

is_deeply([ $g->workers ], [ $worker ], 'by one worker, which lives');

$g->stop;
is($g->alarms, '', 'the log is silent');

done_testing();

#!/usr/bin/perl
# Nothing blocks the event loop: with pictures, downloads, large bodies, large
# answers and listings under way, all work on files, pictures and large JSON is
# done on threads.  Structure, not time, is what is looked at.

use strict;
use warnings;

use File::Temp;
use Test::More;
use Time::HiRes qw(sleep);

use Gateway;
use StandIn;

my $dir = File::Temp::tempdir(CLEANUP => 1);
my $cc = $ENV{CC} // 'gcc';
plan skip_all => 'a preloaded library does not go with sanitizers'
    if $ENV{SANZARU_SANITIZED};

system("$cc -shared -fPIC -O1 -Wall -o $dir/watch.so "
       . 't/preload/watch.c -ldl') == 0 or die 'no watch.so';

$ENV{SANZARU_WATCH} = "$dir/log";
my $g = Gateway->new(preload => "$dir/watch.so",
                     mock => ['--video-bytes', 2_000_000],
                     gateway => 'client_max_body_size 8m;
                                 sanzaru_service image provider=openai;');
delete $ENV{SANZARU_WATCH};

my $id = make_completed('a kite');
draw("$g->{media}/images/a.jpg", 1600, 1200);
draw("$g->{media}/images/b.png", 1600, 1200, 'RGBA');
draw("$g->{media}/images/c.webp", 1600, 1200);
draw("$g->{media}/images/ref.png", 1280, 720);

my @open;
for my $i (1 .. 16) {
    my $name = (qw(a.jpg b.png c.webp))[$i % 3];
    push @open, $g->send_raw($g->call('prepare_reference_image', {
        input_filename => $name, target_size => '1280x720',
        output_filename => "out$i." . ($i % 2 ? 'png' : 'jpg') }),
        Connection => 'close');
}
for my $i (1 .. 32) {
    push @open, $g->send_raw($g->call('download_video', {
        video_id => $id, filename => "v$i.mp4" }), Connection => 'close');
}
push @open, $g->send_raw($g->message('tools/call', {
    name => 'list_videos', _meta => { x => 'y' x 1_000_000 } }),
                         Connection => 'close');
push @open, $g->send_raw($g->call('create_video', {
    prompt => 'x', size => '1280x720', input_reference_filename => 'ref.png'
    }), Connection => 'close');
push @open, $g->send_raw($g->call('list_reference_images'),
                         Connection => 'close');

is_deeply($g->post($g->message('ping'))->{result}, {}, 'ping meanwhile');

my $bad = 0;
for my $s (@open) {
    my $text = do { local $/; <$s> };
    $bad++, diag($text) if $text !~ /"isError":false/;
}
is($bad, 0, scalar(@open) . ' calls at once, all of them good');

mock('POST', '/__mock__/faults',
     { path => '/v1/videos/*', fault => 'huge:500000' });
is(ref $g->tool('get_video_status', { video_id => 'x' }), 'HASH',
   'a large answer');
mock('POST', '/__mock__/faults',
     { path => '/v1/videos/*/content', fault => 'reset-mid:1000', count => 9 });
like($g->tool('download_video', { video_id => $id, filename => 'cut.mp4' }),
     qr/was lost/, 'a download that is cut');

my $preview = "$g->{media}/images/kite.partial.png";
my (undef, $opened) = $g->post($g->message('initialize', {
    protocolVersion => '2025-11-25', capabilities => {},
    clientInfo => { name => 't', version => '1' } }));
my %session = ('Mcp-Session-Id' => $opened->{headers}{'mcp-session-id'});
my $message = $g->message('tools/call', {
    name => 'generate_image', _meta => { progressToken => 1 },
    arguments => { prompt => '[[render:30]] a kite', partial_images => 2,
                   filename => 'kite.png' } });
my $s = $g->send_raw($message, %session);
ok(Gateway::until(sub { -e $preview }, 20), 'a picture with a preview');
$g->post({ jsonrpc => '2.0', method => 'notifications/cancelled',
           params => { requestId => $message->{id} } }, %session);
ok(Gateway::until(sub { !-e $preview }, 10), 'that goes when it is cancelled');
close $s;

# where nice threads hold a lock, event loops wait for them

SKIP: {
    skip 'threads may not go back', 1
        if $g->error_log =~ /threads stay nice/;
    my @nice;
    my $ours = getpriority 0, 0;        # of these tests themselves
    ok(Gateway::until(sub {
           @nice = map { (split ' ', (split /\) /, $_)[-1])[16] }
                   map { my $f; open($f, '<', $_) ? scalar <$f> // () : () }
                   map { glob "/proc/$_/task/*/stat" } $g->workers;
           @nice > 1 && !grep { $_ > $ours } @nice }, 30),
       'behind pictures no thread is nice') or diag "@nice";
}

$g->stop;

open my $f, '<', "$dir/log" or die $!;
my (%event, %job);
while (<$f>) {
    my ($thread, $call, $what) = split ' ', $_, 3;
    $thread eq 'event' ? $event{"$call $what"}++ : $job{$call}++;
}
is(join('', sort keys %event), '', 'nothing of it on the event thread');

# so that an empty list means something

cmp_ok($job{$_} // 0, '>=', 16, "$_ was seen on threads: " . ($job{$_} // 0))
    for qw(openat2 openat write linkat fdatasync pread);
cmp_ok($job{image} // 0, '>=', 10, "pictures, too: $job{image}");
cmp_ok($job{json} // 0, '>=', 2, "and large JSON: $job{json}");

is($g->alarms, '', 'the log is silent');

done_testing();

#!/usr/bin/perl
# Clients that leave: a modern one cancels thereby, a legacy one does not.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use Gateway;
use StandIn;

my $g = Gateway->new(gateway => 'sanzaru_keepalive 100ms;');

sub streaming { mock('GET', '/__mock__/stats')->{streaming} }

sub slow { mock('POST', '/__mock__/faults',
                { path => '/v1/videos*', fault => "slow-headers:$_[0]" }) }


# while the provider thinks

slow(60_000);
my ($message, %headers) = $g->modern('tools/call', { name => 'list_videos' });
my $s = $g->send_raw($message, %headers);
ok(Gateway::until(sub { mock_log() == 1 }), 'a modern call is under way');
close $s;
ok(Gateway::until(sub { $g->error_log =~ /client prematurely closed/ }, 30),
   'its client leaves');
like((mock_log())[0], qr{^GET /v1/videos\?}, 'it had asked');
ok(!grep({ $_->{status} && !$_->{aborted} } @{ mock('GET', '/__mock__/log') }),
   'and the request was dropped');

mock('POST', '/__mock__/reset');
slow(1500);
$s = $g->send_raw($g->call('list_videos'));
ok(Gateway::until(sub { mock_log() == 1 }), 'a legacy call is under way');
close $s;
ok(Gateway::until(sub { $g->error_log
    =~ /list_videos ended \(ok\) after its client had left/ }),
   'it goes on without its client');


# in the middle of a download

my $id = make_completed('a kite');
my $file = { name => 'download_video', arguments =>
             { video_id => $id, filename => 'kite.mp4' } };

mock('POST', '/__mock__/faults',
     { path => '/v1/videos/*/content', fault => 'stall:1000' });
($message, %headers) = $g->modern('tools/call', $file);
$s = $g->send_raw($message, %headers);
ok(Gateway::until(sub { grep { m{/content} } mock_log() }), 'a download');
sleep 0.2;
close $s;
ok(Gateway::until(sub { streaming() == 0 }, 5), 'is cancelled upstream');
opendir my $dir, "$g->{media}/videos";
is(join(' ', grep { !/^\.\.?$/ } readdir $dir), '', 'and leaves no file');

mock('POST', '/__mock__/faults',
     { path => '/v1/videos/*/content', fault => 'drip:500:50' });
$s = $g->send_raw($g->message('tools/call', $file));
ok(Gateway::until(sub { streaming() == 1 }), 'a legacy download');
sleep 0.1;
close $s;
ok(Gateway::until(sub { -e "$g->{media}/videos/kite.mp4" }),
   'comes to its end');
is(-s "$g->{media}/videos/kite.mp4", -s 't/mock/fixtures/video.mp4', 'whole');


# while waiting for a video

mock('POST', '/__mock__/set', { render_seconds => 60 });
my $wait = { name => 'create_video',
             arguments => { prompt => 'a kite', wait => 30 },
             _meta => { progressToken => 1 } };
($message, %headers) = $g->modern('tools/call', $wait);
$s = $g->send_raw($message, %headers);
my $line = '';
$line = <$s> while defined $line && $line !~ /progress/;
like($line, qr/notifications\/progress/, 'a stream with progress');
close $s;
sleep 0.3;
my $looks = () = mock_log();
sleep 0.5;
cmp_ok(scalar(() = mock_log()) - $looks, '<=', 1,
       'nobody looks when the client is gone');


# during a picture

draw("$g->{media}/images/a.png", 3000, 2000);
my %prepare = (name => 'prepare_reference_image', arguments =>
    { input_filename => 'a.png', target_size => '1280x720',
      output_filename => 'out.png' });
for my $i (1 .. 20) {
    ($message, %headers) = $g->modern('tools/call', \%prepare);
    my $s = $g->send_raw($message, %headers);
    sleep 0.002 * $i;
    close $s;
}
is(ref $g->tool('list_reference_images'), 'HASH', 'the worker lives');


# a stream whose client does not read

mock('POST', '/__mock__/set', { render_seconds => 3 });
$s = $g->send_raw($g->message('tools/call', $wait));
sleep 1;
is(ref $g->tool('list_videos'), 'HASH', 'others are served');
my $all = do { local $/; shutdown $s, 1; <$s> };
is($g->post($g->message('ping'))->{result} ? 1 : 0, 1, 'and so is ping');

$g->stop;
is($g->alarms, '', 'the log is silent');

done_testing();

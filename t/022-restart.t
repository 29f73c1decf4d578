#!/usr/bin/perl
# What outlives a restart, and how nginx ends.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use Gateway;
use StandIn;

my $secret = "/tmp/sanzaru-secret-$$";
open my $f, '>', $secret or die $!;
print $f 'x' x 40;
close $f;

my $g = Gateway->new(workers => 2, http => "sanzaru_secret_file $secret;");
my (undef, $r) = $g->post($g->message('initialize', {
    protocolVersion => '2025-06-18', capabilities => {},
    clientInfo => { name => 't', version => '1' } }));
my %session = ('Mcp-Session-Id' => $r->{headers}{'mcp-session-id'});
$g->stop;
$g->start;
is_deeply($g->post($g->message('ping'), %session)->{result}, {},
          'a session is known after a restart');

open $f, '>', $secret or die $!;
print $f 'y' x 40;
close $f;
$g->reload;
ok(Gateway::until(sub {
    ($g->post($g->message('ping'), %session)->{error}{code} // 0) == -32001 }),
   'and unknown under another secret');


# SIGQUIT lets calls end, SIGTERM does not wait for them

mock('POST', '/__mock__/faults',
     { path => '/v1/videos*', fault => 'slow-headers:1000', count => 9 });
my $s = $g->send_raw($g->call('list_videos'), Connection => 'close');
ok(Gateway::until(sub { grep { m{/v1/videos} } mock_log() }), 'a slow call');
kill 'QUIT', $g->{pid};
like(do { local $/; <$s> }, qr/"isError":false/, 'is answered by a gateway '
     . 'that was told to quit');
close $s;
$g->stop;

$g->start;
mock('DELETE', '/__mock__/log');
mock('DELETE', '/__mock__/faults');
mock('POST', '/__mock__/faults',
     { path => '/v1/videos*', fault => 'slow-headers:20000' });
$s = $g->send_raw($g->call('list_videos'), Connection => 'close');
ok(Gateway::until(sub { grep { m{/v1/videos} } mock_log() }), 'another one');
my $begin = time;
$g->stop('TERM');
cmp_ok(time - $begin, '<', 10, 'does not hold up one that was terminated');

$g->start;
draw("$g->{media}/images/a.png", 4000, 3000);
my @open = map { $g->send_raw($g->call('prepare_reference_image',
    { input_filename => 'a.png', target_size => '1280x720',
      output_filename => "out$_.png" })) } 1 .. 8;
sleep 0.1;
$g->stop('TERM');
opendir my $dir, "$g->{media}/images";
my @half = grep { /^\.sanzaru/ || (/^out/ && -z "$g->{media}/images/$_") }
           readdir $dir;
is("@half", '', 'pictures that were under way leave nothing half-written');

$g->start;
mock('DELETE', '/__mock__/faults');
my $id = make_completed('a kite');
mock('POST', '/__mock__/faults', { path => '/v1/videos/*/content',
                                   fault => 'drip:500:50' });
my $download = $g->send_raw($g->call('download_video', { video_id => $id }));
ok(Gateway::until(sub { mock('GET', '/__mock__/stats')->{streaming} == 1 }),
   'a download');
sleep 0.2;
$g->stop('TERM');
opendir $dir, "$g->{media}/videos" or die $!;
is(join(' ', grep { !/^\.\.?$/ } readdir $dir), '',
   'that is cut by a termination leaves no file');

unlink $secret;

# nginx kills a worker that is still there a second after SIGTERM: on a busy
# machine the pictures on its threads take longer, so does valgrind's look for
# leaks.  Nothing half-written is left then either, which is what was tested.
(my $alarms = $g->alarms) =~ s/.*exited on signal 9\n?//g;
is($alarms, '', 'the log is silent');

done_testing();

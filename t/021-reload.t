#!/usr/bin/perl
# Reload every second, and workers killed, while files are downloaded: no
# request is lost on reload, and no file is ever damaged.

use strict;
use warnings;

use Digest::SHA;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Gateway;
use StandIn;

use constant SIZE => 3_000_000;
use constant CLIENTS => 4;

# between two disturbances; a worker under valgrind takes long to begin
use constant PAUSE => $ENV{SANZARU_VALGRIND} ? 5 : 1;
use constant SECONDS => 5 * PAUSE;

my $g = Gateway->new(workers => 2, mock => ['--video-bytes', SIZE],
                     provider => 'retries 0;');
my $id = make_completed('a kite');
my $sum = $g->tool('download_video',
                   { video_id => $id, filename => 'first.mp4' })->{sha256};
is(-s "$g->{media}/videos/first.mp4", SIZE, 'the video to compare with');


# Calls download after download until the time is up; writes how many of them
# failed and how many did not.
sub client {
    my ($n, $how) = @_;
    pipe my $in, my $out;
    my $pid = fork;
    if ($pid == 0) {
        my ($good, $bad, $i) = (0, 0, 0);
        my $end = time + SECONDS;
        while (time < $end) {
            my $r = eval { $g->tool('download_video', {
                video_id => $id, filename => "$how-$n-" . $i++ . '.mp4' }) };
            if (ref $r && ($r->{sha256} // '') eq $sum) {
                $good++;
            } else {
                $bad++;
                print STDERR "# $how: ", $r // $@, "\n" if $how eq 'reload';
                sleep 0.05;
            }
        }
        print $out "$good $bad\n";
        close $out;
        POSIX::_exit(0);
    }
    return [$pid, $in];
}


# The files that are not what was downloaded first.
sub damaged {
    opendir my $dir, "$g->{media}/videos" or return 'no folder';
    my @bad;
    for my $name (grep { !/^\.\.?$/ } readdir $dir) {
        # (a worker that begins tries the folder with a file that goes at once)
        my $digest = eval {
            Digest::SHA->new(256)->addfile("$g->{media}/videos/$name")
                                 ->hexdigest } // next;
        push @bad, $name if $digest ne $sum;
        unlink "$g->{media}/videos/$name" if $name ne 'first.mp4';
    }
    return join ' ', @bad;
}


sub run {
    my ($how, $disturb) = @_;
    my @clients = map { client($_, $how) } 1 .. CLIENTS;
    my $end = time + SECONDS - 0.5;
    my $times = 0;
    while (time < $end) {
        sleep PAUSE;
        $disturb->();
        $times++;
    }
    my ($good, $bad) = (0, 0);
    for my $client (@clients) {
        my ($pid, $in) = @$client;
        my ($g, $b) = split ' ', <$in> // '0 1';
        $good += $g;
        $bad += $b;
        waitpid $pid, 0;
    }
    return ($times, $good, $bad);
}


my ($times, $good, $bad) = run('reload', sub { $g->reload });
cmp_ok($good, '>', $times, "downloads during $times reloads: $good");
is($bad, 0, 'none is lost');
is(damaged(), '', 'none is damaged');

($times, $good, $bad) = run('kill', sub {
    my ($worker) = $g->workers;
    kill 'KILL', $worker if $worker;
});
cmp_ok($good, '>', 0, "downloads while $times workers are killed: $good"
       . ", and $bad that had to be repeated");
is(damaged(), '', 'no file is damaged, none is half-written');


# a session outlives workers and reloads

my ($answer, $r) = $g->post($g->message('initialize', {
    protocolVersion => '2025-11-25', capabilities => {},
    clientInfo => { name => 't', version => '1' } }));
my %session = ('Mcp-Session-Id' => $r->{headers}{'mcp-session-id'});
ok($session{'Mcp-Session-Id'}, 'a session');
$g->reload;
sleep 0.2;
is_deeply($g->post($g->message('ping'), %session)->{result}, {},
          'is known after a reload without a secret file');


# a call that is under way holds its old worker

mock('POST', '/__mock__/faults',
     { path => '/v1/videos*', fault => 'slow-headers:1500' });
my $s = $g->send_raw($g->call('list_videos'), Connection => 'close');
ok(Gateway::until(sub { grep { m{/v1/videos} } mock_log() }), 'a slow call');
$g->reload;
my $text = do { local $/; <$s> };
like($text, qr/^HTTP\/1\.1 200 .*"isError":false/s, 'ends in the old worker');

$g->stop;
my $alarms = join "\n", grep { !/exited on signal 9/ }
             split /\n/, $g->alarms;
is($alarms, '', 'the log is silent');

done_testing();

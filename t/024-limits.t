#!/usr/bin/perl
# Every queue has a bound and every wait a deadline; what happens there is a
# clear error that names the directive.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use Gateway;
use StandIn;

start_mock('--video-bytes', 2_000_000);

sub text_of {
    my ($s) = @_;
    return do { local $/; <$s> } // '';
}

sub together {
    my ($g, $n, $message) = @_;
    return map { text_of($_) }
           map { $g->send_raw($message->($_), Connection => 'close') } 1 .. $n;
}

sub slow {
    my ($ms) = @_;
    mock('DELETE', '/__mock__/faults');
    mock('POST', '/__mock__/faults', { path => '/v1/videos*', count => 99,
                                       fault => "slow-headers:$ms" });
}


# transfers

my $g = Gateway->new(http => 'sanzaru_max_transfers 2 queue=3;');
slow(300);
my @texts = together($g, 8, sub { $g->call('list_videos') });
is(scalar(grep { /"isError":false/ } @texts), 5, 'two at once, three in line');
my @busy = grep { /too many requests to providers under way \(sanzaru_max_transfers\)\. Try again in a few seconds/ } @texts;
is(scalar(@busy), 3, 'the others are told to come back');
mock('POST', '/__mock__/reset');
is(ref $g->tool('list_videos'), 'HASH', 'and may');

# a client that waits in line and leaves

slow(400);
my @s = map { $g->send_raw($g->call('list_videos'), Connection => 'close') }
        1 .. 2;
my ($message, %headers) = $g->modern('tools/call', { name => 'list_videos' });
my $waiting = $g->send_raw($message, %headers);
ok(Gateway::until(sub { (() = mock_log()) == 3 }), 'two are asked');
close $waiting;
is(scalar(grep { /"isError":false/ } map { text_of($_) } @s), 2, 'and answered');
sleep 0.2;
is(scalar(grep { m{/v1/videos} } mock_log()), 3, 'the third is never asked');


# pictures

$g = Gateway->new(http => 'sanzaru_image_jobs 1 queue=2;');
draw("$g->{media}/images/a.png", 2000, 1500);
@texts = together($g, 8, sub { $g->call('prepare_reference_image', {
    input_filename => 'a.png', target_size => '1280x720',
    output_filename => "o$_[0].png" }) });
my $good = grep { /"isError":false/ } @texts;
@busy = grep { /too many pictures to work on \(sanzaru_image_jobs\)/ } @texts;
cmp_ok($good, '>=', 3, "one picture at once, two in line: $good");
is($good + @busy, 8, 'the others are told to come back');


# threads

# without owner records, which are read before anything is begun

$g = Gateway->new(main => 'thread_pool small threads=1 max_queue=2;',
                  http => 'sanzaru_job_ttl 0;',
                  gateway => 'sanzaru_thread_pool small;');
my $id = make_completed('a kite');
mkdir "$g->{media}/videos";
@texts = together($g, 30, sub { $g->call('download_video', {
    video_id => $id, filename => "v$_[0].mp4" }) });
is(scalar(grep { /"isError":false/ } @texts), 30,
   'downloads wait for a thread; what is begun is not lost');
my @sizes = map { -s "$g->{media}/videos/v$_.mp4" } 1 .. 30;
is(scalar(grep { $_ == 2_000_000 } @sizes), 30, 'all of them whole');


# deadlines

$g = Gateway->new(gateway => 'sanzaru_call_timeout 500ms;');
slow(20000);
my $begin = time;
like($g->tool('list_videos'),
     qr/The gateway has given up after 0\.5 seconds \(sanzaru_call_timeout\)\. What was begun at a provider may go on there/,
     'a call that takes too long');
cmp_ok(time - $begin, '<', 10, 'ends long before the provider answers');
is_deeply($g->post($g->message('ping'))->{result}, {}, 'the worker lives');

$g = Gateway->new(provider => 'timeout 300ms; retries 0;');
slow(5000);
like($g->tool('list_videos'), qr/did not answer in time/, 'a provider, too');


# keep-alive comments while nothing else is said

$g = Gateway->new(gateway => 'sanzaru_keepalive 600ms;');
slow(2500);
my $text = text_of($g->send_raw($g->call('list_videos'),
                                Connection => 'close'));
like($text, qr{Content-Type: text/event-stream.*: keepalive\n\n.*: keepalive\n\n.*data: \{.*"isError":false}s,
     'a call that takes long becomes a stream');
slow(2500);
$text = text_of($g->send_raw($g->call('list_videos'), Connection => 'close',
                             Accept => 'application/json'));
like($text, qr{Content-Type: application/json\r\n.*"isError":false}s,
     'unless the client takes none');


# memory of one exchange

$g = Gateway->new(gateway => 'sanzaru_max_memory 16k;
                             sanzaru_service image provider=openai;');
my ($answer, $r) = $g->post($g->message('tools/list'));
is($r->{status}, 500, 'an answer above sanzaru_max_memory');
like($answer->{error}{message}, qr/larger than .* \(sanzaru_max_memory\)/, 'is told so');
is_deeply($g->post($g->message('ping'))->{result}, {}, 'and no more');


for my $gateway ($g) {
    $gateway->stop;
    is($gateway->alarms, '', 'the log is silent');
}

done_testing();

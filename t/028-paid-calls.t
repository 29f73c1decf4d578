#!/usr/bin/perl
# What is paid for is not lost: clients that have patience are told that a call
# lives, and of those that leave the request that was sent is heard to its end.

use strict;
use warnings;

use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);

use Gateway;
use StandIn;

my $g = Gateway->new(
    gateway => 'sanzaru_service image provider=openai;'
             . 'sanzaru_progress_interval 200ms;',
    http => 'sanzaru_max_unattended 6 caller=3; sanzaru_max_transfers 2;',
    server => <<'END');
        location /of/ {
            sanzaru_mcp;
            sanzaru_media_path /tmp;
            sanzaru_service video provider=openai;
            sanzaru_caller $http_x_who;
        }
END

my $old = '2025-11-25';
my $list;


sub posted { scalar grep { /^POST \/v1/ } mock_log() }

sub ended { my ($n, $how) = @_;
    return sub { (() = $g->error_log =~ /$how/g) >= $n } }

sub again { mock('POST', '/__mock__/reset') }

# A modern call whose client leaves once so many requests are sent.
sub leave {
    my ($tool, $args, $requests) = @_;
    my ($message, %headers) = $g->modern('tools/call',
                                   { name => $tool, arguments => $args });
    my $s = $g->send_raw($message, %headers);
    ok(Gateway::until(sub { posted() == $requests }), "$tool is under way");
    close $s;
}


# progress, in every tool that waits

sub progress {
    my ($tool, $args) = @_;
    my $message = $g->call($tool, $args);
    $message->{params}{_meta}{progressToken} = 7;
    my ($answer, $r) = $g->post($message);
    is($answer->{result}{isError}, JSON::PP::false, "$tool: an answer")
        or diag(encode_json($answer));
    my @told = map { $_->{params} } grep { $_->{method} } @{ $r->{events} };
    my @values = map { $_->{progress} } @told;
    cmp_ok(scalar(@told), '>=', 3, "$tool: progress while it waits");
    is_deeply([sort { $a <=> $b } @values], \@values, 'in order');
    is(scalar(keys %{ { map { $_ => 1 } @values } }), scalar(@values),
       'and never the same');
    ok(!grep({ exists $_->{total} } @told), 'no total');
    like($told[-1]{message}, qr/\S/, 'in words');
}

mock('POST', '/__mock__/set', { image_seconds => 2, render_seconds => 2 });
draw("$g->{media}/images/in.png", 64, 64);
progress(generate_image => { prompt => 'a kite' });
progress(edit_image => { prompt => 'a kite', input_images => ['in.png'] });
progress(create_video => { prompt => 'a kite', wait => 10 });
progress(create_image => { prompt => 'a kite', wait => 10 });
progress(list_videos => {}) if mock('POST', '/__mock__/faults',
    { path => '/v1/videos*', fault => 'slow-headers:2000' });
again();
my $id = make_completed('a kite');
mock('POST', '/__mock__/faults',
     { path => '/v1/videos/*/content', fault => 'drip:100:50' });
progress(download_video => { video_id => $id, filename => 'kite.mp4' });


# a picture whose client leaves is kept

again();
mock('POST', '/__mock__/set', { image_seconds => 1 });
leave('generate_image', { prompt => 'a kite', filename => 'kept.png' }, 1);
ok(Gateway::until(ended(1, qr/generate_image ended \(ok\) after its client/)),
   'the picture is waited for');
$list = $g->tool('list_reference_images', { pattern => 'kept*' });
is_deeply([map { $_->{filename} } @{ $list->{data} }], ['kept.png'],
          'list_reference_images has it');


# of several prompts only those that are sent

again();
mock('POST', '/__mock__/set', { image_seconds => 1 });
leave('generate_image', { prompts => [qw(a b c d e)] }, 2);
ok(Gateway::until(ended(2, qr/generate_image ended \(ok\) after its client/)),
   'two of five are under way');
is(posted(), 2, 'and no other is begun');
is(scalar(grep { $_->{aborted} } @{ mock('GET', '/__mock__/log') }), 0,
   'neither is cut');


# a video: the id, and not a look at it

again();
mock('POST', '/__mock__/faults',
     { path => '/v1/videos', fault => 'slow-headers:700' });
leave('create_video', { prompt => 'a kite', wait => 30 }, 1);
ok(Gateway::until(ended(1,
   qr/create_video ends here, since its client has left. The video (video_\w+) was created/)),
   'the id is waited for');
my ($video) = $g->error_log =~ /left. The video (video_\w+)/;
sleep 0.5;
is(scalar(() = grep { /^GET/ } mock_log()), 0, 'nobody looks');
$list = $g->tool('list_videos');
ok(scalar(grep { $_->{id} eq $video } @{ $list->{data} }),
   'list_videos has it');


# what is not paid for ends with its client, and so does what is not sent

again();
mock('POST', '/__mock__/faults',
     { path => '/v1/images/*', fault => 'status=429;retry-after=30' });
leave('generate_image', { prompt => 'a kite' }, 1);
sleep 0.3;
is(posted(), 1, 'what would be repeated is not');
unlike($g->error_log, qr/generate_image ended \(upstream\)/,
       'it is gone at once');


# an explicit cancel still cancels

again();
mock('POST', '/__mock__/set', { image_seconds => 20 });
my (undef, $r) = $g->post($g->message('initialize', {
    protocolVersion => $old, capabilities => {},
    clientInfo => { name => 't', version => '1' } }));
my %session = ('Mcp-Session-Id' => $r->{headers}{'mcp-session-id'});
my $message = $g->call('generate_image', { prompt => 'a kite' });
my $s = $g->send_raw($message, %session);
ok(Gateway::until(sub { posted() == 1 }), 'a picture in a session');
$g->post({ jsonrpc => '2.0', method => 'notifications/cancelled',
           params => { requestId => $message->{id} } }, %session);
ok(Gateway::until(sub { grep { $_->{aborted} }
                        @{ mock('GET', '/__mock__/log') } }),
   'is cut when it is cancelled');
close $s;


# bounds: of one caller, of the worker

again();
mock('POST', '/__mock__/faults',
     { path => '/v1/videos*', fault => 'slow-headers:1200', count => 20 });
my $unattended = qr/list_videos is given up with its client: too many calls go on without one \(sanzaru_max_unattended\)/;
my @open = map { $g->send_raw($g->call('list_videos')) } 1 .. 5;
ok(Gateway::until(sub { mock_log() >= 2 }), 'five calls');
close $_ for @open;
ok(Gateway::until(ended(2, $unattended)), 'two too many of a caller');
sleep 0.2;
is(scalar(() = $g->error_log =~ /$unattended/g), 2, 'no more than two');
for my $who (qw(a a b b)) {
    my $body = JSON::PP->new->encode($g->call('list_videos'));
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                  PeerPort => $g->{port}) or die;
    print $s "POST /of/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Who: $who\r\n"
           . "Content-Type: application/json\r\n"
           . "Accept: application/json, text/event-stream\r\n"
           . "MCP-Protocol-Version: $old\r\n"
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    push @open, $s;
}
sleep 0.3;
close $_ for @open;
ok(Gateway::until(ended(3, $unattended)), 'one too many of the worker');
ok(Gateway::until(ended(6, qr/list_videos ended \(ok\) after/), 30),
   'the others come to their end');

$g->stop;
is($g->alarms, '', 'the log is silent');

done_testing();

#!/usr/bin/perl
# Whose a provider's job is: two callers, one key; folders that a variable
# chooses; tasks; a restart; jobs made elsewhere.

use strict;
use warnings;

use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

use Gateway;
use StandIn;

start_mock();

my $state = tempdir(CLEANUP => 1) . '/state';
my $image = 'sanzaru_service image provider=openai;';
my $g = Gateway->new(
    workers => 2,
    http => "sanzaru_state_path $state;",
    gateway => "sanzaru_caller \$http_x_caller; $image",
    server => <<"END");
        location /open { sanzaru_mcp; sanzaru_media_path /tmp;
                         sanzaru_service video provider=openai; $image }
        location /closed { sanzaru_mcp; sanzaru_media_path /tmp;
                           sanzaru_foreign_jobs refuse;
                           sanzaru_service video provider=openai; $image }
        location ~ ^/team/(\\w+)\$ {
            sanzaru_mcp; sanzaru_media_path $state/\$1;
            sanzaru_service video provider=openai; $image }
END
my $json = JSON::PP->new->canonical;


# The result of a tool for a caller, at a place.
sub call_as {
    my ($caller, $tool, $args, $place) = @_;
    my $ua = HTTP::Tiny->new(timeout => 60);
    my $r = $ua->post("http://127.0.0.1:$g->{port}" . ($place // '/mcp'), {
        headers => { %{ Gateway::headers() }, 'X-Caller' => $caller,
                     'Accept' => 'application/json' },
        content => $json->encode($g->call($tool, $args)) });
    my $answer = eval { $json->decode($r->{content}) }
        or return "$r->{status} $r->{content}";
    my $result = $answer->{result} or return $r->{content};
    return $result->{isError} ? $result->{content}[0]{text}
                              : $result->{structuredContent};
}

sub ids {
    my ($list) = @_;
    return ref $list ? join(' ', sort map { $_->{id} } @{ $list->{data} })
                     : $list;
}

my $video = call_as('alice', 'create_video', { prompt => 'a', wait => 60 });
is $video->{status}, 'completed', 'a caller makes a video';
my $id = $video->{id};

my $refusal = qr/^There is no job "\Q$id\E" that you have made here\./;
is call_as('alice', 'get_video_status', { video_id => $id })->{id}, $id,
   'and may look at it';
like call_as('bob', 'get_video_status', { video_id => $id }), $refusal,
   'another caller with the same key may not';
like call_as('bob', 'download_video', { video_id => $id }), $refusal,
   'nor download it';
like call_as('bob', 'remix_video',
             { previous_video_id => $id, prompt => 'b' }), $refusal,
   'nor remix it';
like call_as('bob', 'delete_video', { video_id => $id }), $refusal,
   'nor delete it';
like call_as('', 'get_video_status', { video_id => $id }), $refusal,
   'nor may whoever has no name';

my $mine = call_as('bob', 'create_video', { prompt => 'b' });
is ids(call_as('alice', 'list_videos')), $id, 'each sees its own in the list';
is ids(call_as('bob', 'list_videos')), $mine->{id}, 'and only those';
is ids(call_as('carol', 'list_videos')), '', 'of which there may be none';

my $picture = call_as('alice', 'create_image', { prompt => 'a' });
like call_as('bob', 'get_image_status', { response_id => $picture->{id} }),
   qr/^There is no job/, 'the same goes for responses';
like call_as('bob', 'create_image', { prompt => 'b',
             previous_response_id => $picture->{id} }),
   qr/^There is no job/, 'which nobody else can go on from';
ok ref call_as('alice', 'create_image', { prompt => 'b',
               previous_response_id => $picture->{id} }),
   'but their owner';

# jobs that the gateway has not made

my $elsewhere = stand_in_video();
like call_as('alice', 'get_video_status', { video_id => $elsewhere }),
   qr/^There is no job/, 'a job made elsewhere is refused where callers differ';
is call_as('', 'get_video_status', { video_id => $elsewhere }, '/open')->{id},
   $elsewhere, 'and allowed where they do not';
like call_as('', 'get_video_status', { video_id => $elsewhere }, '/closed'),
   qr/^There is no job/, 'unless the operator says otherwise';
like call_as('', 'get_video_status', { video_id => $id }, '/open'), $refusal,
   'what has an owner is refused there, too';
unlike ids(call_as('', 'list_videos', {}, '/open')), qr/\Q$id\E/,
   'and not listed';
like ids(call_as('', 'list_videos', {}, '/open')), qr/\Q$elsewhere\E/,
   'which the others are';

# folders that a variable chooses

my $red = call_as('', 'create_video', { prompt => 'r' }, '/team/red');
ok ref $red, 'a folder of its own is an owner';
like call_as('', 'get_video_status', { video_id => $red->{id} }, '/team/blue'),
   qr/^There is no job/, 'and the next folder another';
ok ref call_as('', 'get_video_status', { video_id => $red->{id} },
               '/team/red'), 'which its own is not';

# a restart

$g->stop;
$g->start;
is call_as('alice', 'get_video_status', { video_id => $id })->{id}, $id,
   'after a restart the owner is known';
like call_as('bob', 'get_video_status', { video_id => $id }), $refusal,
   'and so is everybody else';

is call_as('alice', 'delete_video', { video_id => $id })->{deleted},
   JSON::PP::true, 'the owner may delete it';
like call_as('alice', 'get_video_status', { video_id => $id }), $refusal,
   'and then it is nobody\'s';

# without a state: memory, of which a restart leaves nothing

$g->stop;
$g->write_config(http => '');
$g->start;

my $short = call_as('alice', 'create_video', { prompt => 'm' });
ok ref call_as('alice', 'get_video_status', { video_id => $short->{id} }),
   'without a state the owner is remembered, too';
like call_as('bob', 'get_video_status', { video_id => $short->{id} }),
   qr/^There is no job/, 'and nobody else is let in';
$g->reload;
ok ref call_as('alice', 'get_video_status', { video_id => $short->{id} }),
   'over a reload';
$g->stop;
$g->start;
like call_as('alice', 'get_video_status', { video_id => $short->{id} }),
   qr/^There is no job/, 'but not over a restart';

is $g->alarms, '', 'the log is silent';
done_testing();


# A video that somebody has made with the same key, past the gateway.
sub stand_in_video {
    my $r = HTTP::Tiny->new->post(mock_url() . '/videos', {
        headers => { 'Authorization' => "Bearer $StandIn::KEY",
                     'Content-Type' => 'multipart/form-data; boundary=x' },
        content => join "\r\n", '--x',
            'Content-Disposition: form-data; name="prompt"', '', 'elsewhere',
            '--x--', '' });
    return $json->decode($r->{content})->{id};
}

#!/usr/bin/perl
# Names and files that mean harm, and file systems that fail.

use strict;
use warnings;

use File::Temp;
use Test::More;

use Gateway;
use StandIn;

my $g = Gateway->new;
my $media = $g->{media};
my $id = make_completed('a kite');

mkdir "$media/videos";
mkdir "$media/images";
draw("$media/images/a.png", 640, 480);
draw("$media/images/ok.png", 1280, 720);
draw("$media/images/bomb.png", 6000, 6000, 'L');
symlink '/etc/passwd', "$media/images/link.png";
symlink '/etc', "$media/images/dirlink";
symlink 'a.png', "$media/images/inner.png";
system 'mkfifo', "$media/images/fifo.png";
mkdir "$media/images/dir.png";
mkdir "$media/videos/dir.mp4";
symlink '/tmp/sanzaru-escaped', "$media/videos/out.mp4";

sub before {
    mock('DELETE', '/__mock__/log');
}

# Each name with what is said of it, for reading and for writing.

my %names = (
    '/etc/passwd' => qr/is an absolute path/,
    '../../etc/passwd' => qr/leaves the media folder/,
    'x/../../a.png' => qr/leaves the media folder/,
    '..' => qr/leaves the media folder/,
    './a.png' => qr/begins with a dot/,
    '.htaccess' => qr/begins with a dot/,
    'a//b.png' => qr/has an empty part/,
    'dir/' => qr/has an empty part/,
    '..\\..\\a.png' => qr/has a backslash/,
    "a\nb.png" => qr/has a control character/,
    'x' x 300 => qr/has a part of more than 255 bytes/,
    ('y' x 200 . '/') x 6 . 'z' => qr/has more than 1023 bytes/,
);

like($g->tool('prepare_reference_image',
              { input_filename => '', target_size => '1280x720' }),
     qr/is empty/, 'a name that is required is not empty');

for my $name (sort keys %names) {
    my $shown = length $name > 40 ? substr($name, 0, 40) . '...' : $name;
    $shown =~ s/\n/\\n/;
    before();
    like($g->tool('prepare_reference_image',
                  { input_filename => $name, target_size => '1280x720',
                    output_filename => 'x.png' }), $names{$name},
         "to read: \"$shown\"");
    next if $name eq '';            # where it may be left out, it is
    like($g->tool('prepare_reference_image',
                  { input_filename => 'a.png', target_size => '1280x720',
                    output_filename => $name }), $names{$name},
         "to write: \"$shown\"");
    like($g->tool('download_video', { video_id => $id, filename => $name }),
         $names{$name}, "to download: \"$shown\"");
    like($g->tool('create_video', { prompt => 'x',
                                    input_reference_filename => $name }),
         $names{$name}, "as reference: \"$shown\"");
    is(scalar(() = mock_log()), 0, 'nothing was asked of the provider');
}

like($g->post('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{'
              . '"name":"download_video","arguments":{"video_id":"v",'
              . '"filename":"a\\u0000.mp4"}}}')->{error}{message},
     qr/\\u0000 is not accepted/, 'a name with a NUL');
is(ref $g->tool('list_reference_images', { pattern => '%2e%2e/*' }), 'HASH',
   'percent signs mean nothing');


my %inputs = (
    'link.png' => qr/is or passes a symbolic link/,
    'inner.png' => qr/is or passes a symbolic link/,
    'dirlink/passwd' => qr/is or passes a symbolic link/,
    'fifo.png' => qr/is not a regular file/,
    'dir.png' => qr/is not a regular file/,
    'none.png' => qr/There is no file "none.png"/,
    'a.png/x' => qr/There is no file "a.png\/x"/,
    'bomb.png' => qr/sanzaru_max_image_pixels|pixels/,
);

my $small = Gateway->new(gateway => 'sanzaru_max_image_pixels 20000000;');
system 'cp', '-a', "$media/.", $small->{media};

for my $name (sort keys %inputs) {
    my $said = $small->tool('prepare_reference_image', {
        input_filename => $name, target_size => '1280x720',
        output_filename => 'made.png' });
    like($said, $inputs{$name}, "input $name");
    unlike(ref $said ? '' : $said, qr/\Q$small->{media}\E|root:/,
           'says nothing of the server');
}
ok(!-e "$small->{media}/images/made.png", 'no output of any of them');

my $said = $g->tool('download_video',
                    { video_id => $id, filename => 'out.mp4' });
like($said, qr/something that is not a regular file has this name/,
     'a link is not followed when writing');
ok(!-e '/tmp/sanzaru-escaped', 'and nothing lies behind it');
like($g->tool('download_video', { video_id => $id, filename => 'dir.mp4' }),
     qr/not a regular file/, 'nor is a folder replaced');
like($g->tool('download_video', { video_id => $id, filename => 'x/y.mp4' }),
     qr/its folder does not exist/, 'or made');


# a read-only folder (root may write to one all the same)

SKIP: {
    my $ro = Gateway->new(user => 'nobody nogroup');
    $ro->stop;
    system 'chmod', '-R', 'a+rX', $ro->{dir};
    mkdir "$ro->{media}/videos";
    mkdir "$ro->{media}/images";
    draw("$ro->{media}/images/a.png", 640, 480);
    chmod 0555, "$ro->{media}/videos", "$ro->{media}/images", $ro->{media};
    $ro->start;
    like($ro->tool('download_video', { video_id => $id, filename => 'a.mp4' }),
         qr/the media folder is not writable for the gateway/,
         'a read-only folder');
    like($ro->tool('prepare_reference_image', { input_filename => 'a.png',
                                                target_size => '1280x720' }),
         qr/the media folder is not writable for the gateway/,
         'for pictures, too');
    before();
    like($ro->tool('create_video', { prompt => 'x', wait => 5 }),
         qr/^Nothing can be written to the media folder, which the operator has to look at: Permission denied\.$/,
         'or for a video to come');
    is(scalar(() = mock_log()), 0, 'which nobody pays for');
    like($ro->error_log, qr/"\Q$ro->{media}\E" of "sanzaru_media_path" in .*nginx\.conf:\d+ is not readable and writable for the worker processes/,
         'the log had said so at the start');
    chmod 0755, "$ro->{media}/videos", "$ro->{media}/images", $ro->{media};
}


# a disk that is nearly full

{
    my $low = Gateway->new(gateway => 'sanzaru_service image provider=openai;'
                                      . ' sanzaru_min_free_space 8000000g;');
    before();
    like($low->tool('generate_image', { prompt => 'x' }),
         qr/nearly full: \d+ MB are free .*sanzaru_min_free_space/,
         'no picture is paid for');
    like($low->tool('create_video', { prompt => 'x', wait => 5 }),
         qr/sanzaru_min_free_space/, 'nor a video');
    is(scalar(() = mock_log()), 0, 'nothing was asked of the provider');
    is(ref $low->tool('download_video', { video_id => $id }), 'HASH',
       'what is paid for already is fetched');
    opendir my $d, "$low->{media}/images";
    is(join(' ', grep { !/^\.\.?$/ } readdir $d), '', 'no probe is left');
}


# a file system without links, and a full disk

SKIP: {
    skip 'a preloaded library does not go with sanitizers or valgrind', 14
        if $ENV{SANZARU_SANITIZED};
    my $dir = File::Temp::tempdir(CLEANUP => 1);
    system(($ENV{CC} // 'gcc') . " -shared -fPIC -O1 -o $dir/watch.so "
           . 't/preload/watch.c -ldl') == 0 or die 'no watch.so';

    for my $errno (1, 5, 95) {
        local $ENV{SANZARU_LINKS} = $errno;
        my $fuse = Gateway->new(preload => "$dir/watch.so", gateway =>
                                'sanzaru_service image provider=openai;');
        my @made = map {
            $fuse->tool('generate_image',
                        { prompt => 'x', $_ ? (filename => $_) : () })
        } '', 'a.png';
        is(scalar(grep { ref && -s "$fuse->{media}/images/$_->{filename}" }
                  @made), 2,
           "what was paid for is there without links (errno $errno)");
        my $film = $fuse->tool('download_video',
                               { video_id => $id, filename => 'a.mp4' });
        is(ref $film ? -s "$fuse->{media}/videos/a.mp4" : $film,
           $film->{size_bytes}, 'downloads, too');
        is($fuse->alarms, '', 'the log is silent');
    }

    local $ENV{SANZARU_FULL} = 1000;
    my $full = Gateway->new(preload => "$dir/watch.so");
    mkdir "$full->{media}/images";
    mkdir "$full->{media}/videos";
    draw("$full->{media}/images/a.png", 640, 480);
    like($full->tool('download_video',
                     { video_id => $id, filename => 'a.mp4' }),
         qr/No space left on device|the disk of the gateway is full/,
         'a full disk');
    like($full->tool('prepare_reference_image', { input_filename => 'a.png',
                                                  target_size => '1280x720' }),
         qr/No space left on device|the disk of the gateway is full/,
         'for pictures, too');
    opendir my $d, "$full->{media}/videos";
    is(join(' ', grep { !/^\.\.?$/ } readdir $d), '', 'nothing is left');
    is_deeply($full->post($full->message('ping'))->{result}, {},
              'the worker lives');
    is($full->alarms, '', 'the log is silent');
}


# a folder per team

my $teams = Gateway->new(gateway => '', server => <<'END');
        location /teams {
            sanzaru_mcp;
            sanzaru_media_path /tmp/sanzaru-teams/$http_x_team;
        }
END
mkdir '/tmp/sanzaru-teams';
{
    no warnings 'redefine';
    local *Gateway::url = sub { "http://127.0.0.1:$teams->{port}/teams" };
    my $list = sub {
        my $a = $teams->post($teams->call('list_reference_images'),
                             'X-Team' => $_[0]);
        return $a->{result}{isError} ? $a->{result}{content}[0]{text} : 'ok';
    };
    is($list->('red'), 'ok', 'a team');
    ok(-d '/tmp/sanzaru-teams/red/images', 'has a folder of its own');
    like($list->($_), qr/does not know the media folder of this request/,
         "no team: \"$_\"")
        for '', '..', '../x', 'a/../b', '.', 'a//b', 'red/images', 'a/b';
}
system 'rm', '-rf', '/tmp/sanzaru-teams';


for my $gateway ($g, $small, $teams) {
    $gateway->stop;
    is($gateway->alarms, '', 'the log is silent');
}

done_testing();

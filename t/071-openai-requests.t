#!/usr/bin/perl
# What the tools send, checked against OpenAI's own description of its API by
# Prism.  The description is not part of this project: SANZARU_OPENAI_SPEC is
# the path of its JSON form.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use Gateway;
use StandIn;

my $spec = $ENV{SANZARU_OPENAI_SPEC};
plan skip_all => 'no description of the API to check against; with one:'
               . ' SANZARU_OPENAI_SPEC=file' unless $spec;
plan skip_all => "SANZARU_OPENAI_SPEC: there is no $spec" unless -r $spec;

my $npm = 'build/openai';
my $out = `sh t/openai/install.sh $npm 2>&1`;
plan skip_all => "Prism cannot be installed: $out" if $?;

system('python3', 't/openai/describe.py', $spec, "$npm/checked.json") == 0
    or die 'no description';

my $port = Gateway::free_port();
my $prism = fork // die "fork: $!";

if ($prism == 0) {
    open STDOUT, '>', "$npm/prism.log";
    open STDERR, '>&', \*STDOUT;
    exec 'node', "$npm/node_modules/.bin/prism", 'mock', "$npm/checked.json",
         '-p', $port, '-h', '127.0.0.1';
    die "exec: $!";
}

END {
    my $rc = $?;
    kill 'TERM', $prism if $prism;
    waitpid $prism, 0 if $prism;
    $? = $rc;
}

my $ready;
for (1 .. 600) {
    $ready = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
    last if $ready;
    sleep 0.1;
}
die("Prism did not start; see $npm/prism.log") unless $ready;

my $g = Gateway->new(
    provider => "base_url http://127.0.0.1:$port/v1; retries 0;",
    gateway => 'sanzaru_service image provider=openai;');

draw("$g->{media}/images/in.png", 1280, 720);
draw("$g->{media}/images/b.jpg", 64, 48);
draw("$g->{media}/images/mask.png", 1280, 720, 'RGBA');

# A refusal is an answer of 4xx; what else is wrong with an answer that Prism
# makes up is no concern of ours.

sub said {
    my ($tool, $args) = @_;
    my $got = $g->tool($tool, $args);
    return ref $got ? '' : $got;
}

sub accepted {
    my ($tool, $args, $name) = @_;
    my $text = said($tool, $args);
    unlike($text, qr/answered [45]\d\d|Wrong arguments|cannot be reached/,
           "$tool: " . ($name // 'accepted'));
}

accepted(create_video => { prompt => 'a' });
accepted(create_video => { prompt => 'a', model => 'sora-2-pro', seconds => 8,
                           size => '1280x720',
                           input_reference_filename => 'in.png' },
         'with everything');
accepted(get_video_status => { video_id => 'video_1' });
accepted(list_videos => { limit => 5, order => 'asc', after => 'video_1' });
accepted(remix_video => { previous_video_id => 'video_1', prompt => 'b' });
accepted(delete_video => { video_id => 'video_1' });

my %options = (
    model => 'gpt-image-2', size => '1536x1024', quality => 'high',
    background => 'opaque', output_format => 'webp', output_compression => 50,
    n => 2);

accepted(generate_image => { prompt => 'a' });
accepted(generate_image => { prompt => 'a', moderation => 'low', %options },
         'with everything');
accepted(edit_image => { prompt => 'a', input_images => ['in.png'] });
accepted(edit_image => { prompt => 'a', input_images => ['in.png', 'b.jpg'],
                         mask_filename => 'mask.png', %options },
         'with everything');
accepted(edit_image => { prompt => 'a', input_images => ['in.png'],
                         model => 'gpt-image-1.5', input_fidelity => 'low' },
         'with a fidelity');

accepted(create_image => { prompt => 'a' });
accepted(create_image => { prompt => 'a', model => 'gpt-6-luna',
                           input_images => ['in.png', 'b.jpg'],
                           mask_filename => 'mask.png',
                           previous_response_id => 'resp_0',
                           tool_config => { size => '1536x1024',
                                            quality => 'high',
                                            background => 'opaque',
                                            output_format => 'jpeg',
                                            output_compression => 40,
                                            moderation => 'low',
                                            action => 'edit' } },
         'with everything');
accepted(get_image_status => { response_id => 'resp_1' });
accepted(download_image => { response_id => 'resp_1' });

# with a progress token: a stream

my $stream = $g->call(generate_image => { prompt => 'a',
                                          partial_images => 3 });
$stream->{params}{_meta} = { progressToken => 't' };
my $answer = $g->post($stream);
unlike($answer->{result}{content}[0]{text}, qr/answered [45]\d\d/,
       'generate_image: a stream');

$stream = $g->call(edit_image => { prompt => 'a', partial_images => 1,
                                   input_images => ['in.png'] });
$stream->{params}{_meta} = { progressToken => 't' };
$answer = $g->post($stream);
unlike($answer->{result}{content}[0]{text}, qr/answered [45]\d\d/,
       'edit_image: a stream');

# that it is checked at all

like(said(generate_image => { prompt => 'a', quality => 'silly' }),
     qr/answered 422/, 'a wrong value in JSON is refused');
like(said(edit_image => { prompt => 'a', quality => 'silly',
                          input_images => ['in.png'] }),
     qr/answered 422/, 'a wrong value in a form is refused');
like(said(create_image => { prompt => 'a',
                            tool_config => { quality => 'silly' } }),
     qr/answered 422/, 'a wrong value in a tool is refused');

$g->stop;
is($g->alarms, '', 'the log is silent');

done_testing();

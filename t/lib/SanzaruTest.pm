package SanzaruTest;

# What the suites share: a stand-in for OpenAI per file, a gateway with its
# media folder in every block, and silence of the error log.
#
# A block may set
#     --- gateway       more directives of the location /mcp
#     --- provider      more directives of the provider
#     --- mcp           a JSON-RPC message: becomes a POST to /mcp
#     --- headers       more request headers
#     --- answer        the exact body
#     --- answer_like   a pattern for it
#     --- media         files below the media folder: ">>> name" and text
#     --- mock          a JSON object of settings for the stand-in
#     --- faults        a JSON array of faults for it; MOCK_URL is its address
#     --- video         a prompt: a completed video, whose id stands where the
#                       request says VIDEO_ID
# and anything that Test::Nginx knows.

use strict;
use warnings;

use base 'Exporter';

use Test::Nginx::Socket ();
use Test::Nginx::Util ();

use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use JSON::PP;
use Time::HiRes qw(sleep);

use StandIn;

our @EXPORT = qw(media media_file mock mock_url mock_log picture no_mock);

our ($Media, $NoMock, @Blocks);

# Seconds of patience with one request, on machines that have much to do.
Test::Nginx::Util::timeout($ENV{TEST_NGINX_TIMEOUT} // 60);


sub no_mock() { $NoMock = 1 }


sub media() { $Media }


# The bytes of a file below the media folder, undef when there is none.
sub media_file($) {
    my ($name) = @_;
    open my $f, '<:raw', "$Media/$name" or return undef;
    local $/;
    return scalar <$f>;
}


# A picture in the media folder, made by PIL: picture('images/a.jpg', 640, 480)
sub picture($$$;$) {
    my ($name, @rest) = @_;
    &draw("$Media/$name", @rest);
}


# sanzaru_max_transfers needs more than the 64 of Test::Nginx
Test::Nginx::Util::worker_connections(1024);

my $work = tempdir('sanzaru_t_XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $work;
$Media = "$work/media";
make_path($Media);
chmod 0777, $Media;
{
    open my $f, '>', "$work/secret" or die $!;
    print $f 'secret of these tests';
    close $f;
}


sub gateway_config {
    my ($block) = @_;
    my $provider = $block->provider // '';
    my $gateway = $block->gateway // '';
    my $base = $provider =~ /base_url/ ? ''
             : 'base_url ' . mock_url() . ';';
    my $key = $provider =~ /key/ ? '' : 'key test-key;';

    my $http_config = $block->http_config // '';
    $http_config .= <<"END" unless $http_config =~ /sanzaru_provider openai/;
    sanzaru_provider openai {
        $base
        $key
        connect_timeout 2s;
        $provider
    }
END
    $http_config .= "    sanzaru_secret_file $work/secret;\n"
        unless $http_config =~ /sanzaru_(?:secret_file|state_path)/;
    $block->set_value('http_config', $http_config);

    my $config = $block->config // '';
    $config .= <<"END" unless $config =~ /sanzaru_mcp/;
    location /mcp {
        sanzaru_mcp;
        sanzaru_media_path $Media;
        sanzaru_service video provider=openai;
        sanzaru_poll_interval 50ms 100ms;
        $gateway
    }
END
    $block->set_value('config', $config);
}


sub prepare_media {
    my ($block) = @_;
    remove_tree($Media, { keep_root => 1 });
    my $text = $block->media // '';
    while ($text =~ /^>>> (\S+)\n(.*?)(?=^>>> |\z)/msg) {
        my ($name, $body) = ("$Media/$1", $2);
        (my $dir = $name) =~ s{/[^/]*$}{};
        make_path($dir);
        open my $f, '>:raw', $name or die "$name: $!";
        print $f $body;
        close $f;
    }
}


Test::Nginx::Socket::add_block_preprocessor(sub {
    my ($block) = @_;

    if (!$NoMock) {
        start_mock();
    }

    gateway_config($block) unless defined $block->must_die
                                  || defined $block->raw_config;

    if (defined(my $mcp = $block->mcp)) {
        chomp $mcp;
        $block->set_value('request', "POST /mcp\n$mcp");
        my $headers = $block->headers // '';
        $headers .= "\nContent-Type: application/json"
            unless $headers =~ /^Content-Type:/mi;
        $headers .= "\nAccept: application/json, text/event-stream"
            unless $headers =~ /^Accept:/mi;
        $headers .= "\nMCP-Protocol-Version: 2025-11-25"
            unless $headers =~ /^MCP-Protocol-Version:/mi;
        $headers =~ s/^\s*\n//mg;
        $block->set_value('more_headers', $headers);
    }

    if (defined(my $answer = $block->answer)) {
        chomp $answer unless $answer =~ /\n\n\z/;
        $block->set_value('response_body', $answer);
    }

    if (defined(my $like = $block->answer_like)) {
        chomp $like;
        $block->set_value('response_body_like', $like);
    }

    if (!defined $block->error_log && !defined $block->no_error_log
        && !defined $block->must_die)
    {
        $block->set_value('no_error_log',
                          "[alert]\n[emerg]\n[crit]\nSanitizer");
    }

    # "init" is evaluated as text, in a package that is not the test's

    push @Blocks, $block;
    $block->set_value('init', "SanzaruTest::before($#Blocks); package main; "
                              . ($block->init // ''));
});


sub make_video {
    my ($block) = @_;
    my $id = make_completed($block->video);
    (my $request = $block->request) =~ s/VIDEO_ID/$id/g;
    $block->set_value('request', $request);
}


sub before($) {
    my $block = $Blocks[$_[0]];
    prepare_media($block);
    return if $NoMock;
    mock('POST', '/__mock__/reset');
    make_video($block) if defined $block->video;
    mock('POST', '/__mock__/set', decode_json($block->mock))
        if defined $block->mock;
    if (defined(my $faults = $block->faults)) {
        $faults =~ s/MOCK_URL/mock_url('')/ge;
        mock('POST', '/__mock__/faults', $_) for @{ decode_json($faults) };
    }
}

1;

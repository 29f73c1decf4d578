package StandIn;

# The stand-in for OpenAI, started once per test file, and pictures to work on.

use strict;
use warnings;

use base 'Exporter';

use File::Path qw(make_path);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use JSON::PP;
use Time::HiRes qw(sleep);

our @EXPORT = qw(
    draw make_completed mock mock_log mock_url start_mock
);

our $KEY = 'test-key';

my $http = HTTP::Tiny->new(timeout => 60);
my ($pid, $port);


END {
    my $rc = $?;
    if ($pid) {
        kill 'TERM', $pid;
        waitpid $pid, 0;
    }
    $? = $rc;
}


sub start_mock(@) {
    my (@options) = @_;
    return if $pid;

    my $dir = tempdir('sanzaru_m_XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $file = "$dir/port";

    $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', '/dev/null';
        exec 'python3', $ENV{SANZARU_MOCK} // 't/mock/server.py',
             '--port', 0, '--port-file', $file, '--render-seconds', '0.4',
             '--parent-watch', @options;
        die "exec: $!";
    }

    for (1 .. 1200) {
        last if -s $file;
        sleep 0.05;
    }
    open my $f, '<', $file or die 'the stand-in did not start';
    chomp($port = <$f>);
}


sub mock_url(;$) {
    my ($path) = @_;
    return 'http://127.0.0.1:' . ($port // 1) . ($path // '/v1');
}


# mock('POST', '/__mock__/faults', $data): the decoded answer
sub mock($$;$) {
    my ($method, $path, $data) = @_;
    my $r = $http->request($method, mock_url($path), {
        defined $data
            ? (content => encode_json($data),
               headers => { 'Content-Type' => 'application/json' })
            : () });
    die "stand-in: $method $path: $r->{status} $r->{content}"
        unless $r->{success};
    return length $r->{content} ? decode_json($r->{content}) : undef;
}


# The requests that the stand-in has seen, as "METHOD path?query".
sub mock_log() {
    return map { "$_->{method} $_->{path}"
                 . ($_->{query} ? "?$_->{query}" : '') }
           @{ mock('GET', '/__mock__/log') };
}


# The id of a completed video.
sub make_completed($) {
    my ($prompt) = @_;
    my %auth = (Authorization => "Bearer $KEY");

    mock('POST', '/__mock__/set', { render_seconds => 0.001 });
    my $r = $http->post(mock_url('/v1/videos'), {
        headers => { %auth, 'Content-Type' => 'application/json' },
        content => encode_json({ prompt => $prompt }) });
    my $id = decode_json($r->{content})->{id} or die $r->{content};
    sleep 0.01;
    $http->get(mock_url("/v1/videos/$id"), { headers => \%auth });
    mock('POST', '/__mock__/set', { render_seconds => 0.4 });
    mock('DELETE', '/__mock__/log');
    return $id;
}


# A picture made by PIL: draw('/path/a.jpg', 640, 480, 'RGB')
sub draw($$$;$) {
    my ($path, $width, $height, $mode) = @_;
    $mode //= 'RGB';
    (my $dir = $path) =~ s{/[^/]*$}{};
    make_path($dir);
    system('/usr/bin/python3', '-c', <<"END") == 0 or die "no picture $path";
from PIL import Image
im = Image.radial_gradient('L').resize(($width, $height))
im.convert('$mode').save('$path')
END
}

1;

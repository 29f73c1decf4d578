package Gateway;

# An nginx with the module, for tests that need more than one connection,
# several workers, signals or time.
#
#     my $g = Gateway->new(workers => 2, gateway => '...', provider => '...');
#     my $result = $g->tool('list_videos', { limit => 5 });

use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(sleep time);

use StandIn;

my $json = JSON::PP->new->utf8->canonical;


sub new {
    my ($class, %o) = @_;
    my $dir = tempdir('sanzaru_g_XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $self = bless { dir => $dir, media => "$dir/media", %o }, $class;

    start_mock(@{ $o{mock} // [] }) unless $o{no_mock};

    chmod 0755, $dir;
    make_path("$dir/media", "$dir/logs", "$dir/tmp");
    chmod 0777, "$dir/media";

    $self->{port} = free_port();
    $self->write_config;
    $self->start;
    return $self;
}


sub free_port {
    my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        or die "no port: $!";
    return $s->sockport;
}


sub write_config {
    my ($self, %o) = @_;
    $self->{$_} = $o{$_} for keys %o;

    my $base = 'base_url ' . mock_url() . ';';
    my $provider = $self->{provider} // '';
    $base = '' if $provider =~ /base_url/;
    my $modules = join "\n", map { "load_module $_;" }
                  split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
    my $secret = '';
    if (($self->{http} // '') !~ /sanzaru_(?:secret_file|state_path)/
        && !$self->{no_secret})
    {
        open my $f, '>', "$self->{dir}/secret" or die $!;
        print $f 'secret of these tests';
        close $f;
        $secret = "sanzaru_secret_file $self->{dir}/secret;";
    }
    my $user = $> == 0 ? 'user ' . ($self->{user} // 'root') . ';' : '';

    open my $f, '>', "$self->{dir}/nginx.conf" or die $!;
    print $f <<"END";
$modules
$user
worker_processes @{[ $self->{workers} // 1 ]};
daemon off;
pid $self->{dir}/nginx.pid;
error_log $self->{dir}/logs/error.log @{[ $self->{level} // 'info' ]};
@{[ $self->{main} // '' ]}
events { worker_connections 2048; }
http {
    access_log $self->{dir}/logs/access.log;
    client_body_temp_path $self->{dir}/tmp/body;
    proxy_temp_path $self->{dir}/tmp/proxy;
    fastcgi_temp_path $self->{dir}/tmp/fastcgi;
    uwsgi_temp_path $self->{dir}/tmp/uwsgi;
    scgi_temp_path $self->{dir}/tmp/scgi;
    sanzaru_provider openai {
        $base
        @{[ $provider =~ /key/ ? '' : "key $StandIn::KEY;" ]}
        $provider
    }
    $secret
    @{[ $self->{http} // '' ]}
    server {
        listen 127.0.0.1:$self->{port} @{[ $self->{listen} // '' ]};
        location /mcp {
            sanzaru_mcp;
            sanzaru_media_path $self->{media};
            sanzaru_service video provider=openai;
            sanzaru_poll_interval 50ms 100ms;
            @{[ $self->{gateway} // '' ]}
        }
        @{[ $self->{server} // '' ]}
    }
}
END
    close $f;
}


sub start {
    my ($self) = @_;
    my @command = ($ENV{TEST_NGINX_BINARY} // 'nginx',
                   '-p', $self->{dir}, '-c', "$self->{dir}/nginx.conf",
                   '-e', "$self->{dir}/logs/error.log");

    $self->{pid} = fork // die "fork: $!";
    if ($self->{pid} == 0) {
        my $preload = join ' ', grep { $_ } $ENV{TEST_NGINX_LD_PRELOAD},
                                            $self->{preload};
        $ENV{LD_PRELOAD} = $preload if $preload;
        exec split(' ', $ENV{SANZARU_VALGRIND} // ''), @command;
        die "exec: $!";
    }

    # a signal is not lost once there is a worker
    Gateway::until(sub {
        $self->workers && IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                                PeerPort => $self->{port})
    }) or die "nginx did not start:\n" . $self->error_log;
}


# What nginx -t says.
sub test_config {
    my ($self) = @_;
    my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';
    my $dir = $self->{dir};
    return scalar qx($nginx -t -p $dir -c $dir/nginx.conf -e $dir/logs/t 2>&1);
}


# Asks nginx to finish what it does and waits for its end.
sub stop {
    my ($self, $signal) = @_;
    return unless $self->{pid};
    kill $signal // 'QUIT', $self->{pid};
    waitpid delete $self->{pid}, 0;
}


sub DESTROY {
    my ($self) = @_;
    local $?;
    $self->stop('TERM');
}


# A worker that is told to go closes its listening sockets at once; until then
# it may still be the one that accepts.  Where titles cannot be seen (valgrind),
# it has some seconds.
sub reload {
    my ($self) = @_;
    my %old = map { $_ => 1 } $self->workers;
    kill 'HUP', $self->{pid};
    Gateway::until(sub { grep { !$old{$_} } $self->workers })
        or die "no reload:\n" . $self->error_log;
    Gateway::until(sub { !grep { !is_leaving($_) } keys %old }, 4);
}


sub is_leaving {
    my ($pid) = @_;
    open my $f, '<', "/proc/$pid/cmdline" or return 1;
    local $/;
    my $title = <$f> // '';
    return $title eq '' || $title =~ /shutting down/;
}


# The worker processes, those that shut down included.
sub workers {
    my ($self) = @_;
    open my $f, '<', "/proc/$self->{pid}/task/$self->{pid}/children"
        or return;
    return split ' ', <$f> // '';
}


sub error_log {
    my ($self) = @_;
    open my $f, '<', "$self->{dir}/logs/error.log" or return '';
    local $/;
    return scalar <$f> // '';
}


# Lines that no test may leave behind.
sub alarms {
    my ($self) = @_;
    return join "\n", grep { /\[(alert|emerg|crit)\]|Sanitizer|exited on signal/ }
                     split /\n/, $self->error_log;
}


sub url {
    my ($self) = @_;
    return "http://127.0.0.1:$self->{port}/mcp";
}


sub headers {
    return { 'Content-Type' => 'application/json',
             'Accept' => 'application/json, text/event-stream',
             'MCP-Protocol-Version' => '2025-11-25' };
}


# POSTs a message; the decoded answer, and the response as second value.
sub post {
    my ($self, $message, %headers) = @_;
    $self->{ua} //= HTTP::Tiny->new(timeout => 60, keep_alive => 0);
    my $r = $self->{ua}->post($self->url, {
        headers => { %{ headers() }, %headers },
        content => ref $message ? $json->encode($message) : $message });
    my $text = $r->{content};
    if (($r->{headers}{'content-type'} // '') eq 'text/event-stream') {
        my @events = $text =~ /^data: (.*)$/mg;
        $r->{events} = [ map { $json->decode($_) } @events ];
        $text = $events[-1];
    }
    my $answer = eval { $json->decode($text) };
    return wantarray ? ($answer, $r) : $answer;
}


sub message {
    my ($self, $method, $params) = @_;
    return { jsonrpc => '2.0', id => ++$self->{id}, method => $method,
             params => $params // {} };
}


sub call {
    my ($self, $tool, $args) = @_;
    return $self->message('tools/call',
                          { name => $tool, arguments => $args // {} });
}


# Calls a tool: its structuredContent, or the error's text.
sub tool {
    my ($self, $tool, $args) = @_;
    my $answer = $self->post($self->call($tool, $args));
    my $result = $answer->{result} or return $json->encode($answer);
    return $result->{isError} ? $result->{content}[0]{text}
                              : $result->{structuredContent};
}


# A connection on which a request was sent, for tests that leave it.
sub send_raw {
    my ($self, $message, %headers) = @_;
    my $body = ref $message ? $json->encode($message) : $message;
    my %all = (%{ headers() }, Host => '127.0.0.1', %headers,
               'Content-Length' => length $body);
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                  PeerPort => $self->{port}, Timeout => 5)
        or die "connect: $!";
    my $head = join '', map { "$_: $all{$_}\r\n" } sort keys %all;
    print $s "POST /mcp HTTP/1.1\r\n$head\r\n$body";
    $s->flush;
    return $s;
}


# A modern message and the headers it needs.
sub modern {
    my ($self, $method, $params) = @_;
    my $message = $self->message($method, {
        %{ $params // {} },
        _meta => { %{ $params->{_meta} // {} },
            'io.modelcontextprotocol/protocolVersion' => '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities' => {} } });
    my %headers = ('MCP-Protocol-Version' => '2026-07-28',
                   'Mcp-Method' => $method);
    $headers{'Mcp-Name'} = $params->{name} if $params->{name};
    return ($message, %headers);
}


# Waits until the test is true, at most so many seconds.
sub until {
    my ($test, $seconds) = @_;
    my $end = time + ($seconds // 60);
    while (time < $end) {
        return 1 if $test->();
        sleep 0.02;
    }
    return 0;
}

1;

#!/usr/bin/perl
# What outlives a restart, and how nginx ends.

use strict;
use warnings;

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Gateway;
use StandIn;

sub slurp {
    my ($name) = @_;
    open my $f, '<', $name or return '';
    local $/;
    return scalar <$f> // '';
}

sub spill {
    my ($name, $text) = @_;
    open my $f, '>', $name or die "$name: $!";
    print $f $text;
    close $f;
}

sub names {
    my ($dir) = @_;
    opendir my $d, $dir or return;
    return readdir $d;
}

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


# without sanzaru_secret_file: a secret that is made, or a warning

sub greet {
    my ($gateway) = @_;
    my (undef, $r) = $gateway->post($gateway->message('initialize', {
        protocolVersion => '2025-06-18', capabilities => {},
        clientInfo => { name => 't', version => '1' } }));
    return ('Mcp-Session-Id' => $r->{headers}{'mcp-session-id'});
}

my $keeps = Gateway->new(workers => 2, user => 'nobody nogroup', level => 'warn',
                         http => 'sanzaru_state_path state;');
my $kept = "$keeps->{dir}/state/secret";
is((stat $kept)[2] & 07777, 0600, 'a secret below sanzaru_state_path');
like(slurp($kept), qr/^[0-9a-f]{64}\n\z/, 'as openssl would make it');
%session = greet($keeps);
$keeps->stop;
$keeps->start;
is_deeply($keeps->post($keeps->message('ping'), %session)->{result}, {},
          'a session is known after a restart with sanzaru_state_path alone');
$keeps->reload;
is_deeply($keeps->post($keeps->message('ping'), %session)->{result}, {},
          'and after a reload');
unlike($keeps->error_log, qr/sessions end/, 'nothing is warned of');
is(join(' ', grep { /^\.secret/ } names("$keeps->{dir}/state")), '',
   'no draft is left');

$keeps->stop;
for my $bad (sub { symlink '/etc/hostname', $kept }, sub { mkdir $kept },
             sub { spill($kept, "short\n") },
             sub { POSIX::mkfifo($kept, 0600) }) {
    unlink $kept;
    rmdir $kept;
    $bad->();
    my $text = $keeps->test_config;
    like($text, qr{\[emerg\] [^\n]*state/secret" is not the secret that was made},
         'no other file is taken for it');
}
unlink $kept;

my $loses = Gateway->new(no_secret => 1, level => 'warn');
$loses->reload;
my $warnings = () = $loses->error_log =~ /sanzaru:\ sessions\ end\ when\ nginx\ is
    \ restarted;\ set\ sanzaru_state_path,\ where\ a\ secret\ is\ made\ and\ kept,
    \ or\ sanzaru_secret_file/gx;
is($warnings, 1, 'neither: one warning at start names both');


# sanzaru_state_path after a start as another user

SKIP: {
    skip 'only root changes users', 3 if $> != 0;
    my $moved = Gateway->new(user => 'nobody nogroup', level => 'warn',
                             http => 'sanzaru_state_path state;');
    my $state = "$moved->{dir}/state";
    $moved->stop;
    my ($nobody, $other) = map { (getpwnam $_)[2] } 'nobody', 'www-data';
    mkdir "$state/$_" for qw(tasks owners);
    spill("$state/tasks/a-task", '{}');
    spill("$moved->{dir}/foreign", 'x');
    link "$moved->{dir}/foreign", "$state/tasks/linked";
    symlink "$moved->{dir}/foreign", "$state/tasks/pointed";
    chown $nobody, -1, map { "$state/$_" } qw(tasks tasks/a-task owners);
    $moved->write_config(user => 'www-data');
    $moved->start;
    is(join(' ', map { (stat "$state/$_")[4] } qw(tasks tasks/a-task owners)),
       join(' ', ($other) x 3), 'what lies in it goes to the new user');
    is((stat "$moved->{dir}/foreign")[4], 0, 'but nothing that is elsewhere');
    is($moved->alarms, '', 'the log is silent');
}

# nginx kills a worker that is still there a second after SIGTERM: on a busy
# machine the pictures on its threads take longer, so does valgrind's look for
# leaks.  Nothing half-written is left then either, which is what was tested.
(my $alarms = $g->alarms) =~ s/.*exited on signal 9\n?//g;
is($alarms, '', 'the log is silent');

done_testing();

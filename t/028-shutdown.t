#!/usr/bin/perl
# An old worker goes when it should: worker_shutdown_timeout holds for calls
# without a client, too, and a call that becomes a task late is handed over.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep time);

use Gateway;
use StandIn;

start_mock();

# The workers there are, and whether one of them has gone.
sub old { my ($g) = @_; return ($g->workers)[0] }
sub gone { my ($g, $pid) = @_; return sub { !grep { $_ == $pid } $g->workers } }

sub slow {
    my ($ms) = @_;
    mock('POST', '/__mock__/reset');
    mock('POST', '/__mock__/faults', { path => '/v1/*', count => 9,
                                       fault => "slow-headers:$ms" });
}


my $g = Gateway->new(main => 'worker_shutdown_timeout 1s;',
                     gateway => 'sanzaru_service image provider=openai;');

slow(30000);
my @open = map { $g->send_raw($g->call(@$_)) }
           (['list_videos'], ['generate_image', { prompt => 'a kite' }]);
ok(Gateway::until(sub { mock_log() == 2 }), 'two calls, and a slow provider');
my $old = old($g);
$g->reload;
ok(Gateway::until(gone($g, $old)), 'the old worker goes when its time is over');
is(scalar(() = $g->error_log =~ /given up with its client: the time of this worker is over \(worker_shutdown_timeout\)/g),
   2, 'and says what it has given up');
close $_ for @open;

slow(30000);
my $s = $g->send_raw($g->call('list_videos'));
ok(Gateway::until(sub { mock_log() == 1 }), 'a call');
close $s;
ok(Gateway::until(sub { $g->error_log =~ /client prematurely closed/ }),
   'that goes on without its client');
$old = old($g);
$g->reload;
ok(Gateway::until(gone($g, $old)), 'does not hold the old worker either');
$g->stop;
is($g->alarms, '', 'the log is silent');


# a call that becomes a task when its worker is going already

my $state = tempdir(CLEANUP => 1) . '/state';
$g = Gateway->new(http => "sanzaru_state_path $state; sanzaru_task_ttl 1h;");
slow(1500);
mock('POST', '/__mock__/set', { render_seconds => 3 });
my $message = $g->message('tools/call', {
    name => 'create_video', arguments => { prompt => 'a kite' },
    _meta => { 'io.modelcontextprotocol/protocolVersion' => '2026-07-28',
               'io.modelcontextprotocol/clientCapabilities' => {
               extensions => { 'io.modelcontextprotocol/tasks' => {} } } } });
$s = $g->send_raw($message, 'MCP-Protocol-Version' => '2026-07-28',
                  'Mcp-Method' => 'tools/call', 'Mcp-Name' => 'create_video',
                  Connection => 'close');
ok(Gateway::until(sub { mock_log() == 1 }), 'a video is being created');
mock('DELETE', '/__mock__/faults');
$old = old($g);
$g->reload;
my $text = do { local $/; <$s> };
my ($id) = $text =~ /"taskId":"(\w+)"/;
ok($id, 'its client gets a task') or diag($text);
ok(Gateway::until(gone($g, $old)), 'the old worker does not stay for it');
ok(Gateway::until(sub { $g->error_log =~ /task $id goes on here/ }),
   'the new one goes on');
ok(Gateway::until(sub { $g->error_log =~ /task $id of create_video ended \(ok\)/ }, 30),
   'to its end');
is(scalar(() = grep { /^POST/ } mock_log()), 1, 'nothing is created twice');
$g->stop;
is($g->alarms, '', 'the log is silent');

done_testing();

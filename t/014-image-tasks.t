#!/usr/bin/perl
# create_image as a task: it goes on in the background, over a restart, and
# brings the file.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use Gateway;
use StandIn;

start_mock();

my $state = tempdir(CLEANUP => 1) . '/state';
my $g = Gateway->new(
    http => "sanzaru_state_path $state; sanzaru_task_ttl 1h;",
    gateway => 'sanzaru_service image provider=openai;');


sub ask {
    my ($method, $params) = @_;
    my $message = $g->message($method, { %$params, _meta => {
        'io.modelcontextprotocol/protocolVersion' => '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities' =>
            { extensions => { 'io.modelcontextprotocol/tasks' => {} } } } });
    return $g->post($message, 'MCP-Protocol-Version' => '2026-07-28',
                    'Mcp-Method' => $method,
                    'Mcp-Name' => $params->{name} // $params->{taskId});
}

sub create {
    my ($prompt) = @_;
    return ask('tools/call', { name => 'create_image',
                               arguments => { prompt => $prompt } }
           )->{result}{taskId};
}

sub final {
    my ($id) = @_;
    my $task;
    Gateway::until(sub {
        $task = ask('tasks/get', { taskId => $id })->{result};
        ($task->{status} // '') ne 'working' });
    return $task;
}

sub posts { scalar grep { $_ eq 'POST /v1/responses' } mock_log() }


my $task = final(create('a kite'));
is($task->{status}, 'completed', 'completed');
my $image = $task->{result}{structuredContent};
is($image->{status}, 'completed', 'the response');
like($image->{filename}, qr/^img_\d+\.png$/, 'its file');
is(-s "$g->{media}/images/$image->{filename}", $image->{size_bytes},
   'is here');
is_deeply($image->{size}, [1024, 1024], 'of its size');

$task = final(create('[[two]]'));
is(scalar @{ $task->{result}{structuredContent}{images} }, 2, 'both of two');

$task = final(create('[[fail]]'));
is($task->{result}{structuredContent}{error}{code}, 'server_error',
   'one that fails says why');

$task = final(create('[[refusal]]'));
ok($task->{result}{isError}
   && $task->{result}{content}[0]{text} =~ /I cannot help with that/,
   'one that is refused, too');

my $before = posts();
my $id = create('[[render:1.5]] a kite');
$g->stop;
$g->start;
$task = final($id);
like($task->{result}{structuredContent}{filename}, qr/^img_\d+(-\d+)?\.png$/,
     'a restart, and its file is here');
is(posts(), $before + 1, 'it was created once');

# who cancels the task cancels the response

$id = create('[[render:60]] a kite');
ask('tasks/cancel', { taskId => $id });
is(final($id)->{status}, 'cancelled', 'cancelled');
ok(Gateway::until(sub {
    grep { m{^POST /v1/responses/resp_\w+/cancel} } mock_log() }, 10),
   'the provider is told');

$g->stop;
is($g->alarms, '', 'the log is silent');

done_testing();

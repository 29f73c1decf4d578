#!/usr/bin/perl
# Multi round trips of the modern era: what a request asks its client, over two
# workers, and what is made of states that are not ours.

use strict;
use warnings;

use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);

use Gateway;
use StandIn;

start_mock();

our $g = Gateway->new(workers => 2,
                      gateway => 'sanzaru_caller $http_x_caller;'
                               . ' sanzaru_foreign_jobs allow;');
my $json = JSON::PP->new->canonical;


sub remove {
    my ($video, $more, %o) = @_;
    my $params = { name => 'delete_video',
                   arguments => { video_id => $video }, %{ $more // {} } };
    my ($message, %headers) = $g->modern('tools/call', $params);
    $message->{params}{_meta}{'io.modelcontextprotocol/clientCapabilities'}
        = $o{capabilities} // { elicitation => {} };
    return $g->post($message, %headers, 'X-Caller' => $o{caller} // 'ann');
}

sub answer { { confirm => { action => $_[0],
               content => { confirm => $_[1] ? \1 : \0 } } } }

sub deleted { scalar grep { /^DELETE/ } mock_log() }


my $video = make_completed('a kite');
my $asked = remove($video)->{result};
is($asked->{resultType}, 'input_required', 'a person is asked');
my $ask = $asked->{inputRequests}{confirm};
is($ask->{method}, 'elicitation/create', 'with a form');
like($ask->{params}{message}, qr/Delete the video $video/, 'about this video');
is($ask->{params}{requestedSchema}{properties}{confirm}{type}, 'boolean',
   'yes or no');
ok(!exists $asked->{ttlMs}, 'nothing to cache');
like($asked->{requestState}, qr/^v1\.[\w-]+$/, 'a state to come back with');
unlike($asked->{requestState}, qr/$video/, 'that cannot be read');
is(deleted(), 0, 'nothing is deleted yet');
isnt(remove($video)->{result}{requestState}, $asked->{requestState},
     'no two states are the same');

my $state = { requestState => $asked->{requestState} };


# states that are not ours, or not for this

my $refused = sub {
    my ($answer, $what) = @_;
    is($answer->{error}{code}, -32602, $what);
    like($answer->{error}{message}, qr/requestState is not what/, 'and why');
};
my %yes = (inputResponses => answer('accept', 1));

$refused->(remove($video, { %yes, requestState => "$asked->{requestState}x" }),
           'changed');
$refused->(remove($video, { %yes, requestState => 'v1.AAAA' }), 'made up');
$refused->(remove($video, { %yes, requestState => 7 }), 'no text');
$refused->(remove($video, { %yes, requestState => '' }), 'empty');
$refused->(remove($video, { %yes, %$state }, caller => 'bob'),
           "another caller's");
$refused->(remove('video_other', { %yes, %$state }), 'of another request');
is(deleted(), 0, 'nothing is deleted by any of them');


# what counts as an answer

for my $bad ({ other => { action => 'accept', content => { confirm => \1 } } },
             { confirm => 1 }, { confirm => undef }, {}) {
    my $r = remove($video, { %$state, inputResponses => $bad })->{result};
    is($r->{resultType}, 'input_required',
       'asked again after ' . $json->encode($bad));
}
for my $no (answer('decline', 1), answer('cancel', 1), answer('accept', 0),
            { confirm => { action => 'accept', content => {} } },
            { confirm => { action => 'accept' } },
            { confirm => { action => 'accept',
                           content => { confirm => 'true' } } }) {
    my $r = remove($video, { %$state, inputResponses => $no })->{result};
    my $action = $no->{confirm}{action};
    my $why = { decline => 'the user said no', accept => 'without a tick',
                cancel => 'perhaps no user has seen it' }->{$action};
    ok($r->{isError} && $r->{content}[0]{text} =~ /Nothing was deleted: .*$why/,
       'no: ' . $json->encode($no->{confirm}));
}
is(deleted(), 0, 'still nothing is deleted');

for (1 .. 4) {
    my $one = make_completed("kite $_");
    my $first = remove($one)->{result};
    my $r = remove($one, { %yes, requestState => $first->{requestState},
                           inputResponses => { %{ $yes{inputResponses} },
                                               more => {} } })->{result};
    is($r->{structuredContent}{deleted}, JSON::PP::true,
       'yes, whichever worker comes second; more answers than asked are fine');
}


# who cannot be asked

$video = make_completed('last');
is(remove($video, {}, capabilities => {})->{result}{structuredContent}{deleted},
   JSON::PP::true, 'a client that cannot ask a person is not asked to');
$video = make_completed('really last');
is(remove($video, {}, capabilities => { elicitation => { url => {} } }
   )->{result}{structuredContent}{deleted}, JSON::PP::true,
   'nor one that knows no forms');

my $silent = Gateway->new(gateway => 'sanzaru_confirm off;');
$video = make_completed('unasked');
{
    local $g = $silent;
    is(remove($video)->{result}{structuredContent}{deleted}, JSON::PP::true,
       'sanzaru_confirm off: nobody is asked');
}

is($g->alarms . $silent->alarms, '', 'no alarm');
done_testing();

# download_video: a file appears whole or not at all.

use Test::Nginx::Socket 'no_plan';
use SanzaruTest;

no_shuffle();

# --- left: the files of the video folder after the call, hidden ones too

Test::Nginx::Socket::add_response_body_check(sub {
    my ($block, $body, $req_idx, $repeated, $dry) = @_;
    return if $dry || !defined $block->left;
    opendir my $dir, media() . '/videos';
    my @left = $dir ? sort grep { !/^\.\.?$/ } readdir $dir : ();
    Test::More::is(join(' ', @left), $block->left, $block->name . ' - files');
});

run_tests();

__DATA__

=== TEST 1: a video
--- video: a kite
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
"structuredContent":\{"filename":"kite.mp4","variant":"video","size_bytes":\d+,"sha256":"[0-9a-f]{64}","mime_type":"video/mp4","note":null\},"isError":false
--- left: kite.mp4


=== TEST 2: the thumbnail
--- video: a kite
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"t.webp","variant":"thumbnail"}}}
--- answer_like
"variant":"thumbnail","size_bytes":\d+,"sha256":"[0-9a-f]{64}","mime_type":"image/webp"
--- left: t.webp


=== TEST 3: the sprite sheet
--- video: a kite
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"s.jpg","variant":"spritesheet"}}}
--- answer_like
"mime_type":"image/jpeg"
--- left: s.jpg


=== TEST 4: an automatic name
--- video: a kite
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID"}}}
--- answer_like
"structuredContent":\{"filename":"video_\w+.mp4"


=== TEST 5: an existing file is replaced
--- video: a kite
--- media
>>> videos/kite.mp4
the old one
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
"isError":false
--- left: kite.mp4


=== TEST 6: a video that is not ready
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"video_none","filename":"kite.mp4"}}}
--- answer_like
Could not download the video: the video provider answered 404 .*not found
--- left:


=== TEST 7: cut by a reset: repeated, and then whole
--- video: a kite
--- faults
[{"path":"/v1/videos/*/content","fault":"reset-mid:1000"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
"isError":false
--- left: kite.mp4


=== TEST 8: cut every time: the old file stays
--- video: a kite
--- provider
retries 1;
--- faults
[{"path":"/v1/videos/*/content","fault":"reset-mid:1000","count":9}]
--- media
>>> videos/kite.mp4
the old one
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
Could not download the video: the connection to the video provider was lost after 1000 bytes of its answer
--- left: kite.mp4


=== TEST 9: shorter than announced
--- video: a kite
--- provider
retries 0;
--- faults
[{"path":"/v1/videos/*/content","fault":"length:+100"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
Could not download the video: the answer of the video provider was cut: \d+ of \d+ bytes came. Nothing was kept; try again.
--- left:


=== TEST 10: longer than announced
--- video: a kite
--- provider
retries 0;
--- faults
[{"path":"/v1/videos/*/content","fault":"length:-100"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
Could not download the video: .*\d+ of \d+
--- left:


=== TEST 11: half of it, without a length
--- video: a kite
--- provider
retries 0;
--- faults
[{"path":"/v1/videos/*/content","fault":"short"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
Could not download the video: .*\d+ of \d+
--- left:


=== TEST 12: all of it, without a length
--- video: a kite
--- faults
[{"path":"/v1/videos/*/content","fault":"no-length"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
"isError":false
--- left: kite.mp4


=== TEST 13: in chunks
--- video: a kite
--- faults
[{"path":"/v1/videos/*/content","fault":"chunked"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
"isError":false
--- left: kite.mp4


=== TEST 14: in chunks, the last one missing
--- video: a kite
--- provider
retries 0;
--- faults
[{"path":"/v1/videos/*/content","fault":"chunked-cut"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
Could not download the video: the connection to the video provider was lost after \d+ bytes
--- left:


=== TEST 15: a page instead of a video
--- video: a kite
--- faults
[{"path":"/v1/videos/*/content","fault":"html"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
Could not download the video: what came is no video: its Content-Type is \\"text/html[^"]*\\", it looks like text and begins with \\"<!DOCTYPE html>
--- left:


=== TEST 16: nothing for too long
--- video: a kite
--- provider
retries 0; stall_timeout 1s;
--- faults
[{"path":"/v1/videos/*/content","fault":"stall:1000"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
Could not download the video: the video provider did not send on in time \(stall_timeout of its sanzaru_provider\)
--- left:


=== TEST 17: slow, but alive
--- video: a kite
--- provider
retries 0; stall_timeout 1s;
--- faults
[{"path":"/v1/videos/*/content","fault":"drip:1000:200"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"},"_meta":{"progressToken":"t"}}}
--- answer_like
^event: message\ndata: \{"jsonrpc":"2.0","method":"notifications/progress","params":\{"progressToken":"t","progress":\d[\d.]*,"message":"\d+ of \d+ bytes, \d+ %"\}\}\n\n.*"isError":false
--- left: kite.mp4


=== TEST 18: too large for the operator
--- video: a kite
--- gateway
sanzaru_max_file_size 1000;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
Could not download the video: the answer of the video provider is larger than the gateway accepts \(1000 bytes, sanzaru_max_file_size\)
--- left:


=== TEST 19: too large, and not announced
--- video: a kite
--- gateway
sanzaru_max_file_size 1000;
--- faults
[{"path":"/v1/videos/*/content","fault":"chunked"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
Could not download the video: The file is larger than 1000 bytes
--- left:


=== TEST 20: redirected on the same host
--- video: a kite
--- faults
[{"path":"/v1/videos/*/content","fault":"redirect-same"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
"isError":false
--- left: kite.mp4


=== TEST 21: redirected in circles
--- video: a kite
--- faults
[{"path":"/v1/*","fault":"redirect:MOCK_URL/v1/again","count":9}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
the video provider sent the gateway in circles
--- left:


=== TEST 22: redirected to another host: the key does not go there
--- video: a kite
--- faults
[{"path":"/v1/videos/*/content","fault":"redirect:http://localhost:1/v1/x"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"kite.mp4"}}}
--- answer_like
the video provider sent the gateway to another host, where its key must not go
--- left:


=== TEST 23: a folder that does not exist: nothing is asked
--- video: a kite
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"no/kite.mp4"}}}
--- answer_like
Could not download the video: Cannot write \\"no/kite.mp4\\": its folder does not exist in the media folder, and folders are not made. Use a name without a folder.
--- left:

# The video jobs of a provider: create, look, list, delete, remix.

use Test::Nginx::Socket 'no_plan';
use SanzaruTest;

no_shuffle();
run_tests();

__DATA__

=== TEST 1: create a video
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_video","arguments":{"prompt":"a kite","seconds":"8","size":"1280x720"}}}
--- answer_like eval
qr/^\{"jsonrpc":"2\.0","id":1,"result":\{"content":\[\{"type":"text","text":"\{\\"id\\":\\"video_\w+\\",.*"structuredContent":\{"id":"video_\w+","completed_at":null,"created_at":\d+,"error":null,"expires_at":null,"model":"sora-2","object":"video","progress":0,"prompt":"a kite","remixed_from_video_id":null,"seconds":"8","size":"1280x720","status":"queued"\},"isError":false\}\}$/


=== TEST 2: with a reference image of the right size
--- init
SanzaruTest::picture('images/ref.png', 1280, 720);
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_video","arguments":{"prompt":"a kite","size":"1280x720","input_reference_filename":"ref.png"}}}
--- answer_like
"status":"queued"


=== TEST 3: with one of the wrong size: nothing is sent
--- init
SanzaruTest::picture('images/ref.png', 640, 480);
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_video","arguments":{"prompt":"a kite","size":"1280x720","input_reference_filename":"ref.png"}}}
--- answer_like
has 640x480 pixels, but a video of size 1280x720 needs exactly 1280x720. Call prepare_reference_image with input_filename=\\"ref.png\\"


=== TEST 4: refused by the provider
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_video","arguments":{"prompt":"a kite","model":"no-such-model"}}}
--- answer_like eval
qr/Could not create the video: the video provider answered 404 model_not_found: The model 'no-such-model' does not exist or you do not have access to it\. \(request req_\w+\) Check the id or the model name\."\}\],"isError":true/


=== TEST 5: wait for it, with progress
--- mcp
{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"create_video","arguments":{"prompt":"a kite","wait":10},"_meta":{"progressToken":9007199254740993}}}
--- response_headers
Content-Type: text/event-stream
X-Accel-Buffering: no
--- answer_like eval
qr/^event: message\ndata: \{"jsonrpc":"2\.0","method":"notifications\/progress","params":\{"progressToken":9007199254740993,"progress":\d[\d.]*,"message":"video_\w+: queued, 0 %"\}\}\n\n(event: message\ndata: \{"jsonrpc":"2\.0","method":"notifications\/progress".*\}\n\n)+event: message\ndata: \{"jsonrpc":"2\.0","id":5,"result":.*"status":"completed".*\}\n\n$/


=== TEST 6: wait without a token: one answer
--- mcp
{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"create_video","arguments":{"prompt":"a kite","wait":10}}}
--- response_headers
Content-Type: application/json
--- answer_like
"status":"completed"


=== TEST 7: wait for one that fails
--- mcp
{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"create_video","arguments":{"prompt":"[[fail]]","wait":10}}}
--- answer_like
"error":\{"code":"moderation_blocked","message":"[^"]+"\}.*"status":"failed"


=== TEST 8: the time is up
--- mock
{"render_seconds": 60}
--- mcp
{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"create_video","arguments":{"prompt":"a kite","wait":1}}}
--- answer_like
"status":"queued"


=== TEST 9: the operator's limit for waiting
--- mock
{"render_seconds": 60}
--- gateway
sanzaru_max_wait 1;
--- mcp
{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"create_video","arguments":{"prompt":"a kite","wait":3600}}}
--- answer_like
"status":"queued"


=== TEST 10: the status of an unknown video
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_video_status","arguments":{"video_id":"../files/x?y=1#z"}}}
--- answer_like
Could not read the status of the video: the video provider answered 404 .*Video with id '../files/x\?y=1#z' not found.


=== TEST 11: an empty list
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_videos"}}
--- answer_like
"structuredContent":\{"data":\[\],"has_more":false,"last":null\},"isError":false


=== TEST 12: delete an unknown video
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_video","arguments":{"video_id":"video_x"}}}
--- answer_like
Could not delete the video: the video provider answered 404


=== TEST 13: remix an unknown video
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"remix_video","arguments":{"previous_video_id":"video_x","prompt":"at night"}}}
--- answer_like
Could not remix the video: the video provider answered 404


=== TEST 14: wrong arguments, all at once
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_video","arguments":{"seconds":"5","size":"1x1","wait":-1}}}
--- answer_like
Wrong arguments: `prompt` is required; `seconds` must be one of \\"4\\", \\"8\\", \\"12\\", \\"16\\", \\"20\\", not \\"5\\"; `size` must be one of .*, not \\"1x1\\"; `wait` must be from 0 to 3600, not -1\."\}\],"isError":true


=== TEST 15: a modern client
--- mcp
{"jsonrpc":"2.0","id":"m","method":"tools/call","params":{"name":"list_videos","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}
--- headers
MCP-Protocol-Version: 2026-07-28
Mcp-Method: tools/call
Mcp-Name: list_videos
--- answer_like
^\{"jsonrpc":"2.0","id":"m","result":\{"resultType":"complete","content":.*"_meta":\{"io.modelcontextprotocol/serverInfo":\{"name":"sanzaru"



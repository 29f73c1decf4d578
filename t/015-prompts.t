# Prompts, completion and capabilities over HTTP.

use Test::Nginx::Socket 'no_plan';
use SanzaruTest;

no_mock();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: prompts of what is configured
--- mcp
{"jsonrpc":"2.0","id":1,"method":"prompts/list"}
--- answer_like
^\{"jsonrpc":"2.0","id":1,"result":\{"prompts":\[\{"name":"video_from_idea",.*"name":"storyboard"


=== TEST 2: none that need more than there is
--- config
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; }
--- mcp
{"jsonrpc":"2.0","id":1,"method":"prompts/list"}
--- answer
{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"There is no method \"prompts/list\" here: nothing is configured that it would be about."}}


=== TEST 3: a prompt
--- mcp
{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"video_from_idea","arguments":{"idea":"a cat"}}}
--- answer_like
"messages":\[\{"role":"user","content":\{"type":"text","text":"Make a video of this idea:\\n\\na cat\\n


=== TEST 4: without its argument
--- mcp
{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"video_from_idea"}}
--- answer
{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Wrong arguments: `idea` is required."}}


=== TEST 5: names of pictures
--- media
>>> images/beach.png
x
>>> images/beer.jpg
x
>>> images/cat.png
x
--- mcp
{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"motion_with_reference"},"argument":{"name":"image","value":"be"}}}
--- answer
{"jsonrpc":"2.0","id":1,"result":{"completion":{"values":["beach.png","beer.jpg"],"total":2,"hasMore":false}}}


=== TEST 6: names for a template
--- media
>>> videos/a.mp4
x
--- mcp
{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/resource","uri":"sanzaru://videos/{+name}"},"argument":{"name":"name","value":""}}}
--- answer
{"jsonrpc":"2.0","id":1,"result":{"completion":{"values":["a.mp4"],"total":1,"hasMore":false}}}


=== TEST 7: the model of the location
--- config
location /mcp {
    sanzaru_mcp;
    sanzaru_media_path /tmp;
    sanzaru_service video provider=openai model=vision-9;
}
--- mcp
{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"video_from_idea"},"argument":{"name":"model","value":"v"}}}
--- answer
{"jsonrpc":"2.0","id":1,"result":{"completion":{"values":["vision-9"],"total":1,"hasMore":false}}}


=== TEST 8: capabilities
--- mcp
{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}
--- answer_like
"capabilities":\{"tools":\{"listChanged":true\},"prompts":\{"listChanged":true\},"resources":\{"subscribe":true,"listChanged":true\},"completions":\{\},"logging":\{\}\}


=== TEST 9: an unknown prompt
--- mcp
{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"nope"}}
--- answer_like
"code":-32602,"message":"There is no prompt \\"nope\\" here

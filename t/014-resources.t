# Resources over HTTP: the caller's media, listed and read; links in results.

use Test::Nginx::Socket 'no_plan';
use SanzaruTest;

use JSON::PP;
use MIME::Base64;

my $json = JSON::PP->new->utf8;


# A modern request: its message, and the headers it needs.
sub modern {
    my ($method, $params) = @_;
    return $json->encode({ jsonrpc => '2.0', id => 1, method => $method,
        params => { %$params, _meta => {
            'io.modelcontextprotocol/protocolVersion' => '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities' => {} } } });
}


# A picture of many bytes, for a result above 64 KB.
our $Large = "\x89PNG\r\n\x1a\n" . 'x' x 900_000;

no_shuffle();
run_tests();

__DATA__

=== TEST 1: a list, the gateway's own text first
--- media
>>> videos/a%b.mp4
x
>>> images/trip/c.png
xx
--- mcp
{"jsonrpc":"2.0","id":1,"method":"resources/list"}
--- answer_like
^\{"jsonrpc":"2.0","id":1,"result":\{"resources":\[\{"uri":"sanzaru://gateway/about","name":"about".*\},\{"uri":"sanzaru://videos/a%25b.mp4","name":"a%b.mp4","mimeType":"video/mp4","size":2,"annotations":\{"lastModified":"20[^}]*\}\},\{"uri":"sanzaru://images/trip/c.png","name":"trip/c.png","mimeType":"image/png","size":3,


=== TEST 2: folders that are not there yet are empty
--- mcp
{"jsonrpc":"2.0","id":1,"method":"resources/list"}
--- answer_like
"uri":"sanzaru://gateway/about"[^\]]*\]\}\}$


=== TEST 3: templates
--- mcp
{"jsonrpc":"2.0","id":1,"method":"resources/templates/list"}
--- answer_like
"uriTemplate":"sanzaru://videos/\{\+name\}".*"uriTemplate":"sanzaru://images/\{\+name\}".*"uriTemplate":"sanzaru://audio/\{\+name\}"


=== TEST 4: a text
--- media
>>> audio/speech.txt
Hello "you"
--- mcp
{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"sanzaru://audio/speech.txt"}}
--- answer
{"jsonrpc":"2.0","id":1,"result":{"contents":[{"uri":"sanzaru://audio/speech.txt","mimeType":"text/plain","text":"Hello \"you\"\n"}]}}


=== TEST 5: a large picture, made off the event loop
--- init
mkdir "$SanzaruTest::Media/images"; open my $f, '>:raw', "$SanzaruTest::Media/images/large.png"; print $f $main::Large; close $f;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"sanzaru://images/large.png"}}
--- answer eval
'{"jsonrpc":"2.0","id":1,"result":{"contents":[{"uri":"sanzaru://images/large.png",'
. '"mimeType":"image/png","blob":"' . MIME::Base64::encode_base64($main::Large, '') . '"}]}}'


=== TEST 6: a file that is not there
--- mcp
{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"sanzaru://images/none.png"}}
--- answer
{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"Resource not found: There is no file \"none.png\" in the media folder.","data":{"uri":"sanzaru://images/none.png"}}}


=== TEST 7: the same in 2026-07-28
--- mcp eval: main::modern('resources/read', { uri => 'sanzaru://images/none.png' })
--- headers
MCP-Protocol-Version: 2026-07-28
Mcp-Method: resources/read
Mcp-Name: sanzaru://images/none.png
--- answer_like
"code":-32602,.*"data":\{"uri":"sanzaru://images/none.png"\}


=== TEST 8: out of the folder
--- media
>>> secret.txt
x
--- mcp
{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"sanzaru://images/%2e%2e/secret.txt"}}
--- answer_like
"code":-32002


=== TEST 9: a modern list is private
--- mcp eval: main::modern('resources/list', {})
--- headers
MCP-Protocol-Version: 2026-07-28
Mcp-Method: resources/list
--- answer_like
"resultType":"complete".*"ttlMs":60000,"cacheScope":"private"


=== TEST 10: the gateway's text names no path
--- mcp
{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"sanzaru://gateway/about"}}
--- answer_like
^(?!.*/tmp/).*"mimeType":"text/markdown","text":"# Sanzaru media gateway .*\| video \| sora-2 \|


=== TEST 11: what was downloaded is linked to
--- video: A cat
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"my cat.mp4"}}}
--- answer_like
\{"type":"resource_link","uri":"sanzaru://videos/my%20cat.mp4","name":"my cat.mp4","mimeType":"video/mp4","size":\d+\}\]


=== TEST 12: but not where the revision has no links
--- video: A cat
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_video","arguments":{"video_id":"VIDEO_ID","filename":"cat.mp4"}}}
--- headers
MCP-Protocol-Version: 2025-03-26
--- answer_like
^(?!.*resource_link).*"isError":false


=== TEST 13: a cursor that is none
--- mcp
{"jsonrpc":"2.0","id":1,"method":"resources/list","params":{"cursor":"v1.AAAA"}}
--- answer_like
"code":-32602,"message":"This cursor is not one that resources/list gave you.


=== TEST 14: without any folder there is still the text
--- config
location /mcp { sanzaru_mcp; }
--- mcp
{"jsonrpc":"2.0","id":1,"method":"resources/list"}
--- answer_like
"uri":"sanzaru://gateway/about"[^\]]*\]\}\}$

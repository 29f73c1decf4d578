# What happens at the door, over HTTP: methods, types, Host and Origin, bodies
# of every size, and what nginx itself refuses.

use Test::Nginx::Socket 'no_plan';
use SanzaruTest;

no_mock();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: GET without a session
--- request
GET /mcp
--- error_code: 405
--- response_headers
Allow: POST, DELETE, OPTIONS
Content-Type: application/json
--- answer_like
^\{"jsonrpc":"2.0","error":\{"code":-32000,"message":"GET needs the header Mcp


=== TEST 2: HEAD
--- request
HEAD /mcp
--- error_code: 405


=== TEST 3: PUT with a body, and the connection goes on
--- pipelined_requests eval
["PUT /mcp\nabcdef", "DELETE /mcp"]
--- error_code eval
[405, 400]
--- response_body_like eval
["takes POST, GET and DELETE", "DELETE needs the header Mcp-Session-Id"]


=== TEST 4: another type
--- mcp
{}
--- headers
Content-Type: text/plain
--- error_code: 415
--- answer_like
"Content-Type must be application/json."


=== TEST 5: nothing that is acceptable
--- mcp
{}
--- headers
Accept: text/html
--- error_code: 406
--- answer_like
"Accept must list application/json and text/event-stream."


=== TEST 6: only a stream is acceptable
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Accept: text/event-stream
--- response_headers
Content-Type: text/event-stream
--- answer eval
"event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n"


=== TEST 7: an error to a client that takes only streams
--- mcp
{"jsonrpc":"2.0","id":1}
--- headers
Accept: text/event-stream
--- error_code: 400
--- response_headers
Content-Type: application/json
--- answer_like
-32600


=== TEST 8: a foreign host on loopback
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Host: evil.example.com
--- error_code: 403
--- answer_like
The host \\"evil.example.com\\" is not served here. The operator can allow it with server_name or sanzaru_public_url.


=== TEST 9: a host of sanzaru_public_url, and its origin
--- gateway
sanzaru_public_url https://gate.example.com/mcp;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Host: gate.example.com
Origin: https://gate.example.com
--- response_headers
Access-Control-Allow-Origin: https://gate.example.com
Vary: Origin
--- answer
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 10: a foreign origin
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Origin: https://evil.example.com
--- error_code: 403
--- response_headers
!Access-Control-Allow-Origin
--- answer_like
Pages of the origin \\"https://evil.example.com\\" may not use this endpoint.


=== TEST 11: preflight
--- request
OPTIONS /mcp
--- more_headers
Origin: http://localhost:6274
Access-Control-Request-Method: POST
--- error_code: 204
--- response_headers
Access-Control-Allow-Origin: http://localhost:6274
Access-Control-Allow-Methods: POST, GET, DELETE, OPTIONS
Access-Control-Max-Age: 7200


=== TEST 12: a server name that is a wildcard
--- server_name: *.example.org
--- config
server_name *.example.org ~^re(\d+)\.example\.net$;
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; }
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Host: a.example.org
--- answer
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 13: a server name that is an expression
--- config
server_name ~^re(\d+)\.example\.net$;
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; }
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Host: re7.example.net
--- answer
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 14: a body above the buffer comes from a file
--- mcp eval
'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' . ('y' x 30000) . '"}}'
--- answer
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 15: and above 64 KB, too
--- mcp eval
'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' . ('y' x 900000) . '"}}'
--- answer
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 16: above 64 KB in memory
--- gateway
client_body_buffer_size 1m;
--- mcp eval
'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' . ('y' x 900000) . '"}}'
--- answer
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 17: a large body that is broken
--- mcp eval
'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' . ('y' x 100000) . '"}'
--- error_code: 400
--- answer_like
"code":-32700,"message":"Parse error: ',' or '}' is expected at byte 1000\d\d


=== TEST 18: larger than client_max_body_size
--- gateway
client_max_body_size 1k;
--- mcp eval
'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' . ('y' x 2000) . '"}}'
--- error_code: 413
--- response_headers
Content-Type: application/json
--- answer_like eval
qr/^\{"jsonrpc":"2\.0","error":\{"code":-32600,"message":"The request's body is larger than 1024 bytes, the client_max_body_size of this endpoint\."\}\}$/
--- error_log
client intended to send too large body


=== TEST 19: the same in chunks
--- gateway
client_max_body_size 1k;
--- raw_request eval
"POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" . ("y" x 2048) . "\r\n0\r\n\r\n"
--- error_code: 413
--- answer_like
client_max_body_size
--- error_log
client intended to send too large chunked body


=== TEST 20: a body in chunks
--- raw_request eval
"POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"jsonrpc\":\"2.0\"\r\n18\r\n,\"id\":1,\"method\":\"ping\"}\r\n0\r\n\r\n"
--- response_body chomp
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 21: no body
--- mcp
--- error_code: 400
--- answer_like
"code":-32700


=== TEST 30: a body of length 0
--- raw_request eval
"POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"
--- error_code: 400
--- answer_like
"code":-32700,"message":"Parse error: [^.]*\."


=== TEST 31: a body of no chunks
--- raw_request eval
"POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- error_code: 400
--- answer_like
"code":-32700,"message":"Parse error: [^.]*\."


=== TEST 32: two Accept lines are one list
--- raw_request eval
"POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: application/json\r\nAccept: text/html\r\nContent-Length: 40\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"
--- response_body chomp
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 33: a coding that is not read
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Content-Encoding: gzip
--- error_code: 415
--- response_headers
Accept-Encoding: identity
--- answer_like
"Content-Encoding \\"gzip\\" is not read here; send the request as it is\."


=== TEST 34: headers that say twice the same
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Content-Type: application/json, application/json
MCP-Protocol-Version: 2025-06-18
MCP-Protocol-Version: 2025-06-18
--- response_body chomp
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 22: refused by allow and deny
--- gateway
deny all;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- error_code: 403
--- response_headers
Content-Type: application/json
--- answer
{"jsonrpc":"2.0","error":{"code":-32600,"message":"This endpoint is not open to this client."}}
--- error_log
access forbidden by rule


=== TEST 23: refused by auth_basic
--- user_files
>>> users
--- gateway
auth_basic gate; auth_basic_user_file ../html/users;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- error_code: 401
--- response_headers
Content-Type: application/json
WWW-Authenticate: Basic realm="gate"
--- answer_like
"This endpoint asks for credentials."


=== TEST 24: refused by limit_req
--- http_config
limit_req_zone all zone=all:1m rate=1r/m;
--- gateway
limit_req zone=all; limit_req_status 429;
--- pipelined_requests eval
["POST /mcp\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", "POST /mcp\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"]
--- more_headers
Content-Type: application/json
--- error_code eval
[200, 429]
--- response_body_like eval
["\"result\":\\{}", "Too many requests; try again later"]


=== TEST 25: an error page of the operator's own wins
--- gateway
deny all; error_page 403 = /denied;
--- config
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; deny all; error_page 403 = /denied; }
location = /denied { return 403 "my own"; }
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- error_code: 403
--- answer: my own
--- error_log
access forbidden by rule


=== TEST 26: other locations keep nginx's pages
--- config
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; }
location /other { deny all; }
--- request
GET /other
--- error_code: 403
--- response_headers
Content-Type: text/html
--- response_body_like: <center>nginx
--- error_log
access forbidden by rule


=== TEST 27: in a subrequest it says no
--- config
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; }
location /auth { auth_request /mcp; return 200 ok; }
location /static { auth_request /mcp; root /usr/share; }
--- request
GET /static
--- error_code: 403


=== TEST 28: headers that came twice
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
MCP-Protocol-Version: 2025-11-25
MCP-Protocol-Version: 2025-06-18
--- error_code: 400
--- answer_like
The header MCP-Protocol-Version came more than once.


=== TEST 29: a slow body, in small packets
--- raw_request eval
["POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{\"jsonrpc\":", "\"2.0\",\"id\":1,", "\"method\":\"ping\"}"]
--- raw_request_middle_delay: 0.1
--- response_body chomp
{"jsonrpc":"2.0","id":1,"result":{}}

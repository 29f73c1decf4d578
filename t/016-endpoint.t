# An endpoint among nginx's other features: captures of server names and maps,
# several endpoints in one server, error_page, if, limit_except, conditional
# headers, expires, CORS on what nginx itself refuses.

use Test::Nginx::Socket 'no_plan';
use SanzaruTest;

no_mock();
no_shuffle();

# "two teams": their folders hold one file each.

add_block_preprocessor(sub {
    my ($block) = @_;
    for my $name (qw(config http_config)) {
        my $text = $block->$name or next;
        my $media = media();
        $block->set_value($name, $text =~ s/MEDIA/$media/gr);
    }
});

run_tests();

__DATA__

=== TEST 1: the location's captures are not those of the server's name
--- server_name: ~^(\w+)\.example\.com$
--- config
server_name ~^(\w+)\.example\.com$;
location ~ ^/mcp/(\w+)$ { sanzaru_mcp; sanzaru_media_path MEDIA/$1; }
--- media
>>> alice/videos/of-alice.mp4
x
>>> bob/videos/of-bob.mp4
x
--- request
POST /mcp/alice
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_local_videos","arguments":{}}}
--- more_headers
Host: bob.example.com
Content-Type: application/json
--- answer_like
of-alice


=== TEST 2: nor is a named one
--- config
server_name ~^(?<team>\w+)\.example\.com$;
location ~ ^/mcp/(?<team>\w+)$ { sanzaru_mcp; sanzaru_media_path MEDIA/$team; }
--- media
>>> alice/videos/of-alice.mp4
x
>>> bob/videos/of-bob.mp4
x
--- request
POST /mcp/alice
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_local_videos","arguments":{}}}
--- more_headers
Host: bob.example.com
Content-Type: application/json
--- answer_like
of-alice


=== TEST 3: an expression of the map behind sanzaru_caller changes no folder
--- http_config
map $http_x_who $who { "~^(\w+)$" $1; }
--- config
location ~ ^/mcp/(\w+)$ {
    sanzaru_mcp;
    sanzaru_caller $who;
    sanzaru_media_path MEDIA/$1;
}
--- media
>>> alice/videos/of-alice.mp4
x
>>> bob/videos/of-bob.mp4
x
--- request
POST /mcp/alice
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_local_videos","arguments":{}}}
--- more_headers
X-Who: bob
Content-Type: application/json
--- answer_like
of-alice


=== TEST 4: nor does one folder's map change another folder
--- http_config
map $http_x_who $films { "~^(\w+)$" $1; }
--- config
location ~ ^/mcp/(\w+)$ {
    sanzaru_mcp;
    sanzaru_video_path MEDIA/$films/videos;
    sanzaru_image_path MEDIA/$1/images;
}
--- media
>>> alice/images/of-alice.png
x
>>> bob/images/of-bob.png
x
>>> bob/videos/v.mp4
x
--- request
POST /mcp/alice
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_reference_images","arguments":{}}}
--- more_headers
X-Who: bob
Content-Type: application/json
--- answer_like
of-alice


=== TEST 5: a public URL allows its origin at its own endpoint
--- http_config
sanzaru_allow_origin https://tools.example.net;
sanzaru_media_path /tmp;
--- config
location /a { sanzaru_mcp; sanzaru_public_url https://a.example.com/a; }
location /b { sanzaru_mcp; sanzaru_public_url https://b.example.com/b; }
location /c { sanzaru_mcp; }
--- pipelined_requests eval
["POST /a\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
 "POST /b\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
 "POST /c\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"]
--- more_headers eval
["Host: a.example.com\nOrigin: https://a.example.com\nContent-Type: application/json",
 "Host: b.example.com\nOrigin: https://a.example.com\nContent-Type: application/json",
 "Origin: https://a.example.com\nContent-Type: application/json"]
--- error_code eval
[200, 403, 403]
--- response_body_like eval
["result", "origin ..https://a.example.com.. may not", "origin ..https://a.example.com.. may not"]


=== TEST 6: and keeps the origins it has inherited
--- http_config
sanzaru_allow_origin https://tools.example.net;
sanzaru_media_path /tmp;
--- config
location /a { sanzaru_mcp; sanzaru_public_url https://a.example.com/a; }
location /b { sanzaru_mcp; sanzaru_public_url https://b.example.com/b; }
--- request
POST /b
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Host: b.example.com
Origin: https://tools.example.net
Content-Type: application/json
--- response_body chomp
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 7: error_page that leads back to the endpoint: the refusal stays one
--- http_config
limit_req_zone all zone=all:1m rate=1r/m;
--- config
error_page 500 502 503 504 /mcp/50x.html;
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; limit_req zone=all; }
--- pipelined_requests eval
["POST /mcp\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
 "POST /mcp\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"]
--- more_headers
Content-Type: application/json
--- error_code eval
[200, 503]
--- response_body_like eval
["result", "^.\"jsonrpc\":\"2.0\",\"error\":.*Too many requests"]


=== TEST 8: the same where error pages are recursive
--- config
recursive_error_pages on;
error_page 413 /mcp/50x.html;
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; client_max_body_size 10; }
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- error_code: 413
--- answer_like
^\{"jsonrpc":"2.0","error":.*client_max_body_size
--- error_log
client intended to send too large body


=== TEST 9: error_page with a status of its own, and one that makes a GET
--- config
error_page 403 = /mcp;
location /a { deny all; }
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; }
--- request
POST /a
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/json
--- error_code: 500
--- answer_like
^\{"jsonrpc":"2.0","error":
--- error_log
error_page or X-Accel-Redirect leads to an endpoint, as GET; a named location keeps the method


=== TEST 10: a named location keeps the method, and serves
--- config
error_page 418 = @mcp;
location /a { return 418; }
location @mcp { sanzaru_mcp; sanzaru_media_path /tmp; }
--- request
POST /a
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/json
--- response_body chomp
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 11: a rewrite to the endpoint serves
--- config
location /a { rewrite ^ /mcp last; }
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; }
--- request
POST /a
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
Content-Type: application/json
--- response_body chomp
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 12: X-Accel-Redirect to the endpoint of what was a POST
--- config
location /a { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/b; }
location /b { add_header X-Accel-Redirect /mcp; return 204; }
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; }
--- request
POST /a
{}
--- error_code: 500
--- answer_like
^\{"jsonrpc":"2.0","error":
--- error_log
leads to an endpoint, as GET


=== TEST 13: a limit_except of another module answers for itself
--- config
location /mcp {
    sanzaru_mcp;
    sanzaru_media_path /tmp;
    limit_except POST { proxy_pass http://127.0.0.1:1; }
}
--- pipelined_requests eval
["POST /mcp\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
 "PUT /mcp\nabc"]
--- more_headers
Content-Type: application/json
--- error_code eval
[200, 502]
--- response_body_like eval
["result", "<center>nginx"]


=== TEST 14: an if that proxies
--- config
location /mcp {
    sanzaru_mcp;
    sanzaru_media_path /tmp;
    if ($http_x_beta) { proxy_pass http://127.0.0.1:1; }
}
--- request
POST /mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- more_headers
X-Beta: 1
Content-Type: application/json
--- error_code: 502
--- answer_like
<center>nginx
--- error_log
Connection refused


=== TEST 15: limit_except that only asks who it is
--- config
location /mcp {
    sanzaru_mcp;
    sanzaru_media_path /tmp;
    limit_except POST { deny all; }
}
--- pipelined_requests eval
["POST /mcp\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", "PUT /mcp\nabc"]
--- more_headers
Content-Type: application/json
--- error_code eval
[200, 403]
--- response_body_like eval
["result", "^.\"jsonrpc\".*not open to this client"]


=== TEST 16: a page sees a refusal by nginx: 401
--- user_files
>>> users
--- gateway
sanzaru_allow_origin https://app.example.com;
auth_basic gate; auth_basic_user_file ../html/users;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Origin: https://app.example.com
--- error_code: 401
--- response_headers
WWW-Authenticate: Basic realm="gate"
Access-Control-Allow-Origin: https://app.example.com
Access-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate
Vary: Origin


=== TEST 17: and 403
--- gateway
sanzaru_allow_origin https://app.example.com;
deny all;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Origin: https://app.example.com
--- error_code: 403
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
--- error_log
access forbidden by rule


=== TEST 18: and 413
--- gateway
sanzaru_allow_origin https://app.example.com;
client_max_body_size 10;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Origin: https://app.example.com
--- error_code: 413
--- response_headers
Access-Control-Allow-Origin: https://app.example.com
--- error_log
client intended to send too large body


=== TEST 19: and 429 and 503
--- http_config
limit_req_zone all zone=all:1m rate=1r/m;
limit_req_zone more zone=more:1m rate=1r/m;
--- config
location /mcp {
    sanzaru_mcp; sanzaru_media_path /tmp; sanzaru_allow_origin *;
    limit_req zone=all; limit_req_status 429;
}
location /mcp/503 {
    sanzaru_mcp; sanzaru_media_path /tmp; sanzaru_allow_origin *;
    limit_req zone=more;
}
--- pipelined_requests eval
[map { "POST $_\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}" }
     '/mcp', '/mcp', '/mcp/503', '/mcp/503']
--- more_headers
Content-Type: application/json
Origin: https://app.example.com
--- error_code eval
[200, 429, 200, 503]
--- raw_response_headers_like eval
["Access-Control-Allow-Origin: https://app.example.com",
 "Access-Control-Allow-Origin: https://app.example.com",
 "Access-Control-Allow-Origin: https://app.example.com",
 "Access-Control-Allow-Origin: https://app.example.com"]


=== TEST 20: another page does not
--- gateway
sanzaru_allow_origin https://app.example.com;
deny all;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Origin: https://evil.example.com
--- error_code: 403
--- response_headers
!Access-Control-Allow-Origin
--- error_log
access forbidden by rule


=== TEST 21: headers that the operator lets pages send
--- gateway
sanzaru_allow_origin https://app.example.com;
sanzaru_allow_headers X-OpenAI-Key;
--- request
OPTIONS /mcp
--- more_headers
Origin: https://app.example.com
Access-Control-Request-Method: POST
Access-Control-Request-Headers: content-type,x-openai-key,x-other
--- error_code: 204
--- response_headers
Access-Control-Allow-Headers: content-type, x-openai-key


=== TEST 22: tools that are chosen
--- gateway
sanzaru_tools list_* get_video_status -list_videos;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/list"}
--- answer_like eval
qr/^(?!.*"name":"(?:list_videos|create_video|delete_video)").*"name":"list_local_videos".*/


=== TEST 23: all but those that are not
--- gateway
sanzaru_tools -delete_video -list_*;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/list"}
--- answer_like eval
qr/^(?!.*"name":"(?:list_\w+|delete_video)").*"name":"create_video".*/


=== TEST 24: what is not offered is not called
--- gateway
sanzaru_tools -delete_video;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_video","arguments":{"video_id":"v"}}}
--- answer_like
(?i)unknown tool|no tool

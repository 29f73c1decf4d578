# Every mistake in the configuration is found by nginx -t, which says what is
# wrong, in which file and line.

use Test::Nginx::Socket 'no_plan';
use SanzaruTest;

no_mock();
no_shuffle();

# A block of its own for each fault: config, http_config or provider lines, and
# the text of the error.

add_block_preprocessor(sub {
    my ($block) = @_;
    return unless defined $block->must_die;
    my $http = $block->http_config // '';
    my $loc = $block->gateway // '';
    my $provider = $block->provider // 'base_url http://127.0.0.1:1/v1;';
    $block->set_value('http_config', "sanzaru_provider openai { $provider }\n"
                                     . $http) unless $http =~ /^RAW/;
    $block->set_value('http_config', $http =~ s/^RAW//r) if $http =~ /^RAW/;
    $block->set_value('config', "location /mcp { sanzaru_mcp;\n$loc\n}")
        unless defined $block->config;
    $block->set_value('suppress_stderr', 1);
});

run_tests();

__DATA__

=== TEST 1: unknown provider
--- must_die
--- gateway
sanzaru_service video provider=nobody;
--- error_log eval
qr/\[emerg\] .*unknown sanzaru_provider "nobody" in .*nginx\.conf:\d+/


=== TEST 2: unknown service
--- must_die
--- gateway
sanzaru_service films provider=openai;
--- error_log eval
qr/\[emerg\] .*unknown service "films"; there are video, image, speech, transcription and text in .*nginx\.conf:\d+/


=== TEST 3: service without provider
--- must_die
--- gateway
sanzaru_service video model=x;
--- error_log eval
qr/\[emerg\] .*sanzaru_service "video" needs provider= in .*:\d+/


=== TEST 4: service twice
--- must_die
--- gateway
sanzaru_service video provider=openai;
sanzaru_service video provider=openai;
--- error_log eval
qr/\[emerg\] .*duplicate sanzaru_service "video" in .*:\d+/


=== TEST 5: unknown parameter of a service
--- must_die
--- gateway
sanzaru_service video provider=openai colour=red;
--- error_log eval
qr/\[emerg\] .*invalid parameter "colour=red"; provider= and model= are known in .*:\d+/


=== TEST 6: provider twice
--- must_die
--- http_config
sanzaru_provider openai { base_url http://127.0.0.1:1; }
--- error_log eval
qr/\[emerg\] .*duplicate sanzaru_provider "openai" in .*:\d+/


=== TEST 7: provider without base_url
--- must_die
--- provider
key x;
--- error_log eval
qr/\[emerg\] .*no "base_url" in sanzaru_provider "openai" in .*:\d+/


=== TEST 8: base_url of another scheme
--- must_die
--- provider
base_url ftp://example.com/v1;
--- error_log eval
qr{\[emerg\] .*"base_url" must begin with https:// or http://, not "ftp://example.com/v1" in .*:\d+}


=== TEST 9: base_url that is no URL
--- must_die
--- provider
base_url "http://exa mple.com/v1";
--- error_log eval
qr{\[emerg\] .*"base_url" "http://exa mple.com/v1" is not a URL in .*:\d+}


=== TEST 10: base_url with a query
--- must_die
--- provider
base_url http://127.0.0.1/v1?a=b;
--- error_log eval
qr{\[emerg\] .*"base_url" "http://127.0.0.1/v1\?a=b" holds a query; use "query" in .*:\d+}


=== TEST 11: base_url with a user
--- must_die
--- provider
base_url http://me:pw@127.0.0.1/v1;
--- error_log eval
qr{\[emerg\] .*holds a user name; use "key" or "header" in .*:\d+}


=== TEST 12: base_url twice
--- must_die
--- provider
base_url http://127.0.0.1/v1; base_url http://127.0.0.1/v1;
--- error_log eval
qr/\[emerg\] .*"base_url" directive is duplicate in .*:\d+/


=== TEST 13: missing key_file
--- must_die
--- provider
base_url http://127.0.0.1/v1; key_file no-such.key;
--- error_log eval
qr/\[emerg\] .*cannot open key_file ".*no-such.key" \(2: No such file or directory\) in .*:\d+/


=== TEST 14: key and key_file
--- user_files
>>> the.key
abc
--- must_die
--- provider
base_url http://127.0.0.1/v1; key x; key_file ../html/the.key;
--- error_log eval
qr/\[emerg\] .*"key" and "key_file" exclude each other in sanzaru_provider "openai" in .*:\d+/


=== TEST 15: key_file without a key
--- user_files eval
">>> the.key\n \n"
--- must_die
--- provider
base_url http://127.0.0.1/v1; key_file ../html/the.key;
--- error_log eval
qr/\[emerg\] .*key_file ".*the.key" holds no key in .*:\d+/


=== TEST 16: key_file of two lines
--- user_files
>>> the.key
abc
def
--- must_die
--- provider
base_url http://127.0.0.1/v1; key_file ../html/the.key;
--- error_log eval
qr/\[emerg\] .*key_file ".*the.key" must hold the key on one line in .*:\d+/


=== TEST 17: header with a bad name
--- must_die
--- provider
base_url http://127.0.0.1/v1; header "X Y" 1;
--- error_log eval
qr/\[emerg\] .*"X Y" is not the name of a header in .*:\d+/


=== TEST 18: trusted_certificate without https
--- must_die
--- provider
base_url http://127.0.0.1/v1; trusted_certificate x.pem;
--- error_log eval
qr/\[emerg\] .*"trusted_certificate" needs an https "base_url" in sanzaru_provider "openai" in .*:\d+/


=== TEST 19: trusted_certificate that cannot be read
--- must_die
--- provider
base_url https://127.0.0.1/v1; trusted_certificate no-such.pem;
--- error_log eval
qr/\[emerg\] .*cannot read certificates from ".*no-such.pem" for sanzaru_provider "openai"; "trusted_certificate" needs a file in PEM in .*:\d+/


=== TEST 20: unknown directive of a provider
--- must_die
--- provider
base_url http://127.0.0.1/v1; bas_url x;
--- error_log eval
qr/\[emerg\] .*unknown directive "bas_url" in .*:\d+/


=== TEST 21: a provider's directive outside of it
--- must_die
--- gateway
stall_timeout 5s;
--- error_log eval
qr/\[emerg\] .*"stall_timeout" directive is not allowed here in .*:\d+/


=== TEST 22: timeout that is none
--- must_die
--- provider
base_url http://127.0.0.1/v1; timeout soon;
--- error_log eval
qr/\[emerg\] .*"timeout" directive invalid value in .*:\d+/


=== TEST 23: missing media folder
--- must_die
--- gateway
sanzaru_media_path /no/such/folder;
--- error_log eval
qr{\[emerg\] .*"sanzaru_media_path" "/no/such/folder" cannot be used; make the directory and give it to the user of nginx's workers \(2: No such file or directory\) in .*:\d+}


=== TEST 24: media path that is a file
--- must_die
--- gateway
sanzaru_video_path /etc/passwd;
--- error_log eval
qr{\[emerg\] .*"sanzaru_video_path" "/etc/passwd" is not a directory in .*:\d+}


=== TEST 25: relative media path
--- must_die
--- gateway
sanzaru_image_path media;
--- error_log eval
qr{\[emerg\] .*"sanzaru_image_path" must be an absolute path, not "media" in .*:\d+}


=== TEST 26: unknown variable in a path
--- must_die
--- gateway
sanzaru_media_path /srv/$nobody;
--- error_log eval
qr/\[emerg\] .*unknown "nobody" variable/


=== TEST 27: media path twice
--- must_die
--- gateway
sanzaru_media_path /tmp; sanzaru_media_path /tmp;
--- error_log eval
qr/\[emerg\] .*"sanzaru_media_path" directive is duplicate in .*:\d+/


=== TEST 28: sanzaru_mcp twice
--- must_die
--- gateway
sanzaru_mcp;
--- error_log eval
qr/\[emerg\] .*"sanzaru_mcp" directive is duplicate in .*:\d+/


=== TEST 29: sanzaru_mcp outside of a location
--- must_die
--- config
sanzaru_mcp;
--- error_log eval
qr/\[emerg\] .*"sanzaru_mcp" directive is not allowed here in .*:\d+/


=== TEST 30: unknown thread pool
--- must_die
--- gateway
sanzaru_thread_pool nobody;
--- error_log eval
qr/\[emerg\] .*unknown thread pool "nobody" in .*:\d+/


=== TEST 31: poll interval that shrinks
--- must_die
--- gateway
sanzaru_poll_interval 10s 5s;
--- error_log eval
qr/\[emerg\] .*"sanzaru_poll_interval" directive has a last interval that is shorter than the first in .*:\d+/


=== TEST 32: poll interval of nothing
--- must_die
--- gateway
sanzaru_poll_interval 0;
--- error_log eval
qr/\[emerg\] .*"sanzaru_poll_interval" directive needs times above zero, such as 5s in .*:\d+/


=== TEST 32b: progress at no interval
--- must_die
--- gateway
sanzaru_progress_interval 0;
--- error_log eval
qr/\[emerg\] .*"sanzaru_progress_interval" directive must be above zero in .*:\d+/


=== TEST 32c: calls without a client, unknown parameter
--- must_die
--- http_config
sanzaru_max_unattended 10 queue=3;
--- error_log eval
qr/\[emerg\] .*invalid parameter "queue=3"; caller=number is known in .*:\d+/


=== TEST 32d: no call without a client
--- must_die
--- http_config
sanzaru_max_unattended 0;
--- error_log eval
qr/\[emerg\] .*"sanzaru_max_unattended" directive needs a number above zero in .*:\d+/


=== TEST 33: transfers without number
--- must_die
--- http_config
sanzaru_max_transfers many;
--- error_log eval
qr/\[emerg\] .*"sanzaru_max_transfers" directive needs a number above zero in .*:\d+/


=== TEST 34: unknown parameter of a bound
--- must_die
--- http_config
sanzaru_image_jobs 2 wait=5;
--- error_log eval
qr/\[emerg\] .*invalid parameter "wait=5"; queue=number is known in .*:\d+/


=== TEST 35: origin that is none
--- must_die
--- gateway
sanzaru_allow_origin example.com;
--- error_log eval
qr{\[emerg\] .*origin "example.com" must begin with https:// or http:// in .*:\d+}


=== TEST 36: public URL without host
--- must_die
--- gateway
sanzaru_public_url https:///mcp;
--- error_log eval
qr{\[emerg\] .*URL "https:///mcp" has no plain host in .*:\d+}


=== TEST 37: missing secret file
--- must_die
--- http_config
sanzaru_secret_file no-such.secret;
--- error_log eval
qr/\[emerg\] .*cannot open sanzaru_secret_file ".*no-such.secret"; make it with "openssl rand -hex 32" \(2: No such file or directory\) in .*:\d+/


=== TEST 137: missing previous secret file
--- user_files
>>> a.secret
0123456789abcdef
--- must_die
--- http_config
sanzaru_secret_file ../html/a.secret no-such.secret;
--- error_log eval
qr/\[emerg\] .*cannot open sanzaru_secret_file ".*no-such.secret"; a previous secret that is lost must not be named \(2: No such file or directory\) in .*:\d+/


=== TEST 38: secret file twice
--- user_files
>>> a.secret
0123456789abcdef
--- must_die
--- http_config
sanzaru_secret_file ../html/a.secret;
sanzaru_secret_file ../html/a.secret;
--- error_log eval
qr/\[emerg\] .*"sanzaru_secret_file" directive is duplicate in .*:\d+/


=== TEST 39: short secret file
--- user_files
>>> short.secret
abc
--- must_die
--- http_config
sanzaru_secret_file ../html/short.secret;
--- error_log eval
qr/\[emerg\] .*sanzaru_secret_file ".*short.secret" holds less than 16 bytes; make it with "openssl rand -hex 32" in .*:\d+/


=== TEST 40: file access that is none
--- must_die
--- gateway
sanzaru_file_access user:x;
--- error_log eval
qr/\[emerg\] .*invalid value "user:x" in .*:\d+/


=== TEST 41: every directive once, with values at work
--- http_config
sanzaru_provider openai {
    base_url http://127.0.0.1:1/v1/;
    query api-version=1;
    key $http_x_key;
    key_header api-key;
    header OpenAI-Organization org_1;
    header X-Team $http_x_team;
    connect_timeout 1s;
    timeout 10s;
    stall_timeout 3s;
    retries 0;
}
sanzaru_provider secure { base_url https://127.0.0.1:1/v1; key_file ../html/the.key; }
sanzaru_max_transfers 10 queue=0;
sanzaru_image_jobs 2 queue=10;
sanzaru_secret_file ../html/the.secret ../html/the.key2;
sanzaru_service video provider=secure model=m-1;
--- user_files
>>> the.key
sk-test
>>> the.secret
0123456789abcdef0123456789abcdef
>>> the.key2
fedcba9876543210fedcba9876543210
--- config
location /mcp {
    sanzaru_mcp;
    sanzaru_media_path /tmp;
    sanzaru_video_path /tmp;
    sanzaru_image_path /tmp/$host;
    sanzaru_audio_path /tmp;
    sanzaru_service image provider=openai model=m-2;
    sanzaru_file_access user:rw group:rw all:r;
    sanzaru_max_file_size 1g;
    sanzaru_min_free_space 1g;
    sanzaru_existing_file rename;
    sanzaru_max_image_size 10m;
    sanzaru_max_image_pixels 1000000;
    sanzaru_image_timeout 10s;
    sanzaru_max_wait 10m;
    sanzaru_poll_interval 1s;
    sanzaru_call_timeout 20m;
    sanzaru_keepalive 10s;
    sanzaru_session_timeout 1h;
    sanzaru_max_memory 8m;
    sanzaru_public_url https://gate.example.com/mcp;
    sanzaru_allow_origin https://a.example.com http://b.example.com:81;
    sanzaru_allow_origin *;
    sanzaru_allow_headers X-OpenAI-Key X-Team;
    sanzaru_thread_pool default;
}
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- headers
Host: localhost
--- answer
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 42: an endpoint without tools warns
--- config
location /mcp { sanzaru_mcp; }
--- provider
base_url http://127.0.0.1:1;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/list"}
--- answer
{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"There is no method \"tools/list\" here: nothing is configured that it would be about."}}
--- error_log
sanzaru_mcp offers no tool here: set sanzaru_media_path


=== TEST 43: plain http to another machine warns
--- config
location /mcp { sanzaru_mcp; sanzaru_media_path /tmp; }
--- provider
base_url http://api.example.com/v1;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- answer
{"jsonrpc":"2.0","id":1,"result":{}}
--- error_log
"base_url" "http://api.example.com/v1" is not https: keys and media travel in clear


=== TEST 44: tools follow what is configured
--- config
location /mcp { sanzaru_mcp; sanzaru_image_path /tmp; }
--- provider
base_url http://127.0.0.1:1;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/list"}
--- answer_like eval
qr/^(?!.*"name":"create_video").*"tools":\[\{"name":"list_reference_images".*"name":"prepare_reference_image"/


=== TEST 45: the handler is inherited by an if
--- config
location /mcp {
    sanzaru_mcp;
    sanzaru_image_path /tmp;
    if ($http_x_flag) { set $x 1; }
}
--- provider
base_url http://127.0.0.1:1;
--- headers
X-Flag: 1
--- mcp
{"jsonrpc":"2.0","id":1,"method":"ping"}
--- answer
{"jsonrpc":"2.0","id":1,"result":{}}


=== TEST 46: an endpoint that another module answers
--- must_die
--- gateway
proxy_pass http://127.0.0.1:1;
--- error_log eval
qr/\[emerg\] .*"sanzaru_mcp" and the directive of another module that answers requests exclude each other in location "\/mcp" in .*nginx\.conf:\d+/


=== TEST 47: a header for pages that has no name
--- must_die
--- gateway
sanzaru_allow_headers X-Key "X Y";
--- error_log eval
qr/\[emerg\] .*"X Y" is not the name of a header in .*:\d+/


=== TEST 48: every header for pages
--- must_die
--- gateway
sanzaru_allow_headers *;
--- error_log eval
qr/\[emerg\] .*"sanzaru_allow_headers" directive needs names: "\*" would not allow Authorization in .*:\d+/


=== TEST 49: a switch that is neither on nor off
--- must_die
--- gateway
sanzaru_confirm yes;
--- error_log eval
qr/\[emerg\] .*invalid value "yes" in "sanzaru_confirm" directive, it must be "on" or "off" in .*:\d+/


=== TEST 50: what there is no way to do with a file
--- must_die
--- gateway
sanzaru_existing_file keep;
--- error_log eval
qr/\[emerg\] .*invalid value "keep" in "sanzaru_existing_file" directive, it must be one of "rename" "replace" "refuse" in .*:\d+/


=== TEST 51: room that is no size
--- must_die
--- gateway
sanzaru_min_free_space much;
--- error_log eval
qr/\[emerg\] .*"sanzaru_min_free_space" directive invalid value in .*:\d+/


=== TEST 52: memory of listings that is no size
--- must_die
--- http_config
sanzaru_listing_memory much;
--- error_log eval
qr/\[emerg\] .*invalid value "much" in "sanzaru_listing_memory" directive, it must be a size such as 512k, 20m or 1g in .*:\d+/

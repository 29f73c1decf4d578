# The image tools: both APIs of the stand-in, what comes out of them, and what
# is refused before anything is paid for.

use Test::Nginx::Socket 'no_plan';
use SanzaruTest;

use HTTP::Tiny;
use JSON::PP;
use Time::HiRes qw(sleep);

our @Responses;

no_shuffle();

# Preprocessors that come later run before those of SanzaruTest.

Test::Nginx::Socket::add_block_preprocessor(sub {
    my ($block) = @_;
    my $gateway = $block->gateway // '';
    $block->set_value('gateway', "sanzaru_service image provider=openai;\n"
                                 . $gateway)
        unless $gateway =~ /sanzaru_service image/;
});

# --- response: a prompt: a response that is over, whose id stands where the
#               request says RESPONSE_ID

sub make_response {
    my ($block) = @_;
    mock('POST', '/__mock__/set', { render_seconds => 0.001 });
    my $r = HTTP::Tiny->new->post(mock_url('/v1/responses'), {
        headers => { Authorization => "Bearer $StandIn::KEY",
                     'Content-Type' => 'application/json' },
        content => encode_json({
            model => 'gpt-5.2', background => JSON::PP::true,
            input => $block->response,
            tools => [{ type => 'image_generation',
                        size => '1024x1024' }] }) });
    my $id = decode_json($r->{content})->{id} or die $r->{content};
    sleep 0.02;
    mock('DELETE', '/__mock__/log');
    (my $request = $block->request) =~ s/RESPONSE_ID/$id/g;
    $block->set_value('request', $request);
}

sub before_response { make_response($Responses[$_[0]]) }

Test::Nginx::Socket::add_block_preprocessor(sub {
    my ($block) = @_;
    return unless defined $block->response;
    push @Responses, $block;
    $block->set_value('init', ($block->init // '')
                              . "; main::before_response($#Responses);");
});

# --- left: a pattern for the files of the image folder after the call
# --- asked: a pattern for the calls that the stand-in has seen
# --- body: a pattern for the body of the first of them

sub left {
    opendir my $dir, media() . '/images' or die $!;
    return sort grep { !/^\.\.?$/ } readdir $dir;
}

Test::Nginx::Socket::add_response_body_check(sub {
    my ($block, $body, $req_idx, $repeated, $dry) = @_;
    return if $dry;
    if (defined $block->left) {
        my @left = -d media() . '/images' ? left() : ();
        Test::More::like(join(' ', @left), qr/^@{[$block->left]}$/,
                         $block->name . ' - files');
    }
    if (defined $block->asked) {
        Test::More::like(join(', ', mock_log()), qr/^@{[$block->asked]}$/,
                         $block->name . ' - calls');
    }
    if (defined(my $like = $block->body)) {
        chomp $like;
        my ($first) = @{ mock('GET', '/__mock__/log') };
        my $sent = $first->{body}
            // join ';', map { $_->{name} . '='
                              . ($_->{value} // "($_->{filename} $_->{type})") }
                         @{ $first->{parts} // [] };
        Test::More::like($sent, qr/$like/, $block->name . ' - body');
    }
});

run_tests();

__DATA__

=== TEST 1: generate_image
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite"}}}
--- answer_like
"structuredContent":\{"filename":"gen_\d+.png","size":\[1024,1024\],"format":"png","size_bytes":\d+,"mime_type":"image/png","note":null,"model":"gpt-image-2","usage":\{"input_tokens":\d+,.*"total_tokens":\d+\}\},"isError":false
--- left: gen_\d+.png
--- asked: POST /v1/images/generations
--- body
^\{"prompt":"a kite","background":"auto","model":"gpt-image-2","moderation":"auto","n":1,"output_format":"png","quality":"auto","size":"auto"\}$


=== TEST 2: generate_image with every option
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","model":"gpt-image-2.5-flare","size":"1536x1024","quality":"max","background":"opaque","moderation":"low","filename":"kite.webp","output_compression":40}}}
--- answer_like
"filename":"kite.webp","size":\[1536,1024\],"format":"webp"
--- left: kite.webp
--- body
^\{"prompt":"a kite","background":"opaque","model":"gpt-image-2.5-flare","moderation":"low","n":1,"output_compression":40,"output_format":"webp","quality":"max","size":"1536x1024"\}$


=== TEST 3: the operator's model
--- gateway
sanzaru_service image provider=openai model=house-1;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite"}}}
--- answer_like
"model":"house-1"


=== TEST 4: a transparent one
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","background":"transparent","model":"gpt-image-2.5-flare"}}}
--- answer_like
"format":"png"


=== TEST 5: several pictures of one prompt
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","n":3,"filename":"kite.jpg"}}}
--- answer_like
"filename":"kite.jpg","size":\[1024,1024\],"format":"jpeg".*"images":\[\{"prompt":0,"filename":"kite.jpg".*"filename":"kite-2.jpg".*"filename":"kite-3.jpg","size":\[1024,1024\],"format":"jpeg","size_bytes":\d+,"mime_type":"image/jpeg","note":null,"error":null\}\]
--- left: kite-2.jpg kite-3.jpg kite.jpg


=== TEST 6: several prompts, each a result or an error of its own
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompts":["a kite","[[moderation]]","[[noimage]]","[[url]]"]}}}
--- answer_like
"images":\[\{"prompt":0,"filename":"gen_\d+.png",.*\{"prompt":1,"filename":null,.*answered 400 moderation_blocked: .*\{"prompt":2,"filename":null,.*the provider's answer has no picture.*\{"prompt":3,"filename":null,.*sent a URL instead of the picture.*"isError":false
--- left: gen_\d+.png
--- asked: (POST /v1/images/generations(, |$)){4}


=== TEST 7: refused by the moderation
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"[[moderation]]"}}}
--- answer_like
Could not generate the image: the image provider answered 400 moderation_blocked: The request was refused by the moderation system. \(request req_\w+\) Change the prompt: the same one will be refused again\."\}\],"isError":true
--- left:


=== TEST 8: a URL instead of the picture
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"[[url]]"}}}
--- answer_like
Could not generate the image: the provider sent a URL instead of the picture, and the gateway fetches nothing from elsewhere.
--- left:
--- asked: POST /v1/images/generations


=== TEST 9: no picture
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"[[noimage]]"}}}
--- answer_like
Could not generate the image: the provider's answer has no picture.
--- left:


=== TEST 10: no Base64
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"[[badbase64]]","filename":"kite.png"}}}
--- media
>>> images/kite.png
the old one
--- answer_like
what came as a picture is no Base64 text: .*The provider may charge for it; nothing was saved.
--- left: kite.png


=== TEST 11: no picture in the Base64
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"[[notpicture]]"}}}
--- answer_like
what came as a picture cannot be used: The file is no picture that can be read: it is text.
--- left:


=== TEST 12: another format than asked for
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"[[jpeg]]","filename":"kite.png"}}}
--- answer_like
"filename":"kite.jpg","size":\[1024,1024\],"format":"jpeg",.*"note":"What came is image/jpeg, so the file has the ending of that."
--- left: kite.jpg


=== TEST 13: another size than asked for
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"[[othersize]]"}}}
--- answer_like
"size":\[512,1024\]


=== TEST 14: an answer of 33 MB
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"[[noise]]","size":"3840x2160"}}}
--- answer_like
"size":\[3840,2160\],"format":"png","size_bytes":24\d{6},


=== TEST 15: an answer without anything else
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"[[sparse]]"}}}
--- answer_like
"usage":null\},"isError":false


=== TEST 16: an answer that is too large
--- gateway
sanzaru_max_image_size 100k;
--- faults
[{"path":"/v1/images/generations","fault":"huge:3000000"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite"}}}
--- answer_like
Could not generate the image: the answer of the image provider is larger than the gateway accepts \(\d+ bytes\). The picture may have been made and charged for all the same, but it is not here: ask before you start it again. The limit follows from sanzaru_max_image_size.
--- left:


=== TEST 17: an answer that is no JSON
--- faults
[{"path":"/v1/images/generations","fault":"malformed"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite"}}}
--- answer_like
the answer of the image provider is no JSON that can be read
--- left:


=== TEST 18: nothing is paid twice
--- faults
[{"path":"/v1/images/generations","fault":"reset-mid:1000","count":9}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite"}}}
--- answer_like
Could not generate the image: .*"isError":true
--- left:
--- asked: POST /v1/images/generations


=== TEST 19: refused before the call
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","filename":"no/such.png"}}}
--- answer_like
its folder does not exist
--- asked:


=== TEST 20: impossible together
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","background":"transparent","filename":"a.jpg"}}}
--- answer_like
A JPEG cannot be transparent: set `output_format` to png or webp, or leave `background` out.
--- asked:


=== TEST 21: what the provider does not know is its error, told
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","size":"1000x1000"}}}
--- answer_like
the image provider answered 400 invalid_value: Invalid size '1000x1000': width and height must be multiples of 16
--- left:


=== TEST 22: previews on the way
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","partial_images":2,"filename":"kite.png"},"_meta":{"progressToken":"t"}}}
--- response_headers
Content-Type: text/event-stream
--- answer_like eval
qr/"progress":[\d.]+,"message":"partial image 1 of 2: kite\.partial\.png"\}\}\n\n.*"progress":[\d.]+,"message":"partial image 2 of 2: kite\.partial\.png"\}\}\n\n.*"filename":"kite\.png"/s
--- left: kite.png
--- body
"partial_images":2,"quality":"auto","size":"auto","stream":true\}$


=== TEST 23: no token, no stream
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","partial_images":2}}}
--- answer_like
"filename":"gen_\d+.png"
--- body
"quality":"auto","size":"auto"\}$


=== TEST 24: a stream that fails leaves no preview
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"[[stream-error]]","partial_images":2},"_meta":{"progressToken":"t"}}}
--- answer_like
the image provider says: server_error: The picture could not be finished.
--- left:


=== TEST 25: a stream without a picture, and with fewer previews
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"[[noimage]] [[fewer]]","partial_images":2},"_meta":{"progressToken":"t"}}}
--- answer_like
the provider's answer has no picture, it ended after a preview
--- left:


=== TEST 26: edit_image
--- init
SanzaruTest::picture('images/in.png', 640, 480);
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"edit_image","arguments":{"prompt":"at night","input_images":["in.png"]}}}
--- answer_like
"structuredContent":\{"filename":"edit_\d+.png","size":\[1024,1024\],"format":"png",.*"model":"gpt-image-2","usage":\{"input_tokens":\d+,"input_tokens_details":\{"image_tokens":323,
--- left: edit_\d+.png in.png
--- asked: POST /v1/images/edits
--- body
^prompt=at night;background=auto;model=gpt-image-2;n=1;output_format=png;quality=auto;size=auto;image=\(in.png image/png\)$


=== TEST 27: edit_image of several, with a mask
--- init
SanzaruTest::picture('images/in.png', 640, 480); SanzaruTest::picture('images/b.jpg', 64, 48); SanzaruTest::picture('images/m.png', 640, 480, 'RGBA');
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"edit_image","arguments":{"prompt":"at night","input_images":["in.png","b.jpg"],"mask_filename":"m.png","input_fidelity":"high","model":"gpt-image-1.5","n":2,"filename":"out.webp"}}}
--- answer_like
"filename":"out.webp".*"filename":"out-2.webp"
--- left: b.jpg in.png m.png out-2.webp out.webp
--- body
^prompt=at night;background=auto;input_fidelity=high;model=gpt-image-1.5;n=2;output_format=webp;quality=auto;size=auto;image\[\]=\(in.png image/png\);image\[\]=\(b.jpg image/jpeg\);mask=\(m.png image/png\)$


=== TEST 28: a mask without alpha
--- init
SanzaruTest::picture('images/in.png', 640, 480); SanzaruTest::picture('images/m.png', 640, 480);
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"edit_image","arguments":{"prompt":"at night","input_images":["in.png"],"mask_filename":"m.png"}}}
--- answer_like
The mask \\"m.png\\" must be a PNG with an alpha channel: what is transparent in it is what changes. It is image/png without one.
--- asked:


=== TEST 29: a mask of another size
--- init
SanzaruTest::picture('images/in.png', 640, 480); SanzaruTest::picture('images/m.png', 64, 48, 'RGBA');
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"edit_image","arguments":{"prompt":"at night","input_images":["in.png"],"mask_filename":"m.png"}}}
--- answer_like
The mask \\"m.png\\" has 64x48 pixels, but the first input image \\"in.png\\" has 640x480
--- asked:


=== TEST 30: an input that is none
--- media
>>> images/in.png
hello
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"edit_image","arguments":{"prompt":"at night","input_images":["in.png"]}}}
--- answer_like
`input_images` names \\"in.png\\", which is not a picture that can be used
--- asked:


=== TEST 31: a fidelity that the model does not know is left out, and told
--- init
SanzaruTest::picture('images/in.png', 640, 480);
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"edit_image","arguments":{"prompt":"at night","input_images":["in.png"],"input_fidelity":"high","model":"gpt-image-2-2026-04-21"}}}
--- answer_like
"note":"`input_fidelity` was left out: the model \\"gpt-image-2-2026-04-21\\" has none and always keeps to the input images as closely as it can\."
--- asked: POST /v1/images/edits


=== TEST 32: edit_image with previews
--- init
SanzaruTest::picture('images/in.png', 640, 480);
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"edit_image","arguments":{"prompt":"at night","input_images":["in.png"],"partial_images":1},"_meta":{"progressToken":"t"}}}
--- answer_like eval
qr/"progress":[\d.]+,"message":"partial image 1 of 1: edit_\d+\.partial\.png".*"filename":"edit_\d+\.png"/s
--- left: edit_\d+.png in.png


=== TEST 33: create_image
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_image","arguments":{"prompt":"a kite"}}}
--- answer_like
"structuredContent":\{"id":"resp_\w+","status":"queued","created_at":\d+,"error":null,"incomplete_reason":null\},"isError":false
--- asked: POST /v1/responses
--- body
^\{"background":true,"input":"a kite","model":"gpt-5.2","store":true,"tools":\[\{"type":"image_generation","model":"gpt-image-2"\}\]\}$


=== TEST 34: create_image with a configuration, inputs and a mask
--- init
SanzaruTest::picture('images/in.png', 640, 480); SanzaruTest::picture('images/m.png', 640, 480, 'RGBA');
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_image","arguments":{"prompt":"a kite","model":"gpt-6-luna","input_images":["in.png"],"mask_filename":"m.png","tool_config":{"type":"image_generation","size":"1536x1024","quality":"high","input_fidelity":null}}}}
--- answer_like
"status":"queued"
--- asked: POST /v1/files, POST /v1/responses
--- body
^purpose=vision;expires_after\[anchor\]=created_at;expires_after\[seconds\]=86400;file=\(m.png image/png\)$


=== TEST 35: create_image: the mask is checked before it is uploaded
--- init
SanzaruTest::picture('images/in.png', 640, 480); SanzaruTest::picture('images/m.png', 640, 480, 'RGBA');
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_image","arguments":{"prompt":"a kite","input_images":["in.png","none.png"],"mask_filename":"m.png"}}}
--- answer_like
There is no file \\"none.png\\" in the media folder. list_reference_images shows what the image folder holds.
--- asked:


=== TEST 36: create_image: a mask without a picture
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_image","arguments":{"prompt":"a kite","mask_filename":"m.png"}}}
--- answer_like
`mask_filename` needs `input_images`
--- asked:


=== TEST 37: create_image: what the provider does not know is its error, told
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_image","arguments":{"prompt":"a kite","tool_config":{"colour":"red"}}}}
--- answer_like
Could not create the image: the image provider answered 400 .*colour


=== TEST 38: create_image goes on from an earlier one
--- response: a kite
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_image","arguments":{"prompt":"at night","previous_response_id":"RESPONSE_ID"}}}
--- answer_like
"status":"queued"


=== TEST 39: and from none
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_image","arguments":{"prompt":"at night","previous_response_id":"resp_none"}}}
--- answer_like
answered 400 previous_response_not_found: 


=== TEST 40: create_image, and wait
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_image","arguments":{"prompt":"a kite","wait":10},"_meta":{"progressToken":1}}}
--- answer_like eval
qr/"progress":[\d.]+,"message":"resp_\w+: queued, 0 s".*"message":"resp_\w+: in_progress, 0 s".*"status":"completed"/s
--- left:


=== TEST 41: create_image, and wait for one that fails
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_image","arguments":{"prompt":"[[fail]]","wait":10}}}
--- answer_like
"status":"failed","created_at":\d+,"error":\{"code":"server_error","message":"[^"]+"\},"incomplete_reason":null


=== TEST 42: get_image_status
--- response: [[incomplete]]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_image_status","arguments":{"response_id":"RESPONSE_ID"}}}
--- answer_like
"structuredContent":\{"id":"resp_\w+","status":"incomplete","created_at":\d+,"error":null,"incomplete_reason":"content_filter"\}


=== TEST 43: the status of a large one
--- response: [[noise]] a kite
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_image_status","arguments":{"response_id":"RESPONSE_ID"}}}
--- answer_like
"status":"completed"


=== TEST 44: the status of an unknown one
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_image_status","arguments":{"response_id":"../files/x?y=1#z"}}}
--- answer_like
Could not read the status of the image: the image provider answered 404 .*Response with id '../files/x\?y=1#z' not found.


=== TEST 45: download_image
--- response: a kite
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"RESPONSE_ID"}}}
--- answer_like
"structuredContent":\{"filename":"img_\d+.png","size":\[1024,1024\],"format":"png","size_bytes":\d+,"mime_type":"image/png","note":null\},"isError":false
--- left: img_\d+.png


=== TEST 46: download_image: the name follows the bytes
--- response: [[jpeg]]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"RESPONSE_ID","filename":"kite.png"}}}
--- answer_like
"filename":"kite.jpg",.*"note":"What came is image/jpeg
--- left: kite.jpg


=== TEST 47: download_image: all of them
--- response: [[two]]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"RESPONSE_ID","filename":"kite.png"}}}
--- answer_like
"filename":"kite.png",.*"images":\[\{"filename":"kite.png",.*\{"filename":"kite-2.png",
--- left: kite-2.png kite.png


=== TEST 48: download_image: cut, repeated, and then whole
--- response: a kite
--- faults
[{"path":"/v1/responses/*","fault":"reset-mid:1000"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"RESPONSE_ID","filename":"kite.png"}}}
--- answer_like
"filename":"kite.png"
--- left: kite.png


=== TEST 49: download_image: refused by the model
--- response: [[refusal]]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"RESPONSE_ID"}}}
--- answer_like
There is no image in the response resp_\w+: the model refused \(\\"I cannot help with that.\\"\). Change the prompt and call create_image again.
--- left:


=== TEST 50: download_image: no image
--- response: [[noimage]]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"RESPONSE_ID"}}}
--- answer_like
the model only said \(\\"There is nothing to draw.\\"\)
--- left:


=== TEST 51: download_image: failed, incomplete, a failed call, no Base64
--- response: [[moderation]]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"RESPONSE_ID"}}}
--- answer_like
its status is failed \(image_content_policy_violation: The request was refused by the moderation system.\)
--- left:


=== TEST 52: download_image: incomplete
--- response: [[incomplete]]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"RESPONSE_ID"}}}
--- answer_like
its status is incomplete \(content_filter\)
--- left:


=== TEST 53: download_image: a failed call
--- response: [[failed-call]]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"RESPONSE_ID"}}}
--- answer_like
drawing it failed \(moderation_blocked: The request was refused by the moderation system.\)
--- left:


=== TEST 54: download_image: no Base64
--- response: [[badbase64]]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"RESPONSE_ID"}}}
--- answer_like
Could not save the image of the response resp_\w+: what came as a picture is no Base64 text
--- left:


=== TEST 55: download_image: too early
--- response: [[stuck]]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"RESPONSE_ID"}}}
--- answer_like
is not there yet: its status is \w+. Call get_image_status until it is completed, then download_image again.
--- left:


=== TEST 56: download_image: a name that cannot be
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"download_image","arguments":{"response_id":"resp_1","filename":"../x.png"}}}
--- answer_like
`filename` is not a usable file name
--- asked:


=== TEST 57: the tools are offered with the service and the folder
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/list"}
--- answer_like
"name":"prepare_reference_image".*"name":"create_image","title":"Create an image".*"name":"get_image_status".*"name":"download_image".*"name":"generate_image".*"name":"edit_image"


=== TEST 58: hints tell what becomes of files that are there
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/list"}
--- answer_like
"name":"prepare_reference_image".*"annotations":\{"readOnlyHint":false,"openWorldHint":false,"destructiveHint":true\}.*"name":"generate_image".*"annotations":\{"readOnlyHint":false,"openWorldHint":true,"destructiveHint":false\}


=== TEST 59: as it is configured
--- gateway
sanzaru_service image provider=openai;
sanzaru_existing_file replace;
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/list"}
--- answer_like
"name":"generate_image".*"annotations":\{"readOnlyHint":false,"openWorldHint":true,"destructiveHint":true\}\},\{"name":"edit_image"


=== TEST 60: a name that is taken
--- media
>>> images/a.png
x
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","filename":"a.png"}}}
--- answer_like
"filename":"a-2.png".*"note":"There is a file of the name that was asked for; it stays."


=== TEST 61: and refused
--- gateway
sanzaru_service image provider=openai;
sanzaru_existing_file refuse;
--- media
>>> images/a.png
x
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","filename":"a.png"}}}
--- answer_like
There is a file \\"a.png\\" already, and here none is replaced \(sanzaru_existing_file\). Choose another name.
--- asked:


=== TEST 62: a preparation tells of its other name
--- gateway
sanzaru_existing_file rename;
--- init
mkdir "$SanzaruTest::Media/images"; picture("images/a.png", 64, 48);
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"prepare_reference_image","arguments":{"input_filename":"a.png","target_size":"720x1280","output_filename":"a.png"}}}
--- answer_like
There is a file \\"a.png\\" already; it stays, and the new one is \\"a-2.png\\".


=== TEST 63: a stream of events whose label is written in another way
--- faults
[{"path":"/v1/images/generations","fault":"wild=shouted"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","partial_images":2,"filename":"kite.png"},"_meta":{"progressToken":"t"}}}
--- answer_like
"filename":"kite.png".*"isError":false
--- left: kite.png


=== TEST 64: a stream of events that is labelled as JSON
--- faults
[{"path":"/v1/images/generations","fault":"wild=mislabelled"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","partial_images":2,"filename":"kite.png"},"_meta":{"progressToken":"t"}}}
--- answer_like
"filename":"kite.png".*"isError":false
--- left: kite.png


=== TEST 65: a stream of events without a label
--- faults
[{"path":"/v1/images/generations","fault":"wild=unlabelled"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","partial_images":2,"filename":"kite.png"},"_meta":{"progressToken":"t"}}}
--- answer_like
"filename":"kite.png".*"isError":false
--- left: kite.png


=== TEST 66: a stream of events that ends without an empty line
--- faults
[{"path":"/v1/images/generations","fault":"wild=unended"}]
--- mcp
{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"generate_image","arguments":{"prompt":"a kite","partial_images":2,"filename":"kite.png"},"_meta":{"progressToken":"t"}}}
--- answer_like
"filename":"kite.png".*"isError":false
--- left: kite.png

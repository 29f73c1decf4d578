#!/usr/bin/perl
# Values that can never work: nginx -t says which, where and why.  What is odd
# but works gets a warning, and what is right gets none.

use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;
make_path("$dir/logs", "$dir/media");
chmod 0777, "$dir/media";

my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';
my $modules = join "\n", map { "load_module $_;" }
              split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';


sub file {
    my ($name, $bytes) = @_;
    open my $f, '>:raw', "$dir/$name" or die $!;
    print $f $bytes;
    close $f;
}


# What nginx -t says of a configuration.
sub says {
    my (%o) = @_;
    my $events = $o{events} // 'worker_connections 2048;';
    my $provider = $o{provider} // '';
    my $key = $provider =~ /key/ ? '' : 'key x;';
    my $secret = $o{http} && $o{http} =~ /secret/ ? ''
               : "sanzaru_secret_file $dir/secret;";
    file('nginx.conf', <<"END");
$modules
@{[ $o{main} // '' ]}
pid $dir/nginx.pid;
events { $events }
http {
    access_log off;
    client_body_temp_path $dir/t1; proxy_temp_path $dir/t2;
    fastcgi_temp_path $dir/t3; uwsgi_temp_path $dir/t4;
    scgi_temp_path $dir/t5;
    $secret
    @{[ $o{http} // '' ]}
    sanzaru_provider openai {
        base_url http://127.0.0.1:1/v1;
        $key
        $provider
    }
    server {
        listen 127.0.0.1:18998;
        location /mcp {
            sanzaru_mcp;
            sanzaru_media_path $dir/media;
            sanzaru_service video provider=openai;
            @{[ $o{gateway} // '' ]}
        }
        @{[ $o{server} // '' ]}
    }
}
END
    my $text = qx($nginx -t -p $dir -c $dir/nginx.conf -e $dir/logs/e 2>&1);
    return $text;
}

file('secret', 'x' x 40);

# the place of a mistake, behind its text
my $at = qr{[^\n]* in \Q$dir\E/nginx\.conf:\d+$}m;

sub refused {
    my ($place, $line, $why) = @_;
    like(says($place => $line), qr/\[emerg\] [^\n]*\Q$why\E$at/,
         "refused: $line");
}

sub warned {
    my ($place, $line, $why) = @_;
    my $text = says($place => $line);
    like($text, qr/\[warn\] [^\n]*$why/, "warned: $line");
    like($text, qr/test is successful/, 'and accepted');
}

sub accepted {
    my ($place, $line) = @_;
    my $text = says($place => $line);
    like($text, qr/test is successful/, "accepted: $line");
    unlike($text, qr/\[(?:warn|error)\]/, 'without a word');
}


accepted(gateway => '');


# zeros

for my $name (qw(sanzaru_max_file_size sanzaru_max_image_size
                 sanzaru_max_image_pixels sanzaru_image_timeout
                 sanzaru_max_image_memory sanzaru_max_resource_size
                 sanzaru_call_timeout sanzaru_session_timeout
                 sanzaru_progress_interval)) {
    refused(gateway => "$name 0;", 'must be above zero');
}
for my $name (qw(sanzaru_task_ttl)) {
    refused(http => "$name 0;", 'must be above zero');
}
for my $name (qw(connect_timeout timeout stall_timeout)) {
    refused(provider => "$name 0;", 'must be above zero');
}
refused(gateway => 'sanzaru_poll_interval 0;', 'needs times above zero');
refused(gateway => 'sanzaru_max_memory 0;', 'must be at least 16k');
refused(gateway => 'sanzaru_max_streams 0;', '"sanzaru_max_streams" must be between 1 and 1000000, not 0');
refused(http => 'sanzaru_max_transfers 0;', 'needs a number above zero');
refused(http => 'sanzaru_image_jobs 0;', 'needs a number above zero');

accepted(gateway => 'sanzaru_keepalive 0; sanzaru_max_wait 0;'
                    . ' sanzaru_min_free_space 0;');
accepted(provider => 'retries 0;');


# what is between bounds, in gigabytes, or one of some words

refused(http => 'sanzaru_thread_nice 20;',
        '"sanzaru_thread_nice" must be between 0 and 19, not 20');
refused(http => 'sanzaru_zone_size 8k;',
        '"sanzaru_zone_size" must be at least 512k');
accepted(gateway => 'sanzaru_max_image_memory 1g; sanzaru_max_image_size 1G;'
                    . ' sanzaru_max_memory 1g; sanzaru_max_resource_size 1g;');
refused(gateway => 'sanzaru_max_image_size 20mb;',
        'invalid value "20mb" in "sanzaru_max_image_size" directive');
refused(gateway => 'sanzaru_foreign_jobs deny;',
        'invalid value "deny" in "sanzaru_foreign_jobs" directive, it must be'
        . ' one of "auto" "refuse" "allow"');
refused(gateway => 'sanzaru_image_effort fast;',
        'invalid value "fast" in "sanzaru_image_effort" directive, it must be'
        . ' one of "default" "faster" "smaller"');
warned(gateway => 'sanzaru_tools -*;',
       qr/offers no tool here: sanzaru_tools chooses none of those that the folders and services are enough for, in /);


# values that contradict each other

warned(gateway => 'sanzaru_max_wait 1h; sanzaru_call_timeout 10m;',
       qr/"sanzaru_max_wait" \(3600 s\) is longer than "sanzaru_call_timeout" \(600 s\): .*:\d+/);
like(says(http => 'sanzaru_job_ttl 0;',
          gateway => 'sanzaru_foreign_jobs refuse;'),
     qr/\[warn\] [^\n]*"sanzaru_foreign_jobs refuse" does nothing with "sanzaru_job_ttl 0"[^\n]*$at/,
     'refused jobs without records');
like(says(events => 'worker_connections 512;'),
     qr/\[warn\].* 512 worker_connections are less than sanzaru_max_transfers 256 /,
     'few connections');


# origins

for my $origin ('https://*.example.com', 'https://app.example.*') {
    refused(gateway => "sanzaru_allow_origin $origin;",
            qq{origin "$origin" holds a "*", which stands for no name here; }
            . 'list the names');
}
refused(gateway => 'sanzaru_allow_origin https://app.example.com/page;',
        'has a path, which no origin has');
refused(gateway => 'sanzaru_allow_origin https://app.example.com:x;',
        'has no valid port');
refused(gateway => 'sanzaru_allow_origin https://app.example.com:70000;',
        'has no valid port');
refused(gateway => 'sanzaru_public_url https://*.example.com/mcp;',
        'holds a "*"');
accepted(gateway => 'sanzaru_allow_origin HTTPS://App.Example.com:443'
                    . ' http://[::1]:80 https://a.example.com/ *;');


# keys and headers

file('bom.key', "\xef\xbb\xbfsk-test\n");
file('control.key', "sk-\x01test\n");
refused(provider => "key_file $dir/bom.key;",
        qq{key_file "$dir/bom.key" begins with a byte order mark});
refused(provider => "key_file $dir/control.key;",
        'must hold the key on one line');
refused(provider => 'key "";', 'the value of "key" is empty');
refused(provider => qq{key "a\nb";}, 'the value of "key" holds a line break');
refused(provider => 'key x; key_header a; key_header b;',
        '"key_header" directive is duplicate');
refused(provider => 'key x; header Authorization "Bearer y";',
        '"header Authorization" and the key exclude each other in '
        . 'sanzaru_provider "openai"');
refused(provider => 'key x; key_header api-key; header API-Key y;',
        '"header API-Key" and the key exclude each other');
refused(provider => qq{header X-Team "a\nb";},
        'the value of "header" holds a line break');
refused(provider => 'header X-Team "";', 'the value of "header" is empty');
refused(provider => 'header content-length 5;',
        'the header "content-length" is the gateway\'s own');
refused(provider => 'query ?a=b;', 'without "?" or "&" in front');
refused(provider => 'query "a=b c";', 'must be percent-encoded');
accepted(provider => 'key x; key_header api-key; header Authorization y;');
like(says(http => 'sanzaru_provider bare { base_url http://127.0.0.1:1;'
                  . ' key_header api-key; }'),
     qr/\[warn\] [^\n]*"key_header" without "key" or "key_file"$at/,
     'a key_header without a key');


# tools

refused(gateway => 'sanzaru_tools list_* delet_video;',
        'there is no tool "delet_video"; nearest is "delete_video"');
refused(gateway => 'sanzaru_tools -creat_*;', 'there is no tool "-creat_*"');
refused(gateway => 'sanzaru_tools "";', 'there is no tool ""');
refused(gateway => 'sanzaru_tools ' . ('x' x 500) . ';', 'there is no tool');
accepted(gateway => 'sanzaru_tools list_* -delete_video;');


# folders that the workers cannot use

SKIP: {
    skip 'only root has workers of another user', 6 if $> != 0;
    make_path("$dir/closed/media");
    chmod 0700, "$dir/closed";
    chmod 0777, "$dir/closed/media";
    make_path("$dir/mine");
    for my $folder ('mine', 'closed/media') {
        my $text = says(main => 'user nobody nogroup;',
                        gateway => "sanzaru_video_path $dir/$folder;");
        my $why = qq{is not readable and writable for the }
                  . 'worker processes (user "nobody") (13: Permission denied)';
        like($text, qr{\[warn\] [^\n]*"\Q$dir/$folder\E"[^\n]*:\d+ \Q$why\E},
             "a folder that nobody cannot use: $folder");
        like($text, qr/test is successful/, 'is no reason not to start');
    }
    chown scalar(getpwnam 'nobody'), -1, "$dir/mine";
    unlike(says(main => 'user nobody nogroup;',
                gateway => "sanzaru_video_path $dir/mine;"),
           qr/\[warn\]/, 'its own is fine');
    is((stat "$dir/t1")[4], scalar(getpwnam 'nobody'),
       'and nginx goes on as root');
}


# services

refused(gateway => 'sanzaru_service image provider=openai model=;',
        'invalid parameter "model="');
refused(gateway => 'sanzaru_service image model=a model=b;',
        'invalid parameter "model=b"');
warned(gateway => "sanzaru_service $_ provider=openai;",
       qr/no tool uses the service "$_" yet$at/)
    for qw(speech transcription text);

done_testing();

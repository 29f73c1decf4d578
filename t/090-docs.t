#!/usr/bin/perl
# What the documentation says is true: every directive, variable and tool has
# its place and nothing else is named, every example is accepted by nginx -t,
# docs/tools.md is what the tables make, docs/protocol.md has all prompts,
# resources and revisions, and links lead somewhere.

use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

sub slurp {
    my ($name) = @_;
    open my $f, '<', $name or die "$name: $!";
    local $/;
    return scalar <$f>;
}

my @files = (sort(glob 'docs/*.md'), 'README.md');
my %text = map { $_ => slurp($_) } @files;


# directives

my $code = slurp('ngx_sanzaru/ngx_http_sanzaru_module.c');
my ($table) = $code =~ /ngx_http_sanzaru_commands\[\] = \{(.*?)ngx_null_command/s;
my %contexts = (
    'NGX_HTTP_LOC_CONF' => 'location',
    'NGX_HTTP_MAIN_CONF' => 'http',
    'NGX_HTTP_SANZARU_ANY_CONF' => 'http, server, location',
    'NGX_HTTP_SANZARU_PROVIDER_CONF' => 'sanzaru_provider',
);
my %directives = $table =~ /ngx_string\("(\w+)"\),\s*(\w+)/g;
my $docs = $text{'docs/directives.md'};
my %documented = $docs =~ /^### (\w+)\n\n(.*?)(?=^##|\z)/msg;

is_deeply([sort keys %documented], [sort keys %directives],
          'docs/directives.md has every directive and no other');
for my $name (sort grep { $documented{$_} } keys %directives) {
    my $part = $documented{$name};
    like($part, qr/^    Syntax:  \Q$name\E\b.*\n    Default: .+\n    Context: \Q$contexts{$directives{$name}}\E\n/,
         "$name: syntax, default, context");
    ok($part =~ /```nginx\n/, "$name: an example");
    ok($docs =~ /\[\Q$name\E\]\(#\Q$name\E\)/, "$name: in the overview");
}


# variables

my @vars = slurp('ngx_sanzaru/ngx_http_sanzaru_vars.c')
           =~ /ngx_string\("(\w+)"\)/g;
is_deeply([sort $text{'docs/variables.md'} =~ /^\| `\$(sanzaru_\w+)` \|/mg],
          [sort @vars], 'docs/variables.md has every variable and no other');


# names

my %known = map { $_ => 1 } keys %directives, @vars;
for my $file (@files) {
    my %unknown = map { $_ => 1 } grep { !$known{$_} }
                  $text{$file} =~ /(?<![\w\/.-])(sanzaru_\w+)/g;
    is(join(' ', sort keys %unknown), '', "$file: names that exist");

    my @gone = grep { !-e } $text{$file} =~
        m{(?<![\w/.-])((?:ngx_sanzaru|lib|t|docs)/[\w/.-]+\.\w+)\b}g;
    is("@gone", '', "$file: files that exist");
}


# examples: each says in its first line where it stands; what it takes from
# /etc/nginx, /srv, /var and /tmp is here below a folder

my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;
make_path(map { "$dir$_" } qw(/etc/nginx /srv/media /srv/blue /var/log/nginx /logs
                              /var/lib/nginx /tmp/sanzaru-docs));
for my $name ('/etc/nginx/openai.key', '/etc/nginx/local.key',
              '/etc/nginx/sanzaru.secret', '/etc/nginx/mcp.htpasswd',
              '/tmp/sanzaru-docs/openai.key',
              '/tmp/sanzaru-docs/session.secret')
{
    open my $f, '>', "$dir$name" or die $!;
    print $f 'x' x 40, "\n";
    close $f;
}
system("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2"
       . " -keyout $dir/etc/nginx/tls.key -out $dir/etc/nginx/tls.crt"
       . ' 2> /dev/null') == 0 or diag('openssl made no certificate');

my $modules = join ' ', map { "load_module $_;" }
              split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';

my $openai = 'sanzaru_provider openai { base_url http://127.0.0.1:1/v1; }';
my $listen = 'listen 127.0.0.1:18999;';
my %wrap = (
    'nginx.conf' => sub { (my $all = $_[0]) =~ s/^load_module .*sanzaru.*\n//m
                              or die 'no load_module';
                          $all },
    main => sub { "$_[0] events {} http { server { $listen } }" },
    http => sub { my $p = $_[0] =~ /sanzaru_provider openai/ ? '' : $openai;
                  "events {} http { $p $_[0] server { $listen"
                  . ' location /mcp { sanzaru_mcp;'
                  . ' sanzaru_media_path /tmp; } } }' },
    server => sub { "events {} http { $openai server { $listen $_[0] } }" },
    location => sub { my $p = $_[0] =~ /_path/ ? ''
                            : 'sanzaru_media_path /tmp;';
                      "events {} http { $openai server { $listen"
                      . ' location /mcp { sanzaru_mcp;'
                      . " $p $_[0] } } }" },
    provider => sub { "events {} http { sanzaru_provider x { $_[0] } }" },
);
my $places = join '|', map { quotemeta } sort keys %wrap;

for my $file (@files) {
    my $n = 0;
    while ($text{$file} =~ /```nginx\n# ($places)\n(.*?)```/sg) {
        my ($context, $example) = ($1, $2);
        $n++;

        my $conf = $wrap{$context}->($example);
        $conf =~ s{(?<![\w/.])/(?:etc/nginx/|srv/|var/|tmp/sanzaru)}
                  {$dir$&}g;
        $conf =~ s/\blisten (?:[\d.]+:)?(\d+)/
                   'listen 127.0.0.1:' . (10000 + $1 % 10000)/ge;

        # the one that is compiled in may be root's
        $conf =~ s/\bhttp \{/http { access_log $dir\/access.log;/;

        open my $f, '>', "$dir/nginx.conf" or die $!;
        print $f "$modules pid $dir/pid; error_log $dir/log;\n$conf\n";
        close $f;
        my $out = `$nginx -t -p $dir -c $dir/nginx.conf -e $dir/log 2>&1`;
        is($?, 0, "$file: example $n ($context)") or diag("$example$out");
        unlike($out, qr/offers no tool/, "$file: example $n has tools")
            if $context eq 'nginx.conf';
    }
    my $unmarked = () = $text{$file} =~ /```nginx\n(?!# (?:$places)\n)/g;
    is($unmarked, 0, "$file: all examples say where they stand");
}


# tools

is_deeply([$text{'README.md'} =~ m{\[`(\w+)`\]\(docs/tools\.md#\w+\)}g],
          [$text{'docs/tools.md'} =~ /^## (\w+)$/mg],
          'README.md has every tool, in order');

SKIP: {
    my $program = 'build/unit/docs/tools';
    my $make = `make -s -f t/Makefile OUT=build/unit $program 2>&1`;
    skip "$program cannot be built: $make", 1 if $?;
    ok(`$program` eq $text{'docs/tools.md'}, 'docs/tools.md is up to date');
}


# prompts and resources, those of the product

my $protocol = $text{'docs/protocol.md'};
my ($prompts) = $protocol =~ /^## Prompts.*?\n(.*?)^## /ms;
is_deeply([$prompts =~ /^\| `(\w+)` \|/mg],
          [slurp('lib/tools/sz_tools_prompt.c')
           =~ /\.get = \{\s*\.name = "(\w+)"/g],
          'docs/protocol.md has every prompt, in order');
is_deeply([$protocol =~ m{^\| `(sanzaru://[^`]+)` \|}mg],
          [sort { ($a =~ /\{/) <=> ($b =~ /\{/) }
           slurp('lib/tools/sz_tools_resource.c') =~ /\.uri = "([^"]+)"/g],
          'docs/protocol.md has every resource, files last');
my ($revisions) = $protocol =~ /^\| \|([\d| -]+)\|\n\|---/m;
is_deeply([$revisions =~ /[\d-]+/g],
          [slurp('lib/mcp/sz_mcp_exchange.c')
           =~ /\[SZ_REV_\w+\] = "([\d-]+)"/g],
          'docs/protocol.md has every revision');


# links, with what they point to within a page

sub anchors {
    my %seen;
    my ($page) = @_;
    $page =~ s/^```.*?^```//msg;
    for ($page =~ /^#+ +(.*)$/mg) {
        my $slug = lc;
        $slug =~ s/[^\w\- ]//g;
        $slug =~ tr/ /-/;
        $seen{$slug} = 1;
    }
    return \%seen;
}

for my $file (@files) {
    (my $base = $file) =~ s{[^/]*$}{};
    my @broken;
    while ($text{$file} =~ /\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g) {
        my ($link, $anchor) = ($1, $2);
        next if $link =~ /^https?:/;

        if ($link ne '' && !-e "$base$link") {
            push @broken, $link;
            next;
        }

        my $page = $link eq '' ? $file : "$base$link";
        push @broken, "$link#$anchor"
            if defined $anchor && $page =~ /\.md$/
               && !anchors(slurp($page))->{$anchor};
    }
    is("@broken", '', "$file: links");
}

done_testing();

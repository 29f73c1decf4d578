#!/usr/bin/perl
# What the documentation says is true: every directive and variable has its
# place, every example is accepted by nginx -t, docs/tools.md is what the tables
# make, and links lead somewhere.

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
my $docs = slurp('docs/directives.md');
my %documented = $docs =~ /^### (\w+)\n\n(.*?)(?=^##|\z)/msg;

is_deeply([sort keys %documented], [sort keys %directives],
          'docs/directives.md has every directive and no other');
for my $name (sort keys %directives) {
    my $text = $documented{$name} // '';
    like($text, qr/^    Syntax:  \Q$name\E\b.*\n    Default: .+\n    Context: \Q$contexts{$directives{$name}}\E\n/,
         "$name: syntax, default, context");
    like($text, qr/```nginx\n/, "$name: an example");
    like($docs, qr/\[\Q$name\E\]\(#\Q$name\E\)/, "$name: in the overview");
}

my $vars = slurp('ngx_sanzaru/ngx_http_sanzaru_vars.c');
my $vardoc = slurp('docs/variables.md');
like($vardoc, qr/^\| `\$\Q$_\E` \|/m, "\$$_ is documented")
    for $vars =~ /ngx_string\("(\w+)"\)/g;


# examples

my $dir = tempdir(CLEANUP => 1);
make_path('/tmp/sanzaru-docs');
for my $file (['openai.key', 'sk-test'], ['session.secret', 'x' x 40]) {
    open my $f, '>', "/tmp/sanzaru-docs/$file->[0]" or die $!;
    print $f $file->[1];
    close $f;
}
my $modules = join ' ', map { "load_module $_;" }
              split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';

my $openai = 'sanzaru_provider openai { base_url http://127.0.0.1:1/v1; }';
my %wrap = (
    main => sub { "$_[0] events {} http { server { listen 127.0.0.1:1; } }" },
    http => sub { my $p = $_[0] =~ /sanzaru_provider openai/ ? '' : $openai;
                  "events {} http { $p $_[0] server { listen 127.0.0.1:1;"
                  . ' location /mcp { sanzaru_mcp;'
                  . ' sanzaru_media_path /tmp; } } }' },
    server => sub { "events {} http { $openai server {"
                    . " listen 127.0.0.1:1; $_[0] } }" },
    location => sub { my $p = $_[0] =~ /_path/ ? ''
                            : 'sanzaru_media_path /tmp;';
                      "events {} http { $openai server {"
                      . ' listen 127.0.0.1:1; location /mcp { sanzaru_mcp;'
                      . " $p $_[0] } } }" },
    provider => sub { "events {} http { sanzaru_provider x { $_[0] } }" },
);

for my $file (glob('docs/*.md'), 'README.md') {
    my $n = 0;
    while (slurp($file) =~ /```nginx\n# (\w+)\n(.*?)```/sg) {
        my ($context, $text) = ($1, $2);
        $n++;
        open my $f, '>', "$dir/nginx.conf" or die $!;
        print $f "$modules pid $dir/pid; error_log $dir/log;\n",
                 $wrap{$context}->($text), "\n";
        close $f;
        my $out = `$nginx -t -p $dir -c $dir/nginx.conf -e $dir/log 2>&1`;
        is($?, 0, "$file: example $n ($context)") or diag("$text$out");
    }
    my $unmarked = () = slurp($file) =~ /```nginx\n(?!# (?:main|http|server|location|provider)\n)/g;
    is($unmarked, 0, "$file: all examples say where they stand");
}
system 'rm', '-rf', '/tmp/sanzaru-docs';


# tools

SKIP: {
    my $program = 'build/unit/docs/tools';
    skip "$program is not built (./build.sh docs)", 1 unless -x $program;
    is(`$program`, slurp('docs/tools.md'), 'docs/tools.md is up to date');
}


# links

for my $file (glob('docs/*.md'), 'README.md') {
    (my $base = $file) =~ s{[^/]*$}{};
    my @broken;
    for my $link (slurp($file) =~ /\]\(([^)#\s]+)(?:#[^)]*)?\)/g) {
        push @broken, $link unless $link =~ /^https?:/ || -e "$base$link";
    }
    is("@broken", '', "$file: links");
}

done_testing();

/*
 * generate_image and edit_image on scripted answers.
 */

#include "tools/sz_tools_image_reader.h"

#include "answers.h"
#include "tap.h"


#define USAGE                                                                 \
    "{\"total_tokens\":1100,\"input_tokens\":60,\"output_tokens\":1040,"      \
    "\"input_tokens_details\":{\"text_tokens\":60,\"image_tokens\":0}}"

#define USAGE_SHAPED                                                          \
    "{\"input_tokens\":60,\"input_tokens_details\":{\"image_tokens\":0,"      \
    "\"text_tokens\":60},\"output_tokens\":1040,"                             \
    "\"output_tokens_details\":null,\"total_tokens\":1100}"

#define FILE_MEMBERS(name, w, h, format, bytes)                               \
    "\"filename\":\"" name "\",\"size\":[" #w "," #h "],\"format\":\""        \
    format "\",\"size_bytes\":%ld,\"mime_type\":\"image/" format "\","        \
    "\"note\":null"


static char  *png, *jpeg;               /* Base64 */
static long   png_size;

static const char  *reply_type;
static char        *reply;              /* to every request */
static int          reply_status;


static void
answer(sz_http_t *http, unsigned n)
{
    (void) n;

    answers_note(http);
    answers_json(http, reply_status, reply);

    if (reply_type != NULL) {
        strcpy(http->type, reply_type);
    }
}


__attribute__((format(printf, 2, 3))) static void
replies(int status, const char *fmt, ...)
{
    va_list  args;

    free(reply);
    reply_status = status;
    reply_type = NULL;

    va_start(args, fmt);

    if (vasprintf(&reply, fmt, args) == -1) {
        exit(1);
    }

    va_end(args);
}


__attribute__((format(printf, 3, 4))) static void
call(const char *tool, const char *args, const char *fmt, ...)
{
    char     *got, *want;
    va_list   list;

    va_start(list, fmt);

    if (vasprintf(&want, fmt, list) == -1) {
        exit(1);
    }

    va_end(list);

    got = script_tool(tool, args, answer);

    if (!ok(strstr(got, want) != NULL, "%s", args)) {
        printf("#   got %s\n#  want %s\n", got, want);
    }

    free(got);
    free(want);
}


static void
test_generate(void)
{
    replies(200, "{\"created\":1,\"data\":[{\"b64_json\":\"%s\"}],"
            "\"usage\":" USAGE "}", png);

    call("generate_image", "{\"prompt\":\"a \\\"kite\\\"\"}",
         "{" FILE_MEMBERS("gen_1700000000.png", 8, 4, "png", 0)
         ",\"model\":\"gpt-image-2\",\"usage\":" USAGE_SHAPED "}", png_size);
    is_str(answers_sent, "{\"prompt\":\"a \\\"kite\\\"\",\"background\":"
           "\"auto\",\"model\":\"gpt-image-2\",\"moderation\":\"auto\","
           "\"n\":1,\"output_format\":\"png\",\"quality\":\"auto\","
           "\"size\":\"auto\"}", "all keys, in order");
    is_str(script_log, "POST /images/generations\n", "one request");
    ok(answers_is("media/gen_1700000000.png", SZ_IMAGE_PNG, 8, 4), "saved");

    call("generate_image", "{\"prompt\":\"a\"}",
         "\"filename\":\"gen_1700000000-2.png\"");

    script_setup.model[SZ_SERVICE_IMAGE] = "house";
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"trip/a.PNG\"}",
         "\"filename\":\"trip/a.PNG\"");
    ok(strstr(answers_sent, "\"model\":\"house\"") != NULL, "the operator's");
    script_setup.model[SZ_SERVICE_IMAGE] = NULL;

    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"trip/a.PNG\"}",
         "\"filename\":\"trip/a-2.PNG\"");
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"trip/a.PNG\"}",
         "\"note\":\"There is a file of the name that was asked for; it "
         "stays.\"");
    is_int(folder_count("media/trip"), 3, "what was paid for before stays");

    script_setup.existing = SZ_EXISTING_REPLACE;
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"trip/a.PNG\"}",
         "\"filename\":\"trip/a.PNG\"");
    is_int(folder_count("media/trip"), 3, "where it is to be replaced, it is");

    script_setup.existing = SZ_EXISTING_REFUSE;
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"trip/a.PNG\"}",
         "There is a file \"trip/a.PNG\" already, and here none is replaced "
         "(sanzaru_existing_file). Choose another name.");
    is_str(script_log, "", "where it is refused, nothing is sent");
    script_setup.existing = SZ_EXISTING_DEFAULT;

    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"plain\"}",
         "\"filename\":\"plain.png\"");
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"b.jpg\","
         "\"output_compression\":50}",
         "\"filename\":\"b.png\",\"size\":[8,4],\"format\":\"png\","
         "\"size_bytes\":%ld,\"mime_type\":\"image/png\",\"note\":\"What came "
         "is image/png, so the file has the ending of that.\"", png_size);
    ok(strstr(answers_sent, "\"output_compression\":50,\"output_format\":"
              "\"jpeg\"") != NULL, "the name says the format");
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"b.jpg\"}",
         "\"filename\":\"b-2.png\"");

    replies(200, "{\"data\":[{\"b64_json\":\"data:image/png;base64,%s\"}]}",
            png);
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"c.png\"}",
         "\"usage\":null}");

    replies(200, "{\"data\":[{\"b64_json\":\"%s\"}]}", jpeg);
    call("generate_image", "{\"prompt\":\"a\",\"output_format\":\"jpeg\"}",
         "\"filename\":\"gen_1700000000.jpg\",\"size\":[20,10],"
         "\"format\":\"jpeg\"");
    call("generate_image", "{\"prompt\":\"a\",\"output_format\":\"webp\"}",
         "\"filename\":\"gen_1700000000-2.jpg\"");
}


static void
test_several(void)
{
    replies(200, "{\"data\":[{\"b64_json\":\"%s\"},{\"b64_json\":\"%s\"},"
            "{\"url\":\"https://x/y.png\"}],\"usage\":" USAGE "}", png, jpeg);

    call("generate_image", "{\"prompt\":\"a\",\"n\":3,\"filename\":\"n.png\"}",
         "\"filename\":\"n.png\",\"size\":[8,4]");
    ok(strstr(answers_sent, "\"n\":3") != NULL, "asked for");
    is_int(folder_size("media/n.png"), png_size, "the first");
    ok(answers_is("media/n-2.jpg", SZ_IMAGE_JPEG, 20, 10), "the second");

    call("generate_image", "{\"prompt\":\"a\",\"n\":3}",
         "\"images\":[{\"prompt\":0,\"filename\":\"gen_1700000000-3.png\","
         "\"size\":[8,4],\"format\":\"png\",\"size_bytes\":%ld,\"mime_type\":"
         "\"image/png\",\"note\":null,\"error\":null},{\"prompt\":0,"
         "\"filename\":\"gen_1700000000-3.jpg\"", png_size);
    call("generate_image", "{\"prompt\":\"a\",\"n\":3}",
         "{\"prompt\":0,\"filename\":null,\"size\":null,\"format\":null,"
         "\"size_bytes\":null,\"mime_type\":null,\"note\":null,\"error\":"
         "\"the provider sent a URL instead of the picture, and the gateway "
         "fetches nothing from elsewhere.");
}


/* The second prompt is refused, the third answered without a picture. */

static void
answer_mixed(sz_http_t *http, unsigned n)
{
    if (n == 1) {
        answers_json(http, 400, "{\"error\":{\"message\":\"No.\",\"code\":"
                     "\"moderation_blocked\"}}");

    } else if (n == 2) {
        answers_json(http, 200, "{\"data\":[]}");

    } else {
        answer(http, n);
    }
}


static void
test_prompts(void)
{
    char  *got;

    replies(200, "{\"data\":[{\"b64_json\":\"%s\"}],\"usage\":" USAGE "}",
            png);

    got = script_tool("generate_image", "{\"prompts\":[\"a\",\"b\",\"c\","
                      "\"d\"],\"filename\":\"p.png\"}", answer_mixed);
    ok(strstr(got, "\"filename\":\"p.png\"") != NULL
       && strstr(got, "\"usage\":{\"input_tokens\":120,\"input_tokens_details"
                 "\":{\"image_tokens\":0,\"text_tokens\":120},"
                 "\"output_tokens\":2080,\"output_tokens_details\":null,"
                 "\"total_tokens\":2200}") != NULL
       && strstr(got, "{\"prompt\":1,\"filename\":null") != NULL
       && strstr(got, "answered 400 moderation_blocked: No. Change the "
                 "prompt: the same one will be refused again.\"}") != NULL
       && strstr(got, "\"error\":\"Could not generate the image: the "
                 "provider's answer has no picture. Change the prompt, or "
                 "try again.\"") != NULL
       && strstr(got, "{\"prompt\":3,\"filename\":\"p-4.png\"") != NULL,
       "each a result or an error of its own");
    free(got);
    is_int(script_n, 4, "four requests");
    ok(strstr(script_progress, "\"message\":\"1 of "
              "4 prompts done\"") != NULL, "with progress");

    replies(400, "{\"error\":{\"message\":\"No.\"}}");
    call("generate_image", "{\"prompts\":[\"a\",\"b\"]}",
         "error: None of the 2 prompts has brought a picture. The first: "
         "Could not generate the image: the image provider answered 400: No.");
    call("generate_image", "{\"prompts\":[\"a\",\"\"]}", "error: Wrong "
         "arguments: item 1 of `prompts` must not be empty.");
    call("generate_image", "{\"prompts\":[]}",
         "`prompt` is required, or `prompts`");
    call("generate_image", "{\"prompts\":[\"a\"],\"prompt\":\"b\"}",
         "error: Wrong arguments: `prompt` and `prompts` exclude each other.");
    call("generate_image", "{}",
         "error: Wrong arguments: `prompt` is required, or `prompts`.");
}


#define ASKED  "{\"prompt\":\"a\",\"filename\":\"x.png\"}"

static void
test_useless(void)
{
    int  before = folder_count("media");

    replies(200, "{\"data\":[{\"b64_json\":\"this is *not* base64\"}]}");
    call("generate_image", ASKED, "error: Could not generate the image: what "
         "came as a picture is no Base64 text: ");
    replies(200, "{\"data\":[{\"b64_json\":\"bm8gcGljdHVyZQ==\"}]}");
    call("generate_image", ASKED, "error: Could not generate the image: what "
         "came as a picture cannot be used: The file is no picture that can "
         "be read: it is text. PNG, JPEG and WebP can be read. The provider "
         "may charge for it; nothing was saved.");
    replies(200, "{\"data\":[{\"url\":\"https://x/y.png\"}]}");
    call("generate_image", ASKED, "sent a URL instead of the picture");
    replies(200, "{\"data\":[{\"b64_json\":null}]}");
    call("generate_image", ASKED, "answer has no picture data");
    replies(200, "{\"data\":[]}");
    call("generate_image", ASKED, "the provider's answer has no picture.");
    replies(200, "{\"error\":{\"code\":\"c\",\"message\":\"late\"}}");
    call("generate_image", ASKED, "the image provider says: c: late");
    replies(200, "{\"data\":[{\"b64_json\":\"%.8s", png);
    call("generate_image", ASKED, "error: Could not generate the image: the "
         "answer of the image provider is no JSON that can be read (a string "
         "without its end at byte 30); it begins with \"{\"data\":");
    replies(200, "<html>no</html>");
    reply_type = "text/html";
    call("generate_image", ASKED, "begins with \"<html>no</html>\".");
    replies(400, "{\"error\":{\"message\":\"No.\",\"code\":\"invalid_value\"}"
            "}");
    call("generate_image", ASKED,
         "image provider answered 400 invalid_value: No.");

    is_int(folder_count("media"), before, "no file is left");
}


static void
test_refused(void)
{
    replies(200, "{}");

    call("generate_image", "{\"prompt\":\"a\",\"size\":\"big\"}", "error: "
         "`size` must be auto or a width and a height such as \"1536x1024\", "
         "not \"big\".");
    call("generate_image", "{\"prompt\":\"a\",\"size\":\"0x1\"}", "`size`");
    call("generate_image", "{\"prompt\":\"a\",\"size\":\"16x16x\"}", "`size`");
    call("generate_image", "{\"prompt\":\"a\",\"background\":\"transparent\","
         "\"output_format\":\"jpeg\"}", "A JPEG cannot be transparent");
    call("generate_image", "{\"prompt\":\"a\",\"background\":\"transparent\","
         "\"filename\":\"a.jpg\"}", "A JPEG cannot be transparent");
    call("generate_image", "{\"prompt\":\"a\",\"output_compression\":50}",
         "A PNG is always lossless");
    call("generate_image", "{\"prompt\":\"a\",\"quality\":\"max\"}",
         "The model \"gpt-image-2\" has no `quality` \"max\"");
    call("generate_image", "{\"prompt\":\"a\",\"n\":11}",
         "`n` must be from 1 to 10, not 11");
    call("generate_image", "{\"prompt\":\"a\",\"partial_images\":4}",
         "`partial_images` must be from 0 to 3");
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"a.png\","
         "\"output_format\":\"webp\"}", "`filename` ends in .png, but "
         "`output_format` is webp");
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"a.gif\"}",
         "`filename` must end in .png, .jpg or .webp, or have no ending");
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"../a.png\"}",
         "`filename` is not a usable file name");
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"none/a.png\"}",
         "its folder does not exist");
    script_setup.existing = SZ_EXISTING_REPLACE;
    call("generate_image", "{\"prompt\":\"a\",\"filename\":\"dir.png\"}",
         "\"dir.png\": something that is not a regular file has this name");
    script_setup.existing = SZ_EXISTING_DEFAULT;
    is_str(script_log, "", "nothing of this is sent");

    call("generate_image", "{\"prompt\":\"a\",\"quality\":\"max\",\"model\":"
         "\"gpt-image-2.5-flare\"}", "no picture");
    call("generate_image", "{\"prompt\":\"a\",\"size\":\"1000x1000\","
         "\"quality\":\"hd\",\"model\":\"foreign\"}", "no picture");
    ok(strstr(answers_sent, "\"quality\":\"hd\",\"response_format\":"
              "\"b64_json\",\"size\":\"1000x1000\"") != NULL
       && strstr(answers_sent, "auto") == NULL
       && strstr(answers_sent, "output_format") == NULL,
       "what is not known passes, and is told no more than it must know");
}


/* A provider that has never heard of `response_format`. */

static int          refusal;
static const char  *refusal_text;

static void
answer_strict(sz_http_t *http, unsigned n)
{
    answer(http, n);

    if (strstr(answers_sent, "response_format") != NULL) {
        http->answer.len = 0;
        answers_json(http, refusal, refusal_text);
    }
}


static void
repeats(const char *tool, const char *args, int status, const char *text,
    unsigned requests, const char *want, const char *name)
{
    char  *got;

    refusal = status;
    refusal_text = text;
    got = script_tool(tool, args, answer_strict);

    if (!ok(strstr(got, want) != NULL && script_n == requests, "%s", name)) {
        printf("#   %u requests, %s\n", script_n, got);
    }

    free(got);
}


#define UNKNOWN  "{\"error\":{\"message\":\"Unknown parameter: "            \
                 "'response_format'.\"}}"
#define FOREIGN  "{\"prompt\":\"a\",\"model\":\"foreign\"}"

/* What it refuses is sent once more without it, and nothing else is. */

static void
test_repeat(void)
{
    replies(200, "{\"data\":[{\"b64_json\":\"%s\"}]}", png);

    repeats("generate_image", FOREIGN, 400, UNKNOWN, 2,
            "\"size\":[8,4]", "a refused word is left out");
    is_str(answers_sent, "{\"prompt\":\"a\",\"model\":\"foreign\",\"n\":1}",
           "and all else stays");
    repeats("generate_image", FOREIGN, 422, UNKNOWN, 2,
            "\"size\":[8,4]", "by the other status, too");
    repeats("generate_image", "{\"prompts\":[\"a\",\"b\",\"c\"],\"model\":"
            "\"foreign\"}", 400, UNKNOWN, 6,
            "{\"prompt\":2,\"filename\":\"gen_",
            "each of several prompts once");
    repeats("edit_image", "{\"prompt\":\"a\",\"model\":\"foreign\","
            "\"input_images\":[\"in.png\"]}", 400, UNKNOWN, 2,
            "\"size\":[8,4]", "an edit");
    ok(strstr(answers_sent, "prompt=a;") == answers_sent
       && strstr(answers_sent, "image=(in.png image/png ") != NULL,
       "with its file once more");

    repeats("generate_image", FOREIGN, 400, "{\"error\":{\"message\":"
            "\"No.\"}}", 1, "answered 400: No.", "nothing for another reason");
    repeats("generate_image", FOREIGN, 500, UNKNOWN, 1, "answered 500",
            "nor by another status, for it may be paid");
    repeats("generate_image", "{\"prompt\":\"a\"}", 400, UNKNOWN, 1,
            "\"size\":[8,4]", "nor where the word is not sent");

    replies(400, "%s", UNKNOWN);
    repeats("generate_image", FOREIGN, 400, UNKNOWN, 2, "answered 400: Unknown "
            "parameter", "a refusal of the second one stands");
}


#define EVENT(name, more)  "event: " name "\ndata: {\"type\":\"" name         \
                           "\",\"b64_json\":\"%s\"" more "}\n\n"

static void
test_stream(void)
{
    int  before;

    replies(200, EVENT("image_generation.partial_image",
                       ",\"partial_image_index\":0")
            EVENT("image_generation.partial_image",
                  ",\"partial_image_index\":1")
            EVENT("image_generation.completed", ",\"usage\":" USAGE),
            png, jpeg, png);
    reply_type = "text/event-stream";
    before = folder_count("media");

    call("generate_image", "{\"prompt\":\"a\",\"partial_images\":2,"
         "\"filename\":\"s.png\"}", "\"filename\":\"s.png\"");
    ok(strstr(answers_sent, "\"output_format\":\"png\",\"partial_images\":2,"
              "\"quality\":\"auto\",\"size\":\"auto\",\"stream\":true}")
       != NULL, "a stream is asked for");
    ok(strstr(script_progress, "\"message\":\"partial image 1 of 2: "
              "s.partial.png\"") != NULL
       && strstr(script_progress, "\"message\":\"partial image 2 of 2: "
                 "s.partial.jpg\"") != NULL,
       "each preview is told");
    is_int(folder_count("media"), before + 1, "previews are gone");

    replies(200, EVENT("image_generation.partial_image",
                       ",\"partial_image_index\":0")
            "data: {\"type\":\"error\",\"error\":{\"code\":\"server_error\","
            "\"message\":\"Late.\"}}\n\n", png);
    reply_type = "text/event-stream";
    call("generate_image", "{\"prompt\":\"a\",\"partial_images\":2}",
         "error: Could not generate the image: the image provider says: "
         "server_error: Late.");
    is_int(folder_count("media"), before + 1, "also when it fails");

    replies(200, EVENT("image_generation.partial_image",
                       ",\"partial_image_index\":0") "data: [DONE]\n\n", png);
    reply_type = "text/event-stream";
    call("generate_image", "{\"prompt\":\"a\",\"partial_images\":2}",
         "has no picture, it ended after a preview.");

    replies(200, EVENT("image_edit.completed", "")
            EVENT("image_edit.completed", ""), png, png);
    reply_type = "text/event-stream";
    call("edit_image", "{\"prompt\":\"a\",\"partial_images\":1,\"n\":2,"
         "\"input_images\":[\"in.png\"]}", "\"filename\":"
         "\"edit_1700000000-2.png\"");
    ok(strstr(answers_sent, "partial_images=1;quality=auto;size=auto;"
              "stream=true;image=(") != NULL, "parts of a stream");
    unlink(folder_path("media/edit_1700000000.png"));
    unlink(folder_path("media/edit_1700000000-2.png"));
}


static void
test_edit(void)
{
    replies(200, "{\"data\":[{\"b64_json\":\"%s\"}],\"usage\":" USAGE "}",
            png);

    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"in.png\"]}",
         "{" FILE_MEMBERS("edit_1700000000.png", 8, 4, "png", 0)
         ",\"model\":\"gpt-image-2\",\"usage\":" USAGE_SHAPED "}", png_size);
    is_str(script_log, "POST /images/edits\n", "one request");
    ok(strstr(answers_sent, "prompt=a;background=auto;model=gpt-image-2;n=1;"
               "output_format=png;quality=auto;size=auto;image=(in.png "
               "image/png ") == answers_sent, "one image");

    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"in.png\","
         "\"in.jpg\"],\"mask_filename\":\"mask.png\",\"model\":"
         "\"gpt-image-1.5\",\"input_fidelity\":\"high\",\"output_format\":"
         "\"webp\",\"output_compression\":0}", "\"edit_1700000000-2.png\"");
    ok(strstr(answers_sent, "prompt=a;background=auto;input_fidelity=high;"
               "model=gpt-image-1.5;n=1;output_compression=0;"
               "output_format=webp;quality=auto;size=auto;image[]=(in.png")
       == answers_sent
       && strstr(answers_sent, "image[]=(in.jpg image/jpeg ") != NULL
       && strstr(answers_sent, "mask=(mask.png image/png ") != NULL,
       "several, and a mask");

    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"in.png\"],"
         "\"input_fidelity\":\"high\"}", "\"note\":\"`input_fidelity` was "
         "left out: the model \\\"gpt-image-2\\\" has none and always keeps "
         "to the input images as closely as it can.\"");
    ok(strstr(answers_sent, "fidelity") == NULL, "and is not sent");
    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"in.png\"],"
         "\"input_fidelity\":\"high\",\"model\":\"gpt-image-1-mini\"}",
         "knows only low.\"");

    script_log[0] = '\0';
    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[]}",
         "`input_images` must have from 1 to 16 items");
    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"none.png\"]}",
         "There is no file \"none.png\"");
    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"in.png\","
         "\"../x.png\"]}", "`input_images` is not a usable file name");
    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"text.png\"]}",
         "`input_images` names \"text.png\", which is not a picture");
    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"in.png\"],"
         "\"mask_filename\":\"in.png\"}", "The mask \"in.png\" must be a PNG "
         "with an alpha channel: what is transparent in it is what changes. "
         "It is image/png without one.");
    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"in.jpg\"],"
         "\"mask_filename\":\"mask.png\"}", "has 8x4 pixels, but the first "
         "input image \"in.jpg\" has 20x10");
    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"in.png\"],"
         "\"filename\":\"none/a.png\"}", "its folder does not exist");
    is_str(script_log, "", "nothing of this is sent");

    script_setup.max_image_size = 100;
    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"in.jpg\"]}",
         "at most 100 are accepted");
    script_setup.max_image_size = folder_size("media/in.jpg");
    call("edit_image", "{\"prompt\":\"a\",\"input_images\":[\"in.jpg\","
         "\"in.jpg\",\"in.jpg\",\"in.jpg\",\"in.jpg\"]}",
         "4 times sanzaru_max_image_size");
    script_setup.max_image_size = 20 * 1024 * 1024;
}


/* What a call leaves behind is undone on a thread, the open draft included. */

static void
test_undo(void)
{
    sz_job_t           *job;
    sz_image_reader_t  *r;

    r = sz_image_reader_create(&script_setup, "left.png", false, 0);
    job = (sz_job_t *) r;

    job->run(job);
    is_int(job->error.code, SZ_OK, "a draft waits for its picture");
    ok(r->open && job->undo != NULL, "and is something to undo");

    job->undo(job);
    ok(!r->open, "on a thread: nothing is left for destroy()");

    job->destroy(job);
}


int
main(void)
{
    script_begin();
    script_setup.folder[SZ_MEDIA_IMAGE] = folder_make();
    mkdir(folder_path("media"), 0755);
    mkdir(folder_path("media/trip"), 0755);
    mkdir(folder_path("media/dir.png"), 0755);

    picture_png("media/in.png", 8, 4);
    picture_jpeg("media/in.jpg", 20, 10);
    folder_put("media/text.png", "hello", 5);
    answers_mask("media/mask.png", 8, 4);

    png = answers_picture("media/in.png");
    jpeg = answers_picture("media/in.jpg");
    png_size = folder_size("media/in.png");

    test_generate();
    test_several();
    test_prompts();
    test_useless();
    test_refused();
    test_repeat();
    test_stream();
    test_edit();
    test_undo();

    free(png);
    free(jpeg);
    free(reply);
    folder_remove();
    script_end();

    return done();
}

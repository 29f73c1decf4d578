/*
 * Prompts: texts that a person starts a piece of work with.
 */

#include "tools/sz_tools_pack.h"
#include "tools/sz_tools_video.h"


#define SZ_PROMPT_TEXT  (256 * 1024)


/* The value of the argument that {name} stands for, NULL: it was not given. */

static const char *
sz_prompt_value(const sz_call_t *call, sz_str_t name)
{
    const sz_field_t  *f;

    for (f = call->tool->input; f->name != NULL; f++) {
        if (sz_str_is(name, f->name)) {
            return *(const char **) ((char *) call->state + f->offset);
        }
    }

    return NULL;
}


/* One line, with its end, unless it has an argument that was not given. */

static void
sz_prompt_line(const sz_call_t *call, sz_buf_t *out, sz_str_t line)
{
    size_t       len, start;
    const char  *p, *close, *end, *value;

    start = out->len;
    end = line.data + line.len;

    for (p = line.data; p < end; p += len) {

        close = (*p == '{') ? memchr(p, '}', (size_t) (end - p)) : NULL;

        if (close == NULL) {
            sz_buf_c(out, *p);
            len = 1;
            continue;
        }

        len = (size_t) (close - p) + 1;
        value = sz_prompt_value(call, (sz_str_t) { len - 2, p + 1 });

        if (value == NULL) {
            out->len = start;
            return;
        }

        sz_buf_str(out, sz_str_of(value));
    }
}


static void
sz_prompt_text(const sz_call_t *call, sz_buf_t *out)
{
    size_t              len;
    const char         *p;
    const sz_prompt_t  *prompt = (const sz_prompt_t *) call->tool;

    for (p = prompt->text; *p != '\0'; p += len) {
        len = strcspn(p, "\n");
        len += (p[len] == '\n');
        sz_prompt_line(call, out, (sz_str_t) { len, p });
    }
}


sz_step_e
sz_prompt_step(sz_call_t *call)
{
    sz_jw_t   w;
    sz_buf_t  text;

    sz_buf_init(&text, SZ_PROMPT_TEXT);
    sz_prompt_text(call, &text);

    w = sz_call_result_open(call);
    sz_jw_kstr(&w, "description", call->tool->description);
    sz_jw_key(&w, "messages");
    sz_jw_open(&w, '[');
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "role", "user");
    sz_jw_key(&w, "content");
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "type", "text");
    sz_jw_key(&w, "text");
    sz_jw_str(&w, sz_buf_view(&text));
    sz_jw_close(&w, '}');
    sz_jw_close(&w, '}');
    sz_jw_close(&w, ']');

    w.buf->failed |= text.failed;
    sz_buf_free(&text);

    return sz_call_result_close(call, &w);
}


static const char *const  sz_prompt_seconds[] = {
    "4", "8", "12", "16", "20", NULL
};

static const char *const  sz_prompt_models[] = {
    "sora-2", "sora-2-pro", NULL
};

static const char *const  sz_prompt_shots[] = {
    "3", "4", "5", "6", "8", NULL
};


#define SZ_PROMPT_IDEA  10000           /* characters */

#define SZ_PROMPT_SIZE(n)                                                    \
    { .name = "size", .type = SZ_STRING, .flags = SZ_OPEN,                   \
      .offset = sz_prompt_offset(n), .title = "Size", .max = 20,             \
      .values = sz_video_sizes,                                              \
      .description = "Width x height in pixels, such as 1280x720." }

#define SZ_PROMPT_SECONDS(n)                                                 \
    { .name = "seconds", .type = SZ_STRING, .flags = SZ_OPEN,                \
      .offset = sz_prompt_offset(n), .title = "Length", .max = 10,           \
      .values = sz_prompt_seconds,                                           \
      .description = "Length of the video in seconds." }

#define SZ_PROMPT_MODEL(n)                                                   \
    { .name = "model", .type = SZ_STRING, .flags = SZ_OPEN,                  \
      .offset = sz_prompt_offset(n), .title = "Model", .max = SZ_ID_MAX,     \
      .values = sz_prompt_models,                                            \
      .source = sz_from_models(SZ_SERVICE_VIDEO),                            \
      .description = "Which model makes the video." }

#define SZ_PROMPT_IMAGE(n)                                                   \
    { .name = "image", .type = SZ_STRING, .flags = SZ_REQUIRED,              \
      .offset = sz_prompt_offset(n), .title = "Picture", .min = 1,           \
      .max = SZ_PATH_MAX, .source = sz_from_files(SZ_MEDIA_IMAGE),           \
      .description = "Name of a file in the image folder." }


static const sz_field_t  sz_idea_input[] = {
    { .name = "idea", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = sz_prompt_offset(0), .title = "Idea", .min = 1,
      .max = SZ_PROMPT_IDEA,
      .description = "What the video is about, in a sentence or two." },
    { .name = "mood", .type = SZ_STRING, .offset = sz_prompt_offset(1),
      .title = "Mood", .max = 1000,
      .description = "Mood, light, style." },
    SZ_PROMPT_SECONDS(2),
    SZ_PROMPT_SIZE(3),
    SZ_PROMPT_MODEL(4),
    { .name = NULL }
};

static const sz_prompt_t  sz_prompt_video_from_idea = {
    .get = {
        .name = "video_from_idea",
        .title = "A video from an idea",
        .description = "Turns an idea into a shot description and makes the "
            "video.",
        .needs = sz_needs_service(SZ_SERVICE_VIDEO)
                 | sz_needs_folder(SZ_MEDIA_VIDEO),
        .input = sz_idea_input,
        .state_size = SZ_PROMPT_STATE,
        .step = sz_prompt_step
    },
    .text =
        "Make a video of this idea:\n\n{idea}\n\n"
        "Mood and style: {mood}\n\n"
        "First write the prompt: one continuous shot, in this order: who or "
        "what is seen and where, what happens from the first second to the "
        "last, how the camera moves, the lens and the framing, the light and "
        "the colours, and what is heard. Be concrete; leave out what cannot "
        "be seen or heard. Do not put several scenes into one clip.\n"
        "Show me the prompt, then call create_video with it.\n"
        "Use seconds=\"{seconds}\".\n"
        "Use size=\"{size}\".\n"
        "Use model=\"{model}\".\n"
        "Call get_video_status every 10 to 20 seconds until it is completed, "
        "then download_video, and tell me the file's name. If it fails, "
        "explain why and propose another prompt; do not create a second video "
        "without asking me, because each one costs money.\n"
};


static const sz_field_t  sz_motion_input[] = {
    SZ_PROMPT_IMAGE(0),
    { .name = "motion", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = sz_prompt_offset(1), .title = "Motion", .min = 1,
      .max = SZ_PROMPT_IDEA,
      .description = "What is to move, and how." },
    SZ_PROMPT_SECONDS(2),
    SZ_PROMPT_SIZE(3),
    SZ_PROMPT_MODEL(4),
    { .name = NULL }
};

static const sz_prompt_t  sz_prompt_motion = {
    .get = {
        .name = "motion_with_reference",
        .title = "Bring a picture to life",
        .description = "Makes a video that starts from a picture; the prompt "
            "describes only the motion.",
        .needs = sz_needs_service(SZ_SERVICE_VIDEO)
                 | sz_needs_folder(SZ_MEDIA_VIDEO)
                 | sz_needs_folder(SZ_MEDIA_IMAGE),
        .input = sz_motion_input,
        .state_size = SZ_PROMPT_STATE,
        .step = sz_prompt_step
    },
    .text =
        "Make a video that starts from the picture \"{image}\" in the image "
        "folder.\n\nWhat is to move: {motion}\n\n"
        "1. Call prepare_reference_image with input_filename=\"{image}\" and "
        "the target_size of the video; take resize_mode=\"crop\" unless "
        "something important would be cut off, then \"pad\".\n"
        "   The size is {size}.\n"
        "2. Write the prompt. The picture already says what everything looks "
        "like: describe only what moves, how fast and in which direction, "
        "what the camera does, and what is heard. Name things briefly (\"the "
        "woman\", \"the boat\") and do not describe them again; words that "
        "contradict the picture make it flicker.\n"
        "3. Call create_video with that prompt, the same size and "
        "input_reference_filename=the new file's name.\n"
        "   Use seconds=\"{seconds}\".\n"
        "   Use model=\"{model}\".\n"
        "4. Call get_video_status until it is completed, then "
        "download_video, and tell me the file's name.\n"
};


static const sz_field_t  sz_iterate_input[] = {
    SZ_PROMPT_IMAGE(0),
    { .name = "goal", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = sz_prompt_offset(1), .title = "Goal", .min = 1,
      .max = SZ_PROMPT_IDEA,
      .description = "What the picture should become." },
    { .name = "keep", .type = SZ_STRING, .offset = sz_prompt_offset(2),
      .title = "Keep", .max = 1000,
      .description = "What must stay as it is." },
    { .name = NULL }
};

static const sz_prompt_t  sz_prompt_iterate = {
    .get = {
        .name = "iterate_on_picture",
        .title = "Improve a picture step by step",
        .description = "Changes a picture in small steps, each looked at "
            "before the next.",
        .needs = sz_needs_service(SZ_SERVICE_IMAGE)
                 | sz_needs_folder(SZ_MEDIA_IMAGE),
        .input = sz_iterate_input,
        .state_size = SZ_PROMPT_STATE,
        .step = sz_prompt_step
    },
    .text =
        "Start from the picture \"{image}\" in the image folder and bring it "
        "to this: {goal}\n\n"
        "What must stay as it is: {keep}\n\n"
        "Work in small steps. In each step change one thing only, with the "
        "image tools: give the latest file as input, say what changes, and "
        "say that everything else (framing, faces, light, colours, text) "
        "stays the same. Give each result a new file name, so that I can go "
        "back.\n"
        "After each step tell me the file's name and what changed, and ask "
        "whether to go on, to go back or to try it another way. Stop when I "
        "am content; each step costs money.\n"
};


static const sz_field_t  sz_storyboard_input[] = {
    { .name = "story", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = sz_prompt_offset(0), .title = "Story", .min = 1,
      .max = SZ_PROMPT_IDEA,
      .description = "What happens, from the beginning to the end." },
    { .name = "shots", .type = SZ_STRING, .flags = SZ_OPEN,
      .offset = sz_prompt_offset(1), .title = "Shots", .max = 10,
      .values = sz_prompt_shots, .preset = "5",
      .description = "How many clips it is told in." },
    { .name = "style", .type = SZ_STRING, .offset = sz_prompt_offset(2),
      .title = "Style", .max = 1000,
      .description = "The look that all shots share." },
    SZ_PROMPT_SECONDS(3),
    SZ_PROMPT_SIZE(4),
    { .name = NULL }
};

static const sz_prompt_t  sz_prompt_storyboard = {
    .get = {
        .name = "storyboard",
        .title = "A storyboard for several clips",
        .description = "Breaks a story into shots that belong together, and "
            "makes them one by one.",
        .needs = sz_needs_service(SZ_SERVICE_VIDEO)
                 | sz_needs_folder(SZ_MEDIA_VIDEO),
        .input = sz_storyboard_input,
        .state_size = SZ_PROMPT_STATE,
        .step = sz_prompt_step
    },
    .text =
        "Break this story into {shots} shots, each one clip of its own:\n\n"
        "{story}\n\n"
        "The look of all of them: {style}\n\n"
        "Begin with a short description of every person, place and object "
        "that comes back; repeat it word for word in each prompt where it is "
        "seen, because every clip is made without knowledge of the others. "
        "Then list the shots in a table: number, what happens, camera, light, "
        "sound, and the complete prompt.\n"
        "Each clip has seconds=\"{seconds}\".\n"
        "Each clip has size=\"{size}\".\n"
        "Wait until I agree to the table. Then make the shots with "
        "create_video, one after the other, download each, and give the files "
        "names that begin with the number of the shot.\n"
};


const sz_prompt_t *const  sz_prompts[] = {
    &sz_prompt_video_from_idea,
    &sz_prompt_motion,
    &sz_prompt_iterate,
    &sz_prompt_storyboard,
    NULL
};

/*
 * Resources and prompts.
 */

#include "pack.h"

#include <stdio.h>


static sz_step_e
sz_pack_static_text_step(sz_call_t *call)
{
    return sz_resource_text(call, NULL,
              sz_str("This is the content of the static text resource."));
}

static const sz_resource_t  sz_pack_static_text = {
    .read = {
        .name = "Static text",
        .title = "Static text",
        .description = "A text that is always the same.",
        .input = sz_no_fields,
        .state_size = sizeof(sz_reading_t),
        .step = sz_pack_static_text_step
    },
    .uri = "test://static-text",
    .mime = "text/plain"
};


static sz_step_e
sz_pack_static_binary_step(sz_call_t *call)
{
    static const char  png[] =
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15"
        "\xc4\x89\0\0\0\rIDATx\xda" "cd\xf8\xcfP\x0f\0\x03\x86\x01\x80" "Z4"
        "}k\0\0\0\0IEND\xae" "B`\x82";

    return sz_resource_blob(call, NULL, (sz_str_t) { sizeof(png) - 1, png });
}

static const sz_resource_t  sz_pack_static_binary = {
    .read = {
        .name = "Static binary",
        .title = "Static binary",
        .description = "A picture of one pixel.",
        .input = sz_no_fields,
        .state_size = sizeof(sz_reading_t),
        .step = sz_pack_static_binary_step
    },
    .uri = "test://static-binary",
    .mime = "image/png"
};


static sz_step_e
sz_pack_watched_step(sz_call_t *call)
{
    return sz_resource_text(call, NULL, sz_str("Watched."));
}

static const sz_resource_t  sz_pack_watched = {
    .read = {
        .name = "Watched",
        .title = "Watched",
        .description = "A resource to subscribe to.",
        .input = sz_no_fields,
        .state_size = sizeof(sz_reading_t),
        .step = sz_pack_watched_step
    },
    .uri = "test://watched-resource",
    .mime = "text/plain"
};


static sz_step_e
sz_pack_template_step(sz_call_t *call)
{
    sz_jw_t              w;
    sz_buf_t             text, data;
    sz_step_e            step;
    const sz_reading_t  *s = call->state;

    sz_buf_init(&data, 65536);
    sz_buf_fmt(&data, "Data for ID: %s", s->value);

    sz_buf_init(&text, 65536);
    sz_jw_init(&w, &text);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "id", s->value);
    sz_jw_kbool(&w, "templateTest", true);
    sz_jw_key(&w, "data");
    sz_jw_str(&w, sz_buf_view(&data));
    sz_jw_close(&w, '}');

    step = sz_resource_text(call, NULL, sz_buf_view(&text));

    sz_buf_free(&data);
    sz_buf_free(&text);

    return step;
}

static const sz_resource_t  sz_pack_template = {
    .read = {
        .name = "Template",
        .title = "Template",
        .description = "Data by id.",
        .input = sz_no_fields,
        .state_size = sizeof(sz_reading_t),
        .step = sz_pack_template_step
    },
    .uri = "test://template/{id}/data",
    .mime = "application/json"
};


const sz_resource_t *const  sz_pack_resources[] = {
    &sz_pack_static_text,
    &sz_pack_static_binary,
    &sz_pack_watched,
    &sz_pack_template,
    NULL
};


#define SZ_PACK_PROMPT(id, about, fields, function)                          \
    .get = {                                                                 \
        .name = id,                                                          \
        .title = id,                                                         \
        .description = about,                                                \
        .input = fields,                                                     \
        .state_size = SZ_PROMPT_STATE,                                       \
        .step = function                                                     \
    }


static const sz_prompt_t  sz_pack_simple_prompt = {
    SZ_PACK_PROMPT("test_simple_prompt", "A prompt without arguments.",
                   sz_no_fields, sz_prompt_step),
    .text = "This is a simple prompt for testing."
};


static const sz_field_t  sz_pack_arguments[] = {
    { .name = "arg1", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = sz_prompt_offset(0), .description = "The first argument." },
    { .name = "arg2", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = sz_prompt_offset(1), .description = "The second argument." },
    { .name = NULL }
};

static const sz_prompt_t  sz_pack_prompt_arguments = {
    SZ_PACK_PROMPT("test_prompt_with_arguments", "A prompt with arguments.",
                   sz_pack_arguments, sz_prompt_step),
    .text = "Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"
};


static const sz_field_t  sz_pack_uri[] = {
    { .name = "resourceUri", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = sz_prompt_offset(0),
      .description = "The resource to embed." },
    { .name = NULL }
};

static sz_step_e
sz_pack_embedded_step(sz_call_t *call)
{
    sz_jw_t      w;
    const char  *uri = *(const char **) call->state;

    w = sz_call_result_open(call);
    sz_jw_key(&w, "messages");
    sz_jw_open(&w, '[');
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "role", "user");
    sz_jw_key(&w, "content");
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "type", "resource");
    sz_jw_key(&w, "resource");
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "uri", uri);
    sz_jw_kstr(&w, "mimeType", "text/plain");
    sz_jw_kstr(&w, "text", "Embedded resource content for testing.");
    sz_jw_close(&w, '}');
    sz_jw_close(&w, '}');
    sz_jw_close(&w, '}');
    sz_jw_raw(&w, sz_str("{\"role\":\"user\",\"content\":{\"type\":\"text\","
                         "\"text\":\"Please process the embedded resource "
                         "above.\"}}"));
    sz_jw_close(&w, ']');

    return sz_call_result_close(call, &w);
}

static const sz_prompt_t  sz_pack_prompt_embedded = {
    SZ_PACK_PROMPT("test_prompt_with_embedded_resource",
                   "A prompt with a resource.", sz_pack_uri,
                   sz_pack_embedded_step)
};


static sz_step_e
sz_pack_image_step(sz_call_t *call)
{
    sz_buf_lit(&call->result,
               "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":"
               "\"image\",\"data\":\"" SZ_PACK_PNG "\",\"mimeType\":"
               "\"image/png\"}},{\"role\":\"user\",\"content\":{\"type\":"
               "\"text\",\"text\":\"Please analyze the image above.\"}}]}");

    return SZ_STEP_DONE;
}

static const sz_prompt_t  sz_pack_prompt_image = {
    SZ_PACK_PROMPT("test_prompt_with_image", "A prompt with a picture.",
                   sz_no_fields, sz_pack_image_step)
};


static sz_step_e
sz_pack_asking_step(sz_call_t *call)
{
    sz_jw_t       w;
    const char   *context;
    const cJSON  *answer;

    answer = sz_call_ask(call, "user_context", "elicitation/create",
                 sz_str(SZ_PACK_FORM("What context should the prompt use?",
                                     "context", "string")));
    if (answer == NULL) {
        return sz_call_asked(call);
    }

    context = sz_pack_filled(answer, "context");

    w = sz_call_result_open(call);
    sz_jw_key(&w, "messages");
    sz_jw_open(&w, '[');
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "role", "user");
    sz_jw_key(&w, "content");
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "type", "text");
    sz_jw_kstr(&w, "text", (context != NULL) ? context : "none");
    sz_jw_close(&w, '}');
    sz_jw_close(&w, '}');
    sz_jw_close(&w, ']');

    return sz_call_result_close(call, &w);
}

static const sz_prompt_t  sz_pack_prompt_asking = {
    SZ_PACK_PROMPT("test_input_required_result_prompt",
                   "A prompt that asks for its context.", sz_no_fields,
                   sz_pack_asking_step)
};


const sz_prompt_t *const  sz_pack_prompts[] = {
    &sz_pack_simple_prompt,
    &sz_pack_prompt_arguments,
    &sz_pack_prompt_embedded,
    &sz_pack_prompt_image,
    &sz_pack_prompt_asking,
    NULL
};

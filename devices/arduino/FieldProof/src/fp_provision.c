#include "fp_provision.h"

#include <string.h>

FP_STATIC_ASSERT(4 + sizeof(fp_settings) <= FP_RECORD_BYTES, settings_fit_a_record);

static const uint8_t magic[4] = { 'F', 'P', 'S', 1 };

int fp_settings_load(fp_settings *settings, const fp_storage *storage)
{
    uint8_t bytes[FP_RECORD_BYTES];
    int found = storage->load(storage->context, bytes) == 1 && fp_equal(bytes, magic, sizeof magic);
    memset(settings, 0, sizeof *settings);
    if (found) {
        memcpy(settings, bytes + sizeof magic, sizeof *settings);
        settings->ssid[FP_SSID_BYTES_MAX] = '\0';
        settings->password[FP_PASSWORD_BYTES_MAX] = '\0';
        settings->broker[FP_BROKER_BYTES_MAX] = '\0';
    }
    fp_wipe(bytes, sizeof bytes);
    return found;
}

int fp_settings_save(const fp_settings *settings, const fp_storage *storage)
{
    uint8_t bytes[FP_RECORD_BYTES];
    int saved;
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, magic, sizeof magic);
    memcpy(bytes + sizeof magic, settings, sizeof *settings);
    saved = storage->save(storage->context, bytes);
    fp_wipe(bytes, sizeof bytes);
    return saved == 1;
}

void fp_provision_ask(const fp_node *node, const fp_port *port)
{
    fp_sentence sentence;
    fp_sentence_begin(&sentence, port, "PQ");
    fp_sentence_number(&sentence, 1);
    fp_sentence_text(&sentence, node->about->model);
    fp_sentence_text(&sentence, node->about->version);
    fp_sentence_end(&sentence);
}

static void answer(const fp_port *port, const char *what, const char *result)
{
    fp_sentence sentence;
    fp_sentence_begin(&sentence, port, "PA");
    fp_sentence_text(&sentence, what);
    fp_sentence_text(&sentence, result);
    fp_sentence_end(&sentence);
}

static void answer_key(const fp_port *port, const fp_node *node)
{
    fp_sentence sentence;
    fp_sentence_begin(&sentence, port, "PA");
    fp_sentence_text(&sentence, "PV");
    fp_sentence_text(&sentence, "ok");
    fp_sentence_bytes(&sentence, node->key.public_key, FP_KEY_BYTES);
    fp_sentence_end(&sentence);
}

static int has_length(const char *text, size_t wanted)
{
    size_t length = fp_text_length(text, wanted + 1);
    return length == 0 || length == wanted;
}

/* `$FPPV,<host entropy>,<network>,<gateway key>,<owner>,<cell>`; all but the first may be empty. */
static const char *make_key(fp_provision *provision, fp_node *node, fp_line *line)
{
    uint8_t host[32], gateway[FP_KEY_BYTES], entropy[FP_ENTROPY_BYTES];
    fp_place place;
    fp_state state;
    char **field = line->field;
    if (line->fields != 5 || strlen(field[1]) > FP_NETWORK_CHARS_MAX
        || !has_length(field[3], FP_OWNER_CHARS) || !has_length(field[4], FP_CELL_CHARS)
        || fp_from_b64u(host, sizeof host, field[0], strlen(field[0])) != (long)sizeof host)
        return "frame";
    place.gateway_key = field[2][0] == '\0' ? NULL : gateway;
    if (place.gateway_key != NULL
        && fp_from_b64u(gateway, sizeof gateway, field[2], strlen(field[2])) != (long)sizeof gateway)
        return "frame";
    /* A board has one key; who wants another wipes it, and the counter with it. */
    if (node->state != FP_EMPTY)
        return "closed";
    if (provision->entropy == NULL || !provision->entropy(provision->context, entropy))
        return "entropy";
    place.network = field[1];
    place.owner = field[3];
    place.cell = field[4];
    state = fp_node_provision(node, entropy, sizeof entropy, host, &place);
    fp_wipe(entropy, sizeof entropy);
    fp_wipe(host, sizeof host);
    return state == FP_READY ? "ok" : "storage";
}

static char *setting(fp_settings *settings, const char *name, size_t *chars_max)
{
    if (strcmp(name, "ssid") == 0) {
        *chars_max = FP_SSID_BYTES_MAX;
        return settings->ssid;
    }
    if (strcmp(name, "password") == 0) {
        *chars_max = FP_PASSWORD_BYTES_MAX;
        return settings->password;
    }
    *chars_max = FP_BROKER_BYTES_MAX;
    return strcmp(name, "broker") == 0 ? settings->broker : NULL;
}

/* `$FPPS,<name>,<b64u value>`. */
static const char *set(fp_provision *provision, fp_line *line)
{
    uint8_t value[FP_BROKER_BYTES_MAX];
    size_t chars_max;
    long length;
    char *to;
    if (line->fields != 2)
        return "frame";
    if (provision->storage == NULL)
        return "unknown";
    to = setting(&provision->settings, line->field[0], &chars_max);
    if (to == NULL)
        return "unknown";
    length = fp_from_b64u(value, chars_max, line->field[1], strlen(line->field[1]));
    if (length < 0 || memchr(value, 0, (size_t)length) != NULL)
        return "frame";
    memset(to, 0, chars_max + 1);
    memcpy(to, value, (size_t)length);
    fp_wipe(value, sizeof value);
    return "ok";
}

/* `$FPPE`: saves the settings and closes. */
static const char *finish(fp_provision *provision)
{
    provision->open = 0;
    if (provision->storage == NULL)
        return "ok";
    return fp_settings_save(&provision->settings, provision->storage) ? "ok" : "storage";
}

fp_provisioned fp_provision_take(fp_provision *provision, fp_node *node, const fp_port *port,
                                 fp_line *line)
{
    const char *type = line->type;
    const char *result = "closed";
    int is_key = strcmp(type, "PV") == 0;
    int is_set = strcmp(type, "PS") == 0;
    int is_end = strcmp(type, "PE") == 0;
    if (!is_key && !is_set && !is_end)
        return FP_PROVISION_NOTHING;
    if (provision != NULL && node->state == FP_EMPTY)
        provision->open = 1;
    if (provision != NULL && provision->open)
        result = is_key ? make_key(provision, node, line)
            : is_set    ? set(provision, line)
                        : finish(provision);
    if (is_key && strcmp(result, "ok") == 0) {
        answer_key(port, node);
        return FP_PROVISION_KEY;
    }
    answer(port, type, result);
    return is_end && strcmp(result, "ok") == 0 ? FP_PROVISION_SETTINGS : FP_PROVISION_OTHER;
}

#include "fp_node.h"

#include <string.h>

#include "fp_sha256.h"

FP_STATIC_ASSERT((uint64_t)FP_BOOT_LIMIT << 32 == FP_SEQ_LIMIT, sequences_stay_below_the_limit);

/* Half of what a gateway takes, for clocks that are a little apart. */
static const uint32_t token_sec = 1800;

static fp_state failed(fp_node *node, fp_state state)
{
    fp_key_close(&node->key);
    node->state = state;
    return state;
}

/* The node has its key: it goes by the id of the first one. */
static fp_state ready(fp_node *node)
{
    fp_device_id(node->device, node->record.first_kid);
    node->state = FP_READY;
    return FP_READY;
}

fp_state fp_node_begin(fp_node *node, const fp_crypto *crypto, const fp_storage *storage,
                       const fp_about *about)
{
    uint8_t bytes[FP_RECORD_BYTES];
    int loaded, decoded;
    memset(node, 0, sizeof *node);
    node->crypto = crypto;
    node->storage = storage;
    node->about = about;
    if (!fp_crypto_test(crypto))
        return failed(node, FP_BAD_CRYPTO);
    loaded = storage->load(storage->context, bytes);
    if (loaded <= 0)
        return failed(node, loaded == 0 ? FP_EMPTY : FP_BAD_STORAGE);
    decoded = fp_record_decode(&node->record, bytes);
    fp_wipe(bytes, sizeof bytes);
    if (!decoded || node->record.boot + 1 >= FP_BOOT_LIMIT)
        return failed(node, FP_BAD_STORAGE);
    node->record.boot++;
    if (!fp_record_save(&node->record, storage))
        return failed(node, FP_BAD_STORAGE);
    fp_key_make(&node->key, crypto, node->record.seed);
    return ready(node);
}

static void copy_text(char *out, const char *text, size_t chars_max)
{
    size_t length = fp_text_length(text, chars_max);
    memset(out, 0, chars_max + 1);
    if (length > 0)
        memcpy(out, text, length);
}

fp_state fp_node_install(fp_node *node, const uint8_t seed[FP_SEED_BYTES], const fp_place *place)
{
    fp_record *record = &node->record;
    if (node->state != FP_EMPTY)
        return node->state;
    memset(record, 0, sizeof *record);
    memcpy(record->seed, seed, FP_SEED_BYTES);
    fp_key_make(&node->key, node->crypto, seed);
    memcpy(record->first_kid, node->key.kid, FP_KID_BYTES);
    if (place->gateway_key != NULL)
        memcpy(record->gateway_key, place->gateway_key, FP_KEY_BYTES);
    copy_text(record->network, place->network, FP_NETWORK_CHARS_MAX);
    copy_text(record->owner, place->owner, FP_OWNER_CHARS);
    copy_text(record->cell, place->cell, FP_CELL_CHARS);
    record->boot = 1;
    if (!fp_record_save(record, node->storage)) {
        /* Still empty: the owner tries again, or with another memory. */
        fp_wipe(record, sizeof *record);
        (void)failed(node, FP_EMPTY);
        return FP_BAD_STORAGE;
    }
    return ready(node);
}

fp_state fp_node_provision(fp_node *node, const uint8_t *entropy, size_t length, const uint8_t host[32],
                           const fp_place *place)
{
    uint8_t seed[FP_SEED_BYTES];
    fp_sha256 hash;
    fp_state state;
    if (node->state != FP_EMPTY)
        return node->state;
    fp_sha256_begin(&hash);
    fp_sha256_add(&hash, "FP1:seed", 8);
    fp_sha256_add(&hash, entropy, length);
    fp_sha256_add(&hash, host, 32);
    fp_sha256_end(&hash, seed);
    state = fp_node_install(node, seed, place);
    fp_wipe(seed, sizeof seed);
    return state;
}

int fp_node_wipe(fp_node *node)
{
    fp_wipe(&node->record, sizeof node->record);
    (void)failed(node, FP_EMPTY);
    return node->storage->wipe(node->storage->context);
}

uint64_t fp_node_next_seq(const fp_node *node)
{
    return (uint64_t)node->record.boot << 32 | node->taken;
}

/* The next sequence; 0, which no boot gives, where there is none left. */
static uint64_t take_seq(fp_node *node)
{
    uint64_t seq = fp_node_next_seq(node);
    if (node->state != FP_READY || node->taken == UINT32_MAX)
        return 0;
    node->taken++;
    return seq;
}

void fp_node_tick(fp_node *node, uint32_t now_ms)
{
    if (node->unix_ms != 0)
        node->unix_ms += (uint32_t)(now_ms - node->clock_at_ms);
    node->clock_at_ms = now_ms;
}

uint64_t fp_node_time(const fp_node *node)
{
    return node->unix_ms;
}

void fp_node_set_time(fp_node *node, uint64_t unix_ms)
{
    node->unix_ms = unix_ms;
}

uint32_t fp_node_interval(const fp_node *node, uint32_t otherwise)
{
    return node->record.interval_sec != 0 ? node->record.interval_sec : otherwise;
}

int fp_node_is_pinned(const fp_node *node)
{
    return node->state == FP_READY && node->record.network[0] != '\0'
        && !fp_is_zero(node->record.gateway_key, FP_KEY_BYTES);
}

static int is_network(const char *text)
{
    size_t length = fp_text_length(text, FP_NETWORK_CHARS_MAX + 1);
    for (size_t i = 0; i < length; i++)
        if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') || text[i] == '-'))
            return 0;
    return length >= 1 && length <= FP_NETWORK_CHARS_MAX;
}

int fp_node_pin(fp_node *node, const char *network, const uint8_t gateway_key[FP_KEY_BYTES])
{
    fp_record *record = &node->record;
    fp_record before = node->record;
    int saved;
    int other = record->network[0] != '\0' && strcmp(record->network, network) != 0;
    int known = !fp_is_zero(record->gateway_key, FP_KEY_BYTES);
    if (node->state != FP_READY || other || !is_network(network))
        return 0;
    if (known && !fp_equal(record->gateway_key, gateway_key, FP_KEY_BYTES))
        return 0;
    if (known && record->network[0] != '\0')
        return 1;
    copy_text(record->network, network, FP_NETWORK_CHARS_MAX);
    memcpy(record->gateway_key, gateway_key, FP_KEY_BYTES);
    saved = fp_record_save(record, node->storage);
    if (!saved)
        node->record = before;
    fp_wipe(&before, sizeof before);
    return saved;
}

size_t fp_node_reading(fp_node *node, uint8_t *out, size_t room, const fp_value *values, size_t count)
{
    uint64_t seq;
    if (node->record.network[0] == '\0' || fp_node_is_rotating(node))
        return 0;
    seq = take_seq(node);
    return seq == 0 ? 0 : fp_reading(out, room, &node->key, node->record.network, seq, values, count);
}

size_t fp_node_enrolment(const fp_node *node, uint8_t *out, size_t room, const uint8_t *nonce,
                         size_t nonce_length)
{
    fp_about about = *node->about;
    if (node->record.network[0] == '\0')
        return 0;
    if (node->record.owner[0] != '\0')
        about.owner = node->record.owner;
    if (node->record.cell[0] != '\0')
        about.cell = node->record.cell;
    return fp_enrolment(out, room, &node->key, node->record.network, &about, nonce, nonce_length);
}

size_t fp_node_token(const fp_node *node, uint8_t *out, size_t room)
{
    uint64_t exp = node->unix_ms == 0 ? 0 : node->unix_ms / 1000 + token_sec;
    if (node->record.network[0] == '\0')
        return 0;
    return fp_connect_token(out, room, &node->key, node->record.network, exp);
}

size_t fp_node_revocation(fp_node *node, uint8_t *out, size_t room)
{
    uint64_t seq;
    if (node->record.network[0] == '\0' || fp_node_is_rotating(node))
        return 0;
    seq = take_seq(node);
    return seq == 0 ? 0
                    : fp_revocation(out, room, &node->key, node->record.network, node->device,
                                    node->unix_ms / 1000, seq);
}

int fp_node_is_rotating(const fp_node *node)
{
    return node->record.rotation_seq != 0;
}

int fp_node_rotate(fp_node *node, const uint8_t seed[FP_SEED_BYTES])
{
    fp_record *record = &node->record;
    uint64_t seq;
    if (record->network[0] == '\0' || fp_node_is_rotating(node))
        return 0;
    seq = take_seq(node);
    if (seq == 0)
        return 0;
    record->rotation_seq = seq;
    record->rotation_iat = node->unix_ms / 1000;
    memcpy(record->next_seed, seed, FP_SEED_BYTES);
    if (fp_record_save(record, node->storage))
        return 1;
    record->rotation_seq = 0;
    fp_wipe(record->next_seed, FP_SEED_BYTES);
    return 0;
}

size_t fp_node_rotation(const fp_node *node, uint8_t *out, size_t room)
{
    const fp_record *record = &node->record;
    fp_key next;
    size_t length;
    if (!fp_node_is_rotating(node) || node->state != FP_READY)
        return 0;
    fp_key_make(&next, node->crypto, record->next_seed);
    length = fp_rotation(out, room, &node->key, &next, record->network, node->device,
                         record->rotation_iat, record->rotation_seq);
    fp_key_close(&next);
    return length;
}

int fp_node_rotated(fp_node *node, int accepted)
{
    fp_record *record = &node->record;
    if (!fp_node_is_rotating(node))
        return 0;
    if (accepted)
        memcpy(record->seed, record->next_seed, FP_SEED_BYTES);
    fp_wipe(record->next_seed, FP_SEED_BYTES);
    record->rotation_seq = 0;
    record->rotation_iat = 0;
    /* Where this is not saved, the next boot sends the same message and gets the same answer. */
    (void)fp_record_save(record, node->storage);
    if (node->state != FP_READY)
        return 0;
    if (accepted)
        fp_key_make(&node->key, node->crypto, record->seed);
    return 1;
}

void fp_node_ask_time(fp_node *node, uint8_t nonce[FP_TIME_NONCE_BYTES])
{
    /* Nobody but the board can foresee it, and no boot repeats it: no random source is needed. */
    uint8_t counters[8];
    uint8_t digest[FP_SHA256_BYTES];
    fp_sha256 hash;
    fp_put_be(counters, node->record.boot, 4);
    fp_put_be(counters + 4, node->nonces++, 4);
    fp_sha256_begin(&hash);
    fp_sha256_add(&hash, "FP1:nonce", 9);
    fp_sha256_add(&hash, node->record.seed, FP_SEED_BYTES);
    fp_sha256_add(&hash, counters, sizeof counters);
    fp_sha256_end(&hash, digest);
    memcpy(node->nonce, digest, FP_TIME_NONCE_BYTES);
    memcpy(nonce, digest, FP_TIME_NONCE_BYTES);
    node->nonce_is_open = 1;
}

static fp_downlink source(const fp_node *node)
{
    fp_downlink from;
    from.crypto = node->crypto;
    from.gateway_key = node->record.gateway_key;
    from.network = node->record.network;
    from.device = node->device;
    return from;
}

int fp_node_take_time(fp_node *node, uint8_t *message, size_t length)
{
    fp_downlink from = source(node);
    uint64_t unix_ms;
    if (!fp_node_is_pinned(node) || !node->nonce_is_open
        || !fp_read_time(&from, message, length, node->nonce, &unix_ms))
        return 0;
    node->nonce_is_open = 0;
    node->unix_ms = unix_ms;
    return 1;
}

int fp_node_take_configuration(fp_node *node, uint8_t *message, size_t length)
{
    fp_downlink from = source(node);
    fp_configuration told;
    fp_record *record = &node->record;
    if (!fp_node_is_pinned(node) || !fp_read_configuration(&from, message, length, &told)
        || told.number <= record->command)
        return 0;
    record->command = told.number;
    record->interval_sec = told.interval_sec;
    record->records = told.records;
    /* Obeyed even where it cannot be saved; the gateway says it again after the next boot. */
    (void)fp_record_save(record, node->storage);
    return 1;
}

int fp_node_take_receipt(const fp_node *node, uint8_t *message, size_t length, fp_receipt *receipt)
{
    fp_downlink from = source(node);
    return fp_node_is_pinned(node) && fp_read_receipt(&from, message, length, receipt);
}

void fp_enrolment_code(char out[FP_CODE_CHARS + 1], const uint8_t gateway_key[FP_KEY_BYTES],
                       const uint8_t device_key[FP_KEY_BYTES], const uint8_t *nonce,
                       size_t nonce_length)
{
    uint8_t digest[FP_SHA256_BYTES];
    char text[10];
    fp_sha256 hash;
    fp_sha256_begin(&hash);
    fp_sha256_add(&hash, "FP1:code", 8);
    fp_sha256_add(&hash, gateway_key, FP_KEY_BYTES);
    fp_sha256_add(&hash, device_key, FP_KEY_BYTES);
    fp_sha256_add(&hash, nonce, nonce_length);
    fp_sha256_end(&hash, digest);
    fp_base32(text, digest, 5);
    memcpy(out, text, 4);
    out[4] = '-';
    memcpy(out + 5, text + 4, 4);
    out[FP_CODE_CHARS] = '\0';
}

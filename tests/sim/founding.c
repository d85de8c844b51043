/* founding.c - units come to be as in life: the root founds itself, the others are invited and enrol.
 *
 * The frames of enrolment go from hand to hand here, without a network; what the new units must tell
 * their parents is left to the run that follows.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "node/conf/regime_file.h"
#include "tests/sim/world.h"

enum { KEYS_PER_NODE = 24, FEDERATION_KEY = 0 };

static const char *const levels[] = {"province", "district", "commune", "cell"};
/* Organs of a province or district; a commune has a khoi-dan-van, a cell only two, a bloc no authorities. */
static const char *const full_organs[] = {"cap-uy",      "thuong-truc",   "ban-thuong-vu",
                                          "ban-dan-van", "van-phong",     "chinh-quyen",
                                          "mttq",        "to-chuc-ct-xh", "luc-luong-vu-trang"};

static struct dg_bytes level_of(const struct sim_node *node)
{
    return dg_bytes_of(node->bloc ? "bloc" : levels[node->level]);
}

static bool bloc_lacks(const char *slug)
{
    return strcmp(slug, "chinh-quyen") == 0 || strcmp(slug, "mttq") == 0 ||
           strcmp(slug, "luc-luong-vu-trang") == 0;
}

static uint32_t key_number(const struct sim_node *node, uint32_t role)
{
    return 1 + (uint32_t)node->number * KEYS_PER_NODE + role;
}

static struct dg_keys unit_keys(struct sim_node *node)
{
    struct dg_keys keys = {.has_unit = true, .has_log = true, .has_cosigner = true, .has_transport = true};
    keys.unit = sim_keyring_add(&node->ring, key_number(node, 0));
    keys.log = sim_keyring_add(&node->ring, key_number(node, 1));
    keys.cosigner = sim_keyring_add(&node->ring, key_number(node, 2));
    keys.transport = sim_curve_key(key_number(node, 3));
    node->transport = keys.transport;
    return keys;
}

static size_t make_organs(struct sim_node *node, struct dg_founding_organ ret[SIM_ORGANS_MAX])
{
    bool cell = node->level == 3;
    for (size_t i = 0; i < sizeof full_organs / sizeof full_organs[0]; i++) {
        const char *slug = full_organs[i];
        if (node->level >= 2 && strcmp(slug, "ban-dan-van") == 0)
            slug = "khoi-dan-van";
        if (cell && strcmp(slug, "khoi-dan-van") != 0 && strcmp(slug, "cap-uy") != 0)
            continue;
        if (node->bloc && bloc_lacks(slug))
            continue;
        struct sim_organ *organ = &node->organ[node->organ_count];
        (void)snprintf(organ->slug, sizeof organ->slug, "%s", slug);
        uint32_t number = key_number(node, 4 + (uint32_t)node->organ_count * 2);
        organ->key = sim_keyring_add(&node->ring, number);
        struct dg_bytes *role = dg_arena_alloc(&node->world->arena, sizeof *role);
        assert(role != NULL);
        *role = dg_bytes_of(organ->slug);
        ret[node->organ_count++] = (struct dg_founding_organ){
            .slug = dg_bytes_of(organ->slug),
            .name = dg_bytes_of(organ->slug),
            .role = {.count = 1, .item = role},
            .signing = organ->key,
            .sealing = sim_curve_key(number + 1),
        };
    }
    return node->organ_count;
}

/* Appends a file of the sources to text. */
static bool add_file(struct dg_buf *text, const char *path)
{
    char whole[512], part[4096];
    (void)snprintf(whole, sizeof whole, "%s/%s", DG_SOURCE_DIR, path);
    FILE *file = fopen(whole, "rb");
    size_t size = 0;
    while (file != NULL && (size = fread(part, 1, sizeof part, file)) > 0)
        dg_buf_add(text, part, size);
    return file != NULL && fclose(file) == 0;
}

/* A regime of the program, with the rules of via.yaml after its own. */
bool sim_regime_load(struct sim_world *world, const char *name, struct dg_bytes *ret)
{
    struct dg_fault_list *faults = dg_arena_alloc(&world->arena, sizeof *faults);
    struct dg_regime regime;
    struct dg_buf text, compiled;
    char path[512];
    assert(faults != NULL);
    faults->count = 0;
    dg_buf_init(&text, DG_REGIME_FILE_MAX);
    dg_buf_init(&compiled, DG_REGIME_MAX);
    (void)snprintf(path, sizeof path, "deploy/regimes/%s.yaml", name);
    bool good = add_file(&text, path) && add_file(&text, "tests/sim/via.yaml") &&
                dg_regime_read(&world->arena, dg_arena_copy(&world->arena, dg_buf_bytes(&text)), &regime,
                               faults) == DG_OK &&
                dg_regime_encode(&regime, &compiled) == DG_OK;
    *ret = dg_arena_copy(&world->arena, dg_buf_bytes(&compiled));
    dg_buf_done(&text);
    dg_buf_done(&compiled);
    if (!good)
        sim_break(world, "setup", "%s with via.yaml, line %u: %s", path,
                  faults->count > 0 ? faults->item[0].line : 0,
                  faults->count > 0 ? faults->item[0].what : "");
    return good;
}

/* Runs dg_found in the node's empty store and starts it. */
static bool found(struct sim_node *node, struct dg_founding *founding)
{
    struct dg_founding_organ organ[SIM_ORGANS_MAX];
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_fault fault;
    (void)dg_fault(&fault, DG_OK);
    founding->organ_count = make_organs(node, organ);
    founding->organ = organ;
    founding->now = sim_clock(node);
    if (dg_begin_write(node->store, &txn) != DG_OK)
        return false;
    enum dg_err err = dg_found(txn, founding, &node->signer, &fault);
    if (err != DG_OK)
        dg_abort(node->store, txn);
    else
        err = dg_commit(node->store, txn, &committed);
    if (err == DG_OK)
        return sim_node_start(node);
    sim_break(node->world, "setup", "founding %s: %s %s", node->unit, dg_err_name(err), fault.what);
    return false;
}

static bool found_root(struct sim_world *world, struct dg_bytes *regime)
{
    struct sim_node *root = &world->node[0];
    struct dg_founding founding = {
        .federation = dg_bytes_of("dong-gui.test"),
        .unit = dg_bytes_of(root->unit),
        .level = dg_bytes_of(levels[0]),
        .name = dg_bytes_of("Root"),
        .endpoint = dg_bytes_of("tcp://sim:1"),
        .regime_count = 1,
        .regime = regime,
    };
    founding.federation_key = sim_keyring_add(&root->ring, FEDERATION_KEY);
    founding.keys = unit_keys(root);
    return found(root, &founding);
}

/* ---- enrolment ----------------------------------------------------------------------------------- */

/* Gives the parent one event and lets it take turns until the inbox is empty. */
static void give(struct sim_node *parent, const struct dg_event *event)
{
    dg_buf_reset(&parent->world->said);
    dg_buf_reset(&parent->world->replied);
    sim_node_hear(parent, event);
    while (parent->node != NULL && parent->inbox_count > 0 && !parent->world->laws.broken)
        sim_node_turn(parent);
}

static bool invite(struct sim_node *parent, const struct sim_node *child, struct dg_bytes *regime,
                   size_t regime_count, struct dg_invitation *ret)
{
    struct sim_world *world = parent->world;
    struct dg_ctl_request request = {
        .verb = DG_CTL_INVITE,
        .unit = dg_bytes_of(child->unit),
        .level = level_of(child),
        .name = dg_bytes_of(child->unit),
        .regime = regime,
        .regime_count = regime_count,
        .for_ms = 86400000,
    };
    struct dg_buf buf;
    struct dg_ctl_reply reply;
    struct dg_fault fault;
    dg_buf_init(&buf, DG_CTL_MSG_MAX);
    bool ok = dg_ctl_request_encode(&request, &buf) == DG_OK;
    give(parent, &(struct dg_event){.kind = DG_EVENT_CTL, .client = 1, .bytes = dg_buf_bytes(&buf)});
    dg_buf_done(&buf);
    ok = ok &&
         dg_ctl_reply_decode(&world->arena, dg_arena_copy(&world->arena, dg_buf_bytes(&world->replied)),
                             &reply, &fault) == DG_OK &&
         reply.fault.err == DG_OK && dg_invitation_read(&world->arena, reply.text, ret, &fault) == DG_OK;
    if (!ok)
        sim_break(world, "setup", "inviting %s", child->unit);
    return ok;
}

static bool ask(struct sim_node *parent, const struct dg_curve_key *one_time, const struct dg_frame *frame,
                struct dg_frame *ret)
{
    struct sim_world *world = parent->world;
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    bool ok = dg_frame_encode(frame, &buf) == DG_OK;
    give(parent, &(struct dg_event){.kind = DG_EVENT_MESSAGE,
                                    .conn = world->next_conn++,
                                    .key = *one_time,
                                    .bytes = dg_buf_bytes(&buf)});
    dg_buf_done(&buf);
    struct dg_bytes said = dg_arena_copy(&world->arena, dg_buf_bytes(&world->said));
    return ok && dg_frame_decode(&world->arena, said, ret, NULL) == DG_OK;
}

static bool enrol(struct sim_node *parent, struct sim_node *child, const struct dg_invitation *invitation,
                  const struct dg_keys *keys, const struct dg_enrol_grant **ret)
{
    struct sim_world *world = parent->world;
    struct dg_curve_key one_time = dg_curve_key_of(&invitation->secret);
    struct dg_frame hello = {.enrol_hello = invitation->id}, challenge, granted;
    if (!ask(parent, &one_time, &hello, &challenge) || challenge.enrol_challenge == NULL)
        return false;
    struct dg_enrol_request request = {
        .nonce = *challenge.enrol_challenge,
        .unit = dg_bytes_of(child->unit),
        .keys = *keys,
        .endpoint = dg_bytes_of("tcp://sim:1"),
        .possession_count = 3,
    };
    memcpy(request.invitation, invitation->id, sizeof request.invitation);
    struct dg_buf message;
    dg_buf_init(&message, DG_FRAME_MAX);
    bool ok = dg_enrol_message(&request, &message) == DG_OK;
    const struct dg_key *key[] = {&keys->unit, &keys->log, &keys->cosigner};
    for (size_t i = 0; ok && i < 3; i++)
        ok = sim_sign(&child->ring, key[i], DG_CONTEXT_ADMISSION, dg_buf_bytes(&message),
                      &request.possession[i]) == DG_OK;
    dg_buf_done(&message);
    struct dg_frame frame = {.enrol_request = &request};
    struct dg_fault fault;
    if (!ok || !ask(parent, &one_time, &frame, &granted) || granted.enrol_grant == NULL ||
        dg_grant_verify(granted.enrol_grant, invitation, keys, sim_clock(child), &world->arena, &fault) !=
            DG_OK)
        return false;
    *ret = granted.enrol_grant;
    return true;
}

static bool found_child(struct sim_world *world, struct sim_node *child, struct dg_bytes *regime,
                        size_t regime_count)
{
    struct sim_node *parent = &world->node[child->parent];
    struct dg_invitation invitation;
    struct dg_founding founding = {
        .unit = dg_bytes_of(child->unit),
        .level = level_of(child),
        .name = dg_bytes_of(child->unit),
        .endpoint = dg_bytes_of("tcp://sim:1"),
        .parent_endpoint = dg_bytes_of("tcp://sim:1"),
        .parent_key = parent->transport,
        .regime = regime,
        .regime_count = regime_count,
    };
    if (!invite(parent, child, regime, regime_count, &invitation))
        return false;
    founding.federation = invitation.federation;
    founding.federation_key = invitation.federation_key;
    founding.keys = unit_keys(child);
    if (enrol(parent, child, &invitation, &founding.keys, &founding.grant))
        return found(child, &founding);
    sim_break(world, "setup", "%s could not enrol", child->unit);
    return false;
}

bool sim_found_all(struct sim_world *world)
{
    struct dg_bytes main_regime, district_regime;
    world->founding = true;
    if (!sim_regime_load(world, "binh-phuoc", &main_regime) ||
        !sim_regime_load(world, "huyen", &district_regime) || !sim_accord_rules(world, &main_regime) ||
        !sim_accord_rules(world, &district_regime) || !found_root(world, &main_regime))
        return false;
    for (size_t i = 1; i < world->node_count; i++) {
        struct sim_node *child = &world->node[i];
        bool own = child->level == 1 && world->options.second_regime;
        if (!found_child(world, child, &district_regime, own ? 1 : 0))
            return false;
    }
    world->founding = false;
    for (size_t i = 0; i < world->node_count; i++) {
        world->node[i].turn_at = 0;
        sim_node_wake(&world->node[i], world->now + sim_between(&world->choice, 1, 1000));
    }
    return true;
}

/* load.c - what people do: organs report, recipients mark what they have received. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/state_table.h"
#include "tests/sim/world.h"

/* Client numbers tell what was asked: a push carries its place in world->push. */
enum { CLIENT_MARK = 1, CLIENT_PASS = 2, CLIENT_ADOPT = 3, CLIENT_PUSHES = 1000 };

/* ---- pushing ------------------------------------------------------------------------------------- */

static void request_push(struct sim_world *world, struct sim_node *node, const char *organ,
                         const struct dg_report *draft)
{
    struct dg_bytes with = dg_bytes_of("mttq");
    bool joint = dg_bytes_is(draft->kind, "joint");
    if (world->push_count == SIM_PUSHES_MAX || node->node == NULL)
        return;
    struct dg_buf encoded, message;
    dg_buf_init(&encoded, DG_REPORT_MAX);
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    bool ok = dg_draft_encode(draft, &encoded) == DG_OK;
    struct dg_ctl_request request = {
        .verb = DG_CTL_PUSH, .organ = dg_bytes_of(organ), .draft = dg_buf_bytes(&encoded)};
    request.with = &with;
    request.with_count = joint ? 1 : 0;
    ok = ok && dg_ctl_request_encode(&request, &message) == DG_OK;
    assert(ok);
    uint64_t client = CLIENT_PUSHES + world->push_count;
    world->push[world->push_count++] =
        (struct sim_push){.node = node->index, .joint = joint, .draft = dg_bytes_is(draft->kind, "draft")};
    sim_trace_line(&world->trace, world->now, "%s@%s pushes %.*s", organ, node->unit, (int)draft->kind.size,
                   (const char *)draft->kind.data);
    sim_node_hear(
        node, &(struct dg_event){.kind = DG_EVENT_CTL, .client = client, .bytes = dg_buf_bytes(&message)});
    dg_buf_done(&encoded);
    dg_buf_done(&message);
}

/* An organ somewhere that every node on the way to it knows: the root has heard of it. */
static bool anybody(struct sim_world *world, char ret[DG_ADDRESS_MAX + 1])
{
    const struct sim_node *node = &world->node[sim_below(&world->choice, world->node_count)];
    const struct sim_organ *organ = &node->organ[sim_below(&world->choice, node->organ_count)];
    struct dg_txn *txn;
    struct dg_directory dir;
    bool known = false;
    if (dg_begin_read(world->node[0].store, &txn) != DG_OK)
        return false;
    if (dg_directory_load(txn, txn->arena, &dir) == DG_OK) {
        const struct dg_dir_unit *unit = dg_directory_unit(&dir, dg_bytes_of(node->unit));
        known = unit != NULL &&
                dg_dir_unit_organ(unit, dg_bytes_of(organ->slug), dg_day_of(sim_clock(node))) != NULL;
    }
    dg_abort(world->node[0].store, txn);
    (void)snprintf(ret, DG_ADDRESS_MAX + 1, "%s@%s", organ->slug, node->unit);
    return known;
}

/* What a report may rest on: something that its organ has received or sent. */
struct earlier {
    struct sim_world *world;
    size_t seen;
    struct dg_id id;
};

static bool earlier_mail(void *ctx, const struct dg_mail *mail)
{
    struct earlier *earlier = ctx;
    if (sim_below(&earlier->world->choice, ++earlier->seen) == 0)
        earlier->id = mail->id;
    return true;
}

static bool earlier_sent(void *ctx, struct dg_bytes organ, uint64_t position, const struct dg_id *id)
{
    struct earlier *earlier = ctx;
    (void)organ;
    (void)position;
    if (sim_below(&earlier->world->choice, ++earlier->seen) == 0)
        earlier->id = *id;
    return true;
}

/* Some reports consolidate another, some correct one of their organ's own. */
static void rest_on_earlier(struct sim_world *world, struct sim_node *node, const char *organ,
                            struct dg_report *draft, struct dg_id *source)
{
    struct earlier mail = {.world = world}, sent = {.world = world};
    struct dg_txn *txn;
    bool sources = sim_chance(&world->choice, 4000), corrects = sim_chance(&world->choice, 1500);
    if ((!sources && !corrects) || dg_begin_read(node->store, &txn) != DG_OK)
        return;
    if (sources)
        dg_mail_each(txn, dg_bytes_of(organ), true, earlier_mail, &mail);
    if (corrects)
        dg_sent_each(txn, dg_bytes_of(organ), earlier_sent, &sent);
    dg_abort(node->store, txn);
    *source = mail.id;
    draft->source = source;
    draft->source_count = mail.seen > 0;
    draft->has_supersedes = sent.seen > 0;
    draft->supersedes = sent.id;
}

/* Fills in what every report has, and pushes it. */
static void push_draft(struct sim_world *world, struct sim_node *node, const char *organ,
                       struct dg_report *draft)
{
    char date[DG_DAY_TEXT], body[64];
    dg_day_text(dg_day_of(sim_clock(node)), date);
    (void)snprintf(body, sizeof body, "Báo cáo số %zu.\n", world->push_count);
    draft->date = dg_bytes_of(date);
    draft->title = dg_bytes_of("Báo cáo");
    draft->urgency = sim_chance(&world->choice, 2000) ? DG_URGENCY_HOA_TOC : DG_URGENCY_NORMAL;
    draft->body = dg_bytes_of(body);
    request_push(world, node, organ, draft);
}

void sim_load_push_matter(struct sim_world *world, struct sim_node *node, const char *organ,
                          const char *matter, const struct dg_id *source)
{
    struct dg_bytes touched = dg_bytes_of(matter);
    struct dg_id sources = {.b = {0}};
    struct dg_report draft = {.kind = dg_bytes_of("thematic"),
                              .matter_count = 1,
                              .matter = &touched,
                              .source_count = source != NULL ? 1 : 0,
                              .source = &sources};
    if (source != NULL)
        sources = *source;
    push_draft(world, node, organ, &draft);
}

void sim_load_push_as(struct sim_world *world, struct sim_node *node, const char *organ, const char *kind,
                      const char *period, const char *also)
{
    struct dg_bytes also_to = dg_bytes_of(also);
    struct dg_report draft = {
        .kind = dg_bytes_of(kind), .period = dg_bytes_of(period), .also_to_count = 1, .also_to = &also_to};
    push_draft(world, node, organ, &draft);
}

void sim_load_push_attached(struct sim_world *world, struct sim_node *node, struct dg_attachment *attachment,
                            const char *also)
{
    struct dg_bytes also_to = dg_bytes_of(also);
    struct dg_report draft = {.kind = dg_bytes_of("periodic"),
                              .period = dg_bytes_of("2026-10"),
                              .also_to_count = also[0] != '\0',
                              .also_to = &also_to,
                              .attachment_count = 1,
                              .attachment = attachment};
    push_draft(world, node, "cap-uy", &draft);
}

void sim_load_push(struct sim_world *world, struct sim_node *node)
{
    static const struct {
        const char *kind, *period;
    } sort[] = {{"periodic", "2026-10"}, {"periodic", "2026-Q3"}, {"urgent", ""},    {"flash", ""},
                {"directed", ""},        {"evaluation", "2025"},  {"joint", "2025"}, {"draft", ""}};
    if (node->organ_count == 0)
        return;
    if (sim_chance(&world->choice, 3000)) {
        sim_load_push_through(world, node);
        return;
    }
    size_t i = (size_t)sim_below(&world->choice, sizeof sort / sizeof sort[0]);
    /* Committees report most, since theirs go upward. */
    size_t organ =
        sim_chance(&world->choice, 6000) ? 0 : (size_t)sim_below(&world->choice, node->organ_count);
    /* Two sign together, and the office sends drafts. */
    const char *slug = node->organ[organ].slug;
    if (strcmp(sort[i].kind, "joint") == 0)
        slug = "cap-uy";
    else if (strcmp(sort[i].kind, "draft") == 0)
        slug = "van-phong";
    char address[2][DG_ADDRESS_MAX + 1];
    struct dg_bytes also_to[2];
    size_t also_count = 0;
    unsigned more = strcmp(sort[i].kind, "draft") == 0 ? 9000 : 4000; /* a draft wants to be read */
    while (also_count < 2 && sim_chance(&world->choice, more) && anybody(world, address[also_count])) {
        also_to[also_count] = dg_bytes_of(address[also_count]);
        if (also_count == 1 && dg_bytes_equal(also_to[0], also_to[1]))
            break;
        also_count++;
    }
    struct dg_report draft = {.kind = dg_bytes_of(sort[i].kind),
                              .period = dg_bytes_of(sort[i].period),
                              .also_to_count = also_count,
                              .also_to = also_to};
    struct dg_id source;
    rest_on_earlier(world, node, slug, &draft, &source);
    push_draft(world, node, slug, &draft);
}

/* ---- marking ------------------------------------------------------------------------------------- */

struct pick {
    struct sim_world *world;
    size_t seen;
    struct dg_id id;
    uint32_t state, recall;
};

static bool pick_mail(void *ctx, const struct dg_mail *mail)
{
    struct pick *pick = ctx;
    if (sim_below(&pick->world->choice, ++pick->seen) == 0) {
        pick->id = mail->id;
        pick->state = mail->state;
        pick->recall = mail->recall;
    }
    return true;
}

static void request(struct sim_world *world, struct sim_node *node, const struct dg_ctl_request *request)
{
    struct dg_buf message;
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    if (dg_ctl_request_encode(request, &message) == DG_OK) {
        sim_trace_line(&world->trace, world->now, "%.*s@%s %s %.8s as %u", (int)request->organ.size,
                       (const char *)request->organ.data, node->unit,
                       request->verb == DG_CTL_MARK ? "marks" : "recalls", (const char *)request->report.data,
                       (unsigned)request->code);
        sim_node_hear(
            node,
            &(struct dg_event){.kind = DG_EVENT_CTL, .client = CLIENT_MARK, .bytes = dg_buf_bytes(&message)});
    }
    dg_buf_done(&message);
}

/* An author asks one of its reports back. */
static void recall_one(struct sim_world *world, struct sim_node *node, const char *organ)
{
    struct earlier sent = {.world = world};
    struct dg_txn *txn;
    if (dg_begin_read(node->store, &txn) != DG_OK)
        return;
    dg_sent_each(txn, dg_bytes_of(organ), earlier_sent, &sent);
    dg_abort(node->store, txn);
    if (sent.seen > 0)
        sim_load_recall_as(world, node, organ, &sent.id);
}

void sim_load_recall_as(struct sim_world *world, struct sim_node *node, const char *organ,
                        const struct dg_id *id)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    request(world, node,
            &(struct dg_ctl_request){
                .verb = DG_CTL_RECALL, .organ = dg_bytes_of(organ), .report = dg_bytes_of(hex)});
}

static uint32_t next_code(struct sim_world *world, const struct pick *pick)
{
    if (pick->recall == DG_STATE_RECALL_REQUESTED)
        return sim_chance(&world->choice, 6000) ? DG_STATE_RECALL_AGREED : DG_STATE_RECALL_REFUSED;
    return pick->state == 1 ? 3 : pick->state == 3 ? 5 : 6;
}

void sim_load_mark(struct sim_world *world, struct sim_node *node)
{
    struct dg_txn *txn;
    struct pick pick = {.world = world};
    if (sim_chance(&world->choice, 1000)) {
        sim_trespass(world, node);
        return;
    }
    if (node->node == NULL || dg_begin_read(node->store, &txn) != DG_OK)
        return;
    const char *organ = node->organ[sim_below(&world->choice, node->organ_count)].slug;
    dg_mail_each(txn, dg_bytes_of(organ), false, pick_mail, &pick);
    dg_abort(node->store, txn);
    if (sim_chance(&world->choice, 3000)) {
        recall_one(world, node, node->organ[0].slug);
        return;
    }
    if (pick.seen == 0)
        return;
    char hex[DG_HEX_BYTES];
    dg_hex(pick.id.b, sizeof pick.id.b, hex);
    request(world, node,
            &(struct dg_ctl_request){.verb = DG_CTL_MARK,
                                     .organ = dg_bytes_of(organ),
                                     .report = dg_bytes_of(hex),
                                     .code = next_code(world, &pick)});
}

/* ---- passing on ---------------------------------------------------------------------------------- */

void sim_load_pass_as(struct sim_world *world, struct sim_node *node, const char *organ,
                      const struct dg_id *id, bool back)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {
        .verb = DG_CTL_PASS, .organ = dg_bytes_of(organ), .report = dg_bytes_of(hex), .back = back};
    struct dg_buf message;
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    if (dg_ctl_request_encode(&request, &message) == DG_OK) {
        sim_trace_line(&world->trace, world->now, "%s@%s %s %.8s", organ, node->unit,
                       back ? "returns" : "passes on", hex);
        sim_node_hear(
            node,
            &(struct dg_event){.kind = DG_EVENT_CTL, .client = CLIENT_PASS, .bytes = dg_buf_bytes(&message)});
    }
    dg_buf_done(&message);
}

/* ---- adopting ------------------------------------------------------------------------------------ */

/* What was signed by the old adoption is on its way, and some have not heard of the new one: nothing of that
 * may be refused anywhere. */
void sim_load_adopt(struct sim_world *world, struct sim_node *node)
{
    bool own = node->level == 1 && world->options.second_regime;
    struct dg_bytes compiled;
    struct dg_buf message;
    if (node->node == NULL || !sim_regime_load(world, own ? "huyen" : "binh-phuoc", &compiled))
        return;
    int back = (int)sim_below(&world->choice, 1000);
    struct dg_ctl_request request = {.verb = DG_CTL_ADOPT,
                                     .regime_count = 1,
                                     .regime = &compiled,
                                     .from = {.n = dg_day_of(sim_clock(node)).n - back}};
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    if (dg_ctl_request_encode(&request, &message) == DG_OK) {
        sim_trace_line(&world->trace, world->now, "%s adopts its regime since %d days", node->unit, back);
        sim_node_hear(node, &(struct dg_event){.kind = DG_EVENT_CTL,
                                               .client = CLIENT_ADOPT,
                                               .bytes = dg_buf_bytes(&message)});
    }
    dg_buf_done(&message);
}

/* ---- answers ------------------------------------------------------------------------------------- */

void sim_load_replied(struct sim_world *world, struct sim_node *node, uint64_t client, struct dg_bytes bytes)
{
    struct dg_ctl_reply reply;
    dg_arena_reset(&world->frame_arena);
    if (dg_ctl_reply_decode(&world->frame_arena, bytes, &reply, NULL) != DG_OK) {
        sim_break(world, "I7", "a reply of %s does not decode", node->unit);
        return;
    }
    char hex[DG_HEX_BYTES];
    dg_hex(reply.id.b, sizeof reply.id.b, hex);
    sim_trace_line(&world->trace, world->now, "%s answers %s %.8s", node->unit, dg_err_name(reply.fault.err),
                   reply.has_id ? hex : "");
    if (client == CLIENT_ADOPT)
        return;
    if (client == CLIENT_MARK) {
        world->mark_count += reply.fault.err == DG_OK;
        return;
    }
    if (client == CLIENT_PASS) {
        world->pass_count += reply.fault.err == DG_OK;
        return;
    }
    if (client >= SIM_CLIENT_ATTACH && client < SIM_CLIENT_ATTACH + SIM_ATTACHED_MAX) {
        sim_bulk_replied(world, node, client, &reply);
        return;
    }
    if (client >= SIM_CLIENT_YEAR) {
        sim_year_replied(world, client, &reply);
        return;
    }
    if (client >= SIM_CLIENT_ACCORDS) {
        sim_accord_replied(world, node, client, &reply);
        return;
    }
    if (client == SIM_CLIENT_TRESPASS) {
        sim_trespass_replied(world, node, &reply);
        return;
    }
    if (client == SIM_CLIENT_AWAY && reply.fault.err != DG_OK)
        sim_break(world, "L1", "%s does not take a report: %s", node->unit, dg_err_name(reply.fault.err));
    if (client == SIM_CLIENT_AWAY)
        return;
    if (client == SIM_CLIENT_DUTY || client == SIM_CLIENT_FETCH || client == SIM_CLIENT_CARRY)
        return;
    struct sim_push *push = &world->push[client - CLIENT_PUSHES];
    push->answered = true;
    push->accepted = reply.fault.err == DG_OK && reply.has_id;
    push->id = reply.id;
}

/* Somebody does something at some time, drawn from that input's own stream. */
static void plan_input(struct sim_world *world, enum sim_kind kind, uint32_t *number)
{
    uint32_t input = (*number)++;
    if (!sim_fate_strikes_at(&world->fate, SIM_FATE_INPUT, 0, input, 10000))
        return;
    dg_ms whole = world->options.load_ms;
    dg_ms first = kind == SIM_FETCH ? whole / 2 : 1; /* there must be something to ask for */
    dg_ms at = world->now + sim_between(&world->fate.detail, first, whole);
    struct sim_node *node =
        sim_node_by_number(world, (unsigned)sim_below(&world->fate.detail, world->drawn_count));
    if (node != NULL)
        sim_plan(world, &(struct sim_happening){.at = at, .kind = kind, .input = input, .node = node->index});
}

void sim_load_plan(struct sim_world *world)
{
    const struct sim_options *options = &world->options;
    const struct {
        enum sim_kind kind;
        unsigned count;
    } inputs[] = {{SIM_PUSH, options->pushes},  {SIM_MARK, options->marks},     {SIM_PASS, options->passes},
                  {SIM_ADOPT, options->adopts}, {SIM_ACCORD, options->accords}, {SIM_FETCH, options->fetches},
                  {SIM_DUTY, options->duties},  {SIM_STICK, options->sticks},
                  {SIM_ATTACH, options->attaches}};
    uint32_t number = 0;
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        for (unsigned k = 0; k < inputs[i].count; k++)
            plan_input(world, inputs[i].kind, &number);
}

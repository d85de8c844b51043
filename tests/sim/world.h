/* world.h - a federation in one process: nodes, links, clocks and faults, all from one seed.
 *
 * Every node is a store_mem, a dg_node and a dg_turn: the very code and loop of production. The world
 * holds a queue of happenings in virtual time and goes from one to the next; nothing sleeps.
 *
 * Memory:  the world owns everything; bytes in flight are copied.
 * Threads: none.
 */
#ifndef DG_TESTS_SIM_WORLD_H
#define DG_TESTS_SIM_WORLD_H

#include "node/core/identity.h"
#include "node/core/node.h"
#include "node/core/query.h"
#include "node/shell/turn.h"
#include "node/store/files_mem.h"
#include "node/store/store_mem.h"
#include "tests/sim/choice.h"
#include "tests/sim/fate.h"
#include "tests/sim/laws.h"
#include "tests/sim/stub.h"
#include "tests/sim/trace.h"

enum {
    SIM_NODES_MAX = 256,
    SIM_ORGANS_MAX = 9,
    SIM_INBOX_MAX = 1024,
    SIM_BATCH_MAX = 64,
    SIM_CAUGHT_MAX = 16, /* envelopes that the villain has overheard */
    SIM_NOBODY = -1,
};

/* What one seed's world is like; rates are in 10,000. run.c prints it. */
struct sim_options {
    uint64_t seed;
    const struct sim_fates *only; /* what may strike at all; NULL: whatever the seed says. Borrowed. */
    unsigned nodes, levels;
    unsigned pushes, marks, passes, adopts, duties, fetches, attaches;
    unsigned accords;                        /* signatures, withdrawals and comments that somebody tries */
    unsigned sticks;                         /* that are carried from neighbour to neighbour */
    dg_ms load_ms;                           /* reports are pushed in this time, and faults happen */
    unsigned loss, duplicate, reorder, flip; /* of a frame */
    dg_ms delay_max;
    unsigned cut, full, clog, break_line;                        /* of a link, per second */
    unsigned swizzle;                                            /* of the whole tree, per second */
    unsigned crash_commit, crash_send;                           /* at each such point */
    unsigned disk_full, put_full, disk_fails, disk_late, memory; /* of a turn's transaction */
    unsigned rot;                                                /* of a store, per second */
    unsigned step, stop;                                         /* of a clock, per second */
    unsigned late, early;                                        /* of a timer */
    unsigned maybe;                                              /* at each fork of the core (mutant.h) */
    unsigned villain;                                            /* per second */
    dg_ms skew_max, step_max;
    bool second_regime; /* districts have a regime of their own */
    bool province;      /* the tree of year.h in place of one by chance */
    dg_ms nap_ms;       /* nobody looks more often than this; 0: whenever there is reason to */
    dg_ms settle_ms;    /* bound of the laws that something good happens */
};

/* A frame on its way, or something else that will happen. */
enum sim_kind {
    SIM_PACKET,
    SIM_TURN,
    SIM_START,
    SIM_GONE,
    SIM_PUSH,
    SIM_MARK,
    SIM_PASS,
    SIM_ADOPT,
    SIM_DUTY,
    SIM_WEATHER,
    SIM_ACCORD,
    SIM_FETCH,
    SIM_STICK,   /* somebody copies what waits for a neighbour */
    SIM_CARRIED, /* a file of that is handed in */
    SIM_ATTACH
};

struct sim_happening {
    dg_ms at;
    uint64_t serial; /* keeps the order of what happens at one time */
    enum sim_kind kind;
    uint32_t input;  /* of what people do: its number */
    int node;        /* to whom */
    int from;        /* packet: SIM_NOBODY for a villain's */
    uint64_t conn;   /* packet, gone: as the receiver names it */
    uint64_t line;   /* packet: the line it is on, by the child's conn */
    bool last_words; /* packet: its sender or line died, yet it arrives */
    bool again;      /* attach: the clerk asks how far it is */
    struct dg_curve_key key;
    uint8_t *bytes;
    size_t size;
};

struct sim_organ {
    char slug[DG_SLUG_MAX + 1];
    struct dg_key key;
};

struct sim_world;

struct sim_node {
    struct sim_world *world;
    unsigned number;   /* in the tree as it was drawn, whoever is left out of it */
    int index, parent; /* parent: SIM_NOBODY at the root */
    unsigned level;    /* 0 at the root */
    char unit[16];
    bool bloc; /* a bloc of level 1, which is no district */
    struct dg_store *store;
    struct dg_files *files;
    const char *tip;      /* the text of its tip file at the next start; NULL: none. Borrowed */
    struct dg_node *node; /* NULL while it is dead */
    struct dg_turn turn;
    struct dg_voice voice;
    struct sim_keyring ring;
    struct dg_signer signer;
    struct dg_sealer sealer;
    struct dg_curve_key transport;
    size_t organ_count;
    struct sim_organ organ[SIM_ORGANS_MAX];
    struct sim_choice choice; /* draws of what happens to this node */
    dg_ms skew;
    dg_ms stopped_until, stopped_at; /* the clock stands at stopped_at until then */
    dg_ms turn_at, ticked_at;        /* turn_at 0: none is planned */
    bool puts_fail;                  /* some put of this turn fails */
    bool dying;                      /* died while speaking; nothing is heard of it any more */
    bool speaking_of_push, speaking_of_parcel, speaking_of_receipt, speaking_of_pass,
        speaking_of_state; /* in the batch */
    unsigned boots;
    /* The line to the parent. */
    uint64_t conn;                        /* its name at the parent */
    dg_ms cut_up_until, cut_down_until;   /* what is said is lost */
    dg_ms clog_up_until, clog_down_until; /* what is said arrives only then */
    dg_ms full_until;                     /* the sockets take nothing */
    dg_ms last_up, last_down;
    size_t inbox_count;
    struct dg_event inbox[SIM_INBOX_MAX]; /* bytes are owned */
};

/* What a clerk was told about a report. */
struct sim_push {
    int node;
    bool answered, accepted;
    struct dg_id id;
    bool joint, draft;   /* it needs two signatures; it asks for comments */
    bool issued, voided; /* joint: what a signer was told */
};

enum { SIM_PUSHES_MAX = 512 };

/* A file that a clerk attaches. */
struct sim_file {
    int node;
    size_t size;
    uint8_t *bytes;
    struct dg_attachment what;
    bool damaged, pushed; /* the clerk's copy is not what he says; its report was pushed */
    bool written;         /* the copy lies beside the store */
    unsigned tries;
};

/* Looks at every point where a process can die; true kills it. Stories use it. */
struct sim_script {
    bool (*here)(struct sim_world *world, struct sim_node *node, const char *where,
                 const struct dg_frame *frame);
    void *ctx;
    bool last_words; /* what the dead had sent arrives; by chance otherwise */
};

struct sim_world {
    struct sim_options options;
    struct sim_choice choice; /* of whatever happens now */
    struct sim_fate fate;
    struct sim_trace trace;
    struct sim_laws laws;
    struct sim_script script;
    dg_ms now;            /* since the beginning of the world */
    dg_ms leap;           /* whole days that went by at once, on every clock */
    bool calm;            /* no more faults */
    unsigned drawn_count; /* units of the tree as it was drawn */
    size_t node_count;
    struct sim_node node[SIM_NODES_MAX];
    uint64_t next_conn, next_serial;
    size_t queue_count, queue_capacity;
    struct sim_happening *queue; /* a heap by (at, serial) */
    size_t push_count;
    struct sim_push push[SIM_PUSHES_MAX];
    size_t file_count;
    struct sim_file *file;       /* bulk.c */
    struct sim_year *year;       /* of a world that lives through one; borrowed */
    size_t mark_count;           /* marks that were answered with OK */
    size_t pass_count;           /* passes that were answered with OK */
    struct dg_arena arena;       /* founding */
    struct dg_arena frame_arena; /* one frame at a time */
    bool founding;               /* frames are handed over by hand */
    struct dg_buf said, replied; /* the last of them */
    size_t caught_count;
    struct {
        uint8_t *bytes;
        size_t size;
    } caught[SIM_CAUGHT_MAX];
    struct {
        uint8_t *bytes;
        size_t size;
        int from, to;
    } goods[2]; /* frames that the impostor has overheard: the last with receipts, the last with reports */
    uint64_t turns, packets, crashes, villainies;
};

/* Makes the world of its options, with all its units enrolled. Freed by sim_world_free. */
struct sim_world *sim_world_new(const struct sim_options *options);
void sim_world_free(struct sim_world *world);
/* Lets time pass until `until` or until a law is broken. */
void sim_world_run(struct sim_world *world, dg_ms until);
/* Ends the faults: every line is whole, every node runs. */
void sim_world_calm(struct sim_world *world);
/* Runs until everything has settled; breaks a law when it has not within options.settle_ms. */
void sim_world_settle(struct sim_world *world);
void sim_plan(struct sim_world *world, const struct sim_happening *happening);
/* What the node's own clock shows. */
dg_ms sim_clock(const struct sim_node *node);
struct sim_node *sim_node_by_unit(struct sim_world *world, struct dg_bytes unit);
/* NULL when that unit is left out. */
struct sim_node *sim_node_by_number(struct sim_world *world, unsigned number);

/* ---- life.c: a process that runs, dies and is started again ---- */
/* Names it, gives it a clock and an empty store. */
void sim_node_init(struct sim_world *world, int index, unsigned number, int parent);
/* Opens what is in its store; all its lines are new. */
bool sim_node_start(struct sim_node *node);
/* What is not committed is gone; it is started again after a while. */
void sim_node_die(struct sim_node *node, const char *why);
/* Frees the process and leaves the store. */
void sim_node_stop(struct sim_node *node);
/* One batch of its inbox through dg_turn_run, and the laws after it. */
void sim_node_turn(struct sim_node *node);
/* Puts an event into the inbox (bytes are copied) and plans a turn. */
void sim_node_hear(struct sim_node *node, const struct dg_event *event);
/* Plans a turn unless an earlier one is planned. */
void sim_node_wake(struct sim_node *node, dg_ms at);

/* dg_node_env.random; ctx is the node. */
void sim_node_random(void *ctx, void *ret, size_t size);

/* ---- wire.c: links ---- */
/* Hands a frame to the node's line of that name. */
enum dg_said sim_wire_send(struct sim_node *from, uint64_t conn, const struct dg_frame *frame,
                           struct dg_bytes bytes);
/* It arrives if its line still stands. */
void sim_wire_arrive(struct sim_world *world, const struct sim_happening *packet);
/* The child's line breaks and is made anew; the parent may be told. */
void sim_wire_break(struct sim_node *child);
/* What node had on the wire when it died. */
void sim_wire_orphan(struct sim_node *node);
/* Cuts, clogs and breaks lines by chance; once a second. */
void sim_wire_weather(struct sim_world *world);

/* ---- weather.c: what befalls a machine ---- */
/* Sets clocks, stops them, and lets stores rot, by chance; once a second. */
void sim_machine_weather(struct sim_world *world);
/* A sick disk or no memory for the next transaction of the node, by chance. */
void sim_machine_sicken(struct sim_node *node);
/* All machines are well again. */
void sim_machine_heal(struct sim_world *world);

/* ---- founding.c ---- */
/* Founds the root and enrols everybody else, in order. */
bool sim_found_all(struct sim_world *world);
/* A regime of deploy/regimes, compiled. In world->arena. Breaks a law when it is not there. */
bool sim_regime_load(struct sim_world *world, const char *name, struct dg_bytes *ret);

/* ---- load.c: what people do ---- */
/* Spreads the options' pushes and marks over load_ms. */
void sim_load_plan(struct sim_world *world);
/* Some organ of the node reports something. */
void sim_load_push(struct sim_world *world, struct sim_node *node);
/* Asks exactly this one back. */
void sim_load_recall_as(struct sim_world *world, struct sim_node *node, const char *organ,
                        const struct dg_id *id);
/* Some organ marks something that it has received or answers a request to give it back; or an author asks for
 * one of its reports. */
void sim_load_mark(struct sim_world *world, struct sim_node *node);
/* The node's unit adopts its regime anew: by another adoption, which says the same. */
void sim_load_adopt(struct sim_world *world, struct sim_node *node);
/* Pushes exactly this, with a copy to also (organ@unit). */
void sim_load_push_as(struct sim_world *world, struct sim_node *node, const char *organ, const char *kind,
                      const char *period, const char *also);
/* Pushes a thematic report of that matter; source is what it consolidates, or NULL. */
void sim_load_push_matter(struct sim_world *world, struct sim_node *node, const char *organ,
                          const char *matter, const struct dg_id *source);
/* Pushes a monthly report of the node's committee with that attachment, with a copy to also. */
void sim_load_push_attached(struct sim_world *world, struct sim_node *node, struct dg_attachment *attachment,
                            const char *also);
/* Passes a report on in the name of an organ, or sends it back. */
void sim_load_pass_as(struct sim_world *world, struct sim_node *node, const char *organ,
                      const struct dg_id *id, bool back);
/* The clerk reads the answer. */
void sim_load_replied(struct sim_world *world, struct sim_node *node, uint64_t client, struct dg_bytes reply);

/* ---- vias.c: reports that go through an organ ---- */
/* Some organ of the node sends something through another. */
void sim_load_push_through(struct sim_world *world, struct sim_node *node);
/* A via organ of the node passes something on, sends it back or consolidates it; or one tries to that is
 * none. */
void sim_load_pass(struct sim_world *world, struct sim_node *node);
/* Checks V1 in the node's mailboxes. */
void sim_laws_vias(struct sim_node *node, struct dg_txn *txn);
/* Why V2 or V3 does not hold of a report yet, NULL when both do. txn: one open per node. */
const char *sim_vias_unsettled(struct sim_world *world, struct dg_txn *const txn[],
                               const struct sim_node *author, const struct dg_held *held);

/* ---- accord.c: reports that several sign, and drafts that several comment on ---- */
/* The regime, compiled, with a joint rule and a draft rule added to it. In world->arena. */
bool sim_accord_rules(struct sim_world *world, struct dg_bytes *regime);
/* Somebody signs, withdraws or comments, whether or not that makes sense. */
void sim_accord_act(struct sim_world *world);
/* The further signer of that push (by its place in world->push) signs it, or takes it back. */
void sim_accord_sign(struct sim_world *world, size_t push, bool withdraw);
/* Client numbers from here on belong to sim_accord_replied. */
enum { SIM_CLIENT_ACCORDS = 1000000 };
/* The signer reads the answer. */
void sim_accord_replied(struct sim_world *world, struct sim_node *node, uint64_t client,
                        const struct dg_ctl_reply *reply);
/* J1, for one leaf that was just logged: every author has signed what is accepted, and nothing is both issued
 * and void. */
void sim_accord_leaf(struct sim_node *node, struct dg_txn *txn, const struct dg_leaf *leaf);
/* L5: every comment in the node's log is held once by the author and by every addressee; txn[] are read
 * transactions of all nodes. False, with the reason in why. */
bool sim_accord_settled(struct sim_world *world, struct sim_node *node, struct dg_txn *const txn[], char *why,
                        size_t why_size);

/* ---- duties.c: calendars and what comes of them ---- */
enum { SIM_CLIENT_DUTY = 500 }; /* beside the clients of load.c */
/* The node's directing organ issues, excuses or certifies something; or a day goes by. */
void sim_load_duty(struct sim_world *world, struct sim_node *node);
/* Why the laws of duties do not hold (yet), NULL when they do; txn[i] reads node i. */
const char *sim_duties_unsettled(struct sim_world *world, struct dg_txn *const txn[]);
/* True when there has what own holds under a key of ISSUED. */
bool sim_duty_has(struct sim_node *there, struct dg_bytes key, struct dg_txn *own);

/* ---- sources.c: what reports were made of ---- */
enum { SIM_CLIENT_FETCH = 501 }; /* beside the clients of load.c */
/* Somebody at the node asks for the sources of some report. */
void sim_load_fetch(struct sim_world *world, struct sim_node *node);
/* True when the neighbour has heard of the source that the row was about, or has refused it for good. */
bool sim_source_heard(struct sim_world *world, const struct sim_waiting *row, struct dg_txn *own);
/* Why L6 does not hold (yet), NULL when it does; txn[i] reads node i. */
const char *sim_sources_unsettled(struct sim_world *world, struct dg_txn *const txn[]);

/* ---- carry.c: sticks ---- */
enum { SIM_CLIENT_CARRY = 502 }; /* beside the clients of load.c */
/* dg_sealer; ctx is the node, whose transport key alone opens. */
enum dg_err sim_seal(void *ctx, const struct dg_curve_key *key, struct dg_bytes bytes, struct dg_buf *out);
enum dg_err sim_unseal(void *ctx, struct dg_bytes bytes, struct dg_buf *out);
/* Copies what waits at the node, alive or dead, for some neighbour, and walks there. */
void sim_load_stick(struct sim_world *world, struct sim_node *node);
/* Hands a file to the node, if it runs. */
void sim_carried_arrive(struct sim_world *world, const struct sim_happening *happening);

/* ---- year.c: a planned year (year.h) ---- */
enum { SIM_CLIENT_YEAR = 2000000 }; /* and above: beyond those of accord.c */
/* The clerk of a year reads the answer. */
void sim_year_replied(struct sim_world *world, uint64_t client, const struct dg_ctl_reply *reply);

/* ---- story_away.c ---- */
enum { SIM_CLIENT_AWAY = 503 };

/* ---- trespass.c: organs that reach into others' mailboxes ---- */
enum { SIM_CLIENT_TRESPASS = 504 };
/* An organ of the node marks what another has received: I9 says that it may not. */
void sim_trespass(struct sim_world *world, struct sim_node *node);
/* The answer; breaks I9 when it is yes. */
void sim_trespass_replied(struct sim_world *world, const struct sim_node *node,
                          const struct dg_ctl_reply *reply);

/* True when the node is there, has nothing else to think about, and can read its store: what others say in
 * the same batch, or a sick disk, must not answer for a lie. */
bool sim_villain_may(const struct sim_node *node);

/* ---- impostor.c: lies told downward, and bits that turned ---- */
/* Keeps the goods that went by, from whom to whom. */
void sim_impostor_overhear(struct sim_world *world, const struct sim_node *from, const struct sim_node *to,
                           const struct dg_frame *frame, struct dg_bytes bytes);
/* One misdeed of some kind; that it is refused is checked at once where it must be. */
void sim_impostor_act(struct sim_world *world);
/* ---- bulk.c: attachments ---- */
enum { SIM_CLIENT_ATTACH = 3000000, SIM_ATTACHED_MAX = 48 }; /* clients: beyond those of year.c's */
/* Marks the names that parents know the bulk lines by. */
#define SIM_BULK ((uint64_t)1 << 40)
/* Somebody attaches another file, or asks how far the last one is. */
void sim_bulk_attach(struct sim_world *world, struct sim_node *node, bool another);
/* The clerk reads the answer. */
void sim_bulk_replied(struct sim_world *world, struct sim_node *node, uint64_t client,
                      const struct dg_ctl_reply *reply);
/* A hostile neighbour alters what is in a piece before it leaves. True when bytes was altered. */
bool sim_bulk_meddle(struct sim_node *node, const struct dg_frame *frame, struct dg_buf *bytes);
/* The node's disk of files fails or is full, for one step of the next turn. */
void sim_bulk_sicken(struct sim_node *node);
/* A1 and A3, in what the node holds: no bit for a chunk that is not there, and no whole that is not what was
 * attached. */
void sim_bulk_laws(struct sim_node *node, struct dg_txn *txn);
/* True when the neighbour has all of it, or has no use for it. */
bool sim_bulk_left_rightly(struct sim_node *there, struct dg_bytes content);
/* Why A2 does not hold (yet), NULL when it does; txn[i] reads node i. */
const char *sim_bulk_unsettled(struct sim_world *world, struct dg_txn *const txn[]);
void sim_bulk_free(struct sim_world *world);

/* ---- villain.c: input that must not be believed ---- */
/* One misdeed of some kind; the refusal of it is checked at once. */
void sim_villain_act(struct sim_world *world);
/* Keeps the reports in a frame that went by. */
void sim_villain_overhear(struct sim_world *world, const struct dg_frame *frame);

#endif

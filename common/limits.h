/* limits.h - every maximum of the program, in one place.
 *
 * A buffer, queue, frame, file or list is born with one of these. "Full" is an ordinary answer
 * with a code of its own, never a surprise. Sizes are bytes unless the name says otherwise.
 */
#ifndef DG_COMMON_LIMITS_H
#define DG_COMMON_LIMITS_H

enum {
    DG_SLUG_MAX = 63,        /* unit and organ slugs (a DNS label) */
    DG_FEDERATION_MAX = 127, /* the federation's DNS name */
    DG_ADDRESS_MAX = 127,    /* organ@unit */
    DG_ORIGIN_MAX = 255,     /* a log's origin line, federation/unit/eN */
    DG_NAME_MAX = 255,       /* a unit's or organ's display name */
    DG_RULE_ID_MAX = 31,     /* BP-24.2a */
    DG_CITES_MAX = 255,      /* "Điều 24 khoản 2" */
    DG_KIND_MAX = 31,
    DG_NUMBER_MAX = 63,
    DG_PURPOSE_MAX = 63, /* why a recipient is on the list, "p/h" */
    DG_TITLE_MAX = 1023,
    DG_ENDPOINT_MAX = 255,
    DG_NOTE_TEXT_MAX = 1023, /* the free text of a state */

    DG_REPORT_MAX = 512 * 1024,   /* R, the signed bytes of a report */
    DG_ENVELOPE_MAX = 520 * 1024, /* R and its signatures */
    DG_BODY_MAX = 480 * 1024,     /* the Markdown body inside R */
    DG_LEAF_MAX = 65535,          /* an entry of a tlog-tiles bundle */
    DG_CHECKPOINT_MAX = 4096,     /* a signed note over a checkpoint */
    DG_CERTIFICATE_MAX = 4096,
    DG_REGIME_MAX = 1024 * 1024 - 65536, /* a compiled regime travels in one frame */
    DG_REGIME_FILE_MAX = 4 * 1024 * 1024,
    DG_CALENDAR_MAX = 512 * 1024, /* a signed calendar */
    DG_CALENDAR_ENTRIES_MAX = 8192,
    DG_CALENDAR_FILE_MAX = 2 * 1024 * 1024,
    DG_CALENDAR_DAYS_MAX = 1100, /* a calendar answers for about three years at most */
    DG_MEETINGS_MAX = 256,
    DG_PARTICIPANTS_MAX = 512, /* of one meeting */
    DG_REMIND_MAX = 366,       /* days between reminders, and reminders before one escalates */
    DG_REMINDERS_MAX = 128,    /* about one duty */
    DG_ABSENCES_MAX = 128,     /* by one organ about one duty */
    DG_CALENDARS_MAX = 1024,   /* that one node holds */
    DG_REMINDER_MAX = 4096,    /* a signed reminder */
    DG_ABSENCE_MAX = 8192,     /* a signed finding, with every reminder it names */
    DG_INVITATION_MAX = 32 * 1024,
    DG_TRAIL_MAX = 16 * 1024 * 1024,

    DG_AUTHORS_MAX = 8,
    DG_RECIPIENTS_MAX = 512,
    DG_RULES_PER_RECIPIENT_MAX = 16,
    DG_ALSO_TO_MAX = 128,
    DG_SOURCES_MAX = 1024,
    DG_LINEAGE_MAX = 16384, /* reports in one walk down the sources */
    DG_INDICATORS_MAX = 512,
    DG_ATTACHMENTS_MAX = 64,
    DG_EXTRAS_MAX = 32,
    DG_MATTERS_MAX = 16,
    DG_REGIMES_PER_REPORT_MAX = 16,
    DG_ORGANS_MAX = 128,                   /* organs of one unit */
    DG_ADOPTIONS_MAX = 64,                 /* adoptions of one unit */
    DG_FLAGS_MAX = 1024,                   /* reports flagged at one node because of one that changed */
    DG_CUSTODY_MAX = 2048,                 /* receipts and states kept about one report */
    DG_STEP_ARENA_SOFT = 96 * 1024 * 1024, /* a batch that has taken so much leaves the rest to the next */
    DG_ROLES_MAX = 16,                     /* roles of one organ */
    DG_UNITS_MAX = 20000,                  /* units one node knows */
    DG_REGIME_RULES_MAX = 4096,
    DG_TREE_DEPTH_MAX = 12, /* levels from the root to a cell, with room to spare */
    DG_PROOF_MAX = 64,      /* hashes in an inclusion proof */

    DG_ZMQ_MSG_MAX = 1048576,      /* ZMQ_MAXMSGSIZE; CURVE takes 33 bytes of it */
    DG_FRAME_MAX = 1048576 - 4096, /* our own limit for one encoded Frame */
    DG_FRAME_ITEMS_MAX = 1024,     /* parcels or records in one frame */
    DG_CHILDREN_MAX = 4096,        /* links one node keeps */
    DG_WINDOW_MIN = 16,            /* parcels in flight before any credit is known */
    DG_WINDOW_MAX = 1024,
    DG_BATCH_EVENTS_MAX = 512, /* events in one write transaction */
    DG_BATCH_BYTES_MAX = 8 * 1024 * 1024,
    DG_CTL_MSG_MAX = 4 * 1024 * 1024,
    DG_CTL_CLIENTS_MAX = 64,
    DG_COMMENT_TEXT_MAX = 32 * 1024,  /* the text of a comment */
    DG_COMMENT_MAX = 33 * 1024,       /* a signed comment, the longest body that a record carries */
    DG_COMMENTS_PER_UNIT_MAX = 16,    /* comments kept about one draft from one unit */
    DG_VOID_MAX = 64 * 1024,          /* a signed void: it names a unit for each number */
    DG_ATTENTION_ACK_MAX = 512,       /* lines of the attention list that one request acknowledges */
    DG_JOINT_DRAFTS_MAX = 256,        /* joint drafts of one node that wait for a signature */
    DG_JOINT_DRAFT_DAYS = 30,         /* after so long nobody can sign one any more */
    DG_CARRIED_MAX = 1048576,         /* a file of a bundle: a frame, its seal, and who it is from and for */
    DG_CARRIED_PARTS_MAX = 16384,     /* parts of one bundle */
    DG_CARRIED_ANSWERS_MAX = 1024,    /* answers in one part */
    DG_INVITATIONS_MAX = 4096,        /* open invitations of one node */
    DG_QUARANTINE_ROWS_MAX = 32,      /* reports in quarantine from one neighbour */
    DG_QUARANTINE_BYTES_MAX = 4 * 1024 * 1024,
    DG_REFUSALS_PER_CHILD_DAY = 1000, /* leaves a child may earn by refused reports in a day */

    DG_CLOCK_SKEW_MS = 86400000, /* how far two nodes' clocks may differ on validity */
    DG_FUTURE_MS = 172800000,    /* a report signed further ahead than this is refused */
    DG_STALE_DATE_DAYS = 60,     /* an older document date is accepted and flagged */
    DG_CERTIFICATE_YEARS = 3,
    DG_JOIN_SECONDS = 45,

    DG_GREET_MS = 50,   /* until the line takes the first HELLO */
    DG_HELLO_MS = 5000, /* a HELLO is repeated until it is answered */
    DG_PING_MS = 10000,
    DG_PONG_MS = 30000, /* no authenticated PONG for so long: a dead link */
    DG_LATE_URGENT_MS = 3600000, /* an urgent report that waits so long is told to a person */
    DG_LATE_MS = 86400000,       /* and so is any other */
    DG_UNREAD_MS = 3600000,      /* a flash report that nobody marks for so long */
    DG_ASLEEP_MS = 30000,              /* a neighbour that has taken nothing for so long sleeps */
    DG_CREDIT_BYTES = 64 * 1024 * 1024, /* unanswered on all links together, each getting its part */
    DG_CREDIT_BYTES_LEAST = 64 * 1024,  /* but no less than this */
    DG_RETRY_MIN_MS = 2000,
    DG_RETRY_MAX_MS = 600000,
    DG_RETRY_URGENT_MAX_MS = 30000,

    DG_CHUNK_BYTES = 16 * 1024,        /* chunks of the attachments that this program signs */
    DG_PIECE_BYTES = 256 * 1024,       /* the most of an attachment that travels at once */
    DG_PIECES_MAX = 8192,              /* of one attachment */
    DG_RUNS_MAX = 64,                  /* runs of missing chunks named at a time */
    DG_BULK_ITEMS_MAX = 16,            /* offers, standings or pieces in one frame */
    DG_BULK_IDLE_MS = 60000,           /* a bulk line that nothing uses is closed after so long */
    DG_BULK_PATIENCE_MS = 30000,       /* a piece not taken by then: ask how it stands */
    DG_CHECK_SLICE_BYTES = 1024 * 1024 /* of a file, hashed in one turn */
};

#define DG_ATTACHMENT_MAX ((uint64_t)DG_PIECE_BYTES * DG_PIECES_MAX) /* 2 GiB */

#define DG_CANONICAL_BUDGET(wire) ((size_t)(wire)*8u + 65536u) /* heap a decoder may take */

#endif

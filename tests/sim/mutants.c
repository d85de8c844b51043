/* mutants.c - the table of planted bugs, and the switch that the core asks. */
#include "tests/sim/mutants.h"

#include <string.h>

#include "node/core/mutant.h"

const struct sim_mutant sim_mutants[] = {
    {"ack-early", "speaks before the commit"},
    {"no-dedup", "takes a report that it has already"},
    {"volatile-dedup", "has forgotten after a restart what it took before"},
    {"release-on-send", "stops sending when a report was handed to the socket"},
    {"release-on-any", "stops sending on anybody's receipt"},
    {"skip-leaf", "accepts a report without a leaf of its own"},
    {"skip-outbox", "forgets the onward way of the last recipient"},
    {"no-relay", "keeps receipts and does not pass them on"},
    {"reuse-to-seq", "gives the same number to two reports"},
    {"reuse-position", "forgets to count its log up"},
    {"forget-custody", "ends the retries and does not keep the receipt"},
    {"no-mandate", "accepts a report that leaves out a recipient"},
    {"regime-of-today", "judges a report by no regimes but today's"},
    {"older-regime", "takes a report by a regime that its unit has replaced"},
    {"wrong-subtree", "accepts from a child what is not of its subtree"},
    {"ack-lost", "acknowledges records that it does not keep"},
    {"never-retry", "sends everything once"},
    {"stale-cursor", "goes on, on a new line, behind what was lost with the old one"},
    {"no-forget", "keeps in memory what the disk has refused"},
    {"any-hello", "lets a stranger greet under a member's name"},
    {"mail-twice", "writes a delivery into the mailbox twice"},
    {"past-the-via", "shows a report to those who wait for a via organ"},
    {"pass-not-told", "does not tell the author what a via organ decided"},
    {"pass-not-sent", "does not tell those who wait that a report was passed on"},
    {"pass-twice", "lets a via organ decide twice"},
    {"word-stays", "tells nobody beyond its own unit what it says of its reports"},
    {"word-overtakes", "asks for a report where that has not arrived yet"},
    {"word-forgotten", "asks nobody whom the report reached after the request"},
    {"flag-at-home", "tells nobody else that a source of its report has changed"},
    {"any-signature", "believes a report whose signature is bad"},
    {"joint-alone", "issues a joint report with its lead's signature alone"},
    {"sign-withdrawn", "signs and issues a draft that was withdrawn"},
    {"keep-issued-draft", "keeps a draft that has been issued, to be withdrawn after all"},
    {"lead-chain-only", "brings along the certificate of the lead author only"},
    {"forget-collector", "sends comments to the author and to nobody who collects them"},
    {"comment-twice", "keeps a comment as often as it is heard"},
    {"calendar-skips-one", "does not tell one of its children of a calendar"},
    {"remind-always", "reminds again whenever it looks"},
    {"withhold-source", "acknowledges a want and does not give the source that it has"},
    {"release-on-export", "stops sending what was copied to a stick"},
    {"cut-frame", "leaves out the last byte of a long frame"},
    {"wrong-leaf", "gives a duplicate the receipt of another leaf"},
    {"seal-later", "commits leaves that no checkpoint covers yet"},
    {"lost-wake", "writes what is to be sent and tells its link nothing"},
    {"reuse-row", "gives two rows of an outbox the same number"},
    {"window-shrinks", "takes a receipt as a reason to send less"},
    {"put-off-for-ever", "does not come back to what a neighbour could not take yet"},
    {"drop-refused", "forgets what a neighbour has not taken"},
    {"cursor-skips", "goes on one row too far"},
    {"full-for-ever", "believes for a day that a socket takes nothing"},
    {"refuse-duplicate", "refuses what it has already, and gives no receipt"},
    {"forget-forward", "puts a report into its mailboxes and does not pass it on"},
    {"ack-next", "acknowledges the row after the one it has"},
    {"deaf-to-clock", "waits for hours that a clock was set back by"},
    {"any-parent", "lets anybody speak for its parent"},
    {"any-mailbox", "lets an organ mark what another has received"},
    {"speak-anyway", "speaks though the commit failed"},
    {"believe-disk", "reads altered rows as if they were good"},
    {"any-answer", "takes a receipt for whatever report it is said to be of"},
    {"volatile-outbox", "loses its outbox when it starts"},
    {"certify-blind", "certifies as missing without looking"},
    {"bits-before-sync", "says that it has chunks that it has not made durable"},
    {"no-piece-proof", "takes any bytes for a piece of an attachment"},
    {"whole-unchecked", "calls an attachment whole without reading it"},
    {"bulk-release-early", "stops giving an attachment when its first piece was taken"},
    {"bulk-not-onward", "keeps the attachments of reports that go further"},
};

const size_t sim_mutant_count = sizeof sim_mutants / sizeof sim_mutants[0];

const struct sim_mutant sim_away_mutants[] = {
    {"urgent-last", "sends ordinary reports before urgent ones"},
};

const size_t sim_away_mutant_count = sizeof sim_away_mutants / sizeof sim_away_mutants[0];

const struct sim_mutant sim_year_mutants[] = {
    {"old-calendar", "asks for what a newer serial of the calendar has dropped"},
    {"regime-of-first", "asks by the regime of the day on which a period begins"},
    {"late-from-the-start", "counts as late what was asked for after its day"},
    {"forget-first-asking", "forgets that an older serial has asked already"},
    {"rule-to-the-letter", "takes no report for an old period under the rules of a new regime"},
    {"late-as-punctual", "evaluates what came late as if it had been in time"},
    {"escalate-next", "escalates one reminder too late"},
};

const size_t sim_year_mutant_count = sizeof sim_year_mutants / sizeof sim_year_mutants[0];

static const char *planted;

/* Its name as the table spells it, NULL when it is not there. */
static const char *find(const struct sim_mutant mutants[], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, mutants[i].name) == 0)
            return mutants[i].name;
    return NULL;
}

bool sim_mutant_plant(const char *name)
{
    planted = NULL;
    if (name != NULL)
        planted = find(sim_mutants, sim_mutant_count, name);
    if (name != NULL && planted == NULL)
        planted = find(sim_away_mutants, sim_away_mutant_count, name);
    if (name != NULL && planted == NULL)
        planted = find(sim_year_mutants, sim_year_mutant_count, name);
    return name == NULL || planted != NULL;
}

bool dg_mutant(const char *name)
{
    return planted != NULL && strcmp(planted, name) == 0;
}

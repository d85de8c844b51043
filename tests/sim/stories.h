/* stories.h - the crash points of delivery, each told by name on a province, a district and a commune. */
#ifndef DG_TESTS_SIM_STORIES_H
#define DG_TESTS_SIM_STORIES_H

#include <stdbool.h>

/* Tells one story, or all when name is NULL; trace prints it as it goes. True when all end well. */
bool sim_stories_run(const char *name, bool trace);
/* The last signature and the withdrawal of a joint report, with a death or a full disk at every point. */
bool sim_story_signing(bool trace);
/* A node that starts from an older copy of its store, in each place; and the bugs that this must catch. */
bool sim_story_restore(bool trace);

/* The parent away for thirty days, with so many reports waiting: all arrive, each once, urgent ones first. */
bool sim_story_away(unsigned reports, bool trace);

#endif

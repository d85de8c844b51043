/* stories.h - the crash points of delivery, each told by name on a province, a district and a commune. */
#ifndef DG_TESTS_SIM_STORIES_H
#define DG_TESTS_SIM_STORIES_H

#include <stdbool.h>

/* Tells one story, or all when name is NULL; trace prints it as it goes. True when all end well. */
bool sim_stories_run(const char *name, bool trace);

#endif

/* What the parts of the shim share. */
#ifndef MMC_INTERNAL_H
#define MMC_INTERNAL_H

#include <lighttpd/base.h>
#include <lighttpd/pattern.h>
#include <lighttpd/plugin_core.h>

#include "shim.h"

#define SRV(p) ((liServer *)(p))
#define WRK(p) ((liWorker *)(p))
#define REQ(p) ((liVRequest *)(p))

static inline mmc_bytes mmc_of_string(const GString *s) {
	return s ? (mmc_bytes){ (const uint8_t *)s->str, s->len } : (mmc_bytes){ NULL, 0 };
}

/* A line for the log, with its level in front as the host's own lines have it.
 * Worker and context may be missing. */
void mmc_log(liServer *, liWorker *, liLogContext *, liLogLevel, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* The plugin's slots for one worker and one request. */
void *mmc_state_of_worker(const liWorker *wrk);
guint mmc_plugin_id(void);
const mmc_plugin_def *mmc_def(void);

/* Scripts: from the host's hooks. */
void mmc_scripts_init(liLuaState *, liServer *, liWorker *, liPlugin *);
void mmc_scripts_stop(liWorker *);
void mmc_scripts_free_all(void);

#endif

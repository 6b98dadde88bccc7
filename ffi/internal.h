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
void mmc_log(liServer *, liWorker *, liLogContext *, mmc_level, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* fits.c: whether the server is one that this was compiled for; if not, the log says
 * what differs. Nothing else of a server is looked at before. */
bool mmc_server_fits(const liModules *);
/* The same for its workers, which are there once it has read its configuration. */
bool mmc_workers_fit(liServer *);

/* Jobs of a worker, see event.c. */
typedef struct {
	struct ev_loop *loop; /* NULL before the first job */
	GQueue due, again, last;
	guint64 pass;
	bool running;
	ev_prepare prepare;
	/* Active while a job is due: then the loop does not wait. */
	ev_idle idle;
} mmc_jobs;

/* What requests have left for others, see spare.c. */
typedef struct {
	GQueue headers;
	GArray *variables; /* NULL: nothing is kept */
	/* How many the plugin has inserted and not taken over since. */
	guint headers_out, variables_out;
} mmc_spare;

/* One worker, from the moment its thread prepares it until it stops. */
typedef struct {
	bool open;
	mmc_rust_worker *state; /* NULL if Rust could not start */
	GQueue watchers;        /* of its loop, all that there are */
	GQueue copies;          /* of requests, see copy.c */
	mmc_jobs jobs;
	mmc_spare spare;
} mmc_slot;

/* The plugin that was registered last. */
const mmc_plugin_def *mmc_def(void);
void mmc_set_def(const mmc_plugin_def *);
/* Its place among the plugins of the server. Written while the configuration is read, before
 * any request. */
extern guint mmc_plugin_id;

/* A slot for each worker; there are none before. */
void mmc_slots_new(guint count);
/* `forget` lets go of what a slot still lists. */
void mmc_slots_free(void (*forget)(mmc_slot *));
/* NULL before the workers are known, and on a server that does not fit. */
mmc_slot *mmc_slot_of(const liWorker *);
mmc_rust_worker *mmc_state_of_worker(const liWorker *);

/* Stops all watchers of a worker; whoever has one can still free it. */
void mmc_watchers_stop(mmc_slot *);
/* Forgets them, where the loop is gone already. */
void mmc_watchers_forget(mmc_slot *);

/* Ends all copies of requests; whoever has one can still free it. */
void mmc_copies_stop(mmc_slot *);
bool mmc_is_copy(const liVRequest *);

/* Has the server tell the plugin of the end of requests after all others, who may still look
 * at them; false if it does not tell it at all. */
bool mmc_spare_is_last(liServer *, liPlugin *);
void mmc_spare_open(mmc_spare *);
void mmc_spare_close(mmc_spare *);
/* Takes over headers of the response and variables of a request that is over, and that
 * nobody else will look at. */
void mmc_spare_take(mmc_spare *, liVRequest *);
/* As li_http_header_insert and li_environment_set, but with what was taken over. */
void mmc_insert_header(liVRequest *, liHttpHeaders *, mmc_bytes name, mmc_bytes value);
void mmc_insert_variable(liVRequest *, mmc_bytes name, mmc_bytes value);

/* Nothing of the configuration is freed any more. */
void mmc_config_close(void);
void mmc_config_open(void);

/* Scripts: from the host's hooks. */
void mmc_scripts_init(liLuaState *, liServer *, liWorker *, liPlugin *);
void mmc_scripts_stop(liWorker *);
void mmc_scripts_free_all(void);

#endif

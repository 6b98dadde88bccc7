/* Whether a server is one that the plugin was compiled for. The version that it says it
 * has was never raised, so what came with a change of its structs tells them apart. */
#include "internal.h"

/* Each is there since a change of structs, and no member of them is followed before that
 * is known. */
extern const char has_proxy_protocol[] __asm__("li_connection_proxy_protocol_init") __attribute__((weak));
/* These two are there with Lua alone. */
extern const char has_lua[] __asm__("li_lua_get_vrequest") __attribute__((weak));
extern const char has_environments[] __asm__("li_lua_environment_restore") __attribute__((weak));

#ifdef MMC_NO_PROXY_PROTOCOL
#define WANTS_PROXY_PROTOCOL false
#else
#define WANTS_PROXY_PROTOCOL true
#endif
#ifdef MMC_NO_ENV_REF
#define WANTS_ENVIRONMENTS false
#else
#define WANTS_ENVIRONMENTS true
#endif

static bool complain(liServer *srv, const char *what, long long is, long long expected) {
	mmc_log(srv, NULL, NULL, MMC_LEVEL_ERROR,
		"mod_memcached: this server does not fit the plugin: %s is %lld, expected %lld", what, is, expected);
	return false;
}

static bool has_another_age(liServer *srv, bool is_older) {
	mmc_log(srv, NULL, NULL, MMC_LEVEL_ERROR, "mod_memcached: this server does not fit the plugin: it is %s; %s",
		is_older ? "older than lighttpd2 of July 2025 (f692ec9), or than the headers that the plugin was built with" : "newer than the headers that the plugin was built with",
		"take a lighttpd2 that fits, or build the plugin with LIGHTTPD2_INCLUDE_DIR, which names the headers of this one");
	return false;
}

bool mmc_server_fits(const liModules *mods) {
	liServer *srv = mods->main;
	if (mods->version != MODULE_VERSION)
		return complain(srv, "the version of the module interface", mods->version, MODULE_VERSION);
	if (mods->sizeof_off_t != sizeof(off_t))
		return complain(srv, "the size of off_t", mods->sizeof_off_t, sizeof(off_t));
	if (!srv) return false;
	if (srv->magic != LIGHTTPD_SERVER_MAGIC)
		return complain(srv, "the magic number of the server", srv->magic, LIGHTTPD_SERVER_MAGIC);
	if ((has_proxy_protocol != NULL) != WANTS_PROXY_PROTOCOL) return has_another_age(srv, WANTS_PROXY_PROTOCOL);
	if (has_lua && (has_environments != NULL) != WANTS_ENVIRONMENTS) return has_another_age(srv, WANTS_ENVIRONMENTS);
	/* It has one before it loads modules, alone at first. */
	if (!srv->main_worker || srv->main_worker->srv != srv)
		return complain(srv, "the number of main workers", 0, 1);
	return true;
}

bool mmc_workers_fit(liServer *srv) {
	guint count = srv->worker_count;
	if (!srv->workers || srv->workers->len != count)
		return complain(srv, "the number of workers", srv->workers ? srv->workers->len : 0, count);
	for (guint i = 0; i < count; i++) {
		liWorker *wrk = g_array_index(srv->workers, liWorker *, i);
		if (!wrk || wrk->ndx != i || wrk->srv != srv) return complain(srv, "the index of a worker", wrk ? wrk->ndx : -1LL, i);
	}
	return true;
}

/* What stands in setup blocks. */
#include "host.h"

static gboolean each_string(struct server *srv, liValue *v, gboolean (*use)(struct server *, const GString *)) {
	liValue *list = value_single(v);
	if (value_type(list) == LI_VALUE_STRING) return use(srv, list->data.string);
	if (value_type(list) != LI_VALUE_LIST) return FALSE;
	for (guint i = 0; i < value_len(list); i++)
		if (value_type(value_at(list, i)) != LI_VALUE_STRING || !use(srv, value_at(list, i)->data.string)) return FALSE;
	return TRUE;
}

static gboolean load(struct server *srv, const GString *name) { return module_load(srv, name->str); }

static gboolean setup_module_load(struct server *srv, liValue *v) { return each_string(srv, v, load); }

static gboolean add_address(struct server *srv, const GString *text) {
	g_ptr_array_add(srv->addresses, g_string_new_len(STR(text)));
	return TRUE;
}

static gboolean setup_listen(struct server *srv, liValue *v) { return each_string(srv, v, add_address); }

static gboolean setup_workers(struct server *srv, liValue *v) {
	liValue *n = value_single(v);
	if (value_type(n) != LI_VALUE_NUMBER || n->data.number < 1 || n->data.number > WORKERS_MAX) {
		LOG(srv, ERROR, "workers expects a number of 1 to 256");
		return FALSE;
	}
	srv->pub.worker_count = (guint)n->data.number;
	return TRUE;
}

static gboolean setup_log(struct server *srv, liValue *v) {
	return log_set_targets(srv, value_single(v));
}

static gboolean setup_ignored(struct server *srv, liValue *v) {
	(void)srv;
	(void)v;
	return TRUE;
}

void core_setups_register(struct server *srv) {
	setup_register(srv, "module_load", setup_module_load);
	setup_register(srv, "listen", setup_listen);
	setup_register(srv, "workers", setup_workers);
	setup_register(srv, "log", setup_log);
	static const char *const ignored[] = { "log.timestamp", "io.timeout", "stat_cache.ttl", "tasklet_pool.threads", "workers.cpu_affinity", "fetch.files_static" };
	for (gsize i = 0; i < G_N_ELEMENTS(ignored); i++) setup_register(srv, ignored[i], setup_ignored);
}

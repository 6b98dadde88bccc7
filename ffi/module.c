/* Loading, registration, life cycle. */
#include "internal.h"

static liPlugin *plugin;
static const mmc_plugin_def *def;
static void **worker_states;
static guint worker_count;

static void complain(liServer *srv, const char *what, long long is, long long expected) {
	mmc_log(srv, NULL, NULL, LI_LOG_LEVEL_ERROR,
		"mod_memcached: this server does not fit the plugin: %s is %lld, expected %lld", what, is, expected);
}

void *mmc_state_of_worker(const liWorker *wrk) {
	return worker_states && wrk->ndx < worker_count ? worker_states[wrk->ndx] : NULL;
}

guint mmc_plugin_id(void) { return plugin->id; }

const mmc_plugin_def *mmc_def(void) { return def; }

static liAction *create_action(liServer *srv, liWorker *wrk, liPlugin *p, liValue *val, gpointer userdata);

static void prepare(liServer *srv, liPlugin *p) {
	(void)p;
	if (srv->workers->len != srv->worker_count) {
		complain(srv, "the number of workers", srv->workers->len, srv->worker_count);
		return;
	}
	for (guint i = 0; i < srv->worker_count; i++) {
		liWorker *wrk = g_array_index(srv->workers, liWorker *, i);
		if (wrk->ndx != i || wrk->srv != srv) {
			complain(srv, "the index of a worker", wrk->ndx, i);
			return;
		}
	}
	worker_count = srv->worker_count;
	worker_states = g_new0(void *, worker_count);
	for (guint i = 0; i < worker_count; i++)
		worker_states[i] = def->start_worker((mmc_worker *)g_array_index(srv->workers, liWorker *, i));
}

static void worker_stop(liServer *srv, liPlugin *p, liWorker *wrk) {
	(void)srv;
	(void)p;
	void *state = mmc_state_of_worker(wrk);
	if (state) {
		worker_states[wrk->ndx] = NULL;
		def->stop_worker(state);
	}
	mmc_scripts_stop(wrk);
}

static void vrclose(liVRequest *vr, liPlugin *p) {
	void *state = g_ptr_array_index(vr->plugin_ctx, p->id);
	if (!state) return;
	g_ptr_array_index(vr->plugin_ctx, p->id) = NULL;
	def->request_closed(state);
}

static void init_plugin(liServer *srv, liPlugin *p, gpointer userdata) {
	(void)srv;
	(void)userdata;
	liPluginAction *actions = g_new0(liPluginAction, def->action_count + 1);
	for (size_t i = 0; i < def->action_count; i++)
		actions[i] = (liPluginAction){ def->actions[i].name, create_action, (gpointer)&def->actions[i] };
	p->data = actions;
	p->actions = actions;
	p->handle_prepare = prepare;
	p->handle_worker_stop = worker_stop;
	p->handle_vrclose = vrclose;
	p->handle_init_lua = mmc_scripts_init;
}

bool mmc_init(mmc_modules *modules, mmc_module *module, const mmc_plugin_def *plugin_def) {
	liModules *mods = (liModules *)modules;
	liServer *srv = mods->main;
	if (mods->version != MODULE_VERSION) {
		complain(srv, "the version of the module interface", mods->version, MODULE_VERSION);
		return false;
	}
	if (mods->sizeof_off_t != sizeof(off_t)) {
		complain(srv, "the size of off_t", mods->sizeof_off_t, sizeof(off_t));
		return false;
	}
	if (srv->magic != LIGHTTPD_SERVER_MAGIC) {
		complain(srv, "the magic number of the server", srv->magic, LIGHTTPD_SERVER_MAGIC);
		return false;
	}
	def = plugin_def;
	plugin = li_plugin_register(srv, def->name, init_plugin, NULL);
	((liModule *)module)->config = plugin;
	return plugin != NULL;
}

bool mmc_free(mmc_modules *modules, mmc_module *module) {
	liPlugin *p = ((liModule *)module)->config;
	if (p) {
		gpointer actions = p->data;
		li_plugin_free(((liModules *)modules)->main, p);
		g_free(actions);
	}
	mmc_scripts_free_all();
	g_free(worker_states);
	worker_states = NULL;
	worker_count = 0;
	plugin = NULL;
	return true;
}

/* An action's Rust half, with the functions that know it. */
typedef struct {
	const mmc_action_def *def;
	void *param;
} action;

static liHandlerResult run(liVRequest *vr, gpointer param, gpointer *context) {
	action *a = param;
	return (liHandlerResult)a->def->run((mmc_request *)vr, a->param, context);
}

static liHandlerResult cleanup(liVRequest *vr, gpointer param, gpointer context) {
	(void)vr;
	action *a = param;
	a->def->cleanup(a->param, context);
	return LI_HANDLER_GO_ON;
}

static void destroy(liServer *srv, gpointer param) {
	(void)srv;
	action *a = param;
	a->def->destroy(a->param);
	g_free(a);
}

static liAction *create_action(liServer *srv, liWorker *wrk, liPlugin *p, liValue *val, gpointer userdata) {
	(void)wrk;
	(void)p;
	const mmc_action_def *d = userdata;
	void *param = d->create((mmc_server *)srv, (mmc_value *)val);
	if (!param) return NULL;
	action *a = g_new(action, 1);
	*a = (action){ d, param };
	return li_action_new_function(run, cleanup, destroy, a);
}

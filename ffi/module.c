/* Loading, registration, life cycle, actions. */
#include "internal.h"

static mmc_rust_shared *shared;
static liPluginAction *actions;
static liPluginSetup *setups;
static bool registered;
static bool keeps_spare;

/* All workers are known, and none runs. */
static void prepare(liServer *srv, liPlugin *p) {
	if (!mmc_workers_fit(srv)) return;
	keeps_spare = mmc_spare_is_last(srv, p);
	shared = mmc_def()->share((mmc_server *)srv);
	if (shared) mmc_slots_new(srv->worker_count);
}

/* On the worker's own thread, like all that uses its slot. */
static void prepare_worker(liServer *srv, liPlugin *p, liWorker *wrk) {
	(void)srv;
	(void)p;
	mmc_slot *slot = mmc_slot_of(wrk);
	if (!slot || slot->open) return;
	slot->open = true;
	if (keeps_spare) mmc_spare_open(&slot->spare);
	slot->state = mmc_def()->start_worker(shared, (mmc_worker *)wrk);
}

static void worker_stop(liServer *srv, liPlugin *p, liWorker *wrk) {
	(void)srv;
	(void)p;
	mmc_slot *slot = mmc_slot_of(wrk);
	mmc_rust_worker *state = mmc_state_of_worker(wrk);
	/* While there is a state that they can come back to. */
	if (slot) mmc_copies_stop(slot);
	if (state) {
		slot->state = NULL;
		mmc_def()->stop_worker(state);
	}
	mmc_scripts_stop(wrk);
	if (!slot) return;
	mmc_watchers_stop(slot);
	mmc_spare_close(&slot->spare);
}

static void vrclose(liVRequest *vr, liPlugin *p) {
	(void)p;
	mmc_rust_request **slot = mmc_request_slot((mmc_request *)vr);
	mmc_rust_request *state = slot ? *slot : NULL;
	if (!state) return;
	*slot = NULL;
	mmc_def()->request_closed(mmc_state_of_worker(vr->wrk), state);
	mmc_slot *worker = mmc_slot_of(vr->wrk);
	if (worker) mmc_spare_take(&worker->spare, vr);
}

/* An action's Rust half, with the functions that know it. */
typedef struct {
	const mmc_action_def *def;
	mmc_rust_action *rust;
} action;

static liHandlerResult run(liVRequest *vr, gpointer param, gpointer *context) {
	action *a = param;
	return (liHandlerResult)a->def->run((mmc_request *)vr, a->rust, (mmc_rust_context **)context);
}

static liHandlerResult cleanup(liVRequest *vr, gpointer param, gpointer context) {
	action *a = param;
	a->def->cleanup((mmc_request *)vr, context, mmc_request_has_failed((mmc_request *)vr));
	return LI_HANDLER_GO_ON;
}

static void destroy(liServer *srv, gpointer param) {
	(void)srv;
	action *a = param;
	a->def->destroy(a->rust);
	g_free(a);
}

mmc_action *mmc_action_new(const mmc_action_def *def, mmc_rust_action *rust) {
	action *a = g_new(action, 1);
	*a = (action){ def, rust };
	return (mmc_action *)li_action_new_function(run, cleanup, destroy, a);
}

static liAction *create_action(liServer *srv, liWorker *wrk, liPlugin *p, liValue *val, gpointer userdata) {
	(void)wrk;
	(void)p;
	const mmc_action_def *d = &mmc_def()->actions[GPOINTER_TO_SIZE(userdata)];
	mmc_rust_action *rust = d->create((mmc_server *)srv, (mmc_value *)val);
	return rust ? (liAction *)mmc_action_new(d, rust) : NULL;
}

static gboolean set_up(liServer *srv, liPlugin *p, liValue *val, gpointer userdata) {
	(void)p;
	return mmc_def()->setups[GPOINTER_TO_SIZE(userdata)].set_up((mmc_server *)srv, (mmc_value *)val);
}

static void init_plugin(liServer *srv, liPlugin *p, gpointer userdata) {
	(void)srv;
	(void)userdata;
	const mmc_plugin_def *def = mmc_def();
	actions = g_new0(liPluginAction, def->action_count + 1);
	for (size_t i = 0; i < def->action_count; i++)
		actions[i] = (liPluginAction){ def->actions[i].name, create_action, GSIZE_TO_POINTER(i) };
	p->actions = actions;
	setups = g_new0(liPluginSetup, def->setup_count + 1);
	for (size_t i = 0; i < def->setup_count; i++)
		setups[i] = (liPluginSetup){ def->setups[i].name, set_up, GSIZE_TO_POINTER(i) };
	p->setups = setups;
	p->handle_prepare = prepare;
	p->handle_prepare_worker = prepare_worker;
	p->handle_worker_stop = worker_stop;
	p->handle_vrclose = vrclose;
	p->handle_init_lua = mmc_scripts_init;
	mmc_plugin_id = p->id;
}

static void forget(void) {
	mmc_config_close();
	g_free(actions);
	actions = NULL;
	g_free(setups);
	setups = NULL;
	registered = false;
}

bool mmc_init(mmc_modules *modules, mmc_module *module, const mmc_plugin_def *def) {
	liModules *mods = (liModules *)modules;
	liServer *srv = mods->main;
	if (!mmc_server_fits(mods)) return false;
	if (registered) {
		mmc_log(srv, NULL, NULL, MMC_LEVEL_ERROR, "mod_memcached: loaded already");
		return false;
	}
	mmc_set_def(def);
	registered = true;
	mmc_config_open();
	liPlugin *plugin = li_plugin_register(srv, def->name, init_plugin, NULL);
	((liModule *)module)->config = plugin;
	if (!plugin) forget();
	return plugin != NULL;
}

bool mmc_free(mmc_modules *modules, mmc_module *module) {
	liPlugin *p = ((liModule *)module)->config;
	if (!p) return true;
	mmc_config_close();
	li_plugin_free(((liModules *)modules)->main, p);
	mmc_scripts_free_all();
	mmc_slots_free(mmc_watchers_forget);
	if (shared) mmc_def()->unshare(shared);
	shared = NULL;
	forget();
	return true;
}

/* Loaded modules, and the plugins, actions and setups that they bring. */
#include <gmodule.h>

#include "host.h"

typedef gboolean (*module_function)(liModules *, liModule *);

struct module {
	liModule pub;
	gchar *name;
	GModule *handle;
	module_function free;
};

struct registered {
	liPlugin *plugin;
	const liPluginAction *action;
	const liPluginSetup *of_plugin;
	setup_cb setup;
};

static liModules interface;

void plugins_init(struct server *srv) {
	const char *pretended = g_getenv("HOST_PRETENDS");
	if (!pretended) pretended = "";
	interface.version = MODULE_VERSION + g_str_equal(pretended, "version");
	interface.main = srv;
	interface.sizeof_off_t = (guint8)(g_str_equal(pretended, "off_t") ? sizeof(off_t) / 2 : sizeof(off_t));
	if (g_str_equal(pretended, "magic")) srv->pub.magic++;
	srv->plugins = g_ptr_array_new();
	srv->modules = g_ptr_array_new();
	srv->actions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	srv->setups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
}

void plugins_clear(struct server *srv) {
	for (guint i = srv->modules->len; i-- > 0;) {
		struct module *m = g_ptr_array_index(srv->modules, i);
		m->free(&interface, &m->pub);
		g_module_close(m->handle);
		g_free(m->name);
		g_free(m);
	}
	g_ptr_array_free(srv->modules, TRUE);
	while (srv->plugins->len) li_plugin_free(&srv->pub, g_ptr_array_index(srv->plugins, srv->plugins->len - 1));
	g_ptr_array_free(srv->plugins, TRUE);
	g_hash_table_destroy(srv->actions);
	g_hash_table_destroy(srv->setups);
}

static GModule *open_module(struct server *srv, const char *name) {
	gchar *reasons = NULL;
	/* As lighttpd2 does: for the first of these GLib tries endings, and which before which
	 * changed between its 2.74 and 2.84. */
	static const char *const prefixes[] = { "", "lib" }, *const endings[] = { "", ".so" };
	for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		gchar *path = g_strconcat(srv->module_dir, "/", prefixes[i], name, endings[i], NULL);
		GModule *handle = g_module_open(path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
		g_free(path);
		if (handle) {
			g_free(reasons);
			return handle;
		}
		gchar *all = g_strconcat(reasons ? reasons : "", reasons ? "; " : "", g_module_error(), NULL);
		g_free(reasons);
		reasons = all;
	}
	LOG(srv, ERROR, "could not load module '%s': %s", name, reasons);
	g_free(reasons);
	return NULL;
}

static gboolean is_loaded(struct server *srv, const char *name) {
	for (guint i = 0; i < srv->modules->len; i++)
		if (g_str_equal(((struct module *)g_ptr_array_index(srv->modules, i))->name, name)) return TRUE;
	return FALSE;
}

gboolean module_load(struct server *srv, const char *name) {
	/* What these bring is a part of the stand-in. */
	static const char *const own[] = { "mod_proxy", "mod_fastcgi", "mod_rewrite", "mod_lua", "mod_debug", "mod_access" };
	for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
		if (g_str_equal(own[i], name)) return TRUE;
	if (is_loaded(srv, name)) return TRUE;
	GModule *handle = open_module(srv, name);
	if (!handle) return FALSE;
	gchar *init_name = g_strconcat(name, "_init", NULL), *free_name = g_strconcat(name, "_free", NULL);
	module_function init = NULL, free = NULL;
	gboolean complete = g_module_symbol(handle, init_name, (gpointer *)&init) && g_module_symbol(handle, free_name, (gpointer *)&free);
	g_free(init_name);
	g_free(free_name);
	struct module *m = g_new0(struct module, 1);
	if (!complete || !init(&interface, &m->pub)) {
		LOG(srv, ERROR, "could not load module '%s': %s", name, complete ? "it refused" : "it lacks its functions");
		g_module_close(handle);
		g_free(m);
		return FALSE;
	}
	m->name = g_strdup(name);
	m->handle = handle;
	m->free = free;
	g_ptr_array_add(srv->modules, m);
	return TRUE;
}

void plugin_set_actions(struct server *srv, liPlugin *plugin, const liPluginAction *actions) {
	for (; actions && actions->name; actions++) {
		struct registered *r = g_new0(struct registered, 1);
		r->plugin = plugin;
		r->action = actions;
		g_hash_table_insert(srv->actions, (gpointer)actions->name, r);
	}
}

static void plugin_set_setups(struct server *srv, liPlugin *plugin, const liPluginSetup *setups) {
	for (; setups && setups->name; setups++) {
		struct registered *r = g_new0(struct registered, 1);
		r->plugin = plugin;
		r->of_plugin = setups;
		g_hash_table_insert(srv->setups, (gpointer)setups->name, r);
	}
}

void setup_register(struct server *srv, const char *name, setup_cb setup) {
	struct registered *r = g_new0(struct registered, 1);
	r->setup = setup;
	g_hash_table_insert(srv->setups, (gpointer)name, r);
}

liPlugin *li_plugin_register(liServer *server, const gchar *name, liPluginInitCB init, gpointer userdata) {
	(void)name;
	struct server *srv = SERVER(server);
	liPlugin *p = g_new0(liPlugin, 1);
	p->id = srv->plugins->len;
	g_ptr_array_add(srv->plugins, p);
	init(server, p, userdata);
	plugin_set_actions(srv, p, p->actions);
	plugin_set_setups(srv, p, p->setups);
	return p;
}

static gboolean is_of(gpointer name, gpointer registered, gpointer plugin) {
	(void)name;
	return ((struct registered *)registered)->plugin == plugin;
}

void li_plugin_free(liServer *server, liPlugin *p) {
	struct server *srv = SERVER(server);
	g_hash_table_foreach_remove(srv->actions, is_of, p);
	g_hash_table_foreach_remove(srv->setups, is_of, p);
	g_ptr_array_remove(srv->plugins, p);
	g_free(p);
}

liAction *action_create(struct server *srv, const char *name, liValue *v) {
	struct registered *r = g_hash_table_lookup(srv->actions, name);
	if (!r) {
		LOG(srv, ERROR, "unknown action '%s'", name);
		return NULL;
	}
	liAction *a = r->action->create_action(&srv->pub, srv->pub.main_worker, r->plugin, v, r->action->userdata);
	if (!a) LOG(srv, ERROR, "Action '%s' creation failed", name);
	return a;
}

static gboolean call_setup(struct server *srv, const struct registered *r, liValue *v) {
	const liPluginSetup *own = r->of_plugin;
	return own ? own->setup(&srv->pub, r->plugin, v, own->userdata) : r->setup(srv, v);
}

gboolean setup_run(struct server *srv, const char *name, liValue *v) {
	struct registered *r = g_hash_table_lookup(srv->setups, name);
	gboolean failed = FALSE;
	if (!r && setting_default(srv, name, v, &failed)) return !failed;
	if (!r) LOG(srv, ERROR, "unknown setup '%s'", name);
	if (r && !call_setup(srv, r, v)) {
		LOG(srv, ERROR, "Setup '%s' failed", name);
		r = NULL;
	}
	return r != NULL;
}

/* The real server knows whom to tell of the end of requests before it has them prepare. */
void plugins_prepare(struct server *srv) {
	for (guint i = 0; i < srv->plugins->len; i++) {
		liPlugin *p = g_ptr_array_index(srv->plugins, i);
		if (p->handle_vrclose) g_array_append_val(srv->pub.li_plugins_handle_vrclose, p);
	}
	for (guint i = 0; i < srv->plugins->len; i++) {
		liPlugin *p = g_ptr_array_index(srv->plugins, i);
		if (p->handle_prepare) p->handle_prepare(&srv->pub, p);
	}
}

void plugins_prepare_worker(struct worker *wrk) {
	struct server *srv = SERVER(wrk->pub.srv);
	for (guint i = 0; i < srv->plugins->len; i++) {
		liPlugin *p = g_ptr_array_index(srv->plugins, i);
		if (p->handle_prepare_worker) p->handle_prepare_worker(&srv->pub, p, &wrk->pub);
	}
}

void plugins_worker_stop(struct worker *wrk) {
	struct server *srv = SERVER(wrk->pub.srv);
	for (guint i = 0; i < srv->plugins->len; i++) {
		liPlugin *p = g_ptr_array_index(srv->plugins, i);
		if (p->handle_worker_stop) p->handle_worker_stop(&srv->pub, p, &wrk->pub);
	}
}

void plugins_vrclose(struct vrequest *vr) {
	const GArray *told = vr->pub.wrk->srv->li_plugins_handle_vrclose;
	for (guint i = 0; i < told->len; i++) {
		liPlugin *p = g_array_index(told, liPlugin *, i);
		p->handle_vrclose(&vr->pub, p);
	}
}

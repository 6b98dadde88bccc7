/* Actions: respond, docroot, alias, index, set_status, env.*, log.write, list. */
#include <sys/stat.h>

#include "host.h"

static void free_pattern(liServer *srv, gpointer param) {
	(void)srv;
	li_pattern_free(param);
}

/* A pattern from an action's one argument. */
static liPattern *pattern_of(liServer *srv, liValue *v, const char *action) {
	liValue *text = value_single(v);
	if (value_type(text) != LI_VALUE_STRING) {
		LOG(SERVER(srv), ERROR, "'%s' action takes a string as parameter", action);
		return NULL;
	}
	return li_pattern_new(srv, text->data.string->str);
}

struct response {
	int status;
	liPattern *text;
};

static liHandlerResult run_respond(liVRequest *pub, gpointer param, gpointer *context) {
	(void)context;
	struct vrequest *vr = VREQUEST(pub);
	struct response *r = param;
	if (!li_vrequest_handle_direct(pub)) return LI_HANDLER_GO_ON;
	pub->response.http_status = r->status;
	if (!header_find(pub->response.headers, "Content-Type")) header_set(pub->response.headers, "Content-Type", "text/plain");
	if (r->text) {
		GString *text = g_string_new(NULL);
		pattern_append(vr, text, r->text);
		queue_append_string(pub->direct_out, text);
	}
	return LI_HANDLER_GO_ON;
}

static void free_respond(liServer *srv, gpointer param) {
	(void)srv;
	struct response *r = param;
	li_pattern_free(r->text);
	g_free(r);
}

static liAction *create_respond(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	v = value_single(value_single(v));
	liValue *status = NULL, *text = NULL;
	if (value_len(v) == 2) {
		status = value_at(v, 0);
		text = value_at(v, 1);
	} else if (value_type(v) == LI_VALUE_NUMBER) {
		status = v;
	} else if (v) {
		text = v;
	}
	if ((status && status->type != LI_VALUE_NUMBER) || (text && text->type != LI_VALUE_STRING)) {
		LOG(SERVER(srv), ERROR, "'respond' action takes an optional string as parameter");
		return NULL;
	}
	struct response *r = g_new0(struct response, 1);
	r->status = status ? (int)status->data.number : 200;
	r->text = text ? li_pattern_new(srv, text->data.string->str) : NULL;
	if (!text || r->text) return li_action_new_function(run_respond, NULL, free_respond, r);
	g_free(r);
	return NULL;
}

/* $1 is the last part of the host's name, $2 the one before it, $0 all. */
static void host_part(GString *out, guint from, guint to, gpointer data) {
	const GString *host = data;
	if (from == 0 || to == 0) {
		string_append(out, host);
		return;
	}
	gchar **parts = g_strsplit(host->str, ".", 31);
	guint n = g_strv_length(parts);
	for (guint i = MIN(MAX(from, to), n); i >= MIN(from, to) && i > 0; i--) {
		g_string_append(out, parts[n - i]);
		if (i > MIN(from, to)) g_string_append_c(out, '.');
	}
	g_strfreev(parts);
}

static void set_root(struct vrequest *vr, liPattern *root, const char *rest) {
	liPhysical *ph = &vr->pub.physical;
	g_string_truncate(ph->doc_root, 0);
	li_pattern_eval(&vr->pub, ph->doc_root, root, host_part, URI(vr)->host, li_pattern_regex_cb, last_captures(vr));
	g_string_assign(ph->path, ph->doc_root->str);
	if (*rest && *rest != '/') g_string_append_c(ph->path, '/');
	g_string_append(ph->path, rest);
	VR_DEBUG(vr, "physical path: \"%s\"", ph->path->str);
}

static liHandlerResult run_docroot(liVRequest *vr, gpointer param, gpointer *context) {
	(void)context;
	set_root(VREQUEST(vr), param, vr->request.uri.path->str);
	return LI_HANDLER_GO_ON;
}

static liAction *create_docroot(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	liPattern *root = pattern_of(srv, v, "docroot");
	return root ? li_action_new_function(run_docroot, NULL, free_pattern, root) : NULL;
}

struct alias {
	GString *prefix;
	liPattern *root;
};

static liHandlerResult run_alias(liVRequest *vr, gpointer param, gpointer *context) {
	(void)context;
	const struct alias *a = param;
	const char *path = vr->request.uri.path->str;
	if (!g_str_has_prefix(path, a->prefix->str)) return LI_HANDLER_GO_ON;
	const char *rest = path + a->prefix->len;
	if (*rest == '\0' || *rest == '/') set_root(VREQUEST(vr), a->root, rest);
	return LI_HANDLER_GO_ON;
}

static void free_alias(liServer *srv, gpointer param) {
	(void)srv;
	struct alias *a = param;
	g_string_free(a->prefix, TRUE);
	li_pattern_free(a->root);
	g_free(a);
}

static liAction *create_alias(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	v = value_single(v);
	if (value_type(v) != LI_VALUE_LIST) {
		LOG(SERVER(srv), ERROR, "unexpected or no parameter for alias action");
		return NULL;
	}
	liAction *list = action_new_list();
	gboolean one = value_len(v) == 2 && value_type(value_at(v, 0)) == LI_VALUE_STRING;
	for (guint i = 0; i < (one ? 1 : value_len(v)); i++) {
		liValue *pair = one ? v : value_at(v, i);
		liValue *prefix = value_at(pair, 0), *root = value_at(pair, 1);
		liPattern *pattern = NULL;
		if (value_type(prefix) == LI_VALUE_STRING && value_type(root) == LI_VALUE_STRING) pattern = li_pattern_new(srv, root->data.string->str);
		if (!pattern) {
			LOG(SERVER(srv), ERROR, "unexpected entry in parameter for alias action");
			li_action_release(srv, list);
			return NULL;
		}
		struct alias *a = g_new0(struct alias, 1);
		a->prefix = g_string_new_len(STR(prefix->data.string));
		if (g_str_has_suffix(a->prefix->str, "/")) g_string_truncate(a->prefix, a->prefix->len - 1);
		a->root = pattern;
		liAction *element = li_action_new_function(run_alias, NULL, free_alias, a);
		action_append(list, element);
		li_action_release(srv, element);
	}
	return list;
}

static void redirect_to_folder(struct vrequest *vr) {
	const struct uri *uri = URI(vr);
	if (!li_vrequest_handle_direct(&vr->pub)) return;
	GString *target = g_string_new(NULL);
	g_string_printf(target, "%s://%s", uri->scheme->str, uri->authority->str);
	url_encode(target, uri->path->str);
	g_string_append_c(target, '/');
	if (uri->query->len) g_string_append_printf(target, "?%s", uri->query->str);
	vr->pub.response.http_status = 301;
	header_set(vr->pub.response.headers, "Location", target->str);
	g_string_free(target, TRUE);
}

static liHandlerResult run_index(liVRequest *vr, gpointer param, gpointer *context) {
	(void)context;
	const liValue *names = param;
	GString *path = VREQUEST(vr)->pub.physical.path;
	struct stat st;
	if (!VREQUEST(vr)->pub.physical.doc_root->len) {
		VR_LOG(VREQUEST(vr), ERROR, "no docroot specified yet but index action called");
		return LI_HANDLER_ERROR;
	}
	if (stat(path->str, &st) != 0 || !S_ISDIR(st.st_mode)) return LI_HANDLER_GO_ON;
	if (!g_str_has_suffix(vr->request.uri.path->str, "/")) {
		redirect_to_folder(VREQUEST(vr));
		return LI_HANDLER_GO_ON;
	}
	gsize len = path->len;
	for (guint i = 0; i < value_len(names); i++) {
		const GString *name = value_at(names, i)->data.string;
		g_string_truncate(path, len);
		string_append(path, name);
		if (stat(path->str, &st) == 0) {
			string_append(vr->request.uri.path, name);
			return LI_HANDLER_GO_ON;
		}
	}
	g_string_truncate(path, len);
	return LI_HANDLER_GO_ON;
}

static void free_value(liServer *srv, gpointer param) {
	(void)srv;
	value_free(param);
}

static liAction *create_index(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	if (value_len(v) == 1 && value_len(value_at(v, 0)) > 0) v = value_at(v, 0);
	for (guint i = 0; i < value_len(v); i++)
		if (value_type(value_at(v, i)) != LI_VALUE_STRING) v = NULL;
	if (!value_len(v)) {
		LOG(SERVER(srv), ERROR, "index action expects a list of strings as parameter");
		return NULL;
	}
	return li_action_new_function(run_index, NULL, free_value, value_copy(v));
}

static liHandlerResult run_set_status(liVRequest *vr, gpointer param, gpointer *context) {
	(void)context;
	vr->response.http_status = GPOINTER_TO_INT(param);
	return LI_HANDLER_GO_ON;
}

static liAction *create_set_status(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	v = value_single(v);
	if (value_type(v) != LI_VALUE_NUMBER) {
		LOG(SERVER(srv), ERROR, "set_status expects a number");
		return NULL;
	}
	return li_action_new_function(run_set_status, NULL, NULL, GINT_TO_POINTER((gint)v->data.number));
}

static liHandlerResult run_log_write(liVRequest *vr, gpointer param, gpointer *context) {
	(void)context;
	GString *text = g_string_new(NULL);
	pattern_append(VREQUEST(vr), text, param);
	VR_LOG(VREQUEST(vr), INFO, "%s", text->str);
	g_string_free(text, TRUE);
	return LI_HANDLER_GO_ON;
}

static liAction *create_log_write(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	liPattern *text = pattern_of(srv, v, "log.write");
	return text ? li_action_new_function(run_log_write, NULL, free_pattern, text) : NULL;
}

static liAction *create_list(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	liAction *list = action_new_list();
	for (guint i = 0; i < MAX(value_len(v), 1); i++) {
		liValue *element = value_at(v, i);
		if (value_type(element) != LI_VALUE_ACTION) {
			LOG(SERVER(srv), ERROR, "list expects actions");
			li_action_release(srv, list);
			return NULL;
		}
		action_append(list, element->data.val_action.action);
	}
	return list;
}

const liPluginAction core_actions[] = {
	{ "respond", create_respond, NULL }, { "docroot", create_docroot, NULL }, { "alias", create_alias, NULL }, { "index", create_index, NULL },
	{ "set_status", create_set_status, NULL }, { "log.write", create_log_write, NULL }, { "list", create_list, NULL },
	{ NULL, NULL, NULL }
};

static void core_init(liServer *srv, liPlugin *p, gpointer userdata) {
	(void)userdata;
	p->actions = core_actions;
	plugin_set_actions(SERVER(srv), p, static_actions);
	plugin_set_actions(SERVER(srv), p, header_actions);
	plugin_set_actions(SERVER(srv), p, rewrite_actions);
	plugin_set_actions(SERVER(srv), p, proxy_actions);
	plugin_set_actions(SERVER(srv), p, fastcgi_actions);
	plugin_set_actions(SERVER(srv), p, setting_actions);
	plugin_set_actions(SERVER(srv), p, lua_actions);
}

void core_register(struct server *srv) {
	li_plugin_register(&srv->pub, "core", core_init, NULL);
	core_setups_register(srv);
}

/* Settings: of the whole server in setup, of a request as actions. */
#include "host.h"

struct setting_name {
	const char *name;
	liValueType type;
	int index; /* -1: taken and ignored */
	gint64 initial;
};
static const struct setting_name names[] = {
	{ "debug.log_request_handling", LI_VALUE_BOOLEAN, SETTING_DEBUG, FALSE },
	{ "static.range_requests", LI_VALUE_BOOLEAN, SETTING_RANGES, TRUE },
	{ "keepalive.timeout", LI_VALUE_NUMBER, SETTING_KEEPALIVE_TIMEOUT, 5 },
	{ "keepalive.requests", LI_VALUE_NUMBER, -1, 0 },
	{ "etag.use", LI_VALUE_LIST, -1, 0 },
	{ "stat.async", LI_VALUE_BOOLEAN, -1, 0 },
	{ "buffer_request_body", LI_VALUE_BOOLEAN, -1, 0 },
	{ "strict.post_content_length", LI_VALUE_BOOLEAN, -1, 0 },
	{ "static.exclude_extensions", LI_VALUE_LIST, -1, 0 },
	{ "server.name", LI_VALUE_STRING, -1, 0 },
	{ "server.tag", LI_VALUE_STRING, -1, 0 },
};

static const struct setting_name *find(const char *name) {
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_str_equal(names[i].name, name)) return &names[i];
	return NULL;
}

static gboolean take(struct server *srv, const struct setting_name *s, liValue *v, gint64 *number) {
	liValue *single = value_single(v);
	static const char *const expected[] = { "nothing", "true or false", "a number", "a string", "a list" };
	/* A list of one is as good as that one. */
	if (value_type(single) != s->type && value_type(v) != s->type) {
		LOG(srv, ERROR, "'%s' expects %s", s->name, expected[s->type]);
		return FALSE;
	}
	if (s->index < 0) return TRUE;
	*number = s->type == LI_VALUE_BOOLEAN ? single->data.boolean : single->data.number;
	return TRUE;
}

static void set(liOptionValue *settings, const struct setting_name *s, gint64 number) {
	if (s->index < 0) return;
	settings[s->index].number = 0;
	if (s->type == LI_VALUE_BOOLEAN)
		settings[s->index].boolean = number != 0;
	else
		settings[s->index].number = number;
}

/* Whether there is a setting of that name, which is then changed for all. */
gboolean setting_default(struct server *srv, const char *name, liValue *v, gboolean *failed) {
	if (g_str_equal(name, "mime_types")) {
		liOptionPtrValue *types = mime_parse(srv, value_single(v));
		*failed = types == NULL;
		if (!types) return TRUE;
		liOptionPtrValue **own = &g_array_index(srv->pub.optionptr_def_values, liOptionPtrValue *, SHARED_MIME_TYPES);
		li_release_optionptr(&srv->pub, *own);
		*own = types;
		return TRUE;
	}
	const struct setting_name *s = find(name);
	gint64 number = 0;
	if (!s) return FALSE;
	*failed = !take(srv, s, v, &number);
	if (!*failed) set(srv->settings, s, number);
	return TRUE;
}

struct change {
	const struct setting_name *setting;
	gint64 number;
};

static liHandlerResult apply(liVRequest *vr, gpointer param, gpointer *context) {
	(void)context;
	struct change *c = param;
	set(VREQUEST(vr)->settings, c->setting, c->number);
	return LI_HANDLER_GO_ON;
}

static void change_free(liServer *srv, gpointer param) {
	(void)srv;
	g_free(param);
}

static liAction *create(liServer *server, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	const struct setting_name *s = find(userdata);
	gint64 number = 0;
	if (!take(SERVER(server), s, v, &number)) return NULL;
	struct change *c = g_new0(struct change, 1);
	c->setting = s;
	c->number = number;
	return li_action_new_function(apply, NULL, change_free, c);
}

static liHandlerResult apply_mime(liVRequest *vr, gpointer param, gpointer *context) {
	(void)context;
	vrequest_share(VREQUEST(vr), SHARED_MIME_TYPES, param);
	return LI_HANDLER_GO_ON;
}

static void mime_types_free(liServer *srv, gpointer param) {
	li_release_optionptr(srv, param);
}

static liAction *create_mime(liServer *server, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	liOptionPtrValue *types = mime_parse(SERVER(server), value_single(v));
	return types ? li_action_new_function(apply_mime, NULL, mime_types_free, types) : NULL;
}

static liHandlerResult nothing(liVRequest *vr, gpointer param, gpointer *context) {
	(void)vr;
	(void)param;
	(void)context;
	return LI_HANDLER_GO_ON;
}

static liAction *create_log(liServer *server, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	return log_check_targets(SERVER(server), value_single(v)) ? li_action_new_function(nothing, NULL, NULL, NULL) : NULL;
}

static liAction *create_nothing(liServer *server, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)server;
	(void)wrk;
	(void)p;
	(void)v;
	(void)userdata;
	return li_action_new_function(nothing, NULL, NULL, NULL);
}

#define SETTING(name) \
	{ name, create, (gpointer)(name) }
const liPluginAction setting_actions[] = {
	SETTING("debug.log_request_handling"), SETTING("static.range_requests"), SETTING("keepalive.timeout"), SETTING("keepalive.requests"),
	SETTING("etag.use"), SETTING("stat.async"), SETTING("buffer_request_body"), SETTING("strict.post_content_length"),
	SETTING("static.exclude_extensions"), SETTING("server.name"), SETTING("server.tag"),
	{ "mime_types", create_mime, NULL },
	/* These have no effect here. */
	{ "log", create_log, NULL }, { "io.buffer_out", create_nothing, NULL }, { "io.buffer_in", create_nothing, NULL },
	{ NULL, NULL, NULL }
};

/* Actions: header.*, req_header.*, env.*. They do not wait for a response, so a
 * backend's headers come after what they set. */
#include "host.h"

enum target {
	RESPONSE,
	REQUEST,
	ENVIRONMENT
};
enum change {
	ADD,
	APPEND,
	OVERWRITE,
	REMOVE
};
#define HOW(target, change) GINT_TO_POINTER(4 * (target) + (change))

struct header_action {
	enum target target;
	enum change change;
	GString *key;
	liPattern *value;
};

static liHandlerResult run(liVRequest *pub, gpointer param, gpointer *context) {
	(void)context;
	struct vrequest *vr = VREQUEST(pub);
	const struct header_action *a = param;
	GString *value = g_string_new(NULL);
	if (a->value) pattern_append(vr, value, a->value);
	liHttpHeaders *headers = a->target == REQUEST ? pub->request.headers : pub->response.headers;
	if (a->target == ENVIRONMENT) {
		if (a->change == REMOVE)
			g_hash_table_remove(pub->env.table, a->key);
		else
			li_environment_set(&pub->env, STR(a->key), STR(value));
	} else {
		switch (a->change) {
		case ADD: li_http_header_insert(headers, STR(a->key), STR(value)); break;
		case APPEND: header_append(headers, STR(a->key), STR(value)); break;
		case OVERWRITE: li_http_header_overwrite(headers, STR(a->key), STR(value)); break;
		case REMOVE: li_http_header_remove(headers, STR(a->key)); break;
		}
	}
	g_string_free(value, TRUE);
	return LI_HANDLER_GO_ON;
}

static void free_action(liServer *srv, gpointer param) {
	(void)srv;
	struct header_action *a = param;
	if (a->key) g_string_free(a->key, TRUE);
	li_pattern_free(a->value);
	g_free(a);
}

static liAction *create(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	struct header_action *a = g_new0(struct header_action, 1);
	a->target = (enum target)(GPOINTER_TO_INT(userdata) / 4);
	a->change = (enum change)(GPOINTER_TO_INT(userdata) % 4);
	v = value_single(v);
	if (a->change != REMOVE) v = value_single(v);
	liValue *key = a->change == REMOVE ? v : value_at(v, 0), *value = value_at(v, 1);
	gboolean fine = value_type(key) == LI_VALUE_STRING;
	if (fine && a->change != REMOVE) {
		fine = value_len(v) == 2 && value_type(value) == LI_VALUE_STRING;
		if (fine) a->value = li_pattern_new(srv, value->data.string->str);
		fine = a->value != NULL;
	}
	if (!fine) {
		LOG(SERVER(srv), ERROR, "header actions expect a name, or a pair of strings, name => value");
		free_action(srv, a);
		return NULL;
	}
	a->key = g_string_new_len(STR(key->data.string));
	return li_action_new_function(run, NULL, free_action, a);
}

const liPluginAction header_actions[] = {
	{ "header.add", create, HOW(RESPONSE, ADD) }, { "header.append", create, HOW(RESPONSE, APPEND) },
	{ "header.overwrite", create, HOW(RESPONSE, OVERWRITE) }, { "header.remove", create, HOW(RESPONSE, REMOVE) },
	{ "req_header.add", create, HOW(REQUEST, ADD) }, { "req_header.append", create, HOW(REQUEST, APPEND) },
	{ "req_header.overwrite", create, HOW(REQUEST, OVERWRITE) }, { "req_header.remove", create, HOW(REQUEST, REMOVE) },
	{ "env.set", create, HOW(ENVIRONMENT, OVERWRITE) }, { "env.add", create, HOW(ENVIRONMENT, ADD) }, { "env.remove", create, HOW(ENVIRONMENT, REMOVE) },
	{ NULL, NULL, NULL }
};

/* Action rewrite: "/new", or pairs of expression and new path with $1 for what
 * the expression captured; what follows a ? is the new query. */
#include "host.h"

struct rule {
	GRegex *regex;
	liPattern *path, *query;
};

static void rule_clear(gpointer data) {
	struct rule *r = data;
	if (r->regex) g_regex_unref(r->regex);
	li_pattern_free(r->path);
	li_pattern_free(r->query);
}

static gboolean rule_apply(struct vrequest *vr, const struct rule *r) {
	struct uri *uri = URI(vr);
	GMatchInfo *match = NULL;
	GString *from = g_string_new_len(STR(uri->path)), *path = g_string_new(NULL), *query = g_string_new(NULL);
	gboolean matches = !r->regex || g_regex_match(r->regex, from->str, 0, &match);
	if (matches) {
		li_pattern_eval(&vr->pub, path, r->path, li_pattern_regex_cb, match, li_pattern_regex_cb, last_captures(vr));
		if (r->query) li_pattern_eval(&vr->pub, query, r->query, li_pattern_regex_cb, match, li_pattern_regex_cb, last_captures(vr));
		path_simplify(path);
		g_string_assign(uri->path, path->str);
		if (r->query) g_string_assign(uri->query, query->str);
		g_string_truncate(uri->raw_path, 0);
		url_encode(uri->raw_path, uri->path->str);
		if (uri->query->len) g_string_append_printf(uri->raw_path, "?%s", uri->query->str);
	}
	if (match) g_match_info_free(match);
	g_string_free(from, TRUE);
	g_string_free(path, TRUE);
	g_string_free(query, TRUE);
	return matches;
}

static liHandlerResult run(liVRequest *vr, gpointer param, gpointer *context) {
	(void)context;
	const GArray *rules = param;
	for (guint i = 0; i < rules->len; i++)
		if (rule_apply(VREQUEST(vr), &g_array_index(rules, struct rule, i))) break;
	return LI_HANDLER_GO_ON;
}

static void free_rules(liServer *srv, gpointer param) {
	(void)srv;
	g_array_free(param, TRUE);
}

static gboolean rule_parse(struct server *srv, GArray *rules, const liValue *regex, const liValue *target) {
	struct rule r = { 0 };
	if (value_type(target) != LI_VALUE_STRING || (regex && regex->type != LI_VALUE_STRING)) return FALSE;
	GError *error = NULL;
	if (regex) {
		r.regex = g_regex_new(regex->data.string->str, G_REGEX_RAW, 0, &error);
		if (!r.regex) {
			LOG(srv, ERROR, "rewrite: error compiling regex \"%s\": %s", regex->data.string->str, error->message);
			g_error_free(error);
			return FALSE;
		}
	}
	gchar **parts = g_strsplit(target->data.string->str, "?", 2);
	r.path = li_pattern_new(&srv->pub, parts[0] ? parts[0] : "");
	if (parts[0] && parts[1]) r.query = li_pattern_new(&srv->pub, parts[1]);
	gboolean fine = r.path && (!parts[0] || !parts[1] || r.query);
	g_strfreev(parts);
	g_array_append_val(rules, r);
	return fine;
}

static liAction *create(liServer *server, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	struct server *srv = SERVER(server);
	GArray *rules = g_array_new(FALSE, TRUE, sizeof(struct rule));
	g_array_set_clear_func(rules, rule_clear);
	v = value_single(v);
	gboolean fine = TRUE;
	if (value_type(v) == LI_VALUE_STRING)
		fine = rule_parse(srv, rules, NULL, v);
	else if (value_len(v) == 2 && value_type(value_at(v, 0)) == LI_VALUE_STRING)
		fine = rule_parse(srv, rules, value_at(v, 0), value_at(v, 1));
	else
		for (guint i = 0; fine && i < value_len(v); i++)
			fine = value_len(value_at(v, i)) == 2 && rule_parse(srv, rules, value_at(value_at(v, i), 0), value_at(value_at(v, i), 1));
	if (fine && rules->len) return li_action_new_function(run, NULL, free_rules, rules);
	LOG(srv, ERROR, "rewrite expects a string, or pairs of strings");
	g_array_free(rules, TRUE);
	return NULL;
}

const liPluginAction rewrite_actions[] = { { "rewrite", create, NULL }, { NULL, NULL, NULL } };

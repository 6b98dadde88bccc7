/* Content types by the end of a path; the longest end that fits wins. */
#include "host.h"

struct mime {
	GString *suffix, *type;
};

static void mime_free(gpointer data) {
	struct mime *m = data;
	g_string_free(m->suffix, TRUE);
	g_string_free(m->type, TRUE);
	g_free(m);
}

liOptionPtrValue *mime_parse(struct server *srv, liValue *pairs) {
	if (value_type(pairs) != LI_VALUE_LIST) {
		LOG(srv, ERROR, "mime_types expects a list of pairs of strings");
		return NULL;
	}
	GPtrArray *types = g_ptr_array_new_with_free_func(mime_free);
	for (guint i = 0; i < value_len(pairs); i++) {
		liValue *key = value_at(value_at(pairs, i), 0), *type = value_at(value_at(pairs, i), 1);
		if (value_len(value_at(pairs, i)) != 2 || value_type(key) != LI_VALUE_STRING || value_type(type) != LI_VALUE_STRING) {
			LOG(srv, ERROR, "mime_types expects a list of pairs of strings");
			g_ptr_array_unref(types);
			return NULL;
		}
		struct mime *m = g_new0(struct mime, 1);
		m->suffix = g_string_new_len(STR(key->data.string));
		m->type = g_string_new_len(STR(type->data.string));
		g_ptr_array_add(types, m);
	}
	struct mime_types *shared = g_new0(struct mime_types, 1);
	shared->pub.refcount = 1;
	shared->list = types;
	return &shared->pub;
}

void li_release_optionptr(liServer *srv, liOptionPtrValue *value) {
	(void)srv;
	if (!value || !g_atomic_int_dec_and_test(&value->refcount)) return;
	g_ptr_array_unref(MIME_TYPES(value)->list);
	g_free(value);
}

GString *li_mimetype_get(liVRequest *vr, GString *path) {
	liOptionPtrValue *shared = vr->optionptrs[SHARED_MIME_TYPES];
	GPtrArray *types = shared ? MIME_TYPES(shared)->list : NULL;
	const struct mime *best = NULL;
	for (guint i = 0; types && i < types->len; i++) {
		const struct mime *m = g_ptr_array_index(types, i);
		if (path->len && g_str_has_suffix(path->str, m->suffix->str) && (!best || m->suffix->len >= best->suffix->len)) best = m;
	}
	return best ? best->type : NULL;
}

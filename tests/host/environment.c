/* Variables of a request: strings by strings. */
#include "host.h"

static guint hash(gconstpointer s) { return g_string_hash(s); }

static gboolean equal(gconstpointer a, gconstpointer b) { return g_string_equal(a, b); }

static void string_free(gpointer s) { g_string_free(s, TRUE); }

void environment_init(liEnvironment *env) { env->table = g_hash_table_new_full(hash, equal, string_free, string_free); }

void li_environment_set(liEnvironment *env, const gchar *key, size_t len, const gchar *value, size_t value_len) {
	g_hash_table_replace(env->table, g_string_new_len(key, (gssize)len), g_string_new_len(value, (gssize)value_len));
}

GString *li_environment_get(liEnvironment *env, const gchar *key, size_t len) {
	GString *name = g_string_new_len(key, (gssize)len);
	GString *value = g_hash_table_lookup(env->table, name);
	g_string_free(name, TRUE);
	return value;
}

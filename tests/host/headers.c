/* Lists of header lines; each is one string "Name: value". */
#include "host.h"

liHttpHeaders *li_http_headers_new(void) {
	liHttpHeaders *h = g_new0(liHttpHeaders, 1);
	g_queue_init(&h->entries);
	return h;
}

static void entry_free(gpointer data) {
	liHttpHeader *h = data;
	g_string_free(h->data, TRUE);
	g_free(h);
}

void headers_reset(liHttpHeaders *headers) {
	while (headers->entries.head) entry_free(g_queue_pop_head(&headers->entries));
}

void li_http_headers_free(liHttpHeaders *headers) {
	headers_reset(headers);
	g_free(headers);
}

static gboolean is_named(const liHttpHeader *h, const char *key, gsize len) {
	return h->keylen == len && g_ascii_strncasecmp(h->data->str, key, len) == 0;
}

static void compose(liHttpHeader *h, const char *key, gsize len, const char *value, gsize value_len) {
	g_string_truncate(h->data, 0);
	g_string_append_len(h->data, key, (gssize)len);
	g_string_append(h->data, ": ");
	g_string_append_len(h->data, value, (gssize)value_len);
	h->keylen = (guint)len;
}

void li_http_header_insert(liHttpHeaders *headers, const gchar *key, size_t len, const gchar *value, size_t value_len) {
	liHttpHeader *h = g_new0(liHttpHeader, 1);
	h->data = g_string_new(NULL);
	compose(h, key, len, value, value_len);
	g_queue_push_tail(&headers->entries, h);
}

static liHttpHeader *find(const liHttpHeaders *headers, const char *key, gsize len) {
	for (GList *l = headers->entries.tail; l; l = l->prev)
		if (is_named(l->data, key, len)) return l->data;
	return NULL;
}

void header_append(liHttpHeaders *headers, const char *key, gsize len, const char *value, gsize value_len) {
	liHttpHeader *h = find(headers, key, len);
	if (!h) {
		li_http_header_insert(headers, key, len, value, value_len);
		return;
	}
	g_string_append(h->data, ", ");
	g_string_append_len(h->data, value, (gssize)value_len);
}

gboolean li_http_header_remove(liHttpHeaders *headers, const gchar *key, size_t len) {
	gboolean found = FALSE;
	for (GList *l = headers->entries.head, *next; l; l = next) {
		next = l->next;
		if (!is_named(l->data, key, len)) continue;
		entry_free(l->data);
		g_queue_delete_link(&headers->entries, l);
		found = TRUE;
	}
	return found;
}

void li_http_header_overwrite(liHttpHeaders *headers, const gchar *key, size_t len, const gchar *value, size_t value_len) {
	liHttpHeader *h = find(headers, key, len);
	if (h)
		compose(h, key, len, value, value_len);
	else
		li_http_header_insert(headers, key, len, value, value_len);
}

void header_set(liHttpHeaders *headers, const char *key, const char *value) {
	li_http_header_overwrite(headers, key, strlen(key), value, strlen(value));
}

const liHttpHeader *header_find(const liHttpHeaders *headers, const char *key) { return find(headers, key, strlen(key)); }

gboolean header_join(const liHttpHeaders *headers, const char *key, GString *out) {
	gboolean found = FALSE;
	for (GList *l = headers->entries.head; l; l = l->next) {
		if (!is_named(l->data, key, strlen(key))) continue;
		g_string_append_printf(out, "%s%s", found ? ", " : "", header_value(l->data));
		found = TRUE;
	}
	return found;
}

gboolean header_is(const liHttpHeaders *headers, const char *key, const char *value) {
	for (GList *l = headers->entries.head; l; l = l->next)
		if (is_named(l->data, key, strlen(key)) && g_ascii_strcasecmp(header_value(l->data), value) == 0) return TRUE;
	return FALSE;
}

const char *header_value(const liHttpHeader *h) { return h->data->str + h->keylen + 2; }

gboolean header_has(const liHttpHeaders *headers, const char *key, const char *word) {
	gsize key_len = strlen(key);
	for (GList *l = headers->entries.head; l; l = l->next) {
		if (!is_named(l->data, key, key_len)) continue;
		gchar **parts = g_strsplit(header_value(l->data), ",", -1);
		gboolean found = FALSE;
		for (gchar **p = parts; *p && !found; p++) found = g_ascii_strcasecmp(g_strstrip(*p), word) == 0;
		g_strfreev(parts);
		if (found) return TRUE;
	}
	return FALSE;
}

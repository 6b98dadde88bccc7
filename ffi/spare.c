/* What requests leave that are over, for others of the worker. The host makes a header of
 * four allocations and frees these when the request ends, and so with a variable, whose
 * table it makes anew as well. Nothing is allocated here but by the host: what is taken over at the
 * end of one request is filled and given to another, where it is the host's again, to be
 * changed or freed as any that it has made. */
#include <string.h>

#include "internal.h"

/* So many are kept by a worker: those of a few hundred requests. */
#define HEADERS_MAX 4096
#define VARIABLES_MAX 1024
/* What has more room than this is left to be freed, in bytes. */
#define ROOM_MAX 512

typedef struct {
	GString *name, *value;
} variable;

/* Others of whom the server tells that a request ends, such as the access log, look at its
 * headers and variables then. */
bool mmc_spare_is_last(liServer *srv, liPlugin *p) {
	GArray *told = srv->li_plugins_handle_vrclose;
	for (guint i = 0; told && i < told->len; i++) {
		if (g_array_index(told, liPlugin *, i) != p) continue;
		g_array_remove_index(told, i);
		g_array_append_val(told, p);
		return true;
	}
	return false;
}

void mmc_spare_open(mmc_spare *spare) {
	g_queue_init(&spare->headers);
	spare->variables = g_array_sized_new(FALSE, FALSE, sizeof(variable), VARIABLES_MAX);
}

void mmc_spare_close(mmc_spare *spare) {
	if (!spare->variables) return;
	liHttpHeaders *headers = li_http_headers_new();
	headers->entries = spare->headers;
	g_queue_init(&spare->headers);
	li_http_headers_free(headers);
	for (guint i = 0; i < spare->variables->len; i++) {
		variable *v = &g_array_index(spare->variables, variable, i);
		g_string_free(v->name, TRUE);
		g_string_free(v->value, TRUE);
	}
	g_array_free(spare->variables, TRUE);
	spare->variables = NULL;
}

static bool is_large(const GString *s) { return s->allocated_len > ROOM_MAX; }

/* As many as the plugin has inserted, so that those which the host makes for each request
 * do not pile up. */
static void take_headers(mmc_spare *spare, GQueue *entries) {
	guint count = MIN(spare->headers_out, entries->length);
	if (count == 0 || spare->headers.length + count > HEADERS_MAX) return;
	GList *last = NULL;
	for (guint i = 0; i < count; i++) {
		last = last ? last->next : entries->head;
		const liHttpHeader *h = last->data;
		if (is_large(h->data)) return;
	}
	spare->headers_out -= count;
	GList *first = entries->head;
	entries->head = last->next;
	entries->length -= count;
	if (entries->head)
		entries->head->prev = NULL;
	else
		entries->tail = NULL;
	/* In front, since they are in the processor's cache. */
	last->next = spare->headers.head;
	if (last->next)
		last->next->prev = last;
	else
		spare->headers.tail = last;
	spare->headers.head = first;
	spare->headers.length += count;
}

/* A table that nothing is left in is not made anew. */
static void take_variables(mmc_spare *spare, GHashTable *table) {
	if (spare->variables_out == 0) return;
	GHashTableIter iter;
	gpointer name, value;
	g_hash_table_iter_init(&iter, table);
	while (spare->variables_out > 0 && g_hash_table_iter_next(&iter, &name, &value)) {
		if (is_large(name) || is_large(value) || spare->variables->len == VARIABLES_MAX) continue;
		g_hash_table_iter_steal(&iter);
		variable v = { name, value };
		g_array_append_val(spare->variables, v);
		spare->variables_out--;
	}
}

void mmc_spare_take(mmc_spare *spare, liVRequest *vr) {
	if (!spare->variables) return;
	take_headers(spare, &vr->response.headers->entries);
	take_variables(spare, vr->env.table);
}

static mmc_spare *spare_of(const liVRequest *vr) {
	mmc_slot *slot = mmc_slot_of(vr->wrk);
	return slot ? &slot->spare : NULL;
}

/* The host unfolds values when it makes a header. */
static bool has_lines(mmc_bytes value) { return value.len > 0 && (memchr(value.ptr, '\n', value.len) || memchr(value.ptr, '\r', value.len)); }

void mmc_insert_header(liVRequest *vr, liHttpHeaders *headers, mmc_bytes name, mmc_bytes value) {
	mmc_spare *spare = spare_of(vr);
	gsize len = name.len + 2 + value.len;
	if (spare && spare->headers_out < HEADERS_MAX) spare->headers_out++;
	if (!spare || !spare->headers.head || len >= ROOM_MAX || has_lines(value)) {
		li_http_header_insert(headers, (const char *)name.ptr, name.len, (const char *)value.ptr, value.len);
		return;
	}
	GList *link = g_queue_pop_head_link(&spare->headers);
	liHttpHeader *h = link->data;
	g_string_set_size(h->data, len);
	h->keylen = (guint)name.len;
	char *text = h->data->str;
	memcpy(text, name.ptr, name.len);
	memcpy(text + name.len, ": ", 2);
	if (value.len > 0) memcpy(text + name.len + 2, value.ptr, value.len);
	g_queue_push_tail_link(&headers->entries, link);
}

static void fill(GString *s, mmc_bytes text) {
	g_string_set_size(s, text.len);
	if (text.len > 0) memcpy(s->str, text.ptr, text.len);
}

void mmc_insert_variable(liVRequest *vr, mmc_bytes name, mmc_bytes value) {
	mmc_spare *spare = spare_of(vr);
	guint count = spare && spare->variables ? spare->variables->len : 0;
	if (spare && spare->variables_out < VARIABLES_MAX) spare->variables_out++;
	if (count == 0) {
		li_environment_set(&vr->env, (const char *)name.ptr, name.len, (const char *)value.ptr, value.len);
		return;
	}
	variable v = g_array_index(spare->variables, variable, count - 1);
	g_array_set_size(spare->variables, count - 1);
	fill(v.name, name);
	fill(v.value, value);
	g_hash_table_insert(vr->env.table, v.name, v.value);
}

/* Action fastcgi "address": what FastCGI wraps around a request and a response; and
 * pathinfo, which tells scripts what follows their name in a path. */
#include <errno.h>
#include <sys/stat.h>

#include "host.h"

enum record {
	BEGIN_REQUEST = 1,
	END_REQUEST = 3,
	PARAMS = 4,
	STDIN = 5,
	STDOUT = 6,
	STDERR = 7
};
#define HEAD_LEN 8
#define CONTENT_MAX 65528 /* divisible by 8: no padding */

static void append_record(GString *out, enum record type, const char *content, gsize len) {
	const char head[HEAD_LEN] = { 1, (char)type, 0, 1, (char)(len >> 8), (char)len, 0, 0 };
	g_string_append_len(out, head, HEAD_LEN);
	g_string_append_len(out, content, (gssize)len);
}

/* In records, and an empty one that ends them. */
static void append_stream(GString *out, enum record type, const GString *all) {
	for (gsize from = 0; from < all->len; from += CONTENT_MAX) append_record(out, type, all->str + from, MIN(all->len - from, CONTENT_MAX));
	append_record(out, type, "", 0);
}

static void append_len(GString *params, gsize len) {
	const char bytes[4] = { (char)(0x80 | (len >> 24)), (char)(len >> 16), (char)(len >> 8), (char)len };
	if (len < 0x80)
		g_string_append_c(params, (char)len);
	else
		g_string_append_len(params, bytes, sizeof(bytes));
}

static void param(GString *params, const char *name, gsize name_len, const char *value, gsize len) {
	append_len(params, name_len);
	append_len(params, len);
	g_string_append_len(params, name, (gssize)name_len);
	g_string_append_len(params, value, (gssize)len);
}

/* Unless the configuration sets it. */
static void own_param(struct vrequest *vr, GString *params, const char *name, const char *value) {
	if (!li_environment_get(&vr->pub.env, name, strlen(name))) param(params, name, strlen(name), value, strlen(value));
}

/* As CGI has it: capitals and digits, and an underscore for a dash. A name with
 * other bytes must not pass for one without: all of these are escaped. */
static void header_param(GString *params, const liHttpHeader *h) {
	gboolean is_type = h->keylen == 12 && g_ascii_strncasecmp(h->data->str, "Content-Type", 12) == 0, is_odd = FALSE;
	GString *name = g_string_new(is_type ? "" : "HTTP_");
	for (guint i = 0; i < h->keylen; i++) is_odd = is_odd || !(g_ascii_isalnum(h->data->str[i]) || h->data->str[i] == '-');
	if (is_odd) g_string_append_c(name, '_');
	for (guint i = 0; i < h->keylen; i++) {
		char c = h->data->str[i];
		if (g_ascii_isalnum(c))
			g_string_append_c(name, g_ascii_toupper(c));
		else if (is_odd)
			g_string_append_printf(name, "_%02X", (guchar)c);
		else
			g_string_append_c(name, '_');
	}
	const char *value = header_value(h);
	param(params, STR(name), value, strlen(value));
	g_string_free(name, TRUE);
}

static void compose(struct vrequest *vr, GString *out) {
	static const char begin[HEAD_LEN] = { 0, 1, 0, 0, 0, 0, 0, 0 };
	const struct uri *uri = URI(vr);
	const liPhysical *physical = &vr->pub.physical;
	GString *params = g_string_new(NULL);
	gchar *length = g_strdup_printf("%zu", vr->request_body->len);
	own_param(vr, params, "CONTENT_LENGTH", length);
	g_free(length);
	own_param(vr, params, "SERVER_NAME", uri->host->str);
	own_param(vr, params, "REMOTE_ADDR", vr->pub.coninfo->remote_addr_str->str);
	own_param(vr, params, "SCRIPT_NAME", uri->path->str);
	own_param(vr, params, "PATH_INFO", physical->pathinfo->str);
	own_param(vr, params, "SCRIPT_FILENAME", physical->path->str);
	own_param(vr, params, "DOCUMENT_ROOT", physical->doc_root->str);
	own_param(vr, params, "REQUEST_URI", uri->raw_orig_path->str);
	own_param(vr, params, "QUERY_STRING", uri->query->str);
	own_param(vr, params, "REQUEST_METHOD", vr->pub.request.http_method_str->str);
	own_param(vr, params, "SERVER_PROTOCOL", vr->http_version ? "HTTP/1.1" : "HTTP/1.0");
	own_param(vr, params, "REQUEST_SCHEME", "http");
	for (GList *l = vr->pub.request.headers->entries.head; l; l = l->next) header_param(params, l->data);
	GHashTableIter iter;
	gpointer key, value;
	g_hash_table_iter_init(&iter, vr->pub.env.table);
	while (g_hash_table_iter_next(&iter, &key, &value)) param(params, STR((GString *)key), STR((GString *)value));
	append_record(out, BEGIN_REQUEST, begin, sizeof(begin));
	append_stream(out, PARAMS, params);
	append_stream(out, STDIN, vr->request_body);
	g_string_free(params, TRUE);
}

static int unwrap(GString *wrapped, GString *in) {
	for (;;) {
		const guchar *head = (const guchar *)wrapped->str;
		if (wrapped->len < HEAD_LEN) return PARSE_MORE;
		gsize len = (gsize)head[4] << 8 | head[5], whole = HEAD_LEN + len + head[6];
		enum record type = head[1];
		if (head[0] != 1) return 500;
		if (wrapped->len < whole) return PARSE_MORE;
		if (type == STDOUT) g_string_append_len(in, wrapped->str + HEAD_LEN, (gssize)len);
		g_string_erase(wrapped, 0, (gssize)whole);
		if (type == END_REQUEST) return PARSE_DONE;
		if (type != STDOUT && type != STDERR) return 500;
	}
}

static liAction *create(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	static const struct backend_protocol fastcgi = { "fastcgi", compose, unwrap };
	(void)wrk;
	(void)p;
	(void)userdata;
	return backend_action(srv, v, &fastcgi);
}

static liHandlerResult run_pathinfo(liVRequest *pub, gpointer param, gpointer *context) {
	struct vrequest *vr = VREQUEST(pub);
	liPhysical *physical = &vr->pub.physical;
	struct stat st;
	(void)param;
	(void)context;
	if (li_vrequest_is_handled(pub)) return LI_HANDLER_GO_ON;
	while (physical->path->len > physical->doc_root->len) {
		if (stat(physical->path->str, &st) == 0) {
			GString *path = URI(vr)->path;
			if (physical->pathinfo->len && g_str_has_suffix(path->str, physical->pathinfo->str)) g_string_truncate(path, path->len - physical->pathinfo->len);
			break;
		}
		const char *slash = strrchr(physical->path->str, '/');
		if (errno != ENOTDIR || !slash) break;
		g_string_prepend(physical->pathinfo, slash);
		g_string_truncate(physical->path, (gsize)(slash - physical->path->str));
	}
	return LI_HANDLER_GO_ON;
}

static liAction *create_pathinfo(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	if (value_is_nothing(v)) return li_action_new_function(run_pathinfo, NULL, NULL, NULL);
	LOG(SERVER(srv), ERROR, "pathinfo action doesn't have parameters");
	return NULL;
}

const liPluginAction fastcgi_actions[] = { { "fastcgi", create, NULL }, { "pathinfo", create_pathinfo, NULL }, { NULL, NULL, NULL } };

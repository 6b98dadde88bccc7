/* Reading a request's head, and chunked bodies. */
#include "host.h"

#define HEAD_LIMIT (64 * 1024)

static gboolean is_token(const char *s, gsize len) {
	for (gsize i = 0; i < len; i++)
		if (!g_ascii_isalnum(s[i]) && !strchr("!#$%&'*+-.^_`|~", s[i])) return FALSE;
	return len > 0;
}

static int host_of(struct vrequest *vr) {
	struct uri *uri = URI(vr);
	const char *s = uri->authority->str, *at = strrchr(s, '@');
	if (at) s = at + 1;
	gsize len = *s == '[' ? strcspn(s, "]") + 1 : strcspn(s, ":");
	if (len > strlen(s) || (s[len] && s[len] != ':')) return 400;
	const char *port = s[len] ? s + len + 1 : "0";
	if (!*port || port[strspn(port, "0123456789")]) return 400;
	for (gsize i = 0; i < len; i++)
		if (!g_ascii_isalnum(s[i]) && !strchr("-._:[]", s[i])) return 400;
	g_string_truncate(uri->host, 0);
	for (gsize i = 0; i < len; i++) g_string_append_c(uri->host, g_ascii_tolower(s[i]));
	while (uri->host->len && uri->host->str[uri->host->len - 1] == '.') g_string_truncate(uri->host, uri->host->len - 1);
	return PARSE_DONE;
}

/* "/path?query", "http://host/path?query", the same with https, or "*" */
static int target(struct vrequest *vr) {
	struct uri *uri = URI(vr);
	const char *s = uri->raw->str;
	gsize scheme = g_str_has_prefix(s, "http://") ? 7 : g_str_has_prefix(s, "https://") ? 8
																						: 0;
	if (scheme) {
		gsize len = strcspn(s + scheme, "/?");
		g_string_truncate(uri->authority, 0);
		g_string_append_len(uri->authority, s + scheme, (gssize)len);
		s += scheme + len;
	}
	if (*s != '/' && !g_str_equal(s, "*") && s == uri->raw->str) return 400;
	gsize len = strcspn(s, "?#");
	g_string_append(uri->raw_path, *s ? s : "/");
	g_string_append(uri->raw_orig_path, uri->raw_path->str);
	g_string_append_len(uri->path, s, (gssize)len);
	if (s[len] == '?') g_string_append_len(uri->query, s + len + 1, (gssize)strcspn(s + len + 1, "#"));
	url_decode(uri->path);
	if (strlen(uri->path->str) != uri->path->len) return 400;
	path_simplify(uri->path);
	return PARSE_DONE;
}

static int request_line(struct connection *con, const char *line, gsize len) {
	struct vrequest *vr = con->vr;
	gchar *copy = g_strndup(line, len);
	gchar **words = g_strsplit(copy, " ", -1);
	int result = 400;
	if (g_strv_length(words) == 3 && is_token(words[0], strlen(words[0])) && g_str_has_prefix(words[2], "HTTP/")) {
		g_string_assign(vr->pub.request.http_method_str, words[0]);
		g_string_assign(URI(vr)->raw, words[1]);
		result = PARSE_DONE;
		if (g_str_equal(words[2], "HTTP/1.1"))
			vr->http_version = 1;
		else if (g_str_equal(words[2], "HTTP/1.0"))
			vr->http_version = 0;
		else
			result = 505;
		if (URI(vr)->raw->len > 8 * 1024) result = 414;
	}
	g_strfreev(words);
	g_free(copy);
	return result;
}

static int header_line(liHttpHeaders *headers, const char *line, gsize len) {
	if (*line == ' ' || *line == '\t') {
		/* A line that goes on with the value of the one before. */
		liHttpHeader *last = headers->entries.tail ? headers->entries.tail->data : NULL;
		if (last) g_string_append_printf(last->data, " %s", line + strspn(line, " \t"));
		return last ? PARSE_DONE : 400;
	}
	const char *colon = memchr(line, ':', len);
	if (!colon || !is_token(line, (gsize)(colon - line))) return 400;
	gchar *value = g_strndup(colon + 1, len - (gsize)(colon + 1 - line));
	g_strstrip(value);
	li_http_header_insert(headers, line, (gsize)(colon - line), value, strlen(value));
	g_free(value);
	return PARSE_DONE;
}

/* How long the body is, whether the connection is kept, what Expect says. */
static int framing(struct connection *con) {
	struct vrequest *vr = con->vr;
	liRequest *req = &vr->pub.request;
	con->keep_alive = vr->http_version == 1 ? !header_is(req->headers, "Connection", "close") : header_is(req->headers, "Connection", "keep-alive");
	const liHttpHeader *host = header_find(req->headers, "Host");
	guint hosts = 0;
	for (GList *l = req->headers->entries.head; l; l = l->next)
		hosts += g_ascii_strncasecmp(((liHttpHeader *)l->data)->data->str, "Host:", 5) == 0;
	if (hosts > 1) return 400;
	if (host) g_string_assign(URI(vr)->authority, header_value(host));
	if (!URI(vr)->authority->len && vr->http_version == 1) return 400;
	int result = target(vr);
	if (result == PARSE_DONE && URI(vr)->authority->len) result = host_of(vr);
	if (result != PARSE_DONE) return result;
	const liHttpHeader *length = header_find(req->headers, "Content-Length"), *coding = header_find(req->headers, "Transfer-Encoding");
	const char *method = req->http_method_str->str;
	gint64 n = 0;
	if (length) {
		char *end;
		n = g_ascii_strtoll(header_value(length), &end, 10);
		if (*end || end == header_value(length) || n < 0) return 400;
		if (n > 64 * 1024 * 1024) return 413;
	}
	if (coding && g_ascii_strcasecmp(header_value(coding), "chunked") != 0 && g_ascii_strcasecmp(header_value(coding), "identity") != 0) return 501;
	con->body_chunked = coding && g_ascii_strcasecmp(header_value(coding), "chunked") == 0;
	if ((g_str_equal(method, "GET") || g_str_equal(method, "HEAD")) && n > 0) return 400;
	if (g_str_equal(method, "POST") && !length && !con->body_chunked) return 411;
	con->body_left = con->body_chunked ? 0 : (gsize)n;
	vr->content_length = n;
	const liHttpHeader *expect = header_find(req->headers, "Expect");
	if (expect && (g_ascii_strcasecmp(header_value(expect), "100-continue") != 0 || vr->http_version == 0)) return 417;
	if (expect) queue_append_bytes(&con->out, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	return PARSE_DONE;
}

/* Up to and with the empty line; lines may end without a carriage return. */
static gsize head_length(const char *s) {
	for (const char *eol = strchr(s, '\n'); eol; eol = strchr(eol + 1, '\n')) {
		if (eol[1] == '\n') return (gsize)(eol + 2 - s);
		if (eol[1] == '\r' && eol[2] == '\n') return (gsize)(eol + 3 - s);
	}
	return 0;
}

int request_parse_headers(struct connection *con) {
	GString *in = con->in;
	/* Empty lines before a request are a habit of old clients. */
	while (g_str_has_prefix(in->str, "\r\n")) g_string_erase(in, 0, 2);
	gsize head_len = head_length(in->str);
	if (!head_len) {
		if (strlen(in->str) != in->len) return 400;
		return in->len > HEAD_LIMIT ? 431 : PARSE_MORE;
	}
	con->keep_alive = FALSE;
	struct vrequest *vr = con->vr;
	g_string_append(URI(vr)->scheme, "http");
	int result = PARSE_DONE;
	gchar *head = g_strndup(in->str, head_len);
	gchar **lines = g_strsplit(head, "\n", -1);
	g_free(head);
	g_string_erase(in, 0, (gssize)head_len);
	for (gchar **line = lines; *line && result == PARSE_DONE; line++) {
		gsize len = strlen(*line);
		if (len && (*line)[len - 1] == '\r') (*line)[--len] = '\0';
		if (!len) break;
		result = line == lines ? request_line(con, *line, len) : header_line(vr->pub.request.headers, *line, len);
	}
	g_strfreev(lines);
	if (result == PARSE_DONE) result = framing(con);
	if (result != PARSE_DONE) con->keep_alive = FALSE;
	return result;
}

int dechunk(GString *in, GString *out) {
	for (;;) {
		char *line_end = strstr(in->str, "\r\n"), *end;
		if (!line_end) return in->len > 1024 ? 400 : PARSE_MORE;
		if (!g_ascii_isxdigit(in->str[0])) return 400;
		guint64 size = g_ascii_strtoull(in->str, &end, 16);
		if ((*end != '\r' && *end != ';' && *end != ' ') || size > G_MAXINT) return 400;
		gsize head = (gsize)(line_end + 2 - in->str);
		if (size == 0) {
			/* Trailers end with an empty line. */
			char *done = strstr(line_end, "\r\n\r\n");
			if (!done) return PARSE_MORE;
			g_string_erase(in, 0, done + 4 - in->str);
			return PARSE_DONE;
		}
		if (in->len < head + size + 2) return PARSE_MORE;
		if (memcmp(in->str + head + size, "\r\n", 2) != 0) return 400;
		g_string_append_len(out, in->str + head, (gssize)size);
		g_string_erase(in, 0, (gssize)(head + size + 2));
	}
}

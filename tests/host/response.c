/* Writing a response: its head, chunked bodies, pages for errors. */
#include <stdio.h>
#include <time.h>

#include "host.h"

static const struct {
	int status;
	const char *text;
} texts[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 203, "Non-Authoritative Information" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 413, "Payload Too Large" },
	{ 414, "URI Too Long" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

const char *status_text(int status) {
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		if (texts[i].status == status) return texts[i].text;
	return "unknown";
}

static void error_page(struct connection *con) {
	struct vrequest *vr = con->vr;
	int status = vr->pub.response.http_status;
	GString *page = g_string_new(NULL);
	g_string_printf(page, "<!DOCTYPE html>\n<title>%d %s</title>\n<h1>%d %s</h1>\n", status, status_text(status), status, status_text(status));
	liHttpHeaders *headers = vr->pub.response.headers;
	header_set(headers, "Content-Type", "text/html; charset=utf-8");
	char length[32];
	snprintf(length, sizeof(length), "%zu", page->len);
	header_set(headers, "Content-Length", length);
	li_http_header_remove(headers, "Transfer-Encoding", 17);
	li_http_header_remove(headers, "Content-Encoding", 16);
	li_http_header_remove(headers, "ETag", 4);
	queue_append_string(&vr->body, page);
}

static gboolean is_hop_by_hop(const liHttpHeader *h) {
	return g_ascii_strncasecmp(h->data->str, "Connection:", 11) == 0;
}

static void lines(struct connection *con, GString *head) {
	liHttpHeaders *headers = con->vr->pub.response.headers;
	for (GList *l = headers->entries.head; l; l = l->next) {
		const liHttpHeader *h = l->data;
		if (!is_hop_by_hop(h)) g_string_append_printf(head, "%s\r\n", h->data->str);
	}
	if (!header_find(headers, "Date")) {
		char date[64];
		time_t now = time(NULL);
		struct tm tm;
		gmtime_r(&now, &tm);
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		g_string_append_printf(head, "Date: %s\r\n", date);
	}
	if (!header_find(headers, "Server")) g_string_append(head, "Server: lighttpd2-standin\r\n");
	g_string_append(head, "\r\n");
}

/* `body`: what there is of it, NULL for none at all. Sets con->all_data where
 * no body follows. */
void response_send_headers(struct connection *con, liChunkQueue *body) {
	struct vrequest *vr = con->vr;
	liVRequest *pub = &vr->pub;
	gboolean is_head = g_str_equal(pub->request.http_method_str->str, "HEAD");
	if (pub->response.http_status < 100 || pub->response.http_status > 999) {
		VR_LOG(vr, ERROR, "wrong status: %d, internal error", pub->response.http_status);
		pub->response.http_status = 500;
		con->keep_alive = FALSE;
		body = NULL;
	}
	int status = pub->response.http_status;
	gboolean empty = !body || (body->length == 0 && body->is_closed);
	gboolean complete = !body || body->is_closed;
	gboolean page = empty && status >= 400 && status < 600;
	if (page) error_page(con);
	if (status < 200 || status == 204 || status == 205 || status == 304) {
		con->all_data = TRUE;
	} else if (page) {
		con->all_data = TRUE;
	} else if (complete) {
		goffset length = body ? body->length : 0;
		if (!is_head || length > 0) {
			char text[32];
			snprintf(text, sizeof(text), "%lld", (long long)length);
			header_set(pub->response.headers, "Content-Length", text);
		}
	} else if (con->keep_alive && vr->http_version == 1) {
		con->chunked = TRUE;
		header_append(pub->response.headers, "Transfer-Encoding", 17, "chunked", 7);
	} else {
		con->keep_alive = FALSE;
	}
	if (is_head) con->all_data = TRUE;
	GString *head = g_string_new(NULL);
	g_string_printf(head, "HTTP/1.%d %d %s\r\n", vr->http_version ? 1 : 0, status, status_text(status));
	if (!con->keep_alive && vr->http_version)
		g_string_append(head, "Connection: close\r\n");
	else if (con->keep_alive && !vr->http_version)
		g_string_append(head, "Connection: keep-alive\r\n");
	lines(con, head);
	queue_append_string(&con->out, head);
	con->headers_sent = TRUE;
	if (page && !is_head) li_chunkqueue_steal_all(&con->out, &vr->body);
}

void response_move_body(struct connection *con, liChunkQueue *body) {
	if (!con->chunked) {
		li_chunkqueue_steal_all(&con->out, body);
		return;
	}
	if (body->length > 0) {
		char size[32];
		int len = snprintf(size, sizeof(size), "%llx\r\n", (unsigned long long)body->length);
		queue_append_bytes(&con->out, size, (gsize)len);
		li_chunkqueue_steal_all(&con->out, body);
		queue_append_bytes(&con->out, "\r\n", 2);
	}
	if (body->is_closed) queue_append_bytes(&con->out, "0\r\n\r\n", 5);
}

/* Action proxy "address": asks a backend, streams its answer. What is said on the
 * connection is for its protocol: HTTP here, FastCGI in fastcgi.c. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"

struct backend {
	const struct backend_protocol *protocol;
	struct vrequest *vr;
	struct ev_loop *loop;
	int fd;
	ev_io reader, writer;
	GString *out, *in;
	GString *wrapped; /* what came, where the protocol has frames */
	gboolean established, headers_done, chunked, until_close, is_head;
	goffset left; /* of a body of known length */
};

struct target {
	const struct backend_protocol *protocol;
	liSocketAddress addr;
};

void backend_free(struct backend *b) {
	ev_io_stop(b->loop, &b->reader);
	ev_io_stop(b->loop, &b->writer);
	close(b->fd);
	g_string_free(b->out, TRUE);
	g_string_free(b->in, TRUE);
	g_string_free(b->wrapped, TRUE);
	g_free(b);
}

/* Nothing more comes from it. A body that its length says is not whole is
 * neither ended nor broken off: as on the real server the client waits. */
static void finish(struct backend *b, gboolean whole) {
	struct vrequest *vr = b->vr;
	vr->backend = NULL;
	if (whole)
		vr->body.is_closed = TRUE;
	else if (b->chunked)
		vr->body_gone = TRUE;
	backend_free(b);
	vrequest_pump_later(vr);
}

static void fail(struct backend *b, const char *reason) {
	struct vrequest *vr = b->vr;
	VR_LOG(vr, ERROR, "backend: %s", reason);
	vr->backend = NULL;
	backend_free(b);
	vrequest_error(vr);
}

static gboolean take_header(liHttpHeaders *headers, const char *line) {
	const char *colon = strchr(line, ':');
	if (!colon || colon == line) return FALSE;
	gchar *value = g_strstrip(g_strdup(colon + 1));
	li_http_header_insert(headers, line, (gsize)(colon - line), value, strlen(value));
	g_free(value);
	return TRUE;
}

static gboolean parse_head(struct backend *b, char *head) {
	liVRequest *vr = &b->vr->pub;
	gchar **lines = g_strsplit(head, "\r\n", -1);
	gboolean is_http = !b->protocol->unwrap;
	gboolean fine = !is_http || (g_str_has_prefix(lines[0], "HTTP/1.") && strlen(lines[0]) >= 12);
	vr->response.http_status = fine && is_http ? (gint)g_ascii_strtoll(lines[0] + 9, NULL, 10) : 200;
	for (gchar **l = lines + is_http; fine && *l; l++) fine = take_header(vr->response.headers, *l);
	g_strfreev(lines);
	if (!fine) return FALSE;
	const liHttpHeader *status_header = is_http ? NULL : header_find(vr->response.headers, "Status");
	if (status_header) {
		vr->response.http_status = (gint)g_ascii_strtoll(header_value(status_header), NULL, 10);
		li_http_header_remove(vr->response.headers, "Status", 6);
	}
	const liHttpHeader *length = header_find(vr->response.headers, "Content-Length");
	b->chunked = header_has(vr->response.headers, "Transfer-Encoding", "chunked");
	li_http_header_remove(vr->response.headers, "Transfer-Encoding", 17);
	if (b->chunked)
		li_http_header_remove(vr->response.headers, "Content-Length", 14);
	else if (length)
		b->left = g_ascii_strtoll(header_value(length), NULL, 10);
	else
		b->until_close = TRUE;
	int status = vr->response.http_status;
	if (b->is_head || status == 204 || status == 304) {
		b->left = 0;
		b->chunked = b->until_close = FALSE;
	}
	return b->left >= 0;
}

/* Moves the body's bytes to the request. */
static void take_body(struct backend *b) {
	liChunkQueue *body = &b->vr->body;
	if (b->chunked) {
		GString *plain = g_string_new(NULL);
		int result = dechunk(b->in, plain);
		queue_append_string(body, plain);
		if (result > PARSE_DONE)
			fail(b, "a chunk cannot be read");
		else if (result == PARSE_DONE)
			finish(b, TRUE);
		else
			vrequest_pump_later(b->vr);
		return;
	}
	goffset n = b->until_close ? (goffset)b->in->len : MIN(b->left, (goffset)b->in->len);
	queue_append_bytes(body, b->in->str, (gsize)n);
	g_string_truncate(b->in, 0);
	if (!b->until_close) b->left -= n;
	if (!b->until_close && b->left == 0)
		finish(b, TRUE);
	else
		vrequest_pump_later(b->vr);
}

static void take(struct backend *b) {
	if (!b->headers_done) {
		char *end = strstr(b->in->str, "\r\n\r\n");
		if (!end) return;
		*end = '\0';
		if (!parse_head(b, b->in->str)) {
			fail(b, "its head cannot be read");
			return;
		}
		g_string_erase(b->in, 0, end + 4 - b->in->str);
		b->headers_done = TRUE;
		vrequest_headers_ready(b->vr);
	}
	take_body(b);
}

/* Frames may end the response before the connection does. */
static void take_frames(struct backend *b) {
	struct vrequest *vr = b->vr;
	int result = b->protocol->unwrap ? b->protocol->unwrap(b->wrapped, b->in) : PARSE_MORE;
	take(b);
	if (vr->backend != b || result == PARSE_MORE) return;
	if (result > PARSE_DONE || !b->headers_done)
		fail(b, "it broke its protocol");
	else
		finish(b, b->until_close);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int events) {
	(void)loop;
	(void)events;
	struct backend *b = w->data;
	struct worker *wrk = WORKER(b->vr->pub.wrk);
	ssize_t n = recv(b->fd, wrk->read_buffer, sizeof(wrk->read_buffer), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (n > 0) {
		g_string_append_len(b->protocol->unwrap ? b->wrapped : b->in, wrk->read_buffer, n);
		take_frames(b);
	} else if (!b->headers_done) {
		fail(b, n < 0 ? g_strerror(errno) : "it closed before its head was complete");
	} else {
		finish(b, n == 0 && b->until_close && !b->protocol->unwrap);
	}
}

/* The action goes on, or an error page takes its place. */
static void established(struct backend *b) {
	struct vrequest *vr = b->vr;
	int error = 0;
	socklen_t len = sizeof(error);
	getsockopt(b->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	ev_io_stop(b->loop, &b->writer);
	if (error) {
		VR_LOG(vr, ERROR, "backend: %s", g_strerror(error));
		vr->backend = NULL;
		backend_free(b);
		vrequest_backend_failed(vr);
		return;
	}
	b->established = TRUE;
	vrequest_wake(vr);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int events) {
	(void)events;
	struct backend *b = w->data;
	if (!b->established) {
		established(b);
		return;
	}
	ssize_t n = send(b->fd, b->out->str, b->out->len, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (n < 0) {
		fail(b, g_strerror(errno));
		return;
	}
	g_string_erase(b->out, 0, n);
	if (b->out->len) return;
	ev_io_stop(loop, w);
	ev_io_start(loop, &b->reader);
}

static void compose(struct vrequest *vr, GString *out) {
	static const char *const left_out[] = { "Connection", "Proxy-Connection", "Content-Length", "Transfer-Encoding", "TE", "Expect", "X-Forwarded-For", "X-Forwarded-Proto" };
	const char *method = vr->pub.request.http_method_str->str;
	g_string_printf(out, "%s %s HTTP/1.%d\r\n", method, URI(vr)->raw_path->str, vr->http_version ? 1 : 0);
	if (vr->http_version) g_string_append(out, "Connection: close\r\n");
	if (!g_str_equal(method, "GET") && !g_str_equal(method, "HEAD")) g_string_append_printf(out, "Content-Length: %zu\r\n", vr->request_body->len);
	for (GList *l = vr->pub.request.headers->entries.head; l; l = l->next) {
		const liHttpHeader *h = l->data;
		gboolean skip = FALSE;
		for (gsize i = 0; i < G_N_ELEMENTS(left_out); i++)
			skip = skip || (h->keylen == strlen(left_out[i]) && g_ascii_strncasecmp(h->data->str, left_out[i], h->keylen) == 0);
		if (!skip) g_string_append_printf(out, "%s\r\n", h->data->str);
	}
	g_string_append_printf(out, "X-Forwarded-For: %s\r\nX-Forwarded-Proto: http\r\n\r\n", vr->pub.coninfo->remote_addr_str->str);
	string_append(out, vr->request_body);
}

static liHandlerResult run(liVRequest *pub, gpointer param, gpointer *context) {
	(void)context;
	struct vrequest *vr = VREQUEST(pub);
	const struct target *target = param;
	const liSocketAddress *addr = &target->addr;
	if (vr->backend) {
		if (!vr->backend->established) return LI_HANDLER_WAIT_FOR_EVENT;
		vrequest_handle_indirect(vr);
		vr->backend->protocol->compose(vr, vr->backend->out);
		ev_io_start(vr->backend->loop, &vr->backend->writer);
		return LI_HANDLER_GO_ON;
	}
	if (li_vrequest_is_handled(pub)) return LI_HANDLER_GO_ON;
	int fd = socket(SOCKADDR(addr)->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || (connect(fd, SOCKADDR(addr), addr->len) < 0 && errno != EINPROGRESS)) {
		VR_LOG(vr, ERROR, "backend: %s", g_strerror(errno));
		if (fd >= 0) close(fd);
		vrequest_backend_failed(vr);
		return LI_HANDLER_WAIT_FOR_EVENT;
	}
	struct backend *b = g_new0(struct backend, 1);
	b->protocol = target->protocol;
	b->vr = vr;
	b->loop = pub->wrk->loop.loop;
	b->fd = fd;
	b->in = g_string_new(NULL);
	b->out = g_string_new(NULL);
	b->wrapped = g_string_new(NULL);
	b->is_head = g_str_equal(pub->request.http_method_str->str, "HEAD");
	ev_io_init(&b->reader, on_readable, fd, EV_READ);
	ev_io_init(&b->writer, on_writable, fd, EV_WRITE);
	b->reader.data = b->writer.data = b;
	ev_io_start(b->loop, &b->writer);
	vr->backend = b;
	return LI_HANDLER_WAIT_FOR_EVENT;
}

static void free_target(liServer *srv, gpointer param) {
	struct target *target = param;
	(void)srv;
	li_sockaddr_clear(&target->addr);
	g_free(target);
}

liAction *backend_action(liServer *srv, liValue *v, const struct backend_protocol *protocol) {
	struct target target = { protocol, { 0, { NULL } } };
	v = value_single(v);
	if (value_type(v) == LI_VALUE_STRING) target.addr = li_sockaddr_from_string(v->data.string, 80);
	if (!target.addr.addr_up.raw) {
		LOG(SERVER(srv), ERROR, "%s expects a socket address", protocol->name);
		return NULL;
	}
	return li_action_new_function(run, NULL, free_target, g_memdup2(&target, sizeof(target)));
}

static liAction *create(liServer *srv, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	static const struct backend_protocol http = { "proxy", compose, NULL };
	(void)wrk;
	(void)p;
	(void)userdata;
	return backend_action(srv, v, &http);
}

const liPluginAction proxy_actions[] = { { "proxy", create, NULL }, { NULL, NULL, NULL } };

/* A client's connection: bytes in, one request after another, bytes out. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "host.h"

/* Bytes that a client may send ahead of the request that is being answered. */
#define READ_AHEAD (256 * 1024)

static void process_later(struct connection *con) { li_job_later(&con->wrk->pub.loop.jobqueue, &con->process_job); }

static gboolean is_stopping(struct connection *con) { return g_atomic_int_get(&SERVER(con->wrk->pub.srv)->stopping); }

void connection_close(struct connection *con) {
	if (con->dead) return;
	con->dead = TRUE;
	struct ev_loop *loop = con->wrk->pub.loop.loop;
	ev_io_stop(loop, &con->reader);
	ev_io_stop(loop, &con->writer);
	ev_timer_stop(loop, &con->idle);
	close(con->fd);
	vrequest_reset(con->vr);
	li_job_clear(&con->process_job);
	/* Somebody further up the stack may still use it. */
	li_job_later(&con->wrk->pub.loop.jobqueue, &con->free_job);
}

void connection_free(struct connection *con) {
	li_job_clear(&con->free_job);
	vrequest_free(con->vr);
	li_chunkqueue_skip_all(&con->out);
	g_string_free(con->in, TRUE);
	g_string_free(con->remote_ip, TRUE);
	g_string_free(con->local_ip, TRUE);
	g_queue_unlink(&con->wrk->connections, &con->link);
	GArray *all = con->wrk->pub.connections;
	for (guint i = 0; i < all->len; i++)
		if (g_array_index(all, struct connection *, i) == con) {
			g_array_remove_index_fast(all, i);
			con->wrk->pub.connections_active--;
			break;
		}
	g_atomic_int_add(&con->wrk->load, -1);
	g_free(con);
}

static void on_free(liJob *job) { connection_free((struct connection *)(void *)((char *)job - offsetof(struct connection, free_job))); }

/* The request is answered and the answer is written. */
static void request_done(struct connection *con) {
	VR_DEBUG(con->vr, "response end (keep_alive = %d)", con->keep_alive);
	if (!con->keep_alive || is_stopping(con)) {
		shutdown(con->fd, SHUT_WR);
		connection_close(con);
		return;
	}
	vrequest_reset(con->vr);
	con->state = CON_READ_HEADERS;
	con->headers_sent = con->all_data = con->chunked = FALSE;
	struct ev_loop *loop = con->wrk->pub.loop.loop;
	ev_timer_set(&con->idle, MAX((double)con->vr->settings[SETTING_KEEPALIVE_TIMEOUT].number, 1), 0);
	ev_timer_start(loop, &con->idle);
	if (con->in->len) process_later(con);
	ev_io_start(loop, &con->reader);
}

/* Memory goes out by one writev, a file by pieces. FALSE when the socket has no
 * room or broke. */
static gboolean write_some(struct connection *con) {
	struct iovec parts[32];
	int n = 0;
	for (GList *l = con->out.queue.head; l && n < 32; l = l->next) {
		liChunkIter iter = { l };
		char *data;
		off_t len;
		gboolean is_file = ((struct chunk *)l->data)->kind == CHUNK_FILE;
		if (n && is_file) break;
		if (li_chunkiter_read(iter, 0, G_MAXINT32, &data, &len, NULL) != LI_HANDLER_GO_ON) {
			VR_LOG(con->vr, ERROR, "a file broke off");
			connection_close(con);
			return FALSE;
		}
		parts[n++] = (struct iovec){ data, (size_t)len };
		if (is_file) break;
	}
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t)n };
	ssize_t written = sendmsg(con->fd, &message, MSG_NOSIGNAL);
	if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		ev_io_start(con->wrk->pub.loop.loop, &con->writer);
		return FALSE;
	}
	if (written < 0 && errno == EINTR) return TRUE;
	if (written < 0) {
		connection_close(con);
		return FALSE;
	}
	queue_skip(&con->out, written);
	return TRUE;
}

static void flush(struct connection *con) {
	if (con->dead || ev_is_active(&con->writer)) return;
	/* A loop of its own for a long file would starve the others. */
	for (int i = 0; i < 16 && con->out.length > 0; i++)
		if (!write_some(con)) break;
	if (con->dead) return;
	if (con->out.length > 0)
		ev_io_start(con->wrk->pub.loop.loop, &con->writer);
	else if (con->headers_sent && con->all_data)
		request_done(con);
}

/* Moves on what the request's content handler and filters have. */
void connection_pump(struct connection *con) {
	struct vrequest *vr = con->vr;
	if (con->dead) return;
	if (vr->connected && !con->all_data) {
		filters_run(vr);
		if (con->dead || vr->pub.state == LI_VRS_ERROR) return;
		liChunkQueue *body = filters_output(vr);
		if (!body) {
			/* It broke off, and no filter made it whole. */
			connection_close(con);
			return;
		}
		if (!con->headers_sent) response_send_headers(con, body);
		if (!con->all_data) {
			response_move_body(con, body);
			con->all_data = body->is_closed;
		}
		if (con->all_data) filters_output_gone(vr);
	}
	flush(con);
}

static void answer_with(struct connection *con, int status) {
	con->keep_alive = FALSE;
	con->state = CON_HANDLE;
	con->vr->pub.response.http_status = status;
	con->all_data = TRUE;
	response_send_headers(con, NULL);
	flush(con);
}

static int read_body(struct connection *con) {
	if (con->body_chunked) return dechunk(con->in, con->vr->request_body);
	gsize n = MIN(con->body_left, con->in->len);
	g_string_append_len(con->vr->request_body, con->in->str, (gssize)n);
	g_string_erase(con->in, 0, (gssize)n);
	con->body_left -= n;
	return con->body_left ? PARSE_MORE : PARSE_DONE;
}

static void process(struct connection *con) {
	int result = PARSE_MORE;
	if (con->state == CON_READ_HEADERS) {
		result = request_parse_headers(con);
		if (result == PARSE_DONE) {
			con->state = CON_READ_BODY;
			ev_timer_stop(con->wrk->pub.loop.loop, &con->idle);
			if (con->out.length) flush(con);
			if (con->dead) return;
		}
	}
	if (con->state == CON_READ_BODY) {
		result = read_body(con);
		if (result == PARSE_DONE) {
			con->vr->content_length = (goffset)con->vr->request_body->len;
			con->state = CON_HANDLE;
			vrequest_start(con->vr);
		}
	}
	if (result > PARSE_DONE) answer_with(con, result);
}

static void on_process(liJob *job) { process((struct connection *)(void *)((char *)job - offsetof(struct connection, process_job))); }

static void on_readable(struct ev_loop *loop, ev_io *w, int events) {
	(void)events;
	struct connection *con = w->data;
	ssize_t n = recv(con->fd, con->wrk->read_buffer, sizeof(con->wrk->read_buffer), 0);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
	if (n <= 0) {
		/* A client that ends its side has given the request up. */
		connection_close(con);
		return;
	}
	g_string_append_len(con->in, con->wrk->read_buffer, n);
	if (con->state != CON_HANDLE)
		process(con);
	else if (con->in->len > READ_AHEAD)
		ev_io_stop(loop, &con->reader);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int events) {
	(void)events;
	ev_io_stop(loop, w);
	connection_pump(w->data);
}

static void on_idle(struct ev_loop *loop, ev_timer *w, int events) {
	(void)loop;
	(void)events;
	connection_close(w->data);
}

static GString *ip_of(int fd, int (*name)(int, struct sockaddr *, socklen_t *)) {
	struct sockaddr_storage storage;
	socklen_t len = sizeof(storage);
	liSocketAddress addr = { 0, { NULL } };
	if (name(fd, (struct sockaddr *)&storage, &len) == 0) {
		addr.len = len;
		addr.addr_up.raw = (char *)&storage;
	}
	return li_sockaddr_to_string(addr, NULL, FALSE);
}

static int remote_name(int fd, struct sockaddr *addr, socklen_t *len) { return getpeername(fd, addr, len); }
static int local_name(int fd, struct sockaddr *addr, socklen_t *len) { return getsockname(fd, addr, len); }

/* No PROXY protocol here, so nothing to prepare; that the function is there tells plugins
 * which structs this server has. */
void li_connection_proxy_protocol_init(liConnection *con) { (void)con; }

void connection_new(struct worker *wrk, int fd) {
	struct connection *con = g_new0(struct connection, 1);
	struct ev_loop *loop = wrk->pub.loop.loop;
	con->wrk = wrk;
	con->fd = fd;
	con->in = g_string_new(NULL);
	con->remote_ip = ip_of(fd, remote_name);
	con->local_ip = ip_of(fd, local_name);
	con->info.remote_addr_str = con->remote_ip;
	con->info.local_addr_str = con->local_ip;
	con->info.local_addr.len = sizeof(con->local);
	con->info.local_addr.addr_up.raw = (char *)&con->local;
	if (local_name(fd, (struct sockaddr *)&con->local, &con->info.local_addr.len) != 0) con->info.local_addr.len = 0;
	queue_init(&con->out);
	li_job_init(&con->process_job, on_process);
	li_job_init(&con->free_job, on_free);
	con->link.data = con;
	g_queue_push_tail_link(&wrk->connections, &con->link);
	con->vr = vrequest_new(wrk, &con->info, con);
	con->pub.mainvr = &con->vr->pub;
	g_array_append_val(wrk->pub.connections, con);
	wrk->pub.connections_active++;
	int yes = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	ev_io_init(&con->reader, on_readable, fd, EV_READ);
	ev_io_init(&con->writer, on_writable, fd, EV_WRITE);
	ev_timer_init(&con->idle, on_idle, 60, 0);
	con->reader.data = con->writer.data = con->idle.data = con;
	ev_io_start(loop, &con->reader);
	ev_timer_start(loop, &con->idle);
}

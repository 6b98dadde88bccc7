/* Listening sockets; the first worker accepts for all, and gives a connection
 * to whoever has the fewest. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host.h"

struct listener {
	int fd;
	ev_io watcher;
};

static struct listener *at(struct server *srv, guint i) { return g_ptr_array_index(srv->listeners, i); }

static void listen_on(struct server *srv, const GString *text) {
	liSocketAddress addr = li_sockaddr_from_string(text, 80);
	if (!addr.addr_up.raw) {
		LOG(srv, ERROR, "Invalid socket address: '%s'", text->str);
		return;
	}
	struct listener *l = g_new0(struct listener, 1);
	l->fd = -1;
	g_ptr_array_add(srv->listeners, l);
	int yes = 1;
	l->fd = socket(SOCKADDR(&addr)->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	gboolean fine = l->fd >= 0;
	if (fine) setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (SOCKADDR(&addr)->sa_family == AF_UNIX) unlink(text->str + strlen("unix:"));
	fine = fine && bind(l->fd, SOCKADDR(&addr), addr.len) == 0 && listen(l->fd, 1000) == 0;
	if (!fine) LOG(srv, ERROR, "cannot listen on '%s': %s", text->str, g_strerror(errno));
	li_sockaddr_clear(&addr);
	if (fine) return;
	if (l->fd >= 0) close(l->fd);
	g_ptr_array_set_size(srv->listeners, (gint)srv->listeners->len - 1);
}

/* An address that cannot be used is logged, and the server runs without it, as
 * the real one does. */
void server_listen(struct server *srv) {
	for (guint i = 0; i < srv->addresses->len; i++) listen_on(srv, g_ptr_array_index(srv->addresses, i));
}

static struct worker *least_loaded(struct server *srv) {
	static guint turn = 0;
	guint n = srv->pub.workers->len;
	struct worker *best = NULL;
	turn++;
	for (guint i = 0; i < n; i++) {
		struct worker *wrk = g_array_index(srv->pub.workers, struct worker *, (turn + i) % n);
		if (!best || g_atomic_int_get(&wrk->load) < g_atomic_int_get(&best->load)) best = wrk;
	}
	return best;
}

static void on_acceptable(struct ev_loop *loop, ev_io *w, int events) {
	(void)loop;
	(void)events;
	int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) worker_give(least_loaded(w->data), fd);
}

void server_accept_start(struct server *srv) {
	for (guint i = 0; i < srv->listeners->len; i++) {
		struct listener *l = at(srv, i);
		ev_io_init(&l->watcher, on_acceptable, l->fd, EV_READ);
		l->watcher.data = srv;
		ev_io_start(srv->pub.main_worker->loop.loop, &l->watcher);
	}
}

void server_accept_stop(struct server *srv) {
	for (guint i = 0; i < srv->listeners->len; i++) {
		struct listener *l = at(srv, i);
		if (ev_is_active(&l->watcher)) ev_io_stop(srv->pub.main_worker->loop.loop, &l->watcher);
		if (l->fd >= 0) close(l->fd);
		l->fd = -1;
	}
}

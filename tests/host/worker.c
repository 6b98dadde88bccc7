/* A worker: a loop of its own, in a thread of its own but for the first. */
#include <unistd.h>

#include "host.h"

static void take_accepted(struct worker *wrk) {
	gpointer fd;
	while ((fd = g_async_queue_try_pop(wrk->accepted))) connection_new(wrk, GPOINTER_TO_INT(fd) - 1);
}

/* Requests that are still in work are ended; plugins learn of that first. */
static void stop(struct worker *wrk) {
	if (wrk->stopped) return;
	wrk->stopped = TRUE;
	take_accepted(wrk);
	plugins_worker_stop(wrk);
	for (GList *l = wrk->connections.head, *next; l; l = next) {
		next = l->next;
		connection_close(l->data);
	}
	ev_break(wrk->pub.loop.loop, EVBREAK_ALL);
}

static void on_wake(struct ev_loop *loop, ev_async *w, int events) {
	(void)loop;
	(void)events;
	struct worker *wrk = w->data;
	if (g_atomic_int_get(&SERVER(wrk->pub.srv)->stopping))
		stop(wrk);
	else
		take_accepted(wrk);
}

struct worker *worker_new(struct server *srv, guint ndx, struct ev_loop *loop) {
	struct worker *wrk = g_new0(struct worker, 1);
	wrk->pub.srv = &srv->pub;
	wrk->pub.loop.loop = loop;
	lua_state_init(&wrk->lua, &srv->pub);
	/* Before it has its number, as the real server does it. */
	lua_state_show_plugins(&wrk->lua, srv, &wrk->pub);
	wrk->pub.ndx = ndx;
	wrk->pub.tmp_str = g_string_sized_new(255);
	jobs_init(&wrk->pub.loop.jobqueue, loop);
	g_queue_init(&wrk->connections);
	wrk->pub.connections = g_array_new(FALSE, TRUE, sizeof(liConnection *));
	wrk->accepted = g_async_queue_new();
	ev_async_init(&wrk->wake, on_wake);
	wrk->wake.data = wrk;
	ev_async_start(loop, &wrk->wake);
	return wrk;
}

static gpointer run(gpointer data) {
	struct worker *wrk = data;
	if (wrk->pub.ndx != 0) plugins_prepare_worker(wrk);
	ev_run(wrk->pub.loop.loop, 0);
	jobs_clear(&wrk->pub.loop.jobqueue);
	return NULL;
}

/* The first worker runs in the caller's thread, until the server stops. */
void worker_start(struct worker *wrk) {
	if (wrk->pub.ndx == 0)
		run(wrk);
	else
		wrk->thread = g_thread_new("worker", run, wrk);
}

void worker_give(struct worker *wrk, int fd) {
	g_atomic_int_inc(&wrk->load);
	if (wrk->pub.ndx == 0) {
		connection_new(wrk, fd);
		return;
	}
	g_async_queue_push(wrk->accepted, GINT_TO_POINTER(fd + 1));
	ev_async_send(wrk->pub.loop.loop, &wrk->wake);
}

/* From any thread, or a signal. */
void worker_stop(struct worker *wrk) { ev_async_send(wrk->pub.loop.loop, &wrk->wake); }

void worker_free(struct worker *wrk) {
	if (wrk->thread) g_thread_join(wrk->thread);
	struct ev_loop *loop = wrk->pub.loop.loop;
	ev_async_stop(loop, &wrk->wake);
	g_async_queue_unref(wrk->accepted);
	g_array_free(wrk->pub.connections, TRUE);
	g_string_free(wrk->pub.tmp_str, TRUE);
	lua_state_free(&wrk->lua);
	ev_loop_destroy(loop);
	g_free(wrk);
}

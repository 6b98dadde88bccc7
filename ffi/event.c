/* Watchers on a worker's loop. They never keep the loop alive, and the worker's
 * slot knows them all: when it stops so do they, whoever still has them. */
#include <stdlib.h>

#include "internal.h"

/* What each begins with. */
typedef struct watcher {
	struct ev_loop *loop; /* NULL: there is none, or none any more */
	void (*stop)(struct watcher *);
	GQueue *all;
	GList link;
} watcher;

static void watcher_init(watcher *w, mmc_worker *worker, void (*stop)(watcher *)) {
	mmc_slot *slot = worker ? mmc_slot_of(WRK(worker)) : NULL;
	if (!slot || !slot->open) return;
	w->loop = WRK(worker)->loop.loop;
	w->stop = stop;
	w->all = &slot->watchers;
	w->link.data = w;
	g_queue_push_tail_link(w->all, &w->link);
}

static void watcher_free(watcher *w) {
	if (w->loop) {
		w->stop(w);
		g_queue_unlink(w->all, &w->link);
	}
	g_free(w);
}

struct mmc_io {
	watcher base;
	ev_io io;
	void (*ready)(void *, bool, bool);
	void *data;
};

static void on_io(struct ev_loop *loop, ev_io *io, int events) {
	(void)loop;
	mmc_io *w = io->data;
	w->ready(w->data, (events & (EV_READ | EV_ERROR)) != 0, (events & EV_WRITE) != 0);
}

static void io_stop(watcher *base) {
	mmc_io *w = (mmc_io *)base;
	if (!ev_is_active(&w->io)) return;
	ev_ref(base->loop);
	ev_io_stop(base->loop, &w->io);
}

mmc_io *mmc_io_new(mmc_worker *worker, int fd, void (*ready)(void *, bool, bool), void *data) {
	mmc_io *w = g_new0(mmc_io, 1);
	w->ready = ready;
	w->data = data;
	ev_init(&w->io, on_io);
	ev_io_set(&w->io, fd, 0);
	w->io.data = w;
	watcher_init(&w->base, worker, io_stop);
	return w;
}

void mmc_io_set(mmc_io *w, bool read, bool write) {
	struct ev_loop *loop = w->base.loop;
	if (!loop) return;
	int fd = w->io.fd;
	io_stop(&w->base);
	int events = (read ? EV_READ : 0) | (write ? EV_WRITE : 0);
	if (!events) return;
	ev_io_set(&w->io, fd, events);
	ev_io_start(loop, &w->io);
	ev_unref(loop);
}

void mmc_io_free(mmc_io *w) { watcher_free(&w->base); }

struct mmc_timer {
	watcher base;
	ev_timer timer;
	void (*fired)(void *);
	void *data;
};

static void timer_stop(watcher *base) {
	mmc_timer *w = (mmc_timer *)base;
	if (!ev_is_active(&w->timer)) return;
	ev_ref(base->loop);
	ev_timer_stop(base->loop, &w->timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events) {
	(void)loop;
	(void)events;
	mmc_timer *w = timer->data;
	/* It has fired and stops, and its reference to the loop with it. */
	timer_stop(&w->base);
	w->fired(w->data);
}

mmc_timer *mmc_timer_new(mmc_worker *worker, void (*fired)(void *), void *data) {
	mmc_timer *w = g_new0(mmc_timer, 1);
	w->fired = fired;
	w->data = data;
	ev_init(&w->timer, on_timer);
	w->timer.data = w;
	watcher_init(&w->base, worker, timer_stop);
	return w;
}

void mmc_timer_disarm(mmc_timer *w) {
	if (w->base.loop) timer_stop(&w->base);
}

void mmc_timer_arm(mmc_timer *w, double secs) {
	struct ev_loop *loop = w->base.loop;
	if (!loop) return;
	timer_stop(&w->base);
	/* Repeating, so that it is still active, and referenced, when it fires; one
	 * that repeats after no time at all would not even start. */
	w->timer.repeat = MAX(secs, 1e-6);
	ev_timer_again(loop, &w->timer);
	ev_unref(loop);
}

void mmc_timer_free(mmc_timer *w) { watcher_free(&w->base); }

/* Work for the end of a pass of the loop, just before it waits: the host runs
 * its jobs from a prepare watcher of normal priority, this one comes after it.
 * A host job would not do: the host runs three rounds of them in a pass, and
 * what a job of the third round adds waits for a timer of a millisecond.
 *
 * All jobs of a worker share one watcher: the loop calls each watcher of that
 * kind in every pass, and a worker may have tens of thousands of jobs. */
struct mmc_job {
	watcher base;
	mmc_jobs *jobs;
	GQueue *in; /* where it waits for its turn; NULL if it is not due */
	GList link;
	guint64 ran; /* in which pass it ran last */
	bool last;
	void (*run)(void *);
	void *data;
};

static void on_idle(struct ev_loop *loop, ev_idle *idle, int events) {
	(void)loop;
	(void)idle;
	(void)events;
}

static void put(mmc_job *j, GQueue *in) {
	j->in = in;
	g_queue_push_tail_link(in, &j->link);
}

static mmc_job *take(GQueue *from) {
	GList *link = g_queue_pop_head_link(from);
	if (!link) return NULL;
	mmc_job *j = link->data;
	j->in = NULL;
	return j;
}

static void not_due(mmc_jobs *jobs) {
	if (!ev_is_active(&jobs->idle)) return;
	ev_ref(jobs->loop);
	ev_idle_stop(jobs->loop, &jobs->idle);
}

/* It may free itself, and others. */
static void run_job(mmc_jobs *jobs, mmc_job *j) {
	j->ran = jobs->pass;
	j->run(j->data);
}

static void on_prepare(struct ev_loop *loop, ev_prepare *prepare, int events) {
	(void)loop;
	(void)events;
	mmc_jobs *jobs = prepare->data;
	mmc_job *j;
	if (!ev_is_active(&jobs->idle)) return;
	jobs->pass++;
	jobs->running = true;
	while ((j = take(&jobs->due))) run_job(jobs, j);
	for (guint left = jobs->last.length; left && (j = take(&jobs->last)); left--) run_job(jobs, j);
	jobs->running = false;
	while ((j = take(&jobs->again))) put(j, &jobs->due);
	if (!jobs->due.length && !jobs->last.length) not_due(jobs);
}

static void jobs_start(mmc_jobs *jobs, struct ev_loop *loop) {
	jobs->loop = loop;
	ev_init(&jobs->idle, on_idle);
	ev_init(&jobs->prepare, on_prepare);
	ev_set_priority(&jobs->prepare, EV_MINPRI);
	jobs->prepare.data = jobs;
	ev_prepare_start(loop, &jobs->prepare);
	ev_unref(loop);
}

static void jobs_stop(mmc_jobs *jobs) {
	if (!jobs->loop) return;
	not_due(jobs);
	ev_ref(jobs->loop);
	ev_prepare_stop(jobs->loop, &jobs->prepare);
	jobs->loop = NULL;
}

static void job_stop(watcher *base) {
	mmc_job *j = (mmc_job *)base;
	if (j->in) g_queue_unlink(j->in, &j->link);
	j->in = NULL;
}

mmc_job *mmc_job_new(mmc_worker *worker, void (*run)(void *), void *data, bool last) {
	mmc_job *j = g_new0(mmc_job, 1);
	j->run = run;
	j->data = data;
	j->last = last;
	j->link.data = j;
	watcher_init(&j->base, worker, job_stop);
	if (!j->base.loop) return j;
	j->jobs = &mmc_slot_of(WRK(worker))->jobs;
	if (!j->jobs->loop) jobs_start(j->jobs, j->base.loop);
	return j;
}

void mmc_job_later(mmc_job *j) {
	if (!j->base.loop || j->in) return;
	mmc_jobs *jobs = j->jobs;
	bool has_run = jobs->running && j->ran == jobs->pass;
	put(j, j->last ? &jobs->last : has_run ? &jobs->again
										   : &jobs->due);
	if (ev_is_active(&jobs->idle)) return;
	ev_idle_start(jobs->loop, &jobs->idle);
	ev_unref(jobs->loop);
}

void mmc_job_free(mmc_job *j) { watcher_free(&j->base); }

void mmc_watchers_forget(mmc_slot *slot) {
	slot->open = false;
	for (GList *link; (link = g_queue_pop_head_link(&slot->watchers));) ((watcher *)link->data)->loop = NULL;
}

void mmc_watchers_stop(mmc_slot *slot) {
	for (GList *link = slot->watchers.head; link; link = link->next) {
		watcher *w = link->data;
		w->stop(w);
	}
	jobs_stop(&slot->jobs);
	mmc_watchers_forget(slot);
}

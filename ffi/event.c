/* Watchers on a worker's loop. They never keep the loop alive. */
#include <stdlib.h>

#include "internal.h"

static struct ev_loop *loop_of(mmc_worker *w) { return WRK(w)->loop.loop; }

struct mmc_io {
	ev_io io;
	struct ev_loop *loop;
	void (*ready)(void *, bool, bool);
	void *data;
};

static void on_io(struct ev_loop *loop, ev_io *io, int events) {
	(void)loop;
	mmc_io *w = io->data;
	w->ready(w->data, (events & (EV_READ | EV_ERROR)) != 0, (events & EV_WRITE) != 0);
}

mmc_io *mmc_io_new(mmc_worker *worker, int fd, void (*ready)(void *, bool, bool), void *data) {
	mmc_io *w = g_new0(mmc_io, 1);
	w->loop = loop_of(worker);
	w->ready = ready;
	w->data = data;
	ev_init(&w->io, on_io);
	ev_io_set(&w->io, fd, 0);
	w->io.data = w;
	return w;
}

static void io_stop(mmc_io *w) {
	if (!ev_is_active(&w->io)) return;
	ev_ref(w->loop);
	ev_io_stop(w->loop, &w->io);
}

void mmc_io_set(mmc_io *w, bool read, bool write) {
	int fd = w->io.fd;
	io_stop(w);
	int events = (read ? EV_READ : 0) | (write ? EV_WRITE : 0);
	if (!events) return;
	ev_io_set(&w->io, fd, events);
	ev_io_start(w->loop, &w->io);
	ev_unref(w->loop);
}

void mmc_io_free(mmc_io *w) {
	io_stop(w);
	g_free(w);
}

struct mmc_timer {
	ev_timer timer;
	struct ev_loop *loop;
	void (*fired)(void *);
	void *data;
};

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events) {
	(void)events;
	mmc_timer *w = timer->data;
	/* It has fired and stops, and its reference to the loop with it. */
	ev_ref(loop);
	ev_timer_stop(loop, timer);
	w->fired(w->data);
}

mmc_timer *mmc_timer_new(mmc_worker *worker, void (*fired)(void *), void *data) {
	mmc_timer *w = g_new0(mmc_timer, 1);
	w->loop = loop_of(worker);
	w->fired = fired;
	w->data = data;
	ev_init(&w->timer, on_timer);
	w->timer.data = w;
	return w;
}

void mmc_timer_disarm(mmc_timer *w) {
	if (!ev_is_active(&w->timer)) return;
	ev_ref(w->loop);
	ev_timer_stop(w->loop, &w->timer);
}

void mmc_timer_arm(mmc_timer *w, double secs) {
	mmc_timer_disarm(w);
	/* Repeating, so that it is still active, and referenced, when it fires. */
	w->timer.repeat = secs;
	ev_timer_again(w->loop, &w->timer);
	ev_unref(w->loop);
}

void mmc_timer_free(mmc_timer *w) {
	mmc_timer_disarm(w);
	g_free(w);
}

/* Work for the end of a pass of the loop, just before it waits: the host runs
 * its jobs from a prepare watcher of normal priority, this one comes behind it.
 * A host job would not do: the host runs three rounds of them in a pass, and
 * what a job of the third round adds waits for a timer of a millisecond. */
struct mmc_job {
	ev_prepare prepare;
	/* Active while the job is due: then the loop does not wait. */
	ev_idle idle;
	struct ev_loop *loop;
	void (*run)(void *);
	void *data;
};

static void on_idle(struct ev_loop *loop, ev_idle *idle, int events) {
	(void)loop;
	(void)idle;
	(void)events;
}

static void job_stop(mmc_job *j) {
	if (!ev_is_active(&j->idle)) return;
	ev_ref(j->loop);
	ev_idle_stop(j->loop, &j->idle);
}

static void on_prepare(struct ev_loop *loop, ev_prepare *prepare, int events) {
	(void)loop;
	(void)events;
	mmc_job *j = prepare->data;
	if (!ev_is_active(&j->idle)) return;
	/* Before it runs: it may ask for the next pass. */
	job_stop(j);
	j->run(j->data);
}

mmc_job *mmc_job_new(mmc_worker *worker, void (*run)(void *), void *data) {
	mmc_job *j = g_new0(mmc_job, 1);
	j->loop = loop_of(worker);
	j->run = run;
	j->data = data;
	ev_init(&j->idle, on_idle);
	ev_init(&j->prepare, on_prepare);
	ev_set_priority(&j->prepare, EV_MINPRI);
	j->prepare.data = j;
	ev_prepare_start(j->loop, &j->prepare);
	ev_unref(j->loop);
	return j;
}

void mmc_job_later(mmc_job *j) {
	if (ev_is_active(&j->idle)) return;
	ev_idle_start(j->loop, &j->idle);
	ev_unref(j->loop);
}

void mmc_job_free(mmc_job *j) {
	job_stop(j);
	ev_ref(j->loop);
	ev_prepare_stop(j->loop, &j->prepare);
	g_free(j);
}

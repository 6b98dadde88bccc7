/* Jobs of a worker's loop. They run before the loop waits for events, so in the
 * same pass in which they were asked for; what is still queued after three
 * rounds waits for the next pass, which comes at once. */
#include "host.h"

struct queue {
	ev_prepare prepare;
	ev_timer again;
	struct ev_loop *loop;
	guint generation;
	GQueue jobs;
};
_Static_assert(sizeof(struct queue) <= sizeof(liJobQueue), "the queue of jobs fits");
#define JOBS(q) ((struct queue *)(q))
#define REF(r) ((struct job_ref_mirror *)(r))
#define JOB(j) ((struct job_mirror *)(j))

static void round_of(struct queue *q) {
	q->generation++;
	for (guint todo = q->jobs.length; todo > 0 && q->jobs.length > 0; todo--) {
		GList *link = g_queue_pop_head_link(&q->jobs);
		struct job_mirror *job = (struct job_mirror *)((char *)link - offsetof(struct job_mirror, link));
		link->data = NULL;
		job->generation = q->generation;
		job->callback((liJob *)job);
	}
}

static void on_prepare(struct ev_loop *loop, ev_prepare *w, int events) {
	(void)events;
	struct queue *q = w->data;
	for (int i = 0; i < 3 && q->jobs.length > 0; i++) round_of(q);
	if (q->jobs.length > 0 && !ev_is_active(&q->again)) {
		ev_timer_set(&q->again, 0, 0);
		ev_timer_start(loop, &q->again);
	}
}

static void on_again(struct ev_loop *loop, ev_timer *w, int events) {
	(void)loop;
	(void)w;
	(void)events;
}

void jobs_init(liJobQueue *queue, struct ev_loop *loop) {
	struct queue *q = JOBS(queue);
	g_queue_init(&q->jobs);
	q->loop = loop;
	ev_prepare_init(&q->prepare, on_prepare);
	q->prepare.data = q;
	ev_prepare_start(loop, &q->prepare);
	ev_unref(loop);
	ev_timer_init(&q->again, on_again, 0, 0);
}

/* Runs what is queued, and what that queues, until nothing is left. */
void jobs_clear(liJobQueue *queue) {
	struct queue *q = JOBS(queue);
	while (q->jobs.length > 0) round_of(q);
	ev_timer_stop(q->loop, &q->again);
	ev_ref(q->loop);
	ev_prepare_stop(q->loop, &q->prepare);
}

guint jobs_round(const liJobQueue *queue) { return ((const struct queue *)queue)->generation; }

static void unqueue(struct job_mirror *job) {
	if (!job->link.data) return;
	g_queue_unlink(&JOBS(job->link.data)->jobs, &job->link);
	job->link.data = NULL;
}

static void drop_ref(struct job_mirror *job) {
	if (!job->ref) return;
	job->ref->job = NULL;
	li_job_ref_release(job->ref);
	job->ref = NULL;
}

void li_job_init(liJob *job, liJobCB callback) {
	memset(job, 0, sizeof(*job));
	JOB(job)->callback = callback;
}

void li_job_clear(liJob *job) {
	unqueue(JOB(job));
	drop_ref(JOB(job));
	JOB(job)->callback = NULL;
}

/* Nobody who asked for it before can have it run any more. */
void job_detach(liJob *job) {
	unqueue(JOB(job));
	drop_ref(JOB(job));
	JOB(job)->generation = 0;
}

void li_job_later(liJobQueue *queue, liJob *job) {
	if (JOB(job)->link.data) return;
	JOB(job)->link.data = queue;
	g_queue_push_tail_link(&JOBS(queue)->jobs, &JOB(job)->link);
}

liJobRef *job_ref(liJobQueue *queue, liJob *job) {
	liJobRef *ref = JOB(job)->ref;
	if (!ref) {
		ref = g_new0(liJobRef, 1);
		REF(ref)->refcount = 1;
		ref->job = job;
		ref->queue = queue;
		JOB(job)->ref = ref;
	}
	g_atomic_int_inc(&REF(ref)->refcount);
	return ref;
}

void li_job_later_ref(liJobRef *ref) {
	if (ref->job) li_job_later(ref->queue, ref->job);
}

void li_job_ref_acquire(liJobRef *ref) { g_atomic_int_inc(&REF(ref)->refcount); }

void li_job_ref_release(liJobRef *ref) {
	if (g_atomic_int_dec_and_test(&REF(ref)->refcount)) g_free(ref);
}

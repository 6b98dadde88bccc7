/* Copies of requests, which run without a client. */
#include <stddef.h>
#include <string.h>

#include "internal.h"

struct mmc_copy {
	mmc_slot *slot; /* NULL once its worker has stopped */
	liVRequest *vr; /* likewise, and once it has ended */
	liConInfo coninfo;
	/* What follows is set once it runs. */
	mmc_copy_ended ended;
	mmc_rust_end *end;
	mmc_job *over;
	mmc_timer *limit;
	int32_t status;
	bool whole;
};

/* Where the body of a response goes. It may outlive its copy. */
typedef struct {
	liStream stream;
	mmc_copy *copy;
} sink;

static mmc_copy *copy_of(liVRequest *vr) { return (mmc_copy *)((char *)vr->coninfo - offsetof(mmc_copy, coninfo)); }

/* The end is told later: here the request is still in use. */
static void is_over(mmc_copy *c, bool whole) {
	c->whole = whole;
	c->status = c->vr->response.http_status;
	mmc_job_later(c->over);
}

static void sink_event(liStream *stream, liStreamEvent event) {
	sink *s = (sink *)stream;
	switch (event) {
	case LI_STREAM_NEW_DATA:
		if (!stream->source) return;
		li_chunkqueue_skip_all(stream->source->out);
		if (!stream->source->out->is_closed) return;
		if (s->copy) is_over(s->copy, true);
		s->copy = NULL;
		li_stream_disconnect(stream);
		break;
	case LI_STREAM_DISCONNECTED_SOURCE:
		if (s->copy) is_over(s->copy, false);
		s->copy = NULL;
		break;
	case LI_STREAM_DESTROY:
		g_free(s);
		break;
	default:
		break;
	}
}

static void on_error(liVRequest *vr) {
	is_over(copy_of(vr), false);
	copy_of(vr)->status = 0;
}

static liThrottleState *no_throttle(liVRequest *vr) {
	(void)vr;
	return NULL;
}

/* Nobody is there who could speak another protocol. */
static void on_upgrade(liVRequest *vr, liStream *drain, liStream *source) {
	li_stream_reset(drain);
	li_stream_reset(source);
	is_over(copy_of(vr), false);
}

static const liConCallbacks callbacks = {
	.handle_response_error = on_error,
	.throttle_out = no_throttle,
	.throttle_in = no_throttle,
	.connection_upgrade = on_upgrade,
};

bool mmc_is_copy(const liVRequest *vr) { return vr->coninfo->callbacks == &callbacks; }

static GString *same(const GString *s) { return g_string_new_len(s->str, (gssize)s->len); }

static void assign(GString *to, const GString *from) {
	g_string_truncate(to, 0);
	g_string_append_len(to, from->str, (gssize)from->len);
}

/* Settings that an action made for a request are its own, or shared. */
static void copy_options(liVRequest *to, const liVRequest *from) {
	liServer *srv = to->wrk->srv;
	memcpy(to->options, from->options, srv->option_def_values->len * sizeof(liOptionValue));
	for (guint i = 0; i < srv->optionptr_def_values->len; i++) {
		liOptionPtrValue *value = from->optionptrs[i];
		if (value == to->optionptrs[i]) continue;
		if (value) g_atomic_int_inc(&value->refcount);
		li_release_optionptr(srv, to->optionptrs[i]);
		to->optionptrs[i] = value;
	}
}

static void copy_environment(liEnvironment *to, const liEnvironment *from) {
	GHashTableIter i;
	gpointer key, value;
	g_hash_table_iter_init(&i, from->table);
	while (g_hash_table_iter_next(&i, &key, &value)) {
		const GString *k = key, *v = value;
		li_environment_set(to, k->str, k->len, v->str, v->len);
	}
}

mmc_copy *mmc_copy_new(mmc_request *r) {
	liVRequest *of = REQ(r);
	mmc_slot *slot = mmc_slot_of(of->wrk);
	if (!slot || !slot->open || mmc_is_copy(of)) return NULL;
	liEventLoop *loop = &of->wrk->loop;
	mmc_copy *c = g_new0(mmc_copy, 1);
	liConInfo *con = &c->coninfo;
	con->callbacks = &callbacks;
	con->remote_addr = li_sockaddr_dup(of->coninfo->remote_addr);
	con->local_addr = li_sockaddr_dup(of->coninfo->local_addr);
	con->remote_addr_str = same(of->coninfo->remote_addr_str);
	con->local_addr_str = same(of->coninfo->local_addr_str);
	con->is_ssl = of->coninfo->is_ssl;
	con->keep_alive = FALSE;
	con->req = li_stream_null_new(loop);
	sink *s = g_new0(sink, 1);
	s->copy = c;
	li_stream_init(&s->stream, loop, sink_event);
	con->resp = &s->stream;
	c->vr = li_vrequest_new(of->wrk, con);
	li_vrequest_start(c->vr);
	li_request_copy(&c->vr->request, &of->request);
	c->vr->request.content_length = 0;
	assign(c->vr->physical.path, of->physical.path);
	assign(c->vr->physical.doc_root, of->physical.doc_root);
	assign(c->vr->physical.pathinfo, of->physical.pathinfo);
	copy_options(c->vr, of);
	copy_environment(&c->vr->env, &of->env);
	c->slot = slot;
	g_queue_push_tail(&slot->copies, c);
	return c;
}

mmc_request *mmc_copy_request(mmc_copy *c) { return (mmc_request *)c->vr; }

/* Lets go of all that is the host's. */
static void finish(mmc_copy *c) {
	liVRequest *vr = c->vr;
	if (!vr) return;
	c->vr = NULL;
	g_queue_remove(&c->slot->copies, c);
	c->slot = NULL;
	if (c->over) mmc_job_free(c->over);
	if (c->limit) mmc_timer_free(c->limit);
	c->over = NULL;
	c->limit = NULL;
	liConInfo *con = &c->coninfo;
	((sink *)con->resp)->copy = NULL;
	li_stream_reset(con->resp);
	li_stream_reset(con->req);
	/* Of a request that never ran the host does not say that it is closed. */
	mmc_rust_request **state = vr->state == LI_VRS_CLEAN ? mmc_request_slot((mmc_request *)vr) : NULL;
	if (state && *state) {
		mmc_rust_request *given_up = *state;
		*state = NULL;
		mmc_def()->request_closed(NULL, given_up);
	}
	li_vrequest_free(vr);
	li_stream_release(con->resp);
	li_stream_release(con->req);
	li_sockaddr_clear(&con->remote_addr);
	li_sockaddr_clear(&con->local_addr);
	g_string_free(con->remote_addr_str, TRUE);
	g_string_free(con->local_addr_str, TRUE);
}

/* Of one that runs. */
static void end(mmc_copy *c) {
	mmc_copy_ended ended = c->ended;
	mmc_rust_end *rust = c->end;
	int32_t status = c->status;
	bool whole = c->whole;
	finish(c);
	g_free(c);
	ended(rust, status, whole);
}

static void on_over(void *data) { end(data); }

static void on_limit(void *data) {
	mmc_copy *c = data;
	c->status = 0;
	c->whole = false;
	end(c);
}

void mmc_copy_start(mmc_copy *c, mmc_action *a, double secs, mmc_copy_ended ended, mmc_rust_end *rust) {
	mmc_worker *wrk = (mmc_worker *)c->vr->wrk;
	c->ended = ended;
	c->end = rust;
	c->over = mmc_job_new(wrk, on_over, c, false);
	c->limit = mmc_timer_new(wrk, on_limit, c);
	mmc_timer_arm(c->limit, secs);
	mmc_request_enter((mmc_request *)c->vr, a);
	li_vrequest_handle_request_headers(c->vr);
}

void mmc_copy_cancel(mmc_copy *c) {
	sink *s = (sink *)c->coninfo.resp;
	if (!c->vr || !s->copy) return;
	s->copy = NULL;
	is_over(c, false);
}

void mmc_copy_free(mmc_copy *c) {
	finish(c);
	g_free(c);
}

void mmc_copies_stop(mmc_slot *slot) {
	while (!g_queue_is_empty(&slot->copies)) {
		mmc_copy *c = g_queue_peek_head(&slot->copies);
		if (!c->ended) {
			finish(c);
			continue;
		}
		c->status = 0;
		c->whole = false;
		end(c);
	}
}

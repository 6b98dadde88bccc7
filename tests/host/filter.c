/* The chain from a content handler's queue through output filters. A filter is
 * called when its input grew, was closed or went away; filters move everything
 * on. As on the real server, what the client does not read waits in memory. */
#include "host.h"

static struct filter *at(struct vrequest *vr, guint i) { return g_ptr_array_index(vr->filters, i); }

static liChunkQueue *input_of(struct vrequest *vr, guint i) {
	if (at(vr, i)->source_gone) return NULL;
	if (i == 0) return vr->body_gone ? NULL : &vr->body;
	return &at(vr, i - 1)->queue;
}

static gboolean is_due(const struct filter *f, const liChunkQueue *in) {
	if (!f->connected || f->again) return TRUE;
	if (!in) return f->pub.in && !f->queue.is_closed;
	return QUEUE(in)->bytes_in != f->seen_bytes || in->is_closed != f->seen_closed;
}

/* Whether the filter failed, so that the request is over. */
static gboolean call(struct vrequest *vr, guint i) {
	struct filter *f = at(vr, i);
	liChunkQueue *in = input_of(vr, i);
	gboolean is_new = !f->connected, was_cut = f->pub.in && !in;
	f->connected = TRUE;
	f->pub.in = in;
	/* A filter that hears of events says itself whether it is called then. */
	if (f->event && (is_new || was_cut)) {
		f->again = FALSE;
		f->event(&vr->pub, &f->pub, is_new ? LI_STREAM_CONNECTED_SOURCE : LI_STREAM_DISCONNECTED_SOURCE);
		if (!f->again) return FALSE;
	}
	f->again = FALSE;
	if (vr->adding_filter) f->called_early_in = jobs_round(&vr->pub.wrk->loop.jobqueue);
	if (in) {
		f->seen_bytes = QUEUE(in)->bytes_in;
		f->seen_closed = in->is_closed;
	}
	switch (f->handle(&vr->pub, &f->pub)) {
	case LI_HANDLER_GO_ON:
		f->again = in && in->length > 0;
		break;
	case LI_HANDLER_COMEBACK:
		f->again = TRUE;
		break;
	case LI_HANDLER_WAIT_FOR_EVENT:
		break;
	case LI_HANDLER_ERROR:
		f->pub.in = NULL;
		f->source_gone = TRUE;
		vrequest_error(vr);
		return TRUE;
	}
	/* What ended is not connected any more; a filter that did not close its
	 * own end learns of that by another call. */
	if (in && in->is_closed && in->length == 0) {
		f->source_gone = TRUE;
		if (f->queue.is_closed) f->pub.in = NULL;
	}
	return FALSE;
}

liFilter *li_vrequest_add_filter_out(liVRequest *pub, liFilterHandlerCB handle, liFilterFreeCB free, liFilterEventCB event, gpointer param) {
	struct vrequest *vr = VREQUEST(pub);
	if (pub->state >= LI_VRS_WRITE_CONTENT) return NULL;
	if (vr->adding_filter) g_error("a filter is added while another one is");
	struct filter *f = g_new0(struct filter, 1);
	f->handle = handle;
	f->free = free;
	f->event = event;
	f->vr = vr;
	f->pub.param = param;
	f->pub.out = &f->queue;
	queue_init(&f->queue);
	g_ptr_array_add(vr->filters, f);
	/* Connected to the one before it, and called, before its maker has it. */
	guint own = vr->filters->len - 1;
	vr->adding_filter = TRUE;
	if (own > 0) call(vr, own);
	vr->adding_filter = FALSE;
	return &f->pub;
}

void filters_run(struct vrequest *vr) {
	gboolean again = FALSE;
	for (guint i = 0; i < vr->filters->len; i++) {
		struct filter *f = at(vr, i);
		/* It is called once in a round of jobs, and a head does not wait for the next. */
		if (f->called_early_in == jobs_round(&vr->pub.wrk->loop.jobqueue)) {
			vrequest_pump_later(vr);
			return;
		}
		if (is_due(f, input_of(vr, i)) && call(vr, i)) return;
		/* Not from within: what the filter has so far goes on before. */
		f->again = f->again || (f->source_gone && f->pub.in && !f->queue.is_closed);
		again = again || f->again;
	}
	if (again) vrequest_pump_later(vr);
}

liChunkQueue *filters_output(struct vrequest *vr) {
	if (vr->filters->len) return &at(vr, vr->filters->len - 1)->queue;
	return vr->body_gone ? NULL : &vr->body;
}

/* Nobody takes what comes out at the end. */
void filters_output_gone(struct vrequest *vr) {
	if (!vr->filters->len) return;
	struct filter *last = at(vr, vr->filters->len - 1);
	if (last->event && !last->dest_gone) {
		last->dest_gone = TRUE;
		last->event(&vr->pub, &last->pub, LI_STREAM_DISCONNECTED_DEST);
	}
	last->queue.is_closed = TRUE;
	li_chunkqueue_skip_all(&last->queue);
}

void li_stream_again(liStream *stream) {
	struct filter *f = (struct filter *)(void *)((char *)stream - offsetof(struct filter, pub.stream));
	f->again = TRUE;
	if (f->vr) vrequest_pump_later(f->vr);
}

void filters_reset(struct vrequest *vr) {
	for (guint i = vr->filters->len; i-- > 0;) {
		struct filter *f = at(vr, i);
		g_ptr_array_set_size(vr->filters, (gint)i);
		f->pub.out = NULL;
		f->vr = NULL;
		li_chunkqueue_skip_all(&f->queue);
		if (f->free) f->free(NULL, &f->pub);
		g_free(f);
	}
}

/* Filters between a content handler and the client. */
#include "internal.h"

typedef struct {
	const mmc_filter_def *def;
	mmc_rust_filter *rust;
	bool is_over; /* it has passed on all that came, and the end of that */
} filter;

#define FLT(p) ((liFilter *)(p))
#define CFLT(p) ((const liFilter *)(p))

static liHandlerResult filter_handle(liVRequest *vr, liFilter *f) {
	filter *own = f->param;
	return (liHandlerResult)own->def->handle((mmc_request *)vr, (mmc_filter *)f, own->rust);
}

/* About what the host does itself where there is no such callback; beside that, the
 * filter is told when nobody takes its output any more before it has come to its end, which is
 * the last thing that it hears if its response ends early. */
static void filter_event(liVRequest *vr, liFilter *f, liStreamEvent event) {
	filter *own = f->param;
	switch (event) {
	case LI_STREAM_CONNECTED_SOURCE:
		/* One before this that has got nothing yet will tell. In a pass of its jobs the
		 * host runs a filter at once a single time, and it writes the response's head
		 * once all are connected: a body that has not come to its end through them by
		 * then is chunked, with its length beside that. */
		if (f->in && (f->in->length > 0 || f->in->is_closed)) li_stream_again(&f->stream);
		break;
	case LI_STREAM_DISCONNECTED_SOURCE:
		if (!f->out->is_closed) li_stream_again(&f->stream);
		break;
	case LI_STREAM_DISCONNECTED_DEST:
		f->out->is_closed = TRUE;
		li_chunkqueue_skip_all(f->out);
		if (!own->is_over) own->def->output_gone((mmc_request *)vr, own->rust);
		break;
	default:
		break;
	}
}

static void filter_free(liVRequest *vr, liFilter *f) {
	(void)vr;
	filter *own = f->param;
	own->def->destroy(own->rust);
	g_free(own);
}

bool mmc_request_add_filter_out(mmc_request *r, const mmc_filter_def *def, mmc_rust_filter *rust) {
	filter *own = g_new(filter, 1);
	*own = (filter){ def, rust, false };
	if (li_vrequest_add_filter_out(REQ(r), filter_handle, filter_free, filter_event, own)) return true;
	g_free(own);
	return false;
}

bool mmc_filter_has_input(const mmc_filter *f) { return CFLT(f)->in != NULL; }

bool mmc_filter_input_closed(const mmc_filter *f) { return CFLT(f)->in && CFLT(f)->in->is_closed; }

uint64_t mmc_filter_input_len(const mmc_filter *f) { return CFLT(f)->in ? (uint64_t)CFLT(f)->in->length : 0; }

bool mmc_filter_output_closed(const mmc_filter *f) { return CFLT(f)->out->is_closed; }

void mmc_filter_forward_all(mmc_filter *f) {
	if (FLT(f)->in) li_chunkqueue_steal_all(FLT(f)->out, FLT(f)->in);
}

void mmc_filter_discard_all(mmc_filter *f) {
	if (FLT(f)->in) li_chunkqueue_skip_all(FLT(f)->in);
}

void mmc_filter_close_output(mmc_filter *f) {
	filter *own = FLT(f)->param;
	own->is_over = true;
	FLT(f)->out->is_closed = TRUE;
}

bool mmc_filter_read(mmc_filter *f, void **cursor, uint64_t *offset, mmc_bytes *bytes) {
	*bytes = (mmc_bytes){ NULL, 0 };
	if (!FLT(f)->in) return true;
	if (!*cursor) *cursor = FLT(f)->in->queue.head;
	while (*cursor) {
		liChunkIter iter = { *cursor };
		char *data = NULL;
		off_t len = 0;
		/* Asking beyond a chunk's end is an error to the host, and the only
		 * sign of that end. A file that broke off is found out by the sum of
		 * all bytes, which the caller compares. */
		if (li_chunkiter_read(iter, (off_t)*offset, 64 * 1024, &data, &len, NULL) == LI_HANDLER_GO_ON && len > 0) {
			*bytes = (mmc_bytes){ (const uint8_t *)data, (size_t)len };
			*offset += (uint64_t)len;
			return true;
		}
		if (*offset == 0) return false;
		*offset = 0;
		*cursor = ((GList *)*cursor)->next;
	}
	return true;
}

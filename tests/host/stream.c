/* Streams, as far as a module makes them: one that stands for the client, which is
 * told of the body, and one that has nothing to give. */
#include "host.h"

void li_stream_init(liStream *stream, liEventLoop *loop, liStreamCB cb) {
	memset(stream, 0, sizeof(*stream));
	stream->refcount = 1;
	stream->loop = loop;
	stream->cb = cb;
	stream->out = g_new0(liChunkQueue, 1);
	queue_init(stream->out);
}

static void on_null(liStream *stream, liStreamEvent event) {
	if (event == LI_STREAM_DESTROY) g_free(stream);
}

liStream *li_stream_null_new(liEventLoop *loop) {
	liStream *stream = g_new0(liStream, 1);
	li_stream_init(stream, loop, on_null);
	stream->out->is_closed = TRUE;
	return stream;
}

void li_stream_release(liStream *stream) {
	if (!g_atomic_int_dec_and_test(&stream->refcount)) return;
	li_chunkqueue_skip_all(stream->out);
	g_free(stream->out);
	stream->out = NULL;
	stream->cb(stream, LI_STREAM_DESTROY);
}

static void tell(liStream *stream, liStreamEvent event) {
	g_atomic_int_inc(&stream->refcount);
	stream->cb(stream, event);
	li_stream_release(stream);
}

void li_stream_disconnect(liStream *stream) {
	if (!stream->source) return;
	stream->source->dest = NULL;
	stream->source = NULL;
	tell(stream, LI_STREAM_DISCONNECTED_SOURCE);
}

void li_stream_reset(liStream *stream) { li_stream_disconnect(stream); }

void stream_broken(struct vrequest *vr) { li_stream_reset(vr->pub.coninfo->resp); }

void stream_pump(struct vrequest *vr) {
	liStream *dest = vr->pub.coninfo->resp;
	if (!vr->connected) return;
	filters_run(vr);
	if (vr->pub.state == LI_VRS_ERROR) return;
	liChunkQueue *body = filters_output(vr);
	if (!vr->output.out) {
		vr->output.out = body;
		vr->output.dest = dest;
		dest->source = &vr->output;
		tell(dest, LI_STREAM_CONNECTED_SOURCE);
	}
	if (!body) {
		li_stream_disconnect(dest);
		return;
	}
	if (dest->source && (QUEUE(body)->bytes_in != vr->shown_bytes || body->is_closed != vr->shown_closed)) {
		vr->shown_bytes = QUEUE(body)->bytes_in;
		vr->shown_closed = body->is_closed;
		tell(dest, LI_STREAM_NEW_DATA);
	}
	if (body->is_closed) filters_output_gone(vr);
}

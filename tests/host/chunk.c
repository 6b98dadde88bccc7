/* Queues of chunks: memory, strings, parts of files. */
#include <errno.h>
#include <unistd.h>

#include "host.h"

#define WINDOW (64 * 1024)

void queue_init(liChunkQueue *q) {
	memset(q, 0, sizeof(*q));
	g_queue_init(&q->queue);
}

static void chunk_free(struct chunk *c) {
	if (c->buffer) li_buffer_release(c->buffer);
	if (c->string) g_string_free(c->string, TRUE);
	if (c->file) file_release(c->file);
	g_free(c->window);
	g_free(c);
}

static void push(liChunkQueue *q, struct chunk *c) {
	if (c->length == 0) {
		chunk_free(c);
		return;
	}
	g_queue_push_tail(&q->queue, c);
	q->length += c->length;
	QUEUE(q)->bytes_in += c->length;
}

static void consumed(liChunkQueue *q, goffset n) {
	q->length -= n;
	QUEUE(q)->bytes_out += n;
}

void li_chunkqueue_append_buffer2(liChunkQueue *q, liBuffer *buffer, gsize offset, gsize length) {
	struct chunk *c = g_new0(struct chunk, 1);
	c->kind = CHUNK_BUFFER;
	c->buffer = buffer;
	c->offset = (goffset)offset;
	c->length = (goffset)length;
	push(q, c);
}

void queue_append_string(liChunkQueue *q, GString *s) {
	struct chunk *c = g_new0(struct chunk, 1);
	c->kind = CHUNK_STRING;
	c->string = s;
	c->length = (goffset)s->len;
	push(q, c);
}

void queue_append_bytes(liChunkQueue *q, const char *bytes, gsize len) {
	queue_append_string(q, g_string_new_len(bytes, (gssize)len));
}

void queue_append_file(liChunkQueue *q, struct file *file, goffset offset, goffset length) {
	struct chunk *c = g_new0(struct chunk, 1);
	c->kind = CHUNK_FILE;
	g_atomic_int_inc(&file->refcount);
	c->file = file;
	c->offset = offset;
	c->length = length;
	push(q, c);
}

void queue_skip(liChunkQueue *q, goffset n) {
	while (n > 0 && q->queue.head) {
		struct chunk *c = q->queue.head->data;
		goffset part = MIN(n, c->length);
		consumed(q, part);
		c->offset += part;
		c->length -= part;
		n -= part;
		if (c->length == 0) {
			g_queue_pop_head(&q->queue);
			chunk_free(c);
		}
	}
}

goffset li_chunkqueue_skip_all(liChunkQueue *q) {
	goffset n = q->length;
	queue_skip(q, n);
	return n;
}

/* The first bytes of a chunk as a chunk of their own. */
static struct chunk *front_of(struct chunk *c, goffset n) {
	struct chunk *front = g_new0(struct chunk, 1);
	front->kind = c->kind;
	front->length = n;
	switch (c->kind) {
	case CHUNK_BUFFER:
		li_buffer_acquire(c->buffer);
		front->buffer = c->buffer;
		front->offset = c->offset;
		break;
	case CHUNK_STRING:
		front->string = g_string_new_len(c->string->str + c->offset, n);
		break;
	case CHUNK_FILE:
		g_atomic_int_inc(&c->file->refcount);
		front->file = c->file;
		front->offset = c->offset;
		break;
	}
	return front;
}

goffset queue_steal(liChunkQueue *out, liChunkQueue *in, goffset length) {
	goffset moved = 0;
	while (length > 0 && in->queue.head) {
		struct chunk *c = in->queue.head->data;
		goffset part = MIN(length, c->length);
		if (part == c->length) {
			consumed(in, part);
			g_queue_pop_head(&in->queue);
			push(out, c);
		} else {
			push(out, front_of(c, part));
			queue_skip(in, part);
		}
		length -= part;
		moved += part;
	}
	return moved;
}

goffset li_chunkqueue_steal_all(liChunkQueue *out, liChunkQueue *in) { return queue_steal(out, in, in->length); }

liHandlerResult li_chunkiter_read(liChunkIter iter, off_t start, off_t length, char **data, off_t *data_len, GError **error) {
	struct chunk *c = iter.element ? iter.element->data : NULL;
	if (!c || start < 0 || start >= c->length) {
		g_set_error(error, g_quark_from_static_string("host-chunk"), 0, "beyond the end of a chunk");
		return LI_HANDLER_ERROR;
	}
	off_t n = MIN(length, c->length - start);
	switch (c->kind) {
	case CHUNK_BUFFER:
		*data = c->buffer->addr + c->offset + start;
		break;
	case CHUNK_STRING:
		*data = c->string->str + c->offset + start;
		break;
	case CHUNK_FILE: {
		if (!c->window) c->window = g_malloc(WINDOW);
		ssize_t got;
		do got = pread(c->file->fd, c->window, (size_t)MIN(n, WINDOW), c->offset + start);
		while (got < 0 && errno == EINTR);
		if (got <= 0) {
			g_set_error(error, g_quark_from_static_string("host-chunk"), 0, "reading a file: %s", got < 0 ? g_strerror(errno) : "it is shorter than it was");
			return LI_HANDLER_ERROR;
		}
		*data = c->window;
		n = got;
		break;
	}
	}
	*data_len = n;
	return LI_HANDLER_GO_ON;
}

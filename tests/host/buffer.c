/* Counted pieces of memory, and open files. */
#include <unistd.h>

#include "host.h"

liBuffer *li_buffer_new_slice(gsize size) {
	liBuffer *b = g_new0(liBuffer, 1);
	b->addr = g_malloc(size);
	b->alloc_size = size;
	b->refcount = 1;
	return b;
}

void li_buffer_acquire(liBuffer *b) { g_atomic_int_inc(&b->refcount); }

void li_buffer_release(liBuffer *b) {
	if (!b || !g_atomic_int_dec_and_test(&b->refcount)) return;
	g_free(b->addr);
	g_free(b);
}

struct file *file_new(int fd) {
	struct file *f = g_new0(struct file, 1);
	f->refcount = 1;
	f->fd = fd;
	return f;
}

void file_release(struct file *f) {
	if (!g_atomic_int_dec_and_test(&f->refcount)) return;
	close(f->fd);
	g_free(f);
}

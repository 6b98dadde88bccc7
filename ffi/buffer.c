/* The host's reference-counted buffers. */
#include "internal.h"

#define BUF(p) ((liBuffer *)(p))
#define CBUF(p) ((const liBuffer *)(p))

mmc_buffer *mmc_buffer_new(size_t size) { return (mmc_buffer *)li_buffer_new_slice(size); }
void mmc_buffer_acquire(mmc_buffer *b) { li_buffer_acquire(BUF(b)); }
void mmc_buffer_release(mmc_buffer *b) { li_buffer_release(BUF(b)); }
bool mmc_buffer_is_unique(mmc_buffer *b) { return g_atomic_int_get(&BUF(b)->refcount) == 1; }
uint8_t *mmc_buffer_start(const mmc_buffer *b) { return (uint8_t *)CBUF(b)->addr; }
size_t mmc_buffer_capacity(const mmc_buffer *b) { return CBUF(b)->alloc_size; }
size_t mmc_buffer_used(const mmc_buffer *b) { return CBUF(b)->used; }
void mmc_buffer_set_used(mmc_buffer *b, size_t used) { BUF(b)->used = used; }

/* All that Rust sees of the host: opaque pointers, scalars, byte slices. */
#ifndef MMC_SHIM_H
#define MMC_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mmc_modules mmc_modules;
typedef struct mmc_module mmc_module;
typedef struct mmc_server mmc_server;
typedef struct mmc_worker mmc_worker;
typedef struct mmc_request mmc_request;
typedef struct mmc_value mmc_value;
typedef struct mmc_action mmc_action;
typedef struct mmc_pattern mmc_pattern;
typedef struct mmc_buffer mmc_buffer;
typedef struct mmc_filter mmc_filter;
typedef struct mmc_waker mmc_waker;
typedef struct mmc_io mmc_io;
typedef struct mmc_timer mmc_timer;
typedef struct mmc_job mmc_job;
typedef struct mmc_scripts mmc_scripts;
typedef struct mmc_call mmc_call;

typedef struct { const uint8_t *ptr; size_t len; } mmc_bytes;

/* The plugin as Rust describes it; all of it lives as long as the process. */
typedef struct {
	const char *name;
	void *(*create)(mmc_server *, mmc_value *);
	uint32_t (*run)(mmc_request *, void *param, void **context);
	void (*cleanup)(void *param, void *context);
	void (*destroy)(void *param);
} mmc_action_def;
/* A command of a script. Keys are distinct and, like `data`, valid for the call. */
typedef enum {
	MMC_GET, MMC_GETS, MMC_SET, MMC_ADD, MMC_REPLACE, MMC_APPEND, MMC_PREPEND, MMC_CAS,
	MMC_DELETE, MMC_TOUCH, MMC_INCR, MMC_DECR
} mmc_command_kind;
typedef struct {
	mmc_command_kind kind;
	mmc_bytes server;
	const mmc_bytes *keys;
	size_t key_count;
	mmc_bytes data;
	uint32_t ttl_secs;
	uint64_t number; /* the version of MMC_CAS, the delta of MMC_INCR and MMC_DECR */
} mmc_command;

/* What came of a command: `code` as scripts see it, a number or values, each of
 * one of the keys, whose bytes lie in pieces. */
typedef struct {
	mmc_call *call;
	uint32_t code;
	mmc_bytes error;
	bool has_number;
	uint64_t number;
	size_t values;
} mmc_answer;
typedef struct {
	size_t key;
	uint32_t flags;
	bool has_cas;
	uint64_t cas;
	size_t pieces;
} mmc_answer_value;

/* Broken: no answer will come any more, to whatever was submitted. */
typedef enum { MMC_NEXT_NONE, MMC_NEXT_ANSWER, MMC_NEXT_BROKEN } mmc_next;

/* One worker's scripts as Rust serves them. C alone talks to Lua: it submits
 * commands while a script runs and, when it was rung for, takes the answers out
 * one by one. An answer stays as it is until the next is taken. */
typedef struct {
	void *(*start)(mmc_scripts *, void *worker_state);
	void (*stop)(void *state);
	/* 0: taken, and if `call` is not NULL there will be an answer. Else the
	 * length of the error. */
	size_t (*submit)(void *state, const mmc_command *, mmc_call *, uint8_t *error, size_t room);
	mmc_next (*next)(void *state, mmc_answer *);
	mmc_answer_value (*value)(void *state, size_t at);
	mmc_bytes (*piece)(void *state, size_t at, size_t piece);
} mmc_script_def;

typedef struct {
	const char *name;
	void *(*start_worker)(mmc_worker *);
	void (*stop_worker)(void *state);
	void (*request_closed)(void *state);
	const mmc_action_def *actions;
	size_t action_count;
	const mmc_script_def *scripts;
} mmc_plugin_def;

bool mmc_init(mmc_modules *, mmc_module *, const mmc_plugin_def *);
bool mmc_free(mmc_modules *, mmc_module *);

/* Levels and results are the host's numbers. */
void mmc_server_log(mmc_server *, uint32_t level, mmc_bytes text);
void mmc_worker_log(mmc_worker *, uint32_t level, mmc_bytes text);
uint32_t mmc_worker_index(const mmc_worker *);

uint32_t mmc_value_kind(const mmc_value *);
int64_t mmc_value_number(const mmc_value *);
mmc_bytes mmc_value_string(const mmc_value *);
size_t mmc_value_list_len(const mmc_value *);
mmc_value *mmc_value_list_at(const mmc_value *, size_t);
mmc_action *mmc_value_action(const mmc_value *, mmc_server **server);
void mmc_action_release(mmc_server *, mmc_action *);

mmc_pattern *mmc_pattern_new(mmc_server *, const char *);
void mmc_pattern_free(mmc_pattern *);
mmc_bytes mmc_pattern_eval(mmc_pattern *, mmc_request *);

mmc_worker *mmc_request_worker(mmc_request *);
void *mmc_request_worker_state(mmc_request *);
void **mmc_request_state(mmc_request *);
mmc_bytes mmc_request_method(mmc_request *);
/* By the configuration's type for its path. */
void mmc_request_set_content_type(mmc_request *, mmc_bytes otherwise);
bool mmc_request_is_handled(mmc_request *);
uint32_t mmc_request_progress(mmc_request *);
bool mmc_request_handle_direct(mmc_request *);
int32_t mmc_request_status(mmc_request *);
void mmc_request_set_status(mmc_request *, int32_t);
bool mmc_request_header(mmc_request *, bool response, void **cursor, mmc_bytes *name, mmc_bytes *value);
void mmc_request_set_response_header(mmc_request *, mmc_bytes name, mmc_bytes value);
void mmc_request_add_response_header(mmc_request *, mmc_bytes name, mmc_bytes value);
void mmc_request_remove_response_header(mmc_request *, mmc_bytes name);
void mmc_request_set_environment(mmc_request *, mmc_bytes name, mmc_bytes value);
bool mmc_request_append_body(mmc_request *, mmc_buffer *, size_t offset, size_t len);
void mmc_request_enter(mmc_request *, mmc_action *);
void mmc_request_log(mmc_request *, uint32_t level, mmc_bytes text);
bool mmc_request_debug(mmc_request *);
mmc_waker *mmc_request_waker(mmc_request *);
void mmc_waker_wake(mmc_waker *);
void mmc_waker_release(mmc_waker *);

typedef struct {
	uint32_t (*handle)(mmc_request *, mmc_filter *, void *data);
	void (*destroy)(void *data);
} mmc_filter_def;
bool mmc_request_add_filter_out(mmc_request *, const mmc_filter_def *, void *data);
bool mmc_filter_has_input(const mmc_filter *);
bool mmc_filter_input_closed(const mmc_filter *);
uint64_t mmc_filter_input_len(const mmc_filter *);
bool mmc_filter_output_closed(const mmc_filter *);
void mmc_filter_forward_all(mmc_filter *);
void mmc_filter_discard_all(mmc_filter *);
void mmc_filter_close_output(mmc_filter *);
/* Bytes of the input queue from *offset of chunk *cursor on (NULL: the first
 * one), both moved on; no bytes at its end; false if they cannot be read. */
bool mmc_filter_read(mmc_filter *, void **cursor, uint64_t *offset, mmc_bytes *);

mmc_buffer *mmc_buffer_new(size_t);
void mmc_buffer_acquire(mmc_buffer *);
void mmc_buffer_release(mmc_buffer *);
bool mmc_buffer_is_unique(const mmc_buffer *);
uint8_t *mmc_buffer_start(const mmc_buffer *);
size_t mmc_buffer_capacity(const mmc_buffer *);
size_t mmc_buffer_used(const mmc_buffer *);
void mmc_buffer_set_used(mmc_buffer *, size_t);

/* A socket address as bytes, copied into `out`; its length, 0 if there is none. */
size_t mmc_sockaddr_parse(mmc_bytes text, uint16_t default_port, uint8_t *out, size_t room);
size_t mmc_sockaddr_show(mmc_bytes addr, uint8_t *out, size_t room);

mmc_io *mmc_io_new(mmc_worker *, int fd, void (*ready)(void *, bool readable, bool writable), void *data);
void mmc_io_set(mmc_io *, bool read, bool write);
void mmc_io_free(mmc_io *);
mmc_timer *mmc_timer_new(mmc_worker *, void (*fired)(void *), void *data);
void mmc_timer_arm(mmc_timer *, double secs);
void mmc_timer_disarm(mmc_timer *);
void mmc_timer_free(mmc_timer *);
mmc_job *mmc_job_new(mmc_worker *, void (*run)(void *), void *data);
void mmc_job_later(mmc_job *);
void mmc_job_free(mmc_job *);

/* Answers wait to be taken out. */
void mmc_scripts_ring(mmc_scripts *);

#endif

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
typedef struct mmc_copy mmc_copy;

/* What C keeps of Rust's own, each by a type of its own; only Rust sees inside. */
typedef struct mmc_rust_shared mmc_rust_shared;
typedef struct mmc_rust_worker mmc_rust_worker;
typedef struct mmc_rust_request mmc_rust_request;
typedef struct mmc_rust_action mmc_rust_action;
typedef struct mmc_rust_context mmc_rust_context;
typedef struct mmc_rust_filter mmc_rust_filter;
typedef struct mmc_rust_scripts mmc_rust_scripts;
typedef struct mmc_rust_end mmc_rust_end;

typedef struct {
	const uint8_t *ptr;
	size_t len;
} mmc_bytes;

/* Numbers of the host, under names that Rust sees too; state.c asserts that they
 * are the same. */
typedef enum {
	MMC_LEVEL_DEBUG = 0,
	MMC_LEVEL_WARNING = 2,
	MMC_LEVEL_ERROR = 3
} mmc_level;
typedef enum {
	MMC_FLOW_GO_ON = 0,
	MMC_FLOW_COME_BACK = 1,
	MMC_FLOW_WAIT_FOR_EVENT = 2,
	MMC_FLOW_ERROR = 3
} mmc_flow;
typedef enum {
	MMC_VALUE_NONE,
	MMC_VALUE_BOOLEAN,
	MMC_VALUE_NUMBER,
	MMC_VALUE_STRING,
	MMC_VALUE_LIST,
	MMC_VALUE_ACTION,
	MMC_VALUE_CONDITION
} mmc_value_kind;

/* How far a response is: nothing handles the request, its headers are awaited,
 * or they are complete. */
typedef enum {
	MMC_PROGRESS_NO_HANDLER,
	MMC_PROGRESS_PENDING,
	MMC_PROGRESS_READY
} mmc_progress;

/* What a request asks for: the target of its request line as it was sent; path
 * and query of that, and as they are now; the decoded path as it is now; the
 * listener's port, -1 if it has none. */
typedef struct {
	mmc_bytes raw, original, current, path;
	bool secure;
	int32_t port;
} mmc_target;

/* The longest socket address, in bytes. */
enum {
	MMC_ADDRESS_MAX = 128
};

/* The plugin as Rust describes it; all of it lives as long as the process. */
typedef struct {
	const char *name;
	mmc_rust_action *(*create)(mmc_server *, mmc_value *);
	mmc_flow (*run)(mmc_request *, mmc_rust_action *, mmc_rust_context **);
	/* Also whether that is because a backend failed. */
	void (*cleanup)(mmc_request *, mmc_rust_context *, bool backend_failed);
	void (*destroy)(mmc_rust_action *);
} mmc_action_def;

/* What a setup block can call, before anything runs. */
typedef struct {
	const char *name;
	/* False if it refuses the value, which it has logged. */
	bool (*set_up)(mmc_server *, mmc_value *);
} mmc_setup_def;

/* A command of a script. Keys are distinct and, like `data`, valid for the call. */
typedef enum {
	MMC_GET,
	MMC_GETS,
	MMC_SET,
	MMC_ADD,
	MMC_REPLACE,
	MMC_APPEND,
	MMC_PREPEND,
	MMC_CAS,
	MMC_DELETE,
	MMC_TOUCH,
	MMC_INCR,
	MMC_DECR,
	MMC_INVALIDATE,
	MMC_BUMP /* the key is the name of a namespace */
} mmc_command_kind;
typedef struct {
	mmc_command_kind kind;
	mmc_bytes servers; /* which the script means, as `connect` was given them */
	const mmc_bytes *keys;
	size_t key_count;
	mmc_bytes data;
	uint32_t ttl_secs;
	uint32_t near_ms; /* of MMC_GET for one key */
	uint64_t number;  /* the version of MMC_CAS, the delta of MMC_INCR and MMC_DECR */
} mmc_command;

/* The result of a command, as scripts see it. */
typedef enum {
	MMC_CODE_OK = 1,
	MMC_CODE_NOT_STORED,
	MMC_CODE_EXISTS,
	MMC_CODE_NOT_FOUND,
	MMC_CODE_ERROR
} mmc_code;

/* The answer to a command: a number or values, each of one of the keys. What was asked of
 * several keys has a value or an error for each that is not missing. */
typedef struct {
	mmc_call *call;
	mmc_code code;
	mmc_bytes error;
	bool has_number;
	uint64_t number;
	size_t values;
} mmc_answer;
typedef struct {
	size_t key;
	mmc_bytes error; /* not empty: there is no value, for this reason */
	uint32_t flags;
	bool has_cas;
	uint64_t cas;
	mmc_bytes data;
} mmc_answer_value;

/* Broken: no answer will come any more, to whatever was submitted. */
typedef enum {
	MMC_NEXT_NONE,
	MMC_NEXT_ANSWER,
	MMC_NEXT_BROKEN
} mmc_next;

/* One worker's scripts as Rust serves them. C alone talks to Lua: it submits
 * commands while a script runs and, when it was rung for, takes the answers out
 * one by one. An answer stays as it is until the next is taken. */
typedef struct {
	/* Whether a script can mean these servers: 0, or the length of the error. Each field
	 * of the bytes ends in a zero: `pool` and the name of one of the configuration; or
	 * `list` or, where the order says nothing, `weights`, then hash, failover and
	 * failover_ttl, each perhaps empty, and an address and a weight for each server. */
	size_t (*connect)(mmc_bytes servers, uint8_t *error, size_t room);
	mmc_rust_scripts *(*start)(mmc_scripts *, mmc_rust_worker *);
	void (*stop)(mmc_rust_scripts *);
	/* 0: taken, and if `call` is not NULL there will be an answer. Else the
	 * length of the error. */
	size_t (*submit)(mmc_rust_scripts *, const mmc_command *, mmc_call *, uint8_t *error, size_t room);
	mmc_next (*next)(mmc_rust_scripts *, mmc_answer *);
	/* False if there is no such value. */
	bool (*value)(mmc_rust_scripts *, size_t at, mmc_answer_value *);
	/* The server that a key is on and, if that is another, the one that stands in for it
	 * now: 0, and text that stays until it is called again; or the length of the error. */
	size_t (*locate)(mmc_rust_scripts *, mmc_bytes servers, mmc_bytes key, mmc_bytes *home, mmc_bytes *stand_in,
		uint8_t *error, size_t room);
	/* What a script has done wrong, for the log: what it was and Lua's words. */
	void (*failed)(mmc_rust_scripts *, mmc_bytes what, mmc_bytes error);
} mmc_script_def;

typedef struct {
	const char *name;
	/* Once, before any worker starts; NULL if it failed, and no worker starts. */
	mmc_rust_shared *(*share)(mmc_server *);
	void (*unshare)(mmc_rust_shared *);
	/* Both on the worker's own thread. */
	mmc_rust_worker *(*start_worker)(mmc_rust_shared *, mmc_worker *);
	void (*stop_worker)(mmc_rust_worker *);
	/* The worker is NULL once it has stopped. */
	void (*request_closed)(mmc_rust_worker *, mmc_rust_request *);
	const mmc_action_def *actions;
	size_t action_count;
	const mmc_setup_def *setups;
	size_t setup_count;
	const mmc_script_def *scripts;
} mmc_plugin_def;

bool mmc_init(mmc_modules *, mmc_module *, const mmc_plugin_def *);
bool mmc_free(mmc_modules *, mmc_module *);

void mmc_server_log(mmc_server *, mmc_level, mmc_bytes text);
void mmc_worker_log(mmc_worker *, mmc_level, mmc_bytes text);

mmc_value_kind mmc_value_kind_of(const mmc_value *);
int64_t mmc_value_number(const mmc_value *);
mmc_bytes mmc_value_string(const mmc_value *);
size_t mmc_value_list_len(const mmc_value *);
mmc_value *mmc_value_list_at(const mmc_value *, size_t);
/* Actions and patterns are freed on any thread, but once the plugin was freed
 * they are leaked: what they refer to may be gone. */
/* An action that the configuration does not name; it owns its Rust half. */
mmc_action *mmc_action_new(const mmc_action_def *, mmc_rust_action *);
mmc_action *mmc_value_action(const mmc_value *, mmc_server **server);
void mmc_action_acquire(mmc_action *);
void mmc_action_release(mmc_server *, mmc_action *);

mmc_pattern *mmc_pattern_new(mmc_server *, const char *);
void mmc_pattern_free(mmc_pattern *);

/* None of these makes the host call the plugin back, nor changes what another of
 * them gave; mmc_pattern_eval gives what stays until it is called again. */
mmc_rust_worker *mmc_request_worker(mmc_request *);
/* The plugin's slot in the request; NULL if it has none. */
mmc_rust_request **mmc_request_slot(mmc_request *);
mmc_bytes mmc_pattern_eval(mmc_pattern *, mmc_request *);
mmc_bytes mmc_request_method(mmc_request *);
mmc_target mmc_request_target(mmc_request *);
bool mmc_request_is_handled(mmc_request *);
mmc_progress mmc_request_progress(mmc_request *);
int32_t mmc_request_status(mmc_request *);
/* The configuration's type for its path, if there is one. */
mmc_bytes mmc_request_type_of_path(mmc_request *);
/* The place of the first header; NULL if there is none. */
void *mmc_request_headers(mmc_request *, bool response);
/* What stands there, and the place of the next; NULL after the last. */
void *mmc_header_at(void *place, mmc_bytes *name, mmc_bytes *value);
void mmc_request_log(mmc_request *, mmc_level, mmc_bytes text);
bool mmc_request_debug(mmc_request *);
mmc_waker *mmc_request_waker(mmc_request *);
void mmc_waker_wake(mmc_waker *);
void mmc_waker_acquire(mmc_waker *);
void mmc_waker_release(mmc_waker *);

/* These may call the plugin back: the host runs filters from within. */
bool mmc_request_handle_direct(mmc_request *);
void mmc_request_set_status(mmc_request *, int32_t);
/* By the configuration's type for its path. */
void mmc_request_set_content_type(mmc_request *, mmc_bytes otherwise);
void mmc_request_set_response_header(mmc_request *, mmc_bytes name, mmc_bytes value);
void mmc_request_add_response_header(mmc_request *, mmc_bytes name, mmc_bytes value);
void mmc_request_remove_response_header(mmc_request *, mmc_bytes name);
void mmc_request_add_request_header(mmc_request *, mmc_bytes name, mmc_bytes value);
void mmc_request_remove_request_header(mmc_request *, mmc_bytes name);
void mmc_request_set_environment(mmc_request *, mmc_bytes name, mmc_bytes value);
/* The same, for less where the variable is set already. */
void mmc_request_change_environment(mmc_request *, mmc_bytes name, mmc_bytes value);
bool mmc_request_append_body(mmc_request *, mmc_buffer *, size_t offset, size_t len);
/* Takes the reference to the action over. May move the place that the running
 * action keeps its context in. */
void mmc_request_enter(mmc_request *, mmc_action *);

/* Whether it ends because a backend failed. */
bool mmc_request_has_failed(mmc_request *);
/* Whether regular expressions of conditions have left captures, which belong to
 * this request alone. */
bool mmc_request_has_captures(mmc_request *);
/* Whether it is a copy that runs without a client. */
bool mmc_request_is_copy(mmc_request *);

/* How the run of a copy ends: with the status of its response, whose body may be
 * whole. It is told once, from no other call of the host, and the copy is gone by
 * then. */
typedef void (*mmc_copy_ended)(mmc_rust_end *, int32_t status, bool whole);
/* A copy of a request as it is now, which does not run yet; NULL if it is a copy
 * itself, or its worker has stopped. Freeing it is not necessary once it runs. */
mmc_copy *mmc_copy_new(mmc_request *);
/* NULL once its worker has stopped. */
mmc_request *mmc_copy_request(mmc_copy *);
/* Runs the action alone, without a client; the body goes nowhere. Takes copy and
 * action over; the worker has not stopped. */
void mmc_copy_start(mmc_copy *, mmc_action *, double secs, mmc_copy_ended, mmc_rust_end *);
/* Ends one that runs, soon; its end is told as ever, and is not whole if its body had
 * not come to its end yet. */
void mmc_copy_cancel(mmc_copy *);
void mmc_copy_free(mmc_copy *);

typedef struct {
	mmc_flow (*handle)(mmc_request *, mmc_filter *, mmc_rust_filter *);
	void (*output_gone)(mmc_request *, mmc_rust_filter *);
	void (*destroy)(mmc_rust_filter *);
} mmc_filter_def;
bool mmc_request_add_filter_out(mmc_request *, const mmc_filter_def *, mmc_rust_filter *);
bool mmc_filter_has_input(const mmc_filter *);
bool mmc_filter_input_closed(const mmc_filter *);
uint64_t mmc_filter_input_len(const mmc_filter *);
bool mmc_filter_output_closed(const mmc_filter *);
void mmc_filter_forward_all(mmc_filter *);
void mmc_filter_discard_all(mmc_filter *);
void mmc_filter_close_output(mmc_filter *);
/* Bytes of the input queue from *offset of chunk *cursor on (NULL: the first
 * one), both moved on; no bytes at its end; false if they cannot be read. The
 * bytes stay until it is called again or the queue changes. */
bool mmc_filter_read(mmc_filter *, void **cursor, uint64_t *offset, mmc_bytes *);

mmc_buffer *mmc_buffer_new(size_t);
void mmc_buffer_acquire(mmc_buffer *);
void mmc_buffer_release(mmc_buffer *);
bool mmc_buffer_is_unique(mmc_buffer *);
uint8_t *mmc_buffer_start(const mmc_buffer *);
size_t mmc_buffer_capacity(const mmc_buffer *);
size_t mmc_buffer_used(const mmc_buffer *);
void mmc_buffer_set_used(mmc_buffer *, size_t);

/* A socket address as bytes, copied into `out`; its length, 0 if there is none. */
size_t mmc_sockaddr_parse(mmc_bytes text, uint16_t default_port, uint8_t *out, size_t room);
size_t mmc_sockaddr_show(mmc_bytes addr, uint8_t *out, size_t room);

/* Watchers of a worker's loop. Without a worker, and once theirs has stopped,
 * they do nothing. */
mmc_io *mmc_io_new(mmc_worker *, int fd, void (*ready)(void *, bool readable, bool writable), void *data);
void mmc_io_set(mmc_io *, bool read, bool write);
void mmc_io_free(mmc_io *);
mmc_timer *mmc_timer_new(mmc_worker *, void (*fired)(void *), void *data);
void mmc_timer_arm(mmc_timer *, double secs);
void mmc_timer_disarm(mmc_timer *);
void mmc_timer_free(mmc_timer *);
mmc_job *mmc_job_new(mmc_worker *, void (*run)(void *), void *data, bool last);
void mmc_job_later(mmc_job *);
void mmc_job_free(mmc_job *);

/* Answers wait to be taken out. */
void mmc_scripts_ring(mmc_scripts *);

#endif

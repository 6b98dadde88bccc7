/* Private declarations of the stand-in. Each of its structs begins with the
 * public struct of the same role, so that a pointer to one is a pointer to the
 * other; what the public ones keep opaque is mirrored here. */
#ifndef HOST_H
#define HOST_H

#include <lighttpd/base.h>
#include <lighttpd/pattern.h>
#include <lighttpd/plugin_core.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#define SAME_SIZE(mine, public) _Static_assert(sizeof(mine) == sizeof(public), #mine " is " #public)
#define STR(s) (s)->str, (s)->len

static inline void string_append(GString *out, const GString *text) {
	g_string_append_len(out, text->str, (gssize)text->len);
}

struct connection;
struct vrequest;
struct backend;
struct condition;

/* --- members that the public declarations leave out --- */

struct queue_mirror {
	gboolean is_closed;
	goffset bytes_in, bytes_out, length, mem;
	gpointer limit;
	GQueue queue;
};
SAME_SIZE(struct queue_mirror, liChunkQueue);
#define QUEUE(q) ((struct queue_mirror *)(q))

struct uri {
	GString *raw, *raw_path, *raw_orig_path, *scheme, *authority, *path, *query, *host;
};
SAME_SIZE(struct uri, liRequestUri);
_Static_assert(offsetof(struct uri, path) == offsetof(liRequestUri, path), "the path of an uri");
#define URI(vr) ((struct uri *)&(vr)->pub.request.uri)

#define SOCKADDR(address) ((struct sockaddr *)(void *)(address)->addr_up.raw)

/* A setting that is shared: types by the ends of paths. */
struct mime_types {
	liOptionPtrValue pub;
	GPtrArray *list; /* struct mime */
};
#define MIME_TYPES(value) ((struct mime_types *)(void *)(value))

/* --- jobs --- */

typedef void (*liJobCB)(liJob *);
struct job_mirror {
	guint generation;
	GList link;
	liJobCB callback;
	liJobRef *ref;
};
SAME_SIZE(struct job_mirror, liJob);

struct job_ref_mirror {
	gint refcount;
	liJob *job;
	liJobQueue *queue;
};
SAME_SIZE(struct job_ref_mirror, liJobRef);

void li_job_init(liJob *, liJobCB);
void li_job_clear(liJob *);
void li_job_later(liJobQueue *, liJob *);
void jobs_init(liJobQueue *, struct ev_loop *);
void jobs_clear(liJobQueue *);
guint jobs_round(const liJobQueue *queue);
void job_detach(liJob *);
liJobRef *job_ref(liJobQueue *, liJob *);

/* --- server and workers --- */

#define WORKERS_MAX 256

enum setting {
	SETTING_DEBUG = LI_CORE_OPTION_DEBUG_REQUEST_HANDLING,
	SETTING_KEEPALIVE_TIMEOUT,
	SETTING_RANGES,
	SETTING_COUNT
};
enum shared_setting {
	SHARED_MIME_TYPES,
	SHARED_COUNT
};

struct server {
	liServer pub;
	const char *config_path, *module_dir;
	gboolean test_only;
	GHashTable *actions, *setups; /* name to struct registered */
	GPtrArray *plugins;           /* liPlugin */
	GPtrArray *modules;           /* struct module */
	GPtrArray *addresses;         /* GString, to listen on */
	GPtrArray *listeners;         /* struct listener */
	GHashTable *globals;          /* variables of the configuration */
	liAction *main_action;
	liOptionValue *settings;
	gchar *log_targets[6];
	GMutex log_lock;
	gint stopping;
	liLuaState lua;
};
#define SERVER(s) ((struct server *)(s))

struct worker {
	liWorker pub;
	GThread *thread;
	liLuaState lua;
	ev_async wake;
	GAsyncQueue *accepted; /* file descriptor plus one */
	gint load;             /* connections, accepted ones included */
	gboolean stopped;
	GQueue connections; /* struct connection */
	char read_buffer[64 * 1024];
};
#define WORKER(w) ((struct worker *)(w))

struct worker *worker_new(struct server *, guint ndx, struct ev_loop *);
void worker_start(struct worker *);
void worker_give(struct worker *, int fd);
void worker_stop(struct worker *);
void worker_free(struct worker *);

void server_listen(struct server *);
void server_accept_start(struct server *);
void server_accept_stop(struct server *);

/* --- log --- */

/* As on the real server the caller puts the level in front. */
extern const char *const log_levels[];
#define LOG(srv, level, format, ...) \
	li_log_write(&(srv)->pub, NULL, NULL, LI_LOG_LEVEL_##level, LI_LOG_FLAG_TIMESTAMP, "(%s) " format, log_levels[LI_LOG_LEVEL_##level], ##__VA_ARGS__)
#define VR_LOG(vr, level, format, ...) \
	li_log_write((vr)->pub.wrk->srv, (vr)->pub.wrk, &(vr)->pub.log_context, LI_LOG_LEVEL_##level, LI_LOG_FLAG_TIMESTAMP, "(%s) " format, log_levels[LI_LOG_LEVEL_##level], ##__VA_ARGS__)
#define VR_DEBUG(vr, ...) \
	do { \
		if ((vr)->settings[SETTING_DEBUG].boolean) VR_LOG(vr, DEBUG, __VA_ARGS__); \
	} while (0)
gboolean log_check_targets(struct server *, const liValue *);
gboolean log_set_targets(struct server *, const liValue *);

/* --- modules, plugins --- */

typedef gboolean (*setup_cb)(struct server *, liValue *);
void plugins_init(struct server *);
void plugins_clear(struct server *);
gboolean module_load(struct server *, const char *name);
liAction *action_create(struct server *, const char *name, liValue *);
gboolean setup_run(struct server *, const char *name, liValue *);
void plugin_set_actions(struct server *, liPlugin *, const liPluginAction *);
void plugins_prepare(struct server *);
void plugins_prepare_worker(struct worker *);
void plugins_worker_stop(struct worker *);
void plugins_vrclose(struct vrequest *);

void core_register(struct server *);
void core_setups_register(struct server *);
void setup_register(struct server *, const char *name, setup_cb);
extern const liPluginAction core_actions[], static_actions[], header_actions[], rewrite_actions[], proxy_actions[], fastcgi_actions[], setting_actions[], lua_actions[];
gboolean setting_default(struct server *, const char *name, liValue *, gboolean *failed);

/* --- scripts --- */

/* The states are not where the real server has them: plugins are told. */
#define LUA_OF(wrk) (&WORKER(wrk)->lua)
#define NO_LUA_REF (-2)
void lua_state_init(liLuaState *, liServer *);
void lua_state_free(liLuaState *);
void lua_state_show_plugins(liLuaState *, struct server *, liWorker *);
void lua_request_gone(struct vrequest *);

/* --- values of the configuration --- */

liValue *value_new(liValueType);
liValue *value_new_string(const char *, gsize);
liValue *value_new_number(gint64);
liValue *value_new_bool(gboolean);
liValue *value_new_action(struct server *, liAction *);
liValue *value_copy(const liValue *);
void value_free(liValue *);
liValue *value_wrap(liValue *);
guint value_len(const liValue *);
liValue *value_at(const liValue *, guint);
liValueType value_type(const liValue *);
/* The one element of a list that has just one, or the value itself. */
liValue *value_single(liValue *);
gboolean value_is_nothing(const liValue *);

/* --- configuration --- */

enum token_kind {
	T_END,
	T_NAME,
	T_STRING,
	T_NUMBER,
	T_KEYWORD,
	T_OPERATOR
};
struct lexer {
	const char *file;
	char *text;
	const char *at;
	int line;
	const char *line_start;
	/* The token that next() found. */
	enum token_kind kind;
	GString *word; /* name, string, keyword or operator */
	gint64 number;
	int token_line, token_column;
	gboolean put_back;
};
void lexer_init(struct lexer *, const char *file, char *text);
void lexer_clear(struct lexer *);
gboolean lexer_next(struct lexer *, GError **);
void lexer_error(const struct lexer *, GError **, const char *format, ...) __attribute__((format(printf, 3, 4)));
gboolean lexer_is(const struct lexer *, const char *word);

struct parser {
	struct server *srv;
	struct lexer lex;
	GQueue scopes; /* GHashTable of variables, innermost first */
	GError *error;
};
gboolean config_parse(struct server *);
gboolean parse_value(struct parser *, liValue **, gboolean *is_pairs, gboolean operand);
gboolean parse_parameters(struct parser *, liValue **);
gboolean parse_actions(struct parser *, gboolean block, liAction *list);
gboolean parse_if(struct parser *, liAction *list);
gboolean parser_fail(struct parser *, const char *format, ...) __attribute__((format(printf, 2, 3)));
gboolean parser_expect(struct parser *, const char *op);
liValue *scope_find(struct parser *, const char *name);

/* --- conditions --- */

enum subject {
	SUBJECT_NONE,
	SUBJECT_PATH,
	SUBJECT_RAW_PATH,
	SUBJECT_HOST,
	SUBJECT_SCHEME,
	SUBJECT_QUERY,
	SUBJECT_METHOD,
	SUBJECT_LENGTH,
	SUBJECT_HEADER,
	SUBJECT_ENV,
	SUBJECT_HANDLED,
	SUBJECT_STATUS,
	SUBJECT_RESPONSE_HEADER,
	SUBJECT_REMOTE_IP,
	SUBJECT_LOCAL_IP,
	SUBJECT_PHYS_PATH,
	SUBJECT_PHYS_EXISTS,
	SUBJECT_PHYS_DOCROOT,
	SUBJECT_PHYS_ISFILE,
	SUBJECT_PHYS_ISDIR
};
enum subject subject_from_name(const char *, gsize);
gboolean subject_has_key(enum subject);
/* Appends the subject's text; FALSE if it is a number or truth, in *number. */
gboolean subject_text(struct vrequest *, enum subject, const GString *key, GString *out, gint64 *number);
struct condition *condition_new(struct server *, enum subject, const char *key, const char *op, const liValue *);
void condition_acquire(struct condition *);
void condition_release(struct condition *);
gboolean condition_uses_regex(const struct condition *);
gboolean condition_check(struct vrequest *, const struct condition *);
liHandlerResult condition_is_ready(struct vrequest *, const struct condition *);

/* --- actions --- */

enum action_kind {
	ACTION_NOTHING,
	ACTION_FUNCTION,
	ACTION_LIST,
	ACTION_CONDITION
};
struct liAction {
	gint refcount;
	enum action_kind kind;
	liActionFuncCB run;
	liActionCleanupCB cleanup;
	liActionFreeCB free;
	gpointer param;
	GPtrArray *list;
	struct condition *condition;
	liAction *then, *otherwise;
};
liAction *action_new_list(void);
void action_append(liAction *list, liAction *element); /* takes a reference of its own */
liAction *action_new_condition(struct condition *, liAction *then, liAction *otherwise);
void action_stack_init(struct vrequest *);
void action_stack_reset(struct vrequest *);
void action_stack_clear(struct vrequest *);
liHandlerResult action_execute(struct vrequest *);
GMatchInfo *last_captures(struct vrequest *);
void pattern_append(struct vrequest *, GString *, liPattern *);

/* --- buffers, chunks, headers --- */

struct file {
	gint refcount;
	int fd;
};
struct file *file_new(int fd);
void file_release(struct file *);

enum chunk_kind {
	CHUNK_BUFFER,
	CHUNK_STRING,
	CHUNK_FILE
};
struct chunk {
	enum chunk_kind kind;
	liBuffer *buffer;
	GString *string;
	struct file *file;
	goffset offset, length; /* what is left of it */
	char *window;           /* of a file, as it was read last */
};
void queue_init(liChunkQueue *);
void queue_append_string(liChunkQueue *, GString *); /* takes it over */
void queue_append_bytes(liChunkQueue *, const char *, gsize);
void queue_append_file(liChunkQueue *, struct file *, goffset offset, goffset length);
void queue_skip(liChunkQueue *, goffset);
/* Moves at most `length` bytes. */
goffset queue_steal(liChunkQueue *out, liChunkQueue *in, goffset length);

void headers_reset(liHttpHeaders *);
/* To an existing value of that name, after a comma. */
void header_append(liHttpHeaders *, const char *key, gsize, const char *value, gsize);
void header_set(liHttpHeaders *, const char *key, const char *value);
const liHttpHeader *header_find(const liHttpHeaders *, const char *key);
const char *header_value(const liHttpHeader *);
/* Appends all values of that name, commas between them. */
gboolean header_join(const liHttpHeaders *, const char *key, GString *out);
/* Whether one line of that name has just that value. */
gboolean header_is(const liHttpHeaders *, const char *key, const char *value);
/* Whether a header's comma separated list holds a word. */
gboolean header_has(const liHttpHeaders *, const char *key, const char *word);

/* --- requests --- */

struct filter {
	liFilter pub;
	struct vrequest *vr; /* NULL once that is reset */
	liFilterHandlerCB handle;
	liFilterFreeCB free;
	liFilterEventCB event;
	liChunkQueue queue;
	gboolean connected, source_gone, dest_gone, again;
	guint called_early_in; /* the round of jobs in which it was called as it was added */
	goffset seen_bytes;
	gboolean seen_closed;
};

struct vrequest {
	liVRequest pub;
	struct connection *con; /* NULL without a client */
	int http_version;       /* the 1 of HTTP/1.1 */
	goffset content_length;
	GArray *frames; /* of the actions that run */
	liOptionValue settings[SETTING_COUNT];
	liOptionPtrValue *shared_settings[SHARED_COUNT];
	liChunkQueue body;  /* from the content handler */
	gboolean body_gone; /* it broke off */
	gboolean backend_failed;
	gboolean connected; /* the response's headers are ready, the body flows */
	GPtrArray *filters;
	gboolean adding_filter;
	liJob pump_job;
	GString *request_body;
	struct backend *backend;
	int lua_ref; /* of the table that its scripts share */
	/* What a stream that stands for the client is connected to. */
	liStream output;
	goffset shown_bytes;
	gboolean shown_closed;
};
#define VREQUEST(v) ((struct vrequest *)(v))

struct vrequest *vrequest_new(struct worker *, liConInfo *, struct connection *);
void vrequest_free(struct vrequest *);
void vrequest_reset(struct vrequest *);
void vrequest_start(struct vrequest *);
void vrequest_wake(struct vrequest *);
/* In place of what it has. */
void vrequest_share(struct vrequest *, enum shared_setting, liOptionPtrValue *);
void vrequest_error(struct vrequest *);
/* A content handler that answers over time took the request. */
gboolean vrequest_handle_indirect(struct vrequest *);
void vrequest_headers_ready(struct vrequest *);
/* The content handler has nobody to ask: an error page instead. */
void vrequest_backend_failed(struct vrequest *);

void environment_init(liEnvironment *);

/* Without a client: the body goes to a stream. */
void stream_pump(struct vrequest *);
/* No more will come. */
void stream_broken(struct vrequest *);

void filters_run(struct vrequest *);
void filters_reset(struct vrequest *);
/* The last queue of the chain of filters; NULL once it broke off. */
liChunkQueue *filters_output(struct vrequest *);
void filters_output_gone(struct vrequest *);
/* The body got more bytes, or is closed, or gone: have it moved on. */
void vrequest_pump_later(struct vrequest *);

/* What is said to a backend. */
struct backend_protocol {
	const char *name;
	void (*compose)(struct vrequest *, GString *out);
	/* Moves the payload of whole frames; none where a response comes as it is. */
	int (*unwrap)(GString *wrapped, GString *in);
};
liAction *backend_action(liServer *, liValue *, const struct backend_protocol *);
void backend_free(struct backend *);

/* --- connections --- */

enum connection_state {
	CON_READ_HEADERS,
	CON_READ_BODY,
	CON_HANDLE
};
struct connection {
	liConnection pub;
	struct worker *wrk;
	GList link;
	int fd;
	ev_io reader, writer;
	ev_timer idle;
	enum connection_state state;
	gboolean dead, keep_alive, headers_sent, all_data, chunked;
	struct vrequest *vr;
	GString *in;
	gsize body_left;
	gboolean body_chunked;
	liChunkQueue out;
	liJob process_job, free_job;
	GString *remote_ip, *local_ip;
	liConInfo info;
	struct sockaddr_storage local;
};
void connection_new(struct worker *, int fd);
void li_connection_proxy_protocol_init(liConnection *);
void connection_close(struct connection *);
void connection_free(struct connection *);
void connection_pump(struct connection *);

/* Outcome of a parser: it needs more bytes, is done, or a status to answer with. */
#define PARSE_MORE 0
#define PARSE_DONE 1
int request_parse_headers(struct connection *);
/* Decodes what there is of a chunked body, from `in` to `out`. */
int dechunk(GString *in, GString *out);
void response_send_headers(struct connection *, liChunkQueue *body);
void response_move_body(struct connection *, liChunkQueue *body);
const char *status_text(int);
void url_decode(GString *);
void url_encode(GString *out, const char *);
void path_simplify(GString *);

liOptionPtrValue *mime_parse(struct server *, liValue *);

#endif

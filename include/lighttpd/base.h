/* The part of lighttpd2's binary interface that ffi/ uses, in our own
 * declarations: names, order and size of what is used, gaps for what is not.
 * ffi/abi.def has the numbers that they are checked against. */
#ifndef MMC_LIGHTTPD_BASE_H
#define MMC_LIGHTTPD_BASE_H

#include <ev.h>
#include <glib.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Numbers; these enumerations are whole, since their values follow from order. */
typedef enum {
	LI_HANDLER_GO_ON,
	LI_HANDLER_COMEBACK,
	LI_HANDLER_WAIT_FOR_EVENT,
	LI_HANDLER_ERROR
} liHandlerResult;
typedef enum {
	LI_VALUE_NONE,
	LI_VALUE_BOOLEAN,
	LI_VALUE_NUMBER,
	LI_VALUE_STRING,
	LI_VALUE_LIST,
	LI_VALUE_ACTION,
	LI_VALUE_CONDITION
} liValueType;
typedef enum {
	LI_LOG_LEVEL_DEBUG,
	LI_LOG_LEVEL_INFO,
	LI_LOG_LEVEL_WARNING,
	LI_LOG_LEVEL_ERROR,
	LI_LOG_LEVEL_ABORT,
	LI_LOG_LEVEL_BACKEND
} liLogLevel;
typedef enum {
	LI_VRS_CLEAN,
	LI_VRS_HANDLE_REQUEST_HEADERS,
	LI_VRS_READ_CONTENT,
	LI_VRS_HANDLE_RESPONSE_HEADERS,
	LI_VRS_WRITE_CONTENT,
	LI_VRS_ERROR
} liVRequestState;
#define LI_LOG_FLAG_TIMESTAMP 1
#define MODULE_VERSION 1u
#define LIGHTTPD_SERVER_MAGIC 0x12AB34CDu

typedef struct liAction liAction;
typedef struct liServer liServer;
typedef struct liWorker liWorker;
typedef struct liPlugin liPlugin;
typedef struct liVRequest liVRequest;
typedef struct liFilter liFilter;
typedef struct liStream liStream;
typedef struct liJob liJob;
typedef struct liChunkQueue liChunkQueue;
typedef struct liEventLoop liEventLoop;
typedef struct liLuaState liLuaState;

/* Modules and plugins. */
typedef struct liModules {
	guint version;
	gpointer main;
	char gap_[20];
	guint8 sizeof_off_t;
} liModules;
typedef struct liModule {
	char gap_[32];
	gpointer config;
	gpointer tail_;
} liModule;

typedef struct liValue {
	liValueType type;
	union {
		gboolean boolean;
		gint64 number;
		GString *string;
		GPtrArray *list;
		struct {
			liServer *srv;
			liAction *action;
		} val_action;
	} data;
} liValue;

typedef liAction *(*liPluginCreateActionCB)(liServer *, liWorker *, liPlugin *, liValue *, gpointer);
typedef struct liPluginAction {
	const gchar *name;
	liPluginCreateActionCB create_action;
	gpointer userdata;
} liPluginAction;
typedef gboolean (*liPluginSetupCB)(liServer *, liPlugin *, liValue *, gpointer);
typedef struct liPluginSetup {
	const gchar *name;
	liPluginSetupCB setup;
	gpointer userdata;
} liPluginSetup;
struct liPlugin {
	gpointer gap_[2];
	guint id;
	gpointer data;
	gpointer gap2_[5];
	void (*handle_vrclose)(liVRequest *, liPlugin *);
	void (*handle_prepare_worker)(liServer *, liPlugin *, liWorker *);
	void (*handle_worker_stop)(liServer *, liPlugin *, liWorker *);
	void (*handle_prepare)(liServer *, liPlugin *);
	gpointer gap3_[4];
	void (*handle_init_lua)(liLuaState *, liServer *, liWorker *, liPlugin *);
	gpointer gap4_[2];
	const liPluginAction *actions;
	const liPluginSetup *setups;
	gpointer tail_;
};
typedef void (*liPluginInitCB)(liServer *, liPlugin *, gpointer);
liPlugin *li_plugin_register(liServer *, const gchar *, liPluginInitCB, gpointer);
void li_plugin_free(liServer *, liPlugin *);

/* Server, worker, loop, jobs. */
G_GNUC_BEGIN_IGNORE_DEPRECATIONS
struct liLuaState {
	struct lua_State *L;
	GStaticRecMutex lualock;
	int li_env_ref;
	char tail_[4];
};
G_GNUC_END_IGNORE_DEPRECATIONS
struct liServer {
	guint32 magic;
	char gap_[148];
	liLuaState gap2_;
	liWorker *main_worker;
	guint worker_count;
	GArray *workers;
	char gap3_[496];
	GArray *li_plugins_handle_vrclose;
	GArray *option_def_values, *optionptr_def_values;
#ifdef __aarch64__
	char tail_[840];
#else
	char tail_[832];
#endif
};
typedef struct liJobQueue {
	char opaque_[304];
} liJobQueue;
typedef struct liJobRef {
	char gap_[8];
	liJob *job;
	liJobQueue *queue;
} liJobRef;
struct liJob {
	gpointer opaque_[6];
};
struct liEventLoop {
	struct ev_loop *loop;
	liJobQueue jobqueue;
	char tail_[56];
};
typedef struct liConnection {
	char gap_[600];
	liVRequest *mainvr;
	char tail_[328];
} liConnection;
struct liWorker {
	liServer *srv;
	char gap_[8];
	guint ndx;
	liLuaState gap2_;
	liEventLoop loop;
	char gap3_[456];
	guint connections_active;
	GArray *connections;
	gpointer gap4_;
	GString *tmp_str;
	char tail_[952];
};
void li_job_later_ref(liJobRef *);
void li_job_ref_acquire(liJobRef *);
void li_job_ref_release(liJobRef *);

/* Buffers and queues of chunks. */
typedef struct liBuffer {
	gchar *addr;
	gsize alloc_size, used;
	gint refcount;
	char tail_[16];
} liBuffer;
liBuffer *li_buffer_new_slice(gsize);
void li_buffer_acquire(liBuffer *);
void li_buffer_release(liBuffer *);
struct liChunkQueue {
	gboolean is_closed;
	char gap_[16];
	goffset length;
	char gap2_[16];
	GQueue queue;
};
typedef struct liChunkIter {
	GList *element;
} liChunkIter;
void li_chunkqueue_append_buffer2(liChunkQueue *, liBuffer *, gsize, gsize);
goffset li_chunkqueue_steal_all(liChunkQueue *, liChunkQueue *);
goffset li_chunkqueue_skip_all(liChunkQueue *);
liHandlerResult li_chunkiter_read(liChunkIter, off_t, off_t, char **, off_t *, GError **);

/* Socket addresses. */
typedef union liSockAddrPtr {
	char *raw;
} liSockAddrPtr;
typedef struct liSocketAddress {
	socklen_t len;
	liSockAddrPtr addr_up;
} liSocketAddress;
liSocketAddress li_sockaddr_from_string(const GString *, guint);
GString *li_sockaddr_to_string(liSocketAddress, GString *, gboolean);
void li_sockaddr_clear(liSocketAddress *);
liSocketAddress li_sockaddr_dup(liSocketAddress);

/* Streams: what passes bodies on. */
typedef enum {
	LI_STREAM_NEW_DATA,
	LI_STREAM_CONNECTED_SOURCE = 3,
	LI_STREAM_DISCONNECTED_DEST,
	LI_STREAM_DISCONNECTED_SOURCE,
	LI_STREAM_DESTROY
} liStreamEvent;
typedef void (*liStreamCB)(liStream *, liStreamEvent);
struct liStream {
	gint refcount;
	liStream *source, *dest;
	liChunkQueue *out;
	liJob new_data_job;
	liEventLoop *loop;
	liStreamCB cb;
};
void li_stream_init(liStream *, liEventLoop *, liStreamCB);
liStream *li_stream_null_new(liEventLoop *);
void li_stream_again(liStream *);
void li_stream_disconnect(liStream *);
void li_stream_reset(liStream *);
void li_stream_release(liStream *);

/* Requests, and what they know of their connection. */
typedef void (*liVRequestHandlerCB)(liVRequest *);
typedef struct liThrottleState liThrottleState;
typedef liThrottleState *(*liVRequestThrottleCB)(liVRequest *);
typedef void (*liVRequestConnectionUpgradeCB)(liVRequest *, liStream *, liStream *);
typedef struct liConCallbacks {
	liVRequestHandlerCB handle_response_error;
	liVRequestThrottleCB throttle_out, throttle_in;
	liVRequestConnectionUpgradeCB connection_upgrade;
} liConCallbacks;
typedef struct liConInfo {
	const liConCallbacks *callbacks;
	liSocketAddress remote_addr, local_addr;
	GString *remote_addr_str, *local_addr_str;
	gboolean is_ssl, keep_alive;
	char gap_[64];
	liStream *req, *resp;
	char tail_[64];
} liConInfo;
typedef struct liHttpHeader {
	guint keylen;
	GString *data;
} liHttpHeader;
typedef struct liHttpHeaders {
	GQueue entries;
} liHttpHeaders;
liHttpHeaders *li_http_headers_new(void);
void li_http_headers_free(liHttpHeaders *);
void li_http_header_insert(liHttpHeaders *, const gchar *, size_t, const gchar *, size_t);
gboolean li_http_header_remove(liHttpHeaders *, const gchar *, size_t);
void li_http_header_overwrite(liHttpHeaders *, const gchar *, size_t, const gchar *, size_t);
typedef struct liLogContext {
	gpointer opaque_;
} liLogContext;
typedef struct liRequestUri {
	GString *raw, *raw_path, *raw_orig_path, *scheme;
	gpointer gap_;
	GString *path;
	char tail_[16];
} liRequestUri;
typedef struct liRequest {
	gpointer gap_;
	GString *http_method_str;
	gpointer gap2_;
	liRequestUri uri;
	liHttpHeaders *headers;
	goffset content_length;
} liRequest;
void li_request_copy(liRequest *, const liRequest *);
/* Where in the file system it leads. */
typedef struct liPhysical {
	GString *path, *doc_root, *pathinfo;
} liPhysical;
typedef struct liResponse {
	liHttpHeaders *headers;
	gint http_status;
	char tail_[4];
} liResponse;
typedef struct liActionRegexStackElement {
	GString *string;
	GMatchInfo *match_info;
} liActionRegexStackElement;
typedef struct liActionStack {
	gpointer gap_;
	GArray *regex_stack;
	gpointer gap2_;
	gboolean backend_failed;
	char tail_[12];
} liActionStack;
/* Names and values for backends and logs. */
typedef struct liEnvironment {
	GHashTable *table;
} liEnvironment;
GString *li_environment_get(liEnvironment *, const gchar *, size_t);
void li_environment_set(liEnvironment *, const gchar *, size_t, const gchar *, size_t);
typedef union liOptionValue {
	gint64 number;
	gboolean boolean;
} liOptionValue;
/* A setting that is shared by those that have it. */
typedef struct liOptionPtrValue {
	gint refcount;
	char tail_[28];
} liOptionPtrValue;
void li_release_optionptr(liServer *, liOptionPtrValue *);
struct liVRequest {
	liConInfo *coninfo;
	liWorker *wrk;
	liOptionValue *options;
	liOptionPtrValue **optionptrs;
	liLogContext log_context;
	liVRequestState state;
	char gap3_[12];
	GPtrArray *plugin_ctx;
	liRequest request;
	liPhysical physical;
	liResponse response;
	liEnvironment env;
	gpointer gap5_[11];
	liChunkQueue *direct_out;
	liActionStack action_stack;
	liJob job;
	gpointer tail_;
};
liVRequest *li_vrequest_new(liWorker *, liConInfo *);
void li_vrequest_start(liVRequest *);
void li_vrequest_handle_request_headers(liVRequest *);
void li_vrequest_free(liVRequest *);
gboolean li_vrequest_handle_direct(liVRequest *);
gboolean li_vrequest_is_handled(liVRequest *);
liJobRef *li_vrequest_get_ref(liVRequest *);
GString *li_mimetype_get(liVRequest *, GString *);

/* Actions. */
typedef liHandlerResult (*liActionFuncCB)(liVRequest *, gpointer, gpointer *);
typedef liHandlerResult (*liActionCleanupCB)(liVRequest *, gpointer, gpointer);
typedef void (*liActionFreeCB)(liServer *, gpointer);
liAction *li_action_new_function(liActionFuncCB, liActionCleanupCB, liActionFreeCB, gpointer);
void li_action_enter(liVRequest *, liAction *);
void li_action_acquire(liAction *);
void li_action_release(liServer *, liAction *);

/* Filters. */
typedef liHandlerResult (*liFilterHandlerCB)(liVRequest *, liFilter *);
typedef void (*liFilterFreeCB)(liVRequest *, liFilter *);
typedef void (*liFilterEventCB)(liVRequest *, liFilter *, liStreamEvent);
struct liFilter {
	liStream stream;
	liChunkQueue *in, *out;
	gpointer gap_[3];
	gpointer param;
	gpointer tail_[2];
};
liFilter *li_vrequest_add_filter_out(liVRequest *, liFilterHandlerCB, liFilterFreeCB, liFilterEventCB, gpointer);

/* Log. */
gboolean li_log_write(liServer *, liWorker *, liLogContext *, liLogLevel, guint, const gchar *, ...) __attribute__((format(printf, 6, 7)));

#endif

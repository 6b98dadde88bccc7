/* Command line and life cycle of the stand-in. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"

static void usage(FILE *out) {
	fprintf(out, "usage: lighttpd2-worker -c FILE [-m DIR] [-t]\n"
				 "A stand-in for lighttpd2's worker, for tests alone.\n"
				 "  -c FILE  configuration\n  -m DIR   folder of modules\n  -t       test the configuration\n");
}

static gboolean command_line(struct server *srv, int argc, char **argv) {
	int option;
	srv->module_dir = ".";
	while ((option = getopt(argc, argv, "c:m:tvh-:")) != -1) {
		switch (option) {
		case 'c':
			srv->config_path = optarg;
			break;
		case 'm':
			srv->module_dir = optarg;
			break;
		case 't':
			srv->test_only = TRUE;
			break;
		case 'v':
			puts("lighttpd2 stand-in of mod_memcached's tests");
			exit(0);
		case 'h':
			usage(stdout);
			exit(0);
		default:
			return FALSE;
		}
	}
	return srv->config_path && optind == argc;
}

static void string_free(gpointer s) { g_string_free(s, TRUE); }

static void server_init(struct server *srv) {
	srv->pub.magic = LIGHTTPD_SERVER_MAGIC;
	srv->pub.worker_count = 1;
	srv->pub.workers = g_array_new(FALSE, TRUE, sizeof(liWorker *));
	srv->globals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)value_free);
	srv->addresses = g_ptr_array_new_with_free_func(string_free);
	srv->listeners = g_ptr_array_new_with_free_func(g_free);
	srv->pub.li_plugins_handle_vrclose = g_array_new(FALSE, TRUE, sizeof(liPlugin *));
	srv->pub.option_def_values = g_array_new(FALSE, TRUE, sizeof(liOptionValue));
	g_array_set_size(srv->pub.option_def_values, SETTING_COUNT);
	srv->pub.optionptr_def_values = g_array_new(FALSE, TRUE, sizeof(liOptionPtrValue *));
	g_array_set_size(srv->pub.optionptr_def_values, SHARED_COUNT);
	srv->settings = (liOptionValue *)(void *)srv->pub.option_def_values->data;
	srv->settings[SETTING_KEEPALIVE_TIMEOUT].number = 5;
	srv->settings[SETTING_RANGES].boolean = TRUE;
	g_mutex_init(&srv->log_lock);
	for (gsize i = 0; i < G_N_ELEMENTS(srv->log_targets); i++) srv->log_targets[i] = g_strdup("stderr");
	lua_state_init(&srv->lua, &srv->pub);
	plugins_init(srv);
	srv->pub.main_worker = &worker_new(srv, 0, ev_loop_new(EVFLAG_AUTO))->pub;
	g_array_append_val(srv->pub.workers, srv->pub.main_worker);
	core_register(srv);
}

static void server_free(struct server *srv) {
	/* Actions of plugins go before the plugins' code does. */
	li_action_release(&srv->pub, srv->main_action);
	g_hash_table_destroy(srv->globals);
	plugins_clear(srv);
	g_ptr_array_free(srv->addresses, TRUE);
	g_ptr_array_free(srv->listeners, TRUE);
	for (guint i = 0; i < SHARED_COUNT; i++) li_release_optionptr(&srv->pub, g_array_index(srv->pub.optionptr_def_values, liOptionPtrValue *, i));
	g_array_free(srv->pub.optionptr_def_values, TRUE);
	g_array_free(srv->pub.option_def_values, TRUE);
	g_array_free(srv->pub.li_plugins_handle_vrclose, TRUE);
	for (guint i = 0; i < srv->pub.workers->len; i++) worker_free(g_array_index(srv->pub.workers, struct worker *, i));
	lua_state_free(&srv->lua);
	g_array_free(srv->pub.workers, TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(srv->log_targets); i++) g_free(srv->log_targets[i]);
	g_mutex_clear(&srv->log_lock);
}

static void on_signal(struct ev_loop *loop, ev_signal *w, int events) {
	(void)loop;
	(void)events;
	struct server *srv = w->data;
	g_atomic_int_set(&srv->stopping, TRUE);
	server_accept_stop(srv);
	for (guint i = 0; i < srv->pub.workers->len; i++) worker_stop(g_array_index(srv->pub.workers, struct worker *, i));
}

static void serve(struct server *srv) {
	lua_state_show_plugins(&srv->lua, srv, NULL);
	lua_state_show_plugins(LUA_OF(srv->pub.main_worker), srv, srv->pub.main_worker);
	for (guint i = 1; i < srv->pub.worker_count; i++) {
		struct worker *wrk = worker_new(srv, i, ev_loop_new(EVFLAG_AUTO));
		lua_state_show_plugins(&wrk->lua, srv, &wrk->pub);
		g_array_append_val(srv->pub.workers, wrk);
	}
	plugins_prepare(srv);
	server_listen(srv);
	plugins_prepare_worker(WORKER(srv->pub.main_worker));
	for (guint i = 1; i < srv->pub.worker_count; i++) worker_start(g_array_index(srv->pub.workers, struct worker *, i));
	static const int signals[] = { SIGINT, SIGTERM };
	ev_signal watchers[G_N_ELEMENTS(signals)];
	struct ev_loop *loop = srv->pub.main_worker->loop.loop;
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) {
		ev_signal_init(&watchers[i], on_signal, signals[i]);
		watchers[i].data = srv;
		ev_signal_start(loop, &watchers[i]);
	}
	server_accept_start(srv);
	worker_start(WORKER(srv->pub.main_worker));
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) ev_signal_stop(loop, &watchers[i]);
	for (guint i = 1; i < srv->pub.workers->len; i++) {
		struct worker *wrk = g_array_index(srv->pub.workers, struct worker *, i);
		g_thread_join(wrk->thread);
		wrk->thread = NULL;
	}
	LOG(srv, INFO, "going down");
}

int main(int argc, char **argv) {
	struct server *srv = g_new0(struct server, 1);
	if (!command_line(srv, argc, argv)) {
		usage(stderr);
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	server_init(srv);
	gboolean fine = config_parse(srv);
	if (fine && !srv->test_only) serve(srv);
	server_accept_stop(srv);
	server_free(srv);
	g_free(srv);
	return fine ? 0 : 1;
}

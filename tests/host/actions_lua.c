/* Action lua.handler "file" or ("file", [], "argument"): each worker loads the file once; the function that
 * it leaves in `actions` is run for each request, and once more each time that
 * something wakes it. */
#include "lua_host.h"

struct script {
	struct server *srv;
	GString *file, *argument;
	int *functions; /* by worker; LUA_NOREF while it is not loaded */
};

static int traceback(lua_State *L) {
	if (!lua_isstring(L, 1)) return 1;
	lua_getglobal(L, "debug");
	lua_getfield(L, -1, "traceback");
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 2);
	lua_call(L, 2, 1);
	return 1;
}

/* Calls what is below its arguments on the stack; the error is logged. */
static gboolean call(liLuaState *LL, liWorker *wrk, int arguments, int results) {
	lua_State *L = LL->L;
	int base = lua_gettop(L) - arguments;
	lua_pushcfunction(L, traceback);
	lua_insert(L, base);
	gboolean fine = lua_pcall(L, arguments, results, base) == 0;
	lua_remove(L, base);
	if (fine) return TRUE;
	const char *text = lua_tostring(L, -1);
	li_log_write(wrk->srv, wrk, NULL, LI_LOG_LEVEL_ERROR, LI_LOG_FLAG_TIMESTAMP, "(error) lua_pcall(): %s", text ? text : "(no text)");
	lua_pop(L, 1);
	return FALSE;
}

static gboolean load(struct script *s, liWorker *wrk) {
	liLuaState *LL = LUA_OF(wrk);
	lua_State *L = LL->L;
	if (luaL_loadfile(L, s->file->str) != 0) {
		LOG(s->srv, ERROR, "Loading script '%s' failed: %s", s->file->str, lua_tostring(L, -1));
		lua_pop(L, 1);
		return FALSE;
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, LL->li_env_ref);
	lua_setfenv(L, -2);
	lua_globals_enter(LL, LUA_NOREF);
	lua_insert(L, -2);
	lua_pushstring(L, s->file->str);
	if (s->argument)
		lua_pushlstring(L, s->argument->str, s->argument->len);
	else
		lua_pushnil(L);
	gboolean fine = call(LL, wrk, 2, 0);
	if (fine) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, LL->li_env_ref);
		lua_getfield(L, -1, "actions");
		lua_remove(L, -2);
		fine = lua_isfunction(L, -1);
		if (fine)
			s->functions[wrk->ndx] = luaL_ref(L, LUA_REGISTRYINDEX);
		else
			lua_pop(L, 1);
	}
	li_lua_environment_restore(LL);
	lua_gc(L, LUA_GCCOLLECT, 0);
	if (!fine) LOG(s->srv, ERROR, "lua.handler: couldn't load '%s'", s->file->str);
	return fine;
}

static liHandlerResult call_script(struct script *s, struct vrequest *vr, int globals) {
	liLuaState *LL = LUA_OF(vr->pub.wrk);
	lua_State *L = LL->L;
	liHandlerResult result = LI_HANDLER_GO_ON;
	lua_globals_enter(LL, globals);
	lua_rawgeti(L, LUA_REGISTRYINDEX, s->functions[vr->pub.wrk->ndx]);
	lua_push_vrequest(L, vr);
	if (!call(LL, vr->pub.wrk, 1, 1)) {
		result = LI_HANDLER_ERROR;
	} else {
		if (!lua_isnil(L, -1)) {
			lua_Integer n = lua_tointeger(L, -1);
			result = n >= LI_HANDLER_GO_ON && n <= LI_HANDLER_ERROR ? (liHandlerResult)n : LI_HANDLER_ERROR;
		}
		lua_pop(L, 1);
	}
	li_lua_environment_restore(LL);
	return result;
}

static liHandlerResult run(liVRequest *vr, gpointer param, gpointer *context) {
	struct script *s = param;
	liLuaState *LL = LUA_OF(vr->wrk);
	lua_lock_state(LL);
	liHandlerResult result = LI_HANDLER_ERROR;
	if (s->functions[vr->wrk->ndx] != LUA_NOREF || load(s, vr->wrk)) {
		if (!*context) *context = GINT_TO_POINTER(lua_globals_new(LL, VREQUEST(vr)));
		result = call_script(s, VREQUEST(vr), GPOINTER_TO_INT(*context));
	}
	lua_unlock_state(LL);
	return result;
}

static liHandlerResult cleanup(liVRequest *vr, gpointer param, gpointer context) {
	(void)param;
	lua_lock_state(LUA_OF(vr->wrk));
	luaL_unref(LUA_OF(vr->wrk)->L, LUA_REGISTRYINDEX, GPOINTER_TO_INT(context));
	lua_unlock_state(LUA_OF(vr->wrk));
	return LI_HANDLER_GO_ON;
}

static void free_script(liServer *srv, gpointer param) {
	(void)srv;
	struct script *s = param;
	g_string_free(s->file, TRUE);
	if (s->argument) g_string_free(s->argument, TRUE);
	g_free(s->functions);
	g_free(s);
}

static liAction *create(liServer *server, liWorker *wrk, liPlugin *p, liValue *v, gpointer userdata) {
	(void)wrk;
	(void)p;
	(void)userdata;
	liValue *file = value_type(v) == LI_VALUE_LIST ? value_at(v, 0) : v;
	if (value_type(file) != LI_VALUE_STRING) {
		LOG(SERVER(server), ERROR, "lua.handler expects at least a filename, or a filename and some options");
		return NULL;
	}
	struct script *s = g_new0(struct script, 1);
	s->srv = SERVER(server);
	s->file = g_string_new_len(STR(file->data.string));
	/* The script's second argument; of the real server's types strings alone. */
	liValue *argument = value_type(v) == LI_VALUE_LIST && value_len(v) > 2 ? value_at(v, 2) : NULL;
	if (argument && value_type(argument) == LI_VALUE_STRING)
		s->argument = g_string_new_len(STR(argument->data.string));
	s->functions = g_new(int, WORKERS_MAX);
	for (int i = 0; i < WORKERS_MAX; i++) s->functions[i] = LUA_NOREF;
	return li_action_new_function(run, cleanup, free_script, s);
}

const liPluginAction lua_actions[] = { { "lua.handler", create, NULL }, { NULL, NULL, NULL } };

/* Lua states: one for the server, one for each worker, and global variables
 * that last as long as a request. All functions of scripts share one table of
 * globals; its metatable says where they really are. */
#include "lua_host.h"

#include <lualib.h>

G_GNUC_BEGIN_IGNORE_DEPRECATIONS
void lua_lock_state(liLuaState *LL) {
	g_static_rec_mutex_lock(&LL->lualock);
	lua_checkstack(LL->L, LUA_MINSTACK);
}

void lua_unlock_state(liLuaState *LL) { g_static_rec_mutex_unlock(&LL->lualock); }

void lua_state_free(liLuaState *LL) {
	lua_close(LL->L);
	LL->L = NULL;
	g_static_rec_mutex_free(&LL->lualock);
}
G_GNUC_END_IGNORE_DEPRECATIONS

/* The arguments, with spaces between them. */
GString *lua_text_of_arguments(lua_State *L, int from) {
	GString *text = g_string_new(NULL);
	int top = lua_gettop(L);
	for (int i = from; i <= top; i++) {
		lua_getglobal(L, "tostring");
		lua_pushvalue(L, i);
		gboolean fine = lua_pcall(L, 1, 1, 0) == 0 && lua_isstring(L, -1);
		if (text->len) g_string_append_c(text, ' ');
		g_string_append(text, fine ? lua_tostring(L, -1) : "<failed tostring>");
		lua_pop(L, 1);
	}
	return text;
}

static int log_arguments(lua_State *L) {
	liServer *srv = lua_touserdata(L, lua_upvalueindex(1));
	liLogLevel level = (liLogLevel)lua_tointeger(L, lua_upvalueindex(2));
	GString *text = lua_text_of_arguments(L, 1);
	li_log_write(srv, NULL, NULL, level, LI_LOG_FLAG_TIMESTAMP, "(%s) (lua): %s", log_levels[level], text->str);
	g_string_free(text, TRUE);
	return 0;
}

static void push_log(lua_State *L, liServer *srv, liLogLevel level) {
	lua_pushlightuserdata(L, srv);
	lua_pushinteger(L, level);
	lua_pushcclosure(L, log_arguments, 2);
}

static int checksum(lua_State *L) {
	size_t len;
	const char *bytes = luaL_checklstring(L, 1, &len);
	gchar *hash = g_compute_checksum_for_data((GChecksumType)lua_tointeger(L, lua_upvalueindex(1)), (const guchar *)bytes, len);
	lua_pushstring(L, hash);
	g_free(hash);
	return 1;
}

struct number {
	const char *name;
	int value;
};

static void add_lighty(lua_State *L, liServer *srv) {
	static const struct number numbers[] = {
		{ "HANDLER_GO_ON", LI_HANDLER_GO_ON },
		{ "HANDLER_COMEBACK", LI_HANDLER_COMEBACK },
		{ "HANDLER_WAIT_FOR_EVENT", LI_HANDLER_WAIT_FOR_EVENT },
		{ "HANDLER_ERROR", LI_HANDLER_ERROR },
	};
	static const struct number logs[] = {
		{ "print", LI_LOG_LEVEL_ERROR },
		{ "error", LI_LOG_LEVEL_ERROR },
		{ "warning", LI_LOG_LEVEL_WARNING },
		{ "info", LI_LOG_LEVEL_INFO },
		{ "debug", LI_LOG_LEVEL_DEBUG },
	};
	static const struct number hashes[] = {
		{ "md5", G_CHECKSUM_MD5 },
		{ "sha1", G_CHECKSUM_SHA1 },
		{ "sha256", G_CHECKSUM_SHA256 },
	};
	lua_newtable(L);
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
		lua_pushinteger(L, numbers[i].value);
		lua_setfield(L, -2, numbers[i].name);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(logs); i++) {
		push_log(L, srv, (liLogLevel)logs[i].value);
		lua_setfield(L, -2, logs[i].name);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(hashes); i++) {
		lua_pushinteger(L, hashes[i].value);
		lua_pushcclosure(L, checksum, 1);
		lua_setfield(L, -2, hashes[i].name);
	}
	lua_setglobal(L, "lighty");
	push_log(L, srv, LI_LOG_LEVEL_ERROR);
	lua_setglobal(L, "print");
}

void lua_state_init(liLuaState *LL, liServer *srv) {
	lua_State *L = LL->L = luaL_newstate();
	luaL_openlibs(L);
	lua_newtable(L);
	lua_pushvalue(L, LUA_GLOBALSINDEX);
	lua_setfield(L, -2, "__index");
	LUA_STATE(LL)->default_metatable_ref = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_newtable(L);
	lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_STATE(LL)->default_metatable_ref);
	lua_setmetatable(L, -2);
	LL->li_env_ref = luaL_ref(L, LUA_REGISTRYINDEX);
	add_lighty(L, srv);
	lua_objects_init(L);
	G_GNUC_BEGIN_IGNORE_DEPRECATIONS
	g_static_rec_mutex_init(&LL->lualock);
	G_GNUC_END_IGNORE_DEPRECATIONS
}

/* Plugins add what scripts of a state can use. */
void lua_state_show_plugins(liLuaState *LL, struct server *srv, liWorker *wrk) {
	for (guint i = 0; i < srv->plugins->len; i++) {
		liPlugin *p = g_ptr_array_index(srv->plugins, i);
		if (p->handle_init_lua) p->handle_init_lua(LL, &srv->pub, wrk, p);
	}
}

/* Leaves a metatable whose globals are a new table, over those that last. */
static void push_globals(liLuaState *LL) {
	lua_State *L = LL->L;
	lua_newtable(L);
	lua_newtable(L);
	lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_STATE(LL)->default_metatable_ref);
	lua_setmetatable(L, -2);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, "__index");
	lua_setfield(L, -2, "__newindex");
}

/* Global variables of an action of a request; REQ is what all of the request's
 * actions share. */
int lua_globals_new(liLuaState *LL, struct vrequest *vr) {
	lua_State *L = LL->L;
	push_globals(LL);
	lua_getfield(L, -1, "__newindex");
	if (vr->lua_ref == LUA_NOREF) {
		lua_newtable(L);
		vr->lua_ref = luaL_ref(L, LUA_REGISTRYINDEX);
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, vr->lua_ref);
	lua_setfield(L, -2, "REQ");
	lua_pop(L, 1);
	return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Leaves the metatable that was there before. */
void lua_globals_enter(liLuaState *LL, int ref) {
	lua_State *L = LL->L;
	lua_rawgeti(L, LUA_REGISTRYINDEX, LL->li_env_ref);
	lua_getmetatable(L, -1);
	lua_insert(L, -2);
	if (ref == LUA_NOREF)
		push_globals(LL);
	else
		lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}

void li_lua_environment_restore(liLuaState *LL) {
	lua_State *L = LL->L;
	lua_rawgeti(L, LUA_REGISTRYINDEX, LL->li_env_ref);
	lua_insert(L, -2);
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}

void lua_request_gone(struct vrequest *vr) {
	liLuaState *LL = LUA_OF(vr->pub.wrk);
	if (vr->lua_ref == LUA_NOREF || !LL->L) return;
	lua_lock_state(LL);
	luaL_unref(LL->L, LUA_REGISTRYINDEX, vr->lua_ref);
	lua_unlock_state(LL);
	vr->lua_ref = LUA_NOREF;
}

/* In place of the files that begin with lua_ and of actions_lua.c: a server that was built without Lua, whose states
 * are empty. It is what `make run` serves with where there is no lighttpd2. */
#include "host.h"

const liPluginAction lua_actions[] = { { NULL, NULL, NULL } };

void lua_state_init(liLuaState *LL, liServer *srv) {
	(void)srv;
	LL->L = NULL;
}

void lua_state_free(liLuaState *LL) { (void)LL; }

void lua_state_show_plugins(liLuaState *LL, struct server *srv, liWorker *wrk) {
	(void)LL;
	(void)srv;
	(void)wrk;
}

void lua_request_gone(struct vrequest *vr) { (void)vr; }

/* Private declarations of the part that runs scripts (Lua 5.1). */
#ifndef LUA_HOST_H
#define LUA_HOST_H

#include "../../ffi/lua_vrequest.h"
#include "host.h"

#include <lauxlib.h>

#include <lua.h>

G_GNUC_BEGIN_IGNORE_DEPRECATIONS
struct lua_state_mirror {
	lua_State *L;
	GStaticRecMutex lock;
	int env_ref, default_metatable_ref;
};
G_GNUC_END_IGNORE_DEPRECATIONS
SAME_SIZE(struct lua_state_mirror, liLuaState);
#define LUA_STATE(LL) ((struct lua_state_mirror *)(LL))

void lua_lock_state(liLuaState *);
void lua_unlock_state(liLuaState *);
GString *lua_text_of_arguments(lua_State *, int from);
int lua_globals_new(liLuaState *, struct vrequest *);
/* Without a reference to some (LUA_NOREF): ones that are lost when it is left. */
void lua_globals_enter(liLuaState *, int ref);
void li_lua_environment_restore(liLuaState *);
void lua_objects_init(lua_State *);
void lua_push_vrequest(lua_State *, struct vrequest *);

#endif

/* Where the host's requests meet its Lua states. */
#ifndef MMC_LIGHTTPD_CORE_LUA_H
#define MMC_LIGHTTPD_CORE_LUA_H

#include <lighttpd/base.h>

typedef struct lua_State lua_State;
liVRequest *li_lua_get_vrequest(lua_State *, int);

#endif

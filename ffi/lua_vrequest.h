/* Where the host's requests meet its Lua states. Declared here whichever headers are
 * used: the host's own for this wants those of the Lua that it was built with. */
#ifndef MMC_LUA_VREQUEST_H
#define MMC_LUA_VREQUEST_H

#include <lighttpd/base.h>

typedef struct lua_State lua_State;
liVRequest *li_lua_get_vrequest(lua_State *, int);

#endif

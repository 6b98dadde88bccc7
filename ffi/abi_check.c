/* Every build with our own headers checks the facts. Against those of a server, whose
 * facts may be others, abi_probe.c is compared instead: the compiler takes them from there. */
#ifndef MMC_HOST_HEADERS
#include <lighttpd/base.h>
#include <lighttpd/pattern.h>
#include <lighttpd/plugin_core.h>
#include <stddef.h>

#include "lua_vrequest.h"

#ifdef __aarch64__
#define ON(x86_64, arm64) arm64
#else
#define ON(x86_64, arm64) x86_64
#endif
#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type);
#define OFFSET(type, member, bytes) _Static_assert(offsetof(type, member) == (bytes), "offset of " #type "." #member);
#define NUMBER(name, value) _Static_assert((long long)(name) == (long long)(value), "value of " #name);
#define FUNCTION(name, result, parameters) \
	_Static_assert(__builtin_types_compatible_p(__typeof__(name), result parameters), "type of " #name);
#define CALLBACK(type, result, parameters) \
	_Static_assert(__builtin_types_compatible_p(type, result(*) parameters), "type of " #type);
#include "abi.def"
#endif

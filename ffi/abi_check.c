/* Every build checks the facts, whichever headers it uses. */
#include <lighttpd/base.h>
#include <lighttpd/core_lua.h>
#include <lighttpd/pattern.h>
#include <lighttpd/plugin_core.h>
#include <stddef.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type);
#define OFFSET(type, member, bytes) _Static_assert(offsetof(type, member) == (bytes), "offset of " #type "." #member);
#define NUMBER(name, value) _Static_assert((long long)(name) == (long long)(value), "value of " #name);
#define FUNCTION(name, result, parameters) \
	_Static_assert(__builtin_types_compatible_p(__typeof__(name), result parameters), "type of " #name);
#define CALLBACK(type, result, parameters) \
	_Static_assert(__builtin_types_compatible_p(type, result(*) parameters), "type of " #type);
#include "abi.def"

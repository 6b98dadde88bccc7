/* Options of the host's core plugin, whose indices begin at 0. */
#ifndef MMC_LIGHTTPD_PLUGIN_CORE_H
#define MMC_LIGHTTPD_PLUGIN_CORE_H

#include <lighttpd/base.h>

enum {
	LI_CORE_OPTION_DEBUG_REQUEST_HANDLING
};

#endif

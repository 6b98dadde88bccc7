/* Patterns: parsed texts with placeholders. */
#ifndef MMC_LIGHTTPD_PATTERN_H
#define MMC_LIGHTTPD_PATTERN_H

#include <lighttpd/base.h>

typedef GArray liPattern;
typedef void (*liPatternCB)(GString *, guint, guint, gpointer);
liPattern *li_pattern_new(liServer *, const gchar *);
void li_pattern_free(liPattern *);
void li_pattern_eval(liVRequest *, GString *, liPattern *, liPatternCB, gpointer, liPatternCB, gpointer);
void li_pattern_regex_cb(GString *, guint, guint, gpointer);

#endif

/* Tokens of the configuration. */
#include "host.h"

static const char *const keywords[] = { "and", "cast", "default", "else", "false", "global", "if", "include", "local", "none", "not", "or", "setup", "true" };
/* Longer ones first. */
static const char *const operators[] = { "==", "!=", "=^", "!^", "=$", "!$", "<=", ">=", "=~", "!~", "=/", "!/", "=>", "=", "<", ">", "+", "-", "*", "/", "!", ";", ",", "(", ")", "[", "]", "{", "}" };

static const struct {
	const char *name;
	gint64 factor, divisor;
} units[] = {
	{ "byte", 1, 1 },
	{ "kbyte", 1024, 1 },
	{ "mbyte", 1024 * 1024, 1 },
	{ "gbyte", 1024 * 1024 * 1024, 1 },
	{ "tbyte", G_GINT64_CONSTANT(1) << 40, 1 },
	{ "bit", 1, 8 },
	{ "kbit", 128, 1 },
	{ "mbit", 128 * 1024, 1 },
	{ "gbit", 128 * 1024 * 1024, 1 },
	{ "tbit", G_GINT64_CONSTANT(1) << 37, 1 },
	{ "sec", 1, 1 },
	{ "min", 60, 1 },
	{ "hours", 3600, 1 },
	{ "days", 24 * 3600, 1 },
};

void lexer_init(struct lexer *lex, const char *file, char *text) {
	memset(lex, 0, sizeof(*lex));
	lex->file = file;
	lex->text = text;
	lex->at = lex->line_start = text;
	lex->line = 1;
	lex->word = g_string_new(NULL);
}

void lexer_clear(struct lexer *lex) {
	g_string_free(lex->word, TRUE);
	g_free(lex->text);
}

void lexer_error(const struct lexer *lex, GError **error, const char *format, ...) {
	va_list args;
	va_start(args, format);
	gchar *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, g_quark_from_static_string("host-config"), 0, "error in %s:%d:%d: %s", lex->file, lex->token_line, lex->token_column, text);
	g_free(text);
}

gboolean lexer_is(const struct lexer *lex, const char *word) {
	return (lex->kind == T_OPERATOR || lex->kind == T_KEYWORD) && g_str_equal(lex->word->str, word);
}

static void skip_noise(struct lexer *lex) {
	for (;; lex->at++) {
		if (*lex->at == '#')
			while (lex->at[1] && lex->at[1] != '\n') lex->at++;
		else if (*lex->at == '\n') {
			lex->line++;
			lex->line_start = lex->at + 1;
		} else if (*lex->at != ' ' && *lex->at != '\t' && *lex->at != '\r')
			return;
	}
}

static gsize word_length(const char *s) {
	gsize n = 0;
	while (g_ascii_isalnum(s[n]) || s[n] == '_' || (n > 0 && s[n] == '.')) n++;
	return n;
}

static gboolean number(struct lexer *lex, GError **error) {
	char *end;
	lex->kind = T_NUMBER;
	/* lighttpd2 reads a sign and drops it. */
	if (*lex->at == '-') lex->at++;
	lex->number = g_ascii_strtoll(lex->at, &end, 0);
	lex->at = end;
	gsize len = word_length(lex->at);
	if (!len) return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		if (strlen(units[i].name) != len || strncmp(units[i].name, lex->at, len) != 0) continue;
		lex->number = lex->number / units[i].divisor * units[i].factor;
		lex->at += len;
		return TRUE;
	}
	lexer_error(lex, error, "unknown unit after a number");
	return FALSE;
}

/* With the prefix e an unknown escape is an error; without, it stays as it is,
 * so that regular expressions need no doubled backslashes. */
static gboolean string(struct lexer *lex, gboolean strict, GError **error) {
	char quote = *lex->at++;
	lex->kind = T_STRING;
	while (*lex->at && *lex->at != quote) {
		char c = *lex->at++;
		if (c == '\n') {
			lex->line++;
			lex->line_start = lex->at;
		}
		if (c != '\\') {
			g_string_append_c(lex->word, c);
			continue;
		}
		c = *lex->at;
		if (!c) break;
		lex->at++;
		if (c == 'n' || c == 'r' || c == 't') {
			g_string_append_c(lex->word, c == 'n' ? '\n' : (c == 'r' ? '\r' : '\t'));
		} else if (c == 'x') {
			if (!g_ascii_isxdigit(lex->at[0]) || !g_ascii_isxdigit(lex->at[1])) {
				lexer_error(lex, error, "two hexadecimal digits must follow \\x");
				return FALSE;
			}
			g_string_append_c(lex->word, (char)(g_ascii_xdigit_value(lex->at[0]) * 16 + g_ascii_xdigit_value(lex->at[1])));
			lex->at += 2;
		} else if (c == '\\' || c == '"' || c == '\'') {
			g_string_append_c(lex->word, c);
		} else if (strict) {
			lexer_error(lex, error, "unknown escape \\%c", c);
			return FALSE;
		} else {
			g_string_append_c(lex->word, '\\');
			g_string_append_c(lex->word, c);
		}
	}
	if (!*lex->at) {
		lexer_error(lex, error, "a string has no end");
		return FALSE;
	}
	lex->at++;
	return TRUE;
}

gboolean lexer_next(struct lexer *lex, GError **error) {
	if (lex->put_back) {
		lex->put_back = FALSE;
		return TRUE;
	}
	skip_noise(lex);
	g_string_truncate(lex->word, 0);
	lex->token_line = lex->line;
	lex->token_column = (int)(lex->at - lex->line_start) + 1;
	char c = *lex->at, next = c ? lex->at[1] : 0;
	if (!c) {
		lex->kind = T_END;
		return TRUE;
	}
	if (c == '"' || c == '\'') return string(lex, FALSE, error);
	if (c == 'e' && (next == '"' || next == '\'')) {
		lex->at++;
		return string(lex, TRUE, error);
	}
	if (g_ascii_isdigit(c) || (c == '-' && g_ascii_isdigit(next))) return number(lex, error);
	if (g_ascii_isalpha(c) || c == '_') {
		gsize len = word_length(lex->at);
		g_string_append_len(lex->word, lex->at, (gssize)len);
		lex->at += len;
		lex->kind = T_NAME;
		for (gsize i = 0; i < G_N_ELEMENTS(keywords); i++)
			if (g_str_equal(keywords[i], lex->word->str)) lex->kind = T_KEYWORD;
		return TRUE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(operators); i++) {
		if (!g_str_has_prefix(lex->at, operators[i])) continue;
		lex->kind = T_OPERATOR;
		g_string_append(lex->word, operators[i]);
		lex->at += lex->word->len;
		return TRUE;
	}
	lexer_error(lex, error, "unexpected character '%c'", c);
	return FALSE;
}

/* Values of the configuration: literals, lists, pairs, blocks, operators. */
#include <stdlib.h>
#include <unistd.h>

#include "host.h"

static liValue *system_variable(const char *name) {
	if (g_str_equal(name, "sys.pid")) return value_new_number(getpid());
	if (g_str_equal(name, "sys.cwd")) {
		gchar *cwd = g_get_current_dir();
		liValue *v = value_new_string(cwd, strlen(cwd));
		g_free(cwd);
		return v;
	}
	const char *env = g_str_has_prefix(name, "sys.env.") ? getenv(name + strlen("sys.env.")) : NULL;
	return env ? value_new_string(env, strlen(env)) : NULL;
}

/* Elements up to `end`; the first may be there already. */
static gboolean list(struct parser *p, liValue **out, gboolean *is_pairs, liValue *first, const char *end) {
	liValue *result = value_new(LI_VALUE_LIST);
	gboolean pairs = FALSE;
	for (;;) {
		liValue *v = first;
		first = NULL;
		if (!v) {
			if (!lexer_next(&p->lex, &p->error)) goto error;
			if (lexer_is(&p->lex, end)) break;
			p->lex.put_back = TRUE;
			if (!parse_value(p, &v, NULL, FALSE)) goto error;
		}
		if (!lexer_next(&p->lex, &p->error)) {
			value_free(v);
			goto error;
		}
		if (lexer_is(&p->lex, "=>")) {
			liValue *pair = value_wrap(v), *right;
			v = pair;
			if (result->data.list->len > 0 && !pairs) {
				value_free(v);
				parser_fail(p, "unexpected '=>', this list has no pairs");
				goto error;
			}
			pairs = TRUE;
			if (!parse_value(p, &right, NULL, FALSE)) {
				value_free(v);
				goto error;
			}
			g_ptr_array_add(pair->data.list, right);
			if (!lexer_next(&p->lex, &p->error)) {
				value_free(v);
				goto error;
			}
		} else if (pairs) {
			value_free(v);
			parser_fail(p, "expected '=>'");
			goto error;
		}
		g_ptr_array_add(result->data.list, v);
		if (lexer_is(&p->lex, end)) break;
		if (!lexer_is(&p->lex, ",")) {
			parser_fail(p, "expected ',' or '%s'", end);
			goto error;
		}
	}
	*out = result;
	if (is_pairs) *is_pairs = pairs;
	return TRUE;
error:
	value_free(result);
	return FALSE;
}

/* In parentheses: one value, or a list of them. */
static gboolean group(struct parser *p, liValue **out, gboolean *is_pairs) {
	liValue *v;
	gboolean pairs = FALSE;
	if (!parse_value(p, &v, &pairs, FALSE)) return FALSE;
	if (!lexer_next(&p->lex, &p->error)) {
		value_free(v);
		return FALSE;
	}
	if (lexer_is(&p->lex, ")")) {
		*out = v;
		if (is_pairs) *is_pairs = pairs;
		return TRUE;
	}
	if (lexer_is(&p->lex, ",") || lexer_is(&p->lex, "=>")) {
		p->lex.put_back = TRUE;
		return list(p, out, is_pairs, v, ")");
	}
	value_free(v);
	return parser_fail(p, "expected ')'");
}

static gboolean block(struct parser *p, liValue **out) {
	liAction *actions = action_new_list();
	if (!parse_actions(p, TRUE, actions)) {
		li_action_release(&p->srv->pub, actions);
		return FALSE;
	}
	*out = value_new_action(p->srv, actions);
	return TRUE;
}

static gboolean cast(struct parser *p, liValue **out) {
	if (!parser_expect(p, "(") || !lexer_next(&p->lex, &p->error)) return FALSE;
	gboolean to_int = g_str_equal(p->lex.word->str, "int");
	if (!to_int && !g_str_equal(p->lex.word->str, "string")) return parser_fail(p, "expected int or string");
	if (!parser_expect(p, ")") || !parse_value(p, out, NULL, TRUE)) return FALSE;
	liValue *v = *out;
	if (to_int && v->type == LI_VALUE_STRING) {
		*out = value_new_number(g_ascii_strtoll(v->data.string->str, NULL, 10));
		value_free(v);
	} else if (!to_int && v->type == LI_VALUE_NUMBER) {
		gchar *text = g_strdup_printf("%" G_GINT64_FORMAT, v->data.number);
		*out = value_new_string(text, strlen(text));
		g_free(text);
		value_free(v);
	} else if (v->type != (to_int ? LI_VALUE_NUMBER : LI_VALUE_STRING)) {
		value_free(v);
		return parser_fail(p, "this cannot be cast");
	}
	return TRUE;
}

static gboolean variable(struct parser *p, liValue **out) {
	const char *name = p->lex.word->str;
	liValue *v = scope_find(p, name);
	*out = v ? value_copy(v) : (g_str_has_prefix(name, "sys.") ? system_variable(name) : NULL);
	return *out || parser_fail(p, "undefined variable '%s'", name);
}

static gboolean primary(struct parser *p, liValue **out, gboolean *is_pairs) {
	if (!lexer_next(&p->lex, &p->error)) return FALSE;
	struct lexer *lex = &p->lex;
	switch (lex->kind) {
	case T_STRING:
		*out = value_new_string(STR(lex->word));
		return TRUE;
	case T_NUMBER:
		*out = value_new_number(lex->number);
		return TRUE;
	case T_NAME:
		return variable(p, out);
	default:
		break;
	}
	if (lexer_is(lex, "(")) return group(p, out, is_pairs);
	if (lexer_is(lex, "[")) return list(p, out, is_pairs, NULL, "]");
	if (lexer_is(lex, "{")) return block(p, out);
	if (lexer_is(lex, "cast")) return cast(p, out);
	if (lexer_is(lex, "true") || lexer_is(lex, "false"))
		*out = value_new_bool(lexer_is(lex, "true"));
	else if (lexer_is(lex, "none") || lexer_is(lex, "default"))
		*out = value_new(LI_VALUE_NONE);
	else if (lexer_is(lex, "not") || lexer_is(lex, "!")) {
		if (!parse_value(p, out, NULL, TRUE)) return FALSE;
		if ((*out)->type != LI_VALUE_BOOLEAN) {
			value_free(*out);
			return parser_fail(p, "expected true or false after 'not'");
		}
		(*out)->data.boolean = !(*out)->data.boolean;
	} else if (lexer_is(lex, "-")) {
		if (!parse_value(p, out, NULL, TRUE)) return FALSE;
		if ((*out)->type != LI_VALUE_NUMBER) {
			value_free(*out);
			return parser_fail(p, "expected a number after '-'");
		}
		(*out)->data.number = -(*out)->data.number;
	} else
		return parser_fail(p, "expected a value");
	return TRUE;
}

/* a + b: numbers, strings, lists; a - b: numbers. Changes a. */
static gboolean add(liValue *a, const liValue *b, gboolean minus) {
	if (a->type != b->type || (minus && a->type != LI_VALUE_NUMBER)) return FALSE;
	switch (a->type) {
	case LI_VALUE_NUMBER:
		a->data.number += minus ? -b->data.number : b->data.number;
		break;
	case LI_VALUE_STRING:
		string_append(a->data.string, b->data.string);
		break;
	case LI_VALUE_LIST:
		for (guint i = 0; i < value_len(b); i++) g_ptr_array_add(a->data.list, value_copy(value_at(b, i)));
		break;
	default:
		return FALSE;
	}
	return TRUE;
}

/* `operand`: just one value, no operators after it. */
gboolean parse_value(struct parser *p, liValue **out, gboolean *is_pairs, gboolean operand) {
	if (is_pairs) *is_pairs = FALSE;
	if (!primary(p, out, is_pairs)) return FALSE;
	while (!operand) {
		if (!lexer_next(&p->lex, &p->error)) {
			value_free(*out);
			return FALSE;
		}
		gboolean minus = lexer_is(&p->lex, "-");
		if (!minus && !lexer_is(&p->lex, "+")) {
			p->lex.put_back = TRUE;
			return TRUE;
		}
		liValue *right;
		if (!parse_value(p, &right, NULL, TRUE)) {
			value_free(*out);
			return FALSE;
		}
		gboolean fine = add(*out, right, minus);
		value_free(right);
		if (!fine) {
			value_free(*out);
			return parser_fail(p, "these values cannot be added up");
		}
	}
	return TRUE;
}

/* What stands between an action's name and the semicolon, as the list of its
 * arguments; NULL if there is nothing. A list of pairs is one argument. */
gboolean parse_parameters(struct parser *p, liValue **out) {
	*out = NULL;
	if (!lexer_next(&p->lex, &p->error)) return FALSE;
	if (lexer_is(&p->lex, ";")) return TRUE;
	p->lex.put_back = TRUE;
	liValue *v;
	gboolean pairs;
	if (!parse_value(p, &v, &pairs, FALSE)) return FALSE;
	if (!lexer_next(&p->lex, &p->error)) {
		value_free(v);
		return FALSE;
	}
	if (lexer_is(&p->lex, ",") || lexer_is(&p->lex, "=>")) {
		p->lex.put_back = TRUE;
		if (!list(p, &v, &pairs, v, ";")) return FALSE;
	} else if (!lexer_is(&p->lex, ";")) {
		value_free(v);
		return parser_fail(p, "expected ';'");
	}
	*out = pairs || v->type != LI_VALUE_LIST ? value_wrap(v) : v;
	return TRUE;
}

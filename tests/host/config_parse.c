/* Statements of the configuration: setup, variables, actions. */
#include "host.h"

gboolean parser_fail(struct parser *p, const char *format, ...) {
	if (p->error) return FALSE;
	va_list args;
	va_start(args, format);
	gchar *text = g_strdup_vprintf(format, args);
	va_end(args);
	lexer_error(&p->lex, &p->error, "%s", text);
	g_free(text);
	return FALSE;
}

gboolean parser_expect(struct parser *p, const char *op) {
	if (!lexer_next(&p->lex, &p->error)) return FALSE;
	return lexer_is(&p->lex, op) || parser_fail(p, "expected '%s'", op);
}

static void scope_enter(struct parser *p) {
	g_queue_push_head(&p->scopes, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)value_free));
}

static void scope_leave(struct parser *p) { g_hash_table_destroy(g_queue_pop_head(&p->scopes)); }

liValue *scope_find(struct parser *p, const char *name) {
	for (GList *l = p->scopes.head; l; l = l->next) {
		liValue *v = g_hash_table_lookup(l->data, name);
		if (v) return v;
	}
	return g_hash_table_lookup(p->srv->globals, name);
}

/* An assignment changes the variable of that name where there is one. */
static GHashTable *scope_for(struct parser *p, const char *name, const char *where) {
	if (where && g_str_equal(where, "global")) return p->srv->globals;
	if (!where) {
		for (GList *l = p->scopes.head; l; l = l->next)
			if (g_hash_table_lookup(l->data, name)) return l->data;
		if (g_hash_table_lookup(p->srv->globals, name)) return p->srv->globals;
	}
	return p->scopes.head->data;
}

static gboolean assign(struct parser *p, const char *name, const char *where) {
	liValue *v;
	if (!parse_value(p, &v, NULL, FALSE)) return FALSE;
	if (!parser_expect(p, ";")) {
		value_free(v);
		return FALSE;
	}
	if (g_str_has_prefix(name, "sys.")) {
		value_free(v);
		return parser_fail(p, "variables that begin with sys. cannot be changed");
	}
	g_hash_table_replace(scope_for(p, name, where), g_strdup(name), v);
	return TRUE;
}

static gboolean setup_statement(struct parser *p, const char *name) {
	liValue *v;
	if (!lexer_next(&p->lex, &p->error)) return FALSE;
	if (lexer_is(&p->lex, "=")) return assign(p, name, NULL);
	p->lex.put_back = TRUE;
	if (!parse_parameters(p, &v)) return FALSE;
	gboolean fine = setup_run(p->srv, name, v);
	value_free(v);
	return fine || parser_fail(p, "setup '%s' failed", name);
}

static gboolean setup_block(struct parser *p) {
	if (!lexer_next(&p->lex, &p->error)) return FALSE;
	if (p->lex.kind == T_NAME) {
		gchar *name = g_strdup(p->lex.word->str);
		gboolean fine = setup_statement(p, name);
		g_free(name);
		return fine;
	}
	if (!lexer_is(&p->lex, "{")) return parser_fail(p, "expected a name or '{' after setup");
	for (;;) {
		if (!lexer_next(&p->lex, &p->error)) return FALSE;
		if (lexer_is(&p->lex, "}")) return TRUE;
		if (p->lex.kind != T_NAME) return parser_fail(p, "expected a name or '}' in a setup block");
		gchar *name = g_strdup(p->lex.word->str);
		gboolean fine = setup_statement(p, name);
		g_free(name);
		if (!fine) return FALSE;
	}
}

static gboolean action_statement(struct parser *p, liAction *list, const char *name) {
	if (!lexer_next(&p->lex, &p->error)) return FALSE;
	if (lexer_is(&p->lex, "=")) return assign(p, name, NULL);
	p->lex.put_back = TRUE;
	liValue *variable = scope_find(p, name);
	if (variable) {
		if (variable->type != LI_VALUE_ACTION) return parser_fail(p, "'%s' is no block of actions", name);
		if (!parser_expect(p, ";")) return FALSE;
		action_append(list, variable->data.val_action.action);
		return TRUE;
	}
	liValue *v;
	if (!parse_parameters(p, &v)) return FALSE;
	liAction *a = action_create(p->srv, name, v);
	value_free(v);
	if (!a) return parser_fail(p, "action '%s' failed", name);
	action_append(list, a);
	li_action_release(&p->srv->pub, a);
	return TRUE;
}

static gboolean include(struct parser *p, liAction *list) {
	liValue *v;
	if (!parse_parameters(p, &v)) return FALSE;
	liValue *name = value_single(v);
	gchar *text = NULL;
	gboolean fine = value_type(name) == LI_VALUE_STRING && g_file_get_contents(name->data.string->str, &text, NULL, NULL);
	if (!fine) {
		parser_fail(p, "cannot include that file");
	} else {
		struct lexer outer = p->lex;
		lexer_init(&p->lex, name->data.string->str, text);
		scope_enter(p);
		fine = parse_actions(p, FALSE, list);
		scope_leave(p);
		lexer_clear(&p->lex);
		p->lex = outer;
	}
	value_free(v);
	return fine;
}

static gboolean statement(struct parser *p, liAction *list) {
	if (p->lex.kind == T_NAME) {
		gchar *name = g_strdup(p->lex.word->str);
		gboolean fine = action_statement(p, list, name);
		g_free(name);
		return fine;
	}
	if (lexer_is(&p->lex, "setup")) return setup_block(p);
	if (lexer_is(&p->lex, "if")) return parse_if(p, list);
	if (lexer_is(&p->lex, "include")) return include(p, list);
	if (lexer_is(&p->lex, "local") || lexer_is(&p->lex, "global")) {
		const char *where = lexer_is(&p->lex, "local") ? "local" : "global";
		if (!lexer_next(&p->lex, &p->error)) return FALSE;
		if (p->lex.kind != T_NAME) return parser_fail(p, "expected a variable's name after '%s'", where);
		gchar *name = g_strdup(p->lex.word->str);
		gboolean fine = parser_expect(p, "=") && assign(p, name, where);
		g_free(name);
		return fine;
	}
	return parser_fail(p, "expected an action");
}

/* Up to the closing brace of a block, or the end of the file. */
gboolean parse_actions(struct parser *p, gboolean block, liAction *list) {
	if (block) scope_enter(p);
	gboolean fine = TRUE;
	for (;;) {
		fine = lexer_next(&p->lex, &p->error);
		if (!fine) break;
		if (p->lex.kind == T_END) {
			if (block) fine = parser_fail(p, "a block has no end");
			break;
		}
		if (lexer_is(&p->lex, "}")) {
			if (!block) fine = parser_fail(p, "there is no block that '}' could end");
			break;
		}
		fine = statement(p, list);
		if (!fine) break;
	}
	if (block) scope_leave(p);
	return fine;
}

gboolean config_parse(struct server *srv) {
	struct parser p = { .srv = srv };
	gchar *text;
	if (!g_file_get_contents(srv->config_path, &text, NULL, &p.error)) {
		LOG(srv, ERROR, "%s", p.error->message);
		g_error_free(p.error);
		return FALSE;
	}
	lexer_init(&p.lex, srv->config_path, text);
	g_queue_init(&p.scopes);
	scope_enter(&p);
	srv->main_action = action_new_list();
	gboolean fine = parse_actions(&p, FALSE, srv->main_action);
	scope_leave(&p);
	lexer_clear(&p.lex);
	if (!fine) {
		LOG(srv, ERROR, "config error: %s", p.error->message);
		g_error_free(p.error);
		return FALSE;
	}
	/* What nothing handled is tried as a file. */
	liAction *last = action_create(srv, "static", NULL);
	action_append(srv->main_action, last);
	li_action_release(&srv->pub, last);
	return TRUE;
}

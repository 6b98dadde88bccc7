-- Calls with wrong arguments: each raises an error that shows the call's form,
-- or gives nil and a message. Says what is not as it should be.
local function test(t)
	local say = t.say
	local function cb() end
	local function raises(form, what, f, ...)
		local ok, message = pcall(f, ...)
		if ok then
			return say("no error", form, what)
		end
		message = tostring(message)
		if not message:find(form, 1, true) or not message:find(what, 1, true) then
			say("wrong error", form, what, message)
		end
	end
	local function gives_nil(what, f, ...)
		local ok, result, message = pcall(f, ...)
		if not ok or result ~= nil or not tostring(message):find(what, 1, true) then
			say("not nil", what, ok, result, message)
		end
	end

	local count = "wrong number of arguments"
	local new = "memcached.new(address, ...) or memcached.new({address, ...}, [options])"
	raises(new, count, memcached.new)
	for _, bad in ipairs({ true, cb, 11211, con }) do
		local what = "address must be a string, not a " .. type(bad)
		raises(new, what, memcached.new, bad)
		raises(new, what, memcached.new, "127.0.0.1", bad)
		raises(new, what, memcached.new, { "127.0.0.1", bad })
	end
	raises(new, "address must be a string, not a nil", memcached.new, nil)
	raises(new, "address must be a string, not a table", memcached.new, "127.0.0.1", {})
	for _, bad in ipairs({
		"", "127.0.0.1:x", "127.0.0.1:99999", "1.2.3", "[::1", "cache:", "a b", "a=", ("x"):rep(254),
	}) do
		local what = 'no address of a server: "' .. bad:sub(1, 60):match("[^=]*$")
		raises(new, what, memcached.new, bad)
		raises(new, what, memcached.new, "127.0.0.1", bad)
		raises(new, what, memcached.new, { "127.0.0.1", bad })
		raises(new, what, memcached.new, { [bad] = 1 })
	end
	raises(new, 'address with a zero in it: "127.0.0.1"', memcached.new, "127.0.0.1\0")
	raises(new, 'address with a zero in it: "127.0.0.1"', memcached.new, { ["127.0.0.1\0:1"] = 1 })
	for _, good in ipairs({ "localhost", "unix", "cache:1", "a=127.0.0.1", "unix:/run/a.sock", ("x"):rep(253) }) do
		memcached.new(good)
		memcached.new(good, "127.0.0.1:7")
		memcached.new({ [good] = 1000 })
	end
	-- Several servers.
	raises(new, count, memcached.new, { "127.0.0.1" }, {}, {})
	raises(new, "a pool needs a server", memcached.new, {})
	raises(new, 'two servers have the name "127.0.0.1" in the ring', memcached.new, "127.0.0.1", "127.0.0.1:11211")
	raises(new, '"a b=c": the name before', memcached.new, "127.0.0.1", "a b=c")
	raises(new, "all servers have a weight, or none has", memcached.new, { "127.0.0.1", ["127.0.0.2"] = 1 })
	raises(new, "address must be a string, not a nil", memcached.new, { [1] = "127.0.0.1", [3] = "127.0.0.2" })
	for _, bad in ipairs({ 0, 1001, 1.5, -1, 0 / 0, "1", true, {} }) do
		raises(new, "a weight must be a whole number from 1 to 1000", memcached.new, { ["127.0.0.1"] = bad })
	end
	local many = {}
	for i = 1, 101 do
		many[i] = "10.0.0." .. i
	end
	raises(new, "a pool has at most 100 servers, not 101", memcached.new, many)
	many[101] = nil
	memcached.new(many)
	memcached.new((unpack or table.unpack)(many))
	local function options(what, ...)
		raises(new, what, memcached.new, { "127.0.0.1" }, ...)
	end
	for _, bad in ipairs({ true, "x", 1, cb }) do
		options("options must be a table, not a " .. type(bad), bad)
	end
	for _, bad in ipairs({ { hash = "ketama", x = 1 }, { "ketama" }, { [cb] = 1 } }) do
		options("options are hash, failover and failover_ttl", bad)
	end
	options('hash must be "ketama", "nginx" or "modulo", not "crc"', { hash = "crc" })
	options("hash must be a string, not a number", { hash = 1 })
	options('failover must be "next", not "rebuild"', { failover = "rebuild" })
	options("failover must be a string, not a boolean", { failover = true })
	options("failover with a zero in it", { failover = "next\0" })
	for _, bad in ipairs({ 0, 1.5, 2592001, 0 / 0, "10" }) do
		options("failover_ttl must be a whole number from 1 to 2592000", { failover_ttl = bad })
	end
	for _, good in ipairs({ {}, { hash = "nginx" }, { failover = "next", failover_ttl = 1 }, { hash = "modulo" } }) do
		memcached.new({ "127.0.0.1", "127.0.0.2" }, good)
	end
	memcached.new({ "127.0.0.1" }, nil)
	local named = "memcached.pool(name)"
	raises(named, count, memcached.pool)
	raises(named, count, memcached.pool, "a", "b")
	raises(named, "name must be a string, not a table", memcached.pool, {})
	raises(named, '"x" is no pool that memcached.pool makes in a setup block (none)', memcached.pool, "x")
	local where = "con:server(key)"
	raises(where, count, con.server, con)
	raises(where, count, con.server, con, "k", "l")
	raises(where, "key must be a string, not a table", con.server, con, {})
	raises(where, "con must be a connection", con.server, {}, "k")
	gives_nil('invalid key "a b"', con.server, con, "a b")
	if con:server("k") ~= "$CACHE" then
		say("the only server is not", con:server("k"))
	end

	-- Name, form, good arguments after the key.
	local forms = {
		{ "get", "con:get(key, cb | vr, [options])", { cb, { near_ms = 1 } } },
		{ "gets", "con:gets(key, cb | vr)", { cb } },
		{ "set", "con:set(key, value, cb | vr, [ttl])", { "v", cb, 10 } },
		{ "setq", "con:setq(key, value, [ttl])", { "v", 10 } },
		{ "add", "con:add(key, value, cb | vr, [ttl])", { "v", cb, 10 } },
		{ "replace", "con:replace(key, value, cb | vr, [ttl])", { "v", cb, 10 } },
		{ "append", "con:append(key, value, cb | vr)", { "v", cb } },
		{ "prepend", "con:prepend(key, value, cb | vr)", { "v", cb } },
		{ "cas", "con:cas(key, value, cas, cb | vr, [ttl])", { "v", "1", cb, 10 } },
		{ "delete", "con:delete(key, cb | vr)", { cb } },
		{ "deleteq", "con:deleteq(key)", {} },
		{ "touch", "con:touch(key, ttl, cb | vr)", { 10, cb } },
		{ "incr", "con:incr(key, cb | vr, [delta])", { cb, 10 } },
		{ "decr", "con:decr(key, cb | vr, [delta])", { cb, 10 } },
	}
	local unpack = unpack or table.unpack
	local nan, inf = 0 / 0, 1 / 0
	local wrong = {
		value = { { nil, "nil" }, { true, "boolean" }, { {}, "table" }, { cb, "function" }, { con, "userdata" } },
		options = { { true }, { {} }, { cb }, { con }, { "x" }, { { near_ms = -1 } }, { { near_ms = 3600001 } },
			{ { near_ms = nan } }, { { near_ms = "x" } }, { { near = 1 } } },
		["cb | vr"] = { { nil, "nil" }, { true, "boolean" }, { {}, "table" }, { "x", "string" }, { 1, "number" },
			{ con, "userdata" } },
		ttl = { { true, "boolean" }, { "x", "string" }, { "10", "string" }, { {}, "table" }, { cb, "function" },
			{ -1, "at least 0" }, { -0.5, "at least 0" }, { nan, "at least 0" }, { -inf, "at least 0" } },
		cas = { { nil }, { true }, { {} }, { "" }, { "x" }, { "-1" }, { "1 " }, { "0x1" }, { "1.5" }, { 1.5 }, { -1 },
			{ nan }, { inf }, { "18446744073709551616" }, { "1\0" } },
		delta = { { true }, { {} }, { "x" }, { "-1" }, { 1.5 }, { -1 }, { nan }, { inf } },
	}
	for _, entry in ipairs(forms) do
		local name, form, good = unpack(entry)
		local f = con[name]
		local function with(at, bad)
			local arguments = {}
			for i = 1, #good do
				arguments[i] = good[i]
			end
			arguments[at] = bad
			return arguments
		end
		local function call(arguments)
			return f(con, "k", unpack(arguments, 1, #good))
		end
		-- How many there are.
		raises(form, count, f, con)
		if #good > 0 then
			local least = #good - (form:find("[", 1, true) and 1 or 0)
			if least > 0 then
				raises(form, count, f, con, "k", unpack(good, 1, least - 1))
			end
		end
		local extra = with(#good + 1, "x")
		raises(form, count, f, con, "k", unpack(extra, 1, #good + 1))
		-- Whose method it is.
		raises(form, "con must be a connection", f)
		for _, bad in ipairs({ true, 1, "x", {}, cb, t.vr, lighty }) do
			raises(form, "con must be a connection", f, bad, "k", unpack(good))
		end
		-- The key.
		local many = name == "get" and "key must be a string or a table of strings, not a " or "key must be a string, not a "
		for _, bad in ipairs({ true, cb, con }) do
			raises(form, many .. type(bad), f, con, bad, unpack(good))
		end
		raises(form, many .. "nil", f, con, nil, unpack(good))
		if name ~= "get" then
			raises(form, many .. "table", f, con, { "k" }, unpack(good))
		end
		for key, shown in pairs({
			[""] = 'invalid key "": a key must not be empty',
			["a b"] = 'invalid key "a b": byte 0x20 at 2 is not allowed',
			["a\r\nb"] = [[invalid key "a\r\nb": byte 0x0d at 2]],
			["\0"] = [[invalid key "\x00": byte 0x00 at 1]],
			["\255"] = [[invalid key "\xff": byte 0xff at 1]],
			[("x"):rep(251)] = 'invalid key "' .. ("x"):rep(60) .. '...": a key of 251 bytes is longer than 250',
			[("\1"):rep(100000)] = [[...": a key of 100000 bytes is longer than 250]],
		}) do
			gives_nil(shown, f, con, key, unpack(good))
		end
		-- The others, by the names that they have in the form.
		local at = 0
		for text in form:match("%((.*)%)"):gmatch("[^,]+") do
			local argument = text:match("^%s*%[?(.-)%]?$")
			if argument ~= "key" then
				at = at + 1
				for _, case in ipairs(wrong[argument]) do
					local what = argument .. " must be "
					if argument == "value" or argument == "cb | vr" then
						what = "not a " .. tostring(case[2])
					elseif case[2] == "at least 0" then
						what = "ttl must be at least 0"
					end
					raises(form, what, call, with(at, case[1]))
				end
			end
		end
	end

	-- Several keys.
	local get = "con:get({key, ...}, cb | vr)"
	gives_nil("no keys", con.get, con, {}, cb)
	raises(get, "near_ms is for one key", con.get, con, { "k" }, cb, { near_ms = 1 })
	gives_nil('invalid key "a b"', con.get, con, { "k", "a b" }, cb)
	gives_nil('invalid key "a b"', con.get, con, { "a b" }, cb)
	raises(get, "key 2 must be a string, not a table", con.get, con, { "k", {} }, cb)
	raises(get, "key 1 must be a string, not a boolean", con.get, con, { true }, cb)
	local keys = {}
	for i = 1, 1001 do
		keys[i] = "k" .. i
	end
	gives_nil("too many keys at once", con.get, con, keys, cb)

	-- What scripts must not reach.
	if getmetatable(con) ~= false then
		say("the metatable can be seen")
	end
	raises("", "table expected", setmetatable, con, {})
	for _, name in ipairs({ "__gc", "__index", "__metatable", "new" }) do
		if con[name] ~= nil then
			say("con has", name)
		end
	end
	raises("", "index", function() con.x = 1 end)
	t.finish()
end

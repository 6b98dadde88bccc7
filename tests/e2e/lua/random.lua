-- A random sequence of calls, good and bad ones, by the seed in the query.
local function test(t)
	local steps = tonumber(t.query:match("steps=(%d+)"))
	math.randomseed(tonumber(t.query:match("seed=(%d+)")))
	local random, unpack = math.random, unpack or table.unpack
	local function pick(list)
		return list[random(#list)]
	end
	local keys = { "a", "b", "n", 7, 1.5, ("k"):rep(250) }
	local bad_keys = { "", "a b", "a\r\n", ("k"):rep(251), "\0", true, print, {}, { {} }, con }
	local values = { "", "x", 0, 12, "18446744073709551615", ("v"):rep(3000), ("\r\nEND\r\n"):rep(9000), "\0\255" }
	local addresses = { "$CACHE", "$CACHE", "$CACHE", "$CACHE", "127.0.0.1:1", "unix:/nowhere/memcached.socket", "[::1]:1" }
	local makers = {
		function() return memcached.new(pick(addresses)) end,
		function() return memcached.new(pick(addresses), "127.0.0.1:2") end,
		function() return memcached.new("$CACHE", "localhost:1") end,
		function()
			local hash = pick({ "ketama", "nginx", "modulo" })
			return memcached.new({ ["$CACHE"] = 3, ["127.0.0.1:1"] = 1 }, { failover = "next", hash = hash })
		end,
	}
	local handles, kept, waiting, closing = {}, {}, 0, false

	local step
	local function callback()
		waiting = waiting + 1
		return function(response)
			waiting = waiting - 1
			if type(response) ~= "table" then
				t.say("no response")
			end
			if closing and waiting == 0 then
				t.finish()
			end
			local dice = random(12)
			if dice == 1 then
				collectgarbage()
			elseif dice == 2 and not closing then
				step()
			elseif dice == 3 then
				kept[random(20)] = response
			elseif dice == 4 then
				error(pick({ "on purpose", {}, false }))
			elseif dice == 5 then
				-- 5.2 and 5.3 have such an error end whichever code comes next, this one too.
				local raise = _VERSION ~= "Lua 5.2" and _VERSION ~= "Lua 5.3" and error or print
				setmetatable(response, { __gc = function() raise("in __gc") end, __index = response })
			end
		end
	end
	local function handle()
		if random(4) == 1 or #handles == 0 then
			handles[random(3)] = pick(makers)()
			handles[1] = handles[1] or con
		end
		return random(10) == 1 and pick({ t.vr, {}, print, "x" }) or handles[random(3)] or con
	end
	local function key()
		return random(8) == 1 and pick(bad_keys) or pick(keys)
	end
	local function asker()
		local dice = random(10)
		if dice == 1 then
			return pick({ 1, "x", {}, con, coroutine.create(function() end) })
		elseif dice < 5 then
			return t.vr
		end
		return callback()
	end
	local function several()
		local list = {}
		for i = 1, random(0, 5) do
			list[i] = key()
		end
		return list
	end
	local function ttl()
		return pick({ 0, 1, 300, 0.5, 1e300, 2 ^ 31, -1, 0 / 0, "1" })
	end
	local function version()
		local last = kept[random(20)]
		return type(last) == "table" and rawget(last, "cas") or pick({ "1", 2, "x", -1, "18446744073709551615" })
	end
	local calls = {
		function() return "get", key(), asker() end,
		function() return "get", several(), asker() end,
		function() return "gets", key(), asker() end,
		function() return "set", key(), pick(values), asker() end,
		function() return "set", key(), pick(values), asker(), ttl() end,
		function() return "setq", key(), pick(values), ttl() end,
		function() return "setq", key(), pick(values) end,
		function() return "add", key(), pick(values), asker() end,
		function() return "replace", key(), pick(values), asker(), ttl() end,
		function() return "append", key(), pick(values), asker() end,
		function() return "prepend", key(), pick(values), asker() end,
		function() return "cas", key(), pick(values), version(), asker() end,
		function() return "delete", key(), asker() end,
		function() return "deleteq", key() end,
		function() return "server", key() end,
		function() return "invalidate", key(), random(9), asker() end,
		function() return "bump", "space", asker() end,
		function() return "touch", key(), ttl(), asker() end,
		function() return "incr", key(), asker() end,
		function() return "decr", key(), asker(), pick({ 0, 1, 5, "7", 1.5, {} }) end,
		function() return pick({ "get", "set", "incr", "cas" }) end,
		function() return "set", key(), pick({ {}, print, con, true }), asker() end,
	}
	function step()
		local dice = random(30)
		if dice == 1 then
			collectgarbage(pick({ "collect", "step" }))
		elseif dice == 2 then
			handles = {}
		elseif dice == 3 then
			pcall(memcached.new, pick({ "", "x", 1, {}, "127.0.0.1:99999", { "127.0.0.1", 1 }, { x = 1001 } }))
			pcall(memcached.new, { "127.0.0.1" }, pick({ 1, { hash = "x" }, { failover = print }, { "x" } }))
			pcall(memcached.pool, pick({ "", "x", 1, {} }))
		end
		local call = { pick(calls)() }
		local before = waiting
		local ok, request = pcall(function()
			local con = handle()
			return con[call[1]](con, unpack(call, 2))
		end)
		local takes_answer = ok and request and call[1] ~= "setq" and call[1] ~= "deleteq" and call[1] ~= "server"
		if not takes_answer and before > 0 then
			-- The callback that was made for it, if one was, is not called.
			for i = 2, 5 do
				if type(call[i]) == "function" and call[i] ~= print then
					waiting = waiting - 1
				end
			end
		elseif not takes_answer then
			waiting = 0
		elseif random(5) == 1 then
			kept[random(20)] = request
		end
	end
	local thread = coroutine.wrap(function()
		for i = 1, steps do
			step()
			if i % 7 == 0 then
				coroutine.yield()
			end
		end
		return true
	end)
	repeat
	until thread()
	closing = true
	-- After all of this connection; those of others have their time-outs.
	con:get("a", callback())
end

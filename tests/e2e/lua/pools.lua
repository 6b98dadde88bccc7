-- What the query says is done with each of sixty keys; says what came of it.
local pool = $POOL

local function test(t)
	local what, ttl = t.query:match("^(%a+)=?(%d*)$")
	local keys = {}
	for i = 0, 59 do
		keys[#keys + 1] = "/page/" .. i
	end
	local function told(key, response)
		t.say(key, response.code, response.data or "", response.error or "")
	end
	if what == "server" then
		for _, key in ipairs(keys) do
			t.say(key, pool:server(key))
		end
		return t.finish()
	end
	if what == "several" then
		keys[#keys + 1] = "missing"
		return pool:get(keys, function(responses)
			for _, key in ipairs(keys) do
				told(key, responses[key])
			end
			t.finish()
		end)
	end
	local waiting = #keys
	for _, key in ipairs(keys) do
		local function answered(response)
			told(key, response)
			waiting = waiting - 1
			if waiting == 0 then
				t.finish()
			end
		end
		if what == "set" then
			pool:set(key, "of " .. key, answered, tonumber(ttl))
		elseif what == "touch" then
			pool:touch(key, tonumber(ttl), answered)
		elseif what == "near" then
			pool:get(key, answered, { near_ms = 60000 })
		elseif what == "deleteq" then
			answered({ code = pool:deleteq(key) and 1 or 5 })
		elseif what == "invalidate" then
			pool:invalidate(key, 60, answered)
		else
			pool[what](pool, key, answered)
		end
	end
end

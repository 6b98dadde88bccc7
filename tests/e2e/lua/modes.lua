-- Callbacks and vrequests, and all objects collected at once.
local function test(t)
	local say = t.say
	collectgarbage()
	local vr = t.vr
	-- Neither the connection nor the request object is kept.
	memcached.new("$CACHE"):set("k", "v", function(response)
		collectgarbage()
		say("callback", response)
		collectgarbage()
	end)
	collectgarbage()
	memcached.new("$CACHE"):get("k", vr)
	memcached.new("$CACHE"):get({ "k", "none", "k" }, vr)
	collectgarbage()
	local with_callback = con:get("k", function() end)
	say("with a callback", with_callback, with_callback.response)
	local waiting = con:get("k", vr)
	local response = waiting.response
	local several = con:get({ "none", "k", "none", 7 }, vr)
	say("not ready", waiting, several)
	local bad, message = con:get("no key", vr)
	say("bad key", bad, message)
	collectgarbage()
	con:get({ "k" }, function(one)
		collectgarbage()
		one.k.cas = type(one.k.cas)
		several.response.k.cas = type(several.response.k.cas)
		say("ready", waiting, response == waiting.response)
		say("several", several.response)
		say("one", one)
		-- A script may do with its objects what it likes.
		waiting.response = nil
		local spoiled = con:get("k", vr)
		setmetatable(spoiled.response, { __newindex = error, __index = error })
		local gone = con:get("k", vr)
		gone.response = nil
		con:get("k", function(last)
			say("spoiled", rawget(spoiled.response, "data"), gone.response, last.data)
			t.finish()
		end)
	end)
	collectgarbage()
end

-- What a callback finds: the global variables of the request that it belongs
-- to; errors; coroutines; the next request.
local function test(t)
	local say = t.say
	REQ.mine = t.query
	word = t.query
	con:get("k", function()
		say("globals", word, REQ.mine, _G.word)
		word = word .. "!"
		con:get("k", function()
			say("kept", word)
		end)
	end)
	con:get("k", function()
		if t.query == "a" then
			-- Such as a script may have it from a client or from memcached.
			error("an error in a callback of a\r\n\27[2J a line of its own")
		elseif t.query == "b" then
			error({})
		elseif t.query == "c" then
			local nothing = nil
			nothing.x = 1
		else
			coroutine.yield()
		end
	end)
	-- A coroutine that asks, waits and is resumed by the callback.
	local thread
	thread = coroutine.create(function()
		for i = 1, 3 do
			con:set("k" .. i, i, function(response)
				local ok, message = coroutine.resume(thread, response)
				if not ok then
					say("dead", message)
				end
			end)
			local response = coroutine.yield()
			say("resumed", i, response.code, response.key, response.error)
		end
		-- From within a coroutine that is thrown away.
		con:get("k1", function(response)
			collectgarbage()
			say("last", response.data, word)
			t.finish()
		end)
	end)
	coroutine.resume(thread)
	collectgarbage()
end

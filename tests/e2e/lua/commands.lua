-- Every command: what it does, and the response that it has.
local function test(t)
	local say = t.say
	local steps = {
		function(cb) con:get("k", cb) end,
		function(cb) con:replace("k", "a", cb) end,
		function(cb) con:append("k", "a", cb) end,
		function(cb) con:prepend("k", "a", cb) end,
		function(cb) con:incr("k", cb) end,
		function(cb) con:decr("k", cb) end,
		function(cb) con:touch("k", 10, cb) end,
		function(cb) con:delete("k", cb) end,
		function(cb) con:cas("k", "a", "1", cb) end,
		function(cb) con:set("k", "a", cb) end,
		function(cb) con:get("k", cb) end,
		function(cb) con:add("k", "b", cb) end,
		function(cb) con:replace("k", "c", cb, 60) end,
		function(cb) con:append("k", "d", cb) end,
		function(cb) con:prepend("k", "b", cb) end,
		function(cb) con:get("k", cb) end,
		function(cb) con:touch("k", 1000.9, cb) end,
		function(cb) con:incr("k", cb) end,
		function(cb) con:delete("k", cb) end,
		function(cb) con:add("k", 5, cb, 0) end,
		function(cb) con:incr("k", cb) end,
		function(cb) con:incr("k", cb, 10) end,
		function(cb) con:decr("k", cb, "3") end,
		function(cb) con:decr("k", cb, 1000) end,
		function(cb) con:incr("k", cb, "18446744073709551615") end,
		function(cb) con:set("n", 9007199254740992, cb) end,
		function(cb) con:set("n", "9007199254740991", cb) end,
		function(cb) con:incr("n", cb, 1) end,
	}
	local i = 0
	local function next_step(response)
		if response then
			say(i, response)
		end
		i = i + 1
		if steps[i] then
			return steps[i](next_step)
		end
		con:gets("k", function(before)
			say("version", type(before.cas), tonumber(before.cas) > 0)
			con:cas("k", "new", before.cas, function(first)
				say("first", first)
				con:cas("k", "newer", before.cas, function(second)
					say("second", second)
					t.finish()
				end)
			end)
		end)
	end
	next_step()
end

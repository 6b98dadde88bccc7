-- One request of each kind; says how it failed.
local function test(t)
	local waiting = 0
	local function ask(name, ...)
		waiting = waiting + 1
		local arguments = { ... }
		arguments[#arguments + 1] = function(response)
			collectgarbage()
			t.say(name, response)
			waiting = waiting - 1
			if waiting == 0 then
				t.finish()
			end
		end
		local request, message = con[name](con, (unpack or table.unpack)(arguments))
		if not request then
			t.say(name, "nil", message)
			waiting = waiting - 1
		end
	end
	if t.query == "one" then
		return ask("get", "k")
	end
	ask("get", "k")
	ask("get", { "k", "l" })
	ask("incr", "k")
	ask("delete", "k")
	ask("append", "k", "v")
	ask("set", "k", "v")
	local ok, message = con:setq("k", "v")
	t.say("setq", type(ok), type(message))
end

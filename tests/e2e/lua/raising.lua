-- A thousand callbacks that raise an error.
local function test(t)
	local called = 0
	for i = 1, 1000 do
		con:get("k", function()
			called = called + 1
			if called == 1000 then
				t.say("called", called)
				t.finish()
			end
			error("wrong " .. string.rep("x", called % 10 == 1 and 1000000 or 10))
		end)
	end
end

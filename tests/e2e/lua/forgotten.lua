-- Requests that nobody waits for: their callbacks come when the client and the
-- handler are gone, or never.
local function test(t)
	for i = 1, 100 do
		con:set("left" .. i, i, function(response)
			_G.answers = (_G.answers or 0) + 1
			if response.code ~= 1 then
				print("error: not stored")
			end
		end)
		con:get("left" .. i, t.vr)
	end
	if t.query == "count" then
		con:get("k", function()
			t.say(_G.answers)
			t.finish()
		end)
	end
end

-- A callback that keeps the worker busy for longer than any time-out, while
-- requests are on their way and others could not be sent.
local function test(t)
	local function busy()
		local till = os.time() + 2
		while os.time() < till do
		end
	end
	con:set("k", "v", function()
		con:get("k", function(response)
			t.say("sent before", response.code)
		end)
		-- By the time that this has its answer the one before is there too.
		con:get("k", function()
			con:get("k", function(response)
				t.say("not sent", response.code, response.error)
				t.finish()
			end)
			busy()
		end)
		con:get("k", function(response)
			t.say("answered", response.code)
		end)
	end)
end

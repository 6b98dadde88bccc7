-- Names ten thousand addresses, and asks at each of them once.
local function test(t)
	local first = 10000 * tonumber(t.query)
	local answered = 0
	for i = first, first + 9999 do
		local address = string.format("127.%d.%d.1:1", math.floor(i / 250) % 250, i % 250)
		memcached.new(address):get("k", function()
			answered = answered + 1
			if answered == 10000 then
				t.say("answered", answered)
				t.finish()
			end
		end)
	end
end

-- As many requests as the query says, a bounded number at a time, each from
-- a connection object of its own; says how many were right.
local function test(t)
	local total, right, wrong = tonumber(t.query), 0, 0
	local asked, answered = 0, 0
	local function ask()
		asked = asked + 1
		local i = asked
		local key, mine = "k" .. i % 100, memcached.new("$CACHE")
		local function check(ok)
			answered = answered + 1
			right = right + (ok and 1 or 0)
			if asked < total then
				return ask()
			end
			if answered == total then
				t.say(right)
				t.finish()
			end
		end
		if i % 3 == 0 then
			mine:set(key, key, function(response) check(response.code == 1) end)
		elseif i % 3 == 1 then
			mine:get(key, function(response)
				check(response.code == 4 or response.data == key)
			end)
		else
			mine:get({ key, "none" }, function(responses)
				check(responses.none.code == 4 and (responses[key].code == 4 or responses[key].data == key))
			end)
		end
	end
	for _ = 1, math.min(total, 50) do
		ask()
	end
end

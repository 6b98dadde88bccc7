-- A vrequest that outlives its request in a script's hands: calls with it give
-- nil and a message, or wake whatever request has taken its place.
local function test(t)
	if t.query == "leave" then
		local vr = t.vr
		con:get("k", function()
			_G.left = vr
		end)
		return
	end
	local request, message = nil, "none yet"
	if _G.left then
		request, message = con:get("k", _G.left)
	end
	t.say(message)
	t.finish()
end

-- The page is what became of one request.
local con = memcached.new("$CACHE")

actions = function(vr)
	if not asked then
		asked = { con:get("k", vr) }
		if asked[1] then
			return lighty.HANDLER_WAIT_FOR_EVENT
		end
	end
	local response = asked[1] and asked[1].response or { error = asked[2] }
	if asked[1] and not response.code then
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	if vr:handle_direct() then
		vr.resp.status = 200
		vr.out:add(tostring(response.code) .. " " .. tostring(response.error))
	end
	return lighty.HANDLER_GO_ON
end

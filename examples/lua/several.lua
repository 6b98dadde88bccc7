-- A page of three parts, which memcached gives in one round trip.
--
--     lua.handler ("/path/to/several.lua", [], "127.0.0.1:11211");
local _, address = ...
local con = memcached.new(address)
local PARTS = { "part:head", "part:body", "part:foot" }

actions = function(vr)
	req = req or con:get(PARTS, vr)
	-- A response for each key, all at once.
	if not next(req.response) then
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	if vr:handle_direct() then
		vr.resp.status = 200
		vr.resp.headers["Content-Type"] = "text/html"
		for _, key in ipairs(PARTS) do
			vr.out:add(req.response[key].data or "<p>missing</p>")
		end
	end
	return lighty.HANDLER_GO_ON
end

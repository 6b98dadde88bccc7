-- Answers with the item whose key is the path of the request. Where there is
-- none the request goes on to the next action.
--
--     lua.handler ("/path/to/lookup.lua", [], "127.0.0.1:11211");
local _, address = ...
local con = memcached.new(address)

actions = function(vr)
	-- `req` is a variable of this request alone, kept while it waits.
	if not req then
		local message
		req, message = con:get(vr.req.uri.path, vr)
		if not req then
			-- No valid key, so there cannot be an item.
			vr:debug(message)
			return lighty.HANDLER_GO_ON
		end
	end
	if not req.response.code then
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	if req.response.code == memcached.OK and vr:handle_direct() then
		vr.resp.status = 200
		vr.resp.headers["Content-Type"] = "text/plain"
		vr.out:add(req.response.data)
	end
	return lighty.HANDLER_GO_ON
end

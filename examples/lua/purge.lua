-- POST deletes the item that a `memcached.store` with the default key has of
-- this path; other requests go on. Who may do this is for the configuration to
-- decide.
--
--     lua.handler ("/path/to/purge.lua", [], "127.0.0.1:11211");
local _, address = ...
local con = memcached.new(address)

local statuses = {
	[memcached.OK] = 204,
	[memcached.NOT_FOUND] = 404,
	[memcached.ERROR] = 503,
}

actions = function(vr)
	if vr.req.http_method ~= "POST" then
		return lighty.HANDLER_GO_ON
	end
	-- The actions put a hash in place of what is no valid key, so do the same.
	if not req then
		local path = vr.req.uri.path
		req = con:delete(path, vr) or con:delete(lighty.sha1(path), vr)
	end
	if not req.response.code then
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	if vr:handle_direct() then
		vr.resp.status = statuses[req.response.code]
	end
	return lighty.HANDLER_GO_ON
end

-- Comes before every script of the tests.
local con = memcached.new("$CACHE")

-- How a value looks in a line of the page.
local function show(value)
	if type(value) == "number" then
		return string.format("%.17g", value)
	end
	if type(value) ~= "table" then
		return tostring(value)
	end
	local names = {}
	for name in pairs(value) do
		names[#names + 1] = tostring(name)
	end
	table.sort(names)
	local parts = {}
	for i, name in ipairs(names) do
		parts[i] = name .. "=" .. show(value[name])
	end
	return "{" .. table.concat(parts, " ") .. "}"
end

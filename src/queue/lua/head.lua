#!lua name=intake
-- SPDX-License-Identifier: ISC
-- The library "intake": all that has to happen in one atomic step.
--
-- Every function takes one key, the partition ("intake:{0}"), and works only
-- on keys that begin with it, so that all of them are in one slot.  The
-- arguments are names and values in turn; a name of a list may come several
-- times.  Only intake_commit, called for each message, takes its keys and
-- arguments by place.
-- doc/queue.md describes keys and functions.
--
-- A function is not rolled back when a command in it fails.  So everything
-- that can fail is looked at before the first write, and what makes a
-- repetition harmless (the "seen" keys, the entry in "out") is written last.

local VERSION = '@VERSION@'

-- redis.call, which is not there yet while the library is being loaded: each
-- function begins with base_of(), which fetches it.
local call

local function bad(text)
	error({err = 'ERR intake: ' .. text})
end

-- names: name -> 's' string, 'n' number, 'l' list; with '!' if required.
local function args_spec(names)
	local spec = {kinds = {}, lists = {}, required = {}}
	for name, kind in pairs(names) do
		spec.kinds[name] = kind:sub(1, 1)
		if kind == 'l' then table.insert(spec.lists, name) end
		if kind:sub(2) == '!' then table.insert(spec.required, name) end
	end
	return spec
end

-- names as above; or {of = names} for a function that is called often: what
-- is made of them is kept there.
-- from: where in argv they begin, if not at once.
local function read_args(argv, names, from)
	local spec = names.spec or args_spec(names.of or names)
	local kinds = spec.kinds
	if names.of then names.spec = spec end
	local a = {}
	for _, name in ipairs(spec.lists) do a[name] = {} end
	from = from or 1
	if (#argv - from) % 2 == 0 then bad('names and values must come in pairs') end
	for i = from, #argv, 2 do
		local name, value = argv[i], argv[i + 1]
		local kind = kinds[name]
		if kind == 's' then
			a[name] = value
		elseif kind == 'n' then
			a[name] = tonumber(value) or bad(name .. ' must be a number')
		elseif kind == 'l' then
			local list = a[name]
			list[#list + 1] = value
		else
			bad('unknown argument ' .. name)
		end
	end
	for _, name in ipairs(spec.required) do
		if a[name] == nil then bad(name .. ' is missing') end
	end
	return a
end

local function base_of(keys)
	call = redis.call
	if #keys == 0 then bad('one key, the partition, is needed') end
	return keys[1] .. ':'
end

-- Channels are the same for all partitions: the key up to its hash tag.  A
-- message that nobody may send is a hint less; everybody looks by himself, too.
local channels = {}
local function tell(base, name, what)
	local prefix = channels[base]
	if not prefix then
		prefix = base:gsub(':{[^}]*}:$', ':')
		channels[base] = prefix
	end
	redis.pcall('PUBLISH', prefix .. name, what)
end

local function server_ms()
	local t = call('TIME')
	return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function now_ms(a)
	return a.now or server_ms()
end

local function int(n)
	return string.format('%d', n)
end

-- A key that somebody else made with another type would stop us half-way.
-- Returns whether it is there.
local function expect(key, kind)
	local is = call('TYPE', key).ok
	if is ~= 'none' and is ~= kind then bad(key .. ' is a ' .. is .. ', not a ' .. kind) end
	return is == kind
end

-- The same for a key that is used anyway: costs nothing when all is well.
local function try(kind, command, key, ...)
	local reply = redis.pcall(command, key, ...)
	if type(reply) == 'table' and reply.err then
		expect(key, kind)
		error(reply)
	end
	return reply
end

local function expire(key, ms)
	if ms and tonumber(ms) > 0 then call('PEXPIRE', key, ms) end
end

local function ticket_key(base, id)
	return base .. 'ticket:' .. id
end

-- 'ms-seq' as two numbers, for comparing stream ids.
local function id_parts(id)
	local ms, seq = id:match('^(%d+)-(%d+)$')
	return tonumber(ms) or 0, tonumber(seq) or 0
end

local function id_less(x, y)
	local xm, xs = id_parts(x)
	local ym, ys = id_parts(y)
	return xm < ym or (xm == ym and xs < ys)
end

-- The pairs of a map reply as a table.
local function as_table(reply)
	local t = {}
	for i = 1, #reply, 2 do t[reply[i]] = reply[i + 1] end
	return t
end

local function make_group(stream, group)
	local r = redis.pcall('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
	if r.err and not r.err:find('BUSYGROUP', 1, true) then error(r) end
end

local function split(text, letter)
	local list = {}
	for word in (text or ''):gmatch('[^' .. letter .. ']+') do table.insert(list, word) end
	return list
end

-- Each change of a ticket has a new version, so that a step which read an
-- older one is told so.
local function touch_ticket(key, ...)
	if ... then call('HSET', key, ...) end
	return call('HINCRBY', key, 'version', 1)
end

-- For ms milliseconds from now; nil: for ever.
local function keep_ticket(key, ms)
	for _, k in ipairs({key, key .. ':out'}) do
		if ms then expire(k, ms) else call('PERSIST', k) end
	end
end

local function write_audit(base, ...)
	call('XADD', base .. 'audit', '*', ...)
end

-- What the daemon needs to go on with a ticket.
local function ticket_record(base, id)
	local key = ticket_key(base, id)
	local f = call('HMGET', key, 'version', 'status', 'owner', 'state', 'messages')
	if not f[1] then return false end
	local state = f[4] or ''
	local from, to = (f[5] or ''):match('^(%d+) (%d+)$')
	-- A state without its messages: they are in the document, from ... to.
	if from then state = state .. call('HGET', key, 'doc'):sub(from, to) .. '}' end
	return {id, f[1], f[2] or '', f[3] or '', state, call('LRANGE', key .. ':turns', 0, -1)}
end

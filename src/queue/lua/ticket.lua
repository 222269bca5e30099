-- Finding tickets, and reading what is known of them.
--
-- What is small and looked for with each message is a string of words: many
-- are read together by one MGET, and one SET writes each with its expiry.
-- Such a key cannot be in the way with a wrong type: MGET reads nothing then,
-- and SET replaces it.

-- The values of these keys, false where there is none.
local function mget(prefix, names)
	if #names == 0 then return {} end
	local keys = {}
	for i, name in ipairs(names) do keys[i] = prefix .. name end
	return call('MGET', unpack(keys))
end

-- Calls fn for each ticket that thread keys lead to, in the order of the keys
-- and of each the oldest claim first.  values: from ... to of what MGET gave.
local function each_claim(values, from, to, fn)
	for i = from, to do
		for id in (values[i] or ''):gmatch('%S+') do fn(id) end
	end
end

-- Calls fn for each of the ids whose ticket is there, once.
local function once(base, fn)
	local had = {}
	return function(id)
		if had[id] or call('EXISTS', ticket_key(base, id)) == 0 then return end
		had[id] = true
		fn(id)
	end
end

-- The tickets that exist among what these keys point to, in the order of the
-- keys.  Whether a message may join one of them is not decided here: a
-- reference can be forged.
local function resolve(base, ids, threads)
	local list = {}
	local add = once(base, function(id) list[#list + 1] = id end)
	for _, id in ipairs(ids) do add(id) end
	each_claim(mget(base .. 'thread:', threads), 1, #threads, add)
	return list
end

local function records(base, ids)
	local list = {}
	for i, id in ipairs(ids) do list[i] = ticket_record(base, id) end
	return list
end

-- Ticket and event of the first of these values that is there.
local function first_seen(values, from, to)
	for i = from, to do
		if values[i] then return values[i]:match('^(%S+) (.*)$') end
	end
end

local find_args = {of = {seen = 'l', ticket = 'l', thread = 'l', hint = 'l', similar = 'l'}}

local function intake_find(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, find_args)
	local ticket, event = first_seen(mget(base .. 'seen:', a.seen), 1, #a.seen)
	if ticket then return {'known', ticket, event} end
	return {'found', records(base, resolve(base, a.ticket, a.thread)),
	    resolve(base, a.hint, a.similar)}
end

-- Tickets whose time is over.  Each is lent: it shows up again after lease
-- milliseconds unless a commit has settled it.
local function intake_due(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {now = 'n', count = 'n!', lease = 'n!'})
	local now = now_ms(a)
	local list = {}
	for _, id in ipairs(call('ZRANGEBYSCORE', base .. 'due', '-inf', int(now),
	    'LIMIT', 0, a.count)) do
		local record = ticket_record(base, id)
		if record then
			call('ZADD', base .. 'due', int(now + a.lease), id)
			list[#list + 1] = record
		else
			call('ZREM', base .. 'due', id)
		end
	end
	return list
end

local function intake_ticket(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {ticket = 's!'})
	local key = ticket_key(base, a.ticket)
	local f = as_table(call('HGETALL', key))
	if not f.version then return {'none'} end
	local doc = cjson.decode(f.doc)
	local function text(value)
		return type(value) == 'string' and value or ''
	end
	return {'found', 'status', f.status, 'owner', f.owner or '', 'version', f.version,
	    'department', text(doc.department), 'priority', text(doc.priority),
	    'subject', text(doc.subject), 'created_at', text(doc.created_at),
	    'updated_at', text(doc.updated_at),
	    'deadline', call('ZSCORE', base .. 'due', a.ticket) or '-1', 'doc', f.doc,
	    'outgoing', cjson.encode(as_table(call('HGETALL', key .. ':out')))}
end

local function intake_version()
	return VERSION
end

redis.register_function{function_name = 'intake_version', callback = intake_version,
    flags = {'no-writes'}}
redis.register_function{function_name = 'intake_find', callback = intake_find,
    flags = {'no-writes'}}
redis.register_function('intake_due', intake_due)
redis.register_function{function_name = 'intake_ticket', callback = intake_ticket,
    flags = {'no-writes'}}

-- Finding the ticket of a message, and writing what became of it.

local THREAD_CLAIMS = 8		-- tickets that one thread key can lead to
local HISTORY_KEEP = 15		-- tickets remembered of a customer: the last ones
local HISTORY_SHOW = 10		-- and so many shown, open and closed

-- The tickets that exist among what these keys point to, each once, in the
-- order of the keys.  Whether a message may join one of them is not decided
-- here: a reference can be forged.
local function resolve(base, ids, threads)
	local list, had = {}, {}
	local function add(id)
		if id and not had[id] and call('EXISTS', ticket_key(base, id)) == 1 then
			had[id] = true
			list[#list + 1] = id
		end
	end
	for _, id in ipairs(ids) do add(id) end
	for _, k in ipairs(threads) do
		for _, id in ipairs(call('ZRANGE', base .. 'thread:' .. k, 0, -1)) do add(id) end
	end
	return list
end

local function records(base, ids)
	local list = {}
	for i, id in ipairs(ids) do list[i] = ticket_record(base, id) end
	return list
end

local function find_seen(base, seen)
	for _, s in ipairs(seen) do
		local v = call('GET', base .. 'seen:' .. s)
		if v then return v:match('^(%S+) (.*)$') end
	end
end

local function mark_seen(base, a, ticket, event)
	for _, s in ipairs(a.seen) do
		call('SET', base .. 'seen:' .. s, ticket .. ' ' .. event, 'PX', int(a.seen_ms), 'NX')
	end
end

-- The mark that is there; nil when there is nothing to move.
local function read_mark(base, a)
	if not a.journal or not a.mark then return nil end
	return tonumber(read('hash', 'HGET', base .. 'marks', a.journal) or '-1')
end

local function move_mark(base, a, had)
	if had and a.mark > had then call('HSET', base .. 'marks', a.journal, int(a.mark)) end
end

local find_args = {of = {seen = 'l', ticket = 'l', thread = 'l', hint = 'l', similar = 'l'}}

local function intake_find(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, find_args)
	local ticket, event = find_seen(base, a.seen)
	if ticket then return {'known', ticket, event} end
	return {'found', records(base, resolve(base, a.ticket, a.thread)),
	    resolve(base, a.hint, a.similar)}
end

local function short_ticket(base, id)
	local f = call('HMGET', ticket_key(base, id), 'subject', 'status', 'department', 'created_at')
	if not f[2] then return nil end
	return '{"id":' .. cjson.encode(id) .. ',"subject":' .. cjson.encode(f[1] or '') ..
	    ',"status":' .. cjson.encode(f[2]) .. ',"department":' .. cjson.encode(f[3] or '') ..
	    ',"created_at":' .. cjson.encode(f[4] or '') .. '}',
	    f[2]
end

-- What only Redis knows about the customer.  "recent" are the ids of the
-- tickets, the last one first.
local function read_customer(base, a)
	local c = base .. 'customer:' .. a.customer
	local f = read('hash', 'HMGET', c, 'contacts', 'first_contact', 'last_contact', 'recent')
	return {key = c, contacts = tonumber(f[1] or '0') + (a.contact == 1 and 1 or 0),
	    first = f[2] or a.at, last = f[3], recent = split(f[4], ' ')}
end

-- The member "history" of the document; this ticket is left out.
local function history_of(base, a, customer)
	local open, previous = {}, {}
	for _, id in ipairs(customer.recent) do
		local text, status
		if id ~= a.ticket then text, status = short_ticket(base, id) end
		local list = status == 'closed' and previous or open
		if text and #list < HISTORY_SHOW then list[#list + 1] = text end
	end
	return '"history":{"open":[' .. table.concat(open, ',') ..
	    '],"previous":[' .. table.concat(previous, ',') ..
	    '],"contacts":' .. int(customer.contacts) ..
	    ',"first_contact":' .. cjson.encode(customer.first) ..
	    ',"last_contact":' .. (customer.last and cjson.encode(customer.last) or 'null') .. '}'
end

local function write_customer(a, customer)
	local recent = {a.ticket}
	for _, id in ipairs(customer.recent) do
		if id ~= a.ticket and #recent < HISTORY_KEEP then recent[#recent + 1] = id end
	end
	local last = a.contact == 1 and a.at or customer.last
	call('HSET', customer.key, 'contacts', int(customer.contacts), 'recent',
	    table.concat(recent, ' '), 'first_contact', customer.first,
	    unpack(last and {'last_contact', last} or {}))
	expire(customer.key, a.ticket_ms)
end

local function add_reply(base, ticket, id, data)
	if call('HSETNX', ticket_key(base, ticket) .. ':out', id, 'queued') == 0 then return end
	call('XADD', base .. 'replies', '*', 'ticket', ticket, 'id', id, 'data', data)
	call('PUBLISH', channel(base, 'replies'), 'replies')
end

local function add_chat(base, session, entry, chat_ms)
	local key = base .. 'chat:' .. session
	local id = call('XADD', key, '*', 'data', entry)
	expire(key, chat_ms)
	call('PUBLISH', channel(base, 'chat'), session)
	return id
end

local function push_entry(base, a, doc)
	local lane = a.department .. ':' .. a.priority
	if not a.lane_known then call('SADD', base .. 'queues', lane) end
	local id = call('XADD', base .. 'queue:' .. lane, '*', 'ticket', a.ticket,
	    'event', a.id, 'type', a.event, 'priority', a.priority, 'data', doc)
	call('PUBLISH', channel(base, 'wake'), 'queue')
	return id
end

-- Several tickets may claim a message id: a forger must neither take it over
-- nor push the others out, so the oldest and the newest claims are kept.
local function own_threads(base, own, ticket, now, thread_ms)
	for _, k in ipairs(own) do
		local key = base .. 'thread:' .. k
		if call('ZADD', key, 'NX', int(now), ticket) == 1 then
			call('ZREMRANGEBYRANK', key, THREAD_CLAIMS / 2, -THREAD_CLAIMS / 2 - 1)
		end
		expire(key, thread_ms)
	end
end

local function write_record(base, a, now, doc)
	local key = ticket_key(base, a.ticket)
	local made = {}
	if a.version == 0 then
		made = {'origin', a.origin, 'created_at', a.at, 'subject', a.subject or ''}
	end
	call('HSET', key, 'version', int(a.version + 1), 'state', a.state, 'doc', doc,
	    'status', a.status, 'department', a.department, 'priority', a.priority,
	    'customer', a.customer, 'updated', int(now), 'deadline', int(a.deadline or -1),
	    'keep', int(a.ticket_ms), unpack(made))
end

-- Nothing was there: nothing has to be looked at, or taken away.
local function write_first(base, a, now)
	for _, k in ipairs(a.own) do
		call('ZADD', base .. 'thread:' .. k, int(now), a.ticket)
		expire(base .. 'thread:' .. k, a.thread_ms)
	end
	if a.deadline and a.deadline >= 0 then
		-- It is on no queue yet, so it must not fade away.
		call('ZADD', base .. 'due', int(a.deadline), a.ticket)
		return
	end
	expire(ticket_key(base, a.ticket), a.ticket_ms)
	if a.reply then expire(ticket_key(base, a.ticket) .. ':out', a.ticket_ms) end
end

local function write_later(base, a, now)
	local key = ticket_key(base, a.ticket)
	call('DEL', key .. ':turns')
	if a.deadline and a.deadline >= 0 then
		call('ZADD', base .. 'due', int(a.deadline), a.ticket)
		keep_ticket(key, nil)
	else
		call('ZREM', base .. 'due', a.ticket)
		keep_ticket(key, a.ticket_ms)
	end
	own_threads(base, a.own, a.ticket, now, a.thread_ms)
end

-- A ticket stays with the customer it was made for, whoever writes to it.
local function keep_customer(base, a)
	if a.version ~= 0 then
		a.customer = call('HGET', ticket_key(base, a.ticket), 'customer') or a.customer
	elseif not a.origin then
		bad('origin is missing')
	end
	if not a.customer then bad('customer is missing') end
end

-- Does this ticket have anything yet?  Asked for all its keys at once.
local function is_first(base, a)
	if a.version ~= 0 then return false end
	local key = ticket_key(base, a.ticket)
	local keys = {key, key .. ':turns', key .. ':out'}
	for _, k in ipairs(a.own) do keys[#keys + 1] = base .. 'thread:' .. k end
	return call('EXISTS', unpack(keys)) == 0
end

local function check_ticket(base, a)
	local key = ticket_key(base, a.ticket)
	expect(key, 'hash')
	expect(key .. ':turns', 'list')
	expect(key .. ':out', 'hash')
	for _, k in ipairs(a.own) do expect(base .. 'thread:' .. k, 'zset') end
end

-- What will be written and is not read before.
local function check_commit(base, a, first)
	if not first then check_ticket(base, a) end
	if a.hold ~= 1 then
		-- What is there was made together with its name among the queues.
		a.lane_known = expect(base .. 'queue:' .. a.department .. ':' .. a.priority, 'stream')
		if not a.lane_known then expect(base .. 'queues', 'set') end
	end
	if not first or a.deadline then expect(base .. 'due', 'zset') end
	expect(base .. 'audit', 'stream')
	if a.reply then expect(base .. 'replies', 'stream') end
	if a.session then expect(base .. 'chat:' .. a.session, 'stream') end
	if a.reply and not a.reply_id then bad('reply_id is missing') end
	if #a.chat > 0 and not a.session then bad('session is missing') end
end

-- nil: the caller has seen all that is there.  "considered" are the tickets
-- that it looked at before it decided.
local function refuse_commit(base, a, first)
	if first and #a.thread == 0 then return nil end
	local f = call('HMGET', ticket_key(base, a.ticket), 'version', 'origin')
	local considered = {[a.ticket] = true}
	if a.version == 0 and f[1] then
		if f[2] ~= a.origin then return {'collision'} end
		return {'known', a.ticket, a.id}
	end
	for _, id in ipairs(a.considered) do considered[id] = true end
	local there = resolve(base, {}, a.thread)
	local stale = a.version ~= 0 and tonumber(f[1] or '-1') ~= a.version
	for _, id in ipairs(there) do stale = stale or not considered[id] end
	if not stale then return nil end
	if f[1] then table.insert(there, 1, a.ticket) end
	return {'stale', records(base, resolve(base, there, {}))}
end

local commit_args = {of = {
	ticket = 's!', version = 'n!', event = 's!', id = 's!', origin = 's',
	seen = 'l', thread = 'l', considered = 'l', own = 'l',
	customer = 's', contact = 'n', state = 's!', doc = 's!', status = 's!',
	department = 's!', priority = 's!', subject = 's', at = 's!',
	hold = 'n', deadline = 'n', reply = 's', reply_id = 's', session = 's',
	chat = 'l', audit = 's', journal = 's', mark = 'n', now = 'n',
	seen_ms = 'n!', thread_ms = 'n!', ticket_ms = 'n!', chat_ms = 'n',
}}

local function intake_commit(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, commit_args)
	local now = now_ms(a)
	local had = read_mark(base, a)
	local ticket, event = find_seen(base, a.seen)
	if ticket then
		mark_seen(base, a, ticket, event)
		move_mark(base, a, had)
		return {'known', ticket, event}
	end
	keep_customer(base, a)
	local first = is_first(base, a)
	check_commit(base, a, first)
	local no = refuse_commit(base, a, first)
	if no then
		if no[1] == 'known' then
			mark_seen(base, a, a.ticket, a.id)
			move_mark(base, a, had)
		end
		return no
	end
	local customer = read_customer(base, a)
	local doc = a.doc .. ',' .. history_of(base, a, customer) .. '}'
	write_customer(a, customer)
	local entry = a.hold == 1 and '' or push_entry(base, a, doc)
	if a.reply then add_reply(base, a.ticket, a.reply_id, a.reply) end
	write_record(base, a, now, doc)
	if first then write_first(base, a, now) else write_later(base, a, now) end
	for _, c in ipairs(a.chat) do add_chat(base, a.session, c, a.chat_ms) end
	write_audit(base, now, 'ticket', a.ticket, 'event', a.id, 'type', a.event,
	    'origin', a.origin or '', 'text', a.audit or '')
	mark_seen(base, a, a.ticket, a.id)
	move_mark(base, a, had)
	return {'done', a.ticket, a.id, entry}
end

local function intake_mark(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {journal = 's!', mark = 'n!'})
	move_mark(base, a, read_mark(base, a))
	return {'ok'}
end

local function intake_marks(keys, argv)
	local base = base_of(keys)
	read_args(argv, {})
	return call('HGETALL', base .. 'marks')
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
	local f = call('HGETALL', key)
	if #f == 0 then return {'none'} end
	local out = {'found'}
	for _, v in ipairs(f) do out[#out + 1] = v end
	out[#out + 1] = 'outgoing'
	out[#out + 1] = cjson.encode(as_table(call('HGETALL', key .. ':out')))
	return out
end

local function intake_version()
	return VERSION
end

redis.register_function{function_name = 'intake_version', callback = intake_version,
    flags = {'no-writes'}}
redis.register_function{function_name = 'intake_find', callback = intake_find,
    flags = {'no-writes'}}
redis.register_function('intake_commit', intake_commit)
redis.register_function('intake_mark', intake_mark)
redis.register_function{function_name = 'intake_marks', callback = intake_marks,
    flags = {'no-writes'}}
redis.register_function('intake_due', intake_due)
redis.register_function{function_name = 'intake_ticket', callback = intake_ticket,
    flags = {'no-writes'}}

-- One event of a ticket: everything that has to be so at once.
--
-- This is called for each message, so every command and every string made
-- here counts: keys and arguments come ready made and have fixed places, and
-- all strings are read by one MGET.

local THREAD_CLAIMS = 8		-- tickets that one thread key can lead to
local HISTORY_KEEP = 15		-- tickets remembered of a customer: the last ones
local HISTORY_SHOW = 10		-- and so many shown, open and closed

-- Where in the keys things are.  From CUSTOMER on they are strings: the
-- customer, then what the event is known by ("seen"), then the thread keys
-- that lead to it from now on ("own"), then those that it follows ("thread").
local PARTITION, TICKET, OUT, STREAM, AUDIT, CUSTOMER = 1, 2, 4, 5, 6, 7
local FIXED = 21	-- arguments with a place; after them those that are considered

local rare_args = {of = {reply = 's', reply_id = 's', session = 's', chat = 'l', chat_ms = 's',
    journal = 's', mark = 'n'}}
local nothing_rare = {chat = {}}

-- The order is that of doc/queue.md and of queue_commit.c.  Numbers that are
-- only passed on stay text.
local function read_commit(keys, argv)
	if #keys < CUSTOMER or #argv < FIXED then bad('intake_commit wants other arguments') end
	local a = {
		ticket = argv[1], version = argv[2], id = argv[3], event = argv[4], status = argv[5],
		priority = argv[6], at = argv[7], about = argv[8], state = argv[9], doc = argv[10],
		messages = argv[11], made = argv[12], contact = argv[13] == '1',
		held = argv[14] ~= '' and argv[14], audit = argv[15], seen_ms = argv[16],
		thread_ms = argv[17], ticket_ms = argv[18],
		own = CUSTOMER + 1 + argv[19], thread = CUSTOMER + 1 + argv[19] + argv[20],
		rare = nothing_rare,
	}
	a.considered_to = FIXED + argv[FIXED]
	if a.version == '0' and a.made == '' then bad('a new ticket has to be made by somebody') end
	if #argv > a.considered_to then a.rare = read_args(argv, rare_args, a.considered_to + 1) end
	return a
end

-- A mark never goes back: what lies before it is here.
local function move_mark(base, journal, mark)
	local key = base .. 'mark:' .. journal
	if mark > tonumber(call('MGET', key)[1] or '-1') then call('SET', key, int(mark)) end
end

-- Last of all, and at once when it was known: all ways to know it again.
-- values[i] is what the key i + CUSTOMER - 1 held.
local function settle(keys, a, values, known)
	for i = CUSTOMER + 1, a.own - 1 do
		if not values[i - CUSTOMER + 1] then call('SET', keys[i], known, 'PX', a.seen_ms) end
	end
	if a.rare.journal then move_mark(keys[PARTITION] .. ':', a.rare.journal, a.rare.mark) end
end

-- "about" is what the documents of other tickets tell of this one; beside it
-- is the present status.
local function short_ticket(base, id)
	local f = call('HMGET', ticket_key(base, id), 'about', 'status')
	if not f[1] then return nil end
	return f[1]:sub(1, -2) .. ',"status":"' .. f[2] .. '"}', f[2]
end

-- "contacts first last tickets": what only Redis knows about the customer.
-- last is "-" if there was none; of the tickets the last one comes first.
local function read_customer(a, text)
	if not text then return 0, a.at, '-', '' end
	local contacts, first, last, recent = text:match('^(%d+) (%S+) (%S+) ?(.*)$')
	if not contacts then return 0, a.at, '-', '' end
	return contacts, first, last, recent
end

-- What the customer has besides this ticket: JSON of the open ones and of
-- the others, and the ids to remember.
local function history_of(base, a, recent)
	local open, previous, ids, n = {}, {}, a.ticket, 1
	for id in recent:gmatch('%S+') do
		if id ~= a.ticket then
			local text, status = short_ticket(base, id)
			local list = status == 'closed' and previous or open
			if text and #list < HISTORY_SHOW then list[#list + 1] = text end
			if n < HISTORY_KEEP then ids, n = ids .. ' ' .. id, n + 1 end
		end
	end
	return table.concat(open, ','), table.concat(previous, ','), ids
end

-- The document with its member "history", and the customer as from now on.
local function with_history(base, a, text)
	local contacts, first, last, recent = read_customer(a, text)
	local open, previous, ids = '', '', a.ticket
	if recent ~= '' then open, previous, ids = history_of(base, a, recent) end
	if a.contact then contacts = contacts + 1 end
	return a.doc .. ',"history":{"open":[' .. open .. '],"previous":[' .. previous ..
	    '],"contacts":' .. contacts .. ',"first_contact":"' .. first ..
	    (last == '-' and '","last_contact":null}}' or '","last_contact":"' .. last .. '"}}'),
	    contacts .. ' ' .. first .. ' ' .. (a.contact and a.at or last) .. ' ' .. ids
end

-- Several tickets may claim a message id: a forger must neither take it over
-- nor push the others out, so the oldest and the newest claims are kept.
local function claims_with(text, ticket)
	local ids = {}
	for id in text:gmatch('%S+') do
		if id == ticket then return text end
		ids[#ids + 1] = id
	end
	ids[#ids + 1] = ticket
	if #ids > THREAD_CLAIMS then table.remove(ids, THREAD_CLAIMS / 2 + 1) end
	return table.concat(ids, ' ')
end

local function claim_thread(key, had, ticket, thread_ms)
	call('SET', key, had and claims_with(had, ticket) or ticket, 'PX', thread_ms)
end

local function add_reply(base, ticket, id, data)
	if call('HSETNX', ticket_key(base, ticket) .. ':out', id, 'queued') == 0 then return end
	call('XADD', base .. 'replies', '*', 'ticket', ticket, 'id', id, 'data', data)
	tell(base, 'replies', 'replies')
end

local function add_chat(base, session, entry, chat_ms)
	local key = base .. 'chat:' .. session
	call('XADD', key, '*', 'data', entry)
	expire(key, chat_ms)
	tell(base, 'chat', session)
end

-- The entry's id.  These are the only commands that can fail after the
-- audit's line was written, which is taken back then.
local function push_entry(keys, a, doc, audit)
	local id = redis.pcall('XADD', keys[STREAM], 'NOMKSTREAM', '*', 'ticket', a.ticket,
	    'event', a.id, 'type', a.event, 'priority', a.priority, 'data', doc)
	if type(id) == 'string' then return id end
	local base = keys[PARTITION] .. ':'
	if not id then
		-- The first on its lane, whose name has to be known before.
		id = redis.pcall('SADD', base .. 'queues', keys[STREAM]:sub(#base + #'queue:' + 1))
	end
	if type(id) == 'number' then
		return call('XADD', keys[STREAM], '*', 'ticket', a.ticket, 'event', a.id,
		    'type', a.event, 'priority', a.priority, 'data', doc)
	end
	call('XDEL', keys[AUDIT], audit)
	expect(keys[STREAM], 'stream')
	expect(base .. 'queues', 'set')
	error(id)
end

local function write_record(key, a, doc, first)
	if first and a.messages == '' then
		call('HSET', key, 'version', '1', 'state', a.state, 'doc', doc, 'about', a.about,
		    'status', a.status, 'made', a.made)
		return
	end
	call('HSET', key, 'version', int(a.version + 1), 'state', a.state, 'doc', doc,
	    'about', a.about, 'status', a.status, 'messages', a.messages)
	if a.version == '0' then call('HSET', key, 'made', a.made) end
end

-- How long it is kept, and until when it waits.
local function write_times(base, key, a, first)
	local waits = a.held and tonumber(a.held) >= 0
	if waits then
		-- It is on no queue yet, so it must not fade away.
		call('ZADD', base .. 'due', a.held, a.ticket)
		if not first then keep_ticket(key, nil) end
	elseif first and not a.rare.reply then
		call('PEXPIRE', key, a.ticket_ms)
	else
		keep_ticket(key, a.ticket_ms)
	end
	if first then return end
	if not waits then call('ZREM', base .. 'due', a.ticket) end
	call('DEL', key .. ':turns')
end

-- What will be written, is not read before and could be of another type.
local function check_commit(base, keys, a, first)
	local rare = a.rare
	if a.held or not first then expect(base .. 'due', 'zset') end
	if rare.reply then
		if not rare.reply_id then bad('reply_id is missing') end
		expect(base .. 'replies', 'stream')
		expect(keys[OUT], 'hash')
	end
	if #rare.chat > 0 then
		if not rare.session then bad('session is missing') end
		expect(base .. 'chat:' .. rare.session, 'stream')
	end
	if rare.journal and not rare.mark then bad('mark is missing') end
end

-- The tickets that keys lead to and that the caller did not look at before
-- it decided; nil: none.
local function overlooked(base, keys, argv, a, values)
	if #keys < a.thread then return nil end
	local considered, found, new = {[a.ticket] = true}, {}, false
	for i = FIXED + 1, a.considered_to do considered[argv[i]] = true end
	each_claim(values, a.thread - CUSTOMER + 1, #keys - CUSTOMER + 1, once(base, function(id)
		found[#found + 1] = id
		new = new or not considered[id]
	end))
	return new and found or nil
end

-- Everything that can fail was looked at, but for what push_entry takes back.
local function write_all(base, keys, a, values, first)
	local key = keys[TICKET]
	local doc, customer = with_history(base, a, values[1])
	local audit = try('stream', 'XADD', keys[AUDIT], '*', 'ticket', a.ticket, 'event', a.id,
	    'type', a.event, 'text', a.audit)
	local entry = a.held and '' or push_entry(keys, a, doc, audit)
	write_record(key, a, doc, first)
	call('SET', keys[CUSTOMER], customer, 'PX', a.ticket_ms)
	for i = a.own, a.thread - 1 do
		claim_thread(keys[i], values[i - CUSTOMER + 1], a.ticket, a.thread_ms)
	end
	if a.rare.reply then add_reply(base, a.ticket, a.rare.reply_id, a.rare.reply) end
	write_times(base, key, a, first)
	for _, c in ipairs(a.rare.chat) do add_chat(base, a.rare.session, c, a.rare.chat_ms) end
	settle(keys, a, values, a.ticket .. ' ' .. a.id)
	if not a.held then tell(base, 'wake', 'queue') end
	return {'done', a.ticket, a.id, entry}
end

local function intake_commit(keys, argv)
	local base = base_of(keys)
	local a = read_commit(keys, argv)
	local first = a.version == '0' and call('EXISTS', unpack(keys, TICKET, OUT)) == 0
	local version, made
	if not first then
		version, made = unpack(try('hash', 'HMGET', keys[TICKET], 'version', 'made'))
		-- A ticket stays with whom it was made for, whoever writes to it.
		local customer = a.version ~= '0' and made and made:match('%S+$')
		if customer then keys[CUSTOMER] = base .. 'customer:' .. customer end
	end
	local values = call('MGET', unpack(keys, CUSTOMER))
	local ticket, event = first_seen(values, 2, a.own - CUSTOMER)
	if not ticket and a.version == '0' and version then
		if made ~= a.made then return {'collision'} end
		ticket, event = a.ticket, a.id
	end
	if ticket then
		settle(keys, a, values, ticket .. ' ' .. event)
		return {'known', ticket, event}
	end
	local found = overlooked(base, keys, argv, a, values)
	if found or a.version ~= '0' and version ~= a.version then
		found = found or {}
		if version then table.insert(found, 1, a.ticket) end
		return {'stale', records(base, resolve(base, found, {}))}
	end
	check_commit(base, keys, a, first)
	return write_all(base, keys, a, values, first)
end

local function intake_mark(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {journal = 's!', mark = 'n!'})
	move_mark(base, a.journal, a.mark)
	return {'ok'}
end

local function intake_marks(keys, argv)
	local base = base_of(keys)
	local a = read_args(argv, {journal = 's!'})
	local mark = call('MGET', base .. 'mark:' .. a.journal)[1]
	return mark and {a.journal, mark} or {}
end

redis.register_function('intake_commit', intake_commit)
redis.register_function('intake_mark', intake_mark)
redis.register_function{function_name = 'intake_marks', callback = intake_marks,
    flags = {'no-writes'}}

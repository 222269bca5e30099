// SPDX-License-Identifier: ISC
// The peer: reads a mailbox with imapflow, parses with mailparser, and pushes
// each mail to Redis in one atomic script, as figures of such readers go.
// usage: node_reader.mjs PORT USER PASSWORD REDIS-SOCKET COUNT
import { ImapFlow } from "imapflow";
import { simpleParser } from "mailparser";
import Redis from "ioredis";

const [port, user, pass, path, count] = process.argv.slice(2);
const redis = new Redis({ path });
redis.defineCommand("accept", {
	numberOfKeys: 1,
	lua: `if not redis.call('SET', 'seen:' .. ARGV[1], 1, 'NX', 'EX', 86400) then return 0 end
	      local n = redis.call('INCR', 'serial')
	      redis.call('HSET', 'ticket:' .. n, 'id', n, 'from', ARGV[2], 'subject', ARGV[3])
	      redis.call('XADD', KEYS[1], '*', 'data', ARGV[4])
	      redis.call('XADD', 'audit', '*', 'ticket', n)
	      return n`,
});
const client = new ImapFlow({
	host: "localhost", port: Number(port), secure: true, logger: false, auth: { user, pass },
});
const began = process.hrtime.bigint();
await client.connect();
await client.mailboxOpen("INBOX");
let done = 0;
const pushes = [];
for await (const message of client.fetch("1:*", { uid: true, source: true })) {
	const mail = await simpleParser(message.source);
	const ticket = JSON.stringify({
		id: message.uid, from: mail.from?.value, to: mail.to?.value, subject: mail.subject,
		date: mail.date, message_id: mail.messageId, text: mail.text, html: mail.html,
		attachments: mail.attachments.map((a) => ({
			name: a.filename, type: a.contentType, size: a.size, checksum: a.checksum })),
	});
	pushes.push(redis.accept("queue", mail.messageId, mail.from?.text ?? "", mail.subject ?? "",
		ticket));
	if (++done >= Number(count)) break;
}
await Promise.all(pushes);
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
const cpu = process.cpuUsage();
console.log(JSON.stringify({ seconds, cpu: (cpu.user + cpu.system) / 1e6,
	rss_mb: process.memoryUsage().rss / 1048576 }));
process.exit(0);

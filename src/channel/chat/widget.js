/* SPDX-License-Identifier: ISC */
/*
 * The chat window.  One line in a page brings it:
 *
 *	<script src="https://HOST/chat/NAME/widget.js" async></script>
 *
 * data-open opens it at once; data-identity is the visitor's signed identity
 * as JSON.  All that others wrote is shown as text, never as HTML.  Messages
 * stay in the outbox until the server has them on disk; what was said comes
 * from the server and is read on from the last line after each interruption.
 */
(() => {
'use strict';

const script = document.currentScript;
const base = new URL('.', script.src).href;
const store = 'intaked-chat ' + base;
const TEXT_MAX = 8192;

const words = {
en: { open: 'Open chat', close: 'Close chat', send: 'Send', write: 'Your message',
	sending: 'sending', sent: 'delivered', failed: 'Not sent.', again: 'Try again',
	away: 'Connection lost. Reconnecting…', need: 'Please fill this in.',
	email: 'Please give a valid e-mail address.', start: 'Start chat',
	busy: 'That did not work. Please try again in a moment.',
	sign: 'Please sign in on this page (again) to chat.', fresh: 'New conversation',
	other: 'This chat goes on in another tab.', long: 'This message is too long.',
	you: 'You', optional: 'optional', news: 'new' },
de: { open: 'Chat öffnen', close: 'Chat schließen', send: 'Senden', write: 'Ihre Nachricht',
	sending: 'wird gesendet', sent: 'zugestellt', failed: 'Nicht gesendet.', again: 'Nochmals versuchen',
	away: 'Verbindung unterbrochen. Wird wiederhergestellt …', need: 'Bitte ausfüllen.',
	email: 'Bitte eine gültige E-Mail-Adresse angeben.', start: 'Chat beginnen',
	busy: 'Das hat nicht geklappt. Bitte gleich noch einmal versuchen.',
	sign: 'Bitte melden Sie sich auf dieser Seite (erneut) an, um zu chatten.', fresh: 'Neue Unterhaltung',
	other: 'Dieser Chat läuft in einem anderen Tab weiter.', long: 'Diese Nachricht ist zu lang.',
	you: 'Sie', optional: 'freiwillig', news: 'neu' },
fr: { open: 'Ouvrir le chat', close: 'Fermer le chat', send: 'Envoyer', write: 'Votre message',
	sending: 'envoi en cours', sent: 'remis', failed: 'Non envoyé.', again: 'Réessayer',
	away: 'Connexion perdue. Reconnexion…', need: 'Veuillez remplir ce champ.',
	email: 'Veuillez indiquer une adresse e-mail valable.', start: 'Démarrer le chat',
	busy: 'Cela n’a pas fonctionné. Veuillez réessayer dans un instant.',
	sign: 'Veuillez vous (re)connecter sur cette page pour discuter.', fresh: 'Nouvelle conversation',
	other: 'Ce chat continue dans un autre onglet.', long: 'Ce message est trop long.',
	you: 'Vous', optional: 'facultatif', news: 'nouveau' },
es: { open: 'Abrir el chat', close: 'Cerrar el chat', send: 'Enviar', write: 'Su mensaje',
	sending: 'enviando', sent: 'entregado', failed: 'No enviado.', again: 'Reintentar',
	away: 'Conexión perdida. Reconectando…', need: 'Por favor, rellene este campo.',
	email: 'Indique una dirección de correo válida.', start: 'Iniciar chat',
	busy: 'No ha funcionado. Inténtelo de nuevo en un momento.',
	sign: 'Inicie sesión (de nuevo) en esta página para chatear.', fresh: 'Nueva conversación',
	other: 'Este chat sigue en otra pestaña.', long: 'Este mensaje es demasiado largo.',
	you: 'Usted', optional: 'opcional', news: 'nuevo' },
};

const css = `
:host { all: initial; --bg: #fff; --fg: #1c2128; --soft: #f0f2f5; --dim: #5c6670; --line: #d8dde3; --bad: #b42318;
	--warn: #fff4d6; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :host { --bg: #1b1f24; --fg: #e8ebee; --soft: #2b3138; --dim: #a0aab4;
	--line: #3b434c; --bad: #ff9a8f; --warn: #4a3d14; } }
:host { font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
* { box-sizing: border-box; }
button, input, textarea, select { font: inherit; margin: 0; }
[hidden] { display: none !important; }
button { cursor: pointer; border: 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
input:focus-visible, textarea:focus-visible, select:focus-visible { outline-offset: -2px; }
.log:focus-visible { outline-offset: -2px; }
header :focus-visible { outline-color: var(--on); }
.launch { position: fixed; right: 20px; bottom: 20px; width: 56px; height: 56px; border-radius: 50%; padding: 15px;
	background: var(--accent); color: var(--on); box-shadow: 0 4px 16px #0005; z-index: 2147483646; }
svg { display: block; width: 100%; height: 100%; fill: currentColor; }
.badge { position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px;
	background: #c4221b; color: #fff; font-size: 13px; line-height: 22px; font-weight: 600; }
.panel { position: fixed; right: 20px; bottom: 20px; width: 380px; height: 560px; max-height: calc(100vh - 40px);
	display: flex; flex-direction: column; background: var(--bg); color: var(--fg); border-radius: 14px;
	overflow: hidden; overflow: clip; box-shadow: 0 8px 40px #0006; z-index: 2147483647; }
@media (max-width: 480px) { .panel { inset: 0; width: auto; height: 100vh; height: 100dvh; max-height: none; border-radius: 0; } }
@media (prefers-reduced-motion: no-preference) { .panel { animation: up .16s ease-out; }
	@keyframes up { from { transform: translateY(12px); opacity: 0; } } }
header { display: flex; align-items: center; padding: 10px 8px 10px 18px; background: var(--accent); color: var(--on); }
h2 { flex: 1; margin: 0; font-size: 17px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
header button { width: 40px; height: 40px; padding: 11px; border-radius: 50%; background: none; color: inherit; }
.note { padding: 8px 18px; background: var(--warn); font-size: 13px; }
.log { flex: 1; scrollbar-width: thin; overflow-y: auto; overscroll-behavior: contain; padding: 16px 16px 8px; display: flex; flex-direction: column; }
.m { position: relative; max-width: 84%; align-self: flex-start; margin: 0 0 10px; }
.m.in { align-self: flex-end; }
.who, .when { font-size: 12px; color: var(--dim); padding: 0 4px; }
.in .when { text-align: right; }
.b { padding: 8px 12px; border-radius: 14px; border-bottom-left-radius: 4px; background: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere; }
.in .b { border-radius: 14px; border-bottom-right-radius: 4px; background: var(--accent); color: var(--on); }
.b a { color: inherit; }
.when button { background: none; color: var(--bad); text-decoration: underline; font-size: 12px; padding: 0 2px; }
.bad { color: var(--bad); font-size: 13px; }
.f .bad { margin: 3px 0 5px; min-height: 1.45em; }
.cut { align-self: center; font-size: 12px; color: var(--dim); margin: 6px 0 14px; }
.bar { display: flex; align-items: flex-end; gap: 8px; padding: 10px 12px; border-top: 1px solid var(--line); }
textarea, input, select { width: 100%; padding: 9px 12px; border: 1px solid var(--line); border-radius: 10px; background: var(--bg);
	color: var(--fg); font-size: 16px; }
.bar textarea { flex: 1; resize: none; max-height: 130px; height: 43px; border-radius: 20px; }
.bar button { flex: none; width: 43px; height: 43px; padding: 11px; border-radius: 50%; background: var(--accent); color: var(--on); }
.bar button:disabled { background: var(--soft); color: var(--dim); cursor: default; }
form { flex: 1; overflow-y: auto; padding: 18px; }
form p { margin: 0 0 16px; white-space: pre-wrap; overflow-wrap: anywhere; }
label { display: block; font-weight: 600; margin-bottom: 4px; }
label i { font-weight: 400; color: var(--dim); font-style: normal; font-size: 13px; }
.f [aria-invalid=true] { border-color: var(--bad); }
.go { width: 100%; padding: 11px; border-radius: 10px; background: var(--accent); color: var(--on); font-weight: 600; }
.go:disabled { opacity: .6; }
.flat { display: contents; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
`;

/* --- small tools --- */

const make = (tag, props, ...inside) => {
	const el = document.createElement(tag);
	for (const name in props)
		if (name in el && !name.startsWith('aria'))
			el[name] = props[name];
		else
			el.setAttribute(name, props[name]);
	el.append(...inside);
	return el;
};

const icon = d => {
	const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
	const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
	svg.setAttribute('viewBox', '0 0 24 24');
	svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', d);
	svg.append(path);
	return svg;
};

const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)),
	n => n.toString(16).padStart(2, '0')).join('');

/* Some while from half of it to all of it, longer with each failure. */
const backOff = n => Math.min(30000, 1000 * 2 ** n) * (0.5 + Math.random() / 2);

const isLater = (a, b) => {
	const [x, y] = [a, b].map(id => (id || '0-0').split('-').map(Number));
	return x[0] > y[0] || (x[0] === y[0] && x[1] > y[1]);
};

/* --- what outlives a reload; shared by the tabs of a browser --- */

let memory = '{}';
const load = () => {
	let text = memory;
	try { text = localStorage.getItem(store) || '{}'; } catch (e) { /* not allowed: this page only */ }
	try { return Object.assign({ out: [] }, JSON.parse(text)); } catch (e) { return { out: [] }; }
};
let state = load();
const change = edit => {
	state = load();
	edit(state);
	memory = JSON.stringify(state);
	try { localStorage.setItem(store, memory); } catch (e) { /* as above */ }
};

/* --- the server --- */

const request = (name, options) => fetch(base + name, Object.assign({ credentials: 'omit',
	cache: 'no-store', referrerPolicy: 'no-referrer' }, options));

const post = async (name, body, token) => {
	const headers = { 'Content-Type': 'application/json' };
	const abort = new AbortController();
	const timer = setTimeout(() => abort.abort(), 30000);
	if (token)
		headers.Authorization = 'Bearer ' + token;
	try {
		const r = await request(name, { method: 'POST', headers, body: JSON.stringify(body), signal: abort.signal });
		const answer = await r.json().catch(() => ({}));
		return { code: r.status, answer, wait: 1000 * Number(r.headers.get('Retry-After') || 0) };
	} catch (e) {
		return { code: 0, answer: {}, wait: 0 };
	} finally {
		clearTimeout(timer);
	}
};

let identity = null;
try { identity = JSON.parse(script.dataset.identity || 'null'); } catch (e) { console.warn('chat: data-identity is not JSON'); }
const who = identity ? String(identity.id || identity.email) : '';

let config, t, ui, lang;

/* 0, or the answer that is the reason why there is none. */
const begin = async fields => {
	const r = await post('session', { fields, identity: identity || undefined });
	if (r.code !== 200)
		return r;
	change(s => Object.assign(s, { token: r.answer.token, session: r.answer.session, who, profile: fields,
		told: false, read: undefined, last: undefined }));
	lastId = undefined;
	return 0;
};

/* The session is over; what is in the outbox goes into the next one. */
const forget = token => {
	if (load().token === token) {
		/* Taken, but not seen in the transcript yet: it stays on the page. */
		load().out.filter(m => m.sent && !shown.has(m.id)).forEach(m => {
			shown.add(m.id);
			ui.lines.append(myBubble(m.text, m.at, t.sent, '✓'));
		});
		change(s => { delete s.token; s.out = s.out.filter(m => !m.sent); });
	}
	lastId = undefined;
	if (ui.lines.childElementCount > 1)
		ui.lines.append(make('div', { className: 'cut', textContent: t.fresh }));
};

/* --- the outbox --- */

let flushing = false, failures = 0, flushTimer;

const flushLater = ms => {
	clearTimeout(flushTimer);
	flushTimer = setTimeout(flush, ms || backOff(failures++));
};

const deliver = async m => {
	if (!state.token) {
		const no = await begin(state.profile || {});
		if (no)
			return no.code === 400 ? showForm() : no;
	}
	const token = state.token;
	const r = await post('messages', { client_id: m.id, text: m.text, page: location.origin + location.pathname,
		language: lang, fields: state.told ? undefined : state.profile }, token);
	if (r.code === 401)
		forget(token);
	else if (r.code === 200 || r.code === 202)
		change(s => {
			s.told = true;
			if (r.answer.token && s.token === token)
				s.token = r.answer.token;
			s.out.forEach(o => { if (o.id === m.id) o.sent = true; });
		});
	return r;
};

const refused = r => r.code >= 400 && r.code < 500 && ![401, 408, 429].includes(r.code);

const flush = async () => {
	if (flushing)
		return;
	flushing = true;
	clearTimeout(flushTimer);
	try {
		let m;
		while ((m = (state = load()).out.find(o => !o.sent && !o.failed))) {
			const r = await deliver(m);
			if (!r)
				break;
			if (r.code === 401 && r.answer.error !== 'no_session') {
				showNote(t.sign);
				break;
			}
			if (refused(r))
				change(s => s.out.forEach(o => { if (o.id === m.id) o.failed = true; }));
			else if (r.code !== 401 && r.code !== 200 && r.code !== 202) {
				flushLater(r.wait);
				break;
			} else
				failures = r.code === 401 ? failures : 0;
			showOutbox();
			if (r.code === 401 && ++failures > 3) {
				flushLater();
				break;
			}
		}
	} finally {
		flushing = false;
	}
	showOutbox();
	connect();
};

/* --- the stream --- */

let lastId, abort = null, tries = 0, streamTimer, watch, heartbeat = 25000, full = false, heard = 0;

const listenAgain = ms => {
	clearTimeout(streamTimer);
	streamTimer = setTimeout(connect, ms || backOff(tries++));
	if (tries > 1)
		showAway(true);
};

/* A connection may die without a word: the heartbeat tells. */
const alive = () => {
	heard = Date.now();
	clearTimeout(watch);
	watch = setTimeout(() => abort && abort.abort(), 2.5 * heartbeat);
};

const onEvent = (event, data, id, token) => {
	const value = JSON.parse(data);
	if (event === 'hello') {
		heartbeat = value.heartbeat_ms;
		tries = 0;
		showAway(false);
	} else if (event === 'token')
		change(s => { if (s.token === token) s.token = value.token; });
	else if (event === 'expired')
		forget(token);
	else if (event === 'full') {
		full = true;
		showNote(t.other);
	} else if (event === 'message' && isLater(id, lastId)) {
		lastId = id;
		showLine(value, id);
	}
};

const read = async (body, token) => {
	const reader = body.getReader();
	const decoder = new TextDecoder();
	let rest = '', event = 'message', data = [], id = '';
	for (;;) {
		const { done, value } = await reader.read();
		if (done)
			return;
		alive();
		const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
		rest = lines.pop();
		for (const line of lines) {
			const [, name, text] = /^([^:]*):? ?(.*)$/.exec(line);
			if (line === '') {
				if (data.length)
					onEvent(event, data.join('\n'), id, token);
				event = 'message';
				data = [];
			} else if (name === 'data')
				data.push(text);
			else if (name === 'event')
				event = text;
			else if (name === 'id')
				id = text;
		}
	}
};

const connect = async () => {
	const token = load().token;
	if (!token || abort || full)
		return;
	const headers = { Authorization: 'Bearer ' + token };
	if (lastId)
		headers['Last-Event-ID'] = lastId;
	let wait = 0;
	clearTimeout(streamTimer);
	abort = new AbortController();
	alive();
	try {
		const r = await request('events', { headers, signal: abort.signal });
		if (r.status === 200)
			await read(r.body, token);
		else if (r.status === 401)
			forget(token);
		else
			wait = 1000 * Number(r.headers.get('Retry-After') || 0);
	} catch (e) { /* as good as closed */ }
	clearTimeout(watch);
	abort = null;
	if (load().token && !full)
		listenAgain(wait);
	else
		showAway(false);
};

const wakeUp = () => {
	if (document.hidden || !config)
		return;
	if (full) {
		full = false;
		showNote('');
	}
	tries = 0;
	if (abort && Date.now() - heard > 1.2 * heartbeat)
		abort.abort();
	connect();
	flush();
	showUnread();
};

/* --- what is seen --- */

const shown = new Set();
let unread = 0, open = false;

const showAway = yes => { ui.away.hidden = !yes; };
const showNote = text => { ui.note.textContent = text; ui.note.hidden = !text; };

const showUnread = () => {
	if (open && !document.hidden && lastId) {
		unread = 0;
		if (isLater(lastId, load().read))
			change(s => { s.read = lastId; });
	}
	ui.badge.hidden = !unread;
	ui.badge.textContent = unread > 99 ? '99+' : unread;
	ui.launch.setAttribute('aria-label', unread ? t.open + ', ' + unread + ' ' + t.news : t.open);
};

/* Links are made of plain text, and only of web addresses. */
const fill = (el, text) => {
	let at = 0;
	for (const m of text.matchAll(/https?:\/\/[^\s<>"'`]+/gi)) {
		const href = m[0].replace(/[.,;:!?)\]}]+$/, '');
		let url;
		try { url = new URL(href); } catch (e) { continue; }
		if (!/^https?:$/.test(url.protocol))
			continue;
		el.append(text.slice(at, m.index), make('a', { href: url.href, textContent: href,
			target: '_blank', rel: 'noopener noreferrer' }));
		at = m.index + href.length;
	}
	el.append(text.slice(at));
	return el;
};

const timeOf = at => {
	const when = new Date(at);
	const day = when.toDateString() === new Date().toDateString() ? {} : { day: 'numeric', month: 'short' };
	return make('time', { dateTime: when.toISOString(), textContent:
		when.toLocaleString(lang, Object.assign({ hour: '2-digit', minute: '2-digit' }, day)) });
};

const bubble = (mine, author, text, ...below) => {
	const el = make('div', { className: mine ? 'm in' : 'm' });
	el.append(make('div', { className: mine ? 'sr' : 'who', textContent: author }),
		fill(make('div', { className: 'b' }), text));
	if (below.length)
		el.append(make('div', { className: 'when' }, ...below));
	return el;
};

const mark = (text, sign) => make('span', { title: text, role: 'img', 'aria-label': text, textContent: sign });

const myBubble = (text, at, word, sign) => bubble(true, t.you, text, timeOf(at), ' ', mark(word, sign));

const toEnd = () => { ui.log.scrollTop = ui.log.scrollHeight; };

const keepEnd = paint => {
	const near = ui.log.scrollHeight - ui.log.scrollTop - ui.log.clientHeight < 80;
	paint();
	if (near)
		toEnd();
};

const showLine = (line, id) => {
	const mine = line.direction === 'in';
	const cid = String(line.client_id || id).split('/').pop();
	if (mine && state.out.some(m => m.id === cid))
		change(s => { s.out = s.out.filter(m => m.id !== cid); });
	if (shown.has(cid))
		return showOutbox();
	shown.add(cid);
	if (!mine && isLater(id, load().read))
		unread++;
	keepEnd(() => {
		ui.lines.append(mine ? myBubble(String(line.text), line.at, t.sent, '✓') :
			bubble(false, line.author || config.title, String(line.text), timeOf(line.at)));
		showOutbox();
	});
	showUnread();
};

const showOutbox = () => keepEnd(() => {
	ui.waiting.replaceChildren(...load().out.filter(m => !shown.has(m.id)).map(m => {
		if (!m.failed)
			return m.sent ? myBubble(m.text, m.at, t.sent, '✓') : myBubble(m.text, m.at, t.sending, '◷');
		const again = make('button', { type: 'button', textContent: t.again });
		again.onclick = () => {
			change(s => s.out.forEach(o => { if (o.id === m.id) delete o.failed; }));
			showOutbox();
			flush();
		};
		return bubble(true, t.you, m.text, make('span', { className: 'bad', textContent: t.failed + ' ' }), again);
	}));
});

/* --- the form before the chat --- */

const wanted = () => config.fields.filter(f => !(identity && identity[f.name]));

const fieldOf = (f, i) => {
	const id = 'f' + i;
	const props = { id, name: f.name, maxLength: 900, 'aria-describedby': id + 'e', 'aria-required': f.required };
	let input;
	if (f.type === 'select')
		input = make('select', props, ...['', ...f.options].map(o => make('option', { value: o, textContent: o })));
	else if (f.type === 'textarea')
		input = make('textarea', Object.assign(props, { rows: 3 }));
	else
		input = make('input', Object.assign(props, { type: f.type,
			autocomplete: { name: 'name', email: 'email', tel: 'tel' }[f.name] || 'off' }));
	input.value = (state.profile || {})[f.name] || '';
	const label = make('label', { htmlFor: id, textContent: f.label });
	if (!f.required)
		label.append(' ', make('i', { textContent: '(' + t.optional + ')' }));
	const error = make('div', { id: id + 'e', className: 'bad', role: 'alert' });
	const fail = text => {
		error.textContent = text;
		input.setAttribute('aria-invalid', !!text);
		return text ? input : null;
	};
	const check = () => fail(f.required && !input.value.trim() ? t.need :
		f.type === 'email' && input.value.trim() && !/^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(input.value.trim()) ? t.email : '');
	input.onchange = check;
	input.oninput = () => error.textContent && check();
	return { f, input, check, fail, row: make('div', { className: 'f' }, label, input, error) };
};

const submit = async (rows, go, error) => {
	const bad = rows.map(r => r.check()).find(Boolean);
	if (bad)
		return bad.focus();
	go.disabled = true;
	error.textContent = '';
	const no = await begin(Object.fromEntries(rows.map(r => [r.f.name, r.input.value.trim()])));
	go.disabled = false;
	if (!no)
		return showChat();
	const row = rows.find(r => r.f.name === no.answer.detail);
	if (no.code === 400 && row)
		row.fail(row.f.type === 'email' ? t.email : t.need).focus();
	else
		error.textContent = no.code === 401 ? t.sign : t.busy;
};

const showForm = () => {
	const rows = wanted().map(fieldOf);
	const go = make('button', { className: 'go', textContent: t.start });
	const error = make('p', { className: 'bad', role: 'alert' });
	const form = make('form', { noValidate: true }, make('p', { textContent: config.greeting }),
		...rows.map(r => r.row), error, go);
	form.onsubmit = e => {
		e.preventDefault();
		submit(rows, go, error);
	};
	ui.form.replaceChildren(form);
	ui.form.hidden = false;
	ui.chat.hidden = true;
};

const showChat = () => {
	ui.form.hidden = true;
	ui.chat.hidden = false;
	showOutbox();
	toEnd();
	if (open)
		ui.text.focus();
	connect();
	flush();
};

const showStart = () => {
	const no = config.identity === 'require' && !identity;
	if (no)
		showNote(t.sign);
	ui.bar.hidden = no;
	if (!no && !state.token && !state.out.length && wanted().length)
		showForm();
	else
		showChat();
};

/* --- the window --- */

const setOpen = yes => {
	open = yes;
	ui.panel.hidden = !yes;
	ui.launch.hidden = yes;
	ui.launch.setAttribute('aria-expanded', yes);
	if (yes) {
		toEnd();
		(ui.panel.querySelector('form:not([hidden]) input, form:not([hidden]) select') || ui.text).focus();
		wakeUp();
	} else
		ui.launch.focus();
	showUnread();
};

const grow = () => {
	ui.text.style.height = 'auto';
	ui.text.style.height = ui.text.scrollHeight + 2 + 'px';
	ui.send.disabled = !ui.text.value.trim();
};

const say = () => {
	const text = ui.text.value.trim();
	if (!text)
		return;
	if (new TextEncoder().encode(text).length > TEXT_MAX)
		return showNote(t.long);
	showNote('');
	change(s => s.out.push({ id: random(), text, at: new Date().toISOString() }));
	ui.text.value = '';
	grow();
	showOutbox();
	toEnd();
	flush();
};

/* Black or white, whichever can be read on it. */
const contrast = colour => {
	const [r, g, b] = [1, 3, 5].map(i => parseInt(colour.slice(i, i + 2), 16) / 255)
		.map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.36 ? '#000' : '#fff';
};

const build = () => {
	const host = make('div');
	const root = host.attachShadow({ mode: 'closed' });
	const sheet = new CSSStyleSheet();
	const bubbleIcon = 'M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z';
	ui = {
		badge: make('span', { className: 'badge', hidden: true, 'aria-hidden': true }),
		away: make('div', { className: 'note', role: 'status', textContent: t.away, hidden: true }),
		note: make('div', { className: 'note', role: 'status', hidden: true }),
		lines: make('div', { className: 'flat' }), waiting: make('div', { className: 'flat' }),
		form: make('div', { className: 'flat', hidden: true }), chat: make('div', { className: 'flat' }),
		text: make('textarea', { rows: 1, placeholder: t.write, 'aria-label': t.write, maxLength: TEXT_MAX }),
		send: make('button', { type: 'button', 'aria-label': t.send, title: t.send, disabled: true },
			icon('M3 3l19 9-19 9 3-9zm3.6 8L14 12l-7.4 1z')),
	};
	ui.log = make('div', { className: 'log', role: 'log', 'aria-live': 'polite', tabIndex: 0, 'aria-label': config.title },
		ui.lines, ui.waiting);
	ui.bar = make('div', { className: 'bar' }, ui.text, ui.send);
	ui.chat.append(ui.log, ui.bar);
	const close = make('button', { type: 'button', 'aria-label': t.close, title: t.close },
		icon('M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13.4 12z'));
	ui.panel = make('section', { className: 'panel', role: 'dialog', 'aria-label': config.title, hidden: true },
		make('header', {}, make('h2', { textContent: config.title }), close), ui.away, ui.note, ui.form, ui.chat);
	ui.launch = make('button', { className: 'launch', type: 'button', 'aria-expanded': false }, icon(bubbleIcon), ui.badge);
	ui.lines.append(bubble(false, config.title, config.greeting));
	sheet.replaceSync(css);
	root.adoptedStyleSheets = [sheet];
	host.style.setProperty('--accent', config.colour);
	host.style.setProperty('--on', contrast(config.colour));
	host.lang = lang;
	root.append(ui.launch, ui.panel);

	ui.launch.onclick = () => setOpen(true);
	close.onclick = () => setOpen(false);
	ui.send.onclick = say;
	ui.text.oninput = grow;
	ui.text.onkeydown = e => {
		if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) {
			e.preventDefault();
			say();
		}
	};
	ui.panel.onkeydown = e => {
		e.stopPropagation();
		if (e.key === 'Escape')
			setOpen(false);
	};
	document.body.append(host);
};

const start = async () => {
	try {
		const r = await request('config', {});
		if (r.status === 403 || r.status === 404)
			return console.warn('chat: this page may not use ' + base);
		if (r.status !== 200)
			throw r;
		config = await r.json();
	} catch (e) {
		return setTimeout(start, backOff(tries++));
	}
	tries = 0;
	lang = (config.language === 'auto' ? navigator.language : config.language).slice(0, 2).toLowerCase();
	lang = words[lang] ? lang : 'en';
	t = words[lang];
	/* Another person at the same browser shall not see the last one's chat. */
	if (state.token && (state.who || '') !== who)
		change(s => { for (const k in s) delete s[k]; s.out = []; });
	build();
	showUnread();
	showStart();
	if ('open' in script.dataset)
		setOpen(true);
	addEventListener('online', wakeUp);
	addEventListener('focus', wakeUp);
	document.addEventListener('visibilitychange', wakeUp);
	addEventListener('storage', e => {
		if (e.key === store) {
			const before = state.token;
			state = load();
			showOutbox();
			if (!before && state.token)
				showChat();
		}
	});
};

if (document.body)
	start();
else
	addEventListener('DOMContentLoaded', start);
})();

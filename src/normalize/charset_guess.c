/* SPDX-License-Identifier: ISC */
/*
 * Reads a sample in every encoding that is in use and asks whether the result
 * looks like a language: letters of one alphabet, the frequent ones, in the
 * case one would expect, and no signs in the middle of words.
 */
#include "normalize/charset.h"

#include <glib.h>
#include <string.h>

#include "normalize/charset_words.h"

#define SAMPLE	3000

/* By how much another reading must be better than the label's, and the most there is. */
#define LATIN_LEAD	9000
#define LATIN_MAX	20600
#define OTHER_LEAD	7000
#define CJK_LEAD	15000
#define CJK_MAX		25400

static const char *const latin[] = { "windows-1252", "iso-8859-15", "windows-1250", "iso-8859-2",
    "windows-1254", "windows-1257", NULL };
static const char *const cyrillic[] = { "windows-1251", "koi8-r", "koi8-u", "iso-8859-5", "cp866",
    NULL };

struct reading {
	const char	*charset;
	const char	*letters;	/* what the language adds to a-z; NULL: Cyrillic, CJK */
	int		 bonus;		/* per mille of the score: which one is met more often */
};

static const struct reading readings[] = {
	{ "windows-1252", "äöüßÄÖÜ", 60 },
	{ "windows-1252", "àâçéèêëîïôùûüœÀÂÇÉÈÊËÎÏÔÙÛÜŒ", 60 },
	{ "windows-1252", "áéíñóúüÁÉÍÑÓÚÜ¿¡ºª", 60 },
	{ "windows-1252", "ãõçáéíóúâêôàÃÕÇÁÉÍÓÚÂÊÔÀºª", 50 },
	{ "windows-1252", "àèéìòùÀÈÉÌÒÙ", 50 },
	{ "windows-1252", "åäöéÅÄÖÉæøÆØ", 50 },
	{ "windows-1252", "õäöüšžÕÄÖÜŠŽ", 30 },
	{ "windows-1252", "ðþæöáéíóúýÐÞÆÖÁÉÍÓÚÝ", 20 },
	{ "windows-1252", "éëïóèöüÉËÏÓ", 50 },
	{ "windows-1250", "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ", 20 },
	{ "windows-1250", "áäčďéíĺľňóôŕšťúýžÁÄČĎÉÍĹĽŇÓÔŔŠŤÚÝŽ", 15 },
	{ "windows-1250", "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", 20 },
	{ "windows-1250", "áéíóöőúüűÁÉÍÓÖŐÚÜŰ", 15 },
	{ "windows-1250", "ăâîşţĂÂÎŞŢ", 10 },
	{ "windows-1250", "čćđšžČĆĐŠŽ", 10 },
	{ "iso-8859-2", "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ", 10 },
	{ "iso-8859-2", "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", 10 },
	{ "windows-1254", "çğıöşüâîÇĞİÖŞÜ", 30 },
	{ "windows-1257", "ąčęėįšųūžĄČĘĖĮŠŲŪŽāēīļņģķĀĒĪ", 0 },
	{ "windows-1253", "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", 10 },
	{ "windows-1255", "אבגדהוזחטיךכלםמןנסעףפץצקרשת", 10 },
	{ "windows-1256", "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىئءؤأإآ", 10 },
	{ "iso-8859-6", "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىئءؤأإآ،؟", 0 },
	{ "windows-874", "กขคงจฉชซญดตถทธนบปผฝพฟมยรลวศษสหอฮะัาำิีึืุูเแโใไ็่้์ๆฯ", 10 },
	{ "windows-1251", NULL, 30 },
	{ "koi8-r", NULL, 20 },
	{ "koi8-u", NULL, 10 },
	{ "iso-8859-5", NULL, 0 },
	{ "cp866", NULL, 0 },
	{ "mac-cyrillic", NULL, -40 },
	{ "macintosh", "äöüßÄÖÜéèàçêñó", -60 },
	{ "cp850", "äöüßÄÖÜéèàçêñó", -60 },
	{ "shift_jis", NULL, 30 },
	{ "euc-jp", NULL, 20 },
	{ "gb18030", NULL, 30 },
	{ "big5", NULL, 20 },
	{ "cp949", NULL, 20 },
};

static const char often_han[] =
    "的一是不了人我在有他这这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能"
    "对着事其里所去行过家用发天如都成经没作现些主方很前样起把好动进法老两等被面同已问最间此者部力"
    "理多心位次件请谢您公司订单号货退款收帮客服网站支付密码账户登录邮箱联系电话感询查询价格"
    "這為來個們到說國時過後會對裡發現經沒動進兩問間請謝單號貨幫網價電話聯繫帳戶登錄訂購詢產品"
    "本日月時分前後会社様注文商品届送料金願返信問合連絡先名電話番号件確認何所見入手場方今思言業新"
    "山田村小林佐藤鈴木高橋伊渡辺吉井松加斎清水野池原石川島崎岡口太郎助求請受取交換不具合購内容"
    "张王李刘陈杨赵黄周吴徐孙胡朱郭何罗郑梁宋唐许邓韩冯曹彭曾萧伟芳娜秀英敏静丽强磊军洋勇艳杰"
    "申票合同录误错坏换产生无法什么时候帮忙题息关于务费购买物流编快递已收确认尽复附件谨祝商颂"
    "張劉陳楊趙吳孫羅鄭許鄧韓馮偉麗無什麼時候幫錯誤壞換產關於務費購買編號遞確認盡復發票";
static const char often_hangul[] =
    "이다는을를가에의고하은도로한지기니어서사시나라수있자인그리아게해습안주요정만보대일내들적상것과"
    "면했문제님감녕세합까부드원구전화번호성송품배환불계연락처입무조신오전저제건확답장메테스트"
    "객센터택영업월년간김이박최정강조윤임한민준현수진철희경비밀류도와결교취소청공급쇼핑몰디로카"
    "되하할되안않없있였습니까께께서관려련련하판매체험형태직접접수통운운송후바발표용량물";
static const char often_cyrillic[] = "оеаинтсрвлкмдпуОЕАИНТСРВЛКМДПУ";

/* Han or Hangul that people write often; CJK signs and kana too. */
static int
weigh_cjk(gunichar c)
{
	if (c >= 0x3041 && c <= 0x3096)
		return 40;
	if ((c >= 0x30a1 && c <= 0x30fc) || (c >= 0x3001 && c <= 0x3011))
		return 30;
	if (c >= 0xff01 && c <= 0xff5e)
		return 24;
	if (c >= 0x4e00 && c <= 0x9fff)
		return g_utf8_strchr(often_han, -1, c) != NULL ? 50 : 8;
	if (c >= 0xac00 && c <= 0xd7a3)
		return g_utf8_strchr(often_hangul, -1, c) != NULL ? 46 : 4;
	if (c >= 0xff61 && c <= 0xff9f)
		return 2;
	return 0;
}

static int
weigh_cyrillic(gunichar c, gunichar before, gunichar next)
{
	if (c < 0x400 || c > 0x491)
		return 0;
	if ((before < 0x80 && g_ascii_isalpha((char)before)) ||
	    (next < 0x80 && g_ascii_isalpha((char)next)))
		return -20;
	if (g_unichar_isupper(c) && g_unichar_islower(before))
		return -30;
	if (!g_unichar_isalpha(before) && (c == 0x44a || c == 0x44b || c == 0x44c))
		return -30;	/* no word begins with these */
	if (!g_unichar_isalpha(before) && c == next)
		return -10;
	if (!g_unichar_isalpha(before) && !g_unichar_isalpha(next))
		return 4;	/* a bullet, or one of few words */
	if (g_utf8_strchr(often_cyrillic, -1, c) != NULL)
		return g_unichar_islower(c) ? 25 : 16;
	if ((c >= 0x410 && c <= 0x44f) || c == 0x451 || c == 0x401)
		return 11;
	return c == 0x456 || c == 0x457 || c == 0x454 || c == 0x491 ? 11 : -8;
}

/* Letters that only end a word, inside of one: Greek sigma, five Hebrew ones. */
static bool
is_final_inside(gunichar c, gunichar next)
{
	return (c == 0x3c2 || c == 0x5da || c == 0x5dd || c == 0x5df || c == 0x5e3 || c == 0x5e5) &&
	    g_unichar_isalpha(next);
}

/* Signs of ordinary typing; they say little. */
static bool
is_plain_sign(gunichar c)
{
	return c == 0xa0 || g_utf8_strchr("§°«»„“”‚‘’–—…€£©®•´·№", -1, c) != NULL;
}

static int
weigh(const struct reading *r, gunichar c, gunichar before, gunichar next)
{
	int	w;

	if (c == 0xfffd || g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_PRIVATE_USE)
		return -60;
	if (is_final_inside(c, next))
		return -30;
	if (r->letters != NULL && g_utf8_strchr(r->letters, -1, c) != NULL) {
		if (g_unichar_isupper(c) && g_unichar_islower(before))
			return -20;
		/* Bullets: no alphabet but the Latin has words of one such letter. */
		if (c >= 0x370 && !g_unichar_isalpha(before) && !g_unichar_isalpha(next))
			return 2;
		return 20;
	}
	if (is_plain_sign(c))
		return g_unichar_isalpha(before) && g_unichar_isalpha(next) && c != 0x2019 ? -6 : 4;
	if (r->letters == NULL &&
	    ((w = weigh_cjk(c)) != 0 || (w = weigh_cyrillic(c, before, next)) != 0))
		return w;
	if (g_unichar_isalpha(c))
		return -6;
	return g_unichar_isalpha(before) || g_unichar_isalpha(next) ? -20 : -8;
}

/* Points per high byte, times 1000; very low if the bytes are not valid. */
static long
score(const struct reading *r, const char *sample, size_t len, long high)
{
	bool		 damaged = false;
	g_autofree char	*utf8 = charset_convert(sample, len, r->charset, true, &damaged);
	const char	*at;
	gunichar	 c, before = ' ', next;
	long		 sum = 0;

	if (utf8 == NULL)
		return -1000000;
	for (at = utf8; *at != '\0'; before = c) {
		c = g_utf8_get_char(at);
		at = g_utf8_next_char(at);
		if (c < 0x80)
			continue;
		next = g_utf8_get_char(at);
		sum += weigh(r, c, before, next);
	}
	return sum * 1000 / high + r->bonus * 10;
}

static long
count_high(const char *bytes, size_t len)
{
	long	n = 0;
	size_t	i;

	for (i = 0; i < len; i++)
		n += (bytes[i] & 0x80) != 0;
	return n;
}

/* Rows of no-break spaces, with which programs indent, are no letters. */
static void
append_letters(GString *out, const char *p, size_t len)
{
	size_t	i, n;

	for (i = 0; i < len; i += n) {
		for (n = 1; p[i] == '\xa0' && i + n < len && p[i + n] == '\xa0'; n++)
			continue;
		g_string_append_c(out, n > 1 ? ' ' : p[i]);
	}
}

/* Up to SAMPLE bytes around the high ones, cut at blanks. */
static GString *
take_sample(const char *bytes, size_t len)
{
	GString	*out = g_string_sized_new(SAMPLE + 256);
	size_t	 i = 0, start, n;

	while (i < len && out->len < SAMPLE) {
		for (start = i; i < len && (bytes[i] & 0x80) == 0; i++)
			if (bytes[i] == '\n' || bytes[i] == ' ')
				start = i + 1;
		if (i == len)
			break;
		for (n = 0; i < len && bytes[i] != '\n' && n < 512; i++, n++)
			;
		append_letters(out, bytes + start, i - start);
		g_string_append_c(out, '\n');
	}
	return out;
}

/* The best of all readings (of one encoding, if name is given). */
static long
best_score(const char *sample, size_t len, const char *only, const char **name)
{
	long	best = -1000000, s, high = count_high(sample, len);
	size_t	i;

	*name = "windows-1252";
	for (i = 0; i < G_N_ELEMENTS(readings); i++) {
		if (only != NULL && strcmp(readings[i].charset, only) != 0)
			continue;
		s = score(&readings[i], sample, len, high);
		if (s > best) {
			best = s;
			*name = readings[i].charset;
		}
	}
	return best;
}

/* The charset whose words are in the sample, though "name" was thought of; or NULL. */
static const char *
by_words(const GString *sample, const char *name)
{
	const char	*words = charset_words_best(sample->str, sample->len, name), *same;

	/* two for the same languages: let their letters decide */
	if (words != NULL && strcmp(words, "windows-1250") == 0 &&
	    best_score(sample->str, sample->len, "iso-8859-2", &same) >
	    best_score(sample->str, sample->len, words, &same))
		return "iso-8859-2";
	return words;
}

static bool
has_only_nbsp(const char *bytes, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++)
		if ((bytes[i] & 0x80) != 0 && bytes[i] != '\xa0')
			return false;
	return true;
}

const char *
charset_guess(const char *bytes, size_t len)
{
	g_autoptr(GString)	 sample = take_sample(bytes, len);
	const char		*name, *words;

	if (count_high(sample->str, sample->len) == 0)
		return "utf-8";
	if (has_only_nbsp(sample->str, sample->len))
		return "windows-1252";
	if (best_score(sample->str, sample->len, NULL, &name) < -20000)
		name = "windows-1252";
	words = by_words(sample, name);
	return words != NULL ? words : name;
}

static bool
is_one_of(const char *name, const char *const *names)
{
	while (*names != NULL && strcmp(name, *names) != 0)
		names++;
	return *names != NULL;
}

/* How bytes above 0x80 stand together. */
struct pattern {
	size_t	high;		/* without no-break spaces */
	size_t	letters;	/* 0xc0 and above */
	size_t	in_runs;	/* letters with two others beside them */
	size_t	odd;		/* signs next to another of these bytes */
	size_t	leads;		/* 0x82 and 0x83 */
};

static bool
is_odd_sign(unsigned char b)
{
	return b > 0xa1 && b < 0xbf && b != 0xab && b != 0xbb;
}

static void
read_pattern(const char *bytes, size_t len, struct pattern *p)
{
	size_t		i, run = 0;
	unsigned char	b, next;

	memset(p, 0, sizeof *p);
	for (i = 0; i <= len; i++) {
		b = i < len ? (unsigned char)bytes[i] : ' ';
		next = i + 1 < len ? (unsigned char)bytes[i + 1] : ' ';
		if (b >= 0xc0) {
			run++;
			p->letters++;
		} else if (b < 0x80) {
			p->in_runs += run >= 3 ? run : 0;
			run = 0;
		}
		p->high += b >= 0x80 && b != 0xa0;
		p->leads += b == 0x82 || b == 0x83;
		p->odd += b > 0xa0 && next > 0xa0 && (is_odd_sign(b) || is_odd_sign(next));
	}
}

/* Words have several letters, rows of pounds or of one vowel have not. */
static bool
has_variety(const char *bytes, size_t len)
{
	bool	seen[256] = { false };
	size_t	i, n = 0;

	for (i = 0; i < len && n < 4; i++) {
		unsigned char	b = (unsigned char)bytes[i];

		n += b > 0xa0 && !seen[b];
		seen[b] = true;
	}
	return n >= 4;
}

/*
 * No language with Latin letters writes three accented ones in a row or signs
 * between them; other alphabets do little else, and Shift_JIS is full of 0x82
 * and 0x83.
 */
static bool
is_no_latin(const char *bytes, size_t len)
{
	struct pattern	p;

	read_pattern(bytes, len, &p);
	if (p.leads >= 3 && p.leads * 4 >= p.high)
		return true;
	return has_variety(bytes, len) && ((p.letters >= 3 && p.in_runs * 2 >= p.letters) ||
	    (p.letters > 0 && p.odd >= 2 && p.odd * 3 >= p.high));
}

/* The label says a Latin alphabet. */
static const char *
latin_contradicted(const GString *sample, const char *name, long high)
{
	bool		 strange = is_no_latin(sample->str, sample->len);
	const char	*other = by_words(sample, name), *same;
	long		 best, own;

	if (other != NULL || high < 4)
		return other;
	own = best_score(sample->str, sample->len, name, &same);
	if (own > LATIN_MAX - LATIN_LEAD && !strange)	/* none can be better by so much */
		return NULL;
	best = best_score(sample->str, sample->len, NULL, &other);
	if (is_one_of(other, latin))
		return best >= 15000 && best - own >= LATIN_LEAD ? other : NULL;
	return best >= 8000 && best - own >= OTHER_LEAD && strcmp(other, "cp866") != 0 &&
	    strange ? other : NULL;
}

const char *
charset_contradicted(const char *bytes, size_t len, const char *name)
{
	bool			 multibyte = charset_is_multibyte(name);
	g_autoptr(GString)	 sample = NULL;
	const char		*other, *same;
	long			 best, own, high;

	if (!is_one_of(name, latin) && !is_one_of(name, cyrillic) && !multibyte)
		return NULL;
	sample = take_sample(bytes, len);
	if ((high = count_high(sample->str, sample->len)) == 0)
		return NULL;
	if (is_one_of(name, latin))
		return latin_contradicted(sample, name, high);
	own = best_score(sample->str, sample->len, name, &same);
	if (multibyte && (high < 8 || own > CJK_MAX - CJK_LEAD))
		return NULL;
	best = best_score(sample->str, sample->len, NULL, &other);
	if (strcmp(name, "koi8-r") == 0 && strcmp(other, "koi8-u") == 0)
		return other;
	if (best < 8000 || best - own < (multibyte && own >= -5000 ? CJK_LEAD : OTHER_LEAD))
		return NULL;
	return high >= 4 || own < -5000 ? other : NULL;
}

#!/usr/bin/env python3
"""Writes NAME.eml and NAME.exp beside itself, always the same bytes.

What is expected comes from what went into a message (the text before it was
encoded) or is written down by hand from the documents; it never comes from the
program under test.  A line is "key = value", "key ~ contained" or "key ! not
contained", for every way a message can be read.
"""
import base64
import binascii
import os

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = set()
HEAD = ("From: Ann Smith <ann@example.com>\n"
        "To: Bob <bob@example.org>\n"
        "Date: Thu, 1 Oct 2026 12:34:56 +0200\n"
        "Message-ID: <%s@example.com>\n"
        "MIME-Version: 1.0\n")
DATE = "1790850896"             # 2026-10-01 10:34:56 UTC


def esc(text):
    return (text.replace("\\", "\\\\").replace("\r", "\\r")
            .replace("\n", "\\n").replace("\t", "\\t"))


def crlf(text):
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def message(name, raw, *expected, head=True, as_is=False):
    """raw: str (Latin-1 for raw bytes) with LF, or bytes if as_is"""
    assert name not in NAMES, name
    NAMES.add(name)
    if not as_is:
        if isinstance(raw, str):
            raw = raw.encode("latin-1")
        if head:
            raw = (HEAD % name).encode() + raw
        raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    with open(os.path.join(HERE, name + ".eml"), "wb") as f:
        f.write(raw)
    with open(os.path.join(HERE, name + ".exp"), "w", encoding="utf-8",
              newline="\n") as f:
        for line in expected:
            key, op, value = line
            f.write("%s %s %s\n" % (key, op, esc(value)))


def eq(key, value):
    return (key, "=", str(value))


def has(key, value):
    return (key, "~", str(value))


def hasnt(key, value):
    return (key, "!", str(value))


def b64(data):
    s = base64.b64encode(data).decode()
    return "\n".join(s[i:i + 76] for i in range(0, len(s), 76)) + "\n"


def qp(data):
    return binascii.b2a_qp(data, istext=True).decode("ascii")


def lat(data):
    return data.decode("latin-1")


def word(text, charset, enc="B"):
    raw = text.encode(charset)
    if enc == "B":
        return "=?%s?B?%s?=" % (charset, base64.b64encode(raw).decode())
    return "=?%s?Q?%s?=" % (charset, "".join("=%02X" % c for c in raw))


def part(ctype, body, cte="", extra=""):
    return "Content-Type: %s\n%s%s\n%s" % (
        ctype, "Content-Transfer-Encoding: %s\n" % cte if cte else "", extra,
        body)


def multi(sub, boundary, parts, params=""):
    return ('Content-Type: multipart/%s; boundary="%s"%s\n\npreamble\n'
            % (sub, boundary, params) +
            "".join("--%s\n%s\n" % (boundary, p) for p in parts) +
            "--%s--\nepilogue\n" % boundary)


def html_of_text(text):
    """As the program writes plain text: escaped, <br>, spaces kept"""
    out, space = "", True
    for c in text.replace("\r\n", "\n"):
        if c == "\n":
            out += "<br>\r\n"
        elif c == " " and space:
            out += "&nbsp;"
        elif c == "\t":
            out += "&nbsp;&nbsp;&nbsp; "
        else:
            out += {"&": "&amp;", "<": "&lt;", ">": "&gt;",
                    '"': "&quot;"}.get(c, c)
        space = c in " \n"
    return "<html><body><div>" + out + "</div></body></html>\r\n"


# --- charsets: label, Python's codec, code page, text ---
CHARSETS = [
    ("iso-8859-1", "latin-1", 28591, "Réunion à Orléans, très bien"),
    ("iso-8859-2", "iso-8859-2", 28592, "Zażółć gęślą jaźń, příliš žluťoučký kůň"),
    ("iso-8859-5", "iso-8859-5", 28595, "Привет из Софии"),
    ("iso-8859-7", "iso-8859-7", 28597, "Καλημέρα από την Αθήνα"),
    ("iso-8859-8-i", "iso-8859-8", 38598, "שלום מתל אביב"),
    ("iso-8859-9", "cp1254", 28599, "Günaydın, işte özet"),
    ("iso-8859-15", "iso-8859-15", 28605, "1.200 € für Möbel, Šárka"),
    ("koi8-r", "koi8-r", 20866, "Пожалуйста, проверьте отчёт"),
    ("koi8-u", "koi8-u", 21866, "Перевірте, будь ласка, звіт їжак"),
    ("windows-1250", "cp1250", 1250, "Příliš žluťoučký „kůň“"),
    ("windows-1251", "cp1251", 1251, "Счёт на оплату № 42"),
    ("windows-1252", "cp1252", 1252, "It’s “final” – €5…"),
    ("windows-1253", "cp1253", 1253, "Το άρθρο είναι έτοιμο"),
    ("windows-1255", "cp1255", 1255, "שלום עולם"),
    ("windows-1256", "cp1256", 1256, "مرحبا بالعالم"),
    ("windows-1257", "cp1257", 1257, "Ąžuolas žalias"),
    ("iso-2022-jp", "iso-2022-jp", 50220, "会議の議事録を添付します。ABC"),
    ("shift_jis", "cp932", 932, "見積書をお送りします①"),
    ("euc-jp", "euc-jp", 51932, "会議の議事録"),
    ("gb2312", "gbk", 936, "请查看附件中的合同，镕"),
    ("gb18030", "gb18030", 54936, "关于合同的问题 𠀀"),
    ("big5", "big5", 950, "會議通知，請查收附件"),
    ("euc-kr", "euc-kr", 51949, "첨부 파일을 확인해 주세요"),
    ("ks_c_5601-1987", "cp949", 949, "회의 일정 안내 똠"),
    ("tis-620", "tis-620", 874, "สวัสดีครับ"),
    ("utf-7", "utf-7", 65000, "Grüße aus Köln"),
    ("utf-8", "utf-8", 65001, "Zażółć 🎉 👩‍👩‍👧‍👦 مرحبا"),
]


def charsets():
    for label, codec, cpid, text in CHARSETS:
        raw = (text + "\n").encode(codec)
        enc = {"iso-2022-jp": "7bit", "utf-7": "7bit"}.get(
            label, ["8bit", "base64", "quoted-printable"][len(label) % 3])
        body = {"7bit": lat, "8bit": lat, "base64": b64,
                "quoted-printable": qp}[enc](raw)
        subject = ("=?%s?B?%s?=" % (label, base64.b64encode(
            text.encode(codec)).decode()) if label != "utf-7" else "utf-7")
        message("charset-" + label,
                "Subject: %s\nContent-Type: text/plain; charset=%s\n"
                "Content-Transfer-Encoding: %s\n\n%s" % (
                    subject, label, enc, body),
                eq("subject", text if label != "utf-7" else "utf-7"),
                eq("plain", crlf(text + "\n")),
                eq("html", html_of_text(text + "\n")),
                eq("preview", text), eq("cpid", cpid),
                eq("plain.truncated", "no"),
                eq("plain.size", len(crlf(text + "\n").encode())),
                eq("native", 1), eq("attachments", 0))
    # wrong labels
    message("charset-utf8-is-latin1",
            "Subject: x\nContent-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: 8bit\n\nSch\xf6ne Gr\xfc\xdfe \x80 5\n",
            eq("plain", "Schöne Grüße € 5\r\n"))
    message("charset-ascii-is-utf8",
            "Subject: x\nContent-Type: text/plain; charset=us-ascii\n\n" +
            lat("Schöne Grüße 🎉\n".encode()),
            eq("plain", "Schöne Grüße 🎉\r\n"), eq("cpid", 20127))
    message("charset-utf8-broken",
            "Subject: x\nContent-Type: text/plain; charset=utf-8\n\n" +
            lat("ü".encode()) + "a\xffb\xc3\n",
            eq("plain", "üa\ufffdb\ufffd\r\n"))
    message("charset-unknown",
            "Subject: =?x-nope?Q?J=FCrgen?=\n"
            "Content-Type: text/plain; charset=x-nope\n\nJ\xfcrgen\n",
            eq("plain", "Jürgen\r\n"), eq("subject", "Jürgen"),
            eq("cpid", 65001))
    message("charset-evil-name",
            "Subject: x\nContent-Type: text/plain; "
            "charset=\"../../etc/passwd//IGNORE\"\n\nJ\xfcrgen\n",
            eq("plain", "Jürgen\r\n"))
    message("charset-utf16",
            "Subject: x\nContent-Type: text/plain; charset=utf-16\n"
            "Content-Transfer-Encoding: base64\n\n" +
            b64(b"\xff\xfe" + "Grüße 🎉\n".encode("utf-16-le")),
            eq("plain", "Grüße 🎉\r\n"))
    message("charset-bom",
            "Subject: x\nContent-Type: text/plain; charset=utf-8\n\n"
            "\xef\xbb\xbfText\n", eq("plain", "Text\r\n"))
    message("control-characters",
            "Subject: a\x01b\x08c\nContent-Type: text/plain; charset=utf-8\n\n"
            "a\x00b\x01c\x1b[1md\x0ce\x7f\xef\xbf\xbff\n",
            eq("plain", "abc[1mde\x7ff\r\n"), eq("subject", "abc"))


def bodies():
    alt = multi("alternative", "a1", [
        part("text/plain; charset=utf-8", "plain & simple\n"),
        part("text/html; charset=utf-8",
             "<html><body><p>rich &amp; <b>bold</b></p></body></html>\n")])
    message("alternative", "Subject: alt\n" + alt,
            eq("plain", "plain & simple\r\n"),
            has("html", "<p>rich &amp; <b>bold</b></p>"),
            eq("preview", "rich & bold"), eq("native", 2),
            eq("attachments", 0), eq("html.truncated", "no"))
    message("alternative-in-mixed", "Subject: m\n" + multi("mixed", "m1", [
        alt, part("application/pdf; name=a.pdf", b64(b"%PDF-1.4"), "base64",
                  "Content-Disposition: attachment; filename=a.pdf\n")]),
            eq("plain", "plain & simple\r\n"), has("html", "<b>bold</b>"),
            eq("attachments", 1), eq("att1.id", "2"), eq("att1.name", "a.pdf"),
            eq("att1.data", "%PDF-1.4"), eq("att1.method", 1),
            eq("att1.type", "application/pdf"), eq("att1.inline", "no"))
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
    image = part("image/png; name=logo.png", b64(png), "base64",
                 "Content-ID: <logo@x>\n")
    message("alternative-related", "Subject: r\n" + multi("alternative", "a", [
        part("text/plain", "text\n"),
        multi("related", "r", [
            part("text/html", '<p>see <img src="cid:logo@x"></p>\n'), image],
              "; type=\"text/html\"")]),
            eq("plain", "text\r\n"), has("html", 'src="cid:logo@x"'),
            eq("attachments", 1), eq("att1.id", "2.2"),
            eq("att1.cid", "logo@x"), eq("att1.inline", "yes"),
            eq("att1.name", "logo.png"), eq("att1.bytes", len(png)),
            eq("att1.hex", "89504e470d0a1a0a"))
    message("related-start", "Subject: r\n" + multi("related", "r", [
        image, part("text/html", "<p>root is second</p>\n", "",
                    "Content-ID: <root@x>\n")], '; start="<root@x>"'),
            eq("plain", "root is second\r\n"), eq("attachments", 1),
            eq("att1.id", "1"), eq("att1.inline", "yes"))
    message("mixed-inline-cid", "Subject: r\n" + multi("mixed", "r", [
        part("text/html", '<img src="CID:logo@x"> seen\n'),
        image.replace("Content-ID", "Content-Disposition: inline\nContent-ID"),
        image.replace("logo@x", "other@x").replace("logo.png", "b.png")]),
            eq("attachments", 2), eq("att1.inline", "yes"),
            eq("att2.inline", "no"), eq("att2.cid", "other@x"))
    message("mixed-texts", "Subject: apple\n" + multi("mixed", "r", [
        part("text/plain", "before\n"), image, part("text/plain", "after\n")]),
            eq("plain", "before\r\nafter\r\n"), eq("attachments", 1),
            has("html", "before<br>"), has("html", "after<br>"))
    message("list-footer", "Subject: list\n" + multi("mixed", "r", [
        alt, part("text/plain", "____\nlist footer\n", "",
                  "Content-Disposition: inline\n")]),
            eq("plain", "plain & simple\r\n____\r\nlist footer\r\n"),
            has("html", "list footer"), has("html", "<b>bold</b>"),
            eq("attachments", 0))
    message("named-text-is-attachment", "Subject: n\n" + multi("mixed", "r", [
        part("text/plain", "body\n"),
        part("text/plain; name=log.txt", "log\n")]),
            eq("plain", "body\r\n"), eq("attachments", 1),
            eq("att1.name", "log.txt"), eq("att1.data", "log\r\n"))
    message("only-attachment", "Subject: n\nContent-Disposition: attachment; "
            "filename=a.txt\nContent-Type: text/plain\n\nfile\n",
            eq("plain", ""), eq("attachments", 1), eq("att1.id", "1"),
            eq("att1.data", "file\r\n"), eq("plain.truncated", "no"))
    message("one-child", "Subject: n\n" + multi("mixed", "a", [
        multi("mixed", "b", [multi("alternative", "c", [
            part("text/html", "<p>only</p>\n")])])]),
            eq("plain", "only\r\n"), has("html", "<p>only</p>"),
            eq("attachments", 0))
    message("alternative-mixed", "Subject: n\n" + multi("alternative", "a", [
        part("text/plain", "text\n"),
        multi("mixed", "b", [
            part("text/html", "<p>one</p>"),
            part("application/pdf", "x", "", "Content-Disposition: inline; "
                 "filename=x.pdf\n"),
            part("text/html", "<p>two</p>")])]),
            eq("plain", "text\r\n"), has("html", "<p>one</p>"),
            has("html", "<p>two</p>"), eq("attachments", 1),
            eq("att1.id", "2.2"))
    message("alternative-unknown-last", "Subject: n\n" +
            multi("alternative", "a", [
                part("text/plain", "text\n"), part("text/html", "<p>h</p>\n"),
                part("text/x-amp-html", "<p>amp</p>\n"),
                part("text/watch-html", "<p>watch</p>\n")]),
            eq("plain", "text\r\n"), has("html", "<p>h</p>"),
            eq("attachments", 0))
    message("alternative-only-plain", "Subject: n\n" +
            multi("alternative", "a", [part("text/plain", "text\n")]),
            eq("plain", "text\r\n"), has("html", "<div>text"),
            eq("native", 1))
    message("html-only", "Subject: n\nContent-Type: text/html; "
            "charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n"
            "\n<html><head><meta http-equiv=3D\"Content-Type\" content=3D\""
            "text/html; charset=3Diso-8859-1\"><title>T</title></head><body>"
            "Gr=FC=DFe</body></html>\n",
            has("html", "<body>Grüße</body>"), hasnt("html", "charset"),
            eq("plain", "Grüße\r\n"), has("html", "<title>T</title>"),
            eq("cpid", 28591), eq("native", 2))
    message("no-content-type", "Subject: n\n\nhello\n", eq("plain", "hello\r\n"),
            eq("native", 1), eq("class", "IPM.Note"))
    message("no-mime", "Subject: old\nFrom: a@b.c\n\nold mail\n",
            eq("plain", "old mail\r\n"), eq("from", "a@b.c"), eq("to", "(none)"),
            head=False)
    message("no-body", "Subject: nothing\n\n", eq("plain", ""), eq("html", ""),
            eq("plain.truncated", "no"), eq("plain.size", 0),
            eq("preview", ""), eq("attachments", 0))
    message("no-end-of-headers", "Subject: headers only\n",
            eq("subject", "headers only"), eq("plain", ""))
    message("empty", b"", eq("subject", ""), eq("plain", ""), eq("from", "(none)"),
            eq("date", 0), eq("class", "IPM.Note"), as_is=True)
    message("missing-boundary-parameter", "Subject: n\nContent-Type: "
            "multipart/mixed\n\n--x\nContent-Type: text/plain\n\nseen\n--x--\n",
            has("plain", "seen"))
    message("boundary-never-comes", "Subject: n\nContent-Type: "
            "multipart/mixed; boundary=nope\n\nall that is there\n",
            eq("plain", "all that is there\r\n"))
    message("boundary-not-closed", "Subject: n\nContent-Type: "
            "multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b\n"
            "Content-Type: image/gif\nContent-Transfer-Encoding: base64\n\n"
            "R0lGODlh\n", has("plain", "first"), eq("attachments", 1),
            eq("att1.data", "GIF89a"), eq("att1.name", "ATT00001.gif"))
    message("digest", "Subject: d\n" + multi("digest", "b", [
        "\nSubject: one\nFrom: a@b.c\n\nbody one\n",
        "\nSubject: two/2\nFrom: a@b.c\n\nbody two\n"]),
            eq("attachments", 2), eq("att1.method", 5),
            eq("att1.name", "one.eml"), eq("att2.name", "two_2.eml"),
            has("att2.data", "body two"), eq("plain", ""))
    message("nested-message", "Subject: fwd\n" + multi("mixed", "b", [
        part("text/plain", "see below\n"),
        part("message/rfc822", "Subject: " + word("Größe", "utf-8") +
             "\nFrom: c@d.e\nMIME-Version: 1.0\n" +
             multi("mixed", "inner", [part("text/plain", "inner text\n"),
                                      part("image/png", "xx")]))]),
            eq("plain", "see below\r\n"), eq("attachments", 1),
            eq("att1.name", "Größe.eml"), eq("att1.type", "message/rfc822"),
            eq("att1.method", 5), eq("att1.id", "2"),
            has("att1.data", "inner text"))
    message("root-is-message", "Subject: r\nContent-Type: message/rfc822\n\n"
            "Subject: inside\n\ntext\n", eq("attachments", 1),
            eq("att1.id", "1"), eq("att1.name", "inside.eml"),
            eq("plain", ""))
    message("base64-garbage", "Subject: g\nContent-Type: text/plain\n"
            "Content-Transfer-Encoding: base64\n\n" +
            "SGVs!!bG8g\n d29y*bGQu\n=\nSGk=\n-- \nx",
            has("plain", "Hello world."))
    message("base64-concatenated", "Subject: g\n" + multi("mixed", "b", [
        part("text/plain", "t\n"),
        part("application/octet-stream",
             b64(b"first") + b64(b"second"), "base64")]),
            eq("att1.data", "firstsecond"), eq("att1.name", "ATT00001.dat"))
    message("qp-broken", "Subject: g\nContent-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: quoted-printable\n\n"
            "a=C3=BCb =ZZ c= \nd=\n", has("plain", "aüb"), has("plain", "=ZZ"))
    message("unknown-encoding", "Subject: g\nContent-Type: text/plain\n"
            "Content-Transfer-Encoding: x-what\n\nshown as it is\n",
            eq("plain", "shown as it is\r\n"))
    message("uuencode-text", "Subject: g\nContent-Type: text/plain\n"
            "Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n#86)C\n`\nend\n",
            has("plain", "begin 644 a"))
    message("flowed", "Subject: f\nContent-Type: text/plain; charset=utf-8; "
            "format=flowed\n\n"
            "This is one \nparagraph.\n\n> quoted \n> text\n>> deeper\n"
            " >not quoted\n-- \nsig\n",
            eq("plain", "This is one paragraph.\r\n\r\n> quoted text\r\n"
               ">> deeper\r\n>not quoted\r\n-- \r\nsig\r\n"))
    message("flowed-delsp", "Subject: f\nContent-Type: text/plain; "
            "charset=utf-8; format=flowed; delsp=yes\n\n" +
            lat("日本 \n語です \n。\n".encode()),
            eq("plain", "日本語です。\r\n"))
    message("bare-line-ends", b"Subject: b\r\nContent-Type: text/plain\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" +
            b64(b"a\nb\rc\r\nd").encode(),
            eq("plain", "a\r\nb\r\nc\r\nd"), as_is=True)
    message("enriched", "Subject: e\nContent-Type: text/enriched\n\n"
            "<bold>Hello</bold> there\n", eq("plain", "Hello there\r\n"))
    message("text-unknown-subtype", "Subject: e\n" + multi("mixed", "b", [
        part("text/plain", "b\n"), part("text/x-vcard", "BEGIN:VCARD\n")]),
            eq("attachments", 1), eq("att1.name", "ATT00001.vcf"),
            eq("plain", "b\r\n"))
    message("text-to-html", "Subject: e\nContent-Type: text/plain\n\n"
            "a < b & c > \"d\"\n  indented\tx  y\n",
            eq("html", html_of_text('a < b & c > "d"\n  indented\tx  y\n')),
            eq("plain", 'a < b & c > "d"\r\n  indented\tx  y\r\n'))
    message("tnef", "Subject: t\n" + multi("mixed", "b", [
        part("text/plain", "b\n"),
        part("application/ms-tnef", b64(b"\x78\x9f\x3e\x22"), "base64")]),
            eq("attachments", 1), eq("att1.name", "winmail.dat"),
            eq("att1.method", 1))
    message("appledouble", "Subject: t\n" + multi("mixed", "b", [
        part("text/plain", "b\n"), multi("appledouble", "c", [
            part("application/applefile; name=x.doc", "r"),
            part("application/msword; name=x.doc", "d")])]),
            eq("attachments", 1), eq("att1.type", "application/msword"),
            eq("att1.id", "2.2"))


def truncation():
    text = "0123456789 äöü " * 40
    message("truncation", "Subject: t\nContent-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: 8bit\n\n" + lat(text.encode()) + "\n",
            # 30 bytes: "0123456789 äöü " is 18, then 11, one byte of room
            eq("plain30", "0123456789 äöü 0123456789 "[:26]),
            eq("plain30.truncated", "yes"), eq("plain0", ""),
            eq("plain0.truncated", "yes"), eq("html60.truncated", "yes"),
            has("mime100", "From: Ann Smith"), eq("mime100.truncated", "yes"),
            eq("mime.truncated", "no"), eq("plain.truncated", "no"),
            eq("plain.size", len(text.encode()) + 2))
    message("truncation-exact", "Subject: t\nContent-Type: text/plain\n\n" +
            "x" * 28 + "\n", eq("plain30", "x" * 28 + "\r\n"),
            eq("plain30.truncated", "no"), eq("plain30.size", 30))
    style = "p.MsoNormal {mso-style-parent: ''; margin: 0;}\n" * 40
    message("truncation-html-head", "Subject: t\nContent-Type: text/html; "
            "charset=utf-8\n\n<html xmlns:o=\"urn:schemas-microsoft-com:"
            "office:office\" xmlns:w=\"urn:x\"><head><meta name=Generator "
            "content=\"Word\"><style><!--\n" + style +
            "--></style><!--[if gte mso 9]><xml>junk</xml><![endif]--></head>"
            "<body lang=EN><p class=MsoNormal>The first words.</p>" +
            "<p>more</p>" * 100 + "</body></html>\n",
            has("html500", "The first words."), hasnt("html500", "mso-style"),
            hasnt("html500", "junk"), eq("html500.truncated", "yes"),
            has("html", "mso-style-parent"), eq("html.truncated", "no"),
            eq("preview", ("The first words." + " more" * 100)[:100]))
    big = "".join("Zeile %06d äöü\n" % i for i in range(20000))
    message("large", "Subject: t\nContent-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: base64\n\n" + b64(big.encode()),
            has("plain", "Zeile 019999 äöü\r\n"), has("plain", "Zeile 012345"),
            eq("plain.truncated", "no"), # 21 bytes and 9 of the next line
            eq("plain30", "Zeile 000000 äöü\r\nZeile 000"))


def html():
    def page(name, body, plain, *more):
        message("html-" + name, "Subject: h\nContent-Type: text/html; "
                "charset=utf-8\n\n" + lat(body.encode()),
                eq("plain", plain), *more)
    page("blocks", "<h1>Title</h1><p>One   two\n three</p><p>Four<br>Five</p>"
         "<div>Six</div><div>Seven</div>\n",
         "Title\r\n\r\nOne two three\r\n\r\nFour\r\nFive\r\n\r\nSix\r\nSeven\r\n")
    page("list-table", "<ul><li>a<li>b</ul><table><tr><td>1</td><td>2</td></tr>"
         "<tr><td>3</td></tr></table>\n", "* a\r\n* b\r\n1 2\r\n3\r\n")
    page("entities", "&lt;a&gt; &amp; &eacute;&#233;&#xe9; &euro;&#128; &nbsp; "
         "&bogus; & alone &copy 2026\n",
         "<a> & ééé €€ &bogus; & alone © 2026\r\n")
    page("script-style", "<script>if (a<b) x('</p>');</script>seen"
         "<style>p{}</style><!-- <p>comment</p> --> too"
         "<![if !vml]>three<![endif]>\n", "seen toothree\r\n")
    page("links", '<a href="https://example.com/x?a=1&amp;b=2">Click</a> or '
         '<a href="http://example.org/">example.org</a> or '
         '<a href="mailto:a@b.c">write</a>\n',
         "Click<https://example.com/x?a=1&b=2> or example.org or write\r\n",
         eq("preview", "Click or example.org or write"))
    page("pre", "<pre>a\n  b   c\n</pre>after\n",
         "a\r\n  b   c\r\n\r\nafter\r\n")
    page("broken", "<p>a<b>c<p <i>d</x y='>' z=\">\">e < f <3 <\n",
         "ac\r\n\r\nde < f <3 <\r\n")
    page("unclosed-tag", "text<a href='never ends >\n", "text\r\n")
    page("unclosed-comment", "text<!-- never ends\n", "text\r\n")
    page("preheader", "<div style='display:none'>Short&#8203; &zwnj;&nbsp;&#847;"
         "&zwnj;&nbsp;</div><p>Body</p>\n",
         "Short\u200b \u200c \u034f\u200c\r\n\r\nBody\r\n",
         eq("preview", "Short Body"))
    page("data-uri", "<img src=\"data:image/png;base64," + "A" * 20000 +
         "\"><p>after the picture</p>\n", "after the picture\r\n",
         has("html", "A" * 20000))
    page("meta-variants", "<META CHARSET='koi8-r'><meta name=viewport><p>Ж</p>\n",
         "Ж\r\n", hasnt("html", "koi8"), has("html", "viewport"))
    page("empty-comment", "a<!-->b<!--->c\n", "abc\r\n")
    page("utf8-spaces", "a\u00a0b\u00a0\u00a0c\n", "a b c\r\n")
    page("deep", "<div>" * 20000 + "bottom" + "</div>" * 20000 + "\n",
         "bottom\r\n")
    page("numeric-bad", "&#0;&#x110000;&#xd800;&#1;&#xfffe;ok\n",
         "\ufffd\ufffd\ufffdok\r\n")


def headers():
    message("subject-words", "Subject: =?utf-8?Q?a_b?= =?utf-8?B?%s?=\n"
            " =?iso-8859-1?Q?=E9?= plain =?broken\n\nx\n" %
            base64.b64encode("ü".encode()).decode(),
            eq("subject", "a büé plain =?broken"))
    half = "日本語".encode()
    message("subject-split-character", "Subject: =?utf-8?B?%s?=\n"
            " =?utf-8?B?%s?=\n\nx\n" % (base64.b64encode(half[:4]).decode(),
                                        base64.b64encode(half[4:]).decode()),
            eq("subject", "日本語"))
    message("subject-raw-latin1", "Subject: Gr\xfc\xdfe\n\nx\n",
            eq("subject", "Grüße"))
    message("subject-raw-utf8", "Subject: " + lat("Grüße 🎉".encode()) +
            "\n\nx\n", eq("subject", "Grüße 🎉"))
    message("subject-language", "Subject: =?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=\n\nx\n",
            eq("subject", "Grüße"))
    message("subject-folded", "Subject: one\n two\n\tthree\n\nx\n",
            eq("subject", "one two three"))
    message("subject-prefixes", "Subject: Re: AW: Fwd: [list] WG: topic\n\nx\n",
            eq("subject", "Re: AW: Fwd: [list] WG: topic"),
            eq("topic", "[list] WG: topic"))
    message("subject-counted", "Subject: Re[2]: Sv: Antw: =?utf-8?B?%s?=\n\nx\n" %
            base64.b64encode("回复：Тема".encode()).decode(),
            eq("topic", "Тема"))
    message("subject-no-prefix", "Subject: Note: keep\n\nx\n",
            eq("topic", "Note: keep"))
    message("thread-topic", "Subject: Re: b\nThread-Topic: " +
            word("Thema Ü", "utf-8") + "\n\nx\n", eq("topic", "Thema Ü"))
    message("addresses",
            "From: \"Doe, John\" <john@example.com>\n"
            "Sender: =?iso-8859-1?Q?J=FCrgen?= <j@example.com>\n"
            "Reply-To: plain@example.com\n"
            "To: Ann <a@b.c>, =?utf-8?B?%s?= <d@e.f>,\n \"x \\\"y\\\" z\" <g@h.i>\n"
            "Cc: (comment) c@d.e (Name In Comment)\n"
            "Subject: a\n\nx\n" % base64.b64encode("山田, 太郎".encode()).decode(),
            eq("from", '"Doe, John" <john@example.com>'),
            eq("sender", '"Jürgen" <j@example.com>'),
            eq("reply-to", "plain@example.com"),
            eq("to", '"Ann" <a@b.c>, "山田, 太郎" <d@e.f>, "x \\"y\\" z" <g@h.i>'),
            has("cc", "c@d.e"),
            eq("display-to", 'Ann;山田, 太郎;x "y" z'), head=False)
    message("addresses-broken", "From: @@@ broken <<\nTo: no address here\n"
            "Cc: good@example.com\nSubject: a\n\nx\n",
            has("from", "broken"), has("to", "no address here"),
            eq("cc", "good@example.com"), head=False)
    message("addresses-group", "From: a@b.c\nTo: Team: x@y.z, u@v.w;\n"
            "Cc: undisclosed-recipients:;\nSubject: a\n\nx\n",
            eq("to", "x@y.z, u@v.w"), has("cc", "undisclosed-recipients"),
            head=False)
    message("addresses-two-froms", "From: a@b.c\nFrom: evil@x.y\nSubject: a\n\nx\n",
            eq("from", "a@b.c, evil@x.y"), head=False)
    message("addresses-many", "From: a@b.c\nTo: " + ",\n ".join(
        "Person Number %d <person%d@example.com>" % (i, i)
        for i in range(2000)) + "\nSubject: a\n\nx\n",
            has("to", '"Person Number 0" <person0@example.com>, '),
            hasnt("to", "person1999"), head=False)
    message("date-zone", "From: a@b.c\nDate: Thu, 01 Oct 2026 06:34:56 -0400 (EDT)"
            "\nSubject: a\n\nx\n", eq("date", DATE), eq("zone", -240),
            head=False)
    message("date-missing", "From: a@b.c\nSubject: a\n\nx\n", eq("date", 0),
            head=False)
    message("date-nonsense", "From: a@b.c\nDate: yesterday\nSubject: a\n\nx\n",
            eq("date", 0), head=False)
    message("importance-high", "Subject: a\nImportance: High\nX-Priority: 3\n\nx\n",
            eq("importance", 2), eq("date", DATE), eq("zone", 120))
    message("importance-x-priority", "Subject: a\nX-Priority: 5 (Lowest)\n\nx\n",
            eq("importance", 0))
    message("importance-priority", "Subject: a\nPriority: urgent\n\nx\n",
            eq("importance", 2))
    message("importance-none", "Subject: a\n\nx\n", eq("importance", 1))
    message("receipt", "Subject: a\nDisposition-Notification-To: \"Ann\" "
            "<ann@example.com>\n\nx\n",
            eq("receipt-to", '"Ann" <ann@example.com>'))
    message("huge-header", "Subject: a\nX-Long: " + "y" * 70000 + "\nX-Many: " +
            "\n ".join(["z" * 70] * 1000) + "\n\nbody\n",
            eq("plain", "body\r\n"), eq("subject", "a"))
    # conversations: MS-OXOMSG 2.2.1.3
    guid = bytes(range(0x10, 0x20))
    index = b"\x01\x01\xdc\x12\x34\x56" + guid + b"\x00\x00\x10\x00\x10"
    message("thread-index", "Subject: a\nThread-Index: " +
            base64.b64encode(index).decode() + "\n\nx\n",
            eq("conversation-id", guid.hex()),
            eq("conversation-index", index.hex()),
            eq("conversation-index-eas", "01dc1234560000100010"))
    root = "<root@example.com>"
    import hashlib
    cid = hashlib.sha256(root[1:-1].encode()).hexdigest()[:32]
    filetime = (int(DATE) + 11644473600) * 10**7
    header = "01%010x" % (filetime >> 24 & 0xffffffffff) + cid
    for name, text in (("references", "References: %s <b@c>\n"
                        "In-Reply-To: <b@c>\n" % root),
                       ("in-reply-to", "In-Reply-To: %s\n" % root),
                       ("bad-thread-index", "Thread-Index: AAAA\n"
                        "References: %s\n" % root)):
        message("thread-" + name, "Subject: a\n" + text + "\nx\n",
                eq("conversation-id", cid),
                eq("conversation-index", header),
                eq("conversation-index-eas", header[2:12]))
    own = hashlib.sha256(b"thread-own@example.com").hexdigest()[:32]
    message("thread-own", "Subject: a\n\nx\n", eq("conversation-id", own))


def names():
    def one(name, params, want, ctype="application/x-foo", disp=True):
        message("name-" + name, "Subject: n\n" + multi("mixed", "b", [
            part("text/plain", "b\n"), part(
                ctype, "data", "",
                "Content-Disposition: attachment%s\n" % params
                if disp else "")]), eq("att1.name", want))
    one("rfc2231", "; filename*=utf-8''%C3%84nderung%20%E2%82%AC.doc",
        "Änderung €.doc")
    one("rfc2231-latin1", "; filename*=iso-8859-1'de'%C4nderung.doc",
        "Änderung.doc")
    one("rfc2231-continued", ";\n filename*0*=utf-8''%C3%84;\n filename*1=nder;\n"
        " filename*2*=%20ung.doc", "Änder ung.doc")
    one("rfc2231-plain-continued", ";\n filename*0=\"long \";\n filename*1=\"name"
        ".doc\"", "long name.doc")
    one("rfc2047", '; filename="=?utf-8?Q?=C3=84nderung.doc?="', "Änderung.doc")
    one("raw", '; filename="' + lat("Änderung.doc".encode()) + '"',
        "Änderung.doc")
    one("raw-latin1", '; filename="\xc4nderung.doc"', "Änderung.doc")
    one("path", '; filename="C:\\\\temp\\\\..\\\\evil.exe"', "evil.exe")
    one("unix-path", '; filename="../../etc/passwd"', "passwd")
    one("long", '; filename="' + "x" * 400 + '.docx"', "x" * 250 + ".docx")
    one("content-type-only", "", "t.bin", 'application/x-foo; name="t.bin"',
        False)
    one("none", "", "ATT00001.dat")
    one("none-jpeg", "", "ATT00001.jpg", "image/jpeg")
    one("empty", '; filename=""', "ATT00001.pdf", "application/pdf")


ICS = ("BEGIN:VCALENDAR\nPRODID:%s\nVERSION:2.0\n%sBEGIN:VEVENT\nUID:u1@x\n"
       "DTSTAMP:20261001T100000Z\nDTSTART:20261102T090000Z\n"
       "DTEND:20261102T100000Z\nSUMMARY:Planning\nSEQUENCE:0\n"
       "ORGANIZER:mailto:ann@example.com\n%sEND:VEVENT\nEND:VCALENDAR\n")


def attendee(stat):
    return ("ATTENDEE;CN=Bob;ROLE=REQ-PARTICIPANT;PARTSTAT=%s;RSVP=TRUE:mailto:"
            "bob@example.org\n" % stat)


def calendars():
    def cal(method, stat="NEEDS-ACTION", product="-//Google Inc//Calendar//EN"):
        return ICS % (product, "METHOD:%s\n" % method if method else "",
                      attendee(stat))
    message("calendar-outlook", "Subject: Planning\nContent-Class: "
            "urn:content-classes:calendarmessage\n" +
            multi("alternative", "b", [
                part("text/plain", "When: Monday\n"),
                part("text/html", "<p>When: Monday</p>\n"),
                part("text/calendar; charset=utf-8; method=REQUEST",
                     b64(cal("REQUEST", product="Microsoft Exchange").encode()),
                     "base64")]),
            eq("class", "IPM.Schedule.Meeting.Request"),
            eq("content-class", "urn:content-classes:calendarmessage"),
            eq("calendar", "3"), eq("method", "REQUEST"), eq("attachments", 0),
            eq("plain", "When: Monday\r\n"))
    message("calendar-google", "Subject: Invitation\n" + multi("mixed", "m", [
        multi("alternative", "b", [
            part("text/plain; format=flowed; delsp=yes", "You are invited\n"),
            part("text/html", "<p>You are invited</p>\n"),
            part('text/calendar; charset="UTF-8"; method=REQUEST',
                 cal("REQUEST"))]),
        part('application/ics; name="invite.ics"',
             b64(cal("REQUEST").encode()), "base64",
             'Content-Disposition: attachment; filename="invite.ics"\n')]),
            eq("class", "IPM.Schedule.Meeting.Request"), eq("calendar", "1.3"),
            eq("attachments", 1), eq("att1.name", "invite.ics"))
    message("calendar-apple", "Subject: Invitation\n" + multi("alternative", "b", [
        part("text/plain", "Apple invites\n"),
        multi("mixed", "m", [
            part("text/html", "<p>Apple invites</p>\n"),
            part("text/calendar; method=REQUEST; charset=utf-8",
                 qp(cal("REQUEST", product="-//Apple Inc.//macOS").encode()),
                 "quoted-printable")])]),
            eq("class", "IPM.Schedule.Meeting.Request"), eq("calendar", "2.2"))
    message("calendar-nextcloud", "Subject: Cancelled\n" + multi("mixed", "m", [
        multi("alternative", "b", [part("text/plain", "cancelled\n"),
                                   part("text/html", "<p>cancelled</p>\n")]),
        part('text/calendar; method=CANCEL; charset="UTF-8"; name="event.ics"',
             cal("CANCEL", product="-//Sabre//VObject"))]),
            eq("class", "IPM.Schedule.Meeting.Canceled"), eq("calendar", "2"),
            eq("attachments", 1), eq("att1.name", "event.ics"))
    for stat, cls in (("ACCEPTED", "Pos"), ("DECLINED", "Neg"),
                      ("TENTATIVE", "Tent")):
        message("calendar-reply-" + stat.lower(), "Subject: r\n" +
                multi("alternative", "b", [
                    part("text/plain", "answer\n"),
                    part("text/calendar; method=REPLY",
                         cal("REPLY", stat).replace("PARTSTAT=",
                                                    "PART\n STAT="))]),
                eq("class", "IPM.Schedule.Meeting.Resp." + cls))
    message("calendar-counter", "Subject: r\nContent-Type: text/calendar; "
            "method=COUNTER\n\n" + cal("COUNTER"),
            eq("class", "IPM.Schedule.Meeting.Resp.Tent"), eq("calendar", "1"),
            eq("attachments", 1))
    message("calendar-method-in-body", "Subject: r\nContent-Type: "
            "text/calendar\n\n" + cal("request"),
            eq("class", "IPM.Schedule.Meeting.Request"),
            eq("method", "REQUEST"))
    message("calendar-publish", "Subject: r\nContent-Type: text/calendar; "
            "method=PUBLISH\n\n" + cal("PUBLISH"), eq("class", "IPM.Note"))
    message("calendar-attached", "Subject: r\n" + multi("mixed", "m", [
        part("text/plain", "see file\n"),
        part("text/calendar; name=a.ics", cal(None), "",
             "Content-Disposition: attachment; filename=a.ics\n")]),
            eq("class", "IPM.Note"), eq("calendar", "(none)"),
            eq("attachments", 1))


def classes():
    message("smime-signed", "Subject: s\n" + multi("signed", "b", [
        part("text/plain", "signed text\n"),
        part("application/pkcs7-signature; name=smime.p7s", b64(b"sig"),
             "base64", "Content-Disposition: attachment; "
             "filename=smime.p7s\n")],
        '; protocol="application/pkcs7-signature"; micalg=sha-256'),
            eq("class", "IPM.Note.SMIME.MultipartSigned"), eq("secure", 1),
            eq("plain", "signed text\r\n"), eq("attachments", 0),
            has("mime", "application/pkcs7-signature"))
    message("smime-opaque", "Subject: s\nContent-Type: application/pkcs7-mime; "
            "smime-type=enveloped-data; name=smime.p7m\n"
            "Content-Transfer-Encoding: base64\n\n" + b64(b"\x30\x80\x06\x09x"),
            eq("class", "IPM.Note.SMIME"), eq("secure", 2), eq("plain", ""),
            eq("attachments", 1), eq("att1.name", "smime.p7m"))
    message("smime-octet-stream", "Subject: s\nContent-Type: "
            "application/octet-stream; name=smime.p7m\n\nx\n",
            eq("class", "IPM.Note.SMIME"), eq("secure", 2))
    message("smime-receipt", "Subject: s\nContent-Type: application/pkcs7-mime; "
            "smime-type=signed-receipt\n\nx\n",
            eq("class", "IPM.Note.Receipt.SMIME"))
    message("pgp-signed", "Subject: s\n" + multi("signed", "b", [
        part("text/plain", "pgp text\n"),
        part("application/pgp-signature", "-----BEGIN PGP\n")],
        '; protocol="application/pgp-signature"'),
            eq("class", "IPM.Note"), eq("secure", 3),
            eq("plain", "pgp text\r\n"), eq("attachments", 1),
            eq("att1.name", "signature.asc"))
    message("pgp-encrypted", "Subject: s\n" + multi("encrypted", "b", [
        part("application/pgp-encrypted", "Version: 1\n"),
        part("application/octet-stream; name=encrypted.asc", "-----BEGIN\n")]),
            eq("class", "IPM.Note"), eq("attachments", 2), eq("plain", ""))

    def dsn(name, action, cls):
        message("dsn-" + name, "Subject: Delivery\nAuto-Submitted: auto-replied\n"
                + multi("report", "b", [
                    part("text/plain", "It did something.\n"),
                    part("message/delivery-status",
                         "Reporting-MTA: dns; mx\n\n"
                         "Final-Recipient: rfc822; x@y.z\nAction: %s\n"
                         "Status: 5.1.1\n" % action),
                    part("message/rfc822", "Subject: lost\n\nbody\n")],
                    "; report-type=delivery-status"),
                eq("class", cls), eq("plain", "It did something.\r\n"),
                eq("attachments", 2), eq("att1.name", "details.txt"),
                eq("att2.name", "lost.eml"))
    dsn("failed", "failed", "REPORT.IPM.Note.NDR")
    dsn("delivered", "delivered", "REPORT.IPM.Note.DR")
    dsn("delayed", "delayed", "REPORT.IPM.Note.Delayed")
    for disp, cls in (("displayed", "IPNRN"), ("deleted", "IPNNRN")):
        message("mdn-" + disp, "Subject: Read\n" + multi("report", "b", [
            part("text/plain", "It was read.\n"),
            part("message/disposition-notification",
                 "Final-Recipient: rfc822;x@y.z\nDisposition: "
                 "manual-action/MDN-sent-manually; %s\n" % disp)],
            "; report-type=disposition-notification"),
                eq("class", "REPORT.IPM.Note." + cls),
                eq("plain", "It was read.\r\n"))
    message("dsn-headers", "Subject: Undelivered\n" + multi("report", "b", [
        part("text/plain", "failed\n"),
        part("message/delivery-status", "Action: failed\n"),
        part("text/rfc822-headers", "Subject: lost\nFrom: a@b.c\n")]),
            eq("class", "REPORT.IPM.Note.NDR"), eq("plain", "failed\r\n"),
            eq("att2.name", "headers.txt"))
    message("oof", "Subject: Automatic reply: x\nAuto-Submitted: auto-replied "
            "(vacation)\n\naway\n",
            eq("class", "IPM.Note.Rules.OofTemplate.Microsoft"))
    message("auto-generated", "Subject: x\nAuto-Submitted: auto-generated\n\nx\n",
            eq("class", "IPM.Note"))
    message("voicemail", "Subject: v\nContent-Class: voice-CA\n" +
            multi("mixed", "b", [part("text/plain", "call\n"),
                                 part("audio/wav", b64(b"RIFF"), "base64")]),
            eq("class", "IPM.Note.Microsoft.Voicemail.UM.CA"),
            eq("att1.name", "ATT00001.wav"))
    message("voice-message", "Subject: v\n" + multi("voice-message", "b", [
        part("audio/mpeg", b64(b"ID3"), "base64")]),
            eq("class", "IPM.Note.Microsoft.Voicemail.UM.CA"))
    message("fax", "Subject: v\nContent-Class: fax\n\nx\n",
            eq("class", "IPM.Note.Microsoft.Fax"))
    message("infopath", "Subject: v\nContent-Class: InfoPathForm.a1\x01b.c d\n\nx\n",
            eq("class", "IPM.InfoPathForm.a1b.cd"))


def bombs():
    deep = "text at the bottom\n"
    # 10,000 levels: the parser stops at 100, the rest is opaque
    raw = "".join("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" %
                  (i, i) for i in range(10000)) + "\n" + deep
    message("deep-nesting", "Subject: deep\n" + raw, eq("subject", "deep"),
            eq("class", "IPM.Note"))
    message("many-parts", "Subject: many\n" + multi("mixed", "b", [
        part("text/plain", "first\n")] + [
            part("image/png", "") for i in range(3000)]),
            eq("subject", "many"), has("plain", "first"))
    message("many-parameters", "Subject: p\nContent-Type: text/plain" +
            "".join("; p%d=x" % i for i in range(5000)) + "\n\nbody\n",
            eq("plain", "body\r\n"))
    message("nested-messages", "Subject: p\n" + "".join(
        "Content-Type: message/rfc822\n\nSubject: l%d\n" % i
        for i in range(300)) + "\nx\n", eq("attachments", 1),
            eq("att1.name", "l0.eml"))


for f in (charsets, bodies, truncation, html, headers, names, calendars, classes,
          bombs):
    f()
for old in os.listdir(HERE):
    stem, ext = os.path.splitext(old)
    if ext in (".eml", ".exp") and stem not in NAMES:
        os.unlink(os.path.join(HERE, old))
print(len(NAMES), "messages")

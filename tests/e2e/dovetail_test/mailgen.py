# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes mail as it looks in real mailboxes, deterministically: message n of a
seed is always the same bytes (for the same recipient and newest date).

    Generator(to="anna@example.org").message(n)  ->  (bytes, flags, date)

The kinds cover what a converter meets: charsets, encodings, nested and broken
structures, inline pictures, invitations, signed mail, reports, list mail,
threads, and sizes from 300 bytes to some megabytes."""

import base64
import binascii
import calendar
import hashlib
import quopri
import random
import struct
import time
import zlib
from email.header import Header
from email.utils import formatdate

PEOPLE = [
    ("Maria Keller", "maria.keller@nordwind.example"), ("Tom O'Brien", "tom@harbour.example"),
    ("Søren Ørsted", "soren@fjord.example"), ("Zoë Lambert", "zoe.lambert@atelier.example"),
    ("Дмитрий Орлов", "orlov@sever.example"), ("佐藤 花子", "sato@sakura.example"),
    ("Łukasz Wójcik", "lukasz@wisla.example"), ("Priya Raman", "priya@monsoon.example"),
    ("", "robot@builds.example"), ("Billing (EMEA)", "billing@supplier.example"),
    ('The "Events" Team', "events@fair.example"), ("Ahmed Hassan", "ahmed@delta.example"),
]
TOPICS = ("the harbour survey", "travel to Lisbon", "the new heating", "invoice 4711", "quarterly figures",
          "your order", "the choir rehearsal", "release notes", "the roof repair", "Friday's lunch",
          "contract renewal", "the photo archive", "school timetable", "server maintenance",
          "the garden plan", "tax papers", "the spare keys", "interview notes")
SENTENCES = (
    "I went through the papers again and found two small mistakes on the third page.",
    "Could you have a look before Thursday?", "The supplier promised delivery within ten days.",
    "We should keep the old arrangement until everybody has moved.",
    "Attached you find the figures that we talked about.", "Nobody has to travel for this one.",
    "The second option is cheaper, but it takes a week longer.", "Please bring the keys.",
    "They asked for a short summary rather than the whole report.", "It rained all weekend.",
    "The meeting room on the ground floor is free after two o'clock.",
    "If nothing speaks against it, I will order the parts tomorrow.",
    "Thank you for your patience; the fault was on our side.",
    "A longer explanation is in the wiki, with pictures.", "Best wishes to your family.",
)
# charset, subject, text: each only with letters of its charset
CHARSETS = (
    ("iso-8859-1", "Déjeuner à la plage", "Voilà les détails; à bientôt, très amicalement, François."),
    ("iso-8859-15", "Rechnung über 250 €", "Der Betrag von 250 € für Möbel ist fällig. Grüße aus Köln."),
    ("windows-1252", "“Final” draft – at last…", "It’s done – the “final” draft… costs 12 € per copy."),
    ("iso-8859-2", "Zażółć gęślą jaźń", "Zażółć gęślą jaźń. Příliš žluťoučký kůň."),
    ("koi8-r", "Отчёт за октябрь", "Добрый день! Отчёт за октябрь готов, прошу проверить."),
    ("windows-1251", "Встреча в пятницу", "Встреча переносится на пятницу, на девять утра."),
    ("iso-2022-jp", "来週の予定", "来週の予定をお知らせします。よろしくお願いします。"),
    ("shift_jis", "見積書", "見積書をお送りします。ご確認ください。"),
    ("gb18030", "会议纪要", "会议纪要见附件，请查收。"), ("big5", "專案進度", "專案進度如下，謝謝。"),
    ("euc-kr", "주간 보고", "이번 주 보고서를 보내 드립니다."),
    ("iso-8859-7", "Πρόσκληση", "Σας προσκαλούμε στην εκδήλωση του Σαββάτου."),
    ("iso-8859-8", "הזמנה", "אתם מוזמנים לאירוע בשבת."), ("utf-8", "دعوة", "نتشرف بدعوتكم يوم السبت."),
    ("utf-8", "Party 🎉 on the roof 🌇", "Bring 🍕 and 🎸 – families 👨‍👩‍👧‍👦 are welcome. Žádný problém."),
    ("utf-7", "Caf\u00e9 plans", "Caf\u00e9 at noon, na\u00efve plan."),
)
KINDS = (
    ("plain", 20), ("alternative", 22), ("newsletter", 8), ("html_only", 6), ("charset", 10),
    ("attachment", 10), ("attachments_many", 2), ("inline_image", 4), ("forwarded", 3),
    ("invitation", 3), ("signed", 2), ("pgp", 1), ("report", 2), ("receipt_wanted", 1),
    ("list_mail", 4), ("flowed", 2), ("uuencode", 1), ("no_subject", 1), ("broken", 3),
    ("long_lines", 1), ("tnef", 1), ("big", 2), ("deep", 1), ("raw_8bit", 1),
)
_TABLE = [kind for kind, weight in KINDS for _ in range(weight)]
CATEGORIES = ("Travel", "Family", "Urgent", "Receipts")


def _wrap(data, width=76):
    text = base64.b64encode(data)
    return b"\r\n".join(text[i:i + width] for i in range(0, len(text), width)) + b"\r\n"


def _crlf(text):
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def png(rng, size=24):
    """A small real picture."""
    rows = b"".join(b"\0" + bytes(rng.randrange(256) for _ in range(size * 3)) for _ in range(size))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", binascii.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def encoded_words(text, charset):
    """RFC 2047, under the charset's own name (Python's has names of its own)."""
    return "\r\n ".join("=?%s?B?%s?=" % (charset, base64.b64encode(text[i:i + 12].encode(charset)).decode())
                        for i in range(0, len(text), 12))


class Generator:
    def __init__(self, seed="dovetail", to="anna@example.org", newest=None, step=3600,
                 scale=1.0, kinds=None):
        """newest: the date of message 0 (seconds); message n is n * step older.
        scale multiplies the size of big parts."""
        self.seed, self.to, self.step, self.scale = seed, to, step, scale
        self.newest = calendar.timegm((2026, 11, 20, 9, 0, 0)) if newest is None else newest
        self.table = _TABLE if kinds is None else list(kinds)

    def kind(self, n):
        return self.table[self._rng(n).randrange(len(self.table))]

    def _rng(self, n):
        digest = hashlib.sha256(("%s/%d" % (self.seed, n)).encode()).digest()
        return random.Random(int.from_bytes(digest[:8], "big"))

    def message(self, n, kind=None):
        """(bytes, IMAP flags, IMAP internal date)"""
        rng = self._rng(n)
        chosen = self.table[rng.randrange(len(self.table))]
        letter = _Letter(self, n, rng)
        data = getattr(letter, kind or chosen)()
        flags = []
        if rng.random() < 0.75 and n > 5:
            flags.append("\\Seen")
        if rng.random() < 0.08:
            flags.append("\\Flagged")
        if rng.random() < 0.10:
            flags.append("\\Answered")
        if rng.random() < 0.06:
            flags.append(rng.choice(CATEGORIES))
        date = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(letter.date))
        return data, " ".join(flags), date

    def messages(self, count, start=0):
        return [self.message(n) for n in range(start, start + count)]


class _Letter:
    """One message being made; each method named like a kind returns it."""

    def __init__(self, generator, n, rng):
        self.g, self.n, self.rng = generator, n, rng
        self.date = generator.newest - n * generator.step - rng.randrange(600)
        self.sender = rng.choice(PEOPLE)
        self.topic = rng.choice(TOPICS)
        self.id = "<%s.%d@%s>" % (hashlib.sha1(generator.seed.encode()).hexdigest()[:10], n,
                                  self.sender[1].partition("@")[2])

    # -- parts -------------------------------------------------------------
    def text(self, low=2, high=14):
        sentences = [self.rng.choice(SENTENCES) for _ in range(self.rng.randrange(low, high))]
        out, line = [], []
        for sentence in sentences:
            line.append(sentence)
            if len(line) >= 3 and self.rng.random() < 0.5:
                out.append(" ".join(line))
                line = []
        out.append(" ".join(line))
        name = self.sender[0] or "The robot"
        return "Hello,\n\n%s\n\n%s\n" % ("\n\n".join(o for o in out if o), name)

    def html(self, plain, fancy=False):
        body = "".join("<p>%s</p>\n" % p.replace("&", "&amp;").replace("<", "&lt;")
                       for p in plain.split("\n\n") if p.strip())
        style = ("<style>.x{color:#333;font-family:sans-serif} table{width:100%%}</style>"
                 "<!-- %s -->" % ("generated " * 30)) if fancy else ""
        if fancy:
            rows = "".join("<tr><td bgcolor=\"#f0f0f0\"><a href=\"https://shop.example/%d?u=%s\">"
                           "<b>Offer %d</b></a></td><td>&euro;&nbsp;%d,99 &mdash; %s</td></tr>\n" % (
                               i, "x" * 40, i, self.rng.randrange(5, 500), self.rng.choice(SENTENCES))
                           for i in range(self.rng.randrange(20, 120)))
            body = "<table class=x>%s</table>%s<script>alert(1)</script>" % (rows, body)
        return "<html><head><meta charset=utf-8>%s</head><body>\n%s</body></html>\n" % (style, body)

    def header(self, subject=None, extra=(), charset="utf-8", content=()):
        name, address = self.sender
        if name and any(ord(c) > 126 for c in name):
            name = Header(name, "utf-8").encode()
        elif name:
            name = '"%s"' % name.replace('"', '\\"')
        if subject is None:
            subject = self.subject()
        if any(ord(c) > 126 for c in subject):
            subject = encoded_words(subject, charset)
        cc = self.rng.choice(PEOPLE)
        lines = ["Return-Path: <%s>" % address,
                 "Received: from mx.%s by mail.example.org with ESMTPS id %x; %s" % (
                     address.partition("@")[2], self.rng.getrandbits(48), formatdate(self.date)),
                 "From: %s <%s>" % (name, address) if name else "From: " + address,
                 "To: <%s>" % self.g.to]
        if self.rng.random() < 0.2:
            lines.append("Cc: %s" % cc[1])
        lines += ["Subject: " + subject] if subject else []
        lines += ["Date: " + formatdate(self.date), "Message-ID: " + self.id, "MIME-Version: 1.0"]
        return ("\r\n".join(lines + list(extra) + list(content)) + "\r\n\r\n").encode("utf-8")

    def subject(self):
        """Unique by its number, often a reply in a thread."""
        prefix = self.rng.choice(("", "", "", "Re: ", "Re: ", "Fwd: ", "AW: "))
        return "%sAbout %s (%d)" % (prefix, self.topic, self.n)

    def thread(self):
        """Headers of a reply to an older message of the same generator."""
        if self.rng.random() < 0.4:
            parent = "<%s.%d@thread.example>" % (self.g.seed, self.n // 7)
            return ["In-Reply-To: " + parent, "References: <root.%d@thread.example> %s" % (
                self.n // 20, parent)]
        return []

    def text_part(self, text, subtype="plain", charset="utf-8", encoding=None, disposition=""):
        data = _crlf(text).encode(charset, "replace")
        encoding = encoding or self.rng.choice(("quoted-printable", "base64", "8bit"))
        if charset in ("iso-2022-jp", "utf-7"):
            encoding = "7bit"
        if encoding == "quoted-printable":
            data = quopri.encodestring(data).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        elif encoding == "base64":
            data = _wrap(data)
        head = "Content-Type: text/%s; charset=%s\r\nContent-Transfer-Encoding: %s\r\n%s\r\n" % (
            subtype, charset, encoding, disposition)
        return head.encode() + data

    def file_part(self, name, kind, data, inline=None):
        if any(ord(c) > 126 for c in name):
            coded = "filename*=utf-8''" + "".join("%%%02X" % b for b in name.encode())
            old = "=?utf-8?B?%s?=" % base64.b64encode(name.encode()).decode()
        else:
            coded, old = 'filename="%s"' % name, name
        head = 'Content-Type: %s; name="%s"\r\nContent-Transfer-Encoding: base64\r\n' % (kind, old)
        head += "Content-Disposition: %s; %s\r\n" % ("inline" if inline else "attachment", coded)
        if inline:
            head += "Content-ID: <%s>\r\n" % inline
        return head.encode() + b"\r\n" + _wrap(data)

    def multipart(self, subtype, parts, parameters="", outer=()):
        boundary = "=_%s_%d_%x" % (subtype[:3], self.n, self.rng.getrandbits(40))
        head = 'Content-Type: multipart/%s; boundary="%s"%s\r\n' % (subtype, boundary, parameters)
        body = b"".join(b"--" + boundary.encode() + b"\r\n" + p.rstrip(b"\r\n") + b"\r\n" for p in parts)
        return (head + "".join(o + "\r\n" for o in outer)).encode() + b"\r\n" + body \
            + b"--" + boundary.encode() + b"--\r\n"

    def whole(self, part, subject=None, extra=(), charset="utf-8"):
        """A message from an entity: the entity's header joins the message's."""
        return self.header(subject, extra, charset).rstrip(b"\r\n") + b"\r\n" + part

    def both(self, low=2, high=14, fancy=False):
        plain = self.text(low, high)
        return self.multipart("alternative", [self.text_part(plain),
                                              self.text_part(self.html(plain, fancy), "html")])

    def blob(self, size):
        return self.rng.randbytes(int(size * self.g.scale))

    # -- kinds ---------------------------------------------------------------
    def plain(self):
        return self.whole(self.text_part(self.text()), extra=self.thread())

    def alternative(self):
        return self.whole(self.both(), extra=self.thread())

    def newsletter(self):
        return self.whole(self.both(20, 60, fancy=True), extra=[
            "List-Unsubscribe: <https://news.example/u/%d>" % self.n, "Precedence: bulk"])

    def html_only(self):
        return self.whole(self.text_part(self.html(self.text(), self.rng.random() < .5), "html"))

    def charset(self):
        charset, subject, text = CHARSETS[self.n % len(CHARSETS)]
        header_charset = "utf-8" if charset in ("utf-7", "gb18030") else charset
        return self.whole(self.text_part("%s\n\n%s\n" % (text, self.n), charset=charset),
                          subject="%s (%d)" % (subject, self.n), charset=header_charset)

    def attachment(self):
        name, kind = self.rng.choice((
            ("report.pdf", "application/pdf"), ("Übersicht März.xlsx", "application/octet-stream"),
            ("写真.jpg", "image/jpeg"), ("plan (final) v2.docx", "application/msword"),
            ("data.csv", "text/csv"), ("backup.zip", "application/zip")))
        data = b"%PDF-1.4\n" + self.blob(self.rng.randrange(2000, 90000))
        return self.whole(self.multipart("mixed", [self.both(), self.file_part(name, kind, data)]))

    def attachments_many(self):
        parts = [self.file_part("page-%02d.png" % i, "image/png", png(self.rng)) for i in range(12)]
        return self.whole(self.multipart("mixed", [self.text_part(self.text())] + parts))

    def inline_image(self):
        cid = "img%d@inline.example" % self.n
        plain = self.text()
        html = self.html(plain).replace("</body>", '<img src="cid:%s"></body>' % cid)
        related = self.multipart("related", [self.text_part(html, "html"), self.file_part(
            "logo.png", "image/png", png(self.rng), inline=cid)])
        return self.whole(self.multipart("alternative", [self.text_part(plain), related]))

    def forwarded(self):
        inner = _Letter(self.g, self.n + 7, random.Random(self.n)).attachment()
        part = b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + inner
        return self.whole(self.multipart("mixed", [self.text_part(self.text(1, 3)), part]),
                          subject="Fwd: About %s (%d)" % (self.topic, self.n))

    def invitation(self):
        start = self.date + 86400 * 3 - (self.date % 3600)
        stamp = "%Y%m%dT%H%M%SZ"
        method = self.rng.choice(("REQUEST", "REQUEST", "REQUEST", "CANCEL", "REPLY"))
        ics = "\r\n".join((
            "BEGIN:VCALENDAR", "PRODID:-//Example//Calendar//EN", "VERSION:2.0", "METHOD:" + method,
            "BEGIN:VEVENT", "UID:event-%d@fair.example" % self.n,
            "DTSTAMP:" + time.strftime(stamp, time.gmtime(self.date)),
            "DTSTART:" + time.strftime(stamp, time.gmtime(start)),
            "DTEND:" + time.strftime(stamp, time.gmtime(start + 3600)),
            "SUMMARY:Talk about %s (%d)" % (self.topic, self.n), "LOCATION:Room 2\\, ground floor",
            "ORGANIZER;CN=Organizer:mailto:" + self.sender[1],
            "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:" + self.g.to, "SEQUENCE:0",
            "END:VEVENT", "END:VCALENDAR", ""))
        part = ("Content-Type: text/calendar; charset=utf-8; method=%s\r\n"
                "Content-Transfer-Encoding: 8bit\r\n\r\n%s" % (method, ics)).encode()
        return self.whole(self.multipart("alternative", [self.text_part(self.text(1, 3)), part]),
                          subject="Invitation: talk about %s (%d)" % (self.topic, self.n))

    def signed(self):
        part = self.file_part("smime.p7s", "application/pkcs7-signature", self.blob(1500) or b"x")
        return self.whole(self.multipart(
            "signed", [self.text_part(self.text(), encoding="quoted-printable"), part],
            '; protocol="application/pkcs7-signature"; micalg=sha-256'))

    def pgp(self):
        armour = "-----BEGIN PGP MESSAGE-----\r\n\r\n%s-----END PGP MESSAGE-----\r\n" % _wrap(self.blob(900)).decode()
        parts = [b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n",
                 b"Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n" + armour.encode()]
        return self.whole(self.multipart("encrypted", parts, '; protocol="application/pgp-encrypted"'))

    def report(self):
        status = ("Reporting-MTA: dns; mail.example.org\r\n\r\nFinal-Recipient: rfc822; gone@example.net\r\n"
                  "Action: failed\r\nStatus: 5.1.1\r\n")
        parts = [self.text_part("The mail could not be delivered.\n", encoding="8bit"),
                 b"Content-Type: message/delivery-status\r\n\r\n" + status.encode(),
                 b"Content-Type: text/rfc822-headers\r\n\r\nSubject: lost\r\nFrom: %s\r\n" % self.g.to.encode()]
        return self.whole(self.multipart("report", parts, "; report-type=delivery-status"),
                          subject="Undelivered mail returned (%d)" % self.n)

    def receipt_wanted(self):
        return self.whole(self.text_part(self.text()), extra=[
            "Disposition-Notification-To: " + self.sender[1], "X-Priority: 1", "Importance: high"])

    def list_mail(self):
        return self.whole(self.text_part(self.text() + "\n-- \n_______\nlist@lists.example\n", encoding="8bit"),
                          subject="[list] About %s (%d)" % (self.topic, self.n), extra=[
                              "List-Id: <list.lists.example>", "List-Post: <mailto:list@lists.example>",
                              "Reply-To: list@lists.example"] + self.thread())

    def flowed(self):
        text = " \r\n".join(self.text().split("\n")) + "\r\n> quoted \r\n> still quoted\r\n"
        return self.whole(("Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\n"
                           "Content-Transfer-Encoding: 8bit\r\n\r\n" + text).encode())

    def uuencode(self):
        data = self.blob(600) or b"x"
        lines = b"".join(binascii.b2a_uu(data[i:i + 45]) for i in range(0, len(data), 45))
        return self.header() + b"See below.\r\n\r\nbegin 644 old.bin\r\n" \
            + lines.replace(b"\n", b"\r\n") + b"`\r\nend\r\n"

    def no_subject(self):
        return self.whole(self.text_part(self.text()), subject="")

    def long_lines(self):
        return self.whole(self.text_part("word " * 4000 + "\n" + self.text(), encoding="8bit"))

    def tnef(self):
        data = struct.pack("<IH", 0x223E9F78, 1) + self.blob(300)
        return self.whole(self.multipart("mixed", [self.text_part(self.text()), self.file_part(
            "winmail.dat", "application/ms-tnef", data)]))

    def big(self):
        data = self.blob(self.rng.randrange(300_000, 2_500_000))
        return self.whole(self.multipart("mixed", [self.both(), self.file_part(
            "video-%d.mp4" % self.n, "video/mp4", data)]))

    def deep(self):
        part = self.text_part(self.text(), encoding="8bit")
        for level in range(30):
            part = self.multipart("mixed" if level % 2 else "alternative", [part])
        return self.whole(part)

    def raw_8bit(self):
        """8-bit header and body without any charset: Latin-1 in the wild."""
        return self.header(subject="Raw (%d)" % self.n, extra=[]).rstrip(b"\r\n") \
            + b"\r\nX-Note: caf\xe9\r\n\r\nGr\xfc\xdfe aus K\xf6ln\r\n"

    def broken(self):
        """What should not be, and is."""
        head = self.header().rstrip(b"\r\n") + b"\r\n"
        tail = self.rng.choice((
            b"Content-Type: multipart/mixed; boundary=never\r\n\r\nno boundary at all\r\n",
            b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nunclosed",
            b"Content-Type: text/plain; charset=x-unknown-9\r\n\r\nodd charset \xff\xfe\r\n",
            b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not*base64===\r\n",
            b"Content-Type: garbage\r\nContent-Transfer-Encoding: rot13\r\n\r\nhello\r\n",
            b"Content-Type: text/plain\r\nDate: yesterday evening\r\n\r\ntwo dates, one of them useless\r\n",
            b"Content-Type: text/plain; charset=utf-8\r\n\r\nbad utf-8: \xc3\x28 \xe2\x82 \xf0\x9f\r\n",
            b"Content-Type: message/rfc822\r\n\r\nnot a message\r\n",
        ))
        return head + tail

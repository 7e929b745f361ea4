package parse

import (
	"bytes"
	"cmp"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// toUTF8 returns a document as valid UTF-8 without a byte order mark. What
// speaks for a charset is asked in the order of its weight: the byte order
// mark, the pattern of zero bytes, the bytes being UTF-8 or nearly all of
// them, the HTTP header, the XML declaration, the frequency of letters; the
// last resort is windows-1252, which reads everything. The repair is
// repairCharset if that is not what the document says of itself. The result
// may share memory with body.
func toUTF8(body []byte, contentType string) ([]byte, repairs, error) {
	if rest, ok := bytes.CutPrefix(body, []byte("\xef\xbb\xbf")); ok {
		body = rest
	} else if enc := wide(body); enc != nil {
		return transcode(body, enc, 0)
	}
	labels := [...]string{headerCharset(contentType), declaredCharset(body)}
	if utf8.Valid(body) {
		if enc := escaped(body, labels[:]); enc != nil {
			return transcode(body, enc, 0)
		}
		var done repairs
		if label := cmp.Or(labels[0], labels[1]); label != "" && !strings.EqualFold(label, "utf-8") && !strings.EqualFold(label, "utf8") && !isASCII(body) {
			done = repairCharset
		}
		return body, done, nil
	}
	good, bad := countUTF8(body)
	if good >= 10 && good >= 10*bad {
		return patchUTF8(body), repairCharset, nil
	}
	for i, label := range labels {
		enc, name := lookup(label)
		switch {
		case enc == nil || name == "utf-8" || name == "utf-16le" || name == "utf-16be" || name == "replacement":
			// Unknown, or refuted by the bytes.
			continue
		case name == "windows-1252":
			// The default of too many tools to be trusted.
			if inRuns(body) {
				if e, other, fit := detect(body); other != name && fit > 0.7 {
					return transcode(body, e, repairCharset)
				}
			}
		case multibyte[name]:
			if !fits(body, enc) {
				continue
			}
		}
		var done repairs
		if i == 1 && labels[0] != "" {
			done = repairCharset
		}
		return transcode(body, enc, done)
	}
	if good >= 3*bad {
		return patchUTF8(body), repairCharset, nil
	}
	enc, _, _ := detect(body)
	if enc == nil {
		enc, _ = charset.Lookup("windows-1252")
	}
	return transcode(body, enc, repairCharset)
}

// multibyte are the charsets in which most byte sequences mean nothing.
var multibyte = map[string]bool{"gb18030": true, "big5": true, "euc-jp": true, "shift_jis": true, "euc-kr": true, "iso-2022-jp": true}

// lookup returns the encoding that a label means and its proper name. GB2312
// and GBK are read as GB18030, which holds them both.
func lookup(label string) (encoding.Encoding, string) {
	label = strings.ToLower(strings.TrimSpace(label))
	enc, name := charset.Lookup(label)
	if enc == nil {
		digits := strings.TrimLeft(label, "abcdefghijklmnopqrstuvwxyz-_ ")
		switch {
		case strings.HasPrefix(label, "win") && len(digits) >= 3, strings.HasPrefix(label, "cp") && strings.HasPrefix(digits, "125"):
			enc, name = charset.Lookup("windows-" + digits)
		case label == "cp936" || label == "ms936" || label == "euc-cn" || label == "gb-2312":
			name = "gbk"
		case label == "cp949" || label == "ms949" || label == "uhc":
			enc, name = charset.Lookup("euc-kr")
		case label == "cp932" || label == "sjis-win":
			enc, name = charset.Lookup("shift_jis")
		case label == "cp950" || label == "big-5":
			enc, name = charset.Lookup("big5")
		case label == "eucjp-win" || label == "eucjp":
			enc, name = charset.Lookup("euc-jp")
		default:
			// What browsers do not know: the code pages of old systems. Those
			// that are no ASCII below 128 the bytes have refuted already.
			e, err := ianaindex.IANA.Encoding(label)
			if err != nil || e == nil || strings.HasPrefix(label, "utf") {
				break
			}
			if probe, err := e.NewDecoder().String("<?xml"); err == nil && probe == "<?xml" {
				enc, name = e, label
			}
		}
	}
	if name == "gbk" {
		return simplifiedchinese.GB18030, "gb18030"
	}
	return enc, name
}

// fits reports whether text can be in a multibyte charset: nearly all of it
// means something there.
func fits(body []byte, enc encoding.Encoding) bool {
	body = body[:min(len(body), 256<<10)]
	text, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		return false
	}
	wrong, all := 0, 0
	for _, r := range string(text) {
		if r >= utf8.RuneSelf {
			all++
		}
		if r == utf8.RuneError {
			wrong++
		}
	}
	return wrong <= 2+all/50
}

// inRuns reports whether the bytes beyond ASCII stand three and more together,
// as they do in no language that is written in Latin letters.
func inRuns(b []byte) bool {
	all, together, run := 0, 0, 0
	for _, c := range b {
		if c < utf8.RuneSelf {
			run = 0
			continue
		}
		all++
		if run++; run == 3 {
			together += 3
		} else if run > 3 {
			together++
		}
	}
	return all >= 8 && together > all/2
}

func transcode(body []byte, enc encoding.Encoding, done repairs) ([]byte, repairs, error) {
	out, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: decode charset: %v", ErrMalformed, err)
	}
	return bytes.TrimPrefix(out, []byte("\uFEFF")), done, nil
}

// wide returns the encoding of EBCDIC, UTF-16 and UTF-32 text, by its first
// characters, its byte order mark or where its zero bytes stand (XML 1.0,
// appendix F).
func wide(b []byte) encoding.Encoding {
	if len(b) < 4 {
		return nil
	}
	if string(b[:4]) == "\x4c\x6f\xa7\x94" { // <?xm in EBCDIC
		return charmap.CodePage037
	}
	zero := [4]bool{b[0] == 0, b[1] == 0, b[2] == 0, b[3] == 0}
	switch {
	case b[0] == 0xff && b[1] == 0xfe && zero[2] && zero[3], zero == [4]bool{false, true, true, true}:
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	case zero[0] && zero[1] && b[2] == 0xfe && b[3] == 0xff, zero == [4]bool{true, true, true, false}:
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	case b[0] == 0xff && b[1] == 0xfe, zero == [4]bool{false, true, false, true}:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case b[0] == 0xfe && b[1] == 0xff, zero == [4]bool{true, false, true, false}:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// escaped returns the encoding of text that is ASCII to all appearances but
// switches charsets by escape sequences, nil if it does not.
func escaped(body []byte, labels []string) encoding.Encoding {
	if bytes.IndexByte(body, 0x1b) >= 0 {
		enc, _ := charset.Lookup("iso-2022-jp")
		for _, label := range labels {
			if _, name := charset.Lookup(label); name == "iso-2022-jp" {
				return enc
			}
		}
		if bytes.Contains(body, []byte("\x1b$B")) || bytes.Contains(body, []byte("\x1b$@")) {
			return enc
		}
	}
	for _, label := range labels {
		if strings.EqualFold(label, "hz-gb-2312") && bytes.Contains(body, []byte("~{")) {
			return simplifiedchinese.HZGB2312
		}
	}
	return nil
}

func headerCharset(contentType string) string {
	if contentType == "" {
		return ""
	}
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		return strings.Trim(params["charset"], "\"'")
	}
	_, rest, ok := strings.Cut(strings.ToLower(contentType), "charset=")
	if !ok {
		return ""
	}
	rest, _, _ = strings.Cut(rest, ";")
	return strings.Trim(rest, " \t\"'")
}

// declaredCharset returns the encoding that an XML declaration names.
func declaredCharset(body []byte) string {
	head := body[:min(len(body), 1024)]
	i := bytes.Index(head, []byte("<?xml"))
	if i < 0 {
		return ""
	}
	head = head[i:]
	if end := bytes.Index(head, []byte("?>")); end >= 0 {
		head = head[:end]
	}
	i = bytes.Index(head, []byte("encoding"))
	if i < 0 {
		return ""
	}
	rest := bytes.TrimLeft(head[i+len("encoding"):], " \t\r\n=")
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	end := bytes.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return ""
	}
	return string(rest[1 : 1+end])
}

// countUTF8 returns how many sequences of more than one byte are good UTF-8,
// and how many bytes are no UTF-8 at all.
func countUTF8(b []byte) (good, bad int) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good, bad
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// patchUTF8 replaces the bytes that are no UTF-8. Those between 0x80 and 0x9f
// after ASCII are the quotation marks and dashes of windows-1252, pasted in.
func patchUTF8(b []byte) []byte {
	cp1252, _ := charset.Lookup("windows-1252")
	out := make([]byte, 0, len(b)+16)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r != utf8.RuneError || n > 1 {
			out = append(out, b[i:i+n]...)
			i += n
			continue
		}
		mark, err := []byte("\uFFFD"), error(nil)
		if b[i] < 0xa0 && (i == 0 || b[i-1] < utf8.RuneSelf) {
			if mark, err = cp1252.NewDecoder().Bytes(b[i : i+1]); err != nil {
				mark = []byte("\uFFFD")
			}
		}
		out = append(out, mark...)
		i++
		for b[i-1] >= 0xc0 && i < len(b) && b[i]&0xc0 == 0x80 { // the rest of a sequence that is cut
			i++
		}
	}
	return out
}

package parse

import (
	"bytes"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// toUTF8 returns a document as valid UTF-8 without a byte order mark. What
// speaks for a charset is asked in the order of its weight: the byte order
// mark, the pattern of zero bytes, the bytes being UTF-8, the HTTP header, the
// XML declaration; the last resort is windows-1252, which reads everything.
// The result may share memory with body.
func toUTF8(body []byte, contentType string) ([]byte, error) {
	if rest, ok := bytes.CutPrefix(body, []byte("\xef\xbb\xbf")); ok {
		body = rest
	} else if enc := wide(body); enc != nil {
		return transcode(body, enc)
	}
	if utf8.Valid(body) {
		// Escape sequences switch charsets in ISO-2022 text, which is ASCII to
		// all appearances.
		if bytes.IndexByte(body, 0x1b) >= 0 {
			if enc := escaped(body, contentType); enc != nil {
				return transcode(body, enc)
			}
		}
		return body, nil
	}
	for _, label := range []string{headerCharset(contentType), declaredCharset(body)} {
		enc, name := charset.Lookup(label)
		switch {
		case enc == nil || name == "utf-8" || name == "utf-16le" || name == "utf-16be" || name == "replacement":
			// Unknown, or refuted by the bytes.
		case name == "gbk":
			return transcode(body, simplifiedchinese.GB18030)
		default:
			return transcode(body, enc)
		}
	}
	if mostlyUTF8(body) {
		return bytes.ToValidUTF8(body, []byte("\uFFFD")), nil
	}
	enc, _ := charset.Lookup("windows-1252")
	return transcode(body, enc)
}

func transcode(body []byte, enc encoding.Encoding) ([]byte, error) {
	out, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		return nil, fmt.Errorf("%w: decode charset: %v", ErrMalformed, err)
	}
	return bytes.TrimPrefix(out, []byte("\uFEFF")), nil
}

// wide returns the encoding of UTF-16 and UTF-32 text, by its byte order mark
// or by where the zero bytes of its first characters stand (XML 1.0,
// appendix F).
func wide(b []byte) encoding.Encoding {
	if len(b) < 4 {
		return nil
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

// escaped returns the encoding of text that switches charsets by escape
// sequences: ISO-2022-JP is the one that feeds use.
func escaped(body []byte, contentType string) encoding.Encoding {
	for _, label := range []string{headerCharset(contentType), declaredCharset(body)} {
		if enc, name := charset.Lookup(label); name == "iso-2022-jp" {
			return enc
		}
	}
	if bytes.Contains(body, []byte("\x1b$B")) || bytes.Contains(body, []byte("\x1b$@")) {
		enc, _ := charset.Lookup("iso-2022-jp")
		return enc
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

// mostlyUTF8 reports whether text that is no valid UTF-8 was meant to be: it
// has at least three good sequences for each bad byte.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
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
	return good >= 3*bad
}

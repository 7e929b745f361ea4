package parse

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
)

// sampled is how much of a document a charset is guessed from, in bytes from
// the first one that is not ASCII.
const sampled = 32 << 10

// script is how the letters of a candidate stand among each other.
type script uint8

const (
	latin      script = iota // beside ASCII letters
	alphabetic               // beside each other
	characters               // either
)

// candidates are the charsets that are guessed, those that win a tie first.
// common are the most frequent characters of what is written in them, share
// the part of such a text that they make up.
var candidates = []struct {
	label  string
	script script
	share  float64
	common string
}{
	{"windows-1252", latin, 0.95, "éèêëàâäáãåçîïíìôöòóõøœæûùüúñßÉÈÊÀÂÄÁÅÇÎÍÔÖÓØŒÆÛÜÚÑ"},
	{"windows-1250", latin, 0.95, "ąćęłńóśźżáčďéěíňřšťúůýžőűöüäĄĆĘŁŃÓŚŹŻÁČÉÍŘŠÚÝŽŐÖÜ"},
	{"windows-1254", latin, 0.95, "çğıöşüâîÇĞİÖŞÜ"},
	{"windows-1251", alphabetic, 0.75, "оеаинтсрвлкмдпуіь"},
	{"koi8-u", alphabetic, 0.75, "оеаинтсрвлкмдпуіь"},
	{"ibm866", alphabetic, 0.75, "оеаинтсрвлкмдпуь"},
	{"iso-8859-5", alphabetic, 0.75, "оеаинтсрвлкмдпуіь"},
	{"windows-1253", alphabetic, 0.75, "αοιετσνηυρπκμλςάίόέή"},
	{"windows-1255", alphabetic, 0.75, "יוהלאברתנמשם"},
	{"windows-1256", alphabetic, 0.75, "الينومرتبةعدفسهكی"},
	{"windows-874", alphabetic, 0.75, "านรอกเงมยลวดท่้สตะปบิีัคหแ"},
	{"shift_jis", characters, 0.5, kana + "日本年月人大新出会社"},
	{"euc-jp", characters, 0.5, kana + "日本年月人大新出会社"},
	{"gb18030", characters, 0.3, "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经三进着等部度家电力里如水化高自日月新闻，。"},
	{"big5", characters, 0.3, "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子說產種面而方後多定行學法所民得經三進著等部度家電力裡如水化高自日月新聞，。"},
	{"euc-kr", characters, 0.35, "이다는의에을가하고지한로사기도를은어리자서시정인대부일해들전아수나보스제장원상국라있과와신"},
}

const kana = "あいうえおかがきくけこさしじすせそただちっつてでとどなにのはばひへほまみむめもやよらりるれろわをんアイウエオカキクグコサシジスタダチッテデトドナニネノハバパフブプベマミムメモュラリルレロンー、。"

// detect guesses the charset of text that is not UTF-8 from the frequency of
// its letters. It returns how well the text fits, from 0 to about 1, and nil
// when nothing does.
func detect(body []byte) (enc encoding.Encoding, label string, fit float64) {
	at := bytes.IndexFunc(body, func(r rune) bool { return r >= utf8.RuneSelf })
	if at < 0 {
		return nil, "", 0
	}
	body = body[max(0, at-1):]
	body = body[:min(len(body), sampled)]
	for _, c := range candidates {
		e, _ := charset.Lookup(c.label)
		text, err := e.NewDecoder().Bytes(body)
		if err != nil {
			continue
		}
		if f := frequency(string(text), c.common, c.script) / c.share; f > fit {
			enc, label, fit = e, c.label, f
		}
	}
	if fit < 0.4 {
		return nil, "", 0
	}
	return enc, label, fit
}

// frequency returns the share of common letters among those beyond ASCII. What
// is no letter at all, or stands where letters of the script do not, counts
// against the text.
func frequency(text, common string, s script) float64 {
	letters, score := 0, 0.0
	before := rune(' ')
	for i, r := range text {
		last := before
		before = r
		if r < utf8.RuneSelf || unicode.IsPunct(r) && s != characters || unicode.IsSpace(r) {
			continue
		}
		after, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		letters++
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Co, r):
			score -= 3
		case s != characters && !unicode.IsLetter(r) && !unicode.IsMark(r):
			score -= 0.5
		case s == alphabetic && (asciiLetter(last) || asciiLetter(after)):
			score--
		case s == latin && last >= utf8.RuneSelf && after >= utf8.RuneSelf && unicode.IsLetter(last) && unicode.IsLetter(after):
			score--
		case strings.ContainsRune(common, r):
			score++
		}
	}
	if letters == 0 {
		return 0
	}
	return score / float64(letters)
}

func asciiLetter(r rune) bool { return r < utf8.RuneSelf && letter(byte(r)) }

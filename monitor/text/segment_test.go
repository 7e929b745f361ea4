package text_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/clipperhouse/uax29/v2/words"

	"github.com/copytaster/copytaster/monitor/text"
)

// hostile are texts in which segmentation is not obvious; they seed the fuzz
// tests as well.
var hostile = []string{
	"", " ", "a", "Qatar's Emir", "l'accord d'Alger", "don't can't rock'n'roll", "U.S. U.K", "3.5 1,000 2;3 a.b a,b 1.a a.1",
	"foo_bar _x y_ __ _1_", "a:b 12:30", "wi-fi", "a'", "'a", "a''b", "1'2", "x.́y", "áb", "a\u200db", "e-mail@example.com http://x.org/a?b=c",
	"🚀 Oman 👩\u200d👩\u200d👧 🇶🇦🇴🇲🇶", "1️⃣ kg", "вместе с ООН", "الوساطة القطرية", "卡塔尔调解 カタール調停 한국어", "ภาษาไทย",
	"צה\"ל", "\xff\xfea\xe2\x82", "a\xe2\x82b", "\xed\xa0\x80", "a\r\nb\tc", "café naïve Straße ﬁn", "a\u00adb", "\u0301abc", "a.\u0301b", "1.\u00adb", "½ ² ™",
	"カタール航空 ｶﾀｰﾙ ｶﾞｽ K팝 3월 カ_カ 카.타 각각", "\u1100\u1161\u11a8\uac00\u11a8", "ﾞ カ\u00adタ\u3099",
	"l'", "d's", "l'd'accord", "Qatar’s", "Qatar's's", "l'\u0301a", "x\u200e's", "\"a\"b\"", "\x82   \xe2b", "ꭿ/",
}

// segments returns the segments that the library finds in s and that hold a
// letter or a number.
func segments(s string) []string {
	var list []string
	for it := words.FromString(s); it.Next(); {
		if strings.ContainsFunc(it.Value(), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			list = append(list, syllables(it.Value())...)
		}
	}
	return list
}

// isSingle reports whether r is a word by itself in the midst of others.
func isSingle(r rune) bool {
	return unicode.In(r, unicode.Hangul, unicode.Katakana) || r == 'ー' || r == 'ｰ'
}

// loose is a joiner at the end of a word, with the marks on it and more of the
// kind.
var loose = regexp.MustCompile(`([^\pL\pN\pM\p{Pc}\p{Cf}][\pM\p{Cf}]*)+$`)

// syllables cuts Hangul and Katakana out of a segment, character by character.
func syllables(segment string) []string {
	list, open := []string{""}, true
	for it := graphemes.FromString(segment); it.Next(); {
		// A sign may stand before the syllable.
		single := strings.ContainsFunc(it.Value(), isSingle)
		if single || !open {
			list = append(list, "")
		}
		list[len(list)-1] += it.Value()
		open = !single
	}
	// A sign that joined a syllable joins nothing any more.
	var out []string
	for i, piece := range list {
		if i < len(list)-1 {
			piece = loose.ReplaceAllString(piece, "")
		}
		if i == 0 || strings.ContainsFunc(piece, isSingle) {
			out = append(out, piece)
			continue
		}
		// What follows a syllable is read as if it stood alone.
		for it := words.FromString(piece); it.Next(); {
			out = append(out, it.Value())
		}
	}
	return slices.DeleteFunc(out, func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
	})
}

// visible returns s without format characters.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

// Without apostrophes nothing is taken off a word, so Words must give exactly
// the library's segments.
func FuzzWords(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Add("\ube32\u02f20")
	f.Add("A'\u0301\ub044") // a joiner with a mark on it before a syllable
	f.Fuzz(func(t *testing.T, s string) {
		// Format characters have no place beside syllables, and the library's
		// clusters, which cut syllables out here, and words differ over them.
		if strings.ContainsFunc(s, isSingle) && strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cf, r) }) {
			return
		}
		// What is not UTF-8 separates words.
		got, want := text.Words(s), segments(strings.ToValidUTF8(s, "\n"))
		if len(got) != len(want) {
			t.Fatalf("%q: words %q, segments %q", s, got, want)
		}
		for i := range got {
			if g, w := visible(got[i]), visible(want[i]); !strings.Contains(w, g) || g != w && !strings.ContainsAny(want[i], "'’‘＇") {
				t.Fatalf("%q: word %q, segment %q", s, got[i], want[i])
			}
			if again := text.Words(got[i]); len(again) != 1 || again[0] != got[i] {
				t.Fatalf("word %q of %q alone is read as %q", got[i], s, again)
			}
		}
	})
}

func TestWords(t *testing.T) {
	for s, want := range map[string]string{
		"Qatar's":                  "Qatar",
		"QATAR'S offer":            "QATAR|offer",
		"Qatar’s envoy":            "Qatar|envoy",
		"the ministers' talks":     "the|ministers|talks",
		"l'accord":                 "accord",
		"L’Équipe d’Alger":         "Équipe|Alger",
		"dell'accordo un'altra":    "accordo|altra",
		"O'Brien don't Sana'a":     "O'Brien|don't|Sana'a",
		"wi-fi COVID-19":           "wi|fi|COVID|19",
		"U.S. 3.5 1,000":           "U.S|3.5|1,000",
		"卡塔尔":                      "卡|塔|尔",
		"カタール航空 ｶﾞｽ":               "カ|タ|ー|ル|航|空|ｶﾞ|ｽ",
		"카타르가 K팝 3월":               "카|타|르|가|K|팝|3|월",
		"\u1100\u1161\u11a8\u1100": "\u1100\u1161\u11a8|\u1100",
		"กาตาร์":                   "ก|า|ต|า|ร์",
		"ກາຕາ ကာ កាតា":             "ກ|າ|ຕ|າ|ကာ|កា|តា",
		"— … !?":                   "",
	} {
		if got := strings.Join(text.Words(s), "|"); got != want {
			t.Errorf("Words(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for _, same := range [][]string{
		{"mediation", "Médiation", "MÉDIATION", "ｍｅｄｉａｔｉｏｎ", "me\u0301diation", "medi\u00adation"},
		{"strasse", "Straße", "STRASSE", "STRAẞE"},
		{"fin", "ﬁn"}, {"oeuvre", "Œuvre"}, {"aegir", "Ægir"}, {"lodz", "Łódź"},
		{"istanbul", "İstanbul", "ISTANBUL", "ıstanbul"},
		{"don't", "Don’t"}, {"orsted", "Ørsted"}, {"σοφοσ", "ΣΟΦΟΣ", "σοφος", "Σοφός"},
		{"елка", "Ёлка"}, {"залив", "зали\u0301в"},
		{"احمد", "أَحْمَد", "إحمد", "ٱحمد", "أحـــمد"}, {"وساطه", "وساطة"}, {"مستشفي", "مستشفى"},
		{"2024", "٢٠٢٤", "２０２４"},
	} {
		for _, s := range same {
			if got := text.Fold(s); got != same[0] {
				t.Errorf("Fold(%q) = %q, want %q", s, got, same[0])
			}
		}
	}
	for _, apart := range [][2]string{{"мой", "мои"}, {"її", "іі"}, {"が", "か"}, {"हिन्दी", "हनद"}, {"ที่", "ท"}} {
		if text.Fold(apart[0]) == text.Fold(apart[1]) {
			t.Errorf("Fold makes %q and %q the same", apart[0], apart[1])
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := text.Fold(s)
		if twice := text.Fold(once); utf8.ValidString(s) && twice != once {
			t.Fatalf("Fold(%q) = %q, folded again %q", s, once, twice)
		}
	})
}

func TestTermIsReadInEveryLanguageOfItsScript(t *testing.T) {
	term := text.NewTerm("négociations")
	for l, want := range map[text.Stemmer]string{
		text.French: "negoci", text.NoStemmer: "negociations", text.Russian: "negociations", text.Arabic: "negociations",
	} {
		if got := term.Stem(l); got != want {
			t.Errorf("stem in language %d: %q, want %q", l, got, want)
		}
	}
	if !term.In(text.Dutch) || term.In(text.Russian) {
		t.Error("a Latin word is read in Dutch and not in Russian")
	}
}

// forms are groups of words that share a stem in a language.
var forms = map[string][][]string{
	"en": {{"mediation", "mediate", "Mediating", "MEDIATORS", "mediator's"}, {"offer", "offers", "offering"}, {"negotiate", "negotiations"}},
	"fr": {{"médiation", "médiations", "MEDIATION"}, {"négociation", "négociations"}, {"l'accord", "accords", "d’accord"}},
	"de": {{"Vermittlung", "Vermittlungen"}, {"Krise", "Krisen"}, {"Haus", "Häuser"}, {"Straße", "Strassen"}},
	"es": {{"mediación", "mediaciones"}, {"mediador", "mediadores"}, {"propuesta", "propuestas"}},
	"ru": {{"посредничество", "посредничества", "посредничестве"}, {"кризис", "кризиса", "кризисом"}, {"переговоры", "переговорах"}},
	"ar": {{"وساطة", "الوساطة", "والوساطة", "بالوساطة", "للوساطة", "وبالوساطة"}, {"أزمة", "الأزمة", "والأزمة", "للأزمة"}, {"الخليج", "خليج", "والخليج", "الخَلِيج"}},
	"it": {{"mediazione", "mediazioni"}, {"dell'accordo", "accordi"}},
	"pt": {{"negociação", "negociações"}},
	"nl": {{"bemiddelaar", "bemiddelaars"}, {"onderhandeling", "onderhandelingen"}},
	"da": {{"forhandling", "forhandlinger", "forhandlingerne"}},
	"no": {{"forhandling", "forhandlinger", "forhandlingene"}},
	"sv": {{"förhandling", "förhandlingar", "förhandlingarna"}},
	"fi": {{"neuvottelu", "neuvottelut", "neuvotteluja"}},
	"hu": {{"tárgyalás", "tárgyalások"}},
	"ro": {{"negociere", "negocieri"}, {"națiune", "națiuni", "naţiuni"}},
	"tr": {{"Katar", "Katar'ın", "Katar’da"}, {"kriz", "krizi"}, {"görüşme", "görüşmeler"}},
}

func TestStemsByTheArticlesLanguage(t *testing.T) {
	an := text.NewAnalyzer()
	var d text.Document
	for lang, groups := range forms {
		for _, group := range groups {
			for _, word := range group {
				an.Analyze(&d, text.Source{Title: strings.Join(group, " "), Language: lang})
				term := text.NewTerm(text.Words(word)[0])
				var found []int
				for c := d.Find(&term); ; {
					i, ok := c.Next()
					if !ok {
						break
					}
					found = append(found, i)
				}
				if len(found) != len(group) || !slices.IsSorted(found) {
					t.Errorf("%s: %s finds %v of %s", lang, word, found, group)
				}
			}
		}
	}
}

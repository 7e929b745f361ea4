package text_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/copytaster/copytaster/monitor/text"
)

// sentences returns the words of a text, sentence by sentence.
func sentences(d *text.Document, number func(int) int32) []string {
	var list []string
	last := int32(-1)
	for i := range d.Tokens() {
		if n := number(i); n != last {
			list = append(list, "")
			last = n
		}
		at := &list[len(list)-1]
		*at = strings.TrimSpace(*at + " " + d.Span(i, i).Text)
	}
	return list
}

func TestSentences(t *testing.T) {
	an := text.NewAnalyzer()
	var d text.Document
	for _, tt := range []struct{ language, text, want string }{
		{"en", "One two. Three four! Five? Six… Seven", "One two|Three four|Five|Six|Seven"},
		{"en", "Mr. Smith of the U.S. Navy met Dr. J. R. Jones at 3.30 p.m. on Monday. He left.", "Mr Smith of the U.S Navy met Dr J R Jones at 3.30 p.m on Monday|He left"},
		{"en", "It is in the U.S. The talks go on.", "It is in the U.S|The talks go on"},
		{"en", "“Where?” he asked. “Here!” (It was late.) Gone", "Where he asked|Here|It was late|Gone"},
		{"en", "In 2024. Then 3.5 percent. Example.org is up.net Now", "In 2024|Then 3.5 percent|Example.org is up.net Now"},
		{"en", "Yahoo! said no. i is lower", "Yahoo said no i is lower"},
		{"en", "one\ntwo\n\nthree", "one|two|three"},
		{"en", "wait ... what. \"So.\" Yes", "wait what|So|Yes"},
		{"de", "Am 3. Oktober sprach Dr. Maier z. B. mit Prof. Kunz. Dann ging er.", "Am 3 Oktober sprach Dr Maier z B mit Prof Kunz|Dann ging er"},
		{"fr", "M. Dupont et Mme. Blanc sont là. « Oui ! » Et après ?", "M Dupont et Mme Blanc sont là|Oui|Et après"},
		{"ru", "В 2024 г. Иванов сказал: «Да!» Потом ушёл. И. И. Петров остался.", "В 2024 г Иванов сказал Да|Потом ушёл|И И Петров остался"},
		{"ar", "أين الوزير؟ في الدوحة. نعم! شكرا", "أين الوزير|في الدوحة|نعم|شكرا"},
		{"ur", "یہ ہے۔ وہ ہے", "یہ ہے|وہ ہے"},
		{"hi", "यह है। वह है", "यह है|वह है"},
		{"zh", "是。不！「好？」对", "是|不|好|对"},
		{"el", "Ναι. Όχι! Πού", "Ναι|Όχι|Πού"},
	} {
		an.Analyze(&d, text.Source{Summary: tt.text, Language: tt.language})
		if got := strings.Join(sentences(&d, d.Sentence), "|"); got != tt.want {
			t.Errorf("%s: %q\n got %s\nwant %s", tt.language, tt.text, got, tt.want)
		}
	}
}

func TestParagraphs(t *testing.T) {
	an := text.NewAnalyzer()
	var d text.Document
	an.Analyze(&d, text.Source{Title: "one", Summary: "two. Three", Content: "four.\nfive\n\nsix\n \t\nseven\r\n\r\neight"})
	if got := strings.Join(sentences(&d, d.Paragraph), "|"); got != "one|two Three|four five|six|seven|eight" {
		t.Errorf("paragraphs %s", got)
	}
	// Numbers are those of the article that was analysed last.
	an.Analyze(&d, text.Source{Title: "one two"})
	if got := sentences(&d, d.Paragraph); len(got) != 1 {
		t.Errorf("paragraphs %q", got)
	}
}

func TestRepeatedWords(t *testing.T) {
	an := text.NewAnalyzer()
	var d text.Document
	for _, tt := range []struct{ summary, content, want string }{
		{"a b c", "x A b C y", "A b C"},
		{"a b c", "a b x c", ""},
		{"a", "a a a", "a"},
		{"a b a b", "a b a b a b", "a b a b"},
		{"", "a b", ""},
		{"a b", "", ""},
		{"one two three four five six seven eight nine", "x. One two three four five six seven eight nine ten", "One two three four five six seven eight nine"},
		{"one two three four five six seven eight ni…", "one two three four five six seven eight nine ten", "one two three four five six seven eight"},
		{"one two three four five six seven eight", "one two three four five six seven x eight", ""},
	} {
		an.Analyze(&d, text.Source{Title: tt.content, Summary: tt.summary, Content: tt.content})
		var got []string
		for i, tok := range d.Tokens() {
			if d.Repeated(i) {
				got = append(got, d.Span(i, i).Text)
				if tok.Field != text.Content {
					t.Errorf("%s is said to be repeated", tok.Field)
				}
			}
		}
		if g := strings.Join(got, " "); g != tt.want {
			t.Errorf("%q in %q: %s, want %s", tt.summary, tt.content, g, tt.want)
		}
	}
}

// What is written onto an Arabic word does not hide it, and words that merely
// begin with such a letter stay what they are.
func TestArabicPrefixes(t *testing.T) {
	finds := func(word, article string) bool {
		var d text.Document
		text.NewAnalyzer().Analyze(&d, text.Source{Title: article, Language: "ar"})
		term := text.NewTerm(word)
		c := d.Find(&term)
		_, ok := c.Next()
		return ok
	}
	for word, articles := range map[string]string{
		"قطر":   "قطر لقطر بقطر وقطر فقطر كقطر ولقطر وبقطر فلقطر",
		"وساطة": "وساطة الوساطة بوساطة لوساطة والوساطة وبالوساطة للوساطة",
		"وزير":  "وزير الوزير والوزير لوزير بوزير ووزير",
		"لبنان": "لبنان بلبنان ولبنان للبنان",
		"كتاب":  "كتاب الكتاب بكتاب لكتاب وكتاب",
		"بلد":   "بلد البلد لبلد وبلد",
		// A rule's word with the article or with what is written onto it.
		"الوساطة": "وساطة بوساطة",
	} {
		for _, a := range strings.Fields(articles) {
			if !finds(word, a) {
				t.Errorf("%s does not find %s", word, a)
			}
		}
	}
	for word, articles := range map[string]string{
		"لقطر": "قطر كقطر", // a rule's word is read as it is written
		"قطر":  "قطار قاطر مقطر",
		"لب":   "كلب",  // two letters remain
		"اب":   "كتاب", // not inside
		"بنك":  "لبنان",
	} {
		for _, a := range strings.Fields(articles) {
			if finds(word, a) {
				t.Errorf("%s finds %s", word, a)
			}
		}
	}
}

// Names whose end looks like an ending are found in all their cases.
func TestRussianNames(t *testing.T) {
	var d text.Document
	an := text.NewAnalyzer()
	for word, article := range map[string]string{
		"залив": "залив залива заливе заливу заливом", "Иран": "Иран Ирана Иране Ирану Ираном", "Оман": "Оман Омана Омане Оману",
		"Йемен": "Йемен Йемена Йемене Йемену", "Катар": "Катар Катара Катаре Катару Катаром",
	} {
		an.Analyze(&d, text.Source{Title: article, Language: "ru"})
		term := text.NewTerm(word)
		var found []int
		for c := d.Find(&term); ; {
			i, ok := c.Next()
			if !ok {
				break
			}
			found = append(found, i)
		}
		if len(found) != len(d.Tokens()) || !slices.IsSorted(found) {
			t.Errorf("%s finds %v of %s", word, found, article)
		}
	}
	an.Analyze(&d, text.Source{Title: "Ира Ирине", Language: "ru"})
	term := text.NewTerm("Иран")
	c := d.Find(&term)
	if _, ok := c.Next(); ok {
		t.Error("Иран finds the name Ира")
	}
}

func TestReadEntries(t *testing.T) {
	var d text.Document
	d.ReadEntries(text.Authors, []string{"Ann O'Neill", "", "Müller, Jan"}, text.German)
	var got []string
	for i, tok := range d.Tokens() {
		got = append(got, d.Span(i, i).Text)
		if tok.Field != text.Authors {
			t.Errorf("field %s", tok.Field)
		}
	}
	if g := strings.Join(got, "|"); g != "Ann|O'Neill|Müller|Jan" {
		t.Errorf("words %s", g)
	}
	tokens := d.Tokens()
	if tokens[1].Pos-tokens[0].Pos != 1 || tokens[2].Pos-tokens[1].Pos <= text.EntryGap || tokens[3].Pos-tokens[2].Pos != 1 {
		t.Errorf("positions %d %d %d %d", tokens[0].Pos, tokens[1].Pos, tokens[2].Pos, tokens[3].Pos)
	}
	if d.Sentence(1) == d.Sentence(2) || d.Paragraph(1) == d.Paragraph(2) {
		t.Error("a sentence crosses entries")
	}
	d.ReadEntries(text.URL, []string{"https://www.x.org/gulf_crisis-2.html"}, text.English)
	got = nil
	for i := range d.Tokens() {
		got = append(got, d.Span(i, i).Text)
	}
	if g := strings.Join(got, "|"); g != "https|www|x|org|gulf|crisis|2|html" {
		t.Errorf("words %s", g)
	}
}

func FuzzBoundaries(f *testing.F) {
	for _, s := range hostile {
		f.Add("a b. "+s, s+"\n\n"+s, "ru")
	}
	an := text.NewAnalyzer()
	f.Fuzz(func(t *testing.T, summary, content, language string) {
		var d, e text.Document
		an.Analyze(&d, text.Source{Summary: summary, Content: content, Language: language})
		e.ReadEntries(text.Categories, []string{summary, content}, d.Stemmer())
		for _, d := range []*text.Document{&d, &e} {
			for i := range d.Tokens() {
				if i == 0 {
					continue
				}
				s, p := d.Sentence(i)-d.Sentence(i-1), d.Paragraph(i)-d.Paragraph(i-1)
				if s < 0 || s > 1 || p < 0 || p > s || d.Tokens()[i].Field != d.Tokens()[i-1].Field && p != 1 {
					t.Fatalf("word %d: sentence +%d, paragraph +%d", i, s, p)
				}
				if d.Repeated(i) && d.Tokens()[i].Field != text.Content {
					t.Fatalf("word %d is repeated", i)
				}
			}
		}
	})
}

package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
	"golang.org/x/text/unicode/norm"
)

// Stemmer is a language whose grammatical forms are known. The zero Stemmer
// knows none: a word's stem is then its folded form.
type Stemmer uint8

// The stemmers, all of them Snowball's (https://snowballstem.org).
const (
	NoStemmer Stemmer = iota
	Arabic
	Danish
	Dutch
	English
	Finnish
	French
	German
	Hungarian
	Italian
	Norwegian
	Portuguese
	Romanian
	Russian
	Spanish
	Swedish
	Turkish

	// Stemmers counts them, NoStemmer included.
	Stemmers
)

// stemmers holds each stemmer's algorithm, script and language tag.
var stemmers = [Stemmers]struct {
	stem   func(*snowballstem.Env) bool
	script script
	tag    string
}{
	Arabic:     {arabic.Stem, arabicScript, "ar"},
	Danish:     {danish.Stem, latin, "da"},
	Dutch:      {dutch.Stem, latin, "nl"},
	English:    {english.Stem, latin, "en"},
	Finnish:    {finnish.Stem, latin, "fi"},
	French:     {french.Stem, latin, "fr"},
	German:     {german.Stem, latin, "de"},
	Hungarian:  {hungarian.Stem, latin, "hu"},
	Italian:    {italian.Stem, latin, "it"},
	Norwegian:  {norwegian.Stem, latin, "no"},
	Portuguese: {portuguese.Stem, latin, "pt"},
	Romanian:   {romanian.Stem, latin, "ro"},
	Russian:    {russian.Stem, cyrillic, "ru"},
	Spanish:    {spanish.Stem, latin, "es"},
	Swedish:    {swedish.Stem, latin, "sv"},
	Turkish:    {turkish.Stem, latin, "tr"},
}

// maxStemmed is the longest word, in code points, that is stemmed. Longer ones
// are no words of a language.
const maxStemmed = 64

// commaBelow writes Romanian ș and ț with the cedilla that the stemmer knows.
var commaBelow = strings.NewReplacer("ș", "ş", "ț", "ţ")

// stem returns the folded stem of a word whose folded form is given. A word in
// another script than the language's is left as it is.
func (l Stemmer) stem(word, folded string) string {
	w, ok := l.prepare(word, folded)
	if !ok {
		return folded
	}
	env := snowballstem.NewEnv(w)
	stemmers[l].stem(env)
	if stem := Fold(env.Current()); stem != "" {
		return stem
	}
	return folded
}

// prepare returns what Snowball is to be given: lower case, composed, in the
// language's spelling; and false when the word cannot be stemmed.
func (l Stemmer) prepare(word, folded string) (string, bool) {
	if l == NoStemmer || len(word) > maxStemmed*utf8.UTFMax || utf8.RuneCountInString(word) > maxStemmed {
		return "", false
	}
	var w string
	switch l {
	case Arabic:
		w = trimArabic(folded)
	case Turkish:
		w = strings.ToLowerSpecial(unicode.TurkishCase, norm.NFKC.String(Surface(word)))
		// What follows the apostrophe of a name is its case: "Katar'ın".
		w, _, _ = strings.Cut(w, "'")
	case Romanian:
		w = commaBelow.Replace(strings.ToLower(norm.NFKC.String(Surface(word))))
	default:
		w = strings.ToLower(norm.NFKC.String(Surface(word)))
	}
	for _, r := range w {
		if r != '\'' && (!unicode.IsLetter(r) || scriptOf(r) != stemmers[l].script) {
			return "", false
		}
	}
	return w, w != ""
}

// alternates returns the stems of other readings of an article's word, as far
// as they differ from its stem.
func (l Stemmer) alternates(folded, stem string) []string {
	switch l {
	case Arabic:
		return arabicAlternates(folded, stem)
	case Russian:
		// What looks like an ending is part of many names: the stem of Иране
		// is иран, but that of Иран, which a rule says, is ира. So a word is
		// found by the stem of its stem, too.
		if again := l.stem(stem, stem); again != stem {
			return []string{again}
		}
	}
	return nil
}

package match_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copytaster/copytaster/feeds"
	"github.com/copytaster/copytaster/monitor/match"
)

// alphabets are the letters that words of fifty languages are made of in
// BenchmarkStream.
var alphabets = map[string]string{
	"en fr de es it pt nl da no sv fi hu ro tr pl cs sk hr sl et lv lt is ga id ms vi sw sq ca": "aaeeiioubcdfghklmnprstväéèçñöøåşğłžšőūþơ",
	"ru uk bg sr be kk mk": "аеиоуябвгдклмнпрстхшщыь",
	"ar fa ur ps":          "اوينلمرتبعدسفحقكه",
	"el":                   "αεηιοτνσρκπλμγδ",
	"he":                   "אבגדהוילמנרשת",
	"hi mr":                "कगचजटडतदनपबमयरलवसािीुे",
	"th":                   "กขคงจชดตทนบปมยรลวสอาิีเ",
	"zh":                   "中国海湾危机调停部长会谈港口石油安全和平",
	"ja":                   "湾岸危機の仲介をするとカタール外相が",
	"ko":                   "걸프위기중재외무장관회담석유",
}

// BenchmarkStream matches short articles and long ones in fifty languages,
// mixed, against 10,000 rules, from the first article on. Words repeat as they
// do in language. It reports the time for a word of an article at the median
// and at the 99th percentile, for articles whose words are new to the index
// and for a second pass: no kind of article may be much slower than the rest.
func BenchmarkStream(b *testing.B) {
	c := newCorpus()
	lines := make([]string, 10_000)
	for i := range lines {
		lines[i] = fmt.Sprintf("r%d\t%s", i, c.rule())
	}
	rules := parse(b, lines)
	r := rand.New(rand.NewPCG(50, 50))
	var articles []*feeds.Article
	var words []int
	for languages, letters := range alphabets {
		alphabet := []rune(letters)
		for language := range strings.FieldsSeq(languages) {
			vocabulary := make([]string, 2000)
			for i := range vocabulary {
				var word strings.Builder
				for range 2 + r.IntN(8) {
					word.WriteRune(alphabet[r.IntN(len(alphabet))])
				}
				vocabulary[i] = word.String()
			}
			often := rand.NewZipf(r, 1.1, 5, uint64(len(vocabulary)-1))
			for i := range 100 {
				n := 20 + r.IntN(200)
				if i%40 == 0 {
					n = 5000
				}
				var text strings.Builder
				for range n {
					text.WriteString(vocabulary[often.Uint64()])
					text.WriteByte(' ')
				}
				articles = append(articles, &feeds.Article{Summary: text.String(), Language: language})
				words = append(words, n)
			}
		}
	}
	r.Shuffle(len(articles), func(i, j int) {
		articles[i], articles[j] = articles[j], articles[i]
		words[i], words[j] = words[j], words[i]
	})
	b.ReportAllocs()
	var found []int32
	var first, again []float64
	for b.Loop() {
		b.StopTimer()
		ix := match.New(rules)
		b.StartTimer()
		pass := func(each []float64) []float64 {
			for i, a := range articles {
				start := time.Now()
				found = ix.Find(found[:0], a)
				each = append(each, float64(time.Since(start).Nanoseconds())/float64(words[i]))
			}
			return each
		}
		first, again = pass(first), pass(again)
	}
	for name, each := range map[string][]float64{"first": first, "again": again} {
		slices.Sort(each)
		b.ReportMetric(each[len(each)/2], name+"-median-ns/word")
		b.ReportMetric(each[len(each)*99/100], name+"-p99-ns/word")
	}
}

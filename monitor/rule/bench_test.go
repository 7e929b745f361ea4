package rule_test

import (
	"testing"

	"github.com/copytaster/copytaster/monitor/rule"
)

func BenchmarkParse(b *testing.B) {
	for name, src := range map[string]string{
		"words":  "gulf crisis mediation",
		"groups": `"gulf crisis" (mediat* OR broker* OR intermediary) -football lang:en`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rule.Parse(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
)

// What the README shows as a configuration is one.
func TestReadmeConfigurations(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(blocks) < 2 {
		t.Fatalf("%d configurations", len(blocks))
	}
	env := func(name string) (string, bool) {
		values := map[string]string{"TOKEN": "t0ken", "DESK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}
		v, ok := values[name]
		return v, ok
	}
	for i, b := range blocks {
		dir := t.TempDir()
		path := filepath.Join(dir, fmt.Sprintf("readme-%d.yaml", i))
		opml := `<opml version="2.0"><body><outline text="One" xmlUrl="https://one.example/feed"/></body></opml>`
		for name, text := range map[string]string{path: string(b[1]), filepath.Join(dir, "subscriptions.opml"): opml} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := config.Load(path, env); err != nil {
			t.Errorf("%v\n%s", err, b[1])
		}
	}
}

package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
)

var update = flag.Bool("update", false, "write what the tests see to testdata")

// canary stands for every secret in the tests: in the files, in the
// environment, and in the files of secrets. No message may show it.
const canary = "canary-0451"

func environment(name string) (string, bool) {
	value, ok := map[string]string{
		"CANARY":  canary,
		"CONTROL": "two lines\n" + canary,
		"EMPTY":   "",
		"PORT":    "8390",
		"WORKERS": "7",
		"SECRET":  "whsec_Y2FuYXJ5LTA0NTEtY2FuYXJ5LTA0NTEtY2FuYXJ5",
		"RULE":    "gulf crisis\nwatch: [injected]",
	}[name]
	return value, ok
}

// load writes the files of an archive to a new folder, goes there, and loads
// config.yaml.
func load(t *testing.T, a *txtar.Archive) (*config.Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, f := range a.Files {
		if f.Name == "want" {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(f.Name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.Name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Load("config.yaml", environment)
}

func loadText(t *testing.T, text string) (*config.Config, error) {
	t.Helper()
	return load(t, txtar.Parse([]byte(text)))
}

// Each archive in testdata/bad has a configuration with mistakes, and all that
// must be said of them.
func TestBadConfigurations(t *testing.T) {
	archives, err := filepath.Glob("testdata/bad/*.txt")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		name, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			_, err = load(t, a)
			var problems config.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got error %v, want problems", err)
			}
			got := problems.Error() + "\n"
			if strings.Contains(got, canary) {
				t.Errorf("a message shows a secret:\n%s", got)
			}
			want := &a.Files[len(a.Files)-1]
			if want.Name != "want" {
				t.Fatal("the archive's last file is not named want")
			}
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want.Data) {
				t.Errorf("got\n%s\nwant\n%s", got, want.Data)
			}
		})
	}
}

package main_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/copytaster/copytaster/"

// floors is the table of monitor/doc.go: imports point strictly down.
var floors = map[string]int{
	"feeds": 0, "monitor/text": 0,
	"monitor/rule": 1, "notify": 1, "feeds/fetch": 1, "feeds/parse": 1, "feeds/encode": 1, "feeds/opml": 1,
	"monitor/store": 2, "monitor/match": 2,
	"notify/webhook": 2, "notify/console": 2, "notify/notifytest": 2,
	"monitor": 3, "monitor/web": 3, "monitor/store/boltstore": 3, "monitor/store/storetest": 3,
	"cmd/copytaster/config": 4,
	"cmd/copytaster":        5,
}

func TestImportsPointDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		from := strings.TrimPrefix(p.ImportPath, module)
		floor, ok := floors[from]
		if !ok {
			t.Errorf("package %s stands on no floor: give it one in this table and in monitor/doc.go", from)
			continue
		}
		seen++
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, module)
			if ours && floors[to] >= floor {
				t.Errorf("%s (floor %d) imports %s (floor %d)", from, floor, to, floors[to])
			}
		}
	}
	if seen != len(floors) {
		t.Errorf("%d packages, but the table has %d: remove what is gone", seen, len(floors))
	}
}

func TestRootHoldsNothingElse(t *testing.T) {
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch name := e.Name(); name {
		case "cmd", "feeds", "monitor", "notify", "config.yaml", "go.mod", "go.sum", "README.md",
			"LICENSE", "CHANGELOG.md", "Dockerfile":
		default:
			// What a run, a build or a profile leaves behind is ignored by git.
			ignored := name == "copytaster" || slices.Contains([]string{".db", ".test", ".prof"}, path.Ext(name))
			if !ignored && !strings.HasPrefix(name, ".") {
				t.Errorf("%s stands at the root; the layout has no place for it", name)
			}
		}
	}
}

// Each direct dependency has its reason in monitor/doc.go.
func TestDependenciesHaveReasons(t *testing.T) {
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatalf("go mod edit: %v", err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../../monitor/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		if !r.Indirect && !strings.Contains(string(doc), "//   - "+r.Path+": ") {
			t.Errorf("monitor/doc.go gives no reason for %s", r.Path)
		}
	}
}

package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/copytaster/copytaster/cmd/copytaster/config"
)

func TestSecretHidesItself(t *testing.T) {
	s := config.NewSecret(canary)
	type nested struct {
		Exported config.Secret
		hidden   config.Secret
		list     []config.Secret
	}
	n := nested{s, s, []config.Secret{s}}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "s", s, "n", n)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "s", s, "n", n)
	encoded, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	seen := logged.String() + string(encoded) + s.String() + s.GoString()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		seen += fmt.Sprintf(verb, s) + fmt.Sprintf(verb, &s) + fmt.Sprintf(verb, n)
	}
	for _, form := range []string{canary, fmt.Sprintf("%x", canary)} {
		if strings.Contains(seen, form) {
			t.Errorf("the secret shows: %s", seen)
		}
	}
	if s.Reveal() != canary {
		t.Errorf("Reveal returns %q", s.Reveal())
	}
	if !(config.Secret{}).IsZero() || s.IsZero() || (config.Secret{}).Reveal() != "" {
		t.Error("the zero Secret is not what it should be")
	}
}

// full has a secret in every place that can hold one.
const full = `listen: 0.0.0.0:8380
auth:
  user: me
  password: canary-0451
retention: 90d
poll:
  schedule: "@every 15m"
  max_body: 16MiB
  user_agent: copytaster ${CANARY}
feeds:
  - https://a.example/feed
  - https://me:canary-0451@b.example/feed
  - https://c.example/${CANARY}
  - url: https://canary-0451@d.example/
    name: Example ${CANARY}
    tags: [gulf, news]
    schedule: "*/10 * * * *"
    language: en
    headers: {Authorization: "Bearer canary-0451", X-Key: "${CANARY}", X-Key-Two_file: key}
  - opml: list.opml
    tags: [imported]
watch:
  - gulf crisis
  - name: mediation
    match: '"gulf crisis" OR ${CANARY}'
    in: [tag:gulf, "https://me:canary-0451@b.example/feed"]
    notify: [desk]
    alert_backlog: 36h
receivers:
  - name: desk
    webhook:
      url: "https://hooks.example.org/canary-0451"
      secret: ["${SECRET}", whsec_Y2FuYXJ5LTA0NTEtY2FuYXJ5LTA0NTEtY2FuYXJ5]
`

const fullFiles = `-- key --
canary-0451
-- list.opml --
<opml version="2.0"><body><outline text="A" xmlUrl="https://me:canary-0451@a.opml.example/feed"/></body></opml>
`

// secretForms are the ways in which the canary stands in the files.
var secretForms = []string{canary, "Y2FuYXJ5LTA0NTEt"}

// However a configuration is broken, no message shows a secret: every line is
// removed, repeated, indented, cut, and given wrong values of every kind.
func TestNoSecretInMessages(t *testing.T) {
	if _, err := load(t, txtar.Parse([]byte("-- config.yaml --\n"+full+fullFiles))); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(full, "\n")
	wrong := 0
	for i, line := range lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " -"))]
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		variants := []string{
			"", line + line, "    " + line, strings.TrimLeft(line, " "), "\t" + line,
			strings.TrimRight(line, "\n\"'])}") + "\n",
			strings.Replace(line, ":", "", 1), strings.Replace(line, ": ", ": \"", 1), strings.Replace(line, ": ", ": '", 1),
			strings.ReplaceAll(line, "${", "${ "), strings.ReplaceAll(line, "}", ""),
			strings.ReplaceAll(line, "https", "ftp"), strings.ReplaceAll(line, "https://", ""), strings.ReplaceAll(line, "https://", "https:// "),
			strings.ReplaceAll(line, "-", "_"), strings.ReplaceAll(line, "canary", "%zz canary"), strings.ReplaceAll(line, "canary", "\\x00 canary"),
			strings.ReplaceAll(line, "whsec_", ""),
		}
		values := []string{
			"${CANARY}", "[${CANARY}]", "true", "", "-1", "9999999999999999999",
			"https://me:canary-0451@x.example/", "${CONTROL}", "${EMPTY}", "(${CANARY}", "key", "list.opml",
		}
		// A secret that is written out can only be hidden where one belongs.
		switch key {
		case "password", "headers", "url", "secret":
			values = append(values, "canary-0451", "'canary-0451'", "[canary-0451]", "{canary: canary-0451}", "!x canary-0451",
				"*canary-0451", "@canary-0451", "& canary-0451", "|\n  canary-0451", "\"canary-0451")
		}
		for _, v := range values {
			variants = append(variants, indent+key+": "+v+"\n", indent+v+"\n")
		}
		variants = append(variants, indent+key+"_file: canary-0451\n", indent+key+"_file: ${CANARY}\n", indent+key+": "+value+" ${CANARY}\n")
		for _, v := range variants {
			broken := strings.Join(lines[:i], "") + v + strings.Join(lines[i+1:], "")
			if err := os.WriteFile("config.yaml", []byte(broken), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := config.Load("config.yaml", environment)
			if err == nil {
				continue
			}
			wrong++
			for _, form := range secretForms {
				if strings.Contains(err.Error(), form) {
					t.Errorf("line %d as %q: %v", i+1, v, err)
				}
			}
		}
	}
	if wrong < 500 {
		t.Errorf("only %d broken configurations", wrong)
	}
}

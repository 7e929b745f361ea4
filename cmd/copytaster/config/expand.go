package config

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// expand replaces ${NAME} in a scalar by the environment variable NAME. It
// works on parsed values, so what a variable holds cannot add keys or rules.
// "$${" stands for "${"; any other "$" for itself.
func (d *decoder) expand(n *yaml.Node) (value, bool) {
	v := value{node: n, text: n.Value}
	if !strings.Contains(n.Value, "${") {
		return v, true
	}
	var b strings.Builder
	ok := true
	rest := n.Value
	for {
		at := strings.Index(rest, "${")
		if at < 0 {
			break
		}
		if at > 0 && rest[at-1] == '$' {
			b.WriteString(rest[:at-1] + "${")
			rest = rest[at+2:]
			continue
		}
		b.WriteString(rest[:at])
		name, after, closed := strings.Cut(rest[at+2:], "}")
		if !closed || !isEnvName(name) {
			d.fail(n, "a reference to the environment is ${NAME}, NAME of letters, digits and _; write $${ for the characters ${")
			return v, false
		}
		text, defined := d.env(name)
		if !defined {
			d.fail(n, "the environment variable %s is not defined", name)
			ok = false
		}
		b.WriteString(text)
		v.fromEnv = true
		rest = after
	}
	b.WriteString(rest)
	v.text = b.String()
	if ok && v.text == "" {
		d.fail(n, "has no value: what it takes from the environment is empty")
		ok = false
	}
	return v, ok
}

func isEnvName(s string) bool {
	for i, r := range s {
		if !(r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && r >= '0' && r <= '9') {
			return false
		}
	}
	return s != "" && len(s) <= 200
}

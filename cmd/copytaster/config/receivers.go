package config

import (
	"encoding/base64"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	receiverName = iota
	receiverDefault
	receiverWebhook
	receiverConsole
)

var receiverKeys = []string{"name", "default", "webhook", "console"}

// console is the name of the receiver that is there without being configured.
const console = "console"

// receivers are the configured receivers, and the console once it is needed.
type receivers struct {
	list  []Receiver
	lines map[string]int // by name
	// defaults are the names of those that hear rules without `notify`.
	defaults []string
}

// receivers reads the receivers; n may be nil, and the list empty.
func (d *decoder) receivers(n *yaml.Node) *receivers {
	rs := &receivers{lines: make(map[string]int)}
	if n != nil {
		entries, _ := d.list(n)
		for _, e := range entries {
			d.receiver(target(e), rs)
		}
	}
	if len(rs.list) == 0 {
		rs.console()
	}
	return rs
}

func (d *decoder) receiver(n *yaml.Node, rs *receivers) {
	k, ok := d.keys(n, receiverKeys)
	if !ok {
		return
	}
	var r Receiver
	if k[receiverName] == nil {
		d.fail(n, "the receiver has no name")
	} else {
		r.Name = d.name(k[receiverName])
	}
	r.Default, _ = d.flag(k[receiverDefault])
	switch {
	case k[receiverWebhook] != nil && k[receiverConsole] != nil:
		d.fail(n, "a receiver is one of webhook and console, not both")
	case k[receiverWebhook] == nil && k[receiverConsole] == nil:
		d.fail(n, "the receiver says nowhere to send: it needs webhook or console")
	case r.Name == console && k[receiverConsole] == nil:
		d.fail(k[receiverName], `the name "console" is for the console: choose another one`)
	}
	if k[receiverWebhook] != nil {
		r.Webhook = d.webhook(k[receiverWebhook])
	}
	if k[receiverConsole] != nil {
		d.isConsole(k[receiverConsole])
		r.Console = true
	}
	if line := rs.lines[r.Name]; line > 0 {
		d.fail(k[receiverName], "the receiver in line %d has the same name", line)
		return
	}
	if r.Name != "" {
		rs.lines[r.Name] = n.Line
		if r.Default {
			rs.defaults = append(rs.defaults, r.Name)
		}
	}
	rs.list = append(rs.list, r)
}

// isConsole reads the settings of the console: there are none, so it is {} or
// true.
func (d *decoder) isConsole(n *yaml.Node) {
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 || n.Tag == "!!bool" && strings.EqualFold(n.Value, "true") {
		return
	}
	d.fail(n, "the console has no settings: write `console: {}`")
}

const (
	webhookURL = iota
	webhookURLFile
	webhookSecret
	webhookSecretFile
)

var webhookKeys = []string{"url", "url_file", "secret", "secret_file"}

func (d *decoder) webhook(n *yaml.Node) *Webhook {
	k, ok := d.keys(n, webhookKeys)
	if !ok {
		return nil
	}
	w := &Webhook{}
	if at := d.oneOf(k[webhookURL], k[webhookURLFile], "url"); at == nil {
		d.fail(n, "the webhook has no url")
	} else {
		w.URL = d.secret(k[webhookURL], k[webhookURLFile])
		u, err := url.Parse(w.URL.Reveal())
		bad := err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || len(w.URL.Reveal()) > maxURL
		if bad && !w.URL.IsZero() {
			d.fail(at, "is not an absolute http or https URL")
		}
	}
	if at := d.oneOf(k[webhookSecret], k[webhookSecretFile], "secret"); at == nil {
		d.fail(n, "the webhook has no secret to sign with: %s", secretForm)
	} else {
		w.Secrets = d.signingSecrets(at, at == k[webhookSecretFile])
	}
	return w
}

const secretForm = "whsec_ and 24 to 64 bytes in base64, such as `echo whsec_$(openssl rand -base64 32)` prints"

// signingSecrets reads one secret, or a list of them while one replaces
// another.
func (d *decoder) signingSecrets(n *yaml.Node, files bool) (secrets []Secret) {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		elements, ok := d.list(n)
		if !ok {
			return nil
		}
		if len(elements) == 0 {
			d.fail(n, "the list is empty: %s", secretForm)
		}
		list = elements
	}
	for _, e := range list {
		direct, file := target(e), (*yaml.Node)(nil)
		if files {
			direct, file = nil, target(e)
		}
		s := d.secret(direct, file)
		if s.IsZero() {
			continue
		}
		if !isSigningSecret(s.Reveal()) {
			d.fail(target(e), "is not a secret for webhooks: %s", secretForm)
			continue
		}
		secrets = append(secrets, s)
	}
	return secrets
}

// isSigningSecret reports whether s is a secret by Standard Webhooks 1.0,
// "Signature scheme".
func isSigningSecret(s string) bool {
	encoded, ok := strings.CutPrefix(s, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	return ok && err == nil && len(key) >= 24 && len(key) <= 64
}

// standard returns who hears of a rule that names no receiver.
func (rs *receivers) standard() []string {
	if len(rs.defaults) == 0 {
		rs.defaults = []string{rs.console()}
	}
	return rs.defaults
}

// console makes sure that the console is there and returns its name.
func (rs *receivers) console() string {
	if rs.lines[console] == 0 {
		rs.lines[console] = 1
		rs.list = append(rs.list, Receiver{Name: console, Console: true})
	}
	return console
}

// notify reads who hears of a rule; n may be nil.
func (d *decoder) notify(n *yaml.Node, rs *receivers) []string {
	if n == nil {
		return rs.standard()
	}
	list, ok := d.list(n)
	if !ok {
		return nil
	}
	if len(list) == 0 {
		d.fail(n, "the list is empty: leave `notify` out for the default receivers")
		return nil
	}
	var names []string
	seen := make(map[string]bool)
	for _, e := range list {
		v, ok := d.text(e)
		if !ok {
			continue
		}
		switch {
		case seen[v.text]:
			d.fail(v.node, "%s is in the list twice", v.shown())
			continue
		case v.text == console:
			rs.console()
		case rs.lines[v.text] == 0:
			known := make(map[string]string, len(rs.list))
			for _, r := range rs.list {
				known[r.Name] = r.Name
			}
			d.fail(v.node, "no receiver has the name %s%s", v.shown(), didYouMean(v.text, known))
		}
		seen[v.text] = true
		names = append(names, v.text)
	}
	return names
}

package config

import (
	"strings"

	"go.yaml.in/yaml/v4"
	"golang.org/x/net/http/httpguts"
)

const (
	authToken = iota
	authTokenFile
	authUser
	authPassword
	authPasswordFile
)

var authKeys = []string{"token", "token_file", "user", "password", "password_file"}

// auth reads what the server asks of its clients.
func (d *decoder) auth(n *yaml.Node) (a Auth) {
	k, ok := d.keys(n, authKeys)
	if !ok {
		return a
	}
	token := d.oneOf(k[authToken], k[authTokenFile], "token")
	password := d.oneOf(k[authPassword], k[authPasswordFile], "password")
	user := k[authUser]
	switch {
	case token != nil && (user != nil || password != nil):
		d.fail(n, "expected either a token or user and password, not both")
	case token == nil && user == nil && password == nil:
		d.fail(n, "needs token, or user and password")
	case user != nil && password == nil:
		d.fail(user, "needs password or password_file beside it")
	case password != nil && user == nil:
		d.fail(password, "needs user beside it")
	}
	if user != nil {
		if v, ok := d.text(user); ok {
			a.User = v.text
			if strings.ContainsRune(v.text, ':') {
				// RFC 7617, section 2.
				d.fail(user, "must not contain a colon")
			}
		}
	}
	a.Token = d.secret(k[authToken], k[authTokenFile])
	if !httpguts.ValidHeaderFieldValue(a.Token.Reveal()) || strings.ContainsAny(a.Token.Reveal(), " \t") {
		d.fail(token, "must be one line without spaces: clients send it in a header")
	}
	a.Password = d.secret(k[authPassword], k[authPasswordFile])
	return a
}

// oneOf returns the one of a key and its file form that is present, and
// reports it when both are.
func (d *decoder) oneOf(direct, file *yaml.Node, name string) *yaml.Node {
	if direct != nil && file != nil {
		d.fail(file, "expected either %s or %s_file, not both", name, name)
	}
	if direct != nil {
		return direct
	}
	return file
}

// secretFile returns the content of the file that n names.
func (d *decoder) secretFile(n *yaml.Node) string {
	v, ok := d.text(n)
	if !ok {
		return ""
	}
	text, err := readSecretFile(d.path(v.text))
	if err != nil {
		// Not by name: the secret itself in the place of its file is a
		// common mistake.
		d.fail(n, "cannot read the file: %v", err)
	}
	return text
}

// secret reads a secret from its key or its file form; both may be nil.
func (d *decoder) secret(direct, file *yaml.Node) Secret {
	var text string
	switch {
	case direct != nil:
		if v, ok := d.text(direct); ok {
			text = v.text
		}
	case file != nil:
		text = d.secretFile(file)
	}
	if text == "" {
		return Secret{}
	}
	return NewSecret(text)
}

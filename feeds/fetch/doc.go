// Package fetch gets feed documents: one conditional HTTP request at a time,
// or a local file.
//
// It holds to what publishers ask of readers: validators come back byte by
// byte and only to the address that issued them, nothing is sent that was not
// configured (no cookies, no Referer, no added query), and nothing secret
// follows a redirect to another origin. It trusts no server: time, size,
// headers, redirects and the networks that can be reached are all bounded.
//
// Any port may be asked. Feeds live on odd ports, the guard of NewDialer
// refuses private networks on every port, and what is sent is an HTTP request
// whose form a server cannot choose.
//
// How many requests go to one host at once, and when, is the caller's
// business.
package fetch

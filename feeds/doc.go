// Package feeds holds what publishers say: the feeds people subscribe to, the
// articles in them, and what makes an article the same article when it is seen
// again.
//
// The package is pure: it reads no network, no file and no clock. Its
// subpackages fetch documents (fetch), read them (parse, opml) and write them
// (encode).
package feeds

package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

var errDuration = errors.New("is not a length of time, such as 90s, 15m, 36h, 90d or 2w")

// parseDuration reads a duration as time.ParseDuration does, and d (24 hours)
// and w (7 days) as well. There are no negative ones.
func parseDuration(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	var sum time.Duration
	for rest := s; rest != ""; {
		digits := strings.IndexFunc(rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if digits <= 0 {
			return 0, errDuration
		}
		unit := strings.IndexAny(rest[digits:], ".0123456789")
		if unit < 0 {
			unit = len(rest) - digits
		}
		number, name := rest[:digits], rest[digits:digits+unit]
		rest = rest[digits+unit:]
		scale := 1.0
		switch name {
		case "d":
			scale, name = 24, "h"
		case "w":
			scale, name = 7*24, "h"
		}
		part, err := time.ParseDuration(number + name)
		if err != nil {
			return 0, errDuration
		}
		scaled := float64(part) * scale
		if scaled > math.MaxInt64/2 || sum > math.MaxInt64/2 {
			return 0, errors.New("is too long: more than 140 years")
		}
		sum += time.Duration(scaled)
	}
	if s == "" {
		return 0, errDuration
	}
	return sum, nil
}

// sizeUnits are in the order in which suffixes must be tried.
var sizeUnits = []struct {
	suffix string
	bytes  int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1},
}

// parseSize reads a number of bytes: a whole number with an optional unit.
func parseSize(s string) (int64, error) {
	number, scale := s, int64(1)
	for _, u := range sizeUnits {
		if rest, ok := strings.CutSuffix(s, u.suffix); ok {
			number, scale = strings.TrimSuffix(rest, " "), u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return 0, errors.New("is not a size, such as 512KiB, 16MiB or 20MB")
	}
	return int64(n) * scale, nil
}

// duration reads a duration between two bounds into to; to stays as it is when
// n is nil or wrong.
func (d *decoder) duration(n *yaml.Node, to *time.Duration, least, most time.Duration) {
	d.durationOr("", n, to, [2]time.Duration{least, most})
}

// durationOr is duration for a key that takes a word as well, and reports
// whether it is that word.
func (d *decoder) durationOr(word string, n *yaml.Node, to *time.Duration, bounds [2]time.Duration) bool {
	if n == nil {
		return false
	}
	v, ok := d.text(n)
	if !ok {
		return false
	}
	if word != "" && v.text == word {
		return true
	}
	or := ""
	if word != "" {
		or = ", or " + strconv.Quote(word)
	}
	least, most := bounds[0], bounds[1]
	got, err := parseDuration(v.text)
	switch {
	case err != nil:
		d.fail(n, "%s %v%s", v.shown(), err, or)
	case got < least || got > most:
		d.fail(n, "%s is out of range: from %s to %s%s", v.shown(), showDuration(least), showDuration(most), or)
	default:
		*to = got
	}
	return false
}

// showDuration writes a bound as people would.
func showDuration(t time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case t >= day && t%day == 0:
		return fmt.Sprintf("%dd", t/day)
	case t >= time.Hour && t%time.Hour == 0:
		return fmt.Sprintf("%dh", t/time.Hour)
	case t >= time.Minute && t%time.Minute == 0:
		return fmt.Sprintf("%dm", t/time.Minute)
	}
	return t.String()
}

// number reads a whole number between two bounds into to; to stays as it is
// when n is nil or wrong.
func (d *decoder) number(n *yaml.Node, to *int, least, most int) {
	if n == nil {
		return
	}
	v, ok := d.text(n)
	if !ok {
		return
	}
	got, err := strconv.Atoi(v.text)
	switch {
	case err != nil:
		d.fail(n, "%s is not a whole number", v.shown())
	case got < least || got > most:
		d.fail(n, "%s is out of range: from %d to %d", v.shown(), least, most)
	default:
		*to = got
	}
}

// flag reads true or false.
func (d *decoder) flag(n *yaml.Node) (got, ok bool) {
	if n == nil {
		return false, true
	}
	if n.Tag == "!!bool" && d.untagged(n) {
		return strings.EqualFold(n.Value, "true"), true
	}
	v, ok := d.text(n)
	if ok && v.text != "true" && v.text != "false" {
		d.fail(n, "expected true or false")
		return false, false
	}
	return v.text == "true", ok
}
